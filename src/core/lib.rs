//! The core of Stickershock: the economy, the statistics of its runs, and the arithmetic that both stand on. Numbers go in and numbers come out; the
//! model knows no files and no clock.
//!
//! | room | what stands there |
//! |---|---|
//! | [`numerics`] | arithmetic that gives the same bits on every machine |
//! | [`platform`] | threads and a clock, or none |
//! | [`model`] | the economy: demand, supply, trade policy, welfare, time, governments |
//! | [`sensitivity`], [`calibration`] | designs, estimators and rankings; the simulated method of moments: for any model |
//!
//! It is a package of its own so that it cannot name what surrounds it, and is not compiled again when a reader, a table, a chart or the command
//! line changes. It changes without notice; the library is the package `stickershock`.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod calibration;
pub mod model;
pub mod numerics;
pub mod platform;
pub mod sensitivity;
