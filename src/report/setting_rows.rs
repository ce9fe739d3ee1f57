//! Rows about what was run: the regimes, their policy events, and the periods of the tables.

use jiff::civil::Date;

use super::record::table;
use crate::model::ids::RegimeId;
use crate::model::scenario::Scenario;
use crate::model::trade::duty::Duty;
use crate::model::trade::instrument::{Instrument, Measure};
use crate::model::trade::regime::Action;
use crate::study::Study;

table! {
    /// The regimes of a run, in order.
    pub struct RegimeRow in "regimes" by [regime] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// what charts call it
        label: String;
        /// position in the run, from 1
        order: u64;
        /// whether the other regimes are compared with it
        baseline: bool;
        /// whether its dates are bargained anew in every replication; it has no dated events then
        negotiated: bool;
        /// number of its dated events
        events: u64;
    }
}

table! {
    /// The dated policy events of every regime, and the level of their instrument before and after each of them.
    pub struct PolicyEventRow in "policy_events" by [regime, event] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// number of the event in the regime, from 1
        event: u64;
        /// day of the event
        date: Date;
        /// week from which it holds, from 0: the first that starts on or after the day
        week: u32;
        /// what happens, as written in scenario files: announced, liable, imposed, settled, ...
        action: &'static str;
        /// what charts call the event
        label: String;
        /// the instrument, by its name in the scenario
        instrument: String;
        /// duty, quota, inspection, rebate or retaliation
        kind: &'static str;
        /// models on which the instrument acts
        models: u64;
        /// level of the instrument before the event; 0 where it is not in force
        level_before: f64, "that in level_unit";
        /// level after it; 0 where it is not in force
        level_after: f64, "that in level_unit";
        /// unit of the levels: fraction (of customs value), USD per car, cars per year, USD per year
        level_unit: &'static str;
        /// whether the event pays back the duty collected since the instrument was imposed
        refund: bool;
    }
}

table! {
    /// The periods of the tables.
    pub struct PeriodRow in "periods" by [period] {
        /// name of the period in the tables
        period: String;
        /// horizon, year (52 weeks from the first on), month (the weeks that start in it) or own (`[[period]]` of the scenario)
        kind: &'static str;
        /// its first day
        first_date: Date;
        /// its last day
        last_date: Date;
        /// its first week, from 0
        first_week: u32;
        /// number of its weeks
        weeks: u32, "weeks";
        /// the same in years of 52 weeks: what totals of the period are divided by for a yearly rate
        years: f64, "years";
        /// whether it is the reporting period, which charts and `replications.csv` show (`outputs.period`)
        reporting: bool;
    }
}

/// Rows of `regimes.csv`: the regimes given.
#[must_use]
pub fn regime_rows(study: &Study, regimes: &[RegimeId]) -> Vec<RegimeRow> {
    let scenario = study.scenario();
    let row = |(order, &position): (u64, &RegimeId)| {
        let regime = &scenario.regimes[position];
        let negotiated = study.negotiated(position).is_some();
        RegimeRow {
            regime: regime.name.clone(),
            label: regime.label.clone(),
            order,
            baseline: position == scenario.baseline,
            negotiated,
            events: if negotiated { 0 } else { regime.events.len() as u64 },
        }
    };
    (1..).zip(regimes).map(row).collect()
}

/// What an instrument does in a week in which it is in force, as a number and its unit.
fn level(instrument: &Instrument, week: u32) -> (f64, &'static str) {
    match instrument.measure(week).or(instrument.measures.first().map(|dated| &dated.measure)) {
        Some(Measure::Duty { duty: Duty::AdValorem { rate, .. }, .. }) => (rate.fraction(), "fraction"),
        // What ends has a level below zero: it was paid before.
        Some(Measure::Rebate { amount_usd }) if instrument.in_base_year => (-amount_usd, "USD per car"),
        Some(
            Measure::Duty { duty: Duty::Specific { amount_usd }, .. }
            | Measure::Rebate { amount_usd }
            | Measure::Incentive { amount_usd },
        ) => (*amount_usd, "USD per car"),
        Some(Measure::Quota { cars_per_year }) => (*cars_per_year, "cars per year"),
        Some(Measure::Inspection { cost_usd, .. }) => (*cost_usd, "USD per car"),
        Some(Measure::Retaliation(retaliation)) => (retaliation.orders_usd_per_year, "USD per year"),
        None => (0.0, "fraction"),
    }
}

/// Rows of `policy_events.csv`: the events of the regimes given, in order of date; a negotiated regime has none.
#[must_use]
pub fn policy_event_rows(study: &Study, regimes: &[RegimeId]) -> Vec<PolicyEventRow> {
    let scenario = study.scenario();
    let mut rows = Vec::new();
    for &position in regimes.iter().filter(|position| study.negotiated(**position).is_none()) {
        let regime = &scenario.regimes[position];
        let instruments = regime.instruments(&scenario.instruments);
        let mut in_force: Vec<bool> = instruments.iter().map(|instrument| instrument.in_base_year).collect();
        for (number, event) in (1..).zip(&regime.events) {
            let instrument = &instruments[event.instrument];
            let before = in_force[event.instrument];
            let after = match event.action {
                Action::Imposed => true,
                Action::Settled | Action::Lapsed | Action::Lifted | Action::Reversed => false,
                _ => before,
            };
            in_force[event.instrument] = after;
            let level_unit = level(instrument, event.week).1;
            let before_week = event.week.saturating_sub(u32::from(event.change.is_some()));
            let at = |in_force: bool, week: u32| {
                if in_force && !instrument.expired(event.week) { level(instrument, week).0 } else { 0.0 }
            };
            rows.push(PolicyEventRow {
                regime: regime.name.clone(),
                event: number,
                date: event.date,
                week: event.week,
                action: event.action.as_str(),
                label: event.label.clone(),
                instrument: instrument.name.clone(),
                kind: instrument.kind(),
                models: instrument.selected.iter().filter(|selected| **selected).count() as u64,
                level_before: at(before, before_week),
                level_after: at(after, event.week),
                level_unit,
                refund: event.refund || event.change.is_some_and(|change| change.owed_from < event.week),
            });
        }
    }
    rows
}

/// Rows of `periods.csv`.
#[must_use]
pub fn period_rows(scenario: &Scenario) -> Vec<PeriodRow> {
    let row = |(position, period): (usize, &crate::model::outcome::Period)| {
        let [first_date, last_date] = scenario.dates(period);
        PeriodRow {
            period: period.name.clone(),
            kind: period.kind.as_str(),
            first_date,
            last_date,
            first_week: period.from,
            weeks: period.weeks(),
            years: period.years(),
            reporting: position == scenario.outputs.period,
        }
    };
    scenario.periods.iter().enumerate().map(row).collect()
}
