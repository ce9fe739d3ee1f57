//! A study worked off in a folder: begun, resumed or merged; reduced in the order of its plan; handed to a [`Sink`] that writes it; and
//! a manifest that says at any time how it stands.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::finished::{Finished, FinishedPoints};
use super::manifest::{Manifest, WorkStanding, WorkStatus};
use super::observer::Observer;
use super::point_reduction::PointReduction;
use super::prepare::{Study, StudyError};
use super::reduction::{FinishError, Reduction};
use super::results::{MOST_COMPARED, compares_all};
use super::sink::{Sink, SinkError, Written};
use super::units::MODEL_VERSION;
use super::units::drive::{Drive, DriveError, Event, Keep, Studies};
use super::units::ledger::{LEDGER_FILE, LedgerWriter};
use super::units::plan::{PLAN_FILE, Plan, UnitPlanError};
use super::units::store::{Inventory, Store, StoreError};
use crate::config::warnings::warnings;
use crate::config::{Loaded, StudyDesign};
use crate::folder::former::ResultKind;
use crate::folder::lock::Sharing;
use crate::folder::{OutputError, OutputFolder, remedy_told};
use crate::model::ids::RegimeId;
use crate::model::scenario::Scenario;
use crate::platform::clock::Instant;
use crate::platform::threads;

/// What to do about work that is in the folder already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// Start where nothing unfinished is in the way, and refuse otherwise.
    #[default]
    Careful,
    /// Continue what is unfinished.
    Resume,
    /// Start over.
    Fresh,
    /// Continue what is unfinished, do nothing where all is done, and start where there is neither.
    GoOn,
}

/// How a study is worked off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Replications in a unit; what suits the study if nothing is said.
    pub unit_size: Option<u64>,
    /// What to do about earlier work.
    pub begin: Begin,
    /// Whether every outcome of every job stays in the folder when all is done.
    pub keep_units: bool,
}

/// A finished study, of one point or of many.
#[derive(Debug)]
pub enum Reduced {
    /// Of one point.
    One(Box<Finished>),
    /// Of many.
    Points(Box<FinishedPoints>),
}

/// A study worked off.
#[derive(Debug)]
pub struct Done {
    /// Its results.
    pub reduced: Reduced,
    /// The files written, the manifest last.
    pub files: Vec<PathBuf>,
    /// Jobs of its plan.
    pub jobs: u64,
}

/// Why a study was not worked off.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// What was asked for cannot be, or not in this folder.
    #[error("{0}")]
    Refused(String),
    /// It cannot be prepared, or left no results.
    #[error(transparent)]
    Finish(#[from] FinishError),
    /// Its plan.
    #[error(transparent)]
    Plan(#[from] UnitPlanError),
    /// Its stored units.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// What writes the results.
    #[error(transparent)]
    Sink(SinkError),
    /// Someone asked to stop.
    #[error(
        "interrupted: {done} of {total} units are done and kept\nhelp: run the same command with --resume to go on"
    )]
    Interrupted {
        /// Units done.
        done: usize,
        /// Units in all.
        total: usize,
    },
    /// Output that could not be written, after units were stored.
    #[error(
        "{reason}\nhelp: {}: {done} of {total} units are done and kept",
        remedy_told(.reason, "make room or permission, and run the same command with --resume")
    )]
    Resumable {
        /// What went wrong.
        reason: String,
        /// Units done.
        done: usize,
        /// Units in all.
        total: usize,
    },
    /// A study was left unfinished in the folder.
    #[error(
        "{path} holds an unfinished run of this study: {done} of {total} units are done\n\
         help: run the same command with --resume to continue it, or with --fresh to start over"
    )]
    Unfinished {
        /// The folder.
        path: PathBuf,
        /// Units done.
        done: usize,
        /// Units in all.
        total: usize,
    },
    /// A plan whose units are not all done.
    #[error(
        "{path}: of {total} units these are missing: {}\nhelp: run them with `stickershock unit {path} --range a..b`, then merge again",
        ranges.join(", ")
    )]
    Missing {
        /// The folder.
        path: PathBuf,
        /// Units in all.
        total: usize,
        /// Those without a shard.
        ranges: Vec<String>,
    },
}

impl From<StudyError> for WorkError {
    fn from(error: StudyError) -> Self {
        Self::Finish(error.into())
    }
}

