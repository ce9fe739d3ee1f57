//! Bad input: one clear message with file, line or row, value and remedy; exit code 65; nothing written; never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

use stickershock::config::{Loaded, Source, load, load_from};
use stickershock::study::Study;

use crate::support::{outcomes, regime, root};

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
        let copy =
            |name: &str| fs::copy(root().join("tests/market_1995").join(name), folder.path().join(name)).unwrap();
        for name in [
            "showdown-1995.toml",
            "bargaining-1995.toml",
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

/// `/etc/passwd` and its kind, as a file to extend or as data: refused, and not a line of it is shown.
#[test]
fn a_scenario_reads_below_its_folder_only() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    fs::write(&secret, "root:x:0:0:secret\n").unwrap();
    let secret = secret.to_str().unwrap();
    let data = "models = \"data/models_1994.csv\"";
    let rates = "data = \"data/exchange_rates_monthly.csv\"";
    for (from, to) in [
        ("extends = [", format!("extends = [\"{secret}\", ")),
        ("extends = [", "extends = [\"../../../../../../../../etc/passwd\", ".to_owned()),
        (data, format!("models = \"{secret}\"")),
        (data, "models = \"/etc/passwd\"".to_owned()),
        (rates, format!("data = \"{secret}\"")),
    ] {
        let copy = Copy::new();
        copy.replace("showdown-1995.toml", from, &to);
        let mut command = Command::cargo_bin("stickershock").unwrap();
        let output = command.arg("check").arg(copy.scenario()).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(65), "{message}");
        assert!(message.contains("outside") && message.contains("--root"), "{message}");
        assert!(!message.contains("root:"), "{message}");
    }
    // A point of a sweep is of the file, too; the user himself may name what he likes.
    let copy = Copy::new();
    fs::copy(copy.path("data/models_1994.csv"), outside.path().join("models.csv")).unwrap();
    let models = outside.path().join("models.csv");
    let loaded = stickershock::config::load(&copy.scenario(), &[]).unwrap();
    let set = [format!("market.models={:?}", models.to_str().unwrap())];
    assert!(loaded.at(&set).unwrap_err().to_string().contains("outside"));
    assert!(loaded.at(&["market.models=\"data/models_1994.csv\"".to_owned()]).is_ok());
    let own = stickershock::config::load(&copy.scenario(), &set).unwrap();
    assert!(own.at(&["run.seed=3".to_owned()]).is_ok());
}

/// A scenario of a folder beside its data says so with `--root`, from any of its files.
#[test]
fn a_root_above_the_file_opens_what_is_beside_it() {
    let copy = Copy::new();
    fs::create_dir(copy.path("mine")).unwrap();
    fs::write(copy.path("mine/own.toml"), "extends = \"../showdown-1995.toml\"\nname = \"own\"\n").unwrap();
    let check = |extra: &[&str]| {
        let mut command = Command::cargo_bin("stickershock").unwrap();
        command.arg("check").arg(copy.path("mine/own.toml")).args(["--set", "buyers.count=256"]).args(extra);
        command.output().unwrap()
    };
    assert_eq!(check(&[]).status.code(), Some(65));
    let wide = check(&["--root", copy.folder.path().to_str().unwrap()]);
    assert!(wide.status.success(), "{}", String::from_utf8_lossy(&wide.stderr));
}

/// A caller without a disk runs the same study.
#[test]
fn a_study_from_memory_has_the_outcomes_of_the_one_from_disk() {
    let configs = root().join("configs");
    let names = [
        "market-1995.toml",
        "parts/bargaining-1995.toml",
        "calibrated/calibrated-demand.toml",
        "calibrated/calibrated-settlement.toml",
        "data/models_1994.csv",
        "data/exchange_rates_monthly.csv",
    ];
    let files = names.map(|name| (name, fs::read(configs.join(name)).unwrap()));
    let small = ["buyers.count=256".to_owned()];
    let memory = Source::memory(files.clone());
    let memory = load_from(&memory, Path::new("market-1995.toml"), &small).unwrap();
    let disk = load(&configs.join("market-1995.toml"), &small).unwrap();
    assert_eq!(memory.document.hash(), disk.document.hash());
    let hashes = |loaded: &Loaded| loaded.data.iter().map(|file| file.hash).collect::<Vec<_>>();
    assert_eq!(hashes(&memory), hashes(&disk));
    let run = |loaded: Loaded| {
        let study = Study::prepare(loaded.scenario).unwrap();
        let regimes = [regime(&study, "status_quo"), regime(&study, "imposed")];
        outcomes(&study, &regimes, 0..2, 1)
    };
    assert!(run(memory) == run(disk));
    let less = Source::memory(files.into_iter().take(4));
    let error = load_from(&less, Path::new("market-1995.toml"), &small).unwrap_err().to_string();
    assert!(error.contains("data/models_1994.csv") && error.contains("not among the files given"), "{error}");
}

