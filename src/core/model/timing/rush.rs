//! Who buys early: step 4 of the week, for all regimes that run together.
//!
//! Who considers it in a week is the same under every regime, and so are his costs and his tastes.

use super::buyers::{Climate, Patience, Shopper};
use super::calendar::considering;
use super::shared::{AHEAD, Shared};
use super::weekly::{BOUND_SLACK, Lane};
use crate::model::demand::choice::Term;
use crate::model::trade::regime::Stage;

/// One regime in a week in which its buyers believe that prices may rise.
struct Front<'l, 'j, 'a> {
    lane: &'l Lane<'j, 'a>,
    climate: Climate<'l>,
    /// Public belief in the duty.
    public: f64,
    /// Expected prices with the duty and without it, as buyers feel them.
    with: Term,
    without: Term,
    /// Week in which it is decided; now, if it has been.
    decision: f64,
    /// Planned dates of those who may buy early: from the first on, before the second.
    dates: [f64; 2],
    open: bool,
    /// The most that anybody gains by buying now who is sure that there will be no duty, and who is sure that there will be, USD.
    most_usd: [f64; 2],
    /// Buyers, places of their events in the draws, and weeks by which they buy early.
    found: Vec<(u32, usize, f64)>,
}

/// A buyer for whom it may pay to buy early under one regime.
struct Tempted {
    buyer: u32,
    /// Place of his event in the draws.
    place: usize,
    /// His belief in the duty.
    believed: f64,
    /// Weeks by which he would buy early, and what that costs him.
    weeks: f64,
    cost_usd: f64,
}

/// Adds this week's early buyers to the entrants of each regime.
pub(super) fn rush(lanes: &mut [Option<Lane<'_, '_>>], shared: &mut Shared<'_>, week: usize) {
    let Shared { holdings, shopper, patience, usual_share, .. } = shared;
    let front = |lane| Front::new(lane, week, |lane: &_| Lane::climate(lane, holdings, usual_share));
    let mut fronts: Vec<Front<'_, '_, '_>> = lanes.iter().flatten().filter_map(front).collect();
    let Some(first) = fronts.first() else { return };
    let (streams, parameters) = (first.lane.job.streams, &first.lane.job.timing.anticipation);
    let [_, end] = first.dates;
    let mut may: Vec<usize> = Vec::new();
    considering(streams, week, holdings.buyers(), parameters.consider_per_week, |buyer| {
        if f64::from(holdings.soonest_week(buyer)) < end {
            may.push(buyer);
        }
    });
    // Once all are found, so that their events are drawn side by side.
    let mut tempted = Vec::new();
    for (at, buyer) in may.iter().copied().enumerate() {
        if let Some(next) = may.get(at + AHEAD) {
            holdings.prefetch(*next);
        }
        let mut own = None;
        for (at, front) in fronts.iter().enumerate() {
            let holding = &holdings.of(buyer)[front.lane.at];
            let [from, to] = front.dates;
            if holding.date < from || holding.date >= to || (holding.leased && !parameters.leases_movable) {
                continue;
            }
            let own = own.get_or_insert_with(|| patience.of(buyer));
            let tempts =
                front.tempts(buyer as u32, holding.date, own, week, || shopper.draws.find(buyer as u32, holding.event));
            tempted.extend(tempts.map(|tempted| (at, tempted)));
        }
    }
    for (at, tempted) in &tempted {
        fronts[*at].decide(tempted, shopper);
    }
    let found: Vec<_> = fronts.into_iter().map(|front| (front.lane.at, front.found)).collect();
    for (at, found) in found {
        if let Some(lane) = &mut lanes[at] {
            found.into_iter().for_each(|(buyer, place, weeks)| lane.rushes(buyer, place, weeks));
        }
    }
}

