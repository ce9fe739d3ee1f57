//! A page of claims with its runs: made where they are missing, and read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::worked::{self, Working};
use crate::config::claims::{ClaimsPage, ClaimsRun};
use crate::config::{ConfigError, Source, load_from};
use crate::folder::{OutputError, OutputFolder};
use crate::report::claims::{ClaimError, ClaimTable, ClaimTables, filled_page, parsed};
use crate::report::writer::{Formats, Writer};
use crate::study::Observer;
use crate::study::bargained::{BargainingError, BargainingRequest};
use crate::study::work::{self, Begin, Settings, WorkError};

/// A page of claims, and where its runs are.
pub(crate) struct Claims<'a> {
    /// The page.
    pub page: ClaimsPage,
    /// What its scenarios may read.
    pub source: &'a Source,
    /// Folder of the runs, each under its name.
    pub runs: &'a Path,
}

impl Claims<'_> {
    /// Makes the runs that are not there, or not complete, and gives the page with their numbers. What was done of one that was stopped is kept, and
    /// the same call goes on.
    pub fn fill<E>(&self, observer: &dyn Observer) -> Result<String, E>
    where
        E: From<ConfigError> + From<WorkError> + From<OutputError> + From<BargainingError> + From<ClaimError>,
        E: From<worked::DrawError>,
    {
        for (name, run) in &self.page.runs {
            self.make::<E>(name, run, observer)?;
        }
        let tables = RunTables { runs: self.page.runs.keys().collect(), folder: self.runs, known: RefCell::default() };
        Ok(filled_page(&self.page, &tables)?)
    }

    fn make<E>(&self, name: &str, run: &ClaimsRun, observer: &dyn Observer) -> Result<(), E>
    where
        E: From<ConfigError> + From<WorkError> + From<OutputError> + From<BargainingError> + From<worked::DrawError>,
    {
        let path = self.page.path.parent().unwrap_or(Path::new("")).join(&run.scenario);
        let loaded = load_from(self.source, &path, &run.set)?;
        let folder = OutputFolder::create(&self.runs.join(name))?;
        observer.note(&format!("{name}: {}", folder.path().display()));
        if let Some(worlds) = run.worlds {
            let request = BargainingRequest { worlds, solve_for: None, signs: false };
            return worked::bargaining::<E>(&loaded, &request, &folder, Working::begin(false, false)).map(drop);
        }
        let regimes = work::regimes_named(&loaded.scenario, &[])?;
        work::check(&loaded)?;
        let mut writer = Writer::new(&folder, false, Formats { csv: true, parquet: false });
        let settings = Settings { begin: Begin::GoOn, ..Settings::default() };
        work::run(&loaded, &regimes, &folder, settings, &mut writer, observer)?;
        Ok(())
    }
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
