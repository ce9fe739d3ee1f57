//! Inputs on which trials failed: each is solved right, or refused with file, place and remedy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use stickershock::config::case::{Case, CaseOptions};
use stickershock::report::case::warnings;
use stickershock::study::solution::ScenarioResult;
use stickershock::study::solve::{Solution, SolveOptions, solve};

fn folder(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/field").join(case)
}

pub fn load(folder: &Path, specs: Option<&str>) -> Result<Case, String> {
    let written = tempfile::tempdir().unwrap();
    let path = written.path().join("specs.json");
    let specs = specs.map(|text| {
        fs::write(&path, text).unwrap();
        path
    });
    Case::load(folder, &CaseOptions { specs, ..CaseOptions::default() }).map_err(|error| error.to_string())
}

fn solved_with(case: &str, specs: Option<&str>, options: SolveOptions) -> Solution {
    let case = load(&folder(case), specs).unwrap_or_else(|error| panic!("{error}"));
    solve(&case, &options).unwrap_or_else(|error| panic!("{error}"))
}

fn solved(case: &str) -> Solution {
    let solution = solved_with(case, None, SolveOptions::default());
    assert!(solution.failed.is_empty(), "{:?}", solution.failed);
    solution
}

pub fn scenario<'a>(solution: &'a Solution, name: &str) -> &'a ScenarioResult {
    solution.scenarios.iter().find(|scenario| scenario.name == name).unwrap_or_else(|| panic!("{:?}", solution.failed))
}

fn refused(case: &str, parts: &[&str]) {
    let error = load(&folder(case), None).err().unwrap_or_else(|| panic!("{case} is accepted"));
    for part in parts {
        assert!(error.contains(part), "{case}: {error}\nlacks {part:?}");
    }
}

