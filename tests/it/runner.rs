//! No work is lost: killed, torn, cut short, doubled or mixed up, a study either ends in the undisturbed bytes or says why not.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use stickershock::folder::OutputFolder;
use stickershock::folder::lock::Sharing;
use stickershock::model::outcome::Outcome;
use stickershock::study::points::headlines;
use stickershock::study::units::drive::{Drive, DriveError, Event, Studies};
use stickershock::study::units::shard::{ShardReader, StoredJob, encode, encode_header};
use stickershock::study::units::{Plan, Store};
use stickershock::study::{JobResult, Study};

use crate::support::{ids, read_csv, showdown, showdown_path};

/// A study of some seconds in 12 units.
const SMALL: [&str; 11] = [
    "--set",
    "outputs.period=all",
    "--set",
    "buyers.count=128",
    "--set",
    "buyers.pricing_nodes=128",
    "--set",
    "run.replications=24",
    "--unit-size",
    "2",
    "--regimes=imposed,all_imports",
];

fn program(command: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_stickershock"));
    program.arg(command).env("NO_COLOR", "1").env_remove("STICKERSHOCK_OUT");
    program
}

fn run_command(out: &Path, extra: &[&str]) -> Command {
    let mut command = program("run");
    command.arg(showdown_path()).args(SMALL).args(["--no-charts", "-j", "2", "--out"]).arg(out).args(extra);
    command
}

fn plan_small(out: &Path, extra: &[&str]) -> Plan {
    let output = program("plan").arg(showdown_path()).args(SMALL).arg("--out").arg(out).args(extra).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    Plan::read(&OutputFolder::at(out)).unwrap()
}

fn units(out: &Path, range: &str) -> Output {
    program("unit").arg(out).args(["--range", range, "-j", "1"]).output().unwrap()
}

fn merge(out: &Path) -> Output {
    program("merge").arg(out).args(["--no-charts", "--quiet", "-j", "2"]).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn refused(output: &Output, code: i32, words: &[&str]) {
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{message}");
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
    assert!(message.contains("help: "), "{message}");
}

/// Everything in the folder that may not depend on what happened on the way, by name.
fn results(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for name in ["datapackage.json", "units.csv", "plan.json"] {
        files.insert(name.to_owned(), fs::read(out.join(name)).unwrap());
    }
    for entry in fs::read_dir(out.join("tables")).unwrap() {
        let path = entry.unwrap().path();
        files.insert(path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap());
    }
    let mut manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["status"], "complete");
    // Nor may when it was, and whether units stay is what the command was asked.
    for field in ["started", "seconds", "units"] {
        assert!(manifest.as_object_mut().unwrap().remove(field).is_some(), "{field}");
    }
    files.insert("manifest.json".into(), manifest.to_string().into_bytes());
    files
}

fn same(found: &Path, what: &str) {
    let (found, expected) = (results(found), results(undisturbed()));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{what}: {name} differs from the undisturbed run");
    }
}

/// The small study, run once without disturbance.
fn undisturbed() -> &'static Path {
    static FOLDER: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let output = run_command(folder.path(), &["--quiet"]).output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
            assert!(!folder.path().join("units").exists(), "units stay although nobody asked to keep them");
            folder
        })
        .path()
}

/// Uniform numbers from 0 to 1 for moments to kill at; any will do.
fn moments(seed: u64) -> impl Iterator<Item = f64> {
    (0_u64..).map(move |i| {
        let hash = blake3::hash(&[seed.to_le_bytes(), i.to_le_bytes()].concat());
        f64::from(u32::from_le_bytes(hash.as_bytes()[..4].try_into().unwrap())) / f64::from(u32::MAX)
    })
}

/// A fault of peers: results are lost at the end of a long run. Here the process is killed at 20 moments, in the middle of
/// simulating, writing or merging, and what comes out in the end is what an undisturbed run gives.
#[test]
fn results_are_not_lost_at_the_end_of_a_long_run() {
    undisturbed();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let whole = {
        let started = Instant::now();
        assert!(run_command(&out, &["--quiet", "--fresh"]).status().unwrap().success());
        started.elapsed()
    };
    same(&out, "a second run");
    let (mut kills, mut kept, mut fresh) = (0, 0, true);
    let mut attempts = moments(1995);
    while kills < 20 {
        let mut command = run_command(&out, &["--quiet", if fresh { "--fresh" } else { "--resume" }]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(attempts.next().unwrap()));
        child.kill().unwrap(); // SIGKILL: no handler runs
        fresh = match child.wait().unwrap().code() {
            Some(0) => {
                same(&out, "a run resumed after kills");
                true
            }
            Some(code) => panic!("exit code {code}"),
            None => {
                kills += 1;
                kept += usize::from(fs::read_dir(out.join("units")).is_ok_and(|mut shards| shards.next().is_some()));
                false
            }
        };
    }
    assert!(kept > 0, "no kill came while units were stored");
    let last = run_command(&out, &["--quiet", if fresh { "--fresh" } else { "--resume" }]).output().unwrap();
    assert!(last.status.success(), "{}", text(&last.stderr));
    same(&out, "the last run");
    let leftovers: Vec<PathBuf> = ["", "tables", "charts", "units"]
        .iter()
        .filter_map(|name| fs::read_dir(out.join(name)).ok())
        .flat_map(|entries| entries.map(|entry| entry.unwrap().path()))
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".partial-"))
        .collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
}

/// Three verbs in any order and in several processes give the bytes of one run.
#[test]
fn merged_units_equal_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("plan");
    let plan = plan_small(&out, &["--slurm"]);
    assert_eq!(plan.units.len(), 12);
    refused(&merge(&out), 75, &["missing: 0..12"]);
    for range in ["9..12", "4..9"] {
        let output = units(&out, range);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    refused(&merge(&out), 75, &["missing: 0..4"]);
    // One unit comes over standard output, as from a machine that does not share the disk.
    let id = &plan.units[0].id;
    let streamed = program("unit").arg(&out).args(["--stdout", id]).output().unwrap();
    assert!(streamed.status.success());
    fs::write(out.join(format!("units/{id}.shard")), &streamed.stdout).unwrap();
    assert!(units(&out, "0..12").status.success());
    let output = merge(&out);
    assert!(output.status.success(), "{}", text(&output.stderr));
    same(&out, "merged units");
    // Units of a plan that was moved need nothing but its folder.
    let moved = folder.path().join("moved");
    fs::rename(&out, &moved).unwrap();
    let again = program("unit").arg(&moved).args(["--stdout", id]).output().unwrap();
    assert!(again.stdout == streamed.stdout, "a unit is not the same bytes again");
    // `--range` past the end and an unknown id are wrong usage.
    refused(&units(&moved, "5..13"), 2, &["the plan has 12 units"]);
    refused(&program("unit").arg(&moved).args(["--stdout", "xyz"]).output().unwrap(), 2, &["`xyz` is no unit"]);
}

