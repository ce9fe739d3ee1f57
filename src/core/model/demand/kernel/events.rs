//! What purchase events draw, eight side by side: events stand in the lanes, and each lane does what one event does alone.
//!
//! An event draws a Gumbel number `g = -ln(-ln u)` for each product, the uniform u from its own stream, and takes the option of largest
//! utility. Two logarithms a product are most of the cost, and nearly all of them are of products far behind the best. So the kernels
//! hold every draw from above in single precision by a number that takes a few multiply-adds (`gumbel_above`), add the tastes, and work
//! out to the last bit only what could be the largest ([`super::sight`]). Choices and utilities are those of the exact numbers, to the bit.

// Lanes are counted, so that the same number stands for the same event in every array of a formula.
#![allow(clippy::needless_range_loop)]

use std::f64::consts::LN_2;

use super::choice::{Column, Instructions, LANES, compiled_for_each};
use super::lanes::Lanes;
use super::singles::{SINGLES, Singles, Sixteen};
use super::words::{Words, on_vectors, rotated};
use crate::numerics::draws;
use crate::numerics::elementary::ln;

/// One number for each of eight events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Eight<T>(pub [T; LANES]);

/// The states of eight xoshiro256++ generators (Blackman and Vigna 2021): word i of each in row i.
pub type States = [Eight<u64>; 4];

/// Sizes from which on single precision is not asked.
pub(super) const LARGEST: f64 = 1e30;

/// Characteristics of products, exactly and in single precision.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductColumns {
    products: usize,
    /// Columns one after the other, each padded with zeros.
    exact: Column,
    /// Two neighbours in single precision in each word, the first in its lower half, column after column.
    pairs: Vec<u64>,
    /// The largest of each column in size, and at least 1; infinite where single precision cannot hold it.
    largest: Vec<f64>,
}

impl ProductColumns {
    /// Columns of `products` finite numbers each.
    ///
    /// # Panics
    /// Where a column has another length.
    #[must_use]
    pub fn new(products: usize, columns: &[&[f64]]) -> Self {
        let stride = products.next_multiple_of(LANES);
        let mut exact = Column::filled(stride * columns.len(), 0.0);
        let mut pairs = Vec::with_capacity(products.div_ceil(2) * columns.len());
        let mut largest = Vec::with_capacity(columns.len());
        for (k, values) in columns.iter().enumerate() {
            let column = &mut exact.padded_mut()[k * stride..][..stride];
            column[..products].copy_from_slice(values);
            let bits = |value: f64| u64::from((value as f32).to_bits());
            pairs.extend(
                column[..products.next_multiple_of(2)].chunks(2).map(|pair| bits(pair[0]) | bits(pair[1]) << 32),
            );
            let size = values.iter().fold(1.0, |largest, x| f64::max(largest, x.abs()));
            largest.push(if size < LARGEST { size } else { f64::INFINITY });
        }
        Self { products, exact, pairs, largest }
    }

    /// Number of products.
    #[must_use]
    pub fn products(&self) -> usize {
        self.products
    }

    /// Number of characteristics.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.largest.len()
    }

    /// The columns one after the other, each padded with zeros to a multiple of [`LANES`].
    #[inline]
    #[must_use]
    pub fn padded(&self) -> &[f64] {
        self.exact.padded()
    }
}

/// What eight purchase events add to the utility of each option, whatever intercepts and prices are: the buyers' tastes and the
/// Gumbel draws of the events, `mu_ij + eps_ij`.
///
/// A draw is known exactly only once a choice has turned on it, and held from above before.
#[derive(Clone, Debug, PartialEq)]
pub struct Idiosyncratic {
    /// Utilities of the outside option without its draws, and the words of those.
    outside: Eight<f64>,
    outside_words: Eight<u64>,
    /// What the outside option's utilities lie between; equal where they are known.
    pub(super) outside_above: Eight<f64>,
    pub(super) outside_below: Eight<f64>,
    /// Tastes of the buyers, a row for each characteristic.
    tastes: Vec<Eight<f64>>,
    /// No number that a bound is made of is larger in size.
    pub(super) reach: Eight<f64>,
    /// Times the sum of the sizes of a utility's terms, how far roundings to single precision may move its bound: each term is rounded twice
    /// at most, which is two roundings of that sum, and each of the sums once: one for each characteristic, for the intercept and the price.
    /// That is four and one for each characteristic; ten are allowed for.
    pub(super) rounding: f64,
    /// The word of each product's uniform, a row for each; one more where the number of products is odd.
    words: Vec<Eight<u64>>,
    /// Bounds: for each event so many blocks of products.
    pub(super) above: Vec<Sixteen>,
    /// What was worked out, a row for each product.
    exact: Vec<Eight<f64>>,
    /// A bit for each product that was, 64 products to a row.
    known: Vec<Eight<u64>>,
}

