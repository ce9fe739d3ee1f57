//! `plan.json`: what a study is, and the ordered list of its units.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use blake3::Hasher;
use serde::{Deserialize, Serialize};

use super::MODEL_VERSION;
use crate::config::design::{Points, Worlds};
use crate::config::document::Invocation;
use crate::config::{ConfigError, Document, LONGEST_DATA, Loaded, Source, harmless};
use crate::folder::{OutputError, OutputFolder, remedy};
use crate::model::ids::RegimeId;
use crate::study::units::unit::{default_size, units};
use crate::study::{Arm, Unit};

/// File name of a plan.
pub const PLAN_FILE: &str = "plan.json";
/// Folder of the copies of data files.
const DATA_FOLDER: &str = "data";
/// Most units of a plan: each is a file.
const MOST_UNITS: u64 = 1_000_000;
/// Version of the file's form.
const FORMAT: u32 = 4;

/// Longest plan, bytes: one of a million units has some hundred million.
pub const LONGEST_PLAN: u64 = 1 << 28;

/// Replications of a point that a plan may have, whatever its file says.
const MOST_REPLICATIONS: u64 = 10_000_000;

/// What units keep of every outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// All of it.
    Outcomes,
    /// The headline metrics of every period, of which the tables of a study of many points are made.
    Headlines,
}

/// Why there is no plan to work with.
#[derive(Debug, thiserror::Error)]
pub enum UnitPlanError {
    /// The file cannot be read.
    #[error("{path}: cannot be read: {error}\nhelp: {}", remedy(.error, &format!("write a plan with `stickershock plan SCENARIO --out {}`", folder(.path))))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        error: std::io::Error,
    },
    /// The file is no plan, or was changed after it was written.
    #[error("{path}: {reason}\nhelp: write the plan again with `stickershock plan SCENARIO --out {}`", folder(.path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of this name that another program wrote.
    #[error(
        "{path}: is the plan of another program, not of stickershock\nhelp: name a folder that `stickershock plan SCENARIO --out DIR` wrote"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A plan of a version that wrote it otherwise.
    #[error(
        "{path}: was written by version {version}, in a form ({form}) that this program, whose form is {FORMAT}, does not read\n\
         help: go on with that version, or write the plan again with `stickershock plan SCENARIO --out {}`",
        folder(.path)
    )]
    Form {
        /// The file.
        path: PathBuf,
        /// The version.
        version: String,
        /// Its form.
        form: u64,
    },
    /// The plan was made by another version of the model.
    #[error(
        "{path}: the plan is of version {planned} and this program is version {MODEL_VERSION}, whose results may differ\n\
         help: use the program that made the plan, or make a new plan"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The plan's version.
        planned: String,
    },
    /// A data file is not what it was when the plan was made.
    #[error(
        "{path}: the data file is not the one that the plan was made with (BLAKE3 {found}, expected {expected})\nhelp: restore it, or make a new plan"
    )]
    Data {
        /// The file.
        path: PathBuf,
        /// Hash of the file there is.
        found: String,
        /// Hash in the plan.
        expected: String,
    },
    /// More units than a folder should hold.
    #[error(
        "{units} units would be planned, at most {MOST_UNITS} can be\nhelp: put more replications into a unit with --unit-size"
    )]
    Units {
        /// Units that were asked for.
        units: u64,
    },
    /// The scenario.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The folder.
    #[error(transparent)]
    Output(#[from] OutputError),
}

fn folder(path: &Path) -> std::path::Display<'_> {
    path.parent().unwrap_or(path).display()
}

/// The scenario of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedScenario {
    /// Name.
    pub name: String,
    /// The file it was read from.
    pub file: String,
    /// Hash of its values.
    pub blake3: String,
    /// All its values, extended files and changes on the command line included.
    pub resolved_toml: String,
    /// How it was named: what a report says to run it again.
    #[serde(default)]
    pub invocation: Invocation,
}

/// A data file of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedData {
    /// The key of the scenario that names it.
    pub key: String,
    /// The name as written there.
    pub name: String,
    /// Where it was read.
    pub path: String,
    /// Its copy beside the plan.
    pub copy: String,
    /// Hash of its bytes.
    pub blake3: String,
}

