//! Files of sensitivity analysis: the problem (TOML), its design and a model's outputs (CSV).

use std::path::Path;

use serde::Deserialize;

use super::document::Document;
use super::error::{ConfigError, shown};
use super::suggest;
use super::table::{Table, number_meant};
use crate::sensitivity::{
    Design, Distribution, InvalidDistribution, LARGEST_OUTPUT, OutputColumn, Parameter, Problem, Response,
};

/// A problem as written: a list of `[[parameter]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProblemFile {
    #[serde(default, rename = "title")]
    _title: Option<String>,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    parameter: Vec<ParameterEntry>,
}

/// An uncertain input as written: in a problem it has a `name`, in a scenario the `key` of the value it stands for.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterEntry {
    /// Name in tables and charts; of a scenario's parameter, its key if absent.
    pub name: Option<String>,
    /// The value of the scenario that it stands for, as in `--set`: `demand.alpha`, `instrument.sanctions.rate`.
    pub key: Option<String>,
    /// A group of inputs that move together and share an index (sobol).
    pub group: Option<String>,
    /// `uniform`, `normal`, `lognormal`, `triangular`, `beta` or `discrete`.
    pub distribution: String,
    /// Lower end; truncates `normal` and `lognormal`.
    pub low: Option<f64>,
    /// Upper end; truncates `normal` and `lognormal`.
    pub high: Option<f64>,
    /// Mean of `normal`, or of `lognormal` itself.
    pub mean: Option<f64>,
    /// Standard deviation of `normal`, or of `lognormal` itself.
    pub sd: Option<f64>,
    /// Mean of the logarithm (`lognormal`).
    pub log_mean: Option<f64>,
    /// Standard deviation of the logarithm (`lognormal`).
    pub log_sd: Option<f64>,
    /// Most likely value (`triangular`).
    pub mode: Option<f64>,
    /// First shape (`beta`).
    pub alpha: Option<f64>,
    /// Second shape (`beta`).
    pub beta: Option<f64>,
    /// Values in increasing order (`discrete`).
    pub values: Option<Vec<f64>>,
    /// Their weights; equal if absent.
    pub weights: Option<Vec<f64>>,
    /// What charts call it.
    pub label: Option<String>,
    /// The structure of a scenario's `[[uncertainty.structure]]` that alone draws it; all do if absent.
    pub structure: Option<String>,
    /// Its unit, for a reader.
    #[serde(rename = "unit")]
    pub _unit: Option<String>,
    /// Where the distribution comes from, for a reader.
    #[serde(rename = "source")]
    pub _source: Option<String>,
}

/// The distributions and the keys of each: those it needs, those it may have.
const LAWS: [(&str, &[&str], &[&str]); 6] = [
    ("uniform", &["low", "high"], &[]),
    ("normal", &["mean", "sd"], &["low", "high"]),
    ("lognormal", &["log_mean", "log_sd"], &["low", "high"]),
    ("triangular", &["low", "mode", "high"], &[]),
    ("beta", &["alpha", "beta"], &["low", "high"]),
    ("discrete", &["values"], &["weights"]),
];

/// Most uncertain inputs.
pub(super) const MOST_PARAMETERS: u64 = 5_000;

/// Most values of a discrete distribution.
const MOST_VALUES: usize = 10_000;

/// What a lognormal needs when it is given by its own mean.
const LOGNORMAL_OF_MEAN: &[&str] = &["mean", "sd"];

impl ParameterEntry {
    fn numbers(&self) -> [(&'static str, Option<f64>); 9] {
        [
            ("low", self.low),
            ("high", self.high),
            ("mean", self.mean),
            ("sd", self.sd),
            ("log_mean", self.log_mean),
            ("log_sd", self.log_sd),
            ("mode", self.mode),
            ("alpha", self.alpha),
            ("beta", self.beta),
        ]
    }

    fn given(&self) -> Vec<&'static str> {
        let lists = [("values", self.values.is_some()), ("weights", self.weights.is_some())];
        let numbers = self.numbers().into_iter().map(|(key, value)| (key, value.is_some()));
        numbers.chain(lists).filter(|(_, given)| *given).map(|(key, _)| key).collect()
    }

