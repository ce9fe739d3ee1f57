//! Rows of the accounts: who gains and who loses, makers, and trade by month.

use jiff::civil::Date;

use super::build::Report;
use super::record::{Cell, Field, FieldType, Record};
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

/// One account of one regime in one period, against the baseline (`welfare.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct WelfareRow {
    /// Regime name.
    pub regime: String,
    /// Period name.
    pub period: String,
    /// Name of the account.
    pub account: String,
    /// What the account is, for those who draw it.
    pub kind: Account,
    /// Change against the baseline over the period, USD.
    pub change: Change,
    /// Years that the period has.
    pub years: f64,
    /// Replications.
    pub replications: u64,
}

/// A manufacturer's models of one badge region (`firms.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct FirmRow {
    /// Regime name.
    pub regime: String,
    /// Period name.
    pub period: String,
    /// The manufacturer.
    pub manufacturer: String,
    /// Region of the badge.
    pub region: String,
    /// Region in which the manufacturer is at home.
    pub owner_region: String,
    /// Summaries in the order of [`FirmMetric::ALL`].
    pub metrics: Vec<Summary>,
}

/// Trade of one month (`trade_balance.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct TradeRow {
    /// Regime name.
    pub regime: String,
    /// First day of the month.
    pub month: Date,
    /// Weeks that start in it.
    pub weeks: u32,
    /// Customs value of the cars from the partner, USD.
    pub imports_from_partner_usd: Summary,
    /// Customs value of all imported cars of the market, USD.
    pub imports_usd: Summary,
    /// Change of the bilateral deficit against the baseline, USD a year.
    pub deficit_change: Change,
    /// The deficit: the year's figure without the changes simulated plus the change, USD a year.
    pub deficit_usd: f64,
}

fn text(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::String, "", description)
}

fn number(name: &str, unit: &'static str, description: &str) -> Field {
    Field::new(name, FieldType::Number, unit, description)
}

const REGIME: &str = "policy regime, by its name in the scenario";
const PERIOD: &str = "reporting period; `all` is the whole horizon, `year_1` its first 52 weeks";

impl Record for WelfareRow {
    const TABLE: &'static str = "welfare";
    const DESCRIPTION: &'static str = "Who gains and who loses against the baseline, paired by replication; accounts are described in docs/outputs.md.";
    const KEY: &'static [&'static str] = &["regime", "period", "account"];

    fn fields() -> Vec<Field> {
        vec![
            text("regime", REGIME),
            text("period", PERIOD),
            text("account", "who or what: consumers, makers_REGION (of ownership), dealers, treasury, total_home, ..."),
            number("change_usd", "USD", "mean of regime less baseline over the period, replication by replication"),
            number("std_error_usd", "USD", "standard error of that mean; empty for one replication"),
            number("ci_low_usd", "USD", "lower end of its 95% Student interval; empty for one replication"),
            number("ci_high_usd", "USD", "upper end of its 95% Student interval; empty for one replication"),
            number("change_usd_per_year", "USD per year", "the same mean at a yearly rate of 52 weeks"),
            Field::new("replications", FieldType::Integer, "", "number of replications"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        let Change { mean, std_error, interval: [low, high] } = self.change;
        vec![
            Cell::Text(self.regime.clone()),
            Cell::Text(self.period.clone()),
            Cell::Text(self.account.clone()),
            Cell::Number(mean),
            Cell::Number(std_error),
            Cell::Number(low),
            Cell::Number(high),
            Cell::Number(mean / self.years),
            Cell::Integer(self.replications),
        ]
    }
}

impl Record for FirmRow {
    const TABLE: &'static str = "firms";
    const DESCRIPTION: &'static str = "Makers' accounts by manufacturer and region of the badge.";
    const KEY: &'static [&'static str] = &["regime", "period", "manufacturer", "region"];

    fn fields() -> Vec<Field> {
        let mut fields = vec![
            text("regime", REGIME),
            text("period", PERIOD),
            text("manufacturer", "manufacturer that sets the price"),
            text("region", "region of the badge"),
            text("owner_region", "region in which the manufacturer is at home, before partial holdings"),
        ];
        for (name, unit, what) in [
            ("units", "cars", "cars sold; expected sales where buyers do not time their purchases"),
            (
                "revenue_usd",
                "USD",
                "what the maker gets: outlay less duty, dealers' margin and inspection, refunds added",
            ),
            ("cost_usd", "USD", "production and delivery, the dealers' margin taken out"),
            ("margin_usd_per_car", "USD per car", "profit a car"),
            ("profit_usd", "USD", "revenue less cost, quota rent in it"),
            ("quota_rent_usd", "USD", "quota rent in the profit"),
        ] {
            fields.extend(Summary::fields(name, unit, what));
        }
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let names = [&self.regime, &self.period, &self.manufacturer, &self.region, &self.owner_region];
        let mut cells: Vec<Cell> = names.map(|name| Cell::Text(name.clone())).into();
        self.metrics.iter().for_each(|summary| cells.extend(summary.cells()));
        cells
    }
}

