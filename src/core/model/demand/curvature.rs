//! Demand bent around each product's own reference price.
//!
//! ```text
//! V_ij = ... - alpha_i G_j(p_j)       G_j(p) = p0_j + p0_j [(p/p0_j)^lambda - 1] / lambda      (lambda 0: p0_j + p0_j ln(p/p0_j))
//! G_j(p0_j) = p0_j                    g_j(p) = G_j'(p) = (p/p0_j)^(lambda-1),  g_j(p0_j) = 1
//! ```
//!
//! A Box-Cox transform of the price relative to the base year's. Lambda 1 is demand linear in price. Below 1 a dollar hurts less the
//! dearer the car has become, above 1 more, so makers pass on less of a duty. At reference prices nothing depends on lambda: neither shares
//! nor their derivatives. Prices are transformed once a sweep; the kernel sees G for p. Derivatives by price are those by G times g.

use super::DemandError;
use crate::numerics::elementary::{exp, ln};

/// Lambda and the reference prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Curvature {
    lambda: f64,
    reference: Vec<f64>,
}

impl Curvature {
    /// Largest lambda accepted: far above anything that prices of cars allow.
    pub const LARGEST: f64 = 10.0;

    /// Demand of this lambda around the reference prices; none for lambda 1, where there is nothing to transform.
    ///
    /// # Errors
    /// [`DemandError::Curvature`] for a lambda outside 0 to [`Curvature::LARGEST`] or a reference price that is not a number above zero.
    pub fn new(lambda: f64, reference: &[f64]) -> Result<Option<Self>, DemandError> {
        if !(0.0..=Self::LARGEST).contains(&lambda) {
            return Err(DemandError::Curvature { what: "lambda", value: lambda });
        }
        if let Some(bad) = reference.iter().find(|price| !(price.is_finite() && **price > 0.0)) {
            return Err(DemandError::Curvature { what: "a reference price", value: *bad });
        }
        Ok((lambda != 1.0).then(|| Self { lambda, reference: reference.to_vec() }))
    }

    /// Lambda.
    #[must_use]
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// G: the price of product `j` as buyers feel it, in dollars at the reference price's slope.
    #[inline(always)]
    #[must_use]
    pub fn felt(&self, j: usize, price: f64) -> f64 {
        if price == f64::INFINITY {
            return price; // nobody buys
        }
        let (reference, log) = (self.reference[j], ln(price / self.reference[j]));
        let change = if self.lambda == 0.0 { log } else { exp_minus_one(self.lambda * log) / self.lambda };
        reference + reference * change
    }

    /// g: what a dollar more of the price of product `j` is felt as.
    #[inline(always)]
    #[must_use]
    pub fn slope(&self, j: usize, price: f64) -> f64 {
        exp((self.lambda - 1.0) * ln(price / self.reference[j]))
    }

    /// dg/dp.
    #[must_use]
    pub fn slope_change(&self, j: usize, price: f64) -> f64 {
        (self.lambda - 1.0) * self.slope(j, price) / price
    }
}

/// e^x - 1 without loss of digits near zero: (u - 1) x / ln u with u = e^x rounded (Kahan).
#[inline(always)]
fn exp_minus_one(x: f64) -> f64 {
    let u = exp(x);
    if u == 1.0 {
        x
    } else if u > 0.0 && u < f64::INFINITY {
        (u - 1.0) * x / ln(u)
    } else {
        u - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P0: f64 = 37_000.0;

    fn curved(lambda: f64) -> Curvature {
        Curvature::new(lambda, &[P0]).unwrap().unwrap()
    }

    #[test]
    fn at_its_reference_a_price_is_felt_as_it_is_to_the_bit() {
        for lambda in [0.0, 1e-6, 0.47, 0.98, 1.43, 2.0, 5.0] {
            assert_eq!(curved(lambda).felt(0, P0), P0);
            assert_eq!(curved(lambda).slope(0, P0), 1.0);
        }
        assert_eq!(Curvature::new(1.0, &[P0]), Ok(None));
    }

    /// By hand: lambda 2 is p0 + (p^2/p0 - p0)/2, lambda 0 the logarithm.
    #[test]
    fn closed_forms() {
        for price in [0.3 * P0, 0.9 * P0, 1.5 * P0, 4.0 * P0] {
            let two = P0 + 0.5 * (price * price / P0 - P0);
            assert!((curved(2.0).felt(0, price) / two - 1.0).abs() < 1e-14);
            assert!((curved(0.0).felt(0, price) - P0 * (1.0 + (price / P0).ln())).abs() < 1e-9);
            assert!((curved(2.0).slope(0, price) - price / P0).abs() < 1e-14);
            assert!((curved(0.0).slope(0, price) - P0 / price).abs() < 1e-14);
            // Lambda near 0 is lambda 0, lambda near 1 is linear.
            for near in [1e-6, 1e-9, 1e-15] {
                let gap = (curved(near).felt(0, price) - curved(0.0).felt(0, price)) / P0;
                assert!(gap.abs() < 1e-6, "{near} at {price}: {gap:e}");
            }
            assert!((curved(1.0 + 1e-9).felt(0, price) / price - 1.0).abs() < 1e-8);
        }
    }

    #[test]
    fn slopes_are_derivatives() {
        for lambda in [0.0, 0.47, 1.43, 2.0] {
            for price in [0.4 * P0, P0, 2.2 * P0] {
                let (curved, step) = (curved(lambda), 1e-4 * price);
                let difference = |f: &dyn Fn(f64) -> f64| (f(price + step) - f(price - step)) / (2.0 * step);
                let slope = difference(&|p| curved.felt(0, p));
                assert!((slope / curved.slope(0, price) - 1.0).abs() < 1e-6);
                let change = difference(&|p| curved.slope(0, p));
                assert!((change - curved.slope_change(0, price)).abs() < 1e-6 * curved.slope(0, price) / price);
            }
        }
    }

    #[test]
    fn a_price_out_of_reach_is_felt_so() {
        for lambda in [0.0, 0.5, 2.0] {
            assert_eq!(curved(lambda).felt(0, f64::INFINITY), f64::INFINITY);
        }
    }

    #[test]
    fn what_cannot_be_a_curvature_is_refused() {
        for lambda in [-0.1, 11.0, f64::NAN] {
            assert!(Curvature::new(lambda, &[P0]).unwrap_err().to_string().contains("lambda"));
        }
        assert!(Curvature::new(1.5, &[P0, 0.0]).is_err());
    }
}
