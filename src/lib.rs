//! Agent-based simulation of differentiated-product markets under trade policy.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod calibration;
#[allow(missing_docs, reason = "a program, not a library")]
pub mod cli;
pub mod config;
pub mod folder;
pub mod model;
pub mod numerics;
pub mod report;
pub mod sensitivity;
pub mod study;
