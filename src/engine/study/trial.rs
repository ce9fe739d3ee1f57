//! A trial: a study made ready, one replication of it timed, on as many of its buyers as take a second or so.

use jiff::civil::Date;

use super::base_year::BaseYear;
use super::duties::DayDuties;
use super::effort;
use super::prepare::{Study, StudyError};
use crate::model::ids::RegimeId;
use crate::model::scenario::Scenario;
use crate::platform::clock::Instant;

/// What a trial finds.
#[derive(Debug)]
pub struct Trial {
    /// The study, on the buyers that a trial can afford.
    pub study: Study,
    /// Buyers of the scenario for each of the trial's.
    pub scale: f64,
    /// Seconds that the scenario's own buyers would take to prepare.
    pub prepare_seconds: f64,
    /// Seconds that they would take for one job.
    pub job_seconds: f64,
    /// The base year.
    pub base: BaseYear,
    /// Duties on the day asked for.
    pub duties: Option<DayDuties>,
}

/// Why a trial finds nothing.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The scenario cannot be solved.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// Duties were asked for on a day that is not simulated.
    #[error("outside the horizon")]
    OutsideHorizon,
}

impl Trial {
    /// Tries a scenario on the current threads; `on` is a day whose duties are wanted.
    ///
    /// # Errors
    /// [`TrialError`] when the scenario cannot be solved, or the day is outside its horizon.
    pub fn of(scenario: &Scenario, on: Option<Date>) -> Result<Self, TrialError> {
        let started = Instant::now();
        let mut small = scenario.clone();
        small.buyers = effort::affordable(&small);
        let scale = scenario.buyers as f64 / small.buyers as f64;
        let study = Study::prepare(small)?;
        let prepare_seconds = scale * started.elapsed().as_secs_f64();
        let duties = on.map(|date| study.duties_on(date).ok_or(TrialError::OutsideHorizon)).transpose()?;
        let base = base_year_of(&study)?;
        let job_seconds = scale * time_one_replication(&study)?;
        Ok(Self { study, scale, prepare_seconds, job_seconds, base, duties })
    }
}

/// A scenario made ready for its regimes or, without `policies`, for the baseline alone, with its base year.
///
/// # Errors
/// [`StudyError`] when it cannot be solved.
pub fn with_base_year(scenario: Scenario, policies: bool) -> Result<(Study, BaseYear), StudyError> {
    let study = if policies { Study::prepare(scenario)? } else { Study::prepare_only(scenario, &[])? };
    let base = base_year_of(&study)?;
    Ok((study, base))
}

fn base_year_of(study: &Study) -> Result<BaseYear, StudyError> {
    study.base_year().map_err(|error| StudyError::World(error.into()))
}

/// Seconds of one job, from one replication of every regime on one thread.
fn time_one_replication(study: &Study) -> Result<f64, StudyError> {
    let started = Instant::now();
    let replication = study.replication(0).map_err(StudyError::World)?;
    let regimes: Vec<RegimeId> = study.scenario().regimes.ids().collect();
    for outcome in study.simulate_together(&replication, &regimes) {
        std::hint::black_box(outcome?);
    }
    Ok(started.elapsed().as_secs_f64() / regimes.len() as f64)
}
