//! A study: a scenario with everything that all its jobs share worked out once.

use std::borrow::Cow;

use crate::model::demand::Execution;
use crate::model::outcome::{Layout, Outcome};
use crate::model::plan::{PlanError, Planner, RegimePlan};
use crate::model::scenario::{PopulationMode, Scenario};
use crate::model::simulation::simulate;
use crate::model::streams::Streams;
use crate::model::timing::record::Record;
use crate::model::timing::weekly::TimedJob;
use crate::model::world::{Start, World, WorldError};

use super::run::Job;

/// Why a study cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The buyers or the base year.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A regime's prices.
    #[error("regime `{regime}`: {error}")]
    Plan {
        /// Name of the regime.
        regime: String,
        /// What is wrong.
        error: PlanError,
    },
}

/// A scenario ready to run.
#[derive(Clone, Debug)]
pub struct Study {
    scenario: Scenario,
    layout: Layout,
    shared: World,
    plans: Vec<RegimePlan>,
}

impl Study {
    /// Draws the buyers, inverts the base year, and works out every regime's prices.
    ///
    /// # Errors
    /// [`StudyError`] when the base year has no inversion or a regime has no prices.
    pub fn prepare(scenario: Scenario) -> Result<Self, StudyError> {
        let shared = World::build(&scenario, scenario.seed, Execution::PARALLEL)?;
        let planner = Planner {
            market: &scenario.market,
            instruments: &scenario.instruments,
            world: &shared,
            cost_factor: &scenario.cost_factor,
            rule: &scenario.rule,
            revisions: &scenario.revisions,
            weeks: scenario.weeks,
            execution: Execution::PARALLEL,
            outlooks: scenario.timing.is_some(),
        };
        let plan = |regime| planner.plan(regime);
        let plans = scenario
            .regimes
            .iter()
            .map(|regime| plan(regime).map_err(|error| StudyError::Plan { regime: regime.name.clone(), error }))
            .collect::<Result<Vec<_>, _>>()?;
        let layout = Layout::new(&scenario.market, scenario.periods.clone(), scenario.weeks, &scenario.flag);
        let layout = if scenario.timing.is_some() { layout.in_time(&scenario.market) } else { layout };
        Ok(Self { scenario, layout, shared, plans })
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }
    /// What the slots of an outcome hold.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
    /// The buyers and base year that replications share.
    #[must_use]
    pub fn shared_world(&self) -> &World {
        &self.shared
    }
    /// Prices of each regime.
    #[must_use]
    pub fn plans(&self) -> &[RegimePlan] {
        &self.plans
    }

    /// The world of one replication, the shared one or a new set of buyers, and how it starts.
    ///
    /// # Errors
    /// [`WorldError`] when a resampled population has no inversion.
    pub fn world(&self, replication: u64) -> Result<(Cow<'_, World>, Start), WorldError> {
        let streams = Streams::new(self.scenario.seed, replication);
        let world = match self.scenario.population {
            PopulationMode::Shared => Cow::Borrowed(&self.shared),
            PopulationMode::Resampled => {
                Cow::Owned(World::build(&self.scenario, streams.population_key(), Execution::SERIAL)?)
            }
        };
        let start = match self.scenario.one_shot {
            true => Start::one_shot(self.scenario.buyers, self.scenario.weeks),
            false => world.start(&self.scenario.market.list_prices(), &streams),
        };
        Ok((world, start))
    }

    /// Runs one job on its replication's world.
    #[must_use]
    pub fn simulate(&self, world: &World, start: &Start, job: Job) -> Outcome {
        let streams = Streams::new(self.scenario.seed, job.replication);
        if let Some(record) = self.simulate_in_time(world, start, job) {
            return record.outcome(&self.layout, &self.plans[job.regime]);
        }
        let baseline = &self.plans[self.scenario.baseline];
        simulate(world, start, &self.scenario, &self.layout, &self.plans[job.regime], baseline, &streams)
    }

    /// Runs one job with buyers and dealers in time and gives everything it leaves; nothing where the scenario has no
    /// layer of time.
    #[must_use]
    pub fn simulate_in_time(&self, world: &World, start: &Start, job: Job) -> Option<Record> {
        let streams = Streams::new(self.scenario.seed, job.replication);
        let timed = TimedJob {
            world,
            start,
            scenario: &self.scenario,
            timing: self.scenario.timing.as_ref()?,
            layout: &self.layout,
            regime: job.regime,
            plan: &self.plans[job.regime],
            baseline: &self.plans[self.scenario.baseline],
            streams: &streams,
        };
        Some(timed.run())
    }
}
