//! Estimates as scenario files: overlays that a scenario extends, with the values or with their distribution.
//!
//! The distribution is normal with the estimated covariance, cut off at the bounds. A parameter at a bound stays there; one of which
//! nothing is known has the uniform law over its bounds.

use std::fmt::Write;

use crate::calibration::Estimate;
use crate::config::calibration::Calibration;
use crate::config::parameters::toml_number;
use crate::numerics::sobol::SobolSequence;
use crate::sensitivity::{Distribution, GaussianCopula};
use crate::study::calibration::FinishedCalibration;

/// Correlations nearer to one than this are drawn in towards it: beyond it rounding decides whether the matrix is one of correlations.
const LARGEST_CORRELATION: f64 = 0.999;

/// Every overlay, by file name: all parameters, and those of each block where there are several.
#[must_use]
pub fn files(calibration: &Calibration, finished: &FinishedCalibration) -> Vec<(String, String)> {
    let problem = &calibration.problem;
    let all: Vec<usize> = (0..problem.free.len()).collect();
    let mut files = vec![
        ("calibrated.toml".to_owned(), values(calibration, finished, &all)),
        ("calibrated-draws.toml".to_owned(), distribution(calibration, finished, &all)),
    ];
    if problem.blocks.len() > 1 {
        for (block, name) in problem.blocks.iter().enumerate() {
            let own = problem.free_of(block);
            files.push((format!("calibrated-{name}.toml"), values(calibration, finished, &own)));
            files.push((format!("calibrated-{name}-draws.toml"), distribution(calibration, finished, &own)));
        }
    }
    files
}

/// Where the values come from, in the words of a source.
fn provenance(calibration: &Calibration, finished: &FinishedCalibration, k: usize) -> String {
    let estimate = &finished.estimate;
    let scenario = &calibration.scenarios[0].scenario.name;
    let free = &calibration.problem.free[k];
    match (estimate.bound[k], estimate.std_error[k]) {
        (Some(_), _) => format!("calibrated ({scenario}): at its bound, set before {}", free.start),
        (None, error) if error.is_finite() => {
            format!("calibrated ({scenario}): standard error {error:.3e}, set before {}", free.start)
        }
        _ => format!("calibrated ({scenario}): not identified, set before {}", free.start),
    }
}

fn header(calibration: &Calibration, what: &str) -> String {
    let name = &calibration.scenarios[0].scenario.name;
    format!("# {what}\n# Written by `stickershock calibrate` of {name}; a scenario takes them by `extends`.\n")
}

/// The estimates as values.
fn values(calibration: &Calibration, finished: &FinishedCalibration, of: &[usize]) -> String {
    let mut out = header(calibration, "Estimated parameters.");
    for &k in of {
        let value = toml_number(finished.estimate.theta[k]);
        let source = toml::Value::String(provenance(calibration, finished, k));
        let _ = write!(out, "\n[{}]\nvalue = {value}\nstatus = \"estimate\"\nsource = {source}\n", calibration.keys[k]);
    }
    out
}

/// What a draw of a parameter comes from; none where it does not vary.
fn law(calibration: &Calibration, estimate: &Estimate, k: usize) -> Option<Distribution> {
    let free = &calibration.problem.free[k];
    if estimate.bound[k].is_some() {
        return None;
    }
    let bounds = [free.low, free.high];
    let normal = Distribution::normal(estimate.theta[k], estimate.std_error[k], bounds);
    normal.or_else(|_| Distribution::uniform(free.low, free.high)).ok()
}

/// Correlations worth writing between the `varying` parameters.
fn correlations(estimate: &Estimate, varying: &[usize]) -> Vec<(usize, usize, f64)> {
    let mut pairs = Vec::new();
    for (at, &a) in varying.iter().enumerate() {
        for &b in &varying[at + 1..] {
            let value = estimate.correlation(a, b);
            if value.is_finite() && value.abs() > 1e-4 {
                pairs.push((a, b, value.clamp(-LARGEST_CORRELATION, LARGEST_CORRELATION)));
            }
        }
    }
    drawn_in(estimate.theta.len(), pairs)
}

/// The same correlations, drawn in together by as little as makes their matrix one of correlations: rounding, and single ones drawn in
/// from one, can leave one that is not.
fn drawn_in(parameters: usize, mut pairs: Vec<(usize, usize, f64)>) -> Vec<(usize, usize, f64)> {
    /// How much nearer to zero at a time.
    const SHRINK: f64 = 0.995;
    // Ends at the latest when the diagonal dominates.
    while !pairs.is_empty() && GaussianCopula::new(parameters, &pairs).is_err() {
        pairs.iter_mut().for_each(|(_, _, value)| *value *= SHRINK);
    }
    pairs
}

