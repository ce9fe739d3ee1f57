//! Policy regimes: histories of dated events on policy instruments, and what they mean week by week.
//!
//! An instrument is a duty on a selection of models. Each regime moves each instrument through
//!
//! ```text
//! idle -> threatened -> announced (-> liable) -> imposed -> lifted
//!              \             \______________________\______-> settled
//!               \____________-> lapsed
//! ```
//!
//! An event acts from the first week that starts on or after its date. From `liable` on, cars sold owe the duty if it is
//! imposed later; the sticker price moves only when it is imposed, so for cars sold in between the importer pays.

use jiff::civil::Date;

use super::duty::Duty;

/// How an instrument's duty meets the normal duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stacking {
    /// On top of the normal duty.
    Additional,
    /// In place of the normal duty.
    Replaces,
}

/// A duty on a selection of models.
#[derive(Clone, Debug, PartialEq)]
pub struct Instrument {
    /// Name, unique in the scenario.
    pub name: String,
    /// What charts and tables call it.
    pub label: String,
    /// The duty.
    pub duty: Duty,
    /// Whether it adds to the normal duty or replaces it.
    pub stacking: Stacking,
    /// Whether each model of the market is selected.
    pub selected: Vec<bool>,
}

/// What happens to an instrument on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// An open threat, without a list or a date.
    Threatened,
    /// The list is published.
    Announced,
    /// Cars sold from here on owe the duty if it is imposed.
    Liable,
    /// The duty is charged and enters prices.
    Imposed,
    /// A settlement: duty and liability are cancelled.
    Settled,
    /// The threat comes to nothing; liability is cancelled.
    Lapsed,
    /// An imposed duty ends; what was collected is kept.
    Lifted,
}

impl Action {
    /// The action as written in scenario files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Threatened => "threatened",
            Self::Announced => "announced",
            Self::Liable => "liable",
            Self::Imposed => "imposed",
            Self::Settled => "settled",
            Self::Lapsed => "lapsed",
            Self::Lifted => "lifted",
        }
    }
}

/// A dated event on one instrument.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyEvent {
    /// Calendar date.
    pub date: Date,
    /// The first week that starts on or after the date.
    pub week: u32,
    /// What happens.
    pub action: Action,
    /// Position of the instrument in the scenario's list.
    pub instrument: usize,
    /// What charts call it.
    pub label: String,
}

/// A policy history to run the market under.
#[derive(Clone, Debug, PartialEq)]
pub struct Regime {
    /// Name, unique in the scenario.
    pub name: String,
    /// What charts and tables call it.
    pub label: String,
    /// Events in order of date.
    pub events: Vec<PolicyEvent>,
}

/// A history that cannot happen.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidRegime {
    /// An event that its predecessor does not allow.
    #[error("`{action}` on {date} cannot follow {previous}")]
    Unreachable {
        /// The event that cannot happen.
        action: &'static str,
        /// Its date.
        date: Date,
        /// What stands before it.
        previous: String,
        /// Position of the event in the regime.
        event: usize,
    },
    /// Two duties that both replace the normal duty on one model in one week.
    #[error("instruments `{first}` and `{second}` both replace the normal duty on model {model} in week {week}")]
    Overlap {
        /// First instrument.
        first: String,
        /// Second instrument.
        second: String,
        /// Position of the model.
        model: usize,
        /// Week in which both are in force.
        week: u32,
    },
}

/// What one instrument does in one week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Force {
    /// Nothing.
    #[default]
    None,
    /// Cars sold this week owe the duty, which is decided only later: the importer pays it.
    OwedLater,
    /// The duty is charged and known.
    Charged,
}

/// How far an instrument has come in one week, as buyers and dealers see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// No dispute: before the first event, or after a settlement, a lapse or a lifting.
    #[default]
    Quiet,
    /// An open threat without list or date.
    Threatened,
    /// The list is published and a decision is due.
    Announced,
    /// The duty is charged.
    Imposed,
}

impl Stage {
    /// Whether a decision on the duty is still open.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Threatened | Self::Announced)
    }
}

/// Where one instrument stands in one week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// How far it has come.
    pub stage: Stage,
    /// Whether a car that lands this week owes the duty, now or if it is imposed.
    pub liable: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Idle,
    Threatened,
    Announced,
    Imposed,
    Settled,
    Lapsed,
    Lifted,
}

