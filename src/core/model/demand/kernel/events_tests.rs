//! Eight events side by side against each alone, at every number of products, for every instruction set of this processor.

use rand::RngExt;
use rand::rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::super::choice::{Column, Instructions, LANES};
use super::super::words::Plain;
use super::{Eight, EventDraws, GAP, MIDDLE, States, gumbel, gumbel_at};
use crate::model::demand::kernel::tests::lengths;
use crate::model::streams::{Purpose, Stream, Streams};
use crate::numerics::draws;

const AGENTS: [u64; LANES] = [0, 1, 7, 1 << 32, u64::MAX, 3, 3, 1 << 63];
const INDEXES: [u64; LANES] = [0, 0, 5, 9, u64::MAX, 2, 3, (1 << 32) - 1];

fn stream(number: usize) -> Stream {
    Streams::new(29, 0).at(Purpose::Parameter, number as u64, 0)
}

fn normal_like(stream: &mut Stream, n: usize, scale: f64) -> Vec<f64> {
    (0..n).map(|_| scale * (stream.uniform_open() + stream.uniform_open() - 1.0)).collect()
}

/// The next words of eight generators, on arrays.
fn next_words(states: &mut States) -> [u64; LANES] {
    let mut now = states.map(|row| Plain(row.0));
    // SAFETY: arrays need no particular processor.
    let words = unsafe { super::next_words(&mut now) };
    *states = now.map(|row| Eight(row.0));
    words.0
}

/// A number above the Gumbel draw at a place.
fn gumbel_above(place: u64) -> f64 {
    // SAFETY: arrays need no particular processor.
    unsafe { super::gumbel_above(Plain([place; LANES])) }.0[0]
}

/// The specification, one product after the other.
mod twin {
    use super::gumbel;

    pub fn own(characteristics: &[Vec<f64>], u: f64, tastes: &[f64], j: usize) -> f64 {
        characteristics.iter().zip(tastes).fold(gumbel(u), |v, (x, t)| x[j].mul_add(*t, v))
    }

    pub fn largest(base: &[f64], own: &[f64], price: &[f64], alpha: f64, outside: f64) -> (Option<usize>, f64) {
        let (mut lead, mut leader) = (outside, None);
        for j in 0..base.len() {
            let utility = price[j].mul_add(-alpha, base[j] + own[j]);
            if utility > lead {
                (lead, leader) = (utility, Some(j));
            }
        }
        (leader, lead)
    }
}

fn same_bits(a: (Option<usize>, f64), b: (Option<usize>, f64)) -> bool {
    a.0 == b.0 && a.1.to_bits() == b.1.to_bits()
}

#[test]
fn eight_generators_are_each_alone() {
    for streams in [Streams::new(0, 0), Streams::new(1995, 7), Streams::new(u64::MAX, u64::MAX)] {
        for purpose in Purpose::ALL {
            let mut eight = streams.at_eight(purpose, &AGENTS, &INDEXES);
            let words: Vec<[u64; LANES]> = (0..50).map(|_| next_words(&mut eight.0)).collect();
            for l in 0..LANES {
                let mut alone = streams.at(purpose, AGENTS[l], INDEXES[l]);
                assert!(words.iter().all(|words| words[l] == alone.next_u64()), "{purpose:?}, lane {l}");
            }
        }
    }
}

