//! Where a study came from: its file, its data, its numbers with their sources, and how to do it again.

use super::{Block, DataFrame, FrameColumn, FrameTable, Page, Section, Show};
use crate::config::Loaded;
use crate::config::document::{Invocation, quoted};
use crate::config::listed::{Listed, listed};

/// Where a study came from.
#[derive(Clone, Debug, Default)]
pub struct StudyOrigin {
    /// How the scenario was named.
    pub invocation: Invocation,
    /// BLAKE3 of the resolved scenario.
    pub hash: String,
    /// Data files, by the name that the scenario gives them, with BLAKE3 of their bytes.
    pub data: Vec<(String, String)>,
    /// The scenario's numbers.
    pub numbers: Vec<Listed>,
    /// Numbers that a study draws: key, label, and three quantiles of the law.
    pub drawn: Vec<(String, String, [f64; 3])>,
}

impl StudyOrigin {
    /// That of a loaded scenario.
    #[must_use]
    pub fn of(loaded: &Loaded) -> Self {
        let last = |path: &std::path::Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let quantiles = |law: &crate::sensitivity::Distribution| [0.05, 0.5, 0.95].map(|p| law.quantile(p));
        let drawn = loaded.parameters.list.iter();
        Self {
            invocation: loaded.document.invocation(),
            hash: loaded.document.hash().to_hex().to_string(),
            data: loaded.data.iter().map(|file| (last(&file.path), file.hash.to_hex().to_string())).collect(),
            numbers: listed(&loaded.document),
            drawn: drawn.map(|item| (item.key.clone(), item.label.clone(), quantiles(&item.distribution))).collect(),
        }
    }

    /// How many numbers say that they are a judgement or a fit, and how many say anything.
    #[must_use]
    pub fn estimates(&self) -> (u64, u64) {
        let estimate = |item: &&Listed| matches!(item.status.as_str(), "estimate" | "calibrated");
        let stated = |item: &&Listed| item.status != "unstated" && !item.status.is_empty();
        (self.numbers.iter().filter(estimate).count() as u64, self.numbers.iter().filter(stated).count() as u64)
    }

    /// The section of parameters with status and source, on a page.
    pub fn section(&self, page: &mut Page) {
        let mut blocks = Vec::new();
        if !self.drawn.is_empty() {
            let columns = vec![
                FrameColumn::text("key", "Key"),
                FrameColumn::text("label", "What it is"),
                FrameColumn::new("q05", "5% quantile", Show::Number),
                FrameColumn::new("q50", "Median", Show::Number),
                FrameColumn::new("q95", "95% quantile", Show::Number),
            ];
            let mut frame = DataFrame::new("uncertain_values", "manifest.json", columns);
            for (key, label, quantiles) in &self.drawn {
                let mut row = vec![key.as_str().into(), label.as_str().into()];
                row.extend(quantiles.map(Into::into));
                frame.rows.push(row);
            }
            blocks.push(Block::Table(FrameTable {
                name: "uncertain_values".into(),
                caption: "Values that the scenario gives a distribution.".into(),
                columns: (0..frame.columns.len()).collect(),
                frame: page.add(frame),
                picks: Vec::new(),
                searched: false,
                most: usize::MAX,
            }));
        }
        let columns = ["key", "value", "status", "source"];
        let labels = ["Key", "Value", "Status", "Source"];
        let columns = columns.iter().zip(labels).map(|(name, label)| FrameColumn::text(name, label)).collect();
        let mut frame = DataFrame::new("parameters", "manifest.json", columns);
        // What says where it comes from goes first.
        let (stated, others): (Vec<&Listed>, Vec<&Listed>) =
            self.numbers.iter().partition(|item| item.status != "unstated" && !item.status.is_empty());
        for item in stated.iter().chain(&others).take(MOST_NUMBERS) {
            let cells = [&item.key, &item.value, &item.status, &item.source];
            frame.rows.push(cells.into_iter().map(|cell| cell.as_str().into()).collect());
        }
        if self.numbers.len() > MOST_NUMBERS {
            frame.left_out = format!(
                "The first {MOST_NUMBERS} of {} numbers; all are in manifest.json (`scenario.resolved_toml`).",
                self.numbers.len()
            );
        }
        blocks.push(Block::Table(FrameTable {
            name: "parameters".into(),
            caption: format!(
                "Every number of the scenario, how it is known and where it comes from: {} that say so, then {} that do not.",
                stated.len(),
                others.len()
            ),
            columns: (0..4).collect(),
            frame: page.add(frame),
            picks: Vec::new(),
            searched: true,
            most: stated.len().clamp(1, MOST_NUMBERS),
        }));
        page.sections.push(Section { title: "Parameters, their status and their source".into(), blocks });
    }

    /// How to run the study again, check it and cite it: the command that made it is `verb`, and what follows the scenario's file is `rest`.
    #[must_use]
    pub fn again(&self, verb: &str, rest: &str, checked: bool, cited: &str) -> Vec<(String, String, String)> {
        let whence = match self.invocation.reads_above() {
            true => "From the folder that holds all files it reads.",
            false => "From the folder of the scenario file.",
        };
        let (version, commit) = (env!("CARGO_PKG_VERSION"), crate::report::COMMIT);
        let data: Vec<String> =
            self.data.iter().map(|(name, hash)| format!("{name} (BLAKE3 {})", short(hash))).collect();
        let data = if data.is_empty() { String::new() } else { format!(" Its data: {}.", data.join(", ")) };
        let mut again = vec![(
            "Run it again".to_owned(),
            format!(
                "{whence} manifest.json has the whole scenario as it was resolved (`scenario.resolved_toml`), settings \
                 of the command line included; its BLAKE3 is {}.{data} The same version, scenario and seed give the same bytes on any machine and \
                 with any number of threads.",
                short(&self.hash)
            ),
            format!("stickershock {verb} {}{rest}", self.invocation.arguments()),
        )];
        if checked {
            again.push((
                "Check it".to_owned(),
                "In this folder: a sample of the jobs is simulated again and compared with the stored hashes."
                    .to_owned(),
                "stickershock verify .".to_owned(),
            ));
        }
        again.push((
            "Cite it".to_owned(),
            "Name the program, its version, the scenario and its hash.".to_owned(),
            format!("Stickershock {version} (commit {commit}), {cited}, scenario BLAKE3 {}", short(&self.hash)),
        ));
        again
    }
}

/// ` --regimes` with those of a study that has not all of its scenario's.
pub(super) fn regimes_option<'a>(ran: impl ExactSizeIterator<Item = &'a str>, all: usize) -> String {
    let few = ran.len() < all;
    if few { format!(" --regimes {}", quoted(&ran.collect::<Vec<_>>().join(","))) } else { String::new() }
}

/// Numbers of a scenario that a page lists.
const MOST_NUMBERS: usize = 1000;

/// The head of a hash.
fn short(hash: &str) -> &str {
    hash.get(..16).unwrap_or(hash)
}
