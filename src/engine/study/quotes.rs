//! What tables of prices say of one world: prices, duties and pass-through by regime and week.

use std::borrow::Cow;

use crate::model::market::Market;
use crate::model::plan::RegimePlan;
use crate::model::quotes::{QuoteMetric, ResponseMetric, of_all, of_model, row_len};
use crate::model::scenario::Scenario;
use crate::model::trade::chain::PassThrough;
use crate::model::trade::duty::ImportDuty;
use crate::model::trade::instrument::Instrument;
use crate::model::trade::policy::Policy;
use crate::model::trade::regime::{Force, Regime};
use crate::model::world::World;

/// What the prices of a world are compared with: those of its base year.
#[derive(Debug)]
pub struct Quotation<'a> {
    scenario: &'a Scenario,
    marginal_cost_usd: &'a [f64],
    list: Vec<f64>,
    /// Duty of the base year less credits, USD a car.
    base_duty_usd: Vec<f64>,
    base: Vec<ImportDuty>,
}

impl<'a> Quotation<'a> {
    /// That of a world, with the baseline's prices in it.
    #[must_use]
    pub fn new(scenario: &'a Scenario, world: &'a World) -> Self {
        let (market, marginal_cost_usd) = (&scenario.market, world.makers.costs.marginal_cost.as_slice());
        let list = market.base_prices();
        let none = vec![Force::None; scenario.instruments.len()];
        let base = policy(scenario, marginal_cost_usd).duties(0, &none, Force::Charged, |_| true);
        let base_duty_usd = base.iter().zip(&list).map(|(duty, price)| duty.duty_usd(*price)).collect();
        Self { scenario, marginal_cost_usd, list, base_duty_usd, base }
    }

    /// The instruments of the scenario at the levels of a regime.
    #[must_use]
    pub fn instruments(&self, regime: &Regime) -> Cow<'a, [Instrument]> {
        regime.instruments(&self.scenario.instruments)
    }

    /// Forces of a regime's instruments, week by week.
    #[must_use]
    pub fn forces(&self, regime: &Regime) -> Vec<Vec<Force>> {
        // A history that has a plan has forces.
        regime.force(&self.scenario.instruments, self.scenario.weeks).unwrap_or_default()
    }

    /// Models charged another duty than in the base year in a week of these forces, on sale without a quota, an inspection, an incentive or the end of a credit.
    #[must_use]
    pub fn taxed(&self, plan: &RegimePlan, week: u32, force: &[Force], instruments: &[Instrument]) -> Vec<usize> {
        let duty = self.charged(plan, week, force, instruments);
        (0..self.list.len()).filter(|j| duty[*j] != self.base[*j] && self.alone(plan, week, *j)).collect()
    }

    /// The numbers of a week of these forces (see [`crate::model::quotes`]).
    #[must_use]
    pub fn row(&self, plan: &RegimePlan, week: u32, force: &[Force], instruments: &[Instrument]) -> Vec<f64> {
        let (market, models) = (&self.scenario.market, self.list.len());
        let phase = plan.phase(week as usize);
        let mut row = vec![f64::NAN; row_len(models)];
        // While a duty is owed but not decided it is in no price.
        let pending = |model: usize| {
            let mut owed = force.iter().zip(&self.scenario.instruments);
            owed.any(|(force, instrument)| *force == Force::OwedLater && instrument.selected[model])
        };
        let duty = self.charged(plan, week, force, instruments);
        for (j, model) in market.models.iter().enumerate() {
            let duty_change = phase.duty_usd[j] - self.base_duty_usd[j];
            // A duty at the base year's rate changes in dollars with every price, and nothing is passed through.
            let other = duty[j] != self.base[j] && duty_change != 0.0;
            let defined = other && self.alone(plan, week, j) && !pending(j);
            let pass_through = (phase.sticker_price_usd[j] - model.base_price_usd()) / duty_change;
            // Over a duty of next to nothing it is no number.
            let defined = defined && pass_through.is_finite();
            for (metric, value) in [
                (QuoteMetric::StickerPrice, phase.sticker_price_usd[j]),
                (QuoteMetric::Duty, phase.duty_usd[j]),
                (QuoteMetric::ProducerPrice, phase.producer_price_usd[j]),
                (QuoteMetric::QuotaRent, phase.quota_rent_usd[j]),
                (QuoteMetric::Refund, phase.refund_usd[j]),
                (QuoteMetric::PassThrough, if defined { pass_through } else { f64::NAN }),
            ] {
                row[of_model(metric, j, models)] = value;
            }
        }
        let taxed = self.taxed(plan, week, force, instruments);
        if taxed.is_empty() {
            return row;
        }
        let (price, list) = (&phase.sticker_price_usd, &self.list);
        let volume = |j: usize| market.models[j].base_volume;
        let found = PassThrough::of(&market.duty_responses(&taxed, [&self.base, &duty], price));
        let weight: f64 = taxed.iter().map(|j| volume(*j)).sum();
        let mean = |of: &dyn Fn(usize) -> f64| taxed.iter().map(|j| volume(*j) * of(*j)).sum::<f64>() / weight;
        let kept = |j: usize| duty[j].producer_price_usd(price[j]) / self.base[j].producer_price_usd(list[j]) - 1.0;
        for (metric, value) in [
            (ResponseMetric::PriceChange, mean(&|j| price[j] / list[j] - 1.0)),
            (ResponseMetric::BorderPriceChange, mean(&kept)),
            (ResponseMetric::PerDollarOldBase, found.per_dollar_old_base),
            (ResponseMetric::PerDollarOwed, found.per_dollar_owed),
            (ResponseMetric::BorderElasticity, found.border_elasticity),
        ] {
            // A change over nothing is no number.
            row[of_all(metric, models)] = if value.is_finite() { value } else { f64::NAN };
        }
        row
    }

    /// Whether the model is on sale with nothing but duties that move its price: no quota, inspection or incentive, and no credit that has ended.
    fn alone(&self, plan: &RegimePlan, week: u32, model: usize) -> bool {
        let phase = plan.phase(week as usize);
        let on_sale = phase.on_sale.get(model).is_none_or(|part| *part > 0.0);
        let beside = [&phase.quota_rent_usd, &phase.inspection_usd, &phase.incentive_usd];
        let credited = phase.rebate_usd[model] >= self.scenario.market.models[model].credit_usd;
        on_sale && credited && beside.iter().all(|usd| usd[model] == 0.0)
    }

    fn charged(&self, plan: &RegimePlan, week: u32, force: &[Force], instruments: &[Instrument]) -> Vec<ImportDuty> {
        let policy = policy(self.scenario, self.marginal_cost_usd);
        Policy { instruments, outside: plan.outside(week as usize), ..policy }.duties(
            week,
            force,
            Force::Charged,
            |_| true,
        )
    }
}

fn policy<'a>(scenario: &'a Scenario, marginal_cost_usd: &'a [f64]) -> Policy<'a> {
    let market: &Market = &scenario.market;
    Policy { market, instruments: &scenario.instruments, marginal_cost_usd, base_share: &[], outside: &[] }
}
