//! The output folder: whose it is, the one writer ([`PendingFile`]: a file appears under its name when it is whole), the one reader
//! (`read`: only files are read), who works in it ([`lock`]), and the log of a study that goes on where it was ([`log`]). Beside it a single file
//! that was asked for by name ([`named`]), and a folder of charts ([`drawn`]).

pub mod cells;
pub mod drawn;
mod error;
#[doc(hidden)]
pub mod faults;
pub mod former;
pub mod lock;
pub mod log;
pub mod named;
mod pending;
#[cfg(feature = "charts")]
pub mod picture;
mod read;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

pub use self::error::{OutputError, remedy, remedy_told};
use self::faults::{DiskStep, Faults};
use self::pending::PARTIAL;
pub use self::pending::PendingFile;
pub use self::read::{open, read, read_at_most};

/// Name of the manifest, by which a folder is known as this program's.
pub const MANIFEST: &str = "manifest.json";
/// Name of a plan in its folder.
pub const PLAN: &str = "plan.json";
/// Name of the data dictionary of a folder.
pub const DICTIONARY: &str = "datapackage.json";
/// Key of a manifest whose work is not complete: what work before it has written.
pub const EARLIER_FILES: &str = "earlier_files";
/// Name of what is said of a folder in words.
pub const README: &str = "README.md";
/// Key of a manifest whose work is not complete: what stood there under names of results before it, and is someone's own.
pub const OTHERS_FILES: &str = "files_of_others";
/// Name of the report of a folder.
pub const REPORT: &str = "report.html";
/// How the notes of those begin who work in a folder.
const HOLDER: &str = ".holder-";
/// Folders that results stand in.
const FOLDERS: [&str; 5] = ["", "tables", "charts", "units", "data"];

/// A folder that results are written to.
#[derive(Clone, Debug)]
pub struct OutputFolder {
    path: PathBuf,
    faults: Faults,
    /// Files that the folder's lists do not name, found when it was claimed: nothing is written over them.
    others: Arc<BTreeSet<PathBuf>>,
}

