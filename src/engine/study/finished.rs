//! What a study leaves when its last replication is reduced: everything that tables and charts are made from. Nothing of it is
//! simulated again, and its size does not grow with the number of replications.

use std::sync::Arc;

use super::bargained::Bargained;
use super::base_year::BaseYear;
use super::points::PointResults;
use super::prepare::Study;
use super::results::Results;
use crate::config::StudyDesign;
use crate::config::design::Point;
use crate::model::ids::RegimeId;
use crate::model::scenario::Scenario;

/// A study of one point.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The scenario, prepared.
    pub study: Arc<Study>,
    /// Positions in the scenario of the regimes that ran, in order.
    pub regimes: Vec<RegimeId>,
    /// Moments and quantiles over replications, with what the stopping rule saw.
    pub results: Results,
    /// The base year.
    pub base_year: BaseYear,
    /// The bargaining behind each negotiated regime, in the worlds of the replications.
    pub bargains: Vec<Bargained>,
    /// Jobs that left no outcome; their replications are in none of the results.
    pub failed_jobs: u64,
}

/// A study of many points.
#[derive(Clone, Debug)]
pub struct FinishedPoints {
    /// The scenario that the points are laid over.
    pub scenario: Scenario,
    /// Which points there are.
    pub design: StudyDesign,
    /// The points, in order.
    pub points: Vec<Point>,
    /// What the points with results left.
    pub results: PointResults,
    /// Those without, and why.
    pub failures: Vec<(Point, String)>,
    /// Replications of each point.
    pub replications: u64,
    /// All of them as one run, in which each replication is a draw's; only where the study asks for its tables.
    pub run: Option<Arc<Finished>>,
}
