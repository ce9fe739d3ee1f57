//! Policy histories: `[[regime]]`.

use jiff::civil::Date;
use serde::Deserialize;

use super::error::ConfigError;
use super::instruments::{InstrumentSection, Levels, Seller, WithinSection, measure};
use super::on_sale::{self, OnSaleSection};
use super::pricing::{self, PricingSection, Threshold};
use super::reader::Reader;
use super::sourced::Sourced;
use super::time::Horizon;
use crate::model::ids::{IdTable, RegimeId};
use crate::model::trade::duty::Duty;
use crate::model::trade::instrument::{Instrument, Measure};
use crate::model::trade::regime::{Action, Change, InvalidRegime, PolicyEvent, Regime, Reopening};

/// Most regimes: tables of pairs of them grow with the square.
pub(super) const MAX_REGIMES: u64 = 500;
/// Most events of a regime.
const MAX_EVENTS: u64 = 1_000;

/// A policy history.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
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
    /// When models are on sale in this regime, in place of what `[[market.on_sale]]` says of them.
    #[serde(default)]
    pub on_sale: Vec<OnSaleSection>,
    /// Gain from which a maker reopens its staggered lists at an event of this regime, or `false` for never; that of `[pricing]` if absent.
    #[serde(default)]
    pub reopen_gain: Option<Threshold>,
}

/// A dated event on one instrument.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSection {
    /// Date; it acts from the first week that starts on or after it.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub date: Date,
    /// What happens.
    pub action: Action,
    /// Name of the instrument, or a list of names: the same happens to each.
    #[serde(alias = "instruments")]
    pub instrument: InstrumentNames,
    /// Action `changed`: the ad valorem rate from here on.
    #[serde(default)]
    pub rate: Option<Sourced<f64>>,
    /// Action `changed`: specific duty, rebate or incentive from here on, USD per car.
    #[serde(default)]
    pub amount_usd: Option<Sourced<f64>>,
    /// Action `changed`: a lower duty on the first cars of a year from here on, beside `rate` or `amount_usd`; none if absent.
    #[serde(default)]
    pub within: Option<WithinSection>,
    /// Action `changed`: quota from here on, cars a year.
    #[serde(default)]
    pub cars_per_year: Option<Sourced<f64>>,
    /// Action `changed`: cost of an inspection from here on, USD per car.
    #[serde(default)]
    pub cost_usd: Option<Sourced<f64>>,
    /// Action `changed`, a cut: the day back to which it reaches. Importers get back what they paid beyond it since.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub retroactive_to: Option<Date>,
    /// Action `changed`: the day on which it was announced, from which makers who set staggered list prices know it and its date.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub announced_on: Option<Date>,
    /// Who gets back the duty collected since it was imposed, where the event ends it; nobody if absent.
    #[serde(default)]
    pub refund: Option<RefundChoice>,
    /// What charts call it.
    #[serde(default)]
    pub label: Option<String>,
}

/// One name or several.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum InstrumentNames {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// Who gets collected duty back.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
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
    instruments: (&[Instrument], &[InstrumentSection]),
    seller: Seller<'_>,
    horizon: Horizon,
) -> Result<IdTable<RegimeId, Regime>, ConfigError> {
    reader.count("regime", sections.len() as u64, 1, MAX_REGIMES, "add a [[regime]] with a name, or leave some out")?;
    let mut regimes: Vec<Regime> = Vec::new();
    for (i, section) in sections.iter().enumerate() {
        let known = regimes.iter().map(|regime| regime.name.as_str());
        reader.unused(&format!("regime[{i}].name"), "regime", &section.name, known)?;
        let reopening = pricing::reopening(reader, &format!("regime[{i}].reopen_gain"), section.reopen_gain, pricing)?;
        let key = format!("regime[{i}].on_sale");
        let on_sale = on_sale::on_sale(reader, &key, &section.on_sale, seller.market, horizon)?;
        regimes.push(Regime { reopening, on_sale, ..regime(reader, i, section, instruments, seller, horizon)? });
    }
    Ok(IdTable::new(regimes))
}

