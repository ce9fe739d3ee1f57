//! What-if specifications.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::rows::{Rows, equal};
use super::{CaseScenario, ConfigError, complain};
use crate::config::error::of_percent;
use crate::config::reader::MAX_RATE;
use crate::config::suggest::{self, short};
use crate::config::table::number_remedy;

/// Products that meet every condition: column and the values it may have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Column of the products file, and the values that match. None selects every product.
    pub conditions: Vec<(String, Vec<String>)>,
}

/// Who owns what.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnershipSpec {
    /// The firms of the products file, after mergers; `(holder, held, part)` are partial holdings.
    Firm {
        /// Each list of firms becomes one owner.
        merge: Vec<Vec<String>>,
        /// Holder, held, and the part of the held firm's profits that the holder counts.
        holdings: Vec<(String, String, f64)>,
    },
    /// Every product its own owner.
    Single,
    /// Products with equal values of a column share an owner.
    Column(String),
}

/// A duty on some products.
#[derive(Clone, Debug, PartialEq)]
pub struct TariffSpec {
    /// Basis and rate.
    pub basis: Basis,
    /// The products.
    pub products: Selection,
}

/// Basis and rate of a duty; a distribution cost or list price is taken from the products file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Basis {
    /// `cost`.
    Cost(f64),
    /// `specific`: an amount.
    Specific(f64),
    /// `retail`.
    Retail(f64),
    /// `retail_share`: rate and kappa.
    RetailShare(f64, f64),
    /// `border`.
    Border(f64),
    /// `border_dist`: rate, and the distribution cost as a part of `price0`.
    BorderDistribution(f64, f64),
    /// `list`: rate, and customs value as a part of `price0`.
    List(f64, f64),
}

/// A factor on marginal cost before duty.
#[derive(Clone, Debug, PartialEq)]
pub struct CostMultiplier {
    /// The factor; with a home share h, `1 + h (factor - 1)` is applied: an exchange rate moves only costs in home currency.
    pub factor: f64,
    /// The products.
    pub products: Selection,
}

/// The most that some products may sell together.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitSpec {
    /// Name.
    pub name: String,
    /// Sum of shares.
    pub share: f64,
    /// The products.
    pub products: Selection,
}

/// Products whose prices stay where they are while the others answer.
#[derive(Clone, Debug, PartialEq)]
pub struct HoldSpec {
    /// Where they stay.
    pub at: HeldAt,
    /// The products.
    pub products: Selection,
}

/// Where a held price stays.
#[derive(Clone, Debug, PartialEq)]
pub enum HeldAt {
    /// At its price in the base.
    Base,
    /// At one price for all.
    Price(f64),
    /// At a column of the products file.
    Column(String),
}

/// One specification.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Ownership.
    pub ownership: OwnershipSpec,
    /// Duties; a product meets at most one.
    pub tariffs: Vec<TariffSpec>,
    /// Cost shocks, multiplied where several meet.
    pub cost_multipliers: Vec<CostMultiplier>,
    /// Capacities and quotas.
    pub limits: Vec<LimitSpec>,
    /// Prices held fixed.
    pub hold: Vec<HoldSpec>,
    /// Products that are not sold here.
    pub remove: Vec<Selection>,
    /// Products that are sold here though not in the base.
    pub add: Vec<Selection>,
    /// Column of the products file where the search for prices starts.
    pub start: Option<String>,
}

impl Spec {
    /// Owners as in the file, nothing else.
    #[must_use]
    pub fn base() -> Self {
        Self {
            ownership: OwnershipSpec::Firm { merge: Vec::new(), holdings: Vec::new() },
            tariffs: Vec::new(),
            cost_multipliers: Vec::new(),
            limits: Vec::new(),
            hold: Vec::new(),
            remove: Vec::new(),
            add: Vec::new(),
            start: None,
        }
    }
}

/// A JSON scalar as the text a CSV cell would have.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Most scenarios of a case.
const MOST_SCENARIOS: usize = 10_000;
/// Longest name of a scenario.
const LONGEST_NAME: usize = 100;

/// Highest factor on cost.
const MAX_FACTOR: f64 = 20.0;

/// Largest amount of a duty on a unit, in any currency.
const MOST_AMOUNT: f64 = 1e12;

