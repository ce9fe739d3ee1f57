//! The `[calibration]` section: free parameters, and the table of evidence with what of it is fitted.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::files::ScenarioFile;
use super::moments::moment;
use super::scenario::Reader;
use super::{ConfigError, DataFile, Loaded, Table, load, suggest};
use crate::calibration::search::Effort;
use crate::calibration::{Free, Prior, Problem, Scale, Target};
use crate::model::moment::{Draws, Moment};

/// What is free, and what it is fitted to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalibrationSection {
    /// CSV file with one row for each piece of evidence, relative to the scenario file.
    pub targets: String,
    /// Groups of parameters, estimated one after the other, each with the targets that name it.
    pub block: Vec<BlockSection>,
    /// Free parameters.
    pub free: Vec<FreeSection>,
    /// Points spread over the bounds of a block, a power of two; 64 if absent.
    #[serde(default)]
    pub points: Option<usize>,
    /// Local searches in each block; 2 if absent.
    #[serde(default)]
    pub starts: Option<usize>,
    /// Most steps of the simplex in each local search; 40 if absent.
    #[serde(default)]
    pub simplex: Option<u64>,
    /// Most steps of least squares after it; 25 if absent.
    #[serde(default)]
    pub polish: Option<usize>,
    /// Other seeds at which the optimum is evaluated, for the simulation noise; 8 if absent.
    #[serde(default)]
    pub seeds: Option<usize>,
    /// Replications of simulated moments; 4 if absent.
    #[serde(default)]
    pub replications: Option<u64>,
    /// Worlds of moments of the bargaining; 2000 if absent.
    #[serde(default)]
    pub worlds: Option<u64>,
}

/// A group of parameters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockSection {
    /// Name, as in the column `block` of the targets.
    pub name: String,
    /// Step of numerical derivatives, a part of a parameter's range; 0.01 if absent. Simulated moments need longer ones.
    #[serde(default)]
    pub step: Option<f64>,
}

/// A free parameter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FreeSection {
    /// Name in tables.
    pub name: String,
    /// The value of the scenario that it stands for, as in `--set`. Its value there is where the search starts.
    pub key: String,
    /// The block that estimates it.
    pub block: String,
    /// What charts call it.
    #[serde(default)]
    pub label: Option<String>,
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
    /// How its range is searched; evenly if absent.
    #[serde(default)]
    pub scale: ScaleChoice,
    /// What is thought of it before: one more moment.
    #[serde(default)]
    pub prior: Option<PriorSection>,
}

/// How a range is searched.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ScaleChoice {
    /// Evenly.
    #[default]
    Linear,
    /// Evenly in the logarithm.
    Log,
}

/// A prior.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriorSection {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// Where it comes from.
    pub source: String,
}

/// What a piece of evidence is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Parameters are fitted to it.
    Fit,
    /// The model predicts it.
    Predict,
    /// A value of the scenario was set by hand with it in view.
    Set,
    /// The model does not speak to it.
    None,
}

