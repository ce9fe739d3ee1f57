//! Rows of the accounts: who gains and who loses, makers, and trade by month.

use std::cmp::Reverse;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::build::Report;
use super::record::{Cell, Cells, Columns, Field, table};
use super::rows::{Fan, Summary};
use super::timing_rows::fan;
use super::words::region_label;
use crate::model::accounts::{Account, AccountsLayout, FIFTHS, FirmMetric, TradeMetric};
use crate::model::ids::{IdTable, RegionId};
use crate::model::scenario::Scenario;
use crate::numerics::calendar::month_number;
use crate::numerics::moments::Moments;
use crate::study::Arm;

/// Level of the intervals.
const LEVEL: f64 = 0.95;

/// A change against the baseline, paired by replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedChange {
    /// Mean over replications.
    pub mean: f64,
    /// Standard error of the mean; not a number for one replication.
    pub std_error: f64,
    /// Ends of the 95% Student interval of the mean.
    pub interval: [f64; 2],
}

impl PairedChange {
    fn of(difference: Moments) -> Self {
        Self { mean: difference.mean(), std_error: difference.std_error(), interval: difference.interval(LEVEL) }
    }
    /// The same of a fixed share, or at a yearly rate.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        let [low, high] = self.interval;
        Self { mean: self.mean * factor, std_error: self.std_error * factor, interval: [low * factor, high * factor] }
    }
}

/// An account, by its name in the tables.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountName {
    /// The account.
    pub account: Account,
    /// Its name.
    pub name: String,
}

impl Columns for AccountName {
    fn describe(name: &str, unit: &'static str, what: &str, to: &mut Vec<Field>) {
        String::describe(name, unit, what, to);
    }
    fn put(&self, to: &mut Vec<Cell>) {
        self.name.put(to);
    }
    fn take(from: &mut Cells<'_>) -> Result<Self, String> {
        Err(format!("account `{}` is not read back", String::take(from)?))
    }
}

/// What an account is to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountGroup {
    /// Somebody who gains or loses: parties add up to the total after them.
    Party,
    /// The importing country, or the world.
    Total,
    /// A part of a party, of a total, or of the burden of the policy.
    Part,
}

impl AccountGroup {
    /// The group as tables call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Party => "party",
            Self::Total => "total",
            Self::Part => "part",
        }
    }
}

/// Group and order of every account: the importing country's parties, its total, the other countries, the world; then parts.
fn places(
    accounts: impl Iterator<Item = Account> + Clone,
    domestic: &IdTable<RegionId, bool>,
) -> Vec<(AccountGroup, u64)> {
    let rank = |account: Account| match account {
        Account::Consumers => Some((AccountGroup::Party, 0)),
        Account::MakersOwnedIn(region) if domestic[region] => Some((AccountGroup::Party, 1)),
        Account::Dealers => Some((AccountGroup::Party, 2)),
        Account::Treasury => Some((AccountGroup::Party, 3)),
        Account::Exporters => Some((AccountGroup::Party, 4)),
        Account::PartsSuppliers => Some((AccountGroup::Party, 5)),
        Account::TotalHome => Some((AccountGroup::Total, 6)),
        Account::TotalOf(_) => Some((AccountGroup::Party, 7)),
        Account::Elsewhere => Some((AccountGroup::Party, 8)),
        Account::World => Some((AccountGroup::Total, 9)),
        _ => None,
    };
    const AFTER_ALL: u64 = 10;
    let mut order: Vec<(u64, usize)> = accounts
        .clone()
        .enumerate()
        .map(|(at, account)| (rank(account).map_or(AFTER_ALL, |(_, rank)| rank), at))
        .collect();
    order.sort_unstable();
    let mut places: Vec<(AccountGroup, u64)> =
        accounts.map(|account| (rank(account).map_or(AccountGroup::Part, |(group, _)| group), 0)).collect();
    for (number, (_, at)) in (1..).zip(order) {
        places[at].1 = number;
    }
    places
}

