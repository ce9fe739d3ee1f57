//! `stickershock sensitivity SCENARIO`: the shipped scenario made small, its rows against single runs, and what a kill, a pause and growth leave.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use stickershock::config::Loaded;
use stickershock::folder::OutputFolder;
use stickershock::folder::faults::{DiskStep, Faults};
use stickershock::folder::log::{FILE, LogError};
use stickershock::report::sensitivity::write_tables;
use stickershock::sensitivity::{IndexPrecision, Resampling, Scheme};
use stickershock::study::response::{ResponseTarget, respond};
use stickershock::study::sensitivity::{FinishedSensitivity, ScenarioStudy, SensitivityError, targets};

use crate::support::{self, read_csv, root, showdown_path};

const SOBOL: Scheme = Scheme::Sobol { randomisations: 2, second_order: false };

/// A small scenario in `folder`, with two parameters that matter and one that does not, and `more` of its own.
fn scenario(folder: &Path, more: &str) -> PathBuf {
    let path = folder.join("small.toml");
    let base = showdown_path();
    let text = format!(
        "extends = \"{}\"\nname = \"small\"\n[buyers]\ncount = 64\npricing_nodes = 64\n\
         [[parameter]]\nkey = \"demand.alpha\"\nlabel = \"Price sensitivity\"\ndistribution = \"uniform\"\nlow = 0.1\nhigh = 0.15\n\
         [[parameter]]\nkey = \"pricing.theta\"\ndistribution = \"uniform\"\nlow = 0.5\nhigh = 1.0\n\
         [[parameter]]\nkey = \"market.home_cost_share\"\ndistribution = \"uniform\"\nlow = 0.5\nhigh = 0.9\n{more}",
        base.display()
    );
    std::fs::write(&path, text).unwrap();
    path
}

fn loaded(folder: &Path, set: &[&str]) -> Loaded {
    let set: Vec<String> = set.iter().map(|text| (*text).to_owned()).collect();
    crate::support::load_anywhere(&scenario(folder, ""), &set).unwrap_or_else(|error| panic!("{error}"))
}

fn imposed() -> Vec<ResponseTarget> {
    targets(&["expected_units_sanctioned".into(), "duty_usd".into()], &["imposed".into()], Some("status_quo"), "all")
}

fn study(loaded: &Loaded, scheme: Scheme) -> ScenarioStudy<'_> {
    let resampling = Resampling { resamples: 50, ..Resampling::default() };
    ScenarioStudy { loaded, scheme, targets: imposed(), replications: 2, dummy: false, resampling }
}

/// Runs a study of size `n` in `folder` and writes its tables.
fn run(study: &ScenarioStudy<'_>, folder: &Path, n: usize, threads: usize) -> FinishedSensitivity {
    let folder = OutputFolder::create(folder).unwrap();
    let stop = AtomicBool::new(false);
    let log = study.open(&folder, n).unwrap_or_else(|error| panic!("{error}"));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let finished = pool.install(|| study.run(log, (n, n), IndexPrecision::default(), &stop, &|_, _| {}));
    let finished = finished.unwrap_or_else(|error| panic!("{error}"));
    write_tables(&folder, study, &finished).unwrap();
    finished
}

