//! The `[accounts]` section: dealers' margins, whose profits are whose, and the country the dispute is with.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::ConfigError;
use super::exchange::Rates;
use super::reader::Reader;
use super::sourced::Sourced;
use crate::model::accounts::{AccountParameters, AccountSettings, InvalidOwners, Owners};
use crate::model::governments::ExchangePath;
use crate::model::ids::{Id, ManufacturerId, RegionId};
use crate::model::market::Market;

/// Dealers' margins, owners of the manufacturers, and the partner of the dispute. What is left out has its default.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountsSection {
    /// Name of the importing country on charts; "Importing country" if absent.
    #[serde(default)]
    pub home: Option<String>,
    /// Dealers' gross margin on a car, a fraction of its base-year list price; 0.10 if absent.
    #[serde(default)]
    pub dealers_margin: Option<Sourced<f64>>,
    /// Part of that margin that a car not sold would save; 0.4 if absent.
    #[serde(default)]
    pub dealers_avoidable: Option<Sourced<f64>>,
    /// Chain `vertical`: part of local costs beyond the dealer's margin that is importers' margin; 0, all of it resources, if absent.
    #[serde(default)]
    pub local_margin_share: Option<Sourced<f64>>,
    /// Region in which a manufacturer's profits are owned; the region of most of its base-year volume if absent.
    #[serde(default)]
    pub owner_region: BTreeMap<String, String>,
    /// Region of the country that the dispute is with; without it there is no bilateral trade to report.
    #[serde(default)]
    pub partner: Option<String>,
    /// Assembly countries whose cars are imports from the partner; the currency of the first is the partner's.
    #[serde(default)]
    pub partner_countries: Vec<String>,
    /// Region whose exporters gain the orders that the partner's retaliation moves.
    #[serde(default)]
    pub rival: Option<String>,
    /// Bilateral trade deficit by calendar year, USD, without the changes simulated; the last one holds for later years.
    #[serde(default)]
    pub deficit_usd: BTreeMap<String, Sourced<f64>>,
    /// Elasticity of the deficit after the last of these years to the exchange rate a year before; 0, a constant deficit, if absent.
    #[serde(default)]
    pub deficit_elasticity: Option<Sourced<f64>>,
}

impl AccountsSection {
    /// The assembly country whose currency is the partner's: the first of its countries.
    pub(super) fn partner_country(&self) -> Option<&str> {
        self.partner_countries.first().map(String::as_str)
    }
}

/// Checks the section against the market.
pub(super) fn accounts(
    reader: &Reader<'_>,
    section: Option<&AccountsSection>,
    rates: Option<&Rates<'_>>,
    market: &Market,
) -> Result<AccountSettings, ConfigError> {
    let default = AccountsSection::default();
    let section = section.unwrap_or(&default);
    let mut parameters = AccountParameters::default();
    if let Some(margin) = &section.dealers_margin {
        parameters.dealers_margin = reader.fraction("accounts.dealers_margin", margin)?;
    }
    if let Some(avoidable) = &section.dealers_avoidable {
        parameters.dealers_avoidable = reader.fraction("accounts.dealers_avoidable", avoidable)?;
    }
    if let Some(share) = &section.local_margin_share {
        parameters.local_margin_share = reader.fraction("accounts.local_margin_share", share)?;
    }
    let regions = market.regions.as_slice();
    let mut given = Vec::new();
    for (maker, region) in &section.owner_region {
        let key = format!("accounts.owner_region.{maker}");
        let makers = market.manufacturers.as_slice();
        let maker = reader.position(&key, maker, makers, "manufacturer of this market")?;
        let region = reader.position(&key, region, regions, "region of this market")?;
        given.push((ManufacturerId::from_index(maker), RegionId::from_index(region)));
    }
    let owners = Owners::new(market, &given).map_err(|error| {
        let help = match &error {
            InvalidOwners::MoreThanAll { .. } => "make the shares of its holders sum to at most 1",
            InvalidOwners::Circle { .. } => "leave some of it to shareholders: make one of the shares smaller",
        };
        reader.error("market.holding", error.to_string(), help)
    })?;
    let region = |key: &str, name: &Option<String>| match name {
        None => Ok(None),
        Some(name) => {
            let position = reader.position(key, name, regions, "region of this market")?;
            Ok::<_, ConfigError>(Some(RegionId::from_index(position)))
        }
    };
    let partner = region("accounts.partner", &section.partner)?;
    if let Some(at_home) = partner.filter(|region| market.domestic[*region]) {
        let message = format!("`{}` is a domestic region", market.regions[at_home]);
        return Err(reader.error("accounts.partner", message, "the partner is another country"));
    }
    let countries: Vec<String> = market.models.iter().map(|model| model.assembly_country.clone()).collect();
    for (i, country) in section.partner_countries.iter().enumerate() {
        reader.position(
            &format!("accounts.partner_countries[{i}]"),
            country,
            &countries,
            "assembly country of this market",
        )?;
    }
    let mut deficit_usd = Vec::new();
    for (year, value) in &section.deficit_usd {
        let key = format!("accounts.deficit_usd.{year}");
        let parsed = year.parse::<i16>().ok().filter(|year| (1800..=2200).contains(year));
        let Some(parsed) = parsed else {
            return Err(reader.error(&key, format!("`{year}` is no calendar year"), "a year such as 1994"));
        };
        let usd = reader.number(&key, value.value, |usd| usd.abs() <= 1e15, "US dollars, at most 1e15")?;
        deficit_usd.push((parsed, usd));
    }
    deficit_usd.sort_by_key(|(year, _)| *year);
    let deficit_elasticity = match &section.deficit_elasticity {
        None => 0.0,
        Some(value) => {
            let help = "an elasticity between -10 and 10, such as 1.5";
            reader.number("accounts.deficit_elasticity", value.value, |x| x.abs() <= 10.0, help)?
        }
    };
    // A deficit that follows no rate needs none.
    let followed = match (section.partner_country(), rates) {
        (Some(country), Some(rates)) if deficit_elasticity != 0.0 => rates.monthly(country)?,
        _ => None,
    };
    Ok(AccountSettings {
        home: section.home.clone().unwrap_or_else(|| "Importing country".into()),
        parameters,
        owners,
        partner,
        partner_countries: section.partner_countries.clone(),
        rival: region("accounts.rival", &section.rival)?,
        deficit_usd,
        deficit_elasticity,
        deficit_rates: match followed {
            Some((first, monthly)) => ExchangePath::monthly(first, monthly),
            None => ExchangePath::constant(1.0),
        }
        .map_err(|error| reader.error("exchange_rate.data", error.to_string(), ""))?,
    })
}
