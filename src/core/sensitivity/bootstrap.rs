//! Standard errors by resampling units with replacement, and Student intervals from them.
//!
//! The bootstrap's variance is that of the empirical distribution, smaller than the unbiased one by (N - 1) / N; it is corrected for, and
//! the quantile is Student's with N - 1 degrees of freedom, which matters for a few trajectories only.

use super::random::{DesignPurpose, DesignStream};
use crate::numerics::moments::Moments;
use crate::numerics::student;

/// A value with its uncertainty. NaN is a value that is not defined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexEstimate {
    /// The estimate from all units.
    pub value: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Ends of the interval.
    pub interval: [f64; 2],
}

impl IndexEstimate {
    /// An estimate that is not defined.
    pub const UNDEFINED: Self = Self { value: f64::NAN, std_error: f64::NAN, interval: [f64::NAN; 2] };

    /// Estimate and standard error with the Student interval of `units` independent units.
    #[must_use]
    pub fn new(value: f64, std_error: f64, units: usize, level: f64) -> Self {
        if !value.is_finite() {
            return Self::UNDEFINED;
        }
        if std_error.is_nan() || units < 2 {
            return Self { value, ..Self::UNDEFINED };
        }
        let half = student::quantile(units as u64 - 1, 0.5 + level / 2.0) * std_error;
        Self { value, std_error, interval: [value - half, value + half] }
    }

    /// The mean of the entries `at` of independent pieces, with its Student interval.
    #[must_use]
    pub fn of_pieces(pieces: &[Vec<f64>], at: usize, level: f64) -> Self {
        let mut moments = Moments::default();
        pieces.iter().for_each(|piece| moments.add(piece[at]));
        Self::new(moments.mean(), moments.std_error(), pieces.len(), level)
    }

    /// Width of the interval.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.interval[1] - self.interval[0]
    }
}

/// How uncertainty is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resampling {
    /// Level of intervals, inside (0, 1).
    pub level: f64,
    /// Number of resamples.
    pub resamples: usize,
    /// Seed of the resamples.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self { level: 0.95, resamples: 1000, seed: 0 }
    }
}

impl Resampling {
    /// Calls `each` with how often every one of `units` units is drawn, once for each resample; `index` separates streams.
    pub fn draw(&self, units: usize, index: u64, mut each: impl FnMut(&[u32])) {
        let mut stream = DesignStream::at(self.seed, DesignPurpose::Bootstrap, index);
        let mut counts = vec![0_u32; units];
        for _ in 0..self.resamples {
            counts.fill(0);
            for _ in 0..units {
                counts[stream.below(units)] += 1;
            }
            each(&counts);
        }
    }

    /// Estimates from the values of all units and the moments of their resampled counterparts.
    #[must_use]
    pub fn estimates(&self, values: &[f64], resampled: &[Moments], units: usize) -> Vec<IndexEstimate> {
        let unbiased = (units as f64 / (units as f64 - 1.0)).sqrt();
        let estimate = |(value, moments): (&f64, &Moments)| {
            IndexEstimate::new(*value, moments.variance().sqrt() * unbiased, units, self.level)
        };
        values.iter().zip(resampled).map(estimate).collect()
    }
}

/// Adds the values that are defined to their moments.
pub fn collect(moments: &mut [Moments], values: &[f64]) {
    for (moments, value) in moments.iter_mut().zip(values) {
        if value.is_finite() {
            moments.add(*value);
        }
    }
}

/// What units contribute to means: one row of terms for each unit.
#[derive(Clone, Debug)]
pub struct MeanTerms {
    columns: usize,
    values: Vec<f64>,
}

