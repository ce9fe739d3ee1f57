//! Same seed, same bytes: at any number of threads, with any subset of regimes, in any order of replications.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{outcomes, regime, showdown_path, study};
use stickershock::model::ids::{Id, RegimeId};

const FAST: [&str; 1] = ["buyers.count=1024"];

fn run(out: &Path, extra: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_stickershock"))
        .arg("run")
        .arg(showdown_path())
        .args(["--set", "buyers.count=1024", "--replications", "6", "--no-charts", "--quiet", "--out"])
        .arg(out)
        .args(extra)
        .status()
        .unwrap();
    assert!(status.success());
}

const TABLES: [&str; 6] = ["models", "regions", "weekly", "comparisons", "diversion", "replications"];

#[test]
fn a_subset_of_regimes_leaves_the_remaining_rows_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let (all, some) = (folder.path().join("all"), folder.path().join("some"));
    run(&all, &[]);
    run(&some, &["--regimes", "imposed"]);
    for table in TABLES {
        let file = format!("tables/{table}.csv");
        let text = fs::read_to_string(all.join(&file)).unwrap();
        // A row of two regimes is kept where both run.
        let named = if table == "comparisons" { 2 } else { 1 };
        let runs = |cell: &str| ["regime", "baseline", "status_quo", "imposed"].contains(&cell);
        let kept = |line: &&str| line.split(',').take(named).all(runs);
        let expected: Vec<&str> = text.lines().filter(kept).collect();
        let found = fs::read_to_string(some.join(&file)).unwrap();
        assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{table}");
    }
}

#[test]
fn replication_7_alone_equals_replication_7_of_20() {
    for mode in ["shared", "own"] {
        let study = study(&["buyers.count=256", &format!("buyers.population={mode}")]);
        let regimes = [regime(&study, "status_quo"), regime(&study, "imposed")];
        let alone = outcomes(&study, &regimes, 7..8, 1);
        let among = outcomes(&study, &regimes, 0..20, 2);
        assert!(alone[0] == among[7], "{mode}");
        assert!(among[6] != among[7], "{mode}");
    }
}

/// Every regime meets the same worlds: whether another regime runs beside it changes nothing.
#[test]
fn regimes_do_not_disturb_each_other() {
    let study = study(&FAST);
    let imposed = regime(&study, "imposed");
    let all: Vec<RegimeId> = study.scenario().regimes.ids().collect();
    let alone = outcomes(&study, &[imposed], 0..3, 1);
    let together = outcomes(&study, &all, 0..3, 2);
    for replication in 0..3 {
        assert!(alone[replication][0] == together[replication][imposed.index()]);
    }
}
