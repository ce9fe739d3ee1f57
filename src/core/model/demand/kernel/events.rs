//! Purchase events eight side by side: events stand in the lanes, and each lane does what one event does alone.
//!
//! An event draws a Gumbel number `g = -ln(-ln u)` for each product, the uniform u from its own stream, and takes the option of largest
//! utility. Two logarithms a product are most of the cost, and nearly all of them are of products far behind the best. So the kernels
//! first hold every draw from above by a number that takes a few multiply-adds (`gumbel_above`), add the tastes, and work out to the
//! last bit only what could be the largest ([`Instructions::largest_utility`]).
//!
//! Choices and utilities are those of the exact numbers, to the bit: a fused multiply-add, a sum and their roundings never turn a larger
//! argument into a smaller result, so a utility made by the same operations from a bound is a bound on the utility.

// Lanes are counted, so that the same number stands for the same event in every array of a formula.
#![allow(clippy::needless_range_loop)]

use std::f64::consts::LN_2;

use super::choice::{Instructions, LANES, Level, compiled_for_each};
use super::lanes::Lanes;
use super::words::{Plain, Words, rotated};
#[cfg(target_arch = "x86_64")]
use super::words::{Words2, Words512};
use crate::numerics::draws;
use crate::numerics::elementary::ln;

/// One number for each of eight events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Eight<T>(pub [T; LANES]);

/// The states of eight xoshiro256++ generators (Blackman and Vigna 2021): word i of each in row i.
pub type States = [Eight<u64>; 4];

/// Stands for the place of a uniform whose draw was worked out.
const KNOWN: u64 = 0;

/// One of eight events, as the draws left it.
#[derive(Debug)]
pub struct EventDraws<'a> {
    /// Its number among the eight.
    pub lane: usize,
    /// What it adds to the utility of each product: exactly where [`Self::places`] is zero, a bound from above elsewhere.
    pub above: &'a mut [f64],
    /// For each product the places of the eight events' uniforms, as [`Instructions::draw_bounds`] writes them.
    pub places: &'a mut [Eight<u64>],
    /// The columns of characteristics, one after the other.
    pub characteristics: &'a [f64],
    /// Tastes of the eight buyers.
    pub tastes: &'a [Eight<f64>],
    /// Utility of the outside option.
    pub outside: f64,
}

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
                    unsafe { $body::<Words512>($($arg),*) }
                }
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) -> $ret {
                    // SAFETY: this function is compiled for them, and called where the processor has them.
                    unsafe { $body::<Words2>($($arg),*) }
                }
                match self.0 {
                    // SAFETY: only `detect` and `available` make this level, after the processor reported the features.
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx512 => unsafe { avx512($($arg),*) },
                    // SAFETY: as above; every processor granted AVX-512 was also found to have AVX2 and FMA.
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx2 => unsafe { avx2($($arg),*) },
                    // SAFETY: arrays need no particular processor.
                    Level::Portable => unsafe { $body::<Plain>($($arg),*) },
                }
            }
        }
    };
}

on_vectors! {
    /// The states at eight addresses (`crate::model::streams`): Philox blocks under the keys (purpose, 1) and (purpose, 2).
    fn states_at(world: [u64; 2], purpose: u32, agents: &[u64; LANES], indexes: &[u64; LANES]) -> States = states_of
}

on_vectors! {
    /// Draws eight events. Of every stream the first number is the outside option's, whose Gumbel draws are returned, the next are the
    /// products' in order.
    ///
    /// `above` gets a column for each event: a number slightly above `g_j + sum_k tastes[k] x_k[j]`, by [`GAP`] at most where u > 1/2.
    /// `places` gets for each product 2 - u of the eight events, as bits, less half a cell.
    ///
    /// `characteristics` holds the columns x_k one after the other. Columns are padded; in the padding `above` has no meaning.
    ///
    /// # Panics
    /// Where the lengths do not fit together.
    fn draw_bounds(
        states: &mut States,
        characteristics: &[f64],
        tastes: &[Eight<f64>],
        places: &mut [Eight<u64>],
        above: &mut [f64],
    ) -> [f64; LANES] = draw_bounds_any
}

