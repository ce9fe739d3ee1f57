//! Capacity, quotas and voluntary restraints: limits on what a set of products may sell, with the shadow price that clears them.
//!
//! A limit on the set G is a complementarity condition: a shadow price mu >= 0 that enters the unit cost of every product in G,
//! `sum_{j in G} s_j <= K`, and one of the two with equality. It is a maker's own capacity when G is what one plant makes, and
//! the price of a licence when G spans makers; the licence is then tradable among them. A holder of a part of another maker
//! counts the shadow price as that maker's cost. Who receives the rent `mu K` is for the accounts to say.
//!
//! Where limits depend on one another (the same products twice, or the parts of a set and the set itself) only the sum of
//! shadow prices on each product is determined. Of all that agree the ones of least squares are given: equal limits share.

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
    /// Whether limits that bind depend on one another, so that their shadow prices are shared out.
    pub shared: bool,
    /// Steps in shadow prices.
    pub iterations: usize,
}

/// Largest relative miss of a binding limit.
pub const TOLERANCE: f64 = 1e-11;
/// Steps in shadow prices before the search is given up.
const MAX_ITERATIONS: usize = 80;
/// Rounds of Gauss-Seidel in one step, for limits that depend on one another.
const MAX_ROUNDS: usize = 20_000;
/// Singular values below this count as zero: the matrices hold zeros and ones.
const SINGULAR: f64 = 1e-9;
/// |log use - log limit| up to which a limit counts as binding when shadow prices are shared out.
const SHARED: f64 = 1e-9;
/// Buyers on whom the response of sales to shadow prices is measured: it only steers, and every step mends it by what it saw.
const STEERING_BUYERS: usize = 512;
/// A step that leaves more of the miss than this has the response measured anew.
const SLOW: f64 = 0.5;

/// Equilibrium prices under limits, found from `start`.
///
/// # Errors
/// [`SupplyError::Limit`] for a limit that no sale can meet or that names no product, [`SupplyError::LimitsDiverged`], and
/// whatever [`equilibrium`] returns.
pub fn equilibrium_with_limits(
    problem: &PriceProblem,
    limits: &[Limit],
    start: &[f64],
    options: PricingOptions<'_>,
) -> Result<LimitedEquilibrium, SupplyError> {
    problem.check()?;
    for limit in limits {
        let known = limit.products.iter().all(|&j| j < problem.cost.len());
        if limit.share.is_nan() || limit.share <= 0.0 || limit.products.is_empty() || !known {
            return Err(SupplyError::Limit { limit: limit.name.clone(), share: limit.share });
        }
    }
    let groups: Vec<&[usize]> = limits.iter().map(|limit| limit.products.as_slice()).collect();
    let incidence = incidence(&groups, problem.cost.len());
    let independent = rank(&incidence) == limits.len();
    let mut shadow_price = vec![0.0; limits.len()];
    let mut prices = start.to_vec();
    let mut miss = f64::INFINITY;
    let mut steering: Option<Steering> = None;
    // Second order is checked where the limits are met.
    let on_the_way = PricingOptions { second_order: false, ..options };
    for iterations in 0..MAX_ITERATIONS {
        let cost = shadowed(problem.cost, limits, &shadow_price);
        let shadowed = PriceProblem { cost: &cost, ..*problem };
        let mut found = equilibrium(&shadowed, &prices, on_the_way)?;
        let met = |found: &Equilibrium| {
            let used: Vec<f64> = groups.iter().map(|group| group.iter().map(|&j| found.share[j]).sum()).collect();
            // How far each limit is from slack or price: log use over limit where it binds, use above the limit where it does not.
            let over: Vec<f64> =
                used.iter().zip(limits).map(|(used, limit)| elementary::ln(used / limit.share)).collect();
            let each = over.iter().zip(&shadow_price);
            let missed = each.map(|(&over, &mu)| if mu > 0.0 { over.abs() } else { over.max(0.0) });
            let miss = missed.fold(0.0, f64::max);
            (used, over, miss)
        };
        let (mut used, mut over, missed) = met(&found);
        let slow = missed > SLOW * miss;
        miss = missed;
        if miss <= TOLERANCE && options.second_order {
            found = equilibrium(&shadowed, &found.price, options)?;
            (used, over, miss) = met(&found);
        }
        if miss <= TOLERANCE {
            let binding: Vec<usize> = (0..limits.len()).filter(|&g| over[g].abs() <= SHARED).collect();
            let rows = incidence.select_rows(&binding);
            let shared = rank(&rows) < binding.len();
            if shared {
                share_out(&rows, &binding, &mut shadow_price);
            }
            return Ok(LimitedEquilibrium { equilibrium: found, shadow_price, used, shared, iterations });
        }
        prices.clone_from(&found.price);
        let known = steering.take().filter(|_| !slow).map(|steering| steering.seen(&shadow_price, &over));
        let slope = match known {
            Some(slope) => slope,
            None => {
                let linear = Linearised::at(&shadowed, &prices, Some(STEERING_BUYERS))?.holding(options.held);
                let response = linear.group_response(&groups).ok_or(SupplyError::Singular)?;
                DMatrix::from_fn(limits.len(), limits.len(), |g, h| response[(g, h)] / used[g])
            }
        };
        let before = DVector::from_column_slice(&shadow_price);
        if independent {
            advance(&mut shadow_price, &over, &slope);
        } else {
            complement(&mut shadow_price, &over, &slope);
        }
        steering = Some(Steering { slope, shadow_price: before, over: DVector::from_vec(over) });
    }
    let limits = limits.iter().map(|limit| limit.name.as_str()).collect::<Vec<_>>().join(", ");
    Err(SupplyError::LimitsDiverged { limits, iterations: MAX_ITERATIONS, residual: miss })
}

