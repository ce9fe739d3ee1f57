//! Words for names of a scenario, in tables and charts.

/// Regions that are called otherwise than by their name in capitals.
const REGIONS: [(&str, &str); 2] = [("big_three", "Big Three"), ("outside", "Outside (another kind of car, or none)")];

/// What a reader is shown for a region's name.
#[must_use]
pub fn region_label(region: &str) -> String {
    if let Some((_, label)) = REGIONS.iter().find(|(name, _)| *name == region) {
        return (*label).to_owned();
    }
    let words = region.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
