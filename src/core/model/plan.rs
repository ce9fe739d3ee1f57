//! A regime made concrete: prices and duties week by week, before any buyer moves.
//!
//! List prices are set for the whole population at set times, not against the few buyers due in a week, so they are
//! the same for every replication with the same exchange rates: they are worked out once, as a list of phases.

mod book;
mod expected;
mod margin;
mod staggered;

pub use self::book::{Guides, PriceBook, RegimeGuides};
pub use self::margin::RateCleared;
pub use super::scenario::Revisions;

use self::book::Context;
use self::margin::{ListAnswer, Margin};
use self::staggered::{Lists, Week};

use super::demand::{DemandError, Execution, ExpectedDemand};
use super::fixed_point::SearchReport;
use super::market::Market;
use super::on_sale::{self, SaleDates};
use super::supply::clearing::Cleared;
use super::supply::rule::{PriceSetting, PricingRule, full_pass_through_usd};
use super::supply::{RisingCost, SupplyError};
use super::trade::duty::ImportDuty;
use super::trade::instrument::{Instrument, Retaliation};
use super::trade::policy::{Policy, Terms, normal_duties};
use super::trade::regime::{Force, InvalidRegime, Regime, Stage, Standing};
use super::world::World;

/// Prices that hold over a stretch of weeks, one value for each model, USD per car.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// What the buyer pays, duty included.
    pub sticker_price_usd: Vec<f64>,
    /// What a car sold now owes, whether it is in the price or falls on the importer later, less rebates.
    pub duty_usd: Vec<f64>,
    /// Sticker price less duty: production cost, makers' margin (quota rent included), inspection, and all that the car costs from the
    /// border to the buyer, dealers' margin included.
    pub producer_price_usd: Vec<f64>,
    /// Shadow price of quotas on a car, part of its maker's margin.
    pub quota_rent_usd: Vec<f64>,
    /// Cost of inspecting a car, part of what producing and delivering it costs.
    pub inspection_usd: Vec<f64>,
    /// Part of the duty that is paid back to the importer later, when a reversal refunds what was collected.
    pub refund_usd: Vec<f64>,
    /// Payment to the buyer of a car, already taken off sticker price and duty.
    pub rebate_usd: Vec<f64>,
    /// Paid to the buyer of a car by its maker, already taken off sticker and producer price.
    pub incentive_usd: Vec<f64>,
    /// What volumes at these prices do to costs; none where costs do not move with volumes.
    pub volume: Option<VolumeCost>,
    /// What part of each model's utility counts ([`super::on_sale`]); empty where all are on sale. The price of a model that is not is the one
    /// at which it would be.
    pub on_sale: Vec<f64>,
}

/// Cost at the volumes expected at some prices, beyond what the cars would cost at base-year volumes: one value for each model.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeCost {
    /// Beyond the marginal cost of base volumes, USD per car.
    pub per_car_usd: Vec<f64>,
    /// What marginal cost times cars leaves out of cost, USD a year.
    pub beyond_marginal_usd: Vec<f64>,
}

impl VolumeCost {
    /// The costs of a market with these expected shares of so many purchase events a year.
    #[must_use]
    pub fn new(rising: &RisingCost, share: &[f64], market_size: f64) -> Self {
        let beyond = rising.beyond_marginal(share);
        Self {
            per_car_usd: rising.beyond_base(share),
            beyond_marginal_usd: beyond.iter().map(|usd| market_size * usd).collect(),
        }
    }
}

impl Phase {
    /// Prices under duties that are all in them, without quotas, inspections or refunds.
    #[must_use]
    pub fn charged(prices: &[f64], duty: &[ImportDuty]) -> Self {
        Self::new(prices, duty, duty, duty)
    }

