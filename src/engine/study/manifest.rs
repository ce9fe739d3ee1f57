//! `manifest.json`: what was run, by which program, and how it ended.

use crate::model::ids::RegimeId;
use crate::platform::clock::{self, Instant};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};

use super::points::QUANTILE_OUTCOMES;
use super::results::QUANTILE_REPLICATIONS;
use crate::config::Loaded;
use crate::folder::{DICTIONARY, EARLIER_FILES, OTHERS_FILES, OutputError, OutputFolder, README, REPORT};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkStatus {
    /// Started and not finished; tables found beside it belong to an earlier run.
    Running,
    /// All files are written.
    Complete,
    /// Stopped by the user.
    Interrupted,
    /// Ended with an error.
    Failed,
}

impl WorkStatus {
    /// The word in the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
        }
    }
}

/// Everything needed to run the same study again.
#[derive(Debug)]
pub struct Manifest {
    fixed: Value,
    started: jiff::Timestamp,
    /// Seconds from start to end, once known.
    pub seconds: Option<f64>,
    /// Files written, relative to the folder, once known.
    pub files: Vec<String>,
    /// What work before it has left in the folder: its to remove when it is complete.
    earlier: BTreeSet<String>,
    /// What stood there that is someone's own: while the work lasts its own files are not listed yet.
    others: Vec<String>,
}

impl Manifest {
    /// Describes a run about to start, of a program that was built from `commit`.
    #[must_use]
    pub fn new(loaded: &Loaded, regimes: &[RegimeId], threads: usize, commit: &str) -> Self {
        let scenario = &loaded.scenario;
        let names: Vec<&str> = regimes.iter().map(|regime| scenario.regimes[*regime].name.as_str()).collect();
        let data: Vec<Value> = loaded
            .data
            .iter()
            .map(|file| json!({ "path": from_scenario(&loaded.path, &file.path), "blake3": file.hash.to_hex().as_str() }))
            .collect();
        let fixed = json!({
            "program": "stickershock",
            "version": env!("CARGO_PKG_VERSION"),
            "commit": commit,
            "scenario": {
                "name": scenario.name,
                "file": file_name(&loaded.path),
                "blake3": loaded.document.hash().to_hex().as_str(),
                "resolved_toml": loaded.document.to_toml_string(),
            },
            "data": data,
            "seed": scenario.seed,
            "replications": scenario.replications,
            "regimes": names,
            "threads": threads,
            "quantiles": format!(
                "type 7, of all replications up to {QUANTILE_REPLICATIONS}; beyond, of a uniform sample of \
                 {QUANTILE_REPLICATIONS} replications chosen by hash"
            ),
        });
        Self {
            fixed,
            started: clock::now(),
            seconds: None,
            files: Vec::new(),
            earlier: BTreeSet::new(),
            others: Vec::new(),
        }
    }

    /// The same for a study of the bargaining alone, in `worlds` worlds and without regimes.
    #[must_use]
    pub fn of_negotiation(mut self, worlds: u64) -> Self {
        if let Value::Object(entries) = &mut self.fixed {
            for key in ["replications", "regimes", "quantiles"] {
                entries.remove(key);
            }
            entries.insert("worlds".into(), worlds.into());
        }
        self
    }

    /// The same for a study of `points` points with `replications` replications each.
    #[must_use]
    pub fn of_points(mut self, points: u64, replications: u64) -> Self {
        if let Value::Object(entries) = &mut self.fixed {
            entries.insert("points".into(), points.into());
            entries.insert("replications".into(), replications.into());
            entries.insert(
                "quantiles".into(),
                format!(
                    "type 7; of outcomes, of all up to {QUANTILE_OUTCOMES}; beyond, of a uniform sample of \
                     {QUANTILE_OUTCOMES} outcomes chosen by hash"
                )
                .into(),
            );
        }
        self
    }

    /// What is known of the run from its start.
    #[must_use]
    pub fn entries(&self) -> &Value {
        &self.fixed
    }

    /// Adds what else is known of the run.
    pub fn insert(&mut self, key: &str, value: Value) {
        if let Value::Object(entries) = &mut self.fixed {
            entries.insert(key.to_owned(), value);
        }
    }

    /// The same for a sensitivity study: `replications` of every point, and what else there is to say of it.
    #[must_use]
    pub fn of_sensitivity(mut self, replications: u64, details: serde_json::Map<String, Value>) -> Self {
        if let Value::Object(entries) = &mut self.fixed {
            entries.remove("quantiles");
            entries.insert("replications".into(), replications.into());
            entries.insert("sensitivity".into(), details.into());
        }
        self
    }

