//! The base year that a study is calibrated to: fit, elasticities, margins and diversion, before any policy.

use super::prepare::Study;
use crate::model::demand::DemandError;
use crate::model::demand::response::own_response;
use crate::model::demand::{Execution, ExpectedDemand, StopAsked};
use crate::model::ids::RegionId;
use crate::model::market::Market;
use crate::model::scenario::Scenario;
use crate::model::streams::Streams;
use crate::model::timing::network::base_year_change;
use crate::model::trade::policy::normal_duties;
use crate::model::world::World;

/// One model in the base year.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseYearModel {
    /// Expected volume at base-year prices, cars a year.
    pub expected_volume: f64,
    /// Marginal cost from the first-order conditions, duty apart, USD: to the showroom with the dealers' margin, under the vertical
    /// chain at the border.
    pub marginal_cost_usd: f64,
    /// What the maker keeps less marginal cost, USD.
    pub margin_usd: f64,
    /// Own-price elasticity of expected demand.
    pub own_elasticity: f64,
    /// Share of the buyers lost to a small price rise who buy none of the models.
    pub outside_diversion: f64,
}

impl BaseYearModel {
    /// The numbers, in the order of [`BaseYearMetric`](crate::model::quotes::BaseYearMetric).
    #[must_use]
    pub fn numbers(&self) -> [f64; 5] {
        let Self { expected_volume, marginal_cost_usd, margin_usd, own_elasticity, outside_diversion } = *self;
        [expected_volume, marginal_cost_usd, margin_usd, own_elasticity, outside_diversion]
    }
}

/// The models in the base year of a world, on the buyers that manufacturers price against; `duty_usd` is what a car owes.
///
/// # Errors
/// [`DemandError`] never for a world of this scenario.
pub(super) fn base_year_models(
    scenario: &Scenario,
    world: &World,
    execution: Execution,
) -> Result<Vec<BaseYearModel>, DemandError> {
    let (market, makers) = (&scenario.market, &world.makers);
    let demand = makers.demand(&world.products, &world.inversion.delta, execution)?;
    let list = market.base_prices();
    let response = own_response(&demand, &list)?;
    let share = demand.shares(&list).product;
    let duties = normal_duties(market, &makers.costs.marginal_cost);
    let model = |j: usize| {
        let marginal_cost_usd = makers.costs.marginal_cost[j];
        BaseYearModel {
            expected_volume: share[j] * market.market_size,
            marginal_cost_usd,
            margin_usd: list[j] - duties[j].duty_usd(list[j]) - market.chain.local_usd(j) - marginal_cost_usd,
            own_elasticity: response.elasticity[j],
            outside_diversion: response.outside_diversion[j],
        }
    };
    Ok((0..market.len()).map(model).collect())
}

/// The base year.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseYear {
    /// One entry for each model, in the order of the market.
    pub models: Vec<BaseYearModel>,
    /// Where the buyers of the flagged models go when all of those are taken away: shares by region, the outside option
    /// last; none where no model is flagged.
    pub diversion: Vec<f64>,
    /// What word of mouth does to each model's expected sales at the start, as a fraction; none where it is switched off.
    pub peers_change: Vec<f64>,
}

/// Means over some of the models in the base year, weighted by volume.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BaseYearMeans {
    /// Number of models.
    pub models: usize,
    /// Cars a year.
    pub cars: f64,
    /// Own-price elasticity of expected demand.
    pub own_elasticity: f64,
    /// Margin of the makers, USD.
    pub margin_usd: f64,
    /// The same as a part of the list price.
    pub margin_of_price: f64,
}

impl BaseYear {
    /// Means over the models at some positions of its market.
    #[must_use]
    pub fn means(&self, market: &Market, members: &[usize]) -> BaseYearMeans {
        let volume: f64 = members.iter().map(|j| market.models[*j].base_volume).sum();
        let mean = |value: &dyn Fn(usize) -> f64| {
            members.iter().map(|j| market.models[*j].base_volume * value(*j)).sum::<f64>() / volume
        };
        BaseYearMeans {
            models: members.len(),
            cars: volume,
            own_elasticity: mean(&|j| self.models[j].own_elasticity),
            margin_usd: mean(&|j| self.models[j].margin_usd),
            margin_of_price: mean(&|j| self.models[j].margin_usd / market.models[j].list_price_usd),
        }
    }

