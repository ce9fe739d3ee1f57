//! Distributions of inputs, through their quantile functions.
//!
//! Quantiles are finite for every probability in \[0, 1\]: where a tail is infinite, probabilities stop half a cell of 2^-32 short of
//! the end (6.3 standard deviations of a normal).

use crate::numerics::beta;
use crate::numerics::elementary::{exp, ln};
use crate::numerics::normal::Truncated;

/// A law that its numbers do not make.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct InvalidDistribution {
    /// The number concerned, by its key.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
    /// What would do.
    pub help: String,
}

fn invalid<T>(
    field: &'static str,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Result<T, InvalidDistribution> {
    Err(InvalidDistribution { field, message: message.into(), help: help.into() })
}

/// The distribution of one input.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution(Law);

#[derive(Clone, Debug, PartialEq)]
enum Law {
    Uniform { low: f64, high: f64 },
    Normal(Truncated),
    LogNormal(Truncated),
    Triangular { low: f64, mode: f64, high: f64 },
    Beta { alpha: f64, beta: f64, low: f64, high: f64 },
    Discrete { values: Vec<f64>, cumulative: Vec<f64> },
}

fn truncated(mean: f64, sd: f64, bounds: [f64; 2]) -> Result<Truncated, InvalidDistribution> {
    let [low, high] = bounds;
    let message = || format!("leaves no probability between the bounds {low} and {high}");
    Truncated::new(mean, sd, bounds).map_or_else(|| invalid("low", message(), "move the bounds nearer to the mean"), Ok)
}

impl Distribution {
    /// Equally likely from `low` to `high`.
    ///
    /// # Errors
    /// Unless `low < high`.
    pub fn uniform(low: f64, high: f64) -> Result<Self, InvalidDistribution> {
        ordered(low, high)?;
        Ok(Self(Law::Uniform { low, high }))
    }

    /// Normal; bounds truncate it and may be infinite.
    ///
    /// # Errors
    /// Unless `sd > 0`, and the bounds are in order and leave probability between them.
    pub fn normal(mean: f64, sd: f64, bounds: [f64; 2]) -> Result<Self, InvalidDistribution> {
        positive("sd", sd)?;
        ordered(bounds[0], bounds[1])?;
        Ok(Self(Law::Normal(truncated(mean, sd, bounds)?)))
    }

    /// Lognormal, by mean and standard deviation of the logarithm; bounds, of the input itself, truncate it.
    ///
    /// # Errors
    /// Unless `log_sd > 0`, and the bounds are in order and leave probability between them.
    pub fn lognormal(log_mean: f64, log_sd: f64, bounds: [f64; 2]) -> Result<Self, InvalidDistribution> {
        positive("log_sd", log_sd)?;
        ordered(bounds[0], bounds[1])?;
        let log = |x: f64| {
            if x < f64::MIN_POSITIVE {
                f64::NEG_INFINITY
            } else if x == f64::INFINITY {
                x
            } else {
                ln(x)
            }
        };
        Ok(Self(Law::LogNormal(truncated(log_mean, log_sd, bounds.map(log))?)))
    }

    /// Lognormal, by mean and standard deviation of the input itself.
    ///
    /// # Errors
    /// Unless both are positive, and as [`Self::lognormal`].
    pub fn lognormal_of_mean(mean: f64, sd: f64, bounds: [f64; 2]) -> Result<Self, InvalidDistribution> {
        if mean <= 0.0 {
            let message = format!("is {mean}, but the mean of a lognormal input is positive");
            return invalid(
                "mean",
                message,
                "for the logarithm's mean and standard deviation write log_mean and log_sd",
            );
        }
        positive("sd", sd)?;
        let ratio = (sd / mean) * (sd / mean);
        if !ratio.is_finite() {
            let message = format!("is {sd:e}, too far above the mean {mean:e}");
            return invalid("sd", message, "write log_mean and log_sd");
        }
        let log_variance = ln(1.0 + ratio);
        Self::lognormal(ln(mean) - log_variance / 2.0, log_variance.sqrt(), bounds)
    }

