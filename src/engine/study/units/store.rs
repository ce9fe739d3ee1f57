//! The folder of a plan and its shards: what is done, what is missing, and publishing one unit more.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::plan::Plan;
use super::shape::Shape;
use super::shard::{Header, MAGIC, ShardError, ShardReader, encode_header};
use crate::config::harmless;
use crate::folder::lock::{Lock, Sharing};
use crate::folder::{OutputError, OutputFolder, PendingFile};

/// Folder of the shards.
pub const UNITS_FOLDER: &str = "units";
const ENDING: &str = "shard";

/// Why stored units cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A shard of another plan or version, or that is no unit of this plan.
    #[error("{path}: {reason}\nhelp: remove it, or look for the folder that it belongs to")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Two whole shards of one unit that are not the same.
    #[error(
        "unit {id} was done twice, with different results: {first} and {second}\n\
         help: run `stickershock verify` where each was made, and remove the wrong one"
    )]
    Conflict {
        /// Id of the unit.
        id: String,
        /// A shard.
        first: PathBuf,
        /// Another.
        second: PathBuf,
    },
    /// A shard that was whole when it was looked at first.
    #[error("{error}\nhelp: {help}", error = .0, help = .0.remedy())]
    Shard(#[from] ShardError),
    /// A unit that came from elsewhere and is not whole.
    #[error("{0}\nhelp: send it again; the units before it are stored")]
    Arrived(ShardError),
    /// The folder cannot be read or written, or someone else works in it.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// The folder of a plan.
#[derive(Debug)]
pub struct Store {
    folder: OutputFolder,
    _lock: Lock,
}

/// What a folder holds of a plan.
#[derive(Debug, Default)]
pub struct Inventory {
    /// A whole shard of each unit that is done, by the unit's position.
    pub done: BTreeMap<usize, PathBuf>,
    /// Shards that are cut short or changed.
    pub damaged: Vec<ShardError>,
}

impl Store {
    /// Takes a folder, which is made if need be.
    ///
    /// # Errors
    /// [`StoreError::Output`] when another process has it, or it cannot be written.
    pub fn open(path: &Path, sharing: Sharing) -> Result<Self, StoreError> {
        Self::of(OutputFolder::bare(path)?, sharing)
    }

    /// The same with a folder that there is. Alone in it, what a killed process left unfinished is swept.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn of(folder: OutputFolder, sharing: Sharing) -> Result<Self, StoreError> {
        let lock = Lock::take(&folder, sharing)?;
        Ok(Self { folder, _lock: lock })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &OutputFolder {
        &self.folder
    }

    fn units_folder(&self) -> PathBuf {
        self.folder.path().join(UNITS_FOLDER)
    }

    /// Reads every shard through and says which units are done.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] for a whole shard that is no part of the plan, [`StoreError::Conflict`] for two that differ.
    pub fn inventory(&self, plan: &Plan) -> Result<Inventory, StoreError> {
        let positions: BTreeMap<&str, usize> =
            plan.units.iter().enumerate().map(|(position, unit)| (unit.id.as_str(), position)).collect();
        let mut inventory = Inventory::default();
        for path in self.shards()? {
            let reader = match self.shard(&path) {
                Ok(reader) => reader,
                Err(error @ ShardError::Damaged { .. }) => {
                    inventory.damaged.push(error);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let Some(position) = positions.get(reader.header.unit.as_str()) else {
                return Err(foreign(&path, plan, &reader.header));
            };
            if reader.header != header(plan, *position) {
                return Err(foreign(&path, plan, &reader.header));
            }
            match inventory.done.get(position) {
                Some(first) if self.shard(first)?.hash != reader.hash => {
                    let (id, first) = (reader.header.unit.clone(), first.clone());
                    return Err(StoreError::Conflict { id, first, second: path });
                }
                Some(_) => {}
                None => {
                    inventory.done.insert(*position, path);
                }
            }
        }
        Ok(inventory)
    }

    /// Whether there is any shard, whole or not.
    #[must_use]
    pub fn has_units(&self) -> bool {
        self.shards().is_ok_and(|shards| !shards.is_empty())
    }

    /// Files that end as shards do, by name.
    fn shards(&self) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.units_folder();
        self.folder.not_a_link(&folder)?;
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(OutputError::Folder { path: folder, error }.into()),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| OutputError::Folder { path: folder.clone(), error })?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// The shard of one unit if it is whole and of this plan.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read or is of another plan.
    pub fn is_done(&self, plan: &Plan, position: usize) -> Result<bool, StoreError> {
        let path = self.shard_path(plan, position);
        if !path.exists() {
            return Ok(false);
        }
        match self.shard(&path) {
            Ok(reader) if reader.header == header(plan, position) => Ok(true),
            Ok(reader) => Err(foreign(&path, plan, &reader.header)),
            Err(ShardError::Damaged { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a shard of the folder.
    ///
    /// # Errors
    /// [`ShardError`].
    pub fn shard(&self, path: &Path) -> Result<ShardReader, ShardError> {
        let opened = self.folder.open(path);
        ShardReader::new(path, opened.map_err(|error| ShardError::Io { path: path.to_owned(), error })?)
    }

    /// Where the shard of a unit stands when it is done.
    #[must_use]
    pub fn shard_path(&self, plan: &Plan, position: usize) -> PathBuf {
        self.units_folder().join(format!("{}.{ENDING}", plan.units[position].id))
    }

    /// Begins the shard of a unit.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn begin(&self, plan: &Plan, position: usize) -> Result<ShardWriter, OutputError> {
        let name = format!("{UNITS_FOLDER}/{}.{ENDING}", plan.units[position].id);
        let mut writer = ShardWriter { file: self.folder.begin(&name)?, hasher: blake3::Hasher::new() };
        writer.write(&encode_header(&header(plan, position)))?;
        Ok(writer)
    }

    /// Takes the bytes of a shard that was made elsewhere, if its outcomes look like those of the plan (`shape`, where the scenario can be
    /// prepared); gives the position of its unit, and whether it was missing.
    ///
    /// # Errors
    /// [`StoreError::Arrived`] for one that is cut short or changed, [`StoreError::Foreign`] for one of another plan or version,
    /// [`StoreError::Conflict`] where the unit is done with other results.
    pub fn receive(&self, plan: &Plan, shape: Option<&Shape>, bytes: &[u8]) -> Result<(usize, bool), StoreError> {
        self.receive_as(plan, shape, None, bytes)
    }

    /// The same of a shard that was announced as that of a unit, and must be it.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn receive_as(
        &self,
        plan: &Plan,
        shape: Option<&Shape>,
        announced: Option<&str>,
        bytes: &[u8],
    ) -> Result<(usize, bool), StoreError> {
        let arrived = Path::new("the unit that came");
        let scratch = || -> std::io::Result<File> {
            let mut file = tempfile::tempfile()?;
            file.write_all(bytes)?;
            file.rewind()?;
            Ok(file)
        };
        let file = scratch().map_err(|error| OutputError::File { path: arrived.to_owned(), error })?;
        let mut reader = ShardReader::new(arrived, file).map_err(StoreError::Arrived)?.expecting(shape);
        let position = plan.units.iter().position(|unit| unit.id == reader.header.unit);
        let position = position.filter(|position| reader.header == header(plan, *position));
        let Some(position) = position else { return Err(foreign(arrived, plan, &reader.header)) };
        if let Some(other) = announced.filter(|announced| *announced != plan.units[position].id) {
            let id = &plan.units[position].id;
            let reason = format!("is unit {id}, and the line before it announces unit {}", harmless(other));
            return Err(StoreError::Foreign { path: arrived.to_owned(), reason });
        }
        while reader.next_replication().map_err(StoreError::Arrived)?.is_some() {}
        let path = self.shard_path(plan, position);
        if self.is_done(plan, position)? {
            let id = plan.units[position].id.clone();
            return match self.shard(&path)?.hash == reader.hash {
                true => Ok((position, false)),
                false => Err(StoreError::Conflict { id, first: path, second: arrived.to_owned() }),
            };
        }
        let name = format!("{UNITS_FOLDER}/{}.{ENDING}", plan.units[position].id);
        self.folder.write(&name, bytes)?;
        Ok((position, true))
    }

    /// Removes every shard, and the folder of shards where nothing else stands in it.
    ///
    /// # Errors
    /// [`OutputError`] when the system refuses.
    pub fn remove_units(&self) -> Result<(), OutputError> {
        self.folder.remove_endings(UNITS_FOLDER, ENDING)
    }

    /// Removes damaged shards. For a process that is alone in the folder.
    ///
    /// # Errors
    /// [`OutputError`] when the system refuses.
    pub fn tidy(&self, damaged: &[ShardError]) -> Result<(), OutputError> {
        for error in damaged {
            if let ShardError::Damaged { path, .. } = error {
                self.folder.remove(path)?;
            }
        }
        Ok(())
    }
}

/// The line that stands before a shard in a stream of several: its unit and its length.
#[must_use]
pub fn frame(unit: &str, length: usize) -> String {
    format!("{FRAME} {unit} {length}\n")
}

/// A shard of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamedShard {
    /// The unit that the line before it names, where there is such a line.
    pub unit: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The next shard of a stream, nothing at its end. A stream without such lines is one shard. No more is held than has come.
///
/// # Errors
/// What the system says, and [`ErrorKind::InvalidData`] with what is wrong with the stream.
pub fn next_shard(stream: &mut impl BufRead) -> Result<Option<StreamedShard>, std::io::Error> {
    let wrong = |what: &str| std::io::Error::new(ErrorKind::InvalidData, what);
    let Some(first) = stream.fill_buf()?.first().copied() else { return Ok(None) };
    let mut shard = Vec::new();
    if first != FRAME.as_bytes()[0] {
        stream.take(MAGIC.len() as u64).read_to_end(&mut shard)?;
        if shard != MAGIC {
            return Err(wrong("it does not begin as a unit does"));
        }
        stream.take(LONGEST_SHARD + 1).read_to_end(&mut shard)?;
        let whole = shard.len() as u64 <= LONGEST_SHARD;
        return if whole { Ok(Some(StreamedShard { unit: None, bytes: shard })) } else { Err(wrong(TOO_LONG)) };
    }
    let mut line = Vec::new();
    stream.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    let line = String::from_utf8_lossy(&line).into_owned();
    if !line.starts_with(FRAME) || !line.ends_with('\n') {
        return Err(wrong("a line that announces a unit is cut short"));
    }
    let words: Vec<&str> = line.trim_end().split(' ').collect();
    let announced = if let [FRAME, unit, length] = words[..] {
        length.parse::<u64>().ok().map(|length| (unit, length))
    } else {
        None
    };
    let Some((unit, length)) = announced else {
        return Err(wrong("a line that announces a unit does not have its id and its length"));
    };
    if length > LONGEST_SHARD {
        return Err(wrong(TOO_LONG));
    }
    stream.take(length).read_to_end(&mut shard)?;
    let unit = Some(unit.to_owned());
    let whole = shard.len() as u64 == length;
    if whole { Ok(Some(StreamedShard { unit, bytes: shard })) } else { Err(wrong("the last unit is cut short")) }
}

/// Longest shard in a stream, bytes.
const LONGEST_SHARD: u64 = 1 << 30;
/// What is said of a longer one.
const TOO_LONG: &str = "a unit is longer than 1 GiB: plan smaller units with --unit-size";

/// Longest line before a shard.
const LONGEST_LINE: u64 = 256;

/// How the line before a shard begins.
const FRAME: &str = "stickershock-unit";

/// What the shard of a unit says that it is.
#[must_use]
pub fn header(plan: &Plan, position: usize) -> Header {
    let unit = &plan.units[position];
    Header {
        unit: unit.id.clone(),
        plan: plan.hash.clone(),
        version: plan.version.clone(),
        point: unit.point,
        first: unit.first,
        end: unit.end,
        regimes: plan.regimes.clone(),
        jobs: (unit.end - unit.first) * plan.regimes.len() as u64,
    }
}

fn foreign(path: &Path, plan: &Plan, found: &Header) -> StoreError {
    let reason = if found.version != plan.version {
        format!("holds results of version {}, the plan is of version {}", found.version, plan.version)
    } else if found.plan != plan.hash {
        format!("belongs to another plan ({} instead of {})", short(&found.plan), short(&plan.hash))
    } else {
        format!("says that it is unit {}, which is not what the plan has there", found.unit)
    };
    StoreError::Foreign { path: path.to_owned(), reason }
}

fn short(hash: &str) -> &str {
    hash.get(..16).unwrap_or(hash)
}

/// A shard that is being written; it appears when it is finished.
#[derive(Debug)]
pub struct ShardWriter {
    file: PendingFile,
    hasher: blake3::Hasher,
}

impl ShardWriter {
    /// Appends the encoded jobs of the next replication.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.hasher.update(bytes);
        self.file.write(bytes)
    }

    /// Ends the shard with its hash and publishes it; `sync` waits until it is on the disk.
    ///
    /// # Errors
    /// [`OutputError`]; then no shard stands under its name.
    pub fn finish(mut self, sync: bool) -> Result<blake3::Hash, OutputError> {
        let hash = self.hasher.finalize();
        self.file.write(hash.as_bytes())?;
        if sync {
            self.file.finish()?
        } else {
            self.file.finish_unsynced()?
        };
        Ok(hash)
    }
}
