//! The resolved document in one form, for the manifest; and the hash of what it means.

use blake3::Hasher;

use crate::config::document::tree::{Node, NodeValue};

/// The tree as TOML values; the TOML writer sorts keys and puts plain values before tables.
pub(super) fn to_toml(node: &Node) -> toml::Value {
    match &node.value {
        NodeValue::String(text) => toml::Value::String(text.clone()),
        NodeValue::Integer(number) => toml::Value::Integer(*number),
        NodeValue::Float(number) => toml::Value::Float(*number),
        NodeValue::Boolean(flag) => toml::Value::Boolean(*flag),
        NodeValue::Datetime(text) => {
            text.parse().map_or_else(|_| toml::Value::String(text.clone()), toml::Value::Datetime)
        }
        NodeValue::Array(items) => toml::Value::Array(items.iter().map(to_toml).collect()),
        NodeValue::Table(entries) => {
            toml::Value::Table(entries.iter().map(|(key, node)| (key.clone(), to_toml(node))).collect())
        }
    }
}

/// Feeds a value to the hash: a letter for its type, then its length or bytes, so that no two values run together.
pub(super) fn feed(hasher: &mut Hasher, node: &Node) {
    let text = |hasher: &mut Hasher, text: &str| {
        hasher.update(b"s").update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    };
    match &node.value {
        // A date is what its quoted form is: both are accepted wherever a date is.
        NodeValue::String(value) | NodeValue::Datetime(value) => text(hasher, value),
        NodeValue::Integer(number) => match exact(*number) {
            Some(number) => feed_number(hasher, number),
            None => {
                hasher.update(b"i").update(&number.to_le_bytes());
            }
        },
        NodeValue::Float(number) => feed_number(hasher, *number),
        NodeValue::Boolean(flag) => {
            hasher.update(if *flag { b"t" } else { b"f" });
        }
        NodeValue::Array(items) => {
            hasher.update(b"a").update(&(items.len() as u64).to_le_bytes());
            items.iter().for_each(|item| feed(hasher, item));
        }
        NodeValue::Table(entries) => {
            hasher.update(b"m").update(&(entries.len() as u64).to_le_bytes());
            for (key, node) in entries {
                text(hasher, key);
                feed(hasher, node);
            }
        }
    }
}

fn feed_number(hasher: &mut Hasher, number: f64) {
    let number = if number == 0.0 { 0.0 } else { number }; // -0.0 is 0
    hasher.update(b"n").update(&number.to_bits().to_le_bytes());
}

/// The integer as a float, if it is one exactly.
fn exact(number: i64) -> Option<f64> {
    let float = number as f64;
    (float as i128 == i128::from(number)).then_some(float)
}
