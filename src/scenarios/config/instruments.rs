//! Policy instruments: the `[[instrument]]` sections, as written and checked.

use jiff::civil::Date;
use serde::Deserialize;

use std::collections::BTreeMap;

use super::error::{ConfigError, in_percent, of_percent, shown};
use super::market::{ByModel, MarketSection, some_models};
use super::reader::Reader;
use super::sourced::Sourced;
use super::time::Horizon;
use crate::model::market::{CarModel, DutyBasis, Market};
use crate::model::trade::duty::Duty;
use crate::model::trade::instrument::{Dated, Expiry, Instrument, Measure, Retaliation, Stacking, Within};

/// Most instruments.
pub(super) const MAX_INSTRUMENTS: u64 = 500;
/// Highest amount on a car, USD: no car costs more.
const MAX_AMOUNT_USD: f64 = 1e8;
/// Longest delay by inspection: a year.
const MAX_DELAY_WEEKS: u32 = 52;

/// A policy instrument on a selection of models.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentSection {
    /// Name that events refer to.
    pub name: String,
    /// What charts call it.
    #[serde(default)]
    pub label: Option<String>,
    /// What it is.
    #[serde(default)]
    pub kind: KindChoice,
    /// Duty: ad valorem rate, 1.0 is a 100% duty. Either this or `amount_usd`.
    #[serde(default)]
    pub rate: Option<Sourced<f64>>,
    /// Duty: ad valorem rates by name of a model, a country of assembly or a region, in place of `rate`; every model needs one.
    #[serde(default)]
    pub rates: BTreeMap<String, Sourced<f64>>,
    /// Duty: column of the table of models with the rate of each, in place of `rate`.
    #[serde(default)]
    pub rate_column: Option<String>,
    /// Duty: part of the customs value that pays, by name of a model, a country of assembly or a region: content from abroad, cars that
    /// are not exempt. 1 for those that it does not name.
    #[serde(default)]
    pub dutiable: BTreeMap<String, Sourced<f64>>,
    /// Duty: column of the table of models with the part of the customs value that pays.
    #[serde(default)]
    pub dutiable_column: Option<String>,
    /// Which cars of a model with plants in both it is on. Duties and inspections: the imported ones if absent, and all of a model that has none.
    #[serde(default)]
    pub cars: Option<CarsChoice>,
    /// Duty in dollars (basis `list`): credited against it on each car, a fraction of the base-year list price; never more than the duty.
    #[serde(default)]
    pub offset: Option<Sourced<f64>>,
    /// Duty in dollars (basis `list`): it is on what the base-year list price has above so many USD, as an excise on luxury is; on all of it if absent.
    #[serde(default)]
    pub above_usd: Option<Sourced<f64>>,
    /// Duty: specific, USD per car. Rebate, incentive: what the buyer gets, USD per car. Credit: what the buyer gets in the base year.
    #[serde(default)]
    pub amount_usd: Option<Sourced<f64>>,
    /// Duty: a lower one on the first cars of a year, a quota by rate.
    #[serde(default)]
    pub within: Option<WithinSection>,
    /// Duty: what the rate is a fraction of; as the normal duty if absent, under the vertical chain the maker's price at the border.
    #[serde(default)]
    pub basis: Option<DutyBasis>,
    /// Duty: customs value as a share of the price; the market's normal share if absent. Under the vertical chain the part of the car that
    /// pays is this share over `pricing.customs_value_share`: all of it if absent.
    #[serde(default)]
    pub customs_value_share: Option<Sourced<f64>>,
    /// Duty: whether it adds to the normal duty or replaces it; `additional` if absent.
    #[serde(default)]
    pub stacking: Option<Stacking>,
    /// Quota: cars a year at most, over the selected models together. Either this or `fraction_of_base`.
    #[serde(default)]
    pub cars_per_year: Option<Sourced<f64>>,
    /// Quota: the same as a fraction of the base-year volume.
    #[serde(default)]
    pub fraction_of_base: Option<Sourced<f64>>,
    /// Inspection: USD per car.
    #[serde(default)]
    pub cost_usd: Option<Sourced<f64>>,
    /// Inspection: weeks that a car is held up after it arrives, in runs in time with dealers; 0 if absent.
    #[serde(default)]
    pub delay_weeks: Option<Sourced<u32>>,
    /// Retaliation: orders that the other country places elsewhere, billion USD a year.
    #[serde(default)]
    pub orders_billion_usd: Option<Sourced<f64>>,
    /// Retaliation: margin that exporters lose, a fraction of the orders; 0.20 if absent.
    #[serde(default)]
    pub exporter_margin: Option<Sourced<f64>>,
    /// Retaliation: what it costs the country that orders, a fraction of the orders; 0.03 if absent.
    #[serde(default)]
    pub orderer_cost: Option<Sourced<f64>>,
    /// Retaliation: margin that the rival's exporters gain, a fraction of the orders; 0.20 if absent.
    #[serde(default)]
    pub rival_gain: Option<Sourced<f64>>,
    /// Dated levels, each until the next; before the first the level above holds, or nothing.
    #[serde(default)]
    pub schedule: Vec<StepSection>,
    /// The day from which it is in force no more, whatever the events say.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub until: Option<Date>,
    /// How long makers who set staggered list prices expect it to stay once it is in force, weeks; for good if absent. What
    /// happens is for the events to say.
    #[serde(default)]
    pub expected_weeks: Option<Sourced<f64>>,
    /// Part of its rate or amount that they expect to remain when it ends, as a deal at a lower rate; 0 if absent.
    #[serde(default)]
    pub remains: Option<Sourced<f64>>,
    /// The models it applies to; not for a retaliation.
    #[serde(default)]
    pub on: Option<SelectionSection>,
    /// Models exempted from it.
    #[serde(default)]
    pub except: Option<SelectionSection>,
}

