//! Studies of many points: a sweep, or draws of what is uncertain.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::config::StudyDesign;
use crate::config::sweep::Setting;
use crate::folder::{OutputError, OutputFolder};
use crate::report::points::{
    FailureRow, PointTable, UncertaintyRow, chart_choice, draw_rows, setting_text, shown, uncertainty_rows,
    write_point_tables,
};
use crate::report::record::TableData;
use crate::study::points::{Names, OnePoint, PointOutcome, PointResults};
use crate::study::units::drive::{Event, Studies};
use crate::study::units::ledger::{LEDGER_FILE, LedgerWriter};
use serde_json::json;

use super::CliError;
use super::summary::{align, thousands};
use super::work::Work;

/// A study of many points, reduced and its files written.
pub(super) struct WrittenPoints {
    results: PointResults,
    uncertainty: Vec<UncertaintyRow>,
    pub failures: Vec<FailureRow>,
    pub files: Vec<PathBuf>,
}

/// Points as they are finished.
struct Finished<'a> {
    design: &'a StudyDesign,
    points: &'a [crate::config::design::Point],
    table: PointTable,
    results: PointResults,
    failures: Vec<FailureRow>,
}

impl Finished<'_> {
    /// Takes what became of a point, if one is finished.
    fn take(&mut self, finished: Option<(usize, PointOutcome)>) -> Result<(), OutputError> {
        let Some((at, outcome)) = finished else { return Ok(()) };
        let point = &self.points[at];
        match outcome {
            Ok(moments) => {
                let settings: &[Setting] = match self.design {
                    StudyDesign::Sweep(sweep) => sweep.settings.get(at).map_or(&[], Vec::as_slice),
                    StudyDesign::Uncertainty(_) => &[],
                };
                self.table.add(point.index, settings, self.results.names(), &moments)?;
                self.results.insert(point.index, moments);
            }
            Err(error) => self.failures.push(FailureRow::new(point, &error)),
        }
        Ok(())
    }
}

