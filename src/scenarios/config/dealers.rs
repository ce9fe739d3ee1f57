//! Dealers and shipments in time: `[dealers]` and `[shipping]`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::ConfigError;
use super::reader::Reader;
use super::sourced::Sourced;
use crate::model::market::Market;
use crate::model::timing::DealerParameters;

/// Longest lag between order and landing: a year.
const MAX_LAG_WEEKS: u32 = 52;

/// Dealers' stock and transaction prices. Every parameter has a default.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DealersSection {
    /// Stock aimed at, days of forecast sales; 60 if absent.
    #[serde(default)]
    pub target_days: Option<Sourced<f64>>,
    /// Stock at the start, days of base-year sales; the target if absent.
    #[serde(default)]
    pub start_days: Option<Sourced<f64>>,
    /// The same for single manufacturers.
    #[serde(default)]
    pub start_days_by_manufacturer: BTreeMap<String, Sourced<f64>>,
    /// Smallest target stock, in sales of one buyer; 3 if absent.
    #[serde(default)]
    pub least_sales: Option<Sourced<f64>>,
    /// Change of the price per unit of the logarithm of stock over target; 0.04 if absent.
    #[serde(default)]
    pub discount_slope: Option<Sourced<f64>>,
    /// Deviation of that logarithm that leaves the price alone; 0.3 if absent.
    #[serde(default)]
    pub dead_band: Option<Sourced<f64>>,
    /// Largest discount and premium, fractions of the list price; [-0.06, 0.10] if absent.
    #[serde(default)]
    pub price_bounds: Option<[f64; 2]>,
    /// Weeks over which forecasts adapt; 13 if absent.
    #[serde(default)]
    pub forecast_weeks: Option<Sourced<f64>>,
    /// Weeks over which a gap in stock or pipeline is closed; 8 if absent.
    #[serde(default)]
    pub adjustment_weeks: Option<Sourced<f64>>,
    /// Price of a car that escaped an imposed duty, from the old list price (0: by its own lot alone) to that of the next car (1); 0.2 if absent.
    #[serde(default)]
    pub replacement_weight: Option<Sourced<f64>>,
}

/// Shipments from order to landing. Every parameter has a default.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippingSection {
    /// Weeks from order to landing of imports; 3 if absent.
    #[serde(default)]
    pub import_weeks: Option<Sourced<u32>>,
    /// Weeks from order to lot of cars assembled at home; 2 if absent.
    #[serde(default)]
    pub domestic_weeks: Option<Sourced<u32>>,
    /// Most cars that can be ordered, relative to base-year volume; 1.5 if absent.
    #[serde(default)]
    pub capacity: Option<Sourced<f64>>,
    /// The same for regions.
    #[serde(default)]
    pub capacity_by_region: BTreeMap<String, Sourced<f64>>,
    /// The same for manufacturers, before regions.
    #[serde(default)]
    pub capacity_by_manufacturer: BTreeMap<String, Sourced<f64>>,
    /// Capacity of slack weeks that can be used later, in weeks of capacity; 0 loses it, 4 if absent.
    #[serde(default)]
    pub banked_weeks: Option<Sourced<f64>>,
    /// Most weeks of sales shipped ahead, beyond the stock aimed at, while a duty is announced and landings do not owe it; 0 is never, 4 if absent.
    #[serde(default)]
    pub ahead_weeks: Option<Sourced<f64>>,
    /// Manufacturers that stop ordering listed models from the announcement to the decision; the others continue.
    #[serde(default)]
    pub suspend: Vec<String>,
}

/// Longest stock, days of sales: ten years.
const MAX_DAYS: f64 = 3_650.0;

fn at_most(reader: &Reader<'_>, key: &str, value: f64, most: f64, unit: &str) -> Result<(), ConfigError> {
    reader.number(key, value, |x| x <= most, &format!("at most {most} {unit}")).map(|_| ())
}

/// A maker's capacity, in multiples of base-year sales.
fn capacity(reader: &Reader<'_>, key: &str, value: f64) -> Result<f64, ConfigError> {
    reader.number(key, value, |x| x > 0.0 && x <= 1e3, "a number above zero, at most 1000 times base-year sales")
}

