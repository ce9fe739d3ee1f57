//! Buyers whom a regime drives from the models that it burdens, and where they go: means over replications, with what their intervals need.

use super::prepare::Study;
use super::quotes::Quotation;
use crate::model::ids::{Id, RegimeId};
use crate::numerics::moments::{Moments, MomentsRow, Paired};

/// A model on which a duty, a quota or an inspection of a regime weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burdened {
    /// Its place in the market.
    pub model: usize,
    /// The last week in which it does.
    pub week: usize,
}

/// Whose lost buyers: those of one burdened model, by its place among them, or of all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostBy {
    /// One of them.
    Model(usize),
    /// All of them.
    All,
}

/// What one regime's burdened models lose to each option and region, over replications.
#[derive(Clone, Debug)]
pub struct Switches {
    burdened: Vec<Burdened>,
    region_of_option: Vec<usize>,
    /// Regions, `outside` the last of them.
    regions: usize,
    /// By burdened model and option.
    sums: Vec<f64>,
    replications: u64,
    /// Buyers lost: of each burdened model, then of all.
    lost: MomentsRow,
    /// Buyers gained: by burdened model and option; then by burdened model, all together last, and region.
    gained: MomentsRow,
    /// The same less the buyers lost.
    less_lost: MomentsRow,
}

impl Switches {
    /// Nothing yet, of a regime of a study.
    #[must_use]
    pub fn of(study: &Study, regime: RegimeId) -> Self {
        let market = &study.scenario().market;
        let outside = market.regions.len();
        let region_of_option = market.models.iter().map(|model| model.region.index()).chain([outside]).collect();
        Self::new(burdened(study, regime), region_of_option, outside + 1)
    }

    fn new(burdened: Vec<Burdened>, region_of_option: Vec<usize>, regions: usize) -> Self {
        let (count, options) = (burdened.len(), region_of_option.len());
        let cells = count * options + (count + 1) * regions;
        Self {
            sums: vec![0.0; count * options],
            replications: 0,
            lost: MomentsRow::new(count + 1),
            gained: MomentsRow::new(cells),
            less_lost: MomentsRow::new(cells),
            burdened,
            region_of_option,
            regions,
        }
    }

    /// Adds a replication: buyers by the model that they would have chosen (rows) and what they chose, the outside option last.
    pub fn add(&mut self, switched: &[f64]) {
        let (options, all) = (self.region_of_option.len(), self.burdened.len());
        let by_options = self.sums.len();
        let (mut lost, mut gained) = (vec![0.0; all + 1], vec![0.0; by_options + (all + 1) * self.regions]);
        let (by_option, by_region) = gained.split_at_mut(by_options);
        for (place, burdened) in self.burdened.iter().enumerate() {
            let own = &switched[burdened.model * options..(burdened.model + 1) * options];
            for (option, cars) in own.iter().enumerate() {
                let region = self.region_of_option[option];
                self.sums[place * options + option] += cars;
                by_option[place * options + option] = *cars;
                by_region[place * self.regions + region] += cars;
                by_region[all * self.regions + region] += cars;
                lost[place] += cars;
                lost[all] += cars;
            }
        }
        self.replications += 1;
        self.lost.add(&lost);
        self.gained.add(&gained);
        for (at, cars) in gained.iter_mut().enumerate() {
            let place = if at < by_options { at / options } else { (at - by_options) / self.regions };
            *cars -= lost[place];
        }
        self.less_lost.add(&gained);
    }

