//! What is known of the parameters at the optimum: standard errors, the overidentification statistic, and identification.
//!
//! With the Jacobian D of moments (targets, then priors) in parameters, W the weights and S the covariance of what the moments are compared
//! with, data and simulation noise together,
//!
//! ```text
//! theta^ - theta = K e        K = (D'WD)^-1 D'W        Var theta^ = K S K'
//! ```
//!
//! K is the sensitivity of Andrews, Gentzkow and Shapiro (2017): how far an estimate moves when a moment of the evidence does. A later
//! block takes earlier estimates as given, so its rows are `K_b (e_b - D_b,earlier K_earlier e)`, and what is not known of the earlier ones
//! is in its errors. Residuals have the covariance V = (I - DK) S (I - DK)', of rank moments less parameters; the statistic
//! J = r' V^+ r is chi-square with so many degrees of freedom whatever W is, if the model is right and S is.
//!
//! A moment within a range of evidence has no weight and is no part of J; one beyond it counts like a number at the range's end, as if it had been
//! known which side would bind. Blocks that are solved for, one parameter for one moment, are no part of J: their residuals are zero whatever the
//! model is.
//!
//! Simulation noise is what the choice of random numbers does to the moments at the optimum: their covariance over other seeds, once, because
//! the estimate rests on one seed.

use nalgebra::{DMatrix, DVector};

use super::search::neighbours;
use super::{Model, MomentProblem, Query, SearchStage};
use crate::numerics::elementary::hypotenuse;
use crate::numerics::gamma::chi_square_above;

/// The end of its range that a parameter stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeEnd {
    /// The lowest value.
    Low,
    /// The highest value.
    High,
}

/// What the moments of a block say of its parameters, without priors: singular values of `D range / se`, falling, and the direction in
/// parameters (in units of their ranges) that goes with each. A value is the distance in standard errors that the moments move when
/// the parameters cross their ranges in that direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Identification {
    /// Positions of the parameters.
    pub free: Vec<usize>,
    /// Singular values, one for each parameter; zero where there are fewer moments.
    pub values: Vec<f64>,
    /// Directions, of length one.
    pub directions: Vec<Vec<f64>>,
}

/// Estimates with all that is known of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The parameters.
    pub theta: Vec<f64>,
    /// The moments there, in the order of the targets.
    pub moments: Vec<f64>,
    /// Standard errors; not a number at a bound, and where neither moments nor a prior say anything.
    pub std_error: Vec<f64>,
    /// Covariance of the estimates; zero for parameters without a standard error.
    pub covariance: DMatrix<f64>,
    /// Derivatives of the targets (rows) in the parameters (columns).
    pub jacobian: DMatrix<f64>,
    /// Sensitivity of the parameters (rows) to the targets (columns).
    pub sensitivity: DMatrix<f64>,
    /// Covariance of the simulation noise of the targets.
    pub noise: DMatrix<f64>,
    /// Seeds that it is from.
    pub seeds: usize,
    /// The overidentification statistic; not a number without degrees of freedom.
    pub j: f64,
    /// Its degrees of freedom.
    pub degrees: usize,
    /// Probability of a larger one if model and standard errors are right.
    pub p_value: f64,
    /// Identification of each block.
    pub identification: Vec<Identification>,
    /// Share of what is known of a parameter that its prior says; zero without one.
    pub prior_share: Vec<f64>,
    /// Parameters at a bound.
    pub bound: Vec<Option<RangeEnd>>,
}

impl Estimate {
    /// Distance of a moment from its target in standard errors of the data and the simulation together.
    #[must_use]
    pub fn t(&self, problem: &MomentProblem, target: usize) -> f64 {
        let t = &problem.targets[target];
        t.miss(self.moments[target]) / hypotenuse(t.std_error, self.noise[(target, target)].sqrt())
    }
    /// Correlation of two estimates; not a number without standard errors.
    #[must_use]
    pub fn correlation(&self, a: usize, b: usize) -> f64 {
        self.covariance[(a, b)] / (self.std_error[a] * self.std_error[b])
    }
}

