//! All tables of a study, and their dictionary.

use std::path::PathBuf;

use super::bargaining::Bargain;
use super::build::Report;
use super::failures::FailureTable;
use super::negotiation::negotiation_columns;
use super::package::{Resource, data_package};
use super::record::{Cell, Field, FieldType, Record, TableData, header, lines_of};
use super::setting_rows::{period_rows, policy_event_rows, regime_rows};
use super::words::{Described, describe};
use crate::config::figures::Figures;
use crate::folder::{OutputError, OutputFolder, PendingFile};
use crate::model::ids::RegimeId;
use crate::model::outcome::{NegotiatedMetric, Outcome};
use crate::model::scenario::Scenario;
use crate::platform::threads::prelude::*;
use crate::study::Study;
use crate::study::finished::Finished;

/// The rows of `replications.csv`, made as replications finish: it alone grows with their number.
#[derive(Debug)]
pub struct ReplicationRows {
    /// What the table is.
    pub resource: Resource,
    regimes: Vec<String>,
    slots: Vec<usize>,
}

impl ReplicationRows {
    /// Those of a study.
    #[must_use]
    pub fn of(study: &Study, regimes: &[RegimeId]) -> Self {
        let (layout, scenario) = (study.layout(), study.scenario());
        let mut fields = vec![
            Field::new("regime", FieldType::String, "", "policy regime, by its name in the scenario"),
            Field::new(
                "replication",
                FieldType::Integer,
                "",
                "replication number, from 0; the same world for every regime",
            ),
        ];
        for headline in &layout.headlines {
            let Described { unit, mut what, is_gain, .. } = describe(headline, scenario);
            if is_gain {
                what.push_str(": only its difference between regimes means something");
            }
            fields.push(Field::new(headline.clone(), FieldType::Number, unit, what));
        }
        let mut slots: Vec<usize> =
            (0..layout.headlines.len()).map(|h| layout.headline(h, scenario.outputs.period)).collect();
        if let Some(block) = layout.negotiated {
            let columns = NegotiatedMetric::ALL.iter().zip(negotiation_columns());
            fields
                .extend(columns.clone().map(|(_, (name, unit, what))| Field::new(name, FieldType::Number, unit, what)));
            slots.extend(columns.map(|(metric, _)| block.slot(*metric)));
        }
        let [first, last] = scenario.dates(scenario.reporting_period());
        let resource = Resource {
            name: "replications".into(),
            description: format!(
                "Headline metrics of every regime in every replication, over the reporting period `{}`, {first} to {last}.",
                scenario.reporting_period().name
            ),
            key: vec!["regime".into(), "replication".into()],
            fields,
        };
        Self { regimes: regimes.iter().map(|r| scenario.regimes[*r].name.clone()).collect(), slots, resource }
    }

    /// The header, as a line of CSV.
    ///
    /// # Errors
    /// [`OutputError::Csv`] when it cannot be rendered, here and below.
    pub fn header(&self) -> Result<Vec<u8>, OutputError> {
        Ok(lines_of([header(&self.resource.fields)])?)
    }

    /// One replication, a line of CSV for each regime.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub fn lines(&self, replication: u64, outcomes: &[Outcome]) -> Result<Vec<u8>, OutputError> {
        let line = |(regime, outcome): (&String, &Outcome)| {
            let mut row = vec![Cell::Text(regime.clone()), Cell::Integer(replication)];
            row.extend(self.slots.iter().map(|slot| Cell::Number(outcome.values[*slot])));
            row
        };
        Ok(lines_of(self.regimes.iter().zip(outcomes).map(line))?)
    }
}

/// `replications.csv` in a folder, written as replications finish.
#[derive(Debug)]
pub struct ReplicationTable {
    file: PendingFile,
    rows: ReplicationRows,
}

impl ReplicationTable {
    /// Begins the table with its header.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn begin(folder: &OutputFolder, study: &Study, regimes: &[RegimeId]) -> Result<Self, OutputError> {
        let mut table =
            Self { file: folder.begin("tables/replications.csv")?, rows: ReplicationRows::of(study, regimes) };
        table.file.write(&table.rows.header()?)?;
        Ok(table)
    }

    /// Appends one replication, a row for each regime.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn add(&mut self, replication: u64, outcomes: &[Outcome]) -> Result<(), OutputError> {
        self.file.write(&self.rows.lines(replication, outcomes)?)
    }
}

/// A table that is made when it is asked for.
pub struct LazyTable<'a> {
    /// Its name; the file is `tables/NAME.csv`.
    pub name: &'static str,
    make: Box<dyn Fn() -> Result<Option<TableData>, OutputError> + Send + Sync + 'a>,
}

impl std::fmt::Debug for LazyTable<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LazyTable").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'a> LazyTable<'a> {
    pub(super) fn of<R: Record>(rows: impl Fn() -> Vec<R> + Send + Sync + 'a) -> Self {
        Self { name: R::TABLE, make: Box::new(move || Ok(Some(TableData::new(&rows())?))) }
    }
    /// One that is left out where it has no rows, for then it says nothing.
    fn unless_empty<R: Record>(rows: impl Fn() -> Vec<R> + Send + Sync + 'a) -> Self {
        Self::where_some(move || Some(rows()).filter(|rows| !rows.is_empty()))
    }
    fn where_some<R: Record>(rows: impl Fn() -> Option<Vec<R>> + Send + Sync + 'a) -> Self {
        let make = move || Ok(rows().map(|rows| TableData::new(&rows)).transpose()?);
        Self { name: R::TABLE, make: Box::new(make) }
    }

    /// Makes the table; nothing where the study has no such rows.
    ///
    /// # Errors
    /// [`OutputError::Csv`] when it cannot be rendered.
    pub fn make(&self) -> Result<Option<TableData>, OutputError> {
        (self.make)()
    }
}

