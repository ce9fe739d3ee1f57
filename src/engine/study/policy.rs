//! What one replication's market is run under: a regime's history, prices and beliefs.
//!
//! A scheduled regime is the same in every replication. A negotiated one has a history for each, that of the world of the
//! governments with the replication's number; its prices are worked out once for each distinct course of events.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use super::negotiation::{WorldOutcome, world_watched};
use crate::model::governments::{Deal, DealResults, MarketClock, MonthlyTrade, NegotiatedRegime, Recorder, Setup};
use crate::model::plan::{PlanError, PriceBook, RegimePlan};
use crate::model::streams::Streams;
use crate::model::timing::PublicBelief;
use crate::model::trade::regime::{Action, PolicyEvent, Regime};
use crate::numerics::calendar::Day;

/// A plan that belongs to the study, or to the courses of a negotiated regime.
#[derive(Clone, Debug)]
pub enum PlanRef<'a> {
    /// The study's own.
    Own(&'a RegimePlan),
    /// One of a negotiated regime's.
    Shared(Arc<RegimePlan>),
}

impl Deref for PlanRef<'_> {
    type Target = RegimePlan;
    fn deref(&self) -> &RegimePlan {
        match self {
            Self::Own(plan) => plan,
            Self::Shared(plan) => plan,
        }
    }
}

/// One regime as one replication meets it.
#[derive(Clone, Debug)]
pub struct JobPolicy<'a> {
    /// The dated events.
    pub regime: Cow<'a, Regime>,
    /// List prices and duties week by week.
    pub plan: PlanRef<'a>,
    /// What the public believes, in runs in time.
    pub belief: Option<Cow<'a, PublicBelief>>,
    /// The governments' world, where they negotiate.
    pub world: Option<Box<WorldOutcome>>,
}

/// Phases kept for all courses of one regime together, some tens of megabytes; a course beyond them is planned anew each time.
const PHASES_KEPT: usize = 16_384;

/// What decides a plan: the week and kind of every event.
type Course = Vec<(u32, Action)>;

/// The plans worked out so far.
#[derive(Debug, Default)]
struct Plans {
    of_course: BTreeMap<Course, Arc<RegimePlan>>,
    book: PriceBook,
    phases: usize,
}

/// A regime that the governments negotiate, with the plans of its courses.
#[derive(Clone, Debug)]
pub struct Negotiated {
    /// Which regime and instrument.
    pub regime: NegotiatedRegime,
    /// Parameters, dates and market flows.
    pub setup: Setup,
    clock: MarketClock,
    plans: Arc<Mutex<Plans>>,
}

/// The history of one negotiated regime in one replication.
#[derive(Clone, Debug)]
pub struct WorldHistory {
    /// The dated events on the instrument.
    pub regime: Regime,
    /// What the public believes.
    pub belief: PublicBelief,
    /// How the negotiation went.
    pub world: Box<WorldOutcome>,
}

impl Negotiated {
    /// Nothing planned yet.
    #[must_use]
    pub fn new(regime: NegotiatedRegime, setup: Setup, clock: MarketClock) -> Self {
        Self { regime, setup, clock, plans: Arc::default() }
    }

    /// Runs the world of the governments with a replication's streams.
    #[must_use]
    pub fn history(&self, template: &Regime, streams: Streams) -> WorldHistory {
        let recorder = std::cell::RefCell::new(Recorder::new(self.clock));
        let world = world_watched(
            &self.setup,
            streams,
            |negotiation| recorder.borrow_mut().morning(negotiation),
            |negotiation| recorder.borrow_mut().evening(negotiation),
        );
        let recorder = recorder.into_inner();
        WorldHistory {
            regime: recorder.regime(template, self.regime.instrument),
            belief: recorder.public_belief(&self.setup, self.regime.naive_buyers),
            world: Box::new(world),
        }
    }

    /// What the first deal of a world adds to trade month by month, for the streams of its replication; nothing without a deal.
    #[must_use]
    pub fn trade_effects(&self, world: &WorldOutcome, streams: &Streams) -> Vec<MonthlyTrade> {
        let Setup { parameters, calendar, exchange_rate, .. } = &self.setup;
        let effects =
            |deal: Deal| DealResults::trade_effects(parameters, calendar, exchange_rate, streams, deal.settlement);
        world.deal.map_or_else(Vec::new, effects)
    }

    /// The history in which sanctions are imposed at the deadline and stay: what is threatened.
    #[must_use]
    pub fn threatened(&self, template: &Regime) -> Regime {
        let calendar = &self.setup.calendar;
        let steps = [
            (calendar.open_threat, Action::Threatened),
            (calendar.list, Action::Announced),
            (calendar.liability, Action::Liable),
            (calendar.deadline, Action::Imposed),
        ];
        let event = |(day, action): (Day, Action)| PolicyEvent {
            date: day.date(),
            week: self.clock.week_of(day),
            action,
            instrument: self.regime.instrument,
            refund: false,
            change: None,
            label: action.as_str().to_owned(),
        };
        Regime { events: steps.into_iter().map(event).collect(), ..template.clone() }
    }

    /// The plan of a history, worked out by `plan` where no replication had the same course before.
    ///
    /// # Errors
    /// What `plan` says.
    pub fn plan_of(
        &self,
        regime: &Regime,
        plan: impl FnOnce(&Regime, &mut PriceBook) -> Result<RegimePlan, PlanError>,
    ) -> Result<Arc<RegimePlan>, PlanError> {
        // A complaint and its ruling change no price.
        let silent = [Action::Complaint, Action::RulingLost, Action::RulingWon];
        let events = regime.events.iter().filter(|event| !silent.contains(&event.action));
        let course: Course = events.map(|event| (event.week, event.action)).collect();
        // Whoever finds the lock poisoned finds whole plans: they are put in when finished.
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = plans.of_course.get(&course) {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(plan(regime, &mut plans.book)?);
        if plans.phases + found.phases().len() <= PHASES_KEPT {
            plans.phases += found.phases().len();
            plans.of_course.insert(course, Arc::clone(&found));
        }
        Ok(found)
    }
}
