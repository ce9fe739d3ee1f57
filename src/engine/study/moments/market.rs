//! Moments of the market without a draw: the base year, and list prices under a duty or at another exchange rate.

use super::error::MomentError;
use crate::model::demand::loyalty::BuyerExponentials;
use crate::model::demand::response::own_response;
use crate::model::demand::{Execution, ExpectedDemand, StopAsked};
use crate::model::moment::{Destination, Moment, Prices};
use crate::model::plan::{Phase, Planner};
use crate::model::scenario::Scenario;
use crate::model::supply::rule::PricingRule;
use crate::model::trade::chain::PassThrough;
use crate::model::trade::duty::{AdValoremRate, Duty};
use crate::model::trade::instrument::{Instrument, Measure};
use crate::model::trade::policy::{Policy, normal_duties};
use crate::model::trade::regime::{Action, Force, PolicyEvent, Regime, Reopening};
use crate::model::world::World;
use crate::numerics::elementary::ln;
use crate::study::prepare::planner;

/// A price at which nobody buys.
const PROHIBITIVE_USD: f64 = f64::INFINITY;
/// Relative price change of a numerical derivative: demand is smooth, so the central difference errs by its square.
const BUMP: f64 = 1e-4;

/// The base year of a scenario, ready to be asked.
pub struct StaticMarket<'a> {
    scenario: &'a Scenario,
    world: &'a World,
    demand: ExpectedDemand<'a>,
    execution: Execution<'a>,
    list: Vec<f64>,
    volume: Vec<f64>,
}

impl<'a> StaticMarket<'a> {
    /// The market of a scenario whose base year `world` has solved; its prices are looked for until somebody asks to stop.
    ///
    /// # Errors
    /// [`MomentError::Demand`] only for a world of another scenario.
    pub fn new(scenario: &'a Scenario, world: &'a World, stop: StopAsked<'a>) -> Result<Self, MomentError> {
        let execution = Execution::PARALLEL.until(stop);
        let demand = world.makers.demand(&world.products, &world.inversion.delta, execution)?;
        let volume = scenario.market.models.iter().map(|model| model.base_volume).collect();
        Ok(Self { scenario, world, demand, execution, list: scenario.market.base_prices(), volume })
    }

    /// One moment; not a number for those that need runs.
    ///
    /// # Errors
    /// [`MomentError`] when prices under an instrument are not found.
    pub fn value(&self, moment: &Moment) -> Result<f64, MomentError> {
        Ok(match moment {
            Moment::Diversion(destination) => self.diversion(destination),
            Moment::OwnElasticity(models) => {
                let response = own_response(&self.demand, &self.list)?;
                self.mean(models, |j| response.elasticity[j])
            }
            Moment::CrossElasticity(of, price) => self.cross_elasticity(*of, *price),
            Moment::MarginUsd(models) => {
                let margin = self.margins();
                self.mean(models, |j| margin[j])
            }
            Moment::MarginShare(models) => {
                let margin = self.margins();
                self.mean(models, |j| margin[j] / self.list[j])
            }
            Moment::Repurchase(brands) => self.repurchase(brands),
            Moment::SalesChange(models, instrument, prices) => {
                let (before, after) = self.sales(*instrument, *prices)?;
                let sum = |share: &[f64]| models.iter().map(|j| share[*j]).sum::<f64>();
                sum(&after) / sum(&before) - 1.0
            }
            Moment::PriceChange(models, instrument, prices) => {
                let phase = self.imposed(*instrument, *prices)?;
                self.mean(models, |j| phase.sticker_price_usd[j] / self.list[j] - 1.0)
            }
            Moment::LostBuyers(destination, instrument, prices) => {
                let (before, after) = self.sales(*instrument, *prices)?;
                let selected = &self.scenario.instruments[*instrument].selected;
                let lost: f64 = (0..selected.len()).filter(|j| selected[*j]).map(|j| before[j] - after[j]).sum();
                let outside = before.iter().sum::<f64>() - after.iter().sum::<f64>();
                destination.gained(&before, &after, outside) / lost
            }
            Moment::Switchers(destination, instrument, prices) => {
                let (before, after) = self.sales(*instrument, *prices)?;
                let selected = &self.scenario.instruments[*instrument].selected;
                let others = (0..selected.len()).filter(|j| !selected[*j]).collect();
                let others = Destination { models: others, outside: false };
                destination.gained(&before, &after, 0.0) / others.gained(&before, &after, 0.0)
            }
            Moment::DutyPassThrough(models, instrument) => {
                let phase = self.imposed(*instrument, Prices::Equilibrium)?;
                let duty = self.base_duty();
                let total = |of: &dyn Fn(usize) -> f64| models.iter().map(|j| self.volume[*j] * of(*j)).sum::<f64>();
                total(&|j| phase.sticker_price_usd[j] - self.list[j]) / total(&|j| phase.duty_usd[j] - duty[j])
            }
            Moment::BorderElasticity { models, instrument, rate } => {
                let Some(instruments) = self.at_duty(*instrument, *rate) else { return Ok(f64::NAN) };
                let phase = self.imposed_from(&instruments, *instrument, Prices::Equilibrium)?;
                let market = &self.scenario.market;
                let policy = Policy {
                    market,
                    instruments: &instruments,
                    marginal_cost_usd: &self.world.makers.costs.marginal_cost,
                    base_share: &[],
                    outside: &[],
                };
                let mut force = vec![Force::None; instruments.len()];
                let duty = |force: &[Force]| policy.duties(0, force, Force::Charged, |_| true);
                let before = duty(&force);
                force[*instrument] = Force::Charged;
                let responses = market.duty_responses(models, [&before, &duty(&force)], &phase.sticker_price_usd);
                PassThrough::of(&responses).border_elasticity
            }
            Moment::ExchangeRatePassThrough { models, country, earlier, base } => {
                let phase = self.at_rate(country, *earlier, *base)?;
                let moved = self.mean(models, |j| ln(self.list[j] / phase.sticker_price_usd[j]));
                moved / ln(earlier / base)
            }
            Moment::SimulatedChange { .. }
            | Moment::DaysOfSupply { .. }
            | Moment::Negotiated(_)
            | Moment::Settlement(_) => f64::NAN,
        })
    }

