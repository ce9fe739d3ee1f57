//! Axes: scales from numbers and dates to pixels, and where the ticks stand.

use jiff::civil::Date;

use super::text;
use crate::numerics::calendar::Day;

/// A linear scale from `low..=high` to the pixels `from..=to`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AxisScale {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) from: f64,
    pub(super) to: f64,
}

impl AxisScale {
    pub(super) fn at(&self, value: f64) -> f64 {
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }
}

/// Round numbers along an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) values: Vec<f64>,
    decimals: usize,
}

impl Ticks {
    /// About `target` round steps covering the finite `values`; a single value is given some room.
    pub(super) fn covering(values: impl IntoIterator<Item = f64>, target: usize) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            return None;
        }
        // Beyond these, ticks would be infinite or all equal; nothing economic is.
        (low, high) = (low.clamp(-1e15, 1e15), high.clamp(-1e15, 1e15));
        let least = (low.abs().max(high.abs()) * 1e-9).max(1e-9);
        if high - low < least {
            let room = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
            (low, high) = (low - room, high + room);
        }
        let (step, decimals) = round_step((high - low) / target.max(1) as f64);
        let (first, last) = ((low / step + 1e-6).floor() as i64, (high / step - 1e-6).ceil() as i64);
        let values: Vec<f64> = (first..=last).map(|tick| tick as f64 * step).collect();
        Some(Self { low: first as f64 * step, high: last as f64 * step, values, decimals })
    }

    pub(super) fn scale(&self, from: f64, to: f64) -> AxisScale {
        AxisScale { low: self.low, high: self.high, from, to }
    }

    /// A tick in full, or in millions or billions where the steps are that wide.
    pub(super) fn label(&self, value: f64) -> String {
        match self.unit() {
            (_, "") => text::number(value, self.decimals),
            _ if value == 0.0 => "0".to_owned(),
            (unit, word) => format!("{}{word}", text::number(value / unit, decimals_of(self.step() / unit))),
        }
    }

    /// What values are written in where the steps are wide: a million or a billion, and the word for it.
    fn unit(&self) -> (f64, &'static str) {
        let most = self.low.abs().max(self.high.abs());
        match self.step() {
            step if step >= 999_999.0 && most >= 999_999_999.0 => (1e9, " billion"),
            step if step >= 999_999.0 => (1e6, " million"),
            _ => (1.0, ""),
        }
    }

    /// A tick on an axis of changes.
    pub(super) fn signed_label(&self, value: f64) -> String {
        plus(value, self.label(value))
    }

    /// A change between ticks.
    pub(super) fn signed_finer(&self, value: f64) -> String {
        plus(value, self.finer(value))
    }

    /// A value between ticks, finer than theirs by some digits.
    pub(super) fn finer(&self, value: f64) -> String {
        if value == 0.0 { "0".to_owned() } else { format!("{}{}", self.digits(value), self.unit().1) }
    }

    /// The digits of a value between ticks, without the word for their unit.
    fn digits(&self, value: f64) -> String {
        let (unit, word) = self.unit();
        let decimals = match self.step() / unit {
            step if word.is_empty() => {
                if step > 5.0 {
                    0
                } else {
                    self.decimals + 1
                }
            }
            step if step >= 99.0 => 0,
            step if step >= 9.0 => 1,
            step if step >= 0.2 => 2,
            _ => 3,
        };
        text::number(value / unit, decimals)
    }

    /// A change between ticks with half the width of its interval, where it has one.
    pub(super) fn with_half(&self, value: f64, half: f64) -> String {
        if !half.is_finite() {
            return self.signed_finer(value);
        }
        let half = text::half_width(half, &self.digits(half));
        format!("{} {half}{}", plus(value, self.digits(value)), self.unit().1)
    }

    /// A change between ticks with the ends of its interval.
    pub(super) fn with_interval(&self, value: f64, [low, high]: [f64; 2]) -> String {
        let [value, low, high] = [value, low, high].map(|value| plus(value, self.digits(value)));
        format!("{value} [{low}, {high}]{}", self.unit().1)
    }

    fn step(&self) -> f64 {
        (self.high - self.low) / self.values.len().saturating_sub(1).max(1) as f64
    }
}

/// Decimals of multiples of a step.
fn decimals_of(step: f64) -> usize {
    let is_whole = |decimals: &usize| {
        let scaled = step * power_of_ten(*decimals);
        (scaled - scaled.round()).abs() < 1e-6
    };
    (0..3).find(is_whole).unwrap_or(3)
}

/// `text`, the writing of `value`, with a plus where that is above zero.
fn plus(value: f64, text: String) -> String {
    let above = value > 0.0 && text.bytes().any(|b| matches!(b, b'1'..=b'9'));
    if above { format!("+{text}") } else { text }
}

/// The least of 1, 2, 2.5, 5 times a power of ten that is not below `step`, and the decimals it needs.
fn round_step(step: f64) -> (f64, usize) {
    let (mut power, mut decimals) = (1.0, 0);
    while power * 10.0 <= step {
        power *= 10.0;
    }
    while power > step && decimals < 12 {
        decimals += 1;
        power = 1.0 / power_of_ten(decimals);
    }
    for (factor, more) in [(1.0, 0), (2.0, 0), (2.5, 1), (5.0, 0)] {
        if factor * power >= step * 0.999_999 {
            let needed = if power < 10.0 { decimals + more } else { 0 };
            return (factor * power, needed);
        }
    }
    (10.0 * power, decimals.saturating_sub(1))
}

