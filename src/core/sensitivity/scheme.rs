//! A sensitivity study from the first row to the last: the design of a size, what is read from it, and when it is large enough.
//!
//! Designs are made so that the rows for n are the beginning of those for 2n, with the same seed: a study grows without running anything twice,
//! and one that was grown is one that was made in one go. (Search curves, [`Scheme::Fast`], cannot grow.)
//!
//! Rows come in *units*: blocks, trajectories, single rows, or the whole of a one-at-a-time design. The rows of a unit meet the same worlds
//! (replications with common random numbers), so that their differences carry no more noise than they must; different units meet
//! different worlds, so that noise averages out over units and the spread of units contains it. A row that could not be run takes
//! its unit with it.

use super::analysis::{self, Analysis, AnalysisError, Index, OutputColumn, analyze, analyze_randomised};
use super::bootstrap::{IndexEstimate, Resampling};
use super::design::{self, Design, DesignError, growing_trajectories, randomised_pick_freeze, search_curves};
use super::ranking::Ranking;
use super::response::Response;
use super::sobol::{self, Blocks};
use super::{Method, Problem, morris, one_at_a_time};

/// What is asked of a model, and by which design.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Scheme {
    /// Each input alone at a low and a high quantile ([`one_at_a_time`]).
    OneAtATime {
        /// The two probabilities, in increasing order, inside (0, 1).
        quantiles: [f64; 2],
    },
    /// Elementary effects on trajectories; n counts trajectories.
    Morris {
        /// Levels of the grid, an even number.
        levels: usize,
    },
    /// Variance-based indices on independent randomisations of a scrambled design; n counts base points of each of them.
    Sobol {
        /// Randomisations, 2 at least; 8 give Student intervals with 7 degrees of freedom.
        randomisations: usize,
        /// Whether pairs of inputs are asked for too: 2D + 2 rows for each base point, not D + 2.
        second_order: bool,
    },
    /// Search curves; n counts points of each curve.
    Fast,
    /// First indices by sorting; n counts rows.
    RbdFast,
    /// Distances of distributions; n counts rows.
    Pawn,
    /// Moment-independent indices; n counts rows.
    Delta,
}

/// What the model gave on the first rows of a design.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    /// Names of the outputs.
    pub outputs: Vec<String>,
    /// Replications of every row, at least one.
    pub replications: usize,
    /// For each row the outputs, each with all its replications: place `output × replications + replication`. Nothing where
    /// the model could not be run.
    pub rows: Vec<Option<Vec<f64>>>,
}

/// What the runs say.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexReading {
    /// Indices and reasons for caution.
    pub analysis: Analysis,
    /// Inputs compared two by two, for each output.
    pub rankings: Vec<Ranking>,
    /// Units left out because the model could not be run at one of their rows.
    pub left_out: usize,
}

/// When a study is large enough: when every interval of every monitored index is narrower than `absolute`, or than `relative` times the output's
/// largest total index. Elementary effects have units, so only `relative` is for them, of the largest mu_star.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexPrecision {
    /// Width in units of an index.
    pub absolute: f64,
    /// Width as a share of the largest index.
    pub relative: f64,
}

impl Default for IndexPrecision {
    fn default() -> Self {
        Self { absolute: 0.05, relative: 0.10 }
    }
}

impl IndexPrecision {
    /// The widest monitored interval over what is allowed for it: at most 1 where the study is large enough. NaN where nothing is
    /// monitored.
    #[must_use]
    pub fn worst(&self, scheme: Scheme, indices: &[Index]) -> f64 {
        let monitored = scheme.monitored();
        let mut worst = f64::NAN;
        let mut outputs: Vec<&str> = indices.iter().map(|index| index.output.as_str()).collect();
        outputs.dedup();
        for output in outputs {
            let of = |name: &str| {
                let wanted = name.to_owned();
                indices.iter().filter(move |index| index.output == output && index.index == wanted)
            };
            let Some(leading) = monitored.last() else { continue };
            let largest = of(leading).map(|index| index.estimate.value.abs()).fold(0.0, f64::max);
            let absolute = if matches!(scheme, Scheme::Morris { .. }) { 0.0 } else { self.absolute };
            let allowed = absolute.max(self.relative * largest);
            for index in monitored.iter().flat_map(|name| of(name)) {
                let ratio = match index.estimate.width() {
                    0.0 => 0.0,
                    width => width / allowed,
                };
                // An output that never varies has no index to wait for; one that noise hides, or without an interval, is never narrow enough.
                let hidden = index.noise.is_some_and(|noise| noise.mean_of_variance.value > 0.0);
                let ratio = if index.estimate.value.is_nan() && !hidden {
                    continue;
                } else if ratio.is_nan() {
                    f64::INFINITY
                } else {
                    ratio
                };
                worst = ratio.max(worst);
            }
        }
        worst
    }

