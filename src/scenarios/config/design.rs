//! Studies of many points: a sweep over settings, or draws of parameters and data.
//!
//! A point is a list of assignments over the scenario ([`super::Loaded::at`]), so each of them can be run alone with `--set`.

use serde::{Deserialize, Serialize};

use super::error::ConfigError;
use super::metrics::is_a_number;
use super::reader::Reader;
use super::sweep::Sweep;
use super::uncertainty::Uncertainty;
use crate::model::outcome::Layout;
use crate::model::scenario::{PopulationMode, Scenario};

/// Changes to the scenario document that make one point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Position among the points of the study, from 0.
    pub index: u64,
    /// `key=value` assignments as `--set` takes them, laid over the document in this order; none for the scenario itself.
    pub assignments: Vec<String>,
}

/// Which worlds the points of a study meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worlds {
    /// All the same, which pairs them.
    Shared,
    /// Each its own, which makes them independent.
    Own,
}

impl Worlds {
    /// Number of the first replication of a point.
    #[must_use]
    pub fn first(self, point: usize, replications: u64) -> u64 {
        match self {
            Self::Shared => 0,
            Self::Own => (point as u64).saturating_mul(replications),
        }
    }
}

/// The points of a study that has several.
#[derive(Clone, Debug, PartialEq)]
pub enum StudyDesign {
    /// A sweep over settings.
    Sweep(Sweep),
    /// Draws of what is uncertain.
    Uncertainty(Box<Uncertainty>),
}

/// The points of a study, each made when it is asked for: a rule takes little room, a list of 20,000 draws a lot.
#[derive(Debug)]
pub struct Points<'a> {
    design: Option<&'a StudyDesign>,
    sequence: Vec<Vec<f64>>,
}

impl<'a> Points<'a> {
    /// Those of a design; the scenario itself without one.
    #[must_use]
    pub fn of(design: Option<&'a StudyDesign>) -> Self {
        let sequence = match design {
            Some(StudyDesign::Uncertainty(draws)) => draws.sequence(),
            _ => Vec::new(),
        };
        Self { design, sequence }
    }

    /// The number of points.
    #[must_use]
    pub fn count(&self) -> usize {
        self.design.map_or(1, StudyDesign::count)
    }

    /// A point below [`Self::count`].
    #[must_use]
    pub fn at(&self, point: usize) -> Point {
        let index = point as u64;
        let assignments = match self.design {
            None => Vec::new(),
            Some(StudyDesign::Sweep(sweep)) => sweep.assignments(point),
            Some(StudyDesign::Uncertainty(draws)) => draws.assignments(index, &self.sequence),
        };
        Point { index, assignments }
    }
}

impl StudyDesign {
    /// The points, in order.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let points = Points::of(Some(self));
        (0..points.count()).map(|point| points.at(point)).collect()
    }

    /// The number of points.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Sweep(sweep) => sweep.settings.len(),
            Self::Uncertainty(uncertainty) => uncertainty.draws,
        }
    }

    /// Replications of a point.
    #[must_use]
    pub fn replications(&self) -> u64 {
        match self {
            Self::Sweep(sweep) => sweep.replications,
            Self::Uncertainty(uncertainty) => uncertainty.replications,
        }
    }

    /// The same with other replications of every point.
    pub fn set_replications(&mut self, replications: u64) {
        match self {
            Self::Sweep(sweep) => sweep.replications = replications,
            Self::Uncertainty(uncertainty) => uncertainty.replications = replications,
        }
    }

    /// Whether the points together have the tables and charts of a run.
    #[must_use]
    pub fn has_tables(&self) -> bool {
        matches!(self, Self::Uncertainty(draws) if draws.tables)
    }

    /// The worlds that points meet: those of a sweep share theirs, which pairs them; draws have their own, which makes them independent.
    #[must_use]
    pub fn worlds(&self) -> Worlds {
        match self {
            Self::Sweep(_) => Worlds::Shared,
            Self::Uncertainty(_) => Worlds::Own,
        }
    }

    /// Checks that the charts' metrics and period are there, and that the scenario takes the first point: a key that nothing reads is found
    /// here, and not as a list of failures. `takes` tries a point, `reads` a single assignment.
    pub(super) fn check(
        &self,
        reader: &Reader<'_>,
        scenario: &Scenario,
        takes: impl Fn(&[String]) -> bool,
        reads: impl Fn(&str) -> Result<(), ConfigError>,
    ) -> Result<(), ConfigError> {
        let (section, metrics, period) = match self {
            Self::Sweep(sweep) => ("sweep", &sweep.metrics, &sweep.period),
            Self::Uncertainty(draws) => ("uncertainty", &draws.metrics, &draws.period),
        };
        if self.has_tables() && scenario.population == PopulationMode::Shared {
            let help = "every replication is a draw's, with buyers of its own: set buyers.population = \"own\", or leave it out";
            return Err(reader.error("uncertainty.tables", "needs replications with buyers of their own", help));
        }
        let periods: Vec<String> = scenario.periods.iter().map(|period| period.name.clone()).collect();
        let known = Layout::of(scenario).metrics(scenario);
        for (index, metric) in metrics.iter().enumerate() {
            let (key, what) = (format!("{section}.metrics[{index}]"), "metric of this study's points");
            reader.position(&key, metric, &known, what)?;
            is_a_number(reader, &key, metric, scenario)?;
        }
        if let Some(period) = period {
            reader.position(&format!("{section}.period"), period, &periods, "reporting period of this scenario")?;
        }
        let Self::Sweep(sweep) = self else { return Ok(()) };
        if sweep.settings.is_empty() {
            return Ok(());
        }
        let first = sweep.assignments(0);
        if takes(&first) {
            return Ok(());
        }
        for (index, assignment) in first.iter().enumerate() {
            if let Err(error) = reads(assignment) {
                let place = format!("sweep.axis[{index}].key");
                let help = "the key is written as in --set, and the values are those that the scenario takes there";
                return Err(reader.error(&place, format!("its first value is refused: {error}"), help));
            }
        }
        // Each setting is one; whether the point is possible, the run will say.
        Ok(())
    }
}
