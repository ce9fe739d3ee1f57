//! Runs: on a thread of their own, with the interpreter free, progress told, and signals heard.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyUserWarning, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use stickershock::{Error, FolderOptions, Observer, ResultFolder, Results, Study, Told, on_threads};

use crate::error::Raises;
use crate::scenario::Scenario;
use crate::table::Table;

/// How often signals and progress are looked at.
const PERIOD: Duration = Duration::from_millis(20);

/// What is heard of a run.
#[derive(Default)]
pub struct Watch {
    stop: AtomicBool,
    done: AtomicU64,
    jobs: AtomicU64,
    warnings: Mutex<Vec<String>>,
}

impl Observer for Watch {
    fn begins(&self, jobs: u64, stored: u64) {
        self.jobs.store(jobs, Ordering::Relaxed);
        self.done.store(stored, Ordering::Relaxed);
    }
    fn jobs(&self, done: u64) {
        self.done.fetch_add(done, Ordering::Relaxed);
    }
    fn expected(&self, jobs: u64) {
        self.jobs.store(jobs, Ordering::Relaxed);
    }
    fn warning(&self, text: &str) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
    }
    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Does work on a thread of its own while this one waits without the interpreter, looks at signals, and calls ``progress(done, jobs)``.
/// A signal, or an exception of ``progress``, stops the work, and is raised when it has stopped.
pub fn watched<R: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Watch) -> Result<R, Error> + Send + 'static,
) -> PyResult<R> {
    let watch = Arc::new(Watch::default());
    let (send, receive) = mpsc::channel();
    let own = Arc::clone(&watch);
    let thread = move || {
        // Whoever waits has gone away if this fails.
        let _ = send.send(work(&own));
    };
    std::thread::Builder::new().name("stickershock".into()).spawn(thread)?;
    let receive = Mutex::new(receive);
    let wait = || receive.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(PERIOD);
    let mut told = (0, 0);
    let mut tell = |watch: &Watch| -> PyResult<()> {
        let now = (watch.done.load(Ordering::Relaxed), watch.jobs.load(Ordering::Relaxed));
        if let Some(progress) = progress.filter(|_| now != told) {
            progress.call1(now)?;
        }
        told = now;
        Ok(())
    };
    let mut raised: Option<PyErr> = None;
    let result = loop {
        match py.detach(wait) {
            Ok(result) => break Some(result),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err(
                    "the run ended with a fault of the program; standard error says which",
                ));
            }
        }
        let seen = py.check_signals().and_then(|()| if raised.is_none() { tell(&watch) } else { Ok(()) });
        if let Err(error) = seen {
            watch.stop.store(true, Ordering::Relaxed);
            // Who asks a second time does not want to wait.
            if raised.replace(error).is_some() {
                break None;
            }
        }
    };
    if let Some(raised) = raised {
        return Err(raised);
    }
    tell(&watch)?;
    for warning in watch.warnings.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let text = std::ffi::CString::new(warning)?;
        PyErr::warn(py, &py.get_type::<PyUserWarning>(), &text, 2)?;
    }
    match result {
        Some(result) => result.raises(py),
        None => Err(PyRuntimeError::new_err("interrupted")),
    }
}

impl From<ResultFolder> for Run {
    fn from(folder: ResultFolder) -> Self {
        Self(Kept::Folder(Box::new(folder)))
    }
}

/// Where results stand.
enum Kept {
    /// In memory, with what tables and charts are made from.
    Memory(Box<Results>),
    /// In a folder.
    Folder(Box<ResultFolder>),
    /// As they were sent here: tables and charts.
    Given(Vec<(String, Table)>, Vec<(String, Option<String>)>, Told, String),
}

/// Results of a run.
#[pyclass(frozen, module = "stickershock._stickershock")]
pub struct Run(Kept);

#[pymethods]
impl Run {
    /// Names of its tables; some of them may have nothing to say.
    fn table_names(&self) -> Vec<String> {
        match &self.0 {
            Kept::Memory(results) => results.tables().into_iter().map(str::to_owned).collect(),
            Kept::Folder(folder) => folder.tables(),
            Kept::Given(tables, ..) => tables.iter().map(|(name, _)| name.clone()).collect(),
        }
    }

    /// A table; nothing where there are no such rows.
    fn table(&self, py: Python<'_>, name: &str) -> PyResult<Option<Table>> {
        let table = match &self.0 {
            Kept::Memory(results) => py.detach(|| results.table(name)).raises(py)?,
            Kept::Folder(folder) => Some(py.detach(|| folder.table(name)).raises(py)?),
            Kept::Given(tables, ..) => tables.iter().find(|(own, _)| own == name).map(|(_, table)| table.0.clone()),
        };
        Ok(table.map(Table))
    }

