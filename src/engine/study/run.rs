//! Replications go out to the threads in batches; their outcomes come back in order.

use std::any::Any;
use std::ops::{ControlFlow, Deref};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::model::demand::StopAsked;
use crate::model::ids::RegimeId;
use crate::platform::clock::Instant;
use crate::platform::threads::count;
use crate::platform::threads::prelude::*;

use super::observer::Observer;
use super::prepare::{Study, StudyError};
use super::threads::answers;
use super::units::unit::Unit;
use crate::model::outcome::Outcome;
use crate::model::world::WorldError;

/// Why a job left no outcome.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum JobError {
    /// The point's study cannot be prepared, or a history that governments negotiate has no prices; the text says why.
    #[error("{0}")]
    Study(String),
    /// The replication's world cannot be built.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A fault of this program.
    #[error("the simulation stopped with a fault of the program: {0}")]
    Fault(String),
}

/// What a job left, or why it left nothing.
pub type JobResult = Result<Outcome, JobError>;

/// Runs every regime of one replication; results are in the order of `regimes`.
///
/// The regimes are spread over `parts` tasks; in time, those of one task run side by side ([`Study::simulate_together`]). A job that
/// fails leaves its error and disturbs no other.
#[must_use]
pub fn replicate(study: &Study, regimes: &[RegimeId], replication: u64, parts: usize) -> Vec<JobResult> {
    replicate_until(study, regimes, replication, parts, StopAsked::NEVER)
}

/// The same, until somebody asks to stop: jobs that were not done by then leave an error.
fn replicate_until(
    study: &Study,
    regimes: &[RegimeId],
    replication: u64,
    parts: usize,
    stop: StopAsked<'_>,
) -> Vec<JobResult> {
    let replication = match catch_unwind(AssertUnwindSafe(|| study.replication_until(replication, stop))) {
        Ok(Ok(replication)) => replication,
        Ok(Err(error)) => return regimes.iter().map(|_| Err(error.clone().into())).collect(),
        Err(payload) => {
            let fault = fault(&*payload);
            return regimes.iter().map(|_| Err(fault.clone())).collect();
        }
    };
    let settled = |result: Result<Outcome, StudyError>| result.map_err(|error| JobError::Study(error.to_string()));
    let alone = |regime: &RegimeId| {
        // A panic is a fault of the program; hours of other jobs are not to be lost to it.
        let result = catch_unwind(AssertUnwindSafe(|| study.simulate(&replication, *regime)));
        result.map_or_else(|payload| Err(fault(&*payload)), settled)
    };
    let part = |regimes: &[RegimeId]| -> Vec<JobResult> {
        // Where one of them fails by a fault, each runs alone, and the fault is its own.
        let together = || study.simulate_together(&replication, regimes);
        match catch_unwind(AssertUnwindSafe(together)) {
            Ok(results) => results.into_iter().map(settled).collect(),
            Err(_) => regimes.iter().map(alone).collect(),
        }
    };
    let at_once =
        (HOLDINGS_TOGETHER / study.scenario().buyers.max(1)).clamp(1, regimes.len().div_ceil(parts.max(1)).max(1));
    regimes.par_chunks(at_once).flat_map_iter(part).collect()
}

/// Most buyers times regimes that run side by side: bounds the memory of a thread, to 64 MB of holdings.
const HOLDINGS_TOGETHER: usize = 1 << 22;

