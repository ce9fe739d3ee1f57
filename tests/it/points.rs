//! Points of a study: assignments over a scenario, distributions on its parameters, data that are uncertain, sweeps.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::path::PathBuf;

use stickershock::config::{self, Loaded};
use stickershock::sensitivity::random::{DesignPurpose, DesignStream};
use stickershock::study::run::run_units;
use stickershock::study::{JobError, JobResult, Study, Unit};

use crate::support::{ids, root, showdown, showdown_path, study};

/// A scenario that extends the shipped one, in a folder of its own.
fn extended(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.toml");
    let extends =
        format!("extends = {:?}\n", root().join("tests/market_1995/showdown-1995.toml").display().to_string());
    std::fs::write(&path, extends + text).unwrap();
    (folder, path)
}

fn loaded(text: &str) -> Loaded {
    let (_folder, path) = extended(text);
    crate::support::load_anywhere(&path, &[]).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    let (_folder, path) = extended(text);
    crate::support::load_anywhere(&path, &[]).expect_err("should be refused").to_string()
}

fn assignments(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// The shipped scenario's own price response.
fn own_alpha() -> f64 {
    showdown(&[]).scenario.demand.alpha
}

#[test]
fn a_point_is_the_scenario_with_its_assignments() {
    let point = assignments(&["demand.alpha=0.15", "instrument.sanctions.rate=0.25", "market.size.value=2.5e6"]);
    let base = showdown(&["buyers.count=512"]);
    let at = base.at(&point).unwrap();
    let mut all = assignments(&["buyers.population=shared", "buyers.count=512"]);
    all.extend(point.clone());
    let set = config::load(&showdown_path(), &all).unwrap();
    assert_eq!(at.document.hash(), set.document.hash());
    assert_eq!((at.scenario.demand.alpha, at.scenario.market.market_size), (0.15, 2.5e6));
    assert_eq!(format!("{:?}", at.scenario), format!("{:?}", set.scenario));
    // The scenario itself is as it was.
    assert_eq!(base.scenario.demand.alpha, own_alpha());
    assert_eq!(base.at(&[]).unwrap().document.hash(), base.document.hash());
    let error = base.at(&assignments(&["demand.alpha=-1"])).unwrap_err().to_string();
    assert!(error.contains("--set demand.alpha=-1") && error.contains("above 0"), "{error}");
}

const TWO: &str = r#"
[[parameter]]
key = "demand.alpha"
name = "alpha"
distribution = "normal"
mean = 0.125
sd = 0.01
low = 0.05

[[parameter]]
key = "market.size"
name = "size"
distribution = "lognormal"
mean = 3e6
sd = 3e5

[[parameter]]
key = "instrument.sanctions.rate"
distribution = "discrete"
values = [0.5, 1.0]
weights = [1, 3]

[[correlation]]
parameters = ["alpha", "size"]
value = 0.7
"#;

#[test]
fn parameters_are_read_with_keys_names_and_correlations() {
    let loaded = loaded(TWO);
    let names: Vec<&str> = loaded.parameters.list.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["alpha", "size", "instrument.sanctions.rate"]);
    // The scenario runs with its own values.
    assert_eq!(loaded.scenario.demand.alpha, own_alpha());
    let values = loaded.parameters.at(&[0.3, 0.5, 0.2]);
    assert_eq!(values[2], 0.5);
    let at = loaded.at(&loaded.parameters.assignments(&values)).unwrap();
    assert_eq!((at.scenario.demand.alpha, at.scenario.market.market_size), (values[0], values[1]));

    // 20,000 points: the correlation of the normal and of the logarithm of the lognormal is 0.7 (the truncation at 7.5
    // standard deviations is nothing), within four standard errors of (1 - r^2) / sqrt(n).
    let n = 20_000;
    let pairs: Vec<(f64, f64)> = (0..n)
        .map(|k| {
            let mut stream = DesignStream::at(5, DesignPurpose::Latin, k);
            let point = loaded.parameters.at(&[stream.uniform(), stream.uniform(), stream.uniform()]);
            (point[0], point[1].ln())
        })
        .collect();
    let mean = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n as f64;
    let (mx, my) = (mean(&|p| p.0), mean(&|p| p.1));
    let r = mean(&|p| (p.0 - mx) * (p.1 - my)) / (mean(&|p| (p.0 - mx).powi(2)) * mean(&|p| (p.1 - my).powi(2))).sqrt();
    assert!((r - 0.7).abs() < 4.0 * 0.51 / (n as f64).sqrt(), "correlation {r}");
}

