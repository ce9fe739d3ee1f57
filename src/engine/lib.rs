//! The engine of Stickershock: from a checked scenario to the results of a study, in memory or in a folder.
//!
//! | room | what stands there |
//! |---|---|
//! | [`folder`] | the one writer and reader of output folders |
//! | [`study`] | prepares, runs, resumes and reduces studies |
//!
//! It is a package of its own so that it cannot name what lays its results out, and is optimised while that is not. It changes without notice; the
//! library is the package `stickershock`.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod folder;
pub mod study;

#[doc(hidden)]
pub use stickershock_scenarios::{calibration, config, model, numerics, platform, sensitivity};
