//! Rows about what was run: the regimes, their policy events, and the periods of the tables.

use jiff::civil::Date;

use super::record::table;
use crate::model::ids::RegimeId;
use crate::model::scenario::Scenario;
use crate::model::trade::duty::Duty;
use crate::model::trade::instrument::{Instrument, Measure};
use crate::model::trade::regime::{Action, PolicyEvent, Regime};
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
    /// What happens to the instruments of every regime on which day, by events, schedules and expiry, with the level before and after it.
    pub struct PolicyEventRow in "policy_events" by [regime, event] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// number of the event in the regime, from 1
        event: u64;
        /// day of the event; of a step of a schedule the first day of its week
        date: Date;
        /// week from which it holds, from 0: the first that starts on or after the day
        week: u32;
        /// what happens, as written in scenario files (announced, liable, imposed, settled, ...), scheduled for a step of the instrument's own
        /// schedule, runs_out where it expires
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
        /// level on the first cars of a year, where a quota by rate is in force after it; empty elsewhere
        level_within: f64, "that in level_unit";
        /// number of those cars a year; empty elsewhere
        cars_within: f64, "cars per year";
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
    level_of(instrument, instrument.measure(week).or(instrument.measures.first().map(|dated| &dated.measure)))
}

/// The level of one of an instrument's measures.
fn level_of(instrument: &Instrument, measure: Option<&Measure>) -> (f64, &'static str) {
    match measure {
        Some(Measure::Duty { duty, .. }) => amount(duty),
        // What ends has a level below zero: it was paid before.
        Some(Measure::Rebate { amount_usd }) if instrument.in_base_year => (-amount_usd, "USD per car"),
        Some(Measure::Rebate { amount_usd } | Measure::Incentive { amount_usd }) => (*amount_usd, "USD per car"),
        Some(Measure::Quota { cars_per_year }) => (*cars_per_year, "cars per year"),
        Some(Measure::Inspection { cost_usd, .. }) => (*cost_usd, "USD per car"),
        Some(Measure::Retaliation(retaliation)) => (retaliation.orders_usd_per_year, "USD per year"),
        None => (0.0, "fraction"),
    }
}

/// A duty as a number and its unit.
fn amount(duty: &Duty) -> (f64, &'static str) {
    match duty {
        Duty::AdValorem { rate, .. } => (rate.fraction(), "fraction"),
        Duty::Specific { amount_usd } => (*amount_usd, "USD per car"),
    }
}

/// What happens to an instrument on a date in a regime: an event, a step of its own schedule, or its end.
#[derive(Clone, Copy, Debug)]
pub struct PolicyStep<'a> {
    /// The first week in which it holds.
    pub week: u32,
    /// Its day: of a step of a schedule the first day of its week.
    pub date: Date,
    /// Position of the instrument.
    pub instrument: usize,
    /// The event, if it is one.
    pub event: Option<&'a PolicyEvent>,
    /// As written in scenario files; `scheduled` and `runs_out` where no event does it.
    pub action: &'static str,
    /// Whether the instrument is in force before it and after it.
    pub in_force: [bool; 2],
}

impl PolicyStep<'_> {
    /// What the instrument does from this step on: of an event that changes it what that says, even where another of the same week holds in the end.
    #[must_use]
    pub fn measure<'a>(&'a self, instrument: &'a Instrument) -> Option<&'a Measure> {
        let changed = self.event.and_then(|event| event.change.as_ref()).map(|change| &change.measure);
        changed.or_else(|| instrument.measure(self.week)).or(instrument.measures.first().map(|dated| &dated.measure))
    }
}