/// A line that announces another unit than the one behind it, or none, is not believed, and nothing is stored.
#[test]
fn a_unit_that_another_is_announced_as_is_not_collected() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("plan");
    let plan = plan_small(&out, &[]);
    let [id, other] = [&plan.units[0].id, &plan.units[1].id];
    let streamed = program("unit").arg(&out).args(["--stdout", id, other, "-j", "1"]).output().unwrap();
    assert!(streamed.status.success(), "{}", text(&streamed.stderr));
    let stream = streamed.stdout;
    let line = stream.iter().position(|byte| *byte == b'\n').unwrap();
    let announced = String::from_utf8(stream[..line].to_vec()).unwrap();
    let length = announced.strip_prefix(&format!("stickershock-unit {id} ")).unwrap();
    let collect = |first: &str| {
        let mut child = program("collect").arg(&out).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let bytes = [first.as_bytes(), &stream[line..]].concat();
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), &bytes);
        child.wait_with_output().unwrap()
    };
    refused(&collect(&format!("stickershock-unit {other} {length}")), 65, &["announces unit", other, id]);
    refused(&collect(&format!("stickershock-unit {length}")), 65, &["does not have its id and its length"]);
    assert!(!shard(&out, &plan, 0).exists());
    assert!(collect(&announced).status.success());
    assert!(shard(&out, &plan, 0).exists() && shard(&out, &plan, 1).exists());
}

/// Units go as one stream from a machine with nothing but the plan, and come in checked: what is cut short, changed or of another plan is not
/// stored, and what came before it is.
#[test]
fn a_stream_of_units_is_checked_and_gives_the_bytes_of_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("plan");
    let plan = plan_small(&out, &[]);
    let away = folder.path().join("away");
    fs::create_dir(&away).unwrap();
    fs::copy(out.join("plan.json"), away.join("plan.json")).unwrap();
    copy_folder(&out.join("data"), &away.join("data"));
    let status = |part: &str| -> Value {
        let output = program("plan").arg("--status").arg(&out).arg("--json").output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()[part].clone()
    };
    assert_eq!(status("done"), 0);
    assert_eq!(status("complete"), false);
    // Two thirds by parts, here; the rest by a stream, elsewhere.
    for part in ["0/3", "2/3"] {
        let output = program("unit").arg(&out).args(["--part", part, "-j", "1"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    assert_eq!(status("done"), 8);
    assert_eq!(status("missing_ranges"), serde_json::json!(["4..8"]));
    let missing: Vec<String> =
        status("missing").as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    let streamed = program("unit").arg(&away).arg("--stdout").args(&missing).output().unwrap();
    assert!(streamed.status.success(), "{}", text(&streamed.stderr));
    assert!(!away.join("units").exists());
    let stream = streamed.stdout;
    // The same units from the plan as one file, which needs no folder; the same plan is the same file.
    let file = folder.path().join("plan.tar.gz");
    let pack = || program("plan").arg(showdown_path()).args(SMALL).arg("--pack").arg(&file).output().unwrap();
    assert!(pack().status.success());
    let bytes = fs::read(&file).unwrap();
    assert!(pack().status.success());
    assert_eq!(bytes, fs::read(&file).unwrap());
    let from = |file: &Path, more: &[&str]| program("unit").arg("--from").arg(file).args(more).output().unwrap();
    assert!(from(&file, &["--part", "1/3", "-j", "1"]).stdout == stream);
    assert!(from(&file, &["--stdout", &missing[0]]).stdout.len() < stream.len() / 2);
    let broken = folder.path().join("broken");
    // Cut or changed anywhere, also behind the last file, where the checksum stands.
    for end in [0, 1, bytes.len() / 4, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
        fs::write(&broken, &bytes[..end]).unwrap();
        refused(&from(&broken, &[]), 65, &["--from", "--pack FILE"]);
    }
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&broken, changed).unwrap();
    refused(&from(&broken, &[]), 65, &["is no packed plan"]);
    fs::write(&broken, b"no archive").unwrap();
    refused(&from(&broken, &[]), 65, &["is no packed plan"]);
    refused(&from(&folder.path().join("absent"), &[]), 65, &["absent"]);
    // What the plan does not list is not unpacked; what it lists has to be there.
    let repacked = |more: Option<&str>, most: usize| {
        let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        let mut add = |name: &str, content: &[u8]| {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            archive.append_data(&mut header, name, content).unwrap();
        };
        let mut known = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        for entry in known.entries().unwrap().take(most) {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().display().to_string();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            add(&name, &content);
        }
        if let Some(name) = more {
            add(name, &vec![0; 1 << 20]);
        }
        fs::write(&broken, archive.into_inner().unwrap().finish().unwrap()).unwrap();
    };
    for name in ["data/more.csv", "plan.json", "more"] {
        repacked(Some(name), usize::MAX);
        refused(&from(&broken, &[]), 65, &[name, "is no part of its plan"]);
    }
    repacked(None, 1);
    refused(&from(&broken, &[]), 65, &["has no data/"]);
    for name in ["elsewhere/plan.json", "data/../../plan.json", "/plan.json"] {
        let mut header = tar::Header::new_ustar();
        // The library refuses to write such a name; a hostile archive has it all the same.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(2);
        header.set_cksum();
        let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        archive.append(&header, &b"{}"[..]).unwrap();
        fs::write(&broken, archive.into_inner().unwrap().finish().unwrap()).unwrap();
        refused(&from(&broken, &[]), 65, &[name, "is no part of its plan"]);
    }
    let collect = |bytes: &[u8]| {
        let mut child = program("collect").arg(&out).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Whoever refuses the stream stops reading it.
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), bytes);
        child.wait_with_output().unwrap()
    };
    refused(&collect(b"no unit at all"), 65, &["does not begin as a unit does", "0 units are stored"]);
    // Cut short in its last unit: three are stored.
    let cut = collect(&stream[..stream.len() - 100]);
    refused(&cut, 65, &["the last unit is cut short", "3 units are stored"]);
    assert_eq!(status("missing_ranges"), serde_json::json!(["7..8"]));
    let mut changed = stream.clone();
    let place = changed.len() - 100;
    changed[place] ^= 1;
    refused(&collect(&changed), 65, &["is damaged", "send it again"]);
    assert_eq!(status("done"), 11);
    let whole = collect(&stream);
    assert!(
        whole.status.success() && text(&whole.stderr).contains("1 units stored, 3 known before"),
        "{}",
        text(&whole.stderr)
    );
    assert_eq!(status("complete"), true);
    // A shard as it is comes in as well, and one of another plan does not.
    let id = &plan.units[0].id;
    let one = fs::read(out.join(format!("units/{id}.shard"))).unwrap();
    assert!(text(&collect(&one).stderr).contains("0 units stored, 1 known before"));
    let other = folder.path().join("other");
    let foreign = plan_small(&other, &["--seed", "77"]);
    let streamed = program("unit").arg(&other).args(["--stdout", &foreign.units[0].id]).output().unwrap();
    refused(&collect(&streamed.stdout), 65, &["another plan"]);
    let output = merge(&out);
    assert!(output.status.success(), "{}", text(&output.stderr));
    same(&out, "a stream of units");
    let said = Command::new(env!("CARGO_BIN_EXE_stickershock")).args(["--version", "--json"]).output().unwrap();
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(said["model"], plan.version.as_str());
    let nothing = program("plan").output().unwrap();
    assert!(nothing.status.code() == Some(2) && text(&nothing.stderr).contains("SCENARIO"));
    refused(&program("plan").arg(showdown_path()).output().unwrap(), 2, &["a plan needs a scenario and a folder"]);
    let part = program("unit").arg(&out).args(["--part", "3/3"]).output().unwrap();
    assert!(
        part.status.code() == Some(2) && text(&part.stderr).contains("the first smaller"),
        "{}",
        text(&part.stderr)
    );
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The script that `--slurm` writes does the units of its task, and only those; it finds the program that wrote it where none is on the
/// path, and the other script merges.
#[cfg(unix)]
#[test]
fn the_slurm_script_runs_a_part_of_the_units() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a plan");
    let plan = plan_small(&out, &["--slurm"]);
    let run = |script: &str, task: usize| {
        let mut sh = Command::new("/bin/sh");
        sh.arg(out.join(script)).env("SLURM_ARRAY_TASK_ID", task.to_string()).env("PATH", "/nowhere");
        sh.output().unwrap()
    };
    for task in [11, 3] {
        let output = run("units.sbatch", task);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let store = Store::open(&out, Sharing::Alone).unwrap();
    let done: Vec<usize> = store.inventory(&plan).unwrap().done.into_keys().collect();
    assert_eq!(done, [3, 11]);
    // The folder is locked while the store is open.
    drop(store);
    refused(&run("merge.sbatch", 0), 75, &["0..3"]);
}

