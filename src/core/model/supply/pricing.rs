//! Bertrand-Nash prices.
//!
//! Maker f maximises `sum_m O_fm (r_m p_m - c_m - d_m) s_m(p)` over the prices of its products, so with margins
//! `m_j = r_j p_j - c_j - d_j`
//!
//! ```text
//! r_j s_j - Lambda_j m_j + sum_m O_jm Gamma_jm m_m = 0
//! ```
//!
//! Prices are a fixed point of the zeta map of Morrow and Skerlos (2011), `m = Lambda^-1 [(O o Gamma) m + r s]`,
//! `p = (m + c + d) / r`, which stays well behaved where shares are small. Lambda and Gamma are by dollars of price, so where demand
//! is curved they have its slopes in them. Where cost rises with volume c is marginal cost at the volumes of p: profit changes by
//! `sum_k (r_k p_k - d_k - dC/dq_k) dq_k + r_j q_j dp_j`, and nothing else enters.

use std::collections::VecDeque;

use super::linear::Ascent;
use super::problem::{PriceProblem, worse};
use super::{Linearised, SupplyError};
use crate::model::demand::sweep::Sums;
use crate::model::demand::{Concentration, check_per_product, concentration, few_buyers, kernel::CellLayout};
use crate::model::fixed_point::{Evaluation, Found, Pace, SearchReport, Stop, go_on, until_setback};

/// Options of [`equilibrium`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PricingOptions<'a> {
    /// Largest relative price change `|zeta(p) - p| / p` accepted.
    pub tolerance: f64,
    /// Evaluations of demand after which the search is given up.
    pub max_evaluations: usize,
    /// Accept only prices at which every owner is at a local maximum of its profit, and search on from others. It takes a
    /// Jacobian on all buyers. Where the accelerated search has a setback this is checked in any case.
    pub second_order: bool,
    /// Products whose prices stay where they start, one value a product; none where empty. Their owners count their profits
    /// all the same.
    pub held: &'a [bool],
}

impl Default for PricingOptions<'_> {
    fn default() -> Self {
        Self { tolerance: 1e-12, max_evaluations: 4000, second_order: false, held: &[] }
    }
}

/// Equilibrium prices and what they imply.
#[derive(Clone, Debug, PartialEq)]
pub struct Equilibrium {
    /// Consumer prices, duty included.
    pub price: Vec<f64>,
    /// Expected shares at these prices.
    pub share: Vec<f64>,
    /// Expected outside share.
    pub outside_share: f64,
    /// Margins `r p - c - d`.
    pub margin: Vec<f64>,
    /// Largest `|first-order condition| / share`.
    pub first_order_residual: f64,
    /// Iterations, evaluations, and the largest relative price change `|zeta(p) - p| / p`.
    pub report: SearchReport,
}

impl Equilibrium {
    /// What these prices imply, with the sums of demand there and the change of price that the zeta map wants.
    pub(crate) fn at(
        problem: &PriceProblem<'_>,
        price: Vec<f64>,
        sums: Sums,
        wanted: &[f64],
        report: SearchReport,
    ) -> Self {
        Self {
            first_order_residual: problem.first_order_residual(&sums, wanted),
            margin: problem.margins(&price),
            price,
            share: sums.share,
            outside_share: sums.outside,
            report,
        }
    }
}

/// Relative size of each change of price.
fn relative(prices: &[f64], step: &[f64]) -> Vec<f64> {
    prices.iter().zip(step).map(|(price, step)| (step / price).abs()).collect()
}

/// Prices at which no maker gains by a small change, found from `start`.
///
/// The zeta map accelerated; after a setback, the zeta map itself, accelerated while it converges (see `Search::settle`). Where that leads
/// nowhere the search begins again with no price below cost after duty, and then well above it; at last with parts of its steps. Where a price
/// climbed for ever in the first search it begins again from lower prices only.
///
/// # Errors
/// When the problem does not fit its demand, [`SupplyError::NoEquilibrium`], which names product, firm and figures, and
/// [`SupplyError::NotMaximum`] where all that is found are points at which an owner gains by leaving.
pub fn equilibrium(
    problem: &PriceProblem,
    start: &[f64],
    options: PricingOptions<'_>,
) -> Result<Equilibrium, SupplyError> {
    let unsettled = match by_parts(problem, start, options, 1.0) {
        Ok(found) => return Ok(found),
        Err(unsettled) => unsettled,
    };
    let elsewhere = matches!(unsettled.error, SupplyError::NoEquilibrium { .. } | SupplyError::NotMaximum { .. });
    if !elsewhere {
        return Err(unsettled.error);
    }
    let found = match unsettled.climbs {
        true => from_below(problem, start, options),
        false => from_above_cost(problem, start, options).or_else(|| by_short_steps(problem, start, options)),
    };
    found.ok_or(unsettled.error)
}