/// The steps of a regime in order of weeks; `instruments` are its own.
#[must_use]
pub fn policy_steps<'a>(scenario: &Scenario, regime: &'a Regime, instruments: &[Instrument]) -> Vec<PolicyStep<'a>> {
    let mut steps: Vec<PolicyStep<'a>> = Vec::new();
    let step = |week, date, instrument, event: Option<&'a PolicyEvent>, action| PolicyStep {
        week,
        date,
        instrument,
        event,
        action,
        in_force: [false; 2],
    };
    for event in &regime.events {
        steps.push(step(event.week, event.date, event.instrument, Some(event), event.action.as_str()));
    }
    for (number, instrument) in instruments.iter().enumerate() {
        for dated in instrument.measures.iter().filter(|dated| dated.from_week > 0) {
            // What an event says of a change stands with the event.
            let by_event = |event: &PolicyEvent| event.instrument == number && event.week == dated.from_week;
            if !regime.events.iter().any(by_event) {
                steps.push(step(dated.from_week, scenario.week_start(dated.from_week), number, None, "scheduled"));
            }
        }
        if let Some(until) = instrument.until {
            steps.push(step(until.week, until.date, number, None, "runs_out"));
        }
    }
    steps.sort_by_key(|step| step.week);
    let mut in_force: Vec<bool> = instruments.iter().map(|instrument| instrument.in_base_year).collect();
    for step in &mut steps {
        let before = in_force[step.instrument];
        let after = match step.event.map(|event| event.action) {
            Some(Action::Imposed) => !instruments[step.instrument].expired(step.week),
            Some(Action::Settled | Action::Lapsed | Action::Lifted | Action::Reversed) => false,
            None if step.action == "runs_out" => false,
            _ => before,
        };
        in_force[step.instrument] = after;
        step.in_force = [before, after];
    }
    // A schedule moves nothing, and nothing runs out, where the instrument is not in force.
    steps.retain(|step| step.event.is_some() || step.in_force[0]);
    steps
}

/// Rows of `policy_events.csv`: what happens in the regimes given, in order of date; a negotiated regime has none.
#[must_use]
pub fn policy_event_rows(study: &Study, regimes: &[RegimeId]) -> Vec<PolicyEventRow> {
    let scenario = study.scenario();
    let mut rows = Vec::new();
    for &position in regimes.iter().filter(|position| study.negotiated(**position).is_none()) {
        let regime = &scenario.regimes[position];
        let instruments = regime.instruments(&scenario.instruments);
        let steps = policy_steps(scenario, regime, &instruments);
        // An event's own level: of two in one week the later one holds.
        let of_step = |step: &PolicyStep<'_>| step.measure(&instruments[step.instrument]).copied();
        for (at, step) in steps.iter().enumerate() {
            let instrument = &instruments[step.instrument];
            let moves = step.event.is_none_or(|event| event.change.is_some());
            let before_week = step.week.saturating_sub(u32::from(moves));
            let in_week = |earlier: &&PolicyStep<'_>| {
                earlier.instrument == step.instrument && earlier.week == step.week && earlier.event.is_some()
            };
            let earlier = steps[..at].iter().rev().find(in_week).filter(|_| moves);
            let before = earlier.map_or_else(
                || level(instrument, before_week).0,
                |earlier| level_of(instrument, of_step(earlier).as_ref()).0,
            );
            let own = of_step(step);
            let after = level_of(instrument, own.as_ref()).0;
            let if_in_force = |in_force: bool, level: f64| if in_force { level } else { 0.0 };
            let within = own.as_ref().and_then(Measure::within).filter(|_| step.in_force[1]);
            let refund =
                |event: &PolicyEvent| event.refund || event.change.is_some_and(|change| change.owed_from < event.week);
            rows.push(PolicyEventRow {
                regime: regime.name.clone(),
                event: at as u64 + 1,
                date: step.date,
                week: step.week,
                action: step.action,
                label: step.event.map_or_else(String::new, |event| event.label.clone()),
                instrument: instrument.name.clone(),
                kind: instrument.kind(),
                models: instrument.selected.iter().filter(|selected| **selected).count() as u64,
                level_before: if_in_force(step.in_force[0], before),
                level_after: if_in_force(step.in_force[1], after),
                level_unit: level(instrument, step.week).1,
                level_within: within.map_or(f64::NAN, |within| amount(&within.duty).0),
                cars_within: within.map_or(f64::NAN, |within| within.cars_per_year),
                refund: step.event.is_some_and(refund),
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