    /// Mean over models, weighted by base volumes.
    fn mean(&self, models: &[usize], of: impl Fn(usize) -> f64) -> f64 {
        let weight: f64 = models.iter().map(|j| self.volume[*j]).sum();
        models.iter().map(|j| self.volume[*j] * of(*j)).sum::<f64>() / weight
    }

    fn base_duty(&self) -> Vec<f64> {
        let duties = normal_duties(&self.scenario.market, &self.world.makers.costs.marginal_cost);
        duties.iter().zip(&self.list).map(|(duty, price)| duty.duty_usd(*price)).collect()
    }

    fn margins(&self) -> Vec<f64> {
        let cost = &self.world.makers.costs.marginal_cost;
        let net = self.list.iter().zip(self.base_duty()).zip(cost).map(|((price, duty), cost)| price - duty - cost);
        net.enumerate().map(|(j, net)| net - self.scenario.market.chain.local_usd(j)).collect()
    }

    fn diversion(&self, destination: &Destination) -> f64 {
        let flagged = |j: usize| self.scenario.market.models[j].flagged;
        let price = |j: usize| if flagged(j) { PROHIBITIVE_USD } else { self.list[j] };
        let without: Vec<f64> = (0..self.list.len()).map(price).collect();
        let (before, after) = (self.demand.shares(&self.list), self.demand.shares(&without));
        let lost: f64 = (0..self.list.len()).filter(|j| flagged(*j)).map(|j| before.product[j]).sum();
        destination.gained(&before.product, &after.product, after.outside - before.outside) / lost
    }

    fn cross_elasticity(&self, of: usize, price: usize) -> f64 {
        let share = |factor: f64| {
            let mut prices = self.list.clone();
            prices[price] *= factor;
            self.demand.shares(&prices).product[of]
        };
        (ln(share(1.0 + BUMP)) - ln(share(1.0 - BUMP))) / (2.0 * BUMP)
    }

