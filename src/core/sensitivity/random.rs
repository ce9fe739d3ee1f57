//! Random numbers of designs and bootstraps: one stream for each seed, purpose and index. Every number is a seed, 0 included.

use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};

/// What a stream is for. The numbers are part of every design: none is reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum DesignPurpose {
    /// Key of the scrambling of a Sobol' sequence.
    Scramble = 1,
    /// Cells and places of a Latin hypercube; the index is the column.
    Latin = 2,
    /// Trajectories; the index is the set.
    Trajectory = 3,
    /// Phases of search curves; the index is the curve.
    Phase = 4,
    /// Units of bootstrap resamples; the index is the parameter where parameters are resampled apart.
    Bootstrap = 5,
}

/// A stream of random numbers.
#[derive(Debug)]
pub struct DesignStream(ChaCha8Rng);

impl DesignStream {
    /// The stream at an address: four numbers fill the generator's key, so another address is another stream.
    #[must_use]
    pub fn at(seed: u64, purpose: DesignPurpose, index: u64) -> Self {
        const AREA: u64 = u64::from_le_bytes(*b"sensitiv");
        let mut key = [0; 32];
        for (slot, part) in key.chunks_exact_mut(8).zip([seed, purpose as u64, index, AREA]) {
            slot.copy_from_slice(&part.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A word.
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number of (0, 1): the midpoint of one of 2^52 cells.
    pub fn uniform(&mut self) -> f64 {
        ((self.word() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// A number below `bound`, all equally likely up to `bound` / 2^64; 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.word()) * bound as u128) >> 64) as usize
    }

    /// Puts `items` in random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_repeats_and_its_parts_count() {
        let word = |seed, purpose, index| DesignStream::at(seed, purpose, index).word();
        assert_eq!(word(0, DesignPurpose::Latin, 0), word(0, DesignPurpose::Latin, 0));
        let words = [
            word(0, DesignPurpose::Latin, 0),
            word(1, DesignPurpose::Latin, 0),
            word(0, DesignPurpose::Phase, 0),
            word(0, DesignPurpose::Latin, 1),
        ];
        for (i, first) in words.iter().enumerate() {
            assert!(words[i + 1..].iter().all(|other| other != first));
        }
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<usize> = (0..100).collect();
        DesignStream::at(3, DesignPurpose::Latin, 0).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