#[cfg(unix)]
#[test]
fn what_is_no_plain_file_is_refused() {
    let copy = Copy::new();
    fs::remove_file(copy.path("data/models_1994.csv")).unwrap();
    fs::create_dir(copy.path("data/models_1994.csv")).unwrap();
    copy.refused(&["models_1994.csv", "folder"]);
}

/// Whatever a scenario or `--set` counts is bounded, and a rate above 300% asks whether percent was meant.
#[test]
fn counts_sizes_and_rates_beyond_their_bounds_are_refused_at_once() {
    const LONG_NAME: &str = concat!(
        "name=a2345678901234567890123456789012345678901234567890",
        "123456789012345678901234567890123456789012345678901"
    );
    let scenario = root().join("configs/market-1995.toml");
    for (set, parts) in [
        ("buyers.count=1000000000000", ["buyers.count", "expected 2 to"]),
        ("buyers.pricing_nodes=1000000000000", ["buyers.pricing_nodes", "expected 1 to"]),
        (LONG_NAME, ["name", "has 101 letters, expected at most 100"]),
        ("run.replications=1000000000000", ["run.replications", "expected 1 to"]),
        ("time.weeks=4000000000", ["time.weeks", "expected 1 to 5200"]),
        ("instrument.sanctions.rate=25", ["2500%: was percent meant?", "write 0.25 for 25%"]),
        ("instrument.sanctions.rate=2e9", ["instrument.sanctions.rate", "was percent meant?"]),
        ("market.normal_duty.rate=2.5e1", ["market.normal_duty.rate", "was percent meant?"]),
        ("market.normal_duty.rate=2.5", ["in the base year: was percent meant?", "write 0.025 for 2.5%"]),
        ("market.normal_duty.rate=2e9", ["was percent meant?\n", "help: the highest rate of the base year is 1"]),
        ("market.normal_duty.rate=-0.5", ["market.normal_duty.rate: is -0.5", "a rate from 0 to 1"]),
        ("instrument.sanctions.rate=-0.5", ["instrument.sanctions.rate: is -0.5", "a rate from 0 to 3"]),
        ("holding.purchase_mean_weeks=1e300", ["holding.purchase_mean_weeks", "a number of weeks from 1 to 100000"]),
        ("market.normal_duty.rates={Germany=2.5}", ["in the base year: was percent meant?", "write 0.025 for 2.5%"]),
        ("timing.look_ahead_weeks=4000000000", ["timing.look_ahead_weeks", "expected 0 to 5200"]),
        ("timing.peers.neighbours=4000000", ["timing.peers.neighbours", "expected 2 to 1000"]),
        ("uncertainty={draws=20001, replications=2}", ["uncertainty.draws", "expected 1 to 20000"]),
        ("sweep={kind=\"sobol\", count=1000000000000}", ["sweep", "axis"]),
        (
            "parameter=[{key=\"demand.alpha\", distribution=\"beta\", alpha=1e-300, beta=1e300}]",
            ["alpha", "between 0.001"],
        ),
        (
            "parameter=[{key=\"demand.alpha\", distribution=\"lognormal\", log_mean=0, log_sd=1e300}]",
            ["log_sd", "between 0 and 30"],
        ),
    ] {
        let started = std::time::Instant::now();
        let error = load(&scenario, &[set.to_owned()]).expect_err(set).to_string();
        for part in parts {
            assert!(error.contains(part), "{set}: {error}");
        }
        assert!(started.elapsed().as_secs() < 5, "{set} took {:?}", started.elapsed());
    }
}

