//! The command line as a user meets it: exit codes, streams, help, examples.

use std::fs;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{root, showdown_path};

fn stickershock() -> Command {
    let mut command = Command::cargo_bin("stickershock").unwrap();
    command.current_dir(root()).env_remove("STICKERSHOCK_OUT").env("NO_COLOR", "1");
    command
}

fn small_run(extra: &[&str]) -> Command {
    let mut command = stickershock();
    command.arg("run").arg(showdown_path()).args(["--set", "buyers.count=256", "--replications", "2", "--no-charts"]);
    command.args(extra);
    command
}

#[test]
fn help_has_examples_and_exit_codes() {
    stickershock().arg("--help").assert().success().stdout(contains("Examples:").and(contains("65 bad input")));
    for command in ["run", "check"] {
        stickershock().args([command, "--help"]).assert().success().stdout(contains("Examples:"));
    }
    stickershock().arg("--version").assert().success().stdout(contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_exits_with_2() {
    stickershock().assert().code(2);
    stickershock().arg("walk").assert().code(2);
    small_run(&["--threads", "0"]).assert().code(2).stderr(contains("0 threads"));
    small_run(&["--threads", "100000"]).assert().code(2).stderr(contains("expected 1 to 1024"));
    small_run(&["--regimes", "sanctons"]).assert().code(2).stderr(contains("`sanctons`").and(contains("imposed")));
}

#[test]
fn a_run_prints_a_summary_and_the_paths_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    small_run(&["--out", &out])
        .assert()
        .success()
        .stderr("")
        .stdout(contains("all_imports").and(contains("95% interval")).and(contains("tables/models.csv")));
    small_run(&["--out", &out, "--quiet"]).assert().success().stdout("").stderr("");
}

/// What is the same as an earlier regime in every number is said once, on the screen and in the folder; the tables have every regime.
#[test]
fn regimes_that_are_the_same_are_shown_once() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let regimes = "announced_settled,threat_lapsed,imposed,imposed_retroactive,inspections";
    let output = small_run(&["--out", &out, "--regimes", regimes]).output().unwrap();
    let (printed, readme) =
        (String::from_utf8(output.stdout).unwrap(), fs::read_to_string(folder.path().join("out/README.md")).unwrap());
    let same = "The same in every number: announced_settled, threat_lapsed as status_quo";
    assert!(printed.contains(same) && readme.contains(same), "{printed}");
    let sales = "The same sales, not the same money (tables/welfare.csv): imposed_retroactive as imposed.";
    assert!(printed.contains(sales), "{printed}");
    let lines = |regime: &str| printed.lines().filter(|line| line.starts_with(&format!("{regime} "))).count();
    assert_eq!(
        ["status_quo", "threat_lapsed", "imposed", "imposed_retroactive", "inspections"].map(lines),
        [4, 0, 4, 0, 4]
    );
    let regions = crate::support::read_csv(&folder.path().join("out/tables/regions.csv"));
    assert!(regions.iter().any(|row| row["regime"] == "threat_lapsed"));
}

/// That nobody waits or hurries is a reason for a threat that comes to nothing, and none for two regimes that charge the same.
#[test]
fn the_reason_why_regimes_are_the_same_is_true_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again.toml");
    let scenario = format!(
        "extends = {:?}\nname = \"again\"\n[[regime]]\nname = \"again\"\nlabel = \"Again\"\nevents = [\n{}{}]\n",
        showdown_path().display().to_string(),
        "{ date = 1995-05-16, action = \"announced\", instrument = \"sanctions\", label = \"List published\" },\n",
        "{ date = 1995-06-28, action = \"imposed\", instrument = \"sanctions\", label = \"Imposed\" },\n"
    );
    fs::write(&path, scenario).unwrap();
    let printed = |regimes: &str| {
        let out = folder.path().join(regimes).display().to_string();
        let mut command = stickershock();
        command.arg("run").arg(&path).args(crate::support::ANYWHERE).args(["--replications", "2", "--no-charts"]);
        command.args(["--set", "buyers.count=256"]);
        let output = command.args(["--out", &out, "--regimes", regimes]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let taxed = printed("imposed,again");
    assert!(taxed.contains("The same in every number: again as imposed.\n"), "{taxed}");
    let both = printed("threat_lapsed,imposed,again");
    assert!(both.contains("moves nothing (threat_lapsed)."), "{both}");
}

#[test]
fn json_is_one_object_with_the_same_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let output = small_run(&["--out", &out, "--json", "--regimes", "imposed"]).output().unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["replications"], 2);
    let regions = summary["regions"].as_array().unwrap();
    assert_eq!(regions.len(), 2 * 4);
    let table = crate::support::read_csv(&folder.path().join("out/tables/regions.csv"));
    let row =
        table.iter().find(|row| row["regime"] == "imposed" && row["period"] == "all" && row["region"] == "europe");
    let europe = regions.iter().find(|row| row["regime"] == "imposed" && row["region"] == "europe").unwrap();
    assert_eq!(europe["units"].as_f64().unwrap(), row.unwrap()["units_mean"].parse::<f64>().unwrap());
    assert!(europe["ci_low"].as_f64().unwrap() <= europe["change"].as_f64().unwrap());
}

