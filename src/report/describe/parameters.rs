//! Every number of the configured model: meaning, value, unit, status and source, in tables.

use std::collections::BTreeMap;

use serde_json::Value;

use super::markdown::{code, number, table, text};
use super::switched::SwitchedOn;
use crate::config::Loaded;
use crate::config::listed::{Listed, listed};

/// Sections that are no parameters of the model: designs of studies, what is fitted, what is written.
const NOT_OF_THE_MODEL: [&str; 8] =
    ["sweep", "uncertainty", "parameter", "correlation", "calibration", "stop", "outputs", "period"];

/// Sections in the order of the tables, with their heads.
const SECTIONS: [(&str, &str); 14] = [
    ("market", "The market"),
    ("buyers", "Buyers"),
    ("demand", "Demand"),
    ("holding", "Purchases"),
    ("pricing", "Prices and costs"),
    ("exchange_rate", "Exchange rates"),
    ("timing", "Buyers in time"),
    ("dealers", "Dealers"),
    ("shipping", "Shipments"),
    ("instrument", "Policy instruments"),
    ("regime", "Regimes"),
    ("governments", "Governments"),
    ("accounts", "Accounts"),
    ("", "Time and replications"),
];

/// Most numbers of a section that its table lists.
const MOST: usize = 250;

/// A number of the model.
struct Known {
    key: String,
    meaning: String,
    value: String,
    status: String,
    source: String,
}

/// Writes the tables.
pub(super) fn parameters(out: &mut String, on: SwitchedOn<'_>) {
    let schema: Value = serde_json::from_str(super::schema()).unwrap_or(Value::Null);
    let all = known(on, &schema);
    for (section, head) in SECTIONS {
        let own: Vec<&Known> = all.iter().filter(|known| section_of(&known.key) == section).collect();
        if own.is_empty() {
            continue;
        }
        out.push_str(&format!("### {head}\n\n"));
        let rows: Vec<Vec<String>> = own
            .iter()
            .take(MOST)
            .map(|known| {
                let cells = [
                    code(&known.key),
                    known.meaning.replace('|', "\\|"),
                    text(&known.value),
                    text(unit(&known.key, &known.meaning)),
                ];
                cells.into_iter().chain([text(&known.status), text(&known.source)]).collect()
            })
            .collect();
        table(out, &["key", "meaning", "value", "unit", "status", "source"], &rows);
        if own.len() > MOST {
            out.push_str(&format!("The first {MOST} of {}; `stickershock check` lists all.\n\n", own.len()));
        }
    }
    drawn(out, on.loaded);
}

/// The section that a key stands in; empty for those of no section of their own.
fn section_of(key: &str) -> &str {
    let first = key.split('.').next().unwrap_or_default();
    SECTIONS.iter().map(|(name, _)| *name).find(|name| *name == first).unwrap_or_default()
}

/// Numbers of the file that the configured model reads, and those that it leaves to the program.
fn known(on: SwitchedOn<'_>, schema: &Value) -> Vec<Known> {
    let used: Vec<&str> = on.instruments().iter().map(|(_, instrument)| instrument.name.as_str()).collect();
    let runs: Vec<&str> = on.scenario.regimes.values().map(|regime| regime.name.as_str()).collect();
    let section_on = |section: &str| match section {
        "timing" => on.in_time() || on.scenario.one_shot,
        "dealers" | "shipping" => on.dealers(),
        "governments" => on.governments(),
        _ => true,
    };
    let reads = |key: &str| {
        let mut parts = key.split('.');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        match first {
            "instrument" => used.contains(&second),
            "regime" => runs.contains(&second),
            "pricing" => pricing_reads(on, second),
            "timing" => section_on("timing") && timing_reads(on, second),
            "market" => second != "factor",
            first => !NOT_OF_THE_MODEL.contains(&first) && section_on(first),
        }
    };
    let mut all = Vec::new();
    let listed = listed(&on.loaded.document);
    for Listed { key, value, status, source } in listed.into_iter().filter(|item| reads(&item.key)) {
        let meaning = meaning(schema, &key).unwrap_or_default();
        // As short as a reader wants it, where it is a plain number.
        let value = value.parse().map_or(value, number);
        all.push(Known { key, meaning, value, status, source });
    }
    for section in ["pricing", "timing", "dealers", "shipping", "accounts"] {
        if !section_on(section) {
            continue;
        }
        let given: Vec<String> = all.iter().map(|known| known.key.clone()).collect();
        for (name, description) in properties(schema, section) {
            let key = format!("{section}.{name}");
            let Some(default) = default_of(&description) else { continue };
            if reads(&key)
                && !given.iter().any(|own| *own == key || own.starts_with(&format!("{key}.")))
                && !states(on, section, &name)
            {
                all.push(Known {
                    key,
                    meaning: description,
                    value: default,
                    status: "default".into(),
                    source: "of the program".into(),
                });
            }
        }
    }
    all
}

