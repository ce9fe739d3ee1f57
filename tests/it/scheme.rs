//! Designs that grow, intervals from independent randomisations, the rule that stops, and rankings: on functions with known indices.

use std::f64::consts::PI;

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use stickershock::sensitivity::scheme::{IndexReading, Runs};
use stickershock::sensitivity::{Distribution, IndexEstimate, IndexPrecision, Parameter, Problem, Resampling, Scheme};

const SOBOL: Scheme = Scheme::Sobol { randomisations: 8, second_order: false };

fn problem(inputs: usize, low: f64, high: f64) -> Problem {
    let distribution = Distribution::uniform(low, high).unwrap();
    let parameter = |i| Parameter { name: format!("x{i}"), distribution: distribution.clone(), group: None };
    Problem { parameters: (1..=inputs).map(parameter).collect() }
}

fn ishigami(x: &[f64]) -> f64 {
    x[0].sin() + 7.0 * x[1].sin().powi(2) + 0.1 * x[2].powi(4) * x[0].sin()
}

/// Ishigami's indices in closed form, a = 7, b = 0.1: S1 of the three inputs, ST of them, S2 of x1 and x3.
fn ishigami_indices() -> [f64; 7] {
    let (a, b) = (7.0_f64, 0.1_f64);
    let first = 0.5 * (1.0 + b * PI.powi(4) / 5.0).powi(2);
    let second = a * a / 8.0;
    let both = b * b * PI.powi(8) * (1.0 / 18.0 - 1.0 / 50.0);
    let total = first + second + both;
    [first, second, 0.0, first + both, second, both, both].map(|part| part / total)
}

const G: [f64; 4] = [0.0, 1.0, 4.5, 9.0];

fn sobol_g(x: &[f64]) -> f64 {
    x.iter().zip(G).map(|(x, a)| ((4.0 * x - 2.0).abs() + a) / (1.0 + a)).product()
}

/// S1 and ST of Sobol's function G.
fn g_indices() -> [[f64; 4]; 2] {
    let parts = G.map(|a| 1.0 / (3.0 * (1.0 + a) * (1.0 + a)));
    let product = |skip: usize| (0..4).filter(|i| *i != skip).map(|i| 1.0 + parts[i]).product::<f64>();
    let variance = product(usize::MAX) - 1.0;
    let total = std::array::from_fn(|i| parts[i] * product(i) / variance);
    [parts.map(|part| part / variance), total]
}

fn runs(rows: impl Iterator<Item = Vec<f64>>, replications: usize) -> Runs {
    Runs { outputs: vec!["y".into()], replications, rows: rows.map(Some).collect() }
}

/// A study of size `n` of a function without noise.
fn study(problem: &Problem, scheme: Scheme, n: usize, seed: u64, model: impl Fn(&[f64]) -> f64) -> IndexReading {
    let design = scheme.design(problem, n, seed).unwrap();
    let runs = runs(design.iter().map(|x| vec![model(x)]), 1);
    scheme.read(problem, &design, &runs, n, &few_resamples()).unwrap()
}

/// Two replications of every row with noise of standard deviation `sd`, common to the rows of a unit up to a tenth of it.
fn noisy_study(problem: &Problem, n: usize, seed: u64, sd: f64, model: impl Fn(&[f64]) -> f64) -> IndexReading {
    let design = SOBOL.design(problem, n, seed).unwrap();
    let unit = SOBOL.unit(problem.len());
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut uniform = |half: f64| 3.0_f64.sqrt() * half * (2.0 * generator.random::<f64>() - 1.0);
    let mut common = [0.0; 2];
    let mut rows = Vec::new();
    for (row, x) in design.iter().enumerate() {
        if row % unit == 0 {
            common = [uniform(sd), uniform(sd)];
        }
        rows.push(common.map(|noise| model(x) + noise + uniform(0.1 * sd)).to_vec());
    }
    SOBOL.read(problem, &design, &runs(rows.into_iter(), 2), n, &few_resamples()).unwrap()
}