/// What a reader is shown for an account.
fn account_label(account: Account, scenario: &Scenario) -> String {
    let region = |region: RegionId| region_label(&scenario.market.regions[region]);
    let flagged = &scenario.flag_label;
    let fixed = match account {
        Account::ConsumersIncome(fifth) => return format!("Buyers, income fifth {} of {FIFTHS}", fifth + 1),
        Account::ConsumersOwning(true) => return format!("Buyers who owned a make with models {flagged}"),
        Account::MakersOwnedIn(id) => return format!("Makers, {}", region(id)),
        Account::DealersOf(true) => return format!("Dealers, models {flagged}"),
        Account::TotalHome => return format!("{}, total", scenario.accounts.home),
        Account::TotalOf(id) => return region(id),
        Account::Consumers => "Buyers",
        Account::ConsumersOwning(false) => "Other buyers",
        Account::Makers => "Makers, all",
        Account::QuotaRent => "Quota rent",
        Account::Dealers => "Dealers",
        Account::DealersOf(false) => "Dealers, other models",
        Account::Treasury => "Treasury",
        Account::Duty => "Duty collected",
        Account::Refund => "Duty refunded",
        Account::Exporters => "Exporters hit by retaliation",
        Account::PartsSuppliers => "Parts suppliers",
        Account::Partner => "Cost to the partner of retaliation and parts purchases",
        Account::Rival => "Rival exporters",
        Account::Elsewhere => "Elsewhere",
        Account::World => "World",
        Account::Outlay => "What buyers paid",
        Account::ProductionCost => "Production and delivery",
        Account::DealersMargin => "Dealers' margin",
        Account::DealersCost => "Dealers' cost of sales",
        Account::Inspection => "Inspection",
        Account::Burden => "Burden on the targeted cars",
        Account::BurdenOnBuyers => "Burden, on buyers",
        Account::BurdenOnMakers => "Burden, on makers",
        Account::BurdenOnDealers => "Burden, on dealers",
        Account::DearerOtherCars => "Dearer other cars",
        Account::LostChoice => "Lost choice",
        Account::LostUnitsMakers => "Makers' margin on lost sales",
        Account::LostUnitsDealers => "Dealers' margin on lost sales",
    };
    fixed.to_owned()
}

table! {
    /// Who gains and who loses against the baseline, paired by replication; accounts are described in docs/outputs.md.
    pub struct WelfareRow in "welfare" by [regime, period, account] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// reporting period; `all` is the whole horizon, `year_1` its first 52 weeks
        period: String;
        /// who or what: consumers, makers_REGION (of ownership), dealers, treasury, total_home, ...
        account: AccountName;
        /// what charts call it
        label: String;
        /// `party`: parties above a total add up to it; `total`: the importing country, the world; `part`: of a party, a total or the
        /// burden of the policy
        group: &'static str;
        /// place in the chart of who pays, from 1: parties and totals first, then parts
        order: u64;
        /// mean of regime less baseline over the period, replication by replication
        change_usd: f64, "USD";
        /// standard error of that mean; empty for one replication
        std_error_usd: f64, "USD";
        /// lower end of its 95% Student interval; empty for one replication
        ci_low_usd: f64, "USD";
        /// upper end of its 95% Student interval; empty for one replication
        ci_high_usd: f64, "USD";
        /// the same mean at a yearly rate of 52 weeks
        change_usd_per_year: f64, "USD per year";
        /// standard error of the yearly rate; empty for one replication
        std_error_usd_per_year: f64, "USD per year";
        /// lower end of its 95% Student interval; empty for one replication
        ci_low_usd_per_year: f64, "USD per year";
        /// upper end of its 95% Student interval; empty for one replication
        ci_high_usd_per_year: f64, "USD per year";
        /// number of replications
        replications: u64;
    }
}

impl WelfareRow {
    /// The change at a yearly rate.
    #[must_use]
    pub fn yearly(&self) -> PairedChange {
        PairedChange {
            mean: self.change_usd_per_year,
            std_error: self.std_error_usd_per_year,
            interval: [self.ci_low_usd_per_year, self.ci_high_usd_per_year],
        }
    }
}

table! {
    /// Makers' accounts by manufacturer and region of the badge.
    pub struct FirmRow in "firms" by [regime, period, manufacturer, region] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// reporting period; `all` is the whole horizon, `year_1` its first 52 weeks
        period: String;
        /// manufacturer that sets the price
        manufacturer: String;
        /// region of the badge
        region: String;
        /// region in which the manufacturer is at home, before partial holdings
        owner_region: String;
        /// cars that the accounts count: expected sales, and in runs in time cars sold
        accounted_units: Summary, "cars";
        /// what the maker gets: outlay less duty, dealers' margin and inspection, refunds added
        revenue_usd: Summary, "USD";
        /// production and delivery, the dealers' margin taken out
        cost_usd: Summary, "USD";
        /// profit a car
        margin_usd_per_car: Summary, "USD per car";
        /// revenue less cost, quota rent in it
        profit_usd: Summary, "USD";
        /// quota rent in the profit
        quota_rent_usd: Summary, "USD";
    }
}

