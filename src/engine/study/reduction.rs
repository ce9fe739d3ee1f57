//! How a study of one point comes to its results: in memory, or replication by replication as they come.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::arm::Arm;
use super::bargained::Bargained;
use super::base::Base;
use super::finished::Finished;
use super::observer::Observer;
use super::points::headlines;
use super::prepare::{Study, StudyError, watched};
use super::results::Results;
use super::run::{Halt, JobResult, run_units};
use super::sink::Sink;
use super::stopping::{StopError, Stopping};
use super::switches::Switches;
use super::units::unit::{default_size, units};
use crate::config::design::Worlds;
use crate::config::stop::StopRule;
use crate::folder::OutputError;
use crate::model::ids::RegimeId;
use crate::model::outcome::Outcome;
use crate::model::scenario::Scenario;

/// Why a study has no results.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// It cannot be prepared.
    #[error(transparent)]
    Study(StudyError),
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
    /// No point has a result.
    #[error("none of {points} points has a result; the first says: {first}")]
    NoPoint {
        /// Points in all.
        points: usize,
        /// The first point's error.
        first: String,
    },
    /// Someone asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// What takes the rows refuses them.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl From<StudyError> for FinishError {
    fn from(error: StudyError) -> Self {
        if matches!(error, StudyError::Interrupted) { Self::Interrupted } else { Self::Study(error) }
    }
}

impl Finished {
    /// The same on a base year that was solved before.
    ///
    /// # Errors
    /// [`FinishError`].
    pub fn simulate_on(
        base: Arc<Base>,
        scenario: Scenario,
        regimes: &[RegimeId],
        stop: Option<&StopRule>,
        sink: &mut dyn Sink,
        observer: &dyn Observer,
    ) -> Result<Self, FinishError> {
        let runs = |regime: &RegimeId| *regime == scenario.baseline || regimes.contains(regime);
        let regimes: Vec<RegimeId> = scenario.regimes.ids().filter(runs).collect();
        let study = Arc::new(Study::on_watched(base, scenario, &regimes, observer)?);
        let mut reduction = Reduction::begin(Arc::clone(&study), &regimes, stop, sink, observer)?;
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
        regimes: &[RegimeId],
        stop: Option<&StopRule>,
        sink: &mut dyn Sink,
        observer: &dyn Observer,
    ) -> Result<Self, FinishError> {
        let scenario = study.scenario();
        let stopping = stop.map(|rule| Stopping::new(rule, study.layout(), regimes)).transpose();
        let stopping = stopping.map_err(|error| match error {
            StopError::Missing(regime) => FinishError::StopRegime(scenario.regimes[regime].name.clone()),
            StopError::Nothing => FinishError::Stop(error),
        })?;
        let base_year =
            watched(observer, |asked| study.base_year_until(asked).map_err(|error| StudyError::World(error.into())))?;
        let baseline = regimes.iter().position(|regime| *regime == scenario.baseline).unwrap_or(0);
        let mut switches = Vec::with_capacity(regimes.len());
        for regime in regimes {
            if observer.cancelled() {
                return Err(FinishError::Interrupted);
            }
            switches.push(Switches::of(&study, *regime));
        }
        let results = Results::new(study.layout(), regimes.len(), Arm(baseline), scenario.seed).until(stopping);
        let results = results.with_switches(switches);
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
        let worlds = self.finished.results.replications();
        self.end_with(worlds, sink)
    }

    fn end_with(self, worlds: u64, sink: &mut dyn Sink) -> Result<Finished, FinishError> {
        let mut finished = self.finished;
        if finished.results.replications() == 0 {
            sink.nothing()?;
            return Err(FinishError::NoOutcome);
        }
        finished.bargains = Bargained::of_study(&finished.study, &finished.regimes, worlds);
        Ok(finished)
    }
}

/// Draws reduced as one run while their replications come, draw by draw. Replications of a draw share all that is drawn, so a draw counts once,
/// with their mean; one of which a job failed does not count.
#[derive(Debug)]
pub(super) struct DrawReduction {
    run: Reduction,
    draw: Option<(usize, Option<MeanOutcomes>)>,
    worlds: u64,
}

