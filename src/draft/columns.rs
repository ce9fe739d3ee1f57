//! Which column of a table is what: by its name, or as the user says.

use super::notes::Notes;
use super::sheet::RawTable;
use crate::config::suggest;

/// What a column can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Year or market of the row.
    Market,
    /// Name of the product.
    Model,
    /// Brand.
    Brand,
    /// Who sets the price.
    Maker,
    /// Where the brand comes from.
    Region,
    /// Where the product is made.
    Country,
    /// Share of a product that is made at home.
    HomeShare,
    /// Price.
    Price,
    /// Units a year.
    Volume,
    /// Share, of the market or of what is sold.
    Share,
    /// True or false: the products that a list names.
    Flag,
    /// True or false: whether the product is imported.
    Imported,
    /// True or false: whether the product is made at home.
    Domestic,
}

impl Role {
    const ALL: [Self; 13] = [
        Self::Market,
        Self::Model,
        Self::Brand,
        Self::Maker,
        Self::Region,
        Self::Country,
        Self::HomeShare,
        Self::Price,
        Self::Volume,
        Self::Share,
        Self::Flag,
        Self::Imported,
        Self::Domestic,
    ];

    /// Names that such a column has, the likeliest first; case and signs do not count.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Market => &["market_ids", "market_id", "market", "year", "model_year", "period", "quarter"],
            Self::Model => &[
                "model",
                "model_name",
                "product_name",
                "product",
                "name_of_model",
                "name",
                "nameplate",
                "car_model",
                "vehicle_model",
                "car_name",
                "vehicle_name",
                "car",
                "vehicle",
                "product_ids",
                "product_id",
                "clustering_ids",
                "car_ids",
                "car_id",
                "id",
            ],
            Self::Brand => &["brand", "marque", "make", "brand_ids", "brand_id", "brand_name"],
            Self::Maker => {
                &["parent_manufacturer", "manufacturer", "maker", "firm_ids", "firm_id", "firm", "company", "owner"]
            }
            Self::Region => &["region", "origin_region", "brand_region", "continent"],
            Self::Country => &[
                "assembly_country",
                "country_of_assembly",
                "plant_country",
                "country_of_origin",
                "origin_country",
                "origin",
                "country",
                "made_in",
                "built_in",
                "assembled_in",
                "assembly",
                "plant",
            ],
            Self::HomeShare => &["home_share", "us_assembled_share", "domestic_share"],
            Self::Price => &[
                "price_usd",
                "msrp_usd",
                "list_price_usd",
                "prices",
                "price",
                "price0",
                "msrp",
                "list_price",
                "retail_price",
            ],
            Self::Volume => &[
                "base_volume_annual",
                "base_volume",
                "volume",
                "volumes",
                "units",
                "sales",
                "quantity",
                "quantities",
                "registrations",
            ],
            Self::Share => &["shares", "share", "share0", "market_share"],
            Self::Flag => &["sanctioned", "flag", "flagged", "listed", "targeted", FROM_ABROAD, "luxury"],
            Self::Imported => &[
                "imported",
                "is_imported",
                "import",
                "is_import",
                "imports",
                "foreign",
                "is_foreign",
                "foreign_made",
                "import_dummy",
                "foreign_dummy",
                FROM_ABROAD,
            ],
            Self::Domestic => &[
                "domestic",
                "is_domestic",
                "home",
                "is_home",
                "home_made",
                "made_at_home",
                "domestically_made",
                "domestic_dummy",
                "home_dummy",
            ],
        }
    }

    /// Parts of names that make a column of numbers, of words for countries, a guess where no name fits.
    fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Price => &["price", "msrp"],
            Self::Country => &["country", "assembly", "madein"],
            Self::Volume => &["sales", "volume", "units", "quantit", "registrations", "deliveries"],
            Self::Share => &["share"],
            _ => &[],
        }
    }

    /// The word for it, as in `--column`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Model => "model",
            Self::Brand => "brand",
            Self::Maker => "maker",
            Self::Region => "region",
            Self::Country => "country",
            Self::HomeShare => "home-share",
            Self::Price => "price",
            Self::Volume => "volume",
            Self::Share => "share",
            Self::Flag => "flag",
            Self::Imported => "imported",
            Self::Domestic => "domestic",
        }
    }
}

/// The mark of a list in tables that say otherwise where products are made; else the mark of imports.
const FROM_ABROAD: &str = "from_abroad";
/// Names of products that are as often a mark or a count: only words are taken for names.
const WORDS_ONLY: [&str; 2] = ["car", "vehicle"];
/// Years that the name of a column may have.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2100;

