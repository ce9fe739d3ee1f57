//! Demand: what a population of buyers buys at given prices.

pub mod kernel;
