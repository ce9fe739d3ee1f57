//! Files of a case, gzipped or not.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{ConfigError, complain};
use crate::config::TableComplaint;
use crate::config::source::{LONGEST_DATA, at_most, leads_out, open_plain};

/// The kinds of matrices a case holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatrixKind {
    /// `elasticities_NAME.csv`.
    Elasticities,
    /// `diversion_NAME.csv`, the outside option on the diagonal.
    Diversion,
    /// `long_run_diversion_NAME.csv`.
    LongRunDiversion,
    /// `passthrough_NAME.csv`.
    PassThrough,
    /// `choice_probabilities_NAME.csv`, buyers by products.
    ChoiceProbabilities,
}

impl MatrixKind {
    /// All kinds; `long_run_diversion` before `diversion`, whose name it contains.
    pub const ALL: [Self; 5] =
        [Self::Elasticities, Self::LongRunDiversion, Self::Diversion, Self::PassThrough, Self::ChoiceProbabilities];

    /// First part of the file name.
    #[must_use]
    pub fn stem(self) -> &'static str {
        match self {
            Self::Elasticities => "elasticities",
            Self::Diversion => "diversion",
            Self::LongRunDiversion => "long_run_diversion",
            Self::PassThrough => "passthrough",
            Self::ChoiceProbabilities => "choice_probabilities",
        }
    }

    /// Name of the column that labels rows.
    #[must_use]
    pub fn label(self) -> &'static str {
        if self == Self::ChoiceProbabilities { "agent" } else { "product_id" }
    }
}

/// A matrix stored beside the inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixFile {
    /// Kind.
    pub kind: MatrixKind,
    /// Scenario it belongs to.
    pub scenario: String,
    /// The file.
    pub path: PathBuf,
}

/// Whether a path is that of a gzipped file.
fn gzipped(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

/// A reader of a file's text, unpacked.
fn open(path: &Path) -> Result<Box<dyn Read>, ConfigError> {
    let file = open_plain(path).map_err(|error| ConfigError::unreadable(path, &error))?;
    let file = BufReader::new(file);
    Ok(if gzipped(path) { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(file) })
}

/// Where the files of a case are.
#[derive(Clone, Copy, Debug)]
pub(super) enum CaseFiles<'a> {
    /// In a folder, gzipped or not.
    Folder(&'a Path),
    /// In memory, by their names.
    Memory(&'a BTreeMap<String, String>),
}

/// A file's text.
pub(super) struct CaseText {
    /// Its name for messages.
    pub file: String,
    pub text: String,
    /// Whether it was gzipped.
    pub compressed: bool,
}

impl CaseFiles<'_> {
    /// Whether there is a file, or its gzipped form.
    pub fn has(self, name: &str) -> bool {
        match self {
            Self::Folder(folder) => plain_or_gzipped(folder, name).0.exists(),
            Self::Memory(files) => files.contains_key(name),
        }
    }

    /// The text of a file, unpacked.
    pub fn text(self, name: &str) -> Result<CaseText, ConfigError> {
        match self {
            Self::Folder(folder) => {
                let (path, compressed) = plain_or_gzipped(folder, name);
                Ok(CaseText { text: text(&path)?, file: path.display().to_string(), compressed })
            }
            Self::Memory(files) => match files.get(name) {
                Some(text) => Ok(CaseText { file: name.to_owned(), text: text.clone(), compressed: false }),
                None => Err(complain(name, "is not given", "give it")),
            },
        }
    }

    /// A JSON file, with its name for messages.
    pub fn json(self, name: &str) -> Result<(String, Value), ConfigError> {
        let CaseText { file, text, .. } = self.text(name)?;
        parsed(file, &text)
    }
}

/// What is wrong with a file of a folder; nothing of what stands in it where it is a link out of the folder, for whoever made the folder chose
/// what is read.
pub(super) fn without_strangers(folder: &Path, error: ConfigError) -> ConfigError {
    let said = error.to_string();
    let named =
        ["case.json", "products.csv", "agents.csv", "scenarios.json"].map(|name| plain_or_gzipped(folder, name).0);
    let stranger = named.into_iter().find(|path| said.starts_with(&path.display().to_string()) && leads_out(path));
    match stranger {
        None => error,
        Some(path) => complain(
            &path.display().to_string(),
            "is a link out of the folder, and what it leads to is not what should stand here",
            "copy the file into the folder: then it is said what is wrong with it",
        ),
    }
}

/// The path of a file or of its gzipped form, and whether it is that; the plain path when there is neither.
fn plain_or_gzipped(folder: &Path, name: &str) -> (PathBuf, bool) {
    let plain = folder.join(name);
    let packed = folder.join(format!("{name}.gz"));
    if !plain.exists() && packed.exists() { (packed, true) } else { (plain, false) }
}

/// The text of a file, unpacked.
fn text(path: &Path) -> Result<String, ConfigError> {
    // What is packed may be a thousand times as long.
    let bytes = at_most(open(path)?, LONGEST_DATA).map_err(|error| ConfigError::unreadable(path, &error))?;
    let file = path.display().to_string();
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        complain(&file, format!("byte {offset} is not UTF-8 text"), "save the file with the encoding UTF-8")
    })
}