    /// Prices with the duty that a car sold now owes: `owed` counts liabilities that are not in the price yet, `kept` what is
    /// left of them when refunds have been paid.
    fn new(prices: &[f64], charged: &[ImportDuty], owed: &[ImportDuty], kept: &[ImportDuty]) -> Self {
        let due = |duty: &[ImportDuty]| -> Vec<f64> {
            let terms = prices.iter().zip(charged.iter().zip(duty));
            terms
                .map(|(price, (charged, due))| {
                    if charged == due {
                        charged.duty_usd(*price)
                    } else {
                        // The price was set for another duty: customs value follows the producer price behind it.
                        due.duty_at_usd(charged.producer_price_usd(*price))
                    }
                })
                .collect()
        };
        let duty_usd = due(owed);
        let none = || vec![0.0; prices.len()];
        Self {
            sticker_price_usd: prices.to_vec(),
            producer_price_usd: prices.iter().zip(&duty_usd).map(|(price, duty)| price - duty).collect(),
            refund_usd: duty_usd.iter().zip(due(kept)).map(|(owed, kept)| owed - kept).collect(),
            duty_usd,
            quota_rent_usd: none(),
            inspection_usd: none(),
            rebate_usd: none(),
            incentive_usd: none(),
            volume: None,
            on_sale: Vec::new(),
        }
    }

    /// The prices set in a week with what a car owes, under the instruments as they are charged and as they turn out in hindsight: in the mean of
    /// all cars where the first of a year owe less. `refunds` says of each instrument whether what it collects goes back, `share` gives
    /// expected shares at the prices paid.
    fn of_week(
        [policy, hindsight]: [&Policy<'_>; 2],
        (week, now, refunds): (u32, &[Force], &[bool]),
        (setting, terms): (&PriceSetting, &Terms),
        mut share: impl FnMut() -> Vec<f64>,
    ) -> Self {
        let mut mean = |policy: &Policy<'_>| {
            let quotas = policy.rate_quotas(week, now, Force::OwedLater);
            let mut outside = if quotas.is_empty() { Vec::new() } else { vec![1.0; now.len()] };
            quotas.iter().for_each(|quota| outside[quota.instrument] = quota.outside(&share()));
            outside
        };
        let outside = [policy, hindsight].map(&mut mean);
        let of_all = Policy { outside: &outside[0], ..*policy };
        let owed = of_all.duties(week, now, Force::OwedLater, |_| true);
        let kept = Policy { outside: &outside[1], ..*hindsight }.duties(week, now, Force::OwedLater, |i| !refunds[i]);
        let mut phase = Self {
            quota_rent_usd: setting.rent_usd.clone(),
            inspection_usd: terms.inspection_usd.clone(),
            rebate_usd: terms.rebate_usd.clone(),
            ..Self::new(&setting.price_usd, &terms.duty, &owed, &kept)
        };
        if !outside[0].is_empty() {
            // What the last car owes beyond the mean of all is in the price, and no duty.
            let charged = of_all.duties(week, now, Force::Charged, |_| true);
            for (j, rent) in phase.quota_rent_usd.iter_mut().enumerate().filter(|(j, _)| charged[*j] != terms.duty[*j])
            {
                let kept_usd = terms.duty[j].producer_price_usd(setting.price_usd[j]);
                *rent += terms.duty[j].duty_at_usd(kept_usd) - charged[j].duty_at_usd(kept_usd);
            }
        }
        phase
    }

    /// List price of a model: what the buyer pays, and what its maker pays of it.
    #[must_use]
    pub fn list_usd(&self, model: usize) -> f64 {
        self.sticker_price_usd[model] + self.incentive_usd[model]
    }

    /// The same with so much off at the dealer, paid by the maker: duty and list are as they were.
    fn with_incentives(mut self, incentive_usd: Vec<f64>) -> Self {
        for prices in [&mut self.sticker_price_usd, &mut self.producer_price_usd] {
            prices.iter_mut().zip(&incentive_usd).for_each(|(price, off)| *price -= off);
        }
        Self { incentive_usd, ..self }
    }
}

/// The phases of one regime and the weeks they hold.
#[derive(Clone, Debug, PartialEq)]
pub struct RegimePlan {
    phases: Vec<Phase>,
    phase_of_week: Vec<u32>,
    revisions: Vec<Revision>,
    outlooks: Vec<Outlook>,
    outlook_of_week: Vec<Option<u32>>,
    normal_duty_usd: Vec<f64>,
    retaliation: Vec<Option<Retaliation>>,
    /// By week: what part of a car's duty beyond the normal one each instrument makes, with its position; empty where no car meets two at the
    /// border.
    duty_shares: Vec<Vec<(usize, Vec<f64>)>>,
    /// By week: where the duty of the last car stands under each instrument ([`Policy::outside`]).
    outside: Vec<Vec<f64>>,
}

