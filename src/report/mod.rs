//! Results out: rows, tables, charts, and the folder they stand in.

pub mod build;
pub mod folder;
pub mod record;
pub mod rows;