    /// Means by region, of the models that are on the scenario's list and of the others; none where there are no such models.
    #[must_use]
    pub fn by_region(&self, market: &Market) -> Vec<(RegionId, bool, BaseYearMeans)> {
        let mut found = Vec::new();
        for region in market.regions.ids() {
            for flagged in [true, false] {
                let chosen = |j: &usize| market.models[*j].region == region && market.models[*j].flagged == flagged;
                let members: Vec<usize> = (0..market.len()).filter(chosen).collect();
                if !members.is_empty() {
                    found.push((region, flagged, self.means(market, &members)));
                }
            }
        }
        found
    }

    /// What word of mouth does to expected sales: to all of them, and to those of the model that it changes most, with its position;
    /// none where it is switched off.
    #[must_use]
    pub fn peers_effect(&self, market: &Market) -> Option<(f64, f64, usize)> {
        let (position, most) =
            self.peers_change.iter().copied().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
        let volume: f64 = market.models.iter().map(|model| model.base_volume).sum();
        let all: f64 =
            self.peers_change.iter().zip(&market.models).map(|(change, model)| change * model.base_volume).sum::<f64>()
                / volume;
        Some((all, most, position))
    }
}

/// Starts over which the effect of word of mouth is averaged.
const STARTS: u64 = 4;
/// A price at which nobody buys.
const PROHIBITIVE_USD: f64 = f64::INFINITY;

impl Study {
    /// Works out the base year on the buyers that manufacturers price against.
    ///
    /// # Errors
    /// [`DemandError`] only for a study that was not prepared.
    pub fn base_year(&self) -> Result<BaseYear, DemandError> {
        self.base_year_until(StopAsked::NEVER)
    }

    /// The same, until somebody asks to stop.
    pub(super) fn base_year_until(&self, stop: StopAsked<'_>) -> Result<BaseYear, DemandError> {
        let (scenario, world) = (self.scenario(), self.shared_world());
        stop.check()?;
        let models = base_year_models(scenario, world, Execution::PARALLEL)?;
        let demand = world.makers.demand(&world.products, &world.inversion.delta, Execution::PARALLEL)?;
        let list = scenario.market.base_prices();
        let diversion = self.diversion_from_flagged(&demand, &list);
        Ok(BaseYear { models, diversion, peers_change: self.peers_change(&list, stop)? })
    }

    /// Mean over the starts of a few replications: with one network alone the chance of who knows whom would show.
    fn peers_change(&self, list: &[f64], stop: StopAsked<'_>) -> Result<Vec<f64>, DemandError> {
        let (scenario, world) = (self.scenario(), self.shared_world());
        let Some(peers) = scenario.timing.as_ref().map(|timing| &timing.peers).filter(|peers| peers.gamma != 0.0)
        else {
            return Ok(Vec::new());
        };
        let mut mean = vec![0.0; list.len()];
        for replication in 0..STARTS {
            stop.check()?;
            let streams = Streams::new(scenario.seed, replication);
            let start = world.start(list, &streams);
            let change = base_year_change(world, peers, list, &start, &streams);
            mean.iter_mut().zip(change).for_each(|(mean, change)| *mean += change / STARTS as f64);
        }
        Ok(mean)
    }

    fn diversion_from_flagged(&self, demand: &ExpectedDemand<'_>, list: &[f64]) -> Vec<f64> {
        let market = &self.scenario().market;
        let without: Vec<f64> = market
            .models
            .iter()
            .zip(list)
            .map(|(model, price)| if model.flagged { PROHIBITIVE_USD } else { *price })
            .collect();
        let (before, after) = (demand.shares(list), demand.shares(&without));
        let mut gained = vec![0.0; market.regions.len() + 1];
        let mut lost = 0.0;
        for (j, model) in market.models.iter().enumerate() {
            if model.flagged {
                lost += before.product[j];
            } else {
                gained[usize::from(model.region.0)] += after.product[j] - before.product[j];
            }
        }
        gained[market.regions.len()] = after.outside - before.outside;
        if lost > 0.0 { gained.iter().map(|gain| gain / lost).collect() } else { Vec::new() }
    }
}
