//! Trajectories for elementary effects (Morris 1991), balanced and spread out.
//!
//! A trajectory has D + 1 points; from each to the next one input moves by half the p levels of its grid, Δ = p / (2 (p - 1)) of its range, up or
//! down, in random order. Over n trajectories every input starts at each level equally often. Of a number of such sets of trajectories the one
//! is kept whose trajectories are furthest from each other: the smallest sum of inverse squared distances, where the distance of two
//! trajectories is the sum of the distances of their points (Campolongo, Cariboni and Saltelli 2007). Choosing single trajectories
//! by distance, as is usual, fills the corners of the grid, and sigma is then too large; choosing among balanced sets does not.

use super::MAX_LEVELS;
use super::{Design, DesignError};
use crate::sensitivity::Problem;
use crate::sensitivity::random::{DesignPurpose, DesignStream};

/// Sets to choose from, unless choosing would take more than [`CHOICE_BUDGET`] differences of coordinates.
const SETS: usize = 50;
const CHOICE_BUDGET: usize = 200_000_000;

/// A trajectory: levels of its D + 1 points.
type Trajectory = Vec<Vec<usize>>;

/// `n` trajectories on a grid of `levels` levels, an even number.
///
/// # Errors
/// [`DesignError::Levels`] for an odd number of levels, none, or too many.
pub fn trajectories(problem: &Problem, n: usize, levels: usize, seed: u64) -> Result<Design, DesignError> {
    let mut design = Design::new(problem.len());
    append_set(problem, n, levels, (seed, 0), &mut design)?;
    Ok(design)
}

/// Trajectories in the first set of a design that grows.
pub const FIRST_SET: usize = 4;

/// `n` trajectories of a design that grows: sets of 4, 4, 8, 16 ... trajectories, each balanced and spread out by itself, so that the
/// design of 4, 8, 16 ... trajectories is the beginning of that of twice as many. Other `n` cut the last set.
///
/// # Errors
/// [`DesignError::Levels`] for an odd number of levels, none, or too many.
pub fn growing_trajectories(problem: &Problem, n: usize, levels: usize, seed: u64) -> Result<Design, DesignError> {
    let mut design = Design::new(problem.len());
    let (mut size, mut set) = (FIRST_SET, 0);
    while design.rows() < n * (problem.len() + 1) {
        append_set(problem, size, levels, (seed, set * SETS as u64), &mut design)?;
        size = design.rows() / (problem.len() + 1);
        set += 1;
    }
    Ok(design.head(n * (problem.len() + 1)))
}

/// Appends one set, the best of candidates numbered from `first`.
fn append_set(
    problem: &Problem,
    n: usize,
    levels: usize,
    (seed, first): (u64, u64),
    design: &mut Design,
) -> Result<(), DesignError> {
    if !(2..=MAX_LEVELS).contains(&levels) || levels % 2 == 1 {
        return Err(DesignError::Levels(levels));
    }
    let inputs = problem.len();
    let of_a_set = n.saturating_mul(n).saturating_mul(inputs * (inputs + 1) * (inputs + 1)) / 2;
    let sets = (CHOICE_BUDGET / of_a_set.max(1)).clamp(1, SETS);
    let mut chosen = balanced(inputs, n, levels, seed, first);
    let mut least = if sets > 1 { crowding(&chosen) } else { 0.0 };
    for index in first + 1..first + sets as u64 {
        let set = balanced(inputs, n, levels, seed, index);
        let crowding = crowding(&set);
        if crowding < least {
            (chosen, least) = (set, crowding);
        }
    }
    let axes: Vec<Vec<f64>> = problem
        .parameters
        .iter()
        .map(|parameter| {
            let law = &parameter.distribution;
            law.levels(levels).into_iter().map(|position| law.at_position(position)).collect()
        })
        .collect();
    for point in chosen.iter().flatten() {
        design.push(point.iter().zip(&axes).map(|(level, axis)| axis[*level]));
    }
    Ok(())
}

