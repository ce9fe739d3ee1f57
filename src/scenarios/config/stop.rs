//! The `[stop]` section: how well contrasts must be known, and how many replications may be spent on it.

use serde::Deserialize;

use super::error::ConfigError;
use super::metrics::is_a_number;
use super::reader::Reader;
use super::run::MAX_REPLICATIONS;
use crate::model::ids::{Id, RegimeId};
use crate::model::outcome::Layout;
use crate::model::scenario::Scenario;
use crate::numerics::sequential::{InvalidRule, Precision, Rule};

/// Level, first look and spread of the looks where the file says nothing.
const DEFAULT_LEVEL: f64 = 0.95;
const DEFAULT_MIN: u64 = 20;
const DEFAULT_GROWTH: f64 = 1.5;

/// One target: a contrast and how well it must be known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StopTarget {
    /// Position of the headline metric in the layout.
    pub headline: usize,
    /// Position of the period.
    pub period: usize,
    /// The regime; every one that runs if none is named.
    pub regime: Option<RegimeId>,
    /// The regime it is compared with.
    pub baseline: RegimeId,
    /// How well.
    pub precision: Precision,
}

/// When a study has enough replications.
#[derive(Clone, Debug, PartialEq)]
pub struct StopRule {
    /// When to look.
    pub rule: Rule,
    /// What to look at.
    pub targets: Vec<StopTarget>,
}

/// Replications until named contrasts are known well enough. The keys of one target may stand in `[stop]` itself.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopSection {
    /// Headline metric, a column of `replications.csv`; that of the headline chart if absent.
    #[serde(default)]
    pub metric: Option<String>,
    /// Regime whose difference from the baseline is followed; every other regime if absent.
    #[serde(default)]
    pub regime: Option<String>,
    /// Regime it is compared with; that of `run.baseline` if absent.
    #[serde(default)]
    pub baseline: Option<String>,
    /// Period; the whole horizon, `all`, if absent.
    #[serde(default)]
    pub period: Option<String>,
    /// Largest half-width of the interval, in the unit of the metric.
    #[serde(default)]
    pub half_width: Option<f64>,
    /// Largest error relative to the true difference, a fraction: 0.05 is 5%.
    #[serde(default)]
    pub relative: Option<f64>,
    /// Level of the intervals of all targets together; 0.95 if absent.
    #[serde(default)]
    pub level: Option<f64>,
    /// Replications before the first look, at least 10; 20 if absent.
    #[serde(default)]
    pub min: Option<u64>,
    /// Most replications; `run.replications` if absent.
    #[serde(default)]
    pub max: Option<u64>,
    /// Replications at a look over those at the look before; 1.5 if absent.
    #[serde(default)]
    pub growth: Option<f64>,
    /// Several targets, all of which must be met.
    #[serde(default)]
    pub target: Vec<StopTargetSection>,
}

impl StopSection {
    /// Metrics that it follows by name.
    pub(super) fn metrics(&self) -> impl Iterator<Item = &String> {
        self.metric.iter().chain(self.target.iter().filter_map(|target| target.metric.as_ref()))
    }
}

/// One target.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopTargetSection {
    /// Headline metric, a column of `replications.csv`; that of the headline chart if absent.
    #[serde(default)]
    pub metric: Option<String>,
    /// Regime whose difference from the baseline is followed; every other regime if absent.
    #[serde(default)]
    pub regime: Option<String>,
    /// Regime it is compared with; that of `run.baseline` if absent.
    #[serde(default)]
    pub baseline: Option<String>,
    /// Period; the whole horizon, `all`, if absent.
    #[serde(default)]
    pub period: Option<String>,
    /// Largest half-width of the interval, in the unit of the metric.
    #[serde(default)]
    pub half_width: Option<f64>,
    /// Largest error relative to the true difference, a fraction: 0.05 is 5%.
    #[serde(default)]
    pub relative: Option<f64>,
}

