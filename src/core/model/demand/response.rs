//! How demand responds to prices: elasticities, diversion, second choices.
//!
//! ```text
//! ds_j/dp_m = g_m (-Lambda_j [j = m] + Gamma_jm)  Lambda_j = sum_i w_i a_i s_ij   Gamma_jm = sum_i w_i a_i s_ij s_im
//! elasticity E_jm = (p_m / s_j) ds_j/dp_m
//! diversion  R_jm = -(ds_m/dp_j) / (ds_j/dp_j), on the diagonal diversion to the outside option: rows sum to one
//! long-run   L_jm = (s_m without j - s_m) / s_j at unchanged prices, on the diagonal the outside option
//! ```
//!
//! g is one where demand is linear in price ([`super::curvature`]). Where buyers are loyal these are responses of expected demand, owned brands held.

use super::kernel::CellLayout;
use super::kernel::moments::{ChoiceMoments, LeftFactor, Window};
use super::kernel::relative::relative_exponentials;
use super::sweep::{WindowMoments, windows_of};
use super::{DemandError, ExpectedDemand, check_per_product};

/// A matrix of products x products, row first.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductMatrix {
    size: usize,
    values: Vec<f64>,
}

impl ProductMatrix {
    /// From a function of (row, column).
    pub fn from_fn(size: usize, mut value: impl FnMut(usize, usize) -> f64) -> Self {
        let mut values = Vec::with_capacity(size * size);
        for row in 0..size {
            values.extend((0..size).map(|column| value(row, column)));
        }
        Self { size, values }
    }

    /// One entry.
    #[must_use]
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.size + column]
    }

    /// All entries, row by row.
    #[must_use]
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// One row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.size..(row + 1) * self.size]
    }
}

/// Shares and their price derivatives at some prices.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceResponse {
    /// Prices.
    pub price: Vec<f64>,
    /// Shares.
    pub share: Vec<f64>,
    /// Lambda_j.
    pub lambda: Vec<f64>,
    /// Gamma_jm.
    pub gamma: ProductMatrix,
    /// g_j.
    pub slope: Vec<f64>,
}

impl PriceResponse {
    /// ds_j/dp_m.
    #[must_use]
    pub fn derivative(&self, j: usize, m: usize) -> f64 {
        self.slope[m] * (self.gamma.at(j, m) - if j == m { self.lambda[j] } else { 0.0 })
    }

    /// Own and cross price elasticities.
    #[must_use]
    pub fn elasticities(&self) -> ProductMatrix {
        ProductMatrix::from_fn(self.share.len(), |j, m| self.price[m] / self.share[j] * self.derivative(j, m))
    }

    /// Diversion ratios, the outside option on the diagonal.
    #[must_use]
    pub fn diversion(&self) -> ProductMatrix {
        let ratio = |j: usize, m: usize| -self.derivative(m, j) / self.derivative(j, j);
        with_outside_on_diagonal(self.share.len(), ratio)
    }
}

/// Off-diagonal entries as given, each diagonal entry what its row lacks of one.
fn with_outside_on_diagonal(size: usize, ratio: impl Fn(usize, usize) -> f64) -> ProductMatrix {
    let others = |j: usize| (0..size).filter(|&m| m != j).map(|m| ratio(j, m)).sum::<f64>();
    ProductMatrix::from_fn(size, |j, m| if j == m { 1.0 - others(j) } else { ratio(j, m) })
}

/// Own-price elasticity and diversion to the outside option of each product: what [`PriceResponse`] has on its diagonals,
/// without its matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnResponse {
    /// Own-price elasticities `(p_j / s_j) (Gamma_jj - Lambda_j)`.
    pub elasticity: Vec<f64>,
    /// `-(ds_0/dp_j) / (ds_j/dp_j)`.
    pub outside_diversion: Vec<f64>,
}

