//! The gamma law and the chi-square law.
//!
//! Powers, exponentials and factorials are never formed apart: what they leave when they cancel is computed directly (Loader 2000), so that
//! probabilities are right to some 1e-14 of themselves also for large shapes and far out.

use super::elementary::{exp, ln, ln_1p, ln_1p_less};
use super::invert::{Slope, root_in_logs};

/// A gamma law that its numbers do not make.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("a gamma law of shape {shape} and scale {scale}: both must be positive and finite")]
pub struct InvalidGamma {
    /// Shape.
    pub shape: f64,
    /// Scale.
    pub scale: f64,
}

/// A gamma law: mean shape x scale, variance shape x scale^2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gamma {
    shape: f64,
    scale: f64,
}

impl Gamma {
    /// The law of a shape and a scale.
    ///
    /// # Errors
    /// [`InvalidGamma`] unless both are positive and finite.
    pub fn new(shape: f64, scale: f64) -> Result<Self, InvalidGamma> {
        if [shape, scale].iter().all(|x| *x > 0.0 && x.is_finite()) {
            Ok(Self { shape, scale })
        } else {
            Err(InvalidGamma { shape, scale })
        }
    }
    /// Shape.
    #[must_use]
    pub fn shape(&self) -> f64 {
        self.shape
    }
    /// Scale.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }
    /// The value below which a draw is with probability `p`; 0 and infinity at the ends.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        let a = self.shape;
        if p <= 0.0 {
            return 0.0;
        }
        if p >= 1.0 {
            return f64::INFINITY;
        }
        // Each side of the mean by its own tail.
        let standard = if p <= tails(a, a)[0] {
            root_in_logs(p, Slope::Rising, a, [0.0, a], |x| (tails(a, x)[0], kernel(a, x)))
        } else {
            root_in_logs(1.0 - p, Slope::Falling, a, [a, f64::MAX], |x| (tails(a, x)[1], kernel(a, x)))
        };
        standard * self.scale
    }
}

/// The probability that a chi-square variable with `degrees` degrees of freedom is above x.
#[must_use]
pub fn chi_square_above(degrees: u64, x: f64) -> f64 {
    tails(degrees as f64 / 2.0, x / 2.0)[1]
}

