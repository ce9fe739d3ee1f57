//! Which of two inputs matters more, and how surely.
//!
//! Overlapping intervals say little about an order, because the estimates of two inputs rest on the same runs. Here their difference is taken
//! in every independent piece (randomisation or trajectory), and the probability that it is positive is Student's: T(mean / standard error), with as many
//! degrees of freedom as pieces less one. That is the posterior probability under a flat prior, and the limit of the share of resamples in which
//! the first is larger, without the resampling's overconfidence when pieces are few. Where a method has no common pieces, errors are taken as
//! independent.

use super::bootstrap::IndexEstimate;
use crate::numerics::elementary::hypotenuse;
use crate::numerics::moments::Moments;
use crate::numerics::student;

/// Inputs of one output compared two by two.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// The output.
    pub output: String,
    /// The index compared: `ST`, `mu_star`, `S1`, `delta`, `mean` or `swing`.
    pub index: &'static str,
    /// Names of the inputs.
    pub parameters: Vec<String>,
    /// Difference of the first input's index and the second's, row by row.
    pub difference: Vec<Vec<IndexEstimate>>,
    /// Probability that the first input's index is larger, row by row; 0.5 on the diagonal.
    pub probability: Vec<Vec<f64>>,
}

impl Ranking {
    /// From independent pieces, each with one value of the index for every input.
    #[must_use]
    pub fn of_pieces(output: &str, index: &'static str, names: &[&str], pieces: &[Vec<f64>], level: f64) -> Self {
        Self::build(output, index, names, |i, j| {
            let mut moments = Moments::default();
            pieces.iter().for_each(|piece| moments.add(piece[i] - piece[j]));
            (
                IndexEstimate::new(moments.mean(), moments.std_error(), pieces.len(), level),
                pieces.len().saturating_sub(1),
            )
        })
    }

    /// From estimates with errors that are taken as independent, each of `units` units.
    #[must_use]
    pub fn of_estimates(
        output: &str,
        index: &'static str,
        names: &[&str],
        estimates: &[IndexEstimate],
        units: usize,
        level: f64,
    ) -> Self {
        Self::build(output, index, names, |i, j| {
            let error = hypotenuse(estimates[i].std_error, estimates[j].std_error);
            let difference = estimates[i].value - estimates[j].value;
            (IndexEstimate::new(difference, error, units, level), units.saturating_sub(1))
        })
    }

    fn build(
        output: &str,
        index: &'static str,
        names: &[&str],
        compare: impl Fn(usize, usize) -> (IndexEstimate, usize),
    ) -> Self {
        let count = names.len();
        let mut difference = vec![vec![IndexEstimate::UNDEFINED; count]; count];
        let mut probability = vec![vec![0.5; count]; count];
        for i in 0..count {
            for j in (0..count).filter(|j| *j != i) {
                let (estimate, degrees) = compare(i, j);
                difference[i][j] = estimate;
                probability[i][j] = positive(&estimate, degrees);
            }
        }
        let parameters = names.iter().map(|name| (*name).to_owned()).collect();
        Self { output: output.to_owned(), index, parameters, difference, probability }
    }

    /// Inputs from the largest index to the smallest: by the expected number of others that an input exceeds.
    #[must_use]
    pub fn order(&self) -> Vec<usize> {
        let wins = |i: usize| self.probability[i].iter().filter(|p| p.is_finite()).sum::<f64>();
        let mut order: Vec<usize> = (0..self.parameters.len()).collect();
        order.sort_by(|a, b| wins(*b).total_cmp(&wins(*a)).then(a.cmp(b)));
        order
    }
}

/// Probability that the quantity estimated is positive.
fn positive(difference: &IndexEstimate, degrees: usize) -> f64 {
    if difference.std_error > 0.0 {
        return student::cdf(degrees as u64, difference.value / difference.std_error);
    }
    match difference.value.partial_cmp(&0.0) {
        Some(_) if difference.std_error.is_nan() => f64::NAN,
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Less) => 0.0,
        Some(std::cmp::Ordering::Equal) => 0.5,
        None => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Differences 1, 2, 3: t = 2 / (1 / √3) = 3.4641 with 2 degrees of freedom, whose probability is (1 + t / √(2 + t²)) / 2 in closed form.
    #[test]
    fn the_probability_of_three_pieces_by_hand() {
        let pieces = [vec![2.0, 1.0, 1.0], vec![3.0, 1.0, 1.0], vec![4.0, 1.0, 1.0]];
        let ranking = Ranking::of_pieces("y", "ST", &["a", "b", "c"], &pieces, 0.95);
        let t = 12.0_f64.sqrt();
        let expected = 0.5 * (1.0 + t / (2.0 + t * t).sqrt());
        assert!((ranking.probability[0][1] - expected).abs() < 1e-9, "{:?}", ranking.probability);
        assert!((ranking.probability[1][0] - (1.0 - expected)).abs() < 1e-9);
        assert_eq!(ranking.probability[1][2], 0.5, "inputs that are always equal are not ranked");
        assert_eq!(ranking.order(), [0, 1, 2]);
        assert_eq!(ranking.difference[0][1].value, 2.0);
    }

    #[test]
    fn one_piece_ranks_nothing() {
        let ranking = Ranking::of_pieces("y", "ST", &["a", "b"], &[vec![2.0, 1.0]], 0.95);
        assert!(ranking.probability[0][1].is_nan());
    }
}