/// [`equilibrium`] from lower starts: parts of this one, and prices a little above cost after duty. There may be an equilibrium below the prices from
/// which only those are left who pay any.
fn from_below(problem: &PriceProblem, start: &[f64], options: PricingOptions<'_>) -> Option<Equilibrium> {
    let cost = problem.marginal_cost(start);
    let held = |j: usize| options.held.get(j).copied().unwrap_or(false);
    let lower = |to: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let to = |j: usize| if !held(j) && to(j) > 0.0 { start[j].min(to(j)) } else { start[j] };
        (0..start.len()).map(to).collect()
    };
    let part = lower(&|j| FAR_STARTS[1] * start[j]);
    let near_cost = lower(&|j| ABOVE_COST[1] * problem.duty[j].effective_cost(cost[j]));
    [part, near_cost].iter().filter(|lower| *lower != start).find_map(|lower| from_start(problem, lower, options).ok())
}

/// [`equilibrium`] from starts with every price at or above multiples of cost after duty. Below it an owner of several products would sell less
/// of one at any price of the others, and the first step leads below zero.
fn from_above_cost(problem: &PriceProblem, start: &[f64], options: PricingOptions<'_>) -> Option<Equilibrium> {
    let starts = ABOVE_COST.iter().map(|multiple| raised(problem, start, options, *multiple));
    starts.filter(|raised| raised != start).find_map(|start| from_start(problem, &start, options).ok())
}

/// The prices of a start that are free, each at least a multiple of its cost after duty.
fn raised(problem: &PriceProblem, start: &[f64], options: PricingOptions<'_>, multiple: f64) -> Vec<f64> {
    let cost = problem.marginal_cost(start);
    let held = |j: usize| options.held.get(j).copied().unwrap_or(false);
    let least = |j: usize| multiple * problem.duty[j].effective_cost(cost[j]);
    (0..start.len()).map(|j| if held(j) { start[j] } else { start[j].max(least(j)) }).collect()
}

/// [`equilibrium`] by parts of the zeta map's steps: whole ones go back and forth around an equilibrium where costs rise steeply, or where many
/// buyers change their minds at one price, and a start far off leads past it.
fn by_short_steps(problem: &PriceProblem, start: &[f64], options: PricingOptions<'_>) -> Option<Equilibrium> {
    let size = problem.demand.population.len() * start.len();
    let most = options.max_evaluations.min(MAX_SHORT).min(MAX_SHORT_UTILITIES / size.max(1));
    let options = PricingOptions { max_evaluations: most, ..options };
    let held = |j: usize| options.held.get(j).copied().unwrap_or(false);
    let times = |by: f64| -> Vec<f64> {
        start.iter().enumerate().map(|(j, price)| if held(j) { *price } else { by * price }).collect()
    };
    let starts = || {
        let above = raised(problem, start, options, ABOVE_COST[0]);
        [start.to_vec(), above, times(FAR_STARTS[0]), times(FAR_STARTS[1])]
    };
    for part in PARTS {
        let mut tried: Vec<Vec<f64>> = Vec::new();
        for start in starts() {
            if !tried.contains(&start) {
                if let Ok(found) = by_parts(problem, &start, options, part) {
                    return Some(found);
                }
                tried.push(start);
            }
        }
    }
    None
}

/// [`equilibrium`] from this start and no other.
///
/// # Errors
/// As [`equilibrium`].
pub(super) fn from_start(
    problem: &PriceProblem,
    start: &[f64],
    options: PricingOptions<'_>,
) -> Result<Equilibrium, SupplyError> {
    Ok(by_parts(problem, start, options, 1.0)?)
}

/// Why a search from one start has no result.
struct Unsettled {
    error: SupplyError,
    /// Whether a price climbed for ever.
    climbs: bool,
}

impl From<SupplyError> for Unsettled {
    fn from(error: SupplyError) -> Self {
        Self { error, climbs: false }
    }
}

impl From<Unsettled> for SupplyError {
    fn from(unsettled: Unsettled) -> Self {
        unsettled.error
    }
}

