//! Arithmetic under everything: days, elementary functions, laws, moments, quantiles, intervals and low-discrepancy points.
//!
//! Knows nothing of cars, and gives the same bits on every machine.

pub mod beta;
pub mod calendar;
pub mod draws;
pub mod elementary;
pub mod family;
pub mod gamma;
mod invert;
pub mod moments;
pub mod normal;
pub mod quantile;
pub mod ratio;
pub mod sequential;
pub mod simplex;
pub mod sobol;
pub mod student;