/// A folder whose small study has been left unfinished: units 0 to 6 are done.
fn unfinished(folder: &Path) -> (PathBuf, Plan) {
    let out = folder.join("out");
    let plan = plan_small(&out, &[]);
    assert!(units(&out, "0..7").status.success());
    (out, plan)
}

fn shard(out: &Path, plan: &Plan, position: usize) -> PathBuf {
    out.join(format!("units/{}.shard", plan.units[position].id))
}

#[test]
fn an_unfinished_run_is_resumed_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let (out, _) = unfinished(folder.path());
    let output = run_command(&out, &[]).output().unwrap();
    refused(&output, 75, &["7 of 12 units are done", "--resume", "--fresh"]);
    let output = run_command(&out, &["--resume"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("resuming: 7 of 12 units are done"));
    same(&out, "a resumed run");
    // What is complete has nothing left to do.
    let output = run_command(&out, &["--resume"]).output().unwrap();
    assert!(output.status.success() && text(&output.stderr).contains("nothing left to do"));
    same(&out, "a complete run");
}

#[test]
fn another_plan_seed_or_version_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (out, _) = unfinished(folder.path());
    let seed = ["--seed", "7"];
    refused(&run_command(&out, &seed).output().unwrap(), 2, &["the seed is 1995 there and 7 here", "--fresh"]);
    let resumed = ["--resume", "--seed", "7"];
    refused(&run_command(&out, &resumed).output().unwrap(), 2, &["the seed is 1995 there and 7 here"]);
    let rate = ["--resume", "--set", "instrument.sanctions.rate=0.25"];
    refused(&run_command(&out, &rate).output().unwrap(), 2, &["instrument.sanctions.rate", "0.25 here"]);
    let more = ["--resume", "--set", "run.replications=48"];
    refused(&run_command(&out, &more).output().unwrap(), 2, &["number of replications is 24 there"]);
    // A plan that another version of the model has made.
    let path = out.join("plan.json");
    let plan = fs::read_to_string(&path).unwrap();
    let version = stickershock::study::units::MODEL_VERSION;
    fs::write(&path, plan.replace(version, "0.0.9+0123456789abcdef")).unwrap();
    refused(&units(&out, "0..1"), 65, &["its hash does not fit"]); // and whoever edits it by hand
    let mut other = Plan::read(&OutputFolder::at(undisturbed())).unwrap();
    other.version = "0.0.9+0123456789abcdef".into();
    let other = other.rehashed();
    fs::write(&path, serde_json::to_string_pretty(&other).unwrap()).unwrap();
    refused(&units(&out, "0..1"), 65, &["version 0.0.9+0123456789abcdef", version]);
    let output = run_command(&out, &["--resume"]).output().unwrap();
    refused(&output, 2, &["the version is 0.0.9+0123456789abcdef there", version]);
    refused(&merge(&out), 65, &["version 0.0.9+0123456789abcdef"]);
    // Starting over is always possible.
    assert!(run_command(&out, &["--fresh", "--quiet"]).status().unwrap().success());
    same(&out, "a run that started over");
    // What is finished is not written over by another study in silence; by the same one it is.
    for (other, difference) in [
        (["--seed", "7"], "the seed is 1995 there and 7 here"),
        (["--regimes", "threat_lapsed"], "the list of regimes is"),
        (["--set", "demand.alpha=0.2"], "demand.alpha"),
    ] {
        let output = run_command(&out, &other).output().unwrap();
        refused(&output, 2, &["holds the finished results of another study", difference, "--fresh", "--out"]);
        same(&out, "finished results");
    }
    assert!(run_command(&out, &["--quiet"]).status().unwrap().success());
    same(&out, "the same run again");
    assert!(run_command(&out, &["--quiet", "--seed", "7", "--fresh"]).status().unwrap().success());
    assert!(fs::read_to_string(out.join("manifest.json")).unwrap().contains("\"seed\": 7"));
}

