//! Sensitivity of a scenario: every row of a design is the scenario at one point, its base year solved and its regimes simulated anew.
//!
//! A study is a scheme, targets and a size ([`ScenarioStudy`]). Rows are worked off on all threads, each appended to a log as it finishes
//! ([`log::RunLog`]); tables come from the log's rows in the design's order, so that they do not depend on threads, on the order of completion, or on how
//! often the study was stopped and grown.
//!
//! # Worlds
//!
//! Rows of one unit (block, trajectory, or the whole of a one-at-a-time design) meet the same replications, as regimes do, so their
//! differences have common random numbers; unit u has the replications u R .. (u + 1) R, so the noise of different units is independent, and the spread of
//! units contains it. With a shared population all rows have the same buyers, as all replications of a run have.

pub mod log;
pub mod rows;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use serde_json::{Map, Value, json};

use self::log::{Found, LogError, RowResult, RunLog};
use self::rows::{ConvergenceRow, FailureRow, RankingRow, SensitivityRow};
use super::package::{Resource, data_package};
use super::record::{Cell, Field, FieldType, Record, TableData};
use super::study::{Described, describe};
use crate::config::Loaded;
use crate::folder::{OutputError, OutputFolder};
use crate::sensitivity::scheme::{Reading, Runs};
use crate::sensitivity::{
    AnalysisError, Design, DesignError, Distribution, Parameter, Problem, Resampling, Scheme, StopRule,
};
use crate::study::response::{PointsError, Target, respond, work_off};

/// Name of the input that nothing depends on.
pub const DUMMY: &str = "dummy";

/// Why a study has no results.
#[derive(Debug, thiserror::Error)]
pub enum SensitivityError {
    /// The design cannot be made.
    #[error("{0}\nhelp: give another --n")]
    Design(#[from] DesignError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The disk.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Too few rows could be run.
    #[error("{error}; row {row}: {reason}\nhelp: {}", .error.help)]
    Rows {
        /// What is missing.
        error: AnalysisError,
        /// The first row that could not be run.
        row: usize,
        /// Why not.
        reason: String,
    },
    /// A thread cannot be started.
    #[error("{0}")]
    Thread(String),
    /// Stopped by the user.
    #[error(
        "interrupted with {done} of {rows} rows done; no table was written\nhelp: run the same command again, and it goes on from there"
    )]
    Interrupted {
        /// Rows in the log.
        done: usize,
        /// Rows wanted.
        rows: usize,
    },
}

/// What is asked of a scenario.
#[derive(Debug)]
pub struct ScenarioStudy<'a> {
    /// The scenario, with its uncertain values.
    pub loaded: &'a Loaded,
    /// Design and estimators.
    pub scheme: Scheme,
    /// The numbers asked of every row.
    pub targets: Vec<Target>,
    /// Replications of every row, at least one.
    pub replications: u64,
    /// Whether the design has one input more, on which nothing depends: what it gets is the noise of the estimator.
    pub dummy: bool,
    /// Intervals, and resamples where a method needs them.
    pub resampling: Resampling,
}

/// A study of one size, run.
#[derive(Debug)]
pub struct Finished {
    /// The inputs.
    pub problem: Problem,
    /// The design.
    pub design: Design,
    /// Its runs.
    pub runs: Runs,
    /// The size.
    pub n: usize,
    /// What they say.
    pub reading: Reading,
    /// What the parts of the design said, by size, the whole last.
    pub looks: Vec<(usize, Reading)>,
    /// The widest interval over what the rule allows.
    pub worst: f64,
    /// Rows that could not be run, with the reason.
    pub failures: Vec<(usize, String)>,
    /// Rows that this call ran; the others were in the log.
    pub ran: usize,
    /// Lines of the log that were torn or damaged and were run again.
    pub damaged: usize,
}

