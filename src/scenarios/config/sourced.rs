//! Values with a provenance: a bare number, or a number with its source and status.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};

/// How a value is known.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, DeriveDeserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Read from the source named.
    Sourced,
    /// Computed from sourced values, in the way the source text says.
    Derived,
    /// A judgement.
    Estimate,
    /// Fitted to data.
    Calibrated,
    /// The file does not say: a bare value, or a table without `status`.
    #[default]
    #[serde(skip_deserializing)]
    Unstated,
}

/// A value that may say where it comes from: `0.7`, or `{ value = 0.7, source = "...", status = "estimate" }`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sourced<T> {
    /// The value itself, in the unit its key names.
    pub value: T,
    /// Where it comes from, for a reader.
    pub source: Option<String>,
    /// How it is known.
    pub status: Status,
}

impl<T> Sourced<T> {
    /// A value that says nothing about its origin.
    pub fn bare(value: T) -> Self {
        Self { value, source: None, status: Status::Unstated }
    }
}

/// The written-out form.
#[derive(DeriveDeserialize)]
#[serde(deny_unknown_fields)]
struct WithSource<T> {
    value: T,
    source: Option<String>,
    #[serde(default)]
    status: Status,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sourced<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourcedVisitor(PhantomData))
    }
}

struct SourcedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SourcedVisitor<T> {
    type Value = Sourced<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, or a table with `value`, `source` and `status`")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Sourced::bare)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Sourced::bare)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Sourced::bare)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Sourced::bare)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Sourced::bare)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(items)).map(Sourced::bare)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        let WithSource { value, source, status } = WithSource::deserialize(MapAccessDeserializer::new(entries))?;
        Ok(Sourced { value, source, status })
    }
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Sourced<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Sourced_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let value = generator.subschema_for::<T>();
        let status = generator.subschema_for::<Status>();
        schemars::json_schema!({
            "anyOf": [value, {
                "type": "object",
                "properties": { "value": value, "source": { "type": "string" }, "status": status },
                "required": ["value"],
                "additionalProperties": false,
            }]
        })
    }
}
