//! Exchange rates: `[exchange_rate]` and its table.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::error::ConfigError;
use super::reader::Reader;
use super::table::Table;
use super::time::Horizon;
use crate::model::exchange::{CurrencyPath, cost_factors};
use crate::model::market::{CarModel, Market};

/// Exchange rates.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRateSection {
    /// Whether rates stay at the base month or follow the data.
    pub mode: ExchangeMode,
    /// CSV file with a `month` column (YYYY-MM) and one column for each currency, units per USD.
    pub data: String,
    /// Month of the base-year rates, YYYY-MM.
    pub base_month: String,
    /// Column of the currency of each assembly country.
    #[serde(default)]
    pub currency: BTreeMap<String, String>,
    /// Rates of the whole horizon relative to what the mode gives, by column: 0.8 is 20% fewer units per dollar.
    #[serde(default)]
    pub shift: BTreeMap<String, f64>,
    /// Growth a week of a currency's value in dollars that makers expect when they set staggered list prices, by column; 0, a random walk,
    /// if absent.
    #[serde(default)]
    pub expected_growth: BTreeMap<String, f64>,
}

/// Whether rates stay at the base month or follow the data.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeMode {
    /// The base month's rates throughout.
    Constant,
    /// The data's monthly rates.
    History,
}

/// The rates of a scenario, read.
pub(super) struct Rates<'a> {
    section: &'a ExchangeRateSection,
    table: Table,
    /// First day of each month of the table.
    months: Vec<Date>,
    /// Row of the base month.
    base: usize,
    /// The currencies that assembly countries have.
    currencies: Vec<Currency<'a>>,
}

/// The currency of an assembly country.
struct Currency<'a> {
    country: &'a str,
    /// Units per USD in each month of the table.
    monthly: Vec<f64>,
    /// Factor on what costs and governments meet; the base year has none.
    shift: f64,
    /// Growth of its value a week that makers expect.
    growth: f64,
}

impl<'a> Rates<'a> {
    /// Reads the table of the section.
    pub fn new(reader: &Reader<'_>, section: &'a ExchangeRateSection, market: &Market) -> Result<Self, ConfigError> {
        let table = reader.table("exchange_rate.data", &section.data)?.labelled_by("month")?;
        let months = table.column_month("month")?;
        let base = format!("{}-01", section.base_month).parse().ok().and_then(|date| row_of(&months, date));
        let base = base.ok_or_else(|| {
            let message = format!("`{}` is no month of {}", section.base_month, section.data);
            reader.error("exchange_rate.base_month", message, "a month of the table, such as 1995-05")
        })?;
        let countries: Vec<String> = market.models.iter().map(|model| model.assembly_country.clone()).collect();
        let mut currencies = Vec::new();
        for (country, column) in &section.currency {
            let key = format!("exchange_rate.currency.{country}");
            reader.position(&key, country, &countries, "assembly country of this market")?;
            let shift = section.shift.get(column).copied().unwrap_or(1.0);
            let growth = section.expected_growth.get(column).copied().unwrap_or(0.0);
            currencies.push(Currency { country, monthly: table.column_positive(column)?, shift, growth });
        }
        let columns: Vec<String> = section.currency.values().cloned().collect();
        for (column, shift) in &section.shift {
            let key = format!("exchange_rate.shift.{column}");
            reader.position(&key, column, &columns, "currency of an assembly country")?;
            reader.number(&key, *shift, |x| (0.1..=10.0).contains(&x), "a ratio between 0.1 and 10")?;
        }
        for (column, growth) in &section.expected_growth {
            let key = format!("exchange_rate.expected_growth.{column}");
            reader.position(&key, column, &columns, "currency of an assembly country")?;
            reader.number(&key, *growth, |x| x.abs() <= 0.02, "a growth a week between -0.02 and 0.02")?;
        }
        Ok(Self { section, table, months, base, currencies })
    }

    fn of(&self, country: &str) -> Option<&Currency<'a>> {
        self.currencies.iter().find(|currency| currency.country == country)
    }

    /// Units per USD of a country's currency in the base month.
    pub fn in_base_month(&self, country: &str) -> Option<f64> {
        self.of(country).map(|currency| currency.monthly[self.base])
    }

    /// Units per USD of a country's currency from a month on, one for each month, the scenario's shift in them.
    pub fn monthly(&self, country: &str) -> Result<Option<(Date, Vec<f64>)>, ConfigError> {
        let (Some(currency), Some(first)) = (self.of(country), self.months.first()) else { return Ok(None) };
        let number = |month: &Date| 12 * i32::from(month.year()) + i32::from(month.month());
        if let Some(row) = self.months.windows(2).position(|pair| number(&pair[1]) != number(&pair[0]) + 1) {
            let help = "the governments need every month from the first to the last, in order";
            return Err(self.table.error_at(row + 1, "month does not follow the month before", help));
        }
        Ok(Some((*first, currency.monthly.iter().map(|rate| currency.shift * rate).collect())))
    }

    /// Growth a week that makers expect of the part of each model's cost that is paid at home; empty where they expect none.
    pub fn expected_growth(&self, market: &Market) -> Vec<f64> {
        let of = |model: &CarModel| self.of(&model.assembly_country);
        let growth: Vec<f64> =
            market.models.iter().map(|model| of(model).map_or(0.0, |currency| currency.growth)).collect();
        if growth.iter().all(|growth| *growth == 0.0) { Vec::new() } else { growth }
    }

    /// Factor on each model's marginal cost in each week; empty when rates are constant.
    pub fn cost_factors(
        &self,
        reader: &Reader<'_>,
        horizon: Horizon,
        market: &Market,
    ) -> Result<Vec<Vec<f64>>, ConfigError> {
        let history = self.section.mode == ExchangeMode::History;
        if !history && self.section.shift.is_empty() {
            return Ok(Vec::new());
        }
        let row = |week: u32| {
            let date = horizon.first_day(week);
            let row = if history { row_of(&self.months, date) } else { Some(self.base) };
            row.ok_or_else(|| {
                let message = format!("follows the data, which have no rate for {}-{:02}", date.year(), date.month());
                let help = "extend the table or shorten the horizon, or use \"constant\"";
                reader.error("exchange_rate.mode", message, help)
            })
        };
        let rows = (0..horizon.weeks).map(row).collect::<Result<Vec<usize>, _>>()?;
        let path = |currency: &Currency<'_>| CurrencyPath {
            base: currency.monthly[self.base],
            weekly: rows.iter().map(|row| currency.monthly[*row] * currency.shift).collect(),
        };
        let paths: Vec<(&str, CurrencyPath)> =
            self.currencies.iter().map(|currency| (currency.country, path(currency))).collect();
        let of = |country: &str| paths.iter().find(|(name, _)| *name == country).map(|(_, path)| path);
        Ok(cost_factors(market, horizon.weeks, of))
    }
}

/// The row of a date's month.
fn row_of(months: &[Date], date: Date) -> Option<usize> {
    months.iter().position(|month| (month.year(), month.month()) == (date.year(), date.month()))
}