#[test]
fn parameters_that_cannot_be_are_refused_by_key_and_pair() {
    let parameter =
        |key: &str| format!("[[parameter]]\nkey = \"{key}\"\ndistribution = \"uniform\"\nlow = 0.1\nhigh = 0.2\n");
    for (text, expected) in [
        (parameter("demand.alpa"), &["study.toml:3", "demand.alpa", "did you mean `alpha`"][..]),
        (parameter("instrument.sanction.rate"), &["no item named `sanction`", "did you mean `sanctions`"]),
        (parameter("demand.alpha") + &parameter("demand.alpha"), &["`demand.alpha` has a distribution already"]),
        ("[[parameter]]\ndistribution = \"uniform\"\n".into(), &["has no `key`"]),
        (parameter("demand.alpha").replace("low = 0.1", "low = 0.3"), &["study.toml:5", "is 0.3, not below high"]),
        (TWO.replace("value = 0.7", "value = 1.0"), &["is 1, expected a number between -1 and 1"]),
        (
            TWO.replace("[\"alpha\", \"size\"]", "[\"alpha\", \"sise\"]"),
            &["`sise` is no parameter", "did you mean `size`"],
        ),
        (TWO.replace("[\"alpha\", \"size\"]", "[\"alpha\", \"alpha\"]"), &["`alpha` is correlated with itself"]),
        (
            TWO.to_owned()
                + "[[correlation]]\nparameters = [\"size\", \"instrument.sanctions.rate\"]\nvalue = 0.6\n\
                   [[correlation]]\nparameters = [\"alpha\", \"instrument.sanctions.rate\"]\nvalue = -0.9\n",
            &["`alpha` and `instrument.sanctions.rate` cannot have the correlation -0.9", "positive definite"],
        ),
    ] {
        let error = refused(&text);
        assert!(expected.iter().all(|part| error.contains(part)), "{error}");
    }
}

/// Small sweeps and draws: few buyers.
const SMALL: &str = "[buyers]\ncount = 256\n[run]\nreplications = 3\n";

const SWEEP: &str = r#"
[sweep]
kind = "grid"
replications = 3

[[sweep.axis]]
key = "instrument.sanctions.rate"
name = "rate"
values = [0.25, 1.0]

[[sweep.axis]]
key = "exchange_rate.shift.jpy_per_usd"
name = "yen"
low = 0.8
high = 1.2
steps = 3

[[sweep.axis]]
key = "market.normal_duty.basis"
values = ["list", "border"]
"#;

fn stickershock(arguments: &[&str], path: &std::path::Path, out: &std::path::Path) -> std::process::Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_stickershock"))
        .arg("run")
        .arg(path)
        .args(crate::support::ANYWHERE)
        .arg("--out")
        .arg(out)
        .args(["--regimes", "imposed"])
        .args(arguments)
        .output()
        .unwrap()
}

fn tables(out: &std::path::Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(out.join("tables")).unwrap().map(|entry| entry.unwrap().path());
    let mut tables: std::collections::BTreeMap<String, Vec<u8>> = entries
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    tables.insert("datapackage.json".into(), std::fs::read(out.join("datapackage.json")).unwrap());
    tables
}

fn uncertain(totals: &str) -> String {
    format!(
        r#"
[uncertainty]
draws = 6
replications = 2

[[uncertainty.data]]
column = "base_volume_annual"
status = "confidence"
log_sd = {{ estimate = 0.25, derived = 0.1, sourced = 0.0 }}
[uncertainty.data.totals]
{totals}

[[uncertainty.data]]
column = "msrp_usd"
log_sd = 0.06

[[parameter]]
key = "demand.alpha"
distribution = "uniform"
low = 0.1
high = 0.15
"#
    )
}

#[test]
fn a_sweep_has_the_points_of_its_kind_in_order() {
    let points = |text: &str| -> Vec<Vec<String>> {
        let design = loaded(text).design.unwrap();
        design.points().into_iter().map(|point| point.assignments).collect()
    };
    let grid = points(&(SMALL.to_owned() + SWEEP));
    assert_eq!(grid.len(), 12);
    assert_eq!(
        grid[3],
        ["instrument.sanctions.rate=0.25", "exchange_rate.shift.jpy_per_usd=1", "market.normal_duty.basis=\"border\""]
    );
    let axes = |first: &str, second: &str| {
        format!(
            "[[sweep.axis]]\nkey = \"pricing.theta\"\n{first}\n[[sweep.axis]]\nkey = \"demand.loyalty\"\n{second}\n"
        )
    };
    let zip = points(&format!("[sweep]\nkind = \"zip\"\n{}", axes("values = [0.5, 1]", "values = [1.0, 2.0]")));
    assert_eq!(zip, [["pricing.theta=0.5", "demand.loyalty=1"], ["pricing.theta=1", "demand.loyalty=2"]]);
    let list = points(&format!("[sweep]\nkind = \"list\"\npoints = [[0.5, 1.5], [0.7, 0]]\n{}", axes("", "")));
    assert_eq!(list, [["pricing.theta=0.5", "demand.loyalty=1.5"], ["pricing.theta=0.7", "demand.loyalty=0"]]);
    let sampled = |kind: &str, count: usize| {
        points(&format!(
            "[sweep]\nkind = \"{kind}\"\ncount = {count}\n{}",
            axes("low = 0\nhigh = 1", "values = [1, 2]")
        ))
    };
    // One point in each eighth of the range, and the first points of a longer sequence are those of a shorter one.
    for kind in ["latin_hypercube", "sobol"] {
        let eight = sampled(kind, 8);
        let mut cells: Vec<u32> = eight
            .iter()
            .map(|point| (point[0].strip_prefix("pricing.theta=").unwrap().parse::<f64>().unwrap() * 8.0) as u32)
            .collect();
        cells.sort_unstable();
        assert_eq!(cells, (0..8).collect::<Vec<_>>(), "{kind}");
        assert_eq!(eight.iter().filter(|point| point[1] == "demand.loyalty=1").count(), 4, "{kind}");
    }
    assert_eq!(sampled("sobol", 16)[..8], sampled("sobol", 8));
}

