//! Global, then local: scrambled Sobol' points over the bounds, Nelder-Mead from the best of them, and least squares to the end.
//!
//! Everything is decided by the answers of the model in a fixed order, so that a search that is stopped and resumed on the same answers
//! takes the same path.

use nalgebra::{DMatrix, DVector};

use super::{Model, MomentProblem, Query, SearchStage};
use crate::numerics::simplex::minimise;
use crate::numerics::sobol::{SobolSequence, TooManyDimensions};

/// How hard to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Points spread over the bounds, beside the start.
    pub points: usize,
    /// Local searches, from the best of them.
    pub starts: usize,
    /// Most steps of the simplex in each.
    pub simplex: u64,
    /// Most steps of the least-squares search in each.
    pub polish: usize,
    /// Key of the scrambling.
    pub seed: u64,
}

/// Why there is no estimate.
#[derive(Debug, thiserror::Error)]
pub enum SearchError<E> {
    /// The model stopped.
    #[error("{0}")]
    Model(E),
    /// More parameters than a Sobol' sequence has dimensions.
    #[error("{0}")]
    Dimensions(#[from] TooManyDimensions),
    /// No point could be evaluated.
    #[error(
        "block {block}: the model has no solution at any of {points} points within the bounds\nhelp: narrow the bounds of its parameters, \
         or check the scenario at its own values"
    )]
    NoPoint {
        /// Name of the block.
        block: String,
        /// Points tried.
        points: usize,
    },
}

/// Where the search of one block ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Searched {
    /// All parameters, those of the block at the optimum.
    pub theta: Vec<f64>,
    /// Moments of the block there.
    pub moments: Vec<f64>,
    /// The objective there.
    pub objective: f64,
    /// Objective of each local search, in the order of their starts.
    pub ends: Vec<f64>,
    /// Points that had no solution.
    pub failed: usize,
    /// For each target of the block, the smallest distance in standard errors at any point evaluated.
    pub nearest: Vec<f64>,
    /// Whether the best local search ended because nothing more was to be gained.
    pub converged: bool,
}

/// One point of a block and what the model says there.
#[derive(Clone, Debug)]
struct Point {
    unit: Vec<f64>,
    moments: Vec<f64>,
    residuals: Vec<f64>,
}

impl Point {
    fn objective(&self) -> f64 {
        self.residuals.iter().map(|r| r * r).sum()
    }
}

/// A change of the unit coordinates below which nothing moves.
const LEAST_STEP: f64 = 1e-7;
/// A relative gain below which nothing is gained.
const LEAST_GAIN: f64 = 1e-10;

/// One block's search: its parameters vary, the others stay where `theta` has them.
struct Block<'a, M: Model> {
    problem: &'a MomentProblem,
    block: usize,
    free: Vec<usize>,
    theta: Vec<f64>,
    model: &'a mut M,
    failed: usize,
    nearest: Vec<f64>,
}

impl<M: Model> Block<'_, M> {
    fn theta(&self, unit: &[f64]) -> Vec<f64> {
        let mut theta = self.theta.clone();
        self.free.iter().zip(unit).for_each(|(k, u)| theta[*k] = self.problem.free[*k].at(*u));
        theta
    }

    fn ask(&mut self, stage: SearchStage, units: &[Vec<f64>]) -> Result<Vec<Option<Point>>, M::Error> {
        let query = |unit: &Vec<f64>| Query { block: self.block, theta: self.theta(unit), seed: 0, stage };
        let queries: Vec<Query> = units.iter().map(query).collect();
        let answers = self.model.moments(&queries)?;
        let points = units.iter().zip(queries.iter().zip(answers)).map(|(unit, (query, answer))| {
            let Some(moments) = answer else {
                self.failed += 1;
                return None;
            };
            let residuals = self.problem.residuals(self.block, &query.theta, &moments);
            for ((nearest, residual), i) in
                self.nearest.iter_mut().zip(&residuals).zip(self.problem.targets_of(self.block))
            {
                *nearest = nearest.min(residual.abs() / self.problem.targets[i].weight.sqrt());
            }
            Some(Point { unit: unit.clone(), moments, residuals })
        });
        Ok(points.collect())
    }
}

