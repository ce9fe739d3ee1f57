//! What sanctions do to the scenario's own market: the six flows that the governments bargain over, on a grid of exchange
//! rates.
//!
//! At each rate two years are compared, one with the threatened instrument imposed and one without, at the Bertrand-Nash
//! prices of each, whatever pricing rule the simulation uses. Costs of imports assembled in the partner's country move with its currency by the
//! share paid at home, c [(1 - phi) + phi E0 / E]; under the vertical chain c is cost at the border. The accounts are those of [`crate::model::accounts`]: profits go to owners,
//! not badges, and dealers lose the part of their margin on lost sales that they cannot save.

use super::flows::{Flows, InvalidFlows, MarketFlows};
use crate::model::accounts::year::{Situation, year_change};
use crate::model::accounts::{AccountParameters, InvalidOwners, Owners};
use crate::model::demand::DemandError;
use crate::model::ids::RegionId;
use crate::model::plan::{Phase, PlanError, Planner};
use crate::model::supply::rule::PricingRule;
use crate::model::trade::regime::{Action, PolicyEvent, Regime, Reopening};

/// The exchange rates at which the market is solved, and whom the instrument is aimed at.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowGrid {
    /// Exchange rates, rising, the partner's currency per USD.
    pub rates: Vec<f64>,
    /// The rate at which base-year costs hold.
    pub base_rate: f64,
    /// Position of the instrument that is threatened.
    pub instrument: usize,
    /// Assembly country whose costs move with the exchange rate.
    pub assembly_country: String,
    /// Region whose makers are threatened; those of other foreign regions are the third parties.
    pub exporter: RegionId,
    /// Dealers' margins.
    pub accounts: AccountParameters,
}

/// Why the market has no flows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FlowsError {
    /// No prices at a rate.
    #[error("market flows at an exchange rate of {rate}: {error}")]
    Prices {
        /// The rate.
        rate: f64,
        /// What is wrong.
        error: PlanError,
    },
    /// Demand cannot be evaluated.
    #[error(transparent)]
    Demand(#[from] DemandError),
    /// Nobody can be said to own the makers.
    #[error(transparent)]
    Owners(#[from] InvalidOwners),
    /// The grid or a flow.
    #[error(transparent)]
    Flows(#[from] InvalidFlows),
}

/// Solves the market at every rate of the grid, with and without the instrument.
///
/// `planner` says which market, buyers and instruments; its pricing rule, weeks and exchange rates are not used.
///
/// # Errors
/// [`FlowsError`] when a year has no equilibrium, or a flow is not a number.
pub fn market_flows(planner: &Planner<'_>, grid: &FlowGrid) -> Result<MarketFlows, FlowsError> {
    let owners = Owners::new(planner.market, &[])?;
    let flows = grid.rates.iter().map(|rate| flows_at(planner, grid, &owners, *rate)).collect::<Result<Vec<_>, _>>()?;
    Ok(MarketFlows::from_grid(grid.rates.clone(), flows)?)
}

fn flows_at(planner: &Planner<'_>, grid: &FlowGrid, owners: &Owners, rate: f64) -> Result<Flows, FlowsError> {
    let (market, world) = (planner.market, planner.world);
    let phi = market.home_cost_share;
    let moved = (1.0 - phi) + phi * (grid.base_rate / rate);
    let models = market.models.iter();
    let factor: Vec<f64> =
        models.map(|m| if m.imported && m.assembly_country == grid.assembly_country { moved } else { 1.0 }).collect();
    let phase =
        |instrument| equilibrium_year(planner, &factor, instrument).map_err(|error| FlowsError::Prices { rate, error });
    let (without, with) = (phase(None)?, phase(Some(grid.instrument))?);
    let cost_usd: Vec<f64> =
        world.makers.costs.marginal_cost.iter().zip(&factor).map(|(c, factor)| c * factor).collect();
    let demand = world.makers.demand(&world.products, &world.inversion.delta, planner.execution)?;
    let rising = world.makers.rising.as_ref().map(|rising| rising.moved(&factor));
    let situation = Situation {
        market,
        owners,
        parameters: &grid.accounts,
        demand: &demand,
        cost_usd: &cost_usd,
        rising: rising.as_ref(),
    };
    let change = year_change(&situation, &without, &with)?;
    let flows = crate::model::accounts::market_flows(&change, market, grid.exporter);
    // The dealers who are hurt are those of the cars that the instrument names, flagged or not.
    let selected = planner.instruments[grid.instrument].selected.iter();
    let lost = change.before.iter().zip(&change.after).zip(selected).filter(|(_, selected)| **selected);
    let dealers_loss = lost.map(|((before, after), _)| before.dealers_surplus() - after.dealers_surplus()).sum::<f64>();
    Ok(Flows { dealers_loss: dealers_loss / 1e9, ..flows })
}

/// The prices of a year at equilibrium, with an instrument imposed from its first day or with none.
fn equilibrium_year(planner: &Planner<'_>, factor: &[f64], instrument: Option<usize>) -> Result<Phase, PlanError> {
    let cost_factor = [factor.to_vec()];
    let one_week = Planner {
        cost_factor: &cost_factor,
        on_sale: &[],
        rule: &PricingRule::Bertrand,
        weeks: 1,
        foresight: None,
        ..*planner
    };
    let imposed = |instrument| PolicyEvent {
        date: crate::numerics::calendar::ORIGIN,
        week: 0,
        action: Action::Imposed,
        instrument,
        refund: false,
        change: None,
        label: String::new(),
    };
    let events = instrument.map(imposed).into_iter().collect();
    let regime = Regime {
        name: "sanctions".into(),
        label: String::new(),
        events,
        reopening: Reopening::AsTheRule,
        on_sale: Vec::new(),
    };
    Ok(one_week.plan(&regime)?.phase(0).clone())
}
