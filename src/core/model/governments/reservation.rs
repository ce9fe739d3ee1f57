//! Reservation values: the most that the partner would sign and the least that the home government would take, given what happens without
//! a deal.
//!
//! With A(T) = (1 - exp(-rT))/r the worth of one dollar a year for T years, P a side's probability that the WTO rules
//! against the home country, and the size x of a text of form f:
//!
//! ```text
//! A_s    = P A(T) + (1 - P) A(T_max)                 duration of sanctions, each side with its own P
//! pain   = A_s flow_jp + w S                        S: what was lost under sanctions so far; w = 0 unless a scenario sets it
//! R_jp   = x_free + [ Q (pain - P V) - H(f) - n_jp ] / (kappa(f) A(3))
//! U_exec = K + A_s flow - P W + b_late beta(f) A(3) R_jp(Q = 1),     U_back = -Rep c
//! R_us   = [ F + N + n_us ] / (beta(f) A(3)),         N = s ln(exp(U_exec/s) + exp(U_back/s))
//! ```
//!
//! Both are cut to [0, 1]. Payoffs are billion USD. Left out: extending the deadline and the other sectors of the talks.

use super::flows::Flows;
use super::parameters::Parameters;
use crate::numerics::elementary::{exp, ln};

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Numerical targets.
    Targets,
    /// Quantitative and qualitative criteria.
    Criteria,
    /// Plans that companies announce by themselves.
    Plans,
}

impl Form {
    /// How much the text binds: 1, 0.5, 0.2.
    #[must_use]
    pub fn strength(self) -> f64 {
        match self {
            Self::Targets => 1.0,
            Self::Criteria => 0.5,
            Self::Plans => 0.2,
        }
    }
    /// Name in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Targets => "targets",
            Self::Criteria => "criteria",
            Self::Plans => "plans",
        }
    }
}

/// What differs between the governments of two worlds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stakes {
    /// The home government's reward for executing, K.
    pub execution_reward: f64,
    /// The partner's reward for refusing, H.
    pub refusal_reward: f64,
    /// Probability that the WTO rules against the home country, P.
    pub panel_loss: f64,
}

/// What stands behind the demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leverage {
    /// No threat.
    None,
    /// An open threat without a date.
    OpenThreat,
    /// A list and a deadline.
    DatedThreat,
    /// Sanctions in force.
    Sanctions {
        /// For how long, years.
        years: f64,
        /// Whether retaliation has begun.
        retaliation: bool,
        /// The WTO's verdict, once adopted.
        verdict: Option<Verdict>,
    },
}

/// What the WTO has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Against the home country, which has a period to comply that both sides know.
    Lost {
        /// Years left of that period.
        years_to_comply: f64,
    },
    /// For the home country.
    Won,
}

/// Everything that the limits of one day depend on besides parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standpoint {
    /// Form of the text on the table.
    pub form: Form,
    /// What stands behind the demand.
    pub leverage: Leverage,
    /// The home government's credibility, c.
    pub credibility: f64,
    /// Exchange rate, the partner's currency per USD.
    pub exchange_rate: f64,
    /// Market flows at that rate.
    pub flows: Flows,
    /// What the partner has lost under sanctions so far, as it weighs its own and third parties' part, billion USD.
    pub suffered: f64,
    /// Whether the summit is near.
    pub summit: bool,
    /// News that hardens the partner, billion USD.
    pub news_partner: f64,
    /// News that hardens the home government.
    pub news_home: f64,
}

/// The limits of one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The most that the partner would sign.
    pub partner: f64,
    /// The least that the home government would take.
    pub home: f64,
    /// Worth to the home government of executing.
    pub execute: f64,
    /// Worth to the home government of backing down.
    pub back_down: f64,
    /// Worth to the home government of no deal, N.
    pub no_deal: f64,
    /// Probability that the home government executes at a deadline without a deal, q.
    pub execution_probability: f64,
}

impl Limits {
    /// The zone of agreement: the partner's limit less the home government's.
    #[must_use]
    pub fn zone(&self) -> f64 {
        self.partner - self.home
    }
}

/// A(T): worth today of one dollar a year for `years`.
#[must_use]
pub fn annuity(rate: f64, years: f64) -> f64 {
    let exponent = rate * years;
    // Below this the quotient loses digits and the series does not.
    if exponent.abs() < 1e-6 { years * (1.0 - 0.5 * exponent) } else { (1.0 - exp(-exponent)) / rate }
}

/// kappa(f): what a text of form f costs the partner at size 1, billion USD a year.
#[must_use]
pub fn cost_to_partner(p: &Parameters, form: Form) -> f64 {
    p.parts_purchases * p.forced_purchase_cost + p.numerical_target_cost * form.strength()
}

/// beta(f): what it is worth to the home country.
#[must_use]
pub fn value_to_home(p: &Parameters, form: Form) -> f64 {
    p.parts_purchases * p.parts_value_home * (1.0 - p.vague_text_discount * (1.0 - form.strength()))
}

