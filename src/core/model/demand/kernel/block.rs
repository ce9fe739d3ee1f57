//! The sweep over blocks of eight buyers: [`super::scalar`] in the same order of operations, a block at a time.
//!
//! A tile of blocks is taken together. The first pass over products keeps exponentials in a buffer that stays in the inner
//! caches and adds them up by cell; then the coefficients of each cell follow; the second pass multiplies and adds each
//! product's sums, loading and storing them once a tile.

// The place in a tile indexes several arrays at once.
#![allow(clippy::needless_range_loop)]

use super::lanes::{Array, Lanes, exp};
use super::{DemandSweep, LANES, Population, Row, SAFE_SUM, SweepRule};

/// Blocks taken together.
const TILE: usize = 2;
/// As many taste columns as this are held in registers; of more they are read from the block.
const MAX_HELD: usize = 4;
/// Stands for any number of taste columns.
const ANY: usize = usize::MAX;
/// Stands for utilities of which only the price is left to be added.
const KNOWN: usize = usize::MAX - 1;
/// Stands for the same, with most exponentials known, too.
const NEAR: usize = usize::MAX - 2;

/// Adds the buyers of some blocks, on the portable vectors.
pub(super) fn portable(sweep: &DemandSweep, blocks: std::ops::Range<usize>, sums: &mut [Row]) {
    // SAFETY: arrays need no particular processor.
    unsafe {
        if sweep.prices() {
            tiles::<Array, ANY, true>(sweep, blocks, sums);
        } else {
            tiles::<Array, ANY, false>(sweep, blocks, sums);
        }
    }
}

/// The same with AVX-512.
///
/// # Safety
/// The processor must have AVX-512F, AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
pub(super) unsafe fn avx512(sweep: &DemandSweep, blocks: std::ops::Range<usize>, sums: &mut [Row]) {
    // SAFETY: this function's own condition.
    unsafe { by_columns::<super::lanes::Avx512>(sweep, blocks, sums) }
}

/// The same with AVX2.
///
/// # Safety
/// The processor must have AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn avx2(sweep: &DemandSweep, blocks: std::ops::Range<usize>, sums: &mut [Row]) {
    // SAFETY: this function's own condition.
    unsafe { by_columns::<super::lanes::Avx2>(sweep, blocks, sums) }
}

/// Fills rows with exponentials of all buyers: see [`super::exponentials`].
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn exponentials<V: Lanes>(population: &Population, price: &[f64], fixed: &[Row], out: &mut [Row]) {
    // SAFETY: the caller's condition; a block holds whole rows of eight, and so do rows.
    unsafe {
        for (block, (fixed, out)) in fixed.chunks_exact(price.len()).zip(out.chunks_exact_mut(price.len())).enumerate()
        {
            let response = V::load(population.block(block)[LANES..].as_ptr());
            for ((&price, fixed), out) in price.iter().zip(fixed).zip(out) {
                exp(response.neg_mul_add(V::splat(price), V::load(fixed.0.as_ptr()))).store(out.0.as_mut_ptr());
            }
        }
    }
}

/// The same with AVX-512.
///
/// # Safety
/// The processor must have AVX-512F, AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
pub(super) unsafe fn exponentials_avx512(population: &Population, price: &[f64], fixed: &[Row], out: &mut [Row]) {
    // SAFETY: this function's own condition.
    unsafe { exponentials::<super::lanes::Avx512>(population, price, fixed, out) }
}

/// The same with AVX2.
///
/// # Safety
/// The processor must have AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn exponentials_avx2(population: &Population, price: &[f64], fixed: &[Row], out: &mut [Row]) {
    // SAFETY: this function's own condition.
    unsafe { exponentials::<super::lanes::Avx2>(population, price, fixed, out) }
}

