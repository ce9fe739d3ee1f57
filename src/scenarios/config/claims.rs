//! A page of claims: the runs that it is about, numbers of them by name, and the text that they stand in.
//!
//! The file is Markdown after a head in TOML between two lines `+++`. `report::claims` of the library puts the numbers in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::{ConfigError, NotUtf8};
use super::source::{LONGEST_SCENARIO, Source};

/// A page of claims.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimsPage {
    /// Its file.
    pub path: PathBuf,
    /// Period that numbers are of where they name no other.
    pub period: String,
    /// The runs, by name.
    pub runs: BTreeMap<String, ClaimsRun>,
    /// Expressions by name.
    pub numbers: BTreeMap<String, String>,
    /// The text.
    pub text: String,
    /// Line of the file on which it begins, from 1.
    pub first_line: usize,
}

/// A run that a page takes numbers of.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimsRun {
    /// Scenario file, from the folder of the page.
    pub scenario: PathBuf,
    /// What is set in it, `key=value`.
    #[serde(default)]
    pub set: Vec<String>,
    /// Worlds of the bargaining alone, where it is no run of the market.
    #[serde(default)]
    pub worlds: Option<u64>,
}

/// The head of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    #[serde(default)]
    period: Option<String>,
    run: BTreeMap<String, ClaimsRun>,
    #[serde(default)]
    number: BTreeMap<String, String>,
}

/// Line that the head stands between.
const FENCE: &str = "+++";
/// Most worlds of a run of the bargaining alone, as on the command line.
const MAX_WORLDS: u64 = 10_000_000;

impl ClaimsPage {
    /// Whether a file is a page of claims and no scenario, by its name.
    #[must_use]
    pub fn is_one(path: &Path) -> bool {
        path.extension().is_some_and(|own| ["md", "markdown"].iter().any(|known| own.eq_ignore_ascii_case(known)))
    }

    /// Reads a page.
    ///
    /// # Errors
    /// [`ConfigError`] with file, line and remedy.
    pub fn read(source: &Source, path: &Path) -> Result<Self, ConfigError> {
        let bytes = source.read_named(path, LONGEST_SCENARIO)?;
        let file = path.display().to_string();
        let refuse =
            |row: usize, message: String, help: &str| ConfigError::of_table(file.clone(), Some(row), message, help);
        let text = String::from_utf8(bytes).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            ConfigError::NotUtf8(Box::new(NotUtf8 { file: file.clone(), line, offset: before.len() }))
        })?;
        let help = "begin with a line `+++`, the runs ([run.NAME] with scenario = \"FILE\"), and a line `+++`";
        // Some editors begin a file with a mark of its encoding.
        let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap_or(&text).lines().collect();
        if lines.first() != Some(&FENCE) {
            return Err(refuse(1, "has no head".to_owned(), help));
        }
        let end = lines.iter().skip(1).position(|line| *line == FENCE);
        let end = end.ok_or_else(|| refuse(1, "its head does not end".to_owned(), help))?;
        let head: Head = toml::from_str(&lines[1..=end].join("\n")).map_err(|error| {
            let before = error.span().map_or(0, |span| lines[1..=end].join("\n")[..span.start].matches('\n').count());
            refuse(
                2 + before,
                error.message().to_owned(),
                "keys are `period`, [run.NAME] with `scenario`, `set` and `worlds`, and [number]",
            )
        })?;
        for (name, run) in &head.run {
            if run.worlds.is_some_and(|worlds| !(1..=MAX_WORLDS).contains(&worlds)) {
                let message = format!("run.{name}.worlds: expected 1 to {MAX_WORLDS}");
                return Err(refuse(1, message, "10000 is usual"));
            }
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
            if name.is_empty() || !name.chars().all(plain) {
                let message = format!("run.{name}: is no name of a folder");
                return Err(refuse(1, message, "take letters, digits, `_` and `-`"));
            }
        }
        Ok(Self {
            path: path.to_owned(),
            period: head.period.unwrap_or_else(|| "all".to_owned()),
            runs: head.run,
            numbers: head.number,
            text: lines[end + 2..].iter().flat_map(|line| [*line, "\n"]).collect(),
            first_line: end + 3,
        })
    }
}
