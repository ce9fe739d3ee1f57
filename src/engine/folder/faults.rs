//! What the disk is asked, step by step, for tests that make it fail at one of them.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// One thing that is asked of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskStep {
    /// A temporary file is made.
    Create,
    /// Bytes are written, or appended to a log.
    Write,
    /// What was written is waited for.
    Sync,
    /// A file gets its name.
    Rename,
    /// A stored file is read.
    Read,
    /// A file is removed.
    Remove,
}

type Disk = dyn Fn(DiskStep, &Path) -> io::Result<()> + Send + Sync;

/// The failures of a folder's disk: none, but in tests.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Disk>>);

impl Faults {
    /// A disk that fails where `disk` says so, before the step is taken.
    pub fn of(disk: impl Fn(DiskStep, &Path) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(disk)))
    }

    /// The step is about to be taken.
    pub(super) fn meet(&self, step: DiskStep, path: &Path) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |disk| disk(step, path))
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "faults" } else { "no faults" })
    }
}
