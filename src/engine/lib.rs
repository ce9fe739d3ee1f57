//! The engine of Stickershock: from a scenario's files to the results of a study, in memory or in a folder.
//!
//! | room | what stands there |
//! |---|---|
//! | [`folder`] | the one writer and reader of output folders |
//! | [`sensitivity`], [`calibration`] | designs, estimators and rankings; the simulated method of moments: for any model |
//! | [`config`] | scenario files into checked scenarios |
//! | [`study`] | prepares, runs, resumes and reduces studies |
//!
//! It is a package of its own so that it cannot name what lays its results out, and is optimised while that is not. It changes without notice; the
//! library is the package `stickershock`.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod calibration;
// Hidden, not private: what it reads is described where scenarios are, in docs.
#[doc(hidden)]
pub mod config;
pub mod folder;
pub mod sensitivity;
pub mod study;

#[doc(hidden)]
pub use stickershock_core::{model, numerics, platform};
