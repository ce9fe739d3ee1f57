//! Configuration documents: TOML, merged from several files and overrides, that know where every value was written.
//!
//! - `extends = "other.toml"`, or a list of files, lays this file over others, in the order listed; paths are relative
//!   to the file that names them. Tables merge key by key; single values and arrays replace. The exception are arrays
//!   of tables whose items all have a `name`: those merge by name, a new name is appended, and `remove = true` takes an
//!   item out. Within one such array a name is used once. `key = { remove = true }` takes a key of the files below out.
//! - [`Document::set`] lays one more value over all files: the `--set key=value` of the command line.
//! - [`Document::deserialize`] reads the tree into any serde type. Every complaint carries file, line, key path, the
//!   line itself and a remedy. Types that serde buffers (`untagged`, `flatten`, internally `tag`ged) work, and the place
//!   is then found by looking for the refused key or value, which succeeds unless the same value occurs twice.
//! - A type with checks of its own (`try_from`) refuses with a message that reads on after the key path, `is -0.2, below
//!   zero`; a second line that starts with `help: ` becomes the remedy.
//! - Dates may be quoted or bare and reach the type as text. Whole numbers are accepted where numbers with fractions
//!   are expected. Infinite values and NaN are refused everywhere.

mod canonical;
mod deserialize;
mod invocation;
mod merge;
mod path;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::config::document::tree::{Node, NodeValue, Part, Text};
use crate::config::source::{LONGEST_DATA, Source};
use crate::config::suggest;
use crate::config::table::{number_remedy, spelled};
use crate::config::{ConfigError, UnreadFile};

pub use invocation::{Invocation, quoted};
pub use tree::Origin;

/// A merged TOML tree in which every value knows its file and line.
#[derive(Clone, Debug)]
pub struct Document {
    root: Node,
    /// Where files are read.
    source: Source,
    /// The file that was named.
    path: PathBuf,
    /// Data files that stand elsewhere, by key and written name: copies that are read in their place, and those that the user named himself.
    elsewhere: BTreeMap<(String, String), PathBuf>,
    /// How it was named, where that is not told by where it was read.
    invocation: Option<Invocation>,
    /// Assignments that were laid over it, in their order.
    settings: Vec<String>,
}

