//! What buyers and firms believe: the public probability of a settlement, and from it the probability that a car will bear
//! the duty.
//!
//! The public starts from a prior on the zone of agreement and reads the offers, which reveal the limits as
//! v = u^(1/0.15) of the way is gone:
//!
//! ```text
//! zhat = zone + 0.12 [criteria still on the table] + 0.08 (eps_1 + eps_2) / v,     prec = v^2 / (2 * 0.08^2)
//! m    = (z0 / s0^2 + prec zhat) / (1 / s0^2 + prec)
//! var  = 1 / (1 / s0^2 + prec) + news still to come
//! S    = Phi(m / sqrt(var))
//! ```
//!
//! The noise of a reading is one draw for each side and threat, so a belief moves with the offers and not from day to day
//! by itself. Outside a dated threat S is that of the prior.

use super::parameters::Parameters;
use super::reservation::{Form, annuity, cost_to_partner, value_to_home};
use super::state::State;
use crate::numerics::elementary::{exp, ln};
use crate::numerics::normal;

/// What the public sees of the talks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PublicReading {
    /// Share of the time to the deadline elapsed, u.
    pub progress: f64,
    /// The true zone of agreement.
    pub zone: f64,
    /// Sum of two standard normal draws.
    pub noise: f64,
    /// Whether company plans are on the table.
    pub plans_on_table: bool,
    /// Weeks to the deadline; none outside a dated threat.
    pub weeks_left: Option<f64>,
}

impl PublicReading {
    /// Nothing seen.
    pub const PRIOR: Self = Self { progress: 0.0, zone: 0.0, noise: 0.0, plans_on_table: true, weeks_left: None };
}

/// S, the public probability of a settlement by the deadline.
#[must_use]
pub fn settlement_probability(p: &Parameters, reading: &PublicReading) -> f64 {
    let prior_precision = 1.0 / (p.prior_zone_sd * p.prior_zone_sd);
    let noise_variance = 2.0 * p.offer_noise * p.offer_noise;
    let v = if reading.progress > 0.0 { exp(ln(reading.progress) / p.public_exponent) } else { 0.0 };
    let softening = if reading.plans_on_table { 0.0 } else { p.expected_softening };
    let (mean, variance) = if v > 0.0 && noise_variance == 0.0 {
        (reading.zone + softening, 0.0)
    } else {
        let precision = v * v / noise_variance;
        // precision * noise / v without the division by a v that may be tiny.
        let signal = if v > 0.0 {
            precision * (reading.zone + softening) + v / noise_variance * p.offer_noise * reading.noise
        } else {
            0.0
        };
        let total = prior_precision + if v > 0.0 { precision } else { 0.0 };
        ((p.prior_zone * prior_precision + signal) / total, 1.0 / total)
    };
    let sd = (variance + reading.weeks_left.map_or(0.0, |weeks| news_to_come(p, weeks))).sqrt();
    if sd > 0.0 {
        normal::cdf(mean / sd)
    } else if mean >= 0.0 {
        1.0
    } else {
        0.0
    }
}

/// Variance of the zone from news in the weeks left, at a text of company plans.
fn news_to_come(p: &Parameters, weeks: f64) -> f64 {
    let decay = exp(-2.0 * std::f64::consts::LN_2 * weeks.max(0.0) / p.news_half_life_weeks);
    let a = annuity(p.discount_rate, p.deal_years);
    let side = |worth: f64| 1.0 / (worth * a * worth * a);
    p.news_sd
        * p.news_sd
        * (1.0 - decay)
        * (side(cost_to_partner(p, Form::Plans)) + side(value_to_home(p, Form::Plans)))
}

/// Probability that a car bears the extra duty.
///
/// `strength` is the credibility of the threat in the mode of beliefs that is in use, `settled` the public probability of a
/// settlement, `enforced` how far the signed text binds, `years_ahead` the time from the decision (under sanctions: from
/// now) to the purchase.
#[must_use]
pub fn belief(p: &Parameters, state: State, strength: f64, settled: f64, enforced: f64, years_ahead: f64) -> f64 {
    let lasting = exp(-p.sanctions_end_rate * years_ahead.max(0.0));
    match state {
        State::Talks | State::Breakdown | State::Reversed => 0.0,
        State::Threatened => p.open_threat_credit * strength * (1.0 - settled) * lasting,
        State::Announced => strength * (1.0 - settled) * lasting,
        State::Lapsed => p.no_threat_credit * strength * (1.0 - settled) * lasting,
        State::Settled => strength * enforced * p.two_failures_expected,
        State::Imposed => lasting,
        State::Defied => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::parameters as p;
    use super::*;

    /// 17 and 24 May 1995, hardly any offers seen: 0.143 and 0.150.
    #[test]
    fn beliefs_in_may_1995_follow_from_the_prior() {
        let before = |weeks: f64| PublicReading { weeks_left: Some(weeks), progress: 0.02, ..PublicReading::PRIOR };
        let on = |weeks, c| belief(&p(), State::Announced, c, settlement_probability(&p(), &before(weeks)), 0.0, 0.0);
        assert!((on(6.0, 5.0 / 8.5) - 0.143).abs() < 1e-3);
        assert!((on(5.0, 5.75 / 9.25) - 0.150).abs() < 1e-3);
        let open = settlement_probability(&p(), &PublicReading::PRIOR);
        assert!((belief(&p(), State::Threatened, 0.5, open, 0.0, 0.0) - 0.055).abs() < 1e-3);
    }

    /// Without noise the public sees the zone as the deadline comes.
    #[test]
    fn without_noise_the_deadline_reveals_the_zone() {
        let p = Parameters { offer_noise: 0.0, news_sd: 0.0, ..p() };
        for zone in [-0.02, 0.02] {
            let s = |progress| {
                let reading = PublicReading { progress, zone, noise: 1.0, plans_on_table: true, weeks_left: Some(0.0) };
                settlement_probability(&p, &reading)
            };
            assert_eq!(s(1.0), f64::from(u8::from(zone > 0.0)));
            assert!((s(0.0) - normal::cdf(0.2 / 0.26)).abs() < 1e-12);
        }
        let nearly = Parameters { offer_noise: 1e-6, ..p };
        let reading =
            PublicReading { progress: 1.0, zone: 0.01, noise: 2.0, plans_on_table: true, weeks_left: Some(0.0) };
        assert!(settlement_probability(&nearly, &reading) > 0.999_999);
    }

    #[test]
    fn purchases_long_after_the_deadline_are_less_at_risk() {
        let at = |state, years| belief(&p(), state, 0.6, 0.75, 0.05, years);
        assert!((at(State::Announced, 1.0) / at(State::Announced, 0.0) - (-0.85_f64).exp()).abs() < 1e-12);
        assert_eq!(at(State::Imposed, 0.0), 1.0);
        assert_eq!((at(State::Talks, 0.0), at(State::Reversed, 0.0), at(State::Defied, 3.0)), (0.0, 0.0, 1.0));
        // One week of sanctions: the chance of an end is 0.016.
        assert!((1.0 - at(State::Imposed, 1.0 / 52.0) - 0.016).abs() < 5e-4);
    }
}
