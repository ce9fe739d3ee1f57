//! Results that stand in a folder already: whose they are, and that they stay unless the user says otherwise.

use std::path::{Component, Path};

use serde_json::Value;

use super::{DICTIONARY, OutputError, OutputFolder, PLAN, README, REPORT, log};

/// What a command leaves in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultKind {
    /// A run, a sweep or draws.
    Run,
    /// A sensitivity study.
    Sensitivity,
    /// A calibration.
    Calibration,
    /// The bargaining alone.
    Negotiation,
    /// A solved market.
    Market,
    /// Charts of a study that were drawn again.
    Charts,
}

impl ResultKind {
    /// That of a manifest, by the entry that no other kind has.
    pub(super) fn of(manifest: &Value) -> Option<Self> {
        let kinds = [
            ("plan", Self::Run),
            ("case", Self::Market),
            ("calibration", Self::Calibration),
            ("sensitivity", Self::Sensitivity),
            ("worlds", Self::Negotiation),
            ("charts_of", Self::Charts),
        ];
        kinds.into_iter().find_map(|(key, kind)| (!manifest[key].is_null()).then_some(kind))
    }

    fn words(self) -> &'static str {
        match self {
            Self::Run => "a run",
            Self::Sensitivity => "a sensitivity study",
            Self::Calibration => "a calibration",
            Self::Negotiation => "the bargaining alone",
            Self::Market => "a solved market",
            Self::Charts => "charts drawn again",
        }
    }
}

/// What may stand in a folder beside the files that its manifest lists.
const WORK: [&str; 3] = [log::FILE, PLAN, "units.csv"];

impl OutputFolder {
    /// Makes sure that nothing is written over the results of something else: those of another kind of study, and finished ones of the same
    /// kind of which `differs` says what is not as it is now. With `fresh` they go first. To be called while the folder is locked.
    ///
    /// # Errors
    /// [`OutputError::Former`] with what differs, [`OutputError::Stranger`] for a page of someone's own, and nothing is changed; [`OutputError::File`] when a file cannot be removed.
    pub fn make_way(
        &self,
        kind: ResultKind,
        fresh: bool,
        differs: impl FnOnce(&Value) -> Vec<String>,
    ) -> Result<(), OutputError> {
        let pages = [README, REPORT, DICTIONARY];
        // A solved market has no data dictionary.
        self.free(if kind == ResultKind::Market { &pages[..2] } else { &pages })?;
        let manifest = self.manifest().unwrap_or_default();
        let former = ResultKind::of(&manifest);
        if fresh {
            // A run clears what another run has left when its own plan stands.
            return if kind == ResultKind::Run && former.is_none_or(|former| former == kind) {
                Ok(())
            } else {
                self.clear(&manifest)
            };
        }
        let Some(former) = former else { return Ok(()) };
        let complete = manifest["status"] == "complete";
        let begun = || [log::FILE, "units"].iter().any(|name| self.path().join(name).exists());
        let differences = match (former == kind, complete) {
            (false, complete) if complete || begun() => vec![format!("they are of {}", former.words())],
            (true, true) => differs(&manifest),
            _ => Vec::new(),
        };
        if differences.is_empty() {
            return Ok(());
        }
        let (path, state) = (self.path().to_owned(), if complete { "finished" } else { "unfinished" });
        Err(OutputError::Former { path, state, differences: differences.join("; ") })
    }

    /// Removes what a manifest lists, and what work there left.
    fn clear(&self, manifest: &Value) -> Result<(), OutputError> {
        let plan =
            self.read(PLAN).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()).unwrap_or_default();
        let copies = plan["data"].as_array().into_iter().flatten().map(|copied| &copied["copy"]);
        let files = manifest["files"].as_array().into_iter().flatten();
        let listed = files.chain(copies).filter_map(Value::as_str).map(Path::new);
        // A manifest that was written by hand reaches no other folder.
        let inside = |path: &&Path| path.components().all(|part| matches!(part, Component::Normal(_)));
        for name in listed.filter(inside).chain(WORK.map(Path::new)) {
            // A folder under a listed name is nobody's list.
            if !self.path().join(name).is_dir() {
                self.remove(&self.path().join(name))?;
            }
        }
        self.remove_endings("units", "shard")?;
        // Goes where nothing is left in it.
        let _ = std::fs::remove_dir(self.path().join("data"));
        Ok(())
    }
}

