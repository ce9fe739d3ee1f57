//! Seed, replications and baseline: `[run]`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::error::ConfigError;
use super::reader::Reader;

/// Most replications.
pub(super) const MAX_REPLICATIONS: u64 = 10_000_000;

/// Seed, replications, baseline.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunSection {
    /// Seed of all random streams; every number is a seed, 0 too.
    pub seed: u64,
    /// Number of replications.
    pub replications: u64,
    /// Name of the regime that the others are compared with.
    pub baseline: String,
}

impl RunSection {
    /// The replications asked for.
    pub(super) fn replications(&self, reader: &Reader<'_>) -> Result<u64, ConfigError> {
        reader.count("run.replications", self.replications, 1, MAX_REPLICATIONS, "")
    }
}
