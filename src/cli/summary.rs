//! What a run prints at the end.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::model::outcome::RegionMetric;
use crate::numerics::moments::Paired;
use crate::numerics::student;
use crate::report::build::Report;
use crate::report::contrasts::LEVEL;
use crate::report::page::{readme::spoken, run::warnings, words::counted};
use crate::study::Arm;
use serde_json::{Value, json};

/// Cars sold of one region under one regime, beside the baseline, in one period.
struct RegionChange {
    arm: Arm,
    regime: String,
    region: String,
    is_baseline: bool,
    paired: Paired,
}

/// What is shown of every region, and what it is called: expected sales, or cars sold where a run has no others.
fn shown(report: &Report<'_>) -> (&'static str, RegionMetric) {
    let layout = report.study.layout();
    let of_first = |place| report.results.level(Arm(0), layout.region(RegionMetric::ExpectedUnits, 0, place)).mean();
    match (0..layout.regions.len()).any(|place| of_first(place).is_finite()) {
        true => ("expected sales", RegionMetric::ExpectedUnits),
        false => ("cars sold", RegionMetric::Units),
    }
}

/// A metric region by region of every regime, in a period.
fn changes_of(report: &Report<'_>, metric: RegionMetric, period: usize) -> Vec<RegionChange> {
    let layout = report.study.layout();
    let mut changes = Vec::new();
    for arm in report.results.arms() {
        for (place, region) in layout.regions.iter().enumerate() {
            changes.push(RegionChange {
                arm,
                regime: report.regime_name(arm),
                region: region.clone(),
                is_baseline: arm == report.results.baseline(),
                paired: report.results.paired(arm, layout.region(metric, period, place)),
            });
        }
    }
    changes
}

/// Student's quantile of the summary's intervals; NaN for one replication.
fn quantile(report: &Report<'_>) -> f64 {
    student::quantile(report.results.replications().saturating_sub(1), 0.5 + LEVEL / 2.0)
}

/// A table of cars sold by region and regime, their change with its 95% interval, and the paths written.
pub fn text(
    report: &Report<'_>,
    folder: &Path,
    answer: &[(String, String)],
    seconds: f64,
    files: &[PathBuf],
) -> String {
    let scenario = report.study.scenario();
    let quantile = quantile(report);
    let (sold, metric) = shown(report);
    let layout = report.study.layout();
    let period = scenario.outputs.period;
    let slots = (0..layout.regions.len()).map(|place| layout.region(metric, period, place));
    // A regime that is the same as an earlier one is shown once: in everything, or in what this table shows of it.
    let [in_all, in_sales] = [report.first_alike_in_all(), report.first_alike(slots)];
    let header = ["regime", "region", sold, "change", "95% interval", "change %", "95% interval"];
    let mut table = vec![header.map(String::from)];
    let between = |[low, high]: [f64; 2], show: &dyn Fn(f64) -> String| {
        if low.is_nan() { "-".into() } else { format!("{} to {}", show(low), show(high)) }
    };
    let is_first = |change: &RegionChange| in_sales[change.arm.0] == change.arm;
    for RegionChange { regime, region, is_baseline, paired, .. } in
        changes_of(report, metric, period).into_iter().filter(is_first)
    {
        let mut row = vec![regime, region, thousands(paired.arm.mean())];
        if is_baseline {
            row.resize(header.len(), "-".into());
        } else {
            let percent = |fraction: f64| format!("{:+.1}", 100.0 * fraction);
            let relative = paired.relative();
            row.push(thousands(paired.difference.mean()));
            row.push(between(paired.difference.within(quantile), &thousands));
            let change = relative.estimate();
            row.push(if change.is_finite() { percent(change) } else { "-".into() });
            row.push(between(relative.fieller(quantile), &percent));
        }
        table.extend(<[String; 7]>::try_from(row));
    }
    let mut out = String::new();
    let weeks = scenario.weeks;
    let replications = report.results.replications();
    let replications = counted(replications, "replication");
    let _ = writeln!(out, "{}: {weeks} weeks, {replications}, seed {}", scenario.title, scenario.seed);
    if let Some(reason) = report.why_it_stopped() {
        let _ = writeln!(out, "{reason}");
    }
    let _ = writeln!(out, "\n{}", spoken(answer));
    let [first, last] = scenario.dates(&layout.periods[period]);
    let whole = if period == 0 { "over the whole horizon" } else { "in the reporting period" };
    let _ = writeln!(
        out,
        "Regions of the badge {whole}, {first} to {last}, totals; `outside` counts purchase events that ended without one of these cars\n",
    );
    align(&mut out, &table);
    if let Some(same) = report.sameness(&in_all) {
        let _ = writeln!(out, "\n{same}");
    }
    // Those that are said above to be the same in everything are not said to be so again.
    let in_sales_alone = report.results.arms().map(|arm| if in_all[arm.0] == arm { in_sales[arm.0] } else { arm });
    if let Some(same) = report.alike(&in_sales_alone.collect::<Vec<_>>()) {
        let _ = writeln!(out, "\nThe same sales, not the same money (tables/welfare.csv): {same}.");
    }
    if quantile.is_finite() {
        let _ = writeln!(
            out,
            "\nEach 95% interval contains simulation noise only, not what is not known of parameters and of the model's structure. It holds by itself; for those of \
         several headlines together see `simultaneous_ci_low` in comparisons.csv."
        );
    }
    out.push('\n');
    out.push_str(&super::written(folder, files, seconds));
    out
}

/// The same as one JSON object.
pub fn json(report: &Report<'_>, folder: &Path, files: &[PathBuf]) -> String {
    let scenario = report.study.scenario();
    let quantile = quantile(report);
    let regions: Vec<Value> = changes_of(report, RegionMetric::Units, 0)
        .into_iter()
        .map(|RegionChange { regime, region, paired, .. }| {
            let [ci_low, ci_high] = paired.difference.within(quantile);
            let relative = paired.relative();
            let [relative_ci_low, relative_ci_high] = relative.fieller(quantile);
            json!({
                "regime": regime,
                "region": region,
                "units": paired.arm.mean(),
                "change": paired.difference.mean(),
                "ci_low": finite(ci_low),
                "ci_high": finite(ci_high),
                "relative_change": finite(relative.estimate()),
                "relative_ci_low": finite(relative_ci_low),
                "relative_ci_high": finite(relative_ci_high),
            })
        })
        .collect();
    let mut summary = json!({
        "scenario": scenario.name,
        "seed": scenario.seed,
        "replications": report.results.replications(),
        "weeks": scenario.weeks,
        "period": report.study.layout().periods[0].name,
        "folder": folder.display().to_string(),
        "files": files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>(),
        "regions": regions,
        "warnings": warnings(report),
    });
    if let Some(stopping) = report.stopping_record() {
        summary["stopping"] = stopping;
    }
    format!("{summary:#}\n")
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
pub(super) fn align<R: AsRef<[String]>>(out: &mut String, rows: &[R]) {
    let columns = rows.first().map_or(0, |row| row.as_ref().len());
    let width = |column: usize| rows.iter().map(|row| row.as_ref()[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let cells: Vec<String> = row
            .as_ref()
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
