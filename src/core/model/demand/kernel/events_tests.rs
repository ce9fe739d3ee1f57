//! Eight events side by side against each alone, at every number of products, for every instruction set of this processor.

use rand::rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::super::choice::{Instructions, LANES};
use super::super::words::Plain;
use super::{Eight, EightAddresses, GAP, Idiosyncratic, ProductColumns, States, gumbel, gumbel_of, is_close};
use crate::model::streams::{Purpose, Streams};

const AGENTS: [u64; LANES] = [0, 1, 7, 1 << 32, u64::MAX, 3, 3, 1 << 63];
const INDEXES: [u64; LANES] = [0, 0, 5, 9, u64::MAX, 2, 3, (1 << 32) - 1];

/// The next words of eight generators, on arrays.
fn next_words(states: &mut States) -> [u64; LANES] {
    let mut now = states.map(|row| Plain(row.0));
    // SAFETY: arrays need no particular processor.
    let words = unsafe { super::next_words(&mut now) };
    *states = now.map(|row| Eight(row.0));
    words.0
}

/// A number above the Gumbel draw of a word, by the lower halves and by the upper ones.
fn gumbel_above(word: u64) -> f64 {
    // SAFETY: arrays need no particular processor.
    let [first, second] = unsafe {
        [
            super::gumbel_above(Plain([word; LANES]), Plain([0; LANES])),
            super::gumbel_above(Plain([0; LANES]), Plain([word; LANES])),
        ]
    };
    assert_eq!(first.0[0].to_bits(), second.0[1].to_bits());
    f64::from(first.0[0])
}

#[test]
fn eight_generators_are_each_alone() {
    for streams in [Streams::new(0, 0), Streams::new(1995, 7), Streams::new(u64::MAX, u64::MAX)] {
        for purpose in Purpose::ALL {
            let mut eight = streams.at_eight(purpose, &AGENTS, &INDEXES);
            let words: Vec<[u64; LANES]> = (0..50).map(|_| next_words(&mut eight.0)).collect();
            for l in 0..LANES {
                let mut state = streams.at_eight(purpose, &AGENTS, &INDEXES).0.map(|row| row.0[l]);
                assert!(words.iter().all(|words| words[l] == super::next_word(&mut state)), "{purpose:?}, lane {l}");
                let mut alone = streams.at(purpose, AGENTS[l], INDEXES[l]);
                assert!(words.iter().all(|words| words[l] == alone.next_u64()), "{purpose:?}, lane {l}");
            }
        }
    }
}

#[test]
fn addresses_are_permuted_alike_by_all_instruction_sets() {
    let addresses = EightAddresses { world: [3, u64::MAX], purpose: 1, agents: AGENTS, indexes: INDEXES };
    let expected = Instructions::portable().states_at(&addresses);
    for instructions in Instructions::available() {
        assert_eq!(instructions.states_at(&addresses), expected, "{}", instructions.name());
    }
}

/// Four words of one.
fn other_state() -> [u8; 32] {
    std::array::from_fn(|byte| u8::from(byte % 8 == 0))
}

/// No address of the state zero is known, so what replaces it is compared alone.
#[test]
fn the_state_zero_is_replaced_as_by_the_generator() {
    let mut states = [Eight([0, 1, 0, 0, 0, 0, 0, 0]); 4];
    super::replace_zeros(&mut states);
    let mut alone = [Xoshiro256PlusPlus::from_seed([0; 32]), Xoshiro256PlusPlus::from_seed(other_state())];
    for _ in 0..10 {
        let [zero, other] = alone.each_mut().map(Rng::next_u64);
        assert_eq!(next_words(&mut states), [zero, other, zero, zero, zero, zero, zero, zero]);
    }
}

