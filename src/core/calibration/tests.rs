//! Models with known answers.

use std::convert::Infallible;

use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};

use super::estimate::RangeEnd;
use super::search::SearchError;
use super::*;

/// A model whose moments are a function of block, parameters and seed.
struct Known<F>(F);

impl<F: FnMut(usize, &[f64], u64) -> Option<Vec<f64>>> Model for Known<F> {
    type Error = Infallible;
    fn moments(&mut self, queries: &[Query]) -> Result<Vec<Option<Vec<f64>>>, Infallible> {
        Ok(queries.iter().map(|query| (self.0)(query.block, &query.theta, query.seed)).collect())
    }
}

fn free(name: &str, block: usize, [low, high]: [f64; 2]) -> Free {
    Free { name: name.into(), block, low, high, start: 0.5 * (low + high), scale: Scale::Linear, prior: None }
}

fn target(name: &str, block: usize, value: f64, std_error: f64) -> Target {
    Target { name: name.into(), block, range: [value; 2], std_error, weight: 1.0, solved: false }
}

fn within(name: &str, block: usize, range: [f64; 2], std_error: f64) -> Target {
    Target { range, ..target(name, block, 0.0, std_error) }
}

fn problem(free: Vec<Free>, targets: Vec<Target>) -> MomentProblem {
    let blocks = 1 + free.iter().map(|free| free.block).max().unwrap();
    MomentProblem {
        blocks: (0..blocks).map(|b| format!("block {b}")).collect(),
        steps: vec![1e-3; blocks],
        free,
        targets,
    }
}

const EFFORT: Effort = Effort { points: 32, starts: 2, simplex: 40, polish: 50, seed: 7 };

fn fit<F: FnMut(usize, &[f64], u64) -> Option<Vec<f64>>>(
    problem: &MomentProblem,
    moments: F,
) -> (Estimate, Vec<Warning>) {
    let mut model = Known(moments);
    let mut theta = problem.start();
    let mut all = vec![0.0; problem.targets.len()];
    let mut searched = Vec::new();
    for block in 0..problem.blocks.len() {
        let found = search(problem, block, &theta, EFFORT, &mut model).unwrap();
        theta.clone_from(&found.theta);
        problem.targets_of(block).iter().zip(&found.moments).for_each(|(i, value)| all[*i] = *value);
        searched.push(found);
    }
    let estimate = estimate(problem, &theta, &all, 4, &mut model).unwrap();
    let warnings = warnings(problem, &searched, &estimate);
    (estimate, warnings)
}

/// Moments a, b, a + b of standard errors 1, 1, 2 at 1, 2, 3.5: generalised least squares by hand. The normal matrix is
/// [[1.25, .25], [.25, 1.25]], its inverse [[5, -1], [-1, 5]] / 6; the residual .5 is shared in proportion to variances 1, 1, 4.
#[test]
fn a_linear_model_has_the_errors_of_generalised_least_squares() {
    let targets = vec![target("a", 0, 1.0, 1.0), target("b", 0, 2.0, 1.0), target("sum", 0, 3.5, 2.0)];
    let problem = problem(vec![free("a", 0, [-10.0, 10.0]), free("b", 0, [-10.0, 10.0])], targets);
    let (estimate, warnings) = fit(&problem, |_, t, _| Some(vec![t[0], t[1], t[0] + t[1]]));
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} against {b}");
    close(estimate.theta[0], 1.0 + 0.5 / 6.0);
    close(estimate.theta[1], 2.0 + 0.5 / 6.0);
    close(estimate.covariance[(0, 0)], 5.0 / 6.0);
    close(estimate.covariance[(0, 1)], -1.0 / 6.0);
    // The difference sum - a - b is 0.5 with variance 1 + 1 + 4.
    close(estimate.j, 0.25 / 6.0);
    assert_eq!(estimate.degrees, 1);
    assert!((estimate.p_value - 0.838_26).abs() < 1e-4, "{}", estimate.p_value);
    // Raising the evidence of `sum` by one raises each estimate by D'WD^-1 D'W = 1/6.
    close(estimate.sensitivity[(0, 2)], 1.0 / 6.0);
    assert_eq!(warnings, []);
}

