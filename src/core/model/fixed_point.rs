//! Fixed points by Anderson acceleration, safeguarded.
//!
//! Both equations of the market core are fixed points, x = g(x): intercepts at which shares meet observed ones, and prices
//! that are every maker's best answer. Anderson's method combines the last few steps so that their residuals cancel
//! (Walker and Ni 2011). Where it does worse than what it has there are two ways to go on. [`search`] takes the plain step from
//! the best point so far, halved until it helps: right for a contraction. [`until_setback`] stops there, and [`go_on`] walks on
//! from where it is: past a fold the best point is a ghost of the root that has gone, and every path to the root that is left
//! must let the residual grow.

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

impl<T> Found<T> {
    fn at((x, evaluation): (Vec<f64>, Evaluation<T>), report: SearchReport, stop: Stop) -> Self {
        let report = SearchReport { residual: evaluation.error, ..report };
        Self { x, converged: evaluation.error <= stop.accept, evaluation, report }
    }
}

/// Steps remembered.
const DEPTH: usize = 16;
/// An error this many times the best one makes the search go back.
const TOLERATED_GROWTH: f64 = 5.0;
/// Evaluations without a better point after which an acceptable point is taken.
const PATIENCE: usize = 4;
/// Halvings of a plain step before the search is given up.
const MAX_HALVINGS: i32 = 30;
/// Of [`go_on`]: steps remembered, and residuals that must have shrunk in a row before they are combined.
const SHORT_DEPTH: usize = 5;
const SHRINKING: usize = 5;
/// Error below which [`go_on`] tries Newton steps, after so many residuals that have shrunk in a row, and how many of them at a time; each must halve the error.
const NEWTON_BELOW: f64 = 1e-4;
const NEWTON_AFTER: usize = 2;
const NEWTON_STEPS: usize = 8;

/// Searches from `start`, going back to the best point after a setback.
///
/// # Errors
/// Whatever `map` returns; failing to converge is not an error here but [`Found::converged`].
pub fn search<T: Clone, E>(
    start: Vec<f64>,
    stop: Stop,
    map: impl FnMut(&[f64]) -> Result<Evaluation<T>, E>,
) -> Result<Found<T>, E> {
    accelerated(start, stop, true, map)
}

/// As [`search`] until it would go back for the first time; then the point where it stands, or the best one where that is out
/// of bounds, for [`go_on`].
///
/// # Errors
/// Whatever `map` returns.
pub fn until_setback<T: Clone, E>(
    start: Vec<f64>,
    stop: Stop,
    map: impl FnMut(&[f64]) -> Result<Evaluation<T>, E>,
) -> Result<Found<T>, E> {
    accelerated(start, stop, false, map)
}

/// An error that is not a number is the worst of all.
fn ordered<T, E>(
    mut map: impl FnMut(&[f64]) -> Result<Evaluation<T>, E>,
) -> impl FnMut(&[f64]) -> Result<Evaluation<T>, E> {
    move |x| map(x).map(|e| Evaluation { error: if e.error.is_nan() { f64::INFINITY } else { e.error }, ..e })
}

