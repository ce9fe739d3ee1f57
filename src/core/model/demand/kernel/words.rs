//! Eight words of 64 bits at once, on whatever vectors the processor has: what random generators are made of.

use super::choice::LANES;
use super::lanes::{Array, Lanes};
use super::singles::{Array16, SINGLES, Singles};

/// A method of [`Instructions`] that runs `$body` on the vectors of the instruction set.
macro_rules! on_vectors {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty = $body:ident) => {
        impl Instructions {
            $(#[$doc])*
            #[inline]
            pub fn $name(self, $($arg: $ty),*) -> $ret {
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
                fn avx512($($arg: $ty),*) -> $ret {
                    // SAFETY: this function is compiled for them, and called where the processor has them.
                    unsafe { $body::<$crate::model::demand::kernel::words::Words512>($($arg),*) }
                }
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) -> $ret {
                    // SAFETY: this function is compiled for them, and called where the processor has them.
                    unsafe { $body::<$crate::model::demand::kernel::words::Words2>($($arg),*) }
                }
                match self.0 {
                    // SAFETY: only `detect` and `available` make this level, after the processor reported the features.
                    #[cfg(target_arch = "x86_64")]
                    $crate::model::demand::kernel::choice::Level::Avx512 => unsafe { avx512($($arg),*) },
                    // SAFETY: as above; every processor granted AVX-512 was also found to have AVX2 and FMA.
                    #[cfg(target_arch = "x86_64")]
                    $crate::model::demand::kernel::choice::Level::Avx2 => unsafe { avx2($($arg),*) },
                    // SAFETY: arrays need no particular processor.
                    $crate::model::demand::kernel::choice::Level::Portable => unsafe { $body::<$crate::model::demand::kernel::words::Plain>($($arg),*) },
                }
            }
        }
    };
}

pub(super) use on_vectors;

