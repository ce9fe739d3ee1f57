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
//! [`Rule`] needs. The coefficients Q and G follow from sums over cells, so nothing ever costs products x products.
//! Buyers come in blocks of eight lanes and chunks of [`CHUNK_BLOCKS`] blocks; lanes are added in one fixed order at the
//! end of a chunk, chunks in the order of their numbers: the same bits at any width of vector and number of threads.
#![allow(unsafe_code)]

pub mod choice;
pub mod math;
mod scalar;

use super::population::{LANES, Population};

/// Blocks in a chunk, the unit of work of a thread: 512 buyers.
pub(crate) const CHUNK_BLOCKS: usize = 64;

/// Outside this range of a buyer's sum of exponentials utilities are shifted by their maximum and evaluated again.
const SAFE_SUM: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// Consecutive products (in layout order) whose coefficients are equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
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
pub(crate) struct Layout {
    /// `order[position]` is the caller's number of a product.
    pub order: Vec<usize>,
    /// Characteristics in layout order, product by product.
    pub x: Vec<f64>,
    pub columns: usize,
    pub cells: Vec<Cell>,
    /// For each owner, the cells in whose profits it holds a part, with the part.
    pub owner_terms: Vec<Vec<(usize, f64)>>,
    /// For each cell, the cells of the same brand in whose profits its owner holds a part.
    pub brand_terms: Vec<Vec<(usize, f64)>>,
}

/// What the coefficients Q and G are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule<'a> {
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

impl Rule<'_> {
    /// Whether the rule fills Lambda and cross as well as shares.
    pub(crate) fn prices(&self) -> bool {
        matches!(self, Rule::Pricing | Rule::OwnedPricing { .. })
    }
}

/// One evaluation of demand: everything in layout order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweep<'a> {
    pub population: &'a Population,
    pub layout: &'a Layout,
    pub delta: &'a [f64],
    pub price: &'a [f64],
    /// Margins that weigh the cross terms; empty under the rules that only give shares.
    pub margin: &'a [f64],
    pub rule: Rule<'a>,
}

impl Sweep<'_> {
    /// Number of products.
    pub(crate) fn products(&self) -> usize {
        self.delta.len()
    }

    /// Number of sums: shares and the outside share, and for pricing Lambda and cross.
    pub(crate) fn rows(&self) -> usize {
        self.products() * if self.rule.prices() { 3 } else { 1 } + 1
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
}

/// Adds up one chunk of buyers: [`Sweep::rows`] numbers, shares first, then Lambda, cross and the outside share.
pub(crate) fn sweep_chunk(sweep: &Sweep, chunk: usize, path: KernelPath) -> Vec<f64> {
    let blocks = chunk * CHUNK_BLOCKS..((chunk + 1) * CHUNK_BLOCKS).min(sweep.population.block_count());
    let mut sums = vec![[0.0; LANES]; sweep.rows()];
    match path {
        KernelPath::Auto | KernelPath::Scalar => scalar::sweep(sweep, blocks, &mut sums),
    }
    sums.iter().map(add_lanes).collect()
}

/// The one order in which lanes are added.
fn add_lanes(lanes: &[f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = *lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}
