//! Choices at sight against those of the exact utilities, at every number of products, for every instruction set of this processor.

use rand::RngExt;

use super::super::choice::{Instructions, LANES};
use super::{Asked, PriceStep, Questions, Seen, Sight};
use crate::model::demand::kernel::events::{Idiosyncratic, ProductColumns, gumbel_of};
use crate::model::demand::kernel::term::Term;
use crate::model::demand::kernel::tests::lengths;
use crate::model::streams::{Purpose, Stream, Streams};
use crate::numerics::draws;
use crate::numerics::elementary::ln;

const AGENTS: [u64; LANES] = [0, 1, 7, 1 << 32, u64::MAX, 3, 3, 1 << 63];
const INDEXES: [u64; LANES] = [0, 0, 5, 9, u64::MAX, 2, 3, (1 << 32) - 1];

fn stream(number: usize) -> Stream {
    Streams::new(29, 0).at(Purpose::Parameter, number as u64, 0)
}

fn normal_like(stream: &mut Stream, n: usize, scale: f64) -> Vec<f64> {
    (0..n).map(|_| scale * (stream.uniform_open() + stream.uniform_open() - 1.0)).collect()
}

/// The specification, one product after the other.
mod twin {
    use super::ln;

    pub fn gumbel(u: f64) -> f64 {
        -ln(-ln(u))
    }

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

/// Eight events in front of products: what they add to utilities, worked out one by one, and the room that holds them from above.
struct Events {
    products: ProductColumns,
    own: Vec<Vec<f64>>,
    outside: [f64; LANES],
    room: Idiosyncratic,
}

impl Events {
    fn draw(
        instructions: Instructions,
        seed: u64,
        n: usize,
        columns: &[Vec<f64>],
        tastes: &[Vec<f64>],
        outside: [f64; LANES],
    ) -> Self {
        let streams = Streams::new(17, seed);
        let x: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let products = ProductColumns::new(n, &x);
        let mut room = Idiosyncratic::new(&products);
        let eight: [&[f64]; LANES] = std::array::from_fn(|l| tastes[l].as_slice());
        let addresses = streams.eight_addresses(Purpose::Taste, AGENTS, INDEXES);
        instructions.draw(&addresses, &products, &eight, &outside, &mut room);
        let mut events = Self { products, own: Vec::new(), outside, room };
        for l in 0..LANES {
            let mut alone = streams.at(Purpose::Taste, AGENTS[l], INDEXES[l]);
            events.outside[l] += twin::gumbel(alone.uniform_open());
            events.own.push((0..n).map(|j| twin::own(columns, alone.uniform_open(), &tastes[l], j)).collect());
        }
        events
    }

