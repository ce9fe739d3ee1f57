//! The words of the report of a run: what was asked, the answer, what the intervals contain.

use super::facts::{RunFacts, moved};
use crate::model::accounts::Account;
use crate::model::scenario::PopulationMode;
use crate::report::account_rows::{AccountGroup, WelfareRow};
use crate::report::page::Show;
use crate::report::page::origin::StudyOrigin;
use crate::report::page::predicted::after_retaliation;
use crate::report::page::words::{between, counted, day, list, number};
use crate::report::words::region_label;

/// A number with its interval, in a sentence.
fn with_interval(mean: f64, ends: [f64; 2]) -> String {
    let size = number(mean.abs(), Show::Money, false);
    let mut ends = if mean < 0.0 { [-ends[1], -ends[0]] } else { ends };
    if ends.iter().any(|end| !end.is_finite()) {
        return format!("USD {size} a year");
    }
    ends = ends.map(|end| if end.abs() < 0.5 { 0.0 } else { end });
    format!("USD {size} a year ({})", between(ends, Show::Money, false))
}

impl RunFacts<'_> {
    pub(super) fn asked(&self) -> Vec<String> {
        let (scenario, report) = (self.scenario, &self.report);
        let all = &report.layout().periods[0];
        let [first, last] = scenario.dates(all).map(day);
        let (regimes, models) = (self.others().count() as u64, report.layout().models as u64);
        let mut asked = vec![format!(
            "What {} would do to buyers, makers, dealers and treasury, each compared with {} in the same simulated worlds: {} over {} weeks, \
             {first} to {last}.",
            counted(regimes, "policy regime"),
            self.baseline(),
            counted(models, "car model"),
            scenario.weeks,
        )];
        asked.push(format!(
            "Unless another period is named, numbers are of this one: {}. Flows are yearly rates.{}",
            self.period_label(self.period),
            self.note_of_whole()
        ));
        let population = match scenario.population {
            PopulationMode::Shared => "on the same set",
            PopulationMode::Own => "each with a set of its own",
        };
        let runs = match report.results.draw_size() {
            None => counted(report.results.replications(), "replication"),
            Some(size) => format!(
                "{} of what is not known, of {}",
                counted(report.results.replications(), "draw"),
                counted(size, "replication")
            ),
        };
        asked.push(format!(
            "{runs}, {population} of {} buyers, seed {}.",
            number(scenario.buyers as f64, Show::Count, false),
            scenario.seed
        ));
        asked.extend(report.why_it_stopped().map(|reason| format!("{reason}.")));
        asked
    }

    /// Who pays, who gains, how sure, under a regime.
    pub(super) fn answer(&self, arm: usize, origin: Option<&StudyOrigin>) -> [(String, String); 3] {
        let label = &self.labels[arm];
        let certain = |row: &&WelfareRow| {
            let [low, high] = row.yearly().interval;
            moved(row) && (low.is_nan() || low > 0.0 || high < 0.0)
        };
        let parties: Vec<&WelfareRow> = self.payers(arm).filter(|row| moved(row)).collect();
        let named = |sign: f64| -> Vec<String> {
            let mut rows: Vec<&&WelfareRow> =
                parties.iter().filter(|row| certain(row) && row.change_usd * sign > 0.0).collect();
            rows.sort_by(|a, b| b.change_usd.abs().total_cmp(&a.change_usd.abs()));
            let said = |row: &&&WelfareRow| {
                let change = row.yearly();
                format!("{}, {}", row.label, with_interval(change.mean, change.interval))
            };
            rows.iter().take(3).map(said).collect()
        };
        let by_noise = if self.quantile.is_finite() { " beyond simulation noise" } else { "" };
        let (pays, gains) = if self.welfare.is_empty() {
            self.sales_answer(arm)
        } else if parties.is_empty() {
            (format!("Under “{label}” nobody loses: no account changes."), "Nobody gains either.".to_owned())
        } else {
            let (losers, gainers) = (named(-1.0), named(1.0));
            let pays = match &losers[..] {
                [] => format!("Under “{label}” nobody is seen to lose{by_noise}."),
                [only] => format!("Under “{label}” the loss falls on {only}."),
                several => format!("Under “{label}” the largest losses fall on {}.", list(several)),
            };
            let totals = self.accounts_of(arm, self.over[arm]).filter(|row| row.group == AccountGroup::Total.as_str());
            let totals: Vec<String> = totals
                .map(|row| {
                    let change = row.yearly();
                    let verb = match (certain(&row), change.mean < 0.0) {
                        (false, _) if !moved(row) => return format!("{}: no change", row.label),
                        (false, _) => "no change that stands out of simulation noise, ",
                        (true, true) => "a loss of ",
                        (true, false) => "a gain of ",
                    };
                    if certain(&row) {
                        format!("{}: {verb}{}", row.label, with_interval(change.mean, change.interval))
                    } else {
                        format!("{}: {verb}{}", row.label, number(change.mean, Show::Money, true))
                    }
                })
                .collect();
            let together =
                if totals.is_empty() { String::new() } else { format!(" Together — {}.", totals.join("; ")) };
            let together = together + &self.after_retaliation(arm);
            let gains = match &gainers[..] {
                [] => format!("Nobody is seen to gain{by_noise}.{together}"),
                [only] => format!("The gain goes to {only}.{together}"),
                several => format!("The largest gains go to {}.{together}", list(several)),
            };
            (pays, gains)
        };
        let [first, last] = self.scenario.dates(&self.report.layout().periods[self.over[arm]]).map(day);
        // The row of the first number told, so that a reader finds it.
        let loser = parties
            .iter()
            .filter(|row| certain(row) && row.change_usd < 0.0)
            .min_by(|a, b| a.change_usd.total_cmp(&b.change_usd));
        let whence = match (self.welfare.is_empty(), loser) {
            (true, _) => {
                let years = number(self.years(self.over[arm]), Show::Number, false);
                let column = if self.expected { "expected_units_change" } else { "units_change" };
                format!(
                    "tables/regions.csv, column `{column}`, which has sums over the period: divide them by its {years} years"
                )
            }
            (false, None) => "tables/welfare.csv".to_owned(),
            (false, Some(row)) => format!(
                "tables/welfare.csv, column `change_usd_per_year`: the first in the row with regime `{}`, period `{}` and account `{}`",
                row.regime, row.period, row.account.name
            ),
        };
        let pays = format!("{pays} (Yearly rates over {first} to {last}; the numbers are in {whence}.)");
        let sure = self.how_sure(&parties, parties.iter().copied().filter(|row| certain(row)).count(), origin);
        [("Who pays".into(), pays), ("Who gains".into(), gains), ("How sure".into(), sure)]
    }

    /// What becomes of the metrics that the scenario names itself, in a sentence; nothing where it names none.
    pub(super) fn named_answer(&self, arm: usize) -> Option<(String, String)> {
        let said = |metric: &usize| {
            let ((label, show, rate), change) = (self.named_as(*metric, arm), self.named_change(*metric, arm));
            let ends = change.within(self.quantile).map(|end| end * rate);
            let interval = match ends.iter().all(|end| end.is_finite()) && ends[0] < ends[1] {
                true => format!(" ({})", between(ends, show, true)),
                false => String::new(),
            };
            format!("{label}: {}{interval}", number(change.mean() * rate, show, true))
        };
        let said: Vec<String> = self.named().iter().map(said).collect();
        let label = &self.labels[arm];
        let of = self.period_label(self.over[arm]);
        let years = number(self.years(self.over[arm]), Show::Number, false);
        (!said.is_empty()).then(|| {
            let sentence = format!("Changes under “{label}”, {of}: {}. (tables/comparisons.csv, column `difference`: what is a year here is the sum over the period divided by its {years} years.)", said.join("; "));
            ("What the study names".to_owned(), sentence)
        })
    }

    /// What becomes of a gain of the home country once the other retaliates.
    fn after_retaliation(&self, arm: usize) -> String {
        let home =
            |arm: usize| self.accounts_of(arm, self.over[arm]).find(|row| row.account.account == Account::TotalHome);
        if !home(arm).is_some_and(|row| row.change_usd > 0.0) {
            return String::new();
        }
        let yearly = |arm| home(arm).map_or(f64::NAN, |row| row.yearly().mean);
        after_retaliation(self.scenario, self.report.regimes, arm, &self.labels, yearly)
    }

    /// The same of sales, where there are no accounts.
    pub(super) fn sales_answer(&self, arm: usize) -> (String, String) {
        let label = &self.labels[arm];
        let regions = &self.report.layout().regions;
        let said = |sign: f64| -> Vec<String> {
            let change = |region: usize| self.region(arm, self.over[arm], region).difference;
            let mut moved: Vec<usize> = (0..regions.len())
                .filter(|region| {
                    let [low, high] = change(*region).within(self.quantile);
                    let seen = if low.is_nan() { change(*region).mean() != 0.0 } else { low > 0.0 || high < 0.0 };
                    seen && change(*region).mean() * sign > 0.0
                })
                .collect();
            moved.sort_by(|a, b| change(*b).mean().abs().total_cmp(&change(*a).mean().abs()));
            let rate = 1.0 / self.years(self.over[arm]);
            let cars = |region: usize| number(change(region).mean().abs() * rate, Show::Count, false);
            moved
                .iter()
                .take(3)
                .map(|region| format!("{}, {} cars a year", region_label(&regions[*region]), cars(*region)))
                .collect()
        };
        let word = self.sales_word();
        let sentence = |moved: Vec<String>, verb: &str| match &moved[..] {
            [] => format!("Under “{label}” no region is seen to {verb} {word}."),
            some => format!("Under “{label}” these {verb} {word}: {}.", list(some)),
        };
        (sentence(said(-1.0), "lose"), sentence(said(1.0), "gain"))
    }

    pub(super) fn how_sure(&self, parties: &[&WelfareRow], certain: usize, origin: Option<&StudyOrigin>) -> String {
        let replications = self.report.results.replications();
        if !self.quantile.is_finite() {
            return "One replication was run: nothing here says how far chance alone moves these numbers.".into();
        }
        let seen = match parties.len() {
            0 => String::new(),
            all => format!(
                " Of {} that change, {certain} stand out of it.",
                counted(all as u64, "account").replace("1 accounts", "1 account")
            ),
        };
        let held = match origin.map(StudyOrigin::estimates) {
            Some((estimates, stated)) if estimates > 0 => format!(
                "what is not known of the {} ({estimates} are judgements or fits) and of the model's structure comes on top",
                counted(stated, "documented parameter")
            ),
            _ => "what is not known of parameters and of the model's structure comes on top".into(),
        };
        format!(
            "The intervals are 95% intervals over {} and contain simulation noise only; {held}.{seen}",
            counted(replications, "replication")
        )
    }

    pub(super) fn intervals(&self, origin: Option<&StudyOrigin>) -> Vec<String> {
        let replications = self.report.results.replications();
        let mut text = vec![match replications {
            1 => "One replication was run, so no table has an interval.".to_owned(),
            n => format!(
                "Every interval on this page, and in the tables unless a column says otherwise, is a 95% Student interval of a mean over {n} \
                 replications. It contains simulation noise: {}. Regimes meet the same worlds, so changes are known better than levels.",
                match self.scenario.population {
                    PopulationMode::Shared => "which of the same buyers come to market when, and what they choose",
                    PopulationMode::Own => "which buyers there are, when they come to market, and what they choose",
                }
            ),
        }];
        if self.scenario.population == PopulationMode::Shared && replications > 1 {
            text.push(format!(
                "It does not contain that {} buyers stand for all: they are the same in every replication (`buyers.population`).",
                number(self.scenario.buyers as f64, Show::Count, false)
            ));
        }
        text.push(
            "It does not contain what is not known of the parameters, which are held at one value each, nor of the model's structure. A study with \
             [uncertainty] draws both, and its report shows the three widths side by side."
                .into(),
        );
        if let Some((estimates, stated)) = origin.map(StudyOrigin::estimates).filter(|(_, stated)| *stated > 0) {
            text.push(format!("Of {stated} parameters with a status, {estimates} are judgements or fits; the table of parameters names them."));
        }
        text.push(format!(
            "Each interval holds by itself. Where several are read together, comparisons.csv has those that hold together (`simultaneous_ci_low`). \
             {}",
            if self.expected {
                "Sales are expected ones (summed choice probabilities), whose noise is smaller than that of drawn choices; tables have both."
            } else {
                "Sales are drawn choices: a run with buyers in time has no expected ones."
            }
        ));
        text
    }
}
