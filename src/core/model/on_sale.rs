//! When models are on sale: launches, exits, and ramps after a launch.
//!
//! The base year is one in which all models are on sale: its volumes, mean utilities and costs are those of the whole market. A model that
//! is not on sale is out of everybody's choice, with its utility as it is; in a ramp the exponential of its utility is a part of what it will be.

use crate::numerics::elementary::ln;

/// When one model is on sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleDates {
    /// Position of the model.
    pub model: usize,
    /// First week, below zero for one before the horizon; always until its end if absent.
    pub from_week: Option<i64>,
    /// The week from which it is on sale no more.
    pub until_week: Option<i64>,
    /// Weeks from the first until it sells as in the base year, in equal steps.
    pub ramp_weeks: u32,
}

/// Utility of a model that is not on sale: its exponential is zero.
const NEVER: f64 = -1e6;

impl SaleDates {
    /// Whether the model has left by a week.
    #[must_use]
    pub fn has_left(&self, week: usize) -> bool {
        self.until_week.is_some_and(|until| week as i64 >= until)
    }

    /// Whether it has not come by a week.
    #[must_use]
    pub fn is_to_come(&self, week: usize) -> bool {
        self.from_week.is_some_and(|from| (week as i64) < from)
    }

    /// What part of the exponential of its utility counts in a week: 0 before and after, 1 from the end of the ramp.
    #[must_use]
    pub fn part(&self, week: u32) -> f64 {
        let week = i64::from(week);
        if self.until_week.is_some_and(|until| week >= until) {
            return 0.0;
        }
        match self.from_week {
            None => 1.0,
            Some(from) if week < from => 0.0,
            Some(from) => ((week - from + 1) as f64 / f64::from(self.ramp_weeks.max(1))).min(1.0),
        }
    }
}

/// The dates of each model under a regime, where it has any: what `own` says of a model holds in place of what `world` says.
#[must_use]
pub fn of_models(world: &[SaleDates], own: &[SaleDates], models: usize) -> Vec<Option<SaleDates>> {
    let mut dates = vec![None; models];
    world.iter().chain(own).for_each(|on_sale| dates[on_sale.model] = Some(*on_sale));
    dates
}

/// The parts of all models in a week; empty where all count in full. What `own` says of a model holds in place of what `world` says.
#[must_use]
pub fn parts(world: &[SaleDates], own: &[SaleDates], models: usize, week: u32) -> Vec<f64> {
    let dates = of_models(world, own, models);
    let parts: Vec<f64> = dates.iter().map(|dates| dates.map_or(1.0, |dates| dates.part(week))).collect();
    if parts.iter().all(|part| *part == 1.0) { Vec::new() } else { parts }
}

/// Mean utilities with these parts of their exponentials.
#[must_use]
pub fn utilities(delta: &[f64], parts: &[f64]) -> Vec<f64> {
    let moved = |(delta, part): (&f64, &f64)| if *part > 0.0 { delta + ln(*part) } else { NEVER };
    delta.iter().zip(parts).map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_launch_its_ramp_and_an_exit() {
        let on_sale = SaleDates { model: 1, from_week: Some(2), until_week: Some(7), ramp_weeks: 4 };
        let parts: Vec<f64> = (0..9).map(|week| on_sale.part(week)).collect();
        assert_eq!(parts, [0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 0.0, 0.0]);
        let before = SaleDates { from_week: Some(-3), until_week: None, ..on_sale };
        assert_eq!([before.part(0), before.part(1)], [1.0, 1.0]);
        assert_eq!(SaleDates { ramp_weeks: 0, ..on_sale }.part(2), 1.0);
        assert!(super::parts(&[on_sale], &[], 2, 5).is_empty());
        assert_eq!(super::parts(&[on_sale], &[], 2, 0), [1.0, 0.0]);
        assert!(super::parts(&[on_sale], &[before], 2, 7).is_empty(), "what a regime says of a model holds");
        assert_eq!(utilities(&[2.0, 3.0], &[1.0, 0.0]), [2.0, NEVER]);
    }
}