/// The two list prices that a buyer weighs while a duty is threatened, announced or imposed, one value for each model.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// With the duties in dispute: if they were imposed, or, once they are, the prices charged, USD.
    pub with_usd: Vec<f64>,
    /// Without them: the prices charged, or, once they are imposed, those before, USD.
    pub without_usd: Vec<f64>,
    /// Expected demand with over expected demand without, in a week in which a duty in dispute is imposed, where without is the week before it;
    /// empty in others.
    pub demand_ratio: Vec<f64>,
}

/// One revision of list prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Week in which the new prices hold first.
    pub week: u32,
    /// How the equilibrium was found, where the rule solves one and something had changed.
    pub solved: Option<SearchReport>,
    /// Quotas in force: shadow price, use, steps, residual; of staggered lists at their target.
    pub quotas: Vec<Cleared>,
    /// Quotas by rate in force, at the prices to which these terms lead in the end.
    pub rate_quotas: Vec<RateCleared>,
}

impl RegimePlan {
    /// The revisions of list prices, in order.
    #[must_use]
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }
    /// The prices of one week.
    #[must_use]
    pub fn phase(&self, week: usize) -> &Phase {
        &self.phases[self.phase_of_week[week] as usize]
    }
    /// Number of weeks planned.
    #[must_use]
    pub fn weeks(&self) -> usize {
        self.phase_of_week.len()
    }
    /// The phases, in order.
    #[must_use]
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }
    /// What prices are with and without the duties in dispute; nothing in quiet weeks, and in plans made without
    /// [`Planner::foresight`].
    #[must_use]
    pub fn outlook(&self, week: usize) -> Option<&Outlook> {
        self.outlook_of_week.get(week).copied().flatten().map(|at| &self.outlooks[at as usize])
    }
    /// What part of a car's duty beyond the normal one an instrument makes in a week.
    #[must_use]
    pub fn duty_share(&self, week: usize, instrument: usize, model: usize) -> f64 {
        let shares = &self.duty_shares[week];
        if shares.is_empty() {
            return 1.0;
        }
        shares.iter().find(|(own, _)| *own == instrument).map_or(0.0, |(_, share)| share[model])
    }
    /// Where the duty to which prices respond stands under each instrument with a lower one on the first cars of a year
    /// ([`Policy::outside`]); empty without such an instrument in force.
    #[must_use]
    pub fn outside(&self, week: usize) -> &[f64] {
        &self.outside[week]
    }
    /// The normal duty of each model at its base-year price, USD per car.
    #[must_use]
    pub fn normal_duty_usd(&self) -> &[f64] {
        &self.normal_duty_usd
    }
    /// The other country's retaliation in one week: orders that it moves elsewhere.
    #[must_use]
    pub fn retaliation(&self, week: usize) -> Option<Retaliation> {
        self.retaliation.get(week).copied().flatten()
    }
    /// Weeks from which other prices or duties hold, the first among them.
    pub fn changes(&self) -> impl Iterator<Item = u32> {
        let of_week = &self.phase_of_week;
        (0..of_week.len()).filter(|week| *week == 0 || of_week[*week] != of_week[week - 1]).map(|week| week as u32)
    }
    /// Position of one week's phase in [`RegimePlan::phases`].
    #[must_use]
    pub fn phase_index(&self, week: usize) -> usize {
        self.phase_of_week[week] as usize
    }
}

/// What a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Planner<'a> {
    /// The market.
    pub market: &'a Market,
    /// Policy instruments that regimes refer to.
    pub instruments: &'a [Instrument],
    /// The buyers that prices are set for, and base-year costs.
    pub world: &'a World,
    /// Equilibria of another world of the same market, from which the search for this one's begins.
    pub guides: Option<RegimeGuides<'a>>,
    /// When models are on sale, where not always.
    pub on_sale: &'a [SaleDates],
    /// Factor on each model's marginal cost in each week (exchange rates); empty when costs do not move.
    pub cost_factor: &'a [Vec<f64>],
    /// How prices respond.
    pub rule: &'a PricingRule,
    /// When prices may respond.
    pub revisions: &'a Revisions,
    /// Weeks to plan.
    pub weeks: u32,
    /// How demand is evaluated.
    pub execution: Execution<'a>,
    /// How buyers who time their purchases foresee prices: with it a plan has outlooks on what prices would be if the duties in dispute were
    /// imposed.
    pub foresight: Option<Foresight>,
}

