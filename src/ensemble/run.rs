//! The threads: jobs go out in batches, outcomes come back in list order.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::study::{Study, StudyError};
use crate::model::outcome::Outcome;
use crate::model::world::WorldError;

/// One regime in one replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// Position of the regime in the scenario.
    pub regime: usize,
    /// Replication number.
    pub replication: u64,
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunError<E> {
    /// A replication's world cannot be built.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A negotiated history has no prices.
    #[error(transparent)]
    Job(#[from] StudyError),
    /// Someone asked to stop.
    #[error("interrupted after replication {0}")]
    Interrupted(u64),
    /// The receiver of results failed.
    #[error("{0}")]
    Receiver(E),
}

/// Replications in one batch: enough jobs to keep every thread busy, few enough to bound memory.
fn batch_size(regimes: usize) -> u64 {
    let jobs = 8 * rayon::current_num_threads();
    (jobs.div_ceil(regimes.max(1)) as u64).max(1)
}

/// Runs `regimes` in every replication of `replications` on the current rayon pool and hands each replication's outcomes,
/// in the order of `regimes`, to `keep`, replication by replication.
///
/// Batches differ with the number of threads, the order in which `keep` is called does not.
///
/// # Errors
/// [`RunError::World`] when a resampled population has no inversion, [`RunError::Job`] when a negotiated history has no
/// prices, [`RunError::Interrupted`] when `stop` is set,
/// [`RunError::Receiver`] when `keep` fails.
pub fn run<E: Send>(
    study: &Study,
    regimes: &[usize],
    replications: Range<u64>,
    stop: &AtomicBool,
    tick: &(impl Fn(u64) + Sync),
    mut keep: impl FnMut(u64, &[Outcome]) -> Result<(), E>,
) -> Result<(), RunError<E>> {
    let mut first = replications.start;
    while first < replications.end {
        let last = replications.end.min(first + batch_size(regimes.len()));
        let worlds = (first..last).into_par_iter().map(|r| study.world(r)).collect::<Result<Vec<_>, _>>()?;
        let jobs: Vec<Job> = (first..last)
            .flat_map(|replication| regimes.iter().map(move |regime| Job { regime: *regime, replication }))
            .collect();
        let done: Vec<Option<Result<Outcome, StudyError>>> = jobs
            .par_iter()
            .map(|job| {
                if stop.load(Ordering::Relaxed) {
                    return None;
                }
                let (world, start) = &worlds[(job.replication - first) as usize];
                let outcome = study.simulate(world, start, *job);
                tick(1);
                Some(outcome)
            })
            .collect();
        let Some(done) = done.into_iter().collect::<Option<Result<Vec<_>, _>>>() else {
            return Err(RunError::Interrupted(first));
        };
        let done = done?;
        for (replication, outcomes) in (first..last).zip(done.chunks_exact(regimes.len())) {
            keep(replication, outcomes).map_err(RunError::Receiver)?;
        }
        first = last;
    }
    Ok(())
}
