//! Every number of the bargaining, with its default and the values it may take.
//!
//! Payoffs are billions of dollars, present value; flows are billions of dollars a year. All defaults are judgements, not
//! measurements, made for one dispute: `configs/governments-1995.toml` writes each out with its reason, `docs/governments.md` lists
//! them. Another dispute sets its own.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Any finite number.
    Finite,
    /// At least zero.
    NonNegative,
    /// Above zero.
    Positive,
    /// From 0 to 1.
    Fraction,
}

impl Bound {
    /// Whether a value will do.
    #[must_use]
    pub fn admits(self, value: f64) -> bool {
        value.is_finite()
            && match self {
                Self::Finite => true,
                Self::NonNegative => value >= 0.0,
                Self::Positive => value > 0.0,
                Self::Fraction => (0.0..=1.0).contains(&value),
            }
    }
    /// What would do, in words.
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            Self::Finite => "a finite number",
            Self::NonNegative => "a number at least zero",
            Self::Positive => "a number above zero",
            Self::Fraction => "a fraction between 0 and 1",
        }
    }
}

/// A parameter outside its bounds, or two that contradict each other.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key} is {value}, expected {expected}")]
pub struct InvalidParameter {
    /// Name of the parameter.
    pub key: &'static str,
    /// Its value.
    pub value: f64,
    /// What would do.
    pub expected: String,
}

/// How buyers and firms judge the threat.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "BeliefChoice")]
pub enum BeliefMode {
    /// By the home government's reputation for carrying threats out.
    #[default]
    Reputation,
    /// By the probability with which the home government would execute, as if its payoffs were known.
    Rational,
    /// Not at all: what is in force stays, what is threatened does not come.
    Naive,
}

