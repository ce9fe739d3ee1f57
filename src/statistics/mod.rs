//! Moments, quantiles and intervals. Knows nothing of cars.

pub mod moments;
pub mod quantile;
