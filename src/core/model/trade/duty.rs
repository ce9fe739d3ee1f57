//! Border taxes: from rates and bases to what a car owes.
//!
//! Every duty used here is affine in the consumer price p, so all duties on one model combine to
//!
//! ```text
//! p = w (1 + t) + A        w producer price, t = sum of rate x customs share on basis `border`, A = fixed part
//! duty = p - w = (t p + A) / (1 + t)
//! ```
//!
//! with A = `rate * customs share * base list price` (basis `list`), `rate * marginal cost` (basis `cost`) or an
//! amount per car (`specific`). The producer keeps r p - d with r = 1 / (1 + t) and d = A / (1 + t), the form in which
//! the pricing conditions use it (section 4 of `docs/model.md`). Customs value is what the importer declares, usually the
//! transfer price and not the showroom price.
//!
//! Under the vertical chain ([`super::chain`]) the producer's price is the one at the border, and local costs D in dollars
//! stand beside A: `p = w (1 + t) + A + D`, of which `t w + A` is duty.

use serde::Deserialize;

use crate::model::supply::DutyTerms;

/// What an ad valorem duty is a fraction of.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum DutyBasis {
    /// A share of the base-year list price: does not move with the price.
    List,
    /// A share of the producer's own price: moves with it.
    Border,
    /// The landed marginal cost.
    Cost,
}

/// A duty charged as a fraction of customs value: 0.25 is a 25% tariff.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct AdValoremRate(f64); // finite and at least zero

/// A duty rate that is negative or not a number.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("duty rate is {0}, expected a finite fraction of customs value, at least zero (1.0 is a 100% duty)")]
pub struct InvalidRate(pub f64);

impl AdValoremRate {
    /// Checks that a rate is finite and at least zero.
    ///
    /// # Errors
    /// [`InvalidRate`] otherwise.
    pub fn new(rate: f64) -> Result<Self, InvalidRate> {
        if rate.is_finite() && rate >= 0.0 { Ok(Self(rate)) } else { Err(InvalidRate(rate)) }
    }
    /// The rate as a fraction.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.0
    }
}

/// One duty as an instrument charges it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Duty {
    /// A fraction of customs value.
    AdValorem {
        /// The rate.
        rate: AdValoremRate,
        /// What it is a fraction of.
        basis: DutyBasis,
        /// Customs value as a share of the list or producer price.
        customs_value_share: f64,
    },
    /// A fixed amount per car, USD.
    Specific {
        /// USD per car.
        amount_usd: f64,
    },
}

impl Duty {
    /// The same duty at a part of its rate or amount, between 0 and 1.
    #[must_use]
    pub fn times(self, part: f64) -> Self {
        match self {
            Self::AdValorem { rate, basis, customs_value_share } => {
                Self::AdValorem { rate: AdValoremRate(part * rate.fraction()), basis, customs_value_share }
            }
            Self::Specific { amount_usd } => Self::Specific { amount_usd: part * amount_usd },
        }
    }

    /// The duty `outside` of the way from a lower one of the same kind and basis to this one: the lower one at 0, this one at 1, to the bit.
    #[must_use]
    pub fn above(self, lower: Self, outside: f64) -> Self {
        let between = |low: f64, high: f64| if outside == 1.0 { high } else { outside.mul_add(high - low, low) };
        match (self, lower) {
            (Self::AdValorem { rate: high, basis, customs_value_share }, Self::AdValorem { rate: low, .. }) => {
                let rate = AdValoremRate(between(low.fraction(), high.fraction()));
                Self::AdValorem { rate, basis, customs_value_share }
            }
            (Self::Specific { amount_usd: high }, Self::Specific { amount_usd: low }) => {
                Self::Specific { amount_usd: between(low, high) }
            }
            _ => self,
        }
    }
}

/// All duties on one model together: `duty = (t (p - D) + A) / (1 + t)` at consumer price p.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ImportDuty {
    /// Sum of `rate * customs share` over duties on basis `border`, a fraction of the producer price.
    pub on_producer_price: f64,
    /// Fixed part A, USD per car.
    pub fixed_usd: f64,
    /// D, what the car costs from the border to the buyer, USD per car: no duty, and zero under the retail chain.
    pub local_usd: f64,
}

