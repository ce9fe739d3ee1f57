//! Demand: what a population of buyers buys at given prices.
//!
//! A random-coefficients logit (Berry, Levinsohn and Pakes 1995) whose integration nodes are the buyers of the
//! simulation, with optional loyalty to the brand now owned. The main path:
//!
//! 1. [`Population`] and [`Products`] hold who buys and what is on offer;
//! 2. [`invert`] finds the intercepts delta at which shares equal observed ones;
//! 3. [`ExpectedDemand`] is what makers price against: the whole population, owned brands in expectation.

pub mod choice;
pub mod curvature;
pub mod inversion;
pub mod kernel;
pub mod loyalty;
pub mod population;
pub mod response;
pub mod sweep;

use thiserror::Error;

pub use curvature::Curvature;
pub use inversion::{Inversion, InversionOptions, Neighbour, Slopes, invert};
pub use kernel::KernelPath;
pub use kernel::fixed::{Exponentials, FixedUtility};
pub use loyalty::{ExpectedDemand, KnownUtility, OwnedBrands, Shares, stationary_shares};
pub use population::{Buyer, BuyerColumns, Population, Products};
pub use response::{
    Concentration, OwnResponse, PriceResponse, ProductMatrix, choice_probabilities, concentration, few_buyers,
    long_run_diversion, own_response, price_response,
};
pub use sweep::{Execution, StopAsked};

/// What is wrong with a description of demand, or why a solution was not found.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum DemandError {
    /// Someone asked to stop ([`StopAsked`]).
    #[error("stopped before it was done")]
    Stopped,
    /// A population without buyers.
    #[error("the population has no buyers")]
    NoBuyers,
    /// A market without products.
    #[error("the market has no products")]
    NoProducts,
    /// A column of the wrong length.
    #[error("the {what} column has {found} values, expected {expected}")]
    ColumnLength {
        /// The column.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length of the others.
        expected: usize,
    },
    /// A buyer's number out of bounds.
    #[error(
        "buyer {buyer}: {what} is {value}; weights must be at least zero, price responses above zero, all finite \
         (a price response of the wrong sign: check the sign of the price coefficient and its spread)"
    )]
    Buyer {
        /// Number of the buyer, from zero.
        buyer: usize,
        /// The quantity.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// A product's number out of bounds.
    #[error("{product}: {what} is {value}, expected a finite number")]
    Product {
        /// Name of the product.
        product: String,
        /// The quantity.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// A brand that does not exist.
    #[error("{product}: brand number {brand} is not one of {brands}")]
    Brand {
        /// Name of the product.
        product: String,
        /// The number given.
        brand: usize,
        /// How many brands there are.
        brands: usize,
    },
    /// A loyalty parameter out of bounds.
    #[error("brand number {brand}: loyalty lambda is {lambda}, expected a finite number between -50 and 50")]
    Loyalty {
        /// The brand.
        brand: usize,
        /// The value.
        lambda: f64,
    },
    /// A curvature out of bounds.
    #[error(
        "the curvature of demand: {what} is {value}, expected a lambda between 0 and 10 (1 is linear) and prices above 0"
    )]
    Curvature {
        /// What is wrong.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// An observed share that no intercept can meet.
    #[error("{product}: observed share is {share}, expected above 0 (leave a product that does not sell out)")]
    ObservedShare {
        /// Name of the product.
        product: String,
        /// The share.
        share: f64,
    },
    /// Observed shares that leave nothing to the outside option.
    #[error("observed shares sum to {sum}, expected less than the sum of the buyers' weights, {weights}")]
    NoOutsideShare {
        /// Sum of observed shares.
        sum: f64,
        /// Sum of the weights.
        weights: f64,
    },
    /// The inversion did not converge.
    #[error(
        "inverting shares stopped after {iterations} iterations at max |log s - log s_obs| = {residual:e} \
         ({products}); check the observed shares and the spread of tastes"
    )]
    InversionDiverged {
        /// Products farthest from their shares, worst first.
        products: String,
        /// Iterations done.
        iterations: usize,
        /// Largest |log s - log s_obs|.
        residual: f64,
    },
}

/// Checks that each value of one per product is finite and that there is one for each.
pub(crate) fn check_per_product(products: &Products, what: &'static str, values: &[f64]) -> Result<(), DemandError> {
    if values.len() != products.len() {
        return Err(DemandError::ColumnLength { what, found: values.len(), expected: products.len() });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(j) => Err(DemandError::Product { product: products.name(j).to_owned(), what, value: values[j] }),
        None => Ok(()),
    }
}

/// Checks that the products have the characteristics for which buyers have tastes.
pub(crate) fn check_fit(population: &Population, products: &Products) -> Result<(), DemandError> {
    if population.columns() == products.columns() {
        Ok(())
    } else {
        let what = "characteristics";
        Err(DemandError::ColumnLength { what, found: products.columns(), expected: population.columns() })
    }
}