/// What to write for what was written instead of a number.
fn number_meant(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default().trim();
    let finite = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    match (text.strip_suffix('%').and_then(finite), finite(text)) {
        (Some(percent), _) => format!("write {} for {percent}%, without quotes", of_percent(percent)),
        (None, Some(number)) => format!("write {number}, without quotes"),
        (None, None) => number_remedy(text, false)
            .map_or_else(|| "write a number".to_owned(), |written| format!("{written}, without quotes")),
    }
}

/// Reads one object, remembering where it stands.
struct Reader<'a> {
    file: &'a str,
    place: String,
    object: &'a Map<String, Value>,
}

impl<'a> Reader<'a> {
    fn of(file: &'a str, place: String, value: &'a Value, keys: &[&str]) -> Result<Self, ConfigError> {
        let Some(object) = value.as_object() else {
            return Err(complain(file, format!("{place} is {value}, expected an object"), "write it in braces"));
        };
        if let Some(unknown) = object.keys().find(|key| !keys.contains(&key.as_str())) {
            return Err(complain(file, format!("{place}: unknown key `{unknown}`"), suggest::one_of(unknown, keys)));
        }
        Ok(Self { file, place, object })
    }

    fn error(&self, message: impl std::fmt::Display, help: impl Into<String>) -> ConfigError {
        complain(self.file, format!("{}: {message}", self.place), help)
    }

    fn number(&self, key: &str) -> Result<f64, ConfigError> {
        match self.object.get(key) {
            Some(value) => match value.as_f64().filter(|number| number.is_finite()) {
                Some(number) => Ok(number),
                None => Err(self.error(format!("{key} is {value}, expected a number"), number_meant(value))),
            },
            None => Err(self.error(format!("{key} is missing"), format!("add \"{key}\": a number"))),
        }
    }

    /// A number that may not be larger: beyond it percent were meant.
    fn at_most(&self, key: &str, value: f64, most: f64) -> Result<f64, ConfigError> {
        if value <= most {
            return Ok(value);
        }
        let written = format!("write {} for {value}%; ", of_percent(value));
        let meant = if value / 100.0 > most { String::new() } else { written };
        let message = format!("{key} is {value:?}: was percent meant?");
        Err(self.error(message, format!("{meant}it may be {most} at most")))
    }

    fn number_or(&self, key: &str, default: f64) -> Result<f64, ConfigError> {
        if self.object.contains_key(key) { self.number(key) } else { Ok(default) }
    }

    fn text(&self, key: &str) -> Result<Option<String>, ConfigError> {
        match self.object.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match scalar(value) {
                Some(text) => Ok(Some(text)),
                None => Err(self.error(format!("{key} is {value}, expected a name"), "write a name")),
            },
        }
    }

    /// A list, a single value as a list of one, nothing as an empty list.
    fn list(&self, key: &str) -> Vec<&'a Value> {
        match self.object.get(key) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => values.iter().collect(),
            Some(value) => vec![value],
        }
    }

    /// The column of the products file that a key names.
    fn column(&self, key: &str, name: &str, products: &Rows) -> Result<String, ConfigError> {
        products.column_name(name).ok_or_else(|| {
            let names: Vec<&str> = products.table.columns().iter().map(String::as_str).collect();
            self.error(format!("{key}: products.csv has no column `{name}`"), suggest::one_of(name, &names))
        })
    }

    fn selection(&self, products: &Rows) -> Result<Selection, ConfigError> {
        let Some(condition) = self.object.get("where").filter(|value| !value.is_null()) else {
            return Ok(Selection::default());
        };
        let Some(object) = condition.as_object() else {
            let help = "write {\"column\": value}, such as {\"region\": \"JP\"}";
            return Err(self.error(format!("where is {condition}, expected an object"), help));
        };
        let mut conditions = Vec::new();
        for (column, value) in object {
            let known = self.column("where", column, products)?;
            let values = value.as_array().map_or_else(|| vec![value], |values| values.iter().collect());
            let values: Option<Vec<String>> = values.into_iter().map(scalar).collect();
            let Some(values) = values.filter(|values| !values.is_empty()) else {
                return Err(
                    self.error(format!("where: {column} is {value}, expected a value"), "write text or a number")
                );
            };
            conditions.push((known, values));
        }
        Ok(Selection { conditions })
    }
}

