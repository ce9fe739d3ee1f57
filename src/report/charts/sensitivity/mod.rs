//! Charts of a sensitivity study, one output each: tornado, screening plane, bars of indices, convergence, and ranking.

pub mod bars;
pub mod convergence;
pub mod ranking;
pub mod screening;
pub mod tornado;

#[cfg(test)]
mod tests;

use super::text;
use super::theme::Ink;
use crate::config::figures::Figures;
use crate::sensitivity::{Index, IndexEstimate};

/// What the charts of one output say of the study.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct OutputContext {
    /// Title of the scenario.
    pub scenario: String,
    /// Name of the output in the tables.
    pub output: String,
    /// What the reader is shown for it: `Cars sold: flagged, imposed less status_quo`.
    pub label: String,
    /// Its unit; may be empty.
    pub unit: String,
    /// Name and label of each input, in the order of the design.
    pub inputs: Vec<(String, String)>,
    /// How the design is called: `sobol`, 8 randomisations.
    pub design: String,
    /// Rows of the design.
    pub rows: u64,
    /// Replications of each row.
    pub replications: u64,
    /// Seed.
    pub seed: u64,
    /// Level of the intervals.
    pub level: f64,
    /// How charts are to look.
    pub look: Figures,
}

pub(super) const FIRST: Ink = Ink(0, 77, 128);
pub(super) const SECOND: Ink = Ink(213, 94, 0);

impl OutputContext {
    fn footer(&self, note: &str) -> String {
        let replications = text::count(self.replications, "replication");
        let points = text::count(self.rows, "point");
        format!("{}. {}: {points}, {replications} each, seed {}. {note}", self.scenario, self.design, self.seed)
    }

    /// `95%`.
    fn level(&self) -> String {
        let percent = 100.0 * self.level;
        format!("{}%", text::number(percent, usize::from((percent - percent.round()).abs() >= 1e-9)))
    }

    /// The unit after a name, where there is one.
    fn with_unit(&self, name: &str) -> String {
        if self.unit.is_empty() { name.to_owned() } else { format!("{name}, {}", self.unit) }
    }

    /// The estimates of an index of this output, by input in the order of the design.
    fn estimates<'a>(&'a self, indices: &'a [Index], name: &'a str) -> Vec<(&'a str, IndexEstimate)> {
        let of = |input: &str| {
            let matches = |row: &&Index| row.output == self.output && row.index == name && row.parameter == input;
            indices.iter().find(matches).map(|row| row.estimate)
        };
        self.inputs.iter().filter_map(|(input, label)| Some((label.as_str(), of(input)?))).collect()
    }
}

/// The ends of an interval, or the value twice where it has none.
fn ends(estimate: &IndexEstimate) -> [f64; 2] {
    if estimate.interval[0].is_finite() { estimate.interval } else { [estimate.value; 2] }
}
