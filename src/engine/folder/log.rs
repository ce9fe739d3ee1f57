//! The log of a study, one line for each run as it finishes: a study that is killed, stopped or grown later runs nothing twice.
//!
//! `runs.log` is text. Its first line says what the runs are of (scenario, data, design, outputs, version) as JSON; each further line is one row of the
//! design: its number, `ok` with the values or `error` with the reason. Every line ends with a BLAKE3 checksum over the first line
//! and itself, so a torn tail, a damaged line and a line from another study are all seen, and are run again. Lines are in
//! the order in which rows finished; nothing that is read depends on that order.

use crate::platform::clock::Instant;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};

use super::faults::{DiskStep, Faults};
use super::lock::{Lock, Sharing};
use super::{OutputError, OutputFolder};

/// Name of the log in its folder.
pub const FILE: &str = "runs.log";

/// How long a finished row may wait for the disk: what a failing power supply can cost. A killed process costs only rows that are not finished.
const SYNC_EVERY: Duration = Duration::from_secs(2);

/// What became of one row: its values, or why there are none.
pub type RowResult = Result<Vec<f64>, String>;

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The runs in the folder are of something else.
    #[error(
        "{path}: holds the runs of another study: its {key} is {found}, this one's {wanted}\nhelp: choose another folder with --out, or \
         start over in this one with --fresh"
    )]
    Another {
        /// The log.
        path: PathBuf,
        /// What differs first.
        key: String,
        /// As the log has it.
        found: String,
        /// As this study has it.
        wanted: String,
    },
    /// The first line cannot be read.
    #[error(
        "{path}: its first line is damaged, so what its runs are of is not known\nhelp: choose another folder with --out, or start over in this one with --fresh"
    )]
    Damaged {
        /// The log.
        path: PathBuf,
    },
    /// The disk refuses.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// A log that is open for appending.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    key: blake3::Hash,
    file: Mutex<(File, Instant)>,
    faults: Faults,
    lock: Lock,
}

/// What a log held when it was opened.
#[derive(Debug, Default, PartialEq)]
pub struct FoundRecords {
    /// Rows and what became of them.
    pub rows: Vec<(usize, RowResult)>,
    /// Lines that were torn or damaged, and are forgotten.
    pub damaged: usize,
}

impl Log {
    /// Opens the log of a folder, or begins one; `identity` says what the runs are of.
    ///
    /// # Errors
    /// [`LogError::Another`] when it holds runs of something else, [`LogError::Damaged`] when that cannot be told, [`LogError::Output`] when another
    /// process has the folder or the disk refuses.
    pub fn open(folder: &OutputFolder, identity: &Map<String, Value>) -> Result<(Self, FoundRecords), LogError> {
        let path = folder.path().join(FILE);
        let first = Value::Object(identity.clone()).to_string();
        let key = blake3::hash(first.as_bytes());
        let header = format!("{first}\t{}\n", checksum(&key, &first));
        let mut found = FoundRecords::default();
        // Locked before it is read: a line that another process is writing is no damage.
        let lock = Lock::take(folder, Sharing::Alone)?;
        if !path.exists() {
            folder.write(FILE, header.as_bytes())?;
        }
        let bytes = folder.read(FILE).map_err(|error| refused(&path, error))?;
        let kept = read(&path, &bytes, identity, &key, &mut found)?;
        if found.damaged > 0 {
            // Written anew whole, so that the next line does not continue a torn one.
            folder.write(FILE, kept.as_bytes())?;
        }
        folder.open(&path).map_err(|error| refused(&path, error))?; // no pipe and no device
        let file = OpenOptions::new().append(true).open(&path).map_err(|error| refused(&path, error))?;
        let log = Self { path, key, file: Mutex::new((file, Instant::now())), faults: folder.faults.clone(), lock };
        Ok((log, found))
    }

    /// The lock on its folder, for whoever goes on working there when the log is closed.
    #[must_use]
    pub fn lock(&self) -> Lock {
        self.lock.clone()
    }

