//! Who works in a folder. The operating system holds the lock and lets go of it however its holder ends; beside it stands a note that says who that is.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::NamedTempFile;

use super::{HOLDER, OutputError, OutputFolder};
use crate::platform::clock::Instant;

/// How long a lock is tried again that is held in nobody's name: a process that another thread starts has it in its hands until it runs a
/// program of its own.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same without a clock.
const MOST_TRIES: usize = 100_000;

/// Who else may work in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody: a run, a merge, a log.
    Alone,
    /// Others that do units of the same plan.
    WithUnits,
}

/// A folder that is in use, until this and its clones are dropped or the process ends.
#[derive(Clone, Debug)]
pub struct Lock {
    _held: Arc<Held>,
}

#[derive(Debug)]
struct Held {
    _folder: Option<File>,
    /// Locked itself as long as its writer lives, and removed with it; one that a kill left behind is not locked.
    _note: Option<NamedTempFile>,
}

impl Lock {
    /// Takes a folder that exists. Alone in it, what a killed process left unfinished is swept.
    ///
    /// # Errors
    /// [`OutputError::Busy`] with the name of the holder, [`OutputError`] when the system refuses.
    pub fn take(folder: &OutputFolder, sharing: Sharing) -> Result<Self, OutputError> {
        let path = folder.path();
        let locked = match File::open(path) {
            Ok(file) => Some(file),
            // Where folders cannot be opened they are not locked: the lock guards against a slip, results do not depend on it.
            Err(_) if cfg!(not(unix)) => None,
            Err(error) => return Err(OutputError::Folder { path: path.to_owned(), error }),
        };
        if let Some(file) = &locked {
            let taken = || match sharing {
                Sharing::Alone => file.try_lock(),
                Sharing::WithUnits => file.try_lock_shared(),
            };
            let begun = Instant::now();
            // Nor on a file system without locks.
            let mut tries = 0;
            while matches!(taken(), Err(TryLockError::WouldBlock)) {
                let named = holders(path);
                tries += 1;
                if named.is_some() || begun.elapsed() > PATIENCE || tries > MOST_TRIES {
                    let holder = named.unwrap_or_else(|| "a process that has left no name".to_owned());
                    return Err(OutputError::Busy { path: path.to_owned(), holder });
                }
            }
        }
        if sharing == Sharing::Alone {
            folder.sweep()?;
        }
        // Whoever may only read works without a name.
        Ok(Self { _held: Arc::new(Held { _folder: locked, _note: note(path).ok() }) })
    }
}

/// A note of who this process is.
fn note(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut note = tempfile::Builder::new().prefix(HOLDER).tempfile_in(folder)?;
    // Locked before it is written: an empty one names nobody, and is nobody's.
    note.as_file().try_lock()?;
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { String::new() } else { format!(" on {}", host.trim()) };
    write!(note, "process {}{host}, since {:.0}", std::process::id(), jiff::Timestamp::now())?;
    Ok(note)
}

/// The names of those whose notes stand in a folder and who live, if there are any.
fn holders(folder: &Path) -> Option<String> {
    let notes = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = Vec::new();
    for note in notes.filter(|entry| entry.file_name().to_string_lossy().starts_with(HOLDER)) {
        let Ok(mut file) = super::open(&note.path()) else { continue };
        let mut name = String::new();
        if matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) && file.read_to_string(&mut name).is_ok() {
            names.push(name);
        }
    }
    names.retain(|name| !name.is_empty());
    names.sort();
    (!names.is_empty()).then(|| names.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(folder: &Path) -> usize {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with(HOLDER)).count()
    }

    #[test]
    fn a_folder_in_use_names_its_holder_and_is_free_afterwards() {
        let directory = tempfile::tempdir().unwrap();
        let folder = OutputFolder::bare(directory.path()).unwrap();
        let me = format!("process {}", std::process::id());
        let busy = |sharing| Lock::take(&folder, sharing).unwrap_err().to_string();
        let alone = Lock::take(&folder, Sharing::Alone).unwrap();
        for sharing in [Sharing::Alone, Sharing::WithUnits] {
            assert!(busy(sharing).contains(&me), "{}", busy(sharing));
        }
        drop(alone);
        assert_eq!(notes(directory.path()), 0);
        let shared = [Sharing::WithUnits; 2].map(|sharing| Lock::take(&folder, sharing).unwrap());
        let message = busy(Sharing::Alone);
        assert!(message.matches(&me).count() == 2 && message.contains(" and "), "{message}");
        drop(shared);
        drop(Lock::take(&folder, Sharing::Alone).unwrap());
    }

    /// A note that nobody holds names nobody, and goes with the next who is alone in the folder.
    #[test]
    fn the_note_of_a_dead_process_names_nobody_and_is_swept() {
        let directory = tempfile::tempdir().unwrap();
        let folder = OutputFolder::bare(directory.path()).unwrap();
        let dead = directory.path().join(format!("{HOLDER}dead"));
        fs::write(&dead, "process 1, since long ago").unwrap();
        let shared = Lock::take(&folder, Sharing::WithUnits).unwrap();
        let message = Lock::take(&folder, Sharing::Alone).unwrap_err().to_string();
        assert!(!message.contains("long ago") && dead.exists(), "{message}");
        drop(shared);
        let _alone = Lock::take(&folder, Sharing::Alone).unwrap();
        assert!(!dead.exists());
        assert_eq!(notes(directory.path()), 1);
    }
}
