//! Rows about the market itself: the base year it is calibrated to, and the list prices of every regime.

use jiff::civil::Date;

use super::build::Report;
use super::record::table;
use super::rows::Quoted;
use crate::model::plan::RegimePlan;
use crate::model::quotes::{BaseYearMetric, QuoteLayout, QuoteMetric, of_model};
use crate::model::trade::regime::Regime;
use crate::study::quotes::Quotation;
use crate::study::{Arm, BaseYear};

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
        expected_volume: Quoted, "cars per year";
        /// base-year list price, duty included
        list_price_usd: f64, "USD";
        /// normal duty at that price
        duty_usd: f64, "USD per car";
        /// what the Treasury pays the buyer of a car in the base year: he pays the list price less it
        credit_usd: f64, "USD per car";
        /// marginal cost from the first-order conditions; contains the dealer's margin, under the vertical chain at the border
        marginal_cost_usd: Quoted, "USD";
        /// what the maker keeps of the price less marginal cost
        margin_usd: Quoted, "USD";
        /// own-price elasticity of expected demand
        own_elasticity: Quoted;
        /// share of buyers lost to a small price rise who buy none of the models
        outside_diversion: Quoted, "fraction";
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
        /// sticker price, duty included; of a model that is not on sale that at which it would be
        sticker_price_usd: Quoted, "USD";
        /// duty that a car sold now owes, in the price or not
        duty_usd: Quoted, "USD per car";
        /// sticker price less duty
        producer_price_usd: Quoted, "USD";
        /// shadow price of quotas in the producer price, and of quotas by rate what the last car owes beyond the mean of all; kept by the sellers
        quota_rent_usd: Quoted, "USD per car";
        /// cost of inspecting a car, in the producer price
        inspection_usd: f64, "USD per car";
        /// part of the duty that goes back to the importer after a reversal
        refund_usd: Quoted, "USD per car";
        /// payment to the buyer, already taken off sticker price and duty
        rebate_usd: f64, "USD per car";
        /// paid to the buyer by the maker, already taken off sticker and producer price: the list price is the sticker price and this
        incentive_usd: f64, "USD per car";
        /// change of the sticker price from the base year
        price_change_usd: f64, "USD";
        /// the same as a fraction of the base-year price
        price_change: f64, "fraction";
        /// change of the sticker price over change of the duty; empty where the duty is that of the base year or not decided yet,
        /// and under a quota, an inspection or an incentive
        pass_through: Quoted;
    }
}

impl Report<'_> {
    /// What is at `place` of a row of prices (see [`crate::model::quotes`]) of an arm: `shared` where replications share the buyers.
    pub(super) fn quoted(&self, arm: Arm, row: usize, place: usize, shared: f64) -> Quoted {
        let own = |layout: QuoteLayout| Quoted::mean(&self.results.level(arm, layout.row(row, place)));
        self.layout().quotes.map_or_else(|| Quoted::shared(shared), own)
    }

    /// Rows of `base_year.csv`, in the order of the market.
    #[must_use]
    pub fn base_year(&self, base_year: &BaseYear) -> Vec<BaseYearRow> {
        let scenario = self.study.scenario();
        let market = &scenario.market;
        let duty = self.study.plans().baseline().normal_duty_usd();
        let quoted = |metric: BaseYearMetric, j: usize, shared: f64| {
            let own = |layout: QuoteLayout| {
                Quoted::mean(&self.results.level(self.results.baseline(), layout.base_year(metric, j)))
            };
            self.layout().quotes.map_or_else(|| Quoted::shared(shared), own)
        };
        let rows = market.models.iter().zip(&base_year.models).zip(duty).enumerate();
        rows.map(|(j, ((model, base), duty_usd))| BaseYearRow {
            model: model.name.clone(),
            brand: market.brands[model.brand].clone(),
            manufacturer: market.manufacturers[model.manufacturer].clone(),
            region: market.regions[model.region].clone(),
            flagged: model.flagged,
            base_volume: model.base_volume,
            expected_volume: quoted(BaseYearMetric::ExpectedVolume, j, base.expected_volume),
            list_price_usd: model.list_price_usd,
            duty_usd: *duty_usd,
            credit_usd: model.credit_usd,
            marginal_cost_usd: quoted(BaseYearMetric::MarginalCost, j, base.marginal_cost_usd),
            margin_usd: quoted(BaseYearMetric::Margin, j, base.margin_usd),
            own_elasticity: quoted(BaseYearMetric::OwnElasticity, j, base.own_elasticity),
            outside_diversion: quoted(BaseYearMetric::OutsideDiversion, j, base.outside_diversion),
            peers_change: base_year.peers_change.get(j).copied().unwrap_or(f64::NAN),
        })
        .collect()
    }

    /// The regimes whose prices are the same history in every replication, with those prices: not the negotiated ones.
    pub(super) fn scheduled(&self) -> impl Iterator<Item = (Arm, &Regime, &RegimePlan)> {
        let of = |arm: Arm| {
            let position = self.regimes[arm.0];
            let plan = self.study.plans().get(position).filter(|_| self.study.negotiated(position).is_none())?;
            Some((arm, &self.study.scenario().regimes[position], plan))
        };
        self.results.arms().filter_map(of)
    }

    /// Rows of `pricing.csv`, phase by phase; a negotiated regime has other prices in every replication and no rows.
    #[must_use]
    pub fn pricing(&self) -> Vec<PricingRow> {
        let (study, scenario) = (self.study, self.study.scenario());
        let market = &scenario.market;
        let quotation = Quotation::new(scenario, study.shared_world());
        let mut rows = Vec::new();
        for (arm, regime, plan) in self.scheduled() {
            let (forces, instruments) = (quotation.forces(regime), quotation.instruments(regime));
            for (at, week) in plan.changes().enumerate() {
                let shared = quotation.row(plan, week, &forces[week as usize], &instruments);
                let phase = plan.phase(week as usize);
                for (j, model) in market.models.iter().enumerate() {
                    let quoted = |metric: QuoteMetric| {
                        let place = of_model(metric, j, market.len());
                        self.quoted(arm, at, place, shared[place])
                    };
                    let sticker_price_usd = quoted(QuoteMetric::StickerPrice);
                    let price_change_usd = sticker_price_usd.value - model.base_price_usd();
                    rows.push(PricingRow {
                        regime: regime.name.clone(),
                        week,
                        week_start: scenario.week_start(week),
                        model: model.name.clone(),
                        region: market.regions[model.region].clone(),
                        flagged: model.flagged,
                        sticker_price_usd,
                        duty_usd: quoted(QuoteMetric::Duty),
                        producer_price_usd: quoted(QuoteMetric::ProducerPrice),
                        quota_rent_usd: quoted(QuoteMetric::QuotaRent),
                        inspection_usd: phase.inspection_usd[j],
                        refund_usd: quoted(QuoteMetric::Refund),
                        rebate_usd: phase.rebate_usd[j],
                        incentive_usd: phase.incentive_usd[j],
                        price_change_usd,
                        price_change: price_change_usd / model.base_price_usd(),
                        pass_through: quoted(QuoteMetric::PassThrough),
                    });
                }
            }
        }
        rows
    }
}
