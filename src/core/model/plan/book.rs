//! What prices respond to in a week, and revisions of list prices already worked out.

use crate::model::demand::{ExpectedDemand, Exponentials};
use crate::model::supply::rule::{PriceConditions, PriceSetting, PricingRule};
use crate::model::supply::{Guide, Limit, Ownership, PriceProblem, RisingCost, SupplyError};
use crate::model::trade::duty::ImportDuty;
use crate::model::trade::policy::{RateQuota, Terms};

/// Revisions and demands that a [`PriceBook`] keeps.
const REVISIONS_KEPT: usize = 128;
const DEMANDS_KEPT: usize = 2048;
const FLOORS_KEPT: usize = 512;
/// Guides that a regime has: those of its first revisions. Each takes as many evaluations as there are prices.
const GUIDES_OF_REGIME: usize = 32;
/// Relative difference between what a quota allows in two worlds below which an equilibrium of one guides the search in the other.
const NEAR_QUOTA: f64 = 0.05;

/// Revisions of list prices already worked out, by all that they depend on: prices before, terms, costs. Regimes that differ in
/// dates alone solve the same equilibria; from the book they have the same bits without solving them again. A book belongs to
/// the plans of one planner.
#[derive(Clone, Debug)]
pub struct PriceBook {
    entries: Vec<PriceEntry>,
    /// Entries kept at most.
    most: usize,
    /// Prices asked about, and expected shares at them.
    demands: Vec<(Vec<f64>, Vec<f64>)>,
    floors: Vec<Floor>,
    near: Exponentials,
    /// Prices that the next questions are near, where `near` is not yet of them.
    asked_near: Option<Vec<f64>>,
    /// Duties of the last cars under quotas by rate.
    pub(super) margins: Vec<KnownMargin>,
    /// What is known where not all models are on sale, by what part of them counts.
    narrow: Vec<(Vec<f64>, PriceBook)>,
    /// Entries that prices led to since it was last asked.
    touched: Vec<usize>,
}

/// What a margin is worked out from, and what came of it.
#[derive(Clone, Debug)]
pub(super) struct KnownMargin {
    pub ends: [Terms; 2],
    pub quotas: Vec<RateQuota>,
    pub factor: Vec<f64>,
    pub guided: [Option<usize>; 2],
    pub outside: Vec<f64>,
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
    /// The guide that led there: the last digits differ, so that a regime with one takes no entry of a regime with another or without.
    guided: Option<usize>,
}

impl Default for PriceBook {
    fn default() -> Self {
        let (entries, demands, floors, near, asked_near, margins, narrow, touched) = Default::default();
        Self { entries, most: REVISIONS_KEPT, demands, floors, near, asked_near, margins, narrow, touched }
    }
}

impl PriceBook {
    /// A book that keeps all revisions: what is known of one regime must not depend on how many others came before it.
    #[must_use]
    pub fn of_all() -> Self {
        Self { most: usize::MAX, ..Self::default() }
    }

    /// The book of the weeks in which these parts of the models count; this one where all do.
    pub(super) fn among(&mut self, parts: &[f64]) -> &mut Self {
        if parts.is_empty() {
            return self;
        }
        let known = self.narrow.iter().position(|(known, _)| known == parts);
        let at = known.unwrap_or_else(|| {
            self.narrow.push((parts.to_vec(), Self { most: self.most, ..Self::default() }));
            self.narrow.len() - 1
        });
        &mut self.narrow[at].1
    }

    /// Revises `setting`, from the book where it can. Only what took a search is kept: all else is cheaper than looking it up.
    pub(super) fn revise(
        &mut self,
        setting: &mut PriceSetting,
        rule: &PricingRule,
        context: &Context<'_>,
        terms: &Terms,
    ) -> Result<(), SupplyError> {
        let guided = context.guide(terms).map(|(place, _)| place);
        let known = |entry: &PriceEntry| {
            entry.guided == guided
                && entry.factor == context.factor
                && entry.terms == *terms
                && entry.before == *setting
        };
        if let Some(place) = self.entries.iter().position(known) {
            setting.clone_from(&self.entries[place].after);
            self.touch(place);
            return Ok(());
        }
        let before = setting.clone();
        context.revise(setting, rule, terms)?;
        let searched = setting.solved.is_some() || !setting.quotas.is_empty();
        if searched && self.entries.len() < self.most {
            let (terms, factor) = (terms.clone(), context.factor.to_vec());
            self.touch(self.entries.len());
            self.entries.push(PriceEntry { before, terms, factor, after: setting.clone(), guided });
        }
        Ok(())
    }

