//! Staggered list prices week by week: what every maker expects of the duties in force, the equilibrium it heads for, and what it
//! posts on the way.

use super::book::{Context, PriceBook};
use super::expected::{Spell, expected_terms};
use super::margin::ListAnswer;
use crate::model::supply::SupplyError;
use crate::model::supply::rule::PriceSetting;
use crate::model::supply::staggered::{Staggered, Stay};
use crate::model::trade::instrument::{Dated, Instrument};
use crate::model::trade::policy::{Policy, Terms};
use crate::model::trade::regime::{Force, Stage, Standing};

/// Halves a look-ahead: the middle of the weeks over which a buyer weighs later prices.
const MIDDLE: f64 = 0.5;

/// What a week of one regime brings to its list prices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Week<'a> {
    /// Its number.
    pub number: u32,
    /// Force of each instrument.
    pub force: &'a [Force],
    /// The terms on which cars are sold.
    pub terms: &'a Terms,
    /// Whether lists may be posted; events always allow it.
    pub posts: bool,
    /// Models that come on sale.
    pub launched: &'a [usize],
    /// Whether others are on sale than in the week before.
    pub moved: bool,
}

/// The lists of one regime, carried from week to week.
#[derive(Clone, Debug)]
pub(super) struct Lists<'a> {
    rule: &'a Staggered,
    /// Gain from which a maker reopens its lists at an event of this regime.
    reopen_gain: Option<f64>,
    policy: Policy<'a>,
    /// Prices without the floor, USD.
    latent_usd: Vec<f64>,
    /// Prices posted, USD.
    pub posted_usd: Vec<f64>,
    /// Rent of quotas in each price, USD.
    pub rent_usd: Vec<f64>,
    /// The last target: expected terms, cost factors, and the equilibrium there.
    target: Option<(Terms, Vec<f64>, PriceSetting)>,
    /// Makers that have reopened their lists for an instrument in force, by instrument and maker.
    reopened: Vec<Vec<bool>>,
    last: Option<(Vec<Force>, Terms)>,
    /// Where each instrument stands in each week, if makers count with what is announced.
    course: Vec<Vec<Standing>>,
    /// Relative move of a cost since the last target that makes a new one.
    exchange_threshold: f64,
}

impl<'a> Lists<'a> {
    /// Base-year prices, before the first week.
    pub fn new(
        rule: &'a Staggered,
        reopen_gain: Option<f64>,
        policy: Policy<'a>,
        list_usd: &[f64],
        makers: usize,
        course: Vec<Vec<Standing>>,
        exchange_threshold: f64,
    ) -> Self {
        Self {
            rule,
            reopen_gain,
            policy,
            latent_usd: list_usd.to_vec(),
            posted_usd: list_usd.to_vec(),
            rent_usd: vec![0.0; list_usd.len()],
            target: None,
            reopened: vec![vec![false; makers]; policy.instruments.len()],
            last: None,
            course,
            exchange_threshold,
        }
    }

    /// Enters a week: targets, reopened lists, latent and posted prices.
    ///
    /// # Errors
    /// [`SupplyError`] when a target has no equilibrium.
    pub fn enter(
        &mut self,
        week: &Week<'_>,
        context: &Context<'_>,
        book: &mut PriceBook,
    ) -> Result<PriceSetting, SupplyError> {
        let begun = self.changed(week, |before, now| before < Force::Charged && now == Force::Charged);
        let ended = self.changed(week, |before, now| before == Force::Charged && now < Force::Charged);
        let event = self.last.as_ref().is_none_or(|(_, terms)| terms != week.terms);
        // A payment to the buyer is his at once; the list price beneath it waits.
        let base = || self.policy.market.credits();
        let before = self.last.as_ref().map_or_else(base, |(_, terms)| terms.rebate_usd.clone());
        let moved = week.terms.rebate_usd.iter().zip(before).map(|(now, before)| now - before);
        self.latent_usd.iter_mut().zip(moved).for_each(|(latent, moved)| *latent -= moved);
        if week.moved {
            self.target = None;
        }
        let spells = self.spells(week, context, book)?;
        let mut flexible = self.flexible(week.force, &ended, context);
        let mut target = self.target(week, &spells, &flexible, context, book)?;
        let mut latent = self.latent_usd.clone();
        self.step(&mut latent, &target, &flexible, week.launched);
        if let Some(gain) = self.reopen_gain.filter(|_| !begun.is_empty() || !ended.is_empty()) {
            let waiting = self.floored(&latent, week.terms, context, book)?;
            if self.reopen(gain, week, &begun, &ended, &waiting, context, book, &mut flexible)? {
                target = self.target(week, &spells, &flexible, context, book)?;
                latent.clone_from(&self.latent_usd);
                self.step(&mut latent, &target, &flexible, week.launched);
            }
        }
        let kept = self.rule.kept_after(1.0);
        for (j, rent) in self.rent_usd.iter_mut().enumerate() {
            let wanted = target.rent_usd[j];
            *rent = if flexible[j] || week.launched.contains(&j) { wanted } else { wanted + kept * (*rent - wanted) };
        }
        self.latent_usd = latent;
        let prices = if event || week.posts { &self.latent_usd } else { &self.posted_usd };
        self.posted_usd = self.floored(prices, week.terms, context, book)?;
        for instrument in ended {
            self.reopened[instrument].fill(false);
        }
        self.last = Some((week.force.to_vec(), week.terms.clone()));
        Ok(target)
    }

