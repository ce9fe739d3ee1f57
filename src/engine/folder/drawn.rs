//! A folder of charts that were drawn again: new, empty, or of charts alone, with a manifest that lists them before the first is written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::former::ResultKind;
use super::lock::{Lock, Sharing};
use super::{MANIFEST, OutputError, OutputFolder, PLAN, log};

/// A folder that charts of a study are written to; nobody else works in it.
#[derive(Debug)]
pub struct DrawnFolder {
    folder: OutputFolder,
    _lock: Lock,
}

impl DrawnFolder {
    /// Takes the folder for charts of the study in another one, under these names. Charts that were drawn there before under other names stay, and
    /// stay listed.
    ///
    /// # Errors
    /// [`OutputError::Study`] for the study's own folder, what is below it, and the folder of another study; [`OutputError::Foreign`] and
    /// [`OutputError::Stranger`] for what is someone's own; nothing is changed then. Else as [`OutputFolder::claim`].
    pub fn claim(path: &Path, study: &Path, names: &[&str]) -> Result<Self, OutputError> {
        if is_below(path, study) {
            return Err(OutputError::Study { path: path.to_owned(), study: study.to_owned() });
        }
        let folder = OutputFolder::claim(path)?;
        let lock = Lock::take(&folder, Sharing::Alone)?;
        let kind = ResultKind::of(&folder.manifest().unwrap_or_default());
        let begun = [PLAN, log::FILE].iter().any(|name| path.join(name).exists());
        if begun || kind.is_some_and(|kind| kind != ResultKind::Charts) {
            return Err(OutputError::Study { path: path.to_owned(), study: path.to_owned() });
        }
        let mut listed = folder.written_before();
        let mine = |name: &&&str| !listed.contains(**name) && folder.path().join(name).symlink_metadata().is_ok();
        if let Some(found) = names.iter().find(mine) {
            return Err(OutputError::Stranger { path: path.to_owned(), found: (*found).to_owned() });
        }
        listed.retain(|name| folder.path().join(name).is_file());
        listed.extend(names.iter().map(|name| (*name).to_owned()));
        let drawn = Self { folder, _lock: lock };
        drawn.list(study, &listed)?;
        Ok(drawn)
    }

    /// Says of which study the files are.
    fn list(&self, study: &Path, files: &BTreeSet<String>) -> Result<(), OutputError> {
        let manifest = json!({
            "program": "stickershock",
            "version": env!("CARGO_PKG_VERSION"),
            "charts_of": study.display().to_string(),
            "status": "complete",
            "files": files,
        });
        self.folder.write(MANIFEST, format!("{manifest:#}\n").as_bytes()).map(drop)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &OutputFolder {
        &self.folder
    }
}

/// Whether a path is a folder or stands below it; of one that is not there, the folders that are there decide.
fn is_below(path: &Path, folder: &Path) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there: Option<PathBuf> = path.ancestors().find_map(|there| there.canonicalize().ok());
    there.is_some_and(|there| there.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn claim(path: &Path, study: &Path, names: &[&str]) -> Result<(), String> {
        DrawnFolder::claim(path, study, names)
            .and_then(|drawn| names.iter().try_for_each(|name| drawn.folder().write(name, b"chart").map(drop)))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_folder_of_charts_is_new_or_of_charts_alone() {
        let place = tempfile::tempdir().unwrap();
        let [study, out, mine] = ["study", "out", "mine"].map(|name| place.path().join(name));
        let own = OutputFolder::create(&study).unwrap();
        let complete = br#"{"program": "stickershock", "status": "complete", "plan": {}, "files": ["charts/a.svg"]}"#;
        own.write(MANIFEST, complete).unwrap();
        own.write("charts/a.svg", b"the study's").unwrap();
        fs::create_dir(&mine).unwrap();
        fs::write(mine.join("a.svg"), "mine").unwrap();
        for (folder, word) in [
            (study.clone(), "the study"),
            (study.join("charts"), "the study"),
            (study.join("not/there/yet"), "the study"),
            (mine.clone(), "holds `a.svg`"),
        ] {
            let error = claim(&folder, &study, &["a.svg"]).unwrap_err();
            assert!(error.contains(word) && error.contains("--out"), "{error}");
        }
        let another = place.path().join("another");
        OutputFolder::create(&another).unwrap().write(MANIFEST, complete).unwrap();
        assert!(claim(&another, &study, &["a.svg"]).unwrap_err().contains("is the study in"));
        assert_eq!(fs::read_to_string(study.join("charts/a.svg")).unwrap(), "the study's");
        assert_eq!(fs::read_to_string(mine.join("a.svg")).unwrap(), "mine");
        assert_eq!(fs::read_dir(&mine).unwrap().count(), 1);

        // Drawn again, and others beside them; a file of one's own beside them stays.
        for names in [&["a.svg", "b.svg"][..], &["a.svg"], &["c.svg"]] {
            claim(&out, &study, names).unwrap();
        }
        fs::write(out.join("d.svg"), "mine").unwrap();
        let error = claim(&out, &study, &["b.svg", "d.svg"]).unwrap_err();
        assert!(error.contains("`d.svg`") && fs::read_to_string(out.join("d.svg")).unwrap() == "mine", "{error}");
        let listed: Vec<String> = OutputFolder::at(&out).written_before().into_iter().collect();
        assert_eq!(listed, ["a.svg", "b.svg", "c.svg"]);
    }
}
