//! Charts drawn from rows: SVG for print and the web, and a PNG of the same picture.
//!
//! Each chart is a file with a `draw` function from rows to an [`Svg`], which touches no file, and a `series` function
//! that gives the numbers it plots. The same rows give the same bytes on any machine. Text stays text in the SVG, set in
//! a list of common sans-serif families; the PNG uses the embedded DejaVu Sans, so it needs no installed font.
//!
//! Colours follow Okabe and Ito (2008, "Color Universal Design"), with lightness spread so that they stay apart in grey;
//! markers repeat the distinction. Left out: interaction, and scripts beyond those of DejaVu Sans in the PNG.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::config::figures::{FigureForm, Figures};
#[cfg(feature = "pdf")]
use crate::config::figures::{MM_PER_POINT, PRINTED_MM};
use crate::folder::picture;
use crate::folder::{OutputError, OutputFolder, PendingFile};
use crate::model::outcome::Period;
use crate::model::scenario::Scenario;
use crate::report::record::Unreadable;
use crate::report::words::region_label;

mod axis;
pub mod bargaining;
pub mod calibration;
mod canvas;
mod claims;
pub mod days_of_supply;
pub mod deficit;
pub mod diversion;
pub mod effects;
mod elements;
pub mod event_study;
mod frame;
pub mod groups;
pub mod headline;
mod letters;
pub mod model_prices;
mod names;
mod over_time;
#[cfg(feature = "pdf")]
mod pdf;
mod pixels;
pub mod prices;
mod print;
pub mod pull_forward;
pub mod regime_welfare;
pub mod response;
pub mod response_map;
pub mod sensitivity;
pub mod shares_over_time;
mod text;
mod theme;
pub mod uncertainty;
pub mod who_pays;
pub mod winners_losers;

pub use names::SharedNames;

#[cfg(test)]
mod every;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

/// What a unit's numbers are multiplied by on charts, and what it is called there: fractions are percent, their changes percentage points.
#[must_use]
pub fn shown_unit(unit: &str, is_change: bool) -> (f64, String) {
    let written = text::UnitWords::of(unit);
    (written.times, if is_change { written.change } else { written.level })
}

/// The description of a headline metric as a title: the group at its end in words, one of the `regions` by its name.
#[must_use]
pub fn headline_label(description: &str, regions: &[String]) -> String {
    let Some((what, group)) = description.rsplit_once(": ") else { return description.to_owned() };
    let is_region = group == theme::OUTSIDE || regions.iter().any(|region| region == group);
    format!("{what}: {}", if is_region { region_label(group) } else { group.replace('_', " ") })
}

/// What every chart says of the run it is drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChartContext {
    /// Title of the scenario.
    pub scenario: String,
    /// Name of the regime that the others are compared with; it is drawn first.
    pub baseline: String,
    /// The regimes in the order in which they are drawn.
    pub regimes: Vec<RegimeContext>,
    /// Replications behind each figure; with one there are no intervals.
    pub replications: u64,
    /// Whether these are draws of what is not known, each the mean of its replications.
    pub drawn: bool,
    /// Seed of the run.
    pub seed: u64,
    /// Where the data come from, for the foot of the chart; may be empty.
    pub source: String,
    /// What the flagged models are called, after a noun: `on the sanctions list`.
    pub flag_label: String,
    /// Regions of the market in the order of the scenario, which is that of their colours.
    pub regions: Vec<String>,
    /// The period of a chart that shows one.
    pub period: PeriodContext,
    /// Names of regimes that impose nothing, whose own charts show the whole horizon where others show a part of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paid_back: Vec<String>,
    /// How charts are to look.
    #[serde(default)]
    pub look: Figures,
}

/// The period of a chart that shows one; flows are yearly rates over it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeriodContext {
    /// Its name in the rows.
    pub name: String,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// Its weeks.
    pub weeks: u32,
}

