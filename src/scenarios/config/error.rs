//! One error for everything that can be wrong with the input, and the text a user reads.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use crate::config::suggest;
use crate::platform::descriptors::{MORE_FILES, too_many_files};

/// What is wrong with an input file or an override, where, and what to do about it. It is a pointer, because every line of a check may end in one.
///
/// `Display` is the whole message in plain text: place and problem, the line with a caret, then a `help:` line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be opened or read.
    #[error("{0}")]
    Unreadable(Box<UnreadFile>),
    /// The file is not UTF-8 text.
    #[error("{0}")]
    NotUtf8(Box<NotUtf8>),
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
    #[error("{0}")]
    Row(Box<TableComplaint>),
}

/// A file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadFile {
    /// The file as the user named it.
    pub file: String,
    /// The operating system's reason.
    pub reason: String,
    /// What to try.
    pub help: String,
}

impl fmt::Display for UnreadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: cannot be read: {}{}", self.file, self.reason, help_line(&self.help))
    }
}

/// A file that is not UTF-8 text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUtf8 {
    /// The file as the user named it.
    pub file: String,
    /// Line of the first bad byte, from 1.
    pub line: usize,
    /// Offset of the first bad byte, from 0.
    pub offset: usize,
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, offset } = self;
        write!(
            f,
            "{file}:{line}: byte {offset} of the file is not UTF-8 text\nhelp: save the file with the encoding UTF-8"
        )
    }
}

/// A problem of a table, with a remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableComplaint {
    /// The file as the user named it.
    pub file: String,
    /// Line of the row as an editor counts it, if one row is concerned.
    pub row: Option<usize>,
    /// The row's cell in the label column, if the table has one.
    pub label: Option<String>,
    /// What is wrong, starting with the column.
    pub message: String,
    /// What would do.
    pub help: String,
    /// The column or cell, where it is one.
    pub cell: Option<TableCell>,
}

impl fmt::Display for TableComplaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, row, label, message, help, .. } = self;
        write!(f, "{file}{}: {message}{}", row_text(*row, label.as_deref()), help_line(help))
    }
}

/// A column of a table, or a cell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableCell {
    /// The column.
    pub column: String,
    /// What the cell holds, where it is one.
    pub found: Option<String>,
}

impl ConfigError {
    /// A table, or the row of it on this line.
    pub fn of_table(
        file: impl Into<String>,
        row: Option<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let (file, message, help) = (file.into(), message.into(), help.into());
        Self::Row(Box::new(TableComplaint { file, row, label: None, message, help, cell: None }))
    }

    /// The same about a column of a table, and what one cell of it holds.
    pub(super) fn about_column(mut self, name: &str, holds: Option<&str>) -> Self {
        if let Self::Row(complaint) = &mut self {
            complaint.cell = Some(TableCell { column: name.to_owned(), found: holds.map(str::to_owned) });
        }
        self
    }

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
            Self::Unreadable(_) | Self::NotUtf8(_) | Self::Row(_) => None,
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
            Self::Row(complaint) => {
                let TableComplaint { row, label, message, help, .. } = &**complaint;
                format!("data{}: {message}{}", row_text(*row, label.as_deref()), help_line(help))
            }
            Self::Unreadable(unreadable) => format!("a data file cannot be read: {}", unreadable.reason),
            Self::NotUtf8(bytes) => format!("a data file is not UTF-8 text in line {}", bytes.line),
        }
    }

    /// An operating system's refusal to read `path`, with a file of a similar name if the folder has one.
    pub fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let siblings: Vec<String> = path
            .parent()
            .map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
            .filter(|_| error.kind() == std::io::ErrorKind::NotFound)
            .and_then(|folder| std::fs::read_dir(folder).ok())
            .map(|entries| {
                let files = entries.flatten().filter(|entry| entry.path().is_file());
                files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
            })
            .unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let others = siblings.iter().map(String::as_str).filter(|sibling| *sibling != name);
        let help = match suggest::closest(&name, others) {
            _ if too_many_files(error.raw_os_error()) => MORE_FILES.to_owned(),
            _ if circular(path) => {
                let help = "put the file itself in place of the link".to_owned();
                let reason = "its links lead in a circle".to_owned();
                return Self::unread(path, reason, help);
            }
            Some(near) => format!("did you mean `{}`?", path.with_file_name(near).display()),
            None if path.is_dir() => "this is a folder; name a file in it".to_owned(),
            None => "check the path and the permission to read it".to_owned(),
        };
        Self::unread(path, error.to_string(), help)
    }

    /// A file that cannot be read, for a reason.
    pub(super) fn unread(path: &Path, reason: String, help: String) -> Self {
        Self::Unreadable(Box::new(UnreadFile { file: path.display().to_string(), reason, help }))
    }
}

