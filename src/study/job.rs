//! The smallest piece of work.

/// One regime in one replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// Position of the regime in the scenario.
    pub regime: usize,
    /// Replication number.
    pub replication: u64,
}
