//! One error for everything that can be wrong with the input, and the text a user reads.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use crate::config::suggest;

/// What is wrong with an input file or an override, where, and what to do about it.
///
/// `Display` is the whole message in plain text: place and problem, the line with a caret, then a `help:` line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be opened or read.
    #[error("{file}: cannot be read: {reason}{}", help_line(.help))]
    Unreadable {
        /// The file as the user named it.
        file: String,
        /// The operating system's reason.
        reason: String,
        /// What to try.
        help: String,
    },
    /// The file is not UTF-8 text.
    #[error("{file}:{line}: byte {offset} of the file is not UTF-8 text\nhelp: save the file with the encoding UTF-8")]
    NotUtf8 {
        /// The file as the user named it.
        file: String,
        /// Line of the first bad byte, from 1.
        line: usize,
        /// Offset of the first bad byte, from 0.
        offset: usize,
    },
    /// The text is not TOML.
    #[error("{0}")]
    Syntax(Box<Complaint>),
    /// `extends` names something that cannot be loaded, or goes round in a circle.
    #[error("{0}")]
    Extends(Box<Complaint>),
    /// Named items that cannot be merged: a duplicate, a missing name, a removal of nothing.
    #[error("{0}")]
    Merge(Box<Complaint>),
    /// A `--set key=value` that cannot be read or placed.
    #[error("{0}")]
    Override(Box<Complaint>),
    /// A key that nothing reads.
    #[error("{0}")]
    UnknownKey(Box<Complaint>),
    /// A key that is needed and absent.
    #[error("{0}")]
    MissingKey(Box<Complaint>),
    /// A value of another type than its key needs.
    #[error("{0}")]
    WrongType(Box<Complaint>),
    /// A value of the right type that is not acceptable.
    #[error("{0}")]
    InvalidValue(Box<Complaint>),
    /// A CSV table, one of its rows or one of its columns.
    #[error("{file}{}: {message}{}", row_text(*.row, .label.as_deref()), help_line(.help))]
    Row {
        /// The file as the user named it.
        file: String,
        /// Line of the row as an editor counts it, if one row is concerned.
        row: Option<usize>,
        /// The row's cell in the label column, if the table has one.
        label: Option<String>,
        /// What is wrong, starting with the column.
        message: String,
        /// What would do.
        help: String,
    },
}

impl ConfigError {
    /// The place in a TOML file or override, for the errors that have one.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        match self {
            Self::Syntax(complaint)
            | Self::Extends(complaint)
            | Self::Merge(complaint)
            | Self::Override(complaint)
            | Self::UnknownKey(complaint)
            | Self::MissingKey(complaint)
            | Self::WrongType(complaint)
            | Self::InvalidValue(complaint) => Some(&complaint.location),
            Self::Unreadable { .. } | Self::NotUtf8 { .. } | Self::Row { .. } => None,
        }
    }

    /// What is wrong and what would do, without the place where files stand: the same on every machine and in every folder.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Syntax(complaint)
            | Self::Extends(complaint)
            | Self::Merge(complaint)
            | Self::Override(complaint)
            | Self::UnknownKey(complaint)
            | Self::MissingKey(complaint)
            | Self::WrongType(complaint)
            | Self::InvalidValue(complaint) => {
                let place = if complaint.location.path.is_empty() { "" } else { ": " };
                format!("{}{place}{}{}", complaint.location.path, complaint.message, help_line(&complaint.help))
            }
            Self::Row { row, label, message, help, .. } => {
                format!("data{}: {message}{}", row_text(*row, label.as_deref()), help_line(help))
            }
            Self::Unreadable { reason, .. } => format!("a data file cannot be read: {reason}"),
            Self::NotUtf8 { line, .. } => format!("a data file is not UTF-8 text in line {line}"),
        }
    }

    /// An operating system's refusal to read `path`, with a file of a similar name if the folder has one.
    pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let siblings: Vec<String> = path
            .parent()
            .map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
            .filter(|_| error.kind() == std::io::ErrorKind::NotFound)
            .and_then(|folder| std::fs::read_dir(folder).ok())
            .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let help = match suggest::closest(&name, siblings.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{}`?", path.with_file_name(near).display()),
            None if path.is_dir() => "this is a folder; name a file in it".to_owned(),
            None => "check the path and the permission to read it".to_owned(),
        };
        Self::Unreadable { file: path.display().to_string(), reason: error.to_string(), help }
    }
}

/// A problem at a place, with a remedy.
#[derive(Clone, Debug, PartialEq)]
pub struct Complaint {
    /// Where.
    pub location: Location,
    /// What is wrong; reads on after the key path.
    pub message: String,
    /// What would do; empty if there is nothing to add.
    pub help: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { file, line, column, path, .. } = &self.location;
        f.write_str(file)?;
        if let Some(line) = line {
            write!(f, ":{line}")?;
            if let (true, Some(column)) = (path.is_empty(), column) {
                write!(f, ":{column}")?;
            }
        }
        if !path.is_empty() {
            write!(f, ": {path}")?;
        }
        write!(f, ": {}", self.message)?;
        self.location.write_excerpt(f)?;
        f.write_str(&help_line(&self.help))
    }
}

/// A place in a TOML file or in a `--set` override.
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    /// The file as the user named it, or the override.
    pub file: String,
    /// The line, from 1; none for a whole file and for an override.
    pub line: Option<usize>,
    /// The column in characters, from 1; none for a whole file.
    pub column: Option<usize>,
    /// The keys that lead to the value, such as `market.horizon_weeks`; empty for a whole file.
    pub path: String,
    /// The text of the line.
    pub source_line: Option<String>,
    /// The characters of `source_line` that are meant.
    pub span: Range<usize>,
}

impl Location {
    /// The line and carets under the part that is meant; of a very long line, the part around it.
    fn write_excerpt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BEFORE: usize = 60;
        const SHOWN: usize = 140;
        let Some(text) = &self.source_line else { return Ok(()) };
        let number = self.line.map(|line| line.to_string()).unwrap_or_default();
        let start = if self.span.start > BEFORE + SHOWN / 4 { self.span.start - BEFORE } else { 0 };
        let shown: String = text
            .chars()
            .skip(start)
            .take(SHOWN)
            .map(|c| if c == '\t' || c.is_control() { ' ' } else { c })
            .collect::<String>()
            .trim_end()
            .to_owned();
        let indent = self.span.start - start;
        let room = shown.chars().count().saturating_sub(indent).max(1);
        let carets = "^".repeat(self.span.len().clamp(1, room));
        let (gutter, pad) = (" ".repeat(number.len()), " ".repeat(indent));
        write!(f, "\n  {number} | {shown}\n  {gutter} | {pad}{carets}")
    }
}

fn help_line(help: &str) -> String {
    if help.is_empty() { String::new() } else { format!("\nhelp: {help}") }
}

fn row_text(row: Option<usize>, label: Option<&str>) -> String {
    match (row, label) {
        (Some(row), Some(label)) => format!(", row {row} ({label})"),
        (Some(row), None) => format!(", row {row}"),
        (None, _) => String::new(),
    }
}

/// A file's text, or where it stops being text: `(byte offset, line)`.
pub(crate) fn utf8(bytes: Vec<u8>) -> Result<String, (usize, usize)> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        (offset, 1 + error.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count())
    })?;
    // A byte order mark would shift the columns of the first line.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
