//! Solved cases on disk: `scenarios.json` and matrices in the format they came in, and comparison with stored results.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use serde_json::{Value, json};

use super::record::quoted;
use crate::config::case::{Case, MatrixKind, Tolerance, read_matrix};
use crate::config::{ConfigError, harmless};
use crate::folder::{OutputError, OutputFolder};
use crate::model::demand::{Concentration, few_buyers};
use crate::model::fixed_point::SearchReport;
use crate::model::supply::{Deviation, NegativeCost};
use crate::study::solution::{CaseMatrix, Recovered, ScenarioResult};

/// How one quantity of one scenario compares with what is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Scenario.
    pub scenario: String,
    /// Quantity, or kind of matrix.
    pub quantity: String,
    /// Largest difference, in the sense of the tolerance.
    pub largest: f64,
    /// Where: a product, or a place in a matrix.
    pub at: String,
    /// The tolerance.
    pub tolerance: f64,
}

impl Difference {
    /// Whether the difference is within its tolerance.
    #[must_use]
    pub fn within(&self) -> bool {
        self.largest <= self.tolerance
    }
}

/// Compares results with those stored beside the inputs: every array and number, and every matrix formed.
///
/// Quantities formed from prices and shares by subtraction are judged on the scale of what they are formed from.
///
/// # Errors
/// [`ConfigError`] when a stored matrix cannot be read, or an array stored has not as many numbers as there are.
pub fn compare(case: &Case, results: &[ScenarioResult]) -> Result<Vec<Difference>, ConfigError> {
    let mut differences = Vec::new();
    results.iter().try_for_each(|result| check_lengths(case, result))?;
    let tolerance = case.tolerance;
    for result in results {
        let Some(stored) = case.scenarios.iter().find(|scenario| scenario.name == result.name) else { continue };
        let mut judge = |quantity: &str, ours: &[f64], scale: &dyn Fn(usize, f64) -> f64, tolerance: f64| {
            if let Some(theirs) = stored.stored.get(quantity) {
                let name = |j: usize| result.products.get(j).map(|&j| case.product_ids[j].clone()).unwrap_or_default();
                differences.push(difference(result, quantity, ours, theirs, scale, tolerance, &name));
            }
        };
        let own = |_: usize, stored: f64| stored.abs();
        let one = |_: usize, _: f64| 1.0;
        let price = |j: usize, _: f64| result.price[j];
        let outlay = |j: usize, _: f64| result.price[j] * result.share[j];
        for (quantity, ours) in result.arrays() {
            match quantity {
                "share" => judge(quantity, ours, &own, tolerance.share_rel),
                "own_elasticity" => judge(quantity, ours, &own, tolerance.elasticity_rel),
                "outside_diversion" => judge(quantity, ours, &one, tolerance.diversion_abs),
                "markup_over_effective_cost" | "duty_per_unit" | "price_change" => {
                    judge(quantity, ours, &price, tolerance.price_rel);
                }
                "lerner_effective" => judge(quantity, ours, &one, tolerance.price_rel),
                // Revenues and profits carry the error of a price and that of a share.
                "duty_revenue" | "net_profit" => {
                    judge(quantity, ours, &outlay, tolerance.price_rel + tolerance.share_rel);
                }
                _ => judge(quantity, ours, &own, tolerance.price_rel),
            }
        }
        let surplus = |_: usize, _: f64| {
            (result.consumer_surplus.abs()).max((result.consumer_surplus - result.delta_consumer_surplus).abs())
        };
        judge("outside_share_reported", &[result.outside_share_reported], &own, tolerance.share_rel);
        judge("consumer_surplus", &[result.consumer_surplus], &own, tolerance.consumer_surplus_rel);
        judge("delta_consumer_surplus", &[result.delta_consumer_surplus], &surplus, tolerance.consumer_surplus_rel);
        judge("hhi", &[result.hhi], &own, 2.0 * tolerance.share_rel);
        differences.extend(compare_matrices(case, result, tolerance)?);
    }
    Ok(differences)
}

