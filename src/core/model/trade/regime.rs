//! Policy regimes: histories of dated events on policy instruments, and what they mean week by week.
//!
//! Each regime moves each instrument through
//!
//! ```text
//! idle -> threatened -> announced (-> liable) -> imposed -> lifted | reversed
//!              \             \______________________\______-> settled -> reinstated = announced again
//!               \____________-> lapsed
//! ```
//!
//! and, beside it, a complaint before the world trade body: complaint -> ruling (lost or won); only a lost ruling leads to
//! `reversed`. A settlement, a lapse or a lifting withdraws the complaint.
//!
//! An event acts from the first week that starts on or after its date. From `liable` on, cars sold owe a duty if it is
//! imposed later; the sticker price moves only when it is imposed, so for cars sold in between the importer pays. An
//! instrument that has run out is in force no more, and no event can follow.

use jiff::civil::Date;
use serde::Deserialize;

use std::borrow::Cow;

use super::instrument::{Dated, Instrument, Measure, Stacking};
use crate::model::on_sale::SaleDates;

/// What happens to an instrument on a date.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// An open threat, without a list or a date.
    Threatened,
    /// The list is published.
    Announced,
    /// Cars sold from here on owe the duty if it is imposed.
    Liable,
    /// The instrument is in force and enters prices.
    Imposed,
    /// A settlement: instrument and liability are cancelled.
    Settled,
    /// The threat comes to nothing; liability is cancelled.
    Lapsed,
    /// An imposed instrument ends.
    Lifted,
    /// The other side complains to the world trade body.
    Complaint,
    /// The ruling goes against the country that imposed.
    RulingLost,
    /// The ruling goes in its favour.
    RulingWon,
    /// It complies with a ruling that it lost.
    Reversed,
    /// A settlement has failed its reviews: announced again.
    Reinstated,
    /// Another level of an instrument in force.
    Changed,
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
            Self::Complaint => "complaint",
            Self::RulingLost => "ruling_lost",
            Self::RulingWon => "ruling_won",
            Self::Reversed => "reversed",
            Self::Reinstated => "reinstated",
            Self::Changed => "changed",
        }
    }
    /// The actions of which one must have come before, where this one has such a need.
    fn needs(self) -> &'static [Self] {
        match self {
            Self::Threatened | Self::Announced | Self::Imposed => &[],
            Self::Liable => &[Self::Announced, Self::Reinstated],
            Self::Settled | Self::Complaint => &[Self::Threatened, Self::Announced, Self::Imposed],
            Self::Lapsed => &[Self::Threatened, Self::Announced],
            Self::Lifted | Self::Changed => &[Self::Imposed],
            Self::RulingLost | Self::RulingWon => &[Self::Complaint],
            Self::Reversed => &[Self::RulingLost, Self::Imposed],
            Self::Reinstated => &[Self::Settled],
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
    /// Whether the duty collected since it was imposed goes back to the importers; only where the event ends it.
    pub refund: bool,
    /// What a change makes of the instrument; none for other actions.
    pub change: Option<Change>,
    /// What charts call it.
    pub label: String,
}

/// Another level of an instrument in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// What it does from then on.
    pub measure: Measure,
    /// The week from which cars owe no more than this: before the event where a cut is retroactive. Importers get back the rest.
    pub owed_from: u32,
    /// The week from which makers know of it: before the event where it was announced.
    pub known_week: u32,
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
    /// Whether makers reopen staggered lists at once when a duty begins or ends.
    pub reopening: Reopening,
    /// When models are on sale in this regime, in place of what the market says of them.
    pub on_sale: Vec<SaleDates>,
}

/// When the makers of a regime reopen their staggered lists at an event, rather than one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Reopening {
    /// As the pricing rule says.
    #[default]
    AsTheRule,
    /// Never.
    Never,
    /// From this gain on, a part of a year's revenue.
    AtGain(f64),
}

impl Reopening {
    /// The gain from which lists are reopened, where the rule has this one; none is never.
    #[must_use]
    pub fn or(self, rule: Option<f64>) -> Option<f64> {
        match self {
            Self::AsTheRule => rule,
            Self::Never => None,
            Self::AtGain(gain) => Some(gain),
        }
    }
}