impl Idiosyncratic {
    /// Room for eight events among products with these characteristics; [`Instructions::draw`] fills it.
    #[must_use]
    pub fn new(products: &ProductColumns) -> Self {
        let (n, columns) = (products.products(), products.columns());
        Self {
            outside: Eight([0.0; LANES]),
            outside_words: Eight([0; LANES]),
            outside_above: Eight([0.0; LANES]),
            outside_below: Eight([0.0; LANES]),
            tastes: vec![Eight([0.0; LANES]); columns],
            reach: Eight([0.0; LANES]),
            rounding: (columns + 10) as f64 * f64::from(f32::EPSILON) / 2.0,
            words: vec![Eight([0; LANES]); n.next_multiple_of(2)],
            above: vec![Sixteen([0.0; SINGLES]); n.div_ceil(SINGLES) * LANES],
            exact: vec![Eight([0.0; LANES]); n],
            known: vec![Eight([0; LANES]); n.div_ceil(u64::BITS as usize)],
        }
    }

    /// Number of products.
    pub(super) fn products(&self) -> usize {
        self.exact.len()
    }

    /// The word of the product's uniform; one that is not close where there is no such product.
    #[inline(always)]
    pub(super) fn word(&self, lane: usize, product: usize) -> u64 {
        self.words.get(product).map_or(u64::MAX, |row| row.0[lane])
    }

    /// Events that add known numbers to utilities, each the same.
    #[cfg(test)]
    pub(super) fn known(products: &ProductColumns, own: &[f64], outside: f64) -> Self {
        let mut room = Self::new(products);
        room.outside_above = Eight([outside; LANES]);
        room.outside_below = room.outside_above;
        room.reach = Eight([own.iter().fold(REACH, |largest, own| f64::max(largest, own.abs())); LANES]);
        room.exact = own.iter().map(|own| Eight([*own; LANES])).collect();
        room.known.iter_mut().for_each(|row| row.0 = [u64::MAX; LANES]);
        // Of close bounds.
        room.words.iter_mut().for_each(|row| row.0 = [1 << 63; LANES]);
        let blocks = room.above.len() / LANES;
        for (l, j) in (0..LANES).flat_map(|l| (0..own.len()).map(move |j| (l, j))) {
            room.above[l * blocks + j / SINGLES].0[j % SINGLES] = (own[j] + GAP / 2.0) as f32;
        }
        room
    }
}

/// Addresses of eight streams of one replication and purpose (`crate::model::streams`).
#[derive(Clone, Copy, Debug)]
pub struct EightAddresses {
    /// P₀(seed, replication).
    pub world: [u64; 2],
    /// Number of the purpose.
    pub purpose: u32,
    /// Agents.
    pub agents: [u64; LANES],
    /// Indexes.
    pub indexes: [u64; LANES],
}

on_vectors! {
    /// The states at eight addresses: Philox blocks under the keys (purpose, 1) and (purpose, 2).
    fn states_at(addresses: &EightAddresses) -> States = states_of
}

on_vectors! {
    /// Draws eight events anew. Of every stream the first number is the outside option's, the next are the products' in order;
    /// `outside` is the utility of the outside option without its draw, tastes are in the order of the characteristics.
    ///
    /// # Panics
    /// Where products or tastes are not those of `products`.
    fn draw(
        addresses: &EightAddresses,
        products: &ProductColumns,
        tastes: &[&[f64]; LANES],
        outside: &[f64; LANES],
        room: &mut Idiosyncratic,
    ) -> () = draw_any
}

on_vectors! {
    /// A standard normal draw from each of eight streams: what [`draws::standard_normal`] gives.
    fn normals(states: &mut States) -> [f64; LANES] = normals_of
}

on_vectors! {
    /// A uniform draw from each of eight streams: what [`draws::open`] gives.
    fn uniforms(states: &mut States) -> [f64; LANES] = uniforms_of
}

compiled_for_each! {
    /// Utility of the outside option at event `lane`, to the last bit.
    fn outside_utility(room: &mut Idiosyncratic, lane: usize) -> f64 = outside_of
}

