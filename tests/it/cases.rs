//! Stored cases, solved by an independent solver: every array and matrix within the tolerances stated there.

use std::fs;
use std::path::{Path, PathBuf};

use stickershock::config::case::{Case, CaseOptions};
use stickershock::report::case::{Difference, compare, render_comparison, write};
use stickershock::study::solution::ScenarioResult;
use stickershock::study::solve::{Matrices, Solution, SolveOptions, solve};

const CASES: [&str; 3] = ["plain_logit", "rc_6x40", "income_5x30"];

fn folder(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(case)
}

fn load(path: &Path) -> Case {
    Case::load(path, &CaseOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn solved(case: &Case) -> Solution {
    solve(case, &SolveOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn scenario<'a>(solution: &'a Solution, name: &str) -> &'a ScenarioResult {
    solution.scenarios.iter().find(|scenario| scenario.name == name).unwrap()
}

/// A copy of a case in which some files may be changed.
fn copy(case: &str) -> tempfile::TempDir {
    let copied = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(folder(case)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copied.path().join(path.file_name().unwrap())).unwrap();
    }
    copied
}

fn edit(folder: &Path, file: &str, change: impl Fn(&str) -> String) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "the edit of {file} changes nothing");
    fs::write(path, changed).unwrap();
}

fn refusal(folder: &Path) -> String {
    match Case::load(folder, &CaseOptions::default()) {
        Err(error) => error.to_string(),
        Ok(case) => match solve(&case, &SolveOptions::default()) {
            Err(error) => error.to_string(),
            Ok(solution) => solution.failed[0].error.to_string(),
        },
    }
}

#[test]
fn every_stored_result_is_met() {
    for name in CASES {
        let case = load(&folder(name));
        let solution = solved(&case);
        let differences = compare(&case, &solution.scenarios).unwrap();
        assert!(differences.len() >= 12 * 17, "{name}: only {} quantities compared", differences.len());
        let matrices = differences.iter().filter(|d| d.at.contains(", ")).count();
        assert_eq!(matrices, 8, "{name}: matrices compared");
        assert!(differences.iter().all(Difference::within), "{}", render_comparison(&differences));
        for scenario in &solution.scenarios {
            assert!(scenario.first_order_residual < 1e-12, "{name} {}", scenario.name);
            assert!(scenario.worst_second_order().unwrap().largest_eigenvalue < 0.0, "{name} {}", scenario.name);
        }
    }
}

/// Written results read back are the stored format: a second case whose comparison is exact.
#[test]
fn what_is_written_reads_back_to_the_bit() {
    let case = load(&folder("rc_6x40"));
    let solution = solved(&case);
    let copied = copy("rc_6x40");
    write(copied.path(), &case, &solution.recovered, &solution.scenarios, true).unwrap();
    let again = load(copied.path());
    let differences = compare(&again, &solution.scenarios).unwrap();
    assert!(differences.iter().all(|d| d.largest == 0.0), "{}", render_comparison(&differences));
    let header = fs::read_to_string(copied.path().join("pyblp_agents.csv")).unwrap();
    assert!(header.starts_with("market_ids,weights,nodes0,nodes1,nodes2\n"));
}

