//! A static market on disk: `case.json`, `products.csv`, `agents.csv`, `scenarios.json`.
//!
//! The format is the one in which demand estimates travel: products with costs and mean utilities (or observed shares and
//! prices, from which both are recovered), buyers as integration nodes, and what-if specifications. Column names of PyBLP are
//! understood too, and any file may be gzipped. Utility is
//!
//! ```text
//! V_ij = delta_j + sum over non-price columns k of X2 of (Sigma nu_i + Pi d_i)_k x_jk - a_i p_j
//! a_i  = -(beta_price + (Sigma nu_i + Pi d_i)_price)
//! ```

mod files;
mod market;
mod rows;
mod spec;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{ConfigError, Table};
use crate::model::demand::{Population, Products};

pub use files::{MatrixFile, MatrixKind, read_matrix};
pub use spec::{Basis, CostMultiplier, HeldAt, HoldSpec, LimitSpec, OwnershipSpec, Selection, Spec, TariffSpec};

/// How closely results must agree with stored ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Prices, relative.
    pub price_rel: f64,
    /// Shares, relative.
    pub share_rel: f64,
    /// Elasticities, relative.
    pub elasticity_rel: f64,
    /// Diversion ratios, absolute.
    pub diversion_abs: f64,
    /// Consumer surplus, relative.
    pub consumer_surplus_rel: f64,
    /// Pass-through, absolute.
    pub passthrough_abs: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self {
            price_rel: 1e-12,
            share_rel: 1e-12,
            elasticity_rel: 1e-11,
            diversion_abs: 1e-12,
            consumer_surplus_rel: 1e-12,
            passthrough_abs: 1e-10,
        }
    }
}

/// A scenario as read: its specification, and results if the file has them.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseScenario {
    /// Name.
    pub name: String,
    /// The specification as written, to be written again.
    pub written: Value,
    /// The specification.
    pub spec: Spec,
    /// Stored results: arrays in the order of products, or single numbers as arrays of one.
    pub stored: BTreeMap<String, Vec<f64>>,
}

/// The vertical chain of a market: `p = (1 + t) w + D`, where the maker sets w at the border and bears marginal cost to there.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseChain {
    /// D of each product: what it costs from the border to the buyer, in the unit of prices.
    pub local_cost: Vec<f64>,
    /// t of each product in the base: the normal duty on w.
    pub base_rate: Vec<f64>,
}

/// Marginal cost that rises with what a firm sells: `c (Z/Z0)^elasticity`, Z the sum of c q over those of its products whose cost rises
/// (`model::supply::rising`).
#[derive(Clone, Debug, PartialEq)]
pub struct CaseRisingCost {
    /// Of marginal cost to Z, above 0.
    pub elasticity: f64,
    /// Whether each product's cost rises.
    pub rises: Vec<bool>,
    /// The share at which each product's cost is its marginal cost; 0 where it is not sold in the base.
    pub base_share: Vec<f64>,
}

/// A market read from a folder.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// Product identifiers, in order.
    pub product_ids: Vec<String>,
    /// Identifier of the firm of each product.
    pub firm_ids: Vec<String>,
    /// Buyers.
    pub population: Population,
    /// Products and the characteristics that buyers' tastes differ on.
    pub products: Products,
    /// Mean utility without its price term, if given: for all products, or at least for those not sold in the base; others are
    /// NaN then.
    pub delta: Option<Vec<f64>>,
    /// Marginal cost before duty, likewise.
    pub marginal_cost: Option<Vec<f64>>,
    /// Observed share, if given; NaN for products not sold in the base.
    pub observed_share: Option<Vec<f64>>,
    /// Observed price, if given.
    pub price: Option<Vec<f64>>,
    /// Where the search for prices starts, if apart from the observed price.
    pub start: Option<Vec<f64>>,
    /// Whether each product is sold in the base.
    pub on_sale: Vec<bool>,
    /// The way from the border to the buyer, if makers set prices at the border.
    pub chain: Option<CaseChain>,
    /// How cost rises with volume, where it does.
    pub rising: Option<CaseRisingCost>,
    /// lambda: how the price is felt around `price0`; 1 is a price felt as it is.
    pub curvature: f64,
    /// Raw columns of the agents file under PyBLP's names: weights, nodes and demographics.
    pub agents: Vec<(String, Vec<f64>)>,
    /// What to solve.
    pub scenarios: Vec<CaseScenario>,
    /// How closely stored results must be met.
    pub tolerance: Tolerance,
    /// Matrices stored beside the inputs.
    pub matrices: Vec<MatrixFile>,
    /// Whether the inputs are gzipped.
    pub compressed: bool,
    /// Columns of the products file as text, on the rows of this market.
    columns: BTreeMap<String, Vec<String>>,
    /// Of each product, its row in the products file as an editor counts.
    lines: Vec<usize>,
    /// Where the scenarios stand.
    specs_file: String,
    /// Where those stand whose stored results stand elsewhere, and which they are.
    taken: (String, BTreeSet<String>),
}

/// Which part of a folder to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseOptions {
    /// A file of specifications instead of the folder's `scenarios.json`.
    pub specs: Option<PathBuf>,
    /// The market, where `products.csv` holds several.
    pub market: Option<String>,
}

