//! What many sweeps over the same buyers have in common: the part of utility that prices do not move, and exponentials at prices that most
//! products keep.

use super::{KernelPath, LANES, Row, exponentials};
use crate::model::demand::population::{Population, Products};

/// `delta_j + sum_k taste_ik x_jk` of every buyer and product: what is left of a utility at a price is one multiply-add.
#[derive(Clone, Debug)]
pub struct FixedUtility {
    delta: Vec<f64>,
    /// Block by block, product by product in the caller's order.
    rows: Vec<Row>,
}

impl FixedUtility {
    /// More numbers than this are not worth the memory they take: 64 MB.
    const MOST: usize = 1 << 23;

    /// That of these buyers and intercepts, to the bit what a sweep works out for itself; none where it would be very large.
    #[must_use]
    pub fn new(population: &Population, products: &Products, delta: &[f64]) -> Option<Self> {
        let count = population.block_count() * products.len();
        if count * LANES > Self::MOST {
            return None;
        }
        let mut rows = Vec::with_capacity(count);
        for block in 0..population.block_count() {
            fill(population.block(block), products, delta, &mut rows);
        }
        Some(Self { delta: delta.to_vec(), rows })
    }

    /// Whether these are its intercepts.
    #[must_use]
    pub fn is_of(&self, delta: &[f64]) -> bool {
        self.delta == delta
    }

    /// The rows, one for each product of a block, block by block.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// Exponentials of all buyers at some prices. A sweep at prices that differ in a few of them takes the others from here, to the bit.
#[derive(Debug, Default)]
pub struct Exponentials {
    delta: Vec<f64>,
    /// As buyers feel them.
    price: Vec<f64>,
    /// As those of [`FixedUtility`].
    rows: Vec<Row>,
}

/// A copy is a working space of its own, and empty.
impl Clone for Exponentials {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Exponentials {
    /// Makes them those at these prices as buyers feel them.
    pub(crate) fn fill(&mut self, population: &Population, fixed: &FixedUtility, price: &[f64], path: KernelPath) {
        if self.price != price || !self.is_of(fixed) {
            self.delta.clone_from(&fixed.delta);
            price.clone_into(&mut self.price);
            self.rows.resize(fixed.rows.len(), Row([0.0; LANES]));
            exponentials(population, price, &fixed.rows, &mut self.rows, path);
        }
    }

    fn is_of(&self, fixed: &FixedUtility) -> bool {
        self.delta == fixed.delta && self.rows.len() == fixed.rows.len()
    }

    /// The rows, and which products have another price than there; none where most have, or they are of other utilities.
    pub(crate) fn near(&self, fixed: &FixedUtility, price: &[f64]) -> Option<(&[Row], Vec<bool>)> {
        if !self.is_of(fixed) {
            return None;
        }
        let moved: Vec<bool> = self.price.iter().zip(price).map(|(here, there)| here != there).collect();
        let count = moved.iter().filter(|moved| **moved).count();
        (2 * count <= moved.len()).then_some((self.rows.as_slice(), moved))
    }
}

fn fill(block: &[f64], products: &Products, delta: &[f64], rows: &mut Vec<Row>) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("fma") && is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just said that it has both.
        return unsafe { fill_with_fma(block, products, delta, rows) };
    }
    fill_plain(block, products, delta, rows);
}

/// The same code compiled with the fused multiply-add that is otherwise emulated.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn fill_with_fma(block: &[f64], products: &Products, delta: &[f64], rows: &mut Vec<Row>) {
    fill_plain(block, products, delta, rows);
}

#[inline(always)]
fn fill_plain(block: &[f64], products: &Products, delta: &[f64], rows: &mut Vec<Row>) {
    let tastes = block[3 * LANES..].chunks_exact(LANES);
    for (j, &delta) in delta.iter().enumerate() {
        let mut row = [delta; LANES];
        for (&x, taste) in products.characteristics(j).iter().zip(tastes.clone()) {
            for (v, taste) in row.iter_mut().zip(taste) {
                *v = taste.mul_add(x, *v);
            }
        }
        rows.push(Row(row));
    }
}

#[cfg(test)]
mod tests {
    use super::{Exponentials, FixedUtility};
    use crate::model::demand::{
        BuyerColumns, DemandError, Execution, ExpectedDemand, KernelPath, OwnedBrands, Population, Products,
    };