/// Philox4x32-10 (Salmon et al. 2011) in eight lanes: a bijection of each pair of words. Only the lower halves of the numbers count, so
/// that a product need not be cut to its lower half.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn permuted<W: Words>([a, b]: [W; 2], [mut k0, mut k1]: [u32; 2]) -> [W; 2] {
    // SAFETY: the caller vouches for the processor; nothing here touches memory.
    unsafe {
        let (first, second, lower) = (W::splat(0xd251_1f53), W::splat(0xcd9e_8d57), W::splat(0xffff_ffff));
        let mut c = [a, a.down::<32>(), b, b.down::<32>()];
        for _ in 0..10 {
            let (p, q) = (c[0].product_of_halves(first), c[2].product_of_halves(second));
            let (front, back) = (W::splat(u64::from(k0)), W::splat(u64::from(k1)));
            c = [q.down::<32>().xor(c[1]).xor(front), q, p.down::<32>().xor(c[3]).xor(back), p];
            k0 = k0.wrapping_add(0x9e37_79b9);
            k1 = k1.wrapping_add(0xbb67_ae85);
        }
        [c[0].and(lower).or(c[1].up::<32>()), c[2].and(lower).or(c[3].up::<32>())]
    }
}

/// What the generator has instead of the state zero: SplitMix64 from 0.
const INSTEAD_OF_ZERO: [u64; 4] =
    [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f, 0xf88b_b8a8_724c_81ec];

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn states_of<W: Words>(addresses: &EightAddresses) -> States {
    let EightAddresses { world: [first, second], purpose, agents, indexes } = addresses;
    let third = first.wrapping_add(*second);
    let mut states = [Eight([0; LANES]); 4];
    // SAFETY: the caller vouches for the processor; all arrays are of eight words.
    unsafe {
        let (agents, indexes) = (W::load(agents.as_ptr()), W::load(indexes.as_ptr()));
        let front = permuted([agents.add(W::splat(*first)), indexes.add(W::splat(*second))], [*purpose, 1]);
        let back = permuted([agents.add(W::splat(*second)), indexes.add(W::splat(third))], [*purpose, 2]);
        for (row, word) in states.iter_mut().zip([front[0], front[1], back[0], back[1]]) {
            word.store(row.0.as_mut_ptr());
        }
        let bits = front[0].or(front[1]).or(back[0].or(back[1])).doubles();
        if W::Doubles::lanes_of(bits.equal(W::Doubles::splat(0.0))) != 0 {
            replace_zeros(&mut states);
        }
    }
    states
}

#[cold]
fn replace_zeros(states: &mut States) {
    for l in 0..LANES {
        if states.iter().all(|row| row.0[l] == 0) {
            states.iter_mut().zip(INSTEAD_OF_ZERO).for_each(|(row, word)| row.0[l] = word);
        }
    }
}

