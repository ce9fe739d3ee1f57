//! Sensitivity analysis: fixtures to the last digits, closed forms, noise with a known split, coverage, and the commands as a user runs them.

use std::f64::consts::PI;
use std::path::Path;

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use rand_distr::{Distribution as _, StandardNormal};
use serde_json::Value;
use stickershock::numerics::sobol::SobolSequence;
use stickershock::sensitivity::scheme::Runs;
use stickershock::sensitivity::{
    Analysis, Design, Distribution, Index, Method, OutputColumn, Parameter, Problem, Resampling, Response,
    SampleOptions, Scheme, analyze, sample,
};

type Model = fn(&[f64]) -> f64;

fn case(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sensitivity").join(name).with_extension("json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn uniform_problem(bounds: &[[f64; 2]]) -> Problem {
    let parameter = |(i, [low, high]): (usize, &[f64; 2])| Parameter {
        name: format!("x{}", i + 1),
        distribution: Distribution::uniform(*low, *high).unwrap(),
        group: None,
    };
    Problem { parameters: bounds.iter().enumerate().map(parameter).collect() }
}

fn problem_of(case: &Value) -> Problem {
    let bounds = case["problem"]["bounds"].as_array().unwrap();
    uniform_problem(
        &bounds.iter().map(|pair| [pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap()]).collect::<Vec<_>>(),
    )
}

fn design_of(rows: &Value, columns: usize) -> Design {
    let mut design = Design::new(columns);
    rows.as_array().unwrap().iter().for_each(|row| design.push(numbers(row)));
    design
}

fn column(replications: Vec<Vec<f64>>) -> OutputColumn {
    OutputColumn { name: "y".into(), response: Response::new(replications).unwrap() }
}

fn analysed(problem: &Problem, method: Method, design: &Design, replications: Vec<Vec<f64>>, seed: u64) -> Analysis {
    let resampling = Resampling { resamples: 200, seed, ..Resampling::default() };
    analyze(problem, method, design, &[column(replications)], &resampling).unwrap()
}

fn find<'a>(analysis: &'a Analysis, index: &str, parameter: &str) -> &'a Index {
    analysis.indices.iter().find(|row| row.index == index && row.parameter == parameter).unwrap()
}

fn ishigami(x: &[f64]) -> f64 {
    x[0].sin() + 7.0 * x[1].sin().powi(2) + 0.1 * x[2].powi(4) * x[0].sin()
}

fn sobol_g8(x: &[f64]) -> f64 {
    let a = [0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0];
    x.iter().zip(a).map(|(x, a)| ((4.0 * x - 2.0).abs() + a) / (1.0 + a)).product()
}

fn linear_interaction(x: &[f64]) -> f64 {
    3.0 * x[0] + 2.0 * x[1] + 4.0 * x[0] * x[1]
}

const UNIT3: [[f64; 2]; 3] = [[0.0, 1.0]; 3];
const CIRCLE3: [[f64; 2]; 3] = [[-PI, PI]; 3];

#[test]
fn plain_sobol_points_equal_the_fixture_to_the_bit() {
    let expected = case("sobol_points");
    let points = SobolSequence::plain(21).unwrap();
    let mut rows = 0;
    for (point, row) in points.zip(expected["points"].as_array().unwrap()) {
        assert_eq!(
            point.iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
            numbers(row).iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        );
        rows += 1;
    }
    assert_eq!(rows, 16);
}

/// What a given design and outputs must give: to 1e-10, and delta to 0.02, because the fixture's is itself of random resamples.
#[test]
fn estimators_return_the_fixtures() {
    for name in ["fixtures_ishigami", "fixtures_sobol_g4"] {
        let fixture = case(name);
        let problem = problem_of(&fixture);
        for method in Method::ALL {
            let expected = &fixture[method.name()];
            let source = if matches!(method, Method::Pawn | Method::Delta) { &fixture["rbd_fast"] } else { expected };
            let outputs = numbers(&source["Y"]);
            let design = match &source["X"] {
                Value::Null => sample(&problem, method, SampleOptions { n: 129, seed: 0, levels: 4 }).unwrap(),
                rows => design_of(rows, problem.len()),
            };
            let analysis = analysed(&problem, method, &design, vec![outputs], 0);
            let mut compared = 0;
            for row in &analysis.indices {
                let key = if row.index == "delta" { "delta_raw" } else { row.index };
                let place = |name: &str| problem.names().position(|other| other == name).unwrap();
                let (value, tolerance) = match row.parameter.split_once(':') {
                    Some((a, b)) => (&expected[key][place(a)][place(b)], 1e-10),
                    None => (&expected[key][place(&row.parameter)], if row.index == "delta" { 0.02 } else { 1e-10 }),
                };
                let error = (row.estimate.value - value.as_f64().unwrap()).abs();
                assert!(error < tolerance, "{name}, {row:?}, expected {value}");
                compared += 1;
            }
            let each = match method {
                Method::Sobol => 2 * problem.len() + problem.len() * (problem.len() - 1) / 2,
                Method::Morris => 3 * problem.len(),
                Method::Fast => 2 * problem.len(),
                Method::Pawn => 5 * problem.len(),
                Method::RbdFast | Method::Delta => problem.len(),
            };
            assert_eq!(compared, each, "{name}, {method:?}");
        }
    }
}