#[test]
fn a_data_file_that_changed_is_another_study() {
    let folder = tempfile::tempdir().unwrap();
    let (out, _) = unfinished(folder.path());
    let copy = out.join("data/models_1994.csv");
    let data = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, format!("{data}\n")).unwrap();
    refused(&units(&out, "7..8"), 65, &["data/models_1994.csv", "not the one that the plan was made with"]);
}

#[test]
fn a_torn_or_changed_shard_is_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let (out, plan) = unfinished(folder.path());
    let torn = fs::read(shard(&out, &plan, 2)).unwrap();
    fs::write(shard(&out, &plan, 2), &torn[..torn.len() / 2]).unwrap();
    let mut changed = fs::read(shard(&out, &plan, 4)).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(shard(&out, &plan, 4), changed).unwrap();
    fs::write(shard(&out, &plan, 5), b"").unwrap();
    fs::write(out.join("units/.partial-x"), b"half").unwrap();
    assert!(units(&out, "7..12").status.success());
    refused(&merge(&out), 75, &["is damaged", "missing: 2..3, 4..6"]);
    let output = run_command(&out, &["--resume"]).output().unwrap();
    assert!(text(&output.stderr).contains("resuming: 9 of 12"), "{}", text(&output.stderr));
    same(&out, "a run resumed from damaged shards");
}

#[test]
fn a_unit_done_twice_must_be_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (out, plan) = unfinished(folder.path());
    assert!(units(&out, "7..12").status.success());
    let copy = out.join("units/copy.shard");
    fs::copy(shard(&out, &plan, 3), &copy).unwrap();
    assert!(merge(&out).status.success());
    same(&out, "a merge with a unit done twice");
    // The same unit with another result, whole in itself.
    let mut other = fs::read(&copy).unwrap();
    let body = other.len() - 32;
    other[body - 40] ^= 1;
    let hash = blake3::hash(&other[..body]);
    other[body..].copy_from_slice(hash.as_bytes());
    fs::write(&copy, &other).unwrap();
    refused(&merge(&out), 65, &["done twice, with different results", &plan.units[3].id]);
    // Alone it passes for whole, until its outcome is compared with the hash beside it.
    fs::rename(&copy, shard(&out, &plan, 3)).unwrap();
    refused(&merge(&out), 65, &["does not have the hash beside it"]);
    refused(&program("verify").arg(&out).output().unwrap(), 65, &["the hash of its shard", &plan.units[3].id]);
    // A shard of another plan.
    let other = folder.path().join("other");
    let other_plan = plan_small(&other, &["--seed", "7"]);
    assert!(units(&other, "3..4").status.success());
    fs::copy(shard(&other, &other_plan, 3), shard(&out, &plan, 3)).unwrap();
    refused(&merge(&out), 65, &["belongs to another plan"]);
}

/// Writes a shard anew with its outcomes changed, and every hash of it right.
fn craft(path: &Path, change: &dyn Fn(&mut Outcome)) {
    let mut reader = ShardReader::open(path).unwrap();
    let mut bytes = encode_header(&reader.header);
    while let Some((_, jobs)) = reader.next_replication().unwrap() {
        let changed = |(job, _): StoredJob| -> JobResult {
            let mut outcome = job.unwrap();
            change(&mut outcome);
            Ok(outcome)
        };
        bytes.extend(encode(&jobs.into_iter().map(changed).collect::<Vec<_>>()).0);
    }
    let hash = blake3::hash(&bytes);
    bytes.extend_from_slice(hash.as_bytes());
    fs::write(path, bytes).unwrap();
}

/// Right hashes prove that a shard is as it was written, not that its numbers are those of the study.
#[test]
fn a_shard_of_another_shape_or_without_numbers_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let plan = plan_small(&out, &[]);
    assert!(units(&out, "0..12").status.success());
    let path = shard(&out, &plan, 3);
    let whole = fs::read(&path).unwrap();
    type Damage = fn(&mut Outcome);
    let cases: [(Damage, &str); 11] = [
        (|_| {}, ""),
        (|outcome| outcome.values.truncate(3), "has 3 numbers, expected"),
        (|outcome| outcome.values.clear(), "has 0 numbers, expected"),
        (|outcome| outcome.switched.push(1.0), "switches, expected"),
        (|outcome| outcome.values.fill(f64::NAN), "is NaN, expected cars"),
        (|outcome| outcome.values[0] = -1.25, "number 0 is -1.25, expected cars"),
        (|outcome| outcome.values[0] = 2.5e299, "number 0 is 2.5e299, expected cars"),
        (|outcome| outcome.values[0] = f64::INFINITY, "number 0 is infinite"),
        (|outcome| outcome.values.iter_mut().for_each(|value| *value = value.min(0.9)), "do not add up"),
        // A car more of the first model, and of nothing that it is in.
        (|outcome| outcome.values[0] += 1.0, "do not add up"),
        (|outcome| outcome.values.iter_mut().rev().take(1).for_each(|value| *value = f64::INFINITY), "is infinite"),
    ];
    for (change, words) in cases {
        craft(&path, &change);
        if words.is_empty() {
            assert!(fs::read(&path).unwrap() == whole, "what is crafted is what the program writes");
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        refused(&merge(&out), 65, &[name, "replication 6 of status_quo", words]);
        refused(&program("verify").arg(&out).output().unwrap(), 65, &[name, "replication 6 of status_quo", words]);
        fs::write(&path, &whole).unwrap();
    }
    assert!(merge(&out).status.success());
}

