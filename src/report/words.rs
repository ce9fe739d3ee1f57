//! Words for names of a scenario, in tables and charts.

/// What a reader is shown for a region's name: its words, each with a capital.
#[must_use]
pub fn region_label(region: &str) -> String {
    if region == "outside" {
        return "Outside (another kind of car, or none)".into();
    }
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    region.split('_').map(capital).collect::<Vec<String>>().join(" ")
}