fn regime(
    reader: &Reader<'_>,
    i: usize,
    section: &RegimeSection,
    (instruments, sections): (&[Instrument], &[InstrumentSection]),
    seller: Seller<'_>,
    horizon: Horizon,
) -> Result<Regime, ConfigError> {
    let (key, events) = (format!("regime[{i}].events"), section.events.len() as u64);
    reader.count(&key, events, 0, MAX_EVENTS, "leave some out")?;
    let mut events = Vec::new();
    for (e, event) in section.events.iter().enumerate() {
        let key = format!("regime[{i}].events[{e}]");
        let (names, listed) = match &event.instrument {
            InstrumentNames::One(name) => (std::slice::from_ref(name), false),
            InstrumentNames::Many(names) => (names.as_slice(), true),
        };
        if names.is_empty() {
            return Err(reader.error(&format!("{key}.instrument"), "names none", "name at least one instrument"));
        }
        let known: Vec<String> = instruments.iter().map(|instrument| instrument.name.clone()).collect();
        for (n, name) in names.iter().enumerate() {
            let place = if listed { format!("{key}.instrument[{n}]") } else { format!("{key}.instrument") };
            let instrument = reader.position(&place, name, &known, "instrument of this scenario")?;
            let subject = (instrument, &instruments[instrument], &sections[instrument]);
            events.push((e, self::event(reader, &key, event, subject, seller, horizon)?));
        }
    }
    events.sort_by_key(|(_, event)| event.date);
    let (order, events): (Vec<usize>, Vec<PolicyEvent>) = events.into_iter().unzip();
    for (at, event) in events.iter().enumerate().filter(|(_, event)| event.change.is_some()) {
        let same = |other: &&PolicyEvent| other.instrument == event.instrument && other.date == event.date;
        if events[at + 1..].iter().filter(|other| other.change.is_some()).any(|other| same(&other)) {
            let message = format!("changes `{}` twice on {}", instruments[event.instrument].name, event.date);
            return Err(reader.error(&format!("regime[{i}].events[{}]", order[at]), message, "write one of the two"));
        }
    }
    let regime = Regime {
        name: section.name.clone(),
        label: section.label.clone().unwrap_or_else(|| section.name.clone()),
        events,
        reopening: Reopening::default(),
        on_sale: Vec::new(),
    };
    regime.force(instruments, horizon.weeks).map_err(|error| match &error {
        InvalidRegime::Unreachable { event, .. } => {
            let help = "for one instrument: threatened, announced, liable, imposed or settled or lapsed, then changed or lifted; complaint, \
                        ruling_lost or ruling_won beside it, and reversed after imposed and ruling_lost; reinstated after settled";
            reader.error(&format!("regime[{i}].events[{}].action", order[*event]), error.to_string(), help)
        }
        InvalidRegime::Overlap { both, what, model, week, event } => {
            let on = model.map_or_else(String::new, |model| format!(" on {}", seller.market.models[model].name));
            let message = format!("{both} both {what}{on} in week {week}");
            let help = "end one of them first, or take the models out of one with `except`; duties can be `stacking = \"additional\"`";
            reader.error(&format!("regime[{i}].events[{}].action", order[*event]), message, help)
        }
    })?;
    refuse_impossible_refunds(reader, i, &regime, &order, instruments)?;
    Ok(regime)
}

/// Importers cannot owe more on cars that they have sold, nor get back what they never owed.
fn refuse_impossible_refunds(
    reader: &Reader<'_>,
    i: usize,
    regime: &Regime,
    order: &[usize],
    instruments: &[Instrument],
) -> Result<(), ConfigError> {
    let level = |measure: &Measure| match measure {
        Measure::Duty { duty: Duty::AdValorem { rate, .. }, .. } => rate.fraction(),
        Measure::Duty { duty: Duty::Specific { amount_usd }, .. } => *amount_usd,
        _ => 0.0,
    };
    for (position, event) in regime.events.iter().enumerate() {
        let Some(change) = event.change.filter(|change| change.owed_from < event.week) else { continue };
        let key = format!("regime[{i}].events[{}].retroactive_to", order[position]);
        let owed = |own: &&PolicyEvent| {
            own.instrument == event.instrument && matches!(own.action, Action::Liable | Action::Imposed)
        };
        if let Some(first) = regime.events[..position].iter().find(owed).filter(|first| change.owed_from < first.week) {
            let message = format!("reaches back before {}, from when the duty is owed", first.date);
            return Err(reader.error(&key, message, format!("write {} or a later day", first.date)));
        }
        let until_then = Regime { events: regime.events[..position].to_vec(), ..regime.clone() };
        let before = until_then.instruments(instruments)[event.instrument].measure(event.week).map_or(0.0, level);
        if level(&change.measure) > before {
            let message = format!("a rise from {before} to {} cannot reach back", level(&change.measure));
            return Err(reader.error(&key, message, "leave it out, or check the rate: only a cut is retroactive"));
        }
    }
    Ok(())
}

