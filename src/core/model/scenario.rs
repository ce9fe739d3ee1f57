//! A checked scenario: market, buyers, parameters, and the regimes to compare.

use jiff::civil::Date;
use serde::Deserialize;

use super::accounts::AccountSettings;
use super::governments::Bargaining;
use super::ids::{IdTable, RegimeId};
use super::market::{DemandParameters, HoldingParameters, Market};
use super::on_sale::SaleDates;
use super::supply::rule::{Conduct, PricingRule};
use super::timing::Timing;
use super::trade::instrument::Instrument;
use super::trade::regime::Regime;
use crate::numerics::calendar::Day;

/// How the buyers of the replications relate.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum PopulationMode {
    /// Every replication has a set of its own, with its own inversion of the base year, costs and prices: what a set of so many buyers does
    /// by chance is in every interval.
    #[default]
    Own,
    /// One set of buyers, with one base year and one set of prices, serves all replications; they differ in purchases, dates and choices.
    /// The error of that set is in no interval.
    Shared,
}

/// What a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodKind {
    /// All weeks.
    Horizon,
    /// 52 weeks from the first on, or what is left of the horizon.
    Year,
    /// The weeks that start in a calendar month.
    Month,
    /// One that the scenario defines.
    Own,
}

impl PeriodKind {
    /// The kind as tables call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Horizon => "horizon",
            Self::Year => "year",
            Self::Month => "month",
            Self::Own => "own",
        }
    }
}

/// A named stretch of weeks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Name in tables; `all` is the whole horizon.
    pub name: String,
    /// What it is.
    pub kind: PeriodKind,
    /// First week.
    pub from: u32,
    /// The week after the last.
    pub to: u32,
}

impl Period {
    /// Number of weeks.
    #[must_use]
    pub fn weeks(&self) -> u32 {
        self.to - self.from
    }
    /// The same in years of 52 weeks.
    #[must_use]
    pub fn years(&self) -> f64 {
        f64::from(self.weeks()) / 52.0
    }
}

/// When manufacturers may change their list prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Revisions {
    /// Weeks in which a model year begins. Policy events always allow a revision.
    pub model_year_weeks: Vec<u32>,
    /// Relative move of a cost factor since the last revision that triggers one.
    pub exchange_threshold: f64,
    /// Weeks between regular revisions, if there are any.
    pub every_weeks: Option<u32>,
}

/// What a study writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    /// Output folder, if the scenario names one.
    pub folder: Option<String>,
    /// Whether charts are drawn.
    pub charts: bool,
    /// Name of the headline metric.
    pub headline: String,
    /// What parties and countries gain that is a headline metric too, by the names of these metrics.
    pub metrics: Vec<String>,
    /// Position of the reporting period: that of tables and charts that show one period.
    pub period: usize,
}

/// Everything a study needs to run, proven consistent by `config`.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name, also of the output folder.
    pub name: String,
    /// Title of charts.
    pub title: String,
    /// First day of week 0.
    pub start: Date,
    /// Weeks simulated.
    pub weeks: u32,
    /// Seed of all random streams.
    pub seed: u64,
    /// Replications asked for; the most that may be, where a rule says when there are enough.
    pub replications: u64,
    /// The market.
    pub market: Market,
    /// Name of the headline flag.
    pub flag: String,
    /// What charts and tables call the models with the flag, after a noun: `on the list`.
    pub flag_label: String,
    /// Buyers in the population.
    pub buyers: usize,
    /// Buyers on whom equilibrium prices are solved, at most.
    pub pricing_nodes: usize,
    /// Whether replications share their buyers.
    pub population: PopulationMode,
    /// Parameters of demand.
    pub demand: DemandParameters,
    /// Parameters of the purchase process.
    pub holding: HoldingParameters,
    /// Whether every buyer comes to market exactly once, without loyalty, stock or timing: the static limit.
    pub one_shot: bool,
    /// Purchases and cars in time: anticipation, dealers, shipments. Without it buyers come when due and find every car.
    pub timing: Option<Timing>,
    /// Whose profit a price is set for.
    pub conduct: Conduct,
    /// Elasticity of imports' marginal cost to what their maker ships; 0 for constant cost.
    pub cost_volume: f64,
    /// How prices respond.
    pub rule: PricingRule,
    /// When prices may respond.
    pub revisions: Revisions,
    /// Factor on each model's marginal cost by week; empty when costs do not move.
    pub cost_factor: Vec<Vec<f64>>,
    /// When models are on sale, where not always.
    pub on_sale: Vec<SaleDates>,
    /// Margins, ownership and partner of the accounts.
    pub accounts: AccountSettings,
    /// Factor of trend and season on purchase events, by week; empty where there is none.
    pub traffic: Vec<f64>,
    /// Policy instruments.
    pub instruments: Vec<Instrument>,
    /// Regimes, in the order of the file.
    pub regimes: IdTable<RegimeId, Regime>,
    /// The two governments, and the regimes that they negotiate, if the scenario has any.
    pub bargaining: Option<Bargaining>,
    /// The regime that the others are compared with.
    pub baseline: RegimeId,
    /// What is written.
    pub outputs: Outputs,
    /// Reporting periods; the first is the whole horizon.
    pub periods: Vec<Period>,
}

impl Scenario {
    /// First day of a week.
    #[must_use]
    pub fn week_start(&self, week: u32) -> Date {
        Day::of(self.start).week_start(week).date()
    }
    /// First and last day of a period.
    #[must_use]
    pub fn dates(&self, period: &Period) -> [Date; 2] {
        let day_before = |date: Date| date.saturating_sub(jiff::Span::new().days(1));
        [self.week_start(period.from), day_before(self.week_start(period.to))]
    }
    /// Whether runs give numbers for a headline metric: in time there are no expected sales.
    #[must_use]
    pub fn gives(&self, metric: &str) -> bool {
        self.timing.is_none() || !metric.starts_with("expected_")
    }

    /// The period of tables and charts that show one.
    #[must_use]
    pub fn reporting_period(&self) -> &Period {
        &self.periods[self.outputs.period]
    }
    /// Households that one buyer stands for: M Tbar / (52 N); where each comes once, the events of the horizon over N.
    #[must_use]
    pub fn households_per_buyer(&self) -> f64 {
        if self.one_shot {
            return self.market.market_size * f64::from(self.weeks) / (52.0 * self.buyers as f64);
        }
        self.market.market_size * self.holding.mean_weeks() / (52.0 * self.buyers as f64)
    }
}
