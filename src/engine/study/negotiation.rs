//! Thousands of negotiations: worlds run on all threads, reduced in one fixed order.

use std::ops::Range;

use crate::platform::threads::prelude::*;

use crate::model::governments::reservation::Verdict;
use crate::model::governments::signs::{SettingChange, changed};
use crate::model::governments::{Calendar, Deal, DealResults, Form, Limits, Negotiation, Settlement, Setup, State};
use crate::model::outcome::NegotiatedMetric;
use crate::model::streams::Streams;
use crate::numerics::calendar::{DAYS_PER_YEAR, Day};
use crate::numerics::moments::Moments;

/// Worlds handed to the threads at once: memory does not grow with the number of worlds.
const BATCH: u64 = 1024;

/// Days on which beliefs are reported, from the deadline backwards or forwards from a dated step.
#[must_use]
pub fn belief_days(calendar: &Calendar) -> [Day; 9] {
    let end = calendar.deadline;
    [calendar.open_threat, calendar.complaint, end + -35, end + -21, end + -14, end + -7, end + -2, end + -1, end]
}

/// Position in [`belief_days`] of the day a week before the deadline.
pub const WEEK_BEFORE: usize = 5;

/// What is kept of one world.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldOutcome {
    /// The first deal, if there is one.
    pub deal: Option<Deal>,
    /// What was done at the first deadline without a deal.
    pub decision: Option<State>,
    /// Limits on the day of the first deadline, whether or not there was a deal before, and the form of the text.
    pub at_deadline: (Limits, Form),
    /// Where the dispute stood at the end.
    pub last_state: State,
    /// Years from the first deadline for which its sanctions stood without deal, compliance or open defiance, up to the
    /// horizon.
    pub sanctions_years: Option<f64>,
    /// Beliefs on [`belief_days`] of worlds then still open.
    pub beliefs: [Option<f64>; 9],
    /// The public probability of a settlement a week before the deadline, in worlds then still open.
    pub public_settlement: Option<f64>,
    /// Whether a failed settlement brought the threat back.
    pub reinstated: bool,
}

impl WorldOutcome {
    /// What the outcome of a replication keeps of it, in the order of [`NegotiatedMetric::ALL`].
    #[must_use]
    pub fn metrics(&self, calendar: &Calendar, sanctions_weeks: u32) -> [f64; NegotiatedMetric::ALL.len()] {
        let holds = |holds: bool| f64::from(u8::from(holds));
        let by_deadline =
            self.decision.is_none() && self.deal.is_some_and(|d| d.settlement.signed <= calendar.deadline);
        let of_deal = |value: fn(&Deal) -> f64| self.deal.as_ref().map_or(f64::NAN, value);
        let signed = self.deal.map_or(f64::NAN, |deal| f64::from(deal.settlement.signed - calendar.deadline));
        let mut metrics = [f64::NAN; NegotiatedMetric::ALL.len()];
        let before = [
            holds(by_deadline),
            holds(self.decision == Some(State::Imposed)),
            holds(self.decision == Some(State::Lapsed)),
            signed,
            of_deal(|deal| deal.settlement.commitment),
            of_deal(|deal| f64::from(u8::from(deal.settlement.form == Form::Plans))),
            f64::from(sanctions_weeks),
        ];
        let beliefs = self.beliefs.map(|belief| belief.unwrap_or(f64::NAN));
        metrics.iter_mut().zip(before.into_iter().chain(beliefs)).for_each(|(slot, value)| *slot = value);
        metrics
    }
}

/// Runs one world.
#[must_use]
pub fn world(setup: &Setup, streams: Streams) -> WorldOutcome {
    world_watched(setup, streams, |_| {}, |_| {})
}