/// What sanctions cost the partner as it feels it, billion USD a year: its makers' loss, and customers who go to third parties.
#[must_use]
pub fn felt_by_partner(p: &Parameters, flows: &Flows) -> f64 {
    p.makers_weight * flows.partner_makers_loss + p.third_party_weight * flows.third_party_gain
}

/// The limits of both sides.
#[must_use]
pub fn limits(p: &Parameters, stakes: &Stakes, s: &Standpoint) -> Limits {
    let a_deal = annuity(p.discount_rate, p.deal_years);
    let kappa = cost_to_partner(p, s.form) * a_deal;
    let beta = value_to_home(p, s.form) * a_deal;
    let (served, retaliation_begun, verdict) = match s.leverage {
        Leverage::Sanctions { years, retaliation, verdict } => (Some(years), retaliation, verdict),
        _ => (None, false, None),
    };
    let years = served.unwrap_or(0.0);
    let (loss_partner, loss_home) = match verdict {
        Some(Verdict::Lost { .. }) => (1.0, 1.0),
        Some(Verdict::Won) => (0.0, 0.0),
        None if !p.wto => (0.0, 0.0),
        None => ((stakes.panel_loss + p.optimism).min(1.0), (stakes.panel_loss - p.optimism).max(0.0)),
    };
    let lasting = |years: f64| annuity(p.discount_rate, years.max(p.sanctions_years_least));
    let if_won = lasting(p.sanctions_years_longest - years);
    let if_lost = match verdict {
        Some(Verdict::Lost { years_to_comply }) => lasting(years_to_comply),
        _ => lasting(p.sanctions_years - years),
    };
    let duration = |loss: f64| loss * if_lost + (1.0 - loss) * if_won;

    let flows = &s.flows;
    let pain = duration(loss_partner) * felt_by_partner(p, flows) + p.suffered_weight * s.suffered;
    let stake = pain - loss_partner * p.vindication;
    let mut refusal = stakes.refusal_reward - if s.summit { p.summit_relief } else { 0.0 };
    refusal = refusal.max(0.0);
    refusal *= match (s.leverage, served) {
        (Leverage::None, _) => p.refusal_before_threat,
        (_, Some(years)) => 1.0 + p.rally * exp(-years / p.rally_years),
        _ => 1.0,
    };
    refusal *= 1.0 - p.refusal_relief * (1.0 - s.form.strength());
    let credit = match s.leverage {
        Leverage::None => p.no_threat_credit * s.credibility,
        Leverage::OpenThreat => p.open_threat_credit * s.credibility,
        Leverage::DatedThreat => s.credibility,
        Leverage::Sanctions { .. } => 1.0,
    };
    let free = (p.cheap_parts_slope * ln(p.cheap_parts_par / s.exchange_rate)).max(0.0);
    let partner_at = |credit: f64| (free + (credit * stake - refusal - s.news_partner) / kappa).clamp(0.0, 1.0);
    let partner = partner_at(credit);

    let retaliation = p.retaliation_margin
        * p.retaliation_orders
        * match served {
            None => p.retaliation_probability,
            Some(_) if retaliation_begun => 1.0,
            Some(_) => p.retaliation_feared * p.retaliation_probability,
        };
    let flow = p.home_makers_weight * flows.home_makers_gain + p.revenue_weight * flows.extra_duty
        - p.consumers_weight * flows.consumers_loss
        - p.dealers_weight * flows.dealers_loss
        - retaliation
        - p.security_cost;
    let reward = match served {
        Some(years) => stakes.execution_reward * exp(-years / p.execution_fade_years),
        None => stakes.execution_reward,
    };
    let later = p.late_deal_share * beta * partner_at(1.0);
    let execute = reward + duration(loss_home) * flow - loss_home * p.ruling_censure + later;
    let back_down = -p.backing_down_cost * s.credibility;
    let (no_deal, execution_probability) = match s.leverage {
        Leverage::None | Leverage::OpenThreat => {
            (p.waiting_discount * beta * p.waiting_commitment, logistic((execute - back_down) / p.decision_spread))
        }
        Leverage::DatedThreat => {
            (soft_maximum(execute, back_down, p.decision_spread), logistic((execute - back_down) / p.decision_spread))
        }
        Leverage::Sanctions { .. } => (execute, 1.0),
    };
    let home = ((p.ratification_cost + no_deal + s.news_home) / beta).clamp(0.0, 1.0);
    Limits { partner, home, execute, back_down, no_deal, execution_probability }
}