    fn touch(&mut self, place: usize) {
        if !self.touched.contains(&place) {
            self.touched.push(place);
        }
    }

    /// The entries that prices led to since this was last asked: those of one regime, if it is asked after each.
    pub fn touched(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.touched)
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
            return context.no_loss_prices(terms, wanted, &[], &mut self.near);
        }
        let known = |floor: &&Floor| floor.wanted == wanted && floor.factor == context.factor && floor.terms == *terms;
        if let Some(floor) = self.floors.iter().rev().find(known) {
            return Ok(floor.raised.clone());
        }
        let share = self.shares(context.demand, wanted);
        let raised = context.no_loss_prices(terms, wanted, &share, &mut self.near)?;
        if self.floors.len() < FLOORS_KEPT {
            let (terms, factor) = (terms.clone(), context.factor.to_vec());
            self.floors.push(Floor { terms, factor, wanted: wanted.to_vec(), raised: raised.clone() });
        }
        Ok(raised)
    }

    /// Prepares for questions about prices most of which are these. What that takes is done at the first of them that the book cannot answer.
    pub(super) fn stay_near(&mut self, prices: &[f64]) {
        self.asked_near = Some(prices.to_vec());
    }

    /// Expected shares at these prices, from the book where it has them.
    pub(super) fn shares(&mut self, demand: &ExpectedDemand<'_>, prices: &[f64]) -> Vec<f64> {
        if let Some((_, share)) = self.demands.iter().find(|(known, _)| known == prices) {
            return share.clone();
        }
        if let Some(near) = self.asked_near.take() {
            demand.stay_near(&near, &mut self.near);
        }
        let share = demand.with_near(&self.near).shares(prices).product;
        if self.demands.len() < DEMANDS_KEPT {
            self.demands.push((prices.to_vec(), share.clone()));
        }
        share
    }
}

/// Equilibria of one world that guide the search for those of others ([`super::Planner::guides`]), by terms and cost factors, which are the same
/// in all worlds. A regime uses those that its own prices led to: what it finds does not depend on which other regimes are planned.
#[derive(Clone, Debug, Default)]
pub struct Guides {
    known: Vec<Known>,
    /// By regime planned: positions in `known`.
    of_regime: Vec<Vec<usize>>,
}

#[derive(Clone, Debug)]
struct Known {
    terms: Terms,
    factor: Vec<f64>,
    guide: Guide,
}

impl Known {
    /// How far its quotas allow something else than those of these terms, as a relative difference of shares; none where anything else
    /// differs.
    fn distance(&self, terms: &Terms, factor: &[f64]) -> Option<f64> {
        let same = self.factor == factor
            && (&self.terms.duty, &self.terms.inspection_usd) == (&terms.duty, &terms.inspection_usd)
            && self.terms.quotas.len() == terms.quotas.len();
        let apart = |(one, other): (&Limit, &Limit)| {
            (one.products == other.products)
                .then(|| (one.share / other.share - 1.0).abs())
                .filter(|apart| apart.is_finite())
        };
        let quotas = || self.terms.quotas.iter().zip(&terms.quotas).map(apart);
        if same { quotas().try_fold(0.0, |most: f64, apart| Some(most.max(apart?))) } else { None }
    }

    /// Whether it is an equilibrium at these very terms: what a quota allows is a share of demand in the base year, known but for rounding.
    fn is_of(&self, terms: &Terms, factor: &[f64]) -> bool {
        self.distance(terms, factor).is_some_and(|apart| apart < 1e-9)
    }
}

