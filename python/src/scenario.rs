//! Scenarios.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyList, PyMapping, PyTuple};
use stickershock::{EXAMPLES, Source, Value, files_beside};

use crate::error::{Raises, refused};

/// A scenario, read and checked: a market, policy regimes, and how they are to be compared. It never changes; ``set`` gives another.
#[pyclass(frozen, module = "stickershock")]
pub struct Scenario(pub Arc<stickershock::Scenario>);

impl From<stickershock::Scenario> for Scenario {
    fn from(scenario: stickershock::Scenario) -> Self {
        Self(Arc::new(scenario))
    }
}

#[pymethods]
impl Scenario {
    /// Reads a scenario file and what it names below its folder.
    ///
    /// Raises ``ScenarioError`` with ``file``, ``line``, ``key``, ``value`` and ``remedy``.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        Ok(py.detach(|| stickershock::Scenario::open(path)).raises(py)?.into())
    }

    /// One of the scenarios that come with the package; ``examples()`` lists them.
    #[staticmethod]
    fn example(py: Python<'_>, name: &str) -> PyResult<Self> {
        Ok(py.detach(|| stickershock::Scenario::example(name)).raises(py)?.into())
    }

    /// A scenario from its text. ``data`` has the files that it names, by their names: frames of any library, or text. It may extend the
    /// scenarios that come with the package: ``extends = "market-1995.toml"``.
    #[staticmethod]
    #[pyo3(signature = (text, data = None, name = "scenario.toml"))]
    fn from_toml(py: Python<'_>, text: &str, data: Option<&Bound<'_, PyDict>>, name: &str) -> PyResult<Self> {
        let mut files: Vec<(String, Vec<u8>)> =
            files_beside().iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
        let to_csv = py.import("stickershock._frames")?.getattr("to_csv")?;
        for (name, frame) in data.into_iter().flatten() {
            files.push((name.extract()?, to_csv.call1((frame,))?.extract()?));
        }
        files.push((name.to_owned(), text.as_bytes().to_vec()));
        Self::from_files(py, name, files)
    }

    /// A scenario of a market of one's own from frames: ``models`` with a row a car model, ``exchange_rates`` with a row a month.
    /// ``settings`` is the rest of the scenario, as TOML text or as a mapping of its sections; ``market.models`` and ``exchange_rate.data``
    /// are set.
    #[staticmethod]
    #[pyo3(signature = (models, settings, exchange_rates = None, data = None))]
    fn from_frames(
        py: Python<'_>,
        models: &Bound<'_, PyAny>,
        settings: &Bound<'_, PyAny>,
        exchange_rates: Option<&Bound<'_, PyAny>>,
        data: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let files = data.map_or_else(|| Ok(PyDict::new(py)), PyDictMethods::copy)?;
        let text = py.import("stickershock._frames")?.call_method1("settings_text", (settings,))?;
        files.set_item("settings.toml", text)?;
        files.set_item("models.csv", models)?;
        let mut own = "extends = \"settings.toml\"\n[market]\nmodels = \"models.csv\"\n".to_owned();
        if let Some(rates) = exchange_rates {
            files.set_item("exchange_rates.csv", rates)?;
            own.push_str("[exchange_rate]\ndata = \"exchange_rates.csv\"\n");
        }
        Self::from_toml(py, &own, Some(&files), "scenario.toml")
    }

    /// A scenario from files in memory, the scenario itself by its name among them.
    #[staticmethod]
    fn from_files(py: Python<'_>, name: &str, files: Vec<(String, Vec<u8>)>) -> PyResult<Self> {
        Ok(py.detach(|| stickershock::Scenario::from_source(&Source::memory(files), name)).raises(py)?.into())
    }

    /// The same scenario with values changed, one after the other, and everything checked anew: keys as in the file, items of lists by
    /// name, as in ``{"instrument.sanctions.rate": 0.25}``. Values are numbers, texts, truth values, dates and lists of them.
    fn set(&self, py: Python<'_>, values: &Bound<'_, PyMapping>) -> PyResult<Self> {
        let item = |item: Bound<'_, PyAny>| {
            let (key, value): (String, Bound<'_, PyAny>) = item.extract()?;
            let value = value_of(&key, &value)?;
            Ok((key, value))
        };
        let values: Vec<(String, Value)> = values.items()?.iter().map(item).collect::<PyResult<_>>()?;
        let values = values.iter().map(|(key, value)| (key.as_str(), value.clone()));
        Ok(self.0.with_all(values).raises(py)?.into())
    }

    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }
    /// Its title.
    #[getter]
    fn title(&self) -> &str {
        self.0.title()
    }
    /// Names of its policy regimes, in the order of the file.
    #[getter]
    fn regimes(&self) -> Vec<&str> {
        self.0.regimes().collect()
    }
    /// The regime that the others are compared with.
    #[getter]
    fn baseline(&self) -> &str {
        self.0.baseline()
    }
    /// Names of its periods, the whole horizon first.
    #[getter]
    fn periods(&self) -> Vec<&str> {
        self.0.periods().collect()
    }
    /// Replications that it asks for.
    #[getter]
    fn replications(&self) -> u64 {
        self.0.replications()
    }
    /// Its seed.
    #[getter]
    fn seed(&self) -> u64 {
        self.0.seed()
    }
    /// Whether it is a study of many points: a sweep, or draws of what is not known.
    #[getter]
    fn has_points(&self) -> bool {
        self.0.has_points()
    }
    /// Its values, resolved into one file, as TOML.
    fn to_toml(&self) -> String {
        self.0.resolved()
    }
    fn __repr__(&self) -> String {
        format!("<stickershock.Scenario {}: {}>", self.0.name(), self.regimes().join(", "))
    }

    /// The scenario with all that it reads goes along: it may be opened where its files are not.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let make = py.get_type::<Self>().getattr("from_files")?;
        let files = self.0.packed().raises(py)?;
        let name = files[0].0.clone();
        let files: Vec<(String, Bound<'_, PyBytes>)> =
            files.iter().map(|(name, bytes)| (name.clone(), PyBytes::new(py, bytes))).collect();
        Ok((make, (name, files).into_pyobject(py)?))
    }
}

