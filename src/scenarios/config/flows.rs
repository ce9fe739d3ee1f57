//! The section `[governments.flows]`: what sanctions do to the market, given as numbers or worked out from the scenario.

use serde::Deserialize;

use super::error::ConfigError;
use super::exchange::Rates;
use super::reader::Reader;
use super::sourced::Sourced;
use crate::model::accounts::AccountParameters;
use crate::model::governments::flows::InvalidFlows;
use crate::model::governments::{FlowGrid, Flows, MarketFlows, NegotiatedRegime};
use crate::model::ids::{Id, RegionId};
use crate::model::market::Market;
use crate::model::trade::instrument::Instrument;

/// Exchange rates at which the market is solved where the file names none, as multiples of that of the base month.
const GRID: [f64; 5] = [0.8, 0.9, 1.0, 1.1, 1.25];

/// The other side of the dispute, as the accounts name it.
#[derive(Clone, Copy)]
pub(super) struct Partner<'a> {
    /// The assembly country whose currency the governments watch.
    pub country: Option<&'a str>,
    /// Its region.
    pub region: Option<&'a str>,
    /// Exchange rates.
    pub rates: Option<&'a Rates<'a>>,
}

/// What sanctions do to the market, billion USD a year: with sanctions less without. The six flows are used where `source` is
/// `given`, on the rising grid `exchange_rate`; the keys after them where it is `market`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowsSection {
    /// `given`: the numbers below; `market`: the equilibrium of the scenario's own market with and without the instrument.
    #[serde(default)]
    pub source: FlowSource,
    /// Exchange rates of the given flows, the partner's currency per USD.
    #[serde(default)]
    pub exchange_rate: Option<Sourced<Vec<f64>>>,
    /// With one exchange rate: elasticity to it of the partner's makers' loss and third parties' gain.
    #[serde(default)]
    pub exchange_rate_elasticity: Option<Sourced<f64>>,
    /// Profit lost by the makers of the threatened region.
    #[serde(default)]
    pub partner_makers_loss: Option<Sourced<Vec<f64>>>,
    /// Profit gained by the makers of other foreign regions.
    #[serde(default)]
    pub third_party_gain: Option<Sourced<Vec<f64>>>,
    /// Profit gained by the makers of domestic regions.
    #[serde(default)]
    pub home_makers_gain: Option<Sourced<Vec<f64>>>,
    /// Extra duty collected.
    #[serde(default)]
    pub extra_duty: Option<Sourced<Vec<f64>>>,
    /// Consumers' loss.
    #[serde(default)]
    pub consumers_loss: Option<Sourced<Vec<f64>>>,
    /// Loss of the dealers of flagged models.
    #[serde(default)]
    pub dealers_loss: Option<Sourced<Vec<f64>>>,
    /// Exchange rates at which the market is solved, the partner's currency per USD, rising; from 0.8 to 1.25 times that of the
    /// base month if absent.
    #[serde(default)]
    pub grid: Option<Vec<f64>>,
    /// The instrument whose flows `negotiate` uses; that of the first negotiated regime if absent.
    #[serde(default)]
    pub instrument: Option<String>,
    /// Region whose makers are threatened; `accounts.partner` if absent.
    #[serde(default)]
    pub exporter: Option<String>,
    /// Dealers' gross margin on a car, a share of its base-year list price; 0.10 if absent.
    #[serde(default)]
    pub dealers_margin: Option<Sourced<f64>>,
    /// Part of that margin that a car not sold saves; 0.4 if absent.
    #[serde(default)]
    pub dealers_avoidable: Option<Sourced<f64>>,
}

/// Where market flows come from.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum FlowSource {
    /// The numbers in the file, or the defaults.
    #[default]
    Given,
    /// The scenario's own demand at Bertrand-Nash prices.
    Market,
}

