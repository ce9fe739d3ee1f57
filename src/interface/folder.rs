//! A study worked off in a folder, and the folder it leaves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

#[cfg(feature = "charts")]
use super::charts;
use super::error::Error;
use super::results::Told;
use super::scenario::Scenario;
use super::table::ResultTable;
use super::worked::{self, Worked, Working};
use crate::config::figures::Figures;
use crate::folder::{OutputFolder, TemporaryFolder};
use crate::report::writer::{Formats, Writer};
use crate::study::Observer;
use crate::study::sensitivity_request::{RequestRefused, SensitivityRequest};
use crate::study::work::{self, Begin, Done, Reduced, Settings};

/// How a study is worked off in a folder.
#[derive(Clone, Copy, Debug, Default)]
pub struct FolderOptions {
    /// Draw every chart into the folder, as SVG and PNG; where not, they are drawn when they are asked for.
    pub charts: bool,
    /// Start over, whatever the folder holds of an earlier study.
    pub fresh: bool,
}

/// A folder of results: that of `stickershock run`, with the same bytes. Unlike [`Results`](super::Results) it may be of any study of
/// many points, sweeps too, and what was done of one that was stopped is kept there.
#[derive(Clone, Debug)]
pub struct ResultFolder {
    folder: OutputFolder,
    /// Where the folder goes with the value.
    _temporary: Option<Arc<TemporaryFolder>>,
    /// What charts are drawn from; nothing of a folder that was finished before.
    #[cfg_attr(not(feature = "charts"), expect(dead_code, reason = "there is nothing to draw with"))]
    reduced: Option<Arc<Reduced>>,
    #[cfg_attr(not(feature = "charts"), expect(dead_code, reason = "there is nothing to draw with"))]
    look: Figures,
    package: Value,
    told: Told,
}

impl ResultFolder {
    /// Works a study off in a folder, on the threads of the current pool: the given regimes, all where none is given, the baseline always
    /// among them. A folder that holds a part of the same study is continued; of one that is complete nothing is done again. Without a
    /// folder it is done in one among the machine's temporary files, which goes with what is returned.
    ///
    /// # Errors
    /// [`Error`] when the study cannot be run, when the folder holds something else, and with [`ErrorKind::Interrupted`](super::ErrorKind)
    /// when `observer` asked to stop: what is done then is kept, and the same call goes on.
    pub fn run<N: AsRef<str>>(
        scenario: &Scenario,
        regimes: impl IntoIterator<Item = N>,
        folder: Option<&Path>,
        options: FolderOptions,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let loaded = scenario.loaded();
        let regimes: Vec<String> = regimes.into_iter().map(|name| name.as_ref().to_owned()).collect();
        let regimes = work::regimes_named(&loaded.scenario, &regimes)?;
        work::check(loaded)?;
        let (folder, temporary) = place(folder)?;
        let begin = if options.fresh { Begin::Fresh } else { Begin::GoOn };
        let settings = Settings { begin, ..Settings::default() };
        let mut writer = Writer::new(&folder, options.charts, Formats { csv: true, parquet: false });
        let done = work::run(loaded, &regimes, &folder, settings, &mut writer, observer)?;
        let told = match &done {
            Some(_) => Told::of(writer.said()),
            None => Told::of_readme(&folder),
        };
        Self::of(folder.clone(), temporary, done, told, writer.look().clone())
    }

