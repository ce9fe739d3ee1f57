//! Numbers of a page of claims, with what is known of how sure they are.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::{Operator, Relation};
use crate::numerics::quantile::quantile_of_sorted;

/// A number.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimNumber {
    /// Without an interval.
    Plain(f64),
    /// One of each draw, or replication where a run has no draws; and the runs that it is of.
    Each(BTreeMap<u64, f64>, BTreeSet<String>),
    /// With a 95% interval.
    Estimate(f64, [f64; 2]),
}

/// Ends of the interval over draws.
const MIDDLE: [f64; 2] = [0.05, 0.95];

impl ClaimNumber {
    /// Its value and interval, if it has one: of draws the median and the middle 90%.
    pub fn summary(&self) -> (f64, Option<[f64; 2]>) {
        match self {
            Self::Plain(value) => (*value, None),
            Self::Estimate(value, ends) => (*value, Some(*ends)),
            Self::Each(values, _) => {
                let mut sorted: Vec<f64> = values.values().copied().collect();
                sorted.sort_by(f64::total_cmp);
                let ends = MIDDLE.map(|end| quantile_of_sorted(&sorted, end));
                (quantile_of_sorted(&sorted, 0.5), (sorted.len() > 1).then_some(ends))
            }
        }
    }

    /// Whether it stands so to another number: `Some(true)` where all of its interval does, `Some(false)` where none does.
    pub fn stands(&self, relation: Relation, to: f64) -> Option<bool> {
        let (value, ends) = self.summary();
        let ends = ends.unwrap_or([value; 2]);
        match (relation.holds(ends[0], to), relation.holds(ends[1], to)) {
            (true, true) => Some(true),
            (false, false) if relation != Relation::Equal => Some(false),
            (false, false) => Some(ends[0] <= to && to <= ends[1]).filter(|within| !within),
            _ => None,
        }
    }

    /// Takes two numbers together. `shared` says which draws of two runs are of the same world.
    pub fn with(
        self,
        operator: Operator,
        other: Self,
        shared: impl Fn(&str, &str) -> Result<Option<BTreeSet<u64>>, String>,
    ) -> Result<Self, String> {
        let of = |a: f64, b: f64| match operator {
            Operator::Add => a + b,
            Operator::Subtract => a - b,
            Operator::Multiply => a * b,
            Operator::Divide => a / b,
        };
        let ordered = |value: f64, [a, b]: [f64; 2]| Self::Estimate(value, [a.min(b), a.max(b)]);
        Ok(match (self, other) {
            (Self::Plain(a), Self::Plain(b)) => Self::Plain(of(a, b)),
            (Self::Each(values, runs), Self::Plain(b)) => {
                Self::Each(values.into_iter().map(|(draw, a)| (draw, of(a, b))).collect(), runs)
            }
            (Self::Plain(a), Self::Each(values, runs)) => {
                Self::Each(values.into_iter().map(|(draw, b)| (draw, of(a, b))).collect(), runs)
            }
            (Self::Each(a, of_a), Self::Each(b, of_b)) => {
                let mut kept: BTreeSet<u64> = a.keys().filter(|draw| b.contains_key(draw)).copied().collect();
                for one in &of_a {
                    for other in of_b.iter().filter(|other| *other != one) {
                        if let Some(same) = shared(one, other)? {
                            kept.retain(|draw| same.contains(draw));
                        }
                    }
                }
                if kept.is_empty() {
                    return Err("no draw of the two runs is of the same world".to_owned());
                }
                let runs = of_a.into_iter().chain(of_b).collect();
                Self::Each(kept.into_iter().map(|draw| (draw, of(a[&draw], b[&draw]))).collect(), runs)
            }
            (Self::Estimate(value, ends), Self::Plain(b)) => ordered(of(value, b), ends.map(|end| of(end, b))),
            (Self::Plain(a), Self::Estimate(value, ends)) if operator != Operator::Divide => {
                ordered(of(a, value), ends.map(|end| of(a, end)))
            }
            // Of sums and differences the errors are added, whatever the two have to do with each other: at least a 95% interval.
            (Self::Estimate(a, [a_low, a_high]), Self::Estimate(b, [b_low, b_high])) if operator == Operator::Add => {
                Self::Estimate(a + b, [a_low + b_low, a_high + b_high])
            }
            (Self::Estimate(a, [a_low, a_high]), Self::Estimate(b, [b_low, b_high]))
                if operator == Operator::Subtract =>
            {
                Self::Estimate(a - b, [a_low - b_high, a_high - b_low])
            }
            _ => {
                return Err(
                    "an estimate with an interval can be added to another and multiplied by a number, and not be \
                            taken together with draws or divided by"
                        .to_owned(),
                );
            }
        })
    }
}

/// How a number is written: `+,.2 bn a year`, a sign, thousands, digits, a unit; `~` in front leaves the interval out.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberFormat {
    signed: bool,
    grouped: bool,
    digits: usize,
    unit: String,
    alone: bool,
}

/// Most digits after the point.
const MOST_DIGITS: usize = 12;