/// Searches one block with the parameters of the others at `theta`.
///
/// # Errors
/// [`SearchError`] when the model stops, or has no solution anywhere.
pub fn search<M: Model>(
    problem: &MomentProblem,
    block: usize,
    theta: &[f64],
    effort: Effort,
    model: &mut M,
) -> Result<Searched, SearchError<M::Error>> {
    let free = problem.free_of(block);
    let targets = problem.targets_of(block).len();
    let start: Vec<f64> = free.iter().map(|k| problem.free[*k].unit(theta[*k])).collect();
    let mut units = vec![start];
    if !free.is_empty() {
        units.extend(SobolSequence::scrambled(free.len(), effort.seed ^ block as u64)?.take(effort.points));
    }
    let nearest = vec![f64::INFINITY; targets];
    let mut block = Block { problem, block, free, theta: theta.to_vec(), model, failed: 0, nearest };
    let mut found: Vec<Point> =
        block.ask(SearchStage::Global, &units).map_err(SearchError::Model)?.into_iter().flatten().collect();
    // A stable sort: of equal points the earlier one.
    found.sort_by(|a, b| a.objective().total_cmp(&b.objective()));
    if found.is_empty() {
        return Err(SearchError::NoPoint { block: problem.blocks[block.block].clone(), points: units.len() });
    }
    let mut best: Option<(Point, bool)> = None;
    let mut ends = Vec::new();
    for start in apart(&found, effort.starts) {
        let point = if block.free.is_empty() {
            start
        } else {
            simplex(&mut block, start, effort.simplex).map_err(SearchError::Model)?
        };
        let (point, converged) = polish(&mut block, point, effort.polish).map_err(SearchError::Model)?;
        ends.push(point.objective());
        if best.as_ref().is_none_or(|(best, _)| point.objective() < best.objective()) {
            best = Some((point, converged));
        }
    }
    let Some((point, converged)) = best else {
        return Err(SearchError::NoPoint { block: problem.blocks[block.block].clone(), points: units.len() });
    };
    let theta = block.theta(&point.unit);
    let objective = point.objective();
    Ok(Searched {
        theta,
        moments: point.moments,
        objective,
        ends,
        failed: block.failed,
        nearest: block.nearest,
        converged,
    })
}

/// The best points that are not next to each other, so that local searches start in different valleys where there are some.
fn apart(found: &[Point], starts: usize) -> Vec<Point> {
    const NEXT: f64 = 0.15;
    let mut chosen: Vec<Point> = Vec::new();
    for point in found {
        let far = |other: &Point| point.unit.iter().zip(&other.unit).any(|(a, b)| (a - b).abs() > NEXT);
        if chosen.len() < starts.max(1) && chosen.iter().all(far) {
            chosen.push(point.clone());
        }
    }
    chosen
}

/// What a point costs that has no solution: more than any that has one.
const NO_SOLUTION: f64 = 1e30;

/// Nelder-Mead around a point; gives the best point seen. Outside the bounds a point costs what the nearest one within does, and more with the distance.
fn simplex<M: Model>(block: &mut Block<'_, M>, start: Point, steps: u64) -> Result<Point, M::Error> {
    const EDGE: f64 = 0.08;
    let mut corners = vec![start.unit.clone()];
    for k in 0..start.unit.len() {
        let mut corner = start.unit.clone();
        corner[k] += if corner[k] > 0.5 { -EDGE } else { EDGE };
        corners.push(corner);
    }
    let mut best = start;
    minimise(corners, 1e-6, steps, |unit| {
        let within: Vec<f64> = unit.iter().map(|u| u.clamp(0.0, 1.0)).collect();
        let outside: f64 = unit.iter().zip(&within).map(|(a, b)| (a - b) * (a - b)).sum();
        let Some(point) = block.ask(SearchStage::Simplex, &[within])?.pop().flatten() else { return Ok(NO_SOLUTION) };
        let cost = point.objective() + 1e4 * outside;
        if point.objective() < best.objective() {
            best = point;
        }
        Ok(cost)
    })?;
    Ok(best)
}

