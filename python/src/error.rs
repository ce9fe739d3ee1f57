//! Errors of the library as exceptions.

use pyo3::prelude::*;
use stickershock::{Error, ErrorKind};

/// The exception of an error, of the module `stickershock.errors`: the text of the command line, and its parts as attributes.
pub fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let class = match error.kind() {
        ErrorKind::Input => "ScenarioError",
        ErrorKind::Unknown => "UnknownNameError",
        ErrorKind::Unsolved => "UnsolvedError",
        ErrorKind::Interrupted => "InterruptedRunError",
        _ => "OutputError",
    };
    let place = error.place();
    let key = place.and_then(|place| place.key.as_deref());
    let line = place.and_then(|place| place.line);
    let message = in_python(&error.to_string());
    let remedy = error.remedy().map(in_python);
    made(py, class, (message, error.file(), key, line, error.value(), remedy))
}

/// What the command line calls otherwise than a call does.
const WORDS: [(&str, &str); 9] = [
    ("run the same command again, and it goes on from there", "make the same call again, and it goes on from there"),
    ("run the same command with --resume to continue it", "make the same call again to continue it"),
    ("run the same command with --resume to go on", "make the same call again to go on"),
    ("run the same command with --resume", "make the same call again"),
    ("with --out", "with out="),
    ("--fresh", "fresh=True"),
    ("--regimes", "regimes"),
    ("give another --n", "give another n"),
    ("-j/--threads", "threads="),
];

/// A message of the command line as one of a call.
fn in_python(text: &str) -> String {
    WORDS.iter().fold(text.to_owned(), |text, (one, other)| text.replace(one, other))
}

/// Message, file, key, line, value and remedy of an exception.
type ExceptionParts<'a> = (String, Option<&'a str>, Option<&'a str>, Option<usize>, Option<&'a str>, Option<String>);

/// An exception of the module `stickershock.errors`.
fn made(py: Python<'_>, class: &str, parts: ExceptionParts<'_>) -> PyErr {
    let make = || py.import("stickershock.errors")?.getattr(class)?.call1(parts);
    make().map_or_else(|error| error, PyErr::from_value)
}

/// A ``ScenarioError`` about a value that Python gives for a key.
pub fn refused(py: Python<'_>, key: &str, value: &str, message: &str, remedy: &str) -> PyErr {
    let text = format!("{key}: {message}\nhelp: {remedy}");
    made(py, "ScenarioError", (text, None, Some(key), None, Some(value), Some(remedy.to_owned())))
}

/// Results whose error becomes an exception.
pub trait Raises<T> {
    /// The value, or the exception.
    fn raises(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> Raises<T> for Result<T, Error> {
    fn raises(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| raised(py, &error))
    }
}
