//! What `[calibration]` fits: blocks, free parameters and effort. Its evidence is read by [`super::calibration`].

use serde::Deserialize;

use super::error::ConfigError;
use super::reader::Reader;
use crate::calibration::search::Effort;
use crate::calibration::{Free, Prior, Scale};
use crate::model::moment::MomentDraws;

/// Most of anything that is counted here: beyond it, it cannot be meant.
const MOST: u64 = 1_000_000;

/// Largest size of evidence, bounds and means: squares of what is made of them are far from what overflows.
const LARGEST: f64 = 1e30;
/// Standard errors, tolerances and weights: squares of them are numbers.
const SPREADS: std::ops::RangeInclusive<f64> = 1e-30..=1e30;

/// Whether a number is one that a calibration can be about; and what is expected in its place.
pub(super) const SIZE: (fn(f64) -> bool, &str) = (|x| x.abs() <= LARGEST, "a number between -1e30 and 1e30");
/// The same for standard errors, tolerances and weights.
pub(super) const SPREAD: (fn(f64) -> bool, &str) = (|x| SPREADS.contains(&x), "a number between 1e-30 and 1e30");

/// What is free, and what it is fitted to.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationSection {
    /// CSV file with one row for each piece of evidence, relative to the scenario file.
    pub targets: String,
    /// Groups of parameters, estimated one after the other, each with the targets that name it.
    pub block: Vec<BlockSection>,
    /// Free parameters.
    pub free: Vec<FreeSection>,
    /// The structure of the model that the estimates are of: their distribution is written for that `[[uncertainty.structure]]` alone.
    #[serde(default)]
    pub structure: Option<String>,
    /// Blocks that are estimated, by name; all if absent. Parameters of others keep their values, and their evidence is predicted.
    #[serde(default)]
    pub only: Vec<String>,
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockSection {
    /// Name, as in the column `block` of the targets.
    pub name: String,
    /// Step of numerical derivatives, a part of a parameter's range; 0.01 if absent. Simulated moments need longer ones.
    #[serde(default)]
    pub step: Option<f64>,
}

/// A free parameter.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
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
    pub scale: Scale,
    /// What is thought of it before: one more moment.
    #[serde(default)]
    pub prior: Option<PriorSection>,
}

/// A prior.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorSection {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// Where it comes from.
    pub source: String,
}

/// What is fitted, checked.
pub(super) struct Fit {
    /// Names of the blocks.
    pub blocks: Vec<String>,
    /// Step of numerical derivatives of each block, a part of a parameter's range.
    pub steps: Vec<f64>,
    /// Free parameters.
    pub free: Vec<Free>,
    /// Their places in the list of the section.
    pub entries: Vec<usize>,
    /// How hard to search.
    pub search: Effort,
    /// What is drawn for one evaluation.
    pub draws: MomentDraws,
    /// Other seeds at the optimum.
    pub seeds: usize,
}

/// Checks the section of a scenario with this seed.
pub(super) fn fit(reader: &Reader<'_>, section: &CalibrationSection, seed: u64) -> Result<Fit, ConfigError> {
    let all: Vec<String> = section.block.iter().map(|block| block.name.clone()).collect();
    for (at, name) in section.only.iter().enumerate() {
        reader.position(&format!("calibration.only[{at}]"), name, &all, "block of this calibration")?;
    }
    let estimated = |name: &String| section.only.is_empty() || section.only.contains(name);
    let blocks: Vec<String> = all.iter().filter(|name| estimated(name)).cloned().collect();
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
    let own = section.block.iter().enumerate().filter(|(_, block)| estimated(&block.name));
    let steps = own.map(|(at, block)| {
        let key = format!("calibration.block[{at}].step");
        reader.number(
            &key,
            block.step.unwrap_or(0.01),
            |x| (1e-6..=0.25).contains(&x),
            "a part of the range, 0.000001 to 0.25",
        )
    });
    let steps = steps.collect::<Result<Vec<f64>, _>>()?;
    let numbers: toml::Table = reader.document.to_toml_string().parse().unwrap_or_default();
    let (mut free, mut entries) = (Vec::with_capacity(section.free.len()), Vec::new());
    for (at, entry) in section.free.iter().enumerate() {
        if let Some(other) = section.free[..at].iter().find(|other| other.key == entry.key) {
            let message = format!("is `{}`, which is free as `{}` already", entry.key, other.name);
            return Err(reader.error(&format!("calibration.free[{at}].key"), message, "remove one of the two"));
        }
        reader.position(&format!("calibration.free[{at}].block"), &entry.block, &all, "block of this calibration")?;
        if estimated(&entry.block) {
            free.push(parameter(reader, &numbers, &blocks, at, entry)?);
            entries.push(at);
        }
    }
    if free.is_empty() {
        return Err(reader.error("calibration.free", "is empty", "write one [[calibration.free]] for each parameter"));
    }
    let count = |key: &str, value: u64, least: u64| reader.count(&format!("calibration.{key}"), value, least, MOST, "");
    let search = Effort {
        points: count("points", section.points.unwrap_or(64) as u64, 1)? as usize,
        starts: count("starts", section.starts.unwrap_or(2) as u64, 1)? as usize,
        simplex: count("simplex", section.simplex.unwrap_or(40), 0)?,
        polish: count("polish", section.polish.unwrap_or(25) as u64, 0)? as usize,
        seed,
    };
    let draws = MomentDraws {
        replications: count("replications", section.replications.unwrap_or(4), 1)?,
        worlds: count("worlds", section.worlds.unwrap_or(2000), 1)?,
    };
    let seeds = count("seeds", section.seeds.unwrap_or(8) as u64, 2)? as usize;
    Ok(Fit { blocks, steps, free, entries, search, draws, seeds })
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
    if entry.scale == Scale::Log && entry.low <= 0.0 {
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
    for (key, bound) in [("low", entry.low), ("high", entry.high)] {
        reader.number(&format!("{place}.{key}"), bound, SIZE.0, SIZE.1)?;
    }
    let prior = match &entry.prior {
        None => None,
        Some(prior) => Some(Prior {
            mean: reader.number(&format!("{place}.prior.mean"), prior.mean, SIZE.0, SIZE.1)?,
            sd: reader.number(&format!("{place}.prior.sd"), prior.sd, SPREAD.0, SPREAD.1)?,
        }),
    };
    Ok(Free { name: entry.name.clone(), block, low: entry.low, high: entry.high, start, scale: entry.scale, prior })
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
