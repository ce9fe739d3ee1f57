//! Welfare: what buyers, makers and the treasury have, and how concentrated the market is.
//!
//! Consumer surplus of buyer i is the expected value of the best option over the marginal utility of money,
//! `ln(exp(V_i0) + sum_j exp(V_ij)) / a_i` (Small and Rosen 1981), without a constant of integration: only differences mean
//! something. Everything is per unit of the buyers' weights, in the unit of prices. Where demand is curved these are dollars at the
//! slope of base-year prices: with lambda above 1 a dear car costs its buyer more than his outlay, and the excess is resentment.

use crate::model::demand::loyalty::BuyerExponentials;
use crate::model::demand::{DemandError, ExpectedDemand, check_per_product};
use crate::model::supply::DutyTerms;
use crate::numerics::elementary;

/// Surplus of each buyer, not weighted; of loyal buyers, expected over the brands they may own.
///
/// # Errors
/// When prices do not fit the products.
pub fn surplus_by_buyer(demand: &ExpectedDemand, prices: &[f64]) -> Result<Vec<f64>, DemandError> {
    check_per_product(demand.products, "price", prices)?;
    let felt = demand.products.felt_prices(prices);
    let surplus = |i: usize| {
        let buyer = demand.population.buyer(i);
        let sums = BuyerExponentials::of(buyer, demand.products, demand.delta, &felt);
        let relative = match demand.owned {
            None => log_sum(&sums, 0.0),
            Some(owned) => {
                let of_owner = |b: Option<usize>| {
                    let bonus = b.map_or(0.0, |b| demand.products.loyalty()[b] * sums.brand[b]);
                    owned.weight(i, b) * log_sum(&sums, bonus)
                };
                let brands = (0..sums.brand.len()).map(Some).chain([None]);
                let weights: f64 = brands.clone().map(|b| owned.weight(i, b)).sum();
                if weights > 0.0 { brands.map(of_owner).sum::<f64>() / weights } else { log_sum(&sums, 0.0) }
            }
        };
        (sums.highest_utility + relative) / buyer.price_response()
    };
    Ok((0..demand.population.len()).map(surplus).collect())
}

/// ln(A + bonus), relative to the highest utility; keeps its digits where nearly everybody stays outside.
fn log_sum(sums: &BuyerExponentials, bonus: f64) -> f64 {
    let total = sums.total + bonus;
    let inside = sums.brand.iter().sum::<f64>() + bonus;
    if sums.outside < 1.0 || total == 1.0 {
        return if total == 1.0 { inside } else { elementary::ln(total) };
    }
    // ln(1 + x) = x ln(u) / (u - 1) with u = 1 + x rounded (Goldberg 1991, theorem 4).
    inside * elementary::ln(total) / (total - 1.0)
}

/// Total consumer surplus `sum_i w_i CS_i`.
///
/// # Errors
/// When prices do not fit the products.
pub fn consumer_surplus(demand: &ExpectedDemand, prices: &[f64]) -> Result<f64, DemandError> {
    let by_buyer = surplus_by_buyer(demand, prices)?;
    Ok(by_buyer.iter().enumerate().map(|(i, surplus)| demand.population.buyer(i).weight() * surplus).sum())
}

/// Where the money paid for one product goes, per unit of the buyers' weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProductAccount {
    /// What buyers pay.
    pub outlay: f64,
    /// Cost of production.
    pub cost: f64,
    /// Duty collected.
    pub duty: f64,
    /// What the maker keeps: `outlay - cost - duty`.
    pub profit: f64,
}

/// The account of a product sold at `price` to a `share` of the buyers. Profit is formed as `share x (r p - c - d)`, so that
/// `outlay = cost + duty + profit` is a check and not a definition.
#[must_use]
pub fn account(price: f64, share: f64, marginal_cost: f64, duty: DutyTerms) -> ProductAccount {
    ProductAccount {
        outlay: price * share,
        cost: marginal_cost * share,
        duty: duty.per_unit(price) * share,
        profit: (duty.retained * price - (marginal_cost + duty.fixed)) * share,
    }
}

/// Herfindahl-Hirschman index of the owners' shares among what is sold: 10,000 for one owner.
#[must_use]
pub fn herfindahl(share: &[f64], owner: &[usize], owners: usize) -> f64 {
    let sold: f64 = share.iter().sum();
    let mut by_owner = vec![0.0; owners];
    share.iter().zip(owner).for_each(|(share, &owner)| by_owner[owner] += share);
    10_000.0 * by_owner.iter().map(|share| (share / sold) * (share / sold)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_money_paid_is_all_accounted_for() {
        let account = account(30.0, 0.1, 20.0, DutyTerms { retained: 0.8, fixed: 1.5 });
        assert!((account.outlay - account.cost - account.duty - account.profit).abs() < 1e-15);
        assert!((account.duty - 0.75).abs() < 1e-15);
    }

    #[test]
    fn herfindahl_of_equal_owners_is_their_inverse_number() {
        assert!((herfindahl(&[0.1, 0.05, 0.05], &[0, 1, 1], 2) - 5_000.0).abs() < 1e-10);
        assert_eq!(herfindahl(&[0.1], &[0], 1), 10_000.0);
    }
}
