//! Choices among many products: of one buyer with the products in the lanes, or of eight buyers, one in each lane.
//!
//! The first needs one buyer only; the second is about twice as fast a buyer, because eight choices hide each other's
//! latencies. Both give the same weights and the same choices, to the bit.
//!
//! Every operation is written once, as a plain loop over blocks of eight numbers in a fixed order of operations, and
//! compiled three times: for AVX-512, for AVX2 with fused multiply-add, and for any processor. [`Instructions`] picks the
//! best at run time. All three do the same operations on the same operands, so they give the same bits; the tests compare
//! each with the scalar twins at every length. Nothing here allocates except [`Column`].

// Lanes are counted, so that the same number stands for the same buyer or product in every array of a formula.
#![allow(clippy::needless_range_loop)]

use crate::numerics::elementary::{exp, ln};

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
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.padded()[..self.products]
    }

    /// The products' values, without the padding.
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
enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

/// An instruction set that this processor has: the key to the kernels compiled for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instructions(Level);

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

/// The products as the kernels of eight buyers see them: columns of equal length.
#[derive(Clone, Copy, Debug)]
pub struct ProductColumns<'a> {
    /// The columns x_k one after the other, each `stride` long.
    pub characteristics: &'a [f64],
    /// Distance from one column to the next, at least the number of products.
    pub stride: usize,
    /// Intercepts delta_j, without loyalty.
    pub base: &'a [f64],
    /// Consumer prices.
    pub price: &'a [f64],
    /// Code of the product's brand.
    pub brand: &'a [f64],
}

/// Eight buyers, one in each lane.
#[derive(Clone, Debug, PartialEq)]
#[repr(align(64))]
pub struct Eight {
    /// Price sensitivity.
    pub alpha: [f64; LANES],
    /// Code of the owned brand; a code that no product has for none.
    pub owned: [f64; LANES],
    /// Utility of staying with the owned brand.
    pub loyalty: [f64; LANES],
    /// Weight of the outside option.
    pub outside: [f64; LANES],
    /// Tastes for the characteristics.
    pub tastes: Vec<[f64; LANES]>,
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
                    Level::Avx512 => unsafe { avx512($($arg),*) },
                    // SAFETY: as above; every processor granted AVX-512 was also found to have AVX2 and FMA.
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx2 => unsafe { avx2($($arg),*) },
                    Level::Portable => $body($($arg),*),
                }
            }
        }
    };
}

compiled_for_each! {
    /// Replaces every x by e^x ([`crate::numerics::elementary::exp`]).
    fn exp_in_place(x: &mut [f64]) = exp_loop
}

