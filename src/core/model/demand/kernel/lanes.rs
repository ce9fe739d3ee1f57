//! Eight buyers at once, on whatever vectors the processor has.
//!
//! The same operations in the same order at every width, fused multiply-adds included, so the same bits.

use super::LANES;

/// Eight doubles.
///
/// # Safety
/// Every method of an implementation may only be called on a processor that has the instructions the implementation is for,
/// from a function compiled with them.
pub(super) trait Lanes: Copy {
    /// A yes or no for each lane.
    type Mask: Copy;
    /// x in every lane.
    unsafe fn splat(x: f64) -> Self;
    /// Eight numbers from memory; `from` must be valid for reading eight.
    unsafe fn load(from: *const f64) -> Self;
    /// Eight numbers to memory; `to` must be valid for writing eight.
    unsafe fn store(self, to: *mut f64);
    /// self + b.
    unsafe fn add(self, b: Self) -> Self;
    /// self - b.
    unsafe fn sub(self, b: Self) -> Self;
    /// self * b.
    unsafe fn mul(self, b: Self) -> Self;
    /// self / b.
    unsafe fn div(self, b: Self) -> Self;
    /// self * b + c, rounded once.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;
    /// c - self * b, rounded once.
    unsafe fn neg_mul_add(self, b: Self, c: Self) -> Self;
    /// `if limit > self { limit } else { self }`: keeps NaN.
    unsafe fn at_least(self, limit: Self) -> Self;
    /// `if limit < self { limit } else { self }`: keeps NaN.
    unsafe fn at_most(self, limit: Self) -> Self;
    /// self x 2^k, k an integer in the low bits of `rounded`; neither overflows nor becomes subnormal.
    unsafe fn scale(self, rounded: Self) -> Self;
    /// Where self = b.
    unsafe fn equal(self, b: Self) -> Self::Mask;
    /// A bit for each lane, the first lane's the lowest.
    unsafe fn lanes_of(mask: Self::Mask) -> u32;
    /// The columns of eight rows of eight numbers; `rows` must be valid for reading 64.
    unsafe fn columns(rows: *const f64) -> [Self; LANES];
}

/// e^x for each lane, x held within ±[`super::UTILITY_LIMIT`]: [`crate::numerics::elementary::exp`] without its ends, to the last bit.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn exp<V: Lanes>(x: V) -> V {
    use crate::numerics::elementary::coefficients::*;
    // SAFETY: the caller vouches for the processor; nothing here touches memory.
    unsafe {
        let c = |x: f64| V::splat(x);
        let x = x.at_least(c(-super::UTILITY_LIMIT)).at_most(c(super::UTILITY_LIMIT));
        let rounded = x.mul_add(c(LOG2_E), c(ROUND));
        let k = rounded.sub(c(ROUND));
        let r = k.neg_mul_add(c(LN2_LO), k.neg_mul_add(c(LN2_HI), x));
        let r2 = r.mul(r);
        let r4 = r2.mul(r2);
        let p01 = r.mul_add(c(EXP[1]), c(EXP[0]));
        let p23 = r.mul_add(c(EXP[3]), c(EXP[2]));
        let p45 = r.mul_add(c(EXP[5]), c(EXP[4]));
        let p67 = r.mul_add(c(EXP[7]), c(EXP[6]));
        let q0 = r2.mul_add(p23, p01);
        let q1 = r2.mul_add(p67, p45);
        let q = r4.mul_add(r4.mul_add(c(EXP[8]), q1), q0);
        let tail = r2.mul(r).mul_add(q, c(0.5).mul(r2));
        c(1.0).add(r.add(tail)).scale(rounded)
    }
}

/// The portable form: an array.
#[derive(Clone, Copy)]
pub(super) struct Array(pub(super) [f64; LANES]);

/// Applies a function lane by lane.
macro_rules! each {
    ($lane:ident => $value:expr) => {{
        let mut out = [0.0; LANES];
        for ($lane, out) in out.iter_mut().enumerate() {
            *out = $value;
        }
        Array(out)
    }};
}

