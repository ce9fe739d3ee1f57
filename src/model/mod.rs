//! The economy: numbers in, numbers out. No files, threads, clocks or globals.

pub mod demand;
