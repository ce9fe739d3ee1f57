//! Quotas where prices do not come from first-order conditions: one dollar amount a car, kept by the sellers, that brings
//! expected demand down to what is allowed.
//!
//! ```text
//! p_j = p0_j + g_j sum_{G with j in G} mu_G        mu_G >= 0,  sum_{j in G} s_j(p) <= K_G,  one of the two with equality
//! ```
//!
//! g_j is what a dollar to the seller adds to the consumer's price (above one where the duty follows the producer's price).
//! Demand for a set falls in its own amount and rises in the others', so clearing one quota after the other, from below,
//! converges (Rheinboldt 1970: nonlinear Gauss-Seidel on an M-function).

use super::{Limit, SupplyError};
use crate::model::demand::ExpectedDemand;
use crate::numerics::elementary;

/// Largest |log use - log limit| of a quota that binds.
pub const TOLERANCE: f64 = 1e-12;
/// Rounds over all quotas, evaluations in each search, and doublings of its upper bound.
const MAX_ROUNDS: usize = 200;
const MAX_STEPS: usize = 200;
const MAX_DOUBLINGS: usize = 60;
/// First upper bound of a shadow price, as a part of the mean price.
const FIRST_BOUND: f64 = 0.1;

/// A quota at the prices set.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleared {
    /// Name of the quota.
    pub quota: String,
    /// Shadow price, in the unit of prices; zero where the quota is slack.
    pub shadow_price: f64,
    /// Sum of expected shares under it.
    pub used: f64,
    /// What it allows.
    pub allowed: f64,
    /// Evaluations of demand, or steps in shadow prices where prices are an equilibrium.
    pub steps: usize,
    /// |log used - log allowed| where it binds; what it is exceeded by, if anything, where it is slack.
    pub residual: f64,
}

impl Cleared {
    /// A quota that uses this share at this shadow price.
    #[must_use]
    pub fn new(limit: &Limit, shadow_price: f64, used: f64, steps: usize) -> Self {
        let over = elementary::ln(used / limit.share);
        let residual = if shadow_price > 0.0 { over.abs() } else { over.max(0.0) };
        Self { quota: limit.name.clone(), shadow_price, used, allowed: limit.share, steps, residual }
    }
}

/// Raises `prices` until expected demand respects all quotas; `gross` is g, one value for each product.
///
/// # Errors
/// [`SupplyError::Limit`] for a quota that no sale can meet, [`SupplyError::LimitsDiverged`].
pub fn clear(
    demand: &ExpectedDemand,
    quotas: &[Limit],
    gross: &[f64],
    prices: &mut [f64],
) -> Result<Vec<Cleared>, SupplyError> {
    let count = prices.len();
    if let Some(bad) =
        quotas.iter().find(|q| q.share.is_nan() || q.share <= 0.0 || q.products.iter().any(|j| *j >= count))
    {
        return Err(SupplyError::Limit { limit: bad.name.clone(), share: bad.share });
    }
    let base = prices.to_vec();
    let mut shadow = vec![0.0; quotas.len()];
    let mut steps = vec![0; quotas.len()];
    let mut worst = f64::INFINITY;
    for _ in 0..MAX_ROUNDS {
        demand.execution.stop.check()?;
        let share = demand.shares(prices).product;
        let used = |quota: &Limit| quota.products.iter().map(|j| share[*j]).sum::<f64>();
        let cleared: Vec<Cleared> =
            (0..quotas.len()).map(|q| Cleared::new(&quotas[q], shadow[q], used(&quotas[q]), steps[q])).collect();
        worst = cleared.iter().map(|cleared| cleared.residual).fold(0.0, f64::max);
        if worst <= TOLERANCE {
            return Ok(cleared);
        }
        let before = shadow.clone();
        for (q, quota) in quotas.iter().enumerate() {
            let mut over = |mu: f64| {
                let others = |j: usize| {
                    let on_j = |(p, other): (usize, &Limit)| {
                        if p != q && other.products.contains(&j) { shadow[p] } else { 0.0 }
                    };
                    quotas.iter().enumerate().map(on_j).sum::<f64>()
                };
                for &j in &quota.products {
                    prices[j] = base[j] + gross[j] * (mu + others(j));
                }
                steps[q] += 1;
                let share = demand.shares(prices).product;
                elementary::ln(quota.products.iter().map(|j| share[*j]).sum::<f64>() / quota.share)
            };
            let mean = quota.products.iter().map(|j| base[*j]).sum::<f64>() / quota.products.len().max(1) as f64;
            let mu = root(&mut over, FIRST_BOUND * mean, 0.01 * TOLERANCE);
            // Leaves the prices at the root.
            over(mu);
            shadow[q] = mu;
        }
        if shadow == before {
            break; // as near as numbers come
        }
    }
    let limits = quotas.iter().map(|quota| quota.name.as_str()).collect::<Vec<_>>().join(", ");
    Err(SupplyError::LimitsDiverged { limits, iterations: MAX_ROUNDS, residual: worst })
}

