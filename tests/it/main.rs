//! Integration tests, one binary: economics, reproducibility, input, command line, architecture.

mod architecture;
mod cases;
mod cli;
mod core;
mod economics;
mod input;
mod outputs;
mod reproducibility;
mod support;
mod synthetic;
