//! The sweep written plainly, buyer by buyer: the specification of the block kernel, to the last bit.

use super::{DemandSweep, LANES, Row, SAFE_SUM, SweepRule, UTILITY_LIMIT};
use crate::model::demand::population::Buyer;
use crate::numerics::elementary;

/// Sums of one buyer over the products of one cell.
#[derive(Clone, Copy, Default)]
struct CellSum {
    /// sum of e_j.
    plain: f64,
    /// sum of e_j margin_j.
    margin: f64,
}

/// Adds the buyers of some blocks to lane sums laid out as [`DemandSweep::rows`] says.
pub(super) fn sweep(sweep: &DemandSweep, blocks: std::ops::Range<usize>, sums: &mut [Row]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("fma") {
        // SAFETY: the processor has just said that it has FMA.
        return unsafe { with_fma(sweep, blocks, sums) };
    }
    plain(sweep, blocks, sums);
}

/// The same code compiled with the fused multiply-add that is otherwise emulated.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "fma")]
fn with_fma(sweep: &DemandSweep, blocks: std::ops::Range<usize>, sums: &mut [Row]) {
    plain(sweep, blocks, sums);
}

#[inline(always)]
fn plain(sweep: &DemandSweep, blocks: std::ops::Range<usize>, sums: &mut [Row]) {
    let cells = &sweep.layout.cells;
    let mut exponentials = vec![0.0; sweep.products()];
    let mut cell_sums = vec![CellSum::default(); cells.len()];
    let mut coefficients = vec![(0.0, 0.0); cells.len()];
    for block in blocks {
        for lane in 0..LANES {
            let buyer = sweep.population.buyer(block * LANES + lane);
            let mut shift = 0.0;
            let (mut outside, mut total) = exponentiate(sweep, buyer, shift, &mut exponentials, &mut cell_sums);
            if !SAFE_SUM.contains(&total) {
                shift = highest_utility(sweep, buyer);
                (outside, total) = exponentiate(sweep, buyer, shift, &mut exponentials, &mut cell_sums);
            }
            let outside_q = coefficients_of(sweep, buyer, block, lane, total, &cell_sums, &mut coefficients);
            let a = buyer.price_response();
            let j = sweep.products();
            for (cell, &(q, g)) in cells.iter().zip(&coefficients) {
                for position in cell.start..cell.end {
                    let e = exponentials[position];
                    add(&mut sums[position].0[lane], e, q);
                    if sweep.prices() {
                        add(&mut sums[j + position].0[lane], e, a * q);
                        add(&mut sums[2 * j + position].0[lane], e, a * g);
                    }
                }
            }
            if let Some(last) = sums.last_mut() {
                add(&mut last.0[lane], outside, outside_q);
            }
        }
    }
}

#[inline(always)]
fn add(sum: &mut f64, e: f64, coefficient: f64) {
    *sum = e.mul_add(coefficient, *sum);
}

/// Fills the exponentials and the sums over cells; returns e_0 and A.
#[inline(always)]
fn exponentiate(
    sweep: &DemandSweep,
    buyer: Buyer,
    shift: f64,
    exponentials: &mut [f64],
    cell_sums: &mut [CellSum],
) -> (f64, f64) {
    let outside = exp(buyer.outside_utility() - shift);
    let mut total = outside;
    for (cell, sum) in sweep.layout.cells.iter().zip(cell_sums.iter_mut()) {
        *sum = CellSum::default();
        for (position, slot) in (cell.start..cell.end).zip(&mut exponentials[cell.start..cell.end]) {
            let e = exp(utility(sweep, buyer, position) - shift);
            *slot = e;
            sum.plain += e;
            if sweep.prices() {
                sum.margin = e.mul_add(sweep.margin[position], sum.margin);
            }
        }
        total += sum.plain;
    }
    (outside, total)
}

/// e^x with x held within bounds.
#[inline(always)]
fn exp(x: f64) -> f64 {
    elementary::exp(if x.is_nan() { x } else { x.clamp(-UTILITY_LIMIT, UTILITY_LIMIT) })
}

