//! The same regimes at draws of what is uncertain: `[uncertainty]`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::ConfigError;
use super::market::{MarketSection, kept_rows, models};
use super::parameters::{CorrelationEntry, UncertainParameters};
use super::points::{number_of_points, replications_of};
use super::problem::ParameterEntry;
use super::reader::Reader;
use super::sweep::Setting;
use crate::numerics::sobol::SobolSequence;
use crate::sensitivity::draws::{self, RelativeErrors, UncertainCell};

/// Most numbers that all draws have together: they are kept.
const MOST_NUMBERS: usize = 10_000_000;

/// Draws of the scenario's uncertain parameters and data.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UncertaintySection {
    /// Number of draws; 0 for a study at the scenario's own values, of `run.replications`.
    pub draws: usize,
    /// Replications of every draw, each with random numbers of its own; at least 2 to tell their noise from the parameters.
    pub replications: u64,
    /// How draws are made.
    #[serde(default)]
    pub sampling: Sampling,
    /// Whether the draws together have the tables and charts of a run, in which each replication is one draw's: prices, sales and accounts week
    /// by week with all that is drawn in them. Every replication needs buyers of its own.
    #[serde(default)]
    pub tables: bool,
    /// Data that are uncertain.
    #[serde(default)]
    pub data: Vec<DataErrorSection>,
    /// Ways to build the model of which it is not known which is right: each draw has one of each factor, in proportion to their weights.
    /// The first of each factor are those whose parameters alone make the second of the three widths.
    #[serde(default)]
    pub structure: Vec<StructureSection>,
    /// Metrics of the charts, columns of `replications.csv`; the headline metric if absent.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// Period of the charts; the whole horizon if absent.
    #[serde(default)]
    pub period: Option<String>,
}

/// One way to build the model.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StructureSection {
    /// Its name; `[[parameter]]`s and `[[correlation]]`s with it as their `structure` are drawn under it alone.
    pub name: String,
    /// What it is a choice of, such as `lists`: structures of one factor exclude one another, those of several are combined. `structure` if
    /// absent.
    #[serde(default)]
    pub factor: Option<String>,
    /// What charts call it.
    #[serde(default)]
    pub label: Option<String>,
    /// Its weight; weights of a factor need not sum to one.
    pub weight: f64,
    /// What it sets, as in `--set`.
    #[serde(default)]
    pub set: BTreeMap<String, Setting>,
    /// Where its weight comes from, for a reader.
    #[serde(rename = "source")]
    pub _source: Option<String>,
}

/// How draws are made.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Independent draws, each number from a stream of its own: adding a parameter changes no other.
    #[default]
    Random,
    /// Points of a scrambled Sobol' sequence: means are more exact, and intervals wider than they need to be.
    Sobol,
}

/// Errors of one column of the table of models.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataErrorSection {
    /// The column.
    pub column: String,
    /// Standard deviation of the logarithm of each cell: one number, or one for each status.
    pub log_sd: LogSd,
    /// Column that holds the status, its whole cell or the tag in square brackets at its start (`[estimate] ...`).
    #[serde(default)]
    pub status: Option<String>,
    /// Brands whose totals are known, with the standard deviation of the total's logarithm (0 where it holds exactly): cells of their
    /// models are drawn and then rescaled to the total. Cells of other brands vary on their own.
    #[serde(default)]
    pub totals: BTreeMap<String, f64>,
}

/// A standard deviation for all cells, or one for each status.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum LogSd {
    /// For all cells.
    Same(f64),
    /// By status.
    ByStatus(BTreeMap<String, f64>),
}

/// Errors of one column, resolved to cells.
#[derive(Clone, Debug, PartialEq)]
struct DataError {
    column: String,
    /// The model of each cell.
    model: Vec<String>,
    /// The scenario's own factor on each cell, which its value contains.
    factor: Vec<f64>,
    /// Brands whose totals are known.
    brands: Vec<String>,
    errors: RelativeErrors,
}

/// One way to build the model, and what is not known under it.
#[derive(Clone, Debug, PartialEq)]
pub struct Structure {
    /// Its name.
    pub name: String,
    /// What it is a choice of.
    pub factor: String,
    /// What charts call it.
    pub label: String,
    /// Its share of the draws.
    pub weight: f64,
    /// What it sets, as `--set` takes it.
    pub set: Vec<String>,
    /// Parameters that it alone has.
    pub parameters: UncertainParameters,
}