/// The regimes that are named, in the order of the scenario, the baseline always among them; all where none is named.
///
/// # Errors
/// [`WorkError::Refused`] naming one that is unknown.
pub fn regimes_named(scenario: &Scenario, wanted: &[String]) -> Result<Vec<RegimeId>, WorkError> {
    let regimes = &scenario.regimes;
    if let Some(unknown) = wanted.iter().find(|name| !regimes.values().any(|regime| regime.name == **name)) {
        let known: Vec<&str> = regimes.values().map(|regime| regime.name.as_str()).collect();
        let known = known.join(", ");
        let message = format!("--regimes: `{unknown}` is no regime of this scenario\nhelp: expected some of {known}");
        return Err(WorkError::Refused(message));
    }
    let asked = |i: &RegimeId| wanted.is_empty() || *i == scenario.baseline || wanted.contains(&regimes[*i].name);
    Ok(regimes.ids().filter(asked).collect())
}

/// Proves that a study has not both several points and a rule that says when one has been replicated often enough.
///
/// # Errors
/// [`WorkError::Refused`] where it has.
pub fn check(loaded: &Loaded) -> Result<(), WorkError> {
    if loaded.stop.is_some() && loaded.design.is_some() {
        let message = "[stop] ends the replications of one point, and points are compared on the same number of them";
        let help = "take [stop] out, and write `replications` in [sweep] or [uncertainty]";
        return Err(WorkError::Refused(format!("{}: {message}\nhelp: {help}", loaded.path.display())));
    }
    Ok(())
}

/// The plan of a study.
///
/// # Errors
/// [`WorkError::Refused`] as [`check`] says, [`WorkError::Plan`] for too many units.
pub fn plan(loaded: &Loaded, regimes: &[RegimeId], unit_size: Option<u64>) -> Result<Plan, WorkError> {
    check(loaded)?;
    Ok(Plan::new(loaded, regimes, unit_size)?)
}

/// A plan with its scenario and regimes, as it stands in a folder.
///
/// # Errors
/// [`UnitPlanError`].
pub fn open(folder: &OutputFolder) -> Result<(Plan, Loaded, Vec<RegimeId>), UnitPlanError> {
    let plan = Plan::read(folder)?;
    let loaded = plan.load(folder.path())?;
    let regimes = plan.regime_ids(folder.path(), &loaded)?;
    Ok((plan, loaded, regimes))
}

/// Works a study off in a folder, on the current threads: simulates what is not stored there yet, and has `sink` write the results.
/// Gives nothing where all of it stands there already and was to be resumed.
///
/// # Errors
/// [`WorkError`]; units that were finished before it stay, and the manifest says what became of the study.
pub fn run(
    loaded: &Loaded,
    regimes: &[RegimeId],
    folder: &OutputFolder,
    settings: Settings,
    sink: &mut dyn Sink,
    observer: &dyn Observer,
) -> Result<Option<Done>, WorkError> {
    let started = Instant::now();
    let store = Store::of(folder.clone(), Sharing::Alone)?;
    let wanted = plan(loaded, regimes, settings.unit_size)?;
    let Some((plan, inventory)) = settle(settings.begin, &store, wanted, loaded)? else {
        // The last thing of a run is that its units go; where that failed, it is done now.
        if store.folder().manifest().is_some_and(|manifest| manifest["units"] == "removed") {
            store.remove_units()?;
        }
        observer.note(&format!("{} is complete; there is nothing left to do", folder.path().display()));
        return Ok(None);
    };
    if !inventory.done.is_empty() {
        observer.note(&format!("resuming: {} of {} units are done", inventory.done.len(), plan.units.len()));
    }
    store.tidy(&inventory.damaged)?;
    warnings(&loaded.scenario).iter().for_each(|warning| observer.warning(warning));
    let (plan, done) = (&plan, &inventory.done);
    let kept = settings.keep_units;
    let work = Work { plan, loaded, regimes, store: &store, done, simulate: true, kept, observer };
    let done = work.finish(folder, started, sink)?;
    if !settings.keep_units {
        store.remove_units()?;
    }
    Ok(Some(done))
}