/// Reads a list of scenarios.
pub(super) fn scenarios(file: &str, value: &Value, products: &Rows) -> Result<Vec<CaseScenario>, ConfigError> {
    let help = "write [{\"name\": \"base\", \"spec\": {\"ownership\": \"firm\"}}]";
    let Some(list) = value.as_array() else {
        return Err(complain(file, "is not a list of scenarios", help));
    };
    if list.is_empty() {
        return Err(complain(file, "has no scenario", format!("give at least one: {help}")));
    }
    if list.len() > MOST_SCENARIOS {
        let message = format!("has {} scenarios, at most {MOST_SCENARIOS} can be solved together", list.len());
        return Err(complain(file, message, "split the list and solve its parts with --specs"));
    }
    let mut read: Vec<CaseScenario> = Vec::new();
    let mut names = BTreeSet::new();
    for (number, entry) in list.iter().enumerate() {
        let missing =
            |what: &str| complain(file, format!("scenario {} has no {what}", number + 1), format!("add \"{what}\""));
        let name = entry.get("name").and_then(scalar).filter(|name| !name.is_empty()).ok_or_else(|| missing("name"))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if !name.chars().all(plain) || name.starts_with('.') || name.len() > LONGEST_NAME {
            let help =
                format!("names become parts of file names: use letters, digits, _ - and ., {LONGEST_NAME} at most");
            return Err(complain(file, format!("scenario name {:?} cannot be used", short(&name)), help));
        }
        if !names.insert(name.clone()) {
            return Err(complain(file, format!("two scenarios are named {name:?}"), "rename one of them"));
        }
        let written = entry.get("spec").ok_or_else(|| missing("spec"))?;
        let spec = spec(file, &format!("scenario {name}"), written, products)?;
        read.push(CaseScenario { spec, written: written.clone(), stored: stored(file, &name, entry)?, name });
    }
    Ok(read)
}

/// Elasticity of cost to volume, and whose cost it is: a number for all products, or `{elasticity, where}`.
pub(super) fn cost_volume(file: &str, value: &Value, products: &Rows) -> Result<(f64, Selection), ConfigError> {
    if let Some(elasticity) = value.as_f64() {
        return Ok((elasticity, Selection::default()));
    }
    let reader = Reader::of(file, "cost_volume".to_owned(), value, &["elasticity", "where"])?;
    Ok((reader.number("elasticity")?, reader.selection(products)?))
}

/// Gives scenarios that store no results those that the folder's own list stores under the same name; their names are given.
pub(super) fn take_stored(
    file: &str,
    value: &Value,
    scenarios: &mut [CaseScenario],
) -> Result<BTreeSet<String>, ConfigError> {
    let mut taken = BTreeSet::new();
    for entry in value.as_array().into_iter().flatten() {
        let name = entry.get("name").and_then(scalar).unwrap_or_default();
        let bare = |scenario: &&mut CaseScenario| scenario.name == name && scenario.stored.is_empty();
        if let Some(scenario) = scenarios.iter_mut().find(bare) {
            scenario.stored = stored(file, &name, entry)?;
            taken.insert(name);
        }
    }
    Ok(taken)
}

/// Everything of an entry besides name and spec.
fn stored(file: &str, name: &str, entry: &Value) -> Result<BTreeMap<String, Vec<f64>>, ConfigError> {
    let mut stored = BTreeMap::new();
    for (key, value) in entry.as_object().into_iter().flatten() {
        // Names beside the numbers.
        if matches!(key.as_str(), "name" | "spec" | "product_ids" | "limits") {
            continue;
        }
        let values = value.as_array().map_or_else(|| vec![value], |values| values.iter().collect());
        // What is not known is written as null.
        let number = |value: &Value| if value.is_null() { Some(f64::NAN) } else { value.as_f64() };
        let numbers: Option<Vec<f64>> = values.into_iter().map(number).collect();
        let Some(numbers) = numbers else {
            let message = format!("scenario {name}: {key} is neither a number nor a list of numbers");
            return Err(complain(file, message, "remove it, or store results only"));
        };
        stored.insert(key.clone(), numbers);
    }
    Ok(stored)
}

