//! Agent-based simulation of differentiated-product markets under trade policy.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod calibration;
pub mod config;
pub mod ensemble;
pub mod model;
pub mod report;
pub mod runner;
pub mod sensitivity;
pub mod solve;
pub mod statistics;