impl<'l, 'j, 'a> Front<'l, 'j, 'a> {
    /// Nothing where nobody has a reason to rush.
    fn new(lane: &'l Lane<'j, 'a>, week: usize, climate: impl FnOnce(&'l Lane<'j, 'a>) -> Climate<'l>) -> Option<Self> {
        let (job, stage) = (lane.job, lane.course.stage(week));
        let public = match stage {
            Stage::Quiet => 0.0,
            Stage::Imposed => job.belief.once_imposed,
            Stage::Threatened | Stage::Announced => job.belief.while_open.get(week).copied().unwrap_or(0.0),
        };
        let outlook = job.plan.outlook(week).filter(|_| public > 0.0)?;
        let first = (week + 1) as f64;
        let beyond = first + f64::from(job.timing.anticipation.look_ahead_weeks);
        let deadline = lane.course.deadline(week);
        let mut front = Self {
            lane,
            climate: climate(lane),
            public,
            with: lane.felt_with_incentives(week, &outlook.with_usd),
            without: lane.felt_with_incentives(week, &outlook.without_usd),
            decision: if stage.is_open() { deadline } else { week as f64 },
            dates: [first.max(deadline), beyond],
            open: stage.is_open(),
            most_usd: [0.0; 2],
            found: Vec::new(),
        };
        let present = || (0..lane.absent.len()).filter(|model| !lane.absent[*model]);
        let most = |believed: f64| present().map(|model| front.gain_at_most_usd(model, believed)).fold(0.0, f64::max);
        front.most_usd = [most(0.0), most(1.0)];
        Some(front)
    }

    /// The most that somebody who wants `model` now gains by buying it now, USD: with j the choice now, U at other prices is at least
    /// that of j there, so the gain is at most what j is cheaper now.
    fn gain_at_most_usd(&self, model: usize, believed: f64) -> f64 {
        let [now, quiet, taxed] = [&self.lane.prices, &self.without, &self.with].map(|prices| prices.values()[model]);
        BOUND_SLACK * ((1.0 - believed) * (quiet - now) + believed * (taxed - now))
    }

    /// Whether it may pay a buyer who plans to buy at `planned` to buy now; `place` finds the place of his event.
    fn tempts(
        &self,
        buyer: u32,
        planned: f64,
        patience: &Patience,
        week: usize,
        place: impl FnOnce() -> usize,
    ) -> Option<Tempted> {
        let job = self.lane.job;
        let public = job.belief.at_purchase(self.public, planned - self.decision);
        // Opinions differ on whether a threat will be carried out; a duty in force is there for all to see.
        let (believed, lag) = match self.open {
            true => (patience.belief(public, job.timing.anticipation.polarisation), patience.stock_lag_weeks),
            false => (public, 0.0),
        };
        if believed <= 0.0 || planned < self.lane.course.deadline(week) + lag {
            return None;
        }
        let weeks = planned - week as f64;
        let cost_usd = patience.early_cost_usd(weeks);
        // The largest of functions linear in the belief lies below the line between its ends.
        let [sure_not, sure] = self.most_usd;
        if ((1.0 - believed) * sure_not + believed * sure) * BOUND_SLACK <= cost_usd {
            return None;
        }
        Some(Tempted { buyer, place: place(), believed, weeks, cost_usd })
    }

    /// Whether he buys now.
    fn decide(&mut self, tempted: &Tempted, shopper: &mut Shopper<'_>) {
        let Tempted { buyer, place, believed, weeks, cost_usd } = *tempted;
        shopper.seat(place, &self.climate);
        let (wanted, now) = shopper.choose_present(&self.lane.prices, &self.lane.absent);
        if wanted.is_none_or(|model| self.gain_at_most_usd(model, believed) <= cost_usd) {
            return;
        }
        let (quiet, taxed) = (shopper.choose(&self.without).1, shopper.choose(&self.with).1);
        let gain_usd = (now - (1.0 - believed) * quiet - believed * taxed) / shopper.price_response();
        if gain_usd > cost_usd {
            self.found.push((buyer, place, weeks));
        }
    }
}
