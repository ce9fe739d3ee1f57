//! `units.csv`: the hash of every unit and job of a finished study, by which it can be checked after its shards are gone.

use std::io;

use blake3::Hash;

use super::plan::{Plan, PlannedUnit};
use crate::folder::{OutputError, OutputFolder, PendingFile};

/// File name of the ledger.
pub const LEDGER_FILE: &str = "units.csv";
/// Hex digits kept of a job's hash: 128 bits tell any two outcomes apart.
const JOB_DIGITS: usize = 32;
/// Hex digits of a shard's hash.
const SHARD_DIGITS: usize = 64;

const HEADER: [&str; 7] = ["unit", "id", "point", "first_replication", "end_replication", "blake3", "jobs"];

/// Hex digits of a job's hash as the ledger keeps them.
#[must_use]
pub fn job_digits(hash: &Hash) -> String {
    hash.to_hex()[..JOB_DIGITS].to_owned()
}

/// The ledger as it is written, unit by unit.
#[derive(Debug)]
pub struct LedgerWriter {
    file: PendingFile,
}

impl LedgerWriter {
    /// Begins the ledger.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn begin(folder: &OutputFolder) -> Result<Self, OutputError> {
        let mut writer = Self { file: folder.begin(LEDGER_FILE)? };
        writer.row(&HEADER.map(String::from))?;
        Ok(writer)
    }

    /// Adds a unit: the hash of its shard, and those of its jobs in their order.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn add(&mut self, plan: &Plan, position: usize, shard: &Hash, jobs: &[Hash]) -> Result<(), OutputError> {
        let unit = &plan.units[position];
        let jobs: Vec<String> = jobs.iter().map(job_digits).collect();
        self.row(&[
            position.to_string(),
            unit.id.clone(),
            unit.point.to_string(),
            unit.first.to_string(),
            unit.end.to_string(),
            shard.to_hex().to_string(),
            jobs.join(" "),
        ])
    }

    fn row(&mut self, row: &[String; 7]) -> Result<(), OutputError> {
        let mut line = row.join(","); // numbers, hex digits and blanks need no quotes
        line.push('\n');
        self.file.write(line.as_bytes())
    }

    /// Publishes the ledger.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn finish(self) -> Result<(), OutputError> {
        self.file.finish().map(|_| ())
    }
}

/// Why a ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It cannot be opened.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It cannot be read.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// Its columns are not those of a ledger.
    #[error("its header is not `{}`", HEADER.join(","))]
    Header,
    /// Units that ran are not in it.
    #[error("it lacks unit {unit}")]
    Lacks {
        /// Id of the first of them.
        unit: String,
    },
    /// It does not fit the plan.
    #[error("row {row} does not fit the plan")]
    Misfit {
        /// Row below the header, from 1.
        row: usize,
    },
}

/// What a ledger says of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// Position of the unit in the plan.
    pub position: usize,
    /// Hash of its shard.
    pub shard: String,
    /// Hashes of its jobs, in their order.
    pub jobs: Vec<String>,
}

/// Whether a text is so many hex digits as this program writes them.
fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Reads the hashes of every unit and its jobs. A stopping rule leaves out the last units of a point, and no others (`stops` says whether there is one).
///
/// # Errors
/// [`LedgerError`] when the file cannot be read or is not of this plan.
pub fn read(folder: &OutputFolder, plan: &Plan, stops: bool) -> Result<Vec<LedgerRow>, LedgerError> {
    let mut reader = csv::Reader::from_reader(io::BufReader::new(folder.open(&folder.path().join(LEDGER_FILE))?));
    if !reader.headers()?.iter().eq(HEADER) {
        return Err(LedgerError::Header);
    }
    let (mut units, mut seen) = (Vec::new(), vec![false; plan.units.len()]);
    for (i, row) in reader.records().enumerate() {
        let row = row?;
        let misfit = LedgerError::Misfit { row: i + 1 };
        let position = row.get(0).and_then(|text| text.parse::<usize>().ok());
        let unit = position.and_then(|position| Some((position, plan.units.get(position)?)));
        let fits = |unit: &PlannedUnit| {
            let own = [unit.id.clone(), unit.point.to_string(), unit.first.to_string(), unit.end.to_string()];
            row.iter().skip(1).take(own.len()).eq(own.iter().map(String::as_str))
        };
        let Some((position, unit)) = unit.filter(|(_, unit)| fits(unit)) else { return Err(misfit) };
        if std::mem::replace(&mut seen[position], true) {
            return Err(misfit);
        }
        let shard = row.get(5).unwrap_or_default().to_owned();
        let jobs: Vec<String> = row.get(6).unwrap_or_default().split(' ').map(String::from).collect();
        let whole = jobs.len() as u64 == (unit.end - unit.first) * plan.regimes.len() as u64;
        // Nothing has a hash of zeros.
        let hashed = is_hex(&shard, SHARD_DIGITS) && shard.bytes().any(|digit| digit != b'0');
        if !whole || !hashed || !jobs.iter().all(|job| is_hex(job, JOB_DIGITS)) {
            return Err(misfit);
        }
        units.push(LedgerRow { position, shard, jobs });
    }
    // Of every point the first unit at least has run, and no unit after one that is left out.
    let same_point = |one: usize, other: usize| plan.units[one].point == plan.units[other].point;
    // From the last unit on: whether one after it, of its point, has run.
    let mut another = vec![false; plan.units.len()];
    for at in (1..plan.units.len()).rev() {
        another[at - 1] = same_point(at - 1, at) && (seen[at] || another[at]);
    }
    let lacks = |position: &usize| {
        let first = *position == 0 || !same_point(*position - 1, *position);
        !seen[*position] && (!stops || first || another[*position])
    };
    match (0..plan.units.len()).find(lacks) {
        Some(position) => Err(LedgerError::Lacks { unit: plan.units[position].id.clone() }),
        None => Ok(units),
    }
}