/// The estimates as a distribution that `run`, `sensitivity` and `validate` draw from.
fn distribution(calibration: &Calibration, finished: &FinishedCalibration, of: &[usize]) -> String {
    let estimate = &finished.estimate;
    let mut out = header(calibration, "Estimated parameters as a distribution: `run` integrates over it.");
    let text = |text: &str| toml::Value::String(text.to_owned());
    // Files of several structures are extended together: names tell theirs apart.
    let (of_structure, line) = match &calibration.structure {
        Some(name) => (format!("{name}."), format!("structure = {}\n", text(name))),
        None => {
            out.push_str("\n[uncertainty]\ndraws = 64\nreplications = 4\n");
            (String::new(), String::new())
        }
    };
    let named = |k: usize| text(&format!("{of_structure}{}", calibration.problem.free[k].name));
    let varying: Vec<usize> = of.iter().copied().filter(|k| law(calibration, estimate, *k).is_some()).collect();
    for &k in &varying {
        let free = &calibration.problem.free[k];
        let _ = write!(
            out,
            "\n[[parameter]]\nkey = {}\nname = {}\n{line}label = {}\n",
            text(&calibration.keys[k]),
            named(k),
            text(&calibration.labels[k])
        );
        let error = estimate.std_error[k];
        if error.is_finite() && error > 0.0 {
            let _ = write!(
                out,
                "distribution = \"normal\"\nmean = {:?}\nsd = {error:?}\nlow = {:?}\nhigh = {:?}\n",
                estimate.theta[k], free.low, free.high
            );
        } else {
            let _ = write!(out, "distribution = \"uniform\"\nlow = {:?}\nhigh = {:?}\n", free.low, free.high);
        }
    }
    // At a bound there is no standard error to draw with, and the bound is the estimate: without a line of its own a draw would have
    // what the scenario sets.
    let fixed = of.iter().filter(|k| law(calibration, estimate, **k).is_none());
    let fixed = fixed.map(|&k| (&calibration.keys[k], toml_number(estimate.theta[k])));
    match &calibration.structure {
        Some(name) => {
            let set: Vec<String> = fixed.map(|(key, value)| format!("{} = {value}", text(key))).collect();
            if !set.is_empty() {
                let (name, set) = (text(name), set.join(", "));
                let _ =
                    write!(out, "\n[[uncertainty.structure]] # at their bounds\nname = {name}\nset = {{ {set} }}\n");
            }
        }
        None => fixed.for_each(|(key, value)| {
            let _ = write!(out, "\n[{key}] # at its bound\nvalue = {value}\n");
        }),
    }
    for (a, b, value) in correlations(estimate, &varying) {
        let (first, second) = (named(a), named(b));
        let [plain_a, plain_b] = [a, b].map(|k| &calibration.problem.free[k].name);
        let name = match &calibration.structure {
            Some(_) => format!("name = {}\n{line}", text(&format!("{of_structure}{plain_a}-{plain_b}"))),
            None => String::new(),
        };
        let _ = write!(out, "\n[[correlation]]\n{name}parameters = [{first}, {second}]\nvalue = {value:?}\n");
    }
    out
}

/// Points of the estimated distribution: a scrambled Sobol' sequence through its quantiles.
#[must_use]
pub fn draws(calibration: &Calibration, finished: &FinishedCalibration, count: usize) -> Vec<Vec<f64>> {
    let estimate = &finished.estimate;
    let free = estimate.theta.len();
    let laws: Vec<Option<Distribution>> = (0..free).map(|k| law(calibration, estimate, k)).collect();
    let varying: Vec<usize> = (0..free).filter(|k| laws[*k].is_some()).collect();
    let pairs = correlations(estimate, &varying);
    let copula = GaussianCopula::new(free, &pairs).ok();
    let Ok(sequence) = SobolSequence::scrambled(free, calibration.search.seed) else { return Vec::new() };
    let point = |unit: Vec<f64>| {
        let unit = copula.as_ref().map_or_else(|| unit.clone(), |copula| copula.mix(&unit));
        laws.iter()
            .zip(&unit)
            .zip(&estimate.theta)
            .map(|((law, u), value)| law.as_ref().map_or(*value, |law| law.quantile(*u)))
            .collect()
    };
    sequence.take(count).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three correlations of 0.9, 0.9 and -0.9 cannot be; with all of one size r they can up to r = 1/2.
    #[test]
    fn correlations_that_cannot_be_are_drawn_in_and_others_stay() {
        let possible = vec![(0, 1, 0.9), (0, 2, 0.9), (1, 2, 0.9)];
        assert_eq!(drawn_in(3, possible.clone()), possible);
        let drawn = drawn_in(3, vec![(0, 1, 0.9), (0, 2, 0.9), (1, 2, -0.9)]);
        assert!(drawn.iter().all(|(_, _, value)| (0.49..0.5).contains(&value.abs())), "{drawn:?}");
        assert!(drawn[2].2 < 0.0);
        assert_eq!(drawn_in(3, Vec::new()), []);
    }
}