/// Proves that the arrays stored for a scenario are as long as those that were found.
fn check_lengths(case: &Case, result: &ScenarioResult) -> Result<(), ConfigError> {
    let Some(stored) = case.scenarios.iter().find(|scenario| scenario.name == result.name) else { return Ok(()) };
    let arrays = result.arrays().into_iter().map(|(name, ours)| (name, ours.len()));
    let numbers = ["outside_share_reported", "consumer_surplus", "delta_consumer_surplus", "hhi"].map(|name| (name, 1));
    for (name, count) in arrays.chain(numbers) {
        if let Some(found) = stored.stored.get(name).map(Vec::len).filter(|found| *found != count) {
            let message = format!("{name} has {found} values, expected {count}");
            let help = "store one number for each product on sale, in the order of products.csv, or take the key out";
            return Err(case.refuse_stored(&result.name, &message, help));
        }
    }
    Ok(())
}

/// Scenarios that were solved and have nothing stored to be compared with, by their names.
#[must_use]
pub fn not_compared<'a>(results: &'a [ScenarioResult], differences: &[Difference]) -> Vec<&'a str> {
    let lacks = |result: &&ScenarioResult| differences.iter().all(|difference| difference.scenario != result.name);
    results.iter().filter(lacks).map(|result| result.name.as_str()).collect()
}

fn compare_matrices(
    case: &Case,
    result: &ScenarioResult,
    tolerance: Tolerance,
) -> Result<Vec<Difference>, ConfigError> {
    let mut differences = Vec::new();
    let columns = result.products.len();
    for matrix in &result.matrices {
        let of =
            |stored: &&crate::config::case::MatrixFile| stored.kind == matrix.kind && stored.scenario == result.name;
        let Some(stored) = case.matrices.iter().find(of) else { continue };
        let theirs = read_matrix(&stored.path, matrix.values.len() / columns, columns)?;
        let own = |_: usize, stored: f64| stored.abs();
        let one = |_: usize, _: f64| 1.0;
        let (scale, tolerance): (&dyn Fn(usize, f64) -> f64, f64) = match matrix.kind {
            MatrixKind::Elasticities => (&own, tolerance.elasticity_rel),
            MatrixKind::Diversion | MatrixKind::LongRunDiversion => (&one, tolerance.diversion_abs),
            MatrixKind::PassThrough => (&one, tolerance.passthrough_abs),
            MatrixKind::ChoiceProbabilities => (&own, tolerance.elasticity_rel),
        };
        let place = |k: usize| format!("row {}, {}", k / columns + 1, case.product_ids[result.products[k % columns]]);
        differences.push(difference(result, matrix.kind.stem(), &matrix.values, &theirs, scale, tolerance, &place));
    }
    Ok(differences)
}

fn difference(
    result: &ScenarioResult,
    quantity: &str,
    ours: &[f64],
    theirs: &[f64],
    scale: &dyn Fn(usize, f64) -> f64,
    tolerance: f64,
    place: &dyn Fn(usize) -> String,
) -> Difference {
    let mut worst = (0.0, 0);
    for (j, (&ours, &theirs)) in ours.iter().zip(theirs).enumerate() {
        let gap = (ours - theirs).abs();
        let relative = if gap == 0.0 || (ours.is_nan() && theirs.is_nan()) { 0.0 } else { gap / scale(j, theirs) };
        if relative > worst.0 || relative.is_nan() {
            worst = (if relative.is_nan() { f64::INFINITY } else { relative }, j);
        }
    }
    Difference {
        scenario: result.name.clone(),
        quantity: quantity.to_owned(),
        largest: worst.0,
        at: place(worst.1),
        tolerance,
    }
}

/// The comparison as text: one line a scenario, and one for each quantity past its tolerance.
#[must_use]
pub fn render_comparison(differences: &[Difference]) -> String {
    let mut text = String::new();
    let mut scenarios: Vec<&str> = Vec::new();
    differences.iter().for_each(|d| {
        if !scenarios.contains(&d.scenario.as_str()) {
            scenarios.push(&d.scenario);
        }
    });
    let _ = writeln!(text, "{:34} {:>9}  {:28} {:>9}  where", "scenario", "largest", "quantity", "tolerance");
    for scenario in scenarios {
        let of_scenario = || differences.iter().filter(|d| d.scenario == scenario);
        let share = |d: &&Difference| d.largest / d.tolerance;
        let Some(worst) = of_scenario().max_by(|a, b| share(a).total_cmp(&share(b))) else { continue };
        let mut line = |d: &Difference, mark: &str| {
            let (quantity, at) = (&d.quantity, &d.at);
            let _ = writeln!(text, "{scenario:34} {:9.1e}  {quantity:28} {:9.0e}  {at}{mark}", d.largest, d.tolerance);
        };
        if worst.within() {
            line(worst, "");
        } else {
            of_scenario().filter(|d| !d.within()).for_each(|d| line(d, "  PAST TOLERANCE"));
        }
    }
    text
}

