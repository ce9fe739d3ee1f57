//! Who sets which price between the factory and the buyer.
//!
//! ```text
//! p = (1 + t) w + D + A        w the maker's price at the border, t the sum of ad valorem rates on it, A duties in dollars a car
//! D_j = p0_j [1 - v (1 + tau0_j)]     imports: transport, importer, marketing and dealer, in dollars
//! D_j = mu p0_j                       assembled at home: the dealer
//! ```
//!
//! A model of which the share s comes from abroad has the mean of both, and s v / (s v + (1 - s)(1 - mu)) of what its maker gets is
//! customs value.
//!
//! Under the vertical chain an ad valorem duty falls on what the maker charges at the border, and the maker can lower it. Local
//! costs D stay as they are when the price or the duty moves. Under the retail chain the maker sets the showroom price, bears all
//! costs to the showroom, and D is zero.

use crate::model::market::{CarModel, Market};

pub use crate::model::market::Chain;

/// A model whose customs value leaves less than the dealer's margin for the way from the border to the buyer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{model}: a customs value of {customs_value_share} of the list price and the normal duty on it leave {local_usd:.0} USD for \
     everything from the border to the buyer, less than the dealer's margin of {dealers_usd:.0} USD"
)]
pub struct NoRoomForDealer {
    /// Name of the model.
    pub model: String,
    /// v.
    pub customs_value_share: f64,
    /// D, USD.
    pub local_usd: f64,
    /// The dealer's margin, USD.
    pub dealers_usd: f64,
    /// The largest v that leaves the dealer his margin.
    pub largest_share: f64,
}

impl Chain {
    /// The vertical chain with the customs value of each model as a share of its base-year list price, and dealers' margin `dealers_margin`, a
    /// fraction of the list price.
    ///
    /// # Errors
    /// [`NoRoomForDealer`] for the first import of which the dealer would not have his margin.
    pub fn vertical(
        models: &[CarModel],
        customs_value_shares: &[f64],
        dealers_margin: f64,
    ) -> Result<Self, NoRoomForDealer> {
        let local = |(model, &customs_value_share): (&CarModel, &f64)| {
            let dealers_usd = dealers_margin * model.list_price_usd;
            if !model.imported {
                return Ok(dealers_usd);
            }
            let rate = model.normal_rate.fraction();
            let local_usd = model.list_price_usd * (1.0 - customs_value_share * (1.0 + rate));
            // Up to rounding: all of the price may be customs value where there is no dealer.
            if local_usd < dealers_usd - 1e-9 * model.list_price_usd {
                let largest_share = (1.0 - dealers_margin) / (1.0 + rate);
                let model = model.name.clone();
                return Err(NoRoomForDealer { model, customs_value_share, local_usd, dealers_usd, largest_share });
            }
            Ok(model.import_share * local_usd + (1.0 - model.import_share) * dealers_usd)
        };
        let part = |(model, customs_value_share): (&CarModel, &f64)| {
            let abroad = model.import_share * customs_value_share;
            let home = (1.0 - model.import_share) * (1.0 - dealers_margin);
            if abroad > 0.0 { abroad / (abroad + home) } else { 0.0 }
        };
        Ok(Self::Vertical {
            local_usd: models.iter().zip(customs_value_shares).map(local).collect::<Result<_, _>>()?,
            customs_part: models.iter().zip(customs_value_shares).map(part).collect(),
        })
    }
}

/// How much of a duty reaches the buyer, in the three ways in which it is asked. Each is a number for a set of models together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PassThrough {
    /// Retail dollars per dollar of duty at the old border price.
    pub per_dollar_old_base: f64,
    /// Retail dollars per dollar of duty owed now, beyond what was owed before: rises as the maker lowers his price.
    pub per_dollar_owed: f64,
    /// Log change of the landed price over the log change of one plus the rate: what Feenstra (1989) measures.
    pub border_elasticity: f64,
}

/// What happened to one model between two situations, USD a car.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DutyResponse {
    /// Price at the border before: the maker's own under the vertical chain, customs value under the retail chain.
    pub border_usd: f64,
    /// What the buyer pays, before and after.
    pub price_usd: [f64; 2],
    /// Duty owed, before and after.
    pub owed_usd: [f64; 2],
    /// Duty that the new terms would take at what the maker kept before.
    pub duty_at_old_base_usd: f64,
}

impl DutyResponse {
    fn price_change_usd(&self) -> f64 {
        self.price_usd[1] - self.price_usd[0]
    }
}

impl PassThrough {
    /// Pass-through for models with these weights: ratios of weighted sums. Not a number where no duty changes.
    #[must_use]
    pub fn of(models: &[(f64, DutyResponse)]) -> Self {
        use crate::numerics::elementary::ln;
        let sum =
            |of: &dyn Fn(&DutyResponse) -> f64| models.iter().map(|(weight, model)| weight * of(model)).sum::<f64>();
        let change = sum(&DutyResponse::price_change_usd);
        let landed = |model: &DutyResponse| model.border_usd + model.owed_usd[0];
        Self {
            per_dollar_old_base: change / sum(&|model| model.duty_at_old_base_usd - model.owed_usd[0]),
            per_dollar_owed: change / sum(&|model| model.owed_usd[1] - model.owed_usd[0]),
            border_elasticity: sum(&|model| ln((landed(model) + model.price_change_usd()) / landed(model)))
                / sum(&|model| ln((model.border_usd + model.duty_at_old_base_usd) / landed(model))),
        }
    }
}