impl MeanTerms {
    /// No units yet, `columns` terms each, at least one.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self { columns: columns.max(1), values: Vec::new() }
    }

    /// A new unit, its terms zero, to be filled in.
    pub fn unit(&mut self) -> &mut [f64] {
        let start = self.values.len();
        self.values.resize(start + self.columns, 0.0);
        &mut self.values[start..]
    }

    /// The number of units.
    #[must_use]
    pub fn units(&self) -> usize {
        self.values.len() / self.columns
    }

    fn means(&self, count: impl Fn(usize) -> f64, means: &mut [f64]) {
        means.fill(0.0);
        for (unit, terms) in self.values.chunks_exact(self.columns).enumerate() {
            let count = count(unit);
            if count > 0.0 {
                for (mean, term) in means.iter_mut().zip(terms) {
                    *mean += count * term;
                }
            }
        }
        let units = self.units() as f64;
        means.iter_mut().for_each(|mean| *mean /= units);
    }

    /// Pseudo-values of statistics that are functions of the means of the terms, one list for each group of units: with θ from all units and
    /// θ₋ᵣ from all but those of group r of R, R θ − (R − 1) θ₋ᵣ (Quenouille 1956; Tukey 1958). `groups` holds the group of each
    /// unit, from 0; units beyond its end belong to none.
    ///
    /// Their mean is the statistic less its bias of order 1/R, and their spread is that of R independent values.
    #[must_use]
    pub fn pseudo_values(&self, groups: &[usize], statistics: impl Fn(&[f64]) -> Vec<f64>) -> Vec<Vec<f64>> {
        let count = groups.iter().map(|group| group + 1).max().unwrap_or(0);
        let mut sums = vec![vec![0.0; self.columns]; count];
        let mut sizes = vec![0.0; count];
        for (terms, group) in self.values.chunks_exact(self.columns).zip(groups) {
            sizes[*group] += 1.0;
            sums[*group].iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
        }
        let filled: Vec<usize> = (0..count).filter(|group| sizes[*group] > 0.0).collect();
        // Added afresh rather than taken away: what is left out leaves no rounding behind.
        let without = |left_out: usize| {
            let others = filled.iter().filter(|group| **group != left_out);
            let mut means = vec![0.0; self.columns];
            let mut size = 0.0;
            for group in others {
                means.iter_mut().zip(&sums[*group]).for_each(|(mean, sum)| *mean += sum);
                size += sizes[*group];
            }
            means.iter_mut().for_each(|mean| *mean /= size);
            statistics(&means)
        };
        let all = without(usize::MAX);
        let parts = filled.len() as f64;
        filled
            .iter()
            .map(|group| {
                let rest = without(*group);
                all.iter().zip(&rest).map(|(all, rest)| parts * all - (parts - 1.0) * rest).collect()
            })
            .collect()
    }

    /// Estimates from independent groups of units, such as randomisations of one design: mean of the [`MeanTerms::pseudo_values`] and their Student
    /// interval.
    #[must_use]
    pub fn jackknife(
        &self,
        groups: &[usize],
        level: f64,
        statistics: impl Fn(&[f64]) -> Vec<f64>,
    ) -> Vec<IndexEstimate> {
        let pieces = self.pseudo_values(groups, statistics);
        (0..pieces.first().map_or(0, Vec::len)).map(|at| IndexEstimate::of_pieces(&pieces, at, level)).collect()
    }

    /// Estimates of statistics that are functions of the means of the terms.
    #[must_use]
    pub fn bootstrap(&self, resampling: &Resampling, statistics: impl Fn(&[f64]) -> Vec<f64>) -> Vec<IndexEstimate> {
        let mut means = vec![0.0; self.columns];
        self.means(|_| 1.0, &mut means);
        let values = statistics(&means);
        let mut resampled = vec![Moments::default(); values.len()];
        resampling.draw(self.units(), 0, |counts| {
            self.means(|unit| f64::from(counts[unit]), &mut means);
            collect(&mut resampled, &statistics(&means));
        });
        resampling.estimates(&values, &resampled, self.units())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> MeanTerms {
        let mut terms = MeanTerms::new(1);
        for x in [1.0, 2.0, 4.0, 7.0, 11.0] {
            terms.unit()[0] = x;
        }
        terms
    }

    /// The bootstrap of a mean has the textbook standard error: sqrt(3.3), to 3% with 20,000 resamples.
    #[test]
    fn a_mean_has_its_textbook_standard_error() {
        let resampling = Resampling { resamples: 20_000, ..Resampling::default() };
        let mean = numbers().bootstrap(&resampling, <[f64]>::to_vec)[0];
        assert_eq!(mean.value, 5.0);
        assert!((mean.std_error / 3.3_f64.sqrt() - 1.0).abs() < 0.03, "{mean:?}");
        assert!((mean.interval[1] - 5.0 - 2.776_445_1 * mean.std_error).abs() < 1e-6);
    }

    /// The jackknife of a mean over groups of one unit is the textbook interval; that of a squared mean loses its bias exactly.
    #[test]
    fn pseudo_values_give_textbook_means_and_remove_the_bias_of_a_square() {
        let mean = numbers().jackknife(&[0, 1, 2, 3, 4], 0.95, <[f64]>::to_vec)[0];
        assert!((mean.value - 5.0).abs() < 1e-12 && (mean.std_error - 3.3_f64.sqrt()).abs() < 1e-12, "{mean:?}");
        let square = numbers().jackknife(&[0, 1, 2, 3, 4], 0.95, |means| vec![means[0] * means[0]])[0];
        assert!((square.value - (25.0 - 3.3)).abs() < 1e-12, "{square:?}");
        let unequal = numbers().jackknife(&[0, 0, 4, 4, 4], 0.95, <[f64]>::to_vec)[0];
        assert!(unequal.value.is_finite(), "an empty group is no group");
    }

    #[test]
    fn intervals_ignoring_their_level() {
        let width = |level| {
            let resampling = Resampling { level, ..Resampling::default() };
            let mean = numbers().bootstrap(&resampling, <[f64]>::to_vec)[0];
            mean.interval[1] - mean.interval[0]
        };
        assert!(width(0.90) < width(0.95) && width(0.95) < width(0.99));
    }

    #[test]
    fn one_unit_has_a_value_and_no_interval() {
        let mut terms = MeanTerms::new(1);
        terms.unit()[0] = 3.0;
        let mean = terms.bootstrap(&Resampling::default(), <[f64]>::to_vec)[0];
        assert_eq!(mean.value, 3.0);
        assert!(mean.std_error.is_nan() && mean.interval[0].is_nan());
    }
}