/// Whether the file says something of a key that is no number: `reopen_gain = false`.
fn states(on: SwitchedOn<'_>, section: &str, name: &str) -> bool {
    let root = on.loaded.document.to_toml_string().parse::<toml::Table>().unwrap_or_default();
    root.get(section).and_then(|section| section.get(name)).is_some()
}

fn pricing_reads(on: SwitchedOn<'_>, name: &str) -> bool {
    match name {
        "list_life_weeks" | "discount_rate" | "reopen_gain" | "anticipate" | "sell_below_cost" => on.staggered(),
        "theta" => matches!(on.scenario.rule, crate::model::supply::rule::PricingRule::PassThrough { .. }),
        "customs_value_share" => on.vertical(),
        "border_home_cost_share" => on.vertical() && on.exchange(),
        "cost_volume" => on.rising_cost(),
        "exchange_threshold" => on.exchange() && !on.staggered(),
        _ => true,
    }
}

fn timing_reads(on: SwitchedOn<'_>, name: &str) -> bool {
    match name {
        "hysteresis" => on.grudge(),
        "peers" => on.peers(),
        _ => on.in_time(),
    }
}

/// The number that a description says holds where the file has none: `...; 26 if absent`.
fn default_of(description: &str) -> Option<String> {
    let before = description.split(" if absent").next().filter(|before| before.len() < description.len())?;
    let last = before.rsplit([' ', ';', '\u{a0}']).next()?;
    last.parse::<f64>().ok().map(|_| last.to_owned())
}

/// Where a reference of the schema leads.
fn resolved<'a>(schema: &'a Value, mut node: &'a Value) -> &'a Value {
    for _ in 0..16 {
        if let Some(target) = node.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#')) {
            node = schema.pointer(target).unwrap_or(&Value::Null);
            continue;
        }
        // Of something that may be absent, what it is when it is there.
        let of = node
            .get("anyOf")
            .and_then(Value::as_array)
            .and_then(|ways| ways.iter().find(|way| way.get("$ref").is_some() && node.get("properties").is_none()));
        match of {
            Some(way) => node = way,
            None => break,
        }
    }
    node
}

/// Keys of a section with their descriptions.
fn properties(schema: &Value, section: &str) -> BTreeMap<String, String> {
    let node = resolved(schema, &schema["properties"][section]);
    let Some(own) = node.get("properties").and_then(Value::as_object) else { return BTreeMap::new() };
    let described =
        |(name, node): (&String, &Value)| Some((name.clone(), node.get("description")?.as_str()?.replace('\n', " ")));
    own.iter().filter_map(described).collect()
}

/// What the schema says of a key, or of the table that it is an entry of.
fn meaning(schema: &Value, key: &str) -> Option<String> {
    let mut node = schema;
    let mut said = None;
    for part in key.split('.') {
        let part = part.split('[').next().unwrap_or_default();
        let mut at = resolved(schema, node);
        // A list: what its items are. Its name stands in the key, and is no key of the item.
        if let Some(items) = at.get("items") {
            at = resolved(schema, items);
            if at.get("properties").and_then(|all| all.get(part)).is_none() {
                node = at;
                continue;
            }
        }
        match at.get("properties").and_then(|all| all.get(part)) {
            Some(next) => {
                node = next;
                said = next.get("description").and_then(Value::as_str).or(said);
            }
            // Entries of a table by name: brands, characteristics, years.
            None => node = at.get("additionalProperties").unwrap_or(&Value::Null),
        }
    }
    said.map(|said| said.replace('\n', " "))
}

/// Units of single keys.
const UNITS: [(&str, &str); 30] = [
    ("demand.alpha", "utility per thousand USD"),
    ("demand.loyalty", "utility"),
    ("demand.loyalty_deviation", "utility"),
    ("demand.sigma", "utility per standard deviation"),
    ("demand.sigma_import", "utility"),
    ("demand.sigma_region", "utility"),
    ("demand.sigma_outside", "utility"),
    ("demand.income_bounds", "of median income"),
    ("market.size", "purchase events a year"),
    ("buyers.count", "buyers"),
    ("buyers.pricing_nodes", "buyers"),
    ("time.weeks", "weeks"),
    ("run.seed", "number"),
    ("run.replications", "replications"),
    ("accounts.deficit_usd", "USD a year"),
    ("timing.hysteresis.penalty", "utility"),
    ("timing.peers.gamma", "utility"),
    ("governments.panel_loss", "probability"),
    ("governments.dealers_rate", "dealers a year"),
    ("governments.target_dealers", "dealers a year"),
    ("governments.sanctions_end_rate", "a year"),
    ("governments.flows.exchange_rate", "currency per USD"),
    // Payoffs, where their description says no more.
    ("governments.refusal_reward_sd", "billion USD"),
    ("governments.execution_reward", "billion USD"),
    ("governments.execution_reward_sd", "billion USD"),
    ("governments.ratification_cost", "billion USD"),
    ("governments.backing_down_cost", "billion USD"),
    ("governments.vindication", "billion USD"),
    ("governments.ruling_censure", "billion USD"),
    ("governments.summit_relief", "billion USD"),
];

