//! Integration tests, one binary.

mod core;
