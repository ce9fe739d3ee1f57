//! What a draft is asked for.

use std::path::PathBuf;

use super::columns::Role;

/// Elasticities that are tried until no cost is below zero.
const ELASTICITIES: [f64; 8] = [4.0, 5.0, 6.0, 8.0, 10.0, 14.0, 20.0, 30.0];

/// A table of products, and what is said of it; what is absent is guessed or has a default.
#[derive(Clone, Debug, Default)]
pub struct DraftRequest {
    /// The table, one product a row, or the folder of a `solve` case.
    pub table: PathBuf,
    /// Rows to take, as `column=value`; all conditions hold.
    pub rows: Vec<String>,
    /// Columns that the guess has wrong.
    pub columns: Vec<(Role, String)>,
    /// Demand as estimated: the folder of a `solve` case, its case.json, or PyBLP's results as JSON.
    pub demand: Option<PathBuf>,
    /// The buyers of `demand`; agents.csv beside it if absent.
    pub agents: Option<PathBuf>,
    /// Price response of the median buyer, per thousand USD, above 0.
    pub alpha: Option<f64>,
    /// Mean own-price elasticity of the base year that the price response is set for, without its sign, above 0.
    pub elasticity: Option<f64>,
    /// Purchase events a year, above 0.
    pub size: Option<f64>,
    /// Share of purchase events that end without any of the products, between 0 and 1.
    pub outside: Option<f64>,
    /// USD of one unit of the price column, above 0.
    pub price_unit: Option<f64>,
    /// Regions and countries that are at home.
    pub home: Vec<String>,
}

impl DraftRequest {
    /// Elasticities that are tried: the one that is asked for, or several until no cost is below zero.
    pub(super) fn asked(&self) -> Vec<f64> {
        self.elasticity.map_or_else(|| ELASTICITIES.to_vec(), |asked| vec![asked])
    }
}
