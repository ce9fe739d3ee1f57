//! What prices respond to in a week, and revisions of list prices already worked out.

use crate::model::demand::ExpectedDemand;
use crate::model::supply::rule::{PriceConditions, PriceSetting, PricingRule};
use crate::model::supply::{Ownership, PriceProblem, RisingCost, SupplyError};
use crate::model::trade::duty::ImportDuty;
use crate::model::trade::policy::Terms;

/// Revisions and demands that a [`PriceBook`] keeps.
const REVISIONS_KEPT: usize = 128;
const DEMANDS_KEPT: usize = 2048;
const FLOORS_KEPT: usize = 512;

/// Revisions of list prices already worked out, by all that they depend on: prices before, terms, costs. Regimes that differ in
/// dates alone solve the same equilibria; from the book they have the same bits without solving them again. A book belongs to
/// the plans of one planner.
#[derive(Clone, Debug, Default)]
pub struct PriceBook {
    entries: Vec<PriceEntry>,
    /// Prices asked about, and expected shares at them.
    demands: Vec<(Vec<f64>, Vec<f64>)>,
    floors: Vec<Floor>,
}

/// Prices raised to where no car loses money.
#[derive(Clone, Debug)]
struct Floor {
    terms: Terms,
    factor: Vec<f64>,
    wanted: Vec<f64>,
    raised: Vec<f64>,
}

#[derive(Clone, Debug)]
struct PriceEntry {
    before: PriceSetting,
    terms: Terms,
    factor: Vec<f64>,
    after: PriceSetting,
}

impl PriceBook {
    /// Revises `setting`, from the book where it can. Only what took a search is kept: all else is cheaper than looking it up.
    pub(super) fn revise(
        &mut self,
        setting: &mut PriceSetting,
        rule: &PricingRule,
        context: &Context<'_>,
        terms: &Terms,
    ) -> Result<(), SupplyError> {
        let known =
            |entry: &&PriceEntry| entry.factor == context.factor && entry.terms == *terms && entry.before == *setting;
        if let Some(entry) = self.entries.iter().find(known) {
            setting.clone_from(&entry.after);
            return Ok(());
        }
        let before = setting.clone();
        context.revise(setting, rule, terms)?;
        let searched = setting.solved.is_some() || !setting.quotas.is_empty();
        if searched && self.entries.len() < REVISIONS_KEPT {
            let (terms, factor) = (terms.clone(), context.factor.to_vec());
            self.entries.push(PriceEntry { before, terms, factor, after: setting.clone() });
        }
        Ok(())
    }

    /// The equilibrium at these terms, looked for from base-year prices whatever came before, so that it depends on the terms alone.
    pub(super) fn settle(&mut self, terms: &Terms, context: &Context<'_>) -> Result<PriceSetting, SupplyError> {
        let mut setting = PriceSetting::new(context.list, context.ownership);
        self.revise(&mut setting, &PricingRule::Bertrand, context, terms)?;
        Ok(setting)
    }

    /// The lowest prices at or above `wanted` at which no car loses money under these terms, from the book where costs move with volumes
    /// and it has them.
    pub(super) fn no_loss_prices(
        &mut self,
        context: &Context<'_>,
        terms: &Terms,
        wanted: &[f64],
    ) -> Result<Vec<f64>, SupplyError> {
        if context.rising.is_none() {
            return context.no_loss_prices(terms, wanted, &[]);
        }
        let known = |floor: &&Floor| floor.wanted == wanted && floor.factor == context.factor && floor.terms == *terms;
        if let Some(floor) = self.floors.iter().rev().find(known) {
            return Ok(floor.raised.clone());
        }
        let share = self.shares(context.demand, wanted);
        let raised = context.no_loss_prices(terms, wanted, &share)?;
        if self.floors.len() < FLOORS_KEPT {
            let (terms, factor) = (terms.clone(), context.factor.to_vec());
            self.floors.push(Floor { terms, factor, wanted: wanted.to_vec(), raised: raised.clone() });
        }
        Ok(raised)
    }

