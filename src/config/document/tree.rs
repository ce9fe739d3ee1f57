//! The tree of values, each with the place it was written.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::Unexpected;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::{Complaint, ConfigError, Location};

/// Levels of tables in tables that a file may have; deeper ones are a mistake, and could exhaust the stack.
const MAX_DEPTH: usize = 64;

/// The text values are read from: a file, or one override.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) name: String,
    pub(super) text: String,
    /// Whether line numbers mean something to the reader: true of files.
    pub(super) numbered: bool,
}

/// Where a value was written: a file and the part of it, or a `--set` override.
#[derive(Clone, Debug)]
pub struct Origin {
    pub(super) source: Arc<Text>,
    pub(super) key: Option<Range<usize>>,
    pub(super) value: Option<Range<usize>>,
}

/// The part of an entry that a complaint points at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    Key,
    Value,
}

impl Origin {
    /// The file as the user named it, or the override as typed: `--set a.b=1`.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// The line of the value, from 1; none for a whole file and for an override.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.locate(String::new(), Part::Value).line
    }

    pub(super) fn locate(&self, path: String, part: Part) -> Location {
        let wanted = match part {
            Part::Key => self.key.as_ref().or(self.value.as_ref()),
            Part::Value => self.value.as_ref().or(self.key.as_ref()),
        };
        let file = self.source.name.clone();
        let text = &self.source.text;
        let inside = wanted.and_then(|span| Some((text.get(..span.start)?, text.get(span.start..span.end)?)));
        let Some((before, meant)) = inside else {
            return Location { file, line: None, column: None, path, source_line: None, span: 0..0 };
        };
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let source_line = text[line_start..].lines().next().unwrap_or_default().to_owned();
        let start = text[line_start..before.len()].chars().count();
        let length = meant.lines().next().unwrap_or_default().chars().count();
        Location {
            file,
            line: self.source.numbered.then(|| 1 + before.matches('\n').count()),
            column: Some(start + 1),
            path,
            source_line: Some(source_line),
            span: start..start + length,
        }
    }

    pub(super) fn complain(
        &self,
        path: &str,
        part: Part,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Box<Complaint> {
        let location = self.locate(path.to_owned(), part);
        Box::new(Complaint { location, message: message.into(), help: help.into() })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line() {
            Some(line) => write!(f, "{}:{line}", self.file()),
            None => f.write_str(self.file()),
        }
    }
}

/// A value and its origin.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) origin: Origin,
    pub(super) value: NodeValue,
}

#[derive(Clone, Debug)]
pub(super) enum NodeValue {
    String(String),
    Integer(i64),
    /// Finite: the parser refuses the others.
    Float(f64),
    Boolean(bool),
    /// A TOML date, time or both, in ISO form.
    Datetime(String),
    Array(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

impl Node {
    pub(super) fn table(&self) -> Option<&BTreeMap<String, Node>> {
        if let NodeValue::Table(entries) = &self.value { Some(entries) } else { None }
    }

    /// The `name` that identifies an item in an array of tables.
    pub(super) fn name(&self) -> Option<&str> {
        match self.table()?.get("name").map(|node| &node.value) {
            Some(NodeValue::String(name)) => Some(name),
            _ => None,
        }
    }

    /// The value in the terms of serde's errors.
    pub(super) fn unexpected(&self) -> Unexpected<'_> {
        match &self.value {
            NodeValue::String(text) | NodeValue::Datetime(text) => Unexpected::Str(text),
            NodeValue::Integer(number) => Unexpected::Signed(*number),
            NodeValue::Float(number) => Unexpected::Float(*number),
            NodeValue::Boolean(flag) => Unexpected::Bool(*flag),
            NodeValue::Array(_) => Unexpected::Seq,
            NodeValue::Table(_) => Unexpected::Map,
        }
    }
}

/// The step from a table to its key, as written in a path: `.seed`, or `."two words"`.
pub(super) fn key_step(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { format!(".{key}") } else { format!(".{key:?}") }
}

/// The step from an array to its item: by name where it has one, because positions change when files are merged.
pub(super) fn item_step(item: &Node, index: usize) -> String {
    item.name().map_or_else(|| format!("[{index}]"), key_step)
}

/// Parses a whole TOML file.
pub(super) fn parse(source: Text) -> Result<Node, ConfigError> {
    let reader = Reader { source: Arc::new(source), shift: 0 };
    let text = reader.source.text.as_str();
    let table = DeTable::parse(text).map_err(|error| reader.syntax(&error))?;
    let origin = Origin { source: Arc::clone(&reader.source), key: None, value: None };
    Ok(Node { origin, value: reader.table(table.into_inner(), "", 0)? })
}

/// Parses the value that begins at byte `start` of an override of `path`.
pub(super) fn parse_value(source: &Arc<Text>, start: usize, path: &str) -> Result<Node, ConfigError> {
    let reader = Reader { source: Arc::clone(source), shift: start };
    let text = source.text.get(start..).unwrap_or_default();
    let value = DeValue::parse(text).map_err(|error| reader.syntax(&error))?;
    reader.node(None, value, path, 0)
}

/// The first place of a text at which brackets, or the parts of a key, stand deeper than is allowed.
fn deepest(text: &str) -> Range<usize> {
    let (mut brackets, mut dots, mut quote, mut key) = (0_usize, 0_usize, None, true);
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (Some(b'#'), b'\n') => quote = None,
            (Some(b'"'), b'\\') => {
                bytes.next();
            }
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'' | b'#') => quote = Some(byte),
            (None, b'[' | b'{') => brackets += 1,
            (None, b']' | b'}') => brackets = brackets.saturating_sub(1),
            (None, b'=') => key = false,
            (None, b'.') if key => dots += 1,
            _ => {}
        }
        if byte == b'\n' || (quote.is_none() && b",{".contains(&byte)) {
            (dots, key) = (0, true);
        }
        if brackets > MAX_DEPTH || dots >= MAX_DEPTH {
            return at..at + 1;
        }
    }
    0..0
}