/// Every table and the data dictionary, by name.
fn tables(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder.join("tables")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.push(folder.join("datapackage.json"));
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

/// A row of the study is the scenario with its values set, run with all its regimes: to the bit.
#[test]
fn a_row_is_a_run_of_the_scenario_with_its_values_set() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = loaded(folder.path(), &[]);
    let study = study(&loaded, SOBOL);
    let out = folder.path().join("out");
    let finished = run(&study, &out, 2, 2);
    assert_eq!((finished.design.rows(), finished.ran), (2 * 2 * 5, 20));
    let outputs = read_csv(&out.join("tables/outputs.csv"));
    let design = read_csv(&out.join("tables/design.csv"));
    assert_eq!((outputs.len(), design.len()), (40, 20));
    for row in [0, 7, 19] {
        let set: Vec<String> = ["demand.alpha", "pricing.theta", "market.home_cost_share"]
            .map(|key| format!("{key}={}", design[row][key]))
            .into();
        let whole = crate::support::load_anywhere(&scenario(folder.path(), ""), &set).unwrap();
        let whole = stickershock::study::Study::prepare(whole.scenario).unwrap();
        let regimes = [support::regime(&whole, "status_quo"), support::regime(&whole, "imposed")];
        let layout = whole.layout();
        for replication in 0..2 {
            let cells = &outputs[2 * row + replication];
            let world: u64 = cells["world"].parse().unwrap();
            assert_eq!(world, (row / 5 * 2 + replication) as u64, "rows of a block share their worlds");
            let outcomes = &support::outcomes(&whole, &regimes, world..world + 1, 1)[0];
            for metric in ["expected_units_sanctioned", "duty_usd"] {
                let slot = layout.headline(layout.headlines.iter().position(|name| name == metric).unwrap(), 0);
                let expected = outcomes[1].values[slot] - outcomes[0].values[slot];
                let found: f64 = cells[&format!("imposed.{metric}_change")].parse().unwrap();
                assert_eq!(found.to_bits(), expected.to_bits(), "row {row}, {metric}");
            }
        }
    }
    // With a constant exchange rate nothing depends on the share of costs paid in another currency: in common worlds, to the bit.
    for block in 0..4 {
        for replication in 0..2 {
            let numbers = |place: usize| {
                let cells = &outputs[2 * (5 * block + place) + replication];
                [&cells["imposed.expected_units_sanctioned_change"], &cells["imposed.duty_usd_change"]]
            };
            assert_eq!(numbers(0), numbers(3), "A, and A with the third input from B");
            assert_ne!(numbers(0), numbers(2), "A, and A with the second input from B");
        }
    }
}

#[test]
fn grown_resumed_and_undisturbed_studies_are_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = loaded(folder.path(), &[]);
    let study = study(&loaded, SOBOL);
    let at = |name: &str| folder.path().join(name);
    let whole = run(&study, &at("whole"), 4, 1);
    let expected = tables(&at("whole"));
    assert_eq!(whole.ran, 40);

    run(&study, &at("grown"), 2, 3);
    assert_ne!(tables(&at("grown")), expected);
    let grown = run(&study, &at("grown"), 4, 3);
    assert_eq!((grown.ran, tables(&at("grown")) == expected), (20, true));

    // A log that ends in the middle of a line: the rows before it are kept, the others run.
    let log = std::fs::read(at("whole").join(FILE)).unwrap();
    std::fs::create_dir_all(at("torn")).unwrap();
    std::fs::write(at("torn").join(FILE), &log[..log.len() * 3 / 5]).unwrap();
    let torn = run(&study, &at("torn"), 4, 2);
    assert!(torn.ran > 5 && torn.ran < 35 && torn.damaged == 1, "{}, {}", torn.ran, torn.damaged);
    assert_eq!(tables(&at("torn")), expected);

    // Answers of another width, or that are no numbers, are not taken from a log.
    let (log, _) = study.open(&OutputFolder::create(&at("strange")).unwrap(), 4).unwrap();
    log.append(0, &Ok(vec![1.0])).unwrap();
    log.append(1, &Ok(vec![f64::NAN; 4])).unwrap();
    drop(log);
    let strange = run(&study, &at("strange"), 4, 2);
    assert_eq!((strange.ran, strange.damaged, tables(&at("strange")) == expected), (40, 2, true));

    // A stop that came before the first row leaves a folder that goes on.
    let stopped = OutputFolder::create(&at("stopped")).unwrap();
    let stop = AtomicBool::new(true);
    let error =
        study.run(study.open(&stopped, 4).unwrap(), (4, 4), IndexPrecision::default(), &stop, &|_, _| {}).unwrap_err();
    assert!(matches!(error, SensitivityError::Interrupted { done: 0, rows: 40 }), "{error}");
    run(&study, &at("stopped"), 4, 2);
    assert_eq!(tables(&at("stopped")), expected);
}

