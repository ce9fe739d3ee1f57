//! One flat struct per table; column names, units and descriptions live here.

use super::record::{Cell, Field, FieldType, Record};

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
    /// Share of the expected cars sold in the week; NaN for `outside` and in runs in time.
    pub expected_car_share: Fan,
    /// Sticker price weighted by base-year volumes, USD; NaN for `outside`.
    pub sticker_price_usd: Fan,
}

/// One regime against another, paired by replication (`comparisons.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonRow {
    /// Regime name.
    pub regime: String,
    /// The regime it is compared with.
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
    /// Lower end of the interval that holds with those of the other headlines of the pair and period, together at 95%.
    pub simultaneous_ci_low: f64,
    /// Its upper end.
    pub simultaneous_ci_high: f64,
    /// How many headlines of the pair and period vary, and so share the 5%.
    pub family_size: u64,
    /// Mean difference over the mean under the baseline.
    pub relative_change: f64,
    /// Lower end of its 95% interval (Fieller).
    pub relative_ci_low: f64,
    /// Upper end of its 95% interval (Fieller).
    pub relative_ci_high: f64,
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
    /// Buyers lost, cars over the horizon.
    pub lost_units: f64,
    /// 1 for the model that gains most.
    pub rank: u32,
    /// Model that gains, or `outside`.
    pub gainer: String,
    /// Region of the gainer, or `outside`.
    pub gainer_region: String,
    /// Share of the lost buyers that it gains.
    pub share_of_lost: f64,
    /// Buyers gained from this model, cars over the horizon.
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

/// A column of text, truth, count or date that identifies or describes a row.
fn text(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::String, "", description)
}

fn number(name: &str, unit: &'static str, description: &str) -> Field {
    Field::new(name, FieldType::Number, unit, description)
}

const REGIME: &str = "policy regime, by its name in the scenario";
const PERIOD: &str = "reporting period; `all` is the whole horizon, `year_1` its first 52 weeks";

impl Summary {
    /// A metric that has no meaning for a row.
    pub const UNDEFINED: Self = Self {
        mean: f64::NAN,
        std_error: f64::NAN,
        q05: f64::NAN,
        q50: f64::NAN,
        q95: f64::NAN,
        change: f64::NAN,
        change_std_error: f64::NAN,
    };

    /// The same of a fixed share of the metric.
    #[must_use]
    pub fn scaled(&self, share: f64) -> Self {
        Self {
            mean: self.mean * share,
            std_error: self.std_error * share,
            q05: self.q05 * share,
            q50: self.q50 * share,
            q95: self.q95 * share,
            change: self.change * share,
            change_std_error: self.change_std_error * share,
        }
    }

    /// The columns of one metric: `name_mean`, `name_std_error`, quantiles, `name_change`, `name_change_std_error`.
    pub(super) fn fields(name: &str, unit: &'static str, what: &str) -> Vec<Field> {
        let statistic =
            |suffix: &str, text: &str| number(&format!("{name}_{suffix}"), unit, &format!("{what}: {text}"));
        vec![
            statistic("mean", "mean over replications"),
            statistic("std_error", "standard error of the mean; empty for one replication"),
            statistic("q05", "5% quantile over replications"),
            statistic("q50", "median over replications"),
            statistic("q95", "95% quantile over replications"),
            statistic("change", "mean paired difference from the baseline regime"),
            statistic("change_std_error", "standard error of that difference; empty for one replication"),
        ]
    }
    pub(super) fn cells(&self) -> [Cell; 7] {
        [self.mean, self.std_error, self.q05, self.q50, self.q95, self.change, self.change_std_error].map(Cell::Number)
    }
}

impl Fan {
    /// A metric that has no meaning for a row.
    pub const UNDEFINED: Self =
        Self { mean: f64::NAN, q05: f64::NAN, q25: f64::NAN, q50: f64::NAN, q75: f64::NAN, q95: f64::NAN };

    pub(super) fn fields(name: &str, unit: &'static str, what: &str) -> Vec<Field> {
        let statistic =
            |suffix: &str, text: &str| number(&format!("{name}_{suffix}"), unit, &format!("{what}: {text}"));
        vec![
            statistic("mean", "mean over replications"),
            statistic("q05", "5% quantile over replications"),
            statistic("q25", "25% quantile"),
            statistic("q50", "median"),
            statistic("q75", "75% quantile"),
            statistic("q95", "95% quantile"),
        ]
    }
    pub(super) fn cells(&self) -> [Cell; 6] {
        [self.mean, self.q05, self.q25, self.q50, self.q75, self.q95].map(Cell::Number)
    }
}

