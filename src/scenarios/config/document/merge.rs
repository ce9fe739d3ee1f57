//! Files laid over files: `extends`, and the rules by which one tree overlays another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::config::document::tree::{self, Node, NodeValue, Part, Text, item_step, key_step};
use crate::config::error::utf8;
use crate::config::source::{LONGEST_SCENARIO, Source};
use crate::config::{ConfigError, NotUtf8, UnreadFile, suggest};

/// Files that one document may be put together from; more of them are a mistake, and could take for ever.
const MAX_FILES: usize = 64;

/// Reads `path` and everything it extends.
pub(super) fn load(source: &Source, path: &Path) -> Result<Node, ConfigError> {
    load_below(source, path, &mut Vec::new(), &mut 0)
}

/// `above` is the chain of files that led here, nearest last.
fn load_below(source: &Source, path: &Path, above: &mut Vec<PathBuf>, files: &mut usize) -> Result<Node, ConfigError> {
    *files += 1;
    // The first file is the one that the user named.
    let bytes = match above.is_empty() {
        true => source.read_named(path, LONGEST_SCENARIO)?,
        false => source.read(path, LONGEST_SCENARIO)?,
    };
    let name = path.display().to_string();
    let text = match utf8(bytes) {
        Ok(text) => text,
        Err((offset, line)) => return Err(ConfigError::NotUtf8(Box::new(NotUtf8 { file: name, line, offset }))),
    };
    let shown = !(above.is_empty() && source.leads_out(path));
    let mut node = tree::parse(Text { name, text, numbered: true, shown })?;
    above.push(path.to_owned());
    let mut base = None;
    for parent in extended(&mut node) {
        let refuse = |message: String, help: &str| {
            Err(ConfigError::Extends(parent.origin.complain("extends", Part::Value, message, help)))
        };
        let NodeValue::String(target) = &parent.value else {
            return refuse("expected the name of a file".to_owned(), "write extends = \"other.toml\", or a list");
        };
        let target = path.with_file_name(target);
        let chain = || {
            let names = above.iter().chain([&target]).map(|file| file.display().to_string());
            names.collect::<Vec<_>>().join(" -> ")
        };
        if above.iter().any(|file| source.same(file, &target)) {
            return refuse(
                format!("the files extend each other in a circle: {}", chain()),
                "remove one of the extends",
            );
        }
        if *files >= MAX_FILES {
            let message = format!("more than {MAX_FILES} files are put together: {}", chain());
            return refuse(message, "extend fewer files");
        }
        let below = match load_below(source, &target, above, files) {
            Err(ConfigError::Unreadable(unreadable)) => {
                let UnreadFile { file, reason, help } = *unreadable;
                return refuse(format!("{file} cannot be read: {reason}"), &help);
            }
            other => other?,
        };
        base = Some(overlay(base, below, "")?);
    }
    above.pop();
    overlay(base, node, "")
}

/// Takes the entry `extends` out of a file's top level, as a list.
fn extended(node: &mut Node) -> Vec<Node> {
    let NodeValue::Table(entries) = &mut node.value else { return Vec::new() };
    match entries.remove("extends") {
        None => Vec::new(),
        Some(Node { value: NodeValue::Array(list), .. }) => list,
        Some(single) => vec![single],
    }
}

/// Complains if a document without a folder tries to extend a file.
pub(super) fn refuse_extends(mut node: Node) -> Result<Node, ConfigError> {
    match extended(&mut node).first() {
        None => overlay(None, node, ""),
        Some(parent) => Err(ConfigError::Extends(parent.origin.complain(
            "extends",
            Part::Value,
            "only a file can extend another",
            "put everything into this text, or save it as a file",
        ))),
    }
}