/// Probabilities below and above x of the gamma law of shape `a` and scale 1.
fn tails(a: f64, x: f64) -> [f64; 2] {
    if x.is_nan() || a.is_nan() {
        return [f64::NAN; 2];
    }
    if x <= 0.0 {
        return [0.0, 1.0];
    }
    let front = kernel(a, x);
    if x < a + 1.0 {
        // Front times the sum of x^k / (a (a + 1) ... (a + k)).
        let (mut term, mut sum, mut below) = (1.0 / a, 1.0 / a, a);
        while term > sum * (f64::EPSILON / 8.0) {
            below += 1.0;
            term *= x / below;
            sum += term;
        }
        let lower = front * sum;
        return [lower, 1.0 - lower];
    }
    // Legendre's continued fraction by Lentz's method.
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (f64::MAX, 1.0 / b);
    let mut fraction = d;
    for k in 1..MOST_TERMS {
        let k = f64::from(k);
        let numerator = -k * (k - a);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        fraction *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    let upper = front * fraction;
    [1.0 - upper, upper]
}

/// Terms of a continued fraction, more than any argument in use needs.
const MOST_TERMS: u32 = 100_000;

/// x^a e^-x / Gamma(a): x times the density of the gamma law of shape `a` and scale 1.
fn kernel(a: f64, x: f64) -> f64 {
    (a / std::f64::consts::TAU).sqrt() * exp(a * log_ratio_less(x, a) - stirling_error(a))
}

/// ln(x / at) - (x - at) / at.
pub(super) fn log_ratio_less(x: f64, at: f64) -> f64 {
    let change = (x - at) / at;
    if change.abs() <= 0.5 { ln_1p_less(change) } else { ln(x / at) - change }
}

/// What Stirling's formula leaves: ln Gamma(z) - (z - 1/2) ln z + z - ln(2 pi) / 2, for positive z.
pub(super) fn stirling_error(mut z: f64) -> f64 {
    /// B(2k) / (2k (2k - 1)).
    const SERIES: [f64; 8] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
        -3617.0 / 122_400.0,
    ];
    let mut error = 0.0;
    // From z to z + 1 by Gamma(z + 1) = z Gamma(z).
    while z < 12.0 {
        error += (z + 0.5) * if z < 1.0 { ln(1.0 + z) - ln(z) } else { ln_1p(1.0 / z) } - 1.0;
        z += 1.0;
    }
    let square = 1.0 / (z * z);
    error + SERIES.iter().rev().fold(0.0, |sum, term| sum * square + term) / z
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ours: f64, truth: f64) -> bool {
        (ours - truth).abs() <= 1e-13 * truth.abs()
    }

    /// Reference values: mpmath, 60 digits.
    #[test]
    fn both_tails_at_known_points() {
        for (a, x, below, above) in [
            (0.5, 0.001, 0.03567059172967989, 0.9643294082703201),
            (0.5, 1.2, 0.8786647496415179, 0.12133525035848215),
            (0.5, 20.0, 0.9999999997460371, 2.539628589470865e-10),
            (1.0, 3.0, 0.950212931632136, 0.049787068367863944),
            (4.0, 0.02, 6.560883831667257e-09, 0.9999999934391162),
            (5.0, 2.5, 0.10882198108584876, 0.8911780189141513),
            (5.0, 5.9, 0.7013352132383804, 0.29866478676161956),
            (5.0, 6.1, 0.7281057346810453, 0.27189426531895466),
            (5.0, 40.0, 0.999999999999498, 5.020464318829134e-13),
            (37.25, 30.0, 0.11132682164387472, 0.8886731783561252),
            (400.0, 380.0, 0.15855070978429478, 0.8414492902157052),
            (400.0, 470.0, 0.9995671285080558, 0.0004328714919441924),
            (100000.0, 99000.0, 0.0007574199211747679, 0.9992425800788253),
            (100000.0, 101000.0, 0.9991915784870744, 0.0008084215129255907),
        ] {
            let ours = tails(a, x);
            assert!(close(ours[0], below) && close(ours[1], above), "a = {a}, x = {x}: {ours:?}");
        }
    }

    /// Reference values: mpmath, 60 digits.
    #[test]
    fn quantiles_at_known_points() {
        for (a, p, x) in [
            (5.0, 1e-12, 0.0103893448525018),
            (5.0, 0.000244140625, 0.5397245061580414),
            (5.0, 0.25, 3.368600385977321),
            (5.0, 0.5, 4.670908882795984),
            (5.0, 0.75, 6.2744306984446885),
            (5.0, 0.999755859375, 16.64129825728217),
            (5.0, 0.999999999999, 39.2358478401201),
            (0.3, 0.01, 1.5022226552360383e-07),
            (1.0, 0.5, std::f64::consts::LN_2),
            (2.5, 0.9, 4.61817844989056),
            (250.0, 0.4, 245.68545672242615),
        ] {
            let ours = Gamma::new(a, 3.0).unwrap().quantile(p) / 3.0;
            assert!(close(ours, x), "a = {a}, p = {p}: {ours}");
        }
        let law = Gamma::new(5.0, 1.0).unwrap();
        assert_eq!((law.quantile(0.0), law.quantile(1.0)), (0.0, f64::INFINITY));
    }

    /// With two degrees of freedom it is exp(-x / 2); with 30 it passes 43.77297 once in twenty (any table).
    #[test]
    fn chi_square_in_closed_form_and_by_table() {
        for x in [0.0, 0.1, 3.0, 50.0] {
            assert!(close(chi_square_above(2, x), exp(-x / 2.0)), "{x}");
        }
        assert!((chi_square_above(30, 43.772_971_825_742_19) - 0.05).abs() < 1e-12);
        assert!(chi_square_above(3, f64::NAN).is_nan());
    }

    /// ln Gamma(1) = 0, ln Gamma(1/2) = ln(pi) / 2, and 10! = 3,628,800.
    #[test]
    fn stirlings_formula_is_completed() {
        let log_gamma = |z: f64| (z - 0.5) * ln(z) - z + 0.5 * ln(std::f64::consts::TAU) + stirling_error(z);
        for (z, gamma) in [(1.0, 1.0), (0.5, std::f64::consts::PI.sqrt()), (11.0, 3_628_800.0), (3.0, 2.0)] {
            assert!((log_gamma(z) - ln(gamma)).abs() < 1e-14, "{z}");
        }
    }

    #[test]
    fn laws_that_are_none_are_refused() {
        assert!(
            Gamma::new(0.0, 1.0).is_err()
                && Gamma::new(1.0, f64::INFINITY).is_err()
                && Gamma::new(f64::NAN, 1.0).is_err()
        );
    }
}
