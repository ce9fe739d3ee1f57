//! Demand as others estimated it: `case.json` of a `solve` case, or PyBLP's results as JSON, with the buyers beside it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::sheet::RawTable;
use crate::config::{LONGEST_DATA, Source};

/// Names of the price in formulas.
const PRICE: [&str; 3] = ["prices", "price", "price0"];
/// Names of the constant in formulas.
const CONSTANT: [&str; 3] = ["1", "constant", "Intercept"];
/// Weights that add up to this are all buyers.
const ALL: f64 = 1.0 - 1e-9;
/// Below this spread of its logarithm the price response is one number.
const NO_SPREAD: f64 = 1e-9;

/// Demand in the units of the table that it was estimated on.
pub(super) struct Estimates {
    /// Price response of the median buyer, a unit of price.
    pub response: f64,
    /// Standard deviation of its logarithm over the buyers.
    pub log_sd: f64,
    /// Lowest and highest of (median response / response): what incomes are relative to their median where the response falls with them.
    pub bounds: [f64; 2],
    /// Spread of the taste for buying anything.
    pub constant: f64,
    /// Spread of the taste for each characteristic, by its name or expression.
    pub sigma: Vec<(String, f64)>,
    /// Sum of the buyers' weights: who is not among them never buys.
    pub weight: f64,
    /// How demand bends; 1 is linear in price.
    pub curvature: f64,
    /// What was read, for the user.
    pub said: Vec<String>,
    /// What a scenario has no place for.
    pub left_out: Vec<String>,
}

/// The file of estimates and that of the buyers, if there is one.
pub(super) fn files(path: &Path, agents: Option<&Path>) -> (PathBuf, Option<PathBuf>) {
    let file = if path.is_dir() { path.join("case.json") } else { path.to_owned() };
    let beside = file.parent().unwrap_or(Path::new("")).join("agents.csv");
    let agents = agents.map(Path::to_owned).or_else(|| beside.exists().then_some(beside));
    (file, agents)
}

/// Reads estimates; complaints, all of them, if they are of no use.
pub(super) fn read(path: &Path, agents: Option<&Path>, market: Option<&str>) -> Result<Estimates, Vec<String>> {
    let (file, agents) = files(path, agents);
    let one = |message: String| vec![message];
    let bytes = Source::beside(&file).read_named(&file, LONGEST_DATA).map_err(|error| one(error.to_string()))?;
    let shown = file.display();
    let json: Value = serde_json::from_slice(&bytes).map_err(|error| one(format!("{shown}: is not JSON: {error}")))?;
    let parsed = Parsed::new(&json);
    let mut problems: Vec<String> = parsed.problems.iter().map(|problem| format!("{shown}: {problem}")).collect();
    let buyers = match &agents {
        Some(file) => match Buyers::read(file, &parsed, market) {
            Ok(buyers) => Some(buyers),
            Err(found) => {
                problems.extend(found);
                None
            }
        },
        None => None,
    };
    if agents.is_none() && parsed.pi_of_price.iter().any(|(_, pi)| *pi != 0.0) {
        let on: Vec<&str> = parsed.pi_of_price.iter().map(|(formula, _)| formula.as_str()).collect();
        problems.push(format!(
            "{shown}: the price response depends on {}: name the table of buyers with it, --agents FILE.csv (PyBLP's agent data)",
            on.join(", ")
        ));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    parsed.estimates(&shown.to_string(), agents.as_deref(), buyers).map_err(one)
}

/// What the file says.
#[derive(Default)]
struct Parsed {
    beta_price: f64,
    sigma_price: f64,
    /// Place of the price among the terms with a spread: the draw that is its own.
    draw_of_price: Option<usize>,
    node_columns: Vec<String>,
    pi_of_price: Vec<(String, f64)>,
    constant: f64,
    sigma: Vec<(String, f64)>,
    curvature: Option<f64>,
    left_out: Vec<String>,
    problems: Vec<String>,
}

/// Numbers of a list, a list of lists, or one number.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        other => other.as_f64().into_iter().collect(),
    }
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(words).collect(),
        other => other.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// Terms of a formula such as `1 + prices + x`.
fn terms(formula: &str) -> Vec<String> {
    let bare = |term: &str| {
        let term = term.trim();
        term.strip_prefix("I(").and_then(|inner| inner.strip_suffix(')')).unwrap_or(term).trim().to_owned()
    };
    formula.split('+').map(bare).filter(|term| !matches!(term.as_str(), "" | "0" | "-1")).collect()
}