impl OutputFolder {
    /// Makes the folder and proves, by writing a file, that it can be written to. A folder that exists must be empty or this program's: it has a
    /// manifest, a plan or a log. One that was not gets a manifest before anything else, so that it is known however the process ends.
    ///
    /// # Errors
    /// [`OutputError::Foreign`] for a folder of someone else's, before anything is written; [`OutputError::Folder`] when it cannot be made.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        let refused = |error| OutputError::Folder { path: path.to_owned(), error };
        let folder = Self::claim(path)?;
        for name in [".probe", "tables/.probe"] {
            let mut probe = folder.begin(name).map_err(made_here(path))?;
            probe.write(b"probe").map_err(made_here(path))?;
            io::Write::flush(&mut probe).map_err(refused)?;
        }
        Ok(folder)
    }

    /// The same for results that have no tables of a study.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn claim(path: &Path) -> Result<Self, OutputError> {
        let refused = |error| OutputError::Folder { path: path.to_owned(), error };
        let mut folder = Self::at(path);
        let ours = folder.is_ours();
        if !ours
            && let Some(found) = folder.foreign().map_err(refused)?
            // Another process may have made it since.
            && !folder.is_ours()
        {
            return Err(OutputError::Foreign { path: path.to_owned(), found });
        }
        fs::create_dir_all(path).map_err(refused)?;
        if !ours {
            let written = folder.write(MANIFEST, b"{\"program\": \"stickershock\", \"status\": \"running\"}\n");
            // Whoever was first, and is alone there, sweeps what others have begun; who that is the lock tells.
            if let Err(error) = written
                && !folder.is_ours()
            {
                return Err(made_here(path)(error));
            }
        }
        folder.others = Arc::new(folder.unlisted());
        Ok(folder)
    }

    /// Files under the names of results that are someone's own. Where work has begun and is not complete, its own files may stand there unlisted:
    /// then they are those that were there before it.
    fn unlisted(&self) -> BTreeSet<PathBuf> {
        let manifest = self.manifest().unwrap_or_default();
        // A log is begun before anything else is written, by whoever keeps no lists.
        let begun = manifest["files"].is_array() || self.path.join(log::FILE).exists();
        if manifest["status"] != "complete" && begun {
            let named = manifest[OTHERS_FILES].as_array().into_iter().flatten().filter_map(Value::as_str);
            return named.map(|name| self.path.join(name)).collect();
        }
        let listed = self.written_before();
        let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
        // Another form of a listed table or chart is ours too.
        let stems: BTreeSet<String> = listed.iter().filter(|name| name.contains('/')).map(|name| stem(name)).collect();
        let kept = [MANIFEST, PLAN, log::FILE, "units.csv"];
        let mut found = BTreeSet::new();
        for folder in ["", "tables", "charts"] {
            for path in fs::read_dir(self.path.join(folder)).into_iter().flatten().flatten().map(|entry| entry.path()) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let whole = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                let ours = name.starts_with(PARTIAL)
                    || name.starts_with(HOLDER)
                    || kept.contains(&whole.as_str())
                    || listed.contains(&whole)
                    || stems.contains(&stem(&whole));
                if !ours && !path.is_dir() {
                    found.insert(path);
                }
            }
        }
        found
    }

    /// Files that stood in the folder when it was claimed and are someone's own, by their names there.
    #[must_use]
    pub fn others(&self) -> Vec<String> {
        let inside =
            |path: &PathBuf| path.strip_prefix(&self.path).ok().map(|name| name.to_string_lossy().replace('\\', "/"));
        self.others.iter().filter_map(inside).collect()
    }

    /// Proves that none of these names is that of a file of someone's own, before the work that would write there.
    ///
    /// # Errors
    /// [`OutputError::Stranger`] naming the first.
    pub fn free(&self, names: &[&str]) -> Result<(), OutputError> {
        names.iter().try_for_each(|name| self.not_of_others(name))
    }

    /// Refuses to write over a file that the folder's lists do not name.
    fn not_of_others(&self, name: &str) -> Result<(), OutputError> {
        let path = self.path.join(name);
        if self.others.contains(&path) && path.symlink_metadata().is_ok() {
            return Err(OutputError::Stranger { path: self.path.clone(), found: name.to_owned() });
        }
        Ok(())
    }

    /// Whether a manifest, a plan or a log of this program stands in the folder. A manifest says how its work stands.
    fn is_ours(&self) -> bool {
        let begins = |name: &str, word: &[u8]| {
            let bytes = read(&self.path.join(name)).unwrap_or_default();
            bytes[..bytes.len().min(1 << 12)].windows(word.len()).any(|found| found == word)
        };
        self.manifest().is_some_and(|manifest| manifest["status"].is_string())
            || begins(PLAN, b"stickershock")
            || begins(log::FILE, b"{\"")
    }

    /// Something in the folder that is not what a kill may leave of a new one.
    fn foreign(&self) -> io::Result<Option<String>> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !name.starts_with(PARTIAL) && !name.starts_with(HOLDER) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// The same on a disk that fails, for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// The bytes of a file of the folder.
    ///
    /// # Errors
    /// As [`read`].
    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let path = self.path.join(name);
        self.faults.meet(DiskStep::Read, &path)?;
        read(&path)
    }

    /// The bytes of a file in it; nothing where it is not there.
    ///
    /// # Errors
    /// The operating system's, and that of what is no plain file.
    pub fn read_if_there(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match self.read(name) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The bytes of a file of the folder that may have no more than so many.
    ///
    /// # Errors
    /// As [`read_at_most`].
    pub fn read_at_most(&self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        let path = self.path.join(name);
        self.faults.meet(DiskStep::Read, &path)?;
        read_at_most(&path, most)
    }

    /// Opens a file of the folder by its path.
    ///
    /// # Errors
    /// As [`open`].
    pub fn open(&self, path: &Path) -> io::Result<File> {
        self.faults.meet(DiskStep::Read, path)?;
        open(path)
    }

    /// Removes a file of the folder, or a folder with all that is in it; one that is not there is gone already.
    ///
    /// # Errors
    /// [`OutputError::File`] when it cannot be removed.
    pub fn remove(&self, path: &Path) -> Result<(), OutputError> {
        let remove = || {
            self.faults.meet(DiskStep::Remove, path)?;
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
        };
        match remove() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(OutputError::File { path: path.to_owned(), error })
            }
            _ => Ok(()),
        }
    }

    /// Removes the files of a folder below this one that end so, what a killed process left of one, and the folder where nothing else stands in it.
    ///
    /// # Errors
    /// [`OutputError::File`] when one cannot be removed.
    pub fn remove_endings(&self, below: &str, ending: &str) -> Result<(), OutputError> {
        let path = self.path.join(below);
        if self.not_a_link(&path).is_err() {
            return self.remove(&path);
        }
        self.remove_where(|folder, name, _| {
            let ends = Path::new(name).extension().is_some_and(|found| found == ending);
            folder == below && (ends || name.starts_with(PARTIAL))
        })?;
        // What others put there stays, and so does the folder.
        let _ = fs::remove_dir(path);
        Ok(())
    }

    /// The manifest of an earlier run of this program that stands in the folder.
    #[must_use]
    pub fn manifest(&self) -> Option<Value> {
        let manifest = self.read(MANIFEST).ok();
        let manifest = manifest.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        manifest.filter(|manifest| manifest["program"] == "stickershock")
    }

    /// What earlier work of this program has written in the folder, by its manifest and its data dictionary: names as they read from the folder.
    #[must_use]
    pub fn written_before(&self) -> BTreeSet<String> {
        let manifest = self.manifest().unwrap_or_default();
        let dictionary = self.read(DICTIONARY).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let dictionary = dictionary.unwrap_or_default();
        let listed = |list: &'_ Value| list.as_array().cloned().unwrap_or_default();
        let files = [listed(&manifest["files"]), listed(&manifest[EARLIER_FILES])].concat();
        // A dictionary that finished work does not list is someone's own, and so is what it names.
        let ours = manifest["status"] != "complete" || files.iter().any(|name| name == DICTIONARY);
        let tables = if ours { listed(&dictionary["resources"]) } else { Vec::new() };
        let tables = tables.into_iter().map(|mut table| table["path"].take());
        files.into_iter().chain(tables).filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }

    /// Removes tables, charts and the report of earlier work ([`Self::written_before`]) that are not among `written`, and temporary files that a
    /// killed run left. Whatever else stands in the folder is someone's own and stays.
    ///
    /// # Errors
    /// [`OutputError::File`] when one cannot be removed.
    pub fn remove_others(&self, earlier: &BTreeSet<String>, written: &[PathBuf]) -> Result<(), OutputError> {
        let endings = |folder: &str| match folder {
            "tables" => &["csv", "parquet"][..],
            "charts" => &["svg", "png", "pdf"][..],
            _ => &[][..],
        };
        self.remove_where(|folder, name, path| {
            // Another form of a listed table or chart is ours too.
            let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
            let listed = |ending: &&str| earlier.contains(&format!("{folder}/{stem}.{ending}"));
            let result = endings(folder).contains(&ending) && endings(folder).iter().any(listed);
            let report = folder.is_empty() && name == REPORT && earlier.contains(REPORT);
            let partial = folder != "units" && name.starts_with(PARTIAL);
            (partial || ((result || report) && path.is_file())) && !written.iter().any(|kept| kept == path)
        })
    }

    /// Removes temporary files that a killed process left. For a process that is alone in the folder.
    ///
    /// # Errors
    /// [`OutputError::File`] when one cannot be removed.
    pub fn sweep(&self) -> Result<(), OutputError> {
        self.remove_where(|_, name, _| name.starts_with(PARTIAL) || name.starts_with(HOLDER))
    }

    /// Removes the files of the folders of results that `goes` names by folder, name and path.
    fn remove_where(&self, goes: impl Fn(&str, &str, &Path) -> bool) -> Result<(), OutputError> {
        for folder in FOLDERS {
            let below = self.path.join(folder);
            if !folder.is_empty() && self.not_a_link(&below).is_err() {
                continue;
            }
            let Ok(entries) = fs::read_dir(below) else { continue };
            for path in entries.flatten().map(|entry| entry.path()) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if goes(folder, &name, &path) {
                    self.remove(&path)?;
                }
            }
        }
        Ok(())
    }

    /// A folder as it is, for reading.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), faults: Faults::default(), others: Arc::default() }
    }

    /// A folder below this one; it is made when something is written there.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        Self { path: self.path.join(name), faults: self.faults.clone(), others: Arc::clone(&self.others) }
    }

    /// Makes a folder for any files.
    ///
    /// # Errors
    /// [`OutputError::Folder`] when it cannot.
    pub fn bare(path: &Path) -> Result<Self, OutputError> {
        fs::create_dir_all(path).map_err(|error| OutputError::Folder { path: path.to_owned(), error })?;
        Ok(Self::at(path))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses a folder below this one that is a link: what is written and read there would stand elsewhere.
    ///
    /// # Errors
    /// [`OutputError::Link`].
    pub fn not_a_link(&self, below: &Path) -> Result<(), OutputError> {
        match fs::symlink_metadata(below) {
            Ok(what) if what.is_symlink() => Err(OutputError::Link { path: below.to_owned() }),
            _ => Ok(()),
        }
    }

    /// Writes a file whole: to a temporary name, flushed to disk, then renamed.
    ///
    /// # Errors
    /// [`OutputError::File`]; then nothing stands under the name, or what stood there before.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, OutputError> {
        let mut file = self.begin(name)?;
        file.write(bytes)?;
        file.finish()
    }

    /// Begins a file that is written piece by piece and appears only when finished.
    ///
    /// # Errors
    /// [`OutputError::File`] when the temporary file cannot be made, [`OutputError::Stranger`] where someone's own file has the name.
    pub fn begin(&self, name: &str) -> Result<PendingFile, OutputError> {
        if let Some(folder) = Path::new(name).parent().filter(|folder| !folder.as_os_str().is_empty()) {
            self.not_a_link(&self.path.join(folder))?;
        }
        self.not_of_others(name)?;
        PendingFile::begin(self.path.join(name), self.faults.clone())
    }
}

