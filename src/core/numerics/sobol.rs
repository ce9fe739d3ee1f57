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
    /// Direction numbers of each dimension.
    directions: Vec<Vec<u32>>,
    /// Bits of the last point; of the origin before there is one.
    last: Vec<u32>,
    /// Number of the next point.
    next: u32,
    /// The coins of each dimension; none for plain points.
    coins: Option<Vec<Coins>>,
}

/// The coins that scramble one dimension, addressed by level and leading bits. Those of the first levels can stand in a table: points that
/// have their leading bits in common share them.
#[derive(Clone, Debug)]
pub struct Coins {
    key: u64,
    levels: u32,
    /// Bits flipped on the first `levels` levels, by the `levels - 1` leading bits; a single 0 where there are none.
    tabulated: Vec<u32>,
}

impl Coins {
    /// Those of a key, none of them in the table.
    #[must_use]
    pub fn of(key: u64) -> Self {
        Self { key, levels: 0, tabulated: vec![0] }
    }

    /// The same with the coins of the first `levels`, 1 to 32, in the table; `scramble` does to each coordinate what [`Coins::scramble`] does.
    #[must_use]
    pub fn with_table(self, levels: u32, scramble: impl Fn(&mut [u32], &Self)) -> Self {
        let plain: Vec<u32> = (0..1_u64 << (levels - 1)).map(|leading| (leading << (33 - levels)) as u32).collect();
        let mut scrambled = plain.clone();
        scramble(&mut scrambled, &self);
        let first = u32::MAX << (32 - levels);
        let tabulated = plain.iter().zip(&scrambled).map(|(plain, scrambled)| (plain ^ scrambled) & first).collect();
        Self { key: self.key, levels, tabulated }
    }

    /// The first level whose coins are tossed when they are asked for.
    #[inline(always)]
    #[must_use]
    pub fn first_tossed(&self) -> u32 {
        self.levels
    }

    /// The bits flipped on the levels before [`Coins::first_tossed`].
    #[inline(always)]
    #[must_use]
    pub fn known(&self, bits: u32) -> u32 {
        self.tabulated[(u64::from(bits) >> (33 - self.levels)) as usize]
    }

    /// The bit below the first `level` ones, if its coin flips it.
    #[inline(always)]
    #[must_use]
    pub fn flip(&self, bits: u32, level: u32) -> u64 {
        let above = u64::from(bits) >> (32 - level);
        lowest_bit(self.key ^ splitmix64((u64::from(level) << 32) | above)) << (31 - level)
    }

    /// Owen's nested uniform scrambling: bit l is flipped by a coin that depends on the l bits above it.
    #[must_use]
    pub fn scramble(&self, bits: u32) -> u32 {
        let tossed = (self.levels..32).fold(0, |flipped, level| flipped | self.flip(bits, level)) as u32;
        bits ^ self.known(bits) ^ tossed
    }
}

/// The lowest bit of [`splitmix64`]: of its last product it takes the lower half alone.
#[inline(always)]
fn lowest_bit(z: u64) -> u64 {
    const LOWER_HALF: u64 = 0xffff_ffff;
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = ((z ^ (z >> 27)) & LOWER_HALF) * (0x94d0_49bb_1331_11eb & LOWER_HALF);
    (z ^ (z >> 31)) & 1
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
        let directions = Sobol::<u32>::init_direction_vals(dimensions, u32::BITS as usize, &numbers);
        Ok(Self { directions, last: vec![0; dimensions], next: 0, coins: None })
    }

    /// The points scrambled by `key`, midpoints of the 2^32 cells of (0, 1).
    ///
    /// # Errors
    /// [`TooManyDimensions`] above 1000.
    pub fn scrambled(dimensions: usize, key: u64) -> Result<Self, TooManyDimensions> {
        let plain = Self::plain(dimensions)?;
        let coins =
            (0..dimensions as u64).map(|d| Coins::of(splitmix64(splitmix64(key) ^ splitmix64(d + 1)))).collect();
        Ok(Self { coins: Some(coins), ..plain })
    }

    /// The same with a table of the first coins of each dimension, of as many levels as so many points pay for; `scramble` as in
    /// [`SobolSequence::columns`].
    #[must_use]
    pub fn for_points(self, points: usize, scramble: impl Fn(&mut [u32], &Coins)) -> Self {
        let levels = (points / TABLE_PAYS).checked_ilog2().unwrap_or(0).min(MOST_LEVELS);
        if levels == 0 {
            return self;
        }
        let tabulated = |coins: Coins| coins.with_table(levels, &scramble);
        Self { coins: self.coins.map(|coins| coins.into_iter().map(tabulated).collect()), ..self }
    }
}