/// How buyers who time their purchases foresee list prices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Foresight {
    /// Weeks over which they weigh later prices.
    pub look_ahead_weeks: u32,
    /// Part of a duty in dispute that they expect on top of the list prices without it; where absent they foresee what makers will charge.
    pub pass_through: Option<f64>,
}

/// Why a regime cannot be planned.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The history of events is impossible.
    #[error(transparent)]
    Regime(#[from] InvalidRegime),
    /// No equilibrium was found.
    #[error("list prices of week {week}: {error}")]
    Supply {
        /// The week.
        week: u32,
        /// What is wrong, with the evidence.
        error: SupplyError,
    },
    /// A price that is not positive.
    #[error("model {model} would cost {price_usd} USD in week {week}: a price must be positive")]
    Price {
        /// Name of the model.
        model: String,
        /// The price.
        price_usd: f64,
        /// The week.
        week: u32,
    },
}

impl Planner<'_> {
    /// Works out the phases of one regime.
    ///
    /// # Errors
    /// [`PlanError`] for an impossible history or a price that is not positive.
    pub fn plan(&self, regime: &Regime) -> Result<RegimePlan, PlanError> {
        self.plan_with(regime, &mut PriceBook::default())
    }

    /// The same, with the revisions that other plans of this planner have worked out.
    ///
    /// # Errors
    /// As [`Planner::plan`].
    pub fn plan_with(&self, regime: &Regime, book: &mut PriceBook) -> Result<RegimePlan, PlanError> {
        let charged = regime.instruments(self.instruments);
        let settled = regime.instruments_in_hindsight(self.instruments);
        let force = regime.force(self.instruments, self.weeks)?;
        let refunded = regime.refunded(self.instruments.len(), self.weeks);
        let list = self.market.base_prices();
        let makers = &self.world.makers;
        let demand = makers
            .demand(&self.world.products, &self.world.inversion.delta, self.execution)
            .map_err(|error| PlanError::Supply { week: 0, error: error.into() })?;
        let any_quota = charged.iter().chain(settled.iter()).any(Instrument::limits_cars);
        let policy = Policy {
            market: self.market,
            instruments: &charged,
            marginal_cost_usd: &makers.costs.marginal_cost,
            base_share: &if any_quota { demand.shares(&list).product } else { Vec::new() },
            outside: &[],
        };
        let assortments = Assortments::new(self, regime);
        let narrow = assortments
            .demands(self.world, self.execution)
            .map_err(|error| PlanError::Supply { week: 0, error: error.into() })?;
        let hindsight = Policy { instruments: &settled, ..policy };
        let nothing = vec![Force::None; self.instruments.len()];
        let base = policy.duties(0, &nothing, Force::Charged, |_| true);
        let ones = vec![1.0; self.market.len()];

        let mut phases: Vec<Phase> = Vec::new();
        let mut phase_of_week = Vec::with_capacity(self.weeks as usize);
        let mut duty_shares = Vec::with_capacity(self.weeks as usize);
        let mut revisions = Vec::new();
        let mut outlooks = Outlooks::new(self.foresight.map(|_| regime.course(self.instruments, self.weeks)), &list);
        let mut setting = PriceSetting::new(&list, &makers.ownership);
        let mut lists = match self.rule {
            PricingRule::Staggered(rule) => {
                let course = rule.anticipate.map(|_| regime.course(self.instruments, self.weeks)).unwrap_or_default();
                let firms = makers.ownership.firms();
                let reopen_gain = regime.reopening.or(rule.reopen_gain);
                Some(Lists::new(rule, reopen_gain, policy, &list, firms, course, self.revisions.exchange_threshold))
            }
            _ => None,
        };
        let mut priced_for: Option<(Terms, Vec<f64>)> = None;
        let mut margins = Margins::default();
        let mut outside = Vec::with_capacity(self.weeks as usize);
        let mut volumes = Volumes { market_size: self.market.market_size, last: None };
        for week in 0..self.weeks {
            let failed = |error| PlanError::Supply { week, error };
            self.execution.stop.check().map_err(|error| failed(error.into()))?;
            let now = &force[week as usize];
            let factor = self.cost_factor.get(week as usize).unwrap_or(&ones);
            let (parts, demand) = assortments.of(week, &demand, &narrow);
            let book = book.among(parts);
            let launched = assortments.launched(week);
            let moved = assortments.moved(week);
            launched.iter().for_each(|j| setting.price_usd[*j] = list[*j]);
            let context = Context {
                list: &list,
                base_duty: &base,
                demand,
                on_sale: parts,
                factor,
                marginal_cost_usd: &makers.costs.marginal_cost,
                rising: makers.rising.as_ref(),
                ownership: &makers.ownership,
                guides: self.guides.filter(|_| parts.is_empty()),
            };
            let margin = margins.of(self, (week, now, moved), &policy, &setting, &context, book).map_err(failed)?;
            let terms = margin.terms;
            let due = moved || self.revises(week, &terms, factor, priced_for.as_ref());
            if let Some(lists) = &mut lists {
                let posts = moved || self.posts(week);
                let now = Week { number: week, force: now, terms: &terms, posts, launched: &launched, moved };
                let target = lists.enter(&now, &context, book).map_err(failed)?;
                (setting.solved, setting.quotas) = (target.solved, target.quotas);
                setting.price_usd.copy_from_slice(&lists.posted_usd);
                setting.rent_usd.copy_from_slice(&lists.rent_usd);
            } else if due {
                setting.solved = None;
                book.revise(&mut setting, self.rule, &context, &terms).map_err(failed)?;
            }
            if due {
                let (solved, quotas) = (setting.solved, setting.quotas.clone());
                revisions.push(Revision { week, solved, quotas, rate_quotas: margin.cleared });
            }
            if due || lists.is_some() {
                self.positive(&setting.price_usd, week)?;
                priced_for = Some((terms.clone(), factor.clone()));
            }
            let disputed = |force: &[Force]| policy.terms(week, force);
            if let Some(with) = outlooks.in_dispute(week as usize, now, &setting.price_usd, disputed) {
                let lists = (&setting, &terms, lists.as_ref());
                let weighed = self.weighed(&policy, (week, now, &with), lists, &outlooks, &context, book);
                let prices = weighed.map_err(failed)?;
                outlooks.add(prices, demand, book);
            }
            let incentive_usd = policy.incentives(week, now);
            let paid_usd: Vec<f64> =
                setting.price_usd.iter().zip(&incentive_usd).map(|(list, off)| list - off).collect();
            self.positive(&paid_usd, week)?;
            let policies = [&policy, &hindsight];
            let at = (week, now.as_slice(), refunded[week as usize].as_slice());
            let phase = Phase::of_week(policies, at, (&setting, &terms), || book.shares(demand, &paid_usd));
            let volume = volumes.at(&paid_usd, (factor, moved), &context, book);
            let phase = Phase { volume, on_sale: parts.to_vec(), ..phase.with_incentives(incentive_usd) };
            let at_margin = Policy { outside: &margin.outside, ..policy };
            if phases.last() != Some(&phase) {
                phases.push(phase);
            }
            phase_of_week.push(phases.len() as u32 - 1);
            duty_shares.push(at_margin.duty_shares(week, now, &setting.price_usd));
            outside.push(margin.outside);
        }
        Ok(RegimePlan {
            phases,
            phase_of_week,
            revisions,
            outlooks: outlooks.found,
            outlook_of_week: outlooks.of_week,
            normal_duty_usd: (base.iter().zip(&list).zip(self.market.credits()))
                .map(|((duty, price), credit)| duty.duty_usd(*price) + credit)
                .collect(),
            duty_shares,
            outside,
            retaliation: (0..).zip(&force).map(|(week, now)| policy.retaliation(week, now)).collect(),
        })
    }

    /// What the equilibria of a book tell the search in other worlds of the same market; `touched` has what each regime led to
    /// ([`PriceBook::touched`]).
    ///
    /// # Errors
    /// [`PlanError::Supply`] when demand does not fit.
    pub fn guides(&self, book: &PriceBook, touched: &[Vec<usize>]) -> Result<Guides, PlanError> {
        let makers = &self.world.makers;
        let demand = makers
            .demand(&self.world.products, &self.world.inversion.delta, self.execution)
            .map_err(|error| PlanError::Supply { week: 0, error: error.into() })?;
        let cost = &makers.costs.marginal_cost;
        let context = Context {
            list: &self.market.base_prices(),
            base_duty: &normal_duties(self.market, cost),
            demand: &demand,
            factor: &[],
            marginal_cost_usd: cost,
            rising: makers.rising.as_ref(),
            ownership: &makers.ownership,
            guides: None,
            on_sale: &[],
        };
        Ok(Guides::of(book, touched, &context))
    }

    /// Refuses a price that is not positive.
    fn positive(&self, prices: &[f64], week: u32) -> Result<(), PlanError> {
        match prices.iter().position(|price| !(price.is_finite() && *price > 0.0)) {
            None => Ok(()),
            Some(j) => {
                let (model, price_usd) = (self.market.models[j].name.clone(), prices[j]);
                Err(PlanError::Price { model, price_usd, week })
            }
        }
    }

    /// The prices that buyers expect if the instruments have the forces `with` in the place of those now, and those of the first week.
    fn weighed(
        &self,
        policy: &Policy<'_>,
        (week, now, with): (u32, &[Force], &[Force]),
        (setting, charged, lists): (&PriceSetting, &Terms, Option<&Lists<'_>>),
        outlooks: &Outlooks,
        context: &Context<'_>,
        book: &mut PriceBook,
    ) -> Result<[Vec<f64>; 2], SupplyError> {
        let terms = book.margin(policy, (week, with), ListAnswer::new(self.rule, setting), context)?.terms;
        let foresight = self.foresight.unwrap_or(Foresight { look_ahead_weeks: 0, pass_through: None });
        let [later_usd, first_usd] = match lists {
            None => {
                let with_usd = outlooks.priced(setting, self.rule, context, &terms, book)?;
                [with_usd.clone(), with_usd]
            }
            Some(lists) => {
                let imagined =
                    Week { number: week, force: with, terms: &terms, posts: true, launched: &[], moved: false };
                lists.expected(&imagined, f64::from(foresight.look_ahead_weeks), context, book)?
            }
        };
        let Some(part) = foresight.pass_through else { return Ok([later_usd, first_usd]) };
        let before = if outlooks.open { charged.clone() } else { policy.terms(week, &outlooks.undisputed(week, now)) };
        let added = |(j, price): (usize, &f64)| {
            let cost_usd = terms.inspection_usd[j] - before.inspection_usd[j];
            price + part * full_pass_through_usd([before.duty[j], terms.duty[j]], *price, cost_usd)
        };
        Ok([outlooks.without().iter().enumerate().map(added).collect(), first_usd])
    }

    /// Whether staggered lists are posted in a week without an event.
    fn posts(&self, week: u32) -> bool {
        self.revisions.every_weeks.is_none_or(|weeks| week.is_multiple_of(weeks))
            || self.revisions.model_year_weeks.contains(&week)
    }

    fn revises(&self, week: u32, terms: &Terms, factor: &[f64], last: Option<&(Terms, Vec<f64>)>) -> bool {
        let Some((last_terms, last_factor)) = last else { return true };
        let moved = |(now, then): (&f64, &f64)| (now / then - 1.0).abs() > self.revisions.exchange_threshold;
        terms != last_terms
            || self.revisions.model_year_weeks.contains(&week)
            || self.revisions.every_weeks.is_some_and(|weeks| week.is_multiple_of(weeks))
            || factor.iter().zip(last_factor).any(moved)
    }
}