/// A folder among the machine's temporary files that goes with the value.
#[derive(Debug)]
pub struct TemporaryFolder(tempfile::TempDir);

impl TemporaryFolder {
    /// A new one.
    ///
    /// # Errors
    /// [`OutputError::Folder`] when it cannot be made.
    pub fn new() -> Result<Self, OutputError> {
        let refused = |error| OutputError::Folder { path: "a temporary folder".into(), error };
        tempfile::Builder::new().prefix("stickershock-").tempdir().map(Self).map_err(refused)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A file that a new folder cannot have is a folder that cannot be used.
fn made_here(path: &Path) -> impl Fn(OutputError) -> OutputError + '_ {
    |error| match error {
        OutputError::File { error, .. } => OutputError::Folder { path: path.to_owned(), error },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(folder.path()).unwrap();
        let mut pending = output.begin("tables/x.csv").unwrap();
        pending.write(b"half").unwrap();
        drop(pending);
        assert_eq!(fs::read_dir(folder.path().join("tables")).unwrap().count(), 0);
        output.write("tables/x.csv", b"whole").unwrap();
        assert_eq!(fs::read(folder.path().join("tables/x.csv")).unwrap(), b"whole");
    }

    /// What the manifest or the data dictionary lists goes, in any form; what a stranger put beside it stays, whatever its name.
    #[test]
    fn files_of_an_earlier_run_do_not_stay_beside_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(folder.path()).unwrap();
        let kept = output.write("tables/new.csv", b"a").unwrap();
        let old = ["tables/old.csv", "tables/listed.parquet", "charts/old.png", "tables/.partial-x", REPORT];
        let strangers =
            ["tables/mine.csv", "tables/notes.txt", "charts/mine.svg", "tables/manifest.csv", "own/old.csv"];
        for name in old.iter().chain(&strangers) {
            output.write(name, b"b").unwrap();
        }
        fs::create_dir_all(folder.path().join("tables/folder.csv")).unwrap();
        let manifest = br#"{"program": "stickershock", "files": ["tables/old.csv", "report.html", "tables/folder.csv", "../x.csv"],
            "earlier_files": ["charts/old.svg", "own/old.csv"]}"#;
        output.write(MANIFEST, manifest).unwrap();
        output
            .write(DICTIONARY, br#"{"resources": [{"path": "tables/listed.csv"}, {"path": "tables/new.csv"}]}"#)
            .unwrap();
        output.remove_others(&output.written_before(), std::slice::from_ref(&kept)).unwrap();
        assert!(kept.exists() && folder.path().join("tables/folder.csv").is_dir());
        let stands = |name: &&str| folder.path().join(name).exists();
        assert!(!old.iter().any(stands) && strangers.iter().all(stands));
    }