impl Parsed {
    fn new(json: &Value) -> Self {
        let mut parsed = Self::default();
        let get = |keys: &[&str]| keys.iter().find_map(|key| json.get(key).filter(|value| !value.is_null()));
        let formula = |key: &str| json.get("formulations").and_then(|all| all.get(key)).filter(|v| !v.is_null());
        let names = |keys: &[&str], key: &str| -> Vec<String> {
            let listed = get(keys).map(words).unwrap_or_default();
            if listed.is_empty() {
                formula(key).map(words).unwrap_or_default().iter().flat_map(|f| terms(f)).collect()
            } else {
                listed
            }
        };
        let beta = get(&["beta"]).map(numbers).unwrap_or_default();
        let beta_names = names(&["beta_names", "beta_labels"], "X1");
        let x2 = names(&["x2_names", "sigma_labels"], "X2");
        let sigma = get(&["sigma"]).map(numbers).unwrap_or_default();
        let pi = get(&["pi"]).map(numbers).unwrap_or_default();
        let demographics = match get(&["pi_labels", "demographics"]) {
            Some(labels) => words(labels),
            None => formula("demographic").map(words).unwrap_or_default(),
        };
        parsed.node_columns = get(&["node_columns"]).map(words).unwrap_or_default();
        if beta.is_empty() && sigma.is_empty() && pi.is_empty() {
            parsed.problems.push(
                "has no beta, sigma or pi; expected those of PyBLP's results with beta_labels, sigma_labels and pi_labels, or case.json of a solve case"
                    .into(),
            );
            return parsed;
        }
        if !beta.is_empty() && beta_names.len() != beta.len() {
            let message =
                format!("beta has {} numbers and {} names (beta_names or beta_labels)", beta.len(), beta_names.len());
            parsed.problems.push(message);
        }
        let n = x2.len();
        if !matches!(sigma.len(), 0) && sigma.len() != n && sigma.len() != n * n {
            let message = format!("sigma has {} numbers for {n} names (x2_names or sigma_labels)", sigma.len());
            parsed.problems.push(message);
        }
        let columns = pi.len().checked_div(n).unwrap_or(0);
        if pi.len() != n * columns || (columns > 0 && demographics.len() != columns) {
            let message = format!(
                "pi has {} numbers for {n} names (x2_names) and {} demographics (pi_labels)",
                pi.len(),
                demographics.len()
            );
            parsed.problems.push(message);
        }
        if !parsed.problems.is_empty() {
            return parsed;
        }
        let is = |names: &[&str], term: &String| names.contains(&term.as_str());
        parsed.beta_price =
            beta_names.iter().zip(&beta).find(|(name, _)| is(&PRICE, name)).map_or(0.0, |(_, beta)| *beta);
        let full = n > 1 && sigma.len() == n * n;
        // Tastes are Sigma nu: their spread is the length of a row.
        let spread = |k: usize| match sigma.len() {
            0 => 0.0,
            _ if full => (0..n).map(|m| sigma[k * n + m].powi(2)).sum::<f64>().sqrt(),
            _ => sigma[k].abs(),
        };
        if full && (0..n).any(|k| (0..n).any(|m| m != k && sigma[k * n + m] != 0.0)) {
            parsed.left_out.push("correlations of tastes (sigma off its diagonal): each taste keeps its spread".into());
        }
        let mut draws = 0;
        for (k, term) in x2.iter().enumerate() {
            let spread = spread(k);
            if is(&PRICE, term) {
                parsed.sigma_price = spread;
                parsed.draw_of_price = (spread > 0.0).then_some(draws);
                parsed.pi_of_price =
                    demographics.iter().cloned().zip((0..columns).map(|d| pi[k * columns + d])).collect();
            } else {
                if (0..columns).any(|d| pi[k * columns + d] != 0.0) {
                    parsed.left_out.push(format!("what demographics do to the taste for `{term}` (pi)"));
                }
                if is(&CONSTANT, term) {
                    parsed.constant = spread;
                } else {
                    parsed.sigma.push((term.clone(), spread));
                }
            }
            draws += usize::from(spread > 0.0);
        }
        if get(&["rho"]).is_some_and(|rho| numbers(rho).iter().any(|rho| *rho != 0.0)) {
            parsed.left_out.push("correlation within nests (rho)".into());
        }
        parsed.curvature = json.get("curvature").and_then(Value::as_f64);
        if get(&["cost_volume"]).is_some() {
            parsed.left_out.push("cost that rises with volume (cost_volume): set pricing.cost_volume".into());
        }
        parsed
    }

