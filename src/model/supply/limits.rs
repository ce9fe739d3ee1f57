//! Capacity, quotas and voluntary restraints: limits on what a set of products may sell, with the shadow price that clears them.
//!
//! A limit on the set G is a complementarity condition: a shadow price mu >= 0 that enters the unit cost of every product in G,
//! `sum_{j in G} s_j <= K`, and one of the two with equality. It is a maker's own capacity when G is what one plant makes, and
//! the price of a licence when G spans makers; the licence is then tradable among them. A holder of a part of another maker
//! counts the shadow price as that maker's cost. Who receives the rent `mu K` is for the accounts to say.

use nalgebra::{DMatrix, DVector};

use super::linear::Linearised;
use super::{Equilibrium, PriceProblem, PricingOptions, SupplyError, equilibrium};
use crate::numerics::elementary;

/// The most that a set of products may sell together.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Name, for messages.
    pub name: String,
    /// The products.
    pub products: Vec<usize>,
    /// Sum of their shares at most, above zero.
    pub share: f64,
}

/// Prices that respect all limits.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitedEquilibrium {
    /// The equilibrium; its margins are net of shadow prices.
    pub equilibrium: Equilibrium,
    /// Shadow price of each limit, in the unit of prices; zero where it is slack.
    pub shadow_price: Vec<f64>,
    /// Sum of the shares under each limit.
    pub used: Vec<f64>,
    /// Steps in shadow prices.
    pub iterations: usize,
}

/// Largest relative miss of a binding limit.
pub const TOLERANCE: f64 = 1e-11;
/// Steps in shadow prices before the search is given up.
const MAX_ITERATIONS: usize = 80;
/// Buyers on whom the response of sales to shadow prices is measured: it only steers.
const STEERING_BUYERS: usize = 2048;

/// Equilibrium prices under limits, found from `start`.
///
/// # Errors
/// [`SupplyError::Limit`] for a limit that no sale can meet or that names no product, [`SupplyError::LimitsDiverged`], and
/// whatever [`equilibrium`] returns.
pub fn equilibrium_with_limits(
    problem: &PriceProblem,
    limits: &[Limit],
    start: &[f64],
    options: PricingOptions,
) -> Result<LimitedEquilibrium, SupplyError> {
    problem.check()?;
    for limit in limits {
        let known = limit.products.iter().all(|&j| j < problem.cost.len());
        if limit.share.is_nan() || limit.share <= 0.0 || limit.products.is_empty() || !known {
            return Err(SupplyError::Limit { limit: limit.name.clone(), share: limit.share });
        }
    }
    let groups: Vec<&[usize]> = limits.iter().map(|limit| limit.products.as_slice()).collect();
    let mut shadow_price = vec![0.0; limits.len()];
    let mut prices = start.to_vec();
    let mut miss = 0.0;
    for iterations in 0..MAX_ITERATIONS {
        let mut cost = problem.cost.to_vec();
        for (limit, mu) in limits.iter().zip(&shadow_price) {
            limit.products.iter().for_each(|&j| cost[j] += mu);
        }
        let shadowed = PriceProblem { cost: &cost, ..*problem };
        let found = equilibrium(&shadowed, &prices, options)?;
        let used: Vec<f64> = groups.iter().map(|group| group.iter().map(|&j| found.share[j]).sum()).collect();
        // How far each limit is from slack or price: log use over limit where it binds, use above the limit where it does not.
        let over: Vec<f64> = used.iter().zip(limits).map(|(used, limit)| elementary::ln(used / limit.share)).collect();
        miss = over
            .iter()
            .zip(&shadow_price)
            .fold(0.0, |worst: f64, (&over, &mu)| worst.max(if mu > 0.0 { over.abs() } else { over.max(0.0) }));
        if miss <= TOLERANCE {
            return Ok(LimitedEquilibrium { equilibrium: found, shadow_price, used, iterations });
        }
        prices.clone_from(&found.price);
        let linear = Linearised::at(&shadowed, &prices, Some(STEERING_BUYERS))?;
        let response = linear.group_response(&groups).ok_or(SupplyError::Singular)?;
        advance(&mut shadow_price, &over, &used, &response);
    }
    let worst = (0..limits.len())
        .next()
        .map_or_else(String::new, |_| limits.iter().map(|limit| limit.name.as_str()).collect::<Vec<_>>().join(", "));
    Err(SupplyError::LimitsDiverged { limits: worst, iterations: MAX_ITERATIONS, residual: miss })
}

/// One semismooth Newton step on `min(mu, log K - log Q) = 0`: limits that bind, or would without their price, move to equality;
/// the shadow prices of the others go to zero.
fn advance(shadow_price: &mut [f64], over: &[f64], used: &[f64], response: &DMatrix<f64>) {
    // d log Q_g / d mu_h.
    let slope = |g: usize, h: usize| response[(g, h)] / used[g];
    let active: Vec<usize> = (0..over.len()).filter(|&g| shadow_price[g] + over[g] / slope(g, g).abs() > 0.0).collect();
    let inactive = |g: &usize| !active.contains(g);
    let matrix = DMatrix::from_fn(active.len(), active.len(), |a, b| slope(active[a], active[b]));
    // Inactive prices move to zero, and the active must make up for that.
    let right = DVector::from_fn(active.len(), |a, _| {
        let freed: f64 = (0..over.len()).filter(inactive).map(|h| slope(active[a], h) * shadow_price[h]).sum();
        freed - over[active[a]]
    });
    let step = matrix.clone().lu().solve(&right).filter(|step| step.iter().all(|s| s.is_finite()));
    for (a, &g) in active.iter().enumerate() {
        // Where limits are collinear each takes its own step.
        let change = step.as_ref().map_or(right[a] / matrix[(a, a)], |step| step[a]);
        shadow_price[g] = (shadow_price[g] + change).max(0.0);
    }
    (0..over.len()).filter(inactive).for_each(|g| shadow_price[g] = 0.0);
}
