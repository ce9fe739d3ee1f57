//! Names of what a table of products has, and which of it is at home.

use std::collections::BTreeSet;

use super::columns::{Role, TableRoles};
use super::error::DraftError;
use super::notes::{Notes, distinct};
use super::origin::{NameCells, OriginMarks, place_of};
use super::sheet::{RawTable, some};
use crate::config::suggest;

/// Names of a place that is at home, without regard to case.
const HOME: [&str; 8] = ["us", "usa", "united states", "home", "domestic", "big_three", "other_us", "u.s."];

/// Names of model, brand, maker, region and country of each row, and what is at home.
pub(super) struct ProductNames {
    pub words: [Vec<String>; 5],
    pub home_share: Vec<f64>,
    pub home: [Vec<String>; 2],
}

impl ProductNames {
    pub fn read(
        sheet: &RawTable,
        columns: &TableRoles,
        rows: &[usize],
        volumes: &[f64],
        stated: &[String],
        notes: &mut Notes,
    ) -> Result<Self, DraftError> {
        let cells = NameCells { sheet, columns, rows, volumes };
        let marks = OriginMarks::read(&cells, notes)?;
        let [model, brand, maker] = cells.products(notes)?;
        let (region, country) = cells.places(&maker, stated, marks.as_ref(), notes)?;
        let first: Vec<String> =
            country.iter().map(|name| name.split('/').next().unwrap_or_default().trim().to_owned()).collect();
        let known: Vec<String> = distinct(&[region.as_slice(), &first].concat());
        let places = [Role::Region, Role::Country].iter().any(|role| columns.of(*role).is_some());
        let named: Vec<&str> = stated.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
        let marks = match marks {
            // What the user says of places goes before what the table says of products.
            Some(marks) if places && !named.is_empty() => {
                notes.left_out.push(format!("column `{}`: --home says what is at home", marks.column));
                None
            }
            Some(marks) if !named.is_empty() => {
                notes.problems.push(format!(
                    "--home {}: there is no column of regions or countries, and `{}` says which products are imported: leave --home out, or name a column with --column region=NAME",
                    named.join(","),
                    marks.column
                ));
                Some(marks)
            }
            marks => marks,
        };
        let unknown = |name: &&&str| marks.is_none() && !known.iter().any(|own| own.eq_ignore_ascii_case(name));
        for name in named.iter().filter(unknown) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            notes.problems.push(format!("--home {name}: no product is of it; {}", suggest::one_of(name, &known)));
        }
        let mut home = [at_home(&region, volumes, stated), at_home(&first, volumes, stated)];
        if let Some(marks) = &marks {
            for (places, cells) in home.iter_mut().zip([&region, &first]) {
                match marks.places_at_home(cells, volumes) {
                    Ok(marked) => *places = marked,
                    Err(mixed) => notes.assumed.push(format!(
                        "column `{}` says that some products of {mixed} are imported and some are not: it says so of each product, and the place at home is {} (--home)",
                        marks.column,
                        if places.is_empty() { "none".to_owned() } else { places.join(", ") }
                    )),
                }
            }
            notes.assumed.dedup();
        }
        // Products without a volume are left out, and with them a place of which nothing is sold.
        for (names, own) in home.iter_mut().zip([&region, &first]) {
            let unsold = |name: &String| own.iter().zip(volumes).all(|(cell, volume)| cell != name || *volume == 0.0);
            let (gone, left): (Vec<String>, Vec<String>) = names.drain(..).partition(|name| unsold(name));
            if left.is_empty() {
                notes.problems.extend(gone.iter().map(|name| none_sold(sheet, columns, rows, (own, name))));
            }
            *names = left;
        }
        notes.problems.dedup();
        let told = if home[0] == home[1] || home[1].is_empty() {
            home[0].join(", ")
        } else {
            format!("regions {}, countries {}", home[0].join(", "), home[1].join(", "))
        };
        match (&marks, told.as_str()) {
            (Some(marks), _) => notes.taken.push(marks.told(volumes, &told)),
            (None, "") => notes
                .assumed
                .push(format!("nothing is at home, all of {} is imported (--home)", distinct(&first).join(", "))),
            (None, told) => notes.assumed.push(format!("at home: {told} (--home)")),
        }
        let home_share = cells.home_share(&first, &home[1], marks.as_ref(), notes)?;
        if home_share.iter().zip(volumes).all(|(share, volume)| *share >= 1.0 || *volume == 0.0) {
            let of = match &marks {
                Some(marks) => format!("by column `{}`", marks.column),
                None => home[1].join(", "),
            };
            notes.problems.push(format!(
                "every product is at home ({of}): a duty has nothing to be on; say what is at home with --home NAMES, or which column has the origin with --column country=NAME"
            ));
        }
        Ok(Self { words: [model, brand, maker, region, country], home_share, home })
    }
}

