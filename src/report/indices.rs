//! Tables of sensitivity analysis: indices, and designs.

use super::record::{Cell, Field, FieldType, Record};
use crate::sensitivity::Index;

/// One index of one output (`indices.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct IndexRow(pub Index);

/// One index of one output of a model with replications: the same with the parts of the output's variance.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyIndexRow(pub Index);

impl Record for IndexRow {
    const TABLE: &'static str = "indices";
    const DESCRIPTION: &'static str = "sensitivity indices with their intervals";
    const KEY: &'static [&'static str] = &["output", "parameter", "index"];

    fn fields() -> Vec<Field> {
        let text = |name: &str, description: &str| Field::new(name, FieldType::String, "", description);
        let number = |name: &str, description: &str| Field::new(name, FieldType::Number, "", description);
        vec![
            text("output", "column of the outputs"),
            text("parameter", "input; a:b for a pair, empty where all inputs are concerned"),
            text("index", "index"),
            number("estimate", "estimate, in units of the output for mu, mu_star and sigma; empty where not defined"),
            number("std_error", "standard error"),
            number("ci_low", "lower end of the interval"),
            number("ci_high", "upper end of the interval"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        let Index { output, parameter, index, estimate, .. } = &self.0;
        let mut cells = vec![Cell::Text(output.clone()), Cell::Text(parameter.clone()), Cell::Text((*index).into())];
        cells
            .extend([estimate.value, estimate.std_error, estimate.interval[0], estimate.interval[1]].map(Cell::Number));
        cells
    }
}

impl Record for NoisyIndexRow {
    const TABLE: &'static str = IndexRow::TABLE;
    const DESCRIPTION: &'static str = IndexRow::DESCRIPTION;
    const KEY: &'static [&'static str] = IndexRow::KEY;

    fn fields() -> Vec<Field> {
        let number = |name: &str, description: &str| Field::new(name, FieldType::Number, "", description);
        let mut fields = IndexRow::fields();
        fields.extend([
            number("variance_of_mean", "variance over inputs of the output's mean response"),
            number("mean_of_variance", "mean over inputs of the output's variance over replications"),
            number("replication_share", "mean_of_variance over the sum of both"),
        ]);
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells = IndexRow(self.0.clone()).cells();
        cells.extend(match &self.0.noise {
            Some(noise) => [noise.variance_of_mean, noise.mean_of_variance, noise.replication_share]
                .map(|part| Cell::Number(part.value)),
            None => [f64::NAN; 3].map(Cell::Number),
        });
        cells
    }
}
