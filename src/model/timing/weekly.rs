//! The week with buyers and dealers in time.
//!
//! 1. Policy: a decision falls, or not; liability is charged or cancelled, forecasts are reset.
//! 2. Landings, in the clean or the liable lot.
//! 3. Transaction prices from stock at the start of the week.
//! 4. Entrants: due buyers less those who wait, and those who buy early.
//! 5. Choice and sale, one buyer at a time in an order drawn for the week; prices move with the lot.
//! 6. Brand owned, next date, event number.
//! 7. Forecasts and orders from first choices.

use super::buyers::{Climate, Patience, Shopper};
use super::calendar::{DueCalendar, considering};
use super::common::{Books, Common};
use super::dealers::{Dealers, Movement, sales};
use super::owners::OwnerBook;
use super::policy::Course;
use super::record::{DealerWeek, Record};
use super::{PublicBelief, Timing};
use crate::model::accounts::{FIFTHS, fifth_of, income_fifths};
use crate::model::demand::choice::Column;
use crate::model::demand::kernel::math::exp;
use crate::model::outcome::{Layout, Outcome};
use crate::model::plan::RegimePlan;
use crate::model::scenario::Scenario;
use crate::model::simulation::Intervals;
use crate::model::streams::{Purpose, Streams};
use crate::model::trade::regime::{Regime, Stage};
use crate::model::world::{NO_BRAND, Start, World};

/// One job: the scenario under one policy history, in one world.
#[derive(Clone, Copy, Debug)]
pub struct TimedJob<'a> {
    /// The buyers and the base year.
    pub world: &'a World,
    /// How the replication starts.
    pub start: &'a Start,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Its layer of time.
    pub timing: &'a Timing,
    /// What is reported.
    pub layout: &'a Layout,
    /// The policy history of this world.
    pub regime: &'a Regime,
    /// What the public believes under it.
    pub belief: &'a PublicBelief,
    /// Whether each model's manufacturer stops ordering while a decision is open.
    pub suspended: &'a [bool],
    /// List prices of the regime, with outlooks.
    pub plan: &'a RegimePlan,
    /// List prices of the regime that lost and won buyers are judged by.
    pub baseline: &'a RegimePlan,
    /// The replication's draws.
    pub streams: &'a Streams,
    /// What the replication's regimes share, if it was worked out.
    pub common: Option<&'a Common<'a>>,
}

impl<'a> TimedJob<'a> {
    /// Runs the job and fills the slots of the layout.
    #[must_use]
    pub fn simulate(&self) -> Outcome {
        self.run().outcome(self.layout, self.plan, self.baseline)
    }

    /// Runs the job and gives everything it leaves.
    #[must_use]
    pub fn run(&self) -> Record {
        let (mut state, first) = State::open(self);
        for week in first..self.scenario.weeks as usize {
            state.step(week);
        }
        state.books.record
    }

    /// What there is at the start of `week`.
    pub(super) fn books_at(&self, week: usize) -> Books<'a> {
        let mut state = State::new(self, Books::new(self));
        (0..week).for_each(|week| state.step(week));
        state.books
    }

    /// The costs and beliefs of a buyer.
    fn patience(&self, buyer: usize) -> Patience {
        match self.common {
            Some(common) => common.patience(buyer),
            None => Patience::of(buyer, &self.timing.anticipation, self.streams),
        }
    }

    /// What each model faces in each week.
    pub(super) fn course(&self) -> Course {
        let announced = |week: usize| self.belief.decision_weeks.get(week).copied().or(self.timing.deadline_week);
        let (instruments, models) = (&self.scenario.instruments, self.scenario.market.len());
        Course::new(self.regime, instruments, models, self.scenario.weeks, announced)
    }
}

/// Factor on bounds of a gain, so that rounding never rules out one that is there.
const BOUND_SLACK: f64 = 1.0 + 1e-9;

/// How a buyer came to market.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Arrival {
    Due,
    Early,
    Late,
}

