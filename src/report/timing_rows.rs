//! Rows of runs in time: dealers, purchases moved, and the event study.

use jiff::civil::Date;

use super::build::Report;
use super::record::{Cell, Field, FieldType, Record};
use super::rows::{Fan, Summary};
use crate::model::accounts::FIFTHS;
use crate::model::outcome::WeekMetric;
use crate::model::timing::record::{DealerMetric, MoveMetric};
use crate::numerics::quantile::quantile_of_sorted;

/// One week of the dealers of one group of models under one regime (`dealers.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct DealerRow {
    /// Regime name.
    pub regime: String,
    /// Week number, from 0.
    pub week: u32,
    /// First day of the week.
    pub week_start: Date,
    /// Region of the badge.
    pub region: String,
    /// Whether the group's models carry the headline flag.
    pub sanctioned: bool,
    /// Manufacturer whose flagged models these are; `all` for the whole region.
    pub manufacturer: String,
    /// One fan for each metric, in the order of [`DealerMetric::ALL`].
    pub metrics: Vec<Fan>,
}

impl DealerRow {
    /// One metric.
    #[must_use]
    pub fn metric(&self, metric: DealerMetric) -> Fan {
        self.metrics[metric as usize]
    }
}

/// Purchases moved, of one group and income class in one period under one regime (`timing.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct TimingRow {
    /// Regime name.
    pub regime: String,
    /// Period name.
    pub period: String,
    /// Region of the badge, `outside`, or `outside_` and the part's name.
    pub region: String,
    /// Whether the group's models carry the headline flag.
    pub sanctioned: bool,
    /// `all`, or the fifth of the income distribution, `1` the poorest.
    pub income_quintile: String,
    /// One summary for each metric, in the order of [`MoveMetric::ALL`].
    pub metrics: Vec<Summary>,
}

/// Sales of one week and group against the baseline, replication by replication (`event_study.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct EventStudyRow {
    /// Regime name.
    pub regime: String,
    /// Week number, from 0.
    pub week: u32,
    /// First day of the week.
    pub week_start: Date,
    /// Region of the badge, or `outside`.
    pub region: String,
    /// Whether the group's models carry the headline flag.
    pub sanctioned: bool,
    /// Sales of the four weeks up to this one, baseline = 100.
    pub index: Fan,
    /// Sales less those of the baseline, cars.
    pub change: Fan,
    /// The same summed from week 0 on, cars.
    pub cumulative_change: Fan,
}

/// Weeks that the index of the event study averages over.
pub const INDEX_WEEKS: u32 = 4;

fn text(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::String, "", description)
}

fn week_fields(region: &str) -> Vec<Field> {
    vec![
        text("regime", "policy regime, by its name in the scenario"),
        Field::new("week", FieldType::Integer, "", "week number, from 0"),
        Field::new("week_start", FieldType::Date, "", "first day of the week"),
        text("region", region),
        Field::new("sanctioned", FieldType::Boolean, "", "whether the group's models carry the headline flag"),
    ]
}

impl Record for DealerRow {
    const TABLE: &'static str = "dealers";
    const DESCRIPTION: &'static str = "Dealers' stock, prices, orders and landings week by week, by region and list, and by manufacturer for \
                                       the models on the list.";
    const KEY: &'static [&'static str] = &["regime", "week", "region", "sanctioned", "manufacturer"];

    fn fields() -> Vec<Field> {
        let mut fields = week_fields("region of the badge");
        fields.push(text("manufacturer", "manufacturer of these models on the list; `all` for the whole group"));
        for (name, unit, what) in [
            ("stock", "cars", "cars on the lots at the end of the week"),
            ("liable_stock", "cars", "of those, cars landed under liability"),
            ("in_transit", "cars", "cars ordered and not landed at the end of the week"),
            ("days_of_supply", "days", "stock over forecast sales"),
            ("sticker_price_usd", "USD", "list price of the cars sold next, base-year volumes as weights"),
            ("transaction_price_usd", "USD", "what buyers pay for them at the start of the week"),
            ("orders", "cars per week", "cars ordered"),
            ("landings", "cars per week", "cars landed"),
            ("first_choices", "cars per week", "first choices of buyers, in stock or not"),
            ("units", "cars per week", "cars sold"),
            (
                "disputed_duty_usd",
                "USD",
                "duty in dispute charged: at the decision for earlier landings, then on landing",
            ),
            ("duty_borne_by_importer_usd", "USD", "of that, duty on cars sold at the old price before the decision"),
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
            Cell::Text(self.manufacturer.clone()),
        ];
        self.metrics.iter().for_each(|fan| cells.extend(fan.cells()));
        cells
    }
}

