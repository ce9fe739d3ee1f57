//! Sensitivity studies and calibrations of scenarios.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use stickershock::sensitivity::{IndexPrecision, Scheme};
use stickershock::{FolderOptions, ResultFolder, SensitivityRequest, UncertainInputs, on_threads};

use crate::error::Raises;
use crate::run::{Run, watched};
use crate::scenario::Scenario;

/// Which of a scenario's uncertain values move its results.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the arguments of the Python function")]
pub fn sensitivity(
    py: Python<'_>,
    scenario: &Scenario,
    method: &str,
    sizes: (Option<usize>, Option<usize>),
    widths: (f64, f64),
    replications: Option<u64>,
    metrics: Vec<String>,
    regimes: Vec<String>,
    baseline: Option<String>,
    period: String,
    design: (usize, bool, usize, [f64; 2], bool),
    level: f64,
    threads: usize,
    out: Option<PathBuf>,
    charts: bool,
    fresh: bool,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Run> {
    let (randomisations, second_order, levels, quantiles, dummy) = design;
    let scheme = match UncertainInputs::scheme(method).raises(py)? {
        Scheme::Sobol { .. } => Scheme::Sobol { randomisations, second_order },
        Scheme::Morris { .. } => Scheme::Morris { levels },
        Scheme::OneAtATime { .. } => Scheme::OneAtATime { quantiles },
        scheme => scheme,
    };
    let (n, n_max) = sizes;
    let precision = IndexPrecision { absolute: widths.0, relative: widths.1 };
    let request = SensitivityRequest {
        scheme,
        n,
        n_max,
        precision,
        replications,
        metrics,
        regimes,
        baseline,
        period,
        dummy,
        level,
    };
    let (scenario, options) = (Arc::clone(&scenario.0), FolderOptions { charts, fresh });
    let folder = watched(py, progress, move |watch| {
        on_threads(threads, || ResultFolder::sensitivity(&scenario, &request, out.as_deref(), options, watch))?
    })?;
    Ok(folder.into())
}

/// Fits a scenario's free parameters to its table of evidence.
#[pyfunction]
pub fn calibrate(
    py: Python<'_>,
    scenario: &Scenario,
    threads: usize,
    out: Option<PathBuf>,
    charts: bool,
    fresh: bool,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Run> {
    let (scenario, options) = (Arc::clone(&scenario.0), FolderOptions { charts, fresh });
    let folder = watched(py, progress, move |watch| {
        on_threads(threads, || ResultFolder::calibration(&scenario, out.as_deref(), options, watch))?
    })?;
    Ok(folder.into())
}
