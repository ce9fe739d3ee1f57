//! The law of total variance on a design: Var(Y) = Var(E\[Y | X\]) + E\[Var(Y | X)\].
//!
//! The first term is the population variance of the mean response over the chosen rows, by cross products of replications (see
//! [`super`]); the second the mean over all rows of the variance within a row. Their share is that of one realisation:
//! `replication_share = E[Var(Y | X)] / Var(Y)`; of a mean over n replications, divide the second term by n.

use super::bootstrap::{IndexEstimate, MeanTerms, Resampling};
use super::response::{Response, average};

/// The two parts of the variance of an output, and the second as a share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VarianceParts {
    /// Variance over inputs of the mean response, Var(E\[Y | X\]).
    pub variance_of_mean: IndexEstimate,
    /// Mean over inputs of the variance over replications, E\[Var(Y | X)\].
    pub mean_of_variance: IndexEstimate,
    /// The second over the sum of both.
    pub replication_share: IndexEstimate,
}

/// How the parts are estimated from the terms of units.
#[derive(Clone, Copy, Debug)]
pub enum Units<'a> {
    /// Units are independent.
    Independent(&'a Resampling),
    /// Units are independent between groups only: the group of each, and the level of intervals.
    Grouped(&'a [usize], f64),
}

impl Units<'_> {
    fn estimate(self, terms: &MeanTerms, statistics: impl Fn(&[f64]) -> Vec<f64>) -> Vec<IndexEstimate> {
        match self {
            Self::Independent(resampling) => terms.bootstrap(resampling, statistics),
            Self::Grouped(groups, level) => terms.jackknife(groups, level, statistics),
        }
    }
}

/// Splits the variance of `response`, whose rows come in units of `unit` rows; the places in a unit whose rows
/// carry the variance over inputs are `places`. Nothing with one replication.
#[must_use]
pub fn split(response: &Response, unit: usize, places: &[usize], units: Units<'_>) -> Option<VarianceParts> {
    if response.replications() < 2 {
        return None;
    }
    let forms = response.forms();
    let within = response.variance_within();
    let scale = response.scale() * response.scale();
    let mut terms = MeanTerms::new(2 + forms.len());
    for start in (0..response.rows()).step_by(unit) {
        let slot = terms.unit();
        slot[0] = average(&within[start..(start + unit).min(within.len())]);
        for (f, form) in forms.iter().enumerate() {
            for place in places {
                let y = form.values[start + place];
                slot[1] += form.weight * y * y / places.len() as f64;
                slot[2 + f] += y / places.len() as f64;
            }
        }
    }
    let parts = units.estimate(&terms, |means| {
        let squares: f64 = forms.iter().zip(&means[2..]).map(|(form, mean)| form.weight * mean * mean).sum();
        let of_mean = (means[1] - squares) * scale;
        let share = if of_mean + means[0] > 0.0 { means[0] / (of_mean + means[0]) } else { f64::NAN };
        vec![of_mean, means[0], share]
    });
    Some(VarianceParts { variance_of_mean: parts[0], mean_of_variance: parts[1], replication_share: parts[2] })
}