impl Case {
    /// Reads a folder.
    ///
    /// # Errors
    /// [`ConfigError`] naming file, row or key, the value, and what would do.
    pub fn load(folder: &Path, options: &CaseOptions) -> Result<Self, ConfigError> {
        let read = Self::read(files::CaseFiles::Folder(folder), options);
        let mut read = read.map_err(|error| files::without_strangers(folder, error))?;
        read.matrices = files::matrices(folder)?;
        folder.clone_into(&mut read.folder);
        if read.name.is_empty() {
            read.name =
                folder.file_name().map_or_else(|| "case".to_owned(), |name| name.to_string_lossy().into_owned());
        }
        Ok(read)
    }

    /// A market from the texts of its files, by their names: `case.json`, `products.csv`, `agents.csv`, `scenarios.json`.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_memory(files: &BTreeMap<String, String>, market: Option<&str>) -> Result<Self, ConfigError> {
        let options = CaseOptions { specs: None, market: market.map(str::to_owned) };
        let mut read = Self::read(files::CaseFiles::Memory(files), &options)?;
        if read.name.is_empty() {
            "market".clone_into(&mut read.name);
        }
        Ok(read)
    }

    fn read(files: files::CaseFiles<'_>, options: &CaseOptions) -> Result<Self, ConfigError> {
        let (case_file, case) = files.json("case.json")?;
        let description = market::Description::read(&case_file, &case)?;
        let products = rows::Rows::read(files, "products", options.market.as_deref())?;
        let agents = rows::Rows::read(files, "agents", options.market.as_deref())?;
        let compressed = products.compressed || agents.compressed;
        let mut read = market::assemble(&description, &products, &agents)?;
        let (specs_file, specs) = match &options.specs {
            Some(path) => files::json_at(path)?,
            None => files.json("scenarios.json")?,
        };
        read.scenarios = spec::scenarios(&specs_file, &specs, &products)?;
        if options.specs.is_some() && files.has("scenarios.json") {
            let (file, stored) = files.json("scenarios.json")?;
            let names = spec::take_stored(&file, &stored, &mut read.scenarios)?;
            read.taken = (file, names);
        }
        read.specs_file = specs_file;
        read.compressed = compressed;
        Ok(read)
    }

    /// The products a selection names, by number.
    #[must_use]
    pub fn select(&self, selection: &Selection) -> Vec<usize> {
        let matches = |j: usize| {
            selection.conditions.iter().all(|(column, values)| {
                let cell = self.columns.get(column).and_then(|column| column.get(j)).map_or("", String::as_str);
                values.iter().any(|value| rows::equal(cell, value))
            })
        };
        (0..self.product_ids.len()).filter(|&j| matches(j)).collect()
    }

    /// A column of the products file, as text.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&[String]> {
        self.columns.get(name).map(Vec::as_slice)
    }

    /// Where a product stands, such as `products.csv, row 3 (p2)`.
    #[must_use]
    pub fn place(&self, product: usize) -> String {
        let row = self.lines.get(product).map_or_else(String::new, |line| format!(", row {line}"));
        format!("products.csv{row} ({})", self.product_ids[product])
    }

    /// The name of the file that the scenarios stand in.
    #[must_use]
    pub fn specs_name(&self) -> String {
        let name = Path::new(&self.specs_file).file_name();
        name.map_or_else(|| "scenarios.json".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// A complaint about the results that are stored for a scenario.
    #[must_use]
    pub fn refuse_stored(&self, scenario: &str, message: &str, help: &str) -> ConfigError {
        let (other, names) = &self.taken;
        let file = if names.contains(scenario) { other } else { &self.specs_file };
        complain(file, format!("scenario {scenario}: {message}"), help)
    }

    /// A selection in words, such as `region = JP or EU and luxury = 1`.
    #[must_use]
    pub fn in_words(selection: &Selection) -> String {
        let condition = |(column, values): &(String, Vec<String>)| format!("{column} = {}", values.join(" or "));
        selection.conditions.iter().map(condition).collect::<Vec<_>>().join(" and ")
    }

    /// Values that the columns of a selection have, for messages.
    #[must_use]
    pub fn values_of(&self, selection: &Selection) -> String {
        let column = |(name, _): &(String, Vec<String>)| {
            let mut values: Vec<&str> = Vec::new();
            for cell in self.column(name).unwrap_or_default() {
                if !values.contains(&cell.as_str()) {
                    values.push(cell);
                }
            }
            format!("{name} has {}", crate::config::suggest::quoted(&values))
        };
        selection.conditions.iter().map(column).collect::<Vec<_>>().join("; ")
    }

    /// What an identifier stands for: `01`, `1` and `1.0` are one.
    #[must_use]
    pub fn meaning(id: &str) -> String {
        crate::config::table::meaning(id)
    }
}

/// A complaint about a JSON file.
fn complain(file: &str, message: impl Into<String>, help: impl Into<String>) -> ConfigError {
    ConfigError::of_table(file, None, message, help)
}

/// The first of these columns that the table has.
fn first_column<'a>(table: &Table, names: &[&'a str]) -> Option<&'a str> {
    names.iter().copied().find(|name| table.has_column(name))
}