/// A panic, as the error of what it ended.
fn fault(payload: &(dyn Any + Send)) -> JobError {
    let text = payload.downcast_ref::<String>().cloned();
    JobError::Fault(text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
}

/// Why units ended early. Jobs that fail do not end them.
#[derive(Debug)]
pub enum Halt<E> {
    /// Someone asked to stop; the first replication that was not finished.
    Interrupted(u64),
    /// The receiver of results failed.
    Receiver(E),
}

/// Fewest jobs in a batch for each thread.
const JOBS_PER_THREAD: usize = 8;
/// Fewest replications in a batch for each thread, since the regimes of one run together.
const REPLICATIONS_PER_THREAD: usize = 2;
/// Most jobs in a batch for each thread: bounds memory.
const MOST_JOBS_PER_THREAD: usize = 32;
/// A batch should last so long that waiting for its last job costs little, and no longer.
const BATCH_TIME: Duration = Duration::from_millis(250);

/// Runs `regimes` in every replication of `units` on the current rayon pool and hands what each replication left to `keep`,
/// unit by unit and replication by replication in order.
///
/// `study_of` makes the study of a point; it is asked once for each stretch of units of a point, by several threads at once, and at
/// most two studies for each thread are held. `seal` does on the threads what can be done to one replication's results, beside
/// the study if there is one, before they are kept in order. When `keep` breaks, the unit is finished and the remaining units of its
/// point are left out: that is how a stopping rule says "enough". Batches differ with the number of threads and the speed of the
/// machine; what `keep` is given does not.
///
/// # Errors
/// [`Halt::Interrupted`] when `observer` cancels, after all replications before the first unfinished one were kept;
/// [`Halt::Receiver`] when `keep` fails.
pub fn run_units<S: Deref<Target = Study> + Send + Sync, T: Send, E: Send>(
    units: &[Unit],
    regimes: &[RegimeId],
    study_of: &(impl Fn(usize) -> Result<S, JobError> + Sync),
    observer: &dyn Observer,
    seal: &(impl Fn(Option<&Study>, Vec<JobResult>) -> T + Sync),
    mut keep: impl FnMut(&Unit, u64, T) -> Result<ControlFlow<()>, E>,
) -> Result<(), Halt<E>> {
    let asked = || observer.cancelled();
    let threads = count();
    let replications = |jobs_per_thread: usize| (jobs_per_thread * threads).div_ceil(regimes.len().max(1)).max(1);
    let fewest = replications(JOBS_PER_THREAD).max(REPLICATIONS_PER_THREAD * threads);
    let most = replications(MOST_JOBS_PER_THREAD).max(fewest);
    let mut size = fewest;
    let at_unit = |(at, unit): (usize, &Unit)| unit.replications.clone().map(move |replication| (at, replication));
    let mut tasks = units.iter().enumerate().flat_map(at_unit).peekable();
    let mut studies = Studies { held: Vec::new() };
    let mut enough: Option<(usize, usize)> = None; // the point, and the unit in which it was enough
    let surplus = |enough: Option<(usize, usize)>, unit: &Unit| {
        enough.is_some_and(|(point, index)| unit.point == point && unit.index != index)
    };
    loop {
        let mut batch: Vec<(usize, u64)> = Vec::with_capacity(size);
        let mut points: Vec<usize> = Vec::new();
        while let Some((at, replication)) = tasks.peek().copied() {
            let unit = &units[at];
            if !surplus(enough, unit) {
                let new_point = points.last() != Some(&unit.point);
                if batch.len() == size || (new_point && points.len() == threads) {
                    break;
                }
                if new_point {
                    points.push(unit.point);
                }
                batch.push((at, replication));
            }
            tasks.next();
        }
        let Some(&(first, replication)) = batch.first() else { return Ok(()) };
        if observer.cancelled() {
            return Err(Halt::Interrupted(replication));
        }
        let started = Instant::now();
        studies.prepare(units, first, &points, study_of);
        // With fewer replications than threads, threads share the regimes of one.
        let parts = threads.div_ceil(batch.len());
        let done = answers(batch.len(), observer, |place| {
            let (at, replication) = batch[place];
            Some(match studies.of(units[at].point)? {
                Ok(study) => {
                    let jobs = replicate_until(study, regimes, replication, parts, StopAsked::by(&asked));
                    // What was cut short is no result.
                    if jobs.iter().any(Result::is_err) && asked() {
                        return None;
                    }
                    seal(Some(study), jobs)
                }
                Err(error) => seal(None, regimes.iter().map(|_| Err(error.clone())).collect()),
            })
        });
        let elapsed = started.elapsed();
        if elapsed < BATCH_TIME / 2 {
            size = (2 * size).min(most);
        } else if elapsed > 2 * BATCH_TIME {
            size = (size / 2).max(fewest);
        }
        for ((at, replication), sealed) in batch.into_iter().zip(done) {
            let unit = &units[at];
            let Some(sealed) = sealed.flatten() else { return Err(Halt::Interrupted(replication)) };
            if surplus(enough, unit) {
                continue;
            }
            if keep(unit, replication, sealed).map_err(Halt::Receiver)?.is_break() {
                enough = Some((unit.point, unit.index));
            }
        }
    }
}

/// The studies of the points at work, and of some that come next.
struct Studies<S> {
    /// The position of the first unit seen of a point, the point, and its study.
    held: Vec<(usize, usize, Result<S, JobError>)>,
}

impl<S: Deref<Target = Study> + Send + Sync> Studies<S> {
    /// Makes the studies of a batch of `points` that begins with the unit at `first`, and lets go of those that are done. When one has to be
    /// made, every thread makes one: as many of the points that come next are made with it.
    fn prepare(
        &mut self,
        units: &[Unit],
        first: usize,
        points: &[usize],
        study_of: &(impl Fn(usize) -> Result<S, JobError> + Sync),
    ) {
        self.held.retain(|(at, point, _)| *at > first || points.contains(point));
        if points.iter().all(|point| self.of(*point).is_some()) {
            return;
        }
        let mut wanted: Vec<(usize, usize)> = Vec::new();
        for (at, unit) in units.iter().enumerate().skip(first) {
            if wanted.len() == count() {
                break;
            }
            let known = wanted.last().is_some_and(|(_, point)| *point == unit.point) || self.of(unit.point).is_some();
            if !known {
                wanted.push((at, unit.point));
            }
        }
        let made = answers(wanted.len(), &(), |place| {
            let (at, point) = wanted[place];
            // A point that ends in a fault fails by itself, like a job.
            let study = catch_unwind(AssertUnwindSafe(|| study_of(point)));
            (at, point, study.unwrap_or_else(|payload| Err(fault(&*payload))))
        });
        self.held.extend(made.into_iter().flatten());
    }

    fn of(&self, point: usize) -> Option<Result<&Study, &JobError>> {
        let (_, _, study) = self.held.iter().find(|(_, held, _)| *held == point)?;
        Some(study.as_ref().map(Deref::deref))
    }
}