    /// Names of its charts; some of them may have nothing to show.
    fn chart_names(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        match &self.0 {
            Kept::Memory(results) => Ok(results.charts()),
            Kept::Folder(folder) => py.detach(|| folder.charts()).raises(py),
            Kept::Given(_, charts, ..) => Ok(charts.iter().map(|(name, _)| name.clone()).collect()),
        }
    }

    /// A chart as SVG; nothing where it has nothing to show.
    fn chart(&self, py: Python<'_>, name: &str, period: Option<&str>) -> PyResult<Option<String>> {
        match &self.0 {
            Kept::Memory(results) => py.detach(|| match period {
                Some(period) => results.chart_over(name, period),
                None => results.chart(name),
            }),
            Kept::Folder(folder) => py.detach(|| folder.chart(name, period)),
            Kept::Given(..) if period.is_some() => {
                let message = "results that were sent here have the charts of the reporting period\nhelp: draw others where they were made";
                return Err(PyValueError::new_err(message));
            }
            Kept::Given(_, charts, ..) => Ok(charts.iter().find(|(own, _)| own == name).and_then(|(_, svg)| svg.clone())),
        }
        .raises(py)
    }

    /// What was asked, the answer, and what to know before using a number.
    fn told(&self, py: Python<'_>) -> (Vec<String>, Vec<(String, String)>, Vec<String>) {
        let Told { asked, answer, warnings } = match &self.0 {
            Kept::Memory(results) => py.detach(|| results.told()),
            Kept::Folder(folder) => folder.told().clone(),
            Kept::Given(_, _, told, _) => told.clone(),
        };
        (asked, answer, warnings)
    }

    /// What was run, as JSON.
    fn manifest(&self) -> String {
        match &self.0 {
            Kept::Memory(results) => results.manifest(),
            Kept::Folder(folder) => folder.manifest(),
            Kept::Given(.., manifest) => manifest.clone(),
        }
    }

    /// The folder that it stands in.
    fn path(&self) -> Option<PathBuf> {
        match &self.0 {
            Kept::Folder(folder) => Some(folder.path()),
            _ => None,
        }
    }

    /// Tables and charts of the reporting period go along.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let make = py.import("stickershock._stickershock")?.getattr("given")?;
        let (tables, charts) = (PyDict::new(py), PyDict::new(py));
        for name in self.table_names() {
            if let Some(table) = self.table(py, &name)? {
                tables.set_item(name, table)?;
            }
        }
        for name in self.chart_names(py)? {
            let chart = self.chart(py, &name, None)?;
            charts.set_item(name, chart)?;
        }
        Ok((make, (tables, charts, self.told(py), self.manifest()).into_pyobject(py)?))
    }
}

/// Results from their tables and charts.
#[pyfunction]
pub fn given(
    tables: &Bound<'_, PyDict>,
    charts: &Bound<'_, PyDict>,
    told: (Vec<String>, Vec<(String, String)>, Vec<String>),
    manifest: String,
) -> PyResult<Run> {
    // In the order in which they were made: a chart without a regime is that of the first.
    let table = |(name, table): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        Ok((name.extract()?, Table(table.cast::<Table>()?.get().0.clone())))
    };
    let tables = tables.iter().map(table).collect::<PyResult<_>>()?;
    let chart = |(name, chart): (Bound<'_, PyAny>, Bound<'_, PyAny>)| Ok((name.extract()?, chart.extract()?));
    let charts = charts.iter().map(chart).collect::<PyResult<_>>()?;
    let (asked, answer, warnings) = told;
    Ok(Run(Kept::Given(tables, charts, Told { asked, answer, warnings }, manifest)))
}

/// Results that stand in a folder.
#[pyfunction]
pub fn open(py: Python<'_>, path: PathBuf) -> PyResult<Run> {
    Ok(Run(Kept::Folder(Box::new(py.detach(|| ResultFolder::open(path)).raises(py)?))))
}

/// Runs a scenario: in memory where it has one point and no folder is named, else in a folder.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the arguments of the Python function")]
pub fn run(
    py: Python<'_>,
    scenario: &Scenario,
    regimes: Vec<String>,
    replications: Option<u64>,
    threads: usize,
    out: Option<PathBuf>,
    charts: bool,
    fresh: bool,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Run> {
    let scenario = match replications {
        Some(replications) => Arc::new(scenario.0.with_replications(replications).raises(py)?),
        None => Arc::clone(&scenario.0),
    };
    let kept = watched(py, progress, move |watch| {
        on_threads(threads, || {
            if out.is_some() || scenario.has_points() {
                let options = FolderOptions { charts, fresh };
                let folder = ResultFolder::run(&scenario, &regimes, out.as_deref(), options, watch)?;
                return Ok(Kept::Folder(Box::new(folder)));
            }
            let mut study = Study::prepare_watched(&*scenario, watch)?;
            if !regimes.is_empty() {
                study = study.regimes(&regimes)?;
            }
            Ok(Kept::Memory(Box::new(study.run_watched(watch)?)))
        })?
    })?;
    Ok(Run(kept))
}