/// In which of the entries, each with its name in words, two manifests differ.
#[must_use]
pub fn differences(former: &Value, wanted: &Value, entries: &[(&str, &str)]) -> Vec<String> {
    let shown = |value: &Value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let differs = |(pointer, words): &(&str, &str)| {
        let [there, here] = [former, wanted].map(|manifest| manifest.pointer(pointer).unwrap_or(&Value::Null));
        let is_hash = pointer.ends_with("blake3") || here.is_array();
        let said = if is_hash {
            format!("{words} differ")
        } else {
            format!("{words} is {} there and {} here", shown(there), shown(here))
        };
        (there != here).then_some(said)
    };
    entries.iter().filter_map(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn folder(manifest: &Value) -> (tempfile::TempDir, OutputFolder) {
        let place = tempfile::tempdir().unwrap();
        let folder = OutputFolder::create(place.path()).unwrap();
        folder.write(super::super::MANIFEST, manifest.to_string().as_bytes()).unwrap();
        (place, folder)
    }

    fn nothing(_: &Value) -> Vec<String> {
        Vec::new()
    }

    #[test]
    fn results_of_another_kind_stay_and_go_only_when_it_is_said() {
        let kinds = [
            (json!({ "plan": {} }), ResultKind::Run),
            (json!({ "sensitivity": {} }), ResultKind::Sensitivity),
            (json!({ "sensitivity": null, "calibration": {} }), ResultKind::Calibration),
            (json!({ "worlds": 100 }), ResultKind::Negotiation),
            (json!({ "case": "x" }), ResultKind::Market),
            (json!({ "charts_of": "x" }), ResultKind::Charts),
        ];
        for (entries, former) in &kinds {
            let mut manifest = entries.clone();
            manifest["program"] = "stickershock".into();
            manifest["status"] = "complete".into();
            manifest["files"] = json!(["tables/a.csv", "../outside", "/tmp"]);
            for (_, kind) in &kinds {
                let (place, folder) = folder(&manifest);
                for name in ["tables/a.csv", log::FILE, "mine.txt"] {
                    folder.write(name, b"x").unwrap();
                }
                let made = folder.make_way(*kind, false, nothing);
                assert_eq!(made.is_ok(), kind == former, "{former:?} {kind:?}");
                if let Err(error) = made {
                    let said = error.to_string();
                    let expected =
                        format!("holds the finished results of another study: they are of {}", former.words());
                    assert!(said.contains(&expected) && said.contains("--out") && said.contains("--fresh"), "{said}");
                    assert!(place.path().join("tables/a.csv").exists());
                    folder.make_way(*kind, true, nothing).unwrap();
                    let stands = |name: &str| place.path().join(name).exists();
                    assert!(!stands("tables/a.csv") && !stands(log::FILE) && stands("mine.txt"));
                }
            }
        }
    }

    #[test]
    fn the_same_kind_says_what_differs_and_unfinished_work_of_another_stays() {
        let manifest = json!({ "program": "stickershock", "status": "complete", "worlds": 100, "seed": 1 });
        let (_place, finished) = folder(&manifest);
        let wanted = json!({ "worlds": 200, "seed": 1 });
        let differs = |former: &Value| {
            differences(former, &wanted, &[("/seed", "the seed"), ("/worlds", "the number of worlds")])
        };
        let said = finished.make_way(ResultKind::Negotiation, false, differs).unwrap_err().to_string();
        assert!(said.contains("study: the number of worlds is 100 there and 200 here\n"), "{said}");
        let (_place, begun) = folder(&json!({ "program": "stickershock", "status": "interrupted", "sensitivity": {} }));
        begun.make_way(ResultKind::Run, false, nothing).unwrap();
        begun.write(log::FILE, b"x").unwrap();
        let said = begun.make_way(ResultKind::Run, false, nothing).unwrap_err().to_string();
        assert!(
            said.contains("holds the unfinished results of another study: they are of a sensitivity study"),
            "{said}"
        );
        begun.make_way(ResultKind::Sensitivity, false, nothing).unwrap();
    }
}