    /// The law, from keys that are known to be there.
    fn law(&self) -> Result<Distribution, InvalidDistribution> {
        let or = |value: Option<f64>, default: f64| value.unwrap_or(default);
        let (low, high) = (or(self.low, f64::NEG_INFINITY), or(self.high, f64::INFINITY));
        let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
        match self.distribution.as_str() {
            "uniform" => Distribution::uniform(low, high),
            "normal" => Distribution::normal(number(self.mean), number(self.sd), [low, high]),
            "lognormal" => match (self.mean, self.sd) {
                (Some(mean), Some(sd)) => Distribution::lognormal_of_mean(mean, sd, [low, high]),
                _ => Distribution::lognormal(number(self.log_mean), number(self.log_sd), [low, high]),
            },
            "triangular" => Distribution::triangular(low, number(self.mode), high),
            "beta" => Distribution::beta(number(self.alpha), number(self.beta), or(self.low, 0.0), or(self.high, 1.0)),
            _ => {
                let values = self.values.as_deref().unwrap_or_default();
                match &self.weights {
                    Some(weights) => Distribution::discrete(values, weights),
                    None => Distribution::discrete(values, &vec![1.0; values.len()]),
                }
            }
        }
    }
}

/// Reads a problem: a TOML file with one `[[parameter]]` for each uncertain input.
///
/// # Errors
/// [`ConfigError`] naming file, line, key, value and remedy.
pub fn problem(path: &Path) -> Result<Problem, ConfigError> {
    of_document(&Document::load(path)?)
}

/// The problem of a document.
///
/// # Errors
/// As [`problem`].
pub fn of_document(document: &Document) -> Result<Problem, ConfigError> {
    let file: ProblemFile = document.deserialize()?;
    if file.parameter.is_empty() {
        return Err(document.error_at("parameter", "is empty", "write one [[parameter]] for each uncertain input"));
    }
    if file.parameter.len() as u64 > MOST_PARAMETERS {
        let message = format!("there are {} parameters, at most {MOST_PARAMETERS} can be", file.parameter.len());
        return Err(document.error_at("parameter", message, "leave out those that matter least"));
    }
    let mut parameters: Vec<Parameter> = Vec::with_capacity(file.parameter.len());
    for (index, entry) in file.parameter.iter().enumerate() {
        let place = format!("parameter[{index}]");
        if entry.structure.is_some() {
            let help = "leave it out: structures belong to the [uncertainty] of a scenario";
            return Err(document.error_at(&format!("{place}.structure"), "is of no use in a problem", help));
        }
        let name = unique_name(document, &place, entry.name.as_deref(), parameters.iter().map(|p| p.name.as_str()))?;
        parameters.push(Parameter {
            name,
            distribution: distribution(document, &place, entry)?,
            group: entry.group.clone(),
        });
    }
    check_groups(document, file.parameter.iter().map(|entry| (entry.group.as_deref(), entry.name.as_deref())))?;
    Ok(Problem { parameters })
}

/// Groups have names, and none that is an input's.
pub(super) fn check_groups<'a>(
    document: &Document,
    entries: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)> + Clone,
) -> Result<(), ConfigError> {
    let names: Vec<&str> = entries.clone().filter_map(|(_, name)| name).collect();
    for (index, group) in entries.enumerate().filter_map(|(index, (group, _))| Some((index, group?))) {
        let at = format!("parameter[{index}].group");
        if group.trim().is_empty() || group.trim() != group {
            return Err(document.error_at(&at, "is no name", "write a name without spaces around it"));
        }
        if names.contains(&group) {
            return Err(document.error_at(&at, "is the name of an input", "give the group a name of its own"));
        }
    }
    Ok(())
}

/// A name that is one, and is not among `others`; the entry stands at `place` of the document.
pub(super) fn unique_name<'a>(
    document: &Document,
    place: &str,
    name: Option<&str>,
    mut others: impl Iterator<Item = &'a str>,
) -> Result<String, ConfigError> {
    let at = format!("{place}.name");
    let Some(name) = name else {
        return Err(document.error_at(place, "has no `name`", "write a name for the columns of tables"));
    };
    if name.trim().is_empty() || name.trim() != name {
        return Err(document.error_at(&at, "is no name", "write a name without spaces around it"));
    }
    if others.any(|other| other == name) {
        return Err(document.error_at(&at, "is used twice", "give every parameter its own name"));
    }
    Ok(name.to_owned())
}

