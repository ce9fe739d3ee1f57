//! What a study found.

use std::sync::Arc;

use jiff::civil::Date;

#[cfg(feature = "charts")]
use super::charts;
use super::error::Error;
use super::table::ResultTable;
use crate::config::figures::Figures;
use crate::config::harmless;
use crate::folder::{OutputError, OutputFolder};
use crate::model::ids::RegimeId;
use crate::model::outcome::Outcome;
use crate::report::build::Report;
use crate::report::failures::JobFailureRow;
use crate::report::page;
use crate::report::page::Page;
use crate::report::page::origin::StudyOrigin;
use crate::report::point_tables::{ShownByDraws, every_draw, point_tables};
use crate::report::points::EVERY_DRAW;
use crate::report::record::TableData;
use crate::report::rows::Summary;
use crate::report::study::{ReplicationRows, tables};
use crate::report::writer::Said;
use crate::study::sink::Sink;
use crate::study::{self, Arm, Finished, FinishedPoints};

/// The results of a study: levels under every regime, and changes from the baseline in the same simulated worlds. Of a scenario with draws of what
/// is not known they are over the draws, each the mean of its replications.
#[derive(Clone, Debug)]
pub struct Results {
    finished: Arc<Finished>,
    /// The draws, where `finished` is of all of them as one run.
    drawn: Option<Arc<Drawn>>,
    failures: Vec<Failure>,
    replications: Option<ResultTable>,
    origin: Arc<StudyOrigin>,
    #[cfg_attr(not(feature = "charts"), expect(dead_code, reason = "there is nothing to draw with"))]
    look: Figures,
}

/// A study of draws, and what they show.
#[derive(Debug)]
struct Drawn {
    points: FinishedPoints,
    shown: ShownByDraws,
}

/// What a report says in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What was asked, a sentence each.
    pub asked: Vec<String>,
    /// The answer: a few words, and the sentence they stand for.
    pub answer: Vec<(String, String)>,
    /// What to know before a number is used.
    pub warnings: Vec<String>,
}

impl Told {
    pub(super) fn of(said: &Said) -> Self {
        Self { asked: said.asked.clone(), answer: said.answer.clone(), warnings: said.warnings.clone() }
    }

    pub(super) fn of_page(page: &Page) -> Self {
        Self { asked: page.asked.clone(), answer: page.told(), warnings: page.warnings.clone() }
    }

    /// What `README.md` of a folder says; nothing where there is none.
    pub(super) fn of_readme(folder: &OutputFolder) -> Self {
        let text = folder.read("README.md").unwrap_or_default();
        // Whoever wrote the folder chose what is printed.
        let text = String::from_utf8_lossy(&text);
        let text = harmless(&text);
        let part = |head: &str| {
            let after = text.split_once(&format!("\n## {head}\n")).map_or("", |(_, after)| after);
            let items = after.split("\n## ").next().unwrap_or_default().lines();
            items.filter_map(|line| line.strip_prefix("- ")).map(str::to_owned).collect::<Vec<String>>()
        };
        let answer = part("The answer").into_iter().filter_map(|line| {
            let (head, sentence) = line.strip_prefix("**")?.split_once(".** ")?;
            Some((head.to_owned(), sentence.to_owned()))
        });
        Self { asked: Vec::new(), answer: answer.collect(), warnings: part("Before you use a number") }
    }
}

/// Keeps what a run streams: rows that grow with the number of replications, and failures.
#[derive(Default)]
pub(super) struct Streamed {
    rows: Option<(ReplicationRows, Vec<u8>)>,
    failures: Vec<Failure>,
}

impl Sink for Streamed {
    fn study(&mut self, study: &study::Study, regimes: &[RegimeId]) -> Result<(), OutputError> {
        let rows = ReplicationRows::of(study, regimes);
        let header = rows.header()?;
        self.rows = Some((rows, header));
        Ok(())
    }
    fn replication(&mut self, replication: u64, outcomes: &[Outcome]) -> Result<(), OutputError> {
        if let Some((rows, csv)) = &mut self.rows {
            csv.extend(rows.lines(replication, outcomes)?);
        }
        Ok(())
    }
    fn failure(&mut self, _point: usize, replication: u64, regime: &str, error: &str) -> Result<(), OutputError> {
        self.failures.push(Failure { regime: regime.to_owned(), replication, reason: error.to_owned() });
        Ok(())
    }
}

/// A job that left no outcome; its replication, and the draw that it is of, are left out of all results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The regime.
    pub regime: String,
    /// Number of the replication, from 0, counted on from draw to draw.
    pub replication: u64,
    /// What went wrong.
    pub reason: String,
}

