//! A scenario, read and checked.

use std::path::{Path, PathBuf};

use super::error::Error;
use crate::config::{Loaded, Source, load_from};

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

    /// The same scenario with one value changed and everything checked anew. Keys are those of the file; items of lists go by name, as
    /// in `instrument.sanctions.rate`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn with(self, key: &str, value: impl Into<Value>) -> Result<Self, Error> {
        let Self { source, path, mut assignments, .. } = self;
        let Value(value) = value.into();
        assignments.push(format!("{key}={value}"));
        Self::read(source, path, assignments)
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
        self.loaded.scenario.regimes.iter().map(|regime| regime.name.as_str())
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

    /// What is read, for a study of one point.
    pub(super) fn of_one_point(self) -> Result<Loaded, Error> {
        if self.loaded.design.is_none() {
            return Ok(self.loaded);
        }
        let remedy = "run it with `stickershock run`, or leave [sweep] and [uncertainty] to a file that extends this one and lay \
                      the values of each point over it with `with`";
        Err(Error::refused(&self.path.display().to_string(), "sweep", "is a study of many points", remedy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
