//! The jobs of a study: one regime in one replication, run and completed with what happens outside the market.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::accounts::ExternalFlows;
use crate::model::ids::RegimeId;
use crate::model::outcome::Outcome;
use crate::model::scenario::Scenario;
use crate::model::simulation::StaticJob;
use crate::model::streams::Streams;
use crate::model::timing::record::TimingRecord;
use crate::model::timing::shared::TimedJob;
use crate::model::timing::together::run_together;
use crate::model::trade::regime::{Force, Regime};
use crate::numerics::calendar::month_number;

use super::policy::{JobPolicy, PlanRef};
use super::prepare::{Study, StudyError};
use super::replication::Replication;

impl Study {
    /// What a regime is run under in a replication: its history as the replication meets it.
    ///
    /// # Errors
    /// [`StudyError::Plan`] when the regime, or the history that the governments make of it, has no prices, [`StudyError::Unprepared`] for
    /// a regime that was not prepared.
    pub fn policy<'a>(
        &'a self,
        replication: &'a Replication<'_>,
        position: RegimeId,
    ) -> Result<JobPolicy<'a>, StudyError> {
        if replication.stop.is_asked() {
            return Err(StudyError::Interrupted);
        }
        let regime = &self.scenario().regimes[position];
        let Some(negotiated) = self.negotiated(position) else {
            let belief = self.scenario().timing.as_ref().map(|timing| Cow::Borrowed(&timing.beliefs[position]));
            let plan = PlanRef::Own(self.plan_in(replication, position)?);
            return Ok(JobPolicy { regime: Cow::Borrowed(regime), plan, belief, world: None });
        };
        let history = negotiated.history(regime, replication.streams);
        // On one thread: the plans are locked, and a thread that waits for others must not hold a lock.
        let place = self.plans().place(position).unwrap_or(usize::MAX);
        let planner = self.planner_at(place, &replication.world, replication.stop);
        let plan = match &replication.own {
            Some(own) => planner.plan_with(&history.regime, &mut own.book.clone()).map(Arc::new),
            None => negotiated.plan_of(&history.regime, |regime, book| planner.plan_with(regime, book)),
        };
        let plan = plan.map_err(|error| StudyError::Plan { regime: regime.name.clone(), error })?;
        let belief = self.scenario().timing.as_ref().map(|_| Cow::Owned(history.belief));
        let (regime, plan) = (Cow::Owned(history.regime), PlanRef::Shared(plan));
        Ok(JobPolicy { regime, plan, belief, world: Some(history.world) })
    }

    /// Runs one regime in a replication.
    ///
    /// # Errors
    /// [`StudyError::Plan`] when the regime has no prices there; [`StudyError::Accounts`] when the job's accounts do not add up, with the
    /// figures; [`StudyError::Interrupted`] once someone has asked to stop.
    pub fn simulate(&self, replication: &Replication<'_>, regime: RegimeId) -> Result<Outcome, StudyError> {
        let policy = self.policy(replication, regime)?;
        let outcome = match self.timed(replication, regime, &policy)? {
            Some(timed) => timed.simulate(),
            None => {
                let baseline = self.plan_in(replication, self.scenario().baseline)?;
                StaticJob {
                    world: &replication.world,
                    start: &replication.start,
                    scenario: self.scenario(),
                    layout: self.layout_of(replication),
                    plan: &policy.plan,
                    baseline,
                    streams: &replication.streams,
                    stop: replication.stop,
                }
                .simulate()
            }
        };
        let outcome = outcome.ok_or(StudyError::Interrupted)?;
        self.completed(outcome, replication, regime, &policy)
    }

    /// Runs several regimes of one replication on this thread, one result for each: the numbers of [`Self::simulate`]. With buyers and
    /// dealers in time they run side by side, which is much faster than one after the other.
    #[must_use]
    pub fn simulate_together(
        &self,
        replication: &Replication<'_>,
        regimes: &[RegimeId],
    ) -> Vec<Result<Outcome, StudyError>> {
        let one_by_one = || regimes.iter().map(|regime| self.simulate(replication, *regime)).collect();
        if self.scenario().timing.is_none() {
            return one_by_one();
        }
        let policies: Vec<Result<JobPolicy<'_>, StudyError>> =
            regimes.iter().map(|regime| self.policy(replication, *regime)).collect();
        let known = regimes.iter().zip(&policies).filter_map(|(regime, policy)| Some((*regime, policy.as_ref().ok()?)));
        let timed: Option<Vec<TimedJob<'_>>> =
            known.map(|(regime, policy)| self.timed(replication, regime, policy).ok().flatten()).collect();
        let Some(timed) = timed else { return one_by_one() };
        let outcome =
            |(record, timed): (TimingRecord, &TimedJob<'_>)| record.outcome(timed.layout, timed.plan, timed.baseline);
        let Some(records) = run_together(&timed) else {
            return regimes.iter().map(|_| Err(StudyError::Interrupted)).collect();
        };
        let outcomes: Vec<Outcome> = records.into_iter().zip(&timed).map(outcome).collect();
        let mut outcomes = outcomes.into_iter();
        let complete = |(regime, policy): (&RegimeId, Result<JobPolicy<'_>, StudyError>)| {
            let policy = policy?;
            match outcomes.next() {
                Some(outcome) => self.completed(outcome, replication, *regime, &policy),
                None => self.simulate(replication, *regime),
            }
        };
        regimes.iter().zip(policies).map(complete).collect()
    }

    /// Adds to an outcome what the governments leave and what happens outside the market, and checks its accounts.
    fn completed(
        &self,
        mut outcome: Outcome,
        replication: &Replication<'_>,
        regime: RegimeId,
        policy: &JobPolicy<'_>,
    ) -> Result<Outcome, StudyError> {
        if let Some(block) = self.layout().negotiated {
            let metrics = policy.world.as_ref().zip(self.negotiated(regime)).map(|(world, negotiated)| {
                world.metrics(
                    &negotiated.setup.calendar,
                    weeks_imposed(&policy.regime, negotiated.regime.instrument, self.scenario()),
                )
            });
            block.fill(&mut outcome.values, metrics);
        }
        if let Some(accounts) = &self.layout().accounts {
            let external = self.external_flows(regime, policy, &replication.streams);
            accounts.add_external(&mut outcome.values, &external);
            accounts.fill_headlines(&mut outcome.values);
            accounts.check(&outcome.values).map_err(|error| StudyError::Accounts {
                regime: policy.regime.name.clone(),
                replication: replication.number,
                error,
            })?;
        }
        self.quote(replication, regime, &mut outcome.values)?;
        Ok(outcome)
    }

    /// What a job's policy changes outside the market, week by week: retaliation, and the trade that a settlement brings.
    fn external_flows(&self, regime: RegimeId, policy: &JobPolicy<'_>, streams: &Streams) -> Vec<ExternalFlows> {
        const BILLION: f64 = 1e9;
        let flows =
            |week| policy.plan.retaliation(week).map_or_else(ExternalFlows::default, ExternalFlows::retaliation);
        let mut weeks: Vec<ExternalFlows> = (0..self.scenario().weeks as usize).map(flows).collect();
        let Some((world, negotiated)) = policy.world.as_ref().zip(self.negotiated(regime)) else { return weeks };
        let effects = negotiated.trade_effects(world, streams);
        for (week, flows) in (0..).zip(&mut weeks) {
            let month = month_number(self.scenario().week_start(week));
            if let Some(effect) = effects.iter().find(|effect| effect.month == month) {
                flows.parts = effect.parts * BILLION * 12.0 / 52.0;
                flows.exports = effect.home_exports * BILLION * 12.0 / 52.0;
            }
        }
        weeks
    }

    /// A job with buyers and dealers in time, under its [`Self::policy`]; nothing where the scenario has no layer of time.
    ///
    /// # Errors
    /// [`StudyError::Unprepared`] when the baseline was not prepared.
    pub fn timed<'a>(
        &'a self,
        replication: &'a Replication<'_>,
        regime: RegimeId,
        policy: &'a JobPolicy<'_>,
    ) -> Result<Option<TimedJob<'a>>, StudyError> {
        let Some((timing, belief)) = self.scenario().timing.as_ref().zip(policy.belief.as_deref()) else {
            return Ok(None);
        };
        Ok(Some(TimedJob {
            world: &replication.world,
            start: &replication.start,
            scenario: self.scenario(),
            timing,
            layout: self.layout_of(replication),
            regime: &policy.regime,
            belief,
            suspended: &timing.suspended[regime],
            plan: &policy.plan,
            baseline: self.plan_in(replication, self.scenario().baseline)?,
            streams: &replication.streams,
            stop: replication.stop,
        }))
    }
}

/// Weeks in which a regime's instrument is in force.
fn weeks_imposed(regime: &Regime, instrument: usize, scenario: &Scenario) -> u32 {
    // A history that has a plan has forces.
    let force = regime.force(&scenario.instruments, scenario.weeks).unwrap_or_default();
    force.iter().filter(|week| week[instrument] == Force::Charged).count() as u32
}
