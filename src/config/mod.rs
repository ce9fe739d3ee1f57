//! From files to checked values: the way in.
//!
//! A scenario is a TOML [`document`] that may extend others and be overridden from the command line; its data are CSV
//! tables. Both remember where each value was written, so that any complaint, including those found long after
//! parsing, names the file, the line or row, the value and what would do instead ([`ConfigError`]).

pub mod accounts;
pub mod calibration;
pub mod case;
pub mod chain;
pub mod design;
pub mod document;
mod error;
pub mod files;
mod flows;
pub mod governments;
pub mod instruments;
mod market;
pub mod moments;
pub mod parameters;
pub mod problem;
pub mod scenario;
mod sourced;
pub mod stop;
mod suggest;
pub mod table;
mod timing;

pub use design::StudyDesign;
pub use document::{Document, Origin};
pub use error::{Complaint, ConfigError, Location};
pub use parameters::Parameters;
pub use sourced::{Sourced, Status};
pub use table::Table;

use std::path::{Path, PathBuf};

use self::scenario::NamedFile;
use self::stop::StopRule;
use crate::model::scenario::Scenario;

/// A scenario with everything that says where it came from.
#[derive(Debug)]
pub struct Loaded {
    /// The scenario file.
    pub path: PathBuf,
    /// The merged document.
    pub document: Document,
    /// The data files it reads.
    pub data: Vec<DataFile>,
    /// The checked scenario.
    pub scenario: Scenario,
    /// The values that are uncertain.
    pub parameters: Parameters,
    /// The points of a study that has several.
    pub design: Option<StudyDesign>,
    /// When there are enough replications, if not at a fixed number.
    pub stop: Option<StopRule>,
    /// The document without what only says which points there are: what points are laid over.
    ground: Document,
}

/// Tables that say which points a study has, and may be as long as it has points.
const OF_POINTS: [&str; 4] = ["sweep", "uncertainty", "parameter", "correlation"];

impl Loaded {
    /// The same scenario with `key=value` assignments laid over it, as `--set` does, and checked anew: one point of a study. A point
    /// has no design and no uncertain values of its own, and costs the same however many others there are.
    ///
    /// # Errors
    /// [`ConfigError`] naming the assignment, or what of the scenario it makes impossible.
    pub fn at(&self, assignments: &[String]) -> Result<Self, ConfigError> {
        Self::new(&self.path, self.ground.with(assignments)?)
    }

    /// Checks a document that was read from `path`, and everything that it names.
    ///
    /// # Errors
    /// As [`load`].
    pub fn new(path: &Path, document: Document) -> Result<Self, ConfigError> {
        let (mut scenario, files) = scenario::scenario(&document)?;
        let parameters = parameters::parameters(&document)?;
        let design = design::design(&document, &parameters)?;
        let stop = stop::stop(&document, &scenario)?;
        if let Some(stop) = &stop {
            // As many as the rule may ask for: a plan has room for all of them.
            scenario.replications = stop.rule.max();
        }
        let data = files
            .into_iter()
            .map(|NamedFile { key, name, path }| {
                let bytes = std::fs::read(&path).map_err(|error| ConfigError::unreadable(&path, &error))?;
                Ok(DataFile { key, name, hash: blake3::hash(&bytes), path })
            })
            .collect::<Result<_, ConfigError>>()?;
        let ground = document.without(&OF_POINTS);
        Ok(Self { path: path.to_owned(), document, data, scenario, parameters, design, stop, ground })
    }
}

/// A data file and the hash of its bytes.
#[derive(Clone, Debug)]
pub struct DataFile {
    /// The key of the scenario that names it.
    pub key: String,
    /// The name as written there.
    pub name: String,
    /// Where it was read.
    pub path: PathBuf,
    /// BLAKE3 of its bytes.
    pub hash: blake3::Hash,
}

/// Loads a scenario file, applies `key=value` assignments, and checks everything.
///
/// # Errors
/// [`ConfigError`] naming file, line or row, key, value and remedy.
pub fn load(path: &Path, assignments: &[String]) -> Result<Loaded, ConfigError> {
    let mut document = Document::load(path)?;
    for assignment in assignments {
        document.set(assignment)?;
    }
    let loaded = Loaded::new(path, document)?;
    parameters::check(&loaded)?;
    design::check(&loaded)?;
    Ok(loaded)
}

/// The JSON Schema of scenario files.
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(files::ScenarioFile);
    format!("{:#}\n", schema.as_value())
}
