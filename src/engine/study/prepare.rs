//! A study: a scenario with everything that all its jobs share worked out once.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::accounts::Imbalance;
use crate::model::demand::{Execution, StopAsked};
use crate::model::governments::market::{FlowsError, market_flows};
use crate::model::governments::{FlowGrid, MarketClock, MarketFlows, Setup};
use crate::model::ids::{IdTable, RegimeId};
use crate::model::outcome::Layout;
use crate::model::plan::{Foresight, Guides, PlanError, Planner, PriceBook, RegimePlan};
use crate::model::scenario::{PopulationMode, Scenario};
use crate::model::trade::regime::Regime;
use crate::model::world::{BaseYearSlopes, NearWorld, World, WorldError};

use super::base::Base;
use super::observer::Observer;
use super::policy::Negotiated;

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
    /// What the governments of a negotiated regime bargain over.
    #[error("`{regime}`: {error}")]
    Flows {
        /// Name of the regime or instrument.
        regime: String,
        /// What is wrong.
        error: Box<FlowsError>,
    },
    /// A scenario without governments that should bargain.
    #[error(
        "the scenario has no governments that bargain over anything\nhelp: add a section [governments] with dates and flows, as in configs/governments-1995.toml; \
         flows from the market also need a negotiated regime, or `instrument = NAME` in [governments.flows]"
    )]
    NoGovernments,
    /// A regime that the study was not prepared for.
    #[error("regime `{regime}` was not prepared\nhelp: name it when the study is prepared")]
    Unprepared {
        /// Name of the regime.
        regime: String,
    },
    /// A base year that was solved for another scenario.
    #[error(
        "the base year was solved for another market, population, demand, purchase process, conduct or seed\nhelp: solve that of \
         this scenario"
    )]
    OtherBase,
    /// A draw whose tables are not those of the scenario that it is laid over.
    #[error(
        "the draw has other weeks, models or groups in its tables than the scenario, or shares its buyers\nhelp: draw what leaves the tables as they are"
    )]
    OtherTables,
    /// An observer asked to stop before it was ready.
    #[error("interrupted")]
    Interrupted,
    /// A job whose accounts do not add up.
    #[error("regime `{regime}`, replication {replication}: {error}")]
    Accounts {
        /// Name of the regime.
        regime: String,
        /// Number of the replication.
        replication: u64,
        /// The identity that fails.
        error: Imbalance,
    },
}

/// Prices of the regimes that a study was prepared for, by regime.
#[derive(Clone, Debug, PartialEq)]
pub struct Plans {
    /// Of the regimes that were prepared, in the order of the scenario; the baseline is always among them.
    plans: Vec<RegimePlan>,
    /// Position of the baseline among them.
    baseline: usize,
    /// Position among them of every regime of the scenario.
    places: IdTable<RegimeId, Option<usize>>,
}

impl Plans {
    /// Regimes prepared.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plans.len()
    }
    /// The prices of a regime, if it was prepared.
    #[must_use]
    pub fn get(&self, regime: RegimeId) -> Option<&RegimePlan> {
        self.plans.get(self.place(regime)?)
    }
    /// The prices of the baseline, which is always prepared.
    #[must_use]
    pub fn baseline(&self) -> &RegimePlan {
        &self.plans[self.baseline]
    }
    /// Regimes prepared, in the order of the scenario.
    pub fn regimes(&self) -> impl Iterator<Item = RegimeId> {
        self.places.ids().filter(|regime| self.places[*regime].is_some())
    }
    /// Position of a regime among those prepared.
    pub(super) fn place(&self, regime: RegimeId) -> Option<usize> {
        self.places[regime]
    }
}

/// A scenario ready to run.
#[derive(Clone, Debug)]
pub struct Study {
    scenario: Scenario,
    layout: Layout,
    base: Arc<Base>,
    plans: Arc<Plans>,
    /// What the equilibria behind them tell the search in worlds of replications' own.
    guides: Arc<Guides>,
    /// How the base year answers, to look for those of replications' own.
    slopes: Option<Arc<BaseYearSlopes>>,
    negotiated: IdTable<RegimeId, Option<Negotiated>>,
}