/// Four times the root mean square error over seeds of the reference's design of the same size, and not below 0.005. Of other seeds, one or two in a
/// hundred miss this for one of the cases and sizes; this one is fixed.
#[test]
fn closed_forms_are_met_by_our_own_designs() {
    let cases: [(&str, Model); 3] =
        [("ishigami_7_01", ishigami), ("sobol_g8", sobol_g8), ("linear_interaction", linear_interaction)];
    for (name, model) in cases {
        let reference = case(name);
        let problem = problem_of(&reference);
        for n in [256, 1024] {
            let design = sample(&problem, Method::Sobol, SampleOptions { n, seed: 7, levels: 4 }).unwrap();
            let analysis = analysed(&problem, Method::Sobol, &design, vec![design.iter().map(model).collect()], 0);
            let rmse = &reference["salib"][format!("sobol_N{n}")]["rmse_over_seeds"];
            for index in ["S1", "ST"] {
                let exact = numbers(&reference["exact"][index]);
                for ((parameter, exact), rmse) in problem.names().zip(exact).zip(numbers(&rmse[index])) {
                    let found = find(&analysis, index, parameter).estimate;
                    let tolerance = (4.0 * rmse).max(0.005);
                    assert!(
                        (found.value - exact).abs() < tolerance,
                        "{name}, n = {n}, {index} of {parameter}: {found:?}, exact {exact}"
                    );
                }
            }
        }
    }
}

#[test]
fn fourier_methods_and_elementary_effects_meet_closed_forms() {
    let problem = uniform_problem(&CIRCLE3);
    let run = |method, n, model: Model, problem: &Problem| {
        let design = sample(problem, method, SampleOptions { n, seed: 3, levels: 4 }).unwrap();
        analysed(problem, method, &design, vec![design.iter().map(model).collect()], 0)
    };
    let first = [0.3139, 0.4424, 0.0];
    let total = [0.5576, 0.4424, 0.2437];
    let (fast, rbd) = (run(Method::Fast, 1025, ishigami, &problem), run(Method::RbdFast, 4000, ishigami, &problem));
    for (parameter, (first, total)) in ["x1", "x2", "x3"].into_iter().zip(first.into_iter().zip(total)) {
        assert!((find(&fast, "S1", parameter).estimate.value - first).abs() < 0.03);
        // Interference of frequencies: the reference's own totals are off by up to 0.045.
        assert!((find(&fast, "ST", parameter).estimate.value - total).abs() < 0.06);
        assert!((find(&rbd, "S1", parameter).estimate.value - first).abs() < 0.03);
    }
    let morris = run(Method::Morris, 200, linear_interaction, &uniform_problem(&UNIT3));
    for (parameter, exact) in [("x1", 5.0), ("x2", 4.0), ("x3", 0.0)] {
        let found = find(&morris, "mu_star", parameter).estimate;
        assert!((found.value - exact).abs() <= 3.5 * found.std_error, "{parameter}: {found:?}");
    }
}

/// FAST reads the order of rows: another order has other indices, and is refused. Where curves come in another order the wrong input would
/// get them.
#[test]
fn rows_of_search_curves_in_another_order_are_refused() {
    let problem = uniform_problem(&UNIT3);
    let design = sample(&problem, Method::Fast, SampleOptions { n: 129, seed: 5, levels: 4 }).unwrap();
    let rows: Vec<Vec<f64>> = design.iter().map(<[f64]>::to_vec).collect();
    let read = |order: &[usize]| {
        let mut design = Design::new(3);
        order.iter().for_each(|row| design.push(rows[*row].iter().copied()));
        let outputs = design.iter().map(|row| 3.0 * row[0] + row[1] * row[1]).collect();
        let response = Response::new(vec![outputs]).unwrap();
        let outputs = [OutputColumn { name: "y".into(), response }];
        analyze(&problem, Method::Fast, &design, &outputs, &Resampling { resamples: 0, level: 0.95, seed: 0 })
    };
    let all: Vec<usize> = (0..rows.len()).collect();
    assert!(read(&all).is_ok());
    let reversed: Vec<usize> = all.iter().rev().copied().collect();
    let curves: Vec<usize> = [1, 0, 2].iter().flat_map(|curve| curve * 129..(curve + 1) * 129).collect();
    let shuffled: Vec<usize> = all.iter().map(|row| row * 128 % rows.len()).collect();
    for order in [reversed, curves, shuffled] {
        let error = read(&order).unwrap_err();
        assert!(error.message.contains("are not the search curve of x"), "{error:?}");
        assert!(error.help.contains("in the order in which sample wrote them"), "{error:?}");
    }
}

/// Outputs whose squares vanish had indices without errors.
#[test]
fn outputs_too_near_to_zero_for_their_squares_are_refused() {
    let problem = uniform_problem(&UNIT3);
    let design = sample(&problem, Method::Morris, SampleOptions { n: 10, seed: 1, levels: 4 }).unwrap();
    let outputs: Vec<f64> = design.iter().map(|row| 1e-200 * (row[0] + row[1] * row[1])).collect();
    let response = Response::new(vec![outputs]).unwrap();
    let outputs = [OutputColumn { name: "y".into(), response }];
    let read =
        analyze(&problem, Method::Morris, &design, &outputs, &Resampling { resamples: 10, level: 0.95, seed: 0 });
    let error = read.unwrap_err();
    assert!(
        error.message.contains("squares of such numbers vanish") && error.help.contains("smaller unit"),
        "{error:?}"
    );
}

/// An inert input: exactly zero where the method pairs rows, and at its noise floor elsewhere.
#[test]
fn a_dummy_input_gets_zero() {
    let problem = uniform_problem(&UNIT3);
    for (method, n, indices) in [
        (Method::Sobol, 64, ["S1", "ST"]),
        (Method::Morris, 20, ["mu_star", "sigma"]),
        (Method::Fast, 513, ["S1", "ST"]),
    ] {
        let design = sample(&problem, method, SampleOptions { n, seed: 0, levels: 4 }).unwrap();
        let analysis = analysed(&problem, method, &design, vec![design.iter().map(linear_interaction).collect()], 0);
        let most = if method == Method::Fast { 0.01 } else { 0.0 };
        for index in indices {
            assert!(find(&analysis, index, "x3").estimate.value.abs() <= most, "{method:?} {index}");
        }
    }
    let design = sample(&problem, Method::Pawn, SampleOptions { n: 2000, seed: 0, levels: 4 }).unwrap();
    let outputs: Vec<f64> = design.iter().map(linear_interaction).collect();
    let pawn = analysed(&problem, Method::Pawn, &design, vec![outputs.clone()], 0);
    assert!(find(&pawn, "median", "x3").estimate.value < 0.1 && find(&pawn, "median", "x2").estimate.value > 0.2);
    let delta = analysed(&problem, Method::Delta, &design, vec![outputs], 0);
    assert!(find(&delta, "delta", "x3").estimate.value < 0.07 && find(&delta, "delta", "x2").estimate.value > 0.15);
}