#[derive(Clone, Copy, Debug)]
struct Entrant {
    order: u64,
    buyer: u32,
    arrival: Arrival,
    weeks: f64,
}

struct State<'j, 'a> {
    job: &'j TimedJob<'a>,
    course: Course,
    shopper: Shopper<'a>,
    intervals: Intervals<'a>,
    usual_share: Vec<f64>,
    /// Income at which each fifth but the first begins.
    fifths: [f64; FIFTHS - 1],
    prices: Column,
    /// List price of the car of each model sold next.
    stickers: Vec<f64>,
    absent: Vec<bool>,
    /// Whether any model was out of stock at the start of the week.
    any_absent: bool,
    books: Books<'a>,
}

impl<'a> Books<'a> {
    /// How the replication begins.
    fn new(job: &TimedJob<'a>) -> Self {
        let TimedJob { world, start, scenario, timing, layout, .. } = *job;
        let cars = scenario.households_per_buyer();
        let base_sales: Vec<f64> = scenario.market.models.iter().map(|model| model.base_volume / 52.0).collect();
        let dealers =
            timing.dealers.as_ref().map(|parameters| Dealers::new(parameters, &base_sales, cars, job.suspended));
        let owners = OwnerBook::new(scenario.weeks as usize, world.products.loyalty().len(), &start.owned);
        Self {
            record: Record::new(layout, cars, dealers.is_some(), owners),
            dealers,
            calendar: DueCalendar::new(scenario.weeks, &start.first_event_week),
            owned: start.owned.clone(),
            date: start.first_event_week.clone(),
            events: vec![0; start.owned.len()],
            leased: start.leased.clone(),
            allowance: Vec::new(),
        }
    }
}

impl<'j, 'a> State<'j, 'a> {
    /// The state in which a job begins, and its first week: after the opening that it shares with other regimes, if it does.
    fn open(job: &'j TimedJob<'a>) -> (Self, usize) {
        let course = job.course();
        match job.common.and_then(|common| common.opening(&course, job.plan)) {
            Some(opening) => {
                let mut books = opening.books.clone();
                books.dealers = books.dealers.map(|dealers| dealers.with_suspended(job.suspended));
                (Self::with_course(job, course, books), opening.week)
            }
            None => (Self::with_course(job, course, Books::new(job)), 0),
        }
    }

    fn new(job: &'j TimedJob<'a>, books: Books<'a>) -> Self {
        Self::with_course(job, job.course(), books)
    }

    fn with_course(job: &'j TimedJob<'a>, course: Course, books: Books<'a>) -> Self {
        let TimedJob { world, start, scenario, timing, streams, .. } = *job;
        let models = scenario.market.len();
        let mut usual_share = vec![0.0; world.products.loyalty().len()];
        for brand in start.owned.iter().filter(|brand| **brand != NO_BRAND) {
            usual_share[usize::from(*brand)] += 1.0 / start.owned.len() as f64;
        }
        Self {
            job,
            course,
            shopper: Shopper::new(world, timing, streams),
            intervals: Intervals::new(&scenario.holding),
            usual_share,
            fifths: income_fifths(&scenario.demand),
            prices: world.options.table.zeros(),
            stickers: vec![0.0; models],
            absent: vec![false; models],
            any_absent: false,
            books,
        }
    }

    fn step(&mut self, week: usize) {
        let movements = self.open_dealers(week);
        let penalty = self.penalty(week);
        let mut entrants = self.due(week, penalty);
        self.early(week, penalty, &mut entrants);
        for entrant in &mut entrants {
            let mut stream = self.job.streams.at(Purpose::Queue, u64::from(entrant.buyer), week as u64);
            entrant.order = stream.uniform_open().to_bits();
        }
        entrants.sort_unstable_by_key(|entrant| (entrant.order, entrant.buyer));
        self.books.record.entrants[week] = entrants.len() as u32;
        let choices = self.sell(week, penalty, &entrants);
        for (entrant, choice) in entrants.iter().zip(choices) {
            self.settle(week, entrant, choice);
        }
        self.books.record.owners.close(week);
        self.close_dealers(week, &movements);
    }

