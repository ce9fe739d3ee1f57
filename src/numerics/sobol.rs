//! Sobol' points with Joe and Kuo's direction numbers (new-joe-kuo-6), plain or scrambled.
//!
//! Scrambling is Owen's nested uniform one (Owen 1995): in each dimension bit l of a point is flipped by a coin that
//! depends on the l bits above it, here a hash of (key, dimension, level, leading bits). It keeps every stratification of the
//! net and makes each point uniform, so that means are unbiased. The first 2^m points of a key are the first of its
//! 2^(m+1) points: a design can grow. Points have 32 bits, so a sequence has at most 2^32 - 1 of them.

use rand_philox::splitmix64;
use sobol::{Sobol, params::JoeKuoD6};

/// More dimensions than there are direction numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{needed} dimensions are needed, the Sobol' sequence has {available}")]
pub struct TooManyDimensions {
    /// Dimensions needed.
    pub needed: usize,
    /// Dimensions available.
    pub available: usize,
}

/// A Sobol' sequence: an iterator over points of the unit cube, one coordinate for each dimension.
pub struct SobolSequence {
    points: Sobol<u32>,
    /// One key for each dimension; none for plain points.
    keys: Option<Vec<u64>>,
}

impl SobolSequence {
    /// The plain points, multiples of 2^-32 in [0, 1), the origin first.
    ///
    /// # Errors
    /// [`TooManyDimensions`] above 1000.
    pub fn plain(dimensions: usize) -> Result<Self, TooManyDimensions> {
        let few = JoeKuoD6::minimal();
        let numbers = if dimensions <= few.max_dims { few } else { JoeKuoD6::standard() };
        if dimensions > numbers.max_dims {
            return Err(TooManyDimensions { needed: dimensions, available: numbers.max_dims });
        }
        Ok(Self { points: Sobol::new(dimensions, &numbers), keys: None })
    }

    /// The points scrambled by `key`, midpoints of the 2^32 cells of (0, 1).
    ///
    /// # Errors
    /// [`TooManyDimensions`] above 1000.
    pub fn scrambled(dimensions: usize, key: u64) -> Result<Self, TooManyDimensions> {
        let plain = Self::plain(dimensions)?;
        let keys = (0..dimensions as u64).map(|d| splitmix64(splitmix64(key) ^ splitmix64(d + 1))).collect();
        Ok(Self { keys: Some(keys), ..plain })
    }
}

impl Iterator for SobolSequence {
    type Item = Vec<f64>;

    fn next(&mut self) -> Option<Vec<f64>> {
        const CELLS: f64 = 4_294_967_296.0;
        let point = self.points.next()?;
        Some(match &self.keys {
            None => point.iter().map(|bits| f64::from(*bits) / CELLS).collect(),
            Some(keys) => {
                let unit = |(bits, key): (&u32, &u64)| (f64::from(scramble(*bits, *key)) + 0.5) / CELLS;
                point.iter().zip(keys).map(unit).collect()
            }
        })
    }
}

/// Owen's nested uniform scrambling: bit l is flipped by a coin that depends on the l bits above it.
fn scramble(bits: u32, key: u64) -> u32 {
    let mut flipped = 0;
    for level in 0..32_u32 {
        let above = if level == 0 { 0 } else { bits >> (32 - level) };
        let coin = splitmix64(key ^ splitmix64((u64::from(level) << 32) | u64::from(above))) & 1;
        flipped |= (coin as u32) << (31 - level);
    }
    bits ^ flipped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A net keeps its stratification under nested scrambling: 2^m points hit every interval of length 2^-m once.
    #[test]
    fn scrambling_keeps_every_dyadic_interval_of_the_net() {
        for key in [0, 1, 99] {
            let mut hits = vec![[0_u32; 256]; 3];
            for point in SobolSequence::scrambled(3, key).unwrap().take(256) {
                for (d, u) in point.iter().enumerate() {
                    hits[d][(u * 256.0) as usize] += 1;
                }
            }
            assert!(hits.iter().flatten().all(|count| *count == 1));
        }
    }

    #[test]
    fn different_keys_and_dimensions_scramble_differently() {
        let first = |key| SobolSequence::scrambled(2, key).unwrap().next().unwrap();
        assert_ne!(first(1), first(2));
        assert_ne!(first(1)[0], first(1)[1]);
        assert_eq!(first(7), first(7));
    }

    #[test]
    fn dimensions_beyond_the_direction_numbers_are_refused() {
        assert!(SobolSequence::plain(1000).is_ok());
        let refused = TooManyDimensions { needed: 1001, available: 1000 };
        assert_eq!(SobolSequence::scrambled(1001, 0).err(), Some(refused));
    }
}
