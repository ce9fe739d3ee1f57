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

use super::SupplyError;
use super::problem::PriceProblem;
use crate::model::demand::kernel::CellLayout;
use crate::model::demand::kernel::moments::{LeftFactor, Window};
use crate::model::demand::response::{run_moments, run_windows};
use crate::model::demand::sweep::WindowMoments;
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
    /// Prices held fixed; none where empty.
    held: Vec<bool>,
}

/// The profit Hessian of one firm in its own prices.
#[derive(Clone, Debug, PartialEq)]
pub struct SecondOrder {
    /// Name of the firm.
    pub firm: String,
    /// Largest eigenvalue: negative at a strict local maximum.
    pub largest_eigenvalue: f64,
}

/// Where an owner gains by leaving a point at which its first-order conditions hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ascent {
    /// The owner.
    pub firm: String,
    /// Largest curvature of its profit, in units in which each product's own is -1.
    pub curvature: f64,
    /// Direction of that curvature in all prices.
    pub direction: Vec<f64>,
}

/// Curvature above which a point is no maximum: rounding leaves less.
const CURVATURE: f64 = 1e-9;

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
        if let Some(buyers) = sample {
            return problem.before_first(buyers, |problem| Self::at(problem, prices, None));
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
        let around = Around::of(problem, prices);
        let moments = |factor| run_moments(demand, &layout, prices, factor);
        let (gamma, lambda) = moments(LeftFactor::Response);
        let (gamma2, lambda2) = moments(LeftFactor::SquaredResponse);
        let (margin, retained) = around.arranged(&layout);
        let (own, _) = moments(LeftFactor::FirstOrder { margin: &margin, retained: &retained });
        let held = |j: usize, of: &ProductMatrix| -> f64 {
            (0..count).map(|m| ownership.weight(j, m) * of.at(j, m) * around.margin[m]).sum()
        };
        let jacobian = DMatrix::from_fn(count, count, |j, l| {
            let weight = ownership.weight(j, l);
            let bend = || around.diagonal(j, [lambda[j], lambda2[j]], [held(j, &gamma), held(j, &gamma2)]);
            around.entry((j, l), weight, [own.at(j, l), gamma.at(j, l), gamma2.at(j, l)], bend)
        });
        let slope = &around.slope;
        let on_diagonal = |j: usize, k: usize| if j == k { lambda[j] } else { 0.0 };
        let of_cost = |j: usize, k: usize| slope[j] * (on_diagonal(j, k) - ownership.weight(j, k) * gamma.at(j, k));
        let cost = DMatrix::from_fn(count, count, of_cost);
        let by_price = |j: usize, l: usize| slope[l] * (gamma.at(j, l) - on_diagonal(j, l));
        let demand = DMatrix::from_fn(count, count, by_price);
        let jacobian = match problem.rising.zip(shares) {
            None => jacobian,
            Some((rising, share)) => jacobian + &cost * rising.cost_by_share(&share) * &demand,
        };
        Self { jacobian, cost, demand, retained: around.retained, held: Vec::new() }
    }

    /// The same with some prices held fixed (one value a product; none where empty): their conditions are that they do not move.
    #[must_use]
    pub fn holding(mut self, held: &[bool]) -> Self {
        for j in (0..held.len()).filter(|&j| held[j]) {
            self.jacobian.row_mut(j).fill(0.0);
            self.jacobian[(j, j)] = 1.0;
            self.cost.row_mut(j).fill(0.0);
        }
        self.held = held.to_vec();
        self
    }

    /// Products whose price firm f sets.
    fn set_by(&self, ownership: &super::Ownership, f: usize) -> Vec<usize> {
        let free = |j: &usize| !self.held.get(*j).copied().unwrap_or(false);
        (0..ownership.products()).filter(|&j| ownership.owners()[j] == f).filter(free).collect()
    }

    /// dg_j/dp_l.
    pub(super) fn by_price(&self, j: usize, l: usize) -> f64 {
        self.jacobian[(j, l)]
    }

    /// dg_j/dC_k.
    pub(super) fn by_cost(&self, j: usize, k: usize) -> f64 {
        self.cost[(j, k)]
    }

    /// ds_j/dp_l.
    pub(super) fn share_by_price(&self, j: usize, l: usize) -> f64 {
        self.demand[(j, l)]
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

    /// The blocks of each firm's own products, in the order of firms.
    fn blocks(&self, ownership: &super::Ownership) -> Vec<OwnBlock> {
        let block = |f: usize| {
            let products = Some(self.set_by(ownership, f)).filter(|own| !own.is_empty())?;
            let entry = |a: usize, b: usize| self.jacobian[(products[a], products[b])];
            let conditions = DMatrix::from_fn(products.len(), products.len(), entry);
            Some(OwnBlock { owner: f, products, conditions })
        };
        (0..ownership.firms()).filter_map(block).collect()
    }

    /// Blocks of the firms' own products at `prices`, of which some are `held`: no matrix of all products by all products is formed where no firm
    /// counts another's profit and costs do not rise.
    fn blocks_at(problem: &PriceProblem, prices: &[f64], held: &[bool]) -> Result<Vec<OwnBlock>, SupplyError> {
        let (demand, ownership) = (problem.demand, problem.ownership);
        if demand.owned.is_some() || problem.rising.is_some() || !ownership.is_plain() {
            return Ok(Self::at(problem, prices, None)?.holding(held).blocks(ownership));
        }
        problem.check()?;
        check_per_product(demand.products, "price", prices)?;
        let layout = problem.layout();
        let windows: Vec<Window> = layout.cells.iter().map(|cell| cell.start..cell.end).collect();
        let around = Around::of(problem, prices);
        let (margin, retained) = around.arranged(&layout);
        let moments = |factor| run_windows(demand, &layout, prices, factor, &windows);
        let gamma = moments(LeftFactor::Response);
        let gamma2 = moments(LeftFactor::SquaredResponse);
        let own = moments(LeftFactor::FirstOrder { margin: &margin, retained: &retained });
        let block = |at: usize| {
            let (cell, gamma, gamma2) = (&layout.cells[at], &gamma[at], &gamma2[at]);
            let products = &layout.order[windows[at].clone()];
            let free = |place: &usize| !held.get(products[*place]).copied().unwrap_or(false);
            let set: Vec<usize> = (0..products.len()).filter(free).collect();
            let counted = |j: usize, of: &WindowMoments| -> f64 {
                products.iter().enumerate().map(|(m, product)| of.at(j, m) * around.margin[*product]).sum()
            };
            let conditions = DMatrix::from_fn(set.len(), set.len(), |a, b| {
                let (j, l) = (set[a], set[b]);
                let bend = || {
                    let sums = [gamma.sum(j), gamma2.sum(j)];
                    around.diagonal(products[j], sums, [counted(j, gamma), counted(j, gamma2)])
                };
                let moments = [own[at].at(j, l), gamma.at(j, l), gamma2.at(j, l)];
                around.entry((products[j], products[l]), 1.0, moments, bend)
            });
            let products = set.iter().map(|place| products[*place]).collect();
            (!set.is_empty()).then_some(OwnBlock { owner: cell.owner, products, conditions })
        };
        let mut blocks: Vec<OwnBlock> = (0..windows.len()).filter_map(block).collect();
        blocks.sort_by_key(|block| block.owner);
        Ok(blocks)
    }

    /// The direction in which an owner's profit curves upwards most, if one does: the point is then no maximum.
    ///
    /// # Errors
    /// As [`Self::at`].
    pub(crate) fn ascent_at(
        problem: &PriceProblem,
        prices: &[f64],
        held: &[bool],
    ) -> Result<Option<Ascent>, SupplyError> {
        let blocks = Self::blocks_at(problem, prices, held)?;
        let ascents = blocks.iter().filter_map(|block| block.ascent(problem.ownership));
        let steepest = ascents.max_by(|a, b| a.curvature.total_cmp(&b.curvature));
        Ok(steepest.filter(|ascent| ascent.curvature > CURVATURE))
    }

    /// The largest eigenvalue of the profit Hessian of each firm that sets a price.
    #[must_use]
    pub fn second_order(&self, ownership: &super::Ownership) -> Vec<SecondOrder> {
        self.blocks(ownership)
            .iter()
            .map(|block| SecondOrder::of(ownership.firm(block.owner), &block.conditions))
            .collect()
    }

    /// The same at `prices`, of which some are `held`, from each firm's own products alone where that is enough.
    ///
    /// # Errors
    /// As [`Self::at`].
    pub fn second_order_at(
        problem: &PriceProblem,
        prices: &[f64],
        held: &[bool],
    ) -> Result<Vec<SecondOrder>, SupplyError> {
        let of = |block: &OwnBlock| SecondOrder::of(problem.ownership.firm(block.owner), &block.conditions);
        Ok(Self::blocks_at(problem, prices, held)?.iter().map(of).collect())
    }
}