/// Which models are on sale in each week of a regime.
struct Assortments {
    /// The distinct ones that are not all of the models, as parts of their utilities.
    parts: Vec<Vec<f64>>,
    /// Mean utilities in each of them.
    delta: Vec<Vec<f64>>,
    /// Position among them by week; none where all are on sale.
    of_week: Vec<Option<usize>>,
}

impl Assortments {
    fn new(planner: &Planner<'_>, regime: &Regime) -> Self {
        let mut found = Self { parts: Vec::new(), delta: Vec::new(), of_week: Vec::new() };
        for week in 0..planner.weeks {
            let parts = on_sale::parts(planner.on_sale, &regime.on_sale, planner.market.len(), week);
            let at = (!parts.is_empty()).then(|| {
                found.parts.iter().position(|known| *known == parts).unwrap_or_else(|| {
                    found.delta.push(on_sale::utilities(&planner.world.inversion.delta, &parts));
                    found.parts.push(parts);
                    found.parts.len() - 1
                })
            });
            found.of_week.push(at);
        }
        found
    }

    /// Demand for each of the distinct ones.
    fn demands<'b>(
        &'b self,
        world: &'b World,
        execution: Execution<'b>,
    ) -> Result<Vec<ExpectedDemand<'b>>, DemandError> {
        self.delta.iter().map(|delta| world.makers.demand(&world.products, delta, execution)).collect()
    }

    /// The parts of the models in a week, and demand: that for all of them, or one of [`Self::demands`].
    fn of<'b, 'c>(
        &'b self,
        week: u32,
        all: &'b ExpectedDemand<'c>,
        narrow: &'b [ExpectedDemand<'c>],
    ) -> (&'b [f64], &'b ExpectedDemand<'c>) {
        self.of_week[week as usize].map_or((&[], all), |at| (&self.parts[at], &narrow[at]))
    }

    /// Whether others are on sale than in the week before, or another part of them.
    fn moved(&self, week: u32) -> bool {
        let week = week as usize;
        week > 0 && self.of_week[week] != self.of_week[week - 1]
    }

    /// Models that come on sale in a week.
    fn launched(&self, week: u32) -> Vec<usize> {
        if !self.moved(week) {
            return Vec::new();
        }
        let part = |week: usize, j: usize| self.of_week[week].map_or(1.0, |at| self.parts[at][j]);
        let models = self.parts.first().map_or(0, Vec::len);
        let week = week as usize;
        (0..models).filter(|j| part(week - 1, *j) == 0.0 && part(week, *j) > 0.0).collect()
    }
}