fn few_resamples() -> Resampling {
    Resampling { resamples: 100, ..Resampling::default() }
}

fn find(reading: &IndexReading, index: &str, parameter: &str) -> IndexEstimate {
    let mut rows = reading.analysis.indices.iter();
    rows.find(|row| row.index == index && row.parameter == parameter).unwrap().estimate
}

fn holds(estimate: IndexEstimate, exact: f64) -> bool {
    estimate.interval[0] <= exact && exact <= estimate.interval[1]
}

/// Everything that grows has, for n, the first rows of the design for 2n, to the bit.
#[test]
fn growing_equals_one_go() {
    let problem = problem(3, -1.0, 2.0);
    let all = [
        SOBOL,
        Scheme::Sobol { randomisations: 3, second_order: true },
        Scheme::Morris { levels: 4 },
        Scheme::RbdFast,
        Scheme::Pawn,
        Scheme::Delta,
    ];
    for scheme in all {
        let large = scheme.design(&problem, 64, 9).unwrap();
        assert_eq!(large.rows(), scheme.rows(3, 64));
        for n in [32, 64] {
            let small = scheme.design(&problem, n, 9).unwrap();
            let bits = |rows: Vec<&[f64]>| rows.concat().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(small.iter().collect()), bits(large.iter().take(small.rows()).collect()), "{scheme:?}");
        }
        assert_ne!(scheme.design(&problem, 64, 10).unwrap(), large, "{scheme:?}");
        // What is read at n from the runs of 2n is what is read from those of n.
        let runs_of = |design: &stickershock::sensitivity::Design| runs(design.iter().map(|x| vec![ishigami(x)]), 1);
        let small = scheme.design(&problem, 32, 9).unwrap();
        let grown = scheme.read(&problem, &large, &runs_of(&large), 32, &few_resamples()).unwrap();
        let alone = scheme.read(&problem, &small, &runs_of(&small), 32, &few_resamples()).unwrap();
        // As text, because NaN differs from itself.
        assert_eq!(format!("{grown:?}"), format!("{alone:?}"), "{scheme:?}");
    }
}

#[test]
fn closed_forms_are_met_with_second_order() {
    let scheme = Scheme::Sobol { randomisations: 8, second_order: true };
    let reading = study(&problem(3, -PI, PI), scheme, 256, 1, ishigami);
    let exact = ishigami_indices();
    for (at, (index, parameter)) in
        [("S1", "x1"), ("S1", "x2"), ("S1", "x3"), ("ST", "x1"), ("ST", "x2"), ("ST", "x3"), ("S2", "x1:x3")]
            .into_iter()
            .enumerate()
    {
        let found = find(&reading, index, parameter);
        assert!((found.value - exact[at]).abs() < 0.02, "{index} {parameter}: {found:?}, exact {}", exact[at]);
        assert!(found.std_error < 0.03, "{index} {parameter}: {found:?}");
    }
    let reading = study(&problem(4, 0.0, 1.0), SOBOL, 256, 1, sobol_g);
    for (index, exact) in ["S1", "ST"].into_iter().zip(g_indices()) {
        for (i, exact) in exact.into_iter().enumerate() {
            let found = find(&reading, index, &format!("x{}", i + 1));
            let off = (found.value - exact).abs();
            assert!(
                off < 4.0 * found.std_error && found.std_error < 0.02,
                "{index} x{}: {found:?}, exact {exact}",
                i + 1
            );
        }
    }
}

/// Hits and trials of the intervals of S1 and ST over seeds, and the mean error of the estimates.
fn coverage(seeds: u64, mut one: impl FnMut(u64) -> Vec<(IndexEstimate, f64)>) -> (u32, u32) {
    let (mut hits, mut trials) = (0, 0);
    for seed in 0..seeds {
        for (estimate, exact) in one(seed) {
            hits += u32::from(holds(estimate, exact));
            trials += 1;
        }
    }
    (hits, trials)
}