/// Nearer to the end of its range than this part of it, a parameter stands at its bound.
const AT_BOUND: f64 = 1e-4;
/// Singular values below this part of the largest are zero.
const RANK: f64 = 1e-9;

/// Why nothing is known of an estimate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError<E> {
    /// The model stopped.
    #[error("{0}")]
    Model(E),
    /// Numbers so far apart that what is calculated from them is none.
    #[error(
        "{0}: what is worked out of slopes and standard errors is beyond all numbers\nhelp: look for a standard error or a prior's sd that is far \
         too small, or bounds that are far too wide"
    )]
    Overflow(String),
}

/// Works out what is known at `theta`; `seeds` other seeds give the simulation noise.
///
/// # Errors
/// When the model stops, or numbers overflow.
pub fn estimate<M: Model>(
    problem: &MomentProblem,
    theta: &[f64],
    moments: &[f64],
    seeds: usize,
    model: &mut M,
) -> Result<Estimate, EstimateError<M::Error>> {
    let bound: Vec<Option<RangeEnd>> = problem
        .free
        .iter()
        .zip(theta)
        .map(|(free, value)| match free.unit(*value) {
            unit if unit <= AT_BOUND => Some(RangeEnd::Low),
            unit if unit >= 1.0 - AT_BOUND => Some(RangeEnd::High),
            _ => None,
        })
        .collect();
    let jacobian = jacobian(problem, theta, moments, model).map_err(EstimateError::Model)?;
    let (noise, seeds) = noise(problem, theta, moments.len(), seeds, model).map_err(EstimateError::Model)?;
    let system = System::new(problem, moments, &jacobian, &noise, &bound);
    let solved = system.solve(problem).map_err(EstimateError::Overflow)?;
    let (j, degrees) = system.overidentification(problem, theta, moments, &solved).map_err(EstimateError::Overflow)?;
    let p_value = if degrees > 0 { chi_square_above(degrees as u64, j) } else { f64::NAN };
    let targets = problem.targets.len();
    let covariance = &solved.gain * &system.covariance * solved.gain.transpose();
    let std_error = (0..theta.len())
        .map(|k| if bound[k].is_some() || solved.unknown[k] { f64::NAN } else { covariance[(k, k)].sqrt() })
        .collect();
    Ok(Estimate {
        theta: theta.to_vec(),
        moments: moments.to_vec(),
        std_error,
        covariance,
        identification: identification(problem, moments, &jacobian).map_err(EstimateError::Overflow)?,
        sensitivity: solved.gain.columns(0, targets).into_owned(),
        jacobian,
        noise,
        seeds,
        j,
        degrees,
        p_value,
        prior_share: solved.prior_share,
        bound,
    })
}

/// Central differences within the bounds, one-sided where one neighbour has no solution, zero where neither has.
fn jacobian<M: Model>(
    problem: &MomentProblem,
    theta: &[f64],
    moments: &[f64],
    model: &mut M,
) -> Result<DMatrix<f64>, M::Error> {
    let mut places = Vec::new();
    let mut queries = Vec::new();
    for block in 0..problem.blocks.len() {
        for (k, free) in problem.free.iter().enumerate().filter(|(_, free)| free.block <= block) {
            let ends = neighbours(free.unit(theta[k]), problem.steps[block]).map(|unit| free.at(unit));
            for end in ends {
                let mut theta = theta.to_vec();
                theta[k] = end;
                queries.push(Query { block, theta, seed: 0, stage: SearchStage::Derivative });
            }
            places.push((block, k, ends));
        }
    }
    let answers = model.moments(&queries)?;
    let mut jacobian = DMatrix::zeros(problem.targets.len(), problem.free.len());
    for ((block, k, [low, high]), pair) in places.into_iter().zip(answers.chunks_exact(2)) {
        for (at, i) in problem.targets_of(block).into_iter().enumerate() {
            let (below, above) = (pair[0].as_ref().map(|m| m[at]), pair[1].as_ref().map(|m| m[at]));
            jacobian[(i, k)] = match (below, above) {
                (Some(below), Some(above)) => (above - below) / (high - low),
                (Some(below), None) if theta[k] > low => (moments[i] - below) / (theta[k] - low),
                (None, Some(above)) if theta[k] < high => (above - moments[i]) / (high - theta[k]),
                _ => 0.0,
            };
        }
    }
    Ok(jacobian)
}

