//! Duties in force on a day: what `stickershock check --on DATE` prints.

use std::fmt::Write;

use jiff::civil::Date;

use crate::model::market::Market;
use crate::model::scenario::Scenario;
use crate::model::trade::duty::Duty;
use crate::model::trade::instrument::{Instrument, Measure, Stacking};
use crate::study::duties::{CountryDuties, DayDuties, DayInstrument, ModelDuties};

/// Writes the duties of every regime in the week of a date: by country of assembly, at base-year prices, normal duty included.
pub(super) fn in_force(out: &mut String, scenario: &Scenario, date: Date, duties: &DayDuties) {
    let week = duties.week;
    let _ = writeln!(
        out,
        "Duties in force on {date} (week {week} from {}; runs count an event from the next week on, and so do schedules here), at base-year prices:",
        scenario.week_start(week)
    );
    for duties in &duties.regimes {
        let regime = &scenario.regimes[duties.regime];
        let Some(dated) = &duties.dated else {
            let _ = writeln!(out, "  {}: negotiated, another in every replication", regime.name);
            continue;
        };
        let named = |on_the_day: &DayInstrument| {
            let DayInstrument { instrument, charged, inside, cut_back_on } = on_the_day;
            let Instrument { name, in_base_year, .. } = instrument;
            match instrument.measure(week) {
                Some(Measure::Rebate { amount_usd }) if *in_base_year && *charged => {
                    Some(format!("{name} of {} USD a car ended", amount_usd.abs()))
                }
                Some(Measure::Rebate { amount_usd }) if *in_base_year => {
                    Some(format!("{name} {} USD a car to the buyer, as in the base year", amount_usd.abs()))
                }
                _ if !*charged => None,
                Some(measure) => {
                    let inside =
                        inside.map(|inside| format!(" (where {:.0}% of the base year's cars are)", 100.0 * inside));
                    let back = cut_back_on.map(|day| format!(" (cut back to this day on {day})"));
                    let measured = measured_on(&scenario.market, instrument, measure);
                    Some(format!("{name} {measured}{}{}", inside.unwrap_or_default(), back.unwrap_or_default()))
                }
                None => Some(name.clone()),
            }
        };
        let names: Vec<String> = dated.instruments.iter().filter_map(named).collect();
        let _ = writeln!(
            out,
            "  {}: {}",
            regime.name,
            if names.is_empty() { "the normal duty".into() } else { names.join(", ") }
        );
        for country in &dated.countries {
            let percent = |rate: f64| format!("{:.2}%", 100.0 * rate);
            let rate = match country.rate {
                None if country.imported > 0.0 => "two plants: no one rate".into(),
                None => "no cars from abroad".into(),
                Some([low, high]) if high - low < 5e-5 => format!("{} of customs value", percent(high)),
                Some([low, high]) => format!("{} to {} of customs value", percent(low), percent(high)),
            };
            let _ = writeln!(
                out,
                "    {:<20} {:>3} models {:>9.0} cars {:>9.0} imported  {rate:>34}  {:>7.0} USD a car",
                country.name,
                country.models,
                country.cars,
                country.imported,
                country.duty_usd / country.cars,
            );
            for line in exceptions(country) {
                let _ = writeln!(out, "      {line}");
            }
        }
    }
    out.push('\n');
}

/// What the models of a country owe where the country's line does not say it of each: by rate where they differ, and of those with two plants the
/// part from abroad and dollars.
fn exceptions(country: &CountryDuties) -> Vec<String> {
    let mut rates: Vec<(String, Vec<&str>)> = Vec::new();
    let differ = country.rate.is_some_and(|[low, high]| high - low >= 5e-5);
    for model in country.of_models.iter().filter(|_| differ) {
        let Some(rate) = model.rate.map(|rate| format!("{:.2}%", 100.0 * rate)) else { continue };
        match rates.iter_mut().find(|(known, _)| *known == rate) {
            Some((_, models)) => models.push(&model.name),
            None => rates.push((rate, vec![&model.name])),
        }
    }
    let mut lines: Vec<String> =
        rates.into_iter().map(|(rate, models)| format!("{rate}: {}", models.join(", "))).collect();
    let of_two = |model: &ModelDuties| {
        format!("{} ({:.0}% from abroad, {:.0} USD a car)", model.name, 100.0 * model.import_share, model.duty_usd)
    };
    let two: Vec<String> = country.of_models.iter().filter(|model| model.has_two_plants()).map(of_two).collect();
    if !two.is_empty() {
        lines.push(format!("two plants: {}", two.join(", ")));
    }
    lines
}

