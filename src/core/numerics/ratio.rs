//! Interval of a ratio of two means that vary together (Fieller 1954), such as a change in percent.

/// Means of a numerator and a denominator observed together, with the variances and the covariance of those means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatioOfMeans {
    /// Mean of the numerator.
    pub numerator: f64,
    /// Mean of the denominator.
    pub denominator: f64,
    /// Variance of the numerator's mean.
    pub numerator_variance: f64,
    /// Variance of the denominator's mean.
    pub denominator_variance: f64,
    /// Covariance of the two means.
    pub covariance: f64,
}

impl RatioOfMeans {
    /// The ratio of the means.
    #[must_use]
    pub fn estimate(&self) -> f64 {
        self.numerator / self.denominator
    }

    /// All ratios ρ for which numerator − ρ denominator differs from zero by at most `quantile` standard errors:
    ///
    /// ```text
    /// (x − ρ y)² ≤ t² (v_xx − 2 ρ v_xy + ρ² v_yy)
    /// ```
    ///
    /// With `quantile` of Student's t this covers exactly when the pairs are normal. NaN ends where the denominator is itself
    /// within `quantile` standard errors of zero: the set is then no interval.
    #[must_use]
    pub fn fieller(&self, quantile: f64) -> [f64; 2] {
        let (x, y) = (self.numerator, self.denominator);
        let (v_xx, v_yy, v_xy) = (self.numerator_variance, self.denominator_variance, self.covariance);
        let t2 = quantile * quantile;
        let leading = y * y - t2 * v_yy;
        if leading.is_nan() || leading <= 0.0 {
            return [f64::NAN; 2];
        }
        let middle = x * y - t2 * v_xy;
        // The discriminant with the terms of size x² y², which cancel, taken out.
        let along = (y * y * v_xx + x * x * v_yy - 2.0 * x * y * v_xy).max(0.0);
        let across = v_xx * v_yy - v_xy * v_xy;
        let root = (t2 * (along - t2 * across)).max(0.0).sqrt();
        [(middle - root) / leading, (middle + root) / leading]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: RatioOfMeans = RatioOfMeans {
        numerator: -3.0,
        denominator: 8.0,
        numerator_variance: 0.25,
        denominator_variance: 0.4,
        covariance: -0.1,
    };

    /// At both ends numerator − ρ denominator is exactly `quantile` standard errors from zero; inside it is nearer.
    #[test]
    fn the_ends_are_where_the_difference_is_so_many_standard_errors() {
        let distance = |rho: f64| {
            let r = &EXAMPLE;
            let variance = r.numerator_variance - 2.0 * rho * r.covariance + rho * rho * r.denominator_variance;
            (r.numerator - rho * r.denominator).abs() / variance.sqrt()
        };
        let [low, high] = EXAMPLE.fieller(2.3);
        assert!(low < EXAMPLE.estimate() && EXAMPLE.estimate() < high);
        assert!((distance(low) - 2.3).abs() < 1e-12 && (distance(high) - 2.3).abs() < 1e-12);
        assert!(distance(0.5 * (low + high)) < 2.3);
    }

    /// A denominator without error leaves the interval of the numerator, divided.
    #[test]
    fn a_known_denominator_divides_the_interval() {
        let known = RatioOfMeans { denominator_variance: 0.0, covariance: 0.0, ..EXAMPLE };
        let [low, high] = known.fieller(2.0);
        assert!((low - (-3.0 - 1.0) / 8.0).abs() < 1e-15 && (high - (-3.0 + 1.0) / 8.0).abs() < 1e-15);
    }

    /// Small errors: half-width of the delta method, t sqrt(v_xx − 2 r v_xy + r² v_yy) / y.
    #[test]
    fn small_errors_give_the_delta_method() {
        let small =
            RatioOfMeans { numerator_variance: 0.25e-8, denominator_variance: 0.4e-8, covariance: -0.1e-8, ..EXAMPLE };
        let r = small.estimate();
        let variance = small.numerator_variance - 2.0 * r * small.covariance + r * r * small.denominator_variance;
        let [low, high] = small.fieller(2.0);
        assert!((high - low) / (4.0 * variance.sqrt() / 8.0) - 1.0 < 1e-6);
        assert!((high - low) / (4.0 * variance.sqrt() / 8.0) - 1.0 > -1e-6);
    }

    #[test]
    fn a_denominator_that_may_be_zero_has_no_interval() {
        let uncertain = RatioOfMeans { denominator_variance: 20.0, ..EXAMPLE };
        assert!(uncertain.fieller(2.0)[0].is_nan() && uncertain.fieller(2.0)[1].is_nan());
        assert!(RatioOfMeans { denominator: 0.0, ..EXAMPLE }.fieller(2.0)[0].is_nan());
        assert!(RatioOfMeans { numerator: f64::NAN, ..EXAMPLE }.fieller(2.0)[0].is_nan());
    }
}