impl Guides {
    /// Those of the equilibria in a book; `touched` has for each regime which entries its prices led to ([`PriceBook::touched`]).
    pub(super) fn of(book: &PriceBook, touched: &[Vec<usize>], context: &Context<'_>) -> Self {
        let mut guides = Self { known: Vec::new(), of_regime: vec![Vec::new(); touched.len()] };
        let touched: Vec<&[usize]> = touched.iter().map(|own| &own[..own.len().min(GUIDES_OF_REGIME)]).collect();
        for (place, PriceEntry { terms, factor, before, after, .. }) in book.entries.iter().enumerate() {
            if !touched.iter().any(|touched| touched.contains(&place)) {
                continue;
            }
            // Whoever asked to stop takes no guides.
            if context.demand.execution.stop.is_asked() {
                break;
            }
            let context = Context { factor, guides: None, ..*context };
            let known = guides.known.iter().position(|known| known.is_of(terms, factor));
            let Some(at) = known.or_else(|| {
                // Whatever a regime's prices were before: looked for from base-year prices.
                let settled = match before.price_usd == context.list {
                    true => after.clone(),
                    false => PriceBook::default().settle(terms, &context).ok()?,
                };
                let shadow_price: Vec<f64> = settled.quotas.iter().map(|cleared| cleared.shadow_price).collect();
                let searched = settled.solved.is_some() && shadow_price.iter().all(|mu| *mu > 0.0);
                let guide = searched.then(|| {
                    let known = |problem: &PriceProblem<'_>| {
                        Guide::new(problem, &terms.quotas, &settled.price_usd, &shadow_price)
                    };
                    context.with_problem(terms, known)
                });
                let guide = guide.flatten()?;
                guides.known.push(Known { terms: terms.clone(), factor: factor.clone(), guide });
                Some(guides.known.len() - 1)
            }) else {
                continue;
            };
            let regimes = guides.of_regime.iter_mut().zip(&touched);
            regimes.filter(|(_, touched)| touched.contains(&place)).for_each(|(of, _)| of.push(at));
        }
        guides
    }

    /// Those of one regime, by its place among those planned.
    #[must_use]
    pub fn of_regime(&self, place: usize) -> RegimeGuides<'_> {
        RegimeGuides { known: &self.known, own: self.of_regime.get(place).map_or(&[], Vec::as_slice) }
    }
}

/// The guides of one regime.
#[derive(Clone, Copy, Debug)]
pub struct RegimeGuides<'a> {
    known: &'a [Known],
    own: &'a [usize],
}

impl<'a> RegimeGuides<'a> {
    /// The guide at these terms, with its place among all that are known. Worlds agree on demand in the base year, and so on what a quota
    /// allows, but for what the first buyers, before whom prices are set, differ from all: the nearest quotas are those of the same
    /// instrument.
    fn find(self, terms: &Terms, factor: &[f64]) -> Option<(usize, &'a Guide)> {
        let near = self.own.iter().filter_map(|at| self.known[*at].distance(terms, factor).map(|apart| (apart, *at)));
        let nearest = near.filter(|(apart, _)| *apart < NEAR_QUOTA).min_by(|(one, _), (other, _)| one.total_cmp(other));
        nearest.map(|(_, at)| (at, &self.known[at].guide))
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
    /// Equilibria of another world.
    pub guides: Option<RegimeGuides<'a>>,
    /// What part of each model's utility counts; empty where all are on sale.
    pub on_sale: &'a [f64],
}

impl Context<'_> {
    /// Marginal cost of each model at base-year volumes under these terms, USD: an inspection is a cost like any other.
    fn cost_usd(&self, terms: &Terms) -> Vec<f64> {
        let factors = self.factor.iter().zip(&terms.inspection_usd);
        let base = self.marginal_cost_usd.iter();
        base.zip(factors).map(|(c, (f, inspection))| c * f + inspection).collect()
    }

    /// The same, looked for as if no other world were known.
    pub(super) fn unguided(&self) -> Self {
        Context { guides: None, ..*self }
    }

    /// Revises prices under these terms.
    pub(super) fn revise(
        &self,
        setting: &mut PriceSetting,
        rule: &PricingRule,
        terms: &Terms,
    ) -> Result<(), SupplyError> {
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
            guide: self.guide(terms).map(|(_, guide)| guide),
            on_sale: self.on_sale,
        };
        setting.revise(rule, &now)
    }

    pub(super) fn guide(&self, terms: &Terms) -> Option<(usize, &Guide)> {
        self.guides.and_then(|guides| guides.find(terms, self.factor))
    }

    fn with_problem<T>(&self, terms: &Terms, then: impl FnOnce(&PriceProblem<'_>) -> T) -> T {
        let duty: Vec<_> = terms.duty.iter().map(|duty| duty.terms()).collect();
        let rising = self.rising.map(|rising| rising.moved(self.factor));
        let (demand, ownership) = (self.demand, self.ownership);
        then(&PriceProblem { demand, ownership, cost: &self.cost_usd(terms), duty: &duty, rising: rising.as_ref() })
    }

    /// The lowest prices at or above `prices`, at which expected shares are `share`, at which no car loses money under these terms.
    fn no_loss_prices(
        &self,
        terms: &Terms,
        prices: &[f64],
        share: &[f64],
        near: &mut Exponentials,
    ) -> Result<Vec<f64>, SupplyError> {
        self.with_problem(terms, |problem| problem.no_loss_prices(prices, share, near))
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
