//! Borgonovo's moment-independent index delta from one sample (Borgonovo 2007; Plischke, Borgonovo and Smith 2013).
//!
//! delta_i is half the mean over X_i of the area between the output's density and its density given X_i. The sample is cut into
//! classes of equal count by X_i, ⌈N^p⌉ of them with p = 2 / (7 + tanh((1500 − N) / 500)), at most 48 (an input with fewer values than that has a class for each);
//! densities are Gaussian kernel estimates with Silverman's bandwidth, sd (3N/4)^(−1/5), on 100 points from the smallest to the largest output, after linear binning on
//! eight times as many; areas are by the trapezoid rule. A class whose outputs are all equal has no density and counts as fully apart.
//!
//! The estimate is the plain one (equation 26 of Plischke et al.), not shifted by a bootstrap estimate of its bias, which at these sample sizes is
//! as uncertain as it is large. It is biased upwards: an inert input gets about 0.05 at N = 400, less with more rows; compare with a dummy input. The
//! standard error is that of the bootstrap over rows.

use super::bootstrap::{IndexEstimate, Resampling, collect};
use super::design::Design;
use super::response::{Response, average};
use super::slices::{ascending, by_value};
use crate::numerics::elementary::{exp, ln};
use crate::numerics::moments::Moments;

const POINTS: usize = 100;
const BINS_PER_STEP: usize = 8;
const MOST_CLASSES: usize = 48;

/// The index of every input, for the mean response over replications.
#[must_use]
pub fn indices(response: &Response, design: &Design, resampling: &Resampling) -> Vec<IndexEstimate> {
    let outputs = response.mean();
    let Some(grid) = Grid::new(outputs) else { return vec![IndexEstimate::UNDEFINED; design.columns()] };
    let inputs: Vec<Classes> = (0..design.columns()).map(|input| Classes::new(&design.column(input))).collect();
    let rows = response.rows();
    let all = |weights: &[u32]| -> Vec<f64> {
        let whole = grid.density(outputs, (0..rows).map(|row| (row, weights[row])));
        inputs.iter().map(|classes| classes.delta(&grid, outputs, weights, &whole)).collect()
    };
    let values = all(&vec![1; rows]);
    let mut resampled = vec![Moments::default(); values.len()];
    resampling.draw(rows, 0, |weights| collect(&mut resampled, &all(weights)));
    resampling.estimates(&values, &resampled, rows)
}

/// Number of classes for `rows` rows.
fn class_count(rows: usize) -> usize {
    let n = rows as f64;
    // tanh through the exponential; its argument is bounded above by 3.
    let e = exp(2.0 * (1500.0 - n) / 500.0);
    let power = 2.0 / (7.0 + (e - 1.0) / (e + 1.0));
    (exp(power * ln(n)).ceil() as usize).clamp(1, MOST_CLASSES)
}

/// The rows of a sample by one input.
struct Classes {
    /// Rows in increasing order of the input.
    order: Vec<usize>,
    count: usize,
    /// The class of every row where the input has few values.
    by_value: Option<Vec<usize>>,
}

impl Classes {
    fn new(values: &[f64]) -> Self {
        let order = ascending(values);
        let count = class_count(values.len());
        match by_value(values, count) {
            Some((slices, count)) => Self { order, count, by_value: Some(slices) },
            None => Self { order, count, by_value: None },
        }
    }

    /// The raw index of a sample in which row r stands `weights[r]` times.
    fn delta(&self, grid: &Grid, outputs: &[f64], weights: &[u32], whole: &[f64]) -> f64 {
        let rows: usize = weights.iter().map(|weight| *weight as usize).sum();
        let mut members: Vec<Vec<(usize, u32)>> = vec![Vec::new(); self.count];
        let mut rank = 0;
        for row in &self.order {
            let Some(classes) = &self.by_value else {
                // Copies of one row may fall into two classes.
                let mut left = weights[*row] as usize;
                while left > 0 {
                    let class = (rank * self.count / rows).min(self.count - 1);
                    let end = ((class + 1) * rows).div_ceil(self.count).max(rank + 1);
                    let taken = left.min(end - rank);
                    members[class].push((*row, taken as u32));
                    rank += taken;
                    left -= taken;
                }
                continue;
            };
            members[classes[*row]].push((*row, weights[*row]));
        }
        let area = |class: &Vec<(usize, u32)>| {
            let size: u32 = class.iter().map(|(_, weight)| weight).sum();
            let density = grid.density(outputs, class.iter().copied());
            let apart = if density.is_empty() { 2.0 } else { grid.area_between(whole, &density) };
            f64::from(size) / (2.0 * rows as f64) * apart
        };
        members.iter().filter(|class| class.iter().any(|(_, weight)| *weight > 0)).map(area).sum()
    }
}