/// A range that holds the moment asks nothing: estimate, errors, J and degrees of freedom are those without it, whether it is open at one side or
/// closed. Its moment is met, and no sensitivity goes through it.
#[test]
fn a_moment_within_its_range_is_as_if_it_were_not_there() {
    let plain = || vec![target("a", 0, 1.0, 1.0), target("b", 0, 2.0, 1.0), target("sum", 0, 3.5, 2.0)];
    let parameters = || vec![free("a", 0, [-10.0, 10.0]), free("b", 0, [-10.0, 10.0])];
    let (without, _) = fit(&problem(parameters(), plain()), |_, t, _| Some(vec![t[0], t[1], t[0] + t[1]]));
    for range in [[f64::NEG_INFINITY, 100.0], [-1.0, f64::INFINITY], [-1.0, 2.0]] {
        let targets = [plain(), vec![within("difference", 0, range, 0.5)]].concat();
        let problem = problem(parameters(), targets);
        let (with, warnings) = fit(&problem, |_, t, _| Some(vec![t[0], t[1], t[0] + t[1], t[1] - t[0]]));
        for k in 0..2 {
            assert!((with.theta[k] - without.theta[k]).abs() < 1e-6);
            assert!((with.std_error[k] - without.std_error[k]).abs() < 1e-6);
            assert_eq!(with.sensitivity[(k, 3)], 0.0);
        }
        assert!((with.j - without.j).abs() < 1e-6);
        assert_eq!((with.degrees, with.t(&problem, 3)), (without.degrees, 0.0));
        assert_eq!(warnings, []);
        for (one, other) in with.identification[0].values.iter().zip(&without.identification[0].values) {
            assert!((one - other).abs() < 1e-6);
        }
    }
}

/// Evidence of at least 3 pulls an estimate of 1 as a number of 3 would, with the errors, J and degrees of freedom of that number; from above the
/// same the other way round.
#[test]
fn a_moment_beyond_its_range_is_drawn_to_its_end() {
    let of = |second: Target| {
        let problem = problem(vec![free("a", 0, [-10.0, 10.0])], vec![target("a", 0, 1.0, 1.0), second]);
        fit(&problem, |_, t, _| Some(vec![t[0], t[0]])).0
    };
    for (end, range) in [(3.0, [3.0, f64::INFINITY]), (-2.0, [f64::NEG_INFINITY, -2.0]), (3.0, [3.0, 4.0])] {
        let (number, bounded) = (of(target("again", 0, end, 0.5)), of(within("again", 0, range, 0.5)));
        // Precisions 1 and 4.
        assert!((bounded.theta[0] - (1.0 + 4.0 * end) / 5.0).abs() < 1e-6, "{:?}", bounded.theta);
        assert!((bounded.std_error[0] - 0.2_f64.sqrt()).abs() < 1e-6);
        assert!((bounded.j - (end - 1.0).powi(2) / 1.25).abs() < 1e-5, "{}", bounded.j);
        assert!((bounded.j - number.j).abs() < 1e-6 && bounded.degrees == 1);
    }
}

/// A block of one parameter for one moment to be met adds nothing to J and takes no degree of freedom, also where an earlier block says something
/// of its moment.
#[test]
fn what_is_solved_for_is_no_part_of_j() {
    let first = || vec![target("a", 0, 1.0, 1.0), target("again", 0, 2.0, 1.0)];
    let (alone, _) = fit(&problem(vec![free("a", 0, [-9.0, 9.0])], first()), |_, t, _| Some(vec![t[0], t[0]]));
    let met = Target { solved: true, ..target("met", 1, 0.77, 0.05) };
    let two = problem(vec![free("a", 0, [-9.0, 9.0]), free("reward", 1, [-9.0, 9.0])], [first(), vec![met]].concat());
    let (both, _) = fit(&two, |block, t, _| Some(if block == 0 { vec![t[0], t[0]] } else { vec![t[1] - t[0]] }));
    assert!((both.theta[1] - 2.27).abs() < 1e-6, "{:?}", both.theta);
    assert!((both.j - alone.j).abs() < 1e-9 && (both.j - 0.5).abs() < 1e-6, "{} and {}", both.j, alone.j);
    assert_eq!((both.degrees, alone.degrees), (1, 1));
    // Its error is that of its target and of what is subtracted: half the variance of one.
    assert!((both.std_error[1] - (0.5_f64 + 0.0025).sqrt()).abs() < 1e-6);
}

