//! From a plan and what is stored of it to reduced results: one walk over the units in the order of the plan.

use crate::model::ids::RegimeId;
use crate::platform::clock::Instant;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use blake3::Hash;

use super::plan::{Kept, Plan};
use super::shape::Shape;
use super::shard::encode;
use super::store::{ShardWriter, Store, StoreError};
use crate::config::Loaded;
use crate::config::design::{Point, Points};
use crate::folder::OutputError;
use crate::model::outcome::{Layout, Outcome};
use crate::model::scenario::Scenario;
use crate::study::points::{Names, headlines};
use crate::study::run::{Halt, run_units};
use crate::study::{Arm, Base, JobError, JobResult, Observer, Study, StudyError, Unit};

/// The study of a point, shared by its replications; or why it cannot be prepared.
pub type Prepared = Result<Arc<Study>, JobError>;

/// The studies of a plan's points.
pub struct Studies<'a> {
    loaded: &'a Loaded,
    plan: &'a Plan,
    points: Points<'a>,
    /// What the results of a study of points are called: a point with other names could not stand beside the others.
    names: Option<Names>,
    /// The last one asked for: what asks for one point again and again prepares it once.
    last: Mutex<Option<(usize, Prepared)>>,
    /// The last base year that was solved: points that differ in policy alone share it.
    base: Mutex<Option<Arc<Base>>>,
    /// The scenario that the points are laid over.
    central: Mutex<Option<Prepared>>,
    /// Who may ask to stop while they are prepared.
    observer: &'a dyn Observer,
}

impl<'a> Studies<'a> {
    /// Studies of the points of a plan, none of them prepared yet.
    #[must_use]
    pub fn new(loaded: &'a Loaded, plan: &'a Plan) -> Self {
        let names = loaded.design.as_ref().map(|_| names(&loaded.scenario));
        let points = Points::of(loaded.design.as_ref());
        Self {
            loaded,
            plan,
            points,
            names,
            last: Mutex::new(None),
            base: Mutex::new(None),
            central: Mutex::new(None),
            observer: &(),
        }
    }

    /// The same, prepared until `observer` asks to stop: what is not ready by then is an error.
    #[must_use]
    pub fn watched_by(self, observer: &'a dyn Observer) -> Self {
        Self { observer, ..self }
    }

    /// The same around the study of the scenario's own values, prepared before.
    #[must_use]
    pub fn around(self, central: Arc<Study>) -> Self {
        Self { central: Mutex::new(Some(Ok(central))), ..self }
    }

    /// A point.
    #[must_use]
    pub fn point(&self, point: usize) -> Point {
        self.points.at(point)
    }

    /// The study of a point; several points may be prepared at once on different threads.
    ///
    /// # Errors
    /// [`JobError::Study`] when the point makes no valid scenario, or its base year has no solution.
    pub fn get(&self, point: usize) -> Prepared {
        if let Some((last, prepared)) = &*self.last.lock().unwrap_or_else(PoisonError::into_inner)
            && *last == point
        {
            return prepared.clone();
        }
        let prepared = self.prepare(point);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((point, prepared.clone()));
        prepared
    }

    fn prepare(&self, point: usize) -> Prepared {
        let assignments = self.points.at(point).assignments;
        let scenario = if assignments.is_empty() {
            self.loaded.scenario.clone()
        } else {
            // Without the place of the file: what is recorded of a point is the same wherever it is run.
            self.loaded.at(&assignments).map_err(|error| JobError::Study(error.reason()))?.scenario
        };
        if self.names.as_ref().is_some_and(|own| names(&scenario) != *own) {
            let message = "the point has other regimes, periods or headline metrics than the scenario";
            return Err(JobError::Study(message.into()));
        }
        let study = if self.plan.kept == Kept::Outcomes && self.loaded.design.is_some() {
            self.central()?.drawn(scenario)
        } else {
            self.solved(scenario)
        };
        study.map(Arc::new).map_err(|error| JobError::Study(error.to_string()))
    }

