//! Intervals that are read together.

/// Level at which each of `members` intervals must hold so that all of them hold together at `level`, however they
/// depend on each other (Bonferroni): 1 − (1 − level) / members. Of one or none, `level` itself.
#[must_use]
pub fn level_of_each(level: f64, members: usize) -> f64 {
    1.0 - (1.0 - level) / members.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::level_of_each;

    #[test]
    fn errors_are_shared_out() {
        assert_eq!(level_of_each(0.95, 0), 0.95);
        assert_eq!(level_of_each(0.95, 1), 0.95);
        assert!((level_of_each(0.95, 20) - 0.9975).abs() < 1e-15);
    }
}
