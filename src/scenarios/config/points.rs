//! How many points a study may have, and replications of each.

use super::error::ConfigError;
use super::reader::Reader;

/// Most points of a study: results of each are kept until the end.
pub(super) const MAX_POINTS: usize = 20_000;
/// Most replications of a point.
const MAX_REPLICATIONS: u64 = 1_000_000;

/// Replications of every point.
pub(super) fn replications_of(reader: &Reader<'_>, key: &str, replications: u64) -> Result<u64, ConfigError> {
    reader.count(key, replications, 1, MAX_REPLICATIONS, "")
}

/// The number of points that a key makes.
pub(super) fn number_of_points(reader: &Reader<'_>, key: &str, points: u128) -> Result<usize, ConfigError> {
    match usize::try_from(points) {
        Ok(points) if (1..=MAX_POINTS).contains(&points) => Ok(points),
        _ => Err(reader.error(key, format!("makes {points} points, expected 1 to {MAX_POINTS}"), "")),
    }
}
