//! A calibration that runs: every evaluation is kept as it finishes, so that a search that was killed goes on where it was and ends in the same bytes.
//!
//! The search asks for moments at points ([`crate::calibration::Model`]); answers come from the log where it has them, and from all
//! threads where it does not. The log knows an evaluation by the bits of its parameters, so its order does not matter.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::Observer;
use super::moments::evaluate;
use super::threads::{PointsError, work_off};
use crate::calibration::search::SearchError;
use crate::calibration::{
    Estimate, EstimateError, Model, Query, SearchStage, Searched, Warning, estimate, search, warnings,
};
use crate::config::calibration::Calibration;
use crate::folder::lock::Lock;
use crate::folder::log::{FoundRecords, Log, LogError, RowResult};
use crate::folder::{OutputError, OutputFolder};
use crate::model::moment::Moment;

/// Why a calibration has no result.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The disk.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The search.
    #[error("{0}")]
    Search(String),
    /// The model has no solution where it needs one.
    #[error("{0}")]
    Unsolved(String),
    /// Stopped by the user.
    #[error(
        "interrupted after {done} evaluations of this call; no table was written\nhelp: run the same command again, and it goes on from there"
    )]
    Interrupted {
        /// Evaluations kept.
        done: usize,
    },
}

/// An evaluation as the log knows it: block, seed, and the bits of the parameters.
type Key = (usize, u64, Vec<u64>);

fn key(query: &Query) -> Key {
    (query.block, query.seed, query.theta.iter().map(|value| value.to_bits()).collect())
}

/// One evaluation, in the order in which the search asked.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRow {
    /// What was asked.
    pub query: Query,
    /// The answer; none without a solution.
    pub moments: Option<Vec<f64>>,
}

/// A calibration that runs.
pub struct CalibrationRun<'a> {
    calibration: &'a Calibration,
    log: Log,
    /// What the log holds and has not been asked for yet.
    earlier: BTreeMap<Key, Option<Vec<f64>>>,
    /// What was asked for, by its place in the trace.
    asked: BTreeMap<Key, usize>,
    trace: Vec<SearchRow>,
    /// Why the first point without a solution has none.
    first_failure: Option<String>,
    stop: &'a dyn Observer,
    progress: &'a (dyn Fn(usize, &str) + Sync),
    /// Evaluations that this run worked out; the others were in the log.
    pub ran: usize,
}

/// A calibration that has run.
#[derive(Debug)]
pub struct FinishedCalibration {
    /// The search of each block.
    pub searched: Vec<Searched>,
    /// The estimate.
    pub estimate: Estimate,
    /// Moments at the start values, in the order of the targets; not numbers where there is no solution.
    pub at_start: Vec<f64>,
    /// What a reader must be told.
    pub warnings: Vec<Warning>,
    /// Every evaluation.
    pub trace: Vec<SearchRow>,
    /// Evaluations that this run worked out.
    pub ran: usize,
}

impl<'a> CalibrationRun<'a> {
    /// Opens the log of a folder for a calibration, or begins it; nothing else in the folder is touched.
    ///
    /// # Errors
    /// [`CalibrationError::Log`] when the folder holds another calibration or the disk refuses.
    pub fn open(
        calibration: &'a Calibration,
        folder: &OutputFolder,
        stop: &'a dyn Observer,
        progress: &'a (dyn Fn(usize, &str) + Sync),
    ) -> Result<Self, CalibrationError> {
        let (log, found) = Log::open(folder, &identity(calibration))?;
        Ok(Self {
            earlier: earlier(calibration, &found),
            calibration,
            log,
            asked: BTreeMap::new(),
            trace: Vec::new(),
            first_failure: None,
            stop,
            progress,
            ran: 0,
        })
    }

    /// The lock on the folder, for whoever writes there what is found.
    #[must_use]
    pub fn lock(&self) -> Lock {
        self.log.lock()
    }