/// A pipe where the plan should be is no plan; nobody waits for its other end.
#[cfg(unix)]
#[test]
fn a_pipe_for_a_plan_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("mkfifo").arg(folder.path().join("plan.json")).status().unwrap();
    assert!(made.success());
    for output in [merge(folder.path()), units(folder.path(), "0..1")] {
        refused(&output, 65, &["plan.json", "pipe"]);
    }
}

/// What a stranger put into the folder of a study stays, whatever its name, when the study is run over; what the study itself left does not.
#[test]
fn files_of_strangers_stay_in_a_folder_that_is_run_over() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    assert!(run_command(&out, &["--quiet"]).status().unwrap().success());
    let strangers = ["tables/mine.csv", "tables/models.csv.bak", "charts/mine.svg", "units/notes.txt", "mine.csv"];
    for name in strangers.iter().chain(&["tables/old.csv"]) {
        fs::create_dir_all(out.join(name).parent().unwrap()).unwrap();
        fs::write(out.join(name), "mine").unwrap();
    }
    let manifest = fs::read_to_string(out.join("manifest.json")).unwrap();
    fs::write(out.join("manifest.json"), manifest.replacen("\"files\": [", "\"files\": [\"tables/old.csv\",", 1))
        .unwrap();
    // Killed on the way, the list of what stood there before is kept for the run after.
    let mut command = run_command(&out, &["--fresh", "--set", "run.replications=2000"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    let running = || fs::read_to_string(out.join("manifest.json")).is_ok_and(|text| text.contains("\"running\""));
    while !running() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert!(manifest["earlier_files"].as_array().unwrap().contains(&"tables/old.csv".into()), "{manifest}");
    assert!(run_command(&out, &["--fresh", "--quiet"]).status().unwrap().success());
    for name in strangers {
        assert_eq!(fs::read(out.join(name)).unwrap_or_default(), b"mine", "{name}");
    }
    assert!(!out.join("tables/old.csv").exists());
    for name in &strangers[..2] {
        fs::remove_file(out.join(name)).unwrap();
    }
    same(&out, "a run over another");
}

/// Whatever is changed in a plan by hand, names and paths too, is seen.
#[test]
fn a_plan_that_was_edited_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    plan_small(&out, &[]);
    let path = out.join("plan.json");
    let whole: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut places = Vec::new();
    let mut left = vec![(String::new(), &whole)];
    while let Some((place, value)) = left.pop() {
        match value {
            Value::Object(entries) => left.extend(entries.iter().map(|(key, value)| (format!("{place}/{key}"), value))),
            // The units are as many as they are alike.
            Value::Array(items) => {
                left.extend(items.iter().take(2).enumerate().map(|(i, value)| (format!("{place}/{i}"), value)));
            }
            _ => places.push(place),
        }
    }
    assert!(places.len() > 20 && places.iter().any(|place| place == "/scenario/name"), "{places:?}");
    for place in &places {
        let mut edited = whole.clone();
        let value = edited.pointer_mut(place).unwrap();
        *value = match value {
            Value::String(text) => format!("{text}x").into(),
            Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
            other => panic!("{place}: {other}"),
        };
        fs::write(&path, edited.to_string()).unwrap();
        let read = Plan::read(&OutputFolder::at(&out));
        assert!(read.is_err(), "{place} was changed unseen");
    }
    let edited = whole.to_string().replace("showdown", "letdown");
    fs::write(&path, edited).unwrap();
    refused(&merge(&out), 65, &["plan.json", "was changed after it was written", "does not fit"]);
}

/// A plan reads below its own folder only, whatever it says and whatever links there are.
#[cfg(unix)]
#[test]
fn a_plan_does_not_lead_out_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (out, secret) = (folder.path().join("out"), folder.path().join("secret.csv"));
    let mut plan = plan_small(&out, &[]);
    let copy = out.join(&plan.data[0].copy);
    fs::rename(&copy, &secret).unwrap();
    std::os::unix::fs::symlink(&secret, &copy).unwrap();
    refused(&merge(&out), 65, &["outside"]);
    for name in ["../secret.csv".to_owned(), secret.display().to_string()] {
        plan.data[0].copy = name;
        fs::write(out.join("plan.json"), serde_json::to_vec(&plan.clone().rehashed()).unwrap()).unwrap();
        for output in [merge(&out), units(&out, "0..1")] {
            refused(&output, 65, &["plan.json", "outside the folder"]);
        }
    }
}

/// What is a command to a terminal is no part of a name or a path of a plan, though every hash fits; a longer plan than any is not read.
#[test]
fn a_plan_has_no_commands_to_terminals_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let whole = plan_small(&out, &[]);
    let written = |plan: Plan| {
        fs::write(out.join("plan.json"), serde_json::to_vec(&plan.rehashed()).unwrap()).unwrap();
        merge(&out)
    };
    let escape = "a\u{1b}[31mb";
    type Change = fn(&mut Plan, &str);
    let changes: [Change; 5] = [
        |plan, text| plan.scenario.file = text.into(),
        |plan, text| plan.scenario.invocation.file = text.into(),
        |plan, text| plan.scenario.invocation.settings.push(text.into()),
        |plan, text| plan.data[0].path = text.into(),
        |plan, text| plan.regimes[1] = text.into(),
    ];
    for change in changes {
        let mut plan = whole.clone();
        change(&mut plan, escape);
        let output = written(plan);
        refused(&output, 65, &["plan.json", "has the control character U+001B", "a\\u{1b}[31mb"]);
        assert!(!output.stderr.contains(&0x1b));
    }
    let mut plan = whole.clone();
    plan.scenario.name = "another".into();
    refused(&written(plan), 65, &["plan.json", "it is of `another`"]);
    refused(&written(whole), 75, &["missing"]);
    fs::File::create(out.join("plan.json")).unwrap().set_len((1 << 28) + 1).unwrap();
    refused(&merge(&out), 65, &["plan.json", "more than the 256 MiB"]);
}