/// Picks the form for this number of taste columns.
///
/// # Safety
/// As for [`Lanes`].
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn by_columns<V: Parts>(sweep: &DemandSweep, blocks: std::ops::Range<usize>, sums: &mut [Row]) {
    // SAFETY: the caller's condition.
    unsafe {
        let columns = match (sweep.fixed, sweep.near) {
            (Some(_), Some(_)) if !sweep.prices() => NEAR,
            (Some(_), _) => KNOWN,
            (None, _) => sweep.layout.columns,
        };
        match (sweep.prices(), columns) {
            (false, NEAR) => tiles::<V, NEAR, false>(sweep, blocks, sums),
            (false, KNOWN) => tiles::<V, KNOWN, false>(sweep, blocks, sums),
            (true, KNOWN) => tiles::<V, KNOWN, true>(sweep, blocks, sums),
            (false, 1) => tiles::<V, 1, false>(sweep, blocks, sums),
            (false, 2) => tiles::<V, 2, false>(sweep, blocks, sums),
            (false, 3) => tiles::<V, 3, false>(sweep, blocks, sums),
            (false, 4) => tiles::<V, 4, false>(sweep, blocks, sums),
            (false, _) => tiles::<V, ANY, false>(sweep, blocks, sums),
            (true, 1) => tiles::<V, 1, true>(sweep, blocks, sums),
            (true, 2) => tiles::<V, 2, true>(sweep, blocks, sums),
            (true, 3) => tiles::<V, 3, true>(sweep, blocks, sums),
            (true, 4) => tiles::<V, 4, true>(sweep, blocks, sums),
            (true, _) => tiles::<V, ANY, true>(sweep, blocks, sums),
        }
    }
}

/// The parts of a sweep that are alike for every form of utility: functions of their own, compiled once for each kind of vector. Inlined into every
/// form they would be most of the code of this package.
trait Parts: Lanes {
    /// [`coefficients`].
    ///
    /// # Safety
    /// As for [`Lanes`].
    unsafe fn coefficients<const PRICES: bool>(
        sweep: &DemandSweep,
        place: (usize, usize),
        total: Self,
        scratch: &mut Scratch<Self>,
    ) -> Self;
    /// [`accumulate`].
    ///
    /// # Safety
    /// As for [`Lanes`].
    unsafe fn accumulate<const PRICES: bool>(sweep: &DemandSweep, scratch: &Scratch<Self>, sums: &mut [Row]);
    /// [`single`].
    ///
    /// # Safety
    /// As for [`Lanes`].
    unsafe fn single<const PRICES: bool>(
        sweep: &DemandSweep,
        block: usize,
        scratch: &mut Scratch<Self>,
        sums: &mut [Row],
    );
}