/// A file that is too long, or nested without end, is refused and not read to the end.
#[test]
fn long_and_deep_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        load(&path, &[]).unwrap_err().to_string()
    };
    assert!(write("long.toml", "# comment\n".repeat(1_000_000)).contains("more than the 8 MiB"));
    for (name, text) in [
        ("lists.toml", format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000))),
        ("tables.toml", format!("a = {}1{}", "{b=".repeat(100_000), "}".repeat(100_000))),
        ("dotted.toml", format!("a{} = 1", ".b".repeat(100_000))),
        ("headers.toml", format!("[a{}]", ".b".repeat(100_000))),
    ] {
        let message = write(name, text);
        assert!(message.contains(name) && message.len() < 5_000, "{name}: {} bytes", message.len());
    }
}

/// `check` of a study that would take hours says how long, and ends.
#[test]
fn a_check_measures_large_studies_on_fewer_buyers() {
    let mut command = Command::cargo_bin("stickershock").unwrap();
    command.arg("check").arg(root().join("configs/market-1995.toml")).args(["--set", "buyers.count=1000000"]);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("of the 1000000 buyers") && text.contains("1000000 buyers of"), "{text}");
}

/// `07`, `7` and `7.0` are one maker and one brand in the table of models, by the name that stands first; a scenario that writes it otherwise is told how.
#[test]
fn names_that_are_numbers_mean_one_thing() {
    let copy = Copy::new();
    let file = copy.path("data/models_1994.csv");
    let mut reader = csv::Reader::from_path(&file).unwrap();
    let header = reader.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (brand, maker) = (place("brand"), place("parent_manufacturer"));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let mut spellings = ["07", "7", "7.0"].into_iter().cycle();
    let mut writer = csv::Writer::from_path(&file).unwrap();
    writer.write_record(&header).unwrap();
    let renamed = rows.iter().filter(|row| &row[brand] == "BMW").count();
    assert!(renamed >= 3);
    for row in &rows {
        let numbered = (&row[brand] == "BMW").then(|| spellings.next().unwrap());
        let cell = |(at, cell)| if at == brand || at == maker { numbered.unwrap_or(cell) } else { cell };
        writer.write_record(row.iter().enumerate().map(cell)).unwrap();
    }
    writer.flush().unwrap();
    let text = fs::read_to_string(copy.scenario()).unwrap();
    fs::write(copy.scenario(), text.replace("BMW", "07")).unwrap();
    let market = load(&copy.scenario(), &[]).unwrap_or_else(|error| panic!("{error}")).scenario.market;
    let plain = load(&root().join("tests/market_1995/showdown-1995.toml"), &[]).unwrap().scenario.market;
    assert_eq!(market.brands.as_slice().len(), plain.brands.as_slice().len());
    assert_eq!(market.manufacturers.as_slice().len(), plain.manufacturers.as_slice().len());
    assert!(market.brands.as_slice().contains(&"07".to_owned()));
    let text = fs::read_to_string(copy.scenario()).unwrap();
    let holding = "\n[[market.holding]]\nowner = \"007\"\nbrand = \"Lexus\"\nshare = 0.1\n";
    fs::write(copy.scenario(), format!("{text}{holding}")).unwrap();
    copy.refused(&["market.holding[2].owner", "`007` is no manufacturer", "write `07`, as it stands there"]);
    // Two models of one name are two rows of one model.
    let text = fs::read_to_string(&file).unwrap();
    let (first, second) = (&rows[0][0], &rows[1][0]);
    fs::write(&file, text.replacen(first, "12", 1).replacen(second, "12.0", 1)).unwrap();
    copy.refused(&["\"12.0\"", "has already as \"12\""]);
}

/// What earlier versions called otherwise is answered with the name that it has now, in files and in `--set`.
#[test]
fn keys_of_earlier_versions_are_answered_with_their_present_names() {
    for (assignment, now) in [
        ("governments.opening_japan=0.3", "opening_partner"),
        ("governments.dates.china_pact=1995-05-01", "pact_elsewhere"),
        ("governments.flows.yen_elasticity=0.1", "exchange_rate_elasticity"),
        ("pricing.rule=sticky", "staggered"),
        ("buyers.population=resampled", "own"),
    ] {
        let error = load(&root().join("configs/showdown-1995.toml"), &[assignment.to_owned()]).unwrap_err().to_string();
        assert!(
            error.contains("earlier version") && error.contains(&format!("write `{now}`")),
            "{assignment}: {error}"
        );
    }
    let copy = Copy::new();
    copy.replace("bargaining-1995.toml", "opening_partner", "opening_japan");
    copy.refused(&["bargaining-1995.toml", "opening_japan", "write `opening_partner`"]);
}
