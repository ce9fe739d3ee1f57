//! One replication of one regime, week by week.
//!
//! Buyers come to market when their car is due: a calendar holds them by week, so those who are not due cost nothing.
//! Each purchase event draws its own unobserved tastes (seed, replication, buyer, event, model), whatever the week or the
//! regime, so that a price change moves only the choices it touches. A choice is the maximum of V + Gumbel noise, taken
//! in race form: argmax of exp(V) / E with E exponential. Beside each drawn choice its probabilities are summed.

use super::accounts::{JobBooks, Surplus};
use super::demand::StopAsked;
use super::demand::choice::{Column, Race};
use super::market::HoldingParameters;
use super::outcome::{Layout, Outcome};
use super::plan::{Phase, RegimePlan};
use super::sales::Sales;
use super::scenario::Scenario;
use super::streams::{Purpose, Streams};
use super::world::{Options, Start, World};
use crate::numerics::elementary::ln;
use crate::numerics::gamma::Gamma;

/// One job without a layer of time: the scenario under one regime, in one world.
#[derive(Clone, Copy, Debug)]
pub struct StaticJob<'a> {
    /// The buyers and the base year.
    pub world: &'a World,
    /// How the replication starts.
    pub start: &'a Start,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// What is reported.
    pub layout: &'a Layout,
    /// Prices of the regime.
    pub plan: &'a RegimePlan,
    /// The plan that lost and won buyers are judged by: what each buyer would have chosen at its prices, with the same draws and the same
    /// car in the garage.
    pub baseline: &'a RegimePlan,
    /// The replication's draws.
    pub streams: &'a Streams,
    /// Who may ask it to stop; it asks in every week.
    pub stop: StopAsked<'a>,
}

impl StaticJob<'_> {
    /// Runs the job and fills the slots of the layout; nothing once it is asked to stop.
    #[must_use]
    pub fn simulate(&self) -> Option<Outcome> {
        let StaticJob { world, start, scenario, layout, plan, baseline, streams, stop } = *self;
        let options = &world.options;
        let models = options.models();
        let mut sales = Sales::with_traffic(scenario.weeks, models, &scenario.traffic);
        let mut switched = vec![0.0; models * (models + 1)];
        let households = scenario.households_per_buyer();
        let classes = layout.accounts.as_ref().map(|accounts| &accounts.classes);
        let mut surplus = Surplus::new(scenario.weeks);
        let intervals = HoldingTimes::new(&scenario.holding);

        let mut owned = start.owned.clone();
        let mut date = start.first_event_week.clone();
        let mut events = vec![0_u32; world.buyers.len()];
        let mut calendar = Calendar::new(scenario.weeks, &date);
        let mut race = Race::new(models);
        let mut weights = options.table.zeros();
        let mut expected = options.table.zeros();

        let columns = |plan: &RegimePlan| -> Vec<Column> {
            let felt = |phase: &Phase| Column::new(&world.products.felt_prices(&phase.sticker_price_usd), 0.0);
            plan.phases().iter().map(felt).collect()
        };
        let (price_columns, baseline_columns) = (columns(plan), columns(baseline));
        // Where models come and go: the options of each phase.
        let narrow = |plan: &RegimePlan| -> Vec<Option<Options>> {
            let of = |phase: &Phase| (!phase.on_sale.is_empty()).then(|| options.on_sale(&phase.on_sale));
            plan.phases().iter().map(of).collect()
        };
        let (narrow, baseline_narrow) = (narrow(plan), narrow(baseline));

        for week in 0..scenario.weeks as usize {
            if stop.is_asked() {
                return None;
            }
            let prices = &price_columns[plan.phase_index(week)];
            let before = &baseline_columns[baseline.phase_index(week)];
            let on_sale = narrow[plan.phase_index(week)].as_ref().unwrap_or(options);
            let on_sale_before = baseline_narrow[baseline.phase_index(week)].as_ref().unwrap_or(options);
            let differs = prices != before || plan.phase(week).on_sale != baseline.phase(week).on_sale;
            let mut outside_expected = 0.0;
            let buyers_worth = households * sales.traffic(week);
            expected.values_mut().fill(0.0);
            while let Some(buyer) = calendar.take(week) {
                let (address, number) = (buyer as u64, u64::from(events[buyer]));
                race.draw(options.chooser, &mut streams.at(Purpose::Taste, address, number));
                let (tastes, alpha) = (world.buyers.tastes_of(buyer), world.buyers.price_response[buyer]);
                let outside = world.buyers.outside_weight[buyer];
                let weigh = |prices: &Column, on_sale: &Options, weights: &mut Column| {
                    let intercepts = on_sale.intercepts(owned[buyer]).exact();
                    options.chooser.exp_utilities(&options.table, intercepts, prices, tastes, alpha, weights);
                };
                weigh(prices, on_sale, &mut weights);
                let total = options.chooser.add_probabilities(&weights, outside, 1.0, &mut expected);
                outside_expected += outside / total;
                if let Some(classes) = classes {
                    let class = classes.of(world.buyers.income[buyer], start.owned[buyer]);
                    surplus.add(week, class, households * ln(total) / alpha);
                }
                let choice = options.chooser.by_race(&weights, outside, &race);
                sales.count(week, choice.unwrap_or(models));
                if differs {
                    weigh(before, on_sale_before, &mut weights);
                    let at_baseline = options.chooser.by_race(&weights, outside, &race);
                    if let Some(lost) = at_baseline.filter(|_| at_baseline != choice) {
                        switched[lost * (models + 1) + choice.unwrap_or(models)] += buyers_worth;
                    }
                }
                owned[buyer] = options.brand_after(choice);
                events[buyer] += 1;
                if !scenario.one_shot {
                    date[buyer] += intervals.draw(streams, address, number).weeks;
                    calendar.put(buyer, date[buyer]);
                }
            }
            sales.expect(week, expected.values(), outside_expected);
        }
        let mut outcome = Outcome::from_sales(layout, plan, &sales, households, switched);
        if let Some(accounts) = &layout.accounts {
            let books = JobBooks { plan, baseline, sales: &sales, cars: households, surplus: &surplus };
            accounts.fill(&mut outcome.values, &books);
        }
        Some(outcome)
    }
}

