//! Who watches work while it runs, and may ask it to stop.

use std::sync::atomic::{AtomicBool, Ordering};

/// Hears of progress and says whether to go on. Threads call it, several at once. Every method has a default that does nothing, so
/// that a watcher says only what it cares for; [`()`](unit) watches nothing.
pub trait Observer: Sync {
    /// Work begins: so many jobs in all, so many of them stored already.
    fn begins(&self, _jobs: u64, _stored: u64) {}
    /// So many more jobs are done.
    fn jobs(&self, _done: u64) {}
    /// So many jobs are expected in all now: a stopping rule has a new forecast.
    fn expected(&self, _jobs: u64) {}
    /// The jobs are over; what they left is written next.
    fn ends(&self) {}
    /// What a user may want to know on the way.
    fn note(&self, _text: &str) {}
    /// What a user has to know.
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