/// Parameters of dealers and their shipments, one value for each model where they differ.
pub(super) fn dealers(
    reader: &Reader<'_>,
    section: &DealersSection,
    shipping: &ShippingSection,
    market: &Market,
) -> Result<DealerParameters, ConfigError> {
    let target_days = reader.positive_or("dealers.target_days", &section.target_days, 60.0)?;
    at_most(reader, "dealers.target_days", target_days, MAX_DAYS, "days of sales")?;
    let start_days = reader.non_negative_or("dealers.start_days", &section.start_days, target_days)?;
    at_most(reader, "dealers.start_days", start_days, MAX_DAYS, "days of sales")?;
    let least_sales = reader.non_negative_or("dealers.least_sales", &section.least_sales, 3.0)?;
    at_most(reader, "dealers.least_sales", least_sales, 1e6, "cars a week")?;
    let price_bounds = section.price_bounds.unwrap_or([-0.06, 0.10]);
    let [discount, premium] = price_bounds;
    if !(discount > -1.0 && discount <= 0.0 && premium >= 0.0 && premium.is_finite()) {
        let message = format!("is [{discount}, {premium}], expected -1 < discount <= 0 <= premium");
        return Err(reader.error("dealers.price_bounds", message, "[-0.06, 0.10] is 6% off to 10% on top"));
    }
    let manufacturers = market.manufacturers.as_slice();
    let maker = |j: usize| &manufacturers[usize::from(market.models[j].manufacturer.0)];
    let region = |j: usize| &market.regions[market.models[j].region];
    known(reader, "dealers.start_days_by_manufacturer", section.start_days_by_manufacturer.keys(), manufacturers)?;
    known(reader, "shipping.capacity_by_manufacturer", shipping.capacity_by_manufacturer.keys(), manufacturers)?;
    known(reader, "shipping.capacity_by_region", shipping.capacity_by_region.keys(), market.regions.as_slice())?;
    let lag = |key: &str, weeks: &Option<Sourced<u32>>, default: u32| {
        let weeks = weeks.as_ref().map_or(default, |weeks| weeks.value);
        Ok::<_, ConfigError>(reader.count(key, weeks.into(), 1, MAX_LAG_WEEKS.into(), "")? as u32)
    };
    let import_weeks = lag("shipping.import_weeks", &shipping.import_weeks, 3)?;
    let domestic_weeks = lag("shipping.domestic_weeks", &shipping.domestic_weeks, 2)?;
    let mut start_weeks = Vec::new();
    let mut capacity_per_week = Vec::new();
    for (j, model) in market.models.iter().enumerate() {
        let days = match section.start_days_by_manufacturer.get(maker(j)) {
            Some(days) => reader.non_negative(&format!("dealers.start_days_by_manufacturer.{}", maker(j)), days)?,
            None => start_days,
        };
        start_weeks.push(days / 7.0);
        let by_maker = shipping.capacity_by_manufacturer.get(maker(j));
        let factor = match (by_maker, shipping.capacity_by_region.get(region(j))) {
            (Some(own), _) => capacity(reader, &format!("shipping.capacity_by_manufacturer.{}", maker(j)), own.value)?,
            (None, Some(own)) => capacity(reader, &format!("shipping.capacity_by_region.{}", region(j)), own.value)?,
            (None, None) => {
                capacity(reader, "shipping.capacity", shipping.capacity.as_ref().map_or(1.5, |own| own.value))?
            }
        };
        capacity_per_week.push(factor * model.base_volume / 52.0);
    }
    Ok(DealerParameters {
        target_weeks: target_days / 7.0,
        start_weeks,
        least_sales,
        discount_slope: reader.non_negative_or("dealers.discount_slope", &section.discount_slope, 0.04)?,
        dead_band: reader.non_negative_or("dealers.dead_band", &section.dead_band, 0.3)?,
        price_bounds,
        forecast_weeks: reader.weeks_or("dealers.forecast_weeks", &section.forecast_weeks, 13.0)?,
        adjustment_weeks: reader.weeks_or("dealers.adjustment_weeks", &section.adjustment_weeks, 8.0)?,
        replacement_weight: reader.fraction_or("dealers.replacement_weight", &section.replacement_weight, 0.2)?,
        banked_weeks: reader.non_negative_or("shipping.banked_weeks", &shipping.banked_weeks, 4.0)?,
        ahead_weeks: reader.non_negative_or("shipping.ahead_weeks", &shipping.ahead_weeks, 4.0)?,
        lag_weeks: market.models.iter().map(|m| if m.imported { import_weeks } else { domestic_weeks }).collect(),
        capacity_per_week,
    })
}

fn known<'n>(
    reader: &Reader<'_>,
    key: &str,
    names: impl Iterator<Item = &'n String>,
    known: &[String],
) -> Result<(), ConfigError> {
    for name in names {
        reader.position(&format!("{key}.{name}"), name, known, "name of this market")?;
    }
    Ok(())
}