impl ScenarioStudy<'_> {
    /// The inputs of the design.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let mut problem = self.loaded.parameters.problem();
        if let (true, Ok(distribution)) = (self.dummy, Distribution::uniform(0.0, 1.0)) {
            problem.parameters.push(Parameter { name: DUMMY.into(), distribution });
        }
        problem
    }

    /// What the rows of this study are of, whatever its size: two studies with the same identity have the same rows.
    #[must_use]
    pub fn identity(&self) -> Map<String, Value> {
        let loaded = self.loaded;
        let data: Vec<Value> = loaded.data.iter().map(|file| file.hash.to_hex().as_str().into()).collect();
        let outputs: Vec<&str> = self.targets.iter().map(|target| target.name.as_str()).collect();
        let scheme = match self.scheme {
            Scheme::OneAtATime { quantiles } => json!({ "quantiles": quantiles }),
            Scheme::Morris { levels } => json!({ "levels": levels }),
            Scheme::Sobol { randomisations, second_order } => {
                json!({ "randomisations": randomisations, "second_order": second_order })
            }
            // Search curves of another size are other curves; samples are the same points whatever they are read with.
            Scheme::Fast | Scheme::RbdFast | Scheme::Pawn | Scheme::Delta => json!({}),
        };
        let method = match self.scheme {
            Scheme::RbdFast | Scheme::Pawn | Scheme::Delta => "sample",
            scheme => scheme.name(),
        };
        let entries = [
            ("format", json!(1)),
            ("version", json!(env!("CARGO_PKG_VERSION"))),
            ("scenario", json!(loaded.scenario.name)),
            ("design", json!(method)),
            ("options of the design", scheme),
            ("parameters", json!(self.problem().names().collect::<Vec<_>>())),
            ("seed", json!(loaded.scenario.seed)),
            ("replications", json!(self.replications)),
            ("outputs", json!(outputs)),
            ("data", json!(data)),
            ("document", json!(loaded.document.hash().to_hex().as_str())),
        ];
        entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// Opens the log of a folder for a study of size `n`, or begins it; nothing else in the folder is touched.
    ///
    /// # Errors
    /// [`SensitivityError::Log`] when the folder holds another study or the disk refuses.
    pub fn open(&self, folder: &OutputFolder, n: usize) -> Result<(RunLog, Found), SensitivityError> {
        let mut identity = self.identity();
        if matches!(self.scheme, Scheme::Fast) {
            identity.insert("points of a curve".into(), n.into());
        }
        Ok(RunLog::open(folder, &identity)?)
    }

    /// Runs what the log does not hold of the design of size `n`, and reads it. While the rule is not met and twice the size is not above
    /// `most`, the design is doubled.
    ///
    /// # Errors
    /// [`SensitivityError`] when the design cannot be made, the disk refuses, `stop` is set, or too few rows could be run.
    pub fn run(
        &self,
        (log, found): (RunLog, Found),
        (n, most): (usize, usize),
        rule: StopRule,
        threads: usize,
        stop: &AtomicBool,
        progress: &(impl Fn(usize, usize) + Sync),
    ) -> Result<Finished, SensitivityError> {
        let problem = self.problem();
        let mut design = self.scheme.design(&problem, n, self.loaded.scenario.seed)?;
        let mut results: Vec<Option<RowResult>> = Vec::new();
        let mut earlier: Vec<(usize, RowResult)> = found.rows;
        let (mut n, mut ran) = (n, 0);
        loop {
            results.resize(design.rows(), None);
            earlier.retain_mut(|(row, result)| match results.get_mut(*row) {
                Some(place) => {
                    *place = Some(std::mem::replace(result, Ok(Vec::new())));
                    false
                }
                None => true,
            });
            ran += self.fill(&problem, &design, &mut results, &log, threads, stop, progress)?;
            let (runs, failures) = self.runs(&results);
            let look = |n: usize| {
                self.scheme.read(&problem, &design, &runs, n, &self.resampling).map_err(|error| {
                    let (row, reason) = failures.first().cloned().unwrap_or_default();
                    SensitivityError::Rows { error, row, reason }
                })
            };
            let reading = look(n)?;
            let worst = rule.worst(self.scheme, &reading.analysis.indices);
            let larger = n.saturating_mul(2);
            if worst > 1.0 && larger <= most && self.scheme.grows() {
                n = larger;
                design = self.scheme.design(&problem, n, self.loaded.scenario.seed)?;
                continue;
            }
            let looks = self.scheme.looks(n).into_iter().filter_map(|n| Some((n, look(n).ok()?))).collect();
            let damaged = found.damaged;
            return Ok(Finished { problem, design, runs, n, reading, looks, worst, failures, ran, damaged });
        }
    }

    /// Runs the rows that have no result; how many those were.
    #[allow(clippy::too_many_arguments, reason = "called once; a struct would name the same things again")]
    fn fill(
        &self,
        problem: &Problem,
        design: &Design,
        results: &mut [Option<RowResult>],
        log: &RunLog,
        threads: usize,
        stop: &AtomicBool,
        progress: &(impl Fn(usize, usize) + Sync),
    ) -> Result<usize, SensitivityError> {
        let missing: Vec<usize> = (0..results.len()).filter(|row| results[*row].is_none()).collect();
        let known = results.len() - missing.len();
        let filled = std::sync::Mutex::new((results, known));
        let total = known + missing.len();
        progress(known, total);
        let keep = |row: usize, result: RowResult| -> Result<(), OutputError> {
            log.append(row, &result)?;
            let mut guard = filled.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            guard.0[row] = Some(result);
            guard.1 += 1;
            progress(guard.1, total);
            Ok(())
        };
        let done = work_off(&missing, threads, stop, |row| self.answer(problem, design, row), keep);
        log.sync()?;
        let done_rows = filled.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).1;
        match done {
            Ok(()) => Ok(missing.len()),
            Err(PointsError::Interrupted) => Err(SensitivityError::Interrupted { done: done_rows, rows: total }),
            Err(PointsError::Receiver(error)) => Err(error.into()),
            Err(PointsError::Thread(message)) => Err(SensitivityError::Thread(message)),
        }
    }

    /// Replications of a row: those of its unit.
    #[must_use]
    pub fn replications_of(&self, inputs: usize, row: usize) -> Range<u64> {
        let unit = (row / self.scheme.unit(inputs)) as u64;
        unit * self.replications..(unit + 1) * self.replications
    }

    /// The targets at one row of the design.
    fn answer(&self, problem: &Problem, design: &Design, row: usize) -> RowResult {
        let parameters = &self.loaded.parameters;
        let assignments = parameters.assignments(&design.row(row)[..parameters.len()]);
        let point = self.loaded.at(&assignments).map_err(|error| error.reason())?;
        let replications = self.replications_of(problem.len(), row);
        respond(point.scenario, &self.targets, replications).map_err(|error| error.to_string())
    }

    /// Results as runs, and the rows that could not be run.
    fn runs(&self, results: &[Option<RowResult>]) -> (Runs, Vec<(usize, String)>) {
        let mut failures = Vec::new();
        let width = self.targets.len() * self.replications as usize;
        let rows = results.iter().enumerate().map(|(row, result)| match result {
            Some(Ok(values)) if values.len() == width => Some(values.clone()),
            Some(Ok(_)) | None => None,
            Some(Err(reason)) => {
                failures.push((row, reason.clone()));
                None
            }
        });
        let rows = rows.collect();
        let outputs = self.targets.iter().map(|target| target.name.clone()).collect();
        (Runs { outputs, replications: self.replications as usize, rows }, failures)
    }

    /// Writes the tables and the data dictionary; returns their paths.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn write_tables(&self, folder: &OutputFolder, finished: &Finished) -> Result<Vec<PathBuf>, OutputError> {
        let indices: Vec<SensitivityRow> =
            finished.reading.analysis.indices.iter().map(|index| SensitivityRow { index: index.into() }).collect();
        let convergence: Vec<ConvergenceRow> = finished
            .looks
            .iter()
            .flat_map(|(n, reading)| {
                let runs = self.scheme.rows(finished.problem.len(), *n) as u64;
                let indices = reading.analysis.indices.iter();
                indices.map(move |index| ConvergenceRow { n: *n as u64, runs, index: index.into() })
            })
            .collect();
        let rankings: Vec<RankingRow> = finished.reading.rankings.iter().flat_map(RankingRow::all).collect();
        let mut tables = vec![
            TableData::new(&indices)?,
            TableData::new(&convergence)?,
            TableData::new(&rankings)?,
            self.design_table(finished)?,
            self.outputs_table(finished)?,
        ];
        if !finished.failures.is_empty() {
            let row = |(row, reason): &(usize, String)| FailureRow { row: *row as u64, reason: reason.clone() };
            tables.push(TableData::new(&finished.failures.iter().map(row).collect::<Vec<_>>())?);
        }
        let mut paths = Vec::new();
        for table in &tables {
            paths.push(folder.write(&format!("tables/{}.csv", table.name), &table.csv)?);
        }
        let resources: Vec<Resource> = tables.iter().map(Resource::from).collect();
        let scenario = &self.loaded.scenario;
        let package = data_package(&scenario.name, &scenario.title, &resources);
        paths.push(folder.write("datapackage.json", format!("{package:#}\n").as_bytes())?);
        Ok(paths)
    }

    fn design_table(&self, finished: &Finished) -> Result<TableData, OutputError> {
        let integer = |name: &str, description: &str| Field::new(name, FieldType::Integer, "", description);
        let mut fields = vec![
            integer("row", "row of the design, from 0"),
            integer("unit", "block, trajectory, or row: what meets the same worlds"),
        ];
        let key = |name: &str| {
            let known = self.loaded.parameters.list.iter().find(|item| item.name == name);
            known.map_or("an input that nothing depends on".to_owned(), |item| format!("value of {}", item.key))
        };
        fields.extend(finished.problem.names().map(|name| Field::new(name, FieldType::Number, "", key(name))));
        let unit = self.scheme.unit(finished.problem.len());
        let rows = finished.design.iter().enumerate().map(|(row, values)| {
            let mut cells = vec![Cell::Integer(row as u64), Cell::Integer((row / unit) as u64)];
            cells.extend(values.iter().map(|value| Cell::Number(*value)));
            cells
        });
        table("design", "The design: the value of every parameter at every row.", &["row"], fields, rows)
    }

    fn outputs_table(&self, finished: &Finished) -> Result<TableData, OutputError> {
        let integer = |name: &str, description: &str| Field::new(name, FieldType::Integer, "", description);
        let mut fields = vec![
            integer("row", "row of the design, from 0"),
            integer("replication", "replication of the row, from 0"),
            integer("world", "replication of the scenario, the same for all rows of a unit"),
        ];
        fields.extend(self.targets.iter().map(|target| {
            let Described { unit, what, .. } = describe(&target.metric, &self.loaded.scenario);
            let under = match &target.baseline {
                Some(baseline) => format!("{} less {baseline}", target.regime),
                None => target.regime.clone(),
            };
            Field::new(&target.name, FieldType::Number, unit, format!("{what}; {under}; period {}", target.period))
        }));
        let (inputs, count) = (finished.problem.len(), self.replications);
        let rows = finished.runs.rows.iter().enumerate().flat_map(|(row, values)| {
            let worlds = self.replications_of(inputs, row);
            (0..count).map(move |replication| {
                let numbers = [row as u64, replication, worlds.start + replication];
                let mut cells: Vec<Cell> = numbers.map(Cell::Integer).into();
                cells.extend((0..self.targets.len()).map(|target| {
                    let slot = target * count as usize + replication as usize;
                    Cell::Number(values.as_ref().map_or(f64::NAN, |values| values[slot]))
                }));
                cells
            })
        });
        let what = "What every row gave in every replication; empty where the scenario could not be run.";
        table("outputs", what, &["row", "replication"], fields, rows)
    }
}

