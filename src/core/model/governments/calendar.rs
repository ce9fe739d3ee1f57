//! The governments' own calendar: the dated steps of the dispute, and the path of the exchange rate.

use jiff::civil::Date;
use serde::Deserialize;

use crate::numerics::calendar::{Day, ORIGIN, month_number, month_start};

/// Months over which the results of a settlement are followed, from January of the year after talks begin: five years and a quarter.
pub const MONTHS: usize = 63;

/// Whether weekly rounds of talks are held on this day: Wednesdays.
pub(super) fn is_round_day(day: Day) -> bool {
    day.0.rem_euclid(7) == 6
}

/// A day's address in a random stream: days since talks began, so that a dispute moved in time draws the same.
pub(super) fn address(day: Day, talks_begin: Day) -> u64 {
    i64::from(day - talks_begin) as u64
}

/// How the extra duty stands on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DutyStatus {
    /// There is none, and no liability.
    #[default]
    None,
    /// Cars landed today will owe it if it is imposed.
    Accruing,
    /// Cars landed today pay it.
    Charged,
}

/// How far the home government's steps go.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Escalation {
    /// Talks without a threat, as in 1994.
    Talks,
    /// An open threat without a list or a date.
    Threat,
    /// A list of models and a deadline.
    #[default]
    DatedThreat,
}

/// The dated steps; each happens only if nothing was settled before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calendar {
    /// The two governments agree to negotiate: the first day followed.
    pub start: Day,
    /// The talks break down over numerical targets, and the home government's refusal of a weak deal is noted.
    pub breakdown: Day,
    /// Talks resume, on criteria in place of numerical targets.
    pub resumption: Day,
    /// The deadline of an earlier trade-law procedure passes without sanctions.
    pub procedure_without_sanctions: Day,
    /// A pact with another country after a threat that was believed.
    pub pact_elsewhere: Day,
    /// The open threat.
    pub open_threat: Day,
    /// The formal finding that precedes sanctions.
    pub finding: Day,
    /// The list of models, with the deadline.
    pub list: Day,
    /// The partner's complaint to the WTO.
    pub complaint: Day,
    /// Cars landed from this day owe the duty if it is imposed.
    pub liability: Day,
    /// The summit before which the partner's prime minister wants a deal.
    pub summit: Day,
    /// The deadline.
    pub deadline: Day,
    /// The last day followed.
    pub horizon: Day,
    /// First day of the year in which parts and sales have their bases.
    pub base_year: Day,
    /// How far the home government's steps go.
    pub escalation: Escalation,
}

impl Calendar {
    /// First month of results: January of the year after talks begin.
    pub(super) fn first_month(&self) -> i32 {
        month_number(self.start.date()).div_euclid(12) * 12 + 12
    }
    /// First month of the base year.
    pub(super) fn base_month(&self) -> i32 {
        month_number(self.base_year.date())
    }
}

/// Two dates in the wrong order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{earlier}` is {earlier_date}, expected a date before `{later}`, {later_date}")]
pub struct InvalidCalendar {
    /// The step that must come first.
    pub earlier: &'static str,
    /// Its date.
    pub earlier_date: Date,
    /// The step that must come later.
    pub later: &'static str,
    /// Its date.
    pub later_date: Date,
}

impl Calendar {
    /// Names and days of the steps that must follow each other.
    #[must_use]
    pub fn steps(&self) -> [(&'static str, Day); 6] {
        [
            ("breakdown", self.breakdown),
            ("resumption", self.resumption),
            ("open_threat", self.open_threat),
            ("list", self.list),
            ("deadline", self.deadline),
            ("horizon", self.horizon),
        ]
    }

    /// Checks that the steps follow each other.
    ///
    /// # Errors
    /// [`InvalidCalendar`] naming the first two that do not; the horizon may be the day of the deadline.
    pub fn check(&self) -> Result<(), InvalidCalendar> {
        let refuse = |a: (&'static str, Day), b: (&'static str, Day)| {
            Err(InvalidCalendar { earlier: a.0, earlier_date: a.1.date(), later: b.0, later_date: b.1.date() })
        };
        let steps = self.steps();
        for pair in steps.windows(2) {
            let holds = if pair[1].0 == "horizon" { pair[0].1 <= pair[1].1 } else { pair[0].1 < pair[1].1 };
            if !holds {
                return refuse(pair[0], pair[1]);
            }
        }
        if self.breakdown <= self.start {
            return refuse(("start", self.start), steps[0]);
        }
        let (first, base) = (self.first_month(), self.base_month());
        let last = first + MONTHS as i32 - 12;
        if base < first {
            return refuse(("the first month of results", month_start(first)), ("base_year", self.base_year));
        }
        if base > last {
            return refuse(("base_year", self.base_year), ("the last twelve months of results", month_start(last)));
        }
        for (name, day) in [("complaint", self.complaint), ("liability", self.liability)] {
            if day < self.list {
                return refuse(("list", self.list), (name, day));
            }
            if day >= self.deadline {
                return refuse((name, day), ("deadline", self.deadline));
            }
        }
        Ok(())
    }
}

/// A daily exchange rate, the partner's currency per dollar, made of monthly means; the first and last month hold beyond the data.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangePath {
    /// Month of `rates[0]`, as [`month_number`] counts.
    first_month: i32,
    rates: Vec<f64>,
    first_day: Day,
    /// Position in `rates` of each day from the first.
    by_day: Vec<u32>,
}

