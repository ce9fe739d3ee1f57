//! How a study of one point comes to its results: in memory, or replication by replication as they come.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::arm::Arm;
use super::bargained::Bargained;
use super::base::Base;
use super::finished::Finished;
use super::observer::Observer;
use super::points::headlines;
use super::prepare::{Study, StudyError};
use super::results::Results;
use super::run::{Halt, JobResult, run_units};
use super::sink::Sink;
use super::stopping::{StopError, Stopping};
use super::units::unit::{default_size, units};
use crate::config::design::Worlds;
use crate::config::stop::StopRule;
use crate::folder::OutputError;
use crate::model::outcome::Outcome;
use crate::model::scenario::Scenario;

/// Why a study has no results.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// It cannot be prepared.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A target of the stopping rule follows a regime that does not run.
    #[error(
        "--regimes: leaves out `{0}`, which a target of [stop] follows\nhelp: add it, or name another with --set stop.regime=..."
    )]
    StopRegime(String),
    /// The stopping rule has nothing to compare.
    #[error("--regimes: {0}\nhelp: add a regime")]
    Stop(StopError),
    /// No replication left an outcome in every regime.
    #[error(
        "no replication left an outcome in every regime, so there is no result\nhelp: tables/failures.csv says why"
    )]
    NoOutcome,
    /// Someone asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// What takes the rows refuses them.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl Finished {
    /// The same on a base year that was solved before.
    ///
    /// # Errors
    /// [`FinishError`].
    pub fn simulate_on(
        base: Arc<Base>,
        scenario: Scenario,
        regimes: &[usize],
        stop: Option<&StopRule>,
        sink: &mut dyn Sink,
        observer: &dyn Observer,
    ) -> Result<Self, FinishError> {
        let runs = |regime: &usize| *regime == scenario.baseline || regimes.contains(regime);
        let regimes: Vec<usize> = (0..scenario.regimes.len()).filter(runs).collect();
        let study = Arc::new(Study::on(base, scenario, &regimes)?);
        let mut reduction = Reduction::begin(Arc::clone(&study), &regimes, stop, sink)?;
        let replications = study.scenario().replications;
        let size = default_size(study.scenario(), regimes.len(), 1, replications);
        let list = units(1, Worlds::Shared, replications, size);
        observer.begins(replications * regimes.len() as u64, 0);
        let seal = |_: Option<&Study>, jobs: Vec<JobResult>| {
            observer.jobs(jobs.len() as u64);
            jobs
        };
        let ended = run_units(&list, &regimes, &|_| Ok(Arc::clone(&study)), observer, &seal, |_, replication, jobs| {
            if reduction.is_enough() {
                return Ok(ControlFlow::Break(()));
            }
            let mut outcomes = Vec::with_capacity(jobs.len());
            let mut failed = false;
            for (arm, job) in jobs.into_iter().enumerate() {
                match job {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(error) => {
                        failed = true;
                        reduction.failure(replication, Arm(arm), &error.to_string(), sink)?;
                    }
                }
            }
            if failed { Ok(ControlFlow::Continue(())) } else { reduction.add(replication, &outcomes, sink, observer) }
        });
        observer.ends();
        ended.map_err(|halt| match halt {
            Halt::Interrupted(_) => FinishError::Interrupted,
            Halt::Receiver(error) => FinishError::Output(error),
        })?;
        reduction.end(sink)
    }
}

/// A study of one point while its replications come, in their order.
#[derive(Debug)]
pub(super) struct Reduction {
    finished: Finished,
}

impl Reduction {
    /// Nothing added yet.
    pub(super) fn begin(
        study: Arc<Study>,
        regimes: &[usize],
        stop: Option<&StopRule>,
        sink: &mut dyn Sink,
    ) -> Result<Self, FinishError> {
        let scenario = study.scenario();
        let stopping = stop.map(|rule| Stopping::new(rule, study.layout(), regimes)).transpose();
        let stopping = stopping.map_err(|error| match error {
            StopError::Missing(regime) => FinishError::StopRegime(scenario.regimes[regime].name.clone()),
            StopError::Nothing => FinishError::Stop(error),
        })?;
        let base_year = study.base_year().map_err(|error| StudyError::World(error.into()))?;
        let baseline = regimes.iter().position(|regime| *regime == scenario.baseline).unwrap_or(0);
        let results = Results::new(study.layout(), regimes.len(), Arm(baseline), scenario.seed).until(stopping);
        sink.study(&study, regimes)?;
        let (regimes, bargains) = (regimes.to_vec(), Vec::new());
        Ok(Self { finished: Finished { study, regimes, results, base_year, bargains, failed_jobs: 0 } })
    }

    /// Whether the stopping rule asks for no more.
    pub(super) fn is_enough(&self) -> bool {
        self.finished.results.is_enough()
    }

    /// Adds the outcomes of a replication; breaks when they are enough.
    pub(super) fn add(
        &mut self,
        replication: u64,
        outcomes: &[Outcome],
        sink: &mut dyn Sink,
        observer: &dyn Observer,
    ) -> Result<ControlFlow<()>, OutputError> {
        let results = &mut self.finished.results;
        results.add(replication, outcomes);
        sink.replication(replication, outcomes)?;
        if let Some(stopping) = results.stopping() {
            observer.expected(stopping.sequential().forecast() * outcomes.len() as u64);
        }
        Ok(if results.is_enough() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// What a study of points keeps of the outcomes of a replication.
    pub(super) fn headlines(&self, outcomes: &[Outcome]) -> Vec<Outcome> {
        let study = &self.finished.study;
        outcomes.iter().map(|outcome| headlines(study.layout(), study.scenario(), outcome)).collect()
    }

    /// A job failed: its replication is not added.
    pub(super) fn failure(
        &mut self,
        replication: u64,
        arm: Arm,
        error: &str,
        sink: &mut dyn Sink,
    ) -> Result<(), OutputError> {
        self.finished.failed_jobs += 1;
        let regime = self.finished.regimes[arm.0];
        sink.failure(0, replication, &self.finished.study.scenario().regimes[regime].name, error)
    }

    /// The finished study. The worlds of its negotiated regimes are gone through once, for tables and charts alike.
    pub(super) fn end(self, sink: &mut dyn Sink) -> Result<Finished, FinishError> {
        let mut finished = self.finished;
        let replications = finished.results.replications();
        if replications == 0 {
            sink.nothing()?;
            return Err(FinishError::NoOutcome);
        }
        finished.bargains = Bargained::of_study(&finished.study, &finished.regimes, replications);
        Ok(finished)
    }
}