/// What an instrument is.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum KindChoice {
    /// A duty, ad valorem (`rate`) or specific (`amount_usd`).
    #[default]
    Duty,
    /// A quota or voluntary restraint (`cars_per_year` or `fraction_of_base`); the sellers keep its shadow price.
    Quota,
    /// Inspection of every car (`cost_usd`, `delay_weeks`).
    Inspection,
    /// A payment to the buyer (`amount_usd`).
    Rebate,
    /// Orders that the other country places elsewhere (`orders_billion_usd`): only in the accounts.
    Retaliation,
    /// Dollars off at the dealer that the maker pays (`amount_usd`); list prices do not answer to it.
    Incentive,
    /// A payment to the buyer (`amount_usd`) that is there in the base year, until an event ends it (`lifted`).
    Credit,
}

/// Which cars of a model an instrument is on.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum CarsChoice {
    /// Those from abroad.
    Imported,
    /// Those assembled at home.
    Home,
    /// All.
    All,
}

/// A level from a date on: the one of these keys that the instrument has.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepSection {
    /// It holds from the first week that starts on or after this day.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub from: Date,
    /// Duty: ad valorem rate.
    #[serde(default)]
    pub rate: Option<Sourced<f64>>,
    /// Specific duty, rebate or incentive, USD per car.
    #[serde(default)]
    pub amount_usd: Option<Sourced<f64>>,
    /// Duty: a lower one on the first cars of a year; none if absent.
    #[serde(default)]
    pub within: Option<WithinSection>,
    /// Quota: cars a year.
    #[serde(default)]
    pub cars_per_year: Option<Sourced<f64>>,
    /// Quota: fraction of the base-year volume.
    #[serde(default)]
    pub fraction_of_base: Option<Sourced<f64>>,
    /// Inspection: USD per car.
    #[serde(default)]
    pub cost_usd: Option<Sourced<f64>>,
    /// Retaliation: billion USD a year.
    #[serde(default)]
    pub orders_billion_usd: Option<Sourced<f64>>,
}

/// A lower duty on so many cars of a year, over all models of the instrument together; the others pay the level beside it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithinSection {
    /// Ad valorem rate on these cars.
    #[serde(default)]
    pub rate: Option<Sourced<f64>>,
    /// Specific duty on these cars, USD per car.
    #[serde(default)]
    pub amount_usd: Option<Sourced<f64>>,
    /// How many there are a year. Either this or `fraction_of_base`.
    #[serde(default)]
    pub cars_per_year: Option<Sourced<f64>>,
    /// The same as a fraction of the base-year cars.
    #[serde(default)]
    pub fraction_of_base: Option<Sourced<f64>>,
}

/// A selection of models: every condition given must hold, any item of a list will do.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectionSection {
    /// Names of models.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// Brands.
    #[serde(default)]
    pub brands: Option<Vec<String>>,
    /// Manufacturers.
    #[serde(default)]
    pub manufacturers: Option<Vec<String>>,
    /// Regions.
    #[serde(default)]
    pub regions: Option<Vec<String>>,
    /// First-named countries of assembly.
    #[serde(default)]
    pub assembly_countries: Option<Vec<String>>,
    /// Models on the headline list (true) or off it (false).
    #[serde(default)]
    pub flag: Option<bool>,
    /// Models of which some cars are imported (true) or none (false).
    #[serde(default)]
    pub imported: Option<bool>,
    /// Models of which some cars are assembled at home (true) or none (false).
    #[serde(default)]
    pub home_built: Option<bool>,
}

