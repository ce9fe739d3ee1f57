//! Tables as data: one declaration gives a row type, its columns, its part of the data dictionary and its cells.
//!
//! ```text
//! table! {
//!     /// Owners of each brand at the end of a period.            what the table is
//!     pub struct OwnerRow in "owners" by [regime, brand] {        file name, and the columns that identify a row
//!         /// policy regime, by its name in the scenario          what the column is
//!         regime: String;                                         its name and type
//!         /// owners at the end of the period over all buyers
//!         owner_share: Summary, "fraction";                       unit; a group of columns: `owner_share_mean`, ...
//!     }
//! }
//! ```
//!
//! The doc comments are the descriptions in `datapackage.json`. A struct of statistics that many tables give of many metrics is
//! declared with `statistics!`; whatever else may stand in a row has the trait [`Columns`].

use jiff::civil::Date;

use crate::folder::cells::csv_lines;
pub use crate::folder::cells::{Cell, decimal, quoted, shortest};

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
    /// A column of text.
    #[must_use]
    pub fn text(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self::new(name, FieldType::String, "", description)
    }
    /// A column of whole numbers.
    #[must_use]
    pub fn integer(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self::new(name, FieldType::Integer, "", description)
    }
    /// A column of numbers.
    #[must_use]
    pub fn number(name: impl Into<String>, unit: &'static str, description: impl Into<String>) -> Self {
        Self::new(name, FieldType::Number, unit, description)
    }
}

/// Cells of one line of a table, from left to right.
#[derive(Debug)]
pub struct Cells<'a> {
    line: &'a csv::StringRecord,
    next: usize,
}

impl<'a> Cells<'a> {
    /// The next cell.
    fn text(&mut self) -> Result<&'a str, String> {
        self.next += 1;
        self.line.get(self.next - 1).ok_or_else(|| "ends before its last column".to_owned())
    }
    /// The next cell as a value.
    fn parsed<T: std::str::FromStr>(&mut self, expected: &str) -> Result<T, String> {
        let text = self.text()?;
        text.parse().map_err(|_| format!("`{text}`, expected {expected}"))
    }
}

/// Why a table of a folder cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("tables/{table}.csv: {reason}\nhelp: it is not the table that this version writes; run the study again")]
pub struct Unreadable {
    /// The table.
    pub table: String,
    /// What was found.
    pub reason: String,
}

/// The rows of a table from its CSV: what [`TableData::new`] wrote, to the bit; infinities come back as not a number.
///
/// # Errors
/// [`Unreadable`] for other columns than the row type's, and for a cell that is not of its column's type.
pub fn read_rows<R: Record>(csv: &[u8]) -> Result<Vec<R>, Unreadable> {
    let unreadable = |reason: String| Unreadable { table: R::TABLE.to_owned(), reason };
    let mut reader = csv::Reader::from_reader(csv);
    let header = reader.headers().map_err(|error| unreadable(error.to_string()))?.clone();
    let fields = R::fields();
    for at in 0..fields.len().max(header.len()) {
        let (found, expected) = (header.get(at), fields.get(at).map(|field| field.name.as_str()));
        if found != expected {
            let named = |name: Option<&str>| name.map_or("none".to_owned(), |name| format!("`{name}`"));
            let reason = format!("column {} is {}, expected {}", at + 1, named(found), named(expected));
            return Err(unreadable(reason));
        }
    }
    let mut rows = Vec::new();
    for (at, line) in reader.records().enumerate() {
        let line = line.map_err(|error| unreadable(error.to_string()))?;
        let row = R::take(&mut Cells { line: &line, next: 0 });
        rows.push(row.map_err(|reason| unreadable(format!("row {}: {reason}", at + 1)))?);
    }
    Ok(rows)
}

