//! Designs: the points at which a model is run.
//!
//! | method | rows for `n` | design |
//! |:--|:--|:--|
//! | `sobol` | n (2D + 2) | pick-freeze blocks on a scrambled Sobol' sequence ([`pick_freeze`]) |
//! | `morris` | n (D + 1) | trajectories on a grid, spread out ([`trajectories`]) |
//! | `fast` | n D | one search curve for each input ([`search_curves`]) |
//! | `rbd_fast`, `pawn`, `delta` | n | Latin hypercube ([`latin_hypercube`]) |
//!
//! The first rows of a `sobol` design of 2n base points are the design of n base points of the same seed, so that it can grow and what was
//! run be used again.

mod curves;
mod morris;
mod randomised;

pub use curves::{frequencies, search_curves};
pub use morris::{FIRST_SET, growing_trajectories, trajectories};
pub use randomised::randomised_pick_freeze;

use super::random::{DesignPurpose, DesignStream};
use super::{Method, Problem};
use crate::numerics::sobol::{SobolSequence, TooManyDimensions};

/// Most levels of a grid.
pub const MAX_LEVELS: usize = 1_024;

/// Points in the inputs' own units: rows of D values.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    columns: usize,
    values: Vec<f64>,
}

impl Design {
    /// An empty design of `columns` inputs, at least one.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self { columns: columns.max(1), values: Vec::new() }
    }
    /// Appends a row; values beyond the number of columns are left out, missing ones are NaN.
    pub fn push(&mut self, row: impl IntoIterator<Item = f64>) {
        let start = self.values.len();
        self.values.extend(row.into_iter().take(self.columns));
        self.values.resize(start + self.columns, f64::NAN);
    }
    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns
    }
    /// The number of inputs, D.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }
    /// The first `rows` rows, or all where there are fewer.
    #[must_use]
    pub fn head(&self, rows: usize) -> Self {
        let values = self.values[..(rows * self.columns).min(self.values.len())].to_vec();
        Self { columns: self.columns, values }
    }
    /// The values of row `row`.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }
    /// The values of input `column`.
    #[must_use]
    pub fn column(&self, column: usize) -> Vec<f64> {
        self.values.iter().skip(column).step_by(self.columns).copied().collect()
    }
    /// All rows, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.columns)
    }
}

/// Why a design cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DesignError {
    /// Fewer points than the method needs.
    #[error("{method} needs at least {least} points, {given} were asked for")]
    TooFew {
        /// The method.
        method: &'static str,
        /// The least number.
        least: usize,
        /// The number given.
        given: usize,
    },
    /// More numbers than fit in memory.
    #[error("{rows} rows of {columns} values are too many: at most {most} values")]
    TooLarge {
        /// Rows asked for.
        rows: u128,
        /// Inputs.
        columns: usize,
        /// The most values.
        most: u128,
    },
    /// Levels of a grid that trajectories cannot step on.
    #[error("{0} levels: trajectories need an even number of levels, 2 to {MAX_LEVELS}")]
    Levels(usize),
    /// Inputs in groups, for a method that moves each alone.
    #[error("{0} has no groups: each input moves alone")]
    Groups(&'static str),
    /// More inputs than the Sobol' sequence has dimensions.
    #[error("Sobol' design: {0}")]
    Dimensions(#[from] TooManyDimensions),
}

/// The most values of a design: half a gibibyte.
const MOST_VALUES: u128 = 1 << 26;

/// Refuses designs that are too large for memory.
pub(super) fn check_size(rows: u128, columns: usize) -> Result<(), DesignError> {
    if rows.saturating_mul(columns as u128) > MOST_VALUES {
        return Err(DesignError::TooLarge { rows, columns, most: MOST_VALUES });
    }
    Ok(())
}

/// Refuses groups where inputs cannot move together.
pub(super) fn check_groups(problem: &Problem, method: Method) -> Result<(), DesignError> {
    if problem.has_groups() && method != Method::Sobol { Err(DesignError::Groups(method.name())) } else { Ok(()) }
}

/// What a design needs to know besides the problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleOptions {
    /// Base points, trajectories, points of a curve, or rows: see [`self`].
    pub n: usize,
    /// Seed: any whole number, 0 too.
    pub seed: u64,
    /// Levels of the grid of `morris`.
    pub levels: usize,
}

/// The design of a method.
///
/// # Errors
/// [`DesignError`] when `n` is too small for the method or too large for memory, there are too many inputs, or the levels are odd.
pub fn sample(problem: &Problem, method: Method, options: SampleOptions) -> Result<Design, DesignError> {
    let SampleOptions { n, seed, levels } = options;
    let inputs = problem.len();
    check_groups(problem, method)?;
    let (least, rows) = match method {
        Method::Sobol => (2, 2 * problem.factors().len() + 2),
        Method::Morris => (2, inputs + 1),
        Method::Fast => (curves::least_points(), inputs),
        Method::RbdFast => (2 * super::harmonics::RBD_HARMONICS + 1, 1),
        Method::Pawn => (2 * super::slices::SLICES, 1),
        Method::Delta => (20, 1),
    };
    if n < least {
        return Err(DesignError::TooFew { method: method.name(), least, given: n });
    }
    check_size(n as u128 * rows as u128, inputs)?;
    match method {
        Method::Sobol => pick_freeze(problem, n, seed),
        Method::Morris => trajectories(problem, n, levels, seed),
        Method::Fast => Ok(search_curves(problem, n, seed)),
        Method::RbdFast | Method::Pawn | Method::Delta => Ok(latin_hypercube(problem, n, seed)),
    }
}

