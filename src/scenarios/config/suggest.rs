//! "Did you mean": the nearest of the names that would have been accepted.

use std::borrow::Cow;

/// The candidate closest to `typed`, if it is close enough to be a slip of the hand.
pub fn closest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (typed.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| match candidate.strip_prefix(typed) {
            // A name without its unit, `price` for `price_usd`, is as good as a slip.
            Some(rest) if typed.len() >= 3 && rest.starts_with('_') => (1, candidate),
            _ => (distance(&typed.to_lowercase(), &candidate.to_lowercase()), candidate),
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Names that earlier versions had, and those that they have now.
const FORMER: [(&str, &str); 18] = [
    ("opening_japan", "opening_partner"),
    ("opening_us", "opening_home"),
    ("parts_value_us", "parts_value_home"),
    ("europe_weight", "third_party_weight"),
    ("big_three_weight", "home_makers_weight"),
    ("sales_yen", "sales_exchange_elasticity"),
    ("parts_yen", "parts_exchange_elasticity"),
    ("transplants_yen", "transplants_exchange_slope"),
    ("china_pact_credit", "pact_credit"),
    ("china_pact", "pact_elsewhere"),
    ("yen_per_usd", "exchange_rate"),
    ("japanese_makers_loss", "partner_makers_loss"),
    ("europe_gain", "third_party_gain"),
    ("big_three_gain", "home_makers_gain"),
    ("yen", "exchange_rate"),
    ("yen_elasticity", "exchange_rate_elasticity"),
    ("sticky", "staggered"),
    ("resampled", "own"),
];

/// A help line: "did you mean `x`? expected one of `x`, `y`", or the list alone where nothing is near; for a name that an earlier version had, what
/// stands in its place.
#[must_use]
pub fn one_of(typed: &str, candidates: &[&str]) -> String {
    if let Some((_, now)) = FORMER.iter().find(|(former, now)| *former == typed && candidates.contains(now)) {
        return format!("an earlier version had `{typed}`; write `{now}` (CHANGELOG.md says what changed)");
    }
    let list = quoted(candidates);
    match closest(typed, candidates.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? expected one of {list}"),
        None => format!("expected one of {list}"),
    }
}

/// The names in back quotes, separated by commas, at most thirty of them.
#[must_use]
pub fn quoted(names: &[&str]) -> String {
    const SHOWN: usize = 30;
    let mut list = names.iter().take(SHOWN).map(|name| format!("`{}`", short(name))).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        list.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    list
}

/// A text as a message repeats it: of a very long one its beginning.
#[must_use]
pub fn short(text: &str) -> Cow<'_, str> {
    const SHOWN: usize = 100;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}... ({} characters)", &text[..end], text.chars().count())),
        None => Cow::Borrowed(text),
    }
}

/// Edits from one word to the other: insertions, deletions, replacements and swaps of neighbours each count one.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let plain = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if swapped { plain.min(rows[i - 2][j - 2] + 1) } else { plain }
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in a former name's place is a name of today's scenarios, and the former one is none.
    #[test]
    fn former_names_lead_to_names_that_there_are() {
        let schema = include_str!("../../../docs/scenario.schema.json");
        for (former, now) in FORMER {
            assert!(schema.contains(&format!("\"{now}\"")), "{now}");
            assert!(!schema.contains(&format!("\"{former}\"")), "{former}");
            assert!(one_of(former, &["other", now]).contains(&format!("write `{now}`")));
        }
        assert_eq!(one_of("yen", &["rate"]), "expected one of `rate`", "elsewhere the word is no former name");
    }

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let keys = ["horizon_weeks", "seed", "replications"];
        assert_eq!(closest("horizon_weks", keys), Some("horizon_weeks"));
        assert_eq!(closest("sede", keys), Some("seed"), "a swap of neighbours is one slip");
        assert_eq!(closest("Seed", keys), Some("seed"));
        assert_eq!(closest("horizon", keys), Some("horizon_weeks"), "the unit is forgotten");
        assert_eq!(closest("tariff", keys), None);
        assert_eq!(closest("", keys), None);
    }
}