impl Study {
    /// Draws the buyers, inverts the base year, and works out every regime's prices.
    ///
    /// # Errors
    /// [`StudyError`] when the base year has no inversion or a regime has no prices.
    pub fn prepare(scenario: Scenario) -> Result<Self, StudyError> {
        let all: Vec<RegimeId> = scenario.regimes.ids().collect();
        Self::prepare_only(scenario, &all)
    }

    /// The same for `regimes` alone and the baseline; the others cost nothing, and whether they could be
    /// prepared does not matter. What is prepared has the numbers of [`Self::prepare`].
    ///
    /// # Errors
    /// [`StudyError`] when the base year has no inversion or one of these regimes has no prices.
    pub fn prepare_only(scenario: Scenario, regimes: &[RegimeId]) -> Result<Self, StudyError> {
        Self::prepare_watched(scenario, regimes, &())
    }

    /// The same, until `observer` asks to stop: it is asked before each evaluation of demand, so that a large scenario lets go within a moment.
    ///
    /// # Errors
    /// As [`Self::prepare_only`], and [`StudyError::Interrupted`].
    pub fn prepare_watched(
        scenario: Scenario,
        regimes: &[RegimeId],
        observer: &dyn Observer,
    ) -> Result<Self, StudyError> {
        let base = Self::base_watched(&scenario, observer)?;
        Self::on_watched(base, scenario, regimes, observer)
    }

    /// [`Base::solve`], until `observer` asks to stop.
    ///
    /// # Errors
    /// [`StudyError::World`] and [`StudyError::Interrupted`].
    pub fn base_watched(scenario: &Scenario, observer: &dyn Observer) -> Result<Arc<Base>, StudyError> {
        watched(observer, |stop| Ok(Base::solve_until(scenario, stop)?))
    }

    /// The same on a base year that was solved before, of this scenario or of one that differs from it in policy alone.
    ///
    /// # Errors
    /// [`StudyError::OtherBase`] when it is that of another market; otherwise as [`Self::prepare_only`].
    pub fn on(base: Arc<Base>, scenario: Scenario, regimes: &[RegimeId]) -> Result<Self, StudyError> {
        Self::on_watched(base, scenario, regimes, &())
    }

    /// The same, until `observer` asks to stop.
    ///
    /// # Errors
    /// As [`Self::on`], and [`StudyError::Interrupted`].
    pub fn on_watched(
        base: Arc<Base>,
        scenario: Scenario,
        regimes: &[RegimeId],
        observer: &dyn Observer,
    ) -> Result<Self, StudyError> {
        if !base.serves(&scenario) {
            return Err(StudyError::OtherBase);
        }
        watched(observer, |stop| Self::with_base(base, scenario, regimes, stop))
    }

    fn with_base(
        base: Arc<Base>,
        scenario: Scenario,
        regimes: &[RegimeId],
        stop: StopAsked<'_>,
    ) -> Result<Self, StudyError> {
        let world = base.world();
        let planner = planner(&scenario, world, Execution::PARALLEL.until(stop));
        let runs = |regime: RegimeId| regime == scenario.baseline || regimes.contains(&regime);
        let negotiated = negotiated(&scenario, &planner, &runs)?;
        let mut book = match scenario.population {
            PopulationMode::Shared => PriceBook::default(),
            PopulationMode::Own => PriceBook::of_all(),
        };
        let mut touched = Vec::new();
        let mut plans = Plans { plans: Vec::new(), baseline: 0, places: IdTable::filled(scenario.regimes.len(), None) };
        for (position, regime) in scenario.regimes.iter().filter(|(regime, _)| runs(*regime)) {
            let threatened = negotiated[position].as_ref().map(|negotiated| negotiated.threatened(regime));
            let plan = planner.plan_with(threatened.as_ref().unwrap_or(regime), &mut book);
            touched.push(book.touched());
            plans.places[position] = Some(plans.plans.len());
            if position == scenario.baseline {
                plans.baseline = plans.plans.len();
            }
            plans.plans.push(plan.map_err(|error| StudyError::Plan { regime: regime.name.clone(), error })?);
        }
        let layout = layout(&scenario, world, &plans);
        let guides = match scenario.population {
            PopulationMode::Shared => Guides::default(),
            PopulationMode::Own => planner.guides(&book, &touched).map_err(|error| StudyError::Plan {
                regime: scenario.regimes[scenario.baseline].name.clone(),
                error,
            })?,
        };
        let slopes = match scenario.population {
            PopulationMode::Shared => None,
            PopulationMode::Own => Some(Arc::new(BaseYearSlopes::of(world, base.facts(), planner.execution)?)),
        };
        Ok(Self { scenario, layout, base, plans: Arc::new(plans), guides: Arc::new(guides), slopes, negotiated })
    }