#[test]
fn addresses_are_permuted_alike_by_all_instruction_sets() {
    let expected = Instructions::portable().states_at([3, u64::MAX], 1, &AGENTS, &INDEXES);
    for instructions in Instructions::available() {
        assert_eq!(instructions.states_at([3, u64::MAX], 1, &AGENTS, &INDEXES), expected, "{}", instructions.name());
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

/// Bounds on every power of two that a uniform can be away from 1, at 8,192 places each, and at the ends of each: between neighbours a
/// bound less its draw moves by less than 1e-6, an eighth of what it keeps.
#[test]
fn bounds_lie_above_draws_and_by_less_than_the_gap() {
    const PLACES: u64 = if cfg!(miri) { 4 } else { 8192 };
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for power in 0..52 {
        let (from, cells) = (1_u64 << power, 1_u64 << power);
        let inside = (0..PLACES.min(cells))
            .map(|i| from + (u128::from(i) * u128::from(cells) / u128::from(PLACES.min(cells))) as u64);
        for place in inside.chain([from, from + 1, from + cells - 1]).map(|cell| super::ONE | cell & super::MANTISSA) {
            let above = gumbel_above(place) - gumbel_at(place);
            least = least.min(above);
            if place < MIDDLE {
                most = most.max(above);
            }
        }
    }
    assert!(least > 8e-6, "{least}");
    assert!(most < GAP - 1e-4, "{most}");
    // The uniform next to 1.
    assert!(gumbel_above(super::ONE) > gumbel_at(super::ONE));
}

#[test]
fn a_place_gives_back_the_uniform_of_its_word() {
    let mut draws = stream(1);
    for word in (0..1000).map(|_| draws.next_u64()).chain([0, u64::MAX]) {
        let place = word >> 12 ^ super::FROM_WORD;
        assert!(place != 0 && (place < MIDDLE) == (draws::open(word) > 0.5));
        assert_eq!(gumbel_at(place).to_bits(), gumbel(draws::open(word)).to_bits());
    }
}

/// Eight events among products with the columns `flat`, drawn with some instructions.
#[derive(Clone)]
struct Events<'a> {
    flat: &'a [f64],
    tastes: &'a [Eight<f64>],
    places: Vec<Eight<u64>>,
    above: Vec<f64>,
    gumbels: [f64; LANES],
}

impl<'a> Events<'a> {
    fn draw(
        instructions: Instructions,
        streams: &Streams,
        n: usize,
        flat: &'a [f64],
        tastes: &'a [Eight<f64>],
    ) -> Self {
        let mut states = streams.at_eight(Purpose::Taste, &AGENTS, &INDEXES).0;
        let (mut places, mut above) = (vec![Eight([0; LANES]); n], vec![0.0; n.next_multiple_of(LANES) * LANES]);
        let gumbels = instructions.draw_bounds(&mut states, flat, tastes, &mut places, &mut above);
        Self { flat, tastes, places, above, gumbels }
    }

    fn event(&mut self, lane: usize, outside: f64) -> EventDraws<'_> {
        let stride = self.above.len() / LANES;
        EventDraws {
            lane,
            above: &mut self.above[lane * stride..][..stride],
            places: &mut self.places,
            characteristics: self.flat,
            tastes: self.tastes,
            outside,
        }
    }
}

/// A market of `n` products drawn from a stream, `n` mod 12 characteristics; some are off sale by intercept and by price.
struct Market {
    characteristics: Vec<Vec<f64>>,
    flat: Vec<f64>,
    base: Column,
    price: Column,
}

fn market(n: usize, draws: &mut Stream) -> Market {
    let characteristics: Vec<Vec<f64>> = (0..n % 12).map(|_| normal_like(draws, n, 1.0)).collect();
    let (mut base, mut price) = (normal_like(draws, n, 3.0), normal_like(draws, n, 50.0));
    if n > 3 {
        base[n / 2] = f64::NEG_INFINITY;
        price[n / 3] = f64::INFINITY;
    }
    Market {
        flat: characteristics.iter().flat_map(|x| Column::new(x, 0.0).padded().to_vec()).collect(),
        characteristics,
        base: Column::new(&base, f64::NEG_INFINITY),
        price: Column::new(&price, 0.0),
    }
}

