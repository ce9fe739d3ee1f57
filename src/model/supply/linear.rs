//! First-order conditions to first order: their Jacobian, and what follows from it.
//!
//! With `g_j = r_j s_j - Lambda_j m_j + sum_m O_jm Gamma_jm m_m` and margins `m = r p - C` (C: cost and fixed duty of a unit),
//!
//! ```text
//! dg_j/dp_l = sum_i w a s_j s_l [r_j + a (2 F_if(j) - m_j)]  +  O_jl (r_l Gamma_jl - m_l Gamma2_jl)
//!             + [j = l] (m_j Lambda2_j - 2 r_j Lambda_j - sum_m O_jm Gamma2_jm m_m)
//! dg_j/dC_k = [j = k] Lambda_j - O_jk Gamma_jk
//! ```
//!
//! where Lambda2 and Gamma2 have a^2 for a. The block of one owner's products is the Hessian of its profit.
//!
//! Where demand is curved (slopes g, their derivatives g') the conditions are `r_j s_j + g_j H_j`, with H all that does not contain r, and
//!
//! ```text
//! dg_j/dp_l = g_j g_l sum_i w a s_j s_l [r_j/g_j + a (2 F_if(j) - m_j)]  +  O_jl (g_j r_l Gamma_jl - g_j g_l m_l Gamma2_jl)
//!             + [j = l] (g_j^2 m_j Lambda2_j - 2 g_j r_j Lambda_j - g_j^2 sum_m O_jm Gamma2_jm m_m + g'_j H_j)
//! dg_j/dC_k = g_j ([j = k] Lambda_j - O_jk Gamma_jk)          ds_j/dp_l = g_l (Gamma_jl - [j = l] Lambda_j)
//! ```
//!
//! Where cost rises with volume ([`super::rising`]), C moves with prices: `dg/dC dC/dp` is added.

use nalgebra::{DMatrix, DVector, Dyn, LU};

use super::{PriceProblem, SupplyError};
use crate::model::demand::kernel::moments::Factor;
use crate::model::demand::sweep::run_moments;
use crate::model::demand::{ExpectedDemand, ProductMatrix, check_per_product};

/// The first-order conditions around some prices.
#[derive(Clone, Debug)]
pub struct Linearised {
    /// dg_j/dp_l.
    jacobian: DMatrix<f64>,
    /// dg_j/dC_k.
    cost: DMatrix<f64>,
    /// ds_j/dp_l.
    demand: DMatrix<f64>,
    retained: Vec<f64>,
}

/// The profit Hessian of one firm in its own prices.
#[derive(Clone, Debug, PartialEq)]
pub struct SecondOrder {
    /// Name of the firm.
    pub firm: String,
    /// Largest eigenvalue: negative at a strict local maximum.
    pub largest_eigenvalue: f64,
}

impl Linearised {
    /// Linearises the first-order conditions at `prices`. With `sample`, on so many of the first buyers only, weighted up to
    /// the whole: good enough to steer by, not to report.
    ///
    /// # Errors
    /// When the problem or the prices do not fit.
    pub fn at(problem: &PriceProblem, prices: &[f64], sample: Option<usize>) -> Result<Self, SupplyError> {
        problem.check()?;
        check_per_product(problem.demand.products, "price", prices)?;
        let demand = problem.demand;
        if let Some(buyers) = sample.filter(|&buyers| buyers < demand.population.len()) {
            let part: f64 = (0..buyers).map(|i| demand.population.buyer(i).weight()).sum();
            if part > 0.0 {
                let factor = demand.population.total_weight() / part;
                let population = demand.population.first(buyers, factor);
                let owned = demand.owned.map(|owned| owned.first(buyers, factor));
                let demand = ExpectedDemand { population: &population, owned: owned.as_ref(), ..demand.clone() };
                return Self::at(&PriceProblem { demand: &demand, ..*problem }, prices, None);
            }
        }
        if demand.owned.is_some() {
            let (population, products) = demand.expand()?;
            let plain = ExpectedDemand { population: &population, products: &products, owned: None, ..demand.clone() };
            return Self::at(&PriceProblem { demand: &plain, ..*problem }, prices, None);
        }
        Ok(Self::of_plain(problem, prices))
    }