compiled_for_each! {
    /// Replaces every x by its natural logarithm ([`crate::numerics::elementary::ln`]: positive normal numbers only).
    fn ln_in_place(x: &mut [f64]) = ln_loop
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
    /// The option at `u` in (0, 1) of the cumulative distribution, `None` for the outside option.
    ///
    /// The options lie in this order: outside, then the products by number. An option of weight zero is never taken;
    /// where all weights are zero the outside option is.
    fn inverse_cdf(weights: &[f64], outside: f64, u: f64) -> Option<usize> = inverse_cdf_of
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

compiled_for_each! {
    /// Replaces every uniform u in (0, 1) by the Gumbel draw -ln(-ln u).
    fn gumbel_in_place(u: &mut [f64]) = gumbel_loop
}

compiled_for_each! {
    /// Replaces every uniform u in (0, 1) of `out` by `-ln(-ln u) + sum_k tastes[k] x_k[j]`, terms added in this order, each by a
    /// fused multiply-add: all of a utility but the intercept and the price.
    ///
    /// `characteristics` holds the columns x_k one after the other. All lengths are multiples of [`LANES`].
    ///
    /// # Panics
    /// Where the lengths do not fit together.
    fn gumbel_utilities(characteristics: &[f64], tastes: &[f64], out: &mut [f64]) = gumbel_utilities_any
}

compiled_for_each! {
    /// The largest of `outside` and the `(base[j] + own[j]) - alpha price[j]`, and which it is, `None` for the outside option.
    ///
    /// Of equals the outside option and then the lowest number wins; a utility that is not a number never does.
    ///
    /// # Panics
    /// Where the lengths differ.
    fn largest_utility(
        base: &[f64],
        own: &[f64],
        price: &[f64],
        alpha: f64,
        outside: f64,
    ) -> (Option<usize>, f64) = largest_utility_of
}

compiled_for_each! {
    /// Eight buyers' choices at the uniforms `u`, as by [`Instructions::exp_utilities`] and [`Instructions::inverse_cdf`]
    /// for each of them. `cumulative` is room for one block of eight for each product.
    ///
    /// # Panics
    /// Where the lengths do not fit together.
    fn eight_by_inverse_cdf(
        products: ProductColumns<'_>,
        buyers: &Eight,
        u: &[f64; LANES],
        cumulative: &mut [f64],
    ) -> [Option<usize>; LANES] = eight_inverse_cdf
}

compiled_for_each! {
    /// Eight buyers' winners, as by [`Instructions::exp_utilities`] and [`Instructions::race`] for each of them; `speeds`
    /// holds one block of eight for each product, and `weights` has room for as many and keeps the weights.
    ///
    /// # Panics
    /// Where the lengths do not fit together.
    fn eight_by_race(
        products: ProductColumns<'_>,
        buyers: &Eight,
        speeds: &[f64],
        outside_speeds: &[f64; LANES],
        weights: &mut [f64],
    ) -> [Option<usize>; LANES] = eight_race
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

#[inline(always)]
fn gumbel_loop(u: &mut [f64]) {
    for v in u {
        *v = -ln(-ln(*v));
    }
}

/// Chooses the loop with the number of characteristics known at compile time: the utility then never leaves registers.
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
    macro_rules! fused {
        ($($count:literal)*) => {
            match tastes.len() {
                $($count => exp_utilities_of::<$count>(characteristics, base, price, tastes, alpha, out),)*
                _ => exp_utilities_many(characteristics, base, price, tastes, alpha, out),
            }
        };
    }
    fused!(0 1 2 3 4 5 6 7 8);
}

#[inline(always)]
fn exp_utilities_of<const K: usize>(
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
        for l in 0..LANES {
            let mut v = base[b][l];
            for k in 0..K {
                v = columns[k][b][l].mul_add(tastes[k], v);
            }
            out[b][l] = exp(price[b][l].mul_add(-alpha, v));
        }
    }
}

