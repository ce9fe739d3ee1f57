//! Groups of models that the user wants numbers of: `[[group]]`.

use serde::Deserialize;

use super::error::ConfigError;
use super::instruments::{SelectionSection, selection};
use super::reader::Reader;
use crate::model::market::{GroupKind, Market, ModelGroup};

/// Most groups: each has five headline metrics in every period.
const MAX_GROUPS: usize = 100;

/// Models whose sales, share, price and makers' profit are headline metrics together: `units_NAME`, `expected_units_NAME`, `car_share_NAME`,
/// `sticker_price_NAME_usd`, `profit_NAME_usd`. A set of models under a name, or with `each` one group for every brand or manufacturer.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSection {
    /// Its name, part of the names of its metrics: small letters, digits, `-` and `_`.
    #[serde(default)]
    pub name: Option<String>,
    /// What tables and charts call it; its name if absent.
    #[serde(default)]
    pub label: Option<String>,
    /// The models that it has.
    #[serde(default)]
    pub on: Option<SelectionSection>,
    /// Models left out of it.
    #[serde(default)]
    pub except: Option<SelectionSection>,
    /// In place of name and models: a group for each brand or manufacturer, under its name in small letters with `_` for what is neither letter, digit nor `-`.
    /// Where other models have the name, its kind stands before it: `manufacturer_mazda`.
    #[serde(default)]
    pub each: Option<GroupEach>,
}

/// What there is a group for each of.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupEach {
    /// Each brand.
    Brand,
    /// Each manufacturer.
    Manufacturer,
}

/// The groups of a scenario. `flag` is the headline list, which has metrics of its own.
pub(super) fn groups(
    reader: &Reader<'_>,
    sections: &[GroupSection],
    market: &Market,
    flag: &str,
) -> Result<Vec<ModelGroup>, ConfigError> {
    let mut groups: Vec<ModelGroup> = Vec::new();
    for (i, section) in sections.iter().enumerate() {
        let key = format!("group[{i}]");
        let (place, found) = match (section.each, &section.name, &section.on) {
            (Some(each), None, None) if section.except.is_none() && section.label.is_none() => {
                (format!("{key}.each"), of_each(each, market))
            }
            (Some(_), ..) => {
                let message = "stands alone: it makes groups of all models, each under its own name";
                return Err(reader.error(
                    &format!("{key}.each"),
                    message,
                    "leave the other keys out, or write a [[group]] of its own for them",
                ));
            }
            (None, Some(name), Some(on)) => {
                (format!("{key}.name"), vec![own(reader, &key, section, name, on, market)?])
            }
            (None, ..) => {
                let missing = if section.name.is_none() { "name" } else { "on" };
                let message = format!("has no `{missing}`");
                return Err(reader.error(
                    &key,
                    message,
                    "write name and on, or each = \"brand\" for a group of every brand",
                ));
            }
        };
        for group in found {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            if group.name.is_empty() || !group.name.chars().all(fits) {
                let help = "its metrics are columns such as units_NAME: use lower-case letters, digits, `-` and `_`";
                return Err(reader.error(&place, format!("`{}` cannot be part of a column's name", group.name), help));
            }
            let group = match section.each {
                Some(_) => match apart(reader, &place, group, &mut groups, (market, flag))? {
                    Some(group) => group,
                    None => continue,
                },
                None => group,
            };
            reader.unused(&place, "set of models", &group.name, names(&groups, market, flag))?;
            groups.push(group);
        }
    }
    if groups.len() > MAX_GROUPS {
        let message = format!("there are {} groups, at most {MAX_GROUPS} can be", groups.len());
        return Err(reader.error("group", message, "leave some out"));
    }
    Ok(groups)
}

/// Names that a group cannot have, because metrics have them.
fn names<'a>(groups: &'a [ModelGroup], market: &'a Market, flag: &'a str) -> impl Iterator<Item = &'a str> {
    let regions = market.regions.as_slice().iter().map(String::as_str);
    regions.chain(["all", "outside", flag]).chain(groups.iter().map(|group| group.name.as_str()))
}

/// A group of each brand or manufacturer under a name of its own, which nobody chose: its kind is added where another set of models has the name
/// (`manufacturer_mazda`). Nothing where the same models have it already.
fn apart(
    reader: &Reader<'_>,
    place: &str,
    group: ModelGroup,
    groups: &mut [ModelGroup],
    (market, flag): (&Market, &str),
) -> Result<Option<ModelGroup>, ConfigError> {
    if !names(groups, market, flag).any(|name| name == group.name) {
        return Ok(Some(group));
    }
    let earlier = groups.iter_mut().find(|earlier| earlier.name == group.name && earlier.models == group.models);
    if let Some(earlier) = earlier {
        if earlier.kind == group.kind {
            let message = format!("the set of models `{}` exists already", group.name);
            return Err(reader.error(place, message, "write each of a kind once"));
        }
        earlier.also = Some(group.kind);
        return Ok(None);
    }
    let kind = group.kind.as_str();
    Ok(Some(ModelGroup { name: format!("{kind}_{}", group.name), label: format!("{} ({kind})", group.label), ..group }))
}

/// A set of models under a name.
fn own(
    reader: &Reader<'_>,
    key: &str,
    section: &GroupSection,
    name: &str,
    on: &SelectionSection,
    market: &Market,
) -> Result<ModelGroup, ConfigError> {
    let mut selected = selection(reader, &format!("{key}.on"), on, market)?;
    if let Some(except) = &section.except {
        let exempt = selection(reader, &format!("{key}.except"), except, market)?;
        selected.iter_mut().zip(exempt).for_each(|(selected, exempt)| *selected &= !exempt);
        if !selected.contains(&true) {
            return Err(reader.error(
                &format!("{key}.except"),
                "leaves no model in the group",
                "drop the group instead",
            ));
        }
    }
    let models = (0..market.len()).filter(|j| selected[*j]).collect();
    let label = section.label.clone().unwrap_or_else(|| name.to_owned());
    Ok(ModelGroup { name: name.to_owned(), label, kind: GroupKind::Own, also: None, models })
}

/// A group for each brand or manufacturer, in the order of the market.
fn of_each(each: GroupEach, market: &Market) -> Vec<ModelGroup> {
    let named = |kind: GroupKind, label: &str, models: Vec<usize>| {
        let small = label.to_lowercase();
        let kept = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' { c } else { '_' };
        ModelGroup { name: small.chars().map(kept).collect(), label: label.to_owned(), kind, also: None, models }
    };
    let models = |of: &dyn Fn(usize) -> bool| (0..market.len()).filter(|j| of(*j)).collect::<Vec<_>>();
    match each {
        GroupEach::Brand => {
            let all = market.brands.iter();
            all.map(|(id, brand)| named(GroupKind::Brand, brand, models(&|j| market.models[j].brand == id))).collect()
        }
        GroupEach::Manufacturer => {
            let all = market.manufacturers.iter();
            all.map(|(id, maker)| {
                named(GroupKind::Manufacturer, maker, models(&|j| market.models[j].manufacturer == id))
            })
            .collect()
        }
    }
}
