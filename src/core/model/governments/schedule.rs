//! A history that is given: dated steps in place of bargaining. It draws nothing at random.
//!
//! The states, their duty and what the public believes are those of the negotiated history; only who moves differs. Without
//! offers to read, the public keeps its prior.

use jiff::civil::Date;

use super::Setup;
use super::beliefs::{self, PublicReading};
use super::parameters::BeliefMode;
use super::reservation::Form;
use super::settlement::enforcement;
use super::state::State;
use super::world::Reputation;
use crate::numerics::calendar::Day;

/// One dated step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DatedStep {
    /// Talks break down.
    Breakdown,
    /// Talks resume.
    Resumption,
    /// An open threat.
    OpenThreat,
    /// A list and a deadline.
    Announcement {
        /// Cars landed from this day owe the duty if it is imposed.
        liable_from: Day,
        /// The deadline.
        deadline: Day,
    },
    /// The partner complains to the WTO.
    Complaint,
    /// A deal.
    Settlement {
        /// Its form.
        form: Form,
    },
    /// Sanctions begin.
    Imposition,
    /// The home government backs down.
    Lapse,
    /// Sanctions are withdrawn after a WTO ruling.
    Reversal,
    /// The home government withdraws sanctions by itself.
    Withdrawal,
    /// Sanctions are kept against a WTO ruling.
    Defiance,
}

impl DatedStep {
    /// Name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breakdown => "breakdown",
            Self::Resumption => "resumption",
            Self::OpenThreat => "open threat",
            Self::Announcement { .. } => "announcement",
            Self::Complaint => "complaint",
            Self::Settlement { .. } => "settlement",
            Self::Imposition => "imposition",
            Self::Lapse => "lapse",
            Self::Reversal => "reversal",
            Self::Withdrawal => "withdrawal",
            Self::Defiance => "defiance",
        }
    }

    /// The state after this step, if the step can be taken in `state`.
    fn leads_to(self, state: State, complained: bool) -> Option<State> {
        use State::{Announced, Breakdown, Defied, Imposed, Lapsed, Reversed, Settled, Talks, Threatened};
        match (self, state) {
            (Self::Breakdown, Talks) => Some(Breakdown),
            (Self::Resumption, Breakdown) => Some(Talks),
            (Self::OpenThreat, Talks | Breakdown | Lapsed) => Some(Threatened),
            (Self::Announcement { .. }, Talks | Threatened | Settled) => Some(Announced),
            (Self::Complaint, Announced | Imposed) if !complained => Some(state),
            (Self::Settlement { .. }, Talks | Threatened | Announced | Imposed | Lapsed) => Some(Settled),
            (Self::Imposition, Announced) => Some(Imposed),
            (Self::Lapse, Threatened | Announced) => Some(Lapsed),
            (Self::Reversal, Imposed) if complained => Some(Reversed),
            (Self::Withdrawal, Imposed) => Some(Reversed),
            (Self::Defiance, Imposed) if complained => Some(Defied),
            _ => None,
        }
    }
}

/// A step that the ones before it do not allow.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{step} of {date} cannot follow {before}: the dispute then stands at `{}`", .state.as_str())]
pub struct InvalidSchedule {
    /// The step.
    pub step: &'static str,
    /// Its date.
    pub date: Date,
    /// The step before it, with its date.
    pub before: String,
    /// Where the dispute stands.
    pub state: State,
}

/// A checked history.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    steps: Vec<(Day, DatedStep, State)>,
}

impl Schedule {
    /// A history of dated steps, which are put in order of their days.
    ///
    /// # Errors
    /// [`InvalidSchedule`] naming the first step that cannot be taken and the one before it.
    pub fn new(mut steps: Vec<(Day, DatedStep)>) -> Result<Self, InvalidSchedule> {
        steps.sort_by_key(|(day, _)| *day);
        let (mut state, mut complained) = (State::Talks, false);
        let mut before = "the agreement to negotiate".to_owned();
        let mut checked = Vec::with_capacity(steps.len());
        for (day, step) in steps {
            let refused = || InvalidSchedule { step: step.as_str(), date: day.date(), before: before.clone(), state };
            state = step.leads_to(state, complained).ok_or_else(refused)?;
            complained = match step {
                DatedStep::Complaint => true,
                DatedStep::Announcement { .. } | DatedStep::Settlement { .. } | DatedStep::Lapse => false,
                _ => complained,
            };
            before = format!("{} of {}", step.as_str(), day.date());
            checked.push((day, step, state));
        }
        Ok(Self { steps: checked })
    }

    fn taken(&self, day: Day) -> &[(Day, DatedStep, State)] {
        &self.steps[..self.steps.partition_point(|(at, _, _)| *at <= day)]
    }

