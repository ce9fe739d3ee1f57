//! Fixed points by Anderson acceleration, safeguarded.
//!
//! Both equations of the market core are fixed points, x = g(x): intercepts at which shares meet observed ones, and prices
//! that are every maker's best answer. Anderson's method combines the last few steps so that their residuals cancel
//! (Walker and Ni 2011); where it does worse than what it has, the plain step is taken from the best point so far, halved
//! until it helps.

use nalgebra::{DMatrix, DVector};

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// Stop as soon as the error is at most this.
    pub target: f64,
    /// Accept this error once no further progress is made: the noise of rounding can lie above the target.
    pub accept: f64,
    /// Evaluations after which the search is given up.
    pub max_evaluations: usize,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SearchReport {
    /// Steps taken.
    pub iterations: usize,
    /// Evaluations of the whole population.
    pub evaluations: usize,
    /// Error at the point returned.
    pub residual: f64,
}

/// One evaluation of a map at x.
#[derive(Clone, Debug)]
pub struct Evaluation<T> {
    /// g(x) - x.
    pub step: Vec<f64>,
    /// Distance from the solution as the caller measures it; not finite where x is out of bounds.
    pub error: f64,
    /// Whatever else the caller wants to keep of this evaluation.
    pub kept: T,
}

/// Where a search ended: x, the evaluation there, the report, and whether it converged.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// The best point.
    pub x: Vec<f64>,
    /// Its evaluation.
    pub evaluation: Evaluation<T>,
    /// Iterations and residual.
    pub report: SearchReport,
    /// Whether the residual is acceptable.
    pub converged: bool,
}

/// Steps remembered.
const DEPTH: usize = 16;
/// An error this many times the best one makes the search go back.
const TOLERATED_GROWTH: f64 = 5.0;
/// Evaluations without a better point after which an acceptable point is taken.
const PATIENCE: usize = 4;
/// Halvings of a plain step before the search is given up.
const MAX_HALVINGS: i32 = 30;

/// Searches from `start`.
///
/// # Errors
/// Whatever `map` returns; failing to converge is not an error here but [`Found::converged`].
pub fn search<T: Clone, E>(
    start: Vec<f64>,
    stop: Stop,
    mut map: impl FnMut(&[f64]) -> Result<Evaluation<T>, E>,
) -> Result<Found<T>, E> {
    // An error that is not a number is the worst of all.
    let mut map =
        |x: &[f64]| map(x).map(|e| Evaluation { error: if e.error.is_nan() { f64::INFINITY } else { e.error }, ..e });
    let mut x = start;
    let mut evaluation = map(&x)?;
    let mut report = SearchReport { iterations: 0, evaluations: 1, residual: evaluation.error };
    let mut best = (x.clone(), evaluation.clone());
    let mut since_best = 0;
    let mut halvings = 0;
    let mut history = History::default();
    let finished = |report: SearchReport, best: (Vec<f64>, Evaluation<T>)| {
        let converged = best.1.error <= stop.accept;
        let report = SearchReport { residual: best.1.error, ..report };
        Ok(Found { x: best.0, evaluation: best.1, report, converged })
    };
    loop {
        let stalled = since_best >= PATIENCE && best.1.error <= stop.accept;
        if best.1.error <= stop.target || stalled || report.evaluations >= stop.max_evaluations {
            return finished(report, best);
        }
        let bad = evaluation.error > TOLERATED_GROWTH * best.1.error || !evaluation.error.is_finite();
        let next: Vec<f64> = if bad || since_best > 2 * DEPTH {
            history.clear();
            if halvings > MAX_HALVINGS {
                return finished(report, best);
            }
            let damping = 0.5_f64.powi(halvings);
            halvings += 1;
            since_best = 0;
            best.0.iter().zip(&best.1.step).map(|(x, step)| damping.mul_add(*step, *x)).collect()
        } else {
            history.next(&x, &evaluation.step)
        };
        x = next;
        evaluation = map(&x)?;
        report.iterations += 1;
        report.evaluations += 1;
        if evaluation.error < best.1.error {
            best = (x.clone(), evaluation.clone());
            since_best = 0;
            halvings = 0;
        } else {
            since_best += 1;
        }
    }
}