/// Evenly spaced outputs at which densities are compared.
struct Grid {
    low: f64,
    step: f64,
}

impl Grid {
    /// Nothing where all outputs are equal.
    fn new(outputs: &[f64]) -> Option<Self> {
        let low = outputs.iter().copied().fold(f64::INFINITY, f64::min);
        let high = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let step = (high - low) / (POINTS - 1) as f64;
        (step > 0.0 && step.is_finite()).then_some(Self { low, step })
    }

    /// Kernel density of weighted rows at the grid's points; empty where their outputs do not vary.
    fn density(&self, outputs: &[f64], rows: impl Iterator<Item = (usize, u32)>) -> Vec<f64> {
        let bin_width = self.step / BINS_PER_STEP as f64;
        let mut bins = vec![0.0; (POINTS - 1) * BINS_PER_STEP + 2];
        let mut moments = (0.0, 0.0, 0.0);
        for (row, weight) in rows {
            let (weight, place) = (f64::from(weight), (outputs[row] - self.low) / bin_width);
            let bin = (place as usize).min(bins.len() - 2);
            let beyond = place - bin as f64;
            bins[bin] += weight * (1.0 - beyond);
            bins[bin + 1] += weight * beyond;
            moments = (moments.0 + weight, moments.1 + weight * place, moments.2 + weight * place * place);
        }
        let (count, mean) = (moments.0, moments.1 / moments.0);
        let variance = (moments.2 / count - mean * mean) * count / (count - 1.0);
        if !(count > 1.0 && variance > 1e-8) {
            return Vec::new();
        }
        // In bins: offsets between points and bins are whole numbers. Beyond six widths the kernel is below 2e-8 of its height.
        let width = variance.sqrt() * exp(-0.2 * ln(0.75 * count));
        let reach = ((6.0 * width).ceil() as usize).min(bins.len());
        let height = |offset: usize| exp(-0.5 * (offset as f64 / width) * (offset as f64 / width));
        let kernel: Vec<f64> = (0..=2 * reach).map(|place| height(place.abs_diff(reach))).collect();
        let scale = 1.0 / (count * width * std::f64::consts::TAU.sqrt() * bin_width);
        let at = |point: usize| {
            let centre = point * BINS_PER_STEP;
            let from = centre.saturating_sub(reach);
            let to = (centre + reach + 1).min(bins.len());
            dot(&bins[from..to], &kernel[from + reach - centre..]) * scale
        };
        (0..POINTS).map(at).collect()
    }

    /// Trapezoid rule for the area between two densities.
    fn area_between(&self, a: &[f64], b: &[f64]) -> f64 {
        let apart: Vec<f64> = a.iter().zip(b).map(|(a, b)| (a - b).abs()).collect();
        let ends = apart.first().unwrap_or(&0.0) + apart.last().unwrap_or(&0.0);
        self.step * (average(&apart) * apart.len() as f64 - 0.5 * ends)
    }
}

/// Sum of products over the shorter length, in eight lanes that the compiler can keep side by side.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let length = a.len().min(b.len());
    let ((a, rest_a), (b, rest_b)) = (a[..length].as_chunks::<8>(), b[..length].as_chunks::<8>());
    let mut lanes = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for (lane, (x, y)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += x * y;
        }
    }
    lanes.iter().sum::<f64>() + rest_a.iter().zip(rest_b).map(|(x, y)| x * y).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand from the formula: 400^0.2557 = 4.63, 1000^0.2577 = 5.93, 5000^0.3323 = 16.95.
    #[test]
    fn classes_grow_with_the_sample() {
        assert_eq!([400, 1000, 5000, 1_000_000].map(class_count), [5, 6, 18, 48]);
    }

    #[test]
    fn a_density_integrates_to_one_and_is_the_direct_sum_of_kernels() {
        let outputs: Vec<f64> = (0..200).map(|i| f64::from(i * i % 199) / 199.0 + f64::from(i % 7)).collect();
        let grid = Grid::new(&outputs).unwrap();
        let density = grid.density(&outputs, (0..200).map(|row| (row, 1)));
        let mean = average(&outputs);
        let variance = outputs.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / 199.0;
        let width = variance.sqrt() * 150_f64.powf(-0.2);
        for (point, binned) in density.iter().enumerate() {
            let y = grid.low + grid.step * point as f64;
            let direct: f64 = outputs.iter().map(|x| (-0.5 * ((y - x) / width).powi(2)).exp()).sum::<f64>()
                / (200.0 * width * std::f64::consts::TAU.sqrt());
            assert!((binned - direct).abs() < 2e-4 * direct, "{point}: {binned} {direct}");
        }
    }
}