    /// P(b | owned b), the mean over a brand's owners: `sum w rho(b) (1 + k) S / (A + k S)` over `sum w rho(b)`.
    fn repurchase(&self, brands: &[usize]) -> f64 {
        let world = self.world;
        let (nodes, products) = (&world.makers.nodes, &world.products);
        let loyalty = products.loyalty();
        let felt = products.felt_prices(&self.list);
        let (mut owners, mut again) = (vec![0.0; loyalty.len()], vec![0.0; loyalty.len()]);
        for i in 0..nodes.len() {
            let buyer = nodes.buyer(i);
            let e = BuyerExponentials::of(buyer, products, &world.inversion.delta, &felt);
            let law = e.ownership_law(loyalty);
            for &b in brands {
                let chance = (1.0 + loyalty[b]) * e.brand[b] / loyalty[b].mul_add(e.brand[b], e.total);
                owners[b] += buyer.weight() * law[b];
                again[b] += buyer.weight() * law[b] * chance;
            }
        }
        let models = &self.scenario.market.models;
        let volume =
            |b: usize| models.iter().filter(|m| usize::from(m.brand.0) == b).map(|m| m.base_volume).sum::<f64>();
        let total: f64 = brands.iter().map(|b| volume(*b)).sum();
        brands.iter().map(|&b| volume(b) * again[b] / owners[b]).sum::<f64>() / total
    }

    /// Expected shares before and after an instrument is imposed.
    fn sales(&self, instrument: usize, prices: Prices) -> Result<(Vec<f64>, Vec<f64>), MomentError> {
        let phase = self.imposed(instrument, prices)?;
        Ok((self.demand.shares(&self.list).product, self.demand.shares(&phase.sticker_price_usd).product))
    }

    /// The prices of a year with an instrument imposed from its first day.
    fn imposed(&self, instrument: usize, prices: Prices) -> Result<Phase, MomentError> {
        self.imposed_from(&self.scenario.instruments, instrument, prices)
    }

    /// The instruments with the ad valorem duty of one at another rate; none where it is no such duty.
    fn at_duty(&self, instrument: usize, at: f64) -> Option<Vec<Instrument>> {
        let mut instruments = self.scenario.instruments.clone();
        let Measure::Duty { duty: Duty::AdValorem { rate, .. }, within, .. } =
            &mut instruments[instrument].measures.first_mut()?.measure
        else {
            return None;
        };
        *rate = AdValoremRate::new(at).ok()?;
        *within = None;
        Some(instruments)
    }

    fn imposed_from(
        &self,
        instruments: &[Instrument],
        instrument: usize,
        prices: Prices,
    ) -> Result<Phase, MomentError> {
        let rule = match prices {
            Prices::PassThrough => PricingRule::PassThrough { theta: 1.0 },
            Prices::Equilibrium => PricingRule::Bertrand,
        };
        let event = PolicyEvent {
            date: self.scenario.start,
            week: 0,
            action: Action::Imposed,
            instrument,
            refund: false,
            change: None,
            label: String::new(),
        };
        let planner = Planner { rule: &rule, instruments, ..self.planner() };
        one_year(&planner, vec![event], &instruments[instrument].name)
    }

    /// The equilibrium of a year in which the costs of cars assembled in a country are those of another exchange rate.
    fn at_rate(&self, country: &str, rate: f64, base: f64) -> Result<Phase, MomentError> {
        let phi = self.scenario.market.home_cost_share;
        let moved = (1.0 - phi) + phi * (base / rate);
        let models = self.scenario.market.models.iter();
        let factor = models.map(|m| if m.imported && m.assembly_country == country { moved } else { 1.0 }).collect();
        let planner = Planner { rule: &PricingRule::Bertrand, cost_factor: &[factor], ..self.planner() };
        one_year(&planner, Vec::new(), &format!("{country} at {rate}"))
    }

    /// A year at base-year costs.
    fn planner(&self) -> Planner<'_> {
        let base = planner(self.scenario, self.world, self.execution);
        Planner { cost_factor: &[], on_sale: &[], weeks: 1, foresight: None, ..base }
    }
}

/// The prices of a year that a planner plans, with these events.
fn one_year(planner: &Planner<'_>, events: Vec<PolicyEvent>, what: &str) -> Result<Phase, MomentError> {
    let regime = Regime {
        name: what.to_owned(),
        label: String::new(),
        events,
        reopening: Reopening::AsTheRule,
        on_sale: Vec::new(),
    };
    let plan = planner.plan(&regime).map_err(|error| MomentError::Plan { instrument: what.to_owned(), error })?;
    Ok(plan.phase(0).clone())
}
