//! Tables of sensitivity analysis: indices, and designs.

use super::record::table;
use crate::sensitivity::Index;

table! {
    /// sensitivity indices with their intervals
    pub struct IndexRow in "indices" by [output, parameter, index] {
        /// column of the outputs
        output: String;
        /// input; a:b for a pair, empty where all inputs are concerned
        parameter: String;
        /// index
        index: &'static str;
        /// estimate, in units of the output for mu, mu_star and sigma and, one at a time, for base (the output with every input at its median), low and high (with this one at its low and high value) and swing (high less low); empty where not defined
        estimate: f64;
        /// standard error
        std_error: f64;
        /// lower end of the interval of `--level` (95% if not given): the noise of the design and of simulation, one at a time that of simulation alone
        ci_low: f64;
        /// upper end of the interval
        ci_high: f64;
    }
}

table! {
    /// sensitivity indices with their intervals
    pub struct NoisyIndexRow in "indices" by [output, parameter, index] {
        /// the index
        index: IndexRow;
        /// variance over inputs of the output's mean response
        variance_of_mean: f64;
        /// mean over inputs of the output's variance over replications
        mean_of_variance: f64;
        /// mean_of_variance over the sum of both
        replication_share: f64;
    }
}

impl From<&Index> for IndexRow {
    fn from(Index { output, parameter, index, estimate, .. }: &Index) -> Self {
        let [ci_low, ci_high] = estimate.interval;
        Self {
            output: output.clone(),
            parameter: parameter.clone(),
            index,
            estimate: estimate.value,
            std_error: estimate.std_error,
            ci_low,
            ci_high,
        }
    }
}

impl From<&Index> for NoisyIndexRow {
    fn from(index: &Index) -> Self {
        let [variance_of_mean, mean_of_variance, replication_share] = match &index.noise {
            Some(noise) => {
                [&noise.variance_of_mean, &noise.mean_of_variance, &noise.replication_share].map(|part| part.value)
            }
            None => [f64::NAN; 3],
        };
        Self { index: index.into(), variance_of_mean, mean_of_variance, replication_share }
    }
}