/// Runs one world before witnesses: `morning` sees each day after its dated steps, `evening` after its round and decision.
/// What they ask changes nothing.
#[must_use]
pub fn world_watched(
    setup: &Setup,
    streams: Streams,
    mut morning: impl FnMut(&mut Negotiation<'_>),
    mut evening: impl FnMut(&mut Negotiation<'_>),
) -> WorldOutcome {
    let calendar = &setup.calendar;
    let days = belief_days(calendar);
    let mut beliefs = [None; 9];
    let mut public_settlement = None;
    let mut negotiation = Negotiation::new(setup, streams);
    let mut at_deadline = None;
    while !negotiation.is_over() {
        negotiation.open_day();
        let today = negotiation.day();
        if negotiation.deals().is_empty() && today <= calendar.deadline {
            for (slot, _) in days.iter().enumerate().filter(|(_, day)| **day == today) {
                beliefs[slot] = Some(negotiation.belief(0.0));
                if slot == WEEK_BEFORE {
                    public_settlement = Some(negotiation.public_settlement_probability());
                }
            }
            if today == calendar.deadline {
                at_deadline = Some(negotiation.limits_at_deadline());
            }
        }
        morning(&mut negotiation);
        negotiation.close_day();
        evening(&mut negotiation);
    }
    let deal = negotiation.deals().first().copied();
    let sanctions_years = negotiation.decision().filter(|(state, _)| *state == State::Imposed).map(|_| {
        let end = negotiation.left_imposed().unwrap_or(calendar.horizon);
        end.years_since(calendar.deadline)
    });
    WorldOutcome {
        at_deadline: at_deadline.unwrap_or_else(|| negotiation.limits_at_deadline()),
        decision: negotiation.decision().map(|(state, _)| state),
        last_state: negotiation.state(),
        sanctions_years,
        beliefs,
        public_settlement,
        reinstated: negotiation.deals().len() > 1 || (deal.is_some() && negotiation.state() == State::Announced),
        deal,
    }
}

/// Runs `worlds` on the current rayon pool and hands each outcome to `keep` in the order of the worlds.
pub fn run_worlds<T: Send>(worlds: Range<u64>, seed: u64, one: impl Fn(Streams) -> T + Sync, mut keep: impl FnMut(T)) {
    let mut first = worlds.start;
    while first < worlds.end {
        let last = worlds.end.min(first + BATCH);
        let done: Vec<T> = (first..last).into_par_iter().map(|world| one(Streams::new(seed, world))).collect();
        done.into_iter().for_each(&mut keep);
        first = last;
    }
}

/// Counts in cells of equal width from 0: quantiles in constant memory, linear within a cell.
#[derive(Clone, Debug)]
struct Histogram {
    width: f64,
    cells: Vec<u64>,
    count: u64,
}

impl Histogram {
    fn new(highest: f64, cells: usize) -> Self {
        Self { width: highest / cells as f64, cells: vec![0; cells], count: 0 }
    }
    fn add(&mut self, x: f64) {
        let cell = ((x / self.width) as usize).min(self.cells.len() - 1);
        self.cells[cell] += 1;
        self.count += 1;
    }
    /// The point below which a share `p` lies; NaN when empty.
    fn quantile(&self, p: f64) -> f64 {
        let wanted = p * self.count as f64;
        let mut below = 0.0;
        for (cell, count) in self.cells.iter().enumerate().filter(|(_, count)| **count > 0) {
            let count = *count as f64;
            if below + count >= wanted {
                return (cell as f64 + (wanted - below) / count) * self.width;
            }
            below += count;
        }
        f64::NAN
    }
}

/// One line of `negotiation.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Name.
    pub name: String,
    /// Mean over the worlds concerned (a share, a quantile or a correlation where the name says so).
    pub mean: f64,
    /// Its standard error; NaN where there is none.
    pub std_error: f64,
    /// Worlds concerned.
    pub worlds: u64,
}

/// Streaming sums over worlds.
#[derive(Clone, Debug)]
pub struct Negotiations {
    calendar: Calendar,
    named: Vec<(&'static str, Moments)>,
    beliefs: [Moments; 9],
    belief_histograms: [Histogram; 9],
    commitment: Histogram,
    late_years: Histogram,
    cross: Moments,
    reliability: [(Moments, Moments); RELIABILITY_BINS],
}

/// Bins of the public probability of a settlement whose frequencies are compared with it.
pub const RELIABILITY_BINS: usize = 4;

impl Negotiations {
    /// Nothing yet.
    #[must_use]
    pub fn new(calendar: &Calendar) -> Self {
        Self {
            calendar: *calendar,
            named: Vec::new(),
            beliefs: [Moments::default(); 9],
            belief_histograms: std::array::from_fn(|_| Histogram::new(1.0, 1000)),
            commitment: Histogram::new(1.0, 1000),
            late_years: Histogram::new(4.0, 4000),
            cross: Moments::default(),
            reliability: [(Moments::default(), Moments::default()); RELIABILITY_BINS],
        }
    }

    fn add_to(&mut self, name: &'static str, x: f64) {
        match self.named.iter_mut().find(|(known, _)| *known == name) {
            Some((_, moments)) => moments.add(x),
            None => {
                let mut moments = Moments::default();
                moments.add(x);
                self.named.push((name, moments));
            }
        }
    }

    fn share(&mut self, name: &'static str, holds: bool) {
        self.add_to(name, f64::from(u8::from(holds)));
    }

    /// Adds one world.
    pub fn add(&mut self, outcome: &WorldOutcome) {
        let Calendar { deadline, open_threat, horizon, .. } = self.calendar;
        let by_deadline = outcome.deal.filter(|deal| deal.settlement.signed <= deadline && outcome.decision.is_none());
        self.share("settled_by_deadline", by_deadline.is_some());
        self.share("imposed", outcome.decision == Some(State::Imposed));
        self.share("lapsed", outcome.decision == Some(State::Lapsed));
        self.share("settled_before_open_threat", by_deadline.is_some_and(|deal| deal.settlement.signed < open_threat));
        self.share("settled_by_horizon", outcome.deal.is_some());
        if let Some(deal) = by_deadline {
            let left = deadline - deal.settlement.signed;
            self.share("settled_last_week", left < 7);
            self.share("settled_last_two_days", left < 2);
            self.share("settled_on_deadline_day", left == 0);
            self.add_to("settled_days_before_deadline", f64::from(left));
            self.share("settled_on_company_plans", deal.settlement.form == Form::Plans);
            self.add_to("commitment_mean", deal.settlement.commitment);
            self.commitment.add(deal.settlement.commitment);
            self.share("settlement_reinstated", outcome.reinstated);
        }
        let (limits, form) = outcome.at_deadline;
        self.add_to("limit_partner_at_deadline", limits.partner);
        self.add_to("limit_home_at_deadline", limits.home);
        self.add_to("zone_at_deadline", limits.zone());
        self.share("zone_open_at_deadline", limits.zone() >= 0.0);
        self.share("company_plans_at_deadline", form == Form::Plans);
        self.cross.add(limits.partner + limits.home);
        for (slot, belief) in outcome.beliefs.iter().enumerate() {
            if let Some(belief) = belief {
                self.beliefs[slot].add(*belief);
                self.belief_histograms[slot].add(*belief);
            }
        }
        if let Some(s) = outcome.public_settlement {
            let bin = ((s * RELIABILITY_BINS as f64) as usize).min(RELIABILITY_BINS - 1);
            self.reliability[bin].0.add(s);
            self.reliability[bin].1.add(f64::from(u8::from(by_deadline.is_some())));
        }
        if let Some(years) = outcome.sanctions_years {
            self.add_sanctions(outcome, years, horizon.years_since(deadline));
        }
    }

    fn add_sanctions(&mut self, outcome: &WorldOutcome, years: f64, followed: f64) {
        let ended_by_ruling = outcome.last_state == State::Reversed && outcome.deal.is_none();
        self.share("imposed_settled_later", outcome.deal.is_some());
        self.share("imposed_reversed", ended_by_ruling);
        self.share("imposed_defied", outcome.last_state == State::Defied && outcome.deal.is_none());
        self.share("imposed_in_force_at_horizon", outcome.last_state == State::Imposed && outcome.deal.is_none());
        self.add_to("imposed_years", years);
        for (name, after) in [
            ("imposed_in_force_after_0.25_years", 0.25),
            ("imposed_in_force_after_0.5_years", 0.5),
            ("imposed_in_force_after_1_year", 1.0),
            ("imposed_in_force_after_1.5_years", 1.5),
            ("imposed_in_force_after_2_years", 2.0),
        ] {
            if after < followed {
                self.share(name, years > after);
            }
        }
        let Some(deal) = outcome.deal else { return };
        self.late_years.add(years);
        self.add_to("late_commitment_mean", deal.settlement.commitment);
        self.add_to("late_limit_partner_at_deadline", outcome.at_deadline.0.partner);
        let phase = match deal.verdict {
            None if years < 0.5 => "late_commitment_first_half_year",
            None if years < 1.0 => "late_commitment_second_half_year",
            None => "late_commitment_before_ruling",
            Some(Verdict::Lost { .. }) => "late_commitment_awaiting_compliance",
            Some(Verdict::Won) => "late_commitment_home_won",
        };
        self.add_to(phase, deal.settlement.commitment);
    }

    /// The metric of a name; NaN without worlds.
    #[must_use]
    pub fn metric(&self, name: &str) -> Metric {
        let found = self.metrics().into_iter().find(|metric| metric.name == name);
        found.unwrap_or(Metric { name: name.to_owned(), mean: f64::NAN, std_error: f64::NAN, worlds: 0 })
    }

    /// Bins of the public probability a week before the deadline: its mean and the frequency of settlements.
    #[must_use]
    pub fn reliability(&self) -> [(Moments, Moments); RELIABILITY_BINS] {
        self.reliability
    }

    /// All metrics, in a fixed order.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let mut metrics = Vec::new();
        let mut push = |name: String, mean: f64, std_error: f64, worlds: u64| {
            metrics.push(Metric { name, mean, std_error, worlds });
        };
        let of = |name: &str| self.named.iter().find(|(known, _)| *known == name).map_or(Moments::default(), |m| m.1);
        let spread = |moments: Moments| {
            let sd = moments.variance().sqrt();
            (sd, sd / (2.0 * moments.count() as f64).sqrt())
        };
        for name in NAMED {
            let moments = of(name);
            let mean = if moments.count() == 0 { f64::NAN } else { moments.mean() };
            push((*name).to_owned(), mean, moments.std_error(), moments.count());
            match *name {
                "commitment_mean" => {
                    let (sd, error) = spread(moments);
                    push("commitment_sd".into(), sd, error, moments.count());
                    push("commitment_q05".into(), self.commitment.quantile(0.05), f64::NAN, moments.count());
                    push("commitment_q95".into(), self.commitment.quantile(0.95), f64::NAN, moments.count());
                }
                "limit_partner_at_deadline" | "limit_home_at_deadline" | "zone_at_deadline" => {
                    let (sd, error) = spread(moments);
                    push(format!("{name}_sd"), sd, error, moments.count());
                }
                "imposed_years" => {
                    let late = self.late_years.quantile(0.5);
                    push("late_years_median".into(), late, f64::NAN, self.late_years.count);
                }
                _ => {}
            }
        }
        let (partner, home) = (of("limit_partner_at_deadline").variance(), of("limit_home_at_deadline").variance());
        let correlation = (self.cross.variance() - partner - home) / (2.0 * (partner * home).sqrt());
        push("limits_correlation_at_deadline".into(), correlation, f64::NAN, self.cross.count());
        let days = belief_days(&self.calendar);
        for (slot, day) in days.iter().enumerate() {
            // Another calendar may let two of the days fall together.
            if days[..slot].contains(day) {
                continue;
            }
            let moments = self.beliefs[slot];
            let mean = if moments.count() == 0 { f64::NAN } else { moments.mean() };
            let name = format!("belief_{}", day.date().strftime("%Y_%m_%d"));
            push(name.clone(), mean, moments.std_error(), moments.count());
            if (4..=5).contains(&slot) {
                for (suffix, p) in [("q10", 0.10), ("q90", 0.90)] {
                    let quantile = self.belief_histograms[slot].quantile(p);
                    push(format!("{name}_{suffix}"), quantile, f64::NAN, moments.count());
                }
            }
        }
        metrics
    }
}

/// Means and shares, in the order of the table.
const NAMED: &[&str] = &[
    "settled_by_deadline",
    "imposed",
    "lapsed",
    "settled_before_open_threat",
    "settled_by_horizon",
    "settled_last_week",
    "settled_last_two_days",
    "settled_on_deadline_day",
    "settled_days_before_deadline",
    "settled_on_company_plans",
    "commitment_mean",
    "settlement_reinstated",
    "limit_partner_at_deadline",
    "limit_home_at_deadline",
    "zone_at_deadline",
    "zone_open_at_deadline",
    "company_plans_at_deadline",
    "imposed_settled_later",
    "imposed_reversed",
    "imposed_defied",
    "imposed_in_force_at_horizon",
    "imposed_years",
    "imposed_in_force_after_0.25_years",
    "imposed_in_force_after_0.5_years",
    "imposed_in_force_after_1_year",
    "imposed_in_force_after_1.5_years",
    "imposed_in_force_after_2_years",
    "late_commitment_mean",
    "late_limit_partner_at_deadline",
    "late_commitment_first_half_year",
    "late_commitment_second_half_year",
    "late_commitment_before_ruling",
    "late_commitment_awaiting_compliance",
    "late_commitment_home_won",
];

/// Runs `worlds` negotiations from 0 and sums them up.
#[must_use]
pub fn negotiate(setup: &Setup, seed: u64, worlds: u64) -> Negotiations {
    let mut sums = Negotiations::new(&setup.calendar);
    run_worlds(0..worlds, seed, |streams| world(setup, streams), |outcome| sums.add(&outcome));
    sums
}

/// Results of one deal in every world: company plans at the reference commitment, signed on the day of the deadline.
#[must_use]
pub fn monitor(setup: &Setup, seed: u64, worlds: u64) -> Vec<Metric> {
    let settlement = Settlement {
        signed: setup.calendar.deadline,
        commitment: setup.parameters.reference_commitment.min(1.0),
        form: Form::Plans,
    };
    const NAMES: [&str; 12] = [
        "dealers_year_one",
        "dealers_year_two",
        "sales_year_one",
        "sales_year_two",
        "parts_year_one",
        "parts_last_year",
        "review_score_year_one",
        "review_score_quarter_9",
        "review_score_quarter_12",
        "review_failed_quarter_12",
        "two_reviews_failed",
        "reinstated_under_targets",
    ];
    let p = &setup.parameters;
    let one = |streams: Streams| {
        let results = DealResults::follow(p, &setup.calendar, &setup.exchange_rate, &streams, settlement);
        let score = |quarter| results.score(p, quarter).unwrap_or(f64::NAN);
        let horizon = settlement.signed + (3.0 * DAYS_PER_YEAR) as i32 + 1;
        let scores: Vec<f64> = results.reviews(p, horizon).map(|(_, score)| score).collect();
        let failed = |pair: &[f64]| pair.iter().all(|score| *score < p.pass_score);
        let credibility = crate::model::governments::Reputation::after_steps(p, &setup.calendar, settlement.signed);
        let targets = DealResults::follow(
            p,
            &setup.calendar,
            &setup.exchange_rate,
            &streams,
            Settlement { form: Form::Targets, ..settlement },
        );
        let back = targets.reinstatement(p, &streams, credibility.credibility(), horizon).is_some();
        let share = |holds: bool| f64::from(u8::from(holds));
        [
            results.dealers_in_year(1),
            results.dealers_in_year(2),
            results.sales_growth_year_one(),
            results.sales_growth_year_two(),
            results.parts_growth_year_one(),
            results.parts_last_year(),
            0.25 * (3..=6).map(score).sum::<f64>(),
            score(9),
            score(12),
            share(score(12) < p.pass_score),
            share(scores.windows(2).any(failed)),
            share(back),
        ]
    };
    let mut moments = [Moments::default(); NAMES.len()];
    let keep = |values: [f64; NAMES.len()]| moments.iter_mut().zip(values).for_each(|(m, value)| m.add(value));
    run_worlds(0..worlds, seed, one, keep);
    NAMES
        .iter()
        .zip(moments)
        .map(|(name, m)| Metric {
            name: (*name).to_owned(),
            mean: m.mean(),
            std_error: m.std_error(),
            worlds: m.count(),
        })
        .collect()
}

/// One line of the sign table: a change against the unchanged study on the same worlds.
#[derive(Clone, Debug)]
pub struct Sign {
    /// The change.
    pub change: &'static SettingChange,
    /// Change in the share settled by the deadline.
    pub settled: Moments,
    /// Change in the partner's limit at the deadline.
    pub partner: Moments,
    /// Change in the home government's limit at the deadline.
    pub home: Moments,
    /// Change in the commitment, on worlds settled in both.
    pub commitment: Moments,
    /// Change in the days from the deal to the deadline, on worlds settled in both.
    pub days_before_deadline: Moments,
}

/// Runs every change on the same worlds as the unchanged study.
#[must_use]
pub fn signs(setup: &Setup, changes: &'static [SettingChange], seed: u64, worlds: u64) -> Vec<Sign> {
    let base = setup.until_deadline();
    let mut references = Vec::new();
    run_worlds(0..worlds, seed, |streams| Brief::of(&base, streams), |brief| references.push(brief));
    changes
        .iter()
        .map(|change| {
            let setup = changed(&base, change);
            let mut sign = Sign {
                change,
                settled: Moments::default(),
                partner: Moments::default(),
                home: Moments::default(),
                commitment: Moments::default(),
                days_before_deadline: Moments::default(),
            };
            let mut reference = references.iter();
            let keep = |brief: Brief| {
                let Some(base) = reference.next() else { return };
                let settled = |brief: &Brief| f64::from(u8::from(brief.deal.is_some()));
                sign.settled.add(settled(&brief) - settled(base));
                sign.partner.add(brief.partner - base.partner);
                sign.home.add(brief.home - base.home);
                if let (Some((x, day)), Some((x0, day0))) = (brief.deal, base.deal) {
                    sign.commitment.add(x - x0);
                    sign.days_before_deadline.add(f64::from(day0 - day));
                }
            };
            run_worlds(0..worlds, seed, |streams| Brief::of(&setup, streams), keep);
            sign
        })
        .collect()
}

/// What the sign table keeps of a world.
#[derive(Clone, Copy, Debug)]
struct Brief {
    deal: Option<(f64, Day)>,
    partner: f64,
    home: f64,
}

impl Brief {
    fn of(setup: &Setup, streams: Streams) -> Self {
        let mut negotiation = Negotiation::new(setup, streams);
        let mut limits = None;
        while !negotiation.is_over() {
            negotiation.open_day();
            if negotiation.day() == setup.calendar.deadline && negotiation.deals().is_empty() {
                limits = Some(negotiation.limits_at_deadline());
            }
            negotiation.close_day();
        }
        let (limits, _) = limits.unwrap_or_else(|| negotiation.limits_at_deadline());
        let deal = negotiation.deals().first().map(|deal| (deal.settlement.commitment, deal.settlement.signed));
        Self { deal, partner: limits.partner, home: limits.home }
    }
}

/// The home government's reward for executing at which a wanted share of worlds settles by the deadline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SolvedReward {
    /// K.
    pub execution_reward: f64,
    /// The share it gives on the worlds used.
    pub settled_by_deadline: f64,
    /// Worlds used.
    pub worlds: u64,
    /// Bisections made.
    pub iterations: u32,
}