/// The column of each role.
pub(super) struct TableRoles {
    found: Vec<(Role, String)>,
    /// Columns of which any may have the role, where nothing tells which.
    open: Vec<(Role, Vec<String>)>,
}

/// A name without case and signs.
fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What a cell says that is true or false.
pub(super) fn truth(cell: &str) -> Option<bool> {
    match cell.trim().to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" => Some(true),
        "false" | "f" | "no" | "n" => Some(false),
        other => match other.parse::<f64>() {
            Ok(1.0) => Some(true),
            Ok(0.0) => Some(false),
            _ => None,
        },
    }
}

/// What a cell says of a product's origin, where true stands for `of_true`: that it is imported, or at home.
pub(super) fn is_imported(cell: &str, of_true: bool) -> Option<bool> {
    match bare(cell).as_str() {
        "imported" | "import" | "foreign" | "abroad" => Some(true),
        "domestic" | "home" => Some(false),
        _ => truth(cell).map(|says| says == of_true),
    }
}

/// Whether a column marks where products come from: most of its cells say so, so that one that does not is an error of the table and not of the
/// guess.
fn marks_origin(sheet: &RawTable, column: &str, rows: &[usize]) -> bool {
    let Ok(cells) = sheet.text(column, rows) else { return false };
    let marks = cells.iter().filter(|cell| is_imported(cell, true).is_some()).count();
    marks > 0 && 2 * marks >= cells.iter().filter(|cell| !cell.is_empty()).count()
}

/// The year in a column's name, and the name without it.
fn dated(column: &str) -> Option<(u32, String)> {
    let digit = |c: char| c.is_ascii_digit();
    let mut numbers = column.split(|c: char| !digit(c)).filter(|number| !number.is_empty());
    let (number, other) = (numbers.next()?, numbers.next());
    let year = number.parse().ok().filter(|year| number.len() == 4 && YEARS.contains(year))?;
    other.is_none().then(|| (year, bare(&column.replace(number, ""))))
}

/// The column of the latest year, where all are one thing in different years.
fn latest<'a>(columns: &[&'a String]) -> Option<&'a String> {
    let all: Vec<(u32, String)> = columns.iter().map(|column| dated(column)).collect::<Option<_>>()?;
    let one = all.iter().all(|(_, name)| *name == all[0].1);
    let (at, _) = all.iter().enumerate().max_by_key(|(_, (year, _))| *year)?;
    let once = all.iter().filter(|(year, _)| *year == all[at].0).count() == 1;
    (one && once).then(|| columns[at])
}

impl TableRoles {
    /// Guesses, after what the user says; complaints about what he says go to the notes.
    pub fn guess(sheet: &RawTable, stated: &[(Role, String)], notes: &mut Notes) -> Self {
        let all: Vec<usize> = (0..sheet.rows()).collect();
        let mut roles = Self { found: Vec::new(), open: Vec::new() };
        for (role, name) in stated {
            match sheet.columns().iter().find(|column| *column == name) {
                Some(_) if roles.of(*role).is_some() => {
                    notes.problems.push(format!("--column {}: is given twice; give it once", role.word()));
                }
                Some(column) => roles.found.push((*role, column.clone())),
                None => notes.problems.push(format!(
                    "--column {}={name}: there is no such column; there are {}",
                    role.word(),
                    sheet.columns().join(", ")
                )),
            }
        }
        for role in Role::ALL {
            if roles.of(role).is_some() {
                continue;
            }
            let free: Vec<&String> = sheet.columns().iter().filter(|column| !roles.taken(column)).collect();
            let fits = |column: &str| match role {
                Role::Model => !WORDS_ONLY.contains(&bare(column).as_str()) || !sheet.is_numeric(column, &all),
                Role::Imported | Role::Domestic => marks_origin(sheet, column, &all),
                _ => true,
            };
            let named =
                |name: &&str| free.iter().copied().find(|column| bare(column) == bare(name) && fits(column.as_str()));
            let by_name = role.names().iter().find_map(named).cloned();
            if let Some(column) = by_name.or_else(|| roles.by_part(role, sheet, &all, notes)) {
                roles.found.push((role, column));
            }
        }
        roles.origin_by_list(stated);
        roles
    }