/// Folders of results that are links to other places are refused: nothing is written or read there.
#[cfg(unix)]
#[test]
fn a_folder_of_results_that_is_a_link_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (out, elsewhere) = (folder.path().join("out"), folder.path().join("elsewhere"));
    plan_small(&out, &[]);
    fs::create_dir(&elsewhere).unwrap();
    let _ = fs::remove_dir_all(out.join("units"));
    std::os::unix::fs::symlink(&elsewhere, out.join("units")).unwrap();
    refused(&units(&out, "0..1"), 2, &["units", "is a link"]);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    fs::remove_file(out.join("units")).unwrap();
    assert!(units(&out, "0..12").status.success());
    fs::remove_dir_all(out.join("tables")).ok();
    std::os::unix::fs::symlink(&elsewhere, out.join("tables")).unwrap();
    refused(&merge(&out), 2, &["tables", "is a link"]);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

/// A pipe or device under the name of a ledger, a shard or a data file is refused, and nobody waits for its other end.
#[cfg(unix)]
#[test]
fn pipes_for_stored_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let plan = plan_small(&out, &[]);
    assert!(units(&out, "0..1").status.success());
    let shard = format!("units/{}.shard", plan.units[0].id);
    for (name, command) in [(shard, "merge"), ("units.csv".into(), "verify"), (plan.data[0].copy.clone(), "merge")] {
        let path = out.join(&name);
        let kept = fs::read(&path).ok();
        let _ = fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let output = program(command).arg(&out).output().unwrap();
        assert!(!output.status.success() && text(&output.stderr).contains("pipe"), "{name}: {}", text(&output.stderr));
        fs::remove_file(&path).unwrap();
        kept.map_or(Ok(()), |bytes| fs::write(&path, bytes)).unwrap();
    }
}

/// A disk that is full, or a limit on file size, is an error with a way on, and never ends the process in the middle.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_a_folder_to_resume() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut failures = 0;
    // 512-byte blocks: too small for a shard; enough for shards and too small for some tables.
    for blocks in [40, 200] {
        let command = run_command(&out, &["--resume", "--quiet"]);
        let mut sh = Command::new("sh");
        sh.args(["-c", &format!("ulimit -f {blocks}; exec \"$@\""), "sh"]).arg(command.get_program());
        let output = sh.args(command.get_args()).output().unwrap();
        if output.status.success() {
            continue;
        }
        failures += 1;
        assert!([Some(1), Some(75)].contains(&output.status.code()), "{output:?}");
        assert!(text(&output.stderr).contains("File too large"), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("help: "), "{}", text(&output.stderr));
    }
    assert!(failures > 0, "no limit was met");
    let output = run_command(&out, &["--resume"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    same(&out, "a run resumed after a full disk");
}

/// Without file descriptors, or with its folder taken away, a run ends with a reason and an exit code, and what is then asked of the folder works.
#[cfg(target_os = "linux")]
#[test]
fn a_lack_of_descriptors_and_a_folder_that_vanishes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut failed = 0;
    for most in 4..10 {
        let command = run_command(&out, &["--resume", "--quiet"]);
        let mut sh = Command::new("sh");
        sh.args(["-c", &format!("ulimit -n {most}; exec \"$@\""), "sh"]).arg(command.get_program());
        let output = sh.args(command.get_args()).output().unwrap();
        let message = text(&output.stderr);
        if output.status.success() {
            break;
        }
        failed += 1;
        assert!([Some(1), Some(65), Some(75), Some(127)].contains(&output.status.code()), "{most}: {output:?}");
        // With fewer than the loader needs the program does not begin.
        assert!(message.contains("Too many open files") || message.contains("rror"), "{most}: {message}");
        if message.contains("Too many open files") && message.contains("help: ") {
            assert!(message.contains("ulimit -n"), "{most}: {message}");
        }
    }
    assert!(failed > 0);
    let mut command = run_command(&out, &["--fresh", "--set", "run.replications=400"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while fs::read_dir(out.join("units")).map_or(0, Iterator::count) < 3 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    while fs::remove_dir_all(&out).is_err() && out.exists() {}
    let output = child.wait_with_output().unwrap();
    assert!([Some(1), Some(75)].contains(&output.status.code()), "{output:?}");
    assert!(
        text(&output.stderr).contains("out/") && text(&output.stderr).contains("help: "),
        "{}",
        text(&output.stderr)
    );
    // What was written last may have made it anew.
    assert!(fs::remove_dir_all(&out).is_ok() || !out.exists());
    assert!(run_command(&out, &["--quiet"]).status().unwrap().success());
    same(&out, "a run after its folder vanished");
}

/// Ctrl-C and SIGTERM end in good order, with exit code 130 and a folder to resume.
#[cfg(unix)]
#[test]
fn an_interrupted_run_is_resumable() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for (signal, flag) in [("-INT", "--fresh"), ("-TERM", "--resume")] {
        let mut command = run_command(&out, &[flag, "--set", "run.replications=2000"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_mins(1);
        let stored = || fs::read_dir(out.join("units")).map_or(0, Iterator::count);
        let before = stored();
        while stored() < before + 3 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        // While it runs nobody else may.
        let second = run_command(&out, &["--resume"]).output().unwrap();
        refused(&second, 1, &["another stickershock is at work"]);
        assert!(Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap().success());
        let status = child.wait().unwrap();
        let mut message = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut message).unwrap();
        assert_eq!(status.code(), Some(130), "{message}");
        assert!(message.contains("of 1000 units are done and kept"), "{message}");
        let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["status"], "interrupted");
    }
}

/// Every command that takes long ends within a moment of a request to stop, with its exit code, wherever it is at work.
#[cfg(unix)]
#[test]
fn every_command_hears_that_it_should_stop() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let market = folder.path().join("market");
    large_market(&market);
    let (out, market) = (at("out"), market.display().to_string());
    // `check` and `init` are done before they could be asked to stop.
    let commands: [&[&str]; 7] = [
        &["run", "configs/market-1995.toml", "--set", "buyers.count=1000000", "--out", &out],
        &["validate", "configs/validation-1995.toml", "--set", "buyers.count=20000"],
        &["calibrate", "configs/calibration-1995.toml", "--set", "buyers.count=20000", "--out", &at("fit")],
        &["sensitivity", "configs/sensitivity-1995.toml", "--set", "buyers.count=20000", "--out", &at("indices")],
        &["solve", &market],
        &["negotiate", "configs/governments-1995.toml", "--worlds", "5000000", "--out", &at("worlds")],
        &["collect", &at("planned")],
    ];
    plan_small(&folder.path().join("planned"), &[]);
    for (arguments, signal) in commands.iter().zip(["-TERM", "-INT"].into_iter().cycle()) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
        command.current_dir(crate::support::root()).args(*arguments).env("NO_COLOR", "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(700));
        let asked = Instant::now();
        assert!(Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap().success());
        let status = child.wait().unwrap();
        let took = asked.elapsed();
        let mut message = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut message).unwrap();
        assert_eq!(status.code(), Some(130), "{arguments:?} {signal}: {status:?} {message}");
        // A second of its own, and what a busy machine takes.
        assert!(took < Duration::from_secs(5), "{arguments:?} {signal}: {took:?}");
    }
}

