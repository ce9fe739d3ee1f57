//! Stickershock for Python: scenarios and studies of the library, its tables as Arrow, its errors as exceptions. Nothing is computed here.

mod error;
mod plan;
mod run;
mod scenario;
mod sensitivity;
mod solve;
mod studies;
mod table;

use std::ffi::OsString;

use pyo3::prelude::*;

/// The command line, with the name of the program first; gives its exit code.
#[pyfunction]
fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| stickershock::cli::code_of(arguments))
}

#[pymodule]
mod _stickershock {
    #[pymodule_export]
    use super::main;
    #[pymodule_export]
    use super::plan::{Plan, work};
    #[pymodule_export]
    use super::run::{Run, given, open, run};
    #[pymodule_export]
    use super::scenario::{Scenario, examples};
    #[pymodule_export]
    use super::sensitivity::{analyze, sample};
    #[pymodule_export]
    use super::solve::{Market, solve};
    #[pymodule_export]
    use super::studies::{calibrate, sensitivity};
    #[pymodule_export]
    use super::table::{Table, table};

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