impl PeriodContext {
    /// A period of a scenario.
    #[must_use]
    pub fn of(scenario: &Scenario, period: &Period) -> Self {
        let [first, last] = scenario.dates(period);
        Self { name: period.name.clone(), first, last, weeks: period.weeks() }
    }
    /// Its length in years of 52 weeks.
    #[must_use]
    pub fn years(&self) -> f64 {
        f64::from(self.weeks) / 52.0
    }
    /// What the reader is shown: name and dates.
    #[must_use]
    pub fn label(&self) -> String {
        let name = if self.name == "all" { "the whole horizon".to_owned() } else { self.name.replace('_', " ") };
        let day = |date: Date| date.strftime("%-d %B %Y").to_string();
        format!("{name}, {} to {}", day(self.first), day(self.last))
    }
}

/// How one regime is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegimeContext {
    /// Its name in the rows.
    pub name: String,
    /// What the reader is shown.
    pub label: String,
    /// Its dated policy events.
    pub events: Vec<EventMark>,
}

/// A dated event, marked on charts over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventMark {
    /// The day it happens.
    pub date: Date,
    /// A few words.
    pub label: String,
}

impl ChartContext {
    /// The label of a regime: its name where the context does not know it.
    #[must_use]
    pub fn regime_label<'a>(&'a self, name: &'a str) -> &'a str {
        self.regimes.iter().find(|regime| regime.name == name).map_or(name, |regime| regime.label.as_str())
    }

    /// The same in a title, whose numbers come after it.
    fn in_title(&self, name: &str) -> String {
        SharedNames::of(self.regime_label(name)).brief()
    }

    /// The same where the title says what is greatest in the means over draws: in single draws another may be.
    fn in_title_of_means(&self, name: &str) -> String {
        format!("{}{}", self.in_title(name), self.on_average())
    }

    /// What a title says of means over draws.
    fn on_average(&self) -> &'static str {
        if self.drawn { ", on average over draws" } else { "" }
    }

    /// The distinct `names` with the baseline first, then the context's order, then any regime it does not know.
    fn in_order<'a>(&'a self, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let mut found: Vec<&str> = Vec::new();
        for name in names {
            if !found.contains(&name) {
                found.push(name);
            }
        }
        let known = self.regimes.iter().map(|regime| regime.name.as_str());
        let mut ordered: Vec<&str> = Vec::with_capacity(found.len());
        for name in std::iter::once(self.baseline.as_str()).chain(known).chain(found.iter().copied()) {
            if found.contains(&name) && !ordered.contains(&name) {
                ordered.push(name);
            }
        }
        ordered
    }

    /// What a mean is over.
    fn each(&self) -> &'static str {
        if self.drawn { "draw" } else { "replication" }
    }

    /// The foot of a chart whose means have intervals, which `note` describes: with what they contain.
    fn footer_of_intervals(&self, note: &str) -> String {
        let contents = match self.drawn {
            true => {
                "An interval says how far other draws would move the mean; how far draws lie apart is in widths.csv."
            }
            false => "Intervals contain simulation noise only: parameters and structure are held.",
        };
        self.footer(&format!("{note} {contents}"))
    }

    /// What a chart of several regimes over a part of the horizon says of those that impose nothing: what they show there is left of a rush before it.
    fn note_of_payback(&self, shown: &[SharedNames]) -> String {
        let is_shown = |label: &str| shown.iter().any(|names| names.has(label));
        let own: Vec<String> = self
            .paid_back
            .iter()
            .map(|name| self.regime_label(name))
            .filter(|label| is_shown(label))
            .map(str::to_owned)
            .collect();
        match &own[..] {
            [] => String::new(),
            some => format!(
                " Nothing is imposed under {}: this period has what follows on the rush before it, and charts of one regime show both, over the whole horizon.",
                some.join(", ")
            ),
        }
    }

    /// What a foot says of numbers that are means: nothing where it says so of all.
    fn of_means(&self) -> &'static str {
        if self.drawn { "" } else { "Means over replications." }
    }

    /// The foot of a chart: run, a note, source.
    fn footer(&self, note: &str) -> String {
        let count = text::count(self.replications, self.each());
        // The report tells medians of draws, which are other numbers.
        let over = match self.drawn {
            true => format!("Means over {count} of what is not known (the report has medians)"),
            false => count,
        };
        let mut footer = format!("{}. {over}, seed {}.", self.scenario, self.seed);
        if !note.is_empty() {
            footer.push(' ');
            footer.push_str(note);
        }
        if !self.source.is_empty() {
            footer.push_str(" Source: ");
            footer.push_str(&self.source);
        }
        footer
    }
}