/// Weights that are not the inverse variances: the errors are those of the estimator used, and J is the same, because one overidentifying
/// combination is one number.
#[test]
fn other_weights_change_estimates_and_errors_and_not_the_overidentifying_combination() {
    let mut targets = vec![target("a", 0, 1.0, 1.0), target("again", 0, 2.0, 1.0)];
    targets[1].weight = 3.0;
    let problem = problem(vec![free("a", 0, [-10.0, 10.0])], targets);
    let (estimate, _) = fit(&problem, |_, t, _| Some(vec![t[0], t[0]]));
    assert!((estimate.theta[0] - 1.75).abs() < 1e-6);
    // (1/4)^2 + (3/4)^2.
    assert!((estimate.covariance[(0, 0)] - 0.625).abs() < 1e-6);
    assert!((estimate.j - 0.5).abs() < 1e-6, "{}", estimate.j);
}

/// The second block subtracts what the first has estimated, and inherits its error: 3 and 4 make 5.
#[test]
fn a_later_block_carries_the_errors_of_the_earlier_one() {
    let targets = vec![target("first", 0, 1.0, 3.0), target("sum", 1, 3.0, 4.0)];
    let problem = problem(vec![free("a", 0, [-50.0, 50.0]), free("b", 1, [-50.0, 50.0])], targets);
    let (estimate, _) = fit(&problem, |block, t, _| Some(vec![if block == 0 { t[0] } else { t[0] + t[1] }]));
    assert!((estimate.theta[1] - 2.0).abs() < 1e-6);
    assert!((estimate.std_error[0] - 3.0).abs() < 1e-6);
    assert!((estimate.std_error[1] - 5.0).abs() < 1e-6);
    assert!((estimate.sensitivity[(1, 0)] + 1.0).abs() < 1e-6);
    assert!((estimate.correlation(0, 1) + 0.6).abs() < 1e-6);
    assert!(estimate.degrees == 0 && estimate.j.is_nan());
}

/// Noise of the seeds, here -3, -1, 1, 3 with variance 20/3, is part of the error.
#[test]
fn simulation_noise_is_in_the_standard_error() {
    let problem = problem(vec![free("a", 0, [-10.0, 10.0])], vec![target("a", 0, 1.0, 1.0)]);
    let noise = |seed: u64| if seed == 0 { 0.0 } else { 2.0 * seed as f64 - 5.0 };
    let (estimate, _) = fit(&problem, |_, t, seed| Some(vec![t[0] + noise(seed)]));
    assert!((estimate.noise[(0, 0)] - 20.0 / 3.0).abs() < 1e-9);
    assert!((estimate.std_error[0] - (1.0_f64 + 20.0 / 3.0).sqrt()).abs() < 1e-6);
}

#[test]
fn a_flat_objective_names_the_parameters_that_make_it_flat() {
    let targets = vec![target("sum", 0, 3.0, 0.1), target("c", 0, 1.0, 0.1)];
    let free =
        vec![free("a", 0, [0.0, 2.0]), free("b", 0, [0.0, 4.0]), free("c", 0, [0.0, 5.0]), free("d", 0, [0.0, 1.0])];
    let (estimate, warnings) = fit(&problem(free, targets), |_, t, _| Some(vec![t[0] + t[1], t[2]]));
    assert!(estimate.std_error[0].is_nan() && estimate.std_error[1].is_nan() && estimate.std_error[3].is_nan());
    assert!((estimate.std_error[2] - 0.1).abs() < 1e-6);
    let text: Vec<String> = warnings.iter().map(Warning::to_string).collect();
    let named = |words: &[&str]| text.iter().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(named(&["do not pin down", "a", "with", "b"]), "{text:?}");
    assert!(warnings.contains(&Warning::Unmoved { parameter: "d".into() }), "{text:?}");
}

