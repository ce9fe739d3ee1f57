//! Which products are imported, where a column of the table marks them.

use super::columns::{Role, TableRoles, is_imported};
use super::error::DraftError;
use super::notes::{Notes, distinct};
use super::sheet::{RawTable, some};

/// The rows of a table, of which names are read.
pub(super) struct NameCells<'a> {
    pub sheet: &'a RawTable,
    pub columns: &'a TableRoles,
    pub rows: &'a [usize],
    pub volumes: &'a [f64],
}

/// The name of the place of a product of which no more is known than whether it is imported.
pub(super) fn place_of(imported: bool) -> String {
    if imported { "abroad" } else { "home" }.to_owned()
}

/// The column that says which products are imported, and what it says of each row.
pub(super) struct OriginMarks {
    pub column: String,
    pub imported: Vec<bool>,
}

impl OriginMarks {
    /// Reads the column of marks, if there is one. A cell that says neither is refused: a product that is taken for home by mistake pays no duty.
    /// Of two columns the one that marks imports is taken, and the other has to agree.
    pub fn read(cells: &NameCells<'_>, notes: &mut Notes) -> Result<Option<Self>, DraftError> {
        let mut found: Option<Self> = None;
        for (role, of_true) in [(Role::Imported, true), (Role::Domestic, false)] {
            let Some(own) = cells.columns.of(role) else { continue };
            let marks: Vec<Option<bool>> =
                cells.sheet.text(own, cells.rows)?.iter().map(|cell| is_imported(cell, of_true)).collect();
            // What is not sold is left out, whatever it is.
            let refused = |at: &usize| {
                let differs = found.as_ref().is_some_and(|known| marks[*at] != Some(known.imported[*at]));
                cells.volumes[*at] > 0.0 && (marks[*at].is_none() || differs)
            };
            let refused =
                (0..marks.len()).filter(refused).map(|at| {
                    let expected = match (&found, marks[at]) {
                    (Some(known), Some(_)) => format!("what agrees with column `{}`", known.column),
                    _ => "1 or 0, true or false; the part of a product that is made at home is --column home-share=NAME"
                        .to_owned(),
                };
                    cells.sheet.refuse(cells.rows[at], own, &expected)
                });
            notes.problems.extend(some(refused.collect()));
            if found.is_none() {
                // Nothing else is to follow from a cell that is refused, such as that all of the market is at home.
                let imported = marks.into_iter().map(|mark| mark.unwrap_or(true)).collect();
                found = Some(Self { column: own.to_owned(), imported });
            }
        }
        Ok(found)
    }

    /// Places by the marks, where the table has none.
    pub fn places(&self) -> Vec<String> {
        self.imported.iter().map(|imported| place_of(*imported)).collect()
    }

    /// Which of these places are at home, where all that is sold of each is or is not; else a place of which some products are imported and some
    /// are not.
    pub fn places_at_home(&self, cells: &[String], volumes: &[f64]) -> Result<Vec<String>, String> {
        let mut home = Vec::new();
        for place in distinct(cells) {
            let own = cells.iter().zip(volumes).zip(&self.imported);
            let mut own = own.filter(|((cell, volume), _)| **cell == place && **volume > 0.0).map(|(_, mark)| *mark);
            match own.next() {
                Some(first) if own.any(|mark| mark != first) => return Err(place),
                Some(false) => home.push(place),
                _ => {}
            }
        }
        Ok(home)
    }

    /// What is said of it.
    pub fn told(&self, volumes: &[f64], home: &str) -> String {
        let sold = self.imported.iter().zip(volumes).filter(|(_, volume)| **volume > 0.0);
        let imported = sold.clone().filter(|(imported, _)| **imported).count();
        let home = if home.is_empty() { "none".to_owned() } else { home.to_owned() };
        format!(
            "imported: column `{}`, {imported} of {} products (--column imported=NAME, domestic=NAME); places at home: {home}",
            self.column,
            sold.count()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn places_are_at_home_where_all_that_is_sold_of_them_is() {
        let marks = OriginMarks { column: "imported".into(), imported: vec![false, false, true, true] };
        let cells = words(&["US", "US", "JP", "US"]);
        // The last is not sold, so that it says nothing of its place.
        assert_eq!(marks.places_at_home(&cells, &[1.0, 2.0, 3.0, 0.0]), Ok(words(&["US"])));
        assert_eq!(marks.places_at_home(&cells, &[1.0, 2.0, 3.0, 4.0]), Err("US".to_owned()));
        assert_eq!(marks.places(), words(&["home", "home", "abroad", "abroad"]));
        let none = OriginMarks { column: "imported".into(), imported: vec![true; 4] };
        assert_eq!(none.places_at_home(&cells, &[1.0; 4]), Ok(Vec::new()));
    }
}
