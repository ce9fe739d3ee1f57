//! The targets, as a library of the fuzzing binaries.

pub mod targets;
