//! Streaming moments (Welford) and Student intervals for means and paired differences.

use super::ratio::RatioOfMeans;
use super::student;

/// Mean and variance of a stream of numbers, in one pass and constant memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Adds one number.
    pub fn add(&mut self, x: f64) {
        self.count += 1;
        step(&mut self.mean, &mut self.squares, x, self.count as f64);
    }
    /// How many numbers were added.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }
    /// Mean; 0 when empty.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }
    /// Unbiased sample variance; NaN below two numbers.
    #[must_use]
    pub fn variance(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { self.squares / (self.count - 1) as f64 }
    }
    /// Standard error of the mean; NaN below two numbers.
    #[must_use]
    pub fn std_error(&self) -> f64 {
        (self.variance() / self.count as f64).sqrt()
    }
    /// Two-sided Student interval for the mean at `level` (0.95); NaN ends below two numbers.
    #[must_use]
    pub fn interval(&self, level: f64) -> [f64; 2] {
        if self.count < 2 {
            return [f64::NAN; 2];
        }
        self.within(student::quantile(self.count - 1, 0.5 + level / 2.0))
    }
    /// Mean less and plus `quantile` standard errors; NaN ends below two numbers.
    #[must_use]
    pub fn within(&self, quantile: f64) -> [f64; 2] {
        let half = quantile * self.std_error();
        [self.mean - half, self.mean + half]
    }
}

/// Moments of numbers that are always observed together: as many [`Moments`] to the bit, in less room and time.
#[derive(Clone, Debug, PartialEq)]
pub struct MomentsRow {
    count: u64,
    mean: Vec<f64>,
    squares: Vec<f64>,
}

impl MomentsRow {
    /// Moments of `len` numbers, none observed yet.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self { count: 0, mean: vec![0.0; len], squares: vec![0.0; len] }
    }
    /// Adds one observation of all numbers.
    pub fn add(&mut self, numbers: &[f64]) {
        let n = self.next();
        for ((mean, squares), x) in self.mean.iter_mut().zip(&mut self.squares).zip(numbers) {
            step(mean, squares, *x, n);
        }
    }
    /// Adds one observation of the differences `numbers` less `base`.
    pub fn add_differences(&mut self, numbers: &[f64], base: &[f64]) {
        let n = self.next();
        for ((mean, squares), (x, base)) in self.mean.iter_mut().zip(&mut self.squares).zip(numbers.iter().zip(base)) {
            step(mean, squares, x - base, n);
        }
    }
    /// The moments of one number.
    #[must_use]
    pub fn get(&self, place: usize) -> Moments {
        Moments { count: self.count, mean: self.mean[place], squares: self.squares[place] }
    }
    fn next(&mut self) -> f64 {
        self.count += 1;
        self.count as f64
    }
}

/// One step of Welford's recursion, the `n`-th.
fn step(mean: &mut f64, squares: &mut f64, x: f64, n: f64) {
    let from_old = x - *mean;
    *mean += from_old / n;
    *squares += from_old * (x - *mean);
}

/// Two arms observed on the same worlds, through the moments of each and of their difference.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Paired {
    /// The first arm.
    pub arm: Moments,
    /// The arm it is compared with.
    pub baseline: Moments,
    /// Arm minus baseline, world by world.
    pub difference: Moments,
}