    /// Expected shares at these prices, from the book where it has them.
    pub(super) fn shares(&mut self, demand: &ExpectedDemand<'_>, prices: &[f64]) -> Vec<f64> {
        if let Some((_, share)) = self.demands.iter().find(|(known, _)| known == prices) {
            return share.clone();
        }
        let share = demand.shares(prices).product;
        if self.demands.len() < DEMANDS_KEPT {
            self.demands.push((prices.to_vec(), share.clone()));
        }
        share
    }
}

/// What prices respond to in a week beside the terms of policy.
pub(super) struct Context<'a> {
    /// Base-year list prices, USD.
    pub list: &'a [f64],
    /// Duties of the base year.
    pub base_duty: &'a [ImportDuty],
    /// Expected demand.
    pub demand: &'a ExpectedDemand<'a>,
    /// Factor on each model's marginal cost.
    pub factor: &'a [f64],
    /// Marginal cost of each model in the base year, USD.
    pub marginal_cost_usd: &'a [f64],
    /// What volumes do to costs; none where they do nothing.
    pub rising: Option<&'a RisingCost>,
    /// Who sets which price.
    pub ownership: &'a Ownership,
}

impl Context<'_> {
    /// Marginal cost of each model at base-year volumes under these terms, USD: an inspection is a cost like any other.
    fn cost_usd(&self, terms: &Terms) -> Vec<f64> {
        let factors = self.factor.iter().zip(&terms.inspection_usd);
        let base = self.marginal_cost_usd.iter();
        base.zip(factors).map(|(c, (f, inspection))| c * f + inspection).collect()
    }

    /// Revises prices under these terms.
    fn revise(&self, setting: &mut PriceSetting, rule: &PricingRule, terms: &Terms) -> Result<(), SupplyError> {
        let rising = self.rising.map(|rising| rising.moved(self.factor));
        let now = PriceConditions {
            list_price_usd: self.list,
            base_cost_usd: self.marginal_cost_usd,
            cost_usd: &self.cost_usd(terms),
            rising: rising.as_ref(),
            base_duty: self.base_duty,
            duty: &terms.duty,
            quotas: &terms.quotas,
            demand: self.demand,
            ownership: self.ownership,
        };
        setting.revise(rule, &now)
    }

    /// The lowest prices at or above `prices`, at which expected shares are `share`, at which no car loses money under these terms.
    fn no_loss_prices(&self, terms: &Terms, prices: &[f64], share: &[f64]) -> Result<Vec<f64>, SupplyError> {
        let duty: Vec<_> = terms.duty.iter().map(|duty| duty.terms()).collect();
        let rising = self.rising.map(|rising| rising.moved(self.factor));
        let (demand, ownership) = (self.demand, self.ownership);
        let cost = self.cost_usd(terms);
        PriceProblem { demand, ownership, cost: &cost, duty: &duty, rising: rising.as_ref() }
            .no_loss_prices(prices, share)
    }

    /// Profit of each maker from its own models at these prices and terms, USD a purchase event.
    pub fn profits(&self, terms: &Terms, prices: &[f64], book: &mut PriceBook) -> Vec<f64> {
        let share = book.shares(self.demand, prices);
        let ownership = self.ownership;
        let cost: Vec<f64> = match self.rising {
            None => self.cost_usd(terms).iter().zip(&share).map(|(cost, share)| cost * share).collect(),
            Some(rising) => {
                let total = rising.moved(self.factor).total(&share).into_iter();
                total.zip(terms.inspection_usd.iter().zip(&share)).map(|(cost, (k, share))| cost + k * share).collect()
            }
        };
        let mut profits = vec![0.0; ownership.firms()];
        for (j, maker) in ownership.owners().iter().enumerate() {
            let duty = terms.duty[j].terms();
            profits[*maker] += (duty.retained * prices[j] - duty.fixed) * share[j] - cost[j];
        }
        profits
    }
}
