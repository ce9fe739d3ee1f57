//! Exponential and logarithm: the same bits on every machine and at every vector width.
//!
//! The platform's `exp` and `ln` differ in the last bit between C libraries, so they stay off the path of results.
//! These use only additions, fused multiply-adds and integer shifts in a fixed order; inlined into a function compiled
//! for AVX2 or AVX-512 the loop around them becomes vector code, and each lane does exactly what the scalar does.
//! Where the processor has no fused multiply-add, `f64::mul_add` is emulated: slower, the same bits.
//!
//! Polynomials are near-minimax (Chebyshev interpolation in 40-digit arithmetic).

use coefficients::{EXP, LN2_HI, LN2_LO, LOG2_E, ROUND};

/// Constants that the lane form of `exp` shares.
pub(crate) mod coefficients {
    pub const LOG2_E: f64 = std::f64::consts::LOG2_E;
    /// Upper part of ln 2, with 32 trailing zero bits, so that `k * LN2_HI` is exact for every exponent k.
    pub const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
    /// ln 2 - `LN2_HI`.
    pub const LN2_LO: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
    /// 1.5 * 2^52: adding it rounds to an integer, which then stands in the low bits.
    pub const ROUND: f64 = 6_755_399_441_055_744.0;
    /// e^r = 1 + r + r^2/2 + r^3 (EXP[0] + EXP[1] r + ...) for |r| below ln 2 / 2.
    pub const EXP: [f64; 9] = [
        0.166_666_666_666_666_66,
        0.041_666_666_666_651_36,
        0.008_333_333_333_332_155,
        0.001_388_888_890_588_154_2,
        0.000_198_412_698_543_386_1,
        2.480_153_638_869_076_6e-5,
        2.755_728_006_701_698e-6,
        2.761_380_686_153_829e-7,
        2.509_555_467_711_111_2e-8,
    ];
}

/// e^x, within 1 unit in the last place of the true value; 0 below -708.39, infinity above 709.78, NaN for NaN.
///
/// Results that would be subnormal (below 2.3e-308) are flushed to zero.
#[inline(always)]
#[must_use]
pub fn exp(x: f64) -> f64 {
    let rounded = x.mul_add(LOG2_E, ROUND);
    let k = rounded - ROUND;
    let r = k.mul_add(-LN2_LO, k.mul_add(-LN2_HI, x));
    let r2 = r * r;
    let r4 = r2 * r2;
    // Estrin's scheme: short dependency chains.
    let p01 = r.mul_add(EXP[1], EXP[0]);
    let p23 = r.mul_add(EXP[3], EXP[2]);
    let p45 = r.mul_add(EXP[5], EXP[4]);
    let p67 = r.mul_add(EXP[7], EXP[6]);
    let q0 = r2.mul_add(p23, p01);
    let q1 = r2.mul_add(p67, p45);
    let q = r4.mul_add(r4.mul_add(EXP[8], q1), q0);
    let tail = (r2 * r).mul_add(q, 0.5 * r2);
    let e = 1.0 + (r + tail);
    // 2^k by adding k to the exponent field: the integer k stands in the low bits of `rounded`.
    let scaled = f64::from_bits(e.to_bits().wrapping_add(rounded.to_bits() << 52));
    let low = if x < -708.39 { 0.0 } else { scaled };
    let high = if x > 709.78 { f64::INFINITY } else { low };
    if x.is_nan() { x } else { high }
}

/// Natural logarithm of a positive normal number, within 1 unit in the last place.
///
/// Zero, subnormal, negative, infinite and NaN arguments have no meaningful result here: the callers pass uniform draws
/// and sums of exponentials.
#[inline(always)]
#[must_use]
pub fn ln(x: f64) -> f64 {
    /// Bits of the double next below sqrt(1/2): mantissas are taken from [sqrt(1/2), sqrt(2)).
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    const BIAS: u64 = 1024 << 52;
    let bits = x.to_bits();
    let exponent = bits.wrapping_sub(SQRT_HALF).wrapping_add(BIAS) >> 52;
    let k = f64::from_bits(ROUND.to_bits().wrapping_add(exponent)) - (ROUND + 1024.0);
    let m = f64::from_bits(bits.wrapping_sub(exponent.wrapping_sub(1024) << 52));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let p01 = z.mul_add(0.399_999_999_998_994_44, 0.666_666_666_666_667);
    let p23 = z.mul_add(0.222_222_111_302_598_78, 0.285_714_286_260_032_7);
    let p45 = z.mul_add(0.153_317_106_182_107_73, 0.181_828_894_556_749_47);
    let p = w.mul_add(w.mul_add(w.mul_add(0.146_165_854_248_886_23, p45), p23), p01);
    let r = z * p;
    let half_f2 = 0.5 * f * f;
    k * LN2_HI - ((half_f2 - s.mul_add(half_f2 + r, k * LN2_LO)) - f)
}