    /// Steps 1 to 3: decisions, landings, prices.
    fn open_dealers(&mut self, week: usize) -> Vec<Movement> {
        let plan = self.job.plan;
        let list = &plan.phase(week).sticker_price_usd;
        let prices = self.prices.values_mut();
        prices.copy_from_slice(list);
        self.stickers.copy_from_slice(list);
        let Some(dealers) = &mut self.books.dealers else { return Vec::new() };
        let outlook = plan.outlook(week);
        let models = list.len();
        let mut movements = Vec::with_capacity(models);
        for j in 0..models {
            let (standing, delay) = (self.course.standing(week, j), self.course.delay_weeks(week, j));
            let moved = dealers.open_week(week, j, standing, delay, outlook);
            let [price, sticker] = dealers.price_usd(j, list[j], outlook);
            prices[j] = price;
            self.stickers[j] = sticker;
            self.absent[j] = !dealers.has(j);
            self.books.record.dealers[week * models + j].price_usd = [sticker, price];
            movements.push(moved);
        }
        self.any_absent = self.absent.contains(&true);
        movements
    }

    /// Utility that listed models lose this week with those who hold the dispute against them.
    fn penalty(&self, week: usize) -> f64 {
        let hysteresis = &self.job.timing.hysteresis;
        match self.course.announced_week.map(|announced| week as f64 - f64::from(announced)) {
            Some(since) if since >= 0.0 && hysteresis.share > 0.0 => {
                hysteresis.penalty * exp(-std::f64::consts::LN_2 * since / hysteresis.half_life_weeks)
            }
            _ => 0.0,
        }
    }

    /// Due buyers, less those who wait for a reversal.
    fn due(&mut self, week: usize, penalty: f64) -> Vec<Entrant> {
        let imposed = self.course.stage(week) == Stage::Imposed;
        let hazard = self.job.belief.reversal_per_week;
        let outlook = self.job.plan.outlook(week).filter(|_| imposed && hazard > 0.0);
        let without = outlook.map(|outlook| Column::new(&outlook.without_usd, 0.0));
        let mut entrants = Vec::new();
        for (buyer, event) in self.books.calendar.take(week) {
            let at = buyer as usize;
            if self.books.events[at] != event {
                continue;
            }
            let waited = week as f64 - self.books.date[at].floor();
            if let Some(without) = &without
                && self.waits(at, event, waited, without, hazard, penalty)
            {
                if week + 1 < self.job.scenario.weeks as usize {
                    self.books.calendar.put(buyer, event, (week + 1) as f64);
                } else {
                    self.books.record.waiting += 1;
                }
                continue;
            }
            let arrival = if waited > 0.0 { Arrival::Late } else { Arrival::Due };
            entrants.push(Entrant { order: 0, buyer, arrival, weeks: waited });
        }
        entrants
    }

    /// Whether a due buyer waits another week: `h [U(p_list) - U(p_now)] / alpha > kappa_late (1 + w/8)`.
    ///
    /// With j his choice at list prices, U(p_now) is at least the utility of j at p_now, so the gain is at most h times what
    /// j has become dearer: most buyers need no second look, many none at all.
    fn waits(&mut self, buyer: usize, event: u32, waited: f64, without: &Column, hazard: f64, penalty: f64) -> bool {
        let parameters = &self.job.timing.anticipation;
        if waited >= f64::from(parameters.longest_wait_weeks) {
            return false;
        }
        let cost_usd = self.job.patience(buyer).waiting_cost_usd(waited, parameters);
        let dearer = |model: usize| self.prices.values()[model] - without.values()[model];
        let worth_usd = |dearer_usd: f64| hazard * dearer_usd * BOUND_SLACK;
        if !self.any_absent {
            let most = (0..self.absent.len()).map(dearer).fold(0.0, f64::max);
            if worth_usd(most) <= cost_usd {
                return false;
            }
        }
        let climate = Climate {
            owned: &self.books.owned,
            usual_share: &self.usual_share,
            penalty,
            spoilt: &self.course.disputed,
        };
        self.shopper.seat(buyer, event, &climate);
        let (wanted, later) = self.shopper.choose(without, &[]);
        let at_most_usd = wanted.map_or(0.0, |model| if self.absent[model] { f64::INFINITY } else { dearer(model) });
        if worth_usd(at_most_usd) <= cost_usd {
            return false;
        }
        let now = self.shopper.choose(&self.prices, &self.absent).1;
        hazard * (later - now) / self.shopper.price_response() > cost_usd
    }