impl Paired {
    /// Correlation of the arms over worlds; NaN where one of them does not vary.
    #[must_use]
    pub fn correlation(&self) -> f64 {
        let (a, b, d) = (self.arm.variance(), self.baseline.variance(), self.difference.variance());
        let scale = (a * b).sqrt();
        if scale > 0.0 { ((a + b - d) / (2.0 * scale)).clamp(-1.0, 1.0) } else { f64::NAN }
    }
    /// Variance of the difference of independent arms over that of the paired difference; NaN where nothing varies,
    /// infinite where only the difference does not.
    #[must_use]
    pub fn variance_reduction(&self) -> f64 {
        (self.arm.variance() + self.baseline.variance()) / self.difference.variance()
    }
    /// The mean difference over the mean of the baseline: the change as a fraction, with what its interval needs.
    #[must_use]
    pub fn relative(&self) -> RatioOfMeans {
        let n = self.difference.count() as f64;
        let (a, b, d) = (self.arm.variance(), self.baseline.variance(), self.difference.variance());
        RatioOfMeans {
            numerator: self.difference.mean(),
            denominator: self.baseline.mean(),
            numerator_variance: d / n,
            denominator_variance: b / n,
            // Var(arm) = Var(baseline) + Var(difference) + 2 Cov(difference, baseline).
            covariance: (a - b - d) / (2.0 * n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(numbers: &[f64]) -> Moments {
        let mut moments = Moments::default();
        numbers.iter().for_each(|x| moments.add(*x));
        moments
    }

    #[test]
    fn moments_of_five_numbers_by_hand() {
        let m = moments(&[1.0, 2.0, 4.0, 7.0, 11.0]);
        assert_eq!(m.mean(), 5.0);
        assert!((m.variance() - 16.5).abs() < 1e-12);
        assert!((m.std_error() - (3.3_f64).sqrt()).abs() < 1e-12);
    }

    /// A row is as many moments, to the bit, and so are differences of two rows.
    #[test]
    fn a_row_is_as_many_moments() {
        let wave = |n: u64, i: u64| (0.7 * n as f64 + 1.3 * i as f64).sin() * 10f64.powi(i as i32 - 4);
        let (mut row, mut differences) = (MomentsRow::new(9), MomentsRow::new(9));
        let mut single = [(Moments::default(), Moments::default()); 9];
        for n in 0..50 {
            let numbers: Vec<f64> = (0..9).map(|i| wave(n, i)).collect();
            let base: Vec<f64> = (0..9).map(|i| wave(n, i + 1)).collect();
            row.add(&numbers);
            differences.add_differences(&numbers, &base);
            for ((level, difference), (x, y)) in single.iter_mut().zip(numbers.iter().zip(&base)) {
                level.add(*x);
                difference.add(x - y);
            }
        }
        for (i, (level, difference)) in single.iter().enumerate() {
            assert_eq!((row.get(i), differences.get(i)), (*level, *difference));
            assert!(level.variance() > 0.0);
        }
    }

    /// t(0.975, 4) = 2.7764451 (any table).
    #[test]
    fn interval_uses_students_quantile_and_its_level() {
        let m = moments(&[1.0, 2.0, 4.0, 7.0, 11.0]);
        let [low, high] = m.interval(0.95);
        assert!((high - low - 2.0 * 2.776_445_1 * m.std_error()).abs() < 1e-6);
        let [low90, high90] = m.interval(0.90);
        assert!(high90 - low90 < high - low);
    }

    #[test]
    fn one_number_has_no_interval() {
        assert!(moments(&[3.0]).interval(0.95)[0].is_nan());
        assert!(moments(&[3.0]).std_error().is_nan());
    }

    #[test]
    fn pairing_recovers_correlation_and_variance_reduction() {
        let mut pair = Paired::default();
        for (a, b) in [(1.0, 1.5), (2.0, 2.0), (3.0, 4.0), (4.0, 3.5)] {
            pair.arm.add(a);
            pair.baseline.add(b);
            pair.difference.add(a - b);
        }
        let (a, b) = ([1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 4.0, 3.5]);
        let (ma, mb) = (2.5, 2.75);
        let cov: f64 = a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum::<f64>() / 3.0;
        let corr = cov / (pair.arm.variance() * pair.baseline.variance()).sqrt();
        assert!((pair.correlation() - corr).abs() < 1e-12);
        let expected = (pair.arm.variance() + pair.baseline.variance())
            / (pair.arm.variance() + pair.baseline.variance() - 2.0 * cov);
        assert!((pair.variance_reduction() - expected).abs() < 1e-12);
    }

    /// The moments give back the covariance of difference and baseline: (1, 2, -1) and (10, 12, 11) by hand.
    #[test]
    fn a_relative_change_knows_its_covariance() {
        let mut pair = Paired::default();
        for (difference, baseline) in [(1.0, 10.0), (2.0, 12.0), (-1.0, 11.0)] {
            pair.arm.add(baseline + difference);
            pair.baseline.add(baseline);
            pair.difference.add(difference);
        }
        let ratio = pair.relative();
        assert!((ratio.estimate() - (2.0 / 3.0) / 11.0).abs() < 1e-15);
        // Deviations (1/3, 4/3, -5/3) and (-1, 1, 0): covariance 1 / 2, of the means a third of it.
        assert!((ratio.covariance - 0.5 / 3.0).abs() < 1e-12);
        assert!((ratio.numerator_variance - 7.0 / 9.0).abs() < 1e-12);
        assert!((ratio.denominator_variance - 1.0 / 3.0).abs() < 1e-12);
    }

    /// A 95% Student interval covers the mean of normal data 95% of the time: 4,000 samples of 8, false alarm below 1e-4.
    #[test]
    fn student_interval_covers_at_its_level() {
        use rand_distr::{Distribution, StandardNormal};
        use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let samples = 4_000;
        let covered = (0..samples)
            .filter(|_| {
                let numbers: Vec<f64> = (0..8).map(|_| StandardNormal.sample(&mut rng)).collect();
                let [low, high] = moments(&numbers).interval(0.95);
                low <= 0.0 && 0.0 <= high
            })
            .count();
        let share = covered as f64 / f64::from(samples);
        assert!((0.936..=0.964).contains(&share), "covered {share}");
    }
}