#[test]
fn one_replication_has_no_interval_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let mut command = stickershock();
    command.arg("run").arg(showdown_path()).args(["--set", "buyers.count=256", "--replications", "1", "--out", &out]);
    command.assert().success().stdout(contains("1 replication,").and(contains("NaN").not()));
    let text = fs::read_to_string(folder.path().join("out/tables/comparisons.csv")).unwrap();
    assert!(!text.contains("NaN"));
}

#[test]
fn check_explains_what_would_run_and_lists_parameters_with_sources() {
    stickershock()
        .args(["check", "configs/market-1995.toml", "--set", "buyers.count=512"])
        .assert()
        .success()
        .stdout(contains("49 models").and(contains("1100 jobs")).and(contains("regime imposed_retroactive")))
        .stdout(contains("demand.alpha").and(contains("estimate")).and(contains("instrument.sanctions.rate")))
        .stdout(contains("USTR statement of 16 May 1995"));
}

#[test]
fn init_writes_a_scenario_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    stickershock().arg("init").arg(&study).assert().success().stdout(contains("scenario.toml"));
    stickershock().arg("init").arg(&study).assert().code(2).stderr(contains("exists already"));
    // Its runs go to a folder of their own, not to that of the shipped scenario.
    assert!(std::fs::read_to_string(study.join("scenario.toml")).unwrap().contains("\nname = \"study\"\n"));
    let out = folder.path().join("out").display().to_string();
    stickershock()
        .arg("run")
        .arg(study.join("scenario.toml"))
        .args(["--set", "buyers.count=256", "--replications", "2", "--no-charts", "--out", &out])
        .assert()
        .success();
    assert!(folder.path().join("out/tables/models.csv").exists());
}