impl Usage {
    /// All, with the word in the table.
    pub const ALL: [(&'static str, Self); 4] =
        [("fit", Self::Fit), ("predict", Self::Predict), ("set", Self::Set), ("none", Self::None)];

    /// The word in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, usage)| *usage == self).map_or("none", |(word, _)| word)
    }
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
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
    /// The range that counts as agreement: as given, or two standard errors on either side.
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
    pub problem: Problem,
    /// The key of each parameter.
    pub keys: Vec<String>,
    /// What charts call each parameter.
    pub labels: Vec<String>,
    /// All evidence, in the order of the table.
    pub evidence: Vec<Evidence>,
    /// The evidence of each target.
    pub fitted: Vec<usize>,
    /// The scenarios that moments are of; the first is the calibrated one.
    pub scenarios: Vec<Loaded>,
    /// How hard to search.
    pub search: Effort,
    /// What is drawn for one evaluation.
    pub draws: Draws,
    /// Other seeds at the optimum.
    pub seeds: usize,
    /// The table of evidence.
    pub targets: DataFile,
}

/// Most of anything that is counted here: beyond it, it cannot be meant.
const MOST: u64 = 1_000_000;

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
    let reader = Reader { document: &document, file: &file };
    let blocks: Vec<String> = section.block.iter().map(|block| block.name.clone()).collect();
    if blocks.is_empty() {
        return Err(reader.error("calibration.block", "is empty", "write one [[calibration.block]] with a name"));
    }
    for (at, name) in blocks.iter().enumerate() {
        // Overlays are named after blocks, `calibrated-NAME.toml` and `calibrated-NAME-draws.toml`.
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(plain) || name == "draws" || name.ends_with("-draws") {
            let message = format!("is `{name}`, which cannot be part of a file's name");
            let help = "write letters, digits, `_` and `-`, without `draws` at the end";
            return Err(reader.error(&format!("calibration.block[{at}].name"), message, help));
        }
    }
    let steps = section.block.iter().enumerate().map(|(at, block)| {
        let key = format!("calibration.block[{at}].step");
        reader.number(
            &key,
            block.step.unwrap_or(0.01),
            |x| (1e-6..=0.25).contains(&x),
            "a part of the range, 0.000001 to 0.25",
        )
    });
    let steps = steps.collect::<Result<Vec<f64>, _>>()?;
    let numbers: toml::Table = document.to_toml_string().parse().unwrap_or_default();
    let mut free = Vec::with_capacity(section.free.len());
    for (at, entry) in section.free.iter().enumerate() {
        if let Some(other) = section.free[..at].iter().find(|other| other.key == entry.key) {
            let message = format!("is `{}`, which is free as `{}` already", entry.key, other.name);
            return Err(reader.error(&format!("calibration.free[{at}].key"), message, "remove one of the two"));
        }
        free.push(parameter(&reader, &numbers, &blocks, at, entry)?);
    }
    if free.is_empty() {
        return Err(reader.error("calibration.free", "is empty", "write one [[calibration.free]] for each parameter"));
    }
    let count = |key: &str, value: u64, least: u64| {
        if (least..=MOST).contains(&value) {
            return Ok(value);
        }
        Err(reader.error(&format!("calibration.{key}"), format!("is {value}, expected {least} to {MOST}"), ""))
    };
    let search = Effort {
        points: count("points", section.points.unwrap_or(64) as u64, 1)? as usize,
        starts: count("starts", section.starts.unwrap_or(2) as u64, 1)? as usize,
        simplex: count("simplex", section.simplex.unwrap_or(40), 0)?,
        polish: count("polish", section.polish.unwrap_or(25) as u64, 0)? as usize,
        seed: loaded.scenario.seed,
    };
    let draws = Draws {
        replications: count("replications", section.replications.unwrap_or(4), 1)?,
        worlds: count("worlds", section.worlds.unwrap_or(2000), 1)?,
    };
    let seeds = count("seeds", section.seeds.unwrap_or(8) as u64, 2)? as usize;
    let path = reader.data_path("calibration.targets", &section.targets);
    let bytes = std::fs::read(&path).map_err(|error| ConfigError::unreadable(&path, &error))?;
    let targets =
        DataFile { key: "calibration.targets".into(), name: section.targets.clone(), hash: blake3::hash(&bytes), path };
    let keys = section.free.iter().map(|entry| entry.key.clone()).collect();
    let labels = section.free.iter().map(|entry| entry.label.clone().unwrap_or_else(|| entry.name.clone())).collect();
    let mut scenarios = vec![loaded];
    let Rows { evidence, fitted, targets: problem_targets } =
        rows(&targets.path, &blocks, &mut scenarios, assignments)?;
    for (block, name) in blocks.iter().enumerate() {
        if !problem_targets.iter().any(|target| target.block == block) {
            let help = format!(
                "give a row of {} the use `fit` and the block `{name}`, or remove the block",
                targets.path.display()
            );
            return Err(document.error_at(&format!("calibration.block[{block}]"), "has no target", help));
        }
    }
    let problem = Problem { blocks, steps, free, targets: problem_targets };
    Ok(Calibration { problem, keys, labels, evidence, fitted, scenarios, search, draws, seeds, targets })
}

fn parameter(
    reader: &Reader<'_>,
    numbers: &toml::Table,
    blocks: &[String],
    at: usize,
    entry: &FreeSection,
) -> Result<Free, ConfigError> {
    let place = format!("calibration.free[{at}]");
    let block = reader.position(&format!("{place}.block"), &entry.block, blocks, "block of this calibration")?;
    if !(entry.low.is_finite() && entry.high.is_finite() && entry.low < entry.high) {
        let message = format!("the bounds of `{}` are {} and {}", entry.name, entry.low, entry.high);
        return Err(reader.error(&place, message, "write a low bound below a high one"));
    }
    if entry.scale == ScaleChoice::Log && entry.low <= 0.0 {
        let message = format!("`{}` is searched in logarithms from {}", entry.name, entry.low);
        return Err(reader.error(
            &format!("{place}.low"),
            message,
            "write a low bound above zero, or scale = \"linear\"",
        ));
    }
    let Some(start) = number_at(numbers, &entry.key) else {
        let help =
            "free parameters are numbers of the scenario, not of its lists: `demand.alpha`, `timing.fixed_cost_usd`";
        return Err(reader.error(
            &format!("{place}.key"),
            format!("`{}` is no number of this scenario", entry.key),
            help,
        ));
    };
    if !(entry.low..=entry.high).contains(&start) {
        let message =
            format!("`{}` is {start} in the scenario, outside its bounds {} to {}", entry.key, entry.low, entry.high);
        return Err(reader.error(&place, message, "widen the bounds, or change the value"));
    }
    let prior = match &entry.prior {
        None => None,
        Some(prior) if prior.mean.is_finite() && prior.sd.is_finite() && prior.sd > 0.0 => {
            Some(Prior { mean: prior.mean, sd: prior.sd })
        }
        Some(prior) => {
            let message = format!("has mean {} and sd {}", prior.mean, prior.sd);
            return Err(reader.error(&format!("{place}.prior"), message, "write a standard deviation above zero"));
        }
    };
    let scale = if entry.scale == ScaleChoice::Log { Scale::Log } else { Scale::Linear };
    Ok(Free { name: entry.name.clone(), block, low: entry.low, high: entry.high, start, scale, prior })
}