/// A history that cannot happen.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidRegime {
    /// An event that stands before or after the wrong one.
    #[error("`{action}` on {date} {conflict}")]
    Unreachable {
        /// The event that cannot happen.
        action: &'static str,
        /// Its date.
        date: Date,
        /// What it stands before or after.
        conflict: String,
        /// Position of the event in the regime.
        event: usize,
    },
    /// Two instruments that cannot both be in force on one model in one week.
    #[error("{both} both {what} in week {week}")]
    Overlap {
        /// The two instruments and the events that put them in force.
        both: String,
        /// What both do.
        what: &'static str,
        /// Position of a model that both select, if it is about models.
        model: Option<usize>,
        /// Week in which both are in force.
        week: u32,
        /// Position in the regime of the event that put the second one in force.
        event: usize,
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
    /// Lifted or reversed: nothing follows.
    Ended,
}

/// The complaint before the world trade body.
#[derive(Clone, Copy, PartialEq)]
enum Complaint {
    None,
    Pending,
    Lost,
    Won,
}

/// The state after an action, where it can be taken.
fn after(action: Action, state: State, complaint: Complaint) -> Option<(State, Complaint)> {
    use State::{Announced, Ended, Idle, Imposed, Lapsed, Settled, Threatened};
    let withdrawn = |state| Some((state, Complaint::None));
    let open = matches!(state, Threatened | Announced | Imposed);
    match (action, state, complaint) {
        (Action::Threatened, Idle | Lapsed | Settled, _) => withdrawn(Threatened),
        (Action::Announced, Idle | Threatened | Settled, _) | (Action::Reinstated, Settled, _) => {
            Some((Announced, complaint))
        }
        (Action::Liable, Announced, _) => Some((Announced, complaint)),
        (Action::Imposed, Idle | Threatened | Announced, _) => Some((Imposed, complaint)),
        (Action::Settled, _, _) if open => withdrawn(Settled),
        (Action::Lapsed, Threatened | Announced, _) => withdrawn(Lapsed),
        (Action::Changed, Imposed, _) => Some((Imposed, complaint)),
        (Action::Lifted, Imposed, _) | (Action::Reversed, Imposed, Complaint::Lost) => withdrawn(Ended),
        (Action::Complaint, _, Complaint::None) if open => Some((state, Complaint::Pending)),
        (Action::RulingLost, _, Complaint::Pending) if open => Some((state, Complaint::Lost)),
        (Action::RulingWon, _, Complaint::Pending) if open => Some((state, Complaint::Won)),
        _ => None,
    }
}