    /// The manifest as JSON text.
    #[must_use]
    pub fn render(&self, status: WorkStatus) -> Vec<u8> {
        let mut manifest = self.fixed.clone();
        manifest["status"] = status.as_str().into();
        manifest["started"] = self.started.to_string().into();
        manifest["seconds"] = self.seconds.into();
        manifest["files"] = self.files.clone().into();
        if status != WorkStatus::Complete && !self.earlier.is_empty() {
            manifest[EARLIER_FILES] = self.earlier.iter().cloned().collect();
        }
        if status != WorkStatus::Complete && !self.others.is_empty() {
            manifest[OTHERS_FILES] = self.others.clone().into();
        }
        format!("{manifest:#}\n").into_bytes()
    }
}

/// A manifest that says at any time how the work in a folder stands: running from the start, complete with its files at the end, and
/// interrupted or failed where it ends before.
#[derive(Debug)]
pub struct WorkStanding<'a> {
    folder: &'a OutputFolder,
    /// What is said of the work; what is found on the way is inserted.
    pub manifest: Manifest,
    started: Instant,
}

impl<'a> WorkStanding<'a> {
    /// Work begins. What every study writes is looked at first: hours later is too late to learn that someone's own file has the name.
    ///
    /// # Errors
    /// [`OutputError`] when the manifest cannot be written, or a file of someone's own is in the way.
    pub fn begin(folder: &'a OutputFolder, mut manifest: Manifest, started: Instant) -> Result<Self, OutputError> {
        folder.free(&[DICTIONARY, README, REPORT])?;
        manifest.earlier = folder.written_before();
        manifest.others = folder.others();
        folder.write(MANIFEST_FILE, &manifest.render(WorkStatus::Running))?;
        Ok(Self { folder, manifest, started })
    }

    /// Passes on what the work gave. Where that is an error, the manifest says so first.
    ///
    /// # Errors
    /// Those of the work.
    pub fn keep<T, E>(&mut self, worked: Result<T, E>, interrupted: impl Fn(&E) -> bool) -> Result<T, E> {
        worked.inspect_err(|error| {
            self.manifest.seconds = Some(self.started.elapsed().as_secs_f64());
            let status = if interrupted(error) { WorkStatus::Interrupted } else { WorkStatus::Failed };
            // The first error is the one to report, even if the disk refuses this too.
            let _ = self.folder.write(MANIFEST_FILE, &self.manifest.render(status));
        })
    }

    /// All is written: what is left of an earlier run goes, and the manifest lists the files. Gives them with the manifest, the last.
    ///
    /// # Errors
    /// [`OutputError`] when the folder refuses.
    pub fn complete(mut self, mut files: Vec<PathBuf>) -> Result<Vec<PathBuf>, OutputError> {
        self.manifest.seconds = Some(self.started.elapsed().as_secs_f64());
        self.folder.remove_others(&self.manifest.earlier, &files)?;
        self.manifest.files = files.iter().map(|file| inside(self.folder.path(), file)).collect();
        files.push(self.folder.write(MANIFEST_FILE, &self.manifest.render(WorkStatus::Complete))?);
        Ok(files)
    }
}

/// File name of a manifest.
const MANIFEST_FILE: &str = "manifest.json";

/// A path as it reads from a folder that it is in, with `/` on every system.
fn inside(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A file as it is reached from the folder of the scenario file: the same wherever both stand.
#[must_use]
pub fn from_scenario(scenario: &Path, file: &Path) -> String {
    let parts = |path: &Path| -> Vec<String> {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut parts: Vec<String> = Vec::new();
        for part in whole.components() {
            match part {
                Component::ParentDir => drop(parts.pop()),
                Component::CurDir => {}
                part => parts.push(part.as_os_str().to_string_lossy().into_owned()),
            }
        }
        parts
    };
    let home = match scenario.parent() {
        Some(parent) if parent != Path::new("") => parts(parent),
        _ => parts(Path::new(".")),
    };
    let file = parts(file);
    let common = home.iter().zip(&file).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", home.len() - common);
    up.chain(file[common..].iter().map(String::as_str)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No path in a manifest says where on a machine it was written.
    #[test]
    fn data_are_named_from_the_scenario() {
        let from = |scenario: &str, file: &str| from_scenario(Path::new(scenario), Path::new(file));
        assert_eq!(from("configs/a.toml", "configs/data/v.csv"), "data/v.csv");
        assert_eq!(from("/x/configs/own/a.toml", "/x/configs/own/../data/v.csv"), "../data/v.csv");
        assert_eq!(from("a.toml", "v.csv"), "v.csv");
        assert_eq!(from("/x/a/s.toml", "/y/v.csv"), "../../y/v.csv");
    }
}
