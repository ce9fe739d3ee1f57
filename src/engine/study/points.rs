//! Results of studies of many points: each point leaves moments of the headline metrics.
//!
//! Replications come point by point ([`OnePoint`]); what is kept of each does not grow with their number.

use crate::model::accounts::parties;
use crate::model::ids::RegimeId;
use crate::model::outcome::{Layout, Outcome};
use crate::model::scenario::Scenario;
use crate::numerics::moments::Moments;
use crate::numerics::quantile::{ReplicationStore, quantile_of_sorted};
use crate::sensitivity::components::OneWay;

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
    /// Headline metrics, then what each party gains.
    pub metrics: Vec<String>,
}

impl Names {
    /// Names of the results of the regimes at `regimes` of a scenario.
    #[must_use]
    pub fn of(scenario: &Scenario, regimes: &[RegimeId]) -> Self {
        let layout = Layout::of(scenario);
        Self {
            regimes: regimes.iter().map(|regime| scenario.regimes[*regime].name.clone()).collect(),
            baseline: regimes.iter().position(|regime| *regime == scenario.baseline).unwrap_or(0),
            periods: layout.periods.iter().map(|period| period.name.clone()).collect(),
            metrics: layout.metrics(scenario),
        }
    }

    /// Numbers in one outcome of all regimes.
    fn len(&self) -> usize {
        self.regimes.len() * self.periods.len() * self.metrics.len()
    }

    /// Everything measured, by positions of regime, period and metric: levels of every regime, then changes of all but the baseline.
    pub fn measured(&self) -> impl Iterator<Item = (bool, [usize; 3])> + '_ {
        [false, true].into_iter().flat_map(move |is_change| {
            let regimes = (0..self.regimes.len()).filter(move |r| !is_change || *r != self.baseline);
            let periods = move |r| (0..self.periods.len()).map(move |p| (r, p));
            let metrics = move |(r, p)| (0..self.metrics.len()).map(move |m| (is_change, [r, p, m]));
            regimes.flat_map(periods).flat_map(metrics)
        })
    }

    /// Place of a metric in a period under a regime.
    #[must_use]
    pub fn place(&self, regime: usize, period: usize, metric: usize) -> usize {
        (regime * self.periods.len() + period) * self.metrics.len() + metric
    }
}

/// What is kept of an outcome of a scenario in a study of points, period by period: its [`Layout::metrics`].
#[must_use]
pub fn headlines(layout: &Layout, scenario: &Scenario, outcome: &Outcome) -> Outcome {
    let mut parties = parties(scenario);
    parties.retain(|(_, name)| !layout.headlines.contains(name));
    let mut values = Vec::with_capacity(layout.periods.len() * (layout.headlines.len() + parties.len()));
    for period in 0..layout.periods.len() {
        values.extend((0..layout.headlines.len()).map(|metric| outcome.values[layout.headline(metric, period)]));
        values.extend(parties.iter().map(|(account, _)| {
            let accounts = layout.accounts.as_ref();
            let slot = accounts.and_then(|accounts| Some(accounts.account(accounts.position(*account)?, period)));
            slot.map_or(f64::NAN, |slot| outcome.values[slot])
        }));
    }
    Outcome { values, switched: Vec::new() }
}

/// What one point leaves: moments over its replications of every headline metric, and of its paired difference from the baseline.
#[derive(Clone, Debug)]
pub struct PointMoments {
    baseline: usize,
    level: Vec<Moments>,
    difference: Vec<Moments>,
    sample: ReplicationStore,
    row: Vec<f64>,
}

impl PointMoments {
    /// Nothing yet; `key` selects the sample of outcomes.
    #[must_use]
    pub fn new(names: &Names, key: u64) -> Self {
        Self {
            baseline: names.baseline,
            level: vec![Moments::default(); names.len()],
            difference: vec![Moments::default(); names.len()],
            sample: ReplicationStore::new(QUANTILE_OUTCOMES, key),
            row: Vec::new(),
        }
    }

    /// Adds one replication: the [`headlines`] of all regimes, in their order.
    pub fn add(&mut self, replication: u64, outcomes: &[Outcome]) {
        let Some(baseline) = outcomes.get(self.baseline) else { return };
        self.row.clear();
        let numbers = outcomes.iter().flat_map(|outcome| outcome.values.iter().zip(&baseline.values));
        for ((level, difference), (value, baseline)) in self.level.iter_mut().zip(&mut self.difference).zip(numbers) {
            level.add(*value);
            difference.add(value - baseline);
            self.row.push(*value);
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

    /// Adds a whole point.
    pub fn insert(&mut self, point: u64, mut moments: PointMoments) {
        self.sample.merge(&moments.sample);
        moments.sample = ReplicationStore::new(0, self.key);
        moments.row = Vec::new();
        self.points.push((point, moments));
    }

    /// The points, in order.
    #[must_use]
    pub fn points(&self) -> &[(u64, PointMoments)] {
        &self.points
    }

    /// The number at a place, or its difference from the baseline, of every point.
    #[must_use]
    pub fn over_points(&self, place: usize, is_change: bool) -> OneWay {
        let mut layout = OneWay::default();
        for (_, moments) in &self.points {
            layout.add(if is_change { moments.difference(place) } else { moments.level(place) });
        }
        layout
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

/// What became of a point: its moments, or why there are none.
pub type PointOutcome = Result<PointMoments, String>;

/// The point whose replications are coming: one point after the other.
#[derive(Debug)]
pub struct OnePoint {
    names: Names,
    key: u64,
    current: Option<(usize, PointOutcome)>,
}

impl OnePoint {
    /// No point yet; `key` selects the sample of outcomes.
    #[must_use]
    pub fn new(names: Names, key: u64) -> Self {
        Self { names, key, current: None }
    }

    /// Turns to a point; what became of the one before, if this is another.
    pub fn turn_to(&mut self, point: usize) -> Option<(usize, PointOutcome)> {
        if self.current.as_ref().is_some_and(|(current, _)| *current == point) {
            return None;
        }
        self.current.replace((point, Ok(PointMoments::new(&self.names, self.key))))
    }

    /// Adds one replication of the point: the [`headlines`] of all regimes, in their order.
    pub fn add(&mut self, replication: u64, outcomes: &[Outcome]) {
        if let Some((_, Ok(moments))) = &mut self.current {
            moments.add(replication, outcomes);
        }
    }

    /// A job of the point failed: points are compared on the same number of replications, so the first failure is that of the point.
    pub fn fail(&mut self, error: &str) {
        if let Some((_, outcome @ Ok(_))) = &mut self.current {
            *outcome = Err(error.to_owned());
        }
    }

    /// What became of the last point.
    #[must_use]
    pub fn end(self) -> Option<(usize, PointOutcome)> {
        self.current
    }
}
