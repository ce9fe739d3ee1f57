//! What is printed of a study of many points.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::config::StudyDesign;
use crate::config::uncertainty::Uncertainty;
use crate::report::page::readme::spoken;
use crate::report::page::words::counted;
use crate::report::points::{EffectRow, NARROWS, WidthRow, chart_choice, setting_text, shown};
use crate::report::writer::Said;
use crate::study::FinishedPoints;
use serde_json::json;

use super::CliError;
use super::summary::{align, thousands};

/// Prints the summary, and says which points have no result.
pub(super) fn print(
    finished: &FinishedPoints,
    as_json: bool,
    folder: &Path,
    said: &Said,
    files: &[PathBuf],
    started: Instant,
) -> Result<(), CliError> {
    if let Some((_, first)) = finished.failures.first() {
        tell!(
            "warning: {} of {} points have no result: see tables/failures.csv; the first: {}",
            finished.failures.len(),
            finished.points.len(),
            first.replace('\n', "; ")
        );
    }
    if as_json {
        return super::print(&json(finished, folder, files));
    }
    let mut out = text(finished, said);
    out.push_str(&super::written(folder, files, started.elapsed().as_secs_f64()));
    super::print(&out)
}

/// The charts' first metric at every point of a sweep, or over the draws.
fn text(finished: &FinishedPoints, said: &Said) -> String {
    use std::fmt::Write;
    let FinishedPoints { results, scenario, design, replications, .. } = finished;
    let names = results.names();
    let choice = shown(names, chart_choice(design), scenario);
    let (period, metric) = choice.map_or((0, 0), |(period, metrics)| (period, metrics.first().copied().unwrap_or(0)));
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}: {} with results, {} each, seed {}",
        scenario.title,
        counted(results.points().len() as u64, "point"),
        counted(*replications, "replication"),
        scenario.seed
    );
    let (metric_name, period_name) = (&names.metrics[metric], &names.periods[period]);
    let _ = writeln!(out, "{}", spoken(&said.answer));
    match design {
        StudyDesign::Sweep(sweep) => {
            let _ = writeln!(
                out,
                "change of {metric_name} against the baseline, total of the period {period_name}, with its 95% interval of simulation noise\n"
            );
            let mut rows = vec![["point", "regime", "change", "95% interval"].map(String::from)];
            for (point, moments) in results.points() {
                let settings = sweep.settings.get(*point as usize).into_iter().flatten().map(setting_text);
                let at = sweep.axes.iter().zip(settings).map(|(axis, setting)| format!("{} = {setting}", axis.name));
                let at = at.collect::<Vec<_>>().join(", ");
                for (r, regime) in names.regimes.iter().enumerate().filter(|(r, _)| *r != names.baseline) {
                    let change = moments.difference(names.place(r, period, metric));
                    rows.push([at.clone(), regime.clone(), figure(change.mean()), interval(change.interval(0.95))]);
                }
            }
            let left_out = rows.len().saturating_sub(MOST_LINES);
            rows.truncate(MOST_LINES);
            align(&mut out, &rows);
            if left_out > 0 {
                let _ = writeln!(out, "... and {left_out} more lines in tables/sweep.csv");
            }
        }
        StudyDesign::Uncertainty(draws) => of_draws(&mut out, finished, said, (draws, [period, metric])),
    }
    out
}