/// PyBLP's names and gzip: the same market, the same prices.
#[test]
fn pyblp_names_and_gzip_are_the_same_market() {
    use std::io::Write;
    let copied = copy("rc_6x40");
    edit(copied.path(), "products.csv", |text| {
        let header = "product_ids,firm_ids,region,luxury,x,prices,xi,delta_ex_price,costs";
        let mut lines = text.lines();
        lines.next();
        let rows: Vec<String> = lines.map(|line| format!("us,{line}\n")).collect();
        format!("market_ids,{header}\n{}jp,q,9,JP,0,1,1,0,1,0.5\n", rows.concat())
    });
    edit(copied.path(), "agents.csv", |text| {
        let mut lines = text.lines();
        lines.next();
        let rows: Vec<String> = lines.map(|line| format!("us,{line}\n")).collect();
        format!("market_ids,weights,nodes0,nodes1,nodes2\n{}jp,1,0,0,0\n", rows.concat())
    });
    edit(copied.path(), "case.json", |text| {
        let drop = ["\"nu0\",", "\"nu1\",", "\"nu2\""].iter().fold(text.to_owned(), |text, nu| text.replace(nu, ""));
        drop.replace("\"sigma\":", "\"sigma_full\":")
    });
    for file in ["products.csv", "agents.csv"] {
        let path = copied.path().join(file);
        let packed = fs::File::create(copied.path().join(format!("{file}.gz"))).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
        encoder.write_all(&fs::read(&path).unwrap()).unwrap();
        encoder.finish().unwrap();
        fs::remove_file(path).unwrap();
    }
    let error = Case::load(copied.path(), &CaseOptions::default()).unwrap_err().to_string();
    assert!(error.contains("2 markets") && error.contains("--market"), "{error}");
    let options = CaseOptions { market: Some("us".to_owned()), ..CaseOptions::default() };
    let case = Case::load(copied.path(), &options).unwrap_or_else(|error| panic!("{error}"));
    let solution = solved(&case);
    let differences = compare(&case, &solution.scenarios).unwrap();
    assert!(differences.iter().all(Difference::within), "{}", render_comparison(&differences));
    // Matrices are gzipped as the inputs were.
    let out = tempfile::tempdir().unwrap();
    write(out.path(), &case, &solution.recovered, &solution.scenarios, false).unwrap();
    assert!(out.path().join("elasticities_base_multi.csv.gz").exists());
}

/// Mean utilities and costs come back from shares and prices observed in equilibrium.
#[test]
fn utilities_and_costs_are_recovered() {
    for name in CASES {
        let case = load(&folder(name));
        let base = solved(&case);
        let base = scenario(&base, "base_multi");
        let copied = copy(name);
        edit(copied.path(), "products.csv", |text| {
            let mut lines = text.lines();
            let header: Vec<&str> = lines.next().unwrap().split(',').collect();
            let price0 = header.iter().position(|&name| name == "price0").unwrap();
            let keep = |cells: &[&str], price: &str, share: &str| {
                let kept = cells.iter().enumerate().filter(|&(c, _)| !["mc", "delta_ex_price"].contains(&header[c]));
                let cells: Vec<&str> = kept.map(|(c, &cell)| if c == price0 { price } else { cell }).collect();
                format!("{},{share}\n", cells.join(","))
            };
            let rows = lines.enumerate().map(|(j, line)| {
                let cells: Vec<&str> = line.split(',').collect();
                keep(&cells, &format!("{:?}", base.price[j]), &format!("{:?}", base.share[j]))
            });
            format!("{}{}", keep(&header, "price0", "share0"), rows.collect::<String>())
        });
        // The base of the distribution cost is price0, which has changed.
        let case_again = load(copied.path());
        let solution = solved(&case_again);
        assert!(solution.recovered.inversion.unwrap().residual < 1e-12);
        let close = |ours: &[f64], theirs: &[f64], tolerance: f64| {
            for (a, b) in ours.iter().zip(theirs) {
                assert!((a - b).abs() < tolerance, "{name}: {a} {b}");
            }
        };
        close(&solution.recovered.delta, case.delta.as_ref().unwrap(), 1e-11);
        close(&solution.recovered.marginal_cost, case.marginal_cost.as_ref().unwrap(), 1e-11);
        close(&scenario(&solution, "base_multi").price, &base.price, 1e-12);
    }
}

