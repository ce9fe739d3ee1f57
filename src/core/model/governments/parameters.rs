//! Every number of the bargaining, with the values it may take.
//!
//! Payoffs are billions of dollars, present value; flows are billions of dollars a year. None has a default: each is of one dispute, and
//! a scenario gives it. Those of 1995, judgements and not measurements, stand with their reasons in `configs/parts/bargaining-1995.toml`.

use serde::Deserialize;

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Any number of a size that billions of dollars have.
    Finite,
    /// At least zero, of such a size.
    NonNegative,
    /// Above zero, of such a size.
    Positive,
    /// From 0 to 1.
    Fraction,
    /// Growth of a logarithm a year.
    Growth,
    /// An elasticity.
    Elasticity,
    /// Standard deviation of a logarithm.
    LogSpread,
}

/// Largest size of a parameter that is neither a fraction nor an exponent: a quadrillion dollars.
const LARGEST: f64 = 1e6;

impl Bound {
    /// Whether a value will do.
    #[must_use]
    pub fn admits(self, value: f64) -> bool {
        match self {
            Self::Finite => value.abs() <= LARGEST,
            Self::NonNegative => (0.0..=LARGEST).contains(&value),
            Self::Positive => value > 0.0 && value <= LARGEST,
            Self::Fraction => (0.0..=1.0).contains(&value),
            Self::Growth => value.abs() <= 3.0,
            Self::Elasticity => value.abs() <= 20.0,
            Self::LogSpread => (0.0..=3.0).contains(&value),
        }
    }
    /// What would do, in words.
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            Self::Finite => "a number from -1e6 to 1e6",
            Self::NonNegative => "a number from 0 to 1e6",
            Self::Positive => "a number above zero and at most 1e6",
            Self::Fraction => "a fraction between 0 and 1",
            Self::Growth => "a rate a year from -3 to 3, which is 300%",
            Self::Elasticity => "an elasticity from -20 to 20",
            Self::LogSpread => "a standard deviation of a logarithm from 0 to 3",
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", schemars(rename = "BeliefChoice"))]
pub enum BeliefMode {
    /// By the home government's reputation for carrying threats out.
    #[default]
    Reputation,
    /// By the probability with which the home government would execute, as if its payoffs were known.
    Rational,
    /// Not at all: what is in force stays, what is threatened does not come.
    Naive,
}

/// Calls `$with!` with the list of parameters: documentation, name, bound.
///
/// The struct, its checks and the section of the scenario file are all made from this one list.
#[macro_export]
macro_rules! governments_parameters {
    ($with:ident) => {
        $with! {
            /// Discount rate, a year.
            discount_rate: NonNegative;
            /// Years for which a deal binds.
            deal_years: Positive;

            /// Parts purchases that a commitment of 1 buys, billion USD a year.
            parts_purchases: Positive;
            /// Cost of a forced purchase to the partner, as a share of its value.
            forced_purchase_cost: NonNegative;
            /// Cost of numerical targets to the partner at commitment 1, billion USD a year.
            numerical_target_cost: Positive;
            /// Worth of a dollar of parts exports to the home government.
            parts_value_home: Positive;
            /// Share of that worth lost when the text names no targets at all.
            vague_text_discount: Fraction;

            /// Weight of its makers' loss in the partner's payoff.
            makers_weight: NonNegative;
            /// Weight of customers lost to makers of third countries.
            third_party_weight: NonNegative;
            /// Domestic reward in the partner for saying no, billion USD: mean over worlds.
            refusal_reward: NonNegative;
            /// Its standard deviation over worlds; draws below zero count as zero.
            refusal_reward_sd: NonNegative;
            /// Share of the reward that a text without targets takes away.
            refusal_relief: Fraction;
            /// Share of the reward that counts before the open threat.
            refusal_before_threat: NonNegative;
            /// Rise of the reward when sanctions begin, as a share.
            rally: NonNegative;
            /// Years over which that rise fades.
            rally_years: Positive;
            /// Worth to the partner of vindication by the WTO.
            vindication: NonNegative;
            /// Fall of the reward around the summit.
            summit_relief: NonNegative;
            /// Days before and after the summit in which it holds.
            summit_days: NonNegative;
            /// Commitment that a strong currency of the partner buys without a deal, for each log point above par.
            cheap_parts_slope: NonNegative;
            /// Exchange rate at which it buys nothing, the partner's currency per USD.
            cheap_parts_par: Positive;

            /// Worth to the home government of having carried the threat out: mean over worlds.
            execution_reward: Finite;
            /// Its standard deviation over worlds.
            execution_reward_sd: NonNegative;
            /// Years over which it fades under sanctions.
            execution_fade_years: Positive;
            /// Cost of selling any deal at home.
            ratification_cost: Finite;
            /// Weight of home makers' profits in the home government's payoff.
            home_makers_weight: NonNegative;
            /// Weight of duty revenue.
            revenue_weight: NonNegative;
            /// Weight of consumers' loss.
            consumers_weight: NonNegative;
            /// Weight of dealers' loss.
            dealers_weight: NonNegative;
            /// Worth lost by backing down, times credibility.
            backing_down_cost: NonNegative;
            /// Share of the worth of a later deal that executing keeps open.
            late_deal_share: Fraction;
            /// Spread of the decision to execute, billion USD.
            decision_spread: Positive;
            /// Cost to the home government of sanctions to security cooperation, billion USD a year.
            security_cost: NonNegative;
            /// Worth of waiting without a dated threat, as a share of the deal waited for.
            waiting_discount: Fraction;
            /// Commitment of that deal.
            waiting_commitment: Fraction;

            /// Probability that the partner retaliates against sanctions.
            retaliation_probability: Fraction;
            /// Orders moved from home exporters to a rival, billion USD a year.
            retaliation_orders: NonNegative;
            /// Profit that the home country loses on an order.
            retaliation_margin: Fraction;
            /// Years from sanctions to the earliest retaliation.
            retaliation_first_years: NonNegative;
            /// Years from sanctions to the latest.
            retaliation_last_years: NonNegative;
            /// Share of its expected cost that counts under sanctions before it begins.
            retaliation_feared: NonNegative;

            /// Probability that the WTO rules against the home country: mean over worlds.
            panel_loss: Fraction;
            /// Its standard deviation over worlds.
            panel_loss_sd: NonNegative;
            /// What each side adds to its own chances.
            optimism: Fraction;
            /// Cost to the home government of losing.
            ruling_censure: NonNegative;
            /// Years that sanctions are expected to last if the home country loses.
            sanctions_years: Positive;
            /// Years if it wins.
            sanctions_years_longest: Positive;
            /// Years always still expected.
            sanctions_years_least: NonNegative;
            /// Earliest panel report, days after the request.
            report_days_first: NonNegative;
            /// Latest.
            report_days_last: NonNegative;
            /// Earliest adoption after appeal, days after the report.
            adoption_days_first: NonNegative;
            /// Latest.
            adoption_days_last: NonNegative;
            /// Earliest compliance, days after adoption.
            compliance_days_first: NonNegative;
            /// Latest.
            compliance_days_last: NonNegative;
            /// Probability that the home government complies with a ruling against it.
            compliance: Fraction;

            /// Share of credibility that an open threat without a date carries.
            open_threat_credit: Fraction;
            /// Share without any threat.
            no_threat_credit: Fraction;
            /// The partner's opening offer.
            opening_partner: Fraction;
            /// The home government's opening demand.
            opening_home: Fraction;
            /// Exponent of concession before a deadline: median over worlds; below 1 is tough.
            tactic_exponent: Positive;
            /// Standard deviation of its logarithm, for each side and world.
            tactic_exponent_log_sd: LogSpread;
            /// Exponent without a deadline.
            undated_exponent: Positive;
            /// Years over which offers without a deadline approach the limits.
            undated_years: Positive;
            /// Exponent under sanctions.
            sanctions_exponent: Positive;
            /// Probability that a round takes place.
            round_probability: Fraction;
            /// Last days before a deadline with a round a day, in place of one a week.
            daily_round_days: NonNegative;
            /// Last days in which the round surely takes place.
            sure_round_days: NonNegative;
            /// Probability a day that company plans replace criteria in the text.
            plans_hazard: Fraction;
            /// The same in the last days.
            plans_hazard_late: Fraction;
            /// How many those are.
            plans_late_days: NonNegative;
            /// The same in each weekly round under sanctions.
            plans_hazard_sanctions: Fraction;
            /// Least commitment worth signing.
            least_commitment: Fraction;
            /// Standard deviation of the news on each side's limit, billion USD.
            news_sd: NonNegative;
            /// Half-life of news, weeks.
            news_half_life_weeks: Positive;

            /// Threats kept, in the count of the day that talks begin.
            threats_kept: Positive;
            /// Threats not kept.
            threats_broken: Positive;
            /// Credit for walking away when talks break down.
            walkout_credit: NonNegative;
            /// Debit for a procedure that ended without sanctions.
            procedure_debit: NonNegative;
            /// Credit for a pact with another country after a threat that was believed.
            pact_credit: NonNegative;
            /// Credit for each formal step: finding, list, liability.
            step_credit: NonNegative;
            /// Credit for executing.
            execution_credit: NonNegative;
            /// Debit for backing down.
            lapse_debit: NonNegative;

            /// The public's prior mean of the zone of agreement, in commitment.
            prior_zone: Finite;
            /// Its standard deviation.
            prior_zone_sd: Positive;
            /// Exponent that the public takes the tactics to have.
            public_exponent: Positive;
            /// Standard deviation of the public's reading of an offer.
            offer_noise: NonNegative;
            /// Widening of the zone that the public expects while criteria are still on the table.
            expected_softening: Finite;
            /// Rate a year at which sanctions in force are expected to end.
            sanctions_end_rate: NonNegative;
            /// The public's probability that a settlement fails two reviews in a row.
            two_failures_expected: Fraction;

            /// Commitment at which a deal has the results below.
            reference_commitment: Positive;
            /// Rate a year at which effort on a settlement fades.
            effort_decay: NonNegative;
            /// Standard deviation of log initial effort over worlds; its mean is 1.
            effort_log_sd: LogSpread;
            /// New dealers a year at full effort, the reference commitment and the dealers' par.
            dealers_rate: NonNegative;
            /// Exchange rate of the dealers' par, the partner's currency per USD.
            dealers_par: Positive;
            /// Growth of home makers' sales in the partner's market a year at full effort.
            sales_effort: Growth;
            /// Elasticity of those sales to the exchange rate a year before (enters with a minus).
            sales_exchange_elasticity: Elasticity;
            /// Standard deviation of their growth over a year.
            sales_sd: LogSpread;
            /// Home makers' sales in the partner's market in the base year, billion USD.
            sales_base: Positive;
            /// Parts purchases in the base year, billion USD.
            parts_base: Positive;
            /// Growth of parts purchases a year without effort.
            parts_trend: Growth;
            /// Added growth at full effort.
            parts_effort: Growth;
            /// Elasticity to the exchange rate a year before (enters with a minus).
            parts_exchange_elasticity: Elasticity;
            /// Standard deviation of their growth over a year.
            parts_sd: LogSpread;
            /// Growth of transplant output a year without effort.
            transplants_trend: Growth;
            /// Added growth at full effort.
            transplants_effort: Growth;
            /// Added growth for each log point of the partner's currency above par two years before.
            transplants_exchange_slope: Elasticity;
            /// Standard deviation of its growth over a year.
            transplants_sd: LogSpread;
            /// Target: new dealers a year.
            target_dealers: Positive;
            /// Target: growth of parts purchases in three years.
            target_parts: Positive;
            /// Target: growth of home makers' sales a year.
            target_sales: Positive;
            /// Target: growth of transplant output in three years.
            target_transplants: Positive;
            /// Weight of parts in a review's score.
            score_parts: NonNegative;
            /// Weight of dealers.
            score_dealers: NonNegative;
            /// Weight of sales.
            score_sales: NonNegative;
            /// Weight of transplants.
            score_transplants: NonNegative;
            /// Score that passes.
            pass_score: Finite;
            /// How far company plans bind: share of credibility with which two failures bring the threat back.
            enforcement_plans: Fraction;
            /// The same for criteria.
            enforcement_criteria: Fraction;
            /// The same for numerical targets.
            enforcement_targets: Fraction;
            /// Days from a reinstated threat to its deadline.
            reinstated_days: Positive;
        }
    };
}

macro_rules! define_parameters {
    ($( $(#[$doc:meta])* $name:ident: $bound:ident; )*) => {
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
            /// Weight in the partner's limit of losses suffered so far under sanctions, beside those to come; 0: bygones are bygones.
            pub suffered_weight: f64,
            /// Years over which such losses are forgotten; infinite: never.
            pub suffered_years: f64,
            /// Changes of the partner's government a year; each draws a new reward for refusing. 0: the first stays.
            pub partner_changes: f64,
        }

        impl Parameters {
            /// Parameters with the numbers `given`, in the order of [`Self::KEYS`]; the public judges by reputation, targets may be given up, there
            /// is a WTO, losses suffered count for nothing and governments stay.
            ///
            /// # Errors
            /// The keys whose number is not given.
            pub fn from_numbers(given: &[Option<f64>]) -> Result<Self, Vec<&'static str>> {
                let is_missing = |at: &usize| given.get(*at).is_none_or(Option::is_none);
                let missing: Vec<_> = (0..Self::KEYS.len()).filter(is_missing).map(|at| Self::KEYS[at].0).collect();
                if !missing.is_empty() {
                    return Err(missing);
                }
                let mut numbers = given.iter().flatten();
                let mut next = || numbers.next().copied().unwrap_or(f64::NAN);
                Ok(Self {
                    $( $name: next(), )*
                    beliefs: BeliefMode::default(),
                    numerical_only: false,
                    wto: true,
                    suffered_weight: 0.0,
                    suffered_years: f64::INFINITY,
                    partner_changes: 0.0,
                })
            }

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
        let options = [
            ("suffered_weight", self.suffered_weight, Bound::NonNegative),
            ("partner_changes", self.partner_changes, Bound::NonNegative),
        ];
        for (key, value, bound) in options {
            if !bound.admits(value) {
                return Err(InvalidParameter { key, value, expected: bound.expected().to_owned() });
            }
        }
        if self.suffered_years.is_nan() || self.suffered_years <= 0.0 {
            let expected = Bound::Positive.expected().to_owned();
            return Err(InvalidParameter { key: "suffered_years", value: self.suffered_years, expected });
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
    use super::super::fixtures::parameters;
    use super::Parameters;

    #[test]
    fn every_number_comes_from_who_gives_them() {
        assert_eq!(parameters().check(), Ok(()));
        let positions: Vec<f64> = (0..Parameters::KEYS.len()).map(|i| i as f64).collect();
        let mut given: Vec<Option<f64>> = positions.iter().copied().map(Some).collect();
        assert_eq!(Parameters::from_numbers(&given).unwrap().values(), positions);
        let last = Parameters::KEYS[positions.len() - 1].0;
        assert_eq!(Parameters::from_numbers(&given[..positions.len() - 1]), Err(vec![last]));
        for (number, (key, _)) in given.iter_mut().zip(Parameters::KEYS) {
            *number = number.filter(|_| !["rally", "wto_loss", "pass_score"].contains(key));
        }
        assert_eq!(Parameters::from_numbers(&given), Err(vec!["rally", "pass_score"]));
    }

    #[test]
    fn bad_values_are_refused_by_name() {
        let refused = |change: fn(&mut Parameters)| {
            let mut parameters = parameters();
            change(&mut parameters);
            parameters.check().unwrap_err().key
        };
        assert_eq!(refused(|p| p.discount_rate = f64::NAN), "discount_rate");
        assert_eq!(refused(|p| p.panel_loss = 1.2), "panel_loss");
        assert_eq!(refused(|p| p.decision_spread = 0.0), "decision_spread");
        assert_eq!(refused(|p| p.report_days_last = 100.0), "report_days_last");
        assert_eq!(refused(|p| p.sanctions_years_longest = 1.0), "sanctions_years_longest");
        assert_eq!(refused(|p| p.reinstated_days = 1e9), "reinstated_days");
        assert_eq!(refused(|p| p.reinstated_days = 40_000.0), "reinstated_days");
        // Rates a year and standard deviations of logarithms go into exponentials.
        assert_eq!(refused(|p| p.parts_trend = 1000.0), "parts_trend");
        assert_eq!(refused(|p| p.transplants_sd = 4.0), "transplants_sd");
        assert_eq!(refused(|p| p.sales_exchange_elasticity = -21.0), "sales_exchange_elasticity");
        assert_eq!(refused(|p| p.rally = 1e300), "rally");
        assert_eq!(refused(|p| p.suffered_weight = -1.0), "suffered_weight");
        assert_eq!(refused(|p| p.suffered_years = 0.0), "suffered_years");
        assert_eq!(refused(|p| p.partner_changes = f64::INFINITY), "partner_changes");
    }
}