impl Record for ModelRow {
    const TABLE: &'static str = "models";
    const DESCRIPTION: &'static str = "Sales, prices, duty and revenue of every model under every regime, by period.";
    const KEY: &'static [&'static str] = &["regime", "period", "model"];

    fn fields() -> Vec<Field> {
        let mut fields = vec![
            text("regime", REGIME),
            text("period", PERIOD),
            text("model", "car model"),
            text("brand", "brand on the badge"),
            text("manufacturer", "manufacturer that sets the price"),
            text("region", "region of the badge"),
            Field::new("sanctioned", FieldType::Boolean, "", "whether the model carries the scenario's headline flag"),
        ];
        for (name, unit, what) in [
            ("units", "cars", "cars sold in the period, drawn choices"),
            ("expected_units", "cars", "cars sold in the period, summed choice probabilities"),
            ("event_share", "fraction", "share of all purchase events, the outside option included"),
            ("car_share", "fraction", "share of the cars sold"),
            ("sticker_price_usd", "USD", "sticker price, duty included, mean over the weeks"),
            ("producer_price_usd", "USD", "sticker price less duty owed, mean over the weeks"),
            ("duty_usd_per_car", "USD per car", "duty owed by a car, mean over the weeks"),
            ("outlay_usd", "USD", "what buyers paid in the period"),
            ("producer_revenue_usd", "USD", "what makers and dealers kept: outlay less duty"),
            ("duty_usd", "USD", "duty owed on the cars sold"),
        ] {
            fields.extend(Summary::fields(name, unit, what));
        }
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells: Vec<Cell> =
            [&self.regime, &self.period, &self.model, &self.brand, &self.manufacturer, &self.region]
                .map(|text| Cell::Text(text.clone()))
                .into();
        cells.push(Cell::Boolean(self.sanctioned));
        for metric in [
            &self.units,
            &self.expected_units,
            &self.event_share,
            &self.car_share,
            &self.sticker_price_usd,
            &self.producer_price_usd,
            &self.duty_usd_per_car,
            &self.outlay_usd,
            &self.producer_revenue_usd,
            &self.duty_usd,
        ] {
            cells.extend(metric.cells());
        }
        cells
    }
}

impl Record for RegionRow {
    const TABLE: &'static str = "regions";
    const DESCRIPTION: &'static str =
        "The same by region of the badge, with the outside option as a region of its own.";
    const KEY: &'static [&'static str] = &["regime", "period", "region"];

    fn fields() -> Vec<Field> {
        let mut fields =
            vec![text("regime", REGIME), text("period", PERIOD), text("region", "region of the badge, or `outside`")];
        for (name, unit, what) in [
            ("units", "cars", "cars sold in the period, or events without a purchase, drawn choices"),
            ("expected_units", "cars", "the same, summed choice probabilities"),
            ("event_share", "fraction", "share of all purchase events"),
            ("car_share", "fraction", "share of the cars sold; empty for `outside`"),
            ("sticker_price_usd", "USD", "sticker price with base-year volumes as weights; empty for `outside`"),
            ("outlay_usd", "USD", "what buyers paid in the period"),
            ("producer_revenue_usd", "USD", "what makers and dealers kept: outlay less duty"),
            ("duty_usd", "USD", "duty owed on the cars sold"),
        ] {
            fields.extend(Summary::fields(name, unit, what));
        }
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells: Vec<Cell> =
            [&self.regime, &self.period, &self.region].map(|text| Cell::Text(text.clone())).into();
        for metric in [
            &self.units,
            &self.expected_units,
            &self.event_share,
            &self.car_share,
            &self.sticker_price_usd,
            &self.outlay_usd,
            &self.producer_revenue_usd,
            &self.duty_usd,
        ] {
            cells.extend(metric.cells());
        }
        cells
    }
}

impl Record for WeeklyRow {
    const TABLE: &'static str = "weekly";
    const DESCRIPTION: &'static str = "Sales and prices week by week, by region and list.";
    const KEY: &'static [&'static str] = &["regime", "week", "region", "sanctioned"];

    fn fields() -> Vec<Field> {
        let mut fields = vec![
            text("regime", REGIME),
            Field::new("week", FieldType::Integer, "", "week number, from 0"),
            Field::new("week_start", FieldType::Date, "", "first day of the week"),
            text("region", "region of the badge, or `outside`"),
            Field::new("sanctioned", FieldType::Boolean, "", "whether the group's models carry the headline flag"),
        ];
        for (name, unit, what) in [
            ("units", "cars per week", "cars sold, or events without a purchase, drawn choices"),
            ("expected_units", "cars per week", "the same, summed choice probabilities"),
            ("car_share", "fraction", "share of the cars sold in the week; empty for `outside`"),
            (
                "expected_car_share",
                "fraction",
                "share of the expected cars sold; empty for `outside` and in runs in time",
            ),
            ("sticker_price_usd", "USD", "sticker price with base-year volumes as weights; empty for `outside`"),
        ] {
            fields.extend(Fan::fields(name, unit, what));
        }
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![
            Cell::Text(self.regime.clone()),
            Cell::Integer(u64::from(self.week)),
            Cell::Date(self.week_start),
            Cell::Text(self.region.clone()),
            Cell::Boolean(self.sanctioned),
        ];
        for metric in
            [&self.units, &self.expected_units, &self.car_share, &self.expected_car_share, &self.sticker_price_usd]
        {
            cells.extend(metric.cells());
        }
        cells
    }
}