    /// Triangular from `low` over `mode` to `high`.
    ///
    /// # Errors
    /// Unless `low < high` and `mode` is between them.
    pub fn triangular(low: f64, mode: f64, high: f64) -> Result<Self, InvalidDistribution> {
        ordered(low, high)?;
        if !(low..=high).contains(&mode) {
            return invalid("mode", format!("is {mode}, outside {low} to {high}"), "write a mode between low and high");
        }
        Ok(Self(Law::Triangular { low, mode, high }))
    }

    /// Beta with shapes `alpha` and `beta`, stretched from `low` to `high`.
    ///
    /// # Errors
    /// Unless both shapes are positive and `low < high`.
    pub fn beta(alpha: f64, beta: f64, low: f64, high: f64) -> Result<Self, InvalidDistribution> {
        positive("alpha", alpha)?;
        positive("beta", beta)?;
        ordered(low, high)?;
        Ok(Self(Law::Beta { alpha, beta, low, high }))
    }

    /// One of `values`, with probabilities in proportion to `weights`.
    ///
    /// # Errors
    /// Unless there are two values at least, in increasing order, and as many weights, none negative and not all zero.
    pub fn discrete(values: &[f64], weights: &[f64]) -> Result<Self, InvalidDistribution> {
        if values.len() < 2 {
            return invalid("values", "has fewer than two values", "write at least two; leave a fixed input out");
        }
        if values.windows(2).any(|pair| pair[0] >= pair[1]) {
            return invalid("values", "is not in increasing order", "sort the values and write each once");
        }
        if weights.len() != values.len() {
            let message = format!("has {} weights for {} values", weights.len(), values.len());
            return invalid("weights", message, "write one weight for each value");
        }
        let total: f64 = weights.iter().sum();
        if weights.iter().all(|weight| weight.is_finite()) && total == f64::INFINITY {
            return invalid("weights", "are too large: their sum is no number", "write probabilities, which sum to 1");
        }
        if weights.iter().any(|weight| *weight < 0.0) || total <= 0.0 || !total.is_finite() {
            return invalid("weights", "has a negative weight, or none above zero", "write probabilities");
        }
        let mut below = 0.0;
        let cumulative = weights
            .iter()
            .map(|weight| {
                below += weight / total;
                below
            })
            .collect();
        Ok(Self(Law::Discrete { values: values.to_vec(), cumulative }))
    }

    /// The value below which the input is with probability `u`, in \[0, 1\]; always finite.
    #[must_use]
    pub fn quantile(&self, u: f64) -> f64 {
        let u = u.clamp(0.0, 1.0);
        match &self.0 {
            Law::Uniform { low, high } => (low + u * (high - low)).min(*high),
            Law::Normal(law) => law.quantile(u),
            Law::LogNormal(law) => exp(law.quantile(u)),
            Law::Triangular { low, mode, high } => {
                let (width, rise) = (high - low, mode - low);
                if u * width < rise {
                    low + (u * width * rise).sqrt()
                } else {
                    high - ((1.0 - u) * width * (high - mode)).sqrt()
                }
            }
            Law::Beta { alpha, beta, low, high } => low + (high - low) * beta::quantile(*alpha, *beta, u),
            Law::Discrete { values, cumulative } => {
                let place = cumulative.partition_point(|below| *below <= u).min(values.len() - 1);
                values[place]
            }
        }
    }

