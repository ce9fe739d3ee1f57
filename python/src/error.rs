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
    let made = || -> PyResult<Bound<'_, PyAny>> {
        let class = py.import("stickershock.errors")?.getattr(class)?;
        class.call1((error.to_string(), error.file(), key, line, error.value(), error.remedy()))
    };
    made().map_or_else(|error| error, PyErr::from_value)
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