/// A specification alone is solved and filled; rate 0 is the base, to the bit.
#[test]
fn specifications_alone_are_solved() {
    let specs = tempfile::tempdir().unwrap();
    let path = specs.path().join("specs.json");
    let text = r#"[
      {"name": "base", "spec": {"ownership": "firm"}},
      {"name": "no_rate", "spec": {"ownership": "firm", "tariff": {"type": "retail", "rate": 0, "where": {"luxury": "1"}}}},
      {"name": "retail", "spec": {"ownership": "single", "tariff": {"type": "retail", "rate": 0.2, "where": {"region": ["JP"]}}}},
      {"name": "cost", "spec": {"ownership": "single", "tariff": {"type": "cost", "rate": 0.25, "where": {"region": "JP"}}}},
      {"name": "fx", "spec": {"ownership": "single", "cost_multipliers": [{"factor": 1.25, "where": {"region": "JP"}}]}},
      {"name": "merge", "spec": {"ownership": "merge", "merge": [1, "2"]}},
      {"name": "holding", "spec": {"ownership": "firm", "holdings": [{"holder": 1, "held": 3, "part": 0.33}]}},
      {"name": "quota", "spec": {"ownership": "firm", "limits": [{"name": "ver", "share": 0.05, "where": {"region": "JP"}}]}},
      {"name": "home_cost", "spec": {"ownership": "single", "cost_multipliers": [{"factor": 1.5, "home_share": 0.5, "where": {"region": "JP"}}]}}
    ]"#;
    fs::write(&path, text).unwrap();
    let options = CaseOptions { specs: Some(path), ..CaseOptions::default() };
    let case = Case::load(&folder("rc_6x40"), &options).unwrap_or_else(|error| panic!("{error}"));
    let all = SolveOptions { matrices: Matrices::All, many_starts: true, ..SolveOptions::default() };
    let solution = solve(&case, &all).unwrap();
    let of = |name| scenario(&solution, name);
    assert!(solution.scenarios.iter().all(|scenario| scenario.matrices.len() == 4));
    assert!(solution.scenarios.iter().all(|scenario| scenario.other_equilibria.is_empty()));
    assert_eq!(of("no_rate").price, of("base").price);
    assert_eq!(of("no_rate").consumer_surplus, of("base").consumer_surplus);
    for (j, price) in of("retail").price.iter().enumerate() {
        // t on the retail price is t / (1 - t) on cost when every product is its own owner, and a tariff on cost is an
        // exchange rate: symmetric pass-through.
        assert!((of("cost").price[j] / price - 1.0).abs() < 1e-12);
        assert!((of("fx").price[j] / price - 1.0).abs() < 1e-12);
        assert!((of("home_cost").price[j] / price - 1.0).abs() < 1e-12);
        assert!(of("merge").price[j] > of("base").price[j]);
    }
    assert!(of("holding").price[0] > of("base").price[0] + 1e-6);
    assert!((of("quota").limit_used[0] - 0.05).abs() < 1e-11 && of("quota").shadow_price[0] > 0.0);
    for result in &solution.scenarios {
        for j in 0..result.price.len() {
            let outlay = result.price[j] * result.share[j];
            let split = result.duty_revenue[j] + result.net_profit[j] + result.marginal_cost[j] * result.share[j];
            assert!((outlay - split).abs() < 1e-14 * outlay.max(1.0));
            let profit = result.retained_share[j] * result.markup_over_effective_cost[j] * result.share[j];
            assert!((result.net_profit[j] - profit).abs() < 1e-14);
        }
    }
}

/// Closed forms of the plain logit: markup 1 / (a (1 - s_f)), common to a firm; elasticities; pass-through of one product.
#[test]
fn the_plain_logit_has_its_closed_forms() {
    let case = load(&folder("plain_logit"));
    let solution = solved(&case);
    let base = scenario(&solution, "base_multi");
    let firm_share = base.share[0] + base.share[1];
    for j in [0, 1] {
        assert!((base.markup_over_effective_cost[j] * 1.7 * (1.0 - firm_share) - 1.0).abs() < 1e-13);
    }
    let single = scenario(&solution, "base_single");
    for j in 0..4 {
        assert!((single.markup_over_effective_cost[j] * 1.7 * (1.0 - single.share[j]) - 1.0).abs() < 1e-13);
        assert!((single.own_elasticity[j] / (-1.7 * single.price[j] * (1.0 - single.share[j])) - 1.0).abs() < 1e-13);
    }
}