/// Draws ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertainty {
    /// Number of draws.
    pub draws: usize,
    /// Replications of every draw.
    pub replications: u64,
    /// How draws are made.
    pub sampling: Sampling,
    /// Whether they have the tables and charts of a run together.
    pub tables: bool,
    /// Metrics of the charts; none is the headline metric.
    pub metrics: Vec<String>,
    /// Period of the charts; none is the whole horizon.
    pub period: Option<String>,
    parameters: UncertainParameters,
    data: Vec<DataError>,
    structures: Vec<Structure>,
    seed: u64,
}

impl Uncertainty {
    /// The scenario's uncertain parameters.
    #[must_use]
    pub fn parameters(&self) -> &UncertainParameters {
        &self.parameters
    }
    /// The structures that draws are of; none where all have the scenario's own.
    #[must_use]
    pub fn structures(&self) -> &[Structure] {
        &self.structures
    }

    /// What structures are choices of, in the order in which the scenario names them.
    #[must_use]
    pub fn factors(&self) -> Vec<&str> {
        let mut factors: Vec<&str> = Vec::new();
        for structure in &self.structures {
            if !factors.contains(&structure.factor.as_str()) {
                factors.push(&structure.factor);
            }
        }
        factors
    }

    /// Positions of the structures of a draw, one of each factor. Draws go through the weights by multiples of irrational numbers (the
    /// golden section for one factor): any number of first draws has each combination as nearly in proportion as it can be.
    #[must_use]
    pub fn structures_of(&self, draw: u64) -> Vec<usize> {
        let factors = self.factors();
        let steps = even_steps(factors.len());
        let chosen = |(factor, step): (&&str, f64)| {
            let turn = ((draw as f64 + 0.5) * step).fract();
            let own = (0..self.structures.len()).filter(|s| self.structures[*s].factor == **factor);
            let (mut sum, mut last) = (0.0, 0);
            for s in own {
                (sum, last) = (sum + self.structures[s].weight, s);
                if turn < sum {
                    break;
                }
            }
            last
        };
        factors.iter().zip(steps).map(chosen).collect()
    }

    /// The combination of structures that a draw has: 0 for the first of each factor.
    #[must_use]
    pub fn cell_of(&self, draw: u64) -> usize {
        self.structures_of(draw).into_iter().fold(0, |cell, chosen| {
            let same = |s: &usize| self.structures[*s].factor == self.structures[chosen].factor;
            let (before, all) = ((0..chosen).filter(same).count(), (0..self.structures.len()).filter(same).count());
            cell * all + before
        })
    }

    /// One name for each coordinate of a draw: parameters, those of structures in their order, then cells and totals column by column. One
    /// value has the same numbers under every structure.
    fn coordinates(&self) -> Vec<String> {
        let own = self.structures.iter().map(|structure| &structure.parameters);
        let all = std::iter::once(&self.parameters).chain(own).flat_map(|parameters| &parameters.list);
        let mut names: Vec<String> = all.map(|item| item.key.clone()).collect();
        for error in &self.data {
            names.extend(error.model.iter().map(|model| format!("data\n{}\n{model}", error.column)));
            names.extend(error.brands.iter().map(|brand| format!("total\n{}\n{brand}", error.column)));
        }
        names
    }

    /// The points of the unit cube that draws are made of, where each follows from those before it; none where they are independent.
    pub(super) fn sequence(&self) -> Vec<Vec<f64>> {
        match self.sampling {
            Sampling::Random => Vec::new(),
            // The number of coordinates was checked when the section was read.
            Sampling::Sobol => draws::sobol_points(self.coordinates().len(), self.draws, self.seed).unwrap_or_default(),
        }
    }

    /// The assignments that make a draw; `sequence` is [`Self::sequence`].
    pub(super) fn assignments(&self, number: u64, sequence: &[Vec<f64>]) -> Vec<String> {
        let own = || draws::independent_point(&self.coordinates(), number, self.seed);
        let unit = sequence.get(number as usize).cloned().unwrap_or_else(own);
        let (parameters, mut rest) = unit.split_at(self.parameters.len());
        let mut assignments = self.parameters.assignments(&self.parameters.at(parameters));
        let chosen = self.structures_of(number);
        for (s, structure) in self.structures.iter().enumerate() {
            let (own, after) = rest.split_at(structure.parameters.len());
            rest = after;
            if chosen.contains(&s) {
                assignments.extend_from_slice(&structure.set);
                assignments.extend(structure.parameters.assignments(&structure.parameters.at(own)));
            }
        }
        for error in &self.data {
            let (cells, after) = rest.split_at(error.errors.cells.len());
            let (totals, after) = after.split_at(error.errors.totals.len());
            rest = after;
            assignments.push(error.assignment(cells, totals));
        }
        assignments
    }
}

