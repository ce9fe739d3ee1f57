//! Elementary effects (Morris 1991; Campolongo, Cariboni and Saltelli 2007).
//!
//! The elementary effect of an input on one trajectory is the change of the output over the signed change of the input's position
//! ([`super::Distribution::position`]): in units of the range of a uniform input, of probability for other laws. Over trajectories,
//!
//! ```text
//! mu = mean(EE),   mu_star = mean |EE|,   sigma = sample standard deviation of EE (n − 1).
//! ```
//!
//! With replications, mu is that of their mean, sigma² loses the variance of noise as every quadratic form does (see [`super`]; a negative
//! result is reported as 0), and in mu_star each replication's effect takes its sign from the mean of the *others*: |EE| of noise alone averages to zero then,
//! not to its own size. Where noise is larger than the effect the sign is sometimes wrong and mu_star too small; more replications mend that.
//! Units of the bootstrap are trajectories.

use super::bootstrap::{IndexEstimate, MeanTerms, Resampling};
use super::response::Response;

/// A move of one input between two neighbouring rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputStep {
    /// The input that moves.
    pub input: usize,
    /// The row before the move; the next row is after it.
    pub row: usize,
    /// Signed change of the input's position, not zero.
    pub change: f64,
}

/// Measures of one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ElementaryEffects {
    /// Mean effect, in units of the output.
    pub mu: IndexEstimate,
    /// Mean absolute effect.
    pub mu_star: IndexEstimate,
    /// Standard deviation of the effect.
    pub sigma: IndexEstimate,
}

/// The absolute effect of every input on each trajectory, whose mean is mu_star; with replications the sign is that of the others' mean.
#[must_use]
pub fn absolute_effects(response: &Response, trajectories: &[Vec<InputStep>]) -> Vec<Vec<f64>> {
    let n = response.replications() as f64;
    let of_step = |step: &InputStep| {
        let effect = |values: &[f64]| (values[step.row + 1] - values[step.row]) / step.change;
        let total = n * effect(response.mean());
        absolute(total, response.by_replication().iter().map(|values| effect(values)))
    };
    trajectories
        .iter()
        .map(|steps| {
            let mut effects = vec![0.0; steps.len()];
            steps.iter().for_each(|step| effects[step.input] = of_step(step));
            effects
        })
        .collect()
}

/// Mean of the effects of replications that add up to `total`, each signed by the sum of the others; the absolute value of a single one.
fn absolute(total: f64, effects: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = effects.len();
    if n == 1 {
        return total.abs();
    }
    let sign = |others: f64| if others == 0.0 { 0.0 } else { others.signum() };
    effects.map(|one| one * sign(total - one)).sum::<f64>() / n as f64
}

/// The measures of every input, from trajectories of D steps each, one of every input.
#[must_use]
pub fn effects(
    response: &Response,
    trajectories: &[Vec<InputStep>],
    resampling: &Resampling,
) -> Vec<ElementaryEffects> {
    let inputs = trajectories.first().map_or(0, Vec::len);
    let forms = response.forms();
    let (scale, n) = (response.scale(), response.replications());
    // Columns for each input: absolute effect, then effect and its square for every form.
    let width = 1 + 2 * forms.len();
    let mut terms = MeanTerms::new(inputs * width);
    for steps in trajectories {
        let slot = terms.unit();
        for step in steps {
            let columns = &mut slot[step.input * width..][..width];
            let effect = |values: &[f64]| scale * (values[step.row + 1] - values[step.row]) / step.change;
            for (f, form) in forms.iter().enumerate() {
                let effect = effect(&form.values);
                columns[1 + 2 * f] = effect;
                columns[2 + 2 * f] = effect * effect;
            }
            let mean = columns[1];
            columns[0] =
                if n == 1 { mean.abs() } else { absolute(n as f64 * mean, (0..n).map(|r| columns[3 + 2 * r])) };
        }
    }
    let count = trajectories.len() as f64;
    let estimates = terms.bootstrap(resampling, |means| {
        let mut measures = Vec::with_capacity(3 * inputs);
        for columns in means.chunks_exact(width) {
            let variance: f64 = forms
                .iter()
                .zip(columns[1..].chunks_exact(2))
                .map(|(form, effect)| form.weight * (effect[1] - effect[0] * effect[0]))
                .sum();
            let sigma = if count > 1.0 { (variance * count / (count - 1.0)).max(0.0).sqrt() } else { f64::NAN };
            measures.extend([columns[1], columns[0], sigma]);
        }
        measures
    });
    let measures = |of: &[IndexEstimate]| ElementaryEffects { mu: of[0], mu_star: of[1], sigma: of[2] };
    estimates.chunks_exact(3).map(measures).collect()
}