impl Record for TradeRow {
    const TABLE: &'static str = "trade_balance";
    const DESCRIPTION: &'static str =
        "Imports of the market's cars and the bilateral deficit with the scenario's partner, month by month.";
    const KEY: &'static [&'static str] = &["regime", "month"];

    fn fields() -> Vec<Field> {
        let mut fields = vec![
            text("regime", REGIME),
            Field::new("month", FieldType::Date, "", "first day of the month"),
            Field::new("weeks", FieldType::Integer, "", "weeks of the horizon that start in the month"),
        ];
        for (name, what) in [
            ("imports_from_partner_usd", "customs value of the cars sold that were assembled in the partner country"),
            ("imports_usd", "customs value of all imported cars sold"),
        ] {
            fields.extend(Summary::fields(name, "USD", what));
        }
        fields.extend([
            number("deficit_change_usd_per_year", "USD per year", "mean change of the deficit against the baseline"),
            number("deficit_change_std_error", "USD per year", "its standard error; empty for one replication"),
            number("deficit_change_ci_low", "USD per year", "lower end of its 95% Student interval"),
            number("deficit_change_ci_high", "USD per year", "upper end of its 95% Student interval"),
            number(
                "deficit_usd_per_year",
                "USD per year",
                "the scenario's deficit of the calendar year plus the change; empty where the scenario gives none",
            ),
        ]);
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells =
            vec![Cell::Text(self.regime.clone()), Cell::Date(self.month), Cell::Integer(u64::from(self.weeks))];
        cells.extend(self.imports_from_partner_usd.cells());
        cells.extend(self.imports_usd.cells());
        let Change { mean, std_error, interval: [low, high] } = self.deficit_change;
        cells.extend([mean, std_error, low, high, self.deficit_usd].map(Cell::Number));
        cells
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
                for (position, (kind, name)) in accounts.accounts.iter().enumerate() {
                    rows.push(WelfareRow {
                        regime: self.regime_name(arm),
                        period: period.name.clone(),
                        account: name.clone(),
                        kind: *kind,
                        change: self.change(arm, accounts.account(position, p)),
                        years: f64::from(period.weeks()) / 52.0,
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
                    let summary = |metric: &FirmMetric| self.summary(arm, accounts.firm(*metric, f, p));
                    rows.push(FirmRow {
                        regime: self.regime_name(arm),
                        period: period.name.clone(),
                        manufacturer: market.manufacturers[firm.manufacturer].clone(),
                        region: market.regions[firm.region].clone(),
                        owner_region: market.regions[accounts.owners.home(firm.manufacturer)].clone(),
                        metrics: FirmMetric::ALL.iter().map(summary).collect(),
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
                let deficit_change = self.change(arm, accounts.trade(TradeMetric::Deficit, m));
                let rate = |month| self.study.scenario().bargaining.setup.yen.in_month(month);
                let base = settings.deficit_in(month_number(month.first_day), rate).unwrap_or(f64::NAN);
                rows.push(TradeRow {
                    regime: self.regime_name(arm),
                    month: month.first_day,
                    weeks: month.to - month.from,
                    imports_from_partner_usd: summary(TradeMetric::ImportsFromPartner),
                    imports_usd: summary(TradeMetric::Imports),
                    deficit_change,
                    deficit_usd: base + deficit_change.mean,
                });
            }
        }
        rows
    }
}
