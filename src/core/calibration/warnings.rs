//! What a reader of an estimate must be told: moments that are not met, parameters that are not pinned down, searches that disagree.

use std::fmt;

use super::MomentProblem;
use super::estimate::{Estimate, RangeEnd};
use super::search::Searched;
use crate::numerics::elementary::hypotenuse;

/// A warning; its text names what it is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// A moment far from its target, which no point that was tried comes near.
    Impossible {
        /// The moment.
        moment: String,
        /// Evidence.
        data: f64,
        /// Model.
        model: f64,
        /// Distance in standard errors.
        t: f64,
        /// Smallest distance in standard errors at any point of the search.
        nearest: f64,
    },
    /// A moment far from its target, which other points come near at the cost of other moments.
    Missed {
        /// The moment.
        moment: String,
        /// Evidence.
        data: f64,
        /// Model.
        model: f64,
        /// Distance in standard errors.
        t: f64,
    },
    /// A parameter at the end of its range.
    AtBound {
        /// The parameter.
        parameter: String,
        /// Where it stands.
        value: f64,
        /// Which end.
        bound: RangeEnd,
    },
    /// A parameter that no moment depends on.
    Unmoved {
        /// The parameter.
        parameter: String,
    },
    /// A combination of parameters that the moments hardly see.
    Flat {
        /// The parameters that make it up, the most involved first.
        parameters: Vec<String>,
        /// Distance in standard errors that the moments move over the whole range in this direction.
        moved: f64,
    },
    /// A parameter of which the prior says more than the moments.
    Prior {
        /// The parameter.
        parameter: String,
        /// Share of what is known that is the prior's.
        share: f64,
    },
    /// Local searches that ended in different places.
    Valleys {
        /// The block.
        block: String,
        /// Objectives at the ends.
        ends: Vec<f64>,
    },
    /// A search that ended before nothing more was to be gained.
    Unfinished {
        /// The block.
        block: String,
    },
    /// Points without a solution.
    Unsolved {
        /// The block.
        block: String,
        /// How many.
        points: usize,
    },
}

impl Warning {
    /// One word for tables.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Impossible { .. } => "impossible",
            Self::Missed { .. } => "missed",
            Self::AtBound { .. } => "at_bound",
            Self::Unmoved { .. } => "unmoved",
            Self::Flat { .. } => "flat",
            Self::Prior { .. } => "prior",
            Self::Valleys { .. } => "valleys",
            Self::Unfinished { .. } => "unfinished",
            Self::Unsolved { .. } => "unsolved",
        }
    }
    /// The moment, parameter or block that it is about.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Impossible { moment, .. } | Self::Missed { moment, .. } => moment.clone(),
            Self::AtBound { parameter, .. } | Self::Unmoved { parameter } | Self::Prior { parameter, .. } => {
                parameter.clone()
            }
            Self::Flat { parameters, .. } => parameters.join(" "),
            Self::Valleys { block, .. } | Self::Unfinished { block } | Self::Unsolved { block, .. } => block.clone(),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Impossible { moment, data, model, t, nearest } => write!(
                f,
                "{moment}: the evidence is {data:.4}, the model gives {model:.4}, {t:+.1} standard errors off; no point tried comes \
                 nearer than {nearest:.1}: the model cannot meet it within these bounds"
            ),
            Self::Missed { moment, data, model, t } => write!(
                f,
                "{moment}: the evidence is {data:.4}, the model gives {model:.4}, {t:+.1} standard errors off; it is given up for other moments"
            ),
            Self::AtBound { parameter, value, bound } => write!(
                f,
                "{parameter} is at its {} bound, {value}: it has no standard error, and the moments would have it further",
                if *bound == RangeEnd::Low { "lower" } else { "upper" }
            ),
            Self::Unmoved { parameter } => write!(f, "{parameter}: no moment depends on it; it is not estimated"),
            Self::Flat { parameters, moved } => write!(
                f,
                "the moments do not pin down {}: over the whole range in one direction they move by {moved:.2} standard errors",
                parameters.join(" with ")
            ),
            Self::Prior { parameter, share } => {
                write!(f, "{parameter}: {:.0}% of what is known of it is its prior, not the moments", 100.0 * share)
            }
            Self::Valleys { block, ends } => {
                let ends: Vec<String> = ends.iter().map(|end| format!("{end:.4}")).collect();
                write!(f, "block {block}: local searches ended at different objectives: {}", ends.join(", "))
            }
            Self::Unfinished { block } => {
                write!(f, "block {block}: the search ended at its limit of steps, not at an optimum; give it more")
            }
            Self::Unsolved { block, points } => {
                write!(f, "block {block}: at {points} points within the bounds the model has no solution")
            }
        }
    }
}