/// Own elasticities and outside diversion, in two sweeps.
///
/// # Errors
/// When prices do not fit the products.
pub fn own_response(demand: &ExpectedDemand, prices: &[f64]) -> Result<OwnResponse, DemandError> {
    check_per_product(demand.products, "price", prices)?;
    let count = demand.products.len();
    let ones = vec![1.0; count];
    // With margins of one the firm sums are sums of Gamma: over the product itself, and over all products.
    let mut identity = vec![0.0; count * count];
    identity.iter_mut().step_by(count + 1).for_each(|own| *own = 1.0);
    let alone = demand.pricing_layout(&(0..count).collect::<Vec<_>>(), &identity);
    let own = demand.pricing_sums(&alone, prices, &ones);
    let all = demand.pricing_sums(&demand.pricing_layout(&vec![0; count], &[1.0]), prices, &ones);
    let slope = |j: usize| own.cross[j] - own.lambda[j];
    // Of a product that nearly nobody buys a price over a share may be too large for a number.
    let elasticity = |j: usize| match prices[j] / own.share[j] {
        inverse if inverse.is_finite() => inverse * slope(j),
        _ => prices[j] * (slope(j) / own.share[j]),
    };
    Ok(OwnResponse {
        elasticity: (0..count).map(elasticity).collect(),
        outside_diversion: (0..count).map(|j| (all.cross[j] - all.lambda[j]) / slope(j)).collect(),
    })
}

/// Shares, Lambda and Gamma at these prices.
///
/// # Errors
/// When prices do not fit the products.
pub fn price_response(demand: &ExpectedDemand, prices: &[f64]) -> Result<PriceResponse, DemandError> {
    check_per_product(demand.products, "price", prices)?;
    let (gamma, lambda) = plain_moments(demand, prices, LeftFactor::Response)?;
    let slope = demand.products.slopes(prices).unwrap_or_else(|| vec![1.0; prices.len()]);
    Ok(PriceResponse { price: prices.to_vec(), share: demand.shares(prices).product, lambda, gamma, slope })
}

/// Long-run (second-choice) diversion: where the buyers of each product go when it is removed, prices unchanged.
///
/// # Errors
/// When prices do not fit the products.
pub fn long_run_diversion(demand: &ExpectedDemand, prices: &[f64]) -> Result<ProductMatrix, DemandError> {
    check_per_product(demand.products, "price", prices)?;
    let (moments, _) = plain_moments(demand, prices, LeftFactor::Removal)?;
    let share = demand.shares(prices).product;
    Ok(with_outside_on_diagonal(share.len(), |j, m| moments.at(j, m) / share[j]))
}

/// How few buyers make the demand for a product.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concentration {
    /// Effective number of buyers: 1 over the sum of squares of their parts of its demand.
    pub buyers: f64,
    /// Part of all weight at which as many equal buyers would make this demand: 1 where all buy alike.
    pub weight: f64,
}

impl Concentration {
    /// Fewer effective buyers than this, of less than this part of all weight, are too few to stand for a market.
    const FEW: (f64, f64) = (10.0, 0.25);

    /// Whether the demand rests on so few buyers that a price set for it says little about a market.
    #[must_use]
    pub fn is_thin(&self) -> bool {
        self.buyers < Self::FEW.0 && self.weight < Self::FEW.1
    }
}

/// Says that few buyers make the demand for a product, and what to do.
#[must_use]
pub fn few_buyers(product: &str, of: Concentration) -> String {
    format!(
        "few buyers make the demand for {product}: {:.1} effective ones (1 over the sum of squared parts of its demand), {:.1}% of all \
         weight; draw more buyers (integration nodes), and bound incomes only if they are not bounded yet",
        of.buyers,
        100.0 * of.weight
    )
}

