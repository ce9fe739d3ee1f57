//! Moments, quantiles, intervals and low-discrepancy points. Knows nothing of cars.

pub mod family;
pub mod moments;
pub mod quantile;
pub mod ratio;
pub mod sequential;
pub mod sobol;