    fn estimates(self, file: &str, agents: Option<&Path>, buyers: Option<Buyers>) -> Result<Estimates, String> {
        let mut said = Vec::new();
        let mut left_out = self.left_out;
        let mut weight = 1.0;
        let (response, log_sd, bounds) = match buyers {
            Some(buyers) => {
                weight = buyers.weight;
                let shown = agents.map(|path| path.display().to_string()).unwrap_or_default();
                said.push(format!("price responses of {} buyers: {shown}", buyers.responses.len()));
                if buyers.left_out > 0 {
                    left_out.push(format!("{} buyers whom a higher price does not deter", buyers.left_out));
                }
                spread_of(buyers.responses)
            }
            None => {
                let response = -self.beta_price;
                if response <= 0.0 {
                    return Err(format!(
                        "{file}: the price has the coefficient {}, expected one below zero among beta (named prices), or pi with a table of buyers (--agents)",
                        self.beta_price
                    ));
                }
                let log_sd = (self.sigma_price / response).abs();
                (response, log_sd, [(-2.0 * log_sd).exp(), (2.0 * log_sd).exp()])
            }
        };
        said.push(format!(
            "demand: {file}; price response of the median buyer {response:.4} a unit of price, standard deviation of its logarithm {log_sd:.3}"
        ));
        let curvature = self.curvature.unwrap_or(1.0);
        if curvature != 1.0 {
            said.push(format!("curvature of demand: {curvature}"));
        }
        Ok(Estimates {
            response,
            log_sd,
            bounds,
            constant: self.constant,
            sigma: self.sigma,
            weight,
            curvature,
            said,
            left_out,
        })
    }
}

/// Price responses with their weights.
struct Buyers {
    responses: Vec<(f64, f64)>,
    left_out: usize,
    /// Sum of weights; 1 where there are none, or where they count heads.
    weight: f64,
}

