//! The lots of one run over its whole horizon, by group and by model: how much sales and orders vary, how many days of
//! supply stand there, how often a first choice is not to be had, and how long cars free of the disputed duty last.

use super::dealers::{GRAINS, Movement, sales};
use crate::model::metrics::{Group, metrics};
use crate::model::sales::Sales;

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

/// One model's lots in one week, in grains, and its prices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DealerWeek {
    /// Clean and liable stock at the end of the week.
    pub stock: [i64; 2],
    /// In transit at the end of the week.
    pub in_transit: i64,
    /// What moved.
    pub moved: Movement,
    /// Mean of weekly first choices over the weeks that a forecast looks back, in sales of one buyer.
    pub pace: f64,
    /// List and transaction price of the car sold first, USD.
    pub price_usd: [f64; 2],
    /// First choices.
    pub first_choices: u32,
    /// Duty in dispute charged this week, and what of it the importer bears for cars sold before, USD.
    pub disputed_duty_usd: [f64; 2],
}

/// The lots of one run: what they are summed up from.
#[derive(Clone, Copy, Debug)]
pub struct Lots<'a> {
    /// By week and model; empty without dealers.
    pub dealers: &'a [DealerWeek],
    /// What was sold from them.
    pub sales: &'a Sales,
    /// Base-year volume of each model, cars a year.
    pub base_volume: &'a [f64],
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
    /// The rows of a market with these weekly groups, and the group of each model.
    #[must_use]
    pub fn new(groups: &[Group], group_of_model: &[usize]) -> Self {
        let models = group_of_model.len();
        let group = |j: usize| Some(groups[group_of_model[j]].clone());
        let mut rows = vec![LotGroup { group: None, model: None, members: (0..models).collect() }];
        for (g, own) in groups.iter().enumerate() {
            let members: Vec<usize> = (0..models).filter(|j| group_of_model[*j] == g).collect();
            if !members.is_empty() {
                rows.push(LotGroup { group: Some(own.clone()), model: None, members });
            }
        }
        rows.extend((0..models).map(|j| LotGroup { group: group(j), model: Some(j), members: vec![j] }));
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
    pub fn fill(&self, values: &mut [f64], lots: &Lots<'_>) {
        for (at, row) in self.rows.iter().enumerate() {
            let summary =
                if lots.dealers.is_empty() { [f64::NAN; LotMetric::ALL.len()] } else { lots.summary(&row.members) };
            for (metric, value) in LotMetric::ALL.iter().zip(summary) {
                values[Self::slot(*metric, at)] = value;
            }
        }
    }
}

impl Lots<'_> {
    fn summary(&self, members: &[usize]) -> [f64; LotMetric::ALL.len()] {
        let (mut sold, mut ordered) = (Variation::default(), Variation::default());
        // Not a number is passed over by `min` and `max`: with nothing on the lots and nothing wanted in any week there are no days.
        let (mut days_sum, mut least, mut most) = (0.0, f64::NAN, f64::NAN);
        let (mut wanted, mut unmet) = (0.0, 0.0);
        let weeks = self.dealers.len() / self.base_volume.len();
        for week in 0..weeks {
            let (mut sold_now, mut ordered_now, mut stock, mut pace) = (0.0, 0.0, 0.0, 0.0);
            for &j in members {
                let lot = &self.dealers[week * self.base_volume.len() + j];
                let (own, first) = (f64::from(self.sales.drawn(week)[j]), f64::from(lot.first_choices));
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
            if let Some(weeks) = self.clean_weeks(j) {
                clean += self.base_volume[j] * weeks;
                volume += self.base_volume[j];
            }
        }
        [
            sold.coefficient(),
            ordered.coefficient(),
            days_sum / weeks as f64,
            least,
            most,
            unmet / wanted,
            clean / volume,
        ]
    }

    /// Weeks that a model's clean cars last from the first week in which landings are liable, the last one counted in full; NaN
    /// where they outlast the dispute, nothing where no landing is ever liable.
    fn clean_weeks(&self, model: usize) -> Option<f64> {
        let lots = || self.dealers.iter().skip(model).step_by(self.base_volume.len());
        let liable = lots().position(|lot| lot.moved.liable)?;
        let mut dispute = lots().skip(liable).take_while(|lot| lot.moved.liable);
        Some(dispute.position(|lot| lot.stock[0] < GRAINS).map_or(f64::NAN, |week| week as f64 + 1.0))
    }
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