/// Writes `scenarios.json`, `results.csv` (a row a scenario and product), `summary.csv` (a row a scenario), matrices where they
/// were formed, `recovered.csv` where something was recovered, `other_equilibria.csv` where some were found, and
/// `solution.json` with how the prices were found. Matrices are gzipped where the inputs are, or where the market is large.
/// With `pyblp`, also the products and buyers under PyBLP's names, each scenario a market. Gives the files.
///
/// # Errors
/// [`OutputError`] naming the file.
pub fn write(
    folder: &Path,
    case: &Case,
    recovered: &Recovered,
    results: &[ScenarioResult],
    pyblp: bool,
) -> Result<Vec<PathBuf>, OutputError> {
    write_into(&OutputFolder::bare(folder)?, case, recovered, results, pyblp)
}

/// The same in a folder whose lists say what may be written over.
///
/// # Errors
/// [`OutputError`] naming the file.
pub fn write_into(
    folder: &OutputFolder,
    case: &Case,
    recovered: &Recovered,
    results: &[ScenarioResult],
    pyblp: bool,
) -> Result<Vec<PathBuf>, OutputError> {
    let mut files = vec![write_json(folder, "scenarios.json", results)?];
    let diagnoses: Vec<Diagnosis> = results.iter().map(|result| diagnosis(case, result)).collect();
    files.push(write_json(folder, "solution.json", &diagnoses)?);
    files.push(folder.write("results.csv", results_text(case, results).as_bytes())?);
    files.push(folder.write("summary.csv", summary_text(results).as_bytes())?);
    let others = others_text(case, results);
    if others.lines().count() > 1 {
        files.push(folder.write("other_equilibria.csv", others.as_bytes())?);
    }
    for result in results {
        for matrix in &result.matrices {
            let (name, packed) = matrix_name(case, matrix.kind, &result.name, matrix.values.len());
            let refused = |error: io::Error| OutputError::File { path: folder.path().join(&name), error };
            let mut file = folder.begin(&name)?;
            if packed {
                let mut encoder = GzEncoder::new(file, Compression::default());
                write_matrix(&mut encoder, case, result, matrix).map_err(refused)?;
                file = encoder.finish().map_err(refused)?;
            } else {
                write_matrix(&mut file, case, result, matrix).map_err(refused)?;
            }
            files.push(file.finish()?);
        }
    }
    if recovered.inversion.is_some() || recovered.costs.is_some() {
        files.push(folder.write("recovered.csv", recovered_text(case, recovered).as_bytes())?);
    }
    if pyblp {
        files.push(folder.write("pyblp_products.csv", pyblp_products(case, results).as_bytes())?);
        files.push(folder.write("pyblp_agents.csv", pyblp_agents(case, results).as_bytes())?);
    }
    Ok(files)
}

/// Name of a matrix's file, and whether it is gzipped: as the inputs are, and where it is large.
fn matrix_name(case: &Case, kind: MatrixKind, scenario: &str, numbers: usize) -> (String, bool) {
    let packed = case.compressed || case.product_ids.len() >= 100 || numbers > 200_000;
    (format!("{}_{scenario}.csv{}", kind.stem(), if packed { ".gz" } else { "" }), packed)
}

/// Names of the files that a case leaves when it is solved, as far as they are known before: with these matrices, each of a scenario.
#[must_use]
pub fn names_before(case: &Case, matrices: &[(String, MatrixKind)], pyblp: bool) -> Vec<String> {
    let mut names = ["scenarios.json", "solution.json", "results.csv", "summary.csv"].map(str::to_owned).to_vec();
    let lacks =
        |column: &Option<Vec<f64>>| column.as_ref().is_none_or(|column| column.iter().any(|value| value.is_nan()));
    if lacks(&case.delta) || lacks(&case.marginal_cost) {
        names.push("recovered.csv".to_owned());
    }
    if pyblp {
        names.extend(["pyblp_products.csv", "pyblp_agents.csv"].map(str::to_owned));
    }
    let products = case.product_ids.len();
    names.extend(matrices.iter().map(|(scenario, kind)| {
        let rows = if *kind == MatrixKind::ChoiceProbabilities { case.population.len() } else { products };
        matrix_name(case, *kind, scenario, rows.saturating_mul(products)).0
    }));
    names
}