/// Covariance of the moments over other seeds, and how many of those had a solution.
fn noise<M: Model>(
    problem: &MomentProblem,
    theta: &[f64],
    targets: usize,
    seeds: usize,
    model: &mut M,
) -> Result<(DMatrix<f64>, usize), M::Error> {
    let blocks = problem.blocks.len();
    let queries: Vec<Query> = (1..=seeds as u64)
        .flat_map(|seed| (0..blocks).map(move |block| (seed, block)))
        .map(|(seed, block)| Query { block, theta: theta.to_vec(), seed, stage: SearchStage::Noise })
        .collect();
    let answers = model.moments(&queries)?;
    let mut draws: Vec<DVector<f64>> = Vec::new();
    for answers in answers.chunks_exact(blocks.max(1)) {
        let mut draw = DVector::zeros(targets);
        let mut whole = true;
        for (block, answer) in answers.iter().enumerate() {
            match answer {
                Some(moments) => {
                    problem.targets_of(block).iter().zip(moments).for_each(|(i, value)| draw[*i] = *value);
                }
                None => whole = false,
            }
        }
        if whole {
            draws.push(draw);
        }
    }
    let count = draws.len();
    let mut covariance = DMatrix::zeros(targets, targets);
    if count > 1 {
        let mean = draws.iter().fold(DVector::zeros(targets), |sum, draw| sum + draw) / count as f64;
        for draw in &draws {
            let from_mean = draw - &mean;
            covariance += &from_mean * from_mean.transpose() / (count - 1) as f64;
        }
    }
    Ok((covariance, count))
}

/// All moments, priors included, as one linear system around the optimum.
struct System {
    /// Targets, then priors (rows) in the parameters that are estimated; zero for those at a bound.
    slopes: DMatrix<f64>,
    /// Weights of the rows.
    weight: Vec<f64>,
    /// Covariance of the rows.
    covariance: DMatrix<f64>,
    /// The block of each row.
    block: Vec<usize>,
    /// Targets within their range.
    idle: Vec<bool>,
    /// The parameter of each row that is a prior.
    prior: Vec<usize>,
    /// Whether each parameter is estimated.
    estimated: Vec<bool>,
}

/// Parameters from moments.
struct Solved {
    gain: DMatrix<f64>,
    /// Parameters about which nothing is known.
    unknown: Vec<bool>,
    prior_share: Vec<f64>,
    /// Directions that are estimated, but for those that are solved for.
    rank: usize,
}

impl System {
    fn new(
        problem: &MomentProblem,
        moments: &[f64],
        jacobian: &DMatrix<f64>,
        noise: &DMatrix<f64>,
        bound: &[Option<RangeEnd>],
    ) -> Self {
        let idle: Vec<bool> = problem.targets.iter().zip(moments).map(|(target, m)| target.is_idle(*m)).collect();
        let (targets, count) = (problem.targets.len(), problem.free.len());
        let prior: Vec<usize> = (0..count).filter(|k| problem.free[*k].prior.is_some()).collect();
        let rows = targets + prior.len();
        let mut slopes = DMatrix::zeros(rows, count);
        let mut covariance = DMatrix::zeros(rows, rows);
        slopes.view_mut((0, 0), (targets, count)).copy_from(jacobian);
        covariance.view_mut((0, 0), (targets, targets)).copy_from(noise);
        let mut weight = Vec::with_capacity(rows);
        for (i, target) in problem.targets.iter().enumerate() {
            let variance = target.std_error * target.std_error;
            covariance[(i, i)] += variance;
            weight.push(if idle[i] { 0.0 } else { target.weight / variance });
        }
        for (at, k) in prior.iter().enumerate() {
            let sd = problem.free[*k].prior.map_or(f64::INFINITY, |prior| prior.sd);
            slopes[(targets + at, *k)] = 1.0;
            covariance[(targets + at, targets + at)] = sd * sd;
            weight.push(1.0 / (sd * sd));
        }
        let estimated: Vec<bool> = bound.iter().map(Option::is_none).collect();
        for k in (0..count).filter(|k| !estimated[*k]) {
            slopes.column_mut(k).fill(0.0);
        }
        let of_target = problem.targets.iter().map(|target| target.block);
        let block = of_target.chain(prior.iter().map(|k| problem.free[*k].block)).collect();
        Self { slopes, weight, covariance, block, idle, prior, estimated }
    }

