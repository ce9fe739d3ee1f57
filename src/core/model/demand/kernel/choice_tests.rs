//! Each kernel against its twin, at every length, for every instruction set of this processor.

use rand::RngExt;

use super::{Column, Instructions, LANES};
use crate::model::demand::Curvature;
use crate::model::demand::kernel::tests::lengths;
use crate::model::streams::{Purpose, Stream, Streams};
use crate::numerics::elementary::{exp, ln};
use crate::numerics::sobol::Coins;

fn stream(number: usize) -> Stream {
    Streams::new(17, 0).at(Purpose::Parameter, number as u64, 0)
}

fn normal_like(stream: &mut Stream, n: usize, scale: f64) -> Vec<f64> {
    (0..n).map(|_| scale * (stream.uniform_open() + stream.uniform_open() - 1.0)).collect()
}

/// The specification of each kernel, one product after the other.
mod twin {
    use super::{LANES, exp};

    pub fn weight(characteristics: &[Vec<f64>], base: f64, price: f64, tastes: &[f64], alpha: f64, j: usize) -> f64 {
        let linear = characteristics.iter().zip(tastes).fold(base, |v, (x, t)| x[j].mul_add(*t, v));
        exp(price.mul_add(-alpha, linear))
    }

    /// Cumulative weights at the end of each lane.
    pub fn lanes(weights: &[f64], outside: f64) -> Vec<f64> {
        let mut upper = vec![outside];
        for l in 0..LANES {
            let lane = weights.iter().skip(l).step_by(LANES).fold(0.0, |s, w| s + w);
            upper.push(upper[l] + lane);
        }
        upper
    }

    pub fn race(weights: &[f64], outside: f64, speeds: &[f64], outside_speed: f64) -> Option<usize> {
        let mut lead = outside * outside_speed;
        let mut leader = None;
        for (j, (w, s)) in weights.iter().zip(speeds).enumerate() {
            if w * s > lead {
                lead = w * s;
                leader = Some(j);
            }
        }
        leader
    }
}

