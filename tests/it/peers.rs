//! Faults found in other tools for simulation and sensitivity analysis, each a test named after it.
//!
//! Estimators have theirs beside their other tests, in `sensitivity.rs`: `replication_noise_folded_into_indices`,
//! `intervals_that_ignore_their_level`, `seed_0_meaning_none`, `normal_inputs_at_infinity`; long runs theirs in `runner.rs`:
//! `results_are_not_lost_at_the_end_of_a_long_run`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use rayon::prelude::*;
use stickershock::model::ids::RegimeId;
use stickershock::model::outcome::Outcome;
use stickershock::report::build::Report;
use stickershock::study::{Arm, Results, Study};

use crate::support::{ids, outcomes, regime, root, run, showdown_path, study};

const FAST: [&str; 1] = ["buyers.count=1024"];

fn stickershock(args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_stickershock")).current_dir(root()).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let product =
        |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 { x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum() };
    product(a, ma, b, mb) / (product(a, ma, a, ma) * product(b, mb, b, mb)).sqrt()
}

/// A headline over the whole horizon, replication by replication.
fn series(study: &Study, runs: &[Vec<Outcome>], arm: usize, headline: &str) -> Vec<f64> {
    let layout = study.layout();
    let slot = layout.headline(layout.headlines.iter().position(|name| name == headline).unwrap(), 0);
    runs.iter().map(|outcomes| outcomes[arm].values[slot]).collect()
}

/// Replications of one regime differ and are independent (correlation of neighbours within 3 / sqrt(n): one seed in 400 fails); a
/// replication of two regimes is one world, so its results go together.
#[test]
fn replications_that_share_a_seed() {
    let study = study(&FAST);
    let regimes = [regime(&study, "status_quo"), regime(&study, "imposed")];
    let runs = outcomes(&study, &regimes, 0..65, 2);
    for a in 0..runs.len() {
        for b in 0..a {
            assert!(runs[a][0].values != runs[b][0].values, "replications {a} and {b} are the same");
        }
    }
    let [quo, imposed] = [0, 1].map(|arm| series(&study, &runs, arm, "units_outside"));
    let neighbours = correlation(&quo[1..], &quo[..64]);
    assert!(neighbours.abs() < 3.0 / 8.0, "{neighbours}");
    let paired = correlation(&quo, &imposed);
    assert!(paired > 0.8, "{paired}");
}

/// Seed 0 is a seed: it repeats, and differs from seed 1.
#[test]
fn seed_zero_meaning_none() {
    let once = || outcomes(&study(&[FAST[0], "run.seed=0"]), &ids([0]), 0..1, 1);
    assert!(once() == once());
    assert!(once() != outcomes(&study(&[FAST[0], "run.seed=1"]), &ids([0]), 0..1, 1));
}

/// Rows and bytes do not depend on which job ends first: one, two and eight threads.
#[test]
fn rows_in_order_of_completion() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = showdown_path().display().to_string();
    let run = |threads: &str| {
        let out = folder.path().join(threads);
        let text = out.display().to_string();
        let size = ["--set", "buyers.count=1024", "--set", "stop.half_width=1", "--set", "stop.min=10"];
        let how = ["--replications", "23", "--no-charts", "--quiet", "-j", threads, "--out", &text];
        stickershock(&[&["run", &scenario], &size[..], &how[..]].concat());
        files(&out)
    };
    let one = run("1");
    assert!(one.contains_key("tables/stopping.csv") && one.contains_key("datapackage.json"));
    for threads in ["2", "8"] {
        let other = run(threads);
        assert!(one.keys().eq(other.keys()), "{threads} threads");
        let results = |name: &str| name.starts_with("tables/") || name == "datapackage.json";
        for (name, bytes) in one.iter().filter(|(name, _)| results(name)) {
            assert!(*bytes == other[name], "{name} differs at {threads} threads");
        }
    }
    let rows = crate::support::read_csv(&folder.path().join("8/tables/replications.csv"));
    let regimes = rows.iter().filter(|row| row["replication"] == "0").count();
    let order: Vec<u64> = rows.iter().step_by(regimes).map(|row| row["replication"].parse().unwrap()).collect();
    assert_eq!(order, (0..23).collect::<Vec<_>>());
}