/// The margin worked out last, and what it was worked out for.
#[derive(Default)]
struct Margins {
    last: Option<([Terms; 2], Vec<f64>, Margin)>,
}

impl Margins {
    /// That of a week: the one before while prices have no other reason to move.
    fn of(
        &mut self,
        planner: &Planner<'_>,
        (week, now, moved): (u32, &[Force], bool),
        policy: &Policy<'_>,
        setting: &PriceSetting,
        context: &Context<'_>,
        book: &mut PriceBook,
    ) -> Result<Margin, SupplyError> {
        let quotas = policy.rate_quotas(week, now, Force::Charged);
        if quotas.is_empty() {
            self.last = None;
            return Ok(Margin { outside: Vec::new(), terms: policy.terms(week, now), cleared: Vec::new() });
        }
        let ends = [0.0, 1.0].map(|x| Policy { outside: &vec![x; now.len()], ..*policy }.terms(week, now));
        if let Some((known, factor, margin)) = self.last.as_ref().filter(|_| !moved) {
            let allowed = margin.cleared.iter().map(|cleared| (cleared.instrument, cleared.allowed));
            let same = *known == ends && allowed.eq(quotas.iter().map(|own| (own.instrument, own.share)));
            let last = (ends[0].clone(), factor.clone());
            if same && !planner.revises(week, &ends[0], context.factor, Some(&last)) {
                return Ok(margin.clone());
            }
        }
        let margin = book.margin(policy, (week, now), ListAnswer::new(planner.rule, setting), context)?;
        self.last = Some((ends, context.factor.to_vec(), margin.clone()));
        Ok(margin)
    }
}

