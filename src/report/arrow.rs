//! Tables as Apache Arrow: the same columns, rows and values as their CSV form.
//!
//! The data dictionary says what the types of the columns are, and CSV cells are the shortest decimals that give the same double back, so
//! nothing is lost on the way. What is not defined is null.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use serde_json::Value;

/// A cell that is not of its column's type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{cell}` in column {column} is no {kind}")]
pub struct CellError {
    line: usize,
    column: String,
    cell: String,
    kind: String,
}

/// The columns that a data dictionary lists as `schema.fields`.
#[must_use]
pub fn schema(fields: &Value) -> SchemaRef {
    let fields: Vec<Field> = fields.as_array().into_iter().flatten().map(field).collect();
    Arc::new(Schema::new(fields))
}

/// Rows of text on their way to columns.
#[derive(Debug)]
pub struct ArrowRows {
    schema: SchemaRef,
    columns: Vec<CellColumn>,
    line: usize,
    waiting: usize,
}

impl ArrowRows {
    /// No row yet.
    #[must_use]
    pub fn of(schema: SchemaRef) -> Self {
        let columns = schema.fields().iter().map(|field| CellColumn::new(field.data_type())).collect();
        Self { schema, columns, line: 1, waiting: 0 }
    }

    /// Adds a row of a CSV file; an empty cell is null.
    ///
    /// # Errors
    /// [`CellError`] naming line, column and cell.
    pub fn push(&mut self, record: &csv::StringRecord) -> Result<(), CellError> {
        self.line += 1;
        for ((column, field), cell) in self.columns.iter_mut().zip(self.schema.fields()).zip(record) {
            column.push(cell).ok_or_else(|| CellError {
                line: self.line,
                column: field.name().clone(),
                cell: cell.into(),
                kind: field.data_type().to_string(),
            })?;
        }
        self.waiting += 1;
        Ok(())
    }

    /// Rows added and not taken.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Takes the rows that were added.
    ///
    /// # Errors
    /// When columns are of different lengths, which rows as long as the schema do not make.
    pub fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        self.waiting = 0;
        RecordBatch::try_new(Arc::clone(&self.schema), self.columns.iter_mut().map(CellColumn::finish).collect())
    }
}

/// A column as the data dictionary describes it; its unit stands behind the description.
fn field(field: &Value) -> Field {
    let text = |key: &str| field[key].as_str().unwrap_or_default();
    let kind = match text("type") {
        "integer" => DataType::Int64,
        "number" => DataType::Float64,
        "boolean" => DataType::Boolean,
        "date" => DataType::Date32,
        _ => DataType::Utf8,
    };
    let description = match text("unit") {
        "" => text("description").to_owned(),
        unit => format!("{} [{unit}]", text("description")),
    };
    // One entry only: a map of several would be written in any order.
    Field::new(text("name"), kind, true).with_metadata(HashMap::from([("description".to_owned(), description)]))
}

/// Cells of one column on their way.
#[derive(Debug)]
enum CellColumn {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
}

impl CellColumn {
    fn new(kind: &DataType) -> Self {
        match kind {
            DataType::Int64 => Self::Integer(Int64Builder::new()),
            DataType::Float64 => Self::Number(Float64Builder::new()),
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            _ => Self::Text(StringBuilder::new()),
        }
    }

    /// Appends a cell; an empty one is null. Nothing if it is not of the column's type.
    fn push(&mut self, cell: &str) -> Option<()> {
        let given = !cell.is_empty();
        match self {
            Self::Text(builder) => builder.append_option(given.then_some(cell)),
            Self::Integer(builder) => builder.append_option(if given { Some(cell.parse().ok()?) } else { None }),
            Self::Number(builder) => builder.append_option(if given { Some(cell.parse().ok()?) } else { None }),
            Self::Boolean(builder) => builder.append_option(if given { Some(cell.parse().ok()?) } else { None }),
            Self::Date(builder) => builder.append_option(if given { Some(days(cell)?) } else { None }),
        }
        Some(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Number(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
        }
    }
}

/// Days from 1970-01-01 to an ISO date.
fn days(cell: &str) -> Option<i32> {
    let date: jiff::civil::Date = cell.parse().ok()?;
    let hours = date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours();
    i32::try_from(hours / 24).ok()
}
