//! Why a scenario has no moments.

use crate::model::demand::DemandError;
use crate::model::plan::PlanError;
use crate::model::world::WorldError;
use crate::study::StudyError;

/// Why a scenario has no moments.
#[derive(Debug, thiserror::Error)]
pub enum MomentError {
    /// The base year or a regime cannot be solved.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// Prices under an instrument.
    #[error("prices with `{instrument}` imposed: {error}")]
    Plan {
        /// The instrument or exchange rate.
        instrument: String,
        /// What is wrong.
        error: PlanError,
    },
    /// Demand cannot be evaluated.
    #[error(transparent)]
    Demand(#[from] DemandError),
    /// A moment that is no number here.
    #[error("{0}")]
    Undefined(String),
}

impl From<WorldError> for MomentError {
    fn from(error: WorldError) -> Self {
        Self::Study(error.into())
    }
}
