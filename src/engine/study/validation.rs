//! Validation: every piece of evidence against the model, at the scenario's own values and over draws of its parameters.

use std::sync::atomic::AtomicBool;

use super::Observer;
use super::calibration::{CalibrationError, moments_at};
use super::threads::answers;
use crate::config::UncertainParameters;
use crate::config::calibration::{Calibration, Usage};
use crate::numerics::sobol::SobolSequence;

/// What the model says of the evidence.
#[derive(Clone, Debug)]
pub struct Validation {
    /// Positions of the evidence that the model speaks to.
    pub evidence: Vec<usize>,
    /// Each of them at the scenario's own values.
    pub central: Vec<f64>,
    /// The same at each draw that has a solution.
    pub draws: Vec<Vec<f64>>,
    /// Draws asked for: none where there is nothing to draw.
    pub asked: usize,
    /// Draws without a solution.
    pub failed: usize,
}

/// Why there is no validation.
#[derive(Debug, thiserror::Error)]
pub enum ValidationError {
    /// Draws are asked for and the scenario has no distribution.
    #[error("has no [[parameter]], so there is no distribution to draw from")]
    NothingToDraw,
    /// A parameter that the calibration holds fixed.
    #[error("the parameter `{0}` is not free in [calibration], so validation cannot draw it")]
    NotFree(String),
    /// The scenario cannot be solved, or the user stopped it.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
}

/// Works out the evidence at the scenario's values and at `count` draws of its `parameters`, on the current rayon pool.
///
/// # Errors
/// [`ValidationError`] when the parameters cannot be drawn, the scenario has no solution at its own values, or `stop` is set.
pub fn validate(
    calibration: &Calibration,
    parameters: &UncertainParameters,
    count: usize,
    stop: &AtomicBool,
) -> Result<Validation, ValidationError> {
    if parameters.is_empty() && count > 0 {
        return Err(ValidationError::NothingToDraw);
    }
    if let Some(item) = parameters.list.iter().find(|item| !calibration.keys.contains(&item.key)) {
        return Err(ValidationError::NotFree(item.key.clone()));
    }
    let evidence: Vec<usize> =
        (0..calibration.evidence.len()).filter(|at| calibration.evidence[*at].usage != Usage::None).collect();
    let theta = calibration.problem.start();
    // Draws name their parameters by key; those that are not free stay as the scenario has them.
    let drawn = |values: &[f64]| {
        let mut theta = theta.clone();
        for (item, value) in parameters.list.iter().zip(values) {
            if let Some(k) = calibration.keys.iter().position(|key| *key == item.key) {
                theta[k] = *value;
            }
        }
        theta
    };
    let units: Vec<Vec<f64>> = SobolSequence::scrambled(parameters.len().max(1), calibration.search.seed)
        .map_err(|error| CalibrationError::Search(error.to_string()))?
        .take(count)
        .collect();
    let central = moments_at(calibration, &evidence, &theta, 0, stop).map_err(|reason| match stop.cancelled() {
        true => CalibrationError::Interrupted { done: 0 },
        false => CalibrationError::Unsolved(reason),
    })?;
    // Random numbers of its own for every draw: intervals hold parameters and simulation together.
    let answer =
        |at: usize| moments_at(calibration, &evidence, &drawn(&parameters.at(&units[at])), 1 + at as u64, stop);
    let answers = answers(count, stop, answer).into_iter().collect::<Option<Vec<_>>>();
    // A draw that was cut short is none without a solution.
    let whole = |answers: &Vec<Result<_, _>>| answers.iter().all(Result::is_ok) || !stop.cancelled();
    let answers = answers.filter(whole).ok_or(CalibrationError::Interrupted { done: 0 })?;
    let draws: Vec<Vec<f64>> = answers.into_iter().flatten().collect();
    Ok(Validation { asked: count, failed: count - draws.len(), evidence, central, draws })
}
