//! What the regimes of one replication have in common: every buyer's costs and beliefs, and the weeks before any of them differs.
//!
//! Worked out once and taken over by every job whose own first weeks are the same. A job gets the same numbers, to the bit,
//! with it and without.

use super::buyers::Patience;
use super::calendar::DueCalendar;
use super::dealers::Dealers;
use super::policy::Course;
use super::record::Record;
use super::weekly::TimedJob;
use crate::model::plan::RegimePlan;

/// What the regimes of one replication share.
#[derive(Clone, Debug)]
pub struct Common<'a> {
    patience: Vec<Patience>,
    opening: Option<Opening<'a>>,
}

/// The state at the start of the first week in which a regime may differ.
#[derive(Clone, Debug)]
pub(super) struct Opening<'a> {
    pub(super) week: usize,
    course: Course,
    plan: &'a RegimePlan,
    pub(super) books: Books<'a>,
}

/// Everything that changes from week to week.
#[derive(Clone, Debug)]
pub(super) struct Books<'a> {
    pub(super) dealers: Option<Dealers<'a>>,
    pub(super) calendar: DueCalendar,
    pub(super) owned: Vec<u16>,
    pub(super) date: Vec<f64>,
    pub(super) events: Vec<u32>,
    pub(super) leased: Vec<bool>,
    /// What quotas in force leave to be shipped, by instrument, in sales of one buyer.
    pub(super) allowance: Vec<(usize, f64)>,
    pub(super) record: Record,
}

impl<'a> Common<'a> {
    /// Runs `first` up to the week before which none of the `others` differs from it.
    #[must_use]
    pub fn new<'b>(first: &'b TimedJob<'a>, others: impl Iterator<Item = &'b TimedJob<'a>>) -> Self
    where
        'a: 'b,
    {
        let (parameters, buyers) = (&first.timing.anticipation, first.start.owned.len());
        let patience = (0..buyers).map(|buyer| Patience::of(buyer, parameters, first.streams)).collect();
        let course = first.course();
        let weeks = first.scenario.weeks as usize;
        let week = others.map(|other| same_weeks(&course, first.plan, &other.course(), other.plan, weeks)).min();
        let opening = week.filter(|week| (1..weeks).contains(week)).map(|week| {
            let books = first.books_at(week);
            Opening { week, course, plan: first.plan, books }
        });
        Self { patience, opening }
    }

    /// Number of weeks before any of the regimes differs, 0 if that was not worked out.
    #[must_use]
    pub fn weeks(&self) -> usize {
        self.opening.as_ref().map_or(0, |opening| opening.week)
    }

    /// The costs and beliefs of a buyer.
    pub(super) fn patience(&self, buyer: usize) -> Patience {
        self.patience[buyer]
    }

    /// The opening, if a job with this course and plan opens so.
    pub(super) fn opening(&self, course: &Course, plan: &RegimePlan) -> Option<&Opening<'a>> {
        let opening = self.opening.as_ref()?;
        let same = same_weeks(&opening.course, opening.plan, course, plan, opening.week);
        (same == opening.week).then_some(opening)
    }
}

/// The first week, `weeks` at most, in which something that buyers or dealers act on differs. A list that becomes public or a
/// belief changes nothing in weeks without a dispute.
fn same_weeks(a: &Course, plan_a: &RegimePlan, b: &Course, plan_b: &RegimePlan, weeks: usize) -> usize {
    let same = |week: usize| {
        a.quiet(week)
            && b.quiet(week)
            && a.same_week(b, week)
            && plan_a.phase(week) == plan_b.phase(week)
            && plan_a.outlook(week).is_none()
            && plan_b.outlook(week).is_none()
    };
    (0..weeks).find(|week| !same(*week)).unwrap_or(weeks)
}