#[test]
fn sweeps_and_draws_that_cannot_be_are_refused() {
    let sweep = |text: &str| format!("[sweep]\n{text}\n");
    let axis = "[[sweep.axis]]\nkey = \"pricing.theta\"\n";
    for (text, expected) in [
        (sweep("kind = \"grid\""), "has no axis"),
        (sweep("kind = \"gird\"") + axis, "gird"),
        (sweep("kind = \"grid\"") + axis, "needs either `values`"),
        (sweep("kind = \"grid\"\ncount = 5") + axis + "values = [1]", "`count` has no meaning"),
        (sweep("kind = \"sobol\"") + axis + "low = 0\nhigh = 1", "needs `count`"),
        (sweep("kind = \"sobol\"\ncount = 5") + axis + "low = 1\nhigh = 0", "needs either `low` below `high`"),
        (sweep("kind = \"list\"\npoints = [[1, 2]]") + axis, "has 2 values for 1 axes"),
        (sweep("kind = \"grid\"") + axis + "low = 0\nhigh = 1\nsteps = 30000", "`steps`"),
        (sweep("kind = \"grid\"") + &axis.replace("theta", "tetha") + "values = [1]", "sweep.axis[0].key"),
        (sweep("kind = \"grid\"") + &axis.replace("pricing.theta", "run.replications") + "values = [1]", "no setting"),
        (sweep("kind = \"grid\"\nmetrics = [\"unit_all\"]") + axis + "values = [1]", "did you mean `units_all`"),
        (sweep("kind = \"grid\"\nperiod = \"after\"") + axis + "values = [1]", "no reporting period"),
        (sweep("kind = \"grid\"\nreplications = 0") + axis + "values = [1]", "is 0, expected 1 to"),
        (sweep("kind = \"grid\"") + axis + "values = [1]\n" + axis + "values = [2]", "varied by another axis"),
        (sweep("kind = \"grid\"") + axis + "values = [1]\nname = \"mean\"", "cannot name a column"),
        ("[uncertainty]\ndraws = 4\nreplications = 2\n".into(), "nothing uncertain"),
        (uncertain("BMV = 0.0"), "did you mean `BMW`"),
        (uncertain("").replace("estimate = 0.25, ", ""), "has the status `estimate`"),
        (uncertain("").replace("0.06", "-1"), "is -1, expected a standard deviation between 0 and 2"),
        (uncertain("").replace("\"msrp_usd\"", "\"price\""), "there is no column `price`"),
        (uncertain("") + SWEEP, "this one has both"),
        ("[market.factor.msrp_usd]\n\"LS 401\" = 1.1\n".into(), "did you mean `LS 400`"),
        ("[market.factor.msrp_usd]\n\"LS 400\" = 0.0\n".into(), "is 0, expected a factor above 0"),
        ("[exchange_rate.shift]\nyen = 0.9\n".into(), "`yen` is no currency"),
    ] {
        let error = refused(&text);
        assert!(error.contains(expected), "expected {expected}\n{error}");
    }
}

/// Every row of a sweep is that of a run with the same settings by `--set`, to the bit.
#[test]
fn a_row_of_a_sweep_is_the_run_with_its_settings() {
    let (folder, path) = extended(&(SMALL.to_owned() + SWEEP));
    let out = folder.path().join("sweep");
    let output = stickershock(&["--no-charts"], &path, &out);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = crate::support::read_csv(&out.join("tables/sweep.csv"));
    let (_plain_folder, plain) = extended(SMALL);
    for (point, settings) in [
        ("2", ["instrument.sanctions.rate=0.25", "exchange_rate.shift.jpy_per_usd=1", "market.normal_duty.basis=list"]),
        (
            "11",
            ["instrument.sanctions.rate=1", "exchange_rate.shift.jpy_per_usd=1.2", "market.normal_duty.basis=border"],
        ),
    ] {
        let alone = folder.path().join(format!("alone-{point}"));
        let mut arguments = vec!["--no-charts"];
        settings.iter().for_each(|setting| arguments.extend(["--set", setting]));
        let output = stickershock(&arguments, &plain, &alone);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut compared = 0;
        let comparisons = crate::support::read_csv(&alone.join("tables/comparisons.csv"));
        for run in comparisons.iter().filter(|row| row["regime"] == "imposed" && row["baseline"] == "status_quo") {
            let same = rows.iter().find(|row| {
                row["point"] == point && ["regime", "period", "metric"].iter().all(|key| row[*key] == run[*key])
            });
            let row = same.unwrap();
            for (ours, theirs) in [
                ("change", "difference"),
                ("change_std_error", "std_error"),
                ("change_ci_low", "ci_low"),
                ("change_ci_high", "ci_high"),
            ] {
                assert_eq!(row[ours], run[theirs], "{ours} of {} at point {point}", row["metric"]);
            }
            compared += 1;
        }
        assert!(compared > 20);
    }
    // All points meet the same worlds: the baseline's events do not move with the duty's rate, to the last digit.
    let baseline = |point: &str| {
        let row = rows.iter().find(|row| {
            row["point"] == point
                && row["regime"] == "status_quo"
                && row["metric"] == "units_all"
                && row["period"] == "all"
        });
        row.unwrap()["mean"].clone()
    };
    assert_eq!(baseline("2"), baseline("8"));
}

