//! One world's negotiation, day by day: the state machine of the dispute.
//!
//! Order of a day: dated steps, verdicts and reviews ([`Negotiation::open_day`]); beliefs may now be asked for; then the text,
//! the round of talks if one is held, and the decision at a deadline ([`Negotiation::close_day`]). News moves every day
//! whatever the rounds, so that the clock of rounds can change without changing the news.

use super::Setup;
use super::beliefs::{self, PublicReading};
use super::calendar::{Calendar, DutyStatus, Escalation, address, is_round_day};
use super::parameters::Parameters;
use super::reservation::{Form, Leverage, Limits, Stakes, Standpoint, Verdict, felt_by_partner, limits};
use super::settlement::{DealResults, Settlement, enforcement};
use super::state::State;
use crate::model::streams::{Purpose, Streams};
use crate::numerics::calendar::{DAYS_PER_YEAR, Day};
use crate::numerics::elementary::{exp, ln};
use crate::numerics::normal;

/// The home government's record of threats, a Beta count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reputation {
    kept: f64,
    broken: f64,
}

impl Reputation {
    /// The record on the day that talks begin.
    #[must_use]
    pub fn start(p: &Parameters) -> Self {
        Self { kept: p.threats_kept, broken: p.threats_broken }
    }

    /// The record on `day` if every dated step up to it was taken.
    #[must_use]
    pub fn after_steps(p: &Parameters, calendar: &Calendar, day: Day) -> Self {
        let mut reputation = Self::start(p);
        let taken = |at: Day| at <= day && calendar.escalation >= Escalation::DatedThreat;
        if calendar.breakdown <= day {
            reputation.kept += p.walkout_credit;
        }
        if calendar.procedure_without_sanctions <= day {
            reputation.broken += p.procedure_debit;
        }
        if calendar.pact_elsewhere <= day {
            reputation.kept += p.pact_credit;
        }
        for step in [calendar.finding, calendar.list, calendar.liability] {
            if taken(step) {
                reputation.kept += p.step_credit;
            }
        }
        reputation
    }

    /// Credibility c: the share of threats kept.
    #[must_use]
    pub fn credibility(self) -> f64 {
        self.kept / (self.kept + self.broken)
    }
}

/// News on each side's limit: stationary first-order autoregressions, stepped daily.
#[derive(Clone, Copy, Debug)]
struct News {
    start: Day,
    day: Day,
    partner: f64,
    home: f64,
}

impl News {
    fn start(p: &Parameters, start: Day, streams: &Streams) -> Self {
        let [partner, home] = Self::draws(streams, start, start);
        Self { start, day: start, partner: p.news_sd * partner, home: p.news_sd * home }
    }

    fn draws(streams: &Streams, start: Day, day: Day) -> [f64; 2] {
        let mut stream = streams.at(Purpose::GovernmentNews, 0, address(day, start));
        [normal::quantile(stream.uniform_open()), normal::quantile(stream.uniform_open())]
    }

    fn step_to(&mut self, day: Day, persistence: f64, innovation: f64, streams: &Streams) {
        while self.day < day {
            self.day = self.day.next();
            let [partner, home] = Self::draws(streams, self.start, self.day);
            self.partner = persistence * self.partner + innovation * partner;
            self.home = persistence * self.home + innovation * home;
        }
    }
}

/// The partner's government of the day, and its reward for refusing.
#[derive(Clone, Copy, Debug)]
struct Cabinet {
    start: Day,
    day: Day,
    refusal_reward: f64,
    changes: u32,
}

impl Cabinet {
    /// Governments change on a day with probability 1 - exp(-rate/365.25); a new one is as a first one would have been drawn.
    fn step_to(&mut self, day: Day, p: &Parameters, streams: &Streams) {
        let chance = 1.0 - exp(-p.partner_changes / DAYS_PER_YEAR);
        while self.day < day {
            self.day = self.day.next();
            let uniform =
                |slot| streams.at(Purpose::GovernmentTrait, slot, address(self.day, self.start)).uniform_open();
            if chance > 0.0 && uniform(7) < chance {
                self.refusal_reward = refusal_reward(p, uniform(8));
                self.changes += 1;
            }
        }
    }
}

