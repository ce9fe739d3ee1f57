//! What one world's negotiation means for the market: dated events on the instrument that is threatened, and what the public
//! believes week by week.
//!
//! The governments keep their own clock, day by day. An event acts from the first week of the market that starts
//! on or after its day; what happened before the market's first week holds from week 0, what happens after its last is kept,
//! because a duty imposed then is still owed on cars that landed before.

use jiff::civil::Date;

use super::Setup;
use super::calendar::DutyStatus;
use super::reservation::{Form, Verdict};
use super::schedule::{DatedStep, InvalidSchedule, Schedule};
use super::state::State;
use super::world::Negotiation;
use crate::model::ids::RegimeId;
use crate::model::timing::PublicBelief;
use crate::model::trade::regime::{Action, PolicyEvent, Regime};
use crate::numerics::calendar::Day;

/// A regime whose history the governments negotiate, anew in every replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NegotiatedRegime {
    /// Position of the regime in the scenario.
    pub regime: RegimeId,
    /// Position of the instrument that is threatened.
    pub instrument: usize,
    /// Whether buyers believe in no duty before it is imposed.
    pub naive_buyers: bool,
}

/// The market's weeks on the governments' clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketClock {
    /// First day of week 0.
    pub start: Day,
    /// Number of weeks.
    pub weeks: u32,
}

impl MarketClock {
    /// A market of `weeks` weeks from `start`.
    #[must_use]
    pub fn new(start: Date, weeks: u32) -> Self {
        Self { start: Day::of(start), weeks }
    }
    /// The first week that starts on or after a day, from 0 up to the week after the last.
    #[must_use]
    pub fn week_of(self, day: Day) -> u32 {
        (self.start.week_from(day).max(0) as u32).min(self.weeks)
    }
    /// First day of a week.
    #[must_use]
    pub fn first_day(self, week: u32) -> Day {
        self.start.week_start(week)
    }
    /// The day after the last week.
    #[must_use]
    pub fn end(self) -> Day {
        self.first_day(self.weeks)
    }
}

/// Writes down one negotiation as the market meets it. Call [`Recorder::morning`] after each day is opened and
/// [`Recorder::evening`] after it is closed.
#[derive(Clone, Debug)]
pub struct Recorder {
    clock: MarketClock,
    events: Vec<(Day, Action)>,
    state: State,
    duty: DutyStatus,
    complaint: bool,
    verdict: Option<Verdict>,
    while_open: Vec<f64>,
    decision_weeks: Vec<u32>,
}

impl Recorder {
    /// Nothing yet.
    #[must_use]
    pub fn new(clock: MarketClock) -> Self {
        Self {
            clock,
            events: Vec::new(),
            state: State::Talks,
            duty: DutyStatus::None,
            complaint: false,
            verdict: None,
            while_open: vec![0.0; clock.weeks as usize],
            decision_weeks: vec![0; clock.weeks as usize],
        }
    }

    /// Takes note of the day's dated steps, and of beliefs where a week of the market begins.
    pub fn morning(&mut self, negotiation: &mut Negotiation<'_>) {
        self.note(negotiation);
        let days = negotiation.day() - self.clock.start;
        if days < 0 || days % 7 != 0 || negotiation.day() >= self.clock.end() {
            return;
        }
        let week = days as usize / 7;
        if matches!(negotiation.state(), State::Threatened | State::Announced) {
            self.while_open[week] = negotiation.belief(0.0);
            self.decision_weeks[week] = self.clock.week_of(negotiation.deadline());
        }
    }

    /// Takes note of a deal or a decision.
    pub fn evening(&mut self, negotiation: &Negotiation<'_>) {
        self.note(negotiation);
    }

