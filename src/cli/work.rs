//! What the commands on plans and units share: options, progress, reduction, and the state that a folder is in.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::config::Loaded;
use crate::folder::OutputFolder;
use crate::report::build::Report;
use crate::report::failures::FailureTable;
use crate::report::manifest::{Manifest, Status};
use crate::report::study::{ReplicationTable, write_tables};
use crate::study::units::drive::{Drive, DriveError, Event, Keep, Studies};
use crate::study::units::ledger::LedgerWriter;
use crate::study::units::plan::PlanError;
use crate::study::units::{MODEL_VERSION, Plan, Store, StoreError};
use crate::study::{Observer, Results, StopError, Stopping, Study, StudyError};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::points::WrittenPoints;
use super::{CliError, summary};

/// How results are presented.
#[derive(Args)]
pub(super) struct Presentation {
    /// Write tables only.
    #[arg(long)]
    pub no_charts: bool,
    /// Form of the tables: csv, parquet, or both.
    #[arg(long, value_name = "F,G", value_delimiter = ',', value_enum, default_values_t = [TableFormat::Csv])]
    pub format: Vec<TableFormat>,
    /// Print the summary as JSON.
    #[arg(long)]
    pub json: bool,
    /// Print no progress and no summary.
    #[arg(long)]
    pub quiet: bool,
}

/// Form of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum TableFormat {
    /// Comma-separated values.
    Csv,
    /// Apache Parquet, where the program is built with it.
    Parquet,
}

impl Presentation {
    /// Refuses what this program was built without, before anything runs.
    pub fn check(&self) -> Result<(), CliError> {
        if cfg!(feature = "parquet") || !self.format.contains(&TableFormat::Parquet) {
            return Ok(());
        }
        let help =
            "build it with `cargo build --release --features parquet`, or convert the CSV tables with another program";
        Err(CliError::Usage(format!("--format parquet: this program was built without Parquet\nhelp: {help}")))
    }
}

/// A study about to be reduced.
pub(super) struct Work<'a> {
    pub plan: &'a Plan,
    pub loaded: &'a Loaded,
    pub regimes: &'a [usize],
    pub store: &'a Store,
    /// Shards that are there already, by the position of the unit.
    pub done: &'a BTreeMap<usize, PathBuf>,
    pub stop: &'a AtomicBool,
    pub presentation: &'a Presentation,
    /// Whether units without a shard are simulated.
    pub simulate: bool,
}

/// A study of one point, reduced and its files written.
pub(super) struct Written {
    study: std::sync::Arc<Study>,
    results: Results,
    files: Vec<PathBuf>,
    failed_jobs: u64,
}

/// A reduced study.
enum Reduced {
    One(Written),
    Points(WrittenPoints),
}