/// What frame libraries write for a value that is missing.
const MISSING: [&str; 3] = ["NoneType", "NAType", "NaTType"];

/// A value of Python for a key, as a scenario file writes it.
fn value_of(key: &str, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    let py = value.py();
    let type_name = value.get_type().name()?.to_string();
    if MISSING.contains(&type_name.as_str()) {
        let shown = value.str()?.to_string();
        return Err(refused(py, key, &shown, "the value is missing", "give a value, or leave the key out"));
    }
    if let Ok(truth) = value.cast::<PyBool>() {
        return Ok(truth.is_true().into());
    }
    if let Ok(text) = value.extract::<&str>() {
        return Ok(text.into());
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items: Vec<Value> = value.try_iter()?.map(|item| value_of(key, &item?)).collect::<PyResult<_>>()?;
        return Ok(items.into());
    }
    // Scalars and columns of numpy and of frame libraries, as Python has them; moments of numpy lose their days there.
    let of_time = || -> PyResult<bool> { Ok(value.getattr("dtype")?.getattr("kind")?.extract::<String>()? == "M") };
    if of_time().unwrap_or(false) {
        if value.getattr("ndim")?.extract::<usize>()? == 0 {
            let moment = value.str()?.to_string();
            return Ok(Value::written(moment.split('T').next().unwrap_or_default()));
        }
        let items: Vec<Value> = value.try_iter()?.map(|item| value_of(key, &item?)).collect::<PyResult<_>>()?;
        return Ok(items.into());
    }
    for method in ["tolist", "to_list"] {
        if value.hasattr(method)? {
            return value_of(key, &value.call_method0(method)?);
        }
    }
    if value.hasattr("isoformat")? {
        let date: String = value.call_method0("isoformat")?.extract()?;
        return Ok(Value::written(date.split('T').next().unwrap_or_default()));
    }
    // Whole numbers of any library have an index, and other numbers a float.
    if value.hasattr("__index__")? {
        return value.extract::<i64>().map(Value::from).map_err(|_| {
            let shown = value.str().map_or_else(|_| type_name.clone(), |text| text.to_string());
            let message = format!("is {shown}, and whole numbers have 64 bits with a sign");
            let remedy = format!("give a number from {} to {}", i64::MIN, i64::MAX);
            refused(py, key, &shown, &message, &remedy)
        });
    }
    if let Ok(number) = value.extract::<f64>() {
        return Ok(number.into());
    }
    let kind = value.get_type();
    Err(PyTypeError::new_err(format!("{kind}: expected a number, a text, a truth value, a date, or a list of them")))
}

/// The scenarios that come with the package: name, question, and the command of the program that answers it.
#[pyfunction]
pub fn examples() -> Vec<(&'static str, &'static str, &'static str)> {
    EXAMPLES.iter().map(|example| (example.name, example.question, example.command)).collect()
}
