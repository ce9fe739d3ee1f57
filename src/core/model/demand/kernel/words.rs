//! Eight words of 64 bits at once, on whatever vectors the processor has: what random generators are made of.

use super::choice::LANES;
use super::lanes::{Array, Lanes};

/// Eight words.
///
/// # Safety
/// As for [`Lanes`].
pub(super) trait Words: Copy {
    /// The same register as doubles.
    type Doubles: Lanes;
    /// x in every lane.
    unsafe fn splat(x: u64) -> Self;
    /// Eight words from memory; `from` must be valid for reading eight.
    unsafe fn load(from: *const u64) -> Self;
    /// Eight words to memory; `to` must be valid for writing eight.
    unsafe fn store(self, to: *mut u64);
    /// self + b, modulo 2^64.
    unsafe fn add(self, b: Self) -> Self;
    /// Exclusive or.
    unsafe fn xor(self, b: Self) -> Self;
    /// Bits of both.
    unsafe fn and(self, b: Self) -> Self;
    /// Bits of either.
    unsafe fn or(self, b: Self) -> Self;
    /// Shifted to higher places.
    unsafe fn up<const BITS: u32>(self) -> Self;
    /// Shifted to lower places.
    unsafe fn down<const BITS: u32>(self) -> Self;
    /// Product of the lower halves.
    unsafe fn product_of_halves(self, b: Self) -> Self;
    /// The bits as doubles.
    unsafe fn doubles(self) -> Self::Doubles;
    /// The bits of doubles.
    unsafe fn of_doubles(x: Self::Doubles) -> Self;
}

/// Bits that leave at the top come back at the bottom; `BACK` is 64 - `BITS`.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn rotated<W: Words, const BITS: u32, const BACK: u32>(x: W) -> W {
    const { assert!(BITS + BACK == u64::BITS) };
    // SAFETY: the caller vouches for the processor.
    unsafe { x.up::<BITS>().or(x.down::<BACK>()) }
}

/// The portable form: an array.
#[derive(Clone, Copy)]
pub(super) struct Plain(pub(super) [u64; LANES]);

