//! Global sensitivity analysis of any model: designs over uncertain inputs, and estimators from their outputs.
//!
//! A [`Problem`] names inputs and their distributions; [`design::sample`] writes points for a [`Method`]; the model, whatever
//! it is, is run on them; [`analyze`] turns the outputs into indices with standard errors and intervals. Inputs are independent.
//!
//! # Outputs with replication noise
//!
//! Write Y = m(X) + e with E\[e | X\] = 0, and ȳ for the mean of n replications. Every index here is one of the mean response
//! m. Variance-based indices are ratios of quadratic forms Q, and Q(ȳ) contains noise; products of *different*
//! replications do not, so each form is replaced by its average over ordered pairs r ≠ s,
//!
//! ```text
//! Q* = [ n² Q(ȳ) − Σ_r Q(y_r) ] / (n (n − 1)),
//! ```
//!
//! which is unbiased for Q(m) when replications are independent, whether or not the rows of one replication share their random
//! numbers ([`response::Response::forms`]). The absolute values of Morris are treated in [`morris`]. PAWN and delta compare
//! distributions and have no such correction: theirs are the indices of ȳ.
//!
//! # Intervals
//!
//! Every interval is `estimate ± t × std_error` with Student's t at the stated level, as many degrees of freedom as independent units less one;
//! it is not clipped to what an index can be. The standard error is that of a bootstrap over units ([`bootstrap`]): base
//! points (Sobol'), trajectories (Morris), rows (PAWN, delta); for the Fourier methods it is the bootstrap's limit, the infinitesimal
//! jackknife ([`harmonics`]). Points of a Sobol' net are more even than the independent ones that a bootstrap assumes, so intervals
//! of deterministic outputs are then wider than they need to be.

pub mod analysis;
pub mod bootstrap;
pub mod components;
pub mod copula;
pub mod delta;
pub mod design;
pub mod distribution;
pub mod draws;
pub mod effects;
pub mod fast;
pub mod harmonics;
pub mod morris;
pub mod noise;
pub mod one_at_a_time;
pub mod pawn;
pub mod problem;
pub mod random;
pub mod ranking;
pub mod rbd_fast;
pub mod response;
pub mod scheme;
pub mod slices;
pub mod sobol;
pub mod widths;

pub use analysis::{
    Analysis, AnalysisError, Index, LARGEST_OUTPUT, Noise, OutputColumn, analyze, analyze_randomised, block_rows,
    without_failed,
};
pub use bootstrap::{IndexEstimate, Resampling};
pub use copula::{GaussianCopula, NotACorrelation};
pub use design::{Design, DesignError, SampleOptions, sample};
pub use distribution::{Distribution, InvalidDistribution};
pub use problem::{Factor, Parameter, Problem};
pub use ranking::Ranking;
pub use response::Response;
pub use scheme::{IndexPrecision, Scheme};

/// A way to measure sensitivity: a design and the estimator that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Variance-based indices of first, total and second order from pick-freeze blocks.
    Sobol,
    /// Elementary effects on trajectories.
    Morris,
    /// First and total indices from search curves (extended FAST).
    Fast,
    /// First indices from any sample by sorting (random balance designs).
    RbdFast,
    /// Kolmogorov-Smirnov distances of conditional distributions.
    Pawn,
    /// Borgonovo's moment-independent index.
    Delta,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 6] = [Self::Sobol, Self::Morris, Self::Fast, Self::RbdFast, Self::Pawn, Self::Delta];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sobol => "sobol",
            Self::Morris => "morris",
            Self::Fast => "fast",
            Self::RbdFast => "rbd_fast",
            Self::Pawn => "pawn",
            Self::Delta => "delta",
        }
    }
}
