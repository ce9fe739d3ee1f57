//! Choices of one buyer among many products, with the products in the lanes.
//!
//! Every operation is written once, as a plain loop over blocks of eight numbers in a fixed order of operations, and
//! compiled three times: for AVX-512, for AVX2 with fused multiply-add, and for any processor. [`Instructions`] picks the
//! best at run time. All three do the same operations on the same operands, so they give the same bits; the tests compare
//! each with the scalar twins at every length. Nothing here allocates except [`Column`].
//! So are a few plain loops that others need, such as prices as buyers feel them.

// Lanes are counted, so that the same number stands for the same buyer or product in every array of a formula.
#![allow(clippy::needless_range_loop)]

use crate::model::demand::Curvature;
use crate::numerics::elementary::{exp, ln};
use crate::numerics::sobol::Coins;

/// Numbers in one block: the lanes of an AVX-512 register of doubles, and one cache line.
pub const LANES: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
struct Block([f64; LANES]);

/// One number for each product, on cache lines, padded to a multiple of [`LANES`].
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    blocks: Vec<Block>,
    products: usize,
}

impl Column {
    /// A column of `values` with `padding` in the places past the last product.
    #[must_use]
    pub fn new(values: &[f64], padding: f64) -> Self {
        let mut column = Self::filled(values.len(), padding);
        column.values_mut().copy_from_slice(values);
        column
    }

    /// A column of `products` places that all hold `value`, padding included.
    #[must_use]
    pub fn filled(products: usize, value: f64) -> Self {
        Self { blocks: vec![Block([value; LANES]); products.div_ceil(LANES)], products }
    }

    /// The products' values, without the padding.
    #[inline]
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.padded()[..self.products]
    }

    /// The products' values, without the padding.
    #[inline]
    pub fn values_mut(&mut self) -> &mut [f64] {
        let products = self.products;
        &mut self.padded_mut()[..products]
    }

    /// The values with the padding; the length is a multiple of [`LANES`].
    #[inline]
    #[must_use]
    pub fn padded(&self) -> &[f64] {
        // SAFETY: a Block is eight doubles without padding bytes (64 bytes, aligned to 64), so the vector is one
        // initialised run of 8 doubles for each block; the borrow of self keeps it alive and unchanged.
        unsafe { std::slice::from_raw_parts(self.blocks.as_ptr().cast(), self.blocks.len() * LANES) }
    }

    /// The values with the padding; the length is a multiple of [`LANES`].
    #[inline]
    pub fn padded_mut(&mut self) -> &mut [f64] {
        // SAFETY: as in `padded`; the exclusive borrow makes this the only view.
        unsafe { std::slice::from_raw_parts_mut(self.blocks.as_mut_ptr().cast(), self.blocks.len() * LANES) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

/// An instruction set that this processor has: the key to the kernels compiled for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instructions(pub(super) Level);

impl Instructions {
    /// The widest that this processor has.
    #[must_use]
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            if avx2 && avx512 {
                return Self(Level::Avx512);
            }
            if avx2 {
                return Self(Level::Avx2);
            }
        }
        Self::portable()
    }

    /// What every processor has.
    #[must_use]
    pub fn portable() -> Self {
        Self(Level::Portable)
    }

    /// All that this processor has, the widest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let best = Self::detect();
        let mut all = vec![best];
        #[cfg(target_arch = "x86_64")]
        if best.0 == Level::Avx512 {
            all.push(Self(Level::Avx2));
        }
        if best != Self::portable() {
            all.push(Self::portable());
        }
        all
    }

    /// Name for reports: `avx512`, `avx2` or `portable`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "avx2",
            Level::Portable => "portable",
        }
    }
}

/// A method of [`Instructions`] that runs `$body`, an `#[inline(always)]` function, compiled for the instruction set.
macro_rules! compiled_for_each {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = $body:path) => {
        impl Instructions {
            $(#[$doc])*
            #[inline]
            pub fn $name(self, $($arg: $ty),*) $(-> $ret)? {
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
                fn avx512($($arg: $ty),*) $(-> $ret)? {
                    $body($($arg),*)
                }
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) $(-> $ret)? {
                    $body($($arg),*)
                }
                match self.0 {
                    // SAFETY: only `detect` and `available` make this level, after the processor reported the features.
                    #[cfg(target_arch = "x86_64")]
                    $crate::model::demand::kernel::choice::Level::Avx512 => unsafe { avx512($($arg),*) },
                    // SAFETY: as above; every processor granted AVX-512 was also found to have AVX2 and FMA.
                    #[cfg(target_arch = "x86_64")]
                    $crate::model::demand::kernel::choice::Level::Avx2 => unsafe { avx2($($arg),*) },
                    $crate::model::demand::kernel::choice::Level::Portable => $body($($arg),*),
                }
            }
        }
    };
}

pub(super) use compiled_for_each;

compiled_for_each! {
    /// Replaces every x by e^x ([`crate::numerics::elementary::exp`]).
    fn exp_in_place(x: &mut [f64]) = exp_loop
}