/// The stopping rule of a scenario.
///
/// # Errors
/// [`ConfigError`] naming key, value and remedy.
pub(super) fn stop(reader: &Reader<'_>, section: &StopSection, scenario: &Scenario) -> Result<StopRule, ConfigError> {
    let max = section.max.unwrap_or(scenario.replications);
    let min = section.min.unwrap_or(DEFAULT_MIN);
    let (level, growth) = (section.level.unwrap_or(DEFAULT_LEVEL), section.growth.unwrap_or(DEFAULT_GROWTH));
    if max > MAX_REPLICATIONS {
        return Err(reader.error("stop.max", format!("is {max}, expected at most {MAX_REPLICATIONS}"), ""));
    }
    if section.max.is_some_and(|max| max < min) {
        return Err(reader.error("stop.max", format!("is {max}, less than the first look at {min}"), "raise it"));
    }
    let rule = Rule::new(level, min, max, growth).map_err(|error| {
        let key = match error {
            InvalidRule::Level(_) => "stop.level",
            InvalidRule::Min(_) => "stop.min",
            InvalidRule::Max(_) => "stop.max",
            InvalidRule::Growth(_) => "stop.growth",
        };
        reader.error(key, error.to_string(), "")
    })?;
    let own = StopTargetSection {
        metric: section.metric.clone(),
        regime: section.regime.clone(),
        baseline: section.baseline.clone(),
        period: section.period.clone(),
        half_width: section.half_width,
        relative: section.relative,
    };
    let names = [&own.metric, &own.regime, &own.baseline, &own.period];
    let has_own = own.half_width.is_some() || own.relative.is_some() || names.iter().any(|name| name.is_some());
    let mut targets = Vec::new();
    if has_own || section.target.is_empty() {
        targets.push(target(reader, scenario, "stop", &own)?);
    }
    for (i, section) in section.target.iter().enumerate() {
        targets.push(target(reader, scenario, &format!("stop.target[{i}]"), section)?);
    }
    Ok(StopRule { rule, targets })
}

fn target(
    reader: &Reader<'_>,
    scenario: &Scenario,
    key: &str,
    section: &StopTargetSection,
) -> Result<StopTarget, ConfigError> {
    let layout = Layout::of(scenario);
    let regimes: Vec<String> = scenario.regimes.values().map(|regime| regime.name.clone()).collect();
    let periods: Vec<String> = scenario.periods.iter().map(|period| period.name.clone()).collect();
    let find = |field: &str, name: &Option<String>, known: &[String], what: &str| match name {
        Some(name) => reader.position(&format!("{key}.{field}"), name, known, what).map(Some),
        None => Ok(None),
    };
    let metric = section.metric.as_deref().unwrap_or(&scenario.outputs.headline);
    // The gains of parties that are followed are among the headlines: these come first.
    let headline = reader.position(&format!("{key}.metric"), metric, &layout.metrics(scenario), "headline metric")?;
    is_a_number(reader, &format!("{key}.metric"), metric, scenario)?;
    let baseline = find("baseline", &section.baseline, &regimes, "regime of this scenario")?
        .map_or(scenario.baseline, RegimeId::from_index);
    let regime = find("regime", &section.regime, &regimes, "regime of this scenario")?.map(RegimeId::from_index);
    if regime == Some(baseline) {
        let help = "name another regime, or leave it out to follow every other one";
        let message = format!("`{}` is compared with itself", scenario.regimes[baseline].name);
        return Err(reader.error(&format!("{key}.regime"), message, help));
    }
    if regimes.len() < 2 {
        let help = "add a [[regime]]; a stopping rule follows the difference of two";
        return Err(reader.error(key, "compares regimes, and there is one only", help));
    }
    let period = find("period", &section.period, &periods, "period of this scenario")?.unwrap_or(0);
    let precision = match (section.half_width, section.relative) {
        (Some(half_width), None) => {
            let field = format!("{key}.half_width");
            Precision::Absolute(reader.number(&field, half_width, |x| x > 0.0, "a number above zero")?)
        }
        (None, Some(gamma)) => {
            let field = format!("{key}.relative");
            Precision::Relative(reader.number(&field, gamma, |x| x > 0.0 && x < 1.0, "a fraction between 0 and 1")?)
        }
        (Some(_), Some(_)) => {
            return Err(reader.error(key, "has both `half_width` and `relative`", "give one of them for each target"));
        }
        (None, None) => {
            let help = "add `half_width = ...` (in the unit of the metric) or `relative = 0.05`";
            return Err(reader.error(key, "does not say how well", help));
        }
    };
    Ok(StopTarget { headline, period, regime, baseline, precision })
}