    /// Finds out which of a scenario's uncertain values move its results, on the threads of the current pool: `stickershock sensitivity`. What the folder has of
    /// the same study is not run again, and a larger one grows out of it. Without a folder it is done in one that goes with what is returned.
    ///
    /// # Errors
    /// [`Error`] with the option that does not do, when the folder holds something else, when too few points can be run, and with
    /// [`ErrorKind::Interrupted`](super::ErrorKind) when `observer` asked to stop: the same call goes on.
    pub fn sensitivity(
        scenario: &Scenario,
        request: &SensitivityRequest,
        folder: Option<&Path>,
        FolderOptions { charts, fresh }: FolderOptions,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let loaded = scenario.loaded();
        let refused = |refused: RequestRefused| {
            let file = loaded.path.display().to_string();
            let message = match &refused.value {
                Some(value) => format!("{value}: {}", refused.message),
                None => refused.message,
            };
            Error::refused(&file, refused.option.unwrap_or("parameter"), &message, &refused.help)
                .with_value(refused.value)
        };
        let (study, sizes) = request.study(loaded).map_err(refused)?;
        let (folder, temporary) = place(folder)?;
        let begun = AtomicUsize::new(0);
        let progress = |done: usize, total: usize| match begun.swap(total, Ordering::Relaxed) {
            before if before == total => observer.jobs(1),
            _ => observer.begins(total as u64, done as u64),
        };
        let working = Working::begin(fresh, charts && loaded.scenario.outputs.charts);
        let Worked { finished, page, .. } =
            worked::sensitivity::<Error>(&study, sizes, request.precision, &folder, working, observer, &progress)?;
        observer.ends();
        finished.reading.analysis.warnings.iter().for_each(|warning| observer.warning(warning));
        let told = Told::of_page(&page);
        Self::of(folder, temporary, None, told, loaded.look.clone())
    }

    /// Fits the free parameters of a scenario with `[calibration]` to its table of evidence, on the threads of the current pool: `stickershock calibrate`. Evaluations that
    /// the folder has are used again. Without a folder it is done in one that goes with what is returned.
    ///
    /// # Errors
    /// [`Error`] when the scenario has nothing to calibrate, when the folder holds something else, when the model has no solution, and with
    /// [`ErrorKind::Interrupted`](super::ErrorKind) when `observer` asked to stop: the same call goes on.
    pub fn calibration(
        scenario: &Scenario,
        folder: Option<&Path>,
        FolderOptions { charts, fresh }: FolderOptions,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let calibration = scenario.calibration()?;
        let (folder, temporary) = place(folder)?;
        // How many evaluations a search takes is not known before.
        let progress = |_: usize, _: &str| observer.jobs(1);
        let working = Working::begin(fresh, charts && scenario.loaded().scenario.outputs.charts);
        observer.begins(0, 0);
        let Worked { finished, page, .. } =
            worked::calibration::<Error>(&calibration, &folder, working, observer, &progress)?;
        observer.ends();
        finished.warnings.iter().for_each(|warning| observer.warning(&warning.to_string()));
        let told = Told::of_page(&page);
        Self::of(folder, temporary, None, told, scenario.loaded().look.clone())
    }

    /// Reduces the stored units of a folder's plan.
    pub(super) fn merged(folder: OutputFolder, charts: bool, observer: &dyn Observer) -> Result<Self, Error> {
        let mut writer = Writer::new(&folder, charts, Formats { csv: true, parquet: false });
        let done = work::merge(&folder, false, &mut writer, observer)?;
        let told = Told::of(writer.said());
        Self::of(folder.clone(), None, Some(done), told, writer.look().clone())
    }

    fn of(
        folder: OutputFolder,
        temporary: Option<TemporaryFolder>,
        done: Option<Done>,
        told: Told,
        look: Figures,
    ) -> Result<Self, Error> {
        let reduced = done.map(|Done { reduced, .. }| Arc::new(reduced));
        let package = package(&folder)?;
        Ok(Self { folder, _temporary: temporary.map(Arc::new), reduced, look, package, told })
    }