compiled_for_each! {
    /// Replaces every x by its natural logarithm ([`crate::numerics::elementary::ln`]: positive normal numbers only).
    fn ln_in_place(x: &mut [f64]) = ln_loop
}

compiled_for_each! {
    /// Scrambles coordinates of one dimension of a Sobol' sequence ([`Coins::scramble`]).
    fn scramble_in_place(bits: &mut [u32], coins: &Coins) = scramble_loop
}

compiled_for_each! {
    /// Replaces the price of each product by what buyers feel of it ([`Curvature::felt`]).
    fn felt_in_place(prices: &mut [f64], curved: &Curvature) = felt_loop
}

compiled_for_each! {
    /// Replaces the price of each product by what a dollar more of it is felt as ([`Curvature::slope`]).
    fn slope_in_place(prices: &mut [f64], curved: &Curvature) = slope_loop
}

compiled_for_each! {
    /// Replaces every uniform u in (0, 1) by 1/E, where E = -ln u is exponential with mean 1: the speed at which an
    /// option of weight one arrives in [`Instructions::race`].
    fn race_speeds_in_place(u: &mut [f64]) = race_speed_loop
}

compiled_for_each! {
    /// `out[j] = exp(base[j] + sum_k tastes[k] x_k[j] - alpha price[j])`, terms added in this order, each by a fused
    /// multiply-add.
    ///
    /// `characteristics` holds the columns x_k one after the other. All lengths are multiples of [`LANES`].
    ///
    /// # Panics
    /// Where the lengths do not fit together.
    fn exp_utilities(
        characteristics: &[f64],
        base: &[f64],
        price: &[f64],
        tastes: &[f64],
        alpha: f64,
        out: &mut [f64],
    ) = exp_utilities_any
}

compiled_for_each! {
    /// Sum of all weights and the outside option's: the lanes' sums over the blocks first, then `outside` and the eight
    /// sums from left to right.
    fn total(weights: &[f64], outside: f64) -> f64 = total_of
}

compiled_for_each! {
    /// Adds `scale * weights[j] / total` to every `sums[j]` and returns the total, of which the outside option's share is
    /// `outside / total`. Adds nothing where the total is zero: then the outside option is taken with certainty.
    ///
    /// # Panics
    /// Where the lengths differ.
    fn add_probabilities(weights: &[f64], outside: f64, scale: f64, sums: &mut [f64]) -> f64 = add_probabilities_loop
}

compiled_for_each! {
    /// The winner of the race: the largest of `outside * outside_speed` and the `weights[j] * speeds[j]`, `None` for the
    /// outside option.
    ///
    /// With weights e^V and speeds 1/E this is the largest V plus Gumbel draw, since -ln E is a Gumbel draw. Of equals
    /// the outside option and then the lowest number wins, so an option of weight zero wins only where all are zero
    /// and it is the outside option.
    ///
    /// # Panics
    /// Where the lengths differ.
    fn race(weights: &[f64], outside: f64, speeds: &[f64], outside_speed: f64) -> Option<usize> = race_of
}

#[inline(always)]
fn scramble_loop(bits: &mut [u32], coins: &Coins) {
    let mut blocks = bits.chunks_exact_mut(LANES);
    for block in &mut blocks {
        let lanes: [u32; LANES] = std::array::from_fn(|l| block[l]);
        let mut flipped = [0_u64; LANES];
        for level in coins.first_tossed()..32 {
            for l in 0..LANES {
                flipped[l] |= coins.flip(lanes[l], level);
            }
        }
        for l in 0..LANES {
            block[l] ^= flipped[l] as u32 | coins.known(lanes[l]);
        }
    }
    blocks.into_remainder().iter_mut().for_each(|bits| *bits = coins.scramble(*bits));
}

#[inline(always)]
fn felt_loop(prices: &mut [f64], curved: &Curvature) {
    for (j, price) in prices.iter_mut().enumerate() {
        *price = curved.felt(j, *price);
    }
}

#[inline(always)]
fn slope_loop(prices: &mut [f64], curved: &Curvature) {
    for (j, price) in prices.iter_mut().enumerate() {
        *price = curved.slope(j, *price);
    }
}

#[inline(always)]
fn exp_loop(x: &mut [f64]) {
    for v in x {
        *v = exp(*v);
    }
}

#[inline(always)]
fn ln_loop(x: &mut [f64]) {
    for v in x {
        *v = ln(*v);
    }
}

#[inline(always)]
fn race_speed_loop(u: &mut [f64]) {
    for v in u {
        *v = -1.0 / ln(*v);
    }
}

