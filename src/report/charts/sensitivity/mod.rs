//! Charts of a sensitivity study, one output each: tornado, screening plane, bars of indices, convergence, and ranking.

pub mod bars;
pub mod convergence;
pub mod ranking;
pub mod screening;
pub mod tornado;

#[cfg(test)]
mod tests;

use super::theme::Ink;
use super::{claims, text};
use crate::config::figures::Figures;
use crate::sensitivity::{Index, IndexEstimate, Ranking};

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
    /// The period that it is of; folders of earlier versions do not say.
    #[serde(default)]
    pub period: String,
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
        let period = if self.period.is_empty() { String::new() } else { format!(" Period: {}.", self.period) };
        format!("{}. {}: {points}, {replications} each, seed {}.{period} {note}", self.scenario, self.design, self.seed)
    }

    /// What the title says of the inputs: which moves the output most, as far as it is told from nothing and from the others, by the pairs of the
    /// ranking where there is one and else by intervals. `estimates` have the largest first.
    fn leader(&self, estimates: &[(&str, IndexEstimate)], ranking: Option<&Ranking>) -> String {
        let Some(((first, leading), others)) = estimates.split_first() else {
            return "No input is measured".to_owned();
        };
        if leading.interval[0] <= 0.0 {
            return "No input is told from nothing".to_owned();
        }
        let name =
            |label: &str| self.inputs.iter().find(|(_, known)| known == label).map_or("", |(name, _)| name.as_str());
        let probability = |other: &str| {
            let at = |label: &str| ranking?.parameters.iter().position(|known| known == name(label));
            Some(ranking?.probability[at(first)?][at(other)?])
        };
        let is_sure = |(other, estimate): &&(&str, IndexEstimate)| match probability(other) {
            Some(probability) => probability >= self.level,
            None => claims::not_told_from(leading.interval, [(*other, estimate.interval)]).is_empty(),
        };
        let untold: Vec<&str> = others.iter().filter(|pair| !is_sure(pair)).map(|(other, _)| *other).collect();
        if untold.len() > 1 && untold.len() == others.len() {
            return "No input stands out".to_owned();
        }
        format!("{} moves it most", claims::or_others(&text::brief(first, claims::IN_TITLE), &untold))
    }

    /// The unit of indices that have one: effects are in that of the output.
    fn said_of_unit(&self, shown: &[bars::Shown]) -> String {
        match shown.iter().any(|shown| shown.index.starts_with("mu")) && !self.unit.is_empty() {
            true => format!(" Effects are in {}.", self.unit),
            false => String::new(),
        }
    }

    /// Title of an axis of the output: unit and period, without which a number is none.
    fn axis(&self, what: &str) -> String {
        let parts = [what, self.unit.as_str(), self.period.as_str()];
        text::sentence(&parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", "))
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
