//! A static market, solved from tables in memory.

use std::collections::BTreeMap;

use super::error::Error;
use super::table::ResultTable;
use crate::config::case::{Case, MatrixKind};
use crate::model::demand::{Execution, StopAsked};
use crate::report::case::{
    empty_selections, matrix_text, others_text, pyblp_column, recovered_text, results_text, summary_text, warnings,
};
use crate::report::package::Resource;
use crate::report::record::Field;
use crate::study::solve::{Failed, Matrices, Solution, SolveOptions, solve};
use crate::study::{Observer, StudyError};

/// What describes a static market and asks of it, as `stickershock solve` reads it from a folder.
#[derive(Clone, Debug, Default)]
pub struct MarketFiles {
    /// `products.csv`, of this format's columns or PyBLP's: a row a product.
    pub products: String,
    /// `agents.csv`: a row a buyer, with weight, draws and demographics.
    pub agents: String,
    /// `case.json`: tastes.
    pub case: String,
    /// `scenarios.json`: what to solve.
    pub scenarios: String,
}

/// How a static market is solved.
#[derive(Clone, Debug, Default)]
pub struct MarketOptions {
    /// The market, where the tables hold several.
    pub market: Option<String>,
    /// Look for other equilibria.
    pub many_starts: bool,
    /// Form elasticities, diversion, second choices and pass-through.
    pub matrices: bool,
}

/// Equilibria of a static market.
#[derive(Clone, Debug)]
pub struct SolvedMarket {
    case: Case,
    solution: Solution,
    /// What is called otherwise here than in a folder.
    words: Vec<(&'static str, &'static str)>,
}

/// What files and columns of a folder are called where a market comes in memory, in the arguments of a call and by PyBLP's names; columns that the
/// tables have by a name keep it.
fn in_frames(files: &MarketFiles) -> Vec<(&'static str, &'static str)> {
    const PLACES: [(&str, &str); 8] = [
        ("products.csv", "products"),
        ("agents.csv", "agents"),
        ("case.json", "demand"),
        ("scenarios.json", "scenarios"),
        ("leave --market out", "leave `market` out"),
        ("--market", "`market`"),
        ("split the list and solve its parts with --specs", "solve parts of them, each in a call of its own"),
        ("with --specs, or for none with --matrices none", "in a call, or for none with `matrices` off"),
    ];
    const COLUMNS: [(&str, &str); 7] = [
        ("product_id", "product_ids"),
        ("firm_id", "firm_ids"),
        ("market_id", "market_ids"),
        ("price0", "prices"),
        ("share0", "shares"),
        // Words that are words, too.
        ("`mc`", "`costs`"),
        ("`weight`", "`weights`"),
    ];
    let header = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let headers = format!("{},{}", header(&files.products), header(&files.agents));
    let has = |column: &str| headers.split(',').any(|name| name.trim().trim_matches('"') == column.trim_matches('`'));
    PLACES.into_iter().chain(COLUMNS.into_iter().filter(|(own, _)| !has(own))).collect()
}

impl SolvedMarket {
    /// Solves every scenario, on the threads of the current pool.
    ///
    /// # Errors
    /// [`Error`] naming file, row, column and value that cannot be, or product, firm and residual where no scenario has a solution; one
    /// that has none takes no other with it ([`Self::failures`]).
    pub fn solve(files: MarketFiles, options: &MarketOptions) -> Result<Self, Error> {
        Self::solve_watched(files, options, &())
    }

    /// The same, until `observer` asks to stop: it is asked before each evaluation of demand.
    ///
    /// # Errors
    /// As [`Self::solve`], and with [`ErrorKind::Interrupted`](super::ErrorKind) where it did.
    pub fn solve_watched(files: MarketFiles, options: &MarketOptions, observer: &dyn Observer) -> Result<Self, Error> {
        let words = in_frames(&files);
        let solved = Self::solve_files(files, options, observer).map_err(|error| error.reworded(&words))?;
        Ok(Self { words, ..solved })
    }