    /// Nothing is written over a file that the lists do not name; of work that has begun, what is unlisted may be its own.
    #[test]
    fn what_no_list_names_is_not_written_over() {
        let names = ["README.md", "tables/a.csv", "tables/b.csv", "charts/a.svg", "charts/a.png", "notes.txt"];
        let tries = |manifest: &str| -> Vec<&str> {
            let folder = tempfile::tempdir().unwrap();
            for name in names {
                fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
                fs::write(folder.path().join(name), "there").unwrap();
            }
            fs::write(folder.path().join(MANIFEST), manifest).unwrap();
            let output = OutputFolder::claim(folder.path()).unwrap();
            let refused = |name: &&str| match output.write(name, b"new") {
                Ok(_) => false,
                Err(error) => {
                    let told = error.to_string();
                    assert!(told.contains(&format!("`{name}`")) && told.contains("--out"), "{told}");
                    assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "there");
                    true
                }
            };
            let found: Vec<&str> = names.into_iter().filter(refused).collect();
            // By way of a folder below, too; what is gone is in nobody's way.
            assert_eq!(output.below("charts").write("a.svg", b"new").is_err(), found.contains(&"charts/a.svg"));
            assert!(found.iter().all(|name| output.free(&[name]).is_err()));
            fs::remove_file(folder.path().join("README.md")).unwrap();
            output.write("README.md", b"new").unwrap();
            found
        };
        let with = |more: &str| tries(&format!("{{\"program\": \"stickershock\", \"status\": {more}}}"));
        let own = |lists: &str| with(&format!("\"complete\", {lists}"));
        assert_eq!(own(r#""files": ["README.md", "tables/a.csv", "charts/a.svg"]"#), ["tables/b.csv", "notes.txt"]);
        assert_eq!(own(r#""files": []"#), names);
        assert_eq!(with("\"running\""), names);
        assert_eq!(with("\"running\", \"files\": []"), Vec::<&str>::new());
        assert_eq!(with(r#""failed", "files": [], "files_of_others": ["tables/b.csv"]"#), ["tables/b.csv"]);
    }

    #[test]
    fn a_folder_under_a_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = OutputFolder::create(&file.join("out")).unwrap_err();
        assert!(error.to_string().contains("--out"), "{error}");
    }

    /// Names in a folder and the folders below, sorted.
    fn names(folder: &Path) -> Vec<String> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                names.extend(self::names(&entry.path()).iter().map(|below| format!("{name}/{below}")));
            }
            names.push(name);
        }
        names.sort();
        names
    }

    #[test]
    fn a_folder_of_someone_else_is_refused_by_name_and_left_as_it_is() {
        let foreign: [&[&str]; 4] =
            [&["thesis.tex"], &["tables/mine.csv"], &["manifest.json"], &["units/x", ".partial-x"]];
        for files in foreign {
            let folder = tempfile::tempdir().unwrap();
            for file in files {
                fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
                fs::write(folder.path().join(file), br#"{"program": "other"}"#).unwrap();
            }
            let before = names(folder.path());
            let error = OutputFolder::create(folder.path()).unwrap_err();
            let OutputError::Foreign { found, .. } = &error else { panic!("{error}") };
            assert!(files[0].starts_with(found.as_str()), "{error}");
            assert!(error.to_string().contains("--out") && names(folder.path()) == before);
        }
        let error = OutputFolder::create(Path::new("/")).unwrap_err();
        assert!(matches!(error, OutputError::Foreign { .. }), "{error}");
    }

    #[test]
    fn a_folder_is_ours_by_its_manifest_its_plan_or_its_log() {
        for (name, text) in [
            ("manifest.json", r#"{"program": "stickershock", "status": "failed"}"#),
            ("plan.json", "{\n  \"program\": \"stickershock\", torn"),
            ("runs.log", r#"{"format":1"#),
            (".partial-abc", "what a kill before the first file leaves"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(name), text).unwrap();
            fs::create_dir_all(folder.path().join("tables")).unwrap();
            if name == ".partial-abc" {
                fs::remove_dir(folder.path().join("tables")).unwrap();
            }
            OutputFolder::create(folder.path()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), text);
        }
    }

    #[test]
    fn what_a_kill_left_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(folder.path()).unwrap();
        for name in
            ["kept.txt", "tables/kept.csv", "charts/kept.svg", "units/kept.shard", "data/kept.csv", "own/.partial-x"]
        {
            output.write(name, b"kept").unwrap();
        }
        let before = names(folder.path());
        for name in [".partial-1", "tables/.partial-2", "charts/.partial-3", "units/.partial-4", "data/.partial-5"] {
            fs::write(folder.path().join(name), b"half").unwrap();
        }
        output.sweep().unwrap();
        assert_eq!(names(folder.path()), before);
    }

    /// Each step of a write fails in turn: the error names the file, what stood there stays, and nothing is left beside it.
    #[test]
    fn a_disk_that_fails_at_any_step_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let whole = OutputFolder::create(folder.path()).unwrap();
        whole.write("tables/x.csv", b"old").unwrap();
        let before = names(folder.path());
        let failing = [DiskStep::Create, DiskStep::Write, DiskStep::Sync, DiskStep::Rename];
        for bad in failing {
            let full =
                move |step: DiskStep, _: &Path| if step == bad { Err(io::Error::other("disk full")) } else { Ok(()) };
            let output = whole.clone().with_faults(Faults::of(full));
            let error = output.write("tables/x.csv", b"new").unwrap_err().to_string();
            assert!(error.contains("x.csv") && error.contains("disk full"), "{bad:?}: {error}");
            assert_eq!(
                (fs::read(folder.path().join("tables/x.csv")).unwrap(), names(folder.path())),
                (b"old".to_vec(), before.clone())
            );
        }
        let unreadable =
            |step: DiskStep, _: &Path| if step == DiskStep::Read { Err(io::Error::other("bad block")) } else { Ok(()) };
        assert!(whole.with_faults(Faults::of(unreadable)).read("tables/x.csv").is_err());
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_under_the_name_of_a_file_is_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("plan.json");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert!(read(&pipe).unwrap_err().to_string().contains("pipe"));
        assert!(read(folder.path()).unwrap_err().to_string().contains("folder"));
        assert!(matches!(OutputFolder::create(folder.path()), Err(OutputError::Foreign { .. })));
    }
}
