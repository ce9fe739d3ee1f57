//! Data that is needed soon.

/// Asks the processor to fetch every cache line of `data`, and waits for none. Changes no result.
#[inline(always)]
pub fn prefetch<T>(data: &[T]) {
    /// Bytes of a cache line.
    const LINE: usize = 64;
    #[cfg(target_arch = "x86_64")]
    for offset in (0..size_of_val(data)).step_by(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and never faults; the address lies within `data`.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(data.as_ptr().cast::<i8>().add(offset)) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (data, LINE);
}