/// The same with so large a part of each step.
fn by_parts(
    problem: &PriceProblem,
    start: &[f64],
    options: PricingOptions<'_>,
    part: f64,
) -> Result<Equilibrium, Unsettled> {
    problem.check()?;
    let products = problem.demand.products;
    if !options.held.is_empty() && options.held.len() != products.len() {
        let (found, expected) = (options.held.len(), products.len());
        return Err(SupplyError::ColumnLength { what: "held", found, expected }.into());
    }
    check_per_product(products, "starting price", start).map_err(SupplyError::from)?;
    if let Some(j) = start.iter().position(|&price| price <= 0.0) {
        let product = products.name(j).to_owned();
        let (what, expected) = ("starting price", "above 0");
        return Err(SupplyError::Product { product, what, value: start[j], expected }.into());
    }
    let (layout, damping) = (problem.layout(), part * problem.damping());
    let search = Search { problem, layout, damping, options, below_zero: false };
    let found = search.settle(start)?;
    if let Some(product) = search.gone(&found) {
        return Err(search.unsettled(&found, product, None).into());
    }
    let Evaluation { mut step, kept: sums, .. } = found.evaluation;
    step.iter_mut().for_each(|step| *step /= search.damping);
    Ok(Equilibrium::at(problem, found.x, sums, &step, found.report))
}

/// What a dollar more is felt as where curvature has carried a price that rises for ever.
const FAR_AWAY: f64 = 1e-12;
/// Multiple of its start, and of its cost after duty, above which a price may climb for ever.
const CLIMBED: f64 = 100.0;
/// Its last step beside its average step, where it does.
const STEADY: std::ops::RangeInclusive<f64> = 0.5..=2.0;
/// Evaluations after which the accelerated search, and what follows a setback, are given up in turn.
const MAX_ACCELERATED: usize = 300;
const MAX_HYBRID: usize = 1000;
/// Points left because they were no maximum before the search is given up, and how far from them it sets out: the largest
/// relative change of a price.
const MAX_LEFT: usize = 4;
const LEAVE_BY: f64 = 0.01;
/// Multiples of cost after duty at which the search begins again.
const ABOVE_COST: [f64; 3] = [1.0, 1.5, 3.0];

/// Parts of steps taken where whole ones lead nowhere, multiples of the start from which they are taken beside it, and evaluations for each.
const PARTS: [f64; 3] = [0.3, 0.1, 0.03];
const FAR_STARTS: [f64; 2] = [2.0, 0.5];
const MAX_SHORT: usize = 1500;
/// Utilities that each may work out: a large market without an equilibrium is given up after seconds.
const MAX_SHORT_UTILITIES: usize = 1 << 28;

/// An evaluation of the zeta map.
type Zeta = Evaluation<Sums>;

/// A search for equilibrium prices.
struct Search<'a> {
    problem: &'a PriceProblem<'a>,
    layout: CellLayout,
    /// Part of each step that is taken; errors are of whole steps.
    damping: f64,
    options: PricingOptions<'a>,
    /// Whether prices at or below zero are in bounds: they are in no equilibrium that is given.
    below_zero: bool,
}