    /// The study of the scenario that the points are laid over. Two threads that ask for it first may both prepare it: none waits for
    /// another, which it might be working for.
    ///
    /// # Errors
    /// [`JobError::Study`] when it cannot be prepared.
    pub fn central(&self) -> Prepared {
        if let Some(known) = &*self.central.lock().unwrap_or_else(PoisonError::into_inner) {
            return known.clone();
        }
        let made = self.solved(self.loaded.scenario.clone());
        let made = made.map(Arc::new).map_err(|error| JobError::Study(error.to_string()));
        *self.central.lock().unwrap_or_else(PoisonError::into_inner) = Some(made.clone());
        made
    }

    /// Prepares the regimes that run, on the last base year if that is the scenario's. No lock is held while something is solved, for
    /// threads that wait for others must not hold one.
    fn solved(&self, scenario: Scenario) -> Result<Study, StudyError> {
        let held = || self.base.lock().unwrap_or_else(PoisonError::into_inner);
        let known = held().clone().filter(|base| base.serves(&scenario));
        let base = match known {
            Some(base) => base,
            None => {
                let base = Study::base_watched(&scenario, self.observer)?;
                held().clone_from(&Some(Arc::clone(&base)));
                base
            }
        };
        let runs = |regime: &RegimeId| self.plan.regimes.contains(&scenario.regimes[*regime].name);
        let regimes: Vec<RegimeId> = scenario.regimes.ids().filter(runs).collect();
        Study::on_watched(base, scenario, &regimes, self.observer)
    }

    /// Whether a rule may end a point before all of its units have run.
    #[must_use]
    pub fn may_stop(&self) -> bool {
        self.loaded.stop.is_some()
    }

    /// What stored outcomes of the plan must look like; nothing where the scenario cannot be prepared, which leaves no outcomes.
    #[must_use]
    pub fn shape(&self) -> Option<Shape> {
        let kept = self.plan.kept;
        match kept {
            Kept::Outcomes if self.loaded.design.is_some() => {
                self.central().ok().map(|study| Shape::of_outcomes(study.layout(), study.scenario()))
            }
            Kept::Outcomes => self.get(0).ok().map(|study| Shape::of_outcomes(study.layout(), study.scenario())),
            Kept::Headlines => {
                let scenario = &self.loaded.scenario;
                let layout = Layout::of(scenario);
                Some(Shape::of_points(&layout, scenario, layout.metrics(scenario).len()))
            }
        }
    }

    /// What the plan keeps of a job of `study`.
    ///
    /// # Errors
    /// That of the job.
    pub fn kept(&self, study: &Study, job: JobResult) -> JobResult {
        match self.plan.kept {
            Kept::Outcomes => job,
            Kept::Headlines => job.map(|outcome| headlines(study.layout(), study.scenario(), &outcome)),
        }
    }
}

fn names(scenario: &Scenario) -> Names {
    Names::of(scenario, &scenario.regimes.ids().collect::<Vec<_>>())
}

/// Results of one replication, in the order of reduction.
#[derive(Debug)]
pub enum Event<'a> {
    /// Every regime of a replication left an outcome.
    Replication {
        /// Position of the point.
        point: usize,
        /// Replication number.
        replication: u64,
        /// The outcomes, in the order of the regimes.
        outcomes: &'a [Outcome],
    },
    /// A job of a replication failed: the replication takes no part in results, for regimes are compared world by world.
    Failure {
        /// Position of the point.
        point: usize,
        /// Replication number.
        replication: u64,
        /// The regime.
        arm: Arm,
        /// The error.
        error: &'a str,
    },
    /// All replications of a unit have been handed over.
    Unit {
        /// Position of the unit.
        position: usize,
        /// Hash of its shard.
        hash: Hash,
        /// Hashes of its jobs, replication by replication.
        jobs: &'a [Hash],
    },
}

/// Receives the events. A break says that the point has replications enough.
pub type Keep<'a> = dyn FnMut(Event<'_>) -> Result<ControlFlow<()>, OutputError> + 'a;

