//! What the page of a run is made from.

use crate::model::outcome::{ModelMetric, RegionMetric};
use crate::model::scenario::Scenario;
use crate::numerics::moments::{Moments, Paired};
use crate::numerics::student;
use crate::report::account_rows::{AccountGroup, WelfareRow};
use crate::report::build::Report;
use crate::report::contrasts::LEVEL;
use crate::report::page::over::shown_over;
use crate::report::page::predicted::is_party;
use crate::report::page::words::{counted, dates, different, number};
use crate::report::page::{Pick, Show};
use crate::report::words::describe;
use crate::report::words::first_that_moves;
use crate::study::Arm;
use crate::study::finished::Finished;

/// Rows of a frame: beyond, models that change least are left out.
pub(super) const MOST_ROWS: usize = 12_000;

/// Metrics of the scenario's own that are shown.
const MOST_NAMED: usize = 6;

/// What the page of a run is made from.
pub(super) struct RunFacts<'a> {
    /// The results.
    pub(super) report: Report<'a>,
    /// The scenario.
    pub(super) scenario: &'a Scenario,
    /// Labels of the regimes that ran, each different.
    pub(super) labels: Vec<String>,
    /// The reporting period.
    pub(super) period: usize,
    /// The period that each regime is shown over, as charts in files do ([`shown_over`]).
    pub(super) over: Vec<usize>,
    /// Student's quantile; NaN for one replication.
    pub(super) quantile: f64,
    /// Whether sales are expected ones; drawn where a run has no others.
    pub(super) expected: bool,
    /// Rows of the accounts.
    pub(super) welfare: Vec<WelfareRow>,
    /// Position of the regime that is written about.
    pub(super) lead: usize,
}

/// Whether an account changes by more than rounding.
pub(super) fn moved(row: &WelfareRow) -> bool {
    row.change_usd_per_year.abs() >= 0.5
}

impl<'a> RunFacts<'a> {
    pub(super) fn of(finished: &'a Finished) -> Self {
        let report = Report::of(finished);
        let scenario = report.study.scenario();
        let names = report.regimes.iter().map(|regime| &scenario.regimes[*regime]);
        let labels = different(names.map(|regime| (regime.label.clone(), regime.name.clone())));
        let layout = report.study.layout();
        let of_first =
            |region| report.results.level(Arm(0), layout.region(RegionMetric::ExpectedUnits, 0, region)).mean();
        let expected = (0..layout.regions.len()).any(|region| of_first(region).is_finite());
        let quantile = student::quantile(report.results.replications().saturating_sub(1), 0.5 + LEVEL / 2.0);
        let welfare = report.welfare();
        let period = scenario.outputs.period;
        let over = shown_over(&report);
        let mut run = Self { report, scenario, labels, period, over, quantile, expected, welfare, lead: 0 };
        run.lead = run.worth_writing();
        run
    }

    /// The first regime, in the order of the scenario, whose effect is not small beside the largest.
    pub(super) fn worth_writing(&self) -> usize {
        let mut sizes = vec![0.0_f64; self.report.regimes.len()];
        for (arm, size) in sizes.iter_mut().enumerate() {
            *size = self.parties(arm).map(|row| row.change_usd_per_year.abs()).sum();
        }
        if sizes.iter().all(|size| *size < 0.5) {
            let regions = 0..self.report.layout().regions.len();
            for (arm, size) in sizes.iter_mut().enumerate() {
                *size = regions
                    .clone()
                    .map(|region| self.region(arm, self.over[arm], region).difference.mean().abs())
                    .sum();
            }
        }
        first_that_moves(&sizes).or_else(|| self.others().next()).unwrap_or(0)
    }

    pub(super) fn baseline(&self) -> &str {
        &self.labels[self.report.results.baseline().0]
    }

