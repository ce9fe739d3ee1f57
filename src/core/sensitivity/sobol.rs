//! Variance-based indices from pick-freeze blocks.
//!
//! With A, B two independent points, AB_i the point A with input i from B, BA_i the reverse, y centred, and V the population variance of
//! the 2N outputs of A and B:
//!
//! ```text
//! S1_i  = mean( y(B) (y(AB_i) − y(A)) ) / V                        Saltelli et al. 2010, table 2 (b)
//! ST_i  = mean( (y(A) − y(AB_i))² ) / 2V                           Jansen 1999
//! S2_ij = mean( y(BA_i) y(AB_j) − y(A) y(B) ) / V − S1_i − S1_j    Saltelli 2002, for i < j
//! ```
//!
//! Estimates are not clipped: that of an inert input is zero up to its standard error. Units of the bootstrap are base points, all rows of a
//! block together.

use super::bootstrap::{IndexEstimate, MeanTerms, Resampling};
use super::response::Response;

/// Where the rows of a block stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Inputs, D.
    pub inputs: usize,
    /// Whether a block has the rows BA_i: 2D + 2 rows, else D + 2.
    pub second_order: bool,
}

impl Blocks {
    /// Rows of a block.
    #[must_use]
    pub fn rows(self) -> usize {
        if self.second_order { 2 * self.inputs + 2 } else { self.inputs + 2 }
    }
    /// The place of B; that of A is 0.
    #[must_use]
    pub fn b(self) -> usize {
        self.rows() - 1
    }
    /// The place of AB_i.
    #[must_use]
    pub fn ab(self, input: usize) -> usize {
        1 + input
    }
    /// The place of BA_i, in blocks that have it.
    #[must_use]
    pub fn ba(self, input: usize) -> usize {
        1 + self.inputs + input
    }
}

/// Indices of one output.
#[derive(Clone, Debug, PartialEq)]
pub struct SobolIndices {
    /// First-order index of each input.
    pub first: Vec<IndexEstimate>,
    /// Total index of each input.
    pub total: Vec<IndexEstimate>,
    /// Second-order index of each pair of inputs; empty for blocks without BA_i.
    pub second: Vec<(usize, usize, IndexEstimate)>,
}

/// The indices of an output whose rows are `blocks`; undefined where the variance of the mean response is not positive.
#[must_use]
pub fn indices(response: &Response, blocks: Blocks, resampling: &Resampling) -> SobolIndices {
    indices_by(response, blocks, |terms, statistics| terms.bootstrap(resampling, statistics))
}

/// The same from independent randomisations of one scrambled design: `groups` holds that of each block. Intervals are Student's over
/// randomisations, at `level`.
#[must_use]
pub fn randomised_indices(response: &Response, blocks: Blocks, groups: &[usize], level: f64) -> SobolIndices {
    indices_by(response, blocks, |terms, statistics| terms.jackknife(groups, level, statistics))
}

/// Pseudo-values of the total indices, one list for each randomisation.
#[must_use]
pub fn total_pieces(response: &Response, blocks: Blocks, groups: &[usize]) -> Vec<Vec<f64>> {
    let mut pieces = Vec::new();
    indices_by(response, Blocks { ..blocks }, |terms, statistics| {
        pieces = terms.pseudo_values(groups, statistics);
        vec![IndexEstimate::UNDEFINED; pieces.first().map_or(0, Vec::len)]
    });
    pieces.iter().map(|piece| piece[blocks.inputs..2 * blocks.inputs].to_vec()).collect()
}

/// What estimates statistics of the means of terms.
type Statistics<'a> = &'a dyn Fn(&[f64]) -> Vec<f64>;

fn indices_by(
    response: &Response,
    blocks: Blocks,
    estimate: impl FnOnce(&MeanTerms, Statistics<'_>) -> Vec<IndexEstimate>,
) -> SobolIndices {
    let inputs = blocks.inputs;
    let mut pairs = Vec::new();
    if blocks.second_order {
        (0..inputs).for_each(|i| pairs.extend((i + 1..inputs).map(|j| (i, j))));
    }
    let forms = response.forms();
    // Columns: first orders, totals, pairs, mean square, then one mean for each form.
    let (total_at, pair_at) = (inputs, 2 * inputs);
    let square_at = pair_at + pairs.len();
    let mut terms = MeanTerms::new(square_at + 1 + forms.len());
    for start in (0..response.rows()).step_by(blocks.rows()) {
        let slot = terms.unit();
        for (f, form) in forms.iter().enumerate() {
            let y = |place: usize| form.values[start + place];
            let (a, b) = (y(0), y(blocks.b()));
            for i in 0..inputs {
                let ab = y(blocks.ab(i));
                slot[i] += form.weight * b * (ab - a);
                slot[total_at + i] += form.weight * 0.5 * (a - ab) * (a - ab);
            }
            for (column, (i, j)) in pairs.iter().enumerate() {
                slot[pair_at + column] += form.weight * (y(blocks.ba(*i)) * y(blocks.ab(*j)) - a * b);
            }
            slot[square_at] += form.weight * 0.5 * (a * a + b * b);
            slot[square_at + 1 + f] = 0.5 * (a + b);
        }
    }
    let statistics = |means: &[f64]| {
        let centre: f64 = forms.iter().zip(&means[square_at + 1..]).map(|(form, mean)| form.weight * mean * mean).sum();
        let variance = means[square_at] - centre;
        if variance <= 0.0 {
            return vec![f64::NAN; square_at];
        }
        let mut indices: Vec<f64> = means[..square_at].iter().map(|mean| mean / variance).collect();
        for (column, (i, j)) in pairs.iter().enumerate() {
            indices[pair_at + column] -= indices[*i] + indices[*j];
        }
        indices
    };
    let estimates = estimate(&terms, &statistics);
    let second = pairs.iter().zip(&estimates[pair_at..]).map(|((i, j), estimate)| (*i, *j, *estimate)).collect();
    SobolIndices { first: estimates[..total_at].to_vec(), total: estimates[total_at..pair_at].to_vec(), second }
}
