//! Duties in force on a day: what `stickershock check --on DATE` prints.

use std::fmt::Write;

use jiff::civil::Date;

use super::CliError;
use crate::model::market::Market;
use crate::model::trade::duty::{Duty, ImportDuty};
use crate::model::trade::instrument::{Instrument, Measure, Stacking};
use crate::model::trade::policy::Policy;
use crate::model::trade::regime::{Force, Regime};
use crate::study::Study;

/// Duties on the cars of one country.
#[derive(Clone, Copy, Debug, Default)]
struct Country {
    models: usize,
    /// Cars a year, and those of them that come from abroad.
    cars: f64,
    imported: f64,
    duty_usd: f64,
    customs_usd: f64,
    /// Lowest and highest rate on customs value.
    rate: Option<[f64; 2]>,
}

/// Writes the duties of every regime in the week of a date: by country of assembly, at base-year prices, normal duty included.
pub(super) fn in_force(out: &mut String, study: &Study, date: Date) -> Result<(), CliError> {
    let scenario = study.scenario();
    let days = scenario.start.until(date).map_or(-1, |span| span.get_days());
    let week = u32::try_from(days.div_euclid(7)).ok().filter(|week| *week < scenario.weeks);
    let Some(week) = week else {
        let message =
            format!("--on {date}: outside the horizon\nhelp: it has {} weeks from {}", scenario.weeks, scenario.start);
        return Err(CliError::Usage(message));
    };
    let market = &scenario.market;
    let marginal_cost_usd = &study.shared_world().makers.costs.marginal_cost;
    let share = market.base_shares();
    let _ = writeln!(
        out,
        "Duties in force on {date} (week {week} from {}; runs count an event from the next week on, and so do schedules here), at base-year prices:",
        scenario.week_start(week)
    );
    for (position, regime) in scenario.regimes.iter() {
        if study.negotiated(position).is_some() {
            let _ = writeln!(out, "  {}: negotiated, another in every replication", regime.name);
            continue;
        }
        let regime = &on_the_day(regime, date, week);
        let mut instruments = regime.instruments(&scenario.instruments).into_owned();
        for until in instruments.iter_mut().filter_map(|instrument| instrument.until.as_mut()) {
            until.week = if until.date <= date { until.week.min(week) } else { until.week.max(week + 1) };
        }
        // A history that has a plan has forces.
        let force = regime.force(&instruments, scenario.weeks).unwrap_or_default();
        let Some(force) = force.get(week as usize) else { continue };
        let policy = Policy { market, instruments: &instruments, marginal_cost_usd, base_share: &share, outside: &[] };
        // Of a quota by rate the mean duty of the base year's cars: the lower one on those inside.
        let quotas = policy.rate_quotas(week, force, Force::Charged);
        let mut outside = vec![1.0; instruments.len()];
        quotas.iter().for_each(|quota| outside[quota.instrument] = quota.outside(&share));
        let policy = Policy { outside: &outside, ..policy };
        // A rebate or a credit is no duty on customs value, though the model books it with them.
        let charged = policy.duties(week, force, Force::Charged, |i| instruments[i].is_duty());
        let none = vec![Force::None; instruments.len()];
        let normal = policy.duties(week, &none, Force::Charged, |_| true);
        let list = market.base_prices();
        let normal_usd: Vec<f64> = normal.iter().zip(&list).map(|(duty, price)| duty.duty_usd(*price)).collect();
        let border = market.border_prices(&normal_usd);
        // A credit is no duty: neither while it is there nor when it has ended.
        let owed = |j: usize, duty: &ImportDuty| {
            duty.duty_at_usd(normal[j].producer_price_usd(list[j])) + market.models[j].credit_usd
        };
        let named = |(at, (instrument, force)): (usize, (&Instrument, &Force))| {
            let Instrument { name, in_base_year, .. } = instrument;
            let charged = *force == Force::Charged;
            match instrument.measure(week) {
                Some(Measure::Rebate { amount_usd }) if *in_base_year && charged => {
                    Some(format!("{name} of {} USD a car ended", amount_usd.abs()))
                }
                Some(Measure::Rebate { amount_usd }) if *in_base_year => {
                    Some(format!("{name} {} USD a car to the buyer, as in the base year", amount_usd.abs()))
                }
                _ if !charged => None,
                Some(measure) => {
                    let inside = quotas.iter().find(|quota| quota.instrument == at);
                    let inside = inside
                        .map(|quota| format!(" ({:.0}% of the base year's)", 100.0 * (1.0 - quota.outside(&share))));
                    Some(format!("{name} {}{}", measured_on(market, instrument, measure), inside.unwrap_or_default()))
                }
                None => Some(name.clone()),
            }
        };
        let names: Vec<String> = instruments.iter().zip(force).enumerate().filter_map(named).collect();
        let _ = writeln!(
            out,
            "  {}: {}",
            regime.name,
            if names.is_empty() { "the normal duty".into() } else { names.join(", ") }
        );
        let mut countries: Vec<(&str, Country)> = Vec::new();
        for (j, model) in market.models.iter().enumerate() {
            let known = countries.iter().position(|(name, _)| *name == model.assembly_country);
            let at = known.unwrap_or_else(|| {
                countries.push((&model.assembly_country, Country::default()));
                countries.len() - 1
            });
            let country = &mut countries[at].1;
            let (duty_usd, customs_usd) = (owed(j, &charged[j]), border[j] * market.customs_part(j));
            country.models += 1;
            country.cars += model.base_volume;
            country.imported += model.base_volume * model.import_share;
            country.duty_usd += model.base_volume * duty_usd;
            country.customs_usd += model.base_volume * customs_usd;
            // Of a model with a plant at home too parts may owe another duty.
            if model.import_share == 1.0 && customs_usd > 0.0 {
                let rate = duty_usd / customs_usd;
                let [low, high] = country.rate.unwrap_or([rate, rate]);
                country.rate = Some([low.min(rate), high.max(rate)]);
            }
        }
        countries.sort_by(|a, b| b.1.cars.total_cmp(&a.1.cars));
        for (name, country) in countries {
            let percent = |rate: f64| format!("{:.2}%", 100.0 * rate);
            let rate = match country.rate {
                None if country.imported > 0.0 => "two plants: no rate".into(),
                None => "no imports".into(),
                Some([low, high]) if high - low < 5e-5 => percent(high),
                Some([low, high]) => format!("{} to {}", percent(low), percent(high)),
            };
            let _ = writeln!(
                out,
                "    {name:<20} {:>3} models {:>9.0} cars {:>9.0} imported  {rate:>18} of customs value  {:>7.0} USD a car",
                country.models,
                country.cars,
                country.imported,
                country.duty_usd / country.cars,
            );
        }
    }
    out.push('\n');
    Ok(())
}

/// The regime with every event by this day in force in this week: in runs it is from the first week that starts on or after its day.
fn on_the_day(regime: &Regime, date: Date, week: u32) -> Regime {
    let mut regime = regime.clone();
    for event in regime.events.iter_mut().filter(|event| event.date <= date && event.week > week) {
        event.week = week;
    }
    regime
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
            let _ = write!(text, " at most: models bear {} to {} of it", part(low), part(high));
        } else if high != 1.0 && high > 0.0 {
            let _ = write!(text, ", of which models bear {}", part(high));
        }
        if instrument.offset.iter().any(|offset| *offset > 0.0) {
            text.push_str(", less an offset");
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