/// Why no reward gives the share that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "no execution reward between {lowest} and {highest} settles a share {target} by the deadline: at those ends it is \
     {at_lowest:.3} and {at_highest:.3}"
)]
pub struct NoReward {
    /// The share wanted.
    pub target: f64,
    /// Lowest reward tried.
    pub lowest: f64,
    /// Highest.
    pub highest: f64,
    /// The share at the lowest.
    pub at_lowest: f64,
    /// The share at the highest.
    pub at_highest: f64,
}

/// Solves for K by bisection on the same worlds throughout, so that the share settled falls in K without noise.
///
/// # Errors
/// [`NoReward`] when no K between -5 and 10 billion USD gives the share.
pub fn solve_execution_reward(setup: &Setup, seed: u64, worlds: u64, target: f64) -> Result<SolvedReward, NoReward> {
    let mut trial = setup.until_deadline();
    let mut share = |reward: f64| {
        trial.parameters.execution_reward = reward;
        let mut settled = 0_u64;
        let one = |streams: Streams| {
            let mut negotiation = Negotiation::new(&trial, streams);
            negotiation.run();
            !negotiation.deals().is_empty()
        };
        run_worlds(0..worlds, seed, one, |deal| settled += u64::from(deal));
        settled as f64 / worlds.max(1) as f64
    };
    let (mut low, mut high) = (-5.0, 10.0);
    let (at_lowest, at_highest) = (share(low), share(high));
    if !(at_highest <= target && target <= at_lowest) {
        return Err(NoReward { target, lowest: low, highest: high, at_lowest, at_highest });
    }
    let mut iterations = 0;
    let (mut middle, mut at_middle) = (low, at_lowest);
    // One world's weight, or a hundred-thousandth of a billion dollars.
    while high - low > 1e-5 && (at_middle - target).abs() > 0.5 / worlds.max(1) as f64 {
        middle = 0.5 * (low + high);
        at_middle = share(middle);
        iterations += 1;
        if at_middle > target { low = middle } else { high = middle }
    }
    Ok(SolvedReward { execution_reward: middle, settled_by_deadline: at_middle, worlds, iterations })
}
