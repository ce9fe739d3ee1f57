//! Tables as data: every row type names its columns once, with type, unit and description.
//!
//! The CSV header, the data dictionary (`datapackage.json`, `docs/outputs.md`) and the rows all come from here, so they cannot
//! disagree.

use jiff::civil::Date;

/// Type of a column, in Data Package terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// Text.
    String,
    /// Whole number.
    Integer,
    /// Double-precision number; an empty cell where it is not defined.
    Number,
    /// `true` or `false`.
    Boolean,
    /// ISO 8601 date.
    Date,
}

impl FieldType {
    /// The name in a Data Package schema.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
        }
    }
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Header.
    pub name: String,
    /// Type.
    pub kind: FieldType,
    /// Unit, empty where there is none.
    pub unit: &'static str,
    /// What it is.
    pub description: String,
}

impl Field {
    /// A column.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: FieldType, unit: &'static str, description: impl Into<String>) -> Self {
        Self { name: name.into(), kind, unit, description: description.into() }
    }
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// Whole number.
    Integer(u64),
    /// Number; NaN and infinities become an empty cell.
    Number(f64),
    /// Truth value.
    Boolean(bool),
    /// Date.
    Date(Date),
}

impl Cell {
    /// The cell as CSV text: shortest decimals that give the same double back, empty where not defined.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => decimal(*number),
            Self::Boolean(truth) => truth.to_string(),
            Self::Date(date) => date.to_string(),
        }
    }
}

/// Shortest decimal of a double; empty for NaN and infinities, `0` for both zeros.
#[must_use]
pub fn decimal(number: f64) -> String {
    let size = number.abs();
    if !number.is_finite() {
        String::new()
    } else if size == 0.0 {
        "0".into()
    } else if (1e-5..1e15).contains(&size) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

/// A row type of one table.
pub trait Record {
    /// File name without extension.
    const TABLE: &'static str;
    /// What the table is, for the data dictionary.
    const DESCRIPTION: &'static str;
    /// Columns that identify a row.
    const KEY: &'static [&'static str];
    /// The columns, in order.
    fn fields() -> Vec<Field>;
    /// The values, in the order of the columns.
    fn cells(&self) -> Vec<Cell>;
}

/// A table ready to be written and described.
#[derive(Clone, Debug, PartialEq)]
pub struct TableData {
    /// File name without extension.
    pub name: &'static str,
    /// What the table is.
    pub description: &'static str,
    /// Columns that identify a row.
    pub key: &'static [&'static str],
    /// Columns.
    pub fields: Vec<Field>,
    /// The CSV text.
    pub csv: Vec<u8>,
}

impl TableData {
    /// Renders rows as CSV: a header, comma, LF, quotes where needed.
    ///
    /// # Errors
    /// When the CSV writer fails, which writing to memory does not.
    pub fn new<R: Record>(rows: &[R]) -> Result<Self, csv::Error> {
        let fields = R::fields();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(fields.iter().map(|field| field.name.as_str()))?;
        for row in rows {
            writer.write_record(row.cells().iter().map(Cell::text))?;
        }
        let csv = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(Self { name: R::TABLE, description: R::DESCRIPTION, key: R::KEY, fields, csv })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shortest_and_undefined_is_empty() {
        assert_eq!(decimal(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(decimal(51_680.0), "51680");
        assert_eq!(decimal(-0.0), "0");
        assert_eq!(decimal(1.5e-9), "1.5e-9");
        assert_eq!(decimal(f64::NAN), "");
        assert_eq!(decimal(f64::INFINITY), "");
    }

    #[test]
    fn numbers_come_back_to_the_bit() {
        for number in [1.0 / 3.0, 1e300, 2.5e-310, 123_456_789.123_456_79, -7.1e-6] {
            assert_eq!(decimal(number).parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }
}
