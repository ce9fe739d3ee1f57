//! Rows of the tables that every run has: one flat struct a table, declared with its columns.

use jiff::civil::Date;

use super::record::{Cell, Cells, Columns, Field, statistics, table};
use crate::numerics::moments::Moments;

statistics! {
    /// A metric over replications: level, spread, and paired change against the baseline regime.
    pub struct Summary {
        /// mean over replications
        mean;
        /// standard error of the mean; empty for one replication
        std_error;
        /// 5% quantile over replications
        q05;
        /// median over replications
        q50;
        /// 95% quantile over replications
        q95;
        /// mean paired difference from the baseline regime
        change;
        /// standard error of that difference; empty for one replication
        change_std_error;
    }
}

statistics! {
    /// A fan: mean and quantiles over replications.
    pub struct Fan {
        /// mean over replications
        mean;
        /// 5% quantile over replications
        q05;
        /// 25% quantile
        q25;
        /// median
        q50;
        /// 75% quantile
        q75;
        /// 95% quantile
        q95;
    }
}

/// A number of the market before any buyer moves: the same in all replications where they share the buyers, else the mean over their own
/// worlds with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quoted {
    /// The number, or the mean.
    pub value: f64,
    /// Lower and upper end of the 95% Student interval of the mean; not numbers where there is one world.
    pub interval: [f64; 2],
}

impl Quoted {
    /// The number of a world that all replications share.
    #[must_use]
    pub fn shared(value: f64) -> Self {
        Self { value, interval: [f64::NAN; 2] }
    }
    /// The mean over the replications' own worlds.
    #[must_use]
    pub fn mean(over_worlds: &Moments) -> Self {
        Self { value: over_worlds.mean(), interval: over_worlds.interval(0.95) }
    }
}

impl Columns for Quoted {
    fn describe(name: &str, unit: &'static str, what: &str, to: &mut Vec<Field>) {
        to.push(Field::number(name, unit, what));
        for (end, words) in [("low", "Lower"), ("high", "Upper")] {
            let words = format!(
                "{words} end of the 95% Student interval of {name}, a mean over the replications' own buyers; empty where they share them"
            );
            to.push(Field::number(format!("{name}_ci_{end}"), unit, words));
        }
    }
    fn put(&self, to: &mut Vec<Cell>) {
        let [low, high] = self.interval;
        to.extend([self.value, low, high].map(Cell::Number));
    }
    fn take(from: &mut Cells<'_>) -> Result<Self, String> {
        Ok(Self { value: f64::take(from)?, interval: [f64::take(from)?, f64::take(from)?] })
    }
}

table! {
    /// Sales, prices, duty and revenue of every model under every regime, by period.
    pub struct ModelRow in "models" by [regime, period, model] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// reporting period; `all` is the whole horizon, `year_1` its first 52 weeks
        period: String;
        /// car model
        model: String;
        /// brand on the badge
        brand: String;
        /// manufacturer that sets the price
        manufacturer: String;
        /// region of the badge
        region: String;
        /// whether the model carries the scenario's headline flag
        flagged: bool;
        /// cars sold in the period, drawn choices
        units: Summary, "cars";
        /// cars sold in the period, summed choice probabilities
        expected_units: Summary, "cars";
        /// share of all purchase events, the outside option included
        event_share: Summary, "fraction";
        /// share of the cars sold
        car_share: Summary, "fraction";
        /// sticker price, duty included, mean over the weeks
        sticker_price_usd: Summary, "USD";
        /// sticker price less duty owed, mean over the weeks
        producer_price_usd: Summary, "USD";
        /// duty owed by a car, mean over the weeks
        duty_usd_per_car: Summary, "USD per car";
        /// what buyers paid in the period
        outlay_usd: Summary, "USD";
        /// what makers and dealers kept: outlay less duty
        producer_revenue_usd: Summary, "USD";
        /// duty owed on the cars sold
        duty_usd: Summary, "USD";
    }
}

