//! `stickershock init --market FILE.csv`: a scenario from any table of products that runs as it is, with defaults for what the table does not
//! say.
//!
//! What is missing and cannot be assumed is reported all at once. What is taken and what is assumed is said on the screen and in the scenario.

mod columns;
mod estimates;
mod names;
mod notes;
mod origin;
mod response;
mod sheet;
mod trying;
mod writing;

use std::path::{Path, PathBuf};

use clap::Args;

use self::columns::{Role, TableRoles};
use self::estimates::Estimates;
use self::names::ProductNames;
use self::notes::{Notes, distinct};
use self::response::SearchedResponse;
use self::sheet::{RawTable, some};
use self::trying::{MODELS, SCENARIO, base_year, costs_hold, mean_elasticity};
use self::writing::{MarketCharacteristic, MarketDemand, MarketProduct, MarketText};
use crate::cli::CliError;
use crate::config::MAX_MODELS;
use crate::config::case::{Case, CaseOptions, CaseScenario, Spec};
use crate::config::table::meaning;
use crate::folder::OutputFolder;
use crate::study::solve::{Matrices, SolveOptions, solve};
use crate::study::{BaseYear, Study};

#[derive(Args)]
pub(super) struct OwnMarket {
    /// A table of products of your own, one a row, or the folder of a `solve` case: columns are guessed by their names, what is not known
    /// has a default, and both are said.
    #[arg(long, value_name = "FILE.csv")]
    market: Option<PathBuf>,
    /// Rows to take: `column=value`, such as `market_ids=1988`. May be given several times.
    #[arg(long = "where", value_name = "COLUMN=VALUE", requires = "market")]
    rows: Vec<String>,
    /// A column that the guess has wrong: WHAT=COLUMN, where WHAT is market, model, brand, maker, region, country, home-share, price, volume,
    /// share, flag, imported or domestic (1 or true where a product is). May be given several times.
    #[arg(long = "column", value_name = "WHAT=COLUMN", requires = "market", value_parser = columns::stated)]
    columns: Vec<(Role, String)>,
    /// Demand as estimated: the folder of a `solve` case, its case.json, or PyBLP's results as JSON.
    #[arg(long, value_name = "PATH", requires = "market")]
    demand: Option<PathBuf>,
    /// The buyers of `--demand` (PyBLP's agent data); agents.csv beside it if absent.
    #[arg(long, value_name = "FILE.csv", requires = "demand")]
    agents: Option<PathBuf>,
    /// Price response of the median buyer, per thousand USD.
    #[arg(long, requires = "market", conflicts_with = "demand", value_parser = positive)]
    alpha: Option<f64>,
    /// Mean own-price elasticity of the base year, by volume, that the price response is set for, without its sign; 4 if absent, more where
    /// costs would be below zero.
    #[arg(long, requires = "market", conflicts_with_all = ["demand", "alpha"], value_parser = positive)]
    elasticity: Option<f64>,
    /// Purchase events a year, those included that end without any of these products. Where the table has neither units nor shares, the sales
    /// among them are parted equally.
    #[arg(long, value_name = "EVENTS", requires = "market", value_parser = positive)]
    size: Option<f64>,
    /// Share of purchase events that end without any of these products; two thirds if absent and not in the table.
    #[arg(long, value_name = "SHARE", requires = "market", value_parser = fraction)]
    outside: Option<f64>,
    /// USD of one unit of the price column; 1000 where the mean price is below 1000, else 1.
    #[arg(long, value_name = "USD", requires = "market", value_parser = positive)]
    price_unit: Option<f64>,
    /// Regions and countries that are at home, by commas.
    #[arg(long, value_name = "NAMES", requires = "market", value_delimiter = ',')]
    home: Vec<String>,
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|x: &f64| x.is_finite() && *x > 0.0).ok_or_else(|| "expected a number above 0".into())
}

fn fraction(text: &str) -> Result<f64, String> {
    let between = |x: &f64| *x > 0.0 && *x < 1.0;
    text.parse().ok().filter(between).ok_or_else(|| "expected a share between 0 and 1".into())
}

