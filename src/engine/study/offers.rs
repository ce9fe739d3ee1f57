//! Offers and limits from the open threat to the deadline, day by day over worlds, and the dates of the deals.
//!
//! Offers are followed as if nobody signed before the deadline: in worlds that sign early the two sides would otherwise leave
//! the sample, and what is left would show those who are far apart.

use std::collections::BTreeMap;

use super::negotiation::{Negotiations, WorldOutcome, run_worlds, world};
use crate::model::governments::{Negotiation, Setup, State};
use crate::model::streams::Streams;
use crate::numerics::calendar::Day;
use crate::numerics::moments::Moments;

/// What is followed, one fan each.
pub const SERIES: [&str; 4] = ["limit_partner", "limit_home", "offer_partner", "offer_home"];
/// Probabilities of the quantiles.
pub const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];
/// Cells of a histogram over commitments from 0 to 1.
const CELLS: usize = 500;

/// One series on one day, over worlds.
#[derive(Clone, Debug)]
struct Cloud {
    moments: Moments,
    /// Counts of commitments exactly 0, then in cells, then exactly 1: limits are cut to these ends.
    counts: Vec<u64>,
}

impl Cloud {
    fn new() -> Self {
        Self { moments: Moments::default(), counts: vec![0; CELLS + 2] }
    }
    fn add(&mut self, x: f64) {
        self.moments.add(x);
        let cell = if x <= 0.0 {
            0
        } else if x >= 1.0 {
            CELLS + 1
        } else {
            1 + ((x * CELLS as f64) as usize).min(CELLS - 1)
        };
        self.counts[cell] += 1;
    }
    /// The commitment below which a share `p` of the worlds lies, to within a cell.
    fn quantile(&self, p: f64) -> f64 {
        let wanted = p * self.moments.count() as f64;
        let mut below = 0.0;
        for (cell, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let count = *count as f64;
            if below + count >= wanted {
                return match cell {
                    0 => 0.0,
                    cell if cell == CELLS + 1 => 1.0,
                    cell => (cell as f64 - 1.0 + (wanted - below) / count) / CELLS as f64,
                };
            }
            below += count;
        }
        f64::NAN
    }
}

/// One series on one day.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferRow {
    /// The day.
    pub day: Day,
    /// One of [`SERIES`].
    pub series: &'static str,
    /// Mean commitment over worlds.
    pub mean: f64,
    /// Its quantiles at [`QUANTILES`].
    pub quantiles: [f64; 5],
    /// Worlds.
    pub worlds: u64,
}

/// Follows limits and offers of `worlds` worlds from the open threat to the deadline, as if nobody signed.
#[must_use]
pub fn offers(setup: &Setup, seed: u64, worlds: u64) -> Vec<OfferRow> {
    let mut setup = setup.until_deadline();
    // More than any commitment: no deal is worth signing.
    setup.parameters.least_commitment = 2.0;
    let (first, last) = (setup.calendar.open_threat, setup.calendar.deadline);
    let days = (last - first + 1).max(0) as usize;
    let one = |streams: Streams| {
        let mut paths = Vec::with_capacity(days);
        let mut negotiation = Negotiation::new(&setup, streams);
        while negotiation.day() < last {
            negotiation.open_day();
            let today = negotiation.day();
            let limits = (today >= first).then(|| negotiation.limits());
            negotiation.close_day();
            if let Some(limits) = limits {
                let [partner, home] = negotiation.offers();
                paths.push([limits.partner, limits.home, partner, home]);
            }
        }
        paths
    };
    let mut clouds = vec![Cloud::new(); days * SERIES.len()];
    run_worlds(0..worlds, seed, one, |paths: Vec<[f64; 4]>| {
        for (cloud, x) in clouds.iter_mut().zip(paths.iter().flatten()) {
            cloud.add(*x);
        }
    });
    let row = |(at, cloud): (usize, &Cloud)| OfferRow {
        day: first + (at / SERIES.len()) as i32,
        series: SERIES[at % SERIES.len()],
        mean: cloud.moments.mean(),
        quantiles: QUANTILES.map(|p| cloud.quantile(p)),
        worlds: cloud.moments.count(),
    };
    clouds.iter().enumerate().map(row).collect()
}

/// Worlds whose first deal was struck on one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DealDay {
    /// The day.
    pub day: Day,
    /// Where the dispute stood.
    pub state: State,
    /// Deals.
    pub deals: u64,
    /// Share of all worlds.
    pub share: f64,
    /// Mean size of the deals.
    pub commitment: f64,
}

/// The dates of first deals, added world by world.
#[derive(Clone, Debug, Default)]
pub struct DealDays {
    days: BTreeMap<Day, (State, Moments)>,
    worlds: u64,
}

impl DealDays {
    /// Adds one world.
    pub fn add(&mut self, outcome: &WorldOutcome) {
        self.worlds += 1;
        if let Some(deal) = outcome.deal {
            let entry = self.days.entry(deal.settlement.signed);
            entry.or_insert((deal.state, Moments::default())).1.add(deal.settlement.commitment);
        }
    }
    /// The days in order; those without a deal are absent.
    #[must_use]
    pub fn days(&self) -> Vec<DealDay> {
        let day = |(day, (state, sizes)): (&Day, &(State, Moments))| DealDay {
            day: *day,
            state: *state,
            deals: sizes.count(),
            share: sizes.count() as f64 / self.worlds.max(1) as f64,
            commitment: sizes.mean(),
        };
        self.days.iter().map(day).collect()
    }
}

/// Runs `worlds` negotiations from 0: all metrics, and the dates of the deals.
#[must_use]
pub fn negotiate_with_dates(setup: &Setup, seed: u64, worlds: u64) -> (Negotiations, DealDays) {
    let (mut sums, mut dates) = (Negotiations::new(&setup.calendar), DealDays::default());
    run_worlds(
        0..worlds,
        seed,
        |streams| world(setup, streams),
        |outcome| {
            sums.add(&outcome);
            dates.add(&outcome);
        },
    );
    (sums, dates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_cloud_are_those_of_its_points() {
        let mut cloud = Cloud::new();
        (0..=1000).for_each(|i| cloud.add(f64::from(i) / 1000.0));
        for p in [0.05, 0.5, 0.95] {
            assert!((cloud.quantile(p) - p).abs() < 0.003, "{p}: {}", cloud.quantile(p));
        }
        let mut ends = Cloud::new();
        [-0.5, 0.0, 0.0, 1.0, 1.0].iter().for_each(|x| ends.add(*x));
        assert_eq!((ends.quantile(0.5), ends.quantile(0.9)), (0.0, 1.0));
        assert!(Cloud::new().quantile(0.5).is_nan());
    }
}