struct Reader {
    source: Arc<Text>,
    shift: usize,
}

impl Reader {
    fn origin(&self, key: Option<Range<usize>>, value: Range<usize>) -> Origin {
        let shifted = |span: Range<usize>| span.start + self.shift..span.end + self.shift;
        Origin { source: Arc::clone(&self.source), key: key.map(shifted), value: Some(shifted(value)) }
    }

    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        // The parser has a word for keys and another for brackets; of keys it tells no place.
        if ["recursion limit", "recursion depth"].iter().any(|words| error.message().contains(words)) {
            let place = deepest(self.source.text.get(self.shift..).unwrap_or_default());
            let message = format!("is nested deeper than {MAX_DEPTH} levels");
            return ConfigError::Syntax(self.origin(None, place).complain(
                "",
                Part::Value,
                message,
                "use fewer levels",
            ));
        }
        let origin = self.origin(None, error.span().unwrap_or(0..0));
        let help = if error.message().contains("duplicate key") {
            "a table holds each key once: remove or rename one of the two"
        } else {
            "text needs quotes, a date is written 1995-06-28, a table starts with [name] and a list item with [[name]]"
        };
        ConfigError::Syntax(origin.complain("", Part::Value, error.message(), help))
    }

    fn table(&self, table: DeTable<'_>, path: &str, depth: usize) -> Result<NodeValue, ConfigError> {
        let mut entries = BTreeMap::new();
        for (key, value) in table {
            let path = format!("{path}{}", key_step(key.get_ref()));
            let node = self.node(Some(key.span()), value, &path, depth + 1)?;
            entries.insert(key.into_inner().into_owned(), node);
        }
        Ok(NodeValue::Table(entries))
    }

    fn node(
        &self,
        key: Option<Range<usize>>,
        value: Spanned<DeValue<'_>>,
        path: &str,
        depth: usize,
    ) -> Result<Node, ConfigError> {
        let origin = self.origin(key, value.span());
        let refuse = |message: String, help: &str| {
            let path = path.trim_start_matches('.');
            Err(ConfigError::InvalidValue(origin.complain(path, Part::Value, message, help)))
        };
        if depth > MAX_DEPTH {
            return refuse(format!("is nested more than {MAX_DEPTH} deep"), "use fewer levels");
        }
        let value = match value.into_inner() {
            DeValue::String(text) => NodeValue::String(text.into_owned()),
            DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
                Ok(number) => NodeValue::Integer(number),
                Err(_) => {
                    return refuse(
                        format!("is {digits}, too large for a whole number"),
                        "the largest is 9223372036854775807",
                    );
                }
            },
            DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() => NodeValue::Float(number),
                _ => return refuse(format!("is {digits}, expected a finite number"), "write a finite number"),
            },
            DeValue::Boolean(flag) => NodeValue::Boolean(flag),
            DeValue::Datetime(datetime) => NodeValue::Datetime(datetime.to_string()),
            DeValue::Array(items) => {
                let items = items.into_iter().enumerate();
                let items = items.map(|(index, item)| self.node(None, item, &format!("{path}[{index}]"), depth + 1));
                NodeValue::Array(items.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => self.table(table, path, depth)?,
        };
        Ok(Node { origin, value })
    }
}