    /// A folder that a study left.
    ///
    /// # Errors
    /// [`Error`] when there is no finished study in it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = OutputFolder::at(path.as_ref());
        let status = folder.manifest().map(|manifest| manifest["status"].clone());
        if status.is_none_or(|status| status != "complete") {
            let message = "holds no finished study";
            return Err(Error::refused(
                &path.as_ref().display().to_string(),
                "manifest.json",
                message,
                "name the folder of a run",
            ));
        }
        let package = package(&folder)?;
        Ok(Self {
            told: Told::of_readme(&folder),
            folder,
            _temporary: None,
            reduced: None,
            look: Figures::default(),
            package,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
    /// What was asked, the answer in words, and what to know before using a number.
    #[must_use]
    pub fn told(&self) -> &Told {
        &self.told
    }
    /// What was run, `manifest.json`.
    #[must_use]
    pub fn manifest(&self) -> String {
        self.folder.manifest().unwrap_or_default().to_string()
    }

    fn entries(&self) -> impl Iterator<Item = &Value> {
        self.package["resources"].as_array().into_iter().flatten()
    }

    /// Names of its tables.
    #[must_use]
    pub fn tables(&self) -> Vec<String> {
        self.entries().filter_map(|entry| entry["name"].as_str()).map(str::to_owned).collect()
    }

    /// A table.
    ///
    /// # Errors
    /// [`Error`] naming the tables that there are, if this is none of them; or when its file cannot be read.
    pub fn table(&self, name: &str) -> Result<ResultTable, Error> {
        let entry = self.entries().find(|entry| entry["name"] == name);
        let entry = entry.ok_or_else(|| Error::unknown("table", name, &self.tables()))?;
        let file = entry["path"].as_str().unwrap_or_default();
        let csv = self.folder.read(file).map_err(|error| Error::unreadable(file, &error))?;
        Ok(ResultTable::of_entry(entry.clone(), csv))
    }

    /// Names of its charts; some of them may have nothing to show.
    ///
    /// # Errors
    /// [`Error`] when they cannot be listed.
    #[cfg(feature = "charts")]
    pub fn charts(&self) -> Result<Vec<String>, Error> {
        match self.reduced.as_deref() {
            Some(Reduced::One(finished)) => Ok(charts::names_of_run(finished, &self.look)),
            Some(Reduced::Points(points)) => charts::names_of_points(points, &self.look),
            None => {
                let stored = self.stored_charts();
                if !stored.is_empty() {
                    return Ok(stored);
                }
                // Of a study whose charts were not drawn they are those that its tables give, if it is one with charts.
                let redrawn = crate::report::redraw::redraw(&self.folder, &crate::report::redraw::Wanted::default());
                let names = redrawn.map(|redrawn| redrawn.charts.into_iter().map(|(name, _)| name).collect());
                Ok(names.unwrap_or_default())
            }
        }
    }

    /// Charts that stand in the folder, by the manifest.
    #[cfg(feature = "charts")]
    fn stored_charts(&self) -> Vec<String> {
        let manifest = self.folder.manifest().unwrap_or_default();
        let files = manifest["files"].as_array().into_iter().flatten().filter_map(Value::as_str);
        files.filter_map(|file| file.strip_prefix("charts/")?.strip_suffix(".svg")).map(str::to_owned).collect()
    }

    /// A chart as SVG, over the reporting period or over one that is named; nothing where it has nothing to show.
    ///
    /// # Errors
    /// [`Error`] naming the charts or periods that there are, if this is none of them.
    #[cfg(feature = "charts")]
    pub fn chart(&self, name: &str, period: Option<&str>) -> Result<Option<String>, Error> {
        match self.reduced.as_deref() {
            Some(Reduced::One(finished)) => charts::of_run(finished, name, period, &self.look),
            Some(Reduced::Points(points)) => charts::of_points(points, name, period, &self.look),
            // Of a study that was finished before its tables are read back where the folder does not hold the chart.
            None if period.is_some() || !self.stored_charts().iter().any(|known| known == name) => {
                use crate::report::redraw::{Wanted, redraw};
                let (only, period) = (vec![name.to_owned()], period.map(str::to_owned));
                let redrawn = redraw(&self.folder, &Wanted { only, period, ..Wanted::default() })?;
                let page = redrawn.charts.into_iter().next();
                Ok(page.map(|(_, svg)| svg.as_str().to_owned()))
            }
            None => {
                let file = format!("charts/{name}.svg");
                let bytes = self.folder.read(&file).map_err(|error| Error::unreadable(&file, &error))?;
                Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
            }
        }
    }
}

/// The folder to work in: the one that is named, or one among the machine's temporary files.
fn place(folder: Option<&Path>) -> Result<(OutputFolder, Option<TemporaryFolder>), Error> {
    let temporary = folder.is_none().then(TemporaryFolder::new).transpose()?;
    let path = match (&temporary, folder) {
        (Some(temporary), _) => temporary.path(),
        (None, folder) => folder.unwrap_or(Path::new("")),
    };
    Ok((OutputFolder::create(path)?, temporary))
}

/// The data dictionary of a folder.
fn package(folder: &OutputFolder) -> Result<Value, Error> {
    let unreadable = |error: &dyn std::fmt::Display| Error::unreadable("datapackage.json", error);
    let bytes = folder.read("datapackage.json").map_err(|error| unreadable(&error))?;
    serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))
}