/// A JSON file by its path, with its name for messages.
pub(super) fn json_at(path: &Path) -> Result<(String, Value), ConfigError> {
    parsed(path.display().to_string(), &text(path)?)
}

fn parsed(file: String, text: &str) -> Result<(String, Value), ConfigError> {
    match serde_json::from_str::<Unrepeated>(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Ok(Unrepeated(value)) => Ok((file, value)),
        Err(error) => Err(complain(&file, format!("is not JSON: {error}"), "correct the place it names")),
    }
}

/// JSON in which no object has a key twice: of two values one would be read and the other lost.
struct Unrepeated(Value);

impl<'de> Deserialize<'de> for Unrepeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Unrepeated(Value::Null))
    }
}

impl<'de> Visitor<'de> for Unrepeated {
    type Value = Self;

    fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Self, E> {
        Ok(Self(value.into()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Self, E> {
        Ok(Self(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Self, E> {
        Ok(Self(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Self, E> {
        Ok(Self(value.into()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Self, E> {
        Ok(Self(value.into()))
    }
    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self, A::Error> {
        let mut list = Vec::new();
        while let Some(Self(value)) = values.next_element()? {
            list.push(value);
        }
        Ok(Self(Value::Array(list)))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        let mut object = serde_json::Map::new();
        while let Some((key, Self(value))) = entries.next_entry::<String, Self>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("`{key}` stands twice in one object")));
            }
            object.insert(key, value);
        }
        Ok(Self(Value::Object(object)))
    }
}

/// The matrices in a folder, in the order of their names.
pub(super) fn matrices(folder: &Path) -> Result<Vec<MatrixFile>, ConfigError> {
    let entries = std::fs::read_dir(folder).map_err(|error| ConfigError::unreadable(folder, &error))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".csv").or_else(|| name.strip_suffix(".csv.gz")) else { continue };
        let of_kind = |kind: &MatrixKind| {
            let scenario = stem.strip_prefix(kind.stem())?.strip_prefix('_')?;
            Some(MatrixFile { kind: *kind, scenario: scenario.to_owned(), path: path.clone() })
        };
        found.extend(MatrixKind::ALL.iter().find_map(of_kind));
    }
    Ok(found)
}

/// The numbers of a matrix file, row by row, with a check of its size; labels of rows and columns are skipped.
///
/// # Errors
/// [`ConfigError`] naming file, row and what was expected.
pub fn read_matrix(path: &Path, rows: usize, columns: usize) -> Result<Vec<f64>, ConfigError> {
    let file = path.display().to_string();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(open(path)?);
    let mut values = Vec::with_capacity(rows * columns);
    let mut found = 0;
    for record in reader.records() {
        let record = record.map_err(|error| complain(&file, error.to_string(), "check the quotes"))?;
        found += 1;
        let row = || Some(record.position().map_or(found, |position| position.line() as usize));
        let refuse = |message: String| {
            ConfigError::Row(Box::new(TableComplaint {
                file: file.clone(),
                row: row(),
                label: record.get(0).map(str::to_owned),
                message,
                help: format!("the file needs {rows} rows of a label and {columns} numbers"),
                cell: None,
            }))
        };
        if found > rows {
            return Err(refuse(format!("has more than {rows} rows")));
        }
        if record.len() != columns + 1 {
            return Err(refuse(format!("has {} cells, expected {}", record.len(), columns + 1)));
        }
        for cell in record.iter().skip(1) {
            values.push(cell.trim().parse().map_err(|_| refuse(format!("{cell:?} is not a number")))?);
        }
    }
    if found == rows {
        Ok(values)
    } else {
        Err(complain(&file, format!("has {found} rows, expected {rows}"), "store the matrix of this market"))
    }
}