/// The next words of eight generators.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn next_words<W: Words>([a, b, c, d]: &mut [W; 4]) -> W {
    // SAFETY: the caller vouches for the processor; nothing here touches memory.
    unsafe {
        let words = rotated::<W, 23, 41>(a.add(*d)).add(*a);
        let shifted = b.up::<17>();
        let (e, f) = (c.xor(*a), d.xor(*b));
        (*b, *a) = (b.xor(e), a.xor(f));
        *c = e.xor(shifted);
        *d = rotated::<W, 45, 19>(f);
        words
    }
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn drawn<W: Words>(states: &mut States) -> [u64; LANES] {
    let mut words = [0; LANES];
    // SAFETY: the caller vouches for the processor; all arrays are of eight words.
    unsafe {
        let mut now: [W; 4] = std::array::from_fn(|i| W::load(states[i].0.as_ptr()));
        next_words(&mut now).store(words.as_mut_ptr());
        for (row, word) in states.iter_mut().zip(now) {
            word.store(row.0.as_mut_ptr());
        }
    }
    words
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn uniforms_of<W: Words>(states: &mut States) -> [f64; LANES] {
    // SAFETY: the caller vouches for the processor.
    let words = unsafe { drawn::<W>(states) };
    let mut uniforms = [0.0; LANES];
    for l in 0..LANES {
        uniforms[l] = draws::open(words[l]);
    }
    uniforms
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn normals_of<W: Words>(states: &mut States) -> [f64; LANES] {
    // SAFETY: the caller vouches for the processor.
    let words = unsafe { drawn::<W>(states) };
    let (mut normals, mut inside) = ([0.0; LANES], true);
    for l in 0..LANES {
        let (x, within) = draws::normal_in_layer(words[l]);
        normals[l] = x;
        inside &= within;
    }
    if !inside {
        finish_normals(states, &words, &mut normals);
    }
    normals
}

/// Where a draw does not end with its first word.
#[inline(always)]
fn finish_normals(states: &mut States, words: &[u64; LANES], normals: &mut [f64; LANES]) {
    for l in 0..LANES {
        if draws::normal_in_layer(words[l]).1 {
            continue;
        }
        let mut state = states.map(|row| row.0[l]);
        let mut first = Some(words[l]);
        normals[l] = draws::standard_normal(|| first.take().unwrap_or_else(|| next_word(&mut state)));
        states.iter_mut().zip(state).for_each(|(row, word)| row.0[l] = word);
    }
}

/// The next word of one generator.
fn next_word([a, b, c, d]: &mut [u64; 4]) -> u64 {
    let word = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
    let (e, f) = (*c ^ *a, *d ^ *b);
    (*c, *d) = (e ^ *b << 17, f.rotate_left(45));
    (*b, *a) = (*b ^ e, *a ^ f);
    word
}

#[inline(always)]
fn gumbel(u: f64) -> f64 {
    -ln(-ln(u))
}

/// The Gumbel draw of a word, exactly.
#[inline(always)]
pub(super) fn gumbel_of(word: u64) -> f64 {
    gumbel(draws::open(word))
}

/// How far a bound lies above the Gumbel draw at most where 1 - u is in [`CLOSE`], before tastes are added.
pub(super) const GAP: f64 = 1.25e-3;

/// 1 - u in steps of 2^-64: beyond the upper end the bound is too high, below the lower one 32 bits are too few.
const CLOSE: std::ops::RangeInclusive<u64> = 1 << 46..=3 << 62;

/// Whether the bound of the draw of this word is less than [`GAP`] above it.
#[inline(always)]
pub(super) fn is_close(word: u64) -> bool {
    (!word).wrapping_sub(*CLOSE.start()) <= CLOSE.end() - CLOSE.start()
}

/// The size of the largest number that a bound of a Gumbel draw is made of.
const REACH: f64 = 128.0;

/// Numbers above the Gumbel draws of two products, each drawn by eight words: in the lower half of each lane that of the first.
///
/// With v = 1 - u, `-ln(-ln u) = -ln v - c(v)`, where `c(v) = ln(-ln(1 - v) / v) = v/2 + 5v²/24 + ...` is small where the draw is large.
/// The logarithm is the chord between powers of two, which the bits of v are, and a cubic in the mantissa (error 4.4e-4); c is a quintic
/// (error 1.4e-4 up to v = 3/4; beyond, c is above it). Both are the best of their kind by Remez' exchange, here in sum lifted above.
/// The upper 32 bits of v, in steps of 2^-32, stand for it: v is less than a step larger, and its draw smaller than theirs.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn gumbel_above<W: Words>(first: W, second: W) -> W::Singles {
    /// ln m - (m - 1) ln 2 on [1, 2), by powers of m.
    const LOG: [f64; 4] =
        [-0.799_628_946_056_253, 1.419_485_128_872_803_2, -0.729_104_209_720_376_3, 0.109_689_642_898_332_2];
    /// c(v) on (0, 3/4], by powers of v.
    const BEND: [f64; 6] =
        [-1.354_224_59e-4, 0.511_208_961, 0.059_352_703_1, 0.826_748_684, -1.300_085_09, 1.096_034_66];
    /// Above both errors and all roundings.
    const LIFT: f64 = 5.9e-4;
    const UPPER: u64 = 0xffff_ffff_0000_0000;
    const MANTISSA: u64 = 0x007f_ffff_007f_ffff;
    const ONE: u64 = 0x3f80_0000_3f80_0000;
    /// One step of v.
    const STEP: f64 = 1.0 / 4_294_967_296.0;
    /// Exponent and mantissa are an integer in these steps: the chord of the binary logarithm plus the exponent's bias.
    const CHORD: f64 = LN_2 / 8_388_608.0;
    const START: f64 = LN_2 * (127.0 + 32.0) - LOG[0] - BEND[0] + LIFT;
    // SAFETY: the caller vouches for the processor; nothing here touches memory.
    unsafe {
        let c = |x: f64| W::Singles::splat(x as f32);
        let upper = first.down::<32>().or(second.and(W::splat(UPPER))).xor(W::splat(u64::MAX));
        let v = upper.rounded();
        let bits = W::of_singles(v);
        let chord = bits.rounded_small();
        let m = bits.and(W::splat(MANTISSA)).or(W::splat(ONE)).singles();
        let log = m.mul_add(m.mul_add(c(-LOG[3]), c(-LOG[2])), c(-LOG[1]));
        let v = v.mul(c(STEP));
        let mut bend = c(-BEND[5]);
        for k in [4, 3, 2, 1] {
            bend = v.mul_add(bend, c(-BEND[k]));
        }
        v.mul_add(bend, m.mul_add(log, chord.mul_add(c(-CHORD), c(START))))
    }
}

/// Chooses the loop with the number of characteristics known at compile time.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn draw_any<W: Words>(
    addresses: &EightAddresses,
    products: &ProductColumns,
    tastes: &[&[f64]; LANES],
    outside: &[f64; LANES],
    room: &mut Idiosyncratic,
) {
    let columns = products.columns();
    assert!(room.products() == products.products() && room.tastes.len() == columns, "room for these products");
    assert!(tastes.iter().all(|tastes| tastes.len() == columns), "one taste for each characteristic");
    for row in &mut room.known {
        row.0 = [0; LANES];
    }
    room.outside.0 = *outside;
    // SAFETY: the caller vouches for the processor; every row is of eight words.
    unsafe {
        let states = states_of::<W>(addresses);
        let mut now: [W; 4] = std::array::from_fn(|i| W::load(states[i].0.as_ptr()));
        draw_outside(&mut now, room);
        macro_rules! fused {
            ($($count:literal)*) => {
                match columns {
                    $($count if W::BY_NUMBER => draw_bounds::<W, $count>(&mut now, products, tastes, room),)*
                    _ => draw_bounds_many(&mut now, products, tastes, room),
                }
            };
        }
        fused!(1 2 3 4 5 6 7 8);
    }
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn draw_outside<W: Words>(now: &mut [W; 4], room: &mut Idiosyncratic) {
    let (words, above) = (&mut room.outside_words.0, &mut room.outside_above.0);
    let mut bounds = Sixteen([0.0; SINGLES]);
    // SAFETY: the caller vouches for the processor; rows are of eight words.
    unsafe {
        let drawn = next_words(now);
        drawn.store(words.as_mut_ptr());
        gumbel_above(drawn, drawn).store(bounds.0.as_mut_ptr());
    }
    for l in 0..LANES {
        let bound = f64::from(bounds.0[2 * l]);
        above[l] = room.outside.0[l] + bound;
        let close = if is_close(words[l]) { bound - GAP } else { f64::NEG_INFINITY };
        room.outside_below.0[l] = room.outside.0[l] + close;
    }
}

/// The tastes of eight buyers for characteristic `k` in single precision, each twice; and what they add to the reach.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn near_tastes<W: Words>(row: &Eight<f64>, largest: f64, reach: &mut W::Doubles) -> W::Singles {
    const SIZE: u64 = u64::MAX >> 1;
    // SAFETY: the caller vouches for the processor; a row is of eight numbers.
    unsafe {
        let tastes = W::Doubles::load(row.0.as_ptr());
        let sizes = W::of_doubles(tastes).and(W::splat(SIZE)).doubles();
        *reach = sizes.mul_add(W::Doubles::splat(largest), *reach);
        W::twice(tastes)
    }
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn draw_bounds<W: Words, const K: usize>(
    now: &mut [W; 4],
    products: &ProductColumns,
    tastes: &[&[f64]; LANES],
    room: &mut Idiosyncratic,
) {
    let height = products.products.div_ceil(2);
    let columns: [&[u64]; K] = std::array::from_fn(|k| &products.pairs[k * height..][..height]);
    let mut exact = [Eight([0.0; LANES]); K];
    for l in 0..LANES {
        let own: &[f64; K] = tastes[l].try_into().expect("as many as characteristics");
        for k in 0..K {
            exact[k].0[l] = own[k];
        }
    }
    room.tastes.copy_from_slice(&exact);
    // SAFETY: the caller vouches for the processor; every row is of sixteen numbers.
    unsafe {
        let (mut near, mut reach) = ([W::Singles::splat(0.0); K], W::Doubles::splat(REACH));
        for k in 0..K {
            near[k] = near_tastes::<W>(&exact[k], products.largest[k], &mut reach);
        }
        reach.store(room.reach.0.as_mut_ptr());
        let mut rows = [Sixteen([0.0; SINGLES]); LANES];
        for (part, words) in room.words.chunks_mut(SINGLES).enumerate() {
            let pairs = words.as_chunks_mut::<2>().0;
            let columns: [&[u64]; K] = std::array::from_fn(|k| &columns[k][part * LANES..][..pairs.len()]);
            for ((p, pair), row) in pairs.iter_mut().enumerate().zip(&mut rows) {
                let mut own = draw_pair(now, pair);
                for k in 0..K {
                    own = W::splat(columns[k][p]).singles().mul_add(near[k], own);
                }
                own.store(row.0.as_mut_ptr());
            }
            turn::<W>(&rows, part, &mut room.above);
        }
    }
}

/// The same for any number of characteristics.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn draw_bounds_many<W: Words>(
    now: &mut [W; 4],
    products: &ProductColumns,
    tastes: &[&[f64]; LANES],
    room: &mut Idiosyncratic,
) {
    let height = products.products.div_ceil(2);
    for (k, row) in room.tastes.iter_mut().enumerate() {
        for l in 0..LANES {
            row.0[l] = tastes[l][k];
        }
    }
    let mut rows = [Sixteen([0.0; SINGLES]); LANES];
    // SAFETY: the caller vouches for the processor; every row is of sixteen numbers.
    unsafe {
        let mut reach = W::Doubles::splat(REACH);
        for (row, largest) in room.tastes.iter().zip(&products.largest) {
            near_tastes::<W>(row, *largest, &mut reach);
        }
        reach.store(room.reach.0.as_mut_ptr());
        for (part, words) in room.words.chunks_mut(SINGLES).enumerate() {
            for ((p, pair), row) in (part * LANES..).zip(words.as_chunks_mut::<2>().0).zip(&mut rows) {
                let mut own = draw_pair(now, pair);
                for (column, taste) in products.pairs.chunks_exact(height).zip(&room.tastes) {
                    let taste = W::twice(W::Doubles::load(taste.0.as_ptr()));
                    own = W::splat(column[p]).singles().mul_add(taste, own);
                }
                own.store(row.0.as_mut_ptr());
            }
            turn::<W>(&rows, part, &mut room.above);
        }
    }
}