fn g_estimates(reading: &IndexReading) -> Vec<(IndexEstimate, f64)> {
    let mut estimates = Vec::new();
    for (index, exact) in ["S1", "ST"].into_iter().zip(g_indices()) {
        estimates.extend((0..4).map(|i| (find(reading, index, &format!("x{}", i + 1)), exact[i])));
    }
    estimates
}

fn ishigami_estimates(reading: &IndexReading) -> Vec<(IndexEstimate, f64)> {
    let names = [("S1", "x1"), ("S1", "x2"), ("S1", "x3"), ("ST", "x1"), ("ST", "x2"), ("ST", "x3")];
    names
        .into_iter()
        .zip(ishigami_indices())
        .map(|((index, name), exact)| (find(reading, index, name), exact))
        .collect()
}

/// Intervals of 95% from 8 randomisations of 64 base points, over 250 seeds, with and without noise.
#[test]
fn randomisation_intervals_cover_at_their_level() {
    let (circle, unit) = (problem(3, -PI, PI), problem(4, 0.0, 1.0));
    let cases = [
        ("Ishigami", coverage(250, |seed| ishigami_estimates(&study(&circle, SOBOL, 64, seed, ishigami)))),
        ("G", coverage(250, |seed| g_estimates(&study(&unit, SOBOL, 64, seed, sobol_g)))),
        ("noisy G", coverage(250, |seed| g_estimates(&noisy_study(&unit, 64, seed, 0.3, sobol_g)))),
    ];
    for (name, (hits, trials)) in cases {
        let share = f64::from(hits) / f64::from(trials);
        println!("{name}: {hits} of {trials}, {share:.4}");
        assert!((0.93..=0.97).contains(&share), "{name}: {hits} of {trials}");
    }
}

/// Studies that double from 16 base points until the rule is met, 1,024 at most.
#[test]
fn intervals_cover_when_the_rule_stopped_the_study() {
    let unit = problem(4, 0.0, 1.0);
    let rule = IndexPrecision::default();
    let mut sizes = Vec::new();
    let (hits, trials) = coverage(250, |seed| {
        let mut n = 16;
        loop {
            let reading = study(&unit, SOBOL, n, seed, sobol_g);
            if rule.is_met(SOBOL, &reading.analysis.indices) || n == 1024 {
                sizes.push(n);
                return g_estimates(&reading);
            }
            n *= 2;
        }
    });
    let share = f64::from(hits) / f64::from(trials);
    sizes.sort_unstable();
    println!("stopped: {hits} of {trials}, {share:.4}; sizes {:?}", [sizes[0], sizes[125], sizes[249]]);
    assert!(sizes[225] < 1024, "the rule stops nine of ten studies before their largest size");
    assert!((0.90..=0.97).contains(&share), "{hits} of {trials}");
}

#[test]
fn the_rule_waits_for_the_widest_interval_of_every_output() {
    let narrow = study(&problem(4, 0.0, 1.0), SOBOL, 1024, 1, sobol_g);
    let wide = study(&problem(4, 0.0, 1.0), SOBOL, 2, 1, sobol_g);
    let rule = IndexPrecision::default();
    assert!(rule.is_met(SOBOL, &narrow.analysis.indices) && !rule.is_met(SOBOL, &wide.analysis.indices));
    let mut both = narrow.analysis.indices.clone();
    both.extend(
        wide.analysis.indices.into_iter().map(|index| stickershock::sensitivity::Index { output: "z".into(), ..index }),
    );
    assert!(!rule.is_met(SOBOL, &both));
    assert!(!IndexPrecision { absolute: 1e-9, relative: 1e-9 }.is_met(SOBOL, &narrow.analysis.indices));
}

