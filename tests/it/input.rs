//! Bad input: one clear message with file, line or row, value and remedy; exit code 65; nothing written; never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

use crate::support::root;

/// A copy of the shipped scenario and its data that a test may spoil.
struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["data", "calibrated"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let copy = |name: &str| fs::copy(root().join("configs").join(name), folder.path().join(name)).unwrap();
        for name in [
            "showdown-1995.toml",
            "calibrated/calibrated-demand.toml",
            "calibrated/calibrated-settlement.toml",
            "data/models_1994.csv",
            "data/exchange_rates_monthly.csv",
        ] {
            copy(name);
        }
        Self { folder }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn scenario(&self) -> PathBuf {
        self.path("showdown-1995.toml")
    }
    fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} does not contain {from}");
        fs::write(self.path(name), text.replacen(from, to, 1)).unwrap();
    }
    /// Runs the spoiled scenario and checks that it ends with code 65, a message with all of `parts`, and no output.
    fn refused(&self, parts: &[&str]) {
        let out = self.path("out");
        refused(&self.scenario(), &out, &[], parts);
        assert!(!out.exists(), "something was written");
    }
}

fn refused(scenario: &Path, out: &Path, extra: &[&str], parts: &[&str]) {
    let mut command = Command::cargo_bin("stickershock").unwrap();
    command.env("NO_COLOR", "1").arg("run").arg(scenario).arg("--out").arg(out).args(extra);
    let output = command.output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(65), "{message}");
    assert!(message.starts_with("error: "), "{message}");
    assert!(!message.contains("panicked"), "{message}");
    for part in parts {
        assert!(message.contains(part), "no `{part}` in:\n{message}");
    }
}

const SCENARIO: &str = "showdown-1995.toml";
const MODELS: &str = "data/models_1994.csv";

/// A misspelt section says so, not that its keys are missing elsewhere; the file is the one that it stands in.
#[test]
fn a_misspelt_section_of_an_extended_file_is_named() {
    let copy = Copy::new();
    copy.replace("calibrated/calibrated-demand.toml", "[demand.alpha]", "[demnd.alpha]");
    copy.refused(&["calibrated-demand.toml:4", "demnd", "unknown key", "did you mean `demand`?"]);
}

#[test]
fn an_unknown_key_shows_its_line_and_the_nearest_key() {
    let copy = Copy::new();
    copy.replace(SCENARIO, "weeks = 104", "weeeks = 104");
    copy.refused(&["showdown-1995.toml:", "weeeks", "did you mean `weeks`", "^"]);
}

#[test]
fn a_missing_key_is_named() {
    let copy = Copy::new();
    copy.replace(SCENARIO, "seed = 1995\n", "");
    copy.refused(&["showdown-1995.toml", "run", "seed"]);
}

#[test]
fn a_missing_column_lists_those_there_are() {
    let copy = Copy::new();
    copy.replace(MODELS, "msrp_usd", "price");
    copy.refused(&["models_1994.csv", "msrp_usd", "price"]);
}

#[test]
fn a_price_that_is_not_a_number_names_row_and_model() {
    for bad in ["NaN", "inf", "abc", "", "-37000", "0"] {
        let copy = Copy::new();
        copy.replace(MODELS, "true,37000,", &format!("true,{bad},"));
        copy.refused(&["models_1994.csv, row 2 (Legend)", "msrp_usd", "positive"]);
    }
}

#[test]
fn a_duplicate_model_names_both_rows() {
    let copy = Copy::new();
    copy.replace(MODELS, "\n3.2 TL,", "\nLegend,");
    copy.refused(&["models_1994.csv, row 3", "Legend", "row 2"]);
}

#[test]
fn a_negative_volume_is_refused() {
    let copy = Copy::new();
    copy.replace(MODELS, ",estimate,34000,", ",estimate,-1,");
    copy.refused(&["row 2 (Legend)", "base_volume_annual", "-1"]);
}

#[test]
fn a_flag_that_is_neither_true_nor_false_is_refused() {
    let copy = Copy::new();
    copy.replace(MODELS, "Japan,true,37000", "Japan,maybe,37000");
    copy.refused(&["row 2 (Legend)", "sanctioned", "maybe", "true or false"]);
}

#[test]
fn an_event_outside_the_horizon_names_the_horizon() {
    let copy = Copy::new();
    copy.replace(SCENARIO, "date = 1995-06-28, action = \"settled\"", "date = 1999-06-28, action = \"settled\"");
    copy.refused(&["showdown-1995.toml:", "1999-06-28", "outside the horizon", "1994-12-31", "1996-12-27"]);
}

#[test]
fn an_impossible_history_names_both_events() {
    let copy = Copy::new();
    copy.replace(SCENARIO, "date = 1995-05-16, action = \"announced\", instrument = \"sanctions\", label = \"List published\" },\n  { date = 1995-05-20", "date = 1995-05-21, action = \"announced\", instrument = \"sanctions\", label = \"List published\" },\n  { date = 1995-05-20");
    copy.refused(&["`liable` on 1995-05-20", "`threatened` on 1995-04-12", "before `announced` on 1995-05-21"]);
}

