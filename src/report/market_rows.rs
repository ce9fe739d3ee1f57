//! Rows about the market itself: the base year it is calibrated to, and the list prices of every regime.

use jiff::civil::Date;

use super::record::{Cell, Field, FieldType, Record};
use crate::model::trade::regime::Force;
use crate::study::{BaseYear, Study};

/// One model in the base year (`base_year.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct BaseYearRow {
    /// Car model.
    pub model: String,
    /// Brand.
    pub brand: String,
    /// Manufacturer that sets the price.
    pub manufacturer: String,
    /// Region of the badge.
    pub region: String,
    /// Whether the model carries the headline flag.
    pub sanctioned: bool,
    /// Volume in the data, cars a year.
    pub base_volume: f64,
    /// Expected volume at base-year prices, cars a year.
    pub expected_volume: f64,
    /// List price, USD.
    pub list_price_usd: f64,
    /// Duty at that price, USD.
    pub duty_usd: f64,
    /// Recovered marginal cost, USD.
    pub marginal_cost_usd: f64,
    /// Price less duty and cost, USD.
    pub margin_usd: f64,
    /// Own-price elasticity.
    pub own_elasticity: f64,
    /// Diversion to the outside option.
    pub outside_diversion: f64,
    /// What word of mouth does to expected sales at the start, as a fraction; NaN without it.
    pub peers_change: f64,
}

/// One model's prices from one revision to the next (`pricing.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct PricingRow {
    /// Regime name.
    pub regime: String,
    /// First week of these prices.
    pub week: u32,
    /// Its first day.
    pub week_start: Date,
    /// Car model.
    pub model: String,
    /// Region of the badge.
    pub region: String,
    /// Whether the model carries the headline flag.
    pub sanctioned: bool,
    /// Sticker price, USD.
    pub sticker_price_usd: f64,
    /// Duty owed per car, USD.
    pub duty_usd: f64,
    /// Sticker price less duty, USD.
    pub producer_price_usd: f64,
    /// Shadow price of quotas in the price, kept by the sellers, USD.
    pub quota_rent_usd: f64,
    /// Cost of inspecting a car, USD.
    pub inspection_usd: f64,
    /// Part of the duty that goes back to the importer later, USD.
    pub refund_usd: f64,
    /// Payment to the buyer, taken off sticker price and duty, USD.
    pub rebate_usd: f64,
    /// Change of the sticker price from the base year, USD.
    pub price_change_usd: f64,
    /// The same as a fraction.
    pub price_change: f64,
    /// Change of the sticker price over change of the duty; NaN where the duty did not change or is not alone.
    pub pass_through: f64,
}

fn text(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::String, "", description)
}

fn number(name: &str, unit: &'static str, description: &str) -> Field {
    Field::new(name, FieldType::Number, unit, description)
}

impl Record for BaseYearRow {
    const TABLE: &'static str = "base_year";
    const DESCRIPTION: &'static str =
        "The base year that the market is calibrated to: data, fit, recovered costs, elasticities, diversion.";
    const KEY: &'static [&'static str] = &["model"];

    fn fields() -> Vec<Field> {
        vec![
            text("model", "car model"),
            text("brand", "brand on the badge"),
            text("manufacturer", "manufacturer that sets the price"),
            text("region", "region of the badge"),
            Field::new("sanctioned", FieldType::Boolean, "", "whether the model carries the scenario's headline flag"),
            number("base_volume", "cars per year", "volume in the data"),
            number(
                "expected_volume",
                "cars per year",
                "expected volume at base-year prices, of the buyers that prices are set for",
            ),
            number("list_price_usd", "USD", "base-year sticker price, duty included"),
            number("duty_usd", "USD per car", "duty at that price"),
            number(
                "marginal_cost_usd",
                "USD",
                "marginal cost from the first-order conditions; contains the dealer's margin",
            ),
            number("margin_usd", "USD", "price less duty and marginal cost"),
            number("own_elasticity", "", "own-price elasticity of expected demand"),
            number(
                "outside_diversion",
                "fraction",
                "share of buyers lost to a small price rise who buy none of the models",
            ),
            number(
                "peers_change",
                "fraction",
                "what word of mouth does to expected sales at the start (zero to first order); empty without it",
            ),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells: Vec<Cell> =
            [&self.model, &self.brand, &self.manufacturer, &self.region].map(|text| Cell::Text(text.clone())).into();
        cells.push(Cell::Boolean(self.sanctioned));
        cells.extend(
            [
                self.base_volume,
                self.expected_volume,
                self.list_price_usd,
                self.duty_usd,
                self.marginal_cost_usd,
                self.margin_usd,
                self.own_elasticity,
                self.outside_diversion,
                self.peers_change,
            ]
            .map(Cell::Number),
        );
        cells
    }
}

