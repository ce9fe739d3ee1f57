//! Studies in units, for engines that spread them over machines.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use stickershock::{StudyPlan, on_threads};

use crate::error::Raises;
use crate::run::{Run, watched};
use crate::scenario::Scenario;

/// The plan of a study in a folder.
#[pyclass(frozen, module = "stickershock._stickershock")]
pub struct Plan(StudyPlan);

#[pymethods]
impl Plan {
    /// Plans a study in a folder; a plan of the same study that stands there is kept, with its units.
    #[staticmethod]
    #[pyo3(signature = (scenario, regimes, replications, unit_size, folder))]
    fn begin(
        py: Python<'_>,
        scenario: &Scenario,
        regimes: Vec<String>,
        replications: Option<u64>,
        unit_size: Option<u64>,
        folder: PathBuf,
    ) -> PyResult<Self> {
        let begin = || match replications {
            Some(replications) => {
                StudyPlan::begin(&scenario.0.with_replications(replications)?, &regimes, unit_size, folder)
            }
            None => StudyPlan::begin(&scenario.0, &regimes, unit_size, folder),
        };
        Ok(Self(py.detach(begin).raises(py)?))
    }
    /// The plan that stands in a folder.
    #[staticmethod]
    fn open(py: Python<'_>, folder: PathBuf) -> PyResult<Self> {
        Ok(Self(StudyPlan::open(folder).raises(py)?))
    }
    /// Version of the model: packages that agree in it do a unit to the same bytes.
    #[staticmethod]
    fn version() -> &'static str {
        StudyPlan::version()
    }
    /// Ids of the units, in order.
    fn units(&self) -> Vec<&str> {
        self.0.units()
    }
    /// Ids of those that are not done.
    fn missing(&self, py: Python<'_>) -> PyResult<Vec<&str>> {
        py.detach(|| self.0.missing()).raises(py)
    }
    /// All that a worker needs, as files by their names.
    fn packed<'py>(&self, py: Python<'py>) -> PyResult<Vec<(String, Bound<'py, PyBytes>)>> {
        let files = self.0.packed().raises(py)?;
        Ok(files.into_iter().map(|(name, bytes)| (name, PyBytes::new(py, &bytes))).collect())
    }
    /// Checks a unit that was done elsewhere and stores it; whether it was missing.
    fn collect(&self, py: Python<'_>, unit: &[u8]) -> PyResult<bool> {
        self.0.collect(unit).raises(py)
    }
    /// Reduces the units, and writes the results into the folder.
    fn merge(&self, py: Python<'_>, charts: bool) -> PyResult<Run> {
        let plan = self.0.clone();
        Ok(watched(py, None, move |watch| on_threads(0, || plan.merge(charts, watch))?)?.into())
    }
}

/// Does units of a packed plan on so many threads; gives each as bytes.
#[pyfunction]
pub fn work(
    py: Python<'_>,
    packed: Vec<(String, Vec<u8>)>,
    ids: Vec<String>,
    threads: usize,
) -> PyResult<Vec<Bound<'_, PyBytes>>> {
    let done = watched(py, None, move |watch| on_threads(threads, || StudyPlan::work(&packed, &ids, watch))?)?;
    Ok(done.iter().map(|bytes| PyBytes::new(py, bytes)).collect())
}