/// What the program carries is what the project ships: every example is read, and a copy stands alone.
#[test]
fn examples_are_listed_shown_read_and_copied() {
    let listed = stickershock().args(["example", "list"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut names = Vec::new();
    for line in listed.lines().skip(1) {
        let name = line.split_whitespace().next().unwrap().to_owned();
        let shipped = std::fs::read_to_string(root().join(format!("configs/{name}.toml"))).unwrap();
        let shown = stickershock().args(["example", "show", &name]).output().unwrap();
        assert!(String::from_utf8(shown.stdout).unwrap() == shipped, "{name}");
        assert!(line.contains(&format!("example:{name}")), "{line}");
        let check = ["check", &format!("example:{name}"), "--set", "buyers.count=64"].map(str::to_owned);
        stickershock().args(check).assert().success();
        names.push(name);
    }
    assert!(names.len() >= 8, "{listed}");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    stickershock().args(["example", "copy", "showdown-1995"]).arg(&copy).assert().success().stdout(contains("Next:"));
    let own = copy.join("showdown-1995.toml");
    stickershock().arg("check").arg(&own).args(["--set", "buyers.count=64"]).assert().success();
    // Each market comes with what is to be known of its own data.
    assert!(copy.join("data/README.md").exists() && !copy.join("data/README-2025.md").exists());
    let other = folder.path().join("other");
    stickershock().args(["example", "copy", "luxury-2025"]).arg(&other).assert().success();
    let about = fs::read_to_string(other.join("data/README-2025.md")).unwrap();
    assert!(about.contains("models_2024.csv") && other.join("data/timeline_2025.csv").exists(), "{about}");
    let out = folder.path().join("out");
    let small = ["--set", "buyers.count=64", "--replications", "2", "--regimes", "imposed", "--no-charts", "--quiet"];
    stickershock().args(["example", "run", "sidebar-1995"]).args(small).arg("--out").arg(&out).assert().success();
    assert!(out.join("tables/welfare.csv").exists());
    stickershock().args(["example", "show", "showdown"]).assert().code(2).stderr(contains("expected one of"));
}

#[test]
fn schema_and_completions_are_printed() {
    let output = stickershock().arg("schema").output().unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(schema["properties"]["market"].is_object());
    stickershock().args(["completions", "bash"]).assert().success().stdout(contains("stickershock"));
    stickershock().arg("man").assert().success().stdout(contains(".TH stickershock 1"));
    let folder = tempfile::tempdir().unwrap();
    stickershock().args(["man", "--out"]).arg(folder.path()).assert().success();
    let run = fs::read_to_string(folder.path().join("stickershock-run.1")).unwrap();
    assert!(run.contains("\\-\\-replications") && run.contains("configs/showdown"), "{run}");
    assert!(folder.path().join("stickershock-sensitivity-sample.1").exists());
}

/// What is possible and probably not meant is told by whoever runs it, before the work and in the report.
#[test]
fn a_run_warns_of_what_is_probably_not_meant() {
    let folder = tempfile::tempdir().unwrap();
    let small = ["--set", "buyers.count=64", "--replications", "2", "--regimes", "imposed", "--no-charts"];
    let run = |set: &str, out: &str| {
        let mut command = stickershock();
        command.args(["run", "configs/market-1995.toml"]).args(small).args(["--set", set]);
        let out = folder.path().join(out);
        let told = command.arg("--out").arg(&out).output().unwrap();
        (String::from_utf8(told.stderr).unwrap(), fs::read_to_string(out.join("report.html")).unwrap())
    };
    let (told, report) = run("instrument.sanctions.rate=2.5", "high");
    for text in [&told, &report] {
        assert!(text.contains("a duty of 250%: if 2.5% was meant, write 0.025"), "{told}");
    }
    let (told, report) = run("instrument.sanctions.rate=1.0", "shipped");
    assert!(!told.contains("was meant") && !report.contains("was meant"), "{told}");
}

/// A tariff on a region that no product has is solved as no tariff, and said so.
#[test]
fn solve_warns_of_a_selection_without_products() {
    let folder = tempfile::tempdir().unwrap();
    let specs = folder.path().join("specs.json");
    let spec = r#"[{"name": "typo", "spec": {"tariff": {"type": "cost", "rate": 1, "where": {"region": "mars"}}}}]"#;
    fs::write(&specs, spec).unwrap();
    let mut command = stickershock();
    command.args(["solve", "tests/cases/plain_logit", "--specs"]).arg(&specs);
    command.assert().success().stderr(contains("scenario typo: tariff: no product has region = mars"));
    stickershock().args(["solve", "tests/cases/plain_logit", "--compare"]).assert().success().stderr("");
}

#[test]
fn the_environment_sets_options_and_flags_win() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let mut command = stickershock();
    command.arg("run").arg(showdown_path()).args(["--set", "buyers.count=256", "--no-charts", "--json"]);
    command.env("STICKERSHOCK_OUT", &out).env("STICKERSHOCK_REPLICATIONS", "9").env("STICKERSHOCK_SEED", "3");
    let output = command.args(["--replications", "2"]).output().unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((summary["replications"].as_u64(), summary["seed"].as_u64()), (Some(2), Some(3)));
    assert_eq!(summary["folder"], out);
}

/// A format that was not built in is refused before anything runs, and says how to get it.
#[cfg(not(feature = "parquet"))]
#[test]
fn a_format_that_is_not_built_in_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let refused = small_run(&["--format", "csv,parquet", "--out", &out]).assert().code(2);
    refused.stderr(contains("--features parquet"));
    assert!(!folder.path().join("out").exists());
    small_run(&["--format", "xlsx", "--out", &out]).assert().code(2);
}

