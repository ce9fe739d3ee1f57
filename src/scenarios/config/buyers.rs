//! The population of buyers: `[buyers]`.

use serde::Deserialize;

use super::error::ConfigError;
use super::reader::Reader;
use crate::model::scenario::PopulationMode;

/// Most buyers: more would not fit the memory of an ordinary machine.
const MAX_BUYERS: usize = 1 << 23;

/// The population of buyers.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuyersSection {
    /// Number of buyers, best a power of two.
    pub count: usize,
    /// Whether replications share the buyers.
    #[serde(default)]
    pub population: PopulationMode,
    /// Buyers on whom equilibrium prices are solved, at most.
    #[serde(default = "default_pricing_nodes")]
    pub pricing_nodes: usize,
}

fn default_pricing_nodes() -> usize {
    16_384
}

impl BuyersSection {
    /// Buyers in the population.
    pub(super) fn count(&self, reader: &Reader<'_>) -> Result<usize, ConfigError> {
        let help = "8192 is enough without dealer stock";
        Ok(reader.count("buyers.count", self.count as u64, 2, MAX_BUYERS as u64, help)? as usize)
    }

    /// Buyers on whom prices are solved, at most.
    pub(super) fn pricing_nodes(&self, reader: &Reader<'_>) -> Result<usize, ConfigError> {
        Ok(reader.count("buyers.pricing_nodes", self.pricing_nodes as u64, 1, MAX_BUYERS as u64, "")? as usize)
    }
}