/// A unit of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedUnit {
    /// 16 hex digits of BLAKE3 over what the unit is, the version of the model, the scenario and its data.
    pub id: String,
    /// Position of its point.
    pub point: usize,
    /// First replication.
    pub first: u64,
    /// The replication after the last.
    pub end: u64,
}

/// Everything that a study is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Always `stickershock`.
    pub program: String,
    /// Version of the form of this file.
    pub format: u32,
    /// Version of the model.
    pub version: String,
    /// BLAKE3 over everything below but paths.
    pub hash: String,
    /// The scenario.
    pub scenario: PlannedScenario,
    /// Its data files.
    pub data: Vec<PlannedData>,
    /// Seed of all random streams.
    pub seed: u64,
    /// Replications of each point.
    pub replications: u64,
    /// Which worlds points meet.
    pub worlds: Worlds,
    /// What is kept of every outcome.
    pub kept: Kept,
    /// Regimes that run, in the order of the scenario.
    pub regimes: Vec<String>,
    /// Replications in a unit.
    pub unit_size: u64,
    /// The number of points: what each of them sets follows from the scenario.
    pub points: usize,
    /// The units, in the order of reduction.
    pub units: Vec<PlannedUnit>,
    /// BLAKE3 over all of this file but itself, names and paths too.
    pub seal: String,
}

impl Plan {
    /// Plans a study under `regimes` (positions in the scenario): its sweep or draws where it has some, else the scenario itself; with
    /// `unit_size` replications in a unit or as many as suit its cost.
    ///
    /// # Errors
    /// [`UnitPlanError::Units`] when there would be too many units.
    pub fn new(loaded: &Loaded, regimes: &[RegimeId], unit_size: Option<u64>) -> Result<Self, UnitPlanError> {
        let scenario = &loaded.scenario;
        let points = Points::of(loaded.design.as_ref());
        let (replications, worlds, kept) = asked(loaded);
        let default_size = || default_size(scenario, regimes.len(), points.count(), replications);
        let mut plan = Self {
            program: "stickershock".into(),
            format: FORMAT,
            version: MODEL_VERSION.into(),
            hash: String::new(),
            scenario: PlannedScenario {
                name: scenario.name.clone(),
                file: loaded.path.display().to_string(),
                blake3: loaded.document.hash().to_hex().to_string(),
                resolved_toml: loaded.document.to_toml_string(),
                invocation: loaded.document.invocation(),
            },
            data: Vec::new(),
            seed: scenario.seed,
            replications,
            worlds,
            kept,
            regimes: regimes.iter().map(|regime| scenario.regimes[*regime].name.clone()).collect(),
            unit_size: unit_size.unwrap_or_else(default_size).max(1),
            points: points.count(),
            units: Vec::new(),
            seal: String::new(),
        };
        plan.add_data(loaded);
        let count = plan.replications.div_ceil(plan.unit_size).saturating_mul(plan.points as u64);
        if count > MOST_UNITS {
            return Err(UnitPlanError::Units { units: count });
        }
        // A point that names a data file of its own takes it along; one that cannot be read is for the point to tell.
        let keys: Vec<String> = loaded.data.iter().map(|file| file.key.clone()).collect();
        for point in (0..points.count()).map(|point| points.at(point)) {
            let names_data = |assignment: &String| keys.iter().any(|key| assignment.trim_start().starts_with(key));
            if point.assignments.iter().any(names_data)
                && let Ok(at) = loaded.at(&point.assignments)
            {
                plan.add_data(&at);
            }
        }
        Ok(plan.rehashed())
    }

    fn add_data(&mut self, loaded: &Loaded) {
        for file in &loaded.data {
            if self.data.iter().any(|known| known.key == file.key && known.name == file.name) {
                continue;
            }
            let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let blake3 = file.hash.to_hex().to_string();
            let taken = |copy: &str| self.data.iter().any(|known| known.copy == copy && known.blake3 != blake3);
            let plain = format!("{DATA_FOLDER}/{name}");
            let copy = if taken(&plain) { format!("{DATA_FOLDER}/{}-{name}", self.data.len()) } else { plain };
            self.data.push(PlannedData {
                key: file.key.clone(),
                name: file.name.clone(),
                path: file.path.display().to_string(),
                copy,
                blake3,
            });
        }
    }

