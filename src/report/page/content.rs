//! What a report consists of.

use super::words::{self, Show};

/// A report.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its title: the scenario's.
    pub title: String,
    /// What kind of study it is, for the line above the title.
    pub kind: String,
    /// What was asked, a sentence each.
    pub asked: Vec<String>,
    /// The answer: a few words, and the sentence they stand for.
    pub answer: Vec<(String, String)>,
    /// What is told with it, likewise: of the metrics that the study names, of regimes that impose nothing.
    pub besides: Vec<(String, String)>,
    /// What the intervals contain, and what not.
    pub intervals: Vec<String>,
    /// What a reader has to know before he uses a number.
    pub warnings: Vec<String>,
    /// Numbers.
    pub frames: Vec<DataFrame>,
    /// The rest, in reading order.
    pub sections: Vec<Section>,
    /// The model in words, in Markdown; empty where it is not described.
    pub model: String,
    /// How to run it again, check it and cite it: a few words, what to do, and the command.
    pub again: Vec<(String, String, String)>,
}

impl Page {
    /// The answer and what is told with it.
    #[must_use]
    pub fn told(&self) -> Vec<(String, String)> {
        self.answer.iter().chain(&self.besides).cloned().collect()
    }
}

/// A part of a report.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// What stands under it.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Clone, Debug)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A chart.
    Chart(Chart),
    /// A table.
    Table(FrameTable),
    /// One of several, as the reader picks.
    Choice(Alternatives),
}

/// What stands in one place: the first is shown, the others when they are picked. Without scripts, and on paper, the others are closed.
#[derive(Clone, Debug)]
pub struct Alternatives {
    /// What is picked.
    pub label: String,
    /// The name of each, and what it shows.
    pub options: Vec<(String, Vec<Block>)>,
}

impl Block {
    /// Alternatives as blocks: those that have something to show, and without a choice where only one has.
    #[must_use]
    pub fn one_of(label: &str, options: Vec<(&str, Vec<Self>)>) -> Vec<Self> {
        let mut options: Vec<(String, Vec<Self>)> = options
            .into_iter()
            .filter(|(_, blocks)| !blocks.is_empty())
            .map(|(name, blocks)| (name.to_owned(), blocks))
            .collect();
        match options.len() {
            0 | 1 => options.pop().map_or_else(Vec::new, |(_, blocks)| blocks),
            _ => vec![Self::Choice(Alternatives { label: label.to_owned(), options })],
        }
    }

    /// This block, or all that can be picked in it.
    fn within(&self) -> Vec<&Self> {
        match self {
            Self::Choice(choice) => {
                choice.options.iter().flat_map(|(_, blocks)| blocks).flat_map(Self::within).collect()
            }
            other => vec![other],
        }
    }
}

/// Rows of numbers and words that charts and tables are drawn from.
#[derive(Clone, Debug, Default)]
pub struct DataFrame {
    /// Name of the file that a reader saves it as.
    pub name: String,
    /// Where all of it stands in full precision, such as `tables/welfare.csv`.
    pub file: String,
    /// Columns.
    pub columns: Vec<FrameColumn>,
    /// Rows, as many values as there are columns.
    pub rows: Vec<Vec<FrameValue>>,
    /// What of it was left out; empty if nothing.
    pub left_out: String,
    /// How the numbers stand in that file where they are others than here, such as sums of which these are rates a year; empty if they are the same.
    pub stands: String,
}

/// A column of a frame.
#[derive(Clone, Debug)]
pub struct FrameColumn {
    /// Its name in files.
    pub name: String,
    /// What readers are shown.
    pub label: String,
    /// How its values are shown.
    pub show: Show,
    /// Whether it is a change, shown with its sign.
    pub signed: bool,
    /// Columns that have the lower and the upper end of its interval.
    pub interval: Option<[usize; 2]>,
}

impl FrameColumn {
    /// A column without an interval.
    #[must_use]
    pub fn new(name: &str, label: &str, show: Show) -> Self {
        Self { name: name.into(), label: label.into(), show, signed: false, interval: None }
    }
    /// One of text.
    #[must_use]
    pub fn text(name: &str, label: &str) -> Self {
        Self::new(name, label, Show::Text)
    }
    /// The same as a change, shown with its sign.
    #[must_use]
    pub fn change(mut self) -> Self {
        self.signed = true;
        self
    }
    /// The same with the columns of its interval.
    #[must_use]
    pub fn within(mut self, low: usize, high: usize) -> Self {
        self.interval = Some([low, high]);
        self
    }
}

