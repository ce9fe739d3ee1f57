//! Which parts of the model a scenario has switched on.

use std::collections::BTreeSet;

use crate::config::{Loaded, StudyDesign};
use crate::model::scenario::{PopulationMode, Scenario};
use crate::model::streams::Purpose;
use crate::model::supply::rule::PricingRule;
use crate::model::trade::instrument::Instrument;
use crate::model::trade::regime::{Action, PolicyEvent, Regime};

/// What of a loaded scenario is on.
#[derive(Clone, Copy)]
pub(super) struct SwitchedOn<'a> {
    pub loaded: &'a Loaded,
    pub scenario: &'a Scenario,
}

impl<'a> SwitchedOn<'a> {
    pub fn of(loaded: &'a Loaded) -> Self {
        Self { loaded, scenario: &loaded.scenario }
    }

    /// Buyers move purchases, dealers hold stock.
    pub fn in_time(self) -> bool {
        self.scenario.timing.is_some()
    }

    pub fn dealers(self) -> bool {
        self.scenario.timing.as_ref().is_some_and(|timing| timing.dealers.is_some())
    }

    pub fn grudge(self) -> bool {
        self.scenario.timing.as_ref().is_some_and(|timing| timing.hysteresis.share > 0.0)
    }

    pub fn peers(self) -> bool {
        self.scenario.timing.as_ref().is_some_and(|timing| timing.peers.gamma != 0.0)
    }

    /// The governments bargain: over a regime of the market, or for what its buyers believe.
    pub fn governments(self) -> bool {
        let believed = self.scenario.timing.as_ref().is_some_and(|timing| {
            timing.beliefs.values().any(|belief| belief.fading_per_year != 0.0 || !belief.decision_weeks.is_empty())
        });
        self.scenario.bargaining.is_some() && (self.negotiated() || believed)
    }

    pub fn negotiated(self) -> bool {
        self.scenario.bargaining.as_ref().is_some_and(|bargaining| !bargaining.regimes.is_empty())
    }

    pub fn vertical(self) -> bool {
        self.scenario.market.chain.is_vertical()
    }

    pub fn curvature(self) -> bool {
        self.scenario.demand.curvature != 1.0
    }

    pub fn rising_cost(self) -> bool {
        self.scenario.cost_volume != 0.0
    }

    pub fn exchange(self) -> bool {
        !self.scenario.cost_factor.is_empty()
    }

    pub fn traffic(self) -> bool {
        !self.scenario.traffic.is_empty()
    }

    pub fn loyalty(self) -> bool {
        self.scenario.demand.loyalty.as_slice().iter().any(|loyalty| *loyalty != 0.0)
    }

    pub fn staggered(self) -> bool {
        matches!(self.scenario.rule, PricingRule::Staggered(_))
    }

    /// Some model is assembled both at home and abroad.
    pub fn two_plants(self) -> bool {
        self.scenario.market.models.iter().any(|model| model.import_share > 0.0 && model.import_share < 1.0)
    }

    /// Some model is not always on sale.
    pub fn launches(self) -> bool {
        !self.scenario.on_sale.is_empty() || self.scenario.regimes.values().any(|regime| !regime.on_sale.is_empty())
    }

    /// Some duty is lower on the first cars of a year.
    pub fn rate_quotas(self) -> bool {
        let scheduled =
            |instrument: &Instrument| instrument.measures.iter().any(|dated| dated.measure.within().is_some());
        let changes = |regime: &Regime| {
            let changed = |event: &PolicyEvent| event.change.is_some_and(|change| change.measure.within().is_some());
            regime.events.iter().any(changed)
        };
        self.instruments().iter().any(|(_, instrument)| scheduled(instrument))
            || self.scenario.regimes.values().any(changes)
    }

    /// Draws of what is uncertain.
    pub fn uncertainty(self) -> bool {
        matches!(self.loaded.design, Some(StudyDesign::Uncertainty(_)))
    }

    /// Instruments that some regime uses, with their places.
    pub fn instruments(self) -> Vec<(usize, &'a Instrument)> {
        let scenario = self.scenario;
        let mut used: BTreeSet<usize> =
            scenario.regimes.values().flat_map(|regime| regime.events.iter().map(|event| event.instrument)).collect();
        if let Some(bargaining) = scenario.bargaining.as_ref().filter(|_| self.governments()) {
            used.extend(bargaining.regimes.iter().map(|negotiated| negotiated.instrument));
            used.extend(bargaining.market_flows.as_ref().map(|grid| grid.instrument));
        }
        // A credit of the base year is there until an event ends it.
        let kept = |(place, instrument): &(usize, &Instrument)| used.contains(place) || instrument.in_base_year;
        scenario.instruments.iter().enumerate().filter(kept).collect()
    }

    /// Whether some event of some regime is one of these.
    pub fn happens(self, actions: &[Action]) -> bool {
        self.scenario.regimes.values().any(|regime| regime.events.iter().any(|event| actions.contains(&event.action)))
    }

    /// Whether draws of a purpose are made.
    pub fn draws(self, purpose: Purpose) -> bool {
        let in_process = !self.scenario.one_shot;
        match purpose {
            Purpose::Taste => true,
            Purpose::Holding | Purpose::Start => in_process,
            Purpose::Population => self.scenario.population == PopulationMode::Own,
            Purpose::Parameter => self.uncertainty(),
            Purpose::GovernmentTrait
            | Purpose::GovernmentNews
            | Purpose::GovernmentRound
            | Purpose::GovernmentText
            | Purpose::GovernmentExecution
            | Purpose::GovernmentRuling
            | Purpose::GovernmentPublic
            | Purpose::SettlementResult
            | Purpose::SettlementReview => self.governments(),
            Purpose::TimingCost | Purpose::Consideration | Purpose::Queue => self.in_time(),
            Purpose::Network => self.peers(),
            Purpose::Aversion => self.grudge(),
        }
    }
}
