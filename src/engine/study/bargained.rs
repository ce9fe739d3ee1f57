//! The bargaining over many worlds: behind one regime, and alone.

use super::negotiation::{Metric, NoReward, Sign, SolvedReward, monitor, signs, solve_execution_reward};
use super::offers::{DealDay, OfferRow, negotiate_with_dates, offers};
use super::prepare::{Study, StudyError, governments};
use crate::model::governments::Setup;
use crate::model::governments::signs::CHANGES;
use crate::model::ids::RegimeId;
use crate::model::scenario::Scenario;

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

/// What is asked of a bargaining that stands alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BargainingRequest {
    /// Worlds to run.
    pub worlds: u64,
    /// Share of worlds that shall settle by the deadline: the reward of executing is solved for it first.
    pub solve_for: Option<f64>,
    /// Whether every change of the sign table is tried as well.
    pub signs: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct FinishedBargaining {
    /// What was bargained over.
    pub setup: Setup,
    /// Whether the flows come from the scenario's own market.
    pub from_market: bool,
    /// The bargaining.
    pub bargained: Bargained,
    /// The reward that was solved for.
    pub solved: Option<SolvedReward>,
    /// All metrics: a reward that was solved for, the outcomes, and what is monitored beside them.
    pub metrics: Vec<Metric>,
    /// One change at a time.
    pub signs: Vec<Sign>,
}

/// Why a bargaining that stands alone has no results.
#[derive(Debug, thiserror::Error)]
pub enum BargainingError {
    /// The scenario has no governments, or its market cannot be solved.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// No reward gives the share asked for.
    #[error(transparent)]
    NoReward(#[from] NoReward),
}

impl FinishedBargaining {
    /// Runs the bargaining of a scenario's governments on the current threads.
    ///
    /// # Errors
    /// [`BargainingError`].
    pub fn run(scenario: &Scenario, request: &BargainingRequest) -> Result<Self, BargainingError> {
        let mut setup = governments(scenario)?;
        let (seed, worlds) = (scenario.seed, request.worlds);
        let mut metrics = Vec::new();
        let solved =
            request.solve_for.map(|target| solve_execution_reward(&setup, seed, worlds, target)).transpose()?;
        if let Some(solved) = solved {
            setup.parameters.execution_reward = solved.execution_reward;
            metrics.push(Metric {
                name: "execution_reward_solved".into(),
                mean: solved.execution_reward,
                std_error: f64::NAN,
                worlds: solved.worlds,
            });
        }
        let bargained = Bargained::run("negotiated", &setup, seed, worlds);
        metrics.extend(bargained.metrics.iter().cloned());
        metrics.extend(monitor(&setup, seed, worlds));
        let signs = if request.signs { signs(&setup, CHANGES, seed, worlds) } else { Vec::new() };
        let from_market = scenario.bargaining.as_ref().is_some_and(|bargaining| bargaining.market_flows.is_some());
        Ok(Self { setup, from_market, bargained, solved, metrics, signs })
    }
}
