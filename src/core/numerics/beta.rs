//! The beta law.
//!
//! As in [`super::gamma`], what powers and factorials leave when they cancel is computed directly.

use super::elementary::exp;
use super::gamma::{log_ratio_less, stirling_error};
use super::invert::{Slope, root_in_logs};

/// The probability that a beta variable of shapes `a` and `b`, both positive, is at most x.
#[must_use]
pub fn cdf(a: f64, b: f64, x: f64) -> f64 {
    Beta::new([a, b]).tails([x, 1.0 - x])[0]
}

/// The value below which a beta variable of shapes `a` and `b`, both positive, is with probability `p`; 0 and 1 at the ends.
#[must_use]
pub fn quantile(a: f64, b: f64, p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return p.clamp(0.0, 1.0);
    }
    let mean = a / (a + b);
    if p <= Beta::new([a, b]).tails([mean, b / (a + b)])[0] {
        lower_quantile([a, b], mean, p)
    } else {
        1.0 - lower_quantile([b, a], b / (a + b), 1.0 - p)
    }
}

/// The quantile, for a probability that is passed below the mean.
fn lower_quantile(shapes: [f64; 2], mean: f64, p: f64) -> f64 {
    let law = Beta::new(shapes);
    root_in_logs(p, Slope::Rising, mean, [0.0, mean], |x| {
        let parts = [x, 1.0 - x];
        (law.tails(parts)[0], law.kernel(parts) / parts[1])
    })
}

/// The beta law of two shapes, with what does not depend on x worked out once.
#[derive(Clone, Copy)]
pub(super) struct Beta {
    shapes: [f64; 2],
    /// What Stirling's formula leaves of the shapes' sum, and of each.
    sum_error: f64,
    errors: [f64; 2],
}

impl Beta {
    /// The law of these shapes, both positive.
    pub(super) fn new(shapes: [f64; 2]) -> Self {
        let [a, b] = shapes;
        Self { shapes, sum_error: stirling_error(a + b), errors: [stirling_error(a), stirling_error(b)] }
    }

    /// That of 1 - x.
    fn turned(self) -> Self {
        let ([a, b], [of_a, of_b]) = (self.shapes, self.errors);
        Self { shapes: [b, a], errors: [of_b, of_a], ..self }
    }

    /// Probabilities below and above x; y = 1 - x is given apart, because it may be known better.
    pub(super) fn tails(self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [a, b] = self.shapes;
        if x.is_nan() || y.is_nan() {
            return [f64::NAN; 2];
        }
        if x <= 0.0 {
            return [0.0, 1.0];
        }
        if y <= 0.0 {
            return [1.0, 0.0];
        }
        if x * (a + b + 2.0) > a + 1.0 {
            let [above, below] = self.turned().tails([y, x]);
            return [below, above];
        }
        let lower = self.kernel([x, y]) / fraction([a, b], [x, y]);
        [lower, 1.0 - lower]
    }

    /// x^a y^b / B(a, b): x y times the density.
    pub(super) fn kernel(self, [x, y]: [f64; 2]) -> f64 {
        let [a, b] = self.shapes;
        let sum = a + b;
        // At the mean of the law the powers are those of Stirling's formula; away from it their logarithms change by this.
        let away = a * log_ratio_less(x, a / sum) + b * log_ratio_less(y, b / sum);
        let [of_a, of_b] = self.errors;
        let errors = self.sum_error - of_a - of_b;
        (a * (b / sum) / std::f64::consts::TAU).sqrt() * exp(away + errors)
    }
}

