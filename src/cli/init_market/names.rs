//! Names of what a table of products has, and which of it is at home.

use std::collections::BTreeSet;

use super::columns::{Role, TableRoles};
use super::notes::{Notes, distinct};
use super::sheet::{RawTable, some};
use crate::cli::CliError;
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
        home: &[String],
        notes: &mut Notes,
    ) -> Result<Self, CliError> {
        let read = |role: Role| -> Result<Option<(String, Vec<String>)>, CliError> {
            let Some(own) = columns.of(role) else { return Ok(None) };
            let named = |cell: String| if cell.is_empty() { "unknown".to_owned() } else { cell };
            Ok(Some((own.to_owned(), sheet.text(own, rows)?.into_iter().map(named).collect())))
        };
        // Numbers that stand for names say nothing by themselves.
        let numbered = |what: &str, cells: Vec<String>| -> Vec<String> {
            let all = cells.iter().all(|cell| cell.parse::<f64>().is_ok());
            if all { cells.into_iter().map(|cell| format!("{what} {cell}")).collect() } else { cells }
        };
        let take = |what: &str, role: Role, notes: &mut Notes| -> Result<Option<Vec<String>>, CliError> {
            let found = read(role)?;
            if let Some((own, _)) = &found {
                notes.taken.push(format!("{what}: column `{own}`"));
            }
            Ok(found.map(|(_, cells)| cells))
        };
        let model = take("products", Role::Model, notes)?.map(|cells| numbered("product", cells));
        let mut model = model.unwrap_or_else(|| {
            notes.assumed.push("products are named `product 1`, `product 2` and so on".into());
            (1..=rows.len()).map(|number| format!("product {number}")).collect()
        });
        let twice = unique(&mut model);
        if twice > 0 {
            notes.assumed.push(format!("{twice} products share a name with another: numbers set them apart"));
        }
        let brand = take("brands", Role::Brand, notes)?.map(|cells| numbered("brand", cells));
        let maker = take("makers, who set prices", Role::Maker, notes)?.map(|cells| numbered("firm", cells));
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
        let region = take("regions", Role::Region, notes)?.map(|cells| numbered("region", cells));
        let country = take("countries of assembly", Role::Country, notes)?;
        let (region, country) = match (region, country) {
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
                let largest = at_home(&maker, volumes, home).into_iter().next();
                notes.assumed.push(match &largest {
                    Some(largest) => format!(
                        "products of {largest}, who sells most, are at home, all others are imported: there is no column of regions or countries (--column region=NAME, --home)"
                    ),
                    None => "all products are imported: there is one maker, and no column of regions or countries (--column region=NAME)".into(),
                });
                let of = |maker: &String| if Some(maker) == largest.as_ref() { "home" } else { "abroad" }.to_owned();
                let region: Vec<String> = maker.iter().map(of).collect();
                (region.clone(), region)
            }
        };
        let first: Vec<String> =
            country.iter().map(|name| name.split('/').next().unwrap_or_default().trim().to_owned()).collect();
        let known: Vec<String> = distinct(&[region.as_slice(), &first].concat());
        for stated in home.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
            if !known.iter().any(|name| name.eq_ignore_ascii_case(stated)) {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                notes
                    .problems
                    .push(format!("--home {stated}: no product is of it; {}", suggest::one_of(stated, &known)));
            }
        }
        let mut home = [at_home(&region, volumes, home), at_home(&first, volumes, home)];
        // Products without a volume are left out, and with them a place of which nothing is sold.
        for (names, cells) in home.iter_mut().zip([&region, &first]) {
            let unsold = |name: &String| cells.iter().zip(volumes).all(|(cell, volume)| cell != name || *volume == 0.0);
            let (gone, left): (Vec<String>, Vec<String>) = names.drain(..).partition(|name| unsold(name));
            if left.is_empty() {
                notes.problems.extend(gone.iter().map(|name| none_sold(sheet, columns, rows, (cells, name))));
            }
            *names = left;
        }
        notes.problems.dedup();
        let told = if home[0] == home[1] || home[1].is_empty() {
            home[0].join(", ")
        } else {
            format!("regions {}, countries {}", home[0].join(", "), home[1].join(", "))
        };
        notes.assumed.push(match told.as_str() {
            "" => format!("nothing is at home, all of {} is imported (--home)", distinct(&first).join(", ")),
            told => format!("at home: {told} (--home)"),
        });
        let mut home_share: Vec<f64> = first.iter().map(|name| f64::from(u8::from(home[1].contains(name)))).collect();
        if let Some(own) = columns.of(Role::HomeShare) {
            let (shares, refused) = sheet.numbers(own, rows)?;
            notes.problems.extend(refused);
            let outside = rows.iter().zip(&shares).filter(|(_, share)| !(0.0..=1.0).contains(&share.unwrap_or(0.0)));
            let outside = outside.map(|(row, _)| sheet.refuse(*row, own, "a share between 0 and 1"));
            notes.problems.extend(some(outside.collect()));
            for (own, share) in home_share.iter_mut().zip(&shares) {
                *own = share.unwrap_or(*own);
            }
            notes.taken.push(format!("part of each product that is made at home: column `{own}`"));
        }
        if home_share.iter().zip(volumes).all(|(share, volume)| *share >= 1.0 || *volume == 0.0) {
            notes.problems.push(format!(
                "every product is at home ({}): a duty has nothing to be on; say what is at home with --home NAMES, or which column has the origin with --column country=NAME",
                home[1].join(", ")
            ));
        }
        Ok(Self { words: [model, brand, maker, region, country], home_share, home })
    }
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
