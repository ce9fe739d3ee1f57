//! A serde deserializer over the tree, whose errors say where.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::config::document::tree::{Node, NodeValue, Origin, Part, item_step, key_step};
use crate::config::table::{number_remedy, spelled};
use crate::config::{Complaint, ConfigError, suggest};

/// Reads the whole tree into `T`.
pub(super) fn read<T: DeserializeOwned>(root: &Node) -> Result<T, ConfigError> {
    T::deserialize(Reader(root)).map_err(|fault| fault.placed(root, "").into_error(root))
}

/// A serde error on its way up: what went wrong, and once the place is known, where. It is a pointer, because it goes up through every field of every
/// section.
#[derive(Debug)]
struct Fault(Box<Wrong>);

#[derive(Debug)]
struct Wrong {
    kind: fn(Box<Complaint>) -> ConfigError,
    message: String,
    help: String,
    refused: Refused,
    place: Option<(Origin, Part)>,
    path: String,
}

/// What to look for if the place is not known.
///
/// serde checks the content of some types (untagged, flatten, tag) only after it has read and copied all of it.
#[derive(Debug, PartialEq)]
enum Refused {
    /// This key.
    Key(String),
    /// A value that [`describe`]s itself so.
    Value(String),
    /// Whatever a type refused in words of its own.
    Unknown,
    /// The table itself, not something in it.
    Whole,
}

impl Fault {
    fn new(kind: fn(Box<Complaint>) -> ConfigError, refused: Refused, message: String, help: String) -> Self {
        Self(Box::new(Wrong { kind, message, help, refused, place: None, path: String::new() }))
    }

    fn wrong(kind: fn(Box<Complaint>) -> ConfigError, found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = plain(&expected.to_string());
        let message = format!("is {}, expected {expected}", describe(found));
        Self::new(kind, Refused::Value(describe(found)), message, remedy(found, &expected))
    }

    /// The same fault, in words of its own, with the value it is about.
    fn about(mut self, text: &str, expected: &str) -> Self {
        let found = Unexpected::Str(text);
        self.0.message = format!("is {}, expected {expected} ({})", describe(found), self.0.message);
        self.0.help = remedy(found, expected);
        self
    }

    /// Notes that the error happened in `node`, `step` below its parent.
    fn placed(mut self, node: &Node, step: &str) -> Self {
        if self.0.place.is_none() {
            let (path, part, culprit) = self.0.culprit(node).unwrap_or((String::new(), Part::Value, node));
            if let (Refused::Unknown, NodeValue::String(text), false) =
                (&self.0.refused, &culprit.value, path.is_empty())
            {
                self = self.about(text, DATE);
            }
            self.0.place = Some((culprit.origin.clone(), part));
            self.0.path = path;
        }
        self.0.path.insert_str(0, step);
        self
    }

    /// Notes that the error is the key of `node` itself.
    fn at_key(mut self, node: &Node, step: &str) -> Self {
        if self.0.place.is_none() {
            self.0.place = Some((node.origin.clone(), Part::Key));
        }
        self.0.path.insert_str(0, step);
        self
    }

    fn into_error(self, root: &Node) -> ConfigError {
        let Wrong { kind, message, help, place, path, .. } = *self.0;
        let (origin, part) = place.unwrap_or_else(|| (root.origin.clone(), Part::Value));
        kind(origin.complain(path.trim_start_matches('.'), part, message, help))
    }
}

impl Wrong {
    /// The one place below `node` that has the refused key or value, if there is one only.
    fn culprit<'a>(&self, node: &'a Node) -> Option<(String, Part, &'a Node)> {
        let matches = |leaf: &Node| match (&self.refused, leaf.unexpected()) {
            (Refused::Value(found), unexpected) => describe(unexpected) == *found,
            (Refused::Unknown, Unexpected::Str(text)) => refuses_date(&self.message, text),
            _ => false,
        };
        if let Refused::Key(key) = &self.refused {
            return node.table()?.get(key).map(|child| (key_step(key), Part::Key, child));
        }
        if matches(node) {
            return None;
        }
        let mut found = None;
        let mut stack = vec![(String::new(), node)];
        while let Some((path, node)) = stack.pop() {
            match &node.value {
                NodeValue::Table(entries) => {
                    stack.extend(entries.iter().map(|(key, child)| (format!("{path}{}", key_step(key)), child)));
                }
                NodeValue::Array(items) => {
                    let items = items.iter().enumerate();
                    stack.extend(items.map(|(index, item)| (format!("{path}{}", item_step(item, index)), item)));
                }
                _ if matches(node) && found.is_some() => return None,
                _ if matches(node) => found = Some((path, Part::Value, node)),
                _ => {}
            }
        }
        found
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    /// A type may give its own remedy, in a second line that starts with `help: `.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        let (mut message, help) = text.split_once("\nhelp: ").unwrap_or((&text, ""));
        if message.starts_with("data did not match any variant of untagged enum") {
            message = "fits none of the forms that are accepted here";
        }
        Self::new(ConfigError::InvalidValue, Refused::Unknown, message.to_owned(), help.to_owned())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(ConfigError::WrongType, found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(ConfigError::InvalidValue, found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        let message = format!("is a list of {length}, expected {}", plain(&expected.to_string()));
        Self::new(ConfigError::InvalidValue, Refused::Whole, message, "add or remove items".to_owned())
    }

    fn unknown_field(key: &str, expected: &'static [&'static str]) -> Self {
        let help = match expected {
            [] => "no keys are expected here: remove it".to_owned(),
            _ => suggest::one_of(key, expected),
        };
        Self::new(ConfigError::UnknownKey, Refused::Key(key.to_owned()), "unknown key".to_owned(), help)
    }

    fn missing_field(key: &'static str) -> Self {
        let (message, help) = (format!("missing key `{key}`"), format!("add `{key} = ...` here"));
        Self::new(ConfigError::MissingKey, Refused::Whole, message, help)
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let value = describe(Unexpected::Str(found));
        let message = format!("is {value}, which is not one of the choices");
        Self::new(ConfigError::InvalidValue, Refused::Value(value), message, suggest::one_of(found, expected))
    }

    fn duplicate_field(key: &'static str) -> Self {
        let message = format!("`{key}` is given twice");
        Self::new(ConfigError::InvalidValue, Refused::Whole, message, "remove one of the two".to_owned())
    }
}

