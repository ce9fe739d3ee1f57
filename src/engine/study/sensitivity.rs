//! Sensitivity of a scenario: every row of a design is the scenario at one point, its base year solved and its regimes simulated anew.
//!
//! A study is a scheme, targets and a size ([`ScenarioStudy`]). Rows are worked off on all threads, each appended to a log as it finishes
//! ([`Log`]). The answers are read in the order of the design, so that they do not depend on threads, on the order of completion, or on how
//! often the study was stopped and grown.
//!
//! # Worlds
//!
//! Rows of one unit (block, trajectory, or the whole of a one-at-a-time design) meet the same replications, as regimes do, so their
//! differences have common random numbers; unit u has the replications u R .. (u + 1) R, so the noise of different units is independent, and the spread of
//! units contains it. With a shared population all rows have the same buyers, as all replications of a run have.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::Observer;
use super::response::{ResponseTarget, respond};
use super::threads::{PointsError, work_off};
use crate::config::Loaded;
use crate::folder::log::{FoundRecords, Log, LogError, RowResult};
use crate::folder::{OutputError, OutputFolder};
use crate::sensitivity::scheme::{IndexReading, Runs};
use crate::sensitivity::{
    AnalysisError, Design, DesignError, Distribution, IndexPrecision, Parameter, Problem, Resampling, Scheme,
};

/// Name of the input that nothing depends on.
pub const DUMMY: &str = "dummy";

/// Why a study has no results.
#[derive(Debug, thiserror::Error)]
pub enum SensitivityError {
    /// The design cannot be made.
    #[error("{0}\nhelp: give another --n, or another method")]
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
    pub targets: Vec<ResponseTarget>,
    /// Replications of every row, at least one.
    pub replications: u64,
    /// Whether the design has one input more, on which nothing depends: what it gets is the noise of the estimator.
    pub dummy: bool,
    /// Intervals, and resamples where a method needs them.
    pub resampling: Resampling,
}

/// A study of one size, run.
#[derive(Debug)]
pub struct FinishedSensitivity {
    /// The inputs.
    pub problem: Problem,
    /// The design.
    pub design: Design,
    /// Its runs.
    pub runs: Runs,
    /// The size.
    pub n: usize,
    /// What they say.
    pub reading: IndexReading,
    /// What the parts of the design said, by size, the whole last.
    pub looks: Vec<(usize, IndexReading)>,
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
            problem.parameters.push(Parameter { name: DUMMY.into(), distribution, group: None });
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
    pub fn open(&self, folder: &OutputFolder, n: usize) -> Result<(Log, FoundRecords), SensitivityError> {
        let mut identity = self.identity();
        if matches!(self.scheme, Scheme::Fast) {
            identity.insert("points of a curve".into(), n.into());
        }
        Ok(Log::open(folder, &identity)?)
    }

    /// Runs what the log does not hold of the design of size `n`, on the current rayon pool, and reads it. While the rule is not met and twice the size is not above
    /// `most`, the design is doubled.
    ///
    /// # Errors
    /// [`SensitivityError`] when the design cannot be made, the disk refuses, `stop` asks to stop, or too few rows could be run.
    pub fn run(
        &self,
        (log, found): (Log, FoundRecords),
        (n, most): (usize, usize),
        rule: IndexPrecision,
        stop: &dyn Observer,
        progress: &(impl Fn(usize, usize) + Sync),
    ) -> Result<FinishedSensitivity, SensitivityError> {
        let problem = self.problem();
        let mut design = self.scheme.design(&problem, n, self.loaded.scenario.seed)?;
        let mut results: Vec<Option<RowResult>> = Vec::new();
        // A log is data: an answer of another width, or without numbers, is no answer of this study and is worked out again.
        let width = self.targets.len() * self.replications as usize;
        let whole = |values: &[f64]| values.len() == width && values.iter().all(|value| value.is_finite());
        let (mut earlier, strange): (Vec<_>, Vec<_>) =
            found.rows.into_iter().partition(|(_, result)| result.as_ref().map_or(true, |values| whole(values)));
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
            ran += self.fill(&problem, &design, &mut results, &log, stop, progress)?;
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
            let damaged = found.damaged + strange.len();
            return Ok(FinishedSensitivity { problem, design, runs, n, reading, looks, worst, failures, ran, damaged });
        }
    }

    /// Runs the rows that have no result; how many those were.
    fn fill(
        &self,
        problem: &Problem,
        design: &Design,
        results: &mut [Option<RowResult>],
        log: &Log,
        stop: &dyn Observer,
        progress: &(impl Fn(usize, usize) + Sync),
    ) -> Result<usize, SensitivityError> {
        let missing: Vec<usize> = (0..results.len()).filter(|row| results[*row].is_none()).collect();
        let known = results.len() - missing.len();
        let filled = Mutex::new((results, known));
        let total = known + missing.len();
        progress(known, total);
        let keep = |row: usize, result: RowResult| -> Result<(), OutputError> {
            // A row that was cut short is no row without a solution.
            if result.is_err() && stop.cancelled() {
                return Ok(());
            }
            log.append(row, &result)?;
            let mut guard = filled.lock().unwrap_or_else(PoisonError::into_inner);
            guard.0[row] = Some(result);
            guard.1 += 1;
            progress(guard.1, total);
            Ok(())
        };
        let done = work_off(&missing, stop, |row| self.answer(problem, design, row, stop), keep);
        log.sync()?;
        let done_rows = filled.into_inner().unwrap_or_else(PoisonError::into_inner).1;
        match done {
            Ok(()) if done_rows == total => Ok(missing.len()),
            Ok(()) | Err(PointsError::Interrupted) => {
                Err(SensitivityError::Interrupted { done: done_rows, rows: total })
            }
            Err(PointsError::Receiver(error)) => Err(error.into()),
        }
    }

    /// Replications of a row: those of its unit.
    #[must_use]
    pub fn replications_of(&self, inputs: usize, row: usize) -> Range<u64> {
        let unit = (row / self.scheme.unit(inputs)) as u64;
        unit * self.replications..(unit + 1) * self.replications
    }

    /// The targets at one row of the design.
    fn answer(&self, problem: &Problem, design: &Design, row: usize, stop: &dyn Observer) -> RowResult {
        let parameters = &self.loaded.parameters;
        let assignments = parameters.assignments(&design.row(row)[..parameters.len()]);
        let point = self.loaded.at(&assignments).map_err(|error| error.reason())?;
        let replications = self.replications_of(problem.factors().len(), row);
        respond(point.scenario, &self.targets, replications, stop).map_err(|error| error.to_string())
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
}

/// The targets of a study: every metric under every regime, as contrasts with `baseline` where there is one. A regime that is the baseline itself is
/// asked for its level.
#[must_use]
pub fn targets(metrics: &[String], regimes: &[String], baseline: Option<&str>, period: &str) -> Vec<ResponseTarget> {
    let mut targets = Vec::new();
    for metric in metrics {
        for regime in regimes {
            let baseline = baseline.filter(|baseline| baseline != regime);
            let within = if period == "all" { String::new() } else { format!("{period}.") };
            let change = if baseline.is_some() { "_change" } else { "" };
            targets.push(ResponseTarget {
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