impl Regime {
    /// The instruments with the levels that this regime gives them, as they are charged at the time.
    #[must_use]
    pub fn instruments<'a>(&self, instruments: &'a [Instrument]) -> Cow<'a, [Instrument]> {
        self.changed(instruments, |event, _| event.week)
    }

    /// The same in hindsight: levels that are cut retroactively hold from the week back to which they reach.
    #[must_use]
    pub fn instruments_in_hindsight<'a>(&self, instruments: &'a [Instrument]) -> Cow<'a, [Instrument]> {
        self.changed(instruments, |_, change| change.owed_from)
    }

    /// The first week of what an instrument's own schedule has for later than a change, which overtakes it; nothing where it has none.
    #[must_use]
    pub fn overtaken_by(&self, event: &PolicyEvent, instruments: &[Instrument]) -> Option<u32> {
        let from = event.change?.owed_from;
        let scheduled = instruments[event.instrument].measures.iter().map(|dated| dated.from_week);
        let earlier =
            self.events.iter().filter(|other| other.instrument == event.instrument && other.date < event.date);
        let already = earlier.filter_map(|other| other.change.map(|change| change.owed_from)).min();
        // The measure of week 0 is what is changed, and an earlier change has overtaken what comes after itself.
        scheduled.filter(|week| *week > 0 && *week >= from && already.is_none_or(|already| *week < already)).min()
    }

    fn changed<'a>(
        &self,
        instruments: &'a [Instrument],
        from: impl Fn(&PolicyEvent, &Change) -> u32,
    ) -> Cow<'a, [Instrument]> {
        let mut own = Cow::Borrowed(instruments);
        for event in &self.events {
            let Some(change) = &event.change else { continue };
            let measures = &mut own.to_mut()[event.instrument].measures;
            let from_week = from(event, change);
            // What the instrument had scheduled for later is overtaken.
            measures.retain(|dated| dated.from_week < from_week);
            measures.push(Dated { from_week, known_week: change.known_week, measure: change.measure });
        }
        own
    }

    /// The force of each instrument in each week: `force[week][instrument]`.
    ///
    /// # Errors
    /// [`InvalidRegime::Unreachable`] for an event that the one before it does not allow,
    /// [`InvalidRegime::Overlap`] when two instruments that exclude each other meet on one model.
    pub fn force(&self, instruments: &[Instrument], weeks: u32) -> Result<Vec<Vec<Force>>, InvalidRegime> {
        let mut force = vec![vec![Force::None; instruments.len()]; weeks as usize];
        for (i, instrument) in instruments.iter().enumerate() {
            self.drive(i, instrument, &mut force)?;
        }
        for (week, now) in (0..).zip(&force) {
            self.refuse_overlap(instruments, now, week)?;
        }
        Ok(force)
    }

    /// Where each instrument stands in each week, `course[week][instrument]`, for a history that [`Regime::force`] accepts.
    ///
    /// Unlike force, which is known only afterwards, this is what people see at the time. Instruments that do not act at the
    /// border are left quiet: nobody can escape them by an early landing.
    #[must_use]
    pub fn course(&self, instruments: &[Instrument], weeks: u32) -> Vec<Vec<Standing>> {
        let mut course = vec![vec![Standing::default(); instruments.len()]; weeks as usize];
        for event in self.events.iter().filter(|event| instruments[event.instrument].acts_at_the_border()) {
            let end = instruments[event.instrument].until.map_or(usize::MAX, |until| until.week as usize);
            for (number, week) in course.iter_mut().enumerate().skip(event.week as usize) {
                let standing = &mut week[event.instrument];
                *standing = match event.action {
                    _ if number >= end => Standing::default(),
                    Action::Threatened => Standing { stage: Stage::Threatened, liable: false },
                    Action::Announced | Action::Reinstated => Standing { stage: Stage::Announced, liable: false },
                    Action::Liable => Standing { liable: true, ..*standing },
                    Action::Imposed => Standing { stage: Stage::Imposed, liable: true },
                    Action::Settled | Action::Lapsed | Action::Lifted | Action::Reversed => Standing::default(),
                    Action::Complaint | Action::RulingLost | Action::RulingWon | Action::Changed => *standing,
                };
            }
        }
        course
    }

    /// Whether what each instrument collects in each week goes back to the importers later, `refunded[week][instrument]`,
    /// for a history that [`Regime::force`] accepts.
    #[must_use]
    pub fn refunded(&self, instruments: usize, weeks: u32) -> Vec<Vec<bool>> {
        let mut refunded = vec![vec![false; instruments]; weeks as usize];
        let mut since: Vec<Option<u32>> = vec![None; instruments];
        for event in &self.events {
            let since = &mut since[event.instrument];
            match event.action {
                Action::Liable | Action::Imposed => *since = since.or(Some(event.week)),
                Action::Settled | Action::Lapsed | Action::Lifted | Action::Reversed => {
                    if let (true, Some(from)) = (event.refund, *since) {
                        let spell = refunded.iter_mut().take(event.week as usize).skip(from as usize);
                        spell.for_each(|week| week[event.instrument] = true);
                    }
                    *since = None;
                }
                _ => {}
            }
        }
        refunded
    }

    /// Runs one instrument's events through the state machine and marks its weeks.
    fn drive(&self, i: usize, instrument: &Instrument, force: &mut [Vec<Force>]) -> Result<(), InvalidRegime> {
        let start = if instrument.in_base_year { State::Imposed } else { State::Idle };
        let (mut state, mut complaint) = (start, Complaint::None);
        let mut liable_from: Option<u32> = None;
        let mut previous = String::from("the start of the regime");
        let own = || self.events.iter().enumerate().filter(|(_, event)| event.instrument == i);
        for (position, event) in own() {
            let refuse = |conflict: String| InvalidRegime::Unreachable {
                action: event.action.as_str(),
                date: event.date,
                conflict,
                event: position,
            };
            if let Some(until) = instrument.until.filter(|until| event.date >= until.date) {
                return Err(refuse(format!("cannot follow the end of `{}` on {}", instrument.name, until.date)));
            }
            let twice_liable = event.action == Action::Liable && liable_from.is_some();
            let Some(next) = after(event.action, state, complaint).filter(|_| !twice_liable) else {
                // What it needs may stand in the file, but too late.
                let needed = own().find(|(at, later)| *at > position && event.action.needs().contains(&later.action));
                return Err(refuse(match needed {
                    Some((_, later)) => {
                        let needed = format!("`{}` on {}", later.action.as_str(), later.date);
                        format!("cannot follow {previous}: it comes before {needed}")
                    }
                    None => format!("cannot follow {previous}"),
                }));
            };
            if event.refund && !(state == State::Imposed && matches!(next.0, State::Ended | State::Settled)) {
                return Err(refuse(format!("refunds what was never collected: it follows {previous}")));
            }
            let from = event.week as usize;
            match event.action {
                Action::Liable => liable_from = Some(event.week),
                Action::Imposed => {
                    if let Some(liable) = liable_from.take() {
                        mark(force, i, liable as usize..from, Force::OwedLater);
                    }
                    mark(force, i, from..force.len(), Force::Charged);
                }
                Action::Settled | Action::Lapsed | Action::Lifted | Action::Reversed => {
                    liable_from = None;
                    // What was there in the base year makes a difference once it is gone.
                    let after = if instrument.in_base_year { Force::Charged } else { Force::None };
                    mark(force, i, from..force.len(), after);
                }
                _ => {}
            }
            (state, complaint) = next;
            previous = format!("`{}` on {}", event.action.as_str(), event.date);
        }
        if let Some(until) = instrument.until {
            mark(force, i, until.week as usize..force.len(), Force::None);
        }
        Ok(())
    }

    fn refuse_overlap(&self, instruments: &[Instrument], now: &[Force], week: u32) -> Result<(), InvalidRegime> {
        let active: Vec<usize> = (0..instruments.len()).filter(|i| now[*i] != Force::None).collect();
        for (position, &first) in active.iter().enumerate() {
            for &second in &active[position + 1..] {
                let (a, b) = (&instruments[first], &instruments[second]);
                let (Some(one), Some(other)) = (a.measure(week), b.measure(week)) else { continue };
                let shared = a.shared_model(b);
                let (what, model) = match (one, other) {
                    (
                        Measure::Duty { stacking: Stacking::Replaces, .. },
                        Measure::Duty { stacking: Stacking::Replaces, .. },
                    ) => ("replace the normal duty", shared),
                    (Measure::Quota { .. }, Measure::Quota { .. }) => ("limit the cars sold", shared),
                    (Measure::Retaliation(_), Measure::Retaliation(_)) => ("move orders elsewhere", None),
                    _ => continue,
                };
                if model.is_none() && !matches!(one, Measure::Retaliation(_)) {
                    continue;
                }
                let (at, second) = self.cause(instruments, second, week);
                let (before, first) = self.cause(instruments, first, week);
                let both = format!("{first} and {second}");
                return Err(InvalidRegime::Overlap { both, what, model, week, event: at.max(before) });
            }
        }
        Ok(())
    }

    /// The event that put an instrument in force in a week: its position and its name, for messages.
    fn cause(&self, instruments: &[Instrument], instrument: usize, week: u32) -> (usize, String) {
        let own = |(_, event): &(usize, &PolicyEvent)| event.instrument == instrument && event.week <= week;
        let starts = |(_, event): &(usize, &PolicyEvent)| matches!(event.action, Action::Imposed | Action::Liable);
        let found = self.events.iter().enumerate().filter(own).rfind(starts);
        let name = &instruments[instrument].name;
        found.map_or_else(
            || (0, format!("`{name}`")),
            |(at, event)| (at, format!("`{name}` (`{}` on {})", event.action.as_str(), event.date)),
        )
    }
}

