//! Studies of many points: `[sweep]` over settings, `[uncertainty]` over draws of parameters and data.
//!
//! A point is a list of assignments over the scenario ([`Loaded::at`]), so each of them can be run alone with `--set`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::files::ScenarioFile;
use super::parameters::toml_number;
use super::scenario::Reader;
use super::{ConfigError, Document, Loaded, Parameters, market};
use crate::model::outcome::Layout;
use crate::model::streams::{Purpose, Streams};
use crate::numerics::elementary::exp;
use crate::numerics::normal;
use crate::numerics::sobol::SobolSequence;
use crate::sensitivity::design::latin_hypercube;
use crate::sensitivity::{Distribution, Parameter, Problem};

/// Most points of a study: results of each are kept until the end.
const MAX_POINTS: usize = 20_000;
/// Most replications of a point.
const MAX_REPLICATIONS: u64 = 1_000_000;
/// Keys that are no settings of the simulated world, or that the study sets itself.
const FIXED: [&str; 9] =
    ["sweep", "uncertainty", "parameter", "correlation", "extends", "name", "title", "outputs", "run.replications"];

/// Changes to the scenario document that make one point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Position among the points of the study, from 0.
    pub index: u64,
    /// `key=value` assignments as `--set` takes them, laid over the document in this order; none for the scenario itself.
    pub assignments: Vec<String>,
}

/// Which worlds the points of a study meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worlds {
    /// All the same, which pairs them.
    Shared,
    /// Each its own, which makes them independent.
    Own,
}

impl Worlds {
    /// Number of the first replication of a point.
    #[must_use]
    pub fn first(self, point: usize, replications: u64) -> u64 {
        match self {
            Self::Shared => 0,
            Self::Own => (point as u64).saturating_mul(replications),
        }
    }
}

/// A sweep: the same regimes at many points, on common random numbers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepSection {
    /// How the points are made from the axes.
    pub kind: SweepKind,
    /// What varies; for `latin_hypercube` and `sobol` the scenario's `[[parameter]]`s if absent.
    #[serde(default)]
    pub axis: Vec<AxisSection>,
    /// The points of a `list`: one value for each axis, in their order.
    #[serde(default)]
    pub points: Vec<Vec<Setting>>,
    /// Number of points of `latin_hypercube` and `sobol`.
    #[serde(default)]
    pub count: Option<usize>,
    /// Replications of every point; those of `[run]` if absent.
    #[serde(default)]
    pub replications: Option<u64>,
    /// Metrics of the charts, columns of `replications.csv`; the headline metric if absent.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// Period of the charts; the whole horizon if absent.
    #[serde(default)]
    pub period: Option<String>,
}

/// How the points of a sweep are made from its axes.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SweepKind {
    /// Every combination of the axes' values, the last axis fastest.
    Grid,
    /// The points written out in `points`.
    List,
    /// The first values of all axes, then the second ones, and so on.
    Zip,
    /// A Latin hypercube of `count` points.
    LatinHypercube,
    /// The first `count` points of a scrambled Sobol' sequence.
    Sobol,
}

/// One thing that varies in a sweep.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AxisSection {
    /// The setting, as in `--set`: `instrument.sanctions.rate`.
    pub key: String,
    /// Its column in tables; the key if absent.
    #[serde(default)]
    pub name: Option<String>,
    /// What charts call it.
    #[serde(default)]
    pub label: Option<String>,
    /// Its values, numbers or texts; for `latin_hypercube` and `sobol` equally likely.
    #[serde(default)]
    pub values: Option<Vec<Setting>>,
    /// Lowest value, with `high` instead of `values`.
    #[serde(default)]
    pub low: Option<f64>,
    /// Highest value.
    #[serde(default)]
    pub high: Option<f64>,
    /// Number of equally spaced values from `low` to `high` (`grid`, `zip`).
    #[serde(default)]
    pub steps: Option<usize>,
}

/// A value of a setting.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(untagged)]
pub enum Setting {
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text or a date.
    Text(String),
}

impl Setting {
    /// The value in TOML.
    fn to_toml(&self) -> String {
        match self {
            Self::Boolean(truth) => truth.to_string(),
            Self::Number(number) => toml_number(*number),
            Self::Text(text) => toml::Value::String(text.clone()).to_string(),
        }
    }
}