/// One step of the disk fails (a write, a flush, a rename, a read): the study says so, and the next one ends in the undisturbed bytes.
#[test]
fn a_disk_that_fails_once_leaves_a_study_to_resume() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = loaded(folder.path(), &[]);
    let study = study(&loaded, SOBOL);
    run(&study, &folder.path().join("whole"), 2, 2);
    let expected = tables(&folder.path().join("whole"));
    let mut failed = 0;
    for bad in (0..8).chain((8..).step_by(7)) {
        let out = folder.path().join(bad.to_string());
        let steps = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&steps);
        let disk = move |_: DiskStep, _: &Path| {
            let now = counted.fetch_add(1, Ordering::SeqCst) == bad;
            if now { Err(std::io::Error::other("no room")) } else { Ok(()) }
        };
        let output = OutputFolder::create(&out).unwrap().with_faults(Faults::of(disk));
        let stop = AtomicBool::new(false);
        let disturbed = || -> Result<(), Box<dyn std::error::Error>> {
            let finished = study.run(study.open(&output, 2)?, (2, 2), IndexPrecision::default(), &stop, &|_, _| {})?;
            write_tables(&output, &study, &finished)?;
            Ok(())
        };
        let outcome = disturbed();
        if steps.load(Ordering::SeqCst) <= bad {
            outcome.unwrap();
            break;
        }
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("no room") && error.contains("help: "), "step {bad}: {error}");
        run(&study, &out, 2, 2);
        assert!(tables(&out) == expected, "step {bad}");
        failed += 1;
    }
    assert!(failed > 10, "{failed}");
}

#[test]
fn the_rule_grows_a_study_until_its_most() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = loaded(folder.path(), &[]);
    let study = study(&loaded, SOBOL);
    let out = OutputFolder::create(&folder.path().join("out")).unwrap();
    let stop = AtomicBool::new(false);
    let strict = IndexPrecision { absolute: 1e-9, relative: 1e-9 };
    let finished = study.run(study.open(&out, 2).unwrap(), (2, 8), strict, &stop, &|_, _| {}).unwrap();
    assert_eq!((finished.n, finished.looks.iter().map(|(n, _)| *n).collect::<Vec<_>>()), (8, vec![2, 4, 8]));
    assert!(finished.worst > 1.0);
    // A rule that any interval meets stops at the first size at which there is one.
    let lax = IndexPrecision { absolute: 1e9, relative: 1e9 };
    let first =
        finished.looks.iter().find(|(_, reading)| lax.is_met(SOBOL, &reading.analysis.indices)).map(|(n, _)| *n);
    let finished = study.run(study.open(&out, 2).unwrap(), (2, 8), lax, &stop, &|_, _| {}).unwrap();
    assert_eq!((Some(finished.n), finished.ran), (first.or(Some(8)), 0));
}

#[test]
fn a_folder_of_another_study_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let first = loaded(folder.path(), &[]);
    let out = folder.path().join("out");
    run(&study(&first, SOBOL), &out, 2, 2);
    let refused = |study: &ScenarioStudy<'_>| {
        let folder = OutputFolder::create(&out).unwrap();
        let error = study.open(&folder, 2).unwrap_err();
        assert!(matches!(error, SensitivityError::Log(LogError::Another { .. })), "{error}");
        error.to_string()
    };
    let seed = loaded(folder.path(), &["run.seed=7"]);
    assert!(refused(&study(&seed, SOBOL)).contains("its seed is 1995, this one's 7"));
    let changed = loaded(folder.path(), &["demand.eta=0.9"]);
    assert!(refused(&study(&changed, SOBOL)).contains("its document is"));
    assert!(
        refused(&study(&first, Scheme::Morris { levels: 4 }))
            .contains("its design is \"sobol\", this one's \"morris\"")
    );
    let more = ScenarioStudy { replications: 3, ..study(&first, SOBOL) };
    assert!(refused(&more).contains("its replications is 2"));
}

#[test]
fn every_scheme_runs_on_a_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = loaded(folder.path(), &[]);
    let schemes = [
        (Scheme::OneAtATime { quantiles: [0.1, 0.9] }, 1, 7),
        (Scheme::Morris { levels: 4 }, 4, 16),
        (Scheme::RbdFast, 32, 32),
        // The same sample, so nothing is run again.
        (Scheme::Pawn, 32, 0),
        (Scheme::Delta, 32, 0),
    ];
    for (scheme, n, ran) in schemes {
        let name = if matches!(scheme, Scheme::Pawn | Scheme::Delta) { "rbd_fast" } else { scheme.name() };
        let finished = run(&study(&loaded, scheme), &folder.path().join(name), n, 2);
        assert_eq!(finished.ran, ran, "{scheme:?}");
        let leading = |parameter: &str| {
            let mut rows = finished.reading.analysis.indices.iter();
            rows.find(|row| row.index == scheme.leading() && row.parameter == parameter).unwrap().estimate.value
        };
        assert!(leading("pricing.theta").is_finite());
        if !matches!(scheme, Scheme::RbdFast | Scheme::Pawn | Scheme::Delta) {
            assert_eq!(leading("market.home_cost_share"), 0.0);
            assert!(leading("pricing.theta").abs() > 0.0);
        }
        assert_eq!(finished.reading.rankings.len(), 2);
    }
}

