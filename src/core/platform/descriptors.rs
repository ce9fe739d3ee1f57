//! What to do where the system opens no more files.

/// What to do about it.
pub const MORE_FILES: &str =
    "raise the number of files that may be open: `ulimit -n 4096` in the same shell, then run again";

/// Whether the code of an error of the system says that the process, or the machine, has as many files open as it may.
#[must_use]
pub fn too_many_files(code: Option<i32>) -> bool {
    // EMFILE and ENFILE; they have no kind of their own.
    cfg!(unix) && matches!(code, Some(23 | 24))
}
