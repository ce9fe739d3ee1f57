//! The table of evidence of `[calibration]`, and a calibration ready to run.

use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::fit::{Fit, SIZE, SPREAD, fit};
use super::loaded::{DataFile, Loaded, load_from};
use super::moments::moment;
use super::parameters::toml_number;
use super::reader::Reader;
use super::scenario::ScenarioFile;
use super::suggest;
use super::table::Table;
use crate::calibration::search::Effort;
use crate::calibration::{MomentProblem, Target};
use crate::model::moment::{Moment, MomentDraws};

/// What a piece of evidence is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Parameters are fitted to it.
    Fit,
    /// As many parameters are solved for so that the model says it: it is no evidence on the model.
    Solve,
    /// The model predicts it.
    Predict,
    /// A value of the scenario was set by hand with it in view.
    Set,
    /// The model does not speak to it.
    None,
}

impl Usage {
    /// All, with the word in the table.
    pub const ALL: [(&'static str, Self); 5] = [
        ("fit", Self::Fit),
        ("solve", Self::Solve),
        ("predict", Self::Predict),
        ("set", Self::Set),
        ("none", Self::None),
    ];
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidenceRow {
    /// Name, unique.
    pub name: String,
    /// Row of the table of evidence in the documentation.
    pub row: String,
    /// What a reader is shown.
    pub label: String,
    /// The moment that speaks to it, and the position of the scenario that has it.
    pub moment: Option<(Moment, usize)>,
    /// Its value; not a number where only a range is known.
    pub value: f64,
    /// Its standard error or a tolerance; not a number without one.
    pub std_error: f64,
    /// The range that counts as agreement: as given, infinite where only one end is, or two standard errors on either side.
    pub range: [f64; 2],
    /// Unit; may be empty.
    pub unit: String,
    /// `sourced`, `derived` or `estimate`.
    pub status: String,
    /// What it is used for.
    pub usage: Usage,
    /// Where it comes from.
    pub source: String,
    /// What else there is to say.
    pub note: String,
}

/// A calibration ready to run.
#[derive(Debug)]
pub struct Calibration {
    /// Parameters, targets and blocks.
    pub problem: MomentProblem,
    /// The key of each parameter.
    pub keys: Vec<String>,
    /// What charts call each parameter.
    pub labels: Vec<String>,
    /// All evidence, in the order of the table.
    pub evidence: Vec<EvidenceRow>,
    /// The evidence of each target.
    pub fitted: Vec<usize>,
    /// The scenarios that moments are of; the first is the calibrated one.
    pub scenarios: Vec<Loaded>,
    /// How hard to search.
    pub search: Effort,
    /// What is drawn for one evaluation.
    pub draws: MomentDraws,
    /// Other seeds at the optimum.
    pub seeds: usize,
    /// The table of evidence.
    pub targets: DataFile,
    /// The structure of the model that the estimates are of.
    pub structure: Option<String>,
}

/// Reads what a scenario is to be fitted to; `assignments` are laid over the other scenarios that its moments are of, as they were over it.
///
/// # Errors
/// [`ConfigError`] naming file, line or row, key, value and remedy.
pub fn calibration(loaded: Loaded, assignments: &[String]) -> Result<Calibration, ConfigError> {
    let file: ScenarioFile = loaded.document.deserialize()?;
    let Some(section) = &file.calibration else {
        let help = "write [calibration] with targets, [[calibration.block]] and [[calibration.free]], as in configs/calibration-1995.toml";
        return Err(loaded.document.error_at("calibration", "this scenario has nothing to calibrate", help));
    };
    let document = loaded.document.clone();
    let reader = Reader { document: &document };
    let Fit { blocks, steps, free, entries, search, draws, seeds } = fit(&reader, section, loaded.scenario.seed)?;
    let targets = DataFile::read(&reader, "calibration.targets", &section.targets)?;
    let entries = || entries.iter().map(|at| &section.free[*at]);
    let keys = entries().map(|entry| entry.key.clone()).collect();
    let labels = entries().map(|entry| entry.label.clone().unwrap_or_else(|| entry.name.clone())).collect();
    let left_out: Vec<&str> = section
        .block
        .iter()
        .map(|block| block.name.as_str())
        .filter(|name| !blocks.iter().any(|own| own == name))
        .collect();
    let mut scenarios = vec![loaded];
    let Rows { evidence, fitted, targets: problem_targets } = rows(
        reader.table("calibration.targets", &section.targets)?,
        (&blocks, &left_out),
        &mut scenarios,
        assignments,
    )?;
    for (block, name) in blocks.iter().enumerate() {
        if !problem_targets.iter().any(|target| target.block == block) {
            let help = format!(
                "give a row of {} the use `fit` or `solve` and the block `{name}`, or remove the block",
                targets.path.display()
            );
            return Err(document.error_at(&format!("calibration.block[{block}]"), "has no target", help));
        }
    }
    let problem = MomentProblem { blocks, steps, free, targets: problem_targets };
    for block in (0..problem.blocks.len()).filter(|block| problem.is_solved(*block)) {
        let (free, targets) = (problem.free_of(block), problem.targets_of(block));
        let fitted = targets.iter().any(|i| !problem.targets[*i].solved);
        if fitted || free.len() != targets.len() || free.iter().any(|k| problem.free[*k].prior.is_some()) {
            let message = format!(
                "`{}` is solved for with {} parameters and {} targets{}",
                problem.blocks[block],
                free.len(),
                targets.len(),
                if fitted { ", some of them to be fitted" } else { "" },
            );
            let help = "give one parameter without a prior for each target with the use `solve`, and no target with `fit`; or use `fit` for all";
            return Err(document.error_at(&format!("calibration.block[{block}]"), message, help));
        }
    }
    let structure = section.structure.clone();
    Ok(Calibration { problem, keys, labels, evidence, fitted, scenarios, search, draws, seeds, targets, structure })
}

/// The table of evidence, read.
struct Rows {
    evidence: Vec<EvidenceRow>,
    fitted: Vec<usize>,
    targets: Vec<Target>,
}

fn rows(
    table: Table,
    (blocks, left_out): (&[String], &[&str]),
    scenarios: &mut Vec<Loaded>,
    assignments: &[String],
) -> Result<Rows, ConfigError> {
    let table = table.labelled_by("name")?;
    let names = table.column_key("name")?;
    let text = |column: &str| table.column_text(column);
    let (values, errors) = (table.column_optional_f64("value")?, table.column_optional_f64("std_error")?);
    let (lows, highs) = (table.column_optional_f64("low")?, table.column_optional_f64("high")?);
    let weights = table.column_optional_f64("weight")?;
    let (kinds, of, files) = (text("moment")?, text("of")?, text("scenario")?);
    let (uses, in_block, evidence_rows) = (text("use")?, text("block")?, text("row")?);
    let (labels, units, statuses) = (text("label")?, text("unit")?, text("status")?);
    let (sources, notes) = (text("source")?, text("note")?);
    let mut found = Rows { evidence: Vec::new(), fitted: Vec::new(), targets: Vec::new() };
    for at in 0..table.rows() {
        let words: Vec<&str> = Usage::ALL.iter().map(|(word, _)| *word).collect();
        let usage = Usage::ALL.iter().find(|(word, _)| *word == uses[at]).map(|(_, usage)| *usage);
        let usage = usage
            .ok_or_else(|| table.error_at(at, format!("use is `{}`", uses[at]), suggest::one_of(uses[at], &words)))?;
        // What is not estimated now is predicted.
        let usage = if left_out.contains(&in_block[at]) { Usage::Predict } else { usage };
        let known = ["sourced", "derived", "estimate"];
        if !known.contains(&statuses[at]) {
            let message = format!("status is `{}`", statuses[at]);
            return Err(table.error_at(at, message, suggest::one_of(statuses[at], &known)));
        }
        let moment = match usage {
            Usage::None => None,
            _ => {
                let scenario = scenario_of(&table, at, files[at], scenarios, assignments)?;
                let moment = moment(kinds[at], of[at], &scenarios[scenario].scenario);
                Some((moment.map_err(|(message, help)| table.error_at(at, message, help))?, scenario))
            }
        };
        let cells = [
            ("value", &values, SIZE),
            ("std_error", &errors, SPREAD),
            ("low", &lows, SIZE),
            ("high", &highs, SIZE),
            ("weight", &weights, SPREAD),
        ];
        for (column, cells, (fits, expected)) in cells {
            if cells[at].is_some_and(|number| !fits(number)) {
                return Err(table.refuse_cell(at, column, expected));
            }
        }
        let std_error = errors[at].unwrap_or(f64::NAN);
        let value = values[at].unwrap_or(f64::NAN);
        let range = match (lows[at], highs[at]) {
            (None, None) => [value - 2.0 * std_error, value + 2.0 * std_error],
            (low, high) => [low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY)],
        };
        if range[0] > range[1] {
            let message = format!("low is {} and high is {}", range[0], range[1]);
            return Err(table.error_at(
                at,
                message,
                "write the lower end first; leave one empty where that side is open",
            ));
        }
        if usage != Usage::None && range.iter().any(|end| end.is_nan()) {
            let help = "give value and std_error, or low or high or both";
            return Err(table.error_at(at, "nothing says what counts as agreement", help));
        }
        if matches!(usage, Usage::Fit | Usage::Solve) {
            let block = blocks.iter().position(|block| block == in_block[at]);
            let known: Vec<&str> = blocks.iter().map(String::as_str).collect();
            let block = block.ok_or_else(|| {
                table.error_at(at, format!("block is `{}`", in_block[at]), suggest::one_of(in_block[at], &known))
            })?;
            let solved = usage == Usage::Solve;
            // A number, or else the range.
            let range = if value.is_finite() { [value; 2] } else { range };
            if !std_error.is_finite() || (solved && !value.is_finite()) {
                let help =
                    if solved { "give both" } else { "give both, or std_error with low or high, or use `predict`" };
                return Err(table.error_at(at, "has no value and std_error to be fitted with", help));
            }
            let weight = weights[at].unwrap_or(1.0);
            found.fitted.push(at);
            found.targets.push(Target { name: names[at].to_owned(), block, range, std_error, weight, solved });
        }
        found.evidence.push(EvidenceRow {
            name: names[at].to_owned(),
            row: evidence_rows[at].to_owned(),
            label: labels[at].to_owned(),
            moment,
            value,
            std_error,
            range,
            unit: units[at].to_owned(),
            status: statuses[at].to_owned(),
            usage,
            source: sources[at].to_owned(),
            note: notes[at].to_owned(),
        });
    }
    Ok(found)
}

/// Position of the scenario that a row's moment is of, loaded when it is named first; an empty cell is the calibrated scenario.
fn scenario_of(
    table: &Table,
    at: usize,
    name: &str,
    scenarios: &mut Vec<Loaded>,
    assignments: &[String],
) -> Result<usize, ConfigError> {
    if name.is_empty() {
        return Ok(0);
    }
    let path: PathBuf = scenarios[0].path.parent().unwrap_or(Path::new("")).join(name);
    if let Some(known) = scenarios.iter().position(|loaded| loaded.path == path) {
        return Ok(known);
    }
    let source = scenarios[0].document.source().clone();
    if !source.has(&path) {
        let message = format!("scenario is `{name}`, and there is no {}", path.display());
        return Err(table.error_at(at, message, "name a file beside the calibrated scenario, or leave the cell empty"));
    }
    let own = assignments.iter().filter(|assignment| !assignment.trim_start().starts_with("calibration"));
    scenarios.push(load_from(&source, &path, &own.cloned().collect::<Vec<_>>())?);
    Ok(scenarios.len() - 1)
}

impl Calibration {
    /// The assignments that put parameters at `theta` into the scenario at a position: those of sections that it has, whether or not it writes out
    /// the value or the table within the section. A parameter of timing would put a scenario without that layer into time.
    #[must_use]
    pub fn assignments(&self, scenario: usize, theta: &[f64]) -> Vec<String> {
        let document = &self.scenarios[scenario].document;
        let section = |key: &str| key.split_once('.').is_none_or(|(section, _)| document.origin(section).is_some());
        let pairs = self.keys.iter().zip(theta).filter(|(key, _)| section(key));
        pairs.map(|(key, value)| format!("{key}={}", toml_number(*value))).collect()
    }
}