/// The tables of a finished study, each made when it is asked for: all but those that grow with the number of replications, which go
/// through the [`Sink`](crate::study::sink::Sink) of a run.
#[must_use]
pub fn tables(finished: &Finished) -> Vec<LazyTable<'_>> {
    let report = Report::of(finished);
    let mut tables = vec![
        LazyTable::of(move || regime_rows(report.study, report.regimes)),
        LazyTable::of(move || period_rows(report.study.scenario())),
        LazyTable::of(move || report.models()),
        LazyTable::of(move || report.regions()),
        LazyTable::of(move || report.weekly()),
        LazyTable::of(move || report.comparisons()),
        LazyTable::of(move || report.diversion()),
        LazyTable::of(move || report.diversion_regions()),
        LazyTable::of(move || report.pricing()),
        LazyTable::of(move || report.base_year(&finished.base_year)),
        LazyTable::of(move || report.firms()),
    ];
    tables.push(LazyTable::unless_empty(move || policy_event_rows(report.study, report.regimes)));
    tables.push(LazyTable::unless_empty(move || report.pass_through()));
    if report.results.stopping().is_some() {
        tables.push(LazyTable::of(move || report.stopping()));
    }
    tables.push(LazyTable::unless_empty(move || report.groups()));
    tables.push(LazyTable::unless_empty(move || report.welfare()));
    tables.push(LazyTable::unless_empty(move || report.trade_balance()));
    if report.study.layout().timed.is_some() {
        tables.push(LazyTable::of(move || report.timing()));
        tables.push(LazyTable::of(move || report.owners()));
        tables.push(LazyTable::unless_empty(move || report.dealers()));
        // Written wherever there are dealers.
        tables.push(LazyTable::where_some(move || (!report.dealers().is_empty()).then(|| report.lots())));
        tables.push(LazyTable::unless_empty(move || report.event_study()));
    }
    if !finished.bargains.is_empty() {
        let bargains = || finished.bargains.iter().map(Bargain::of);
        let metrics = |bargain: Bargain| bargain.metric_rows().collect::<Vec<_>>();
        tables.push(LazyTable::of(move || bargains().flat_map(metrics).collect()));
        tables.push(LazyTable::of(move || bargains().flat_map(|bargain| bargain.offers).collect()));
        tables.push(LazyTable::unless_empty(move || bargains().flat_map(|bargain| bargain.dates).collect()));
    }
    tables
}

/// Tables written, and what the data dictionary says of them.
#[derive(Debug, Default)]
pub struct WrittenTables {
    /// Where they are.
    pub paths: Vec<PathBuf>,
    /// Their entries.
    pub resources: Vec<Resource>,
    /// What charts say beside the tables, by its key in the dictionary.
    pub facts: Vec<(&'static str, serde_json::Value)>,
}

impl WrittenTables {
    /// Writes a table.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn add(&mut self, folder: &OutputFolder, table: &TableData) -> Result<(), OutputError> {
        self.paths.push(folder.write(&format!("tables/{}.csv", table.name), &table.csv)?);
        self.resources.push(table.into());
        Ok(())
    }

    /// Writes the data dictionary of all of them; returns the paths.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn described(mut self, folder: &OutputFolder, scenario: &Scenario) -> Result<Vec<PathBuf>, OutputError> {
        let mut package = data_package(&scenario.name, &scenario.title, &self.resources);
        for (key, facts) in self.facts.drain(..) {
            package[key] = facts;
        }
        self.paths.push(folder.write("datapackage.json", format!("{package:#}\n").as_bytes())?);
        Ok(self.paths)
    }
}

/// Writes every table of a run.
///
/// # Errors
/// [`OutputError`] when the disk refuses; files are whole or absent.
pub fn write_tables(
    folder: &OutputFolder,
    finished: &Finished,
    replications: Option<ReplicationTable>,
    failures: FailureTable<'_>,
    #[cfg_attr(not(feature = "charts"), expect(unused_variables, reason = "there is nothing to draw with"))]
    look: &Figures,
) -> Result<WrittenTables, OutputError> {
    let mut written = WrittenTables::default();
    let made: Vec<_> = tables(finished).into_par_iter().map(|table| table.make()).collect();
    for table in made {
        let Some(table) = table? else { continue };
        written.add(folder, &table)?;
    }
    #[cfg(feature = "charts")]
    {
        let facts = super::draw::facts(&Report::of(finished), &finished.bargains, look);
        written.facts.extend(serde_json::to_value(facts).ok().map(|facts| (super::recorded::FACTS, facts)));
    }
    let WrittenTables { paths, resources, .. } = &mut written;
    if let Some(replications) = replications {
        resources.push(replications.rows.resource);
        paths.push(replications.file.finish()?);
    }
    if let Some((path, resource)) = failures.finish()? {
        paths.push(path);
        resources.push(resource);
    }
    let label = &finished.study.scenario().flag_label;
    let draw_size = finished.results.draw_size();
    resources.iter_mut().for_each(|resource| resource.say_of_run(label, draw_size));
    Ok(written)
}