/// Writes `failures.csv` where there are some: each scenario that was not solved, and why. Gives the file.
///
/// # Errors
/// [`OutputError`] naming the file.
pub fn write_failures(folder: &OutputFolder, failures: &[(String, String)]) -> Result<Option<PathBuf>, OutputError> {
    if failures.is_empty() {
        return Ok(None);
    }
    let mut text = "scenario,error\n".to_owned();
    failures.iter().for_each(|(scenario, error)| {
        let _ = writeln!(text, "{},{}", quoted(scenario), quoted(&harmless(error)));
    });
    folder.write("failures.csv", text.as_bytes()).map(Some)
}

/// `recovered.csv`: one row a product.
#[must_use]
pub fn recovered_text(case: &Case, recovered: &Recovered) -> String {
    let mut text = "product_id,delta_ex_price,mc\n".to_owned();
    for (j, id) in case.product_ids.iter().enumerate() {
        let _ = writeln!(text, "{},{:?},{:?}", quoted(id), recovered.delta[j], recovered.marginal_cost[j]);
    }
    text
}

/// PyBLP's name of a column of these tables, where it has one, and what the column is.
#[must_use]
pub fn pyblp_column(name: &str) -> (&str, &'static str) {
    match name {
        "scenario" => (name, "the scenario, by its name"),
        "product_id" => ("product_ids", "the product"),
        "firm_id" => ("firm_ids", "the firm that sets its price"),
        "price" => ("prices", "equilibrium price"),
        "share" => ("shares", "share of those who might buy"),
        "effective_cost" => {
            ("costs", "marginal cost with the duty that the maker bears: what a first-order condition holds at")
        }
        "mc" | "marginal_cost" => ("marginal_costs", "marginal cost before duty"),
        "delta_ex_price" => (name, "mean utility without its price term"),
        "retained_share" => (name, "part of the price that the maker keeps"),
        "own_elasticity" => (name, "elasticity of the share to the own price"),
        "outside_diversion" => (name, "part of the buyers lost to a higher price who buy none of the products"),
        "markup_over_effective_cost" => (name, "price less costs"),
        "lerner_effective" => (name, "price less costs, over the price"),
        "duty_per_unit" => (name, "duty on one unit"),
        "duty_revenue" => (name, "duty, per unit of the buyers' weights"),
        "net_profit" => (name, "profit, per unit of the buyers' weights"),
        "price_change" => (name, "price less that of the base"),
        "inside_share" => (name, "share of those who buy one of the products"),
        "outside_share" => (name, "share of those who buy none"),
        "consumer_surplus" => (name, "expected surplus of buyers, per unit of their weights"),
        "delta_consumer_surplus" => (name, "consumer_surplus less that of the base"),
        "hhi" => (name, "Herfindahl index of the owners, 0 to 10,000"),
        "evaluations" => (name, "evaluations of demand that the search took"),
        "first_order_residual" => (name, "largest first-order condition left, relative to the price"),
        "largest_profit_hessian_eigenvalue" => (name, "negative where every owner is at a local maximum"),
        "deviations_that_gain" => (name, "prices of one product, all others unchanged, by which its owner would gain"),
        "other_equilibria" => (name, "other equilibria that were found"),
        "equilibrium" => (name, "number of the equilibrium; the one reported is the first"),
        _ => (name, "the product of this name"),
    }
}

/// `results.csv`: one row a scenario and product.
#[must_use]
pub fn results_text(case: &Case, results: &[ScenarioResult]) -> String {
    let mut text = "scenario,product_id,firm_id".to_owned();
    if let Some(first) = results.first() {
        first.arrays().iter().for_each(|(name, _)| {
            let _ = write!(text, ",{name}");
        });
    }
    text.push('\n');
    for result in results {
        let arrays = result.arrays();
        for (place, &j) in result.products.iter().enumerate() {
            let _ =
                write!(text, "{},{},{}", quoted(&result.name), quoted(&case.product_ids[j]), quoted(&case.firm_ids[j]));
            arrays.iter().for_each(|(_, values)| push_number(&mut text, values[place]));
            text.push('\n');
        }
    }
    text
}