/// Parts of names of columns that are no characteristics of a product.
const NO_CHARACTERISTIC: [&str; 21] = [
    "instrument",
    "source",
    "trend",
    "delta",
    "xi",
    "mc",
    "ids",
    "cost",
    "rate",
    "nesting",
    "share",
    "price",
    "sales",
    "volume",
    "units",
    "registrations",
    "weight_usd",
    "year",
    "quarter",
    "city",
    "notes",
];
/// Most characteristics that are taken unasked.
const CHARACTERISTICS: usize = 3;
/// Purchase events a year where shares are given and no size.
const EVENTS: f64 = 1e6;
/// Units a year where neither volumes nor shares are given.
const UNITS: f64 = 10_000.0;
/// Share of purchase events that end without any of the products, where nothing is known of it.
const OUTSIDE: f64 = 2.0 / 3.0;
/// Below this mean, prices are thousands.
const THOUSANDS: f64 = 1_000.0;
/// Elasticities that are tried until no cost is below zero.
const ELASTICITIES: [f64; 8] = [4.0, 5.0, 6.0, 8.0, 10.0, 14.0, 20.0, 30.0];
/// Units of a cell that is refused: it counts as sold, so that nothing is said to follow from its being zero.
const REFUSED_UNITS: f64 = 1e-100;
/// How near to 1 shares add up where they are shares of what is sold.
const ALL_SOLD: f64 = 0.005;
/// How far beyond one rounded shares of all that is sold may add up.
const ROUNDED: f64 = 0.02;
/// Sum from which shares are percent, though none of them is above one.
const SURELY_PERCENT: f64 = 2.0;

impl OwnMarket {
    /// Whether a table was named.
    pub fn is_asked(&self) -> bool {
        self.market.is_some()
    }

    /// Reads the table and writes the folder; says what was taken and assumed.
    pub fn write(&self, folder: &Path, name: &str) -> Result<(), CliError> {
        let Some(path) = &self.market else { return Ok(()) };
        let told = self.alpha.map(|_| "--alpha").or(self.elasticity.map(|_| "--elasticity"));
        if let Some(flag) = told.filter(|_| path.is_dir()) {
            let message = format!(
                "{flag} cannot be used with a folder, whose case.json says what demand is\nhelp: leave {flag} out, or name the table alone: {}",
                path.join("products.csv").display()
            );
            return Err(CliError::Usage(message));
        }
        if folder.exists() {
            let message = format!("{} exists already\nhelp: name a folder that does not", folder.display());
            return Err(CliError::Usage(message));
        }
        // The folder of a case stands for its table and for its demand.
        let (file, demand) = match path.is_dir() {
            true => (path.join("products.csv"), self.demand.clone().or_else(|| Some(path.clone()))),
            false => (path.clone(), self.demand.clone()),
        };
        let sheet = RawTable::load(&file)?;
        let mut notes = Notes::default();
        let read = self.read(&sheet, &file, demand.as_deref(), &mut notes);
        let text = match read {
            Ok(Some(text)) if notes.problems.is_empty() => text,
            Ok(_) => return Err(refused(&file, &notes.problems)),
            Err(error) => {
                notes.problems.push(error.to_string());
                return Err(refused(&file, &notes.problems));
            }
        };
        self.settle((folder, &file), name, text, notes)
    }