/// A value as a message shows it.
fn describe(unexpected: Unexpected<'_>) -> String {
    const SHOWN: usize = 60;
    match unexpected {
        Unexpected::Bool(flag) => flag.to_string(),
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(number) => format!("{number:?}"),
        Unexpected::Str(text) if text.chars().count() > SHOWN => {
            format!("{:?}...", text.chars().take(SHOWN).collect::<String>())
        }
        Unexpected::Str(text) => format!("{text:?}"),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        Unexpected::UnitVariant => "a name alone".to_owned(),
        other => other.to_string(),
    }
}

const DATE: &str = "a date such as 1995-06-28";

/// Whether `message` is what the date parser says of `text`; the digit keeps ordinary words out.
fn refuses_date(message: &str, text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text.parse::<jiff::civil::Date>().is_err_and(|error| error.to_string() == message)
}

/// serde's and jiff's names for what they expect, in the reader's words.
fn plain(expected: &str) -> String {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number, zero or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "a borrowed string" | "path string" => "text",
        "newtype variant" | "tuple variant" | "struct variant" => "a table with the name as its key",
        "a sequence" => "a list",
        "a map" => "a table",
        "a date string" => DATE,
        other if other.starts_with("struct ") => "a table",
        other if other.starts_with("internally tagged enum ") => "a table",
        other => return other.replace("a tuple of size", "a list of"),
    }
    .to_owned()
}

/// What to write instead.
fn remedy(unexpected: Unexpected<'_>, expected: &str) -> String {
    match unexpected {
        Unexpected::Str(text) if expected.contains("number") && spelled(text.trim()).is_some() => {
            format!("remove the quotes: {}", spelled(text.trim()).unwrap_or_default())
        }
        Unexpected::Str(text)
            if expected.contains("number") && number_remedy(text, expected.starts_with("a whole number")).is_some() =>
        {
            let whole = expected.starts_with("a whole number");
            format!("{}, without quotes", number_remedy(text, whole).unwrap_or_default())
        }
        Unexpected::Signed(_) | Unexpected::Unsigned(_) | Unexpected::Float(_) | Unexpected::Bool(_)
            if expected == "text" =>
        {
            format!("put it in quotes: \"{}\"", describe(unexpected))
        }
        Unexpected::Float(number) if expected.starts_with("a whole number") && number.fract() == 0.0 => {
            format!("write it without the decimal point: {number}")
        }
        Unexpected::Map if expected == "a list" => "a list of tables is written with [[two]] brackets".to_owned(),
        Unexpected::Seq if expected == "a table" => "a single table is written with [one] bracket".to_owned(),
        _ => match expected {
            "a number" => "for example 0.25",
            "text" => "text is written in quotes",
            "true or false" => "write true or false, without quotes",
            "a list" => "a list is written [1, 2]",
            "a table" => "a table is written { key = value }, or starts with [name]",
            "a table with the name as its key" => "for example { name = 3 }",
            DATE => "year, month and day; quotes are optional",
            _ if expected.starts_with("one of") => "write one of these names, in quotes",
            _ if !expected.starts_with("a whole number") => "",
            _ if matches!(unexpected, Unexpected::Signed(_) | Unexpected::Unsigned(_)) => {
                "choose a number in this range"
            }
            _ => "for example 52",
        }
        .to_owned(),
    }
}

/// Reads one node.
#[derive(Clone, Copy)]
struct Reader<'de>(&'de Node);