impl ModelRow {
    /// Sales as charts show them: expected ones where the run has them, else drawn ones.
    #[must_use]
    pub fn sales(&self) -> &Summary {
        if self.expected_units.mean.is_finite() { &self.expected_units } else { &self.units }
    }
}

table! {
    /// Sales, prices, duty and revenue by region of the badge, with the outside option as a region of its own, by period.
    pub struct RegionRow in "regions" by [regime, period, region] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// reporting period; `all` is the whole horizon, `year_1` its first 52 weeks
        period: String;
        /// region of the badge, or `outside`
        region: String;
        /// cars sold in the period, or events without a purchase, drawn choices
        units: Summary, "cars";
        /// the same, summed choice probabilities
        expected_units: Summary, "cars";
        /// share of all purchase events
        event_share: Summary, "fraction";
        /// share of the cars sold; empty for `outside`
        car_share: Summary, "fraction";
        /// sticker price with base-year volumes as weights; empty for `outside`
        sticker_price_usd: Summary, "USD";
        /// what buyers paid in the period
        outlay_usd: Summary, "USD";
        /// what makers and dealers kept: outlay less duty
        producer_revenue_usd: Summary, "USD";
        /// duty owed on the cars sold
        duty_usd: Summary, "USD";
    }
}

table! {
    /// Sales and prices week by week, by region and flag.
    pub struct WeeklyRow in "weekly" by [regime, week, region, flagged] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// week number, from 0
        week: u32;
        /// first day of the week
        week_start: Date;
        /// region of the badge, or `outside`
        region: String;
        /// whether the group's models carry the headline flag
        flagged: bool;
        /// cars sold, or events without a purchase, drawn choices
        units: Fan, "cars per week";
        /// the same, summed choice probabilities
        expected_units: Fan, "cars per week";
        /// share of the cars sold in the week; empty for `outside`
        car_share: Fan, "fraction";
        /// share of the expected cars sold; empty for `outside` and in runs in time
        expected_car_share: Fan, "fraction";
        /// sticker price with base-year volumes as weights; empty for `outside`
        sticker_price_usd: Fan, "USD";
    }
}

const OF_METRIC: &str = "that of the metric";

table! {
    /// Headline metrics of every regime against every other, paired by replication: against the baseline first, then against the
    /// regimes before it in the scenario.
    pub struct ComparisonRow in "comparisons" by [regime, baseline, period, metric] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// the regime it is compared with, not always the baseline of the scenario
        baseline: String;
        /// reporting period; `all` is the whole horizon, `year_1` its first 52 weeks
        period: String;
        /// headline metric; the name ends in its unit, cars otherwise, `car_share` is a fraction
        metric: String;
        /// mean under the baseline
        baseline_mean: f64, OF_METRIC;
        /// mean of regime less baseline, replication by replication
        difference: f64, OF_METRIC;
        /// standard error of the mean difference; empty for one replication
        std_error: f64, OF_METRIC;
        /// lower end of the 95% Student interval of this one metric
        ci_low: f64, OF_METRIC;
        /// upper end of the 95% Student interval of this one metric
        ci_high: f64, OF_METRIC;
        /// number of replications
        replications: u64;
        /// correlation of the two regimes over replications; empty where one does not vary
        correlation: f64;
        /// variance of the difference of independent regimes over that of the paired one; empty where the paired difference does
        /// not vary
        variance_reduction: f64;
        /// lower end of the interval that holds together with those of the family at 95% (Bonferroni); the family are the headline
        /// metrics of this regime, baseline and period that vary
        simultaneous_ci_low: f64, OF_METRIC;
        /// upper end of the interval that holds together with those of the family at 95%
        simultaneous_ci_high: f64, OF_METRIC;
        /// number of metrics in the family
        family_size: u64;
        /// difference over baseline_mean; empty where that is zero
        relative_change: f64, "fraction";
        /// lower end of the 95% interval of relative_change (Fieller), of this one metric; empty where the mean under the baseline
        /// may be zero
        relative_ci_low: f64, "fraction";
        /// upper end of the 95% interval of relative_change (Fieller)
        relative_ci_high: f64, "fraction";
    }
}