macro_rules! parts {
    ($lanes:ty $(, $features:literal)?) => {
        impl Parts for $lanes {
            $(#[target_feature(enable = $features)])?
            #[inline(never)]
            unsafe fn coefficients<const PRICES: bool>(
                sweep: &DemandSweep,
                place: (usize, usize),
                total: Self,
                scratch: &mut Scratch<Self>,
            ) -> Self {
                // SAFETY: the caller's condition.
                unsafe { coefficients::<Self, PRICES>(sweep, place, total, scratch) }
            }
            $(#[target_feature(enable = $features)])?
            #[inline(never)]
            unsafe fn accumulate<const PRICES: bool>(sweep: &DemandSweep, scratch: &Scratch<Self>, sums: &mut [Row]) {
                // SAFETY: the caller's condition.
                unsafe { accumulate::<Self, PRICES, TILE>(sweep, scratch, sums) }
            }
            $(#[target_feature(enable = $features)])?
            #[inline(never)]
            unsafe fn single<const PRICES: bool>(
                sweep: &DemandSweep,
                block: usize,
                scratch: &mut Scratch<Self>,
                sums: &mut [Row],
            ) {
                // SAFETY: the caller's condition.
                unsafe { single::<Self, PRICES>(sweep, block, scratch, sums) }
            }
        }
    };
}
parts!(Array);
#[cfg(target_arch = "x86_64")]
parts!(super::lanes::Avx2, "avx2,fma");
#[cfg(target_arch = "x86_64")]
parts!(super::lanes::Avx512, "avx512f,avx2,fma");

/// Working space of a chunk.
struct Scratch<V> {
    /// Exponentials, product by product, [`TILE`] blocks side by side.
    exponentials: Vec<[V; TILE]>,
    /// Sums over cells: plain, and weighted by margins.
    cells: Vec<[(V, V); TILE]>,
    /// (Q, a Q, a G) of each cell.
    coefficients: Vec<[(V, V, V); TILE]>,
    /// For each brand, S_b, then k_b w_b / D_b, then k_b w_b / D_b^2.
    brands: Vec<(V, V, V)>,
    /// For each owner, the firm sum over its cells, and that weighted by the owned brands' k_b w_b / D_b^2.
    owners: Vec<(V, V)>,
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn tiles<V: Parts, const K: usize, const PRICES: bool>(
    sweep: &DemandSweep,
    blocks: std::ops::Range<usize>,
    sums: &mut [Row],
) {
    // SAFETY: the caller's condition.
    unsafe {
        let zero = V::splat(0.0);
        let cells = sweep.layout.cells.len();
        let brands = match sweep.rule {
            SweepRule::OwnedPricing { loyalty, .. } => loyalty.len(),
            _ => 0,
        };
        let mut scratch = Scratch {
            exponentials: vec![[zero; TILE]; sweep.products()],
            cells: vec![[(zero, zero); TILE]; cells],
            coefficients: vec![[(zero, zero, zero); TILE]; cells],
            brands: vec![(zero, zero, zero); brands],
            owners: vec![(zero, zero); if PRICES { sweep.layout.owner_terms.len() } else { 0 }],
        };
        let mut block = blocks.start;
        while block < blocks.end {
            let next = (block + TILE).min(blocks.end);
            // An odd block at the end, and large utilities.
            if next < block + TILE || !tile::<V, K, PRICES>(sweep, block, &mut scratch, sums) {
                for block in block..next {
                    V::single::<PRICES>(sweep, block, &mut scratch, sums);
                }
            }
            block = next;
        }
    }
}

/// One tile; false, and nothing added, where utilities are so large that they must be shifted first.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn tile<V: Parts, const K: usize, const PRICES: bool>(
    sweep: &DemandSweep,
    first: usize,
    scratch: &mut Scratch<V>,
    sums: &mut [Row],
) -> bool {
    // SAFETY: the caller's condition; blocks hold whole rows of eight.
    unsafe {
        let zero = V::splat(0.0);
        let mut outside = [zero; TILE];
        let mut total = [zero; TILE];
        for t in 0..TILE {
            outside[t] = exp(V::load(sweep.population.block(first + t)[2 * LANES..].as_ptr()));
        }
        exponentiate::<V, K, PRICES>(sweep, first, &outside, scratch, &mut total);
        for total in total {
            let mut sum = [0.0; LANES];
            total.store(sum.as_mut_ptr());
            if sum.iter().any(|sum| !SAFE_SUM.contains(sum)) {
                return false;
            }
        }
        let mut outside_q = [zero; TILE];
        for t in 0..TILE {
            outside_q[t] = V::coefficients::<PRICES>(sweep, (first + t, t), total[t], scratch);
        }
        V::accumulate::<PRICES>(sweep, scratch, sums);
        if let Some(last) = sums.last_mut() {
            let mut sum = V::load(last.0.as_ptr());
            for t in 0..TILE {
                sum = outside[t].mul_add(outside_q[t], sum);
            }
            sum.store(last.0.as_mut_ptr());
        }
        true
    }
}

/// Place in a tile of the utilities of [`single`]; exponentials have the first.
const UTILITIES: usize = 1;
const _: () = assert!(UTILITIES < TILE);

/// One block with utilities of any size: of buyers whose sum leaves the safe range, the highest is taken from each first.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn single<V: Parts, const PRICES: bool>(
    sweep: &DemandSweep,
    block: usize,
    scratch: &mut Scratch<V>,
    sums: &mut [Row],
) {
    // SAFETY: the caller's condition; blocks hold whole rows of eight, and so do arrays of as many.
    unsafe {
        let (rows, columns) = (sweep.population.block(block), sweep.layout.columns);
        let held = Held::<V, ANY>::of(rows);
        let of_outside = V::load(rows[2 * LANES..].as_ptr());
        let mut highest = of_outside;
        let facts = sweep.delta.iter().zip(sweep.price);
        for ((position, (&delta, &price)), slot) in facts.enumerate().zip(&mut scratch.exponentials) {
            let x = &sweep.layout.x[position * columns..(position + 1) * columns];
            slot[UTILITIES] = utility(rows, &held, delta, price, x);
            highest = highest.at_least(slot[UTILITIES]);
        }
        let (mut outside, mut total) = relative_to::<V, PRICES>(sweep, V::splat(0.0), of_outside, scratch);
        let (mut sum, mut shift) = ([0.0; LANES], [0.0; LANES]);
        total.store(sum.as_mut_ptr());
        if sum.iter().any(|sum| !SAFE_SUM.contains(sum)) {
            highest.store(shift.as_mut_ptr());
            shift.iter_mut().zip(&sum).filter(|(_, sum)| SAFE_SUM.contains(sum)).for_each(|(shift, _)| *shift = 0.0);
            (outside, total) = relative_to::<V, PRICES>(sweep, V::load(shift.as_ptr()), of_outside, scratch);
        }
        let outside_q = V::coefficients::<PRICES>(sweep, (block, 0), total, scratch);
        accumulate::<V, PRICES, 1>(sweep, scratch, sums);
        if let Some(last) = sums.last_mut() {
            outside.mul_add(outside_q, V::load(last.0.as_ptr())).store(last.0.as_mut_ptr());
        }
    }
}

/// Exponentials of the utilities of [`single`] less `shift`, and their sums over cells; returns those of the outside option and of all.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn relative_to<V: Lanes, const PRICES: bool>(
    sweep: &DemandSweep,
    shift: V,
    of_outside: V,
    scratch: &mut Scratch<V>,
) -> (V, V) {
    // SAFETY: the caller's condition.
    unsafe {
        let outside = exp(of_outside.sub(shift));
        let mut total = outside;
        for (cell, sums) in sweep.layout.cells.iter().zip(&mut scratch.cells) {
            let (mut plain, mut weighted) = (V::splat(0.0), V::splat(0.0));
            for (position, slot) in (cell.start..cell.end).zip(&mut scratch.exponentials[cell.start..cell.end]) {
                slot[0] = exp(slot[UTILITIES].sub(shift));
                plain = plain.add(slot[0]);
                if PRICES {
                    weighted = slot[0].mul_add(V::splat(sweep.margin[position]), weighted);
                }
            }
            sums[0] = (plain, weighted);
            total = total.add(plain);
        }
        (outside, total)
    }
}

/// Utility of one product for one block.
///
/// # Safety
/// As for [`Lanes`]; `facts` and `x` are the product's.
#[inline(always)]
unsafe fn utility<V: Lanes, const K: usize>(block: &[f64], held: &Held<V, K>, delta: f64, price: f64, x: &[f64]) -> V {
    // SAFETY: the caller's condition; a block has a row for each characteristic.
    unsafe {
        let mut v = V::splat(delta);
        if K <= MAX_HELD {
            for (k, &x) in x.iter().enumerate().take(K) {
                v = held.tastes[k].mul_add(V::splat(x), v);
            }
        } else {
            for (&x, taste) in x.iter().zip(block[3 * LANES..].chunks_exact(LANES)) {
                v = V::load(taste.as_ptr()).mul_add(V::splat(x), v);
            }
        }
        held.price_response.neg_mul_add(V::splat(price), v)
    }
}

/// What of a block stays in registers.
struct Held<V, const K: usize> {
    price_response: V,
    tastes: [V; MAX_HELD],
}

impl<V: Lanes, const K: usize> Held<V, K> {
    /// # Safety
    /// As for [`Lanes`].
    #[inline(always)]
    unsafe fn of(block: &[f64]) -> Self {
        // SAFETY: the caller's condition; a block holds three rows and one for each taste, of eight numbers.
        unsafe {
            let mut tastes = [V::splat(0.0); MAX_HELD];
            if K <= MAX_HELD {
                for (k, taste) in tastes.iter_mut().enumerate().take(K) {
                    *taste = V::load(block[(3 + k) * LANES..].as_ptr());
                }
            }
            Self { price_response: V::load(block[LANES..].as_ptr()), tastes }
        }
    }
}

/// Fills exponentials and cell sums; `total` becomes A.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn exponentiate<V: Lanes, const K: usize, const PRICES: bool>(
    sweep: &DemandSweep,
    first: usize,
    outside: &[V; TILE],
    scratch: &mut Scratch<V>,
    total: &mut [V; TILE],
) {
    // SAFETY: the caller's condition.
    unsafe {
        let zero = V::splat(0.0);
        let columns = if K <= MAX_HELD { K } else { sweep.layout.columns };
        let blocks: [&[f64]; TILE] = std::array::from_fn(|t| sweep.population.block(first + t));
        let rows = |t: usize| (first + t) * sweep.products()..(first + t + 1) * sweep.products();
        let fixed: [&[Row]; TILE] = std::array::from_fn(|t| sweep.fixed.map_or(&[][..], |fixed| &fixed[rows(t)]));
        let (near, moved) = sweep.near.unwrap_or_default();
        let near: [&[Row]; TILE] = std::array::from_fn(|t| if K == NEAR { &near[rows(t)] } else { &[][..] });
        let held: [Held<V, K>; TILE] = std::array::from_fn(|t| Held::of(blocks[t]));
        *total = *outside;
        for (cell, sums) in sweep.layout.cells.iter().zip(&mut scratch.cells) {
            let mut plain = [zero; TILE];
            let mut weighted = [zero; TILE];
            let products = cell.start..cell.end;
            let facts = sweep.delta[products.clone()].iter().zip(&sweep.price[products.clone()]);
            let buffer = &mut scratch.exponentials[products.clone()];
            for ((position, (&delta, &price)), slot) in products.zip(facts).zip(buffer) {
                let product = sweep.layout.order[position];
                for t in 0..TILE {
                    let e = if K == NEAR && !moved[product] {
                        V::load(near[t][product].0.as_ptr())
                    } else if K == KNOWN || K == NEAR {
                        let known = V::load(fixed[t][product].0.as_ptr());
                        exp(held[t].price_response.neg_mul_add(V::splat(price), known))
                    } else {
                        let x = &sweep.layout.x[position * columns..(position + 1) * columns];
                        exp(utility(blocks[t], &held[t], delta, price, x))
                    };
                    slot[t] = e;
                    plain[t] = plain[t].add(e);
                    if PRICES {
                        weighted[t] = e.mul_add(V::splat(sweep.margin[position]), weighted[t]);
                    }
                }
            }
            for t in 0..TILE {
                sums[t] = (plain[t], weighted[t]);
                total[t] = total[t].add(plain[t]);
            }
        }
    }
}

