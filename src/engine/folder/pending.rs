//! The one writer: bytes go to a temporary name and appear under their own when they are whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::OutputError;
use super::faults::{DiskStep, Faults};

/// How temporary names begin.
pub const PARTIAL: &str = ".partial-";

/// A file that is being written under a temporary name.
#[derive(Debug)]
pub struct PendingFile {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
    faults: Faults,
}

/// For writers of other libraries; [`PendingFile::write`] has the better errors.
impl Write for PendingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.faults.meet(DiskStep::Write, &self.path)?;
        self.file.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl PendingFile {
    /// Begins the file that will stand at `path`; its folder is made if need be.
    pub(super) fn begin(path: PathBuf, faults: Faults) -> Result<Self, OutputError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let made = faults.meet(DiskStep::Create, &path).and_then(|()| {
            fs::create_dir_all(folder)?;
            tempfile::Builder::new().prefix(PARTIAL).tempfile_in(folder)
        });
        match made {
            Ok(file) => Ok(Self { path, file: BufWriter::new(file), faults }),
            Err(error) => Err(OutputError::File { path, error }),
        }
    }

    fn refused(&self, error: io::Error) -> OutputError {
        OutputError::File { path: self.path.clone(), error }
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// [`OutputError::File`] when the disk refuses.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let written = self.faults.meet(DiskStep::Write, &self.path).and_then(|()| self.file.write_all(bytes));
        written.map_err(|error| self.refused(error))
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
        let Self { path, file, faults } = self;
        let publish = || {
            faults.meet(DiskStep::Write, &path)?;
            let temporary = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            if sync {
                faults.meet(DiskStep::Sync, &path)?;
                temporary.as_file().sync_all()?;
            }
            share_with_umask(temporary.as_file())?;
            faults.meet(DiskStep::Rename, &path)?;
            temporary.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        match publish() {
            Ok(()) => Ok(path),
            Err(error) => Err(OutputError::File { path, error }),
        }
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
