//! What makers know when they set prices, and what follows from it at given prices.

use std::borrow::Cow;

use super::{DutyTerms, Ownership, RisingCost, SupplyError};
use crate::model::demand::kernel::CellLayout;
use crate::model::demand::sweep::Sums;
use crate::model::demand::{ExpectedDemand, Exponentials, check_per_product};
use crate::model::fixed_point::{Evaluation, SearchReport, Stop, search};

/// What makers know when they set prices.
#[derive(Clone, Copy, Debug)]
pub struct PriceProblem<'a> {
    /// Demand.
    pub demand: &'a ExpectedDemand<'a>,
    /// Who sets which price.
    pub ownership: &'a Ownership,
    /// Marginal cost of each product before duty, at base-year volumes where it moves with them.
    pub cost: &'a [f64],
    /// Duty on each product.
    pub duty: &'a [DutyTerms],
    /// How cost rises with volumes; none where it is constant.
    pub rising: Option<&'a RisingCost>,
}

impl PriceProblem<'_> {
    /// The same problem before the first buyers, weighted up to the whole, where there are more.
    pub(crate) fn before_first<T>(&self, buyers: usize, then: impl FnOnce(&PriceProblem<'_>) -> T) -> T {
        let demand = self.demand;
        let buyers = buyers.min(demand.population.len());
        let part: f64 = (0..buyers).map(|i| demand.population.buyer(i).weight()).sum();
        if buyers == demand.population.len() || part <= 0.0 {
            return then(self);
        }
        let factor = demand.population.total_weight() / part;
        let population = demand.population.first(buyers, factor);
        let owned = demand.owned.map(|owned| owned.first(buyers, factor));
        let demand = ExpectedDemand { population: &population, owned: owned.as_ref(), ..demand.clone() };
        then(&PriceProblem { demand: &demand, ..*self })
    }

    /// Checks that ownership, costs and duties fit the products.
    pub(crate) fn check(&self) -> Result<(), SupplyError> {
        let products = self.demand.products;
        check_per_product(products, "marginal cost", self.cost)?;
        let lengths = [("owner", self.ownership.products()), ("duty", self.duty.len())];
        if let Some((what, found)) = lengths.into_iter().find(|&(_, length)| length != products.len()) {
            return Err(SupplyError::ColumnLength { what, found, expected: products.len() });
        }
        let taxed_away =
            |duty: &DutyTerms| !(duty.retained > 0.0 && duty.retained.is_finite() && duty.fixed.is_finite());
        if let Some(j) = self.duty.iter().position(taxed_away) {
            let product = products.name(j).to_owned();
            return Err(SupplyError::Retained { product, what: "duty", retained: self.duty[j].retained });
        }
        Ok(())
    }

    /// Marginal cost of each product at the volumes of these prices.
    #[must_use]
    pub fn marginal_cost(&self, prices: &[f64]) -> Cow<'_, [f64]> {
        let Some(rising) = self.rising else { return Cow::Borrowed(self.cost) };
        let beyond = rising.beyond_base(&self.demand.shares(prices).product);
        self.cost.iter().zip(beyond).map(|(cost, beyond)| cost + beyond).collect()
    }

    /// The lowest prices at or above `wanted` at which no car is sold below its marginal cost, at the volumes of these prices
    /// themselves: `max(wanted, (c + d) / r)`. `share` has expected shares at `wanted`; it may be empty where cost does not move with volumes.
    /// Most prices stay as wanted: what buyers make of those is kept in `near`.
    ///
    /// # Errors
    /// [`SupplyError::NoFloor`] where volumes and costs do not settle.
    pub fn no_loss_prices(
        &self,
        wanted: &[f64],
        share: &[f64],
        near: &mut Exponentials,
    ) -> Result<Vec<f64>, SupplyError> {
        const TOLERANCE: f64 = 1e-12;
        const MAX_EVALUATIONS: usize = 400;
        self.check()?;
        check_per_product(self.demand.products, "price", wanted)?;
        let raised = |cost: &[f64]| -> Vec<f64> {
            let floor = cost.iter().zip(self.duty).map(|(cost, duty)| duty.effective_cost(*cost));
            wanted.iter().zip(floor).map(|(wanted, floor)| wanted.max(floor)).collect()
        };
        let Some(rising) = self.rising else { return Ok(raised(self.cost)) };
        check_per_product(self.demand.products, "share", share)?;
        let beyond = rising.beyond_base(share);
        let start = raised(&self.cost.iter().zip(beyond).map(|(cost, beyond)| cost + beyond).collect::<Vec<_>>());
        if start == wanted {
            return Ok(start);
        }
        let stop = Stop { target: TOLERANCE, accept: TOLERANCE, max_evaluations: MAX_EVALUATIONS };
        self.demand.stay_near(wanted, near);
        let problem = PriceProblem { demand: &self.demand.with_near(near), ..*self };
        let map = |prices: &[f64]| -> Result<Evaluation<Vec<f64>>, SupplyError> {
            problem.demand.execution.stop.check()?;
            let next = raised(&problem.marginal_cost(prices));
            let error = next.iter().zip(prices).map(|(next, price)| (next / price - 1.0).abs()).fold(0.0, worse);
            // Dearer cars sell less and cost less: half a step does not overshoot.
            let step = next.iter().zip(prices).map(|(next, price)| 0.5 * (next - price)).collect();
            Ok(Evaluation { step, error, kept: next })
        };
        let found = search(start, stop, map)?;
        let SearchReport { iterations, residual, .. } = found.report;
        if !found.converged {
            return Err(SupplyError::NoFloor { iterations, residual });
        }
        Ok(found.evaluation.kept)
    }

    /// Part of a step of the zeta map that is taken: all of it, less where curved demand or rising cost make it overshoot.
    pub(crate) fn damping(&self) -> f64 {
        let bend = self.demand.products.curvature().map_or(0.0, |curved| (curved.lambda() - 1.0).max(0.0));
        let rise = self.rising.map_or(0.0, |rising| rising.gamma);
        1.0 / ((1.0 + 0.4 * bend) * (1.0 + 1.5 * rise))
    }

    /// `r p - c - d` of each product.
    #[must_use]
    pub fn margins(&self, prices: &[f64]) -> Vec<f64> {
        let cost = self.marginal_cost(prices);
        let terms = cost.iter().zip(self.duty).zip(prices);
        terms.map(|((cost, duty), price)| duty.retained * price - (cost + duty.fixed)).collect()
    }

    /// The layout of the kernel for this ownership.
    pub(crate) fn layout(&self) -> CellLayout {
        self.demand.pricing_layout(self.ownership.owners(), self.ownership.holdings())
    }

    /// Demand sums at these prices and the change of price that the zeta map wants, to `(Lambda^-1 [(O o Gamma) m + r s] + c + d) / r`.
    pub(crate) fn zeta(&self, layout: &CellLayout, prices: &[f64]) -> (Sums, Vec<f64>) {
        let margin = self.margins(prices);
        let sums = self.demand.pricing_sums(layout, prices, &margin);
        let step = (0..prices.len()).map(|j| {
            let duty = self.duty[j];
            let wanted = (duty.retained * sums.share[j] + sums.cross[j]) / sums.lambda[j];
            (wanted - margin[j]) / duty.retained
        });
        let step = step.collect();
        (sums, step)
    }

    /// Largest |first-order condition| / share, from the step of the zeta map.
    pub(crate) fn first_order_residual(&self, sums: &Sums, step: &[f64]) -> f64 {
        let residual = |j: usize| (step[j] * self.duty[j].retained * sums.lambda[j] / sums.share[j]).abs();
        (0..step.len()).map(residual).fold(0.0, worse)
    }
}

/// The larger of two, keeping NaN.
pub(crate) fn worse(worst: f64, next: f64) -> f64 {
    if next > worst || next.is_nan() { next } else { worst }
}
