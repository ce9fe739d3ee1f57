//! What a maker who sets a list price for some time counts with: duties as they will be on average while the price stands.
//!
//! A list price stands L weeks on average (Calvo 1983). Profit is linear in the terms (r, d) of a duty and in cost at a given price, so
//! the price set is the ordinary equilibrium at expected (r, d). What is averaged is r and d, never the rate: under an ad
//! valorem duty the two differ by several percent.
//!
//! ```text
//! b = exp(-rate/52) exp(-1/L), b = 0 for L = 0
//! W = (1 - b) / (1 - b exp(-1/D))      charged, ends in any later week with chance 1 - exp(-1/D)
//! W = 1 - b^T                          charged, known to change in T weeks
//! rbar = r + sum_i (1 - W_i) (r_after_i - r),  dbar alike     r_after_i: terms once measure i has changed
//! ```
//!
//! Exact for one measure that can change, to first order for several at once.

use super::DutyTerms;
use crate::numerics::elementary::exp;

/// How far ahead the maker of a list price looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListLife {
    /// L, mean life of a list price, weeks; 0 for prices that can be changed at any time.
    pub weeks: f64,
    /// Discount rate a year.
    pub discount_rate: f64,
}

impl ListLife {
    /// b: weight of a week relative to the week before.
    #[must_use]
    pub fn discount(self) -> f64 {
        if self.weeks > 0.0 { exp(-self.discount_rate / 52.0) * exp(-1.0 / self.weeks) } else { 0.0 }
    }
    /// Weight of a measure that ends in any later week with chance 1 - exp(-1/D): D is `expected_weeks`, infinite for one that stays.
    #[must_use]
    pub fn weight(self, expected_weeks: f64) -> f64 {
        let b = self.discount();
        let stays = if expected_weeks > 0.0 { exp(-1.0 / expected_weeks) } else { 0.0 };
        (1.0 - b) / (1.0 - b * stays)
    }
    /// Weight of a measure that is known to change in `weeks` weeks.
    #[must_use]
    pub fn weight_until(self, weeks: u32) -> f64 {
        let b = self.discount();
        1.0 - (0..weeks).fold(1.0, |power, _| power * b)
    }
}

impl DutyTerms {
    /// Expected terms where these hold now: for each measure that can change its weight and the terms once it has.
    #[must_use]
    pub fn expected(self, changes: &[(f64, Self)]) -> Self {
        let mean = |of: fn(&Self) -> f64| {
            let now = of(&self);
            changes.iter().fold(now, |sum, (weight, after)| (1.0 - weight).mul_add(of(after) - now, sum))
        };
        Self { retained: mean(|terms| terms.retained), fixed: mean(|terms| terms.fixed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formula worked out elsewhere, at a discount rate of 10% a year.
    #[test]
    fn weights_of_expected_duties() {
        for (weeks, expected, weight) in [
            (26.0, 13.0, 0.357_580),
            (26.0, 26.0, 0.522_041),
            (26.0, 52.0, 0.683_910),
            (26.0, 69.0, 0.741_216),
            (52.0, 13.0, 0.224_058),
            (52.0, 52.0, 0.528_844),
        ] {
            let life = ListLife { weeks, discount_rate: 0.10 };
            assert!((life.weight(expected) - weight).abs() < 5e-7, "{weeks} {expected}: {}", life.weight(expected));
        }
    }

    /// A price that can always be changed, a duty that stays, and a maker who does not care for the future all count with the duty as it
    /// is. W is the discounted share of weeks in which the duty stands.
    #[test]
    fn limits_of_the_weight() {
        let life = ListLife { weeks: 26.0, discount_rate: 0.10 };
        assert_eq!(life.weight(f64::INFINITY), 1.0);
        assert_eq!(ListLife { weeks: 0.0, ..life }.weight(3.0), 1.0);
        assert_eq!(ListLife { discount_rate: 1e12, ..life }.weight(3.0), 1.0);
        assert_eq!(life.weight_until(0), 0.0);
        let b = life.discount();
        let sum = |until: i32, stays: f64| (0..until).map(|n| (1.0 - b) * (b * stays).powi(n)).sum::<f64>();
        assert!((life.weight(52.0) - sum(4_000, (-1.0_f64 / 52.0).exp())).abs() < 1e-13);
        assert!((life.weight_until(10) - sum(10, 1.0)).abs() < 1e-14);
    }

    #[test]
    fn terms_are_averaged_by_weight() {
        let now = DutyTerms { retained: 0.5, fixed: 3_000.0 };
        let after = DutyTerms { retained: 1.0, fixed: 1_000.0 };
        assert_eq!(now.expected(&[(1.0, after)]), now);
        assert_eq!(now.expected(&[(0.0, after)]), after);
        assert_eq!(now.expected(&[(0.75, after)]), DutyTerms { retained: 0.625, fixed: 2_500.0 });
        assert_eq!(now.expected(&[(0.75, after), (0.5, after)]), DutyTerms { retained: 0.875, fixed: 1_500.0 });
    }
}