/// A key of another type of duty changes nothing, and is refused rather than left aside in silence.
#[test]
fn keys_of_other_types_of_duty_are_refused() {
    for (tariff, parts) in [
        (
            r#"{"type":"retail","rate":0.25,"kappa":0.5}"#,
            ["kappa is of no use with type \"retail\"", "\"retail_share\""],
        ),
        (r#"{"type":"cost","rate":0.25,"amount":2}"#, ["amount is of no use with type \"cost\"", "\"specific\""]),
        (r#"{"type":"specific","amount":2,"rate":0.1}"#, ["rate is of no use with type \"specific\"", "takes amount"]),
        (r#"{"type":"list","rate":0.25,"dist_share":0.1}"#, ["dist_share is of no use", "\"border_dist\""]),
    ] {
        let specs = format!(r#"[{{"name":"duty","spec":{{"tariff":{tariff}}}}}]"#);
        let error = load(&folder("local_not_global_1x2"), Some(&specs)).err().unwrap_or_else(|| panic!("{tariff}"));
        for part in parts {
            assert!(error.contains(part), "{tariff}: {error}");
        }
    }
}

#[test]
fn the_fold_is_passed() {
    let solution = solved("fold_1x2");
    let past = scenario(&solution, "cost100");
    assert!((past.price[0] - 129.43655).abs() < 1e-5, "{:?}", past.price);
    // One kind of buyer in twenty is left: said so.
    assert!(past.thin[0].1.buyers < 1.01 && (past.thin[0].1.weight - 0.05).abs() < 1e-3, "{:?}", past.thin);
}

/// A maximum of profit that is not the highest is given with the price at which the owner would earn more; with many starts that
/// other equilibrium is found, and the minimum of profit between the two is not counted.
#[test]
fn a_local_maximum_is_called_one() {
    let many = SolveOptions { many_starts: true, ..SolveOptions::default() };
    let solution = solved_with("local_not_global_1x2", None, many);
    let base = scenario(&solution, "base");
    assert!((base.price[0] - 3.7152).abs() < 1e-4 && (base.net_profit[0] - 0.6166).abs() < 1e-4);
    let [deviation] = &base.deviations[..] else { panic!("{:?}", base.deviations) };
    assert!((deviation.profit - base.net_profit[0]).abs() < 1e-12);
    assert!((deviation.price - 128.643).abs() < 1e-3, "{deviation:?}");
    assert!((deviation.profit + deviation.gain - 3.8322).abs() < 1e-4, "{deviation:?}");
    let far = &base.other_equilibria;
    assert_eq!(far.len(), 1, "{far:?}");
    assert!((far[0].price[0] - 128.643).abs() < 1e-3, "{far:?}");
    let profit = (far[0].price[0] - 2.0) * far[0].share[0];
    assert!((profit - 3.8322).abs() < 1e-4, "{profit}");
}

/// Dependent limits: prices are those of limits that say the same without redundancy, and the shadow prices on each product
/// have the same sum; equal limits share theirs.
#[test]
fn dependent_limits_are_the_independent_ones_they_amount_to() {
    let specs = |limits: &[(&str, f64, &str)]| {
        let each = limits.iter().map(|(name, share, products)| {
            format!("{{\"name\": \"{name}\", \"share\": {share}, \"where\": {{\"product_id\": {products}}}}}")
        });
        format!("[{{\"name\": \"q\", \"spec\": {{\"limits\": [{}]}}}}]", each.collect::<Vec<_>>().join(", "))
    };
    let compare = |case: &str, independent: &[(&str, f64, &str)]| {
        let dependent = solved(case);
        let found = &dependent.scenarios[0];
        let plain = solved_with(case, Some(&specs(independent)), SolveOptions::default());
        let plain = scenario(&plain, "q");
        for (a, b) in found.price.iter().zip(&plain.price) {
            assert!((a / b - 1.0).abs() < 1e-9, "{case}: {:?} {:?}", found.price, plain.price);
        }
        assert!(found.notes.iter().any(|note| note.contains("depend on one another")), "{:?}", found.notes);
        (found.shadow_price.clone(), plain.shadow_price.clone())
    };
    let (shared, alone) = compare("q_same_twice", &[("one", 0.1, "[\"a\", \"c\"]")]);
    assert!((shared[0] - shared[1]).abs() < 1e-9 && (2.0 * shared[0] - alone[0]).abs() < 1e-9, "{shared:?} {alone:?}");
    let parts = [("a", 0.06, "\"a\""), ("c", 0.04, "\"c\"")];
    let (shared, alone) = compare("q_nested_exact", &parts);
    for (part, alone) in shared[1..].iter().zip(&alone) {
        assert!((shared[0] + part - alone).abs() < 1e-9, "{shared:?} {alone:?}");
    }
    let parts = [("a", 0.1, "\"a\""), ("c", 0.05, "\"c\"")];
    let (shared, alone) = compare("q_partition_plus_total", &parts);
    for (part, alone) in shared[..2].iter().zip(&alone) {
        assert!((shared[2] + part - alone).abs() < 1e-9, "{shared:?} {alone:?}");
    }
    assert!(shared.iter().all(|mu| *mu >= 0.0));
}

/// Dependent limits of which one is tighter than the others together: only that one binds.
#[test]
fn of_dependent_limits_the_tighter_binds() {
    let specs = |total: f64| {
        format!(
            "[{{\"name\": \"q\", \"spec\": {{\"limits\": [{{\"name\": \"a\", \"share\": 0.06, \"where\": {{\"product_id\": \"a\"}}}}, \
             {{\"name\": \"c\", \"share\": 0.04, \"where\": {{\"product_id\": \"c\"}}}}, \
             {{\"name\": \"both\", \"share\": {total}, \"where\": {{\"region\": \"JP\"}}}}]}}}}]"
        )
    };
    let mu = |total: f64| {
        let solution = solved_with("q_same_twice", Some(&specs(total)), SolveOptions::default());
        let found = scenario(&solution, "q");
        assert!(found.notes.is_empty(), "{:?}", found.notes);
        (found.shadow_price.clone(), found.limit_used.clone())
    };
    let (slack, used) = mu(0.11);
    assert!(slack[0] > 0.0 && slack[1] > 0.0 && slack[2] == 0.0 && (used[2] - 0.1).abs() < 1e-9, "{slack:?} {used:?}");
    let (tight, used) = mu(0.05);
    assert!(tight[2] > 0.0 && (used[2] - 0.05).abs() < 1e-10, "{tight:?} {used:?}");
    assert!(used[0] <= 0.06 * (1.0 + 1e-10) && used[1] <= 0.04 * (1.0 + 1e-10), "{used:?}");
}

/// Limits of a scenario are met, each with equality or a shadow price of zero.
fn limits_clear(found: &ScenarioResult, allowed: &[f64]) {
    let each = found.limit_used.iter().zip(allowed).zip(&found.shadow_price);
    for ((used, allowed), mu) in each {
        let over = (used / allowed).ln();
        assert!(*mu >= 0.0 && if *mu > 0.0 { over.abs() <= 1e-10 } else { over <= 1e-10 }, "{found:?}");
    }
    assert_eq!(found.limit_used.len(), allowed.len());
    assert!(found.first_order_residual < 1e-9 && found.second_order.iter().all(|order| order.largest_eigenvalue < 0.0));
}

/// Steps in shadow prices that end where all limits are slack: past a fold so little is sold that the limit no longer binds.
#[test]
fn limits_that_all_turn_slack_on_the_way_are_slack() {
    let specs = r#"[{"name": "free", "spec": {}}, {"name": "q", "spec": {"limits": [{"name": "l", "share": 0.1, "where": {}}]}}]"#;
    let solution = solved_with("local_not_global_1x2", Some(specs), SolveOptions::default());
    let found = scenario(&solution, "q");
    limits_clear(found, &[0.1]);
    assert!(found.shadow_price[0] == 0.0 && (found.price[0] - 128.643).abs() < 1e-3, "{:?}", found.price);
    assert!((scenario(&solution, "free").price[0] - 3.7152).abs() < 1e-4);
    for (case, allowed) in [
        ("limits_two_of_two", &[0.2, 0.05][..]),
        ("limits_overlap_duty", &[0.15, 0.05, 0.001]),
        ("limits_two_pairs", &[0.3, 0.2]),
    ] {
        limits_clear(&solved(case).scenarios[0], allowed);
    }
}

/// Against prices and shadow prices of another solver (SciPy's least squares on all conditions).
#[test]
fn shadow_prices_that_newton_steps_overshoot_are_found() {
    let close = |found: &[f64], known: &[f64]| {
        assert!(found.len() == known.len() && found.iter().zip(known).all(|(a, b)| (a - b).abs() < 2e-5), "{found:?}");
    };
    let solution = solved("limits_nested_one_buyer");
    let found = &solution.scenarios[0];
    limits_clear(found, &[0.02, 0.15, 0.01, 0.01, 0.15]);
    close(&found.price, &[5.49225, 8.21833, 6.32595, 8.06889, 1.63588, 9.75114]);
    close(&found.shadow_price, &[0.0, 0.0, 4.99547, 1.41549, 0.0]);
    let solution = solved("limits_nested_costs");
    let found = &solution.scenarios[0];
    limits_clear(found, &[0.05, 0.1, 0.2]);
    close(&found.price, &[6.63139, 4.47256, 6.25157, 5.78971, 6.19616]);
    close(&found.shadow_price, &[2.31979, 0.38263, 0.0]);
}

/// Numbers of another solver, to the five places that it gives.
fn near(found: &[f64], known: &[f64]) {
    assert!(found.len() == known.len() && found.iter().zip(known).all(|(a, b)| (a - b).abs() < 2e-5), "{found:?}");
}

/// Below cost after duty an owner of two products would rather sell less of both, and the first step leads below zero.
#[test]
fn a_start_below_the_taxed_cost_is_left() {
    let solution = solved("start_below_cost");
    near(&scenario(&solution, "c").price, &[5.30720, 13.30720]);
    let solution = solved("start_below_cost_recovered");
    near(&scenario(&solution, "c3").price, &[17.68956, 5.22742, 0.71109, 13.28956]);
    let limited = |product: &str, share: f64| {
        let specs = format!(
            r#"[{{"name": "q", "spec": {{"tariff": {{"type": "cost", "rate": 3, "where": {{"firm_id": 1}}}},
                "limits": [{{"name": "l", "share": {share}, "where": {{"product_id": "{product}"}}}}]}}}}]"#
        );
        let found = solved_with("start_below_cost", Some(&specs), SolveOptions::default());
        limits_clear(scenario(&found, "q"), &[share]);
        scenario(&found, "q").clone()
    };
    near(&limited("p0", 0.9).price, &[5.30720, 13.30720]);
    assert!(limited("p1", 0.01).shadow_price[0] > 0.0);
    for scenario in solution.scenarios {
        assert!(scenario.first_order_residual < 1e-12, "{scenario:?}");
        assert!(scenario.second_order.iter().all(|order| order.largest_eigenvalue < 0.0), "{scenario:?}");
    }
}