impl Record for TimingRow {
    const TABLE: &'static str = "timing";
    const DESCRIPTION: &'static str =
        "Purchases brought forward and put off, by region and list, income and period of the purchase.";
    const KEY: &'static [&'static str] = &["regime", "period", "region", "sanctioned", "income_quintile"];

    fn fields() -> Vec<Field> {
        let mut fields = vec![
            text("regime", "policy regime, by its name in the scenario"),
            text("period", "reporting period of the purchase; `all` is the whole horizon"),
            text(
                "region",
                "region of the badge; `outside` for events without a purchase, and its parts by fixed shares",
            ),
            Field::new("sanctioned", FieldType::Boolean, "", "whether the group's models carry the headline flag"),
            text("income_quintile", "fifth of the income distribution, `1` the poorest; `all` for everybody"),
        ];
        for (name, unit, what) in [
            ("units", "cars", "cars sold, or events without a purchase"),
            ("advanced_units", "cars", "of those, brought forward"),
            ("postponed_units", "cars", "of those, put off"),
            ("advanced_share", "fraction", "share brought forward"),
            ("postponed_share", "fraction", "share put off"),
            ("weeks_brought_forward", "car-weeks", "weeks by which purchases were brought forward, summed"),
            ("weeks_put_off", "car-weeks", "weeks by which purchases were put off, summed"),
        ] {
            fields.extend(Summary::fields(name, unit, what));
        }
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![
            Cell::Text(self.regime.clone()),
            Cell::Text(self.period.clone()),
            Cell::Text(self.region.clone()),
            Cell::Boolean(self.sanctioned),
            Cell::Text(self.income_quintile.clone()),
        ];
        self.metrics.iter().for_each(|summary| cells.extend(summary.cells()));
        cells
    }
}

impl Record for EventStudyRow {
    const TABLE: &'static str = "event_study";
    const DESCRIPTION: &'static str = "Sales against the baseline week by week, replication by replication.";
    const KEY: &'static [&'static str] = &["regime", "week", "region", "sanctioned"];

    fn fields() -> Vec<Field> {
        let mut fields = week_fields("region of the badge, or `outside`");
        for (name, unit, what) in [
            (
                "sales_index",
                "baseline = 100",
                "sales of the four weeks up to this one; empty where the baseline has none",
            ),
            ("units_change", "cars per week", "sales less those of the baseline"),
            ("cumulative_change", "cars", "the same summed from week 0 on"),
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
        for fan in [&self.index, &self.change, &self.cumulative_change] {
            cells.extend(fan.cells());
        }
        cells
    }
}

/// Mean and quantiles of values over replications; undefined where one of them is.
pub(super) fn fan(mut values: Vec<f64>) -> Fan {
    if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
        return Fan::UNDEFINED;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.sort_by(f64::total_cmp);
    let [q05, q25, q50, q75, q95] = [0.05, 0.25, 0.5, 0.75, 0.95].map(|p| quantile_of_sorted(&values, p));
    Fan { mean, q05, q25, q50, q75, q95 }
}