fn spec(file: &str, place: &str, value: &Value, products: &Rows) -> Result<Spec, ConfigError> {
    let keys = [
        "ownership",
        "merge",
        "holdings",
        "tariff",
        "tariffs",
        "cost_multipliers",
        "limits",
        "hold",
        "remove",
        "add",
        "start",
    ];
    let reader = Reader::of(file, format!("{place}: spec"), value, &keys)?;
    let part = |what: &str| format!("{place}: {what}");
    let tariffs = reader.list("tariff").into_iter().chain(reader.list("tariffs"));
    let multipliers = reader.list("cost_multipliers").into_iter();
    let limits = reader.list("limits").into_iter().enumerate();
    let chosen = |key: &str| {
        let read = |value| Reader::of(file, part(key), value, &["where"])?.selection(products);
        reader.list(key).into_iter().map(read).collect::<Result<Vec<_>, _>>()
    };
    let limits: Vec<LimitSpec> =
        limits.map(|(number, value)| limit(file, part("limits"), number, value, products)).collect::<Result<_, _>>()?;
    let mut named = BTreeSet::new();
    if let Some(twice) = limits.iter().find(|limit| !named.insert(&limit.name)) {
        return Err(reader.error(format!("two limits are named {:?}", short(&twice.name)), "rename one of them"));
    }
    let start = reader.text("start")?.map(|column| reader.column("start", &column, products)).transpose()?;
    Ok(Spec {
        ownership: ownership(&reader, products)?,
        tariffs: tariffs.map(|value| tariff(file, part("tariff"), value, products)).collect::<Result<_, _>>()?,
        cost_multipliers: multipliers
            .map(|value| multiplier(file, part("cost_multipliers"), value, products))
            .collect::<Result<_, _>>()?,
        limits,
        hold: reader
            .list("hold")
            .into_iter()
            .map(|value| hold(file, part("hold"), value, products))
            .collect::<Result<_, _>>()?,
        remove: chosen("remove")?,
        add: chosen("add")?,
        start,
    })
}

fn ownership(reader: &Reader, products: &Rows) -> Result<OwnershipSpec, ConfigError> {
    let known = |key: &str, firm: &Value| -> Result<String, ConfigError> {
        let name = scalar(firm);
        let found = name.as_ref().and_then(|name| products.firm_ids.iter().find(|id| equal(id, name)));
        found.cloned().ok_or_else(|| {
            let firms: Vec<&str> = products.firm_ids.iter().map(String::as_str).collect();
            let help = suggest::one_of(&name.unwrap_or_default(), &firms);
            reader.error(format!("{key}: {firm} is not the id of a firm that sells something"), help)
        })
    };
    let merge = merge(reader, &|firm| known("merge", firm))?;
    let mut holdings: Vec<(String, String, f64)> = Vec::new();
    for value in reader.list("holdings") {
        let place = format!("{}: holdings", reader.place);
        let holding = Reader::of(reader.file, place, value, &["holder", "held", "part"])?;
        let firm = |key: &str| match holding.object.get(key) {
            Some(firm) => known(key, firm),
            None => Err(holding.error(format!("{key} is missing"), "name the firm by its id")),
        };
        let part = holding.number("part")?;
        if !(0.0..=1.0).contains(&part) {
            let meant = if part > 1.0 && part <= 100.0 {
                format!("write {} for {part}%; ", of_percent(part))
            } else {
                String::new()
            };
            return Err(holding.error(format!("part is {part}"), format!("{meant}it is a fraction between 0 and 1")));
        }
        let (holder, held) = (firm("holder")?, firm("held")?);
        // One of the two would be lost.
        if holdings.iter().any(|(other, of, _)| equal(other, &holder) && equal(of, &held)) {
            let message = format!("two entries say what firm {holder} holds of firm {held}");
            return Err(holding.error(message, "write one, with the whole part"));
        }
        holdings.push((holder, held, part));
    }
    for (_, held, _) in &holdings {
        let sum: f64 = holdings.iter().filter(|(_, of, _)| equal(of, held)).map(|(.., part)| part).sum();
        if sum > 1.0 + 1e-9 {
            let message = format!("holdings: the parts of firm {held} that others hold sum to {sum}");
            return Err(reader.error(message, "they are parts of one firm: let them sum to 1 at most"));
        }
    }
    let kind = reader.text("ownership")?.unwrap_or_else(|| "firm".to_owned());
    let only_with_firms =
        |what: &str| Err(reader.error(format!("{what} goes with firms, not with {kind:?}"), "drop one of the two"));
    match kind.as_str() {
        "merge" if merge.is_empty() => {
            Err(reader.error("merge is missing", "list the ids of firms that become one owner"))
        }
        "firm" | "merge" => Ok(OwnershipSpec::Firm { merge, holdings }),
        _ if !merge.is_empty() => only_with_firms("merge"),
        _ if !holdings.is_empty() => only_with_firms("holdings"),
        "single" => Ok(OwnershipSpec::Single),
        column => match products.column_name(column) {
            Some(known) => Ok(OwnershipSpec::Column(known)),
            None => {
                let choices =
                    "write \"firm\", \"single\", \"merge\" with a list of firm ids, or a column of products.csv";
                let near = suggest::closest(column, ["firm", "single", "merge"]);
                let help = near.map_or_else(|| choices.to_owned(), |near| format!("did you mean {near:?}? {choices}"));
                Err(reader.error(format!("ownership is {column:?}"), help))
            }
        },
    }
}