    /// Appends one row.
    ///
    /// # Errors
    /// [`OutputError::File`] when the disk refuses; what was appended of the line is forgotten when the log is opened again.
    pub fn append(&self, row: usize, result: &RowResult) -> Result<(), OutputError> {
        let payload = match result {
            Ok(values) => {
                let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
                format!("{row}\tok\t{}", values.join(" "))
            }
            Err(reason) => format!("{row}\terror\t{}", Value::from(reason.as_str())),
        };
        let line = format!("{payload}\t{}\n", checksum(&self.key, &payload));
        let mut guard = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, synced) = &mut *guard;
        let written = self.faults.meet(DiskStep::Write, &self.path).and_then(|()| file.write_all(line.as_bytes()));
        written.map_err(|error| refused(&self.path, error))?;
        if synced.elapsed() >= SYNC_EVERY {
            self.wait(file)?;
            *synced = Instant::now();
        }
        Ok(())
    }

    /// Waits until every line is on the disk.
    ///
    /// # Errors
    /// [`OutputError::File`] when the disk refuses.
    pub fn sync(&self) -> Result<(), OutputError> {
        let guard = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        self.wait(&guard.0)
    }

    fn wait(&self, file: &File) -> Result<(), OutputError> {
        let synced = self.faults.meet(DiskStep::Sync, &self.path).and_then(|()| file.sync_data());
        synced.map_err(|error| refused(&self.path, error))
    }
}

fn refused(path: &Path, error: io::Error) -> OutputError {
    OutputError::File { path: path.to_owned(), error }
}

/// 16 hexadecimal digits.
fn checksum(key: &blake3::Hash, payload: &str) -> String {
    let mut hasher = blake3::Hasher::new_keyed(key.as_bytes());
    hasher.update(payload.as_bytes());
    hasher.finalize().to_hex().as_str()[..16].to_owned()
}

/// Reads a log of this identity into `found`; the text of its lines that are whole.
fn read(
    path: &Path,
    bytes: &[u8],
    identity: &Map<String, Value>,
    key: &blake3::Hash,
    found: &mut FoundRecords,
) -> Result<String, LogError> {
    let damaged = || LogError::Damaged { path: path.to_owned() };
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let header = lines.next().and_then(|line| std::str::from_utf8(line).ok()).ok_or_else(damaged)?;
    let (first, sum) = header.strip_suffix('\n').and_then(|line| line.rsplit_once('\t')).ok_or_else(damaged)?;
    if checksum(&blake3::hash(first.as_bytes()), first) != sum {
        return Err(damaged());
    }
    let Ok(Value::Object(theirs)) = serde_json::from_str(first) else { return Err(damaged()) };
    let show = |of: &Map<String, Value>, key: &str| of.get(key).map_or_else(|| "missing".into(), Value::to_string);
    // Hashes last: what has a name is said by name.
    let is_hash = |key: &&String| ["data", "document"].contains(&key.as_str());
    let keys = || identity.keys().chain(theirs.keys());
    let keys = keys().filter(|key| !is_hash(key)).chain(keys().filter(is_hash));
    if let Some(differs) = keys.into_iter().find(|key| identity.get(*key) != theirs.get(*key)) {
        return Err(LogError::Another {
            path: path.to_owned(),
            key: differs.clone(),
            found: show(&theirs, differs),
            wanted: show(identity, differs),
        });
    }
    let mut kept = header.to_owned();
    for line in lines {
        match std::str::from_utf8(line).ok().and_then(|line| Some((line, parse(line, key)?))) {
            Some((text, row)) => {
                kept.push_str(text);
                found.rows.push(row);
            }
            None => found.damaged += 1,
        }
    }
    Ok(kept)
}