/// A path of exchange rates that is none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidExchangePath {
    /// No month.
    #[error("the path of exchange rates has no month")]
    Empty,
    /// A rate that is not positive.
    #[error("the rate of month {month} is {rate}, expected a positive number")]
    Rate {
        /// Position of the month, from 0.
        month: usize,
        /// The rate.
        rate: f64,
    },
}

impl ExchangePath {
    /// Monthly means, the first of them for the month of `first`.
    ///
    /// # Errors
    /// [`InvalidExchangePath`] when there is none, or one is not positive.
    pub fn monthly(first: Date, rates: Vec<f64>) -> Result<Self, InvalidExchangePath> {
        if rates.is_empty() {
            return Err(InvalidExchangePath::Empty);
        }
        if let Some((month, rate)) = rates.iter().enumerate().find(|(_, rate)| !(rate.is_finite() && **rate > 0.0)) {
            return Err(InvalidExchangePath::Rate { month, rate: *rate });
        }
        let first_month = month_number(first);
        let last = rates.len() as i32 - 1;
        let mut by_day = Vec::new();
        let first_day = month_start(first_month);
        let mut day = first_day;
        loop {
            let position = (month_number(day.date()) - first_month).clamp(0, last);
            by_day.push(position as u32);
            if position == last {
                break;
            }
            day = day.next();
        }
        Ok(Self { first_month, rates, first_day, by_day })
    }

    /// One rate for all time.
    ///
    /// # Errors
    /// [`InvalidExchangePath::Rate`] when it is not positive.
    pub fn constant(rate: f64) -> Result<Self, InvalidExchangePath> {
        Self::monthly(ORIGIN, vec![rate])
    }

    /// The rate on a day.
    #[must_use]
    pub fn on(&self, day: Day) -> f64 {
        let day = usize::try_from(day - self.first_day).unwrap_or(0).min(self.by_day.len() - 1);
        self.rates[self.by_day[day] as usize]
    }

    /// The rate in a month, as [`month_number`] counts.
    #[must_use]
    pub fn in_month(&self, month: i32) -> f64 {
        self.rates[(month - self.first_month).clamp(0, self.rates.len() as i32 - 1) as usize]
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};

    use super::*;
    use crate::model::governments::fixtures::calendar;

    #[test]
    fn rounds_fall_on_wednesdays() {
        assert!((-900..13_000).map(Day).all(|day| is_round_day(day) == (day.date().weekday() == Weekday::Wednesday)));
        assert!(is_round_day(calendar().deadline));
    }

    #[test]
    fn the_exchange_path_knows_its_months_and_holds_its_ends() {
        let path = ExchangePath::monthly(date(1993, 12, 1), vec![110.0, 111.0, 106.0]).unwrap();
        let on = |y, m, d| path.on(Day::of(date(y, m, d)));
        assert_eq!((on(1993, 7, 10), on(1993, 12, 31), on(1994, 1, 1)), (110.0, 110.0, 111.0));
        assert_eq!((on(1994, 1, 31), on(1994, 2, 1), on(1999, 1, 1)), (111.0, 106.0, 106.0));
        assert_eq!(
            (path.in_month(0), path.in_month(month_number(date(1994, 1, 1))), path.in_month(99_999)),
            (110.0, 111.0, 106.0)
        );
        assert_eq!(ExchangePath::monthly(date(1993, 1, 1), vec![]), Err(InvalidExchangePath::Empty));
        assert!(ExchangePath::constant(-1.0).is_err());
    }

    #[test]
    fn steps_out_of_order_are_refused_with_both_named() {
        assert_eq!(calendar().check(), Ok(()));
        let mut dates = calendar();
        dates.deadline = dates.list;
        let error = dates.check().unwrap_err();
        assert_eq!((error.earlier, error.later), ("list", "deadline"));
        let mut dates = calendar();
        dates.complaint = dates.deadline;
        assert_eq!(dates.check().unwrap_err().earlier, "complaint");
    }
}
