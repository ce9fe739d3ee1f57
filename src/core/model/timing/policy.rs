//! What each model faces in each week of a regime, as people see it at the time.

use crate::model::trade::instrument::{Instrument, Measure};
use crate::model::trade::regime::{Action, PolicyEvent, Regime, Stage, Standing};

/// A regime's course by week and model.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    models: usize,
    /// Where each instrument stands, by week.
    by_instrument: Vec<Vec<Standing>>,
    /// The instruments that meet each model at the border, whether this regime uses them or not.
    of_model: Vec<Vec<usize>>,
    stage: Vec<Stage>,
    deadline: Vec<f64>,
    /// Weeks that inspection holds up a car that arrives, by week and model; empty where nothing is inspected.
    delay_weeks: Vec<u32>,
    /// Quotas in force by week: instrument, and cars a year.
    quotas: Vec<Vec<(usize, f64)>>,
    /// Whether any instrument of the regime touches the model.
    pub disputed: Vec<bool>,
    /// The first week in which a list is public.
    pub announced_week: Option<u32>,
}

impl Course {
    /// The course of a regime. `announced(week)` is the week in which people expect an open decision to fall, as announced;
    /// without it they expect each decision when it in fact falls.
    #[must_use]
    pub fn new(
        regime: &Regime,
        instruments: &[Instrument],
        models: usize,
        weeks: u32,
        announced: impl Fn(usize) -> Option<u32>,
    ) -> Self {
        let by_instrument = regime.course(instruments, weeks);
        let mut disputed = vec![false; models];
        for event in regime.events.iter().filter(|event| instruments[event.instrument].acts_at_the_border()) {
            let selected = &instruments[event.instrument].selected;
            disputed.iter_mut().zip(selected).for_each(|(disputed, selected)| *disputed |= selected);
        }
        let meets = |i: &usize, j: usize| instruments[*i].acts_at_the_border() && instruments[*i].selected[j];
        let of_model = (0..models).map(|j| (0..instruments.len()).filter(|i| meets(i, j)).collect()).collect();
        let mut stage = Vec::with_capacity(weeks as usize);
        for now in &by_instrument {
            // An open decision is what buyers act on, whatever is charged already.
            let open = now.iter().map(|standing| standing.stage).filter(|stage| stage.is_open()).max();
            let any = now.iter().map(|standing| standing.stage).max().unwrap_or_default();
            stage.push(open.unwrap_or(any));
        }
        let announced_week = stage.iter().position(|stage| *stage == Stage::Announced).map(|week| week as u32);
        let decision = |week: usize| stage[week..].iter().position(|stage| !stage.is_open()).map(|after| week + after);
        let deadline = (0..stage.len())
            .map(|week| match (stage[week].is_open(), announced(week)) {
                (false, _) => week as f64,
                (true, Some(announced)) => f64::from(announced),
                (true, None) => decision(week).unwrap_or(stage.len()) as f64,
            })
            .collect();
        let delay_weeks = delays(regime, instruments, models, &by_instrument);
        let quotas = quotas(instruments, &by_instrument);
        Self { models, by_instrument, of_model, stage, deadline, delay_weeks, quotas, disputed, announced_week }
    }
    /// How long inspection holds up a car of this model that arrives in this week, weeks.
    #[must_use]
    pub fn delay_weeks(&self, week: usize, model: usize) -> u32 {
        self.delay_weeks.get(week * self.models + model).copied().unwrap_or(0)
    }
    /// Quotas in force in a week: position of the instrument, and cars a year.
    #[must_use]
    pub fn quotas(&self, week: usize) -> &[(usize, f64)] {
        self.quotas.get(week).map_or(&[], Vec::as_slice)
    }
    /// The instruments that meet a model at the border, as positions in the scenario's list.
    #[must_use]
    pub fn of_model(&self, model: usize) -> &[usize] {
        &self.of_model[model]
    }
    /// Where each of them stands in a week.
    pub fn standings(&self, week: usize, model: usize) -> impl Iterator<Item = Standing> {
        self.of_model[model].iter().map(move |i| self.by_instrument[week][*i])
    }
    /// How far the dispute has come: an open decision before an imposed duty.
    #[must_use]
    pub fn stage(&self, week: usize) -> Stage {
        self.stage[week]
    }
    /// Whether no dispute is on in this week.
    pub(super) fn quiet(&self, week: usize) -> bool {
        self.stage(week) == Stage::Quiet
    }
    /// Whether one week of both courses is the same for everybody.
    pub(super) fn same_week(&self, other: &Self, week: usize) -> bool {
        let spoilt = |course: &Self| course.announced_week.filter(|announced| *announced as usize <= week);
        let public = |course: &Self| (course.stage(week), course.deadline(week).to_bits(), spoilt(course));
        let delays = |j: usize| self.delay_weeks(week, j) == other.delay_weeks(week, j);
        public(self) == public(other)
            && self.by_instrument[week] == other.by_instrument[week]
            && self.quotas(week) == other.quotas(week)
            && (spoilt(self).is_none() || self.disputed == other.disputed)
            && (0..self.models).all(delays)
    }
    /// The date, in weeks, until which old prices are expected at the factory.
    #[must_use]
    pub fn deadline(&self, week: usize) -> f64 {
        self.deadline[week]
    }
}

/// Quotas in force, week by week.
fn quotas(instruments: &[Instrument], course: &[Vec<Standing>]) -> Vec<Vec<(usize, f64)>> {
    let in_force = |(week, now): (u32, &Vec<Standing>)| {
        let imposed = instruments.iter().zip(now).enumerate().filter(|(_, (_, own))| own.stage == Stage::Imposed);
        let quota = |(at, (instrument, _)): (usize, (&Instrument, &Standing))| match instrument.measure(week) {
            Some(Measure::Quota { cars_per_year }) => Some((at, *cars_per_year)),
            _ => None,
        };
        imposed.filter_map(quota).collect()
    };
    (0..).zip(course).map(in_force).collect()
}

/// Weeks of delay by week and model: inspections one after the other.
fn delays(regime: &Regime, instruments: &[Instrument], models: usize, course: &[Vec<Standing>]) -> Vec<u32> {
    let inspects = |instrument: &Instrument| {
        instrument.measures.iter().any(|dated| matches!(dated.measure, Measure::Inspection { delay_weeks: 1.., .. }))
    };
    let imposes = |event: &PolicyEvent| event.action == Action::Imposed && inspects(&instruments[event.instrument]);
    if !regime.events.iter().any(imposes) {
        return Vec::new();
    }
    let mut delays = vec![0; course.len() * models];
    for (week, now) in (0_u32..).zip(course) {
        for (instrument, standing) in instruments.iter().zip(now) {
            let Some(Measure::Inspection { delay_weeks, .. }) = instrument.measure(week) else { continue };
            if standing.stage == Stage::Imposed {
                for j in (0..models).filter(|j| instrument.selected[*j]) {
                    delays[week as usize * models + j] += delay_weeks;
                }
            }
        }
    }
    delays
}
