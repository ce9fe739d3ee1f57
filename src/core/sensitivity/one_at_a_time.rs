//! One input at a time: the output at a base point, and with each input alone moved to a low and a high quantile of its distribution.
//!
//! The base point has every input at its median. Nothing is said of interactions, nor of what lies between the two ends; the variance-based
//! and moment-independent methods are for that. Replications are compared one by one: where the rows of one replication share their random
//! numbers, the standard error of a swing is that of a paired difference.

use super::Problem;
use super::analysis::{Index, OutputColumn};
use super::bootstrap::IndexEstimate;
use super::design::Design;
use super::response::Response;
use crate::numerics::moments::Moments;

/// Base, then low and high of each input: 2D + 1 rows.
#[must_use]
pub fn design(problem: &Problem, quantiles: [f64; 2]) -> Design {
    let inputs = problem.len();
    let base: Vec<f64> = problem.at(&vec![0.5; inputs]).collect();
    let mut design = Design::new(inputs);
    design.push(base.iter().copied());
    for (input, parameter) in problem.parameters.iter().enumerate() {
        for quantile in quantiles {
            let mut row = base.clone();
            row[input] = parameter.distribution.quantile(quantile);
            design.push(row);
        }
    }
    design
}

/// Of each output: `base`, then `low`, `high` (the output there) and `swing` (high less low) of each input. Rows that are not numbers give
/// estimates that are not defined.
#[must_use]
pub fn indices(problem: &Problem, outputs: &[OutputColumn], level: f64) -> Vec<Index> {
    let mut indices = Vec::new();
    for output in outputs {
        let response = &output.response;
        let mut push = |parameter: &str, index, estimate| {
            let (output, parameter) = (output.name.clone(), parameter.to_owned());
            indices.push(Index { output, parameter, index, estimate, noise: None });
        };
        let at = |row: usize| over_replications(response, level, |values| values[row]);
        push("", "base", at(0));
        let low = |input: usize| 1 + 2 * input;
        for (input, name) in problem.names().enumerate() {
            push(name, "low", at(low(input)));
        }
        for (input, name) in problem.names().enumerate() {
            push(name, "high", at(low(input) + 1));
        }
        for (input, name) in problem.names().enumerate() {
            let swing = |values: &[f64]| values[low(input) + 1] - values[low(input)];
            push(name, "swing", over_replications(response, level, swing));
        }
    }
    indices
}

/// The mean over replications of a number that each of them gives.
fn over_replications(response: &Response, level: f64, number: impl Fn(&[f64]) -> f64) -> IndexEstimate {
    let mut moments = Moments::default();
    response.by_replication().iter().for_each(|values| moments.add(number(values)));
    IndexEstimate::new(moments.mean(), moments.std_error(), response.replications(), level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensitivity::{Distribution, Parameter};

    /// y = 10 + 2 a + b² with noise that is common to the rows of a replication: swings are exact, levels are not.
    #[test]
    fn swings_are_paired_over_replications() {
        let law = |low, high| Distribution::uniform(low, high).unwrap();
        let parameters = vec![
            Parameter { name: "a".into(), distribution: law(0.0, 10.0), group: None },
            Parameter { name: "b".into(), distribution: law(-1.0, 3.0), group: None },
        ];
        let problem = Problem { parameters };
        let design = design(&problem, [0.1, 0.9]);
        let rows: Vec<Vec<f64>> = design.iter().map(<[f64]>::to_vec).collect();
        let expected = [[5.0, 1.0], [1.0, 1.0], [9.0, 1.0], [5.0, -0.6], [5.0, 2.6]];
        assert!(rows.iter().flatten().zip(expected.as_flattened()).all(|(x, y)| (x - y).abs() < 1e-9), "{rows:?}");
        let y = |noise: f64| rows.iter().map(|x| 10.0 + 2.0 * x[0] + x[1] * x[1] + noise).collect::<Vec<_>>();
        let response = Response::new(vec![y(1.0), y(-3.0), y(2.0)]).unwrap();
        let indices = indices(&problem, &[OutputColumn { name: "y".into(), response }], 0.95);
        let find = |index: &str, parameter: &str| {
            indices.iter().find(|row| row.index == index && row.parameter == parameter).unwrap().estimate
        };
        assert!((find("base", "").value - 21.0).abs() < 1e-9);
        assert!((find("base", "").std_error - (7.0_f64 / 3.0).sqrt()).abs() < 1e-9);
        for (name, swing) in [("a", 16.0), ("b", 2.6 * 2.6 - 0.36)] {
            let found = find("swing", name);
            assert!((found.value - swing).abs() < 1e-9 && found.std_error < 1e-9, "{name}: {found:?}");
            assert!((find("high", name).value - find("low", name).value - swing).abs() < 1e-9);
        }
    }
}