/// ln(1 + x) for x above -1, also where x is far smaller than 1.
#[must_use]
pub fn ln_1p(x: f64) -> f64 {
    let sum = 1.0 + x;
    let kept = sum - 1.0;
    // The quotient undoes the rounding of the sum (Kahan).
    if kept == 0.0 { x } else { ln(sum) * (x / kept) }
}

/// ln(1 + x) - x for x above -1, without the cancellation near 0.
#[must_use]
pub fn ln_1p_less(x: f64) -> f64 {
    if x.abs() > 0.5 {
        return ln_1p(x) - x;
    }
    // ln(1 + x) = 2 (s + s^3/3 + s^5/5 + ...) with s = x / (2 + x), at most a third in size.
    let s = x / (2.0 + x);
    let z = s * s;
    let tail = (1..=17).rev().fold(0.0, |sum, k| z * (sum + 1.0 / f64::from(2 * k + 1)));
    s * (2.0 * tail - x)
}

/// Length of the hypotenuse: the square root of a^2 + b^2, for sides whose squares neither overflow nor vanish.
#[must_use]
pub fn hypotenuse(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}

#[cfg(test)]
mod tests {
    use super::{exp, ln, ln_1p, ln_1p_less};

    /// Distance from the platform's function (itself within 1 ulp) in units in the last place.
    fn ulps(ours: f64, theirs: f64) -> f64 {
        ((ours - theirs) / (theirs * f64::EPSILON)).abs()
    }

    #[test]
    fn exp_is_within_two_ulps_of_the_platform_over_its_range() {
        let mut worst = 0.0_f64;
        for i in 0..2_000_000_u32 {
            let x = -708.0 + f64::from(i) * (1417.0 / 2_000_000.0);
            worst = worst.max(ulps(exp(x), x.exp()));
        }
        assert!(worst <= 2.0, "worst distance {worst} ulp");
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn exp_saturates_and_keeps_nan() {
        assert_eq!(exp(-709.0), 0.0);
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp(710.0), f64::INFINITY);
        assert!(exp(f64::NAN).is_nan());
    }

    #[test]
    fn ln_is_within_two_ulps_of_the_platform() {
        let mut worst = 0.0_f64;
        let mut x = f64::MIN_POSITIVE;
        while x < 1e300 {
            worst = worst.max(ulps(ln(x), x.ln()));
            x *= 1.000_37;
        }
        for i in 1..200_000_u32 {
            let u = f64::from(i) / 200_000.0;
            worst = worst.max(ulps(ln(u), u.ln()));
        }
        assert!(worst <= 2.0, "worst distance {worst} ulp");
        assert_eq!(ln(1.0), 0.0);
    }

    /// Reference values: mpmath, 60 digits.
    #[test]
    fn ln_1p_and_what_it_is_less_its_argument() {
        for (x, log, less) in [
            (-0.999, -6.907755278982136, -5.908755278982136),
            (-0.6, -0.916290731874155, -0.316290731874155),
            (-0.5, -std::f64::consts::LN_2, -0.19314718055994531),
            (-0.1, -0.10536051565782631, -0.005360515657826302),
            (-1e-09, -1.0000000005000001e-09, -5.000000003333334e-19),
            (1e-12, 9.999999999995e-13, -4.999999999996667e-25),
            (0.0001, 9.999500033330834e-05, -4.999666691664667e-09),
            (0.3, 0.26236426446749106, -0.03763573553250894),
            (0.5, 0.4054651081081644, -0.09453489189183562),
            (0.51, 0.412109650826833, -0.09789034917316704),
            (7.0, 2.0794415416798357, -4.920558458320164),
            (1000000000.0, 20.72326583794641, -999999979.2767341),
        ] {
            assert!(ulps(ln_1p(x), log) <= 4.0, "ln(1 + {x}) = {}", ln_1p(x));
            assert!(ulps(ln_1p_less(x), less) <= 16.0, "{x}: {}", ln_1p_less(x));
        }
        assert_eq!((ln_1p(0.0), ln_1p_less(0.0)), (0.0, 0.0));
    }
}