impl Buyers {
    fn read(file: &Path, parsed: &Parsed, market: Option<&str>) -> Result<Self, Vec<String>> {
        let sheet = RawTable::load(file).map_err(|error| vec![error.to_string()])?;
        let shown = file.display();
        let column = |names: &[&str]| sheet.columns().iter().find(|own| names.contains(&own.as_str())).cloned();
        let all: Vec<usize> = (0..sheet.rows()).collect();
        let rows = match (column(&["market_ids", "market_id"]), market) {
            (Some(own), Some(market)) => {
                let cells = sheet.text(&own, &all).map_err(|error| vec![error.to_string()])?;
                let rows: Vec<usize> = all.iter().copied().filter(|row| cells[*row] == market).collect();
                if rows.is_empty() { all } else { rows }
            }
            _ => all,
        };
        let mut problems = Vec::new();
        let mut numbers = |text: &str| -> Vec<f64> {
            let read = match text.strip_prefix("1/").or_else(|| text.strip_prefix("1 / ")) {
                Some(below) => {
                    let below = sheet.expression(below.trim().trim_matches(['(', ')']), &rows);
                    below.map(|all| all.into_iter().map(|x| 1.0 / x).collect())
                }
                None => sheet.expression(text, &rows),
            };
            read.unwrap_or_else(|| {
                problems.push(format!(
                    "{shown}: `{text}` cannot be worked out of its columns {}",
                    sheet.columns().join(", ")
                ));
                vec![0.0; rows.len()]
            })
        };
        let demographics: Vec<(Vec<f64>, f64)> = parsed
            .pi_of_price
            .iter()
            .filter(|(_, pi)| *pi != 0.0)
            .map(|(formula, pi)| (numbers(formula), *pi))
            .collect();
        let weighted = column(&["weight", "weights"]);
        let weights = match &weighted {
            Some(own) => numbers(own),
            None => vec![1.0; rows.len()],
        };
        let draw = parsed.draw_of_price.map(|place| {
            let usual = || column(&[&format!("nu{place}"), &format!("nodes{place}")]);
            let named = parsed.node_columns.get(place).cloned().or_else(usual);
            numbers(&named.unwrap_or_else(|| format!("nodes{place}")))
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let sum: f64 = weights.iter().sum();
        let weight = if weighted.is_some() && sum > 0.0 && sum < ALL { sum } else { 1.0 };
        let mut buyers = Self { responses: Vec::with_capacity(rows.len()), left_out: 0, weight };
        for i in 0..rows.len() {
            let drawn = draw.as_ref().map_or(0.0, |draw| parsed.sigma_price * draw[i]);
            let shifted: f64 = demographics.iter().map(|(values, pi)| pi * values[i]).sum();
            let response = -(parsed.beta_price + drawn + shifted);
            if response.is_finite() && response > 0.0 && weights[i] > 0.0 {
                buyers.responses.push((response, weights[i]));
            } else {
                buyers.left_out += 1;
            }
        }
        if buyers.responses.is_empty() {
            return Err(vec![format!(
                "{shown}: no buyer is deterred by a higher price: check the signs of beta and pi"
            )]);
        }
        Ok(buyers)
    }
}

/// Weighted median, standard deviation of the logarithm, and what the extremes are relative to the median.
fn spread_of(mut responses: Vec<(f64, f64)>) -> (f64, f64, [f64; 2]) {
    responses.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = responses.iter().map(|(_, weight)| weight).sum();
    let mut below = 0.0;
    let median = responses.iter().find(|(_, weight)| {
        below += weight;
        below >= 0.5 * total
    });
    let median = median.map_or(f64::NAN, |(response, _)| *response);
    let mean = responses.iter().map(|(a, weight)| weight * a.ln()).sum::<f64>() / total;
    let variance = responses.iter().map(|(a, weight)| weight * (a.ln() - mean).powi(2)).sum::<f64>() / total;
    let log_sd = variance.sqrt();
    let (least, most) = (responses[0].0, responses[responses.len() - 1].0);
    if log_sd < NO_SPREAD { (median, 0.0, [1.0, 1.0]) } else { (median, log_sd, [median / most, median / least]) }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use serde_json::json;

    use super::*;

    fn estimates(json: &Value, agents: Option<&str>) -> Result<Estimates, Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("results.json");
        std::fs::write(&file, json.to_string()).unwrap();
        if let Some(agents) = agents {
            std::fs::write(folder.path().join("agents.csv"), agents).unwrap();
        }
        read(&file, None, Some("1990"))
    }

    #[test]
    fn results_of_pyblp_are_read() {
        let json = json!({
            "beta": [[-7.0], [2.5]], "beta_labels": ["1", "hpwt"],
            "sigma": [[3.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 4.0]], "sigma_labels": ["1", "prices", "hpwt"],
            "pi": [[0.0], [-40.0], [0.0]], "pi_labels": ["1 / income"], "rho": [[0.3]],
        });
        let agents = "market_ids,weights,income\n1990,0.25,10\n1990,0.5,20\n1990,0.25,80\n1991,1,1\n";
        let found = estimates(&json, Some(agents)).unwrap_or_else(|problems| panic!("{problems:?}"));
        // The median buyer has the income 20; incomes are 0.5 to 4 of it.
        assert_relative_eq!(found.response, 2.0, max_relative = 1e-15);
        assert_relative_eq!(found.bounds[0], 0.5, max_relative = 1e-15);
        assert_relative_eq!(found.bounds[1], 4.0, max_relative = 1e-15);
        let logs = [0.25, 0.5, 0.25].iter().zip([10.0_f64, 20.0, 80.0]).map(|(w, y)| (w, y.ln()));
        let mean: f64 = logs.clone().map(|(w, y)| w * y).sum();
        let sd = logs.map(|(w, y)| w * (y - mean).powi(2)).sum::<f64>().sqrt();
        assert_relative_eq!(found.log_sd, sd, max_relative = 1e-12);
        assert_eq!((found.constant, found.sigma), (3.0, vec![("hpwt".to_owned(), 4.0)]));
        assert_eq!(found.left_out, ["correlation within nests (rho)"]);
        let without = estimates(&json, None).err().unwrap();
        assert!(without[0].contains("depends on 1 / income") && without[0].contains("--agents"), "{without:?}");
    }

    #[test]
    fn what_does_not_fit_is_said_all_at_once() {
        let json =
            json!({ "beta": [1.0, 2.0], "beta_names": ["prices"], "sigma": [1.0, 2.0, 3.0], "x2_names": ["1", "x"] });
        let problems = estimates(&json, None).err().unwrap();
        assert_eq!(problems.len(), 2, "{problems:?}");
        let upward = json!({ "beta": [0.5], "beta_names": ["prices"] });
        assert!(estimates(&upward, None).err().unwrap()[0].contains("coefficient 0.5, expected one below zero"));
        assert!(estimates(&json!({}), None).err().unwrap()[0].contains("no beta, sigma or pi"));
    }

    #[test]
    fn a_spread_of_the_price_coefficient_is_a_spread_of_responses() {
        let json =
            json!({ "beta": [-2.0], "beta_names": ["prices"], "sigma": [0.5, 0.4], "x2_names": ["1", "prices"] });
        let agents = "weights,nodes0,nodes1\n1,9,-1\n1,9,0\n1,9,1\n";
        let found = estimates(&json, Some(agents)).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_relative_eq!(found.response, 2.0, max_relative = 1e-15);
        assert_relative_eq!(found.bounds[0], 2.0 / 2.4, max_relative = 1e-15);
        assert_relative_eq!(found.bounds[1], 2.0 / 1.6, max_relative = 1e-15);
    }
}
