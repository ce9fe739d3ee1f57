//! One of the regimes that run.

/// The place of a regime among those that run, which is that of its outcomes; its place in the scenario is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arm(pub usize);