impl Work<'_> {
    /// Walks the plan, reduces every point, and writes tables, charts and the ledger.
    pub(super) fn reduce_points(&self, design: &StudyDesign, folder: &OutputFolder) -> Result<WrittenPoints, CliError> {
        let studies = Studies::new(self.loaded, self.plan);
        let names = Names::of(&self.loaded.scenario, self.regimes);
        let points = self.plan.point_list();
        let seed = self.loaded.scenario.seed;
        let mut finished = Finished {
            design,
            points: &points,
            table: PointTable::begin(folder, design)?,
            results: PointResults::new(names.clone(), seed),
            failures: Vec::new(),
        };
        let mut current = OnePoint::new(names, seed);
        let mut ledger = LedgerWriter::begin(folder)?;
        let bar = self.progress_bar();
        self.walk(&studies, &bar, &mut |event: Event<'_>| {
            match event {
                Event::Replication { point, replication, outcomes } => {
                    finished.take(current.turn_to(point))?;
                    current.add(replication, outcomes);
                }
                Event::Failure { point, error, .. } => {
                    finished.take(current.turn_to(point))?;
                    current.fail(error);
                }
                Event::Unit { position, hash, jobs } => ledger.add(self.plan, position, &hash, jobs)?,
            }
            Ok(ControlFlow::Continue(()))
        })?;
        finished.take(current.end())?;
        let Finished { table, results, failures, .. } = finished;
        if results.points().is_empty() {
            let first = failures.first().map(|failure| failure.error.clone()).unwrap_or_default();
            return Err(CliError::NoPoint { points: points.len(), first });
        }
        let render = |error| CliError::Output(OutputError::Csv(error));
        let mut tables = Vec::new();
        let mut uncertainty = Vec::new();
        if matches!(design, StudyDesign::Uncertainty(_)) {
            uncertainty = uncertainty_rows(&results, self.plan.replications);
            tables.push(TableData::new(&uncertainty).map_err(render)?);
            tables.push(TableData::new(&draw_rows(&points)).map_err(render)?);
        }
        // A table without rows says nothing.
        if !failures.is_empty() {
            tables.push(TableData::new(&failures).map_err(render)?);
        }
        let scenario = &self.loaded.scenario;
        let files = write_point_tables(folder, scenario, table, &tables)?;
        let mut files = self.converted(folder, files)?;
        ledger.finish()?;
        files.push(folder.path().join(LEDGER_FILE));
        #[cfg(feature = "charts")]
        if scenario.outputs.charts && !self.presentation.no_charts {
            use crate::report::draw_points::write_point_charts;
            files.extend(write_point_charts(folder, scenario, design, &results, &uncertainty)?);
        }
        files.sort();
        Ok(WrittenPoints { results, uncertainty, failures, files })
    }

    /// Prints the summary, and says which points have no result.
    pub(super) fn print_points(
        &self,
        written: &WrittenPoints,
        folder: &Path,
        files: &[PathBuf],
        started: Instant,
    ) -> Result<(), CliError> {
        let Some(design) = self.loaded.design.as_ref().filter(|_| !self.presentation.quiet) else { return Ok(()) };
        if let Some(first) = written.failures.first() {
            tell!(
                "warning: {} of {} points have no result: see tables/failures.csv; the first: {}",
                written.failures.len(),
                self.plan.points.len(),
                first.error
            );
        }
        if self.presentation.json {
            return super::print(&self.points_json(written, folder, files));
        }
        let mut out = self.points_text(design, written);
        out.push_str(&format!("\n{:.1} s. Written:\n", started.elapsed().as_secs_f64()));
        files.iter().for_each(|file| out.push_str(&format!("  {}\n", file.display())));
        super::print(&out)
    }

    /// The charts' first metric at every point of a sweep, or over the draws.
    fn points_text(&self, design: &StudyDesign, written: &WrittenPoints) -> String {
        use std::fmt::Write;
        let (results, scenario) = (&written.results, &self.loaded.scenario);
        let names = results.names();
        let choice = shown(names, chart_choice(design), scenario);
        let (period, metric) =
            choice.map_or((0, 0), |(period, metrics)| (period, metrics.first().copied().unwrap_or(0)));
        let mut out = String::new();
        let replications = self.plan.replications;
        let _ = writeln!(
            out,
            "{}: {} points with results, {replications} replications each, seed {}",
            scenario.title,
            results.points().len(),
            scenario.seed
        );
        let (metric_name, period_name) = (&names.metrics[metric], &names.periods[period]);
        match design {
            StudyDesign::Sweep(sweep) => {
                let _ = writeln!(
                    out,
                    "change of {metric_name} against the baseline, period {period_name}, with its 95% interval\n"
                );
                let mut rows = vec![["point", "regime", "change", "95% interval"].map(String::from)];
                for (point, moments) in results.points() {
                    let settings = sweep.settings.get(*point as usize).into_iter().flatten().map(setting_text);
                    let at =
                        sweep.axes.iter().zip(settings).map(|(axis, setting)| format!("{} = {setting}", axis.name));
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
            StudyDesign::Uncertainty(_) => {
                let _ = writeln!(out, "change of {metric_name} against the baseline, period {period_name}\n");
                let head = ["regime", "mean", "its 95% interval", "90% of draws", "90% of outcomes", "parameter share"];
                let mut rows = vec![head.map(String::from)];
                let shown = written
                    .uncertainty
                    .iter()
                    .filter(|row| row.is_change() && row.period == *period_name && row.metric == *metric_name);
                for row in shown {
                    let share = 100.0 * row.parameter_share;
                    rows.push([
                        row.regime.clone(),
                        figure(row.mean),
                        interval([row.ci_low, row.ci_high]),
                        interval([row.q05, row.q95]),
                        interval([row.total_q05, row.total_q95]),
                        if share.is_finite() { format!("{share:.0}%") } else { "-".into() },
                    ]);
                }
                align(&mut out, &rows);
            }
        }
        out
    }

    fn points_json(&self, written: &WrittenPoints, folder: &Path, files: &[PathBuf]) -> String {
        let summary = json!({
            "scenario": self.loaded.scenario.name,
            "seed": self.loaded.scenario.seed,
            "points": written.results.points().len(),
            "failures": written.failures.len(),
            "replications": self.plan.replications,
            "folder": folder.display().to_string(),
            "files": files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>(),
        });
        format!("{summary:#}\n")
    }
}

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