/// The derivatives of a firm's conditions in the prices that it sets.
struct OwnBlock {
    /// The firm.
    owner: usize,
    /// Its products whose prices are free.
    products: Vec<usize>,
    conditions: DMatrix<f64>,
}

impl OwnBlock {
    /// The direction of the largest curvature of the firm's profit. The Hessian is taken in units in which its diagonal is -1, which leaves its
    /// signs and lets products of any size stand side by side.
    fn ascent(&self, ownership: &super::Ownership) -> Option<Ascent> {
        let half = |j: usize, l: usize| 0.5 * (self.conditions[(j, l)] + self.conditions[(l, j)]);
        // A product that nobody buys has no curvature and no say.
        let sold: Vec<usize> = (0..self.products.len()).filter(|&j| half(j, j) != 0.0).collect();
        let unit: Vec<f64> = sold.iter().map(|&j| half(j, j).abs().sqrt()).collect();
        let scaled = |a: usize, b: usize| half(sold[a], sold[b]) / (unit[a] * unit[b]);
        let hessian = DMatrix::from_fn(sold.len(), sold.len(), scaled);
        if sold.is_empty() || hessian.iter().any(|entry| !entry.is_finite()) {
            return None;
        }
        let eigen = hessian.symmetric_eigen();
        let (place, &curvature) = eigen.eigenvalues.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        let mut direction = vec![0.0; ownership.products()];
        for (a, &j) in sold.iter().enumerate() {
            direction[self.products[j]] = eigen.eigenvectors[(a, place)] / unit[a];
        }
        Some(Ascent { firm: ownership.firm(self.owner).to_owned(), curvature, direction })
    }
}

