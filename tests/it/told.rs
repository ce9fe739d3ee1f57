//! What a folder says of itself in words: how to run the study again, what the study names, what retaliation takes; and what is refused
//! rather than left out in silence.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{load_anywhere, read_csv, root};

fn stickershock(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
    command.current_dir(root()).env("NO_COLOR", "1").args(arguments).output().unwrap()
}

fn done(arguments: &[&str]) -> String {
    let output = stickershock(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn tables(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(out.join("tables")).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// The command under "Run it again" in a folder's README.
fn again(out: &Path) -> String {
    let readme = std::fs::read_to_string(out.join("README.md")).unwrap();
    let command = readme.lines().find_map(|line| line.strip_prefix("    stickershock ")).unwrap();
    command.to_owned()
}

/// Words as a shell splits them, for commands whose quotes hold no quote.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('\'').enumerate();
    let mut words: Vec<String> = Vec::new();
    for (at, part) in parts {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// The same tables to the byte come out of the command that a folder gives, settings, regimes and files elsewhere included.
#[cfg(feature = "page")]
#[test]
fn the_command_that_a_folder_gives_makes_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let small = ["--set", "buyers.count=256", "--set", "buyers.pricing_nodes=256", "--no-charts", "--quiet"];
    let run = ["run", "configs/claims/luxury-excise.toml", "--root", "configs", "--replications", "2", "--seed", "3"];
    let named = [
        "--set",
        "regimes=[\"status_quo\",\"imposed\",\"all_imports\"]",
        "--regimes",
        "imposed",
        "--set",
        "title=\"A title, of two words\"",
    ];
    done(&[&run[..], &small[..], &named[..], &["--out", &at("first")]].concat());
    let command = again(Path::new(&at("first")));
    assert!(
        command.contains("claims/luxury-excise.toml --root .") && command.contains("--regimes status_quo,imposed"),
        "{command}"
    );
    let mut arguments = words(&command);
    arguments.extend(["--no-charts".into(), "--quiet".into(), "--out".into(), at("second")]);
    let mut program = Command::new(env!("CARGO_BIN_EXE_stickershock"));
    let output = program.current_dir(root().join("configs")).args(&arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(tables(Path::new(&at("first"))) == tables(Path::new(&at("second"))));
}

#[cfg(feature = "page")]
#[test]
fn metrics_and_groups_that_a_study_names_stand_in_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let group = r#"group=[{name="lexus",label="Lexus",on={brands=["Lexus"]}}]"#;
    let set = [
        "--set",
        "buyers.count=512",
        "--set",
        "buyers.pricing_nodes=512",
        "--set",
        group,
        "--set",
        "outputs.headline=units_europe",
    ];
    let run = [
        "run",
        "configs/market-1995.toml",
        "--replications",
        "3",
        "--no-charts",
        "--regimes",
        "imposed",
        "--out",
        out.to_str().unwrap(),
    ];
    let printed = done(&[&run[..], &set[..]].concat());
    let readme = std::fs::read_to_string(out.join("README.md")).unwrap();
    let report = std::fs::read_to_string(out.join("report.html")).unwrap();
    for text in [&printed, &readme, &report] {
        assert!(text.contains("What the study names"), "{text}");
        for part in ["Cars sold (drawn choices): Europe, cars a year", "profit: Lexus, USD a year"] {
            assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part}: {text}");
        }
    }
    // The sentence has the number of the table, at a yearly rate.
    let rows = read_csv(&out.join("tables/comparisons.csv"));
    let row = rows.iter().find(|row| row["metric"] == "units_europe" && row["period"] == "after_deadline").unwrap();
    let yearly = row["difference"].parse::<f64>().unwrap() / 1.5;
    let said = readme.split("Europe, cars a year: ").nth(1).unwrap().split(' ').next().unwrap();
    let said: f64 = said.replace([',', '+'], "").replace('\u{2212}', "-").parse().unwrap();
    assert!((said - yearly).abs() <= 0.5, "{said} for {yearly}");
}

/// Retaliation is the difference of two regimes that differ by it alone, and is named for no other.
#[cfg(feature = "page")]
#[test]
fn what_retaliation_takes_is_between_two_regimes_that_differ_by_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, regimes: &str| {
        let out: PathBuf = folder.path().join(name);
        let small = [
            "--set",
            "instrument.sanctions.rate=0.25",
            "--set",
            "buyers.count=512",
            "--set",
            "buyers.pricing_nodes=512",
            "--replications",
            "2",
            "--no-charts",
            "--quiet",
        ];
        let run = ["run", "configs/market-1995.toml", "--regimes", regimes, "--out", out.to_str().unwrap()];
        done(&[&run[..], &small[..]].concat());
        out
    };
    let both = run("both", "imposed,imposed_retroactive,imposed_retaliation");
    let readme = std::fs::read_to_string(both.join("README.md")).unwrap();
    assert!(
        readme.contains("(“Sanctions, and Airbus for Boeing” against “Sanctions with retroactive liability”)"),
        "{readme}"
    );
    let welfare = read_csv(&both.join("tables/welfare.csv"));
    let home = |regime: &str| -> f64 {
        let row = welfare
            .iter()
            .find(|row| row["regime"] == regime && row["period"] == "after_deadline" && row["account"] == "total_home");
        row.unwrap()["change_usd_per_year"].parse().unwrap()
    };
    let taken = home("imposed_retroactive") - home("imposed_retaliation");
    let millions = format!("takes another USD {:.0} mn a year", taken / 1e6);
    assert!(readme.contains(&millions), "{millions}: {readme}");
    let alone = run("alone", "imposed,imposed_retaliation");
    let readme = std::fs::read_to_string(alone.join("README.md")).unwrap();
    assert!(readme.contains("That is before any retaliation.") && !readme.contains("takes another"), "{readme}");
}

/// In time there are no expected sales: whoever asks for them is told, wherever he asks.
#[test]
fn metrics_that_are_never_numbers_are_refused_everywhere() {
    let path = root().join("tests/market_1995/showdown-1995-timing.toml");
    for (set, key) in [
        ("outputs.headline=expected_units_all", "outputs.headline"),
        ("outputs.metrics=[\"expected_units_all\"]", "outputs.metrics[0]"),
        ("stop={metric=\"expected_units_all\",half_width=10}", "stop.metric"),
        (
            "sweep={kind=\"grid\",metrics=[\"expected_units_all\"],axis=[{name=\"a\",key=\"demand.alpha\",values=[0.1,0.2]}]}",
            "sweep.metrics[0]",
        ),
    ] {
        let error = load_anywhere(&path, &[set.to_owned()]).unwrap_err().to_string();
        for part in [key, "`expected_units_all` is never a number here", "name drawn sales"] {
            assert!(error.contains(part), "{set}: {error}");
        }
    }
    let sensitivity =
        ["sensitivity", "configs/sensitivity-1995.toml", "--set", "timing={}", "--metrics", "expected_units_all"];
    let output = stickershock(&sensitivity);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("is never a number here"), "{output:?}");
}