impl ImportDuty {
    /// No duty on a car of these local costs.
    #[must_use]
    pub fn none(local_usd: f64) -> Self {
        Self { local_usd, ..Self::default() }
    }
    /// Adds one duty on a model with base-year list price `list_price_usd` and marginal cost `marginal_cost_usd`.
    #[must_use]
    pub fn with(self, duty: Duty, list_price_usd: f64, marginal_cost_usd: f64) -> Self {
        let mut terms = self;
        match duty {
            Duty::AdValorem { rate, basis: DutyBasis::List, customs_value_share } => {
                terms.fixed_usd += rate.fraction() * customs_value_share * list_price_usd;
            }
            Duty::AdValorem { rate, basis: DutyBasis::Border, customs_value_share } => {
                terms.on_producer_price += rate.fraction() * customs_value_share;
            }
            Duty::AdValorem { rate, basis: DutyBasis::Cost, .. } => {
                terms.fixed_usd += rate.fraction() * marginal_cost_usd;
            }
            Duty::Specific { amount_usd } => terms.fixed_usd += amount_usd,
        }
        terms
    }
    /// Duty on one car sold at consumer price `price_usd`.
    #[must_use]
    pub fn duty_usd(self, price_usd: f64) -> f64 {
        (self.on_producer_price * (price_usd - self.local_usd) + self.fixed_usd) / (1.0 + self.on_producer_price)
    }
    /// What the producer keeps of a car sold at consumer price `price_usd`: w.
    #[must_use]
    pub fn producer_price_usd(self, price_usd: f64) -> f64 {
        price_usd - self.duty_usd(price_usd) - self.local_usd
    }
    /// Duty on one car for which the producer keeps `producer_price_usd`.
    #[must_use]
    pub fn duty_at_usd(self, producer_price_usd: f64) -> f64 {
        producer_price_usd * (1.0 + self.on_producer_price) + self.fixed_usd - producer_price_usd
    }
    /// The duty as the pricing conditions use it: the producer keeps r p - d.
    #[must_use]
    pub fn terms(self) -> DutyTerms {
        let retained = 1.0 / (1.0 + self.on_producer_price);
        DutyTerms { retained, fixed: (self.fixed_usd + self.local_usd) * retained }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ad_valorem(rate: f64, basis: DutyBasis) -> Duty {
        Duty::AdValorem { rate: AdValoremRate::new(rate).unwrap(), basis, customs_value_share: 0.7 }
    }

    #[test]
    fn each_basis_gives_the_duty_computed_by_hand() {
        let none = ImportDuty::default();
        assert_eq!(none.with(ad_valorem(1.0, DutyBasis::List), 50_000.0, 30_000.0).duty_usd(99_999.0), 35_000.0);
        assert_eq!(none.with(ad_valorem(1.0, DutyBasis::Cost), 50_000.0, 30_000.0).duty_usd(99_999.0), 30_000.0);
        assert_eq!(none.with(Duty::Specific { amount_usd: 123.0 }, 50_000.0, 30_000.0).duty_usd(9.0), 123.0);
        // 170 = 100 * (1 + 1.0 * 0.7): of a price of 170, 70 is duty.
        let border = none.with(ad_valorem(1.0, DutyBasis::Border), 50_000.0, 30_000.0);
        assert!((border.duty_usd(170.0) - 70.0).abs() < 1e-12);
    }

    #[test]
    fn duties_combine_to_price_less_producer_price() {
        let terms = ImportDuty::default()
            .with(ad_valorem(0.025, DutyBasis::Border), 40_000.0, 25_000.0)
            .with(ad_valorem(1.0, DutyBasis::List), 40_000.0, 25_000.0)
            .with(Duty::Specific { amount_usd: 500.0 }, 40_000.0, 25_000.0);
        let price = 31_000.0 + terms.duty_at_usd(31_000.0);
        assert!((price - terms.duty_usd(price) - 31_000.0).abs() < 1e-9);
        let kept = price - terms.terms().per_unit(price);
        assert!((kept - 31_000.0).abs() < 1e-9);
    }

    /// p = (1 + t) w + A + D: the duty falls on w, and what the pricing conditions leave the maker is w.
    #[test]
    fn local_costs_pay_no_duty() {
        let terms = ImportDuty::none(9_000.0).with(ad_valorem(1.0, DutyBasis::Border), 0.0, 0.0).with(
            Duty::Specific { amount_usd: 400.0 },
            0.0,
            0.0,
        );
        let w = 20_000.0;
        let price = w * 1.7 + 400.0 + 9_000.0;
        assert!((terms.duty_usd(price) - 14_400.0).abs() < 1e-9);
        assert!((terms.producer_price_usd(price) - w).abs() < 1e-9);
        assert!((terms.duty_at_usd(w) - 14_400.0).abs() < 1e-9);
        assert!((price - terms.terms().per_unit(price) - w).abs() < 1e-9);
    }

    /// Ends of the way to the bit, the middle by hand.
    #[test]
    fn a_duty_between_two_rates() {
        let (high, low) = (ad_valorem(0.25, DutyBasis::Border), ad_valorem(0.075, DutyBasis::Border));
        assert_eq!((high.above(low, 0.0), high.above(low, 1.0)), (low, high));
        let Duty::AdValorem { rate, .. } = high.above(low, 0.4) else { panic!() };
        assert!((rate.fraction() - 0.145).abs() < 1e-16);
        let [five, one] = [500.0, 100.0].map(|amount_usd| Duty::Specific { amount_usd });
        assert_eq!(five.above(one, 0.25), Duty::Specific { amount_usd: 200.0 });
    }

    #[test]
    fn a_rate_below_zero_or_not_a_number_is_refused() {
        assert_eq!(AdValoremRate::new(-0.1), Err(InvalidRate(-0.1)));
        assert!(AdValoremRate::new(f64::NAN).is_err());
        assert!(AdValoremRate::new(f64::INFINITY).is_err());
    }
}
