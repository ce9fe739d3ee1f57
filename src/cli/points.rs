//! `stickershock run` of a scenario with many points: a sweep, or draws of what is uncertain.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::json;
use stickershock::config::{Loaded, StudyDesign};
use stickershock::ensemble::points::{Names, PointResults, run_points};
use stickershock::ensemble::{Point, RunError, Study};
use stickershock::report::folder::{OutputError, OutputFolder};
use stickershock::report::manifest::{Manifest, Status};
use stickershock::report::points::{
    FailureRow, PointTable, UncertaintyRow, chart_choice, draw_rows, setting_text, shown, uncertainty_rows,
    write_point_tables,
};
use stickershock::report::record::TableData;

use super::CliError;
use super::summary::{align, thousands};
use super::work::{progress_bar, relative};

/// What `run` knows of a study of many points.
pub(super) struct PointsRun<'a> {
    pub loaded: &'a Loaded,
    pub design: StudyDesign,
    pub regimes: &'a [usize],
    pub folder: &'a OutputFolder,
    pub pool: &'a rayon::ThreadPool,
    pub stop: &'a AtomicBool,
    pub charts: bool,
    pub json: bool,
    pub quiet: bool,
    pub started: Instant,
}

/// What is left when all points ran.
struct Finished {
    results: PointResults,
    uncertainty: Vec<UncertaintyRow>,
    failures: Vec<FailureRow>,
    files: Vec<PathBuf>,
}

