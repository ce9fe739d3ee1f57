//! Designs and indices of any model.

use pyo3::prelude::*;
use stickershock::sensitivity::{Design, Resampling, SampleOptions};
use stickershock::{UncertainInputs, on_threads};

use crate::error::Raises;
use crate::run::watched;
use crate::table::Table;

/// The points at which a model is to be run: a list of values for each.
#[pyfunction]
pub fn sample(
    py: Python<'_>,
    problem: &str,
    method: &str,
    n: usize,
    seed: u64,
    levels: usize,
) -> PyResult<Vec<Vec<f64>>> {
    let inputs = UncertainInputs::from_toml(problem).raises(py)?;
    let method = UncertainInputs::method(method).raises(py)?;
    let design = py.detach(|| inputs.sample(method, SampleOptions { n, seed, levels })).raises(py)?;
    Ok(design.iter().map(<[f64]>::to_vec).collect())
}

/// Indices and warnings from a design and comma-separated outputs.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the arguments of the Python function")]
pub fn analyze(
    py: Python<'_>,
    problem: &str,
    method: &str,
    rows: Vec<Vec<f64>>,
    outputs: String,
    level: f64,
    resamples: usize,
    seed: u64,
    drop_failed: bool,
) -> PyResult<(Table, Vec<String>)> {
    let inputs = UncertainInputs::from_toml(problem).raises(py)?;
    let method = UncertainInputs::method(method).raises(py)?;
    let mut design = Design::new(inputs.problem().len());
    rows.into_iter().for_each(|row| design.push(row));
    let resampling = Resampling { level, resamples, seed };
    let found = watched(py, None, move |_| {
        on_threads(0, || inputs.analyze(method, &design, &outputs, &resampling, drop_failed))?
    })?;
    Ok((Table(found.table), found.warnings))
}
