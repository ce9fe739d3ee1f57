//! What a policy changes outside this market and its accounts count: retaliation, and purchases that a settlement brings.
//!
//! Retaliation moves orders from the home country's exporters to a rival's: the exporters lose their margin, the partner pays for the
//! worse choice, the rival gains a margin, and the orders widen the deficit. Parts purchases are a transfer from the partner's makers to
//! suppliers at home; a tenth of them cross the border, and half of the rest goes into cars that displace imports.

use super::slots::{Account, AccountsLayout, TradeMetric};
use crate::model::ids::RegionId;
use crate::model::trade::instrument::Retaliation;

/// Flows of one week, USD.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ExternalFlows {
    /// Orders that the partner moves to the rival.
    pub orders_moved: f64,
    /// Margin on them that exporters at home lose.
    pub exporters_loss: f64,
    /// What the worse choice costs the partner.
    pub partner_cost: f64,
    /// Margin that the rival's exporters gain.
    pub rival_gain: f64,
    /// Parts that the partner's makers buy beyond what they would have bought.
    pub parts: f64,
    /// Cars that home makers export to the partner beyond what they would have exported.
    pub exports: f64,
}

/// Margin of parts suppliers, paid by the partner's makers (estimate).
pub const PARTS_MARGIN: f64 = 0.10;
/// Part of the purchases that is exported from home.
pub const PARTS_EXPORTED: f64 = 0.1;
/// Part of the purchases that goes into cars built at home that displace imports: half of what is not exported.
pub const PARTS_DISPLACING_IMPORTS: f64 = 0.9 * 0.5;

impl AccountsLayout {
    /// Adds flows outside the market, one entry for each week of the horizon, to the filled slots of an outcome. Without an entry
    /// there are none.
    pub fn add_external(&self, values: &mut [f64], weeks: &[ExternalFlows]) {
        if weeks.iter().all(|flows| *flows == ExternalFlows::default()) {
            return;
        }
        for (p, period) in self.periods().iter().enumerate() {
            let mut sum = ExternalFlows::default();
            weeks.iter().take(period.to as usize).skip(period.from as usize).for_each(|flows| sum.add(flows));
            let suppliers = PARTS_MARGIN * sum.parts;
            let partner = -sum.partner_cost - suppliers;
            let mut add = |account: Account, usd: f64| {
                if let Some(position) = self.position(account) {
                    values[self.account(position, p)] += usd;
                }
            };
            add(Account::Exporters, -sum.exporters_loss);
            add(Account::PartsSuppliers, suppliers);
            add(Account::Partner, partner);
            add(Account::Rival, sum.rival_gain);
            add(Account::TotalHome, suppliers - sum.exporters_loss);
            add(self.total_of(self.partner), partner);
            add(self.total_of(self.rival), sum.rival_gain);
            // Parts are a transfer within the world.
            add(Account::World, sum.rival_gain - sum.exporters_loss - sum.partner_cost);
        }
        for (m, month) in self.months.iter().enumerate() {
            let mut sum = ExternalFlows::default();
            weeks.iter().take(month.to as usize).skip(month.from as usize).for_each(|flows| sum.add(flows));
            let widens = sum.orders_moved - (PARTS_EXPORTED + PARTS_DISPLACING_IMPORTS) * sum.parts - sum.exports;
            values[self.trade(TradeMetric::Deficit, m)] += widens * 52.0 / f64::from(month.to - month.from);
        }
    }

    /// The total that a region's gains belong to.
    fn total_of(&self, region: Option<RegionId>) -> Account {
        match region {
            None => Account::Elsewhere,
            Some(region) if self.position(Account::TotalOf(region)).is_some() => Account::TotalOf(region),
            Some(_) => Account::TotalHome,
        }
    }
}

impl ExternalFlows {
    /// A week of retaliation.
    #[must_use]
    pub fn retaliation(retaliation: Retaliation) -> Self {
        let orders = retaliation.orders_usd_per_year / 52.0;
        Self {
            orders_moved: orders,
            exporters_loss: retaliation.exporter_margin * orders,
            partner_cost: retaliation.orderer_cost * orders,
            rival_gain: retaliation.rival_gain * orders,
            ..Self::default()
        }
    }
    fn add(&mut self, other: &Self) {
        self.orders_moved += other.orders_moved;
        self.exporters_loss += other.exporters_loss;
        self.partner_cost += other.partner_cost;
        self.rival_gain += other.rival_gain;
        self.parts += other.parts;
        self.exports += other.exports;
    }
}