/// Draws of the scenario's uncertain parameters and data.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UncertaintySection {
    /// Number of draws.
    pub draws: usize,
    /// Replications of every draw, each with random numbers of its own; at least 2 to tell their noise from the parameters.
    pub replications: u64,
    /// How draws are made.
    #[serde(default)]
    pub sampling: Sampling,
    /// Data that are uncertain.
    #[serde(default)]
    pub data: Vec<DataErrorSection>,
    /// Metrics of the charts, columns of `replications.csv`; the headline metric if absent.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// Period of the charts; the whole horizon if absent.
    #[serde(default)]
    pub period: Option<String>,
}

/// How draws are made.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Independent draws, each number from a stream of its own: adding a parameter changes no other.
    #[default]
    Random,
    /// Points of a scrambled Sobol' sequence: means are more exact, and intervals wider than they need to be.
    Sobol,
}

/// Errors of one column of the table of models.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataErrorSection {
    /// The column.
    pub column: String,
    /// Standard deviation of the logarithm of each cell: one number, or one for each status.
    pub log_sd: LogSd,
    /// Column that holds the status, its whole cell or the tag in square brackets at its start (`[estimate] ...`).
    #[serde(default)]
    pub status: Option<String>,
    /// Brands whose totals are known, with the standard deviation of the total's logarithm (0 where it holds exactly): cells of their
    /// models are drawn and then rescaled to the total. Cells of other brands vary on their own.
    #[serde(default)]
    pub totals: BTreeMap<String, f64>,
}

/// A standard deviation for all cells, or one for each status.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LogSd {
    /// For all cells.
    Same(f64),
    /// By status.
    ByStatus(BTreeMap<String, f64>),
}

/// One axis of a sweep as results show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The setting.
    pub key: String,
    /// Its column in tables.
    pub name: String,
    /// What charts call it.
    pub label: String,
}

/// A sweep ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// How the points were made.
    pub kind: SweepKind,
    /// What varies.
    pub axes: Vec<Axis>,
    /// The settings of every point, in the order of the axes.
    pub settings: Vec<Vec<Setting>>,
    /// Replications of every point, all on the same worlds.
    pub replications: u64,
    /// Metrics of the charts; none is the headline metric.
    pub metrics: Vec<String>,
    /// Period of the charts; none is the whole horizon.
    pub period: Option<String>,
}

/// Errors of one column, resolved to cells.
#[derive(Clone, Debug, PartialEq)]
struct DataError {
    column: String,
    cells: Vec<Cell>,
    /// Known totals: the brand and the standard deviation of the total's logarithm.
    totals: Vec<(String, f64)>,
}

/// One uncertain cell.
#[derive(Clone, Debug, PartialEq)]
struct Cell {
    model: String,
    value: f64,
    /// The scenario's own factor on the cell, which `value` contains.
    factor: f64,
    log_sd: f64,
    /// Position of its brand among the known totals.
    total: Option<usize>,
}

/// Draws ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertainty {
    /// Number of draws.
    pub draws: usize,
    /// Replications of every draw.
    pub replications: u64,
    /// How draws are made.
    pub sampling: Sampling,
    /// Metrics of the charts; none is the headline metric.
    pub metrics: Vec<String>,
    /// Period of the charts; none is the whole horizon.
    pub period: Option<String>,
    parameters: Parameters,
    data: Vec<DataError>,
    seed: u64,
}

/// The points of a study that has several.
#[derive(Clone, Debug, PartialEq)]
pub enum StudyDesign {
    /// A sweep over settings.
    Sweep(Sweep),
    /// Draws of what is uncertain.
    Uncertainty(Box<Uncertainty>),
}

impl StudyDesign {
    /// The points, in order.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let assignments = match self {
            Self::Sweep(sweep) => sweep.assignments(),
            Self::Uncertainty(uncertainty) => uncertainty.assignments(),
        };
        (0..).zip(assignments).map(|(index, assignments)| Point { index, assignments }).collect()
    }

    /// Replications of a point.
    #[must_use]
    pub fn replications(&self) -> u64 {
        match self {
            Self::Sweep(sweep) => sweep.replications,
            Self::Uncertainty(uncertainty) => uncertainty.replications,
        }
    }

    /// The same with other replications of every point.
    pub fn set_replications(&mut self, replications: u64) {
        match self {
            Self::Sweep(sweep) => sweep.replications = replications,
            Self::Uncertainty(uncertainty) => uncertainty.replications = replications,
        }
    }

    /// The worlds that points meet: those of a sweep share theirs, which pairs them; draws have their own, which makes them independent.
    #[must_use]
    pub fn worlds(&self) -> Worlds {
        match self {
            Self::Sweep(_) => Worlds::Shared,
            Self::Uncertainty(_) => Worlds::Own,
        }
    }
}