/// The same operations column by column, for any number of characteristics.
#[inline(always)]
fn exp_utilities_many(
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
        *v = exp(p.mul_add(-alpha, *v));
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
fn inverse_cdf_of(weights: &[f64], outside: f64, u: f64) -> Option<usize> {
    let target = u * weights.iter().fold(outside, |sum, w| sum + w);
    let mut sum = outside;
    if target < sum {
        return None;
    }
    for (j, weight) in weights.iter().enumerate() {
        sum += weight;
        if target < sum {
            return Some(j);
        }
    }
    // Rounding put the target on the total.
    weights.iter().rposition(|&w| w > 0.0)
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

/// Chooses the loop with the number of characteristics known at compile time.
#[inline(always)]
fn gumbel_utilities_any(characteristics: &[f64], tastes: &[f64], out: &mut [f64]) {
    assert!(out.len().is_multiple_of(LANES), "columns are padded");
    assert!(characteristics.len() == tastes.len() * out.len(), "one column for each taste");
    macro_rules! fused {
        ($($count:literal)*) => {
            match tastes.len() {
                $($count => gumbel_utilities_of::<$count>(characteristics, tastes, out),)*
                _ => gumbel_utilities_many(characteristics, tastes, out),
            }
        };
    }
    fused!(0 1 2 3 4 5 6 7 8);
}

#[inline(always)]
fn gumbel_utilities_of<const K: usize>(characteristics: &[f64], tastes: &[f64], out: &mut [f64]) {
    let (out, _) = out.as_chunks_mut::<LANES>();
    let n = out.len();
    let all = characteristics.as_chunks::<LANES>().0;
    let columns: [&[[f64; LANES]]; K] = std::array::from_fn(|k| &all[k * n..][..n]);
    let tastes: [f64; K] = std::array::from_fn(|k| tastes[k]);
    for b in 0..n {
        for l in 0..LANES {
            let mut v = -ln(-ln(out[b][l]));
            for k in 0..K {
                v = columns[k][b][l].mul_add(tastes[k], v);
            }
            out[b][l] = v;
        }
    }
}

/// The same operations column by column, for any number of characteristics.
#[inline(always)]
fn gumbel_utilities_many(characteristics: &[f64], tastes: &[f64], out: &mut [f64]) {
    gumbel_loop(out);
    for (column, taste) in characteristics.chunks_exact(out.len().max(1)).zip(tastes) {
        for (v, x) in out.iter_mut().zip(column) {
            *v = x.mul_add(*taste, *v);
        }
    }
}

#[inline(always)]
fn largest_utility_of(base: &[f64], own: &[f64], price: &[f64], alpha: f64, outside: f64) -> (Option<usize>, f64) {
    assert!(base.len() == own.len() && base.len() == price.len(), "one intercept and one price for each product");
    let mut best = [outside; LANES];
    // Block numbers as doubles, so that they move with the same vector masks as the values.
    let mut winner = [-1.0; LANES];
    let mut number = 0.0;
    let blocks = base.as_chunks::<LANES>().0.iter().zip(own.as_chunks::<LANES>().0).zip(price.as_chunks::<LANES>().0);
    for ((base, own), price) in blocks {
        for l in 0..LANES {
            let utility = price[l].mul_add(-alpha, base[l] + own[l]);
            let ahead = utility > best[l];
            best[l] = if ahead { utility } else { best[l] };
            winner[l] = if ahead { number } else { winner[l] };
        }
        number += 1.0;
    }
    leader_of(best, winner, outside)
}

/// Writes the eight buyers' weights of every product, one block for each.
///
/// In passes, first all utilities, then all exponentials: a processor keeps some hundred operations in flight, and
/// chains as short as these leave it enough independent ones.
#[inline(always)]
fn eight_weights(products: ProductColumns<'_>, buyers: &Eight, out: &mut [f64]) {
    let n = products.base.len();
    assert!(products.price.len() == n && products.brand.len() == n, "one price and one brand for each product");
    assert!(products.stride >= n, "columns as long as there are products");
    assert!(products.characteristics.len() == products.stride * buyers.tastes.len(), "one column for each taste");
    assert!(out.len() == n * LANES, "one block for each product");
    macro_rules! fused {
        ($($count:literal)*) => {
            match buyers.tastes.len() {
                $($count => eight_utilities_of::<$count>(products, buyers, out),)*
                _ => eight_utilities_many(products, buyers, out),
            }
        };
    }
    fused!(0 1 2 3 4 5 6 7 8);
    exp_loop(out);
}

/// Intercept of product j with the loyalty of those who own its brand.
#[inline(always)]
fn loyal_base(products: &ProductColumns<'_>, buyers: &Eight, j: usize) -> [f64; LANES] {
    let (base, brand) = (products.base[j], products.brand[j]);
    let mut v = [base; LANES];
    for l in 0..LANES {
        v[l] += if buyers.owned[l] == brand { buyers.loyalty[l] } else { 0.0 };
    }
    v
}

#[inline(always)]
fn eight_utilities_of<const K: usize>(products: ProductColumns<'_>, buyers: &Eight, out: &mut [f64]) {
    let n = products.base.len();
    let columns: [&[f64]; K] = std::array::from_fn(|k| &products.characteristics[k * products.stride..][..n]);
    let mut tastes = [[0.0; LANES]; K];
    tastes.copy_from_slice(&buyers.tastes);
    for (j, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut v = loyal_base(&products, buyers, j);
        for l in 0..LANES {
            for k in 0..K {
                v[l] = columns[k][j].mul_add(tastes[k][l], v[l]);
            }
            v[l] = products.price[j].mul_add(-buyers.alpha[l], v[l]);
        }
        *out = v;
        keep_lanes();
    }
}

/// Keeps the compiler from turning a loop over products into vectors of products (with scattered stores): the buyers are
/// the lanes already.
#[inline(always)]
fn keep_lanes() {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: no instruction at all, and declared to touch neither memory, stack nor flags.
    unsafe {
        std::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}

/// The same operations for any number of characteristics.
#[inline(always)]
fn eight_utilities_many(products: ProductColumns<'_>, buyers: &Eight, out: &mut [f64]) {
    for (j, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut v = loyal_base(&products, buyers, j);
        for (column, tastes) in products.characteristics.chunks_exact(products.stride).zip(&buyers.tastes) {
            for l in 0..LANES {
                v[l] = column[j].mul_add(tastes[l], v[l]);
            }
        }
        for l in 0..LANES {
            v[l] = products.price[j].mul_add(-buyers.alpha[l], v[l]);
        }
        *out = v;
    }
}

#[inline(always)]
fn eight_inverse_cdf(
    products: ProductColumns<'_>,
    buyers: &Eight,
    u: &[f64; LANES],
    cumulative: &mut [f64],
) -> [Option<usize>; LANES] {
    eight_weights(products, buyers, cumulative);
    let cumulative = cumulative.as_chunks_mut::<LANES>().0;
    let mut sum = buyers.outside;
    for block in &mut *cumulative {
        for l in 0..LANES {
            sum[l] += block[l];
        }
        *block = sum;
    }
    let mut target = *u;
    for l in 0..LANES {
        target[l] *= sum[l];
    }
    // Counting instead of searching: no branch to mispredict. Counts are exact doubles, to move with the vectors, in two
    // sums that do not wait for each other.
    let mut passed = [[0.0; LANES]; 2];
    for l in 0..LANES {
        passed[0][l] = if target[l] < buyers.outside[l] { 0.0 } else { 1.0 };
    }
    let (pairs, rest) = cumulative.as_chunks::<2>();
    for pair in pairs {
        for (passed, bound) in passed.iter_mut().zip(pair) {
            for l in 0..LANES {
                passed[l] += if target[l] < bound[l] { 0.0 } else { 1.0 };
            }
        }
    }
    for bound in rest {
        for l in 0..LANES {
            passed[0][l] += if target[l] < bound[l] { 0.0 } else { 1.0 };
        }
    }
    let mut choices = [None; LANES];
    for l in 0..LANES {
        let passed = (passed[0][l] + passed[1][l]) as usize;
        choices[l] = if passed > cumulative.len() {
            last_positive(cumulative, buyers.outside[l], l)
        } else {
            passed.checked_sub(1)
        };
    }
    choices
}

/// The last product that adds to a lane's cumulative weight: where rounding puts the target on the total.
#[cold]
fn last_positive(cumulative: &[[f64; LANES]], outside: f64, lane: usize) -> Option<usize> {
    (0..cumulative.len())
        .rev()
        .find(|&j| cumulative[j][lane] > j.checked_sub(1).map_or(outside, |i| cumulative[i][lane]))
}

#[inline(always)]
fn eight_race(
    products: ProductColumns<'_>,
    buyers: &Eight,
    speeds: &[f64],
    outside_speeds: &[f64; LANES],
    weights: &mut [f64],
) -> [Option<usize>; LANES] {
    assert!(speeds.len() == weights.len(), "one block of speeds for each product");
    eight_weights(products, buyers, weights);
    let speeds = speeds.as_chunks::<LANES>().0;
    let mut best = buyers.outside;
    for l in 0..LANES {
        best[l] *= outside_speeds[l];
    }
    let mut winner = [-1.0; LANES];
    let mut number = 0.0;
    for (weight, speed) in weights.as_chunks::<LANES>().0.iter().zip(speeds) {
        for l in 0..LANES {
            let arrival = weight[l] * speed[l];
            let ahead = arrival > best[l];
            best[l] = if ahead { arrival } else { best[l] };
            winner[l] = if ahead { number } else { winner[l] };
        }
        number += 1.0;
    }
    let mut winners = [None; LANES];
    for l in 0..LANES {
        if winner[l] >= 0.0 {
            winners[l] = Some(winner[l] as usize);
        }
    }
    winners
}

#[cfg(test)]
#[path = "choice_tests.rs"]
mod tests;
