//! A shard: every outcome of one unit, as a file that proves itself.
//!
//! ```text
//! "STICKSHRD1\n"
//! u32 length, JSON header     what the unit is; plan, version, regimes, number of jobs
//! for each replication, for each regime, one job:
//!   u8                        1 for an outcome, 0 for an error
//!   32 bytes                  BLAKE3 of the outcome (see [`outcome_hash`]) or of the error's text
//!   outcome: u32, u32         lengths of `values` and `switched`
//!            bits, words      which numbers differ from those of the replication's first outcome, and they themselves
//!   error:   u32, text
//! 32 bytes                    BLAKE3 of everything before
//! ```
//!
//! Numbers are little-endian. An outcome's numbers are the 64 bits of each double, exclusive-ored with the reference: most are equal
//! between regimes of one world (weeks before the policy, prices that do not move), and a zero word is left out.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use blake3::{Hash, Hasher};
use serde::{Deserialize, Serialize};

use super::shape::Shape;
use crate::model::outcome::Outcome;
use crate::study::JobResult;

pub(super) const MAGIC: &[u8; 11] = b"STICKSHRD1\n";
const HASH_BYTES: usize = 32;
/// Longest header or error text that is believed: a length beyond it is damage.
const LONGEST_TEXT: u32 = 1 << 24;
/// Most numbers of one outcome that are believed.
const MOST_NUMBERS: u32 = 1 << 26;

/// The unit of a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Id of the unit.
    pub unit: String,
    /// Hash of the plan.
    pub plan: String,
    /// Version of the model.
    pub version: String,
    /// Position of the point.
    pub point: usize,
    /// First replication.
    pub first: u64,
    /// The replication after the last.
    pub end: u64,
    /// Regimes, in the order of the jobs.
    pub regimes: Vec<String>,
    /// Number of jobs: replications x regimes.
    pub jobs: u64,
}

/// Why a shard cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    /// The file cannot be read.
    #[error("{path}: cannot be read: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        error: io::Error,
    },
    /// The file is cut short or its bytes changed.
    #[error("{path}: is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
    /// The file is whole, and its numbers are not those of a study of this plan.
    #[error("{path}: replication {replication} of {regime}: {reason}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Replication number.
        replication: u64,
        /// Regime.
        regime: String,
        /// What is wrong.
        reason: String,
    },
}

impl ShardError {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        let (Self::Io { path, .. } | Self::Damaged { path, .. } | Self::Foreign { path, .. }) = self;
        path
    }

    /// What to do about a stored unit that cannot be used.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        const AGAIN: &str = "remove the file and run its unit again";
        if let Self::Io { error, .. } = self { crate::folder::remedy(error, AGAIN) } else { AGAIN }
    }
}

/// BLAKE3 of an outcome's numbers: for `values`, then `switched`, the count and the bits of each.
#[must_use]
pub fn outcome_hash(outcome: &Outcome) -> Hash {
    let mut hasher = Hasher::new();
    let mut bytes = Vec::with_capacity(8 * outcome.values.len().max(outcome.switched.len()));
    for numbers in [&outcome.values, &outcome.switched] {
        bytes.clear();
        numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_bits().to_le_bytes()));
        hasher.update(&(numbers.len() as u64).to_le_bytes()).update(&bytes);
    }
    hasher.finalize()
}

/// Hash by which a job's result is known: of its outcome, or of its error.
#[must_use]
pub fn job_hash(job: &JobResult) -> Hash {
    match job {
        Ok(outcome) => outcome_hash(outcome),
        Err(error) => blake3::hash(error.to_string().as_bytes()),
    }
}

