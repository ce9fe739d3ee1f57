//! What every stored outcome of a plan must look like: a shard proves that it is whole, not that its numbers are those of the study.

use crate::model::outcome::{Layout, ModelMetric, Outcome};
use crate::model::timing::record::DealerMetric;

/// Lengths of an outcome, and which of its numbers are there whatever happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    values: usize,
    switched: usize,
    /// Numbers from the first that are finite or undefined. Those of dealers after them may be infinite: days of supply of cars that nobody wants.
    finite: usize,
    /// Slots of cars and money of the headlines, and of each model's cars. Others may be undefined: expected sales in time, a share of nothing,
    /// a deal that was not struck.
    numbers: Vec<usize>,
    /// Those of them that count cars.
    cars: Vec<usize>,
}

/// No number of cars, dollars or days is larger.
const LARGEST: f64 = 1e30;

impl Shape {
    /// The shape of whole outcomes of this layout.
    #[must_use]
    pub fn of_outcomes(layout: &Layout) -> Self {
        let finite = layout.timed.as_ref().map_or(layout.len(), |timed| timed.dealer(DealerMetric::ALL[0], 0, 0));
        let slot = |(headline, period): (usize, usize)| layout.headline(headline, period);
        let numbers: Vec<usize> = cars_and_money(layout).map(slot).collect();
        let headlines =
            cars_and_money(layout).filter(|(headline, _)| counts_cars(&layout.headlines[*headline])).map(slot);
        let of_period = |period: usize| (0..layout.models).map(move |j| layout.model(ModelMetric::Units, period, j));
        let models = (0..layout.periods.len()).flat_map(of_period);
        let cars: Vec<usize> = headlines.chain(models).collect();
        Self { values: layout.len(), switched: layout.models * (layout.models + 1), finite, numbers, cars }
    }

    /// The shape of what studies of points keep of them: so many `metrics` of each period, the headlines first.
    #[must_use]
    pub fn of_points(layout: &Layout, metrics: usize) -> Self {
        let values = metrics * layout.periods.len();
        let slot = |(headline, period): (usize, usize)| period * metrics + headline;
        let numbers = cars_and_money(layout).map(slot).collect();
        let of_cars = |of: &(usize, usize)| counts_cars(&layout.headlines[of.0]);
        let cars = cars_and_money(layout).filter(of_cars).map(slot).collect();
        Self { values, switched: 0, finite: values, numbers, cars }
    }

    /// What is wrong with so many numbers and switches, if anything is.
    #[must_use]
    pub fn other_lengths(&self, [values, switched]: [usize; 2]) -> Option<String> {
        let lengths = [("numbers", values, self.values), ("switches", switched, self.switched)];
        let (what, found, wanted) = lengths.into_iter().find(|(_, found, wanted)| found != wanted)?;
        Some(format!("has {found} {what}, expected {wanted}"))
    }

    /// What is wrong with an outcome, if anything is.
    #[must_use]
    pub fn fault(&self, outcome: &Outcome) -> Option<String> {
        let other = self.other_lengths([outcome.values.len(), outcome.switched.len()]);
        if other.is_some() {
            return other;
        }
        let finite = outcome.values[..self.finite].iter().enumerate();
        if let Some((at, number)) = finite.clone().find(|(_, number)| number.is_infinite()) {
            return Some(format!("its number {at} is {}infinite", if *number < 0.0 { "minus " } else { "" }));
        }
        if let Some((at, number)) = finite.clone().find(|(_, number)| number.abs() > LARGEST) {
            return Some(format!("its number {at} is {number:e}, which nothing in a market is"));
        }
        if let Some(at) = self.cars.iter().find(|slot| !(0.0..).contains(&outcome.values[**slot])) {
            return Some(format!("its number {at} is {}, expected cars", outcome.values[*at]));
        }
        if let Some(at) = self.numbers.iter().find(|slot| outcome.values[**slot].is_nan()) {
            return Some(format!("its number {at}, money, is not a number"));
        }
        let negative = outcome.switched.iter().position(|cars| !(0.0..f64::INFINITY).contains(cars));
        negative.map(|at| format!("its switch {at} is {}, expected cars", outcome.switched[at]))
    }
}