/// What volumes do to costs, as the weeks of a regime are planned: expected shares are kept while prices stand.
struct Volumes {
    market_size: f64,
    last: Option<(Vec<f64>, Vec<f64>)>,
}

impl Volumes {
    fn at(
        &mut self,
        prices: &[f64],
        (factor, moved): (&[f64], bool),
        context: &Context<'_>,
        book: &mut PriceBook,
    ) -> Option<VolumeCost> {
        let rising = context.rising?;
        let share = match self.last.take().filter(|_| !moved) {
            Some((known, share)) if known == prices => share,
            _ => book.shares(context.demand, prices),
        };
        let cost = VolumeCost::new(&rising.moved(factor), &share, self.market_size);
        self.last = Some((prices.to_vec(), share));
        Some(cost)
    }
}

/// The outlooks of a regime, as its weeks are planned.
struct Outlooks {
    course: Option<Vec<Vec<Standing>>>,
    /// Prices of the last week without a duty imposed.
    before: Vec<f64>,
    /// Prices of the week entered last, and of the one before.
    posted: [Vec<f64>; 2],
    /// What the last outlook was worked out for: duties in force if imposed, their terms, the prices charged, and those without.
    solved_for: Option<(Vec<Force>, Terms, [Vec<f64>; 2])>,
    open: bool,
    /// Whether a duty in dispute is imposed this week.
    begun: bool,
    found: Vec<Outlook>,
    of_week: Vec<Option<u32>>,
}