/// Differences of points and of steps.
#[derive(Default)]
struct History {
    last: Option<(Vec<f64>, Vec<f64>)>,
    points: Vec<DVector<f64>>,
    steps: Vec<DVector<f64>>,
}

impl History {
    fn clear(&mut self) {
        *self = Self::default();
    }

    /// The next point from x and its step.
    fn next(&mut self, x: &[f64], step: &[f64]) -> Vec<f64> {
        if let Some((last_x, last_step)) = self.last.take() {
            let difference =
                |a: &[f64], b: &[f64]| DVector::from_iterator(a.len(), a.iter().zip(b).map(|(a, b)| a - b));
            self.points.push(difference(x, &last_x));
            self.steps.push(difference(step, &last_step));
            if self.points.len() > DEPTH.min(x.len()) {
                self.points.remove(0);
                self.steps.remove(0);
            }
        }
        self.last = Some((x.to_vec(), step.to_vec()));
        let mut next = DVector::from_iterator(x.len(), x.iter().zip(step).map(|(x, step)| x + step));
        let weights = self.combination(step);
        for ((weight, point), old_step) in weights.iter().zip(&self.points).zip(&self.steps) {
            next.axpy(-weight, point, 1.0);
            next.axpy(-weight, old_step, 1.0);
        }
        next.iter().copied().collect()
    }

    /// Least-squares weights of old step differences; the oldest are dropped until the problem is well conditioned.
    fn combination(&mut self, step: &[f64]) -> Vec<f64> {
        let step = DVector::from_column_slice(step);
        while !self.steps.is_empty() {
            let qr = DMatrix::from_columns(&self.steps).qr();
            let r = qr.r();
            let diagonal = r.diagonal().abs();
            if diagonal.min() > 1e-12 * diagonal.max() {
                let mut right = step.clone();
                qr.q_tr_mul(&mut right);
                let rows = right.rows(0, r.ncols()).into_owned();
                if let Some(weights) = r.solve_upper_triangular(&rows)
                    && weights.iter().all(|w| w.is_finite())
                {
                    return weights.iter().copied().collect();
                }
            }
            self.steps.remove(0);
            self.points.remove(0);
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{Evaluation, Stop, search};

    const STOP: Stop = Stop { target: 1e-14, accept: 1e-12, max_evaluations: 200 };

    fn distance(step: &[f64]) -> f64 {
        step.iter().fold(0.0, |worst: f64, s| worst.max(s.abs()))
    }

    #[test]
    fn a_linear_map_is_solved_in_as_many_steps_as_it_has_dimensions() {
        let rate = [0.9, 0.5, -0.7, 0.2];
        let found = search::<(), ()>(vec![0.0; 4], STOP, |x| {
            let step: Vec<f64> = x.iter().zip(rate).map(|(x, r)| 1.0 + r * x - x).collect();
            Ok(Evaluation { error: distance(&step), step, kept: () })
        })
        .unwrap();
        assert!(found.converged && found.report.evaluations <= 8, "{:?}", found.report);
        for (x, r) in found.x.iter().zip(rate) {
            assert!((x - 1.0 / (1.0 - r)).abs() < 1e-11);
        }
    }

    #[test]
    fn a_map_that_expands_is_given_up_and_says_so() {
        let found = search::<(), ()>(vec![1.0], STOP, |x| {
            let step = vec![x[0] * x[0] + 1.0];
            Ok(Evaluation { error: distance(&step), step, kept: () })
        })
        .unwrap();
        assert!(!found.converged);
        assert!(found.report.residual >= 1.0);
    }

    #[test]
    fn a_step_out_of_bounds_is_halved() {
        let found = search::<(), ()>(vec![1.0], STOP, |x| {
            let error = if x[0] > 2.0 { f64::NAN } else { (1.5 - x[0]).abs() };
            Ok(Evaluation { step: vec![4.0 * (1.5 - x[0])], error, kept: () })
        })
        .unwrap();
        assert!(found.converged, "{:?}", found.report);
    }
}