    /// Those who buy early.
    fn early(&mut self, week: usize, penalty: f64, entrants: &mut Vec<Entrant>) {
        let job = self.job;
        let (stage, parameters) = (self.course.stage(week), &job.timing.anticipation);
        let belief = job.belief;
        let public = match stage {
            Stage::Quiet => 0.0,
            Stage::Imposed => belief.once_imposed,
            Stage::Threatened | Stage::Announced => belief.while_open.get(week).copied().unwrap_or(0.0),
        };
        let Some(outlook) = job.plan.outlook(week).filter(|_| public > 0.0) else { return };
        let (with, without) = (Column::new(&outlook.with_usd, 0.0), Column::new(&outlook.without_usd, 0.0));
        let first = (week + 1) as f64;
        let beyond = first + f64::from(parameters.look_ahead_weeks);
        let deadline = self.course.deadline(week);
        let climate = Climate {
            owned: &self.books.owned,
            usual_share: &self.usual_share,
            penalty,
            spoilt: &self.course.disputed,
        };
        let (shopper, date, leased, events) =
            (&mut self.shopper, &self.books.date, &self.books.leased, &self.books.events);
        let (prices, absent) = (&self.prices, &self.absent);
        // With j the choice now, U at other prices is at least that of j there, so the gain is at most what j is cheaper now.
        let gain_at_most_usd = |model: usize, believed: f64| {
            let [now, quiet, taxed] = [prices, &without, &with].map(|prices| prices.values()[model]);
            BOUND_SLACK * ((1.0 - believed) * (quiet - now) + believed * (taxed - now))
        };
        let on_sale = || (0..absent.len()).filter(|model| !absent[*model]);
        let largest = |believed: f64| on_sale().map(|model| gain_at_most_usd(model, believed)).fold(0.0, f64::max);
        let mut largest_gain_usd = [(f64::NAN, 0.0); 2];
        considering(job.streams, week, date.len(), parameters.consider_per_week, |buyer| {
            let planned = date[buyer];
            let movable = parameters.leases_movable || !leased[buyer];
            if !(first..beyond).contains(&planned) || !movable || planned < deadline {
                return;
            }
            let patience = job.patience(buyer);
            let decision = if stage.is_open() { deadline } else { week as f64 };
            let public = belief.at_purchase(public, planned - decision);
            let believed = patience.belief(public, parameters.polarisation);
            let lag = if stage.is_open() { patience.stock_lag_weeks } else { 0.0 };
            if believed <= 0.0 || planned < deadline + lag {
                return;
            }
            let weeks = planned - week as f64;
            let cost_usd = patience.early_cost_usd(weeks);
            // There are two beliefs in a week: of those who are convinced, and of the others.
            let known = &mut largest_gain_usd[usize::from(believed >= public)];
            if known.0 != believed {
                *known = (believed, largest(believed));
            }
            if known.1 <= cost_usd {
                return;
            }
            shopper.seat(buyer, events[buyer], &climate);
            let (wanted, now) = shopper.choose(prices, absent);
            if wanted.is_none_or(|model| gain_at_most_usd(model, believed) <= cost_usd) {
                return;
            }
            let quiet = shopper.choose(&without, &[]).1;
            let taxed = shopper.choose(&with, &[]).1;
            let gain_usd = (now - (1.0 - believed) * quiet - believed * taxed) / shopper.price_response();
            if gain_usd > cost_usd {
                entrants.push(Entrant { order: 0, buyer: buyer as u32, arrival: Arrival::Early, weeks });
            }
        });
    }