table! {
    /// For every model under a measure of a regime (a duty, a quota, an inspection): price before and after, and where its lost buyers went, option by
    /// option, the outside option among them.
    pub struct DiversionRow in "diversion" by [regime, model, rank] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// the model under the measure
        model: String;
        /// its brand
        brand: String;
        /// sticker price under the baseline in the last week
        price_before_usd: f64, "USD";
        /// sticker price under the regime in the last week
        price_after_usd: f64, "USD";
        /// weeks of the horizon in which prices differ from the baseline's, and buyers are lost; of a negotiated regime the mean over
        /// replications of the weeks in which the duty is charged
        weeks: f64, "weeks";
        /// buyers who would have bought it at baseline prices and did not, drawn choices, over the horizon
        lost_units: f64, "cars";
        /// lower end of the 95% Student interval of lost_units; empty for one replication
        lost_units_ci_low: f64, "cars";
        /// upper end of that interval
        lost_units_ci_high: f64, "cars";
        /// 1 for the option that gains most of them
        rank: u32;
        /// model that gains, or `outside`
        gainer: String;
        /// region of the gainer, or `outside`
        gainer_region: String;
        /// share of the lost buyers that it gains
        share_of_lost: f64, "fraction";
        /// lower end of the 95% interval of share_of_lost (Fieller); empty for one replication, and where the buyers lost may be none
        share_of_lost_ci_low: f64, "fraction";
        /// upper end of that interval
        share_of_lost_ci_high: f64, "fraction";
        /// buyers gained from this model, drawn choices, over the horizon
        gained_units: f64, "cars";
        /// lower end of the 95% Student interval of gained_units; empty for one replication
        gained_units_ci_low: f64, "cars";
        /// upper end of that interval
        gained_units_ci_high: f64, "cars";
    }
}

/// What stands for all models under a regime's measure together in a column of models.
pub const ALL_TAXED: &str = "all";

table! {
    /// Where the lost buyers of every model under a measure, and of all of them together, went, by region: the chart of diversion.
    pub struct DiversionRegionRow in "diversion_regions" by [regime, model, gainer_region] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// the model under the measure, or `all` of them together
        model: String;
        /// its brand; `all` for all of them
        brand: String;
        /// weeks of the horizon in which prices differ from the baseline's, and buyers are lost (as in diversion.csv)
        weeks: f64, "weeks";
        /// buyers who would have bought it at baseline prices and did not, drawn choices, over the horizon
        lost_units: f64, "cars";
        /// lower end of the 95% Student interval of lost_units; empty for one replication
        lost_units_ci_low: f64, "cars";
        /// upper end of that interval
        lost_units_ci_high: f64, "cars";
        /// region of what they buy instead, or `outside`
        gainer_region: String;
        /// share of the lost buyers that its models gain
        share_of_lost: f64, "fraction";
        /// lower end of the 95% interval of share_of_lost (Fieller); empty for one replication, and where the buyers lost may be none
        share_of_lost_ci_low: f64, "fraction";
        /// upper end of that interval
        share_of_lost_ci_high: f64, "fraction";
        /// buyers that its models gain, drawn choices, over the horizon
        gained_units: f64, "cars";
        /// lower end of the 95% Student interval of gained_units; empty for one replication
        gained_units_ci_low: f64, "cars";
        /// upper end of that interval
        gained_units_ci_high: f64, "cars";
    }
}

/// The headline metrics of one regime in one replication (`replications.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicationRow {
    /// Regime name.
    pub regime: String,
    /// Replication number.
    pub replication: u64,
    /// Headline metric name, with its unit.
    pub metric: String,
    /// Its value.
    pub value: f64,
}
