//! Three widths of one number: what simulation leaves open, what parameters add, what the structure of the model adds.
//!
//! Each draw has a structure s, parameters under it, and n replications. With m the mean of a draw and E the mean variance of its
//! replications, the variance of m over draws splits exactly (sums of squares between and within structures):
//!
//! ```text
//! total     1/K sum (m - mbar)^2
//! structure 1/K sum_s K_s (mbar_s - mbar)^2        parameters + simulation  1/K sum_s sum (m - mbar_s)^2
//! simulation  E / n
//! ```
//!
//! The part of parameters is what the second leaves beyond simulation; it can come out negative and is not clipped.

use super::components::OneWay;
use crate::numerics::normal;
use crate::numerics::quantile::quantile_of_sorted;

/// Draws of one structure.
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
    /// Shares of the variance over draws: simulation, parameters, structure; not numbers where nothing varies.
    pub share: [f64; 3],
    /// Each structure; with none, all draws are one.
    pub of: Vec<OfStructure>,
}

impl Widths {
    /// The widths of draws with `size` replications each, `structure` of every draw; structures without a draw are not numbers.
    #[must_use]
    pub fn new(draws: &OneWay, size: u64, structure: &[usize], structures: usize) -> Self {
        let means = draws.means();
        let of: Vec<OfStructure> = (0..structures.max(1))
            .map(|s| OfStructure::new(means.iter().zip(structure).filter(|(_, of)| **of == s).map(|(mean, _)| *mean)))
            .collect();
        let all = OfStructure::new(means.iter().copied());
        let count = all.draws as f64;
        let simulation = if size < 2 { f64::NAN } else { draws.within() / size as f64 };
        let total = means.iter().map(|mean| (mean - all.mean) * (mean - all.mean)).sum::<f64>() / count;
        let between = of.iter().filter(|of| of.draws > 0);
        let between =
            between.map(|of| of.draws as f64 * (of.mean - all.mean) * (of.mean - all.mean)).sum::<f64>() / count;
        let half = normal::quantile(0.95) * simulation.sqrt();
        let parts = [simulation, total - between - simulation, between];
        Self {
            simulation: [of[0].mean - half, of[0].mean + half],
            parameters: [of[0].quantiles[0], of[0].quantiles[2]],
            structure: [all.quantiles[0], all.quantiles[2]],
            share: parts.map(|part| if total > 0.0 { part / total } else { f64::NAN }),
            of,
        }
    }
}

impl OfStructure {
    fn new(means: impl Iterator<Item = f64>) -> Self {
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
        let widths = Widths::new(&draws, 2, &[0, 1, 0, 1], 2);
        let half = 1.644_853_626_951_472_2;
        assert!(
            (widths.simulation[0] - (2.0 - half)).abs() < 1e-12 && (widths.simulation[1] - (2.0 + half)).abs() < 1e-12
        );
        assert!((widths.parameters[0] - 1.1).abs() < 1e-12 && (widths.parameters[1] - 2.9).abs() < 1e-12);
        assert!((widths.structure[0] - 1.3).abs() < 1e-12 && (widths.structure[1] - 12.7).abs() < 1e-12);
        // Total 26: between 25, within structures 1, of which simulation is 2 / 2.
        let [simulation, parameters, structure] = widths.share;
        assert!(
            (simulation - 1.0 / 26.0).abs() < 1e-14
                && parameters.abs() < 1e-14
                && (structure - 25.0 / 26.0).abs() < 1e-14
        );
        assert_eq!((widths.of[1].draws, widths.of[1].mean), (2, 12.0));
    }

    #[test]
    fn without_structures_or_replications_shares_say_so() {
        let mut draws = OneWay::default();
        for mean in [1.0, 2.0, 4.0] {
            let mut moments = Moments::default();
            moments.add(mean);
            draws.add(&moments);
        }
        let widths = Widths::new(&draws, 1, &[0, 0, 0], 0);
        assert_eq!((widths.share[2], widths.of.len()), (0.0, 1));
        assert!(widths.share[0].is_nan() && widths.simulation[0].is_nan());
        assert_eq!(widths.parameters, widths.structure);
        assert!(Widths::new(&draws, 1, &[0, 0, 0], 2).of[1].mean.is_nan());
    }
}
