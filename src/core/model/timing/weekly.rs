//! The week with buyers and dealers in time.
//!
//! 1. Policy: a decision falls, or not; liability is charged or cancelled, forecasts are reset.
//! 2. Landings, in the clean or the liable lot.
//! 3. Transaction prices from stock at the start of the week.
//! 4. Entrants: due buyers less those who wait, and those who buy early.
//! 5. Choice and sale, one buyer at a time in an order drawn for the week; prices move with the lot.
//! 6. Brand owned, next date, event number.
//! 7. Forecasts and orders from first choices.

use super::Anticipation;
use super::buyers::{Climate, PatienceBook};
use super::calendar::DueCalendar;
use super::dealers::{Dealers, Movement, sales};
use super::holdings::{Holding, Holdings};
use super::lots::DealerWeek;
use super::owners::OwnerBook;
use super::policy::Course;
use super::record::TimingRecord;
use super::shared::{AHEAD, Shared, TimedJob};
use super::stock::DealersDecision;
use crate::model::demand::choice::{PriceStep, Term};
use crate::model::on_sale;
use crate::model::plan::Phase;
use crate::model::trade::regime::Stage;
use crate::model::world::Options;
use crate::numerics::elementary::exp;

/// Factor on bounds of a gain, so that rounding never rules out one that is there.
pub(super) const BOUND_SLACK: f64 = 1.0 + 1e-9;

/// How a buyer came to market.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Arrival {
    Due,
    Early,
    Late,
}

/// A buyer who is in the market this week.
#[derive(Clone, Copy, Debug)]
struct Entrant {
    order: u64,
    buyer: u32,
    /// Place of his event in the draws.
    place: u32,
    arrival: Arrival,
    weeks: f64,
    choice: Option<usize>,
}

impl Entrant {
    fn new(buyer: u32, place: usize, arrival: Arrival, weeks: f64) -> Self {
        Self { order: 0, buyer, place: place as u32, arrival, weeks, choice: None }
    }

    /// What a purchase early or late has cost the buyer, USD: the sum of his weeks of waiting, each dearer than the last.
    fn cost_of_moving_usd(&self, patience: &PatienceBook<'_>, parameters: &Anticipation) -> f64 {
        let own = || patience.of(self.buyer as usize);
        match self.arrival {
            Arrival::Due => 0.0,
            Arrival::Early => own().early_cost_usd(self.weeks),
            Arrival::Late => {
                let own = own();
                (0..self.weeks as u32).map(|week| own.waiting_cost_usd(f64::from(week), parameters)).sum()
            }
        }
    }
}

/// What a reversal of an imposed duty would save the buyers of a week.
struct Hope {
    /// Believed chance a week.
    hazard: f64,
    /// Prices without the duty, as buyers feel them.
    without: Term,
    /// The most that anybody can gain by a week's waiting, USD.
    most_usd: f64,
}

impl Hope {
    fn new(lane: &Lane<'_, '_>, week: usize, without_usd: &[f64], hazard: f64) -> Self {
        let without = lane.felt_with_incentives(week, without_usd);
        let mut hope = Self { hazard, without, most_usd: 0.0 };
        hope.most_usd = (0..lane.absent.len()).map(|model| hope.worth_usd(lane, model)).fold(0.0, f64::max);
        hope
    }

    /// The most that a buyer who wants `model` can gain, USD; without bound if it cannot be had now.
    fn worth_usd(&self, lane: &Lane<'_, '_>, model: usize) -> f64 {
        let dearer_usd = lane.prices.values()[model] - self.without.values()[model];
        if lane.absent[model] { f64::INFINITY } else { self.hazard * dearer_usd * BOUND_SLACK }
    }
}

/// Everything of one regime that goes from week to week, but what its buyers hold.
#[derive(Clone, Debug)]
pub(super) struct Books<'a> {
    dealers: Option<Dealers<'a>>,
    calendar: DueCalendar,
    /// What quotas in force leave to be shipped, by instrument, in sales of one buyer.
    allowance: Vec<(usize, f64)>,
    pub record: TimingRecord,
}

