//! Studies of many points unit by unit: planned, split, killed, resumed and merged, they end in the bytes of one run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use serde_json::Value;
use stickershock::folder::OutputFolder;
use stickershock::study::Arm;
use stickershock::study::units::Plan;

use crate::support::{read_csv, root};

/// A sweep of five points, one of which has no solution, in 15 units.
const SWEEP: &str = r#"
[sweep]
kind = "grid"
replications = 5

[[sweep.axis]]
key = "demand.alpha"
name = "alpha"
values = [0.11, 0.125, 900, 0.14, -1]
"#;

/// Four draws of a parameter and of data, each with worlds of its own.
const DRAWS: &str = r#"
[uncertainty]
draws = 4
replications = 3

[[parameter]]
key = "demand.alpha"
distribution = "uniform"
low = 0.1
high = 0.15

[[uncertainty.data]]
column = "base_volume_annual"
log_sd = 0.1
"#;

/// A scenario that extends the shipped one, with few buyers.
fn scenario(folder: &Path, points: &str) -> PathBuf {
    let path = folder.join("study.toml");
    let extends =
        format!("extends = {:?}\n", root().join("tests/market_1995/showdown-1995.toml").display().to_string());
    let small = "name = \"points\"\n[buyers]\ncount = 128\npricing_nodes = 128\n";
    fs::write(&path, format!("{extends}{small}{points}")).unwrap();
    path
}

fn program(command: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_stickershock"));
    program.arg(command).env("NO_COLOR", "1").env_remove("STICKERSHOCK_OUT");
    program
}

const CUT: [&str; 4] = ["--regimes", "imposed", "--unit-size", "2"];

fn run_command(scenario: &Path, out: &Path, extra: &[&str]) -> Command {
    let mut command = program("run");
    command
        .arg(scenario)
        .args(crate::support::ANYWHERE)
        .args(CUT)
        .args(["--no-charts", "-j", "2", "--out"])
        .arg(out)
        .args(extra);
    command
}

fn plan(scenario: &Path, out: &Path) -> Plan {
    done(program("plan").arg(scenario).args(crate::support::ANYWHERE).args(CUT).arg("--out").arg(out));
    Plan::read(&OutputFolder::at(out)).unwrap()
}

fn unit_command(out: &Path, range: &str) -> Command {
    let mut command = program("unit");
    command.arg(out).args(["--range", range, "--quiet"]);
    command
}

fn merge(out: &Path) -> Output {
    program("merge").arg(out).args(["--no-charts", "--quiet"]).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn done(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    output
}

fn refused(output: &Output, code: i32, words: &[&str]) {
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(words.iter().all(|word| message.contains(word)) && message.contains("help: "), "{words:?}: {message}");
}

/// Everything in the folder that may not depend on what happened on the way, by name.
fn results(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = ["datapackage.json", "units.csv", "plan.json"].map(|name| out.join(name)).into_iter();
    let tables = fs::read_dir(out.join("tables")).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    names.chain(tables).map(|path| (name(&path), fs::read(&path).unwrap())).collect()
}

fn same(found: &Path, expected: &Path, what: &str) {
    let (found, expected) = (results(found), results(expected));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{what}: {name} differs from the undisturbed run");
    }
}

/// `plan`, `unit` in any order and in several processes, and `merge` give the bytes of one run, failures included; the record of every job is
/// met again, and one job can be run again alone.
#[test]
fn merged_units_of_points_equal_one_run() {
    for (points, units, jobs, failed) in [(SWEEP, 15, 50, 2), (DRAWS, 8, 24, 0)] {
        let folder = tempfile::tempdir().unwrap();
        let path = scenario(folder.path(), points);
        let whole = folder.path().join("whole");
        done(&mut run_command(&path, &whole, &["--quiet"]));
        assert!(!whole.join("units").exists());
        let manifest: Value = serde_json::from_slice(&fs::read(whole.join("manifest.json")).unwrap()).unwrap();
        assert_eq!((manifest["status"].as_str(), manifest["failed_points"].as_u64()), (Some("complete"), Some(failed)));

        let split = folder.path().join("split");
        let plan = plan(&path, &split);
        assert_eq!((plan.units.len(), plan.jobs()), (units, jobs));
        refused(&merge(&split), 75, &[&format!("missing: 0..{units}")]);
        // The scenario is no longer needed, nor is the place of the plan.
        fs::remove_file(&path).unwrap();
        let moved = folder.path().join("a moved plan");
        fs::rename(&split, &moved).unwrap();
        let half = units / 2;
        done(unit_command(&moved, &format!("{half}..{units}")).args(["-j", "1"]));
        done(unit_command(&moved, &format!("1..{half}")).args(["-j", "2"]));
        let id = &plan.units[0].id;
        let streamed = done(program("unit").arg(&moved).args(["--stdout", id]));
        fs::write(moved.join(format!("units/{id}.shard")), &streamed.stdout).unwrap();
        let output = merge(&moved);
        assert!(output.status.success(), "{}", text(&output.stderr));
        same(&moved, &whole, "merged units");

        let output = done(program("verify").arg(&whole).args(["--sample", "100"]));
        let (all, said) = (format!("{jobs} of {jobs} jobs repeated, {jobs} with"), text(&output.stdout));
        assert!(said.contains(&all), "{said}");
        let output = done(program("replay").arg(&whole).args(["--job", "7"]));
        assert!(text(&output.stderr).contains("as recorded"), "{}", text(&output.stderr));
        assert!(text(&output.stdout).starts_with("week,week_start"));
    }
}

