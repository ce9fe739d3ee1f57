//! The rows of one market in the tables of a case.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{CaseFiles, CaseText};
use super::{ConfigError, Table, complain, first_column};
use crate::config::suggest;
use crate::config::table::meaning;

/// Columns that go by several names: this format's, then PyBLP's.
const ALIASES: [[&str; 2]; 7] = [
    ["product_id", "product_ids"],
    ["firm_id", "firm_ids"],
    ["price0", "prices"],
    ["share0", "shares"],
    ["mc", "costs"],
    ["weight", "weights"],
    ["market_id", "market_ids"],
];

/// Columns that this program knows by name, in products and in agents.
const KNOWN: [(&str, &[&str]); 2] = [
    (
        "products",
        &[
            "product_id",
            "product_ids",
            "firm_id",
            "firm_ids",
            "price0",
            "prices",
            "share0",
            "shares",
            "mc",
            "costs",
            "delta_ex_price",
            "market_id",
            "market_ids",
            "start_price",
            "on_sale",
            "local_cost",
            "base_rate",
        ],
    ),
    ("agents", &["weight", "weights", "market_id", "market_ids"]),
];

/// The rows of one market in a table.
pub(super) struct Rows {
    pub table: Table,
    pub file: String,
    /// Rows of the table that belong to the market.
    rows: Vec<usize>,
    pub compressed: bool,
    /// Distinct firms, in order of appearance.
    pub firm_ids: Vec<String>,
}

impl Rows {
    /// Reads `NAME.csv` or `NAME.csv.gz`.
    pub fn read(files: CaseFiles<'_>, name: &str, market: Option<&str>) -> Result<Self, ConfigError> {
        let CaseText { file, text, compressed } = files.text(&format!("{name}.csv"))?;
        let table = Table::from_str(&text, &file)?;
        let table = match first_column(&table, &ALIASES[0]) {
            Some(label) => table.labelled_by(label)?,
            None => table,
        };
        let mut read = Self { rows: (0..table.rows()).collect(), table, file, compressed, firm_ids: Vec::new() };
        read.check_names(name)?;
        read.check_twins()?;
        read.choose_market(name, market)?;
        if read.rows.is_empty() {
            return Err(read.error("has no rows", "add at least one"));
        }
        if let Some(column) = read.column_name("firm_id") {
            let mut seen = BTreeSet::new();
            read.firm_ids = read.text(&column)?.into_iter().filter(|firm| seen.insert(meaning(firm))).collect();
        }
        Ok(read)
    }

    /// Refuses a column that differs from a known name by the case of its letters, or by what parts its words: it would be passed over in silence.
    fn check_names(&self, name: &str) -> Result<(), ConfigError> {
        let known = KNOWN.iter().find(|(table, _)| *table == name).map_or(&[][..], |(_, known)| known);
        for column in self.table.columns() {
            let meant = known.iter().find(|known| bare(column) == bare(known) && column != *known);
            // Of two names for one thing the other may be there, and this a note.
            let there = |meant: &str| {
                let by_letters = column.eq_ignore_ascii_case(meant);
                if by_letters { self.table.has_column(meant) } else { self.column_name(meant).is_some() }
            };
            if let Some(meant) = meant.filter(|meant| !there(meant)) {
                let help = format!(
                    "did you mean `{meant}`? write the names of columns in small letters, with underscores between words"
                );
                return Err(self.error(format!("there is a column `{column}`"), help));
            }
        }
        Ok(())
    }

    /// Refuses two columns that stand for one thing: one of them would be passed over in silence.
    fn check_twins(&self) -> Result<(), ConfigError> {
        let draw = |column: &String| Some([column.clone(), format!("nodes{}", column.strip_prefix("nu")?)]);
        let named = ALIASES.iter().map(|names| names.map(str::to_owned));
        let twins = named.chain(self.table.columns().iter().filter_map(draw));
        for [own, other] in twins {
            if self.table.has_column(&own) && self.table.has_column(&other) {
                let message = format!("has the columns `{own}` and `{other}`, two names for one thing");
                return Err(self.error(message, "keep the one that is meant, and rename or remove the other"));
            }
        }
        Ok(())
    }