    /// Sums with the fixed part of utility known have the bits of those without, for any number of tastes, odd blocks, utilities that
    /// overflow, and loyal buyers; demand with other intercepts does not use it.
    #[test]
    fn known_utilities_change_no_bit() -> Result<(), DemandError> {
        let wave = |n: usize, phase: f64| -> Vec<f64> { (0..n).map(|i| (0.7 * i as f64 + phase).sin()).collect() };
        let cases = [(1_u32, 0.0), (3, 0.0), (7, 0.0), (2, 900.0)];
        // An interpreter that looks for undefined behaviour takes a thousand times as long.
        for (tastes, overflow) in cases.into_iter().skip(if cfg!(miri) { 3 } else { 0 }) {
            let columns: Vec<Vec<f64>> = (0..tastes).map(|k| wave(77, f64::from(k))).collect();
            let response: Vec<f64> = wave(77, 0.3).iter().map(|x| 1.5 + x).collect();
            let population = Population::new(BuyerColumns {
                weight: &[1.0 / 77.0; 77],
                price_response: &response,
                outside_utility: Some(&wave(77, 2.0)),
                tastes: &columns.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            })?;
            let x: Vec<Vec<f64>> = (0..tastes).map(|k| wave(5, 1.0 + f64::from(k))).collect();
            let names = (0..5).map(|j| format!("car {j}")).collect();
            let products = Products::new(names, &x.iter().map(Vec::as_slice).collect::<Vec<_>>())?
                .with_loyalty(&[1, 0, 1, 0, 1], &[0.4, 1.1])?;
            let delta = [0.2, overflow, -0.3, 0.6, 0.1];
            let prices = [1.0, 0.8, 1.3, 0.9, 1.1];
            let fixed = FixedUtility::new(&population, &products, &delta).unwrap_or_else(|| panic!("it is small"));
            let owned = OwnedBrands::stationary(&population, &products, &delta, &prices)?;
            for kernel in [KernelPath::Auto, KernelPath::Scalar, KernelPath::Portable, KernelPath::Avx2] {
                let execution = Execution { kernel, ..Execution::SERIAL };
                let plain = ExpectedDemand::new(&population, &products, &delta, Some(&owned), execution)?;
                let layout = plain.pricing_layout(&[0, 0, 1, 1, 1], &[1.0, 0.2, 0.0, 1.0]);
                let sums = |demand: &ExpectedDemand<'_>| {
                    let sums = demand.pricing_sums(&layout, &prices, &[0.3, 0.1, 0.4, 0.2, 0.3]);
                    let all = sums.share.iter().chain(&sums.lambda).chain(&sums.cross).chain([&sums.outside]);
                    all.map(|sum| sum.to_bits()).collect::<Vec<_>>()
                };
                let known = plain.clone().with_fixed(&fixed);
                assert_eq!(sums(&known), sums(&plain), "{tastes} tastes, {kernel:?}");
                let alone = plain.pricing_sums(&layout, &prices, &[]).share;
                let bits: Vec<u64> = alone.iter().map(|share| share.to_bits()).collect();
                assert_eq!(bits, sums(&plain)[..5], "shares asked for alone");
                // Exponentials at other prices for two of the five, at the same ones, at others for most, and of other intercepts.
                let shares = |demand: &ExpectedDemand<'_>, prices: &[f64]| {
                    let shares = demand.shares(prices);
                    let all = shares.product.iter().chain([&shares.outside]);
                    all.map(|share| share.to_bits()).collect::<Vec<_>>()
                };
                let mut near = Exponentials::default();
                for there in [[1.0, 0.9, 1.3, 0.9, 2.0], prices, [2.0; 5]] {
                    known.stay_near(&there, &mut near);
                    assert_eq!(near.near(&fixed, &prices).is_some(), there != [2.0; 5]);
                    assert_eq!(
                        shares(&known.with_near(&near), &prices),
                        shares(&plain, &prices),
                        "{tastes}, {kernel:?}"
                    );
                }
                near.delta[0] += 1.0;
                assert!(near.near(&fixed, &[2.0; 5]).is_none());
                let moved = [0.2, overflow, -0.3, 0.6, 0.2];
                let other = ExpectedDemand { delta: &moved, ..known };
                // Where one model is all that is bought the last of them does not matter.
                assert_eq!(sums(&other) == sums(&plain), overflow > 0.0);
            }
        }
        Ok(())
    }
}
