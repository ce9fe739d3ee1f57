//! The slots that list prices and base year add to an outcome where every replication has buyers of its own: prices, costs and elasticities
//! differ between replications then, and tables give their means.

/// What is kept by model of each stretch of weeks with the same prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteMetric {
    /// Sticker price, USD.
    StickerPrice,
    /// Duty that a car sold now owes, USD.
    Duty,
    /// Sticker price less duty, USD.
    ProducerPrice,
    /// Shadow price of quotas, USD.
    QuotaRent,
    /// Part of the duty that goes back to the importer later, USD.
    Refund,
    /// Change of the sticker price over change of the duty; not a number where there is none.
    PassThrough,
}

impl QuoteMetric {
    /// All of them, in the order of their slots.
    pub const ALL: &'static [Self] =
        &[Self::StickerPrice, Self::Duty, Self::ProducerPrice, Self::QuotaRent, Self::Refund, Self::PassThrough];
}

/// What is kept of the duties of each stretch of weeks over all models that pay another one than in the base year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMetric {
    /// Change of the sticker price, a fraction.
    PriceChange,
    /// Change of what the maker keeps of a car, a fraction.
    BorderPriceChange,
    /// Three pass-throughs.
    PerDollarOldBase,
    /// Over the duty owed.
    PerDollarOwed,
    /// In logs.
    BorderElasticity,
}

impl ResponseMetric {
    /// All of them, in the order of their slots.
    pub const ALL: &'static [Self] = &[
        Self::PriceChange,
        Self::BorderPriceChange,
        Self::PerDollarOldBase,
        Self::PerDollarOwed,
        Self::BorderElasticity,
    ];
}

/// What is kept by model of the base year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseYearMetric {
    /// Expected volume at base-year prices, cars a year.
    ExpectedVolume,
    /// Marginal cost, USD.
    MarginalCost,
    /// What the maker keeps less marginal cost, USD.
    Margin,
    /// Own-price elasticity.
    OwnElasticity,
    /// Share of buyers lost to a small price rise who buy none of the models.
    OutsideDiversion,
}

impl BaseYearMetric {
    /// All of them, in the order of their slots.
    pub const ALL: &'static [Self] =
        &[Self::ExpectedVolume, Self::MarginalCost, Self::Margin, Self::OwnElasticity, Self::OutsideDiversion];
}

/// Numbers of one stretch of weeks: by metric and model, then those of all models together.
#[must_use]
pub fn row_len(models: usize) -> usize {
    quoted(QuoteMetric::ALL.len(), 0, models) + ResponseMetric::ALL.len()
}

/// Place of a model's metric in such a row.
#[must_use]
pub fn of_model(metric: QuoteMetric, model: usize, models: usize) -> usize {
    quoted(metric as usize, model, models)
}

/// Place of a metric of all models together in such a row.
#[must_use]
pub fn of_all(metric: ResponseMetric, models: usize) -> usize {
    quoted(QuoteMetric::ALL.len(), 0, models) + metric as usize
}

fn quoted(metric: usize, model: usize, models: usize) -> usize {
    metric * models + model
}

/// Where the slots are: one row for each stretch of weeks of the regime that has most of them, then the base year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoteLayout {
    start: usize,
    models: usize,
    rows: usize,
}

impl QuoteLayout {
    /// Slots from `start` on for `rows` rows of so many models.
    #[must_use]
    pub fn new(start: usize, models: usize, rows: usize) -> Self {
        Self { start, models, rows }
    }
    /// The first slot.
    #[must_use]
    pub fn start(self) -> usize {
        self.start
    }
    /// Number of rows before the base year.
    #[must_use]
    pub fn rows(self) -> usize {
        self.rows
    }
    /// Number of slots.
    #[must_use]
    pub fn len(self) -> usize {
        self.rows * row_len(self.models) + BaseYearMetric::ALL.len() * self.models
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
    /// Slot of what is at `place` of a row ([`of_model`], [`of_all`]).
    #[must_use]
    pub fn row(self, row: usize, place: usize) -> usize {
        self.start + row * row_len(self.models) + place
    }
    /// Slot of a model's metric of the base year.
    #[must_use]
    pub fn base_year(self, metric: BaseYearMetric, model: usize) -> usize {
        self.row(self.rows, metric as usize * self.models + model)
    }
    /// Writes the rows of a regime, one after the other, and the base year, model by model. Rows that the regime does not have are not numbers.
    pub fn fill(self, values: &mut [f64], rows: impl Iterator<Item = Vec<f64>>, base_year: &[[f64; 5]]) {
        values[self.start..self.row(self.rows, 0)].fill(f64::NAN);
        for (at, row) in rows.enumerate() {
            values[self.row(at, 0)..self.row(at + 1, 0)].copy_from_slice(&row);
        }
        for (model, numbers) in base_year.iter().enumerate() {
            for (metric, number) in BaseYearMetric::ALL.iter().zip(numbers) {
                values[self.base_year(*metric, model)] = *number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_holds_one_number_and_rows_without_prices_hold_none() {
        let layout = QuoteLayout::new(7, 3, 2);
        let mut values = vec![-1.0; 7 + layout.len()];
        let row: Vec<f64> = (0..row_len(3)).map(|place| place as f64).collect();
        let base: Vec<[f64; 5]> = (0..3).map(|j| std::array::from_fn(|m| f64::from(10 * j + m as i32))).collect();
        layout.fill(&mut values, std::iter::once(row), &base);
        assert!(values[..7].iter().all(|value| *value == -1.0));
        assert_eq!(values[layout.row(0, of_model(QuoteMetric::Refund, 2, 3))], 14.0);
        assert_eq!(values[layout.row(0, of_all(ResponseMetric::BorderElasticity, 3))], 22.0);
        assert!((0..row_len(3)).all(|place| values[layout.row(1, place)].is_nan()));
        assert_eq!(values[layout.base_year(BaseYearMetric::OwnElasticity, 2)], 23.0);
        assert_eq!(layout.base_year(BaseYearMetric::OutsideDiversion, 2), values.len() - 1);
    }
}
