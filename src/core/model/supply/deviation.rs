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
//! where M_ij is the mean margin, as the owner counts it, of what the buyer takes instead: one exponential a buyer and price.
//!
//! *Where no price can gain.* With a_i g(p) what a dollar more is felt as, r what the maker keeps of it and o = s / (1 - s), what buyer i brings,
//! `s (m - M)`, falls from p on where `a g (1 - s) (m - M) >= r`, and rises up to p where not; at its highest point, where the two are equal, it is
//! `(r / a g) o` and `(m - M) - r / a g`, which p bounds on either side. So with each buyer at the best he could be beyond p,
//!
//! ```text
//! profit at any higher price <= sum_i w_i [ M + max(s (m - M), (r / a g) o) ]
//! profit at any lower price  <= sum_i w_i [ M + max(s (m - M), (m - M) - r / a g) ]
//! ```
//!
//! where demand is not bent, or bent so that a dear car deters more (lambda of 1 and above). The search walks away from the price given and ends where
//! a bound says that nothing beyond gains, which is mostly soon.
//!
//! Where cost rises with volume margins move with the price, and profit is worked out anew from the shares of all products: J times the work. Cost is
//! convex there, so no move gains more than at the marginal costs of the volumes given: where that finds nothing there is nothing.

use super::{PriceProblem, RisingCost, SupplyError};
use crate::model::demand::kernel::choice::Instructions;
use crate::model::demand::kernel::relative::relative_exponentials;
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
/// Where the price given may be the highest point near it: steps in its logarithm, as parts of the grid's, at which that is seen. What
/// the smallest would overlook gains less than [`SMALLEST_GAIN`].
const BESIDE: [f64; 4] = [3e-4, 0.05, 0.35, 0.7];
/// What is lost at them is more than this part of profit, or it is looked at closely.
const ROUNDING: f64 = 1e-13;

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
    let Some(rising) = problem.rising else { return at_constant_cost(problem, prices, products) };
    // Of loyal buyers volumes are those of whom they own, so that the bound does not hold to the bit: all are tried.
    let tried = if problem.demand.owned.is_some() {
        products.iter().map(|_| true).collect()
    } else {
        let cost = problem.marginal_cost(prices);
        let constant = PriceProblem { cost: &cost, rising: None, ..*problem };
        at_constant_cost(&constant, prices, products)?.iter().map(Option::is_some).collect::<Vec<_>>()
    };
    let each = |(j, tried): (&usize, bool)| {
        let mut moved = prices.to_vec();
        let profit = |price| {
            moved[*j] = price;
            Tried::alone(profit_at(problem, rising, *j, &moved))
        };
        tried.then(|| best(*j, prices[*j], profit)).flatten()
    };
    Ok(products.iter().zip(tried).map(each).collect())
}

fn at_constant_cost(
    problem: &PriceProblem,
    prices: &[f64],
    products: &[usize],
) -> Result<Vec<Option<Deviation>>, SupplyError> {
    if problem.demand.owned.is_some() {
        let (population, table) = problem.demand.expand()?;
        let plain = ExpectedDemand { population: &population, products: &table, owned: None, ..problem.demand.clone() };
        return at_constant_cost(&PriceProblem { demand: &plain, ..*problem }, prices, products);
    }
    let instructions = Instructions::detect();
    let mut odds = vec![0.0; problem.demand.population.len()];
    let each = |(&j, buyers): (&usize, &Choices)| {
        best(j, prices[j], |price| buyers.profit(problem, j, price, instructions, &mut odds))
    };
    Ok(products.iter().zip(&choices(problem, prices, products)).map(each).collect())
}

/// What one product's price changes for each buyer.
#[derive(Clone, Default)]
struct Choices {
    weight: Vec<f64>,
    response: Vec<f64>,
    /// x at a felt price of zero.
    at_zero: Vec<f64>,
    /// M.
    instead: Vec<f64>,
}

/// The choices of all buyers about each of `products`.
fn choices(problem: &PriceProblem, prices: &[f64], products: &[usize]) -> Vec<Choices> {
    let (demand, ownership) = (problem.demand, problem.ownership);
    let margin = problem.margins(prices);
    let felt = demand.products.felt_prices(prices);
    let count = prices.len();
    let mut all = vec![Choices::default(); products.len()];
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
            choices.weight.push(buyer.weight());
            choices.response.push(buyer.price_response());
            choices.at_zero.push(free - highest - elementary::ln(rest.max(f64::MIN_POSITIVE)));
            choices.instead.push(if rest > 0.0 { rest_earned / rest } else { 0.0 });
        }
    }
    all
}

/// Profit of an owner at a price, and the most that any price above it and any below it could bring.
#[derive(Clone, Copy, Debug)]
struct Tried {
    profit: f64,
    above: f64,
    below: f64,
}

impl Tried {
    /// A profit of which nothing is known beyond it.
    fn alone(profit: f64) -> Self {
        Self { profit, above: f64::INFINITY, below: f64::INFINITY }
    }
}

