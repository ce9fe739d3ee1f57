//! What a run prints at the end.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stickershock::report::build::Report;
use stickershock::report::rows::{RegionRow, Summary};

/// A table of cars sold by region and regime, their change with its 95% interval, and the paths written.
pub fn text(report: &Report<'_>, seconds: f64, files: &[PathBuf]) -> String {
    let scenario = report.study.scenario();
    let rows: Vec<RegionRow> = report.regions().into_iter().filter(|row| row.period == "all").collect();
    let mut table = vec![["regime", "region", "cars sold", "change", "95% interval", "change %"].map(String::from)];
    for row in &rows {
        let is_baseline = row.regime == scenario.regimes[scenario.baseline].name;
        let Summary { mean, change, .. } = row.units;
        let half = half_width(report, row);
        let (change_text, interval, percent) = if is_baseline {
            ("-".into(), "-".into(), "-".into())
        } else {
            let interval = if half.is_nan() {
                "-".into()
            } else {
                format!("{} to {}", thousands(change - half), thousands(change + half))
            };
            (thousands(change), interval, format!("{:+.1}", 100.0 * change / (mean - change)))
        };
        table.push([row.regime.clone(), row.region.clone(), thousands(mean), change_text, interval, percent]);
    }
    let mut out = String::new();
    let weeks = scenario.weeks;
    let replications = report.results.replications();
    let _ = writeln!(out, "{}: {weeks} weeks, {replications} replications, seed {}", scenario.title, scenario.seed);
    let _ = writeln!(out, "`outside` counts purchase events that ended without one of these cars\n");
    align(&mut out, &table);
    let _ = writeln!(out, "\n{seconds:.1} s. Written:");
    for file in files {
        let _ = writeln!(out, "  {}", file.display());
    }
    out
}

/// The same as one JSON object.
pub fn json(report: &Report<'_>, folder: &Path, files: &[PathBuf]) -> String {
    let scenario = report.study.scenario();
    let regions: Vec<Value> = report
        .regions()
        .iter()
        .filter(|row| row.period == "all")
        .map(|row| {
            let half = half_width(report, row);
            json!({
                "regime": row.regime,
                "region": row.region,
                "units": row.units.mean,
                "change": row.units.change,
                "ci_low": finite(row.units.change - half),
                "ci_high": finite(row.units.change + half),
            })
        })
        .collect();
    let summary = json!({
        "scenario": scenario.name,
        "seed": scenario.seed,
        "replications": report.results.replications(),
        "weeks": scenario.weeks,
        "folder": folder.display().to_string(),
        "files": files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>(),
        "regions": regions,
    });
    format!("{summary:#}\n")
}

/// Half the width of the 95% interval of a paired change; NaN for one replication.
fn half_width(report: &Report<'_>, row: &RegionRow) -> f64 {
    let degrees = report.results.replications().saturating_sub(1);
    stickershock::statistics::moments::student_quantile(degrees, 0.975) * row.units.change_std_error
}

fn finite(number: f64) -> Value {
    if number.is_finite() { number.into() } else { Value::Null }
}

/// A whole number with separators.
pub(super) fn thousands(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if number < -0.5 { format!("-{grouped}") } else { grouped }
}

/// Columns under each other: the first two to the left, numbers to the right.
pub(super) fn align<const N: usize>(out: &mut String, rows: &[[String; N]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(i, (cell, width))| if i < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") })
            .collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(thousands(1_234_567.4), "1,234,567");
        assert_eq!(thousands(-999.6), "-1,000");
        assert_eq!(thousands(-0.2), "0");
        assert_eq!(thousands(12.0), "12");
    }
}