    /// The same with ids and hash worked out again, for a plan whose parts were changed.
    #[must_use]
    pub fn rehashed(mut self) -> Self {
        self.units = self.list_units();
        self.hash = self.digest();
        self.seal = self.sealed();
        self
    }

    /// What the seal has to be.
    fn sealed(&self) -> String {
        let unsealed = Self { seal: String::new(), ..self.clone() };
        // Numbers, text and lists always serialise.
        blake3::hash(&serde_json::to_vec(&unsealed).unwrap_or_default()).to_hex().to_string()
    }

    /// Feeds a hash with what every unit shares.
    fn common(&self) -> Hasher {
        let mut hasher = Hasher::new();
        feed(&mut hasher, &[&self.version, &self.scenario.blake3]);
        for file in &self.data {
            feed(&mut hasher, &[&file.key, &file.name, &file.blake3]);
        }
        feed(&mut hasher, &[&format!("{:?} {:?}", self.worlds, self.kept), "regimes"]);
        self.regimes.iter().for_each(|regime| feed(&mut hasher, &[regime]));
        hasher
    }

    fn list_units(&self) -> Vec<PlannedUnit> {
        let common = self.common();
        units(self.points, self.worlds, self.replications, self.unit_size)
            .into_iter()
            .map(|unit| {
                let mut hasher = common.clone();
                for number in [unit.point as u64, unit.replications.start, unit.replications.end] {
                    hasher.update(&number.to_le_bytes());
                }
                PlannedUnit {
                    id: hasher.finalize().to_hex()[..16].to_owned(),
                    point: unit.point,
                    first: unit.replications.start,
                    end: unit.replications.end,
                }
            })
            .collect()
    }

    fn digest(&self) -> String {
        let mut hasher = self.common();
        for number in [self.seed, self.replications, self.unit_size, self.points as u64] {
            hasher.update(&number.to_le_bytes());
        }
        for unit in &self.units {
            feed(&mut hasher, &[&unit.id]);
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The units as the scheduler knows them.
    #[must_use]
    pub fn unit_list(&self) -> Vec<Unit> {
        let unit = |(index, unit): (usize, &PlannedUnit)| Unit {
            index,
            point: unit.point,
            replications: unit.first..unit.end,
        };
        self.units.iter().enumerate().map(unit).collect()
    }

    /// Number of jobs: regimes x replications x points.
    #[must_use]
    pub fn jobs(&self) -> u64 {
        self.replications.saturating_mul((self.points * self.regimes.len()) as u64)
    }

    /// Point, number of the replication, and position of the regime of a job, by its number: point by point, replication by replication,
    /// regime by regime; nothing past the last job.
    #[must_use]
    pub fn job(&self, number: u64) -> Option<(usize, u64, Arm)> {
        if number >= self.jobs() {
            return None;
        }
        let regimes = self.regimes.len() as u64;
        let (row, regime) = (number / regimes, (number % regimes) as usize);
        let point = (row / self.replications) as usize;
        Some((point, self.worlds.first(point, self.replications) + row % self.replications, Arm(regime)))
    }

    /// The number of a job.
    #[must_use]
    pub fn job_number(&self, point: usize, replication: u64, arm: Arm) -> u64 {
        let own = replication - self.worlds.first(point, self.replications);
        (point as u64 * self.replications + own) * self.regimes.len() as u64 + arm.0 as u64
    }

    /// Writes the plan, and copies of the data files, into a folder. The files are those of the scenario that the plan was made of, wherever
    /// it reads them.
    ///
    /// # Errors
    /// [`UnitPlanError`] when a data file has changed or the disk refuses.
    pub fn write(&self, folder: &OutputFolder, loaded: &Loaded) -> Result<PathBuf, UnitPlanError> {
        for file in &self.data {
            let bytes = loaded.document.data(&file.key, &file.name)?;
            file.check(Path::new(&file.path), &bytes)?;
            folder.write(&file.copy, &bytes)?;
        }
        let text = serde_json::to_string_pretty(self).unwrap_or_default(); // numbers, text and lists always serialise
        Ok(folder.write(PLAN_FILE, format!("{text}\n").as_bytes())?)
    }

    /// Reads the plan of a folder and proves that it is whole.
    ///
    /// # Errors
    /// [`UnitPlanError::Unreadable`] or [`UnitPlanError::Damaged`].
    pub fn read(folder: &OutputFolder) -> Result<Self, UnitPlanError> {
        let path = folder.path().join(PLAN_FILE);
        let read = folder.read_at_most(PLAN_FILE, LONGEST_PLAN);
        let bytes = read.map_err(|error| UnitPlanError::Unreadable { path: path.clone(), error })?;
        let damaged = |reason: String| UnitPlanError::Damaged { path: path.clone(), reason };
        if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&bytes) {
            if value["program"] != "stickershock" {
                return Err(UnitPlanError::Foreign { path });
            }
            if let Some(form) = value["format"].as_u64().filter(|form| *form != u64::from(FORMAT)) {
                let version = value["version"].as_str().unwrap_or("unknown").to_owned();
                return Err(UnitPlanError::Form { path, version, form });
            }
        }
        let plan: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(format!("is no plan: {error}")))?;
        if let Some((what, text, character)) = plan.no_text() {
            let text = harmless(text).into_owned();
            let code = u32::from(character);
            return Err(damaged(format!("{what} `{text}` has the control character U+{code:04X}")));
        }
        // Checked before the units are listed: a number that was changed must not ask for more memory than there is.
        let count = plan.replications.div_ceil(plan.unit_size.max(1)).saturating_mul(plan.points as u64);
        let inside = |copy: &str| Path::new(copy).components().all(|step| matches!(step, Component::Normal(_)));
        if let Some(file) = plan.data.iter().find(|file| !inside(&file.copy)) {
            return Err(damaged(format!("its data file `{}` stands outside the folder", file.copy)));
        }
        if count == 0
            || plan.regimes.is_empty()
            || count != plan.units.len() as u64
            || plan.units != plan.list_units()
            || plan.hash != plan.digest()
        {
            return Err(damaged("was changed after it was written: its hash does not fit".into()));
        }
        if plan.seal != plan.sealed() {
            return Err(damaged(
                "was changed after it was written: its seal does not fit (a name or a path is another)".into(),
            ));
        }
        Ok(plan)
    }

