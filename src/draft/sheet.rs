//! A table of products as it comes: separated by commas, semicolons or tabs, numbers as people write them.

use std::path::Path;

use crate::config::table::{number_meant, one_name_each};
use crate::config::{ConfigError, LONGEST_DATA, Source, Table};

/// What stands for a number that is not known.
const ABSENT: [&str; 8] = ["", "na", "n/a", "nan", "null", "none", ".", "-"];
/// Refused cells that are named.
const NAMED: usize = 3;

/// A table of products.
pub(super) struct RawTable {
    table: Table,
    /// The sign between cells.
    pub separator: char,
    /// The sign before decimals, where some cell leaves no doubt.
    decimal: Option<char>,
}

impl RawTable {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let bytes = Source::beside(path).read_named(path, LONGEST_DATA)?;
        let text = String::from_utf8_lossy(&bytes);
        let head = text.trim_start_matches(['\u{feff}', '\r', '\n']).lines().next().unwrap_or_default();
        let count = |sign: char| head.matches(sign).count();
        // A comma within the name of a column is rarer than a file of one column.
        let separator = [',', ';', '\t'].into_iter().max_by_key(|sign| (count(*sign), *sign == ',')).unwrap_or(',');
        let table = match separator {
            ',' => Table::from_bytes(bytes, &name)?,
            other => Table::from_str(&with_commas(&text, other, &name)?, &name)?,
        };
        let decimal = decimal_sign(&table)?;
        Ok(Self { table, separator, decimal })
    }

    pub fn rows(&self) -> usize {
        self.table.rows()
    }

    pub fn columns(&self) -> &[String] {
        self.table.columns()
    }

    /// The cells of a column on some rows, as text.
    pub fn text(&self, column: &str, rows: &[usize]) -> Result<Vec<String>, ConfigError> {
        let cells = self.table.column_text(column)?;
        let names: Vec<String> = rows.iter().map(|row| plain(cells[*row])).collect();
        Ok(one_name_each(names.iter().map(String::as_str)))
    }

    /// The numbers of a column on some rows, nothing where a cell has none; the cells that are neither, as complaints.
    pub fn numbers(&self, column: &str, rows: &[usize]) -> Result<(Vec<Option<f64>>, Vec<String>), ConfigError> {
        let cells = self.table.column_text(column)?;
        let mut refused = Vec::new();
        let in_percent = rows.iter().any(|row| cells[*row].contains('%'));
        let numbers = rows.iter().map(|row| {
            if is_absent(cells[*row]) {
                return None;
            }
            let number = self.number(cells[*row]);
            if in_percent && !cells[*row].contains('%') && number.is_some_and(|number| number != 0.0) {
                refused.push(self.refuse(*row, column, "a percentage, as other cells of the column are"));
                return None;
            }
            if number.is_none() {
                let expected = match thousands_or_decimals(cells[*row]) {
                    Some((before, _, after)) => {
                        format!("a number that reads one way, {before}{after} or {before}.{after}")
                    }
                    None => "a number".to_owned(),
                };
                refused.push(self.refuse(*row, column, &expected));
            }
            number
        });
        Ok((numbers.collect(), some(refused)))
    }

    /// The same where a percentage is none of them: prices, units.
    pub fn amounts(&self, column: &str, rows: &[usize]) -> Result<(Vec<Option<f64>>, Vec<String>), ConfigError> {
        let cells = self.table.column_text(column)?;
        let percentages = rows.iter().filter(|row| cells[**row].contains('%'));
        let refused: Vec<String> =
            percentages.map(|row| self.refuse(*row, column, "a number that is no percentage")).collect();
        if refused.is_empty() { self.numbers(column, rows) } else { Ok((vec![None; rows.len()], some(refused))) }
    }

    /// The currency of a column, by its name or by the signs of its cells, where it is not the dollar.
    pub fn currency(&self, column: &str, rows: &[usize]) -> Result<Option<&'static str>, ConfigError> {
        let cells = self.table.column_text(column)?;
        let signs = [('€', "euros"), ('£', "pounds"), ('¥', "yen or yuan"), ('₩', "won"), ('₹', "rupees")];
        let by_sign = signs.iter().find(|(sign, _)| rows.iter().any(|row| cells[*row].contains(*sign)));
        let codes = [
            ("eur", "euros"),
            ("euro", "euros"),
            ("euros", "euros"),
            ("gbp", "pounds"),
            ("jpy", "yen"),
            ("yen", "yen"),
            ("cny", "yuan"),
            ("rmb", "yuan"),
            ("krw", "won"),
            ("inr", "rupees"),
            ("cad", "Canadian dollars"),
            ("aud", "Australian dollars"),
            ("chf", "francs"),
            ("sek", "kronor"),
            ("mxn", "pesos"),
            ("brl", "reais"),
        ];
        let words: Vec<String> = column.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
        let by_name = codes.iter().find(|(code, _)| words.iter().any(|word| word == code));
        Ok(by_sign.map(|(_, name)| *name).or(by_name.map(|(_, name)| *name)))
    }

    /// How many US dollars one unit of a column is, where its name or the signs of its cells say so.
    pub fn dollars(&self, column: &str, rows: &[usize]) -> Option<f64> {
        let cells = self.table.column_text(column).ok()?;
        let words: Vec<String> = column.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
        let named = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
        let dollars = column.contains('$')
            || named(&["usd", "dollar", "dollars", "kusd"])
            || rows.iter().any(|row| cells[*row].contains('$'));
        let thousands = named(&["thousand", "thousands", "k", "kusd", "000", "000s", "1000"]);
        dollars.then_some(if thousands { 1_000.0 } else { 1.0 })
    }

    /// Whether the name of a column says that its numbers are percentages, and no cell says it of itself.
    pub fn is_in_percent_by_name(&self, column: &str, rows: &[usize]) -> bool {
        let words = column.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect::<Vec<_>>();
        let said =
            words.iter().any(|word| ["percent", "percentage", "pct"].contains(&word.as_str())) || column.contains('%');
        said && self.table.column_text(column).is_ok_and(|cells| rows.iter().all(|row| !cells[*row].contains('%')))
    }

    /// Whether a cell is empty, or says that its number is not known.
    pub fn is_absent(&self, row: usize, column: &str) -> bool {
        self.table.column_text(column).is_ok_and(|cells| is_absent(cells[row]))
    }

    /// Whether a column has numbers and nothing else.
    pub fn is_numeric(&self, column: &str, rows: &[usize]) -> bool {
        self.numbers(column, rows).is_ok_and(|(found, refused)| refused.is_empty() && found.iter().any(Option::is_some))
    }

    /// A number a row from a column or an expression of columns, on some rows; nothing if it cannot be worked out.
    pub fn expression(&self, text: &str, rows: &[usize]) -> Option<Vec<f64>> {
        if self.table.has_column(text) {
            let (found, refused) = self.numbers(text, rows).ok()?;
            return if refused.is_empty() { found.into_iter().collect() } else { None };
        }
        let all = self.table.expression(text).ok()?;
        Some(rows.iter().map(|row| all[*row]).collect())
    }

    /// What keeps a column that is mostly numbers from being one of numbers alone; nothing where nothing does, or where it is of something else.
    pub fn missing(&self, column: &str, rows: &[usize]) -> Option<String> {
        let (found, refused) = self.numbers(column, rows).ok()?;
        let known = found.iter().flatten().count();
        if known == rows.len() || 2 * known <= rows.len() {
            return None;
        }
        let (at, _) = found.iter().enumerate().find(|(_, number)| number.is_none())?;
        let first = refused.first().cloned().unwrap_or_else(|| self.refuse(rows[at], column, "a number"));
        let more = rows.len() - known - 1;
        let others = if more == 0 { String::new() } else { format!(", and {more} more") };
        Some(format!("`{column}` as a characteristic: {first}{others}"))
    }

    /// What is wrong with a cell, with file, row and value.
    pub fn refuse(&self, row: usize, column: &str, expected: &str) -> String {
        self.table.refuse_cell(row, column, expected).to_string().replace("\nhelp: ", "; ")
    }

    /// The number of a row as messages have it: its line in the file.
    pub fn line(&self, row: usize) -> Option<usize> {
        match self.table.error_at(row, "", "") {
            ConfigError::Row(complaint) => complaint.row,
            _ => None,
        }
    }

    /// A cell as a number, with the signs that people put around it.
    fn number(&self, cell: &str) -> Option<f64> {
        if let Some((before, sign, after)) = thousands_or_decimals(cell) {
            // Where nothing else tells, a comma between commas parts thousands; in other tables either may be meant.
            let decimal = self.decimal.or_else(|| (self.separator == ',').then_some('.'))?;
            let meant = if sign == decimal { format!("{before}.{after}") } else { format!("{before}{after}") };
            let whole = cell.replace(&format!("{before}{sign}{after}"), &meant);
            return whole.parse().ok().or_else(|| number_meant(&whole)?.parse().ok());
        }
        if let Ok(number) = cell.parse::<f64>() {
            return number.is_finite().then_some(number);
        }
        // Where commas do not part cells they part decimals.
        if self.separator != ',' && cell.matches(',').count() == 1 && !cell.contains('.') {
            let point = cell.replace(',', ".");
            return point.parse().ok().or_else(|| number_meant(&point)?.parse().ok());
        }
        number_meant(cell)?.parse().ok()
    }
}

