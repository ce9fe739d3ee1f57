//! The tables of a sensitivity study of a scenario.

pub mod rows;

use std::path::PathBuf;

use self::rows::{ConvergenceRow, DesignFailureRow, RankingRow, SensitivityRow};
use super::package::{Resource, data_package};
use super::record::{Cell, Field, FieldType, Record, TableData, header, lines_of};
use super::words::{Described, describe};
use crate::config::harmless;
use crate::folder::{OutputError, OutputFolder};
use crate::study::sensitivity::{FinishedSensitivity, ScenarioStudy};

/// Writes the tables and the data dictionary; returns their paths.
///
/// # Errors
/// [`OutputError`] when the disk refuses.
pub fn write_tables(
    folder: &OutputFolder,
    study: &ScenarioStudy<'_>,
    finished: &FinishedSensitivity,
) -> Result<Vec<PathBuf>, OutputError> {
    let indices: Vec<SensitivityRow> =
        finished.reading.analysis.indices.iter().map(|index| SensitivityRow { index: index.into() }).collect();
    let convergence: Vec<ConvergenceRow> = finished
        .looks
        .iter()
        .flat_map(|(n, reading)| {
            let runs = study.scheme.rows(finished.problem.factors().len(), *n) as u64;
            let indices = reading.analysis.indices.iter();
            indices.map(move |index| ConvergenceRow { n: *n as u64, runs, index: index.into() })
        })
        .collect();
    let rankings: Vec<RankingRow> = finished.reading.rankings.iter().flat_map(RankingRow::all).collect();
    let mut tables = vec![
        TableData::new(&indices)?,
        TableData::new(&convergence)?,
        TableData::new(&rankings)?,
        design_table(study, finished)?,
        outputs_table(study, finished)?,
    ];
    if !finished.failures.is_empty() {
        let row =
            |(row, reason): &(usize, String)| DesignFailureRow { row: *row as u64, reason: harmless(reason).into() };
        tables.push(TableData::new(&finished.failures.iter().map(row).collect::<Vec<_>>())?);
    }
    let mut paths = Vec::new();
    for table in &tables {
        paths.push(folder.write(&format!("tables/{}.csv", table.name), &table.csv)?);
    }
    let resources: Vec<Resource> = tables.iter().map(Resource::from).collect();
    let scenario = &study.loaded.scenario;
    #[cfg_attr(not(feature = "charts"), expect(unused_mut, reason = "there are no charts to speak of"))]
    let mut package = data_package(&scenario.name, &scenario.title, &resources);
    #[cfg(feature = "charts")]
    {
        use super::draw_sensitivity::{FACTS, SensitivityFacts};
        package[FACTS] = serde_json::to_value(SensitivityFacts::of(study, finished)).unwrap_or_default();
    }
    paths.push(folder.write("datapackage.json", format!("{package:#}\n").as_bytes())?);
    Ok(paths)
}

fn design_table(study: &ScenarioStudy<'_>, finished: &FinishedSensitivity) -> Result<TableData, OutputError> {
    let integer = |name: &str, description: &str| Field::new(name, FieldType::Integer, "", description);
    let mut fields = vec![
        integer("row", "row of the design, from 0"),
        integer("unit", "block, trajectory, or row: what meets the same worlds"),
    ];
    let key = |name: &str| {
        let known = study.loaded.parameters.list.iter().find(|item| item.name == name);
        known.map_or("an input that nothing depends on".to_owned(), |item| format!("value of {}", item.key))
    };
    fields.extend(finished.problem.names().map(|name| Field::new(name, FieldType::Number, "", key(name))));
    let unit = study.scheme.unit(finished.problem.factors().len());
    let rows = finished.design.iter().enumerate().map(|(row, values)| {
        let mut cells = vec![Cell::Integer(row as u64), Cell::Integer((row / unit) as u64)];
        cells.extend(values.iter().map(|value| Cell::Number(*value)));
        cells
    });
    table("design", "The design: the value of every parameter at every row.", &["row"], fields, rows)
}

fn outputs_table(study: &ScenarioStudy<'_>, finished: &FinishedSensitivity) -> Result<TableData, OutputError> {
    let integer = |name: &str, description: &str| Field::new(name, FieldType::Integer, "", description);
    let mut fields = vec![
        integer("row", "row of the design, from 0"),
        integer("replication", "replication of the row, from 0"),
        integer("world", "replication of the scenario, the same for all rows of a unit"),
    ];
    fields.extend(study.targets.iter().map(|target| {
        let Described { unit, what, .. } = describe(&target.metric, &study.loaded.scenario);
        let under = match &target.baseline {
            Some(baseline) => format!("{} less {baseline}", target.regime),
            None => target.regime.clone(),
        };
        Field::new(&target.name, FieldType::Number, unit, format!("{what}; {under}; period {}", target.period))
    }));
    let (inputs, count) = (finished.problem.factors().len(), study.replications);
    let rows = finished.runs.rows.iter().enumerate().flat_map(|(row, values)| {
        let worlds = study.replications_of(inputs, row);
        (0..count).map(move |replication| {
            let numbers = [row as u64, replication, worlds.start + replication];
            let mut cells: Vec<Cell> = numbers.map(Cell::Integer).into();
            cells.extend((0..study.targets.len()).map(|target| {
                let slot = target * count as usize + replication as usize;
                Cell::Number(values.as_ref().map_or(f64::NAN, |values| values[slot]))
            }));
            cells
        })
    });
    let what = "What every row gave in every replication; empty where the scenario could not be run.";
    table("outputs", what, &["row", "replication"], fields, rows)
}

/// A table whose columns are known at run time only.
pub(super) fn table(
    name: &'static str,
    description: &'static str,
    key: &'static [&'static str],
    fields: Vec<Field>,
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<TableData, OutputError> {
    let csv = lines_of(std::iter::once(header(&fields)).chain(rows))?;
    Ok(TableData { name, description: description.into(), key, fields, csv })
}

impl RankingRow {
    /// All ordered pairs of different inputs, in the order of the inputs.
    fn all(ranking: &crate::sensitivity::Ranking) -> Vec<Self> {
        let names = &ranking.parameters;
        let pairs = (0..names.len()).flat_map(|i| (0..names.len()).map(move |j| (i, j))).filter(|(i, j)| i != j);
        pairs
            .map(|(i, j)| Self {
                output: ranking.output.clone(),
                index: ranking.index,
                parameter: names[i].clone(),
                other: names[j].clone(),
                difference: ranking.difference[i][j].value,
                std_error: ranking.difference[i][j].std_error,
                probability: ranking.probability[i][j],
            })
            .collect()
    }
}

/// The tables of a study, for the documentation.
#[must_use]
pub fn columns() -> Vec<(&'static str, Vec<Field>)> {
    vec![
        (SensitivityRow::TABLE, SensitivityRow::fields()),
        (ConvergenceRow::TABLE, ConvergenceRow::fields()),
        (RankingRow::TABLE, RankingRow::fields()),
        (DesignFailureRow::TABLE, DesignFailureRow::fields()),
    ]
}