    /// The one free column of numbers (of words, for countries) with a part of the role's names in its own, or that of the latest year of several.
    fn by_part(&mut self, role: Role, sheet: &RawTable, all: &[usize], notes: &mut Notes) -> Option<String> {
        let fits = |column: &&String| {
            !self.taken(column)
                && role.parts().iter().any(|part| bare(column).contains(part))
                && sheet.is_numeric(column, all) == (role != Role::Country)
        };
        let fitting: Vec<&String> = sheet.columns().iter().filter(fits).collect();
        if let [one] = fitting[..] {
            return Some(one.clone());
        }
        let names: Vec<String> = fitting.iter().map(|column| (*column).clone()).collect();
        let Some(column) = latest(&fitting) else {
            // Two that fit are a question, not an answer.
            if !names.is_empty() {
                self.open.push((role, names));
            }
            return None;
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let years = suggest::quoted(&names);
        notes.taken.push(format!("of {years} the latest year, `{column}` (--column {}=NAME)", role.word()));
        Some(column.clone())
    }

    /// A table whose only word on where products are made is a mark of what is from abroad has its imports by that mark.
    fn origin_by_list(&mut self, stated: &[(Role, String)]) {
        let places = [Role::Region, Role::Country, Role::HomeShare, Role::Imported, Role::Domestic];
        let is_stated = stated.iter().any(|(role, _)| *role == Role::Flag);
        if is_stated || places.iter().any(|role| self.of(*role).is_some()) {
            return;
        }
        let list =
            self.found.iter_mut().find(|(role, column)| *role == Role::Flag && bare(column) == bare(FROM_ABROAD));
        if let Some((role, _)) = list {
            *role = Role::Imported;
        }
    }

    /// The column of a role.
    pub fn of(&self, role: Role) -> Option<&str> {
        self.found.iter().find(|(own, _)| *own == role).map(|(_, column)| column.as_str())
    }

    /// Columns of which any may have a role, where none was taken for it.
    pub fn open(&self, role: Role) -> &[String] {
        self.open.iter().find(|(own, _)| *own == role).map_or(&[], |(_, columns)| columns)
    }

    /// Whether a column has a role.
    pub fn taken(&self, column: &str) -> bool {
        self.found.iter().any(|(_, taken)| taken == column)
    }

    /// Whether a name is one that some role goes by, taken or not.
    pub fn known(column: &str) -> bool {
        Role::ALL.iter().any(|role| role.names().iter().any(|name| bare(name) == bare(column)))
    }
}

/// Parses `ROLE=NAME`, in letters of any case for the role.
///
/// # Errors
/// What is wrong with the text, with the roles that there are.
pub fn stated(text: &str) -> Result<(Role, String), String> {
    let (role, name) = text.split_once('=').ok_or("expected WHAT=COLUMN, such as price=msrp")?;
    let role = role.trim();
    let Some(known) = Role::ALL.into_iter().find(|known| known.word().eq_ignore_ascii_case(role)) else {
        let words = Role::ALL.map(Role::word);
        return Err(format!("a column cannot be `{role}`; {}", suggest::one_of(role, &words)));
    };
    Ok((known, name.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_as_people_write_them() {
        for (cell, imported) in [("1", true), ("1.0", true), ("TRUE", true), ("yes", true), ("0", false), ("No", false)]
        {
            assert_eq!(is_imported(cell, true), Some(imported), "{cell}");
            assert_eq!(is_imported(cell, false), Some(!imported), "{cell}");
        }
        // Words say it themselves, whatever the column is called.
        for of_true in [true, false] {
            assert_eq!(is_imported("Foreign", of_true), Some(true));
            assert_eq!(is_imported("Domestic", of_true), Some(false));
        }
        for cell in ["", "0.5", "2", "Japan"] {
            assert_eq!(is_imported(cell, true), None, "{cell}");
        }
    }

    #[test]
    fn the_latest_year_of_one_thing_is_taken() {
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            latest(&names.iter().collect::<Vec<_>>()).cloned()
        };
        assert_eq!(of(&["sales_2024", "sales_2023"]).as_deref(), Some("sales_2024"));
        assert_eq!(of(&["2022 Sales", "2023 sales"]).as_deref(), Some("2023 sales"));
        for names in [
            &["us_sales_2023", "eu_sales_2024"][..],
            &["sales_2023", "sales"],
            &["sales_1", "sales_2"],
            &["sales_2024", "Sales 2024"],
        ] {
            assert_eq!(of(names), None, "{names:?}");
        }
    }

    #[test]
    fn a_role_that_there_is_not_is_told_those_that_there_are() {
        let error = stated("foo=price").unwrap_err();
        assert!(error.contains("`foo`"), "{error}");
        Role::ALL.iter().for_each(|role| assert!(error.contains(&format!("`{}`", role.word())), "{error}"));
        assert_eq!(stated("Price = msrp").unwrap(), (Role::Price, "msrp".to_owned()));
    }
}
