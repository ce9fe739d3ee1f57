//! What no policy touches: the buyers and the base year, solved once for many studies.

use std::sync::Arc;

use crate::model::demand::{Execution, StopAsked};
use crate::model::scenario::Scenario;
use crate::model::world::{World, WorldError, WorldFacts};

/// The world that replications share, or from which each finds its own, with what it was solved from. Scenarios that differ from each other in instruments, regimes,
/// dates, price rules, timing or governments alone share one: see [`Study::on`](super::Study::on).
#[derive(Clone, Debug)]
pub struct Base {
    world: Arc<World>,
    facts: WorldFacts,
    seed: u64,
}

impl Base {
    /// Draws the buyers of a scenario, inverts its base year, and recovers the costs.
    ///
    /// # Errors
    /// [`WorldError`] when the buyers cannot be drawn or the base year has no solution.
    pub fn solve(scenario: &Scenario) -> Result<Arc<Self>, WorldError> {
        Self::solve_until(scenario, StopAsked::NEVER)
    }

    /// The same, until somebody asks to stop ([`Study::base_watched`](super::Study::base_watched)).
    pub(super) fn solve_until(scenario: &Scenario, stop: StopAsked<'_>) -> Result<Arc<Self>, WorldError> {
        let (facts, seed) = (WorldFacts::of(scenario), scenario.seed);
        let world = Arc::new(World::build(&facts, seed, None, Execution::PARALLEL.until(stop))?);
        Ok(Arc::new(Self { world, facts, seed }))
    }

    /// The same world beside another scenario, whose replications look for worlds of their own from there.
    #[must_use]
    pub(super) fn near(&self, scenario: &Scenario) -> Arc<Self> {
        Arc::new(Self { world: Arc::clone(&self.world), facts: WorldFacts::of(scenario), seed: scenario.seed })
    }

    /// The buyers and the solved base year.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }
    /// What it was solved from.
    #[must_use]
    pub fn facts(&self) -> &WorldFacts {
        &self.facts
    }

    /// Whether solving this scenario would give this very world.
    #[must_use]
    pub fn serves(&self, scenario: &Scenario) -> bool {
        self.seed == scenario.seed && self.facts == WorldFacts::of(scenario)
    }
}