table! {
    /// Imports of the market's cars and the bilateral deficit with the scenario's partner, month by month.
    pub struct TradeRow in "trade_balance" by [regime, month] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// first day of the month
        month: Date;
        /// weeks of the horizon that start in the month
        weeks: u32;
        /// customs value of the cars sold that were assembled in the partner country
        imports_from_partner_usd: Summary, "USD";
        /// customs value of all imported cars sold
        imports_usd: Summary, "USD";
        /// mean change of the deficit against the baseline
        deficit_change_usd_per_year: f64, "USD per year";
        /// its standard error; empty for one replication
        deficit_change_std_error: f64, "USD per year";
        /// lower end of its 95% Student interval
        deficit_change_ci_low: f64, "USD per year";
        /// upper end of its 95% Student interval
        deficit_change_ci_high: f64, "USD per year";
        /// the scenario's deficit of the calendar year plus the change, replication by replication; empty where the scenario gives none
        deficit_usd_per_year: Fan, "USD per year";
    }
}

/// In how many draws of a regime and period each party loses most, and in how many it gains most.
///
/// An interval of the mean over draws shrinks with their number; what a single draw may turn out does not. Tables have no party's draws, so that
/// these counts stand beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LargestInDraws {
    /// Regime name.
    pub regime: String,
    /// Name of the period.
    pub period: String,
    /// Draws that were counted.
    pub draws: u64,
    /// Labels of the parties that lose most in some of them, and in how many; the most frequent first.
    pub losses: Vec<(String, u64)>,
    /// The same of gains.
    pub gains: Vec<(String, u64)>,
}

impl LargestInDraws {
    /// Of each party its label and its change in every draw.
    fn of(regime: String, period: String, parties: &[(String, Vec<f64>)]) -> Self {
        let draws = parties.iter().map(|(_, changes)| changes.len()).max().unwrap_or(0);
        let count = |sign: f64| {
            let mut counts: Vec<(String, u64)> = parties.iter().map(|(label, _)| (label.clone(), 0)).collect();
            for draw in 0..draws {
                let size = |(_, changes): &(String, Vec<f64>)| sign * changes.get(draw).copied().unwrap_or(f64::NAN);
                let sizes = parties.iter().map(size).enumerate().filter(|(_, size)| *size > 0.0);
                if let Some((most, _)) = sizes.max_by(|a, b| a.1.total_cmp(&b.1)) {
                    counts[most].1 += 1;
                }
            }
            counts.retain(|(_, count)| *count > 0);
            counts.sort_by_key(|(_, count)| Reverse(*count));
            counts
        };
        Self { regime, period, draws: draws as u64, losses: count(-1.0), gains: count(1.0) }
    }
}

