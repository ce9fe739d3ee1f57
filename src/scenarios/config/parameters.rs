//! Uncertain values of a scenario: `[[parameter]]` with a key and a distribution, `[[correlation]]` between them.

use serde::Deserialize;

use super::document::Document;
use super::error::ConfigError;
use super::problem::{ParameterEntry, check_groups, distribution, unique_name};
use super::suggest;
use crate::sensitivity::{Distribution, GaussianCopula, NotACorrelation, Parameter, Problem};

/// A correlation as written.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrelationEntry {
    /// Names it where correlations of several files come together: files merge lists of named tables.
    #[serde(rename = "name")]
    pub _name: Option<String>,
    /// The structure whose parameters these are; parameters of all structures if absent.
    pub structure: Option<String>,
    /// Names of two parameters.
    pub parameters: [String; 2],
    /// Correlation of their normal scores, between -1 and 1; of normal parameters, their correlation.
    pub value: f64,
    /// Where it comes from, for a reader.
    #[serde(rename = "source")]
    pub _source: Option<String>,
}

/// One uncertain value.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertain {
    /// The value of the scenario it stands for, as in `--set`.
    pub key: String,
    /// Its name in tables: the key unless the scenario gives another.
    pub name: String,
    /// What charts call it.
    pub label: String,
    /// Its distribution.
    pub distribution: Distribution,
    /// The group that it moves with in a Sobol' study.
    pub group: Option<String>,
    /// Its place among the `[[parameter]]`s of the scenario.
    place: usize,
}

/// The uncertain values of a scenario, in the order of the file, and how they depend on each other.
#[derive(Clone, Debug, PartialEq)]
pub struct UncertainParameters {
    /// The values.
    pub list: Vec<Uncertain>,
    /// Their dependence; none where all are independent.
    pub copula: Option<GaussianCopula>,
}

impl UncertainParameters {
    /// The number of uncertain values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }
    /// Whether nothing is uncertain.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// The values as a problem of sensitivity analysis, which takes them as independent.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let parameter = |item: &Uncertain| Parameter {
            name: item.name.clone(),
            distribution: item.distribution.clone(),
            group: item.group.clone(),
        };
        Problem { parameters: self.list.iter().map(parameter).collect() }
    }
    /// The values at a point of the open unit cube, correlations included.
    #[must_use]
    pub fn at(&self, unit: &[f64]) -> Vec<f64> {
        let mixed = self.copula.as_ref().map(|copula| copula.mix(unit));
        let unit = mixed.as_deref().unwrap_or(unit);
        self.list.iter().zip(unit).map(|(item, u)| item.distribution.quantile(*u)).collect()
    }
    /// The assignments that set the values, one for each: what [`super::Loaded::at`] and `--set` take.
    #[must_use]
    pub fn assignments(&self, values: &[f64]) -> Vec<String> {
        self.list.iter().zip(values).map(|(item, value)| format!("{}={}", item.key, toml_number(*value))).collect()
    }
}

/// A number in TOML, read back to the same bits; without a fraction it is a whole number, as keys that count want it.
#[must_use]
pub fn toml_number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { format!("{value:?}") }
}

/// Checks the uncertain values of a scenario: those of one structure, or those of all.
pub(super) fn parameters(
    document: &Document,
    entries: &[ParameterEntry],
    correlations: &[CorrelationEntry],
    structure: Option<&str>,
) -> Result<UncertainParameters, ConfigError> {
    let mut list: Vec<Uncertain> = Vec::new();
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.structure.as_deref() == structure) {
        let place = format!("parameter[{index}]");
        let Some(key) = &entry.key else {
            let help = "write the key of the value it stands for, as in --set: key = \"demand.alpha\"";
            return Err(document.error_at(&place, "has no `key`", help));
        };
        if list.iter().any(|other| other.key == *key) {
            let message = format!("`{key}` has a distribution already");
            return Err(document.error_at(&format!("{place}.key"), message, "remove one of the two"));
        }
        let name = Some(entry.name.as_deref().unwrap_or(key));
        let name = unique_name(document, &place, name, list.iter().map(|item| item.name.as_str()))?;
        list.push(Uncertain {
            key: key.clone(),
            label: entry.label.clone().unwrap_or_else(|| name.clone()),
            name,
            distribution: distribution(document, &place, entry)?,
            group: entry.group.clone(),
            place: index,
        });
    }
    check_groups(document, list.iter().map(|item| (item.group.as_deref(), Some(item.name.as_str()))))?;
    let copula = copula(document, correlations, &list, structure)?;
    Ok(UncertainParameters { list, copula })
}

