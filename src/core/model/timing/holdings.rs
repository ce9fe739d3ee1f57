//! What buyers have and plan, under every regime that runs.

use crate::model::demand::kernel::prefetch::prefetch;
use crate::model::world::Start;

/// One buyer's car and his next purchase, under the regime of a lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Holding {
    /// Planned date of the next purchase, weeks.
    pub date: f64,
    /// Number of that purchase event.
    pub event: u32,
    /// Brand owned; [`NO_BRAND`](crate::model::world::NO_BRAND) for none.
    pub owned: u16,
    /// Whether the car is leased until then.
    pub leased: bool,
}

/// The holdings of all buyers under regimes that run together.
///
/// What belongs to one buyer stands side by side, 16 bytes a regime: regimes look at the same buyers in the same week, and find them on
/// the same cache lines.
#[derive(Clone, Debug)]
pub struct Holdings {
    rows: Vec<Holding>,
    regimes: usize,
    /// The first week in which each buyer plans to buy under any regime: 2 bytes that spare a look at most rows.
    soonest: Vec<u16>,
}

impl Holdings {
    /// How a replication begins, alike under all regimes that are `running`; under the others nobody plans to buy until they are
    /// made a copy of one that does.
    #[must_use]
    pub fn new(start: &Start, running: &[bool]) -> Self {
        let buyers = start.first_event_week.iter().zip(&start.owned).zip(&start.leased);
        let row = |((date, owned), leased): ((&f64, &u16), &bool)| {
            let own = Holding { date: *date, event: 0, owned: *owned, leased: *leased };
            running.iter().map(move |running| if *running { own } else { Holding { date: f64::INFINITY, ..own } })
        };
        let soonest = start.first_event_week.iter().map(|date| week_of(*date)).collect();
        Self { rows: buyers.flat_map(row).collect(), regimes: running.len(), soonest }
    }
    /// Number of buyers.
    #[must_use]
    pub fn buyers(&self) -> usize {
        self.rows.len() / self.regimes
    }
    /// One buyer's holdings, regime by regime.
    #[inline]
    #[must_use]
    pub fn of(&self, buyer: usize) -> &[Holding] {
        &self.rows[buyer * self.regimes..][..self.regimes]
    }
    /// One buyer's holding under the regime of a lane.
    #[inline]
    #[must_use]
    pub fn at(&self, buyer: usize, lane: usize) -> &Holding {
        &self.rows[buyer * self.regimes + lane]
    }
    /// Fetches the holdings of a buyer who is looked at soon.
    #[inline]
    pub fn prefetch(&self, buyer: usize) {
        prefetch(self.of(buyer));
    }
    /// The first week in which a buyer plans to buy under any of the regimes; 65,535 for all later ones.
    #[inline]
    #[must_use]
    pub fn soonest_week(&self, buyer: usize) -> u16 {
        self.soonest[buyer]
    }
    /// Replaces one buyer's holding under the regime of a lane.
    pub fn put(&mut self, buyer: usize, lane: usize, holding: Holding) {
        let row = &mut self.rows[buyer * self.regimes..][..self.regimes];
        row[lane] = holding;
        self.soonest[buyer] =
            week_of(row.iter().fold(f64::INFINITY, |least, own| if own.date < least { own.date } else { least }));
    }
    /// Makes the holdings in lane `to` those in lane `from`.
    pub fn copy(&mut self, from: usize, to: usize) {
        for row in self.rows.chunks_exact_mut(self.regimes) {
            row[to] = row[from];
        }
    }
}

fn week_of(date: f64) -> u16 {
    // Casts saturate.
    date as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::world::NO_BRAND;

    #[test]
    fn regimes_keep_apart_until_one_is_copied() {
        let start = Start { first_event_week: vec![3.5, 40.0], owned: vec![2, NO_BRAND], leased: vec![true, false] };
        let mut holdings = Holdings::new(&start, &[true; 3]);
        assert_eq!(holdings.buyers(), 2);
        assert_eq!([0, 1].map(|buyer| holdings.soonest_week(buyer)), [3, 40]);
        holdings.put(1, 2, Holding { date: 90.0, event: 1, owned: 0, leased: true });
        assert_eq!(holdings.soonest_week(1), 40);
        let dates = |holdings: &Holdings, buyer| holdings.of(buyer).iter().map(|h| h.date).collect::<Vec<_>>();
        assert_eq!(dates(&holdings, 0), [3.5, 3.5, 3.5]);
        assert_eq!(dates(&holdings, 1), [40.0, 40.0, 90.0]);
        holdings.copy(2, 0);
        assert_eq!(dates(&holdings, 1), [90.0, 40.0, 90.0]);
        assert_eq!(*holdings.at(1, 0), *holdings.at(1, 2));
        let last = Holding { date: 88.25, event: 1, owned: 0, leased: true };
        holdings.put(1, 1, last);
        assert_eq!(holdings.soonest_week(1), 88);
        let mut later = Holdings::new(&start, &[true, false]);
        assert_eq!(dates(&later, 0), [3.5, f64::INFINITY]);
        later.put(0, 0, last);
        later.copy(0, 1);
        assert_eq!((dates(&later, 0), later.soonest_week(0)), (vec![88.25, 88.25], 88));
        (0..3).for_each(|lane| holdings.put(1, lane, Holding { date: 1e9, ..last }));
        assert_eq!(holdings.soonest_week(1), u16::MAX);
        assert_eq!(*holdings.at(0, 1), Holding { date: 3.5, event: 0, owned: 2, leased: true });
    }
}
