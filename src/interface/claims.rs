//! A page of claims with its runs: made where they are missing, and read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::worked::{self, Working};
use crate::config::claims::ClaimsPage;
use crate::config::{ConfigError, Loaded, Source, load_from};
use crate::folder::{OutputError, OutputFolder};
use crate::report::claims::{ClaimError, ClaimTable, ClaimTables, check_page, filled_page, parsed};
use crate::report::writer::{Formats, Writer};
use crate::study::Observer;
use crate::study::bargained::{BargainingError, BargainingRequest};
use crate::study::work::{self, Begin, Settings, WorkError};

/// A page of claims with its scenarios read, and where its runs are.
pub(crate) struct Claims<'a> {
    page: ClaimsPage,
    scenarios: Vec<(String, Loaded)>,
    runs: &'a Path,
}

/// Why a page of claims is not filled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClaimsError {
    /// The page, or what stands on it.
    #[error(transparent)]
    Page(#[from] ConfigError),
    /// A place on it.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// A run of it.
    #[error("{page}: run.{run}: {fault}")]
    Run {
        /// The page.
        page: String,
        /// Name of the run.
        run: String,
        /// Its folder.
        folder: PathBuf,
        /// What is wrong.
        fault: Box<RunFault>,
    },
}

/// Why a run of a page of claims cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunFault {
    /// Its scenario.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its study.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// Its folder.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Its bargaining.
    #[error(transparent)]
    Bargaining(#[from] BargainingError),
    /// A chart, of which it draws none.
    #[cfg(feature = "charts")]
    #[error(transparent)]
    Chart(#[from] worked::DrawError),
}

impl<'a> Claims<'a> {
    /// Reads a page and the scenarios of its runs from a source, and looks whether all that stands between its braces can be asked. `runs` is the folder of
    /// the runs, each under its name.
    pub fn read(source: &Source, path: &Path, runs: &'a Path) -> Result<Self, ClaimsError> {
        let page = ClaimsPage::read(source, path)?;
        check_page(&page)?;
        let mut scenarios = Vec::new();
        for (name, run) in &page.runs {
            let path = page.path.parent().unwrap_or(Path::new("")).join(&run.scenario);
            let loaded = load_from(source, &path, &run.set).map_err(|error| Box::new(error.into()));
            let folder = runs.join(name);
            let (shown, name) = (page.path.display().to_string(), name.clone());
            let loaded = loaded.map_err(|fault| ClaimsError::Run { page: shown, run: name.clone(), folder, fault })?;
            scenarios.push((name, loaded));
        }
        Ok(Self { page, scenarios, runs })
    }

    /// Makes the runs that are not there, or not complete, and gives the page with their numbers. What was done of one that was stopped is kept, and
    /// the same call goes on.
    pub fn fill(&self, observer: &dyn Observer) -> Result<String, ClaimsError> {
        for (name, loaded) in &self.scenarios {
            let folder = self.runs.join(name);
            let worlds = self.page.runs[name].worlds;
            make(loaded, worlds, &folder, &|text| observer.note(&format!("{name}: {text}")), observer).map_err(
                |fault| ClaimsError::Run {
                    page: self.page.path.display().to_string(),
                    run: name.clone(),
                    folder,
                    fault: Box::new(fault),
                },
            )?;
        }
        let tables = RunTables { runs: self.page.runs.keys().collect(), folder: self.runs, known: RefCell::default() };
        Ok(filled_page(&self.page, &tables)?)
    }
}

/// Makes a run, unless it is there.
fn make(
    loaded: &Loaded,
    worlds: Option<u64>,
    folder: &Path,
    note: &dyn Fn(&str),
    observer: &dyn Observer,
) -> Result<(), RunFault> {
    let folder = OutputFolder::create(folder)?;
    if let Some(worlds) = worlds {
        let request = BargainingRequest { worlds, solve_for: None, signs: false };
        if worked::bargained_before(loaded, &request, &folder) {
            note(&format!("{} is complete", folder.path().display()));
            return Ok(());
        }
        note(&folder.path().display().to_string());
        return worked::bargaining::<RunFault>(loaded, &request, &folder, Working::begin(false, false)).map(drop);
    }
    note(&folder.path().display().to_string());
    let regimes = work::regimes_named(&loaded.scenario, &[])?;
    work::check(loaded)?;
    let mut writer = Writer::new(&folder, false, Formats { csv: true, parquet: false });
    let settings = Settings { begin: Begin::GoOn, ..Settings::default() };
    work::run(loaded, &regimes, &folder, settings, &mut writer, observer)?;
    Ok(())
}

/// The tables of the runs, each read once.
struct RunTables<'a> {
    runs: Vec<&'a String>,
    folder: &'a Path,
    known: RefCell<BTreeMap<PathBuf, Option<Arc<ClaimTable>>>>,
}

impl ClaimTables for RunTables<'_> {
    fn table(&self, run: &str, name: &str) -> Result<Option<Arc<ClaimTable>>, String> {
        if !self.runs.iter().any(|known| *known == run) {
            let known: Vec<&str> = self.runs.iter().map(|known| known.as_str()).collect();
            return Err(format!("there is no run `{run}` on this page: there are {}", known.join(", ")));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let file = format!("tables/{name}.csv");
        let path = self.folder.join(run).join(&file);
        if let Some(known) = self.known.borrow().get(&path) {
            return Ok(known.clone());
        }
        let folder = OutputFolder::at(&self.folder.join(run));
        if !name.chars().all(plain) {
            return Err(format!("`{name}` is no name of a table"));
        }
        let wrong = |error: &dyn Display| format!("{}: {error}", path.display());
        let csv = folder.read_if_there(&file).map_err(|error| wrong(&error))?;
        let found = csv.map(|csv| parsed(&csv)).transpose().map_err(|error| wrong(&error))?;
        self.known.borrow_mut().insert(path, found.clone());
        Ok(found)
    }
}