/// The texts of a chart's document that its PNG does not show as they are written, because the embedded font lacks their letters or they join or
/// run from right to left; they are right in SVG and PDF.
///
/// # Errors
/// [`ChartError::Render`] for what is no chart of this library.
pub fn not_in_png(svg: &str) -> Result<Vec<String>, ChartError> {
    letters::not_set(svg)
}

/// A drawn chart: one self-contained SVG document.
#[derive(Clone, Debug, PartialEq)]
pub struct Svg {
    svg: String,
    /// Size of the labels in print, where a size was asked for.
    text_pt: Option<f64>,
}

impl Svg {
    /// The document.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.svg
    }

    /// Size of the labels in print, in points; nothing where no size was asked for.
    #[must_use]
    pub fn text_pt(&self) -> Option<f64> {
        self.text_pt
    }

    /// Rasterises the chart at twice its nominal size, less for one too tall for common viewers.
    ///
    /// # Errors
    /// [`ChartError::Render`] where the picture cannot be rasterised.
    pub fn to_png(&self) -> Result<Vec<u8>, ChartError> {
        let pixels = pixels::draw(&self.svg, PNG_SCALE, MAX_PNG_SIDE)?;
        picture::opaque_png(pixels.width(), pixels.height(), pixels.data())
            .map_err(|error| ChartError::Render(error.to_string()))
    }

    /// The chart as a page of PDF in the size that it has in print, 160 mm wide where none was asked for. Its text stays text, and the letters of
    /// its fonts are in it.
    ///
    /// # Errors
    /// [`ChartError::Render`] where it cannot be made, and in a program that is built without the feature `pdf`.
    #[cfg(feature = "pdf")]
    pub fn to_pdf(&self) -> Result<Vec<u8>, ChartError> {
        let picture = pdf::picture(&self.svg)?;
        let points = match self.text_pt {
            Some(_) => POINTS_PER_PIXEL,
            None => PRINTED_MM / MM_PER_POINT / f64::from(picture.size().width()),
        };
        let title = self.svg.split_once("<title>").and_then(|(_, after)| after.split_once("</title>"));
        let title = title.map_or_else(String::new, |(title, _)| letters::unescape(title));
        pdf::page(&picture, points, &title)
    }

    /// There is nothing to write it with.
    ///
    /// # Errors
    /// [`ChartError::Render`], always: the program is built without the feature `pdf`.
    #[cfg(not(feature = "pdf"))]
    pub fn to_pdf(&self) -> Result<Vec<u8>, ChartError> {
        Err(ChartError::Render(FigureForm::NO_PDF.to_owned()))
    }

    /// The same with the name of the table that its numbers stand in, in its description.
    #[must_use]
    pub(super) fn with_data(self, table: &str) -> Self {
        let svg = self.svg.replacen("</desc>", &format!(" Data: tables/{table}.csv.</desc>"), 1);
        Self { svg, ..self }
    }

    /// The chart in one of its forms.
    ///
    /// # Errors
    /// As [`Self::to_png`].
    pub fn in_form(&self, form: FigureForm) -> Result<Vec<u8>, ChartError> {
        match form {
            FigureForm::Svg => Ok(self.svg.as_bytes().to_vec()),
            FigureForm::Png => self.to_png(),
            FigureForm::Pdf => self.to_pdf(),
        }
    }
}

/// Points in a pixel of a document that says its size.
const POINTS_PER_PIXEL: f64 = 0.75;
/// Longest side of a PNG in pixels.
const MAX_PNG_SIDE: f64 = 16_384.0;
/// Pixels of a PNG for one of the chart.
const PNG_SCALE: f64 = 2.0;