    /// Asks all eight about these terms, side by side and each alone, and about the prices `before` with what was seen at `price`.
    fn check(&mut self, instructions: Instructions, base: &Term, [price, before]: [&Term; 2], alpha: f64, what: &str) {
        let what = format!("{}, {} products, {what}", instructions.name(), self.products.products());
        let mut seen = Seen::default();
        let (bases, alphas) = ([base; LANES], [alpha; LANES]);
        let questions = Questions { room: &self.room, first: 0, base: &bases, alpha: &alphas, price };
        instructions.see_eight(&questions, &mut seen);
        let (asked, asked_before) = (Asked { base, price, alpha }, Asked { base, price: before, alpha });
        let change = PriceStep::new(price, before);
        let at_sight =
            [instructions.at_sight(&seen, &alphas, None), instructions.at_sight(&seen, &alphas, Some(&change))];
        let fresh = self.room.clone();
        for l in 0..LANES {
            let expected = twin::largest(base.values(), &self.own[l], price.values(), alpha, self.outside[l]);
            let expected_before = twin::largest(base.values(), &self.own[l], before.values(), alpha, self.outside[l]);
            for (at_sight, expected, change) in
                [(&at_sight[0], expected, None), (&at_sight[1], expected_before, Some(&change))]
            {
                let verdict = seen.verdict(l, alpha, change);
                let side_by_side = match (at_sight.outside[l], at_sight.doubtful[l], change.is_some()) {
                    (true, ..) => Sight::Outside,
                    (false, false, _) => Sight::Product(at_sight.product[l] as usize),
                    (false, true, true) => Sight::Unseen,
                    (false, true, false) => Sight::Doubtful(at_sight.product[l] as usize),
                };
                assert_eq!(verdict, side_by_side, "{what}, event {l}");
                match verdict {
                    Sight::Outside => assert_eq!(expected.0, None, "{what}, event {l}"),
                    Sight::Product(j) => assert_eq!(expected.0, Some(j), "{what}, event {l}"),
                    Sight::Doubtful(_) | Sight::Unseen => {}
                }
                let asked = if change.is_some() { asked_before } else { asked };
                for sight in [verdict, Sight::Unseen] {
                    self.room.clone_from(&fresh);
                    let option = instructions.option(&asked, sight, &self.products, &mut self.room, l);
                    assert_eq!(option, expected.0, "{what}, event {l}, {sight:?}");
                    let found = instructions.choice(&asked, sight, &self.products, &mut self.room, l);
                    assert!(same_bits(found, expected), "{what}, event {l}, {sight:?}: {found:?} and {expected:?}");
                }
            }
        }
    }
}

/// Choices and utilities of eight events are those of each alone, under several prices in turn, whether the event was seen at these prices, at
/// others or not at all; some products are off sale by intercept and by price.
#[test]
fn eight_events_are_each_alone_at_every_length() {
    for n in lengths(0..=if cfg!(miri) { 9 } else { 140 }) {
        let mut draws = stream(4000 + n);
        let columns: Vec<Vec<f64>> =
            (0..n % 12 + usize::from(n == 0)).map(|_| normal_like(&mut draws, n, 1.0)).collect();
        let (mut base, mut price) = (normal_like(&mut draws, n, 3.0), normal_like(&mut draws, n, 50.0));
        let mut before = price.clone();
        before.iter_mut().step_by(3).for_each(|price| *price += 10.0);
        if n > 3 {
            base[n / 2] = f64::NEG_INFINITY;
            (price[n / 3], before[n / 3]) = (f64::INFINITY, f64::INFINITY);
        }
        let tastes: Vec<Vec<f64>> =
            (0..LANES).map(|_| (0..columns.len()).map(|_| 2.0 * draws.uniform_open() - 1.0).collect()).collect();
        let base = Term::new(&base, f64::NEG_INFINITY);
        let [price, before] = [price, before].map(|price| Term::new(&price, 0.0));
        for instructions in Instructions::available() {
            for (alpha, outside) in
                [(0.03, 0.7), (0.0, 2.0), (0.05, f64::NEG_INFINITY), (0.03, 50.0), (0.04, 0.1), (-0.02, 0.5)]
            {
                let mut events = Events::draw(instructions, n as u64, n, &columns, &tastes, [outside; LANES]);
                let what = format!("response {alpha}");
                events.check(instructions, &base, [&price, &before], alpha, &what);
                events.check(instructions, &base, [&before, &price], alpha, &what);
            }
        }
    }
}

/// Terms of all sizes, up to those that single precision cannot hold.
#[test]
fn terms_of_all_sizes_are_told_apart() {
    let rounds = if cfg!(miri) { 1 } else { 60 };
    for round in 0..rounds {
        let mut draws = stream(7000 + round);
        let n = draws.random_range(1..70);
        let size = |draws: &mut Stream, most: i32| 10_f64.powi(draws.random_range(-3..most));
        let columns: Vec<Vec<f64>> = (0..2).map(|_| normal_like(&mut draws, n, 1.0)).collect();
        let of_taste = size(&mut draws, 8);
        let tastes: Vec<Vec<f64>> = (0..LANES).map(|_| normal_like(&mut draws, 2, of_taste)).collect();
        let [of_base, of_price] = [size(&mut draws, 12), size(&mut draws, 42)];
        let base = Term::new(&normal_like(&mut draws, n, of_base), f64::NEG_INFINITY);
        let price = normal_like(&mut draws, n, of_price);
        let mut before = price.clone();
        before[n / 2] += size(&mut draws, 45);
        let [price, before] = [price, before].map(|price| Term::new(&price, 0.0));
        // Utilities from the size of draws to far beyond them.
        let alpha = size(&mut draws, 4) / of_price;
        for instructions in Instructions::available() {
            let mut events = Events::draw(instructions, round as u64, n, &columns, &tastes, [0.3; LANES]);
            let what = format!("sizes {of_taste}, {of_base}, {of_price}, response {alpha}");
            events.check(instructions, &base, [&price, &before], alpha, &what);
            events.check(instructions, &base, [&before, &price], alpha, &what);
        }
    }
}

/// Zeros, the smallest numbers, the largest, infinities and no numbers in every place.
#[test]
fn extreme_terms_are_told_apart() {
    const VALUES: [f64; 14] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        1e-45,
        -1e-45,
        1e29,
        -1e29,
        1e31,
        -1e31,
        1e300,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    let rounds = if cfg!(miri) { 2 } else { 400 };
    for round in 0..rounds {
        let mut draws = stream(9000 + round);
        let n = [0, 1, 2, 3, 15, 16, 17][round % 7];
        // Half of the values are plain, so that something is left to compare.
        let value = |draws: &mut Stream| match draws.random_range(0..6_u32) {
            0 => VALUES[draws.random_range(0..VALUES.len())],
            _ => 4.0 * draws.uniform_open() - 2.0,
        };
        let finite = |draws: &mut Stream| Some(value(draws)).filter(|x| x.is_finite()).unwrap_or(0.5);
        let columns: Vec<Vec<f64>> = (0..2).map(|_| (0..n).map(|_| finite(&mut draws)).collect()).collect();
        let tastes: Vec<Vec<f64>> = (0..LANES).map(|_| (0..2).map(|_| value(&mut draws)).collect()).collect();
        let outside: [f64; LANES] = std::array::from_fn(|_| value(&mut draws));
        let base: Vec<f64> = (0..n).map(|_| value(&mut draws)).collect();
        let price: Vec<f64> = (0..n).map(|_| value(&mut draws)).collect();
        let mut before = price.clone();
        for price in &mut before {
            if draws.random_range(0..3_u32) == 0 {
                *price = value(&mut draws);
            }
        }
        let base = Term::new(&base, f64::NEG_INFINITY);
        let [price, before] = [price, before].map(|price| Term::new(&price, 0.0));
        let alphas = [value(&mut draws), 0.7, VALUES[round % VALUES.len()]];
        for instructions in Instructions::available() {
            for alpha in alphas {
                let mut events = Events::draw(instructions, round as u64, n, &columns, &tastes, outside);
                let what = format!("round {round}, response {alpha}");
                events.check(instructions, &base, [&price, &before], alpha, &what);
                events.check(instructions, &base, [&before, &price], alpha, &what);
            }
        }
    }
}

/// What is off sale at both prices says nothing about the others, and what comes or goes leaves everything open.
#[test]
fn a_step_of_prices_is_the_least_of_those_on_sale() {
    let step = |from: [f64; 3], to: [f64; 3]| PriceStep::new(&Term::new(&from, 0.0), &Term::new(&to, 0.0)).least;
    let gone = f64::INFINITY;
    assert_eq!(step([20.0, gone, 5.0], [10.0, gone, 10.0]), -10.0);
    assert_eq!(step([20.0, gone, 5.0], [30.0, gone, 10.0]), 0.0);
    assert_eq!(step([20.0, gone, 5.0], [30.0, 7.0, 10.0]), f64::NEG_INFINITY);
    assert!(step([f64::NAN, 2.0, 5.0], [30.0, 7.0, 10.0]).is_nan());
    assert!(step([1.0, 2.0, 5.0], [3e7, 7.0, 10.0]).is_nan());
}

/// A look that has not been taken says nothing.
#[test]
fn nothing_seen_is_a_doubt() {
    assert_eq!(Seen::<1>::default().verdict(0, 1.0, None), Sight::Doubtful(0));
}

/// Products all but alike: many bounds lie within the gap of the largest, and the exact utilities decide.
#[test]
fn what_bounds_cannot_tell_apart_is_worked_out() {
    let mut draws = stream(7);
    for group in lengths(0..=if cfg!(miri) { 9 } else { 199 }) {
        let n = 1 + group % 24;
        for instructions in Instructions::available() {
            let outside = 1e-3 * f64::from(draws.random_range(0..2_u32));
            let mut events = Events::draw(instructions, group as u64, n, &[], &vec![vec![]; LANES], [0.0; LANES]);
            for l in 0..LANES {
                // Intercepts that leave all utilities within 1e-3 of each other, many of them equal or nearly so.
                let near: Vec<f64> =
                    events.own[l].iter().map(|own| 1e-3 * draws.uniform_open().round() - own).collect();
                let (base, price) = (Term::new(&near, f64::NEG_INFINITY), Term::new(&vec![0.0; n], 0.0));
                let alone = events.outside[l];
                let expected = twin::largest(&near, &events.own[l], price.values(), 1.0, alone);
                let asked = Asked { base: &base, price: &price, alpha: 1.0 };
                let found = instructions.choice(&asked, Sight::Unseen, &events.products, &mut events.room, l);
                assert!(same_bits(found, expected), "{}: {found:?} and {expected:?}", instructions.name());
            }
            // The same with an outside option among them.
            let own: Vec<f64> = (0..n).map(|_| 1e-3 * f64::from(draws.random_range(0..3_u32))).collect();
            let mut room = Idiosyncratic::known(&events.products, &own, outside);
            let (base, price) = (Term::new(&vec![0.0; n], f64::NEG_INFINITY), Term::new(&vec![0.0; n], 0.0));
            let expected = twin::largest(base.values(), &own, price.values(), 1.0, outside);
            let asked = Asked { base: &base, price: &price, alpha: 1.0 };
            let found = instructions.choice(&asked, Sight::Unseen, &events.products, &mut room, 2);
            assert!(same_bits(found, expected), "{}: {found:?} and {expected:?}", instructions.name());
        }
    }
}

/// Small whole utilities, all known, so that many are equal.
#[test]
fn equal_utilities_go_to_the_outside_option_and_then_to_the_lowest_number() {
    for n in lengths(1..=40) {
        let mut draws = stream(5000 + n);
        let products = ProductColumns::new(n, &[]);
        let (base, price) = (Term::new(&vec![0.0; n], f64::NEG_INFINITY), Term::new(&vec![0.0; n], 0.0));
        for _ in 0..if cfg!(miri) { 2 } else { 50 } {
            let own: Vec<f64> = (0..n).map(|_| f64::from(draws.random_range(0..3_u32))).collect();
            let outside = f64::from(draws.random_range(0..3_u32));
            let expected = twin::largest(base.values(), &own, price.values(), 1.0, outside);
            for instructions in Instructions::available() {
                let mut room = Idiosyncratic::known(&products, &own, outside);
                let asked = Asked { base: &base, price: &price, alpha: 1.0 };
                let found = instructions.choice(&asked, Sight::Unseen, &products, &mut room, 3);
                assert_eq!(found, expected, "{} {own:?} {outside}", instructions.name());
            }
        }
    }
}

/// Many products have numbers of many bits.
#[test]
fn a_thousand_products_keep_their_numbers() {
    let n = if cfg!(miri) { 40 } else { 1_111 };
    let mut draws = stream(1);
    let columns = vec![normal_like(&mut draws, n, 1.0)];
    let tastes: Vec<Vec<f64>> = (0..LANES).map(|l| vec![0.1 * l as f64]).collect();
    let base = Term::new(&normal_like(&mut draws, n, 1.0), f64::NEG_INFINITY);
    let price = normal_like(&mut draws, n, 5.0);
    let dearer: Vec<f64> = price.iter().map(|price| price + draws.uniform_open()).collect();
    let [price, dearer] = [price, dearer].map(|price| Term::new(&price, 0.0));
    for instructions in Instructions::available() {
        for seed in 0..if cfg!(miri) { 1 } else { 20 } {
            let mut events = Events::draw(instructions, seed, n, &columns, &tastes, [5.0; LANES]);
            events.check(instructions, &base, [&price, &dearer], 0.3, "many");
        }
    }
}

/// Most choices are told at sight, and most at prices a little higher by what was seen before.
#[test]
fn most_choices_are_told_at_sight() {
    let n = 40;
    let mut draws = stream(2);
    let (columns, tastes) = (vec![normal_like(&mut draws, n, 1.0)], vec![vec![0.5]; LANES]);
    let base = Term::new(&normal_like(&mut draws, n, 1.0), f64::NEG_INFINITY);
    let price = normal_like(&mut draws, n, 5.0);
    let mut dearer = price.clone();
    dearer[..10].iter_mut().for_each(|price| *price += 3.0);
    let [price, dearer] = [price, dearer].map(|price| Term::new(&price, 0.0));
    let change = PriceStep::new(&price, &dearer);
    let instructions = Instructions::detect();
    let (mut doubtful, mut unseen) = (0, 0);
    let groups = if cfg!(miri) { 4 } else { 500 };
    for seed in 0..groups {
        let events = Events::draw(instructions, seed, n, &columns, &tastes, [1.0; LANES]);
        let mut seen = Seen::default();
        let questions =
            Questions { room: &events.room, first: 0, base: &[&base; LANES], alpha: &[0.3; LANES], price: &price };
        instructions.see_eight(&questions, &mut seen);
        for l in 0..LANES {
            doubtful += u64::from(matches!(seen.verdict(l, 0.3, None), Sight::Doubtful(_)));
            unseen += u64::from(seen.verdict(l, 0.3, Some(&change)) == Sight::Unseen);
        }
    }
    if !cfg!(miri) {
        assert!(doubtful < groups * 8 / 50 && unseen < groups * 8 / 4, "{doubtful} doubtful, {unseen} unseen");
    }
}

/// A word's draw is that of its uniform.
#[test]
fn a_word_has_the_draw_of_its_uniform() {
    for word in [0, 1, u64::MAX, 1 << 63, 0x1234_5678_9abc_def0] {
        assert_eq!(gumbel_of(word).to_bits(), twin::gumbel(draws::open(word)).to_bits());
    }
}
