//! The economy: numbers in, numbers out. No files, threads, clocks or globals.

pub mod accounts;
pub mod buyers;
pub mod demand;
pub mod exchange;
pub mod fixed_point;
pub mod governments;
pub mod ids;
pub mod market;
pub mod metrics;
pub mod moment;
pub mod on_sale;
pub mod outcome;
pub mod plan;
pub mod quotes;
pub mod sales;
pub mod scenario;
pub mod simulation;
pub mod streams;
pub mod supply;
pub mod timing;
pub mod trade;
pub mod welfare;
pub mod world;
