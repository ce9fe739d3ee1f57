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

/// Cells of the unit interval that points tell apart.
const CELLS: f64 = 4_294_967_296.0;

impl SobolSequence {
    /// The next `points` points of a scrambled sequence as columns, one for each dimension: the numbers of the iterator, with the coordinates of one
    /// dimension scrambled together by `scramble`, which does to each what [`scramble`] does.
    pub fn columns(&mut self, points: usize, scramble: impl Fn(&mut [u32], u64)) -> Vec<Vec<f64>> {
        let keys = self.keys.as_deref().unwrap_or_default();
        let mut bits = vec![Vec::with_capacity(points); keys.len()];
        for point in self.points.by_ref().take(points) {
            bits.iter_mut().zip(point).for_each(|(column, bits)| column.push(bits));
        }
        let columns = bits.into_iter().zip(keys).map(|(mut column, key)| {
            scramble(&mut column, *key);
            column.into_iter().map(middle).collect()
        });
        columns.collect()
    }
}

/// The middle of a cell.
fn middle(cell: u32) -> f64 {
    (f64::from(cell) + 0.5) / CELLS
}

impl Iterator for SobolSequence {
    type Item = Vec<f64>;

    fn next(&mut self) -> Option<Vec<f64>> {
        let point = self.points.next()?;
        Some(match &self.keys {
            None => point.iter().map(|bits| f64::from(*bits) / CELLS).collect(),
            Some(keys) => {
                let unit = |(bits, key): (&u32, &u64)| middle(scramble(*bits, *key));
                point.iter().zip(keys).map(unit).collect()
            }
        })
    }
}

/// Owen's nested uniform scrambling: bit l is flipped by a coin that depends on the l bits above it.
#[must_use]
pub fn scramble(bits: u32, key: u64) -> u32 {
    bits ^ (0..32).fold(0, |flipped, level| flipped | flip(bits, key, level)) as u32
}

/// The bit below the first `level` ones, if its coin flips it.
#[inline(always)]
#[must_use]
pub fn flip(bits: u32, key: u64, level: u32) -> u64 {
    let above = u64::from(bits) >> (32 - level);
    (splitmix64(key ^ splitmix64((u64::from(level) << 32) | above)) & 1) << (31 - level)
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
    fn columns_are_the_points_of_the_iterator() {
        let points: Vec<Vec<f64>> = SobolSequence::scrambled(3, 5).unwrap().take(100).collect();
        let mut sequence = SobolSequence::scrambled(3, 5).unwrap();
        let mut columns = vec![Vec::new(); 3];
        for points in [64, 36] {
            let next = sequence.columns(points, |bits, key| bits.iter_mut().for_each(|b| *b = scramble(*b, key)));
            columns.iter_mut().zip(next).for_each(|(column, next)| column.extend(next));
        }
        let across: Vec<Vec<f64>> = (0..100).map(|i| columns.iter().map(|column| column[i]).collect()).collect();
        assert_eq!(across, points);
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