/// A value of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameValue {
    /// Words, or a date.
    Text(String),
    /// A number; one that is not finite is missing.
    Number(f64),
}

impl From<f64> for FrameValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}
impl From<&str> for FrameValue {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}
impl From<String> for FrameValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl FrameValue {
    /// The words; empty for a number.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Number(_) => "",
        }
    }
    /// The number; NaN for words.
    #[must_use]
    pub fn number(&self) -> f64 {
        match self {
            Self::Text(_) => f64::NAN,
            Self::Number(number) => *number,
        }
    }
}

impl DataFrame {
    /// An empty frame.
    #[must_use]
    pub fn new(name: &str, file: &str, columns: Vec<FrameColumn>) -> Self {
        Self { name: name.into(), file: file.into(), columns, rows: Vec::new(), ..Self::default() }
    }

    /// A value as a reader is shown it, and its interval; none where there is none, or nothing varies.
    #[must_use]
    pub fn shown(&self, row: usize, column: usize) -> (String, Option<String>) {
        let FrameColumn { show, signed, interval, .. } = &self.columns[column];
        let value = |column: usize| &self.rows[row][column];
        let text = match value(column) {
            FrameValue::Text(text) => text.clone(),
            FrameValue::Number(number) => words::number(*number, *show, *signed),
        };
        let ends = interval.map(|ends| ends.map(|end| value(end).number()));
        let ends = ends.filter(|ends| ends.iter().all(|end| end.is_finite()) && *ends != [0.0, 0.0]);
        (text, ends.map(|ends| format!("[{}]", words::between(ends, *show, *signed))))
    }

    /// Rows in which the picked columns have the values they start with.
    #[must_use]
    pub fn picked(&self, picks: &[Pick]) -> Vec<usize> {
        let fits = |row: &usize| picks.iter().all(|pick| self.rows[*row][pick.column].text() == pick.start);
        (0..self.rows.len()).filter(fits).collect()
    }
}

/// A column of which the reader picks one value; picks of the same name move together over the whole page.
#[derive(Clone, Debug)]
pub struct Pick {
    /// The column.
    pub column: usize,
    /// The value that is shown first.
    pub start: String,
}

/// What a chart looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartForm {
    /// A dot with its interval for each row, row names on the left.
    Intervals,
    /// Lines over time or over a number, with bands.
    Lines,
    /// A dot for each row on two numbers.
    Points,
}

/// A chart of a frame.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Its name in the page.
    pub name: String,
    /// Its title.
    pub title: String,
    /// How to read it.
    pub reading: String,
    /// The frame.
    pub frame: usize,
    /// What it looks like.
    pub form: ChartForm,
    /// Column from left to right.
    pub x: usize,
    /// Column from bottom to top, or of the names of rows.
    pub y: usize,
    /// Column that tells lines or kinds of dots apart.
    pub series: Option<usize>,
    /// Columns that the reader picks from.
    pub picks: Vec<Pick>,
    /// Up to so many rows, those of largest size.
    pub most: Option<usize>,
    /// What its intervals contain.
    pub foot: String,
    /// Dates to mark: under which value of the first pick, when, what.
    pub events: Vec<[String; 3]>,
}

/// A table of a frame.
#[derive(Clone, Debug)]
pub struct FrameTable {
    /// Its name in the page.
    pub name: String,
    /// What it is.
    pub caption: String,
    /// The frame.
    pub frame: usize,
    /// Columns that are shown.
    pub columns: Vec<usize>,
    /// Columns that the reader picks from.
    pub picks: Vec<Pick>,
    /// Whether it can be searched.
    pub searched: bool,
    /// Rows shown where no script runs.
    pub most: usize,
}

impl Page {
    /// Adds a frame; gives its place.
    pub fn add(&mut self, frame: DataFrame) -> usize {
        self.frames.push(frame);
        self.frames.len() - 1
    }

    /// Its charts, tables and texts in reading order, those that are picked too.
    #[must_use]
    pub fn blocks(&self) -> Vec<&Block> {
        self.sections.iter().flat_map(|section| &section.blocks).flat_map(Block::within).collect()
    }
}
