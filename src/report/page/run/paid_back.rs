//! Regimes that impose nothing: a rush before a date that passes, and its payback, which a period that begins at the date shows alone.

use super::facts::RunFacts;
use crate::numerics::moments::Moments;
use crate::report::page::Show;
use crate::report::page::over::{MARK, what_the_mark_means};
use crate::report::page::words::{between, counted, list, number};
use crate::report::words::describe;
use crate::study::Arm;

impl RunFacts<'_> {
    /// Whether some regime is shown over another period than the others.
    fn has_whole(&self) -> bool {
        self.over.iter().any(|period| *period != self.period)
    }

    /// A regime's label where several stand beside each other: marked if it is shown over the whole horizon.
    pub(super) fn marked(&self, arm: usize) -> String {
        let mark = if self.over[arm] == self.period { "" } else { MARK };
        format!("{}{mark}", self.labels[arm])
    }

    /// What is said where marked regimes stand, after a space; nothing if none is marked.
    pub(super) fn note_of_marks(&self) -> String {
        if self.has_whole() { format!(" {}", what_the_mark_means(&self.period_label(0))) } else { String::new() }
    }

    /// What is said where the reader picks one regime, after a space: which are shown over the whole horizon.
    pub(super) fn note_of_whole(&self) -> String {
        let own: Vec<String> = self
            .others()
            .filter(|arm| self.over[*arm] != self.period)
            .map(|arm| format!("“{}”", self.labels[arm]))
            .collect();
        match &own[..] {
            [] => String::new(),
            [only] => format!(" {only} imposes nothing and is shown over {}.", self.period_label(0)),
            some => format!(" {} impose nothing and are shown over {}.", list(some), self.period_label(0)),
        }
    }

    /// What is counted: sales of the flagged models, or of all where none are flagged.
    fn moved_sales(&self) -> Option<usize> {
        let word = if self.expected { "expected_units_" } else { "units_" };
        let named = |group: &str| {
            let name = format!("{word}{group}");
            self.report.layout().headlines.iter().position(|known| *known == name)
        };
        named(&self.scenario.flag).or_else(|| named("all"))
    }

    /// Change of these sales over a period, cars.
    fn moved_in(&self, arm: usize, metric: usize, period: usize) -> Moments {
        self.report.results.paired(Arm(arm), self.report.layout().headline(metric, period)).difference
    }

    /// Whether a regime imposes nothing and yet moves sales.
    fn rushes(&self, arm: usize) -> bool {
        let moves = |period: &usize| {
            self.moved_sales().is_some_and(|metric| {
                let change = self.moved_in(arm, metric, *period);
                change.mean() != 0.0 || change.variance() > 0.0
            })
        };
        self.report.imposes_nothing(Arm(arm)) && self.periods().iter().any(moves)
    }

    fn cars(&self, arm: usize, metric: usize, period: usize) -> String {
        let change = self.moved_in(arm, metric, period);
        let ends = change.within(self.quantile);
        let interval = match ends.iter().all(|end| end.is_finite()) {
            true => format!(" ({})", between(ends, Show::Count, true)),
            false => String::new(),
        };
        format!("{}{interval}", number(change.mean(), Show::Count, true))
    }

    /// The sums over the whole horizon and over the reporting period, in a sentence; nothing of a regime that imposes something or moves nothing.
    pub(super) fn paid_back_under(&self, arm: usize) -> Option<String> {
        let metric = self.moved_sales().filter(|_| self.rushes(arm))?;
        let what = describe(&self.report.layout().headlines[metric], self.scenario).what;
        let [low, high] = self.moved_in(arm, metric, 0).within(self.quantile);
        let cancel = match (low <= 0.0 && high >= 0.0, low.is_finite()) {
            (_, false) => "One replication does not say whether rush and payback cancel.",
            (true, _) => "Over the whole horizon rush and payback cancel within the interval.",
            (false, _) => "Over the whole horizon rush and payback do not cancel.",
        };
        let beside = match self.period {
            0 => String::new(),
            period => format!(", beside {} over {}", self.cars(arm, metric, period), self.period_label(period)),
        };
        Some(format!(
            "Nothing is ever imposed. {what}, change of the total: {} over {}{beside}. {cancel}",
            self.cars(arm, metric, 0),
            self.period_label(0)
        ))
    }

    /// The same of all such regimes, for the answer.
    pub(super) fn paid_back(&self) -> Option<(String, String)> {
        let under = |arm: usize| Some(format!("Under “{}”: {}", self.labels[arm], self.paid_back_under(arm)?));
        let said: Vec<String> = self.others().filter_map(under).collect();
        let periods: Vec<String> =
            self.periods().iter().rev().map(|at| format!("`{}`", self.report.layout().periods[*at].name)).collect();
        let over = match self.report.results.draw_size() {
            Some(_) => "draw",
            None => "replication",
        };
        (!said.is_empty()).then(|| {
            let sentence = format!(
                "{} (95% intervals of the mean over {}; tables/comparisons.csv, {} {}.)",
                said.join(" "),
                counted(self.report.results.replications(), over),
                if periods.len() == 1 { "period" } else { "periods" },
                list(&periods),
            );
            ("Rush and payback".to_owned(), sentence)
        })
    }
}