/// The flows given as numbers; none where they come from the market, or where nobody bargains.
pub(super) fn given(reader: &Reader<'_>, section: &FlowsSection) -> Result<MarketFlows, ConfigError> {
    let columns = [
        &section.partner_makers_loss,
        &section.third_party_gain,
        &section.home_makers_gain,
        &section.extra_duty,
        &section.consumers_loss,
        &section.dealers_loss,
    ];
    let rates = &section.exchange_rate;
    if rates.is_none() && section.exchange_rate_elasticity.is_none() && columns.iter().all(|column| column.is_none()) {
        return Ok(MarketFlows::none());
    }
    let need = |name: &str| {
        let message = format!("has no `{name}`");
        reader.error("governments.flows", message, "give `exchange_rate` and all six flows, or `source = \"market\"`")
    };
    let rates = &rates.as_ref().ok_or_else(|| need("exchange_rate"))?.value;
    let mut values = Vec::with_capacity(columns.len());
    for (name, column) in Flows::NAMES.into_iter().zip(columns) {
        let column = &column.as_ref().ok_or_else(|| need(name))?.value;
        if column.len() != rates.len() {
            let message = format!("has {} values for {} exchange rates", column.len(), rates.len());
            return Err(reader.error(
                &format!("governments.flows.{name}"),
                message,
                "give one for each rate in `exchange_rate`",
            ));
        }
        values.push(column);
    }
    let flows: Vec<Flows> = (0..rates.len())
        .map(|i| Flows {
            partner_makers_loss: values[0][i],
            third_party_gain: values[1][i],
            home_makers_gain: values[2][i],
            extra_duty: values[3][i],
            consumers_loss: values[4][i],
            dealers_loss: values[5][i],
        })
        .collect();
    let grid = MarketFlows::from_grid(rates.clone(), flows.clone()).map_err(|error| {
        let key = match &error {
            InvalidFlows::Flow { flow, .. } => flow,
            InvalidFlows::Empty | InvalidFlows::Length { .. } | InvalidFlows::Rate { .. } => "exchange_rate",
        };
        reader.error(&format!("governments.flows.{key}"), error.to_string(), "")
    })?;
    let Some(elasticity) = &section.exchange_rate_elasticity else { return Ok(grid) };
    let key = "governments.flows.exchange_rate_elasticity";
    let elasticity = reader.number(key, elasticity.value, |x| x.abs() <= 10.0, "a number between -10 and 10")?;
    match (rates.as_slice(), flows.as_slice()) {
        ([rate], [flows]) => Ok(MarketFlows::with_elasticity(*rate, *flows, elasticity)),
        _ => {
            let help = "leave it out: the grid says how flows move with the rate";
            Err(reader.error(key, format!("is given beside a grid of {} exchange rates", rates.len()), help))
        }
    }
}

/// How the flows are worked out from the market, if they are.
pub(super) fn grid(
    reader: &Reader<'_>,
    section: &FlowsSection,
    market: &Market,
    instruments: &[Instrument],
    regimes: &[NegotiatedRegime],
    partner: Partner<'_>,
) -> Result<Option<FlowGrid>, ConfigError> {
    if section.source == FlowSource::Given {
        return Ok(None);
    }
    let key = |name: &str| format!("governments.flows.{name}");
    let (assembly_country, base_rate) = base_rate(reader, partner)?;
    let rates = section.grid.clone().unwrap_or_else(|| GRID.map(|ratio| ratio * base_rate).to_vec());
    if rates.is_empty()
        || rates.iter().any(|rate| !(rate.is_finite() && *rate > 0.0))
        || rates.windows(2).any(|w| w[0] >= w[1])
    {
        let message = format!("is {rates:?}, expected positive rates in rising order");
        return Err(reader.error(&key("grid"), message, "such as [75.0, 95.0, 120.0]"));
    }
    let names: Vec<String> = instruments.iter().map(|instrument| instrument.name.clone()).collect();
    let instrument = match (&section.instrument, regimes.first()) {
        (Some(name), _) => reader.position(&key("instrument"), name, &names, "instrument of this scenario")?,
        (None, Some(negotiated)) => negotiated.instrument,
        // Nobody bargains in a run without a negotiated regime.
        (None, None) => return Ok(None),
    };
    let regions = market.regions.as_slice();
    let Some(exporter) = section.exporter.as_deref().or(partner.region) else {
        let help = "add `exporter = REGION` here, or `partner = REGION` to [accounts]";
        return Err(reader.error(&key("source"), "no region's makers are threatened", help));
    };
    let exporter = reader.position(&key("exporter"), exporter, regions, "region of this market")?;
    let default = AccountParameters::default();
    let fraction = |name: &str, given: &Option<Sourced<f64>>, default: f64| match given {
        Some(value) => reader.fraction(&key(name), value),
        None => Ok(default),
    };
    Ok(Some(FlowGrid {
        rates,
        base_rate,
        instrument,
        assembly_country,
        exporter: RegionId::from_index(exporter),
        accounts: AccountParameters {
            dealers_margin: fraction("dealers_margin", &section.dealers_margin, default.dealers_margin)?,
            dealers_avoidable: fraction("dealers_avoidable", &section.dealers_avoidable, default.dealers_avoidable)?,
            local_margin_share: 0.0,
        },
    }))
}

/// The country whose currency the governments watch, and its rate in the base month, units per dollar.
fn base_rate(reader: &Reader<'_>, partner: Partner<'_>) -> Result<(String, f64), ConfigError> {
    let without = |what: &str| {
        let help = "costs are known at the base month's rate, and move with it from there";
        reader.error("governments.flows.source", format!("`market` needs {what}"), help)
    };
    let rates = partner.rates.ok_or_else(|| without("an [exchange_rate] section"))?;
    let country = partner.country.ok_or_else(|| without("`partner_countries` in [accounts]"))?;
    let rate = rates.in_base_month(country);
    let rate = rate.ok_or_else(|| without(&format!("the currency of {country} in [exchange_rate.currency]")))?;
    Ok((country.to_owned(), rate))
}