#[test]
fn tables_of_many_points_have_the_same_bytes_on_any_number_of_threads() {
    for text in [SMALL.to_owned() + SWEEP, SMALL.to_owned() + &uncertain("BMW = 0.0\nLexus = 0.04")] {
        let (folder, path) = extended(&text);
        let run = |threads: &str| {
            let out = folder.path().join(threads);
            let output = stickershock(&["--no-charts", "-j", threads], &path, &out);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            tables(&out)
        };
        let one = run("1");
        assert!(one.len() >= 2);
        assert!(one == run("2") && one == run("8"));
    }
}

/// Volumes of a draw: totals of marques hold, cells vary, and the base year is solved to them; draw k does not depend on how many are made.
#[test]
fn draws_keep_marque_totals_and_solve_the_base_year_again() {
    let totals = "BMW = 0.0\nLexus = 0.0\nPorsche = 0.0";
    let base = loaded(&(SMALL.to_owned() + &uncertain(totals)));
    let points = base.design.as_ref().unwrap().points();
    let more = loaded(&(SMALL.to_owned() + &uncertain(totals).replace("draws = 6", "draws = 9")));
    assert_eq!(points[..], more.design.as_ref().unwrap().points()[..6]);
    let total = |loaded: &Loaded, brand: &str| -> f64 {
        let market = &loaded.scenario.market;
        let own = market.models.iter().filter(|model| market.brands[model.brand] == brand);
        own.map(|model| model.base_volume).sum()
    };
    let mut changed = 0;
    for point in &points[..3] {
        let drawn = base.at(&point.assignments).unwrap();
        for brand in ["BMW", "Lexus", "Porsche"] {
            let (before, after) = (total(&base, brand), total(&drawn, brand));
            assert!((after / before - 1.0).abs() < 1e-12, "{brand}: {before} and {after}");
        }
        assert!((total(&drawn, "Acura") / total(&base, "Acura") - 1.0).abs() > 1e-4);
        let volumes = |loaded: &Loaded| -> Vec<f64> {
            loaded.scenario.market.models.iter().map(|model| model.base_volume).collect()
        };
        changed += volumes(&drawn).iter().zip(volumes(&base)).filter(|(a, b)| (*a / b - 1.0).abs() > 1e-3).count();
        assert_ne!(drawn.scenario.market.models[0].list_price_usd, base.scenario.market.models[0].list_price_usd);
        assert_ne!(drawn.scenario.demand.alpha, base.scenario.demand.alpha);
        let study = stickershock::study::Study::prepare(drawn.scenario.clone()).unwrap();
        for (solved, model) in study.base_year().unwrap().models.iter().zip(&drawn.scenario.market.models) {
            let off = (solved.expected_volume / model.base_volume - 1.0).abs();
            assert!(off < 1e-10, "{}: off by {off:e}", model.name);
        }
    }
    // All but the Porsche 911, the one model of its marque, and a few draws near 1.
    assert!(changed > 3 * 44, "{changed} volumes moved");
}

/// A study with a known split runs the whole way: a regime's sticker price is exact at each draw (no noise), its sales are not.
#[test]
fn draws_tell_parameters_from_chance() {
    let (folder, path) = extended(&(SMALL.to_owned() + &uncertain("BMW = 0.0")));
    let out = folder.path().join("out");
    let output = stickershock(&["--no-charts"], &path, &out);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = crate::support::read_csv(&out.join("tables/uncertainty.csv"));
    let find = |metric: &str, quantity: &str| {
        let row = rows.iter().find(|row| {
            row["regime"] == "imposed"
                && row["period"] == "all"
                && row["metric"] == metric
                && row["quantity"] == quantity
        });
        row.unwrap().clone()
    };
    let price = find("sticker_price_sanctioned_usd", "change");
    assert_eq!((price["replication_variance"].as_str(), price["parameter_share"].as_str()), ("0.0", "1.0"));
    let units = find("units_sanctioned", "level");
    let value = |name: &str| units[name].parse::<f64>().unwrap();
    assert!(value("replication_variance") > 0.0);
    assert!(value("total_q05") < value("mean") && value("mean") < value("total_q95"));
    // Law of total variance by hand, from the means and standard errors of draw_results.csv.
    let draws: Vec<(f64, f64)> = crate::support::read_csv(&out.join("tables/draw_results.csv"))
        .iter()
        .filter(|row| row["regime"] == "imposed" && row["period"] == "all" && row["metric"] == "units_sanctioned")
        .map(|row| (row["mean"].parse().unwrap(), row["std_error"].parse().unwrap()))
        .collect();
    assert_eq!(draws.len(), 6);
    let mean = draws.iter().map(|(mean, _)| mean).sum::<f64>() / 6.0;
    let over = draws.iter().map(|(m, _)| (m - mean).powi(2)).sum::<f64>() / 5.0;
    let within = draws.iter().map(|(_, error)| 2.0 * error * error).sum::<f64>() / 6.0;
    assert!((value("mean") / mean - 1.0).abs() < 1e-12);
    assert!((value("replication_variance") / within - 1.0).abs() < 1e-9);
    assert!((value("parameter_variance") - (over - within / 2.0)).abs() < 1e-9 * over);
}