/// Groups of firms that become one owner: one list of firms, or a list of such lists.
fn merge(
    reader: &Reader,
    known: &dyn Fn(&Value) -> Result<String, ConfigError>,
) -> Result<Vec<Vec<String>>, ConfigError> {
    let entries = reader.list("merge");
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let groups: Vec<Vec<&Value>> = if entries.iter().any(|entry| entry.is_array()) {
        let mut groups = Vec::new();
        for entry in entries {
            match entry.as_array() {
                Some(firms) if !firms.is_empty() => groups.push(firms.iter().collect()),
                Some(_) => return Err(reader.error("merge: [] is a list of no firm", "take it out")),
                None => {
                    let help = "write [1, 2] for one owner, or [[1, 2], [3, 4]] for several: a firm alone stays out";
                    return Err(reader.error(format!("merge: {entry} stands beside lists of firms"), help));
                }
            }
        }
        groups
    } else {
        vec![entries]
    };
    let mut merge: Vec<Vec<String>> = Vec::new();
    for group in groups {
        let mut firms: Vec<String> = Vec::new();
        for firm in group {
            let firm = known(firm)?;
            // Which of two owners it has would hang on their order.
            if firms.iter().chain(merge.iter().flatten()).any(|other| equal(other, &firm)) {
                let help = "name a firm once: one list has all that become one owner, such as [1, 2, 3]";
                return Err(reader.error(format!("merge: firm {firm} is named twice"), help));
            }
            firms.push(firm);
        }
        merge.push(firms);
    }
    Ok(merge)
}