/// 1 / (1 + exp(-x)).
fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// s ln(exp(a/s) + exp(b/s)), without overflow.
fn soft_maximum(a: f64, b: f64, s: f64) -> f64 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    high + s * ln(1.0 + exp((low - high) / s))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    fn june_1995(form: Form) -> Standpoint {
        Standpoint {
            form,
            leverage: Leverage::DatedThreat,
            credibility: 0.6216,
            exchange_rate: 84.6355,
            flows: fixtures::flows().at(84.6355),
            suffered: 0.0,
            summit: false,
            news_partner: 0.0,
            news_home: 0.0,
        }
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-4, "{a}, expected {b}");
    }
    fn at_means(p: &Parameters) -> Stakes {
        Stakes { execution_reward: p.execution_reward, refusal_reward: p.refusal_reward, panel_loss: p.panel_loss }
    }

    #[test]
    fn limits_at_mean_rewards_in_june_1995() {
        let p = fixtures::parameters();
        let stakes = at_means(&p);
        close(annuity(p.discount_rate, 3.0), 2.7059);
        for (form, partner, home) in
            [(Form::Plans, 0.6112, 0.4163), (Form::Criteria, 0.4118, 0.3161), (Form::Targets, 0.2955, 0.2384)]
        {
            let limits = limits(&p, &stakes, &june_1995(form));
            close(limits.partner, partner);
            close(limits.home, home);
        }
        let plans = limits(&p, &stakes, &june_1995(Form::Plans));
        close(plans.execute, 0.6386);
        close(plans.no_deal, 0.6773);
        close(plans.execution_probability, 0.9256);
    }

    #[test]
    fn without_a_threat_in_may_1994_there_is_no_zone() {
        let p = fixtures::parameters();
        let situation = Standpoint {
            leverage: Leverage::None,
            credibility: 2.5 / 5.5,
            exchange_rate: 103.75,
            flows: fixtures::flows().at(103.75),
            ..june_1995(Form::Criteria)
        };
        let limits = limits(&p, &at_means(&p), &situation);
        close(limits.partner, 0.0360);
        close(limits.home, 0.3142);
    }

    /// Nothing at stake: the partner's limit is what the exchange rate buys anyway.
    #[test]
    fn without_stakes_the_partner_signs_what_it_would_buy_anyway() {
        let p = Parameters { vindication: 0.0, ruling_censure: 0.0, ..fixtures::parameters() };
        let stakes = Stakes { execution_reward: 0.0, refusal_reward: 0.0, panel_loss: 0.75 };
        let situation = Standpoint { flows: Flows::default(), ..june_1995(Form::Plans) };
        let limits = limits(&p, &stakes, &situation);
        assert!((limits.partner - 1.2 * (100.0_f64 / 84.6355).ln()).abs() < 1e-14);
    }

    /// Losses suffered raise what the partner would sign by their weight over the cost of the text, and what Washington waits for with it.
    #[test]
    fn losses_suffered_soften_the_partner() {
        let p = Parameters { suffered_weight: 0.25, ..fixtures::parameters() };
        let leverage = Leverage::Sanctions { years: 0.5, retaliation: false, verdict: None };
        let at = |suffered| limits(&p, &at_means(&p), &Standpoint { leverage, suffered, ..june_1995(Form::Criteria) });
        let (before, after) = (at(0.0), at(1.5));
        let rise = 0.25 * 1.5 / (cost_to_partner(&p, Form::Criteria) * annuity(p.discount_rate, p.deal_years));
        assert!((after.partner - before.partner - rise).abs() < 1e-14, "{before:?} {after:?}");
        let later = p.late_deal_share * value_to_home(&p, Form::Criteria) * annuity(p.discount_rate, p.deal_years);
        assert!((after.execute - before.execute - later * rise).abs() < 1e-14);
        let unweighted = fixtures::parameters();
        let same =
            limits(&unweighted, &at_means(&p), &Standpoint { leverage, suffered: 1.5, ..june_1995(Form::Criteria) });
        assert_eq!(same, before);
    }

    #[test]
    fn the_annuity_has_its_limit_at_a_zero_rate() {
        assert_eq!(annuity(0.0, 3.0), 3.0);
        assert!((annuity(1e-7, 3.0) - annuity(1.001e-6, 3.0)).abs() < 1e-5);
        assert!((annuity(0.07, 1.85) - 1.7352).abs() < 1e-4);
    }

    #[test]
    fn the_soft_maximum_does_not_overflow() {
        assert_eq!(soft_maximum(1e6, -1e6, 0.5), 1e6);
        assert!((soft_maximum(1.0, 1.0, 0.5) - (1.0 + 0.5 * 2.0_f64.ln())).abs() < 1e-15);
    }

    /// Softening the text from targets to plans cuts the partner's cost by 65% and the value at home by 32%.
    #[test]
    fn the_side_document_is_worth_more_to_one_than_it_costs_the_other() {
        let p = fixtures::parameters();
        close(cost_to_partner(&p, Form::Plans) / cost_to_partner(&p, Form::Targets), 0.35);
        close(value_to_home(&p, Form::Plans) / value_to_home(&p, Form::Targets), 0.68);
    }
}