    /// The first name or path with a character that is a command to a terminal and no text: reports and messages repeat them. The scenario itself is
    /// held to this where it is read.
    fn no_text(&self) -> Option<(&'static str, &str, char)> {
        let PlannedScenario { name, file, invocation, .. } = &self.scenario;
        let own = [("the name", name), ("the file", file), ("the file", &invocation.file)].into_iter();
        let settings = invocation.settings.iter().map(|setting| ("the setting", setting));
        let regimes = self.regimes.iter().map(|regime| ("the regime", regime));
        let data = self.data.iter().flat_map(|file| {
            [
                ("the key", &file.key),
                ("the data file", &file.name),
                ("the data file", &file.path),
                ("the data file", &file.copy),
            ]
        });
        let no_text = |c: &char| c.is_control() && !"\n\r\t".contains(*c);
        let mut texts = own.chain(settings).chain(regimes).chain(data);
        texts.find_map(|(what, text)| Some((what, text.as_str(), text.chars().find(no_text)?)))
    }

    /// Refuses a plan of another version of the model.
    ///
    /// # Errors
    /// [`UnitPlanError::Version`].
    pub fn check_version(&self, folder: &Path) -> Result<(), UnitPlanError> {
        if self.version == MODEL_VERSION {
            return Ok(());
        }
        Err(UnitPlanError::Version { path: folder.join(PLAN_FILE), planned: self.version.clone() })
    }