/// A government's reward for refusing, from a uniform draw.
fn refusal_reward(p: &Parameters, uniform: f64) -> f64 {
    (p.refusal_reward + p.refusal_reward_sd * normal::quantile(uniform)).max(0.0)
}

/// The case before the WTO, drawn when it is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Case {
    adoption: Day,
    lost: bool,
    compliance: Day,
    complies: bool,
}

/// What a world draws once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traits {
    /// Rewards and the chance of losing before the WTO.
    pub stakes: Stakes,
    /// Exponents of concession before a deadline: the partner's and the home government's.
    pub exponents: [f64; 2],
    /// Years from sanctions to retaliation, if there is any.
    pub retaliation_years: Option<f64>,
}

impl Traits {
    /// The traits of one world.
    #[must_use]
    pub fn draw(p: &Parameters, streams: &Streams) -> Self {
        let uniform = |slot: u64| streams.at(Purpose::GovernmentTrait, slot, 0).uniform_open();
        let normal = |slot: u64| normal::quantile(uniform(slot));
        let exponent = |slot| p.tactic_exponent * exp(p.tactic_exponent_log_sd * normal(slot));
        let delay = p.retaliation_first_years + (p.retaliation_last_years - p.retaliation_first_years) * uniform(6);
        Self {
            stakes: Stakes {
                execution_reward: p.execution_reward + p.execution_reward_sd * normal(0),
                refusal_reward: refusal_reward(p, uniform(1)),
                panel_loss: (p.panel_loss + p.panel_loss_sd * normal(2)).clamp(0.0, 1.0),
            },
            exponents: [exponent(3), exponent(4)],
            retaliation_years: (uniform(5) < p.retaliation_probability).then_some(delay),
        }
    }
}

/// A deal with what both sides could have accepted on its day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deal {
    /// The text.
    pub settlement: Settlement,
    /// Limits of the day.
    pub limits: Limits,
    /// Where the dispute stood.
    pub state: State,
    /// The WTO's verdict by then.
    pub verdict: Option<Verdict>,
}

/// One world's negotiation.
#[derive(Clone, Debug)]
pub struct Negotiation<'a> {
    setup: &'a Setup,
    streams: Streams,
    traits: Traits,
    persistence: f64,
    innovation: f64,
    day: Day,
    state: State,
    reputation: Reputation,
    news: News,
    cabinet: Cabinet,
    suffered: f64,
    form: Form,
    /// Day from which offers without a deadline, before one or under sanctions are counted.
    since: Day,
    deadline: Day,
    imposed: Option<Day>,
    openings: [f64; 2],
    offers: [f64; 2],
    case: Option<Case>,
    ruled: bool,
    liable_from: Day,
    reading: f64,
    reinstatement: Option<Day>,
    deals: Vec<Deal>,
    ended: Option<Day>,
    left_imposed: Option<Day>,
    decision: Option<(State, Limits)>,
}

impl<'a> Negotiation<'a> {
    /// A world on the day that talks begin, before it is closed.
    #[must_use]
    pub fn new(setup: &'a Setup, streams: Streams) -> Self {
        let p = &setup.parameters;
        let persistence = exp(-std::f64::consts::LN_2 / (7.0 * p.news_half_life_weeks));
        let (start, traits) = (setup.calendar.start, Traits::draw(p, &streams));
        Self {
            setup,
            streams,
            cabinet: Cabinet { start, day: start, refusal_reward: traits.stakes.refusal_reward, changes: 0 },
            suffered: 0.0,
            traits,
            persistence,
            innovation: p.news_sd * (1.0 - persistence * persistence).sqrt(),
            day: setup.calendar.start,
            state: State::Talks,
            reputation: Reputation::start(p),
            news: News::start(p, setup.calendar.start, &streams),
            form: Form::Targets,
            since: setup.calendar.start,
            deadline: setup.calendar.deadline,
            imposed: None,
            openings: [p.opening_partner, p.opening_home],
            offers: [p.opening_partner, p.opening_home],
            case: None,
            ruled: false,
            liable_from: setup.calendar.liability,
            reading: 0.0,
            reinstatement: None,
            deals: Vec::new(),
            ended: None,
            left_imposed: None,
            decision: None,
        }
    }