/// Fills the coefficients of each cell for block number `block`, place `t` of the tile; returns Q of the outside option.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn coefficients<V: Lanes, const PRICES: bool>(
    sweep: &DemandSweep,
    (block, t): (usize, usize),
    total: V,
    scratch: &mut Scratch<V>,
) -> V {
    // SAFETY: the caller's condition; blocks and weights of owned brands hold whole rows of eight.
    unsafe {
        let layout = sweep.layout;
        let rows = sweep.population.block(block);
        let (weight, a) = (V::load(rows.as_ptr()), V::load(rows[LANES..].as_ptr()));
        let one = V::splat(1.0);
        match sweep.rule {
            SweepRule::Shares => {
                let q = weight.mul(one.div(total));
                scratch.coefficients.iter_mut().for_each(|coefficient| coefficient[t].0 = q);
                q
            }
            SweepRule::Stationary { loyalty } => {
                let mut z = total.mul(total);
                for (cell, sums) in layout.cells.iter().zip(&scratch.cells) {
                    z = V::splat(loyalty[cell.brand]).mul(sums[t].0).mul_add(sums[t].0, z);
                }
                let scale = weight.mul(one.div(z));
                for ((cell, sums), coefficient) in
                    layout.cells.iter().zip(&scratch.cells).zip(&mut scratch.coefficients)
                {
                    coefficient[t].0 = scale.mul(V::splat(loyalty[cell.brand]).mul_add(sums[t].0, total));
                }
                scale.mul(total)
            }
            SweepRule::Pricing => {
                let inverse = one.div(total);
                let q = weight.mul(inverse);
                if !PRICES {
                    scratch.coefficients.iter_mut().for_each(|coefficient| coefficient[t].0 = q);
                    return q;
                }
                let (aq, q_over_total) = (a.mul(q), q.mul(inverse));
                for (terms, owner) in layout.owner_terms.iter().zip(&mut scratch.owners) {
                    owner.0 = firm_sum(terms, |c| scratch.cells[c][t].1);
                }
                for (cell, coefficient) in layout.cells.iter().zip(&mut scratch.coefficients) {
                    let (firm, _) = scratch.owners[cell.owner];
                    coefficient[t] = (q, aq, a.mul(q_over_total.mul(firm)));
                }
                q
            }
            SweepRule::OwnedPricing { loyalty, owned } => {
                let brands = loyalty.len();
                let weights = &owned[block * (brands + 1) * LANES..(block + 1) * (brands + 1) * LANES];
                scratch.brands.iter_mut().for_each(|brand| brand.0 = V::splat(0.0));
                for (cell, sums) in layout.cells.iter().zip(&scratch.cells) {
                    let brand = &mut scratch.brands[cell.brand].0;
                    *brand = brand.add(sums[t].0);
                }
                let inverse = one.div(total);
                let mut all = V::load(weights[brands * LANES..].as_ptr()).mul(inverse);
                let mut squared = all.mul(inverse);
                for ((&k, brand), weight) in loyalty.iter().zip(&mut scratch.brands).zip(weights.chunks_exact(LANES)) {
                    let k = V::splat(k);
                    let inverse = one.div(k.mul_add(brand.0, total));
                    let once = V::load(weight.as_ptr()).mul(inverse);
                    let twice = once.mul(inverse);
                    all = all.add(once);
                    squared = squared.add(twice);
                    *brand = (brand.0, k.mul(once), k.mul(twice));
                }
                let brands = &scratch.brands;
                if !PRICES {
                    for (cell, coefficient) in layout.cells.iter().zip(&mut scratch.coefficients) {
                        coefficient[t].0 = all.add(brands[cell.brand].1);
                    }
                    return all;
                }
                for (terms, owner) in layout.owner_terms.iter().zip(&mut scratch.owners) {
                    let firm = firm_sum(terms, |c| scratch.cells[c][t].1);
                    *owner = (firm, firm_sum(terms, |c| brands[layout.cells[c].brand].2.mul(scratch.cells[c][t].1)));
                }
                for ((c, cell), coefficient) in layout.cells.iter().enumerate().zip(&mut scratch.coefficients) {
                    let (_, loyal, loyal_squared) = brands[cell.brand];
                    let (firm, firm_loyal) = scratch.owners[cell.owner];
                    let firm_brand = firm_sum(&layout.brand_terms[c], |c| scratch.cells[c][t].1);
                    let g = squared.add(loyal_squared).mul_add(firm, firm_loyal);
                    let g = V::splat(loyalty[cell.brand]).mul(loyal_squared).mul_add(firm_brand, g);
                    let q = all.add(loyal);
                    coefficient[t] = (q, a.mul(q), a.mul(g));
                }
                all
            }
        }
    }
}

