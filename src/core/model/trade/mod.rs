//! Trade policy: from instruments and dated events to the duty on each model in each week.

pub mod chain;
pub mod duty;
pub mod instrument;
pub mod policy;
pub mod regime;