    /// A draw of what is uncertain, laid over the scenario of this study: its replications have worlds of their own, and look for them from
    /// this one's. Rows of tables are this study's, and so is what governments have at stake, for they do not know what is drawn.
    ///
    /// # Errors
    /// [`StudyError::OtherTables`] where outcomes of the draw would not fit into this study's tables.
    pub fn drawn(&self, scenario: Scenario) -> Result<Self, StudyError> {
        let clock = MarketClock::new(scenario.start, scenario.weeks);
        let with_stakes = |known: &Negotiated| {
            let own = scenario.bargaining.as_ref().map_or(&known.setup, |bargaining| &bargaining.setup);
            Negotiated::new(known.regime, Setup { flows: known.setup.flows.clone(), ..own.clone() }, clock)
        };
        let negotiated = IdTable::new(self.negotiated.values().map(|known| known.as_ref().map(with_stakes)).collect());
        let layout = layout(&scenario, self.shared_world(), &self.plans);
        if scenario.population == PopulationMode::Shared || layout.len() != self.layout.len() {
            return Err(StudyError::OtherTables);
        }
        let base = self.base.near(&scenario);
        let (plans, guides) = (Arc::clone(&self.plans), Arc::clone(&self.guides));
        // Other parameters of demand have other slopes.
        let slopes = self.slopes.clone().filter(|_| base.facts() == self.base.facts());
        Ok(Self { scenario, layout, base, plans, guides, slopes, negotiated })
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
    /// The buyers and base year that replications share; where each has its own, the set that rows of tables and what governments have at
    /// stake are worked out on.
    #[must_use]
    pub fn shared_world(&self) -> &World {
        self.base.world()
    }
    /// The same, to prepare other studies on ([`Self::on`]).
    #[must_use]
    pub fn base(&self) -> &Arc<Base> {
        &self.base
    }
    /// Prices of each regime that was prepared; of a negotiated one those under what is threatened, sanctions at the deadline that stay.
    #[must_use]
    pub fn plans(&self) -> &Plans {
        &self.plans
    }

    /// The world from which those of replications are looked for.
    pub(super) fn near_world(&self) -> NearWorld<'_> {
        NearWorld { world: self.shared_world(), slopes: self.slopes.as_deref() }
    }

    /// What the prices of one of the regimes prepared, by its place among them, are worked out from in the world of a replication, on one
    /// thread.
    pub(super) fn planner_at<'a>(&'a self, place: usize, world: &'a World, stop: StopAsked<'a>) -> Planner<'a> {
        let guides = Some(self.guides.of_regime(place));
        Planner { guides, ..planner(&self.scenario, world, Execution::SERIAL.until(stop)) }
    }

    /// How the governments drive a regime, if they do.
    #[must_use]
    pub fn negotiated(&self, regime: RegimeId) -> Option<&Negotiated> {
        self.negotiated[regime].as_ref()
    }

    /// The regime that a regime's prices are worked out for: of a negotiated one what is threatened.
    #[must_use]
    pub fn planned_regime(&self, regime: RegimeId) -> Cow<'_, Regime> {
        let known = &self.scenario.regimes[regime];
        let threatened = self.negotiated(regime).map(|negotiated| Cow::Owned(negotiated.threatened(known)));
        threatened.unwrap_or(Cow::Borrowed(known))
    }
}

