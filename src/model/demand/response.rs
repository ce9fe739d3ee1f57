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

use super::kernel::scalar::relative_exponentials;
use super::kernel::{Layout, moments::Factor};
use super::sweep::run_moments;
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

    /// Number of rows.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
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
    Ok(OwnResponse {
        elasticity: (0..count).map(|j| prices[j] / own.share[j] * slope(j)).collect(),
        outside_diversion: (0..count).map(|j| (all.cross[j] - all.lambda[j]) / slope(j)).collect(),
    })
}

/// Shares, Lambda and Gamma at these prices.
///
/// # Errors
/// When prices do not fit the products.
pub fn price_response(demand: &ExpectedDemand, prices: &[f64]) -> Result<PriceResponse, DemandError> {
    check_per_product(demand.products, "price", prices)?;
    let (gamma, lambda) = plain_moments(demand, prices, Factor::Response)?;
    let slope = demand.products.slopes(prices).unwrap_or_else(|| vec![1.0; prices.len()]);
    Ok(PriceResponse { price: prices.to_vec(), share: demand.shares(prices).product, lambda, gamma, slope })
}

/// Long-run (second-choice) diversion: where the buyers of each product go when it is removed, prices unchanged.
///
/// # Errors
/// When prices do not fit the products.
pub fn long_run_diversion(demand: &ExpectedDemand, prices: &[f64]) -> Result<ProductMatrix, DemandError> {
    check_per_product(demand.products, "price", prices)?;
    let (moments, _) = plain_moments(demand, prices, Factor::Removal)?;
    let share = demand.shares(prices).product;
    Ok(with_outside_on_diagonal(share.len(), |j, m| moments.at(j, m) / share[j]))
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
    factor: Factor,
) -> Result<(ProductMatrix, Vec<f64>), DemandError> {
    if demand.owned.is_some() {
        let (population, products) = demand.expand()?;
        let plain = ExpectedDemand { population: &population, products: &products, owned: None, ..demand.clone() };
        return plain_moments(&plain, prices, factor);
    }
    let layout = Layout::single_cell(demand.products);
    Ok(run_moments(demand, &layout, prices, factor))
}
