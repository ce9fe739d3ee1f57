//! Dependence between inputs: a Gaussian copula.
//!
//! A point of the unit cube with independent coordinates is taken to standard normal scores, the scores are mixed by the
//! Cholesky factor of their correlation matrix, and taken back: every coordinate stays uniform. The correlation of two
//! coordinates is then (6 / pi) asin(r / 2), which is Spearman's rank correlation of the inputs whatever their
//! distributions (Kruskal 1958); r itself is the correlation of the scores, and that of normal inputs.

use nalgebra::DMatrix;

use crate::numerics::normal::{cdf, quantile};

/// Correlations that no random numbers can have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotACorrelation {
    /// A value outside (-1, 1), or a pair of one and the same input, or of inputs that are not there.
    #[error("entry {0} is no correlation of two inputs between -1 and 1")]
    Entry(usize),
    /// The pair contradicts the pairs before it.
    #[error("entry {0} contradicts those before it: together they are not positive definite")]
    NotPositiveDefinite(usize),
}

/// Correlated uniform coordinates from independent ones.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianCopula {
    /// Lower triangle of the Cholesky factor, row by row, diagonal included.
    rows: Vec<Vec<f64>>,
}

/// Positions of two inputs, and the correlation of their normal scores.
pub type Pair = (usize, usize, f64);

impl GaussianCopula {
    /// The copula of `inputs` inputs with the given correlations; pairs that are not listed are uncorrelated.
    ///
    /// # Errors
    /// [`NotACorrelation`] at the first entry with which the matrix cannot be a correlation matrix.
    pub fn new(inputs: usize, pairs: &[Pair]) -> Result<Self, NotACorrelation> {
        let valid = |(i, j, r): &Pair| i != j && *i < inputs && *j < inputs && r.abs() < 1.0;
        if let Some(entry) = pairs.iter().position(|pair| !valid(pair)) {
            return Err(NotACorrelation::Entry(entry));
        }
        let factor = |count: usize| {
            let mut matrix = DMatrix::<f64>::identity(inputs, inputs);
            for (i, j, r) in &pairs[..count] {
                (matrix[(*i, *j)], matrix[(*j, *i)]) = (*r, *r);
            }
            matrix.cholesky()
        };
        let Some(whole) = factor(pairs.len()) else {
            let entry = (0..pairs.len()).find(|entry| factor(entry + 1).is_none()).unwrap_or(pairs.len() - 1);
            return Err(NotACorrelation::NotPositiveDefinite(entry));
        };
        let lower = whole.l();
        Ok(Self { rows: (0..inputs).map(|i| (0..=i).map(|j| lower[(i, j)]).collect()).collect() })
    }

    /// Takes a point of the open unit cube with independent coordinates to one with correlated coordinates.
    #[must_use]
    pub fn mix(&self, unit: &[f64]) -> Vec<f64> {
        let scores: Vec<f64> = unit.iter().map(|u| quantile(u.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON))).collect();
        let mixed = |(row, u): (&Vec<f64>, &f64)| {
            // An input without correlations keeps its coordinate to the bit.
            if row.iter().rev().skip(1).all(|weight| *weight == 0.0) {
                return *u;
            }
            cdf(row.iter().zip(&scores).map(|(weight, score)| weight * score).sum())
        };
        self.rows.iter().zip(unit).map(mixed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitivity::random::{DesignPurpose, DesignStream};

    fn correlation(x: &[f64], y: &[f64]) -> f64 {
        let n = x.len() as f64;
        let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
        let sum =
            |a: &[f64], ma: f64, b: &[f64], mb: f64| a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum::<f64>();
        sum(x, mx, y, my) / (sum(x, mx, x, mx) * sum(y, my, y, my)).sqrt()
    }

    /// 40,000 points: the scores have the correlations asked for, the coordinates Kruskal's (6 / pi) asin(r / 2), and stay
    /// uniform; all within four standard errors of about 1 / sqrt(n).
    #[test]
    fn scores_and_ranks_have_their_correlations_and_margins_stay_uniform() {
        let pairs = [(0, 2, 0.6), (2, 1, -0.5)];
        let copula = GaussianCopula::new(4, &pairs).unwrap();
        let n = 40_000;
        let points: Vec<Vec<f64>> = (0..n)
            .map(|k| {
                let mut stream = DesignStream::at(1, DesignPurpose::Latin, k);
                copula.mix(&[stream.uniform(), stream.uniform(), stream.uniform(), stream.uniform()])
            })
            .collect();
        let column = |i: usize| points.iter().map(|point| point[i]).collect::<Vec<_>>();
        let scores = |i: usize| column(i).into_iter().map(quantile).collect::<Vec<_>>();
        let slack = 4.0 / (n as f64).sqrt();
        for (i, j, r) in [(0, 2, 0.6), (1, 2, -0.5), (0, 1, 0.0), (3, 0, 0.0)] {
            assert!((correlation(&scores(i), &scores(j)) - r).abs() < slack, "scores {i}, {j}");
            let rank = 6.0 / std::f64::consts::PI * (r / 2.0_f64).asin();
            assert!((correlation(&column(i), &column(j)) - rank).abs() < slack, "ranks {i}, {j}");
        }
        for i in 0..4 {
            let below = |u: f64| column(i).iter().filter(|x| **x < u).count() as f64 / n as f64;
            assert!([0.1, 0.5, 0.9].iter().all(|u| (below(*u) - u).abs() < 4.0 * (u * (1.0 - u) / n as f64).sqrt()));
        }
    }

    #[test]
    fn without_correlations_a_point_stays_to_the_bit() {
        let unit = [0.1, 0.25, 1e-12, 0.999];
        assert_eq!(GaussianCopula::new(4, &[]).unwrap().mix(&unit), unit);
        let mixed = GaussianCopula::new(4, &[(0, 3, 0.9)]).unwrap().mix(&unit);
        assert_eq!(mixed[..3], unit[..3]);
        assert_ne!(mixed[3], unit[3]);
    }

    #[test]
    fn impossible_correlations_are_named() {
        assert_eq!(GaussianCopula::new(2, &[(0, 1, 1.0)]), Err(NotACorrelation::Entry(0)));
        assert_eq!(GaussianCopula::new(2, &[(0, 0, 0.5)]), Err(NotACorrelation::Entry(0)));
        let triangle = [(0, 1, 0.6), (1, 2, 0.6), (0, 2, -0.6)];
        assert_eq!(GaussianCopula::new(3, &triangle), Err(NotACorrelation::NotPositiveDefinite(2)));
        assert!(GaussianCopula::new(3, &triangle[..2]).is_ok());
    }
}