    /// Where the dispute stands on a day.
    #[must_use]
    pub fn state(&self, day: Day) -> State {
        self.taken(day).last().map_or(State::Talks, |(_, _, state)| *state)
    }

    /// Day of liability and deadline of the last announcement.
    fn announcement(&self, day: Day) -> Option<(Day, Day)> {
        self.taken(day).iter().rev().find_map(|(_, step, _)| match step {
            DatedStep::Announcement { liable_from, deadline } => Some((*liable_from, *deadline)),
            _ => None,
        })
    }

    /// Buyers' and firms' probability on a day that a car bought `years_ahead` years after the decision (under sanctions:
    /// from now) bears the extra duty. Without payoffs to judge by, `Rational` is `Reputation`.
    #[must_use]
    pub fn belief(&self, setup: &Setup, day: Day, years_ahead: f64) -> f64 {
        let p = &setup.parameters;
        let state = self.state(day);
        let weeks_left = match (state, self.announcement(day)) {
            (State::Announced, Some((_, deadline))) => Some(f64::from((deadline - day).max(0)) / 7.0),
            _ => None,
        };
        let settled = beliefs::settlement_probability(p, &PublicReading { weeks_left, ..PublicReading::PRIOR });
        let strength = match p.beliefs {
            BeliefMode::Naive => 0.0,
            BeliefMode::Reputation | BeliefMode::Rational => {
                Reputation::after_steps(p, &setup.calendar, day).credibility()
            }
        };
        let enforced = self.taken(day).iter().rev().find_map(|(_, step, _)| match step {
            DatedStep::Settlement { form } => Some(enforcement(p, *form)),
            _ => None,
        });
        beliefs::belief(p, state, strength, settled, enforced.unwrap_or(0.0), years_ahead)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::{ExchangePath, fixtures};
    use super::*;

    fn day(year: i16, month: i8, day: i8) -> Day {
        Day::of(date(year, month, day))
    }

    fn announcement() -> DatedStep {
        DatedStep::Announcement { liable_from: day(1995, 5, 20), deadline: day(1995, 6, 28) }
    }

    #[test]
    fn history_has_its_states_duty_and_beliefs() {
        let schedule = Schedule::new(vec![
            (day(1995, 6, 28), DatedStep::Settlement { form: Form::Plans }),
            (day(1995, 4, 12), DatedStep::OpenThreat),
            (day(1995, 5, 16), announcement()),
            (day(1995, 5, 17), DatedStep::Complaint),
        ])
        .unwrap();
        assert_eq!(schedule.state(day(1995, 4, 11)), State::Talks);
        assert_eq!(schedule.state(day(1995, 6, 27)), State::Announced);
        assert_eq!(schedule.state(day(1995, 6, 28)), State::Settled);
        let setup = Setup {
            parameters: fixtures::parameters(),
            calendar: fixtures::calendar(),
            flows: fixtures::flows(),
            exchange_rate: ExchangePath::constant(84.6).unwrap(),
        };
        let belief = |at| schedule.belief(&setup, at, 0.0);
        assert_eq!(belief(day(1995, 4, 1)), 0.0);
        assert!((belief(day(1995, 4, 12)) - 0.055).abs() < 1e-3);
        assert!((belief(day(1995, 5, 24)) - 0.150).abs() < 1e-3);
        assert!(belief(day(1995, 7, 1)) < 0.01);
        let mut naive = setup.clone();
        naive.parameters.beliefs = BeliefMode::Naive;
        assert_eq!(schedule.belief(&naive, day(1995, 6, 1), 0.0), 0.0);
    }

    #[test]
    fn impossible_histories_are_refused_with_both_steps_named() {
        let refuse = |steps: Vec<(Day, DatedStep)>| Schedule::new(steps).unwrap_err().to_string();
        let imposed_first =
            refuse(vec![(day(1995, 4, 12), DatedStep::OpenThreat), (day(1995, 6, 1), DatedStep::Imposition)]);
        assert!(imposed_first.contains("imposition of 1995-06-01"), "{imposed_first}");
        assert!(imposed_first.contains("open threat of 1995-04-12"), "{imposed_first}");
        let ruling_first = refuse(vec![
            (day(1995, 5, 16), announcement()),
            (day(1995, 6, 28), DatedStep::Imposition),
            (day(1996, 9, 1), DatedStep::Reversal),
        ]);
        assert!(ruling_first.contains("reversal") && ruling_first.contains("imposition"), "{ruling_first}");
        let twice = refuse(vec![
            (day(1995, 5, 16), announcement()),
            (day(1995, 6, 28), DatedStep::Settlement { form: Form::Plans }),
            (day(1995, 6, 29), DatedStep::Imposition),
        ]);
        assert!(twice.contains("settled"), "{twice}");
    }
}
