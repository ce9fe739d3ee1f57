//! Every regime against every other on common worlds: rows of `comparisons.csv`, and where pairing does not help.

use super::build::Report;
use super::rows::ComparisonRow;
use crate::numerics::family::level_of_each;
use crate::numerics::moments::Paired;
use crate::numerics::student;

/// Level of the intervals in tables.
pub const LEVEL: f64 = 0.95;
/// Fewest replications from which a variance reduction is judged: below, it is mostly noise.
const ENOUGH_TO_JUDGE: u64 = 10;

/// Contrasts that common worlds make noisier than independent ones would.
#[derive(Clone, Debug, PartialEq)]
pub struct WeakPairing {
    /// How many contrasts have a variance reduction below 1 that is not chance.
    pub contrasts: usize,
    /// Of how many that vary.
    pub of: usize,
    /// The one with the least.
    pub worst: ComparisonRow,
}

/// Whether common worlds make a contrast noisier: the variance reduction is below 1 just where the correlation is below zero, and that is an
/// estimate with a standard error of 1/sqrt(n). Where one regime does not vary there is no correlation (NaN), or rounding for one.
fn hurts(correlation: f64, replications: u64) -> bool {
    correlation < -2.0 / (replications as f64).sqrt()
}

impl Report<'_> {
    /// Quantile of Student's t for a two-sided interval at `level` over the replications; NaN for one.
    pub(super) fn student(&self, level: f64) -> f64 {
        student::quantile(self.results.replications().saturating_sub(1), 0.5 + level / 2.0)
    }

    /// Rows of `comparisons.csv`: pair by pair, period by period. The headlines of one pair and period are a family.
    #[must_use]
    pub fn comparisons(&self) -> Vec<ComparisonRow> {
        let layout = self.layout();
        let alone = self.student(LEVEL);
        let mut rows = Vec::new();
        for (pair, [arm, against]) in self.results.pairs().enumerate() {
            for (p, period) in layout.periods.iter().enumerate() {
                let family: Vec<Paired> = (0..layout.headlines.len())
                    .map(|headline| self.results.contrast(pair, layout.headline(headline, p)))
                    .collect();
                // A difference that does not vary is known exactly and takes no share of the error.
                let members = family.iter().filter(|paired| paired.difference.variance() > 0.0).count();
                let together = self.student(level_of_each(LEVEL, members));
                // What a run does not have, such as expected sales in time, has no row.
                let known = layout.headlines.iter().zip(&family).filter(|(_, paired)| !paired.baseline.mean().is_nan());
                for (metric, paired) in known {
                    let [ci_low, ci_high] = paired.difference.within(alone);
                    let [simultaneous_ci_low, simultaneous_ci_high] = paired.difference.within(together);
                    let relative = paired.relative();
                    let [relative_ci_low, relative_ci_high] = relative.fieller(alone);
                    rows.push(ComparisonRow {
                        regime: self.regime_name(arm),
                        baseline: self.regime_name(against),
                        period: period.name.clone(),
                        metric: metric.clone(),
                        baseline_mean: paired.baseline.mean(),
                        difference: paired.difference.mean(),
                        std_error: paired.difference.std_error(),
                        ci_low,
                        ci_high,
                        replications: self.results.replications(),
                        correlation: paired.correlation(),
                        variance_reduction: paired.variance_reduction(),
                        simultaneous_ci_low,
                        simultaneous_ci_high,
                        family_size: members as u64,
                        relative_change: relative.estimate(),
                        relative_ci_low,
                        relative_ci_high,
                    });
                }
            }
        }
        rows
    }

    /// The contrasts over the whole horizon whose paired difference varies more than that of independent regimes would; nothing where
    /// there is none, or too few replications to say.
    #[must_use]
    pub fn weak_pairing(&self) -> Option<WeakPairing> {
        if self.results.replications() < ENOUGH_TO_JUDGE {
            return None;
        }
        let whole = &self.layout().periods[0].name;
        let mut rows = self.comparisons();
        rows.retain(|row| row.period == *whole && row.variance_reduction.is_finite());
        let of = rows.len();
        rows.retain(|row| hurts(row.correlation, row.replications));
        let contrasts = rows.len();
        let worst = rows.into_iter().min_by(|a, b| a.variance_reduction.total_cmp(&b.variance_reduction))?;
        Some(WeakPairing { contrasts, of, worst })
    }
}

#[cfg(test)]
mod tests {
    use super::hurts;

    #[test]
    fn chance_and_regimes_that_do_not_vary_are_no_weak_pairing() {
        assert!(hurts(-0.25, 100) && hurts(-1.0, 10));
        assert!(!hurts(-0.15, 100) && !hurts(-0.5, 10) && !hurts(0.9, 100));
        assert!(!hurts(-1e-17, 100) && !hurts(f64::NAN, 100));
    }
}
