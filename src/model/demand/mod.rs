//! Demand: what a population of buyers buys at given prices.

pub mod choice;
pub mod kernel;