impl<'a> Books<'a> {
    /// How the replication begins.
    pub fn new(job: &TimedJob<'a>) -> Self {
        let TimedJob { world, start, scenario, timing, layout, .. } = *job;
        let cars = scenario.households_per_buyer();
        let base_sales: Vec<f64> = scenario.market.models.iter().map(|model| model.base_volume / 52.0).collect();
        let on_sale = on_sale::of_models(&scenario.on_sale, &job.regime.on_sale, base_sales.len());
        let dealers = timing.dealers.as_ref();
        let dealers = dealers.map(|parameters| Dealers::new(parameters, &base_sales, cars, job.suspended, &on_sale));
        let owners = OwnerBook::new(scenario.weeks as usize, world.products.loyalty().len(), &start.owned);
        Self {
            record: TimingRecord::new(layout, cars, dealers.is_some(), owners),
            dealers,
            calendar: DueCalendar::new(scenario.weeks, &start.first_event_week),
            allowance: Vec::new(),
        }
    }

    /// The same books, for a regime in which others stop shipping.
    pub fn with_suspended(&self, suspended: &'a [bool]) -> Self {
        let dealers = self.dealers.as_ref().map(|dealers| dealers.with_suspended(suspended));
        Self { dealers, ..self.clone() }
    }
}

/// One regime among those that run together.
pub(super) struct Lane<'j, 'a> {
    pub job: &'j TimedJob<'a>,
    /// Its place among them.
    pub at: usize,
    pub course: Course,
    /// Prices as buyers feel them.
    pub prices: Term,
    /// What is paid for the car of each model sold next.
    paid_usd: Vec<f64>,
    pub absent: Vec<bool>,
    /// What is on sale, and under the baseline.
    on_sale: Assortment,
    usual: Assortment,
    pub books: Books<'a>,
    /// List price of the car of each model sold next.
    stickers: Vec<f64>,
    entrants: Vec<Entrant>,
    movements: Vec<Movement>,
    /// Utility that listed models lose this week with those who hold the dispute against them.
    penalty: f64,
}

/// What of the models is on sale in a week, and the options that buyers then have.
#[derive(Debug, Default)]
struct Assortment {
    /// Parts of the exponentials of utilities that count; empty where all do.
    parts: Vec<f64>,
    options: Option<Options>,
}

impl Assortment {
    fn enter(&mut self, all: &Options, parts: &[f64]) {
        if self.parts != parts {
            parts.clone_into(&mut self.parts);
            self.options = parts.iter().any(|part| *part != 1.0).then(|| all.on_sale(parts));
        }
    }

    /// Those options; none where they are those of the world.
    fn options(&self) -> Option<&Options> {
        self.options.as_ref()
    }
}

impl<'j, 'a> Lane<'j, 'a> {
    pub fn new(job: &'j TimedJob<'a>, at: usize, course: Course, books: Books<'a>) -> Self {
        let models = job.scenario.market.len();
        Self {
            job,
            at,
            course,
            prices: Term::new(job.world.options.table.zeros().values(), 0.0),
            paid_usd: vec![0.0; models],
            absent: vec![false; models],
            on_sale: Assortment::default(),
            usual: Assortment::default(),
            books,
            stickers: vec![0.0; models],
            entrants: Vec::new(),
            movements: Vec::new(),
            penalty: 0.0,
        }
    }

    /// Steps 1 to 3: decisions, landings, prices.
    pub fn open(&mut self, week: usize) {
        self.penalty = self.penalty_of(week);
        self.entrants.clear();
        self.movements.clear();
        let plan = self.job.plan;
        let Phase { sticker_price_usd: net, incentive_usd, .. } = plan.phase(week);
        let products = &self.job.world.products;
        self.prices.replace(&products.felt_prices(net));
        self.paid_usd.copy_from_slice(net);
        self.stickers.copy_from_slice(net);
        let options = &self.job.world.options;
        self.usual.enter(options, &self.job.baseline.phase(week).on_sale);
        let mut parts = plan.phase(week).on_sale.clone();
        let Some(dealers) = &mut self.books.dealers else { return self.on_sale.enter(options, &parts) };
        let outlook = plan.outlook(week);
        let models = net.len();
        for j in 0..models {
            let (standings, delay) = (self.course.standings(week, j), self.course.delay_weeks(week, j));
            let before_usd = match week.checked_sub(1) {
                Some(before) => plan.phase(before).list_usd(j),
                None => self.job.scenario.market.models[j].base_price_usd(),
            };
            let decision = DealersDecision {
                before_usd,
                demand_ratio: outlook.and_then(|outlook| outlook.demand_ratio.get(j).copied()).unwrap_or(1.0),
            };
            let moved = dealers.open_week(week, j, standings, delay, decision);
            let off = incentive_usd[j];
            let [price, sticker] = dealers.price_usd(j, plan.phase(week).list_usd(j)).map(|usd| usd - off);
            self.prices.set(j, products.felt_price(j, price));
            self.paid_usd[j] = price;
            self.stickers[j] = sticker;
            self.absent[j] = !dealers.has(j);
            // What is left of a model that is on sale no more.
            if dealers.runs_out(j) && parts.get(j) == Some(&0.0) {
                parts[j] = 1.0;
            }
            self.books.record.dealers[week * models + j].price_usd = [sticker, price];
            self.movements.push(moved);
        }
        self.on_sale.enter(options, &parts);
    }