#[inline(always)]
fn utility(sweep: &DemandSweep, buyer: Buyer, position: usize) -> f64 {
    let columns = sweep.layout.columns;
    let x = &sweep.layout.x[position * columns..(position + 1) * columns];
    buyer.utility(sweep.delta[position], x, sweep.price[position])
}

#[inline(always)]
fn highest_utility(sweep: &DemandSweep, buyer: Buyer) -> f64 {
    (0..sweep.products()).map(|position| utility(sweep, buyer, position)).fold(buyer.outside_utility(), larger)
}

/// The larger of two, the first where they do not compare: the `max` of vector instructions.
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// Fills (Q, G) of each cell for one buyer; returns Q of the outside option.
#[inline(always)]
fn coefficients_of(
    sweep: &DemandSweep,
    buyer: Buyer,
    block: usize,
    lane: usize,
    total: f64,
    cell_sums: &[CellSum],
    coefficients: &mut [(f64, f64)],
) -> f64 {
    let layout = sweep.layout;
    match sweep.rule {
        SweepRule::Shares => {
            let q = buyer.weight() * (1.0 / total);
            coefficients.fill((q, 0.0));
            q
        }
        SweepRule::Stationary { loyalty } => {
            // Z = A^2 + sum_b k_b S_b^2
            let z = layout
                .cells
                .iter()
                .zip(cell_sums)
                .fold(total * total, |z, (cell, sum)| (loyalty[cell.brand] * sum.plain).mul_add(sum.plain, z));
            let scale = buyer.weight() * (1.0 / z);
            for ((cell, sum), coefficient) in layout.cells.iter().zip(cell_sums).zip(coefficients) {
                coefficient.0 = scale * loyalty[cell.brand].mul_add(sum.plain, total);
            }
            scale * total
        }
        SweepRule::Pricing => {
            let inverse = 1.0 / total;
            let q = buyer.weight() * inverse;
            let q_over_total = q * inverse;
            for (cell, coefficient) in layout.cells.iter().zip(coefficients) {
                let firm = firm_sum(&layout.owner_terms[cell.owner], |c| cell_sums[c].margin);
                *coefficient = (q, q_over_total * firm);
            }
            q
        }
        SweepRule::OwnedPricing { loyalty, owned } => {
            let brands = loyalty.len();
            let weights = &owned[block * (brands + 1) * LANES..(block + 1) * (brands + 1) * LANES];
            let mut brand_sums = vec![0.0; brands];
            for (cell, sum) in layout.cells.iter().zip(cell_sums) {
                brand_sums[cell.brand] += sum.plain;
            }
            let inverse = 1.0 / total;
            let mut t = weights[brands * LANES + lane] * inverse;
            let mut u = t * inverse;
            // For each owned brand b with D_b = A + k_b S_b: k_b w_b / D_b and k_b w_b / D_b^2.
            let mut loyal = vec![(0.0, 0.0); brands];
            for (brand, loyal) in loyal.iter_mut().enumerate() {
                let inverse = 1.0 / loyalty[brand].mul_add(brand_sums[brand], total);
                let once = weights[brand * LANES + lane] * inverse;
                let twice = once * inverse;
                t += once;
                u += twice;
                *loyal = (loyalty[brand] * once, loyalty[brand] * twice);
            }
            for ((c, cell), coefficient) in layout.cells.iter().enumerate().zip(coefficients) {
                let (loyal_t, loyal_u) = loyal[cell.brand];
                let terms = &layout.owner_terms[cell.owner];
                let firm = firm_sum(terms, |c| cell_sums[c].margin);
                let firm_loyal = firm_sum(terms, |c| loyal[layout.cells[c].brand].1 * cell_sums[c].margin);
                let firm_brand = firm_sum(&layout.brand_terms[c], |c| cell_sums[c].margin);
                let g = (u + loyal_u).mul_add(firm, firm_loyal);
                *coefficient = (t + loyal_t, (loyalty[cell.brand] * loyal_u).mul_add(firm_brand, g));
            }
            t
        }
    }
}

/// sum over cells of part x value, in the order of the terms.
#[inline(always)]
fn firm_sum(terms: &[(usize, f64)], value: impl Fn(usize) -> f64) -> f64 {
    terms.iter().fold(0.0, |sum, &(cell, part)| part.mul_add(value(cell), sum))
}
