//! Moments: the numbers of a scenario that evidence speaks of, each worked out from the model and nothing else.
//!
//! Those of the base year and of equilibrium prices have closed forms on the integration nodes ([`market`]); those of runs in time are
//! means over replications; those of the bargaining are means over worlds. With one seed all of them are the same numbers again, so two
//! parameter points differ by their parameters alone (common random numbers).

mod error;
pub mod market;

use std::collections::BTreeSet;
use std::ops::Range;

use super::negotiation::{monitor, negotiate};
use super::observer::Observer;
use super::prepare::{Study, StudyError, governments_watched};
use crate::model::demand::StopAsked;
use crate::model::ids::{IdTable, RegimeId};
use crate::model::moment::{Moment, MomentDraws};
use crate::model::outcome::Outcome;
use crate::model::scenario::Scenario;
use crate::model::timing::slots::DealerMetric;

pub use self::error::MomentError;
use self::market::StaticMarket;

/// Works out the moments of a scenario, in their order.
///
/// # Errors
/// [`MomentError`] when the scenario cannot be solved, a moment is not a number, or `observer` asks to stop.
pub fn evaluate(
    scenario: Scenario,
    moments: &[Moment],
    draws: MomentDraws,
    observer: &dyn Observer,
) -> Result<Vec<f64>, MomentError> {
    let asked = || observer.cancelled();
    let stop = StopAsked::by(&asked);
    let mut values = vec![f64::NAN; moments.len()];
    let place = |values: &mut [f64],
                 test: &dyn Fn(&Moment) -> bool,
                 of: &mut dyn FnMut(&Moment) -> Result<f64, MomentError>| {
        for (value, moment) in values.iter_mut().zip(moments).filter(|(_, moment)| test(moment)) {
            *value = of(moment)?;
        }
        Ok::<_, MomentError>(())
    };
    let any = |test: &dyn Fn(&Moment) -> bool| moments.iter().any(test);
    if any(&|moment| matches!(moment, Moment::Negotiated(_))) {
        let metrics = negotiate(&governments_watched(&scenario, observer)?, scenario.seed, draws.worlds).metrics();
        let find =
            |name: &String| metrics.iter().find(|metric| metric.name == *name).map_or(f64::NAN, |metric| metric.mean);
        place(&mut values, &|moment| matches!(moment, Moment::Negotiated(_)), &mut |moment| {
            let Moment::Negotiated(name) = moment else { return Ok(f64::NAN) };
            Ok(find(name))
        })?;
    }
    if any(&|moment| matches!(moment, Moment::Settlement(_))) {
        let bargaining = scenario.bargaining.as_ref().ok_or(StudyError::NoGovernments)?;
        let metrics = monitor(&bargaining.setup, scenario.seed, draws.worlds);
        place(&mut values, &|moment| matches!(moment, Moment::Settlement(_)), &mut |moment| {
            let Moment::Settlement(name) = moment else { return Ok(f64::NAN) };
            Ok(metrics.iter().find(|metric| metric.name == *name).map_or(f64::NAN, |metric| metric.mean))
        })?;
    }
    if any(&Moment::is_simulated) {
        let regimes = simulated_regimes(moments, scenario.baseline);
        let study = Study::prepare_watched(scenario, &regimes, observer)?;
        let simulated = Simulated::run(&study, &regimes, 0..draws.replications, stop)?;
        place(&mut values, &Moment::is_simulated, &mut |moment| Ok(simulated.value(&study, moment)))?;
        if any(&Moment::is_static) {
            let market = StaticMarket::new(study.scenario(), study.shared_world(), stop)?;
            place(&mut values, &Moment::is_static, &mut |moment| market.value(moment))?;
        }
    } else if any(&Moment::is_static) {
        let base = Study::base_watched(&scenario, observer)?;
        let market = StaticMarket::new(&scenario, base.world(), stop)?;
        place(&mut values, &Moment::is_static, &mut |moment| market.value(moment))?;
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(MomentError::Undefined(format!("{:?} is not a number in this scenario", moments[at]))),
        None => Ok(values),
    }
}

/// Regimes that simulated moments need, in the order of the scenario.
fn simulated_regimes(moments: &[Moment], baseline: RegimeId) -> Vec<RegimeId> {
    let mut needed = BTreeSet::new();
    for moment in moments {
        match moment {
            Moment::SimulatedChange { regime, .. } => needed.extend([*regime, baseline]),
            Moment::DaysOfSupply { regime, .. } => needed.extend([*regime]),
            _ => {}
        }
    }
    needed.into_iter().collect()
}

/// Sums over replications of what simulated moments need.
struct Simulated {
    /// One sum of outcomes for each regime that is needed.
    sums: IdTable<RegimeId, Option<Outcome>>,
    replications: f64,
}

impl Simulated {
    fn run(
        study: &Study,
        regimes: &[RegimeId],
        replications: Range<u64>,
        stop: StopAsked<'_>,
    ) -> Result<Self, StudyError> {
        use crate::platform::threads::prelude::*;
        let count = replications.end - replications.start;
        let one = |replication: u64| -> Result<Vec<Outcome>, StudyError> {
            let replication = study.replication_until(replication, stop)?;
            study.simulate_together(&replication, regimes).into_iter().collect()
        };
        let done: Vec<Vec<Outcome>> = replications.into_par_iter().map(one).collect::<Result<_, _>>()?;
        let mut sums: IdTable<RegimeId, Option<Outcome>> = IdTable::filled(study.scenario().regimes.len(), None);
        for (regime, outcome) in done.into_iter().flat_map(|outcomes| regimes.iter().zip(outcomes)) {
            match &mut sums[*regime] {
                Some(sum) => sum.values.iter_mut().zip(&outcome.values).for_each(|(sum, value)| *sum += value),
                none => *none = Some(outcome),
            }
        }
        Ok(Self { sums, replications: count as f64 })
    }

    fn value(&self, study: &Study, moment: &Moment) -> f64 {
        let sum =
            |regime: RegimeId, slot: usize| self.sums[regime].as_ref().map_or(f64::NAN, |outcome| outcome.values[slot]);
        match moment {
            Moment::SimulatedChange { metric, regime, period } => {
                let slot = study.layout().headline(*metric, *period);
                let base = sum(study.scenario().baseline, slot);
                (sum(*regime, slot) - base) / base
            }
            Moment::DaysOfSupply { manufacturer, regime, week } => {
                let Some(timed) = &study.layout().timed else { return f64::NAN };
                let group =
                    timed.dealer_groups.iter().position(|group| group.manufacturer.as_ref() == Some(manufacturer));
                let slot = group.map(|group| timed.dealer(DealerMetric::DaysOfSupply, *week, group));
                slot.map_or(f64::NAN, |slot| sum(*regime, slot) / self.replications)
            }
            _ => f64::NAN,
        }
    }
}