fn is_absent(cell: &str) -> bool {
    ABSENT.contains(&cell.to_ascii_lowercase().as_str())
}

/// The digits and signs of a cell that has nothing else but what people put around a number.
fn digits(cell: &str) -> Option<&str> {
    let around = |c: char| c.is_whitespace() || "$€£¥₩₹%+-".contains(c);
    let core = cell.trim_matches(around);
    let fits = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    (core.chars().any(|c| c.is_ascii_digit()) && core.chars().all(fits)).then_some(core)
}

/// What stands before and after the one sign of a cell that may part thousands as well as decimals: `1.200`, `32,500`.
fn thousands_or_decimals(cell: &str) -> Option<(&str, char, &str)> {
    let core = digits(cell)?;
    let at = core.find(['.', ','])?;
    let (before, after) = (&core[..at], &core[at + 1..]);
    let either = (1..=3).contains(&before.len()) && !before.starts_with('0') && after.len() == 3;
    (either && !after.contains(['.', ',']))
        .then(|| (before, if core.as_bytes()[at] == b'.' { '.' } else { ',' }, after))
}

/// The sign before decimals, if the cells that leave no doubt agree on one.
fn decimal_sign(table: &Table) -> Result<Option<char>, ConfigError> {
    let other = |sign: char| if sign == '.' { ',' } else { '.' };
    let mut found = None;
    for column in table.columns() {
        for cell in table.column_text(column)? {
            let Some(core) = digits(cell) else { continue };
            let either = thousands_or_decimals(cell);
            // Money has no three decimals.
            if either.is_some() && !cell.contains(['$', '€', '£', '¥']) {
                continue;
            }
            let (points, commas) = (core.matches('.').count(), core.matches(',').count());
            let last = core.chars().rev().find(|c| !c.is_ascii_digit());
            let own = match (points, commas) {
                (0, 0) => continue,
                _ if either.is_some() => last.map(other),
                // The last of two kinds parts decimals, and so does a sign that stands alone where thousands would not.
                (1.., 1..) | (1, 0) | (0, 1) => last,
                // Groups of three: thousands; other groups are a date or a version.
                _ if core.split(['.', ',']).skip(1).all(|group| group.len() == 3) => last.map(other),
                _ => continue,
            };
            match (found, own) {
                (Some(known), Some(own)) if known != own => return Ok(None),
                _ => found = own,
            }
        }
    }
    Ok(found)
}

