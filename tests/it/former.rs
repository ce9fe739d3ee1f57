//! Finished results stay in their folder: whatever command comes there with something else is refused by name, until it is told to start over.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::root;

fn stickershock(arguments: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
    command.current_dir(root()).args(arguments).arg("--out").arg(out).output().unwrap()
}

fn succeeds(arguments: &[&str], out: &Path) {
    let output = stickershock(arguments, out);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn refused(arguments: &[&str], out: &Path, parts: &[&str]) {
    let output = stickershock(arguments, out);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{arguments:?}");
    let general = ["holds the finished results of another study: ", "--out", "--fresh"];
    general.iter().chain(parts).for_each(|part| assert!(said.contains(part), "{arguments:?}: {part}: {said}"));
}

const NEGOTIATE: [&str; 5] = ["negotiate", "configs/governments-1995.toml", "--worlds", "20", "--quiet"];

#[test]
fn bargaining_stays_and_other_commands_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    succeeds(&NEGOTIATE, &out);
    let table = out.join("tables/negotiation.csv");
    let before = std::fs::read(&table).unwrap();
    // The same study may be written over itself; charts that are not drawn now do not stay.
    assert!(out.join("charts/offers.svg").is_file());
    succeeds(&[&NEGOTIATE[..], &["--no-charts"]].concat(), &out);
    assert!(!out.join("charts/offers.svg").exists() && std::fs::read(&table).unwrap() == before);
    refused(&[&NEGOTIATE[..], &["--seed", "7"]].concat(), &out, &["the seed is 1995 there and 7 here"]);
    let solve_k = [&NEGOTIATE[..], &["--solve-k=0.7"]].concat();
    refused(&solve_k, &out, &["--solve-k is none there and 0.7 here"]);
    for other in [
        &["solve", "tests/cases/plain_logit"][..],
        &["run", "configs/market-1995.toml"],
        &["sensitivity", "configs/sensitivity-1995.toml"],
        &["calibrate", "configs/calibration-1995.toml"],
    ] {
        refused(other, &out, &["they are of the bargaining alone"]);
    }
    assert!(std::fs::read(&table).unwrap() == before);
    succeeds(&["solve", "tests/cases/plain_logit", "--fresh"], &out);
    assert!(!table.exists() && out.join("results.csv").is_file());
    refused(&NEGOTIATE, &out, &["they are of a solved market"]);
}

#[test]
fn a_solved_market_stays_and_takes_its_files_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    succeeds(&["solve", "tests/cases/plain_logit", "--matrices", "all"], &out);
    std::fs::write(out.join("mine.txt"), "a note").unwrap();
    let matrix = out.join("elasticities_base_multi.csv");
    assert!(matrix.is_file());
    succeeds(&["solve", "tests/cases/plain_logit"], &out);
    refused(&["solve", "tests/cases/income_5x30"], &out, &["the case is ", "the case's files differ"]);
    refused(
        &["solve", "tests/cases/plain_logit", "--many-starts"],
        &out,
        &["--many-starts is false there and true here"],
    );
    succeeds(&["solve", "tests/cases/plain_logit", "--matrices", "all"], &out);
    succeeds(&["solve", "tests/cases/income_5x30", "--fresh"], &out);
    assert!(!matrix.exists() && out.join("mine.txt").is_file());
}

#[test]
fn a_run_stays_when_something_else_is_planned_or_studied_there() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let scenario = ["tests/market_1995/showdown-1995.toml", "--regimes", "imposed", "--set", "buyers.count=64"];
    let small = [&scenario[..], &["--replications"]].concat();
    succeeds(&[&["run"], &small[..], &["2", "--no-charts", "--quiet"]].concat(), &out);
    let before = std::fs::read(out.join("plan.json")).unwrap();
    let output = stickershock(&[&["plan"], &small[..], &["3"]].concat(), &out);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("holds the finished results of another study"), "{said}");
    refused(&NEGOTIATE, &out, &["they are of a run"]);
    refused(&["sensitivity", "configs/sensitivity-1995.toml"], &out, &["they are of a run"]);
    assert!(std::fs::read(out.join("plan.json")).unwrap() == before);
    succeeds(&[&NEGOTIATE[..], &["--fresh"]].concat(), &out);
    assert!(!out.join("plan.json").exists() && !out.join("tables/models.csv").exists());
}

/// Results of a version that wrote its plan otherwise are no less finished: they stay, and the message says whose they are.
#[test]
fn results_of_an_earlier_version_stay_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let small =
        ["run", "configs/sidebar-1995.toml", "--regimes", "imposed", "--replications", "1", "--no-charts", "--quiet"];
    succeeds(&small, &out);
    let plan = out.join("plan.json");
    let text = std::fs::read_to_string(&plan).unwrap();
    let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
    old["format"] = 2.into();
    old["version"] = "0.1.0+a2d72c3dfd48afc0".into();
    // What the form did not have.
    old.as_object_mut().unwrap().remove("units");
    std::fs::write(&plan, old.to_string()).unwrap();
    let table = out.join("tables/models.csv");
    let before = std::fs::read(&table).unwrap();
    let words = ["written by version 0.1.0+a2d72c3dfd48afc0", "a form (2)"];
    refused(&small, &out, &words);
    assert!(std::fs::read(&table).unwrap() == before && !out.join("units").exists());
    for verb in [&["merge"][..], &["unit", "--range", "0..1"], &["verify", "--sample", "1"], &["plan", "--status"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
        let output = command.args(verb).arg(&out).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(65), "{verb:?}: {said}");
        words
            .iter()
            .chain(&["go on with that version"])
            .for_each(|part| assert!(said.contains(part), "{verb:?}: {said}"));
    }
    succeeds(&[&small[..], &["--fresh"]].concat(), &out);
}