    /// Searches block after block, and works out what is known at the optimum.
    ///
    /// # Errors
    /// [`CalibrationError`] when it is stopped, the disk refuses, or the model has no solution within the bounds.
    pub fn run(mut self) -> Result<FinishedCalibration, CalibrationError> {
        let problem = &self.calibration.problem;
        let mut theta = problem.start();
        let start = theta.clone();
        let at_start = |block| Query { block, theta: start.clone(), seed: 0, stage: SearchStage::Global };
        let starts: Vec<Query> = (0..problem.blocks.len()).map(at_start).collect();
        let first = self.moments(&starts)?;
        let mut at_start = vec![f64::NAN; problem.targets.len()];
        let place = |all: &mut Vec<f64>, block: usize, moments: &[f64]| {
            problem.targets_of(block).iter().zip(moments).for_each(|(i, value)| all[*i] = *value);
        };
        for (block, moments) in first.iter().enumerate() {
            place(&mut at_start, block, moments.as_deref().unwrap_or_default());
        }
        let mut searched: Vec<Searched> = Vec::new();
        let mut moments = at_start.clone();
        for block in 0..problem.blocks.len() {
            let found =
                search(problem, block, &theta, self.calibration.search, &mut self).map_err(|error| match error {
                    SearchError::Model(error) => error,
                    none @ SearchError::NoPoint { .. } => {
                        let reason = self
                            .first_failure
                            .take()
                            .map_or_else(String::new, |reason| format!("; the first says: {reason}"));
                        CalibrationError::Unsolved(format!("{none}{reason}"))
                    }
                    other => CalibrationError::Search(other.to_string()),
                })?;
            theta.clone_from(&found.theta);
            place(&mut moments, block, &found.moments);
            searched.push(found);
        }
        let known = estimate(problem, &theta, &moments, self.calibration.seeds, &mut self);
        let estimate = known.map_err(|error| match error {
            EstimateError::Model(error) => error,
            overflow @ EstimateError::Overflow(_) => CalibrationError::Search(overflow.to_string()),
        })?;
        self.log.sync()?;
        let warnings = warnings(problem, &searched, &estimate);
        Ok(FinishedCalibration { searched, estimate, at_start, warnings, trace: self.trace, ran: self.ran })
    }

    /// Works out what neither this run nor the log has; by place among `missing`.
    fn work_out(&mut self, missing: &[(usize, &Query)]) -> Result<(), CalibrationError> {
        let calibration = self.calibration;
        let stop = self.stop;
        let answer = |at: usize| -> Result<Vec<f64>, String> {
            let query = missing[at].1;
            let targets = calibration.problem.targets_of(query.block);
            let evidence: Vec<usize> = targets.iter().map(|i| calibration.fitted[*i]).collect();
            moments_at(calibration, &evidence, &query.theta, query.seed, stop)
        };
        let done = Mutex::new((vec![None; missing.len()], self.trace.len() + self.ran));
        let log = &self.log;
        let (progress, already) = (self.progress, self.ran);
        let keep = |at: usize, result: Result<Vec<f64>, String>| -> Result<(), OutputError> {
            // What was cut short is no point without a solution.
            if result.is_err() && stop.cancelled() {
                return Ok(());
            }
            let (number, query) = missing[at];
            let moments = match &result {
                Ok(moments) => moments.clone(),
                Err(_) => vec![f64::NAN; calibration.problem.targets_of(query.block).len()],
            };
            let head = [query.block as f64, query.seed as f64];
            let line: RowResult = Ok(head.into_iter().chain(query.theta.iter().copied()).chain(moments).collect());
            log.append(number, &line)?;
            let mut guard = done.lock().unwrap_or_else(PoisonError::into_inner);
            guard.0[at] = Some(result);
            let finished = guard.0.iter().flatten().count();
            progress(already + finished, query.stage.as_str());
            Ok(())
        };
        let points: Vec<usize> = (0..missing.len()).collect();
        work_off(&points, self.stop, answer, keep).map_err(|error| match error {
            PointsError::Interrupted => CalibrationError::Interrupted { done: self.ran },
            PointsError::Receiver(error) => error.into(),
        })?;
        let answers = done.into_inner().unwrap_or_else(PoisonError::into_inner).0;
        if answers.iter().any(Option::is_none) {
            return Err(CalibrationError::Interrupted { done: self.ran });
        }
        self.ran += missing.len();
        for ((_, query), answer) in missing.iter().zip(answers) {
            let answer = match answer {
                Some(Err(reason)) => {
                    self.first_failure.get_or_insert(reason);
                    None
                }
                Some(Ok(moments)) => Some(moments),
                None => None,
            };
            self.earlier.insert(key(query), answer);
        }
        Ok(())
    }
}

impl Model for CalibrationRun<'_> {
    type Error = CalibrationError;

    fn moments(&mut self, queries: &[Query]) -> Result<Vec<Option<Vec<f64>>>, CalibrationError> {
        let mut missing: Vec<(usize, &Query)> = Vec::new();
        let mut new: Vec<(Key, &Query)> = Vec::new();
        for query in queries {
            let key = key(query);
            if self.asked.contains_key(&key) || new.iter().any(|(known, _)| *known == key) {
                continue;
            }
            if !self.earlier.contains_key(&key) {
                missing.push((self.trace.len() + new.len(), query));
            }
            new.push((key, query));
        }
        if !missing.is_empty() {
            self.work_out(&missing)?;
        }
        for (key, query) in new {
            let moments = self.earlier.remove(&key).unwrap_or(None);
            self.asked.insert(key, self.trace.len());
            self.trace.push(SearchRow { query: query.clone(), moments });
        }
        let answer = |query: &Query| self.asked.get(&key(query)).and_then(|at| self.trace[*at].moments.clone());
        Ok(queries.iter().map(answer).collect())
    }
}

