//! Whether an equilibrium holds against large changes of price: what the owner of a product could gain by moving that price
//! alone, anywhere between a fraction of it and many times it.
//!
//! First- and second-order conditions see a neighbourhood only. With buyers of two kinds a dear product may earn more from the
//! few who hardly mind its price than a cheap one from all. With the other prices given, buyer i chooses j at price p with
//!
//! ```text
//! s_ij(p) = 1 / (1 + exp(-x_ij(p)))        x_ij(p) = V_ij(p) - ln(sum of exp V over everything else)
//! profit(p) = sum_i w_i [ M_ij + s_ij(p) (m_j(p) - M_ij) ]
//! ```
//!
//! where M_ij is the mean margin, as the owner counts it, of what the buyer takes instead: one exponential a buyer and price. Where cost rises with volume
//! margins move with the price, and profit is worked out anew from the shares of all products: J times the work.

use super::{PriceProblem, RisingCost, SupplyError};
use crate::model::demand::kernel::scalar::relative_exponentials;
use crate::model::demand::{ExpectedDemand, check_per_product};
use crate::numerics::elementary;

/// The prices tried: these multiples of the price, on a grid even in logarithms.
const LOWEST: f64 = 0.3;
const HIGHEST: f64 = 20.0;
const GRID: usize = 64;
/// Points in all where profit still rises at the upper end: some 1e6 times the price.
const MOST: usize = 230;
/// Width to which a maximum is narrowed, in the logarithm of price.
const WIDTH: f64 = 1e-7;
/// Gains below this part of the owner's profit are rounding.
const SMALLEST_GAIN: f64 = 1e-9;

/// A price at which the owner of a product would earn more, all others unchanged.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    /// Number of the product.
    pub product: usize,
    /// The owner's best price of it.
    pub price: f64,
    /// Profit of the owner at the prices given, per unit of the buyers' weights.
    pub profit: f64,
    /// What it gains.
    pub gain: f64,
}

/// For each of `products`, the best price of it alone between 0.3 and 20 times the one given (and above, where profit still rises
/// there), where that gains anything.
///
/// Profit counts other owners' margins as holdings say, and what volumes cost where cost rises with them.
///
/// # Errors
/// When the problem or the prices do not fit.
pub fn best_deviations(
    problem: &PriceProblem,
    prices: &[f64],
    products: &[usize],
) -> Result<Vec<Option<Deviation>>, SupplyError> {
    problem.check()?;
    check_per_product(problem.demand.products, "price", prices)?;
    if let Some(rising) = problem.rising {
        let each = |j: &usize| {
            let mut tried = prices.to_vec();
            best(*j, prices[*j], |price| {
                tried[*j] = price;
                profit_at(problem, rising, *j, &tried)
            })
        };
        return Ok(products.iter().map(each).collect());
    }
    if problem.demand.owned.is_some() {
        let (population, table) = problem.demand.expand()?;
        let plain = ExpectedDemand { population: &population, products: &table, owned: None, ..problem.demand.clone() };
        return best_deviations(&PriceProblem { demand: &plain, ..*problem }, prices, products);
    }
    let buyers = rivals_of(problem, prices, products);
    Ok(products
        .iter()
        .zip(&buyers)
        .map(|(&j, buyers)| best(j, prices[j], |price| profit(problem, j, price, buyers)))
        .collect())
}

/// What one product's price changes for one buyer.
#[derive(Clone, Copy)]
struct Choice {
    weight: f64,
    response: f64,
    /// x at a felt price of zero.
    at_zero: f64,
    /// M.
    instead: f64,
}

