//! The numbers that a scenario answers with at one point of a sensitivity study, and the threads that work points off.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::prepare::{Study, StudyError};
use crate::model::outcome::Outcome;
use crate::model::scenario::Scenario;

/// One number asked of every replication: a headline metric under a regime, or its difference from another regime in the same world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name of the output.
    pub name: String,
    /// Headline metric, a column of `replications.csv`.
    pub metric: String,
    /// Period; `all` is the whole horizon.
    pub period: String,
    /// Regime.
    pub regime: String,
    /// Regime whose value is taken away, if one is.
    pub baseline: Option<String>,
}

/// Why a point has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ResponseError {
    /// Its study cannot be prepared, or one of its worlds not built.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// It has no such regime, period or metric, or the metric is not defined there.
    #[error("{0}")]
    Undefined(String),
}

/// The targets of a scenario in `replications`, target by target: place `target × replications + replication`. The base year is inverted and
/// prices are solved anew; only the regimes that a target needs are simulated.
///
/// # Errors
/// [`ResponseError`] when the scenario cannot be solved, or a target is not defined in it.
pub fn respond(scenario: Scenario, targets: &[Target], replications: Range<u64>) -> Result<Vec<f64>, ResponseError> {
    let study = Study::prepare(scenario)?;
    let places = targets.iter().map(|target| Places::of(target, &study)).collect::<Result<Vec<_>, _>>()?;
    let count = (replications.end - replications.start) as usize;
    let mut values = vec![0.0; targets.len() * count];
    let needed = |regime: &usize| places.iter().any(|own| own.regime == *regime || own.baseline == Some(*regime));
    let regimes: Vec<usize> = (0..study.scenario().regimes.len()).filter(needed).collect();
    for (at, replication) in replications.enumerate() {
        let (world, start) = study.world(replication).map_err(StudyError::from)?;
        let mut outcomes: Vec<Option<Outcome>> = vec![None; study.scenario().regimes.len()];
        let together = study.simulate_together(&world, &start, &regimes, replication);
        for (regime, outcome) in regimes.iter().zip(together) {
            outcomes[*regime] = Some(outcome?);
        }
        for (target, places) in places.iter().enumerate() {
            let value =
                |regime: usize| outcomes[regime].as_ref().map_or(f64::NAN, |outcome| outcome.values[places.slot]);
            let value = value(places.regime) - places.baseline.map_or(0.0, value);
            if !value.is_finite() {
                let Target { metric, regime, .. } = &targets[target];
                return Err(ResponseError::Undefined(format!(
                    "{metric} is not defined under {regime} in this scenario"
                )));
            }
            values[target * count + at] = value;
        }
    }
    Ok(values)
}

/// Where a target stands in the outcomes of a study.
struct Places {
    regime: usize,
    baseline: Option<usize>,
    slot: usize,
}

impl Places {
    fn of(target: &Target, study: &Study) -> Result<Self, ResponseError> {
        let layout = study.layout();
        let none = |what: &str, name: &str| ResponseError::Undefined(format!("`{name}` is no {what} at this point"));
        let regime = |name: &String| {
            let found = study.scenario().regimes.iter().position(|regime| regime.name == *name);
            found.ok_or_else(|| none("regime", name))
        };
        let metric = layout.headlines.iter().position(|name| *name == target.metric);
        let period = layout.periods.iter().position(|period| period.name == target.period);
        let metric = metric.ok_or_else(|| none("metric", &target.metric))?;
        let period = period.ok_or_else(|| none("period", &target.period))?;
        Ok(Self {
            regime: regime(&target.regime)?,
            baseline: target.baseline.as_ref().map(regime).transpose()?,
            slot: layout.headline(metric, period),
        })
    }
}

/// Why points were not all worked off.
#[derive(Debug, thiserror::Error)]
pub enum PointsError<E> {
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(String),
    /// Someone asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The receiver of answers failed.
    #[error("{0}")]
    Receiver(E),
}

/// Works off `points` on `threads` threads, one point on each at a time, so that memory is that of `threads` studies; hands each answer to `keep`
/// as it is ready, in no certain order. Whatever a point does in parallel itself, it does on its own thread.
///
/// # Errors
/// [`PointsError::Interrupted`] when `stop` is set, [`PointsError::Receiver`] with the first error of `keep`, [`PointsError::Thread`] when the
/// system has no thread to give.
pub fn work_off<R, E: Send>(
    points: &[usize],
    threads: usize,
    stop: &AtomicBool,
    answer: impl Fn(usize) -> R + Sync,
    keep: impl Fn(usize, R) -> Result<(), E> + Sync,
) -> Result<(), PointsError<E>> {
    let next = AtomicUsize::new(0);
    let first_error: Mutex<Option<PointsError<E>>> = Mutex::new(None);
    let fail = |error| {
        let mut first = first_error.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        first.get_or_insert(error);
    };
    let failed = || first_error.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_some();
    let work = || {
        let pool = match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
            Ok(pool) => pool,
            Err(error) => return fail(PointsError::Thread(error.to_string())),
        };
        while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.load(Ordering::Relaxed) {
                return fail(PointsError::Interrupted);
            }
            if failed() {
                return;
            }
            // The answer needs not be `Send`: it stays on the pool's thread with its receiver.
            if let Err(error) = pool.install(|| keep(*point, answer(*point))) {
                return fail(PointsError::Receiver(error));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(points.len()) {
            if let Err(error) = std::thread::Builder::new().spawn_scoped(scope, work) {
                fail(PointsError::Thread(error.to_string()));
            }
        }
        work();
    });
    match first_error.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_answered_once_on_any_number_of_threads() {
        let points: Vec<usize> = (10..200).collect();
        for threads in [1, 3, 500] {
            let kept = Mutex::new(Vec::new());
            let stop = AtomicBool::new(false);
            let keep = |point: usize, square: usize| -> Result<(), ()> {
                kept.lock().unwrap().push((point, square));
                Ok(())
            };
            work_off(&points, threads, &stop, |point| point * point, keep).unwrap();
            let mut kept = kept.into_inner().unwrap();
            kept.sort_unstable();
            assert_eq!(kept, points.iter().map(|point| (*point, point * point)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_failing_receiver_and_a_request_to_stop_end_the_work() {
        let points: Vec<usize> = (0..100).collect();
        let stop = AtomicBool::new(false);
        let seen = AtomicUsize::new(0);
        let keep = |point: usize, (): ()| {
            seen.fetch_add(1, Ordering::Relaxed);
            if point == 5 { Err("full") } else { Ok(()) }
        };
        let error = work_off(&points, 2, &stop, |_| (), keep).unwrap_err();
        assert!(matches!(error, PointsError::Receiver("full")) && seen.into_inner() < 100);
        let stop = AtomicBool::new(true);
        let error = work_off(&points, 2, &stop, |_| (), |_, ()| Ok::<(), ()>(())).unwrap_err();
        assert!(matches!(error, PointsError::Interrupted));
    }
}