impl Report<'_> {
    fn accounts_layout(&self) -> Option<&AccountsLayout> {
        self.layout().accounts.as_ref()
    }
    fn change(&self, arm: Arm, slot: usize) -> PairedChange {
        PairedChange::of(self.results.paired(arm, slot).difference)
    }

    /// Rows of `welfare.csv`: every regime but the baseline.
    #[must_use]
    pub fn welfare(&self) -> Vec<WelfareRow> {
        let Some(accounts) = self.accounts_layout() else { return Vec::new() };
        let places =
            places(accounts.accounts.iter().map(|(account, _)| *account), &self.study.scenario().market.domestic);
        let mut rows = Vec::new();
        for arm in self.results.arms().filter(|arm| *arm != self.results.baseline()) {
            for (p, period) in accounts.periods().iter().enumerate() {
                for ((position, (account, name)), place) in accounts.accounts.iter().enumerate().zip(&places) {
                    let change = self.change(arm, accounts.account(position, p));
                    let yearly = change.times(1.0 / period.years());
                    rows.push(WelfareRow {
                        regime: self.regime_name(arm),
                        period: period.name.clone(),
                        account: AccountName { account: *account, name: name.clone() },
                        label: account_label(*account, self.study.scenario()),
                        group: place.0.as_str(),
                        order: place.1,
                        change_usd: change.mean,
                        std_error_usd: change.std_error,
                        ci_low_usd: change.interval[0],
                        ci_high_usd: change.interval[1],
                        change_usd_per_year: yearly.mean,
                        std_error_usd_per_year: yearly.std_error,
                        ci_low_usd_per_year: yearly.interval[0],
                        ci_high_usd_per_year: yearly.interval[1],
                        replications: self.results.replications(),
                    });
                }
            }
        }
        rows
    }

    /// Which parties lose and gain most in single draws, regime by regime and period by period; nothing where results are of replications.
    #[must_use]
    pub fn largest_in_draws(&self) -> Vec<LargestInDraws> {
        let accounts = self.accounts_layout().filter(|_| self.results.draw_size().is_some());
        let Some(accounts) = accounts else { return Vec::new() };
        let (scenario, baseline) = (self.study.scenario(), self.results.baseline());
        let places = places(accounts.accounts.iter().map(|(account, _)| *account), &scenario.market.domestic);
        let is_party = |position: &usize| matches!(places[*position].0, AccountGroup::Party);
        let parties: Vec<usize> = (0..accounts.accounts.len()).filter(is_party).collect();
        let mut all = Vec::new();
        for arm in self.results.arms().filter(|arm| *arm != baseline) {
            for (p, period) in accounts.periods().iter().enumerate() {
                let changes = |position: &usize| {
                    let slot = accounts.account(*position, p);
                    let (own, quiet) = (self.results.stored(arm, slot), self.results.stored(baseline, slot));
                    let changes = own.iter().zip(&quiet).map(|((_, own), (_, quiet))| own - quiet);
                    (account_label(accounts.accounts[*position].0, scenario), changes.collect())
                };
                let parties: Vec<(String, Vec<f64>)> = parties.iter().map(changes).collect();
                all.push(LargestInDraws::of(self.regime_name(arm), period.name.clone(), &parties));
            }
        }
        all
    }

    /// Rows of `firms.csv`.
    #[must_use]
    pub fn firms(&self) -> Vec<FirmRow> {
        let Some(accounts) = self.accounts_layout() else { return Vec::new() };
        let market = &self.study.scenario().market;
        let mut rows = Vec::new();
        for arm in self.results.arms() {
            for (p, period) in accounts.periods().iter().enumerate() {
                for (f, firm) in accounts.firms.iter().enumerate() {
                    let summary = |metric| self.summary(arm, accounts.firm(metric, f, p));
                    rows.push(FirmRow {
                        regime: self.regime_name(arm),
                        period: period.name.clone(),
                        manufacturer: market.manufacturers[firm.manufacturer].clone(),
                        region: market.regions[firm.region].clone(),
                        owner_region: market.regions[accounts.owners.home(firm.manufacturer)].clone(),
                        accounted_units: summary(FirmMetric::Units),
                        revenue_usd: summary(FirmMetric::Revenue),
                        cost_usd: summary(FirmMetric::Cost),
                        margin_usd_per_car: summary(FirmMetric::MarginPerCar),
                        profit_usd: summary(FirmMetric::Profit),
                        quota_rent_usd: summary(FirmMetric::QuotaRent),
                    });
                }
            }
        }
        rows
    }

    /// Rows of `trade_balance.csv`; none where the scenario names no partner.
    #[must_use]
    pub fn trade_balance(&self) -> Vec<TradeRow> {
        let settings = &self.study.scenario().accounts;
        let Some(accounts) = self.accounts_layout().filter(|_| settings.partner.is_some()) else { return Vec::new() };
        let mut rows = Vec::new();
        for arm in self.results.arms() {
            for (m, month) in accounts.months.iter().enumerate() {
                let summary = |metric| self.summary(arm, accounts.trade(metric, m));
                let PairedChange { mean, std_error, interval: [deficit_change_ci_low, deficit_change_ci_high] } =
                    self.change(arm, accounts.trade(TradeMetric::Deficit, m));
                let rate = |month| settings.deficit_rates.in_month(month);
                let base = settings.deficit_in(month_number(month.first_day), rate).unwrap_or(f64::NAN);
                let slot = accounts.trade(TradeMetric::Deficit, m);
                let (own, quiet) = (self.results.stored(arm, slot), self.results.stored(self.results.baseline(), slot));
                let deficits = own.iter().zip(&quiet).map(|((_, own), (_, quiet))| base + (own - quiet));
                rows.push(TradeRow {
                    regime: self.regime_name(arm),
                    month: month.first_day,
                    weeks: month.to - month.from,
                    imports_from_partner_usd: summary(TradeMetric::ImportsFromPartner),
                    imports_usd: summary(TradeMetric::Imports),
                    deficit_change_usd_per_year: mean,
                    deficit_change_std_error: std_error,
                    deficit_change_ci_low,
                    deficit_change_ci_high,
                    deficit_usd_per_year: fan(deficits.collect()),
                });
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_party_that_loses_most_is_counted_draw_by_draw() {
        let parties = [
            ("Buyers".to_owned(), vec![-1.0, -3.0, -1.0, 0.0]),
            ("Japan".to_owned(), vec![-2.0, -2.0, -2.0, 0.0]),
            ("Treasury".to_owned(), vec![1.0, 0.5, f64::NAN, 0.0]),
        ];
        let found = LargestInDraws::of("imposed".into(), "all".into(), &parties);
        assert_eq!(found.draws, 4);
        assert_eq!(found.losses, [("Japan".to_owned(), 2), ("Buyers".to_owned(), 1)]);
        assert_eq!(found.gains, [("Treasury".to_owned(), 2)]);
    }
}