/// What may stand in a row: one cell, or several columns that belong together.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a table",
    label = "is no column and no group of columns",
    note = "use String, &'static str, f64, u64, u32, bool, Date, a struct declared with `statistics!`, or the row of another table"
)]
pub trait Columns {
    /// Adds its columns. A single column has the name, unit and description that its row gives it; a group says what it makes of
    /// them.
    fn describe(name: &str, unit: &'static str, what: &str, to: &mut Vec<Field>);
    /// Adds its cells, as many as it has columns.
    fn put(&self, to: &mut Vec<Cell>);
    /// Takes it from as many cells as it has columns.
    ///
    /// # Errors
    /// What is wrong with a cell.
    fn take(from: &mut Cells<'_>) -> Result<Self, String>
    where
        Self: Sized;
}

macro_rules! single_columns {
    ($( $kind:ty: $field:ident, |$value:ident| $cell:expr, |$from:ident| $taken:expr; )+) => { $(
        impl Columns for $kind {
            fn describe(name: &str, unit: &'static str, what: &str, to: &mut Vec<Field>) {
                to.push(Field::new(name, FieldType::$field, unit, what));
            }
            fn put(&self, to: &mut Vec<Cell>) {
                let $value = self;
                to.push($cell);
            }
            fn take($from: &mut Cells<'_>) -> Result<Self, String> {
                $taken
            }
        }
    )+ };
}

single_columns! {
    String: String, |text| Cell::Text(text.clone()), |from| from.text().map(str::to_owned);
    // Words of the program: tables with such a column are written only.
    &'static str: String, |text| Cell::Text((*text).to_owned()), |from| Err(format!("`{}` is not read back", from.text()?));
    u64: Integer, |number| Cell::Integer(*number), |from| from.parsed("a whole number");
    u32: Integer, |number| Cell::Integer(u64::from(*number)), |from| from.parsed("a whole number");
    f64: Number, |number| Cell::Number(*number), |from| number_of(from.text()?);
    bool: Boolean, |truth| Cell::Boolean(*truth), |from| from.parsed("`true` or `false`");
    Date: Date, |date| Cell::Date(*date), |from| from.parsed("a date, YYYY-MM-DD");
}

/// A cell of numbers: not a number where it is empty.
///
/// # Errors
/// What stands there instead.
pub fn number_of(text: &str) -> Result<f64, String> {
    if text.is_empty() { Ok(f64::NAN) } else { text.parse().map_err(|_| format!("`{text}`, expected a number")) }
}

/// A row type of one table; `table!` makes it one.
pub trait Record: Columns {
    /// File name without extension.
    const TABLE: &'static str;
    /// Columns that identify a row.
    const KEY: &'static [&'static str];
    /// What the table is, for the data dictionary.
    fn description() -> String;
    /// The columns, in order.
    #[must_use]
    fn fields() -> Vec<Field> {
        let mut fields = Vec::new();
        Self::describe("", "", "", &mut fields);
        fields
    }
    /// The values, in the order of the columns.
    fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        self.put(&mut cells);
        cells
    }
}