/// Two points that cannot be solved, one for its scenario and one for its base year, are recorded with the reason, which names no file of the machine.
#[test]
fn a_point_that_fails_is_recorded_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), SWEEP);
    let out = folder.path().join("out");
    let output = done(&mut run_command(&path, &out, &[]));
    assert!(text(&output.stderr).contains("2 of 5 points have no result"), "{}", text(&output.stderr));
    let failures = read_csv(&out.join("tables/failures.csv"));
    let found: Vec<(&str, &str)> =
        failures.iter().map(|row| (row["point"].as_str(), row["assignments"].as_str())).collect();
    assert_eq!(found, [("2", "demand.alpha=900"), ("4", "demand.alpha=-1")]);
    let reason = &failures[1]["error"];
    assert!(reason.starts_with("demand.alpha: is -1") && !reason.contains("toml"), "{reason}");
    let kept: std::collections::BTreeSet<String> =
        read_csv(&out.join("tables/sweep.csv")).iter().map(|row| row["point"].clone()).collect();
    assert!(kept.iter().eq(["0", "1", "3"]), "{kept:?}");
}

/// Draws have worlds of their own: the number of a job's replication goes on from point to point.
#[test]
fn replications_of_draws_are_numbered_through() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(&scenario(folder.path(), DRAWS), &folder.path().join("draws"));
    let numbers: Vec<(usize, u64, Arm)> = (0..plan.jobs()).map(|job| plan.job(job).unwrap()).collect();
    let expected = (0..4_usize)
        .flat_map(|point| (0..3).map(move |r| (point, 3 * point as u64 + r)))
        .flat_map(|(point, replication)| [(point, replication, Arm(0)), (point, replication, Arm(1))]);
    assert!(numbers.iter().copied().eq(expected), "{numbers:?}");
    for (number, (point, replication, arm)) in (0..).zip(&numbers) {
        assert_eq!(plan.job_number(*point, *replication, *arm), number);
    }
    let sweep = folder.path().join("sweep");
    fs::create_dir(&sweep).unwrap();
    let plan = self::plan(&scenario(&sweep, SWEEP), &sweep.join("plan"));
    assert_eq!(plan.job(49), Some((4, 4, Arm(1))));
}

/// A range of four draws is none.
#[test]
fn few_draws_have_no_interval_with_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let printed = text(&done(&mut run_command(&scenario(folder.path(), DRAWS), &out, &[])).stdout);
    assert!(printed.contains("4 draws are too few for an interval with parameters"), "{printed}");
}

/// What each point sets is printed from the plan, whose file has their number alone.
#[test]
fn a_plan_says_what_its_points_set() {
    let folder = tempfile::tempdir().unwrap();
    for (name, points) in [("sweep", SWEEP), ("draws", DRAWS)] {
        let out = folder.path().join(name);
        fs::create_dir(&out).unwrap();
        let path = scenario(&out, points);
        let plan = plan(&path, &out.join("plan"));
        let told = text(&done(program("plan").arg("--points").arg(out.join("plan"))).stdout);
        let told: Vec<Vec<String>> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let design = crate::support::load_anywhere(&path, &[]).unwrap().design.unwrap();
        let wanted: Vec<Vec<String>> = design.points().into_iter().map(|point| point.assignments).collect();
        assert_eq!(told, wanted);
        assert_eq!((plan.points, told.len()), (design.count(), design.count()));
        assert!(!fs::read_to_string(out.join("plan/plan.json")).unwrap().contains("demand.alpha="));
    }
}

