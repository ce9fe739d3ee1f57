//! One year of expected demand in two situations of the market, and who gained between them.
//!
//! The accounts of an equilibrium: no dates, no draws. Buyers' gain is the compensating variation
//! `[ln sum exp V(after) - ln sum exp V(before)] / alpha_i` of each buyer, owned brands in expectation (Small and Rosen 1981).

use super::{AccountParameters, CarTerms, ModelAccount, Owners};
use crate::model::demand::{DemandError, ExpectedDemand};
use crate::model::governments::flows::Flows;
use crate::model::ids::RegionId;
use crate::model::ids::{Id, IdTable};
use crate::model::market::Market;
use crate::model::plan::{Phase, VolumeCost};
use crate::model::supply::RisingCost;
use crate::model::welfare::surplus_by_buyer;

/// A market, its demand and its costs, while prices and duties change.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The market.
    pub market: &'a Market,
    /// Whose profits are whose.
    pub owners: &'a Owners,
    /// Dealers' margins.
    pub parameters: &'a AccountParameters,
    /// Expected demand; weights sum to one.
    pub demand: &'a ExpectedDemand<'a>,
    /// Marginal cost of each model as the first-order conditions give it, USD.
    pub cost_usd: &'a [f64],
    /// How it rises with volumes; none where it is constant.
    pub rising: Option<&'a RisingCost>,
}

/// What a year is worth to whom after a change less what it was worth before, USD a year.
#[derive(Clone, Debug, PartialEq)]
pub struct YearChange {
    /// Account of each model before.
    pub before: Vec<ModelAccount>,
    /// Account of each model after.
    pub after: Vec<ModelAccount>,
    /// Compensating variation of each buyer of the demand for one purchase event, USD.
    pub buyer_usd: Vec<f64>,
    /// Compensating variation of all buyers: their weights times the market's purchase events.
    pub consumers: f64,
    /// Makers' profit by region of ownership.
    pub makers: IdTable<RegionId, f64>,
    /// Dealers' surplus on flagged models.
    pub dealers_flagged: f64,
    /// Dealers' surplus on all others.
    pub dealers_other: f64,
    /// Duty less refunds.
    pub treasury: f64,
    /// All regions together, formed without regional terms.
    pub world: f64,
}

impl YearChange {
    /// Change of the accounts of all models together.
    #[must_use]
    pub fn models(&self) -> ModelAccount {
        let mut sum = ModelAccount::default();
        for (after, before) in self.after.iter().zip(&self.before) {
            sum.add(&after.less(before));
        }
        sum
    }
    /// Dealers' surplus.
    #[must_use]
    pub fn dealers(&self) -> f64 {
        self.dealers_flagged + self.dealers_other
    }
    /// The importing country: buyers, makers owned in domestic regions, dealers, Treasury.
    #[must_use]
    pub fn home(&self, market: &Market) -> f64 {
        let makers = self.makers.iter().filter(|(region, _)| market.domestic[*region]).map(|(_, profit)| profit);
        self.consumers + makers.sum::<f64>() + self.dealers() + self.treasury
    }
}

/// The terms on which cars of model `j` are sold in a phase; `cost_usd` is the whole cost to the showroom, dealers' margin included.
#[must_use]
pub fn terms_of(phase: &Phase, j: usize, cost_usd: f64, dealers_margin_usd: f64) -> CarTerms {
    CarTerms {
        sticker_usd: phase.sticker_price_usd[j],
        producer_usd: phase.producer_price_usd[j],
        duty_usd: phase.duty_usd[j],
        refund_usd: phase.refund_usd[j],
        rent_usd: phase.quota_rent_usd[j],
        inspection_usd: phase.inspection_usd[j],
        production_cost_usd: cost_usd - dealers_margin_usd,
        dealers_margin_usd,
    }
}