/// How few buyers make the demand for each product at these prices.
///
/// # Errors
/// When prices do not fit the products.
pub fn concentration(demand: &ExpectedDemand, prices: &[f64]) -> Result<Vec<Concentration>, DemandError> {
    check_per_product(demand.products, "price", prices)?;
    if demand.owned.is_some() {
        let (population, products) = demand.expand()?;
        let plain = ExpectedDemand { population: &population, products: &products, owned: None, ..demand.clone() };
        return concentration(&plain, prices);
    }
    let count = prices.len();
    let felt = demand.products.felt_prices(prices);
    // Sums of w s, of its square, and of w s^2.
    let mut sums = vec![[0.0; 3]; count];
    let mut e = vec![0.0; count];
    for i in 0..demand.population.len() {
        let buyer = demand.population.buyer(i);
        let (outside, _) = relative_exponentials(buyer, demand.products, demand.delta, &felt, &mut e);
        let total = outside + e.iter().sum::<f64>();
        for (sums, e) in sums.iter_mut().zip(&e) {
            let (share, weighted) = (e / total, buyer.weight() * e / total);
            sums[0] += weighted;
            sums[1] += weighted * weighted;
            sums[2] += weighted * share;
        }
    }
    let weight = demand.population.total_weight();
    let of = |[sum, squares, shares]: [f64; 3]| Concentration {
        buyers: sum * sum / squares,
        weight: sum * sum / (weight * shares),
    };
    Ok(sums.into_iter().map(of).collect())
}

/// Choice probabilities of each buyer, products in order, outside option and loyalty left out: buyers x products.
///
/// # Errors
/// When prices do not fit the products.
pub fn choice_probabilities(demand: &ExpectedDemand, prices: &[f64]) -> Result<Vec<f64>, DemandError> {
    check_per_product(demand.products, "price", prices)?;
    let count = prices.len();
    let mut all = vec![0.0; demand.population.len() * count];
    let felt = demand.products.felt_prices(prices);
    for (i, row) in all.chunks_exact_mut(count).enumerate() {
        let buyer = demand.population.buyer(i);
        let (outside, _) = relative_exponentials(buyer, demand.products, demand.delta, &felt, row);
        let total = outside + row.iter().sum::<f64>();
        row.iter_mut().for_each(|e| *e /= total);
    }
    Ok(all)
}

/// Moments over nodes, written out where buyers are loyal, and the sums of the left factor.
fn plain_moments(
    demand: &ExpectedDemand,
    prices: &[f64],
    factor: LeftFactor,
) -> Result<(ProductMatrix, Vec<f64>), DemandError> {
    if demand.owned.is_some() {
        let (population, products) = demand.expand()?;
        let plain = ExpectedDemand { population: &population, products: &products, owned: None, ..demand.clone() };
        return plain_moments(&plain, prices, factor);
    }
    let layout = CellLayout::single_cell(demand.products);
    Ok(run_moments(demand, &layout, prices, factor))
}

/// Second moments `sum_i L_ij s_im` over all chunks of a plain population, and the sums `sum_i L_ij`: by prices as buyers feel them.
pub(crate) fn run_moments(
    demand: &ExpectedDemand,
    layout: &CellLayout,
    prices: &[f64],
    factor: LeftFactor,
) -> (ProductMatrix, Vec<f64>) {
    let count = prices.len();
    let whole = run_windows(demand, layout, prices, factor, std::slice::from_ref(&(0..count)));
    let mut position = vec![0; count];
    layout.order.iter().enumerate().for_each(|(place, &product)| position[product] = place);
    let whole = &whole[0];
    let matrix = ProductMatrix::from_fn(count, |j, m| whole.at(position[j], position[m]));
    (matrix, position.iter().map(|&place| whole.sum(place)).collect())
}

/// The same of the products within each window of the layout alone.
pub(crate) fn run_windows(
    demand: &ExpectedDemand,
    layout: &CellLayout,
    prices: &[f64],
    factor: LeftFactor,
    windows: &[Window],
) -> Vec<WindowMoments> {
    let (delta, price) = (layout.arrange(demand.delta), layout.arrange(&demand.products.felt_prices(prices)));
    let of = ChoiceMoments { population: demand.population, layout, delta: &delta, price: &price, factor };
    windows_of(&of, windows, demand.execution)
}
