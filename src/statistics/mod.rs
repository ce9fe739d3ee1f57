//! Moments, quantiles, intervals and low-discrepancy points. Knows nothing of cars.

pub mod moments;
pub mod quantile;
pub mod sobol;