/// What instruments act on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seller<'a> {
    /// The market.
    pub market: &'a Market,
    /// Its section, for columns of the table of models.
    pub section: &'a MarketSection,
    /// Customs value as a share of base-year list prices under the vertical chain, of models of which nothing else is said.
    pub vertical: Option<f64>,
    /// That of each model; empty under the retail chain.
    pub shares: &'a [f64],
}

/// The levels that a section or one of its steps gives.
pub(super) struct Levels<'a> {
    pub key: String,
    pub given: [(&'static str, Option<&'a Sourced<f64>>); 6],
    pub within: Option<&'a WithinSection>,
}

impl<'a> Levels<'a> {
    fn of_section(key: &str, section: &'a InstrumentSection, highest: Option<&'a Sourced<f64>>) -> Self {
        let given = [
            ("rate", section.rate.as_ref().or(highest)),
            ("amount_usd", section.amount_usd.as_ref()),
            ("cars_per_year", section.cars_per_year.as_ref()),
            ("fraction_of_base", section.fraction_of_base.as_ref()),
            ("cost_usd", section.cost_usd.as_ref()),
            ("orders_billion_usd", section.orders_billion_usd.as_ref()),
        ];
        Self { key: key.to_owned(), given, within: section.within.as_ref() }
    }
    fn of_step(key: &str, step: &'a StepSection) -> Self {
        let given = [
            ("rate", step.rate.as_ref()),
            ("amount_usd", step.amount_usd.as_ref()),
            ("cars_per_year", step.cars_per_year.as_ref()),
            ("fraction_of_base", step.fraction_of_base.as_ref()),
            ("cost_usd", step.cost_usd.as_ref()),
            ("orders_billion_usd", step.orders_billion_usd.as_ref()),
        ];
        Self { key: key.to_owned(), given, within: step.within.as_ref() }
    }
    fn any(&self) -> bool {
        self.given.iter().any(|(_, value)| value.is_some())
    }
}

/// The levels that a kind has, and an example of each.
fn levels_of(kind: KindChoice) -> (&'static [&'static str], &'static str) {
    match kind {
        KindChoice::Duty => (&["rate", "amount_usd"], "rate = 1.0 is a 100% duty; amount_usd = 500.0 is 500 USD a car"),
        KindChoice::Quota => {
            (&["cars_per_year", "fraction_of_base"], "fraction_of_base = 0.5 is half of the base-year volume")
        }
        KindChoice::Inspection => (&["cost_usd"], "cost_usd = 1000.0 is 1,000 USD a car"),
        KindChoice::Rebate | KindChoice::Incentive | KindChoice::Credit => {
            (&["amount_usd"], "amount_usd = 500.0 is 500 USD a car")
        }
        KindChoice::Retaliation => (&["orders_billion_usd"], "orders_billion_usd = 2.0 is 2 billion USD a year"),
    }
}

/// Largest quota, as a fraction of the base-year volume: beyond, it binds on nothing.
const MOST_OF_BASE: f64 = 10.0;

/// All instruments, checked.
pub(super) fn instruments(
    reader: &Reader<'_>,
    sections: &[InstrumentSection],
    horizon: Horizon,
    seller: Seller<'_>,
) -> Result<Vec<Instrument>, ConfigError> {
    let mut instruments: Vec<Instrument> = Vec::new();
    for (i, section) in sections.iter().enumerate() {
        let key = format!("instrument[{i}]");
        let known = instruments.iter().map(|instrument| instrument.name.as_str());
        reader.unused(&format!("{key}.name"), "instrument", &section.name, known)?;
        let selected = selected(reader, &key, section, seller.market)?;
        let rates = rates(reader, &key, section, seller, &selected)?;
        let highest = rates.as_ref().map(|rates| Sourced::bare(highest_selected(rates, &selected)));
        let (expected_weeks, remains) = expectation(reader, &key, section)?;
        instruments.push(Instrument {
            name: section.name.clone(),
            label: section.label.clone().unwrap_or_else(|| section.name.clone()),
            measures: measures(reader, &key, section, horizon, &selected, (seller, highest.as_ref()))?,
            cars: (0..seller.market.len()).map(|j| cars(section, &seller.market.models[j])).collect(),
            part: parts(reader, &key, section, seller, &selected, rates.as_deref())?,
            offset: offset(reader, &key, section, seller)?,
            in_base_year: section.kind == KindChoice::Credit,
            until: expiry(reader, &key, section, horizon)?,
            selected,
            expected_weeks,
            remains,
        });
    }
    Ok(instruments)
}

