//! Marginal costs from observed prices: the first-order conditions, linear in margins at given prices.

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
    let stop = Stop { target: 2e-15, accept: 1e-13, max_evaluations: 500 };
    let found = search::<(), SupplyError>(vec![0.0; products.len()], stop, |margin| {
        demand.execution.stop.check()?;
        let sums = demand.pricing_sums(&layout, prices, margin);
        let wanted = (0..margin.len()).map(|j| (duty[j].retained * sums.share[j] + sums.cross[j]) / sums.lambda[j]);
        let step: Vec<f64> = wanted.zip(margin).map(|(wanted, margin)| wanted - margin).collect();
        let error = step.iter().zip(prices).map(|(step, price)| (step / price).abs()).fold(0.0, worse);
        Ok(Evaluation { step, error, kept: () })
    })?;
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