/// A point that is impossible is recorded and does not sink the others; where none is possible, the command fails.
#[test]
fn points_that_fail_are_recorded() {
    let sweep = |values: &str| {
        format!(
            "{SMALL}[sweep]\nkind = \"grid\"\n[[sweep.axis]]\nkey = \"demand.alpha\"\nname = \"alpha\"\nvalues = [{values}]\n"
        )
    };
    let (folder, path) = extended(&sweep("0.125, 900, -1"));
    let out = folder.path().join("out");
    let output = stickershock(&["--no-charts"], &path, &out);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("2 of 3 points have no result"), "{said}");
    let failures = crate::support::read_csv(&out.join("tables/failures.csv"));
    let points: Vec<&str> = failures.iter().map(|row| row["point"].as_str()).collect();
    assert_eq!(points, ["1", "2"]);
    assert_eq!(failures[1]["assignments"], "demand.alpha=-1");
    assert!(failures[1]["error"].contains("above 0"), "{}", failures[1]["error"]);
    let rows = crate::support::read_csv(&out.join("tables/sweep.csv"));
    assert!(!rows.is_empty() && rows.iter().all(|row| row["point"] == "0"));

    let (folder, path) = extended(&sweep("-1, -2"));
    let output = stickershock(&["--no-charts"], &path, &folder.path().join("out"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(65), "{said}");
    assert!(said.contains("none of 2 points has a result"), "{said}");
}

/// The shipped studies are read, and their tables are in the dictionary and in docs/outputs.md.
#[test]
fn shipped_studies_are_valid_and_their_columns_are_documented() {
    for (name, points) in [("sweep-tariff", 25), ("showdown-1995", 24)] {
        let loaded = config::load(&root().join(format!("configs/{name}.toml")), &[]).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(loaded.design.unwrap().points().len(), points);
    }
    let text = std::fs::read_to_string(root().join("docs/outputs.md")).unwrap();
    for (text_of, tables) in [(SWEEP.to_owned(), 1), (uncertain("BMW = 0.0"), 4)] {
        let (folder, path) = extended(&(SMALL.to_owned() + &text_of));
        let out = folder.path().join("out");
        let output = stickershock(&["--replications", "2"], &path, &out);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let package: serde_json::Value =
            serde_json::from_slice(&std::fs::read(out.join("datapackage.json")).unwrap()).unwrap();
        let resources = package["resources"].as_array().unwrap();
        assert_eq!(resources.len(), tables);
        for resource in resources {
            let fields = resource["schema"]["fields"].as_array().unwrap();
            let header = csv::Reader::from_path(out.join(resource["path"].as_str().unwrap()))
                .unwrap()
                .headers()
                .unwrap()
                .clone();
            let names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
            assert_eq!(header.iter().collect::<Vec<_>>(), names);
            for field in
                fields.iter().filter(|field| !field["description"].as_str().unwrap().starts_with("swept setting"))
            {
                let name = field["name"].as_str().unwrap();
                assert!(text.contains(&format!("`{name}`")), "{name} is not in docs/outputs.md");
            }
        }
        #[cfg(feature = "charts")]
        assert!(std::fs::read_dir(out.join("charts")).unwrap().count() >= 2);
    }
}

/// A fault of the program in making one point's study is that point's own: the others have their results.
#[test]
fn a_fault_in_one_point_leaves_the_others() {
    let study = study(&["buyers.count=64", "buyers.pricing_nodes=64"]);
    let units = [0, 1, 2].map(|point| Unit { index: point, point, replications: 0..2 });
    let study_of = |point: usize| -> Result<&Study, JobError> {
        assert_ne!(point, 1, "a fault on purpose");
        Ok(&study)
    };
    let mut kept = Vec::new();
    let ended = run_units(
        &units,
        &ids([0]),
        &study_of,
        &(),
        &|_: Option<&Study>, jobs: Vec<JobResult>| jobs,
        |unit, replication, jobs| {
            kept.push((unit.point, replication, jobs.into_iter().map(|job| job.map(|_| ())).collect::<Vec<_>>()));
            Ok::<_, Infallible>(ControlFlow::Continue(()))
        },
    );
    assert!(ended.is_ok());
    let places: Vec<(usize, u64)> = kept.iter().map(|(point, replication, _)| (*point, *replication)).collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
    for (point, _, jobs) in kept {
        match (point, &jobs[0]) {
            (1, Err(JobError::Fault(text))) => assert!(text.contains("a fault on purpose"), "{text}"),
            (0 | 2, Ok(())) => {}
            other => panic!("{other:?}"),
        }
    }
}

const STRUCTURES: &str = r#"
[uncertainty]
draws = 40
replications = 2

[[uncertainty.structure]]
name = "list"
weight = 3
set = { "pricing.theta" = 1.0 }

