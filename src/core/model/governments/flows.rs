//! What sanctions do to the market, as yearly flows on a grid of exchange rates.
//!
//! The bargaining needs six numbers of the market at the day's exchange rate: the difference between a year with the threatened
//! duty and one without. They come from the demand and pricing of the market, worked out once for a study on a few exchange
//! rates and interpolated.

use crate::numerics::elementary::{exp, ln};

/// Flows at one exchange rate, billion USD a year: those with sanctions less those without, signed as named.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flows {
    /// Profit lost by the makers of the threatened region.
    pub partner_makers_loss: f64,
    /// Profit gained by the makers of other foreign regions.
    pub third_party_gain: f64,
    /// Profit gained by the makers of domestic regions.
    pub home_makers_gain: f64,
    /// Extra duty collected.
    pub extra_duty: f64,
    /// Consumers' loss.
    pub consumers_loss: f64,
    /// Loss of the dealers of flagged makes: 60% of gross margin.
    pub dealers_loss: f64,
}

impl Flows {
    /// Names of the six flows, in the order of [`Self::values`].
    pub const NAMES: [&'static str; 6] =
        ["partner_makers_loss", "third_party_gain", "home_makers_gain", "extra_duty", "consumers_loss", "dealers_loss"];

    /// The six flows.
    #[must_use]
    pub fn values(&self) -> [f64; 6] {
        [
            self.partner_makers_loss,
            self.third_party_gain,
            self.home_makers_gain,
            self.extra_duty,
            self.consumers_loss,
            self.dealers_loss,
        ]
    }

    fn of(values: [f64; 6]) -> Self {
        let [partner_makers_loss, third_party_gain, home_makers_gain, extra_duty, consumers_loss, dealers_loss] =
            values;
        Self { partner_makers_loss, third_party_gain, home_makers_gain, extra_duty, consumers_loss, dealers_loss }
    }
}

/// Flows on a grid of exchange rates, linear between its points and held beyond its ends.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketFlows {
    rates: Vec<f64>,
    at: Vec<Flows>,
}

/// A grid that is none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidFlows {
    /// No point.
    #[error("the grid of exchange rates is empty")]
    Empty,
    /// As many flows as rates are needed.
    #[error("there are {flows} sets of flows for {rates} exchange rates")]
    Length {
        /// Exchange rates.
        rates: usize,
        /// Sets of flows.
        flows: usize,
    },
    /// Rates that are not positive and rising.
    #[error("exchange rate {position} is {value}, expected positive rates in rising order")]
    Rate {
        /// Position, from 0.
        position: usize,
        /// The rate.
        value: f64,
    },
    /// A flow that is not a number.
    #[error("{flow} at exchange rate {position} is {value}, expected a finite number")]
    Flow {
        /// Name of the flow.
        flow: &'static str,
        /// Position of the exchange rate, from 0.
        position: usize,
        /// The flow.
        value: f64,
    },
}

impl MarketFlows {
    /// Nothing at stake, at any rate: the place of flows that are worked out from the market when a study is prepared.
    #[must_use]
    pub fn none() -> Self {
        Self { rates: vec![1.0], at: vec![Flows::default()] }
    }

    /// Flows worked out at each exchange rate of a rising grid.
    ///
    /// # Errors
    /// [`InvalidFlows`] when the grid is empty, does not rise, has another length, or a flow is not finite.
    pub fn from_grid(rates: Vec<f64>, flows: Vec<Flows>) -> Result<Self, InvalidFlows> {
        if rates.is_empty() {
            return Err(InvalidFlows::Empty);
        }
        if rates.len() != flows.len() {
            return Err(InvalidFlows::Length { rates: rates.len(), flows: flows.len() });
        }
        let mut last = 0.0;
        for (position, value) in rates.iter().copied().enumerate() {
            if !(value.is_finite() && value > last) {
                return Err(InvalidFlows::Rate { position, value });
            }
            last = value;
        }
        for (position, at) in flows.iter().enumerate() {
            for (flow, value) in Flows::NAMES.into_iter().zip(at.values()) {
                if !value.is_finite() {
                    return Err(InvalidFlows::Flow { flow, position, value });
                }
            }
        }
        Ok(Self { rates, at: flows })
    }

