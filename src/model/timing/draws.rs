//! What a purchase event draws, whatever the regime and the prices.
//!
//! Tastes, the length of the interval that follows and the place in the week's queue belong to (replication, buyer, event) and
//! (replication, buyer, week). Regimes that run together meet the same buyers in the same week, so what was drawn for one of them is
//! kept for the others until the week is over. When it is drawn, and how often, changes no number.

use crate::model::accounts::slots::BuyerClasses;
use crate::model::accounts::{FIFTHS, fifth_of, income_fifths};
use crate::model::demand::choice::Idiosyncratic;
use crate::model::outcome::Layout;
use crate::model::scenario::Scenario;
use crate::model::simulation::{HoldingTime, HoldingTimes};
use crate::model::streams::{Purpose, Streams};
use crate::model::world::{Start, World};

/// One purchase event of one buyer.
#[derive(Debug)]
pub(super) struct Draw {
    pub buyer: u32,
    pub event: u32,
    /// Income fifth.
    pub fifth: usize,
    /// Class of the buyer in the accounts.
    pub class: usize,
    /// Price response per USD.
    pub price_response: f64,
    /// Tastes and Gumbel draws.
    pub utilities: Idiosyncratic,
    order: Option<u64>,
    interval: Option<HoldingTime>,
}

impl Draw {
    /// Room for an event among `models` models.
    fn room(models: usize) -> Self {
        let utilities = Idiosyncratic::new(models);
        Self { buyer: 0, event: 0, fifth: 0, class: 0, price_response: 0.0, utilities, order: None, interval: None }
    }
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
    /// Room for events; the first `drawn` are this week's.
    events: Vec<Draw>,
    drawn: usize,
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
            drawn: 0,
        }
    }

    /// Forgets the events of the week before.
    pub fn new_week(&mut self) {
        for event in &self.events[..self.drawn] {
            self.place[event.buyer as usize] = 0;
        }
        self.drawn = 0;
    }

    /// The place of a purchase event of a buyer, drawn if it was not yet.
    pub fn find(&mut self, buyer: u32, event: u32) -> usize {
        let known = (self.place[buyer as usize] as usize).checked_sub(1);
        if let Some(at) = known.filter(|at| self.events[*at].event == event) {
            return at;
        }
        let (at, i, world) = (self.drawn, buyer as usize, self.world);
        let options = &world.options;
        if self.events.len() == at {
            self.events.push(Draw::room(options.models()));
        }
        let draw = &mut self.events[at];
        let income = world.buyers.income[i];
        (draw.buyer, draw.event, draw.order, draw.interval) = (buyer, event, None, None);
        draw.fifth = fifth_of(income, &self.fifths);
        draw.class = self.classes.map_or(0, |classes| classes.of(income, self.start.owned[i]));
        draw.price_response = world.buyers.price_response[i];
        let mut stream = self.streams.at(Purpose::Taste, u64::from(buyer), u64::from(event));
        let (tastes, outside) = (world.buyers.tastes_of(i), world.buyers.outside[i]);
        draw.utilities.draw(options.chooser, &options.table, tastes, outside, &mut stream);
        self.drawn += 1;
        self.place[i] = self.drawn as u32;
        at
    }

    /// The event at a place that [`Self::find`] gave this week.
    #[inline]
    pub fn at(&self, place: usize) -> &Draw {
        &self.events[place]
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
