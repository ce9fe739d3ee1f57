//! The lots of one run over its whole horizon, by group and by model: how much sales and orders vary, how many days of
//! supply stand there, how often a first choice is not to be had, and how long cars free of the disputed duty last.

use super::dealers::{GRAINS, sales};
use super::record::TimingRecord;
use crate::model::market::Market;
use crate::model::outcome::{Group, Layout, metrics};

metrics! {
    /// What is kept of the lots over the horizon.
    LotMetric {
        /// Coefficient of variation of weekly sales: standard deviation over weeks, by the mean.
        SalesVariation,
        /// The same of weekly orders.
        OrdersVariation,
        /// Mean over weeks of stock over the mean of weekly first choices of late, days.
        DaysOfSupply,
        /// Its smallest value in any week.
        LeastDaysOfSupply,
        /// Its largest.
        MostDaysOfSupply,
        /// Share of first choices in excess of sales, counted by model and week.
        UnmetShare,
        /// Weeks from the date of liability (of the duty, where there is none) to the end of the week that leaves no clean
        /// car; not defined where clean cars outlast the dispute. Of a group: mean over its models in dispute, base-year
        /// volumes as weights.
        CleanWeeks,
    }
}

/// Models whose lots are summed up together.
#[derive(Clone, Debug, PartialEq)]
pub struct LotGroup {
    /// Region and list; none for the whole market.
    pub group: Option<Group>,
    /// The model; none for a group.
    pub model: Option<usize>,
    members: Vec<usize>,
}

/// Rows of the summary.
#[derive(Clone, Debug)]
pub struct LotLayout {
    /// The whole market, its groups, then its models in the order of the market.
    pub rows: Vec<LotGroup>,
}

impl LotLayout {
    /// The rows of a market.
    #[must_use]
    pub fn new(layout: &Layout, market: &Market) -> Self {
        let group = |j: usize| Some(layout.groups[layout.group_of_option(j)].clone());
        let mut rows = vec![LotGroup { group: None, model: None, members: (0..market.len()).collect() }];
        for (g, own) in layout.groups.iter().enumerate() {
            let members: Vec<usize> = (0..market.len()).filter(|j| layout.group_of_option(*j) == g).collect();
            if !members.is_empty() {
                rows.push(LotGroup { group: Some(own.clone()), model: None, members });
            }
        }
        rows.extend((0..market.len()).map(|j| LotGroup { group: group(j), model: Some(j), members: vec![j] }));
        Self { rows }
    }
    /// Slot of a row's metric, from the first of the lots.
    #[must_use]
    pub fn slot(metric: LotMetric, row: usize) -> usize {
        row * LotMetric::ALL.len() + metric as usize
    }
    /// Number of slots.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len() * LotMetric::ALL.len()
    }

    /// Fills the slots from a run; not defined without dealers.
    pub fn fill(&self, values: &mut [f64], layout: &Layout, record: &TimingRecord) {
        for (at, row) in self.rows.iter().enumerate() {
            let summary = if record.dealers.is_empty() {
                [f64::NAN; LotMetric::ALL.len()]
            } else {
                summary(layout, record, &row.members)
            };
            for (metric, value) in LotMetric::ALL.iter().zip(summary) {
                values[Self::slot(*metric, at)] = value;
            }
        }
    }
}

fn summary(layout: &Layout, record: &TimingRecord, members: &[usize]) -> [f64; LotMetric::ALL.len()] {
    let (mut sold, mut ordered) = (Variation::default(), Variation::default());
    // Not a number is passed over by `min` and `max`: with nothing on the lots and nothing wanted in any week there are no days.
    let (mut days_sum, mut least, mut most) = (0.0, f64::NAN, f64::NAN);
    let (mut wanted, mut unmet) = (0.0, 0.0);
    for week in 0..layout.weeks as usize {
        let (mut sold_now, mut ordered_now, mut stock, mut pace) = (0.0, 0.0, 0.0, 0.0);
        for &j in members {
            let lot = &record.dealers[week * layout.models + j];
            let (own, first) = (f64::from(record.sales.drawn(week)[j]), f64::from(lot.first_choices));
            sold_now += own;
            wanted += first;
            unmet += (first - own).max(0.0);
            ordered_now += sales(lot.moved.ordered);
            stock += sales(lot.stock[0] + lot.stock[1]);
            pace += lot.pace;
        }
        sold.add(sold_now);
        ordered.add(ordered_now);
        let days = 7.0 * stock / pace;
        days_sum += days;
        (least, most) = (least.min(days), most.max(days));
    }
    let (mut clean, mut volume) = (0.0, 0.0);
    for &j in members {
        if let Some(weeks) = clean_weeks(layout, record, j) {
            clean += layout.base_volume(j) * weeks;
            volume += layout.base_volume(j);
        }
    }
    [
        sold.coefficient(),
        ordered.coefficient(),
        days_sum / f64::from(layout.weeks),
        least,
        most,
        unmet / wanted,
        clean / volume,
    ]
}

/// Weeks that a model's clean cars last from the first week in which landings are liable, the last one counted in full; NaN
/// where they outlast the dispute, nothing where no landing is ever liable.
fn clean_weeks(layout: &Layout, record: &TimingRecord, model: usize) -> Option<f64> {
    let lots = || record.dealers.iter().skip(model).step_by(layout.models);
    let liable = lots().position(|lot| lot.moved.liable)?;
    let mut dispute = lots().skip(liable).take_while(|lot| lot.moved.liable);
    Some(dispute.position(|lot| lot.stock[0] < GRAINS).map_or(f64::NAN, |week| week as f64 + 1.0))
}

/// Mean and spread of a series, one value after the other (Welford).
#[derive(Clone, Copy, Debug, Default)]
struct Variation {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Variation {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let gap = value - self.mean;
        self.mean += gap / self.count;
        self.squares += gap * (value - self.mean);
    }
    /// Standard deviation by the mean; NaN for fewer than two values or a mean of zero.
    fn coefficient(&self) -> f64 {
        (self.squares / (self.count - 1.0)).sqrt() / self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coefficient_of_variation_is_that_of_the_textbook() {
        let mut series = Variation::default();
        [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].iter().for_each(|value| series.add(*value));
        assert!((series.coefficient() - (32.0_f64 / 7.0).sqrt() / 5.0).abs() < 1e-15);
        assert!(Variation::default().coefficient().is_nan());
    }
}