impl Record for ComparisonRow {
    const TABLE: &'static str = "comparisons";
    const DESCRIPTION: &'static str = "Headline metrics of every regime against every other, paired by replication: against the \
                                       baseline first, then against the regimes before it in the scenario.";
    const KEY: &'static [&'static str] = &["regime", "baseline", "period", "metric"];

    fn fields() -> Vec<Field> {
        let unit = "that of the metric";
        vec![
            text("regime", REGIME),
            text("baseline", "the regime it is compared with, not always the baseline of the scenario"),
            text("period", PERIOD),
            text("metric", "headline metric; the name ends in its unit, cars otherwise, `car_share` is a fraction"),
            number("baseline_mean", unit, "mean under the baseline"),
            number("difference", unit, "mean of regime less baseline, replication by replication"),
            number("std_error", unit, "standard error of the mean difference; empty for one replication"),
            number("ci_low", unit, "lower end of the 95% Student interval of this one metric"),
            number("ci_high", unit, "upper end of the 95% Student interval of this one metric"),
            Field::new("replications", FieldType::Integer, "", "number of replications"),
            number(
                "correlation",
                "",
                "correlation of the two regimes over replications; empty where one does not vary",
            ),
            number(
                "variance_reduction",
                "",
                "variance of the difference of independent regimes over that of the paired one; empty where the paired \
                 difference does not vary",
            ),
            number(
                "simultaneous_ci_low",
                unit,
                "lower end of the interval that holds together with those of the family at 95% (Bonferroni); the family are \
                 the headline metrics of this regime, baseline and period that vary",
            ),
            number(
                "simultaneous_ci_high",
                unit,
                "upper end of the interval that holds together with those of the family at 95%",
            ),
            Field::new("family_size", FieldType::Integer, "", "number of metrics in the family"),
            number("relative_change", "fraction", "difference over baseline_mean; empty where that is zero"),
            number(
                "relative_ci_low",
                "fraction",
                "lower end of the 95% interval of relative_change (Fieller), of this one metric; empty where the mean under \
                 the baseline may be zero",
            ),
            number("relative_ci_high", "fraction", "upper end of the 95% interval of relative_change (Fieller)"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Text(self.regime.clone()),
            Cell::Text(self.baseline.clone()),
            Cell::Text(self.period.clone()),
            Cell::Text(self.metric.clone()),
            Cell::Number(self.baseline_mean),
            Cell::Number(self.difference),
            Cell::Number(self.std_error),
            Cell::Number(self.ci_low),
            Cell::Number(self.ci_high),
            Cell::Integer(self.replications),
            Cell::Number(self.correlation),
            Cell::Number(self.variance_reduction),
            Cell::Number(self.simultaneous_ci_low),
            Cell::Number(self.simultaneous_ci_high),
            Cell::Integer(self.family_size),
            Cell::Number(self.relative_change),
            Cell::Number(self.relative_ci_low),
            Cell::Number(self.relative_ci_high),
        ]
    }
}

impl Record for WinnerRow {
    const TABLE: &'static str = "winners_losers";
    const DESCRIPTION: &'static str = "For every model whose price a regime raises by a duty: price before and after, and the \
                                       options that gain most of its lost buyers.";
    const KEY: &'static [&'static str] = &["regime", "model", "rank"];

    fn fields() -> Vec<Field> {
        vec![
            text("regime", REGIME),
            text("model", "the taxed model"),
            text("brand", "its brand"),
            number("price_before_usd", "USD", "sticker price under the baseline in the last week"),
            number("price_after_usd", "USD", "sticker price under the regime in the last week"),
            number(
                "lost_units",
                "cars",
                "buyers who would have bought it at baseline prices and did not, over the horizon",
            ),
            Field::new("rank", FieldType::Integer, "", "1 for the option that gains most of them"),
            text("gainer", "model that gains, or `outside`"),
            text("gainer_region", "region of the gainer, or `outside`"),
            number("share_of_lost", "fraction", "share of the lost buyers that it gains"),
            number("gained_units", "cars", "buyers gained from this model over the horizon"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Text(self.regime.clone()),
            Cell::Text(self.model.clone()),
            Cell::Text(self.brand.clone()),
            Cell::Number(self.price_before_usd),
            Cell::Number(self.price_after_usd),
            Cell::Number(self.lost_units),
            Cell::Integer(u64::from(self.rank)),
            Cell::Text(self.gainer.clone()),
            Cell::Text(self.gainer_region.clone()),
            Cell::Number(self.share_of_lost),
            Cell::Number(self.gained_units),
        ]
    }
}