/// A car model under a regime, over the reporting period.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelResult {
    /// Name of the model.
    pub name: String,
    /// Brand on the badge.
    pub brand: String,
    /// Manufacturer that sets the price.
    pub manufacturer: String,
    /// Region of the badge.
    pub region: String,
    /// Whether it carries the scenario's headline flag.
    pub flagged: bool,
    /// Cars sold, drawn choices.
    pub units: Summary,
    /// Cars sold, summed choice probabilities.
    pub expected_units: Summary,
    /// Sticker price, duty included, USD.
    pub sticker_price_usd: Summary,
    /// Duty owed, USD.
    pub duty_usd: Summary,
    /// What makers and dealers kept, USD.
    pub producer_revenue_usd: Summary,
}

impl Results {
    pub(super) fn of(
        finished: Arc<Finished>,
        draws: Option<FinishedPoints>,
        streamed: Streamed,
        origin: Arc<StudyOrigin>,
        look: Figures,
    ) -> Self {
        let table = |(rows, csv): (ReplicationRows, _)| ResultTable::described_of_run(rows.resource, csv, &finished);
        let replications = streamed.rows.map(table);
        let drawn = draws.map(|points| Arc::new(Drawn { shown: ShownByDraws::of(&points), points }));
        Self { finished, drawn, failures: streamed.failures, replications, origin, look }
    }

    /// What was asked, the answer in words, and what to know before using a number: the words of the report.
    #[must_use]
    pub fn told(&self) -> Told {
        let page = match self.drawn.as_deref() {
            None => page::run::page(&self.finished, Some(&self.origin)),
            Some(Drawn { points, shown }) => page::points::page(points, &shown.tables, Some(&self.origin)),
        };
        Told { answer: page.told(), asked: page.asked, warnings: page.warnings }
    }