impl Search<'_> {
    fn stop(&self, max_evaluations: usize) -> Stop {
        let PricingOptions { tolerance, max_evaluations: most, .. } = self.options;
        Stop { target: 0.02 * tolerance, accept: tolerance, max_evaluations: max_evaluations.min(most) }
    }

    fn evaluate(&self, prices: &[f64]) -> Result<Zeta, SupplyError> {
        self.problem.demand.execution.stop.check()?;
        let (sums, mut step) = self.problem.zeta(&self.layout, prices);
        step.iter_mut().zip(self.options.held).filter(|(_, held)| **held).for_each(|(step, _)| *step = 0.0);
        let error = relative(prices, &step).into_iter().fold(0.0, worse);
        // A price at or below zero is out of bounds, whatever its residual.
        let error = if self.below_zero || prices.iter().all(|&price| price > 0.0) { error } else { f64::NAN };
        step.iter_mut().for_each(|step| *step *= self.damping);
        Ok(Evaluation { step, error, kept: sums })
    }

    fn newton_step(&self, prices: &[f64], zeta: &Zeta) -> Result<Option<Vec<f64>>, SupplyError> {
        let terms = zeta.step.iter().zip(self.problem.duty).zip(&zeta.kept.lambda);
        let conditions: Vec<f64> =
            terms.map(|((step, duty), lambda)| step / self.damping * duty.retained * lambda).collect();
        Ok(Linearised::at(self.problem, prices, None)?.holding(self.options.held).newton_step(&conditions))
    }

    fn go_on(&self, from: Found<Sums>, pace: Pace, max_evaluations: usize) -> Result<Found<Sums>, SupplyError> {
        let newton = |prices: &[f64], zeta: &Zeta| self.newton_step(prices, zeta);
        go_on(from, self.stop(max_evaluations), pace, |prices| self.evaluate(prices), newton)
    }

    /// The zeta map accelerated from `start` until its first setback; then from where it stands by plain steps, accelerated
    /// only while they converge; at last by plain steps from the start. Newton's method on the first-order conditions ends the
    /// latter two.
    ///
    /// Acceleration finds the same few directions that a Jacobian on a sample of buyers would give, and more exactly: chord
    /// Newton steps with such a Jacobian took about twice as many evaluations. The plain map is preconditioned ascent of every
    /// owner's profit: slow, but it walks past the ghosts of equilibria and away from minima of profit.
    fn settle(&self, start: &[f64]) -> Result<Found<Sums>, Unsettled> {
        let accelerated = until_setback(start.to_vec(), self.stop(MAX_ACCELERATED), |prices| self.evaluate(prices))?;
        if accelerated.converged {
            let checked = self.options.second_order;
            return if checked { Ok(self.maximum(accelerated)?) } else { Ok(accelerated) };
        }
        if !accelerated.evaluation.error.is_finite() {
            return Err(self.no_equilibrium(&accelerated).into());
        }
        let hybrid = self.go_on(accelerated, Pace::Hybrid, MAX_HYBRID)?;
        if hybrid.converged {
            return Ok(self.maximum(hybrid)?);
        }
        let evaluation = self.evaluate(start)?;
        let report = SearchReport { evaluations: hybrid.report.evaluations + 1, ..hybrid.report };
        let from = Found { x: start.to_vec(), evaluation, report, converged: false };
        let plain = self.go_on(from, Pace::Plain, self.options.max_evaluations)?;
        if plain.converged {
            return Ok(self.maximum(plain)?);
        }
        // The steps went on to the last evaluation: they neither came back to an earlier point nor left the bounds.
        let on = plain.report.evaluations >= self.options.max_evaluations;
        let steps = plain.report.iterations - hybrid.report.iterations;
        match self.climbing(start, &plain, steps).filter(|_| on) {
            Some(product) => Err(Unsettled { error: self.unsettled(&plain, product, Some(start)), climbs: true }),
            None => Err(self.no_equilibrium(&plain).into()),
        }
    }

    /// A product whose price has left its start far behind and climbs on as it did: some buyers take it at any price that a search can
    /// reach.
    fn climbing(&self, start: &[f64], found: &Found<Sums>, steps: usize) -> Option<usize> {
        let least = raised(self.problem, start, self.options, 1.0);
        let step = |j: usize| found.evaluation.step[j];
        let climbs = |j: &usize| {
            let risen = found.x[*j] - start[*j];
            found.x[*j] > CLIMBED * least[*j] && STEADY.contains(&(step(*j) * steps as f64 / risen))
        };
        (0..start.len()).filter(climbs).max_by(|&a, &b| step(a).total_cmp(&step(b)))
    }

    /// The point itself where every owner is at a local maximum of its profit; otherwise such a point to which the plain map
    /// leads from beside it, on either side along the direction in which an owner gains most.
    fn maximum(&self, found: Found<Sums>) -> Result<Found<Sums>, SupplyError> {
        let mut report = found.report;
        let mut first = None;
        let mut points = VecDeque::from([found]);
        let mut left = 0;
        while let Some(mut point) = points.pop_front() {
            let Some(ascent) = Linearised::ascent_at(self.problem, &point.x, self.options.held)? else {
                point.report = SearchReport { residual: point.report.residual, ..report };
                return Ok(point);
            };
            left += 1;
            if left <= MAX_LEFT {
                let size = relative(&point.x, &ascent.direction).into_iter().fold(0.0, worse);
                for by in [LEAVE_BY / size, -LEAVE_BY / size] {
                    let x: Vec<f64> = point.x.iter().zip(&ascent.direction).map(|(x, d)| by.mul_add(*d, *x)).collect();
                    let evaluation = self.evaluate(&x)?;
                    report.evaluations += 1;
                    let from = Found { x, evaluation, report, converged: false };
                    let next = self.go_on(from, Pace::Plain, self.options.max_evaluations)?;
                    report = next.report;
                    if next.converged {
                        points.push_back(next);
                    }
                }
            }
            first = first.or(Some(ascent));
        }
        let Ascent { firm, curvature, .. } = first.unwrap_or_default();
        Err(SupplyError::NotMaximum { firm, curvature })
    }

    /// What a cost below zero, before duty or after it, has to do with it: the conditions may hold at prices below zero only.
    fn negative_cost(&self, from: &[f64]) -> Option<String> {
        let products = self.problem.demand.products;
        let cost = self.problem.marginal_cost(from);
        let lowest = |values: &[f64]| (0..values.len()).min_by(|&a, &b| values[a].total_cmp(&values[b]));
        let taxed: Vec<f64> = cost.iter().zip(self.problem.duty).map(|(cost, duty)| cost + duty.fixed).collect();
        let below_zero = |values: &[f64]| lowest(values).filter(|&j| values[j] < 0.0);
        let cheapest = below_zero(&cost).or_else(|| below_zero(&taxed))?;
        let why = |j: usize| {
            let (name, cost, taxed) = (products.name(j), cost[j], taxed[j]);
            if cost < 0.0 {
                format!("marginal cost of {name} is {cost:.4}, below zero where demand is too inelastic at its price")
            } else {
                format!(
                    "cost of {name} after duty is {taxed:.4}, below zero: its duty is a subsidy of more than its cost of {cost:.4}"
                )
            }
        };
        let mend = |j: usize| if cost[j] < 0.0 { "correct its demand" } else { "lower the subsidy" };
        let below = self.below_zero(from);
        Some(match below {
            Some((j, price)) => {
                let of = if cost[j].min(taxed[j]) < 0.0 { j } else { cheapest };
                let given = if cost[of] < 0.0 { ", or give its cost" } else { "" };
                let name = products.name(j);
                format!(
                    "all conditions hold at prices below zero ({name} at {price:.4}): {}; {}{given}",
                    why(of),
                    mend(of)
                )
            }
            None => format!("{}: {}, or start nearer to the prices expected", why(cheapest), mend(cheapest)),
        })
    }

    /// That prices which are held cost their owner so much that it would give another product away, where that is so.
    fn given_away(&self, from: &[f64]) -> Option<String> {
        if !self.options.held.contains(&true) {
            return None;
        }
        let (j, price) = self.below_zero(from)?;
        let name = self.problem.demand.products.name(j);
        Some(format!(
            "all conditions hold at prices below zero ({name} at {price:.4}): what its owner holds sells at such a loss that it would give {name} \
             away to sell less of it; hold its price too, or lower the duty on what is held"
        ))
    }

    /// The lowest of the prices at which all conditions hold, if it is not above zero.
    fn below_zero(&self, from: &[f64]) -> Option<(usize, f64)> {
        if self.problem.demand.products.curvature().is_some() {
            return None;
        }
        // Prices beyond all bounds are where nothing is left of demand.
        let far = from.iter().copied().fold(0.0, f64::max) * 1e6;
        let found = self.anywhere(from).filter(|price| price.iter().all(|price| price.abs() < far))?;
        let lowest = (0..found.len()).min_by(|&a, &b| found[a].total_cmp(&found[b]))?;
        (found[lowest] <= 0.0).then(|| (lowest, found[lowest]))
    }

    /// Prices of any sign at which all conditions hold.
    fn anywhere(&self, from: &[f64]) -> Option<Vec<f64>> {
        let search = Search { layout: self.problem.layout(), below_zero: true, ..*self };
        let evaluate = |prices: &[f64]| search.evaluate(prices);
        let found = until_setback(from.to_vec(), search.stop(MAX_ACCELERATED), evaluate).ok()?;
        let found = if found.converged { found } else { search.go_on(found, Pace::Hybrid, MAX_HYBRID).ok()? };
        found.converged.then_some(found.x)
    }

    /// That profit from a product rises with its price for ever, where it does: with curvature 0 the elasticity of a buyer is the same at any
    /// price, and those of whom it is below 1 pay more the dearer it is.
    fn rises_for_ever(&self, product: usize, price: f64) -> Option<String> {
        let (population, products) = (self.problem.demand.population, self.problem.demand.products);
        let curved = products.curvature().filter(|curved| curved.lambda() == 0.0)?;
        let unit = price * curved.slope(product, price);
        let buyers = (0..population.len()).map(|i| population.buyer(i));
        let inelastic: f64 =
            buyers.filter(|buyer| buyer.price_response() * unit <= 1.0).map(|buyer| buyer.weight()).sum();
        (inelastic > 0.0).then(|| {
            format!(
                "no price of {name} is best: with curvature 0 each buyer has one elasticity at any price, and that of buyers with {part:.3}% of \
                 all weight is at most 1, so that profit from them rises with the price for ever; take a curvature above 0, or bound the \
                 responses to price above {least:.4} (1 over its price0)",
                name = products.name(product),
                part = 100.0 * inelastic / population.total_weight(),
                least = 1.0 / unit
            )
        })
    }

    /// A product whose price went on rising for ever, to where nothing answers to it any more.
    fn gone(&self, found: &Found<Sums>) -> Option<usize> {
        let curved = self.problem.demand.products.curvature()?;
        let held = |j: usize| self.options.held.get(j).copied().unwrap_or(false);
        let gone = |j: &usize| curved.slope(*j, found.x[*j]) < FAR_AWAY && !held(*j);
        (0..found.x.len()).filter(gone).find(|&j| self.rises_for_ever(j, found.x[j]).is_some())
    }

    fn no_equilibrium(&self, found: &Found<Sums>) -> SupplyError {
        let change = relative(&found.x, &found.evaluation.step);
        let by_change = |&a: &usize, &b: &usize| change[a].total_cmp(&change[b]);
        let worst = (0..change.len()).max_by(by_change).unwrap_or(0);
        self.unsettled(found, worst, None)
    }

    /// That prices did not settle, the one of `worst` least of all; it climbs on from where it began, if that is given.
    fn unsettled(&self, found: &Found<Sums>, worst: usize, climbs_from: Option<&[f64]>) -> SupplyError {
        let product = self.problem.demand.products.name(worst);
        let thin = concentration(self.problem.demand, &found.x).ok().map(|all| all[worst]);
        let climbs = climbs_from.zip(thin).map(|(start, of)| {
            format!(
                "it climbs on at {:.0} times the price at which the search began: buyers with {:.1}% of all weight take {product} at any such price; bound \
                 their tastes, or their responses to price from below",
                found.x[worst] / start[worst],
                100.0 * of.weight
            )
        });
        let cause = self.rises_for_ever(worst, found.x[worst]).or(climbs).or_else(|| self.negative_cost(&found.x));
        let cause = cause.or_else(|| self.given_away(&found.x));
        let few = thin.filter(Concentration::is_thin).map(|few| few_buyers(product, few));
        let cause = cause.or(few).unwrap_or_else(|| "start nearer to the prices expected".to_owned());
        // Of this product itself: another may be farther from its condition.
        let change = relative(&found.x, &found.evaluation.step)[worst] / self.damping;
        SupplyError::NoEquilibrium {
            product: product.into(),
            firm: self.problem.ownership.firm_of(worst).into(),
            price: found.x[worst],
            evaluations: found.report.evaluations,
            residual: if change.is_finite() { change } else { found.report.residual },
            cause: cause.into(),
        }
    }
}

/// The distinct equilibria reached from several starting points, in the order found; starts that lead nowhere are left out.
///
/// Uniqueness is not guaranteed for several-product makers facing buyers of different tastes: this is how to look. Second order is
/// checked whatever the options say: a minimum of profit is no equilibrium.
///
/// # Errors
/// The error of the first start when no start leads to an equilibrium.
pub fn from_many_starts(
    problem: &PriceProblem,
    starts: &[Vec<f64>],
    options: PricingOptions<'_>,
) -> Result<Vec<Equilibrium>, SupplyError> {
    let options = PricingOptions { second_order: true, ..options };
    let mut distinct: Vec<Equilibrium> = Vec::new();
    let mut first_error = None;
    for start in starts {
        match from_start(problem, start, options) {
            Ok(found) => {
                let same = |known: &Equilibrium| {
                    let gaps = known.price.iter().zip(&found.price).map(|(a, b)| ((a - b) / a).abs());
                    gaps.fold(0.0, worse) < 1e-8
                };
                if !distinct.iter().any(same) {
                    distinct.push(found);
                }
            }
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    match first_error {
        Some(error) if distinct.is_empty() => Err(error),
        _ => Ok(distinct),
    }
}
