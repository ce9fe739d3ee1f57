//! A disk that fails: every step that four commands ask of it fails in turn, alone, from there on, or one after the other. What is left can be
//! continued to the bytes of a run that nothing disturbed, and the error names a file.

use crate::support::ids;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use stickershock::config::{self, Loaded, calibration::calibration};
use stickershock::folder::OutputFolder;
use stickershock::folder::faults::{DiskStep, Faults};
use stickershock::folder::lock::{Lock, Sharing};
use stickershock::report;
use stickershock::report::writer::{Formats, Writer};
use stickershock::sensitivity::{IndexPrecision, Resampling, Scheme};
use stickershock::study::manifest::{Manifest, WorkStanding};
use stickershock::study::sensitivity::{ScenarioStudy, targets};
use stickershock::study::units::Store;
use stickershock::study::units::drive::{Drive, Studies};
use stickershock::study::work::{self, Begin, Settings};

use crate::coverage::{MODELS, SCENARIO};

/// What fails of the steps that a disk is asked, by their number.
#[derive(Clone, Copy, Debug)]
enum Failing {
    Nothing,
    /// One step.
    At(usize),
    /// One step and all after it: a full disk.
    From(usize),
    /// Two.
    Two(usize, usize),
}

/// A disk that counts what it is asked.
#[derive(Clone)]
struct Disk {
    failing: Failing,
    steps: Arc<Mutex<Vec<(DiskStep, PathBuf)>>>,
}

const REASON: &str = "the disk fails";

impl Disk {
    fn new(failing: Failing) -> Self {
        Self { failing, steps: Arc::default() }
    }
    fn faults(&self) -> Faults {
        let own = self.clone();
        Faults::of(move |step, path| {
            let mut steps = own.steps.lock().unwrap();
            let number = steps.len();
            steps.push((step, path.to_owned()));
            let fails = match own.failing {
                Failing::Nothing => false,
                Failing::At(at) => number == at,
                Failing::From(first) => number >= first,
                Failing::Two(one, other) => number == one || number == other,
            };
            if fails { Err(io::Error::other(REASON)) } else { Ok(()) }
        })
    }
}

/// Three models, 16 buyers, four replications; what `more` adds.
struct Laboratory {
    folder: tempfile::TempDir,
}

impl Laboratory {
    fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("models.csv"), MODELS).unwrap();
        fs::write(folder.path().join("scenario.toml"), format!("{SCENARIO}{more}")).unwrap();
        Self { folder }
    }
    fn load(&self) -> Loaded {
        let small = ["buyers.count=16", "buyers.pricing_nodes=16", "run.replications=4"].map(String::from);
        config::load(&self.folder.path().join("scenario.toml"), &small).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// One command, worked off in a folder on one thread: `again` where something of it may stand there already.
type Work<'a> = dyn Fn(&OutputFolder, bool) -> Result<(), String> + Sync + 'a;

/// Every file of a folder by its path, the manifest without times; nothing unfinished is among them.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            let hidden = path.file_name().unwrap().to_string_lossy().starts_with('.');
            assert!(!hidden, "{name} was left");
            let mut bytes = fs::read(&path).unwrap();
            if name == "manifest.json" {
                let mut manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                manifest["started"] = serde_json::Value::Null;
                manifest["seconds"] = serde_json::Value::Null;
                bytes = manifest.to_string().into_bytes();
            }
            // Lines of a log stand in the order in which rows were finished.
            if name == "runs.log" {
                let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                lines[1..].sort_unstable();
                bytes = lines.concat();
            }
            found.insert(name, bytes);
        }
    }
    found
}