/// Costs with the shadow prices of limits.
pub(super) fn shadowed(cost: &[f64], limits: &[Limit], shadow_price: &[f64]) -> Vec<f64> {
    let mut cost = cost.to_vec();
    for (limit, mu) in limits.iter().zip(shadow_price) {
        limit.products.iter().for_each(|&j| cost[j] += mu);
    }
    cost
}

/// How sales respond to shadow prices, d log Q_g / d mu_h, with the point where that was last seen.
struct Steering {
    slope: DMatrix<f64>,
    shadow_price: DVector<f64>,
    over: DVector<f64>,
}

impl Steering {
    /// The slope changed as little as agrees with what the step to this point did (Broyden 1965).
    fn seen(self, shadow_price: &[f64], over: &[f64]) -> DMatrix<f64> {
        let step = DVector::from_column_slice(shadow_price) - self.shadow_price;
        let seen = DVector::from_column_slice(over) - self.over;
        let square = step.norm_squared();
        if square == 0.0 {
            return self.slope;
        }
        let missing = (seen - &self.slope * &step) / square;
        self.slope + missing * step.transpose()
    }
}

/// Limits x products: 1 where the limit covers the product.
fn incidence(groups: &[&[usize]], products: usize) -> DMatrix<f64> {
    DMatrix::from_fn(groups.len(), products, |g, j| if groups[g].contains(&j) { 1.0 } else { 0.0 })
}

fn rank(rows: &DMatrix<f64>) -> usize {
    if rows.is_empty() { 0 } else { rows.clone().svd(false, false).rank(SINGULAR) }
}

/// One step for limits that depend on one another: shadow prices at or above zero that meet the limits to first order, each
/// with equality or a shadow price of zero (projected Gauss-Seidel).
fn complement(shadow_price: &mut [f64], over: &[f64], slope: &DMatrix<f64>) {
    let slope = |g: usize, h: usize| slope[(g, h)];
    let before = shadow_price.to_vec();
    for _ in 0..MAX_ROUNDS {
        let mut moved: f64 = 0.0;
        for g in 0..over.len() {
            let change: f64 = (0..over.len()).map(|h| slope(g, h) * (shadow_price[h] - before[h])).sum();
            let next = (shadow_price[g] + (over[g] + change) / slope(g, g).abs()).max(0.0);
            moved = moved.max((next - shadow_price[g]).abs() / next.max(shadow_price[g]).max(f64::MIN_POSITIVE));
            shadow_price[g] = next;
        }
        if moved <= 1e-13 {
            break;
        }
    }
}

/// Shadow prices of least squares with the same sum on every product; `rows` are the limits that bind. Where that would need
/// one below zero, limits are left out in turn; where no sum is left the same, nothing changes.
fn share_out(rows: &DMatrix<f64>, binding: &[usize], shadow_price: &mut [f64]) {
    let on_products = rows.tr_mul(&DVector::from_fn(binding.len(), |b, _| shadow_price[binding[b]]));
    let scale = on_products.amax();
    let mut kept: Vec<usize> = (0..binding.len()).collect();
    while !kept.is_empty() {
        let columns = rows.select_rows(&kept).transpose();
        let Ok(least) = columns.clone().svd(true, true).solve(&on_products, SINGULAR) else { return };
        if (&columns * &least - &on_products).amax() > 1e-12 * scale {
            return;
        }
        let lowest = least.imin();
        if least[lowest] >= -1e-13 * scale {
            binding.iter().for_each(|&g| shadow_price[g] = 0.0);
            kept.iter().zip(least.iter()).for_each(|(&b, least)| shadow_price[binding[b]] = least.max(0.0));
            return;
        }
        kept.remove(lowest);
    }
}

/// One semismooth Newton step on `min(mu, log K - log Q) = 0`: limits that bind, or would without their price, move to equality;
/// the shadow prices of the others go to zero.
fn advance(shadow_price: &mut [f64], over: &[f64], slope: &DMatrix<f64>) {
    let slope = |g: usize, h: usize| slope[(g, h)];
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
