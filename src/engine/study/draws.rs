//! A study of draws in memory, without a folder: the results of one that is worked off in a folder, to the bit.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::base::Base;
use super::finished::FinishedPoints;
use super::observer::Observer;
use super::point_reduction::PointReduction;
use super::prepare::Study;
use super::reduction::FinishError;
use super::run::{Halt, JobResult, run_units};
use super::sink::Sink;
use super::units::drive::Studies;
use super::work::{self, WorkError};
use crate::config::Loaded;
use crate::model::ids::RegimeId;
use crate::model::outcome::Outcome;

impl FinishedPoints {
    /// Simulates the draws of a scenario that together have the tables of a run, on the base year of its own values, which was solved before. `sink`
    /// hears of every job that failed.
    ///
    /// # Errors
    /// [`WorkError`] when the scenario is no such study or cannot be prepared, when no draw has a result, and when `observer` asked to stop.
    pub fn simulate_draws(
        base: Arc<Base>,
        loaded: &Loaded,
        regimes: &[RegimeId],
        sink: &mut dyn Sink,
        observer: &dyn Observer,
    ) -> Result<Self, WorkError> {
        let scenario = &loaded.scenario;
        let Some(design) = loaded.design.as_ref().filter(|design| design.has_tables()) else {
            return Err(WorkError::Refused(
                "a study of points without the tables of a run is worked off in a folder".into(),
            ));
        };
        let runs = |regime: &RegimeId| *regime == scenario.baseline || regimes.contains(regime);
        let regimes: Vec<RegimeId> = scenario.regimes.ids().filter(runs).collect();
        let plan = work::plan(loaded, &regimes, None)?;
        let central = Study::on_watched(base, scenario.clone(), &regimes, observer).map_err(FinishError::from)?;
        let central = Arc::new(central);
        let studies = Studies::new(loaded, &plan).watched_by(observer).around(Arc::clone(&central));
        let settled = (scenario, design, plan.replications);
        let mut reduction = PointReduction::begin(settled, &regimes, Some(central), sink, observer)?;
        observer.begins(plan.jobs(), 0);
        let seal = |_: Option<&Study>, jobs: Vec<JobResult>| {
            observer.jobs(jobs.len() as u64);
            jobs
        };
        let study_of = |point| studies.get(point);
        let ended = run_units(&plan.unit_list(), &regimes, &study_of, observer, &seal, |unit, replication, jobs| {
            let (mut outcomes, mut failed) = (Vec::<Outcome>::with_capacity(jobs.len()), false);
            for (regime, job) in regimes.iter().zip(jobs) {
                match job {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(error) => {
                        failed = true;
                        let error = error.to_string();
                        sink.failure(unit.point, replication, &scenario.regimes[*regime].name, &error)?;
                        reduction.failure(unit.point, &error, sink)?;
                    }
                }
            }
            if !failed {
                reduction.add(unit.point, replication, &outcomes, sink)?;
            }
            Ok(ControlFlow::Continue(()))
        });
        observer.ends();
        ended.map_err(|halt| match halt {
            Halt::Interrupted(_) => FinishError::Interrupted,
            Halt::Receiver(error) => FinishError::Output(error),
        })?;
        Ok(reduction.end(sink)?)
    }
}