/// Reduces the units of a plan that are stored in its folder, and has `sink` write the results; simulates nothing.
///
/// # Errors
/// [`WorkError`]; the manifest says what became of the study.
pub fn merge(
    folder: &OutputFolder,
    remove_units: bool,
    sink: &mut dyn Sink,
    observer: &dyn Observer,
) -> Result<Done, WorkError> {
    let started = Instant::now();
    let (plan, loaded, regimes) = open(folder)?;
    let store = Store::of(folder.clone(), Sharing::Alone)?;
    let inventory = store.inventory(&plan)?;
    for damaged in &inventory.damaged {
        observer.warning(&format!("{damaged}; it is left aside"));
    }
    let (loaded, regimes, done) = (&loaded, &regimes[..], &inventory.done);
    let kept = !remove_units;
    let work = Work { plan: &plan, loaded, regimes, store: &store, done, simulate: false, kept, observer };
    let done = work.finish(folder, started, sink)?;
    if remove_units {
        store.remove_units()?;
    }
    Ok(done)
}

/// The plan to work on and what is done of it, once the folder's own plan and what is wanted agree; nothing when all is done already. Results of another
/// study, finished or not, stay unless the user says otherwise.
fn settle(begin: Begin, store: &Store, wanted: Plan, loaded: &Loaded) -> Result<Option<(Plan, Inventory)>, WorkError> {
    let path = store.folder().path();
    store.folder().make_way(ResultKind::Run, begin == Begin::Fresh, |_| Vec::new())?;
    let (resume, go_on) = (begin == Begin::Resume, begin == Begin::GoOn);
    if begin == Begin::Fresh || !path.join(PLAN_FILE).exists() {
        return start(store, wanted, loaded).map(Some);
    }
    let manifest = store.folder().manifest();
    let stored = match Plan::read(store.folder()) {
        Ok(stored) => stored,
        // A plan of an older form is no plan of this study.
        Err(error) => {
            let finished = manifest.is_some_and(|manifest| manifest["status"] == WorkStatus::Complete.as_str());
            let what = match (resume, finished, store.has_units()) {
                (true, ..) => "is of another study and cannot be continued",
                (false, true, _) => "holds the finished results of another study",
                (false, false, true) => "holds the unfinished run of another study",
                (false, false, false) => return start(store, wanted, loaded).map(Some),
            };
            // What to do is said once.
            let reason = error.to_string();
            return Err(refusal(path, what, &[reason.lines().next().unwrap_or_default().to_owned()]));
        }
    };
    let differences = stored.differences(&wanted);
    let complete = manifest.is_some_and(|manifest| {
        manifest["status"] == WorkStatus::Complete.as_str() && manifest["plan"]["blake3"] == stored.hash.as_str()
    });
    if !differences.is_empty() && (resume || complete || store.has_units()) {
        let what = match (resume, complete) {
            (true, _) => "is of another study and cannot be continued",
            (false, true) => "holds the finished results of another study",
            (false, false) => "holds the unfinished run of another study",
        };
        return Err(refusal(path, what, &differences));
    }
    // What differs now has left nothing but its plan.
    if !differences.is_empty() || !resume && !go_on && (complete || !store.has_units()) {
        return start(store, wanted, loaded).map(Some);
    }
    if resume || go_on {
        if complete && files_stand(store.folder()) {
            return Ok(None);
        }
        let inventory = store.inventory(&stored)?;
        return Ok(Some((stored, inventory)));
    }
    let (done, total) = (store.inventory(&stored)?.done.len(), stored.units.len());
    Err(WorkError::Unfinished { path: path.to_owned(), done, total })
}

fn refusal(path: &Path, what: &str, differences: &[String]) -> WorkError {
    let list = differences.join("; ");
    WorkError::Refused(format!(
        "{}: {what}: {list}\nhelp: choose another folder with --out, or start over in this one with --fresh",
        path.display()
    ))
}

/// Whether every file that the manifest lists is there.
fn files_stand(folder: &OutputFolder) -> bool {
    let manifest = folder.manifest().unwrap_or_default();
    let files = manifest["files"].as_array().cloned().unwrap_or_default();
    !files.is_empty() && files.iter().all(|file| folder.path().join(file.as_str().unwrap_or_default()).is_file())
}

/// Clears the folder of an earlier plan and writes the new one.
fn start(store: &Store, plan: Plan, loaded: &Loaded) -> Result<(Plan, Inventory), WorkError> {
    store.remove_units()?;
    plan.write(store.folder(), loaded)?;
    Ok((plan, Inventory::default()))
}

