//! Solved cases on disk: `scenarios.json` and matrices in the format they came in, and comparison with stored results.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use serde::Serialize;

use crate::config::ConfigError;
use crate::config::case::{Case, MatrixKind, Tolerance, read_matrix};
use crate::folder::{OutputError, OutputFolder};
use crate::model::fixed_point::SearchReport;
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
/// [`ConfigError`] when a stored matrix cannot be read.
pub fn compare(case: &Case, results: &[ScenarioResult]) -> Result<Vec<Difference>, ConfigError> {
    let mut differences = Vec::new();
    let tolerance = case.tolerance;
    for result in results {
        let Some(stored) = case.scenarios.iter().find(|scenario| scenario.name == result.name) else { continue };
        let mut judge = |quantity: &str, ours: &[f64], scale: &dyn Fn(usize, f64) -> f64, tolerance: f64| {
            if let Some(theirs) = stored.stored.get(quantity) {
                let name = |j: usize| case.product_ids.get(j).cloned().unwrap_or_default();
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

fn compare_matrices(
    case: &Case,
    result: &ScenarioResult,
    tolerance: Tolerance,
) -> Result<Vec<Difference>, ConfigError> {
    let mut differences = Vec::new();
    let columns = case.product_ids.len();
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
        let place = |k: usize| format!("row {}, {}", k / columns + 1, case.product_ids[k % columns]);
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
        let relative = if gap == 0.0 { 0.0 } else { gap / scale(j, theirs) };
        if relative > worst.0 || relative.is_nan() {
            worst = (if relative.is_nan() { f64::INFINITY } else { relative }, j);
        }
    }
    if ours.len() != theirs.len() {
        worst = (f64::INFINITY, theirs.len());
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
            scenarios.push(&d.scenario)
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

/// Writes `scenarios.json`, matrices, `recovered.csv` where something was recovered, and `solution.json` with how the prices
/// were found. Matrices are gzipped where the inputs are, or where the market is large. With `pyblp`, also the products and
/// buyers under PyBLP's names, each scenario a market.
///
/// # Errors
/// [`OutputError`] naming the file.
pub fn write(
    folder: &Path,
    case: &Case,
    recovered: &Recovered,
    results: &[ScenarioResult],
    pyblp: bool,
) -> Result<(), OutputError> {
    fs::create_dir_all(folder).map_err(|error| OutputError::Folder { path: folder.to_owned(), error })?;
    write_json(&folder.join("scenarios.json"), results)?;
    write_json(
        &folder.join("solution.json"),
        &results.iter().map(|result| diagnosis(case, result)).collect::<Vec<_>>(),
    )?;
    let large = case.compressed || case.product_ids.len() >= 100;
    for result in results {
        for matrix in &result.matrices {
            let packed = large || matrix.values.len() > 200_000;
            let name = format!("{}_{}.csv{}", matrix.kind.stem(), result.name, if packed { ".gz" } else { "" });
            write_file(&folder.join(name), packed, &matrix_text(case, matrix))?;
        }
    }
    if recovered.inversion.is_some() || recovered.costs.is_some() {
        let mut text = "product_id,delta_ex_price,mc\n".to_owned();
        for (j, id) in case.product_ids.iter().enumerate() {
            let _ = writeln!(text, "{},{:?},{:?}", quoted(id), recovered.delta[j], recovered.marginal_cost[j]);
        }
        write_file(&folder.join("recovered.csv"), false, &text)?;
    }
    if pyblp {
        write_file(&folder.join("pyblp_products.csv"), false, &pyblp_products(case, results))?;
        write_file(&folder.join("pyblp_agents.csv"), false, &pyblp_agents(case, results))?;
    }
    Ok(())
}

/// A cell with quotes where CSV needs them.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

fn matrix_text(case: &Case, matrix: &CaseMatrix) -> String {
    let columns = case.product_ids.len();
    let mut text = String::with_capacity(matrix.values.len() * 20);
    text.push_str(matrix.kind.label());
    case.product_ids.iter().for_each(|id| {
        text.push(',');
        text.push_str(&quoted(id));
    });
    text.push('\n');
    for (row, values) in matrix.values.chunks_exact(columns).enumerate() {
        match matrix.kind {
            MatrixKind::ChoiceProbabilities => {
                let _ = write!(text, "{row}");
            }
            _ => text.push_str(&quoted(&case.product_ids[row])),
        }
        values.iter().for_each(|value| {
            let _ = write!(text, ",{value:?}");
        });
        text.push('\n');
    }
    text
}

fn pyblp_products(case: &Case, results: &[ScenarioResult]) -> String {
    let mut text = "market_ids,product_ids,firm_ids,shares,prices,costs\n".to_owned();
    for result in results {
        for (j, id) in case.product_ids.iter().enumerate() {
            let (firm, name) = (quoted(&case.firm_ids[j]), &result.name);
            let (share, price, cost) = (result.share[j], result.price[j], result.effective_cost[j]);
            let _ = writeln!(text, "{name},{},{firm},{share:?},{price:?},{cost:?}", quoted(id));
        }
    }
    text
}

fn pyblp_agents(case: &Case, results: &[ScenarioResult]) -> String {
    let names: Vec<String> = case.agents.iter().map(|(name, _)| quoted(name)).collect();
    let mut text = format!("market_ids,{}\n", names.join(","));
    for result in results {
        for i in 0..case.population.len() {
            text.push_str(&result.name);
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
    other_equilibria: usize,
}

fn diagnosis<'a>(case: &'a Case, result: &'a ScenarioResult) -> Diagnosis<'a> {
    Diagnosis {
        case: &case.name,
        scenario: &result.name,
        iterations: result.search.iterations,
        evaluations: result.search.evaluations,
        largest_relative_price_change: result.search.residual,
        first_order_residual: result.first_order_residual,
        largest_profit_hessian_eigenvalue: result.worst_second_order().map(|worst| worst.largest_eigenvalue),
        other_equilibria: result.other_equilibria,
    }
}

fn write_json(path: &Path, value: &(impl Serialize + ?Sized)) -> Result<(), OutputError> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    let refused = |error: std::io::Error| OutputError::File { path: path.to_owned(), error };
    value.serialize(&mut serializer).map_err(|error| refused(error.into()))?;
    text.push(b'\n');
    write_bytes(path, false, &text)
}

fn write_file(path: &Path, packed: bool, text: &str) -> Result<(), OutputError> {
    write_bytes(path, packed, text.as_bytes())
}

fn write_bytes(path: &Path, packed: bool, bytes: &[u8]) -> Result<(), OutputError> {
    let folder = OutputFolder::bare(path.parent().unwrap_or(Path::new(".")))?;
    let mut file = folder.begin(&path.file_name().unwrap_or_default().to_string_lossy())?;
    if packed {
        let mut encoder = GzEncoder::new(&mut file, Compression::default());
        let packed = encoder.write_all(bytes).and_then(|()| encoder.finish().map(|_| ()));
        packed.map_err(|error| OutputError::File { path: path.to_owned(), error })?;
    } else {
        file.write(bytes)?;
    }
    file.finish()?;
    Ok(())
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
    for negative in &recovered.negative {
        let (id, cost) = (&case.product_ids[negative.product], negative.cost);
        let elasticity = negative.own_elasticity;
        let _ =
            writeln!(text, "warning: marginal cost of {id} is {cost:.4}: its own-price elasticity is {elasticity:.3}");
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
        if let Some(worst) = result.worst_second_order().filter(|worst| worst.largest_eigenvalue >= 0.0) {
            let (firm, eigenvalue) = (&worst.firm, worst.largest_eigenvalue);
            let _ = writeln!(
                text,
                "  warning: {firm} is not at a local maximum of its profit (largest eigenvalue {eigenvalue:.2e})"
            );
        }
        if result.other_equilibria > 0 {
            let _ = writeln!(text, "  warning: {} other equilibria found from other starts", result.other_equilibria);
        }
    }
    text
}
