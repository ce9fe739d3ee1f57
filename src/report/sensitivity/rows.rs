//! Rows of the tables of a sensitivity study.

use crate::report::indices::IndexRow;
use crate::report::record::table;

table! {
    /// Sensitivity indices of every output with their intervals.
    pub struct SensitivityRow in "sensitivity" by [output, parameter, index] {
        /// the index
        index: IndexRow;
    }
}

table! {
    /// The same indices from the first parts of the design, up to all of it.
    pub struct ConvergenceRow in "convergence" by [n, output, parameter, index] {
        /// size of the part, as --n counts it
        n: u64;
        /// rows of the part
        runs: u64;
        /// the index
        index: IndexRow;
    }
}

table! {
    /// Probability that one input matters more than another, for every ordered pair.
    pub struct RankingRow in "ranking" by [output, index, parameter, other] {
        /// column of the outputs
        output: String;
        /// index by which the inputs are compared
        index: &'static str;
        /// the first input
        parameter: String;
        /// the second input
        other: String;
        /// index of the first less that of the second
        difference: f64;
        /// standard error of the difference
        std_error: f64;
        /// probability that the first input's index is the larger one
        probability: f64;
    }
}

table! {
    /// Rows of the design at which the scenario could not be run.
    pub struct DesignFailureRow in "failures" by [row] {
        /// row of the design, from 0
        row: u64;
        /// why the scenario could not be run there
        reason: String;
    }
}