impl Regime {
    /// The force of each instrument in each week: `force[week][instrument]`.
    ///
    /// # Errors
    /// [`InvalidRegime::Unreachable`] for an event that the one before it does not allow,
    /// [`InvalidRegime::Overlap`] when two replacing duties meet on one model.
    pub fn force(&self, instruments: &[Instrument], weeks: u32) -> Result<Vec<Vec<Force>>, InvalidRegime> {
        let mut force = vec![vec![Force::None; instruments.len()]; weeks as usize];
        for instrument in 0..instruments.len() {
            self.drive(instrument, &mut force)?;
        }
        for (week, now) in force.iter().enumerate() {
            refuse_overlap(instruments, now, week as u32)?;
        }
        Ok(force)
    }

    /// Where each instrument stands in each week, `course[week][instrument]`, for a history that [`Regime::force`] accepts.
    ///
    /// Unlike force, which is known only afterwards, this is what people see at the time.
    #[must_use]
    pub fn course(&self, instruments: usize, weeks: u32) -> Vec<Vec<Standing>> {
        let mut course = vec![vec![Standing::default(); instruments]; weeks as usize];
        for event in &self.events {
            for week in course.iter_mut().skip(event.week as usize) {
                let standing = &mut week[event.instrument];
                *standing = match event.action {
                    Action::Threatened => Standing { stage: Stage::Threatened, liable: false },
                    Action::Announced => Standing { stage: Stage::Announced, liable: false },
                    Action::Liable => Standing { liable: true, ..*standing },
                    Action::Imposed => Standing { stage: Stage::Imposed, liable: true },
                    Action::Settled | Action::Lapsed | Action::Lifted => Standing::default(),
                };
            }
        }
        course
    }

    /// Runs one instrument's events through the state machine and marks its weeks.
    fn drive(&self, instrument: usize, force: &mut [Vec<Force>]) -> Result<(), InvalidRegime> {
        let mut state = State::Idle;
        let mut liable_from: Option<u32> = None;
        let mut previous = String::from("the start of the regime");
        for (position, event) in self.events.iter().enumerate().filter(|(_, event)| event.instrument == instrument) {
            let next = match (event.action, state) {
                (Action::Threatened, State::Idle | State::Lapsed | State::Settled) => State::Threatened,
                (Action::Announced, State::Idle | State::Threatened | State::Lapsed | State::Settled) => {
                    State::Announced
                }
                (Action::Liable, State::Announced) if liable_from.is_none() => State::Announced,
                (Action::Imposed, State::Idle | State::Threatened | State::Announced) => State::Imposed,
                (Action::Settled, State::Threatened | State::Announced | State::Imposed) => State::Settled,
                (Action::Lapsed, State::Threatened | State::Announced) => State::Lapsed,
                (Action::Lifted, State::Imposed) => State::Lifted,
                _ => {
                    return Err(InvalidRegime::Unreachable {
                        action: event.action.as_str(),
                        date: event.date,
                        previous,
                        event: position,
                    });
                }
            };
            let from = event.week as usize;
            match event.action {
                Action::Liable => liable_from = Some(event.week),
                Action::Imposed => {
                    if let Some(liable) = liable_from.take() {
                        mark(force, instrument, liable as usize..from, Force::OwedLater);
                    }
                    mark(force, instrument, from..force.len(), Force::Charged);
                }
                Action::Settled | Action::Lapsed | Action::Lifted => {
                    liable_from = None;
                    mark(force, instrument, from..force.len(), Force::None);
                }
                Action::Threatened | Action::Announced => {}
            }
            state = next;
            previous = format!("`{}` on {}", event.action.as_str(), event.date);
        }
        Ok(())
    }
}

fn mark(force: &mut [Vec<Force>], instrument: usize, weeks: std::ops::Range<usize>, value: Force) {
    let end = weeks.end.min(force.len());
    for week in force.iter_mut().take(end).skip(weeks.start) {
        week[instrument] = value;
    }
}

