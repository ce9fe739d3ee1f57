//! Names of regimes that share a row or a panel, because they are the same in everything drawn.

use super::theme::Type;
use super::{ChartError, text};

/// Letters of a regime's name in a title; the rest of the title has its numbers.
const IN_TITLE: usize = 56;

/// The labels of one regime or of several that are drawn alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedNames(Vec<String>);

impl SharedNames {
    /// Of one regime.
    #[must_use]
    pub fn of(label: &str) -> Self {
        Self(vec![label.to_owned()])
    }

    pub(super) fn add(&mut self, label: &str) {
        self.0.push(label.to_owned());
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    /// Whether one of them is this.
    pub(super) fn has(&self, label: &str) -> bool {
        self.0.iter().any(|known| known == label)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> String {
        self.0.join("; ")
    }

    fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// In a sentence: the first, and how many there are beside it.
    #[must_use]
    pub fn brief(&self) -> String {
        let first = text::brief(self.first(), IN_TITLE);
        match self.0.len() {
            0 | 1 => first,
            count => format!("{first} and {}", text::count(count as u64 - 1, "other")),
        }
    }

    /// In at most `most` lines, and whether names are missing there: then the first, with the number of others.
    pub(super) fn lines(&self, font: Type, room: f64, most: usize) -> Result<(Vec<String>, bool), ChartError> {
        let is_cut = |lines: &[String]| lines.iter().any(|line| line.ends_with('…'));
        let lines = text::wrap(&self.all(), font, room, most)?;
        if self.0.len() < 2 || !is_cut(&lines) {
            let cut = is_cut(&lines);
            return Ok((lines, cut));
        }
        let mut lines = text::wrap(self.first(), font, room, most.saturating_sub(1).max(1))?;
        lines.push(text::fit(&format!("and {}", text::count(self.0.len() as u64 - 1, "other")), font, room)?);
        Ok((lines, true))
    }

    /// A sentence with all of them, for a row or panel that has no room for them.
    pub(super) fn told(&self) -> String {
        match self.0.len() {
            0 | 1 => format!("In full: {}.", self.first()),
            _ => format!("Alike, and drawn once: {}.", self.all()),
        }
    }
}

/// Sentences with the names of those of which some are missing.
pub(super) fn told_of_cut<'a>(shown: impl Iterator<Item = (&'a SharedNames, bool)>) -> Vec<String> {
    shown.filter(|(_, is_cut)| *is_cut).map(|(names, _)| names.told()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::theme::LABEL;
    use super::*;

    #[test]
    fn names_without_room_are_counted_and_told() {
        let mut names = SharedNames::of("Sanctions imposed at the deadline");
        assert_eq!(
            names.lines(LABEL, 120.0, 3).unwrap(),
            (vec!["Sanctions imposed at".into(), "the deadline".into()], false)
        );
        for at in 1..30 {
            names.add(&format!("Regime {at}"));
        }
        assert_eq!(names.brief(), "Sanctions imposed at the deadline and 29 others");
        let (lines, is_cut) = names.lines(LABEL, 120.0, 4).unwrap();
        assert_eq!((lines.last().unwrap().as_str(), is_cut), ("and 29 others", true));
        let told = told_of_cut([(&names, is_cut)].into_iter());
        assert!(told[0].contains("Regime 17;") && told[0].ends_with("Regime 29."));
    }
}