    /// Of buyers without loyalty.
    fn of_plain(problem: &PriceProblem, prices: &[f64]) -> Self {
        let (demand, ownership) = (problem.demand, problem.ownership);
        let count = prices.len();
        let layout = problem.layout();
        let shares = problem.rising.map(|_| demand.shares(prices).product);
        let margin = problem.margins(prices);
        let retained: Vec<f64> = problem.duty.iter().map(|duty| duty.retained).collect();
        let slope = demand.products.slopes(prices).unwrap_or_else(|| vec![1.0; count]);
        let slope_change =
            |j: usize| demand.products.curvature().map_or(0.0, |curved| curved.slope_change(j, prices[j]));
        let moments = |factor| run_moments(demand, &layout, prices, factor);
        let (gamma, lambda) = moments(Factor::Response);
        let (gamma2, lambda2) = moments(Factor::SquaredResponse);
        let per_felt: Vec<f64> = retained.iter().zip(&slope).map(|(r, g)| r / g).collect();
        let (arranged_margin, arranged_retained) = (layout.arrange(&margin), layout.arrange(&per_felt));
        let (own, _) = moments(Factor::FirstOrder { margin: &arranged_margin, retained: &arranged_retained });
        let held = |j: usize, of: &ProductMatrix| -> f64 {
            (0..count).map(|m| ownership.weight(j, m) * of.at(j, m) * margin[m]).sum()
        };
        let jacobian = DMatrix::from_fn(count, count, |j, l| {
            let felt = slope[j] * slope[l];
            let common =
                ownership.weight(j, l) * (slope[j] * retained[l] * gamma.at(j, l) - felt * margin[l] * gamma2.at(j, l));
            let diagonal = if j == l {
                let bend = slope_change(j);
                let bent = if bend == 0.0 { 0.0 } else { bend * (held(j, &gamma) - lambda[j] * margin[j]) };
                felt * margin[j] * lambda2[j] - 2.0 * slope[j] * retained[j] * lambda[j] - felt * held(j, &gamma2)
                    + bent
            } else {
                0.0
            };
            felt * own.at(j, l) + common + diagonal
        });
        let on_diagonal = |j: usize, k: usize| if j == k { lambda[j] } else { 0.0 };
        let of_cost = |j: usize, k: usize| slope[j] * (on_diagonal(j, k) - ownership.weight(j, k) * gamma.at(j, k));
        let cost = DMatrix::from_fn(count, count, of_cost);
        let by_price = |j: usize, l: usize| slope[l] * (gamma.at(j, l) - on_diagonal(j, l));
        let demand = DMatrix::from_fn(count, count, by_price);
        let jacobian = match problem.rising.zip(shares) {
            None => jacobian,
            Some((rising, share)) => jacobian + &cost * rising.cost_by_share(&share) * &demand,
        };
        Self { jacobian, cost, demand, retained }
    }

    fn factorised(&self) -> LU<f64, Dyn, Dyn> {
        self.jacobian.clone().lu()
    }

    /// The step `-J^-1 g`, or none where the Jacobian is singular.
    pub(crate) fn newton_step(&self, conditions: &[f64]) -> Option<Vec<f64>> {
        let step = self.factorised().solve(&-DVector::from_column_slice(conditions))?;
        step.iter().all(|step| step.is_finite()).then(|| step.iter().copied().collect())
    }

    /// dp/dC for the cost and fixed duty of a unit, or none where the Jacobian is singular.
    fn price_per_unit_cost(&self) -> Option<DMatrix<f64>> {
        self.factorised().solve(&-&self.cost).filter(|matrix| matrix.iter().all(|value| value.is_finite()))
    }

    /// The pass-through matrix `dp_j / dc_k` for effective cost c (marginal cost and fixed duty over the retained share).
    ///
    /// # Errors
    /// [`SupplyError::Singular`] where equilibrium prices do not depend smoothly on costs.
    pub fn pass_through(&self) -> Result<ProductMatrix, SupplyError> {
        let matrix = self.price_per_unit_cost().ok_or(SupplyError::Singular)?;
        Ok(ProductMatrix::from_fn(self.retained.len(), |j, k| matrix[(j, k)] * self.retained[k]))
    }

    /// How the shares of each group of products change when the unit costs of another group rise:
    /// entry (g, h) is `d sum_{j in g} s_j / d C of all k in h`.
    pub(crate) fn group_response(&self, groups: &[&[usize]]) -> Option<DMatrix<f64>> {
        let shares = &self.demand * self.price_per_unit_cost()?;
        let total = |g: &[usize], h: &[usize]| -> f64 {
            g.iter().map(|&j| h.iter().map(|&k| shares[(j, k)]).sum::<f64>()).sum()
        };
        Some(DMatrix::from_fn(groups.len(), groups.len(), |g, h| total(groups[g], groups[h])))
    }

    /// The largest eigenvalue of each firm's profit Hessian.
    #[must_use]
    pub fn second_order(&self, ownership: &super::Ownership) -> Vec<SecondOrder> {
        let firm = |f: usize| {
            let own: Vec<usize> = (0..ownership.products()).filter(|&j| ownership.owners()[j] == f).collect();
            let half = |j: usize, l: usize| 0.5 * (self.jacobian[(own[j], own[l])] + self.jacobian[(own[l], own[j])]);
            let eigenvalues = DMatrix::from_fn(own.len(), own.len(), half).symmetric_eigenvalues();
            SecondOrder { firm: ownership.firm(f).to_owned(), largest_eigenvalue: eigenvalues.max() }
        };
        (0..ownership.firms()).map(firm).collect()
    }
}
