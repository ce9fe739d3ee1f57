//! The normal law, in arithmetic that gives the same bits on every machine.
//!
//! Distribution function by Mills' ratio in the variable of Shepherd and Laframboise (1981); quantile after Wichura (1988),
//! algorithm AS 241, within 1e-15 relative. Both use this crate's exponential and logarithm.

use crate::numerics::elementary::{exp, ln};

/// Density of a standard normal draw at x.
#[must_use]
pub fn density(x: f64) -> f64 {
    // The rounding of the square matters far out; it is known exactly.
    let square = x * x;
    let rest = x.mul_add(x, -square);
    exp(-0.5 * square) * (1.0 - 0.5 * rest) * (0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2)
}

/// Phi(x), the probability that a standard normal draw is below x; right to some 1e-15 of itself in both tails.
#[must_use]
pub fn cdf(x: f64) -> f64 {
    if x.abs() < 0.5 {
        // 1/2 + phi(x) (x + x^3 / 3 + x^5 / 15 + ...): exact at 0.
        let square = x * x;
        let series = (1..=12).rev().fold(1.0, |sum, k| 1.0 + square * sum / f64::from(2 * k + 1));
        return 0.5 + density(x) * x * series;
    }
    if x > 0.0 { 1.0 - above(x) } else { above(-x) }
}

/// The probability that a standard normal draw is above x, for x of at least 0.
fn above(x: f64) -> f64 {
    if x > 38.0 {
        return 0.0;
    }
    density(x) * clenshaw(&MILLS, (x - 5.0) / (x + 5.0)) / (1.0 + x)
}

/// (1 + x) times Mills' ratio (1 - Phi(x)) / phi(x) for x of at least 0, as Chebyshev's series in (x - 5) / (x + 5): interpolation in
/// 50-digit arithmetic, within 1e-17.
const MILLS: [f64; 26] = [
    1.157_997_622_130_518_8,
    -0.163_344_938_845_139_8,
    -0.013_683_136_055_781_576,
    0.030_822_000_198_100_04,
    -0.016_220_073_012_046_806,
    0.005_616_691_016_460_094,
    -0.001_413_393_378_354_921_6,
    0.000_250_262_546_072_566_1,
    -2.468_907_239_728_387e-05,
    -1.010_796_406_183_759_2e-06,
    7.495_419_179_740_573e-07,
    -7.600_274_268_728_337e-08,
    -1.157_477_144_132_864_4e-08,
    3.333_386_472_599_843e-09,
    7.538_039_628_171_344e-11,
    -1.110_424_726_372_748_2e-10,
    3.509_243_776_551_73e-12,
    3.689_495_386_174_397_6e-12,
    -2.337_669_777_776_350_3e-13,
    -1.327_179_752_503_22e-13,
    9.921_707_228_983_291e-15,
    5.276_005_716_613_483e-15,
    -3.373_130_757_793_037_5e-16,
    -2.280_633_415_145_802e-16,
    7.532_573_856_077_445e-18,
    1.079_574_880_210_33e-17,
];

/// Sum of coefficients times Chebyshev's polynomials at t (Clenshaw).
fn clenshaw(coefficients: &[f64], t: f64) -> f64 {
    let (mut next, mut after) = (0.0, 0.0);
    for c in coefficients[1..].iter().rev() {
        (next, after) = (2.0 * t * next - after + c, next);
    }
    t * next - after + coefficients[0]
}

