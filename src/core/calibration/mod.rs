//! Calibration by the simulated method of moments: parameters at which the model's moments come nearest to the evidence's.
//!
//! ```text
//! minimise  Q(theta) = sum_i weight_i ((m_i(theta) - d_i) / se_i)^2 + sum_k ((theta_k - prior_k) / sd_k)^2
//! ```
//!
//! A prior is one more moment, the parameter itself. Where the evidence is a range, d_i is its end next to the moment, and within it the term is
//! zero: one side may be open. The free parameters fall into blocks, estimated one after the other: moments of a
//! block may depend on the parameters of its own and of earlier blocks only, and later ones take the earlier estimates as given. The
//! standard errors do not: they carry what is not known of earlier blocks through ([`mod@estimate`]).
//!
//! This layer knows a model by its moments alone ([`Model`]), so that it can be tested on models with known answers. It leaves out
//! efficient weights: the errors of the targets are mostly tolerances, and their covariances are not known.

pub mod estimate;
pub mod search;
#[cfg(test)]
mod tests;
pub mod warnings;

pub use estimate::{Estimate, EstimateError, estimate};
pub use search::{Effort, Searched, search};
pub use warnings::{Warning, warnings};

use serde::Deserialize;

use crate::numerics::elementary::{exp, ln};

/// How the range of a parameter is spread over the unit interval.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// Evenly in the logarithm.
    Log,
}

/// What is thought of a parameter before the moments are looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

/// A free parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Free {
    /// Name in tables and warnings.
    pub name: String,
    /// The block that estimates it.
    pub block: usize,
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
    /// Where it stands before it is estimated.
    pub start: f64,
    /// How its range is searched.
    pub scale: Scale,
    /// Its prior, if it has one.
    pub prior: Option<Prior>,
}

impl Free {
    /// The value at a point of the unit interval.
    #[must_use]
    pub fn at(&self, unit: f64) -> f64 {
        let unit = unit.clamp(0.0, 1.0);
        let value = match self.scale {
            Scale::Linear => self.low + unit * (self.high - self.low),
            Scale::Log => self.low * exp(unit * ln(self.high / self.low)),
        };
        value.clamp(self.low, self.high)
    }
    /// The point of the unit interval that stands for a value.
    #[must_use]
    pub fn unit(&self, value: f64) -> f64 {
        let unit = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => ln(value / self.low) / ln(self.high / self.low),
        };
        unit.clamp(0.0, 1.0)
    }
}

/// A moment of the evidence that the model is fitted to.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Name in tables and warnings.
    pub name: String,
    /// The block that is fitted to it.
    pub block: usize,
    /// The evidence: all from the first to the second number agrees with it alike. Twice the same for a number; infinite at an open side.
    pub range: [f64; 2],
    /// The standard error beyond the range, or a tolerance that stands for one.
    pub std_error: f64,
    /// Weight beside the standard error's own, 1 for none.
    pub weight: f64,
    /// Whether parameters are solved for so that it is met: it is no evidence on the model then, and no part of J.
    pub solved: bool,
}

impl Target {
    /// How far a moment lies outside the evidence, with its sign; zero within a range.
    #[must_use]
    pub fn miss(&self, moment: f64) -> f64 {
        moment - moment.max(self.range[0]).min(self.range[1])
    }
    /// Whether a moment lies within a range, so that it asks nothing of the parameters.
    #[must_use]
    pub fn is_idle(&self, moment: f64) -> bool {
        self.range[0] < self.range[1] && (self.range[0]..=self.range[1]).contains(&moment)
    }
    /// The end of the range next to a moment; the evidence itself where it is a number.
    #[must_use]
    pub fn end(&self, moment: f64) -> f64 {
        let [low, high] = self.range;
        if (moment - low).abs() <= (high - moment).abs() { low } else { high }
    }
}

/// Parameters, targets and blocks, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MomentProblem {
    /// Names of the blocks, in the order of estimation.
    pub blocks: Vec<String>,
    /// Step of numerical derivatives in each block, as a part of a parameter's range.
    pub steps: Vec<f64>,
    /// Free parameters.
    pub free: Vec<Free>,
    /// Targets.
    pub targets: Vec<Target>,
}

impl MomentProblem {
    /// Positions of a block's parameters.
    #[must_use]
    pub fn free_of(&self, block: usize) -> Vec<usize> {
        (0..self.free.len()).filter(|k| self.free[*k].block == block).collect()
    }
    /// Whether a block is solved for rather than fitted.
    #[must_use]
    pub fn is_solved(&self, block: usize) -> bool {
        self.targets.iter().any(|target| target.block == block && target.solved)
    }
    /// Positions of a block's targets.
    #[must_use]
    pub fn targets_of(&self, block: usize) -> Vec<usize> {
        (0..self.targets.len()).filter(|i| self.targets[*i].block == block).collect()
    }
    /// Parameters before any is estimated.
    #[must_use]
    pub fn start(&self) -> Vec<f64> {
        self.free.iter().map(|free| free.start).collect()
    }

    /// Weighted residuals of a block at `theta`: its targets, then the priors of its parameters.
    #[must_use]
    pub fn residuals(&self, block: usize, theta: &[f64], moments: &[f64]) -> Vec<f64> {
        let targets = self.targets_of(block);
        let of_target = targets.iter().zip(moments).map(|(i, moment)| {
            let target = &self.targets[*i];
            target.weight.sqrt() * target.miss(*moment) / target.std_error
        });
        let of_prior = self.free_of(block).into_iter().filter_map(|k| {
            let prior = self.free[k].prior?;
            Some((theta[k] - prior.mean) / prior.sd)
        });
        of_target.chain(of_prior).collect()
    }
}

/// What was asked of the model: a parameter point and the moments of one block.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The block whose moments are wanted.
    pub block: usize,
    /// All free parameters.
    pub theta: Vec<f64>,
    /// Number of the random numbers: 0 in the search, others to see what their choice does.
    pub seed: u64,
    /// What it is asked for, for the trace.
    pub stage: SearchStage,
}

/// Why a point is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchStage {
    /// A point spread over the bounds.
    Global,
    /// A step of the simplex.
    Simplex,
    /// A trial of the least-squares search.
    Polish,
    /// A neighbour, for derivatives.
    Derivative,
    /// The optimum at other random numbers.
    Noise,
}

impl SearchStage {
    /// The word in the trace.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Simplex => "simplex",
            Self::Polish => "polish",
            Self::Derivative => "derivative",
            Self::Noise => "noise",
        }
    }
}

/// A model as calibration sees it.
pub trait Model {
    /// Why it cannot go on at all.
    type Error;

    /// The moments of the block of each query, in the order of its targets; nothing where the model has no solution there. The same query
    /// has the same answer.
    ///
    /// # Errors
    /// When evaluations must end: interrupted, or nowhere to keep them.
    fn moments(&mut self, queries: &[Query]) -> Result<Vec<Option<Vec<f64>>>, Self::Error>;
}
