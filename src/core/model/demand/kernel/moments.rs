//! Second moments of choice probabilities: matrices `M_jl = sum_i L_ij s_il` of products x products.
//!
//! Price responses need `Gamma` (L = w a s), second-choice diversion L = w s / (1 - s), and the Jacobian of the first-order
//! conditions a factor with firm sums. The cost is products^2 x buyers, so they are formed for reports and once for a
//! solution, never inside a fixed point.

// The place in a tile indexes several arrays at once.
#![allow(clippy::needless_range_loop)]

use super::lanes::{Array, Lanes, exp};
use super::{CellLayout, LANES, SAFE_SUM, add_lanes};
use crate::model::demand::population::Population;

/// The left factor L_ij.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LeftFactor<'a> {
    /// w a s: the moments are Gamma.
    Response,
    /// w a^2 s.
    SquaredResponse,
    /// w s / (1 - s): who takes the buyers of a product that is removed.
    Removal,
    /// `w a s_j [r_j + a (2 F_i,f(j) - m_j)]` with `F_if = sum_m O_fm s_im m_m`: all of the Jacobian of the first-order
    /// conditions that is not owned in common.
    FirstOrder {
        /// Margins in layout order.
        margin: &'a [f64],
        /// Retained shares in layout order.
        retained: &'a [f64],
    },
}

/// What the moments are taken of: everything in layout order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChoiceMoments<'a> {
    pub population: &'a Population,
    pub layout: &'a CellLayout,
    pub delta: &'a [f64],
    pub price: &'a [f64],
    pub factor: LeftFactor<'a>,
}

/// Blocks whose probabilities are held at once: 128 buyers.
const HELD: usize = 16;
/// Rows and columns of a tile of the matrix product, whose sums stay in registers.
const TILE: usize = 4;

/// Products that stand side by side, of which all moments are formed.
pub(crate) type Window = std::ops::Range<usize>;

/// Rows and columns of the matrix of a window: its products, a column of plain sums `sum_i L_ij` after the last of them, and zeros
/// up to a multiple of the tile.
pub(crate) fn padded(window: &Window) -> usize {
    (window.len() + 1).next_multiple_of(TILE)
}

/// The moments of some blocks within each window: [`padded`] squared numbers, one window after the other.
pub(crate) fn moments(of: &ChoiceMoments, windows: &[Window], blocks: std::ops::Range<usize>) -> Vec<f64> {
    let mut matrix = vec![0.0; windows.iter().map(|window| padded(window) * padded(window)).sum()];
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has just said that it has AVX-512F, AVX2 and FMA.
            unsafe { avx512(of, windows, blocks, &mut matrix) };
        } else {
            // SAFETY: the processor has just said that it has AVX2 and FMA.
            unsafe { avx2(of, windows, blocks, &mut matrix) };
        }
        return matrix;
    }
    // SAFETY: arrays need no particular processor.
    unsafe { add_moments::<Array>(of, windows, blocks, &mut matrix) };
    matrix
}

/// # Safety
/// The processor must have AVX-512F, AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn avx512(of: &ChoiceMoments, windows: &[Window], blocks: std::ops::Range<usize>, matrix: &mut [f64]) {
    // SAFETY: this function's own condition.
    unsafe { add_moments::<super::lanes::Avx512>(of, windows, blocks, matrix) }
}

/// # Safety
/// The processor must have AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(of: &ChoiceMoments, windows: &[Window], blocks: std::ops::Range<usize>, matrix: &mut [f64]) {
    // SAFETY: this function's own condition.
    unsafe { add_moments::<super::lanes::Avx2>(of, windows, blocks, matrix) }
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn add_moments<V: Lanes>(
    of: &ChoiceMoments,
    windows: &[Window],
    blocks: std::ops::Range<usize>,
    matrix: &mut [f64],
) {
    // SAFETY: the caller's condition.
    unsafe {
        let zero = V::splat(0.0);
        let mut shares = vec![[zero; HELD]; of.delta.len()];
        let mut left = vec![[zero; HELD]; of.delta.len()];
        let mut firms = vec![zero; of.layout.owner_terms.len()];
        let widest = windows.iter().map(padded).max().unwrap_or(0);
        let (mut columns, mut rows) = (vec![[zero; HELD]; widest], vec![[zero; HELD]; widest]);
        let mut start = blocks.start;
        while start < blocks.end {
            let held = HELD.min(blocks.end - start);
            for t in 0..held {
                probabilities(of, start + t, t, &mut shares);
                factors(of, start + t, t, &shares, &mut firms, &mut left);
            }
            let mut rest = &mut *matrix;
            for window in windows {
                let (count, size) = (window.len(), padded(window));
                columns[..count].copy_from_slice(&shares[window.clone()]);
                columns[count] = [V::splat(1.0); HELD];
                columns[count + 1..size].fill([zero; HELD]);
                rows[..count].copy_from_slice(&left[window.clone()]);
                rows[count..size].fill([zero; HELD]);
                let (own, others) = rest.split_at_mut(size * size);
                rest = others;
                add_products(&rows[..size], &columns[..size], held, own);
            }
            start += held;
        }
    }
}

/// Adds `sum_t rows_jt columns_lt` to a matrix, tile by tile.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn add_products<V: Lanes>(rows: &[[V; HELD]], columns: &[[V; HELD]], held: usize, matrix: &mut [f64]) {
    // SAFETY: the caller's condition.
    unsafe {
        let size = rows.len();
        for row in (0..size).step_by(TILE) {
            for column in (0..size).step_by(TILE) {
                let mut sums = [[V::splat(0.0); TILE]; TILE];
                for t in 0..held {
                    let s: [V; TILE] = std::array::from_fn(|c| columns[column + c][t]);
                    for r in 0..TILE {
                        let l = rows[row + r][t];
                        for c in 0..TILE {
                            sums[r][c] = l.mul_add(s[c], sums[r][c]);
                        }
                    }
                }
                for r in 0..TILE {
                    for c in 0..TILE {
                        let mut lanes = [0.0; LANES];
                        sums[r][c].store(lanes.as_mut_ptr());
                        matrix[(row + r) * size + column + c] += add_lanes(&lanes);
                    }
                }
            }
        }
    }
}