impl SecondOrder {
    /// Of a firm, from the derivatives of its conditions in its own prices.
    fn of(firm: &str, conditions: &DMatrix<f64>) -> Self {
        let half = |j: usize, l: usize| 0.5 * (conditions[(j, l)] + conditions[(l, j)]);
        let hessian = DMatrix::from_fn(conditions.nrows(), conditions.ncols(), half);
        let largest = |matrix: &DMatrix<f64>| {
            matrix.symmetric_eigenvalues().iter().copied().max_by(f64::total_cmp).unwrap_or(f64::NAN)
        };
        if hessian.iter().any(|entry| !entry.is_finite()) {
            return Self { firm: firm.to_owned(), largest_eigenvalue: f64::NAN };
        }
        let mut largest_eigenvalue = largest(&hessian);
        // Beside a large product rounding hides the sign of what a small one adds. In units in which each own curvature is -1 it shows:
        // where the largest eigenvalue c is below zero there, x'Hx <= c |Dx|^2 <= c min d^2 |x|^2.
        let unit: Vec<f64> = hessian.diagonal().iter().map(|own| own.abs().sqrt()).collect();
        if largest_eigenvalue >= 0.0 && unit.iter().all(|unit| *unit > 0.0) {
            let scaled = DMatrix::from_fn(unit.len(), unit.len(), |j, l| hessian[(j, l)] / (unit[j] * unit[l]));
            let curvature = largest(&scaled);
            if curvature < -CURVATURE {
                let least = unit.iter().copied().fold(f64::INFINITY, f64::min);
                largest_eigenvalue = curvature * least * least;
            }
        }
        Self { firm: firm.to_owned(), largest_eigenvalue }
    }
}

/// What the Jacobian is made of besides moments.
struct Around {
    margin: Vec<f64>,
    retained: Vec<f64>,
    slope: Vec<f64>,
    /// How the slopes change; none where demand is not bent.
    slope_change: Vec<f64>,
}

impl Around {
    fn of(problem: &PriceProblem, prices: &[f64]) -> Self {
        let products = problem.demand.products;
        let change = |curved: &crate::model::demand::Curvature| {
            prices.iter().enumerate().map(|(j, price)| curved.slope_change(j, *price)).collect()
        };
        Self {
            margin: problem.margins(prices),
            retained: problem.duty.iter().map(|duty| duty.retained).collect(),
            slope: products.slopes(prices).unwrap_or_else(|| vec![1.0; prices.len()]),
            slope_change: products.curvature().map(change).unwrap_or_default(),
        }
    }

    /// Margins, and what is kept of a dollar that is felt, in the order of a layout.
    fn arranged(&self, layout: &CellLayout) -> (Vec<f64>, Vec<f64>) {
        let per_felt: Vec<f64> = self.retained.iter().zip(&self.slope).map(|(r, g)| r / g).collect();
        (layout.arrange(&self.margin), layout.arrange(&per_felt))
    }

    /// What stands on the diagonal alone, of the sums Lambda and Lambda2 and of Gamma and Gamma2 times margins.
    fn diagonal(&self, j: usize, [lambda, lambda2]: [f64; 2], [held, held2]: [f64; 2]) -> f64 {
        let (margin, felt) = (self.margin[j], self.slope[j] * self.slope[j]);
        let bend = self.slope_change.get(j).copied().unwrap_or(0.0);
        let bent = if bend == 0.0 { 0.0 } else { bend * (held - lambda * margin) };
        felt * margin * lambda2 - 2.0 * self.slope[j] * self.retained[j] * lambda - felt * held2 + bent
    }

    /// dg_j/dp_l of the part held in common, Gamma and Gamma2, with weight O_jl.
    fn entry(
        &self,
        (j, l): (usize, usize),
        weight: f64,
        [own, gamma, gamma2]: [f64; 3],
        diagonal: impl FnOnce() -> f64,
    ) -> f64 {
        let felt = self.slope[j] * self.slope[l];
        let common = weight * (self.slope[j] * self.retained[l] * gamma - felt * self.margin[l] * gamma2);
        felt * own + common + if j == l { diagonal() } else { 0.0 }
    }
}
