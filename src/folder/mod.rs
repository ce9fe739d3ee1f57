//! The output folder: every file appears under its final name only when it is complete.

pub mod log;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::NamedTempFile;

/// Why output cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A folder that cannot be made or written to.
    #[error("{path}: cannot write here: {error}\nhelp: choose another folder with --out, or make room and permission")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The operating system's reason.
        error: io::Error,
    },
    /// A file that cannot be written; nothing is left under its name.
    #[error(
        "{path}: cannot be written: {error}\nhelp: make room or permission and run again; no half-written file was left"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        error: io::Error,
    },
    /// A table that cannot be converted; nothing is left under the name.
    #[error("{path}: cannot be written as Parquet: {reason}")]
    Convert {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A table that cannot be rendered.
    #[error("table cannot be rendered: {0}")]
    Csv(#[from] csv::Error),
}

/// A folder that results are written to.
#[derive(Debug)]
pub struct OutputFolder {
    path: PathBuf,
}

impl OutputFolder {
    /// Makes the folder and proves, by writing a file, that it can be written to.
    ///
    /// # Errors
    /// [`OutputError::Folder`] when it cannot.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        let refused = |error| OutputError::Folder { path: path.to_owned(), error };
        fs::create_dir_all(path.join("tables")).map_err(refused)?;
        for folder in [path.to_owned(), path.join("tables")] {
            let mut probe = NamedTempFile::new_in(&folder).map_err(refused)?;
            probe.write_all(b"probe").and_then(|()| probe.flush()).map_err(refused)?;
        }
        Ok(Self { path: path.to_owned() })
    }

    /// The manifest of an earlier run of this program that stands in the folder.
    #[must_use]
    pub fn manifest(&self) -> Option<Value> {
        let manifest = fs::read(self.path.join("manifest.json")).ok();
        let manifest = manifest.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        manifest.filter(|manifest| manifest["program"] == "stickershock")
    }

    /// Whether an earlier run of this program stands in the folder.
    #[must_use]
    pub fn holds_a_run(&self) -> bool {
        self.manifest().is_some()
    }

    /// Removes tables and charts of an earlier run that are not among `written`, and temporary files that a killed run
    /// left.
    ///
    /// # Errors
    /// [`OutputError::File`] when one cannot be removed.
    pub fn remove_others(&self, written: &[PathBuf]) -> Result<(), OutputError> {
        for (folder, endings) in [("", &[][..]), ("tables", &["csv", "parquet"][..]), ("charts", &["svg", "png"][..])] {
            let Ok(entries) = fs::read_dir(self.path.join(folder)) else { continue };
            for path in entries.flatten().map(|entry| entry.path()) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
                let ours = name.starts_with(".partial-") || endings.contains(&ending.as_str());
                if ours && !written.contains(&path) {
                    fs::remove_file(&path).map_err(|error| OutputError::File { path, error })?;
                }
            }
        }
        Ok(())
    }

    /// Makes a folder for any files.
    ///
    /// # Errors
    /// [`OutputError::Folder`] when it cannot.
    pub fn bare(path: &Path) -> Result<Self, OutputError> {
        fs::create_dir_all(path).map_err(|error| OutputError::Folder { path: path.to_owned(), error })?;
        Ok(Self { path: path.to_owned() })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
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
    /// [`OutputError::File`] when the temporary file cannot be made.
    pub fn begin(&self, name: &str) -> Result<PendingFile, OutputError> {
        let path = self.path.join(name);
        let folder = path.parent().unwrap_or(&self.path).to_owned();
        let refused = |error| OutputError::File { path: path.clone(), error };
        fs::create_dir_all(&folder).map_err(refused)?;
        let temporary = tempfile::Builder::new().prefix(".partial-").tempfile_in(&folder).map_err(refused)?;
        Ok(PendingFile { path, file: BufWriter::new(temporary) })
    }
}

/// A file that is being written under a temporary name.
#[derive(Debug)]
pub struct PendingFile {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

/// For writers of other libraries; [`PendingFile::write`] has the better errors.
impl Write for PendingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl PendingFile {
    fn refused(&self, error: io::Error) -> OutputError {
        OutputError::File { path: self.path.clone(), error }
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// [`OutputError::File`] when the disk refuses.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.file.write_all(bytes).map_err(|error| self.refused(error))
    }

    /// Flushes to disk and renames to the final name.
    ///
    /// # Errors
    /// [`OutputError::File`]; the temporary file is removed.
    pub fn finish(self) -> Result<PathBuf, OutputError> {
        self.publish(true)
    }

    /// Renames to the final name without waiting for the disk: after a power failure the file may be cut short, so this is for files that
    /// prove themselves and can be made again.
    ///
    /// # Errors
    /// [`OutputError::File`]; the temporary file is removed.
    pub fn finish_unsynced(self) -> Result<PathBuf, OutputError> {
        self.publish(false)
    }

    fn publish(self, sync: bool) -> Result<PathBuf, OutputError> {
        let path = self.path;
        let refused = |error| OutputError::File { path: path.clone(), error };
        let temporary = self.file.into_inner().map_err(|error| refused(error.into_error()))?;
        if sync {
            temporary.as_file().sync_all().map_err(refused)?;
        }
        share_with_umask(temporary.as_file()).map_err(refused)?;
        temporary.persist(&path).map_err(|error| refused(error.error))?;
        Ok(path)
    }
}

/// Temporary files are private; results are as readable as any other file.
#[cfg(unix)]
fn share_with_umask(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn share_with_umask(_: &File) -> io::Result<()> {
    Ok(())
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

    #[test]
    fn files_of_an_earlier_run_do_not_stay_beside_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(folder.path()).unwrap();
        assert!(!output.holds_a_run());
        output.write("manifest.json", br#"{"program": "stickershock"}"#).unwrap();
        assert!(output.holds_a_run());
        let kept = output.write("tables/new.csv", b"a").unwrap();
        for old in ["tables/old.csv", "charts/old.png", "tables/.partial-x"] {
            output.write(old, b"b").unwrap();
        }
        output.write("tables/notes.txt", b"mine").unwrap();
        output.remove_others(std::slice::from_ref(&kept)).unwrap();
        assert!(kept.exists() && folder.path().join("tables/notes.txt").exists());
        assert_eq!(fs::read_dir(folder.path().join("tables")).unwrap().count(), 2);
        assert_eq!(fs::read_dir(folder.path().join("charts")).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_under_a_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = OutputFolder::create(&file.join("out")).unwrap_err();
        assert!(error.to_string().contains("--out"), "{error}");
    }
}
