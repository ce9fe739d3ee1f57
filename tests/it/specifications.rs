//! Cases and specifications that say two things, nothing, or what cannot be: each is refused with file, place and remedy.

use std::fs;
use std::path::Path;

use stickershock::study::solve::{Matrices, SolveOptions, solve};

use crate::field::{load, scenario, solve_in, with_products};

/// Three products of three firms.
const FIRMS: &str = "product_id,firm_id,region,price0,share0,tier\na,1,JP,2,0.2,1\nb,2,US,3,0.1,2\nc,3,EU,4,0.1,\n";

/// The message with which a specification is refused, when it is read or when it is solved.
fn refused_spec(folder: &Path, spec: &str) -> String {
    let specs = format!("[{{\"name\": \"t\", \"spec\": {spec}}}]");
    match load(folder, Some(&specs)) {
        Err(error) => error,
        Ok(case) => {
            let solution = solve(&case, &SolveOptions::default()).unwrap_or_else(|error| panic!("{error}"));
            let failed = solution.failed.first().unwrap_or_else(|| panic!("{spec} is accepted"));
            failed.error.to_string()
        }
    }
}

/// Groups of firms that merge are lists of known firms, each named once: what was left aside, or hung on the order, is refused.
#[test]
fn mergers_that_say_two_things_are_refused() {
    let copied = with_products(FIRMS);
    for (merge, parts) in [
        ("[[1, 2], 3]", ["merge: 3 stands beside lists of firms", "[[1, 2], [3, 4]]"]),
        (r#"[[1, 2], "zz", null, {"a": 1}]"#, ["merge: \"zz\" stands beside", "write [1, 2]"]),
        ("[[1, null]]", ["merge: null is not the id of a firm", "expected one of `1`, `2`, `3`"]),
        ("[1, 9]", ["merge: 9 is not the id of a firm", "expected one of `1`, `2`, `3`"]),
        ("[[1, 2], []]", ["merge: [] is a list of no firm", "take it out"]),
        ("[[1, 2], [2, 3]]", ["merge: firm 2 is named twice", "one list has all"]),
        (r#"[1, "01"]"#, ["merge: firm 1 is named twice", "name a firm once"]),
    ] {
        let error = refused_spec(copied.path(), &format!("{{\"merge\": {merge}}}"));
        for part in parts.iter().chain(&["scenario t"]) {
            assert!(error.contains(part), "{merge}: {error}\nlacks {part:?}");
        }
    }
    let solution = solve_in(
        copied.path(),
        r#"[{"name": "one", "spec": {"merge": [1, 2, 3]}}, {"name": "same", "spec": {"merge": [[3, 1, 2]]}}]"#,
    );
    assert_eq!(scenario(&solution, "one").price, scenario(&solution, "same").price);
}

/// One entry says what one firm holds of another; of firms that merge what they hold is summed, and of an owner of several firms there is one part.
#[test]
fn holdings_are_said_once_and_summed_where_holders_merge() {
    let copied = with_products(FIRMS);
    let holding =
        |holder: &str, held: &str, part: f64| format!(r#"{{"holder": {holder}, "held": {held}, "part": {part}}}"#);
    let spec =
        |merge: &str, holdings: &[String]| format!(r#"{{"merge": {merge}, "holdings": [{}]}}"#, holdings.join(", "));
    for (merge, holdings, parts) in [
        (
            "[]",
            [holding("1", "3", 0.5), holding("\"01\"", "\"3.0\"", 0.3)],
            ["two entries say what firm 1 holds of firm 3", "write one"],
        ),
        ("[]", [holding("1", "3", 0.6), holding("2", "3", 0.6)], ["parts of firm 3", "sum to 1.2"]),
        ("[2, 3]", [holding("1", "2", 0.5), holding("1", "3", 0.2)], ["2 + 3", "the same part for each"]),
        (
            "[1, 2]",
            [holding("1", "2", 0.5), holding("1", "3", 0.2)],
            ["firm 1 cannot hold a part of itself (2)", "take"],
        ),
    ] {
        let error = refused_spec(copied.path(), &spec(merge, &holdings));
        for part in parts.iter().chain(&["holdings", "scenario t"]) {
            assert!(error.contains(part), "{error}\nlacks {part:?}");
        }
    }
    let price = |merge: &str, holdings: &[String]| {
        let specs = format!("[{{\"name\": \"t\", \"spec\": {}}}]", spec(merge, holdings));
        scenario(&solve_in(copied.path(), &specs), "t").price.clone()
    };
    let both = price("[1, 2]", &[holding("1", "3", 0.5), holding("2", "3", 0.3)]);
    assert_eq!(both, price("[1, 2]", &[holding("2", "3", 0.8)]));
    assert!(both[0] > price("[1, 2]", &[holding("1", "3", 0.5)])[0] + 1e-9);
    let of_both = price("[2, 3]", &[holding("1", "2", 0.5), holding("1", "3", 0.5)]);
    assert_eq!(of_both, price("[2, 3]", &[holding("1", "3", 0.5)]));
}

/// Forms of the price that would be left aside or stand still, and names that stand twice, of which one would be lost.
#[test]
fn terms_that_would_be_lost_are_refused() {
    let products = "product_id,firm_id,price0,delta_ex_price,mc,x\na,1,3.7,3,2,2.5\nb,2,4.7,4,3,0.5\n";
    let copied = with_products(products);
    for (case, parts) in [
        (
            r#"{"beta": [-1.0, 2], "beta_names": ["prices", "I(prices**2)"]}"#,
            ["beta_names: `I(prices**2)` is a form of the price", "curvature"],
        ),
        (
            r#"{"beta": [-1.0, 0.3], "beta_names": ["prices", "prices*x"]}"#,
            ["beta_names: `prices*x` is a form of the price", "sigma"],
        ),
        (
            r#"{"beta": [-1.0, 0.3], "formulations": {"X1": "0 + prices + log(prices)"}}"#,
            ["beta_names: `log(prices)` is a form of the price", "curvature"],
        ),
        (
            r#"{"beta": [-1.0], "beta_names": ["prices"], "x2_names": ["prices*x"], "sigma": [0.2]}"#,
            ["x2_names: `prices*x` is a form of the price", "`prices` alone"],
        ),
        (
            r#"{"beta": [-1.0], "beta_names": ["prices"], "x2_names": ["price0*x"], "sigma": [0.2]}"#,
            ["x2_names: `price0*x` is a form of the price", "`prices` alone"],
        ),
        (
            r#"{"beta": [-1.0, -2], "beta_names": ["prices", "prices"]}"#,
            ["beta_names: `prices` stands twice", "name each once"],
        ),
        (
            r#"{"beta": [-1.0, -2], "beta_names": ["prices", "price0"]}"#,
            ["beta_names: `prices` and `price0` are both the price", "name each once"],
        ),
        (
            r#"{"beta": [-1.0], "beta_names": ["prices"], "x2_names": ["x", "x"], "sigma": [0.2, 0.2]}"#,
            ["x2_names: `x` stands twice", "name each once"],
        ),
        (
            r#"{"beta": [-1.0], "beta_names": ["prices"], "x2_names": ["1", "x"], "sigma": [0.2, 0.2], "node_columns": ["nu0", "nu0"]}"#,
            ["node_columns: `nu0` stands twice", "name each once"],
        ),
        (
            r#"{"beta": [-1.0], "beta_names": ["prices"], "x2_names": ["x"], "sigma": [0], "pi": [[1, 1]], "demographics": ["income", "income"]}"#,
            ["demographics: `income` stands twice", "name each once"],
        ),
    ] {
        fs::write(copied.path().join("case.json"), case).unwrap();
        let error =
            load(copied.path(), Some(r#"[{"name": "n", "spec": {}}]"#)).err().unwrap_or_else(|| panic!("{case}"));
        for part in parts.iter().chain(&["case.json"]) {
            assert!(error.contains(part), "{case}: {error}\nlacks {part:?}");
        }
    }
}

/// Two columns under the names of one thing: whichever was taken, the other was passed over.
#[test]
fn columns_with_one_meaning_are_refused() {
    for (header, row, twins) in [
        ("product_id,firm_id,price0,prices,delta_ex_price,mc", "a,1,3.7,5,3,2", ["`price0`", "`prices`"]),
        ("product_id,firm_id,price0,share0,shares,mc", "a,1,3.7,0.1,0.2,2", ["`share0`", "`shares`"]),
        ("product_id,firm_id,firm_ids,price0,delta_ex_price,mc", "a,1,2,3.7,3,2", ["`firm_id`", "`firm_ids`"]),
        ("product_id,firm_id,price0,delta_ex_price,mc,costs", "a,1,3.7,3,2,1", ["`mc`", "`costs`"]),
    ] {
        let copied = with_products(&format!("{header}\n{row}\n"));
        let error =
            load(copied.path(), Some(r#"[{"name": "n", "spec": {}}]"#)).err().unwrap_or_else(|| panic!("{header}"));
        for part in twins.iter().chain(&["products.csv", "two names for one thing", "keep the one"]) {
            assert!(error.contains(part), "{error}\nlacks {part:?}");
        }
    }
    let copied = with_products("product_id,firm_id,price0,delta_ex_price,mc\na,1,3.7,3,2\n");
    for agents in ["weight,weights\n0.5,0.5\n", "weight,nu0,nodes0\n0.5,0,1\n"] {
        fs::write(copied.path().join("agents.csv"), agents).unwrap();
        let error =
            load(copied.path(), Some(r#"[{"name": "n", "spec": {}}]"#)).err().unwrap_or_else(|| panic!("{agents}"));
        assert!(error.contains("agents.csv") && error.contains("two names for one thing"), "{error}");
    }
}

/// Amounts, parts and prices have bounds, and what a specification lacks is said with its place and what to do.
#[test]
fn what_a_specification_lacks_is_said_with_its_place() {
    let copied = with_products(FIRMS);
    for (spec, parts) in [
        (
            r#"{"tariff": {"type": "specific", "amount": 1e300}}"#,
            ["specs.json: scenario t: tariff: amount is 1e300, expected at most 1e12", "unit of prices"],
        ),
        (
            r#"{"tariff": {"type": "specific", "amount": -1e300}}"#,
            ["specs.json: scenario t: tariff: amount is -1e300, expected at most 1e12", "unit of prices"],
        ),
        (
            r#"{"tariff": {"type": "retail_share", "rate": 0.1, "kappa": -3}}"#,
            ["specs.json: scenario t: tariff: kappa is -3", "a subsidy is a rate below 0"],
        ),
        (
            r#"{"tariff": {"type": "retail_share", "rate": 0.1, "kappa": 50}}"#,
            ["kappa is 50.0: was percent meant?", "write 0.5 for 50%"],
        ),
        (
            r#"{"tariff": {"type": "retail", "rate": "25%"}}"#,
            ["rate is \"25%\", expected a number", "write 0.25 for 25%, without quotes"],
        ),
        (r#"{"tariff": {"type": "retail", "rate": "0.25"}}"#, ["rate is \"0.25\"", "write 0.25, without quotes"]),
        (r#"{"tariff": {"type": "retail", "rate": "0,25"}}"#, ["rate is \"0,25\"", "write 0.25, without quotes"]),
        (
            r#"{"limits": [{"share": 0, "where": {"region": "JP"}}]}"#,
            ["specs.json: scenario t: limits: share of limit no. 1 is 0", "`remove`"],
        ),
        (
            r#"{"limits": [{"name": "q", "share": -0.1, "where": {"region": "JP"}}]}"#,
            ["specs.json: scenario t: limits: share of limit q is -0.1", "`remove`"],
        ),
        (
            r#"{"hold": [{"at": "tier"}]}"#,
            ["specs.json, scenario t: hold: products.csv, row 4 (c): tier is \"\"", "fill the cell"],
        ),
        (
            r#"{"hold": [{"at": 5, "where": {"region": "MARS"}}]}"#,
            ["specs.json, scenario t: hold: no product has region = MARS", "correct its `where`"],
        ),
        (
            r#"{"start": "region"}"#,
            [
                "specs.json, scenario t: start: products.csv, row 2 (a): region is \"JP\"",
                "name a column that has prices",
            ],
        ),
    ] {
        let error = refused_spec(copied.path(), spec);
        for part in parts {
            assert!(error.contains(part), "{spec}: {error}\nlacks {part:?}");
        }
    }
    let error = load(copied.path(), Some("[]")).unwrap_err();
    assert!(error.contains("has no scenario") && error.contains("give at least one"), "{error}");
    for (cells, expected) in [
        ("3.7,1e308,2", "row 2 (a): delta_ex_price is 1e308, expected within 1e6 of 0"),
        ("3.7,3,-1e300", "row 2 (a): mc is -1e300, expected within 1e15 of 0"),
    ] {
        let huge = with_products(&format!("product_id,firm_id,price0,delta_ex_price,mc\na,1,{cells}\n"));
        let error = load(huge.path(), Some(r#"[{"name": "n", "spec": {}}]"#)).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

/// A table of owners, or the conditions of one owner, for which there is no room: refused before anything is formed.
#[test]
fn a_market_without_room_is_refused() {
    use std::fmt::Write;
    for (firms, costs) in [(20_000, ""), (20_000, ",1"), (1, "")] {
        let mut products =
            format!("product_id,firm_id,price0,delta_ex_price{}\n", if costs.is_empty() { "" } else { ",mc" });
        (0..20_000).for_each(|j| writeln!(products, "p{j},{},2,-9{costs}", j % firms).unwrap());
        let copied = with_products(&products);
        let case =
            load(copied.path(), Some(r#"[{"name": "t", "spec": {}}]"#)).unwrap_or_else(|error| panic!("{error}"));
        let options = SolveOptions { matrices: Matrices::None, ..SolveOptions::default() };
        let error = match solve(&case, &options) {
            Err(error) => error.to_string(),
            Ok(solution) => solution.failed[0].error.to_string(),
        };
        let owners = format!("20000 products of {firms} owners take");
        for part in [owners.as_str(), "GB", "help: solve parts of the market apart"] {
            assert!(error.contains(part), "{error}\nlacks {part:?}");
        }
    }
}

/// A product that everybody buys at the price at which it is held: the price and the share stand, and what is left of buyers is too little to answer.
#[test]
fn a_product_that_takes_all_has_a_price_and_no_diversion() {
    let copied = with_products("product_id,firm_id,price0,delta_ex_price,mc\na,1,3.7,100000,2\n");
    let solution = solve_in(copied.path(), r#"[{"name": "t", "spec": {"hold": [{"at": 5}]}}]"#);
    let found = scenario(&solution, "t");
    assert_eq!((found.price[0], found.share[0]), (5.0, 1.0));
    assert!(
        found.outside_diversion[0].is_nan() && found.notes.iter().any(|note| note.contains("are left empty")),
        "{found:?}"
    );
}

/// A scenario without regimes says what to do, and not how many it may have.
#[test]
fn no_regime_is_told_to_define_one() {
    let path = crate::support::showdown_path();
    let error = stickershock::config::load(&path, &["regime=[]".to_owned()]).unwrap_err().to_string();
    for part in ["regime", "there is no regime", "define at least one"] {
        assert!(error.contains(part), "{error}\nlacks {part:?}");
    }
}
