//! A scenario, read and checked.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::example::{EXAMPLES, files_beside};
use crate::config::calibration::{self, Calibration};
use crate::config::{Loaded, Source, StudyDesign, load_from};
use crate::study::work;

/// A scenario file with everything that it names, checked.
#[derive(Debug)]
pub struct Scenario {
    source: Source,
    path: PathBuf,
    assignments: Vec<String>,
    loaded: Loaded,
}

/// A value as a scenario file writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Value(String);

impl Value {
    /// A value as it would stand in a file: `0.25`, `"a text"`, `1995-06-28`, `{ flag = true }`.
    #[must_use]
    pub fn written(toml: impl Into<String>) -> Self {
        Self(toml.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self(toml::Value::Float(value).to_string())
    }
}
impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self(value.to_string())
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self(value.to_string())
    }
}
impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self(value.to_string())
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self(value.to_string())
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self(toml::Value::String(value.to_owned()).to_string())
    }
}
impl From<jiff::civil::Date> for Value {
    fn from(value: jiff::civil::Date) -> Self {
        Self(value.to_string())
    }
}
impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(values: Vec<V>) -> Self {
        let values: Vec<String> = values.into_iter().map(|value| value.into().0).collect();
        Self(format!("[{}]", values.join(", ")))
    }
}

impl Scenario {
    /// Reads a scenario file and what it names below its folder.
    ///
    /// # Errors
    /// [`Error`] with file, place, value and remedy.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::from_source(&Source::beside(path), path)
    }

    /// Reads a scenario from a source: the files below another folder, or memory.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_source(source: &Source, path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(source.clone(), path.as_ref().to_owned(), Vec::new())
    }

    fn read(source: Source, path: PathBuf, assignments: Vec<String>) -> Result<Self, Error> {
        let loaded = load_from(&source, &path, &assignments)?;
        Ok(Self { source, path, assignments, loaded })
    }

    /// One of the scenarios that the library carries: its name, as in [`EXAMPLES`](super::EXAMPLES).
    ///
    /// # Errors
    /// [`Error`] naming those that there are, if this is none of them.
    pub fn example(name: &str) -> Result<Self, Error> {
        let plain = name.strip_suffix(".toml").unwrap_or(name);
        let example = EXAMPLES.iter().find(|example| example.name == plain).ok_or_else(|| {
            let known: Vec<String> = EXAMPLES.iter().map(|example| example.name.to_owned()).collect();
            Error::unknown("example", name, &known)
        })?;
        let file = format!("{}.toml", example.name);
        let own = std::iter::once((file.clone(), example.text));
        let beside = files_beside().iter().map(|(name, text)| ((*name).to_owned(), *text));
        Self::from_source(&Source::memory(beside.chain(own)), file)
    }

    /// The same scenario with one value changed and everything checked anew. Keys are those of the file; items of lists go by name, as
    /// in `instrument.sanctions.rate`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn with(self, key: &str, value: impl Into<Value>) -> Result<Self, Error> {
        self.with_all([(key, value)])
    }

    /// The same with several values changed, one after the other.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn with_all<'a, V: Into<Value>>(&self, values: impl IntoIterator<Item = (&'a str, V)>) -> Result<Self, Error> {
        let mut assignments = self.assignments.clone();
        assignments.extend(values.into_iter().map(|(key, value)| format!("{key}={}", value.into().0)));
        let changed = Self::read(self.source.clone(), self.path.clone(), assignments.clone());
        changed.map_err(|error| {
            // What is wrong with an assignment is wrong with its key, where nothing within it is named.
            let own = |assignment: &&String| error.file() == Some(format!("--set {assignment}").as_str());
            let key =
                assignments.iter().find(own).and_then(|assignment| Some(assignment.split_once('=')?.0.to_owned()));
            match key {
                Some(key) => error.about_key(&key),
                None => error,
            }
        })
    }

    /// The same with so many replications, of each point where it has several: `--replications` of the command line.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn with_replications(&self, replications: u64) -> Result<Self, Error> {
        let mut changed = self.with_all([("run.replications", i64::try_from(replications).unwrap_or(i64::MAX))])?;
        if let Some(design) = &mut changed.loaded.design {
            design.set_replications(replications);
        }
        Ok(changed)
    }

    /// The scenario with all that it reads, as files for [`Source::memory`], the scenario first: its values resolved into one file. With its evidence, and
    /// the scenarios that moments are of, where it has `[calibration]`.
    ///
    /// # Errors
    /// [`Error`] when a data file cannot be read any more.
    pub fn packed(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let Loaded { path, document, .. } = &self.loaded;
        let name = path.file_name().map_or_else(|| "scenario.toml".into(), |name| name.to_string_lossy().into_owned());
        let mut files = packed(&self.loaded, name)?;
        if document.origin("calibration").is_some() {
            let Calibration { targets, scenarios, .. } = self.calibration()?;
            files.push((targets.name.clone(), document.data(&targets.key, &targets.name)?));
            let home = path.parent().unwrap_or(Path::new(""));
            for other in &scenarios[1..] {
                let name = other.path.strip_prefix(home).unwrap_or(&other.path).to_string_lossy().replace('\\', "/");
                files.extend(packed(other, name)?);
            }
        }
        Ok(files)
    }

    /// Its values, resolved, as TOML.
    #[must_use]
    pub fn resolved(&self) -> String {
        self.loaded.document.to_toml_string()
    }

    /// Whether it is a study of many points: a sweep, or draws of what is not known.
    #[must_use]
    pub fn has_points(&self) -> bool {
        self.loaded.design.is_some()
    }

    /// Names of its periods, the whole horizon first.
    pub fn periods(&self) -> impl Iterator<Item = &str> {
        self.loaded.scenario.periods.iter().map(|period| period.name.as_str())
    }

    /// Its seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.loaded.scenario.seed
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.loaded.scenario.name
    }
    /// Its title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.loaded.scenario.title
    }
    /// Names of its policy regimes, in the order of the file.
    pub fn regimes(&self) -> impl Iterator<Item = &str> {
        self.loaded.scenario.regimes.values().map(|regime| regime.name.as_str())
    }
    /// The regime that the others are compared with.
    #[must_use]
    pub fn baseline(&self) -> &str {
        let scenario = &self.loaded.scenario;
        &scenario.regimes[scenario.baseline].name
    }
    /// Replications that it asks for; the most that may be, where `[stop]` says when there are enough.
    #[must_use]
    pub fn replications(&self) -> u64 {
        self.loaded.scenario.replications
    }

    /// What it is to be fitted to.
    pub(super) fn calibration(&self) -> Result<Calibration, Error> {
        // Read anew: what was read belongs to this scenario.
        let loaded = load_from(&self.source, &self.path, &self.assignments)?;
        Ok(calibration::calibration(loaded, &self.assignments)?)
    }

    pub(super) fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// What is read, for a study in memory: of one point, or of draws that together have the tables of a run.
    pub(super) fn in_memory(&self) -> Result<&Loaded, Error> {
        work::check(&self.loaded)?;
        let (key, message, remedy) = match &self.loaded.design {
            None => return Ok(&self.loaded),
            Some(design) if design.has_tables() => return Ok(&self.loaded),
            Some(StudyDesign::Sweep(_)) => {
                ("sweep", "is a study of many points", "run it in a folder (`ResultFolder::run`), or without [sweep]")
            }
            Some(StudyDesign::Uncertainty(_)) => (
                "uncertainty.tables",
                "is false, so that the draws have no tables of a run",
                "run it in a folder (`ResultFolder::run`), set it to true, or run its own values alone, with `with(\"uncertainty.draws\", 0)`",
            ),
        };
        Err(Error::refused(&self.path.display().to_string(), key, message, remedy))
    }
}

