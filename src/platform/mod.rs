//! What a build may have or not: threads and a clock. All else of the library works, and gives the same numbers, without them.

pub mod clock;
pub mod threads;
