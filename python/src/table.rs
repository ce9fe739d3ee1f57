//! Tables by the Arrow PyCapsule interface, which every frame library reads.

use arrow_array::RecordBatchIterator;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};
use stickershock::ResultTable;

use crate::error::Raises;

/// A table of results. It is held as text, and handed to others as Arrow columns (utf8, int64, float64, bool, date32) by
/// ``__arrow_c_stream__``, so that pandas, polars, DuckDB and pyarrow read it; values that are not defined are null.
#[pyclass(frozen, module = "stickershock")]
pub struct Table(pub ResultTable);

#[pymethods]
impl Table {
    /// Its name, that of the file in a folder of results.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }
    /// What it is.
    #[getter]
    fn description(&self) -> &str {
        self.0.description()
    }
    /// Names of the columns that identify a row.
    #[getter]
    fn key(&self) -> Vec<&str> {
        self.0.key()
    }
    /// Names of its columns, in order.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.0.columns().into_iter().map(|column| column.name).collect()
    }
    /// For each column: name, type (string, integer, number, boolean, date), unit (may be empty), and what it is.
    #[getter]
    fn fields(&self) -> Vec<(String, String, String, String)> {
        let columns = self.0.columns().into_iter();
        columns.map(|column| (column.name, column.kind, column.unit, column.description)).collect()
    }
    /// Rows and columns.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.0.rows(), self.0.columns().len())
    }
    fn __len__(&self) -> usize {
        self.0.rows()
    }
    fn __repr__(&self) -> String {
        let (rows, columns) = self.shape();
        format!("<stickershock.Table {}: {rows} rows, {columns} columns>", self.0.name())
    }

    /// The table as comma-separated values: the bytes of the file ``tables/NAME.csv`` that the command line writes.
    fn csv<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.csv())
    }

    /// A stream of one record batch, by the Arrow PyCapsule interface.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A producer may leave a schema that is asked for to the consumer, which casts.
        let _ = requested_schema;
        let batch = py.detach(|| self.0.arrow()).raises(py)?;
        let schema = batch.schema();
        let stream = FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new([Ok(batch)], schema)));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    /// As a ``pandas.DataFrame``: text as strings, dates as ``datetime64``.
    fn to_pandas(slf: Bound<'_, Self>) -> PyResult<Bound<'_, PyAny>> {
        frames(&slf, "to_pandas")
    }
    /// As a ``polars.DataFrame``.
    fn to_polars(slf: Bound<'_, Self>) -> PyResult<Bound<'_, PyAny>> {
        frames(&slf, "to_polars")
    }
    fn _repr_html_(slf: Bound<'_, Self>) -> PyResult<Bound<'_, PyAny>> {
        frames(&slf, "table_html")
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().0 == self.0)
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Remade<'py>> {
        let make = py.import("stickershock._stickershock")?.getattr("table")?;
        Ok((make, (self.0.dictionary(), PyBytes::new(py, self.0.csv()))))
    }
}

/// A function and its arguments, which make a table again.
type Remade<'py> = (Bound<'py, PyAny>, (String, Bound<'py, PyBytes>));

/// What the Python side makes of a table.
fn frames<'py>(table: &Bound<'py, Table>, function: &str) -> PyResult<Bound<'py, PyAny>> {
    table.py().import("stickershock._frames")?.call_method1(function, (table,))
}

/// A table from its entry in a data dictionary and its text.
#[pyfunction]
pub fn table(py: Python<'_>, dictionary: &str, csv: Vec<u8>) -> PyResult<Table> {
    Ok(Table(ResultTable::from_parts(dictionary, csv).raises(py)?))
}
