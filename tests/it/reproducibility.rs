//! Same seed, same bytes: at any number of threads, with any subset of regimes, in any order of replications.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{outcomes, regime, showdown_path, study};

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

const TABLES: [&str; 6] = ["models", "regions", "weekly", "comparisons", "winners_losers", "replications"];

#[test]
fn tables_are_the_same_bytes_at_one_and_two_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    run(&one, &["-j", "1"]);
    run(&two, &["-j", "2"]);
    for table in TABLES {
        let file = format!("tables/{table}.csv");
        assert!(fs::read(one.join(&file)).unwrap() == fs::read(two.join(&file)).unwrap(), "{table} differs");
    }
    let package = "datapackage.json";
    assert_eq!(fs::read(one.join(package)).unwrap(), fs::read(two.join(package)).unwrap());
}

#[test]
fn a_subset_of_regimes_leaves_the_remaining_rows_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let (all, some) = (folder.path().join("all"), folder.path().join("some"));
    run(&all, &[]);
    run(&some, &["--regimes", "imposed"]);
    for table in TABLES {
        let file = format!("tables/{table}.csv");
        let text = fs::read_to_string(all.join(&file)).unwrap();
        let kept = |line: &&str| {
            let regime = line.split(',').next().unwrap();
            ["regime", "status_quo", "imposed"].contains(&regime)
        };
        let expected: Vec<&str> = text.lines().filter(kept).collect();
        let found = fs::read_to_string(some.join(&file)).unwrap();
        assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{table}");
    }
}

#[test]
fn replication_7_alone_equals_replication_7_of_20() {
    for mode in ["shared", "resampled"] {
        let study = study(&["buyers.count=256", &format!("buyers.population={mode}")]);
        let regimes = [regime(&study, "status_quo"), regime(&study, "imposed")];
        let alone = outcomes(&study, &regimes, 7..8, 1);
        let among = outcomes(&study, &regimes, 0..20, 2);
        assert!(alone[0] == among[7], "{mode}");
        assert!(among[6] != among[7], "{mode}");
    }
}

/// A fault of peers: all replications share one seed.
#[test]
fn replications_do_not_share_a_seed() {
    let study = study(&FAST);
    let runs = outcomes(&study, &[0], 0..8, 2);
    for a in 0..8 {
        for b in 0..a {
            assert!(runs[a][0].values != runs[b][0].values, "replications {a} and {b} are the same");
        }
    }
}

/// A fault of peers: seed 0 means "no seed".
#[test]
fn seed_zero_is_a_seed_and_repeats() {
    let once = || outcomes(&study(&[FAST[0], "run.seed=0"]), &[0], 0..1, 1);
    assert!(once() == once());
    assert!(once() != outcomes(&study(&[FAST[0], "run.seed=1"]), &[0], 0..1, 1));
}

/// Every regime meets the same worlds: whether another regime runs beside it changes nothing.
#[test]
fn regimes_do_not_disturb_each_other() {
    let study = study(&FAST);
    let imposed = regime(&study, "imposed");
    let all: Vec<usize> = (0..study.scenario().regimes.len()).collect();
    let alone = outcomes(&study, &[imposed], 0..3, 1);
    let together = outcomes(&study, &all, 0..3, 2);
    for replication in 0..3 {
        assert!(alone[replication][0] == together[replication][imposed]);
    }
}
