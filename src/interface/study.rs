//! A study: a scenario whose base year is solved, and the regimes to run.

use std::borrow::Borrow;
use std::sync::Arc;

use super::error::Error;
use super::results::{Results, Streamed};
use super::scenario::Scenario;
use crate::config::Loaded;
use crate::config::figures::Figures;
use crate::config::stop::StopRule;
use crate::model;
use crate::model::ids::{Id, RegimeId};
use crate::platform::threads;
use crate::report::page::origin::StudyOrigin;
use crate::study::{self, Base, FinishError, Finished, FinishedPoints, Observer};

/// A scenario with its base year solved: buyers drawn, demand inverted, costs recovered. Prices and duties of a regime are worked out when it
/// runs, and of no other. Where the scenario has draws of what is not known, all of them run, each with a base year of its own.
#[derive(Clone, Debug)]
pub struct Study {
    base: Arc<Base>,
    scenario: model::scenario::Scenario,
    stop: Option<StopRule>,
    regimes: Vec<RegimeId>,
    origin: Arc<StudyOrigin>,
    look: Figures,
    /// What draws of what is not known are laid over, where the scenario has some.
    draws: Option<Arc<Loaded>>,
}

/// Does work on so many threads of its own, on one for each processor if 0: whatever runs within it is spread over these.
///
/// # Errors
/// [`Error`] when the system has no thread to give.
pub fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> Result<R, Error> {
    Ok(threads::pool(threads)?.install(work))
}

impl Study {
    /// Draws the buyers, inverts the base year and recovers costs.
    ///
    /// # Errors
    /// [`Error`] when the scenario is a sweep, or one of draws without the tables of a run, which need a folder; or when its base year has no
    /// solution.
    pub fn prepare(scenario: impl Borrow<Scenario>) -> Result<Self, Error> {
        Self::prepare_watched(scenario, &())
    }

    /// The same, until `observer` asks to stop.
    ///
    /// # Errors
    /// As [`Self::prepare`], and with [`ErrorKind::Interrupted`](super::ErrorKind) where it did.
    pub fn prepare_watched(scenario: impl Borrow<Scenario>, observer: &dyn Observer) -> Result<Self, Error> {
        let loaded = scenario.borrow().in_memory()?;
        let base = study::Study::base_watched(&loaded.scenario, observer)?;
        Ok(Self::of(base, loaded))
    }

    /// A study of another scenario on the same base year, which is not solved again. The scenario may differ in policy, pricing rule, dates
    /// and replications, not in market, buyers, demand or seed.
    ///
    /// # Errors
    /// [`Error`] when the base year is that of another market.
    pub fn again(&self, scenario: impl Borrow<Scenario>) -> Result<Self, Error> {
        let loaded = scenario.borrow().in_memory()?;
        if !self.base.serves(&loaded.scenario) {
            return Err(crate::study::StudyError::OtherBase.into());
        }
        Ok(Self::of(Arc::clone(&self.base), loaded))
    }

    fn of(base: Arc<Base>, loaded: &Loaded) -> Self {
        let regimes = loaded.scenario.regimes.ids().collect();
        let origin = Arc::new(StudyOrigin::of(loaded));
        Self {
            base,
            scenario: loaded.scenario.clone(),
            stop: loaded.stop.clone(),
            regimes,
            origin,
            look: loaded.look.clone(),
            draws: loaded.design.is_some().then(|| Arc::new(loaded.clone())),
        }
    }

    /// The regimes to run, by name; the baseline runs whether named or not. All of them where this is not called.
    ///
    /// # Errors
    /// [`Error`] naming a regime that the scenario does not have.
    pub fn regimes<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Result<Self, Error> {
        let known: Vec<String> = self.scenario.regimes.values().map(|regime| regime.name.clone()).collect();
        self.regimes.clear();
        for name in names {
            let name = name.as_ref();
            let position = known.iter().position(|known| known == name);
            let position = position.ok_or_else(|| Error::unknown("regime", name, &known))?;
            self.regimes.push(RegimeId::from_index(position));
        }
        Ok(self)
    }

    /// So many replications, in place of what the scenario asks for; of each draw, where it has some.
    #[must_use]
    pub fn replications(mut self, replications: u64) -> Self {
        if let Some(design) = self.draws.as_mut().and_then(|draws| Arc::make_mut(draws).design.as_mut()) {
            design.set_replications(replications);
        }
        self.scenario.replications = replications;
        self.stop = None;
        self
    }

    /// Simulates the regimes on the threads of the current pool: on all of the machine's, unless the caller installs another.
    ///
    /// # Errors
    /// [`Error`] when a regime has no prices or no replication left an outcome.
    pub fn run(&self) -> Result<Results, Error> {
        self.run_watched(&())
    }

    /// The same, with someone who hears of progress and may ask to stop.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_watched(&self, observer: &dyn Observer) -> Result<Results, Error> {
        let mut streamed = Streamed::default();
        let base = Arc::clone(&self.base);
        if let Some(loaded) = &self.draws {
            let draws = FinishedPoints::simulate_draws(base, loaded, &self.regimes, &mut streamed, observer)?;
            let run = draws.run.clone().ok_or(FinishError::NoOutcome)?;
            return Ok(Results::of(run, Some(draws), streamed, Arc::clone(&self.origin), self.look.clone()));
        }
        let stop = self.stop.as_ref();
        let finished =
            Finished::simulate_on(base, self.scenario.clone(), &self.regimes, stop, &mut streamed, observer)?;
        Ok(Results::of(Arc::new(finished), None, streamed, Arc::clone(&self.origin), self.look.clone()))
    }
}
