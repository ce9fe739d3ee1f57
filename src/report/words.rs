//! Words for names of a scenario, in tables and charts, and which regime they are about.

/// A regime is written about, and drawn first, if its effect is at least this part of the largest.
const WORTH_WRITING: f64 = 0.1;

/// The first of these effects that is not small beside the largest; none where all are nothing.
#[must_use]
pub fn first_that_moves(effects: &[f64]) -> Option<usize> {
    let largest = effects.iter().fold(0.0, |largest: f64, effect| largest.max(effect.abs()));
    effects.iter().position(|effect| largest > 0.0 && effect.abs() >= WORTH_WRITING * largest)
}

/// What a reader is shown for a region's name: its words, each with a capital.
#[must_use]
pub fn region_label(region: &str) -> String {
    if region == "outside" {
        return "Outside (another kind of car, or none)".into();
    }
    let capital = |word: &str| {
        if ["us", "uk", "eu", "usa"].contains(&word) {
            return word.to_uppercase();
        }
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    region.split('_').map(capital).collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::region_label;

    #[test]
    fn regions_have_capitals_and_initials_have_all_of_them() {
        let shown = ["big_three", "other_us", "eu", "usable"].map(region_label);
        assert_eq!(shown, ["Big Three", "Other US", "EU", "Usable"]);
    }
}