#[test]
fn wrong_input_is_refused_with_file_place_and_remedy() {
    let check = |file: &str, change: &dyn Fn(&str) -> String, expected: &[&str]| {
        let copied = copy("rc_6x40");
        edit(copied.path(), file, change);
        let error = refusal(copied.path());
        for part in expected {
            assert!(error.contains(part), "{error}\nlacks {part:?}");
        }
    };
    check("products.csv", &|t| t.replace(",1.551472", ",abc"), &["products.csv, row 3 (p2)", "mc is \"abc\""]);
    check("products.csv", &|t| t.replace("2.351", "-2.351"), &["row 3 (p2)", "price0 is -2.351"]);
    check("products.csv", &|t| t.replace("firm_id", "firma"), &["firm_id"]);
    check("products.csv", &|t| t.replace("p2,", "p1,"), &["\"p1\"", "twice"]);
    check("agents.csv", &|t| t.replace("0.0224212939", "-0.0224212939"), &["agents.csv, row 2", "weight"]);
    check("agents.csv", &|t| t.replace("0.0224212939", "0.5"), &["weights sum to 1.4"]);
    check("agents.csv", &|t| t.replace("-0.41379866", "41.4"), &["agents.csv, row 2", "price response"]);
    check("case.json", &|t| t.replace("-1.9", "1.9"), &["price response", "sign"]);
    check("case.json", &|t| t.replace("\"J\": 6", "\"J\": 7"), &["has 6 rows", "J = 7"]);
    check("case.json", &|t| format!("{t}x"), &["case.json", "not JSON"]);
    check("scenarios.json", &|t| t.replace("\"ownership\": \"single\"", "\"ownership\": \"singel\""), &["singel"]);
    check("scenarios.json", &|t| t.replace("\"retail\"", "\"retial\""), &["retial", "retail"]);
    check("scenarios.json", &|t| t.replace("\"kappa\"", "\"kapa\""), &["unknown key `kapa`"]);
    check("scenarios.json", &|t| t.replace("\"region\"", "\"regio\""), &["regio"]);
    check("scenarios.json", &|t| t.replace("\"rate\": 0.25", "\"rate\": 1.0"), &["p1", "retail"]);
    let copied = copy("rc_6x40");
    fs::remove_file(copied.path().join("agents.csv")).unwrap();
    assert!(refusal(copied.path()).contains("agents.csv"));
}

/// Six products under the vertical chain, with local costs, a normal duty, and demand bent around observed prices: costs recovered at the border,
/// owners, duties and a dearer home currency, against 40 digits of another program.
#[test]
fn the_vertical_chain_with_curvature_is_that_of_another_program() {
    let case = load(&folder("chain_6x40"));
    let solution = solved(&case);
    let differences = compare(&case, &solution.scenarios).unwrap();
    assert_eq!(differences.len(), 7 * 17);
    assert!(differences.iter().all(Difference::within), "{}", render_comparison(&differences));
    assert!(solution.scenarios.iter().all(|scenario| scenario.first_order_residual < 1e-12));
    // The base is where costs were recovered: observed prices, and the normal duty alone.
    let base = scenario(&solution, "base_multi");
    for (j, price) in case.price.as_ref().unwrap().iter().enumerate() {
        assert!((base.price[j] / price - 1.0).abs() < 1e-12);
        let chain = case.chain.as_ref().unwrap();
        let border = (price - chain.local_cost[j]) / (1.0 + chain.base_rate[j]);
        assert!((base.duty_per_unit[j] - chain.base_rate[j] * border).abs() < 1e-12);
    }
}