/// Normal noise of standard deviation 1 + x3, independent or with one draw for each replication shared by all rows.
fn noisy(design: &Design, replications: usize, shared: bool, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..replications)
        .map(|_| {
            let common: f64 = StandardNormal.sample(&mut rng);
            let mut noise = || if shared { common } else { StandardNormal.sample(&mut rng) };
            design.iter().map(|x| linear_interaction(x) + (1.0 + x[2]) * noise()).collect()
        })
        .collect()
}

/// The fault: noise in the denominator of every index and in the numerator of the total ones. The split is known: variance of the mean
/// 127/36, mean of the variance E(1 + x3)^2 = 7/3; three standard errors each, 8 checks, seeds fixed.
#[test]
fn replication_noise_folded_into_indices() {
    let problem = uniform_problem(&UNIT3);
    let design = sample(&problem, Method::Sobol, SampleOptions { n: 2048, seed: 5, levels: 4 }).unwrap();
    let exact = [
        ("S1", "x1", 0.590_551_2),
        ("S1", "x2", 0.377_952_8),
        ("S1", "x3", 0.0),
        ("ST", "x1", 0.622_047_2),
        ("ST", "x2", 0.409_448_8),
        ("ST", "x3", 0.0),
        ("S2", "x1:x2", 0.031_496_1),
        ("variance_of_mean", "", 127.0 / 36.0),
        ("mean_of_variance", "", 7.0 / 3.0),
        ("replication_share", "", (7.0 / 3.0) / (127.0 / 36.0 + 7.0 / 3.0)),
    ];
    let replications = noisy(&design, 3, false, 11);
    let analysis = analysed(&problem, Method::Sobol, &design, replications.clone(), 0);
    for (index, parameter, exact) in exact {
        let found = find(&analysis, index, parameter).estimate;
        assert!(found.std_error > 0.0 && found.std_error < 0.1, "{index} of {parameter}: {found:?}");
        assert!(
            (found.value - exact).abs() < 3.0 * found.std_error,
            "{index} of {parameter}: {found:?}, exact {exact}"
        );
    }
    // What one realisation would say of the inert input.
    let naive = analysed(&problem, Method::Sobol, &design, replications[..1].to_vec(), 0);
    assert!(find(&naive, "ST", "x3").estimate.value > 0.3);
    assert!(find(&naive, "S1", "x1").estimate.value < 0.45);
    // One draw shared by the rows of a replication is noise all the same.
    let shared = analysed(&problem, Method::Sobol, &design, noisy(&design, 400, true, 12), 0);
    for (index, parameter, exact) in &exact[..7] {
        let found = find(&shared, index, parameter).estimate.value;
        assert!((found - exact).abs() < 0.03, "{index} of {parameter}: {found}, exact {exact}");
    }
}

#[test]
fn noise_is_removed_by_the_other_methods_too() {
    let problem = uniform_problem(&UNIT3);
    for (method, n) in [(Method::Fast, 1025), (Method::RbdFast, 4000)] {
        let design = sample(&problem, method, SampleOptions { n, seed: 8, levels: 4 }).unwrap();
        let analysis = analysed(&problem, method, &design, noisy(&design, 4, false, 3), 0);
        for (parameter, exact) in [("x1", 0.590_551_2), ("x2", 0.377_952_8), ("x3", 0.0)] {
            let found = find(&analysis, "S1", parameter).estimate;
            assert!((found.value - exact).abs() < 3.0 * found.std_error, "{method:?} {parameter}: {found:?}");
        }
        let share = find(&analysis, "replication_share", "").estimate;
        assert!((share.value - 84.0 / 211.0).abs() < 3.0 * share.std_error, "{method:?}: {share:?}");
    }
    let design = sample(&problem, Method::Morris, SampleOptions { n: 400, seed: 8, levels: 4 }).unwrap();
    let analysis = analysed(&problem, Method::Morris, &design, noisy(&design, 10, false, 3), 0);
    for (index, parameter, exact) in [
        ("mu", "x1", 5.0),
        ("mu_star", "x1", 5.0),
        ("mu_star", "x2", 4.0),
        ("mu_star", "x3", 0.0),
        ("sigma", "x2", 4.0 * (5.0_f64 / 36.0).sqrt()),
    ] {
        let found = find(&analysis, index, parameter).estimate;
        assert!((found.value - exact).abs() < 3.5 * found.std_error, "{index} of {parameter}: {found:?}");
    }
}

