//! The chain from factory to buyer: `pricing.chain`, and what the vertical chain needs to know.

use super::error::ConfigError;
use super::market::{ByModel, MarketSection};
use super::pricing::{ChainChoice, PricingSection};
use super::reader::Reader;
use super::sourced::Sourced;
use crate::model::market::{DutyBasis, Market};
use crate::model::trade::chain::Chain;

/// Share of home currency in an import's cost at the border where the scenario says nothing.
const BORDER_HOME_COST_SHARE: f64 = 0.95;

/// Customs value as a share of base-year list prices under the vertical chain; none under the retail chain.
pub(super) fn vertical_share(
    reader: &Reader<'_>,
    pricing: &PricingSection,
    market: &Market,
) -> Result<Option<f64>, ConfigError> {
    if pricing.chain == ChainChoice::Vertical {
        let share = match &pricing.customs_value_share {
            Some(share) => reader.customs_share("pricing.customs_value_share", share)?,
            None => market.normal_duty.customs_value_share,
        };
        return Ok(Some(share));
    }
    for (key, given) in [
        ("customs_value_share", pricing.customs_value_share.is_some()),
        ("customs_value_shares", !pricing.customs_value_shares.is_empty()),
        ("customs_value_share_column", pricing.customs_value_share_column.is_some()),
        ("border_home_cost_share", pricing.border_home_cost_share.is_some()),
    ] {
        if given {
            let help = "it belongs to chain = \"vertical\"; leave it out, or set the chain";
            return Err(reader.error(&format!("pricing.{key}"), "is of no use under the retail chain", help));
        }
    }
    Ok(None)
}

/// Customs value of each model as a share of its base-year list price, where it is `share` for those of which nothing else is said.
pub(super) fn vertical_shares(
    reader: &Reader<'_>,
    pricing: &PricingSection,
    section: &MarketSection,
    market: &Market,
    share: f64,
) -> Result<Vec<f64>, ConfigError> {
    let by_model = ByModel {
        key: "pricing",
        table: ("customs_value_shares", &pricing.customs_value_shares),
        column: ("customs_value_share_column", &pricing.customs_value_share_column),
        absent: Some(share),
    };
    let shares = by_model.of(reader, section, &market.models, market.regions.as_slice())?;
    let checked = |(key, share): (Option<String>, f64)| match key {
        Some(key) => reader.customs_share(&key, &Sourced::bare(share)),
        None => Ok(share),
    };
    shares.into_iter().map(checked).collect()
}

/// Makes the market that of the vertical chain: local costs, the normal duty on the maker's price, and currencies in costs at the
/// border.
pub(super) fn make_vertical(
    reader: &Reader<'_>,
    pricing: &PricingSection,
    market: &mut Market,
    customs_value_shares: &[f64],
    dealers_margin: f64,
) -> Result<(), ConfigError> {
    market.chain = Chain::vertical(&market.models, customs_value_shares, dealers_margin).map_err(|error| {
        let help = format!("its share (pricing.customs_value_share) can be at most {:.3}", error.largest_share);
        reader.error("pricing.chain", error.to_string(), help)
    })?;
    market.normal_duty.basis = DutyBasis::Border;
    market.normal_duty.customs_value_share = 1.0;
    market.home_cost_share = match &pricing.border_home_cost_share {
        Some(share) => reader.fraction("pricing.border_home_cost_share", share)?,
        None => BORDER_HOME_COST_SHARE,
    };
    Ok(())
}
