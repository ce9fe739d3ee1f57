//! Which column of a table is what: by its name, or as the user says.

use clap::ValueEnum;

use super::sheet::RawTable;

/// What a column can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Role {
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
}

impl Role {
    const ALL: [Self; 11] = [
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
    ];

    /// Names that such a column has, the likeliest first; case and signs do not count.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Market => &["market_ids", "market_id", "market", "year", "model_year", "period", "quarter"],
            Self::Model => &[
                "model",
                "model_name",
                "product_name",
                "product",
                "name",
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
                "origin",
                "country",
                "made_in",
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
            Self::Flag => &["sanctioned", "flag", "flagged", "listed", "targeted", "from_abroad", "imported", "luxury"],
        }
    }

    /// Parts of names that make a column of numbers a guess where no name fits.
    fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Price => &["price", "msrp"],
            Self::Volume => &["sales", "volume", "units"],
            Self::Share => &["share"],
            _ => &[],
        }
    }

    /// The word for it, as in `--column`.
    pub fn word(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// The column of each role.
pub(super) struct TableRoles(Vec<(Role, String)>);

/// A name without case and signs.
fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl TableRoles {
    /// Guesses, after what the user says; complaints about what he says go to `problems`.
    pub fn guess(sheet: &RawTable, stated: &[(Role, String)], problems: &mut Vec<String>) -> Self {
        let all: Vec<usize> = (0..sheet.rows()).collect();
        let mut found: Vec<(Role, String)> = Vec::new();
        for (role, name) in stated {
            match sheet.columns().iter().find(|column| *column == name) {
                Some(_) if found.iter().any(|(known, _)| known == role) => {
                    problems.push(format!("--column {}: is given twice; give it once", role.word()));
                }
                Some(column) => found.push((*role, column.clone())),
                None => problems.push(format!(
                    "--column {}={name}: there is no such column; there are {}",
                    role.word(),
                    sheet.columns().join(", ")
                )),
            }
        }
        for role in Role::ALL {
            if found.iter().any(|(other, _)| *other == role) {
                continue;
            }
            let free = |column: &&String| found.iter().all(|(_, taken)| taken != *column);
            let named = |name: &&str| sheet.columns().iter().filter(free).find(|column| bare(column) == bare(name));
            let by_name = role.names().iter().find_map(named);
            let by_part = || {
                let fits = |column: &&String| {
                    role.parts().iter().any(|part| bare(column).contains(part)) && sheet.is_numeric(column, &all)
                };
                let mut fitting = sheet.columns().iter().filter(free).filter(fits);
                // Two that fit are a question, not an answer.
                fitting.next().filter(|_| fitting.next().is_none())
            };
            if let Some(column) = by_name.or_else(by_part) {
                found.push((role, column.clone()));
            }
        }
        Self(found)
    }

    /// The column of a role.
    pub fn of(&self, role: Role) -> Option<&str> {
        self.0.iter().find(|(own, _)| *own == role).map(|(_, column)| column.as_str())
    }

    /// Whether a column has a role.
    pub fn taken(&self, column: &str) -> bool {
        self.0.iter().any(|(_, taken)| taken == column)
    }

    /// Whether a name is one that some role goes by, taken or not.
    pub fn known(column: &str) -> bool {
        Role::ALL.iter().any(|role| role.names().iter().any(|name| bare(name) == bare(column)))
    }
}

/// Parses `ROLE=NAME`.
pub(super) fn stated(text: &str) -> Result<(Role, String), String> {
    let (role, name) = text.split_once('=').ok_or("expected WHAT=COLUMN, such as price=msrp")?;
    Ok((Role::from_str(role.trim(), true)?, name.trim().to_owned()))
}
