//! Accounts: who gains and who loses, by how much, and whether the money adds up.
//!
//! ```text
//! sticker price = production cost + maker's margin (quota rent and refund in it) + dealer's margin + duty less refund + inspection
//! home          = buyers + home-owned makers + dealers + Treasury - exporters' lost margin + parts suppliers
//! world         = buyers + outlay - production cost - dealers' avoidable cost - inspection - costs of retaliation
//! ```
//!
//! The world's account is formed without any regional term, so that it checks the sum of the regions and is not that sum. Profits
//! go by ownership, not by badge ([`Owners`]). Money is US dollars.
//!
//! Production is all that a car costs to the showroom but the dealers' margin, a constant amount for each car. Under the retail chain
//! marginal costs from the first-order conditions contain that margin; under the vertical chain they are costs at the border, and local
//! costs ([`Market::chain`]) contain it. Either way it is taken out before anything is reported. Local costs are resources and
//! nobody's gain, but for the part that [`AccountParameters::local_margin_share`] makes importers' margin: it is booked with dealers'.
//!
//! - [`ledger`]: the money of one model, and what a duty on it costs whom;
//! - [`owners`]: whose profits a region receives;
//! - [`year`]: accounts of one year of expected demand, between two situations of the market;
//! - [`slots`], [`job`]: accounts of a simulated job, by period and month;
//! - [`external`]: what policy changes outside the market: retaliation, purchases that a settlement brings.

pub mod external;
pub mod job;
pub mod ledger;
pub mod owners;
pub mod slots;
pub mod year;

use super::governments::ExchangePath;
use super::ids::RegionId;
use super::market::{DemandParameters, Market};
use crate::numerics::elementary::{exp, ln};
use crate::numerics::normal;

pub use external::ExternalFlows;
pub use job::{Imbalance, JobBooks, Surplus};
pub use ledger::{CarTerms, ModelAccount};
pub use owners::{InvalidOwners, Owners};
pub use slots::{Account, AccountsLayout, FirmMetric, TradeMetric, parties};
pub use year::{Situation, YearChange, market_flows, year_change};

/// Income classes: fifths of the population.
pub const FIFTHS: usize = 5;

/// Parameters of the accounts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccountParameters {
    /// Dealers' gross margin on a car, a fraction of its base-year list price.
    pub dealers_margin: f64,
    /// Part of that margin that pays for what a car not sold would save: the rest is the dealers' surplus.
    pub dealers_avoidable: f64,
    /// Part of local costs beyond the dealers' margin that is margin too, of importers and their regional offices: none of it is saved
    /// when a car is not sold. Nothing under the retail chain, which has no local costs.
    pub local_margin_share: f64,
}

impl Default for AccountParameters {
    fn default() -> Self {
        Self { dealers_margin: 0.10, dealers_avoidable: 0.4, local_margin_share: 0.0 }
    }
}

/// What a scenario says about its accounts.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountSettings {
    /// What a reader is shown for the importing country.
    pub home: String,
    /// Dealers' margins.
    pub parameters: AccountParameters,
    /// Whose profits are whose.
    pub owners: Owners,
    /// Region whose country the dispute is with: it bears the cost of its retaliation and is the other side of the deficit.
    pub partner: Option<RegionId>,
    /// Assembly countries whose cars are imports from the partner.
    pub partner_countries: Vec<String>,
    /// Region that gains the orders that retaliation moves.
    pub rival: Option<RegionId>,
    /// Bilateral deficit without the changes simulated, USD a year, by calendar year; the last one holds for later years.
    pub deficit_usd: Vec<(i16, f64)>,
    /// Elasticity of the deficit of later years to the exchange rate of a year before, in the partner's currency per USD; 0 holds it.
    pub deficit_elasticity: f64,
    /// That exchange rate, by month.
    pub deficit_rates: ExchangePath,
}

impl AccountSettings {
    /// The deficit of a month without the changes simulated, USD a year; none before the first year given. Months count from January of
    /// the year 0; `rate` is a month's exchange rate, in the partner's currency per USD.
    ///
    /// After the last year given, y, it is D(y) (E(a year before) / mean E of the year before y)^elasticity.
    #[must_use]
    pub fn deficit_in(&self, month: i32, rate: impl Fn(i32) -> f64) -> Option<f64> {
        let year = month.div_euclid(12);
        let (given, usd) = self.deficit_usd.iter().rev().find(|(from, _)| i32::from(*from) <= year)?;
        let (last, _) = self.deficit_usd.last()?;
        if self.deficit_elasticity == 0.0 || year <= i32::from(*last) {
            return Some(*usd);
        }
        let before = (i32::from(*given) - 1) * 12;
        let usual = (before..before + 12).map(&rate).sum::<f64>() / 12.0;
        Some(usd * exp(self.deficit_elasticity * ln(rate(month - 12) / usual)))
    }
}

impl AccountParameters {
    /// Gross margin of dealers, and of importers where they have one, on a car of each model, USD.
    #[must_use]
    pub fn dealers_margin_usd(&self, market: &Market) -> Vec<f64> {
        let margin = |j: usize| self.dealer_alone_usd(market, j) + self.importers_margin_usd(market, j);
        (0..market.len()).map(margin).collect()
    }
    /// The part of that gross margin that a car not sold would save, for each model.
    #[must_use]
    pub fn avoidable(&self, market: &Market) -> Vec<f64> {
        let part = |j: usize| {
            let (dealer, importer) = (self.dealer_alone_usd(market, j), self.importers_margin_usd(market, j));
            if importer == 0.0 { self.dealers_avoidable } else { self.dealers_avoidable * dealer / (dealer + importer) }
        };
        (0..market.len()).map(part).collect()
    }
    fn dealer_alone_usd(&self, market: &Market, j: usize) -> f64 {
        self.dealers_margin * market.models[j].list_price_usd
    }
    fn importers_margin_usd(&self, market: &Market, j: usize) -> f64 {
        let local = market.chain.local_usd(j);
        if local == 0.0 { 0.0 } else { self.local_margin_share * (local - self.dealer_alone_usd(market, j)).max(0.0) }
    }
}

/// Incomes at which each fifth of the population but the first begins, relative to the median.
#[must_use]
pub fn income_fifths(demand: &DemandParameters) -> [f64; FIFTHS - 1] {
    let [floor, cap] = demand.income_bounds;
    std::array::from_fn(|i| {
        let z = normal::quantile((i + 1) as f64 / FIFTHS as f64);
        exp(demand.income_log_sd * z).clamp(floor, cap)
    })
}

/// The fifth, from 0, of an income.
#[must_use]
pub fn fifth_of(income: f64, fifths: &[f64; FIFTHS - 1]) -> usize {
    fifths.iter().filter(|bound| income > **bound).count()
}
