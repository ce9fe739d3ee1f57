//! Numbers in words: for sentences, tables and charts of a report. `assets/page.js` shows numbers by the same rules.

use std::collections::BTreeMap;

use crate::model::outcome::{Period, PeriodKind};
use crate::model::scenario::Scenario;
use crate::report::words::Described;

/// How the values of a column are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Words.
    Text,
    /// A day.
    Date,
    /// Whole numbers with separators, one digit more where they are small.
    Count,
    /// Dollars, in millions or billions where there are many.
    Money,
    /// Dollars in full.
    Price,
    /// A fraction, in percent.
    Percent,
    /// Four digits.
    Number,
}

impl Show {
    /// How numbers of a headline metric are shown.
    pub(super) fn of(metric: &Described) -> Self {
        match metric.unit {
            "cars" | "purchases" => Self::Count,
            "fraction" => Self::Percent,
            "USD" if metric.is_flow => Self::Money,
            "USD" => Self::Price,
            _ => Self::Number,
        }
    }
    /// The word that the page's script knows it by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Date => "date",
            Self::Count => "count",
            Self::Money => "money",
            Self::Price => "price",
            Self::Percent => "percent",
            Self::Number => "number",
        }
    }
}

/// Digits with separators.
fn grouped(number: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", number.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// Digits after the point, so that about three figures are seen.
fn places(size: f64) -> usize {
    match size {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    }
}

/// The size of a number, without its sign.
fn size(number: f64, show: Show) -> String {
    let size = number.abs();
    match show {
        Show::Money => {
            let (unit, word) = match size {
                size if size >= 0.9995e9 => (1e9, " bn"),
                size if size >= 0.9995e6 => (1e6, " mn"),
                size if size >= 0.9995e3 => (1e3, " k"),
                _ => (1.0, ""),
            };
            let size = size / unit;
            format!("{}{word}", grouped(size, if word.is_empty() { 0 } else { places(size) }))
        }
        Show::Count => grouped(size, usize::from(size < 9.95 && size != 0.0)),
        Show::Price => grouped(size, 0),
        Show::Percent => format!("{:.1}%", 100.0 * size),
        Show::Number | Show::Text | Show::Date => match size {
            0.0 => "0".into(),
            size if size >= 1000.0 => grouped(size, 0),
            size if size >= 1e-4 => {
                let steps = [1000.0, 100.0, 10.0, 1.0, 0.1, 0.01, 0.001];
                grouped(size, steps.iter().position(|step| size >= *step).unwrap_or(steps.len()))
            }
            size => format!("{size:.2e}"),
        },
    }
}

/// A number with the digits that a page carries, so that what is shown with and without its script is the same.
#[must_use]
pub fn rounded(number: f64) -> f64 {
    // A sum of dollars that is shown whole is rounded once.
    let shown_whole = (1e4..1e6).contains(&number.abs());
    let digits = if shown_whole { 7 } else { 5 };
    if number.is_finite() { format!("{number:.digits$e}").parse().unwrap_or(number) } else { number }
}

/// A number, by its column's rule; a dash where it is missing.
#[must_use]
pub fn number(number: f64, show: Show, signed: bool) -> String {
    if !number.is_finite() {
        return "–".into();
    }
    let number = rounded(number);
    let size = size(number, show);
    let zero = !size.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    match (zero, number < 0.0, signed) {
        (true, _, _) => size,
        (_, true, _) => format!("\u{2212}{size}"),
        (_, false, true) => format!("+{size}"),
        (_, false, false) => size,
    }
}

/// Both ends of an interval.
#[must_use]
pub fn between([low, high]: [f64; 2], show: Show, signed: bool) -> String {
    format!("{} to {}", number(low, show, signed), number(high, show, signed))
}

/// Words one after the other: `a; b and c`.
#[must_use]
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join("; ")),
    }
}

/// `1 replication`, `8 replications`.
#[must_use]
pub fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(count as f64, 0), if count == 1 { "" } else { "s" })
}

/// A day as readers write it.
#[must_use]
pub fn day(date: jiff::civil::Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// Names of which each is different: those that occur twice have their key behind them.
#[must_use]
pub fn different(items: impl Iterator<Item = (String, String)> + Clone) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    items.clone().for_each(|(label, _)| *seen.entry(label).or_default() += 1);
    items.map(|(label, key)| if seen[&label] > 1 { format!("{label} ({key})") } else { label }).collect()
}

/// The dates of a period, with its name.
#[must_use]
pub fn dates(scenario: &Scenario, period: &Period) -> String {
    let [first, last] = scenario.dates(period);
    let name = match period.kind {
        PeriodKind::Horizon => "the whole horizon".to_owned(),
        _ => period.name.replace('_', " "),
    };
    format!("{name}, {} to {}", day(first), day(last))
}