/// A point that the scenario refuses is named with its reason, and does not sink the rest.
#[test]
fn points_that_cannot_be_run_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let more = "[[parameter]]\nkey = \"holding.lease_share\"\ndistribution = \"uniform\"\nlow = 0.5\nhigh = 1.05\n";
    let loaded =
        crate::support::load_anywhere(&scenario(folder.path(), more), &[]).unwrap_or_else(|error| panic!("{error}"));
    let finished = run(&study(&loaded, Scheme::Pawn), &folder.path().join("out"), 64, 2);
    let failures = read_csv(&folder.path().join("out/tables/failures.csv"));
    assert_eq!(failures.len(), finished.failures.len());
    assert!((3..=9).contains(&failures.len()), "a share of 1/11 lies above 1: {}", failures.len());
    assert!(failures[0]["reason"].contains("lease_share"), "{failures:?}");
    let outputs = read_csv(&folder.path().join("out/tables/outputs.csv"));
    let row: usize = failures[0]["row"].parse().unwrap();
    assert_eq!(outputs[2 * row]["imposed.duty_usd_change"], "");
    assert_eq!(finished.reading.left_out, failures.len());
}

#[test]
fn a_metric_that_is_not_defined_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = loaded(folder.path(), &[]);
    let target = |metric: &str, period: &str| ResponseTarget {
        name: "y".into(),
        metric: metric.into(),
        period: period.into(),
        regime: "imposed".into(),
        baseline: None,
    };
    for (metric, period, word) in [("profit", "all", "`profit`"), ("duty_usd", "year_9", "`year_9`")] {
        let error = respond(loaded.scenario.clone(), &[target(metric, period)], 0..1, &()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

fn command(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
    command.arg("sensitivity").args(arguments);
    if arguments.first().is_some_and(|first| first.ends_with(".toml")) {
        command.args(crate::support::ANYWHERE);
    }
    command.output().unwrap()
}

#[test]
fn the_command_writes_tables_and_charts_and_explains_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), "");
    let path = path.to_str().unwrap();
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    let done = command(&[path, "--method", "oat", "--regime", "imposed", "--out", out, "--replications", "3"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(text.contains("imposed.units_sanctioned_change") && text.contains("pricing.theta"), "{text}");
    let charts = Path::new(out).join("charts");
    assert!(charts.join("tornado_imposed.units_sanctioned_change.png").exists());
    let manifest = std::fs::read_to_string(Path::new(out).join("manifest.json")).unwrap();
    assert!(manifest.contains("\"complete\"") && manifest.contains("tables/sensitivity.csv"), "{manifest}");

    let correlated = folder.path().join("correlated");
    std::fs::create_dir_all(&correlated).unwrap();
    let both = "[[correlation]]\nparameters = [\"demand.alpha\", \"pricing.theta\"]\nvalue = 0.5\n";
    let correlated = scenario(&correlated, both);
    let bare = showdown_path();
    let cases: [(&[&str], &str); 12] = [
        (&[correlated.to_str().unwrap()], "[[correlation]]"),
        (&[bare.to_str().unwrap()], "no uncertain values"),
        (&[path, "--metrics", "profit"], "units_sanctioned"),
        (&[path, "--regime", "imposd"], "imposed"),
        (&[path, "--n", "12"], "--n 8 or --n 16"),
        (&[path, "--n", "1000000000000"], "are too many: at most 67108864 values\nhelp: write "),
        (&[path, "--n", "1099511627776"], "--n 1099511627776"),
        (&[path, "--n-max", "1099511627776"], "--n-max 1099511627776"),
        (&[path, "--method", "morris", "--levels", "1000000000000"], "expected an even number, 2 to 1024"),
        (&[path, "--method", "morris", "--levels", "1025"], "expected an even number, 2 to 1024"),
        (&[path, "--method", "fast", "--n-max", "256"], "does not grow"),
        (&[path, "--method", "oat", "--quantiles", "0.9,0.1"], "0.05,0.95"),
    ];
    for (arguments, word) in cases {
        let refused = command(arguments);
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(word), "{arguments:?}: {message}");
    }
    // What is recommended in place of a size that is too large is accepted as far as it is looked at: another fault is told.
    let refused = command(&[path, "--n", "1000000000000"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    let largest = told.rsplit("write ").next().unwrap().split_whitespace().next().unwrap();
    let refused = command(&[path, "--n", largest, "--n-max", "1"]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("--n-max 1: is below"), "{largest}: {message}");
    assert!(root().join("configs/sensitivity-1995.toml").exists());
}

/// The study as a call: the bytes of the command, with or without a folder of one's own, resumed and grown, and refusals in parts.
#[test]
fn the_library_works_the_same_study_off() {
    use stickershock::{ErrorKind, FolderOptions, ResultFolder, Scenario, SensitivityRequest, Source};
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), "");
    let read = Scenario::from_source(&Source::below(Path::new("/")), &path).unwrap();
    let asked = |n: usize| SensitivityRequest {
        scheme: SOBOL,
        n: Some(n),
        regimes: vec!["imposed".into()],
        ..SensitivityRequest::default()
    };
    let study = |n: usize, out: Option<&Path>| {
        ResultFolder::sensitivity(&read, &asked(n), out, FolderOptions::default(), &()).unwrap()
    };
    let out = folder.path().join("command");
    let words = ["--n", "4", "--randomisations", "2", "--regime", "imposed", "--no-charts", "--quiet", "--out"];
    let done = command(&[&[path.to_str().unwrap()][..], &words, &[out.to_str().unwrap()]].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let grown = folder.path().join("grown");
    study(2, Some(&grown));
    let found = study(4, Some(&grown));
    assert_eq!(tables(&grown), tables(&out));
    assert_eq!(found.manifest().matches("\"complete\"").count(), 1);
    let alone = study(4, None);
    assert_eq!(alone.table("sensitivity").unwrap(), found.table("sensitivity").unwrap());
    assert!(!alone.told().answer.is_empty() && alone.told() == found.told());
    let error = ResultFolder::sensitivity(&read, &asked(3), None, FolderOptions::default(), &()).unwrap_err();
    let key = error.place().and_then(|place| place.key.clone());
    assert_eq!((error.kind(), key.as_deref(), error.value()), (ErrorKind::Input, Some("n"), Some("3")));
    let stop = AtomicBool::new(true);
    let error = ResultFolder::sensitivity(&read, &asked(4), None, FolderOptions::default(), &stop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}

/// Killed again and again without warning, then left alone: the tables are those of a study that nobody disturbed.
#[test]
fn a_killed_study_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), "");
    let arguments = |out: &Path| {
        let words =
            [path.to_str().unwrap(), "--n", "4", "--regime", "imposed", "--no-charts", "--quiet", "-j", "2", "--out"];
        words.into_iter().map(str::to_owned).chain([out.to_str().unwrap().to_owned()]).collect::<Vec<_>>()
    };
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let start = |out: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
        command.arg("sensitivity").args(arguments(out)).args(crate::support::ANYWHERE).spawn().unwrap()
    };
    assert!(start(&whole).wait().unwrap().success());
    let lines = |out: &Path| std::fs::read(out.join(FILE)).map_or(0, |log| log.iter().filter(|b| **b == b'\n').count());
    let mut kills = 0;
    while kills < 12 {
        let before = lines(&killed);
        let mut child = start(&killed);
        // Killed once a few more rows are in the log, at whatever the process is doing then.
        let patience = std::time::Instant::now();
        while lines(&killed) < before + 7 && patience.elapsed().as_secs() < 60 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(lines(&killed) > 30, "{}", lines(&killed));
    assert!(start(&killed).wait().unwrap().success());
    assert_eq!(tables(&killed), tables(&whole));
}