/// The x with Phi(x) = p, for p strictly between 0 and 1; infinite at the ends.
#[must_use]
pub fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        let numerator = [
            2.509_080_928_730_122_7e3,
            3.343_057_558_358_813e4,
            6.726_577_092_700_87e4,
            4.592_195_393_154_987e4,
            1.373_169_376_550_946e4,
            1.971_590_950_306_551_3e3,
            1.331_416_678_917_843_8e2,
            3.387_132_872_796_366_5,
        ];
        let denominator = [
            5.226_495_278_852_854e3,
            2.872_908_573_572_194_3e4,
            3.930_789_580_009_271e4,
            2.121_379_430_158_659_7e4,
            5.394_196_021_424_751e3,
            6.871_870_074_920_579e2,
            4.231_333_070_160_091e1,
            1.0,
        ];
        return q * horner(&numerator, r) / horner(&denominator, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let r = (-ln(tail)).sqrt();
    let size = if r <= 5.0 {
        let numerator = [
            7.745_450_142_783_414e-4,
            2.272_384_498_926_918_4e-2,
            2.417_807_251_774_506e-1,
            1.270_458_252_452_368_4,
            3.647_848_324_763_204_5,
            5.769_497_221_460_691,
            4.630_337_846_156_546,
            1.423_437_110_749_683_5,
        ];
        let denominator = [
            1.050_750_071_644_416_9e-9,
            5.475_938_084_995_345e-4,
            1.519_866_656_361_645_7e-2,
            1.481_039_764_274_800_8e-1,
            6.897_673_349_851e-1,
            1.676_384_830_183_803_8,
            2.053_191_626_637_759,
            1.0,
        ];
        horner(&numerator, r - 1.6) / horner(&denominator, r - 1.6)
    } else {
        let numerator = [
            2.010_334_399_292_288_1e-7,
            2.711_555_568_743_487_6e-5,
            1.242_660_947_388_078_4e-3,
            2.653_218_952_657_612_4e-2,
            2.965_605_718_285_048_7e-1,
            1.784_826_539_917_291_3,
            5.463_784_911_164_114,
            6.657_904_643_501_103,
        ];
        let denominator = [
            2.044_263_103_389_939_8e-15,
            1.421_511_758_316_446e-7,
            1.846_318_317_510_054_8e-5,
            7.868_691_311_456_133e-4,
            1.487_536_129_085_061_5e-2,
            1.369_298_809_227_358e-1,
            5.998_322_065_558_88e-1,
            1.0,
        ];
        horner(&numerator, r - 5.0) / horner(&denominator, r - 5.0)
    };
    if q < 0.0 { -size } else { size }
}

/// A polynomial from its highest coefficient down.
fn horner(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

/// A normal law between two bounds, which may be infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truncated {
    mean: f64,
    sd: f64,
    bounds: [f64; 2],
    /// Probabilities of the untruncated law at the bounds.
    probability: [f64; 2],
}

/// Probability next to an infinite tail at which quantiles stop: half a cell of 2^-32, 6.3 standard deviations.
const TAIL: f64 = 0.5 / 4_294_967_296.0;

impl Truncated {
    /// The law of a mean and a standard deviation between bounds; none where they leave it less than 1e-9 of its probability.
    #[must_use]
    pub fn new(mean: f64, sd: f64, bounds: [f64; 2]) -> Option<Self> {
        let probability = bounds.map(|bound| cdf((bound - mean) / sd));
        (probability[1] - probability[0] >= 1e-9).then_some(Self { mean, sd, bounds, probability })
    }
    /// The bounds.
    #[must_use]
    pub fn bounds(&self) -> [f64; 2] {
        self.bounds
    }
    /// The value below which a draw is with probability `u`; finite for every u in \[0, 1\].
    #[must_use]
    pub fn quantile(&self, u: f64) -> f64 {
        let [below, above] = self.probability;
        let p = below + u * (above - below);
        (self.mean + self.sd * quantile(p.clamp(TAIL, 1.0 - TAIL))).clamp(self.bounds[0], self.bounds[1])
    }
    /// The probability that a draw is at most x.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        let [below, above] = self.probability;
        ((cdf((x - self.mean) / self.sd) - below) / (above - below)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ours: f64, truth: f64, relative: f64) -> bool {
        (ours - truth).abs() <= relative * truth.abs()
    }

