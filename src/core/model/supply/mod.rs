//! Supply: what makers charge.
//!
//! Every maker sets the prices of its products to maximise its profit given everybody else's prices (Bertrand-Nash), under
//! duties that are affine in the product's own price ([`duty`]) and any ownership, partial holdings included
//! ([`ownership`]). Costs are recovered from observed prices through the same first-order conditions ([`cost`]).

pub mod clearing;
pub mod cost;
pub mod deviation;
pub mod duty;
pub mod expectation;
pub mod guide;
mod joint;
pub mod limits;
pub mod linear;
pub mod ownership;
pub mod pricing;
pub mod problem;
pub mod rising;
pub mod rule;
pub mod staggered;

use thiserror::Error;

use crate::model::demand::DemandError;

pub use cost::{CostRecovery, MarginGuide, NegativeCost, marginal_costs, marginal_costs_near};
pub use deviation::{Deviation, best_deviations};
pub use duty::{DutyRule, DutyTerms};
pub use guide::Guide;
pub use limits::{Limit, LimitedEquilibrium, equilibrium_with_limits};
pub use linear::{Linearised, SecondOrder};
pub use ownership::Ownership;
pub use pricing::{Equilibrium, PricingOptions, equilibrium, from_many_starts};
pub use problem::PriceProblem;
pub use rising::RisingCost;

/// What is wrong with a description of supply, or why prices were not found.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SupplyError {
    /// Something about demand.
    #[error(transparent)]
    Demand(#[from] DemandError),
    /// A column of the wrong length.
    #[error("the {what} column has {found} values, expected {expected}")]
    ColumnLength {
        /// The column.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The number of products or firms.
        expected: usize,
    },
    /// A product's number out of bounds.
    #[error("{product}: {what} is {value}, expected {expected}")]
    Product {
        /// Name of the product.
        product: String,
        /// The quantity.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What would do.
        expected: &'static str,
    },
    /// A firm that sells nothing.
    #[error("firm {firm} has no products: remove it, or give it one")]
    FirmWithoutProducts {
        /// Name of the firm.
        firm: String,
    },
    /// A firm number outside the list of firms.
    #[error("product number {product}: owner number {owner} is not one of {firms} firms")]
    Owner {
        /// Number of the product.
        product: usize,
        /// The number given.
        owner: usize,
        /// How many firms there are.
        firms: usize,
    },
    /// A holding out of bounds.
    #[error(
        "firm {firm} counts {part} of the profits of {held}, expected a finite number at least 0 (and above 0 of its own)"
    )]
    Holding {
        /// The firm that holds.
        firm: String,
        /// The firm held.
        held: String,
        /// The part.
        part: f64,
    },
    /// A duty that leaves the maker nothing, or is not a number.
    #[error(
        "{product}: the duty leaves the maker {retained} of each unit of price, expected above 0 (a {what} rate of 1 or more takes the whole price)"
    )]
    Retained {
        /// Name of the product.
        product: String,
        /// Basis of the duty.
        what: &'static str,
        /// 1 - dduty/dp.
        retained: f64,
    },
    /// Costs were not found from the first-order conditions.
    #[error(
        "recovering marginal costs stopped after {iterations} iterations at a relative residual of {residual:e} \
         ({product} of {firm}): check its price and share"
    )]
    CostsDiverged {
        /// Product farthest from its condition.
        product: String,
        /// Its owner.
        firm: String,
        /// Iterations done.
        iterations: usize,
        /// Largest relative change of a margin.
        residual: f64,
    },
    /// No prices satisfied all first-order conditions.
    #[error(
        "equilibrium prices did not settle: after {evaluations} evaluations the price of {product} ({firm}), {price:?}, still wants \
         to change by a fraction {residual:e}; {cause}"
    )]
    NoEquilibrium {
        /// Product farthest from its condition, or one whose price climbs for ever.
        product: Box<str>,
        /// Its owner.
        firm: Box<str>,
        /// Its price at the best point found.
        price: f64,
        /// Evaluations of demand done.
        evaluations: usize,
        /// Relative change of this price that its condition wants.
        residual: f64,
        /// What makes such demand, and what to do.
        cause: Box<str>,
    },
    /// First-order conditions hold where an owner gains by leaving, and from there the search leads nowhere better.
    #[error(
        "the only prices found that satisfy all first-order conditions are no equilibrium: {firm} gains by leaving them (curvature \
         of its profit {curvature:.2e}, expected below 0); start elsewhere"
    )]
    NotMaximum {
        /// The owner.
        firm: String,
        /// Largest curvature of its profit, in units in which each product's own is -1.
        curvature: f64,
    },
    /// No lowest prices at which no car is sold at a loss.
    #[error(
        "the lowest prices without a loss did not settle in {iterations} steps (a relative change of {residual:e} is left): cost rises \
         too steeply with volume (pricing.cost_volume)"
    )]
    NoFloor {
        /// Steps done.
        iterations: usize,
        /// Relative change of a price that is left.
        residual: f64,
    },
    /// The Jacobian of the first-order conditions is singular.
    #[error(
        "equilibrium prices do not depend smoothly on costs here: the Jacobian of the first-order conditions is singular"
    )]
    Singular,
    /// A limit that cannot be met.
    #[error(
        "limit {limit}: the share allowed is {share}, expected above 0 for a set of known products (to ban a product, leave it out)"
    )]
    Limit {
        /// Name of the limit.
        limit: String,
        /// The share allowed.
        share: f64,
    },
    /// A limit below what products sell whose prices do not move.
    #[error(
        "limit {limit}: {products} alone would sell {used:.6} of the {share:.6} allowed, and what is held at its price (hold) answers to no \
         limit: allow more, or let its price go"
    )]
    HeldAboveLimit {
        /// Name of the limit.
        limit: String,
        /// The products under it whose prices are held.
        products: String,
        /// What they sell where no limit is priced.
        used: f64,
        /// The share allowed.
        share: f64,
    },
    /// No shadow prices cleared the limits.
    #[error(
        "limits {limits}: no shadow prices were found that clear them: after {iterations} steps |log(sales / allowed)| of one is still \
         {residual:e} (0 where a limit is met); loosen the limits to see from where on they are met, and give products that \
         several limits cover one limit"
    )]
    LimitsDiverged {
        /// Names of the limits.
        limits: String,
        /// Steps done.
        iterations: usize,
        /// Largest |log use - log limit|.
        residual: f64,
    },
}