/// A folder of `solve` that takes long.
fn large_market(folder: &Path) {
    use std::fmt::Write;
    fs::create_dir(folder).unwrap();
    let mut products = "product_id,firm_id,region,price0,share0\n".to_owned();
    for j in 0..1500 {
        writeln!(products, "p{j},f{},{},{},0.0001", j % 9, ["JP", "US"][j % 2], 2 + j % 3).unwrap();
    }
    let mut agents = "weight,nu0\n".to_owned();
    (0..20_000).for_each(|i| writeln!(agents, "{},{}", 1.0 / 20_000.0, f64::from(i) / 10_000.0 - 1.0).unwrap());
    let case =
        r#"{"beta": [-1.0], "beta_names": ["prices"], "x2_names": ["1"], "sigma": [0.5], "node_columns": ["nu0"]}"#;
    let files = [("products.csv", products.as_str()), ("agents.csv", &agents), ("case.json", case)];
    for (name, text) in files.iter().chain(&[("scenarios.json", r#"[{"name": "base", "spec": {}}]"#)]) {
        fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn verify_repeats_jobs_and_finds_what_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    assert!(run_command(&out, &["--quiet"]).status().unwrap().success());
    let verify = |count: &str| program("verify").arg(&out).args(["--sample", count]).output().unwrap();
    let output = verify("5");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("5 of 72 jobs repeated, 5 with the recorded outcome"));
    // One hash in the ledger is not the job's.
    let ledger = fs::read_to_string(out.join("units.csv")).unwrap();
    let hash = ledger.lines().nth(3).unwrap().split([',', ' ']).nth(6).unwrap().to_owned();
    assert_eq!(hash.len(), 32);
    fs::write(out.join("units.csv"), ledger.replace(&hash, &"0".repeat(32))).unwrap();
    let output = verify("1000");
    assert_eq!(output.status.code(), Some(1));
    // Unit 2 starts with replication 4; three regimes a replication.
    assert!(text(&output.stderr).contains("job 12 (point 0, replication 4, regime status_quo)"), "{output:?}");
    assert!(text(&output.stdout).contains("72 of 72 jobs repeated, 71 with"));
    // A ledger is held to its form, and to having every unit.
    let lines: Vec<&str> = ledger.lines().collect();
    let rewritten = |lines: &[&str]| fs::write(out.join("units.csv"), format!("{}\n", lines.join("\n"))).unwrap();
    let lacking = [&lines[..4], &lines[5..]].concat();
    let shard = lines[2].split(',').nth(5).unwrap();
    let zeros = ledger.replace(shard, &"0".repeat(64));
    let header = ledger.replacen("blake3", "hash", 1);
    for (changed, words) in [
        (lacking, "it lacks unit"),
        (zeros.lines().collect(), "row 2 does not fit"),
        (header.lines().collect(), "its header is not"),
        (vec![lines[0]], "it lacks unit"),
    ] {
        rewritten(&changed);
        refused(&verify("5"), 65, &["units.csv", words]);
    }
    // Nothing there to compare with.
    let empty = folder.path().join("empty");
    plan_small(&empty, &[]);
    refused(&program("verify").arg(&empty).output().unwrap(), 2, &["no unit of this plan is done"]);
    refused(&program("verify").arg(folder.path()).output().unwrap(), 65, &["plan.json"]);
}

/// The trace of one job adds up to its row in `replications.csv`, and says when policy moved.
#[test]
fn replay_traces_the_job_that_ran() {
    let job = 3 * 5 + 1; // replication 5, `imposed`
    let output = program("replay").arg(undisturbed()).args(["--job", &job.to_string()]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("replication 5, regime imposed") && text(&output.stderr).contains("as recorded")
    );
    let mut reader = csv::Reader::from_reader(&output.stdout[..]);
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let table = read_csv(&undisturbed().join("tables/replications.csv"));
    let row = table.iter().find(|row| row["regime"] == "imposed" && row["replication"] == "5").unwrap();
    let sum = |flagged: &str| -> f64 {
        rows.iter().filter(|row| row["flagged"] == flagged).map(|row| row["units"].parse::<f64>().unwrap()).sum()
    };
    let close = |a: f64, b: &str| (a - b.parse::<f64>().unwrap()).abs() <= 1e-9 * a;
    assert!(close(sum("true"), &row["units_sanctioned"]));
    assert!(close(sum("true") + sum("false"), &row["units_all"]) || sum("false") > row["units_all"].parse().unwrap());
    let imposed: Vec<&str> = rows
        .iter()
        .filter(|row| row["events"].contains("sanctions imposed"))
        .map(|row| row["week_start"].as_str())
        .collect();
    assert!(!imposed.is_empty() && imposed.iter().all(|date| *date == "1995-07-01"), "{imposed:?}");
    let past = program("replay").arg(undisturbed()).args(["--job", "72"]).output().unwrap();
    refused(&past, 2, &["jobs 0 to 71"]);
}

/// A job that fails is recorded, its replication is left out, and the rest is as it would be without it.
#[test]
fn failed_jobs_do_not_sink_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let failing = ["--set", "buyers.count=2", "--set", "buyers.population=own", "--set", "demand.alpha=5"];
    let output = run_command(&out, &failing).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("of 72 jobs failed"), "{}", text(&output.stderr));
    let failures = read_csv(&out.join("tables/failures.csv"));
    let failed: std::collections::BTreeSet<&str> = failures.iter().map(|row| row["replication"].as_str()).collect();
    assert!(!failed.is_empty() && failures.len() == 3 * failed.len());
    let table = read_csv(&out.join("tables/replications.csv"));
    assert!(!table.is_empty() && table.len() + failures.len() == 72);
    assert!(table.iter().all(|row| !failed.contains(row["replication"].as_str())));
    let first = fs::read(out.join("tables/models.csv")).unwrap();
    let package = fs::read(out.join("datapackage.json")).unwrap();
    assert!(text(&package).contains("tables/failures.csv"));
    // By way of units, the same.
    let split = folder.path().join("split");
    plan_small(&split, &failing);
    assert!(units(&split, "0..12").status.success());
    assert_eq!(merge(&split).status.code(), Some(1));
    assert!(fs::read(split.join("tables/models.csv")).unwrap() == first);
    assert!(fs::read(split.join("datapackage.json")).unwrap() == package);
    assert!(program("verify").arg(&split).args(["--sample", "72"]).status().unwrap().success());
}

