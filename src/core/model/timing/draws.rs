//! What a purchase event draws, whatever the regime and the prices.
//!
//! Tastes, the length of the interval that follows and the place in the week's queue belong to (replication, buyer, event) and
//! (replication, buyer, week). Regimes that run together meet the same buyers in the same week, so what was drawn for one of them is
//! kept for the others until the week is over. When it is drawn, beside what, and how often, changes no number.
//!
//! Tastes and Gumbel draws of eight events are drawn side by side: an event that is found is given its place, and drawn with its
//! neighbours when a choice first turns on it.

use crate::model::accounts::slots::BuyerClasses;
use crate::model::accounts::{FIFTHS, fifth_of, income_fifths};
use crate::model::demand::choice::{EVENTS, EightBuyers, EightSeen, Idiosyncratic, PriceStep, Term};
use crate::model::outcome::Layout;
use crate::model::scenario::Scenario;
use crate::model::simulation::{HoldingTime, HoldingTimes};
use crate::model::streams::{Purpose, Streams};
use crate::model::world::{Start, World};

/// One purchase event of one buyer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    pub buyer: u32,
    pub event: u32,
    /// Income fifth.
    pub fifth: usize,
    /// Class of the buyer in the accounts.
    pub class: usize,
    /// Price response per USD.
    pub price_response: f64,
    order: Option<u64>,
    interval: Option<HoldingTime>,
}

/// What the buyers of eight events see in front of some prices.
#[derive(Debug, Default)]
struct GroupLook {
    /// Whether they have looked.
    looked: bool,
    seen: EightSeen,
    /// What they take at these prices.
    options: [Option<usize>; EVENTS],
}

/// The events drawn in a week.
pub(super) struct Draws<'a> {
    world: &'a World,
    start: &'a Start,
    classes: Option<&'a BuyerClasses>,
    streams: &'a Streams,
    intervals: HoldingTimes<'a>,
    /// Income at which each fifth but the first begins.
    fifths: [f64; FIFTHS - 1],
    /// The place of the last event drawn for each buyer, from 1; 0 for none.
    place: Vec<u32>,
    /// This week's.
    events: Vec<Draw>,
    /// Room for tastes and Gumbel draws, of eight events each.
    utilities: Vec<Idiosyncratic>,
    /// The first so many events have theirs.
    drawn: usize,
    /// What one regime's buyers see, eight events at a time.
    looks: Vec<GroupLook>,
}

impl<'a> Draws<'a> {
    pub fn new(
        world: &'a World,
        start: &'a Start,
        scenario: &'a Scenario,
        layout: &'a Layout,
        streams: &'a Streams,
    ) -> Self {
        Self {
            world,
            start,
            classes: layout.accounts.as_ref().map(|accounts| &accounts.classes),
            streams,
            intervals: HoldingTimes::new(&scenario.holding),
            fifths: income_fifths(&scenario.demand),
            place: vec![0; world.buyers.len()],
            events: Vec::new(),
            utilities: Vec::new(),
            drawn: 0,
            looks: Vec::new(),
        }
    }

    /// Forgets the events of the week before.
    pub fn new_week(&mut self) {
        for event in &self.events {
            self.place[event.buyer as usize] = 0;
        }
        self.events.clear();
        self.drawn = 0;
    }

    /// The place of a purchase event of a buyer.
    pub fn find(&mut self, buyer: u32, event: u32) -> usize {
        let i = buyer as usize;
        let known = (self.place[i] as usize).checked_sub(1);
        if let Some(at) = known.filter(|at| self.events[*at].event == event) {
            return at;
        }
        let buyers = &self.world.buyers;
        let income = buyers.income[i];
        self.events.push(Draw {
            buyer,
            event,
            fifth: fifth_of(income, &self.fifths),
            class: self.classes.map_or(0, |classes| classes.of(income, self.start.owned[i])),
            price_response: buyers.price_response[i],
            order: None,
            interval: None,
        });
        self.place[i] = self.events.len() as u32;
        self.events.len() - 1
    }

    /// Draws tastes and Gumbel draws of all events found so far, unless the one at `place` has them.
    #[inline]
    pub fn draw(&mut self, place: usize) {
        if place >= self.drawn {
            self.draw_found();
        }
    }

