//! The `[stop]` section: what it refuses, and a run that ends when its contrasts are known well enough.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use stickershock::config;

use crate::support::{read_csv, root, showdown_path};

/// Every wrong section is refused with its key and a remedy.
#[test]
fn wrong_sections_are_refused() {
    let timing = root().join("tests/market_1995/showdown-1995-timing.toml");
    let shipped = showdown_path();
    let cases: [(&Path, &[&str], &[&str]); 14] = [
        (&shipped, &["stop.min=20"], &["stop", "does not say how well", "relative = 0.05"]),
        (&shipped, &["stop.relative=0.1", "stop.half_width=5"], &["both", "one of them"]),
        (&shipped, &["stop.relative=2"], &["stop.relative", "is 2", "between 0 and 1"]),
        (&shipped, &["stop.half_width=0"], &["stop.half_width", "is 0", "above zero"]),
        (&shipped, &["stop.relative=0.1", "stop.min=9"], &["stop.min", "is 9", "at least 10"]),
        (&shipped, &["stop.relative=0.1", "stop.max=15"], &["stop.max", "is 15", "20"]),
        (&shipped, &["stop.relative=0.1", "stop.max=100000000"], &["stop.max", "at most"]),
        (&shipped, &["stop.relative=0.1", "stop.level=95"], &["stop.level", "is 95", "such as 0.95"]),
        (&shipped, &["stop.relative=0.1", "stop.growth=1"], &["stop.growth", "is 1", "1.05 to 4"]),
        (&shipped, &["stop.relative=0.1", "stop.metric=units_sanctoned"], &["stop.metric", "units_sanctioned"]),
        (&shipped, &["stop.relative=0.1", "stop.regime=impose"], &["stop.regime", "imposed"]),
        (&shipped, &["stop.relative=0.1", "stop.period=never"], &["stop.period", "after_deadline"]),
        (&shipped, &["stop.relative=0.1", "stop.regime=status_quo"], &["stop.regime", "compared with itself"]),
        (&timing, &["stop.relative=0.1", "stop.metric=expected_units_all"], &["stop.metric", "never a number"]),
    ];
    for (path, assignments, parts) in cases {
        let assignments: Vec<String> = assignments.iter().map(|text| (*text).to_owned()).collect();
        let error = config::load(path, &assignments).expect_err("should be refused").to_string();
        for part in parts {
            assert!(error.contains(part), "{assignments:?}: no `{part}` in:\n{error}");
        }
    }
}

fn run(out: &Path, extra: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
    command.arg("run").arg(showdown_path()).args(["--no-charts", "--json", "--set", "buyers.count=512", "--out"]);
    command.arg(out).args(extra).output().unwrap()
}

/// A run ends at the first look at which its targets are met; tables hold the replications that were counted, and say why.
#[test]
fn a_run_stops_when_its_contrasts_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let rule = ["--set", "stop.relative=0.1", "--set", "stop.regime=imposed", "--set", "stop.min=10"];
    let output = run(folder.path(), &[&rule[..], &["--replications", "400"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let n = summary["replications"].as_u64().unwrap();
    assert!((10..400).contains(&n), "{n}");
    assert_eq!(summary["stopping"]["decision"], "precise");

    let table = |name: &str| read_csv(&folder.path().join(format!("tables/{name}.csv")));
    let rows = table("replications");
    let regimes = rows.iter().filter(|row| row["replication"] == "0").count() as u64;
    assert_eq!(rows.len() as u64, regimes * n);
    let looks = table("stopping");
    let (last, before) = looks.split_last().unwrap();
    assert_eq!((last["replications"].as_str(), last["decision"].as_str()), (n.to_string().as_str(), "precise"));
    assert!(before.iter().all(|look| look["decision"] == "continue" && look["met"] == "false"));
    // One contrast is followed: the half-width at the stop is that of its interval in comparisons.csv.
    let row = table("comparisons")
        .into_iter()
        .find(|row| {
            ["imposed", "status_quo", "all", "units_sanctioned"]
                == ["regime", "baseline", "period", "metric"].map(|column| row[column].as_str())
        })
        .unwrap();
    let number = |text: &str| text.parse::<f64>().unwrap();
    let half_width = 0.5 * (number(&row["ci_high"]) - number(&row["ci_low"]));
    assert!((number(&last["half_width"]) / half_width - 1.0).abs() < 1e-9);
    assert!(half_width <= 0.1 / 1.1 * number(&row["difference"]).abs());

    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.path().join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["replications"], n);
    assert_eq!(manifest["stopping"]["targets"][0]["relative"], 0.1);
    assert!(manifest["stopping"]["reason"].as_str().unwrap().contains("all targets"));
}

/// A cap ends a run whose targets are not met, and the record says which.
#[test]
fn a_run_that_may_not_go_on_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--set", "stop.half_width=1", "--replications", "11", "--regimes", "imposed"]);
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (summary["replications"].as_u64(), summary["stopping"]["decision"].as_str()),
        (Some(11), Some("maximum"))
    );
    let reason = summary["stopping"]["reason"].as_str().unwrap();
    assert!(reason.contains("units_sanctioned, imposed against status_quo") && reason.contains("1 of 1"), "{reason}");
}

/// A target whose regime is left out is refused before anything is simulated.
#[test]
fn a_target_that_does_not_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let target = ["--set", "stop.half_width=1", "--set", "stop.regime=all_imports", "--regimes", "imposed"];
    let output = run(&folder.path().join("out"), &target);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("all_imports") && message.contains("help:"), "{message}");
    let nothing = run(&folder.path().join("out"), &["--set", "stop.half_width=1", "--regimes", "status_quo"]);
    assert_eq!(nothing.status.code(), Some(2));
}