    fn note(&mut self, negotiation: &Negotiation<'_>) {
        let (day, state, duty) = (negotiation.day(), negotiation.state(), negotiation.duty_status());
        let (complaint, verdict) = (negotiation.has_complaint(), negotiation.verdict());
        // A ruling comes before what the home government makes of it.
        if let (None, Some(verdict)) = (self.verdict, verdict) {
            let action = if verdict == Verdict::Won { Action::RulingWon } else { Action::RulingLost };
            self.events.push((day, action));
        }
        if state != self.state {
            let last = self.events.iter().rev().map(|(_, action)| *action);
            let end = last.into_iter().find(|action| matches!(action, Action::Settled | Action::Lapsed));
            self.events.extend(actions(self.state, state, end).iter().map(|action| (day, *action)));
        }
        if complaint && !self.complaint {
            self.events.push((day, Action::Complaint));
        }
        if duty == DutyStatus::Accruing && self.duty != DutyStatus::Accruing {
            self.events.push((day, Action::Liable));
        }
        (self.state, self.duty, self.complaint, self.verdict) = (state, duty, complaint, verdict);
    }

    /// The history as a regime of the market.
    #[must_use]
    pub fn regime(&self, template: &Regime, instrument: usize) -> Regime {
        let event = |(day, action): &(Day, Action)| PolicyEvent {
            date: day.date(),
            week: self.clock.week_of(*day),
            action: *action,
            instrument,
            refund: false,
            change: None,
            label: action.as_str().to_owned(),
        };
        Regime { events: self.events.iter().map(event).collect(), ..template.clone() }
    }

    /// What buyers believe under it: a purchase some time after the decision is safer, since sanctions are expected to end.
    #[must_use]
    pub fn public_belief(self, setup: &Setup, naive: bool) -> PublicBelief {
        let rate = setup.parameters.sanctions_end_rate;
        let while_open = if naive { vec![0.0; self.while_open.len()] } else { self.while_open };
        PublicBelief {
            while_open,
            once_imposed: 1.0,
            reversal_per_week: weekly_chance(rate),
            fading_per_year: rate,
            decision_weeks: self.decision_weeks,
        }
    }
}

/// What the public believes under a regime of dated events, judged by the governments' record: the events on each instrument
/// are a history of the dispute, and where several instruments are disputed the strongest belief counts.
///
/// # Errors
/// [`InvalidSchedule`] when the dispute cannot have such a history, naming the step and the one before it.
pub fn scheduled_belief(regime: &Regime, setup: &Setup, clock: MarketClock) -> Result<PublicBelief, InvalidSchedule> {
    let rate = setup.parameters.sanctions_end_rate;
    let mut while_open = vec![0.0; clock.weeks as usize];
    let mut instruments: Vec<usize> = regime.events.iter().map(|event| event.instrument).collect();
    instruments.sort_unstable();
    instruments.dedup();
    for instrument in instruments {
        let events: Vec<&PolicyEvent> = regime.events.iter().filter(|event| event.instrument == instrument).collect();
        // What is imposed without ever being threatened leaves no decision open to believe in.
        if !events.iter().any(|event| matches!(event.action, Action::Threatened | Action::Announced)) {
            continue;
        }
        let schedule = Schedule::new(steps(&events))?;
        for week in 0..clock.weeks {
            let day = clock.first_day(week);
            if matches!(schedule.state(day), State::Threatened | State::Announced) {
                let slot = &mut while_open[week as usize];
                *slot = schedule.belief(setup, day, 0.0).max(*slot);
            }
        }
    }
    Ok(PublicBelief {
        while_open,
        once_imposed: 1.0,
        reversal_per_week: weekly_chance(rate),
        fading_per_year: rate,
        decision_weeks: Vec::new(),
    })
}

/// Later than any date: the day of what never comes.
const FAR: Day = Day(10_000_000);

