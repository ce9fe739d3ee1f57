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
//!
//! The width with parameters is that of draws of the first cell. Where there are fewer than [`OWN_ENOUGH`], their quantiles would be those of a
//! handful, and all draws lend their spread: each as far from its own cell's mean as it is, times sqrt(K / (K - C)) for the means being
//! estimated, laid around the first cell's mean. That takes parameters to do as much under one structure as under another.

use super::components::OneWay;
use crate::numerics::normal;
use crate::numerics::quantile::quantile_of_sorted;

/// Draws of the first cell from which on its own quantiles are the width with parameters.
pub const OWN_ENOUGH: usize = 20;

/// Draws beyond the number of cells that a width of all of them takes.
const FREE: usize = 4;

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
    /// 5% and 95% quantiles of the mean response under the first structure: with parameters. Not numbers where there are too few draws to say.
    pub parameters: [f64; 2],
    /// Draws that the width with parameters comes from: those of the first cell where they are enough, else all.
    pub parameter_draws: usize,
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
        let (parameters, parameter_draws) = if first.draws >= OWN_ENOUGH || used.len() == 1 {
            ([first.quantiles[0], first.quantiles[2]], first.draws)
        } else if first.draws > 0 && all.draws >= used.len() + FREE {
            let stretch = (count / (count - used.len() as f64)).sqrt();
            let centre: Vec<f64> = (0..cells).map(|c| of(c).mean).collect();
            let apart = means.iter().zip(cell).map(|(mean, c)| first.mean + stretch * (mean - centre[*c]));
            let [low, _, high] = OfStructure::new(apart).quantiles;
            ([low, high], all.draws)
        } else {
            ([f64::NAN; 2], 0)
        };
        let parts = [simulation, total - between - simulation, between];
        Self {
            simulation: [first.mean - half, first.mean + half],
            parameters,
            parameter_draws,
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
        assert!(widths.parameters[0].is_nan() && widths.parameter_draws == 0, "two draws more than cells");
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

    /// Three draws of the first cell and four of the second: -2, 0, 2 and -3, -1, 1, 3 around their means 2 and 10, stretched by
    /// sqrt(7/5) and laid around 2, of which the 5% quantile is .3 of the way from the lowest to the next.
    #[test]
    fn few_draws_of_the_first_structure_borrow_the_spread_of_all() {
        let (mut draws, mut cell) = (OneWay::default(), Vec::new());
        let mut add = |mean: f64, of: usize| {
            let mut moments = Moments::default();
            moments.add(mean);
            draws.add(&moments);
            cell.push(of);
        };
        [0.0, 2.0, 4.0].iter().for_each(|mean| add(*mean, 0));
        [7.0, 9.0, 11.0, 13.0].iter().for_each(|mean| add(*mean, 1));
        let few = Widths::new(&draws, 1, &cell);
        let stretch = 1.4_f64.sqrt();
        assert_eq!(few.parameter_draws, 7);
        assert!((few.parameters[0] - (2.0 - 2.7 * stretch)).abs() < 1e-12, "{:?}", few.parameters);
        assert!((few.parameters[1] - (2.0 + 2.7 * stretch)).abs() < 1e-12, "{:?}", few.parameters);
        // With twenty draws of its own the first cell speaks for itself.
        let (mut draws, mut cell) = (OneWay::default(), Vec::new());
        for i in 0..21 {
            let mut moments = Moments::default();
            moments.add(f64::from(i));
            draws.add(&moments);
            cell.push(usize::from(i == 20));
        }
        let own = Widths::new(&draws, 1, &cell);
        assert_eq!(own.parameter_draws, 20);
        assert!((own.parameters[0] - 0.95).abs() < 1e-12 && (own.parameters[1] - 18.05).abs() < 1e-12);
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