/// The first complaints, and how many more there are.
pub(super) fn some(mut complaints: Vec<String>) -> Vec<String> {
    let more = complaints.len().saturating_sub(NAMED);
    complaints.truncate(NAMED);
    if more > 0 {
        complaints.push(format!("... and {more} more such cells"));
    }
    complaints
}

/// A name on one line.
fn plain(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// The same table with commas between cells.
fn with_commas(text: &str, separator: char, file: &str) -> Result<String, ConfigError> {
    let refuse = |error: String| {
        let message = format!("cannot be read as a table whose cells are separated by {separator:?}: {error}");
        ConfigError::of_table(file, None, message, "check the quotes, or save the table with commas between cells")
    };
    let text = text.trim_start_matches('\u{feff}');
    let delimiter = u8::try_from(separator).unwrap_or(b';');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for record in reader.records() {
        let record = record.map_err(|error| refuse(error.to_string()))?;
        writer.write_record(&record).map_err(|error| refuse(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| refuse(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| refuse(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> RawTable {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cars.csv");
        std::fs::write(&file, text).unwrap();
        RawTable::load(&file).unwrap()
    }

    #[test]
    fn cells_are_read_as_people_write_them() {
        let sheet = sheet("model;price;share\nA;\"$12.500,50\";1,5%\nB;9,5;n/a\n\"C;x\";1000;25%\n");
        assert_eq!((sheet.separator, sheet.rows()), (';', 3));
        let rows = [0, 1, 2];
        assert_eq!(sheet.numbers("price", &rows).unwrap(), (vec![Some(12_500.5), Some(9.5), Some(1000.0)], vec![]));
        assert_eq!(sheet.numbers("share", &rows).unwrap().0, [Some(0.015), None, Some(0.25)]);
        assert_eq!(sheet.text("model", &rows).unwrap()[2], "C;x");
    }

    /// A sign before three digits is what it is elsewhere in the table; where nothing tells, the cell is refused.
    #[test]
    fn a_sign_before_three_digits_is_what_it_is_elsewhere() {
        for (text, volumes) in [
            ("model;price;units\nA;20.500,00;1.200\nB;9.000,50;950\n", vec![Some(1200.0), Some(950.0)]),
            ("model;price;units\nA;20500.5;1,200\nB;9000.5;950\n", vec![Some(1200.0), Some(950.0)]),
            ("model\tprice\tunits\nA\t20,5\t1,200\nB\t9,25\t950\n", vec![Some(1.2), Some(950.0)]),
            ("model,price,units\nA,\"20,500\",1.200\nB,900,0.950\n", vec![Some(1.2), Some(0.95)]),
            ("model;price;units\nA;20.500;1.234.567\nB;9000;950\n", vec![Some(1_234_567.0), Some(950.0)]),
            ("model\tprice\tunits\nA\t$32,500\t1,000\nB\t$20,000\t500\n", vec![Some(1000.0), Some(500.0)]),
        ] {
            let sheet = sheet(text);
            assert_eq!(sheet.numbers("units", &[0, 1]).unwrap(), (volumes, vec![]), "{text}");
        }
        let sheet = sheet("model;price;units\nA;20500;1.200\nB;9000;1.000\n");
        let (found, refused) = sheet.numbers("units", &[0, 1]).unwrap();
        assert_eq!(found, [None, None]);
        assert!(
            refused[0].contains("row 2: units is 1.200, expected a number that reads one way, 1200 or 1.200"),
            "{refused:?}"
        );
    }

    #[test]
    fn dollars_are_known_by_name_and_sign() {
        let sheet = sheet("price_usd,price (thousand USD),list $,tag,price\n1,2,3,$4.50,5\n");
        let units = ["price_usd", "price (thousand USD)", "list $", "tag", "price"].map(|own| sheet.dollars(own, &[0]));
        assert_eq!(units, [Some(1.0), Some(1000.0), Some(1.0), Some(1.0), None]);
    }

    #[test]
    fn a_comma_parts_thousands_where_commas_part_cells() {
        let sheet = sheet("model,price\nA,\"32,500\"\nB,many\n");
        let (found, refused) = sheet.numbers("price", &[0, 1]).unwrap();
        assert_eq!(found, [Some(32_500.0), None]);
        assert!(refused[0].contains("row 3: price is \"many\", expected a number"), "{refused:?}");
    }
}