fn event(
    reader: &Reader<'_>,
    key: &str,
    section: &EventSection,
    (instrument, subject, own): (usize, &Instrument, &InstrumentSection),
    seller: Seller<'_>,
    horizon: Horizon,
) -> Result<PolicyEvent, ConfigError> {
    let week = horizon.week_within(section.date).ok_or_else(|| {
        let message = format!("{} is outside the horizon", section.date);
        reader.error(&format!("{key}.date"), message, horizon.help())
    })?;
    let action = section.action;
    let refund = section.refund.is_some();
    if !subject.is_duty() && (refund || action == Action::Liable) {
        let (field, message) = match refund {
            true => ("refund", "refunds nothing"),
            false => ("action", "cannot be owed before it is decided"),
        };
        let message = format!("`{}` is no duty ({}): it {message}", subject.name, subject.kind());
        return Err(reader.error(&format!("{key}.{field}"), message, "leave it out"));
    }
    let label = section.label.clone().unwrap_or_else(|| action.as_str().into());
    let change = change(reader, key, section, (week, subject, own), seller, horizon)?;
    Ok(PolicyEvent { date: section.date, week, action, instrument, refund, change, label })
}

/// What a change makes of an instrument; nothing for other actions.
fn change(
    reader: &Reader<'_>,
    key: &str,
    section: &EventSection,
    (week, subject, own): (u32, &Instrument, &InstrumentSection),
    seller: Seller<'_>,
    horizon: Horizon,
) -> Result<Option<Change>, ConfigError> {
    let given = [
        ("rate", section.rate.as_ref()),
        ("amount_usd", section.amount_usd.as_ref()),
        ("cars_per_year", section.cars_per_year.as_ref()),
        ("cost_usd", section.cost_usd.as_ref()),
        ("fraction_of_base", None),
        ("orders_billion_usd", None),
    ];
    if section.action != Action::Changed {
        let dates = [("retroactive_to", section.retroactive_to), ("announced_on", section.announced_on)];
        let levels = given.iter().map(|(name, value)| (*name, value.is_some()));
        let levels = levels.chain([("within", section.within.is_some())]);
        let stray = levels.chain(dates.map(|(name, date)| (name, date.is_some()))).find(|(_, given)| *given);
        return match stray {
            None => Ok(None),
            Some((name, _)) => {
                let message = format!("is of no use for `{}`", section.action.as_str());
                Err(reader.error(&format!("{key}.{name}"), message, "it belongs to action = \"changed\""))
            }
        };
    }
    if subject.in_base_year || !own.rates.is_empty() || own.rate_column.is_some() {
        let message = format!("`{}` has no level that could change", subject.name);
        let help = "a credit ends (`lifted`); of rates of the models write an instrument for each rate that moves";
        return Err(reader.error(&format!("{key}.action"), message, help));
    }
    let levels = Levels { key: key.to_owned(), given, within: section.within.as_ref() };
    let measure = measure(reader, key, own, &levels, &subject.selected, seller)?;
    let earlier = |field: &str, date: Option<Date>| match date {
        None => Ok(week),
        Some(date) if date > section.date => {
            let message = format!("{date} comes after the change on {}", section.date);
            Err(reader.error(&format!("{key}.{field}"), message, "it is the day of the change or one before it"))
        }
        Some(date) => Ok(u32::try_from(horizon.week_of(date).max(0)).unwrap_or(week).min(week)),
    };
    if let Some(date) = section.retroactive_to.filter(|date| horizon.week_of(*date) < 0) {
        let message = format!("{date} is before the first week");
        return Err(reader.error(&format!("{key}.retroactive_to"), message, horizon.help()));
    }
    let owed_from = earlier("retroactive_to", section.retroactive_to)?;
    if owed_from < week && !subject.is_duty() {
        let message = format!("`{}` is no duty ({}): nothing is paid back", subject.name, subject.kind());
        return Err(reader.error(&format!("{key}.retroactive_to"), message, "leave it out"));
    }
    Ok(Some(Change { measure, owed_from, known_week: earlier("announced_on", section.announced_on)? }))
}