/// How long makers expect an instrument to stay, and what part of it they expect to remain after it.
fn expectation(reader: &Reader<'_>, key: &str, section: &InstrumentSection) -> Result<(f64, f64), ConfigError> {
    use KindChoice::{Credit, Incentive, Quota, Retaliation};
    if matches!(section.kind, Quota | Retaliation | Incentive | Credit) {
        for (field, given) in [("expected_weeks", &section.expected_weeks), ("remains", &section.remains)] {
            if given.is_some() {
                let help = "leave it out: it says how long a duty, an inspection or a rebate is expected to stay";
                return Err(reader.error(&format!("{key}.{field}"), "is of no use for this kind", help));
            }
        }
    }
    let expected_weeks =
        reader.positive_or(&format!("{key}.expected_weeks"), &section.expected_weeks, f64::INFINITY)?;
    Ok((expected_weeks, reader.fraction_or(&format!("{key}.remains"), &section.remains, 0.0)?))
}

/// The models of an instrument, exemptions taken out.
fn selected(
    reader: &Reader<'_>,
    key: &str,
    section: &InstrumentSection,
    market: &Market,
) -> Result<Vec<bool>, ConfigError> {
    if section.kind == KindChoice::Retaliation {
        for (field, given) in [("on", section.on.is_some()), ("except", section.except.is_some())] {
            if given {
                let help = "leave it out: a retaliation touches no model of this market";
                return Err(reader.error(&format!("{key}.{field}"), "is of no use for a retaliation", help));
            }
        }
        return Ok(vec![false; market.len()]);
    }
    let Some(on) = &section.on else {
        let help = "on = { flag = true } selects the headline list";
        return Err(reader.error(key, format!("`{}` does not say which models it is on", section.name), help));
    };
    let mut selected = selection(reader, &format!("{key}.on"), on, market)?;
    if let Some(except) = &section.except {
        let key = format!("{key}.except");
        let exempt = selection(reader, &key, except, market)?;
        if !exempt.iter().zip(&selected).any(|(exempt, selected)| *exempt && *selected) {
            let help = "none of these models is selected by `on`: drop the exemption, or check the names";
            return Err(reader.error(&key, "exempts no model of the instrument", help));
        }
        selected.iter_mut().zip(exempt).for_each(|(selected, exempt)| *selected &= !exempt);
        if !selected.contains(&true) {
            return Err(reader.error(&key, "exempts every model of the instrument", "drop the instrument instead"));
        }
    }
    Ok(selected)
}

fn expiry(
    reader: &Reader<'_>,
    key: &str,
    section: &InstrumentSection,
    horizon: Horizon,
) -> Result<Option<Expiry>, ConfigError> {
    if section.kind == KindChoice::Credit {
        // What it was in the base year is what ends.
        let dated = [("until", section.until.is_some()), ("schedule", !section.schedule.is_empty())];
        if let Some((what, _)) = dated.iter().find(|(_, given)| *given) {
            let help = "end it with an event: action = \"lifted\"";
            return Err(reader.error(&format!("{key}.{what}"), "is of no use for a credit", help));
        }
    }
    let Some(date) = section.until else { return Ok(None) };
    match u32::try_from(horizon.week_of(date)) {
        Ok(week) if date > horizon.start => Ok(Some(Expiry { date, week })),
        _ => {
            let message = format!("`{}` runs out on {date}, before the horizon begins", section.name);
            Err(reader.error(&format!("{key}.until"), message, "drop the instrument, or move the date"))
        }
    }
}

