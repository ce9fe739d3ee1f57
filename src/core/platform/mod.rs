//! What a build may have or not: threads and a clock. All else of the library works, and gives the same numbers, without them. And what systems say
//! in codes of their own.

pub mod clock;
pub mod descriptors;
pub mod threads;