/// sum over cells of part x value, in the order of the terms.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn firm_sum<V: Lanes>(terms: &[(usize, f64)], value: impl Fn(usize) -> V) -> V {
    // SAFETY: the caller's condition.
    unsafe {
        let mut sum = V::splat(0.0);
        for &(cell, part) in terms {
            sum = V::splat(part).mul_add(value(cell), sum);
        }
        sum
    }
}

/// The second pass: adds e Q, e a Q and e a G to the sums of each product.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn accumulate<V: Lanes, const PRICES: bool, const T: usize>(
    sweep: &DemandSweep,
    scratch: &Scratch<V>,
    sums: &mut [Row],
) {
    // SAFETY: the caller's condition; a row holds eight numbers.
    unsafe {
        let count = sweep.products();
        let (shares, rest) = sums.split_at_mut(count);
        let (lambdas, crosses) = rest.split_at_mut(if PRICES { count } else { 0 });
        for (cell, coefficients) in sweep.layout.cells.iter().zip(&scratch.coefficients) {
            let products = cell.start..cell.end;
            let exponentials = &scratch.exponentials[products.clone()];
            if PRICES {
                let rows = shares[products.clone()].iter_mut().zip(&mut lambdas[products.clone()]);
                for ((e, (share, lambda)), cross) in exponentials.iter().zip(rows).zip(&mut crosses[products]) {
                    let mut sum = (V::load(share.0.as_ptr()), V::load(lambda.0.as_ptr()), V::load(cross.0.as_ptr()));
                    for t in 0..T {
                        let (q, aq, ag) = coefficients[t];
                        sum = (e[t].mul_add(q, sum.0), e[t].mul_add(aq, sum.1), e[t].mul_add(ag, sum.2));
                    }
                    sum.0.store(share.0.as_mut_ptr());
                    sum.1.store(lambda.0.as_mut_ptr());
                    sum.2.store(cross.0.as_mut_ptr());
                }
            } else {
                for (e, share) in exponentials.iter().zip(&mut shares[products]) {
                    let mut sum = V::load(share.0.as_ptr());
                    for t in 0..T {
                        sum = e[t].mul_add(coefficients[t].0, sum);
                    }
                    sum.store(share.0.as_mut_ptr());
                }
            }
        }
    }
}
