//! The hot loops of demand. Each fast form has a plain twin that specifies it; tests compare the two.
//!
//! A *sweep* visits every buyer once at given prices and adds up, over buyers i and with e_ij = exp(V_ij),
//!
//! ```text
//! share_j  = sum_i e_ij Q_i,c(j)          Lambda_j = sum_i a_i e_ij Q_i,c(j)
//! cross_j  = sum_i a_i e_ij G_i,c(j)      = sum_m O_jm Gamma_jm margin_m
//! ```
//!
//! where c(j) is the *cell* of a product: products of one owner, of one brand, or of one owner and brand, as the
//! rule needs. The coefficients Q and G follow from sums over cells, so nothing ever costs products x products.
//! Buyers come in blocks of eight lanes and chunks of 64 blocks; lanes are added in one fixed order at the
//! end of a chunk, chunks in the order of their numbers: the same bits at any width of vector and number of threads.
#![allow(unsafe_code)]

mod block;
pub mod choice;
pub mod events;
pub(crate) mod fixed;
mod lanes;
pub(crate) mod moments;
pub(crate) mod prefetch;
pub(crate) mod relative;
pub(crate) mod scalar;
pub mod sight;
mod singles;
pub mod term;
mod words;

use super::population::{LANES, Population};

/// Blocks in a chunk, the unit of work of a thread: 512 buyers.
pub(crate) const CHUNK_BLOCKS: usize = 64;

/// Outside this range of a buyer's sum of exponentials utilities are shifted by their maximum and evaluated again.
const SAFE_SUM: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// Utilities relative to the reference are held within this, so that no exponential leaves the normal doubles.
const UTILITY_LIMIT: f64 = 700.0;

/// Eight numbers of a block, aligned as the widest vectors like it.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Row(pub [f64; LANES]);

/// Consecutive products (in layout order) whose coefficients are equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProductCell {
    /// First product.
    pub start: usize,
    /// One past the last product.
    pub end: usize,
    /// Owner, where the rule is one of pricing.
    pub owner: usize,
    /// Brand, where the rule knows loyalty.
    pub brand: usize,
}

/// Products in the order of the kernel, and the cells they fall into.
#[derive(Clone, Debug)]
pub(crate) struct CellLayout {
    /// `order[position]` is the caller's number of a product.
    pub order: Vec<usize>,
    /// Characteristics in layout order, product by product.
    pub x: Vec<f64>,
    pub columns: usize,
    pub cells: Vec<ProductCell>,
    /// For each owner, the cells in whose profits it holds a part, with the part.
    pub owner_terms: Vec<Vec<(usize, f64)>>,
    /// For each cell, the cells of the same brand in whose profits its owner holds a part.
    pub brand_terms: Vec<Vec<(usize, f64)>>,
}

/// What the coefficients Q and G are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SweepRule<'a> {
    /// Plain logit shares: Q = w / A. One cell.
    Shares,
    /// Stationary shares under loyalty: Q = w (A + k_b S_b) / Z. One cell a brand.
    Stationary { loyalty: &'a [f64] },
    /// Plain logit with firm sums: G = w F_f / A^2. One cell an owner.
    Pricing,
    /// Nodes (buyer, owned brand) of fixed weight; one cell for each owner and brand.
    OwnedPricing {
        loyalty: &'a [f64],
        /// For each block, (brands + 1) x [`LANES`] weights; owned none comes last.
        owned: &'a [f64],
    },
}

/// One evaluation of demand: everything in layout order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DemandSweep<'a> {
    pub population: &'a Population,
    pub layout: &'a CellLayout,
    pub delta: &'a [f64],
    /// Prices as buyers feel them.
    pub price: &'a [f64],
    /// Margins that weigh the cross terms; empty where shares are all that is asked for.
    pub margin: &'a [f64],
    pub rule: SweepRule<'a>,
    /// The part of utility that prices do not move, where it is known: block by block a row for each product, in the caller's order.
    pub fixed: Option<&'a [Row]>,
    /// Exponentials laid out as `fixed`, and which products (in the caller's order) have moved from them; only beside `fixed`.
    pub near: Option<(&'a [Row], &'a [bool])>,
}

impl DemandSweep<'_> {
    /// Number of products.
    pub(crate) fn products(&self) -> usize {
        self.delta.len()
    }

    /// Whether Lambda and cross are summed as well as shares.
    pub(crate) fn prices(&self) -> bool {
        !self.margin.is_empty()
    }

    /// Number of sums: shares and the outside share, and for pricing Lambda and cross.
    pub(crate) fn rows(&self) -> usize {
        self.products() * if self.prices() { 3 } else { 1 } + 1
    }

    /// Number of chunks.
    pub(crate) fn chunks(&self) -> usize {
        self.population.block_count().div_ceil(CHUNK_BLOCKS)
    }
}

/// Which form of the kernel runs; all give the same bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelPath {
    /// The fastest the processor has.
    #[default]
    Auto,
    /// The plain twin, buyer by buyer: the specification.
    Scalar,
    /// Blocks of eight in arrays: any processor.
    Portable,
    /// Two registers of four, where the processor has AVX2 and FMA; otherwise as [`KernelPath::Portable`].
    Avx2,
    /// One register of eight, where the processor has AVX-512; otherwise as [`KernelPath::Avx2`].
    Avx512,
}

