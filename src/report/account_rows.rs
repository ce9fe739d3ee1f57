//! Rows of the accounts: who gains and who loses, makers, and trade by month.

use jiff::civil::Date;

use super::build::Report;
use super::record::{Cell, Columns, Field, table};
use super::rows::Summary;
use crate::model::accounts::{Account, AccountsLayout, FirmMetric, TradeMetric};
use crate::model::governments::month_number;
use crate::numerics::moments::Moments;

/// Level of the intervals.
const LEVEL: f64 = 0.95;

/// A change against the baseline, paired by replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Mean over replications.
    pub mean: f64,
    /// Standard error of the mean; not a number for one replication.
    pub std_error: f64,
    /// Ends of the 95% Student interval of the mean.
    pub interval: [f64; 2],
}

impl Change {
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
        /// number of replications
        replications: u64;
    }
}

impl WelfareRow {
    /// The change over the period.
    #[must_use]
    pub fn change(&self) -> Change {
        Change { mean: self.change_usd, std_error: self.std_error_usd, interval: [self.ci_low_usd, self.ci_high_usd] }
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
        /// cars sold; expected sales where buyers do not time their purchases
        units: Summary, "cars";
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
        /// the scenario's deficit of the calendar year plus the change; empty where the scenario gives none
        deficit_usd_per_year: f64, "USD per year";
    }
}

impl Report<'_> {
    fn accounts_layout(&self) -> Option<&AccountsLayout> {
        self.layout().accounts.as_ref()
    }
    fn change(&self, arm: usize, slot: usize) -> Change {
        Change::of(self.results.paired(arm, slot).difference)
    }

    /// Rows of `welfare.csv`: every regime but the baseline.
    #[must_use]
    pub fn welfare(&self) -> Vec<WelfareRow> {
        let Some(accounts) = self.accounts_layout() else { return Vec::new() };
        let mut rows = Vec::new();
        for arm in self.arms().filter(|arm| *arm != self.results.baseline()) {
            for (p, period) in accounts.periods().iter().enumerate() {
                let years = f64::from(period.weeks()) / 52.0;
                for (position, (account, name)) in accounts.accounts.iter().enumerate() {
                    let Change { mean, std_error, interval: [ci_low_usd, ci_high_usd] } =
                        self.change(arm, accounts.account(position, p));
                    rows.push(WelfareRow {
                        regime: self.regime_name(arm),
                        period: period.name.clone(),
                        account: AccountName { account: *account, name: name.clone() },
                        change_usd: mean,
                        std_error_usd: std_error,
                        ci_low_usd,
                        ci_high_usd,
                        change_usd_per_year: mean / years,
                        replications: self.results.replications(),
                    });
                }
            }
        }
        rows
    }

    /// Rows of `firms.csv`.
    #[must_use]
    pub fn firms(&self) -> Vec<FirmRow> {
        let Some(accounts) = self.accounts_layout() else { return Vec::new() };
        let market = &self.study.scenario().market;
        let mut rows = Vec::new();
        for arm in self.arms() {
            for (p, period) in accounts.periods().iter().enumerate() {
                for (f, firm) in accounts.firms.iter().enumerate() {
                    let summary = |metric| self.summary(arm, accounts.firm(metric, f, p));
                    rows.push(FirmRow {
                        regime: self.regime_name(arm),
                        period: period.name.clone(),
                        manufacturer: market.manufacturers[firm.manufacturer].clone(),
                        region: market.regions[firm.region].clone(),
                        owner_region: market.regions[accounts.owners.home(firm.manufacturer)].clone(),
                        units: summary(FirmMetric::Units),
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
        for arm in self.arms() {
            for (m, month) in accounts.months.iter().enumerate() {
                let summary = |metric| self.summary(arm, accounts.trade(metric, m));
                let Change { mean, std_error, interval: [deficit_change_ci_low, deficit_change_ci_high] } =
                    self.change(arm, accounts.trade(TradeMetric::Deficit, m));
                let rate = |month| self.study.scenario().bargaining.setup.yen.in_month(month);
                let base = settings.deficit_in(month_number(month.first_day), rate).unwrap_or(f64::NAN);
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
                    deficit_usd_per_year: base + mean,
                });
            }
        }
        rows
    }
}
