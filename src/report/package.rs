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

    /// Says what depends on the run that a table is of: which models are flagged, and what every interval, quantile and standard error contains.
    /// `draw_size` is the number of replications of each draw, where the run is one of draws.
    pub fn say_of_run(&mut self, flag_label: &str, draw_size: Option<u64>) {
        if let Some(size) = draw_size {
            self.say_of_draws(size);
        }
        let [intervals, quantiles] = match draw_size {
            Some(_) => [
                "of a mean over draws: how far other draws would move it; how far draws lie apart is in widths.csv",
                "contains simulation and whatever of parameters and structure is drawn",
            ],
            None => ["contains simulation noise only; parameters and structure are held"; 2],
        };
        let is_interval = |name: &str| ["ci_low", "ci_high", "std_error"].iter().any(|part| name.contains(part));
        let is_quantile = |name: &str| {
            let after = name.rsplit_once('_').map_or(name, |(_, after)| after);
            ["q05", "q25", "q75", "q95"].contains(&after)
        };
        for field in &mut self.fields {
            if field.name == "flagged" {
                field.description.push_str(&format!(": {flag_label}"));
            } else if is_interval(&field.name) {
                field.description.push_str(&format!(" ({intervals})"));
            } else if is_quantile(&field.name) && self.name != "negotiation" {
                field.description.push_str(&format!(" ({quantiles})"));
            }
        }
    }

    /// In a run of draws, what tables count and average is draws, each the mean of its replications; but for those that have a row for each of these.
    fn say_of_draws(&mut self, size: u64) {
        if self.name == "failures" {
            return;
        }
        if self.name == "replications" {
            for field in self.fields.iter_mut().filter(|field| field.name == "replication") {
                field.description.push_str(&format!("; each draw has {size} of them, one after the other"));
            }
            return;
        }
        let mean_of = match size {
            1 => "number of draws, of one replication each".to_owned(),
            _ => format!("number of draws, each the mean of its {size} replications"),
        };
        let words = [
            ("replication by replication", "draw by draw"),
            ("paired by replication", "paired by draw"),
            ("over replications", "over draws"),
            ("over the replications", "over the draws"),
            ("empty for one replication", "empty for one draw"),
            ("in every replication or in none", "in every draw or in none"),
            ("number of replications", mean_of.as_str()),
        ];
        let own =
            std::iter::once(&mut self.description).chain(self.fields.iter_mut().map(|field| &mut field.description));
        for text in own {
            for (replications, draws) in words {
                *text = text.replace(replications, draws);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rows::{ComparisonRow, ModelRow};

    /// What a study of draws averages and counts is draws; a run without draws says what it says of replications.
    #[test]
    fn columns_of_draws_speak_of_draws() {
        let described = |mut resource: Resource, draw_size| {
            resource.say_of_run("on the list", draw_size);
            resource
        };
        let text = |resource: &Resource, column: &str| {
            resource.fields.iter().find(|field| field.name == column).unwrap().description.clone()
        };
        let models = described(Resource::of::<ModelRow>(), Some(2));
        assert!(text(&models, "units_mean").ends_with("mean over draws"));
        assert!(text(&models, "units_q05").contains("5% quantile over draws (contains simulation and whatever"));
        let comparisons = described(Resource::of::<ComparisonRow>(), Some(2));
        assert!(text(&comparisons, "replications").contains("draws, each the mean of its 2 replications"));
        let held = described(Resource::of::<ModelRow>(), None);
        assert!(text(&held, "units_q95").contains("over replications (contains simulation noise only"));
        for field in models.fields.iter().chain(&comparisons.fields).filter(|field| field.name != "replications") {
            assert!(!field.description.contains("replication"), "{}: {}", field.name, field.description);
        }
    }
}