/// Local costs, the normal duty and curvature are read with the market; what does not go with them is refused by name.
#[test]
fn a_chain_that_cannot_be_is_refused() {
    let case = load(&folder("chain_6x40"));
    assert_eq!(case.curvature, 1.4);
    let chain = case.chain.as_ref().unwrap();
    assert_eq!((chain.local_cost[0], chain.base_rate[0], chain.base_rate[1]), (0.62, 0.025, 0.0));
    let refused = |file: &str, from: &str, to: &str, expected: &str| {
        let copied = copy("chain_6x40");
        edit(copied.path(), file, |text| text.replace(from, to));
        let error = refusal(copied.path());
        assert!(error.contains(expected), "expected {expected}\n{error}");
    };
    refused("products.csv", "0.62,0.025", "-1,0.025", "local_cost");
    refused("products.csv", "0.62,0.025", "0.62,-0.1", "base_rate");
    refused("products.csv", "0.62,0.025", "0.62,2.5", "was percent meant? 2.5% is 0.025");
    refused("products.csv", "0.62,0.025", "2.527,0.025", "less than the product's price0");
    refused("case.json", "\"curvature\": 1.4", "\"curvature\": \"high\"", "curvature is \"high\"");
    // One range is told, the one that demand has.
    for value in ["-0.5", "10.5", "15"] {
        refused(
            "case.json",
            "\"curvature\": 1.4",
            &format!("\"curvature\": {value}"),
            "between 0 (logarithmic) and 10",
        );
    }
    let unpriced = copy("chain_6x40");
    edit(unpriced.path(), "products.csv", |text| text.replace("2.527", ""));
    assert!(refusal(unpriced.path()).contains("price0"));
    let retail = copy("chain_6x40");
    edit(retail.path(), "scenarios.json", |text| {
        text.replace("\"type\": \"list\"", "\"type\": \"retail\"").replace("\"customs_share\": 0.7,", "")
    });
    let solution = solved(&load(retail.path()));
    assert!(
        solution.failed[0].error.to_string().contains("duties are border, specific, list or cost"),
        "{:?}",
        solution.failed
    );
}

/// A duty on what a product is worth at the border, of which costs at home leave nothing, would be paid to its maker; a rate below zero is asked for.
#[test]
fn a_duty_that_turns_round_is_refused() {
    for (rate, refused) in [("0.5", true), ("-0.5", false)] {
        let copied = copy("rc_6x40");
        let spec = format!(
            "[{{\"name\": \"border\", \"spec\": {{\"tariff\": [{{\"type\": \"border_dist\", \"rate\": {rate}, \"dist_share\": 0.99}}]}}}}]"
        );
        edit(copied.path(), "scenarios.json", |_| spec.clone());
        let solution = solved(&load(copied.path()));
        let told: Vec<String> = solution.failed.iter().map(|failed| failed.error.to_string()).collect();
        assert_eq!((told.len(), solution.scenarios.len()), if refused { (1, 0) } else { (0, 1) }, "{told:?}");
        assert!(told.iter().all(|told| told.contains("the duty on p") && told.contains("dist_share")), "{told:?}");
    }
}

/// What keeps a result from being taken at its word is told beside JSON too, on standard error.
#[test]
fn warnings_are_told_beside_json() {
    let mut program = assert_cmd::Command::cargo_bin("stickershock").unwrap();
    let output =
        program.env("NO_COLOR", "1").arg("solve").arg(folder("field/local_not_global_1x2")).arg("--json").output();
    let output = output.unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("warning: base: a local maximum only"), "{told}");
    let solved: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(solved.as_array().unwrap().iter().any(|result| result["name"] == "base"));
}

/// Six products whose firms' import costs rise with volume (elasticity .5), under duties, a dearer home currency, a merger and single owners, against
/// 50 digits of another program, which writes total cost out.
#[test]
fn costs_that_rise_with_volume_are_those_of_another_program() {
    let case = load(&folder("rising_6x40"));
    let solution = solved(&case);
    let differences = compare(&case, &solution.scenarios).unwrap();
    assert_eq!(differences.len(), 7 * 16);
    assert!(differences.iter().all(Difference::within), "{}", render_comparison(&differences));
    // At base volumes costs are those of the case without; fewer cars cost less each, and the duty shows in the price less.
    let flat = solved(&load(&folder("chain_6x40")));
    let of = |solution: &Solution, name: &str| scenario(solution, name).clone();
    assert!((of(&solution, "base_multi").price[0] / of(&flat, "base_multi").price[0] - 1.0).abs() < 1e-12);
    let (rising, flat) = (of(&solution, "border_100"), of(&flat, "border_100"));
    assert!(rising.marginal_cost[0] < 0.8 * flat.marginal_cost[0] && rising.price[0] < flat.price[0]);
    assert!(solution.scenarios.iter().all(|scenario| scenario.deviations.is_empty()));
}