/// Parquet beside CSV, or in its place: the same tables, and none left over from the run before.
#[cfg(feature = "parquet")]
#[test]
fn tables_are_written_as_parquet() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let tables = |ending: &str| {
        let entries = fs::read_dir(folder.path().join("out/tables")).unwrap();
        entries.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == ending)).count()
    };
    small_run(&["--format", "csv,parquet", "--out", &out, "--quiet"]).assert().success();
    let count = tables("csv");
    assert!(count > 7 && tables("parquet") == count);
    small_run(&["--format", "parquet", "--out", &out, "--quiet"]).assert().success();
    assert_eq!((tables("csv"), tables("parquet")), (0, count));
    let package = fs::read_to_string(folder.path().join("out/datapackage.json")).unwrap();
    assert!(package.contains("tables/models.parquet") && !package.contains("models.csv"));
    small_run(&["--out", &out, "--quiet"]).assert().success();
    assert_eq!((tables("csv"), tables("parquet")), (count, 0));
}

/// A folder with anything else in it is not written to, whatever the command.
#[test]
fn a_folder_of_someone_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "years of work").unwrap();
    fs::create_dir(folder.path().join("units")).unwrap();
    let out = folder.path().display().to_string();
    small_run(&["--out", &out])
        .assert()
        .code(1)
        .stderr(contains("thesis.tex").or(contains("`units`")).and(contains("--out")));
    let case = crate::support::root().join("tests/cases/plain_logit");
    let solve = |out: &std::path::Path| stickershock().arg("solve").arg(&case).arg("--out").arg(out).assert();
    solve(folder.path()).code(1).stderr(contains("holds `").and(contains("--out")));
    // A second time is into a folder of its own.
    let own = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        solve(own.path()).success();
    }
    assert!(fs::read_to_string(own.path().join("manifest.json")).unwrap().contains("\"complete\""));
    let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["thesis.tex", "units"]);
}

/// Output that cannot be written ends before the simulation, with exit code 1, and leaves nothing.
#[test]
fn an_unwritable_folder_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let out = file.join("out").display().to_string();
    small_run(&["--out", &out]).assert().code(1).stderr(contains("cannot write here").and(contains("--out")));
}

/// A process without memory says so and ends with an exit code, not by a signal.
#[cfg(target_os = "linux")]
#[test]
fn a_lack_of_memory_ends_in_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let run = small_run(&["--set", "buyers.count=8388608", "--threads", "1", "--out"]);
    let mut sh = Command::new("sh");
    sh.args(["-c", "ulimit -v 500000; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    let output = sh.arg(folder.path().join("out")).current_dir(root()).env("RUST_BACKTRACE", "0").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("memory allocation of"));
}

/// The stack that the shell allows is not what the program needs; of address space too small for its threads it says so.
#[cfg(target_os = "linux")]
#[test]
fn little_stack_or_address_space_ends_in_an_exit_code() {
    let check = |limit: &str, command: &[&str]| {
        let mut sh = std::process::Command::new("sh");
        sh.args(["-c", &format!("{limit}; exec \"$@\""), "sh", env!("CARGO_BIN_EXE_stickershock")]).args(command);
        sh.current_dir(root()).env("RUST_BACKTRACE", "0").output().unwrap()
    };
    let output = check("ulimit -s 64", &["check", "configs/sidebar-1995.toml"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    let run = ["run", "configs/sidebar-1995.toml", "--replications", "2", "-j", "64", "--out", &out];
    let output = check("ulimit -v 120000", &run);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("memory allocation of") || said.contains("cannot start 64 threads"), "{said}");
}

/// Nobody reads what goes to a full or closed standard error; the exit code still tells.
#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_error_ends_in_an_exit_code() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_stickershock"))
        .args(["check", "no-such-scenario.toml"])
        .stderr(full)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(65));
}

