//! The reporting period: what charts of one period show, and its name.

use std::process::Command;

use crate::support;

/// `outputs.monthly` gives more periods; charts of one period are there all the same, and a week may be the period.
#[cfg(feature = "charts")]
#[test]
fn charts_of_one_period_whatever_the_periods_are() {
    let week = tempfile::tempdir().unwrap();
    let scenario = format!(
        "extends = {:?}\nname = \"week\"\n[outputs]\nperiod = \"a_week\"\n[[period]]\nname = \"a_week\"\nfrom = 1995-08-05\nto = 1995-08-12\n",
        support::showdown_path().display().to_string()
    );
    std::fs::write(week.path().join("week.toml"), scenario).unwrap();
    for (path, set, dates) in [
        (support::showdown_path(), &["outputs.monthly=true"][..], "after deadline, 1 July 1995 to 27 December 1996"),
        (
            support::showdown_path(),
            &["outputs.monthly=true", "outputs.period=\"1995-08\""][..],
            "1995-08, 5 August 1995 to 1 September 1995",
        ),
        (
            support::showdown_path(),
            &["outputs.period=all"][..],
            "the whole horizon, 31 December 1994 to 27 December 1996",
        ),
        (week.path().join("week.toml"), &[][..], "a week, 5 August 1995 to 11 August 1995"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
        command
            .arg("run")
            .arg(path)
            .args(support::ANYWHERE)
            .args(["--quiet", "--replications", "2", "--out"])
            .arg(folder.path());
        command.args(["--regimes", "status_quo,imposed", "--set", "buyers.count=4096"]);
        set.iter().for_each(|assignment| {
            command.args(["--set", assignment]);
        });
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for chart in ["winners_losers_imposed", "who_pays_imposed", "regime_welfare", "headline"] {
            let svg = std::fs::read_to_string(folder.path().join(format!("charts/{chart}.svg")))
                .unwrap_or_else(|error| panic!("{set:?}: {chart}: {error}"));
            // A long subtitle is broken into lines: the dates are there word by word.
            let words: Vec<&str> = dates.split([' ', ',']).filter(|word| !word.is_empty()).collect();
            assert!(words.iter().all(|word| svg.contains(word)), "{set:?}: {chart} does not say `{dates}`");
        }
    }
}

#[test]
fn a_period_that_is_none_is_refused_with_those_there_are() {
    let error =
        stickershock::config::load(&support::showdown_path(), &["outputs.period=never".to_owned()]).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("outputs.period") && text.contains("never"), "{text}");
}
