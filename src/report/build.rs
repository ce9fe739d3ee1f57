//! Results to rows.

use super::rows::{Fan, ModelRow, RegionRow, Summary, WeeklyRow, WinnerRow};
use crate::model::outcome::{Layout, ModelMetric, RegionMetric, WeekMetric};
use crate::study::finished::Finished;
use crate::study::{Results, Study};

/// Gainers listed for each taxed model.
const GAINERS: usize = 5;

/// Results of a study and the regimes they hold, in order.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The study.
    pub study: &'a Study,
    /// What its jobs left.
    pub results: &'a Results,
    /// Positions of the regimes in the scenario.
    pub regimes: &'a [usize],
}

impl<'a> Report<'a> {
    /// That of a finished study.
    #[must_use]
    pub fn of(finished: &'a Finished) -> Self {
        Self { study: &finished.study, results: &finished.results, regimes: &finished.regimes }
    }
}

impl Report<'_> {
    pub(super) fn layout(&self) -> &Layout {
        self.study.layout()
    }
    pub(super) fn regime_name(&self, arm: usize) -> String {
        self.study.scenario().regimes[self.regimes[arm]].name.clone()
    }
    pub(super) fn arms(&self) -> std::ops::Range<usize> {
        0..self.regimes.len()
    }

    pub(super) fn summary(&self, arm: usize, slot: usize) -> Summary {
        let level = self.results.level(arm, slot);
        let difference = self.results.paired(arm, slot).difference;
        let [q05, q50, q95] = self.results.quantiles(arm, slot, [0.05, 0.5, 0.95]);
        Summary {
            mean: level.mean(),
            std_error: level.std_error(),
            q05,
            q50,
            q95,
            change: difference.mean(),
            change_std_error: difference.std_error(),
        }
    }

    pub(super) fn fan(&self, arm: usize, slot: usize) -> Fan {
        let [q05, q25, q50, q75, q95] = self.results.quantiles(arm, slot, [0.05, 0.25, 0.5, 0.75, 0.95]);
        Fan { mean: self.results.level(arm, slot).mean(), q05, q25, q50, q75, q95 }
    }

    /// Rows of `models.csv`: regime by regime, period by period, models in the order of the data.
    #[must_use]
    pub fn models(&self) -> Vec<ModelRow> {
        let (layout, market) = (self.layout(), &self.study.scenario().market);
        let mut rows = Vec::new();
        for arm in self.arms() {
            for (p, period) in layout.periods.iter().enumerate() {
                for (j, model) in market.models.iter().enumerate() {
                    let summary = |metric| self.summary(arm, layout.model(metric, p, j));
                    rows.push(ModelRow {
                        regime: self.regime_name(arm),
                        period: period.name.clone(),
                        model: model.name.clone(),
                        brand: market.brands[model.brand].clone(),
                        manufacturer: market.manufacturers[model.manufacturer].clone(),
                        region: market.regions[model.region].clone(),
                        sanctioned: model.flagged,
                        units: summary(ModelMetric::Units),
                        expected_units: summary(ModelMetric::ExpectedUnits),
                        event_share: summary(ModelMetric::EventShare),
                        car_share: summary(ModelMetric::CarShare),
                        sticker_price_usd: summary(ModelMetric::StickerPrice),
                        producer_price_usd: summary(ModelMetric::ProducerPrice),
                        duty_usd_per_car: summary(ModelMetric::DutyPerCar),
                        outlay_usd: summary(ModelMetric::Outlay),
                        producer_revenue_usd: summary(ModelMetric::ProducerRevenue),
                        duty_usd: summary(ModelMetric::Duty),
                    });
                }
            }
        }
        rows
    }

    /// Rows of `regions.csv`.
    #[must_use]
    pub fn regions(&self) -> Vec<RegionRow> {
        let layout = self.layout();
        let mut rows = Vec::new();
        for arm in self.arms() {
            for (p, period) in layout.periods.iter().enumerate() {
                for (r, region) in layout.regions.iter().enumerate() {
                    let summary = |metric| self.summary(arm, layout.region(metric, p, r));
                    // The outside option is no car: it has no share of the cars sold and no price.
                    let of_cars = |metric| if region == "outside" { Summary::UNDEFINED } else { summary(metric) };
                    rows.push(RegionRow {
                        regime: self.regime_name(arm),
                        period: period.name.clone(),
                        region: region.clone(),
                        units: summary(RegionMetric::Units),
                        expected_units: summary(RegionMetric::ExpectedUnits),
                        event_share: summary(RegionMetric::EventShare),
                        car_share: of_cars(RegionMetric::CarShare),
                        sticker_price_usd: of_cars(RegionMetric::StickerPrice),
                        outlay_usd: summary(RegionMetric::Outlay),
                        producer_revenue_usd: summary(RegionMetric::ProducerRevenue),
                        duty_usd: summary(RegionMetric::Duty),
                    });
                }
            }
        }
        rows
    }

    /// Rows of `weekly.csv`.
    #[must_use]
    pub fn weekly(&self) -> Vec<WeeklyRow> {
        let (layout, scenario) = (self.layout(), self.study.scenario());
        let mut rows = Vec::new();
        for arm in self.arms() {
            for week in 0..layout.weeks {
                for (g, group) in layout.groups.iter().enumerate() {
                    let fan = |metric| self.fan(arm, layout.week(metric, week as usize, g));
                    let of_cars = |metric| if group.region == "outside" { Fan::UNDEFINED } else { fan(metric) };
                    rows.push(WeeklyRow {
                        regime: self.regime_name(arm),
                        week,
                        week_start: scenario.week_start(week),
                        region: group.region.clone(),
                        sanctioned: group.flagged,
                        units: fan(WeekMetric::Units),
                        expected_units: fan(WeekMetric::ExpectedUnits),
                        car_share: of_cars(WeekMetric::CarShare),
                        expected_car_share: of_cars(WeekMetric::ExpectedCarShare),
                        sticker_price_usd: of_cars(WeekMetric::StickerPrice),
                    });
                }
            }
        }
        rows
    }

    /// Models on which a duty, a quota or an inspection of an arm's regime weighs, with price before and after in the last
    /// week in which it does, USD.
    fn taxed(&self, arm: usize) -> Vec<(usize, f64, f64)> {
        let study = self.study;
        let (plan, baseline) = (&study.plans()[self.regimes[arm]], &study.plans()[study.scenario().baseline]);
        let burdened = |week: &usize, j: usize| {
            let (after, before) = (plan.phase(*week), baseline.phase(*week));
            after.duty_usd[j] > before.duty_usd[j] || after.quota_rent_usd[j] + after.inspection_usd[j] > 0.0
        };
        let prices = |week: usize, j: usize| {
            (j, baseline.phase(week).sticker_price_usd[j], plan.phase(week).sticker_price_usd[j])
        };
        (0..self.layout().models)
            .filter_map(|j| (0..plan.weeks()).rev().find(|week| burdened(week, j)).map(|week| prices(week, j)))
            .collect()
    }

    /// For each taxed model of an arm: position, prices before and after, buyers lost, and cars gained by each option
    /// (models, then the outside option), over the horizon.
    #[must_use]
    pub fn lost_buyers(&self, arm: usize) -> Vec<LostBuyers> {
        let options = self.layout().models + 1;
        let switched = self.results.switched(arm);
        self.taxed(arm)
            .into_iter()
            .map(|(model, price_before_usd, price_after_usd)| {
                let gained = switched[model * options..(model + 1) * options].to_vec();
                LostBuyers { model, price_before_usd, price_after_usd, lost: gained.iter().sum(), gained }
            })
            .collect()
    }

    /// Name and region of an option: a model or the outside option.
    #[must_use]
    pub fn option(&self, option: usize) -> (String, String) {
        let market = &self.study.scenario().market;
        match market.models.get(option) {
            Some(model) => (model.name.clone(), market.regions[model.region].clone()),
            None => ("outside".into(), "outside".into()),
        }
    }

    /// Rows of `winners_losers.csv`.
    #[must_use]
    pub fn winners(&self) -> Vec<WinnerRow> {
        let market = &self.study.scenario().market;
        let mut rows = Vec::new();
        for arm in self.arms() {
            for lost in self.lost_buyers(arm) {
                let model = &market.models[lost.model];
                let mut order: Vec<usize> = (0..lost.gained.len()).filter(|m| lost.gained[*m] > 0.0).collect();
                order.sort_by(|a, b| lost.gained[*b].total_cmp(&lost.gained[*a]).then(a.cmp(b)));
                for (rank, option) in order.into_iter().take(GAINERS).enumerate() {
                    let (gainer, gainer_region) = self.option(option);
                    rows.push(WinnerRow {
                        regime: self.regime_name(arm),
                        model: model.name.clone(),
                        brand: market.brands[model.brand].clone(),
                        price_before_usd: lost.price_before_usd,
                        price_after_usd: lost.price_after_usd,
                        lost_units: lost.lost,
                        rank: rank as u32 + 1,
                        gainer,
                        gainer_region,
                        share_of_lost: lost.gained[option] / lost.lost,
                        gained_units: lost.gained[option],
                    });
                }
            }
        }
        rows
    }
}

/// Where a taxed model's buyers went.
#[derive(Clone, Debug, PartialEq)]
pub struct LostBuyers {
    /// Position of the model.
    pub model: usize,
    /// Sticker price under the baseline in the last week, USD.
    pub price_before_usd: f64,
    /// Sticker price under the regime in the last week, USD.
    pub price_after_usd: f64,
    /// Buyers lost over the horizon, cars.
    pub lost: f64,
    /// Of them, gained by each option: models, then the outside option.
    pub gained: Vec<f64>,
}