/// Help that nobody could be given is no success.
#[cfg(target_os = "linux")]
#[test]
fn help_on_a_full_disk_is_an_error() {
    for arguments in [&["--help"][..], &["--version"], &["run", "--help"], &["--version", "--json"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stickershock"));
        let status = command.args(arguments).stdout(full).stderr(std::process::Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(1), "{arguments:?}");
    }
}

/// Pages go to a folder that is new, empty or one of pages; what another wrote under a page's name stays.
#[test]
fn manual_pages_go_to_no_folder_of_other_things() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("mine");
    fs::create_dir(&own).unwrap();
    fs::write(own.join("notes.txt"), "mine").unwrap();
    let man = |out: &std::path::Path| stickershock().args(["man", "--out"]).arg(out).assert();
    man(&own).code(2).stderr(contains("mine holds files and no manual page").and(contains("new or empty")));
    assert_eq!(fs::read_dir(&own).unwrap().count(), 1);
    let pages = folder.path().join("man1");
    man(&pages).success();
    fs::write(pages.join("other.1"), ".TH other 1\n").unwrap();
    fs::write(pages.join("stickershock-run.1"), "my own words\n").unwrap();
    fs::remove_file(pages.join("stickershock-check.1")).unwrap();
    man(&pages).success().stderr(contains("stickershock-run.1 is no page of this program and is left as it is"));
    assert_eq!(fs::read_to_string(pages.join("stickershock-run.1")).unwrap(), "my own words\n");
    assert!(pages.join("stickershock-check.1").exists());
}

/// A root that is not there, or is a file, is named: not the scenario that it hides.
#[test]
fn a_root_that_is_no_folder_is_named() {
    let check =
        |root: &str| stickershock().args(["check", "configs/market-1995.toml", "--root", root]).assert().code(2);
    check("nowhere").stderr(contains("--root: nowhere is not there"));
    check("README.md").stderr(contains("--root: README.md is no folder"));
}

/// Of what a link out of the folder leads to nothing is shown, whoever made the link.
#[cfg(unix)]
#[test]
fn a_link_out_of_its_folder_shows_nothing_of_what_it_leads_to() {
    let folder = tempfile::tempdir().unwrap();
    let [inside, outside] = ["in", "out"].map(|name| folder.path().join(name));
    fs::create_dir(&inside).unwrap();
    fs::create_dir(&outside).unwrap();
    for (name, text) in
        [("passwd", "root:secret:0\n"), ("keys.toml", "key = \"secret\"\n"), ("products.csv", "secret\n1\n")]
    {
        fs::write(outside.join(name), text).unwrap();
    }
    for name in ["passwd", "keys.toml"] {
        let link = inside.join("direct.toml");
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(outside.join(name), &link).unwrap();
        let said = stickershock().arg("check").arg(&link).assert().code(65);
        let said = String::from_utf8_lossy(&said.get_output().stderr).into_owned();
        assert!(said.contains("direct.toml:1") && !said.contains("secret"), "{said}");
        // The file itself, named by the user, is shown to him.
        let said = stickershock().arg("check").arg(outside.join(name)).assert().code(65);
        assert!(String::from_utf8_lossy(&said.get_output().stderr).contains("secret"));
    }
    for (name, text) in [
        ("agents.csv", "weight\n1\n"),
        ("case.json", r#"{"beta": [-1.0], "beta_names": ["prices"]}"#),
        ("scenarios.json", "[]"),
    ] {
        fs::write(inside.join(name), text).unwrap();
    }
    std::os::unix::fs::symlink(outside.join("products.csv"), inside.join("products.csv")).unwrap();
    let said = stickershock().arg("solve").arg(&inside).assert().code(65);
    let said = String::from_utf8_lossy(&said.get_output().stderr).into_owned();
    assert!(said.contains("products.csv: is a link out of the folder") && !said.contains("secret"), "{said}");
}

/// Whatever a user, a file or its name says, nothing reaches a terminal that it would take for a command.
#[test]
fn control_characters_are_shown_and_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let hostile = "no\u{1b}[31m\u{7}such\u{9b}2J\u{202e}";
    let market = folder.path().join(hostile);
    fs::create_dir(&market).unwrap();
    fs::write(market.join("scenario.toml"), "name = \"x\"\nbogus = 1\n").unwrap();
    fs::write(market.join("case.json"), "{}").unwrap();
    let inside = market.join("scenario.toml").display().to_string();
    let commands: [&[&str]; 14] = [
        &[hostile],
        &["run", hostile],
        &["run", "example:market-1995", "--set", hostile],
        &["run", "example:market-1995", "--regimes", hostile],
        &["check", &inside],
        &["describe", hostile],
        &["solve", &at(hostile)],
        &["merge", &at(hostile)],
        &["collect", hostile],
        &["verify", hostile],
        &["chart", hostile],
        &["init", &at("new"), "--market", hostile],
        &["sensitivity", "analyze", hostile, "--inputs", hostile, "--outputs", hostile],
        &["run", "example:market-1995", "--out", "/dev/null/\u{1b}[31m"],
    ];
    for arguments in commands {
        let output = stickershock().args(arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(!output.status.success() && !said.is_empty(), "{arguments:?}");
        let sent = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!said.contains(sent), "{arguments:?}: {said:?}");
    }
}

