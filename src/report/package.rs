//! The data dictionary of a folder: its tables and their columns as a Frictionless Data Package.

use serde_json::{Map, Value, json};

use super::record::{Field, Record, TableData};

/// A table's place in the data package.
#[derive(Clone, Debug)]
pub struct Resource {
    /// File name without extension.
    pub name: String,
    /// What the table is.
    pub description: String,
    /// Columns that identify a row.
    pub key: Vec<String>,
    /// Columns.
    pub fields: Vec<Field>,
}

impl Resource {
    /// The table of a row type.
    #[must_use]
    pub fn of<R: Record>() -> Self {
        Self {
            name: R::TABLE.into(),
            description: R::description(),
            key: R::KEY.iter().map(|column| (*column).into()).collect(),
            fields: R::fields(),
        }
    }

    /// Says what depends on the run that a table is of: which models are flagged, and what every interval and standard error contains.
    pub fn say_of_run(&mut self, flag_label: &str, drawn: bool) {
        let contents = match drawn {
            true => "of a mean over draws: how far other draws would move it; how far draws lie apart is in widths.csv",
            false => "contains simulation noise only; parameters and structure are held",
        };
        let is_interval = |name: &str| ["ci_low", "ci_high", "std_error"].iter().any(|part| name.contains(part));
        for field in &mut self.fields {
            if field.name == "flagged" {
                field.description.push_str(&format!(": {flag_label}"));
            } else if is_interval(&field.name) {
                field.description.push_str(&format!(" ({contents})"));
            }
        }
    }

    /// Its entry in a data package.
    #[must_use]
    pub fn entry(&self) -> Value {
        let fields: Vec<Value> = self.fields.iter().map(field).collect();
        json!({
            "name": self.name,
            "type": "table",
            "path": format!("tables/{}.csv", self.name),
            "description": self.description,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "schema": { "fields": fields, "primaryKey": self.key, "missingValues": [""] },
        })
    }
}

impl From<&TableData> for Resource {
    fn from(table: &TableData) -> Self {
        Self {
            name: table.name.into(),
            description: table.description.clone(),
            key: table.key.iter().map(|column| (*column).into()).collect(),
            fields: table.fields.clone(),
        }
    }
}

/// The data dictionary of a folder as a Frictionless Data Package (version 2).
#[must_use]
pub fn data_package(name: &str, title: &str, resources: &[Resource]) -> Value {
    let resources: Vec<Value> = resources.iter().map(Resource::entry).collect();
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "title": title,
        "resources": resources,
    })
}

fn field(field: &Field) -> Value {
    let mut entry = Map::new();
    entry.insert("name".into(), field.name.clone().into());
    entry.insert("type".into(), field.kind.as_str().into());
    if !field.unit.is_empty() {
        entry.insert("unit".into(), field.unit.into());
    }
    entry.insert("description".into(), field.description.clone().into());
    Value::Object(entry)
}