fn power_of_ten(exponent: usize) -> f64 {
    (0..exponent).fold(1.0, |power, _| power * 10.0)
}

/// A day as a number: days since 1970-01-01.
pub(super) fn day(of: Date) -> f64 {
    f64::from(Day::of(of).0)
}

/// A tick on a date axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DateTick {
    pub(super) date: Date,
    /// `Jan`, or the year where ticks are years.
    pub(super) label: String,
    /// The year, at the first tick and wherever it changes.
    pub(super) year: Option<String>,
}

/// First days of months, quarters, half-years or years: the densest that leaves `least` pixels between ticks.
pub(super) fn date_ticks(first: Date, last: Date, pixels: f64, least: f64) -> Vec<DateTick> {
    let months = (day(last) - day(first)).max(1.0) / 30.437;
    let fits = |step: f64| pixels / (months / step) >= least;
    let step: i32 = [1, 2, 3, 6, 12, 24, 60, 120, 240].into_iter().find(|&step| fits(f64::from(step))).unwrap_or(600);
    let start = i32::from(first.year()) * 12 + i32::from(first.month()) - 1;
    let mut month = start - start.rem_euclid(step);
    let mut ticks: Vec<DateTick> = Vec::new();
    let mut year_shown = None;
    loop {
        let (year, of_year) = (month.div_euclid(12), month.rem_euclid(12));
        let Some(at) = i16::try_from(year).ok().and_then(|y| Date::new(y, of_year as i8 + 1, 1).ok()) else { break };
        if at > last {
            break;
        }
        if at >= first {
            let label = if step >= 12 { year.to_string() } else { MONTHS[of_year as usize].to_owned() };
            let fresh = step < 12 && year_shown != Some(year);
            year_shown = Some(year);
            ticks.push(DateTick { date: at, label, year: fresh.then(|| year.to_string()) });
        }
        month += step;
    }
    if ticks.is_empty() {
        // Within one month: its first day shown.
        let label = first.strftime("%-d %b").to_string();
        ticks.push(DateTick { date: first, label, year: Some(first.year().to_string()) });
    }
    ticks
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_values() {
        let ticks = Ticks::covering([21_000.0, 87_856.0, f64::NAN], 6).unwrap();
        assert_eq!(ticks.values, [20_000.0, 40_000.0, 60_000.0, 80_000.0, 100_000.0]);
        assert_eq!(ticks.label(40_000.0), "40,000");
        let shares = Ticks::covering([0.0, 0.61], 4).unwrap();
        assert_eq!((shares.low, shares.high, shares.label(0.4)), (0.0, 0.8, "0.4".to_owned()));
        let quarters = Ticks::covering([0.0, 1.0], 4).unwrap();
        assert_eq!(quarters.label(0.25), "0.25");
        assert_eq!((quarters.signed_label(0.25), quarters.signed_label(0.0)), ("+0.25".to_owned(), "0.00".to_owned()));
        assert_eq!((quarters.finer(0.1234), quarters.finer(0.0)), ("0.123".to_owned(), "0".to_owned()));
        let billions = Ticks::covering([0.0, 6e9], 4).unwrap();
        assert_eq!((billions.label(4e9), billions.label(0.0)), ("4 billion".to_owned(), "0".to_owned()));
        let fine = Ticks::covering([0.0, 9e6], 4).unwrap();
        assert_eq!((fine.label(2.5e6), fine.signed_label(5e6)), ("2.5 million".to_owned(), "+5.0 million".to_owned()));
        let halves = Ticks::covering([0.0, 1.5e9], 4).unwrap();
        assert_eq!((halves.label(5e8), halves.label(1.5e9)), ("0.5 billion".to_owned(), "1.5 billion".to_owned()));
        assert_eq!(fine.with_half(-1_234_567.0, 420.0), "−1.23 ± <0.01 million");
        assert_eq!(billions.with_interval(1.5e9, [-5e8, 3.5e9]), "+1.50 [−0.50, +3.50] billion");
        assert_eq!(ticks.with_half(41_000.0, f64::NAN), "+41,000");
        assert_eq!(Ticks::covering([f64::NAN], 4), None);
        let flat = Ticks::covering([0.0, 0.0], 4).unwrap();
        assert!(flat.low < 0.0 && flat.high > 0.0 && flat.values.len() < 10);
        for extreme in [f64::MAX, 1e-300, -1e300] {
            assert!(Ticks::covering([extreme, 0.0], 5).unwrap().values.len() < 12);
        }
    }

    #[test]
    fn date_ticks_thin_out_with_the_horizon() {
        let two_years = date_ticks(date(1995, 1, 7), date(1996, 12, 28), 380.0, 30.0);
        let labels: Vec<&str> = two_years.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels, ["Mar", "May", "Jul", "Sep", "Nov", "Jan", "Mar", "May", "Jul", "Sep", "Nov"]);
        let years: Vec<&str> = two_years.iter().filter_map(|tick| tick.year.as_deref()).collect();
        assert_eq!(years, ["1995", "1996"]);
        let days = date_ticks(date(1995, 1, 7), date(1995, 1, 21), 380.0, 30.0);
        assert_eq!((days[0].label.as_str(), days[0].year.as_deref()), ("7 Jan", Some("1995")));
        let century = date_ticks(date(1900, 1, 1), date(2000, 1, 1), 380.0, 30.0);
        assert!(century.len() <= 12 && century.iter().all(|tick| tick.year.is_none()));
    }
}
