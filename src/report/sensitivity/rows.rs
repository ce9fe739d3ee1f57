//! Rows of the tables of a sensitivity study.

use crate::report::indices::IndexRow;
use crate::report::record::{Cell, Field, FieldType, Record};
use crate::sensitivity::Index;

fn text(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::String, "", description)
}

fn number(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::Number, "", description)
}

/// One index of one output (`sensitivity.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct SensitivityRow(pub Index);

impl Record for SensitivityRow {
    const TABLE: &'static str = "sensitivity";
    const DESCRIPTION: &'static str = "Sensitivity indices of every output with their intervals.";
    const KEY: &'static [&'static str] = IndexRow::KEY;

    fn fields() -> Vec<Field> {
        IndexRow::fields()
    }

    fn cells(&self) -> Vec<Cell> {
        IndexRow(self.0.clone()).cells()
    }
}

/// One index of one output from the first part of a design (`convergence.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct ConvergenceRow {
    /// Size of the part.
    pub n: u64,
    /// Its rows.
    pub runs: u64,
    /// The index.
    pub index: Index,
}

impl Record for ConvergenceRow {
    const TABLE: &'static str = "convergence";
    const DESCRIPTION: &'static str = "The same indices from the first parts of the design, up to all of it.";
    const KEY: &'static [&'static str] = &["n", "output", "parameter", "index"];

    fn fields() -> Vec<Field> {
        let mut fields = vec![
            Field::new("n", FieldType::Integer, "", "size of the part, as --n counts it"),
            Field::new("runs", FieldType::Integer, "", "rows of the part"),
        ];
        fields.extend(IndexRow::fields());
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![Cell::Integer(self.n), Cell::Integer(self.runs)];
        cells.extend(IndexRow(self.index.clone()).cells());
        cells
    }
}

/// Two inputs compared for one output (`ranking.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct RankingRow {
    /// The output.
    pub output: String,
    /// The index compared.
    pub index: &'static str,
    /// The first input.
    pub parameter: String,
    /// The second input.
    pub other: String,
    /// Index of the first less that of the second.
    pub difference: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Probability that the first is larger.
    pub probability: f64,
}

impl Record for RankingRow {
    const TABLE: &'static str = "ranking";
    const DESCRIPTION: &'static str = "Probability that one input matters more than another, for every ordered pair.";
    const KEY: &'static [&'static str] = &["output", "index", "parameter", "other"];

    fn fields() -> Vec<Field> {
        vec![
            text("output", "column of the outputs"),
            text("index", "index by which the inputs are compared"),
            text("parameter", "the first input"),
            text("other", "the second input"),
            number("difference", "index of the first less that of the second"),
            number("std_error", "standard error of the difference"),
            number("probability", "probability that the first input's index is the larger one"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Text(self.output.clone()),
            Cell::Text(self.index.into()),
            Cell::Text(self.parameter.clone()),
            Cell::Text(self.other.clone()),
            Cell::Number(self.difference),
            Cell::Number(self.std_error),
            Cell::Number(self.probability),
        ]
    }
}

/// A row of the design that could not be run (`failures.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct FailureRow {
    /// The row.
    pub row: u64,
    /// Why not.
    pub reason: String,
}

impl Record for FailureRow {
    const TABLE: &'static str = "failures";
    const DESCRIPTION: &'static str = "Rows of the design at which the scenario could not be run.";
    const KEY: &'static [&'static str] = &["row"];

    fn fields() -> Vec<Field> {
        vec![
            Field::new("row", FieldType::Integer, "", "row of the design, from 0"),
            text("reason", "why the scenario could not be run there"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        vec![Cell::Integer(self.row), Cell::Text(self.reason.clone())]
    }
}