/// Where a price is held two limits may be one and the same for all prices that move.
#[test]
fn limits_on_the_same_free_prices_are_met_by_the_one_that_binds() {
    let solution = solved("limits_held_slack");
    let found = &solution.scenarios[0];
    limits_clear(found, &[0.0987, 0.74]);
    near(&found.price, &[4.05572, 5.22192]);
    near(&found.shadow_price, &[0.94622, 0.0]);
    let solution = solved("limits_held_two");
    let found = &solution.scenarios[0];
    limits_clear(found, &[0.014633518695745348, 0.5346006272123083]);
    assert!(found.shadow_price[0] > 0.0 && found.shadow_price[1] == 0.0, "{:?}", found.shadow_price);
}

/// Against prices and shadow prices of another solver: searches in shadow prices alone end where prices leap or several limits overlap.
#[test]
fn prices_and_shadow_prices_that_move_together_are_found() {
    let solution = solved("limits_three_overlap");
    let found = &solution.scenarios[0];
    limits_clear(found, &[0.024699993327755982, 0.28312537708262125, 0.003606344231447427]);
    near(&found.price, &[9.44440, 22.19636, 7.35737, 36.74372]);
    near(&found.shadow_price, &[27.26545, 1.06202, 14.78900]);
    let solution = solved("limits_one_monopolist");
    let found = scenario(&solution, "s2");
    limits_clear(found, &[0.08086609867161115]);
    near(&[found.price[0], found.shadow_price[0]], &[21.73110, 3.67025]);
    let found = scenario(&solution, "s5");
    limits_clear(found, &[0.08976136952548838; 2]);
    near(&[found.price[0], found.shadow_price.iter().sum()], &[20.07679, 0.03215]);
    assert!((found.shadow_price[0] - found.shadow_price[1]).abs() < 1e-9, "{:?}", found.shadow_price);
    let solution = solved("limits_third_alone");
    let found = &solution.scenarios[0];
    assert_eq!(found.shadow_price[..2], [0.0; 2]);
    assert!(found.shadow_price[2] > 0.0, "{:?}", found.shadow_price);
    let solution = solved("limits_leave_one_product");
    limits_clear(scenario(&solution, "s3"), &[1.639280802966434e-07, 8.204633915538428e-09]);
    limits_clear(scenario(&solution, "s1"), &[1.3997769799350456e-17, 8.204608623455625e-08, 8.204608623922216e-09]);
    limits_clear(&solved("limits_two_of_a_firm").scenarios[0], &[0.011846620787529898]);
}

