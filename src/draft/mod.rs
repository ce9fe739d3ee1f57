//! A scenario drafted from a table of products: it runs as it is, with defaults for what the table does not say.
//!
//! What is missing and cannot be assumed is reported all at once. What is taken and what is assumed is given back, and said in the scenario.
//!
//! - [`DraftRequest`]: the table, and what is said of it;
//! - `sheet`: the table as it comes; `columns`: which column is what; `names`, `origin`: products, makers and places;
//! - `estimates`: demand as others estimated it; `volumes`: units and purchase events; `reading`: all that the table says;
//! - `response`, `trying`: a price response at which the base year can be solved; `writing`: the files as text; `settling`: what leads there.

mod columns;
mod error;
mod estimates;
mod names;
mod notes;
mod origin;
mod reading;
mod request;
mod response;
mod settling;
mod sheet;
mod trying;
mod volumes;
mod writing;

pub use columns::{Role, stated};
pub use error::DraftError;
pub use request::DraftRequest;
pub use settling::Drafted;
