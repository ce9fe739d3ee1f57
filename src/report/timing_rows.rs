//! Rows of runs in time: dealers, purchases moved, and the event study.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::build::Report;
use super::record::table;
use super::rows::{Fan, Summary};
use crate::model::accounts::FIFTHS;
use crate::model::outcome::WeekMetric;
use crate::model::timing::slots::{DealerMetric, MoveMetric};
use crate::numerics::quantile::quantile_of_sorted;
use crate::study::Arm;

table! {
    /// Dealers' stock, prices, orders and landings week by week, by region and flag, and by manufacturer for the flagged models.
    pub struct DealerRow in "dealers" by [regime, week, region, flagged, manufacturer] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// week number, from 0
        week: u32;
        /// first day of the week
        week_start: Date;
        /// region of the badge
        region: String;
        /// whether the group's models carry the headline flag
        flagged: bool;
        /// manufacturer of these flagged models; `all` for the whole group
        manufacturer: String;
        /// cars on the lots at the end of the week
        stock: Fan, "cars";
        /// of those, cars landed under liability
        liable_stock: Fan, "cars";
        /// cars ordered and not landed at the end of the week
        in_transit: Fan, "cars";
        /// stock over the mean of weekly first choices of late, as far back as forecasts look
        days_of_supply: Fan, "days";
        /// list price of the cars sold next, base-year volumes as weights
        sticker_price_usd: Fan, "USD";
        /// what buyers pay for them at the start of the week
        transaction_price_usd: Fan, "USD";
        /// cars ordered
        orders: Fan, "cars per week";
        /// cars landed
        landings: Fan, "cars per week";
        /// first choices of buyers, in stock or not
        first_choices: Fan, "cars per week";
        /// cars sold, drawn choices
        units: Fan, "cars per week";
        /// duty in dispute charged: at the decision for earlier landings, then on landing
        disputed_duty_usd: Fan, "USD";
        /// of that, duty on cars sold at the old price before the decision
        duty_borne_by_importer_usd: Fan, "USD";
    }
}

table! {
    /// Purchases brought forward and put off, by region and flag, income and period of the purchase.
    pub struct TimingRow in "timing" by [regime, period, region, flagged, income_quintile] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// reporting period of the purchase; `all` is the whole horizon
        period: String;
        /// region of the badge; `outside` for events without a purchase, and its parts by fixed shares
        region: String;
        /// whether the group's models carry the headline flag
        flagged: bool;
        /// fifth of the income distribution, `1` the poorest; `all` for everybody
        income_quintile: String;
        /// cars sold, or events without a purchase, drawn choices
        units: Summary, "cars";
        /// of those, brought forward
        advanced_units: Summary, "cars";
        /// of those, put off
        postponed_units: Summary, "cars";
        /// share brought forward
        advanced_share: Summary, "fraction";
        /// share put off
        postponed_share: Summary, "fraction";
        /// weeks by which purchases were brought forward, summed
        weeks_brought_forward: Summary, "car-weeks";
        /// weeks by which purchases were put off, summed
        weeks_put_off: Summary, "car-weeks";
    }
}

table! {
    /// Sales against the baseline week by week, replication by replication.
    pub struct EventStudyRow in "event_study" by [regime, week, region, flagged] {
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
        /// sales of the four weeks up to this one; empty where the baseline has none
        sales_index: Fan, "baseline = 100";
        /// sales less those of the baseline, drawn choices
        units_change: Fan, "cars per week";
        /// the same summed from week 0 on
        cumulative_change: Fan, "cars";
    }
}

/// Ends of the 95% interval of the mean of what the flagged models of a region have sold more than under the baseline when a run in time ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RushEnd {
    /// Regime name.
    pub regime: String,
    /// Region of the badge.
    pub region: String,
    /// The ends, cars; nothing with one replication.
    pub interval: Option<[f64; 2]>,
}

