//! The governments' own clock: days from the Framework agreement of 10 July 1993, and the dated steps of the dispute.

use std::ops::{Add, Sub};

use jiff::civil::{Date, date};
use schemars::JsonSchema;
use serde::Deserialize;

/// A day, counted from 10 July 1993 (day 0), when the two governments agreed to negotiate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

const ORIGIN: Date = date(1993, 7, 10);
/// Days in a mean year.
pub const DAYS_PER_YEAR: f64 = 365.25;

impl Day {
    /// The day of a date.
    #[must_use]
    pub fn of(date: Date) -> Self {
        // Dates lie within 20,000 years of each other: 7.3 million days.
        Self((date.duration_since(ORIGIN).as_hours() / 24) as i32)
    }
    /// The date of a day; the last representable date beyond the calendar's end.
    #[must_use]
    pub fn date(self) -> Date {
        ORIGIN.saturating_add(jiff::Span::new().days(self.0.clamp(-1_000_000, 1_000_000)))
    }
    /// The next day.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
    /// Whether weekly rounds of talks are held on this day: Wednesdays (10 July 1993 was a Saturday).
    #[must_use]
    pub fn is_round_day(self) -> bool {
        self.0.rem_euclid(7) == 4
    }
    /// Years since an earlier day.
    #[must_use]
    pub fn years_since(self, earlier: Self) -> f64 {
        f64::from(self.0 - earlier.0) / DAYS_PER_YEAR
    }
    /// The day's address in a random stream.
    pub(super) fn index(self) -> u64 {
        i64::from(self.0) as u64
    }
}

impl Add<i32> for Day {
    type Output = Self;
    fn add(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

impl Sub for Day {
    type Output = i32;
    fn sub(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }
}

/// How far Washington's steps go.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
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
    /// The talks break down over numerical targets, and Washington's refusal of a weak deal is noted.
    pub breakdown: Day,
    /// Talks resume, on criteria in place of numerical targets.
    pub resumption: Day,
    /// The deadline of the trade-law procedure of 1994 passes without sanctions.
    pub procedure_without_sanctions: Day,
    /// A pact with China after a threat that was believed.
    pub china_pact: Day,
    /// The open threat.
    pub open_threat: Day,
    /// The formal finding that precedes sanctions.
    pub finding: Day,
    /// The list of models, with the deadline.
    pub list: Day,
    /// Tokyo's complaint to the WTO.
    pub complaint: Day,
    /// Cars landed from this day owe the duty if it is imposed.
    pub liability: Day,
    /// The summit before which Tokyo's prime minister wants a deal.
    pub summit: Day,
    /// The deadline.
    pub deadline: Day,
    /// The last day followed.
    pub horizon: Day,
    /// How far Washington's steps go.
    pub escalation: Escalation,
}

impl Default for Calendar {
    fn default() -> Self {
        let day = |year, month, day| Day::of(date(year, month, day));
        Self {
            breakdown: day(1994, 2, 11),
            resumption: day(1994, 5, 24),
            procedure_without_sanctions: day(1994, 10, 1),
            china_pact: day(1995, 2, 26),
            open_threat: day(1995, 4, 12),
            finding: day(1995, 5, 10),
            list: day(1995, 5, 16),
            complaint: day(1995, 5, 17),
            liability: day(1995, 5, 20),
            summit: day(1995, 6, 15),
            deadline: day(1995, 6, 28),
            horizon: day(1998, 6, 28),
            escalation: Escalation::DatedThreat,
        }
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
        let start = ("the agreement to negotiate", Day(0));
        if self.breakdown <= start.1 {
            return refuse(start, steps[0]);
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

/// A daily exchange rate, yen per dollar, made of monthly means; the first and last month hold beyond the data.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangePath {
    /// Months since January 1993 of `rates[0]`.
    first_month: i32,
    rates: Vec<f64>,
    /// Position in `rates` of each day from day 0.
    by_day: Vec<u32>,
}

/// A path of exchange rates that is none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidExchangePath {
    /// No month.
    #[error("the path of exchange rates has no month")]
    Empty,
    /// A rate that is not positive.
    #[error("the rate of month {month} is {rate}, expected a positive number of yen per dollar")]
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
        let mut day = Day(0);
        loop {
            let position = (month_number(day.date()) - first_month).clamp(0, last);
            by_day.push(position as u32);
            if position == last {
                break;
            }
            day = day.next();
        }
        Ok(Self { first_month, rates, by_day })
    }