    pub(super) fn others(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.report.regimes.len()).filter(|arm| *arm != self.report.results.baseline().0)
    }

    pub(super) fn years(&self, period: usize) -> f64 {
        self.report.layout().periods[period].years()
    }

    /// The reporting period and the whole horizon, once where they are the same.
    pub(super) fn periods(&self) -> Vec<usize> {
        if self.period == 0 { vec![0] } else { vec![self.period, 0] }
    }

    /// The periods of which a regime has numbers, that which it is shown over first.
    pub(super) fn periods_of(&self, arm: usize) -> Vec<usize> {
        if self.over[arm] == self.period { self.periods() } else { vec![self.over[arm]] }
    }

    pub(super) fn period_label(&self, period: usize) -> String {
        dates(self.scenario, &self.report.layout().periods[period])
    }

    /// Metrics that the scenario names itself: its headline, what it adds to it, and sales and profit of its groups. Those that stand in the
    /// accounts, and sales of the flagged models, are shown anyway.
    pub(super) fn named(&self) -> Vec<usize> {
        let (layout, outputs) = (self.report.layout(), &self.scenario.outputs);
        let word = if self.expected { "expected_units_" } else { "units_" };
        let of_groups = self
            .scenario
            .market
            .groups
            .iter()
            .flat_map(|group| [format!("{word}{}", group.name), format!("profit_{}_usd", group.name)]);
        let names = std::iter::once(outputs.headline.clone()).chain(outputs.metrics.iter().cloned()).chain(of_groups);
        let mut named: Vec<usize> = Vec::new();
        for name in names.filter(|name| *name != format!("{word}{}", self.scenario.flag)) {
            let at = layout.headlines.iter().position(|known| *known == name);
            let own = at.filter(|at| !named.contains(at) && !describe(&name, self.scenario).is_gain);
            let given = |at: &usize| self.named_change(*at, self.lead).mean().is_finite();
            named.extend(own.filter(given));
        }
        named.truncate(MOST_NAMED);
        named
    }

    /// How such a metric changes in the period that a regime is shown over.
    pub(super) fn named_change(&self, metric: usize, arm: usize) -> Moments {
        self.report.results.paired(Arm(arm), self.report.layout().headline(metric, self.over[arm])).difference
    }

    /// What such a metric is, with its unit, how it is shown, and what turns a value of a regime's period into that.
    pub(super) fn named_as(&self, metric: usize, arm: usize) -> (String, Show, f64) {
        let described = describe(&self.report.layout().headlines[metric], self.scenario);
        let (rate, unit) = described.yearly(self.years(self.over[arm]));
        let show = Show::of(&described);
        let unit = if unit.is_empty() || show == Show::Percent { String::new() } else { format!(", {unit}") };
        (format!("{}{unit}", described.what), show, rate)
    }

    pub(super) fn sales_word(&self) -> &'static str {
        if self.expected { "expected sales" } else { "cars sold" }
    }

    pub(super) fn noise(&self) -> String {
        match self.quantile.is_finite() {
            true if self.report.results.draw_size().is_some() => format!(
                "95% interval of the mean over {} of all that is not known: the spread between draws is wider.",
                counted(self.report.results.replications(), "draw")
            ),
            true => format!(
                "95% interval of the mean over {}: simulation noise only.",
                counted(self.report.results.replications(), "replication")
            ),
            false => "One replication: no interval.".into(),
        }
    }

    pub(super) fn region(&self, arm: usize, period: usize, region: usize) -> Paired {
        let metric = if self.expected { RegionMetric::ExpectedUnits } else { RegionMetric::Units };
        self.report.results.paired(Arm(arm), self.report.layout().region(metric, period, region))
    }

    pub(super) fn model(&self, metric: ModelMetric, arm: usize, model: usize) -> Paired {
        self.report.results.paired(Arm(arm), self.report.layout().model(metric, self.over[arm], model))
    }

    /// Accounts of the reporting period that are a party's or a total's.
    pub(super) fn accounts_of(&self, arm: usize, period: usize) -> impl Iterator<Item = &WelfareRow> {
        let regime = self.report.regime_name(Arm(arm));
        let period = self.report.layout().periods[period].name.clone();
        let part = AccountGroup::Part.as_str();
        self.welfare.iter().filter(move |row| row.regime == regime && row.period == period && row.group != part)
    }

    pub(super) fn parties(&self, arm: usize) -> impl Iterator<Item = &WelfareRow> {
        self.accounts_of(arm, self.over[arm]).filter(|row| row.group == AccountGroup::Party.as_str())
    }

    /// Accounts, of the period that a regime is shown over, of whoever gains or loses, makers by the country that owns them.
    pub(super) fn payers(&self, arm: usize) -> impl Iterator<Item = &WelfareRow> {
        let (regime, period) = (self.report.regime_name(Arm(arm)), &self.report.layout().periods[self.over[arm]].name);
        let own = move |row: &&WelfareRow| row.regime == regime && row.period == *period;
        self.welfare.iter().filter(own).filter(|row| is_party(row.account.account))
    }

    pub(super) fn regime_pick(&self, column: usize) -> Pick {
        Pick { column, start: self.labels[self.lead].clone() }
    }

    /// A pick of the period, of a chart of so many regimes: of the one that it begins with, or of all.
    pub(super) fn period_pick(&self, column: usize, of_one: bool) -> Pick {
        let period = if of_one { self.over[self.lead] } else { self.period };
        Pick { column, start: self.period_label(period) }
    }

    /// What turns sums of a period in a table into rates a year, in words.
    pub(super) fn divided(&self, columns: &str) -> String {
        let years = |period| number(self.years(period), Show::Number, false);
        let whole = match self.period {
            0 => String::new(),
            _ => format!(", or the {} of the whole horizon", years(0)),
        };
        format!("{columns}: sums over the period, here divided by its {} years{whole}", years(self.period))
    }

    /// The columns that sales are in.
    pub(super) fn sales_columns(&self) -> &'static str {
        match self.expected {
            true => "columns `expected_units_mean` and `expected_units_change`",
            false => "columns `units_mean` and `units_change`",
        }
    }
}
