//! Key paths such as `regime.imposed.events[0].date`: reading them, and following them through the tree.

use crate::config::document::tree::{Node, NodeValue, Origin, item_step, key_step};
use crate::config::suggest;

/// Steps a path may have.
const MAX_STEPS: usize = 32;

/// One step down the tree.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PathStep {
    /// A key of a table, or the name of an item in an array of tables.
    Key(String),
    /// The position in an array, from 0.
    Index(usize),
}

/// Reads a path from the start of `text`: the steps, and the bytes they take. An error is a byte offset and a reason.
pub(super) fn parse(text: &str) -> Result<(Vec<PathStep>, usize), (usize, &'static str)> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        let at = text.len() - rest.len();
        if steps.len() >= MAX_STEPS {
            return Err((at, "the path has too many steps"));
        }
        if let Some(inner) = rest.strip_prefix('[') {
            let (digits, after) = inner.split_once(']').ok_or((at, "this `[` is never closed"))?;
            let index = digits.trim().parse().map_err(|_| (at + 1, "expected a position such as [0]"))?;
            steps.push(PathStep::Index(index));
            rest = after;
        } else {
            if !steps.is_empty() {
                rest = rest.strip_prefix('.').unwrap_or(rest);
            }
            let at = text.len() - rest.len();
            let (key, after) = match rest.chars().next().filter(|c| *c == '"' || *c == '\'') {
                Some(quote) => rest[1..].split_once(quote).ok_or((at, "this quote is never closed"))?,
                None => rest.split_at(rest.find(|c| !is_bare(c)).unwrap_or(rest.len())),
            };
            if after.len() == rest.len() {
                return Err((at, "expected a key"));
            }
            steps.push(PathStep::Key(key.to_owned()));
            rest = after;
        }
        if !rest.starts_with(['.', '[']) {
            return Ok((steps, text.len() - rest.len()));
        }
    }
}

fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Follows `steps` as far as they lead: the last node reached, the path to it, and the steps left over.
pub(super) fn follow<'a, 's>(root: &'a Node, steps: &'s [PathStep]) -> (&'a Node, String, &'s [PathStep]) {
    let (mut node, mut path, mut left) = (root, String::new(), steps);
    while let Some((step, after)) = left.split_first() {
        let Some((child, written)) = child(node, step) else { break };
        path.push_str(&written);
        (node, left) = (child, after);
    }
    (node, path.trim_start_matches('.').to_owned(), left)
}

fn child<'a>(node: &'a Node, step: &PathStep) -> Option<(&'a Node, String)> {
    match (&node.value, step) {
        (NodeValue::Table(entries), PathStep::Key(key)) => entries.get(key).map(|child| (child, key_step(key))),
        (NodeValue::Array(items), step) => {
            let index = position(items, step)?;
            items.get(index).map(|item| (item, item_step(item, index)))
        }
        _ => None,
    }
}

fn position(items: &[Node], step: &PathStep) -> Option<usize> {
    match step {
        PathStep::Index(index) => (*index < items.len()).then_some(*index),
        PathStep::Key(name) => items.iter().position(|item| item.name() == Some(name)),
    }
}

/// The node at `steps`, with tables made on the way where keys are absent; else a reason and a remedy.
pub(super) fn reach<'a>(
    root: &'a mut Node,
    steps: &[PathStep],
    origin: &Origin,
) -> Result<&'a mut Node, (String, String)> {
    let (mut node, mut path) = (root, String::new());
    for step in steps {
        let so_far = if path.is_empty() { "the document".to_owned() } else { format!("`{}`", &path[1..]) };
        node = match (&mut node.value, step) {
            (NodeValue::Table(entries), PathStep::Key(key)) => {
                path.push_str(&key_step(key));
                let absent =
                    || Node { origin: origin.clone(), value: NodeValue::Table(std::collections::BTreeMap::new()) };
                entries.entry(key.clone()).or_insert_with(absent)
            }
            (NodeValue::Array(items), step) => {
                let index = position(items, step).ok_or_else(|| no_such_item(&so_far, items, step))?;
                path.push_str(&format!("[{index}]"));
                &mut items[index]
            }
            (NodeValue::Table(_), PathStep::Index(index)) => {
                let help = "a table is entered by key: a.b".to_owned();
                return Err((format!("{so_far} is a table and has no position [{index}]"), help));
            }
            (_, PathStep::Key(key)) => {
                let help = "only tables and lists of tables have keys".to_owned();
                return Err((format!("{so_far} is a single value and has no key `{key}`"), help));
            }
            (_, PathStep::Index(index)) => {
                let help = "only lists have positions".to_owned();
                return Err((format!("{so_far} is a single value and has no position [{index}]"), help));
            }
        };
    }
    Ok(node)
}

fn no_such_item(so_far: &str, items: &[Node], step: &PathStep) -> (String, String) {
    let names: Vec<&str> = items.iter().filter_map(Node::name).collect();
    match step {
        PathStep::Index(index) => {
            let help = "positions start at 0".to_owned();
            (format!("{so_far} has no position [{index}]: it has {} items", items.len()), help)
        }
        PathStep::Key(name) if names.is_empty() => {
            let help = "use the position, counted from 0: [0]".to_owned();
            (format!("{so_far} is a list without names and has no item `{name}`"), help)
        }
        PathStep::Key(name) => (format!("{so_far} has no item named `{name}`"), suggest::one_of(name, &names)),
    }
}