/// A study about to be reduced.
struct Work<'a> {
    plan: &'a Plan,
    loaded: &'a Loaded,
    regimes: &'a [RegimeId],
    store: &'a Store,
    /// Shards that are there already, by the position of the unit.
    done: &'a BTreeMap<usize, PathBuf>,
    /// Whether units without a shard are simulated.
    simulate: bool,
    /// Whether shards stay when all is written.
    kept: bool,
    observer: &'a dyn Observer,
}

impl Work<'_> {
    /// Reduces the study and has it written, with a manifest that says all the while how the work stands.
    fn finish(&self, folder: &OutputFolder, started: Instant, sink: &mut dyn Sink) -> Result<Done, WorkError> {
        let mut standing = WorkStanding::begin(folder, self.manifest(sink.commit()), started)?;
        sink.begins(self.loaded);
        let worked = match &self.loaded.design {
            None => self.reduce(folder, sink),
            Some(design) => self.reduce_points(design, folder, sink),
        };
        let interrupted = |error: &WorkError| matches!(error, WorkError::Interrupted { .. });
        let (reduced, mut written) = standing.keep(worked, interrupted)?;
        written.files.push(folder.path().join(LEDGER_FILE));
        written.files.sort();
        match &reduced {
            Reduced::One(finished) => {
                standing.manifest.insert("failed_jobs", finished.failed_jobs.into());
                if finished.results.stopping().is_some() {
                    standing.manifest.insert("replications", finished.results.replications().into());
                }
            }
            Reduced::Points(finished) => {
                standing.manifest.insert("failed_points", finished.failures.len().into());
            }
        }
        for (key, value) in written.manifest {
            standing.manifest.insert(key, value);
        }
        let files = standing.complete(written.files)?;
        Ok(Done { reduced, files, jobs: self.plan.jobs() })
    }

    fn manifest(&self, commit: &str) -> Manifest {
        let mut manifest = Manifest::new(self.loaded, self.regimes, threads::count(), commit);
        if self.loaded.design.is_some() {
            manifest = manifest.of_points(self.plan.points as u64, self.plan.replications);
        }
        let units = self.plan.units.len();
        if self.loaded.design.is_none() && !compares_all(self.regimes.len()) {
            manifest.insert("comparisons", "of each regime with the baseline; pairs of others are left out".into());
        }
        manifest.insert("units", if self.kept { "kept" } else { "removed" }.into());
        manifest.insert("model_version", MODEL_VERSION.into());
        manifest.insert("plan", json!({ "blake3": self.plan.hash, "unit_size": self.plan.unit_size, "units": units }));
        manifest
    }

    /// Walks the plan of one point, reduces every unit, and has the results and the ledger written.
    fn reduce(&self, folder: &OutputFolder, sink: &mut dyn Sink) -> Result<(Reduced, Written), WorkError> {
        let studies = Studies::new(self.loaded, self.plan).watched_by(self.observer);
        let Ok(study) = studies.get(0) else {
            return Err(self.unprepared());
        };
        if !compares_all(self.regimes.len()) {
            let (regimes, most) = (self.regimes.len(), MOST_COMPARED);
            self.observer.warning(&format!(
                "{regimes} regimes: comparisons.csv has each with the baseline; pairs of others are left out beyond {most} regimes"
            ));
        }
        let rule = self.loaded.stop.as_ref();
        let reduction = Reduction::begin(study, self.regimes, rule, sink, self.observer);
        let mut reduction = reduction.map_err(|error| self.unfinished(error))?;
        let mut ledger = LedgerWriter::begin(folder)?;
        self.walk(&studies, &mut |event: Event<'_>| {
            match event {
                Event::Replication { replication, outcomes, .. } => {
                    return reduction.add(replication, outcomes, sink, self.observer);
                }
                Event::Failure { replication, arm, error, .. } => {
                    reduction.failure(replication, arm, error, sink)?;
                }
                Event::Unit { position, hash, jobs } => ledger.add(self.plan, position, &hash, jobs)?,
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let finished = reduction.end(sink)?;
        let written = sink.finish(&finished).map_err(WorkError::Sink)?;
        ledger.finish()?;
        Ok((Reduced::One(Box::new(finished)), written))
    }

    /// Walks the plan of many points, reduces every one, and has the results and the ledger written.
    fn reduce_points(
        &self,
        design: &StudyDesign,
        folder: &OutputFolder,
        sink: &mut dyn Sink,
    ) -> Result<(Reduced, Written), WorkError> {
        let studies = Studies::new(self.loaded, self.plan).watched_by(self.observer);
        let mut central = None;
        if design.has_tables() {
            let Ok(study) = studies.central() else { return Err(self.unprepared()) };
            central = Some(study);
        }
        let (scenario, replications) = (&self.loaded.scenario, self.plan.replications);
        let settled = (scenario, design, replications);
        let reduction = PointReduction::begin(settled, self.regimes, central, sink, self.observer);
        let mut reduction = reduction.map_err(|error| self.unfinished(error))?;
        let mut ledger = LedgerWriter::begin(folder)?;
        self.walk(&studies, &mut |event: Event<'_>| {
            match event {
                Event::Replication { point, replication, outcomes } => {
                    reduction.add(point, replication, outcomes, sink)?;
                }
                Event::Failure { point, error, .. } => reduction.failure(point, error, sink)?,
                Event::Unit { position, hash, jobs } => ledger.add(self.plan, position, &hash, jobs)?,
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let finished = reduction.end(sink)?;
        let written = sink.finish_points(&finished).map_err(WorkError::Sink)?;
        ledger.finish()?;
        Ok((Reduced::Points(Box::new(finished)), written))
    }

    /// Why the scenario could not be prepared: someone asked to stop, or it has nothing to show, and its error is about the input.
    fn unprepared(&self) -> WorkError {
        if self.observer.cancelled() {
            return self.stopped(DriveError::Interrupted);
        }
        let again = Study::prepare_watched(self.loaded.scenario.clone(), self.regimes, self.observer);
        again.map_or_else(|error| self.unfinished(error.into()), |_| FinishError::NoOutcome.into())
    }

    /// Why there are no results: where someone asked to stop, with what is kept.
    fn unfinished(&self, error: FinishError) -> WorkError {
        match error {
            FinishError::Interrupted => self.stopped(DriveError::Interrupted),
            error => error.into(),
        }
    }

    /// Hands every unit to `keep`, in the order of the plan.
    fn walk(&self, studies: &Studies<'_>, keep: &mut Keep<'_>) -> Result<(), WorkError> {
        self.observer.begins(self.plan.jobs(), if self.simulate { stored_jobs(self.plan, self.done) } else { 0 });
        let drive = Drive { plan: self.plan, regimes: self.regimes, store: self.store, observer: self.observer };
        let walked =
            if self.simulate { drive.run(self.done, studies, keep) } else { drive.merge(self.done, studies, keep) };
        self.observer.ends();
        walked.map_err(|error| self.stopped(error))
    }

    /// An early end, with what is kept and how to go on.
    fn stopped(&self, error: DriveError) -> WorkError {
        let (total, path) = (self.plan.units.len(), self.store.folder().path().to_owned());
        let done = || self.store.inventory(self.plan).map_or(0, |inventory| inventory.done.len());
        match error {
            DriveError::Interrupted => WorkError::Interrupted { done: done(), total },
            DriveError::Missing(_) => {
                let missing = (0..total).filter(|position| !self.done.contains_key(position)).collect::<Vec<_>>();
                WorkError::Missing { total, ranges: ranges(&missing), path }
            }
            DriveError::Store(StoreError::Output(error)) if self.simulate => {
                let text = error.to_string();
                let reason = text.lines().next().unwrap_or_default().to_owned();
                WorkError::Resumable { reason, done: done(), total }
            }
            DriveError::Store(error) => error.into(),
        }
    }
}

/// Jobs of the units that have a shard.
fn stored_jobs(plan: &Plan, done: &BTreeMap<usize, PathBuf>) -> u64 {
    let jobs = |position: &usize| (plan.units[*position].end - plan.units[*position].first) * plan.regimes.len() as u64;
    done.keys().map(jobs).sum()
}

/// Numbers as ranges `a..b`, ends excluded.
#[must_use]
pub fn ranges(sorted: &[usize]) -> Vec<String> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for &number in sorted {
        match found.last_mut() {
            Some(range) if range.end == number => range.end += 1,
            _ => found.push(number..number + 1),
        }
    }
    found.iter().map(|range| format!("{}..{}", range.start, range.end)).collect()
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
