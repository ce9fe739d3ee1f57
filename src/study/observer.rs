//! Who watches work while it runs, and may ask it to stop.

use std::sync::atomic::{AtomicBool, Ordering};

/// Hears of progress and says whether to go on. Threads call it, several at once. Every method has a default that does nothing, so
/// that a watcher says only what it cares for; [`()`](unit) watches nothing.
pub trait Observer: Sync {
    /// So many more jobs are done.
    fn jobs(&self, _done: u64) {}
    /// So many jobs are expected in all; said again when a stopping rule changes its forecast.
    fn expected(&self, _jobs: u64) {}
    /// The jobs are over: tables and charts follow.
    fn finished(&self) {}
    /// Something that the reader of the results should know.
    fn warning(&self, _text: &str) {}
    /// Whether to stop soon. What is finished is kept.
    fn cancelled(&self) -> bool {
        false
    }
}

impl Observer for () {}

/// A flag that a signal or another thread sets to stop.
impl Observer for AtomicBool {
    fn cancelled(&self) -> bool {
        self.load(Ordering::Relaxed)
    }
}
