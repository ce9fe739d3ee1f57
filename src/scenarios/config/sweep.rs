//! The same regimes at many settings: `[sweep]`.

use serde::Deserialize;

use super::error::ConfigError;
use super::parameters::{Uncertain, UncertainParameters, toml_number};
use super::points::{MAX_POINTS, number_of_points, replications_of};
use super::reader::Reader;
use super::run::RunSection;
use crate::sensitivity::design::latin_hypercube;
use crate::sensitivity::{Distribution, Parameter, Problem, draws};

/// Keys that are no settings of the simulated world, or that the study sets itself.
const FIXED: [&str; 9] =
    ["sweep", "uncertainty", "parameter", "correlation", "extends", "name", "title", "outputs", "run.replications"];

/// A sweep: the same regimes at many points, on common random numbers.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Deserialize, PartialEq)]
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
    pub(super) fn to_toml(&self) -> String {
        match self {
            Self::Boolean(truth) => truth.to_string(),
            Self::Number(number) => toml_number(*number),
            Self::Text(text) => toml::Value::String(text.clone()).to_string(),
        }
    }
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

impl Sweep {
    /// The assignments that make a point.
    pub(super) fn assignments(&self, point: usize) -> Vec<String> {
        let pair = |(axis, setting): (&Axis, &Setting)| format!("{}={}", axis.key, setting.to_toml());
        self.axes.iter().zip(&self.settings[point]).map(pair).collect()
    }
}

/// The sweep of a scenario with this `[run]`.
pub(super) fn sweep(
    reader: &Reader<'_>,
    section: &SweepSection,
    run: &RunSection,
    parameters: &UncertainParameters,
) -> Result<Sweep, ConfigError> {
    let mut axes: Vec<Axis> = Vec::new();
    for (index, axis) in section.axis.iter().enumerate() {
        let place = format!("sweep.axis[{index}]");
        let fixed = |word: &&str| axis.key == *word || axis.key.starts_with(&format!("{word}."));
        if let Some(word) = FIXED.iter().find(|word| fixed(word)) {
            let message = format!("`{word}` is no setting that a sweep can vary");
            let help = "the number of replications of a point is written in [sweep]";
            return Err(reader.error(&format!("{place}.key"), message, help));
        }
        if axes.iter().any(|other| other.key == axis.key) {
            let message = format!("`{}` is varied by another axis already", axis.key);
            return Err(reader.error(&format!("{place}.key"), message, "remove one of the two"));
        }
        let name = axis.name.clone().unwrap_or_else(|| axis.key.clone());
        let taken = ["point", "regime", "period", "metric", "replications", "mean", "std_error", "ci_low", "ci_high"]
            .contains(&name.as_str())
            || name.starts_with("change");
        if name.trim() != name || name.is_empty() || taken || axes.iter().any(|other| other.name == name) {
            let message = format!("`{name}` cannot name a column of its own");
            return Err(reader.error(&format!("{place}.name"), message, "give the axis another name"));
        }
        let label = axis.label.clone().unwrap_or_else(|| name.clone());
        axes.push(Axis { key: axis.key.clone(), name, label });
    }
    let sampled = matches!(section.kind, SweepKind::LatinHypercube | SweepKind::Sobol);
    if axes.is_empty() && (!sampled || parameters.is_empty()) {
        let help = "write [[sweep.axis]] with a key and its values";
        return Err(reader.error("sweep", "has no axis: nothing varies", help));
    }
    if sampled != section.count.is_some() {
        let message = if sampled {
            "this kind needs `count`, the number of points"
        } else {
            "`count` has no meaning for this kind"
        };
        return Err(reader.error("sweep.kind", message, "count belongs to latin_hypercube and sobol"));
    }
    if (section.kind == SweepKind::List) == section.points.is_empty() {
        let help = "points = [[0.5, 0.7], [1.0, 0.8]] has one value for each axis in every point";
        return Err(reader.error("sweep.kind", "`points` belong to a list, and a list has them", help));
    }
    let settings = match section.kind {
        SweepKind::List => listed(reader, section)?,
        SweepKind::Grid | SweepKind::Zip => combined(reader, section)?,
        SweepKind::LatinHypercube | SweepKind::Sobol if axes.is_empty() => {
            let item =
                |item: &Uncertain| Axis { key: item.key.clone(), name: item.name.clone(), label: item.label.clone() };
            axes = parameters.list.iter().map(item).collect();
            let units = units(reader, section, axes.len(), run.seed)?;
            let values = units.iter().map(|unit| parameters.at(unit));
            values.map(|values| values.into_iter().map(Setting::Number).collect()).collect()
        }
        SweepKind::LatinHypercube | SweepKind::Sobol => sampled_points(reader, section, run.seed)?,
    };
    Ok(Sweep {
        kind: section.kind,
        axes,
        settings,
        replications: replications_of(reader, "sweep.replications", section.replications.unwrap_or(run.replications))?,
        metrics: section.metrics.clone(),
        period: section.period.clone(),
    })
}

