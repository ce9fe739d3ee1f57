//! All that a table says of its market.

use std::path::Path;

use super::columns::{Role, TableRoles};
use super::error::DraftError;
use super::estimates::{self, Estimates};
use super::names::ProductNames;
use super::notes::{Notes, distinct};
use super::request::DraftRequest;
use super::sheet::{RawTable, some};
use super::writing::{MarketCharacteristic, MarketDemand, MarketProduct, MarketText};
use crate::config::MAX_MODELS;
use crate::config::case::{Case, CaseOptions, CaseScenario, Spec};
use crate::config::table::meaning;
use crate::study::solve::{Matrices, SolveOptions, solve};

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
/// Below this mean, prices are thousands.
const THOUSANDS: f64 = 1_000.0;

impl DraftRequest {
    /// Everything that the table says; nothing where something is missing, which `notes.problems` names.
    pub(super) fn read(
        &self,
        sheet: &RawTable,
        file: &Path,
        demand: Option<&Path>,
        notes: &mut Notes,
    ) -> Result<Option<MarketText>, DraftError> {
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
    ) -> Result<(Vec<usize>, Option<String>), DraftError> {
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
    ) -> Result<Option<(Vec<Option<f64>>, f64)>, DraftError> {
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
) -> Result<Option<(String, Vec<bool>)>, DraftError> {
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