/// Buyers by the week in which they are next due, as one linked list a week.
struct Calendar {
    first: Vec<u32>,
    next: Vec<u32>,
}

const NOBODY: u32 = u32::MAX;

impl Calendar {
    fn new(weeks: u32, dates: &[f64]) -> Self {
        let mut calendar = Self { first: vec![NOBODY; weeks as usize], next: vec![NOBODY; dates.len()] };
        // From the last buyer to the first, so that a week's list begins with its first buyer.
        for (buyer, date) in dates.iter().enumerate().rev() {
            calendar.put(buyer, *date);
        }
        calendar
    }
    /// Enters a buyer at a date, in weeks; dates beyond the horizon are forgotten.
    fn put(&mut self, buyer: usize, date: f64) {
        let week = date.floor();
        if week < self.first.len() as f64 {
            let slot = &mut self.first[week as usize];
            self.next[buyer] = *slot;
            *slot = buyer as u32;
        }
    }
    /// The next buyer due in a week, once.
    fn take(&mut self, week: usize) -> Option<usize> {
        let buyer = self.first[week];
        if buyer == NOBODY {
            return None;
        }
        self.first[week] = self.next[buyer as usize];
        Some(buyer as usize)
    }
}

/// Time between two purchase events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct HoldingTime {
    /// Its length.
    pub weeks: f64,
    /// Whether it is a lease.
    pub lease: bool,
}

/// The law of the intervals between purchase events.
pub(super) struct HoldingTimes<'a> {
    holding: &'a HoldingParameters,
    purchase: Option<Gamma>,
}

impl<'a> HoldingTimes<'a> {
    pub fn new(holding: &'a HoldingParameters) -> Self {
        let scale = holding.purchase_mean_weeks / holding.purchase_shape;
        // A law that cannot be made was refused when the buyers were drawn.
        Self { holding, purchase: Gamma::new(holding.purchase_shape, scale).ok() }
    }
    /// The interval that follows purchase event `event` of a buyer: a lease of a given length, or a gamma draw.
    pub fn draw(&self, streams: &Streams, buyer: u64, event: u64) -> HoldingTime {
        let mut stream = streams.at(Purpose::Holding, buyer, event);
        let u = stream.uniform_open();
        if u < self.holding.lease_share {
            let lengths = &self.holding.lease_weeks;
            let pick = (u / self.holding.lease_share * lengths.len() as f64) as usize;
            return HoldingTime { weeks: lengths[pick.min(lengths.len() - 1)], lease: true };
        }
        HoldingTime { weeks: self.purchase.map_or(f64::INFINITY, |law| stream.gamma(&law)), lease: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_gives_each_buyer_back_once_in_his_week() {
        let mut calendar = Calendar::new(3, &[0.2, 2.9, 0.9, 3.0, 1e9]);
        assert_eq!([calendar.take(0), calendar.take(0), calendar.take(0)], [Some(0), Some(2), None]);
        calendar.put(0, 2.0);
        assert_eq!(calendar.take(1), None);
        assert_eq!([calendar.take(2), calendar.take(2), calendar.take(2)], [Some(0), Some(1), None]);
    }

    /// Mean interval .35 x 130 + .65 x 260 = 214.5 weeks; sd about 125, so four standard errors of 40,000 draws are 2.5.
    #[test]
    fn intervals_have_their_mean_and_depend_only_on_their_address() {
        let holding = HoldingParameters {
            lease_share: 0.35,
            lease_weeks: vec![104.0, 156.0],
            purchase_shape: 4.0,
            purchase_mean_weeks: 260.0,
        };
        let (intervals, streams) = (HoldingTimes::new(&holding), Streams::new(0, 3));
        let n = 40_000;
        let mean = (0..n).map(|buyer| intervals.draw(&streams, buyer, 1).weeks).sum::<f64>() / n as f64;
        assert!((mean - 214.5).abs() < 2.5, "mean {mean}");
        assert_eq!(intervals.draw(&streams, 17, 1), intervals.draw(&streams, 17, 1));
        assert_ne!(intervals.draw(&streams, 17, 1), intervals.draw(&streams, 17, 2));
    }
}
