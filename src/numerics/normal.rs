//! The normal law, in arithmetic that gives the same bits on every machine.
//!
//! Distribution function after Hart (1968) in the form of West (2005), within 1e-14 of the truth; quantile after
//! Wichura (1988), algorithm AS 241, within 1e-15 relative. Both use this crate's exponential and logarithm.

use crate::numerics::elementary::{exp, ln};

/// Phi(x), the probability that a standard normal draw is below x.
#[must_use]
pub fn cdf(x: f64) -> f64 {
    let size = x.abs();
    if size > 37.0 {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    let density = exp(-0.5 * size * size);
    let tail = if size < 7.071_067_811_865_47 {
        let numerator = [
            3.526_249_659_989_11e-2,
            0.700_383_064_443_688,
            6.373_962_203_531_65,
            33.912_866_078_383,
            112.079_291_497_871,
            221.213_596_169_931,
            220.206_867_912_376,
        ];
        let denominator = [
            8.838_834_764_831_84e-2,
            1.755_667_163_182_64,
            16.064_177_579_207,
            86.780_732_202_946_1,
            296.564_248_779_674,
            637.333_633_378_831,
            793.826_512_519_948,
            440.413_735_824_752,
        ];
        density * horner(&numerator, size) / horner(&denominator, size)
    } else {
        let fraction = size + 1.0 / (size + 2.0 / (size + 3.0 / (size + 4.0 / (size + 0.65))));
        density / fraction / 2.506_628_274_631
    };
    if x > 0.0 { 1.0 - tail } else { tail }
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

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, Normal};

    use super::{cdf, quantile};

    /// Abramowitz and Stegun, table 26.1, and the same to more digits by series.
    #[test]
    fn distribution_function_at_known_points() {
        for (x, probability) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_543),
            (1.06, 0.855_427_700_336_090),
            (1.96, 0.975_002_104_851_780),
            (3.0, 0.998_650_101_968_370),
            (-5.0, 2.866_515_718_791_9e-7),
            (-8.0, 6.220_960_574_271_8e-16),
        ] {
            let error = (cdf(x) - probability).abs();
            assert!(error < 1e-14 && error < 1e-6 * probability, "Phi({x}) = {}", cdf(x));
        }
        assert_eq!((cdf(-40.0), cdf(40.0)), (0.0, 1.0));
    }

    #[test]
    fn distribution_function_agrees_with_another_implementation() {
        let law = Normal::standard();
        for i in -900..=900 {
            let x = f64::from(i) / 100.0;
            let (ours, theirs) = (cdf(x), law.cdf(x));
            // Theirs is good to 1e-10.
            assert!((ours - theirs).abs() < 1e-10, "Phi({x}) = {ours}, expected {theirs}");
        }
    }

    /// Phi(1.959963984540054) = 0.975.
    #[test]
    fn quantile_is_the_inverse_and_known_at_one_point() {
        assert!((quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
        let mut p = 1e-10;
        while p < 0.5 {
            let error = (cdf(quantile(p)) - p).abs();
            assert!(error < 1e-14 && error < 1e-6 * p, "p = {p}: {error:e}");
            p *= 1.37;
        }
        for p in [0.51, 0.6, 0.9, 0.95, 0.999, 1.0 - 1e-12] {
            assert!((quantile(p) + quantile(1.0 - p)).abs() < 1e-12 * quantile(p), "p = {p}");
        }
        assert_eq!(quantile(0.5), 0.0);
        assert_eq!(quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(quantile(1.0), f64::INFINITY);
    }
}
