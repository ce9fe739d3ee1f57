//! What a study keeps of its jobs: moments of every slot, paired differences from the baseline, and a bounded sample of
//! replications for quantiles. Memory does not grow with the number of replications.

use crate::model::outcome::{Layout, Outcome};
use crate::statistics::moments::{Moments, Paired};
use crate::statistics::quantile::{ReplicationStore, quantile_of_sorted};

/// Replications kept whole for quantiles: up to this many they are exact, beyond it they come from a uniform sample.
pub const QUANTILE_REPLICATIONS: usize = 512;

/// One regime over all replications.
#[derive(Clone, Debug)]
struct Arm {
    level: Vec<Moments>,
    difference: Vec<Moments>,
    store: ReplicationStore,
    switched: Vec<f64>,
}

/// All regimes over all replications.
#[derive(Clone, Debug)]
pub struct Results {
    arms: Vec<Arm>,
    baseline: usize,
    replications: u64,
}

impl Results {
    /// Empty results of `regimes` regimes, compared with the one at `baseline`; `key` selects the quantile sample.
    #[must_use]
    pub fn new(layout: &Layout, regimes: usize, baseline: usize, key: u64) -> Self {
        let arm = Arm {
            level: vec![Moments::default(); layout.len()],
            difference: vec![Moments::default(); layout.len()],
            store: ReplicationStore::new(QUANTILE_REPLICATIONS, key),
            switched: vec![0.0; layout.models * (layout.models + 1)],
        };
        Self { arms: vec![arm; regimes], baseline, replications: 0 }
    }

    /// Adds one replication: the outcomes of all regimes in the order of the regimes.
    pub fn add(&mut self, replication: u64, outcomes: &[Outcome]) {
        self.replications += 1;
        let baseline = &outcomes[self.baseline].values;
        for (arm, outcome) in self.arms.iter_mut().zip(outcomes) {
            arm.store.offer(replication, &outcome.values);
            let moments = arm.level.iter_mut().zip(&mut arm.difference);
            for ((level, difference), (value, base)) in moments.zip(outcome.values.iter().zip(baseline)) {
                level.add(*value);
                difference.add(value - base);
            }
            arm.switched.iter_mut().zip(&outcome.switched).for_each(|(sum, cars)| *sum += cars);
        }
    }

    /// Replications added.
    #[must_use]
    pub fn replications(&self) -> u64 {
        self.replications
    }
    /// Position of the baseline among the regimes.
    #[must_use]
    pub fn baseline(&self) -> usize {
        self.baseline
    }
    /// Moments of a slot under a regime.
    #[must_use]
    pub fn level(&self, regime: usize, slot: usize) -> Moments {
        self.arms[regime].level[slot]
    }
    /// Moments of a slot under a regime and the baseline, paired by replication.
    #[must_use]
    pub fn paired(&self, regime: usize, slot: usize) -> Paired {
        Paired {
            arm: self.level(regime, slot),
            baseline: self.level(self.baseline, slot),
            difference: self.arms[regime].difference[slot],
        }
    }
    /// Quantiles of a slot under a regime.
    #[must_use]
    pub fn quantiles<const N: usize>(&self, regime: usize, slot: usize, probabilities: [f64; N]) -> [f64; N] {
        let mut column = Vec::with_capacity(QUANTILE_REPLICATIONS);
        self.arms[regime].store.sorted_column(slot, &mut column);
        probabilities.map(|p| quantile_of_sorted(&column, p))
    }
    /// A slot's values in the stored replications, by replication number.
    #[must_use]
    pub fn stored(&self, regime: usize, slot: usize) -> Vec<(u64, f64)> {
        self.arms[regime].store.by_replication(slot)
    }
    /// Mean switching matrix of a regime, cars over the horizon: J rows, J + 1 columns (see [`Outcome::switched`]).
    #[must_use]
    pub fn switched(&self, regime: usize) -> Vec<f64> {
        let replications = self.replications.max(1) as f64;
        self.arms[regime].switched.iter().map(|sum| sum / replications).collect()
    }
}
