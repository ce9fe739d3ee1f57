//! A world: one set of buyers with the base year inverted, ready for any regime.

use super::buyers::{Buyers, BuyersError};
use super::demand::choice::Choices;
use super::demand::{BuyerColumns, BuyerExponentials, DemandError, Execution, Inversion, Population, Products, invert};
use super::market::{DemandParameters, Market};
use super::scenario::Scenario;

/// Owns no brand of this market: the last choice was the outside option.
pub const NO_BRAND: u16 = u16::MAX;

/// Why a world cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WorldError {
    /// The buyers cannot be drawn.
    #[error(transparent)]
    Buyers(#[from] BuyersError),
    /// Demand cannot be evaluated or the base year not inverted.
    #[error(transparent)]
    Demand(#[from] DemandError),
}

/// Buyers, mean utilities that meet the base year exactly, and costs.
#[derive(Clone, Debug)]
pub struct World {
    /// Income and the start of the purchase process of each buyer.
    pub buyers: Buyers,
    /// The buyers as integration nodes, weight 1/N each.
    pub nodes: Population,
    /// The models as products, with brands and loyalty.
    pub products: Products,
    /// The solved base year: mean utilities, iterations, residual.
    pub inversion: Inversion,
    /// The models as the options of one buyer.
    pub choices: Choices,
    /// Brand each buyer owns at the start, drawn from his own stationary law; [`NO_BRAND`] for none.
    pub first_owned: Vec<u16>,
    /// Base-year marginal cost of each model, duty apart, USD.
    pub marginal_cost_usd: Vec<f64>,
}

impl World {
    /// Draws the buyers with the scrambling `key`, solves the base year, and draws the brands owned at the start.
    ///
    /// # Errors
    /// [`WorldError`] when the buyers cannot be drawn or the base year has no inversion.
    pub fn build(scenario: &Scenario, key: u64) -> Result<Self, WorldError> {
        let market = &scenario.market;
        let buyers = Buyers::draw(scenario.buyers, key, market, &scenario.demand, &scenario.holding)?;
        let nodes = nodes(&buyers)?;
        let products = products(market, &scenario.demand)?;
        let list = market.list_prices();
        let inversion = invert(&nodes, &products, &market.base_shares(), &list, Execution::Parallel)?;
        let choices = Choices::new(&products, &inversion.delta);
        let first_owned = first_owned(&buyers, &nodes, &products, &inversion.delta, &list);
        let marginal_cost_usd = vec![0.0; market.len()];
        Ok(Self { buyers, nodes, products, inversion, choices, first_owned, marginal_cost_usd })
    }
}

/// The buyers as integration nodes: weights 1/N, one taste column for each characteristic, imports, and each region.
fn nodes(buyers: &Buyers) -> Result<Population, DemandError> {
    let n = buyers.len();
    let columns = buyers.tastes.len() / n.max(1);
    let tastes: Vec<Vec<f64>> =
        (0..columns).map(|k| buyers.tastes.iter().skip(k).step_by(columns).copied().collect()).collect();
    Population::new(BuyerColumns {
        weight: &vec![1.0 / n as f64; n],
        price_response: &buyers.price_response,
        outside_utility: Some(&buyers.outside),
        tastes: &tastes.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    })
}

/// The models as products: standardised characteristics, an import dummy, and a dummy for each region.
fn products(market: &Market, demand: &DemandParameters) -> Result<Products, DemandError> {
    let dummy = |test: &dyn Fn(usize) -> bool| (0..market.len()).map(|j| f64::from(u8::from(test(j)))).collect::<Vec<_>>();
    let mut columns = market.characteristics.columns.clone();
    columns.push(dummy(&|j| !market.domestic[market.models[j].region]));
    columns.extend(market.regions.ids().map(|region| dummy(&|j| market.models[j].region == region)));
    let names = market.models.iter().map(|model| model.name.clone()).collect();
    let brands: Vec<usize> = market.models.iter().map(|model| usize::from(model.brand.0)).collect();
    Products::new(names, &columns.iter().map(Vec::as_slice).collect::<Vec<_>>())?
        .with_loyalty(&brands, demand.loyalty.as_slice())
}

/// Draws the brand owned at the start from each buyer's own stationary law: no transient under the status quo.
fn first_owned(buyers: &Buyers, nodes: &Population, products: &Products, delta: &[f64], prices: &[f64]) -> Vec<u16> {
    (0..buyers.len())
        .map(|i| {
            let law = BuyerExponentials::of(nodes.buyer(i), products, delta, prices).ownership_law(products.loyalty());
            let mut left = buyers.owned_uniform[i];
            for (brand, rho) in law[..law.len() - 1].iter().enumerate() {
                left -= rho;
                if left < 0.0 {
                    return brand as u16;
                }
            }
            NO_BRAND
        })
        .collect()
}
