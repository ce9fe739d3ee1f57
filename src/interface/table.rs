//! A table of results, with what its columns are.

use std::fmt;

use serde_json::Value;

use super::error::Error;
use crate::report::package::Resource;
use crate::report::record::TableData;
use crate::study::Finished;

/// A table as text, with its entry in the data dictionary: the bytes of a run's `tables/NAME.csv`.
#[derive(Clone, PartialEq)]
pub struct ResultTable {
    /// As `datapackage.json` lists it.
    entry: Value,
    csv: Vec<u8>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultColumn {
    /// Its header.
    pub name: String,
    /// `string`, `integer`, `number`, `boolean` or `date`.
    pub kind: String,
    /// Its unit; empty where there is none.
    pub unit: String,
    /// What it is.
    pub description: String,
}

impl fmt::Debug for ResultTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultTable").field("name", &self.name()).field("rows", &self.rows()).finish_non_exhaustive()
    }
}

impl ResultTable {
    /// A rendered table.
    pub(super) fn of(table: &TableData) -> Self {
        Self::described(&Resource::from(table), table.csv.clone())
    }
    /// One of a run.
    pub(super) fn of_run(table: &TableData, finished: &Finished) -> Self {
        Self::described_of_run(Resource::from(table), table.csv.clone(), finished)
    }
    pub(super) fn described_of_run(mut resource: Resource, csv: Vec<u8>, finished: &Finished) -> Self {
        let flag_label = &finished.study.scenario().flag_label;
        resource.say_of_run(flag_label, finished.results.draw_size());
        Self::described(&resource, csv)
    }
    pub(super) fn described(resource: &Resource, csv: Vec<u8>) -> Self {
        Self { entry: resource.entry(), csv }
    }
    pub(super) fn of_entry(entry: Value, csv: Vec<u8>) -> Self {
        Self { entry, csv }
    }

    /// A table from its two parts, as [`Self::dictionary`] and [`Self::csv`] give them.
    ///
    /// # Errors
    /// [`Error`] when the dictionary is not JSON.
    pub fn from_parts(dictionary: &str, csv: Vec<u8>) -> Result<Self, Error> {
        let entry =
            serde_json::from_str(dictionary).map_err(|error| Error::unreadable("dictionary of a table", &error))?;
        Ok(Self { entry, csv })
    }

    /// Its name, the file's without extension.
    #[must_use]
    pub fn name(&self) -> &str {
        self.entry["name"].as_str().unwrap_or_default()
    }
    /// What it is.
    #[must_use]
    pub fn description(&self) -> &str {
        self.entry["description"].as_str().unwrap_or_default()
    }
    /// Columns that identify a row.
    #[must_use]
    pub fn key(&self) -> Vec<&str> {
        self.entry["schema"]["primaryKey"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }
    /// Its columns, in order.
    #[must_use]
    pub fn columns(&self) -> Vec<ResultColumn> {
        let fields = self.entry["schema"]["fields"].as_array().into_iter().flatten();
        let column = |field: &Value| {
            let text = |key: &str| field[key].as_str().unwrap_or_default().to_owned();
            ResultColumn {
                name: text("name"),
                kind: text("type"),
                unit: text("unit"),
                description: text("description"),
            }
        };
        fields.map(column).collect()
    }
    /// Rows below the header.
    #[must_use]
    pub fn rows(&self) -> usize {
        let mut reader = csv::Reader::from_reader(self.csv.as_slice());
        reader.byte_records().count()
    }
    /// The whole table as comma-separated values: a header, LF, quotes where needed, the shortest decimals that give the same double back,
    /// an empty cell where a value is not defined.
    #[must_use]
    pub fn csv(&self) -> &[u8] {
        &self.csv
    }
    /// Its entry in the data dictionary (Frictionless), as JSON.
    #[must_use]
    pub fn dictionary(&self) -> String {
        self.entry.to_string()
    }

    /// The whole table as Arrow columns (utf8, int64, float64, bool, date32); what is not defined is null.
    ///
    /// # Errors
    /// [`Error`] when a cell is not of its column's type.
    #[cfg(feature = "arrow")]
    pub fn arrow(&self) -> Result<arrow_array::RecordBatch, Error> {
        use crate::report::arrow::{ArrowRows, schema};
        let unreadable = |error: &dyn fmt::Display| Error::unreadable(self.name(), error);
        let mut rows = ArrowRows::of(schema(&self.entry["schema"]["fields"]));
        let mut reader = csv::Reader::from_reader(self.csv.as_slice());
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| unreadable(&error))? {
            rows.push(&record).map_err(|error| unreadable(&error))?;
        }
        rows.take().map_err(|error| unreadable(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::record::{Cell, Field, FieldType};

    fn table() -> ResultTable {
        let mut resource = Resource {
            name: "sales".into(),
            description: "Cars sold.".into(),
            key: vec!["model".into()],
            fields: vec![
                Field::text("model", "its name"),
                Field::number("price", "USD", "sticker price"),
                Field::new("flagged", FieldType::Boolean, "", "whether it is flagged"),
            ],
        };
        let price = Cell::Number(0.1 + 0.2).text();
        resource.say_of_run("on the list", None);
        let csv = format!("model,price,flagged\n\"a, b\",{price},true\nc,,false\n");
        ResultTable::described(&resource, csv.into_bytes())
    }

    #[test]
    fn a_table_says_what_its_columns_are_and_comes_back_from_its_parts() {
        let table = table();
        assert_eq!((table.name(), table.rows(), table.key()), ("sales", 2, vec!["model"]));
        let columns = table.columns();
        assert_eq!((columns[1].kind.as_str(), columns[1].unit.as_str()), ("number", "USD"));
        assert_eq!(columns[2].description, "whether it is flagged: on the list");
        assert_eq!(ResultTable::from_parts(&table.dictionary(), table.csv().to_vec()).unwrap(), table);
        assert!(ResultTable::from_parts("no", Vec::new()).unwrap_err().to_string().contains("dictionary"));
    }

    #[cfg(feature = "arrow")]
    #[test]
    fn arrow_columns_hold_the_numbers_of_the_text_to_the_bit() {
        use arrow_array::Array;
        use arrow_array::cast::AsArray;
        use arrow_array::types::Float64Type;
        let batch = table().arrow().unwrap();
        assert_eq!(batch.column(0).as_string::<i32>().value(0), "a, b");
        let price = batch.column(1).as_primitive::<Float64Type>();
        assert_eq!(price.value(0).to_bits(), (0.1_f64 + 0.2).to_bits());
        assert!(price.is_null(1) && batch.column(2).as_boolean().value(0));
        let wrong = ResultTable::from_parts(&table().dictionary(), b"model,price,flagged\na,much,true\n".to_vec());
        assert!(wrong.unwrap().arrow().unwrap_err().to_string().contains("`much`"));
    }
}
