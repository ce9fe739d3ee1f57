//! Calibration of a market: known parameters come back, the fit reported is the fit reached, and a killed search ends in the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::AtomicBool;

use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use stickershock::config::calibration::{Calibration, calibration};
use stickershock::config::{self};
use stickershock::folder::OutputFolder;
use stickershock::report::calibration::page::figure;
use stickershock::study::calibration::moments_at;
use stickershock::study::calibration::{CalibrationRun, FinishedCalibration};

use crate::support::{BY_HAND, load_anywhere, read_csv, root, showdown, showdown_path};

/// Moments of the demand block with the standard errors that evidence on them is drawn with.
const MOMENTS: [(&str, &str, &str, f64); 6] = [
    ("europe", "diversion", "europe", 0.01),
    ("outside", "diversion", "outside", 0.01),
    ("ls400", "own_elasticity", "LS 400", 0.05),
    ("seville", "own_elasticity", "Seville", 0.05),
    ("margin", "margin_share", "sanctioned", 0.005),
    ("repurchase", "repurchase", "Lexus, BMW, Cadillac", 0.005),
];
const PARAMETERS: [(&str, &str, [f64; 2], f64); 4] = [
    ("alpha", "demand.alpha", [0.06, 0.3], 0.14),
    ("sigma_import", "demand.sigma_import", [0.5, 6.0], 3.0),
    ("sigma_outside", "demand.sigma_outside", [0.5, 6.0], 2.8),
    ("loyalty", "demand.loyalty", [0.0, 2.5], 0.8),
];

/// A folder with a scenario that has the showdown's market and its own evidence.
struct Laboratory {
    folder: tempfile::TempDir,
}

impl Laboratory {
    fn new(effort: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = format!(
            "extends = {:?}\nname = \"laboratory\"\n[buyers]\ncount = 512\n[calibration]\ntargets = \"targets.csv\"\n{effort}\n\
             [[calibration.block]]\nname = \"demand\"\nstep = 0.01\n",
            showdown_path().display().to_string()
        );
        for (name, key, [low, high], _) in PARAMETERS {
            text.push_str(&format!(
                "[[calibration.free]]\nname = {name:?}\nkey = {key:?}\nblock = \"demand\"\nlow = {low:?}\nhigh = {high:?}\n"
            ));
        }
        fs::write(folder.path().join("scenario.toml"), text).unwrap();
        let laboratory = Self { folder };
        laboratory.evidence(&[0.0; 6], "");
        laboratory
    }

    fn scenario(&self) -> PathBuf {
        self.folder.path().join("scenario.toml")
    }

    fn evidence(&self, values: &[f64], more: &str) {
        let mut csv =
            "name,row,label,moment,of,scenario,value,std_error,low,high,unit,status,use,block,weight,source,note\n"
                .to_owned();
        for ((name, moment, of, error), value) in MOMENTS.iter().zip(values) {
            csv.push_str(&format!(
                "{name},test,{name},{moment},\"{of}\",,{value:?},{error},,,,derived,fit,demand,,simulated,\n"
            ));
        }
        fs::write(self.folder.path().join("targets.csv"), csv + more).unwrap();
    }

    fn load(&self) -> Calibration {
        self.load_with(&[])
    }