/// Buyers that are added up side by side, in one order on every machine.
const LANES: usize = 8;

impl Choices {
    /// Profit of the owner of product j at a price of it. `against` is room for a number a buyer.
    fn profit(
        &self,
        problem: &PriceProblem,
        j: usize,
        price: f64,
        instructions: Instructions,
        against: &mut [f64],
    ) -> Tried {
        let (duty, products) = (problem.duty[j], problem.demand.products);
        let felt = products.felt_price(j, price);
        let margin = duty.retained * price - (problem.cost[j] + duty.fixed);
        let (known, slope) = match products.curvature() {
            None => (true, 1.0),
            Some(curved) => (curved.lambda() >= 1.0, curved.slope(j, price)),
        };
        let kept = duty.retained / slope;
        for ((against, response), at_zero) in against.iter_mut().zip(&self.response).zip(&self.at_zero) {
            *against = response * felt - at_zero;
        }
        // (1 - s) / s of each buyer.
        instructions.exp_in_place(against);
        let mut sums = [[0.0; LANES]; 3];
        let chunks = against.chunks(LANES).zip(self.weight.chunks(LANES));
        let chunks = chunks.zip(self.response.chunks(LANES)).zip(self.instead.chunks(LANES));
        for (((against, weight), response), instead) in chunks {
            for lane in 0..against.len() {
                let (against, instead) = (against[lane], instead[lane]);
                let share = 1.0 / (1.0 + against);
                let (more, at_best) = (margin - instead, kept / response[lane]);
                let brought = share * more;
                sums[0][lane] += weight[lane] * (brought + instead);
                sums[1][lane] += weight[lane] * (brought.max(at_best / against) + instead);
                sums[2][lane] += weight[lane] * (brought.max(more - at_best) + instead);
            }
        }
        let [profit, above, below] = sums.map(|lanes| lanes.iter().sum::<f64>());
        if known { Tried { profit, above, below } } else { Tried::alone(profit) }
    }
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

fn best(j: usize, price: f64, mut profit: impl FnMut(f64) -> Tried) -> Option<Deviation> {
    let now = profit(price).profit;
    let enough = now + SMALLEST_GAIN * now.abs();
    let mut at = |log: f64| profit(price * elementary::exp(log));
    let (low, high) = (elementary::ln(LOWEST), elementary::ln(HIGHEST));
    let step = (high - low) / (GRID - 1) as f64;
    let log_of = |k: usize| low + step * k as f64;
    let first_above = (0..GRID).find(|&k| log_of(k) >= 0.0).unwrap_or(GRID);
    // Upwards, past the upper end where profit still rises there; then downwards.
    let mut above: Vec<f64> = Vec::new();
    for k in first_above..MOST {
        let tried = at(log_of(k));
        let rises = above.last().is_none_or(|last| tried.profit > *last);
        above.push(tried.profit);
        if tried.above <= enough || (k + 1 >= GRID && !rises) {
            break;
        }
    }
    let mut below: Vec<f64> = Vec::new();
    for k in (0..first_above).rev() {
        let tried = at(log_of(k));
        below.push(tried.profit);
        if tried.below <= enough {
            break;
        }
    }
    let first = first_above - below.len();
    let grid: Vec<f64> = below.into_iter().rev().chain(above).collect();
    let neighbour = |k: Option<usize>| k.and_then(|k| grid.get(k)).copied().unwrap_or(f64::NEG_INFINITY);
    let peaks: Vec<usize> = (0..grid.len())
        .filter(|&k| grid[k] >= neighbour(k.checked_sub(1)) && grid[k] >= neighbour(Some(k + 1)))
        .collect();
    // Near the price given the highest point is mostly that price.
    let lost = now - ROUNDING * now.abs();
    let mut beside = || BESIDE.iter().flat_map(|part| [-part * step, part * step]).all(|log| at(log).profit < lost);
    let given_is_highest = grid.iter().all(|profit| *profit <= now) && beside();
    let mut found: Vec<(f64, f64)> = Vec::new();
    for k in peaks {
        let centre = log_of(first + k);
        if given_is_highest && centre.abs() <= step {
            continue;
        }
        let narrowed = golden(&mut |log| at(log).profit, (centre - step).max(low), centre + step);
        found.push([(centre, grid[k]), narrowed].into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(narrowed));
    }
    let (log, most) = found.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::demand::{BuyerColumns, Execution, Population, Products};
    use crate::model::supply::{DutyTerms, Ownership};

    /// Buyers whose price responses are far apart, two makers of two products each, one holding a part of the other.
    fn tried_at(lambda: f64, prices: [f64; 4], check: impl Fn(&PriceProblem, &[f64])) {
        let count = 60;
        let spread = |i: usize| (i as f64 * 0.618).fract();
        let response: Vec<f64> = (0..count).map(|i| 0.02 + 2.5 * spread(i) * spread(i)).collect();
        let taste: Vec<f64> = (0..count).map(|i| 4.0 * spread(3 * i + 1) - 2.0).collect();
        let population = Population::new(BuyerColumns {
            weight: &vec![1.0 / count as f64; count],
            price_response: &response,
            outside_utility: None,
            tastes: &[taste.as_slice()],
        })
        .unwrap();
        let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let mut products = Products::new(names, &[&[1.0, 0.0, 1.0, 0.3]]).unwrap();
        if lambda != 1.0 {
            products = products.with_curvature(lambda, &[3.0, 3.5, 4.0, 4.5]).unwrap();
        }
        let demand =
            ExpectedDemand::new(&population, &products, &[2.0, 1.5, 2.5, 2.0], None, Execution::SERIAL).unwrap();
        let firms = vec!["x".to_owned(), "y".to_owned()];
        let ownership = Ownership::with_holdings(firms, vec![0, 0, 1, 1], vec![1.0, 0.25, 0.0, 1.0]).unwrap();
        let duty = [DutyTerms::NONE, DutyTerms { retained: 0.8, fixed: 0.1 }, DutyTerms::NONE, DutyTerms::NONE];
        let cost = [1.5, 1.2, 2.0, 2.2];
        let problem = PriceProblem { demand: &demand, ownership: &ownership, cost: &cost, duty: &duty, rising: None };
        check(&problem, &prices);
    }

    /// No profit on a fine grid is above the bound of a price below it, nor below it of one above; and profit is that of shares.
    #[test]
    fn bounds_hold_at_every_price_beyond() {
        for lambda in [1.0, 1.7] {
            tried_at(lambda, [3.0, 3.6, 4.1, 4.4], |problem, prices| {
                let all: Vec<usize> = (0..4).collect();
                let mut against = vec![0.0; problem.demand.population.len()];
                for (&j, buyers) in all.iter().zip(&choices(problem, prices, &all)) {
                    let grid: Vec<f64> = (0..400).map(|k| prices[j] * 0.3 * 1.015_f64.powi(k)).collect();
                    let mut at = |price| buyers.profit(problem, j, price, Instructions::portable(), &mut against);
                    let tried: Vec<Tried> = grid.iter().map(|price| at(*price)).collect();
                    for (k, of) in tried.iter().enumerate() {
                        let most = |some: &[Tried]| some.iter().map(|of| of.profit).fold(f64::NEG_INFINITY, f64::max);
                        let rounding = 1e-12 * of.profit.abs().max(1.0);
                        assert!(most(&tried[k..]) <= of.above + rounding, "{j} {k} {of:?}");
                        assert!(most(&tried[..=k]) <= of.below + rounding, "{j} {k} {of:?}");
                    }
                    let bounded = tried.iter().filter(|of| of.above < most_of(&tried)).count();
                    assert!(bounded > 20, "the bound above says nothing of {j}");
                    let mut moved = prices.to_vec();
                    moved[j] = grid[100];
                    let (share, margin) = (problem.demand.shares(&moved).product, problem.margins(&moved));
                    let direct: f64 = (0..4).map(|m| problem.ownership.weight(j, m) * share[m] * margin[m]).sum();
                    assert!((tried[100].profit - direct).abs() < 1e-12 * direct.abs().max(1.0), "{j}");
                }
            });
        }
    }

    fn most_of(tried: &[Tried]) -> f64 {
        tried.iter().map(|of| of.profit).fold(f64::NEG_INFINITY, f64::max)
    }

    /// What a walk that ends early finds is the best of a fine grid over the whole range, also from prices that are no equilibrium.
    #[test]
    fn the_best_price_is_that_of_a_fine_grid() {
        for (lambda, prices) in [
            (1.0, [3.0, 3.6, 4.1, 4.4]),
            (1.0, [2.0, 9.0, 40.0, 2.5]),
            (1.7, [3.0, 3.6, 4.1, 4.4]),
            (0.6, [3.0, 3.6, 4.1, 4.4]),
        ] {
            tried_at(lambda, prices, |problem, prices| {
                let all: Vec<usize> = (0..4).collect();
                let found = best_deviations(problem, prices, &all).unwrap();
                let mut against = vec![0.0; problem.demand.population.len()];
                for ((&j, found), buyers) in all.iter().zip(found).zip(&choices(problem, prices, &all)) {
                    let mut at =
                        |price| buyers.profit(problem, j, price, Instructions::portable(), &mut against).profit;
                    let (now, high) = (at(prices[j]), prices[j] * HIGHEST);
                    let grid =
                        (0..20_000).map(|k| prices[j] * LOWEST + (high - prices[j] * LOWEST) * f64::from(k) / 2e4);
                    let best = grid.map(&mut at).fold(f64::NEG_INFINITY, f64::max);
                    let gain = found.map_or(0.0, |found| found.gain);
                    assert!(now + gain >= best - 1e-6 * best.abs(), "{lambda} {j}: {now} + {gain} against {best}");
                }
            });
        }
    }
}