    /// The scenario of a plan, with its data read from the copies in `folder`.
    ///
    /// # Errors
    /// [`UnitPlanError`] when a copy is missing or changed, or the version is another.
    pub fn load(&self, folder: &Path) -> Result<Loaded, UnitPlanError> {
        self.check_version(folder)?;
        let path = folder.join(PLAN_FILE);
        let mut copies = BTreeMap::new();
        for file in &self.data {
            let copy = folder.join(&file.copy);
            let bytes = Source::below(folder).read(&copy, LONGEST_DATA)?;
            file.check(&copy, &bytes)?;
            copies.insert((file.key.clone(), file.name.clone()), copy);
        }
        let name = format!("{} (resolved_toml)", path.display());
        let document =
            Document::from_str(&self.scenario.resolved_toml, &name)?.with_copies(copies, Source::below(folder));
        let document = document.invoked(self.scenario.invocation.clone());
        if document.hash().to_hex().as_str() != self.scenario.blake3 {
            let reason = "the resolved scenario does not have the hash that stands beside it".into();
            return Err(UnitPlanError::Damaged { path, reason });
        }
        let mut loaded = Loaded::new(Path::new(&self.scenario.file), document)?;
        if let Some(design) = &mut loaded.design {
            design.set_replications(self.replications);
        }
        if let Some(reason) = self.misfit(&loaded) {
            return Err(UnitPlanError::Damaged { path, reason });
        }
        // What the manifest tells is where the data came from.
        for file in &mut loaded.data {
            let planned = self.data.iter().find(|planned| planned.key == file.key && planned.name == file.name);
            if let Some(planned) = planned {
                file.path = PathBuf::from(&planned.path);
            }
        }
        Ok(loaded)
    }

    /// What the plan says otherwise than its scenario, if anything: a hash that fits proves only that nobody changed it by mistake.
    fn misfit(&self, loaded: &Loaded) -> Option<String> {
        let scenario = &loaded.scenario;
        let (replications, worlds, kept) = asked(loaded);
        let points = Points::of(loaded.design.as_ref()).count();
        if points != self.points {
            return Some(format!("it has {} points, its scenario {points}", self.points));
        }
        if replications != self.replications || self.replications > MOST_REPLICATIONS {
            return Some(format!("it has {} replications, its scenario {replications}", self.replications));
        }
        if scenario.name != self.scenario.name {
            return Some(format!("it is of `{}`, and its scenario is called `{}`", self.scenario.name, scenario.name));
        }
        if scenario.seed != self.seed {
            return Some(format!("its seed is {}, that of its scenario {}", self.seed, scenario.seed));
        }
        if (worlds, kept) != (self.worlds, self.kept) {
            return Some("what it keeps of each job, or its worlds, are not those of its scenario".into());
        }
        let unlisted = loaded
            .data
            .iter()
            .find(|file| !self.data.iter().any(|planned| planned.key == file.key && planned.name == file.name));
        unlisted.map(|file| format!("it does not list `{}` (`{}`), which its scenario reads", file.name, file.key))
    }

    /// The regimes that run.
    ///
    /// # Errors
    /// [`UnitPlanError::Damaged`] when the scenario does not have one of them.
    pub fn regime_ids(&self, folder: &Path, loaded: &Loaded) -> Result<Vec<RegimeId>, UnitPlanError> {
        let known = &loaded.scenario.regimes;
        let position = |name: &String| {
            known.iter().find(|(_, regime)| regime.name == *name).map(|(id, _)| id).ok_or_else(|| {
                UnitPlanError::Damaged {
                    path: folder.join(PLAN_FILE),
                    reason: format!("`{name}` is no regime of its scenario"),
                }
            })
        };
        let ids: Vec<RegimeId> = self.regimes.iter().map(position).collect::<Result<_, _>>()?;
        match (1..ids.len()).find(|at| ids[..*at].contains(&ids[*at])) {
            None => Ok(ids),
            Some(twice) => Err(UnitPlanError::Damaged {
                path: folder.join(PLAN_FILE),
                reason: format!("it lists the regime `{}` twice", self.regimes[twice]),
            }),
        }
    }

