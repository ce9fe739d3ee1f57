//! Every number of a resolved scenario, with how it is known and where it comes from.

use super::document::Document;

/// A number of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key, as in `--set`.
    pub key: String,
    /// Its value in TOML.
    pub value: String,
    /// How it is known; `unstated` where the file does not say.
    pub status: String,
    /// Where it comes from; empty where the file does not say.
    pub source: String,
}

/// The numbers of a document, sorted by key.
#[must_use]
pub fn listed(document: &Document) -> Vec<Listed> {
    let mut list = Vec::new();
    if let Ok(root) = document.to_toml_string().parse::<toml::Table>() {
        collect(&mut list, "", &toml::Value::Table(root));
    }
    list
}

fn collect(list: &mut Vec<Listed>, key: &str, value: &toml::Value) {
    let join = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match value {
        toml::Value::Table(table) => match table.get("value") {
            Some(number) => {
                let text = |name: &str| table.get(name).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
                let (value, status, source) = (number.to_string(), text("status"), text("source"));
                list.push(Listed { key: key.to_owned(), value, status, source });
            }
            None => table.iter().for_each(|(name, value)| collect(list, &join(name), value)),
        },
        toml::Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                let name = item.get("name").and_then(toml::Value::as_str);
                let path = name.map_or_else(|| format!("{key}[{i}]"), &join);
                collect(list, &path, item);
            }
        }
        toml::Value::Integer(_) | toml::Value::Float(_) => {
            let (status, source) = ("unstated".to_owned(), String::new());
            list.push(Listed { key: key.to_owned(), value: value.to_string(), status, source });
        }
        _ => {}
    }
}
