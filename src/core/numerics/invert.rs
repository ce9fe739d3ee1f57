//! Quantiles as roots: a probability is monotone, and in logarithms nearly straight.

use super::elementary::{exp, ln};

/// Whether a probability rises or falls with x.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slope {
    Rising,
    Falling,
}

/// The x in `bracket` at which a probability is `target`: Newton's method on its logarithm against ln x, halved where it leaves the bracket.
///
/// `at` gives the probability at x and x times the size of its derivative; `start` is in the bracket and positive.
pub(super) fn root_in_logs(
    target: f64,
    slope: Slope,
    start: f64,
    bracket: [f64; 2],
    at: impl Fn(f64) -> (f64, f64),
) -> f64 {
    let [mut low, mut high] = [bracket[0].max(LEAST), bracket[1].min(1.0 / LEAST)];
    let mut x = start;
    for _ in 0..200 {
        let (probability, x_derivative) = at(x);
        let beyond = (probability > target) == (slope == Slope::Rising);
        *(if beyond { &mut high } else { &mut low }) = x;
        let gap = if probability > LEAST { ln(target / probability) } else { f64::INFINITY };
        let step = gap * probability / x_derivative;
        let newton = x * exp(if slope == Slope::Rising { step } else { -step });
        // Not a number, too, is outside.
        let next = if low <= newton && newton <= high { newton } else { low.sqrt() * high.sqrt() };
        if gap.abs() <= 8.0 * f64::EPSILON || (next - x).abs() <= 4.0 * f64::EPSILON * x {
            return next;
        }
        x = next;
    }
    x
}

/// Numbers below are as good as zero, and their ratios to others still normal.
const LEAST: f64 = 1e-290;
