//! The numbers that a scenario answers with at one point of a sensitivity study.

use std::ops::Range;

use super::observer::Observer;
use super::prepare::{Study, StudyError};
use crate::model::demand::StopAsked;
use crate::model::ids::{IdTable, RegimeId};
use crate::model::outcome::Outcome;
use crate::model::scenario::Scenario;

/// One number asked of every replication: a headline metric under a regime, or its difference from another regime in the same world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseTarget {
    /// Name of the output.
    pub name: String,
    /// Metric: a column of `replications.csv`, or what a party gains.
    pub metric: String,
    /// Period; `all` is the whole horizon.
    pub period: String,
    /// Regime.
    pub regime: String,
    /// Regime whose value is taken away, if one is.
    pub baseline: Option<String>,
}

/// Why a point has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ResponseError {
    /// Its study cannot be prepared, or one of its worlds not built.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// It has no such regime, period or metric, or the metric is not defined there.
    #[error("{0}")]
    Undefined(String),
}

/// The targets of a scenario in `replications`, target by target: place `target × replications + replication`. The base year is inverted and
/// prices are solved anew; only the regimes that a target needs are simulated.
///
/// # Errors
/// [`ResponseError`] when the scenario cannot be solved, a target is not defined in it, or `observer` asks to stop.
pub fn respond(
    mut scenario: Scenario,
    targets: &[ResponseTarget],
    replications: Range<u64>,
    observer: &dyn Observer,
) -> Result<Vec<f64>, ResponseError> {
    // What parties gain is a headline where it is asked for.
    scenario.outputs.metrics.extend(targets.iter().map(|target| target.metric.clone()));
    let names: Vec<&String> =
        targets.iter().flat_map(|target| std::iter::once(&target.regime).chain(&target.baseline)).collect();
    let needed = |regime: &RegimeId| names.contains(&&scenario.regimes[*regime].name);
    let regimes: Vec<RegimeId> = scenario.regimes.ids().filter(needed).collect();
    let study = Study::prepare_watched(scenario, &regimes, observer)?;
    let places = targets.iter().map(|target| Places::of(target, &study)).collect::<Result<Vec<_>, _>>()?;
    let count = (replications.end - replications.start) as usize;
    let mut values = vec![0.0; targets.len() * count];
    let asked = || observer.cancelled();
    for (at, replication) in replications.enumerate() {
        let replication = study.replication_until(replication, StopAsked::by(&asked)).map_err(StudyError::from)?;
        let mut outcomes: IdTable<RegimeId, Option<Outcome>> = IdTable::filled(study.scenario().regimes.len(), None);
        let together = study.simulate_together(&replication, &regimes);
        for (regime, outcome) in regimes.iter().zip(together) {
            outcomes[*regime] = Some(outcome?);
        }
        for (target, places) in places.iter().enumerate() {
            let value =
                |regime: RegimeId| outcomes[regime].as_ref().map_or(f64::NAN, |outcome| outcome.values[places.slot]);
            let value = value(places.regime) - places.baseline.map_or(0.0, value);
            if !value.is_finite() {
                let ResponseTarget { metric, regime, .. } = &targets[target];
                return Err(ResponseError::Undefined(format!(
                    "{metric} is not defined under {regime} in this scenario"
                )));
            }
            values[target * count + at] = value;
        }
    }
    Ok(values)
}

/// Where a target stands in the outcomes of a study.
struct Places {
    regime: RegimeId,
    baseline: Option<RegimeId>,
    slot: usize,
}

impl Places {
    fn of(target: &ResponseTarget, study: &Study) -> Result<Self, ResponseError> {
        let layout = study.layout();
        let none = |what: &str, name: &str| ResponseError::Undefined(format!("`{name}` is no {what} at this point"));
        let regime = |name: &String| {
            let found = study.scenario().regimes.iter().find(|(_, regime)| regime.name == *name).map(|(id, _)| id);
            found.ok_or_else(|| none("regime", name))
        };
        let metric = layout.headlines.iter().position(|name| *name == target.metric);
        let period = layout.periods.iter().position(|period| period.name == target.period);
        let metric = metric.ok_or_else(|| none("metric", &target.metric))?;
        let period = period.ok_or_else(|| none("period", &target.period))?;
        Ok(Self {
            regime: regime(&target.regime)?,
            baseline: target.baseline.as_ref().map(regime).transpose()?,
            slot: layout.headline(metric, period),
        })
    }
}