/// `summary.csv`: one row a scenario.
#[must_use]
pub fn summary_text(results: &[ScenarioResult]) -> String {
    let mut text = "scenario,inside_share,outside_share,consumer_surplus,delta_consumer_surplus,duty_revenue,net_profit,hhi,\
                    evaluations,first_order_residual,largest_profit_hessian_eigenvalue,deviations_that_gain,other_equilibria\n"
        .to_owned();
    for result in results {
        text.push_str(&quoted(&result.name));
        let sum = |values: &[f64]| values.iter().sum::<f64>();
        let (inside, outside) = (sum(&result.share), result.outside_share_reported);
        let (surplus, change) = (result.consumer_surplus, result.delta_consumer_surplus);
        let accounts = [sum(&result.duty_revenue), sum(&result.net_profit), result.hhi];
        [inside, outside, surplus, change].iter().chain(&accounts).for_each(|value| push_number(&mut text, *value));
        let _ = write!(text, ",{}", result.search.evaluations);
        push_number(&mut text, result.first_order_residual);
        push_number(&mut text, result.worst_second_order().map_or(f64::NAN, |worst| worst.largest_eigenvalue));
        let _ = writeln!(text, ",{},{}", result.deviations.len(), result.other_equilibria.len());
    }
    text
}

/// `other_equilibria.csv`: one row an equilibrium besides the one reported, and product.
#[must_use]
pub fn others_text(case: &Case, results: &[ScenarioResult]) -> String {
    let mut text = "scenario,equilibrium,product_id,price,share\n".to_owned();
    for result in results {
        for (number, other) in result.other_equilibria.iter().enumerate() {
            for (place, &j) in result.products.iter().enumerate() {
                let (id, price, share) = (quoted(&case.product_ids[j]), other.price[place], other.share[place]);
                let _ = writeln!(text, "{},{},{id},{price:?},{share:?}", quoted(&result.name), number + 2);
            }
        }
    }
    text
}

/// A comma and a number; nothing where there is none.
fn push_number(text: &mut String, value: f64) {
    let _ = if value.is_nan() { write!(text, ",") } else { write!(text, ",{value:?}") };
}

/// A matrix file: a row for each product, or buyer.
#[must_use]
pub fn matrix_text(case: &Case, result: &ScenarioResult, matrix: &CaseMatrix) -> String {
    let mut text = Vec::with_capacity(matrix.values.len() * 20);
    // Memory takes all that is written.
    let _ = write_matrix(&mut text, case, result, matrix);
    String::from_utf8(text).unwrap_or_default()
}

/// The same row by row: the text of a large matrix is many times its numbers.
fn write_matrix(out: &mut impl io::Write, case: &Case, result: &ScenarioResult, matrix: &CaseMatrix) -> io::Result<()> {
    let columns = result.products.len();
    let id = |place: usize| quoted(&case.product_ids[result.products[place]]);
    let mut line = matrix.kind.label().to_owned();
    (0..columns).for_each(|place| {
        line.push(',');
        line.push_str(&id(place));
    });
    for (row, values) in matrix.values.chunks_exact(columns).enumerate() {
        line.push('\n');
        out.write_all(line.as_bytes())?;
        line.clear();
        match matrix.kind {
            MatrixKind::ChoiceProbabilities => {
                let _ = write!(line, "{row}");
            }
            _ => line.push_str(&id(row)),
        }
        values.iter().for_each(|value| {
            let _ = write!(line, ",{value:?}");
        });
    }
    line.push('\n');
    out.write_all(line.as_bytes())
}

fn pyblp_products(case: &Case, results: &[ScenarioResult]) -> String {
    let mut text = "market_ids,product_ids,firm_ids,shares,prices,costs\n".to_owned();
    for result in results {
        for (place, &j) in result.products.iter().enumerate() {
            let (id, firm, name) = (quoted(&case.product_ids[j]), quoted(&case.firm_ids[j]), quoted(&result.name));
            let (share, price, cost) = (result.share[place], result.price[place], result.effective_cost[place]);
            let _ = writeln!(text, "{name},{id},{firm},{share:?},{price:?},{cost:?}");
        }
    }
    text
}

