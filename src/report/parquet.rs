//! Tables as Apache Parquet, beside their CSV form or in its place: the same columns, rows and values.
//!
//! A finished folder is converted: its data dictionary says what the tables and the types of their columns are, and CSV cells are the
//! shortest decimals that give the same double back, so nothing is lost on the way. Tables are read and written in pieces, so
//! memory does not grow with them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde_json::Value;

use super::arrow::{ArrowRows, CellError, schema};
use crate::folder::{OutputError, OutputFolder};

/// Rows converted at a time.
const BATCH: usize = 1 << 14;
/// Rows in a row group.
const ROW_GROUP: usize = 1 << 18;

/// Why a table cannot be converted.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Csv(#[from] csv::Error),
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Read(#[from] std::io::Error),
    #[error(transparent)]
    Cell(#[from] CellError),
}

/// Writes every table that `datapackage.json` describes as `tables/NAME.parquet`. Unless `keep_csv`, the CSV files are removed and the
/// data dictionary names the Parquet files. Gives `files` with those that were added and without those that are gone.
///
/// # Errors
/// [`OutputError`] when a table cannot be read or written; the CSV files then stand as they were.
pub fn convert(folder: &OutputFolder, mut files: Vec<PathBuf>, keep_csv: bool) -> Result<Vec<PathBuf>, OutputError> {
    let dictionary = folder.path().join("datapackage.json");
    let refused = |path: &Path, error: Trouble| OutputError::Convert { path: path.into(), reason: error.to_string() };
    let read = || -> Result<Value, Trouble> { Ok(serde_json::from_slice(&crate::folder::read(&dictionary)?)?) };
    let mut package = read().map_err(|error| refused(&dictionary, error))?;
    let mut replaced = Vec::new();
    for resource in package["resources"].as_array_mut().into_iter().flatten() {
        let Some(name) = resource["name"].as_str().map(str::to_owned) else { continue };
        let source = folder.path().join(resource["path"].as_str().unwrap_or_default());
        let target = format!("tables/{name}.parquet");
        let mut pending = folder.begin(&target)?;
        let path = folder.path().join(&target);
        write(&mut pending, &source, &resource["schema"]["fields"]).map_err(|error| refused(&path, error))?;
        files.push(pending.finish()?);
        if !keep_csv {
            resource["path"] = target.into();
            resource["format"] = "parquet".into();
            resource["mediatype"] = "application/vnd.apache.parquet".into();
            if let Value::Object(entries) = resource {
                entries.remove("encoding");
            }
            replaced.push(source);
        }
    }
    if !keep_csv {
        folder.write("datapackage.json", format!("{package:#}\n").as_bytes())?;
        for path in replaced {
            files.retain(|file| *file != path);
            folder.remove(&path)?;
        }
    }
    files.sort();
    Ok(files)
}

/// Writes one CSV file as Parquet.
fn write(out: impl std::io::Write + Send, source: &Path, fields: &Value) -> Result<(), Trouble> {
    let schema = schema(fields);
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_created_by(format!("stickershock {}", env!("CARGO_PKG_VERSION")))
        .build();
    let mut writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?;
    let mut reader = csv::Reader::from_path(source)?;
    let mut rows = ArrowRows::of(schema);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        rows.push(&record)?;
        if rows.waiting() == BATCH {
            writer.write(&rows.take()?)?;
        }
    }
    if rows.waiting() > 0 {
        writer.write(&rows.take()?)?;
    }
    writer.close()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Date32Type, Float64Type, Int64Type};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use serde_json::json;

    /// Every type goes through and comes back to the bit; what is not defined is null.
    #[test]
    fn cells_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(folder.path()).unwrap();
        let numbers = [0.1 + 0.2, -1.5e-300, 123_456_789.123_456_79];
        let mut csv = "name,count,value,truth,day\n".to_owned();
        for (i, number) in numbers.iter().enumerate() {
            csv.push_str(&format!(
                "\"a, {i}\",{i},{},{},200{i}-02-28\n",
                super::super::record::decimal(*number),
                i == 1
            ));
        }
        csv.push_str("last,7,,true,1969-12-31\n");
        let table = output.write("tables/t.csv", csv.as_bytes()).unwrap();
        let kinds =
            [("name", "string"), ("count", "integer"), ("value", "number"), ("truth", "boolean"), ("day", "date")];
        let fields: Vec<Value> = kinds
            .iter()
            .map(|(name, kind)| json!({"name": name, "type": kind, "description": "x", "unit": "USD"}))
            .collect();
        let package = json!({"resources": [{"name": "t", "path": "tables/t.csv", "encoding": "utf-8", "schema": {"fields": fields}}]});
        output.write("datapackage.json", package.to_string().as_bytes()).unwrap();

        let both = convert(&output, vec![table.clone()], true).unwrap();
        assert_eq!(both.len(), 2);
        let first = fs::read(folder.path().join("tables/t.parquet")).unwrap();
        let one = convert(&output, vec![table.clone()], false).unwrap();
        assert!(!table.exists() && one == [folder.path().join("tables/t.parquet")]);
        assert!(fs::read(&one[0]).unwrap() == first, "the same table gives the same bytes");
        let package: Value =
            serde_json::from_slice(&fs::read(folder.path().join("datapackage.json")).unwrap()).unwrap();
        assert_eq!(package["resources"][0]["path"], "tables/t.parquet");

        let file = fs::File::open(&one[0]).unwrap();
        let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let batch = reader.next().unwrap().unwrap();
        assert_eq!(batch.schema().field(2).metadata()["description"], "x [USD]");
        let value = batch.column(2).as_primitive::<Float64Type>();
        assert!(numbers.iter().enumerate().all(|(i, number)| value.value(i).to_bits() == number.to_bits()));
        assert!(value.is_null(3));
        assert_eq!(batch.column(0).as_string::<i32>().value(1), "a, 1");
        assert_eq!(batch.column(1).as_primitive::<Int64Type>().value(3), 7);
        assert!(batch.column(3).as_boolean().value(1) && !batch.column(3).as_boolean().value(0));
        let day = batch.column(4).as_primitive::<Date32Type>();
        assert_eq!((day.value(0), day.value(3)), (11_015, -1)); // 2000-02-28 is day 11,015
    }

    #[test]
    fn a_cell_of_another_type_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(folder.path()).unwrap();
        output.write("tables/t.csv", b"count\n1\nmany\n").unwrap();
        let fields = json!([{"name": "count", "type": "integer"}]);
        let package = json!({"resources": [{"name": "t", "path": "tables/t.csv", "schema": {"fields": fields}}]});
        output.write("datapackage.json", package.to_string().as_bytes()).unwrap();
        let error = convert(&output, Vec::new(), false).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("`many`") && error.contains("count"), "{error}");
        assert!(folder.path().join("tables/t.csv").exists());
        assert!(!folder.path().join("tables/t.parquet").exists());
    }
}