impl Work<'_> {
    /// The manifest of the work.
    pub(super) fn manifest(&self) -> Manifest {
        let mut manifest = Manifest::new(self.loaded, self.regimes, rayon::current_num_threads());
        if self.loaded.design.is_some() {
            manifest = manifest.of_points(self.plan.points.len() as u64, self.plan.replications);
        }
        let units = self.plan.units.len();
        manifest.insert("model_version", MODEL_VERSION.into());
        manifest.insert("plan", json!({ "blake3": self.plan.hash, "unit_size": self.plan.unit_size, "units": units }));
        manifest
    }

    /// Walks the plan, reduces every unit, and writes tables, charts and the ledger.
    fn reduce(&self, folder: &OutputFolder) -> Result<Written, CliError> {
        let studies = Studies::new(self.loaded, self.plan);
        // A scenario that cannot be prepared has nothing to show, and its error is about the input.
        let study = match studies.get(0) {
            Ok(study) => study,
            Err(_) => {
                return Err(Study::prepare_only(self.loaded.scenario.clone(), self.regimes)
                    .map_or_else(CliError::Study, |_| CliError::NoOutcome));
            }
        };
        let base_year = study.base_year().map_err(|error| StudyError::World(error.into()))?;
        let scenario = study.scenario();
        let baseline = self.regimes.iter().position(|regime| *regime == scenario.baseline).unwrap_or(0);
        let stopping = self.stopping(&study)?;
        let mut results = Results::new(study.layout(), self.regimes.len(), baseline, scenario.seed).until(stopping);
        let mut replications = ReplicationTable::begin(folder, &study, self.regimes)?;
        let mut failures = FailureTable::new(folder);
        let mut ledger = LedgerWriter::begin(folder)?;
        let bar = self.progress_bar();
        let mut keep = |event: Event<'_>| {
            match event {
                Event::Replication { replication, outcomes, .. } => {
                    results.add(replication, outcomes);
                    replications.add(replication, outcomes)?;
                    if let Some(stopping) = results.stopping() {
                        bar.set_length(stopping.sequential().forecast() * self.regimes.len() as u64);
                    }
                    if results.is_enough() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Event::Failure { point, replication, regime, error } => {
                    failures.add(point, replication, &self.plan.regimes[regime], error)?;
                }
                Event::Unit { position, hash, jobs } => ledger.add(self.plan, position, &hash, jobs)?,
            }
            Ok(ControlFlow::Continue(()))
        };
        self.walk(&studies, &bar, &mut keep)?;
        let failed_jobs = failures.jobs();
        if results.replications() == 0 {
            failures.finish()?;
            return Err(CliError::NoOutcome);
        }
        let report = Report { study: &study, results: &results, regimes: self.regimes };
        let files = write_tables(folder, &report, &base_year, replications, failures)?;
        let mut files = self.converted(folder, files)?;
        ledger.finish()?;
        files.push(folder.path().join(crate::study::units::ledger::LEDGER_FILE));
        #[cfg(feature = "charts")]
        if scenario.outputs.charts && !self.presentation.no_charts {
            files.extend(crate::report::draw::write_charts(folder, &report)?);
        }
        files.sort();
        Ok(Written { study, results, files, failed_jobs })
    }

    /// Jobs as they are simulated or read, those that are stored already counted as done.
    pub(super) fn progress_bar(&self) -> ProgressBar {
        let stored = if self.simulate { stored_jobs(self.plan, self.done) } else { 0 };
        progress_bar(self.plan.jobs(), stored, self.presentation.quiet)
    }

    /// Hands every unit to `keep`, in the order of the plan.
    pub(super) fn walk(&self, studies: &Studies<'_>, bar: &ProgressBar, keep: &mut Keep<'_>) -> Result<(), CliError> {
        let watch = Watch { stop: self.stop, bar };
        let drive = Drive { plan: self.plan, regimes: self.regimes, store: self.store, observer: &watch };
        let walked =
            if self.simulate { drive.run(self.done, studies, keep) } else { drive.merge(self.done, studies, keep) };
        bar.finish_and_clear();
        walked.map_err(|error| self.stopped(error))
    }

    /// The tables among `files` in the forms that were asked for.
    #[cfg(feature = "parquet")]
    pub(super) fn converted(&self, folder: &OutputFolder, files: Vec<PathBuf>) -> Result<Vec<PathBuf>, CliError> {
        if !self.presentation.format.contains(&TableFormat::Parquet) {
            return Ok(files);
        }
        let keep_csv = self.presentation.format.contains(&TableFormat::Csv);
        Ok(crate::report::parquet::convert(folder, files, keep_csv)?)
    }

    /// The tables among `files`: there is no form but theirs.
    #[cfg(not(feature = "parquet"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with Parquet")]
    pub(super) fn converted(&self, _: &OutputFolder, files: Vec<PathBuf>) -> Result<Vec<PathBuf>, CliError> {
        Ok(files)
    }

    /// The scenario's stopping rule on the regimes that run.
    fn stopping(&self, study: &Study) -> Result<Option<Stopping>, CliError> {
        let rule = self.loaded.stop.as_ref();
        let made = rule.map(|rule| Stopping::new(rule, study.layout(), self.regimes)).transpose();
        made.map_err(|error| {
            let message = match error {
                StopError::Missing(regime) => {
                    let name = &self.loaded.scenario.regimes[regime].name;
                    format!(
                        "--regimes: leaves out `{name}`, which a target of [stop] follows\nhelp: add it, or name another \
                         with --set stop.regime=..."
                    )
                }
                StopError::Nothing => format!("--regimes: {error}\nhelp: add a regime"),
            };
            CliError::Usage(message)
        })
    }

    /// An early end, with what is kept and how to go on.
    fn stopped(&self, error: DriveError) -> CliError {
        let (total, path) = (self.plan.units.len(), self.store.folder().path().to_owned());
        let done = || self.store.inventory(self.plan).map_or(0, |inventory| inventory.done.len());
        match error {
            DriveError::Interrupted => CliError::Interrupted { done: done(), total },
            DriveError::Missing(_) => {
                let missing = (0..total).filter(|position| !self.done.contains_key(position)).collect::<Vec<_>>();
                CliError::Missing { total, ranges: ranges(&missing), path }
            }
            DriveError::Store(StoreError::Output(error)) if self.simulate => {
                let text = error.to_string();
                let reason = text.lines().next().unwrap_or_default().to_owned();
                CliError::Resumable { reason, done: done(), total }
            }
            DriveError::Store(error) => error.into(),
        }
    }

    /// Reduces the study with a manifest that always says how the work stands, and prints the summary.
    pub(super) fn finish(&self, folder: &OutputFolder, started: std::time::Instant) -> Result<(), CliError> {
        let mut manifest = self.manifest();
        folder.write("manifest.json", &manifest.render(Status::Running))?;
        let outcome = match &self.loaded.design {
            None => self.reduce(folder).map(Reduced::One),
            Some(design) => self.reduce_points(design, folder).map(Reduced::Points),
        };
        manifest.seconds = Some(started.elapsed().as_secs_f64());
        let reduced = match outcome {
            Ok(reduced) => reduced,
            Err(error) => {
                let interrupted = matches!(error, CliError::Interrupted { .. });
                let status = if interrupted { Status::Interrupted } else { Status::Failed };
                // The first error is the one to report, even if the disk refuses this too.
                let _ = folder.write("manifest.json", &manifest.render(status));
                return Err(error);
            }
        };
        let mut files = match &reduced {
            Reduced::One(written) => written.files.clone(),
            Reduced::Points(written) => written.files.clone(),
        };
        folder.remove_others(&files)?;
        manifest.files = relative(&files, folder.path());
        let written = match reduced {
            Reduced::One(written) => written,
            Reduced::Points(written) => {
                manifest.insert("failed_points", written.failures.len().into());
                files.push(folder.write("manifest.json", &manifest.render(Status::Complete))?);
                return self.print_points(&written, folder.path(), &files, started);
            }
        };
        manifest.insert("failed_jobs", written.failed_jobs.into());
        let report = Report { study: &written.study, results: &written.results, regimes: self.regimes };
        if let Some(stopping) = report.stopping_record() {
            manifest.insert("stopping", stopping);
            manifest.insert("replications", written.results.replications().into());
        }
        let manifest_path = folder.write("manifest.json", &manifest.render(Status::Complete))?;
        files.push(manifest_path);
        if !self.presentation.quiet {
            for warning in summary::warnings(&report) {
                eprintln!("warning: {warning}");
            }
            let seconds = started.elapsed().as_secs_f64();
            super::print(&if self.presentation.json {
                summary::json(&report, folder.path(), &files)
            } else {
                summary::text(&report, seconds, &files)
            })?;
        }
        if written.failed_jobs > 0 {
            let table = folder.path().join("tables/failures.csv");
            return Err(CliError::FailedJobs { failed: written.failed_jobs, total: self.plan.jobs(), table });
        }
        Ok(())
    }
}