impl NumberFormat {
    /// Reads one.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut rest = text.trim();
        let mut takes = |sign: &str| match rest.strip_prefix(sign) {
            Some(after) => {
                rest = after;
                true
            }
            None => false,
        };
        let (alone, signed, grouped) = (takes("~"), takes("+"), takes(","));
        if !takes(".") {
            return Err(format!("`{text}` is no form of a number: write `.1`, `+.2 bn`, `,.0 cars`, `~.0`"));
        }
        let digits = &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())];
        let unit = rest[digits.len()..].to_owned();
        match digits.parse().ok().filter(|digits| *digits <= MOST_DIGITS) {
            Some(digits) => Ok(Self { signed, grouped, digits, unit, alone }),
            None => Err(format!("`{text}` is no form of a number: up to {MOST_DIGITS} digits follow the point")),
        }
    }

    fn one(&self, value: f64) -> String {
        let digits = self.digits;
        let size = format!("{:.digits$}", value.abs());
        let zero = size.chars().all(|c| c == '0' || c == '.');
        let sign = match (value < 0.0 && !zero, self.signed) {
            (true, _) => "-",
            (false, true) => "+",
            (false, false) => "",
        };
        let (whole, rest) = size.split_at(size.find('.').unwrap_or(size.len()));
        let grouped: String = whole
            .char_indices()
            .flat_map(|(at, digit)| {
                let parts = self.grouped && at > 0 && (whole.len() - at).is_multiple_of(3);
                parts.then_some(',').into_iter().chain([digit])
            })
            .collect();
        format!("{sign}{grouped}{rest}")
    }

    /// A number as the page has it.
    pub fn show(&self, number: &ClaimNumber) -> Result<String, String> {
        let (value, ends) = number.summary();
        if !value.is_finite() || ends.is_some_and(|ends| !ends.iter().all(|end| end.is_finite())) {
            return Err("comes to no number".to_owned());
        }
        let value = format!("{}{}", self.one(value), self.unit);
        Ok(match ends.filter(|_| !self.alone) {
            None => value,
            Some([low, high]) => format!("{value} ({} to {})", self.one(low), self.one(high)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(run: &str, values: &[f64]) -> ClaimNumber {
        let values = (0..).zip(values.iter().copied()).collect();
        ClaimNumber::Each(values, BTreeSet::from([run.to_owned()]))
    }

    fn shown(format: &str, number: &ClaimNumber) -> String {
        NumberFormat::read(format).unwrap().show(number).unwrap()
    }

    #[test]
    fn draws_are_taken_together_world_by_world() {
        let all_shared = |_: &str, _: &str| Ok(None);
        let (a, b) = (each("a", &[1.0, 2.0, 3.0]), each("a", &[1.0, 1.0, 1.0]));
        let less = a.clone().with(Operator::Subtract, b, all_shared).unwrap();
        assert_eq!(less, each("a", &[0.0, 1.0, 2.0]));
        assert_eq!(less.summary(), (1.0, Some([0.1, 1.9])));
        // Of two runs those draws count that are of the same world.
        let some = |_: &str, _: &str| Ok(Some(BTreeSet::from([1])));
        let ratio = a.clone().with(Operator::Divide, each("b", &[2.0, 4.0, 8.0]), some).unwrap();
        assert_eq!(ratio.summary(), (0.5, None));
        assert!(a.with(Operator::Add, each("b", &[1.0]), |_, _| Ok(Some(BTreeSet::new()))).is_err());
    }

    #[test]
    fn errors_of_estimates_are_added_and_a_negative_factor_turns_the_ends() {
        let shared = |_: &str, _: &str| Ok(None);
        let (a, b) = (ClaimNumber::Estimate(2.0, [1.0, 4.0]), ClaimNumber::Estimate(1.0, [0.5, 1.5]));
        let with = |operator, other: &ClaimNumber| a.clone().with(operator, other.clone(), shared);
        assert_eq!(with(Operator::Add, &b), Ok(ClaimNumber::Estimate(3.0, [1.5, 5.5])));
        assert_eq!(with(Operator::Subtract, &b), Ok(ClaimNumber::Estimate(1.0, [-0.5, 3.5])));
        assert_eq!(with(Operator::Multiply, &ClaimNumber::Plain(-1.0)), Ok(ClaimNumber::Estimate(-2.0, [-4.0, -1.0])));
        assert!(with(Operator::Divide, &b).is_err() && with(Operator::Add, &each("a", &[1.0])).is_err());
    }

    #[test]
    fn a_verdict_needs_the_whole_interval() {
        let number = ClaimNumber::Estimate(1.0, [0.5, 1.5]);
        for (relation, to, stands) in [
            (Relation::More, 0.0, Some(true)),
            (Relation::More, 1.0, None),
            (Relation::More, 2.0, Some(false)),
            (Relation::AtMost, 1.5, Some(true)),
            (Relation::Equal, 1.0, None),
            (Relation::Equal, 2.0, Some(false)),
        ] {
            assert_eq!(number.stands(relation, to), stands, "{relation:?} {to}");
        }
        assert_eq!(ClaimNumber::Plain(13.0).stands(Relation::Equal, 13.0), Some(true));
    }

    #[test]
    fn numbers_are_written_as_asked() {
        let number = ClaimNumber::Estimate(-1234.567, [-2000.0, 0.04]);
        assert_eq!(shown("+,.1 cars", &number), "-1,234.6 cars (-2,000.0 to +0.0)");
        assert_eq!(shown("~.0%", &number), "-1235%");
        assert_eq!(shown(".2", &ClaimNumber::Plain(-0.001)), "0.00");
        assert_eq!(shown(",.0", &ClaimNumber::Plain(1_234_567.0)), "1,234,567");
        assert!(NumberFormat::read("2 digits").is_err() && NumberFormat::read(".99").is_err());
        assert!(NumberFormat::read(".1").unwrap().show(&ClaimNumber::Plain(f64::NAN)).is_err());
    }
}