/// The stated experiment: 400 designs of 128 independent random base points (not a net), one output with noise and two replications, S1 and ST of three
/// inputs by 200 resamples: 2,400 intervals of 95% hold the exact value 93 to 97 times in a hundred. Their count has a standard error below one
/// in a hundred even if the six of a design went together; the seed is fixed.
#[test]
fn intervals_cover_at_their_level() {
    let problem = uniform_problem(&UNIT3);
    let exact = [("S1", [0.590_551_18, 0.377_952_76, 0.0]), ("ST", [0.622_047_24, 0.409_448_82, 0.0])];
    let (mut covered, mut intervals) = (0, 0);
    let mut rng = ChaCha8Rng::seed_from_u64(77);
    for experiment in 0..400 {
        let mut design = Design::new(3);
        for _ in 0..128 {
            let (a, b): ([f64; 3], [f64; 3]) = (rng.random(), rng.random());
            let swapped = |from: [f64; 3], with: [f64; 3], i: usize| {
                let mut row = from;
                row[i] = with[i];
                row
            };
            design.push(a);
            (0..3).for_each(|i| design.push(swapped(a, b, i)));
            (0..3).for_each(|i| design.push(swapped(b, a, i)));
            design.push(b);
        }
        let analysis =
            analysed(&problem, Method::Sobol, &design, noisy(&design, 2, false, 1000 + experiment), experiment);
        for (index, values) in exact {
            for (parameter, value) in problem.names().zip(values) {
                let [low, high] = find(&analysis, index, parameter).estimate.interval;
                intervals += 1;
                covered += u32::from(low <= value && value <= high);
            }
        }
    }
    let share = f64::from(covered) / f64::from(intervals);
    println!("{covered} of {intervals} intervals of 95% hold the exact value");
    assert!((0.93..=0.97).contains(&share), "{share} of {intervals}");
}

fn one_of_each() -> Vec<(Method, Design, Vec<f64>)> {
    let problem = uniform_problem(&CIRCLE3);
    let sizes = [(Method::Sobol, 64), (Method::Morris, 12), (Method::Fast, 129), (Method::RbdFast, 300)];
    sizes
        .into_iter()
        .chain([(Method::Pawn, 300), (Method::Delta, 300)])
        .map(|(method, n)| {
            let design = sample(&problem, method, SampleOptions { n, seed: 2, levels: 4 }).unwrap();
            let outputs = design.iter().map(ishigami).collect();
            (method, design, outputs)
        })
        .collect()
}

/// The fault: intervals that are the same at any level, or a bootstrap that fails for one estimator.
#[test]
fn intervals_that_ignore_their_level() {
    let problem = uniform_problem(&CIRCLE3);
    for (method, design, outputs) in one_of_each() {
        let widths = |level| -> Vec<f64> {
            let resampling = Resampling { level, resamples: 100, seed: 0 };
            let analysis = analyze(&problem, method, &design, &[column(vec![outputs.clone()])], &resampling).unwrap();
            analysis.indices.iter().map(|row| row.estimate.interval[1] - row.estimate.interval[0]).collect()
        };
        let (narrow, wide) = (widths(0.90), widths(0.99));
        // On four levels x2 of Ishigami's function has one and the same absolute effect: its interval is a point.
        assert!(
            narrow.iter().zip(&wide).all(|(narrow, wide)| narrow < wide || *wide < 1e-9),
            "{method:?}: {narrow:?} {wide:?}"
        );
        assert!(wide.iter().filter(|wide| **wide > 1e-9).count() > 2, "{method:?}");
    }
}

/// The fault: a seed of 0 that means "no seed".
#[test]
fn seed_0_meaning_none() {
    let problem = uniform_problem(&CIRCLE3);
    for (method, design, outputs) in one_of_each() {
        let run = |seed| analysed(&problem, method, &design, vec![outputs.clone()], seed);
        assert_eq!(run(0), run(0), "{method:?}");
        if !matches!(method, Method::Fast | Method::RbdFast) {
            assert_ne!(run(0), run(1), "{method:?}");
        }
        let options = |seed| SampleOptions { n: 128, seed, levels: 4 };
        assert_eq!(sample(&problem, method, options(0)), sample(&problem, method, options(0)));
        assert_ne!(sample(&problem, method, options(0)), sample(&problem, method, options(1)));
    }
}

/// The fault: normal inputs at infinity, and every index NaN.
#[test]
fn normal_inputs_at_infinity() {
    let normal = |mean, sd| Distribution::normal(mean, sd, [f64::NEG_INFINITY, f64::INFINITY]).unwrap();
    let laws = [normal(1.0, 2.0), Distribution::lognormal(0.0, 1.0, [0.0, f64::INFINITY]).unwrap(), normal(0.0, 1.0)];
    let parameter =
        |(i, law): (usize, &Distribution)| Parameter { name: format!("x{i}"), distribution: law.clone(), group: None };
    let problem = Problem { parameters: laws.iter().enumerate().map(parameter).collect() };
    for method in Method::ALL {
        let design = sample(&problem, method, SampleOptions { n: 128, seed: 0, levels: 4 }).unwrap();
        assert!(design.iter().flatten().all(|x| x.is_finite()), "{method:?}");
        let analysis = analysed(&problem, method, &design, vec![design.iter().map(|x| x[0] + x[1]).collect()], 0);
        assert!(analysis.indices.iter().all(|row| row.estimate.value.is_finite()), "{method:?}");
    }
}

/// A sum of normals has first and total indices in proportion to their variances.
#[test]
fn sums_of_normals_split_by_variance() {
    let law = |sd| Distribution::normal(3.0, sd, [f64::NEG_INFINITY, f64::INFINITY]).unwrap();
    let parameter = |(name, sd): (&str, f64)| Parameter { name: name.into(), distribution: law(sd), group: None };
    let problem = Problem { parameters: [("a", 1.0), ("b", 2.0)].into_iter().map(parameter).collect() };
    let design = sample(&problem, Method::Sobol, SampleOptions { n: 1024, seed: 0, levels: 4 }).unwrap();
    let analysis = analysed(&problem, Method::Sobol, &design, vec![design.iter().map(|x| x[0] + x[1]).collect()], 0);
    for (parameter, exact) in [("a", 0.2), ("b", 0.8)] {
        for index in ["S1", "ST"] {
            assert!((find(&analysis, index, parameter).estimate.value - exact).abs() < 0.01);
        }
    }
}