/// Fails each step of `work` in turn, and pairs of steps, and proves what is left. `prepare` makes the folder that the work finds.
fn every_step_fails_in_turn(prepare: &(dyn Fn(&Path) + Sync), work: &Work<'_>) {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let on = |out: &Path, disk: &Disk, again: bool| {
        one.install(|| {
            let folder = OutputFolder::create(out).map_err(|error| error.to_string())?.with_faults(disk.faults());
            work(&folder, again)
        })
    };
    let fresh = || {
        // In memory where the system has such a place: what is tried here is what fails, not how long a disk takes.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        prepare(&folder.path().join("out"));
        folder
    };
    let undisturbed = fresh();
    let whole = Disk::new(Failing::Nothing);
    on(&undisturbed.path().join("out"), &whole, false).unwrap();
    let expected = contents(&undisturbed.path().join("out"));
    let steps = whole.steps.lock().unwrap().clone();
    assert!(steps.len() > 50, "{} steps", steps.len());

    let count = steps.len();
    let alone = (0..count).map(Failing::At);
    let onwards = (0..count).step_by(9).map(Failing::From);
    let pairs = (0..count).step_by(5).map(|at| Failing::Two(at, (7 * at + 11) % count));
    let mut failed = 0;
    for failing in alone.chain(onwards).chain(pairs) {
        let folder = fresh();
        let out = folder.path().join("out");
        let disk = Disk::new(failing);
        let first = on(&out, &disk, false);
        let asked = disk.steps.lock().unwrap().clone();
        let told = |result: &Result<(), String>, disk: &Disk| {
            let Err(message) = result else { return };
            let asked = disk.steps.lock().unwrap();
            assert!(message.contains(REASON), "{failing:?}: {message}");
            let file = |(_, path): &(DiskStep, PathBuf)| {
                path.file_name().is_some_and(|name| message.contains(name.to_str().unwrap()))
            };
            assert!(asked.iter().any(file), "{failing:?} names no file: {message}");
        };
        told(&first, &disk);
        failed += usize::from(first.is_err());
        if first.is_err() {
            // The second of two strikes the attempt to go on, at another of its steps.
            if let Failing::Two(_, other) = failing {
                let disk = Disk::new(Failing::At(other / 2));
                told(&on(&out, &disk, true), &disk);
            }
            on(&out, &Disk::new(Failing::Nothing), true).unwrap_or_else(|error| panic!("{failing:?}: {error}"));
        }
        let found = contents(&out);
        let names = |of: &BTreeMap<String, Vec<u8>>| of.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&found), names(&expected), "{failing:?}, at {:?}", asked.get(first_of(failing)));
        for (name, bytes) in &expected {
            assert!(found[name] == *bytes, "{failing:?}: {name} is not that of an undisturbed run");
        }
    }
    assert!(failed * 10 > count * 9, "{failed} attempts failed of {count} steps");
}

fn first_of(failing: Failing) -> usize {
    match failing {
        Failing::Nothing => 0,
        Failing::At(at) | Failing::From(at) | Failing::Two(at, _) => at,
    }
}

const CSV: Formats = Formats { csv: true, parquet: false };

fn settings(again: bool) -> Settings {
    let begin = if again { Begin::Resume } else { Begin::Careful };
    Settings { unit_size: Some(2), begin, keep_units: false }
}

#[test]
fn a_run_survives_the_failure_of_every_step() {
    let laboratory = Laboratory::new("");
    let loaded = laboratory.load();
    every_step_fails_in_turn(&|_| {}, &|folder, again| {
        let mut writer = Writer::new(folder, false, CSV);
        let done = work::run(&loaded, &ids([0, 1, 2]), folder, settings(again), &mut writer, &());
        done.map(drop).map_err(|error| error.to_string())
    });
}

#[test]
fn a_merge_survives_the_failure_of_every_step() {
    let laboratory = Laboratory::new("");
    let loaded = laboratory.load();
    let regimes = ids([0, 1, 2]);
    let plan = work::plan(&loaded, &regimes, Some(2)).unwrap();
    let prepare = |out: &Path| {
        let store = Store::of(OutputFolder::create(out).unwrap(), Sharing::Alone).unwrap();
        plan.write(store.folder(), &loaded).unwrap();
        let drive = Drive { plan: &plan, regimes: &regimes, store: &store, observer: &() };
        drive.publish(&plan.unit_list(), &Studies::new(&loaded, &plan)).unwrap();
    };
    every_step_fails_in_turn(&prepare, &|folder, _| {
        let mut writer = Writer::new(folder, false, CSV);
        work::merge(folder, false, &mut writer, &()).map(drop).map_err(|error| error.to_string())
    });
}

const UNCERTAIN: &str = "
[[parameter]]
key = \"demand.alpha\"
distribution = \"uniform\"
low = 0.05
high = 0.15
[[parameter]]
key = \"pricing.theta\"
distribution = \"uniform\"
low = 0.5
high = 1.0
";