    /// Reference values: mpmath, 60 digits.
    #[test]
    fn distribution_function_at_known_points() {
        for (x, probability) in [
            (-37.5, 4.605353009581955e-308),
            (-25.0, 3.056696706382561e-138),
            (-10.0, 7.619853024160525e-24),
            (-7.1, 6.237844463331591e-13),
            (-5.0, 2.866515718791939e-07),
            (-3.25, 0.000577025042390767),
            (-1.96, 0.024997895148220435),
            (-1.0, 0.15865525393145705),
            (-0.25, 0.4012936743170763),
            (-1e-09, 0.49999999960105773),
            (0.5, 0.6914624612740131),
            (1.06, 0.8554277003360904),
            (2.5, 0.9937903346742238),
            (6.0, 0.9999999990134123),
        ] {
            assert!(close(cdf(x), probability, 2e-15), "Phi({x}) = {}", cdf(x));
        }
        assert_eq!((cdf(f64::NEG_INFINITY), cdf(-40.0), cdf(0.0), cdf(40.0)), (0.0, 0.0, 0.5, 1.0));
        assert!(cdf(f64::NAN).is_nan());
    }

    /// Reference values: mpmath, 60 digits.
    #[test]
    fn quantile_at_known_points() {
        for (p, x) in [
            (1e-300, -37.0470962993612),
            (1e-100, -21.273453560965326),
            (1e-20, -9.262340089798407),
            (1e-09, -5.9978070150076865),
            (0.001, -3.0902323061678136),
            (0.02425, -1.972961051311885),
            (0.1, -1.2815515655446004),
            (0.3, -0.5244005127080408),
            (0.49, -0.025068908258711057),
            (0.6, 0.2533471031357997),
            (0.975, 1.9599639845400538),
            (0.9999, 3.7190164854557084),
        ] {
            assert!(close(quantile(p), x, 2e-15), "p = {p}: {}", quantile(p));
        }
        assert_eq!(quantile(0.5), 0.0);
        assert_eq!(quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(quantile(1.0), f64::INFINITY);
    }

    #[test]
    fn quantile_is_the_inverse_and_odd() {
        let mut p = 1e-300;
        while p < 0.5 {
            assert!(close(cdf(quantile(p)), p, 1e-15 * (2.0 + quantile(p).powi(2))), "p = {p}: {}", cdf(quantile(p)));
            p *= 1.37;
        }
        for p in [0.51, 0.6, 0.9, 0.95, 0.999, 1.0 - 1e-12] {
            assert!((quantile(p) + quantile(1.0 - p)).abs() < 1e-12 * quantile(p), "p = {p}");
        }
    }

    /// The density is the slope of the distribution function: central differences are off by h^2 / 6 times its second derivative.
    #[test]
    fn density_is_the_slope() {
        for x in [-3.0, -1.0, 0.0, 0.7, 2.5] {
            let slope = (cdf(x + 1e-4) - cdf(x - 1e-4)) / 2e-4;
            assert!((density(x) - slope).abs() < 2e-9, "{x}: {} and {slope}", density(x));
        }
    }

    /// Between -1 and 2 a standard normal has 0.8186 of its probability; without bounds the truncated law is the normal one.
    #[test]
    fn a_truncated_law_is_what_is_left_between_its_bounds() {
        let law = Truncated::new(5.0, 2.0, [3.0, 9.0]).unwrap();
        let left = cdf(2.0) - cdf(-1.0);
        assert!(close(law.cdf(5.0), (0.5 - cdf(-1.0)) / left, 1e-15));
        assert_eq!((law.quantile(0.0), law.quantile(1.0)), (3.0, 9.0));
        for u in [0.01, 0.3, 0.5, 0.99] {
            assert!(close(law.cdf(law.quantile(u)), u, 1e-13), "{u}");
        }
        let open = Truncated::new(5.0, 2.0, [f64::NEG_INFINITY, f64::INFINITY]).unwrap();
        assert_eq!(open.quantile(0.9), 5.0 + 2.0 * quantile(0.9));
        assert_eq!(Truncated::new(0.0, 1.0, [50.0, 60.0]), None);
    }
}