fn mark(force: &mut [Vec<Force>], instrument: usize, weeks: std::ops::Range<usize>, value: Force) {
    let end = weeks.end.min(force.len());
    for week in force.iter_mut().take(end).skip(weeks.start) {
        week[instrument] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::super::duty::{AdValoremRate, Duty};
    use super::super::instrument::Expiry;
    use super::*;
    use crate::model::market::DutyBasis;
    use jiff::civil::date;

    fn instrument(stacking: Stacking) -> Instrument {
        let duty = Duty::AdValorem {
            rate: AdValoremRate::new(1.0).unwrap(),
            basis: DutyBasis::List,
            customs_value_share: 0.7,
        };
        Instrument::constant("sanctions", "", Measure::Duty { duty, stacking, within: None }, vec![true, false])
    }

    fn event(week: u32, action: Action) -> PolicyEvent {
        PolicyEvent {
            date: date(1995, 1, 1),
            week,
            action,
            instrument: 0,
            refund: false,
            change: None,
            label: String::new(),
        }
    }

    fn weeks(events: Vec<PolicyEvent>) -> Result<Vec<Force>, InvalidRegime> {
        let regime = Regime {
            name: "r".into(),
            label: String::new(),
            events,
            reopening: Reopening::AsTheRule,
            on_sale: Vec::new(),
        };
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
            reopening: Reopening::AsTheRule,
            on_sale: Vec::new(),
        };
        let course = regime.course(&[instrument(Stacking::Additional)], 8);
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

    fn dated(day: i8, action: Action) -> PolicyEvent {
        PolicyEvent { date: date(1995, 1, day), ..event(day as u32, action) }
    }

    fn refused(events: Vec<PolicyEvent>) -> String {
        weeks(events).unwrap_err().to_string()
    }

    #[test]
    fn an_event_that_comes_too_early_names_the_one_it_needs() {
        use Action::{Announced, Complaint, Imposed, Reinstated, Reversed, RulingLost, RulingWon, Settled};
        let early = refused(vec![dated(1, Settled), dated(2, Announced)]);
        assert_eq!(
            early,
            "`settled` on 1995-01-01 cannot follow the start of the regime: it comes before `announced` on 1995-01-02"
        );
        let early = refused(vec![dated(1, Imposed), dated(2, RulingLost), dated(3, Complaint)]);
        assert_eq!(
            early,
            "`ruling_lost` on 1995-01-02 cannot follow `imposed` on 1995-01-01: it comes before `complaint` on 1995-01-03"
        );
        // Only a lost ruling is complied with, and a settlement withdraws the complaint.
        let won = refused(vec![dated(1, Imposed), dated(2, Complaint), dated(3, RulingWon), dated(4, Reversed)]);
        assert_eq!(won, "`reversed` on 1995-01-04 cannot follow `ruling_won` on 1995-01-03");
        let withdrawn =
            refused(vec![dated(1, Announced), dated(2, Complaint), dated(3, Settled), dated(4, RulingLost)]);
        assert_eq!(withdrawn, "`ruling_lost` on 1995-01-04 cannot follow `settled` on 1995-01-03");
        let lapsed = refused(vec![dated(1, Announced), dated(2, Action::Lapsed), dated(3, Imposed)]);
        assert_eq!(lapsed, "`imposed` on 1995-01-03 cannot follow `lapsed` on 1995-01-02");
        assert!(weeks(vec![dated(1, Announced), dated(2, Settled), dated(3, Reinstated), dated(4, Imposed)]).is_ok());
    }

    #[test]
    fn a_reversal_needs_complaint_and_ruling_and_ends_the_duty() {
        use Force::{Charged, None};
        let events = vec![
            event(1, Action::Imposed),
            event(2, Action::Complaint),
            event(3, Action::RulingLost),
            event(5, Action::Reversed),
        ];
        assert_eq!(weeks(events).unwrap(), [None, Charged, Charged, Charged, Charged, None, None, None]);
    }

    #[test]
    fn a_refund_covers_what_was_owed_since_the_liability_date() {
        let mut events = vec![
            event(1, Action::Announced),
            event(2, Action::Liable),
            event(4, Action::Imposed),
            event(6, Action::Lifted),
        ];
        events[3].refund = true;
        let regime = Regime {
            name: "r".into(),
            label: String::new(),
            events: events.clone(),
            reopening: Reopening::AsTheRule,
            on_sale: Vec::new(),
        };
        let refunded: Vec<bool> = regime.refunded(1, 8).iter().map(|week| week[0]).collect();
        assert_eq!(refunded, [false, false, true, true, true, true, false, false]);
        events[3].refund = false;
        events[0].refund = true;
        let error = refused(events);
        assert!(error.contains("refunds what was never collected"), "{error}");
    }

    #[test]
    fn an_instrument_that_ran_out_is_in_force_no_more() {
        let mut expiring = instrument(Stacking::Additional);
        expiring.until = Some(Expiry { date: date(1995, 1, 20), week: 4 });
        let regime = |events| Regime {
            name: "r".into(),
            label: String::new(),
            events,
            reopening: Reopening::AsTheRule,
            on_sale: Vec::new(),
        };
        let imposed = regime(vec![dated(1, Action::Imposed)]);
        let force: Vec<Force> =
            imposed.force(std::slice::from_ref(&expiring), 6).unwrap().iter().map(|week| week[0]).collect();
        use Force::{Charged, None};
        assert_eq!(force, [None, Charged, Charged, Charged, None, None]);
        let stages: Vec<Stage> =
            imposed.course(std::slice::from_ref(&expiring), 6).iter().map(|week| week[0].stage).collect();
        assert_eq!(stages[3..5], [Stage::Imposed, Stage::Quiet]);
        let late = regime(vec![dated(21, Action::Imposed)]);
        let error = late.force(&[expiring], 6).unwrap_err().to_string();
        assert_eq!(error, "`imposed` on 1995-01-21 cannot follow the end of `sanctions` on 1995-01-20");
    }

    #[test]
    fn two_replacing_duties_on_one_model_are_refused() {
        let pair = [instrument(Stacking::Replaces), instrument(Stacking::Replaces)];
        let mut second = event(2, Action::Imposed);
        second.instrument = 1;
        let regime = Regime {
            name: "r".into(),
            label: String::new(),
            events: vec![event(1, Action::Imposed), second],
            reopening: Reopening::AsTheRule,
            on_sale: Vec::new(),
        };
        let error = regime.force(&pair, 8).unwrap_err();
        assert!(matches!(error, InvalidRegime::Overlap { week: 2, model: Some(0), event: 1, .. }), "{error}");
        let both = "`sanctions` (`imposed` on 1995-01-01) and `sanctions` (`imposed` on 1995-01-01) both replace";
        assert!(error.to_string().starts_with(both), "{error}");
    }

    #[test]
    fn two_quotas_may_not_share_a_model_nor_two_retaliations_a_week() {
        let quota = |selected| Instrument::constant("q", "", Measure::Quota { cars_per_year: 5.0 }, selected);
        let mut second = event(2, Action::Imposed);
        second.instrument = 1;
        let regime = Regime {
            name: "r".into(),
            label: String::new(),
            events: vec![event(1, Action::Imposed), second],
            reopening: Reopening::AsTheRule,
            on_sale: Vec::new(),
        };
        assert!(regime.force(&[quota(vec![true, false]), quota(vec![true, true])], 8).is_err());
        assert!(regime.force(&[quota(vec![true, false]), quota(vec![false, true])], 8).is_ok());
        let orders = Measure::Retaliation(super::super::instrument::Retaliation {
            orders_usd_per_year: 1e9,
            exporter_margin: 0.2,
            orderer_cost: 0.03,
            rival_gain: 0.2,
        });
        let retaliation = || Instrument::constant("r", "", orders, vec![false, false]);
        assert!(matches!(
            regime.force(&[retaliation(), retaliation()], 8),
            Err(InvalidRegime::Overlap { model: None, .. })
        ));
    }
}
