//! The bargaining behind one regime over many worlds.

use super::negotiation::Metric;
use super::offers::{DealDay, OfferRow, negotiate_with_dates, offers};
use super::prepare::Study;
use crate::model::governments::Setup;
use crate::model::ids::RegimeId;

/// How the governments of one regime bargained.
#[derive(Clone, Debug, PartialEq)]
pub struct Bargained {
    /// Regime name.
    pub regime: String,
    /// Outcomes over worlds.
    pub metrics: Vec<Metric>,
    /// Limits and offers day by day up to the deadline, as if nobody signed before it.
    pub offers: Vec<OfferRow>,
    /// Dates of the deals.
    pub dates: Vec<DealDay>,
}

impl Bargained {
    /// Runs `worlds` worlds of the governments of a regime on the current threads.
    #[must_use]
    pub fn run(regime: &str, setup: &Setup, seed: u64, worlds: u64) -> Self {
        let (sums, dates) = negotiate_with_dates(setup, seed, worlds);
        let offers = offers(setup, seed, worlds);
        Self { regime: regime.to_owned(), metrics: sums.metrics(), offers, dates: dates.days() }
    }

    /// Those of a study's negotiated regimes among `regimes`, in the worlds of its first `replications` replications: a world
    /// depends on its number alone, so these are the very worlds that the market was run under.
    #[must_use]
    pub fn of_study(study: &Study, regimes: &[RegimeId], replications: u64) -> Vec<Self> {
        let scenario = study.scenario();
        regimes
            .iter()
            .filter_map(|regime| Some((&scenario.regimes[*regime].name, study.negotiated(*regime)?)))
            .map(|(name, negotiated)| Self::run(name, &negotiated.setup, scenario.seed, replications))
            .collect()
    }
}