fn bits(x: &[f64]) -> Vec<u64> {
    x.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn vector_exp_and_ln_are_the_scalar_ones_at_every_length() {
    for n in lengths(0..=140) {
        let mut draws = stream(n);
        let x = normal_like(&mut draws, n, 900.0);
        let u: Vec<f64> = (0..n).map(|_| draws.uniform_open()).collect();
        for instructions in Instructions::available() {
            let (mut e, mut l, mut r) = (x.clone(), u.clone(), u.clone());
            instructions.exp_in_place(&mut e);
            instructions.ln_in_place(&mut l);
            instructions.race_speeds_in_place(&mut r);
            let name = instructions.name();
            assert_eq!(bits(&e), bits(&x.iter().map(|&v| exp(v)).collect::<Vec<_>>()), "exp, {name}, length {n}");
            assert_eq!(bits(&l), bits(&u.iter().map(|&v| ln(v)).collect::<Vec<_>>()), "ln, {name}, length {n}");
            assert_eq!(
                bits(&r),
                bits(&u.iter().map(|&v| -1.0 / ln(v)).collect::<Vec<_>>()),
                "speeds, {name}, length {n}"
            );
        }
    }
}

#[test]
fn coordinates_scrambled_together_are_those_scrambled_alone() {
    for n in lengths(0..=140) {
        let mut draws = stream(n);
        let coordinates: Vec<u32> = (0..n).map(|_| (draws.uniform_open() * 4_294_967_296.0) as u32).collect();
        for instructions in Instructions::available() {
            let plain = Coins::of(99 + n as u64);
            let tabulated = plain.clone().with_table(7, |bits, coins| instructions.scramble_in_place(bits, coins));
            let alone: Vec<u32> = coordinates.iter().map(|&bits| plain.scramble(bits)).collect();
            for coins in [&plain, &tabulated] {
                let mut together = coordinates.clone();
                instructions.scramble_in_place(&mut together, coins);
                assert_eq!(together, alone, "{}, length {n}", instructions.name());
            }
        }
    }
}

#[test]
fn prices_felt_together_are_those_felt_alone() {
    for n in lengths(0..=140) {
        let mut draws = stream(500 + n);
        let mut prices: Vec<f64> = (0..n).map(|_| 20_000.0 + 60_000.0 * draws.uniform_open()).collect();
        let reference: Vec<f64> = prices.iter().map(|price| price * (0.5 + draws.uniform_open())).collect();
        prices.iter_mut().step_by(7).for_each(|price| *price = f64::INFINITY);
        prices.iter_mut().zip(&reference).skip(1).step_by(7).for_each(|(price, reference)| *price = *reference);
        for lambda in [0.0, 0.47, 2.0] {
            let curved = Curvature::new(lambda, &reference).unwrap().unwrap();
            for instructions in Instructions::available() {
                let (mut felt, mut slope) = (prices.clone(), prices.clone());
                instructions.felt_in_place(&mut felt, &curved);
                instructions.slope_in_place(&mut slope, &curved);
                let alone = |of: &dyn Fn(usize, f64) -> f64| -> Vec<u64> {
                    prices.iter().enumerate().map(|(j, price)| of(j, *price).to_bits()).collect()
                };
                assert_eq!(bits(&felt), alone(&|j, price| curved.felt(j, price)), "{}, {n}", instructions.name());
                assert_eq!(bits(&slope), alone(&|j, price| curved.slope(j, price)), "{}, {n}", instructions.name());
            }
        }
    }
}

/// Every length, zero to eleven characteristics, every instruction set: weights, totals, probabilities and choices.
#[test]
fn every_instruction_set_is_the_scalar_twin_at_every_length() {
    for n in lengths(0..=140) {
        let mut draws = stream(1000 + n);
        let k = n % 12;
        let characteristics: Vec<Vec<f64>> = (0..k).map(|_| normal_like(&mut draws, n, 1.0)).collect();
        let mut base = normal_like(&mut draws, n, 3.0);
        if n > 3 {
            base[n / 2] = f64::NEG_INFINITY; // not on sale
            base[n / 3] = -800.0; // underflows to zero
        }
        let price = normal_like(&mut draws, n, 50.0);
        let tastes = normal_like(&mut draws, k, 1.0);
        let (alpha, outside) = (0.03, 0.7);
        let expected: Vec<f64> =
            (0..n).map(|j| twin::weight(&characteristics, base[j], price[j], &tastes, alpha, j)).collect();
        let flat: Vec<f64> = characteristics.iter().flat_map(|x| Column::new(x, 0.0).padded().to_vec()).collect();
        let (base, price) = (Column::new(&base, f64::NEG_INFINITY), Column::new(&price, 0.0));
        let mut speeds = Column::filled(n, 0.5);
        draws.fill_uniform(speeds.values_mut());
        let outside_speed = 1.3;
        Instructions::portable().race_speeds_in_place(speeds.padded_mut());
        for instructions in Instructions::available() {
            let name = instructions.name();
            let mut weights = Column::filled(n, f64::NAN);
            instructions.exp_utilities(&flat, base.padded(), price.padded(), &tastes, alpha, weights.padded_mut());
            assert_eq!(bits(weights.values()), bits(&expected), "weights, {name}, length {n}");
            assert!(weights.padded()[n..].iter().all(|&w| w == 0.0), "padding, {name}, length {n}");
            let total = twin::lanes(&expected, outside)[LANES];
            assert_eq!(instructions.total(weights.padded(), outside).to_bits(), total.to_bits(), "{name} {n}");
            let mut sums = Column::filled(n, 0.25);
            let same = instructions.add_probabilities(weights.padded(), outside, 2.0, sums.padded_mut());
            assert_eq!(same.to_bits(), total.to_bits());
            let by_hand: Vec<f64> = expected.iter().map(|w| w.mul_add(2.0 / total, 0.25)).collect();
            assert_eq!(bits(sums.values()), bits(&by_hand), "probabilities, {name}, length {n}");
            let choice = instructions.race(weights.padded(), outside, speeds.padded(), outside_speed);
            assert_eq!(choice, twin::race(&expected, outside, speeds.values(), outside_speed), "{name} {n}");
        }
    }
}

/// Many races among few options, with equal arrivals and zeros: the twin's rule for ties holds in every lane.
#[test]
fn ties_go_to_the_outside_option_and_then_to_the_lowest_number() {
    for n in lengths(1..=40) {
        let mut draws = stream(2000 + n);
        for _ in 0..if cfg!(miri) { 2 } else { 50 } {
            let weights: Vec<f64> = (0..n).map(|_| f64::from(draws.random_range(0..3_u32))).collect();
            let outside = f64::from(draws.random_range(0..3_u32));
            let speeds = Column::filled(n, 1.0);
            let padded = Column::new(&weights, 0.0);
            for instructions in Instructions::available() {
                assert_eq!(
                    instructions.race(padded.padded(), outside, speeds.padded(), 1.0),
                    twin::race(&weights, outside, speeds.values(), 1.0),
                    "{} {weights:?} {outside}",
                    instructions.name()
                );
            }
        }
    }
}

#[test]
fn with_all_weights_zero_the_outside_option_is_taken() {
    let zero = Column::filled(19, 0.0);
    let speeds = Column::filled(19, 2.0);
    for instructions in Instructions::available() {
        assert_eq!(instructions.race(zero.padded(), 0.0, speeds.padded(), 1.0), None);
        let mut sums = Column::filled(19, 0.0);
        assert_eq!(instructions.add_probabilities(zero.padded(), 0.0, 1.0, sums.padded_mut()), 0.0);
        assert_eq!(sums, Column::filled(19, 0.0));
    }
}

/// An outside option of weight zero is never taken while a product has any weight, however small.
#[test]
fn an_option_of_weight_zero_never_wins_against_a_positive_one() {
    for n in lengths(1..=40) {
        let mut weights = Column::filled(n, 0.0);
        weights.values_mut()[n * 2 / 3] = 1e-300;
        let speeds = Column::filled(n, 0.03);
        for instructions in Instructions::available() {
            assert_eq!(instructions.race(weights.padded(), 0.0, speeds.padded(), 9e15), Some(n * 2 / 3));
        }
    }
}