/// One step for each factor: powers of 1/x with x the root of x^(d+1) = x + 1 above one, whose multiples less whole numbers fill the unit cube
/// evenly.
fn even_steps(factors: usize) -> Vec<f64> {
    let power = |x: f64, exponent: usize| (0..exponent).fold(1.0, |product, _| product * x);
    let mut root = 1.5;
    for _ in 0..64 {
        root -= (power(root, factors + 1) - root - 1.0) / ((factors + 1) as f64 * power(root, factors) - 1.0);
    }
    (1..=factors).map(|k| 1.0 / power(root, k)).collect()
}

impl DataError {
    /// The factors of one draw as an assignment.
    fn assignment(&self, cells: &[f64], totals: &[f64]) -> String {
        let drawn = self.errors.factors(cells, totals);
        let own = self.model.iter().zip(drawn.iter().zip(&self.factor));
        let factors: toml::Table =
            own.map(|(model, (drawn, own))| (model.clone(), toml::Value::Float(drawn * own))).collect();
        format!("market.factor.{:?}={}", self.column, toml::Value::Table(factors))
    }
}

/// The draws of a scenario with this seed and table of models.
pub(super) fn uncertainty(
    reader: &Reader<'_>,
    section: &UncertaintySection,
    seed: u64,
    market: &MarketSection,
    parameters: &UncertainParameters,
    structures: Vec<Structure>,
) -> Result<Uncertainty, ConfigError> {
    let draws = number_of_points(reader, "uncertainty.draws", section.draws as u128)?;
    let mut data: Vec<DataError> = Vec::with_capacity(section.data.len());
    for (index, error) in section.data.iter().enumerate() {
        if data.iter().any(|other| other.column == error.column) {
            let message = format!("the column `{}` has errors already", error.column);
            return Err(reader.error(&format!("uncertainty.data[{index}].column"), message, "remove one of the two"));
        }
        data.push(data_error(reader, &format!("uncertainty.data[{index}]"), error, market)?);
    }
    if parameters.is_empty() && data.is_empty() && structures.is_empty() {
        let help = "write [[parameter]] with a key and a distribution, [[uncertainty.data]] with a column, or [[uncertainty.structure]]";
        return Err(reader.error("uncertainty", "there is nothing uncertain to draw", help));
    }
    let uncertainty = Uncertainty {
        draws,
        replications: replications_of(reader, "uncertainty.replications", section.replications)?,
        sampling: section.sampling,
        tables: section.tables,
        metrics: section.metrics.clone(),
        period: section.period.clone(),
        parameters: parameters.clone(),
        data,
        structures,
        seed,
    };
    let coordinates = uncertainty.coordinates().len();
    if draws * coordinates > MOST_NUMBERS {
        let message = format!("is {draws}, and each draw has {coordinates} uncertain values");
        let help = format!("draws times values are {MOST_NUMBERS} at most: draw less, or hold some values");
        return Err(reader.error("uncertainty.draws", message, help));
    }
    if section.sampling == Sampling::Sobol {
        let refuse = |error| reader.error("uncertainty.sampling", format!("{error}"), "use sampling = \"random\"");
        SobolSequence::plain(uncertainty.coordinates().len()).map_err(refuse)?;
    }
    Ok(uncertainty)
}