fn accelerated<T: Clone, E>(
    start: Vec<f64>,
    stop: Stop,
    go_back: bool,
    map: impl FnMut(&[f64]) -> Result<Evaluation<T>, E>,
) -> Result<Found<T>, E> {
    let mut map = ordered(map);
    let mut x = start;
    let mut evaluation = map(&x)?;
    let mut report = SearchReport { iterations: 0, evaluations: 1, residual: evaluation.error };
    let mut best = (x.clone(), evaluation.clone());
    let mut since_best = 0;
    let mut halvings = 0;
    let mut history = History::of(DEPTH);
    loop {
        let stalled = since_best >= PATIENCE && best.1.error <= stop.accept;
        if best.1.error <= stop.target || stalled {
            return Ok(Found::at(best, report, stop));
        }
        let bad = evaluation.error > TOLERATED_GROWTH * best.1.error || !evaluation.error.is_finite();
        let setback = bad || since_best > 2 * DEPTH;
        if report.evaluations >= stop.max_evaluations || (setback && !go_back) {
            let here = if go_back || !evaluation.error.is_finite() { best } else { (x, evaluation) };
            return Ok(Found::at(here, report, stop));
        }
        let next: Vec<f64> = if setback {
            history.clear();
            if halvings > MAX_HALVINGS {
                return Ok(Found::at(best, report, stop));
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

/// How [`go_on`] walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Plain steps, combined by Anderson's method after some residuals in a row have shrunk, until one grows.
    Hybrid,
    /// Plain steps only.
    Plain,
}

/// Goes on from a point with finite error, always from where it stands: a step is shortened only where it would leave the
/// bounds. `newton` gives a Newton step, if it has one; such steps are tried once the error is small and are kept while
/// each at least halves it. Plain steps end where they come back, to the bit, to where they have been: they would go round for ever.
///
/// `stop.max_evaluations` counts those of `from`.
///
/// # Errors
/// Whatever `map` and `newton` return.
pub fn go_on<T: Clone, E>(
    from: Found<T>,
    stop: Stop,
    pace: Pace,
    map: impl FnMut(&[f64]) -> Result<Evaluation<T>, E>,
    mut newton: impl FnMut(&[f64], &Evaluation<T>) -> Result<Option<Vec<f64>>, E>,
) -> Result<Found<T>, E> {
    let mut map = ordered(map);
    let Found { mut x, mut evaluation, mut report, .. } = from;
    let mut best = (x.clone(), evaluation.clone());
    let (mut since_best, mut shrinking) = (0, 0);
    let mut newton_below = NEWTON_BELOW;
    let mut history = History::of(SHORT_DEPTH);
    let mut circle = Circle::from(&x);
    while evaluation.error.is_finite() {
        let stalled = since_best >= PATIENCE && best.1.error <= stop.accept;
        if best.1.error <= stop.target || stalled || report.evaluations >= stop.max_evaluations {
            break;
        }
        if evaluation.error < newton_below && shrinking >= NEWTON_AFTER {
            let before = evaluation.error;
            for _ in 0..NEWTON_STEPS {
                let Some(step) = newton(&x, &evaluation)? else { break };
                let next = plus(&x, &step, 1.0);
                let tried = map(&next)?;
                report.iterations += 1;
                report.evaluations += 1;
                if tried.error < best.1.error {
                    best = (next.clone(), tried.clone());
                    since_best = 0;
                }
                let halved = tried.error <= 0.5 * evaluation.error;
                if !halved {
                    break;
                }
                (x, evaluation) = (next, tried);
            }
            if best.1.error <= stop.accept {
                break;
            }
            newton_below = 0.1 * before;
            shrinking = 0;
            history.clear();
            circle = Circle::from(&x);
            continue;
        }
        let combined = history.next(&x, &evaluation.step);
        let accelerate = pace == Pace::Hybrid && shrinking >= SHRINKING;
        let mut next = if accelerate { combined } else { plus(&x, &evaluation.step, 1.0) };
        let mut tried = map(&next)?;
        report.iterations += 1;
        report.evaluations += 1;
        let mut halvings = 0;
        while !tried.error.is_finite() && halvings < MAX_HALVINGS {
            next = x.iter().zip(&next).map(|(x, next)| 0.5 * (x + next)).collect();
            tried = map(&next)?;
            report.evaluations += 1;
            halvings += 1;
        }
        if tried.error < evaluation.error {
            shrinking += 1;
        } else {
            shrinking = 0;
            history.clear();
        }
        (x, evaluation) = (next, tried);
        if evaluation.error < best.1.error {
            best = (x.clone(), evaluation.clone());
            since_best = 0;
        } else {
            since_best += 1;
        }
        if pace == Pace::Plain && circle.closes(&x, shrinking) {
            break;
        }
    }
    Ok(Found::at(best, report, stop))
}

/// Where a walk may have been before: one point of it is remembered, a later one each time that the steps since have doubled (Brent 1980).
struct Circle {
    mark: Vec<f64>,
    /// Whether a Newton step may be tried from there.
    shrinking: usize,
    steps: usize,
    length: usize,
}

impl Circle {
    fn from(x: &[f64]) -> Self {
        Self { mark: x.to_vec(), shrinking: 0, steps: 0, length: 1 }
    }

    /// Whether the walk is back at the point remembered, and would go on from it as it did.
    fn closes(&mut self, x: &[f64], shrinking: usize) -> bool {
        let shrinking = shrinking.min(NEWTON_AFTER);
        if x == self.mark && shrinking == self.shrinking {
            return true;
        }
        self.steps += 1;
        if self.steps == self.length {
            self.mark.copy_from_slice(x);
            (self.shrinking, self.steps, self.length) = (shrinking, 0, 2 * self.length);
        }
        false
    }
}

fn plus(x: &[f64], step: &[f64], factor: f64) -> Vec<f64> {
    x.iter().zip(step).map(|(x, step)| factor.mul_add(*step, *x)).collect()
}

/// Differences of points and of steps.
struct History {
    depth: usize,
    last: Option<(Vec<f64>, Vec<f64>)>,
    points: Vec<DVector<f64>>,
    steps: Vec<DVector<f64>>,
}

impl History {
    /// Remembers so many steps.
    fn of(depth: usize) -> Self {
        Self { depth, last: None, points: Vec::new(), steps: Vec::new() }
    }

    fn clear(&mut self) {
        *self = Self::of(self.depth);
    }

    /// The next point from x and its step.
    fn next(&mut self, x: &[f64], step: &[f64]) -> Vec<f64> {
        if let Some((last_x, last_step)) = self.last.take() {
            let difference =
                |a: &[f64], b: &[f64]| DVector::from_iterator(a.len(), a.iter().zip(b).map(|(a, b)| a - b));
            self.points.push(difference(x, &last_x));
            self.steps.push(difference(step, &last_step));
            if self.points.len() > self.depth.min(x.len()) {
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
    use super::{Evaluation, Found, Pace, SearchReport, Stop, go_on, search, until_setback};

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

    /// A map whose root lies beyond a place where the step is small but not zero: what is left of two roots that have met.
    fn beyond_a_ghost(x: f64) -> f64 {
        0.02 + 0.1 * (x - 1.0).powi(2) * (6.0 - x) / 5.0 - 0.02 * (x / 6.0).powi(4)
    }

    fn evaluate(x: &[f64]) -> Result<Evaluation<()>, ()> {
        let step = vec![beyond_a_ghost(x[0])];
        Ok(Evaluation { error: if x[0] > 0.0 { step[0].abs() } else { f64::NAN }, step, kept: () })
    }

    #[test]
    fn a_ghost_is_walked_past() {
        let stop = Stop { target: 1e-14, accept: 1e-12, max_evaluations: 1000 };
        let back = search(vec![0.2], stop, evaluate).unwrap();
        assert!(!back.converged && (back.x[0] - 1.0).abs() < 0.2, "going back leads to the ghost: {back:?}");
        for pace in [Pace::Hybrid, Pace::Plain] {
            let from = until_setback(vec![0.2], stop, evaluate).unwrap();
            assert!(!from.converged);
            let newton = |_: &[f64], _: &Evaluation<()>| Ok(None);
            let found = go_on(from, stop, pace, evaluate, newton).unwrap();
            assert!(found.converged && (found.x[0] - 6.0).abs() < 0.1, "{pace:?}: {found:?}");
        }
    }

    /// The logistic map at 3.2 ends in two points that change places for ever.
    #[test]
    fn a_walk_that_goes_round_is_ended() {
        let stop = Stop { target: 1e-14, accept: 1e-12, max_evaluations: 1_000_000 };
        let logistic = |x: &[f64]| -> Result<Evaluation<()>, ()> {
            let step = vec![3.2 * x[0] * (1.0 - x[0]) - x[0]];
            Ok(Evaluation { error: step[0].abs(), step, kept: () })
        };
        let from = Found {
            x: vec![0.3],
            evaluation: logistic(&[0.3]).unwrap(),
            report: SearchReport::default(),
            converged: false,
        };
        let found = go_on(from, stop, Pace::Plain, logistic, |_, _| Ok(None)).unwrap();
        assert!(!found.converged && found.report.evaluations < 200, "{found:?}");
    }

    #[test]
    fn newton_ends_what_has_begun_and_is_dropped_where_it_fails() {
        let stop = Stop { target: 1e-15, accept: 1e-12, max_evaluations: 1000 };
        let step = |x: &[f64]| -> Result<Evaluation<()>, ()> {
            let step = vec![0.02 * (2.0 - x[0] * x[0])];
            Ok(Evaluation { error: step[0].abs(), step, kept: () })
        };
        let start = || Found {
            x: vec![1.0],
            evaluation: step(&[1.0]).unwrap(),
            report: SearchReport::default(),
            converged: false,
        };
        let newton = |x: &[f64], _: &Evaluation<()>| Ok(Some(vec![(2.0 - x[0] * x[0]) / (2.0 * x[0])]));
        let wild = |_: &[f64], _: &Evaluation<()>| Ok(Some(vec![-0.7]));
        let quick = go_on(start(), stop, Pace::Plain, step, newton).unwrap();
        let slow = go_on(start(), stop, Pace::Plain, step, wild).unwrap();
        for found in [&quick, &slow] {
            assert!(found.converged && (found.x[0] - 2.0_f64.sqrt()).abs() < 1e-10, "{found:?}");
        }
        assert!(quick.report.evaluations + 50 < slow.report.evaluations, "{:?} {:?}", quick.report, slow.report);
    }
}