impl EventDraws<'_> {
    #[inline]
    fn check(&self, base: &[f64], price: &[f64]) {
        let n = self.above.len();
        assert!(base.len() == n && price.len() == n, "one intercept and one price for each product");
    }
}

/// Who leads by bounds.
#[derive(Clone, Copy, Debug)]
pub struct Leader {
    /// The product, the lowest of equals; none where no bound is above the outside utility.
    first: Option<usize>,
    /// Its bound.
    lead: f64,
    /// The largest of the others, outside utility included.
    second: f64,
}

/// What bounds say about the largest utility.
#[derive(Clone, Copy, Debug)]
pub enum Sight {
    /// It is the outside option's.
    Outside,
    /// It is this product's.
    Product(usize),
    /// Two bounds are too close, or the leader's is no good one.
    Doubtful,
}

on_vectors! {
    /// Who leads by bounds: the largest of the `(base[j] + above[j]) - alpha price[j]`. All lengths are equal.
    fn leader(base: &[f64], above: &[f64], price: &[f64], alpha: f64, outside: f64) -> Leader = leader_of
}

on_vectors! {
    /// Which option is the largest, where bounds leave no doubt.
    ///
    /// # Panics
    /// Where the lengths differ.
    fn at_sight(base: &[f64], price: &[f64], alpha: f64, event: &EventDraws<'_>) -> Sight = at_sight_of
}

compiled_for_each! {
    /// Works out what the event adds to the utility of product `j`, tastes in the order of the columns; returns the utility.
    fn work_out(base: f64, price: f64, alpha: f64, event: &mut EventDraws<'_>, j: usize) -> f64 = work_out_of
}

impl Instructions {
    /// The largest of the outside utility and the `(base[j] + own[j]) - alpha price[j]`, and which it is, `None` for the outside option.
    /// What had to be worked out on the way is exact afterwards.
    ///
    /// Of equals the outside option and then the lowest number wins; a utility that is not a number never does.
    ///
    /// # Panics
    /// Where the lengths differ.
    pub fn largest_utility(
        self,
        base: &[f64],
        price: &[f64],
        alpha: f64,
        event: &mut EventDraws<'_>,
    ) -> (Option<usize>, f64) {
        event.check(base, price);
        loop {
            let Leader { first, lead, second } = self.leader(base, event.above, price, alpha, event.outside);
            let Some(j) = first else { return (None, event.outside) };
            if event.places[j].0[event.lane] == KNOWN {
                return (Some(j), lead);
            }
            let utility = self.work_out(base[j], price[j], alpha, event, j);
            if utility > second {
                return (Some(j), utility);
            }
        }
    }

    /// Which is the largest as in [`Instructions::largest_utility`], without its value: nothing is worked out where one bound leads by
    /// more than [`GAP`].
    ///
    /// # Panics
    /// Where the lengths differ.
    #[inline]
    pub fn largest_option(self, base: &[f64], price: &[f64], alpha: f64, event: &mut EventDraws<'_>) -> Option<usize> {
        match self.at_sight(base, price, alpha, event) {
            Sight::Outside => None,
            Sight::Product(j) => Some(j),
            Sight::Doubtful => self.largest_utility(base, price, alpha, event).0,
        }
    }
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
unsafe fn states_of<W: Words>(
    [first, second]: [u64; 2],
    purpose: u32,
    agents: &[u64; LANES],
    indexes: &[u64; LANES],
) -> States {
    let mut states = [Eight([0; LANES]); 4];
    // SAFETY: the caller vouches for the processor; all arrays are of eight words.
    unsafe {
        let (agent, index) = (W::load(agents.as_ptr()), W::load(indexes.as_ptr()));
        let pair = |x, y| [agent.add(W::splat(x)), index.add(W::splat(y))];
        let front = permuted(pair(first, second), [purpose, 1]);
        let back = permuted(pair(second, first.wrapping_add(second)), [purpose, 2]);
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

/// Bits of 1.0: the exponent of numbers from [1, 2).
const ONE: u64 = 1.0_f64.to_bits();
/// The mantissa.
const MANTISSA: u64 = (1 << 52) - 1;
/// Bits of 1.5: where the place of a uniform is below, the uniform is above 1/2.
const MIDDLE: u64 = 1.5_f64.to_bits();
/// 1 less half a cell of the uniforms.
const TO_MIDPOINT: f64 = 1.0 - f64::EPSILON / 2.0;
/// From the upper 52 bits of a word to its place.
const FROM_WORD: u64 = ONE | MANTISSA;

/// The Gumbel draw at a place, exactly.
///
/// A place is a number in [1, 2) as bits: 2 - u less half a cell, u the uniform of a word.
#[inline(always)]
fn gumbel_at(place: u64) -> f64 {
    // Back to the uniform's own word, so that the operations are those of a draw alone.
    gumbel(draws::open((place ^ FROM_WORD) << 12))
}

#[inline(always)]
fn gumbel(u: f64) -> f64 {
    -ln(-ln(u))
}

/// How far a bound lies above the Gumbel draw at most where u > 1/2, with room for the roundings of utilities whose terms are below 1e9.
/// What leads by more than that leads in truth.
pub const GAP: f64 = 1.3e-3;

/// Numbers above the Gumbel draws at eight places.
///
/// With v = 1 - u, `-ln(-ln u) = -ln v - c(v)`, where `c(v) = ln(-ln(1 - v) / v) = v/2 + 5v²/24 + ...` is small where the draw is large.
/// The logarithm is the chord between powers of two, which the bits of v are, and a cubic in the mantissa (error 4.4e-4); c is a cubic
/// (error 1.4e-4 up to v = 1/2; beyond, c is above it). Both are the best of their kind by Remez' exchange, here in sum lifted above.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn gumbel_above<W: Words>(place: W) -> W::Doubles {
    /// ln m - (m - 1) ln 2 on [1, 2), by powers of m.
    const LOG: [f64; 4] =
        [-0.799_628_946_056_253, 1.419_485_128_872_803_2, -0.729_104_209_720_376_3, 0.109_689_642_898_332_2];
    /// c(v) on (0, 1/2], by powers of v.
    const BEND: [f64; 4] =
        [-0.000_142_811_912_173_1, 0.508_130_213_846_970_7, 0.137_474_180_362_764_38, 0.305_604_863_712_835_74];
    /// Above both errors and all roundings.
    const LIFT: f64 = 5.9e-4;
    /// 2^52: with an integer in the bits below its own, 2^52 plus the integer.
    const SHIFT: f64 = 4_503_599_627_370_496.0;
    /// Exponent and 32 bits of the mantissa are an integer in these steps: the chord of the binary logarithm plus 1023.
    const STEP: f64 = 1.0 / 4_294_967_296.0;
    const START: f64 = LN_2 * (1023.0 + SHIFT * STEP) - LOG[0] - BEND[0] + LIFT;
    // SAFETY: the caller vouches for the processor; nothing here touches memory.
    unsafe {
        let c = |x: f64| W::Doubles::splat(x);
        let v = place.doubles().sub(c(TO_MIDPOINT));
        let bits = W::of_doubles(v);
        let chord = bits.down::<20>().or(W::splat(SHIFT.to_bits())).doubles();
        let m = bits.and(W::splat(MANTISSA)).or(W::splat(ONE)).doubles();
        let log = m.mul_add(m.mul_add(c(-LOG[3]), c(-LOG[2])), c(-LOG[1]));
        let bend = v.mul_add(v.mul_add(c(-BEND[3]), c(-BEND[2])), c(-BEND[1]));
        v.mul_add(bend, m.mul_add(log, chord.mul_add(c(-LN_2 * STEP), c(START))))
    }
}

/// Chooses the loop with the number of characteristics known at compile time.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn draw_bounds_any<W: Words>(
    states: &mut States,
    characteristics: &[f64],
    tastes: &[Eight<f64>],
    places: &mut [Eight<u64>],
    above: &mut [f64],
) -> [f64; LANES] {
    let stride = above.len() / LANES;
    assert!(
        above.len() == stride * LANES && stride == places.len().next_multiple_of(LANES),
        "one padded column an event"
    );
    assert!(characteristics.len() == tastes.len() * stride, "one column for each taste");
    // SAFETY: the caller vouches for the processor; every row is of eight words.
    unsafe {
        let mut now: [W; 4] = std::array::from_fn(|i| W::load(states[i].0.as_ptr()));
        let mut outside = Eight([0; LANES]);
        next_words(&mut now).store(outside.0.as_mut_ptr());
        // First, so that the processor does it beside what follows. A loop, as a closure would not be compiled for the processor.
        let mut gumbels = [0.0; LANES];
        for l in 0..LANES {
            gumbels[l] = gumbel(draws::open(outside.0[l]));
        }
        macro_rules! fused {
            ($($count:literal)*) => {
                match tastes.len() {
                    $($count => draw_bounds_of::<W, $count>(&mut now, characteristics, tastes, places, above),)*
                    _ => draw_bounds_many(&mut now, characteristics, tastes, places, above),
                }
            };
        }
        fused!(0 1 2 3 4 5 6 7 8);
        for (row, words) in states.iter_mut().zip(now) {
            words.store(row.0.as_mut_ptr());
        }
        gumbels
    }
}

/// Products whose bounds are turned from a row each to columns at once.
const TURNED: usize = 2 * LANES;

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn draw_bounds_of<W: Words, const K: usize>(
    now: &mut [W; 4],
    characteristics: &[f64],
    tastes: &[Eight<f64>],
    places: &mut [Eight<u64>],
    above: &mut [f64],
) {
    let stride = above.len() / LANES;
    let columns: [&[f64]; K] = std::array::from_fn(|k| &characteristics[k * stride..][..stride]);
    // SAFETY: the caller vouches for the processor; every row is of eight numbers.
    unsafe {
        let tastes: [W::Doubles; K] = std::array::from_fn(|k| W::Doubles::load(tastes[k].0.as_ptr()));
        let mut rows = [Eight([0.0; LANES]); TURNED];
        for (part, places) in places.chunks_mut(TURNED).enumerate() {
            let columns: [&[f64]; K] = std::array::from_fn(|k| &columns[k][part * TURNED..][..places.len()]);
            for ((j, place), row) in places.iter_mut().enumerate().zip(&mut rows) {
                let mut own = draw_place(now, place);
                for k in 0..K {
                    own = W::Doubles::splat(columns[k][j]).mul_add(tastes[k], own);
                }
                own.store(row.0.as_mut_ptr());
            }
            turn::<W>(&rows, part * TURNED, above, stride);
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
    characteristics: &[f64],
    tastes: &[Eight<f64>],
    places: &mut [Eight<u64>],
    above: &mut [f64],
) {
    let stride = above.len() / LANES;
    let mut rows = [Eight([0.0; LANES]); TURNED];
    for (part, places) in places.chunks_mut(TURNED).enumerate() {
        for ((j, place), row) in (part * TURNED..).zip(places).zip(&mut rows) {
            // SAFETY: the caller vouches for the processor; every row is of eight numbers.
            unsafe {
                let mut own = draw_place(now, place);
                for (column, taste) in characteristics.chunks_exact(stride).zip(tastes) {
                    own = W::Doubles::splat(column[j]).mul_add(W::Doubles::load(taste.0.as_ptr()), own);
                }
                own.store(row.0.as_mut_ptr());
            }
        }
        // SAFETY: the caller vouches for the processor.
        unsafe { turn::<W>(&rows, part * TURNED, above, stride) };
    }
}

/// The places of eight events for the next product, and numbers above their Gumbel draws.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn draw_place<W: Words>(now: &mut [W; 4], place: &mut Eight<u64>) -> W::Doubles {
    // SAFETY: the caller vouches for the processor; the row is of eight words.
    unsafe {
        let drawn = next_words(now).down::<12>().xor(W::splat(FROM_WORD));
        drawn.store(place.0.as_mut_ptr());
        gumbel_above(drawn)
    }
}

/// Rows of eight events, a product each, become parts of the events' columns, from product `first` on.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn turn<W: Words>(rows: &[Eight<f64>; TURNED], first: usize, above: &mut [f64], stride: usize) {
    for (b, block) in rows.as_chunks::<LANES>().0.iter().enumerate() {
        let at = first + b * LANES;
        if at >= stride {
            return;
        }
        // SAFETY: the caller vouches for the processor; a block is 64 numbers, and the slices stored to are of eight.
        unsafe {
            let columns = W::Doubles::columns(block.as_ptr().cast());
            for l in 0..LANES {
                columns[l].store(above[l * stride + at..][..LANES].as_mut_ptr());
            }
        }
    }
}

#[inline(always)]
fn work_out_of(base: f64, price: f64, alpha: f64, event: &mut EventDraws<'_>, j: usize) -> f64 {
    let (lane, stride) = (event.lane, event.above.len());
    let mut own = gumbel_at(event.places[j].0[lane]);
    for (k, taste) in event.tastes.iter().enumerate() {
        own = event.characteristics[k * stride + j].mul_add(taste.0[lane], own);
    }
    event.places[j].0[lane] = KNOWN;
    event.above[j] = own;
    price.mul_add(-alpha, base + own)
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn leader_of<W: Words>(base: &[f64], above: &[f64], price: &[f64], alpha: f64, outside: f64) -> Leader {
    let blocks = base.as_chunks::<LANES>().0.iter().zip(above.as_chunks::<LANES>().0).zip(price.as_chunks::<LANES>().0);
    let mut winners = [0; LANES];
    // SAFETY: the caller vouches for the processor; every block is of eight numbers.
    unsafe {
        let load = |block: &[f64; LANES]| W::Doubles::load(block.as_ptr());
        let (alpha, step) = (W::Doubles::splat(-alpha), W::splat(LANES as u64));
        let (mut best, mut second) = (W::Doubles::splat(outside), W::Doubles::splat(outside));
        // Number of the first product of the block that holds each lane's best. Moved, never reckoned with, as doubles.
        let (mut number, mut winner) = (W::splat(0), W::splat(0).doubles());
        for ((base, above), price) in blocks {
            let utility = load(price).mul_add(alpha, load(base).add(load(above)));
            winner = winner.replaced(utility.above(best), number.doubles());
            second = second.at_least(utility.at_most(best));
            best = best.at_least(utility);
            number = number.add(step);
        }
        W::of_doubles(winner).store(winners.as_mut_ptr());
        let lead = best.largest();
        let ahead = lead > outside;
        if !ahead {
            return Leader { first: None, lead, second: lead };
        }
        let leading = best.equal(W::Doubles::splat(lead));
        let lanes = W::Doubles::lanes_of(leading);
        if !lanes.is_power_of_two() {
            return Leader { first: lowest(lanes, &winners), lead, second: lead };
        }
        let lane = lanes.trailing_zeros() as usize % LANES;
        Leader { first: Some(winners[lane] as usize + lane), lead, second: best.replaced(leading, second).largest() }
    }
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn at_sight_of<W: Words>(base: &[f64], price: &[f64], alpha: f64, event: &EventDraws<'_>) -> Sight {
    event.check(base, price);
    // SAFETY: the caller vouches for the processor.
    let Leader { first, lead, second } = unsafe { leader_of::<W>(base, event.above, price, alpha, event.outside) };
    let Some(j) = first else { return Sight::Outside };
    // A place above the middle has no good bound; that of a draw that is known is below it.
    if event.places[j].0[event.lane] < MIDDLE && second < lead - GAP { Sight::Product(j) } else { Sight::Doubtful }
}

/// Of equals in several lanes the lowest.
#[cold]
fn lowest(lanes: u32, winners: &[u64; LANES]) -> Option<usize> {
    (0..LANES).filter(|l| lanes >> l & 1 == 1).map(|l| winners[l] as usize + l).min()
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
