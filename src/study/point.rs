//! A parameter point: one setting of the scenario, of the many that a sweep or a draw of parameters visits.

/// Changes to the scenario document that make one point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Position among the points of the study, from 0.
    pub index: u64,
    /// `key=value` assignments as `--set` takes them, laid over the document in this order; none for the scenario itself.
    pub assignments: Vec<String>,
}