/// A duty in words.
fn charged(duty: &Duty) -> String {
    match duty {
        // Six digits: what was written, without the noise of binary fractions.
        Duty::AdValorem { rate, .. } => format!("{}%", (rate.fraction() * 1e8).round() / 1e6),
        Duty::Specific { amount_usd } => format!("{amount_usd} USD a car"),
    }
}

/// What an instrument does with a measure, in words: to how many parts of it its models are subject, and what is credited.
pub(super) fn measured_on(market: &Market, instrument: &Instrument, measure: &Measure) -> String {
    let mut text = measured(measure);
    if let Measure::Duty { duty: Duty::AdValorem { rate, .. }, .. } = measure {
        if let Some(rates) = by_country(market, instrument, rate.fraction()) {
            return rates;
        }
        let parts = instrument.part.iter().zip(&instrument.selected).filter(|(_, selected)| **selected);
        let [low, high] = parts.fold([f64::INFINITY, 0.0], |[low, high], (part, _)| [part.min(low), part.max(high)]);
        // Two digits tell rates of partners apart; a level that all bear is all that there is to say.
        let part = |part: f64| format!("{}", (100.0 * part).round() / 100.0);
        if low < high {
            let _ = write!(text, ", of which models bear {} to {}", part(low), part(high));
        } else if high != 1.0 && high > 0.0 {
            let _ = write!(text, ", of which models bear {}", part(high));
        }
        let offset = instrument.offset.iter().copied().fold(0.0, f64::max);
        if offset > 0.0 {
            let _ = write!(text, ", less an offset of up to {}% of the list price", part(100.0 * offset));
        }
    }
    text
}

/// Rates by country of assembly, where those are what models differ by.
fn by_country(market: &Market, instrument: &Instrument, rate: f64) -> Option<String> {
    let mut rates: Vec<(&str, f64)> = Vec::new();
    for (j, model) in market.models.iter().enumerate().filter(|(j, _)| instrument.selected[*j]) {
        // Of two plants the part of the cars is no rate.
        let own = rate * instrument.part[j] / instrument.cars[j];
        match rates.iter().find(|(country, _)| *country == model.assembly_country) {
            Some((_, known)) if (known - own).abs() > 1e-9 => return None,
            Some(_) => {}
            None => rates.push((&model.assembly_country, own)),
        }
    }
    let differ = rates.iter().any(|(_, rate)| (rate - rates[0].1).abs() > 1e-9);
    rates.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let percent = |rate: f64| format!("{}%", (rate * 1e8).round() / 1e6);
    let named: Vec<String> = rates.iter().map(|(country, rate)| format!("{country} {}", percent(*rate))).collect();
    (differ && named.len() <= 12).then(|| named.join(", "))
}

/// A measure in words.
fn measured(measure: &Measure) -> String {
    match measure {
        Measure::Duty { duty, stacking, within } => {
            let mut text = charged(duty);
            if *stacking == Stacking::Replaces && matches!(duty, Duty::AdValorem { .. }) {
                text.push_str(" in place of the normal duty");
            }
            if let Some(within) = within {
                let _ =
                    write!(text, ", {} on the first {:.0} cars a year", charged(&within.duty), within.cars_per_year);
            }
            text
        }
        Measure::Rebate { amount_usd } => format!("{} USD a car", amount_usd.abs()),
        Measure::Incentive { amount_usd } => format!("{amount_usd} USD a car from its maker"),
        Measure::Quota { cars_per_year } => format!("{cars_per_year:.0} cars a year"),
        Measure::Inspection { cost_usd, .. } => format!("{cost_usd} USD a car"),
        Measure::Retaliation(orders) => format!("{} USD a year", orders.orders_usd_per_year),
    }
}