#[test]
fn a_selection_of_nothing_is_refused() {
    let copy = Copy::new();
    copy.replace(SCENARIO, "on = { flag = true }", "on = { flag = true, regions = [\"europe\"] }");
    copy.refused(&["showdown-1995.toml:", "selects no model"]);
    let copy = Copy::new();
    copy.replace(SCENARIO, "on = { flag = true }", "on = { brands = [\"Lexxus\"] }");
    copy.refused(&["`Lexxus`", "did you mean `Lexus`"]);
    let copy = Copy::new();
    copy.replace(SCENARIO, "on = { flag = true }", "on = { }");
    copy.refused(&["selects by nothing"]);
}

#[test]
fn an_unknown_instrument_or_baseline_is_named() {
    let copy = Copy::new();
    copy.replace(
        SCENARIO,
        "action = \"threatened\", instrument = \"sanctions\"",
        "action = \"threatened\", instrument = \"sanction\"",
    );
    copy.refused(&["`sanction`", "did you mean `sanctions`"]);
    let copy = Copy::new();
    copy.replace(SCENARIO, "baseline = \"status_quo\"", "baseline = \"statusquo\"");
    copy.refused(&["run.baseline", "`statusquo`", "status_quo"]);
}

#[test]
fn a_wrong_type_and_a_bad_choice_show_the_line() {
    let copy = Copy::new();
    copy.replace(SCENARIO, "weeks = 104", "weeks = \"many\"");
    copy.refused(&["time.weeks", "\"many\""]);
    let copy = Copy::new();
    copy.replace(SCENARIO, "rule = \"pass_through\"", "rule = \"pass_trough\"");
    copy.refused(&["pricing.rule", "pass_trough", "pass_through"]);
}

#[test]
fn numbers_out_of_range_are_refused() {
    for (key, value) in [
        ("time.weeks", "0"),
        ("run.replications", "0"),
        ("buyers.count", "1"),
        ("demand.alpha", "-0.1"),
        ("demand.alpha", "0.0"),
        ("demand.income_bounds", "[2.0, 1.0]"),
        ("holding.lease_share", "1.5"),
        ("holding.purchase_shape", "0.0"),
        ("market.size", "1000.0"),
        ("market.home_cost_share", "2.0"),
        ("pricing.theta", "-1.0"),
        ("instrument.sanctions.rate", "-0.5"),
        ("instrument.sanctions.rate", "nan"),
        ("exchange_rate.base_month", "1885-05"),
        ("outputs.headline", "units_martian"),
        ("name", "../escape"),
    ] {
        let copy = Copy::new();
        let set = format!("{key}={value}");
        refused(&copy.scenario(), &copy.path("out"), &["--set", &set], &[key.split('.').next_back().unwrap_or(key)]);
        assert!(!copy.path("out").exists());
    }
}

#[test]
fn unreadable_and_non_utf8_files_are_named() {
    let copy = Copy::new();
    fs::remove_file(copy.path(MODELS)).unwrap();
    copy.refused(&["models_1994.csv", "cannot be read"]);
    for name in [SCENARIO, MODELS] {
        let copy = Copy::new();
        let mut bytes = fs::read(copy.path(name)).unwrap();
        bytes[40] = 0xff;
        fs::write(copy.path(name), bytes).unwrap();
        copy.refused(&[Path::new(name).file_name().unwrap().to_str().unwrap(), "UTF-8", "byte 40"]);
    }
    let nowhere = copy.path("nowhere.toml");
    refused(&nowhere, &copy.path("out"), &[], &["nowhere.toml", "cannot be read"]);
}

#[test]
fn toml_syntax_shows_the_line() {
    let copy = Copy::new();
    copy.replace(SCENARIO, "[run]", "[run");
    copy.refused(&["showdown-1995.toml:", "[run"]);
}

#[test]
fn a_set_that_cannot_be_read_or_placed_is_refused() {
    let copy = Copy::new();
    for set in ["demand.alpha", "demand.alhpa=0.1", "=1", "instrument.nobody.rate=1.0"] {
        refused(&copy.scenario(), &copy.path("out"), &["--set", set], &["error"]);
    }
}

/// Parameters that take utilities out of the range of numbers end in an error, not in NaN.
#[test]
fn parameters_beyond_the_range_of_numbers_are_refused() {
    let copy = Copy::new();
    let small = ["--set", "buyers.count=256"];
    for set in ["demand.alpha=500.0", "demand.sigma_outside=900.0"] {
        let extra = [small[0], small[1], "--set", set, "--replications", "1"];
        refused(&copy.scenario(), &copy.path("out"), &extra, &["error"]);
        assert!(!copy.path("out/tables/models.csv").exists());
    }
}

#[test]
fn exchange_rates_that_end_too_early_are_named() {
    let copy = Copy::new();
    let text = fs::read_to_string(copy.path("data/exchange_rates_monthly.csv")).unwrap();
    let short: Vec<&str> = text.lines().take(30).collect();
    fs::write(copy.path("data/exchange_rates_monthly.csv"), short.join("\n")).unwrap();
    refused(
        &copy.scenario(),
        &copy.path("out"),
        &["--set", "exchange_rate.mode=history"],
        &["exchange_rate.mode", "1995-06"],
    );
}