impl Record for PricingRow {
    const TABLE: &'static str = "pricing";
    const DESCRIPTION: &'static str =
        "List prices of every model under every regime, one row for each time they or the duties change.";
    const KEY: &'static [&'static str] = &["regime", "week", "model"];

    fn fields() -> Vec<Field> {
        vec![
            text("regime", "policy regime, by its name in the scenario"),
            Field::new("week", FieldType::Integer, "", "first week in which these prices and duties hold"),
            Field::new("week_start", FieldType::Date, "", "first day of that week"),
            text("model", "car model"),
            text("region", "region of the badge"),
            Field::new("sanctioned", FieldType::Boolean, "", "whether the model carries the scenario's headline flag"),
            number("sticker_price_usd", "USD", "sticker price, duty included"),
            number("duty_usd", "USD per car", "duty that a car sold now owes, in the price or not"),
            number("producer_price_usd", "USD", "sticker price less duty"),
            number(
                "quota_rent_usd",
                "USD per car",
                "shadow price of quotas in the producer price, kept by the sellers",
            ),
            number("inspection_usd", "USD per car", "cost of inspecting a car, in the producer price"),
            number("refund_usd", "USD per car", "part of the duty that goes back to the importer after a reversal"),
            number("rebate_usd", "USD per car", "payment to the buyer, already taken off sticker price and duty"),
            number("price_change_usd", "USD", "change of the sticker price from the base year"),
            number("price_change", "fraction", "the same as a fraction of the base-year price"),
            number(
                "pass_through",
                "",
                "change of the sticker price over change of the duty; empty where the duty is that of the base year or not decided yet, and under a quota or an inspection",
            ),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![
            Cell::Text(self.regime.clone()),
            Cell::Integer(u64::from(self.week)),
            Cell::Date(self.week_start),
            Cell::Text(self.model.clone()),
            Cell::Text(self.region.clone()),
            Cell::Boolean(self.sanctioned),
        ];
        cells.extend(
            [
                self.sticker_price_usd,
                self.duty_usd,
                self.producer_price_usd,
                self.quota_rent_usd,
                self.inspection_usd,
                self.refund_usd,
                self.rebate_usd,
                self.price_change_usd,
                self.price_change,
                self.pass_through,
            ]
            .map(Cell::Number),
        );
        cells
    }
}

/// Rows of `base_year.csv`, in the order of the market.
#[must_use]
pub fn base_year_rows(study: &Study, base_year: &BaseYear) -> Vec<BaseYearRow> {
    let scenario = study.scenario();
    let market = &scenario.market;
    let duty = &study.plans()[scenario.baseline].phase(0).duty_usd;
    let rows = market.models.iter().zip(&base_year.models).zip(duty).enumerate();
    rows.map(|(j, ((model, base), duty_usd))| BaseYearRow {
        model: model.name.clone(),
        brand: market.brands[model.brand].clone(),
        manufacturer: market.manufacturers[model.manufacturer].clone(),
        region: market.regions[model.region].clone(),
        sanctioned: model.flagged,
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
    let base_duty = &study.plans()[scenario.baseline].phase(0).duty_usd;
    let mut rows = Vec::new();
    for &regime in regimes.iter().filter(|regime| study.negotiated(**regime).is_none()) {
        let plan = &study.plans()[regime];
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
                    sanctioned: model.flagged,
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