/// Eight words.
///
/// # Safety
/// As for [`Lanes`].
pub(super) trait Words: Copy {
    /// The same register as doubles.
    type Doubles: Lanes;
    /// The same register as sixteen numbers in single precision, two for each word, the first in its lower half.
    type Singles: Singles;
    /// Whether loops are worth being compiled for each number of characteristics: arrays take long to compile, and are slow anyway.
    const BY_NUMBER: bool;
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
    /// The bits as numbers in single precision.
    unsafe fn singles(self) -> Self::Singles;
    /// The bits of numbers in single precision.
    unsafe fn of_singles(x: Self::Singles) -> Self;
    /// Both halves of each word, integers without sign, rounded to numbers in single precision.
    unsafe fn rounded(self) -> Self::Singles;
    /// The same of integers below 2^31.
    unsafe fn rounded_small(self) -> Self::Singles;
    /// Doubles rounded to single precision, each in both halves of its word.
    unsafe fn twice(x: Self::Doubles) -> Self::Singles;
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
    type Singles = Array16;
    const BY_NUMBER: bool = false;
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
    #[inline(always)]
    unsafe fn singles(self) -> Array16 {
        let mut halves = [0.0; SINGLES];
        for (pair, word) in halves.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [f32::from_bits(word as u32), f32::from_bits((word >> 32) as u32)];
        }
        Array16(halves)
    }
    #[inline(always)]
    unsafe fn of_singles(x: Array16) -> Self {
        let mut words = [0; LANES];
        for (word, pair) in words.iter_mut().zip(x.0.as_chunks::<2>().0) {
            *word = u64::from(pair[0].to_bits()) | u64::from(pair[1].to_bits()) << 32;
        }
        Self(words)
    }
    #[inline(always)]
    unsafe fn rounded(self) -> Array16 {
        Array16(std::array::from_fn(|l| (self.0[l / 2] >> (l % 2 * 32)) as u32 as f32))
    }
    #[inline(always)]
    unsafe fn rounded_small(self) -> Array16 {
        // SAFETY: arrays need no particular processor.
        unsafe { self.rounded() }
    }
    #[inline(always)]
    unsafe fn twice(x: Array) -> Array16 {
        Array16(std::array::from_fn(|l| x.0[l / 2] as f32))
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Words2, Words512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Words;
    use crate::model::demand::kernel::lanes::{Avx2, Avx512};
    use crate::model::demand::kernel::singles::{Avx2 as Singles2, Avx512 as Singles512};

    /// One register of AVX-512.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Words512(__m512i);

    // SAFETY of every block below: the caller of a `Words` method vouches that the processor has AVX-512F and that pointers are
    // good for eight words; unaligned loads and stores are used.
    impl Words for Words512 {
        type Doubles = Avx512;
        type Singles = Singles512;
        const BY_NUMBER: bool = true;
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
        #[inline(always)]
        unsafe fn singles(self) -> Singles512 {
            // SAFETY: see above.
            Singles512(unsafe { _mm512_castsi512_ps(self.0) })
        }
        #[inline(always)]
        unsafe fn of_singles(x: Singles512) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm512_castps_si512(x.0) })
        }
        #[inline(always)]
        unsafe fn rounded(self) -> Singles512 {
            // SAFETY: see above.
            Singles512(unsafe { _mm512_cvtepu32_ps(self.0) })
        }
        #[inline(always)]
        unsafe fn rounded_small(self) -> Singles512 {
            // SAFETY: see above.
            Singles512(unsafe { _mm512_cvtepi32_ps(self.0) })
        }
        #[inline(always)]
        unsafe fn twice(x: Avx512) -> Singles512 {
            // SAFETY: see above.
            unsafe {
                let lower = _mm512_cvtepu32_epi64(_mm256_castps_si256(_mm512_cvtpd_ps(x.0)));
                Singles512(_mm512_castsi512_ps(_mm512_or_si512(lower, _mm512_slli_epi64::<32>(lower))))
            }
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
        type Singles = Singles2;
        const BY_NUMBER: bool = true;
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
        #[inline(always)]
        unsafe fn singles(self) -> Singles2 {
            // SAFETY: as above, with AVX2.
            unsafe { Singles2(_mm256_castsi256_ps(self.0), _mm256_castsi256_ps(self.1)) }
        }
        #[inline(always)]
        unsafe fn of_singles(x: Singles2) -> Self {
            // SAFETY: as above, with AVX2.
            unsafe { Self(_mm256_castps_si256(x.0), _mm256_castps_si256(x.1)) }
        }
        #[inline(always)]
        unsafe fn rounded(self) -> Singles2 {
            // The upper and the lower 16 bits are numbers exactly, and so is the upper part at its place: one rounding in all.
            macro_rules! half {
                ($x:expr) => {{
                    let upper = _mm256_cvtepi32_ps(_mm256_srli_epi32::<16>($x));
                    let lower = _mm256_cvtepi32_ps(_mm256_and_si256($x, _mm256_set1_epi32(0xffff)));
                    _mm256_fmadd_ps(upper, _mm256_set1_ps(65_536.0), lower)
                }};
            }
            // SAFETY: as above, with AVX2 and FMA.
            unsafe { Singles2(half!(self.0), half!(self.1)) }
        }
        #[inline(always)]
        unsafe fn rounded_small(self) -> Singles2 {
            // SAFETY: as above, with AVX2.
            unsafe { Singles2(_mm256_cvtepi32_ps(self.0), _mm256_cvtepi32_ps(self.1)) }
        }
        #[inline(always)]
        unsafe fn twice(x: Avx2) -> Singles2 {
            macro_rules! half {
                ($x:expr) => {{
                    let lower = _mm256_cvtepu32_epi64(_mm_castps_si128(_mm256_cvtpd_ps($x)));
                    _mm256_castsi256_ps(_mm256_or_si256(lower, _mm256_slli_epi64::<32>(lower)))
                }};
            }
            // SAFETY: as above, with AVX2.
            unsafe { Singles2(half!(x.0), half!(x.1)) }
        }
    }
}