    /// Whether the study is large enough.
    #[must_use]
    pub fn is_met(&self, scheme: Scheme, indices: &[Index]) -> bool {
        self.worst(scheme, indices) <= 1.0
    }
}

impl Scheme {
    /// Every scheme, with what goes by default.
    pub const ALL: [Self; 7] = [
        Self::Sobol { randomisations: 8, second_order: false },
        Self::Morris { levels: 4 },
        Self::OneAtATime { quantiles: [0.05, 0.95] },
        Self::Fast,
        Self::RbdFast,
        Self::Pawn,
        Self::Delta,
    ];

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OneAtATime { .. } => "oat",
            Self::Morris { .. } => Method::Morris.name(),
            Self::Sobol { .. } => Method::Sobol.name(),
            Self::Fast => Method::Fast.name(),
            Self::RbdFast => Method::RbdFast.name(),
            Self::Pawn => Method::Pawn.name(),
            Self::Delta => Method::Delta.name(),
        }
    }

    /// The indices whose intervals decide whether a study is large enough, the leading one last.
    #[must_use]
    pub fn monitored(self) -> &'static [&'static str] {
        match self {
            Self::OneAtATime { .. } => &[],
            Self::Morris { .. } => &["mu_star"],
            Self::Sobol { .. } | Self::Fast => &["S1", "ST"],
            Self::RbdFast => &["S1"],
            Self::Pawn => &["mean"],
            Self::Delta => &["delta"],
        }
    }

    /// The index by which inputs are ranked.
    #[must_use]
    pub fn leading(self) -> &'static str {
        self.monitored().last().copied().unwrap_or("swing")
    }

    /// Whether the design for n is the beginning of that for 2n.
    #[must_use]
    pub fn grows(self) -> bool {
        !matches!(self, Self::Fast | Self::OneAtATime { .. })
    }

    /// Whether the indices mean what they say only when inputs are independent.
    #[must_use]
    pub fn needs_independence(self) -> bool {
        !matches!(self, Self::OneAtATime { .. })
    }

    /// A size that is enough for a first look.
    #[must_use]
    pub fn usual_size(self) -> usize {
        match self {
            Self::OneAtATime { .. } => 1,
            Self::Morris { .. } | Self::Sobol { .. } => 16,
            Self::Fast => 129,
            Self::RbdFast | Self::Pawn | Self::Delta => 512,
        }
    }

    /// The least size.
    #[must_use]
    pub fn least_size(self) -> usize {
        match self {
            Self::OneAtATime { .. } => 1,
            Self::Morris { .. } => design::FIRST_SET,
            Self::Sobol { .. } => 2,
            Self::Fast => 65,
            Self::RbdFast | Self::Pawn | Self::Delta => 32,
        }
    }

    /// Rows that meet the same worlds, for `inputs` inputs or groups that move alone.
    #[must_use]
    pub fn unit(self, inputs: usize) -> usize {
        match self {
            Self::OneAtATime { .. } => 2 * inputs + 1,
            Self::Morris { .. } => inputs + 1,
            Self::Sobol { second_order, .. } => Blocks { inputs, second_order }.rows(),
            Self::Fast | Self::RbdFast | Self::Pawn | Self::Delta => 1,
        }
    }

    /// Rows of the design of size `n` for `inputs` inputs or groups that move alone.
    #[must_use]
    pub fn rows(self, inputs: usize, n: usize) -> usize {
        match self {
            Self::OneAtATime { .. } => self.unit(inputs),
            Self::Sobol { randomisations, .. } => n.saturating_mul(randomisations).saturating_mul(self.unit(inputs)),
            Self::Morris { .. } => n.saturating_mul(self.unit(inputs)),
            Self::Fast => n.saturating_mul(inputs),
            Self::RbdFast | Self::Pawn | Self::Delta => n,
        }
    }

    /// Sizes at which a study of size `n` is looked at, to see whether it converges: halves of it down to an eighth.
    #[must_use]
    pub fn looks(self, n: usize) -> Vec<usize> {
        if !self.grows() {
            return vec![n];
        }
        [8, 4, 2, 1]
            .into_iter()
            .filter(|part| n.is_multiple_of(*part) && n / part >= self.least_size())
            .map(|part| n / part)
            .collect()
    }

    /// Refuses sizes whose design is too large for memory.
    ///
    /// # Errors
    /// [`DesignError::TooLarge`].
    pub fn check_size(self, problem: &Problem, n: usize) -> Result<(), DesignError> {
        design::check_size(self.rows(problem.factors().len(), n) as u128, problem.len())
    }

    /// The design of size `n`.
    ///
    /// # Errors
    /// [`DesignError`] when `n` is too small, the design too large for memory, or there are too many inputs.
    pub fn design(self, problem: &Problem, n: usize, seed: u64) -> Result<Design, DesignError> {
        let least = self.least_size();
        if n < least {
            return Err(DesignError::TooFew { method: self.name(), least, given: n });
        }
        if problem.has_groups() && !matches!(self, Self::Sobol { .. }) {
            return Err(DesignError::Groups(self.name()));
        }
        self.check_size(problem, n)?;
        match self {
            Self::OneAtATime { quantiles } => Ok(one_at_a_time::design(problem, quantiles)),
            Self::Morris { levels } => growing_trajectories(problem, n, levels, seed),
            Self::Sobol { randomisations, second_order } => {
                randomised_pick_freeze(problem, n, randomisations, second_order, seed)
            }
            Self::Fast => Ok(search_curves(problem, n, seed)),
            Self::RbdFast | Self::Pawn | Self::Delta => design::sobol_points(problem, n, seed),
        }
    }

    /// What the runs of the first rows of `design`, size `n`, say.
    ///
    /// # Errors
    /// [`AnalysisError`] when too few rows could be run for the method.
    pub fn read(
        self,
        problem: &Problem,
        design: &Design,
        runs: &Runs,
        n: usize,
        resampling: &Resampling,
    ) -> Result<IndexReading, AnalysisError> {
        let factors = problem.factors().len();
        let rows = self.rows(factors, n).min(runs.rows.len());
        let unit = self.unit(factors);
        if let Self::OneAtATime { .. } = self {
            return Ok(self.read_swings(problem, runs, resampling.level));
        }
        let whole = |u: &usize| runs.rows[u * unit..(u + 1) * unit].iter().all(Option::is_some);
        let kept: Vec<usize> = (0..rows / unit).filter(whole).collect();
        let left_out = rows / unit - kept.len();
        if matches!(self, Self::Fast) && left_out > 0 {
            return Err(AnalysisError {
                row: None,
                of_outputs: false,
                message: format!(
                    "{left_out} of {rows} rows could not be run, and a search curve with gaps cannot be read"
                ),
                help: "narrow the distributions, or use another method".into(),
            });
        }
        let mut part = Design::new(problem.len());
        let places: Vec<usize> = kept.iter().flat_map(|u| u * unit..(u + 1) * unit).collect();
        places.iter().for_each(|row| part.push(design.row(*row).iter().copied()));
        let outputs = columns(runs, &places).ok_or_else(|| AnalysisError {
            row: None,
            of_outputs: false,
            message: format!("the model could not be run at one row at least of every one of {} units", rows / unit),
            help: "narrow the distributions of the inputs".into(),
        })?;
        let groups: Vec<usize> = match self {
            Self::Sobol { randomisations, .. } => kept.iter().map(|u| u % randomisations).collect(),
            _ => Vec::new(),
        };
        let analysis = match self {
            Self::Sobol { .. } => analyze_randomised(problem, &part, &outputs, &groups, resampling),
            _ => analyze(problem, self.method(), &part, &outputs, resampling),
        }?;
        let rankings = self.rankings(problem, &part, &outputs, &groups, &analysis, resampling.level)?;
        Ok(IndexReading { analysis, rankings, left_out })
    }

    /// The method whose estimators read the design.
    fn method(self) -> Method {
        match self {
            Self::Morris { .. } => Method::Morris,
            Self::Sobol { .. } => Method::Sobol,
            Self::Fast => Method::Fast,
            Self::Pawn => Method::Pawn,
            Self::Delta => Method::Delta,
            Self::RbdFast | Self::OneAtATime { .. } => Method::RbdFast,
        }
    }

    fn read_swings(self, problem: &Problem, runs: &Runs, level: f64) -> IndexReading {
        let places: Vec<usize> = (0..runs.rows.len()).collect();
        let outputs = columns(runs, &places).unwrap_or_default();
        let indices = one_at_a_time::indices(problem, &outputs, level);
        let names: Vec<&str> = problem.names().collect();
        let rankings = outputs
            .iter()
            .map(|output| {
                // Absolute swings with the sign of their means: each replication is a piece.
                let sign = |input: usize| {
                    let mean = output.response.mean();
                    (mean[2 + 2 * input] - mean[1 + 2 * input]).signum()
                };
                let of_replication = |values: &Vec<f64>| {
                    (0..names.len()).map(|i| sign(i) * (values[2 + 2 * i] - values[1 + 2 * i])).collect()
                };
                let pieces: Vec<Vec<f64>> = output.response.by_replication().iter().map(of_replication).collect();
                Ranking::of_pieces(&output.name, self.leading(), &names, &pieces, level)
            })
            .collect();
        let left_out = runs.rows.iter().filter(|row| row.is_none()).count();
        IndexReading { analysis: Analysis { indices, warnings: Vec::new() }, rankings, left_out }
    }

    fn rankings(
        self,
        problem: &Problem,
        design: &Design,
        outputs: &[OutputColumn],
        groups: &[usize],
        analysis: &Analysis,
        level: f64,
    ) -> Result<Vec<Ranking>, AnalysisError> {
        let factors = problem.factors();
        let names: Vec<&str> = factors.iter().map(|factor| factor.name.as_str()).collect();
        let mut rankings = Vec::new();
        for output in outputs.iter().filter(|output| !output.response.is_constant()) {
            let response = &output.response;
            let of_pieces =
                |pieces: &[Vec<f64>]| Ranking::of_pieces(&output.name, self.leading(), &names, pieces, level);
            rankings.push(match self {
                Self::Sobol { second_order, .. } => {
                    let blocks = Blocks { inputs: factors.len(), second_order };
                    of_pieces(&sobol::total_pieces(response, blocks, groups))
                }
                Self::Morris { .. } => {
                    let trajectories = analysis::steps(problem, design)?;
                    of_pieces(&morris::absolute_effects(response, &trajectories))
                }
                _ => {
                    let leads = |index: &&Index| index.output == output.name && index.index == self.leading();
                    let estimates: Vec<IndexEstimate> =
                        analysis.indices.iter().filter(leads).map(|index| index.estimate).collect();
                    Ranking::of_estimates(&output.name, self.leading(), &names, &estimates, response.rows(), level)
                }
            });
        }
        Ok(rankings)
    }
}

/// The outputs at some rows; NaN where the model could not be run, nothing where there is no row.
fn columns(runs: &Runs, places: &[usize]) -> Option<Vec<OutputColumn>> {
    let n = runs.replications;
    let value = |row: usize, slot: usize| runs.rows[row].as_ref().map_or(f64::NAN, |values| values[slot]);
    runs.outputs
        .iter()
        .enumerate()
        .map(|(output, name)| {
            let of = |r: usize| places.iter().map(|row| value(*row, output * n + r)).collect();
            let response = Response::new((0..n).map(of).collect())?;
            Some(OutputColumn { name: name.clone(), response })
        })
        .collect()
}