impl Sweep {
    fn assignments(&self) -> Vec<Vec<String>> {
        let point = |settings: &Vec<Setting>| {
            let pair = |(axis, setting): (&Axis, &Setting)| format!("{}={}", axis.key, setting.to_toml());
            self.axes.iter().zip(settings).map(pair).collect()
        };
        self.settings.iter().map(point).collect()
    }
}

impl Uncertainty {
    /// The scenario's uncertain parameters.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// One name for each coordinate of a draw: parameters, then cells and totals column by column.
    fn coordinates(&self) -> Vec<String> {
        let mut names: Vec<String> = self.parameters.list.iter().map(|item| item.key.clone()).collect();
        for error in &self.data {
            names.extend(error.cells.iter().map(|cell| format!("data\n{}\n{}", error.column, cell.model)));
            names.extend(error.totals.iter().map(|(brand, _)| format!("total\n{}\n{brand}", error.column)));
        }
        names
    }

    fn assignments(&self) -> Vec<Vec<String>> {
        let names = self.coordinates();
        let draw = |unit: Vec<f64>| {
            let (parameters, mut rest) = unit.split_at(self.parameters.len());
            let mut assignments = self.parameters.assignments(&self.parameters.at(parameters));
            for error in &self.data {
                let (cells, after) = rest.split_at(error.cells.len());
                let (totals, after) = after.split_at(error.totals.len());
                rest = after;
                assignments.push(error.assignment(cells, totals));
            }
            assignments
        };
        match self.sampling {
            Sampling::Random => {
                let agents: Vec<u64> = names.iter().map(|name| address(name)).collect();
                let unit = |streams: Streams| {
                    agents.iter().map(|agent| streams.at(Purpose::Parameter, *agent, 0).uniform_open()).collect()
                };
                (0..self.draws as u64).map(|k| draw(unit(Streams::new(self.seed, k)))).collect()
            }
            Sampling::Sobol => {
                let key = scramble_key(self.seed);
                // The number of coordinates was checked when the section was read.
                let Ok(sequence) = SobolSequence::scrambled(names.len(), key) else { return Vec::new() };
                sequence.take(self.draws).map(draw).collect()
            }
        }
    }
}

impl DataError {
    /// The factors of one draw as an assignment.
    fn assignment(&self, cells: &[f64], totals: &[f64]) -> String {
        let drawn: Vec<f64> =
            self.cells.iter().zip(cells).map(|(cell, u)| exp(cell.log_sd * normal::quantile(*u))).collect();
        let rescale: Vec<f64> = self
            .totals
            .iter()
            .zip(totals)
            .enumerate()
            .map(|(position, ((_, log_sd), u))| {
                let members = || self.cells.iter().zip(&drawn).filter(move |(cell, _)| cell.total == Some(position));
                let known: f64 = members().map(|(cell, _)| cell.value).sum();
                let found: f64 = members().map(|(cell, factor)| cell.value * factor).sum();
                exp(log_sd * normal::quantile(*u)) * known / found
            })
            .collect();
        let factors: toml::Table = self
            .cells
            .iter()
            .zip(&drawn)
            .map(|(cell, factor)| {
                let factor = factor * cell.total.map_or(1.0, |total| rescale[total]) * cell.factor;
                (cell.model.clone(), toml::Value::Float(factor))
            })
            .collect();
        format!("market.factor.{:?}={}", self.column, toml::Value::Table(factors))
    }
}