/// Why a chart could not be drawn or written.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// No row holds anything that the chart could show.
    #[error("the chart `{chart}` has nothing to show: {reason}")]
    Empty {
        /// The chart.
        chart: &'static str,
        /// What was missing.
        reason: String,
    },
    /// What the folder of a run does not hold.
    #[error("the chart `{chart}` cannot be drawn from this folder: {reason}")]
    Unrecorded {
        /// The chart.
        chart: &'static str,
        /// What is missing.
        reason: String,
    },
    /// A chart, regime or period that a folder does not have.
    #[error("there is no {what} `{name}` in this folder\nhelp: {remedy}")]
    Choice {
        /// What was asked for.
        what: &'static str,
        /// Its name.
        name: String,
        /// What there is.
        remedy: String,
    },
    /// A size that charts have no room in.
    #[error("{0}")]
    Size(String),
    /// A table that cannot be read back.
    #[error(transparent)]
    Table(#[from] Unreadable),
    /// A folder that cannot be read back.
    #[error("{}: {reason}\nhelp: name the folder of a finished study, or run it again", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The drawing library failed.
    #[error("a chart could not be drawn: {0}")]
    Draw(String),
    /// The SVG could not be turned into pixels or a page.
    #[error("a chart could not be turned into another form: {0}")]
    Render(String),
    /// A chart name that is not a plain file name.
    #[error("`{0}` is not a chart name: use letters, digits, `-`, `_` and `.`, and do not start with `.`")]
    Name(String),
    /// A file could not be written.
    #[error("{} could not be written", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Writes `name.svg` and `name.png` into `dir`, which is made if need be, and gives the two paths.
///
/// A file appears under its name only when complete, so a failure leaves nothing half-written.
///
/// # Errors
/// [`ChartError::Name`] for a name with other characters than letters, digits, `-`, `_` and `.`;
/// [`ChartError::Render`] where no PNG can be made; [`ChartError::Write`] where a file cannot be written.
pub fn write(svg: &Svg, dir: &Path, name: &str) -> Result<Vec<PathBuf>, ChartError> {
    write_into(&OutputFolder::at(dir), svg, name, &FigureForm::USUAL)
}

/// The same into a folder of results, in some of the forms.
///
/// # Errors
/// As [`write`].
pub fn write_into(
    folder: &OutputFolder,
    svg: &Svg,
    name: &str,
    forms: &[FigureForm],
) -> Result<Vec<PathBuf>, ChartError> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err(ChartError::Name(name.to_owned()));
    }
    let made: Vec<(FigureForm, Vec<u8>)> =
        forms.iter().map(|form| Ok((*form, svg.in_form(*form)?))).collect::<Result<_, ChartError>>()?;
    let unfinished = || -> Result<Vec<PathBuf>, OutputError> {
        let mut files = Vec::with_capacity(made.len());
        for (form, bytes) in &made {
            let mut file = folder.begin(&format!("{name}.{}", form.as_str()))?;
            file.write(bytes)?;
            files.push(file);
        }
        files.into_iter().map(PendingFile::finish_unsynced).collect()
    };
    unfinished().map_err(|error| unwritten(folder, error))
}

/// Writes a file of a chart into a folder and gives its path; it appears under its name only when complete.
///
/// # Errors
/// [`ChartError::Write`] where it cannot be written.
pub fn write_file(folder: &OutputFolder, name: &str, bytes: &[u8]) -> Result<PathBuf, ChartError> {
    let unfinished = || -> Result<PathBuf, OutputError> {
        let mut file = folder.begin(name)?;
        file.write(bytes)?;
        file.finish_unsynced()
    };
    unfinished().map_err(|error| unwritten(folder, error))
}

fn unwritten(folder: &OutputFolder, error: OutputError) -> ChartError {
    match error {
        OutputError::File { path, error } | OutputError::Folder { path, error } => {
            ChartError::Write { path, source: error }
        }
        other => ChartError::Write { path: folder.path().to_owned(), source: std::io::Error::other(other) },
    }
}
