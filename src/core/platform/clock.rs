//! How long something took: never part of a result. Without the features `clock` and `parallel` no time passes.

#[cfg(any(feature = "clock", feature = "parallel"))]
pub use std::time::Instant;

#[cfg(not(any(feature = "clock", feature = "parallel")))]
pub use timeless::Instant;

/// The time of day in UTC; without a clock the beginning of 1970.
#[must_use]
pub fn now() -> jiff::Timestamp {
    if cfg!(any(feature = "clock", feature = "parallel")) {
        jiff::Timestamp::now()
    } else {
        jiff::Timestamp::UNIX_EPOCH
    }
}

#[cfg(any(not(any(feature = "clock", feature = "parallel")), test))]
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