    /// Step 5: choices and sales in the order of the queue.
    fn sell(&mut self, week: usize, penalty: f64, entrants: &[Entrant]) -> Vec<Option<usize>> {
        let job = self.job;
        let models = self.absent.len();
        let list = &job.plan.phase(week).sticker_price_usd;
        let before = &job.baseline.phase(week).sticker_price_usd;
        let relisted = list != before;
        let reference = Column::new(before, 0.0);
        let outlook = job.plan.outlook(week);
        let climate = Climate {
            owned: &self.books.owned,
            usual_share: &self.usual_share,
            penalty,
            spoilt: &self.course.disputed,
        };
        let mut choices = Vec::with_capacity(entrants.len());
        for entrant in entrants {
            let buyer = entrant.buyer as usize;
            self.shopper.seat(buyer, self.books.events[buyer], &climate);
            let (first, mut utility) = self.shopper.choose(&self.prices, &[]);
            let mut choice = first;
            // Whether he meets anything but the baseline's list prices and full lots.
            let mut unusual = relisted || self.prices != reference;
            if let (Some(dealers), Some(model)) = (&mut self.books.dealers, first) {
                dealers.wanted(model);
                self.books.record.dealers[week * models + model].first_choices += 1;
                if self.absent[model] {
                    (choice, utility) = self.shopper.choose(&self.prices, &self.absent);
                    unusual = true;
                }
            }
            if let Some(model) = choice {
                let [paid, listed] = [self.prices.values()[model], self.stickers[model]];
                self.books.record.sales.pay(
                    week,
                    model,
                    paid * self.books.record.cars,
                    listed * self.books.record.cars,
                );
                if let Some(dealers) = &mut self.books.dealers {
                    if dealers.sell(model) {
                        let [price, sticker] = dealers.price_usd(model, list[model], outlook);
                        self.prices.values_mut()[model] = price;
                        self.stickers[model] = sticker;
                    }
                    self.absent[model] = !dealers.has(model);
                }
            }
            self.books.record.sales.count(week, choice.unwrap_or(models));
            let mut gain_usd = -self.cost_of_moving_usd(entrant);
            if unusual {
                let (wanted, usual) = self.shopper.choose(&reference, &[]);
                gain_usd += (utility - usual) / self.shopper.price_response();
                if let Some(lost) = wanted.filter(|lost| relisted && choice != Some(*lost)) {
                    self.books.record.switched[lost * (models + 1) + choice.unwrap_or(models)] +=
                        self.books.record.cars;
                }
            }
            if let Some(accounts) = &job.layout.accounts {
                let class = accounts.classes.of(job.world.buyers.income[buyer], job.start.owned[buyer]);
                self.books.record.surplus.add(week, class, gain_usd * self.books.record.cars);
            }
            choices.push(choice);
        }
        choices
    }

    /// What a purchase early or late has cost the buyer, USD: the sum of his weeks of waiting, each dearer than the last.
    fn cost_of_moving_usd(&self, entrant: &Entrant) -> f64 {
        let parameters = &self.job.timing.anticipation;
        let patience = || self.job.patience(entrant.buyer as usize);
        match entrant.arrival {
            Arrival::Due => 0.0,
            Arrival::Early => patience().early_cost_usd(entrant.weeks),
            Arrival::Late => {
                let patience = patience();
                (0..entrant.weeks as u32).map(|week| patience.waiting_cost_usd(f64::from(week), parameters)).sum()
            }
        }
    }

