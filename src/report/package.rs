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

    /// Says of the column `flagged` which models these are.
    pub fn say_what_is_flagged(&mut self, label: &str) {
        let flagged = self.fields.iter_mut().filter(|field| field.name == "flagged");
        flagged.for_each(|field| field.description.push_str(&format!(": {label}")));
    }

    /// Says of every interval and standard error what is in it, where the column does not say so itself.
    pub fn say_what_intervals_contain(&mut self, drawn: bool) {
        let contents = match drawn {
            true => "over draws: contains simulation noise, parameters and structure, all that is drawn",
            false => "contains simulation noise only; parameters and structure are held",
        };
        let is_interval = |name: &str| ["ci_low", "ci_high", "std_error"].iter().any(|part| name.contains(part));
        for field in self.fields.iter_mut().filter(|field| is_interval(&field.name)) {
            field.description.push_str(&format!(" ({contents})"));
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
