//! A finished run read back from its folder: what its charts are drawn from, without simulating.
//!
//! Rows come from the tables, to the bit; what charts say beside them (titles, labels, dates) stands in `datapackage.json` under
//! `charts`. A chart drawn from both is the chart that the run drew.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account_rows::{LargestInDraws, PairedChange, TradeRow};
use super::charts::bargaining::Caption;
use super::charts::headline::HeadlineMetric;
use super::charts::{ChartContext, ChartError, PeriodContext};
use super::group_rows::GroupRow;
use super::negotiation::{OffersRow, RegimeMetricRow, SettlementDateRow};
use super::record::{Record, Unreadable, number_of, read_rows};
use super::rows::{ComparisonRow, DiversionRegionRow, ModelRow, ReplicationRow, WeeklyRow};
use super::timing_rows::{DealerRow, EventStudyRow, RushEnd};
use crate::folder::OutputFolder;

/// What the charts of a run say beside its tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChartFacts {
    /// Said of every chart; its period is the reporting period.
    pub context: ChartContext,
    /// The periods that a chart can show.
    pub periods: Vec<PeriodContext>,
    /// First day of the horizon.
    pub first_day: Date,
    /// Region whose colour the importing country has, and its name on charts.
    pub home: [String; 2],
    /// Regimes in which no measure is in force that the baseline does not have.
    pub quiet: Vec<String>,
    /// Those of them, without the baseline, that move purchases in time: a rush before a date, and its payback.
    #[serde(default)]
    pub rushed: Vec<String>,
    /// Where sales of the flagged models end under them.
    #[serde(default)]
    pub rush_ends: Vec<RushEnd>,
    /// The headline metric.
    pub headline: HeadlineMetric,
    /// Of each negotiated regime, its name and what its charts say.
    pub bargains: Vec<(String, Caption)>,
    /// Replications of each draw, where results are of draws.
    #[serde(default)]
    pub draw_size: Option<u64>,
    /// Who loses and gains most in single draws, which the tables do not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub largest: Vec<LargestInDraws>,
}

/// The means of draws of so many replications each, of which the table has every one; rows of a study without draws as they are.
fn by_draw(draw_size: Option<u64>, rows: Vec<ReplicationRow>) -> Vec<ReplicationRow> {
    let Some(size) = draw_size.filter(|size| *size > 1) else { return rows };
    let mut draws: BTreeMap<(u64, String), Vec<ReplicationRow>> = BTreeMap::new();
    for row in rows {
        draws.entry((row.replication / size, row.regime.clone())).or_default().push(row);
    }
    let mean = |((draw, _), rows): ((u64, String), Vec<ReplicationRow>)| {
        let value = rows.iter().map(|row| row.value).sum::<f64>() / rows.len() as f64;
        rows.into_iter().next().map(|row| ReplicationRow { replication: draw, value, ..row })
    };
    draws.into_iter().filter_map(mean).collect()
}

/// Key of the facts in `datapackage.json`.
pub const FACTS: &str = "charts";

/// One line of an account, as charts take it.
#[derive(Clone, Debug, PartialEq)]
pub struct Gained {
    /// Regime name.
    pub regime: String,
    /// Name of the period.
    pub period: String,
    /// Name of the account.
    pub account: String,
    /// What the reader is shown.
    pub label: String,
    /// `party`, `total` or `part`.
    pub group: String,
    /// Place in the chart of who pays.
    pub order: u64,
    /// Change over the period, USD.
    pub change_usd: f64,
    /// The same at a yearly rate.
    pub yearly: PairedChange,
}

/// A row that is of one regime.
pub trait OfRegime {
    /// Its name.
    fn regime(&self) -> &str;
}

macro_rules! of_regime {
    ($($row:ty),+) => { $(
        impl OfRegime for $row {
            fn regime(&self) -> &str {
                &self.regime
            }
        }
    )+ };
}
of_regime!(
    GroupRow,
    WeeklyRow,
    DiversionRegionRow,
    ModelRow,
    ComparisonRow,
    ReplicationRow,
    EventStudyRow,
    DealerRow,
    TradeRow
);
of_regime!(OffersRow, SettlementDateRow, RegimeMetricRow, Gained);

/// The tables of a folder, by its data dictionary.
#[derive(Clone, Debug)]
pub struct Tables {
    folder: OutputFolder,
    package: Value,
}