#[test]
fn a_sensitivity_study_survives_the_failure_of_every_step() {
    let laboratory = Laboratory::new(UNCERTAIN);
    let loaded = laboratory.load();
    let study = ScenarioStudy {
        loaded: &loaded,
        scheme: Scheme::Sobol { randomisations: 2, second_order: false },
        targets: targets(&["duty_usd".into()], &["narrow".into()], Some("free"), "all"),
        replications: 1,
        dummy: false,
        resampling: Resampling { resamples: 20, ..Resampling::default() },
    };
    every_step_fails_in_turn(&|_| {}, &|folder, _| {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let stop = AtomicBool::new(false);
        let log = study.open(folder, 2).map_err(|error| told(&error))?;
        let _lock = log.0.lock();
        let manifest = Manifest::new(&loaded, &ids([0, 1]), 1, "none").of_sensitivity(1, study.identity());
        let mut standing = WorkStanding::begin(folder, manifest, Instant::now()).map_err(|error| told(&error))?;
        let finished = study.run(log, (2, 2), IndexPrecision::default(), &stop, &|_, _| {});
        let finished = standing.keep(finished, |_| false).map_err(|error| told(&error))?;
        let files = report::sensitivity::write_tables(folder, &study, &finished).map_err(|error| told(&error))?;
        standing.complete(files).map(drop).map_err(|error| told(&error))
    });
}

const FITTED: &str = "
[calibration]
targets = \"targets.csv\"
points = 2
starts = 1
simplex = 2
polish = 2
seeds = 2
[[calibration.block]]
name = \"demand\"
step = 0.01
[[calibration.free]]
name = \"alpha\"
key = \"demand.alpha\"
block = \"demand\"
low = 0.05
high = 0.15
";

#[test]
fn a_calibration_survives_the_failure_of_every_step() {
    let laboratory = Laboratory::new(FITTED);
    let evidence = "name,row,label,moment,of,scenario,value,std_error,low,high,unit,status,use,block,weight,source,note\n\
                    able,T1,Able,own_elasticity,Able,,-1.5,0.1,,,,derived,fit,demand,,made up,\n";
    fs::write(laboratory.folder.path().join("targets.csv"), evidence).unwrap();
    let calibration = calibration(laboratory.load(), &[]).unwrap_or_else(|error| panic!("{error}"));
    every_step_fails_in_turn(&|_| {}, &|folder, _| {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let stop = AtomicBool::new(false);
        let silent = |_: usize, _: &str| {};
        let run = stickershock::study::calibration::CalibrationRun::open(&calibration, folder, &stop, &silent)
            .map_err(|error| told(&error))?;
        let _lock = run.lock();
        let manifest = Manifest::new(&calibration.scenarios[0], &[], 1, "none");
        let mut standing = WorkStanding::begin(folder, manifest, Instant::now()).map_err(|error| told(&error))?;
        let finished = standing.keep(run.run(), |_| false).map_err(|error| told(&error))?;
        let files = report::calibration::write_tables(folder, &calibration, &finished).map_err(|error| told(&error))?;
        standing.complete(files).map(drop).map_err(|error| told(&error))
    });
}

/// A folder that someone works in is refused with his name by every command that writes there, and left as it is.
#[test]
fn two_at_work_in_one_folder_are_one_too_many() {
    let laboratory = Laboratory::new(UNCERTAIN);
    let loaded = laboratory.load();
    let folder = OutputFolder::create(&laboratory.folder.path().join("out")).unwrap();
    let plan = work::plan(&loaded, &ids([0, 1, 2]), Some(2)).unwrap();
    plan.write(&folder, &loaded).unwrap();
    let held = Lock::take(&folder, Sharing::Alone).unwrap();
    let name = format!("process {}", std::process::id());
    let names = || {
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    for command in [
        &["run", "--resume", "--out"][..],
        &["sensitivity", "--method", "oat", "--out"],
        &["plan", "--out"],
        &["merge"],
        &["unit", "--range", "0..1"],
    ] {
        let scenario = laboratory.folder.path().join("scenario.toml");
        let mut program = assert_cmd::Command::cargo_bin("stickershock").unwrap();
        program.arg(command[0]);
        if ["run", "sensitivity", "plan"].contains(&command[0]) {
            program.arg(scenario);
        }
        let output = program.args(&command[1..]).arg(folder.path()).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.contains("another stickershock is at work") && message.contains(&name),
            "{command:?}: {message}"
        );
        assert!(!output.status.success());
    }
    assert_eq!(names(), before);
    drop(held);
    drop(Lock::take(&folder, Sharing::WithUnits).unwrap());
}