    /// What another study does differently, in words; empty for the same study. How the units are cut does not count.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, ours: &str, theirs: &str| {
            if ours != theirs {
                found.push(format!("{what} is {ours} there and {theirs} here"));
            }
        };
        compare("the version", &self.version, &other.version);
        compare("the scenario", &self.scenario.name, &other.scenario.name);
        compare("the seed", &self.seed.to_string(), &other.seed.to_string());
        compare("the number of replications", &self.replications.to_string(), &other.replications.to_string());
        compare("the list of regimes", &self.regimes.join(", "), &other.regimes.join(", "));
        compare("the number of points", &self.points.to_string(), &other.points.to_string());
        for file in &self.data {
            let same_key = |other: &&PlannedData| other.key == file.key && other.name == file.name;
            match other.data.iter().find(same_key) {
                Some(other) if other.blake3 != file.blake3 => {
                    found.push(format!("{} ({}) has other contents", file.path, file.key));
                }
                _ => {}
            }
        }
        if self.scenario.blake3 != other.scenario.blake3 {
            found.extend(value_differences(&self.scenario.resolved_toml, &other.scenario.resolved_toml));
        }
        if found.is_empty() && self.common().finalize() != other.common().finalize() {
            found.push("the data files are others".into());
        }
        found
    }
}

impl PlannedData {
    fn check(&self, path: &Path, bytes: &[u8]) -> Result<(), UnitPlanError> {
        let found = blake3::hash(bytes).to_hex().to_string();
        if found == self.blake3 {
            return Ok(());
        }
        Err(UnitPlanError::Data { path: path.to_owned(), found, expected: self.blake3.clone() })
    }
}

/// Feeds texts to a hash, each with its length, so that no two run together.
/// Replications of each point, which worlds they meet, and what is kept of them, as a scenario asks for it.
fn asked(loaded: &Loaded) -> (u64, Worlds, Kept) {
    match &loaded.design {
        Some(design) => {
            let kept = if design.has_tables() { Kept::Outcomes } else { Kept::Headlines };
            (design.replications(), design.worlds(), kept)
        }
        None => (loaded.scenario.replications, Worlds::Shared, Kept::Outcomes),
    }
}

fn feed(hasher: &mut Hasher, texts: &[&str]) {
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
}

/// Differences named before the rest is only counted.
const NAMED_DIFFERENCES: usize = 3;

/// The first values in which two scenarios differ, `run` apart, which is named by itself.
fn value_differences(ours: &str, theirs: &str) -> Vec<String> {
    let flat = |text: &str| {
        let mut values = BTreeMap::new();
        if let Ok(table) = text.parse::<toml::Table>() {
            flatten("", &toml::Value::Table(table), &mut values);
        }
        values
    };
    let (ours, theirs) = (flat(ours), flat(theirs));
    let keys: std::collections::BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let named_above = ["name", "run.seed", "run.replications"];
    let text = |values: &BTreeMap<String, String>, key| values.get(key).map_or("absent", String::as_str).to_owned();
    let different: Vec<String> = keys
        .into_iter()
        .filter(|key| ours.get(*key) != theirs.get(*key) && !named_above.contains(&key.as_str()))
        .map(|key| format!("{key} is {} there and {} here", text(&ours, key), text(&theirs, key)))
        .collect();
    let more = different.len().saturating_sub(NAMED_DIFFERENCES);
    let mut named: Vec<String> = different.into_iter().take(NAMED_DIFFERENCES).collect();
    if more > 0 {
        named.push(format!("{more} more values differ"));
    }
    named
}

fn flatten(key: &str, value: &toml::Value, values: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            for (name, inner) in table {
                flatten(&if key.is_empty() { name.clone() } else { format!("{key}.{name}") }, inner, values);
            }
        }
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => {
            for (i, inner) in items.iter().enumerate() {
                let name = inner.get("name").and_then(toml::Value::as_str);
                flatten(&name.map_or_else(|| format!("{key}[{i}]"), |name| format!("{key}.{name}")), inner, values);
            }
        }
        other => {
            values.insert(key.to_owned(), other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of the same name that another program wrote is said to be one, and not to be damaged.
    #[test]
    fn the_plan_of_another_program_is_said_to_be_one() {
        let folder = tempfile::tempdir().unwrap();
        for (text, part) in [
            ("{\"program\": \"terraform\", \"format\": 1}", "is the plan of another program"),
            ("{\"format_version\": \"1.2\"}", "is the plan of another program"),
            ("{\"program\": \"stickershock\"}", "is no plan"),
            ("no JSON", "is no plan"),
        ] {
            std::fs::write(folder.path().join(PLAN_FILE), text).unwrap();
            let error = Plan::read(&OutputFolder::at(folder.path())).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("stickershock plan SCENARIO --out"), "{text}: {error}");
        }
    }
}