/// What stands for a name that a table does not give.
const UNKNOWN: &str = "unknown";

impl NameCells<'_> {
    /// The names in the column of a role: a product without one is refused, other empty cells have a name that says so.
    fn take(&self, what: &str, role: Role, notes: &mut Notes) -> Result<Option<Vec<String>>, DraftError> {
        let Some(own) = self.columns.of(role) else { return Ok(None) };
        notes.taken.push(format!("{what}: column `{own}`"));
        let mut cells = self.sheet.text(own, self.rows)?;
        let sold = |at: &usize| cells[*at].is_empty() && self.volumes[*at] > 0.0;
        let empty: Vec<usize> = (0..cells.len()).filter(sold).collect();
        if role == Role::Model {
            let refused = empty.iter().map(|at| self.sheet.refuse(self.rows[*at], own, "the name of the product"));
            notes.problems.extend(some(refused.collect()));
        } else if let Some(first) = empty.first() {
            let line =
                self.sheet.line(self.rows[*first]).map_or_else(String::new, |line| format!(", first on row {line}"));
            notes.assumed.push(format!(
                "{what}: `{own}` is empty on {} rows{line}: all of these are of one name, `{UNKNOWN}`",
                empty.len()
            ));
        }
        cells.iter_mut().filter(|cell| cell.is_empty()).for_each(|cell| UNKNOWN.clone_into(cell));
        Ok(Some(cells))
    }

    /// Names of models, brands and makers.
    fn products(&self, notes: &mut Notes) -> Result<[Vec<String>; 3], DraftError> {
        let model = self.take("products", Role::Model, notes)?.map(|cells| numbered("product", cells));
        let mut model = model.unwrap_or_else(|| {
            notes.assumed.push("products are named `product 1`, `product 2` and so on".into());
            (1..=self.rows.len()).map(|number| format!("product {number}")).collect()
        });
        let twice = unique(&mut model);
        if twice > 0 {
            notes.assumed.push(format!("{twice} products share a name with another, or one that reads as the same (`1` and `01`): numbers set them apart"));
        }
        let brand = self.take("brands", Role::Brand, notes)?.map(|cells| numbered("brand", cells));
        let maker = self.take("makers, who set prices", Role::Maker, notes)?.map(|cells| numbered("firm", cells));
        let (brand, maker) = match (brand, maker) {
            (Some(brand), Some(maker)) => (brand, maker),
            (Some(brand), None) => {
                notes.assumed.push("each brand is a maker of its own".into());
                (brand.clone(), brand)
            }
            (None, Some(maker)) => {
                notes.assumed.push("each maker has one brand".into());
                (maker.clone(), maker)
            }
            (None, None) => {
                notes.assumed.push("each product has a brand and a maker of its own: there is no column of makers (firm_ids, manufacturer)".into());
                (model.clone(), model.clone())
            }
        };
        Ok([model, brand, maker])
    }

    /// Regions of badges and countries of assembly.
    fn places(
        &self,
        maker: &[String],
        home: &[String],
        marks: Option<&OriginMarks>,
        notes: &mut Notes,
    ) -> Result<(Vec<String>, Vec<String>), DraftError> {
        let region = self.take("regions", Role::Region, notes)?.map(|cells| numbered("region", cells));
        let country = self.take("countries of assembly", Role::Country, notes)?;
        Ok(match (region, country) {
            (Some(region), Some(country)) => (region, country),
            (Some(region), None) => {
                notes.assumed.push("products are made where their region is".into());
                (region.clone(), region)
            }
            (None, Some(country)) => {
                notes.assumed.push(
                    "a product's badge and its maker belong to the country where it is made, so that a maker from abroad counts as one of the country \
                     where it sells most of what it makes: --column region=NAME says where badges come from"
                        .into(),
                );
                (country.clone(), country)
            }
            (None, None) => {
                let region = match marks {
                    Some(marks) => marks.places(),
                    None => self.largest_at_home(maker, home, notes),
                };
                (region.clone(), region)
            }
        })
    }

    /// Places where nothing at all is said of them: the maker that sells most is at home.
    fn largest_at_home(&self, maker: &[String], home: &[String], notes: &mut Notes) -> Vec<String> {
        let largest = at_home(maker, self.volumes, home).into_iter().next();
        notes.assumed.push(match &largest {
            Some(largest) => format!(
                "products of {largest}, who sells most, are at home, all others are imported: there is no column of regions or countries (--column region=NAME, --home) and none that marks imports (--column imported=NAME)"
            ),
            None => "all products are imported: there is one maker, and no column of regions or countries (--column region=NAME)".into(),
        });
        maker.iter().map(|maker| place_of(Some(maker) != largest.as_ref())).collect()
    }

    /// The part of each product that is made at home: by a column of parts, by marks, or all or nothing by country.
    fn home_share(
        &self,
        countries: &[String],
        home: &[String],
        marks: Option<&OriginMarks>,
        notes: &mut Notes,
    ) -> Result<Vec<f64>, DraftError> {
        let at_home = |at: usize| marks.map_or_else(|| home.contains(&countries[at]), |marks| !marks.imported[at]);
        let mut home_share: Vec<f64> = (0..countries.len()).map(|at| f64::from(u8::from(at_home(at)))).collect();
        let Some(own) = self.columns.of(Role::HomeShare) else { return Ok(home_share) };
        let (shares, refused) = self.sheet.numbers(own, self.rows)?;
        notes.problems.extend(refused);
        let outside = self.rows.iter().zip(&shares).filter(|(_, share)| !(0.0..=1.0).contains(&share.unwrap_or(0.0)));
        let outside = outside.map(|(row, _)| self.sheet.refuse(*row, own, "a share between 0 and 1"));
        notes.problems.extend(some(outside.collect()));
        for (own, share) in home_share.iter_mut().zip(&shares) {
            *own = share.unwrap_or(*own);
        }
        let over = marks.map_or_else(String::new, |marks| format!(", before `{}` where both say it", marks.column));
        notes.taken.push(format!("part of each product that is made at home: column `{own}`{over}"));
        Ok(home_share)
    }
}

