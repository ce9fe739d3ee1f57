//! From files to checked values: the way in.
//!
//! A scenario is a TOML [`document`] that may extend others and be overridden from the command line; its data are CSV
//! tables. Both remember where each value was written, so that any complaint, including those found long after
//! parsing, names the file, the line or row, the value and what would do instead ([`ConfigError`]).

pub mod accounts;
mod buyers;
pub mod calibration;
pub mod case;
mod chain;
pub mod claims;
mod dealers;
mod demand;
pub mod design;
pub mod document;
mod error;
mod exchange;
pub mod figures;
mod fit;
mod flows;
pub mod governments;
mod groups;
pub mod instruments;
pub mod listed;
mod loaded;
mod market;
mod metrics;
pub mod moments;
mod month;
mod on_sale;
mod outputs;
pub mod parameters;
mod points;
mod pricing;
pub mod problem;
mod reader;
mod regimes;
mod run;
pub mod scenario;
mod source;
mod sourced;
pub mod stop;
pub mod suggest;
pub mod sweep;
pub mod table;
mod time;
mod timing;
pub mod uncertainty;
pub mod warnings;

pub use design::StudyDesign;
pub use document::{Document, Origin};
pub use error::{Complaint, ConfigError, Location, NotUtf8, TableCell, TableComplaint, UnreadFile, harmless};
#[cfg(feature = "schema")]
pub use loaded::derived_schema;
pub use loaded::{DataFile, Loaded, load, load_from};
pub use market::MAX_MODELS;
pub use metrics::{DRAWN_INSTEAD, NEVER};
pub use parameters::UncertainParameters;
pub use source::{LONGEST_DATA, Source};
pub use sourced::{Sourced, Status};
pub use table::Table;