/// Does work that ends early once `observer` asks to; what it says then is that it was interrupted, whatever it was at.
pub(super) fn watched<T>(
    observer: &dyn Observer,
    work: impl FnOnce(StopAsked<'_>) -> Result<T, StudyError>,
) -> Result<T, StudyError> {
    let asked = || observer.cancelled();
    let done = work(StopAsked::by(&asked));
    // What was made when someone asked may lack a part: it is no result.
    if asked() { Err(StudyError::Interrupted) } else { done }
}

/// What the slots of an outcome hold: a matter of the scenario, and of how often prices change under the regimes prepared.
fn layout(scenario: &Scenario, world: &World, plans: &Plans) -> Layout {
    let layout = Layout::of(scenario);
    let layout = if scenario.timing.is_some() { layout.in_time(&scenario.market) } else { layout };
    // Not of the regimes that run.
    let negotiates = scenario.bargaining.as_ref().is_some_and(|bargaining| !bargaining.regimes.is_empty());
    let layout = if negotiates { layout.with_negotiation() } else { layout };
    let layout = layout.with_accounts(scenario, &world.makers.costs.marginal_cost);
    match scenario.population {
        PopulationMode::Shared => layout,
        PopulationMode::Own => {
            let rows = plans.plans.iter().map(|plan| plan.changes().count()).max().unwrap_or(0);
            layout.with_quotes(rows)
        }
    }
}

/// What the prices of any regime are worked out from.
pub(super) fn planner<'a>(scenario: &'a Scenario, world: &'a World, execution: Execution<'a>) -> Planner<'a> {
    Planner {
        market: &scenario.market,
        instruments: &scenario.instruments,
        world,
        guides: None,
        cost_factor: &scenario.cost_factor,
        on_sale: &scenario.on_sale,
        rule: &scenario.rule,
        revisions: &scenario.revisions,
        weeks: scenario.weeks,
        execution,
        foresight: scenario.timing.as_ref().map(|timing| Foresight {
            look_ahead_weeks: timing.anticipation.look_ahead_weeks,
            pass_through: timing.anticipation.pass_through,
        }),
    }
}

/// The governments of a scenario with the market flows that they bargain over, for bargaining without a market run.
///
/// # Errors
/// [`StudyError`] when the flows come from the market and it cannot be solved.
pub fn governments(scenario: &Scenario) -> Result<Setup, StudyError> {
    governments_watched(scenario, &())
}

/// The same, until `observer` asks to stop.
///
/// # Errors
/// As [`governments`], and [`StudyError::Interrupted`].
pub fn governments_watched(scenario: &Scenario, observer: &dyn Observer) -> Result<Setup, StudyError> {
    watched(observer, |stop| governments_until(scenario, stop))
}

fn governments_until(scenario: &Scenario, stop: StopAsked<'_>) -> Result<Setup, StudyError> {
    let bargaining = scenario.bargaining.as_ref().ok_or(StudyError::NoGovernments)?;
    let mut setup = bargaining.setup.clone();
    if let Some(grid) = &bargaining.market_flows {
        let base = Base::solve_until(scenario, stop)?;
        let planner = planner(scenario, base.world(), Execution::PARALLEL.until(stop));
        let regime = scenario.instruments[grid.instrument].name.clone();
        setup.flows =
            market_flows(&planner, grid).map_err(|error| StudyError::Flows { regime, error: Box::new(error) })?;
    }
    if setup.flows == MarketFlows::none() {
        return Err(StudyError::NoGovernments);
    }
    Ok(setup)
}

/// The negotiated regimes among those that run, each with the market flows of its instrument where those come from the market.
fn negotiated(
    scenario: &Scenario,
    planner: &Planner<'_>,
    runs: &impl Fn(RegimeId) -> bool,
) -> Result<IdTable<RegimeId, Option<Negotiated>>, StudyError> {
    let clock = MarketClock::new(scenario.start, scenario.weeks);
    let Some(bargaining) = &scenario.bargaining else {
        return Ok(IdTable::filled(scenario.regimes.len(), None));
    };
    let mut solved: Vec<(usize, MarketFlows)> = Vec::new();
    let mut all = Vec::with_capacity(scenario.regimes.len());
    for (position, regime) in scenario.regimes.iter() {
        let Some(negotiated) = bargaining.of_regime(position).filter(|_| runs(position)) else {
            all.push(None);
            continue;
        };
        let mut setup = bargaining.setup.clone();
        if let Some(grid) = &bargaining.market_flows {
            let instrument = negotiated.instrument;
            let flows = match solved.iter().find(|(known, _)| *known == instrument) {
                Some((_, flows)) => flows.clone(),
                None => {
                    let grid = FlowGrid { instrument, ..grid.clone() };
                    let flows = market_flows(planner, &grid)
                        .map_err(|error| StudyError::Flows { regime: regime.name.clone(), error: Box::new(error) })?;
                    solved.push((instrument, flows.clone()));
                    flows
                }
            };
            setup.flows = flows;
        }
        all.push(Some(Negotiated::new(negotiated, setup, clock)));
    }
    Ok(IdTable::new(all))
}
