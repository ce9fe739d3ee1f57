//! Units a year of each product, and purchase events a year.

use super::columns::{Role, TableRoles};
use super::error::DraftError;
use super::notes::Notes;
use super::request::DraftRequest;
use super::sheet::{RawTable, some};

/// Purchase events a year where shares are given and no size.
const EVENTS: f64 = 1e6;
/// Units a year where neither volumes nor shares are given.
const UNITS: f64 = 10_000.0;
/// Share of purchase events that end without any of the products, where nothing is known of it.
const OUTSIDE: f64 = 2.0 / 3.0;
/// Units of a cell that is refused: it counts as sold, so that nothing is said to follow from its being zero.
const REFUSED_UNITS: f64 = 1e-100;
/// How near to 1 shares add up where they are shares of what is sold.
const ALL_SOLD: f64 = 0.005;
/// How far beyond one rounded shares of all that is sold may add up.
const ROUNDED: f64 = 0.02;
/// Sum from which shares are percent, though none of them is above one.
const SURELY_PERCENT: f64 = 2.0;

impl DraftRequest {
    /// Units a year of each row, and purchase events a year with whether the user said so: those of the part of all buyers that ever buys.
    pub(super) fn volumes(
        &self,
        (sheet, columns, rows): (&RawTable, &TableRoles, &[usize]),
        solved: Option<Vec<f64>>,
        buying: f64,
        notes: &mut Notes,
    ) -> Result<(Vec<f64>, (f64, bool)), DraftError> {
        let outside = self.outside.unwrap_or(OUTSIDE);
        let assume_outside = |notes: &mut Notes| {
            if self.outside.is_none() && self.size.is_none() {
                notes
                    .assumed
                    .push("two thirds of purchase events end without any of these products (--outside, --size)".into());
            }
        };
        if let Some(own) = columns.of(Role::Volume) {
            let (volumes, refused) = sheet.amounts(own, rows)?;
            notes.problems.extend(refused);
            let volumes = self.not_below_zero(sheet, own, rows, &volumes, notes);
            notes.taken.push(format!("units a year: column `{own}`"));
            assume_outside(notes);
            let sold: f64 = volumes.iter().sum();
            let size = self.size.unwrap_or(sold / (1.0 - outside));
            if size <= sold {
                notes.problems.push(format!("--size {size}: {sold} units a year are sold: it counts all purchase events, those without a sale too"));
            }
            let from = if self.size.is_some() { "--size" } else { "the units and those that end without a sale" };
            notes.assumed.extend(those_who_buy(size, buying, from));
            return Ok((volumes, (size * buying, self.size.is_some())));
        }
        let shares = match columns.of(Role::Share) {
            Some(own) => {
                let (shares, refused) = sheet.numbers(own, rows)?;
                notes.problems.extend(refused);
                Some((format!("column `{own}`"), self.not_below_zero(sheet, own, rows, &shares, notes)))
            }
            None => solved.map(|shares| ("shares of the case's base, solved at its estimates".to_owned(), shares)),
        };
        let Some((from, mut shares)) = shares else {
            return Ok(self.equal_units(columns, rows.len(), outside, buying, notes));
        };
        let size = self.size.unwrap_or(EVENTS);
        let said = if self.size.is_some() { "--size" } else { "assumed, --size" };
        notes.assumed.extend(those_who_buy(size, buying, said));
        if self.size.is_none() && buying >= 1.0 {
            notes.assumed.push(format!("{EVENTS} purchase events a year (--size)"));
        }
        let sum: f64 = shares.iter().sum();
        // Rounded shares of all that is sold may add up to a little more than all of it.
        let above_one = shares.iter().any(|share| *share > 1.0);
        let said = columns.of(Role::Share).is_some_and(|own| sheet.is_in_percent_by_name(own, rows));
        let whole = if said || above_one || sum >= SURELY_PERCENT { 100.0 } else { 1.0 };
        if whole == 1.0 && sum > 1.0 + ROUNDED {
            notes.problems.push(format!(
                "{from}: shares add up to {sum}, more than all: correct them, or write percentages with their sign"
            ));
        }
        if sum > 100.0 * (1.0 + ROUNDED) {
            notes.problems.push(format!("{from}: shares add up to {sum}: no more than 1, or 100 percent, can be"));
        }
        shares.iter_mut().for_each(|share| *share /= whole);
        let percent = if whole == 1.0 { "" } else { ", in percent" };
        let all_sold = (1.0 - ALL_SOLD..=1.0 + ROUNDED).contains(&(sum / whole));
        if all_sold {
            notes
                .taken
                .push(format!("units a year: {from}{percent}, shares of what is sold, for they add up to all of it"));
            assume_outside(notes);
            shares.iter_mut().for_each(|share| *share *= (1.0 - outside) / (sum / whole));
        } else {
            // Of the buyers of estimates those who never buy are not among purchase events.
            let without = match buying < 1.0 {
                true => String::new(),
                false => format!("; {:.1}% end without any of these products", 100.0 * (1.0 - sum / whole)),
            };
            notes.taken.push(format!("units a year: {from}{percent}, shares of all purchase events{without}"));
        }
        Ok((shares.iter().map(|share| share * size).collect(), (size * buying, self.size.is_some())))
    }

