//! What is told of a table.

use std::collections::BTreeSet;

/// What is told of a table.
#[derive(Default)]
pub(super) struct Notes {
    pub taken: Vec<String>,
    pub assumed: Vec<String>,
    pub left_out: Vec<String>,
    pub problems: Vec<String>,
}

/// Different texts in order of appearance.
pub(super) fn distinct(cells: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    cells.iter().filter(|cell| seen.insert(*cell)).cloned().collect()
}
