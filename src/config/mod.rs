//! From files to checked values: the way in.
//!
//! A scenario is a TOML [`document`] that may extend others and be overridden from the command line; its data are CSV
//! tables. Both remember where each value was written, so that any complaint, including those found long after
//! parsing, names the file, the line or row, the value and what would do instead ([`ConfigError`]).

pub mod document;
mod error;
mod sourced;
mod suggest;

pub use document::{Document, Origin};
pub use error::{Complaint, ConfigError, Location};
pub use sourced::{Sourced, Status};
