//! A document being checked: errors at its keys, checked numbers, positions of names, data files. It knows no section.

use std::collections::BTreeSet;

use super::document::Document;
use super::error::{ConfigError, in_percent, of_percent, shown};
use super::sourced::Sourced;
use super::suggest;
use super::table::{Table, meaning};
use crate::model::trade::duty::AdValoremRate;

/// Largest number that a scenario can mean: beyond it sums of a study are no longer exact.
const MAX_NUMBER: f64 = 1e12;
/// Highest duty rate.
pub(super) const MAX_RATE: f64 = 3.0;
/// Highest duty that is there in the base year: beyond it percent were meant.
pub(super) const MAX_NORMAL_RATE: f64 = 1.0;

/// A document being checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    pub document: &'a Document,
}

/// A sourced number that may be absent.
type Given = Option<Sourced<f64>>;

impl Reader<'_> {
    /// An error at a key, with what would do instead.
    pub fn error(&self, key: &str, message: impl Into<String>, help: impl Into<String>) -> ConfigError {
        self.document.error_at(key, message, help)
    }

    /// A number that satisfies a condition, or an error that states it.
    pub fn number(
        &self,
        key: &str,
        value: f64,
        holds: impl Fn(f64) -> bool,
        expected: &str,
    ) -> Result<f64, ConfigError> {
        if value.is_finite() && holds(value) {
            return Ok(value);
        }
        Err(self.error(key, format!("is {}, expected {expected}", shown(value)), ""))
    }

    /// A count within bounds.
    pub fn count(&self, key: &str, value: u64, least: u64, most: u64, help: &str) -> Result<u64, ConfigError> {
        if (least..=most).contains(&value) {
            return Ok(value);
        }
        Err(self.error(key, format!("is {value}, expected {least} to {most}"), help))
    }

    /// A sourced number at least zero.
    pub fn non_negative(&self, key: &str, value: &Sourced<f64>) -> Result<f64, ConfigError> {
        self.number(key, value.value, |x| (0.0..=MAX_NUMBER).contains(&x), "a number at least zero, at most 1e12")
    }

    /// A sourced number above zero.
    pub fn positive(&self, key: &str, value: &Sourced<f64>) -> Result<f64, ConfigError> {
        self.number(key, value.value, |x| x > 0.0 && x <= MAX_NUMBER, "a number above zero, at most 1e12")
    }

    /// A sourced spread or elasticity: beyond 1,000 it cannot be meant.
    pub fn spread(&self, key: &str, value: &Sourced<f64>) -> Result<f64, ConfigError> {
        self.number(key, value.value, |x| (0.0..=1e3).contains(&x), "a number between 0 and 1000")
    }

    /// A sourced share of customs value in the price.
    pub fn customs_share(&self, key: &str, value: &Sourced<f64>) -> Result<f64, ConfigError> {
        self.number(key, value.value, |x| x > 0.0 && x <= 1.5, "a share above 0 and at most 1.5")
    }

    /// A sourced number between 0 and 1.
    pub fn fraction(&self, key: &str, value: &Sourced<f64>) -> Result<f64, ConfigError> {
        self.part(key, value.value)
    }

    /// A number between 0 and 1.
    pub fn part(&self, key: &str, value: f64) -> Result<f64, ConfigError> {
        self.number(key, value, |x| (0.0..=1.0).contains(&x), "a fraction between 0 and 1")
    }

    /// A duty rate: beyond 300%, percent were meant.
    pub fn rate(&self, key: &str, value: f64) -> Result<AdValoremRate, ConfigError> {
        if value > MAX_RATE {
            let message = format!("is {}, a duty of {}%: was percent meant?", shown(value), in_percent(value));
            let written = format!("write {} for {value}%; ", of_percent(value));
            let meant = if value / 100.0 > MAX_RATE { String::new() } else { written };
            let help = format!("{meant}the highest rate is {MAX_RATE}");
            return Err(self.error(key, message, help));
        }
        let value = self.number(key, value, |x| x >= 0.0, "a rate from 0 to 3, which is 300%")?;
        AdValoremRate::new(value).map_err(|error| self.error(key, error.to_string(), ""))
    }

    /// A sourced number at least zero, or its default.
    pub fn non_negative_or(&self, key: &str, value: &Given, default: f64) -> Result<f64, ConfigError> {
        value.as_ref().map_or(Ok(default), |value| self.non_negative(key, value))
    }

    /// A sourced number above zero, or its default.
    pub fn positive_or(&self, key: &str, value: &Given, default: f64) -> Result<f64, ConfigError> {
        value.as_ref().map_or(Ok(default), |value| self.positive(key, value))
    }

    /// A sourced number between 0 and 1, or its default.
    pub fn fraction_or(&self, key: &str, value: &Given, default: f64) -> Result<f64, ConfigError> {
        value.as_ref().map_or(Ok(default), |value| self.fraction(key, value))
    }

    /// A sourced number of weeks, at least 1, or its default.
    pub fn weeks_or(&self, key: &str, value: &Given, default: f64) -> Result<f64, ConfigError> {
        let expected = "a number of weeks, at least 1";
        value.as_ref().map_or(Ok(default), |value| self.number(key, value.value, |x| x >= 1.0, expected))
    }

    /// The table of a data file that `key` names `name`.
    pub fn table(&self, key: &str, name: &str) -> Result<Table, ConfigError> {
        let path = self.document.data_path(key, name);
        Table::from_bytes(self.document.data(key, name)?, &path.display().to_string())
    }

    /// The position of `name` among `known`, or an error that lists them.
    pub fn position(&self, key: &str, name: &str, known: &[String], what: &str) -> Result<usize, ConfigError> {
        let found = known.iter().position(|item| item == name);
        found.ok_or_else(|| {
            let distinct: BTreeSet<&str> = known.iter().map(String::as_str).collect();
            let same = distinct.iter().find(|known| meaning(known) == meaning(name));
            let help = match same {
                Some(same) => format!("write `{same}`, as it stands there"),
                None => suggest::one_of(name, &distinct.into_iter().collect::<Vec<_>>()),
            };
            self.error(key, format!("`{name}` is no {what}"), help)
        })
    }

    /// Refuses a name that an item before it has.
    pub fn unused<'n>(
        &self,
        key: &str,
        what: &str,
        name: &str,
        mut known: impl Iterator<Item = &'n str>,
    ) -> Result<(), ConfigError> {
        if !known.any(|other| other == name) {
            return Ok(());
        }
        Err(self.error(key, format!("the {what} `{name}` exists already"), "choose another name"))
    }
}
