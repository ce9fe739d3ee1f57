//! Three widths of one number: what simulation leaves open, what parameters add, what the structure of the model adds.
//!
//! Each draw has a structure (a cell, where structures of several factors are combined), parameters under it, and n replications. With m the
//! mean of a draw, K draws in C cells, and E the mean variance of replications, the variance of m over draws has the parts
//!
//! ```text
//! total       1/K sum (m - mbar)^2
//! structure   1/K [sum_c K_c (mbar_c - mbar)^2 - (C - 1) W],   W = sum_c sum (m - mbar_c)^2 / (K - C)
//! simulation  E / n
//! parameters  what is left
//! ```
//!
//! Means of few draws differ by chance; W takes that out of the part of structure (epsilon-squared, Kelley 1935). Parts can come out negative
//! and are not clipped.

use super::components::OneWay;
use crate::numerics::normal;
use crate::numerics::quantile::quantile_of_sorted;

/// Draws of one structure, or of one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct OfStructure {
    /// Draws.
    pub draws: usize,
    /// Mean over them.
    pub mean: f64,
    /// 5%, 50% and 95% quantiles.
    pub quantiles: [f64; 3],
}

/// The widths of one number.
#[derive(Clone, Debug, PartialEq)]
pub struct Widths {
    /// 90% interval of the mean response of one draw at its replications, around the mean of the first structure: simulation alone.
    pub simulation: [f64; 2],
    /// 5% and 95% quantiles over draws of the first structure: with parameters.
    pub parameters: [f64; 2],
    /// The same over all draws: with structure.
    pub structure: [f64; 2],
    /// Median over all draws.
    pub median: f64,
    /// Shares of the variance over draws: simulation, parameters, structure; not numbers where nothing varies.
    pub share: [f64; 3],
    /// Draws of the first cell, which the first two widths are of.
    pub first: OfStructure,
}

impl Widths {
    /// The widths of draws with `size` replications each, and the `cell` of every draw, from 0.
    #[must_use]
    pub fn new(draws: &OneWay, size: u64, cell: &[usize]) -> Self {
        let means = draws.means();
        let cells = cell.iter().max().map_or(1, |last| last + 1);
        let of = |c: usize| OfStructure::new(means.iter().zip(cell).filter(|(_, of)| **of == c).map(|(mean, _)| *mean));
        let all = OfStructure::new(means.iter().copied());
        let (first, count) = (of(0), all.draws as f64);
        let simulation = if size < 2 { f64::NAN } else { draws.within() / size as f64 };
        let squares: f64 = means.iter().map(|mean| (mean - all.mean) * (mean - all.mean)).sum();
        let used: Vec<OfStructure> = (0..cells).map(of).filter(|of| of.draws > 0).collect();
        let apart = |of: &OfStructure| of.draws as f64 * (of.mean - all.mean) * (of.mean - all.mean);
        let between: f64 = used.iter().map(apart).sum();
        let by_chance = match used.len() {
            1 => 0.0,
            several => (several - 1) as f64 * (squares - between) / (count - several as f64),
        };
        let (total, between) = (squares / count, (between - by_chance) / count);
        let half = normal::quantile(0.95) * simulation.sqrt();
        let parts = [simulation, total - between - simulation, between];
        Self {
            simulation: [first.mean - half, first.mean + half],
            parameters: [first.quantiles[0], first.quantiles[2]],
            structure: [all.quantiles[0], all.quantiles[2]],
            median: all.quantiles[1],
            share: parts.map(|part| if total > 0.0 { part / total } else { f64::NAN }),
            first,
        }
    }
}

impl OfStructure {
    /// Of the means of its draws.
    pub fn new(means: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = means.collect();
        sorted.sort_by(f64::total_cmp);
        let draws = sorted.len();
        let mean = sorted.iter().sum::<f64>() / draws as f64;
        let quantile = |p: f64| if draws == 0 { f64::NAN } else { quantile_of_sorted(&sorted, p) };
        Self { draws, mean, quantiles: [0.05, 0.5, 0.95].map(quantile) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::moments::Moments;

    /// Four draws of two replications: means 1, 3 under the first structure, 11, 13 under the second, variance 2 within each.
    #[test]
    fn widths_by_hand() {
        let mut draws = OneWay::default();
        for mean in [1.0, 11.0, 3.0, 13.0] {
            let mut moments = Moments::default();
            [mean - 1.0, mean + 1.0].iter().for_each(|x| moments.add(*x));
            draws.add(&moments);
        }
        let widths = Widths::new(&draws, 2, &[0, 1, 0, 1]);
        let half = 1.644_853_626_951_472_2;
        assert!(
            (widths.simulation[0] - (2.0 - half)).abs() < 1e-12 && (widths.simulation[1] - (2.0 + half)).abs() < 1e-12
        );
        assert!((widths.parameters[0] - 1.1).abs() < 1e-12 && (widths.parameters[1] - 2.9).abs() < 1e-12);
        assert!((widths.structure[0] - 1.3).abs() < 1e-12 && (widths.structure[1] - 12.7).abs() < 1e-12);
        assert!((widths.median - 7.0).abs() < 1e-12);
        // Total 104 / 4: between (100 - 2) / 4, simulation 2 / 2, and the rest.
        let [simulation, parameters, structure] = widths.share;
        assert!(
            (simulation - 1.0 / 26.0).abs() < 1e-14
                && (parameters - 0.5 / 26.0).abs() < 1e-14
                && (structure - 24.5 / 26.0).abs() < 1e-14
        );
        assert_eq!((widths.first.draws, widths.first.mean), (2, 2.0));
    }

    #[test]
    fn without_structures_or_replications_shares_say_so() {
        let mut draws = OneWay::default();
        for mean in [1.0, 2.0, 4.0] {
            let mut moments = Moments::default();
            moments.add(mean);
            draws.add(&moments);
        }
        let widths = Widths::new(&draws, 1, &[0, 0, 0]);
        assert_eq!((widths.share[2], widths.first.draws), (0.0, 3));
        assert!(widths.share[0].is_nan() && widths.simulation[0].is_nan());
        assert_eq!(widths.parameters, widths.structure);
        assert!(Widths::new(&draws, 1, &[1, 1, 2]).first.mean.is_nan(), "the first cell has no draw");
    }
}
