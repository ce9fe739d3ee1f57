//! Supply: how manufacturers set prices.

pub mod rule;