    /// Replications with results; of a scenario with draws, the draws.
    #[must_use]
    pub fn replications(&self) -> u64 {
        self.finished.results.replications()
    }
    /// Names of the regimes that ran, in the order of the scenario.
    #[must_use]
    pub fn regimes(&self) -> Vec<&str> {
        let regimes = &self.finished.study.scenario().regimes;
        self.finished.regimes.iter().map(|regime| regimes[*regime].name.as_str()).collect()
    }
    /// The reporting period (`outputs.period`; the whole horizon if the scenario names none): its name, first and last day.
    #[must_use]
    pub fn period(&self) -> (&str, Date, Date) {
        let scenario = self.finished.study.scenario();
        let period = scenario.reporting_period();
        let [first, last] = scenario.dates(period);
        (&period.name, first, last)
    }
    /// What was run, as JSON: scenario, seed, replications (of each draw, where there are some), regimes; the keys of a folder's `manifest.json`.
    #[must_use]
    pub fn manifest(&self) -> String {
        let scenario = self.finished.study.scenario();
        let (replications, points) = match self.drawn.as_deref() {
            None => (self.replications(), None),
            Some(Drawn { points, .. }) => (points.replications, Some(points)),
        };
        let mut manifest = serde_json::json!({
            "program": "stickershock",
            "version": env!("CARGO_PKG_VERSION"),
            "scenario": { "name": scenario.name, "file": self.origin.invocation.file, "blake3": self.origin.hash },
            "seed": scenario.seed,
            "replications": replications,
            "regimes": self.regimes(),
            "failed_jobs": self.failures.len(),
            "status": "complete",
        });
        if let Some(points) = points {
            manifest["points"] = points.points.len().into();
            manifest["failed_points"] = points.failures.len().into();
        }
        manifest.to_string()
    }
    /// Jobs that left no outcome.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    fn arm(&self, regime: &str) -> Result<Arm, Error> {
        let known = self.regimes();
        let found = known.iter().position(|name| *name == regime);
        found.map(Arm).ok_or_else(|| {
            let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
            Error::unknown("regime with results", regime, &known)
        })
    }

    /// Every model under a regime over the reporting period, in the order of the data.
    ///
    /// # Errors
    /// [`Error`] naming the regimes that ran, if this is none of them.
    pub fn models(&self, regime: &str) -> Result<Vec<ModelResult>, Error> {
        self.arm(regime)?;
        let period = self.period().0;
        let rows = Report::of(&self.finished).models().into_iter();
        let rows = rows.filter(|row| row.regime == regime && row.period == period);
        Ok(rows
            .map(|row| ModelResult {
                name: row.model,
                brand: row.brand,
                manufacturer: row.manufacturer,
                region: row.region,
                flagged: row.flagged,
                units: row.units,
                expected_units: row.expected_units,
                sticker_price_usd: row.sticker_price_usd,
                duty_usd: row.duty_usd,
                producer_revenue_usd: row.producer_revenue_usd,
            })
            .collect())
    }

    /// Names of the headline metrics.
    #[must_use]
    pub fn headlines(&self) -> &[String] {
        &self.finished.study.layout().headlines
    }

    /// A headline metric under a regime over the reporting period, such as `units_all` or `duty_usd`.
    ///
    /// # Errors
    /// [`Error`] naming the metrics or the regimes that there are.
    pub fn headline(&self, metric: &str, regime: &str) -> Result<Summary, Error> {
        let arm = self.arm(regime)?;
        let known = self.headlines();
        let found = known.iter().position(|name| name == metric);
        let metric = found.ok_or_else(|| Error::unknown("headline metric", metric, known))?;
        let slot = self.finished.study.layout().headline(metric, self.finished.study.scenario().outputs.period);
        Ok(Report::of(&self.finished).summary(arm, slot))
    }

    /// Names of the tables, those of a run's folder.
    #[must_use]
    pub fn tables(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = tables(&self.finished).iter().map(|table| table.name).collect();
        names.push("replications");
        match self.drawn.as_deref() {
            None => names.extend((!self.failures.is_empty()).then_some("failures")),
            Some(Drawn { points, shown }) => {
                names.push(EVERY_DRAW);
                names.extend(point_tables(points, shown).iter().map(|table| table.name));
            }
        }
        names
    }

    /// A table with its columns; nothing where the study has no such rows.
    ///
    /// # Errors
    /// [`Error`] naming the tables that there are, if this is none of them.
    pub fn table(&self, name: &str) -> Result<Option<ResultTable>, Error> {
        if name == "replications" {
            return Ok(self.replications.clone());
        }
        if let Some(Drawn { points, shown }) = self.drawn.as_deref() {
            if name == EVERY_DRAW {
                let (rows, csv) = every_draw(points)?;
                return Ok(Some(ResultTable::described(&rows.resource, csv)));
            }
            if let Some(table) = point_tables(points, shown).iter().find(|table| table.name == name) {
                return Ok(table.make()?.map(|table| ResultTable::of(&table)));
            }
        } else if name == "failures" && !self.failures.is_empty() {
            let row = |failure: &Failure| JobFailureRow {
                point: 0,
                replication: failure.replication,
                regime: failure.regime.clone(),
                error: failure.reason.clone(),
            };
            let rows: Vec<JobFailureRow> = self.failures.iter().map(row).collect();
            let table = TableData::new(&rows).map_err(OutputError::from)?;
            return Ok(Some(ResultTable::of_run(&table, &self.finished)));
        }
        let tables = tables(&self.finished);
        let Some(table) = tables.iter().find(|table| table.name == name) else {
            let known: Vec<String> = self.tables().into_iter().map(str::to_owned).collect();
            return Err(Error::unknown("table", name, &known));
        };
        Ok(table.make()?.map(|table| ResultTable::of_run(&table, &self.finished)))
    }

    /// Names of the charts, those of a run's folder; some of them may have nothing to show.
    #[cfg(feature = "charts")]
    #[must_use]
    pub fn charts(&self) -> Vec<String> {
        // Those of draws are drawn to be listed; where one cannot be, those of the run are left.
        let of_draws = self.drawn.as_deref().map(|drawn| charts::names_of_points(&drawn.points, &self.look));
        let of_draws = of_draws.and_then(Result::ok);
        of_draws.unwrap_or_else(|| charts::names_of_run(&self.finished, &self.look))
    }

    /// A chart as SVG over the reporting period; nothing where it has nothing to show.
    ///
    /// # Errors
    /// [`Error`] naming the charts that there are, if this is none of them.
    #[cfg(feature = "charts")]
    pub fn chart(&self, name: &str) -> Result<Option<String>, Error> {
        self.drawn_chart(name, None)
    }

    /// The same over a period, by its name.
    ///
    /// # Errors
    /// [`Error`] naming the charts or the periods that there are.
    #[cfg(feature = "charts")]
    pub fn chart_over(&self, name: &str, period: &str) -> Result<Option<String>, Error> {
        self.drawn_chart(name, Some(period))
    }

    #[cfg(feature = "charts")]
    fn drawn_chart(&self, name: &str, period: Option<&str>) -> Result<Option<String>, Error> {
        match self.drawn.as_deref() {
            None => charts::of_run(&self.finished, name, period, &self.look),
            Some(drawn) => charts::of_points(&drawn.points, name, period, &self.look),
        }
    }
}