impl Words for Plain {
    type Doubles = Array;
    #[inline(always)]
    unsafe fn splat(x: u64) -> Self {
        Self([x; LANES])
    }
    #[inline(always)]
    unsafe fn load(from: *const u64) -> Self {
        // SAFETY: the caller gives eight readable words; an array of words needs no more alignment than a word.
        Self(unsafe { from.cast::<[u64; LANES]>().read() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut u64) {
        // SAFETY: the caller gives room for eight words.
        unsafe { to.cast::<[u64; LANES]>().write(self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        Self(std::array::from_fn(|l| self.0[l].wrapping_add(b.0[l])))
    }
    #[inline(always)]
    unsafe fn xor(self, b: Self) -> Self {
        Self(std::array::from_fn(|l| self.0[l] ^ b.0[l]))
    }
    #[inline(always)]
    unsafe fn and(self, b: Self) -> Self {
        Self(std::array::from_fn(|l| self.0[l] & b.0[l]))
    }
    #[inline(always)]
    unsafe fn or(self, b: Self) -> Self {
        Self(std::array::from_fn(|l| self.0[l] | b.0[l]))
    }
    #[inline(always)]
    unsafe fn up<const BITS: u32>(self) -> Self {
        Self(self.0.map(|x| x << BITS))
    }
    #[inline(always)]
    unsafe fn down<const BITS: u32>(self) -> Self {
        Self(self.0.map(|x| x >> BITS))
    }
    #[inline(always)]
    unsafe fn product_of_halves(self, b: Self) -> Self {
        const LOWER: u64 = 0xffff_ffff;
        Self(std::array::from_fn(|l| (self.0[l] & LOWER) * (b.0[l] & LOWER)))
    }
    #[inline(always)]
    unsafe fn doubles(self) -> Array {
        Array(self.0.map(f64::from_bits))
    }
    #[inline(always)]
    unsafe fn of_doubles(x: Array) -> Self {
        Self(x.0.map(f64::to_bits))
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Words2, Words512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Words;
    use crate::model::demand::kernel::lanes::{Avx2, Avx512};

    /// One register of AVX-512.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Words512(__m512i);

    // SAFETY of every block below: the caller of a `Words` method vouches that the processor has AVX-512F and that pointers are
    // good for eight words; unaligned loads and stores are used.
    impl Words for Words512 {
        type Doubles = Avx512;
        #[inline(always)]
        unsafe fn splat(x: u64) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_set1_epi64(x.cast_signed()) })
        }
        #[inline(always)]
        unsafe fn load(from: *const u64) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_loadu_si512(from.cast()) })
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut u64) {
            // SAFETY: see above.
            unsafe { _mm512_storeu_si512(to.cast(), self.0) }
        }
        #[inline(always)]
        unsafe fn add(self, b: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_add_epi64(self.0, b.0) })
        }
        #[inline(always)]
        unsafe fn xor(self, b: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_xor_si512(self.0, b.0) })
        }
        #[inline(always)]
        unsafe fn and(self, b: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_and_si512(self.0, b.0) })
        }
        #[inline(always)]
        unsafe fn or(self, b: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_or_si512(self.0, b.0) })
        }
        #[inline(always)]
        unsafe fn up<const BITS: u32>(self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_slli_epi64::<BITS>(self.0) })
        }
        #[inline(always)]
        unsafe fn down<const BITS: u32>(self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_srli_epi64::<BITS>(self.0) })
        }
        #[inline(always)]
        unsafe fn product_of_halves(self, b: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_mul_epu32(self.0, b.0) })
        }
        #[inline(always)]
        unsafe fn doubles(self) -> Avx512 {
            // SAFETY: see above.
            Avx512(unsafe { _mm512_castsi512_pd(self.0) })
        }
        #[inline(always)]
        unsafe fn of_doubles(x: Avx512) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_castpd_si512(x.0) })
        }
    }

    /// Two registers of AVX2.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Words2(__m256i, __m256i);

    /// Both halves by the same instruction.
    macro_rules! halves {
        ($of:ident($($x:expr),*)) => {
            // SAFETY: as above, with AVX2.
            unsafe { Words2($of($($x.0),*), $of($($x.1),*)) }
        };
    }

    impl Words for Words2 {
        type Doubles = Avx2;
        #[inline(always)]
        unsafe fn splat(x: u64) -> Self {
            // SAFETY: as above, with AVX2.
            let x = unsafe { _mm256_set1_epi64x(x.cast_signed()) };
            Self(x, x)
        }
        #[inline(always)]
        unsafe fn load(from: *const u64) -> Self {
            // SAFETY: as above, with AVX2.
            unsafe { Self(_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(4).cast())) }
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut u64) {
            // SAFETY: as above, with AVX2.
            unsafe {
                _mm256_storeu_si256(to.cast(), self.0);
                _mm256_storeu_si256(to.add(4).cast(), self.1);
            }
        }
        #[inline(always)]
        unsafe fn add(self, b: Self) -> Self {
            halves!(_mm256_add_epi64(self, b))
        }
        #[inline(always)]
        unsafe fn xor(self, b: Self) -> Self {
            halves!(_mm256_xor_si256(self, b))
        }
        #[inline(always)]
        unsafe fn and(self, b: Self) -> Self {
            halves!(_mm256_and_si256(self, b))
        }
        #[inline(always)]
        unsafe fn or(self, b: Self) -> Self {
            halves!(_mm256_or_si256(self, b))
        }
        #[inline(always)]
        unsafe fn up<const BITS: u32>(self) -> Self {
            let bits = BITS.cast_signed();
            // SAFETY: as above, with AVX2.
            let by = unsafe { _mm_cvtsi32_si128(bits) };
            // SAFETY: as above, with AVX2.
            unsafe { Self(_mm256_sll_epi64(self.0, by), _mm256_sll_epi64(self.1, by)) }
        }
        #[inline(always)]
        unsafe fn down<const BITS: u32>(self) -> Self {
            let bits = BITS.cast_signed();
            // SAFETY: as above, with AVX2.
            let by = unsafe { _mm_cvtsi32_si128(bits) };
            // SAFETY: as above, with AVX2.
            unsafe { Self(_mm256_srl_epi64(self.0, by), _mm256_srl_epi64(self.1, by)) }
        }
        #[inline(always)]
        unsafe fn product_of_halves(self, b: Self) -> Self {
            halves!(_mm256_mul_epu32(self, b))
        }
        #[inline(always)]
        unsafe fn doubles(self) -> Avx2 {
            // SAFETY: as above, with AVX2.
            unsafe { Avx2(_mm256_castsi256_pd(self.0), _mm256_castsi256_pd(self.1)) }
        }
        #[inline(always)]
        unsafe fn of_doubles(x: Avx2) -> Self {
            // SAFETY: as above, with AVX2.
            unsafe { Self(_mm256_castpd_si256(x.0), _mm256_castpd_si256(x.1)) }
        }
    }
}