/// y = 2 x1 + x2 + x3: the first matters more than the others for certain, and of two equals neither does: over seeds the probability is
/// uniform, mean 1/2 and standard deviation 1/√12.
#[test]
fn rankings_are_sure_of_unequals_and_even_about_equals() {
    let unit = problem(4, 0.0, 1.0);
    // A product keeps the estimates from being exact.
    let model = |x: &[f64]| 2.0 * x[0] + x[1] + x[2] + 2.0 * x[0] * x[1] * x[2] * (0.5 - x[3]);
    let mut even = Vec::new();
    for seed in 0..200 {
        let reading = study(&unit, SOBOL, 16, seed, model);
        let ranking = &reading.rankings[0];
        assert_eq!(ranking.index, "ST");
        assert!(ranking.probability[0][1] > 0.999 && ranking.probability[3][0] < 0.001, "seed {seed}");
        assert!((ranking.probability[1][2] + ranking.probability[2][1] - 1.0).abs() < 1e-9);
        assert_eq!((ranking.order()[0], ranking.order()[3]), (0, 3));
        even.push(ranking.probability[1][2]);
    }
    let mean = even.iter().sum::<f64>() / 200.0;
    let spread = (even.iter().map(|p| (p - mean) * (p - mean)).sum::<f64>() / 199.0).sqrt();
    // Standard errors 0.02 and 0.01: five and seven of them.
    assert!((mean - 0.5).abs() < 0.1 && (spread - 12.0_f64.sqrt().recip()).abs() < 0.07, "{mean} {spread}");
}

/// Noise of five times the variance of the mean response, with two replications: indices are those of the mean response, and the share is right.
#[test]
fn noise_is_removed_and_reported() {
    let unit = problem(4, 0.0, 1.0);
    let variance = G.map(|a| 1.0 + 1.0 / (3.0 * (1.0 + a) * (1.0 + a))).iter().product::<f64>() - 1.0;
    let reading = noisy_study(&unit, 512, 3, variance.sqrt(), sobol_g);
    for (estimate, exact) in g_estimates(&reading) {
        assert!((estimate.value - exact).abs() < 4.0 * estimate.std_error + 0.005, "{estimate:?}, exact {exact}");
    }
    let share = find(&reading, "replication_share", "");
    assert!((share.value - 1.01 / 2.01).abs() < 0.03, "{share:?}");
}

/// A row that could not be run takes its block with it and nothing else.
#[test]
fn units_with_a_failed_row_are_left_out() {
    let unit = problem(4, 0.0, 1.0);
    for scheme in [SOBOL, Scheme::Morris { levels: 4 }, Scheme::Delta] {
        let n = 128;
        let design = scheme.design(&unit, n, 5).unwrap();
        let mut runs = runs(design.iter().map(|x| vec![sobol_g(x)]), 1);
        let whole = scheme.read(&unit, &design, &runs, n, &few_resamples()).unwrap();
        assert_eq!(whole.left_out, 0);
        runs.rows[3] = None;
        let partial = scheme.read(&unit, &design, &runs, n, &few_resamples()).unwrap();
        assert_eq!(partial.left_out, 1);
        for (a, b) in whole.analysis.indices.iter().zip(&partial.analysis.indices) {
            let distance = (a.estimate.value - b.estimate.value).abs();
            assert!(distance < 0.1 * (1.0 + a.estimate.value.abs()), "{scheme:?}: {a:?} {b:?}");
        }
        runs.rows.fill(None);
        assert!(scheme.read(&unit, &design, &runs, n, &few_resamples()).is_err());
    }
    let design = Scheme::Fast.design(&unit, 129, 5).unwrap();
    let mut runs = runs(design.iter().map(|x| vec![sobol_g(x)]), 1);
    runs.rows[3] = None;
    let error = Scheme::Fast.read(&unit, &design, &runs, 129, &few_resamples()).unwrap_err();
    assert!(error.message.contains("1 of 516 rows"), "{error:?}");
}
