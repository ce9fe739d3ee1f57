//! What a study keeps of its jobs: moments of every slot, paired differences from the baseline, paired differences of all
//! pairs of regimes for the headlines, and a bounded sample of replications for quantiles. Memory does not grow with the
//! number of replications.

use std::ops::Range;

use crate::platform::threads::prelude::*;

use super::arm::Arm;
use super::stopping::Stopping;
use super::switches::Switches;
use crate::model::outcome::{Layout, Outcome};
use crate::numerics::moments::{Moments, MomentsRow, Paired};
use crate::numerics::quantile::{ReplicationStore, quantile_of_sorted};
use crate::numerics::sequential::Decision;

/// Replications kept whole for quantiles: up to this many they are exact, beyond it they come from a uniform sample.
pub const QUANTILE_REPLICATIONS: usize = 512;

/// Up to this many regimes every pair is compared: their number grows with the square. Beyond, each regime with the baseline.
pub const MOST_COMPARED: usize = 50;

/// One regime over all replications.
#[derive(Clone, Debug)]
struct Sums {
    level: MomentsRow,
    difference: MomentsRow,
    store: ReplicationStore,
    switches: Option<Switches>,
}

/// All regimes over all replications.
#[derive(Clone, Debug)]
pub struct Results {
    arms: Vec<Sums>,
    baseline: Arm,
    replications: u64,
    pairs: Vec<Pair>,
    headlines: Range<usize>,
    /// Slots whose quantiles are kept.
    sampled: usize,
    stopping: Option<Stopping>,
    /// Replications of which each draw is the mean, where results are of draws.
    of_draw: Option<u64>,
}

/// Two regimes compared on common worlds.
#[derive(Clone, Debug)]
struct Pair {
    arms: [Arm; 2],
    difference: MomentsRow, // of the headlines
}

/// Whether all pairs of so many regimes are compared.
#[must_use]
pub fn compares_all(regimes: usize) -> bool {
    regimes <= MOST_COMPARED
}

impl Results {
    /// Empty results of `regimes` regimes, compared with the one at `baseline`; `key` selects the quantile sample.
    #[must_use]
    pub fn new(layout: &Layout, regimes: usize, baseline: Arm, key: u64) -> Self {
        let arm = Sums {
            level: MomentsRow::new(layout.len()),
            difference: MomentsRow::new(layout.len()),
            store: ReplicationStore::new(QUANTILE_REPLICATIONS, key),
            switches: None,
        };
        let headlines = layout.headline_slots();
        let pair = |arms| Pair { arms, difference: MomentsRow::new(headlines.len()) };
        let others: Vec<Arm> = (0..regimes).map(Arm).filter(|arm| *arm != baseline).collect();
        let mut pairs: Vec<Pair> = others.iter().map(|arm| pair([*arm, baseline])).collect();
        let all = if compares_all(regimes) { &others[..] } else { &[] };
        for (place, against) in all.iter().enumerate() {
            pairs.extend(others[place + 1..].iter().map(|arm| pair([*arm, *against])));
        }
        Self {
            arms: vec![arm; regimes],
            baseline,
            replications: 0,
            pairs,
            headlines,
            sampled: layout.sampled(),
            stopping: None,
            of_draw: None,
        }
    }

    /// The same of draws of what is not known, each the mean of so many replications: what is called a replication here is a draw then, for
    /// replications of one draw share all that is drawn and are no independent ones.
    #[must_use]
    pub fn of_draws(mut self, replications: u64) -> Self {
        self.of_draw = Some(replications);
        self
    }
    /// Replications of which each draw is the mean; nothing where results are of replications.
    #[must_use]
    pub fn draw_size(&self) -> Option<u64> {
        self.of_draw
    }

    /// The same, which say when they are enough (see [`Results::is_enough`]).
    #[must_use]
    pub fn until(mut self, stopping: Option<Stopping>) -> Self {
        self.stopping = stopping;
        self
    }

    /// The same with where each regime's lost buyers go, regime by regime.
    #[must_use]
    pub fn with_switches(mut self, switches: Vec<Switches>) -> Self {
        self.arms.iter_mut().zip(switches).for_each(|(arm, switches)| arm.switches = Some(switches));
        self
    }