    /// Moves latent prices one week on; a model that comes on sale has a new list.
    fn step(&self, latent: &mut [f64], target: &PriceSetting, flexible: &[bool], launched: &[usize]) {
        self.rule.step(latent, &target.price_usd, flexible);
        launched.iter().for_each(|j| latent[*j] = target.price_usd[*j]);
    }

    /// Instruments whose force changed in this way since the week before.
    fn changed(&self, week: &Week<'_>, way: impl Fn(Force, Force) -> bool) -> Vec<usize> {
        let before = |i: usize| self.last.as_ref().map_or(Force::None, |(force, _)| force[i]);
        let moves = |i: &usize| self.policy.instruments[*i].moves_lists();
        (0..week.force.len()).filter(moves).filter(|i| way(before(*i), week.force[*i])).collect()
    }

    /// How long makers expect an instrument in force to stay.
    fn stay(instrument: &Instrument, week: u32) -> Stay {
        let change = next(instrument, week).map(|dated| dated.from_week);
        let end = instrument.until.map(|until| until.week);
        match change.into_iter().chain(end).min() {
            Some(known) => Stay::Until(known.saturating_sub(week)),
            None => Stay::Open(instrument.expected_weeks),
        }
    }

    /// What follows an instrument in force as makers see it: its next measure, nothing after its end, or what remains of it.
    fn afterwards(&self, i: usize, week: u32) -> Option<Instrument> {
        let instrument = &self.policy.instruments[i];
        let next = next(instrument, week);
        let ends_first = instrument.until.is_some_and(|until| next.is_none_or(|next| until.week <= next.from_week));
        let measure = match (ends_first, next) {
            (true, _) => return None,
            (false, Some(next)) => next.measure,
            (false, None) if instrument.remains > 0.0 => instrument.measure(week)?.times(instrument.remains),
            (false, None) => return None,
        };
        Some(Instrument {
            measures: vec![Dated { from_week: 0, known_week: 0, measure }],
            until: None,
            ..instrument.clone()
        })
    }