/// Weeks that the index of the event study averages over.
pub const INDEX_WEEKS: u32 = 4;

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
        for arm in self.results.arms() {
            for week in 0..layout.weeks {
                for (g, group) in timed.dealer_groups.iter().enumerate() {
                    let fan = |metric| self.fan(arm, timed.dealer(metric, week as usize, g));
                    rows.push(DealerRow {
                        regime: self.regime_name(arm),
                        week,
                        week_start: scenario.week_start(week),
                        region: group.group.region.clone(),
                        flagged: group.group.flagged,
                        manufacturer: group.manufacturer.clone().unwrap_or_else(|| "all".into()),
                        stock: fan(DealerMetric::Stock),
                        liable_stock: fan(DealerMetric::LiableStock),
                        in_transit: fan(DealerMetric::InTransit),
                        days_of_supply: fan(DealerMetric::DaysOfSupply),
                        sticker_price_usd: fan(DealerMetric::StickerPrice),
                        transaction_price_usd: fan(DealerMetric::TransactionPrice),
                        orders: fan(DealerMetric::Orders),
                        landings: fan(DealerMetric::Landings),
                        first_choices: fan(DealerMetric::FirstChoices),
                        units: fan(DealerMetric::Units),
                        disputed_duty_usd: fan(DealerMetric::DisputedDuty),
                        duty_borne_by_importer_usd: fan(DealerMetric::DutyBorneByImporter),
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
        for arm in self.results.arms() {
            for (p, period) in layout.periods.iter().enumerate() {
                for (g, group) in layout.groups.iter().enumerate() {
                    for income in 0..=FIFTHS {
                        let summary = |metric| self.summary(arm, timed.moved(metric, p, g, income));
                        let whole = TimingRow {
                            regime: self.regime_name(arm),
                            period: period.name.clone(),
                            region: group.region.clone(),
                            flagged: group.flagged,
                            income_quintile: if income == 0 { "all".into() } else { income.to_string() },
                            units: summary(MoveMetric::Units),
                            advanced_units: summary(MoveMetric::Advanced),
                            postponed_units: summary(MoveMetric::Postponed),
                            advanced_share: summary(MoveMetric::AdvancedShare),
                            postponed_share: summary(MoveMetric::PostponedShare),
                            weeks_brought_forward: summary(MoveMetric::WeeksForward),
                            weeks_put_off: summary(MoveMetric::WeeksLate),
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

    /// Where cumulated sales of the flagged groups end under a regime, against the baseline, with the interval of the mean: `event_study.csv` has
    /// quantiles, which do not tell a mean from nothing.
    #[cfg(feature = "charts")]
    pub(super) fn ends_of_rush(&self, arm: Arm) -> Vec<RushEnd> {
        let layout = self.layout();
        let flagged = layout.groups.iter().enumerate().filter(|(_, group)| group.flagged);
        let end = |(g, group): (usize, &crate::model::outcome::Group)| {
            let sum = |arm: Arm| {
                let mut sums: Vec<f64> = Vec::new();
                for week in 0..layout.weeks {
                    let sold = self.results.stored(arm, layout.week(WeekMetric::Units, week as usize, g));
                    sums.resize(sold.len(), 0.0);
                    sums.iter_mut().zip(sold).for_each(|(sum, (_, units))| *sum += units);
                }
                sums
            };
            let mut change = crate::numerics::moments::Moments::default();
            let (own, base) = (sum(arm), sum(self.results.baseline()));
            own.iter().zip(&base).for_each(|(own, base)| change.add(own - base));
            let interval = change.interval(super::contrasts::LEVEL);
            RushEnd {
                regime: self.regime_name(arm),
                region: group.region.clone(),
                interval: interval.iter().all(|end| end.is_finite()).then_some(interval),
            }
        };
        flagged.map(end).collect()
    }

    /// Whether a regime moves any sale of a run in time: only there purchases wait for a date or hurry before it.
    #[cfg(feature = "charts")]
    pub(super) fn moves_purchases(&self, arm: Arm) -> bool {
        let layout = self.layout();
        let moved = |week: u32, group: usize| {
            let slot = layout.week(WeekMetric::Units, week as usize, group);
            self.results.paired(arm, slot).difference.mean().abs() > 0.0
        };
        layout.timed.is_some() && (0..layout.weeks).any(|week| (0..layout.groups.len()).any(|group| moved(week, group)))
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
        for arm in self.results.arms().filter(|arm| *arm != baseline) {
            for (g, group) in layout.groups.iter().enumerate() {
                let sales = |arm: Arm, week: u32| -> Vec<f64> {
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
                        flagged: group.flagged,
                        sales_index: fan(index),
                        units_change: fan(change),
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
    TimingRow {
        region: format!("outside_{name}"),
        units: whole.units.times(share),
        advanced_units: whole.advanced_units.times(share),
        postponed_units: whole.postponed_units.times(share),
        weeks_brought_forward: whole.weeks_brought_forward.times(share),
        weeks_put_off: whole.weeks_put_off.times(share),
        ..whole.clone()
    }
}