/// The points as they are written.
fn listed(reader: &Reader<'_>, section: &SweepSection) -> Result<Vec<Vec<Setting>>, ConfigError> {
    if let Some(index) = section
        .axis
        .iter()
        .position(|axis| axis.values.is_some() || axis.low.is_some() || axis.high.is_some() || axis.steps.is_some())
    {
        let message = "has values, but the points of a list are written in `points`";
        return Err(reader.error(&format!("sweep.axis[{index}]"), message, "write the values of every point there"));
    }
    let axes = section.axis.len();
    if let Some(index) = section.points.iter().position(|point| point.len() != axes) {
        let message = format!("has {} values for {axes} axes", section.points[index].len());
        return Err(reader.error(&format!("sweep.points[{index}]"), message, "write one value for each axis"));
    }
    number_of_points(reader, "sweep.points", section.points.len() as u128)?;
    Ok(section.points.clone())
}

/// Grids and zips.
fn combined(reader: &Reader<'_>, section: &SweepSection) -> Result<Vec<Vec<Setting>>, ConfigError> {
    let axes = (section.axis.iter().enumerate())
        .map(|(index, axis)| values_of(reader, &format!("sweep.axis[{index}]"), axis))
        .collect::<Result<Vec<_>, _>>()?;
    if section.kind == SweepKind::Zip {
        let points = axes.first().map_or(0, Vec::len);
        if let Some(index) = axes.iter().position(|axis| axis.len() != points) {
            let message = format!("has {} values, the first axis has {points}", axes[index].len());
            return Err(reader.error(&format!("sweep.axis[{index}]"), message, "zipped axes go on together"));
        }
        number_of_points(reader, "sweep.axis", points as u128)?;
        return Ok((0..points).map(|point| axes.iter().map(|axis| axis[point].clone()).collect()).collect());
    }
    let points = axes.iter().fold(1_u128, |points, axis| points.saturating_mul(axis.len() as u128));
    let points = number_of_points(reader, "sweep.axis", points)?;
    let setting = |point: usize, axis: usize| {
        let faster: usize = axes[axis + 1..].iter().map(Vec::len).product();
        axes[axis][point / faster % axes[axis].len()].clone()
    };
    Ok((0..points).map(|point| (0..axes.len()).map(|axis| setting(point, axis)).collect()).collect())
}

/// The values of an axis, written out or equally spaced.
fn values_of(reader: &Reader<'_>, place: &str, axis: &AxisSection) -> Result<Vec<Setting>, ConfigError> {
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
            Err(reader.error(place, "needs either `values`, or `low` below `high` and at least 2 `steps`", help))
        }
    }
}

/// Points of the unit cube.
fn units(reader: &Reader<'_>, section: &SweepSection, axes: usize, seed: u64) -> Result<Vec<Vec<f64>>, ConfigError> {
    let count = number_of_points(reader, "sweep.count", section.count.unwrap_or(0) as u128)?;
    if section.kind == SweepKind::Sobol {
        let refuse = |error| reader.error("sweep.axis", format!("{error}"), "use latin_hypercube");
        return draws::sobol_points(axes, count, seed).map_err(refuse);
    }
    let law = Distribution::uniform(0.0, 1.0).map_err(|error| reader.error("sweep", error.to_string(), ""))?;
    let parameter = |axis: usize| Parameter { name: axis.to_string(), distribution: law.clone(), group: None };
    let problem = Problem { parameters: (0..axes).map(parameter).collect() };
    Ok(latin_hypercube(&problem, count, seed).iter().map(<[f64]>::to_vec).collect())
}

/// Latin hypercubes and Sobol' points over the axes.
fn sampled_points(reader: &Reader<'_>, section: &SweepSection, seed: u64) -> Result<Vec<Vec<Setting>>, ConfigError> {
    for (index, axis) in section.axis.iter().enumerate() {
        let range = matches!((axis.low, axis.high), (Some(low), Some(high)) if low < high);
        let values = axis.values.as_ref().is_some_and(|values| !values.is_empty());
        if range == values || axis.steps.is_some() {
            let help = "write low = 0.0 and high = 1.0, or values = [\"bertrand\", \"pass_through\"]";
            let message = "needs either `low` below `high`, or `values`";
            return Err(reader.error(&format!("sweep.axis[{index}]"), message, help));
        }
    }
    let setting = |(axis, u): (&AxisSection, &f64)| match (&axis.values, axis.low, axis.high) {
        (Some(values), ..) => values[((u * values.len() as f64) as usize).min(values.len() - 1)].clone(),
        (None, low, high) => {
            let (low, high) = (low.unwrap_or(0.0), high.unwrap_or(1.0));
            Setting::Number(low + u * (high - low))
        }
    };
    let units = units(reader, section, section.axis.len(), seed)?;
    Ok(units.iter().map(|unit| section.axis.iter().zip(unit).map(setting).collect()).collect())
}
