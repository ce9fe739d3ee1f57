//! Studies of many points: each is prepared once, runs its replications, and leaves moments of the headline metrics.
//!
//! Points go out in batches of as many as there are threads, and come back in the order of the list: what is kept does not depend on
//! threads. At most one prepared study for each thread is in memory.

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::point::Point;
use super::run::{RunError, run};
use super::study::Study;
use crate::model::outcome::{Layout, Outcome};
use crate::statistics::moments::Moments;
use crate::statistics::quantile::{ReplicationStore, quantile_of_sorted};

/// Outcomes kept whole for quantiles over points and replications together; beyond, a uniform sample of them.
pub const QUANTILE_OUTCOMES: usize = 1_024;

/// What the numbers of a point are called; all points of a study share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Regimes run, in order.
    pub regimes: Vec<String>,
    /// Position of the baseline among them.
    pub baseline: usize,
    /// Reporting periods.
    pub periods: Vec<String>,
    /// Headline metrics.
    pub metrics: Vec<String>,
}

impl Names {
    /// Names of the results of the regimes at `regimes` of a study.
    #[must_use]
    pub fn of(study: &Study, regimes: &[usize]) -> Self {
        let (scenario, layout) = (study.scenario(), study.layout());
        Self {
            regimes: regimes
                .iter()
                .filter_map(|r| scenario.regimes.get(*r))
                .map(|regime| regime.name.clone())
                .collect(),
            baseline: regimes.iter().position(|regime| *regime == scenario.baseline).unwrap_or(0),
            periods: layout.periods.iter().map(|period| period.name.clone()).collect(),
            metrics: layout.headlines.clone(),
        }
    }

    /// Numbers in one outcome of all regimes.
    fn len(&self) -> usize {
        self.regimes.len() * self.periods.len() * self.metrics.len()
    }

    /// Place of a metric in a period under a regime.
    #[must_use]
    pub fn place(&self, regime: usize, period: usize, metric: usize) -> usize {
        (regime * self.periods.len() + period) * self.metrics.len() + metric
    }
}

/// What one point leaves: moments over its replications of every headline metric, and of its paired difference from the baseline.
#[derive(Clone, Debug)]
pub struct PointMoments {
    slots: Vec<usize>,
    baseline: usize,
    level: Vec<Moments>,
    difference: Vec<Moments>,
    sample: ReplicationStore,
    row: Vec<f64>,
}

impl PointMoments {
    /// Nothing yet; `key` selects the sample of outcomes.
    #[must_use]
    pub fn new(names: &Names, layout: &Layout, key: u64) -> Self {
        let metrics = 0..layout.headlines.len();
        let periods = 0..layout.periods.len();
        Self {
            slots: periods
                .flat_map(|p| metrics.clone().map(move |h| (h, p)))
                .map(|(h, p)| layout.headline(h, p))
                .collect(),
            baseline: names.baseline,
            level: vec![Moments::default(); names.len()],
            difference: vec![Moments::default(); names.len()],
            sample: ReplicationStore::new(QUANTILE_OUTCOMES, key),
            row: Vec::new(),
        }
    }

    /// Adds one replication: the outcomes of all regimes, in their order.
    pub fn add(&mut self, replication: u64, outcomes: &[Outcome]) {
        let Some(baseline) = outcomes.get(self.baseline) else { return };
        self.row.clear();
        let numbers = outcomes.iter().flat_map(|outcome| self.slots.iter().map(move |slot| (outcome, *slot)));
        let moments = self.level.iter_mut().zip(&mut self.difference);
        for ((level, difference), (outcome, slot)) in moments.zip(numbers) {
            let value = outcome.values[slot];
            level.add(value);
            difference.add(value - baseline.values[slot]);
            self.row.push(value);
        }
        self.sample.offer(replication, &self.row);
    }

    /// Moments of the number at a place ([`Names::place`]).
    #[must_use]
    pub fn level(&self, place: usize) -> &Moments {
        &self.level[place]
    }

    /// Moments of its difference from the baseline.
    #[must_use]
    pub fn difference(&self, place: usize) -> &Moments {
        &self.difference[place]
    }
}

/// The points of a study that ran, in their order.
#[derive(Clone, Debug)]
pub struct PointResults {
    names: Names,
    key: u64,
    points: Vec<(u64, PointMoments)>,
    sample: ReplicationStore,
}