/// What cannot go with costs that rise is refused by name.
#[test]
fn costs_that_cannot_rise_are_refused() {
    let refused = |file: &str, from: &str, to: &str, expected: &str| {
        let copied = copy("rising_6x40");
        edit(copied.path(), file, |text| {
            assert!(text.contains(from), "{file} has no {from}");
            text.replace(from, to)
        });
        let error = refusal(copied.path());
        assert!(error.contains(expected), "expected {expected}\n{error}");
    };
    refused("case.json", "\"elasticity\": 0.5", "\"elasticity\": 7", "between 0 and 5");
    refused("case.json", "\"elasticity\": 0.5", "\"elastic\": 0.5", "unknown key `elastic`");
    refused("case.json", "\"JP\",\n    \"EU\"", "\"MARS\"", "no product has region = MARS");
    refused("products.csv", ",share0", ",share", "there is no column `share0`");
    let failing = |spec: &str, expected: &str| {
        let copied = copy("rising_6x40");
        fs::write(copied.path().join("scenarios.json"), format!("[{{\"name\": \"a\", \"spec\": {spec}}}]")).unwrap();
        let solution = solved(&load(copied.path()));
        let error = solution.failed[0].error.to_string();
        assert!(error.contains(expected), "expected {expected}\n{error}");
    };
    failing(r#"{"remove": {"where": {"product_id": "p3"}}}"#, "p3 is among the volumes");
    failing(
        r#"{"tariff": {"type": "cost", "rate": 0.1, "where": {"product_id": "p3"}}}"#,
        "a duty on cost is not defined for p3",
    );
}

/// A folder that is solved into again holds what the last solve wrote, and what someone else put there.
#[test]
fn a_folder_solved_into_again_keeps_what_is_not_of_an_earlier_solve() {
    let out = tempfile::tempdir().unwrap();
    let solve = |matrices: &str| {
        let mut command = assert_cmd::Command::cargo_bin("stickershock").unwrap();
        let case = folder("rc_6x40").display().to_string();
        command.args(["solve", &case, "--matrices", matrices, "--out"]).arg(out.path()).assert().success();
    };
    solve("all");
    let matrix = out.path().join("elasticities_base_multi.csv");
    fs::write(out.path().join("mine.csv"), "mine").unwrap();
    fs::write(out.path().join("elasticities_mine.csv"), "mine").unwrap();
    assert!(matrix.exists());
    solve("none");
    assert!(!matrix.exists() && out.path().join("results.csv").exists());
    for own in ["mine.csv", "elasticities_mine.csv"] {
        assert_eq!(fs::read_to_string(out.path().join(own)).unwrap(), "mine");
    }
}

/// A market that is asked for where there is one alone is a slip; the base that is compared with is no scenario of the case.
#[test]
fn slips_of_the_market_and_failures_of_the_base_are_told_as_they_are() {
    let solve = |case: &Path, more: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("stickershock").unwrap();
        let output = command.arg("solve").arg(case).args(more).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, error) = solve(&folder("plain_logit"), &["--market", "zz"]);
    assert!(
        code == Some(65) && error.contains("no column market_ids") && error.contains("leave --market out"),
        "{error}"
    );

    let insoluble = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("products.csv", "product_id,firm_id,price0,delta_ex_price,mc\na,1,4,3,-30\n"),
        ("agents.csv", "weight\n1\n"),
        ("case.json", r#"{"beta": [-1.0], "beta_names": ["prices"]}"#),
        ("scenarios.json", r#"[{"name": "s", "spec": {"tariff": {"type": "cost", "rate": 0.5}}}]"#),
    ] {
        fs::write(insoluble.path().join(name), text).unwrap();
    }
    let (code, error) = solve(insoluble.path(), &[]);
    assert!(code == Some(65) && error.contains(": the base and 1 of 1 scenarios were not solved"), "{error}");
}