    /// These list prices less what makers pay of them this week, as buyers feel them.
    pub fn felt_with_incentives(&self, week: usize, list_usd: &[f64]) -> Term {
        let off = &self.job.plan.phase(week).incentive_usd;
        let paid: Vec<f64> = list_usd.iter().zip(off).map(|(list, off)| list - off).collect();
        Term::new(&self.job.world.products.felt_prices(&paid), 0.0)
    }

    fn penalty_of(&self, week: usize) -> f64 {
        let hysteresis = &self.job.timing.hysteresis;
        match self.course.announced_week.map(|announced| week as f64 - f64::from(announced)) {
            Some(since) if since >= 0.0 && hysteresis.share > 0.0 => {
                hysteresis.penalty * exp(-std::f64::consts::LN_2 * since / hysteresis.half_life_weeks)
            }
            _ => 0.0,
        }
    }

    /// What its buyers meet this week beside prices.
    pub fn climate<'s>(&'s self, holdings: &'s Holdings, usual_share: &'s [f64]) -> Climate<'s> {
        Climate {
            holdings,
            lane: self.at,
            usual_share,
            penalty: self.penalty,
            spoilt: &self.course.disputed,
            on_sale: self.on_sale.options(),
        }
    }

    /// Step 4, the first part: due buyers, less those who wait for a reversal.
    pub fn due(&mut self, week: usize, shared: &mut Shared<'a>) {
        let imposed = self.course.stage(week) == Stage::Imposed;
        let hazard = self.job.belief.reversal_per_week;
        let outlook = self.job.plan.outlook(week).filter(|_| imposed && hazard > 0.0);
        let hope = outlook.map(|outlook| Hope::new(self, week, &outlook.without_usd, hazard));
        let due = self.books.calendar.take(week);
        for (at, (buyer, event)) in due.iter().copied().enumerate() {
            if let Some((next, _)) = due.get(at + AHEAD) {
                shared.holdings.prefetch(*next as usize);
            }
            let holding = *shared.holdings.at(buyer as usize, self.at);
            if holding.event != event {
                continue;
            }
            let waited = week as f64 - holding.date.floor();
            let arrival = if waited > 0.0 { Arrival::Late } else { Arrival::Due };
            let place = shared.shopper.draws.find(buyer, event);
            self.entrants.push(Entrant::new(buyer, place, arrival, waited));
        }
        let Some(hope) = hope else { return };
        // Once all are found, so that their events are drawn side by side.
        let mut entrants = std::mem::take(&mut self.entrants);
        entrants.retain(|entrant| {
            let waits = self.waits(entrant, &hope, shared);
            if waits && week + 1 < self.job.scenario.weeks as usize {
                let event = shared.shopper.draws.at(entrant.place as usize).event;
                self.books.calendar.put(entrant.buyer, event, (week + 1) as f64);
            } else if waits {
                self.books.record.waiting += 1;
            }
            !waits
        });
        self.entrants = entrants;
    }

    /// Whether a due buyer waits another week: `h [U(p_list) - U(p_now)] / alpha > kappa_late (1 + w/8)`.
    ///
    /// With j his choice at list prices, U(p_now) is at least the utility of j at p_now, so the gain is at most h times what
    /// j has become dearer: most buyers need no second look, many none at all.
    fn waits(&self, entrant: &Entrant, hope: &Hope, shared: &mut Shared<'a>) -> bool {
        let (parameters, waited) = (&self.job.timing.anticipation, entrant.weeks);
        if waited >= f64::from(parameters.longest_wait_weeks) {
            return false;
        }
        let cost_usd = shared.patience.of(entrant.buyer as usize).waiting_cost_usd(waited, parameters);
        if hope.most_usd <= cost_usd {
            return false;
        }
        shared.shopper.seat(entrant.place as usize, &self.climate(&shared.holdings, &shared.usual_share));
        let (wanted, later) = shared.shopper.choose(&hope.without);
        if wanted.map_or(0.0, |model| hope.worth_usd(self, model)) <= cost_usd {
            return false;
        }
        let now = shared.shopper.choose_present(&self.prices, &self.absent).1;
        hope.hazard * (later - now) / shared.shopper.price_response() > cost_usd
    }

    /// Step 4, the second part: a buyer who buys early.
    pub fn rushes(&mut self, buyer: u32, place: usize, weeks: f64) {
        self.entrants.push(Entrant::new(buyer, place, Arrival::Early, weeks));
    }

    /// Steps 5 to 7.
    pub fn close(&mut self, week: usize, shared: &mut Shared<'a>) {
        for entrant in &mut self.entrants {
            entrant.order = shared.shopper.draws.order(entrant.place as usize, week);
        }
        self.entrants.sort_unstable_by_key(|entrant| (entrant.order, entrant.buyer));
        self.books.record.entrants[week] = self.entrants.len() as u32;
        self.sell(week, shared);
        self.settle(week, shared);
        self.books.record.owners.close(week);
        self.close_dealers(week);
    }

    /// Step 5: choices and sales in the order of the queue.
    fn sell(&mut self, week: usize, shared: &mut Shared<'a>) {
        let job = self.job;
        let models = self.absent.len();
        let phase = job.plan.phase(week);
        let before = &job.baseline.phase(week).sticker_price_usd;
        let others = self.on_sale.parts != self.usual.parts;
        let relisted = phase.sticker_price_usd != *before || others;
        let products = &job.world.products;
        let reference = Term::new(&products.felt_prices(before), 0.0);
        let climate = Climate {
            holdings: &shared.holdings,
            lane: self.at,
            usual_share: &shared.usual_share,
            penalty: self.penalty,
            spoilt: &self.course.disputed,
            on_sale: self.on_sale.options(),
        };
        let usually = Climate { on_sale: self.usual.options(), ..climate };
        let (shopper, patience) = (&mut shared.shopper, &shared.patience);
        let record = &mut self.books.record;
        let cars = record.cars;
        // Whether a buyer meets anything but the baseline's list prices.
        let mut change = (self.prices != reference).then(|| PriceStep::new(&reference, &self.prices));
        let mut repriced = relisted || change.is_some();
        // Buyers look at the baseline's list prices eight at a time, where all see the models alike.
        let plain = shopper.is_plain(&climate) && shopper.is_plain(&usually);
        if plain {
            shopper.draws.look_anew();
        }
        for entrant in &mut self.entrants {
            shopper.seat(entrant.place as usize, &climate);
            if plain {
                shopper.look(&climate, &reference);
            }
            let mut unusual = repriced;
            // The utility counts only beside the baseline's.
            let (first, mut utility) = match (plain, unusual) {
                (true, true) => shopper.choose_seen(&self.prices, change.as_ref()),
                (true, false) => (shopper.want_seen(), f64::NAN),
                (false, true) => shopper.choose(&self.prices),
                (false, false) => (shopper.want(&self.prices), f64::NAN),
            };
            let mut choice = first;
            if let (Some(dealers), Some(model)) = (&mut self.books.dealers, first) {
                dealers.wanted(model);
                record.dealers[week * models + model].first_choices += 1;
                if self.absent[model] {
                    (choice, utility) = shopper.choose_without(&self.prices, &self.absent);
                    unusual = true;
                }
            }
            if let Some(model) = choice {
                let [paid, listed] = [self.paid_usd[model], self.stickers[model]];
                record.sales.pay(week, model, paid * cars, listed * cars);
                if let Some(dealers) = &mut self.books.dealers {
                    if dealers.sell(model) {
                        let off = phase.incentive_usd[model];
                        let [price, sticker] = dealers.price_usd(model, phase.list_usd(model)).map(|usd| usd - off);
                        self.prices.set(model, products.felt_price(model, price));
                        self.paid_usd[model] = price;
                        self.stickers[model] = sticker;
                        change = (self.prices != reference).then(|| PriceStep::new(&reference, &self.prices));
                        repriced = relisted || change.is_some();
                    }
                    self.absent[model] = !dealers.has(model);
                }
            }
            record.sales.count(week, choice.unwrap_or(models));
            let mut gain_usd = -entrant.cost_of_moving_usd(patience, &job.timing.anticipation);
            if unusual {
                if others {
                    shopper.seat(entrant.place as usize, &usually);
                }
                let (wanted, usual) = match plain {
                    true => shopper.choose_seen(&reference, None),
                    false => shopper.choose(&reference),
                };
                gain_usd += (utility - usual) / shopper.price_response();
                if let Some(lost) = wanted.filter(|lost| relisted && choice != Some(*lost)) {
                    record.switched[lost * (models + 1) + choice.unwrap_or(models)] += cars;
                }
            }
            if job.layout.accounts.is_some() {
                record.surplus.add(week, shopper.draws.at(entrant.place as usize).class, gain_usd * cars);
            }
            entrant.choice = choice;
        }
    }

    /// Step 6: what each buyer owns, when he comes again, and the account of his timing.
    fn settle(&mut self, week: usize, shared: &mut Shared<'a>) {
        let job = self.job;
        let (draws, record) = (&mut shared.shopper.draws, &mut self.books.record);
        for entrant in &self.entrants {
            let choice = entrant.choice;
            let fifth = draws.at(entrant.place as usize).fifth;
            let group = job.layout.group_of_option(choice.unwrap_or(job.layout.models));
            let holding = *shared.holdings.at(entrant.buyer as usize, self.at);
            let planned = holding.date;
            let last = record.plans_removed.len() - 1;
            let moves = record.moves_mut(week, group, fifth);
            moves.units += 1;
            match entrant.arrival {
                Arrival::Due => {}
                Arrival::Early => {
                    moves.advanced += 1;
                    moves.weeks_forward += entrant.weeks;
                    record.plans_removed[(planned as usize).min(last)] += 1;
                }
                Arrival::Late => {
                    moves.postponed += 1;
                    moves.weeks_late += entrant.weeks;
                }
            }
            let owned = job.world.options.brand_after(choice);
            record.owners.replace(week, holding.owned, owned);
            let interval = draws.interval(entrant.place as usize);
            // A purchase made when planned keeps its place within the week.
            let bought = if entrant.arrival == Arrival::Due { planned } else { week as f64 + planned.fract() };
            // The next car is never bought in the same week.
            let date = (bought + interval.weeks).max((week + 1) as f64);
            let next = Holding { date, event: holding.event + 1, owned, leased: interval.lease };
            shared.holdings.put(entrant.buyer as usize, self.at, next);
            self.books.calendar.put(entrant.buyer, next.event, date);
        }
    }

    /// Step 7: forecasts, orders, and the week's account.
    fn close_dealers(&mut self, week: usize) {
        let plan = self.job.plan;
        let (normal, phase) = (plan.normal_duty_usd(), plan.phase(week));
        let (owed, rebate) = (&phase.duty_usd, &phase.rebate_usd);
        let models = normal.len();
        // A credit of the base year is no part of a dispute, whether it is there or has ended.
        let credits = &self.job.scenario.market.models;
        let disputed_rebate = |j: usize| if credits[j].credit_usd > 0.0 { 0.0 } else { rebate[j] };
        let Some(dealers) = &mut self.books.dealers else {
            // Without lots the date of sale stands for the date of landing.
            for (j, owed) in owed.iter().enumerate() {
                let sold = f64::from(self.books.record.sales.drawn(week)[j]) * self.books.record.cars;
                let disputed = owed + rebate[j] - normal[j] - disputed_rebate(j);
                self.books.record.sales.charge(week, j, sold * owed, sold * disputed);
            }
            return;
        };
        let believed = self.job.belief.while_open.get(week).is_some_and(|belief| *belief > 0.0);
        let decision = believed.then(|| self.course.deadline(week));
        (0..models).for_each(|j| dealers.close_week(week, j, decision));
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
        for (j, moved) in self.movements.iter().enumerate() {
            let ordered = dealers.ordered(week, j);
            let lot = &mut self.books.record.dealers[week * models + j];
            let cars = |grains: i64| sales(grains) * self.books.record.cars;
            // The duty falls due where a car lands, a rebate is paid where it is sold.
            let extra = owed[j] + rebate[j] - normal[j];
            let (mut disputed, mut borne) = (0.0, 0.0);
            for (instrument, due) in self.course.of_model(j).iter().zip(dealers.dues(j)) {
                let each = extra * plan.duty_share(week, *instrument, j);
                disputed += cars(due.at_once + due.late) * each;
                borne += cars(due.borne_by_importer) * each;
            }
            let sold = f64::from(self.books.record.sales.drawn(week)[j]) * self.books.record.cars;
            *lot = DealerWeek {
                stock: dealers.stock(j),
                in_transit: dealers.in_transit(j),
                moved: Movement { ordered, ..*moved },
                pace: dealers.pace(j),
                disputed_duty_usd: [disputed, borne],
                ..*lot
            };
            let clean = cars(moved.landed) * normal[j];
            let duty_usd = clean + (disputed - sold * rebate[j]);
            self.books.record.sales.charge(week, j, duty_usd, disputed - sold * disputed_rebate(j));
        }
    }
}