#[test]
fn outputs_that_do_not_vary_or_are_huge_are_no_trouble() {
    let problem = uniform_problem(&CIRCLE3);
    for (method, design, outputs) in one_of_each() {
        let constant = analysed(&problem, method, &design, vec![vec![0.1; outputs.len()]], 0);
        assert!(constant.indices.iter().all(|row| row.estimate.value.is_nan()), "{method:?}");
        assert_eq!(constant.warnings.len(), 1);
        // The same everywhere, but for the order in which it was rounded.
        let rounded = |row: &[f64]| 192.53 * (row[0] + row[1] + row[2]) / (row[0] + row[1] + row[2]);
        let rounded: Vec<f64> = design.iter().map(rounded).collect();
        assert!(rounded.iter().any(|y| *y != rounded[0]), "{method:?}");
        let constant = analysed(&problem, method, &design, vec![rounded], 0);
        assert!(constant.indices.iter().all(|row| row.estimate.value.is_nan()), "{method:?}");
        assert!(constant.warnings[0].contains("but for rounding"), "{:?}", constant.warnings);
        let beyond: Vec<f64> = outputs.iter().map(|y| 1e307 * y).collect();
        let error = analyze(&problem, method, &design, &[column(vec![beyond])], &Resampling::default()).unwrap_err();
        assert!(error.row.is_some() && error.message.contains("squares of such numbers"), "{method:?}: {error}");
        let huge: Vec<f64> = outputs.iter().map(|y| 1e150 * y).collect();
        let (huge, plain) =
            (analysed(&problem, method, &design, vec![huge], 0), analysed(&problem, method, &design, vec![outputs], 0));
        for (huge, plain) in huge.indices.iter().zip(&plain.indices) {
            let unit = if method == Method::Morris { 1e150 } else { 1.0 };
            let error = (huge.estimate.value / unit - plain.estimate.value).abs();
            assert!(error < 1e-9, "{method:?}: {huge:?} {plain:?}");
        }
    }
}

/// Inputs of a group move together and have one index, with all that they do to each other: of a b + c with a, b, c uniform on (-1, 1) the variances
/// are 1/9 and 1/3, and a and b have nothing alone. A group of one is the input by another name.
#[test]
fn groups_have_the_indices_of_their_inputs_together() {
    let mut problem = uniform_problem(&[[-1.0, 1.0]; 3]);
    let y = |design: &Design| vec![design.iter().map(|x| x[0] * x[1] + x[2]).collect::<Vec<f64>>()];
    let options = SampleOptions { n: 4096, seed: 0, levels: 4 };
    let alone = sample(&problem, Method::Sobol, options).unwrap();
    let alone_indices = analysed(&problem, Method::Sobol, &alone, y(&alone), 0);
    problem.parameters[2].group = Some("rest".into());
    let renamed = sample(&problem, Method::Sobol, options).unwrap();
    assert_eq!(renamed, alone);
    let value = |analysis: &Analysis, parameter: &str, index: &str| find(analysis, index, parameter).estimate.value;
    let renamed = analysed(&problem, Method::Sobol, &renamed, y(&alone), 0);
    assert_eq!(value(&renamed, "rest", "S1"), value(&alone_indices, "x3", "S1"));
    for input in 0..2 {
        problem.parameters[input].group = Some("both".into());
    }
    let design = sample(&problem, Method::Sobol, options).unwrap();
    assert_eq!(design.rows(), 4096 * 6);
    let together = analysed(&problem, Method::Sobol, &design, y(&design), 0);
    for (parameter, exact) in [("both", 0.25), ("rest", 0.75)] {
        for index in ["S1", "ST"] {
            let found = value(&together, parameter, index);
            assert!((found - exact).abs() < 0.01, "{parameter} {index}: {found}");
        }
    }
    assert!(value(&alone_indices, "x1", "S1").abs() < 0.01 && (value(&alone_indices, "x1", "ST") - 0.25).abs() < 0.01);
    // The randomised design of scenarios moves the same inputs.
    let scheme = Scheme::Sobol { randomisations: 4, second_order: false };
    let design = scheme.design(&problem, 1024, 0).unwrap();
    let rows = y(&design)[0].iter().map(|y| Some(vec![*y])).collect();
    let runs = Runs { outputs: vec!["y".into()], replications: 1, rows };
    let reading = scheme.read(&problem, &design, &runs, 1024, &Resampling::default()).unwrap();
    assert!((value(&reading.analysis, "both", "ST") - 0.25).abs() < 0.02);
    for method in Method::ALL.into_iter().filter(|method| *method != Method::Sobol) {
        let error = sample(&problem, method, options).unwrap_err().to_string();
        assert!(error.contains("no groups"), "{error}");
    }
}

/// The commands, through files.
mod commands {
    use std::fs;
    use std::path::PathBuf;

