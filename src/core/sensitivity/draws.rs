//! Draws of what is uncertain: points of the unit cube, and tables whose cells have relative errors.

use crate::model::streams::{Purpose, Streams};
use crate::numerics::elementary::exp;
use crate::numerics::normal;
use crate::numerics::sobol::{SobolSequence, TooManyDimensions};

/// One of independent points of the open unit cube, by its number; one coordinate for each name. A coordinate's numbers come from a stream
/// that its name addresses, so that adding a coordinate changes no other.
#[must_use]
pub fn independent_point(coordinates: &[String], number: u64, seed: u64) -> Vec<f64> {
    let streams = Streams::new(seed, number);
    coordinates.iter().map(|name| streams.at(Purpose::Parameter, address(name), 0).uniform_open()).collect()
}

/// The first `count` points of a Sobol' sequence of `dimensions`, scrambled by the seed.
///
/// # Errors
/// [`TooManyDimensions`] beyond what the sequence has.
pub fn sobol_points(dimensions: usize, count: usize, seed: u64) -> Result<Vec<Vec<f64>>, TooManyDimensions> {
    let key = address(&format!("scramble {seed}"));
    Ok(SobolSequence::scrambled(dimensions, key)?.take(count).collect())
}

/// The address of a coordinate in the random streams: a hash of its name.
fn address(name: &str) -> u64 {
    let hash = blake3::hash(name.as_bytes());
    hash.as_bytes().iter().take(8).fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Cells of a table with lognormal errors, some of which sum to a total that is known better than they are.
#[derive(Clone, Debug, PartialEq)]
pub struct RelativeErrors {
    /// The cells.
    pub cells: Vec<UncertainCell>,
    /// Standard deviation of the logarithm of each total; 0 where it holds exactly.
    pub totals: Vec<f64>,
}

/// A cell with a lognormal error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UncertainCell {
    /// Its value.
    pub value: f64,
    /// Standard deviation of its logarithm.
    pub log_sd: f64,
    /// Position of the total it is part of.
    pub total: Option<usize>,
}

impl RelativeErrors {
    /// Factors on the cells at a point of the open unit cube, one coordinate for each cell and one for each total. Cells of a total are
    /// drawn and then rescaled, so that they sum to the total's own draw.
    #[must_use]
    pub fn factors(&self, cells: &[f64], totals: &[f64]) -> Vec<f64> {
        let draw = |log_sd: f64, u: &f64| exp(log_sd * normal::quantile(*u));
        let drawn: Vec<f64> = self.cells.iter().zip(cells).map(|(cell, u)| draw(cell.log_sd, u)).collect();
        let rescale = |position: usize, log_sd: f64, u: &f64| {
            let members = || self.cells.iter().zip(&drawn).filter(move |(cell, _)| cell.total == Some(position));
            let known: f64 = members().map(|(cell, _)| cell.value).sum();
            let found: f64 = members().map(|(cell, factor)| cell.value * factor).sum();
            draw(log_sd, u) * known / found
        };
        let own = self.totals.iter().zip(totals).enumerate();
        let rescale: Vec<f64> = own.map(|(position, (log_sd, u))| rescale(position, *log_sd, u)).collect();
        self.cells.iter().zip(&drawn).map(|(cell, factor)| factor * cell.total.map_or(1.0, |at| rescale[at])).collect()
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_coordinate_keeps_its_numbers_when_others_come_or_go() {
        let points = |coordinates: &[&str], seed| -> Vec<Vec<f64>> {
            (0..5).map(|number| independent_point(&names(coordinates), number, seed)).collect()
        };
        let (both, one) = (points(&["a", "b"], 7), points(&["b"], 7));
        for (both, one) in both.iter().zip(&one) {
            assert_eq!(both[1].to_bits(), one[0].to_bits());
            assert!(both[0] > 0.0 && both[0] < 1.0 && both[0].to_bits() != both[1].to_bits());
        }
        assert_ne!(one, points(&["b"], 8), "another seed, another draw");
    }

    #[test]
    fn points_of_a_sequence_are_the_first_of_a_longer_one_and_have_each_cell_once() {
        let (few, many) = (sobol_points(3, 16, 5).unwrap(), sobol_points(3, 64, 5).unwrap());
        assert_eq!(few, many[..16]);
        for axis in 0..3 {
            let mut cells: Vec<usize> = few.iter().map(|point| (point[axis] * 16.0) as usize).collect();
            cells.sort_unstable();
            assert_eq!(cells, (0..16).collect::<Vec<_>>());
        }
    }

    #[test]
    fn cells_of_a_total_sum_to_its_own_draw_and_others_have_their_law() {
        let cell = |value, total| UncertainCell { value, log_sd: 0.3, total };
        let errors = RelativeErrors {
            cells: vec![cell(10.0, Some(0)), cell(30.0, Some(0)), cell(5.0, None)],
            totals: vec![0.1],
        };
        let one_sd = normal::cdf(1.0);
        let factors = errors.factors(&[0.9, 0.2, one_sd], &[one_sd]);
        assert_relative_eq!(10.0 * factors[0] + 30.0 * factors[1], 40.0 * 0.1_f64.exp(), max_relative = 1e-9);
        assert_relative_eq!(factors[2], 0.3_f64.exp(), max_relative = 1e-9);
        // The rescaling keeps their ratio.
        let ratio = (0.3 * (normal::quantile(0.9) - normal::quantile(0.2))).exp();
        assert_relative_eq!(factors[0] / factors[1], ratio, max_relative = 1e-12);
        let exact = RelativeErrors { totals: vec![0.0], ..errors };
        let factors = exact.factors(&[0.9, 0.2, 0.5], &[0.99]);
        assert_relative_eq!(10.0 * factors[0] + 30.0 * factors[1], 40.0, max_relative = 1e-12);
    }
}
