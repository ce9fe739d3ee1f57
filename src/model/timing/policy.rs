//! What each model faces in each week of a regime, as people see it at the time.

use crate::model::trade::regime::{Instrument, Regime, Stage, Standing};

/// A regime's course by week and model.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    models: usize,
    standing: Vec<Standing>,
    stage: Vec<Stage>,
    deadline: Vec<f64>,
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
        let by_instrument = regime.course(instruments.len(), weeks);
        let mut disputed = vec![false; models];
        for event in &regime.events {
            let selected = &instruments[event.instrument].selected;
            disputed.iter_mut().zip(selected).for_each(|(disputed, selected)| *disputed |= selected);
        }
        let mut standing = vec![Standing::default(); weeks as usize * models];
        let mut stage = Vec::with_capacity(weeks as usize);
        for (week, now) in by_instrument.iter().enumerate() {
            for (instrument, own) in instruments.iter().zip(now) {
                for j in (0..models).filter(|j| instrument.selected[*j]) {
                    let slot = &mut standing[week * models + j];
                    slot.stage = slot.stage.max(own.stage);
                    slot.liable |= own.liable;
                }
            }
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
        Self { models, standing, stage, deadline, disputed, announced_week }
    }
    /// Where a model stands in a week.
    #[must_use]
    pub fn standing(&self, week: usize, model: usize) -> Standing {
        self.standing[week * self.models + model]
    }
    /// How far the dispute has come: an open decision before an imposed duty.
    #[must_use]
    pub fn stage(&self, week: usize) -> Stage {
        self.stage[week]
    }
    /// The date, in weeks, until which old prices are expected at the factory.
    #[must_use]
    pub fn deadline(&self, week: usize) -> f64 {
        self.deadline[week]
    }
}