impl PointsRun<'_> {
    /// Runs all points and writes tables and charts.
    pub(super) fn run(&self) -> Result<(), CliError> {
        let points = self.design.points();
        let earlier = self.folder.holds_a_run();
        let threads = self.pool.current_num_threads();
        let mut manifest = Manifest::new(self.loaded, self.regimes, threads)
            .of_points(points.len() as u64, self.design.replications());
        self.folder.write("manifest.json", &manifest.render(Status::Running))?;
        let outcome = self.pool.install(|| self.simulate(&points));
        manifest.seconds = Some(self.started.elapsed().as_secs_f64());
        match outcome {
            Ok(mut finished) => {
                if earlier {
                    self.folder.remove_others(&finished.files)?;
                }
                manifest.files = relative(&finished.files, self.folder.path());
                finished.files.push(self.folder.write("manifest.json", &manifest.render(Status::Complete))?);
                if !finished.failures.is_empty() && !self.quiet {
                    eprintln!(
                        "warning: {} of {} points have no result: see tables/failures.csv; the first: {}",
                        finished.failures.len(),
                        points.len(),
                        finished.failures[0].error
                    );
                }
                if self.quiet {
                    return Ok(());
                }
                super::print(&if self.json { self.json(&finished) } else { self.text(&finished) })
            }
            Err(error) => {
                let interrupted = matches!(error, CliError::InterruptedPoints { .. });
                let status = if interrupted { Status::Interrupted } else { Status::Failed };
                // The first error is the one to report, even if the disk refuses this too.
                let _ = self.folder.write("manifest.json", &manifest.render(status));
                Err(error)
            }
        }
    }

    /// One point's study. Its regimes have to be those of the scenario, or its results would not stand beside the others'.
    fn prepare(&self, point: &Point) -> Result<Study, String> {
        let scenario = self.loaded.at(&point.assignments).map_err(|error| error.to_string())?.scenario;
        let own = &self.loaded.scenario;
        let names = |regimes: &[stickershock::model::trade::regime::Regime]| -> Vec<String> {
            regimes.iter().map(|regime| regime.name.clone()).collect()
        };
        if names(&scenario.regimes) != names(&own.regimes) || scenario.baseline != own.baseline {
            return Err("the point has other regimes or another baseline than the scenario".into());
        }
        Study::prepare(scenario).map_err(|error| error.to_string())
    }

    fn simulate(&self, points: &[Point]) -> Result<Finished, CliError> {
        let jobs = points.len() as u64 * self.design.replications() * self.regimes.len() as u64;
        let bar = progress_bar(jobs, 0, self.quiet);
        let mut table = PointTable::begin(self.folder, &self.design)?;
        let mut results: Option<PointResults> = None;
        let mut failures = Vec::new();
        let seed = self.loaded.scenario.seed;
        let none = Vec::new();
        let ran = run_points(
            points,
            self.regimes,
            &|point| self.prepare(point),
            &|point| self.design.worlds(point),
            (self.stop, &|jobs| bar.inc(jobs)),
            |point, outcome| {
                match outcome.and_then(|(names, moments)| agrees(results.as_ref(), names).map(|names| (names, moments)))
                {
                    Ok((names, moments)) => {
                        let settings = match &self.design {
                            StudyDesign::Sweep(sweep) => sweep.settings.get(point.index as usize).unwrap_or(&none),
                            StudyDesign::Uncertainty(_) => &none,
                        };
                        table.add(point.index, settings, &names, &moments)?;
                        results.get_or_insert_with(|| PointResults::new(names, seed)).insert(point.index, moments);
                    }
                    Err(error) => failures.push(FailureRow::new(point, &error)),
                }
                Ok::<_, OutputError>(())
            },
        );
        match ran {
            Ok(()) => bar.finish_and_clear(),
            Err(error) => {
                bar.abandon();
                return Err(match error {
                    RunError::Interrupted(point) => CliError::InterruptedPoints { done: point, points: points.len() },
                    RunError::Receiver(error) => error.into(),
                    RunError::Job(error) => CliError::Job(error),
                });
            }
        }
        let Some(results) = results else {
            let first = failures.first().map(|failure| failure.error.clone()).unwrap_or_default();
            return Err(CliError::NoPoint { points: points.len(), first });
        };
        let (files, uncertainty) = self.write(table, points, &results, &failures)?;
        Ok(Finished { results, uncertainty, failures, files })
    }

    fn write(
        &self,
        table: PointTable,
        points: &[Point],
        results: &PointResults,
        failures: &[FailureRow],
    ) -> Result<(Vec<PathBuf>, Vec<UncertaintyRow>), CliError> {
        let render = |error| CliError::Output(OutputError::Csv(error));
        let mut tables = Vec::new();
        let mut uncertainty = Vec::new();
        if matches!(self.design, StudyDesign::Uncertainty(_)) {
            uncertainty = uncertainty_rows(results, self.design.replications());
            tables.push(TableData::new(&uncertainty).map_err(render)?);
            tables.push(TableData::new(&draw_rows(points)).map_err(render)?);
        }
        // A table without rows says nothing.
        if !failures.is_empty() {
            tables.push(TableData::new(failures).map_err(render)?);
        }
        let scenario = &self.loaded.scenario;
        #[cfg_attr(not(feature = "charts"), allow(unused_mut))]
        let mut files = write_point_tables(self.folder, scenario, table, &tables)?;
        #[cfg(feature = "charts")]
        if scenario.outputs.charts && self.charts {
            use stickershock::report::draw_points::write_point_charts;
            files.extend(write_point_charts(self.folder, scenario, &self.design, results, &uncertainty)?);
        }
        files.sort();
        Ok((files, uncertainty))
    }

    /// The charts' first metric at every point of a sweep, or over the draws.
    fn text(&self, finished: &Finished) -> String {
        use std::fmt::Write;
        let (results, scenario) = (&finished.results, &self.loaded.scenario);
        let names = results.names();
        let choice = shown(names, chart_choice(&self.design), &scenario.outputs.headline);
        let (period, metric) =
            choice.map_or((0, 0), |(period, metrics)| (period, metrics.first().copied().unwrap_or(0)));
        let mut out = String::new();
        let replications = self.design.replications();
        let _ = writeln!(
            out,
            "{}: {} points with results, {replications} replications each, seed {}",
            scenario.title,
            results.points().len(),
            scenario.seed
        );
        let (metric_name, period_name) = (&names.metrics[metric], &names.periods[period]);
        match &self.design {
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
                let shown = finished
                    .uncertainty
                    .iter()
                    .filter(|row| row.is_change && row.period == *period_name && row.metric == *metric_name);
                for row in shown {
                    let mean = row.components.mean;
                    let share = 100.0 * row.components.share.value;
                    rows.push([
                        row.regime.clone(),
                        figure(mean.value),
                        interval([mean.low, mean.high]),
                        interval([row.quantiles[0], row.quantiles[4]]),
                        interval(row.total),
                        if share.is_finite() { format!("{share:.0}%") } else { "-".into() },
                    ]);
                }
                align(&mut out, &rows);
            }
        }
        let _ = writeln!(out, "\n{:.1} s. Written:", self.started.elapsed().as_secs_f64());
        for file in &finished.files {
            let _ = writeln!(out, "  {}", file.display());
        }
        out
    }

    fn json(&self, finished: &Finished) -> String {
        let summary = json!({
            "scenario": self.loaded.scenario.name,
            "seed": self.loaded.scenario.seed,
            "points": finished.results.points().len(),
            "failures": finished.failures.len(),
            "replications": self.design.replications(),
            "folder": self.folder.path().display().to_string(),
            "files": finished.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>(),
        });
        format!("{summary:#}\n")
    }
}

/// Lines of a sweep that are printed.
const MOST_LINES: usize = 41;

/// Whether a point has the names of the first one.
fn agrees(results: Option<&PointResults>, names: Names) -> Result<Names, String> {
    match results {
        Some(results) if *results.names() != names => {
            Err("the point has other periods or metrics than the first one with results".into())
        }
        _ => Ok(names),
    }
}

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