/// What keys end with, and the unit that says so.
const SUFFIXES: [(&str, &str); 23] = [
    ("elasticity", "1"),
    ("reopen_gain", "fraction"),
    ("rival_gain", "fraction"),
    ("_per_usd", "1"),
    ("_loss", "billion USD a year"),
    ("_gain", "billion USD a year"),
    ("extra_duty", "billion USD a year"),
    ("years_least", "years"),
    ("years_longest", "years"),
    ("billion_usd", "billion USD a year"),
    ("usd_per_year", "USD a year"),
    ("_usd", "USD"),
    ("cars_per_year", "cars a year"),
    ("weeks", "weeks"),
    ("_days", "days"),
    ("days_first", "days"),
    ("days_last", "days"),
    ("years", "years"),
    ("_per_week", "a week"),
    ("discount_rate", "a year"),
    ("rate", "fraction"),
    ("share", "fraction"),
    ("fraction_of_base", "fraction"),
];

/// What descriptions say of a unit.
const SAID: [(&str, &str); 7] = [
    ("billion usd a year", "billion USD a year"),
    ("billion usd", "billion USD"),
    ("currency per usd", "currency per USD"),
    ("probability", "probability"),
    ("days ", "days"),
    ("years over", "years"),
    ("rate a year", "a year"),
];

/// The unit of a number; `1` where it has none.
fn unit(key: &str, meaning: &str) -> &'static str {
    // Without the numbers of places in lists.
    let bare: String = key.split('[').map(|part| part.split_once(']').map_or(part, |(_, after)| after)).collect();
    if bare.contains(".rates.") {
        return "fraction";
    }
    let own =
        |(name, _): &&(&str, &str)| bare == *name || bare.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    if let Some((_, unit)) = UNITS.iter().find(own) {
        return unit;
    }
    if let Some((_, unit)) = SUFFIXES.iter().find(|(suffix, _)| bare.ends_with(suffix)) {
        return unit;
    }
    let said = meaning.to_lowercase();
    SAID.iter().find(|(words, _)| said.contains(words)).map_or("1", |(_, unit)| unit)
}

/// The distributions of what is uncertain.
fn drawn(out: &mut String, loaded: &Loaded) {
    if loaded.parameters.list.is_empty() {
        return;
    }
    out.push_str("### Values with a distribution\n\n");
    let rows: Vec<Vec<String>> = loaded
        .parameters
        .list
        .iter()
        .map(|item| {
            let quantiles = [0.05, 0.5, 0.95].map(|p| number(item.distribution.quantile(p)));
            [code(&item.key), text(&item.label)].into_iter().chain(quantiles).collect()
        })
        .collect();
    table(out, &["key", "what it is", "5% quantile", "median", "95% quantile"], &rows);
    if loaded.parameters.copula.is_some() {
        out.push_str("They are correlated as `[[correlation]]` says, by a Gaussian copula.\n\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_says_what_keys_mean_and_what_holds_without_them() {
        let schema: Value = serde_json::from_str(crate::report::describe::schema()).unwrap();
        let said = |key: &str| meaning(&schema, key).unwrap_or_default();
        assert!(said("demand.alpha").starts_with("Price response at median income"), "{}", said("demand.alpha"));
        assert!(said("demand.sigma.size").starts_with("Standard deviation of the taste for each"));
        assert!(said("instrument.sanctions.expected_weeks").starts_with("How long makers"));
        assert!(said("market.normal_duty.rate").starts_with("Fraction of customs value"));
        let dealers = properties(&schema, "dealers");
        assert_eq!(default_of(&dealers["target_days"]).as_deref(), Some("60"));
        assert_eq!(default_of(&dealers["start_days"]), None);
        assert_eq!(default_of("Mean life, weeks (rule `staggered`); 26 if absent."), Some("26".into()));
    }

    #[test]
    fn units_are_those_of_the_key() {
        for (key, meaning, expected) in [
            ("demand.alpha", "", "utility per thousand USD"),
            ("demand.sigma.size", "", "utility per standard deviation"),
            ("demand.eta", "", "1"),
            ("instrument.sanctions.rate", "", "fraction"),
            ("timing.fixed_cost_usd", "", "USD"),
            ("holding.lease_weeks[1]", "", "weeks"),
            ("governments.security_cost", "Cost, billion USD a year.", "billion USD a year"),
            ("pricing.discount_rate", "", "a year"),
            ("governments.flows.consumers_loss", "", "billion USD a year"),
            ("governments.flows.exchange_rate_elasticity", "", "1"),
            ("governments.panel_loss", "Probability that the WTO rules against the home country.", "probability"),
        ] {
            assert_eq!(unit(key, meaning), expected, "{key}");
        }
    }
}