    /// The probability that the input is at most `x`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        match &self.0 {
            Law::Uniform { low, high } => ((x - low) / (high - low)).clamp(0.0, 1.0),
            Law::Normal(law) => law.cdf(x),
            Law::LogNormal(law) => {
                if x < f64::MIN_POSITIVE {
                    0.0
                } else {
                    law.cdf(ln(x))
                }
            }
            Law::Triangular { low, mode, high } => {
                let width = high - low;
                if x <= *low {
                    0.0
                } else if x < *mode {
                    (x - low) * (x - low) / (width * (mode - low))
                } else if x < *high {
                    1.0 - (high - x) * (high - x) / (width * (high - mode))
                } else {
                    1.0
                }
            }
            Law::Beta { alpha, beta, low, high } => {
                let y = ((x - low) / (high - low)).clamp(0.0, 1.0);
                beta::cdf(*alpha, *beta, y)
            }
            Law::Discrete { values, cumulative } => match values.partition_point(|value| *value <= x) {
                0 => 0.0,
                place => cumulative[place - 1],
            },
        }
    }

    /// Smallest and largest value, infinite where a tail has no end.
    #[must_use]
    pub fn support(&self) -> [f64; 2] {
        match &self.0 {
            Law::Uniform { low, high } | Law::Triangular { low, high, .. } | Law::Beta { low, high, .. } => {
                [*low, *high]
            }
            Law::Normal(law) => law.bounds(),
            Law::LogNormal(law) => law.bounds().map(exp),
            Law::Discrete { values, .. } => [values[0], values[values.len() - 1]],
        }
    }

    /// The `count` levels of a grid, as positions ([`Self::position`]): from end to end, l / (count - 1), where both ends are finite;
    /// the middles of equal cells, (l + 1/2) / count, where a tail has no end, so that no level is infinite.
    #[must_use]
    pub fn levels(&self, count: usize) -> Vec<f64> {
        let finite = self.support().iter().all(|end| end.is_finite());
        let at = |level: usize| {
            if finite { level as f64 / (count.max(2) - 1) as f64 } else { (level as f64 + 0.5) / count as f64 }
        };
        (0..count).map(at).collect()
    }

    /// The value at a position in \[0, 1\]: the quantile, or for a discrete input the value at that place of its list.
    #[must_use]
    pub fn at_position(&self, position: f64) -> f64 {
        match &self.0 {
            Law::Discrete { values, .. } => {
                values[((position.clamp(0.0, 1.0) * (values.len() - 1) as f64).round() as usize).min(values.len() - 1)]
            }
            _ => self.quantile(position),
        }
    }

    /// Where `x` is in the input's range, from 0 to 1: in probability, or for a discrete input by its place in the list. A uniform
    /// input's position is its distance from `low` in units of its range, also outside it.
    #[must_use]
    pub fn position(&self, x: f64) -> f64 {
        match &self.0 {
            Law::Uniform { low, high } => (x - low) / (high - low),
            Law::Discrete { values, .. } => {
                let place = values.partition_point(|value| *value < x).min(values.len() - 1);
                place as f64 / (values.len() - 1) as f64
            }
            _ => self.cdf(x),
        }
    }
}

fn ordered(low: f64, high: f64) -> Result<(), InvalidDistribution> {
    if low < high { Ok(()) } else { invalid("low", format!("is {low}, not below high, {high}"), "write low < high") }
}

