//! Rows of runs in time: who owns which brand, and who buys it again.

use super::build::Report;
use super::record::table;
use super::rows::Summary;
use crate::model::timing::owners::OwnerMetric;

table! {
    /// Owners of each brand at the end of a period, their purchase events in it, and how often they bought the brand again.
    pub struct OwnerRow in "owners" by [regime, period, brand] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// period, by its name in the scenario
        period: String;
        /// brand owned before the purchase event; `none` for those who own none of these brands
        brand: String;
        /// owners at the end of the period over all buyers
        owner_share: Summary, "fraction";
        /// purchase events of its owners, with or without a purchase
        owner_events: Summary, "households";
        /// share of those events in which the brand was bought again; of `none`, in which none was bought again
        repurchase_share: Summary, "fraction";
    }
}

impl Report<'_> {
    /// Rows of `owners.csv`; none where the scenario has no layer of time.
    #[must_use]
    pub fn owners(&self) -> Vec<OwnerRow> {
        let layout = self.layout();
        let Some(timed) = &layout.timed else { return Vec::new() };
        let brands = self.study.scenario().market.brands.as_slice();
        let mut rows = Vec::new();
        for arm in self.results.arms() {
            for (p, period) in layout.periods.iter().enumerate() {
                for at in 0..timed.owners.rows {
                    let summary = |metric| self.summary(arm, timed.owner(metric, p, at));
                    rows.push(OwnerRow {
                        regime: self.regime_name(arm),
                        period: period.name.clone(),
                        brand: brands.get(at).map_or_else(|| "none".into(), Clone::clone),
                        owner_share: summary(OwnerMetric::OwnerShare),
                        owner_events: summary(OwnerMetric::Events),
                        repurchase_share: summary(OwnerMetric::RepurchaseShare),
                    });
                }
            }
        }
        rows
    }
}