    fn load_with(&self, assignments: &[String]) -> Calibration {
        let loaded =
            crate::support::load_anywhere(&self.scenario(), assignments).unwrap_or_else(|error| panic!("{error}"));
        calibration(loaded, assignments).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The model's own moments at the true parameters and other random numbers, with drawn noise of the stated errors. The world that the data are
    /// of has many buyers: the noise of few is the estimator's, not the data's.
    fn simulate(&self, draw: u64) -> Vec<f64> {
        let calibration = self.load_with(&["buyers.count=8192".to_owned()]);
        let evidence: Vec<usize> = (0..MOMENTS.len()).collect();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(draw);
        let clean =
            moments_at(&calibration, &evidence, &PARAMETERS.map(|(_, _, _, truth)| truth), 100 + draw, &()).unwrap();
        let noisy = |(value, (_, _, _, error)): (f64, &(&str, &str, &str, f64))| {
            let z: f64 = StandardNormal.sample(&mut rng);
            value + error * z
        };
        clean.into_iter().zip(&MOMENTS).map(noisy).collect()
    }

    fn run(&self, out: &str, assignments: &[String]) -> FinishedCalibration {
        let calibration = self.load_with(assignments);
        let folder = OutputFolder::create(&self.folder.path().join(out)).unwrap();
        let stop = AtomicBool::new(false);
        let silent = |_: usize, _: &str| {};
        CalibrationRun::open(&calibration, &folder, &stop, &silent)
            .unwrap()
            .run()
            .unwrap_or_else(|error| panic!("{error}"))
    }
}

const EFFORT: &str = "points = 16\nstarts = 1\nsimplex = 10\npolish = 15\nseeds = 4";

/// Four parameters from six moments of the model itself at other random numbers, with noise: each within two of its standard errors.
#[test]
fn parameters_are_recovered_from_data_of_the_model_itself() {
    let laboratory = Laboratory::new(EFFORT);
    laboratory.evidence(&laboratory.simulate(1), "");
    let finished = laboratory.run("out", &[]);
    let estimate = &finished.estimate;
    for (k, (name, _, [low, high], truth)) in PARAMETERS.iter().enumerate() {
        let (value, error) = (estimate.theta[k], estimate.std_error[k]);
        assert!((value - truth).abs() < 2.0 * error, "{name}: {value} with error {error}, truth {truth}");
        assert!(error < 0.25 * (high - low), "{name}: an error of {error} would recover anything");
    }
    assert_eq!(estimate.degrees, 2);
    assert!(estimate.p_value > 0.01, "J {} p {}", estimate.j, estimate.p_value);
    // The fit reported is the model at the estimates, worked out again.
    let calibration = laboratory.load();
    let again = moments_at(&calibration, &[0, 1, 2, 3, 4, 5], &estimate.theta, 0, &()).unwrap();
    assert_eq!(again, estimate.moments);
}

/// The same over repeated data, each met with a population of its own, so that simulation noise is drawn anew as well. Minutes:
/// `cargo test --test it -- --ignored coverage_of_calibrated --nocapture`.
#[test]
#[ignore = "minutes: coverage over 24 experiments, printed"]
fn coverage_of_calibrated_parameters_over_repeated_experiments() {
    const EXPERIMENTS: u64 = 24;
    let laboratory = Laboratory::new("points = 8\nstarts = 1\nsimplex = 0\npolish = 12\nseeds = 8");
    let (mut covered, mut rejected) = ([0_u32; 4], 0_u32);
    for draw in 0..EXPERIMENTS {
        laboratory.evidence(&laboratory.simulate(1000 + draw), "");
        let seed = format!("run.seed={}", 50_000 + 100 * draw);
        let estimate = laboratory.run(&format!("out-{draw}"), &[seed]).estimate;
        for (k, (_, _, _, truth)) in PARAMETERS.iter().enumerate() {
            covered[k] += u32::from((estimate.theta[k] - truth).abs() < 2.0 * estimate.std_error[k]);
        }
        rejected += u32::from(estimate.p_value < 0.05);
    }
    println!("of {EXPERIMENTS} experiments within two standard errors: {covered:?}; J rejects at 5%: {rejected}");
    // Where simulation noise is all of the error, its 8 seeds make the ratio Student's with 7 degrees of freedom, within two of which lie 91.4%:
    // fewer than 17 of 24 happens to one of four parameters about once in five hundred times.
    assert!(covered.iter().all(|count| *count >= 17), "{covered:?}");
}

/// A moment that the market cannot meet is shown as far off in table and warning, whatever the optimiser did.
#[test]
fn an_impossible_moment_is_shown_as_missed() {
    let laboratory = Laboratory::new("points = 8\nstarts = 1\nsimplex = 0\npolish = 8\nseeds = 2");
    let mut values = laboratory.simulate(2);
    values[3] = -30.0; // an elasticity of -30 for the Seville
    laboratory.evidence(&values, "");
    let out = laboratory.folder.path().join("out");
    let output = calibrate(&laboratory.scenario(), &["--out", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let fit = read_csv(&out.join("tables/fit.csv"));
    let row = fit.iter().find(|row| row["moment"] == "seville").unwrap();
    let number = |name: &str| row[name].parse::<f64>().unwrap();
    assert_eq!(number("data"), -30.0);
    assert!(number("model") > -20.0 && number("t") > 50.0, "{row:?}");
    let warning = text(&output.stderr);
    assert!(
        warning.contains("warning: seville: the evidence is -30") && warning.contains("no point tried"),
        "{warning}"
    );
    let warnings = read_csv(&out.join("tables/warnings.csv"));
    assert!(warnings.iter().any(|row| row["kind"] == "impossible" && row["subject"] == "seville"));
}

fn calibrate(scenario: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stickershock"))
        .arg("calibrate")
        .arg(scenario)
        .args(crate::support::ANYWHERE)
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Files that results are in, without the manifest's clock and the log's order of arrival.
fn results(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for sub in ["", "tables", "charts"] {
        for entry in fs::read_dir(folder.join(sub)).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_file() && !["manifest.json", "runs.log"].contains(&name.as_str()) {
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// One thread or two, in one go or torn off in the middle and continued: the same bytes, and nothing is worked out twice. The overlays are
/// scenarios: one runs, the other draws.
#[test]
fn a_torn_search_continues_to_the_same_bytes_and_its_overlays_are_scenarios() {
    let laboratory = Laboratory::new("points = 8\nstarts = 1\nsimplex = 4\npolish = 4\nseeds = 2");
    laboratory.evidence(&laboratory.simulate(3), "");
    let out = |name: &str| laboratory.folder.path().join(name);
    let run = |name: &str, threads: &str| {
        let out = out(name);
        let output = calibrate(&laboratory.scenario(), &["--out", out.to_str().unwrap(), "-j", threads]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        results(&out)
    };
    let whole = run("one", "1");
    for file in
        ["tables/fit.csv", "tables/trace.csv", "tables/parameters.csv", "tables/identification.csv", "calibrated.toml"]
    {
        assert!(whole.contains_key(file), "{file} is missing");
    }
    assert!(cfg!(not(feature = "charts")) || whole.contains_key("charts/fit.svg"));
    assert_eq!(whole, run("two", "2"));

    // The charts come out of the tables again.
    #[cfg(feature = "charts")]
    {
        let (folder, again) = (out("one"), out("again"));
        let arguments = ["chart", folder.to_str().unwrap(), "--quiet", "--out", again.to_str().unwrap()];
        let told = Command::new(env!("CARGO_BIN_EXE_stickershock")).args(arguments).output().unwrap();
        assert!(told.status.success(), "{}", text(&told.stderr));
        for chart in ["fit.svg", "identification.svg"] {
            assert!(
                whole[&format!("charts/{chart}")] == fs::read(again.join(chart)).unwrap(),
                "{chart} is not the same"
            );
        }
    }

    let log = fs::read(out("one").join("runs.log")).unwrap();
    let lines = log.split(|byte| *byte == b'\n').count();
    fs::create_dir_all(out("torn")).unwrap();
    fs::write(out("torn").join("runs.log"), &log[..log.len() / 2]).unwrap();
    assert_eq!(whole, run("torn", "2"));
    let continued = fs::read(out("torn").join("runs.log")).unwrap();
    assert_eq!(continued.split(|byte| *byte == b'\n').count(), lines, "an evaluation was worked out twice or never");

    // Another calibration is not mixed into the folder.
    let other = ["--out", out("one").to_str().unwrap(), "--set", "buyers.count=256"].map(str::to_owned);
    let refused = calibrate(&laboratory.scenario(), &other.each_ref().map(String::as_str));
    assert!(!refused.status.success() && text(&refused.stderr).contains("another study"), "{}", text(&refused.stderr));

    let base = showdown_path().display().to_string();
    for (name, overlays) in
        [("values", vec!["calibrated.toml"]), ("draws", vec!["calibrated.toml", "calibrated-draws.toml"])]
    {
        let files: Vec<String> =
            overlays.iter().map(|file| format!("{:?}", out("one").join(file).display().to_string())).collect();
        let scenario = laboratory.folder.path().join(format!("{name}.toml"));
        fs::write(&scenario, format!("extends = [{base:?}, {}]\nname = {name:?}\n", files.join(", "))).unwrap();
        let loaded = crate::support::load_anywhere(&scenario, &[]).unwrap_or_else(|error| panic!("{error}"));
        let estimate = read_csv(&out("one").join("tables/parameters.csv"));
        let alpha = estimate.iter().find(|row| row["parameter"] == "alpha").unwrap();
        assert_eq!(loaded.scenario.demand.alpha, alpha["estimate"].parse::<f64>().unwrap());
        assert_eq!(loaded.design.is_some(), name == "draws");
        assert_eq!(loaded.parameters.len(), if name == "draws" { 4 } else { 0 });
    }
}

/// What a user can write wrongly is named with its row or key and a remedy.
#[test]
fn faults_of_the_evidence_and_of_the_section_are_named() {
    let laboratory = Laboratory::new(EFFORT);
    let refused = |more: &str, words: &[&str]| {
        laboratory.evidence(&[0.5; 6], more);
        let output =
            calibrate(&laboratory.scenario(), &["--out", laboratory.folder.path().join("x").to_str().unwrap()]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(65), "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    };
    let row = |moment: &str, of: &str, rest: &str| format!("extra,t,t,{moment},\"{of}\",,{rest}\n");
    refused(
        &row("own_elastisity", "LS 400", "1,1,,,,derived,fit,demand,,s,"),
        &["targets.csv, row 8 (extra)", "own_elasticity"],
    );
    refused(&row("own_elasticity", "LS 4000", "1,1,,,,derived,fit,demand,,s,"), &["LS 4000", "LS 400"]);
    refused(&row("own_elasticity", "LS 400", "1,,,,,derived,fit,demand,,s,"), &["row 8", "value and std_error"]);
    refused(&row("own_elasticity", "LS 400", "1,-1,,,,derived,fit,demand,,s,"), &["std_error is -1", "1e-30"]);
    // Squares of such numbers overflow, and of smaller ones are zero.
    for (cells, word) in [
        ("1,1e-300,,", "std_error is 1e-300"),
        ("1e300,1,,", "value is 1e300"),
        (",1,-1e300,", "low is -1e300"),
        (",1,,1e300", "high is 1e300"),
    ] {
        refused(
            &row("own_elasticity", "LS 400", &format!("{cells},,derived,fit,demand,,s,")),
            &["row 8", word, "1e30"],
        );
    }
    refused(&row("own_elasticity", "LS 400", "1,1,,,,derived,fit,demand,1e-300,s,"), &["row 8", "weight is 1e-300"]);
    refused(&row("own_elasticity", "LS 400", "1,1,,,,rumour,fit,demand,,s,"), &["rumour", "sourced"]);
    refused(&row("own_elasticity", "LS 400", "1,1,,,,derived,fit,timing,,s,"), &["timing", "demand"]);
    refused(&row("simulated_change", "units_all; imposd; all", "1,1,,,,derived,predict,,,s,"), &["imposd", "imposed"]);
    refused(&row("own_elasticity", "LS 400", ",1,2,1,,derived,fit,demand,,s,"), &["row 8", "low is 2 and high is 1"]);
    refused(&row("own_elasticity", "LS 400", ",,1,,,derived,fit,demand,,s,"), &["row 8", "std_error with low or high"]);
    refused(&row("own_elasticity", "LS 400", ",1,1,,,derived,solve,demand,,s,"), &["row 8", "value and std_error"]);
    refused(
        &row("own_elasticity", "LS 400", "1,1,,,,derived,solve,demand,,s,"),
        &["`demand` is solved for with 4 parameters and 7 targets, some of them to be fitted"],
    );
    let without = calibrate(&showdown_path(), &[]);
    assert_eq!(without.status.code(), Some(65));
    assert!(text(&without.stderr).contains("nothing to calibrate"), "{}", text(&without.stderr));

    laboratory.evidence(&[0.5; 6], "");
    for (set, words) in [
        ("calibration.free.alpha.low=0.2", ["outside its bounds", "widen"]),
        ("calibration.free.alpha.key=\"demand.alfa\"", ["demand.alfa", "no number"]),
        ("calibration.free.alpha.block=\"tming\"", ["tming", "demand"]),
        ("calibration.seeds=1", ["seeds", "expected 2"]),
        ("calibration.free.alpha.prior={mean=1,sd=1e-300,source=\"s\"}", ["prior.sd", "is 1e-300, expected"]),
        ("calibration.free.alpha.prior={mean=1e300,sd=1,source=\"s\"}", ["prior.mean", "is 1e300, expected"]),
        ("calibration.free.alpha.high=1e300", ["free.alpha.high", "is 1e300, expected"]),
        // A block's name becomes a file's: it must not lead out of the folder.
        ("calibration.block.demand.name=\"../demand\"", ["../demand", "letters"]),
        ("calibration.block.demand.name=\"draws\"", ["`draws`", "letters"]),
        ("calibration.free.sigma_import.key=\"demand.alpha\"", ["demand.alpha", "free as `alpha`"]),
    ] {
        let output = calibrate(&laboratory.scenario(), &["--set", set]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(65), "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{set}: {message}");
    }
}

/// Closed forms against other ways to the same numbers: what `check` prints, the base-year table, and a run at prices of the same duty.
#[test]
fn moments_are_those_of_the_base_year() {
    let laboratory = Laboratory::new(EFFORT);
    let calibration = laboratory.load();
    let study = crate::support::study(&["buyers.count=512"]);
    let base = study.base_year().unwrap();
    let start = calibration.problem.start();
    let moments = moments_at(&calibration, &[0, 1, 2, 3, 4], &start, 0, &()).unwrap();
    let model = |name: &str| study.scenario().market.models.iter().position(|model| model.name == name).unwrap();
    let region = |name: &str| study.scenario().market.regions.as_slice().iter().position(|r| r == name).unwrap();
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * b.abs().max(1.0), "{a} against {b}");
    close(moments[0], base.diversion[region("europe")]);
    close(moments[1], *base.diversion.last().unwrap());
    close(moments[2], base.models[model("LS 400")].own_elasticity);
    close(moments[3], base.models[model("Seville")].own_elasticity);
    let market = &study.scenario().market;
    let listed = || market.models.iter().zip(&base.models).filter(|(model, _)| model.flagged);
    let volume: f64 = listed().map(|(model, _)| model.base_volume).sum();
    let share = listed().map(|(model, base)| model.base_volume * base.margin_usd / model.list_price_usd).sum::<f64>();
    close(moments[4], share / volume);
}

/// The validation page counts what it lists, and tells fitted from predicted.
#[test]
fn the_validation_page_tells_fitted_from_predicted() {
    let laboratory = Laboratory::new(EFFORT);
    laboratory.evidence(
        &laboratory.simulate(4),
        "prediction,V5,Sales at the duty,pass_through_sales_change,sanctioned; sanctions,,,,-0.99,-0.5,change,derived,predict,,,s,n\n\
         wrong,V5,Sales that rise,pass_through_sales_change,sanctioned; sanctions,,,,0.5,0.9,change,derived,predict,,,s,n\n\
         least,V7,Margins of a dollar at least,margin_usd,sanctioned,,,,1.0,,USD,derived,predict,,,s,n\n\
         most,V7,Margins of a dollar at most,margin_usd,sanctioned,,,,,1.0,USD,derived,predict,,,s,n\n\
         silent,V2,A matter of taste,,,,,,,,,sourced,none,,,s,not modelled\n",
    );
    let output = Command::new(env!("CARGO_BIN_EXE_stickershock"))
        .arg("validate")
        .arg(laboratory.scenario())
        .args(crate::support::ANYWHERE)
        .args(["--draws", "0"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    assert!(page.contains("| predicted | 4 | 2 | 0 | 2 |"), "{page}");
    assert!(page.contains("| - | at least 1.000 |") && page.contains("| - | at most 1.000 |"), "{page}");
    assert!(page.contains("A matter of taste (V2): not modelled"), "{page}");
    let row = page.lines().find(|line| line.contains("Sales that rise")).unwrap();
    assert!(row.contains("**out**") && row.contains("+50.0% to +90.0%"), "{row}");
    let into = |file: &str| {
        Command::new(env!("CARGO_BIN_EXE_stickershock"))
            .arg("validate")
            .arg(laboratory.scenario())
            .args(crate::support::ANYWHERE)
            .args(["--draws", "0", "--out"])
            .arg(laboratory.folder.path().join(file))
            .output()
            .unwrap()
    };
    let written = into("page.md");
    assert!(written.status.success() && written.stdout.is_empty(), "{}", text(&written.stderr));
    assert_eq!(fs::read_to_string(laboratory.folder.path().join("page.md")).unwrap(), page, "the same page");
    let evidence = fs::read(laboratory.folder.path().join("targets.csv")).unwrap();
    let refused = into("targets.csv");
    assert!(!refused.status.success() && text(&refused.stderr).contains("targets.csv"), "{}", text(&refused.stderr));
    assert_eq!(fs::read(laboratory.folder.path().join("targets.csv")).unwrap(), evidence, "what it reads is not lost");
    let draws = Command::new(env!("CARGO_BIN_EXE_stickershock"))
        .arg("validate")
        .arg(laboratory.scenario())
        .args(crate::support::ANYWHERE)
        .output()
        .unwrap();
    assert!(text(&draws.stderr).contains("no [[parameter]]"), "{}", text(&draws.stderr));
    assert!(root().join("configs/data/targets.csv").exists());
}

/// At the estimates Europe gets the survey's share. That it gets most of those who switch, and that Detroit's prices move by a fraction of one
/// percent, are claims of the newspapers that the model need not meet: the page has its figures and verdicts, whatever they are.
#[test]
fn the_page_says_plainly_what_europe_gains_and_what_detroits_prices_do() {
    let loaded =
        config::load(&root().join("configs/validation-1995.toml"), &[]).unwrap_or_else(|error| panic!("{error}"));
    let start = loaded.scenario.demand.alpha;
    let calibration = calibration(loaded, &[]).unwrap_or_else(|error| panic!("{error}"));
    let names = ["switchers_to_europe", "lost_to_europe", "diversion_europe", "big_three_prices"];
    let wanted = names.map(|name| calibration.evidence.iter().position(|evidence| evidence.name == name).unwrap());
    let theta = calibration.problem.start();
    assert_eq!(theta[0], start, "the overlay reaches the scenario");
    let values = moments_at(&calibration, &wanted, &theta, 0, &()).unwrap();
    assert!((values[2] - 0.43).abs() < 0.04, "the survey's share, which was fitted: {}", values[2]);
    let page = fs::read_to_string(root().join("docs/validation.md")).unwrap();
    for (at, value) in wanted.iter().zip(&values) {
        let evidence = &calibration.evidence[*at];
        let line = page.lines().find(|line| line.contains(&format!("| {}", evidence.label))).unwrap();
        let inside = (evidence.range[0]..=evidence.range[1]).contains(value);
        assert!(line.contains(&format!("| {} |", figure(*value, &evidence.unit))), "{value}: {line}");
        assert_eq!(line.ends_with("| in |"), inside, "{value}: {line}");
    }
    // With the taste for imports as strong as it was set by hand, Detroit's prices move less: nothing holds them in the code.
    let mut imports = theta;
    imports[2] = 4.0;
    let moved = moments_at(&calibration, &wanted, &imports, 0, &()).unwrap();
    assert!(moved[3] < 0.7 * values[3], "{} against {}", moved[3], values[3]);
}

/// Every shipped scenario loads and has the estimates, but for those that start the calibration or stand beside another program's numbers: these
/// have the values set by hand.
#[test]
fn shipped_scenarios_have_the_estimates() {
    let number = |name: &str, key: &str| {
        let text = fs::read_to_string(root().join("configs").join(name)).unwrap();
        let after =
            text.split_once(key).unwrap_or_else(|| panic!("{name}: no {key}")).1.split_once("value = ").unwrap().1;
        let end = after.find([',', '\n']).unwrap();
        after[..end].parse::<f64>().unwrap()
    };
    let estimates = "calibrated/calibrated.toml";
    let estimate = number(estimates, "alpha");
    let reward_is_its_own = ["calibration-1995.toml", "governments-1995.toml"];
    for entry in fs::read_dir(root().join("configs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // Another market has its own estimates.
        let elsewhere = ["luxury-2025.toml", "prediction-2025.toml"].contains(&name.as_str());
        if !name.ends_with(".toml") || elsewhere {
            continue;
        }
        let loaded = config::load(&root().join("configs").join(&name), &[]).unwrap_or_else(|error| panic!("{error}"));
        // The search starts at values set by hand.
        let starts = name == "calibration-1995.toml";
        assert_eq!(loaded.scenario.demand.alpha == estimate, !starts, "{name}");
        let reward = loaded.scenario.bargaining.unwrap().setup.parameters.execution_reward;
        assert_eq!(
            reward == number(estimates, "execution_reward"),
            !reward_is_its_own.contains(&name.as_str()),
            "{name}: {reward}"
        );
        let fitted = ["showdown-1995.toml", "calibration-2025.toml", "validation-1995.toml"];
        if let Some(timing) = loaded.scenario.timing.as_ref().filter(|_| fitted.contains(&name.as_str())) {
            assert_eq!(timing.anticipation.consider_per_week, number(estimates, "consider_per_week"), "{name}");
        }
    }
    // The demand of the shipped scenarios is that of the first structure of their draws.
    let of = |name: &str| fs::read_to_string(root().join("configs/calibrated").join(name)).unwrap();
    assert_eq!(of("calibrated-demand.toml"), of("structures/vertical-70.toml"));
    let by_hand = root().join("tests/market_1995/timing-tables.toml");
    let by_hand = config::load(&by_hand, &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(format!("{:?}", showdown(&BY_HAND).scenario.demand), format!("{:?}", by_hand.scenario.demand));
}

/// A free parameter reaches every scenario that has its section, also where it is left at its default there: the rush of 2025 writes out hardly any
/// value of timing. A scenario without timing stays without.
#[test]
fn parameters_reach_scenarios_that_leave_them_at_their_defaults() {
    let loaded =
        config::load(&root().join("configs/calibration-1995.toml"), &[]).unwrap_or_else(|error| panic!("{error}"));
    let calibration = calibration(loaded, &[]).unwrap_or_else(|error| panic!("{error}"));
    let theta = calibration.problem.start();
    for (position, loaded) in calibration.scenarios.iter().enumerate() {
        let assignments = calibration.assignments(position, &theta);
        assert_eq!(assignments.len(), theta.len(), "{}: {assignments:?}", loaded.scenario.name);
        assert!(loaded.at(&assignments).is_ok());
    }
    assert!(calibration.scenarios.iter().any(|loaded| loaded.scenario.name == "calibration-2025"));
    let plain = Laboratory::new(EFFORT).load();
    assert!(plain.scenarios[0].document.origin("timing").is_none() && plain.scenarios[0].scenario.timing.is_none());
    let point = plain.scenarios[0].at(&plain.assignments(0, &plain.problem.start())).unwrap();
    assert!(point.scenario.timing.is_none());
}

/// A folder with a scenario of its own text and one row of evidence for each brand's repurchase rate.
fn repurchase(text: &str, rates: &[(String, f64)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut csv =
        "name,row,label,moment,of,scenario,value,std_error,low,high,unit,status,use,block,weight,source,note\n"
            .to_owned();
    for (brand, rate) in rates {
        csv.push_str(&format!(
            "{brand},t,{brand},repurchase,{brand},,{rate:?},0.01,,,share,derived,fit,demand,,simulated,\n"
        ));
    }
    fs::write(folder.path().join("targets.csv"), csv).unwrap();
    let base = showdown_path().display().to_string();
    fs::write(folder.path().join("scenario.toml"), format!("extends = {base:?}\nname = \"marques\"\n{text}")).unwrap();
    folder
}

const DEVIATIONS: [(&str, f64); 4] = [("Lexus", 0.6), ("BMW", 0.25), ("Saab", -1.1), ("Mercedes-Benz", -0.3)];

/// With buyers who are all alike the stationary chain of owned brands can be solved backwards by hand. With pi_b = S_b / A, a brand's share of purchase
/// events is q = pi (1 - pi) / ((1 - r) Z), r its repurchase rate, and the outside option's is (1 - sum pi) / Z: one equation in Z. What the model
/// says of each brand's owners gives lambda + u_b back.
#[test]
fn repurchase_rates_of_alike_buyers_give_loyalty_by_brand_back_in_closed_form() {
    let mut alike =
        "[buyers]\ncount = 64\n[demand]\neta = 0.0\nincome_log_sd = 0.0\nsigma_import = 0.0\nsigma_region = 0.0\n\
                     sigma_outside = 0.0\nloyalty = 0.9\n[demand.sigma]\nperformance = 0.0\nsize = 0.0\neconomy = 0.0\n"
            .to_owned();
    alike.push_str("[demand.loyalty_deviation]\n");
    DEVIATIONS.iter().for_each(|(brand, u)| alike.push_str(&format!("{brand} = {u:?}\n")));
    alike.push_str(
        "[calibration]\ntargets = \"targets.csv\"\n[[calibration.block]]\nname = \"demand\"\n[[calibration.free]]\nname = \"loyalty\"\n\
         key = \"demand.loyalty\"\nblock = \"demand\"\nlow = 0.0\nhigh = 3.0\n",
    );
    let market = showdown(&[]).scenario.market;
    let brands: Vec<String> = market.brands.as_slice().to_vec();
    let volume =
        |b: usize| market.models.iter().filter(|m| usize::from(m.brand.0) == b).map(|m| m.base_volume).sum::<f64>();
    let sold: Vec<f64> = (0..brands.len()).map(|b| volume(b) / market.market_size).collect();
    let folder = repurchase(&alike, &brands.iter().map(|brand| (brand.clone(), 0.5)).collect::<Vec<_>>());
    let loaded = load_anywhere(&folder.path().join("scenario.toml"), &[]).unwrap_or_else(|error| panic!("{error}"));
    let calibration = calibration(loaded, &[]).unwrap_or_else(|error| panic!("{error}"));
    let all: Vec<usize> = (0..brands.len()).collect();
    let rate = moments_at(&calibration, &all, &calibration.problem.start(), 0, &()).unwrap();

    let outside = 1.0 - sold.iter().sum::<f64>();
    let pi = |z: f64| -> Vec<f64> {
        sold.iter().zip(&rate).map(|(q, r)| 0.5 * (1.0 - (1.0 - 4.0 * q * (1.0 - r) * z).sqrt())).collect()
    };
    let excess = |z: f64| pi(z).iter().sum::<f64>() + z * outside - 1.0;
    let (mut low, mut high) = (0.0, 1.0 / outside);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if excess(middle) > 0.0 { high = middle } else { low = middle }
    }
    for ((brand, pi), r) in brands.iter().zip(pi(low)).zip(&rate) {
        let k = (r - pi) / (pi * (1.0 - r));
        let own = DEVIATIONS.iter().find(|(name, _)| name == brand).map_or(0.0, |(_, u)| *u);
        assert!((k.ln_1p() - 0.9 - own).abs() < 1e-8, "{brand}: {} for {}", k.ln_1p(), 0.9 + own);
    }
}

/// Deviations by brand are parameters of a calibration like any other: from rates of the model itself, with buyers who differ, they come back.
#[test]
fn loyalty_by_brand_is_recovered_from_repurchase_rates() {
    let mut text = "[buyers]\ncount = 256\n[demand]\nloyalty = 1.5\n[demand.loyalty_deviation]\n".to_owned();
    DEVIATIONS.iter().for_each(|(brand, _)| text.push_str(&format!("{brand} = 0.0\n")));
    text.push_str(
        "[calibration]\ntargets = \"targets.csv\"\npoints = 1\nstarts = 1\nsimplex = 0\npolish = 12\nseeds = 2\n[[calibration.block]]\n\
         name = \"demand\"\n[[calibration.free]]\nname = \"loyalty\"\nkey = \"demand.loyalty\"\nblock = \"demand\"\nlow = 0.0\nhigh = 3.0\n",
    );
    for (brand, _) in DEVIATIONS {
        text.push_str(&format!(
            "[[calibration.free]]\nname = \"u_{brand}\"\nkey = \"demand.loyalty_deviation.{brand}\"\nblock = \"demand\"\nlow = -2.0\nhigh = 2.0\n"
        ));
    }
    // A brand without a deviation of its own tells the common part.
    let brands = DEVIATIONS.iter().map(|(brand, _)| *brand).chain(["Cadillac"]);
    let rows: Vec<(String, f64)> = brands.map(|brand| (brand.to_owned(), 0.5)).collect();
    let truth: Vec<f64> = [0.9].into_iter().chain(DEVIATIONS.map(|(_, u)| u)).collect();
    let read = |rows: &[(String, f64)]| {
        let folder = repurchase(&text, rows);
        let loaded = load_anywhere(&folder.path().join("scenario.toml"), &[]).unwrap_or_else(|error| panic!("{error}"));
        (calibration(loaded, &[]).unwrap_or_else(|error| panic!("{error}")), folder)
    };
    let rates = moments_at(&read(&rows).0, &[0, 1, 2, 3, 4], &truth, 0, &()).unwrap();
    let rows: Vec<(String, f64)> = rows.into_iter().zip(rates).map(|((brand, _), rate)| (brand, rate)).collect();
    let (calibration, folder) = read(&rows);
    let out = OutputFolder::create(&folder.path().join("out")).unwrap();
    let stop = AtomicBool::new(false);
    let run = CalibrationRun::open(&calibration, &out, &stop, &|_: usize, _: &str| {}).unwrap();
    let finished = run.run().unwrap_or_else(|error| panic!("{error}"));
    for (k, truth) in truth.iter().enumerate() {
        let found = finished.estimate.theta[k];
        assert!((found - truth).abs() < 1e-5, "{}: {found} for {truth}", calibration.problem.free[k].name);
    }
}

/// The calibration as a call: the bytes of the command.
#[test]
fn the_library_works_the_same_calibration_off() {
    use stickershock::{FolderOptions, ResultFolder, Scenario, Source};
    let laboratory = Laboratory::new("points = 1\nstarts = 1\nsimplex = 0\npolish = 2\nseeds = 2");
    laboratory.evidence(&[0.4, 0.3, -3.6, -3.4, 0.3, 0.5], "");
    let out = laboratory.folder.path().join("command");
    let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
    let done = command.arg("calibrate").arg(laboratory.scenario()).args(crate::support::ANYWHERE);
    let done = done.args(["--no-charts", "--quiet", "--out"]).arg(&out).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let scenario = Scenario::from_source(&Source::below(Path::new("/")), laboratory.scenario()).unwrap();
    let found = ResultFolder::calibration(&scenario, None, FolderOptions::default(), &()).unwrap();
    for name in found.tables() {
        let bytes = fs::read(out.join(format!("tables/{name}.csv"))).unwrap();
        assert!(found.table(&name).unwrap().csv() == bytes, "{name}");
    }
    assert!(found.tables().iter().any(|name| name == "parameters"));
    let other = Scenario::example("sidebar-1995").unwrap();
    let error = ResultFolder::calibration(&other, None, FolderOptions::default(), &()).unwrap_err();
    assert!(error.to_string().contains("nothing to calibrate"), "{error}");
}

/// The page has the estimates of the files that studies of draws extend, under every structure.
#[test]
fn estimates_of_structures_are_those_of_the_page() {
    let page = fs::read_to_string(root().join("docs/calibration.md")).unwrap();
    for name in ["list", "border", "vertical-70", "vertical-76", "vertical-70-gamma-2", "vertical-70-gamma-5"] {
        let file = root().join(format!("configs/calibrated/structures/{name}-draws.toml"));
        let draws: toml::Table = fs::read_to_string(file).unwrap().parse().unwrap();
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap();
        for key in ["demand.alpha", "demand.eta", "demand.curvature", "demand.sigma_import"] {
            let parameters = draws["parameter"].as_array().unwrap();
            let drawn = parameters.iter().find(|parameter| parameter["key"].as_str() == Some(key));
            let Some(parameter) = drawn else {
                let held = &draws["uncertainty"]["structure"][0];
                assert_eq!(held["name"].as_str(), Some(name));
                let cell = format!("{:.3} (at its bound)", held["set"][key].as_integer().unwrap() as f64);
                assert!(row.contains(&cell), "{key} is {cell}: {row}");
                continue;
            };
            assert_eq!(parameter["structure"].as_str(), Some(name));
            let number = |field: &str| parameter[field].as_float().unwrap();
            let cell = format!("{:.3} ({:.3})", number("mean"), number("sd"));
            assert!(row.contains(&cell), "{key} is {cell}: {row}");
        }
    }
}