fn positive(field: &'static str, value: f64) -> Result<(), InvalidDistribution> {
    if value > 0.0 && value.is_finite() {
        Ok(())
    } else {
        invalid(field, format!("is {value}, expected a positive number"), "write a positive number")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

    fn every() -> Vec<Distribution> {
        vec![
            Distribution::uniform(-2.0, 3.0).unwrap(),
            Distribution::normal(5.0, 2.0, OPEN).unwrap(),
            Distribution::normal(5.0, 2.0, [4.0, f64::INFINITY]).unwrap(),
            Distribution::lognormal(1.0, 0.5, OPEN).unwrap(),
            Distribution::lognormal(1.0, 0.5, [1.0, 5.0]).unwrap(),
            Distribution::triangular(1.0, 2.0, 5.0).unwrap(),
            Distribution::triangular(1.0, 1.0, 5.0).unwrap(),
            Distribution::triangular(1.0, 5.0, 5.0).unwrap(),
            Distribution::beta(2.0, 3.0, -1.0, 1.0).unwrap(),
            Distribution::beta(0.3, 0.4, 0.0, 1.0).unwrap(),
        ]
    }

    #[test]
    fn quantiles_invert_probabilities_and_are_finite_at_both_ends() {
        for law in every() {
            for i in 0..=200 {
                let u = f64::from(i) / 200.0;
                let x = law.quantile(u);
                assert!(x.is_finite(), "{law:?} at {u}");
                assert!((law.cdf(x) - u).abs() < 1e-9, "{law:?} at {u}: {x} has {}", law.cdf(x));
                let [low, high] = law.support();
                assert!((low..=high).contains(&x), "{law:?} at {u}: {x}");
            }
        }
    }

    /// Means and variances by midpoint quadrature of the quantile function against closed forms.
    #[test]
    fn moments_are_those_of_the_law() {
        let moments = |law: &Distribution| {
            let n = 200_000;
            let x: Vec<f64> = (0..n).map(|i| law.quantile((f64::from(i) + 0.5) / f64::from(n))).collect();
            let mean = x.iter().sum::<f64>() / f64::from(n);
            (mean, x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n))
        };
        let given = [
            (Distribution::normal(5.0, 2.0, OPEN).unwrap(), 5.0, 4.0),
            (Distribution::lognormal_of_mean(10.0, 3.0, OPEN).unwrap(), 10.0, 9.0),
            (Distribution::triangular(1.0, 2.0, 6.0).unwrap(), 3.0, (1.0 + 4.0 + 36.0 - 2.0 - 6.0 - 12.0) / 18.0),
            (Distribution::beta(2.0, 3.0, 0.0, 1.0).unwrap(), 0.4, 0.04),
            (Distribution::discrete(&[1.0, 2.0, 4.0], &[1.0, 2.0, 1.0]).unwrap(), 2.25, 1.1875),
        ];
        for (law, mean, variance) in given {
            let found = moments(&law);
            assert!((found.0 - mean).abs() < 2e-3 * mean.abs(), "{law:?}: mean {}", found.0);
            assert!((found.1 - variance).abs() < 2e-3 * variance, "{law:?}: variance {}", found.1);
        }
    }

    #[test]
    fn levels_of_a_grid_are_finite_and_come_back_as_positions() {
        let mut laws = every();
        laws.push(Distribution::discrete(&[0.0, 1.0, 5.0, 7.0], &[0.9, 0.05, 0.05, 0.0]).unwrap());
        for law in laws {
            for position in law.levels(4) {
                let x = law.at_position(position);
                assert!(x.is_finite());
                assert!((law.position(x) - position).abs() < 1e-9, "{law:?} at {position}");
            }
        }
    }

    #[test]
    fn laws_that_are_none_are_refused_by_field() {
        let field = |law: Result<Distribution, InvalidDistribution>| law.unwrap_err().field;
        assert_eq!(field(Distribution::uniform(1.0, 1.0)), "low");
        assert_eq!(field(Distribution::normal(0.0, 0.0, OPEN)), "sd");
        assert_eq!(field(Distribution::normal(0.0, 1.0, [50.0, 60.0])), "low");
        assert_eq!(field(Distribution::lognormal_of_mean(0.0, 1.0, OPEN)), "mean");
        assert_eq!(field(Distribution::triangular(0.0, 2.0, 1.0)), "mode");
        assert_eq!(field(Distribution::beta(0.0, 1.0, 0.0, 1.0)), "alpha");
        assert_eq!(field(Distribution::discrete(&[1.0], &[1.0])), "values");
        assert_eq!(field(Distribution::discrete(&[2.0, 1.0], &[1.0, 1.0])), "values");
        assert_eq!(field(Distribution::discrete(&[1.0, 2.0], &[0.0, 0.0])), "weights");
    }
}
