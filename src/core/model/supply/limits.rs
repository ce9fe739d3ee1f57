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

use super::joint::{Joint, Move, Priced, followed};
use super::linear::Linearised;
use super::pricing::from_start;
use super::{Equilibrium, PriceProblem, PricingOptions, SupplyError, equilibrium};
use crate::model::fixed_point::SearchReport;
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
    /// The equilibrium; its margins are net of shadow prices, and its report counts what all searches on the way took.
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

/// Largest |log use - log limit| of a binding limit.
pub const TOLERANCE: f64 = 1e-11;
/// Steps in shadow prices before the search is given up.
const MAX_ITERATIONS: usize = 80;
/// Rounds of Gauss-Seidel in one step, for limits that depend on one another.
const MAX_ROUNDS: usize = 20_000;
/// Eigenvalues of products of rows of zeros and ones, relative to the largest, that count as zero.
const SINGULAR: f64 = 1e-9;
/// |log use - log limit| up to which a limit counts as binding when shadow prices are shared out.
const SHARED: f64 = 1e-9;
/// Buyers on whom the response of sales to shadow prices is measured: it only steers, and every step mends it by what it saw.
const STEERING_BUYERS: usize = 512;
/// A step that leaves more of the miss than this has the response measured anew.
const SLOW: f64 = 0.5;
/// Of the path of limits: how far they move at once at first and at least, in logs; steps in shadow prices for one move, and for all.
const FIRST_MOVE: f64 = 1.0;
const LAST_MOVE: f64 = 1e-3;
const STEPS_A_MOVE: usize = 12;
const STEPS_IN_ALL: usize = 400;
/// Shadow prices, as multiples of mean prices, at which the path may begin: none, or more where there is no equilibrium without.
const BEGINNINGS: [f64; 6] = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0];
/// Multiples of the starting prices from which they are looked for where prices and shadow prices move together: of several equilibria
/// without limits not each leads to one under them.
const STARTS: [f64; 3] = [1.0, 3.0, 0.5];
/// Evaluations after which no further beginning is looked for.
const MOST_TOGETHER: usize = 20_000;

/// Equilibrium prices under limits, found from `start`.
///
/// Newton steps in shadow prices from zero; where they lead nowhere, or there is no equilibrium without limits, the limits are moved from what
/// is sold at some shadow prices to what is allowed; at last so that prices and shadow prices move together (`joint`).
///
/// # Errors
/// [`SupplyError::Limit`] for a limit that no sale can meet or that names no product, [`SupplyError::LimitsDiverged`], and
/// whatever [`super::equilibrium`] returns.
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
    let allowed: Vec<f64> = limits.iter().map(|limit| limit.share).collect();
    let spent = SearchReport::default();
    let mut search = Search { problem, limits, groups, independent, options, anew: false, steps: 0, spent };
    let found = search.find(&allowed, start)?;
    let Met { equilibrium, mut shadow_price, used, over } = found;
    let binding: Vec<usize> = (0..limits.len()).filter(|&g| over[g].abs() <= SHARED).collect();
    let rows = incidence.select_rows(&binding);
    let shared = rank(&rows) < binding.len();
    if shared {
        share_out(&rows, &binding, &mut shadow_price);
    }
    let report = SearchReport { residual: equilibrium.report.residual, ..search.spent };
    let equilibrium = Equilibrium { report, ..equilibrium };
    Ok(LimitedEquilibrium { equilibrium, shadow_price, used, shared, iterations: search.steps })
}

/// An equilibrium at some shadow prices.
struct Met {
    equilibrium: Equilibrium,
    shadow_price: Vec<f64>,
    /// Sum of the shares under each limit, and its log over what is allowed.
    used: Vec<f64>,
    over: Vec<f64>,
}

impl Met {
    /// How far the worst limit is from slack or price: log use over limit where it binds, use above the limit where it does not.
    fn miss(&self) -> f64 {
        let each = self.over.iter().zip(&self.shadow_price);
        each.map(|(&over, &mu)| if mu > 0.0 { over.abs() } else { over.max(0.0) }).fold(0.0, f64::max)
    }