/// Bounds at every power of two of 1 - u in steps of 2^-32, at 8,192 places each and at both ends of each, and at both ends of a step:
/// between neighbours a bound less its draw moves by less than 2e-6.
#[test]
fn bounds_lie_above_draws_and_by_less_than_the_gap() {
    const PLACES: u64 = if cfg!(miri) { 4 } else { 8192 };
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for power in 0..32 {
        let (from, steps) = (1_u64 << power, 1_u64 << power);
        let inside = (0..PLACES.min(steps)).map(|i| from + i * steps / PLACES.min(steps));
        for step in inside.chain([from, from + steps - 1]) {
            for rest in [0, (1 << 32) - 1] {
                let word = !(step << 32 | rest);
                let above = gumbel_above(word) - gumbel_of(word);
                least = least.min(above);
                if is_close(word) {
                    most = most.max(above);
                }
            }
        }
    }
    assert!(least > 4e-6, "{least}");
    assert!(most < GAP - 5e-6, "{most}");
    // The uniforms next to 1, in the last step.
    for rest in [0, 1, 1 << 12, 1 << 31, (1 << 32) - 1] {
        assert!(gumbel_above(!rest) > gumbel_of(!rest) && !is_close(!rest));
    }
    // Where most draws are, every one is close.
    assert!([0.3, 0.5, 0.9, 0.999, 0.999_99].iter().all(|u| is_close((u * 2_f64.powi(64)) as u64)));
    assert!(!is_close((0.2 * 2_f64.powi(64)) as u64));
}

/// Every set of instructions gives the bits of arrays, at all numbers of characteristics and products.
#[test]
fn bounds_are_the_same_on_all_vectors() {
    for (products, columns) in [(1, 0), (2, 3), (15, 1), (16, 2), (17, 8), (40, 3), (41, 9), (64, 4), (65, 11)] {
        let x: Vec<Vec<f64>> =
            (0..columns).map(|k| (0..products).map(|j| ((7 * j + 3 * k) % 11) as f64 / 7.0 - 0.4).collect()).collect();
        let x: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
        let table = ProductColumns::new(products, &x);
        let tastes: Vec<Vec<f64>> =
            (0..LANES).map(|l| (0..columns).map(|k| (k * 5 + l) as f64 / 9.0 - 1.1).collect()).collect();
        let tastes: [&[f64]; LANES] = std::array::from_fn(|l| tastes[l].as_slice());
        let outside = [0.3, -1.0, 0.0, 5.0, f64::NEG_INFINITY, 1e9, -1e9, 2.0];
        let addresses = Streams::new(3, 5).eight_addresses(Purpose::Taste, AGENTS, INDEXES);
        let draw = |instructions: Instructions| {
            let mut room = Idiosyncratic::new(&table);
            instructions.draw(&addresses, &table, &tastes, &outside, &mut room);
            room
        };
        let expected = draw(Instructions::portable());
        for instructions in Instructions::available() {
            let mut room = draw(instructions);
            assert_eq!(room, expected, "{}, {products} products", instructions.name());
            for (l, outside) in outside.into_iter().enumerate() {
                let mut alone = Streams::new(3, 5).at(Purpose::Taste, AGENTS[l], INDEXES[l]);
                let utility = outside + gumbel(alone.uniform_open());
                assert!((room.outside_below.0[l]..=room.outside_above.0[l]).contains(&utility));
                assert_eq!(instructions.outside_utility(&mut room, l).to_bits(), utility.to_bits());
            }
        }
    }
}

/// Normal draws end in wedges and tails now and then: each stream goes on where it would alone.
#[test]
fn eight_normal_and_uniform_draws_are_each_alone() {
    let draws = if cfg!(miri) { 20 } else { 5_000 };
    for instructions in Instructions::available() {
        let mut eight = Streams::new(8, 1).at_eight(Purpose::Population, &AGENTS, &INDEXES).0;
        let mut alone: Vec<_> =
            (0..LANES).map(|l| Streams::new(8, 1).at(Purpose::Population, AGENTS[l], INDEXES[l])).collect();
        for draw in 0..draws {
            let expected: Vec<u64> = alone.iter_mut().map(|stream| stream.standard_normal().to_bits()).collect();
            assert_eq!(instructions.normals(&mut eight).map(f64::to_bits).as_slice(), expected, "draw {draw}");
            let expected: Vec<u64> = alone.iter_mut().map(|stream| stream.uniform_open().to_bits()).collect();
            assert_eq!(instructions.uniforms(&mut eight).map(f64::to_bits).as_slice(), expected, "draw {draw}");
        }
    }
}