/// Blocks of 2D + 2 rows for each base point k of a scrambled Sobol' sequence in 2D dimensions: A, AB_1 .. AB_D, BA_1 .. BA_D, B, where
/// AB_i is A with input i from B, and BA_i the reverse (Saltelli 2002). Inputs of a group are swapped together, and D counts the groups.
///
/// # Errors
/// [`DesignError::Dimensions`] above 500 inputs.
pub fn pick_freeze(problem: &Problem, n: usize, seed: u64) -> Result<Design, DesignError> {
    let (inputs, factors) = (problem.len(), problem.factors());
    let key = DesignStream::at(seed, DesignPurpose::Scramble, 0).word();
    let mut design = Design::new(inputs);
    for point in SobolSequence::scrambled(2 * inputs, key)?.take(n) {
        let a: Vec<f64> = problem.at(&point[..inputs]).collect();
        let b: Vec<f64> = problem.at(&point[inputs..]).collect();
        let swapped = |from: &[f64], with: &[f64], i: usize| {
            let mut row = from.to_vec();
            factors[i].members.iter().for_each(|input| row[*input] = with[*input]);
            row
        };
        design.push(a.iter().copied());
        (0..factors.len()).for_each(|i| design.push(swapped(&a, &b, i)));
        (0..factors.len()).for_each(|i| design.push(swapped(&b, &a, i)));
        design.push(b);
    }
    Ok(design)
}

/// Points of a scrambled Sobol' sequence.
///
/// # Errors
/// [`DesignError::Dimensions`] above 1000 inputs.
pub fn sobol_points(problem: &Problem, n: usize, seed: u64) -> Result<Design, DesignError> {
    let key = DesignStream::at(seed, DesignPurpose::Scramble, 0).word();
    let mut design = Design::new(problem.len());
    for point in SobolSequence::scrambled(problem.len(), key)?.take(n) {
        design.push(problem.at(&point));
    }
    Ok(design)
}

/// A Latin hypercube of `n` points: in each input one uniformly placed point in every one of `n` cells of equal probability (McKay,
/// Beckman and Conover 1979).
#[must_use]
pub fn latin_hypercube(problem: &Problem, n: usize, seed: u64) -> Design {
    let columns: Vec<Vec<f64>> = (0..problem.len())
        .map(|column| {
            let mut stream = DesignStream::at(seed, DesignPurpose::Latin, column as u64);
            let mut units: Vec<f64> = (0..n).map(|cell| (cell as f64 + stream.uniform()) / n as f64).collect();
            stream.shuffle(&mut units);
            units
        })
        .collect();
    let mut design = Design::new(problem.len());
    for row in 0..n {
        let unit: Vec<f64> = columns.iter().map(|column| column[row]).collect();
        design.push(problem.at(&unit));
    }
    design
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitivity::{Distribution, Parameter};

    fn problem(inputs: usize) -> Problem {
        let law = Distribution::uniform(0.0, 1.0).unwrap();
        let parameter = |i| Parameter { name: format!("x{i}"), distribution: law.clone(), group: None };
        Problem { parameters: (1..=inputs).map(parameter).collect() }
    }

    #[test]
    fn a_latin_hypercube_has_one_point_in_every_cell() {
        let design = latin_hypercube(&problem(3), 97, 0);
        for column in 0..3 {
            let mut cells: Vec<usize> = design.column(column).iter().map(|x| (x * 97.0) as usize).collect();
            cells.sort_unstable();
            assert_eq!(cells, (0..97).collect::<Vec<_>>());
        }
        assert_ne!(design.column(0), design.column(1));
    }

    #[test]
    fn blocks_swap_one_input_and_designs_grow() {
        let small = pick_freeze(&problem(3), 16, 7).unwrap();
        let large = pick_freeze(&problem(3), 32, 7).unwrap();
        assert_eq!(small.rows(), 16 * 8);
        assert!(small.iter().zip(large.iter()).all(|(a, b)| a == b));
        for block in 0..16 {
            let row = |place: usize| small.row(block * 8 + place);
            let (a, b) = (row(0), row(7));
            for i in 0..3 {
                for j in 0..3 {
                    assert_eq!(row(1 + i)[j], if i == j { b[j] } else { a[j] });
                    assert_eq!(row(4 + i)[j], if i == j { a[j] } else { b[j] });
                }
            }
        }
        assert_ne!(small, pick_freeze(&problem(3), 16, 8).unwrap());
        assert_eq!(small, pick_freeze(&problem(3), 16, 7).unwrap());
    }

    #[test]
    fn designs_that_cannot_be_made_say_why() {
        let options = |n| SampleOptions { n, seed: 0, levels: 4 };
        let make = |method, n| sample(&problem(2), method, options(n));
        assert!(matches!(make(Method::Fast, 64), Err(DesignError::TooFew { least: 65, .. })));
        assert!(matches!(make(Method::Sobol, 0), Err(DesignError::TooFew { .. })));
        assert!(matches!(make(Method::Sobol, usize::MAX), Err(DesignError::TooLarge { .. })));
        assert!(matches!(sample(&problem(501), Method::Sobol, options(2)), Err(DesignError::Dimensions(_))));
        let odd = SampleOptions { levels: 3, ..options(4) };
        assert_eq!(sample(&problem(2), Method::Morris, odd), Err(DesignError::Levels(3)));
        for levels in [0, 1_000_000_000_000] {
            let wrong = SampleOptions { levels, ..options(4) };
            assert_eq!(sample(&problem(2), Method::Morris, wrong), Err(DesignError::Levels(levels)));
        }
    }
}