impl PointResults {
    /// No point yet; `key` selects the sample of outcomes.
    #[must_use]
    pub fn new(names: Names, key: u64) -> Self {
        Self { names, key, points: Vec::new(), sample: ReplicationStore::new(QUANTILE_OUTCOMES, key) }
    }

    /// What the numbers are called.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Adds one replication of a point, whose outcomes have the layout `layout`; replications of a point come one after the other, and points in
    /// order.
    pub fn add(&mut self, layout: &Layout, point: u64, replication: u64, outcomes: &[Outcome]) {
        if self.points.last().is_none_or(|(last, _)| *last != point) {
            self.points.push((point, PointMoments::new(&self.names, layout, self.key)));
        }
        if let Some((_, moments)) = self.points.last_mut() {
            moments.add(replication, outcomes);
            self.sample.offer(replication, &moments.row);
        }
    }

    /// Adds a whole point.
    pub fn insert(&mut self, point: u64, mut moments: PointMoments) {
        self.sample.merge(&moments.sample);
        moments.sample = ReplicationStore::new(0, self.key);
        self.points.push((point, moments));
    }

    /// The points, in order.
    #[must_use]
    pub fn points(&self) -> &[(u64, PointMoments)] {
        &self.points
    }

    /// Quantiles over all points and replications of the number at `place`, or of its difference from the one at `baseline`. Only where
    /// replications have numbers of their own at every point.
    #[must_use]
    pub fn quantiles<const N: usize>(
        &self,
        place: usize,
        baseline: Option<usize>,
        probabilities: [f64; N],
    ) -> [f64; N] {
        let value = |slot| self.sample.by_replication(slot).into_iter().map(|(_, value)| value);
        let mut values: Vec<f64> = match baseline {
            None => value(place).collect(),
            Some(baseline) => value(place).zip(value(baseline)).map(|(a, b)| a - b).collect(),
        };
        values.sort_by(f64::total_cmp);
        probabilities.map(|p| quantile_of_sorted(&values, p))
    }
}

/// What became of a point: names and moments, or why there are none.
pub type PointOutcome = Result<(Names, PointMoments), String>;

/// Runs `regimes` in the replications `worlds` of every point on the current rayon pool, and hands each point's outcome to `keep` in the order of the
/// list. A point that cannot be prepared or run is handed on with its error. `tick` counts jobs.
///
/// # Errors
/// [`RunError::Interrupted`] with the number of the first point not finished when `stop` is set, [`RunError::Receiver`] when `keep` fails.
pub fn run_points<E: Send>(
    points: &[Point],
    regimes: &[usize],
    prepare: &(impl Fn(&Point) -> Result<Study, String> + Sync),
    worlds: &(impl Fn(u64) -> Range<u64> + Sync),
    (stop, tick): (&AtomicBool, &(impl Fn(u64) + Sync)),
    mut keep: impl FnMut(&Point, PointOutcome) -> Result<(), E>,
) -> Result<(), RunError<E>> {
    let one = |point: &Point| -> Result<PointOutcome, u64> {
        let range = worlds(point.index);
        let jobs = (range.end - range.start) * regimes.len() as u64;
        let study = match prepare(point) {
            Ok(study) => study,
            Err(error) => {
                tick(jobs);
                return Ok(Err(error));
            }
        };
        let names = Names::of(&study, regimes);
        let mut moments = PointMoments::new(&names, study.layout(), study.scenario().seed);
        let ran = run(&study, regimes, range, stop, tick, |replication, outcomes| {
            moments.add(replication, outcomes);
            Ok::<_, std::convert::Infallible>(())
        });
        match ran {
            Ok(()) => Ok(Ok((names, moments))),
            Err(RunError::Interrupted(_)) => Err(point.index),
            Err(error) => Ok(Err(error.to_string())),
        }
    };
    for batch in points.chunks(rayon::current_num_threads()) {
        let done: Vec<Result<PointOutcome, u64>> = batch.par_iter().map(one).collect();
        for (point, outcome) in batch.iter().zip(done) {
            keep(point, outcome.map_err(RunError::Interrupted)?).map_err(RunError::Receiver)?;
        }
    }
    Ok(())
}