/// Adds up one chunk of buyers: [`DemandSweep::rows`] numbers, shares first, then Lambda, cross and the outside share.
pub(crate) fn sweep_chunk(sweep: &DemandSweep, chunk: usize, path: KernelPath) -> Vec<f64> {
    let blocks = chunk * CHUNK_BLOCKS..((chunk + 1) * CHUNK_BLOCKS).min(sweep.population.block_count());
    let mut sums = vec![Row([0.0; LANES]); sweep.rows()];
    match path {
        KernelPath::Scalar => scalar::sweep(sweep, blocks, &mut sums),
        KernelPath::Portable => block::portable(sweep, blocks, &mut sums),
        KernelPath::Auto | KernelPath::Avx512 => widest(sweep, blocks, &mut sums, true),
        KernelPath::Avx2 => widest(sweep, blocks, &mut sums, false),
    }
    sums.iter().map(|row| add_lanes(&row.0)).collect()
}

/// Fills `out` with the exponentials of `fixed` (block by block a row for each product) less what these prices take from it.
pub(crate) fn exponentials(population: &Population, price: &[f64], fixed: &[Row], out: &mut [Row], path: KernelPath) {
    match path {
        // SAFETY: arrays need no particular processor.
        KernelPath::Scalar | KernelPath::Portable => unsafe {
            block::exponentials::<lanes::Array>(population, price, fixed, out);
        },
        KernelPath::Auto | KernelPath::Avx512 => widest_exponentials(population, price, fixed, out, true),
        KernelPath::Avx2 => widest_exponentials(population, price, fixed, out, false),
    }
}

/// The widest vectors the processor has.
#[cfg(target_arch = "x86_64")]
fn widest(sweep: &DemandSweep, blocks: std::ops::Range<usize>, sums: &mut [Row], allow_512: bool) {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    if avx2 && allow_512 && is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has just said that it has AVX-512F, AVX2 and FMA.
        unsafe { block::avx512(sweep, blocks, sums) }
    } else if avx2 {
        // SAFETY: the processor has just said that it has AVX2 and FMA.
        unsafe { block::avx2(sweep, blocks, sums) }
    } else {
        block::portable(sweep, blocks, sums);
    }
}

/// [`exponentials`] with the widest vectors the processor has.
#[cfg(target_arch = "x86_64")]
fn widest_exponentials(population: &Population, price: &[f64], fixed: &[Row], out: &mut [Row], allow_512: bool) {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    if avx2 && allow_512 && is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has just said that it has AVX-512F, AVX2 and FMA.
        unsafe { block::exponentials_avx512(population, price, fixed, out) }
    } else if avx2 {
        // SAFETY: the processor has just said that it has AVX2 and FMA.
        unsafe { block::exponentials_avx2(population, price, fixed, out) }
    } else {
        exponentials(population, price, fixed, out, KernelPath::Portable);
    }
}

/// Processors of other kinds take the portable form.
#[cfg(not(target_arch = "x86_64"))]
fn widest(sweep: &DemandSweep, blocks: std::ops::Range<usize>, sums: &mut [Row], _: bool) {
    block::portable(sweep, blocks, sums);
}

/// Processors of other kinds take the portable form.
#[cfg(not(target_arch = "x86_64"))]
fn widest_exponentials(population: &Population, price: &[f64], fixed: &[Row], out: &mut [Row], _: bool) {
    exponentials(population, price, fixed, out, KernelPath::Portable);
}

/// The one order in which lanes are added.
fn add_lanes(lanes: &[f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = *lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[cfg(test)]
mod tests {
    use super::lanes::{Array, Lanes, exp};
    use super::{LANES, UTILITY_LIMIT};
    use crate::numerics::elementary;

    /// All of them; where an interpreter looks for undefined behaviour, which takes a thousand times as long, those on both sides of a block.
    pub(super) fn lengths(all: std::ops::RangeInclusive<usize>) -> impl Iterator<Item = usize> {
        all.filter(|n| !cfg!(miri) || (*n < 34 && matches!(n % 8, 0 | 1 | 7)))
    }

    /// The lane form of exp gives the bits of the scalar one.
    #[test]
    fn lanes_of_exp_are_the_scalar_exp() {
        let mut x = -UTILITY_LIMIT;
        while x <= UTILITY_LIMIT {
            let lanes: [f64; LANES] = std::array::from_fn(|l| (x + 0.01 * l as f64).min(UTILITY_LIMIT));
            let mut out = [0.0; LANES];
            // SAFETY: arrays need no particular processor; both arrays hold eight numbers.
            unsafe { exp(Array::load(lanes.as_ptr())).store(out.as_mut_ptr()) };
            assert_eq!(out.map(f64::to_bits), lanes.map(|x| elementary::exp(x).to_bits()));
            x += if cfg!(miri) { 37.3 } else { 0.0837 };
        }
    }
}