/// The jobs of one replication as bytes, and the hash of each.
#[must_use]
pub fn encode(jobs: &[JobResult]) -> (Vec<u8>, Vec<Hash>) {
    let mut bytes = Vec::new();
    let mut hashes = Vec::with_capacity(jobs.len());
    let reference = jobs.iter().find_map(|job| job.as_ref().ok());
    let mut is_reference = true;
    for job in jobs {
        let hash = job_hash(job);
        hashes.push(hash);
        bytes.push(u8::from(job.is_ok()));
        bytes.extend_from_slice(hash.as_bytes());
        match job {
            Ok(outcome) => {
                let other = reference.filter(|_| !std::mem::take(&mut is_reference));
                bytes.extend_from_slice(&(outcome.values.len() as u32).to_le_bytes());
                bytes.extend_from_slice(&(outcome.switched.len() as u32).to_le_bytes());
                encode_numbers(&mut bytes, &outcome.values, other.map_or(&[], |other| &other.values));
                encode_numbers(&mut bytes, &outcome.switched, other.map_or(&[], |other| &other.switched));
            }
            Err(error) => {
                let text = error.to_string();
                bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
    (bytes, hashes)
}

/// Words of the numbers that differ from `reference` (0 where it has none): a bit for each number, then the words.
fn encode_numbers(bytes: &mut Vec<u8>, numbers: &[f64], reference: &[f64]) {
    let bits = bytes.len();
    bytes.resize(bits + numbers.len().div_ceil(8), 0);
    for (i, number) in numbers.iter().enumerate() {
        let word = number.to_bits() ^ reference.get(i).map_or(0, |other| other.to_bits());
        if word != 0 {
            bytes[bits + i / 8] |= 1 << (i % 8);
            bytes.extend_from_slice(&word.to_le_bytes());
        }
    }
}

/// The first bytes of a shard.
#[must_use]
pub fn encode_header(header: &Header) -> Vec<u8> {
    let text = serde_json::to_vec(header).unwrap_or_default(); // text and numbers always serialise
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&text);
    bytes
}

/// A stored job: its outcome or the text of its error, and its hash.
pub type StoredJob = (Result<Outcome, String>, Hash);

/// A shard whose bytes are those that were written, ready to be read replication by replication.
#[derive(Debug)]
pub struct ShardReader {
    path: PathBuf,
    /// What the shard holds.
    pub header: Header,
    /// BLAKE3 of its bytes, as it stands at its end.
    pub hash: Hash,
    input: BufReader<File>,
    next: u64,
    shape: Option<Shape>,
}

impl ShardReader {
    /// Opens a shard.
    ///
    /// # Errors
    /// [`ShardError`].
    pub fn open(path: &Path) -> Result<Self, ShardError> {
        let file = crate::folder::open(path).map_err(|error| ShardError::Io { path: path.to_owned(), error })?;
        Self::new(path, file)
    }

    /// Reads the shard that was opened at `path` through once to prove that it is whole, then goes back to its first job.
    ///
    /// # Errors
    /// [`ShardError`].
    pub fn new(path: &Path, file: File) -> Result<Self, ShardError> {
        let failed = |error| ShardError::Io { path: path.to_owned(), error };
        let damaged = |reason| ShardError::Damaged { path: path.to_owned(), reason };
        let size = file.metadata().map_err(failed)?.len();
        let Some(body) = size.checked_sub(HASH_BYTES as u64) else { return Err(damaged("it is cut short")) };
        let mut hasher = Hasher::new();
        hasher.update_reader((&file).take(body)).map_err(failed)?;
        let mut end = [0; HASH_BYTES];
        (&file).read_exact(&mut end).map_err(failed)?;
        let hash = hasher.finalize();
        if hash != end {
            return Err(damaged("its bytes do not have the hash at its end"));
        }
        let mut reader = Self {
            path: path.to_owned(),
            header: Header {
                unit: String::new(),
                plan: String::new(),
                version: String::new(),
                point: 0,
                first: 0,
                end: 0,
                regimes: Vec::new(),
                jobs: 0,
            },
            hash,
            input: BufReader::with_capacity(1 << 16, file),
            next: 0,
            shape: None,
        };
        io::Seek::rewind(&mut reader.input).map_err(failed)?;
        if reader.bytes(MAGIC.len())? != MAGIC {
            return Err(damaged("it does not begin as a shard does"));
        }
        let length = reader.length(LONGEST_TEXT)?;
        let header = reader.bytes(length)?;
        reader.header = serde_json::from_slice(&header).map_err(|_| damaged("its header cannot be read"))?;
        reader.next = reader.header.first;
        Ok(reader)
    }

    /// The same shard, whose outcomes must look like those of a plan.
    #[must_use]
    pub fn expecting(self, shape: Option<&Shape>) -> Self {
        Self { shape: shape.cloned(), ..self }
    }

    fn foreign(&self, place: usize, reason: String) -> ShardError {
        let regime = self.header.regimes.get(place).cloned().unwrap_or_default();
        ShardError::Foreign { path: self.path.clone(), replication: self.next, regime, reason }
    }

    /// The jobs of the next replication; nothing after the last.
    ///
    /// # Errors
    /// [`ShardError`] when the bytes do not say what they should.
    pub fn next_replication(&mut self) -> Result<Option<(u64, Vec<StoredJob>)>, ShardError> {
        if self.next >= self.header.end {
            return if self.is_at_end()? { Ok(None) } else { Err(self.damaged("it goes on after its last job")) };
        }
        let mut jobs: Vec<StoredJob> = Vec::with_capacity(self.header.regimes.len());
        for _ in 0..self.header.regimes.len() {
            let is_outcome = match self.bytes(1)?[0] {
                0 => false,
                1 => true,
                _ => return Err(self.damaged("a job is neither an outcome nor an error")),
            };
            let mut hash = [0; HASH_BYTES];
            hash.copy_from_slice(&self.bytes(HASH_BYTES)?);
            let hash = Hash::from_bytes(hash);
            let job = if is_outcome {
                let (values, switched) = (self.length(MOST_NUMBERS)?, self.length(MOST_NUMBERS)?);
                // Before room is made for them.
                if let Some(reason) = self.shape.as_ref().and_then(|shape| shape.other_lengths([values, switched])) {
                    return Err(self.foreign(jobs.len(), reason));
                }
                let reference = jobs.iter().find_map(|(job, _)| job.as_ref().ok());
                let (values_of, switched_of) =
                    reference.map_or((&[][..], &[][..]), |other| (&other.values[..], &other.switched[..]));
                let outcome = Outcome {
                    values: read_numbers(&mut self.input, &self.path, values, values_of)?,
                    switched: read_numbers(&mut self.input, &self.path, switched, switched_of)?,
                };
                if outcome_hash(&outcome) != hash {
                    return Err(self.damaged("an outcome does not have the hash beside it"));
                }
                if let Some(reason) = self.shape.as_ref().and_then(|shape| shape.fault(&outcome)) {
                    return Err(self.foreign(jobs.len(), reason));
                }
                Ok(outcome)
            } else {
                let length = self.length(LONGEST_TEXT)?;
                let text = String::from_utf8(self.bytes(length)?).map_err(|_| self.damaged("an error is no text"))?;
                if blake3::hash(text.as_bytes()) != hash {
                    return Err(self.damaged("an error does not have the hash beside it"));
                }
                Err(text)
            };
            jobs.push((job, hash));
        }
        let replication = self.next;
        self.next += 1;
        Ok(Some((replication, jobs)))
    }

    /// Whether nothing is left to read but the hash.
    fn is_at_end(&mut self) -> Result<bool, ShardError> {
        let failed = |error| ShardError::Io { path: self.path.clone(), error };
        let at = io::Seek::stream_position(&mut self.input).map_err(failed)?;
        let size = self.input.get_ref().metadata().map_err(failed)?.len();
        Ok(at + HASH_BYTES as u64 == size)
    }

    fn damaged(&self, reason: &'static str) -> ShardError {
        ShardError::Damaged { path: self.path.clone(), reason }
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, ShardError> {
        read_bytes(&mut self.input, &self.path, length)
    }

    fn length(&mut self, most: u32) -> Result<usize, ShardError> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&self.bytes(4)?);
        let length = u32::from_le_bytes(bytes);
        if length > most {
            return Err(self.damaged("a length is beyond reason"));
        }
        Ok(length as usize)
    }
}

fn read_bytes(input: &mut BufReader<File>, path: &Path, length: usize) -> Result<Vec<u8>, ShardError> {
    let mut bytes = vec![0; length];
    match input.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(ShardError::Damaged { path: path.to_owned(), reason: "it ends within a job" })
        }
        Err(error) => Err(ShardError::Io { path: path.to_owned(), error }),
    }
}

