//! First-order indices from any sample by random balance designs (Tarantola, Gatelli and Mara 2006).
//!
//! Rows are put in the order in which input i rises through every second of its sorted values and falls through the rest, so that along them it makes one
//! wave. The raw index is the power of the first M frequencies over the variance; the noise that the other inputs put there is taken out (Tissot and
//! Prieur 2012): with λ = 2M / N, S1 = raw − λ / (1 − λ) × (1 − raw).

use super::bootstrap::IndexEstimate;
use super::design::Design;
use super::harmonics::{Power, RBD_HARMONICS};
use super::response::{QuadraticForm, Response};
use super::slices::ascending;

/// The first-order index of every input.
#[must_use]
pub fn indices(response: &Response, design: &Design, level: f64) -> Vec<IndexEstimate> {
    let forms = response.forms();
    let band: Vec<usize> = (1..=RBD_HARMONICS).collect();
    let lambda = 2.0 * RBD_HARMONICS as f64 / response.rows() as f64;
    let correction = lambda / (1.0 - lambda);
    let index = |input: usize| {
        let sorted = ascending(&design.column(input));
        let rising = sorted.iter().step_by(2);
        let falling = sorted.iter().skip(1).step_by(2).rev();
        let order: Vec<usize> = rising.chain(falling).copied().collect();
        let along = |form: &QuadraticForm| QuadraticForm {
            weight: form.weight,
            values: order.iter().map(|row| form.values[*row]).collect(),
        };
        let forms: Vec<QuadraticForm> = forms.iter().map(along).collect();
        Power::of_band(&forms, &band).share_of(&Power::of_all(&forms, true), -correction, 1.0 + correction, level)
    };
    (0..design.columns()).map(index).collect()
}