    fn draw_found(&mut self) {
        let (world, options) = (self.world, &self.world.options);
        while self.drawn < self.events.len() {
            let group = self.drawn / EVENTS;
            if self.utilities.len() == group {
                self.utilities.push(options.table.room());
            }
            let found = &self.events[self.drawn..];
            // Lanes without an event repeat the first, and are not looked at.
            let eight: [&Draw; EVENTS] = std::array::from_fn(|lane| found.get(lane).unwrap_or(&found[0]));
            let buyers = eight.map(|event| event.buyer as usize);
            let (agents, indexes) =
                (eight.map(|event| u64::from(event.buyer)), eight.map(|event| u64::from(event.event)));
            let streams = self.streams.eight_addresses(Purpose::Taste, agents, indexes);
            let (tastes, outside) =
                (buyers.map(|i| world.buyers.tastes_of(i)), buyers.map(|i| world.buyers.outside[i]));
            self.utilities[group].draw(options.chooser, &options.table, tastes, outside, &streams);
            self.drawn += EVENTS;
        }
        // The rest of the last eight stay empty: events found later are drawn with others.
        if let Some(last) = self.events.last().copied() {
            self.events.resize(self.drawn, last);
        }
    }

    /// The event at a place that [`Self::find`] gave this week.
    #[inline]
    pub fn at(&self, place: usize) -> &Draw {
        &self.events[place]
    }

    /// The choice of largest utility at intercepts and prices of an event that is drawn, and that utility.
    #[inline]
    pub fn choice(&mut self, place: usize, intercepts: &Term, prices: &Term) -> (Option<usize>, f64) {
        let (options, alpha) = (&self.world.options, self.events[place].price_response);
        let own = &mut self.utilities[place / EVENTS];
        options.chooser.by_utility(intercepts, prices, alpha, &mut own.event(&options.table, place % EVENTS))
    }

    /// The same choice sooner, without its utility.
    #[inline]
    pub fn option(&mut self, place: usize, intercepts: &Term, prices: &Term) -> Option<usize> {
        let (options, alpha) = (&self.world.options, self.events[place].price_response);
        let own = &mut self.utilities[place / EVENTS];
        options.chooser.option_by_utility(intercepts, prices, alpha, &mut own.event(&options.table, place % EVENTS))
    }

    /// Draws what has been found, and forgets what was seen of the options.
    pub fn look_anew(&mut self) {
        self.draw_found();
        self.looks.resize_with(self.utilities.len().max(self.looks.len()), Default::default);
        self.looks.iter_mut().for_each(|look| look.looked = false);
    }

    /// Looks at the options of the event at `place`, and of those it was drawn with, in front of `prices`, unless that has been done since
    /// [`Self::look_anew`]; `owned` is what buyers own.
    #[inline]
    pub fn look(&mut self, place: usize, prices: &Term, owned: impl Fn(usize) -> u16) {
        let (group, options) = (place / EVENTS, &self.world.options);
        let look = &mut self.looks[group];
        if !look.looked {
            let events: [&Draw; EVENTS] = std::array::from_fn(|event| &self.events[group * EVENTS + event]);
            let intercepts = events.map(|event| options.intercepts(owned(event.buyer as usize)));
            let eight = EightBuyers { intercepts, alphas: events.map(|event| event.price_response) };
            let (chooser, table, room) = (options.chooser, &options.table, &mut self.utilities[group]);
            chooser.look(&eight, prices, room, &mut look.seen);
            chooser.options_seen(&look.seen, &eight, (prices, None), table, room, &mut look.options);
            look.looked = true;
        }
    }

    /// The option taken at the prices that were looked at.
    #[inline]
    pub fn option_seen(&self, place: usize) -> Option<usize> {
        let look = &self.looks[place / EVENTS];
        debug_assert!(look.looked, "a look before the choice");
        look.options[place % EVENTS]
    }

    /// The choice and its utility after a look, at the prices that were looked at, or others that the change leads to; intercepts are those of
    /// the look.
    #[inline]
    pub fn choice_seen(
        &mut self,
        place: usize,
        intercepts: &Term,
        prices: (&Term, Option<&PriceStep>),
    ) -> (Option<usize>, f64) {
        let (options, alpha) = (&self.world.options, self.events[place].price_response);
        let look = &self.looks[place / EVENTS];
        debug_assert!(look.looked, "a look before the choice");
        let event = &mut self.utilities[place / EVENTS].event(&options.table, place % EVENTS);
        options.chooser.choice_seen(&look.seen, intercepts, prices, alpha, event)
    }

    /// The buyer's place in the queue of `week`.
    pub fn order(&mut self, place: usize, week: usize) -> u64 {
        let (streams, event) = (self.streams, &mut self.events[place]);
        *event.order.get_or_insert_with(|| {
            streams.at(Purpose::Queue, u64::from(event.buyer), week as u64).uniform_open().to_bits()
        })
    }

    /// The interval that follows the event.
    pub fn interval(&mut self, place: usize) -> HoldingTime {
        let (streams, intervals, event) = (self.streams, &self.intervals, &mut self.events[place]);
        let (buyer, number) = (u64::from(event.buyer), u64::from(event.event));
        *event.interval.get_or_insert_with(|| intervals.draw(streams, buyer, number))
    }
}
