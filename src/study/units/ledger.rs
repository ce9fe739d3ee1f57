//! `units.csv`: the hash of every unit and job of a finished study, by which it can be checked after its shards are gone.

use std::io;

use blake3::Hash;

use super::plan::{Plan, PlannedUnit};
use crate::folder::{OutputError, OutputFolder, PendingFile};

/// File name of the ledger.
pub const LEDGER_FILE: &str = "units.csv";
/// Hex digits kept of a job's hash: 128 bits tell any two outcomes apart.
const JOB_DIGITS: usize = 32;

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
    /// It does not fit the plan.
    #[error("row {row} does not fit the plan")]
    Misfit {
        /// Row below the header, from 1.
        row: usize,
    },
}

/// Reads the hashes of every unit's jobs, by the unit's position; units that a stopping rule left out have none.
///
/// # Errors
/// [`LedgerError`] when the file cannot be read or is not of this plan.
pub fn read(folder: &OutputFolder, plan: &Plan) -> Result<Vec<(usize, Vec<String>)>, LedgerError> {
    let mut reader = csv::Reader::from_reader(io::BufReader::new(folder.open(&folder.path().join(LEDGER_FILE))?));
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
        let jobs: Vec<String> = row.get(6).unwrap_or_default().split(' ').map(String::from).collect();
        if jobs.len() as u64 != (unit.end - unit.first) * plan.regimes.len() as u64 {
            return Err(misfit);
        }
        units.push((position, jobs));
    }
    Ok(units)
}