impl Outlooks {
    fn new(course: Option<Vec<Vec<Standing>>>, list: &[f64]) -> Self {
        Self {
            course,
            before: list.to_vec(),
            posted: [list.to_vec(), list.to_vec()],
            solved_for: None,
            open: false,
            begun: false,
            found: Vec::new(),
            of_week: Vec::new(),
        }
    }

    /// Enters a week; `terms` gives those of the week under some forces. Gives the forces under which the duties in dispute are imposed where
    /// an outlook has to be worked out; nothing where there is none, or where the last one still holds.
    fn in_dispute(
        &mut self,
        week: usize,
        now: &[Force],
        prices: &[f64],
        terms: impl FnOnce(&[Force]) -> Terms,
    ) -> Option<Vec<Force>> {
        let course = self.course.as_ref()?;
        let standing = &course[week];
        let was = |i: usize| week.checked_sub(1).map(|last| course[last][i].stage);
        self.begun = (0..).zip(standing).any(|(i, now)| now.stage == Stage::Imposed && was(i) != Some(Stage::Imposed));
        self.open = standing.iter().any(|standing| standing.stage.is_open());
        let imposed = standing.iter().any(|standing| standing.stage == Stage::Imposed);
        if !imposed {
            self.before.copy_from_slice(prices);
        }
        self.posted.swap(0, 1);
        self.posted[0].copy_from_slice(prices);
        if !self.open && !imposed {
            self.of_week.push(None);
            return None;
        }
        let charged = |(standing, force): (&Standing, &Force)| {
            if standing.stage == Stage::Quiet { *force } else { Force::Charged }
        };
        let with: Vec<Force> = standing.iter().zip(now).map(charged).collect();
        let without = self.without().to_vec();
        // A duty in dispute may change its rate while prices stand.
        let terms = terms(&with);
        let same = |(force, then, [charged, before]): &(Vec<Force>, Terms, [Vec<f64>; 2])| {
            *force == with && *then == terms && charged == prices && *before == without
        };
        let holds = !self.begun && self.solved_for.as_ref().is_some_and(same);
        if holds {
            self.of_week.push(Some(self.found.len() as u32 - 1));
            return None;
        }
        self.of_week.push(Some(self.found.len() as u32));
        self.solved_for = Some((with.clone(), terms, [prices.to_vec(), without]));
        Some(with)
    }

    /// The forces of a week without the duties in dispute.
    fn undisputed(&self, week: u32, now: &[Force]) -> Vec<Force> {
        let standing = self.course.as_ref().map_or(&[][..], |course| &course[week as usize]);
        let stays = |(at, force): (usize, &Force)| match standing.get(at) {
            Some(standing) if standing.stage != Stage::Quiet => Force::None,
            _ => *force,
        };
        now.iter().enumerate().map(stays).collect()
    }

    /// The prices without the duties in dispute: those charged while a decision is open, whatever is in force already.
    fn without(&self) -> &[f64] {
        if self.open { &self.posted[0] } else { &self.before }
    }

    /// The prices that a rule sets at once if the duties in dispute are imposed; once they are, those charged.
    fn priced(
        &self,
        setting: &PriceSetting,
        rule: &PricingRule,
        context: &Context<'_>,
        with: &Terms,
        book: &mut PriceBook,
    ) -> Result<Vec<f64>, SupplyError> {
        if !self.open {
            return Ok(setting.price_usd.clone());
        }
        let mut imagined = setting.clone();
        imagined.solved = None;
        book.revise(&mut imagined, rule, context, with)?;
        Ok(imagined.price_usd)
    }

    /// Adds the outlook of the week entered last: prices that buyers expect with the duties in dispute, and those of the first week,
    /// by which dealers judge demand.
    fn add(&mut self, [with_usd, first_usd]: [Vec<f64>; 2], demand: &ExpectedDemand<'_>, book: &mut PriceBook) {
        let without_usd = self.without().to_vec();
        let mut demand_ratio = Vec::new();
        if self.begun {
            // What is imposed is judged by the list prices of the week before, whatever else is in dispute.
            let [now, before] = &self.posted;
            let after = if self.open { now } else { &first_usd };
            let [after, before] = [after, before].map(|prices| book.shares(demand, prices));
            demand_ratio = after.iter().zip(&before).map(|(a, b)| if *b > 0.0 { a / b } else { 1.0 }).collect();
        }
        self.found.push(Outlook { with_usd, without_usd, demand_ratio });
    }
}
