//! Policy histories: `[[regime]]`.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::ConfigError;
use super::pricing::{self, PricingSection, Threshold};
use super::reader::Reader;
use super::time::Horizon;
use crate::model::market::Market;
use crate::model::trade::instrument::Instrument;
use crate::model::trade::regime::{Action, InvalidRegime, PolicyEvent, Regime, Reopening};

/// Most regimes: tables of pairs of them grow with the square.
const MAX_REGIMES: u64 = 500;
/// Most events of a regime.
const MAX_EVENTS: u64 = 1_000;

/// A policy history.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegimeSection {
    /// Name in tables.
    pub name: String,
    /// What charts call it.
    #[serde(default)]
    pub label: Option<String>,
    /// Dated events; none is the status quo.
    #[serde(default)]
    pub events: Vec<EventSection>,
    /// Whether the two governments negotiate the history, anew in every replication (section `[governments]`).
    #[serde(default)]
    pub negotiated: bool,
    /// The instrument that a negotiated regime threatens.
    #[serde(default)]
    pub instrument: Option<String>,
    /// Public belief that the duty will bind while a decision is open; that of `[timing.belief]` if absent.
    #[serde(default)]
    pub belief: Option<f64>,
    /// Manufacturers that stop shipping the listed models while a decision is open; those of `[shipping]` if absent.
    #[serde(default)]
    pub suspend: Option<Vec<String>>,
    /// Gain from which a maker reopens its staggered lists at an event of this regime, or `false` for never; that of `[pricing]` if absent.
    #[serde(default)]
    pub reopen_gain: Option<Threshold>,
}

/// A dated event on one instrument.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventSection {
    /// Date; it acts from the first week that starts on or after it.
    #[schemars(with = "String")]
    pub date: Date,
    /// What happens.
    pub action: Action,
    /// Name of the instrument.
    pub instrument: String,
    /// Who gets back the duty collected since it was imposed, where the event ends it; nobody if absent.
    #[serde(default)]
    pub refund: Option<RefundChoice>,
    /// What charts call it.
    #[serde(default)]
    pub label: Option<String>,
}

/// Who gets collected duty back.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RefundChoice {
    /// The importers, who keep it: buyers paid at the old prices.
    Importers,
}

/// All regimes, checked.
pub(super) fn regimes(
    reader: &Reader<'_>,
    sections: &[RegimeSection],
    pricing: &PricingSection,
    instruments: &[Instrument],
    market: &Market,
    horizon: Horizon,
) -> Result<Vec<Regime>, ConfigError> {
    reader.count("regime", sections.len() as u64, 1, MAX_REGIMES, "add a [[regime]] with a name, or leave some out")?;
    let mut regimes: Vec<Regime> = Vec::new();
    for (i, section) in sections.iter().enumerate() {
        let known = regimes.iter().map(|regime| regime.name.as_str());
        reader.unused(&format!("regime[{i}].name"), "regime", &section.name, known)?;
        let reopening = pricing::reopening(reader, &format!("regime[{i}].reopen_gain"), section.reopen_gain, pricing)?;
        regimes.push(Regime { reopening, ..regime(reader, i, section, instruments, market, horizon)? });
    }
    Ok(regimes)
}

fn regime(
    reader: &Reader<'_>,
    i: usize,
    section: &RegimeSection,
    instruments: &[Instrument],
    market: &Market,
    horizon: Horizon,
) -> Result<Regime, ConfigError> {
    let (key, events) = (format!("regime[{i}].events"), section.events.len() as u64);
    reader.count(&key, events, 0, MAX_EVENTS, "leave some out")?;
    let mut events = section
        .events
        .iter()
        .enumerate()
        .map(|(e, event)| {
            Ok((e, self::event(reader, &format!("regime[{i}].events[{e}]"), event, instruments, horizon)?))
        })
        .collect::<Result<Vec<_>, ConfigError>>()?;
    events.sort_by_key(|(_, event)| event.date);
    let (order, events): (Vec<usize>, Vec<PolicyEvent>) = events.into_iter().unzip();
    let regime = Regime {
        name: section.name.clone(),
        label: section.label.clone().unwrap_or_else(|| section.name.clone()),
        events,
        reopening: Reopening::default(),
    };
    regime.force(instruments, horizon.weeks).map_err(|error| match &error {
        InvalidRegime::Unreachable { event, .. } => {
            let help = "for one instrument: threatened, announced, liable, imposed or settled or lapsed, then lifted; complaint, \
                        ruling_lost or ruling_won beside it, and reversed after imposed and ruling_lost; reinstated after settled";
            reader.error(&format!("regime[{i}].events[{}].action", order[*event]), error.to_string(), help)
        }
        InvalidRegime::Overlap { both, what, model, week, event } => {
            let on = model.map_or_else(String::new, |model| format!(" on {}", market.models[model].name));
            let message = format!("{both} both {what}{on} in week {week}");
            let help = "end one of them first, or take the models out of one with `except`; duties can be `stacking = \"additional\"`";
            reader.error(&format!("regime[{i}].events[{}].action", order[*event]), message, help)
        }
    })?;
    Ok(regime)
}

fn event(
    reader: &Reader<'_>,
    key: &str,
    section: &EventSection,
    instruments: &[Instrument],
    horizon: Horizon,
) -> Result<PolicyEvent, ConfigError> {
    let names: Vec<String> = instruments.iter().map(|instrument| instrument.name.clone()).collect();
    let instrument =
        reader.position(&format!("{key}.instrument"), &section.instrument, &names, "instrument of this scenario")?;
    let week = horizon.week_within(section.date).ok_or_else(|| {
        let message = format!("{} is outside the horizon", section.date);
        reader.error(&format!("{key}.date"), message, horizon.help())
    })?;
    let action = section.action;
    let (refund, subject) = (section.refund.is_some(), &instruments[instrument]);
    if !subject.is_duty() && (refund || action == Action::Liable) {
        let (field, message) = match refund {
            true => ("refund", "refunds nothing"),
            false => ("action", "cannot be owed before it is decided"),
        };
        let message = format!("`{}` is no duty ({}): it {message}", subject.name, subject.kind());
        return Err(reader.error(&format!("{key}.{field}"), message, "leave it out"));
    }
    let label = section.label.clone().unwrap_or_else(|| action.as_str().into());
    Ok(PolicyEvent { date: section.date, week, action, instrument, refund, label })
}