/// Whether symbolic links lead from `path` back to themselves.
fn circular(path: &Path) -> bool {
    let code = if cfg!(target_os = "linux") { 40 } else { 62 };
    cfg!(unix) && std::fs::metadata(path).is_err_and(|error| error.raw_os_error() == Some(code))
}

/// A number as a reader writes it: a very large or small one by its power of ten, not with hundreds of digits.
pub fn shown(value: f64) -> String {
    if value != 0.0 && value.is_finite() && !(1e-6..1e16).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

/// A percentage as the fraction that it is, with no more digits than it has: of 1.1, 0.011.
pub fn of_percent(percent: f64) -> String {
    shown(format!("{:.12e}", percent / 100.0).parse().unwrap_or(percent / 100.0))
}

/// A fraction in percent, with no more digits than it has: of 0.07, 7.
pub fn in_percent(fraction: f64) -> String {
    shown(format!("{:.12e}", 100.0 * fraction).parse().unwrap_or(100.0 * fraction))
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

/// Whether a character is a command to a terminal and no text: line ends and tabs are text.
pub fn no_text(character: char) -> bool {
    character.is_control() && !"\n\r\t".contains(character)
}

/// A text that may repeat what others wrote, made harmless for a terminal: control characters and those that turn the direction of writing are shown by
/// their numbers.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let harmful = |c: char| no_text(c) || c == '\r' || turns(c);
    // Line ends of Windows are line ends.
    let text = if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
    if !text.contains(harmful) {
        return text;
    }
    let shown = |c: char| if harmful(c) { format!("\\u{{{:x}}}", u32::from(c)) } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// A file's text, or where it stops being text: `(byte offset, line)`.
pub fn utf8(bytes: Vec<u8>) -> Result<String, (usize, usize)> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        (offset, 1 + error.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count())
    })?;
    // A byte order mark would shift the columns of the first line.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert!(matches!(harmless("plain\n\ttext, ünïcödé 日本"), Cow::Borrowed(_)));
        assert_eq!(
            harmless("\u{1b}[31mred\u{7}\rover\u{9b}2J\u{202e}"),
            "\\u{1b}[31mred\\u{7}\\u{d}over\\u{9b}2J\\u{202e}"
        );
        assert_eq!(harmless("a\r\nb"), "a\nb");
    }

    #[test]
    fn numbers_beyond_sight_have_an_exponent() {
        let cases = [(1e300, "1e300"), (-2.5e-9, "-2.5e-9"), (0.0, "0"), (0.025, "0.025"), (1e15, "1000000000000000")];
        for (value, text) in cases {
            assert_eq!(shown(value), text);
        }
        assert_eq!(shown(f64::INFINITY), "inf");
    }

    #[cfg(unix)]
    #[test]
    fn a_circle_of_links_and_too_many_files_have_their_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loop.toml");
        std::os::unix::fs::symlink("loop.toml", &path).unwrap();
        for error in [std::io::ErrorKind::NotFound.into(), std::fs::read(&path).unwrap_err()] {
            let text = ConfigError::unreadable(&path, &error).to_string();
            assert!(text.contains("links lead in a circle\nhelp: put the file itself"), "{text}");
        }
        let full = std::io::Error::from_raw_os_error(24);
        let text = ConfigError::unreadable(&folder.path().join("a.toml"), &full).to_string();
        assert!(text.contains("ulimit -n"), "{text}");
    }

    /// Neither the file that was asked for, nor a folder, is what was meant.
    #[test]
    fn only_other_files_are_proposed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("model.csw")).unwrap();
        let missing = || std::io::ErrorKind::NotFound.into();
        let path = folder.path().join("model.csv");
        assert!(!ConfigError::unreadable(&path, &missing()).to_string().contains("did you mean"));
        std::fs::write(&path, "").unwrap();
        assert!(!ConfigError::unreadable(&path, &missing()).to_string().contains("did you mean"));
        std::fs::write(folder.path().join("models.csv"), "").unwrap();
        assert!(ConfigError::unreadable(&path, &missing()).to_string().contains("models.csv`?"));
    }
}
