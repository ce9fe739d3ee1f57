//! How much of a duty reaches the buyer, in the three ways in which it is asked.

use jiff::civil::Date;

use super::build::Report;
use super::record::table;
use super::rows::Quoted;
use crate::model::quotes::{ResponseMetric, of_all};
use crate::study::quotes::Quotation;

table! {
    /// How much of the duties charged reaches the buyer under every regime, one row for each time prices or duties change.
    pub struct PassThroughRow in "pass_through" by [regime, week] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// first week in which these prices and duties hold
        week: u32;
        /// first day of that week
        week_start: Date;
        /// number of models charged another duty than in the base year, without a quota, an inspection or an incentive; the rest of the row is of these,
        /// weighted by base-year volumes
        models: u32;
        /// change of the sticker price from the base year
        price_change: Quoted, "fraction";
        /// change of what the maker keeps of a car, duty and local costs taken off
        border_price_change: Quoted, "fraction";
        /// change of the sticker price over what the new duty takes of the base year's border price beyond the base year's duty
        per_dollar_old_base: Quoted;
        /// change of the sticker price over change of the duty owed
        per_dollar_owed: Quoted;
        /// change of the log landed price over change of the log of one plus the rate
        border_elasticity: Quoted;
    }
}

impl Report<'_> {
    /// Rows of `pass_through.csv`, phase by phase; a negotiated regime has other prices in every replication and no rows.
    #[must_use]
    pub fn pass_through(&self) -> Vec<PassThroughRow> {
        let (study, scenario) = (self.study, self.study.scenario());
        let models = scenario.market.len();
        let quotation = Quotation::new(scenario, study.shared_world());
        let mut rows = Vec::new();
        for (arm, regime, plan) in self.scheduled() {
            let (forces, instruments) = (quotation.forces(regime), quotation.instruments(regime));
            for (at, week) in plan.changes().enumerate() {
                let force = &forces[week as usize];
                let taxed = quotation.taxed(plan, week, force, &instruments).len();
                if taxed == 0 {
                    continue;
                }
                let shared = quotation.row(plan, week, force, &instruments);
                let quoted = |metric: ResponseMetric| {
                    let place = of_all(metric, models);
                    self.quoted(arm, at, place, shared[place])
                };
                rows.push(PassThroughRow {
                    regime: regime.name.clone(),
                    week,
                    week_start: scenario.week_start(week),
                    models: taxed as u32,
                    price_change: quoted(ResponseMetric::PriceChange),
                    border_price_change: quoted(ResponseMetric::BorderPriceChange),
                    per_dollar_old_base: quoted(ResponseMetric::PerDollarOldBase),
                    per_dollar_owed: quoted(ResponseMetric::PerDollarOwed),
                    border_elasticity: quoted(ResponseMetric::BorderElasticity),
                });
            }
        }
        rows
    }
}
