//! The scenarios of Stickershock: files into checked scenarios, and into what asks questions of them.
//!
//! | room | what stands there |
//! |---|---|
//! | [`config`] | scenario files into checked scenarios |
//!
//! It is a package of its own because it is a third of what is compiled and a hundredth of what a study does: it is not optimised, and not compiled
//! again when the course of a study changes. It changes without notice; the library is the package `stickershock`.
#![deny(unsafe_code)]
#![warn(missing_docs)]

// Hidden, not private: what it reads is described where scenarios are, in docs.
#[doc(hidden)]
pub mod config;

#[doc(hidden)]
pub use stickershock_core::{calibration, model, numerics, platform, sensitivity};