    /// Today.
    #[must_use]
    pub fn day(&self) -> Day {
        self.day
    }
    /// Where the dispute stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }
    /// The form of the text on the table.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }
    /// The day on which the threat, dated or renewed, falls due.
    #[must_use]
    pub fn deadline(&self) -> Day {
        self.deadline
    }
    /// Whether a complaint before the WTO is pending or decided, and not withdrawn.
    #[must_use]
    pub fn has_complaint(&self) -> bool {
        self.case.is_some()
    }
    /// What the partner has lost under sanctions and not forgotten, as it feels it, billion USD; 0 where that counts for nothing.
    #[must_use]
    pub fn suffered(&self) -> f64 {
        self.suffered
    }
    /// How often the partner's government has changed.
    #[must_use]
    pub fn partner_changes(&self) -> u32 {
        self.cabinet.changes
    }
    /// What the world drew once.
    #[must_use]
    pub fn traits(&self) -> &Traits {
        &self.traits
    }
    /// The home government's credibility.
    #[must_use]
    pub fn credibility(&self) -> f64 {
        self.reputation.credibility()
    }
    /// The last offers: the partner's and the home government's.
    #[must_use]
    pub fn offers(&self) -> [f64; 2] {
        self.offers
    }
    /// The deals struck, the first of them first.
    #[must_use]
    pub fn deals(&self) -> &[Deal] {
        &self.deals
    }
    /// Day on which the first sanctions were settled, reversed, or kept for good against a ruling.
    #[must_use]
    pub fn left_imposed(&self) -> Option<Day> {
        self.left_imposed
    }
    /// What was done at the first deadline without a deal, and the limits of that day.
    #[must_use]
    pub fn decision(&self) -> Option<(State, Limits)> {
        self.decision
    }
    /// How the extra duty stands on cars that land today.
    #[must_use]
    pub fn duty_status(&self) -> DutyStatus {
        match self.state {
            State::Imposed | State::Defied => DutyStatus::Charged,
            State::Announced if self.day >= self.liable_from => DutyStatus::Accruing,
            _ => DutyStatus::None,
        }
    }
    /// Whether nothing can change any more before the horizon.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.ended.is_some() || self.day >= self.setup.calendar.horizon
    }

    /// Runs to the end of the horizon.
    pub fn run(&mut self) {
        while !self.is_over() {
            self.advance();
        }
    }

    /// Runs one whole day.
    pub fn advance(&mut self) {
        self.open_day();
        self.close_day();
    }

    /// Moves to the next day and takes the steps that are dated: the calendar's, the WTO's, the reviews'.
    pub fn open_day(&mut self) {
        self.day = self.day.next();
        self.cabinet.step_to(self.day, &self.setup.parameters, &self.streams);
        self.suffer();
        match self.state {
            State::Settled => self.review(),
            State::Imposed => self.verdicts(),
            _ if self.deals.is_empty() && self.day <= self.setup.calendar.deadline => self.dated_steps(),
            _ => {}
        }
    }

    /// Holds the round of the day, if there is one, and decides at a deadline.
    pub fn close_day(&mut self) {
        self.soften_text();
        if self.round_is_held() {
            self.talk();
        }
        if self.state == State::Announced && self.day >= self.deadline {
            self.decide();
        }
    }

    /// Adds a day of sanctions to what the partner has suffered, and forgets a day's part of the rest.
    fn suffer(&mut self) {
        let p = &self.setup.parameters;
        if p.suffered_weight == 0.0 {
            return;
        }
        self.suffered *= exp(-1.0 / (DAYS_PER_YEAR * p.suffered_years));
        if self.state == State::Imposed {
            let flows = self.setup.flows.at(self.setup.exchange_rate.on(self.day));
            self.suffered += felt_by_partner(p, &flows) / DAYS_PER_YEAR;
        }
    }

    fn dated_steps(&mut self) {
        let (setup, day) = (self.setup, self.day);
        let calendar = &setup.calendar;
        self.reputation = Reputation::after_steps(&setup.parameters, calendar, day);
        if day == calendar.breakdown {
            self.state = State::Breakdown;
        } else if day == calendar.resumption {
            self.state = State::Talks;
            self.since = day;
            self.form = if setup.parameters.numerical_only { Form::Targets } else { Form::Criteria };
        } else if day == calendar.open_threat && calendar.escalation >= Escalation::Threat {
            self.state = State::Threatened;
            self.since = day;
            // The clock starts anew, and so does what is on the table; limits and deals do not depend on it.
            self.offers = self.openings;
        } else if day == calendar.list && calendar.escalation >= Escalation::DatedThreat {
            self.announce(calendar.deadline, calendar.liability);
        }
        if day == calendar.complaint && self.state == State::Announced {
            self.request();
        }
    }

    fn announce(&mut self, deadline: Day, liable_from: Day) {
        let p = &self.setup.parameters;
        self.state = State::Announced;
        self.since = self.day;
        self.deadline = deadline;
        self.liable_from = liable_from;
        self.openings = [p.opening_partner, p.opening_home];
        self.offers = self.openings;
        let mut noise = self.streams.at(Purpose::GovernmentPublic, 0, address(self.day, self.setup.calendar.start));
        self.reading = normal::quantile(noise.uniform_open()) + normal::quantile(noise.uniform_open());
    }

    /// The partner complains to the WTO.
    fn request(&mut self) {
        let p = &self.setup.parameters;
        if !p.wto {
            return;
        }
        let uniform = |step: u64| {
            self.streams
                .at(Purpose::GovernmentRuling, step, address(self.day, self.setup.calendar.start))
                .uniform_open()
        };
        let between = |step: u64, first: f64, last: f64| (first + (last - first) * uniform(step)).round() as i32;
        let report = self.day + between(0, p.report_days_first, p.report_days_last);
        let adoption = report + between(1, p.adoption_days_first, p.adoption_days_last);
        self.case = Some(Case {
            adoption,
            lost: uniform(2) < self.traits.stakes.panel_loss,
            compliance: adoption + between(3, p.compliance_days_first, p.compliance_days_last),
            complies: uniform(4) < p.compliance,
        });
    }

    /// The WTO's verdict and the home government's answer to it.
    fn verdicts(&mut self) {
        let Some(case) = self.case else { return };
        self.ruled = self.day >= case.adoption;
        if case.lost && self.day >= case.compliance {
            if case.complies {
                self.state = State::Reversed;
            } else {
                self.state = State::Defied;
            }
            self.left_imposed.get_or_insert(self.day);
            self.ended = Some(self.day);
        }
    }

    /// Brings the threat back when reviews have failed.
    fn review(&mut self) {
        if self.reinstatement == Some(self.day) {
            self.reinstatement = None;
            let deadline = self.day + self.setup.parameters.reinstated_days.round().max(1.0) as i32;
            self.announce(deadline, self.day);
            self.ruled = false;
            self.request();
        }
    }

    /// Whether company plans replace criteria today.
    fn soften_text(&mut self) {
        if self.form != Form::Criteria {
            return;
        }
        let hazard = plans_hazard(&self.setup.parameters, self.state, self.day, self.deadline);
        if plans_drawn(&self.streams, address(self.day, self.setup.calendar.start), hazard) {
            self.form = Form::Plans;
        }
    }

    fn round_is_held(&self) -> bool {
        let p = &self.setup.parameters;
        if !self.state.is_open() {
            return false;
        }
        let left = f64::from(self.deadline - self.day);
        let dated = self.state == State::Announced;
        let scheduled = is_round_day(self.day) || (dated && left < p.daily_round_days) || (dated && left <= 0.0);
        let sure = dated && left < p.sure_round_days;
        scheduled
            && (sure
                || self
                    .streams
                    .at(Purpose::GovernmentRound, 0, address(self.day, self.setup.calendar.start))
                    .uniform_open()
                    < p.round_probability)
    }

    fn leverage(&self) -> Leverage {
        match self.state {
            State::Threatened => Leverage::OpenThreat,
            State::Announced => Leverage::DatedThreat,
            State::Imposed | State::Defied => {
                let years = self.imposed.map_or(0.0, |from| self.day.years_since(from));
                let retaliation = self.traits.retaliation_years.is_some_and(|delay| years >= delay);
                Leverage::Sanctions { years, retaliation, verdict: self.verdict() }
            }
            _ => Leverage::None,
        }
    }

    /// The WTO's verdict, if it has been adopted.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        let case = self.case.filter(|_| self.ruled)?;
        Some(match case.lost {
            true => Verdict::Lost { years_to_comply: case.compliance.years_since(self.day) },
            false => Verdict::Won,
        })
    }

    /// The limits of both sides today.
    pub fn limits(&mut self) -> Limits {
        self.news.step_to(self.day, self.persistence, self.innovation, &self.streams);
        self.limits_with((self.news, self.cabinet), self.form, self.leverage(), self.credibility())
    }

    fn limits_with(
        &self,
        (news, cabinet): (News, Cabinet),
        form: Form,
        leverage: Leverage,
        credibility: f64,
    ) -> Limits {
        let p = &self.setup.parameters;
        let stakes = Stakes { refusal_reward: cabinet.refusal_reward, ..self.traits.stakes };
        let exchange_rate = self.setup.exchange_rate.on(news.day);
        let situation = Standpoint {
            form,
            leverage,
            credibility,
            exchange_rate,
            flows: self.setup.flows.at(exchange_rate),
            suffered: self.suffered,
            summit: f64::from((news.day - self.setup.calendar.summit).abs()) <= p.summit_days,
            news_partner: news.partner,
            news_home: news.home,
        };
        limits(p, &stakes, &situation)
    }

    /// What the limits are, or would have been without a deal, on the day of the first deadline, had every dated step been
    /// taken. To be asked on or before that day.
    #[must_use]
    pub fn limits_at_deadline(&self) -> (Limits, Form) {
        let (p, calendar) = (&self.setup.parameters, &self.setup.calendar);
        let mut form = if p.numerical_only { Form::Targets } else { Form::Criteria };
        let mut day = calendar.list;
        while form == Form::Criteria && day <= calendar.deadline {
            if plans_drawn(
                &self.streams,
                address(day, calendar.start),
                plans_hazard(p, State::Announced, day, calendar.deadline),
            ) {
                form = Form::Plans;
            }
            day = day.next();
        }
        let mut news = self.news;
        news.step_to(calendar.deadline, self.persistence, self.innovation, &self.streams);
        let mut cabinet = self.cabinet;
        cabinet.step_to(calendar.deadline, p, &self.streams);
        let credibility = Reputation::after_steps(p, calendar, calendar.deadline).credibility();
        (self.limits_with((news, cabinet), form, Leverage::DatedThreat, credibility), form)
    }

    /// Share of the way to the limits that offers have gone, u, and the exponents of both sides.
    fn pace(&self) -> (f64, [f64; 2]) {
        let p = &self.setup.parameters;
        let elapsed = f64::from(self.day - self.since);
        match self.state {
            State::Announced => {
                let total = f64::from((self.deadline - self.since).max(1));
                ((elapsed / total).clamp(0.0, 1.0), self.traits.exponents)
            }
            State::Imposed => {
                let longest = (p.sanctions_years_longest * DAYS_PER_YEAR).round() as i32;
                let end = self.imposed.unwrap_or(self.since) + longest;
                let milestone = match self.case {
                    Some(case) if !self.ruled => case.adoption,
                    Some(case) if case.lost => case.compliance,
                    _ => end,
                };
                let total = f64::from((milestone - self.since).max(1));
                ((elapsed / total).clamp(0.0, 1.0), [p.sanctions_exponent; 2])
            }
            _ => (1.0 - exp(-self.day.years_since(self.since) / p.undated_years), [p.undated_exponent; 2]),
        }
    }

    /// A round: both sides offer, and sign if the offers meet inside what both can accept.
    fn talk(&mut self) {
        let limits = self.limits();
        let (u, exponents) = self.pace();
        let share = |exponent: f64| if u > 0.0 { exp(ln(u) / exponent) } else { 0.0 };
        let opening_partner = self.openings[0].min(limits.partner);
        let opening_home = self.openings[1].max(limits.home);
        let partner = opening_partner + (limits.partner - opening_partner) * share(exponents[0]);
        let home = opening_home - (opening_home - limits.home) * share(exponents[1]);
        self.offers = [partner, home];
        if partner >= home && limits.partner >= limits.home.max(self.setup.parameters.least_commitment) {
            // The midpoint can leave the zone by a rounding.
            let commitment = (0.5 * (partner + home)).clamp(limits.home, limits.partner);
            self.settle(commitment, limits);
        }
    }

    fn settle(&mut self, commitment: f64, limits: Limits) {
        let settlement = Settlement { signed: self.day, commitment, form: self.form };
        self.deals.push(Deal { settlement, limits, state: self.state, verdict: self.verdict() });
        if self.state == State::Imposed {
            self.left_imposed.get_or_insert(self.day);
        }
        self.state = State::Settled;
        self.case = None;
        let Setup { parameters, exchange_rate, calendar, .. } = self.setup;
        // Only a deal that outlives its first half-year can be reviewed twice.
        if self.day + 180 <= calendar.horizon {
            let results = DealResults::follow(parameters, calendar, exchange_rate, &self.streams, settlement);
            self.reinstatement = results.reinstatement(parameters, &self.streams, self.credibility(), calendar.horizon);
        }
        if self.reinstatement.is_none() {
            self.ended = Some(self.day);
        }
    }

    /// The deadline has come without a deal.
    fn decide(&mut self) {
        let p = &self.setup.parameters;
        let limits = self.limits();
        let u = self
            .streams
            .at(Purpose::GovernmentExecution, 0, address(self.deadline, self.setup.calendar.start))
            .uniform_open();
        self.since = self.day;
        self.state = if u < limits.execution_probability {
            self.reputation.kept += p.execution_credit;
            self.imposed = Some(self.day);
            self.openings = self.offers;
            State::Imposed
        } else {
            self.reputation.broken += p.lapse_debit;
            self.openings = [p.opening_partner, p.opening_home];
            self.case = None;
            State::Lapsed
        };
        self.decision.get_or_insert((self.state, limits));
    }

    /// The public's probability that the dispute is settled by the deadline, S.
    pub fn public_settlement_probability(&mut self) -> f64 {
        let p = &self.setup.parameters;
        if self.state != State::Announced {
            return beliefs::settlement_probability(p, &PublicReading::PRIOR);
        }
        let zone = self.limits().zone();
        let (u, _) = self.pace();
        let reading = PublicReading {
            progress: u,
            zone,
            noise: self.reading,
            plans_on_table: self.form == Form::Plans,
            weeks_left: Some(f64::from(self.deadline - self.day) / 7.0),
        };
        beliefs::settlement_probability(p, &reading)
    }

    /// Buyers' and firms' probability today that a car bought `years_ahead` years after the decision (or from now, under
    /// sanctions) bears the extra duty.
    pub fn belief(&mut self, years_ahead: f64) -> f64 {
        let p = &self.setup.parameters;
        let s = self.public_settlement_probability();
        let strength = match p.beliefs {
            beliefs_mode if self.state.charges_duty() || beliefs_mode == super::BeliefMode::Reputation => {
                self.credibility()
            }
            super::BeliefMode::Rational => match self.state {
                State::Settled => self.credibility(),
                _ => self.limits().execution_probability,
            },
            _ => 0.0,
        };
        let enforced = self.deals.last().map_or(0.0, |deal| enforcement(p, deal.settlement.form));
        beliefs::belief(p, self.state, strength, s, enforced, years_ahead)
    }
}

fn plans_hazard(p: &Parameters, state: State, day: Day, deadline: Day) -> f64 {
    match state {
        State::Announced if f64::from(deadline - day) < p.plans_late_days => p.plans_hazard_late,
        State::Announced => p.plans_hazard,
        State::Imposed if is_round_day(day) => p.plans_hazard_sanctions,
        _ => 0.0,
    }
}

fn plans_drawn(streams: &Streams, address: u64, hazard: f64) -> bool {
    hazard > 0.0 && streams.at(Purpose::GovernmentText, 0, address).uniform_open() < hazard
}