/// Chooses the loop with the number of characteristics known at compile time: sums over tastes then stay in registers.
#[inline(always)]
fn exp_utilities_any(
    characteristics: &[f64],
    base: &[f64],
    price: &[f64],
    tastes: &[f64],
    alpha: f64,
    out: &mut [f64],
) {
    let n = out.len();
    assert!(n.is_multiple_of(LANES), "columns are padded");
    assert!(base.len() == n && price.len() == n, "one base utility and one price for each product");
    assert!(characteristics.len() == tastes.len() * n, "one column for each taste");
    macro_rules! utilities {
        ($($count:literal)*) => {
            match tastes.len() {
                $($count => utilities_of::<$count>(characteristics, base, price, tastes, alpha, out),)*
                _ => utilities_of_many(characteristics, base, price, tastes, alpha, out),
            }
        };
    }
    utilities!(0 1 2 3 4 5 6 7 8);
    // Apart from the utilities: a loop of both is left scalar by some settings of the compiler.
    exp_loop(out);
}

#[inline(always)]
fn utilities_of<const K: usize>(
    characteristics: &[f64],
    base: &[f64],
    price: &[f64],
    tastes: &[f64],
    alpha: f64,
    out: &mut [f64],
) {
    let (out, _) = out.as_chunks_mut::<LANES>();
    let n = out.len();
    let base = &base.as_chunks::<LANES>().0[..n];
    let price = &price.as_chunks::<LANES>().0[..n];
    let all = characteristics.as_chunks::<LANES>().0;
    let columns: [&[[f64; LANES]]; K] = std::array::from_fn(|k| &all[k * n..][..n]);
    let tastes: [f64; K] = std::array::from_fn(|k| tastes[k]);
    for b in 0..n {
        let mut v = base[b];
        for k in 0..K {
            for l in 0..LANES {
                v[l] = columns[k][b][l].mul_add(tastes[k], v[l]);
            }
        }
        for l in 0..LANES {
            out[b][l] = price[b][l].mul_add(-alpha, v[l]);
        }
    }
}

/// The same operations column by column, for any number of characteristics.
#[inline(always)]
fn utilities_of_many(
    characteristics: &[f64],
    base: &[f64],
    price: &[f64],
    tastes: &[f64],
    alpha: f64,
    out: &mut [f64],
) {
    out.copy_from_slice(base);
    for (column, taste) in characteristics.chunks_exact(out.len().max(1)).zip(tastes) {
        for (v, x) in out.iter_mut().zip(column) {
            *v = x.mul_add(*taste, *v);
        }
    }
    for (v, p) in out.iter_mut().zip(price) {
        *v = p.mul_add(-alpha, *v);
    }
}

/// The sum of each lane over the blocks.
#[inline(always)]
fn lane_sums(blocks: &[[f64; LANES]]) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    for block in blocks {
        for l in 0..LANES {
            sums[l] += block[l];
        }
    }
    sums
}

#[inline(always)]
fn total_of(weights: &[f64], outside: f64) -> f64 {
    lane_sums(weights.as_chunks().0).iter().fold(outside, |sum, s| sum + s)
}

#[inline(always)]
fn add_probabilities_loop(weights: &[f64], outside: f64, scale: f64, sums: &mut [f64]) -> f64 {
    assert!(weights.len() == sums.len(), "one sum for each product");
    let total = total_of(weights, outside);
    if total > 0.0 {
        let factor = scale / total;
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum = weight.mul_add(factor, *sum);
        }
    }
    total
}

#[inline(always)]
fn race_of(weights: &[f64], outside: f64, speeds: &[f64], outside_speed: f64) -> Option<usize> {
    assert!(weights.len() == speeds.len(), "one speed for each product");
    let start = outside * outside_speed;
    let mut best = [start; LANES];
    // Block numbers as doubles (exact below 2^53), so that they move with the same vector masks as the values.
    let mut winner = [-1.0; LANES];
    let mut number = 0.0;
    for (weight, speed) in weights.as_chunks::<LANES>().0.iter().zip(speeds.as_chunks::<LANES>().0) {
        for l in 0..LANES {
            let arrival = weight[l] * speed[l];
            let ahead = arrival > best[l];
            best[l] = if ahead { arrival } else { best[l] };
            winner[l] = if ahead { number } else { winner[l] };
        }
        number += 1.0;
    }
    leader_of(best, winner, start).0
}

/// From the best value and its block of every lane, -1 for none above `start`: the best of all and its place, the lowest of equals.
#[inline(always)]
fn leader_of(best: [f64; LANES], winner: [f64; LANES], start: f64) -> (Option<usize>, f64) {
    let lead = reduced(best, |a, b| if b > a { b } else { a });
    let mut place = [0.0; LANES];
    for l in 0..LANES {
        place[l] = if best[l] == lead { winner[l].mul_add(LANES as f64, l as f64) } else { f64::INFINITY };
    }
    let first = reduced(place, |a, b| if b < a { b } else { a });
    (if lead > start { Some(first as usize) } else { None }, lead)
}

/// Halves against halves: a short chain, and vector code.
#[inline(always)]
fn reduced(mut x: [f64; LANES], of: impl Fn(f64, f64) -> f64) -> f64 {
    for l in 0..4 {
        x[l] = of(x[l], x[l + 4]);
    }
    for l in 0..2 {
        x[l] = of(x[l], x[l + 2]);
    }
    of(x[0], x[1])
}

#[cfg(test)]
#[path = "choice_tests.rs"]
mod tests;
