//! The regimes of one replication, week by week together.
//!
//! All regimes of a world share its draws. Run side by side they draw each purchase event once, find a buyer's holdings under all of them
//! in one place, and ask him once a week what moving his purchase costs. Regimes that are alike up to some week are one regime until then.
//! A regime gets the same numbers, to the bit, whichever others run with it.

use super::policy::Course;
use super::record::TimingRecord;
use super::rush::rush;
use super::shared::{Shared, TimedJob};
use super::weekly::{Books, Lane};
use crate::model::outcome::Outcome;

impl TimedJob<'_> {
    /// Runs the job and fills the slots of the layout; nothing once it is asked to stop.
    #[must_use]
    pub fn simulate(&self) -> Option<Outcome> {
        Some(self.run()?.outcome(self.layout, self.plan, self.baseline))
    }

    /// Runs the job and gives everything it leaves; nothing once it is asked to stop.
    #[must_use]
    pub fn run(&self) -> Option<TimingRecord> {
        run_together(std::slice::from_ref(self))?.pop()
    }
}

/// Where a regime parts from another one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fork {
    /// Place of the regime that it is like until then.
    from: usize,
    /// The first week in which it is not.
    week: usize,
}

/// Runs jobs that differ in their policies alone: one world, start, scenario, layout and replication. Records are in the order of the
/// jobs. Nothing once the first is asked to stop.
#[must_use]
#[allow(clippy::missing_panics_doc, reason = "each job that is begun leaves a record")]
pub fn run_together(jobs: &[TimedJob<'_>]) -> Option<Vec<TimingRecord>> {
    let Some(first) = jobs.first() else { return Some(Vec::new()) };
    let weeks = first.scenario.weeks as usize;
    let courses: Vec<Course> = jobs.iter().map(TimedJob::course).collect();
    let forks: Vec<Option<Fork>> = (0..jobs.len()).map(|at| fork(jobs, &courses, at, weeks)).collect();
    let running: Vec<bool> = forks.iter().map(Option::is_none).collect();
    let mut shared = Shared::new(first, &running);
    let mut courses = courses.into_iter().map(Some).collect::<Vec<_>>();
    let mut lanes: Vec<Option<Lane<'_, '_>>> = Vec::with_capacity(jobs.len());
    for (at, job) in jobs.iter().enumerate() {
        let own = courses[at].take_if(|_| forks[at].is_none());
        lanes.push(own.map(|course| Lane::new(job, at, course, Books::new(job))));
    }
    for week in 0..=weeks {
        if first.stop.is_asked() {
            return None;
        }
        for (at, fork) in forks.iter().enumerate() {
            let Some(fork) = fork.filter(|fork| fork.week == week) else { continue };
            // A regime parts from one that stands before it, which runs by now.
            let (Some(from), Some(course)) = (&lanes[fork.from], courses[at].take()) else { continue };
            let books = from.books.with_suspended(jobs[at].suspended);
            lanes[at] = Some(Lane::new(&jobs[at], at, course, books));
            shared.holdings.copy(fork.from, at);
        }
        if week < weeks {
            step(&mut lanes, &mut shared, week);
        }
    }
    let records: Vec<TimingRecord> = lanes.into_iter().flatten().map(|lane| lane.books.record).collect();
    assert_eq!(records.len(), jobs.len(), "every regime runs");
    Some(records)
}

fn step<'a>(lanes: &mut [Option<Lane<'_, 'a>>], shared: &mut Shared<'a>, week: usize) {
    shared.shopper.draws.new_week();
    for lane in lanes.iter_mut().flatten() {
        lane.open(week);
        lane.due(week, shared);
    }
    rush(lanes, shared, week);
    for lane in lanes.iter_mut().flatten() {
        lane.close(week, shared);
    }
}

/// The regime before `at` that it is like for longest, if it is like any in week 0.
fn fork(jobs: &[TimedJob<'_>], courses: &[Course], at: usize, weeks: usize) -> Option<Fork> {
    let like = |other: usize| {
        let same = |week: &usize| same_week((&jobs[other], &courses[other]), (&jobs[at], &courses[at]), *week);
        Fork { from: other, week: (0..weeks).take_while(same).count() }
    };
    // Of equals the first, so that regimes that part in the same week all part from one that runs.
    let longest = |a: Fork, b: Fork| if b.week > a.week { b } else { a };
    (0..at).map(like).reduce(longest).filter(|fork| fork.week > 0)
}

/// Whether buyers and dealers act on the same in one week of two regimes that were alike before it.
fn same_week((a, course_a): (&TimedJob<'_>, &Course), (b, course_b): (&TimedJob<'_>, &Course), week: usize) -> bool {
    let quiet = course_a.quiet(week) && course_b.quiet(week);
    let beliefs = || {
        let hoped = |job: &TimedJob<'_>| {
            let belief = job.belief;
            (
                belief.while_open.get(week).copied(),
                belief.once_imposed,
                belief.reversal_per_week,
                belief.fading_per_year,
            )
        };
        hoped(a) == hoped(b) && a.suspended == b.suspended
    };
    // Dealers know of a launch or an exit before it comes.
    a.regime.on_sale == b.regime.on_sale
        && course_a.same_week(course_b, week)
        && a.plan.phase(week) == b.plan.phase(week)
        && a.plan.outlook(week) == b.plan.outlook(week)
        && (quiet || beliefs())
}