    use super::{ishigami, numbers};

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            let parameter = |i| {
                format!(
                    "[[parameter]]\nname = \"x{i}\"\ndistribution = \"uniform\"\nlow = -3.141592653589793\nhigh = 3.141592653589793\n"
                )
            };
            folder.write("p.toml", &(1..=3).map(parameter).collect::<String>());
            folder
        }
        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }
        fn write(&self, name: &str, text: &str) {
            fs::write(self.path(name), text).unwrap();
        }
        fn read(&self, name: &str) -> String {
            fs::read_to_string(self.path(name)).unwrap()
        }
        /// Exit code, standard output, standard error.
        fn run(&self, arguments: &str) -> (i32, String, String) {
            let output = assert_cmd::Command::cargo_bin("stickershock")
                .unwrap()
                .current_dir(self.0.path())
                .arg("sensitivity")
                .args(arguments.split_whitespace())
                .output()
                .unwrap();
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
        }
        fn sampled(&self, method: &str, n: usize) -> Vec<Vec<f64>> {
            let arguments = format!("sample --problem p.toml --method {method} --n {n} --seed 0 --out X.csv");
            assert_eq!(self.run(&arguments), (0, String::new(), String::new()));
            let text = self.read("X.csv");
            let mut lines = text.lines();
            assert_eq!(lines.next(), Some("x1,x2,x3"));
            lines.map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
        }
        fn analysed(&self, method: &str, rest: &str) -> (i32, String, String) {
            self.run(&format!("analyze --problem p.toml --method {method} --design X.csv --outputs Y.csv {rest}"))
        }
    }

    fn outputs(rows: &[Vec<f64>]) -> String {
        rows.iter().fold("y\n".to_owned(), |text, row| format!("{text}{}\n", ishigami(row)))
    }

    const HEADER: &str = "output,parameter,index,estimate,std_error,ci_low,ci_high";

    /// The fault: result columns and index names that change with a release.
    #[test]
    fn renamed_columns() {
        let folder = Folder::new();
        let expected: [(&str, usize, &[&str]); 6] = [
            ("sobol", 64, &["S1", "S1", "S1", "ST", "ST", "ST", "S2", "S2", "S2"]),
            ("morris", 10, &["mu", "mu", "mu", "mu_star", "mu_star", "mu_star", "sigma", "sigma", "sigma"]),
            ("fast", 65, &["S1", "S1", "S1", "ST", "ST", "ST"]),
            ("rbd_fast", 100, &["S1"; 3]),
            (
                "pawn",
                100,
                &[
                    "minimum", "minimum", "minimum", "mean", "mean", "mean", "median", "median", "median", "maximum",
                    "maximum", "maximum", "CV", "CV", "CV",
                ],
            ),
            ("delta", 100, &["delta"; 3]),
        ];
        for (method, n, indices) in expected {
            let rows = folder.sampled(method, n);
            folder.write("Y.csv", &outputs(&rows));
            assert_eq!(folder.analysed(method, "--out S.csv --resamples 50"), (0, String::new(), String::new()));
            let text = folder.read("S.csv");
            let mut lines = text.lines();
            assert_eq!(lines.next(), Some(HEADER));
            let found: Vec<&str> = lines.map(|line| line.split(',').nth(2).unwrap()).collect();
            assert_eq!(found, indices, "{method}");
        }
    }

    #[test]
    fn json_has_the_rows_of_the_table() {
        let folder = Folder::new();
        let rows = folder.sampled("sobol", 64);
        folder.write("Y.csv", &outputs(&rows));
        let (code, json, _) = folder.analysed("sobol", "--json --level 0.9");
        let (_, csv, _) = folder.analysed("sobol", "--level 0.9");
        assert_eq!(code, 0);
        let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
        let estimates: serde_json::Value =
            parsed.as_array().unwrap().iter().map(|row| row["estimate"].clone()).collect();
        let column: Vec<f64> =
            csv.lines().skip(1).map(|line| line.split(',').nth(3).unwrap().parse().unwrap()).collect();
        assert_eq!(numbers(&estimates), column);
        assert_eq!(parsed[6]["parameter"], "x1:x2");
    }

    /// The fault: rows in order of completion. The order of columns, extra ones, and whether replications stand one after the other or alternate do not
    /// matter; the names of the replicates do not either.
    #[test]
    fn rows_in_order_of_completion() {
        let folder = Folder::new();
        let rows = folder.sampled("sobol", 32);
        let y = |row: &[f64], r: usize| ishigami(row) + ((row[0] * 1e6) as i64 % 7 + r as i64 % 2) as f64 * 0.1;
        let blocks = (0..3).flat_map(|r| rows.iter().map(move |row| (r, row)));
        folder.write(
            "Y.csv",
            &blocks.fold("replication,y\n".into(), |text, (r, row)| format!("{text}{r},{}\n", y(row, r))),
        );
        let (code, first, _) = folder.analysed("sobol", "");
        assert_eq!(code, 0);
        assert_eq!(
            first.lines().next().unwrap(),
            format!("{HEADER},variance_of_mean,mean_of_variance,replication_share")
        );
        assert!(first.contains("y,,replication_share,"));
        let alternating = rows.iter().flat_map(|row| (0..3).map(move |r| (r, row)));
        let text = alternating.fold("note,y,x1,replication\n".to_owned(), |text, (r, row)| {
            format!("{text}word,{},{},r{r}\n", y(row, r), row[0])
        });
        folder.write("Y.csv", &text);
        let swapped = rows
            .iter()
            .fold("extra,x3,x1,x2\n".to_owned(), |text, row| format!("{text}1,{},{},{}\n", row[2], row[0], row[1]));
        folder.write("X.csv", &swapped);
        let (code, second, warnings) = folder.analysed("sobol", "");
        assert_eq!((code, second), (0, first));
        assert!(warnings.contains("column `note` has no numbers"), "{warnings}");
    }

    #[test]
    fn bad_input_is_named_with_file_row_column_value_and_remedy() {
        let folder = Folder::new();
        let rows = folder.sampled("sobol", 8);
        folder.write("Y.csv", &outputs(&rows));
        let good = (folder.read("p.toml"), folder.read("X.csv"), folder.read("Y.csv"));
        let refused = |method: &str, file: &str, text: &str, expected: &[&str]| {
            folder.write("p.toml", &good.0);
            folder.write("X.csv", &good.1);
            folder.write("Y.csv", &good.2);
            folder.write(file, text);
            let (code, _, error) = folder.analysed(method, "--out S.csv");
            assert_eq!(code, 65, "{error}");
            assert!(expected.iter().all(|part| error.contains(part)), "{error}");
            assert!(error.contains("help: "), "{error}");
            assert!(!folder.path("S.csv").exists());
        };
        let line = |text: &str, number: usize, new: &str| -> String {
            text.lines().enumerate().map(|(i, old)| format!("{}\n", if i + 1 == number { new } else { old })).collect()
        };
        refused("sobol", "Y.csv", &line(&good.2, 5, "nan"), &["Y.csv, row 5: y is nan, expected a finite number"]);
        refused("sobol", "X.csv", &line(&good.1, 3, "1,2,word"), &["X.csv, row 3: x3 is \"word\""]);
        refused("sobol", "X.csv", &line(&good.1, 3, "1,2,3"), &["X.csv, row 3: input 1 is 1, expected"]);
        refused("sobol", "X.csv", &line(&good.1, 1, "x1,x2,y3"), &["X.csv: there is no column `x3`"]);
        refused("sobol", "Y.csv", "y\n1\n2\n", &["Y.csv: 2 rows, the design has 64"]);
        refused("sobol", "Y.csv", "y,replication\n1,0\n2,1\n", &["replication 0 has 1 rows, the design has 64"]);
        refused("sobol", "Y.csv", &line(&good.2, 9, "-1e300"), &["Y.csv, row 9: y is -1e300, expected", "larger unit"]);
        refused("morris", "Y.csv", &good.2, &["X.csv, row 4: none or several inputs differ"]);
        refused("fast", "Y.csv", &good.2, &["X.csv: 64 rows are no 3 curves"]);
        let problem = |from: &str, to: &str| good.0.replacen(from, to, 1);
        refused("sobol", "p.toml", &problem("uniform", "unifrom"), &["p.toml:3", "unifrom", "did you mean `uniform`"]);
        refused("sobol", "p.toml", &problem("low", "lwo"), &["p.toml:4", "lwo", "low"]);
        refused("sobol", "p.toml", &problem("high = 3", "high = -4"), &["p.toml:4", "not below high"]);
        refused("sobol", "p.toml", &problem("low = -3.141592653589793\n", ""), &["p.toml:1", "has no `low`"]);
        refused(
            "sobol",
            "p.toml",
            &problem("low =", "mean = 1\nlow ="),
            &["p.toml:4", "no meaning for the distribution uniform"],
        );
        refused("sobol", "p.toml", "title = \"none\"\n", &["p.toml", "parameter"]);
    }

    /// A run that failed is named with its block; left out with it, the answer is that of the design without the block.
    #[test]
    fn failed_runs_are_left_out_with_their_blocks() {
        let folder = Folder::new();
        for (method, n, block, failed) in
            [("sobol", 16, 8, [3, 60]), ("morris", 12, 4, [0, 47]), ("rbd_fast", 60, 1, [7, 59])]
        {
            let rows = folder.sampled(method, n);
            let design = folder.read("X.csv");
            let whole: Vec<String> = outputs(&rows).lines().map(str::to_owned).collect();
            let mut holed = whole.clone();
            (holed[1 + failed[0]], holed[1 + failed[1]]) = ("NaN".into(), "-inf".into());
            folder.write("Y.csv", &(holed.join("\n") + "\n"));
            let (code, _, error) = folder.analysed(method, "");
            let first = failed[0] / block * block;
            assert_eq!(code, 65);
            assert!(
                error.contains(&format!("row {}: y is NaN", failed[0] + 2)) && error.contains("--drop-failed"),
                "{error}"
            );
            assert!(
                block == 1 || error.contains(&format!("rows {} to {} of the design", first + 1, first + block)),
                "{error}"
            );
            let (code, left, warning) = folder.analysed(method, "--drop-failed --resamples 50");
            assert_eq!(code, 0, "{warning}");
            assert!(
                warning.contains(&format!("2 runs failed; they are left out with 2 of {} blocks", rows.len() / block)),
                "{warning}"
            );
            let kept = |text: &[String]| -> String {
                let lost = |row: usize| failed.iter().any(|failed| failed / block == row / block);
                let lines = text.iter().enumerate().filter(|(line, _)| *line == 0 || !lost(line - 1));
                lines.map(|(_, line)| format!("{line}\n")).collect()
            };
            folder.write("X.csv", &kept(&design.lines().map(str::to_owned).collect::<Vec<_>>()));
            folder.write("Y.csv", &kept(&whole));
            assert_eq!(folder.analysed(method, "--resamples 50").1, left, "{method}");
        }
        let rows = folder.sampled("sobol", 4);
        folder.write("Y.csv", &format!("y\n{}", "1\nnan\n".repeat(rows.len() / 2)));
        let (code, _, error) = folder.analysed("sobol", "--drop-failed");
        assert!(code == 65 && error.contains("Y.csv: every block has a failed run"), "{error}");
        let rows = folder.sampled("fast", 65);
        folder.write(
            "Y.csv",
            &outputs(&rows)
                .replacen('\n', "\nnan\n", 1)
                .lines()
                .take(rows.len() + 1)
                .map(|line| format!("{line}\n"))
                .collect::<String>(),
        );
        for flag in ["", "--drop-failed"] {
            let (code, _, error) = folder.analysed("fast", flag);
            assert!(code == 65 && error.contains("rbd_fast"), "{error}");
        }
    }

    #[test]
    fn wrong_usage_and_unwritable_output_have_their_exit_codes() {
        let folder = Folder::new();
        folder.sampled("sobol", 8);
        for (arguments, code, expected) in [
            ("sample --problem p.toml --method fast --n 64 --seed 1", 2, "at least 65"),
            ("sample --problem p.toml --method morris --n 4 --levels 3", 2, "even number"),
            ("sample --problem p.toml --method sobol --n 18446744073709551615", 2, "smaller --n"),
            ("sample --problem p.toml --method guess --n 4", 2, "rbd_fast"),
            ("sample --problem q.toml --method sobol --n 4", 65, "did you mean `p.toml`"),
            ("sample --problem p.toml --method sobol --n 4 --out p.toml/X.csv", 1, "p.toml"),
            ("analyze --problem p.toml --method sobol --design X.csv --outputs X.csv --level 95", 2, "write 0.95"),
            (
                "analyze --problem p.toml --method sobol --design X.csv --outputs X.csv --resamples 1000000000000",
                2,
                "expected 2 to",
            ),
            ("analyze --problem p.toml --method sobol --design X.csv --outputs X.csv", 65, "no column of numbers"),
        ] {
            let (found, _, error) = folder.run(arguments);
            assert_eq!(found, code, "{arguments}: {error}");
            assert!(error.contains(expected), "{arguments}: {error}");
        }
        let (code, csv, warning) = folder.run("sample --problem p.toml --method sobol --n 6");
        assert_eq!((code, csv.lines().count()), (0, 49));
        assert!(warning.contains("use 4 or 8"), "{warning}");
    }

    /// No command writes over what it reads, whatever the name it is given.
    #[test]
    fn inputs_are_not_written_over() {
        let folder = Folder::new();
        let rows = folder.sampled("sobol", 8);
        folder.write("Y.csv", &outputs(&rows));
        let before = ["p.toml", "X.csv", "Y.csv"].map(|name| folder.read(name));
        let sample = "sample --problem p.toml --method sobol --n 8";
        let analyze = "analyze --problem p.toml --method sobol --design X.csv --outputs Y.csv";
        for (arguments, out) in [
            (sample, "p.toml"),
            (sample, "./p.toml"),
            (analyze, "p.toml"),
            (analyze, "X.csv"),
            (analyze, "Y.csv"),
            (sample, "."),
        ] {
            let (code, _, error) = folder.run(&format!("{arguments} --out {out}"));
            assert!(code == 2 && error.contains(out) && error.contains("help: name another file"), "{out}: {error}");
        }
        assert_eq!(["p.toml", "X.csv", "Y.csv"].map(|name| folder.read(name)), before);
        // Another file is written over, as other tools do.
        for _ in 0..2 {
            assert_eq!(folder.run(&format!("{analyze} --out S.csv")).0, 0);
        }
        assert!(folder.read("S.csv").starts_with(HEADER));
    }

    /// Draws of the widest logarithms that are taken are numbers; wider ones are refused.
    #[test]
    fn draws_are_finite() {
        let folder = Folder::new();
        let problem = |mean: &str, sd: &str| {
            format!("[[parameter]]\nname = \"a\"\ndistribution = \"lognormal\"\nlog_mean = {mean}\nlog_sd = {sd}\n")
        };
        for mean in ["230", "-230"] {
            folder.write("p.toml", &problem(mean, "30"));
            let (code, csv, _) = folder.run("sample --problem p.toml --method sobol --n 4096");
            let number = |cell: &str| cell.parse::<f64>().is_ok_and(|x| x.is_finite() && x > 0.0);
            assert!(code == 0 && csv.lines().skip(1).all(number), "{mean}");
        }
        for (mean, sd, word) in [("700", "30", "log_mean"), ("0", "50", "log_sd")] {
            folder.write("p.toml", &problem(mean, sd));
            let (code, csv, error) = folder.run("sample --problem p.toml --method sobol --n 4");
            assert!(code == 65 && csv.is_empty() && error.contains(word) && error.contains("expected"), "{error}");
        }
        let wide = "[[parameter]]\nname = \"a\"\ndistribution = \"lognormal\"\nmean = 1e-100\nsd = 1e100\n";
        folder.write("p.toml", wide);
        let (code, _, error) = folder.run("sample --problem p.toml --method sobol --n 4");
        assert!(code == 65 && error.contains("too far above the mean"), "{error}");
    }

    #[test]
    fn problems_know_every_distribution() {
        let folder = Folder::new();
        let laws = [
            "\"uniform\"\nlow = 0\nhigh = 1",
            "\"normal\"\nmean = 0\nsd = 1",
            "\"normal\"\nmean = 0\nsd = 1\nlow = -1",
            "\"lognormal\"\nlog_mean = 0\nlog_sd = 1",
            "\"lognormal\"\nmean = 3\nsd = 1\nhigh = 9",
            "\"triangular\"\nlow = 0\nmode = 1\nhigh = 3",
            "\"beta\"\nalpha = 2\nbeta = 3",
            "\"beta\"\nalpha = 2\nbeta = 3\nlow = -1\nhigh = 1",
            "\"discrete\"\nvalues = [1, 2, 5]",
            "\"discrete\"\nvalues = [1, 2, 5]\nweights = [0.5, 0.25, 0.25]",
        ];
        let parameter = |(i, law): (usize, &&str)| {
            format!("[[parameter]]\nname = \"p{i}\"\nunit = \"USD\"\ndistribution = {law}\n")
        };
        folder.write("p.toml", &laws.iter().enumerate().map(parameter).collect::<String>());
        for (method, n) in [("sobol", 16), ("morris", 4), ("fast", 65), ("rbd_fast", 40), ("pawn", 40), ("delta", 40)] {
            let (code, csv, error) = folder.run(&format!("sample --problem p.toml --method {method} --n {n}"));
            assert_eq!(code, 0, "{error}");
            folder.write("X.csv", &csv);
            let sums =
                csv.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse::<f64>().unwrap()).sum::<f64>());
            folder.write("Y.csv", &sums.fold("y\n".to_owned(), |text, sum| format!("{text}{sum}\n")));
            let (code, table, error) = folder.analysed(method, "--resamples 20");
            assert_eq!((code, error.as_str()), (0, ""), "{method}");
            assert!(table.lines().skip(1).all(|line| !line.split(',').nth(3).unwrap().is_empty()), "{method}: {table}");
        }
    }
}