/// Choice probabilities of one block.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn probabilities<V: Lanes>(of: &ChoiceMoments, block: usize, t: usize, shares: &mut [[V; HELD]]) {
    // SAFETY: the caller's condition; a block holds rows of eight numbers, one for each taste.
    unsafe {
        let rows = of.population.block(block);
        let outside = V::load(rows[2 * LANES..].as_ptr());
        let a = V::load(rows[LANES..].as_ptr());
        let columns = of.layout.columns;
        let mut shift = V::splat(0.0);
        let mut total;
        loop {
            total = exp(outside.sub(shift));
            let mut highest = outside;
            for (j, share) in shares.iter_mut().enumerate().take(of.delta.len()) {
                let mut v = V::splat(of.delta[j]);
                let x = &of.layout.x[j * columns..(j + 1) * columns];
                for (&x, taste) in x.iter().zip(rows[3 * LANES..].chunks_exact(LANES)) {
                    v = V::load(taste.as_ptr()).mul_add(V::splat(x), v);
                }
                v = a.neg_mul_add(V::splat(of.price[j]), v);
                highest = highest.at_least(v);
                share[t] = exp(v.sub(shift));
                total = total.add(share[t]);
            }
            let mut sum = [0.0; LANES];
            total.store(sum.as_mut_ptr());
            let mut shifts = [0.0; LANES];
            shift.store(shifts.as_mut_ptr());
            if shifts != [0.0; LANES] || sum.iter().all(|sum| SAFE_SUM.contains(sum)) {
                break;
            }
            highest.store(shifts.as_mut_ptr());
            if shifts == [0.0; LANES] || shifts.iter().any(|shift| !shift.is_finite()) {
                break;
            }
            shift = V::load(shifts.as_ptr());
        }
        let inverse = V::splat(1.0).div(total);
        for share in shares.iter_mut().take(of.delta.len()) {
            share[t] = share[t].mul(inverse);
        }
    }
}

/// Left factors of one block.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn factors<V: Lanes>(
    of: &ChoiceMoments,
    block: usize,
    t: usize,
    shares: &[[V; HELD]],
    firms: &mut [V],
    left: &mut [[V; HELD]],
) {
    // SAFETY: the caller's condition; a block holds rows of eight numbers.
    unsafe {
        let rows = of.population.block(block);
        let (weight, a) = (V::load(rows.as_ptr()), V::load(rows[LANES..].as_ptr()));
        let one = V::splat(1.0);
        let products = 0..of.delta.len();
        match of.factor {
            LeftFactor::Response | LeftFactor::SquaredResponse => {
                let wa = weight.mul(a);
                let scale = if matches!(of.factor, LeftFactor::Response) { wa } else { wa.mul(a) };
                for j in products {
                    left[j][t] = scale.mul(shares[j][t]);
                }
            }
            LeftFactor::Removal => {
                for j in products.clone() {
                    let s = shares[j][t];
                    let mut rest = one.sub(s);
                    let mut lanes = [0.0; LANES];
                    rest.store(lanes.as_mut_ptr());
                    if lanes.iter().any(|&rest| rest < 1e-3) {
                        // One product takes nearly everything: add up the others, whose sum the difference would lose.
                        rest = others(of, block, j);
                    }
                    left[j][t] = weight.mul(s).div(rest);
                }
            }
            LeftFactor::FirstOrder { margin, retained } => {
                for (firm, terms) in firms.iter_mut().zip(&of.layout.owner_terms) {
                    *firm = V::splat(0.0);
                    for &(cell, part) in terms {
                        let cell = of.layout.cells[cell];
                        for j in cell.start..cell.end {
                            *firm = V::splat(part * margin[j]).mul_add(shares[j][t], *firm);
                        }
                    }
                }
                let wa = weight.mul(a);
                for cell in &of.layout.cells {
                    let twice = V::splat(2.0).mul(firms[cell.owner]);
                    for j in cell.start..cell.end {
                        let bracket = a.mul_add(twice.sub(V::splat(margin[j])), V::splat(retained[j]));
                        left[j][t] = wa.mul(shares[j][t]).mul(bracket);
                    }
                }
            }
        }
    }
}

/// 1 - s_j as the sum of the other probabilities, outside option included.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn others<V: Lanes>(of: &ChoiceMoments, block: usize, j: usize) -> V {
    let mut rest = [0.0; LANES];
    for (lane, rest) in rest.iter_mut().enumerate() {
        let buyer = of.population.buyer(block * LANES + lane);
        let columns = of.layout.columns;
        let utility = |m: usize| buyer.utility(of.delta[m], &of.layout.x[m * columns..(m + 1) * columns], of.price[m]);
        let products = 0..of.delta.len();
        let highest = products.clone().map(utility).fold(buyer.outside_utility(), f64::max);
        let e = |v: f64| crate::numerics::elementary::exp(v - highest);
        let outside = e(buyer.outside_utility());
        let inside: f64 = products.filter(|&m| m != j).map(|m| e(utility(m))).sum();
        *rest = (outside + inside) / (outside + inside + e(utility(j)));
    }
    // SAFETY: the caller's condition; the array holds eight numbers.
    unsafe { V::load(rest.as_ptr()) }
}