    /// As many units of each product, where the table says nothing of units.
    fn equal_units(
        &self,
        columns: &TableRoles,
        products: usize,
        outside: f64,
        buying: f64,
        notes: &mut Notes,
    ) -> (Vec<f64>, (f64, bool)) {
        if let open @ [_, ..] = columns.open(Role::Volume) {
            notes.problems.push(format!(
                "several columns may be the units a year: {}; say which with --column volume=NAME",
                open.join(", ")
            ));
        }
        let none = format!(
            "there is no column of volumes ({}) or shares ({})",
            Role::Volume.names().join(", "),
            Role::Share.names().join(", ")
        );
        let units = self.size.map_or(UNITS, |size| size * (1.0 - outside) / products as f64);
        let (of, from) = match self.size {
            Some(size) => (format!(", {:.1}% of {size} purchase events (--size)", 100.0 * (1.0 - outside)), "--size"),
            None => (String::new(), "the units and those that end without a sale"),
        };
        notes.assumed.push(format!("{} units a year of each product{of}: {none}", rounded(units)));
        if self.outside.is_none() {
            notes.assumed.push("two thirds of purchase events end without any of these products (--outside)".into());
        }
        let size = self.size.unwrap_or(UNITS * products as f64 / (1.0 - outside));
        notes.assumed.extend(those_who_buy(size, buying, from));
        (vec![units; products], (size * buying, self.size.is_some()))
    }

    /// Numbers with zero for none; those below zero are complained about.
    fn not_below_zero(
        &self,
        sheet: &RawTable,
        column: &str,
        rows: &[usize],
        numbers: &[Option<f64>],
        notes: &mut Notes,
    ) -> Vec<f64> {
        let below = rows.iter().zip(numbers).filter(|(_, number)| number.is_some_and(|number| number < 0.0));
        let below = below.map(|(row, _)| sheet.refuse(*row, column, "a number, zero or more"));
        notes.problems.extend(some(below.collect()));
        let units = |(row, number): (&usize, &Option<f64>)| match number {
            Some(number) if *number >= 0.0 => *number,
            None if sheet.is_absent(*row, column) => 0.0,
            _ => REFUSED_UNITS,
        };
        rows.iter().zip(numbers).map(units).collect()
    }
}

/// What is said of purchase events where estimates have buyers who never buy: how many are those of the others, and of how many that is.
fn those_who_buy(size: f64, buying: f64, from: &str) -> Option<String> {
    (buying < 1.0).then(|| {
        format!(
            "{} purchase events a year, of those who ever buy: the estimates' buyers, whose weights add up to {buying:.4} of all {} ({from})",
            rounded(size * buying),
            rounded(size)
        )
    })
}

/// A number of cars or events in whole ones, where it is so large that no more matters.
fn rounded(number: f64) -> String {
    if number < 1_000.0 {
        format!("{number:.4}").trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{number:.0}")
    }
}