[[uncertainty.structure]]
name = "half"
weight = 1
set = { "pricing.theta" = 0.5 }

[[parameter]]
key = "market.size"
distribution = "uniform"
low = 2.9e6
high = 3.1e6

[[parameter]]
key = "demand.alpha"
name = "list.alpha"
structure = "list"
distribution = "uniform"
low = 0.1
high = 0.2

[[parameter]]
key = "demand.alpha"
name = "half.alpha"
structure = "half"
distribution = "uniform"
low = 0.05
high = 0.08

[[parameter]]
key = "demand.eta"
name = "half.eta"
structure = "half"
distribution = "uniform"
low = 1.0
high = 2.0

[[correlation]]
name = "half.alpha-eta"
structure = "half"
parameters = ["half.alpha", "half.eta"]
value = 0.9
"#;

/// Each draw has the settings of its structure and the parameters of that structure alone; weights are met as nearly as whole draws can.
#[test]
fn structures_have_draws_of_their_own_in_proportion() {
    let loaded = loaded(STRUCTURES);
    assert!(loaded.parameters.list.iter().all(|item| item.key == "market.size"), "what all structures share");
    let stickershock::config::StudyDesign::Uncertainty(draws) = loaded.design.as_ref().unwrap() else { panic!() };
    let points = loaded.design.as_ref().unwrap().points();
    let (mut of, mut scores) = ([0, 0], [Vec::new(), Vec::new()]);
    for point in &points {
        let s = draws.structures_of(point.index)[0];
        of[s] += 1;
        assert!((f64::from(of[0]) - 0.75 * f64::from(of[0] + of[1])).abs() < 1.5, "{of:?} so far");
        let value = |key: &str| -> Option<f64> {
            let found = point.assignments.iter().rev().find_map(|text| text.strip_prefix(&format!("{key}=")));
            found.map(|text| text.parse().unwrap())
        };
        assert_eq!(value("pricing.theta"), Some([1.0, 0.5][s]));
        assert!((2.9e6..3.1e6).contains(&value("market.size").unwrap()));
        let alpha = value("demand.alpha").unwrap();
        assert!([0.1..0.2, 0.05..0.08][s].contains(&alpha), "{alpha} under structure {s}");
        assert_eq!(value("demand.eta").is_some(), s == 1);
        scores[s].push((alpha, value("demand.eta").unwrap_or(0.0)));
    }
    assert!((29..=31).contains(&of[0]), "{of:?}");
    // Correlated at .9: the higher alpha has the higher eta in most pairs.
    let pairs = scores[1].iter().enumerate().flat_map(|(i, a)| scores[1][i + 1..].iter().map(move |b| (a, b)));
    let (agree, all) =
        pairs.fold((0, 0), |(agree, all), (a, b)| (agree + i32::from((a.0 < b.0) == (a.1 < b.1)), all + 1));
    assert!(agree * 10 > all * 6, "{agree} of {all} pairs");
    for (text, expected) in [
        (STRUCTURES.replace("structure = \"list\"", "structure = \"lits\""), "did you mean `list`"),
        (STRUCTURES.replace("weight = 3", "weight = 0"), "is 0, expected a weight above zero"),
        (STRUCTURES.replace("name = \"half\"", "name = \"list\""), "a second item of this list is named"),
        (STRUCTURES.replace("\"pricing.theta\" = 0.5", "\"pricing.teta\" = 0.5"), "what it sets is refused"),
        (
            STRUCTURES.replace("parameters = [\"half.alpha\"", "parameters = [\"list.alpha\""),
            "no parameter of the structure",
        ),
    ] {
        let error = refused(&text);
        assert!(error.contains(expected), "expected {expected}\n{error}");
    }
}

/// Structures of several factors are combined: each draw has one of each, every combination in proportion, and the first of each is cell 0.
#[test]
fn structures_of_several_factors_are_combined() {
    let lists = r#"
[[uncertainty.structure]]
name = "reopen"
factor = "lists"
weight = 1
set = { "pricing.exchange_threshold" = 0.05 }

[[uncertainty.structure]]
name = "wait"
factor = "lists"
weight = 1
set = { "pricing.exchange_threshold" = 0.06 }
"#;
    let loaded = loaded(&(STRUCTURES.to_owned() + lists));
    let design = loaded.design.as_ref().unwrap();
    let stickershock::config::StudyDesign::Uncertainty(draws) = design else { panic!() };
    assert_eq!(draws.factors(), ["structure", "lists"]);
    let mut of = [0; 4];
    for point in design.points() {
        let chosen = draws.structures_of(point.index);
        let names = [&draws.structures()[chosen[0]].name, &draws.structures()[chosen[1]].name];
        let cell = 2 * usize::from(names[0] == "half") + usize::from(names[1] == "wait");
        assert_eq!(draws.cell_of(point.index), cell, "{names:?}");
        let set = format!("pricing.exchange_threshold={}", if names[1] == "wait" { 0.06 } else { 0.05 });
        assert!(point.assignments.contains(&set), "{:?}", point.assignments);
        of[cell] += 1;
    }
    let wanted = [15.0, 15.0, 5.0, 5.0];
    assert!(of.iter().zip(wanted).all(|(count, wanted)| (f64::from(*count) - wanted).abs() < 2.5), "{of:?}");
}

