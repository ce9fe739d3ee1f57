//! Duties as the maker meets them: affine in the product's own price.
//!
//! ```text
//! duty(p) = (1 - r) p + d        net revenue of a unit = p - duty(p) - mc = r p - mc - d = r (p - c)
//! ```
//!
//! r is the *retained share* of an extra unit of price, `c = (mc + d) / r` the *effective cost*. When all products of an owner
//! have the same r it cancels from the first-order conditions and the duty is a change of cost; when an owner sells
//! taxed and untaxed products it does not, because a dollar of margin on a taxed product is worth only r to the owner.

use super::SupplyError;

/// The basis of a duty on one product.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DutyRule {
    /// None.
    None,
    /// `rate x marginal cost`: customs value is a transfer price at cost.
    Cost {
        /// Rate.
        rate: f64,
    },
    /// A fixed amount per car, in the unit of prices.
    Specific {
        /// Amount.
        amount: f64,
    },
    /// `rate x customs share x list price`, fixed at the list price of the base year.
    List {
        /// Rate.
        rate: f64,
        /// Customs value as a part of the list price.
        customs_share: f64,
        /// The list price.
        list_price: f64,
    },
    /// `rate x p`, the tax-inclusive rate.
    Retail {
        /// Rate, below one.
        rate: f64,
    },
    /// `rate x kappa x p`: customs value is a part of the retail price.
    RetailShare {
        /// Rate.
        rate: f64,
        /// Customs value as a part of the retail price.
        kappa: f64,
    },
    /// `rate x v` where `p = v (1 + rate)`: the duty follows the maker's own ex-duty price.
    Border {
        /// Rate.
        rate: f64,
    },
    /// As `Border`, on what is left of the price after a local distribution cost: `p = v (1 + rate) + distribution`.
    BorderDistribution {
        /// Rate.
        rate: f64,
        /// Distribution cost per car; part of marginal cost.
        distribution: f64,
    },
}

/// A duty as the first-order conditions see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DutyTerms {
    /// r, the part of an extra unit of price that stays with the maker.
    pub retained: f64,
    /// d, the part of the duty that does not depend on price.
    pub fixed: f64,
}

impl DutyTerms {
    /// No duty.
    pub const NONE: Self = Self { retained: 1.0, fixed: 0.0 };

    /// Duty per unit at price p.
    #[must_use]
    pub fn per_unit(self, price: f64) -> f64 {
        (1.0 - self.retained) * price + self.fixed
    }

    /// `c = (mc + d) / r`.
    #[must_use]
    pub fn effective_cost(self, marginal_cost: f64) -> f64 {
        (marginal_cost + self.fixed) / self.retained
    }
}

impl DutyRule {
    /// The terms r and d for a product of this marginal cost.
    ///
    /// # Errors
    /// [`SupplyError::Retained`] where the duty takes the whole price, [`SupplyError::Product`] for a number that is not finite.
    pub fn terms(self, product: &str, marginal_cost: f64) -> Result<DutyTerms, SupplyError> {
        let (what, retained, fixed) = match self {
            Self::None => return Ok(DutyTerms::NONE),
            Self::Cost { rate } => ("cost", 1.0, rate * marginal_cost),
            Self::Specific { amount } => ("specific", 1.0, amount),
            Self::List { rate, customs_share, list_price } => ("list", 1.0, rate * customs_share * list_price),
            Self::Retail { rate } => ("retail", 1.0 - rate, 0.0),
            Self::RetailShare { rate, kappa } => ("retail_share", 1.0 - rate * kappa, 0.0),
            Self::Border { rate } => ("border", 1.0 / (1.0 + rate), 0.0),
            Self::BorderDistribution { rate, distribution } => {
                ("border_dist", 1.0 / (1.0 + rate), -rate * distribution / (1.0 + rate))
            }
        };
        if !(retained > 0.0 && retained.is_finite()) {
            return Err(SupplyError::Retained { product: product.to_owned(), what, retained });
        }
        if !fixed.is_finite() {
            let product = product.to_owned();
            return Err(SupplyError::Product { product, what: "duty", value: fixed, expected: "a finite amount" });
        }
        Ok(DutyTerms { retained, fixed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: a car of price 30, cost 20, under each basis.
    #[test]
    fn each_basis_takes_what_its_definition_says() {
        let duty = |duty: DutyRule| duty.terms("car", 20.0).unwrap().per_unit(30.0);
        assert_eq!(duty(DutyRule::None), 0.0);
        assert_eq!(duty(DutyRule::Cost { rate: 0.25 }), 5.0);
        assert_eq!(duty(DutyRule::Specific { amount: 3.0 }), 3.0);
        assert_eq!(duty(DutyRule::List { rate: 1.0, customs_share: 0.7, list_price: 20.0 }), 14.0);
        assert_eq!(duty(DutyRule::Retail { rate: 0.25 }), 7.5);
        assert!((duty(DutyRule::RetailShare { rate: 0.5, kappa: 0.7 }) - 10.5).abs() < 1e-14);
        assert_eq!(duty(DutyRule::Border { rate: 1.0 }), 15.0);
        assert_eq!(duty(DutyRule::BorderDistribution { rate: 1.0, distribution: 4.0 }), 13.0);
    }

    #[test]
    fn a_duty_of_the_whole_price_is_refused() {
        let error = DutyRule::Retail { rate: 1.0 }.terms("sc300", 20.0).unwrap_err();
        assert!(error.to_string().starts_with("sc300"), "{error}");
        assert!(DutyRule::Specific { amount: f64::INFINITY }.terms("sc300", 20.0).is_err());
    }
}
