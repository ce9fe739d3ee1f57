//! Integration tests, one binary.

mod accounts;
mod architecture;
mod calibration;
mod cases;
mod cli;
mod core;
mod coverage;
mod economics;
mod governments;
mod input;
mod instruments;
mod negotiated;
mod outputs;
mod peers;
mod point_units;
mod points;
mod prices;
mod reproducibility;
mod runner;
mod scheme;
mod sensitivity;
mod sensitivity_study;
mod stopping;
mod support;
mod synthetic;
mod timing;