impl DrawReduction {
    /// Nothing added yet, of draws with so many replications each.
    pub(super) fn begin(
        study: Arc<Study>,
        regimes: &[RegimeId],
        replications: u64,
        sink: &mut dyn Sink,
        observer: &dyn Observer,
    ) -> Result<Self, FinishError> {
        let mut run = Reduction::begin(study, regimes, None, sink, observer)?;
        run.finished.results = run.finished.results.of_draws(replications);
        Ok(Self { run, draw: None, worlds: 0 })
    }

    /// What a study of points keeps of the outcomes of a replication.
    pub(super) fn headlines(&self, outcomes: &[Outcome]) -> Vec<Outcome> {
        let study = &self.run.finished.study;
        outcomes.iter().map(|outcome| headlines(study.layout(), study.scenario(), outcome)).collect()
    }

    /// Adds the outcomes of a replication of a draw.
    pub(super) fn add(
        &mut self,
        draw: usize,
        replication: u64,
        outcomes: &[Outcome],
        sink: &mut dyn Sink,
    ) -> Result<(), OutputError> {
        self.turn_to(draw);
        self.worlds = replication + 1;
        if let Some((_, Some(mean))) = &mut self.draw {
            mean.add(outcomes);
        }
        sink.replication(replication, outcomes)
    }

    /// A job of a draw failed.
    pub(super) fn failure(&mut self, draw: usize) {
        self.turn_to(draw);
        self.draw = Some((draw, None));
    }

    fn turn_to(&mut self, draw: usize) {
        if self.draw.as_ref().is_none_or(|(current, _)| *current != draw) {
            self.close();
            self.draw = Some((draw, Some(MeanOutcomes::default())));
        }
    }

    fn close(&mut self) {
        if let Some((draw, Some(mean))) = self.draw.take() {
            self.run.finished.results.add(draw as u64, &mean.outcomes());
        }
    }

    /// The finished run.
    pub(super) fn end(mut self, sink: &mut dyn Sink) -> Result<Finished, FinishError> {
        self.close();
        self.run.end_with(self.worlds, sink)
    }
}

/// Means of outcomes, regime by regime; a number that is not defined in a replication is left out of its mean.
#[derive(Debug, Default)]
struct MeanOutcomes {
    sums: Vec<Outcome>,
    /// Defined numbers behind each sum.
    defined: Vec<Vec<u32>>,
    replications: u32,
}

impl MeanOutcomes {
    fn add(&mut self, outcomes: &[Outcome]) {
        if self.sums.is_empty() {
            let zero = |outcome: &Outcome| Outcome {
                values: vec![0.0; outcome.values.len()],
                switched: vec![0.0; outcome.switched.len()],
            };
            self.sums = outcomes.iter().map(zero).collect();
            self.defined = outcomes.iter().map(|outcome| vec![0; outcome.values.len()]).collect();
        }
        self.replications += 1;
        for ((sum, defined), outcome) in self.sums.iter_mut().zip(&mut self.defined).zip(outcomes) {
            for ((sum, defined), value) in sum.values.iter_mut().zip(defined).zip(&outcome.values) {
                if !value.is_nan() {
                    (*sum, *defined) = (*sum + value, *defined + 1);
                }
            }
            sum.switched.iter_mut().zip(&outcome.switched).for_each(|(sum, cars)| *sum += cars);
        }
    }

    fn outcomes(self) -> Vec<Outcome> {
        let mut means = self.sums;
        for (mean, defined) in means.iter_mut().zip(&self.defined) {
            // 0/0 has another sign of NaN on other machines.
            let over = |sum: f64, defined: u32| if defined == 0 { f64::NAN } else { sum / f64::from(defined) };
            mean.values.iter_mut().zip(defined).for_each(|(sum, defined)| *sum = over(*sum, *defined));
            mean.switched.iter_mut().for_each(|cars| *cars /= f64::from(self.replications));
        }
        means
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_leaves_out_what_is_not_defined() {
        let outcome = |values: [f64; 3], cars: f64| Outcome { values: values.to_vec(), switched: vec![cars] };
        let mut mean = MeanOutcomes::default();
        mean.add(&[outcome([1.0, f64::NAN, f64::NAN], 4.0)]);
        mean.add(&[outcome([2.0, 5.0, f64::NAN], 1.0)]);
        assert_eq!(mean.outcomes(), [outcome([1.5, 5.0, f64::NAN], 2.5)]);
    }
}
