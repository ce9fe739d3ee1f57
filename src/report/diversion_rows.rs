//! Rows of where the lost buyers of taxed models went: option by option, and by region.

use super::build::Report;
use super::contrasts::LEVEL;
use super::rows::{ALL_TAXED, DiversionRegionRow, DiversionRow};
use crate::model::market::CarModel;
use crate::model::plan::RegimePlan;
use crate::model::quotes::{QuoteMetric, of_model};
use crate::numerics::moments::Paired;
use crate::study::Arm;
use crate::study::switches::{Burdened, LostBy, Switches};

impl Report<'_> {
    /// Sticker prices of a model on which an arm's regime weighs under the baseline and the regime, in the last week in which it does, USD.
    fn prices_of_burdened(&self, arm: Arm, burdened: Burdened) -> Option<[f64; 2]> {
        let Burdened { model, week } = burdened;
        let plans = self.study.plans();
        let price = |arm: Arm, plan: &RegimePlan| {
            let row = plan.changes().take_while(|first| *first as usize <= week).count() - 1;
            let place = of_model(QuoteMetric::StickerPrice, model, self.layout().models);
            self.quoted(arm, row, place, plan.phase(week).sticker_price_usd[model]).value
        };
        // A regime that ran was prepared.
        let plan = plans.get(self.regimes[arm.0])?;
        Some([price(self.results.baseline(), plans.baseline()), price(arm, plan)])
    }

    /// Rows of `diversion.csv`: for each taxed model every option that gains, the one that gains most first.
    #[must_use]
    pub fn diversion(&self) -> Vec<DiversionRow> {
        let market = &self.study.scenario().market;
        let name = |model: &CarModel| (model.name.clone(), market.regions[model.region].clone());
        let options = market.models.len() + 1;
        let mut rows = Vec::new();
        for (arm, switches) in self.switches() {
            let weeks = self.weeks_of_other_prices(arm);
            for (place, burdened) in switches.burdened().iter().enumerate() {
                let Some([price_before_usd, price_after_usd]) = self.prices_of_burdened(arm, *burdened) else {
                    continue;
                };
                let model = &market.models[burdened.model];
                let gained: Vec<f64> = (0..options).map(|option| switches.mean(place, option)).collect();
                let lost_units: f64 = gained.iter().sum();
                let [lost_units_ci_low, lost_units_ci_high] = switches.lost(LostBy::Model(place)).interval(LEVEL);
                let mut order: Vec<usize> = (0..options).filter(|option| gained[*option] > 0.0).collect();
                order.sort_by(|a, b| gained[*b].total_cmp(&gained[*a]).then(a.cmp(b)));
                for (rank, option) in (1..).zip(order) {
                    let outside = || ("outside".into(), "outside".into());
                    let (gainer, gainer_region) = market.models.get(option).map_or_else(outside, name);
                    let found = switches.to_option(place, option);
                    let [share_of_lost_ci_low, share_of_lost_ci_high] = self.share_within(&found);
                    let [gained_units_ci_low, gained_units_ci_high] = found.arm.interval(LEVEL);
                    rows.push(DiversionRow {
                        regime: self.regime_name(arm),
                        model: model.name.clone(),
                        brand: market.brands[model.brand].clone(),
                        price_before_usd,
                        price_after_usd,
                        weeks,
                        lost_units,
                        lost_units_ci_low,
                        lost_units_ci_high,
                        rank,
                        gainer,
                        gainer_region,
                        share_of_lost: gained[option] / lost_units,
                        share_of_lost_ci_low,
                        share_of_lost_ci_high,
                        gained_units: gained[option],
                        gained_units_ci_low,
                        gained_units_ci_high,
                    });
                }
            }
        }
        rows
    }

    /// Rows of `diversion_regions.csv`: for each regime all taxed models together, then each, by region.
    #[must_use]
    pub fn diversion_regions(&self) -> Vec<DiversionRegionRow> {
        let market = &self.study.scenario().market;
        let mut rows = Vec::new();
        for (arm, switches) in self.switches() {
            let weeks = self.weeks_of_other_prices(arm);
            let models = switches.burdened().iter().enumerate().map(|(place, burdened)| {
                let model = &market.models[burdened.model];
                (LostBy::Model(place), model.name.clone(), market.brands[model.brand].clone())
            });
            let all =
                (!switches.burdened().is_empty()).then(|| (LostBy::All, ALL_TAXED.to_owned(), ALL_TAXED.to_owned()));
            for (by, model, brand) in all.into_iter().chain(models) {
                let lost = switches.lost(by);
                let [lost_units_ci_low, lost_units_ci_high] = lost.interval(LEVEL);
                for (region, gainer_region) in self.layout().regions.iter().enumerate() {
                    let found = switches.to_region(by, region);
                    let [share_of_lost_ci_low, share_of_lost_ci_high] = self.share_within(&found);
                    let [gained_units_ci_low, gained_units_ci_high] = found.arm.interval(LEVEL);
                    rows.push(DiversionRegionRow {
                        regime: self.regime_name(arm),
                        model: model.clone(),
                        brand: brand.clone(),
                        weeks,
                        lost_units: lost.mean(),
                        lost_units_ci_low,
                        lost_units_ci_high,
                        gainer_region: gainer_region.clone(),
                        share_of_lost: found.arm.mean() / lost.mean(),
                        share_of_lost_ci_low,
                        share_of_lost_ci_high,
                        gained_units: found.arm.mean(),
                        gained_units_ci_low,
                        gained_units_ci_high,
                    });
                }
            }
        }
        rows
    }

    fn switches(&self) -> impl Iterator<Item = (Arm, &Switches)> {
        self.results.arms().filter_map(|arm| Some((arm, self.results.switches(arm)?)))
    }

    /// Interval of the share of lost buyers that somebody gains: the ratio of gained less lost to lost, and one.
    fn share_within(&self, gained: &Paired) -> [f64; 2] {
        gained.relative().fieller(self.student(LEVEL)).map(|end| 1.0 + end)
    }
}
