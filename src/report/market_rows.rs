//! Rows about the market itself: the base year it is calibrated to, and the list prices of every regime.

use jiff::civil::Date;

use super::record::table;
use crate::model::trade::regime::Force;
use crate::study::{BaseYear, Study};

table! {
    /// The base year that the market is calibrated to: data, fit, recovered costs, elasticities, diversion.
    pub struct BaseYearRow in "base_year" by [model] {
        /// car model
        model: String;
        /// brand on the badge
        brand: String;
        /// manufacturer that sets the price
        manufacturer: String;
        /// region of the badge
        region: String;
        /// whether the model carries the scenario's headline flag
        flagged: bool;
        /// volume in the data
        base_volume: f64, "cars per year";
        /// expected volume at base-year prices, of the buyers that prices are set for
        expected_volume: f64, "cars per year";
        /// base-year sticker price, duty included
        list_price_usd: f64, "USD";
        /// duty at that price
        duty_usd: f64, "USD per car";
        /// marginal cost from the first-order conditions; contains the dealer's margin, under the vertical chain at the border
        marginal_cost_usd: f64, "USD";
        /// what the maker keeps of the price less marginal cost
        margin_usd: f64, "USD";
        /// own-price elasticity of expected demand
        own_elasticity: f64;
        /// share of buyers lost to a small price rise who buy none of the models
        outside_diversion: f64, "fraction";
        /// what word of mouth does to expected sales at the start (zero to first order); empty without it
        peers_change: f64, "fraction";
    }
}

table! {
    /// List prices of every model under every regime, one row for each time they or the duties change.
    pub struct PricingRow in "pricing" by [regime, week, model] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// first week in which these prices and duties hold
        week: u32;
        /// first day of that week
        week_start: Date;
        /// car model
        model: String;
        /// region of the badge
        region: String;
        /// whether the model carries the scenario's headline flag
        flagged: bool;
        /// sticker price, duty included
        sticker_price_usd: f64, "USD";
        /// duty that a car sold now owes, in the price or not
        duty_usd: f64, "USD per car";
        /// sticker price less duty
        producer_price_usd: f64, "USD";
        /// shadow price of quotas in the producer price, kept by the sellers
        quota_rent_usd: f64, "USD per car";
        /// cost of inspecting a car, in the producer price
        inspection_usd: f64, "USD per car";
        /// part of the duty that goes back to the importer after a reversal
        refund_usd: f64, "USD per car";
        /// payment to the buyer, already taken off sticker price and duty
        rebate_usd: f64, "USD per car";
        /// change of the sticker price from the base year
        price_change_usd: f64, "USD";
        /// the same as a fraction of the base-year price
        price_change: f64, "fraction";
        /// change of the sticker price over change of the duty; empty where the duty is that of the base year or not decided yet,
        /// and under a quota or an inspection
        pass_through: f64;
    }
}

/// Rows of `base_year.csv`, in the order of the market.
#[must_use]
pub fn base_year_rows(study: &Study, base_year: &BaseYear) -> Vec<BaseYearRow> {
    let scenario = study.scenario();
    let market = &scenario.market;
    let duty = &study.plans().baseline().phase(0).duty_usd;
    let rows = market.models.iter().zip(&base_year.models).zip(duty).enumerate();
    rows.map(|(j, ((model, base), duty_usd))| BaseYearRow {
        model: model.name.clone(),
        brand: market.brands[model.brand].clone(),
        manufacturer: market.manufacturers[model.manufacturer].clone(),
        region: market.regions[model.region].clone(),
        flagged: model.flagged,
        base_volume: model.base_volume,
        expected_volume: base.expected_volume,
        list_price_usd: model.list_price_usd,
        duty_usd: *duty_usd,
        marginal_cost_usd: base.marginal_cost_usd,
        margin_usd: base.margin_usd,
        own_elasticity: base.own_elasticity,
        outside_diversion: base.outside_diversion,
        peers_change: base_year.peers_change.get(j).copied().unwrap_or(f64::NAN),
    })
    .collect()
}

/// Rows of `pricing.csv`: the regimes given, phase by phase; a negotiated regime has other prices in every replication and
/// no rows.
#[must_use]
pub fn pricing_rows(study: &Study, regimes: &[usize]) -> Vec<PricingRow> {
    let scenario = study.scenario();
    let market = &scenario.market;
    let base_duty = &study.plans().baseline().phase(0).duty_usd;
    let mut rows = Vec::new();
    for &regime in regimes.iter().filter(|regime| study.negotiated(**regime).is_none()) {
        let Some(plan) = study.plans().get(regime) else { continue };
        // While a duty is owed but not decided it is in no price.
        let force = scenario.regimes[regime].force(&scenario.instruments, scenario.weeks).unwrap_or_default();
        let pending = |week: u32, model: usize| {
            force.get(week as usize).is_some_and(|now| {
                let owed = now.iter().zip(&scenario.instruments);
                owed.into_iter().any(|(force, instrument)| *force == Force::OwedLater && instrument.selected[model])
            })
        };
        let mut shown = None;
        for week in 0..scenario.weeks {
            if shown == Some(plan.phase_index(week as usize)) {
                continue;
            }
            shown = Some(plan.phase_index(week as usize));
            let phase = plan.phase(week as usize);
            for (j, model) in market.models.iter().enumerate() {
                let price_change_usd = phase.sticker_price_usd[j] - model.list_price_usd;
                let duty_change = phase.duty_usd[j] - base_duty[j];
                let alone = phase.quota_rent_usd[j] == 0.0 && phase.inspection_usd[j] == 0.0;
                rows.push(PricingRow {
                    regime: scenario.regimes[regime].name.clone(),
                    week,
                    week_start: scenario.week_start(week),
                    model: model.name.clone(),
                    region: market.regions[model.region].clone(),
                    flagged: model.flagged,
                    sticker_price_usd: phase.sticker_price_usd[j],
                    duty_usd: phase.duty_usd[j],
                    producer_price_usd: phase.producer_price_usd[j],
                    quota_rent_usd: phase.quota_rent_usd[j],
                    inspection_usd: phase.inspection_usd[j],
                    refund_usd: phase.refund_usd[j],
                    rebate_usd: phase.rebate_usd[j],
                    price_change_usd,
                    price_change: price_change_usd / model.list_price_usd,
                    pass_through: if duty_change == 0.0 || !alone || pending(week, j) {
                        f64::NAN
                    } else {
                        price_change_usd / duty_change
                    },
                });
            }
        }
    }
    rows
}