    /// One rate for all time.
    ///
    /// # Errors
    /// [`InvalidExchangePath::Rate`] when it is not positive.
    pub fn constant(rate: f64) -> Result<Self, InvalidExchangePath> {
        Self::monthly(ORIGIN, vec![rate])
    }

    /// The same path with the rate of `from`'s month held from there on.
    #[must_use]
    pub fn held_from(&self, from: Date) -> Self {
        let keep = (month_number(from) - self.first_month + 1).clamp(1, self.rates.len() as i32) as usize;
        let by_day = self.by_day.iter().map(|position| (*position).min(keep as u32 - 1)).collect();
        Self { first_month: self.first_month, rates: self.rates[..keep].to_vec(), by_day }
    }

    /// Yen per dollar on a day.
    #[must_use]
    pub fn on(&self, day: Day) -> f64 {
        let day = usize::try_from(day.0).unwrap_or(0).min(self.by_day.len() - 1);
        self.rates[self.by_day[day] as usize]
    }

    /// Yen per dollar in a month, counted from January 1993 (0).
    #[must_use]
    pub fn in_month(&self, month: i32) -> f64 {
        self.rates[(month - self.first_month).clamp(0, self.rates.len() as i32 - 1) as usize]
    }
}

/// Months since January 1993.
#[must_use]
pub fn month_number(date: Date) -> i32 {
    (i32::from(date.year()) - 1993) * 12 + i32::from(date.month()) - 1
}

/// The first day of a month, counted from January 1993 (0).
#[must_use]
pub fn month_start(month: i32) -> Day {
    let year = 1993 + month.div_euclid(12);
    let month = month.rem_euclid(12) + 1;
    let first = Date::new(i16::try_from(year).unwrap_or(i16::MAX), month as i8, 1);
    first.map_or(Day(i32::MAX), Day::of)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};

    use super::*;

    #[test]
    fn days_and_dates_are_inverse_and_rounds_fall_on_wednesdays() {
        for n in -900..3000 {
            let day = Day(n);
            assert_eq!(Day::of(day.date()), day);
            assert_eq!(day.is_round_day(), day.date().weekday() == Weekday::Wednesday);
        }
        assert_eq!(Calendar::default().deadline, Day(718));
        assert!(Calendar::default().deadline.is_round_day());
    }

    #[test]
    fn the_exchange_path_knows_its_months_and_holds_its_ends() {
        let path = ExchangePath::monthly(date(1993, 12, 1), vec![110.0, 111.0, 106.0]).unwrap();
        let on = |y, m, d| path.on(Day::of(date(y, m, d)));
        assert_eq!((on(1993, 7, 10), on(1993, 12, 31), on(1994, 1, 1)), (110.0, 110.0, 111.0));
        assert_eq!((on(1994, 1, 31), on(1994, 2, 1), on(1999, 1, 1)), (111.0, 106.0, 106.0));
        assert_eq!((path.in_month(0), path.in_month(12), path.in_month(99)), (110.0, 111.0, 106.0));
        let held = path.held_from(date(1994, 1, 5));
        assert_eq!((held.on(Day::of(date(1994, 1, 1))), held.on(Day::of(date(1994, 5, 1)))), (111.0, 111.0));
        assert_eq!(held.in_month(13), 111.0);
        assert_eq!(ExchangePath::monthly(date(1993, 1, 1), vec![]), Err(InvalidExchangePath::Empty));
        assert!(ExchangePath::constant(-1.0).is_err());
    }

    #[test]
    fn month_starts_are_first_days() {
        assert_eq!(month_start(0).date(), date(1993, 1, 1));
        assert_eq!(month_start(29).date(), date(1995, 6, 1));
        assert_eq!(month_number(month_start(77).date()), 77);
    }

    #[test]
    fn steps_out_of_order_are_refused_with_both_named() {
        assert_eq!(Calendar::default().check(), Ok(()));
        let mut calendar = Calendar::default();
        calendar.deadline = calendar.list;
        let error = calendar.check().unwrap_err();
        assert_eq!((error.earlier, error.later), ("list", "deadline"));
        let mut calendar = Calendar::default();
        calendar.complaint = calendar.deadline;
        assert_eq!(calendar.check().unwrap_err().earlier, "complaint");
    }
}
