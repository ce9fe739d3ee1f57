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

/// Factor on each model's marginal cost, `factor[week][model]`: (1 - phi) + phi E0 / E for models whose country of assembly has a
/// currency, 1 for the others, where phi is the market's share of cost paid there; of a model with two plants, its imported part's.
#[must_use]
pub fn cost_factors<'a>(
    market: &Market,
    weeks: u32,
    currency: impl Fn(&str) -> Option<&'a CurrencyPath>,
) -> Vec<Vec<f64>> {
    let phi = market.home_cost_share;
    let own = |(j, model): (usize, &CarModel)| {
        let part = if model.imported { market.customs_part(j) } else { 1.0 };
        currency(&model.assembly_country).map(|path| (path, phi * part))
    };
    let currencies: Vec<Option<(&CurrencyPath, f64)>> = market.models.iter().enumerate().map(own).collect();
    let factor = |path: &CurrencyPath, phi: f64, week: usize| (1.0 - phi) + phi * (path.base / path.weekly[week]);
    let of_week = |week| currencies.iter().map(|own| own.map_or(1.0, |(path, phi)| factor(path, phi, week))).collect();
    (0..weeks as usize).map(of_week).collect()
}
