//! Launches and exits: `[[market.on_sale]]` and `on_sale` of a regime.

use jiff::civil::Date;
use serde::Deserialize;

use super::error::ConfigError;
use super::reader::Reader;
use super::time::Horizon;
use crate::model::market::Market;
use crate::model::on_sale::SaleDates;

/// Longest ramp: ten years.
const MAX_RAMP_WEEKS: u32 = 520;

/// When models are on sale.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnSaleSection {
    /// Names of the models.
    pub models: Vec<String>,
    /// Launch: on sale from the first week that starts on or after this day; always before if absent.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub from: Option<Date>,
    /// Exit: on sale no more from the first week that starts on or after this day; for good if absent.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub until: Option<Date>,
    /// Weeks after the launch until a model sells as in the base year; at once if absent.
    #[serde(default)]
    pub ramp_weeks: Option<u32>,
}

/// When models are on sale, checked.
pub(super) fn on_sale(
    reader: &Reader<'_>,
    key: &str,
    sections: &[OnSaleSection],
    market: &Market,
    horizon: Horizon,
) -> Result<Vec<SaleDates>, ConfigError> {
    let names: Vec<String> = market.models.iter().map(|model| model.name.clone()).collect();
    let mut all: Vec<SaleDates> = Vec::new();
    for (i, section) in sections.iter().enumerate() {
        let key = format!("{key}[{i}]");
        if section.models.is_empty() {
            return Err(reader.error(&format!("{key}.models"), "names none", "name at least one model"));
        }
        if section.from.is_none() && section.until.is_none() {
            let help = "from = 2025-06-01 is a launch, until = 2025-06-01 an exit";
            return Err(reader.error(&key, "has neither `from` nor `until`", help));
        }
        if let (Some(from), Some(until)) = (section.from, section.until)
            && horizon.week_of(from) >= horizon.week_of(until)
        {
            let same = if from < until { ", in a later week" } else { "" };
            let help = format!(
                "the exit comes after the launch{same}; a model that is never on sale belongs to `market.exclude`"
            );
            let message = match from < until {
                true => format!("{until} is in the week of {from}: the model would not be on sale for any"),
                false => format!("{until} does not come after {from}"),
            };
            return Err(reader.error(&format!("{key}.until"), message, help));
        }
        let ramp_weeks = section.ramp_weeks.unwrap_or(0);
        let ramp_key = format!("{key}.ramp_weeks");
        reader.count(&ramp_key, ramp_weeks.into(), 0, MAX_RAMP_WEEKS.into(), "weeks from the launch on")?;
        if ramp_weeks > 0 && section.from.is_none() {
            return Err(reader.error(&ramp_key, "has no launch to begin at", "give `from`, or leave it out"));
        }
        for (n, name) in section.models.iter().enumerate() {
            let place = format!("{key}.models[{n}]");
            let what = "model of this market (excluded models do not count)";
            let model = reader.position(&place, name, &names, what)?;
            if all.iter().any(|known| known.model == model) {
                let help = "one entry says when a model is on sale: put its dates together";
                return Err(reader.error(&place, format!("`{name}` has an entry already"), help));
            }
            let week = |date: Option<Date>| date.map(|date| horizon.week_of(date));
            all.push(SaleDates { model, from_week: week(section.from), until_week: week(section.until), ramp_weeks });
        }
    }
    Ok(all)
}
