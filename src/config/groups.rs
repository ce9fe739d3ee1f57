//! Groups of models that the user wants numbers of: `[[group]]`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::error::ConfigError;
use super::instruments::{SelectionSection, selection};
use super::reader::Reader;
use crate::model::market::{Market, ModelGroup};

/// Most groups: each has four headline metrics in every period.
const MAX_GROUPS: usize = 100;

/// Models whose sales, share and price are headline metrics together: `units_NAME`, `expected_units_NAME`, `car_share_NAME`, `sticker_price_NAME_usd`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupSection {
    /// Its name, part of the names of its metrics: small letters, digits, `-` and `_`.
    pub name: String,
    /// The models that it has.
    pub on: SelectionSection,
    /// Models left out of it.
    #[serde(default)]
    pub except: Option<SelectionSection>,
}

/// The groups of a scenario. `flag` is the headline list, which has metrics of its own.
pub(super) fn groups(
    reader: &Reader<'_>,
    sections: &[GroupSection],
    market: &Market,
    flag: &str,
) -> Result<Vec<ModelGroup>, ConfigError> {
    if sections.len() > MAX_GROUPS {
        let message = format!("there are {} groups, at most {MAX_GROUPS} can be", sections.len());
        return Err(reader.error("group", message, "leave some out"));
    }
    let mut groups: Vec<ModelGroup> = Vec::new();
    for (i, section) in sections.iter().enumerate() {
        let (key, name) = (format!("group[{i}]"), &section.name);
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if name.is_empty() || !name.chars().all(fits) {
            let help = "its metrics are columns such as units_NAME: use lower-case letters, digits, `-` and `_`";
            return Err(reader.error(
                &format!("{key}.name"),
                format!("`{name}` cannot be part of a column's name"),
                help,
            ));
        }
        let taken = groups.iter().map(|group| group.name.as_str());
        let known = market.regions.as_slice().iter().map(String::as_str).chain(["all", "outside", flag]).chain(taken);
        reader.unused(&format!("{key}.name"), "set of models", name, known)?;
        let mut selected = selection(reader, &format!("{key}.on"), &section.on, market)?;
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
        groups.push(ModelGroup { name: name.clone(), models });
    }
    Ok(groups)
}