/// The structures of a scenario, their weights made shares.
pub(super) fn structures(
    reader: &Reader<'_>,
    section: Option<&UncertaintySection>,
    parameters: &[ParameterEntry],
    correlations: &[CorrelationEntry],
) -> Result<Vec<Structure>, ConfigError> {
    let sections = section.map_or(&[][..], |section| &section.structure);
    let names: Vec<String> = sections.iter().map(|section| section.name.clone()).collect();
    let of = |entry: &ParameterEntry| entry.structure.clone();
    let owners = (parameters.iter().map(of).enumerate().map(|(index, owner)| (format!("parameter[{index}]"), owner)))
        .chain(
            correlations
                .iter()
                .enumerate()
                .map(|(index, entry)| (format!("correlation[{index}]"), entry.structure.clone())),
        );
    for (place, owner) in owners {
        if let Some(owner) = owner {
            reader.position(&format!("{place}.structure"), &owner, &names, "structure of this scenario")?;
        }
    }
    let factor = |section: &StructureSection| section.factor.clone().unwrap_or_else(|| "structure".to_owned());
    let mut structures: Vec<Structure> = Vec::with_capacity(sections.len());
    for (index, section) in sections.iter().enumerate() {
        let place = format!("uncertainty.structure[{index}]");
        let known = structures.iter().map(|structure| structure.name.as_str());
        reader.unused(&format!("{place}.name"), "structure", &section.name, known)?;
        let weight = |x: f64| x > 0.0 && x.is_finite();
        let same = sections.iter().filter(|other| factor(other) == factor(section));
        let total: f64 = same.map(|other| other.weight).sum();
        let weight = reader.number(&format!("{place}.weight"), section.weight, weight, "a weight above zero")? / total;
        structures.push(Structure {
            name: section.name.clone(),
            factor: factor(section),
            label: section.label.clone().unwrap_or_else(|| section.name.clone()),
            weight,
            set: section.set.iter().map(|(key, value)| format!("{key}={}", value.to_toml())).collect(),
            parameters: super::parameters::parameters(reader.document, parameters, correlations, Some(&section.name))?,
        });
    }
    Ok(structures)
}

fn data_error(
    reader: &Reader<'_>,
    place: &str,
    section: &DataErrorSection,
    market: &MarketSection,
) -> Result<DataError, ConfigError> {
    let log_sd = |key: String, value: f64| {
        reader.number(&key, value, |x| (0.0..=2.0).contains(&x), "a standard deviation between 0 and 2")
    };
    let columns = &market.columns;
    let table = models(reader, market)?;
    let names = table.column_key(&columns.model)?;
    let kept = kept_rows(reader, market, &names, &table.column_non_negative(&columns.volume)?)?;
    let values = table.column_f64(&section.column)?;
    let brands: Vec<String> = table.column_text(&columns.brand)?.into_iter().map(str::to_owned).collect();
    let mut totals = Vec::with_capacity(section.totals.len());
    for (brand, sd) in &section.totals {
        let key = format!("{place}.totals.{brand:?}");
        let own: Vec<String> = kept.iter().map(|row| brands[*row].clone()).collect();
        reader.position(&key, brand, &own, "brand of this market")?;
        totals.push((brand.clone(), log_sd(key, *sd)?));
    }
    let statuses = match (&section.log_sd, &section.status) {
        (LogSd::ByStatus(_), Some(column)) => Some(table.column_text(column)?),
        (LogSd::Same(_), None) => None,
        _ => {
            let help = "write log_sd = 0.25 for all cells, or status = \"confidence\" and log_sd = { estimate = 0.25 }";
            return Err(reader.error(place, "`status` and a `log_sd` for each status belong together", help));
        }
    };
    let (mut cells, mut model, mut factor) = (Vec::new(), Vec::new(), Vec::new());
    for row in kept {
        if values[row] <= 0.0 {
            return Err(table.refuse_cell(row, &section.column, "a positive number: its error is relative"));
        }
        let sd = match (&section.log_sd, &statuses) {
            (LogSd::ByStatus(by_status), Some(statuses)) => {
                let status = tag(statuses[row]);
                let Some(sd) = by_status.get(status) else {
                    let help = format!("give the status a standard deviation: log_sd = {{ {status} = 0.1 }}");
                    let message = format!("has the status `{status}`, which {place}.log_sd does not know");
                    return Err(table.error_at(row, message, help));
                };
                log_sd(format!("{place}.log_sd.{status}"), *sd)?
            }
            (LogSd::Same(sd), _) => log_sd(format!("{place}.log_sd"), *sd)?,
            (LogSd::ByStatus(_), None) => 0.0,
        };
        let factors = market.factor.get(&section.column);
        factor.push(factors.and_then(|models| models.get(names[row])).map_or(1.0, |factor| factor.value));
        model.push(names[row].to_owned());
        let total = totals.iter().position(|(brand, _)| *brand == brands[row]);
        cells.push(UncertainCell { value: values[row], log_sd: sd, total });
    }
    let (brands, totals) = totals.into_iter().unzip();
    Ok(DataError { column: section.column.clone(), model, factor, brands, errors: RelativeErrors { cells, totals } })
}

/// The tag in square brackets at the start of a cell, or the whole cell.
fn tag(cell: &str) -> &str {
    let inside = cell.trim().strip_prefix('[').and_then(|rest| rest.split_once(']'));
    inside.map_or(cell.trim(), |(tag, _)| tag.trim())
}