    fn solve(&self, problem: &MomentProblem) -> Result<Solved, String> {
        let (rows, count) = self.slopes.shape();
        let mut solved = Solved {
            gain: DMatrix::zeros(count, rows),
            unknown: vec![false; count],
            prior_share: vec![0.0; count],
            rank: 0,
        };
        for block in 0..problem.blocks.len() {
            let own_rows: Vec<usize> = (0..rows).filter(|row| self.block[*row] == block).collect();
            let own: Vec<usize> = problem.free_of(block).into_iter().filter(|k| self.estimated[*k]).collect();
            if own_rows.is_empty() || own.is_empty() {
                own.iter().for_each(|k| solved.unknown[*k] = true);
                continue;
            }
            // Columns in units of the range, rows in units of their standard errors: the rank does not depend on units.
            let range = |k: usize| problem.free[k].high - problem.free[k].low;
            let scaled = DMatrix::from_fn(own_rows.len(), own.len(), |r, c| {
                self.weight[own_rows[r]].sqrt() * self.slopes[(own_rows[r], own[c])] * range(own[c])
            });
            let svd = finite(scaled, || format!("block {}", problem.blocks[block]))?.svd(true, true);
            let (Some(u), Some(v_t)) = (svd.u, svd.v_t) else { continue };
            let largest = svd.singular_values.max();
            let mut pseudo = DMatrix::zeros(own.len(), own_rows.len());
            let mut seen = vec![0.0; own.len()];
            let mut variance = vec![0.0; own.len()];
            for (at, value) in svd.singular_values.iter().enumerate().filter(|(_, value)| **value > RANK * largest) {
                pseudo += v_t.row(at).transpose() * u.column(at).transpose() / *value;
                for c in 0..own.len() {
                    seen[c] += v_t[(at, c)] * v_t[(at, c)];
                    variance[c] += (v_t[(at, c)] / value).powi(2);
                }
                solved.rank += usize::from(!problem.is_solved(block));
            }
            let mut errors = DMatrix::zeros(own_rows.len(), rows);
            own_rows.iter().enumerate().for_each(|(r, row)| errors[(r, *row)] = 1.0);
            for k in (0..count).filter(|k| problem.free[*k].block < block && self.estimated[*k]) {
                for (r, row) in own_rows.iter().enumerate() {
                    let through = solved.gain.row(k) * self.slopes[(*row, k)];
                    for column in 0..rows {
                        errors[(r, column)] -= through[column];
                    }
                }
            }
            own_rows.iter().enumerate().for_each(|(r, row)| errors.row_mut(r).scale_mut(self.weight[*row].sqrt()));
            let gain = pseudo * errors;
            for (c, k) in own.iter().enumerate() {
                solved.gain.row_mut(*k).copy_from(&(gain.row(c) * range(*k)));
                // A parameter that no moment and no prior sees is not known, whatever the least-norm solution says of it.
                solved.unknown[*k] = seen[c] < 1.0 - 1e-6;
                if let Some(prior) = problem.free[*k].prior {
                    solved.prior_share[*k] = variance[c] * (range(*k) / prior.sd).powi(2);
                }
            }
        }
        Ok(solved)
    }