/// The charts' first metric over the draws: its ranges, what makes their variance, and what it hangs on.
fn of_draws(
    out: &mut String,
    finished: &FinishedPoints,
    said: &Said,
    (draws, [period, metric]): (&Uncertainty, [usize; 2]),
) {
    use std::fmt::Write;
    let (results, names) = (&finished.results, finished.results.names());
    let (metric_name, period_name) = (&names.metrics[metric], &names.periods[period]);
    let _ = writeln!(
        out,
        "change of {metric_name} against the baseline, total of the period {period_name}: median and 90% intervals, and what makes the variance over \
         draws"
    );
    let row = said.draws.widths.first();
    let (under, spread) = row.map_or(("", 0), |row| (row.structure.as_str(), row.parameter_draws as usize));
    // Without structures the draws are all of the one that there is.
    let structured = !under.is_empty();
    let (all, few) = (results.points().len(), spread < FEWEST_DRAWS);
    let own = results.points().iter().filter(|(draw, _)| draws.cell_of(*draw) == 0).count();
    if few {
        let _ = writeln!(
            out,
            "{} too few for an interval with parameters: more come with --set uncertainty.draws=N",
            draws_are(own)
        );
    } else if structured {
        let _ = writeln!(
            out,
            "the intervals of simulation and with parameters are around the mean of the draws under {under}, of which there are {own}, the median and the last of all {all}{}",
            if spread > own {
                "; how wide it is with parameters is told by all draws, each as far from the mean of its own structures"
            } else {
                ""
            }
        );
    }
    out.push('\n');
    let mut head = vec!["regime", "median", "simulation", "with parameters"];
    head.extend(structured.then_some("with structure"));
    head.push(if structured { "simulation, parameters, structure" } else { "simulation, parameters" });
    let mut rows: Vec<Vec<String>> = vec![head.into_iter().map(String::from).collect()];
    let shown = |row: &&WidthRow| row.is_change() && row.period == *period_name && row.metric == *metric_name;
    let percent = |share: f64| if share.is_finite() { format!("{:.0}%", 100.0 * share) } else { "-".into() };
    for row in said.draws.widths.iter().filter(shown) {
        let mut line = vec![
            row.regime.clone(),
            figure(row.structure_median),
            interval([row.simulation_low, row.simulation_high]),
            if few { "-".into() } else { interval([row.parameters_low, row.parameters_high]) },
        ];
        line.extend(structured.then(|| match all < FEWEST_DRAWS {
            true => "-".into(),
            false => interval([row.structure_low, row.structure_high]),
        }));
        let parts = if structured { 3 } else { 2 };
        line.push(row.told_shares().map_or("-".into(), |shares| shares.map(percent)[..parts].join(", ")));
        rows.push(line);
    }
    align(out, &rows);
    if said.draws.widths.iter().filter(shown).any(|row| row.told_shares().is_none()) {
        let _ = writeln!(
            out,
            "\nshares of the variance stand where there are {} draws or more and all lie between 0% and 100%: fewer or others do not tell them",
            EffectRow::ENOUGH
        );
    }
    if said.draws.widths.iter().filter(shown).any(WidthRow::narrows) {
        let _ = writeln!(out, "\n{NARROWS}");
    }
    let of_metric = |row: &&EffectRow| {
        row.is_change()
            && row.period == *period_name
            && row.metric == *metric_name
            && row.share >= WORTH_A_LINE
            && row.is_told()
    };
    // Where chance alone makes most of the differences, they hang on nothing.
    let chance = |regime: &str| {
        said.draws.widths.iter().filter(shown).any(|row| row.regime == regime && row.simulation_share > CHANCE)
    };
    if all < EffectRow::ENOUGH as usize {
        let _ = writeln!(out, "\n{} too few to say what the change hangs on", draws_are(all));
    }
    let mut rows = vec![["regime", "hangs on", "share", "lowest mean", "highest mean"].map(String::from).to_vec()];
    let others = names.regimes.iter().filter(|regime| **regime != names.regimes[names.baseline]);
    for regime in others.filter(|regime| !chance(regime)) {
        let own = said.draws.effects.iter().filter(of_metric).filter(|row| row.regime == *regime);
        for row in own.take(MOST_EFFECTS) {
            let end = |mean: f64, at: &str| format!("{} ({at})", figure(mean));
            let ends = [end(row.low, &row.low_at), end(row.high, &row.high_at)];
            let [low, high] = ends;
            rows.push(vec![regime.clone(), row.label.clone(), percent(row.share), low, high]);
        }
    }
    if rows.len() > 1 {
        out.push('\n');
        align(out, &rows);
    }
}

/// `1 draw is`, `4 draws are`.
fn draws_are(draws: usize) -> String {
    format!("{} {}", counted(draws as u64, "draw"), if draws == 1 { "is" } else { "are" })
}

fn json(finished: &FinishedPoints, folder: &Path, files: &[PathBuf]) -> String {
    let summary = json!({
        "scenario": finished.scenario.name,
        "seed": finished.scenario.seed,
        "points": finished.results.points().len(),
        "failures": finished.failures.len(),
        "replications": finished.replications,
        "folder": folder.display().to_string(),
        "files": files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>(),
    });
    format!("{summary:#}\n")
}

/// Uncertain things that are printed for a regime.
const MOST_EFFECTS: usize = 4;
/// What makes less of the variance is no line worth.
const WORTH_A_LINE: f64 = 0.1;
/// Where chance alone makes more of the variance than this, nothing is said to make it.
const CHANCE: f64 = 0.8;
/// Fewest draws whose range is printed as one.
const FEWEST_DRAWS: usize = 5;
/// Lines of a sweep that are printed.
const MOST_LINES: usize = 41;

/// A number for a reader: whole where it is large.
fn figure(number: f64) -> String {
    match number.abs() {
        size if size.is_nan() => "-".into(),
        size if size >= 100.0 => thousands(number),
        _ => format!("{number:.4}"),
    }
}

fn interval([low, high]: [f64; 2]) -> String {
    if low.is_nan() || high.is_nan() { "-".into() } else { format!("{} to {}", figure(low), figure(high)) }
}
