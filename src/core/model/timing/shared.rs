//! What a job in time is, and what the jobs of one replication share.

use super::buyers::{PatienceBook, Shopper};
use super::draws::Draws;
use super::holdings::Holdings;
use super::policy::Course;
use super::{PublicBelief, Timing};
use crate::model::demand::StopAsked;
use crate::model::outcome::Layout;
use crate::model::plan::RegimePlan;
use crate::model::scenario::Scenario;
use crate::model::streams::Streams;
use crate::model::trade::regime::Regime;
use crate::model::world::{NO_BRAND, Start, World};

/// One job: the scenario under one policy history, in one world.
#[derive(Clone, Copy, Debug)]
pub struct TimedJob<'a> {
    /// The buyers and the base year.
    pub world: &'a World,
    /// How the replication starts.
    pub start: &'a Start,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Its layer of time.
    pub timing: &'a Timing,
    /// What is reported.
    pub layout: &'a Layout,
    /// The policy history of this world.
    pub regime: &'a Regime,
    /// What the public believes under it.
    pub belief: &'a PublicBelief,
    /// Whether each model's manufacturer stops ordering while a decision is open.
    pub suspended: &'a [bool],
    /// List prices of the regime, with outlooks.
    pub plan: &'a RegimePlan,
    /// List prices of the regime that lost and won buyers are judged by.
    pub baseline: &'a RegimePlan,
    /// The replication's draws.
    pub streams: &'a Streams,
    /// Who may ask it to stop; it asks in every week.
    pub stop: StopAsked<'a>,
}

impl TimedJob<'_> {
    /// What each model faces in each week.
    pub(super) fn course(&self) -> Course {
        let announced = |week: usize| self.belief.decision_weeks.get(week).copied().or(self.timing.deadline_week);
        let (instruments, models) = (self.regime.instruments(&self.scenario.instruments), self.scenario.market.len());
        Course::new(self.regime, &instruments, models, self.scenario.weeks, announced)
    }
}

/// What the regimes that run together share.
pub(super) struct Shared<'a> {
    pub holdings: Holdings,
    pub shopper: Shopper<'a>,
    pub patience: PatienceBook<'a>,
    /// Share of the buyers that own each brand in the base year.
    pub usual_share: Vec<f64>,
}

/// How many buyers ahead holdings are fetched.
pub(super) const AHEAD: usize = 6;

/// Regimes from which on it pays to draw every buyer's costs of moving a purchase at once.
const REGIMES_WITH_ALL_COSTS: usize = 3;

impl<'a> Shared<'a> {
    pub fn new(job: &TimedJob<'a>, running: &[bool]) -> Self {
        let TimedJob { world, start, scenario, timing, layout, streams, .. } = *job;
        let buyers = start.owned.len();
        let mut usual_share = vec![0.0; world.products.loyalty().len()];
        for brand in start.owned.iter().filter(|brand| **brand != NO_BRAND) {
            usual_share[usize::from(*brand)] += 1.0 / buyers as f64;
        }
        let patience = if running.len() >= REGIMES_WITH_ALL_COSTS {
            PatienceBook::drawn(&timing.anticipation, streams, buyers)
        } else {
            PatienceBook::on_demand(&timing.anticipation, streams)
        };
        let draws = Draws::new(world, start, scenario, layout, streams);
        Self {
            holdings: Holdings::new(start, running),
            shopper: Shopper::new(world, timing, streams, draws),
            patience,
            usual_share,
        }
    }
}