fn read_numbers(
    input: &mut BufReader<File>,
    path: &Path,
    count: usize,
    reference: &[f64],
) -> Result<Vec<f64>, ShardError> {
    let bits = read_bytes(input, path, count.div_ceil(8))?;
    let words: usize = bits.iter().map(|byte| byte.count_ones() as usize).sum();
    let words = read_bytes(input, path, 8 * words)?;
    let mut words = words.chunks_exact(8);
    let number = |i: usize| {
        let mut word = reference.get(i).map_or(0, |other| other.to_bits());
        if bits[i / 8] & (1 << (i % 8)) != 0 {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(words.next().unwrap_or(&[0; 8]));
            word ^= u64::from_le_bytes(bytes);
        }
        f64::from_bits(word)
    };
    Ok((0..count).map(number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::JobError;

    fn outcome(values: &[f64], switched: &[f64]) -> JobResult {
        Ok(Outcome { values: values.to_vec(), switched: switched.to_vec() })
    }

    fn jobs() -> Vec<Vec<JobResult>> {
        let awkward = [0.0, -0.0, f64::NAN, f64::INFINITY, 5e-324, -1.5, 1e308, 0.1, 7.0];
        vec![
            vec![outcome(&awkward, &[]), outcome(&[0.0; 9], &[1.0, 2.0]), outcome(&awkward, &[0.0, 2.5])],
            vec![Err(JobError::Fault("went wrong".into())), outcome(&awkward[..3], &[4.0]), outcome(&awkward, &[4.0])],
            vec![Err(JobError::Study("no inversion".into())), Err(JobError::Fault(String::new())), outcome(&[], &[])],
        ]
    }

    fn header() -> Header {
        Header {
            unit: "0123456789abcdef".into(),
            plan: "plan".into(),
            version: "1".into(),
            point: 0,
            first: 5,
            end: 8,
            regimes: ["a", "b", "c"].map(String::from).to_vec(),
            jobs: 9,
        }
    }

    fn whole() -> Vec<u8> {
        let mut bytes = encode_header(&header());
        jobs().iter().for_each(|jobs| bytes.extend(encode(jobs).0));
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        bytes
    }

    /// What is read is what was written, to the bit, whatever the numbers and errors.
    #[test]
    fn a_shard_gives_back_every_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.shard");
        std::fs::write(&path, whole()).unwrap();
        let mut reader = ShardReader::open(&path).unwrap();
        assert_eq!(reader.header, header());
        for (i, written) in jobs().iter().enumerate() {
            let (replication, read) = reader.next_replication().unwrap().unwrap();
            assert_eq!(replication, 5 + i as u64);
            for (written, (read, hash)) in written.iter().zip(&read) {
                match (written, read) {
                    (Ok(written), Ok(read)) => {
                        let bits = |numbers: &[f64]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                        assert_eq!(bits(&written.values), bits(&read.values));
                        assert_eq!(bits(&written.switched), bits(&read.switched));
                    }
                    (Err(written), Err(read)) => assert_eq!(written.to_string(), *read),
                    other => panic!("{other:?}"),
                }
                assert_eq!(job_hash(written), *hash);
            }
        }
        assert!(reader.next_replication().unwrap().is_none());
    }

    /// Cut anywhere or with any byte changed, a shard is refused, and nothing panics.
    #[test]
    fn a_torn_or_changed_shard_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.shard");
        let bytes = whole();
        for length in 0..bytes.len() {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(ShardReader::open(&path).is_err(), "cut at {length}");
        }
        for position in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= 0x40;
            std::fs::write(&path, changed).unwrap();
            assert!(ShardReader::open(&path).is_err(), "changed at {position}");
        }
    }

    /// Lengths that lie under a right hash end in an error, not in a panic or an endless allocation.
    #[test]
    fn lengths_beyond_the_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.shard");
        for lie in [u32::MAX, MOST_NUMBERS, 1 << 20] {
            let mut bytes = encode_header(&header());
            bytes.push(1);
            bytes.extend_from_slice(&[0; HASH_BYTES]);
            bytes.extend_from_slice(&lie.to_le_bytes());
            bytes.extend_from_slice(&1_u32.to_le_bytes());
            bytes.extend_from_slice(&[255; 40]);
            let hash = blake3::hash(&bytes);
            bytes.extend_from_slice(hash.as_bytes());
            std::fs::write(&path, bytes).unwrap();
            let mut reader = ShardReader::open(&path).unwrap();
            assert!(matches!(reader.next_replication(), Err(ShardError::Damaged { .. })), "{lie}");
        }
    }

    /// A shard with a right hash and a job more than its header says is not taken for one that ends where it should.
    #[test]
    fn a_shard_that_goes_on_after_its_last_job_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.shard");
        let mut bytes = encode_header(&header());
        jobs().iter().chain(&jobs()[..1]).for_each(|jobs| bytes.extend(encode(jobs).0));
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        std::fs::write(&path, bytes).unwrap();
        let mut reader = ShardReader::open(&path).unwrap();
        for _ in 0..3 {
            assert!(reader.next_replication().unwrap().is_some());
        }
        let error = reader.next_replication().unwrap_err().to_string();
        assert!(error.contains("goes on"), "{error}");
    }

    /// The point of the encoding: regimes that share most numbers with the first take little room.
    #[test]
    fn equal_numbers_take_a_bit_each() {
        let numbers: Vec<f64> = (0..800).map(f64::from).collect();
        let alone = encode(&[outcome(&numbers, &[])]).0.len();
        let twice = encode(&[outcome(&numbers, &[]), outcome(&numbers, &[])]).0.len();
        assert_eq!(twice - alone, 1 + HASH_BYTES + 8 + 100);
    }
}
