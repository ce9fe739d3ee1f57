//! What a title may claim: that one of several estimates is the largest only where intervals tell it from the others.

use super::text;

/// Names of those whose interval meets that of the first. Without intervals, of one replication, nobody is told from it.
pub(super) fn not_told_from<'a>(
    first: [f64; 2],
    others: impl IntoIterator<Item = (&'a str, [f64; 2])>,
) -> Vec<&'a str> {
    let apart = |[low, high]: [f64; 2]| first[0] > high || first[1] < low;
    others.into_iter().filter(|(_, interval)| !apart(*interval)).map(|(name, _)| name).collect()
}

/// The first, and those that may come before it: "A", "A or B", "A or one of 3 others".
pub(super) fn or_others(first: &str, others: &[&str]) -> String {
    match others {
        [] => first.to_owned(),
        [other] => format!("{first} or {}", text::brief(other, IN_TITLE)),
        _ => format!("{first} or one of {} others", others.len()),
    }
}

/// Letters of the name of a party, group or input in a title.
pub(super) const IN_TITLE: usize = 44;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_said_to_be_where_it_is_told_from_the_others() {
        let others = [("b", [1.0, 3.0]), ("c", [4.5, 8.0]), ("d", [f64::NAN; 2])];
        assert_eq!(not_told_from([4.0, 6.0], others), ["c", "d"]);
        assert_eq!(not_told_from([f64::NAN; 2], others), ["b", "c", "d"]);
        let said = [&[][..], &["c"], &["c", "d"]].map(|others| or_others("a", others));
        assert_eq!(said, ["a", "a or c", "a or one of 2 others"]);
    }
}
