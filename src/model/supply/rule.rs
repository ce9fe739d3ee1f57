//! Pricing rules: how list prices respond to duties and costs.

use crate::model::trade::duty::ImportDuty;

/// How manufacturers set list prices.
#[derive(Clone, Debug, PartialEq)]
pub enum PricingRule {
    /// Prices move by the fraction `theta` of what would keep the producer's dollar margin.
    PassThrough {
        /// 1 passes all of it on: the newspapers' rule of 1995.
        theta: f64,
    },
}

/// What prices respond to, one value for each model, USD per car.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Base-year list prices.
    pub list_price_usd: &'a [f64],
    /// Base-year marginal costs.
    pub base_cost_usd: &'a [f64],
    /// Marginal costs now.
    pub cost_usd: &'a [f64],
    /// Duties of the base year.
    pub base_duty: &'a [ImportDuty],
    /// Duties charged now.
    pub duty: &'a [ImportDuty],
    /// List prices now.
    pub current_price_usd: &'a [f64],
}

impl PricingRule {
    /// New list prices.
    #[must_use]
    pub fn revise(&self, now: &Situation<'_>) -> Vec<f64> {
        match self {
            Self::PassThrough { theta } => (0..now.list_price_usd.len())
                .map(|j| now.list_price_usd[j] + theta * full_pass_through(now, j))
                .collect(),
        }
    }
}

/// The price change that keeps model j's dollar margin: exactly zero when nothing changed.
fn full_pass_through(now: &Situation<'_>, j: usize) -> f64 {
    let (before, after) = (now.base_duty[j], now.duty[j]);
    let producer_price = now.list_price_usd[j] - before.duty_usd(now.list_price_usd[j]);
    let cost_change = now.cost_usd[j] - now.base_cost_usd[j];
    producer_price * (after.on_producer_price - before.on_producer_price)
        + (after.fixed_usd - before.fixed_usd)
        + cost_change * (1.0 + after.on_producer_price)
}