/// Every file of a folder by its path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for place in ["", "tables"] {
        for entry in fs::read_dir(folder.join(place)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Jobs that run at the same time, of one study and of two, draw what they draw alone.
#[test]
fn a_parallel_scan_that_shares_a_generator() {
    let points = [study(&["buyers.count=256"]), study(&["buyers.count=256", "demand.alpha=0.15"])];
    let jobs: Vec<(usize, RegimeId, u64)> =
        (0..2).flat_map(|point| (0..6).map(move |n| (point, RegimeId(n as u16 % 3), n / 3))).collect();
    let simulate = |(point, regime, replication): &(usize, RegimeId, u64)| {
        let study: &Study = &points[*point];
        study.simulate(&study.replication(*replication).unwrap(), *regime).unwrap()
    };
    let alone: Vec<Outcome> = jobs.iter().map(simulate).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
    let together: Vec<Outcome> = pool.install(|| jobs.par_iter().rev().map(simulate).collect());
    assert!(together.into_iter().rev().eq(alone));
}

/// Intervals of a study widen with their level, and those of several headlines together are wider than of one.
#[test]
fn intervals_of_a_study_that_ignore_their_level() {
    let study = study(&FAST);
    let regimes = [regime(&study, "status_quo"), regime(&study, "imposed"), regime(&study, "all_imports")];
    let mut results = Results::new(study.layout(), regimes.len(), Arm(0), 0);
    run(&study, &regimes, 0..12, |replication, outcomes| results.add(replication, outcomes));
    let mut vary = 0;
    for slot in study.layout().headline_slots() {
        let difference = results.paired(Arm(1), slot).difference;
        let [narrow, middle, wide] = [0.80, 0.95, 0.99].map(|level| {
            let [low, high] = difference.interval(level);
            high - low
        });
        assert!(narrow <= middle && middle <= wide);
        if difference.variance() > 0.0 {
            // t(11) at 0.9, 0.975 and 0.995: 1.3634, 2.2010, 3.1058.
            assert!((middle / narrow - 2.200_985 / 1.363_430).abs() < 1e-4, "{narrow} {middle}");
            assert!((wide / middle - 3.105_807 / 2.200_985).abs() < 1e-4, "{middle} {wide}");
            vary += 1;
        }
    }
    assert!(vary > 20, "{vary}");
    let report = Report { study: &study, results: &results, regimes: &regimes };
    for row in report.comparisons().iter().filter(|row| row.std_error > 0.0) {
        assert!(row.family_size > 1 && row.simultaneous_ci_low < row.ci_low && row.ci_high < row.simultaneous_ci_high);
    }
}

/// Names of columns are a contract: every table and column of `tests/golden/columns.txt` is there, in that order. Columns may
/// be added between; they are recorded by running this test with STICKERSHOCK_BLESS=1. That one goes or changes its name is a
/// breaking change, for the changelog.
#[test]
fn renamed_columns() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let small = ["--replications", "2", "--no-charts", "--quiet"];
    let group = "group=[{name=\"coupes\",on={models=[\"SC 400\"]}}]";
    let stop = ["--set", "buyers.count=256", "--set", "stop.half_width=1", "--set", group, "--out", &at("run")];
    stickershock(&[&["run", "tests/market_1995/showdown-1995.toml"], &small[..], &stop[..]].concat());
    let in_time = ["--set", "buyers.count=1024", "--out", &at("run-in-time")];
    stickershock(&[&["run", "tests/market_1995/showdown-1995-timing.toml"], &small[..], &in_time[..]].concat());
    let worlds = ["--worlds", "20", "--signs", "--out", &at("negotiate")];
    stickershock(&[&["negotiate", "configs/governments-1995.toml"], &worlds[..]].concat());
    stickershock(&["solve", "tests/cases/plain_logit", "--matrices", "all", "--out", &at("solve")]);
    let scenario = format!(
        "extends = {:?}\nname = \"fit\"\n[buyers]\ncount = 256\n[calibration]\ntargets = \"targets.csv\"\npoints = 2\nstarts = 1\n\
         simplex = 2\npolish = 1\nseeds = 2\n[[calibration.block]]\nname = \"demand\"\n[[calibration.free]]\nname = \"alpha\"\n\
         key = \"demand.alpha\"\nblock = \"demand\"\nlow = 0.05\nhigh = 0.3\n",
        showdown_path().display().to_string()
    );
    fs::write(folder.path().join("fit.toml"), scenario).unwrap();
    let evidence = "name,row,label,moment,of,scenario,value,std_error,low,high,unit,status,use,block,weight,source,note\n\
                    europe,V1,Europe,diversion,europe,,0.43,0.04,,,share,derived,fit,demand,,a survey,\n";
    fs::write(folder.path().join("targets.csv"), evidence).unwrap();
    stickershock(&["calibrate", &at("fit.toml"), "--root", "/", "--no-charts", "--quiet", "--out", &at("calibrate")]);

    let mut found = String::new();
    for command in ["run", "run-in-time", "negotiate", "solve", "calibrate"] {
        for (name, bytes) in csv_files(&folder.path().join(command)) {
            // The matrices of one solution stand for those of the others.
            if command == "solve" && name.contains('_') && !name.contains("_base_multi") {
                continue;
            }
            let header = String::from_utf8(bytes).unwrap().lines().next().unwrap().to_owned();
            found.push_str(&format!("{command} {name}: {header}\n"));
        }
    }
    let path = root().join("tests/golden/columns.txt");
    if std::env::var_os("STICKERSHOCK_BLESS").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap();
    assert!(golden.lines().count() > 15, "{golden}");
    for line in golden.lines() {
        let (table, columns) = line.split_once(": ").unwrap();
        let now = found.lines().find_map(|other| other.strip_prefix(&format!("{table}: ")));
        let mut now = now.unwrap_or_else(|| panic!("{table} is gone")).split(',');
        for column in columns.split(',') {
            assert!(now.any(|other| other == column), "{table}: {column} is gone or stands elsewhere");
        }
    }
}

