//! Prices and shadow prices of limits, moved together.
//!
//! Steps in shadow prices alone need an equilibrium at each of them, and lose it where prices leap from one local maximum to another, or
//! where no equilibrium has those shadow prices. Here nothing but the end has to be an equilibrium: Newton steps lead to
//!
//! ```text
//! zeta_j(p; mu) / p_j - 1 = 0        phi(mu_G / unit, ln K_G - ln Q_G(p)) = 0        phi(u, v) = u + v - sqrt(u^2 + v^2)
//! ```
//!
//! phi is zero just where u and v are at or above zero and one of them is zero (Fischer 1992), so it says without cases which limits bind.
//! A monopolist of one product under a limit sells what is allowed at one price only: a root that hardly moves as the limit does, whatever
//! the shadow price does on the way.

use nalgebra::{DMatrix, DVector};

use super::{Linearised, PriceProblem};
use crate::model::demand::kernel::CellLayout;
use crate::numerics::elementary;

/// Prices of all products and shadow prices of all limits.
#[derive(Clone, Debug)]
pub(super) struct Priced {
    pub price: Vec<f64>,
    pub shadow_price: Vec<f64>,
}

/// What is left of the conditions that counts as none on the way.
const ON_THE_WAY: f64 = 1e-9;
/// Newton steps for one move of the limits, and those that take off what is left at the end.
const STEPS_A_MOVE: usize = 20;
const LAST_STEPS: usize = 8;
/// How far the limits move at once at first and at least, in logs.
const FIRST_MOVE: f64 = 0.5;
const LAST_MOVE: f64 = 1e-3;
/// Newton steps in all before few products; each takes a Jacobian on all buyers, of which before many there are fewer.
const STEPS_IN_ALL: usize = 600;
const FEW_PRODUCTS: usize = 50;
/// The largest step in the logarithm of a price, and halvings of a step that leaves more than it found.
const LARGEST_STEP: f64 = 1.0;
const MAX_HALVINGS: usize = 12;
/// Weight of a shadow price in a condition that does not contain it: of limits that say the same each then bears a part.
const SHARED_OUT: f64 = 1e-10;

/// Where a move of the limits led.
pub(super) enum Move<T> {
    To(T),
    Nowhere,
    GivenUp,
}

/// Where a path of limits ends, from a point that meets limits larger than `allowed` by `over`, in logs: they move to what is allowed, each in
/// proportion, first by `first` at once, by twice as much after each point that `next` finds, by half where it finds none.
///
/// # Errors
/// How far the largest limit was still to move, in logs, when the next move was less than `last` or `next` gave up.
pub(super) fn followed<T>(
    allowed: &[f64],
    over: &[f64],
    [first, last]: [f64; 2],
    from: T,
    mut next: impl FnMut(&[f64], &T) -> Move<T>,
) -> Result<T, f64> {
    let far = over.iter().fold(0.0, |far: f64, over| far.max(over.abs()));
    let (mut here, mut left, mut by) = (from, 1.0, (first / far).min(1.0));
    while by >= left || by * far >= last {
        let remains = if by >= left { 0.0 } else { left - by };
        let moved: Vec<f64> =
            allowed.iter().zip(over).map(|(allowed, over)| allowed * elementary::exp(remains * over)).collect();
        match next(&moved, &here) {
            Move::To(found) if remains == 0.0 => return Ok(found),
            Move::To(found) => (here, left, by) = (found, remains, 2.0 * by),
            Move::Nowhere => by *= 0.5,
            Move::GivenUp => break,
        }
    }
    Err(left * far)
}

/// Which condition stands for a limit.
#[derive(Clone, Copy)]
enum Rule<'a> {
    /// Slack, or priced.
    Either,
    /// What each was found to be: met with equality, or without a price.
    Binding(&'a [bool]),
}

/// A search for both.
pub(super) struct Joint<'a> {
    problem: &'a PriceProblem<'a>,
    /// The products under each limit.
    groups: &'a [&'a [usize]],
    held: &'a [bool],
    layout: CellLayout,
    /// Products whose prices are not held.
    free: Vec<usize>,
    /// What shadow prices are measured in.
    unit: f64,
    /// Newton steps taken, and those after which the search is given up.
    pub steps: usize,
    most: usize,
}