type Kept = Vec<(usize, u64, Vec<Outcome>)>;

/// Points are planned, simulated and stored like the scenario itself, and a rule that has enough of one leaves the others whole.
#[test]
fn every_point_is_the_scenario_with_its_assignments() {
    let small = ["buyers.count=64", "buyers.pricing_nodes=64", "run.replications=5"];
    let rates = ["0.25", "0.5", "1.0"];
    let axis = format!("sweep.axis=[{{ key = \"instrument.sanctions.rate\", values = [{}] }}]", rates.join(", "));
    let loaded = showdown(&[small[0], small[1], small[2], "sweep.kind=\"grid\"", &axis]);
    let regimes = ids([0, 2]);
    let plan = Plan::new(&loaded, &regimes, Some(2)).unwrap();
    assert_eq!((plan.units.len(), plan.jobs()), (9, 30));
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Sharing::Alone).unwrap();
    let drive = Drive { plan: &plan, regimes: &regimes, store: &store, observer: &() };
    let studies = Studies::new(&loaded, &plan);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    // Enough of the middle point after its first replication.
    let collect = |kept: &mut Kept, event: Event<'_>| {
        if let Event::Replication { point, replication, outcomes } = event {
            kept.push((point, replication, outcomes.to_vec()));
            if point == 1 {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    let mut kept = Kept::new();
    pool.install(|| drive.run(&BTreeMap::new(), &studies, &mut |event| collect(&mut kept, event))).unwrap();
    let seen: Vec<(usize, u64)> = kept.iter().map(|(point, replication, _)| (*point, *replication)).collect();
    let expected: Vec<(usize, u64)> = (0..5).map(|r| (0, r)).chain([(1, 0)]).chain((0..5).map(|r| (2, r))).collect();
    assert_eq!(seen, expected);
    for (rate, point) in rates.iter().zip(0..) {
        let rate = format!("instrument.sanctions.rate={rate}");
        let alone = Study::prepare(showdown(&[small[0], small[1], small[2], &rate]).scenario).unwrap();
        let whole = crate::support::outcomes(&alone, &regimes, 0..5, 1);
        for (_, replication, outcomes) in kept.iter().filter(|(at, ..)| *at == point) {
            let own = whole[*replication as usize].iter();
            let own: Vec<Outcome> = own.map(|outcome| headlines(alone.layout(), alone.scenario(), outcome)).collect();
            // Bit by bit, numbers that there are none of too.
            let bits = |all: &[Outcome]| -> Vec<Vec<u64>> {
                all.iter().map(|one| one.values.iter().map(|value| value.to_bits()).collect()).collect()
            };
            assert!(bits(&own) == bits(outcomes), "point {point}, replication {replication}");
        }
    }
    // The unit in which it was enough is whole, those after it are not there, and a merge does not miss them.
    let inventory = store.inventory(&plan).unwrap();
    assert_eq!(inventory.done.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 6, 7, 8]);
    let mut merged = Kept::new();
    drive.merge(&inventory.done, &studies, &mut |event| collect(&mut merged, event)).unwrap();
    assert!(merged == kept);
    // Surplus units change nothing either.
    drive.publish(&plan.unit_list()[4..6], &studies).unwrap();
    let inventory = store.inventory(&plan).unwrap();
    assert_eq!(inventory.done.len(), 9);
    let mut merged = Kept::new();
    drive.merge(&inventory.done, &studies, &mut |event| collect(&mut merged, event)).unwrap();
    assert!(merged == kept);
    // Without the rule a missing unit is missed.
    fs::remove_file(&inventory.done[&5]).unwrap();
    let done = store.inventory(&plan).unwrap().done;
    let missed = drive.merge(&done, &studies, &mut |_| Ok(ControlFlow::Continue(())));
    assert!(matches!(missed, Err(DriveError::Missing(5))), "{missed:?}");
}

/// A point that makes no valid study fails alone.
#[test]
fn a_point_that_cannot_be_prepared_does_not_sink_the_others() {
    let axis = "sweep.axis=[{ key = \"demand.alpha\", values = [0.12, -1.0, 0.13] }]";
    let small = ["buyers.count=64", "buyers.pricing_nodes=64", "run.replications=2"];
    let loaded = showdown(&[small[0], small[1], small[2], "sweep.kind=\"grid\"", axis]);
    let plan = Plan::new(&loaded, &ids([0]), None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Sharing::Alone).unwrap();
    let drive = Drive { plan: &plan, regimes: &ids([0]), store: &store, observer: &() };
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    drive
        .run(&BTreeMap::new(), &Studies::new(&loaded, &plan), &mut |event| {
            match event {
                Event::Replication { point, replication, .. } => good.push((point, replication)),
                Event::Failure { point, replication, error, .. } => bad.push((point, replication, error.to_owned())),
                Event::Unit { .. } => {}
            }
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    assert_eq!(good, [(0, 0), (0, 1), (2, 0), (2, 1)]);
    assert_eq!(bad.len(), 2);
    assert!(bad.iter().all(|(point, _, error)| *point == 1 && error.contains("demand.alpha")), "{bad:?}");
}
