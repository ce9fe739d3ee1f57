//! The facts of one differentiated-product market, and the parameters of its buyers.
//!
//! Prices are USD per car, duty included; volumes are cars a year; characteristics are standardised with base-year
//! volumes as weights (mean 0, standard deviation 1). Region is where the badge comes from, manufacturer is who sets
//! the price, assembly country is what customs asks for: the three differ (Jaguar is European, Ford's, and pays duty).

use super::ids::{BrandId, Id, IdTable, ManufacturerId, RegionId};
use super::supply::rule::Conduct;
use super::supply::{Ownership, SupplyError};
use super::trade::duty::AdValoremRate;

pub use super::trade::duty::DutyBasis;

/// One model (product) of the market.
#[derive(Clone, Debug, PartialEq)]
pub struct CarModel {
    /// Name, unique in the market.
    pub name: String,
    /// Brand on the badge.
    pub brand: BrandId,
    /// Manufacturer that sets the price.
    pub manufacturer: ManufacturerId,
    /// Region of the badge.
    pub region: RegionId,
    /// First-named country of assembly.
    pub assembly_country: String,
    /// Whether some of its base-year cars come from abroad.
    pub imported: bool,
    /// The part of them that does: 1 for an import, 0 for a car assembled at home, between where it has plants in both.
    pub import_share: f64,
    /// Normal ad valorem rate on those, a fraction of customs value.
    pub normal_rate: AdValoremRate,
    /// Whether it has the scenario's headline flag (`market.flag`), as the models on a sanctions list have.
    pub flagged: bool,
    /// Base-year list price, base-year duty included, USD.
    pub list_price_usd: f64,
    /// What the Treasury pays the buyer of a car in the base year, USD: he pays the list price less this.
    pub credit_usd: f64,
    /// Base-year volume, cars a year.
    pub base_volume: f64,
}

impl CarModel {
    /// What a buyer pays in the base year, USD.
    #[must_use]
    pub fn base_price_usd(&self) -> f64 {
        self.list_price_usd - self.credit_usd
    }
}

/// Observable characteristics in columns: `columns[k][j]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Characteristics {
    /// Name of each column.
    pub names: Vec<String>,
    /// Standardised values, one vector of J per column.
    pub columns: Vec<Vec<f64>>,
}

impl Characteristics {
    /// Standardises raw columns with `weights` (base-year volumes): mean 0, standard deviation 1.
    ///
    /// A column without variation becomes zero: nobody can have a taste for it.
    #[must_use]
    pub fn standardised(names: Vec<String>, raw: &[Vec<f64>], weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let columns = raw
            .iter()
            .map(|column| {
                let mean = column.iter().zip(weights).map(|(x, w)| w * x).sum::<f64>() / total;
                let variance = column.iter().zip(weights).map(|(x, w)| w * (x - mean).powi(2)).sum::<f64>() / total;
                let scale = if variance > 0.0 { 1.0 / variance.sqrt() } else { 0.0 };
                column.iter().map(|x| (x - mean) * scale).collect()
            })
            .collect();
        Self { names, columns }
    }
}

/// Partial ownership: `owner` holds `share` of the profits of `held`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stake {
    /// The holder, who counts the share when it sets its own prices.
    pub owner: ManufacturerId,
    /// The manufacturer whose profits are shared.
    pub held: ManufacturerId,
    /// Fraction of the profits, between 0 and 1.
    pub share: f64,
}

/// A set of models whose sales, share and price are headline metrics together.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelGroup {
    /// Name, part of the names of its metrics.
    pub name: String,
    /// What tables and charts call it.
    pub label: String,
    /// What its models have in common.
    pub kind: GroupKind,
    /// What else they have in common: of a brand that is all of a manufacturer of its name, where groups of both were asked for.
    pub also: Option<GroupKind>,
    /// Its models, in the order of the market.
    pub models: Vec<usize>,
}

/// What the models of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// The user's choice.
    Own,
    /// Their brand.
    Brand,
    /// Their manufacturer.
    Manufacturer,
}

impl GroupKind {
    /// The word in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "group",
            Self::Brand => "brand",
            Self::Manufacturer => "manufacturer",
        }
    }
}

/// How import duty is assessed in this market before any policy; its rate is each model's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormalDuty {
    /// Basis of the duty.
    pub basis: DutyBasis,
    /// Customs value as a share of the list price (bases `list` and `border`).
    pub customs_value_share: f64,
}

/// The chain from factory to buyer.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Chain {
    /// The maker sets the showroom price and bears all costs to the showroom.
    #[default]
    Retail,
    /// The maker sets the price at the border; the rest of the way costs dollars a car.
    Vertical {
        /// D of each model, USD a car.
        local_usd: Vec<f64>,
        /// The part of the maker's price of each model that customs values: 1 for an import, 0 for a car assembled at home.
        customs_part: Vec<f64>,
    },
}

impl Chain {
    /// Whether the maker's price is the one at the border.
    #[must_use]
    pub fn is_vertical(&self) -> bool {
        matches!(self, Self::Vertical { .. })
    }

    /// D of model `j`, USD a car; zero under the retail chain.
    #[must_use]
    pub fn local_usd(&self, j: usize) -> f64 {
        match self {
            Self::Retail => 0.0,
            Self::Vertical { local_usd, .. } => local_usd[j],
        }
    }
}