/// The widths of a study whose structures differ in the pass-through of the newspapers' rule: structure makes nearly all the variance.
#[test]
fn three_widths_stand_side_by_side() {
    let text = SMALL.to_owned() + &STRUCTURES.replace("draws = 40", "draws = 12");
    let (folder, path) = extended(&text);
    let out = folder.path().join("out");
    let output = stickershock(&["--no-charts"], &path, &out);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("with structure"), "{printed}");
    let read = |table: &str| crate::support::read_csv(&out.join(format!("tables/{table}.csv")));
    let (widths, structures, results) = (read("widths"), read("structures"), read("draw_results"));
    let number = |row: &std::collections::BTreeMap<String, String>, column: &str| row[column].parse::<f64>().unwrap();
    let is = |row: &&std::collections::BTreeMap<String, String>, metric: &str| {
        row["regime"] == "imposed" && row["period"] == "all" && row["metric"] == metric && row["quantity"] == "change"
    };
    for metric in ["units_sanctioned", "consumers_usd", "treasury_usd", "total_home_usd"] {
        let row = widths.iter().find(|row| is(row, metric)).unwrap();
        assert_eq!(row["structure"], "list");
        let shares: f64 =
            ["simulation_share", "parameter_share", "structure_share"].map(|name| number(row, name)).iter().sum();
        assert!((shares - 1.0).abs() < 1e-9, "{metric}: {shares}");
        let width = |name: &str| number(row, &format!("{name}_high")) - number(row, &format!("{name}_low"));
        assert!(["simulation", "parameters", "structure"].iter().all(|name| width(name) > 0.0), "{row:?}");
        let of: Vec<_> = structures.iter().filter(|row| is(row, metric)).collect();
        assert_eq!(of.iter().map(|row| row["draws"].as_str()).collect::<Vec<_>>(), ["9", "3"]);
        let draws = results
            .iter()
            .filter(|row| row["regime"] == "imposed" && row["period"] == "all" && row["metric"] == metric);
        let mean = draws.map(|row| number(row, "change")).sum::<f64>() / 12.0;
        let weighted = of.iter().map(|row| number(row, "mean") * number(row, "draws")).sum::<f64>() / 12.0;
        assert!((mean / weighted - 1.0).abs() < 1e-9, "{metric}: {mean} for {weighted}");
    }
    // What buyers expect to buy has little noise: half of the duty on the sticker loses far fewer cars.
    let sales = widths.iter().find(|row| is(row, "expected_units_sanctioned")).unwrap();
    let width = |name: &str| number(sales, &format!("{name}_high")) - number(sales, &format!("{name}_low"));
    assert!(number(sales, "structure_share") > 0.5 && width("structure") > width("parameters"), "{sales:?}");
    // What sales hang on is the structure: its ends are the means of the two.
    let of_sales = |row: &&std::collections::BTreeMap<String, String>| is(row, "expected_units_sanctioned");
    let all = read("effects");
    let effects: Vec<_> = all.iter().filter(of_sales).collect();
    let means: Vec<f64> = structures.iter().filter(of_sales).map(|row| number(row, "mean")).collect();
    let first = effects[0];
    assert_eq!(
        (first["thing"].as_str(), first["kind"].as_str(), first["label"].as_str()),
        ("structure", "structure", "structure")
    );
    assert_eq!((first["low_at"].as_str(), first["high_at"].as_str()), ("list", "half"));
    assert_eq!((first["draws"].as_str(), first["groups"].as_str()), ("12", "2"));
    assert!(
        (number(first, "low") / means[0] - 1.0).abs() < 1e-9 && (number(first, "high") / means[1] - 1.0).abs() < 1e-9
    );
    assert!(effects.windows(2).all(|pair| number(pair[0], "share") >= number(pair[1], "share")), "{effects:?}");
    assert!(effects.iter().any(|row| row["thing"] == "market.size" && row["kind"] == "parameter"));
    assert!(structures.iter().all(|row| row["factor"] == "structure"));
    assert!(printed.contains("hangs on"), "{printed}");
    #[cfg(feature = "page")]
    {
        let report = std::fs::read_to_string(out.join("report.html")).unwrap();
        for words in ["What each party gains", "Gain of buyers", "Gain of the home country, USD a year"] {
            assert!(report.contains(words), "no `{words}` in the report");
        }
    }
    let draws = read("draws");
    assert!(draws.iter().all(|row| row["structure"] == "list" || row["structure"] == "half"));
    let mut keys: Vec<(&str, &str)> = draws.iter().map(|row| (row["draw"].as_str(), row["key"].as_str())).collect();
    keys.sort_unstable();
    let all = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), all, "one row for each draw and key");
}