fn pyblp_agents(case: &Case, results: &[ScenarioResult]) -> String {
    let names: Vec<_> = case.agents.iter().map(|(name, _)| quoted(name)).collect();
    let mut text = format!("market_ids,{}\n", names.join(","));
    for result in results {
        for i in 0..case.population.len() {
            text.push_str(&quoted(&result.name));
            case.agents.iter().for_each(|(_, column)| {
                let _ = write!(text, ",{:?}", column[i]);
            });
            text.push('\n');
        }
    }
    text
}

/// How one scenario was solved.
#[derive(Serialize)]
struct Diagnosis<'a> {
    case: &'a str,
    scenario: &'a str,
    iterations: usize,
    evaluations: usize,
    largest_relative_price_change: f64,
    first_order_residual: f64,
    largest_profit_hessian_eigenvalue: Option<f64>,
    deviations: Vec<Value>,
    thin_demand: Vec<Value>,
    notes: &'a [String],
    other_equilibria: usize,
    other_prices: Vec<&'a [f64]>,
}

fn diagnosis<'a>(case: &'a Case, result: &'a ScenarioResult) -> Diagnosis<'a> {
    let id = |place: usize| case.product_ids[result.products[place]].as_str();
    let deviation = |of: &Deviation| json!({ "product_id": id(of.product), "price": of.price, "owner_profit": of.profit, "gain": of.gain });
    let thin = |(place, of): &(usize, Concentration)| json!({ "product_id": id(*place), "effective_buyers": of.buyers, "part_of_weight": of.weight });
    Diagnosis {
        case: &case.name,
        scenario: &result.name,
        iterations: result.search.iterations,
        evaluations: result.search.evaluations,
        largest_relative_price_change: result.search.residual,
        first_order_residual: result.first_order_residual,
        largest_profit_hessian_eigenvalue: result.worst_second_order().map(|worst| worst.largest_eigenvalue),
        deviations: result.deviations.iter().map(deviation).collect(),
        thin_demand: result.thin.iter().map(thin).collect(),
        notes: &result.notes,
        other_equilibria: result.other_equilibria.len(),
        other_prices: result.other_equilibria.iter().map(|other| other.price.as_slice()).collect(),
    }
}

fn write_json(folder: &OutputFolder, name: &str, value: &(impl Serialize + ?Sized)) -> Result<PathBuf, OutputError> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    let refused = |error: serde_json::Error| OutputError::File { path: folder.path().join(name), error: error.into() };
    value.serialize(&mut serializer).map_err(refused)?;
    text.push(b'\n');
    folder.write(name, &text)
}

/// The solution as text: one line a scenario.
#[must_use]
pub fn render_summary(case: &Case, recovered: &Recovered, results: &[ScenarioResult]) -> String {
    let mut text = format!("{}: {} products, {} buyers\n", case.name, case.product_ids.len(), case.population.len());
    let found = |what: &str, report: &SearchReport| {
        format!("{what}: {} evaluations, residual {:.1e}\n", report.evaluations, report.residual)
    };
    recovered.inversion.iter().for_each(|report| text += &found("mean utilities from shares", report));
    recovered.costs.iter().for_each(|report| text += &found("marginal costs from prices", report));
    for warning in recovery_warnings(case, recovered) {
        let _ = writeln!(text, "warning: {warning}");
    }
    let _ = writeln!(
        text,
        "{:34} {:>10} {:>10} {:>12} {:>12} {:>7} {:>6} {:>9}",
        "scenario", "mean price", "inside", "surplus", "duty", "hhi", "evals", "residual"
    );
    for result in results {
        let inside: f64 = result.share.iter().sum();
        let mean = result.price.iter().zip(&result.share).map(|(p, s)| p * s).sum::<f64>() / inside;
        let duty: f64 = result.duty_revenue.iter().sum();
        let _ = writeln!(
            text,
            "{:34} {mean:10.4} {inside:10.6} {:12.6} {duty:12.6} {:7.1} {:6} {:9.1e}",
            result.name, result.consumer_surplus, result.hhi, result.search.evaluations, result.first_order_residual
        );
        for (limit, mu) in result.limits.iter().zip(&result.shadow_price) {
            let _ = writeln!(text, "  shadow price of {limit}: {mu:.6}");
        }
        render_warnings(&mut text, case, result);
    }
    text
}