/// Calls `$with!` with the list of parameters: documentation, name, bound, default.
///
/// The struct, its defaults, its checks and the section of the scenario file are all made from this one list.
macro_rules! governments_parameters {
    ($with:ident) => {
        $with! {
            /// Discount rate, a year.
            discount_rate: NonNegative = 0.07;
            /// Years for which a deal binds.
            deal_years: Positive = 3.0;

            /// Parts purchases that a commitment of 1 buys, billion USD a year.
            parts_purchases: Positive = 6.0;
            /// Cost of a forced purchase to the partner, as a share of its value.
            forced_purchase_cost: NonNegative = 0.10;
            /// Cost of numerical targets to the partner at commitment 1, billion USD a year.
            numerical_target_cost: Positive = 2.6;
            /// Worth of a dollar of parts exports to the home government.
            parts_value_home: Positive = 0.18;
            /// Share of that worth lost when the text names no targets at all.
            vague_text_discount: Fraction = 0.4;

            /// Weight of its makers' loss in the partner's payoff.
            makers_weight: NonNegative = 0.80;
            /// Weight of customers lost to makers of third countries.
            third_party_weight: NonNegative = 0.25;
            /// Domestic reward in the partner for saying no, billion USD: mean over worlds.
            refusal_reward: NonNegative = 1.05;
            /// Its standard deviation over worlds; draws below zero count as zero.
            refusal_reward_sd: NonNegative = 0.55;
            /// Share of the reward that a text without targets takes away.
            refusal_relief: Fraction = 0.5;
            /// Share of the reward that counts before the open threat.
            refusal_before_threat: NonNegative = 0.3;
            /// Rise of the reward when sanctions begin, as a share.
            rally: NonNegative = 0.6;
            /// Years over which that rise fades.
            rally_years: Positive = 1.0;
            /// Worth to the partner of vindication by the WTO.
            vindication: NonNegative = 0.5;
            /// Fall of the reward around the summit.
            summit_relief: NonNegative = 0.10;
            /// Days before and after the summit in which it holds.
            summit_days: NonNegative = 3.0;
            /// Commitment that a strong currency of the partner buys without a deal, for each log point above par.
            cheap_parts_slope: NonNegative = 1.2;
            /// Exchange rate at which it buys nothing, the partner's currency per USD.
            cheap_parts_par: Positive = 100.0;

            /// Worth to the home government of having carried the threat out: mean over worlds.
            execution_reward: Finite = 1.45;
            /// Its standard deviation over worlds.
            execution_reward_sd: NonNegative = 0.45;
            /// Years over which it fades under sanctions.
            execution_fade_years: Positive = 3.0;
            /// Cost of selling any deal at home.
            ratification_cost: Finite = 0.15;
            /// Weight of home makers' profits in the home government's payoff.
            home_makers_weight: NonNegative = 0.5;
            /// Weight of duty revenue.
            revenue_weight: NonNegative = 0.5;
            /// Weight of consumers' loss.
            consumers_weight: NonNegative = 0.10;
            /// Weight of dealers' loss.
            dealers_weight: NonNegative = 0.5;
            /// Worth lost by backing down, times credibility.
            backing_down_cost: NonNegative = 1.0;
            /// Share of the worth of a later deal that executing keeps open.
            late_deal_share: NonNegative = 0.20;
            /// Spread of the decision to execute, billion USD.
            decision_spread: Positive = 0.5;
            /// Cost to the home government of sanctions to security cooperation, billion USD a year.
            security_cost: NonNegative = 0.10;
            /// Worth of waiting without a dated threat, as a share of the deal waited for.
            waiting_discount: Fraction = 0.5;
            /// Commitment of that deal.
            waiting_commitment: Fraction = 0.5;

            /// Probability that the partner retaliates against sanctions.
            retaliation_probability: Fraction = 0.5;
            /// Orders moved from home exporters to a rival, billion USD a year.
            retaliation_orders: NonNegative = 2.0;
            /// Profit that the home country loses on an order.
            retaliation_margin: Fraction = 0.20;
            /// Years from sanctions to the earliest retaliation.
            retaliation_first_years: NonNegative = 0.1;
            /// Years from sanctions to the latest.
            retaliation_last_years: NonNegative = 0.5;
            /// Share of its expected cost that counts under sanctions before it begins.
            retaliation_feared: NonNegative = 0.5;

            /// Probability that the WTO rules against the home country: mean over worlds.
            panel_loss: Fraction = 0.75;
            /// Its standard deviation over worlds.
            panel_loss_sd: NonNegative = 0.10;
            /// What each side adds to its own chances.
            optimism: Fraction = 0.10;
            /// Cost to the home government of losing.
            ruling_censure: NonNegative = 1.0;
            /// Years that sanctions are expected to last if the home country loses.
            sanctions_years: Positive = 1.85;
            /// Years if it wins.
            sanctions_years_longest: Positive = 3.0;
            /// Years always still expected.
            sanctions_years_least: NonNegative = 0.3;
            /// Earliest panel report, days after the request.
            report_days_first: NonNegative = 320.0;
            /// Latest.
            report_days_last: NonNegative = 390.0;
            /// Earliest adoption after appeal, days after the report.
            adoption_days_first: NonNegative = 105.0;
            /// Latest.
            adoption_days_last: NonNegative = 120.0;
            /// Earliest compliance, days after adoption.
            compliance_days_first: NonNegative = 30.0;
            /// Latest.
            compliance_days_last: NonNegative = 460.0;
            /// Probability that the home government complies with a ruling against it.
            compliance: Fraction = 0.85;

            /// Share of credibility that an open threat without a date carries.
            open_threat_credit: Fraction = 0.5;
            /// Share without any threat.
            no_threat_credit: Fraction = 0.25;
            /// The partner's opening offer.
            opening_partner: Fraction = 0.05;
            /// The home government's opening demand.
            opening_home: Fraction = 1.0;
            /// Exponent of concession before a deadline: median over worlds; below 1 is tough.
            tactic_exponent: Positive = 0.15;
            /// Standard deviation of its logarithm, for each side and world.
            tactic_exponent_log_sd: NonNegative = 0.6;
            /// Exponent without a deadline.
            undated_exponent: Positive = 0.8;
            /// Years over which offers without a deadline approach the limits.
            undated_years: Positive = 0.75;
            /// Exponent under sanctions.
            sanctions_exponent: Positive = 0.7;
            /// Probability that a round takes place.
            round_probability: Fraction = 0.75;
            /// Last days before a deadline with a round a day, in place of one a week.
            daily_round_days: NonNegative = 14.0;
            /// Last days in which the round surely takes place.
            sure_round_days: NonNegative = 3.0;
            /// Probability a day that company plans replace criteria in the text.
            plans_hazard: Fraction = 0.02;
            /// The same in the last days.
            plans_hazard_late: Fraction = 0.35;
            /// How many those are.
            plans_late_days: NonNegative = 7.0;
            /// The same in each weekly round under sanctions.
            plans_hazard_sanctions: Fraction = 0.10;
            /// Least commitment worth signing.
            least_commitment: Fraction = 0.05;
            /// Standard deviation of the news on each side's limit, billion USD.
            news_sd: NonNegative = 0.25;
            /// Half-life of news, weeks.
            news_half_life_weeks: Positive = 8.0;

            /// Threats kept, in the count of the day that talks begin.
            threats_kept: Positive = 2.0;
            /// Threats not kept.
            threats_broken: Positive = 3.0;
            /// Credit for walking away when talks break down.
            walkout_credit: NonNegative = 0.5;
            /// Debit for a procedure that ended without sanctions.
            procedure_debit: NonNegative = 0.5;
            /// Credit for a pact with another country after a threat that was believed.
            pact_credit: NonNegative = 1.0;
            /// Credit for each formal step: finding, list, liability.
            step_credit: NonNegative = 0.75;
            /// Credit for executing.
            execution_credit: NonNegative = 2.0;
            /// Debit for backing down.
            lapse_debit: NonNegative = 2.0;

            /// The public's prior mean of the zone of agreement, in commitment.
            prior_zone: Finite = 0.20;
            /// Its standard deviation.
            prior_zone_sd: Positive = 0.26;
            /// Exponent that the public takes the tactics to have.
            public_exponent: Positive = 0.15;
            /// Standard deviation of the public's reading of an offer.
            offer_noise: NonNegative = 0.08;
            /// Widening of the zone that the public expects while criteria are still on the table.
            expected_softening: Finite = 0.12;
            /// Rate a year at which sanctions in force are expected to end.
            sanctions_end_rate: NonNegative = 0.85;
            /// The public's probability that a settlement fails two reviews in a row.
            two_failures_expected: Fraction = 0.06;

            /// Commitment at which a deal has the results below.
            reference_commitment: Positive = 0.5;
            /// Rate a year at which effort on a settlement fades.
            effort_decay: NonNegative = 1.0;
            /// Standard deviation of log initial effort over worlds; its mean is 1.
            effort_log_sd: NonNegative = 0.25;
            /// New dealers a year at full effort, the reference commitment and the dealers' par.
            dealers_rate: NonNegative = 200.0;
            /// Exchange rate of the dealers' par, the partner's currency per USD.
            dealers_par: Positive = 84.6;
            /// Growth of home makers' sales in the partner's market a year at full effort.
            sales_effort: Finite = 0.32;
            /// Elasticity of those sales to the exchange rate a year before (enters with a minus).
            sales_exchange_elasticity: Finite = 1.5;
            /// Standard deviation of their growth over a year.
            sales_sd: NonNegative = 0.05;
            /// Home makers' sales in the partner's market in the base year, billion USD.
            sales_base: Positive = 0.9;
            /// Parts purchases in the base year, billion USD.
            parts_base: Positive = 18.42;
            /// Growth of parts purchases a year without effort.
            parts_trend: Finite = 0.08;
            /// Added growth at full effort.
            parts_effort: Finite = 0.135;
            /// Elasticity to the exchange rate a year before (enters with a minus).
            parts_exchange_elasticity: Finite = 0.2;
            /// Standard deviation of their growth over a year.
            parts_sd: NonNegative = 0.02;
            /// Growth of transplant output a year without effort.
            transplants_trend: Finite = 0.03;
            /// Added growth at full effort.
            transplants_effort: Finite = 0.05;
            /// Added growth for each log point of the partner's currency above par two years before.
            transplants_exchange_slope: Finite = 0.15;
            /// Standard deviation of its growth over a year.
            transplants_sd: NonNegative = 0.02;
            /// Target: new dealers a year.
            target_dealers: Positive = 200.0;
            /// Target: growth of parts purchases in three years.
            target_parts: Positive = 0.50;
            /// Target: growth of home makers' sales a year.
            target_sales: Positive = 0.20;
            /// Target: growth of transplant output in three years.
            target_transplants: Positive = 0.12;
            /// Weight of parts in a review's score.
            score_parts: NonNegative = 0.4;
            /// Weight of dealers.
            score_dealers: NonNegative = 0.3;
            /// Weight of sales.
            score_sales: NonNegative = 0.2;
            /// Weight of transplants.
            score_transplants: NonNegative = 0.1;
            /// Score that passes.
            pass_score: Finite = 0.5;
            /// How far company plans bind: share of credibility with which two failures bring the threat back.
            enforcement_plans: Fraction = 0.05;
            /// The same for criteria.
            enforcement_criteria: Fraction = 0.5;
            /// The same for numerical targets.
            enforcement_targets: Fraction = 1.0;
            /// Days from a reinstated threat to its deadline.
            reinstated_days: Positive = 60.0;
        }
    };
}
pub(crate) use governments_parameters;