/// Names and texts with control characters are refused where they stand.
#[test]
fn control_characters_in_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("own");
    stickershock().arg("init").arg(&out).assert().success();
    let file = out.join("scenario.toml");
    let text = fs::read_to_string(&file).unwrap();
    let check = || stickershock().arg("check").arg(&file).assert().code(65);
    let titled = text.lines().map(|line| {
        if line.starts_with("title = ") { "title = \"red \\u001b[31m\"\n".to_owned() } else { format!("{line}\n") }
    });
    fs::write(&file, titled.collect::<String>()).unwrap();
    check().stderr(contains("title: has the control character U+001B").and(contains("help: remove it")));
    fs::write(&file, &text).unwrap();
    let data = fs::read_dir(out.join("data")).unwrap().map(|entry| entry.unwrap().path());
    let models = data.into_iter().find(|path| path.to_string_lossy().contains("models")).unwrap();
    let table = fs::read_to_string(&models).unwrap();
    let (first, rest) = table.split_once('\n').unwrap();
    fs::write(&models, format!("{first}\nred \u{1b}[31m{rest}")).unwrap();
    check().stderr(contains("row 2: has the control character U+001B").and(contains("help: remove it")));
    // Two bytes a letter, as some spreadsheets save.
    fs::write(&models, table.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<_>>()).unwrap();
    check().stderr(contains("U+0000").and(contains("encoding UTF-8")));
}

/// A single file that is asked for by name: what the command reads is not written over, a link stays one, a pipe is written to.
#[cfg(unix)]
#[test]
fn a_named_file_replaces_no_input_link_or_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    stickershock().arg("init").arg(at("study")).assert().success();
    let (scenario, data) = (at("study/scenario.toml"), at("study/data/models_1994.csv"));
    std::os::unix::fs::symlink(&data, at("link")).unwrap();
    let before = [&scenario, &data].map(|path| fs::read(path).unwrap());
    for out in [scenario.clone(), data.clone(), at("link"), at("study/../study/scenario.toml")] {
        let refused = |command: &mut Command| {
            command
                .arg(&out)
                .assert()
                .code(2)
                .stderr(contains("this command reads it").and(contains("help: name another")));
        };
        refused(stickershock().arg("describe").arg(&scenario).arg("--out"));
        refused(stickershock().arg("plan").arg(&scenario).arg("--out").arg(at("plan")).arg("--pack"));
        assert!(!at("plan").exists());
    }
    assert_eq!([&scenario, &data].map(|path| fs::read(path).unwrap()), before);
    stickershock().arg("plan").arg(&scenario).arg("--out").arg(at("plan")).assert().success();
    let plan = ["plan/plan.json", "plan/manifest.json"].map(at);
    for own in &plan {
        let mut command = stickershock();
        command.arg("plan").arg(&scenario).arg("--out").arg(at("plan")).arg("--pack").arg(own).assert().code(2);
    }

    fs::write(at("model.md"), "old").unwrap();
    fs::remove_file(at("link")).unwrap();
    std::os::unix::fs::symlink("model.md", at("link")).unwrap();
    stickershock().arg("describe").arg(&scenario).arg("--out").arg(at("link")).assert().success();
    let text = fs::read_to_string(at("model.md")).unwrap();
    assert!(text.len() > 1000 && fs::symlink_metadata(at("link")).unwrap().is_symlink());
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let pipe = at("pipe");
    let reader = std::thread::spawn(move || fs::read_to_string(pipe).unwrap());
    // Nothing of the text's own is said on standard output, which the pipe may be.
    stickershock().arg("describe").arg(&scenario).arg("--out").arg(at("pipe")).assert().success().stdout("");
    assert!(reader.join().unwrap() == text && !fs::symlink_metadata(at("pipe")).unwrap().is_file());
}
