//! The chain from factory to buyer: `pricing.chain`, and what the vertical chain needs to know.

use super::error::ConfigError;
use super::pricing::{ChainChoice, PricingSection};
use super::reader::Reader;
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
        ("border_home_cost_share", pricing.border_home_cost_share.is_some()),
    ] {
        if given {
            let help = "it belongs to chain = \"vertical\"; leave it out, or set the chain";
            return Err(reader.error(&format!("pricing.{key}"), "is of no use under the retail chain", help));
        }
    }
    Ok(None)
}

/// Makes the market that of the vertical chain: local costs, the normal duty on the maker's price, and currencies in costs at the
/// border.
pub(super) fn make_vertical(
    reader: &Reader<'_>,
    pricing: &PricingSection,
    market: &mut Market,
    customs_value_share: f64,
    dealers_margin: f64,
) -> Result<(), ConfigError> {
    market.chain = Chain::vertical(&market.models, customs_value_share, dealers_margin).map_err(|error| {
        let help = format!("pricing.customs_value_share can be at most {:.3} here", error.largest_share);
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