/// A table of n levels is made for at least this many times 2^n points: making it scrambles 2^(n-1) more.
const TABLE_PAYS: usize = 16;
/// Most levels of coins in a table: it stays in the cache.
const MOST_LEVELS: u32 = 11;

/// Cells of the unit interval that points tell apart.
const CELLS: f64 = 4_294_967_296.0;

impl SobolSequence {
    /// The next `points` points of a scrambled sequence as columns, one for each dimension: the numbers of the iterator, with the coordinates of one
    /// dimension scrambled together by `scramble`, which does to each what [`Coins::scramble`] does.
    pub fn columns(&mut self, points: usize, scramble: impl Fn(&mut [u32], &Coins)) -> Vec<Vec<f64>> {
        let Some(coins) = &self.coins else { return Vec::new() };
        let end = self.next.saturating_add(u32::try_from(points).unwrap_or(u32::MAX));
        let dimensions = self.last.iter_mut().zip(&self.directions).zip(coins);
        let columns = dimensions.map(|((last, directions), coins)| {
            let mut column: Vec<u32> = (self.next..end).map(|point| step(last, point, directions)).collect();
            scramble(&mut column, coins);
            column.into_iter().map(middle).collect()
        });
        let columns = columns.collect();
        self.next = end;
        columns
    }
}

/// Goes from the point before to `point` in one dimension, and gives its bits: in the order of Gray's code the two differ by one direction.
fn step(last: &mut u32, point: u32, directions: &[u32]) -> u32 {
    if let Some(before) = point.checked_sub(1) {
        *last ^= directions[before.trailing_ones() as usize];
    }
    *last
}

/// The middle of a cell.
fn middle(cell: u32) -> f64 {
    (f64::from(cell) + 0.5) / CELLS
}

impl Iterator for SobolSequence {
    type Item = Vec<f64>;

    fn next(&mut self) -> Option<Vec<f64>> {
        let point = self.next;
        self.next = point.checked_add(1)?;
        let dimensions = self.last.iter_mut().zip(&self.directions);
        let bits = dimensions.map(|(last, directions)| step(last, point, directions));
        Some(match &self.coins {
            None => bits.map(|bits| f64::from(bits) / CELLS).collect(),
            Some(coins) => bits.zip(coins).map(|(bits, coins)| middle(coins.scramble(bits))).collect(),
        })
    }
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

    fn each(bits: &mut [u32], coins: &Coins) {
        bits.iter_mut().for_each(|bits| *bits = coins.scramble(*bits));
    }

    #[test]
    fn a_tabulated_coin_is_the_one_that_would_be_tossed() {
        for levels in [1, 2, 11, 15] {
            let plain = Coins::of(splitmix64(77));
            let tabulated = plain.clone().with_table(levels, each);
            assert_eq!((plain.first_tossed(), tabulated.first_tossed()), (0, levels));
            let bits = (0..5000_u64).map(|i| splitmix64(i) as u32).chain([0, 1, u32::MAX, 1 << 31, (1 << 31) - 1]);
            bits.for_each(|bits| assert_eq!(tabulated.scramble(bits), plain.scramble(bits), "{bits:#x}, {levels}"));
        }
        let sequence = |points| SobolSequence::scrambled(3, 5).unwrap().for_points(points, each);
        for points in [1, 31, 64, 40_000] {
            let own: Vec<Vec<f64>> = sequence(points).take(200).collect();
            assert_eq!(own, SobolSequence::scrambled(3, 5).unwrap().take(200).collect::<Vec<_>>(), "{points}");
        }
    }

    #[test]
    fn the_lowest_bit_is_that_of_the_whole_hash() {
        for z in (0..10_000).map(splitmix64).chain([u64::MAX, 1 << 63]) {
            assert_eq!(lowest_bit(z), splitmix64(z) & 1, "{z:#x}");
        }
    }

    #[test]
    fn points_are_those_of_the_crate_whose_direction_numbers_they_take() {
        let crates = Sobol::<u32>::new(60, &JoeKuoD6::minimal());
        for (point, bits) in SobolSequence::plain(60).unwrap().zip(crates).take(3000) {
            assert_eq!(point, bits.iter().map(|bits| f64::from(*bits) / CELLS).collect::<Vec<_>>());
        }
    }

    #[test]
    fn columns_are_the_points_of_the_iterator() {
        let points: Vec<Vec<f64>> = SobolSequence::scrambled(3, 5).unwrap().take(100).collect();
        let mut sequence = SobolSequence::scrambled(3, 5).unwrap();
        let mut columns = vec![Vec::new(); 3];
        for points in [64, 36] {
            let next = sequence.columns(points, each);
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