    /// The duties and inspections in force that makers expect to change.
    ///
    /// # Errors
    /// [`SupplyError`] when quotas by rate among them have no prices.
    fn spells(&self, week: &Week<'_>, context: &Context<'_>, book: &mut PriceBook) -> Result<Vec<Spell>, SupplyError> {
        let mut terms = |policy: &Policy<'_>, force: &[Force]| {
            book.margin(policy, (week.number, force), ListAnswer::Equilibrium, context).map(|margin| margin.terms)
        };
        let charged = (0..week.force.len()).filter(|i| week.force[*i] == Force::Charged);
        let mut spells = Vec::new();
        for i in charged {
            let weight = self.rule.weight(Self::stay(&self.policy.instruments[i], week.number));
            if weight >= 1.0 {
                continue;
            }
            let mut force = week.force.to_vec();
            let mut instruments = self.policy.instruments.to_vec();
            match self.afterwards(i, week.number) {
                Some(instrument) => instruments[i] = instrument,
                None => force[i] = Force::None,
            }
            let after = terms(&Policy { instruments: &instruments, ..self.policy }, &force)?;
            spells.push(Spell { weight, duty: after.duty, inspection_usd: after.inspection_usd });
        }
        let announced =
            |i: &usize| week.force[*i] != Force::Charged && self.standing(week.number, *i).stage == Stage::Announced;
        for i in (0..week.force.len()).filter(announced) {
            let standing = self.standing(week.number, i);
            let decided = |later: &u32| self.standing(*later, i).stage != Stage::Announced;
            let decision = (week.number..self.course.len() as u32).find(decided).unwrap_or(self.course.len() as u32);
            let stay = Stay::Open(self.policy.instruments[i].expected_weeks);
            let chance = self.rule.anticipate.unwrap_or(0.0);
            let weight = self.rule.weight_announced(chance, decision - week.number, stay, standing.liable);
            let mut force = week.force.to_vec();
            force[i] = Force::Charged;
            let imposed = terms(&self.policy, &force)?;
            spells.push(Spell { weight: 1.0 - weight, duty: imposed.duty, inspection_usd: imposed.inspection_usd });
        }
        Ok(spells)
    }

    /// Where an instrument stands; quiet for makers who do not count with announcements.
    fn standing(&self, week: u32, instrument: usize) -> Standing {
        self.course.get(week as usize).map_or_else(Standing::default, |week| week[instrument])
    }

    /// Models priced without waiting: those of makers that have reopened them for an instrument that is in force, or ends this week.
    fn flexible(&self, force: &[Force], ended: &[usize], context: &Context<'_>) -> Vec<bool> {
        let owners = context.ownership.owners();
        let holds = |i: usize| force[i] == Force::Charged || ended.contains(&i);
        let of = |j: usize, i: usize| self.policy.instruments[i].selected[j] && self.reopened[i][owners[j]];
        (0..owners.len()).map(|j| (0..force.len()).any(|i| holds(i) && of(j, i))).collect()
    }

    /// The equilibrium at expected terms, kept while nothing that it depends on has moved.
    fn target(
        &mut self,
        week: &Week<'_>,
        spells: &[Spell],
        flexible: &[bool],
        context: &Context<'_>,
        book: &mut PriceBook,
    ) -> Result<PriceSetting, SupplyError> {
        let (duty, inspection_usd) = expected_terms(&week.terms.duty, &week.terms.inspection_usd, spells, flexible);
        let expected = Terms { duty, inspection_usd, ..week.terms.clone() };
        if let Some((terms, factor, found)) = &self.target
            && *terms == expected
            && factor.iter().zip(context.factor).all(|(then, now)| (now / then - 1.0).abs() <= self.exchange_threshold)
        {
            return Ok(found.clone());
        }
        let factor = self.rule.expected_factor(context.factor, self.policy.market.home_cost_share);
        let found = book.settle(&expected, &Context { factor: &factor, ..*context })?;
        self.target = Some((expected, context.factor.to_vec(), found.clone()));
        Ok(found)
    }

    /// The lowest prices at which no car sold this week loses money.
    ///
    /// # Errors
    /// [`SupplyError`] where volumes and costs do not settle.
    fn floored(
        &self,
        prices: &[f64],
        terms: &Terms,
        context: &Context<'_>,
        book: &mut PriceBook,
    ) -> Result<Vec<f64>, SupplyError> {
        if self.rule.sell_below_cost { Ok(prices.to_vec()) } else { book.no_loss_prices(context, terms, prices) }
    }

    /// Asks each maker with models under an instrument that begins or ends whether it gains by reopening their lists at once; marks
    /// the models of those that do, and says whether any does.
    #[allow(clippy::too_many_arguments, reason = "one question of one week")]
    fn reopen(
        &mut self,
        least_gain: f64,
        week: &Week<'_>,
        begun: &[usize],
        ended: &[usize],
        waiting_usd: &[f64],
        context: &Context<'_>,
        book: &mut PriceBook,
        flexible: &mut [bool],
    ) -> Result<bool, SupplyError> {
        let ownership = context.ownership;
        let now = book.settle(week.terms, context)?;
        book.stay_near(waiting_usd);
        let before = context.profits(week.terms, waiting_usd, book);
        let base_share = book.shares(context.demand, context.list);
        let mut any = false;
        for &i in begun.iter().chain(ended) {
            let instrument = &self.policy.instruments[i];
            let stay = match begun.contains(&i) {
                true => Self::stay(instrument, week.number),
                false => Stay::Open(f64::INFINITY),
            };
            let years = self.rule.horizon_weeks(stay) / 52.0;
            for (maker, before) in before.iter().enumerate() {
                let own: Vec<usize> = (0..flexible.len())
                    .filter(|j| instrument.selected[*j] && ownership.owners()[*j] == maker && !flexible[*j])
                    .collect();
                let revenue: f64 = own.iter().map(|j| context.list[*j] * base_share[*j]).sum();
                if own.is_empty() || revenue <= 0.0 {
                    continue;
                }
                let mut reopened = waiting_usd.to_vec();
                own.iter().for_each(|j| reopened[*j] = now.price_usd[*j]);
                let gain = (context.profits(week.terms, &reopened, book)[maker] - before) * years / revenue;
                if gain > least_gain {
                    self.reopened[i][maker] = true;
                    own.iter().for_each(|j| flexible[*j] = true);
                    any = true;
                }
            }
        }
        Ok(any)
    }

    /// Prices that people expect in the middle of the next `look_ahead` weeks if these forces hold from now on, and those of the first
    /// week. Makers that would reopen their lists are expected to.
    ///
    /// # Errors
    /// [`SupplyError`] when the target has no equilibrium.
    pub fn expected(
        &self,
        week: &Week<'_>,
        look_ahead_weeks: f64,
        context: &Context<'_>,
        book: &mut PriceBook,
    ) -> Result<[Vec<f64>; 2], SupplyError> {
        let mut imagined = self.clone();
        let same = self.last.as_ref().is_some_and(|(force, _)| force == week.force);
        let target = match &self.target {
            Some((_, _, target)) if same => target.clone(),
            _ => imagined.enter(week, context, book)?,
        };
        let kept = self.rule.kept_after(MIDDLE * look_ahead_weeks);
        let later = target.price_usd.iter().zip(&imagined.latent_usd);
        let later: Vec<f64> = later.map(|(target, latent)| target + kept * (latent - target)).collect();
        Ok([imagined.floored(&later, week.terms, context, book)?, imagined.posted_usd])
    }
}

/// The next level of an instrument, if makers know of it.
fn next(instrument: &Instrument, week: u32) -> Option<&Dated> {
    instrument.measures.iter().find(|dated| dated.from_week > week && dated.known_week <= week)
}
