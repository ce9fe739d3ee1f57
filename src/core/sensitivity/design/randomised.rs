//! Pick-freeze blocks on several independent scramblings of one Sobol' sequence.
//!
//! Base point k of every randomisation comes before base point k + 1 of any, so the design of n base points is the beginning of that of 2n,
//! and each randomisation of it is a net by itself. The spread of the randomisations' results is an honest standard error of their mean, as no
//! resampling of one net is (Owen 1997, *Annals of Statistics* 25).

use super::{Design, DesignError};
use crate::numerics::sobol::SobolSequence;
use crate::sensitivity::Problem;
use crate::sensitivity::random::{DesignPurpose, DesignStream};
use crate::sensitivity::sobol::Blocks;

/// Blocks for `n` base points of each of `randomisations` scramblings: block number k R + r is base point k of randomisation r. With
/// `second_order` a block is that of [`super::pick_freeze`], whose points are those of randomisation 0; without, it lacks the rows BA_i.
///
/// # Errors
/// [`DesignError::Dimensions`] above 500 inputs.
pub fn randomised_pick_freeze(
    problem: &Problem,
    n: usize,
    randomisations: usize,
    second_order: bool,
    seed: u64,
) -> Result<Design, DesignError> {
    let (inputs, factors, factor_of) = (problem.len(), problem.factors().len(), problem.factor_of());
    let blocks = Blocks { inputs: factors, second_order };
    let mut sequences = (0..randomisations as u64)
        .map(|r| SobolSequence::scrambled(2 * inputs, DesignStream::at(seed, DesignPurpose::Scramble, r).word()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut design = Design::new(inputs);
    for _ in 0..n {
        for point in sequences.iter_mut().filter_map(Iterator::next) {
            let a: Vec<f64> = problem.at(&point[..inputs]).collect();
            let b: Vec<f64> = problem.at(&point[inputs..]).collect();
            for place in 0..blocks.rows() {
                let from_b = |input: usize| {
                    let input = factor_of[input];
                    let is = |swapped: usize| place == swapped;
                    if place == blocks.b() {
                        true
                    } else if place <= factors {
                        is(blocks.ab(input))
                    } else {
                        !is(blocks.ba(input))
                    }
                };
                design.push((0..inputs).map(|input| if from_b(input) { b[input] } else { a[input] }));
            }
        }
    }
    Ok(design)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitivity::design::pick_freeze;
    use crate::sensitivity::{Distribution, Parameter};

    fn problem(inputs: usize) -> Problem {
        let law = Distribution::normal(0.0, 1.0, [f64::NEG_INFINITY, f64::INFINITY]).unwrap();
        let parameter = |i| Parameter { name: format!("x{i}"), distribution: law.clone(), group: None };
        Problem { parameters: (1..=inputs).map(parameter).collect() }
    }

    #[test]
    fn randomisation_0_is_the_plain_design_and_the_others_differ() {
        for second_order in [true, false] {
            let design = randomised_pick_freeze(&problem(3), 8, 4, second_order, 5).unwrap();
            let plain = pick_freeze(&problem(3), 8, 5).unwrap();
            let rows = if second_order { 8 } else { 5 };
            assert_eq!(design.rows(), 8 * 4 * rows);
            for k in 0..8 {
                let block = |r: usize| (0..rows).map(move |place| (k * 4 + r) * rows + place);
                let kept =
                    [0, 1, 2, 3, 4, 5, 6, 7].into_iter().filter(|place| second_order || ![4, 5, 6].contains(place));
                for (row, place) in block(0).zip(kept) {
                    assert_eq!(design.row(row), plain.row(k * 8 + place));
                }
                assert_ne!(design.row(k * 4 * rows), design.row((k * 4 + 1) * rows));
            }
        }
    }

    #[test]
    fn the_design_of_n_is_the_beginning_of_that_of_2n() {
        let small = randomised_pick_freeze(&problem(2), 16, 8, true, 0).unwrap();
        let large = randomised_pick_freeze(&problem(2), 32, 8, true, 0).unwrap();
        assert_eq!(small, large.head(small.rows()));
    }
}
