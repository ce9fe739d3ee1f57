//! Results out: rows, tables, charts, and the folder they stand in.

pub mod account_rows;
#[cfg(feature = "arrow")]
pub mod arrow;
pub mod bargaining;
pub mod bargaining_study;
pub mod build;
pub mod calibration;
pub mod case;
#[cfg(feature = "charts")]
pub mod charts;
#[cfg(feature = "cli")]
pub mod claims;
pub mod contrasts;
pub mod describe;
pub mod diversion_rows;
#[cfg(feature = "charts")]
pub mod draw;
#[cfg(feature = "charts")]
pub mod draw_calibration;
#[cfg(feature = "charts")]
pub mod draw_points;
#[cfg(feature = "charts")]
pub mod draw_sensitivity;
pub mod failures;
pub mod group_rows;
pub mod indices;
pub mod lot_rows;
pub mod market_rows;
pub mod negotiation;
pub mod owner_rows;
pub mod package;
pub mod page;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod pass_through;
pub mod point_tables;
pub mod points;
pub mod record;
#[cfg(feature = "charts")]
pub mod recorded;
#[cfg(feature = "charts")]
pub mod redraw;
pub mod rows;
pub mod sensitivity;
pub mod setting_rows;
pub mod stopping;
pub mod study;
pub mod timing_rows;
pub mod words;
pub mod writer;

/// The commit that the program was built from: `unknown` outside a repository, and in a development build.
pub const COMMIT: &str = env!("STICKERSHOCK_COMMIT");