/// A share of no cars is none: neither expected ones where nobody happened to buy, nor drawn ones.
#[test]
fn weeks_without_cars_have_no_shares_and_expected_shares_do_not_hang_on_draws() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let run = [
        "run",
        "configs/market-1995.toml",
        "--replications",
        "1",
        "--regimes",
        "status_quo,imposed",
        "--no-charts",
        "--quiet",
    ];
    done(
        &[
            &run[..],
            &["--set", "buyers.count=512", "--set", "buyers.pricing_nodes=512", "--out", out.to_str().unwrap()],
        ]
        .concat(),
    );
    let mut sums: BTreeMap<(String, u32), [f64; 4]> = BTreeMap::new();
    for row in read_csv(&out.join("tables/weekly.csv")).iter().filter(|row| row["region"] != "outside") {
        let number = |column: &str| row[column].parse::<f64>().unwrap_or(f64::NAN);
        let sum = sums.entry((row["regime"].clone(), row["week"].parse().unwrap())).or_default();
        let own = [
            number("units_mean"),
            number("car_share_mean"),
            number("expected_units_mean"),
            number("expected_car_share_mean"),
        ];
        sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
    }
    let mut empty = [0; 2];
    for ((regime, week), [units, share, expected, expected_share]) in sums {
        for (at, (cars, shares)) in [(units, share), (expected, expected_share)].into_iter().enumerate() {
            if cars > 0.0 {
                assert!((shares - 1.0).abs() < 1e-9, "{regime} {week}: shares of {cars} cars add up to {shares}");
            } else {
                assert!(shares.is_nan(), "{regime} {week}: {shares} of no cars");
                empty[at] += 1;
            }
        }
    }
    assert!(empty[0] > empty[1], "weeks in which buyers came and none bought: {empty:?}");
}

#[cfg(feature = "charts")]
#[test]
fn charts_are_not_drawn_as_if_a_choice_had_been_heard() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    done(&["negotiate", "configs/governments-1995.toml", "--worlds", "50", "--quiet", "--out", &at("worlds")]);
    for option in [["--regimes", "anything"], ["--period", "year_1"]] {
        let output = stickershock(&[&["chart", &at("worlds"), "--out", &at("drawn")][..], &option[..]].concat());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains("that can be drawn from its tables"), "{option:?}: {error}");
    }
    done(&["solve", "tests/cases/plain_logit", "--out", &at("solved")]);
    let output = stickershock(&["chart", &at("solved"), "--out", &at("drawn")]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("no charts to draw again"), "{error}");
}