/// A moment that no parameter can meet is shown as far off as it is, with the nearest that any point came.
#[test]
fn an_impossible_moment_is_named_and_not_met() {
    let targets = vec![target("bounded", 0, 5.0, 0.1), target("a", 0, 0.0, 0.1)];
    let problem = problem(vec![free("a", 0, [-3.0, 3.0])], targets);
    let (estimate, warnings) = fit(&problem, |_, t, _| Some(vec![1.0 / (1.0 + t[0] * t[0]), t[0]]));
    assert!((estimate.t(&problem, 0) + 40.0).abs() < 1e-3, "{}", estimate.t(&problem, 0));
    let found = warnings.iter().find_map(|warning| match warning {
        Warning::Impossible { moment, nearest, .. } => Some((moment.as_str(), *nearest)),
        _ => None,
    });
    assert!(found.is_some_and(|(moment, nearest)| moment == "bounded" && (nearest - 40.0).abs() < 0.5), "{warnings:?}");
    assert!(estimate.p_value < 1e-6);
}

/// Two moments that contradict each other: each could be met alone, so both are called given up, not impossible.
#[test]
fn moments_that_contradict_each_other_are_called_missed() {
    let targets = vec![target("low", 0, 0.0, 0.1), target("high", 0, 1.0, 0.1)];
    let problem = problem(vec![free("a", 0, [-3.0, 3.0])], targets);
    let (estimate, warnings) = fit(&problem, |_, t, _| Some(vec![t[0], t[0]]));
    assert!((estimate.theta[0] - 0.5).abs() < 1e-6);
    assert_eq!(warnings.iter().filter(|warning| warning.kind() == "missed").count(), 2, "{warnings:?}");
}

#[test]
fn a_parameter_at_its_bound_is_named_and_has_no_error() {
    let mut high = free("b", 0, [1.0, 10.0]);
    high.scale = Scale::Log;
    let targets = vec![target("a", 0, 7.0, 1.0), target("b", 0, 2.0, 0.5)];
    let problem = problem(vec![free("a", 0, [0.0, 5.0]), high], targets);
    let (estimate, warnings) = fit(&problem, |_, t, _| Some(vec![t[0], t[1]]));
    assert_eq!(estimate.bound, [Some(RangeEnd::High), None]);
    assert!(estimate.std_error[0].is_nan() && (estimate.std_error[1] - 0.5).abs() < 1e-3);
    assert!(warnings.iter().any(|w| w.kind() == "at_bound" && w.subject() == "a"), "{warnings:?}");
}

#[test]
fn a_prior_that_says_more_than_the_moments_is_named() {
    let mut a = free("a", 0, [-10.0, 10.0]);
    a.prior = Some(Prior { mean: 1.0, sd: 1.0 });
    let problem = problem(vec![a], vec![target("a", 0, 2.0, 2.0)]);
    let (estimate, warnings) = fit(&problem, |_, t, _| Some(vec![t[0]]));
    // Precisions 1 and 1/4.
    assert!((estimate.theta[0] - 1.2).abs() < 1e-6);
    assert!((estimate.prior_share[0] - 0.8).abs() < 1e-6);
    assert!((estimate.std_error[0] - 0.8_f64.sqrt()).abs() < 1e-6);
    assert_eq!(estimate.degrees, 1);
    assert!(warnings.iter().any(|w| w.kind() == "prior" && w.subject() == "a"), "{warnings:?}");
}

/// A shallow valley at the start and a deep one elsewhere: the global stage finds the deep one, and the disagreement is told.
#[test]
fn the_deeper_of_two_valleys_is_found() {
    // Zero at -2 only; a second minimum of the square near +2.
    let moment = |x: f64| (x * x - 4.0) + 0.3 * (x + 2.0);
    let mut a = free("a", 0, [-4.0, 4.0]);
    a.start = 2.0;
    let problem = problem(vec![a], vec![target("curve", 0, 0.0, 0.1), target("side", 0, -2.0, 4.0)]);
    let (estimate, warnings) = fit(&problem, |_, t, _| Some(vec![moment(t[0]), t[0]]));
    assert!((estimate.theta[0] + 2.0).abs() < 1e-3, "{:?}", estimate.theta);
    assert!(warnings.iter().any(|w| w.kind() == "valleys"), "{warnings:?}");
}