/// Levenberg-Marquardt within the bounds: parameters at a bound that pull outwards stay there. Each step tries several dampings at once.
fn polish<M: Model>(block: &mut Block<'_, M>, start: Point, steps: usize) -> Result<(Point, bool), M::Error> {
    const DAMPINGS: [f64; 4] = [0.1, 1.0, 10.0, 100.0];
    let mut point = start;
    let mut damping = 1e-3;
    for _ in 0..steps {
        let Some(jacobian) = derivatives(block, &point)? else { return Ok((point, false)) };
        let residuals = DVector::from_column_slice(&point.residuals);
        let gradient = jacobian.transpose() * &residuals;
        let held =
            |k: usize| (point.unit[k] <= 0.0 && gradient[k] >= 0.0) || (point.unit[k] >= 1.0 && gradient[k] <= 0.0);
        let moving: Vec<usize> = (0..point.unit.len()).filter(|k| !held(*k)).collect();
        if moving.is_empty() {
            return Ok((point, true));
        }
        let columns = jacobian.select_columns(&moving);
        let normal = columns.transpose() * &columns;
        let slope = columns.transpose() * &residuals;
        let trial = |factor: f64| -> Option<Vec<f64>> {
            let mut damped = normal.clone();
            for k in 0..moving.len() {
                damped[(k, k)] += damping * factor * normal[(k, k)].max(1e-9);
            }
            let step = damped.cholesky()?.solve(&slope);
            let mut unit = point.unit.clone();
            moving.iter().zip(step.iter()).for_each(|(k, s)| unit[*k] = (unit[*k] - s).clamp(0.0, 1.0));
            Some(unit)
        };
        let trials: Vec<(f64, Vec<f64>)> =
            DAMPINGS.iter().filter_map(|factor| Some((*factor, trial(*factor)?))).collect();
        let units: Vec<Vec<f64>> = trials.iter().map(|(_, unit)| unit.clone()).collect();
        let answers = block.ask(SearchStage::Polish, &units)?;
        let tried = trials.iter().zip(answers).filter_map(|((factor, _), point)| Some((*factor, point?)));
        let best = tried.min_by(|(_, a), (_, b)| a.objective().total_cmp(&b.objective()));
        let Some((factor, next)) = best.filter(|(_, next)| next.objective() < point.objective()) else {
            // Steps that are too long to gain are tried shorter; steps that no longer move anything are the end.
            let longest = units.iter().map(|unit| largest_change(unit, &point.unit)).fold(0.0, f64::max);
            if longest < 1e-3 || damping > 1e6 {
                return Ok((point, true));
            }
            damping *= 1e3;
            continue;
        };
        damping = (damping * factor).max(1e-9);
        let gain = (point.objective() - next.objective()) / (1e-12 + point.objective());
        let moved = largest_change(&next.unit, &point.unit);
        point = next;
        if gain < LEAST_GAIN || moved < LEAST_STEP {
            return Ok((point, true));
        }
    }
    Ok((point, false))
}

fn largest_change(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Neighbours of a point in each coordinate, within the bounds.
pub(super) fn neighbours(unit: f64, step: f64) -> [f64; 2] {
    [(unit - step).max(0.0), (unit + step).min(1.0)]
}

/// Derivatives of the residuals in the unit coordinates; nothing where a neighbour has no solution.
fn derivatives<M: Model>(block: &mut Block<'_, M>, point: &Point) -> Result<Option<DMatrix<f64>>, M::Error> {
    let step = block.problem.steps[block.block];
    let count = point.unit.len();
    let ends: Vec<[f64; 2]> = point.unit.iter().map(|u| neighbours(*u, step)).collect();
    let mut units = Vec::with_capacity(2 * count);
    for (k, ends) in ends.iter().enumerate() {
        for end in ends {
            let mut unit = point.unit.clone();
            unit[k] = *end;
            units.push(unit);
        }
    }
    let answers = block.ask(SearchStage::Derivative, &units)?;
    let mut jacobian = DMatrix::zeros(point.residuals.len(), count);
    for (k, (pair, ends)) in answers.chunks_exact(2).zip(&ends).enumerate() {
        let [Some(below), Some(above)] = pair else { return Ok(None) };
        for (row, (a, b)) in above.residuals.iter().zip(&below.residuals).enumerate() {
            jacobian[(row, k)] = (a - b) / (ends[1] - ends[0]);
        }
    }
    Ok(Some(jacobian))
}
