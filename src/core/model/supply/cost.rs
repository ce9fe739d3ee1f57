//! Marginal costs from observed prices: the first-order conditions, linear in margins at given prices.

use nalgebra::{DMatrix, DVector};

use super::problem::worse;
use super::{DutyTerms, Ownership, PriceProblem, SupplyError};
use crate::model::demand::{ExpectedDemand, check_per_product, own_response};
use crate::model::fixed_point::{Evaluation, SearchReport, Stop, search};

/// A recovered cost below zero: demand so inelastic that no positive cost explains the price.
#[derive(Clone, Debug, PartialEq)]
pub struct NegativeCost {
    /// Number of the product.
    pub product: usize,
    /// The cost.
    pub cost: f64,
    /// Own-price elasticity that caused it.
    pub own_elasticity: f64,
}

/// Costs that make observed prices an equilibrium.
#[derive(Clone, Debug, PartialEq)]
pub struct CostRecovery {
    /// Marginal cost of each product before duty.
    pub marginal_cost: Vec<f64>,
    /// Products whose cost is negative.
    pub negative: Vec<NegativeCost>,
    /// Iterations, evaluations, and the largest change of a margin relative to its price.
    pub report: SearchReport,
}

/// The margins of one world, and how the first-order conditions answer to margins there: what is known of them in another world of the same
/// market, whose buyers differ by chance alone.
#[derive(Clone, Debug)]
pub struct MarginGuide {
    margin: Vec<f64>,
    /// `(I - Lambda^-1 (O o Gamma))^-1`.
    answer: DMatrix<f64>,
}

/// Buyers before whom conditions are differentiated: the answer steers and decides nothing.
const GUIDE_BUYERS: usize = 4096;
/// Products beyond which a guide, which takes an evaluation each, costs more than it saves.
const GUIDE_PRODUCTS: usize = 256;
/// Evaluations after which a guide has led nowhere.
const GUIDE_EVALUATIONS: usize = 40;
/// Largest change of a margin accepted, as a part of the price.
const TOLERANCE: f64 = 1e-13;

impl MarginGuide {
    /// Those at which `prices` satisfy the conditions at these marginal costs; none where margins do not follow from the conditions,
    /// or for very many products.
    #[must_use]
    pub fn new(problem: &PriceProblem, prices: &[f64]) -> Option<Self> {
        let count = prices.len();
        if count > GUIDE_PRODUCTS {
            return None;
        }
        let matrix = problem.before_first(GUIDE_BUYERS, |problem| {
            let layout = problem.layout();
            let stop = problem.demand.execution.stop;
            // The conditions are linear in margins: a margin on one product gives a column.
            let columns = (0..count).take_while(|_| !stop.is_asked()).map(|k| {
                let margin: Vec<f64> = (0..count).map(|j| f64::from(u8::from(j == k))).collect();
                let sums = problem.demand.pricing_sums(&layout, prices, &margin);
                let entry = |j: usize| margin[j] - sums.cross[j] / sums.lambda[j];
                DVector::from_iterator(count, (0..count).map(entry))
            });
            let columns: Vec<_> = columns.collect();
            (columns.len() == count && count > 0).then(|| DMatrix::from_columns(&columns))
        })?;
        let answer = matrix.try_inverse()?;
        answer.iter().all(|entry| entry.is_finite()).then(|| Self { margin: problem.margins(prices), answer })
    }
}

/// Marginal costs at which `prices` satisfy every maker's first-order conditions under `duty`.
///
/// The duties must not depend on the costs sought; for a duty on cost itself, divide what comes out by one plus the rate.
///
/// # Errors
/// When inputs do not fit the demand, and [`SupplyError::CostsDiverged`].
pub fn marginal_costs(
    demand: &ExpectedDemand,
    ownership: &Ownership,
    duty: &[DutyTerms],
    prices: &[f64],
) -> Result<CostRecovery, SupplyError> {
    marginal_costs_near(demand, ownership, duty, prices, None)
}

/// The same, looked for from the margins of another world where there are some, and without them where those lead nowhere.
///
/// # Errors
/// As [`marginal_costs`].
pub fn marginal_costs_near(
    demand: &ExpectedDemand,
    ownership: &Ownership,
    duty: &[DutyTerms],
    prices: &[f64],
    near: Option<&MarginGuide>,
) -> Result<CostRecovery, SupplyError> {
    let products = demand.products;
    let no_cost = vec![0.0; products.len()];
    let problem = PriceProblem { demand, ownership, cost: &no_cost, duty, rising: None };
    problem.check()?;
    check_per_product(products, "price", prices)?;
    if let Some(j) = prices.iter().position(|&price| price <= 0.0) {
        let product = products.name(j).to_owned();
        return Err(SupplyError::Product { product, what: "price", value: prices[j], expected: "above 0" });
    }
    let layout = problem.layout();
    let found_from = |start: Vec<f64>, answer: Option<&DMatrix<f64>>, max_evaluations: usize| {
        let target = if answer.is_some() { TOLERANCE } else { 0.02 * TOLERANCE };
        let stop = Stop { target, accept: TOLERANCE, max_evaluations };
        search::<(), SupplyError>(start, stop, |margin| {
            demand.execution.stop.check()?;
            let sums = demand.pricing_sums(&layout, prices, margin);
            let wanted = (0..margin.len()).map(|j| (duty[j].retained * sums.share[j] + sums.cross[j]) / sums.lambda[j]);
            let left: Vec<f64> = wanted.zip(margin).map(|(wanted, margin)| wanted - margin).collect();
            let error = left.iter().zip(prices).map(|(left, price)| (left / price).abs()).fold(0.0, worse);
            let step = match answer {
                Some(answer) => (answer * DVector::from_column_slice(&left)).data.into(),
                None => left,
            };
            Ok(Evaluation { step, error, kept: () })
        })
    };
    let near = near.filter(|near| near.margin.len() == products.len());
    let near = near.map(|near| found_from(near.margin.clone(), Some(&near.answer), GUIDE_EVALUATIONS)).transpose()?;
    let found = match near.filter(|found| found.converged) {
        Some(found) => found,
        None => found_from(no_cost.clone(), None, 500)?,
    };
    if !found.converged {
        let change = |j: usize| (found.evaluation.step[j] / prices[j]).abs();
        let worst = (0..prices.len()).max_by(|&a, &b| change(a).total_cmp(&change(b))).unwrap_or(0);
        return Err(SupplyError::CostsDiverged {
            product: products.name(worst).to_owned(),
            firm: ownership.firm_of(worst).to_owned(),
            iterations: found.report.iterations,
            residual: found.report.residual,
        });
    }
    let net_price = |j: usize| duty[j].retained * prices[j] - duty[j].fixed;
    let marginal_cost: Vec<f64> = found.x.iter().enumerate().map(|(j, margin)| net_price(j) - margin).collect();
    let mut negative = Vec::new();
    if marginal_cost.iter().any(|&cost| cost < 0.0) {
        let elasticity = own_response(demand, prices)?.elasticity;
        let below = marginal_cost.iter().enumerate().filter(|&(_, &cost)| cost < 0.0);
        negative =
            below.map(|(product, &cost)| NegativeCost { product, cost, own_elasticity: elasticity[product] }).collect();
    }
    Ok(CostRecovery { marginal_cost, negative, report: found.report })
}