/// Whether a headline is a number of cars sold.
fn counts_cars(headline: &str) -> bool {
    headline.starts_with("units_")
}

/// Headlines of cars and of money paid, in every period.
fn cars_and_money(layout: &Layout) -> impl Iterator<Item = (usize, usize)> + '_ {
    let money = ["outlay_usd", "producer_revenue_usd", "duty_usd"];
    let known = move |name: &str| counts_cars(name) || money.contains(&name);
    let of_period = move |period: usize| {
        let headlines = layout.headlines.iter().enumerate();
        headlines.filter(move |(_, name)| known(name)).map(move |(headline, _)| (headline, period))
    };
    (0..layout.periods.len()).flat_map(of_period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use std::path::Path;

    fn layout() -> Layout {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/market_1995/showdown-1995.toml");
        let scenario = config::load(&path, &[]).unwrap().scenario;
        Layout::of(&scenario)
    }

    #[test]
    fn outcomes_of_another_shape_and_numbers_that_are_none_are_named() {
        let layout = layout();
        let shape = Shape::of_outcomes(&layout);
        let good =
            Outcome { values: vec![1.0; layout.len()], switched: vec![0.0; layout.models * (layout.models + 1)] };
        assert_eq!(shape.fault(&good), None);
        let faulty = |change: &dyn Fn(&mut Outcome), words: &str| {
            let mut outcome = good.clone();
            change(&mut outcome);
            let fault = shape.fault(&outcome).unwrap();
            assert!(fault.contains(words), "{fault}");
        };
        faulty(&|outcome| outcome.values.truncate(4), &format!("4 numbers, expected {}", layout.len()));
        faulty(&|outcome| outcome.values.push(0.0), "numbers, expected");
        faulty(&|outcome| outcome.switched.clear(), "0 switches");
        faulty(&|outcome| outcome.values[7] = f64::NEG_INFINITY, "number 7 is minus infinite");
        faulty(&|outcome| outcome.values[7] = 2.5e299, "number 7 is 2.5e299");
        let sold = layout.model(ModelMetric::Units, 1, 3);
        faulty(&|outcome| outcome.values[sold] = -1.25, &format!("number {sold} is -1.25, expected cars"));
        faulty(&|outcome| outcome.values[sold] = f64::NAN, &format!("number {sold} is NaN, expected cars"));
        faulty(&|outcome| outcome.switched[3] = f64::NAN, "switch 3");
        faulty(&|outcome| outcome.switched[3] = f64::INFINITY, "switch 3");
        faulty(&|outcome| outcome.switched[3] = -1.0, "switch 3 is -1");
        for (name, words) in [("units_all", " is NaN, expected cars"), ("duty_usd", ", money")] {
            let slot = layout.headline(layout.headlines.iter().position(|known| known == name).unwrap(), 0);
            faulty(&|outcome| outcome.values[slot] = f64::NAN, &format!("number {slot}{words}"));
        }
        // Expected sales are not defined where buyers time their purchases.
        let slot = layout.headlines.iter().position(|name| name == "expected_units_all").unwrap();
        let mut undefined = good.clone();
        undefined.values[layout.headline(slot, 0)] = f64::NAN;
        assert_eq!(shape.fault(&undefined), None);
    }

    #[test]
    fn headlines_alone_are_as_many_as_there_are_in_all_periods() {
        let layout = layout();
        let metrics = layout.headlines.len() + 7;
        let shape = Shape::of_points(&layout, metrics);
        let mut outcome = Outcome { values: vec![0.0; metrics * layout.periods.len()], switched: Vec::new() };
        assert_eq!(shape.fault(&outcome), None);
        outcome.values[0] = f64::NAN; // units of all models over the whole horizon
        assert!(shape.fault(&outcome).unwrap().contains("number 0"));
    }
}
