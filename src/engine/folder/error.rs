//! Why output cannot be written, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::platform::descriptors::{MORE_FILES, too_many_files};

/// Why output cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A folder that cannot be made or written to.
    #[error("{path}: cannot write here: {error}\nhelp: {}", remedy(.error, "choose another folder with --out, or make room and permission"))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The operating system's reason.
        error: io::Error,
    },
    /// A folder that holds what this program did not write.
    #[error(
        "{path}: holds `{found}` and no results of this program\nhelp: choose a folder that is new, empty, or of an earlier run with --out"
    )]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// Something in it.
        found: String,
    },
    /// A folder that holds the results of another study.
    #[error(
        "{path}: holds the {state} results of another study: {differences}\nhelp: choose another folder with --out, or start over in this \
         one with --fresh"
    )]
    Former {
        /// The folder.
        path: PathBuf,
        /// `finished` or `unfinished`.
        state: &'static str,
        /// What is not as it is now.
        differences: String,
    },
    /// Someone else works in the folder.
    #[error(
        "{path}: another stickershock is at work in this folder: {holder}\nhelp: wait until it ends, or choose another folder"
    )]
    Busy {
        /// The folder.
        path: PathBuf,
        /// Who it is: process, machine and time.
        holder: String,
    },
    /// A file that cannot be written; nothing is left under its name.
    #[error(
        "{path}: cannot be written: {error}\nhelp: {}; no half-written file was left", remedy(.error, "make room or permission and run again")
    )]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        error: io::Error,
    },
    /// A single file that is one of those the command reads.
    #[error("{path}: would be written over, and this command reads it ({input})\nhelp: name another file")]
    Input {
        /// The file, as it was to be written.
        path: PathBuf,
        /// The file, as it is read.
        input: PathBuf,
    },
    /// A name that no file can be written under.
    #[error(
        "{path}: {what}, expected a file to write, a pipe or a device such as /dev/stdout\nhelp: name another file"
    )]
    NoFile {
        /// The name.
        path: PathBuf,
        /// What stands there.
        what: &'static str,
    },
    /// A place for charts that is the study itself.
    #[error(
        "{path}: is the study in {study} itself, or below it, and its charts stay as they are\nhelp: choose another folder with --out"
    )]
    Study {
        /// The place.
        path: PathBuf,
        /// The study.
        study: PathBuf,
    },
    /// A file that this program did not write, in the way of one that it would.
    #[error(
        "{path}: holds a `{found}` that this program did not write\nhelp: move it away, or choose another folder with --out"
    )]
    Stranger {
        /// The folder.
        path: PathBuf,
        /// The file.
        found: String,
    },
    /// A folder of results that is a link to another place.
    #[error(
        "{path}: is a link: results stand below their own folder\nhelp: remove the link, or choose another folder with --out"
    )]
    Link {
        /// The link.
        path: PathBuf,
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

impl OutputError {
    /// The file or folder that it is about.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Folder { path, .. }
            | Self::Foreign { path, .. }
            | Self::Former { path, .. }
            | Self::Busy { path, .. }
            | Self::File { path, .. }
            | Self::Input { path, .. }
            | Self::NoFile { path, .. }
            | Self::Study { path, .. }
            | Self::Stranger { path, .. }
            | Self::Link { path }
            | Self::Convert { path, .. } => Some(path),
            Self::Csv(_) => None,
        }
    }

    /// What stands there that should not.
    #[must_use]
    pub fn found(&self) -> Option<&str> {
        match self {
            Self::Foreign { found, .. } | Self::Stranger { found, .. } => Some(found),
            _ => None,
        }
    }
}

/// What to do about an error of the system: what is said, unless it opens no more files.
#[must_use]
pub fn remedy<'a>(error: &io::Error, otherwise: &'a str) -> &'a str {
    remedy_told(&error.to_string(), otherwise)
}

/// The same by the text of an error, where its code is no longer at hand: of a temporary file, or within another error.
#[must_use]
pub fn remedy_told<'a>(told: &str, otherwise: &'a str) -> &'a str {
    let code = [23, 24].into_iter().find(|code| told.contains(&format!("(os error {code})")));
    if too_many_files(code) { MORE_FILES } else { otherwise }
}