/// The lines of a doc comment as one.
pub(super) fn sentence(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Declares the rows of a table; see the head of this module.
macro_rules! table {
    (
        $(#[doc = $about:literal])+
        pub struct $row:ident in $table:literal by [$($key:ident),+] {
            $( $(#[doc = $what:literal])+ $column:ident: $kind:ty $(, $unit:expr)?; )+
        }
    ) => {
        $(#[doc = $about])+
        #[doc = concat!("\n\nA row of `", $table, ".csv`.")]
        #[derive(Clone, Debug, PartialEq)]
        pub struct $row {
            $( $(#[doc = $what])+ pub $column: $kind, )+
        }

        impl $crate::report::record::Columns for $row {
            fn describe(_: &str, _: &'static str, _: &str, to: &mut Vec<$crate::report::record::Field>) {
                $(
                    let (unit, what) = ([$($unit,)? ""][0], $crate::report::record::sentence(&[$($what),+]));
                    <$kind as $crate::report::record::Columns>::describe(stringify!($column), unit, &what, to);
                )+
            }
            fn put(&self, to: &mut Vec<$crate::report::record::Cell>) {
                $( $crate::report::record::Columns::put(&self.$column, to); )+
            }
            fn take(from: &mut $crate::report::record::Cells<'_>) -> Result<Self, String> {
                Ok(Self { $( $column: <$kind as $crate::report::record::Columns>::take(from)?, )+ })
            }
        }

        impl $crate::report::record::Record for $row {
            const TABLE: &'static str = $table;
            const KEY: &'static [&'static str] = &[$(stringify!($key)),+];
            fn description() -> String {
                $crate::report::record::sentence(&[$($about),+])
            }
        }
    };
}
pub(crate) use table;

/// Declares numbers that are given together of many metrics: of a metric `units`, the columns `units_mean` and so on.
macro_rules! statistics {
    (
        $(#[doc = $about:literal])+
        pub struct $group:ident { $( $(#[doc = $what:literal])+ $statistic:ident; )+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $group {
            $( $(#[doc = $what])+ pub $statistic: f64, )+
        }

        impl $group {
            /// Those of a metric that has no meaning for a row.
            pub const UNDEFINED: Self = Self { $($statistic: f64::NAN),+ };

            /// The same of a fixed share of the metric, or in another unit.
            #[must_use]
            pub fn times(&self, factor: f64) -> Self {
                Self { $($statistic: self.$statistic * factor),+ }
            }
        }

        impl $crate::report::record::Columns for $group {
            fn describe(name: &str, unit: &'static str, what: &str, to: &mut Vec<$crate::report::record::Field>) {
                $(
                    let name_of_it = format!("{name}_{}", stringify!($statistic));
                    let what_it_is = format!("{what}: {}", $crate::report::record::sentence(&[$($what),+]));
                    to.push($crate::report::record::Field::number(name_of_it, unit, what_it_is));
                )+
            }
            fn put(&self, to: &mut Vec<$crate::report::record::Cell>) {
                to.extend([$(self.$statistic),+].map($crate::report::record::Cell::Number));
            }
            fn take(from: &mut $crate::report::record::Cells<'_>) -> Result<Self, String> {
                Ok(Self { $( $statistic: <f64 as $crate::report::record::Columns>::take(from)?, )+ })
            }
        }
    };
}
pub(crate) use statistics;

/// A table ready to be written and described.
#[derive(Clone, Debug, PartialEq)]
pub struct TableData {
    /// File name without extension.
    pub name: &'static str,
    /// What the table is.
    pub description: String,
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
        let csv = lines_of(std::iter::once(header(&fields)).chain(rows.iter().map(Record::cells)))?;
        Ok(Self { name: R::TABLE, description: R::description(), key: R::KEY, fields, csv })
    }
}

/// The first line of a table.
pub(crate) fn header(fields: &[Field]) -> Vec<Cell> {
    fields.iter().map(|field| Cell::Text(field.name.clone())).collect()
}

/// [`csv_lines`] of what there is.
///
/// # Errors
/// As there.
pub(crate) fn lines_of(rows: impl IntoIterator<Item = Vec<Cell>>) -> Result<Vec<u8>, csv::Error> {
    csv_lines(&mut rows.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    statistics! {
        /// A value and its error.
        pub struct Known {
            /// best guess
            value;
            /// how far off
            /// it may be
            error;
        }
    }

    table! {
        /// Heights
        /// of trees.
        pub struct Tree in "trees" by [name] {
            /// what it is called
            name: String;
            /// how tall
            height: Known, "m";
            /// when it was felled
            felled: Date;
        }
    }

    table! {
        /// The same in a wood.
        pub struct WoodTree in "wood" by [wood, name] {
            /// number of the wood
            wood: u32;
            /// the tree
            tree: Tree;
        }
    }

    #[test]
    fn one_declaration_gives_columns_dictionary_and_cells() {
        let tree = Tree {
            name: "oak, old".into(),
            height: Known { value: 20.5, error: f64::NAN },
            felled: jiff::civil::date(1995, 6, 28),
        };
        let table = TableData::new(std::slice::from_ref(&tree)).unwrap();
        assert_eq!(
            String::from_utf8(table.csv).unwrap(),
            "name,height_value,height_error,felled\n\"oak, old\",20.5,,1995-06-28\n"
        );
        assert_eq!((table.name, table.description.as_str(), table.key), ("trees", "Heights of trees.", &["name"][..]));
        let [name, value, error, felled] = <[Field; 4]>::try_from(table.fields).unwrap();
        assert_eq!(name, Field::text("name", "what it is called"));
        assert_eq!(value, Field::number("height_value", "m", "how tall: best guess"));
        assert_eq!(error, Field::number("height_error", "m", "how tall: how far off it may be"));
        assert_eq!(felled, Field::new("felled", FieldType::Date, "", "when it was felled"));
        let wood = TableData::new(&[WoodTree { wood: 3, tree }]).unwrap();
        assert!(wood.csv.ends_with(b"\n3,\"oak, old\",20.5,,1995-06-28\n"));
        assert_eq!(Known { value: 3.0, error: 1.0 }.times(2.0), Known { value: 6.0, error: 2.0 });
        assert!(Known::UNDEFINED.value.is_nan() && Known::UNDEFINED.error.is_nan());
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let known = |value, error| Known { value, error };
        let tree = |name: &str, height| Tree { name: name.into(), height, felled: jiff::civil::date(1995, 6, 28) };
        let wood = [
            WoodTree { wood: 3, tree: tree("oak, \"old\"", known(0.1 + 0.2, 1e-9)) },
            WoodTree { wood: 4, tree: tree("NA", known(-1.5e300, f64::NAN)) },
            WoodTree { wood: 5, tree: tree("01", known(21.0, 0.0)) },
        ];
        let csv = TableData::new(&wood).unwrap().csv;
        let back = read_rows::<WoodTree>(&csv).unwrap();
        assert_eq!(back[0], wood[0]);
        assert_eq!((back[1].tree.height.value, back[1].tree.name.as_str()), (-1.5e300, "NA"));
        assert!(back[1].tree.height.error.is_nan());
        assert_eq!(back[2], wood[2]);
        assert_eq!(TableData::new(&back).unwrap().csv, csv);
        // Tables of earlier versions have whole numbers without a point, and names without quotes.
        let text = String::from_utf8(csv.clone()).unwrap();
        assert!(text.ends_with("\n5,\"01\",21.0,0.0,1995-06-28\n"), "{text}");
        let earlier = text.replace("\"01\",21.0,0.0", "01,21,0");
        assert_eq!(read_rows::<WoodTree>(earlier.as_bytes()).unwrap()[2], wood[2]);
        // Other columns, a word for a number, a line cut short.
        let text = String::from_utf8(csv).unwrap();
        let told = |text: String| read_rows::<WoodTree>(text.as_bytes()).unwrap_err().to_string();
        assert!(told(text.replace("felled", "cut")).contains("column 5 is `cut`, expected `felled`"));
        assert!(told(text.replace(",felled", "")).contains("column 5 is none, expected `felled`"));
        assert!(told(text.replace("-1.5e300", "tall")).contains("row 2: `tall`, expected a number"));
        assert!(told(text.replace("1995-06-28", "1995-06-31")).contains("row 1: `1995-06-31`, expected a date"));
    }
}