    fn solve_files(files: MarketFiles, options: &MarketOptions, observer: &dyn Observer) -> Result<Self, Error> {
        let MarketFiles { products, agents, case, scenarios } = files;
        let files =
            [("products.csv", products), ("agents.csv", agents), ("case.json", case), ("scenarios.json", scenarios)];
        let files: BTreeMap<String, String> = files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        let case = Case::from_memory(&files, options.market.as_deref())?;
        let matrices = if options.matrices { Matrices::All } else { Matrices::None };
        let asked = || observer.cancelled();
        let execution = Execution::PARALLEL.until(StopAsked::by(&asked));
        let solution = solve(&case, &SolveOptions { execution, matrices, many_starts: options.many_starts });
        if asked() {
            return Err(StudyError::Interrupted.into());
        }
        let mut solution = solution?;
        if solution.scenarios.is_empty() && !solution.failed.is_empty() {
            return Err(solution.failed.remove(0).error.into());
        }
        Ok(Self { case, solution, words: Vec::new() })
    }

    /// Names of the scenarios that were solved, in order.
    #[must_use]
    pub fn scenarios(&self) -> Vec<&str> {
        self.solution.scenarios.iter().map(|scenario| scenario.name.as_str()).collect()
    }
    /// Scenarios that were not solved, and why.
    #[must_use]
    pub fn failures(&self) -> Vec<(String, String)> {
        let told = |failed: &Failed| Error::from(failed.error.clone()).reworded(&self.words).to_string();
        self.solution.failed.iter().map(|failed| (failed.scenario.clone(), told(failed))).collect()
    }
    /// What keeps a result from being taken at its word.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let of_results = self.solution.scenarios.iter().flat_map(|result| warnings(&self.case, result));
        empty_selections(&self.case).into_iter().chain(of_results).collect()
    }

    /// A table whose first columns are text, the others numbers, under PyBLP's names.
    fn table(name: &str, what: &str, texts: usize, key: &[&str], csv: &str) -> ResultTable {
        let header = csv.lines().next().unwrap_or_default().to_owned();
        let mut reader = csv::Reader::from_reader(header.as_bytes());
        let names = reader.headers().cloned().unwrap_or_default();
        let field = |(place, name): (usize, &str)| {
            let (name, what) = pyblp_column(name);
            if place < texts { Field::text(name, what) } else { Field::number(name, "", what) }
        };
        let fields: Vec<Field> = names.iter().enumerate().map(field).collect();
        let key = key.iter().map(|column| (*column).to_owned()).collect();
        let body = csv.split_once('\n').map_or("", |(_, body)| body);
        // Of a matrix the names are those of products, with quotes where they need them.
        let renamed = fields.iter().zip(names.iter()).all(|(field, name)| field.name == name);
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let text = if renamed { csv.to_owned() } else { format!("{}\n{body}", names.join(",")) };
        let resource = Resource { name: name.to_owned(), description: what.to_owned(), key, fields };
        ResultTable::described(&resource, text.into_bytes())
    }

    /// A row a scenario and product, under PyBLP's names where it has one: `product_ids`, `firm_ids`, `prices`, `shares`, `costs` (effective
    /// marginal cost, duty included).
    #[must_use]
    pub fn products(&self) -> ResultTable {
        let text = results_text(&self.case, &self.solution.scenarios);
        let what = "Prices, shares and profits of every product in every scenario.";
        Self::table("products", what, 3, &["scenario", "product_ids"], &text)
    }
    /// A row a scenario.
    #[must_use]
    pub fn summary(&self) -> ResultTable {
        let what = "Surplus, duty, profit and concentration of every scenario, and how well it is solved.";
        Self::table("summary", what, 1, &["scenario"], &summary_text(&self.solution.scenarios))
    }
    /// Mean utilities and marginal costs that were recovered from shares and prices; nothing where both were given.
    #[must_use]
    pub fn recovered(&self) -> Option<ResultTable> {
        let recovered = &self.solution.recovered;
        let found = recovered.inversion.is_some() || recovered.costs.is_some();
        let what = "Mean utility without its price term, and marginal cost before duty.";
        found.then(|| Self::table("recovered", what, 1, &["product_ids"], &recovered_text(&self.case, recovered)))
    }
    /// Other equilibria that were found; nothing where there are none.
    #[must_use]
    pub fn other_equilibria(&self) -> Option<ResultTable> {
        let text = others_text(&self.case, &self.solution.scenarios);
        let what = "Prices and shares of other equilibria.";
        let key = ["scenario", "equilibrium", "product_ids"];
        (text.lines().count() > 1).then(|| Self::table("other_equilibria", what, 3, &key, &text))
    }
    /// A matrix of a scenario: `elasticities`, `diversion`, `long_run_diversion` or `passthrough`, a row and a column a product.
    ///
    /// # Errors
    /// [`Error`] naming what there is, if this is none of it.
    pub fn matrix(&self, scenario: &str, kind: &str) -> Result<ResultTable, Error> {
        let known: Vec<String> = self.scenarios().into_iter().map(str::to_owned).collect();
        let result = self.solution.scenarios.iter().find(|result| result.name == scenario);
        let result = result.ok_or_else(|| Error::unknown("solved scenario", scenario, &known))?;
        let of = |kind: MatrixKind| kind.stem().to_owned();
        let known: Vec<String> = result.matrices.iter().map(|matrix| of(matrix.kind)).collect();
        let matrix = result.matrices.iter().find(|matrix| of(matrix.kind) == kind);
        let matrix = matrix.ok_or_else(|| Error::unknown("matrix", kind, &known))?;
        let what = "Rows answer to columns; see the documentation of `solve`.";
        Ok(Self::table(kind, what, 1, &["product_ids"], &matrix_text(&self.case, result, matrix)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> MarketFiles {
        let read = |name: &str| {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/income_5x30").join(name);
            std::fs::read_to_string(path).unwrap()
        };
        let scenarios = r#"[{"name": "base", "spec": {}},
            {"name": "duty", "spec": {"tariff": {"type": "retail", "rate": 0.1, "where": {"region": "JP"}}}}]"#;
        let scenarios = scenarios.to_owned();
        MarketFiles { products: read("products.csv"), agents: read("agents.csv"), case: read("case.json"), scenarios }
    }

    #[test]
    fn a_market_in_memory_is_solved_as_one_in_a_folder() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/income_5x30");
        let case = Case::load(&folder, &crate::config::case::CaseOptions::default()).unwrap();
        let stored = solve(&case, &SolveOptions::default()).unwrap();
        let options = MarketOptions { matrices: true, ..MarketOptions::default() };
        let solved = SolvedMarket::solve(files(), &options).unwrap();
        let base = stored.scenarios.iter().find(|result| result.name.starts_with("base_multi")).unwrap();
        let csv = String::from_utf8(solved.products().csv().to_vec()).unwrap();
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let place = reader.headers().unwrap().iter().position(|name| name == "prices").unwrap();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 10);
        for (row, price) in rows.iter().zip(&base.price) {
            assert_eq!(row[place].parse::<f64>().unwrap().to_bits(), price.to_bits());
        }
        assert_eq!(solved.summary().rows(), 2);
        assert_eq!(solved.matrix("duty", "passthrough").unwrap().rows(), 5);
        assert!(solved.matrix("duty", "nonsense").unwrap_err().to_string().contains("diversion"));
        assert_eq!(solved.products().key(), ["scenario", "product_ids"]);
    }

    #[test]
    fn what_is_wrong_with_a_table_is_named() {
        let mut wrong = files();
        wrong.products = wrong.products.replacen("2.309", "much", 1);
        let error = SolvedMarket::solve(wrong, &MarketOptions::default()).unwrap_err();
        assert_eq!((error.file(), error.value()), (Some("products"), Some("much")));
        assert_eq!(error.place().and_then(|place| place.line), Some(2));
        assert!(error.remedy().is_some() && error.to_string().starts_with("products, row 2 (p1): "), "{error}");
        // A column that the tables lack goes by PyBLP's name.
        let without = |change: &dyn Fn(&mut MarketFiles)| {
            let mut wrong = files();
            change(&mut wrong);
            SolvedMarket::solve(wrong, &MarketOptions::default()).unwrap_err()
        };
        let error = without(&|files| files.products = files.products.replacen("firm_id", "firma", 1));
        let key = error.place().and_then(|place| place.key.as_deref());
        assert_eq!((error.file(), key), (Some("products"), Some("firm_ids")), "{error}");
        let error = without(&|files| files.agents = files.agents.replacen("weight", "heft", 1));
        assert!(error.to_string().starts_with("agents: there is no column `weights`"), "{error}");
        let options = MarketOptions { market: Some("7".into()), ..MarketOptions::default() };
        let error = SolvedMarket::solve(files(), &options).unwrap_err();
        assert!(error.remedy().is_some_and(|remedy| remedy.contains("`market`") && !remedy.contains("--")), "{error}");
    }
}