/// What an instrument does over time.
fn measures(
    reader: &Reader<'_>,
    key: &str,
    section: &InstrumentSection,
    horizon: Horizon,
    selected: &[bool],
    (seller, highest): (Seller<'_>, Option<&Sourced<f64>>),
) -> Result<Vec<Dated>, ConfigError> {
    refuse_strangers(reader, key, section)?;
    let mut measures: Vec<Dated> = Vec::new();
    let levels = Levels::of_section(key, section, highest);
    if levels.any() || section.schedule.is_empty() {
        let measure = measure(reader, key, section, &levels, selected, seller)?;
        measures.push(Dated { from_week: 0, known_week: 0, measure });
    }
    for (i, step) in section.schedule.iter().enumerate() {
        let step_key = format!("{key}.schedule[{i}]");
        if i > 0 && step.from <= section.schedule[i - 1].from {
            let message = format!("{} does not come after {}", step.from, section.schedule[i - 1].from);
            return Err(reader.error(&format!("{step_key}.from"), message, "give the steps in order of their dates"));
        }
        let levels = Levels::of_step(&step_key, step);
        let measure = measure(reader, key, section, &levels, selected, seller)?;
        let from_week = u32::try_from(horizon.week_of(step.from).max(0)).unwrap_or(u32::MAX);
        // Of steps that begin in one week the last holds.
        measures.retain(|earlier| earlier.from_week < from_week);
        measures.push(Dated { from_week, known_week: 0, measure });
    }
    Ok(measures)
}

/// Refuses keys that belong to other kinds.
fn refuse_strangers(reader: &Reader<'_>, key: &str, section: &InstrumentSection) -> Result<(), ConfigError> {
    use KindChoice::{Duty, Inspection, Retaliation};
    let others = [
        ("basis", section.basis.is_some(), Duty),
        ("customs_value_share", section.customs_value_share.is_some(), Duty),
        ("stacking", section.stacking.is_some(), Duty),
        ("rates", !section.rates.is_empty(), Duty),
        ("rate_column", section.rate_column.is_some(), Duty),
        ("dutiable", !section.dutiable.is_empty(), Duty),
        ("dutiable_column", section.dutiable_column.is_some(), Duty),
        ("offset", section.offset.is_some(), Duty),
        ("above_usd", section.above_usd.is_some(), Duty),
        ("within", section.within.is_some(), Duty),
        ("delay_weeks", section.delay_weeks.is_some(), Inspection),
        ("exporter_margin", section.exporter_margin.is_some(), Retaliation),
        ("orderer_cost", section.orderer_cost.is_some(), Retaliation),
        ("rival_gain", section.rival_gain.is_some(), Retaliation),
    ];
    match others.into_iter().find(|(_, given, kind)| *given && section.kind != *kind) {
        None => Ok(()),
        Some((field, ..)) => {
            let message = format!("is of no use for this kind of instrument (`{}`)", section.name);
            Err(reader.error(&format!("{key}.{field}"), message, "leave it out, or change `kind`"))
        }
    }
}

/// Rates of the models where each has its own.
fn rates(
    reader: &Reader<'_>,
    key: &str,
    section: &InstrumentSection,
    seller: Seller<'_>,
    selected: &[bool],
) -> Result<Option<Vec<f64>>, ConfigError> {
    if section.rates.is_empty() && section.rate_column.is_none() {
        return Ok(None);
    }
    let others = [
        ("rate", section.rate.is_some()),
        ("amount_usd", section.amount_usd.is_some()),
        ("schedule", !section.schedule.is_empty()),
        ("within", section.within.is_some()),
    ];
    if let Some((field, _)) = others.iter().find(|(_, given)| *given) {
        let help = "rates of the models are the instrument's only level: write an instrument for each rate that moves";
        return Err(reader.error(&format!("{key}.{field}"), "stands beside rates of the models", help));
    }
    let by_model = ByModel {
        key,
        table: ("rates", &section.rates),
        column: ("rate_column", &section.rate_column),
        absent: Some(0.0),
    };
    let market = seller.market;
    let rates = by_model.of(reader, seller.section, &market.models, market.regions.as_slice())?;
    let without = |(j, model): (usize, _)| (rates[j].0.is_none() && selected[j]).then_some(model);
    let missing: Vec<_> = market.models.iter().enumerate().filter_map(without).collect();
    if !missing.is_empty() {
        let help = "name each, its country of assembly or its region, or take it out with `except`";
        let message = format!("has no rate for {}", some_models(&missing));
        return Err(reader.error(&format!("{key}.rates"), message, help));
    }
    for (own, rate) in &rates {
        if let Some(own) = own {
            reader.rate(own, *rate)?;
        }
    }
    Ok(Some(rates.into_iter().map(|(_, rate)| rate).collect()))
}

/// The highest rate of the models that an instrument is on: its level.
fn highest_selected(rates: &[f64], selected: &[bool]) -> f64 {
    let of_selected = rates.iter().zip(selected).filter(|(_, selected)| **selected).map(|(rate, _)| *rate);
    of_selected.fold(0.0, f64::max)
}

/// The part of its level that each model bears.
fn parts(
    reader: &Reader<'_>,
    key: &str,
    section: &InstrumentSection,
    seller: Seller<'_>,
    selected: &[bool],
    rates: Option<&[f64]>,
) -> Result<Vec<f64>, ConfigError> {
    let market = seller.market;
    let dutiable = ByModel {
        key,
        table: ("dutiable", &section.dutiable),
        column: ("dutiable_column", &section.dutiable_column),
        absent: Some(1.0),
    };
    let dutiable = dutiable.of(reader, seller.section, &market.models, market.regions.as_slice())?;
    let highest = rates.map_or(1.0, |rates| highest_selected(rates, selected));
    let basis = section.basis.unwrap_or(market.normal_duty.basis);
    let ad_valorem = section.amount_usd.is_none() && section.kind == KindChoice::Duty;
    let on_makers_price = seller.vertical.is_some() && ad_valorem && basis != DutyBasis::List;
    let borne = matches!(section.kind, KindChoice::Duty | KindChoice::Inspection);
    let above_key = format!("{key}.above_usd");
    let above = match &section.above_usd {
        None => 0.0,
        Some(above) if ad_valorem && basis == DutyBasis::List => reader.non_negative(&above_key, above)?,
        Some(_) => {
            let help = "give a `rate` and set basis = \"list\"";
            return Err(reader.error(&above_key, "is a part of list prices, and the duty is not on them", help));
        }
    };
    let of_model = |(j, (own, dutiable)): (usize, &(Option<String>, f64))| {
        let part = reader.part(own.as_deref().unwrap_or(key), *dutiable)?;
        let abroad = if on_makers_price { market.customs_part(j) } else { market.models[j].import_share };
        let cars = match section.cars {
            None if borne && market.models[j].imported => abroad,
            None | Some(CarsChoice::All) => 1.0,
            Some(CarsChoice::Imported) => abroad,
            Some(CarsChoice::Home) => 1.0 - abroad,
        };
        if cars == 0.0 && selected[j] {
            let message = format!("selects {}, which has no such car", market.models[j].name);
            let help = "on = { imported = true } or { home_built = true } selects models that have some";
            return Err(reader.error(&format!("{key}.cars"), message, help));
        }
        let rate = match rates {
            Some(_) if !selected[j] || highest == 0.0 => 0.0,
            Some(rates) => rates[j] / highest,
            None => 1.0,
        };
        // The level is worked out with the customs value of most models ([`duty`]); this is one of its own.
        let value = match (seller.vertical.filter(|_| ad_valorem), basis, section.customs_value_share.is_some()) {
            (Some(most), DutyBasis::Border, true) => most / seller.shares[j],
            (Some(most), DutyBasis::List, false) => seller.shares[j] / most,
            _ => 1.0,
        };
        let beyond = (1.0 - above / market.models[j].list_price_usd).max(0.0);
        Ok(cars * part * rate * value * beyond)
    };
    let parts: Vec<f64> = dutiable.iter().enumerate().map(of_model).collect::<Result<_, _>>()?;
    if above > 0.0 && parts.iter().zip(selected).all(|(part, selected)| *part == 0.0 || !selected) {
        let help = "write the mark in USD, below a list price";
        return Err(reader.error(&above_key, format!("is {above}, and no list price that it selects is above"), help));
    }
    Ok(parts)
}

/// What is credited against the duty on each model, a fraction of its list price.
fn offset(
    reader: &Reader<'_>,
    key: &str,
    section: &InstrumentSection,
    seller: Seller<'_>,
) -> Result<Vec<f64>, ConfigError> {
    let market = seller.market;
    let Some(offset) = &section.offset else { return Ok(vec![0.0; market.len()]) };
    let at = format!("{key}.offset");
    let offset = reader.fraction(&at, offset)?;
    let basis = section.basis.unwrap_or(market.normal_duty.basis);
    if section.amount_usd.is_none() && basis != DutyBasis::List {
        let help = "set basis = \"list\": a credit in dollars stands against a duty in dollars";
        return Err(reader.error(&at, "is a fraction of the list price, and the duty is not", help));
    }
    Ok(market.models.iter().map(|model| offset * cars(section, model)).collect())
}

/// The part of a model's cars that an instrument is on.
fn cars(section: &InstrumentSection, model: &CarModel) -> f64 {
    let borne = matches!(section.kind, KindChoice::Duty | KindChoice::Inspection);
    match section.cars {
        None if borne && model.imported => model.import_share,
        None | Some(CarsChoice::All) => 1.0,
        Some(CarsChoice::Imported) => model.import_share,
        Some(CarsChoice::Home) => 1.0 - model.import_share,
    }
}

/// One level of an instrument as a measure.
pub(super) fn measure(
    reader: &Reader<'_>,
    key: &str,
    section: &InstrumentSection,
    levels: &Levels<'_>,
    selected: &[bool],
    seller: Seller<'_>,
) -> Result<Measure, ConfigError> {
    let Seller { market, vertical, .. } = seller;
    let (own, example) = levels_of(section.kind);
    let given: Vec<_> = levels.given.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect();
    if let Some((stranger, _)) = given.iter().find(|(name, _)| !own.contains(name)) {
        let message = format!("is of no use for this kind of instrument (`{}`)", section.name);
        let help = format!("expected {}: {example}", names(own));
        return Err(reader.error(&format!("{}.{stranger}", levels.key), message, help));
    }
    let &[(name, value)] = given.as_slice() else {
        return Err(reader.error(&levels.key, format!("expected {}", names(own)), example));
    };
    let at = format!("{}.{name}", levels.key);
    Ok(match section.kind {
        KindChoice::Duty => {
            let duty = duty(reader, key, section, (name, &at), value, (market, vertical))?;
            let within = within(reader, key, section, levels, (name, value.value), selected, seller)?;
            Measure::Duty { duty, stacking: section.stacking.unwrap_or_default(), within }
        }
        KindChoice::Quota => {
            let value = reader.positive(&at, value)?;
            if name == "fraction_of_base" {
                part_of_base(reader, &at, value)?;
            }
            let volumes = market.models.iter().zip(selected).filter(|(_, selected)| **selected);
            let base: f64 = volumes.map(|(model, _)| model.base_volume).sum();
            Measure::Quota { cars_per_year: if name == "cars_per_year" { value } else { value * base } }
        }
        KindChoice::Inspection => {
            let delay = section.delay_weeks.as_ref().map_or(0, |weeks| weeks.value);
            let delay = reader.count(&format!("{key}.delay_weeks"), delay.into(), 0, MAX_DELAY_WEEKS.into(), "")?;
            Measure::Inspection { cost_usd: amount(reader, &at, value)?, delay_weeks: delay as u32 }
        }
        KindChoice::Rebate => Measure::Rebate { amount_usd: amount(reader, &at, value)? },
        KindChoice::Incentive => Measure::Incentive { amount_usd: amount(reader, &at, value)? },
        // Its end takes from the buyer what the base year gives.
        KindChoice::Credit => Measure::Rebate { amount_usd: -amount(reader, &at, value)? },
        KindChoice::Retaliation => {
            let part = |field: &str, own: &Option<Sourced<f64>>, default: f64| {
                reader.fraction_or(&format!("{key}.{field}"), own, default)
            };
            Measure::Retaliation(Retaliation {
                orders_usd_per_year: 1e9 * reader.non_negative(&at, value)?,
                exporter_margin: part("exporter_margin", &section.exporter_margin, 0.20)?,
                orderer_cost: part("orderer_cost", &section.orderer_cost, 0.03)?,
                rival_gain: part("rival_gain", &section.rival_gain, 0.20)?,
            })
        }
    })
}

/// Refuses a part of the base-year volume that was meant in percent.
fn part_of_base(reader: &Reader<'_>, at: &str, value: f64) -> Result<(), ConfigError> {
    if value <= MOST_OF_BASE {
        return Ok(());
    }
    let percent = in_percent(value);
    let message = format!("is {}, {percent}% of the base-year volume: was percent meant?", shown(value));
    let help = format!("write {} for {}%; the most is {MOST_OF_BASE}", of_percent(value), shown(value));
    Err(reader.error(at, message, help))
}

/// The lower duty inside a number of cars, beside the level `of` on all others.
fn within(
    reader: &Reader<'_>,
    key: &str,
    section: &InstrumentSection,
    levels: &Levels<'_>,
    (of, highest): (&str, f64),
    selected: &[bool],
    Seller { market, vertical, .. }: Seller<'_>,
) -> Result<Option<Within>, ConfigError> {
    let Some(own) = levels.within else { return Ok(None) };
    let at = format!("{}.within", levels.key);
    let example = "within = { rate = 0.075, cars_per_year = 100000 } beside rate = 0.25";
    if section.offset.is_some() {
        let help = "leave one of the two out: what is credited is a part of one duty";
        return Err(reader.error(&at, "stands beside an offset", help));
    }
    let (level, stranger) = match of {
        "rate" => (own.rate.as_ref(), own.amount_usd.is_some()),
        _ => (own.amount_usd.as_ref(), own.rate.is_some()),
    };
    let Some(level) = level.filter(|_| !stranger) else {
        return Err(reader.error(&at, format!("needs `{of}`, as the duty beside it has, and no other level"), example));
    };
    let level_at = format!("{at}.{of}");
    let duty = duty(reader, key, section, (of, &level_at), level, (market, vertical))?;
    if level.value > highest {
        let message = format!("is {}, above the {} outside", shown(level.value), shown(highest));
        return Err(reader.error(&level_at, message, "the duty inside the quota is the lower one: swap the two"));
    }
    let cars_per_year = match (&own.cars_per_year, &own.fraction_of_base) {
        (Some(cars), None) => reader.non_negative(&format!("{at}.cars_per_year"), cars)?,
        (None, Some(part)) => {
            let at = format!("{at}.fraction_of_base");
            let part = reader.non_negative(&at, part)?;
            part_of_base(reader, &at, part)?;
            let counted = market.models.iter().zip(selected).filter(|(_, selected)| **selected);
            part * counted.map(|(model, _)| cars(section, model) * model.base_volume).sum::<f64>()
        }
        _ => return Err(reader.error(&at, "needs either `cars_per_year` or `fraction_of_base`", example)),
    };
    Ok(Some(Within { duty, cars_per_year }))
}

fn duty(
    reader: &Reader<'_>,
    key: &str,
    section: &InstrumentSection,
    (name, at): (&str, &str),
    value: &Sourced<f64>,
    (market, vertical): (&Market, Option<f64>),
) -> Result<Duty, ConfigError> {
    if name == "rate" {
        let share = match &section.customs_value_share {
            Some(share) => reader.customs_share(&format!("{key}.customs_value_share"), share)?,
            None => vertical.unwrap_or(market.normal_duty.customs_value_share),
        };
        let basis = section.basis.unwrap_or(market.normal_duty.basis);
        // The maker's price at the border is all customs value: the rate is on the part of the car that pays.
        let part = vertical.filter(|_| basis == DutyBasis::Border).map_or(share, |all| share / all);
        let rate = reader.rate(at, value.value)?;
        return Ok(Duty::AdValorem { rate, basis, customs_value_share: part });
    }
    if section.basis.is_some() || section.customs_value_share.is_some() {
        let help = "leave out `basis` and `customs_value_share`, or use `rate`";
        return Err(reader.error(key, "a specific duty (`amount_usd`) has no basis", help));
    }
    Ok(Duty::Specific { amount_usd: amount(reader, at, value)? })
}

/// An amount on a car, USD.
fn amount(reader: &Reader<'_>, key: &str, value: &Sourced<f64>) -> Result<f64, ConfigError> {
    let expected = "US dollars a car, 0 to 100000000";
    reader.number(key, value.value, |usd| (0.0..=MAX_AMOUNT_USD).contains(&usd), expected)
}

/// Which models of the market a selection names; it must name some.
pub(super) fn selection(
    reader: &Reader<'_>,
    key: &str,
    on: &SelectionSection,
    market: &Market,
) -> Result<Vec<bool>, ConfigError> {
    let mut selected = vec![true; market.len()];
    let mut conditions = 0;
    let mut keep = |test: &dyn Fn(usize) -> bool| {
        conditions += 1;
        selected.iter_mut().enumerate().for_each(|(j, selected)| *selected &= test(j));
    };
    let names: Vec<String> = market.models.iter().map(|model| model.name.clone()).collect();
    let countries: Vec<String> = market.models.iter().map(|model| model.assembly_country.clone()).collect();
    let brands = market.brands.as_slice();
    let manufacturers = market.manufacturers.as_slice();
    let regions = market.regions.as_slice();
    /// A field of the selection: its items, the names they may have, and each model's name.
    type List<'a> = (&'static str, &'a Option<Vec<String>>, &'a [String], &'a dyn Fn(usize) -> &'a str);
    let lists: [List<'_>; 5] = [
        ("models", &on.models, &names, &|j| &market.models[j].name),
        ("brands", &on.brands, brands, &|j| &market.brands[market.models[j].brand]),
        ("manufacturers", &on.manufacturers, manufacturers, &|j| &market.manufacturers[market.models[j].manufacturer]),
        ("regions", &on.regions, regions, &|j| &market.regions[market.models[j].region]),
        ("assembly_countries", &on.assembly_countries, &countries, &|j| &market.models[j].assembly_country),
    ];
    for (field, wanted, known, name) in lists {
        let Some(wanted) = wanted else { continue };
        for (i, item) in wanted.iter().enumerate() {
            let what = format!("item of this market under `{field}` (excluded models do not count)");
            reader.position(&format!("{key}.{field}[{i}]"), item, known, &what)?;
        }
        keep(&|j| wanted.iter().any(|item| item == name(j)));
    }
    if let Some(flag) = on.flag {
        keep(&|j| market.models[j].flagged == flag);
    }
    if let Some(imported) = on.imported {
        keep(&|j| market.models[j].imported == imported);
    }
    if let Some(home_built) = on.home_built {
        keep(&|j| (market.models[j].import_share < 1.0) == home_built);
    }
    if conditions == 0 {
        let help = "give at least one of models, brands, manufacturers, regions, assembly_countries, flag, imported, home_built";
        return Err(reader.error(key, "selects by nothing", help));
    }
    if !selected.contains(&true) {
        let help = "all conditions must hold for a model to be selected: drop one, or check the data";
        return Err(reader.error(key, "selects no model of the market", help));
    }
    Ok(selected)
}

/// "either `a` or `b`", or "`a`".
fn names(own: &[&str]) -> String {
    let quoted: Vec<String> = own.iter().map(|name| format!("`{name}`")).collect();
    if quoted.len() > 1 { format!("either {}", quoted.join(" or ")) } else { quoted.concat() }
}
