//! Days, weeks and months. A day is a number; dates are read and shown, and counted with nowhere else.

use std::ops::{Add, Sub};

use jiff::civil::{Date, date};

/// A day, counted from 1 January 1970 (day 0, a Thursday).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// Day 0.
pub const ORIGIN: Date = date(1970, 1, 1);
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
    /// Years since an earlier day.
    #[must_use]
    pub fn years_since(self, earlier: Self) -> f64 {
        f64::from(self.0 - earlier.0) / DAYS_PER_YEAR
    }
    /// The first day of a week, in weeks counted from this day.
    #[must_use]
    pub fn week_start(self, week: u32) -> Self {
        self + i32::try_from(7 * i64::from(week)).unwrap_or(i32::MAX)
    }
    /// The first week, in weeks counted from this day, that starts on or after `day`; negative before.
    #[must_use]
    pub fn week_from(self, day: Self) -> i32 {
        let days = day - self;
        days.div_euclid(7) + i32::from(days.rem_euclid(7) > 0)
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

/// Months from January of the year 0 to the month of a date.
#[must_use]
pub fn month_number(date: Date) -> i32 {
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

/// The first day of a month, as [`month_number`] counts.
#[must_use]
pub fn month_start(month: i32) -> Day {
    let year = month.div_euclid(12);
    let month = month.rem_euclid(12) + 1;
    let first = Date::new(i16::try_from(year).unwrap_or(i16::MAX), month as i8, 1);
    first.map_or(Day(i32::MAX), Day::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        for n in -900..13_000 {
            assert_eq!(Day::of(Day(n).date()), Day(n));
        }
        assert_eq!(Day::of(date(1995, 6, 28)) - Day::of(date(1993, 7, 10)), 718);
    }

    #[test]
    fn month_starts_are_first_days() {
        assert_eq!(month_start(12 * 1993).date(), date(1993, 1, 1));
        assert_eq!(month_start(12 * 1995 + 5).date(), date(1995, 6, 1));
        assert_eq!(month_number(month_start(24_000).date()), 24_000);
    }

    /// A day belongs to the first week that starts on it or after it, before the first week as well.
    #[test]
    fn weeks_are_counted_from_any_day() {
        let first = Day::of(date(1994, 12, 31));
        assert_eq!([-8, -7, -6, 0, 1, 7, 8].map(|days| first.week_from(first + days)), [-1, -1, 0, 0, 1, 1, 2]);
        assert_eq!(first.week_start(26).date(), date(1995, 7, 1));
        assert!((0..3000).all(|week| first.week_from(first.week_start(week)) == week as i32));
    }
}