/// The number at a dotted key: itself, or the `value` of a sourced one.
#[must_use]
pub fn number_at(table: &toml::Table, key: &str) -> Option<f64> {
    let mut steps = key.split('.').map(str::trim);
    let first = table.get(steps.next()?)?;
    let found = steps.try_fold(first, |value, step| value.as_table()?.get(step))?;
    let found = found.as_table().map_or(Some(found), |sourced| sourced.get("value"))?;
    found.as_float().or_else(|| found.as_integer().map(|whole| whole as f64))
}

/// The table of evidence, read.
struct Rows {
    evidence: Vec<Evidence>,
    fitted: Vec<usize>,
    targets: Vec<Target>,
}

fn rows(
    path: &Path,
    blocks: &[String],
    scenarios: &mut Vec<Loaded>,
    assignments: &[String],
) -> Result<Rows, ConfigError> {
    let table = Table::load(path)?.labelled_by("name")?;
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
        let std_error = errors[at].unwrap_or(f64::NAN);
        if std_error <= 0.0 {
            return Err(table.refuse_cell(at, "std_error", "a number above zero"));
        }
        let value = values[at].unwrap_or(f64::NAN);
        let range = match (lows[at], highs[at]) {
            (Some(low), Some(high)) if low <= high => [low, high],
            (None, None) => [value - 2.0 * std_error, value + 2.0 * std_error],
            _ => return Err(table.error_at(at, "low and high are no range", "give both, the lower first, or neither")),
        };
        if usage != Usage::None && !range.iter().all(|end| end.is_finite()) {
            let help = "give value and std_error, or low and high";
            return Err(table.error_at(at, "nothing says what counts as agreement", help));
        }
        if usage == Usage::Fit {
            let block = blocks.iter().position(|block| block == in_block[at]);
            let known: Vec<&str> = blocks.iter().map(String::as_str).collect();
            let block = block.ok_or_else(|| {
                table.error_at(at, format!("block is `{}`", in_block[at]), suggest::one_of(in_block[at], &known))
            })?;
            if !(value.is_finite() && std_error.is_finite()) {
                return Err(table.error_at(
                    at,
                    "has no value or no std_error to be fitted with",
                    "give both, or use `predict`",
                ));
            }
            let weight = weights[at].unwrap_or(1.0);
            if weight <= 0.0 {
                return Err(table.refuse_cell(at, "weight", "a number above zero, or nothing for 1"));
            }
            found.fitted.push(at);
            found.targets.push(Target { name: names[at].to_owned(), block, value, std_error, weight });
        }
        found.evidence.push(Evidence {
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
    if !path.exists() {
        let message = format!("scenario is `{name}`, and there is no {}", path.display());
        return Err(table.error_at(at, message, "name a file beside the calibrated scenario, or leave the cell empty"));
    }
    let own = assignments.iter().filter(|assignment| !assignment.trim_start().starts_with("calibration"));
    scenarios.push(load(&path, &own.cloned().collect::<Vec<_>>())?);
    Ok(scenarios.len() - 1)
}

impl Calibration {
    /// The assignments that put parameters at `theta` into the scenario at a position: those of sections that it has, whether or not it writes out
    /// the value. A parameter of timing would put a scenario without that layer into time.
    #[must_use]
    pub fn assignments(&self, scenario: usize, theta: &[f64]) -> Vec<String> {
        let document = &self.scenarios[scenario].document;
        let section = |key: &str| key.rsplit_once('.').is_none_or(|(section, _)| document.origin(section).is_some());
        let pairs = self.keys.iter().zip(theta).filter(|(key, _)| section(key));
        pairs.map(|(key, value)| format!("{key}={}", super::parameters::toml_number(*value))).collect()
    }
}
