//! Metrics that a scenario names.

use super::error::ConfigError;
use super::reader::Reader;
use crate::model::scenario::Scenario;

/// What is wrong with a metric that runs do not give.
pub const NEVER: &str = "is never a number here";
/// What to do about it.
pub const DRAWN_INSTEAD: &str = "name drawn sales, such as units_all: in runs in time expected sales are not defined";

/// Refuses a metric that this scenario's runs never give.
pub(super) fn is_a_number(
    reader: &Reader<'_>,
    key: &str,
    metric: &str,
    scenario: &Scenario,
) -> Result<(), ConfigError> {
    if scenario.gives(metric) {
        return Ok(());
    }
    Err(reader.error(key, format!("`{metric}` {NEVER}"), DRAWN_INSTEAD))
}
