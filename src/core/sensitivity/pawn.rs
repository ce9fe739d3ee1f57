//! PAWN: how far the output's distribution moves when an input is held in a narrow range (Pianosi and Wagener 2015, 2018).
//!
//! The sample is cut into S slices at the quantiles of input i (linear between order statistics, each slice half open, so that the
//! largest value belongs to none). KS_s is the largest distance between the empirical distribution of the output in slice s and that of all rows;
//! the indices are minimum, mean, median, maximum and coefficient of variation (population) of KS over the slices. An input with at most S
//! different values has one slice for each.
//!
//! KS of an inert input is not zero but about 0.87 / √(rows of a slice): compare with a dummy input. Units of the bootstrap are rows, which keep their slices.

use super::bootstrap::{IndexEstimate, Resampling, collect};
use super::design::Design;
use super::response::{Response, average};
use super::slices::{SLICES, ascending, by_value};
use crate::numerics::moments::Moments;
use crate::numerics::quantile::quantile_of_sorted;

/// Summaries over slices of the Kolmogorov-Smirnov distance of one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PawnIndices {
    /// Smallest.
    pub minimum: IndexEstimate,
    /// Mean.
    pub mean: IndexEstimate,
    /// Median.
    pub median: IndexEstimate,
    /// Largest.
    pub maximum: IndexEstimate,
    /// Standard deviation over mean.
    pub cv: IndexEstimate,
}

/// The indices of every input, for the mean response over replications.
#[must_use]
pub fn indices(response: &Response, design: &Design, resampling: &Resampling) -> Vec<PawnIndices> {
    let outputs = response.mean();
    let order = ascending(outputs);
    // Rows with equal outputs are one step of every distribution.
    let steps: Vec<&[usize]> = order.chunk_by(|a, b| outputs[*a] == outputs[*b]).collect();
    let sliced: Vec<(Vec<Option<usize>>, usize)> =
        (0..design.columns()).map(|input| slices(&design.column(input))).collect();
    let all = |weights: &[u32]| -> Vec<f64> {
        sliced.iter().flat_map(|(slices, count)| summaries(&distances(&steps, slices, *count, weights))).collect()
    };
    let values = all(&vec![1; response.rows()]);
    let mut resampled = vec![Moments::default(); values.len()];
    resampling.draw(response.rows(), 0, |weights| collect(&mut resampled, &all(weights)));
    let estimates = resampling.estimates(&values, &resampled, response.rows());
    let named =
        |of: &[IndexEstimate]| PawnIndices { minimum: of[0], mean: of[1], median: of[2], maximum: of[3], cv: of[4] };
    estimates.chunks_exact(5).map(named).collect()
}

/// The slice of every row, and their number.
fn slices(values: &[f64]) -> (Vec<Option<usize>>, usize) {
    if let Some((slices, count)) = by_value(values, SLICES) {
        return (slices.into_iter().map(Some).collect(), count);
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let edges: Vec<f64> = (0..=SLICES).map(|s| quantile_of_sorted(&sorted, s as f64 / SLICES as f64)).collect();
    let slice = |x: &f64| (0..SLICES).find(|s| (edges[*s]..edges[s + 1]).contains(x));
    (values.iter().map(slice).collect(), SLICES)
}

/// Kolmogorov-Smirnov distance of each slice that has rows, rows counted by `weights`.
fn distances(steps: &[&[usize]], slices: &[Option<usize>], count: usize, weights: &[u32]) -> Vec<f64> {
    let mut sizes = vec![0_u32; count];
    for (slice, weight) in slices.iter().zip(weights) {
        if let Some(slice) = slice {
            sizes[*slice] += weight;
        }
    }
    let whole = f64::from(weights.iter().sum::<u32>());
    let (mut below, mut inside, mut largest) = (0_u32, vec![0_u32; count], vec![0.0_f64; count]);
    for step in steps {
        for row in *step {
            below += weights[*row];
            if let Some(slice) = slices[*row] {
                inside[slice] += weights[*row];
            }
        }
        let everywhere = f64::from(below) / whole;
        for ((largest, inside), size) in largest.iter_mut().zip(&inside).zip(&sizes) {
            if *size > 0 {
                *largest = largest.max((f64::from(*inside) / f64::from(*size) - everywhere).abs());
            }
        }
    }
    largest.into_iter().zip(sizes).filter(|(_, size)| *size > 0).map(|(distance, _)| distance).collect()
}

fn summaries(distances: &[f64]) -> [f64; 5] {
    let mut sorted = distances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mean = average(&sorted);
    let deviation = (sorted.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / sorted.len() as f64).sqrt();
    let quantile = |probability| quantile_of_sorted(&sorted, probability);
    [quantile(0.0), mean, quantile(0.5), quantile(1.0), deviation / mean]
}