    /// Everything that the table says; nothing where something is missing, which `notes.problems` names.
    fn read(
        &self,
        sheet: &RawTable,
        file: &Path,
        demand: Option<&Path>,
        notes: &mut Notes,
    ) -> Result<Option<MarketText>, CliError> {
        if sheet.separator != ',' {
            notes.taken.push(format!("cells are separated by {:?}, decimals by commas or points", sheet.separator));
        }
        let columns = TableRoles::guess(sheet, &self.columns, notes);
        let (rows, market) = self.rows(sheet, &columns, notes)?;
        let estimates = match demand {
            Some(path) => match estimates::read(path, self.agents.as_deref(), market.as_deref()) {
                Ok(estimates) => Some((path, estimates)),
                Err(problems) => {
                    notes.problems.extend(problems);
                    None
                }
            },
            None => None,
        };
        let known = [Role::Volume, Role::Share].iter().any(|role| columns.of(*role).is_some());
        // What the case itself would sell, where the table does not say.
        let solved = estimates
            .as_ref()
            .filter(|_| !known)
            .and_then(|(path, _)| base_of_case(path, market.as_deref(), rows.len()));
        let (solved_prices, solved) = solved.map_or((None, None), |(prices, shares)| (Some(prices), Some(shares)));
        let prices = self.prices(sheet, &columns, &rows, notes)?;
        // That there are no rows has been said, and nothing follows from it.
        if rows.is_empty() {
            return Ok(None);
        }
        let buying = estimates.as_ref().map_or(1.0, |(_, estimates)| estimates.weight);
        let (volumes, size) = self.volumes((sheet, &columns, &rows), solved, buying, notes)?;
        // Several markets together sell more than one has buyers.
        let of_market = columns.of(Role::Market).map(|own| sheet.text(own, &rows)).transpose()?;
        let pooled = of_market.is_some_and(|markets| distinct(&markets).len() > 1);
        if buying < 1.0 && !pooled && volumes.iter().sum::<f64>() >= size.0 {
            notes.problems.push(format!(
                "more is sold than the buyers of the estimates, {buying:.4} of all, can buy: see --size and --outside"
            ));
        }
        let Some((mut prices, unit)) = prices else { return Ok(None) };
        if let Some(solved) = solved_prices {
            notes.taken.push("prices are those of the case's base, solved at its estimates".into());
            prices = solved.into_iter().map(Some).collect();
        }
        // A product without a volume is not sold, and may lack a price.
        let sold: Vec<usize> = (0..rows.len()).filter(|at| volumes[*at] > 0.0).collect();
        let mut unpriced = Vec::new();
        for at in &sold {
            let own = columns.of(Role::Price).unwrap_or_default();
            // A cell that is no number has been named.
            if prices[*at].map_or(sheet.is_absent(rows[*at], own), |price| price <= 0.0) {
                unpriced.push(sheet.refuse(rows[*at], own, "a price above 0"));
            }
        }
        notes.problems.extend(some(unpriced));
        if sold.is_empty() {
            notes.problems.push("no product has a volume or share above 0".into());
        }
        // More than can be simulated are not looked at further: what is said of them one by one would take long.
        if rows.len() > MAX_MODELS {
            let market = if pooled { "" } else { " of one market" };
            notes.problems.push(format!(
                "it has {} rows{market}, at most {MAX_MODELS} products can be simulated: choose rows with --where COLUMN=VALUE, or merge small products",
                rows.len()
            ));
            return Ok(None);
        }
        if sold.len() < rows.len() {
            notes.left_out.push(format!("products without a volume: {}", rows.len() - sold.len()));
        }
        let names = ProductNames::read(sheet, &columns, &rows, &volumes, &self.home, notes)?;
        let flags = flags(sheet, &columns, &rows, notes)?;
        if !notes.problems.is_empty() {
            return Ok(None);
        }
        let kept: Vec<usize> = sold.iter().map(|at| rows[*at]).collect();
        let volume: Vec<f64> = sold.iter().map(|at| volumes[*at]).collect();
        let wanted = estimates.as_ref().map(|(_, estimates)| estimates);
        let characteristics = characteristics(sheet, &columns, &kept, &volume, wanted, notes);
        let used = |column: &str| {
            let word = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == column);
            columns.taken(column) || characteristics.iter().any(|own| own.expression == column || word(&own.expression))
        };
        let unused: Vec<&str> = sheet.columns().iter().map(String::as_str).filter(|column| !used(column)).collect();
        if !unused.is_empty() {
            notes.left_out.push(format!("columns that nothing is taken from: {}", unused.join(", ")));
        }
        let products = sold.iter().map(|at| MarketProduct {
            words: names.words.iter().map(|words| words[*at].clone()).collect(),
            home_share: names.home_share[*at],
            flagged: flags.as_ref().map_or(names.home_share[*at] < 1.0, |(_, flags)| flags[*at]),
            price_usd: prices[*at].unwrap_or(f64::NAN) * unit,
            volume: volumes[*at],
        });
        let products: Vec<MarketProduct> = products.collect();
        let demand = self.demand(&products, &characteristics, unit, wanted, notes);
        let year = market.as_deref().and_then(|market| market.parse().ok()).filter(|year| (1900..=2100).contains(year));
        match year {
            Some(year) => notes.taken.push(format!("first day: 1 January {year}, from the market's name")),
            None => notes.assumed.push("first day: 4 January 2025".into()),
        }
        Ok(Some(MarketText {
            file: file.display().to_string(),
            products,
            characteristics,
            home: names.home,
            flag: flags.map(|(column, _)| column),
            size,
            demand,
            year,
            vertical: true,
        }))
    }

    /// Rows that are asked for, and the market that they are of.
    fn rows(
        &self,
        sheet: &RawTable,
        columns: &TableRoles,
        notes: &mut Notes,
    ) -> Result<(Vec<usize>, Option<String>), CliError> {
        let mut rows: Vec<usize> = (0..sheet.rows()).collect();
        for condition in &self.rows {
            let Some((column, value)) = condition.split_once('=').map(|(a, b)| (a.trim(), b.trim())) else {
                notes.problems.push(format!("--where {condition}: expected COLUMN=VALUE"));
                continue;
            };
            if !sheet.columns().iter().any(|own| own == column) {
                let known = sheet.columns().join(", ");
                notes.problems.push(format!("--where {condition}: there is no column `{column}`; there are {known}"));
                continue;
            }
            let cells = sheet.text(column, &rows)?;
            let kept: Vec<usize> = rows
                .iter()
                .zip(&cells)
                .filter(|(_, cell)| meaning(cell) == meaning(value))
                .map(|(row, _)| *row)
                .collect();
            if kept.is_empty() {
                let values = distinct(&cells).join(", ");
                notes.problems.push(format!("--where {condition}: no row has it; `{column}` has {values}"));
                continue;
            }
            notes.taken.push(format!("rows: `{column}` {value}, {} of {}", kept.len(), sheet.rows()));
            rows = kept;
        }
        if rows.is_empty() {
            notes.problems.push("the table has no rows".into());
            return Ok((rows, None));
        }
        let Some(own) = columns.of(Role::Market) else { return Ok((rows, None)) };
        let markets = sheet.text(own, &rows)?;
        let several = distinct(&markets);
        if several.len() > 1 {
            let counted: Vec<String> = several
                .iter()
                .take(12)
                .map(|market| format!("{market} ({} rows)", markets.iter().filter(|own| *own == market).count()))
                .collect();
            let more = several.len().saturating_sub(12);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            notes.problems.push(format!(
                "it has {} markets: {}{more}; choose one with --where {own}={}",
                several.len(),
                counted.join(", "),
                several.last().map_or("", String::as_str)
            ));
        }
        Ok((rows, several.into_iter().next()))
    }

    /// Prices of the rows and USD of one unit of them; nothing where the table has none.
    #[expect(clippy::type_complexity, reason = "a column and its unit")]
    fn prices(
        &self,
        sheet: &RawTable,
        columns: &TableRoles,
        rows: &[usize],
        notes: &mut Notes,
    ) -> Result<Option<(Vec<Option<f64>>, f64)>, CliError> {
        let Some(own) = columns.of(Role::Price) else {
            let open = match columns.open(Role::Price) {
                [] => String::new(),
                open => format!("; several may be it: {}", open.join(", ")),
            };
            notes.problems.push(format!(
                "there is no column of prices ({}){open}; its columns are {}; say which it is with --column price=NAME",
                Role::Price.names().join(", "),
                sheet.columns().join(", ")
            ));
            return Ok(None);
        };
        let (prices, refused) = sheet.amounts(own, rows)?;
        notes.problems.extend(refused);
        let known: Vec<f64> = prices.iter().flatten().copied().collect();
        let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
        if let Some(currency) = sheet.currency(own, rows)?.filter(|_| self.price_unit.is_none()) {
            notes.problems.push(format!(
                "column `{own}`: prices are in {currency}, expected US dollars: say how many dollars one is, such as --price-unit 1.08, or convert them"
            ));
            return Ok(None);
        }
        // A column that says dollars is taken at its word, however little things cost.
        let said = sheet.dollars(own, rows);
        let unit = self.price_unit.or(said).unwrap_or(if mean < THOUSANDS { 1_000.0 } else { 1.0 });
        let shown = if unit == 1.0 { "USD" } else { "thousand USD" };
        match (self.price_unit, said) {
            (Some(_), _) => notes.taken.push(format!("prices: column `{own}`")),
            (None, Some(_)) => notes.taken.push(format!("prices: column `{own}`, which says that it is in {shown}")),
            (None, None) => {
                let why = if unit == 1.0 { "" } else { ", since their mean is below 1000" };
                notes.taken.push(format!("prices: column `{own}`"));
                notes.assumed.push(format!("prices are {shown}{why} (--price-unit)"));
            }
        }
        Ok(Some((prices, unit)))
    }

    /// Units a year of each row, and purchase events a year with whether the user said so: those of the part of all buyers that ever buys.
    fn volumes(
        &self,
        (sheet, columns, rows): (&RawTable, &TableRoles, &[usize]),
        solved: Option<Vec<f64>>,
        buying: f64,
        notes: &mut Notes,
    ) -> Result<(Vec<f64>, (f64, bool)), CliError> {
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

    /// Demand of the scenario, as estimated or assumed.
    fn demand(
        &self,
        products: &[MarketProduct],
        characteristics: &[MarketCharacteristic],
        unit: f64,
        estimates: Option<&Estimates>,
        notes: &mut Notes,
    ) -> MarketDemand {
        let sold: f64 = products.iter().map(|product| product.volume).sum();
        let mean_price = products.iter().map(|product| product.volume * product.price_usd).sum::<f64>() / sold;
        if let Some(estimates) = estimates {
            notes.taken.extend(estimates.said.iter().cloned());
            notes.left_out.extend(estimates.left_out.iter().cloned());
            let known = |term: &str| characteristics.iter().any(|own| own.expression == term);
            for (term, sigma) in estimates.sigma.iter().filter(|(term, sigma)| *sigma > 0.0 && !known(term)) {
                notes
                    .left_out
                    .push(format!("the taste for `{term}` (sigma {sigma}), which the table has no numbers of"));
            }
            // Tastes for characteristics as they are hold a taste for having any product, by their means.
            let of_means: f64 = characteristics.iter().map(|own| (own.sigma * own.mean).powi(2)).sum();
            return MarketDemand {
                alpha: estimates.response * THOUSANDS / unit,
                income_log_sd: estimates.log_sd,
                income_bounds: estimates.bounds,
                sigma_outside: (estimates.constant.powi(2) + of_means).sqrt(),
                sigma_import: 0.0,
                sigma_region: 0.0,
                curvature: estimates.curvature,
                stated: true,
                estimated: true,
                response: None,
            };
        }
        // The elasticity of a buyer at the mean price is what the search for the response begins with.
        let alpha = self.alpha.unwrap_or(self.asked()[0] * THOUSANDS / mean_price);
        if self.alpha.is_some() {
            notes.taken.push(format!("price response: {alpha} per thousand USD (--alpha)"));
        }
        notes.assumed.push("tastes: spreads of 0.5 for each characteristic, for imports and for regions, 1 for buying none of these products; incomes lognormal with 0.35, the price response falls in proportion to them; no loyalty to brands".into());
        MarketDemand {
            alpha,
            income_log_sd: 0.35,
            income_bounds: [0.4, 2.5],
            sigma_outside: 1.0,
            sigma_import: 0.5,
            sigma_region: 0.5,
            curvature: 1.0,
            stated: self.alpha.is_some(),
            estimated: false,
            response: None,
        }
    }

    /// Elasticities that are tried: the one that is asked for, or several until no cost is below zero.
    fn asked(&self) -> Vec<f64> {
        self.elasticity.map_or_else(|| ELASTICITIES.to_vec(), |asked| vec![asked])
    }

    /// Writes the files, looks whether the base year can be solved, and tells all.
    fn settle(
        &self,
        (folder, file): (&Path, &Path),
        name: &str,
        mut text: MarketText,
        mut notes: Notes,
    ) -> Result<(), CliError> {
        let data = text.data();
        let tried = if text.demand.stated { vec![None] } else { self.asked().into_iter().map(Some).collect() };
        // Under the chain costs at the border must be above zero; without it one below zero is a warning.
        let ways = tried.iter().map(|asked| (*asked, true)).chain([(tried[0], false)]);
        // The elasticity is nearly in proportion to the response.
        let mut each = tried[0].map_or(f64::NAN, |asked| text.demand.alpha / asked);
        let mut last = None;
        for (asked, vertical) in ways {
            if let Some(asked) = asked {
                match SearchedResponse::search(asked, each * asked, |alpha| text.elasticity(alpha, name, &data)) {
                    Ok(found) => {
                        each = found.alpha / found.elasticity;
                        text.demand.alpha = found.alpha;
                        text.demand.response = Some(found);
                    }
                    Err(error) => {
                        last = Some(error);
                        continue;
                    }
                }
            }
            text.vertical = vertical;
            // Tried in memory: what is refused leaves no folder.
            let scenario = text.scenario(name, &notes.taken, &notes.assumed, &notes.left_out);
            match base_year(&scenario, &data, true) {
                Ok((study, base)) if !vertical || costs_hold(&study) => {
                    if let Some(found) = &text.demand.response {
                        match self.elasticity {
                            Some(_) => notes.taken.push(format!("{found} (--elasticity)")),
                            None => {
                                notes
                                    .assumed
                                    .push(format!("{found}{} (--elasticity, --alpha)", found.beyond(tried[0])));
                            }
                        }
                    }
                    if !vertical {
                        notes.assumed.push(
                            "makers set prices in the showroom (pricing.chain = \"retail\"): with prices at the border some costs would be below zero".into(),
                        );
                    }
                    let output = OutputFolder::bare(folder)?;
                    let scenario = text.scenario(name, &notes.taken, &notes.assumed, &notes.left_out);
                    let written = [
                        output.write(SCENARIO, scenario.as_bytes())?,
                        output.write(MODELS, data.as_bytes())?,
                        output.write("scenario.schema.json", crate::config::schema().as_bytes())?,
                    ];
                    let told = told(&notes, &study, &base);
                    let paths: String = written.iter().map(|path| format!("  {}\n", path.display())).collect();
                    return super::print(&format!(
                        "{told}Written:\n{paths}Next: stickershock run {}\n",
                        written[0].display()
                    ));
                }
                Ok(_) => {}
                Err(error) => last = Some(error),
            }
        }
        let told = last.map_or_else(|| "no base year can be solved".to_owned(), |error| error.to_string());
        // The lines of a file that is not written are not shown.
        let (what, help) = told.split_once("\nhelp: ").unwrap_or((&told, ""));
        let what = what.lines().next().unwrap_or_default();
        let help = if help.is_empty() { String::new() } else { format!("; {help}") };
        Err(refused(file, &[format!("the scenario that it makes is refused: {what}{help}")]))
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

/// What is said on the screen.
fn told(notes: &Notes, study: &Study, base: &BaseYear) -> String {
    let lines = |title: &str, items: &[String]| match items {
        [] => String::new(),
        items => format!("{title}:\n{}", items.iter().map(|item| format!("  {item}\n")).collect::<String>()),
    };
    let market = &study.scenario().market;
    let sold: f64 = market.models.iter().map(|model| model.base_volume).sum();
    let mean = |value: &dyn Fn(usize) -> f64| {
        (0..market.len()).map(|j| market.models[j].base_volume * value(j)).sum::<f64>() / sold
    };
    let negative = &study.shared_world().makers.costs.negative;
    let mut found = vec![
        format!(
            "{} products of {} brands and {} makers, {sold:.0} units a year out of {:.0} purchase events; {} are imported",
            market.len(),
            market.brands.len(),
            market.manufacturers.len(),
            market.market_size,
            market.models.iter().filter(|model| model.imported).count(),
        ),
        format!(
            "base year on {} buyers: own-price elasticity {:.2}, makers' margin {:.0}% of the price (means by volume)",
            study.scenario().buyers,
            mean_elasticity(study, base),
            100.0 * mean(&|j| base.models[j].margin_usd / market.models[j].list_price_usd),
        ),
    ];
    if !negative.is_empty() {
        found.push(format!(
            "{} products have a marginal cost below zero: demand is too inelastic at their prices; see `stickershock check`",
            negative.len()
        ));
    }
    [
        lines("Taken from the table", &notes.taken),
        lines("Assumed, for you to check", &notes.assumed),
        lines("Left out", &notes.left_out),
        lines("The market", &found),
    ]
    .concat()
}

/// All that is missing or wrong, at once.
fn refused(file: &Path, problems: &[String]) -> CliError {
    let list: String = problems.iter().map(|problem| format!("\n  - {}", problem.replace("\nhelp: ", "; "))).collect();
    CliError::Config(crate::config::ConfigError::Row {
        file: file.display().to_string(),
        row: None,
        label: None,
        message: format!("no scenario can be made of it yet:{list}"),
        help: "mend all of these; nothing was written".into(),
    })
}

/// Prices and shares of the base of a case at its own estimates, where its products are those of the table; 0 for those that are not sold.
fn base_of_case(path: &Path, market: Option<&str>, rows: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let folder = if path.is_dir() { path } else { path.parent()? };
    // The case may have one market where the table has several, or names for what the case does not name.
    let load =
        |market: Option<&str>| Case::load(folder, &CaseOptions { specs: None, market: market.map(str::to_owned) });
    let mut case = load(market).or_else(|_| load(None)).ok()?;
    if case.product_ids.len() != rows {
        return None;
    }
    let base = CaseScenario {
        name: "base".into(),
        written: serde_json::Value::Null,
        spec: Spec::base(),
        stored: std::collections::BTreeMap::new(),
    };
    case.scenarios = vec![base];
    let options = SolveOptions { matrices: Matrices::None, ..SolveOptions::default() };
    let solution = solve(&case, &options).ok()?;
    let base = solution.scenarios.first()?;
    let (mut prices, mut shares) = (vec![0.0; rows], vec![0.0; rows]);
    let sold = (0..rows).filter(|j| case.on_sale[*j]);
    sold.zip(base.price.iter().zip(&base.share)).for_each(|(j, (price, share))| {
        (prices[j], shares[j]) = (*price, *share);
    });
    Some((prices, shares))
}

/// The column that marks some products, and its marks; none where it marks none or all.
fn flags(
    sheet: &RawTable,
    columns: &TableRoles,
    rows: &[usize],
    notes: &mut Notes,
) -> Result<Option<(String, Vec<bool>)>, CliError> {
    let Some(own) = columns.of(Role::Flag) else { return Ok(None) };
    let cells = sheet.text(own, rows)?;
    let read = |cell: &String| match cell.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "1.0" => Some(true),
        "false" | "no" | "0" | "0.0" | "" => Some(false),
        _ => None,
    };
    let Some(flags) = cells.iter().map(read).collect::<Option<Vec<bool>>>() else {
        notes.left_out.push(format!("column `{own}`, which is not true or false throughout"));
        return Ok(None);
    };
    if flags.iter().all(|flag| *flag == flags[0]) {
        return Ok(None);
    }
    notes.taken.push(format!("marked products: column `{own}`"));
    Ok(Some((own.to_owned(), flags)))
}

/// Characteristics: those that estimates name, or the first columns of numbers that differ and are nothing else.
fn characteristics(
    sheet: &RawTable,
    columns: &TableRoles,
    rows: &[usize],
    volume: &[f64],
    estimates: Option<&Estimates>,
    notes: &mut Notes,
) -> Vec<MarketCharacteristic> {
    let total: f64 = volume.iter().sum();
    let of = |expression: &str, sigma: f64| -> Option<MarketCharacteristic> {
        let values = sheet.expression(expression, rows)?;
        let mean = values.iter().zip(volume).map(|(x, w)| w * x).sum::<f64>() / total;
        let variance = values.iter().zip(volume).map(|(x, w)| w * (x - mean).powi(2)).sum::<f64>() / total;
        (variance > 0.0).then(|| MarketCharacteristic {
            expression: expression.to_owned(),
            values,
            mean,
            sd: variance.sqrt(),
            sigma,
        })
    };
    let found: Vec<MarketCharacteristic> = match estimates {
        Some(estimates) => estimates
            .sigma
            .iter()
            .filter(|(_, sigma)| *sigma > 0.0)
            .filter_map(|(term, sigma)| of(term, *sigma))
            .collect(),
        None => {
            let free = |name: &&String| {
                let lower = name.to_lowercase();
                !columns.taken(name)
                    && !TableRoles::known(name)
                    && !NO_CHARACTERISTIC.iter().any(|part| lower.contains(part))
            };
            let found = sheet.columns().iter().filter(free).filter_map(|name| of(name, 0.0));
            let found: Vec<MarketCharacteristic> = found.take(CHARACTERISTICS).collect();
            // One cell without a number costs the column.
            let missing = sheet.columns().iter().filter(free).filter_map(|name| sheet.missing(name, rows));
            notes.left_out.extend(missing);
            // Half a standard deviation of utility for one of the characteristic.
            found.into_iter().map(|own| MarketCharacteristic { sigma: 0.5 / own.sd, ..own }).collect()
        }
    };
    let names: Vec<&str> = found.iter().map(|own| own.expression.as_str()).collect();
    let told = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    notes.taken.push(format!("characteristics that tastes differ on: {told}"));
    found
}