    /// Step 6: what the buyer owns, when he comes again, and the account of his timing.
    fn settle(&mut self, week: usize, entrant: &Entrant, choice: Option<usize>) {
        let job = self.job;
        let buyer = entrant.buyer as usize;
        let income = job.world.buyers.income[buyer];
        let class = fifth_of(income, &self.fifths);
        let group = job.layout.group_of_option(choice.unwrap_or(job.layout.models));
        let planned = self.books.date[buyer];
        let moves = self.books.record.moves_mut(week, group, class);
        moves.units += 1;
        match entrant.arrival {
            Arrival::Due => {}
            Arrival::Early => {
                moves.advanced += 1;
                moves.weeks_forward += entrant.weeks;
                let last = self.books.record.plans_removed.len() - 1;
                self.books.record.plans_removed[(planned as usize).min(last)] += 1;
            }
            Arrival::Late => {
                moves.postponed += 1;
                moves.weeks_late += entrant.weeks;
            }
        }
        let owned = job.world.options.brand_after(choice);
        self.books.record.owners.replace(week, self.books.owned[buyer], owned);
        self.books.owned[buyer] = owned;
        let interval = self.intervals.draw(job.streams, buyer as u64, u64::from(self.books.events[buyer]));
        // A purchase made when planned keeps its place within the week.
        let bought = if entrant.arrival == Arrival::Due { planned } else { week as f64 + planned.fract() };
        self.books.date[buyer] = bought + interval.weeks;
        self.books.leased[buyer] = interval.lease;
        self.books.events[buyer] += 1;
        // The next car is never bought in the same week.
        let next = self.books.date[buyer].max((week + 1) as f64);
        self.books.date[buyer] = next;
        self.books.calendar.put(entrant.buyer, self.books.events[buyer], next);
    }

    /// Step 7: forecasts, orders, and the week's account.
    fn close_dealers(&mut self, week: usize, movements: &[Movement]) {
        let plan = self.job.plan;
        let (normal, phase) = (plan.normal_duty_usd(), plan.phase(week));
        let (owed, rebate) = (&phase.duty_usd, &phase.rebate_usd);
        let models = normal.len();
        let Some(dealers) = &mut self.books.dealers else {
            // Without lots the date of sale stands for the date of landing.
            for (j, owed) in owed.iter().enumerate() {
                let sold = f64::from(self.books.record.sales.drawn(week)[j]) * self.books.record.cars;
                self.books.record.sales.charge(week, j, sold * owed, sold * (owed - normal[j]));
            }
            return;
        };
        (0..models).for_each(|j| dealers.close_week(week, j));
        self.books.allowance.retain(|(at, _)| self.course.quotas(week).iter().any(|(instrument, _)| instrument == at));
        for (instrument, cars_per_year) in self.course.quotas(week) {
            let known = self.books.allowance.iter().position(|(at, _)| at == instrument);
            let at = known.unwrap_or_else(|| {
                self.books.allowance.push((*instrument, 0.0));
                self.books.allowance.len() - 1
            });
            let left = &mut self.books.allowance[at].1;
            let selected = &self.job.scenario.instruments[*instrument].selected;
            let allowed = *left + cars_per_year / 52.0 / self.books.record.cars;
            *left = dealers.restrain(week, (0..models).filter(|j| selected[*j]), allowed);
        }
        for (j, moved) in movements.iter().enumerate() {
            let ordered = dealers.ordered(week, j);
            let lot = &mut self.books.record.dealers[week * models + j];
            let cars = |grains: i64| sales(grains) * self.books.record.cars;
            // The duty falls due where a car lands, a rebate is paid where it is sold.
            let extra = owed[j] + rebate[j] - normal[j];
            let disputed = cars(moved.landed_dutiable + moved.charged_late) * extra;
            let rebates = f64::from(self.books.record.sales.drawn(week)[j]) * self.books.record.cars * rebate[j];
            *lot = DealerWeek {
                stock: dealers.stock(j),
                in_transit: dealers.in_transit(j),
                moved: Movement { ordered, ..*moved },
                forecast: dealers.forecast(j),
                disputed_duty_usd: [disputed, cars(moved.borne_by_importer) * extra],
                ..*lot
            };
            let (clean, disputed) = (cars(moved.landed) * normal[j], disputed - rebates);
            self.books.record.sales.charge(week, j, clean + disputed, disputed);
        }
    }
}
