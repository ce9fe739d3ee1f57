//! Staggered list prices: how a list price follows what its maker would charge.
//!
//! A list price lives L weeks on average: each week a share `1 - exp(-1/L)` of all lists is reopened (Calvo 1983), at the
//! equilibrium of the terms that are expected over the list's life ([`super::expectation`]). The latent price of a model, the mean
//! over its lists, moves by
//!
//! ```text
//! l(t) = target(t) + exp(-1/L) [l(t-1) - target(t)]       posted p = max(l, (c + d)/r)
//! ```
//!
//! and what is posted is never below what a car costs its maker this week. A maker for whom waiting costs more than
//! `reopen_gain` reopens its lists at once when a duty on its models begins or ends.

use super::expectation::ListLife;
use crate::numerics::elementary::exp;

/// Staggered list prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Staggered {
    /// How long lists stand, and how makers discount; at a life of zero every list is reopened every week.
    pub life: ListLife,
    /// Whether a car may be sold at less than it costs its maker until its list is reopened.
    pub sell_below_cost: bool,
    /// Gain from which a maker reopens its lists at once when a duty on its models begins or ends: profit over a list's life as a
    /// part of a year's revenue from those models. Without it nobody does.
    pub reopen_gain: Option<f64>,
    /// The chance that makers give an instrument that is announced; without it their lists wait for the decision.
    pub anticipate: Option<f64>,
    /// Growth a week that makers expect of the part of each model's cost that is paid at home; empty: none, a random walk.
    pub growth: Vec<f64>,
}

/// How long makers expect a duty to stay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stay {
    /// It may end in any week: expected weeks from now, perhaps infinite.
    Open(f64),
    /// It changes in a known number of weeks.
    Until(u32),
}

impl Staggered {
    /// What is left of a gap between price and target after some weeks, `exp(-weeks/L)`.
    #[must_use]
    pub fn kept_after(&self, weeks: f64) -> f64 {
        if self.life.weeks > 0.0 { exp(-weeks / self.life.weeks) } else { 0.0 }
    }

    /// Weight of the terms that hold now in the average over a list's life, W.
    #[must_use]
    pub fn weight(&self, stay: Stay) -> f64 {
        match stay {
            Stay::Open(weeks) => self.life.weight(weeks),
            Stay::Until(weeks) => self.life.weight_until(weeks),
        }
    }

    /// Weight of a duty that is announced, to be decided in `decision` weeks and imposed with chance `chance`, to stay for `stay` then;
    /// of a `liable` one, which cars owe meanwhile if it is imposed, the weeks before the decision count too.
    #[must_use]
    pub fn weight_announced(&self, chance: f64, decision: u32, stay: Stay, liable: bool) -> f64 {
        let before = self.life.weight_until(decision);
        chance * ((1.0 - before) * self.weight(stay) + if liable { before } else { 0.0 })
    }

    /// Factors on marginal cost as they are expected over a list's life: the part paid at home, `factor - (1 - phi)`, grows.
    #[must_use]
    pub fn expected_factor(&self, factor: &[f64], home_cost_share: f64) -> Vec<f64> {
        let b = self.life.discount();
        let mut expected = factor.to_vec();
        for (factor, growth) in expected.iter_mut().zip(&self.growth) {
            *factor += (*factor - (1.0 - home_cost_share)) * growth * b / (1.0 - b);
        }
        expected
    }

    /// Weeks over which the profit of a list that is reopened at an event counts, `L D / (L + D)`.
    #[must_use]
    pub fn horizon_weeks(&self, stay: Stay) -> f64 {
        let life = self.life.weeks;
        match stay {
            Stay::Open(weeks) if weeks == f64::INFINITY => life,
            Stay::Open(weeks) => life * weeks / (life + weeks),
            Stay::Until(weeks) => life * f64::from(weeks) / (life + f64::from(weeks)),
        }
    }

    /// Moves latent prices one week towards their targets, `l <- target + exp(-1/L) (l - target)`; those of `at_once` all the way.
    pub fn step(&self, latent: &mut [f64], target: &[f64], at_once: &[bool]) {
        let kept = self.kept_after(1.0);
        for ((latent, target), at_once) in latent.iter_mut().zip(target).zip(at_once) {
            *latent = if *at_once { *target } else { target + kept * (*latent - target) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(weeks: f64) -> Staggered {
        Staggered {
            life: ListLife { weeks, discount_rate: 0.1 },
            sell_below_cost: false,
            reopen_gain: None,
            anticipate: None,
            growth: Vec::new(),
        }
    }

    #[test]
    fn the_horizon_of_a_reopened_list() {
        let rule = rule(26.0);
        assert_eq!(rule.horizon_weeks(Stay::Open(f64::INFINITY)), 26.0);
        assert_eq!(rule.horizon_weeks(Stay::Open(26.0)), 13.0);
        assert_eq!(rule.horizon_weeks(Stay::Until(78)), 19.5);
        assert_eq!(rule.weight(Stay::Open(f64::INFINITY)), 1.0);
    }

    /// Announced: the discounted share of the weeks ahead in which it is charged, and a growth that is the discounted mean of g n.
    #[test]
    fn what_is_announced_and_what_grows_are_discounted_sums() {
        let rule = Staggered { growth: vec![0.001], ..rule(26.0) };
        let b = rule.life.discount();
        let sum =
            |from: i32, stays: f64| (from..4_000).map(|n| (1.0 - b) * b.powi(n) * stays.powi(n - from)).sum::<f64>();
        let stays = (-1.0_f64 / 69.0).exp();
        let after = 0.3 * sum(6, stays);
        let weight = |liable| rule.weight_announced(0.3, 6, Stay::Open(69.0), liable);
        assert!((weight(false) - after).abs() < 1e-13);
        assert!((weight(true) - after - 0.3 * (sum(0, 1.0) - sum(6, 1.0))).abs() < 1e-13);
        let growing: f64 = (0..4_000).map(|n| (1.0 - b) * b.powi(n) * 0.001 * f64::from(n)).sum();
        let factor = rule.expected_factor(&[0.05 + 0.95 * 1.2], 0.95)[0];
        assert!((factor - (0.05 + 0.95 * 1.2 * (1.0 + growing))).abs() < 1e-12);
    }

    #[test]
    fn many_weekly_steps_are_one_step_of_as_many_weeks() {
        let rule = rule(26.0);
        let mut latent = vec![37_000.0];
        for _ in 0..26 {
            rule.step(&mut latent, &[40_082.15], &[false]);
        }
        let at_once = 40_082.15 + rule.kept_after(26.0) * (37_000.0 - 40_082.15);
        assert!((latent[0] / at_once - 1.0).abs() < 1e-13);
        assert!((latent[0] - 38_948.29).abs() < 0.01);
        rule.step(&mut latent, &[50_000.0], &[true]);
        assert_eq!(latent, [50_000.0]);
    }
}