    /// Flows known at one exchange rate: the partner's makers' loss and third parties' gain move with the rate at the given
    /// elasticity, the others do not. The grid has 121 points from half to one and a half times the rate.
    #[must_use]
    pub fn with_elasticity(rate: f64, flows: Flows, elasticity: f64) -> Self {
        let ratios = (0..=120).map(|i| 0.5 + f64::from(i) / 120.0);
        let (rates, at) = ratios
            .map(|ratio| {
                let factor = exp(elasticity * ln(ratio));
                let partner_makers_loss = flows.partner_makers_loss * factor;
                (
                    ratio * rate,
                    Flows { partner_makers_loss, third_party_gain: flows.third_party_gain * factor, ..flows },
                )
            })
            .unzip();
        Self { rates, at }
    }

    /// The same grid with every set of flows changed.
    #[must_use]
    pub fn map(&self, change: impl Fn(Flows) -> Flows) -> Self {
        Self { rates: self.rates.clone(), at: self.at.iter().map(|flows| change(*flows)).collect() }
    }

    /// The points of the grid: exchange rate and flows.
    pub fn points(&self) -> impl Iterator<Item = (f64, Flows)> + '_ {
        self.rates.iter().copied().zip(self.at.iter().copied())
    }

    /// Flows at an exchange rate.
    #[must_use]
    pub fn at(&self, rate: f64) -> Flows {
        let above = self.rates.partition_point(|point| *point <= rate);
        if above == 0 {
            return self.at[0];
        }
        if above == self.rates.len() {
            return self.at[above - 1];
        }
        let share = (rate - self.rates[above - 1]) / (self.rates[above] - self.rates[above - 1]);
        let (low, high) = (self.at[above - 1].values(), self.at[above].values());
        Flows::of(std::array::from_fn(|i| low[i] + share * (high[i] - low[i])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::governments::fixtures;

    #[test]
    fn flows_with_an_elasticity_keep_the_power_law() {
        let flows = fixtures::flows();
        assert_eq!(flows.at(84.6), fixtures::reference());
        for rates in [60.0_f64, 79.3, 84.6355, 100.0, 113.981] {
            let at = flows.at(rates);
            let factor = (rates / 84.6).powf(0.9);
            assert!((at.partner_makers_loss / (1.84 * factor) - 1.0).abs() < 1e-5, "{rates}");
            assert!((at.third_party_gain / (1.43 * factor) - 1.0).abs() < 1e-5, "{rates}");
            assert_eq!(at.consumers_loss, 2.97);
        }
        assert_eq!(flows.at(1.0), flows.at(42.3));
        assert_eq!(flows.at(1e6), flows.at(126.9));
    }

    #[test]
    fn a_grid_is_linear_between_its_points_and_held_beyond() {
        let with = |x| Flows { extra_duty: x, ..Flows::default() };
        let flows = MarketFlows::from_grid(vec![80.0, 100.0], vec![with(1.0), with(2.0)]).unwrap();
        assert_eq!(flows.at(85.0).extra_duty, 1.25);
        assert_eq!((flows.at(70.0).extra_duty, flows.at(130.0).extra_duty), (1.0, 2.0));
    }

    #[test]
    fn bad_grids_are_refused() {
        let flows = |n| vec![Flows::default(); n];
        assert_eq!(MarketFlows::from_grid(vec![], vec![]), Err(InvalidFlows::Empty));
        assert_eq!(MarketFlows::from_grid(vec![80.0], flows(2)), Err(InvalidFlows::Length { rates: 1, flows: 2 }));
        let falling = MarketFlows::from_grid(vec![80.0, 70.0], flows(2));
        assert_eq!(falling, Err(InvalidFlows::Rate { position: 1, value: 70.0 }));
        let bad = Flows { dealers_loss: f64::INFINITY, ..Flows::default() };
        let refused = MarketFlows::from_grid(vec![80.0], vec![bad]).unwrap_err();
        assert!(refused.to_string().starts_with("dealers_loss at exchange rate 0"), "{refused}");
    }
}