impl Document {
    /// Reads a UTF-8 TOML file and the files it extends.
    ///
    /// Fails if a file cannot be read, is not UTF-8 or not TOML, if `extends` goes round in a circle or out of the file's folder, or if
    /// named items do not merge.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Self::load_from(&Source::beside(path.as_ref()), path.as_ref())
    }

    /// The same with the files that it extends, and its data, from a source.
    pub fn load_from(source: &Source, path: &Path) -> Result<Self, ConfigError> {
        let root = merge::load(source, path)?;
        Ok(Self {
            root,
            source: source.clone(),
            path: path.to_owned(),
            elsewhere: BTreeMap::new(),
            invocation: None,
            settings: Vec::new(),
        })
    }

    /// Reads a document from text that is not in a file; `display_name` takes the file's place in messages.
    ///
    /// Such a document cannot extend another, and has no data but copies.
    pub fn from_str(text: &str, display_name: &str) -> Result<Self, ConfigError> {
        let source = Text { name: display_name.to_owned(), text: text.to_owned(), numbered: true, shown: true };
        let root = merge::refuse_extends(tree::parse(source)?)?;
        let source = Source::memory::<PathBuf, Vec<u8>>([]);
        Ok(Self {
            root,
            source,
            path: PathBuf::new(),
            elsewhere: BTreeMap::new(),
            invocation: None,
            settings: Vec::new(),
        })
    }

    /// Lays one value over the document, as `--set` does: `market.horizon_weeks=52`.
    ///
    /// Keys step through tables; items of a list are addressed by name or position, `regime.imposed.label` or
    /// `regime[2].label`; a key with other characters is quoted. The value is TOML, but text without spaces needs no
    /// quotes. Tables and lists merge as files do. Fails, leaving the document as it was, if the assignment cannot be
    /// read or leads through something that has no such item.
    pub fn set(&mut self, assignment: &str) -> Result<(), ConfigError> {
        *self = self.laid(&[assignment])?;
        Ok(())
    }

    /// The document with assignments laid over it in their order, each as [`Self::set`] takes it.
    pub fn with(&self, assignments: &[String]) -> Result<Self, ConfigError> {
        self.laid(assignments)
    }

    fn laid(&self, assignments: &[impl AsRef<str>]) -> Result<Self, ConfigError> {
        let mut document = self.clone();
        assignments.iter().try_for_each(|assignment| document.lay(assignment.as_ref()))?;
        document.settings.extend(assignments.iter().map(|assignment| assignment.as_ref().to_owned()));
        Ok(document)
    }

    /// The document with only those items of the list `items` that the list of names `chosen` names, in its order; all of them where there
    /// is no such list.
    ///
    /// # Errors
    /// [`ConfigError`] for a name that is not there, that stands twice, or no name at all.
    pub(super) fn choosing(mut self, chosen: &str, items: &str) -> Result<Self, ConfigError> {
        let NodeValue::Table(entries) = &self.root.value else { return Ok(self) };
        let (Some(NodeValue::Array(names)), Some(NodeValue::Array(all))) =
            (entries.get(chosen).map(|node| &node.value), entries.get(items).map(|node| &node.value))
        else {
            return Ok(self);
        };
        if names.is_empty() {
            return Err(self.error_at(
                chosen,
                "names none",
                "name at least one, or leave the list out for all of them",
            ));
        }
        let known: Vec<&str> = all.iter().filter_map(Node::name).collect();
        let mut kept: Vec<Node> = Vec::new();
        for (i, name) in names.iter().enumerate() {
            // What is no text is refused where the list is read.
            let NodeValue::String(name) = &name.value else { return Ok(self) };
            let key = format!("{chosen}[{i}]");
            let Some(item) = all.iter().find(|item| item.name() == Some(name)) else {
                let message = format!("`{name}` is no [[{items}]] of this scenario");
                return Err(self.error_at(&key, message, suggest::one_of(name, &known)));
            };
            if kept.iter().any(|earlier| earlier.name() == Some(name)) {
                return Err(self.error_at(&key, format!("`{name}` stands twice"), "name each once"));
            }
            kept.push(item.clone());
        }
        if let NodeValue::Table(entries) = &mut self.root.value
            && let Some(node) = entries.get_mut(items)
        {
            node.value = NodeValue::Array(kept);
        }
        Ok(self)
    }

    /// The same without tables at its top, for readers that have no use for them.
    #[must_use]
    pub fn without(&self, keys: &[&str]) -> Self {
        let mut document = self.clone();
        if let NodeValue::Table(entries) = &mut document.root.value {
            entries.retain(|key, _| !keys.contains(&key.as_str()));
        }
        document
    }

    /// Lays one value over the document; after an error it may be half laid.
    fn lay(&mut self, assignment: &str) -> Result<(), ConfigError> {
        let source = Arc::new(Text {
            name: format!("--set {assignment}"),
            text: assignment.to_owned(),
            numbered: false,
            shown: true,
        });
        let origin = |start, end| Origin { source: Arc::clone(&source), key: None, value: Some(start..end) };
        let refuse = |origin: Origin, message: &str, help: &str| {
            Err(ConfigError::Override(origin.complain("", Part::Value, message, help)))
        };
        const SYNTAX: &str =
            "write --set key=value, such as --set time.weeks=52 or --set instrument.sanctions.rate=0.25";
        let (steps, key_end) = match path::parse(assignment) {
            Ok(parsed) => parsed,
            Err((offset, reason)) => return refuse(origin(offset, offset + 1), reason, SYNTAX),
        };
        let Some((gap, written)) = assignment[key_end..].split_once('=').filter(|(gap, _)| gap.trim().is_empty())
        else {
            return refuse(origin(key_end, assignment.len()), "expected `=` and a value after the key", SYNTAX);
        };
        let start = key_end + gap.len() + 1 + (written.len() - written.trim_start().len());
        let written = written.trim();
        if written.is_empty() {
            return refuse(origin(start, start), "there is no value after `=`", "write \"\" for an empty text");
        }
        if steps == [path::PathStep::Key("extends".to_owned())] {
            let help = "write extends in the scenario file";
            return refuse(origin(0, key_end), "only a file can extend another", help);
        }
        let path = &assignment[..key_end];
        let mut value = match tree::parse_value(&source, start, path) {
            Ok(value) => value,
            // .25 is a number that TOML writes otherwise, not a word.
            Err(ConfigError::Syntax(_)) if is_bare_word(written) && spelled(written).is_none() => {
                Node { origin: origin(start, start + written.len()), value: NodeValue::String(written.to_owned()) }
            }
            Err(ConfigError::Syntax(mut complaint)) => {
                complaint.help = number_remedy(written, false).unwrap_or_else(|| {
                    "put quotes around text with spaces or signs: --set 'a.b=\"two words\"'".to_owned()
                });
                return Err(ConfigError::Override(complaint));
            }
            Err(other) => return Err(other),
        };
        value.origin.key = Some(0..key_end);
        let place = match path::reach(&mut self.root, &steps, &value.origin) {
            Ok(place) => place,
            Err((message, help)) => return refuse(origin(0, key_end), &message, &help),
        };
        *place = merge::overlay(Some(place.clone()), value, path)?;
        Ok(())
    }

    /// Has data files read from copies in a source: where a key has the name given, the path is read. The document itself, its text
    /// and its hash, stays as it is.
    #[must_use]
    pub fn with_copies(mut self, copies: BTreeMap<(String, String), PathBuf>, source: Source) -> Self {
        (self.elsewhere, self.source) = (copies, source);
        self
    }

    /// How the scenario was named on a command line: what makes the same document again.
    #[must_use]
    pub fn invocation(&self) -> Invocation {
        if let Some(invocation) = &self.invocation {
            return invocation.clone();
        }
        let mut home = self.path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
        for file in self.source.files_read() {
            while home.as_ref().is_some_and(|home| !file.canonicalize().is_ok_and(|file| file.starts_with(home))) {
                home = home.and_then(|home| home.parent().map(Path::to_owned));
            }
        }
        // Files that have nothing but the disk in common say nothing of where to begin.
        let home = home.filter(|home| home.parent().is_some());
        let below = home.and_then(|home| Some(self.path.canonicalize().ok()?.strip_prefix(home).ok()?.to_owned()));
        let file = below.unwrap_or_else(|| self.path.file_name().unwrap_or_default().into());
        Invocation { file: file.display().to_string(), settings: self.settings.clone() }
    }

    /// The document with what was found of its invocation where it was read.
    #[must_use]
    pub fn invoked(mut self, invocation: Invocation) -> Self {
        self.invocation = Some(invocation);
        self
    }

    /// Where files are read.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Takes data files that stand in assignments so far as named by the user himself: they may stand anywhere, and their paths begin where
    /// he is. Those of later assignments, which points of a study make, begin at the document's folder and stay below it.
    pub(super) fn name_data_files(&mut self, keys: &[&str]) {
        for key in keys {
            let Ok((steps, _)) = path::parse(key) else { continue };
            let (node, _, left) = path::follow(&self.root, &steps);
            if let (NodeValue::String(name), None, true) = (&node.value, node.origin.line(), left.is_empty()) {
                self.elsewhere.insert(((*key).to_owned(), name.clone()), PathBuf::from(name));
            }
        }
    }

    /// The path of the data file that `key` names `name`: where it is known to stand, or relative to the file that names it.
    pub(super) fn data_path(&self, key: &str, name: &str) -> PathBuf {
        if let Some(elsewhere) = self.elsewhere.get(&(key.to_owned(), name.to_owned())) {
            return elsewhere.clone();
        }
        let origin = self.origin(key).filter(|origin| origin.line().is_some());
        let beside = origin.as_ref().map_or(self.path.as_path(), |origin| Path::new(origin.file()));
        beside.parent().unwrap_or(Path::new("")).join(name)
    }

    /// The bytes of the data file that `key` names `name`.
    pub fn data(&self, key: &str, name: &str) -> Result<Vec<u8>, ConfigError> {
        let path = self.data_path(key, name);
        let read = match self.elsewhere.contains_key(&(key.to_owned(), name.to_owned())) {
            true => self.source.read_named(&path, LONGEST_DATA),
            false => self.source.read(&path, LONGEST_DATA),
        };
        read.map_err(|error| match error {
            ConfigError::Unreadable(unreadable) => {
                let UnreadFile { file, reason, help } = *unreadable;
                self.error_at(key, format!("{file} cannot be read: {reason}"), help)
            }
            other => other,
        })
    }

    /// Reads the document into `T`.
    ///
    /// Fails at the first key or value that `T` does not accept, with its place and a remedy.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        deserialize::read(&self.root)
    }

    /// Where the value at `path` was written, if there is one: `regime[2].events[0].date`, `regime.imposed.label`.
    #[must_use]
    pub fn origin(&self, path: &str) -> Option<Origin> {
        let (steps, length) = path::parse(path).ok()?;
        let (node, _, left) = path::follow(&self.root, &steps);
        (length == path.len() && left.is_empty()).then(|| node.origin.clone())
    }

    /// A complaint about the value at `path`, for checks made after reading; `help` says what would do.
    ///
    /// Where there is no such value, the nearest table above it is shown.
    pub fn error_at(&self, path: &str, message: impl Into<String>, help: impl Into<String>) -> ConfigError {
        let steps = path::parse(path).map(|(steps, _)| steps).unwrap_or_default();
        let (node, found, left) = path::follow(&self.root, &steps);
        let exact = left.is_empty() && !steps.is_empty();
        let path = if exact { found.as_str() } else { path };
        ConfigError::InvalidValue(node.origin.complain(path, Part::Value, message, help))
    }

    /// The resolved document as TOML with sorted keys; reading it again gives the same document.
    #[must_use]
    pub fn to_toml_string(&self) -> String {
        match canonical::to_toml(&self.root) {
            toml::Value::Table(table) => table.to_string(),
            other => other.to_string(),
        }
    }

    /// BLAKE3 hash of the values, whatever their formatting, comments, order of keys and split over files.
    ///
    /// Numbers are compared as numbers, so `1`, `1.0` and `1e0` are the same, as are `-0.0` and `0`; a bare date is the
    /// same as the quoted one. The order of a list counts.
    #[must_use]
    pub fn hash(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        canonical::feed(&mut hasher, &self.root);
        hasher.finalize()
    }
}

/// Whether a `--set` value may be taken as text although it has no quotes: a word, a name or a file path.
fn is_bare_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || "_./".contains(c))
        && text.chars().all(|c| c.is_alphanumeric() || "_-./:".contains(c))
}
