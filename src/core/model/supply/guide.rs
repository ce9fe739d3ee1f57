//! An equilibrium of one world as a guide to the same equilibrium of another.
//!
//! Replications with buyers of their own solve the same markets again, each before other buyers drawn from the same law. Their first-order
//! conditions answer to prices nearly alike, so what is known of one world steers the search in the others. With prices p, shadow prices mu
//! of the limits that bind, and what is left of the conditions
//!
//! ```text
//! e(p, mu) = ( zeta(p; mu) - p,  ln use - ln limit )         (p, mu)  +=  -J^-1 e(p, mu)
//! ```
//!
//! J is the Jacobian of e at the known equilibrium, by differences before a part of its buyers. Each step leaves a small part of the error,
//! and Anderson's method takes the steps together. The equilibrium found is one of the other world, to the tolerance of any search; where the
//! steps lead nowhere there is none, and the search without a guide is asked.

use nalgebra::{DMatrix, DVector};

use super::limits::{Limit, LimitedEquilibrium, TOLERANCE, shadowed};
use super::problem::worse;
use super::{Equilibrium, PriceProblem, PricingOptions};
use crate::model::demand::kernel::CellLayout;
use crate::model::demand::sweep::Sums;
use crate::model::fixed_point::{Evaluation, SearchReport, Stop, until_setback};
use crate::numerics::elementary;

/// A known equilibrium, and how its conditions answer to prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Guide {
    /// Prices, then the shadow price of each limit.
    known: Vec<f64>,
    /// `-J^-1`.
    answer: DMatrix<f64>,
}

/// Buyers before whom conditions are differentiated: the answer steers and decides nothing.
const BUYERS: usize = 2048;
/// Relative step of the differences.
const DIFFERENCE: f64 = 1e-4;
/// Evaluations after which a guide has led nowhere.
const MAX_EVALUATIONS: usize = 40;

/// What is left of the conditions at some prices and shadow prices.
struct Conditions<'a> {
    problem: &'a PriceProblem<'a>,
    layout: CellLayout,
    limits: &'a [Limit],
}

impl<'a> Conditions<'a> {
    fn of(problem: &'a PriceProblem<'a>, limits: &'a [Limit]) -> Self {
        Self { problem, layout: problem.layout(), limits }
    }

    fn left(&self, at: &[f64]) -> (Sums, Vec<f64>) {
        let (prices, shadow_price) = at.split_at(self.problem.cost.len());
        let cost = shadowed(self.problem.cost, self.limits, shadow_price);
        let (sums, mut left) = PriceProblem { cost: &cost, ..*self.problem }.zeta(&self.layout, prices);
        left.extend(self.limits.iter().map(|limit| elementary::ln(used(limit, &sums.share) / limit.share)));
        (sums, left)
    }
}

fn used(limit: &Limit, share: &[f64]) -> f64 {
    limit.products.iter().map(|j| share[*j]).sum()
}

impl Guide {
    /// The equilibrium of this problem at these prices and shadow prices of limits that all bind; none where prices do not depend smoothly
    /// on costs there.
    #[must_use]
    pub fn new(problem: &PriceProblem, limits: &[Limit], prices: &[f64], shadow_price: &[f64]) -> Option<Self> {
        let known = [prices, shadow_price].concat();
        let jacobian = problem.before_first(BUYERS, |problem| {
            let conditions = Conditions::of(problem, limits);
            let (_, here) = conditions.left(&known);
            let stop = problem.demand.execution.stop;
            let columns = (0..known.len()).take_while(|_| !stop.is_asked()).map(|place| {
                let by = DIFFERENCE * known[place];
                let mut moved = known.clone();
                moved[place] += by;
                let (_, there) = conditions.left(&moved);
                DVector::from_iterator(here.len(), there.iter().zip(&here).map(|(there, here)| (there - here) / by))
            });
            let columns: Vec<_> = columns.collect();
            (columns.len() == known.len()).then(|| DMatrix::from_columns(&columns))
        })?;
        let answer = -jacobian.try_inverse()?;
        answer.iter().all(|entry| entry.is_finite()).then_some(Self { known, answer })
    }

    /// The equilibrium of another world under such limits; none where the guide does not lead to one at which all limits bind.
    #[must_use]
    pub fn follow(
        &self,
        problem: &PriceProblem,
        limits: &[Limit],
        options: PricingOptions<'_>,
    ) -> Option<LimitedEquilibrium> {
        let products = problem.cost.len();
        if self.known.len() != products + limits.len() || problem.check().is_err() {
            return None;
        }
        let conditions = Conditions::of(problem, limits);
        let stop = Stop { target: options.tolerance, accept: options.tolerance, max_evaluations: MAX_EVALUATIONS };
        let found = until_setback(self.known.clone(), stop, |at| {
            let (sums, left) = conditions.left(at);
            let prices = left.iter().zip(at).take(products).map(|(left, price)| (left / price).abs());
            // Limits have a tolerance of their own.
            let over = left[products..].iter().map(|over| over.abs() * options.tolerance / TOLERANCE);
            let error = prices.chain(over).fold(0.0, worse);
            let goes_on = at[..products].iter().all(|price| *price > 0.0) && !problem.demand.execution.stop.is_asked();
            let error = if goes_on { error } else { f64::NAN };
            let step = &self.answer * DVector::from_column_slice(&left);
            Ok::<_, std::convert::Infallible>(Evaluation { step: step.data.into(), error, kept: (sums, left) })
        });
        let Ok(found) = found;
        let (prices, shadow_price) = found.x.split_at(products);
        if !found.converged || shadow_price.iter().any(|mu| *mu <= 0.0) {
            return None;
        }
        let (sums, left) = found.evaluation.kept;
        let cost = shadowed(problem.cost, limits, shadow_price);
        let used = limits.iter().map(|limit| used(limit, &sums.share)).collect();
        let residual = left.iter().zip(prices).map(|(left, price)| (left / price).abs()).fold(0.0, worse);
        let report = SearchReport { residual, ..found.report };
        let shadowed = PriceProblem { cost: &cost, ..*problem };
        Some(LimitedEquilibrium {
            equilibrium: Equilibrium::at(&shadowed, prices.to_vec(), sums, &left[..products], report),
            shadow_price: shadow_price.to_vec(),
            used,
            shared: false,
            iterations: report.iterations,
        })
    }
}