impl Lanes for Array {
    type Mask = [bool; LANES];
    #[inline(always)]
    unsafe fn splat(x: f64) -> Self {
        Self([x; LANES])
    }
    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller gives eight readable numbers; an array of doubles needs no more alignment than a double.
        Self(unsafe { from.cast::<[f64; LANES]>().read() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller gives room for eight numbers.
        unsafe { to.cast::<[f64; LANES]>().write(self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        each!(l => self.0[l] + b.0[l])
    }
    #[inline(always)]
    unsafe fn sub(self, b: Self) -> Self {
        each!(l => self.0[l] - b.0[l])
    }
    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        each!(l => self.0[l] * b.0[l])
    }
    #[inline(always)]
    unsafe fn div(self, b: Self) -> Self {
        each!(l => self.0[l] / b.0[l])
    }
    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        each!(l => self.0[l].mul_add(b.0[l], c.0[l]))
    }
    #[inline(always)]
    unsafe fn neg_mul_add(self, b: Self, c: Self) -> Self {
        each!(l => (-self.0[l]).mul_add(b.0[l], c.0[l]))
    }
    #[inline(always)]
    unsafe fn at_least(self, limit: Self) -> Self {
        each!(l => if limit.0[l] > self.0[l] { limit.0[l] } else { self.0[l] })
    }
    #[inline(always)]
    unsafe fn at_most(self, limit: Self) -> Self {
        each!(l => if limit.0[l] < self.0[l] { limit.0[l] } else { self.0[l] })
    }
    #[inline(always)]
    unsafe fn scale(self, rounded: Self) -> Self {
        each!(l => f64::from_bits(self.0[l].to_bits().wrapping_add(rounded.0[l].to_bits() << 52)))
    }
    #[inline(always)]
    unsafe fn equal(self, b: Self) -> Self::Mask {
        std::array::from_fn(|l| self.0[l] == b.0[l])
    }
    #[inline(always)]
    unsafe fn lanes_of(mask: Self::Mask) -> u32 {
        mask.iter().rev().fold(0, |bits, lane| bits << 1 | u32::from(*lane))
    }
    #[inline(always)]
    unsafe fn columns(rows: *const f64) -> [Self; LANES] {
        // SAFETY: the caller gives 64 readable numbers.
        let rows = unsafe { rows.cast::<[[f64; LANES]; LANES]>().read() };
        std::array::from_fn(|l| Self(rows.map(|row| row[l])))
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{LANES, Lanes};

    /// One register of AVX-512.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512(pub(in super::super) __m512d);

    // SAFETY of every block below: the caller of a `Lanes` method vouches that the processor has AVX-512F and that pointers
    // are good for eight doubles; unaligned loads and stores are used.
    impl Lanes for Avx512 {
        type Mask = __mmask8;
        #[inline(always)]
        unsafe fn splat(x: f64) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_set1_pd(x) })
        }
        #[inline(always)]
        unsafe fn load(from: *const f64) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_loadu_pd(from) })
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f64) {
            // SAFETY: see above.
            unsafe { _mm512_storeu_pd(to, self.0) }
        }
        #[inline(always)]
        unsafe fn add(self, b: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_add_pd(self.0, b.0) })
        }
        #[inline(always)]
        unsafe fn sub(self, b: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_sub_pd(self.0, b.0) })
        }
        #[inline(always)]
        unsafe fn mul(self, b: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_mul_pd(self.0, b.0) })
        }
        #[inline(always)]
        unsafe fn div(self, b: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_div_pd(self.0, b.0) })
        }
        #[inline(always)]
        unsafe fn mul_add(self, b: Self, c: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_fmadd_pd(self.0, b.0, c.0) })
        }
        #[inline(always)]
        unsafe fn neg_mul_add(self, b: Self, c: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_fnmadd_pd(self.0, b.0, c.0) })
        }
        #[inline(always)]
        unsafe fn at_least(self, limit: Self) -> Self {
            // SAFETY: see above. The second operand is returned where the two do not compare.
            Self(unsafe { _mm512_max_pd(limit.0, self.0) })
        }
        #[inline(always)]
        unsafe fn at_most(self, limit: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_min_pd(limit.0, self.0) })
        }
        #[inline(always)]
        unsafe fn scale(self, rounded: Self) -> Self {
            // SAFETY: see above.
            unsafe {
                let exponent = _mm512_slli_epi64::<52>(_mm512_castpd_si512(rounded.0));
                Self(_mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(self.0), exponent)))
            }
        }
        #[inline(always)]
        unsafe fn equal(self, b: Self) -> Self::Mask {
            // SAFETY: see above.
            unsafe { _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(self.0, b.0) }
        }
        #[inline(always)]
        unsafe fn lanes_of(mask: Self::Mask) -> u32 {
            u32::from(mask)
        }
        #[inline(always)]
        unsafe fn columns(rows: *const f64) -> [Self; LANES] {
            // SAFETY: see above.
            unsafe {
                // Four numbers of a row beside those of the row four further. Macros, as closures would not be compiled for the processor.
                macro_rules! beside {
                    ($at:expr) => {
                        _mm512_insertf64x4::<1>(
                            _mm512_castpd256_pd512(_mm256_loadu_pd(rows.add($at))),
                            _mm256_loadu_pd(rows.add($at + 4 * LANES)),
                        )
                    };
                }
                let (even, odd) =
                    (_mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15));
                macro_rules! four {
                    ($at:expr) => {{
                        let (a, b) = (beside!($at), beside!($at + LANES));
                        let (c, d) = (beside!($at + 2 * LANES), beside!($at + 3 * LANES));
                        let (ab, cd) = (_mm512_unpacklo_pd(a, b), _mm512_unpacklo_pd(c, d));
                        let (up_ab, up_cd) = (_mm512_unpackhi_pd(a, b), _mm512_unpackhi_pd(c, d));
                        [
                            _mm512_permutex2var_pd(ab, even, cd),
                            _mm512_permutex2var_pd(up_ab, even, up_cd),
                            _mm512_permutex2var_pd(ab, odd, cd),
                            _mm512_permutex2var_pd(up_ab, odd, up_cd),
                        ]
                    }};
                }
                let ([a, b, c, d], [e, f, g, h]) = (four!(0), four!(4));
                [Self(a), Self(b), Self(c), Self(d), Self(e), Self(f), Self(g), Self(h)]
            }
        }
    }

    /// Two registers of AVX2 with fused multiply-add.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(pub(in super::super) __m256d, pub(in super::super) __m256d);

    // SAFETY of every block below: as above, with AVX2 and FMA.
    impl Lanes for Avx2 {
        type Mask = (__m256d, __m256d);
        #[inline(always)]
        unsafe fn splat(x: f64) -> Self {
            // SAFETY: see above.
            let x = unsafe { _mm256_set1_pd(x) };
            Self(x, x)
        }
        #[inline(always)]
        unsafe fn load(from: *const f64) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_loadu_pd(from), _mm256_loadu_pd(from.add(4))) }
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f64) {
            // SAFETY: see above.
            unsafe {
                _mm256_storeu_pd(to, self.0);
                _mm256_storeu_pd(to.add(4), self.1);
            }
        }
        #[inline(always)]
        unsafe fn add(self, b: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_add_pd(self.0, b.0), _mm256_add_pd(self.1, b.1)) }
        }
        #[inline(always)]
        unsafe fn sub(self, b: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_sub_pd(self.0, b.0), _mm256_sub_pd(self.1, b.1)) }
        }
        #[inline(always)]
        unsafe fn mul(self, b: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_mul_pd(self.0, b.0), _mm256_mul_pd(self.1, b.1)) }
        }
        #[inline(always)]
        unsafe fn div(self, b: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_div_pd(self.0, b.0), _mm256_div_pd(self.1, b.1)) }
        }
        #[inline(always)]
        unsafe fn mul_add(self, b: Self, c: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_fmadd_pd(self.0, b.0, c.0), _mm256_fmadd_pd(self.1, b.1, c.1)) }
        }
        #[inline(always)]
        unsafe fn neg_mul_add(self, b: Self, c: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_fnmadd_pd(self.0, b.0, c.0), _mm256_fnmadd_pd(self.1, b.1, c.1)) }
        }
        #[inline(always)]
        unsafe fn at_least(self, limit: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_max_pd(limit.0, self.0), _mm256_max_pd(limit.1, self.1)) }
        }
        #[inline(always)]
        unsafe fn at_most(self, limit: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_min_pd(limit.0, self.0), _mm256_min_pd(limit.1, self.1)) }
        }
        #[inline(always)]
        unsafe fn scale(self, rounded: Self) -> Self {
            // SAFETY: see above.
            unsafe {
                let half = |e: __m256d, rounded: __m256d| {
                    let exponent = _mm256_slli_epi64::<52>(_mm256_castpd_si256(rounded));
                    _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(e), exponent))
                };
                Self(half(self.0, rounded.0), half(self.1, rounded.1))
            }
        }
        #[inline(always)]
        unsafe fn equal(self, b: Self) -> Self::Mask {
            // SAFETY: see above.
            unsafe { (_mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, b.0), _mm256_cmp_pd::<_CMP_EQ_OQ>(self.1, b.1)) }
        }
        #[inline(always)]
        unsafe fn lanes_of(mask: Self::Mask) -> u32 {
            // SAFETY: see above.
            unsafe { (_mm256_movemask_pd(mask.0) | _mm256_movemask_pd(mask.1) << 4).cast_unsigned() }
        }
        #[inline(always)]
        unsafe fn columns(rows: *const f64) -> [Self; LANES] {
            // SAFETY: see above.
            unsafe {
                // Four columns of four rows.
                macro_rules! four {
                    ($at:expr) => {{
                        let (a, b) = (_mm256_loadu_pd(rows.add($at)), _mm256_loadu_pd(rows.add($at + LANES)));
                        let (c, d) =
                            (_mm256_loadu_pd(rows.add($at + 2 * LANES)), _mm256_loadu_pd(rows.add($at + 3 * LANES)));
                        let (ab, cd) = (_mm256_unpacklo_pd(a, b), _mm256_unpacklo_pd(c, d));
                        let (up_ab, up_cd) = (_mm256_unpackhi_pd(a, b), _mm256_unpackhi_pd(c, d));
                        [
                            _mm256_permute2f128_pd::<0x20>(ab, cd),
                            _mm256_permute2f128_pd::<0x20>(up_ab, up_cd),
                            _mm256_permute2f128_pd::<0x31>(ab, cd),
                            _mm256_permute2f128_pd::<0x31>(up_ab, up_cd),
                        ]
                    }};
                }
                let ([a, b, c, d], [e, f, g, h]) = (four!(0), four!(4));
                let ([i, j, k, l], [m, n, o, p]) = (four!(4 * LANES), four!(4 * LANES + 4));
                [Self(a, i), Self(b, j), Self(c, k), Self(d, l), Self(e, m), Self(f, n), Self(g, o), Self(h, p)]
            }
        }
    }
}
