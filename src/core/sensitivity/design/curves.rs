//! Search curves of the extended Fourier amplitude sensitivity test (Saltelli, Tarantola and Chan 1999).
//!
//! The curve of input i visits n points s_j = 2π j / n; along it, input l is the quantile at
//! 1/2 + arcsin(sin(ω_l s + φ_l)) / π: a triangle wave of frequency ω_l and random phase. Input i has the
//! highest frequency, the others low ones, so that i's harmonics do not meet theirs.

use super::Design;
use crate::sensitivity::Problem;
use crate::sensitivity::fast::HARMONICS;
use crate::sensitivity::random::{DesignPurpose, DesignStream};

/// The fewest points of a curve: the highest frequency must be twice the number of harmonics.
pub(super) fn least_points() -> usize {
    4 * HARMONICS * HARMONICS + 1
}

/// The highest frequency on a curve of `n` points, and the frequencies of the `others` other inputs.
#[must_use]
pub fn frequencies(n: usize, others: usize) -> (usize, Vec<usize>) {
    let highest = n.saturating_sub(1) / (2 * HARMONICS);
    let top = (highest / (2 * HARMONICS)).max(1);
    let low = if top >= others && others > 1 {
        (0..others).map(|l| 1 + l * (top - 1) / (others - 1)).collect()
    } else {
        (0..others).map(|l| 1 + l % top).collect()
    };
    (highest, low)
}

/// One curve of `n` points for each input, in the order of the inputs.
#[must_use]
pub fn search_curves(problem: &Problem, n: usize, seed: u64) -> Design {
    let inputs = problem.len();
    let (highest, low) = frequencies(n, inputs.saturating_sub(1));
    let mut design = Design::new(inputs);
    for curve in 0..inputs {
        let mut stream = DesignStream::at(seed, DesignPurpose::Phase, curve as u64);
        let phases: Vec<f64> = (0..inputs).map(|_| stream.uniform()).collect();
        let frequency = |input: usize| match input.cmp(&curve) {
            std::cmp::Ordering::Equal => highest,
            std::cmp::Ordering::Less => low[input],
            std::cmp::Ordering::Greater => low[input - 1],
        };
        for j in 0..n {
            let turns = |input: usize| ((frequency(input) * j) % n) as f64 / n as f64 + phases[input];
            let unit: Vec<f64> = (0..inputs).map(|input| triangle(turns(input))).collect();
            design.push(problem.at(&unit));
        }
    }
    design
}

/// 1/2 + arcsin(sin(2π turns)) / π, without the platform's sine.
fn triangle(turns: f64) -> f64 {
    let turn = turns - turns.floor();
    if turn < 0.25 {
        0.5 + 2.0 * turn
    } else if turn < 0.75 {
        1.5 - 2.0 * turn
    } else {
        2.0 * turn - 1.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_triangle_is_that_of_the_arcsine() {
        for i in 0..1000 {
            let turns = f64::from(i) / 300.0;
            let arcsine = 0.5 + (std::f64::consts::TAU * turns).sin().asin() / std::f64::consts::PI;
            assert!((triangle(turns) - arcsine).abs() < 1e-7, "{turns}");
        }
    }

    #[test]
    fn low_frequencies_stay_below_the_harmonics() {
        for (n, others) in [(65, 2), (129, 1), (513, 7), (1000, 20), (65, 0)] {
            let (highest, low) = frequencies(n, others);
            assert_eq!(low.len(), others);
            assert!(low.iter().all(|w| *w >= 1 && w * HARMONICS <= highest / 2), "{n}, {others}: {highest}, {low:?}");
        }
    }
}