/// Holes in the parameter space are stepped around and counted; a space that is all hole is an error that says so.
#[test]
fn points_without_a_solution_are_counted_and_a_space_without_any_is_refused() {
    let problem = problem(vec![free("a", 0, [0.0, 4.0])], vec![target("a", 0, 1.0, 0.1)]);
    let (estimate, warnings) = fit(&problem, |_, t, _| (t[0] < 2.5).then(|| vec![t[0]]));
    assert!((estimate.theta[0] - 1.0).abs() < 1e-6);
    assert!(warnings.iter().any(|w| w.kind() == "unsolved"), "{warnings:?}");
    let nothing = search(&problem, 0, &problem.start(), EFFORT, &mut Known(|_, _: &[f64], _| None));
    assert!(matches!(nothing, Err(SearchError::NoPoint { points: 33, .. })));
}

/// Standard errors whose squares are zero: an error that names the block, no panic and no endless search for singular values.
#[test]
fn numbers_that_overflow_are_an_error() {
    let moments = |_: usize, t: &[f64], _: u64| Some(vec![t[0], t[0] + 1.0]);
    for [first, second] in [[1e-300, 1.0], [1.0, 1e-300], [1e-200, 1e-200]] {
        let targets = vec![target("m", 0, 1.0, first), target("n", 0, 2.1, second)];
        let problem = problem(vec![free("a", 0, [0.0, 4.0])], targets);
        let found = estimate(&problem, &[1.0], &[1.0, 2.0], 4, &mut Known(moments));
        let error = found.unwrap_err().to_string();
        assert!(error.contains("block 0") && error.contains("help: "), "{error}");
    }
    let mut certain = free("a", 0, [0.0, 4.0]);
    certain.prior = Some(Prior { mean: 1.0, sd: 1e-300 });
    let problem = problem(vec![certain], vec![target("m", 0, 1.0, 0.1), target("n", 0, 2.1, 0.1)]);
    assert!(estimate(&problem, &[1.0], &[1.0, 2.0], 4, &mut Known(moments)).is_err());
}

/// Evidence drawn around a nonlinear model 400 times: 95% intervals cover each parameter 95% of the time (standard error 1.1 points;
/// false alarm below 1e-4 at 4 of them), and J exceeds its 95% point 5% of the time.
#[test]
fn intervals_cover_and_the_overidentification_test_has_its_size() {
    let truth = [0.8, 1.5];
    let moments =
        |t: &[f64]| vec![(0.5 * t[0]).exp(), t[0] * t[1], t[1] * t[1], t[0] + 0.2 * t[1], t[0] / (1.0 + t[1])];
    let errors = [0.02, 0.03, 0.05, 0.02, 0.01];
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let (mut covered, mut rejected) = ([0_u32; 2], 0_u32);
    const EXPERIMENTS: u32 = 400;
    for _ in 0..EXPERIMENTS {
        let draw = |(value, error): (f64, f64), rng: &mut Xoshiro256PlusPlus| -> f64 {
            let z: f64 = StandardNormal.sample(rng);
            value + error * z
        };
        let targets = moments(&truth).into_iter().zip(errors).enumerate();
        let targets = targets.map(|(i, pair)| target(&format!("m{i}"), 0, draw(pair, &mut rng), errors[i])).collect();
        let problem = problem(vec![free("a", 0, [0.1, 3.0]), free("b", 0, [0.1, 3.0])], targets);
        let (estimate, _) = fit(&problem, |_, t, _| Some(moments(t)));
        for k in 0..2 {
            covered[k] += u32::from((estimate.theta[k] - truth[k]).abs() < 1.959_964 * estimate.std_error[k]);
        }
        rejected += u32::from(estimate.p_value < 0.05);
    }
    let share = |count: u32| f64::from(count) / f64::from(EXPERIMENTS);
    for covered in covered {
        assert!((0.905..=0.995).contains(&share(covered)), "covered {}", share(covered));
    }
    assert!((0.005..=0.095).contains(&share(rejected)), "rejected {}", share(rejected));
}