macro_rules! define_parameters {
    ($( $(#[$doc:meta])* $name:ident: $bound:ident = $default:expr; )*) => {
        /// The parameters of the two governments, their tactics, the public's beliefs and the settlement's results.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Parameters {
            $( $(#[$doc])* pub $name: f64, )*
            /// How buyers and firms judge the threat.
            pub beliefs: BeliefMode,
            /// The form of text on the table from the resumption of talks: criteria, or numerical targets for good.
            pub numerical_only: bool,
            /// Whether there is a WTO to complain to.
            pub wto: bool,
        }

        impl Default for Parameters {
            fn default() -> Self {
                Self { $( $name: $default, )* beliefs: BeliefMode::default(), numerical_only: false, wto: true }
            }
        }

        impl Parameters {
            /// Names and bounds of all numbers, in the order of this file.
            pub const KEYS: &'static [(&'static str, Bound)] = &[$( (stringify!($name), Bound::$bound), )*];

            /// All numbers, in the order of [`Self::KEYS`].
            #[must_use]
            pub fn values(&self) -> Vec<f64> {
                vec![$( self.$name, )*]
            }
        }
    };
}
governments_parameters!(define_parameters);

impl Parameters {
    /// Checks every bound, and that ranges are ranges.
    ///
    /// # Errors
    /// [`InvalidParameter`] naming the first key that does not hold.
    pub fn check(&self) -> Result<(), InvalidParameter> {
        for ((key, bound), value) in Self::KEYS.iter().zip(self.values()) {
            if !bound.admits(value) {
                return Err(InvalidParameter { key, value, expected: bound.expected().to_owned() });
            }
        }
        let ranges = [
            ("report_days_last", self.report_days_first, self.report_days_last),
            ("adoption_days_last", self.adoption_days_first, self.adoption_days_last),
            ("compliance_days_last", self.compliance_days_first, self.compliance_days_last),
            ("retaliation_last_years", self.retaliation_first_years, self.retaliation_last_years),
            ("sanctions_years_longest", self.sanctions_years, self.sanctions_years_longest),
        ];
        for (key, first, last) in ranges {
            if last < first {
                return Err(InvalidParameter { key, value: last, expected: format!("at least {first}") });
            }
        }
        // Days and years are turned into days of a calendar of some decades.
        let spans = [
            ("report_days_last", self.report_days_last),
            ("adoption_days_last", self.adoption_days_last),
            ("compliance_days_last", self.compliance_days_last),
            ("retaliation_last_years", 365.0 * self.retaliation_last_years),
            ("sanctions_years_longest", 365.0 * self.sanctions_years_longest),
            ("reinstated_days", self.reinstated_days),
        ];
        for (key, days) in spans {
            if days > 36_500.0 {
                return Err(InvalidParameter { key, value: days, expected: "at most a century".to_owned() });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn defaults_are_within_their_bounds() {
        assert_eq!(Parameters::default().check(), Ok(()));
        assert_eq!(Parameters::KEYS.len(), Parameters::default().values().len());
    }

    #[test]
    fn bad_values_are_refused_by_name() {
        let refused = |change: fn(&mut Parameters)| {
            let mut parameters = Parameters::default();
            change(&mut parameters);
            parameters.check().unwrap_err().key
        };
        assert_eq!(refused(|p| p.discount_rate = f64::NAN), "discount_rate");
        assert_eq!(refused(|p| p.panel_loss = 1.2), "panel_loss");
        assert_eq!(refused(|p| p.decision_spread = 0.0), "decision_spread");
        assert_eq!(refused(|p| p.report_days_last = 100.0), "report_days_last");
        assert_eq!(refused(|p| p.sanctions_years_longest = 1.0), "sanctions_years_longest");
        assert_eq!(refused(|p| p.reinstated_days = 1e9), "reinstated_days");
    }
}
