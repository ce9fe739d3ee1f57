//! Results to rows.

use super::rows::{Fan, ModelRow, RegionRow, Summary, WeeklyRow};
use crate::model::ids::RegimeId;
use crate::model::outcome::{Layout, ModelMetric, NegotiatedMetric, RegionMetric, WeekMetric};
use crate::study::finished::Finished;
use crate::study::{Arm, Results, Study};

/// Results of a study and the regimes they hold, in order.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The study.
    pub study: &'a Study,
    /// What its jobs left.
    pub results: &'a Results,
    /// The regimes that ran, in the order of their arms.
    pub regimes: &'a [RegimeId],
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
    pub(crate) fn regime_name(&self, arm: Arm) -> String {
        self.study.scenario().regimes[self.regimes[arm.0]].name.clone()
    }

    /// Whether a regime has in force in every week what the baseline has, at the same level: a threat that came to nothing, however far it moved
    /// sales. Of a negotiated regime, which differs from world to world, that is not so.
    pub(crate) fn imposes_nothing(&self, arm: Arm) -> bool {
        let (study, scenario) = (self.study, self.study.scenario());
        let of = |arm: Arm| {
            let regime = &scenario.regimes[self.regimes[arm.0]];
            let force = regime.force(&scenario.instruments, scenario.weeks).ok();
            (force, regime.instruments_in_hindsight(&scenario.instruments), &regime.on_sale)
        };
        study.negotiated(self.regimes[arm.0]).is_none() && of(arm) == of(self.results.baseline())
    }

    /// Whether two regimes have the same numbers in these slots, to the bit, in all replications together.
    pub(crate) fn agree(&self, arms: [Arm; 2], mut slots: impl Iterator<Item = usize>) -> bool {
        slots.all(|slot| {
            let [a, b] = arms.map(|arm| self.results.level(arm, slot));
            let bits = [a, b].map(|of| [of.mean(), of.variance()].map(f64::to_bits));
            bits[0] == bits[1] || a.mean().is_nan() && b.mean().is_nan()
        })
    }

    /// For each regime the first that it is the same as in every number.
    pub(crate) fn first_alike_in_all(&self) -> Vec<Arm> {
        self.first_alike(0..self.layout().len())
    }

    /// For each regime the first that it is the same as in these slots: itself if there is none.
    pub(crate) fn first_alike(&self, slots: impl Iterator<Item = usize> + Clone) -> Vec<Arm> {
        let mut first: Vec<Arm> = Vec::new();
        for arm in self.results.arms() {
            let mut earlier = self.results.arms().take(arm.0).filter(|other| first[other.0] == *other);
            let found = earlier.find(|other| self.agree([*other, arm], slots.clone())).unwrap_or(arm);
            first.push(found);
        }
        first
    }

    /// Regimes that are an earlier one in every number, in a sentence; nothing where all differ. `first` is [`Self::first_alike`] in all slots.
    pub(crate) fn sameness(&self, first: &[Arm]) -> Option<String> {
        let same = self.alike(first)?;
        let scenario = self.study.scenario();
        // A reason is given for those that it is true of: that two regimes charge the same is their author's doing.
        let threatens = |arm: &Arm| {
            let regime = &scenario.regimes[self.regimes[arm.0]];
            scenario.timing.is_none() && first[arm.0] != *arm && !regime.events.is_empty() && self.imposes_nothing(*arm)
        };
        let threats: Vec<String> = self.results.arms().filter(threatens).map(|arm| self.regime_name(arm)).collect();
        let why = match threats.is_empty() {
            true => String::new(),
            false => format!(
                "; in a run without [timing] nobody waits or hurries, so what is threatened and never charged moves nothing ({})",
                threats.join(", ")
            ),
        };
        Some(format!("The same in every number: {same}{why}."))
    }

    /// "b and c as a; e as d", of what [`Self::first_alike`] gives.
    pub(crate) fn alike(&self, first: &[Arm]) -> Option<String> {
        let groups = self.results.arms().filter_map(|head| {
            let others = self.results.arms().filter(|arm| *arm != head && first[arm.0] == head);
            let others: Vec<String> = others.map(|arm| self.regime_name(arm)).collect();
            (!others.is_empty()).then(|| format!("{} as {}", others.join(", "), self.regime_name(head)))
        });
        let groups: Vec<String> = groups.collect();
        (!groups.is_empty()).then(|| groups.join("; "))
    }

    pub(crate) fn summary(&self, arm: Arm, slot: usize) -> Summary {
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

    pub(super) fn fan(&self, arm: Arm, slot: usize) -> Fan {
        let mean = self.results.level(arm, slot).mean();
        // What some replication has not, such as a share of no cars, has no quantiles either.
        if mean.is_nan() {
            return Fan::UNDEFINED;
        }
        let [q05, q25, q50, q75, q95] = self.results.quantiles(arm, slot, [0.05, 0.25, 0.5, 0.75, 0.95]);
        Fan { mean, q05, q25, q50, q75, q95 }
    }

    /// Rows of `models.csv`: regime by regime, period by period, models in the order of the data.
    #[must_use]
    pub fn models(&self) -> Vec<ModelRow> {
        let (layout, market) = (self.layout(), &self.study.scenario().market);
        let mut rows = Vec::new();
        for arm in self.results.arms() {
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
                        flagged: model.flagged,
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
        for arm in self.results.arms() {
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
        for arm in self.results.arms() {
            for week in 0..layout.weeks {
                for (g, group) in layout.groups.iter().enumerate() {
                    let fan = |metric| self.fan(arm, layout.week(metric, week as usize, g));
                    let of_cars = |metric| if group.region == "outside" { Fan::UNDEFINED } else { fan(metric) };
                    rows.push(WeeklyRow {
                        regime: self.regime_name(arm),
                        week,
                        week_start: scenario.week_start(week),
                        region: group.region.clone(),
                        flagged: group.flagged,
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

    /// Weeks in which the list prices of an arm's regime differ from the baseline's: only then are buyers lost to a duty.
    ///
    /// Of a negotiated regime the mean over replications of the weeks in which the duty is charged.
    pub(super) fn weeks_of_other_prices(&self, arm: Arm) -> f64 {
        let (study, regime) = (self.study, self.regimes[arm.0]);
        if let Some(block) = self.layout().negotiated.filter(|_| study.negotiated(regime).is_some()) {
            return self.results.level(arm, block.slot(NegotiatedMetric::SanctionsWeeks)).mean();
        }
        let baseline = study.plans().baseline();
        let Some(plan) = study.plans().get(regime) else { return 0.0 };
        let differs = |week: &usize| plan.phase(*week).sticker_price_usd != baseline.phase(*week).sticker_price_usd;
        (0..plan.weeks()).filter(differs).count() as f64
    }
}