/// The address of a coordinate in the random streams: a hash of its name, so that it does not depend on the others.
fn address(name: &str) -> u64 {
    let hash = blake3::hash(name.as_bytes());
    hash.as_bytes().iter().take(8).fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Key of the scrambling of a design.
fn scramble_key(seed: u64) -> u64 {
    address(&format!("scramble {seed}"))
}

/// Reads the points of a scenario that has several.
pub(super) fn design(document: &Document, parameters: &Parameters) -> Result<Option<StudyDesign>, ConfigError> {
    if ["sweep", "uncertainty"].iter().all(|key| document.origin(key).is_none()) {
        return Ok(None);
    }
    let file: ScenarioFile = document.deserialize()?;
    let reader = Reader { document, file: &file };
    match (&file.sweep, &file.uncertainty) {
        (Some(_), Some(_)) => {
            let message = "a study has a sweep or draws, and this one has both";
            Err(reader.error("sweep", message, "keep one of [sweep] and [uncertainty] in a file that extends this one"))
        }
        (Some(section), None) => reader.sweep(section, parameters).map(|sweep| Some(StudyDesign::Sweep(sweep))),
        (None, Some(section)) => {
            let uncertainty = reader.uncertainty(section, parameters)?;
            Ok(Some(StudyDesign::Uncertainty(Box::new(uncertainty))))
        }
        (None, None) => Ok(None),
    }
}

/// Checks that the charts' metrics and period are there, and that the scenario takes the first point: a key that nothing reads is found here, and not
/// as a list of failures.
pub(super) fn check(loaded: &Loaded) -> Result<(), ConfigError> {
    let Some(design) = &loaded.design else { return Ok(()) };
    let (section, metrics, period) = match design {
        StudyDesign::Sweep(sweep) => ("sweep", &sweep.metrics, &sweep.period),
        StudyDesign::Uncertainty(draws) => ("uncertainty", &draws.metrics, &draws.period),
    };
    let scenario = &loaded.scenario;
    let layout = Layout::new(&scenario.market, scenario.periods.clone(), scenario.weeks, &scenario.flag);
    let periods: Vec<String> = scenario.periods.iter().map(|period| period.name.clone()).collect();
    let named = |key: String, name: &String, known: &[String], what: &str| {
        if known.contains(name) {
            return Ok(());
        }
        let message = format!("`{name}` is no {what} of this scenario");
        Err(loaded.document.error_at(&key, message, market::one_of(name, known)))
    };
    for (index, metric) in metrics.iter().enumerate() {
        named(format!("{section}.metrics[{index}]"), metric, &layout.headlines, "headline metric")?;
    }
    if let Some(period) = period {
        named(format!("{section}.period"), period, &periods, "reporting period")?;
    }
    let StudyDesign::Sweep(sweep) = design else { return Ok(()) };
    let Some(first) = sweep.assignments().into_iter().next() else { return Ok(()) };
    if loaded.at(&first).is_ok() {
        return Ok(());
    }
    for (index, assignment) in first.iter().enumerate() {
        let mut document = loaded.document.clone();
        let refused = document.set(assignment).and_then(|()| document.deserialize::<ScenarioFile>().map(drop));
        if let Err(error) = refused {
            let place = format!("sweep.axis[{index}].key");
            let help = "the key is written as in --set, and the values are those that the scenario takes there";
            return Err(loaded.document.error_at(&place, format!("its first value is refused: {error}"), help));
        }
    }
    // Each setting is one; whether the point is possible, the run will say.
    Ok(())
}

impl Reader<'_> {
    fn replications_of(&self, key: &str, replications: u64) -> Result<u64, ConfigError> {
        if (1..=MAX_REPLICATIONS).contains(&replications) {
            return Ok(replications);
        }
        Err(self.error(key, format!("is {replications}, expected 1 to {MAX_REPLICATIONS}"), ""))
    }

    fn sweep(&self, section: &SweepSection, parameters: &Parameters) -> Result<Sweep, ConfigError> {
        let mut axes: Vec<Axis> = Vec::new();
        for (index, axis) in section.axis.iter().enumerate() {
            let place = format!("sweep.axis[{index}]");
            let fixed = |word: &&str| axis.key == *word || axis.key.starts_with(&format!("{word}."));
            if let Some(word) = FIXED.iter().find(|word| fixed(word)) {
                let message = format!("`{word}` is no setting that a sweep can vary");
                let help = "the number of replications of a point is written in [sweep]";
                return Err(self.error(&format!("{place}.key"), message, help));
            }
            if axes.iter().any(|other| other.key == axis.key) {
                let message = format!("`{}` is varied by another axis already", axis.key);
                return Err(self.error(&format!("{place}.key"), message, "remove one of the two"));
            }
            let name = axis.name.clone().unwrap_or_else(|| axis.key.clone());
            let taken =
                ["point", "regime", "period", "metric", "replications", "mean", "std_error", "ci_low", "ci_high"]
                    .contains(&name.as_str())
                    || name.starts_with("change");
            if name.trim() != name || name.is_empty() || taken || axes.iter().any(|other| other.name == name) {
                let message = format!("`{name}` cannot name a column of its own");
                return Err(self.error(&format!("{place}.name"), message, "give the axis another name"));
            }
            let label = axis.label.clone().unwrap_or_else(|| name.clone());
            axes.push(Axis { key: axis.key.clone(), name, label });
        }
        let sampled = matches!(section.kind, SweepKind::LatinHypercube | SweepKind::Sobol);
        if axes.is_empty() && (!sampled || parameters.is_empty()) {
            let help = "write [[sweep.axis]] with a key and its values";
            return Err(self.error("sweep", "has no axis: nothing varies", help));
        }
        if sampled != section.count.is_some() {
            let message = if sampled {
                "this kind needs `count`, the number of points"
            } else {
                "`count` has no meaning for this kind"
            };
            return Err(self.error("sweep.kind", message, "count belongs to latin_hypercube and sobol"));
        }
        if (section.kind == SweepKind::List) == section.points.is_empty() {
            let help = "points = [[0.5, 0.7], [1.0, 0.8]] has one value for each axis in every point";
            return Err(self.error("sweep.kind", "`points` belong to a list, and a list has them", help));
        }
        let settings = match section.kind {
            SweepKind::List => self.listed(section)?,
            SweepKind::Grid | SweepKind::Zip => self.combined(section)?,
            SweepKind::LatinHypercube | SweepKind::Sobol if axes.is_empty() => {
                let item = |item: &super::parameters::Uncertain| Axis {
                    key: item.key.clone(),
                    name: item.name.clone(),
                    label: item.label.clone(),
                };
                axes = parameters.list.iter().map(item).collect();
                let units = self.units(section, axes.len())?;
                let values = units.iter().map(|unit| parameters.at(unit));
                values.map(|values| values.into_iter().map(Setting::Number).collect()).collect()
            }
            SweepKind::LatinHypercube | SweepKind::Sobol => self.sampled(section)?,
        };
        Ok(Sweep {
            kind: section.kind,
            axes,
            settings,
            replications: self
                .replications_of("sweep.replications", section.replications.unwrap_or(self.file.run.replications))?,
            metrics: section.metrics.clone(),
            period: section.period.clone(),
        })
    }

    /// The points as they are written.
    fn listed(&self, section: &SweepSection) -> Result<Vec<Vec<Setting>>, ConfigError> {
        if let Some(index) = section
            .axis
            .iter()
            .position(|axis| axis.values.is_some() || axis.low.is_some() || axis.high.is_some() || axis.steps.is_some())
        {
            let message = "has values, but the points of a list are written in `points`";
            return Err(self.error(&format!("sweep.axis[{index}]"), message, "write the values of every point there"));
        }
        let axes = section.axis.len();
        if let Some(index) = section.points.iter().position(|point| point.len() != axes) {
            let message = format!("has {} values for {axes} axes", section.points[index].len());
            return Err(self.error(&format!("sweep.points[{index}]"), message, "write one value for each axis"));
        }
        self.number_of_points("sweep.points", section.points.len() as u128)?;
        Ok(section.points.clone())
    }

    fn number_of_points(&self, key: &str, points: u128) -> Result<usize, ConfigError> {
        match usize::try_from(points) {
            Ok(points) if (1..=MAX_POINTS).contains(&points) => Ok(points),
            _ => Err(self.error(key, format!("makes {points} points, expected 1 to {MAX_POINTS}"), "")),
        }
    }

    /// Grids and zips.
    fn combined(&self, section: &SweepSection) -> Result<Vec<Vec<Setting>>, ConfigError> {
        let axes = (section.axis.iter().enumerate())
            .map(|(index, axis)| self.values_of(&format!("sweep.axis[{index}]"), axis))
            .collect::<Result<Vec<_>, _>>()?;
        if section.kind == SweepKind::Zip {
            let points = axes.first().map_or(0, Vec::len);
            if let Some(index) = axes.iter().position(|axis| axis.len() != points) {
                let message = format!("has {} values, the first axis has {points}", axes[index].len());
                return Err(self.error(&format!("sweep.axis[{index}]"), message, "zipped axes go on together"));
            }
            self.number_of_points("sweep.axis", points as u128)?;
            return Ok((0..points).map(|point| axes.iter().map(|axis| axis[point].clone()).collect()).collect());
        }
        let points = axes.iter().fold(1_u128, |points, axis| points.saturating_mul(axis.len() as u128));
        let points = self.number_of_points("sweep.axis", points)?;
        let setting = |point: usize, axis: usize| {
            let faster: usize = axes[axis + 1..].iter().map(Vec::len).product();
            axes[axis][point / faster % axes[axis].len()].clone()
        };
        Ok((0..points).map(|point| (0..axes.len()).map(|axis| setting(point, axis)).collect()).collect())
    }

    /// The values of an axis, written out or equally spaced.
    fn values_of(&self, place: &str, axis: &AxisSection) -> Result<Vec<Setting>, ConfigError> {
        let spaced = [axis.low.is_some(), axis.high.is_some(), axis.steps.is_some()];
        match (&axis.values, axis.low, axis.high, axis.steps) {
            (Some(values), ..) if !values.is_empty() && spaced == [false; 3] => Ok(values.clone()),
            (None, Some(low), Some(high), Some(steps)) if low < high && (2..=MAX_POINTS).contains(&steps) => {
                // Round off in the tenth digit: 0.1 + 0.2 is written 0.3.
                let value = |step: usize| {
                    let share = step as f64 / (steps - 1) as f64;
                    let value = low + share * (high - low);
                    let rounded = format!("{value:.10e}").parse().unwrap_or(value);
                    Setting::Number(if step == 0 {
                        low
                    } else if step == steps - 1 {
                        high
                    } else {
                        rounded
                    })
                };
                Ok((0..steps).map(value).collect())
            }
            _ => {
                let help = "write values = [0.0, 0.5, 1.0], or low = 0.0, high = 1.0 and steps = 5";
                Err(self.error(place, "needs either `values`, or `low` below `high` and at least 2 `steps`", help))
            }
        }
    }

    /// Points of the unit cube.
    fn units(&self, section: &SweepSection, axes: usize) -> Result<Vec<Vec<f64>>, ConfigError> {
        let count = self.number_of_points("sweep.count", section.count.unwrap_or(0) as u128)?;
        let seed = self.file.run.seed;
        if section.kind == SweepKind::Sobol {
            let sequence = SobolSequence::scrambled(axes, scramble_key(seed));
            let refuse = |error| self.error("sweep.axis", format!("{error}"), "use latin_hypercube");
            return sequence.map(|points| points.take(count).collect()).map_err(refuse);
        }
        let law = Distribution::uniform(0.0, 1.0).map_err(|error| self.error("sweep", error.to_string(), ""))?;
        let parameter = |axis: usize| Parameter { name: axis.to_string(), distribution: law.clone() };
        let problem = Problem { parameters: (0..axes).map(parameter).collect() };
        Ok(latin_hypercube(&problem, count, seed).iter().map(<[f64]>::to_vec).collect())
    }

    /// Latin hypercubes and Sobol' points over the axes.
    fn sampled(&self, section: &SweepSection) -> Result<Vec<Vec<Setting>>, ConfigError> {
        for (index, axis) in section.axis.iter().enumerate() {
            let range = matches!((axis.low, axis.high), (Some(low), Some(high)) if low < high);
            let values = axis.values.as_ref().is_some_and(|values| !values.is_empty());
            if range == values || axis.steps.is_some() {
                let help = "write low = 0.0 and high = 1.0, or values = [\"bertrand\", \"pass_through\"]";
                let message = "needs either `low` below `high`, or `values`";
                return Err(self.error(&format!("sweep.axis[{index}]"), message, help));
            }
        }
        let setting = |(axis, u): (&AxisSection, &f64)| match (&axis.values, axis.low, axis.high) {
            (Some(values), ..) => values[((u * values.len() as f64) as usize).min(values.len() - 1)].clone(),
            (None, low, high) => {
                let (low, high) = (low.unwrap_or(0.0), high.unwrap_or(1.0));
                Setting::Number(low + u * (high - low))
            }
        };
        let units = self.units(section, section.axis.len())?;
        Ok(units.iter().map(|unit| section.axis.iter().zip(unit).map(setting).collect()).collect())
    }

    fn uncertainty(&self, section: &UncertaintySection, parameters: &Parameters) -> Result<Uncertainty, ConfigError> {
        let draws = self.number_of_points("uncertainty.draws", section.draws as u128)?;
        let mut data: Vec<DataError> = Vec::with_capacity(section.data.len());
        for (index, error) in section.data.iter().enumerate() {
            if data.iter().any(|other| other.column == error.column) {
                let message = format!("the column `{}` has errors already", error.column);
                return Err(self.error(&format!("uncertainty.data[{index}].column"), message, "remove one of the two"));
            }
            data.push(self.data_error(&format!("uncertainty.data[{index}]"), error)?);
        }
        if parameters.is_empty() && data.is_empty() {
            let help = "write [[parameter]] with a key and a distribution, or [[uncertainty.data]] with a column";
            return Err(self.error("uncertainty", "there is nothing uncertain to draw", help));
        }
        let uncertainty = Uncertainty {
            draws,
            replications: self.replications_of("uncertainty.replications", section.replications)?,
            sampling: section.sampling,
            metrics: section.metrics.clone(),
            period: section.period.clone(),
            parameters: parameters.clone(),
            data,
            seed: self.file.run.seed,
        };
        if section.sampling == Sampling::Sobol {
            let refuse = |error| self.error("uncertainty.sampling", format!("{error}"), "use sampling = \"random\"");
            SobolSequence::plain(uncertainty.coordinates().len()).map_err(refuse)?;
        }
        Ok(uncertainty)
    }

    fn data_error(&self, place: &str, section: &DataErrorSection) -> Result<DataError, ConfigError> {
        let log_sd = |key: String, value: f64| {
            self.number(&key, value, |x| (0.0..=2.0).contains(&x), "a standard deviation between 0 and 2")
        };
        let columns = &self.file.market.columns;
        let table = market::models(self)?;
        let names = table.column_key(&columns.model)?;
        let kept = market::kept_rows(self, &names, &table.column_non_negative(&columns.volume)?)?;
        let values = table.column_f64(&section.column)?;
        let brands: Vec<String> = table.column_text(&columns.brand)?.into_iter().map(str::to_owned).collect();
        let mut totals = Vec::with_capacity(section.totals.len());
        for (brand, sd) in &section.totals {
            let key = format!("{place}.totals.{brand:?}");
            let own: Vec<String> = kept.iter().map(|row| brands[*row].clone()).collect();
            self.position(&key, brand, &own, "brand of this market")?;
            totals.push((brand.clone(), log_sd(key, *sd)?));
        }
        let statuses = match (&section.log_sd, &section.status) {
            (LogSd::ByStatus(_), Some(column)) => Some(table.column_text(column)?),
            (LogSd::Same(_), None) => None,
            _ => {
                let help =
                    "write log_sd = 0.25 for all cells, or status = \"confidence\" and log_sd = { estimate = 0.25 }";
                return Err(self.error(place, "`status` and a `log_sd` for each status belong together", help));
            }
        };
        let mut cells = Vec::with_capacity(kept.len());
        for row in kept {
            if values[row] <= 0.0 {
                return Err(table.refuse_cell(row, &section.column, "a positive number: its error is relative"));
            }
            let sd = match (&section.log_sd, &statuses) {
                (LogSd::ByStatus(by_status), Some(statuses)) => {
                    let status = tag(statuses[row]);
                    let Some(sd) = by_status.get(status) else {
                        let help = format!("give the status a standard deviation: log_sd = {{ {status} = 0.1 }}");
                        let message = format!("has the status `{status}`, which {place}.log_sd does not know");
                        return Err(table.error_at(row, message, help));
                    };
                    log_sd(format!("{place}.log_sd.{status}"), *sd)?
                }
                (LogSd::Same(sd), _) => log_sd(format!("{place}.log_sd"), *sd)?,
                (LogSd::ByStatus(_), None) => 0.0,
            };
            let factors = self.file.market.factor.get(&section.column);
            cells.push(Cell {
                model: names[row].to_owned(),
                value: values[row],
                factor: factors.and_then(|models| models.get(names[row])).copied().unwrap_or(1.0),
                log_sd: sd,
                total: totals.iter().position(|(brand, _)| *brand == brands[row]),
            });
        }
        Ok(DataError { column: section.column.clone(), cells, totals })
    }
}

/// The tag in square brackets at the start of a cell, or the whole cell.
fn tag(cell: &str) -> &str {
    let inside = cell.trim().strip_prefix('[').and_then(|rest| rest.split_once(']'));
    inside.map_or(cell.trim(), |(tag, _)| tag.trim())
}