    /// The statistic J and its degrees of freedom.
    fn overidentification(
        &self,
        problem: &MomentProblem,
        theta: &[f64],
        moments: &[f64],
        solved: &Solved,
    ) -> Result<(f64, usize), String> {
        let rows = self.slopes.nrows();
        let used = |row: usize| match row.checked_sub(problem.targets.len()) {
            // The prior of a parameter at its bound is no moment: the parameter does not answer to it.
            Some(at) => self.estimated[self.prior[at]],
            None => !self.idle[row],
        };
        let kept: Vec<usize> = (0..rows).filter(|row| used(*row) && !problem.is_solved(self.block[*row])).collect();
        let degrees = kept.len().saturating_sub(solved.rank);
        if degrees == 0 {
            return Ok((f64::NAN, 0));
        }
        let residual = |row: usize| match row.checked_sub(problem.targets.len()) {
            Some(at) => problem.free[self.prior[at]].prior.map_or(0.0, |prior| prior.mean - theta[self.prior[at]]),
            None => -problem.targets[row].miss(moments[row]),
        };
        let left = DMatrix::identity(rows, rows) - &self.slopes * &solved.gain;
        let covariance = &left * &self.covariance * left.transpose();
        let scale: Vec<f64> = kept.iter().map(|row| self.covariance[(*row, *row)].sqrt()).collect();
        let scaled =
            DMatrix::from_fn(kept.len(), kept.len(), |r, c| covariance[(kept[r], kept[c])] / (scale[r] * scale[c]));
        let residuals = DVector::from_fn(kept.len(), |r, _| residual(kept[r]) / scale[r]);
        let eigen = finite(scaled, || "the statistic J".to_owned())?.symmetric_eigen();
        let mut order: Vec<usize> = (0..kept.len()).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let j = order.iter().take(degrees).map(|at| {
            let along = eigen.eigenvectors.column(*at).dot(&residuals);
            along * along / eigen.eigenvalues[*at]
        });
        Ok((j.sum(), degrees))
    }
}

/// The matrix, if all of it are numbers: a decomposition of others does not end, or panics. Else its name.
fn finite(matrix: DMatrix<f64>, name: impl FnOnce() -> String) -> Result<DMatrix<f64>, String> {
    if matrix.iter().all(|entry| entry.is_finite()) { Ok(matrix) } else { Err(name()) }
}

fn identification(
    problem: &MomentProblem,
    moments: &[f64],
    jacobian: &DMatrix<f64>,
) -> Result<Vec<Identification>, String> {
    let of_block = |block: usize| {
        let (free, targets) = (problem.free_of(block), problem.targets_of(block));
        let rows = targets.len().max(free.len());
        // Rows of zeros stand for moments that are not there or ask nothing, so that every parameter has a direction.
        let scaled = DMatrix::from_fn(rows, free.len(), |r, c| {
            let Some(i) = targets.get(r) else { return 0.0 };
            if problem.targets[*i].is_idle(moments[*i]) {
                return 0.0;
            }
            let parameter = &problem.free[free[c]];
            jacobian[(*i, free[c])] * (parameter.high - parameter.low) / problem.targets[*i].std_error
        });
        let svd = finite(scaled, || format!("block {}", problem.blocks[block]))?.svd(false, true);
        let mut order: Vec<usize> = (0..free.len()).collect();
        order.sort_by(|a, b| svd.singular_values[*b].total_cmp(&svd.singular_values[*a]));
        let direction = |at: &usize| svd.v_t.as_ref().map_or(Vec::new(), |v| v.row(*at).iter().copied().collect());
        Ok(Identification {
            values: order.iter().map(|at| svd.singular_values[*at]).collect(),
            directions: order.iter().map(direction).collect(),
            free,
        })
    };
    (0..problem.blocks.len()).map(of_block).collect()
}