    fn choose_market(&mut self, name: &str, market: Option<&str>) -> Result<(), ConfigError> {
        let Some(column) = self.column_name("market_id") else {
            return match market {
                // Buyers may be those of every market.
                Some(market) if name == "products" => {
                    let message = format!("has no column market_ids, and market {market:?} is asked for");
                    Err(self.error(message, "leave --market out: there is one market"))
                }
                _ => Ok(()),
            };
        };
        let cells = self.text(&column)?;
        let mut seen = BTreeSet::new();
        let markets: Vec<&str> =
            cells.iter().map(String::as_str).filter(|market| seen.insert(meaning(market))).collect();
        let wanted = market.map(|market| (market, markets.iter().find(|known| equal(known, market))));
        let chosen = match wanted {
            Some((_, Some(market))) => *market,
            Some((market, None)) => {
                return Err(self.error(format!("has no market {market:?}"), suggest::one_of(market, &markets)));
            }
            None if markets.len() > 1 => {
                let message = format!("holds {} markets: {}", markets.len(), suggest::quoted(&markets));
                return Err(self.error(message, "choose one with --market"));
            }
            None => return Ok(()),
        };
        self.rows = (0..cells.len()).filter(|&row| equal(&cells[row], chosen)).collect();
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The name under which the table has a column.
    pub fn column_name(&self, name: &str) -> Option<String> {
        if self.table.has_column(name) {
            return Some(name.to_owned());
        }
        let aliases = ALIASES.iter().find(|aliases| aliases.contains(&name))?;
        first_column(&self.table, aliases).map(str::to_owned)
    }

    pub fn text(&self, column: &str) -> Result<Vec<String>, ConfigError> {
        let cells = self.table.column_text(column)?;
        Ok(self.rows.iter().map(|&row| cells[row].to_owned()).collect())
    }

    /// A number a row from a column, or from an expression of columns.
    pub fn numbers(&self, expression: &str) -> Result<Vec<f64>, ConfigError> {
        if let Some(column) = expression.strip_prefix("1/").or_else(|| expression.strip_prefix("1 / ")) {
            let cells = self.table.column_f64(column.trim())?;
            if let Some(&row) = self.rows.iter().find(|&&row| cells[row] == 0.0) {
                return Err(self.table.refuse_cell(row, column.trim(), "a number other than 0"));
            }
            return Ok(self.rows.iter().map(|&row| 1.0 / cells[row]).collect());
        }
        let cells = self.table.expression(expression)?;
        Ok(self.rows.iter().map(|&row| cells[row]).collect())
    }

    /// Numbers of a column that may be absent; only the rows `needed` must hold one, others may be empty: NaN.
    pub fn optional(&self, name: &str, needed: &[bool]) -> Result<Option<Vec<f64>>, ConfigError> {
        let Some(column) = self.column_name(name) else { return Ok(None) };
        let rows: BTreeSet<usize> =
            self.rows.iter().zip(needed).filter(|(_, needed)| **needed).map(|(row, _)| *row).collect();
        let cells = self.table.column_f64_where(&column, |row| rows.contains(&row))?;
        Ok(Some(self.rows.iter().map(|&row| cells[row].unwrap_or(f64::NAN)).collect()))
    }

    /// Whether each product is sold in the base: all, or as `on_sale` says.
    pub fn on_sale(&self) -> Result<Vec<bool>, ConfigError> {
        if !self.table.has_column("on_sale") {
            return Ok(vec![true; self.len()]);
        }
        let flags = self.table.column_bool("on_sale")?;
        let flags: Vec<bool> = self.rows.iter().map(|&row| flags[row]).collect();
        if flags.contains(&true) {
            Ok(flags)
        } else {
            Err(self.error("on_sale leaves no product", "sell at least one"))
        }
    }

    /// Refuses the cell of row `row` of this market.
    pub fn refuse(&self, row: usize, column: &str, expected: &str) -> ConfigError {
        self.table.refuse_cell(self.rows.get(row).copied().unwrap_or(0), column, expected)
    }

    pub fn error_at(&self, row: usize, message: String, help: &str) -> ConfigError {
        self.table.error_at(self.rows.get(row).copied().unwrap_or(0), message, help)
    }

    /// The table has not got a column.
    pub fn lacks(&self, column: &str, help: &str) -> ConfigError {
        self.error(format!("there is no column `{column}`"), help).about_column(column, None)
    }

    pub fn error(&self, message: impl Into<String>, help: impl Into<String>) -> ConfigError {
        complain(&self.file, message, help)
    }

    /// The line of each row of this market, as an editor counts.
    pub fn lines(&self) -> Vec<usize> {
        self.rows.iter().filter_map(|row| self.table.line(*row)).collect()
    }

    /// All columns as text.
    pub fn columns(&self) -> Result<BTreeMap<String, Vec<String>>, ConfigError> {
        self.table.columns().iter().map(|name| Ok((name.clone(), self.text(name)?))).collect()
    }
}

/// Whether a cell has a value.
pub(super) fn equal(cell: &str, value: &str) -> bool {
    cell == value || meaning(cell) == meaning(value)
}

/// A name without what parts its words, in small letters: `firmId`, `Firm ID` and `firm-id` are one.
fn bare(name: &str) -> String {
    name.chars().filter(|c| !" -_.".contains(*c)).flat_map(char::to_lowercase).collect()
}