    /// The burdened models, in the order of the market.
    #[must_use]
    pub fn burdened(&self) -> &[Burdened] {
        &self.burdened
    }
    /// Mean number of buyers whom a burdened model loses to an option, cars over the horizon.
    #[must_use]
    pub fn mean(&self, place: usize, option: usize) -> f64 {
        self.sums[place * self.region_of_option.len() + option] / self.replications.max(1) as f64
    }
    /// Buyers lost.
    #[must_use]
    pub fn lost(&self, by: LostBy) -> Moments {
        self.lost.get(self.place(by))
    }
    /// Buyers whom a burdened model loses to an option, beside all that it loses.
    #[must_use]
    pub fn to_option(&self, place: usize, option: usize) -> Paired {
        self.beside_lost(place * self.region_of_option.len() + option, LostBy::Model(place))
    }
    /// Buyers lost to the models of a region, `outside` after the last, beside all that are lost.
    #[must_use]
    pub fn to_region(&self, by: LostBy, region: usize) -> Paired {
        self.beside_lost(self.sums.len() + self.place(by) * self.regions + region, by)
    }

    fn place(&self, by: LostBy) -> usize {
        match by {
            LostBy::Model(place) => place,
            LostBy::All => self.burdened.len(),
        }
    }
    fn beside_lost(&self, cell: usize, by: LostBy) -> Paired {
        Paired { arm: self.gained.get(cell), baseline: self.lost(by), difference: self.less_lost.get(cell) }
    }
}

/// Models on which a duty, a quota or an inspection of a regime weighs; none where it was not prepared.
fn burdened(study: &Study, regime: RegimeId) -> Vec<Burdened> {
    let baseline = study.plans().baseline();
    let Some(plan) = study.plans().get(regime) else { return Vec::new() };
    let quotation = Quotation::new(study.scenario(), study.shared_world());
    let planned = study.planned_regime(regime);
    let (forces, instruments) = (quotation.forces(&planned), quotation.instruments(&planned));
    // Where a maker answers its rivals with a higher price its normal duty is higher too, and weighs no more.
    let named = |week: usize, j: usize| {
        let mut all = forces[week].iter().zip(instruments.iter());
        all.any(|(force, instrument)| *force != crate::model::trade::regime::Force::None && instrument.selected[j])
    };
    let weighs = |week: &usize, j: usize| {
        let (after, before) = (plan.phase(*week), baseline.phase(*week));
        after.duty_usd[j] > before.duty_usd[j] && named(*week, j)
            || after.quota_rent_usd[j] + after.inspection_usd[j] > 0.0
    };
    let last_week = |model: usize| (0..plan.weeks()).rev().find(|week| weighs(week, model));
    let models = 0..study.layout().models;
    models.filter_map(|model| Some(Burdened { model, week: last_week(model)? })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two models and the outside option, the first burdened; three replications by hand.
    #[test]
    fn shares_of_the_lost_have_the_variance_of_a_ratio() {
        let mut switches = Switches::new(vec![Burdened { model: 0, week: 3 }], vec![0, 1, 2], 3);
        // Of model 0 to model 1 and outside; what model 1 loses is nobody's question.
        for (to_rival, outside) in [(3.0, 1.0), (4.0, 2.0), (2.0, 0.0)] {
            switches.add(&[0.0, to_rival, outside, 5.0, 0.0, 5.0]);
        }
        assert_eq!((switches.mean(0, 1), switches.mean(0, 2)), (3.0, 1.0));
        let lost = switches.lost(LostBy::Model(0));
        assert_eq!((lost.mean(), lost.variance()), (4.0, 4.0));
        assert_eq!(switches.lost(LostBy::All), lost);
        let share = switches.to_option(0, 1);
        assert_eq!((share.arm.mean(), share.baseline.mean(), share.difference.mean()), (3.0, 4.0, -1.0));
        let ratio = share.relative();
        assert!((1.0 + ratio.estimate() - 0.75).abs() < 1e-15);
        // Gained less lost: -1, -2, 0, whose covariance with the lost, 4, 6, 2, is -2; of the means a third.
        assert!((ratio.covariance + 2.0 / 3.0).abs() < 1e-12);
        for by in [LostBy::Model(0), LostBy::All] {
            assert_eq!(switches.to_region(by, 1), share);
            assert_eq!(switches.to_region(by, 0).arm.mean(), 0.0);
        }
    }
}
