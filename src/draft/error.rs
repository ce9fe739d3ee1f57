//! Why no scenario can be drafted.

use crate::config::ConfigError;
use crate::folder::OutputError;
use crate::study::StudyError;

/// Why no scenario can be drafted.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// What is asked for contradicts itself, or stands in the way of something.
    #[error("{0}")]
    Request(String),
    /// The table, or what was estimated on it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A market that cannot be solved.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// The folder cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}