/// A line that is whole: row and result.
fn parse(line: &str, key: &blake3::Hash) -> Option<(usize, RowResult)> {
    let (payload, sum) = line.strip_suffix('\n')?.rsplit_once('\t')?;
    if checksum(key, payload) != sum {
        return None;
    }
    let mut parts = payload.splitn(3, '\t');
    let (row, kind, rest) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
    let result = match kind {
        "ok" => Ok(rest.split(' ').map(|value| value.parse().ok()).collect::<Option<Vec<f64>>>()?),
        _ => Err(serde_json::from_str(rest).ok()?),
    };
    Some((row, result))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    fn identity(seed: u64) -> Map<String, Value> {
        let Value::Object(map) = json!({ "scenario": "test", "seed": seed }) else { panic!("an object") };
        map
    }

    fn rows() -> Vec<(usize, RowResult)> {
        vec![
            (3, Ok(vec![0.1 + 0.2, -0.0, 1e300])),
            (0, Err("alpha is 2\nand that\tis too large".into())),
            (1, Ok(vec![f64::MIN_POSITIVE, 51_680.0, -1.0 / 3.0])),
        ]
    }

    fn filled() -> (tempfile::TempDir, OutputFolder) {
        let directory = tempfile::tempdir().unwrap();
        let folder = OutputFolder::bare(directory.path()).unwrap();
        let (log, found) = Log::open(&folder, &identity(1)).unwrap();
        assert_eq!(found, FoundRecords::default());
        rows().iter().for_each(|(row, result)| log.append(*row, result).unwrap());
        log.sync().unwrap();
        (directory, folder)
    }

    fn bits(found: &FoundRecords) -> Vec<(usize, Result<Vec<u64>, String>)> {
        let bits = |values: &Vec<f64>| values.iter().map(|value| value.to_bits()).collect();
        found.rows.iter().map(|(row, result)| (*row, result.as_ref().map(bits).map_err(Clone::clone))).collect()
    }

    #[test]
    fn rows_come_back_to_the_bit() {
        let (_directory, folder) = filled();
        let found = Log::open(&folder, &identity(1)).unwrap().1;
        assert_eq!(bits(&found), bits(&FoundRecords { rows: rows(), damaged: 0 }));
    }

    /// Cut after every byte beyond the first line: what is left is a beginning of the rows, and can be appended to.
    #[test]
    fn a_torn_tail_is_forgotten_wherever_it_is_torn() {
        let (_directory, folder) = filled();
        let path = folder.path().join(FILE);
        let whole = fs::read(&path).unwrap();
        let header = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for cut in header..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let (log, found) = Log::open(&folder, &identity(1)).unwrap();
            let ends = whole[..cut].iter().filter(|byte| **byte == b'\n').count() - 1;
            assert_eq!(found.rows, rows()[..ends]);
            assert_eq!(found.damaged, usize::from(whole[cut - 1] != b'\n'));
            log.append(7, &Ok(vec![1.0])).unwrap();
            drop(log);
            let again = Log::open(&folder, &identity(1)).unwrap().1;
            assert_eq!((again.rows.len(), again.damaged), (ends + 1, 0));
        }
        for cut in 0..header {
            fs::write(&path, &whole[..cut]).unwrap();
            assert!(matches!(Log::open(&folder, &identity(1)), Err(LogError::Damaged { .. })), "cut at {cut}");
        }
    }

    #[test]
    fn a_damaged_byte_costs_its_line_only() {
        let (_directory, folder) = filled();
        let path = folder.path().join(FILE);
        let mut bytes = fs::read(&path).unwrap();
        let header = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        bytes[header] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let found = Log::open(&folder, &identity(1)).unwrap().1;
        assert_eq!((found.rows, found.damaged), (rows()[1..].to_vec(), 1));
    }

    #[test]
    fn another_study_is_refused_by_name() {
        let (_directory, folder) = filled();
        let error = Log::open(&folder, &identity(2)).unwrap_err().to_string();
        assert!(error.contains("seed is 1, this one's 2") && error.contains("--out"), "{error}");
    }

    #[test]
    fn two_writers_are_one_too_many() {
        let (_directory, folder) = filled();
        let _first = Log::open(&folder, &identity(1)).unwrap();
        assert!(matches!(Log::open(&folder, &identity(1)), Err(LogError::Output(OutputError::Busy { .. }))));
    }
}