impl Tables {
    /// Those of a folder.
    ///
    /// # Errors
    /// [`ChartError::Folder`] for a folder without a readable dictionary.
    pub fn of(folder: &OutputFolder) -> Result<Self, ChartError> {
        let unreadable = |reason: String| unreadable(folder, format!("datapackage.json: {reason}"));
        let bytes = match folder.read("datapackage.json") {
            Ok(bytes) => bytes,
            Err(_) if folder.manifest().is_some_and(|manifest| manifest.get("case").is_some()) => {
                let reason = "`solve` leaves tables and a report, and no charts to draw again".to_owned();
                return Err(self::unreadable(folder, reason));
            }
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let package = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        Ok(Self { folder: folder.clone(), package })
    }

    /// What charts say beside the tables, under a key of the dictionary; nothing where it has no such key.
    ///
    /// # Errors
    /// [`ChartError::Folder`] where it is something else.
    pub fn facts<F: for<'de> Deserialize<'de>>(&self, key: &str) -> Result<Option<F>, ChartError> {
        let facts = &self.package[key];
        if facts.is_null() {
            return Ok(None);
        }
        let found = F::deserialize(facts);
        found.map(Some).map_err(|error| unreadable(&self.folder, format!("datapackage.json, `{key}`: {error}")))
    }

    /// The rows of a table; none where the study has no such table.
    ///
    /// # Errors
    /// [`ChartError::Folder`] and [`ChartError::Table`] where it cannot be read.
    pub fn rows<R: Record>(&self) -> Result<Vec<R>, ChartError> {
        self.read(R::TABLE)?.map_or_else(|| Ok(Vec::new()), |csv| Ok(read_rows(&csv)?))
    }

    /// The text of a table; nothing where the study has no such table.
    ///
    /// # Errors
    /// [`ChartError::Folder`] where it has one that cannot be read.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ChartError> {
        let mut named = self.package["resources"].as_array().into_iter().flatten();
        if !named.any(|entry| entry["name"] == name) {
            return Ok(None);
        }
        let file = format!("tables/{name}.csv");
        let reason = |error: std::io::Error| format!("{file}: {error}; charts are drawn from tables in CSV");
        self.folder.read(&file).map(Some).map_err(|error| unreadable(&self.folder, reason(error)))
    }
}

fn unreadable(folder: &OutputFolder, reason: String) -> ChartError {
    ChartError::Folder { path: folder.path().to_owned(), reason }
}

/// A run in its folder, and the regimes that are shown of it.
#[derive(Clone, Debug)]
pub struct RecordedRun {
    tables: Tables,
    /// What charts say beside the tables.
    pub facts: ChartFacts,
    regimes: Vec<String>,
}

impl RecordedRun {
    /// The run of a folder; nothing where the folder holds none.
    ///
    /// # Errors
    /// [`ChartError::Folder`] where it cannot be read.
    pub fn of(tables: &Tables) -> Result<Option<Self>, ChartError> {
        let Some(facts) = tables.facts::<ChartFacts>(FACTS)? else { return Ok(None) };
        let regimes = facts.context.regimes.iter().map(|regime| regime.name.clone()).collect();
        Ok(Some(Self { tables: tables.clone(), facts, regimes }))
    }

    /// Shows these regimes alone, beside the baseline.
    pub fn choose(&mut self, regimes: &[String]) {
        let baseline = self.facts.context.baseline.clone();
        self.regimes.retain(|regime| *regime == baseline || regimes.contains(regime));
        self.facts.context.regimes.retain(|regime| self.regimes.contains(&regime.name));
        self.facts.bargains.retain(|(regime, _)| self.regimes.contains(regime));
    }

    /// The rows of a table that are shown.
    ///
    /// # Errors
    /// [`ChartError::Folder`] and [`ChartError::Table`] where it cannot be read.
    pub fn rows<R: Record + OfRegime>(&self) -> Result<Vec<R>, ChartError> {
        let mut rows = self.tables.rows::<R>()?;
        rows.retain(|row| self.regimes.iter().any(|regime| regime == row.regime()));
        Ok(rows)
    }