/// What makes a scenario insoluble is named, with the product and what to do.
#[test]
fn what_no_price_can_mend_is_named() {
    let hold = |held: &str| {
        format!(
            r#"[{{"name": "h", "spec": {{"limits": [{{"name": "q", "share": 0.05, "where": {{"product_id": "p0"}}}}],
                "hold": [{{"where": {{"product_id": {held}}}, "at": "base"}}]}}}}]"#
        )
    };
    let subsidy =
        r#"[{"name": "s", "spec": {"tariff": {"type": "specific", "amount": -9, "where": {"product_id": "p0"}}}}]"#;
    for (specs, parts) in [
        (
            hold(r#""p0""#),
            ["limit q", "p0 alone would sell 0.197482 of the 0.050000", "held at its price (hold)", "let its price go"],
        ),
        (
            hold(r#"["p0", "p1"]"#),
            ["limit q", "p0 alone would sell 0.197482 of the 0.050000", "answers to no limit", "allow more"],
        ),
        (
            subsidy.to_owned(),
            [
                "prices below zero (p0 at -0.6639)",
                "cost of p0 after duty is -7.0000",
                "subsidy of more",
                "lower the subsidy",
            ],
        ),
    ] {
        let solution = solved_with("limits_held_slack", Some(&specs), SolveOptions::default());
        let error = solution.failed.iter().map(|failed| failed.error.to_string()).collect::<String>();
        for part in parts {
            assert!(error.contains(part), "{error}\nlacks {part:?}");
        }
    }
}

/// Buyers who answer a dearer price by less than it is leave no price that is best.
#[test]
fn profit_that_rises_for_ever_is_said_to() {
    let folder = with_products("product_id,firm_id,price0,delta_ex_price,mc\na,x,4,3,2\n");
    let case = r#"{"beta": [-0.2], "beta_names": ["prices"], "curvature": 0}"#;
    fs::write(folder.path().join("case.json"), case).unwrap();
    let solution = solve_in(folder.path(), r#"[{"name": "base", "spec": {}}]"#);
    let error = solution.failed[0].error.to_string();
    for part in ["no price of a is best", "100.000% of all weight", "curvature above 0", "above 0.2500"] {
        assert!(error.contains(part), "{error}\nlacks {part:?}");
    }
}

/// Buyers who take a product at any price that a search reaches let it climb: that is said.
#[test]
fn a_price_that_climbs_for_ever_is_said_to() {
    let folder = with_products("product_id,firm_id,price0,x,delta_ex_price,mc\na,x,4,2,3,2\nb,y,3,1,3,2\n");
    let case = r#"{"beta": [-1.0, 0.0], "beta_names": ["prices", "x"], "sigma": [[0.0, 0.0], [0.0, 1e9]], "x2_names": ["prices", "x"]}"#;
    fs::write(folder.path().join("case.json"), case).unwrap();
    fs::write(folder.path().join("agents.csv"), "weight,nu0\n0.5,1.0\n0.5,-1.0\n").unwrap();
    let solution = solve_in(folder.path(), r#"[{"name": "base", "spec": {}}]"#);
    let error = solution.failed[0].error.to_string();
    for part in
        ["did not settle", "climbs on at", "with 50.0% of all weight take a at any such price", "bound their tastes"]
    {
        assert!(error.contains(part), "{error}\nlacks {part:?}");
    }
}

/// A product that a duty prices out of the market is named; what is too little for a number is no gain, and no error.
#[test]
fn a_product_priced_out_is_named_at_any_duty() {
    let folder = with_products("product_id,firm_id,price0,share0\na,1,2,0.3\nb,2,3,0.1\n");
    let duty = |amount: &str| {
        format!(
            r#"{{"name": "t{amount}", "spec": {{"tariff": {{"type": "specific", "amount": {amount}, "where": {{"product_id": "a"}}}}}}}}"#
        )
    };
    let amounts = ["500", "700", "710", "2000", "1e5", "1e9"];
    let solution = solve_in(folder.path(), &format!("[{}]", amounts.map(duty).join(", ")));
    assert!(solution.failed.is_empty(), "{:?}", solution.failed);
    let case = Case::load(folder.path(), &CaseOptions::default()).unwrap();
    for (scenario, amount) in solution.scenarios.iter().zip(amounts) {
        let amount: f64 = amount.parse().unwrap();
        assert!((scenario.own_elasticity[0] / -scenario.price[0] - 1.0).abs() < 1e-9, "{:?}", scenario.own_elasticity);
        assert!(scenario.deviations.is_empty(), "{:?}", scenario.deviations);
        let out = warnings(&case, scenario).iter().any(|warning| warning.contains("a is priced out of the market"));
        assert_eq!(out, amount > 600.0, "{amount}");
    }
}

/// Any number of equal limits share one shadow price, and all searches for prices on the way are counted.
#[test]
fn equal_limits_share_whatever_their_number() {
    let specs = |count: usize| {
        let each = (0..count).map(|q| format!(r#"{{"name": "q{q}", "share": 0.1, "where": {{"region": "JP"}}}}"#));
        let limits = each.collect::<Vec<_>>().join(", ");
        format!(r#"[{{"name": "s", "spec": {{"limits": [{limits}]}}}}]"#)
    };
    let found = |count: usize| {
        let solution = solved_with("q_same_twice", Some(&specs(count)), SolveOptions::default());
        scenario(&solution, "s").clone()
    };
    let alone = found(1);
    assert!(alone.search.evaluations > 10, "{:?}", alone.search);
    for count in [2, 15, 16, 17, 32, 300] {
        let shared = found(count).shadow_price;
        assert_eq!(shared.len(), count);
        for mu in &shared {
            assert!((count as f64 * mu / alone.shadow_price[0] - 1.0).abs() < 1e-9, "{count}: {shared:?}");
        }
    }
}

/// Costs far below zero: where the conditions hold at prices below zero only, that is said; limits that raise those prices are solved, though
/// there is nothing to begin with without them.
#[test]
fn costs_below_zero_are_named_and_limits_are_solved_without_the_free_prices() {
    let solution = solved_with("costs_below_zero", None, SolveOptions::default());
    let single = solution.failed.iter().find(|failed| failed.scenario == "single").unwrap().error.to_string();
    for part in
        ["prices below zero (p0 at -1.8638)", "marginal cost of p0 is -4.4361", "too inelastic", "correct its demand"]
    {
        assert!(single.contains(part), "{single}");
    }
    for (name, allowed) in [("lim1", 0.1), ("lim3only", 0.15)] {
        let found = scenario(&solution, name);
        limits_clear(found, &[allowed]);
        assert!(found.shadow_price[0] > 0.0 && found.price.iter().all(|price| *price > 0.0), "{found:?}");
    }
    limits_clear(&solved("limits_retail_below_zero").scenarios[0], &[0.1, 0.1, 0.15]);
    limits_clear(&solved("limits_list_below_zero").scenarios[0], &[0.15, 0.01]);
}

#[test]
fn a_limit_on_nothing_says_so() {
    let solution = solved_with("quota_nowhere", None, SolveOptions::default());
    let error = solution.failed[0].error.to_string();
    assert!(solution.scenarios.is_empty());
    for part in ["quota_nowhere", "limit q", "no product has region = ZZ", "`JP`, `US`"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn tables_of_another_shape_are_named_with_the_fix() {
    refused("semicolon", &["products.csv", "separated by semicolons", "commas"]);
    refused("tab", &["products.csv", "separated by tabs", "commas"]);
    refused("case_header", &["products.csv", "`Product_ID`", "did you mean `product_id`"]);
}

#[test]
fn shares_that_leave_nothing_are_named_with_the_fix() {
    refused("shares_percent", &["products.csv", "share0 sums to 37", "percent", "divide them by 100"]);
    refused("modechoice_all", &["products.csv", "share0 sums to 1", "nothing is left", "potential buyers"]);
}

/// A specific duty of 1 on the products chosen, by how it moves effective costs.
fn taxed(solution: &Solution, name: &str) -> Vec<bool> {
    let found = scenario(solution, name);
    found.duty_per_unit.iter().map(|duty| *duty == 1.0).collect()
}

#[test]
fn values_are_matched_by_what_they_mean() {
    let solution = solved("lower_bool_true");
    assert_eq!(taxed(&solution, "t"), [true, false]);
    let solution = solved("nan_where");
    assert_eq!(taxed(&solution, "t"), [true, true]);
    // `01`, `1` and `1.0` are one firm, in `where` and as an owner.
    let solution = solved("leading_zero_firm");
    assert_eq!(taxed(&solution, "w1"), [true; 3]);
    assert_eq!(taxed(&solution, "w01"), [true; 3]);
    let inside: f64 = 0.3 + 0.1 + 0.1;
    let markup = scenario(&solution, "w1");
    // One owner of everything in a plain logit: one markup, 1 / (1 - inside share), at observed prices.
    let cost = &solution.recovered.marginal_cost;
    for (price, cost) in [2.0, 3.0, 3.0].iter().zip(cost) {
        assert!((price - cost - 1.0 / (1.0 - inside)).abs() < 1e-9, "{cost}");
    }
    assert_eq!(markup.price.len(), 3);
}

/// Matrices that would not fit into memory are refused before anything is solved; none is formed that nobody asked for.
#[test]
fn matrices_beyond_a_bound_are_refused() {
    use std::fmt::Write;
    use stickershock::study::solve::Matrices;
    let mut products = "product_id,firm_id,price0,delta_ex_price,mc\n".to_owned();
    (0..20_000).for_each(|j| writeln!(products, "p{j},{},2,-9,1", j % 40).unwrap());
    let copied = with_products(&products);
    let case = load(copied.path(), Some(r#"[{"name": "base", "spec": {}}]"#)).unwrap();
    let options = SolveOptions { matrices: Matrices::All, ..SolveOptions::default() };
    let error = solve(&case, &options).unwrap_err().to_string();
    for part in ["4 matrices of 20000 products", "2 GB", "--specs", "--matrices none"] {
        assert!(error.contains(part), "{error}");
    }
}

/// A copy of a case with other products.
pub fn with_products(products: &str) -> tempfile::TempDir {
    let copied = tempfile::tempdir().unwrap();
    for file in ["agents.csv", "case.json", "scenarios.json"] {
        fs::copy(folder("leading_zero_firm").join(file), copied.path().join(file)).unwrap();
    }
    fs::write(copied.path().join("products.csv"), products).unwrap();
    copied
}

pub fn solve_in(folder: &Path, specs: &str) -> Solution {
    let case = load(folder, Some(specs)).unwrap_or_else(|error| panic!("{error}"));
    solve(&case, &SolveOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// A price response of 1 and a share of .9 explain a price of 2 only with a negative cost.
#[test]
fn a_duty_on_a_negative_cost_is_refused_and_takes_nothing_else_with_it() {
    let copied = with_products("product_id,firm_id,region,price0,share0\na,1,JP,2,0.9\nb,2,US,3,0.01\n");
    let specs = r#"[{"name": "base", "spec": {}},
        {"name": "cost", "spec": {"tariff": {"type": "cost", "rate": 0.25, "where": {"region": "JP"}}}},
        {"name": "dearer", "spec": {"cost_multipliers": {"factor": 1.2, "where": {"region": "JP"}}}},
        {"name": "other", "spec": {"tariff": {"type": "cost", "rate": 0.25, "where": {"region": "US"}}}}]"#;
    let solution = solve_in(copied.path(), specs);
    assert!(solution.recovered.marginal_cost[0] < 0.0);
    let names: Vec<&str> = solution.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    assert_eq!(names, ["base", "other"]);
    let error = solution.failed[0].error.to_string();
    assert!(error.contains("scenario cost") && error.contains("subsidy for a"), "{error}");
    let error = solution.failed[1].error.to_string();
    assert!(error.contains("scenario dearer") && error.contains("a factor of 1.2 on the cost of a"), "{error}");
}

/// Rates, parts and factors that can only be percent, and parts of a price that leave nothing to tax.
#[test]
fn percent_where_parts_are_meant_is_asked_about() {
    let copied = with_products("product_id,firm_id,region,price0,share0\na,1,JP,2,0.3\nb,2,US,3,0.1\n");
    for (spec, expected) in [
        (r#"{"tariff": {"type": "cost", "rate": 25}}"#, "rate is 25.0: was percent meant?\nhelp: write 0.25 for 25%"),
        (
            r#"{"tariff": {"type": "border", "rate": 2e9}}"#,
            "rate is 2000000000.0: was percent meant?\nhelp: it may be 3 at most",
        ),
        (
            r#"{"tariff": {"type": "list", "rate": 0.25, "customs_share": 65}}"#,
            "customs_share is 65.0: was percent meant?",
        ),
        (r#"{"tariff": {"type": "list", "rate": 0.25, "customs_share": -1}}"#, "customs_share is -1"),
        (
            r#"{"tariff": {"type": "border_dist", "rate": 0.25, "dist_share": 30}}"#,
            "dist_share is 30.0: was percent meant?",
        ),
        (
            r#"{"tariff": {"type": "border_dist", "rate": 0.25, "dist_share": 1}}"#,
            "nothing of the price is left to pay duty on",
        ),
        (r#"{"cost_multipliers": {"factor": 125}}"#, "write 1.25 for 125%"),
        (r#"{"tariff": {"type": "specific", "amount": 1, "amount": 2}}"#, "`amount` stands twice in one object"),
        (r#"{"cost_multipliers": {"factor": 1.2, "home_share": 70}}"#, "home_share is 70.0: was percent meant?"),
        (r#"{"cost_multipliers": {"factor": 1.2, "home_share": -1}}"#, "write a part of cost between 0 and 1"),
        (r#"{"holdings": [{"holder": "1", "held": "2", "part": 40}]}"#, "write 0.4 for 40%"),
        (r#"{"limits": [{"name": "q", "share": 10}]}"#, "share is 10.0: was percent meant?\nhelp: write 0.1 for 10%"),
        (r#"{"limits": [{"name": "q", "share": 0.1}, {"name": "q", "share": 0.2}]}"#, "two limits are named \"q\""),
        (r#"{"remove": {"where": {"region": []}}}"#, "where: region is [], expected a value"),
    ] {
        let error = load(copied.path(), Some(&format!("[{{\"name\": \"t\", \"spec\": {spec}}}]"))).unwrap_err();
        assert!(error.contains(expected), "{spec}: {error}");
    }
}

/// Shares of what is sold that rounding keeps from the whole, and keys of `case.json` that are nearly right.
#[test]
fn rounded_shares_and_slips_of_keys_are_named() {
    let of_shares = |shares: &[&str]| {
        let rows = shares.iter().enumerate().map(|(j, share)| format!("p{j},{j},JP,2,{share}\n"));
        with_products(&format!("product_id,firm_id,region,price0,share0\n{}", rows.collect::<String>()))
    };
    for shares in [&["0.333", "0.333", "0.333"][..], &["0.5", "0.2", "0.1", "0.1"], &["0.50", "0.30", "0.19"]] {
        let error = load(of_shares(shares).path(), None).unwrap_err();
        assert!(error.contains("rounding alone") && error.contains("potential buyers"), "{error}");
    }
    // As much as rounding can take at most, and less by the digits that are written, may be people who bought nothing.
    for shares in [&["0.95", "0.04"][..], &["0.950", "0.040"], &["0.950", "0.020", "0.020"], &["0.3333", "0.6666"]] {
        load(of_shares(shares).path(), Some(r#"[{"name": "base", "spec": {}}]"#)).unwrap();
    }
    // Of a hundred products not every error goes the same way: four in a hundred bought nothing.
    let many: Vec<&str> = (0..100).map(|j| if j < 60 { "0.010" } else { "0.009" }).collect();
    load(of_shares(&many).path(), Some(r#"[{"name": "base", "spec": {}}]"#)).unwrap();
    for shares in [&["33.4", "33.3", "33.4"][..], &["50", "51"]] {
        let error = load(of_shares(shares).path(), None).unwrap_err();
        assert!(error.contains("look like percent: divide them by 100"), "{error}");
    }
    let error = load(of_shares(&["334", "333"]).path(), None).unwrap_err();
    assert!(error.contains("look like quantities"), "{error}");
    let copied = with_products("product_id,firm_id,region,price0,share0\na,1,JP,2,0.61\nb,2,US,3,0.37\n");
    load(copied.path(), Some(r#"[{"name": "base", "spec": {}}]"#)).unwrap();
    let case = fs::read_to_string(copied.path().join("case.json")).unwrap();
    fs::write(copied.path().join("case.json"), case.replacen('{', "{\"curvatur\": 2, ", 1)).unwrap();
    let error = load(copied.path(), Some(r#"[{"name": "base", "spec": {}}]"#)).unwrap_err();
    assert!(error.contains("`curvatur` means nothing here") && error.contains("did you mean `curvature`?"), "{error}");
}

/// Names that differ by capitals or by what parts their words, and what is no tolerance.
#[test]
fn names_that_are_written_otherwise_are_named() {
    for firm in ["firmId", "Firm_ID", "firm id", "firm-id", "firm.id"] {
        let copied = with_products(&format!("product_id,{firm},region,price0,share0\na,1,JP,2,0.3\n"));
        let error = load(copied.path(), None).unwrap_err();
        assert!(error.contains(&format!("`{firm}`")) && error.contains("did you mean `firm_id`?"), "{error}");
    }
    // Beside the column that is meant it is a note.
    let copied = with_products("product_id,firm_ids,firm-id,region,price0,share0\na,1,x,JP,2,0.3\n");
    load(copied.path(), Some(r#"[{"name": "base", "spec": {}}]"#)).unwrap();
    let copied = with_products("product_id,firm_id,region,price0,share0\na,1,JP,2,0.3\n");
    let error = load(copied.path(), Some(r#"[{"name": "t", "spec": {"ownership": "Single"}}]"#)).unwrap_err();
    assert!(error.contains("ownership is \"Single\"") && error.contains("did you mean \"single\"?"), "{error}");
    let path = copied.path().join("case.json");
    let case = fs::read_to_string(&path).unwrap();
    for tolerance in ["-1", "\"x\"", "[]"] {
        fs::write(&path, case.replacen('{', &format!("{{\"tolerance\": {tolerance}, "), 1)).unwrap();
        let error = load(copied.path(), Some(r#"[{"name": "base", "spec": {}}]"#)).unwrap_err();
        assert!(error.contains(&format!("tolerance is {tolerance}, expected an object")), "{error}");
    }
    let prices = case.replace("\"prices\"", "\"Prices\"");
    assert_ne!(prices, case);
    fs::write(&path, prices).unwrap();
    let error = load(copied.path(), Some(r#"[{"name": "base", "spec": {}}]"#)).unwrap_err();
    assert!(error.contains("`Prices` is not the name of the price") && error.contains("`prices`?"), "{error}");
}

const THREE: &str = "product_id,firm_id,region,price0,share0,delta_ex_price,mc,on_sale,guess\n\
    a,1,JP,2,0.3,,,1,9\nb,2,US,3,0.1,,,1,9\nc,2,EU,,,1.5,1.25,0,9\n";

/// A product removed is a market without it; one added is a market with it; prices held stay.
#[test]
fn products_come_and_go_and_prices_are_held() {
    let copied = with_products(THREE);
    let specs = r#"[{"name": "base", "spec": {}},
        {"name": "without", "spec": {"remove": {"where": {"product_id": "b"}}}},
        {"name": "with", "spec": {"add": {"where": {"product_id": "c"}}}},
        {"name": "held", "spec": {"tariff": {"type": "specific", "amount": 1, "where": {"region": "JP"}},
                                  "hold": {"where": {"product_id": "b"}}}},
        {"name": "free", "spec": {"tariff": {"type": "specific", "amount": 1, "where": {"region": "JP"}}}},
        {"name": "set", "spec": {"hold": [{"at": 5, "where": {"product_id": "a"}}, {"at": "guess", "where": {"product_id": "b"}}]}},
        {"name": "nothing", "spec": {"remove": {}}},
        {"name": "twice", "spec": {"add": {"where": {"product_id": "a"}}}}]"#;
    let solution = solve_in(copied.path(), specs);
    let of = |name: &str| scenario(&solution, name);
    let base = of("base");
    assert_eq!(base.product_ids, ["a", "b"]);
    assert!((base.price[0] - 2.0).abs() < 1e-9 && (base.price[1] - 3.0).abs() < 1e-9);
    // Plain logit: price less cost is 1 / (1 - share) of each owner.
    let markup = |name: &str, owners: &[&[usize]]| {
        let found = of(name);
        for own in owners {
            let share: f64 = own.iter().map(|&j| found.share[j]).sum();
            for &j in *own {
                let margin = found.markup_over_effective_cost[j];
                assert!((margin * (1.0 - share) - 1.0).abs() < 1e-9, "{name}: {j}");
            }
        }
    };
    markup("base", &[&[0], &[1]]);
    markup("without", &[&[0]]);
    markup("with", &[&[0], &[1, 2]]);
    assert_eq!((of("without").product_ids.join(""), of("with").product_ids.len()), ("a".to_owned(), 0));
    assert!(of("without").share[0] > base.share[0] && of("with").share[0] < base.share[0]);
    assert!(of("with").price_change[2].is_nan() && of("with").price_change[0].is_finite());
    assert_eq!((of("held").price[1], of("set").price.clone()), (base.price[1], vec![5.0, 9.0]));
    markup("held", &[&[0]]);
    assert!(of("free").price[1] > of("held").price[1]);
    let errors: Vec<String> = solution.failed.iter().map(|failed| failed.error.to_string()).collect();
    assert!(errors[0].contains("scenario nothing") && errors[0].contains("nothing is left on sale"), "{errors:?}");
    assert!(errors[1].contains("scenario twice") && errors[1].contains("a is on sale already"), "{errors:?}");
    // What cannot be found must be given.
    let lacking = with_products(&THREE.replace("1.5,1.25,0", ",1.25,0"));
    let error = load(lacking.path(), Some("[{\"name\": \"base\", \"spec\": {}}]")).unwrap_err();
    assert!(error.contains("row 4 (c)") && error.contains("delta_ex_price"), "{error}");
}

/// The start decides which of two equilibria is found; a column gives one apart from `price0`.
#[test]
fn a_start_apart_from_observed_prices_is_used() {
    let copied = tempfile::tempdir().unwrap();
    for file in ["agents.csv", "case.json"] {
        fs::copy(folder("local_not_global_1x2").join(file), copied.path().join(file)).unwrap();
    }
    let products = "product_id,firm_id,price0,delta_ex_price,mc,dear\na,1,3.7151781307770175,3.0,2.0,100\n";
    fs::write(copied.path().join("products.csv"), products).unwrap();
    let specs = r#"[{"name": "near", "spec": {}}, {"name": "far", "spec": {"start": "dear"}}]"#;
    let solution = solve_in(copied.path(), specs);
    assert!((scenario(&solution, "near").price[0] - 3.7152).abs() < 1e-4);
    assert!((scenario(&solution, "far").price[0] - 128.643).abs() < 1e-3);
    assert!(scenario(&solution, "far").deviations.is_empty(), "it is the highest maximum");
    fs::write(copied.path().join("products.csv"), products.replace("dear", "start_price")).unwrap();
    let solution = solve_in(copied.path(), r#"[{"name": "far", "spec": {}}]"#);
    assert!((scenario(&solution, "far").price[0] - 128.643).abs() < 1e-3);
}

/// A pipe in a case is refused, and nobody waits for its other end.
#[cfg(unix)]
#[test]
fn a_pipe_in_a_case_is_refused() {
    for file in ["case.json", "products.csv", "agents.csv", "scenarios.json"] {
        let copied = tempfile::tempdir().unwrap();
        for other in ["case.json", "products.csv", "agents.csv", "scenarios.json"] {
            fs::copy(folder("fold_1x2").join(other), copied.path().join(other)).unwrap();
        }
        fs::remove_file(copied.path().join(file)).unwrap();
        assert!(Command::new("mkfifo").arg(copied.path().join(file)).status().unwrap().success());
        let error = Case::load(copied.path(), &CaseOptions::default()).unwrap_err().to_string();
        assert!(error.contains(file) && error.contains("pipe"), "{error}");
    }
}

/// From the command line: what settled is printed and written, the rest is listed, and the exit code says so.
#[test]
fn one_failing_scenario_loses_nothing_else() {
    let copied = with_products("product_id,firm_id,region,price0,share0\na,1,JP,2,0.3\nb,2,US,3,0.1\n");
    let specs = copied.path().join("specs.json");
    let text = r#"[{"name": "base", "spec": {}},
        {"name": "nowhere", "spec": {"limits": [{"name": "q", "share": 0.1, "where": {"region": "ZZ"}}]}},
        {"name": "quota", "spec": {"limits": [{"name": "q", "share": 0.1, "where": {"region": "JP"}}]}}]"#;
    fs::write(&specs, text).unwrap();
    let out = copied.path().join("out");
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
        command.arg("solve").arg(copied.path()).arg("--specs").arg(&specs).arg("--out").arg(&out).args(more);
        command.output().unwrap()
    };
    let output = run(&[]);
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(65), "{said}");
    assert!(printed.contains("\nbase ") && printed.contains("\nquota ") && !printed.contains("nowhere"), "{printed}");
    assert!(said.contains("nowhere") && said.contains("ZZ"), "{said}");
    let results = fs::read_to_string(out.join("results.csv")).unwrap();
    let rows: Vec<&str> = results.lines().collect();
    assert_eq!(rows.len(), 5);
    assert!(
        rows[0].starts_with("scenario,product_id,firm_id,effective_cost,") && rows[4].starts_with("quota,b,\"2\",")
    );
    assert!(fs::read_to_string(out.join("failures.csv")).unwrap().contains("nowhere,"));
    // No matrix is formed that was not asked for, and others may read what is written.
    let files: Vec<String> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(!files.iter().any(|name| name.starts_with("elasticities") || name.starts_with("passthrough")), "{files:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(out.join("results.csv")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
    }
    fs::write(&specs, r#"[{"name": "base", "spec": {}}]"#).unwrap();
    let other = run(&[]);
    assert!(String::from_utf8_lossy(&other.stderr).contains("--fresh"), "results of other scenarios stay: {other:?}");
    assert!(run(&["--fresh"]).status.success());
    assert!(!out.join("failures.csv").exists(), "the failures of the run before are gone");
}

/// A byte order mark is no part of JSON or of a table; a list of scenarios has a bound, a name a length, a price a size.
#[test]
fn files_of_other_programs_and_sizes_beyond_reason() {
    let copied = with_products("\u{feff}product_id,firm_id,region,price0,share0\na,1,JP,2,0.3\nb,2,US,3,0.1\n");
    for file in ["case.json", "scenarios.json"] {
        let text = fs::read_to_string(copied.path().join(file)).unwrap();
        fs::write(copied.path().join(file), format!("\u{feff}{text}")).unwrap();
    }
    load(copied.path(), None).unwrap();
    let many: Vec<String> = (0..10_001).map(|at| format!("{{\"name\": \"s{at}\", \"spec\": {{}}}}")).collect();
    let error = load(copied.path(), Some(&format!("[{}]", many.join(", ")))).unwrap_err();
    assert!(error.contains("10001 scenarios, at most 10000") && error.contains("--specs"), "{error}");
    let long = format!("[{{\"name\": \"{}\", \"spec\": {{}}}}]", "x".repeat(5000));
    let error = load(copied.path(), Some(&long)).unwrap_err();
    assert!(error.contains("... (5000 characters)") && error.len() < 500, "{error}");
    let dear = with_products("product_id,firm_id,region,price0,share0\na,1,JP,1e300,0.3\n");
    let error = load(dear.path(), None).unwrap_err();
    assert!(error.contains("row 2 (a): price0 is 1e300, expected at most 1e15"), "{error}");
}

/// Where whole steps go back and forth, parts of them settle: costs that rise steeply, few buyers who all change their minds at one price, and a subsidy.
/// The prices are another solver's.
#[test]
fn steep_markets_are_settled_by_parts_of_steps() {
    for (case, name, known, places) in [
        ("rise_5x30", "t100", &[12.92633, 13.90745, 11.14979, 10.73715, 8.32354][..], 2e-5),
        ("rise_2x1", "b", &[3.1743, 3.712], 1e-3),
        ("steep_2x3", "b", &[3.282793, 9.963560], 2e-6),
        ("subsidy_3x20", "s4", &[68.97703, 99.58715, 19.39399], 2e-5),
        ("steep_6x20", "b", &[], 0.0),
    ] {
        let solution = solved(case);
        let found = scenario(&solution, name);
        assert!(found.first_order_residual < 1e-9, "{case}: {found:?}");
        assert!(found.second_order.iter().all(|order| order.largest_eigenvalue < 0.0), "{case}: {found:?}");
        assert!(known.iter().zip(&found.price).all(|(a, b)| (a - b).abs() < places), "{case}: {:?}", found.price);
    }
}