/// The kernel over the incomplete beta function, for x below (a + 1) / (a + b + 2): a continued fraction (Didonato and Morris 1992) by Lentz's
/// method.
fn fraction([a, b]: [f64; 2], [x, y]: [f64; 2]) -> f64 {
    let distance = a * y - b * x + 1.0;
    let mut fraction = a * distance / (a + 1.0);
    let (mut c, mut d) = (fraction, 0.0);
    for m in 1..100_000 {
        let m = f64::from(m);
        let odd = a + 2.0 * m - 1.0;
        let numerator = (m * (a + m - 1.0) / odd) * ((a + b + m - 1.0) / odd) * (b - m) * x * x;
        let denominator = m + m * (b - m) * x / odd + (a + m) * (distance + m * (2.0 - x)) / (odd + 2.0);
        d = 1.0 / (denominator + numerator * d);
        c = denominator + numerator / c;
        fraction *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ours: f64, truth: f64) -> bool {
        (ours - truth).abs() <= 1e-13 * truth.abs()
    }

    /// Reference values: mpmath, 60 digits.
    #[test]
    fn probabilities_at_known_points() {
        for (a, b, x, below) in [
            (0.1, 0.2, 0.001, 0.34331868399316445),
            (0.5, 0.5, 0.3, 0.36901011956554536),
            (2.0, 3.0, 0.4, 0.5248),
            (2.0, 3.0, 0.01, 0.00059203),
            (7.5, 1.25, 0.9, 0.5598232691710877),
            (30.0, 60.0, 0.35, 0.6393308373947567),
            (300.0, 20.0, 0.9, 0.007165489809358714),
            (0.5, 2000.0, 0.0003, 0.7266843229809672),
            (1.0, 1.0, 0.77, 0.77),
        ] {
            assert!(close(cdf(a, b, x), below), "{a}, {b}, {x}: {}", cdf(a, b, x));
        }
        assert_eq!((cdf(2.0, 3.0, 0.0), cdf(2.0, 3.0, 1.0)), (0.0, 1.0));
    }

    /// Reference values: mpmath, 60 digits.
    #[test]
    fn quantiles_at_known_points() {
        for (a, b, p, x) in [
            (0.1, 0.2, 0.1, 4.3988747401215204e-09),
            (0.5, 0.5, 0.3, 0.20610737385376343),
            (2.0, 3.0, 1e-09, 1.2910055600322022e-05),
            (2.0, 3.0, 0.1, 0.14255931671003072),
            (2.0, 3.0, 0.5, 0.38572756813238956),
            (2.0, 3.0, 0.95, 0.7513953742698184),
            (2.0, 3.0, 0.999999, 0.9936904263297945),
            (7.5, 1.25, 0.25, 0.79740557760765),
            (30.0, 60.0, 0.975, 0.4334183822367994),
            (4.0, 0.5, 0.6, 0.9640826578075148),
        ] {
            assert!(close(quantile(a, b, p), x), "{a}, {b}, {p}: {}", quantile(a, b, p));
        }
        assert_eq!((quantile(2.0, 3.0, 0.0), quantile(2.0, 3.0, 1.0)), (0.0, 1.0));
    }

    /// I_x(a, b) = 1 - I_(1 - x)(b, a), and the quantile comes back, over shapes from a U to a spike.
    #[test]
    fn symmetry_and_inverse_over_a_grid() {
        for a in [0.05, 0.7, 1.0, 3.0, 80.0] {
            for b in [0.05, 1.3, 9.0, 400.0] {
                for p in [1e-6, 0.02, 0.31, 0.5, 0.83, 0.999] {
                    let x = quantile(a, b, p);
                    // Where the law is steep, as at the ends of a U, neighbouring doubles are further apart than that.
                    let step = cdf(a, b, (x * (1.0 + 2.0 * f64::EPSILON)).min(1.0))
                        - cdf(a, b, x * (1.0 - 2.0 * f64::EPSILON));
                    assert!((cdf(a, b, x) - p).abs() <= 1e-12 + step, "{a}, {b}, {p}: {x}");
                    assert!(
                        !(1e-3..1.0 - 1e-3).contains(&x) || (cdf(a, b, x) + cdf(b, a, 1.0 - x) - 1.0).abs() < 1e-12,
                        "{a}, {b}, {p}"
                    );
                }
            }
        }
    }
}