/// Lays `over` on `base`: tables merge key by key, arrays of named tables merge by name, anything else replaces.
///
/// Runs over the whole of `over` even where there is no base, because it also checks that names are unique.
pub(super) fn overlay(base: Option<Node>, over: Node, path: &str) -> Result<Node, ConfigError> {
    let base = base.map(|node| node.value);
    let value = match over.value {
        NodeValue::Table(entries) => {
            let mut merged = if let Some(NodeValue::Table(entries)) = base { entries } else { BTreeMap::new() };
            for (key, node) in entries {
                if is_removal(&node) {
                    if merged.remove(&key).is_none() {
                        let path = format!("{path}{}", key_step(&key));
                        let message = "is to be removed, but is not there";
                        let help = "there is nothing to remove; delete this line";
                        let complaint = node.origin.complain(path.trim_start_matches('.'), Part::Value, message, help);
                        return Err(ConfigError::Merge(complaint));
                    }
                    continue;
                }
                let node = overlay(merged.remove(&key), node, &format!("{path}{}", key_step(&key)))?;
                merged.insert(key, node);
            }
            NodeValue::Table(merged)
        }
        NodeValue::Array(items) => {
            let base = if let Some(NodeValue::Array(items)) = base { items } else { Vec::new() };
            NodeValue::Array(overlay_items(base, items, path)?)
        }
        scalar => scalar,
    };
    Ok(Node { origin: over.origin, value })
}

fn overlay_items(base: Vec<Node>, over: Vec<Node>, path: &str) -> Result<Vec<Node>, ConfigError> {
    let refuse = |node: &Node, index: usize, message: String, help: &str| {
        let path = format!("{path}{}", item_step(node, index));
        let path = path.trim_start_matches('.');
        Err(ConfigError::Merge(node.origin.complain(path, Part::Value, message, help)))
    };
    let named = |items: &[Node]| !items.is_empty() && items.iter().all(|item| item.name().is_some());
    if !named(&over) {
        if named(&base) && over.iter().any(|item| item.table().is_some()) {
            let unnamed = over.iter().enumerate().find(|(_, item)| item.name().is_none());
            if let Some((index, item)) = unnamed {
                let help = "give it the name of the item it changes, or a new name to add it";
                return refuse(item, index, "has no `name`, but the items it is merged with have".to_owned(), help);
            }
        }
        let items = over.into_iter().enumerate();
        return items.map(|(index, item)| overlay(None, item, &format!("{path}[{index}]"))).collect();
    }
    let mut merged: Vec<Option<Node>> = if named(&base) { base.into_iter().map(Some).collect() } else { Vec::new() };
    let name_of = |item: &Option<Node>| item.as_ref().and_then(Node::name).map(str::to_owned);
    let mut places: BTreeMap<String, usize> =
        merged.iter().enumerate().filter_map(|(place, item)| Some((name_of(item)?, place))).collect();
    let mut seen = BTreeSet::new();
    for (index, mut item) in over.into_iter().enumerate() {
        let name = item.name().unwrap_or_default().to_owned();
        if !seen.insert(name.clone()) {
            let message = format!("a second item of this list is named {name:?}");
            return refuse(&item, index, message, "names tell the items of a list apart: rename or remove one");
        }
        let existing = places.get(&name).copied();
        if removes(&mut item) {
            let Some(existing) = existing else {
                let names: Vec<&str> = merged.iter().flatten().filter_map(Node::name).collect();
                let help = suggest::one_of(&name, &names);
                let help = if names.is_empty() { "there is nothing to remove; delete this item" } else { &help };
                return refuse(&item, index, "is to be removed, but is not there".to_owned(), help);
            };
            merged[existing] = None;
            places.remove(&name);
            continue;
        }
        let path = format!("{path}{}", item_step(&item, index));
        match existing {
            Some(existing) => {
                let old = merged[existing].take();
                merged[existing] = Some(overlay(old, item, &path)?);
            }
            None => {
                places.insert(name, merged.len());
                merged.push(Some(overlay(None, item, &path)?));
            }
        }
    }
    Ok(merged.into_iter().flatten().collect())
}

/// Whether the value of a key is `{ remove = true }` and nothing else.
fn is_removal(node: &Node) -> bool {
    let NodeValue::Table(entries) = &node.value else { return false };
    entries.len() == 1 && matches!(entries.get("remove"), Some(Node { value: NodeValue::Boolean(true), .. }))
}

/// Whether the item says `remove = true`; a `remove = false` is taken out and means nothing.
fn removes(item: &mut Node) -> bool {
    let NodeValue::Table(entries) = &mut item.value else { return false };
    match entries.get("remove").map(|node| &node.value) {
        Some(NodeValue::Boolean(true)) => true,
        Some(NodeValue::Boolean(false)) => {
            entries.remove("remove");
            false
        }
        _ => false,
    }
}
