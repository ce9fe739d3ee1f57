//! `manifest.json`: what was run, by which program, and how it ended.

use std::path::Path;

use serde_json::{Value, json};

use crate::config::Loaded;
use crate::study::points::QUANTILE_OUTCOMES;
use crate::study::results::QUANTILE_REPLICATIONS;

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Started and not finished; tables found beside it belong to an earlier run.
    Running,
    /// All files are written.
    Complete,
    /// Stopped by the user.
    Interrupted,
    /// Ended with an error.
    Failed,
}

impl Status {
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
}

impl Manifest {
    /// Describes a run about to start.
    #[must_use]
    pub fn new(loaded: &Loaded, regimes: &[usize], threads: usize) -> Self {
        let scenario = &loaded.scenario;
        let names: Vec<&str> = regimes.iter().map(|regime| scenario.regimes[*regime].name.as_str()).collect();
        let data: Vec<Value> = loaded
            .data
            .iter()
            .map(|file| json!({ "path": display(&file.path), "blake3": file.hash.to_hex().as_str() }))
            .collect();
        let fixed = json!({
            "program": "stickershock",
            "version": env!("CARGO_PKG_VERSION"),
            "commit": env!("STICKERSHOCK_COMMIT"),
            "scenario": {
                "name": scenario.name,
                "file": display(&loaded.path),
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
        Self { fixed, started: jiff::Timestamp::now(), seconds: None, files: Vec::new() }
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
    pub fn render(&self, status: Status) -> Vec<u8> {
        let mut manifest = self.fixed.clone();
        manifest["status"] = status.as_str().into();
        manifest["started"] = self.started.to_string().into();
        manifest["seconds"] = self.seconds.into();
        manifest["files"] = self.files.clone().into();
        format!("{manifest:#}\n").into_bytes()
    }
}

fn display(path: &Path) -> String {
    path.display().to_string()
}