/// A table whose columns are known at run time only.
pub(super) fn table(
    name: &'static str,
    description: &'static str,
    key: &'static [&'static str],
    fields: Vec<Field>,
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<TableData, OutputError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields.iter().map(|field| field.name.as_str()))?;
    for row in rows {
        writer.write_record(row.iter().map(Cell::text))?;
    }
    let csv = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(TableData { name, description: description.into(), key, fields, csv })
}

/// The targets of a study: every metric under every regime, as contrasts with `baseline` where there is one. A regime that is the baseline itself is
/// asked for its level.
#[must_use]
pub fn targets(metrics: &[String], regimes: &[String], baseline: Option<&str>, period: &str) -> Vec<Target> {
    let mut targets = Vec::new();
    for metric in metrics {
        for regime in regimes {
            let baseline = baseline.filter(|baseline| baseline != regime);
            let within = if period == "all" { String::new() } else { format!("{period}.") };
            let change = if baseline.is_some() { "_change" } else { "" };
            targets.push(Target {
                name: format!("{regime}.{within}{metric}{change}"),
                metric: metric.clone(),
                period: period.to_owned(),
                regime: regime.clone(),
                baseline: baseline.map(str::to_owned),
            });
        }
    }
    targets
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
        (FailureRow::TABLE, FailureRow::fields()),
    ]
}