fn copula(
    document: &Document,
    correlations: &[CorrelationEntry],
    list: &[Uncertain],
    structure: Option<&str>,
) -> Result<Option<GaussianCopula>, ConfigError> {
    let own = |(_, entry): &(usize, &CorrelationEntry)| entry.structure.as_deref() == structure;
    let correlations: Vec<(usize, &CorrelationEntry)> = correlations.iter().enumerate().filter(own).collect();
    if correlations.is_empty() {
        return Ok(None);
    }
    let names: Vec<&str> = list.iter().map(|item| item.name.as_str()).collect();
    let mut pairs = Vec::with_capacity(correlations.len());
    for (index, entry) in &correlations {
        let place = format!("correlation[{index}]");
        let mut positions = [0; 2];
        for (position, name) in positions.iter_mut().zip(&entry.parameters) {
            *position = names.iter().position(|known| known == name).ok_or_else(|| {
                let message = match structure {
                    None => format!("`{name}` is no parameter of this scenario"),
                    Some(structure) => format!("`{name}` is no parameter of the structure `{structure}`"),
                };
                document.error_at(&format!("{place}.parameters"), message, suggest::one_of(name, &names))
            })?;
        }
        let [a, b] = positions;
        if pairs.iter().any(|(c, d, _)| [*c, *d] == [a, b] || [*c, *d] == [b, a]) {
            let message = format!("`{}` and `{}` have a correlation already", names[a], names[b]);
            return Err(document.error_at(&format!("{place}.parameters"), message, "remove one of the two"));
        }
        pairs.push((a, b, entry.value));
    }
    let refuse = |error: NotACorrelation| {
        let (NotACorrelation::Entry(at) | NotACorrelation::NotPositiveDefinite(at)) = error;
        let (index, entry) = correlations[at];
        let [a, b] = &entry.parameters;
        match error {
            NotACorrelation::Entry(_) if a == b => {
                let message = format!("`{a}` is correlated with itself");
                document.error_at(&format!("correlation[{index}].parameters"), message, "name two parameters")
            }
            NotACorrelation::Entry(_) => {
                let message = format!("is {}, expected a number between -1 and 1", entry.value);
                document.error_at(&format!("correlation[{index}].value"), message, "")
            }
            NotACorrelation::NotPositiveDefinite(_) => {
                let message = format!(
                    "`{a}` and `{b}` cannot have the correlation {} beside those before it: together they are not \
                     positive definite",
                    entry.value
                );
                let help = "bring it nearer to what the other correlations imply, or weaken those";
                document.error_at(&format!("correlation[{index}].value"), message, help)
            }
        }
    };
    GaussianCopula::new(list.len(), &pairs).map(Some).map_err(refuse)
}

/// Checks that the scenario takes every parameter's median beside what a structure sets: a key that nothing reads is found here, not in the
/// last run. `takes` tries assignments.
pub(super) fn check(
    document: &Document,
    place: &str,
    set: &[String],
    parameters: &UncertainParameters,
    takes: impl Fn(&[String]) -> Result<(), ConfigError>,
) -> Result<(), ConfigError> {
    let medians: Vec<f64> = parameters.list.iter().map(|item| item.distribution.quantile(0.5)).collect();
    let assignments = parameters.assignments(&medians);
    let together = |own: &[String]| takes(&[set, own].concat());
    if (parameters.is_empty() && set.is_empty()) || together(&assignments).is_ok() {
        return Ok(());
    }
    if let Err(error) = takes(set) {
        let help = "the keys are written as in --set, and the values are those that the scenario takes there";
        return Err(document.error_at(place, format!("what it sets is refused: {error}"), help));
    }
    for (item, assignment) in parameters.list.iter().zip(&assignments) {
        if let Err(error) = together(std::slice::from_ref(assignment)) {
            let message = format!("its median is refused: {error}");
            let help = "the key is written as in --set, and the values are those that the scenario takes there";
            return Err(document.error_at(&format!("parameter[{}].key", item.place), message, help));
        }
    }
    // Each median is taken alone; whether draws are possible together, each draw will say.
    Ok(())
}
