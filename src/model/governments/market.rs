//! What sanctions do to the scenario's own market: the six flows that the governments bargain over, on a grid of exchange
//! rates.
//!
//! At each rate two years are compared, one with the threatened instrument imposed and one without, at the Bertrand-Nash
//! prices of each, whatever pricing rule the simulation uses. Costs of cars assembled in Japan move with the yen by the
//! share paid at home, c [(1 - phi) + phi E0 / E].
//!
//! Profits go to owners, not badges: a manufacturer belongs to the region in which it sells most of its cars under its own
//! badges (Jaguar is Ford's), and partial holdings take their share of the profits of the firm held. Marginal costs contain
//! the dealer's margin, so what is left of the price is the maker's; dealers lose the part of their margin on lost sales that
//! they cannot save.

use super::flows::{Flows, InvalidFlows, MarketFlows};
use crate::model::demand::DemandError;
use crate::model::ids::{Id, RegionId};
use crate::model::market::Market;
use crate::model::plan::{Phase, PlanError, Planner};
use crate::model::supply::rule::PricingRule;
use crate::model::trade::regime::{Action, PolicyEvent, Regime};
use crate::model::welfare::consumer_surplus;

/// Dollars in a billion.
const BILLION: f64 = 1e9;

/// The exchange rates at which the market is solved, and what the flows count.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowGrid {
    /// Exchange rates, rising, yen per dollar.
    pub yen: Vec<f64>,
    /// The rate at which base-year costs hold.
    pub base_yen: f64,
    /// Position of the instrument that is threatened.
    pub instrument: usize,
    /// Assembly country whose costs move with the yen.
    pub assembly_country: String,
    /// Whose makers lose: home region of the threatened country.
    pub japan: RegionId,
    /// Third parties who gain.
    pub europe: RegionId,
    /// Whose makers are protected.
    pub us: RegionId,
    /// Dealers' gross margin as a share of the base-year list price.
    pub dealer_margin: f64,
    /// Share of that margin lost with a lost sale; the rest is cost saved.
    pub dealer_surplus: f64,
}

/// Why the market has no flows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FlowsError {
    /// No prices at a rate.
    #[error("market flows at {yen} yen per dollar: {error}")]
    Prices {
        /// The rate.
        yen: f64,
        /// What is wrong.
        error: PlanError,
    },
    /// Demand cannot be evaluated.
    #[error(transparent)]
    Demand(#[from] DemandError),
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
    let flows = grid.yen.iter().map(|yen| flows_at(planner, grid, *yen)).collect::<Result<Vec<_>, _>>()?;
    Ok(MarketFlows::from_grid(grid.yen.clone(), flows)?)
}

/// One year of the market.
struct Year {
    phase: Phase,
    /// Cars sold, one number for each model.
    cars: Vec<f64>,
    /// Profit of each manufacturer's own models, billion USD.
    profit: Vec<f64>,
    surplus: f64,
}

fn flows_at(planner: &Planner<'_>, grid: &FlowGrid, yen: f64) -> Result<Flows, FlowsError> {
    let market = planner.market;
    let phi = market.home_cost_share;
    let moved = (1.0 - phi) + phi * (grid.base_yen / yen);
    let of_yen = |country: &str, imported: bool| imported && country == grid.assembly_country;
    let factor: Vec<f64> =
        market.models.iter().map(|m| if of_yen(&m.assembly_country, m.imported) { moved } else { 1.0 }).collect();
    let without = year(planner, &factor, None, yen)?;
    let with = year(planner, &factor, Some(grid.instrument), yen)?;

    let change: Vec<f64> = with.profit.iter().zip(&without.profit).map(|(with, without)| with - without).collect();
    let by_region = profit_by_region(market, &change);
    let gain = |region: RegionId| by_region[region.index()];
    let selected = &planner.instruments[grid.instrument].selected;
    let (mut extra_duty, mut dealers_loss) = (0.0, 0.0);
    for (j, model) in market.models.iter().enumerate() {
        extra_duty += with.phase.duty_usd[j] * with.cars[j] - without.phase.duty_usd[j] * without.cars[j];
        if selected[j] {
            let margin = grid.dealer_surplus * grid.dealer_margin * model.list_price_usd;
            dealers_loss += margin * (without.cars[j] - with.cars[j]);
        }
    }
    Ok(Flows {
        japanese_makers_loss: -gain(grid.japan),
        europe_gain: gain(grid.europe),
        big_three_gain: gain(grid.us),
        extra_duty: extra_duty / BILLION,
        consumers_loss: without.surplus - with.surplus,
        dealers_loss: dealers_loss / BILLION,
    })
}

/// One year at equilibrium prices, with an instrument imposed from its first day or with none.
fn year(planner: &Planner<'_>, factor: &[f64], instrument: Option<usize>, yen: f64) -> Result<Year, FlowsError> {
    let cost_factor = [factor.to_vec()];
    let one_week =
        Planner { cost_factor: &cost_factor, rule: &PricingRule::Bertrand, weeks: 1, outlooks: false, ..*planner };
    let imposed = |instrument| PolicyEvent {
        date: jiff::civil::date(1995, 6, 28),
        week: 0,
        action: Action::Imposed,
        instrument,
        refund: false,
        label: String::new(),
    };
    let regime = Regime {
        name: "sanctions".into(),
        label: String::new(),
        events: instrument.map(imposed).into_iter().collect(),
    };
    let plan = one_week.plan(&regime).map_err(|error| FlowsError::Prices { yen, error })?;
    let phase = plan.phase(0).clone();
    let (market, makers) = (planner.market, &planner.world.makers);
    let demand = makers.demand(&planner.world.products, &planner.world.inversion.delta, planner.execution)?;
    let share = demand.shares(&phase.sticker_price_usd).product;
    let cars: Vec<f64> = share.iter().map(|share| share * market.market_size).collect();
    let mut profit = vec![0.0; market.manufacturers.len()];
    for (j, model) in market.models.iter().enumerate() {
        let cost = makers.costs.marginal_cost[j] * factor[j] + phase.inspection_usd[j];
        profit[model.manufacturer.index()] += (phase.producer_price_usd[j] - cost) * cars[j] / BILLION;
    }
    let surplus = consumer_surplus(&demand, &phase.sticker_price_usd)? * market.market_size / BILLION;
    Ok(Year { phase, cars, profit, surplus })
}

/// Profits of manufacturers as their owners count them, by region.
fn profit_by_region(market: &Market, profit: &[f64]) -> Vec<f64> {
    let home: Vec<usize> = (0..profit.len()).map(|maker| home_region(market, maker)).collect();
    let mut total = vec![0.0; market.regions.len()];
    for (maker, profit) in profit.iter().enumerate() {
        let mut own = *profit;
        for holding in market.holdings.iter().filter(|holding| holding.held.index() == maker) {
            total[home[holding.owner.index()]] += holding.share * profit;
            own -= holding.share * profit;
        }
        total[home[maker]] += own;
    }
    total
}

/// The region in which a manufacturer's badges sell most.
fn home_region(market: &Market, maker: usize) -> usize {
    let mut volume = vec![0.0; market.regions.len()];
    for model in market.models.iter().filter(|model| model.manufacturer.index() == maker) {
        volume[model.region.index()] += model.base_volume;
    }
    let mut home = 0;
    for (region, cars) in volume.iter().enumerate() {
        if *cars > volume[home] {
            home = region;
        }
    }
    home
}
