//! One flat struct per table.

/// A metric over replications: level, spread, and paired change against the baseline regime.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Mean over replications.
    pub mean: f64,
    /// Standard error of the mean.
    pub std_error: f64,
    /// 5% quantile over replications.
    pub q05: f64,
    /// Median over replications.
    pub q50: f64,
    /// 95% quantile over replications.
    pub q95: f64,
    /// Mean paired difference from the baseline regime.
    pub change: f64,
    /// Standard error of the mean paired difference.
    pub change_std_error: f64,
}

/// One model under one regime in one period (`models.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRow {
    /// Regime name.
    pub regime: String,
    /// Period name; `all` is the whole horizon.
    pub period: String,
    /// Car model.
    pub model: String,
    /// Brand.
    pub brand: String,
    /// Manufacturer that sets the price.
    pub manufacturer: String,
    /// Region of the badge.
    pub region: String,
    /// Whether the model is on the sanctions list.
    pub sanctioned: bool,
    /// Cars sold in the period, drawn.
    pub units: Summary,
    /// Cars sold in the period, summed choice probabilities.
    pub expected_units: Summary,
    /// Share of all purchase events, outside option included.
    pub event_share: Summary,
    /// Share of the cars sold.
    pub car_share: Summary,
    /// Mean sticker price, duty included, USD.
    pub sticker_price_usd: Summary,
    /// Mean sticker price less duty, USD.
    pub producer_price_usd: Summary,
    /// Mean duty per car, USD.
    pub duty_usd_per_car: Summary,
    /// What buyers paid, USD.
    pub outlay_usd: Summary,
    /// What was left to makers and dealers, USD.
    pub producer_revenue_usd: Summary,
    /// Duty owed, USD.
    pub duty_usd: Summary,
}

/// One region under one regime in one period (`regions.csv`); the outside option is a region.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionRow {
    /// Regime name.
    pub regime: String,
    /// Period name; `all` is the whole horizon.
    pub period: String,
    /// Region of the badge, or `outside`.
    pub region: String,
    /// Cars sold (or events without a purchase), drawn.
    pub units: Summary,
    /// The same, summed choice probabilities.
    pub expected_units: Summary,
    /// Share of all purchase events.
    pub event_share: Summary,
    /// Share of the cars sold; NaN for `outside`.
    pub car_share: Summary,
    /// Mean sticker price weighted by base-year volumes, USD; NaN for `outside`.
    pub sticker_price_usd: Summary,
    /// What buyers paid, USD.
    pub outlay_usd: Summary,
    /// What was left to makers and dealers, USD.
    pub producer_revenue_usd: Summary,
    /// Duty owed, USD.
    pub duty_usd: Summary,
}

/// A fan: mean and quantiles over replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fan {
    /// Mean over replications.
    pub mean: f64,
    /// 5% quantile.
    pub q05: f64,
    /// 25% quantile.
    pub q25: f64,
    /// Median.
    pub q50: f64,
    /// 75% quantile.
    pub q75: f64,
    /// 95% quantile.
    pub q95: f64,
}

/// One week of one group of models under one regime (`weekly.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct WeeklyRow {
    /// Regime name.
    pub regime: String,
    /// Week number, from 0.
    pub week: u32,
    /// First day of the week.
    pub week_start: jiff::civil::Date,
    /// Region of the badge, or `outside`.
    pub region: String,
    /// Whether the group's models are on the sanctions list.
    pub sanctioned: bool,
    /// Cars sold in the week, drawn.
    pub units: Fan,
    /// Cars sold in the week, summed choice probabilities.
    pub expected_units: Fan,
    /// Share of the cars sold in the week; NaN for `outside`.
    pub car_share: Fan,
    /// Sticker price weighted by base-year volumes, USD; NaN for `outside`.
    pub sticker_price_usd: Fan,
}

/// One regime against the baseline, paired by replication (`comparisons.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonRow {
    /// Regime name.
    pub regime: String,
    /// Baseline regime name.
    pub baseline: String,
    /// Period name.
    pub period: String,
    /// Metric name, with its unit.
    pub metric: String,
    /// Mean under the baseline.
    pub baseline_mean: f64,
    /// Mean paired difference.
    pub difference: f64,
    /// Standard error of the mean difference.
    pub std_error: f64,
    /// Lower end of the 95% interval.
    pub ci_low: f64,
    /// Upper end of the 95% interval.
    pub ci_high: f64,
    /// Replications.
    pub replications: u64,
    /// Correlation of the two regimes over replications.
    pub correlation: f64,
    /// Variance of the unpaired difference over that of the paired one.
    pub variance_reduction: f64,
}

/// One gainer from one taxed model (`winners_losers.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct WinnerRow {
    /// Regime name.
    pub regime: String,
    /// The taxed model.
    pub model: String,
    /// Its brand.
    pub brand: String,
    /// Sticker price under the baseline, USD.
    pub price_before_usd: f64,
    /// Sticker price under the duty, USD.
    pub price_after_usd: f64,
    /// Buyers lost, cars a year.
    pub lost_units: f64,
    /// 1 for the model that gains most.
    pub rank: u32,
    /// Model that gains, or `outside`.
    pub gainer: String,
    /// Region of the gainer, or `outside`.
    pub gainer_region: String,
    /// Share of the lost buyers that it gains.
    pub share_of_lost: f64,
    /// Buyers gained from this model, cars a year.
    pub gained_units: f64,
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