/// `n` trajectories in which every input starts at each level equally often, up to the remainder of n / levels.
fn balanced(inputs: usize, n: usize, levels: usize, seed: u64, index: u64) -> Vec<Trajectory> {
    let mut stream = DesignStream::at(seed, DesignPurpose::Trajectory, index);
    let starts: Vec<Vec<usize>> = (0..inputs)
        .map(|_| {
            // Where levels do not divide n, the levels that are used once more are drawn too.
            let mut order: Vec<usize> = (0..levels).collect();
            stream.shuffle(&mut order);
            let mut starts: Vec<usize> = (0..n).map(|t| order[t % levels]).collect();
            stream.shuffle(&mut starts);
            starts
        })
        .collect();
    let step = levels / 2;
    (0..n)
        .map(|t| {
            let mut order: Vec<usize> = (0..inputs).collect();
            stream.shuffle(&mut order);
            let mut point: Vec<usize> = starts.iter().map(|starts| starts[t]).collect();
            let mut points = vec![point.clone()];
            for input in order {
                point[input] = if point[input] < step { point[input] + step } else { point[input] - step };
                points.push(point.clone());
            }
            points
        })
        .collect()
}

/// Sum over pairs of points of the Euclidean distance, in levels.
fn distance(a: &Trajectory, b: &Trajectory) -> f64 {
    let between = |p: &Vec<usize>, q: &Vec<usize>| {
        p.iter().zip(q).map(|(x, y)| (x.abs_diff(*y) * x.abs_diff(*y)) as f64).sum::<f64>().sqrt()
    };
    a.iter().flat_map(|p| b.iter().map(move |q| between(p, q))).sum()
}

/// Sum of inverse squared distances over pairs of trajectories.
fn crowding(set: &[Trajectory]) -> f64 {
    let pairs = set.iter().enumerate().flat_map(|(t, a)| set[..t].iter().map(move |b| distance(a, b)));
    pairs.map(|distance| 1.0 / (distance * distance)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitivity::{Distribution, Parameter};

    fn problem(inputs: usize, law: &Distribution) -> Problem {
        let parameter = |i| Parameter { name: format!("x{i}"), distribution: law.clone(), group: None };
        Problem { parameters: (1..=inputs).map(parameter).collect() }
    }

    #[test]
    fn every_input_moves_once_by_half_the_levels() {
        let uniform = Distribution::uniform(0.0, 3.0).unwrap();
        let design = trajectories(&problem(4, &uniform), 10, 4, 5).unwrap();
        assert_eq!(design.rows(), 50);
        for start in (0..50).step_by(5) {
            let mut moved = [0; 4];
            for row in start..start + 4 {
                for (i, (x, y)) in design.row(row).iter().zip(design.row(row + 1)).enumerate() {
                    if x != y {
                        assert!(((x - y).abs() - 2.0).abs() < 1e-12);
                        moved[i] += 1;
                    }
                }
            }
            assert_eq!(moved, [1; 4]);
        }
    }

    /// The fault: levels 0 and 1 of a normal input are infinite, and every index is NaN.
    #[test]
    fn normal_inputs_at_infinity() {
        let normal = Distribution::normal(0.0, 1.0, [f64::NEG_INFINITY, f64::INFINITY]).unwrap();
        let design = trajectories(&problem(3, &normal), 50, 4, 0).unwrap();
        assert!(design.iter().flatten().all(|x| x.is_finite() && x.abs() < 2.0));
    }

    #[test]
    fn every_level_is_a_start_equally_often_and_the_set_is_spread_out() {
        let set = balanced(5, 12, 4, 3, 0);
        for input in 0..5 {
            let mut starts: Vec<usize> = set.iter().map(|trajectory| trajectory[0][input]).collect();
            starts.sort_unstable();
            assert_eq!(starts, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
        }
        let uniform = Distribution::uniform(0.0, 3.0).unwrap();
        let chosen = trajectories(&problem(5, &uniform), 12, 4, 3).unwrap();
        let levels: Vec<Vec<usize>> =
            chosen.iter().map(|row| row.iter().map(|x| x.round() as usize).collect()).collect();
        let chosen: Vec<Trajectory> = levels.chunks(6).map(<[Vec<usize>]>::to_vec).collect();
        assert!((1..50).all(|index| crowding(&chosen) <= crowding(&balanced(5, 12, 4, 3, index))));
        assert!(crowding(&chosen) < crowding(&set));
    }
}