/// Numbers that stand for names say nothing by themselves.
fn numbered(what: &str, cells: Vec<String>) -> Vec<String> {
    let all = cells.iter().all(|cell| cell.parse::<f64>().is_ok());
    if all { cells.into_iter().map(|cell| format!("{what} {cell}")).collect() } else { cells }
}

/// What is wrong with a place at home of which nothing is sold: its first cell without a volume.
fn none_sold(sheet: &RawTable, columns: &TableRoles, rows: &[usize], (cells, name): (&[String], &String)) -> String {
    let help = format!("`{name}` is at home and no other product is of it; say what is at home with --home NAMES");
    let row = rows.iter().zip(cells).find(|(_, cell)| *cell == name).map(|(row, _)| *row);
    let sold = columns.of(Role::Volume).or_else(|| columns.of(Role::Share));
    match (row, sold) {
        (Some(row), Some(column)) => format!("{}; {help}", sheet.refuse(row, column, "a number above 0")),
        _ => format!("nothing is sold of `{name}`; {help}"),
    }
}

/// Which of these names are at home: as the user says, by names that say so, or the one of several that sells most.
fn at_home(names: &[String], volumes: &[f64], stated: &[String]) -> Vec<String> {
    let all = distinct(names);
    let usual: Vec<String> = HOME.map(str::to_owned).into();
    for list in [stated, &usual] {
        let own = |name: &&String| list.iter().any(|home| home.trim().eq_ignore_ascii_case(name));
        let found: Vec<String> = all.iter().filter(own).cloned().collect();
        if !found.is_empty() {
            return found;
        }
    }
    if all.len() == 1 {
        return Vec::new();
    }
    let sold = |name: &String| -> f64 {
        names.iter().zip(volumes).filter(|(own, _)| *own == name).map(|(_, volume)| volume).sum()
    };
    all.iter().max_by(|a, b| sold(a).total_cmp(&sold(b))).cloned().into_iter().collect()
}

/// Makes names differ by a number behind those that came before; gives how many did not.
fn unique(names: &mut [String]) -> usize {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut twice = 0;
    for name in names.iter_mut() {
        if seen.contains(name) {
            twice += 1;
            let other = (2..u32::MAX).map(|number| format!("{name} ({number})")).find(|other| !seen.contains(other));
            *name = other.unwrap_or_default();
        }
        seen.insert(name.clone());
    }
    twice
}