fn refuse_overlap(instruments: &[Instrument], now: &[Force], week: u32) -> Result<(), InvalidRegime> {
    let replacing = |i: &usize| now[*i] != Force::None && instruments[*i].stacking == Stacking::Replaces;
    let active: Vec<usize> = (0..instruments.len()).filter(replacing).collect();
    for (position, &first) in active.iter().enumerate() {
        for &second in &active[position + 1..] {
            let shared =
                instruments[first].selected.iter().zip(&instruments[second].selected).position(|(a, b)| *a && *b);
            if let Some(model) = shared {
                return Err(InvalidRegime::Overlap {
                    first: instruments[first].name.clone(),
                    second: instruments[second].name.clone(),
                    model,
                    week,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::duty::AdValoremRate;
    use super::*;
    use crate::model::market::DutyBasis;
    use jiff::civil::date;

    fn instrument(stacking: Stacking) -> Instrument {
        let duty = Duty::AdValorem {
            rate: AdValoremRate::new(1.0).unwrap(),
            basis: DutyBasis::List,
            customs_value_share: 0.7,
        };
        Instrument { name: "sanctions".into(), label: String::new(), duty, stacking, selected: vec![true, false] }
    }

    fn event(week: u32, action: Action) -> PolicyEvent {
        PolicyEvent { date: date(1995, 1, 1), week, action, instrument: 0, label: String::new() }
    }

    fn weeks(events: Vec<PolicyEvent>) -> Result<Vec<Force>, InvalidRegime> {
        let regime = Regime { name: "r".into(), label: String::new(), events };
        let force = regime.force(&[instrument(Stacking::Additional)], 8)?;
        Ok(force.into_iter().map(|week| week[0]).collect())
    }

    #[test]
    fn liability_acts_backwards_only_when_the_duty_is_imposed() {
        use Force::{Charged, None, OwedLater};
        let threat = |end: Action| vec![event(1, Action::Announced), event(2, Action::Liable), event(5, end)];
        let imposed = weeks(threat(Action::Imposed)).unwrap();
        assert_eq!(imposed, [None, None, OwedLater, OwedLater, OwedLater, Charged, Charged, Charged]);
        assert_eq!(weeks(threat(Action::Settled)).unwrap(), [None; 8]);
        assert_eq!(weeks(threat(Action::Lapsed)).unwrap(), [None; 8]);
    }

    #[test]
    fn a_lifted_duty_ends_and_is_not_cancelled_for_the_past() {
        use Force::{Charged, None};
        let force = weeks(vec![event(1, Action::Imposed), event(4, Action::Lifted)]).unwrap();
        assert_eq!(force, [None, Charged, Charged, Charged, None, None, None, None]);
    }

    #[test]
    fn the_course_shows_what_people_see_at_the_time() {
        let regime = Regime {
            name: "r".into(),
            label: String::new(),
            events: vec![
                event(1, Action::Threatened),
                event(2, Action::Announced),
                event(3, Action::Liable),
                event(5, Action::Imposed),
                event(7, Action::Lifted),
            ],
        };
        let course = regime.course(1, 8);
        let stages: Vec<Stage> = course.iter().map(|week| week[0].stage).collect();
        use Stage::{Announced, Imposed, Quiet, Threatened};
        assert_eq!(stages, [Quiet, Threatened, Announced, Announced, Announced, Imposed, Imposed, Quiet]);
        let liable: Vec<bool> = course.iter().map(|week| week[0].liable).collect();
        assert_eq!(liable, [false, false, false, true, true, true, true, false]);
    }

    #[test]
    fn an_unreachable_event_names_both_events() {
        let error = weeks(vec![event(1, Action::Settled)]).unwrap_err();
        assert_eq!(error.to_string(), "`settled` on 1995-01-01 cannot follow the start of the regime");
        let error = weeks(vec![event(1, Action::Imposed), event(2, Action::Liable)]).unwrap_err();
        assert_eq!(error.to_string(), "`liable` on 1995-01-01 cannot follow `imposed` on 1995-01-01");
    }

    #[test]
    fn two_replacing_duties_on_one_model_are_refused() {
        let pair = [instrument(Stacking::Replaces), instrument(Stacking::Replaces)];
        let mut second = event(2, Action::Imposed);
        second.instrument = 1;
        let regime = Regime { name: "r".into(), label: String::new(), events: vec![event(1, Action::Imposed), second] };
        assert!(matches!(regime.force(&pair, 8), Err(InvalidRegime::Overlap { week: 2, model: 0, .. })));
    }
}