impl Report<'_> {
    /// Rows of `dealers.csv`; none where the scenario has no dealers.
    #[must_use]
    pub fn dealers(&self) -> Vec<DealerRow> {
        let (layout, scenario) = (self.layout(), self.study.scenario());
        let has_dealers = scenario.timing.as_ref().is_some_and(|timing| timing.dealers.is_some());
        let Some(timed) = layout.timed.as_ref().filter(|_| has_dealers) else { return Vec::new() };
        let mut rows = Vec::new();
        for arm in self.arms() {
            for week in 0..layout.weeks {
                for (g, group) in timed.dealer_groups.iter().enumerate() {
                    let metric = |metric: &DealerMetric| self.fan(arm, timed.dealer(*metric, week as usize, g));
                    rows.push(DealerRow {
                        regime: self.regime_name(arm),
                        week,
                        week_start: scenario.week_start(week),
                        region: group.group.region.clone(),
                        sanctioned: group.group.flagged,
                        manufacturer: group.manufacturer.clone().unwrap_or_else(|| "all".into()),
                        metrics: DealerMetric::ALL.iter().map(metric).collect(),
                    });
                }
            }
        }
        rows
    }

    /// Rows of `timing.csv`; none where the scenario has no layer of time.
    #[must_use]
    pub fn timing(&self) -> Vec<TimingRow> {
        let (layout, scenario) = (self.layout(), self.study.scenario());
        let (Some(timed), Some(timing)) = (&layout.timed, &scenario.timing) else { return Vec::new() };
        let mut rows = Vec::new();
        for arm in self.arms() {
            for (p, period) in layout.periods.iter().enumerate() {
                for (g, group) in layout.groups.iter().enumerate() {
                    for income in 0..=FIFTHS {
                        let metric = |metric: &MoveMetric| self.summary(arm, timed.moved(*metric, p, g, income));
                        let whole = TimingRow {
                            regime: self.regime_name(arm),
                            period: period.name.clone(),
                            region: group.region.clone(),
                            sanctioned: group.flagged,
                            income_quintile: if income == 0 { "all".into() } else { income.to_string() },
                            metrics: MoveMetric::ALL.iter().map(metric).collect(),
                        };
                        if group.region == "outside" {
                            let parts = timing.outside_parts.iter();
                            rows.extend(parts.map(|(name, share)| part_of(&whole, name, *share)));
                        }
                        rows.push(whole);
                    }
                }
            }
        }
        rows
    }

    /// Rows of `event_study.csv`: every regime but the baseline; none where the scenario has no layer of time.
    #[must_use]
    pub fn event_study(&self) -> Vec<EventStudyRow> {
        let (layout, scenario) = (self.layout(), self.study.scenario());
        let mut rows = Vec::new();
        if layout.timed.is_none() {
            return rows;
        }
        let baseline = self.results.baseline();
        for arm in self.arms().filter(|arm| *arm != baseline) {
            for (g, group) in layout.groups.iter().enumerate() {
                let sales = |arm: usize, week: u32| -> Vec<f64> {
                    let stored = self.results.stored(arm, layout.week(WeekMetric::Units, week as usize, g));
                    stored.into_iter().map(|(_, units)| units).collect()
                };
                let own: Vec<Vec<f64>> = (0..layout.weeks).map(|week| sales(arm, week)).collect();
                let base: Vec<Vec<f64>> = (0..layout.weeks).map(|week| sales(baseline, week)).collect();
                let mut cumulative = vec![0.0; own.first().map_or(0, Vec::len)];
                for week in 0..layout.weeks {
                    let at = week as usize;
                    let change: Vec<f64> = own[at].iter().zip(&base[at]).map(|(own, base)| own - base).collect();
                    cumulative.iter_mut().zip(&change).for_each(|(sum, change)| *sum += change);
                    let from = (week + 1).saturating_sub(INDEX_WEEKS) as usize;
                    let recent =
                        |sales: &[Vec<f64>], r: usize| sales[from..=at].iter().map(|week| week[r]).sum::<f64>();
                    let index = (0..change.len()).map(|r| 100.0 * recent(&own, r) / recent(&base, r)).collect();
                    rows.push(EventStudyRow {
                        regime: self.regime_name(arm),
                        week,
                        week_start: scenario.week_start(week),
                        region: group.region.clone(),
                        sanctioned: group.flagged,
                        index: fan(index),
                        change: fan(change),
                        cumulative_change: fan(cumulative.clone()),
                    });
                }
            }
        }
        rows
    }
}

/// A part of the outside option by its fixed share: counts scale, shares stay.
fn part_of(whole: &TimingRow, name: &str, share: f64) -> TimingRow {
    let scaled = |(metric, summary): (&MoveMetric, &Summary)| match metric {
        MoveMetric::AdvancedShare | MoveMetric::PostponedShare => *summary,
        _ => summary.scaled(share),
    };
    TimingRow {
        region: format!("outside_{name}"),
        metrics: MoveMetric::ALL.iter().zip(&whole.metrics).map(scaled).collect(),
        ..whole.clone()
    }
}