/// Accounts of a year on the terms of `after` less those on the terms of `before`.
///
/// # Errors
/// When a phase does not fit the products.
pub fn year_change(situation: &Situation<'_>, before: &Phase, after: &Phase) -> Result<YearChange, DemandError> {
    let Situation { market, owners, parameters, demand, cost_usd, rising } = *situation;
    let (margin, avoidable) = (parameters.dealers_margin_usd(market), parameters.avoidable(market));
    let terms = |phase: &Phase, volume: &Option<VolumeCost>, j: usize| {
        let moved = volume.as_ref().map_or(0.0, |volume| volume.per_car_usd[j]);
        terms_of(phase, j, cost_usd[j] + moved + market.chain.local_usd(j), margin[j])
    };
    let shares = |phase: &Phase| demand.shares(&phase.sticker_price_usd).product;
    let volume_at = |shares: &[f64]| rising.map(|rising| VolumeCost::new(rising, shares, market.market_size));
    let volume_before = rising.and_then(|_| volume_at(&shares(before)));
    let year = |phase: &Phase| -> Vec<ModelAccount> {
        let shares = shares(phase);
        let volume = volume_at(&shares);
        let book = |j: usize| {
            let mut account = ModelAccount::default();
            let (car, reference) = (terms(phase, &volume, j), terms(before, &volume_before, j));
            account.sell(shares[j] * market.market_size, &car, &reference, avoidable[j]);
            account.beyond_marginal(volume.as_ref().map_or(0.0, |volume| volume.beyond_marginal_usd[j]));
            account
        };
        (0..market.len()).map(book).collect()
    };
    let (accounts_before, accounts_after) = (year(before), year(after));
    let (surplus_before, surplus_after) =
        (surplus_by_buyer(demand, &before.sticker_price_usd)?, surplus_by_buyer(demand, &after.sticker_price_usd)?);
    let buyer_usd: Vec<f64> = surplus_after.iter().zip(&surplus_before).map(|(after, before)| after - before).collect();
    let weighted = |(i, gain): (usize, &f64)| demand.population.buyer(i).weight() * gain;
    let consumers = market.market_size * buyer_usd.iter().enumerate().map(weighted).sum::<f64>();

    let mut makers = vec![0.0; owners.regions()];
    let mut dealers = [0.0; 2];
    let mut all = ModelAccount::default();
    for (j, model) in market.models.iter().enumerate() {
        let change = accounts_after[j].less(&accounts_before[j]);
        for (region, sum) in makers.iter_mut().enumerate() {
            *sum += owners.part(model.manufacturer, RegionId::from_index(region)) * change.profit;
        }
        dealers[usize::from(!model.flagged)] += change.dealers_surplus();
        all.add(&change);
    }
    Ok(YearChange {
        before: accounts_before,
        after: accounts_after,
        buyer_usd,
        consumers,
        makers: IdTable::new(makers),
        dealers_flagged: dealers[0],
        dealers_other: dealers[1],
        treasury: all.treasury(),
        world: consumers + all.outlay - all.production_cost - all.dealers_avoidable - all.inspection,
    })
}

/// A year's change as the flows that governments bargain over, billion USD a year. `exporter` is the region whose makers the duty is
/// aimed at; what makers owned in domestic regions gain is the domestic industry's, what those of the other regions gain their
/// competitors'.
#[must_use]
pub fn market_flows(change: &YearChange, market: &Market, exporter: RegionId) -> Flows {
    const BILLION: f64 = 1e9;
    let gain = |wanted: &dyn Fn(RegionId) -> bool| {
        change.makers.iter().filter(|(region, _)| wanted(*region)).map(|(_, gain)| gain).sum::<f64>() / BILLION
    };
    Flows {
        partner_makers_loss: -gain(&|region| region == exporter),
        third_party_gain: gain(&|region| region != exporter && !market.domestic[region]),
        home_makers_gain: gain(&|region| region != exporter && market.domestic[region]),
        extra_duty: change.treasury / BILLION,
        consumers_loss: -change.consumers / BILLION,
        dealers_loss: -change.dealers_flagged / BILLION,
    }
}