/// The distribution of the entry that stands at `place` of the document.
pub(super) fn distribution(
    document: &Document,
    place: &str,
    entry: &ParameterEntry,
) -> Result<Distribution, ConfigError> {
    let at = |key: &str| format!("{place}.{key}");
    let Some((_, needs, may)) = LAWS.iter().find(|(name, ..)| *name == entry.distribution) else {
        let names = LAWS.map(|(name, ..)| name);
        let message = format!("{:?} is no distribution", entry.distribution);
        return Err(document.error_at(&at("distribution"), message, suggest::one_of(&entry.distribution, &names)));
    };
    let given = entry.given();
    let by_mean = entry.distribution == "lognormal" && LOGNORMAL_OF_MEAN.iter().all(|key| given.contains(key));
    let needs = if by_mean { LOGNORMAL_OF_MEAN } else { needs };
    if let Some(missing) = needs.iter().find(|key| !given.contains(key)) {
        let message = format!("has no `{missing}`, which the distribution {} needs", entry.distribution);
        return Err(document.error_at(place, message, format!("write {}", suggest::quoted(needs))));
    }
    if let Some(idle) = given.iter().find(|key| !needs.contains(key) && !may.contains(key)) {
        let message = format!("has no meaning for the distribution {}", entry.distribution);
        let known: Vec<&str> = needs.iter().chain(*may).copied().collect();
        return Err(document.error_at(&at(idle), message, format!("it knows {}", suggest::quoted(&known))));
    }
    for (key, value) in entry.numbers().into_iter().filter_map(|(key, value)| Some((key, value?))) {
        let (least, most) = match key {
            "alpha" | "beta" => (1e-3, 1e6),
            // Draws, up to 6.3 standard deviations off, are numbers: exp(230) is 1e100, exp(419) 1e182.
            "log_mean" => (-230.0, 230.0),
            "log_sd" => (0.0, 30.0),
            _ => (-1e100, 1e100),
        };
        if !(least..=most).contains(&value) {
            let message =
                format!("is {}, expected a number between {} and {}", shown(value), shown(least), shown(most));
            return Err(document.error_at(&at(key), message, ""));
        }
    }
    let values = entry.values.as_ref().map_or(0, Vec::len);
    if values > MOST_VALUES {
        return Err(document.error_at(&at("values"), format!("has {values} values, at most {MOST_VALUES} can be"), ""));
    }
    entry.law().map_err(|error| {
        // A bound that was not written is complained of at the parameter.
        let place = if given.contains(&error.field) { at(error.field) } else { place.to_owned() };
        document.error_at(&place, error.message, error.help)
    })
}

/// Reads a design: a column for each parameter of the problem, in any order, among others.
///
/// # Errors
/// [`ConfigError`] naming file, row, column, value and remedy.
pub fn design(problem: &Problem, table: &Table) -> Result<Design, ConfigError> {
    let columns = problem.names().map(|name| table.column_f64(name)).collect::<Result<Vec<_>, _>>()?;
    if table.rows() == 0 {
        return Err(table.error_at(0, "there is no row", "give the design that sample wrote"));
    }
    let mut design = Design::new(problem.len());
    for row in 0..table.rows() {
        design.push(columns.iter().map(|column| column[row]));
    }
    Ok(design)
}

/// Name of the column that tells replications apart.
pub const REPLICATION: &str = "replication";

/// Outputs as read, and the columns left out.
#[derive(Debug)]
pub struct OutputTable {
    /// The outputs, in the order of the columns.
    pub columns: Vec<OutputColumn>,
    /// Columns without a single number.
    pub ignored: Vec<String>,
    /// Rows of the design at which the model failed, in order: a cell is empty, `nan`, `inf` or the like. Their values are not numbers.
    pub failed: Vec<usize>,
    /// The first such cell: its row in the table, and its column.
    pub first_failed: Option<(usize, String)>,
}

