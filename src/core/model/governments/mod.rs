//! Governments that bargain: the partner and the home government negotiate a text (x, f), its size x in [0, 1] and its form f, under a threat
//! of sanctions whose worth the market itself decides.
//!
//! A world is a pure function of parameters, market flows and random streams: [`world::Negotiation`] steps it day by day from
//! the start of talks. Limits (reservation values) are in [`reservation`], what the public believes in [`beliefs`], what a
//! settlement brings in [`settlement`], a history that is given and not bargained in [`schedule`].
//!
//! Bargaining by time-dependent tactics after Faratin, Sierra and Jennings (1998); deals at deadlines from optimism after
//! Yildiz (2004). Equations, parameters and results: `docs/governments.md`.

pub mod beliefs;
pub mod calendar;
#[cfg(test)]
mod fixtures;
pub mod flows;
pub mod history;
pub mod market;
pub mod parameters;
pub mod reservation;
pub mod schedule;
pub mod settlement;
pub mod signs;
mod state;
pub mod world;

use super::ids::RegimeId;

pub use calendar::{Calendar, DutyStatus, Escalation, ExchangePath};
pub use flows::{Flows, MarketFlows};
pub use history::{MarketClock, NegotiatedRegime, Recorder};
pub use market::FlowGrid;
pub use parameters::{BeliefMode, InvalidParameter, Parameters};
pub use reservation::{Form, Leverage, Limits, Stakes, Standpoint, limits};
pub use schedule::{DatedStep, InvalidSchedule, Schedule};
pub use settlement::{DealResults, MonthlyTrade, Settlement};
pub use state::State;
pub use world::{Deal, Negotiation, Reputation};

/// Everything that the worlds of one study share.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// The numbers.
    pub parameters: Parameters,
    /// The dated steps.
    pub calendar: Calendar,
    /// What sanctions do to the market.
    pub flows: MarketFlows,
    /// Exchange rate, the partner's currency per USD.
    pub exchange_rate: ExchangePath,
}

/// The governments of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Bargaining {
    /// Parameters, dates, exchange rates, and market flows where those are given.
    pub setup: Setup,
    /// Where the flows come from the scenario's own market: the exchange rates to solve it at.
    pub market_flows: Option<FlowGrid>,
    /// The regimes that the governments negotiate.
    pub regimes: Vec<NegotiatedRegime>,
}

impl Bargaining {
    /// How the governments drive a regime, if they do.
    #[must_use]
    pub fn of_regime(&self, regime: RegimeId) -> Option<NegotiatedRegime> {
        self.regimes.iter().find(|negotiated| negotiated.regime == regime).copied()
    }
}

impl Setup {
    /// The same study followed to the first deadline only, for what is decided by then.
    #[must_use]
    pub fn until_deadline(&self) -> Self {
        let mut setup = self.clone();
        setup.calendar.horizon = setup.calendar.deadline;
        setup
    }
}
