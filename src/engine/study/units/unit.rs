//! Units of work: replications of one point, in all regimes, that are simulated, stored and repeated together.
//!
//! The list of units is a function of the study alone. It never depends on threads, machines or what is already done, so every
//! process that knows the study knows the same list.

use std::ops::Range;

use crate::config::design::Worlds;
use crate::model::scenario::Scenario;

/// Some replications of one point, in all regimes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Position in the list of units, from 0.
    pub index: usize,
    /// Position of the point among the points of the study.
    pub point: usize,
    /// Replication numbers.
    pub replications: Range<u64>,
}

/// The units of a study: point by point, `size` replications each but for the last of a point.
#[must_use]
pub fn units(points: usize, worlds: Worlds, replications: u64, size: u64) -> Vec<Unit> {
    let size = size.max(1);
    let starts = || (0..replications).step_by(usize::try_from(size).unwrap_or(usize::MAX));
    let range = move |point, first: u64| {
        let start = worlds.first(point, replications);
        let end = replications.min(first.saturating_add(size));
        start.saturating_add(first)..start.saturating_add(end)
    };
    (0..points)
        .flat_map(|point| starts().map(move |first| (point, range(point, first))))
        .enumerate()
        .map(|(index, (point, replications))| Unit { index, point, replications })
        .collect()
}

/// Units that a study is split into where its jobs are cheap: enough that an interruption costs little, few enough that their
/// files cost nothing. With more points than that each is a unit.
const UNITS: u64 = 64;
/// Purchase decisions that a unit may take, roughly half a minute of one core.
const DECISIONS_PER_UNIT: f64 = 4e9;
/// What a buyer's week costs beside a plain one where buyers time their purchases.
const TIMED_COST: f64 = 5.0;

/// Replications in a unit where nobody asks for a number: a 64th of those of all points, fewer where buyers, weeks and regimes are so
/// many that this would be long work. From the scenario alone, never from threads.
#[must_use]
pub fn default_size(scenario: &Scenario, regimes: usize, points: usize, replications: u64) -> u64 {
    let weekly = scenario.buyers as f64 * f64::from(scenario.weeks) * regimes.max(1) as f64;
    let decisions = weekly * if scenario.timing.is_some() { TIMED_COST } else { 1.0 };
    let affordable = (DECISIONS_PER_UNIT / decisions) as u64;
    let per_point = UNITS.div_ceil(points.max(1) as u64);
    replications.div_ceil(per_point).min(affordable).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every replication of every point is in exactly one unit, in order.
    #[test]
    fn units_cover_the_study_once() {
        for (points, replications, size) in [(1, 10, 3), (3, 7, 7), (2, 5, 100), (1, 1, 1), (4, 6, u64::MAX), (2, 4, 0)]
        {
            let list = units(points, Worlds::Shared, replications, size);
            assert!(list.iter().enumerate().all(|(i, unit)| unit.index == i && !unit.replications.is_empty()));
            let covered: Vec<(usize, u64)> =
                list.iter().flat_map(|unit| unit.replications.clone().map(|r| (unit.point, r))).collect();
            let expected: Vec<(usize, u64)> =
                (0..points).flat_map(|p| (0..replications).map(move |r| (p, r))).collect();
            assert_eq!(covered, expected);
            assert!(list.iter().all(|unit| unit.replications.end - unit.replications.start <= size.max(1)));
            // With worlds of their own the same units move on by the replications of the points before.
            let own = units(points, Worlds::Own, replications, size);
            let moved = |unit: &Unit| {
                let by = unit.point as u64 * replications;
                unit.replications.start + by..unit.replications.end + by
            };
            assert_eq!(own.len(), list.len());
            assert!(list.iter().zip(&own).all(|(a, b)| a.point == b.point && moved(a) == b.replications));
        }
    }
}
