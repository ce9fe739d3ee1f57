//! What the jobs of one replication share: its buyers with the base year solved, how they start, and what is charged in each regime.
//!
//! Where replications share the buyers, base year and prices are the study's. Where each has its own, it inverts the base year, recovers
//! costs and sets the prices of every regime for itself, as a function of seed and number alone: neither threads nor other replications
//! matter. It is let go of with its replication, so that memory does not grow with their number.

use std::borrow::Cow;

use super::base_year::{BaseYearModel, base_year_models};
use super::prepare::{Study, StudyError};
use super::quotes::Quotation;
use crate::model::demand::{Execution, StopAsked};
use crate::model::ids::RegimeId;
use crate::model::outcome::Layout;
use crate::model::plan::{PlanError, PriceBook, RegimePlan};
use crate::model::scenario::PopulationMode;
use crate::model::streams::Streams;
use crate::model::world::{Start, World, WorldError};

/// One replication, ready to run any regime.
#[derive(Clone, Debug)]
pub struct Replication<'a> {
    /// Its number.
    pub number: u64,
    /// Its random streams.
    pub streams: Streams,
    /// Its buyers, mean utilities and costs.
    pub world: Cow<'a, World>,
    /// How its purchase process stands when it begins.
    pub start: Start,
    /// Who may ask its jobs to stop.
    pub(super) stop: StopAsked<'a>,
    pub(super) own: Option<Box<Own>>,
}

/// What a replication has for itself where buyers are not shared.
#[derive(Clone, Debug)]
pub(super) struct Own {
    /// The study's, with this world's costs in its accounts.
    pub layout: Layout,
    /// By position among the regimes prepared.
    pub plans: Vec<Result<RegimePlan, PlanError>>,
    /// The equilibria behind them; those of negotiated histories begin from it.
    pub book: PriceBook,
    /// The base year of this world.
    pub base_year: Vec<BaseYearModel>,
}

impl Study {
    /// The buyers of one replication, shared or its own, how they start, and, where they are its own, the prices of every regime prepared.
    ///
    /// # Errors
    /// [`WorldError`] when its own buyers have no base year. A regime without prices is an error of its own jobs alone.
    pub fn replication(&self, number: u64) -> Result<Replication<'_>, WorldError> {
        self.replication_until(number, StopAsked::NEVER)
    }

    /// The same, until somebody asks to stop; its jobs then leave errors in the place of outcomes.
    ///
    /// # Errors
    /// As [`Self::replication`], and once someone has asked to stop.
    pub fn replication_until<'a>(&'a self, number: u64, stop: StopAsked<'a>) -> Result<Replication<'a>, WorldError> {
        let scenario = self.scenario();
        let streams = Streams::new(scenario.seed, number);
        let (world, own) = match scenario.population {
            PopulationMode::Shared => (Cow::Borrowed(self.shared_world()), None),
            PopulationMode::Own => {
                let near = Some(self.near_world());
                let world =
                    World::build(self.base().facts(), streams.population_key(), near, Execution::SERIAL.until(stop))?;
                let own = self.own(&world, stop)?;
                (Cow::Owned(world), Some(Box::new(own)))
            }
        };
        stop.check()?;
        let start = match scenario.one_shot {
            true => Start::one_shot(scenario.buyers, scenario.weeks),
            false => world.start(&scenario.market.base_prices(), &streams),
        };
        Ok(Replication { number, streams, world, start, stop, own })
    }

    fn own(&self, world: &World, stop: StopAsked<'_>) -> Result<Own, WorldError> {
        let scenario = self.scenario();
        let mut book = PriceBook::default();
        let plan =
            |(place, regime)| self.planner_at(place, world, stop).plan_with(&self.planned_regime(regime), &mut book);
        let plans: Vec<Result<RegimePlan, PlanError>> = self.plans().regimes().enumerate().map(plan).collect();
        let base_year = base_year_models(scenario, world, Execution::SERIAL)?;
        let layout = self.layout().with_costs(scenario, &world.makers.costs.marginal_cost);
        Ok(Own { layout, plans, book, base_year })
    }

    /// What the slots of a replication's outcomes hold, with the costs of its world.
    pub(super) fn layout_of<'a>(&'a self, replication: &'a Replication<'_>) -> &'a Layout {
        replication.own.as_ref().map_or(self.layout(), |own| &own.layout)
    }

    /// The prices of a regime in a replication; of a negotiated one those under what is threatened.
    ///
    /// # Errors
    /// [`StudyError::Plan`] where they cannot be found, [`StudyError::Unprepared`] for a regime that was not prepared.
    pub fn plan_in<'a>(
        &'a self,
        replication: &'a Replication<'_>,
        regime: RegimeId,
    ) -> Result<&'a RegimePlan, StudyError> {
        let name = || self.scenario().regimes[regime].name.clone();
        let unprepared = || StudyError::Unprepared { regime: name() };
        let Some(own) = &replication.own else { return self.plans().get(regime).ok_or_else(unprepared) };
        let place = self.plans().place(regime).ok_or_else(unprepared)?;
        own.plans[place].as_ref().map_err(|error| StudyError::Plan { regime: name(), error: error.clone() })
    }

    /// Writes prices and base year of a replication's own world where tables take them from.
    pub(super) fn quote(
        &self,
        replication: &Replication<'_>,
        regime: RegimeId,
        values: &mut [f64],
    ) -> Result<(), StudyError> {
        let Some((own, layout)) = replication.own.as_ref().zip(self.layout().quotes) else { return Ok(()) };
        let plan = self.plan_in(replication, regime)?;
        let quotation = Quotation::new(self.scenario(), &replication.world);
        let regime_planned = self.planned_regime(regime);
        let (forces, instruments) = (quotation.forces(&regime_planned), quotation.instruments(&regime_planned));
        let weeks = self.plans().get(regime).into_iter().flat_map(RegimePlan::changes);
        let rows = weeks.map(|week| quotation.row(plan, week, &forces[week as usize], &instruments));
        let base_year: Vec<[f64; 5]> = own.base_year.iter().map(BaseYearModel::numbers).collect();
        layout.fill(values, rows, &base_year);
        Ok(())
    }
}
