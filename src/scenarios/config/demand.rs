//! Parameters of demand and of the purchase process: `[demand]` and `[holding]`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::ConfigError;
use super::reader::Reader;
use super::sourced::Sourced;
use crate::model::demand::Curvature;
use crate::model::ids::IdTable;
use crate::model::market::{DemandParameters, HoldingParameters, Market};

/// Parameters of demand.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemandSection {
    /// Price response at median income, per thousand USD.
    pub alpha: Sourced<f64>,
    /// Elasticity of the price response to income.
    pub eta: Sourced<f64>,
    /// Standard deviation of log income.
    pub income_log_sd: Sourced<f64>,
    /// Lowest and highest income, relative to the median.
    pub income_bounds: [f64; 2],
    /// Standard deviation of the taste for each characteristic, by name.
    #[serde(default)]
    pub sigma: BTreeMap<String, Sourced<f64>>,
    /// Standard deviation of the taste for imports as such.
    pub sigma_import: Sourced<f64>,
    /// Standard deviation of the taste for each region.
    pub sigma_region: Sourced<f64>,
    /// Standard deviation of the taste for the outside option.
    pub sigma_outside: Sourced<f64>,
    /// Utility of the brand now owned.
    pub loyalty: Sourced<f64>,
    /// What the owners of single brands add to that, above or below zero.
    #[serde(default)]
    pub loyalty_deviation: BTreeMap<String, Sourced<f64>>,
    /// Brands of `loyalty_deviation` that this market lacks: estimates of another market that are of no use here.
    #[serde(default)]
    pub absent_brands: Vec<String>,
    /// Dollars of this market's prices for one dollar of those that `alpha` was estimated at: the price response is `alpha` over it. 1 if
    /// absent.
    #[serde(default)]
    pub deflator: Option<Sourced<f64>>,
    /// How demand bends with prices relative to the base year's, lambda: 1, linear in price, if absent; 0 is logarithmic.
    #[serde(default)]
    pub curvature: Option<Sourced<f64>>,
}

/// The law of intervals between purchases.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldingSection {
    /// Share of intervals that are leases.
    pub lease_share: Sourced<f64>,
    /// Lengths of leases in weeks, equally likely.
    pub lease_weeks: Vec<f64>,
    /// Shape of the gamma law of the other intervals.
    pub purchase_shape: Sourced<f64>,
    /// Their mean, weeks.
    pub purchase_mean_weeks: Sourced<f64>,
}

/// Parameters of demand in a market.
pub(super) fn demand(
    reader: &Reader<'_>,
    section: &DemandSection,
    market: &Market,
) -> Result<DemandParameters, ConfigError> {
    let [floor, cap] = section.income_bounds;
    if !(floor > 0.0 && floor <= cap && cap.is_finite()) {
        let help = "two numbers relative to the median, such as [0.4, 2.5]; without a cap the richest few buyers \
                    carry demand at doubled prices";
        return Err(reader.error(
            "demand.income_bounds",
            format!("is [{floor}, {cap}], expected 0 < low <= high"),
            help,
        ));
    }
    let characteristics = &market.characteristics.names;
    for name in section.sigma.keys() {
        reader.position(&format!("demand.sigma.{name}"), name, characteristics, "characteristic of this market")?;
    }
    let sigma_characteristics = characteristics
        .iter()
        .map(|name| match section.sigma.get(name) {
            Some(sigma) => reader.spread(&format!("demand.sigma.{name}"), sigma),
            None => Ok(0.0),
        })
        .collect::<Result<_, _>>()?;
    let brands = market.brands.as_slice();
    for (i, name) in section.absent_brands.iter().enumerate() {
        if brands.contains(name) {
            let message = format!("`{name}` is a brand of this market");
            return Err(reader.error(&format!("demand.absent_brands[{i}]"), message, "take it off the list"));
        }
    }
    for name in section.loyalty_deviation.keys().filter(|name| !section.absent_brands.contains(name)) {
        reader.position(&format!("demand.loyalty_deviation.{name}"), name, brands, "brand of this market")?;
    }
    let common = section.loyalty.value;
    reader.number("demand.loyalty", common, |x| (0.0..=20.0).contains(&x), "a utility between 0 and 20")?;
    let loyalty = brands
        .iter()
        .map(|brand| {
            // Owners may like to change: the sum may be below zero.
            let own = section.loyalty_deviation.get(brand).map_or(0.0, |deviation| deviation.value);
            let expected = format!("a number that with demand.loyalty, {common}, makes -20 to 20");
            let holds = |x: f64| (-20.0..=20.0).contains(&(common + x));
            Ok(common + reader.number(&format!("demand.loyalty_deviation.{brand}"), own, holds, &expected)?)
        })
        .collect::<Result<Vec<_>, ConfigError>>()?;
    let deflator = match &section.deflator {
        Some(value) => reader.number("demand.deflator", value.value, |x| (0.01..=100.0).contains(&x), "0.01 to 100")?,
        None => 1.0,
    };
    let alpha =
        reader.number("demand.alpha", section.alpha.value, |x| x > 0.0 && x <= 1e6, "above 0 and at most 1e6")?;
    Ok(DemandParameters {
        alpha: alpha / deflator,
        eta: reader.spread("demand.eta", &section.eta)?,
        income_log_sd: reader.spread("demand.income_log_sd", &section.income_log_sd)?,
        income_bounds: section.income_bounds,
        sigma_characteristics,
        sigma_import: reader.spread("demand.sigma_import", &section.sigma_import)?,
        sigma_region: reader.spread("demand.sigma_region", &section.sigma_region)?,
        sigma_outside: reader.spread("demand.sigma_outside", &section.sigma_outside)?,
        curvature: match &section.curvature {
            Some(lambda) => reader.number(
                "demand.curvature",
                lambda.value,
                |x| (0.0..=Curvature::LARGEST).contains(&x),
                "a number between 0 (logarithmic) and 10; 1 is demand linear in price",
            )?,
            None => 1.0,
        },
        loyalty: IdTable::new(loyalty),
    })
}

/// Parameters of the purchase process.
pub(super) fn holding(reader: &Reader<'_>, section: &HoldingSection) -> Result<HoldingParameters, ConfigError> {
    let lease_share = reader.fraction("holding.lease_share", &section.lease_share)?;
    for (i, weeks) in section.lease_weeks.iter().enumerate() {
        reader.number(&format!("holding.lease_weeks[{i}]"), *weeks, |x| x >= 1.0, "at least one week")?;
    }
    if lease_share > 0.0 && section.lease_weeks.is_empty() {
        let help = "give lease lengths in weeks, or set lease_share = 0";
        return Err(reader.error("holding.lease_weeks", "is empty although some intervals are leases", help));
    }
    Ok(HoldingParameters {
        lease_share,
        lease_weeks: section.lease_weeks.clone(),
        purchase_shape: reader.number(
            "holding.purchase_shape",
            section.purchase_shape.value,
            |x| (0.1..=1e4).contains(&x),
            "a number between 0.1 and 10000",
        )?,
        purchase_mean_weeks: reader.number(
            "holding.purchase_mean_weeks",
            section.purchase_mean_weeks.value,
            |x| (1.0..=1e5).contains(&x),
            "a number of weeks from 1 to 100000",
        )?,
    })
}