/// What is left of all conditions at some prices and shadow prices.
struct Left {
    /// Relative change of each free price that the zeta map wants, and what makes a condition of it.
    wanted: Vec<f64>,
    scale: Vec<f64>,
    /// Sum of the shares under each limit, and the log of what is allowed over it.
    used: Vec<f64>,
    slack: Vec<f64>,
    /// The root of the sum of squares.
    size: f64,
}

impl<'a> Joint<'a> {
    pub fn new(problem: &'a PriceProblem<'a>, groups: &'a [&'a [usize]], held: &'a [bool], start: &[f64]) -> Self {
        let is_held = |j: &usize| held.get(*j).copied().unwrap_or(false);
        let free: Vec<usize> = (0..start.len()).filter(|j| !is_held(j)).collect();
        let unit = start.iter().sum::<f64>() / start.len().max(1) as f64;
        let most = STEPS_IN_ALL * FEW_PRODUCTS / start.len().max(FEW_PRODUCTS);
        Self { problem, groups, held, layout: problem.layout(), free, unit, steps: 0, most }
    }

    /// Whether steps are left to be taken.
    pub fn goes_on(&self) -> bool {
        self.steps < self.most && !self.problem.demand.execution.stop.is_asked()
    }

    /// Prices at which all conditions hold under limits of these shares: from a point at which they hold under limits larger by `over`, in logs.
    pub fn path(&mut self, allowed: &[f64], from: Priced, over: &[f64]) -> Option<Priced> {
        let found = followed(allowed, over, [FIRST_MOVE, LAST_MOVE], from, |moved, here| match self.goes_on() {
            true => self.newton(moved, here.clone()).map_or(Move::Nowhere, Move::To),
            false => Move::GivenUp,
        });
        self.refined(allowed, found.ok()?)
    }

    /// Newton steps from some point to one at which all conditions hold, shortened until each leaves less.
    fn newton(&mut self, allowed: &[f64], from: Priced) -> Option<Priced> {
        let mut here = from;
        let mut left = self.left(&here, allowed, Rule::Either);
        for _ in 0..STEPS_A_MOVE {
            if left.size <= ON_THE_WAY {
                return Some(here);
            }
            if self.problem.demand.execution.stop.is_asked() {
                return None;
            }
            let step = self.step(&here, &left, Rule::Either)?;
            self.steps += 1;
            let largest = step.rows(0, self.free.len()).amax();
            let mut part = (LARGEST_STEP / largest).min(1.0);
            let mut halvings = 0;
            loop {
                let next = self.moved(&here, &step, part);
                let then = self.left(&next, allowed, Rule::Either);
                if then.size < left.size {
                    (here, left) = (next, then);
                    break;
                }
                (part, halvings) = (0.5 * part, halvings + 1);
                if halvings > MAX_HALVINGS {
                    return None;
                }
            }
        }
        (left.size <= ON_THE_WAY).then_some(here)
    }

    /// The same point to the last digits, with the limits that bind met and the shadow prices of the others zero.
    fn refined(&mut self, allowed: &[f64], found: Priced) -> Option<Priced> {
        let slack = self.left(&found, allowed, Rule::Either).slack;
        let each = found.shadow_price.iter().zip(&slack);
        let binding: Vec<bool> = each.map(|(mu, slack)| mu / self.unit > *slack).collect();
        let rule = Rule::Binding(&binding);
        let mut here = found;
        let unpriced = here.shadow_price.iter_mut().zip(&binding).filter(|(_, binding)| !**binding);
        unpriced.for_each(|(mu, _)| *mu = 0.0);
        let mut left = self.left(&here, allowed, rule);
        for _ in 0..LAST_STEPS {
            let next = self.moved(&here, &self.step(&here, &left, rule)?, 1.0);
            let then = self.left(&next, allowed, rule);
            self.steps += 1;
            if then.size.is_nan() || then.size >= left.size {
                break;
            }
            (here, left) = (next, then);
        }
        here.shadow_price.iter_mut().for_each(|mu| *mu = mu.max(0.0));
        Some(here)
    }

    /// Costs with shadow prices.
    fn cost(&self, shadow_price: &[f64]) -> Vec<f64> {
        let mut cost = self.problem.cost.to_vec();
        for (group, mu) in self.groups.iter().zip(shadow_price) {
            group.iter().for_each(|&j| cost[j] += mu);
        }
        cost
    }

    fn left(&self, at: &Priced, allowed: &[f64], rule: Rule<'_>) -> Left {
        let cost = self.cost(&at.shadow_price);
        let (sums, step) = PriceProblem { cost: &cost, ..*self.problem }.zeta(&self.layout, &at.price);
        let wanted: Vec<f64> = self.free.iter().map(|&j| step[j] / at.price[j]).collect();
        let scale = self.free.iter().map(|&j| self.problem.duty[j].retained * sums.lambda[j] * at.price[j]).collect();
        let used: Vec<f64> = self.groups.iter().map(|group| group.iter().map(|&j| sums.share[j]).sum()).collect();
        let slack: Vec<f64> = used.iter().zip(allowed).map(|(used, allowed)| elementary::ln(allowed / used)).collect();
        let of_limits = (0..slack.len()).map(|g| self.of_limit(g, at, &slack, rule)[0]);
        let squares = wanted.iter().copied().chain(of_limits).map(|left| left * left).sum::<f64>();
        Left { wanted, scale, used, slack, size: squares.sqrt() }
    }

    /// What is left of the condition of a limit, and its slopes in the shadow price and in the slack.
    fn of_limit(&self, g: usize, at: &Priced, slack: &[f64], rule: Rule<'_>) -> [f64; 3] {
        let (u, v) = (at.shadow_price[g] / self.unit, slack[g]);
        match rule {
            Rule::Binding(binding) if binding[g] => [v, 0.0, 1.0],
            Rule::Binding(_) => [u, 1.0, 0.0],
            Rule::Either => {
                let both = (u * u + v * v).sqrt();
                let (by_u, by_v) = if both == 0.0 { (0.5, 0.5) } else { (1.0 - u / both, 1.0 - v / both) };
                [u + v - both, by_u, by_v]
            }
        }
    }

    /// The Newton step in the logarithms of free prices, then in shadow prices over their unit.
    fn step(&self, at: &Priced, left: &Left, rule: Rule<'_>) -> Option<DVector<f64>> {
        let cost = self.cost(&at.shadow_price);
        let problem = PriceProblem { cost: &cost, ..*self.problem };
        let linear = Linearised::at(&problem, &at.price, None).ok()?.holding(self.held);
        let (free, limits) = (self.free.len(), self.groups.len());
        let mut matrix = DMatrix::zeros(free + limits, free + limits);
        let mut right = DVector::zeros(free + limits);
        for (a, &j) in self.free.iter().enumerate() {
            for (b, &l) in self.free.iter().enumerate() {
                matrix[(a, b)] = linear.by_price(j, l) * at.price[l] / left.scale[a];
            }
            for (g, group) in self.groups.iter().enumerate() {
                let by_cost: f64 = group.iter().map(|&k| linear.by_cost(j, k)).sum();
                matrix[(a, free + g)] = by_cost * self.unit / left.scale[a];
            }
            right[a] = -left.wanted[a];
        }
        for (g, group) in self.groups.iter().enumerate() {
            let [remains, by_shadow, by_slack] = self.of_limit(g, at, &left.slack, rule);
            for (b, &l) in self.free.iter().enumerate() {
                let sales: f64 = group.iter().map(|&j| linear.share_by_price(j, l)).sum();
                matrix[(free + g, b)] = -by_slack * sales * at.price[l] / left.used[g];
            }
            matrix[(free + g, free + g)] = by_shadow.max(SHARED_OUT);
            right[free + g] = -remains;
        }
        matrix.lu().solve(&right).filter(|step| step.iter().all(|step| step.is_finite()))
    }

    fn moved(&self, at: &Priced, step: &DVector<f64>, part: f64) -> Priced {
        let mut next = at.clone();
        for (a, &j) in self.free.iter().enumerate() {
            next.price[j] *= elementary::exp(part * step[a]);
        }
        for (g, mu) in next.shadow_price.iter_mut().enumerate() {
            *mu += part * step[self.free.len() + g] * self.unit;
        }
        next
    }
}