/// The words of eight events for the next two products, and numbers above their Gumbel draws.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn draw_pair<W: Words>(now: &mut [W; 4], words: &mut [Eight<u64>; 2]) -> W::Singles {
    // SAFETY: the caller vouches for the processor; the rows are of eight words.
    unsafe {
        let (first, second) = (next_words(now), next_words(now));
        first.store(words[0].0.as_mut_ptr());
        second.store(words[1].0.as_mut_ptr());
        gumbel_above(first, second)
    }
}

/// Rows of eight events, two products each, become a block of each event: the block of number `part`.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn turn<W: Words>(rows: &[Sixteen; LANES], part: usize, above: &mut [Sixteen]) {
    let blocks = above.len() / LANES;
    // SAFETY: the caller vouches for the processor; the rows are as many bytes as 64 doubles, and blocks are of sixteen numbers. Doubles
    // are moved, never reckoned with.
    unsafe {
        let columns = W::Doubles::columns(rows.as_ptr().cast());
        for l in 0..LANES {
            columns[l].store(above[l * blocks + part].0.as_mut_ptr().cast());
        }
    }
}

#[inline(always)]
pub(super) fn work_out_of(products: &ProductColumns, room: &mut Idiosyncratic, lane: usize, j: usize) -> f64 {
    let (row, bit) = (j / u64::BITS as usize, j % u64::BITS as usize);
    if room.known[row].0[lane] >> bit & 1 == 0 {
        let stride = products.products.next_multiple_of(LANES);
        let mut own = gumbel_of(room.words[j].0[lane]);
        for (k, taste) in room.tastes.iter().enumerate() {
            own = products.padded()[k * stride + j].mul_add(taste.0[lane], own);
        }
        room.exact[j].0[lane] = own;
        room.known[row].0[lane] |= 1 << bit;
    }
    room.exact[j].0[lane]
}

#[inline(always)]
pub(super) fn outside_of(room: &mut Idiosyncratic, lane: usize) -> f64 {
    let (above, below) = (&mut room.outside_above.0[lane], &mut room.outside_below.0[lane]);
    if *above != *below {
        *above = room.outside.0[lane] + gumbel_of(room.outside_words.0[lane]);
        *below = *above;
    }
    *above
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