/// Tables under a folder, in the order of their paths.
fn csv_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "csv") {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Every command in the documents exists, with every option it is shown with.
#[test]
fn documented_commands_that_do_not_run() {
    let mut help = BTreeMap::<String, String>::new();
    let mut commands = 0;
    let folders = ["docs", "docs/tutorials"].map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let documents = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    for path in documents.chain([root().join("README.md")]).filter(|path| path.extension().is_some_and(|e| e == "md")) {
        let text = fs::read_to_string(&path).unwrap().replace("\\\n", " ");
        let mut in_code = false;
        for line in text.lines() {
            in_code ^= line.trim_start().starts_with("```");
            let Some(command) = line.trim_start().strip_prefix("stickershock ").filter(|_| in_code) else { continue };
            let words: Vec<&str> =
                command.split_whitespace().take_while(|word| !["#", "|", "&&", ">", ";"].contains(word)).collect();
            let depth = if words[0] == "sensitivity" { 2 } else { 1 };
            let verb = words[..depth].join(" ");
            let known = help.entry(verb.clone()).or_insert_with(|| {
                let mut program = Command::new(env!("CARGO_BIN_EXE_stickershock"));
                let output = program.args(verb.split(' ')).arg("--help").output().unwrap();
                assert!(output.status.success(), "{}: no such command: {line}", path.display());
                String::from_utf8(output.stdout).unwrap()
            });
            for word in words.iter().filter(|word| word.starts_with("--")) {
                let option = word.split('=').next().unwrap();
                assert!(known.contains(option), "{}: no option {option}: {line}", path.display());
            }
            commands += 1;
        }
    }
    assert!(commands > 5, "{commands} commands found");
}
