//! Trajectories for elementary effects (Morris 1991), spread out (Campolongo, Cariboni and Saltelli 2007).
//!
//! A trajectory has D + 1 points; from each to the next one input moves by Δ = p / (2 (p - 1)) of its grid of p levels (half the levels), up or
//! down, in random order. Every level is equally likely. Of a pool of random trajectories those are kept that are
//! far from each other: first the one furthest from an arbitrary one, then one after another with the largest sum of squared distances to
//! those kept (as Ruano et al. 2012, in linear time); the distance of two trajectories is the sum of the distances of their points.

use super::{Design, DesignError};
use crate::sensitivity::Problem;
use crate::sensitivity::random::{Purpose, Stream};

/// Work that choosing trajectories may take, in differences of coordinates; beyond, the pool shrinks, at last to the trajectories themselves.
const CHOICE_BUDGET: usize = 200_000_000;

/// A trajectory: levels of its D + 1 points.
type Trajectory = Vec<Vec<usize>>;

/// `n` trajectories on a grid of `levels` levels, an even number.
///
/// # Errors
/// [`DesignError::Levels`] for an odd number of levels or none.
pub fn trajectories(problem: &Problem, n: usize, levels: usize, seed: u64) -> Result<Design, DesignError> {
    if levels < 2 || levels % 2 == 1 {
        return Err(DesignError::Levels(levels));
    }
    let inputs = problem.len();
    let of_a_pair = inputs * (inputs + 1) * (inputs + 1);
    // Each of n chosen is compared with the pool, so pool × n × of_a_pair differences.
    let pool = (10 * n).min(CHOICE_BUDGET / (n * of_a_pair).max(1)).max(n);
    let candidates: Vec<Trajectory> = (0..pool).map(|index| trajectory(inputs, levels, seed, index as u64)).collect();
    let chosen = if pool > n { furthest(&candidates, n) } else { (0..n).collect() };
    let axes: Vec<Vec<f64>> = problem
        .parameters
        .iter()
        .map(|parameter| {
            let law = &parameter.distribution;
            law.levels(levels).into_iter().map(|position| law.at_position(position)).collect()
        })
        .collect();
    let mut design = Design::new(inputs);
    for point in chosen.into_iter().flat_map(|index| &candidates[index]) {
        design.push(point.iter().zip(&axes).map(|(level, axis)| axis[*level]));
    }
    Ok(design)
}

fn trajectory(inputs: usize, levels: usize, seed: u64, index: u64) -> Trajectory {
    let mut stream = Stream::at(seed, Purpose::Trajectory, index);
    let step = levels / 2;
    let mut order: Vec<usize> = (0..inputs).collect();
    stream.shuffle(&mut order);
    let mut point: Vec<usize> = (0..inputs).map(|_| stream.below(levels)).collect();
    let mut points = vec![point.clone()];
    for input in order {
        point[input] = if point[input] < step { point[input] + step } else { point[input] - step };
        points.push(point.clone());
    }
    points
}

/// Sum over pairs of points of the Euclidean distance, in levels.
fn distance(a: &Trajectory, b: &Trajectory) -> f64 {
    let between = |p: &Vec<usize>, q: &Vec<usize>| {
        p.iter().zip(q).map(|(x, y)| (x.abs_diff(*y) * x.abs_diff(*y)) as f64).sum::<f64>().sqrt()
    };
    a.iter().flat_map(|p| b.iter().map(move |q| between(p, q))).sum()
}

/// Indexes of `n` candidates far from each other, in increasing order.
fn furthest(candidates: &[Trajectory], n: usize) -> Vec<usize> {
    let largest = |scores: &[f64], taken: &[usize]| {
        let free = (0..scores.len()).filter(|index| !taken.contains(index));
        free.fold(None, |best: Option<usize>, index| match best {
            Some(other) if scores[other] >= scores[index] => best,
            _ => Some(index),
        })
    };
    let from = |origin: usize| -> Vec<f64> {
        candidates.iter().map(|candidate| distance(candidate, &candidates[origin])).collect()
    };
    let mut chosen: Vec<usize> = largest(&from(0), &[]).into_iter().collect();
    let mut scores = vec![0.0; candidates.len()];
    while let (true, Some(last)) = (chosen.len() < n, chosen.last()) {
        for (score, distance) in scores.iter_mut().zip(from(*last)) {
            *score += distance * distance;
        }
        match largest(&scores, &chosen) {
            Some(next) => chosen.push(next),
            None => break,
        }
    }
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitivity::{Distribution, Parameter};

    fn problem(inputs: usize, law: &Distribution) -> Problem {
        let parameter = |i| Parameter { name: format!("x{i}"), distribution: law.clone() };
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

    /// SALib's normal inputs at levels 0 and 1 are infinite and every index is NaN.
    #[test]
    fn normal_inputs_at_infinity() {
        let normal = Distribution::normal(0.0, 1.0, [f64::NEG_INFINITY, f64::INFINITY]).unwrap();
        let design = trajectories(&problem(3, &normal), 50, 4, 0).unwrap();
        assert!(design.iter().flatten().all(|x| x.is_finite() && x.abs() < 2.0));
    }

    #[test]
    fn chosen_trajectories_are_further_apart_than_random_ones() {
        let spread = |trajectories: &[Trajectory]| -> f64 {
            trajectories.iter().flat_map(|a| trajectories.iter().map(move |b| distance(a, b))).sum()
        };
        let pool: Vec<Trajectory> = (0..100).map(|index| trajectory(5, 4, 3, index)).collect();
        let chosen: Vec<Trajectory> = furthest(&pool, 10).into_iter().map(|index| pool[index].clone()).collect();
        assert_eq!(chosen.len(), 10);
        assert!(spread(&chosen) > 1.05 * spread(&pool[..10]), "{} {}", spread(&chosen), spread(&pool[..10]));
    }
}