/// What the evaluations of a calibration are of: two with the same identity have the same answers. How hard to search is no part of it.
#[must_use]
pub fn identity(calibration: &Calibration) -> Map<String, Value> {
    let documents: Vec<Value> = calibration
        .scenarios
        .iter()
        .map(|loaded| {
            // The section itself says what is asked, not what is answered; what of it matters is below.
            let mut resolved: toml::Table = loaded.document.to_toml_string().parse().unwrap_or_default();
            resolved.remove("calibration");
            blake3::hash(resolved.to_string().as_bytes()).to_hex().as_str().into()
        })
        .collect();
    let files = calibration.scenarios.iter().flat_map(|loaded| &loaded.data);
    let data: Vec<Value> = files.map(|file| file.hash.to_hex().as_str().into()).collect();
    let moments: Vec<String> = calibration
        .fitted
        .iter()
        .map(|at| format!("{}: {:?}", calibration.evidence[*at].name, calibration.evidence[*at].moment))
        .collect();
    let blocks: Vec<usize> = calibration.problem.targets.iter().map(|target| target.block).collect();
    let entries = [
        ("format", json!(1)),
        ("kind", json!("calibration")),
        ("version", json!(env!("CARGO_PKG_VERSION"))),
        ("scenario", json!(calibration.scenarios[0].scenario.name)),
        ("parameters", json!(calibration.keys)),
        ("moments", json!(moments)),
        ("blocks of the moments", json!(blocks)),
        ("replications", json!(calibration.draws.replications)),
        ("worlds", json!(calibration.draws.worlds)),
        ("data", json!(data)),
        ("document", json!(documents)),
    ];
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The evaluations of a log.
fn earlier(calibration: &Calibration, found: &FoundRecords) -> BTreeMap<Key, Option<Vec<f64>>> {
    let problem = &calibration.problem;
    let read = |result: &RowResult| -> Option<(Key, Option<Vec<f64>>)> {
        let values = result.as_ref().ok()?;
        let (head, rest) = (values.get(..2)?, values.get(2..)?);
        let block = head[0] as usize;
        // Moments that are no numbers say that there is no solution; infinite ones say nothing.
        if block as f64 != head[0] || values.iter().any(|value| value.is_infinite()) {
            return None;
        }
        let (theta, moments) = (rest.get(..problem.free.len())?, rest.get(problem.free.len()..)?);
        if block >= problem.blocks.len() || moments.len() != problem.targets_of(block).len() {
            return None;
        }
        let key = (block, head[1] as u64, theta.iter().map(|value| value.to_bits()).collect());
        Some((key, moments.iter().all(|value| value.is_finite()).then(|| moments.to_vec())))
    };
    found.rows.iter().filter_map(|(_, result)| read(result)).collect()
}

/// Moments of some of the evidence at `theta`, in its order; `seed` is added to every scenario's own.
///
/// # Errors
/// What cannot be solved there, or that `observer` asked to stop.
pub fn moments_at(
    calibration: &Calibration,
    evidence: &[usize],
    theta: &[f64],
    seed: u64,
    observer: &dyn Observer,
) -> Result<Vec<f64>, String> {
    let mut values = vec![f64::NAN; evidence.len()];
    for (position, loaded) in calibration.scenarios.iter().enumerate() {
        let of = |at: &usize| calibration.evidence[*at].moment.as_ref().filter(|(_, scenario)| *scenario == position);
        let wanted: Vec<(usize, &Moment)> =
            evidence.iter().enumerate().filter_map(|(slot, at)| Some((slot, &of(at)?.0))).collect();
        if wanted.is_empty() {
            continue;
        }
        let mut point =
            loaded.at(&calibration.assignments(position, theta)).map_err(|error| error.to_string())?.scenario;
        point.seed = point.seed.wrapping_add(seed);
        let moments: Vec<Moment> = wanted.iter().map(|(_, moment)| (*moment).clone()).collect();
        let found = evaluate(point, &moments, calibration.draws, observer).map_err(|error| error.to_string())?;
        wanted.iter().zip(found).for_each(|((slot, _), value)| values[*slot] = value);
    }
    Ok(values)
}