/// Why a walk over the plan ended early.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// Someone asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A unit has no shard, where none may be computed.
    #[error("unit {0} is missing")]
    Missing(usize),
    /// The folder.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutputError> for DriveError {
    fn from(error: OutputError) -> Self {
        Self::Store(error.into())
    }
}

/// What a walk works with.
pub struct Drive<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Positions in the scenario of the regimes that run.
    pub regimes: &'a [RegimeId],
    /// Where shards are.
    pub store: &'a Store,
    /// Who hears of jobs and may stop them.
    pub observer: &'a dyn Observer,
}

/// How often a finished shard waits for the disk. One that did not wait may be cut short by a power failure; it is then known as damaged, and
/// done again. A process that is killed loses nothing that it has written.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// One replication as the threads leave it.
struct Sealed {
    jobs: Vec<JobResult>,
    bytes: Vec<u8>,
    hashes: Vec<Hash>,
}

impl Drive<'_> {
    /// Hands every unit's results to `keep`, in the order of the plan: from its shard where `done` has one, else from the
    /// simulation, and then the shard is written first.
    ///
    /// When `keep` breaks at a replication, results of that point are enough: the unit is finished, and later units of the point
    /// are left out whether they are stored or not. The observer hears of every job that is simulated.
    ///
    /// # Errors
    /// [`DriveError`]; units that were finished before it stay.
    pub fn run(
        &self,
        done: &BTreeMap<usize, PathBuf>,
        studies: &Studies<'_>,
        keep: &mut Keep<'_>,
    ) -> Result<(), DriveError> {
        let units = self.plan.unit_list();
        let shape = if done.is_empty() { None } else { studies.shape() };
        // What is cut short has no shape that units could be held to.
        if self.observer.cancelled() {
            return Err(DriveError::Interrupted);
        }
        let mut enough = None;
        let mut next = 0;
        while let Some(unit) = units.get(next) {
            if enough == Some(unit.point) {
                next += 1;
            } else if let Some(path) = done.get(&unit.index) {
                if self.observer.cancelled() {
                    return Err(DriveError::Interrupted);
                }
                if self.read(unit, path, shape.as_ref(), &(), keep)? {
                    enough = Some(unit.point);
                }
                next += 1;
            } else {
                let missing = units[next..].iter().take_while(|unit| !done.contains_key(&unit.index)).count();
                let stretch = &units[next..next + missing];
                if let Some(point) = self.compute(stretch, studies, Some(&mut *keep))? {
                    enough = Some(point);
                }
                next += missing;
            }
        }
        Ok(())
    }

    /// The same from shards alone; the observer hears of every job.
    ///
    /// # Errors
    /// [`DriveError::Missing`] at the first unit without a shard.
    pub fn merge(
        &self,
        done: &BTreeMap<usize, PathBuf>,
        studies: &Studies<'_>,
        keep: &mut Keep<'_>,
    ) -> Result<(), DriveError> {
        let shape = studies.shape();
        let mut enough = None;
        for unit in self.plan.unit_list() {
            if enough == Some(unit.point) {
                continue;
            }
            if self.observer.cancelled() {
                return Err(DriveError::Interrupted);
            }
            let path = done.get(&unit.index).ok_or(DriveError::Missing(unit.index))?;
            if self.read(&unit, path, shape.as_ref(), self.observer, keep)? {
                enough = Some(unit.point);
            }
        }
        Ok(())
    }

    /// Simulates units and writes their shards, without reducing anything.
    ///
    /// # Errors
    /// [`DriveError`]; units that were finished before it stay.
    pub fn publish(&self, units: &[Unit], studies: &Studies<'_>) -> Result<(), DriveError> {
        self.compute(units, studies, None).map(|_| ())
    }

    /// Hands over a stored unit; true when that is enough of its point.
    fn read(
        &self,
        unit: &Unit,
        path: &Path,
        shape: Option<&Shape>,
        observer: &dyn Observer,
        keep: &mut Keep<'_>,
    ) -> Result<bool, DriveError> {
        let mut reader = self.store.shard(path).map_err(StoreError::from)?.expecting(shape);
        let mut hashes = Vec::new();
        let mut enough = false;
        while let Some((replication, jobs)) = reader.next_replication().map_err(StoreError::from)? {
            observer.jobs(jobs.len() as u64);
            hashes.extend(jobs.iter().map(|(_, hash)| *hash));
            if !enough {
                let jobs = jobs.into_iter().map(|(job, _)| job).collect();
                enough = hand_over(unit.point, replication, jobs, keep)?;
            }
        }
        let _ = keep(Event::Unit { position: unit.index, hash: reader.hash, jobs: &hashes })?;
        Ok(enough)
    }

    /// Simulates a stretch of units; the point of which there was enough last, if any.
    fn compute(
        &self,
        units: &[Unit],
        studies: &Studies<'_>,
        mut keep: Option<&mut Keep<'_>>,
    ) -> Result<Option<usize>, DriveError> {
        let seal = |study: Option<&Study>, jobs: Vec<JobResult>| {
            let jobs: Vec<JobResult> = match study {
                Some(study) => jobs.into_iter().map(|job| studies.kept(study, job)).collect(),
                None => jobs,
            };
            let (bytes, hashes) = encode(&jobs);
            self.observer.jobs(jobs.len() as u64);
            Sealed { jobs, bytes, hashes }
        };
        let mut synced = Instant::now();
        let mut writer: Option<ShardWriter> = None;
        let mut unit_hashes: Vec<Hash> = Vec::new();
        let mut enough: Option<usize> = None; // the unit in which it was enough
        let mut last_point = None;
        let take = |unit: &Unit, replication: u64, sealed: Sealed| -> Result<ControlFlow<()>, OutputError> {
            let mut shard = match writer.take() {
                Some(shard) => shard,
                None => self.store.begin(self.plan, unit.index)?,
            };
            shard.write(&sealed.bytes)?;
            unit_hashes.extend_from_slice(&sealed.hashes);
            if let Some(keep) = &mut keep
                && enough != Some(unit.index)
            {
                let jobs = sealed.jobs.into_iter().map(|job| job.map_err(|error| error.to_string())).collect();
                if hand_over(unit.point, replication, jobs, *keep)? {
                    enough = Some(unit.index);
                    last_point = Some(unit.point);
                }
            }
            if replication + 1 == unit.replications.end {
                let sync = synced.elapsed() >= SYNC_EVERY;
                if sync {
                    synced = Instant::now();
                }
                let hash = shard.finish(sync)?;
                if let Some(keep) = &mut keep {
                    let _ = keep(Event::Unit { position: unit.index, hash, jobs: &unit_hashes })?;
                }
                unit_hashes.clear();
            } else {
                writer = Some(shard);
            }
            Ok(if enough == Some(unit.index) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        let study_of = |point| studies.get(point);
        run_units(units, self.regimes, &study_of, self.observer, &seal, take).map_err(|error| match error {
            Halt::Interrupted(_) => DriveError::Interrupted,
            Halt::Receiver(error) => error.into(),
        })?;
        Ok(last_point)
    }
}

/// Hands one replication to the reduction; true when that is enough.
fn hand_over(
    point: usize,
    replication: u64,
    jobs: Vec<Result<Outcome, String>>,
    keep: &mut Keep<'_>,
) -> Result<bool, OutputError> {
    if jobs.iter().all(Result::is_ok) {
        let outcomes: Vec<Outcome> = jobs.into_iter().flatten().collect();
        return Ok(keep(Event::Replication { point, replication, outcomes: &outcomes })?.is_break());
    }
    for (arm, job) in jobs.iter().enumerate() {
        if let Err(error) = job {
            let _ = keep(Event::Failure { point, replication, arm: Arm(arm), error })?;
        }
    }
    Ok(false)
}
