//! Nelder and Mead's simplex: a minimum without derivatives.

/// A corner and its cost.
type Corner = (Vec<f64>, f64);

/// Reflects, expands, contracts and shrinks a simplex at most `steps` times, until the standard deviation of its corners' costs is below
/// `tolerance`; gives the best corner and its cost. Takes n + 1 corners of n coordinates, in no special order.
///
/// Which points are evaluated, and in which order, depends on the costs alone: of equal corners the earlier one counts as the better.
///
/// # Errors
/// Whatever `cost` fails with.
pub fn minimise<E>(
    corners: Vec<Vec<f64>>,
    tolerance: f64,
    steps: u64,
    mut cost: impl FnMut(&[f64]) -> Result<f64, E>,
) -> Result<Option<Corner>, E> {
    let mut simplex: Vec<Corner> = Vec::with_capacity(corners.len());
    for corner in corners {
        let value = cost(&corner)?;
        simplex.push((corner, value));
    }
    let order = |simplex: &mut Vec<Corner>| simplex.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    order(&mut simplex);
    for _ in 0..steps {
        if spread(&simplex) < tolerance {
            break;
        }
        let [.., (_, second_worst), (worst, worst_cost)] = &simplex[..] else { break };
        let (best_cost, second_worst, worst_cost) = (simplex[0].1, *second_worst, *worst_cost);
        let others = &simplex[..simplex.len() - 1];
        let mean = |k: usize| others.iter().map(|(corner, _)| corner[k]).sum::<f64>() / others.len() as f64;
        let centre: Vec<f64> = (0..worst.len()).map(mean).collect();
        // Away from the worst corner: 0 is the centre of the others, -1 the corner itself.
        let along = |t: f64| -> Vec<f64> { centre.iter().zip(worst).map(|(c, w)| c + t * (c - w)).collect() };
        let mut at = |t: f64| -> Result<Corner, E> {
            let corner = along(t);
            let value = cost(&corner)?;
            Ok((corner, value))
        };
        let reflected = at(1.0)?;
        let better = if reflected.1 < best_cost {
            let expanded = at(2.0)?;
            Some(if expanded.1 < reflected.1 { expanded } else { reflected })
        } else if reflected.1 < second_worst {
            Some(reflected)
        } else {
            let outside = reflected.1 < worst_cost;
            let contracted = at(if outside { 0.5 } else { -0.5 })?;
            let limit = if outside { reflected.1 } else { worst_cost };
            (contracted.1 < limit).then_some(contracted)
        };
        match (better, simplex.last_mut()) {
            (Some(better), Some(last)) => *last = better,
            _ => {
                let best = simplex[0].0.clone();
                for (corner, value) in &mut simplex[1..] {
                    corner.iter_mut().zip(&best).for_each(|(x, b)| *x = b + 0.5 * (*x - b));
                    *value = cost(corner)?;
                }
            }
        }
        order(&mut simplex);
    }
    Ok(simplex.into_iter().next())
}

/// Standard deviation of the costs.
fn spread(simplex: &[Corner]) -> f64 {
    let count = simplex.len() as f64;
    let mean = simplex.iter().map(|(_, cost)| cost).sum::<f64>() / count;
    (simplex.iter().map(|(_, cost)| (cost - mean) * (cost - mean)).sum::<f64>() / (count - 1.0).max(1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn run(corners: &[&[f64]], cost: impl Fn(&[f64]) -> f64) -> (Corner, Vec<Vec<f64>>) {
        let mut asked = Vec::new();
        let corners = corners.iter().map(|corner| corner.to_vec()).collect();
        let found = minimise(corners, 1e-14, 2000, |x| {
            asked.push(x.to_vec());
            Ok::<f64, Infallible>(cost(x))
        });
        (found.unwrap().unwrap(), asked)
    }

    #[test]
    fn the_banana_valley_of_rosenbrock_ends_at_one_and_one() {
        let banana = |x: &[f64]| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2);
        let ((found, cost), _) = run(&[&[-1.2, 1.0], &[-1.0, 1.0], &[-1.2, 1.2]], banana);
        assert!(found.iter().all(|x| (x - 1.0).abs() < 1e-5) && cost < 1e-10, "{found:?} {cost}");
    }

    #[test]
    fn a_tilted_bowl_ends_at_its_centre() {
        let bowl = |x: &[f64]| {
            let (a, b, c) = (x[0] - 1.0, x[1] + 2.0, x[2] - 0.5);
            a * a + 3.0 * b * b + 2.0 * c * c + a * b
        };
        let ((found, cost), _) = run(&[&[0.0; 3], &[1.0, 0.0, 0.0], &[0.0, 1.0, 0.0], &[0.0, 0.0, 1.0]], bowl);
        let close = found.iter().zip([1.0, -2.0, 0.5]).all(|(x, y)| (x - y).abs() < 1e-5);
        assert!(close && cost < 1e-10, "{found:?} {cost}");
    }

    /// On a line the first steps by hand, for |x - 5| from 0 and 1: reflect 0 in 1 to 2 and expand to 3; then from 1 in 3 to 5 and 7, of which 5
    /// is kept; 3 in 5 to 7, no better than 3, so contract inside to 4.
    #[test]
    fn the_first_steps_are_those_of_the_rule() {
        let (_, asked) = run(&[&[0.0], &[1.0]], |x| (x[0] - 5.0).abs());
        let asked: Vec<f64> = asked.iter().map(|x| x[0]).collect();
        assert_eq!(asked[..8], [0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 7.0, 4.0]);
    }

    /// Nothing is better than the best corner of a bowl's centre but the centre itself: the simplex shrinks towards it, corner by corner.
    #[test]
    fn a_simplex_that_finds_nothing_better_shrinks_towards_its_best_corner() {
        let spike = |x: &[f64]| if x == [0.0, 0.0] { 0.0 } else { 1.0 };
        let (_, asked) = run(&[&[0.0, 0.0], &[1.0, 0.0], &[0.0, 1.0]], spike);
        assert_eq!(asked[3..7], [vec![1.0, -1.0], vec![0.25, 0.5], vec![0.5, 0.0], vec![0.0, 0.5]]);
    }

    #[test]
    fn the_order_of_evaluations_is_a_function_of_the_inputs() {
        let cost = |x: &[f64]| (x[0] * 3.0 - 1.0).powi(4) + (x[1] - x[0]).abs();
        let corners: [&[f64]; 3] = [&[0.9, 0.1], &[0.8, 0.1], &[0.9, 0.2]];
        assert_eq!(run(&corners, cost), run(&corners, cost));
    }

    #[test]
    fn a_cost_that_fails_ends_the_search() {
        let mut asked = 0;
        let failed = minimise(vec![vec![0.0], vec![1.0]], 0.0, 100, |x| {
            asked += 1;
            if asked == 4 { Err("stopped") } else { Ok(x[0]) }
        });
        assert_eq!((failed, asked), (Err("stopped"), 4));
    }
}
