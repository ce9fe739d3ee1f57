//! How long something took: never part of a result. Without the feature `clock` no time passes.

#[cfg(feature = "clock")]
pub use std::time::Instant;

#[cfg(not(feature = "clock"))]
pub use timeless::Instant;

/// The time of day in UTC; without a clock the beginning of 1970.
#[must_use]
pub fn now() -> jiff::Timestamp {
    if cfg!(feature = "clock") { jiff::Timestamp::now() } else { jiff::Timestamp::UNIX_EPOCH }
}

#[cfg(any(not(feature = "clock"), test))]
mod timeless {
    use std::time::Duration;

    /// A moment; all are the same one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Instant;

    impl Instant {
        /// This moment.
        #[must_use]
        pub fn now() -> Self {
            Self
        }
        /// None.
        #[must_use]
        pub fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn without_a_clock_no_time_passes() {
        assert!(super::timeless::Instant::now().elapsed().is_zero());
    }
}