/// What keeps recovered costs from being taken at their word, a line each.
#[must_use]
pub fn recovery_warnings(case: &Case, recovered: &Recovered) -> Vec<String> {
    let said = |negative: &NegativeCost| {
        let (id, cost, elasticity) = (&case.product_ids[negative.product], negative.cost, negative.own_elasticity);
        format!("marginal cost of {id} is {cost:.4}: its own-price elasticity is {elasticity:.3}")
    };
    recovered.negative.iter().map(said).collect()
}

/// The warnings of a result, a line each, with its name before them.
#[must_use]
pub fn warnings(case: &Case, result: &ScenarioResult) -> Vec<String> {
    let mut text = String::new();
    render_warnings(&mut text, case, result);
    text.lines().map(|line| format!("{}: {}", result.name, line.trim().trim_start_matches("warning: "))).collect()
}

/// Duties and cost shocks on no product, which change nothing: legal, but more often a slip in `where`.
#[must_use]
pub fn empty_selections(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    for scenario in &case.scenarios {
        let duties = scenario.spec.tariffs.iter().map(|tariff| ("tariff", &tariff.products));
        let shocks = scenario.spec.cost_multipliers.iter().map(|shock| ("cost_multipliers", &shock.products));
        for (key, products) in duties.chain(shocks).filter(|(_, products)| case.select(products).is_empty()) {
            let (name, words, values) = (&scenario.name, Case::in_words(products), case.values_of(products));
            found.push(format!("scenario {name}: {key}: no product has {words} ({values}); nothing changes"));
        }
    }
    found
}

/// What keeps a result from being taken at its word.
fn render_warnings(text: &mut String, case: &Case, result: &ScenarioResult) {
    let id = |place: usize| case.product_ids[result.products[place]].as_str();
    if let Some(worst) = result.worst_second_order().filter(|worst| worst.largest_eigenvalue >= 0.0) {
        let (firm, eigenvalue) = (&worst.firm, worst.largest_eigenvalue);
        let _ = writeln!(
            text,
            "  warning: {firm} is not at a local maximum of its profit (largest eigenvalue {eigenvalue:.2e})"
        );
    }
    for deviation in &result.deviations {
        let Deviation { product, price, profit, gain } = deviation;
        let (id, firm, now) = (id(*product), &case.firm_ids[result.products[*product]], result.price[*product]);
        let _ = writeln!(
            text,
            "  warning: a local maximum only: {firm} would earn {} instead of {} (gain {}) with {id} at {price:.4} instead of \
             {now:.4}, all other prices unchanged; look for other equilibria with --many-starts, or start there",
            figures(profit + gain),
            figures(*profit),
            figures(*gain)
        );
    }
    let out: Vec<&str> = result.priced_out().into_iter().map(id).collect();
    if let Some(first) = out.first() {
        let (others, is) = match out.len() - 1 {
            0 => (String::new(), "is"),
            more => (format!(" and {more} more"), "are"),
        };
        let _ = writeln!(
            text,
            "  warning: {first}{others} {is} priced out of the market: what is sold is too little for a number, and the price says little; \
             take it off the market with `remove`, or look at its duty"
        );
    }
    let thinnest = result.thin.iter().min_by(|a, b| a.1.buyers.total_cmp(&b.1.buyers));
    if let Some((place, of)) = thinnest {
        let others = match result.thin.len() - 1 {
            0 => String::new(),
            more => format!(" ({more} more products are like it: solution.json)"),
        };
        let _ = writeln!(text, "  warning: {}{others}", few_buyers(id(*place), *of));
    }
    result.notes.iter().for_each(|note| {
        let _ = writeln!(text, "  note: {note}");
    });
    for other in &result.other_equilibria {
        let priced = |(place, price): (usize, &f64)| format!("{} {price:.4}", id(place));
        let mut prices: Vec<String> = other.price.iter().enumerate().take(SHOWN).map(priced).collect();
        if other.price.len() > SHOWN {
            prices.push(format!("{} more in solution.json", other.price.len() - SHOWN));
        }
        let _ = writeln!(text, "  warning: another equilibrium: {}", prices.join(", "));
    }
}

/// Prices of another equilibrium that are printed.
const SHOWN: usize = 12;

/// A number of any size in four figures or so.
fn figures(value: f64) -> String {
    if value.abs() < 0.1 { format!("{value:.3e}") } else { format!("{value:.4}") }
}
