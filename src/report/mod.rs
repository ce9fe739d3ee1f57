//! Results out: rows, tables and charts.

pub mod rows;
