//! Rows of runs in time: the lots over the whole horizon, by group and by model.

use super::build::Report;
use super::record::table;
use super::rows::Summary;
use crate::model::timing::lots::LotMetric;

table! {
    /// Dealers' lots over the whole horizon, by region and flag, and by model: variation of sales and orders, days of supply, first
    /// choices not to be had, and how long cars free of the disputed duty last.
    pub struct LotRow in "lots" by [regime, region, flagged, model] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// region of the badge; `all` for the whole market
        region: String;
        /// whether the group's models carry the headline flag; false for the whole market
        flagged: bool;
        /// car model; `all` for the whole group
        model: String;
        /// standard deviation of weekly sales over their mean
        sales_variation: Summary;
        /// standard deviation of weekly orders over their mean
        orders_variation: Summary;
        /// stock over the mean of weekly first choices of late (as far back as forecasts look), mean over weeks
        days_of_supply: Summary, "days";
        /// its smallest value in any week
        least_days_of_supply: Summary, "days";
        /// its largest value in any week
        most_days_of_supply: Summary, "days";
        /// first choices in excess of sales, by model and week, over all first choices
        unmet_share: Summary, "fraction";
        /// weeks from the date of liability to the end of the week that leaves no clean car; empty where clean cars outlast the
        /// dispute
        clean_weeks: Summary, "weeks";
    }
}

impl Report<'_> {
    /// Rows of `lots.csv`; none where the scenario has no dealers.
    #[must_use]
    pub fn lots(&self) -> Vec<LotRow> {
        let (layout, scenario) = (self.layout(), self.study.scenario());
        let has_dealers = scenario.timing.as_ref().is_some_and(|timing| timing.dealers.is_some());
        let Some(timed) = layout.timed.as_ref().filter(|_| has_dealers) else { return Vec::new() };
        let mut rows = Vec::new();
        for arm in self.results.arms() {
            for (at, row) in timed.lots.rows.iter().enumerate() {
                let summary = |metric| self.summary(arm, timed.lot(metric, at));
                rows.push(LotRow {
                    regime: self.regime_name(arm),
                    region: row.group.as_ref().map_or_else(|| "all".into(), |group| group.region.clone()),
                    flagged: row.group.as_ref().is_some_and(|group| group.flagged),
                    model: row.model.map_or_else(|| "all".into(), |j| scenario.market.models[j].name.clone()),
                    sales_variation: summary(LotMetric::SalesVariation),
                    orders_variation: summary(LotMetric::OrdersVariation),
                    days_of_supply: summary(LotMetric::DaysOfSupply),
                    least_days_of_supply: summary(LotMetric::LeastDaysOfSupply),
                    most_days_of_supply: summary(LotMetric::MostDaysOfSupply),
                    unmet_share: summary(LotMetric::UnmetShare),
                    clean_weeks: summary(LotMetric::CleanWeeks),
                });
            }
        }
        rows
    }
}
