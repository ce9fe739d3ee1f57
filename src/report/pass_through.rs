//! How much of a duty reaches the buyer, in the three ways in which it is asked.

use jiff::civil::Date;

use super::record::table;
use crate::model::trade::chain::PassThrough;
use crate::model::trade::policy::Policy;
use crate::model::trade::regime::Force;
use crate::study::Study;

table! {
    /// How much of the duties charged reaches the buyer under every regime, one row for each time prices or duties change.
    pub struct PassThroughRow in "pass_through" by [regime, week] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// first week in which these prices and duties hold
        week: u32;
        /// first day of that week
        week_start: Date;
        /// number of models charged another duty than in the base year, without a quota or an inspection; the rest of the row is of these,
        /// weighted by base-year volumes
        models: u32;
        /// change of the sticker price from the base year
        price_change: f64, "fraction";
        /// change of what the maker keeps of a car, duty and local costs taken off
        border_price_change: f64, "fraction";
        /// change of the sticker price over what the new duty takes of the base year's border price beyond the base year's duty
        per_dollar_old_base: f64;
        /// change of the sticker price over change of the duty owed
        per_dollar_owed: f64;
        /// change of the log landed price over change of the log of one plus the rate
        border_elasticity: f64;
    }
}

/// Rows of `pass_through.csv`: the regimes given, phase by phase; a negotiated regime has other prices in every replication and no rows.
#[must_use]
pub fn pass_through_rows(study: &Study, regimes: &[usize]) -> Vec<PassThroughRow> {
    let (scenario, market) = (study.scenario(), &study.scenario().market);
    let policy = Policy {
        market,
        instruments: &scenario.instruments,
        marginal_cost_usd: &study.shared_world().makers.costs.marginal_cost,
        base_share: &[],
    };
    let list = market.list_prices();
    let charged = |week: u32, force: &[Force]| policy.duties(week, force, Force::Charged, |_| true);
    let base = charged(0, &vec![Force::None; scenario.instruments.len()]);
    let mut rows = Vec::new();
    for &regime in regimes.iter().filter(|regime| study.negotiated(**regime).is_none()) {
        let Some(plan) = study.plans().get(regime) else { continue };
        let force = scenario.regimes[regime].force(&scenario.instruments, scenario.weeks).unwrap_or_default();
        let mut shown = None;
        for (week, force) in (0..scenario.weeks).zip(&force) {
            if shown == Some(plan.phase_index(week as usize)) {
                continue;
            }
            shown = Some(plan.phase_index(week as usize));
            let phase = plan.phase(week as usize);
            let duty = charged(week, force);
            let price = &phase.sticker_price_usd;
            let alone = |j: &usize| phase.quota_rent_usd[*j] == 0.0 && phase.inspection_usd[*j] == 0.0;
            let taxed: Vec<usize> = (0..market.len()).filter(|j| duty[*j] != base[*j]).filter(alone).collect();
            if taxed.is_empty() {
                continue;
            }
            let volume = |j: usize| market.models[j].base_volume;
            let found = PassThrough::of(&market.duty_responses(&taxed, [&base, &duty], price));
            let weight: f64 = taxed.iter().map(|j| volume(*j)).sum();
            let mean = |of: &dyn Fn(usize) -> f64| taxed.iter().map(|j| volume(*j) * of(*j)).sum::<f64>() / weight;
            let kept = |j: usize| duty[j].producer_price_usd(price[j]) / base[j].producer_price_usd(list[j]) - 1.0;
            rows.push(PassThroughRow {
                regime: scenario.regimes[regime].name.clone(),
                week,
                week_start: scenario.week_start(week),
                models: taxed.len() as u32,
                price_change: mean(&|j| price[j] / list[j] - 1.0),
                border_price_change: mean(&kept),
                per_dollar_old_base: found.per_dollar_old_base,
                per_dollar_owed: found.per_dollar_owed,
                border_elasticity: found.border_elasticity,
            });
        }
    }
    rows
}