fn tariff(file: &str, place: String, value: &Value, products: &Rows) -> Result<TariffSpec, ConfigError> {
    let keys = ["type", "rate", "amount", "kappa", "dist_share", "customs_share", "where"];
    let reader = Reader::of(file, place, value, &keys)?;
    let kind = reader.text("type")?.unwrap_or_default();
    let rate = || {
        let rate = reader.number("rate")?;
        if rate <= -1.0 {
            return Err(reader.error(format!("rate is {rate}"), "write a rate above -1"));
        }
        reader.at_most("rate", rate, MAX_RATE)
    };
    let part = |key: &str, part: f64| {
        if part < 0.0 {
            return Err(reader.error(format!("{key} is {part}"), "write a part of the price between 0 and 1"));
        }
        reader.at_most(key, part, 1.0)
    };
    let own: &[(&str, &[&str])] = &[
        ("cost", &["rate"]),
        ("specific", &["amount"]),
        ("retail", &["rate"]),
        ("retail_share", &["rate", "kappa"]),
        ("border", &["rate"]),
        ("border_dist", &["rate", "dist_share"]),
        ("list", &["rate", "customs_share"]),
    ];
    let kinds: Vec<&str> = own.iter().map(|(kind, _)| *kind).collect();
    let Some((_, takes)) = own.iter().find(|(known, _)| *known == kind) else {
        return Err(reader.error(format!("type is {kind:?}"), suggest::one_of(&kind, &kinds)));
    };
    // A key of another type would change nothing, in silence.
    let given = |key: &&str| reader.object.contains_key(*key) && !["type", "where"].contains(key);
    if let Some(stray) = keys.iter().filter(|key| given(key)).find(|key| !takes.contains(*key)) {
        let others = own.iter().filter(|(_, takes)| takes.contains(stray)).map(|(kind, _)| format!("{kind:?}"));
        let help = format!(
            "`{stray}` belongs to type {}; a duty of type {kind:?} takes {}",
            others.collect::<Vec<_>>().join(", "),
            takes.join(", ")
        );
        return Err(reader.error(format!("{stray} is of no use with type {kind:?}"), help));
    }
    let basis = match kind.as_str() {
        "cost" => Basis::Cost(rate()?),
        "specific" => {
            let amount = reader.number("amount")?;
            if amount.abs() > MOST_AMOUNT {
                let message = format!("amount is {amount:e}, expected at most {MOST_AMOUNT:e} in size");
                return Err(reader.error(message, "write the duty on one unit, in the unit of prices"));
            }
            Basis::Specific(amount)
        }
        "retail" => Basis::Retail(rate()?),
        "retail_share" => {
            let kappa = reader.number("kappa")?;
            if kappa < 0.0 {
                let help =
                    "write the part of the price that the rate is on, between 0 and 1; a subsidy is a rate below 0";
                return Err(reader.error(format!("kappa is {kappa}"), help));
            }
            Basis::RetailShare(rate()?, reader.at_most("kappa", kappa, 1.0)?)
        }
        "border" => Basis::Border(rate()?),
        "border_dist" => {
            let distribution = part("dist_share", reader.number("dist_share")?)?;
            if distribution >= 1.0 {
                let message = format!("dist_share is {distribution}: nothing of the price is left to pay duty on");
                return Err(reader.error(message, "write a part of the price below 1"));
            }
            Basis::BorderDistribution(rate()?, distribution)
        }
        _ => Basis::List(rate()?, part("customs_share", reader.number_or("customs_share", 1.0)?)?),
    };
    Ok(TariffSpec { basis, products: reader.selection(products)? })
}

fn multiplier(file: &str, place: String, value: &Value, products: &Rows) -> Result<CostMultiplier, ConfigError> {
    let reader = Reader::of(file, place, value, &["factor", "home_share", "where"])?;
    let home_share = reader.at_most("home_share", reader.number_or("home_share", 1.0)?, 1.0)?;
    if home_share < 0.0 {
        return Err(reader.error(format!("home_share is {home_share}"), "write a part of cost between 0 and 1"));
    }
    let factor = 1.0 + home_share * (reader.number("factor")? - 1.0);
    let factor = if reader.object.contains_key("home_share") { factor } else { reader.number("factor")? };
    if factor <= 0.0 {
        return Err(reader.error(format!("the factor on cost is {factor}"), "write one above 0"));
    }
    reader.at_most("factor", factor, MAX_FACTOR)?;
    Ok(CostMultiplier { factor, products: reader.selection(products)? })
}

fn limit(file: &str, place: String, number: usize, value: &Value, products: &Rows) -> Result<LimitSpec, ConfigError> {
    let reader = Reader::of(file, place, value, &["name", "share", "where"])?;
    let name = reader.text("name")?.unwrap_or_else(|| format!("no. {}", number + 1));
    // Nobody buys more than everybody.
    let share = reader.at_most("share", reader.number("share")?, 1.0)?;
    if share <= 0.0 {
        let help = "write a share above 0; to sell none of these products take them off the market with `remove`";
        return Err(reader.error(format!("share of limit {} is {share}", short(&name)), help));
    }
    Ok(LimitSpec { name, share, products: reader.selection(products)? })
}

fn hold(file: &str, place: String, value: &Value, products: &Rows) -> Result<HoldSpec, ConfigError> {
    let reader = Reader::of(file, place, value, &["at", "where"])?;
    let at = match reader.object.get("at") {
        None | Some(Value::Null) => HeldAt::Base,
        Some(Value::String(name)) if name == "base" => HeldAt::Base,
        Some(Value::String(name)) => HeldAt::Column(reader.column("at", name, products)?),
        Some(value) => match value.as_f64().filter(|price| price.is_finite() && *price > 0.0) {
            Some(price) => HeldAt::Price(price),
            None => {
                let help = "write \"base\", a column of products.csv, or a price above 0";
                return Err(reader.error(format!("at is {value}"), help));
            }
        },
    };
    Ok(HoldSpec { at, products: reader.selection(products)? })
}