/// The root of a falling function at or above zero; zero where it is not positive there. Regula falsi with Illinois'
/// correction inside a bracket, bisection where that leaves it, until a value is within `tolerance` of zero or no number is left.
pub(crate) fn root(f: &mut impl FnMut(f64) -> f64, first_bound: f64, tolerance: f64) -> f64 {
    let at_zero = f(0.0);
    if at_zero <= 0.0 {
        return 0.0;
    }
    let (mut low, mut f_low) = (0.0, at_zero);
    let mut high = first_bound;
    let mut f_high = f(high);
    for _ in 0..MAX_DOUBLINGS {
        if f_high <= 0.0 {
            break;
        }
        (low, f_low) = (high, f_high);
        high *= 2.0;
        f_high = f(high);
    }
    let mut kept_high = None;
    let mut best = (f64::INFINITY, high);
    for _ in 0..MAX_STEPS {
        let secant = (low * f_high - high * f_low) / (f_high - f_low);
        let mid = if secant > low && secant < high { secant } else { 0.5 * (low + high) };
        if mid <= low || mid >= high {
            break; // no number between them
        }
        let f_mid = f(mid);
        if f_mid.abs() < best.0 {
            best = (f_mid.abs(), mid);
        }
        if f_mid.abs() <= tolerance {
            break;
        }
        if f_mid > 0.0 {
            (low, f_low) = (mid, f_mid);
            if kept_high == Some(true) {
                f_high *= 0.5;
            }
            kept_high = Some(true);
        } else {
            (high, f_high) = (mid, f_mid);
            if kept_high == Some(false) {
                f_low *= 0.5;
            }
            kept_high = Some(false);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::demand::{BuyerColumns, Execution, Population, Products};

    /// Plain logit: with share s of one product, price response a and odds s / (1 - s) the amount that brings s to K is
    /// ln(odds(s) / odds(K)) / a.
    #[test]
    fn one_product_is_cleared_in_closed_form() {
        let population = Population::new(BuyerColumns {
            weight: &[1.0],
            price_response: &[1e-4],
            outside_utility: None,
            tastes: &[],
        })
        .unwrap();
        let products = Products::new(vec!["car".into()], &[]).unwrap();
        let demand = ExpectedDemand::new(&population, &products, &[3.0], None, Execution::SERIAL).unwrap();
        let share = demand.shares(&[30_000.0]).product[0];
        let odds = |s: f64| s / (1.0 - s);
        for part in [0.9, 0.5, 0.01] {
            let quota = Limit { name: "q".into(), products: vec![0], share: part * share };
            let exact = elementary::ln(odds(share) / odds(part * share)) / 1e-4;
            for gross in [1.0, 1.7] {
                let mut prices = [30_000.0];
                let cleared = clear(&demand, std::slice::from_ref(&quota), &[gross], &mut prices).unwrap();
                assert!((cleared[0].shadow_price * gross / exact - 1.0).abs() < 1e-11, "{part}: {cleared:?}");
                assert!((prices[0] - 30_000.0 - exact).abs() < 1e-11 * exact);
            }
        }
        let slack = Limit { name: "q".into(), products: vec![0], share };
        let mut prices = [30_000.0];
        assert_eq!(clear(&demand, &[slack], &[1.0], &mut prices).unwrap()[0].shadow_price, 0.0);
        assert_eq!(prices, [30_000.0]);
    }

    /// Two quotas that substitute for each other clear together; one of them binds only because of the other.
    #[test]
    fn quotas_clear_together() {
        let population = Population::new(BuyerColumns {
            weight: &[1.0],
            price_response: &[1e-4],
            outside_utility: None,
            tastes: &[],
        })
        .unwrap();
        let products = Products::new(vec!["a".into(), "b".into(), "c".into()], &[]).unwrap();
        let demand = ExpectedDemand::new(&population, &products, &[3.0, 2.0, 1.0], None, Execution::SERIAL).unwrap();
        let base = [30_000.0, 20_000.0, 10_000.0];
        let share = demand.shares(&base).product;
        let quotas = [
            Limit { name: "a".into(), products: vec![0], share: 0.5 * share[0] },
            Limit { name: "b and c".into(), products: vec![1, 2], share: 1.05 * (share[1] + share[2]) },
        ];
        let mut prices = base;
        let cleared = clear(&demand, &quotas, &[1.0; 3], &mut prices).unwrap();
        let after = demand.shares(&prices).product;
        assert!((after[0] / quotas[0].share - 1.0).abs() < 1e-11, "{cleared:?}");
        assert!(((after[1] + after[2]) / quotas[1].share - 1.0).abs() < 1e-11, "{cleared:?}");
        assert!(cleared.iter().all(|cleared| cleared.shadow_price > 0.0), "{cleared:?}");
        assert!((prices[1] - base[1] - (prices[2] - base[2])).abs() < 1e-9, "one amount for the set");
    }
}