/// Killed at random moments and resumed, a sweep ends in the bytes of an undisturbed run.
#[test]
fn a_killed_sweep_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), SWEEP);
    let (whole, out) = (folder.path().join("whole"), folder.path().join("out"));
    let started = Instant::now();
    done(&mut run_command(&path, &whole, &["--quiet"]));
    let time = started.elapsed();
    let (mut kills, mut kept, mut fresh) = (0, 0, true);
    for i in 0_u64.. {
        let mut command = run_command(&path, &out, &["--quiet", if fresh { "--fresh" } else { "--resume" }]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let moment = blake3::hash(&i.to_le_bytes()).as_bytes()[0];
        std::thread::sleep(time.mul_f64(f64::from(moment) / 256.0));
        child.kill().unwrap(); // SIGKILL: no handler runs
        fresh = match child.wait().unwrap().code() {
            Some(0) => {
                same(&out, &whole, "a sweep resumed after kills");
                true
            }
            Some(code) => panic!("exit code {code}"),
            None => {
                kills += 1;
                kept += usize::from(fs::read_dir(out.join("units")).is_ok_and(|mut shards| shards.next().is_some()));
                false
            }
        };
        if kills == 8 {
            break;
        }
    }
    assert!(kept > 0, "no kill came while units were stored");
    done(&mut run_command(&path, &out, &["--quiet", if fresh { "--fresh" } else { "--resume" }]));
    same(&out, &whole, "the last run");
}

/// What was torn is done again, what is of another study is refused by name, and a full disk leaves a folder to resume.
#[test]
fn a_damaged_or_foreign_folder_of_points_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), SWEEP);
    let (whole, out) = (folder.path().join("whole"), folder.path().join("out"));
    done(&mut run_command(&path, &whole, &["--quiet"]));
    let plan = plan(&path, &out);
    done(&mut unit_command(&out, "0..9"));
    let shard = |unit: usize| out.join(format!("units/{}.shard", plan.units[unit].id));
    let torn = fs::read(shard(3)).unwrap();
    fs::write(shard(3), &torn[..torn.len() / 2]).unwrap();
    refused(&run_command(&path, &out, &[]).output().unwrap(), 75, &["8 of 15 units are done", "--resume"]);
    let other = ["--resume", "--set", "sweep.axis.alpha.values=[0.11, 0.126, 900, 0.14, -1]"];
    let words = [
        "sweep.axis.alpha.values is [0.11, 0.125, 900, 0.14, -1] there and [0.11, 0.126, 900, 0.14, -1] here",
        "--fresh",
    ];
    refused(&run_command(&path, &out, &other).output().unwrap(), 2, &words);
    let more = ["--resume", "--replications", "6"];
    refused(&run_command(&path, &out, &more).output().unwrap(), 2, &["number of replications is 5 there and 6 here"]);
    #[cfg(unix)]
    {
        // 512-byte blocks: enough for shards, too small for sweep.csv.
        let command = run_command(&path, &out, &["--resume", "--quiet"]);
        let mut sh = Command::new("sh");
        sh.args(["-c", "ulimit -f 40; exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
        let output = sh.output().unwrap();
        let message = text(&output.stderr);
        assert!([Some(1), Some(75)].contains(&output.status.code()) && message.contains("File too large"), "{message}");
    }
    done(&mut run_command(&path, &out, &["--resume", "--quiet"]));
    same(&out, &whole, "a sweep resumed from a torn shard and a full disk");
    let output = done(&mut run_command(&path, &out, &["--resume"]));
    assert!(text(&output.stderr).contains("nothing left to do"), "{}", text(&output.stderr));
}

/// A rule that ends the replications of one point has no meaning for several.
#[test]
fn a_stopping_rule_with_points_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), SWEEP);
    let out = folder.path().join("out");
    let stop = ["--set", "stop.half_width=1"];
    refused(&run_command(&path, &out, &stop).output().unwrap(), 2, &["[stop]", "same number"]);
    let output =
        program("plan").arg(&path).args(crate::support::ANYWHERE).args(stop).arg("--out").arg(&out).output().unwrap();
    refused(&output, 2, &["[stop]", "same number"]);
    assert!(!out.exists());
}

/// Tables of points in Parquet: every table of the dictionary, in the place of its CSV file.
#[cfg(feature = "parquet")]
#[test]
fn tables_of_points_are_written_as_parquet() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), SWEEP);
    let out = folder.path().join("out");
    done(&mut run_command(&path, &out, &["--quiet", "--format", "parquet"]));
    let package: Value = serde_json::from_slice(&fs::read(out.join("datapackage.json")).unwrap()).unwrap();
    let mut paths: Vec<&str> =
        package["resources"].as_array().unwrap().iter().map(|resource| resource["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["tables/failures.parquet", "tables/sweep.parquet"]);
    assert_eq!(fs::read_dir(out.join("tables")).unwrap().count(), 2);
    assert!(paths.iter().all(|path| fs::read(out.join(path)).unwrap().starts_with(b"PAR1")));
}