impl Market {
    /// Price at the border of each model in the base year: the maker's own under the vertical chain, customs value under the
    /// retail chain. `duty_usd` is the base year's duty, USD a car.
    #[must_use]
    pub fn border_prices(&self, duty_usd: &[f64]) -> Vec<f64> {
        let of = |(j, model): (usize, &CarModel)| match &self.chain {
            Chain::Retail => self.normal_duty.customs_value_share * model.list_price_usd,
            Chain::Vertical { local_usd, .. } => model.base_price_usd() - duty_usd[j] - local_usd[j],
        };
        self.models.iter().enumerate().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::{BrandId, Id, ManufacturerId, RegionId};
    use crate::model::trade::duty::AdValoremRate;

    fn car(name: &str, imported: bool, list_price_usd: f64) -> CarModel {
        CarModel {
            name: name.into(),
            brand: BrandId::from_index(0),
            manufacturer: ManufacturerId::from_index(0),
            region: RegionId::from_index(0),
            assembly_country: String::new(),
            imported,
            import_share: if imported { 1.0 } else { 0.0 },
            normal_rate: AdValoremRate::new(0.025).unwrap(),
            flagged: false,
            list_price_usd,
            credit_usd: 0.0,
            base_volume: 1.0,
        }
    }

    /// By hand: 37,000 (1 - .7 x 1.025) is what the Legend costs from the border to the buyer.
    #[test]
    fn local_costs_are_what_customs_value_and_duty_leave() {
        let models = [car("Legend", true, 37_000.0), car("Seville", false, 41_935.0)];
        let chain = Chain::vertical(&models, &[0.70; 2], 0.10).unwrap();
        assert!((chain.local_usd(0) - 10_452.5).abs() < 1e-9, "{chain:?}");
        assert!((chain.local_usd(1) - 4_193.5).abs() < 1e-9);
        assert_eq!(Chain::Retail.local_usd(1), 0.0);
        let error = Chain::vertical(&models, &[0.90, 0.70], 0.10).unwrap_err();
        assert!(error.to_string().starts_with("Legend: a customs value of 0.9"), "{error}");
        assert!((error.largest_share - 0.878).abs() < 1e-3);
        assert!(Chain::vertical(&models, &[error.largest_share - 1e-9, 0.70], 0.10).is_ok());
    }

    /// Two plants: of 40,000 with a share of .6 from abroad at .7 customs value and 2.5%, duty is .6 x 700, the maker gets .6 x 28,000
    /// and .4 x 36,000, and the rest of the price is local.
    #[test]
    fn a_model_with_two_plants_is_the_mean_of_both() {
        let mut models = [car("GV70", true, 40_000.0)];
        models[0].import_share = 0.6;
        let chain = Chain::vertical(&models, &[0.70], 0.10).unwrap();
        let Chain::Vertical { local_usd, customs_part } = &chain else { panic!("{chain:?}") };
        let (maker, duty) = (0.6 * 28_000.0 + 0.4 * 36_000.0, 0.6 * 700.0);
        assert!((local_usd[0] - (40_000.0 - maker - duty)).abs() < 1e-9, "{chain:?}");
        assert!((0.025 * customs_part[0] * maker - duty).abs() < 1e-9, "{chain:?}");
    }

    /// A car landed at 20,000 with 2.5% duty, then 100% more. The maker cuts its price to 18,000, and a quarter of the car is local cost.
    #[test]
    fn three_pass_throughs_by_hand() {
        let (t0, t1, local) = (0.025, 1.025, 7_000.0);
        let response = DutyResponse {
            border_usd: 20_000.0,
            price_usd: [20_000.0 * (1.0 + t0) + local, 18_000.0 * (1.0 + t1) + local],
            owed_usd: [20_000.0 * t0, 18_000.0 * t1],
            duty_at_old_base_usd: 20_000.0 * t1,
        };
        let found = PassThrough::of(&[(3.0, response)]);
        let change = 18_000.0 * 2.025 - 20_000.0 * 1.025;
        assert!((found.per_dollar_old_base - change / 20_000.0).abs() < 1e-14);
        assert!((found.per_dollar_owed - change / (18_000.0 * 1.025 - 500.0)).abs() < 1e-14);
        let logs = (18_000.0_f64 * 2.025 / (20_000.0 * 1.025)).ln() / (2.025_f64 / 1.025).ln();
        assert!((found.border_elasticity - logs).abs() < 1e-13);
        // Full pass-through is one in all three.
        let full = DutyResponse {
            price_usd: [response.price_usd[0], 20_000.0 * 2.025 + local],
            owed_usd: [500.0, 20_000.0 * t1],
            ..response
        };
        let full = PassThrough::of(&[(1.0, full)]);
        for one in [full.per_dollar_old_base, full.per_dollar_owed, full.border_elasticity] {
            assert!((one - 1.0).abs() < 1e-14);
        }
        // No duty, no pass-through.
        assert!(PassThrough::of(&[]).per_dollar_owed.is_nan());
    }
}
