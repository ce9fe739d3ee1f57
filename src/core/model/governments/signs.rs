//! One change at a time: which way each of them should move the outcome.

use super::{ExchangePath, Flows, Setup};
use crate::numerics::elementary::{exp, ln};

/// A change to a study, with a name for tables.
#[derive(Clone, Copy, Debug)]
pub struct SettingChange {
    /// Short name.
    pub name: &'static str,
    /// What it does, in words.
    pub description: &'static str,
    /// Makes the change.
    pub apply: fn(&mut Setup),
}

fn flows(setup: &mut Setup, change: impl Fn(&mut Flows)) {
    setup.flows = setup.flows.map(|mut flows| {
        change(&mut flows);
        flows
    });
}

fn weak_currency(setup: &mut Setup) {
    if let Ok(path) = ExchangePath::constant(setup.parameters.cheap_parts_par) {
        setup.exchange_rate = path;
    }
}

/// The market's side of a weak currency at an unchanged rate: makers' loss and third parties' gain grow, nothing else does.
fn weak_currency_in_the_market(setup: &mut Setup) {
    let rate = setup.exchange_rate.on(setup.calendar.deadline);
    let [now, weak] = [rate, setup.parameters.cheap_parts_par].map(|rate| setup.flows.at(rate));
    let ratio = |weak: f64, now: f64| if weak > 0.0 && now > 0.0 { exp(ln(weak) - ln(now)) } else { 1.0 };
    let makers = ratio(weak.partner_makers_loss, now.partner_makers_loss);
    let third_party = ratio(weak.third_party_gain, now.third_party_gain);
    setup.flows = setup.flows.map(|flows| Flows {
        partner_makers_loss: makers * flows.partner_makers_loss,
        third_party_gain: third_party * flows.third_party_gain,
        ..flows
    });
}

macro_rules! changes {
    ($( $name:literal, $description:literal, $apply:expr; )*) => {
        &[$( SettingChange { name: $name, description: $description, apply: $apply }, )*]
    };
}

/// The changes of the sign table.
pub const CHANGES: &[SettingChange] = changes! {
    "makers_loss_up", "the partner's makers' loss +25%", |s| flows(s, |f| f.partner_makers_loss *= 1.25);
    "third_party_gain_up", "third parties' gain +25%", |s| flows(s, |f| f.third_party_gain *= 1.25);
    "refusal_reward_up", "the partner's reward for refusing +25%", |s| s.parameters.refusal_reward *= 1.25;
    "execution_reward_up", "the home government's reward for executing +20%", |s| s.parameters.execution_reward *= 1.2;
    "ratification_cost_up", "cost of selling a deal +0.2", |s| s.parameters.ratification_cost += 0.2;
    "consumers_loss_up", "consumers' loss +50%", |s| flows(s, |f| f.consumers_loss *= 1.5);
    "dealers_loss_doubled", "dealers' loss doubled", |s| flows(s, |f| f.dealers_loss *= 2.0);
    "extra_duty_up", "duty revenue +50%", |s| flows(s, |f| f.extra_duty *= 1.5);
    "home_makers_gain_up", "gain of home makers +50%", |s| flows(s, |f| f.home_makers_gain *= 1.5);
    "weak_currency", "partner's currency at par, in the market and in parts", weak_currency;
    "weak_currency_market_only", "partner's currency at par, in the market alone", weak_currency_in_the_market;
    "no_plans", "text never softer than criteria", |s| {
        s.parameters.plans_hazard = 0.0;
        s.parameters.plans_hazard_late = 0.0;
        s.parameters.plans_hazard_sanctions = 0.0;
    };
    "targets_only", "numerical targets only", |s| s.parameters.numerical_only = true;
    "vague_text_discounted", "vague text discounted by 0.6", |s| s.parameters.vague_text_discount = 0.6;
    "no_retaliation", "no retaliation", |s| s.parameters.retaliation_probability = 0.0;
    "certain_retaliation", "retaliation certain", |s| s.parameters.retaliation_probability = 1.0;
    "security_cost_doubled", "security cost doubled", |s| s.parameters.security_cost *= 2.0;
    "censure_doubled", "cost of losing at the WTO doubled", |s| s.parameters.ruling_censure *= 2.0;
    "no_wto", "no WTO", |s| s.parameters.wto = false;
    "no_wto_no_retaliation", "no WTO, no retaliation", |s| {
        s.parameters.wto = false;
        s.parameters.retaliation_probability = 0.0;
    };
    "panel_loss_low", "probability of losing at the WTO 0.5", |s| s.parameters.panel_loss = 0.5;
    "panel_loss_high", "probability of losing at the WTO 0.9", |s| s.parameters.panel_loss = 0.9;
    "no_optimism", "no optimism", |s| s.parameters.optimism = 0.0;
    "more_optimism", "optimism 0.2", |s| s.parameters.optimism = 0.2;
    "short_sanctions", "sanctions expected to last one year", |s| s.parameters.sanctions_years = 1.0;
    "low_credibility", "six threats not kept", |s| s.parameters.threats_broken = 6.0;
    "high_credibility", "five threats kept", |s| s.parameters.threats_kept = 5.0;
    "bluff", "no reward for executing", |s| s.parameters.execution_reward = 0.0;
    "better_late_deal", "share of a later deal 0.3", |s| s.parameters.late_deal_share = 0.3;
    "news_doubled", "news doubled", |s| s.parameters.news_sd *= 2.0;
    "no_news", "no news", |s| s.parameters.news_sd = 0.0;
    "softer_tactics", "concession exponent 0.6", |s| s.parameters.tactic_exponent = 0.6;
    "soft_tactics", "concession exponent 1.5", |s| s.parameters.tactic_exponent = 1.5;
};

/// The study with one change made.
#[must_use]
pub fn changed(setup: &Setup, change: &SettingChange) -> Setup {
    let mut changed = setup.clone();
    (change.apply)(&mut changed);
    changed
}
