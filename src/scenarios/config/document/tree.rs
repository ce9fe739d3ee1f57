//! The tree of values, each with the place it was written.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::Unexpected;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::error::no_text;
use crate::config::table::number_remedy;
use crate::config::{Complaint, ConfigError, Location};

/// Levels of tables in tables that a file may have; deeper ones are a mistake, and could exhaust the stack.
const MAX_DEPTH: usize = 64;
/// Levels that are not even given to the parser: it bounds keys and brackets, not both together.
const MOST_LEVELS: usize = 1000;

/// The text values are read from: a file, or one override.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) name: String,
    pub(super) text: String,
    /// Whether line numbers mean something to the reader: true of files.
    pub(super) numbered: bool,
    /// Whether messages may show its lines.
    pub(super) shown: bool,
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
            source_line: self.source.shown.then_some(source_line),
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
    reader.check_size(text)?;
    let table = DeTable::parse(text).map_err(|error| reader.syntax(&error))?;
    let origin = Origin { source: Arc::clone(&reader.source), key: None, value: None };
    Ok(Node { origin, value: reader.table(table.into_inner(), "", 0)? })
}

/// Parses the value that begins at byte `start` of an override of `path`.
pub(super) fn parse_value(source: &Arc<Text>, start: usize, path: &str) -> Result<Node, ConfigError> {
    let reader = Reader { source: Arc::clone(source), shift: start };
    let text = source.text.get(start..).unwrap_or_default();
    reader.check_size(text)?;
    let value = DeValue::parse(text).map_err(|error| reader.syntax(&error))?;
    reader.node(None, value, path, 0)
}

/// The first place of a text at which brackets and the parts of keys stand deeper than `most` together; nothing where they do not.
fn deeper(text: &str, most: usize) -> Option<Range<usize>> {
    // Dots of the key at hand, and of the keys before each bracket that is open.
    let (mut dots, mut open, mut depth) = (0_usize, Vec::new(), 0_usize);
    let (mut quote, mut key) = (None, true);
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
            (None, b'[' | b'{') => {
                open.push(dots);
                depth += 1 + dots;
                dots = 0;
            }
            (None, b']' | b'}') => {
                dots = open.pop().unwrap_or(0);
                depth = depth.saturating_sub(1 + dots);
            }
            (None, b'=') => key = false,
            (None, b'.') if key => dots += 1,
            _ => {}
        }
        if byte == b'\n' || (quote.is_none() && b",{".contains(&byte)) {
            (dots, key) = (0, true);
        }
        if depth + dots > most {
            return Some(at..at + 1);
        }
    }
    None
}

/// A value that is no list and no table; else what is wrong with it, and what would do.
fn scalar(value: DeValue<'_>) -> Result<NodeValue, (String, &'static str)> {
    match value {
        DeValue::String(text) if text.len() > LONGEST_TEXT => {
            Err((format!("has {} characters, at most {LONGEST_TEXT} can be", text.chars().count()), "shorten it"))
        }
        DeValue::String(text) => match text.chars().find(|c| no_text(*c)) {
            None => Ok(NodeValue::String(text.into_owned())),
            Some(character) => {
                let message = format!("has the control character U+{:04X}", u32::from(character));
                Err((message, "remove it: it is no letter, number or sign"))
            }
        },
        DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(number) => Ok(NodeValue::Integer(number)),
            Err(_) => Err((format!("is {digits}, too large for a whole number"), "the largest is 9223372036854775807")),
        },
        DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(NodeValue::Float(number)),
            _ => Err((format!("is {digits}, expected a finite number"), "write a finite number")),
        },
        DeValue::Boolean(flag) => Ok(NodeValue::Boolean(flag)),
        DeValue::Datetime(datetime) => Ok(NodeValue::Datetime(datetime.to_string())),
        // Those hold others.
        DeValue::Array(_) | DeValue::Table(_) => Err(("holds other values".to_owned(), "write a single value")),
    }
}

/// Signs that begin values, lists, tables and parts of keys, of all that a text may have: such a text is read in about a second.
const MOST_SIGNS: usize = 300_000;

/// Longest text of a value.
const LONGEST_TEXT: usize = 10_000;

struct Reader {
    source: Arc<Text>,
    shift: usize,
}

impl Reader {
    fn origin(&self, key: Option<Range<usize>>, value: Range<usize>) -> Origin {
        let shifted = |span: Range<usize>| span.start + self.shift..span.end + self.shift;
        Origin { source: Arc::clone(&self.source), key: key.map(shifted), value: Some(shifted(value)) }
    }

    fn too_deep(&self, place: Range<usize>) -> ConfigError {
        let message = format!("is nested deeper than {MAX_DEPTH} levels");
        ConfigError::Syntax(self.origin(None, place).complain("", Part::Value, message, "use fewer levels"))
    }

    /// Refuses what would take long to take in, and what the parser could take in and the stack could not let go of.
    fn check_size(&self, text: &str) -> Result<(), ConfigError> {
        // Each value, list and table has one of these signs at least.
        let many = text.bytes().enumerate().filter(|(_, byte)| b"=,[{.".contains(byte)).nth(MOST_SIGNS);
        if let Some((at, _)) = many {
            let message = format!("has more values and tables than {MOST_SIGNS} signs = , [ {{ and . can hold");
            let complaint =
                self.origin(None, at..at + 1).complain("", Part::Value, message, "write long lists as a table of data");
            return Err(ConfigError::Syntax(complaint));
        }
        deeper(text, MOST_LEVELS).map_or(Ok(()), |place| Err(self.too_deep(place)))
    }

    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        // The parser has a word for keys and another for brackets; of keys it tells no place.
        if ["recursion limit", "recursion depth"].iter().any(|words| error.message().contains(words)) {
            return self
                .too_deep(deeper(self.source.text.get(self.shift..).unwrap_or_default(), MAX_DEPTH).unwrap_or(0..0));
        }
        let origin = self.origin(None, error.span().unwrap_or(0..0));
        let help = if error.message().contains("duplicate key") {
            "a table holds each key once: remove or rename one of the two"
        } else {
            "text needs quotes, a date is written 1995-06-28, a table starts with [name] and a list item with [[name]]"
        };
        // A number as other programs write it.
        let at = error.span().unwrap_or(0..0).start + self.shift;
        let before = self.source.text.get(..at).unwrap_or_default();
        let line = self.source.text[before.rfind('\n').map_or(0, |end| end + 1)..].lines().next().unwrap_or_default();
        let value = line.split_once('=').map_or("", |(_, value)| value.split('#').next().unwrap_or_default().trim());
        // Beside others on its line the number is what stands around the place.
        let ends = |c: char| c.is_whitespace() || "=,[]{}#".contains(c);
        let from = before.rfind(ends).map_or(0, |end| end + 1);
        let around = self.source.text.get(from..).unwrap_or_default();
        let around = around.split(ends).next().unwrap_or_default();
        let meant = number_remedy(value, false).or_else(|| number_remedy(around, false)).filter(|_| self.source.shown);
        let help = meant.unwrap_or_else(|| help.to_owned());
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
            DeValue::Array(items) => {
                let items = items.into_iter().enumerate();
                let items = items.map(|(index, item)| self.node(None, item, &format!("{path}[{index}]"), depth + 1));
                NodeValue::Array(items.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => self.table(table, path, depth)?,
            single => match scalar(single) {
                Ok(value) => value,
                Err((message, help)) => return refuse(message, help),
            },
        };
        Ok(Node { origin, value })
    }
}
