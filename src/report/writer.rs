//! The writer of a study's folder: rows as replications and points finish, all else at the end.

use std::path::PathBuf;

use super::build::Report;
#[cfg(feature = "charts")]
use super::charts::{ChartError, Svg};
use super::describe;
use super::failures::FailureTable;
use super::page::{self, origin::StudyOrigin};
use super::point_tables::{ShownByDraws, point_tables};
use super::points::{DrawTables, PointTable, write_point_tables};
use super::study::{ReplicationTable, WrittenTables, write_tables};
use crate::config::design::Point;
use crate::config::figures::Figures;
use crate::config::sweep::Setting;
use crate::config::{Loaded, StudyDesign};
use crate::folder::{OutputError, OutputFolder};
use crate::model::ids::RegimeId;
use crate::model::outcome::Outcome;
#[cfg(feature = "charts")]
use crate::model::scenario::Scenario;
use crate::platform::threads::{join, prelude::*};
use crate::study::Study;
use crate::study::finished::{Finished, FinishedPoints};
use crate::study::points::{Names, PointMoments};
use crate::study::sink::{Sink, SinkError, Written};

/// Forms of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    /// Comma-separated values.
    pub csv: bool,
    /// Apache Parquet, where the library is built with it.
    pub parquet: bool,
}

/// Writes the tables and charts of a study into its folder.
#[derive(Debug)]
pub struct Writer<'a> {
    folder: &'a OutputFolder,
    #[cfg_attr(not(feature = "charts"), expect(dead_code, reason = "there is nothing to draw with"))]
    charts: bool,
    formats: Formats,
    replications: Option<ReplicationTable>,
    failures: FailureTable<'a>,
    points: Option<PointTable>,
    settings: Vec<Vec<Setting>>,
    origin: Option<StudyOrigin>,
    /// How charts look.
    look: Figures,
    /// The model as configured.
    described: Option<String>,
    said: Said,
}

/// What is said of a finished study when it is written.
#[derive(Debug, Default)]
pub struct Said {
    /// What was asked, a sentence each.
    pub asked: Vec<String>,
    /// What to know before a number is used.
    pub warnings: Vec<String>,
    /// The answer that its report begins with: a few words, and the sentence they stand for.
    pub answer: Vec<(String, String)>,
    /// Tables of a study of draws; of others they are empty.
    pub draws: DrawTables,
}

impl<'a> Writer<'a> {
    /// Nothing written yet. Charts are drawn where the scenario wants them too.
    #[must_use]
    pub fn new(folder: &'a OutputFolder, charts: bool, formats: Formats) -> Self {
        let failures = FailureTable::new(folder);
        Self {
            folder,
            charts,
            formats,
            replications: None,
            failures,
            points: None,
            settings: Vec::new(),
            origin: None,
            look: Figures::default(),
            described: None,
            said: Said::default(),
        }
    }

    /// How the charts of the study look.
    #[must_use]
    pub fn look(&self) -> &Figures {
        &self.look
    }

    /// What is said of the finished study.
    #[must_use]
    pub fn said(&self) -> &Said {
        &self.said
    }

    /// The tables among `files` in the forms that were asked for.
    #[cfg(feature = "parquet")]
    fn converted(&self, files: Vec<PathBuf>) -> Result<Vec<PathBuf>, OutputError> {
        if self.formats.parquet { super::parquet::convert(self.folder, files, self.formats.csv) } else { Ok(files) }
    }

    /// The tables among `files`: there is no form but theirs.
    #[cfg(not(feature = "parquet"))]
    fn converted(&self, files: Vec<PathBuf>) -> Result<Vec<PathBuf>, OutputError> {
        let Formats { .. } = self.formats;
        Ok(files)
    }

    /// Writes what the model is.
    fn description(&self, files: &mut Vec<PathBuf>) -> Result<(), OutputError> {
        if let Some(text) = &self.described {
            files.push(self.folder.write(describe::FILE, text.as_bytes())?);
        }
        Ok(())
    }

    /// Writes the tables of a study of many points, of which those in `streamed` have grown with it.
    fn write_tables_of_points(
        &self,
        finished: &FinishedPoints,
        shown: &ShownByDraws,
        (points, replications): (Option<PointTable>, Option<ReplicationTable>),
    ) -> Result<Vec<PathBuf>, SinkError> {
        let made: Vec<_> = point_tables(finished, shown).into_par_iter().map(|table| table.make()).collect();
        let mut tables = Vec::with_capacity(made.len());
        for table in made {
            tables.extend(table?);
        }
        let mut written = match &finished.run {
            // Failed jobs stand in the table of failed draws.
            Some(run) => write_tables(self.folder, run, replications, FailureTable::new(self.folder), &self.look)?,
            None => WrittenTables::default(),
        };
        write_point_tables(self.folder, points, &tables, &mut written)?;
        #[cfg(feature = "charts")]
        {
            use super::draw_points::{FACTS, PointFacts};
            let facts = PointFacts::of(&finished.scenario, &finished.design, &finished.results, &self.look).ok();
            written.facts.extend(facts.and_then(|facts| serde_json::to_value(facts).ok()).map(|facts| (FACTS, facts)));
        }
        Ok(self.converted(written.described(self.folder, &finished.scenario)?)?)
    }

    /// Draws and writes the charts of a run, if they are wanted.
    #[cfg(feature = "charts")]
    fn write_charts_of_run(&self, finished: &Finished) -> Result<Vec<PathBuf>, SinkError> {
        self.write_if_wanted(finished.study.scenario(), || super::draw::drawn(finished, &self.look))
    }