impl<'de> Reader<'de> {
    /// Text, with what the type wanted when it refuses the text in words of its own.
    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let (NodeValue::String(text) | NodeValue::Datetime(text)) = &self.0.value else {
            return self.deserialize_any(visitor);
        };
        let expected = plain(&(&visitor as &dyn Expected).to_string());
        visitor.visit_borrowed_str(text).map_err(|fault: Fault| {
            if fault.0.refused == Refused::Unknown && fault.0.help.is_empty() {
                fault.about(text, &expected)
            } else {
                fault
            }
        })
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.value {
            NodeValue::String(text) | NodeValue::Datetime(text) => visitor.visit_borrowed_str(text),
            NodeValue::Integer(number) => visitor.visit_i64(*number),
            NodeValue::Float(number) => visitor.visit_f64(*number),
            NodeValue::Boolean(flag) => visitor.visit_bool(*flag),
            NodeValue::Array(items) => list(items, visitor),
            NodeValue::Table(entries) => table(entries, visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.value {
            NodeValue::Array(items) => list(items, visitor),
            _ => Err(de::Error::invalid_type(self.0.unexpected(), &visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.value {
            NodeValue::Table(entries) => table(entries, visitor),
            _ => Err(de::Error::invalid_type(self.0.unexpected(), &visitor)),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.value {
            NodeValue::Integer(number) => visitor.visit_f64(number as f64),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.value {
            // Beyond all counts, 1e12 is read as the whole number that it is: the bound of its key says more than its point.
            NodeValue::Float(number) if (1e9..=1e18).contains(&number) && number.fract() == 0.0 => {
                visitor.visit_u64(number as u64)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    // serde's structs would take a list, field by field in order: fragile in a file that people edit. They would also find a key missing before they
    // come to the misspelt one further down, which is where it went.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.0.value {
            NodeValue::Table(entries) => match entries.keys().find(|key| !fields.contains(&key.as_str())) {
                Some(unknown) => Err(de::Error::unknown_field(unknown, fields)),
                None => table(entries, visitor),
            },
            _ => Err(de::Error::invalid_type(self.0.unexpected(), &visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.0.value {
            NodeValue::String(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            NodeValue::Table(entries) if entries.len() == 1 => visitor.visit_enum(Variant { entries }),
            _ => {
                let expected = format!("one of {}", suggest::quoted(variants));
                Err(de::Error::invalid_type(self.0.unexpected(), &expected.as_str()))
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
        ignored_any
    }
}

/// Reads a list to its end. A type that reads lists only asks for one: each form that it is compiled for takes its time in a build.
fn list<'de, V: Visitor<'de>>(items: &'de [Node], visitor: V) -> Result<V::Value, Fault> {
    let expected = (&visitor as &dyn Expected).to_string();
    let mut access = Items { items: items.iter().enumerate() };
    let value = visitor.visit_seq(&mut access)?;
    if access.items.len() == 0 { Ok(value) } else { Err(de::Error::invalid_length(items.len(), &expected.as_str())) }
}

fn table<'de, V: Visitor<'de>>(entries: &'de BTreeMap<String, Node>, visitor: V) -> Result<V::Value, Fault> {
    visitor.visit_map(Entries { entries: entries.iter(), current: None })
}

struct Items<'de> {
    items: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((index, item)) = self.items.next() else { return Ok(None) };
        seed.deserialize(Reader(item)).map(Some).map_err(|fault| fault.placed(item, &item_step(item, index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'de> {
    entries: std::collections::btree_map::Iter<'de, String, Node>,
    current: Option<(&'de str, &'de Node)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((key, node)) = self.entries.next() else { return Ok(None) };
        self.current = Some((key, node));
        let name: StrDeserializer<'_, Fault> = key.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|fault| fault.at_key(node, &key_step(key)))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((key, node)) = self.current.take() else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        seed.deserialize(Reader(node)).map_err(|fault| fault.placed(node, &key_step(key)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A choice with content: a table whose only key is the name of the choice.
struct Variant<'de> {
    entries: &'de BTreeMap<String, Node>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Fault;
    type Variant = Content<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content<'de>), Fault> {
        let Some((name, node)) = self.entries.first_key_value() else {
            return Err(de::Error::custom("is empty, expected the name of a choice"));
        };
        let key: StrDeserializer<'_, Fault> = name.as_str().into_deserializer();
        let value = seed.deserialize(key).map_err(|fault| fault.at_key(node, &key_step(name)))?;
        Ok((value, Content { name, node }))
    }
}

struct Content<'de> {
    name: &'de str,
    node: &'de Node,
}

impl Content<'_> {
    fn placed<T>(&self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.placed(self.node, &key_step(self.name)))
    }
}

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.node.table() {
            Some(entries) if entries.is_empty() => Ok(()),
            _ => self.placed(Err(de::Error::custom("this choice takes no value\nhelp: write its name alone, as text"))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.placed(seed.deserialize(Reader(self.node)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.placed(Reader(self.node).deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, keys: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.placed(Reader(self.node).deserialize_struct("", keys, visitor))
    }
}