/// Words, outside draws, choices and utilities of eight events are those of each alone, under several prices in turn, whether the utility
/// is asked for first or last; and what was worked out is exact.
#[test]
fn eight_events_are_each_alone_at_every_length() {
    for n in lengths(0..=if cfg!(miri) { 9 } else { 140 }) {
        let mut draws = stream(4000 + n);
        let Market { characteristics, flat, base, price } = market(n, &mut draws);
        let k = characteristics.len();
        let tastes: Vec<Eight<f64>> =
            (0..k).map(|_| Eight(std::array::from_fn(|_| 2.0 * draws.uniform_open() - 1.0))).collect();
        let streams = Streams::new(17, n as u64);
        for instructions in Instructions::available() {
            let name = instructions.name();
            let mut events = Events::draw(instructions, &streams, n, &flat, &tastes);
            for lane in 0..LANES {
                let mut alone = streams.at(Purpose::Taste, AGENTS[lane], INDEXES[lane]);
                assert_eq!(
                    events.gumbels[lane].to_bits(),
                    gumbel(alone.uniform_open()).to_bits(),
                    "{name}, length {n}"
                );
                let own_tastes: Vec<f64> = tastes.iter().map(|row| row.0[lane]).collect();
                let own: Vec<f64> =
                    (0..n).map(|j| twin::own(&characteristics, alone.uniform_open(), &own_tastes, j)).collect();
                let above = events.event(lane, 0.0).above;
                assert!(own.iter().zip(above).all(|(own, above)| own < above), "{name}, length {n}");
                for (alpha, outside, value) in [
                    (0.03, 0.7, false),
                    (0.0, 2.0, true),
                    (0.05, f64::NEG_INFINITY, false),
                    (0.03, 50.0, true),
                    (0.04, 0.1, false),
                ] {
                    let expected = twin::largest(base.values(), &own, price.values(), alpha, outside);
                    let (base, price) = (base.padded(), price.padded());
                    if value {
                        let found = instructions.largest_utility(base, price, alpha, &mut events.event(lane, outside));
                        assert!(same_bits(found, expected), "{name}, length {n}: {found:?} and {expected:?}");
                    }
                    let option = instructions.largest_option(base, price, alpha, &mut events.event(lane, outside));
                    assert_eq!(option, expected.0, "{name}, length {n}");
                    let found = instructions.largest_utility(base, price, alpha, &mut events.event(lane, outside));
                    assert!(same_bits(found, expected), "{name}, length {n}: {found:?} and {expected:?}");
                }
                let EventDraws { above, places, .. } = events.event(lane, 0.0);
                for (j, own) in own.iter().enumerate().filter(|(j, _)| places[*j].0[lane] == 0) {
                    assert_eq!(above[j].to_bits(), own.to_bits(), "{name}, length {n}, product {j}");
                }
            }
        }
    }
}

/// Products all but alike: many bounds lie within the gap of the largest, and the exact utilities decide.
#[test]
fn what_bounds_cannot_tell_apart_is_worked_out() {
    let mut draws = stream(7);
    for group in lengths(0..=if cfg!(miri) { 9 } else { 199 }) {
        let n = 1 + group % 24;
        let streams = Streams::new(5, group as u64);
        for instructions in Instructions::available() {
            let drawn = Events::draw(instructions, &streams, n, &[], &[]);
            for lane in 0..LANES {
                let own: Vec<f64> = drawn.places.iter().map(|row| gumbel_at(row.0[lane])).collect();
                // Intercepts that leave all utilities within 1e-3 of each other, many of them equal or nearly so.
                let near: Vec<f64> = own.iter().map(|own| 1e-3 * draws.uniform_open().round() - own).collect();
                let (base, price) = (Column::new(&near, f64::NEG_INFINITY), Column::filled(n, 0.0));
                let outside = 1e-3 * f64::from(draws.random_range(0..2_u32));
                let expected = twin::largest(&near, &own, price.values(), 1.0, outside);
                let (mut first, mut second) = (drawn.clone(), drawn.clone());
                let found =
                    instructions.largest_utility(base.padded(), price.padded(), 1.0, &mut first.event(lane, outside));
                assert!(same_bits(found, expected), "{}: {found:?} and {expected:?}", instructions.name());
                let found =
                    instructions.largest_option(base.padded(), price.padded(), 1.0, &mut second.event(lane, outside));
                assert_eq!(found, expected.0, "{}", instructions.name());
            }
        }
    }
}

/// Small whole utilities, all known, so that many are equal.
#[test]
fn equal_utilities_go_to_the_outside_option_and_then_to_the_lowest_number() {
    for n in lengths(1..=40) {
        let mut draws = stream(5000 + n);
        for _ in 0..if cfg!(miri) { 2 } else { 50 } {
            let own: Vec<f64> = (0..n).map(|_| f64::from(draws.random_range(0..3_u32))).collect();
            let outside = f64::from(draws.random_range(0..3_u32));
            let (base, price) = (Column::new(&vec![0.0; n], f64::NEG_INFINITY), Column::filled(n, 0.0));
            let expected = twin::largest(base.values(), &own, price.values(), 1.0, outside);
            for instructions in Instructions::available() {
                let (mut padded, mut places) = (Column::new(&own, 0.0), vec![Eight([0; LANES]); n]);
                let mut event = EventDraws {
                    lane: 3,
                    above: padded.padded_mut(),
                    places: &mut places,
                    characteristics: &[],
                    tastes: &[],
                    outside,
                };
                let found = instructions.largest_utility(base.padded(), price.padded(), 1.0, &mut event);
                assert_eq!(found, expected, "{} {own:?} {outside}", instructions.name());
            }
        }
    }
}
