//! Results out: rows, tables, charts, and the folder they stand in.

pub mod account_rows;
pub mod bargaining;
pub mod build;
pub mod case;
#[cfg(feature = "charts")]
pub mod charts;
#[cfg(feature = "charts")]
pub mod draw;
#[cfg(feature = "charts")]
pub mod draw_points;
#[cfg(feature = "charts")]
pub mod draw_sensitivity;
pub mod failures;
pub mod folder;
pub mod indices;
pub mod lot_rows;
pub mod manifest;
pub mod market_rows;
pub mod negotiation;
pub mod points;
pub mod record;
pub mod rows;
pub mod sensitivity;
pub mod study;
pub mod timing_rows;
