//! Seed, replications and baseline: `[run]`.

use serde::Deserialize;

use super::error::ConfigError;
use super::reader::Reader;
use crate::model::governments::Bargaining;
use crate::model::ids::{Id, IdTable, RegimeId};
use crate::model::trade::regime::Regime;

/// Most replications.
pub(super) const MAX_REPLICATIONS: u64 = 10_000_000;

/// Seed, replications, baseline.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
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
    /// The regime that the others are compared with, which no government negotiates.
    pub(super) fn baseline(
        &self,
        reader: &Reader<'_>,
        regimes: &IdTable<RegimeId, Regime>,
        bargaining: Option<&Bargaining>,
    ) -> Result<RegimeId, ConfigError> {
        let names: Vec<String> = regimes.values().map(|regime| regime.name.clone()).collect();
        let baseline = reader.position("run.baseline", &self.baseline, &names, "regime of this scenario")?;
        let baseline = RegimeId::from_index(baseline);
        if bargaining.is_some_and(|bargaining| bargaining.of_regime(baseline).is_some()) {
            let help = "compare with a regime that is the same in every replication, such as the status quo";
            return Err(reader.error("run.baseline", format!("`{}` is negotiated", self.baseline), help));
        }
        Ok(baseline)
    }
}