/// Jobs of the units that have a shard.
pub(super) fn stored_jobs(plan: &Plan, done: &BTreeMap<usize, PathBuf>) -> u64 {
    let jobs = |position: &usize| (plan.units[*position].end - plan.units[*position].first) * plan.regimes.len() as u64;
    done.keys().map(jobs).sum()
}

/// Numbers as ranges `a..b`, ends excluded.
pub(super) fn ranges(sorted: &[usize]) -> Vec<String> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for &number in sorted {
        match found.last_mut() {
            Some(range) if range.end == number => range.end += 1,
            _ => found.push(number..number + 1),
        }
    }
    found.iter().map(|range| format!("{}..{}", range.start, range.end)).collect()
}

/// Paths as they read from the folder, with `/` on every system.
pub(super) fn relative(files: &[PathBuf], folder: &Path) -> Vec<String> {
    let inside = |path: &PathBuf| path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
    files.iter().map(inside).collect()
}

/// Refuses a rule that says when one point has been replicated often enough, where there are several.
pub(super) fn check_stop(loaded: &Loaded) -> Result<(), CliError> {
    if loaded.stop.is_none() || loaded.design.is_none() {
        return Ok(());
    }
    let message = "[stop] ends the replications of one point, and points are compared on the same number of them";
    let help = "take [stop] out, and write `replications` in [sweep] or [uncertainty]";
    Err(CliError::Usage(format!("{}: {message}\nhelp: {help}", loaded.path.display())))
}

/// A plan with its scenario, as it stands in a folder.
pub(super) fn open_plan(path: &Path) -> Result<(Plan, Loaded, Vec<usize>), PlanError> {
    let plan = Plan::read(path)?;
    let loaded = plan.load(path)?;
    let regimes = plan.regime_positions(path, &loaded)?;
    Ok((plan, loaded, regimes))
}

/// A progress bar and a request to stop, as the library sees them.
pub(super) struct Watch<'a> {
    pub stop: &'a AtomicBool,
    pub bar: &'a ProgressBar,
}

impl Observer for Watch<'_> {
    fn jobs(&self, done: u64) {
        self.bar.inc(done);
    }
    fn cancelled(&self) -> bool {
        self.stop.cancelled()
    }
}

/// A progress bar with the time left, on standard error, only where that is a terminal; `stored` jobs count as done.
pub(super) fn progress_bar(jobs: u64, stored: u64, quiet: bool) -> ProgressBar {
    use std::io::IsTerminal;
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(jobs), ProgressDrawTarget::stderr_with_hz(8));
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} jobs, {eta} left") {
        bar.set_style(style);
    }
    bar.set_message("simulating");
    bar.set_position(stored);
    bar.reset_eta();
    bar
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn gaps_are_told_as_ranges() {
        assert_eq!(ranges(&[]), Vec::<String>::new());
        assert_eq!(ranges(&[3]), ["3..4"]);
        assert_eq!(ranges(&[0, 1, 2, 5, 7, 8]), ["0..3", "5..6", "7..9"]);
    }
}
