//! Extended Fourier amplitude sensitivity test (Saltelli, Tarantola and Chan 1999).
//!
//! The design has one block of N rows for each input, a search curve on which that input has frequency ω = ⌊(N − 1) / 2M⌋ and the others low ones
//! ([`super::design::search_curves`]). With V the power of frequencies 1 to ⌊(N − 1) / 2⌋,
//!
//! ```text
//! S1 = power at ω, 2ω, .., Mω / V,    ST = 1 − power at 1 .. ⌊ω / 2⌋ / V.
//! ```
//!
//! The indices read the order of rows and their number only, not the inputs; [`misplaced`] tells rows that stand in another order. The method has a bias of its own where frequencies meet, largest in ST.

use super::bootstrap::IndexEstimate;
use super::design::Design;
use super::harmonics::Power;
use super::response::{QuadraticForm, Response, average};

/// Harmonics of the input's frequency that count as its own, M.
pub const HARMONICS: usize = 4;

/// First-order and total index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FastIndices {
    /// First-order index.
    pub first: IndexEstimate,
    /// Total index.
    pub total: IndexEstimate,
}

/// The indices of `inputs` inputs from as many blocks of rows.
#[must_use]
pub fn indices(response: &Response, inputs: usize, level: f64) -> Vec<FastIndices> {
    let points = response.rows() / inputs.max(1);
    let highest = points.saturating_sub(1) / (2 * HARMONICS);
    let own: Vec<usize> = (1..=HARMONICS).map(|harmonic| harmonic * highest).collect();
    let low: Vec<usize> = (1..=highest / 2).collect();
    let forms = response.forms();
    (0..inputs)
        .map(|input| {
            let block: Vec<QuadraticForm> = forms.iter().map(|form| centred(form, input * points, points)).collect();
            let all = Power::of_all(&block, false);
            FastIndices {
                first: Power::of_band(&block, &own).share_of(&all, 0.0, 1.0, level),
                total: Power::of_band(&block, &low).share_of(&all, 1.0, -1.0, level),
            }
        })
        .collect()
}

/// The first curve, by the input that it is of, on which that input does not go to and fro as often as its frequency says, or another does
/// so half as often: rows in another order, or a design of another kind. Inputs of few values tell nothing.
#[must_use]
pub fn misplaced(design: &Design, inputs: usize) -> Option<usize> {
    let points = design.rows() / inputs.max(1);
    let frequency = points.saturating_sub(1) / (2 * HARMONICS);
    (0..inputs).find(|curve| {
        (0..inputs).any(|input| {
            let values: Vec<f64> = (curve * points..(curve + 1) * points).map(|row| design.row(row)[input]).collect();
            let Some(turns) = turns(&values) else { return false };
            if input == *curve { turns.abs_diff(2 * frequency) > 2 } else { turns > frequency + 2 }
        })
    })
}

/// How often a column that begins again where it ends changes its direction; nothing where it has few values.
fn turns(values: &[f64]) -> Option<usize> {
    let mut known: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
    known.sort_unstable();
    known.dedup();
    if known.len() < values.len() / 4 {
        return None;
    }
    let next = values.iter().cycle().skip(1);
    let rises: Vec<bool> = values.iter().zip(next).filter(|(a, b)| a != b).map(|(a, b)| b > a).collect();
    Some(rises.iter().zip(rises.iter().cycle().skip(1)).filter(|(a, b)| a != b).count())
}

fn centred(form: &QuadraticForm, start: usize, points: usize) -> QuadraticForm {
    let values = &form.values[start..start + points];
    let centre = average(values);
    QuadraticForm { weight: form.weight, values: values.iter().map(|y| y - centre).collect() }
}
