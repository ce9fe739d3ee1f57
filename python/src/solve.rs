//! Static markets.

use pyo3::prelude::*;
use stickershock::{MarketFiles, MarketOptions, SolvedMarket, on_threads};

use crate::error::Raises;
use crate::run::watched;
use crate::table::Table;

/// Equilibria of a static market.
#[pyclass(frozen, module = "stickershock._stickershock")]
pub struct Market(SolvedMarket);

#[pymethods]
impl Market {
    /// Names of the scenarios that were solved.
    fn scenarios(&self) -> Vec<&str> {
        self.0.scenarios()
    }
    /// Scenarios that were not solved, and why.
    fn failures(&self) -> Vec<(String, String)> {
        self.0.failures()
    }
    /// What keeps a result from being taken at its word.
    fn warnings(&self) -> Vec<String> {
        self.0.warnings()
    }
    /// A row a scenario and product.
    fn products(&self) -> Table {
        Table(self.0.products())
    }
    /// A row a scenario.
    fn summary(&self) -> Table {
        Table(self.0.summary())
    }
    /// What was recovered from shares and prices.
    fn recovered(&self) -> Option<Table> {
        self.0.recovered().map(Table)
    }
    /// Other equilibria that were found.
    fn other_equilibria(&self) -> Option<Table> {
        self.0.other_equilibria().map(Table)
    }
    /// A matrix of a scenario.
    fn matrix(&self, py: Python<'_>, scenario: &str, kind: &str) -> PyResult<Table> {
        self.0.matrix(scenario, kind).map(Table).raises(py)
    }
}

/// Solves a static market whose tables and descriptions are text.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the arguments of the Python function")]
pub fn solve(
    py: Python<'_>,
    products: String,
    agents: String,
    case: String,
    scenarios: String,
    market: Option<String>,
    many_starts: bool,
    matrices: bool,
    threads: usize,
) -> PyResult<Market> {
    let files = MarketFiles { products, agents, case, scenarios };
    let options = MarketOptions { market, many_starts, matrices };
    let solved =
        watched(py, None, move |watch| on_threads(threads, || SolvedMarket::solve_watched(files, &options, watch))?)?;
    Ok(Market(solved))
}