    /// Adds one replication: the outcomes of all regimes in the order of the regimes. Replications are added in their order.
    pub fn add(&mut self, replication: u64, outcomes: &[Outcome]) {
        self.replications += 1;
        if let Some(stopping) = &mut self.stopping {
            stopping.observe(outcomes);
        }
        let (baseline, sampled) = (&outcomes[self.baseline.0].values, self.sampled);
        // Arms do not touch each other's numbers: the order of additions to each is the order of replications.
        self.arms.par_iter_mut().zip(outcomes).for_each(|(arm, outcome)| {
            arm.store.offer(replication, &outcome.values[..sampled]);
            arm.level.add(&outcome.values);
            arm.difference.add_differences(&outcome.values, baseline);
            if let Some(switches) = &mut arm.switches {
                switches.add(&outcome.switched);
            }
        });
        for Pair { arms: [arm, against], difference } in &mut self.pairs {
            let [values, base] = [*arm, *against].map(|arm| &outcomes[arm.0].values[self.headlines.clone()]);
            difference.add_differences(values, base);
        }
    }

    /// Whether the stopping rule asks for no more replications; those that follow are not to be added. Never without a rule.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.stopping.as_ref().is_some_and(|stopping| stopping.sequential().decision() != Decision::Continue)
    }
    /// The stopping rule, with what it saw.
    #[must_use]
    pub fn stopping(&self) -> Option<&Stopping> {
        self.stopping.as_ref()
    }
    /// Replications added.
    #[must_use]
    pub fn replications(&self) -> u64 {
        self.replications
    }
    /// The regimes that ran.
    pub fn arms(&self) -> impl Iterator<Item = Arm> + use<> {
        (0..self.arms.len()).map(Arm)
    }
    /// The one that the others are compared with.
    #[must_use]
    pub fn baseline(&self) -> Arm {
        self.baseline
    }
    /// Moments of a slot under a regime.
    #[must_use]
    pub fn level(&self, arm: Arm, slot: usize) -> Moments {
        self.arms[arm.0].level.get(slot)
    }
    /// Moments of a slot under a regime and the baseline, paired by replication.
    #[must_use]
    pub fn paired(&self, arm: Arm, slot: usize) -> Paired {
        Paired {
            arm: self.level(arm, slot),
            baseline: self.level(self.baseline, slot),
            difference: self.arms[arm.0].difference.get(slot),
        }
    }
    /// Every pair of regimes once, [regime, the one it is compared with]: each regime with the baseline, then each with those
    /// before it unless there are too many ([`compares_all`]).
    pub fn pairs(&self) -> impl Iterator<Item = [Arm; 2]> {
        self.pairs.iter().map(|pair| pair.arms)
    }
    /// Moments of the headline at `slot` (see [`Layout::headline`]) under both regimes of the pair at position `pair`, paired by
    /// replication.
    #[must_use]
    pub fn contrast(&self, pair: usize, slot: usize) -> Paired {
        let Pair { arms: [arm, against], difference } = &self.pairs[pair];
        Paired {
            arm: self.level(*arm, slot),
            baseline: self.level(*against, slot),
            difference: difference.get(slot - self.headlines.start),
        }
    }
    /// Quantiles of a slot under a regime.
    #[must_use]
    pub fn quantiles<const N: usize>(&self, arm: Arm, slot: usize, probabilities: [f64; N]) -> [f64; N] {
        let mut column = Vec::with_capacity(QUANTILE_REPLICATIONS);
        self.arms[arm.0].store.sorted_column(slot, &mut column);
        probabilities.map(|p| quantile_of_sorted(&column, p))
    }
    /// A slot's values in the stored replications, by replication number.
    #[must_use]
    pub fn stored(&self, arm: Arm, slot: usize) -> Vec<(u64, f64)> {
        self.arms[arm.0].store.by_replication(slot)
    }
    /// Where the lost buyers of a regime go; nothing where that was not asked for ([`Results::with_switches`]).
    #[must_use]
    pub fn switches(&self, arm: Arm) -> Option<&Switches> {
        self.arms[arm.0].switches.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use std::path::Path;

    /// Every pair up to the bound; beyond it those with the baseline, so that memory grows with the number of regimes and not with its square.
    #[test]
    fn pairs_of_many_regimes_are_bounded() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/market_1995/showdown-1995.toml");
        let scenario = config::load(&path, &[]).unwrap().scenario;
        let layout = Layout::of(&scenario);
        let pairs = |regimes| Results::new(&layout, regimes, Arm(1), 0).pairs().collect::<Vec<_>>();
        assert_eq!(pairs(3), [[0, 1], [2, 1], [2, 0]].map(|pair| pair.map(Arm)));
        assert_eq!(pairs(MOST_COMPARED).len(), MOST_COMPARED * (MOST_COMPARED - 1) / 2);
        let many = pairs(MOST_COMPARED + 1);
        assert_eq!(many.len(), MOST_COMPARED);
        assert!(many.iter().all(|[_, against]| *against == Arm(1)));
    }
}