/// The choices of all buyers about each of `products`.
fn rivals_of(problem: &PriceProblem, prices: &[f64], products: &[usize]) -> Vec<Vec<Choice>> {
    let (demand, ownership) = (problem.demand, problem.ownership);
    let margin = problem.margins(prices);
    let felt = demand.products.felt_prices(prices);
    let count = prices.len();
    let mut all = vec![Vec::with_capacity(demand.population.len()); products.len()];
    let mut e = vec![0.0; count];
    // Sums of e and of e times margin over the products of each owner.
    let mut earned = vec![0.0; ownership.firms()];
    for i in 0..demand.population.len() {
        let buyer = demand.population.buyer(i);
        let (outside, highest) = relative_exponentials(buyer, demand.products, demand.delta, &felt, &mut e);
        let total = outside + e.iter().sum::<f64>();
        earned.fill(0.0);
        (0..count).for_each(|m| earned[ownership.owners()[m]] += e[m] * margin[m]);
        for (choices, &j) in all.iter_mut().zip(products) {
            let owner = ownership.owners()[j];
            let holdings = &ownership.holdings()[owner * ownership.firms()..][..ownership.firms()];
            // Where a buyer hardly chooses anything else, the rest is summed afresh: a difference would be rounding.
            let (rest, rest_earned) = if e[j] < 0.5 * total {
                let held: f64 = holdings.iter().zip(&earned).map(|(part, earned)| part * earned).sum();
                (total - e[j], held - e[j] * margin[j])
            } else {
                let others = (0..count).filter(|&m| m != j);
                let held = |m: usize| ownership.weight(j, m) * e[m] * margin[m];
                others.fold((outside, 0.0), |(rest, earned), m| (rest + e[m], earned + held(m)))
            };
            let free = buyer.utility(demand.delta[j], demand.products.characteristics(j), 0.0);
            choices.push(Choice {
                weight: buyer.weight(),
                response: buyer.price_response(),
                at_zero: free - highest - elementary::ln(rest.max(f64::MIN_POSITIVE)),
                instead: if rest > 0.0 { rest_earned / rest } else { 0.0 },
            });
        }
    }
    all
}

/// Profit of the owner of product j at a price of it.
fn profit(problem: &PriceProblem, j: usize, price: f64, buyers: &[Choice]) -> f64 {
    let duty = problem.duty[j];
    let felt = problem.demand.products.felt_price(j, price);
    let margin = duty.retained * price - (problem.cost[j] + duty.fixed);
    let of = |buyer: &Choice| {
        let share = 1.0 / (1.0 + elementary::exp(buyer.response * felt - buyer.at_zero));
        buyer.weight * share.mul_add(margin - buyer.instead, buyer.instead)
    };
    buyers.iter().map(of).sum()
}

/// Profit of the owner of product j at prices of all, where cost rises with volume.
fn profit_at(problem: &PriceProblem, rising: &RisingCost, j: usize, prices: &[f64]) -> f64 {
    let share = problem.demand.shares(prices).product;
    let total = rising.total(&share);
    let of = |k: usize| {
        let duty = problem.duty[k];
        let per_car = duty.retained * prices[k] - duty.fixed - (problem.cost[k] - rising.unit_cost[k]);
        problem.ownership.weight(j, k) * (per_car * share[k] - total[k])
    };
    (0..prices.len()).map(of).sum()
}

fn best(j: usize, price: f64, mut profit: impl FnMut(f64) -> f64) -> Option<Deviation> {
    let now = profit(price);
    let mut at = |log: f64| profit(price * elementary::exp(log));
    let (low, high) = (elementary::ln(LOWEST), elementary::ln(HIGHEST));
    let step = (high - low) / (GRID - 1) as f64;
    let mut grid: Vec<f64> = (0..GRID).map(|k| at(low + step * k as f64)).collect();
    // Where profit still rises at the upper end, the search goes on to where it no longer does.
    while grid.len() < MOST && grid[grid.len() - 1] > grid[grid.len() - 2] {
        grid.push(at(low + step * grid.len() as f64));
    }
    let neighbour = |k: Option<usize>| k.and_then(|k| grid.get(k)).copied().unwrap_or(f64::NEG_INFINITY);
    let peaks =
        (0..grid.len()).filter(|&k| grid[k] >= neighbour(k.checked_sub(1)) && grid[k] >= neighbour(Some(k + 1)));
    let peaks = peaks.map(|k| {
        let centre = low + step * k as f64;
        let narrowed = golden(&mut at, (centre - step).max(low), centre + step);
        [(centre, grid[k]), narrowed].into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(narrowed)
    });
    let (log, most) = peaks.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let gain = most - now;
    let apart = log.abs() > 10.0 * WIDTH;
    (gain > SMALLEST_GAIN * now.abs() && apart).then(|| Deviation {
        product: j,
        price: price * elementary::exp(log),
        profit: now,
        gain,
    })
}

/// The maximum of a function with one peak between two points, by golden section: where, and its value.
fn golden(f: &mut impl FnMut(f64) -> f64, mut low: f64, mut high: f64) -> (f64, f64) {
    let ratio = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut a, mut b) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_a, mut at_b) = (f(a), f(b));
    while high - low > WIDTH {
        if at_a >= at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - ratio * (high - low);
            at_a = f(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + ratio * (high - low);
            at_b = f(b);
        }
    }
    if at_a >= at_b { (a, at_a) } else { (b, at_b) }
}
