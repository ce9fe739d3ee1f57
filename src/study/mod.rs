//! Monte Carlo: one flat list of jobs (point x replication x regime), run on all threads, reduced in one fixed order.

pub mod bargained;
pub mod base;
pub mod base_year;
pub mod calibration;
pub mod finished;
pub mod manifest;
pub mod moments;
pub mod negotiation;
pub mod observer;
pub mod offers;
pub mod points;
pub mod policy;
pub mod prepare;
pub mod response;
pub mod results;
pub mod run;
pub mod sensitivity;
pub mod sink;
pub mod solution;
pub mod solve;
pub mod stopping;
pub mod threads;
pub mod units;
pub mod validation;
pub mod work;

pub use base::Base;
pub use base_year::BaseYear;
pub use finished::{FinishError, Finished, FinishedPoints};
pub use observer::Observer;
pub use prepare::{Plans, Study, StudyError};
pub use results::Results;
pub use run::{Job, JobError, JobResult, RunError, run};
pub use stopping::{StopError, Stopping};
pub use units::unit::Unit;
