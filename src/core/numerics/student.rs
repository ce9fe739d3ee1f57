//! Student's t.

use super::beta::Beta;
use super::invert::{Slope, root_in_logs};
use super::normal;

/// From here on the quantile is the normal one and its expansion in 1 / degrees, good to the last digits.
const NEARLY_NORMAL: u64 = 100_000;

/// The probability that Student's t with `degrees` degrees of freedom is at most t; NaN for none.
#[must_use]
pub fn cdf(degrees: u64, t: f64) -> f64 {
    if degrees == 0 || t.is_nan() {
        return f64::NAN;
    }
    let n = degrees as f64;
    let [outside, _] = squared(n).tails(parts(n, t.abs()));
    if t > 0.0 { 1.0 - outside / 2.0 } else { outside / 2.0 }
}

/// The value below which Student's t with `degrees` degrees of freedom is with probability `p`; NaN for none.
#[must_use]
pub fn quantile(degrees: u64, p: f64) -> f64 {
    if degrees == 0 || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p < 0.5 {
        return -above(degrees, p);
    }
    above(degrees, 1.0 - p)
}

/// The t of at least 0 that is passed with probability `tail`, at most a half.
fn above(degrees: u64, tail: f64) -> f64 {
    let n = degrees as f64;
    if tail <= 0.0 {
        return f64::INFINITY;
    }
    let near = from_normal(n, -normal::quantile(tail));
    if degrees >= NEARLY_NORMAL {
        return near;
    }
    let law = squared(n);
    // t times the derivative of the probability that |t| is below t is twice the kernel: y = t^2 / (n + t^2) moves as 2 x y with ln t.
    let at = |side: usize| move |t| (law.tails(parts(n, t))[side], 2.0 * law.kernel(parts(n, t)));
    if tail < 0.25 {
        root_in_logs(2.0 * tail, Slope::Falling, near, [0.0, f64::MAX], at(0))
    } else {
        let within = 1.0 - 2.0 * tail;
        if within == 0.0 {
            return 0.0;
        }
        root_in_logs(within, Slope::Rising, near, [0.0, f64::MAX], at(1))
    }
}

/// The law of n / (n + t^2): its tails at [`parts`] are the probabilities that |t| is above and below t.
fn squared(n: f64) -> Beta {
    Beta::new([n / 2.0, 0.5])
}

/// n / (n + t^2) and t^2 / (n + t^2).
fn parts(n: f64, t: f64) -> [f64; 2] {
    let ratio = t / n.sqrt();
    if ratio > 1.0 {
        let inverse = 1.0 / ratio;
        let square = inverse * inverse;
        return [square / (1.0 + square), 1.0 / (1.0 + square)];
    }
    let square = ratio * ratio;
    [1.0 / (1.0 + square), square / (1.0 + square)]
}

/// The expansion of t's quantile about the normal one z (Abramowitz and Stegun 26.7.5).
fn from_normal(n: f64, z: f64) -> f64 {
    let s = z * z;
    let first = (s + 1.0) / 4.0;
    let second = ((5.0 * s + 16.0) * s + 3.0) / 96.0;
    let third = (((3.0 * s + 19.0) * s + 17.0) * s - 15.0) / 384.0;
    z * (1.0 + (first + (second + third / n) / n) / n)
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
        for (degrees, t, below) in [
            (1, -3.0, 0.10241638234956672),
            (2, 1.5, 0.8638034375544995),
            (3, -0.01, 0.496324555706426),
            (7, -2.3646, 0.025000891843682184),
            (19, 0.8, 0.7832000626808652),
            (30, -6.0, 6.971384383602371e-07),
            (199, -1.97, 0.025112776970244388),
            (5000, 1.645, 0.9499836647562316),
            (100000, -4.5, 3.401495881725847e-06),
            (99999, -1e-06, 0.49999960105871694),
        ] {
            assert!(close(cdf(degrees, t), below), "{degrees}, {t}: {}", cdf(degrees, t));
        }
        assert_eq!((cdf(4, 0.0), cdf(4, f64::INFINITY), cdf(4, f64::NEG_INFINITY)), (0.5, 1.0, 0.0));
        assert!(cdf(0, 1.0).is_nan());
    }

    /// Reference values: mpmath, 60 digits.
    #[test]
    fn quantiles_at_known_points() {
        for (degrees, p, t) in [
            (1, 0.975, 12.706204736174694),
            (1, 0.9999999999, 3183098598.467148),
            (2, 0.75, 0.816496580927726),
            (3, 0.5001, 0.00027206990911047337),
            (3, 0.975, 3.1824463052837086),
            (4, 0.975, 2.7764451051977934),
            (7, 0.6, 0.2631668613520228),
            (9, 0.975, 2.262157162798205),
            (19, 0.975, 2.093024054408309),
            (31, 0.9975, 3.022117834309693),
            (99, 0.975, 1.9842169515864172),
            (199, 0.95, 1.652546746166563),
            (999, 0.999999, 4.781636978824167),
            (20000, 0.975, 1.9600826051581348),
            (99999, 0.975, 1.9599877077718444),
            (100000, 0.975, 1.9599877075346093),
            (100000, 0.99999999, 5.612457174012222),
            (10000000, 0.975, 1.959964221767205),
        ] {
            assert!(close(quantile(degrees, p), t), "{degrees}, {p}: {}", quantile(degrees, p));
            assert_eq!(quantile(degrees, 1.0 - p), -quantile(degrees, 1.0 - (1.0 - p)));
        }
        assert_eq!((quantile(3, 0.5), quantile(3, 1.0), quantile(3, 0.0)), (0.0, f64::INFINITY, f64::NEG_INFINITY));
        assert!(quantile(0, 0.9).is_nan() && quantile(5, f64::NAN).is_nan());
    }

    /// One degree of freedom is Cauchy's law, two have (1 + t / sqrt(2 + t^2)) / 2: closed forms.
    #[test]
    fn closed_forms_of_one_and_two_degrees() {
        for t in [-30.0, -1.0, -0.1, 0.4, 2.0, 9.0_f64] {
            let two = 0.5 * (1.0 + t / (2.0 + t * t).sqrt());
            assert!((cdf(2, t) - two).abs() < 1e-15 + 1e-13 * two, "{t}");
            assert!((cdf(1, t) - (0.5 + t.atan() / std::f64::consts::PI)).abs() < 1e-15, "{t}");
        }
    }

    /// The expansion takes over where it and the root agree.
    #[test]
    fn many_degrees_pass_into_the_expansion() {
        for p in [0.6, 0.975, 0.999_999] {
            let (before, from) = (quantile(NEARLY_NORMAL - 1, p), quantile(NEARLY_NORMAL, p));
            assert!(before > from && before - from < 1e-9 * from, "{p}: {before} and {from}");
            assert!((from_normal((NEARLY_NORMAL - 1) as f64, normal::quantile(p)) - before).abs() < 1e-13 * before);
        }
    }
}