/// What is written where a run failed, by people and by programs, in small letters.
const FAILED: [&str; 33] = [
    "", "nan", "-nan", "na", "n/a", "<na>", "none", "null", "nil", "#n/a", "#num!", "#div/0!", "#value!", "#ref!",
    "#name?", "failed", "failure", "fail", "error", "err", "missing", ".", "..", "-", "--", "?", "1.#inf", "-1.#inf",
    "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "1.#nan",
];

/// Whether a cell is of a run that failed: empty, no number by name, or beyond all numbers.
fn failed_cell(cell: &str) -> bool {
    FAILED.contains(&cell.to_ascii_lowercase().as_str()) || cell.parse::<f64>().is_ok_and(|value| !value.is_finite())
}

/// Reads a model's outputs on a design of `rows` rows: one column for each output; columns named like a parameter are none.
///
/// With a column `replication`, the k-th row of each replication belongs to the k-th row of the design, whether replications stand one
/// after the other or their rows alternate. Runs that failed are told by the rows of the design; what becomes of them is the caller's to say.
///
/// # Errors
/// [`ConfigError`] naming file, row, column, value and remedy.
pub fn outputs(problem: &Problem, table: &Table, rows: usize) -> Result<OutputTable, ConfigError> {
    let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
    if table.has_column(REPLICATION) {
        let mut places = std::collections::BTreeMap::new();
        for (row, label) in table.column_text(REPLICATION)?.into_iter().enumerate() {
            if label.is_empty() {
                return Err(table.refuse_cell(row, REPLICATION, "the row's replicate"));
            }
            let place = *places.entry(label).or_insert(groups.len());
            if place == groups.len() {
                groups.push((label, Vec::new()));
            }
            groups[place].1.push(row);
        }
    } else {
        groups.push(("", (0..table.rows()).collect()));
    }
    for (label, members) in &groups {
        if members.len() != rows {
            let which = if label.is_empty() { String::new() } else { format!("replication {label} has ") };
            let message = format!("{which}{} rows, the design has {rows}", members.len());
            let help = "give one row for each row of the design, in its order, for every replication; write nan where a run failed (--drop-failed leaves such \
                        runs out)";
            let last = members.last().copied().filter(|_| !label.is_empty()).unwrap_or(usize::MAX);
            return Err(table.error_at(last, message, help));
        }
    }
    if groups.is_empty() {
        return Err(table.error_at(usize::MAX, "there is no row", "give the outputs of the model"));
    }
    let mut outputs = OutputTable { columns: Vec::new(), ignored: Vec::new(), failed: Vec::new(), first_failed: None };
    let mut failed = std::collections::BTreeSet::new();
    let mut all_failed: Option<String> = None;
    let inputs: Vec<&str> = problem.names().collect();
    for name in table.columns().iter().filter(|name| *name != REPLICATION && !inputs.contains(&name.as_str())) {
        let cells = table.column_text(name)?;
        // Numbers in another notation, such as 0,25 or 25%, are refused below; words are not.
        let written = cells.iter().any(|cell| number_meant(cell).is_some())
            && cells.iter().all(|cell| failed_cell(cell) || number_meant(cell).is_some());
        if cells.iter().all(|cell| cell.parse::<f64>().is_err()) && !written {
            if cells.iter().all(|cell| failed_cell(cell)) && cells.iter().any(|cell| !cell.is_empty()) {
                all_failed.get_or_insert(name.clone());
            }
            outputs.ignored.push(name.clone());
            continue;
        }
        // A row cannot be left out alone: the design has it.
        let strange = |cell: &&str| !failed_cell(cell) && cell.parse::<f64>().is_err() && number_meant(cell).is_none();
        if let Some(row) = cells.iter().position(strange) {
            let help =
                "correct the cell, or write nan where the run failed: --drop-failed leaves such runs out".to_owned();
            return Err(table.refuse_cell_with(row, name, "a finite number", help));
        }
        let values = table.column_f64_or(name, failed_cell)?;
        if let Some(row) = values.iter().position(|value| value.abs() > LARGEST_OUTPUT) {
            let expected = "a number between -1e152 and 1e152, of which squares can be taken";
            return Err(table.refuse_cell_with(row, name, expected, "give the output in a larger unit".to_owned()));
        }
        for (place, row) in groups.iter().flat_map(|(_, members)| members.iter().enumerate()) {
            if values[*row].is_nan() {
                failed.insert(place);
                let first = outputs.first_failed.get_or_insert((*row, name.clone()));
                if *row < first.0 {
                    *first = (*row, name.clone());
                }
            }
        }
        let replications = groups.iter().map(|(_, members)| members.iter().map(|row| values[*row]).collect()).collect();
        if let Some(response) = Response::new(replications) {
            outputs.columns.push(OutputColumn { name: name.clone(), response });
        }
    }
    if outputs.columns.is_empty() {
        if let Some(name) = &all_failed {
            let message = format!("every run of {name} failed");
            return Err(table.error_at(usize::MAX, message, "run the model again: there is no output to analyse"));
        }
        let message = "there is no column of numbers besides the parameters and the replication";
        return Err(table.error_at(usize::MAX, message, "write one column for each output"));
    }
    outputs.failed = failed.into_iter().collect();
    Ok(outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> Problem {
        let text = "[[parameter]]\nname = 'a'\ndistribution = 'uniform'\nlow = 0\nhigh = 1\n";
        of_document(&Document::from_str(text, "p.toml").unwrap()).unwrap()
    }

    fn read(text: &str, rows: usize) -> Result<OutputTable, String> {
        let table = Table::from_str(text, "y.csv").unwrap();
        outputs(&problem(), &table, rows).map_err(|error| error.to_string())
    }

    /// However a failed run is written, it is one, in its row.
    #[test]
    fn failed_runs_are_known_by_what_programs_write() {
        for cell in [
            "\"\"", "", "#N/A", "#DIV/0!", "1e400", "-1e400", "NaN", "<NA>", "inf", "null", "FAILED", "FAIL", "error",
            "missing", "nil", ".", "-", "?", "1.#INF", "-1.#IND",
        ] {
            let found = read(&format!("y\n1\n{cell}\n3\n"), 3).unwrap();
            assert_eq!(found.failed, [1], "{cell}");
            assert_eq!(found.first_failed, Some((1, "y".to_owned())), "{cell}");
        }
    }

    /// Another word among numbers is asked about, and the row is not to be left out.
    #[test]
    fn a_word_among_outputs_is_answered_with_nan() {
        let error = read("y\n1\nabc\n3\n", 3).unwrap_err();
        assert!(
            error.starts_with("y.csv, row 3: y is \"abc\"") && error.contains("write nan where the run failed"),
            "{error}"
        );
        assert!(error.contains("--drop-failed") && !error.contains("leave the row out"), "{error}");
    }

    /// A column in another notation is refused with the number to write; a column of words is left out.
    #[test]
    fn numbers_in_another_notation_are_refused_with_the_one_to_write() {
        for cell in ["\"0,25\"", "25%"] {
            let error = read(&format!("y\nnan\n{cell}\n{cell}\n"), 3).unwrap_err();
            assert!(error.starts_with("y.csv, row 3: y is ") && error.ends_with("help: write 0.25"), "{error}");
        }
        assert_eq!(read("y,note\n1,good\n2,bad\n", 2).unwrap().ignored, ["note"]);
    }

    #[test]
    fn too_many_inputs_are_refused_at_once() {
        let text = "[[parameter]]\nname = 'a'\ndistribution = 'uniform'\nlow = 0\nhigh = 1\n";
        let many: String = (0..=MOST_PARAMETERS).map(|i| text.replace("'a'", &format!("'a{i}'"))).collect();
        let error = of_document(&Document::from_str(&many, "p.toml").unwrap()).unwrap_err().to_string();
        assert!(error.contains("there are 5001 parameters, at most 5000 can be"), "{error}");
        let huge = "[[parameter]]\nname='a'\ndistribution='discrete'\nvalues=[1,2]\nweights=[1e308,1e308]\n";
        let error = of_document(&Document::from_str(huge, "p.toml").unwrap()).unwrap_err().to_string();
        assert!(error.contains("weights: are too large"), "{error}");
    }
}