    /// Logs of what the limits would have to be for this to meet them, over what is allowed.
    fn over_limits(&self) -> Vec<f64> {
        let each = self.over.iter().zip(&self.shadow_price);
        each.map(|(&over, &mu)| if mu > 0.0 { over } else { over.max(0.0) }).collect()
    }
}

/// A search for shadow prices.
struct Search<'a> {
    problem: &'a PriceProblem<'a>,
    limits: &'a [Limit],
    groups: Vec<&'a [usize]>,
    independent: bool,
    options: PricingOptions<'a>,
    /// Whether a search for prices that leads nowhere begins again from above cost.
    anew: bool,
    /// Steps in shadow prices so far.
    steps: usize,
    /// What all searches for prices took.
    spent: SearchReport,
}

impl Search<'_> {
    /// Newton steps in shadow prices, then a path of limits, then prices and shadow prices moved together: each where the one before
    /// leads nowhere.
    fn find(&mut self, allowed: &[f64], start: &[f64]) -> Result<Met, SupplyError> {
        let error = match self.newton(allowed, &vec![0.0; allowed.len()], start, MAX_ITERATIONS) {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        let at_once = self.steps == 0;
        let left = match self.path(allowed, start) {
            Ok(found) => return Ok(found),
            Err(left) => left,
        };
        let above = self.held_above(allowed, start);
        let for_good = above.as_ref().is_some_and(|(_, for_good)| *for_good);
        if !for_good && let Some(found) = self.together(allowed, start) {
            return Ok(found);
        }
        Err(match above {
            Some((above, _)) => above,
            // What there is to say where there is no equilibrium without limits.
            None if at_once || left.is_nan() => error,
            None => self.diverged(left),
        })
    }

    /// The equilibrium at these shadow prices.
    fn met(
        &mut self,
        allowed: &[f64],
        shadow_price: &[f64],
        prices: &[f64],
        options: PricingOptions<'_>,
    ) -> Result<Met, SupplyError> {
        let cost = shadowed(self.problem.cost, self.limits, shadow_price);
        let solve = if self.anew { equilibrium } else { from_start };
        let found = solve(&PriceProblem { cost: &cost, ..*self.problem }, prices, options);
        let (iterations, evaluations) = match &found {
            Ok(found) => (found.report.iterations, found.report.evaluations),
            Err(SupplyError::NoEquilibrium { evaluations, .. }) => (0, *evaluations),
            Err(_) => (0, 0),
        };
        self.spent.iterations += iterations;
        self.spent.evaluations += evaluations;
        let equilibrium = found?;
        let used: Vec<f64> =
            self.groups.iter().map(|group| group.iter().map(|&j| equilibrium.share[j]).sum()).collect();
        let over = used.iter().zip(allowed).map(|(used, allowed)| elementary::ln(used / allowed)).collect();
        Ok(Met { equilibrium, shadow_price: shadow_price.to_vec(), used, over })
    }

    /// Newton steps from some shadow prices, so many at most.
    fn newton(&mut self, allowed: &[f64], from: &[f64], start: &[f64], most: usize) -> Result<Met, SupplyError> {
        let mut shadow_price = from.to_vec();
        let mut prices = start.to_vec();
        let mut miss = f64::INFINITY;
        let mut steering: Option<Steering> = None;
        // Second order is checked where the limits are met.
        let on_the_way = PricingOptions { second_order: false, ..self.options };
        for _ in 0..most {
            let mut found = self.met(allowed, &shadow_price, &prices, on_the_way)?;
            let missed = found.miss();
            let slow = missed > SLOW * miss;
            miss = missed;
            if miss <= TOLERANCE && self.options.second_order {
                found = self.met(allowed, &shadow_price, &found.equilibrium.price, self.options)?;
                miss = found.miss();
            }
            if miss <= TOLERANCE {
                return Ok(found);
            }
            let Met { equilibrium, used, over, .. } = found;
            prices = equilibrium.price;
            let known = steering.take().filter(|_| !slow).map(|steering| steering.seen(&shadow_price, &over));
            let slope = match known {
                Some(slope) => slope,
                None => self.slope(&shadow_price, &prices, &used)?,
            };
            let before = DVector::from_column_slice(&shadow_price);
            if self.independent {
                advance(&mut shadow_price, &over, &slope);
            } else {
                complement(&mut shadow_price, &over, &slope);
            }
            self.steps += 1;
            steering = Some(Steering { slope, shadow_price: before, over: DVector::from_vec(over) });
        }
        Err(self.diverged(miss))
    }

    /// d log Q_g / d mu_h.
    fn slope(&self, shadow_price: &[f64], prices: &[f64], used: &[f64]) -> Result<DMatrix<f64>, SupplyError> {
        let cost = shadowed(self.problem.cost, self.limits, shadow_price);
        let shadowed = PriceProblem { cost: &cost, ..*self.problem };
        let linear = Linearised::at(&shadowed, prices, Some(STEERING_BUYERS))?.holding(self.options.held);
        let response = linear.group_response(&self.groups).ok_or(SupplyError::Singular)?;
        Ok(DMatrix::from_fn(used.len(), used.len(), |g, h| response[(g, h)] / used[g]))
    }

    /// Every equilibrium is one under limits at what is sold in it. From such a one the limits move to what is allowed, each in proportion, so
    /// little at a time that Newton steps follow: from far away they overshoot to where nothing is sold, and know no way back.
    ///
    /// # Errors
    /// The miss of the worst limit where the path ends; NaN where it has no beginning.
    fn path(&mut self, allowed: &[f64], start: &[f64]) -> Result<Met, f64> {
        let from = BEGINNINGS.iter().find_map(|multiple| self.beginning(allowed, start, *multiple)).ok_or(f64::NAN)?;
        let over = from.over_limits();
        let most = self.steps + STEPS_IN_ALL;
        followed(allowed, &over, [FIRST_MOVE, LAST_MOVE], from, |moved, here| {
            if self.steps >= most {
                return Move::GivenUp;
            }
            let found = self.newton(moved, &here.shadow_price, &here.equilibrium.price, STEPS_A_MOVE);
            found.map_or(Move::Nowhere, Move::To)
        })
    }

    /// From beginnings of the same kind, reached from elsewhere too, with prices and shadow prices moved together.
    fn together(&mut self, allowed: &[f64], start: &[f64]) -> Option<Met> {
        self.anew = true;
        let options = PricingOptions { second_order: true, ..self.options };
        let held = |j: usize| options.held.get(j).copied().unwrap_or(false);
        let groups = self.groups.clone();
        let mut joint = Joint::new(self.problem, &groups, options.held, start);
        let most = self.spent.evaluations + MOST_TOGETHER;
        let mut begun: Vec<Vec<f64>> = Vec::new();
        for (factor, multiple) in STARTS.iter().flat_map(|factor| BEGINNINGS.map(|multiple| (*factor, multiple))) {
            let times = |(j, price): (usize, &f64)| if held(j) { *price } else { factor * price };
            let start: Vec<f64> = start.iter().enumerate().map(times).collect();
            if !joint.goes_on() || self.spent.evaluations > most {
                break;
            }
            let Some(here) = self.beginning(allowed, &start, multiple) else { continue };
            let price = &here.equilibrium.price;
            let known = |other: &Vec<f64>| other.iter().zip(price).all(|(a, b)| ((a - b) / b).abs() < 1e-8);
            if begun.iter().any(known) {
                continue;
            }
            begun.push(price.clone());
            let over = here.over_limits();
            let from = Priced { price: here.equilibrium.price, shadow_price: here.shadow_price };
            let Some(Priced { price, shadow_price }) = joint.path(allowed, from, &over) else { continue };
            let found = self.met(allowed, &shadow_price, &price, options);
            if let Some(found) = found.ok().filter(|found| found.miss() <= TOLERANCE) {
                self.steps += joint.steps;
                return Some(found);
            }
        }
        None
    }

    /// The equilibrium with each shadow price at a multiple of the mean price of its products, where there is one that sells something of each.
    fn beginning(&mut self, allowed: &[f64], start: &[f64], multiple: f64) -> Option<Met> {
        let mean = |group: &&[usize]| group.iter().map(|&j| start[j]).sum::<f64>() / group.len() as f64;
        let shadow_price: Vec<f64> = self.groups.iter().map(|group| multiple * mean(group)).collect();
        let options = PricingOptions { second_order: false, ..self.options };
        let found = self.met(allowed, &shadow_price, start, options).ok()?;
        found.over.iter().all(|over| over.is_finite()).then_some(found)
    }

    /// The first limit that products with held prices exceed by themselves, and whether all prices of their owners are held: then nothing
    /// answers to its shadow price but rivals under it, who get dearer and send them buyers.
    ///
    /// Nothing where no equilibrium without limits is known.
    fn held_above(&mut self, allowed: &[f64], start: &[f64]) -> Option<(SupplyError, bool)> {
        let problem = self.problem;
        let is_held = |j: usize| self.options.held.get(j).copied().unwrap_or(false);
        if !(0..start.len()).any(is_held) {
            return None;
        }
        let share = self.beginning(allowed, start, 0.0)?.equilibrium.share;
        self.limits.iter().find_map(|limit| {
            let held: Vec<usize> = limit.products.iter().copied().filter(|&j| is_held(j)).collect();
            let used: f64 = held.iter().map(|&j| share[j]).sum();
            let names: Vec<&str> = held.iter().map(|&j| problem.demand.products.name(j)).collect();
            let answers = |k: usize| !is_held(k) && held.iter().any(|&j| problem.ownership.weight(k, j) > 0.0);
            let (products, limit, share) = (names.join(", "), limit.name.clone(), limit.share);
            let above = SupplyError::HeldAboveLimit { limit, products, used, share };
            (used > share).then(|| (above, !(0..start.len()).any(answers)))
        })
    }

    fn diverged(&self, residual: f64) -> SupplyError {
        let limits = self.limits.iter().map(|limit| limit.name.as_str()).collect::<Vec<_>>().join(", ");
        SupplyError::LimitsDiverged { limits, iterations: self.steps, residual }
    }
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

/// Eigenvalues and eigenvectors of the products of rows, or of columns where they are fewer, without those that count as zero. Singular values
/// by bidiagonalisation come out wrong for some matrices of equal rows.
fn spectrum(rows: &DMatrix<f64>) -> Vec<(f64, DVector<f64>)> {
    if rows.is_empty() {
        return Vec::new();
    }
    let products = if rows.nrows() <= rows.ncols() { rows * rows.transpose() } else { rows.tr_mul(rows) };
    let eigen = products.symmetric_eigen();
    let least = SINGULAR * eigen.eigenvalues.amax();
    let each = eigen.eigenvalues.iter().zip(eigen.eigenvectors.column_iter());
    each.filter(|(value, _)| **value > least).map(|(value, vector)| (*value, vector.into_owned())).collect()
}

fn rank(rows: &DMatrix<f64>) -> usize {
    spectrum(rows).len()
}

/// The x of least squares that comes nearest to `rows' x = sums`.
fn least(rows: &DMatrix<f64>, sums: &DVector<f64>) -> DVector<f64> {
    let spectrum = spectrum(rows);
    let inverse = |right: &DVector<f64>| {
        let mut solved = DVector::zeros(right.len());
        spectrum.iter().for_each(|(value, vector)| solved.axpy(vector.dot(right) / value, vector, 1.0));
        solved
    };
    let mut least = DVector::zeros(rows.nrows());
    // Twice: what rounding left of the first time.
    for _ in 0..2 {
        let left = sums - rows.tr_mul(&least);
        least += if rows.nrows() <= rows.ncols() { inverse(&(rows * left)) } else { rows * inverse(&left) };
    }
    least
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
        let rows = rows.select_rows(&kept);
        let least = least(&rows, &on_products);
        if (rows.tr_mul(&least) - &on_products).amax() > 1e-12 * scale {
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
    // Where no limit is active there is no system to solve.
    let solved = if active.is_empty() { None } else { matrix.clone().lu().solve(&right) };
    let step = solved.filter(|step| step.iter().all(|s| s.is_finite()));
    for (a, &g) in active.iter().enumerate() {
        // Where limits are collinear each takes its own step.
        let change = step.as_ref().map_or(right[a] / matrix[(a, a)], |step| step[a]);
        shadow_price[g] = (shadow_price[g] + change).max(0.0);
    }
    (0..over.len()).filter(inactive).for_each(|g| shadow_price[g] = 0.0);
}
