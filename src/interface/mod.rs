//! The library as a program of one's own uses it: scenarios, studies, results, and one error. What stands here is kept stable; the rooms
//! behind it are not.

mod error;
mod results;
mod scenario;
mod study;

pub use error::{Error, ErrorKind, Evidence, Place};
pub use results::{Failure, ModelResult, Results};
pub use scenario::{Scenario, Value};
pub use study::Study;
