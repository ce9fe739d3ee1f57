//! The library as a program of one's own uses it: scenarios, studies, results, and one error. What stands here is kept stable; the rooms
//! behind it are not.

#[cfg(feature = "charts")]
mod charts;
#[cfg(feature = "cli")]
pub(crate) mod claims;
mod error;
mod example;
mod folder;
mod indices;
mod market;
mod plan;
mod results;
mod scenario;
mod study;
mod table;
pub(crate) mod worked;

pub use error::{Error, ErrorKind, Evidence, Place};
pub use example::{EXAMPLES, Example, files_beside};
pub use folder::{FolderOptions, ResultFolder};
pub use indices::{SensitivityIndices, UncertainInputs};
pub use market::{MarketFiles, MarketOptions, SolvedMarket};
pub use plan::StudyPlan;
pub use results::{Failure, ModelResult, Results, Told};
pub use scenario::{Scenario, Value};
pub use study::{Study, on_threads};
pub use table::{ResultColumn, ResultTable};

pub use crate::study::sensitivity_request::SensitivityRequest;
