//! Rows of the scenario's groups of models: brands, manufacturers, sets of the user's own.

use super::build::Report;
use super::record::{statistics, table};
use crate::model::market::ModelGroup;

statistics! {
    /// A metric over replications, and its paired change against the baseline regime with its interval.
    pub struct Compared {
        /// mean over replications
        mean;
        /// standard error of the mean; empty for one replication
        std_error;
        /// mean paired difference from the baseline regime
        change;
        /// standard error of that difference; empty for one replication
        change_std_error;
        /// lower end of its 95% Student interval
        change_ci_low;
        /// upper end of its 95% Student interval
        change_ci_high;
    }
}

table! {
    /// Groups of models (`[[group]]`), one row each: what is sold of them, what their makers earn, and how that changes.
    pub struct GroupRow in "groups" by [regime, period, group] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// reporting period; `all` is the whole horizon, `year_1` its first 52 weeks
        period: String;
        /// the group, by its name in its metrics (`units_NAME`)
        group: String;
        /// what charts call it: of a brand or manufacturer its name in the data
        label: String;
        /// what its models have in common: `brand`, `manufacturer`, or `group` where the scenario lists them
        kind: String;
        /// number of its models
        models: u64;
        /// cars sold in the period, drawn choices
        units: Compared, "cars";
        /// cars sold in the period, summed choice probabilities
        expected_units: Compared, "cars";
        /// share of the cars sold
        car_share: Compared, "fraction";
        /// sticker price with base-year volumes as weights
        sticker_price_usd: Compared, "USD";
        /// makers' profit on its models, quota rent and refunds in it
        profit_usd: Compared, "USD";
    }
}

impl Report<'_> {
    /// Rows of `groups.csv`: regime by regime, period by period, groups in the order of the scenario; none where it has no groups.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupRow> {
        let layout = self.layout();
        let groups = &self.study.scenario().market.groups;
        let mut rows = Vec::new();
        for arm in self.results.arms() {
            for (p, period) in layout.periods.iter().enumerate() {
                let compared = |headline: String| {
                    let place = layout.headlines.iter().position(|known| *known == headline);
                    place.map_or(Compared::UNDEFINED, |place| {
                        let paired = self.results.paired(arm, layout.headline(place, p));
                        let [change_ci_low, change_ci_high] = paired.difference.interval(0.95);
                        Compared {
                            mean: paired.arm.mean(),
                            std_error: paired.arm.std_error(),
                            change: paired.difference.mean(),
                            change_std_error: paired.difference.std_error(),
                            change_ci_low,
                            change_ci_high,
                        }
                    })
                };
                rows.extend(groups.iter().map(|group| {
                    let ModelGroup { name, label, kind, models, .. } = group;
                    GroupRow {
                        regime: self.regime_name(arm),
                        period: period.name.clone(),
                        group: name.clone(),
                        label: label.clone(),
                        kind: kind.as_str().to_owned(),
                        models: models.len() as u64,
                        units: compared(format!("units_{name}")),
                        expected_units: compared(format!("expected_units_{name}")),
                        car_share: compared(format!("car_share_{name}")),
                        sticker_price_usd: compared(format!("sticker_price_{name}_usd")),
                        profit_usd: compared(format!("profit_{name}_usd")),
                    }
                }));
            }
        }
        rows
    }
}
