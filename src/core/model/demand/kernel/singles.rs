//! Sixteen numbers in single precision at once, on whatever vectors the processor has: what bounds are made of.
//!
//! The same operations at every width, fused multiply-adds included, so the same bits.

/// Numbers in a register of [`Singles`].
pub(super) const SINGLES: usize = 16;

/// Sixteen numbers in single precision: a cache line.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Sixteen(pub [f32; SINGLES]);

/// Sixteen numbers in single precision.
///
/// # Safety
/// As for [`super::lanes::Lanes`].
pub(super) trait Singles: Copy {
    /// x in every lane.
    unsafe fn splat(x: f32) -> Self;
    /// Sixteen numbers from memory; `from` must be valid for reading sixteen.
    unsafe fn load(from: *const f32) -> Self;
    /// Sixteen numbers to memory; `to` must be valid for writing sixteen.
    unsafe fn store(self, to: *mut f32);
    /// self + b.
    unsafe fn add(self, b: Self) -> Self;
    /// self * b.
    unsafe fn mul(self, b: Self) -> Self;
    /// self * b + c, rounded once.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;
    /// `if limit > self { limit } else { self }`: keeps NaN.
    unsafe fn at_least(self, limit: Self) -> Self;
    /// `if limit < self { limit } else { self }`: keeps NaN.
    unsafe fn at_most(self, limit: Self) -> Self;
    /// Lane l takes what is in lane l xor `WITH`: 1, 2, 4 or 8.
    unsafe fn exchanged<const WITH: usize>(self) -> Self;
    /// A bit for each lane, the first lane's the lowest: whether self >= b.
    unsafe fn not_below(self, b: Self) -> u32;
}

/// The portable form: an array.
#[derive(Clone, Copy)]
pub(super) struct Array16(pub(super) [f32; SINGLES]);

/// Applies a function lane by lane.
macro_rules! each {
    ($lane:ident => $value:expr) => {{
        let mut out = [0.0; SINGLES];
        for ($lane, out) in out.iter_mut().enumerate() {
            *out = $value;
        }
        Array16(out)
    }};
}

impl Singles for Array16 {
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([x; SINGLES])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller gives sixteen readable numbers; an array needs no more alignment than a number.
        Self(unsafe { from.cast::<[f32; SINGLES]>().read() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller gives room for sixteen numbers.
        unsafe { to.cast::<[f32; SINGLES]>().write(self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        each!(l => self.0[l] + b.0[l])
    }
    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        each!(l => self.0[l] * b.0[l])
    }
    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        each!(l => self.0[l].mul_add(b.0[l], c.0[l]))
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
    unsafe fn exchanged<const WITH: usize>(self) -> Self {
        each!(l => self.0[l ^ WITH])
    }
    #[inline(always)]
    unsafe fn not_below(self, b: Self) -> u32 {
        (0..SINGLES).fold(0, |bits, l| bits | u32::from(self.0[l] >= b.0[l]) << l)
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Singles;

    /// One register of AVX-512.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512(pub(in super::super) __m512);

    // SAFETY of every block below: the caller of a `Singles` method vouches that the processor has AVX-512F and that pointers are
    // good for sixteen numbers; unaligned loads and stores are used.
    impl Singles for Avx512 {
        #[inline(always)]
        unsafe fn splat(x: f32) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_set1_ps(x) })
        }
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_loadu_ps(from) })
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: see above.
            unsafe { _mm512_storeu_ps(to, self.0) }
        }
        #[inline(always)]
        unsafe fn add(self, b: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_add_ps(self.0, b.0) })
        }
        #[inline(always)]
        unsafe fn mul(self, b: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_mul_ps(self.0, b.0) })
        }
        #[inline(always)]
        unsafe fn mul_add(self, b: Self, c: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_fmadd_ps(self.0, b.0, c.0) })
        }
        #[inline(always)]
        unsafe fn at_least(self, limit: Self) -> Self {
            // SAFETY: see above. The second operand is returned where the two do not compare.
            Self(unsafe { _mm512_max_ps(limit.0, self.0) })
        }
        #[inline(always)]
        unsafe fn at_most(self, limit: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_min_ps(limit.0, self.0) })
        }
        #[inline(always)]
        unsafe fn exchanged<const WITH: usize>(self) -> Self {
            // SAFETY: see above.
            Self(unsafe {
                match WITH {
                    1 => _mm512_permute_ps::<0b10_11_00_01>(self.0),
                    2 => _mm512_permute_ps::<0b01_00_11_10>(self.0),
                    4 => _mm512_shuffle_f32x4::<0b10_11_00_01>(self.0, self.0),
                    _ => _mm512_shuffle_f32x4::<0b01_00_11_10>(self.0, self.0),
                }
            })
        }
        #[inline(always)]
        unsafe fn not_below(self, b: Self) -> u32 {
            // SAFETY: see above.
            u32::from(unsafe { _mm512_cmp_ps_mask::<_CMP_GE_OQ>(self.0, b.0) })
        }
    }

    /// Two registers of AVX2 with fused multiply-add.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(pub(in super::super) __m256, pub(in super::super) __m256);

    // SAFETY of every block below: as above, with AVX2 and FMA.
    impl Singles for Avx2 {
        #[inline(always)]
        unsafe fn splat(x: f32) -> Self {
            // SAFETY: see above.
            let x = unsafe { _mm256_set1_ps(x) };
            Self(x, x)
        }
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: see above.
            unsafe {
                _mm256_storeu_ps(to, self.0);
                _mm256_storeu_ps(to.add(8), self.1);
            }
        }
        #[inline(always)]
        unsafe fn add(self, b: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_add_ps(self.0, b.0), _mm256_add_ps(self.1, b.1)) }
        }
        #[inline(always)]
        unsafe fn mul(self, b: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_mul_ps(self.0, b.0), _mm256_mul_ps(self.1, b.1)) }
        }
        #[inline(always)]
        unsafe fn mul_add(self, b: Self, c: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_fmadd_ps(self.0, b.0, c.0), _mm256_fmadd_ps(self.1, b.1, c.1)) }
        }
        #[inline(always)]
        unsafe fn at_least(self, limit: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_max_ps(limit.0, self.0), _mm256_max_ps(limit.1, self.1)) }
        }
        #[inline(always)]
        unsafe fn at_most(self, limit: Self) -> Self {
            // SAFETY: see above.
            unsafe { Self(_mm256_min_ps(limit.0, self.0), _mm256_min_ps(limit.1, self.1)) }
        }
        #[inline(always)]
        unsafe fn exchanged<const WITH: usize>(self) -> Self {
            macro_rules! half {
                ($x:expr) => {
                    match WITH {
                        1 => _mm256_permute_ps::<0b10_11_00_01>($x),
                        2 => _mm256_permute_ps::<0b01_00_11_10>($x),
                        _ => _mm256_permute2f128_ps::<1>($x, $x),
                    }
                };
            }
            // SAFETY: see above.
            unsafe {
                match WITH {
                    8 => Self(self.1, self.0),
                    _ => Self(half!(self.0), half!(self.1)),
                }
            }
        }
        #[inline(always)]
        unsafe fn not_below(self, b: Self) -> u32 {
            // SAFETY: see above.
            unsafe {
                let bits = |x, b| _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GE_OQ>(x, b)).cast_unsigned();
                bits(self.0, b.0) | bits(self.1, b.1) << 8
            }
        }
    }
}