    /// Draws and writes the charts of a study of many points, if they are wanted.
    #[cfg(feature = "charts")]
    fn write_charts_of_points(
        &self,
        finished: &FinishedPoints,
        shown: &ShownByDraws,
    ) -> Result<Vec<PathBuf>, SinkError> {
        let FinishedPoints { scenario, design, results, run, .. } = finished;
        let (uncertainty, effects) = (&shown.uncertainty, &shown.tables.effects);
        self.write_if_wanted(scenario, || {
            let mut drawn =
                super::draw_points::point_charts(scenario, design, results, uncertainty, effects, &self.look)?;
            if let Some(run) = run {
                drawn.extend(super::draw::drawn(run, &self.look)?);
            }
            Ok(drawn)
        })
    }

    /// Writes the charts that `draw` gives, where the caller and the scenario want charts.
    #[cfg(feature = "charts")]
    fn write_if_wanted(
        &self,
        scenario: &Scenario,
        draw: impl FnOnce() -> Result<Vec<(String, Svg)>, ChartError>,
    ) -> Result<Vec<PathBuf>, SinkError> {
        if !(self.charts && scenario.outputs.charts) {
            return Ok(Vec::new());
        }
        let written = draw().and_then(|drawn| super::draw::write_drawn(self.folder, drawn, &self.look));
        written.map_err(|error| format!("charts: {error}").into())
    }

    /// There is nothing to draw with.
    #[cfg(not(feature = "charts"))]
    fn write_charts_of_run(&self, _finished: &Finished) -> Result<Vec<PathBuf>, SinkError> {
        Ok(Vec::new())
    }

    /// There is nothing to draw with.
    #[cfg(not(feature = "charts"))]
    fn write_charts_of_points(
        &self,
        _finished: &FinishedPoints,
        _shown: &ShownByDraws,
    ) -> Result<Vec<PathBuf>, SinkError> {
        Ok(Vec::new())
    }

    fn failures(&mut self) -> FailureTable<'a> {
        std::mem::replace(&mut self.failures, FailureTable::new(self.folder))
    }
}

impl Sink for Writer<'_> {
    fn commit(&self) -> &'static str {
        super::COMMIT
    }

    fn begins(&mut self, loaded: &Loaded) {
        self.origin = Some(StudyOrigin::of(loaded));
        self.look = loaded.look.clone();
        self.described = Some(describe::describe(loaded));
    }

    fn study(&mut self, study: &Study, regimes: &[RegimeId]) -> Result<(), OutputError> {
        self.replications = Some(ReplicationTable::begin(self.folder, study, regimes)?);
        Ok(())
    }

    fn replication(&mut self, replication: u64, outcomes: &[Outcome]) -> Result<(), OutputError> {
        self.replications.as_mut().map_or(Ok(()), |table| table.add(replication, outcomes))
    }

    fn failure(&mut self, point: usize, replication: u64, regime: &str, error: &str) -> Result<(), OutputError> {
        self.failures.add(point, replication, regime, error)
    }

    fn nothing(&mut self) -> Result<(), OutputError> {
        self.failures().finish().map(|_| ())
    }

    fn finish(&mut self, finished: &Finished) -> Result<Written, SinkError> {
        let (streamed, failures) = (self.replications.take(), self.failures());
        let tables = || -> Result<Vec<PathBuf>, SinkError> {
            let written = write_tables(self.folder, finished, streamed, failures, &self.look)?;
            Ok(self.converted(written.described(self.folder, finished.study.scenario())?)?)
        };
        let (tables, charts) = join(tables, || self.write_charts_of_run(finished));
        let mut files = tables?;
        files.extend(charts?);
        self.description(&mut files)?;
        let mut page = page::run::page(finished, self.origin.as_ref());
        page.model = self.described.clone().unwrap_or_default();
        page::write(self.folder, &page, &mut files)?;
        self.said =
            Said { answer: page.told(), asked: page.asked, warnings: page.warnings, draws: DrawTables::default() };
        files.sort();
        let stopping = Report::of(finished).stopping_record();
        Ok(Written { files, manifest: stopping.map(|record| ("stopping", record)).into_iter().collect() })
    }

    fn points(&mut self, design: &StudyDesign) -> Result<(), OutputError> {
        if let StudyDesign::Sweep(sweep) = design {
            self.settings.clone_from(&sweep.settings);
        }
        self.points = Some(PointTable::begin(self.folder, design)?);
        Ok(())
    }

    fn point(&mut self, at: usize, point: &Point, names: &Names, moments: &PointMoments) -> Result<(), OutputError> {
        let settings = self.settings.get(at).map_or(&[][..], Vec::as_slice);
        self.points.as_mut().map_or(Ok(()), |table| table.add(point.index, settings, names, moments))
    }

    fn finish_points(&mut self, finished: &FinishedPoints) -> Result<Written, SinkError> {
        let shown = ShownByDraws::of(finished);
        let streamed = (self.points.take(), self.replications.take());
        let tables = || self.write_tables_of_points(finished, &shown, streamed);
        let (tables, charts) = join(tables, || self.write_charts_of_points(finished, &shown));
        let mut files = tables?;
        files.extend(charts?);
        self.description(&mut files)?;
        let mut page = page::points::page(finished, &shown.tables, self.origin.as_ref());
        page.model = self.described.clone().unwrap_or_default();
        page::write(self.folder, &page, &mut files)?;
        self.said = Said { answer: page.told(), asked: page.asked, warnings: page.warnings, draws: shown.tables };
        files.sort();
        Ok(Written { files, manifest: Vec::new() })
    }
}