    /// The lines of `welfare.csv`.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub fn welfare(&self) -> Result<Vec<Gained>, ChartError> {
        let Some(csv) = self.tables.read("welfare")? else { return Ok(Vec::new()) };
        let sheet = TextTable::read("welfare", &csv)?;
        let line = |line: TextLine<'_>| {
            let number = |name: &str| line.number(&format!("{name}_usd_per_year"));
            Ok(Gained {
                regime: line.text("regime")?.to_owned(),
                period: line.text("period")?.to_owned(),
                account: line.text("account")?.to_owned(),
                label: line.text("label")?.to_owned(),
                group: line.text("group")?.to_owned(),
                order: line.whole("order")?,
                change_usd: line.number("change_usd")?,
                yearly: PairedChange {
                    mean: number("change")?,
                    std_error: number("std_error")?,
                    interval: [number("ci_low")?, number("ci_high")?],
                },
            })
        };
        self.kept(sheet.lines().map(line))
    }

    /// The headline metric in `replications.csv`.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub fn replications(&self) -> Result<Vec<ReplicationRow>, ChartError> {
        let Some(csv) = self.tables.read("replications")? else { return Ok(Vec::new()) };
        let (sheet, metric) = (TextTable::read("replications", &csv)?, &self.facts.headline.name);
        let line = |line: TextLine<'_>| {
            Ok(ReplicationRow {
                regime: line.text("regime")?.to_owned(),
                replication: line.whole("replication")?,
                metric: metric.clone(),
                value: line.number(metric)?,
            })
        };
        let rows = self.kept(sheet.lines().map(line))?;
        Ok(by_draw(self.facts.draw_size, rows))
    }

    fn kept<R: OfRegime>(&self, rows: impl Iterator<Item = Result<R, Unreadable>>) -> Result<Vec<R>, ChartError> {
        let mut rows = rows.collect::<Result<Vec<R>, Unreadable>>()?;
        rows.retain(|row| self.regimes.iter().any(|regime| regime == row.regime()));
        Ok(rows)
    }
}

/// A table whose columns are found by name.
pub(super) struct TextTable<'a> {
    table: &'a str,
    header: csv::StringRecord,
    records: Vec<csv::StringRecord>,
}

/// One of its lines.
#[derive(Clone, Copy)]
pub(super) struct TextLine<'a> {
    sheet: &'a TextTable<'a>,
    at: usize,
}

impl<'a> TextTable<'a> {
    /// The table of a text.
    pub(super) fn read(table: &'a str, csv: &[u8]) -> Result<Self, Unreadable> {
        let failed = |error: csv::Error| Unreadable { table: table.to_owned(), reason: error.to_string() };
        let mut reader = csv::Reader::from_reader(csv);
        let header = reader.headers().map_err(failed)?.clone();
        let records = reader.records().collect::<Result<Vec<_>, _>>().map_err(failed)?;
        Ok(Self { table, header, records })
    }

    /// Its lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = TextLine<'_>> {
        (0..self.records.len()).map(|at| TextLine { sheet: self, at })
    }
}

impl<'a> TextLine<'a> {
    /// Says what is wrong with its table.
    pub(super) fn failed(&self, reason: String) -> Unreadable {
        Unreadable { table: self.sheet.table.to_owned(), reason }
    }

    /// The cell of a column.
    pub(super) fn text(&self, column: &str) -> Result<&'a str, Unreadable> {
        let place = self.sheet.header.iter().position(|name| name == column);
        let cell = place.and_then(|place| self.sheet.records[self.at].get(place));
        cell.ok_or_else(|| self.failed(format!("has no column `{column}`")))
    }

    /// The cell of a column of numbers.
    pub(super) fn number(&self, column: &str) -> Result<f64, Unreadable> {
        let found = number_of(self.text(column)?);
        found.map_err(|reason| self.failed(format!("row {}, {column}: {reason}", self.at + 1)))
    }

    /// The cell of a column of whole numbers.
    pub(super) fn whole(&self, column: &str) -> Result<u64, Unreadable> {
        let text = self.text(column)?;
        let expected = || format!("row {}, {column}: `{text}`, expected a whole number", self.at + 1);
        text.parse().map_err(|_| self.failed(expected()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_told_by_their_size_whatever_failed() {
        let row = |regime: &str, replication, value| ReplicationRow {
            regime: regime.into(),
            replication,
            metric: "units_all".into(),
            value,
        };
        // Draw 1 failed, and the second replication of draw 2.
        let rows = vec![
            row("a", 0, 1.0),
            row("b", 0, 10.0),
            row("a", 1, 3.0),
            row("b", 1, 30.0),
            row("a", 4, 5.0),
            row("b", 4, 50.0),
        ];
        let means = vec![row("a", 0, 2.0), row("b", 0, 20.0), row("a", 2, 5.0), row("b", 2, 50.0)];
        assert_eq!(by_draw(Some(2), rows.clone()), means);
        assert_eq!(by_draw(None, rows.clone()), rows);
    }
}
