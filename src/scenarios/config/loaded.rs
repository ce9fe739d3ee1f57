//! A scenario file, read and checked, with everything that says where it came from.

use std::path::{Path, PathBuf};

use super::design::StudyDesign;
use super::document::Document;
use super::error::ConfigError;
use super::figures::Figures;
use super::parameters::{self, UncertainParameters};
use super::reader::Reader;
use super::scenario::{ScenarioFile, scenario};
use super::source::Source;
use super::stop::{StopRule, stop};
use super::sweep::sweep;
use super::uncertainty::{structures, uncertainty};
use crate::model::scenario::Scenario;

/// A scenario with everything that says where it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The scenario file.
    pub path: PathBuf,
    /// The merged document.
    pub document: Document,
    /// The data files it reads.
    pub data: Vec<DataFile>,
    /// The checked scenario.
    pub scenario: Scenario,
    /// How its charts look.
    pub look: Figures,
    /// The values that are uncertain.
    pub parameters: UncertainParameters,
    /// The points of a study that has several.
    pub design: Option<StudyDesign>,
    /// When there are enough replications, if not at a fixed number.
    pub stop: Option<StopRule>,
    /// The document that the settings of each point are laid over. The sections that list the points are left out of it.
    ground: Document,
}

/// Keys that name data files.
const DATA_KEYS: [&str; 3] = ["market.models", "exchange_rate.data", "calibration.targets"];
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
        let document = document.choosing("regimes", "regime")?;
        let file: ScenarioFile = document.deserialize()?;
        let reader = Reader { document: &document };
        let mut scenario = scenario(&reader, &file)?;
        let look = file.charts.figures(&reader)?;
        let parameters = parameters::parameters(&document, &file.parameter, &file.correlation, None)?;
        let structures = structures(&reader, file.uncertainty.as_ref(), &file.parameter, &file.correlation)?;
        let design = match (&file.sweep, &file.uncertainty) {
            (Some(_), Some(_)) => {
                let message = "a study has a sweep or draws, and this one has both";
                let help = "keep one of [sweep] and [uncertainty] in a file that extends this one";
                return Err(reader.error("sweep", message, help));
            }
            (Some(section), None) => Some(StudyDesign::Sweep(sweep(&reader, section, &file.run, &parameters)?)),
            // No draws: the study at the scenario's own values.
            (None, Some(section)) if section.draws == 0 => None,
            (None, Some(section)) => {
                let draws = uncertainty(&reader, section, file.run.seed, &file.market, &parameters, structures)?;
                Some(StudyDesign::Uncertainty(Box::new(draws)))
            }
            (None, None) => None,
        };
        let stop = file.stop.as_ref().map(|section| stop(&reader, section, &scenario)).transpose()?;
        if let Some(stop) = &stop {
            // As many as the rule may ask for: a plan has room for all of them.
            scenario.replications = stop.rule.max();
        }
        let named = [("market.models", Some(&file.market.models))]
            .into_iter()
            .chain([("exchange_rate.data", file.exchange_rate.as_ref().map(|section| &section.data))]);
        let data = named
            .filter_map(|(key, name)| Some(DataFile::read(&reader, key, name?)))
            .collect::<Result<_, ConfigError>>()?;
        let ground = document.without(&OF_POINTS);
        Ok(Self { path: path.to_owned(), document, data, scenario, look, parameters, design, stop, ground })
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

impl DataFile {
    /// The file that `key` names.
    pub(super) fn read(reader: &Reader<'_>, key: &str, name: &str) -> Result<Self, ConfigError> {
        let hash = blake3::hash(&reader.document.data(key, name)?);
        Ok(Self { key: key.to_owned(), name: name.to_owned(), hash, path: reader.document.data_path(key, name) })
    }
}

/// Loads a scenario file, which reads what stands below its folder, applies `key=value` assignments, and checks everything.
///
/// # Errors
/// [`ConfigError`] naming file, line or row, key, value and remedy.
pub fn load(path: &Path, assignments: &[String]) -> Result<Loaded, ConfigError> {
    load_from(&Source::beside(path), path, assignments)
}

/// The same with everything that it reads from a source: `--root` of the command line, or memory.
///
/// # Errors
/// As [`load`].
pub fn load_from(source: &Source, path: &Path, assignments: &[String]) -> Result<Loaded, ConfigError> {
    let mut document = Document::load_from(source, path)?;
    for assignment in assignments {
        document.set(assignment)?;
    }
    document.name_data_files(&DATA_KEYS);
    let loaded = Loaded::new(path, document)?;
    let takes = |assignments: &[String]| loaded.at(assignments).map(drop);
    parameters::check(&loaded.document, "", &[], &loaded.parameters, takes)?;
    if let Some(StudyDesign::Uncertainty(draws)) = &loaded.design {
        for (index, structure) in draws.structures().iter().enumerate() {
            let place = format!("uncertainty.structure[{index}].set");
            parameters::check(&loaded.document, &place, &structure.set, &structure.parameters, takes)?;
        }
    }
    if let Some(design) = &loaded.design {
        let reads = |assignment: &str| {
            let mut document = loaded.document.clone();
            document.set(assignment)?;
            document.deserialize::<ScenarioFile>().map(drop)
        };
        let takes = |assignments: &[String]| loaded.at(assignments).is_ok();
        design.check(&Reader { document: &loaded.document }, &loaded.scenario, takes, reads)?;
    }
    Ok(loaded)
}

/// The JSON Schema of scenario files, derived from the types that read them.
#[cfg(feature = "schema")]
#[must_use]
pub fn derived_schema() -> String {
    let schema = schemars::schema_for!(ScenarioFile);
    format!("{:#}\n", schema.as_value())
}
