//! What exchange rates do to costs.

use super::market::{CarModel, Market};

/// Units of a currency per USD.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrencyPath {
    /// In the base month, in which costs are known.
    pub base: f64,
    /// In each week.
    pub weekly: Vec<f64>,
}

/// Factor on each model's marginal cost, `factor[week][model]`: (1 - phi) + phi E0 / E for imports whose country of assembly has a
/// currency, 1 for the others, where phi is the market's share of cost paid at home.
#[must_use]
pub fn cost_factors<'a>(
    market: &Market,
    weeks: u32,
    currency: impl Fn(&str) -> Option<&'a CurrencyPath>,
) -> Vec<Vec<f64>> {
    let phi = market.home_cost_share;
    let own = |model: &CarModel| currency(&model.assembly_country).filter(|_| model.imported);
    let currencies: Vec<Option<&CurrencyPath>> = market.models.iter().map(own).collect();
    let factor = |path: &CurrencyPath, week: usize| (1.0 - phi) + phi * (path.base / path.weekly[week]);
    let of_week = |week| currencies.iter().map(|path| path.map_or(1.0, |path| factor(path, week))).collect();
    (0..weeks as usize).map(of_week).collect()
}