/// Standard errors beyond which a moment is called missed, and within which a point is called near.
const FAR: f64 = 2.0;
/// Standard errors that the moments must move over the range for a direction to be seen.
const SEEN: f64 = 2.0;
/// Share of a direction's length that makes a parameter part of it.
const PART: f64 = 0.1;

/// All warnings of an estimate; `searched` has the search of each block.
#[must_use]
pub fn warnings(problem: &MomentProblem, searched: &[Searched], estimate: &Estimate) -> Vec<Warning> {
    let mut found = Vec::new();
    for (i, target) in problem.targets.iter().enumerate() {
        let t = estimate.t(problem, i);
        if t.abs() > FAR {
            let at = problem.targets_of(target.block).iter().position(|other| *other == i);
            let nearest =
                searched.get(target.block).and_then(|block| block.nearest.get(at?).copied()).unwrap_or(f64::NAN);
            // Like t in standard errors of evidence and simulation together.
            let nearest = nearest * target.std_error / hypotenuse(target.std_error, estimate.noise[(i, i)].sqrt());
            let (moment, model) = (target.name.clone(), estimate.moments[i]);
            let data = target.end(model);
            found.push(match nearest > FAR {
                true => Warning::Impossible { moment, data, model, t, nearest },
                false => Warning::Missed { moment, data, model, t },
            });
        }
    }
    for (k, free) in problem.free.iter().enumerate() {
        let parameter = free.name.clone();
        if let Some(bound) = estimate.bound[k] {
            found.push(Warning::AtBound { parameter, value: estimate.theta[k], bound });
        } else if problem.targets_of(free.block).iter().all(|i| estimate.jacobian[(*i, k)] == 0.0) {
            found.push(Warning::Unmoved { parameter });
        } else if estimate.prior_share[k] > 0.5 {
            found.push(Warning::Prior { parameter, share: estimate.prior_share[k] });
        }
    }
    for identification in &estimate.identification {
        for (moved, direction) in identification.values.iter().zip(&identification.directions) {
            if *moved < SEEN {
                let mut parts: Vec<(f64, usize)> =
                    direction.iter().zip(&identification.free).map(|(part, k)| (part * part, *k)).collect();
                parts.sort_by(|a, b| b.0.total_cmp(&a.0));
                let parts = parts.into_iter().filter(|(part, _)| *part > PART);
                let parameters = parts.map(|(_, k)| problem.free[k].name.clone()).collect();
                found.push(Warning::Flat { parameters, moved: *moved });
            }
        }
    }
    for (block, searched) in problem.blocks.iter().zip(searched) {
        let (least, most) =
            searched.ends.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), end| (a.min(*end), b.max(*end)));
        if most - least > 0.01 * (1.0 + least) {
            found.push(Warning::Valleys { block: block.clone(), ends: searched.ends.clone() });
        }
        if !searched.converged {
            found.push(Warning::Unfinished { block: block.clone() });
        }
        if searched.failed > 0 {
            found.push(Warning::Unsolved { block: block.clone(), points: searched.failed });
        }
    }
    found
}