/// The events on one instrument as steps of the dispute.
fn steps(events: &[&PolicyEvent]) -> Vec<(Day, DatedStep)> {
    let next = |from: usize, wanted: &[Action]| {
        let later = events[from..].iter().find(|event| wanted.contains(&event.action));
        later.map_or(FAR, |event| Day::of(event.date))
    };
    let step = |(at, event): (usize, &&PolicyEvent)| {
        let step = match event.action {
            Action::Threatened => DatedStep::OpenThreat,
            Action::Announced | Action::Reinstated => DatedStep::Announcement {
                liable_from: next(at, &[Action::Liable]),
                // People know the deadline: the day on which the decision falls.
                deadline: next(at, &[Action::Imposed, Action::Settled, Action::Lapsed]),
            },
            Action::Liable | Action::RulingLost | Action::RulingWon | Action::Changed => return None,
            Action::Complaint => DatedStep::Complaint,
            Action::Reversed => DatedStep::Reversal,
            Action::Imposed => DatedStep::Imposition,
            Action::Settled => DatedStep::Settlement { form: Form::Plans },
            Action::Lapsed => DatedStep::Lapse,
            Action::Lifted => DatedStep::Withdrawal,
        };
        Some((Day::of(event.date), step))
    };
    events.iter().enumerate().filter_map(step).collect()
}

/// Chance that something with a yearly rate happens within a week.
fn weekly_chance(rate: f64) -> f64 {
    1.0 - crate::numerics::elementary::exp(-rate / 52.0)
}

/// What a change of state does to the instrument; nothing where it had come to nothing before (a deal struck in talks), and
/// where an imposed duty merely stays (defiance of a ruling). `end` is how the last threat to it ended.
fn actions(from: State, to: State, end: Option<Action>) -> &'static [Action] {
    match to {
        State::Threatened => &[Action::Threatened],
        State::Announced => match (from, end) {
            (State::Settled, Some(Action::Settled)) => &[Action::Reinstated],
            // A deal after a threat that had lapsed failed: the instrument is threatened anew.
            (State::Settled, Some(_)) => &[Action::Threatened, Action::Announced],
            _ => &[Action::Announced],
        },
        State::Settled if matches!(from, State::Threatened | State::Announced | State::Imposed) => &[Action::Settled],
        State::Imposed => &[Action::Imposed],
        State::Lapsed => &[Action::Lapsed],
        State::Reversed => &[Action::Reversed],
        State::Settled | State::Talks | State::Breakdown | State::Defied => &[],
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_event_acts_from_the_first_week_that_starts_on_or_after_it() {
        let clock = MarketClock::new(date(1994, 12, 31), 104);
        let week = |y, m, d| clock.week_of(Day::of(date(y, m, d)));
        assert_eq!((week(1993, 7, 10), week(1994, 12, 31), week(1995, 1, 1)), (0, 0, 1));
        assert_eq!((week(1995, 5, 16), week(1995, 5, 20), week(1995, 6, 28)), (20, 20, 26));
        assert_eq!((week(1996, 12, 28), week(1998, 1, 1)), (104, 104));
        assert_eq!(clock.first_day(20).date(), date(1995, 5, 20));
    }

    #[test]
    fn only_changes_that_reach_the_instrument_are_events() {
        use State::{Announced, Breakdown, Defied, Imposed, Lapsed, Reversed, Settled, Talks, Threatened};
        let (settled, lapsed) = (Some(Action::Settled), Some(Action::Lapsed));
        let cases: [(State, State, Option<Action>, &[Action]); 14] = [
            (Talks, Breakdown, None, &[]),
            (Breakdown, Talks, None, &[]),
            (Talks, Settled, None, &[]),
            (Talks, Threatened, None, &[Action::Threatened]),
            (Threatened, Settled, None, &[Action::Settled]),
            (Announced, Imposed, None, &[Action::Imposed]),
            (Announced, Lapsed, None, &[Action::Lapsed]),
            (Lapsed, Settled, lapsed, &[]),
            (Imposed, Settled, None, &[Action::Settled]),
            (Imposed, Reversed, None, &[Action::Reversed]),
            (Imposed, Defied, None, &[]),
            (Settled, Announced, settled, &[Action::Reinstated]),
            (Settled, Announced, lapsed, &[Action::Threatened, Action::Announced]),
            (Settled, Announced, None, &[Action::Announced]),
        ];
        for (from, to, end, expected) in cases {
            assert_eq!(actions(from, to, end), expected, "{from:?} to {to:?} after {end:?}");
        }
    }
}