/// The facts of one market.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    /// The models, in the order of the data.
    pub models: Vec<CarModel>,
    /// Brand names.
    pub brands: IdTable<BrandId, String>,
    /// Manufacturer names.
    pub manufacturers: IdTable<ManufacturerId, String>,
    /// Region names.
    pub regions: IdTable<RegionId, String>,
    /// Whether a region is domestic: buyers' taste for imports does not apply to it.
    pub domestic: IdTable<RegionId, bool>,
    /// Standardised characteristics.
    pub characteristics: Characteristics,
    /// Purchase events a year, outside choices included.
    pub market_size: f64,
    /// Duty of the base year.
    pub normal_duty: NormalDuty,
    /// Partial holdings between manufacturers.
    pub holdings: Vec<Stake>,
    /// Sets of models that have headline metrics of their own.
    pub groups: Vec<ModelGroup>,
    /// Who sets which price between the factory and the buyer.
    pub chain: Chain,
    /// Share of each import's marginal cost that is paid in its home currency; under the vertical chain, of its cost at the border.
    pub home_cost_share: f64,
}

impl Market {
    /// Number of models, J.
    #[must_use]
    pub fn len(&self) -> usize {
        self.models.len()
    }
    /// Base-year shares of all purchase events, one per model.
    #[must_use]
    pub fn base_shares(&self) -> Vec<f64> {
        self.models.iter().map(|model| model.base_volume / self.market_size).collect()
    }
    /// The part of a model's base-year cars, or under the vertical chain of what its maker gets for them, that customs values.
    #[must_use]
    pub fn customs_part(&self, j: usize) -> f64 {
        match &self.chain {
            Chain::Retail => self.models[j].import_share,
            Chain::Vertical { customs_part, .. } => customs_part[j],
        }
    }
    /// What buyers pay in the base year, USD: list prices less credits.
    #[must_use]
    pub fn base_prices(&self) -> Vec<f64> {
        self.models.iter().map(CarModel::base_price_usd).collect()
    }
    /// Credits of the base year, USD a car.
    #[must_use]
    pub fn credits(&self) -> Vec<f64> {
        self.models.iter().map(|model| model.credit_usd).collect()
    }
    /// Who sets which price and counts whose profit: under [`Conduct::Manufacturer`] 1 for a manufacturer's own models, the
    /// share for partial holdings.
    ///
    /// # Errors
    /// [`SupplyError`] for a manufacturer without models or a share that is not a number.
    pub fn ownership(&self, conduct: Conduct) -> Result<Ownership, SupplyError> {
        match conduct {
            Conduct::Product => {
                let names: Vec<String> = self.models.iter().map(|model| model.name.clone()).collect();
                return Ownership::single_products(&names);
            }
            Conduct::Brand => {
                let owner = self.models.iter().map(|model| model.brand.index()).collect();
                return Ownership::of_firms(self.brands.as_slice().to_vec(), owner);
            }
            Conduct::Manufacturer => {}
        }
        let firms = self.manufacturers.len();
        let mut holdings = vec![0.0; firms * firms];
        holdings.iter_mut().step_by(firms + 1).for_each(|own| *own = 1.0);
        for holding in &self.holdings {
            holdings[holding.owner.index() * firms + holding.held.index()] = holding.share;
        }
        let owner = self.models.iter().map(|model| model.manufacturer.index()).collect();
        Ownership::with_holdings(self.manufacturers.as_slice().to_vec(), owner, holdings)
    }
}

/// Parameters of demand (section 2 of `docs/model.md`).
#[derive(Clone, Debug, PartialEq)]
pub struct DemandParameters {
    /// Price response at median income, per thousand USD.
    pub alpha: f64,
    /// Elasticity of the price response to income.
    pub eta: f64,
    /// Standard deviation of log income; median income is 1.
    pub income_log_sd: f64,
    /// Income is held between these bounds.
    pub income_bounds: [f64; 2],
    /// Standard deviation of the taste for each characteristic.
    pub sigma_characteristics: Vec<f64>,
    /// Standard deviation of the taste for imports as such.
    pub sigma_import: f64,
    /// Standard deviation of the taste for each region.
    pub sigma_region: f64,
    /// Standard deviation of the taste for the outside option.
    pub sigma_outside: f64,
    /// How demand bends with prices relative to the base year's; 1 is linear in price.
    pub curvature: f64,
    /// Utility of the brand now owned, by brand.
    pub loyalty: IdTable<BrandId, f64>,
}

/// Parameters of the renewal process of purchase events.
#[derive(Clone, Debug, PartialEq)]
pub struct HoldingParameters {
    /// Share of intervals that are leases.
    pub lease_share: f64,
    /// Lease lengths in weeks, equally likely.
    pub lease_weeks: Vec<f64>,
    /// Shape of the gamma law of the intervals between purchases.
    pub purchase_shape: f64,
    /// Mean interval between purchases, weeks.
    pub purchase_mean_weeks: f64,
}

impl HoldingParameters {
    /// Mean interval between purchase events, leases and purchases together, weeks.
    #[must_use]
    pub fn mean_weeks(&self) -> f64 {
        let leases = self.lease_weeks.iter().sum::<f64>() / self.lease_weeks.len().max(1) as f64;
        self.lease_share * leases + (1.0 - self.lease_share) * self.purchase_mean_weeks
    }
}
