//! Who owns which brand: owners at the end of a period, and how often they buy the brand again.

use crate::model::metrics::metrics;
use crate::model::scenario::Period;
use crate::model::world::NO_BRAND;

metrics! {
    /// What is kept of a brand's owners in a period.
    OwnerMetric {
        /// Owners at the end of the period over all buyers.
        OwnerShare,
        /// Purchase events of its owners, with or without a purchase, in households.
        Events,
        /// Of those, the share in which they bought the brand again; not defined without events.
        RepurchaseShare,
    }
}

/// Owners of one brand in one week.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OwnerWeek {
    /// At the end of the week, in buyers.
    pub owners: u32,
    /// Owners of the brand who came to market.
    pub events: u32,
    /// Of those, who bought it again.
    pub repurchases: u32,
}

/// Owners by week and brand, those of none of the brands last.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnerBook {
    weeks: Vec<OwnerWeek>,
    now: Vec<u32>,
    buyers: f64,
}

impl OwnerBook {
    /// The book of `weeks` weeks that start with `owned`, the brand of each buyer, of `brands` brands.
    #[must_use]
    pub fn new(weeks: usize, brands: usize, owned: &[u16]) -> Self {
        let mut now = vec![0; brands + 1];
        owned.iter().for_each(|brand| now[place(*brand, brands)] += 1);
        Self { weeks: vec![OwnerWeek::default(); weeks * (brands + 1)], now, buyers: owned.len() as f64 }
    }
    /// A buyer who owned `before` came to market and owns `after`; both may be [`NO_BRAND`].
    pub fn replace(&mut self, week: usize, before: u16, after: u16) {
        let brands = self.now.len() - 1;
        let (from, to) = (place(before, brands), place(after, brands));
        self.now[from] -= 1;
        self.now[to] += 1;
        let row = &mut self.weeks[week * (brands + 1) + from];
        row.events += 1;
        row.repurchases += u32::from(from == to);
    }
    /// Closes a week.
    pub fn close(&mut self, week: usize) {
        let rows = self.now.len();
        for (row, owners) in self.weeks[week * rows..][..rows].iter_mut().zip(&self.now) {
            row.owners = *owners;
        }
    }
    /// Owners of a brand in a week; of none of the brands if `brand` is their number.
    #[must_use]
    pub fn of(&self, week: usize, brand: usize) -> OwnerWeek {
        self.weeks[week * self.now.len() + brand]
    }
}

fn place(brand: u16, brands: usize) -> usize {
    if brand == NO_BRAND { brands } else { usize::from(brand) }
}

/// Slots of the owners.
#[derive(Clone, Copy, Debug)]
pub struct OwnerLayout {
    /// Brands, and one row more for owners of none.
    pub rows: usize,
    periods: usize,
}

impl OwnerLayout {
    /// The rows of `brands` brands in so many periods.
    #[must_use]
    pub fn new(periods: usize, brands: usize) -> Self {
        Self { rows: brands + 1, periods }
    }
    /// Slot of a brand's metric in a period, from the first of the owners.
    #[must_use]
    pub fn slot(&self, metric: OwnerMetric, period: usize, brand: usize) -> usize {
        (period * self.rows + brand) * OwnerMetric::ALL.len() + metric as usize
    }
    /// Number of slots.
    #[must_use]
    pub fn len(&self) -> usize {
        self.periods * self.rows * OwnerMetric::ALL.len()
    }

    /// Fills the slots of these periods from a book; a buyer stands for `cars` households.
    pub fn fill(&self, values: &mut [f64], periods: &[Period], book: &OwnerBook, cars: f64) {
        for (p, period) in periods.iter().enumerate() {
            for brand in 0..self.rows {
                let weeks = || (period.from as usize..period.to as usize).map(|week| book.of(week, brand));
                let events: u32 = weeks().map(|week| week.events).sum();
                let again: u32 = weeks().map(|week| week.repurchases).sum();
                let last = weeks().next_back().map_or(0, |week| week.owners);
                values[self.slot(OwnerMetric::OwnerShare, p, brand)] = f64::from(last) / book.buyers;
                values[self.slot(OwnerMetric::Events, p, brand)] = f64::from(events) * cars;
                values[self.slot(OwnerMetric::RepurchaseShare, p, brand)] = f64::from(again) / f64::from(events);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_follow_from_purchases() {
        let mut book = OwnerBook::new(2, 2, &[0, 0, 1, NO_BRAND]);
        book.replace(0, 0, 0);
        book.replace(0, NO_BRAND, 1);
        book.close(0);
        book.replace(1, 0, NO_BRAND);
        book.close(1);
        let rows = |week: usize| [0, 1, 2].map(|brand| book.of(week, brand));
        let week = |owners, events, repurchases| OwnerWeek { owners, events, repurchases };
        assert_eq!(rows(0), [week(2, 1, 1), week(2, 0, 0), week(0, 1, 0)]);
        assert_eq!(rows(1), [week(1, 1, 0), week(2, 0, 0), week(1, 0, 0)]);
    }
}