/// Draws with tables: the numbers of the draws without them, and one run whose replications are the draws'. Its means are means over draws.
#[test]
fn draws_may_have_the_tables_of_a_run() {
    let study = SMALL.to_owned() + &STRUCTURES.replace("draws = 40", "draws = 6\ntables = true");
    let (folder, path) = extended(&study);
    let run = |name: &str, arguments: &[&str]| {
        let out = folder.path().join(name);
        let output = stickershock(arguments, &path, &out);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (out, String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (out, printed) = run("with", &["-j", "2"]);
    let (plain, _) = run("without", &["--no-charts", "--set", "uncertainty.tables=false"]);
    let read = |out: &std::path::Path, table: &str| crate::support::read_csv(&out.join(format!("tables/{table}.csv")));
    let number = |row: &std::collections::BTreeMap<String, String>, column: &str| row[column].parse::<f64>().unwrap();
    let (with, without) = (read(&out, "draw_results"), read(&plain, "draw_results"));
    assert_eq!(with.len(), without.len());
    for (row, other) in with.iter().zip(&without).filter(|(row, _)| !row["mean"].is_empty()) {
        let (a, b) = (number(row, "mean"), number(other, "mean"));
        // Worlds are looked for from another starting point.
        assert!((a - b).abs() <= 1e-7 * b.abs().max(1.0), "{row:?} for {b}");
    }
    assert!(!plain.join("tables/welfare.csv").exists());

    let replications = read(&out, "replications");
    assert_eq!(replications.len(), 2 * 6 * 2, "regimes, draws, replications of each");
    let uncertainty = read(&out, "uncertainty");
    for (metric, account) in
        [("consumers_usd", "consumers"), ("treasury_usd", "treasury"), ("total_home_usd", "total_home")]
    {
        let welfare = read(&out, "welfare");
        let row = welfare
            .iter()
            .find(|row| row["regime"] == "imposed" && row["period"] == "all" && row["account"] == account)
            .unwrap();
        let drawn = uncertainty.iter().find(|row| {
            row["regime"] == "imposed"
                && row["period"] == "all"
                && row["metric"] == metric
                && row["quantity"] == "change"
        });
        let (mean, over_draws) = (number(row, "change_usd"), number(drawn.unwrap(), "mean"));
        assert!((mean / over_draws - 1.0).abs() < 1e-9, "{metric}: {mean} for {over_draws}");
        // Replications of a draw share its parameters: a draw counts once.
        assert_eq!(row["replications"], "6");
        let (error, of_draws) = (number(row, "std_error_usd"), number(drawn.unwrap(), "std_error"));
        assert!((error / of_draws - 1.0).abs() < 1e-9, "{metric}: {error} for {of_draws}");
    }
    for file in ["weekly", "models", "pricing", "widths", "structures", "effects"] {
        assert!(out.join(format!("tables/{file}.csv")).exists(), "{file}");
    }
    // Beside the first answer stand those of all regimes, of the draws too: nowhere a mean over draws in words.
    #[cfg(feature = "page")]
    {
        let report = std::fs::read_to_string(out.join("report.html")).unwrap();
        assert!(
            report.matches("Medians over draws, in brackets the middle 90% of them").count() >= 2,
            "the answer, and the row of `imposed`"
        );
        assert!(report.contains("That is before any retaliation."), "no two of these regimes differ by it alone");
    }
    let package: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("datapackage.json")).unwrap()).unwrap();
    let resources = package["resources"].as_array().unwrap();
    let welfare = resources.iter().find(|resource| resource["name"] == "welfare").unwrap();
    for field in welfare["schema"]["fields"].as_array().unwrap() {
        let is_interval = field["name"].as_str().unwrap().contains("ci_low");
        assert!(
            !is_interval || field["description"].as_str().unwrap().contains("other draws would move it"),
            "{field}"
        );
    }
    let described = resources.len();
    assert_eq!(described, std::fs::read_dir(out.join("tables")).unwrap().count());
    assert!(
        printed.contains("Who pays") && printed.contains("Medians over draws, in brackets the middle 90% of them"),
        "{printed}"
    );
    assert!(printed.contains("contain simulation, parameters and structure"), "{printed}");
    let readme = std::fs::read_to_string(out.join("README.md")).unwrap();
    assert!(readme.contains("how far other draws would move it"), "{readme}");

    // The same bytes on one thread, and from units merged.
    let (one, _) = run("one", &["-j", "1"]);
    assert!(tables(&out) == tables(&one));
    let program = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stickershock"));
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let units = folder.path().join("units");
    let (study, folder) = (path.to_str().unwrap(), units.to_str().unwrap());
    let planned = [&["plan", study, "--regimes", "imposed", "--out", folder][..], &crate::support::ANYWHERE].concat();
    program(&planned);
    let plan: serde_json::Value = serde_json::from_slice(&std::fs::read(units.join("plan.json")).unwrap()).unwrap();
    let last = plan["units"].as_array().unwrap().len();
    program(&["unit", folder, "--range", &format!("0..{last}")]);
    program(&["merge", folder]);
    assert!(tables(&out) == tables(&units));

    // No draws are the scenario's own values, as if it had no such section.
    let own = crate::support::load_anywhere(&path, &["uncertainty.draws=0".to_owned()]).unwrap();
    assert!(own.design.is_none() && own.scenario.replications > 2);

    let shared = ["buyers.population=shared".to_owned()];
    let error = crate::support::load_anywhere(&path, &shared).expect_err("should be refused").to_string();
    assert!(error.contains("uncertainty.tables: needs replications with buyers of their own"), "{error}");
}