/// A scenario under a name, and its data.
fn packed(loaded: &Loaded, name: String) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let Loaded { document, data, .. } = loaded;
    let mut files = vec![(name, document.to_toml_string().into_bytes())];
    for file in data {
        files.push((file.name.clone(), document.data(&file.key, &file.name)?));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_the_key_of_its_error() {
        let scenario = Scenario::example("market-1995").unwrap();
        for key in ["instrument.sanctions.rat", "instrument.sanction.rate", "x.y", "run.seed.more"] {
            let error = scenario.with_all([(key, 0.2)]).unwrap_err();
            // The key as far as the first part that is not known.
            let told = error.place().and_then(|place| place.key.as_deref()).unwrap_or_default();
            assert!(!told.is_empty() && key.starts_with(told), "{told}: {error}");
            assert!(error.remedy().is_some(), "{error}");
        }
    }

    #[test]
    fn values_are_written_as_scenario_files_write_them() {
        let text = |value: Value| value.0;
        assert_eq!(text(0.25.into()), "0.25");
        assert_eq!(text(3.0.into()), "3.0");
        assert_eq!(text(1e-9.into()), "0.000000001");
        assert_eq!(text(52.into()), "52");
        assert_eq!(text(true.into()), "true");
        assert_eq!(text("say \"no\"".into()), "'say \"no\"'");
        assert_eq!(text(jiff::civil::date(1995, 6, 28).into()), "1995-06-28");
        assert_eq!(text(vec![52.0, 0.5].into()), "[52.0, 0.5]");
    }

    #[test]
    fn a_scenario_comes_back_from_what_it_packs() {
        let scenario = Scenario::example("market-1995").unwrap().with("instrument.sanctions.rate", 0.25).unwrap();
        let files = scenario.packed().unwrap();
        let name = files[0].0.clone();
        assert_eq!(name, "market-1995.toml");
        let again = Scenario::from_source(&Source::memory(files), name).unwrap();
        assert_eq!(again.loaded.document.hash(), scenario.loaded.document.hash());
        assert_eq!(
            again.loaded.data.iter().map(|file| file.hash).collect::<Vec<_>>(),
            scenario.loaded.data.iter().map(|file| file.hash).collect::<Vec<_>>()
        );
        assert_eq!(again.regimes().collect::<Vec<_>>(), scenario.regimes().collect::<Vec<_>>());
    }

    #[test]
    fn a_calibration_comes_back_with_its_evidence_and_the_scenarios_of_its_moments() {
        let scenario = Scenario::example("calibration-1995").unwrap().with("buyers.count", 64).unwrap();
        let files = scenario.packed().unwrap();
        let again = Scenario::from_source(&Source::memory(files), "calibration-1995.toml").unwrap();
        let (here, there) = (scenario.calibration().unwrap(), again.calibration().unwrap());
        assert_eq!(here.targets.hash, there.targets.hash);
        assert!(here.scenarios.len() > 1);
        let hashes = |of: &Calibration| of.scenarios.iter().map(|own| own.document.hash()).collect::<Vec<_>>();
        assert_eq!(hashes(&here), hashes(&there));
    }

    #[test]
    fn every_example_is_read_from_memory() {
        for example in EXAMPLES {
            Scenario::example(example.name).unwrap();
        }
        let error = Scenario::example("showdown").unwrap_err();
        assert!(error.to_string().contains("market-1995"), "{error}");
    }
}
