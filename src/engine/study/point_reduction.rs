//! How a study of many points comes to its results: replication by replication as they come, point by point in the order of its plan.

use std::sync::Arc;

use super::finished::FinishedPoints;
use super::observer::Observer;
use super::points::{Names, OnePoint, PointOutcome, PointResults};
use super::prepare::Study;
use super::reduction::{DrawReduction, FinishError};
use super::sink::Sink;
use crate::config::StudyDesign;
use crate::folder::OutputError;
use crate::model::ids::RegimeId;
use crate::model::outcome::Outcome;
use crate::model::scenario::Scenario;

/// A study of many points while their replications come.
#[derive(Debug)]
pub(super) struct PointReduction {
    finished: FinishedPoints,
    current: OnePoint,
    run: Option<DrawReduction>,
}

impl PointReduction {
    /// Nothing added yet, of points with so many replications each. `central` is the study of the scenario's own values where the points
    /// together have the tables of a run.
    pub(super) fn begin(
        (scenario, design, replications): (&Scenario, &StudyDesign, u64),
        regimes: &[RegimeId],
        central: Option<Arc<Study>>,
        sink: &mut dyn Sink,
        observer: &dyn Observer,
    ) -> Result<Self, FinishError> {
        let run =
            central.map(|study| DrawReduction::begin(study, regimes, replications, sink, observer)).transpose()?;
        let names = Names::of(scenario, regimes);
        sink.points(design)?;
        let finished = FinishedPoints {
            results: PointResults::new(names.clone(), scenario.seed),
            design: design.clone(),
            points: design.points(),
            failures: Vec::new(),
            replications,
            scenario: scenario.clone(),
            run: None,
        };
        Ok(Self { finished, current: OnePoint::new(names, scenario.seed), run })
    }

    /// Adds what the plan keeps of the outcomes of a replication.
    pub(super) fn add(
        &mut self,
        point: usize,
        replication: u64,
        outcomes: &[Outcome],
        sink: &mut dyn Sink,
    ) -> Result<(), OutputError> {
        self.finished.take(self.current.turn_to(point), sink)?;
        match &mut self.run {
            None => self.current.add(replication, outcomes),
            Some(run) => {
                self.current.add(replication, &run.headlines(outcomes));
                run.add(point, replication, outcomes, sink)?;
            }
        }
        Ok(())
    }

    /// A job of a point failed.
    pub(super) fn failure(&mut self, point: usize, error: &str, sink: &mut dyn Sink) -> Result<(), OutputError> {
        self.finished.take(self.current.turn_to(point), sink)?;
        self.current.fail(error);
        if let Some(run) = &mut self.run {
            run.failure(point);
        }
        Ok(())
    }

    /// The finished study.
    pub(super) fn end(self, sink: &mut dyn Sink) -> Result<FinishedPoints, FinishError> {
        let Self { mut finished, current, run } = self;
        finished.take(current.end(), sink)?;
        if finished.results.points().is_empty() {
            let first = finished.failures.first().map(|(_, error)| error.replace('\n', "; ")).unwrap_or_default();
            return Err(FinishError::NoPoint { points: finished.points.len(), first });
        }
        finished.run = run.map(|run| run.end(sink)).transpose()?.map(Arc::new);
        Ok(finished)
    }
}

impl FinishedPoints {
    /// Takes what became of a point, if one is finished.
    fn take(&mut self, done: Option<(usize, PointOutcome)>, sink: &mut dyn Sink) -> Result<(), OutputError> {
        let Some((at, outcome)) = done else { return Ok(()) };
        let point = &self.points[at];
        match outcome {
            Ok(moments) => {
                sink.point(at, point, self.results.names(), &moments)?;
                self.results.insert(point.index, moments);
            }
            Err(error) => self.failures.push((point.clone(), error)),
        }
        Ok(())
    }
}
