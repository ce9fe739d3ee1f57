//! CSV tables whose cells know their row.
//!
//! A table has a header and rows of as many cells. Cells are kept as text, without the spaces around them, and are read
//! column by column with the type that is asked for. Rows are named by the line on which they begin, as an editor
//! counts, and by a label column if one is chosen:
//!
//! `configs/data/models.csv, row 14 (gt-coupe): msrp_usd is -3200, expected a positive number`

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use jiff::civil::Date;

use crate::config::error::{no_text, utf8};
use crate::config::source::{LONGEST_DATA, Source};
use crate::config::suggest::short;
use crate::config::{ConfigError, TableComplaint, month, suggest};
use crate::numerics::elementary::ln;

/// Most columns of a table.
const MOST_COLUMNS: usize = 20_000;

/// A table of text cells with a header.
#[derive(Clone, Debug)]
pub struct Table {
    file: String,
    header: Vec<String>,
    rows: Vec<Row>,
    label: Option<usize>,
}

#[derive(Clone, Debug)]
struct Row {
    line: usize,
    cells: Vec<String>,
}

impl Table {
    /// Reads a UTF-8 CSV file with a header.
    ///
    /// Fails if it cannot be read, is not UTF-8, has no header, names a column twice or not at all, or has a row with
    /// more or fewer cells than the header.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        Self::from_bytes(Source::beside(path).read_named(path, LONGEST_DATA)?, &path.display().to_string())
    }

    /// Reads a table from the bytes of a file.
    pub fn from_bytes(bytes: Vec<u8>, file: &str) -> Result<Self, ConfigError> {
        let file = file.to_owned();
        match utf8(bytes) {
            Ok(text) => Self::from_str(&text, &file),
            Err((offset, line)) => Err(ConfigError::of_table(
                file,
                Some(line),
                format!("byte {offset} of the file is not UTF-8 text"),
                "save the file with the encoding UTF-8",
            )),
        }
    }

    /// Reads a table from text; `display_name` takes the file's place in messages.
    pub fn from_str(text: &str, display_name: &str) -> Result<Self, ConfigError> {
        check_delimiter(text, display_name)?;
        check_characters(text, display_name)?;
        let mut table = Self { file: display_name.to_owned(), header: Vec::new(), rows: Vec::new(), label: None };
        // In a table of one column a blank line is an empty cell, unless only blank lines follow.
        let mut blank = Vec::new();
        // One record more than the text has: a quote that is never closed would swallow it.
        let bytes = text.as_bytes().chain(&b"\n0"[..]);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        let (mut line, mut counted, mut closed) = (1, 0, false);
        for record in reader.records() {
            let record = record.map_err(|error| table.error(error.to_string(), "check the quotes"))?;
            let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
            // The reader's own position is that of the blank lines before a record.
            let ended = record.position().map_or(0, |position| position.byte() as usize);
            let rest = text.get(ended..).unwrap_or_default();
            let begin = ended + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
            if begin >= text.len() {
                closed = true;
                break;
            }
            line += text.as_bytes().get(counted..begin).unwrap_or_default().iter().filter(|b| **b == b'\n').count();
            counted = begin;
            if table.header.len() == 1 {
                // The line feed that ends the record before is no line of its own.
                let ended = if text[..ended].ends_with('\r') { ended + 1 } else { ended };
                let blanks = text.get(ended..begin).unwrap_or_default().matches('\n').count();
                blank.extend(line - blanks..line);
            }
            if cells.iter().all(String::is_empty) && cells.len() == 1 && !text[begin..].starts_with('"') {
                if table.header.len() == 1 {
                    blank.push(line);
                }
                continue;
            }
            if table.header.is_empty() {
                table.header = cells;
                table.check_header()?;
                continue;
            }
            let found = cells.len();
            table.rows.extend(blank.drain(..).map(|line| Row { line, cells: vec![String::new()] }));
            table.rows.push(Row { line, cells });
            if found != table.header.len() {
                let message = format!("has {found} cells, but the header has {}", table.header.len());
                let row = table.rows.len() - 1;
                let help = decimal_comma(&table.rows[row].cells, table.header.len()).unwrap_or_else(|| {
                    "look for a missing or extra comma; a cell with commas or line breaks needs quotes, closed again".to_owned()
                });
                return Err(table.error_at(row, message, &help));
            }
        }
        if !closed {
            let message = format!("a quote is opened in the row at line {line} and never closed");
            return Err(table.error(message, "close it; a quote inside quotes is written twice"));
        }
        if table.header.is_empty() {
            return Err(table.error("is empty".to_owned(), "write the names of the columns in the first line"));
        }
        Ok(table)
    }

    fn check_header(&self) -> Result<(), ConfigError> {
        if self.header.len() > MOST_COLUMNS {
            let message = format!("has {} columns, at most {MOST_COLUMNS} can be", self.header.len());
            return Err(self.error(message, "leave out the columns that nothing reads"));
        }
        let mut seen = BTreeMap::new();
        for (index, name) in self.header.iter().enumerate() {
            if name.is_empty() {
                let message = format!("column {} has no name", index + 1);
                let help = match index {
                    0 => {
                        "name every column in the first line; if it is the index of a data frame, leave it out (index=False)"
                    }
                    _ => "name every column in the first line",
                };
                return Err(self.error(message, help));
            }
            if let Some(first) = seen.insert(name, index) {
                let message = format!("columns {} and {} are both named `{name}`", first + 1, index + 1);
                return Err(self.error(message, "rename or remove one of them"));
            }
            if let Some((found, like)) = disguised(name) {
                let (column, found) = (index + 1, u32::from(found));
                let message = format!("column {column} is named `{}` with the character U+{found:04X}", short(name));
                return Err(self.error(message, like));
            }
        }
        Ok(())
    }

    /// The same table, with rows named in messages by their cell in `column`. Fails if there is no such column.
    pub fn labelled_by(mut self, column: &str) -> Result<Self, ConfigError> {
        self.label = Some(self.index(column)?);
        Ok(self)
    }

    /// The number of rows, without the header.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The names of the columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.header
    }

    /// Whether there is a column of this name.
    #[must_use]
    pub fn has_column(&self, column: &str) -> bool {
        self.header.iter().any(|name| name == column)
    }

    /// The cells of a column as they are, possibly empty. Fails if there is no such column.
    pub fn column_text(&self, column: &str) -> Result<Vec<&str>, ConfigError> {
        let index = self.index(column)?;
        Ok((0..self.rows()).map(|row| self.cell(row, index)).collect())
    }

    /// The cells of a column of names. What is written in several ways is one name ([`meaning`]), as it is written first.
    pub fn column_names(&self, column: &str) -> Result<Vec<String>, ConfigError> {
        Ok(one_name_each(self.column_text(column)?))
    }

    /// A column of text that names each row: no cell is empty, and no two mean the same.
    pub fn column_key(&self, column: &str) -> Result<Vec<&str>, ConfigError> {
        let keys = self.column_text(column)?;
        let mut seen = BTreeMap::new();
        for (row, key) in keys.iter().enumerate() {
            if key.is_empty() {
                return Err(self.refuse(row, column, key, "a name"));
            }
            if let Some(first) = seen.insert(meaning(key), row) {
                let otherwise = if keys[first] == *key { String::new() } else { format!(" as {:?}", keys[first]) };
                let message =
                    format!("{column} is {key:?}, which row {} has already{otherwise}", self.rows[first].line);
                return Err(self.error_at(row, message, "each row needs its own: rename or remove one of the two"));
            }
        }
        Ok(keys)
    }

    /// A column of finite numbers. Fails at the first cell that is none.
    pub fn column_f64(&self, column: &str) -> Result<Vec<f64>, ConfigError> {
        self.read(column, "a finite number", number)
    }

    /// A column of finite numbers; cells for which `absent` holds are not numbers.
    pub fn column_f64_or(&self, column: &str, absent: impl Fn(&str) -> bool) -> Result<Vec<f64>, ConfigError> {
        self.read(column, "a finite number", |cell| if absent(cell) { Some(f64::NAN) } else { number(cell) })
    }

    /// A column of finite numbers, some of which may be left empty.
    pub fn column_optional_f64(&self, column: &str) -> Result<Vec<Option<f64>>, ConfigError> {
        self.column_f64_where(column, |_| false)
    }

    /// A column of finite numbers, of which rows that are not `needed` may be left empty.
    pub fn column_f64_where(
        &self,
        column: &str,
        needed: impl Fn(usize) -> bool,
    ) -> Result<Vec<Option<f64>>, ConfigError> {
        let cells = self.column_text(column)?;
        let read = |(row, cell): (usize, &&str)| match (number(cell), needed(row)) {
            (Some(number), _) => Ok(Some(number)),
            (None, true) => Err(self.refuse(row, column, cell, "a finite number")),
            (None, false) if cell.is_empty() => Ok(None),
            (None, false) => Err(self.refuse(row, column, cell, "a finite number, or nothing")),
        };
        cells.iter().enumerate().map(read).collect()
    }

    /// A column of numbers above zero.
    pub fn column_positive(&self, column: &str) -> Result<Vec<f64>, ConfigError> {
        self.read(column, "a positive number", |cell| number(cell).filter(|number| *number > 0.0))
    }

    /// A column of numbers at or above zero.
    pub fn column_non_negative(&self, column: &str) -> Result<Vec<f64>, ConfigError> {
        self.read(column, "a number, zero or more", |cell| number(cell).filter(|number| *number >= 0.0))
    }

    /// A column of yes or no: `true`/`false`, `yes`/`no`, `1`/`0`, in any case of letters.
    pub fn column_bool(&self, column: &str) -> Result<Vec<bool>, ConfigError> {
        self.read(column, "true or false (or yes, no, 1, 0)", |cell| match cell.to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            // As programs write whole numbers beside empty cells: 1.0.
            number => {
                number.parse::<f64>().ok().filter(|number| [0.0, 1.0].contains(number)).map(|number| number == 1.0)
            }
        })
    }

    /// A column of months such as `1995-06`, as the first day of each.
    pub fn column_month(&self, column: &str) -> Result<Vec<Date>, ConfigError> {
        let cells = self.column_text(column)?.into_iter().enumerate();
        let refuse = |row, cell| self.refuse_cell_with(row, column, "a month such as 1995-06", month::remedy(cell));
        cells.map(|(row, cell)| month::first_day(cell).ok_or_else(|| refuse(row, cell))).collect()
    }

    /// A number per row computed from columns: `a`, `a / b`, `a * b` or `log(a)` (the natural logarithm).
    ///
    /// Fails at an unknown column, a cell that is no number, and a row whose result is not finite.
    pub fn expression(&self, text: &str) -> Result<Vec<f64>, ConfigError> {
        let text = text.trim();
        if self.has_column(text) {
            return self.column_f64(text);
        }
        if let Some(inner) = text.strip_prefix("log(").and_then(|inner| inner.strip_suffix(')')) {
            return Ok(self.column_positive(inner.trim())?.into_iter().map(ln).collect());
        }
        let Some((left, right)) = text.split_once(['/', '*']) else { return self.column_f64(text) };
        let divided = text[left.len()..].starts_with('/');
        let (left, right) = (left.trim(), right.trim());
        let (a, b) = (self.column_f64(left)?, self.column_f64(right)?);
        let result = |(row, (a, b)): (usize, (&f64, &f64))| {
            let value = if divided { a / b } else { a * b };
            if value.is_finite() {
                return Ok(value);
            }
            let message = format!("`{text}` is not finite: {left} is {a}, {right} is {b}");
            Err(self.error_at(row, message, "correct the cells, or use another expression"))
        };
        a.iter().zip(&b).enumerate().map(result).collect()
    }

    /// Multiplies a cell by `factor`. Fails if there is no such column or the cell is no number.
    pub fn scale(&mut self, row: usize, column: &str, factor: f64) -> Result<(), ConfigError> {
        let index = self.index(column)?;
        let Some(value) = number(self.cell(row, index)) else {
            return Err(self.refuse_cell(row, column, "a finite number"));
        };
        if let Some(cell) = self.rows.get_mut(row).and_then(|row| row.cells.get_mut(index)) {
            // The shortest decimals that give the product back.
            *cell = (value * factor).to_string();
        }
        Ok(())
    }

    /// The line of the row at `row` (from 0), as an editor counts.
    #[must_use]
    pub fn line(&self, row: usize) -> Option<usize> {
        self.rows.get(row).map(|row| row.line)
    }

    /// A complaint about the row at `row` (from 0), for checks made after reading; the message begins with the column.
    pub fn error_at(&self, row: usize, message: impl Into<String>, help: impl Into<String>) -> ConfigError {
        let label = self.label.map(|label| short(self.cell(row, label)).into_owned()).filter(|label| !label.is_empty());
        ConfigError::Row(Box::new(TableComplaint {
            file: self.file.clone(),
            row: self.rows.get(row).map(|row| row.line),
            label,
            message: message.into(),
            help: help.into(),
            cell: None,
        }))
    }

    /// A complaint about one cell, with help of its own.
    #[must_use]
    pub fn refuse_cell_with(&self, row: usize, column: &str, expected: &str, help: String) -> ConfigError {
        let mut refused = self.refuse_cell(row, column, expected);
        if let ConfigError::Row(complaint) = &mut refused {
            complaint.help = help;
        }
        refused
    }

    /// A complaint about one cell: its column, what it holds, and what was expected.
    #[must_use]
    pub fn refuse_cell(&self, row: usize, column: &str, expected: &str) -> ConfigError {
        match self.index(column) {
            Ok(index) => self.refuse(row, column, self.cell(row, index), expected),
            Err(missing) => missing,
        }
    }

    fn refuse(&self, row: usize, column: &str, cell: &str, expected: &str) -> ConfigError {
        let found = match cell {
            "" => "empty".to_owned(),
            cell if cell.parse::<f64>().is_ok() => short(cell).into_owned(),
            cell => format!("{:?}", short(cell)),
        };
        let meant = if expected.contains("number") { one_of_readings(&readings(cell)) } else { None };
        let help = meant.unwrap_or_else(|| "correct the cell, or leave the row out".to_owned());
        self.error_at(row, format!("{column} is {found}, expected {expected}"), help)
            .about_column(column, Some(&short(cell)))
    }

    fn read<T>(&self, column: &str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ConfigError> {
        let cells = self.column_text(column)?;
        let read = |(row, cell): (usize, &&str)| parse(cell).ok_or_else(|| self.refuse(row, column, cell, expected));
        cells.iter().enumerate().map(read).collect()
    }

    fn index(&self, column: &str) -> Result<usize, ConfigError> {
        self.header.iter().position(|name| name == column).ok_or_else(|| {
            let names: Vec<&str> = self.header.iter().map(String::as_str).collect();
            self.error(format!("there is no column `{}`", short(column)), suggest::one_of(column, &names))
                .about_column(column, None)
        })
    }

    fn cell(&self, row: usize, column: usize) -> &str {
        self.rows.get(row).and_then(|row| row.cells.get(column)).map_or("", String::as_str)
    }

    fn error(&self, message: String, help: impl Into<String>) -> ConfigError {
        ConfigError::of_table(self.file.clone(), None, message, help)
    }
}

/// What a cell or a value stands for: `01`, `1` and `1.0` are one thing, `true`, `True`, `1` another, and a name that reads as
/// a number that is not finite (`nan`) is a name. Digits beyond what a number keeps tell names apart.
#[must_use]
pub fn meaning(cell: &str) -> String {
    const DIGITS: usize = 15;
    let few = cell.chars().filter(char::is_ascii_digit).count() <= DIGITS;
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() && few => (number + 0.0).to_string(),
        _ if cell.eq_ignore_ascii_case("true") => "1".to_owned(),
        _ if cell.eq_ignore_ascii_case("false") => "0".to_owned(),
        _ => cell.to_owned(),
    }
}

/// Names of which those that mean the same are written the same, as the first of them.
pub fn one_name_each<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut first: BTreeMap<String, &str> = BTreeMap::new();
    names.into_iter().map(|name| (*first.entry(meaning(name)).or_insert(name)).to_owned()).collect()
}

/// Letters of other alphabets that look like a Latin one.
const ALIKE: [(&str, &str); 2] = [
    ("\u{430}\u{435}\u{43e}\u{440}\u{441}\u{443}\u{445}\u{456}\u{458}\u{455}\u{501}\u{51b}", "aeopcyxijsdq"),
    (
        "\u{410}\u{412}\u{415}\u{41a}\u{41c}\u{41d}\u{41e}\u{420}\u{421}\u{422}\u{425}\u{3bf}\u{391}\u{395}\u{39f}\u{3a1}",
        "ABEKMHOPCTXoAEOP",
    ),
];

/// A character of a name that cannot be seen, or that only looks like one of the others, and what to do about it.
fn disguised(name: &str) -> Option<(char, String)> {
    let unseen = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    if let Some(found) = name.chars().find(|c| unseen(*c)) {
        return Some((found, "remove it: it cannot be seen".to_owned()));
    }
    let like = |c: char| {
        let found = ALIKE.iter().find_map(|(other, latin)| latin.chars().nth(other.chars().position(|o| o == c)?));
        found.map(|latin| (c, latin))
    };
    // A name in another alphabet is a name.
    let latin = name.chars().any(|c| c.is_ascii_alphabetic());
    let (found, meant) = name.chars().find_map(like).filter(|_| latin)?;
    Some((found, format!("write `{meant}` in its place: it only looks like one")))
}

/// Refuses characters that are no text: on a terminal they are commands.
fn check_characters(text: &str, file: &str) -> Result<(), ConfigError> {
    let Some((at, character)) = text.char_indices().find(|(_, c)| no_text(*c)) else { return Ok(()) };
    let help = match character {
        '\0' => "save the file with the encoding UTF-8: in UTF-16 every other byte is 0",
        _ => "remove it: it is no letter, number or sign",
    };
    let line = 1 + text[..at].matches('\n').count();
    let message = format!("has the control character U+{:04X}", u32::from(character));
    Err(ConfigError::of_table(file, Some(line), message, help))
}

/// Signs and codes of currencies around a number.
const CURRENCIES: [&str; 16] =
    ["$", "€", "£", "¥", "₩", "₹", "USD", "EUR", "GBP", "JPY", "CAD", "KRW", "CNY", "MXN", "INR", "CHF"];

/// What a cell that is no number means, its likeliest reading first: signs and separators of thousands taken out, a decimal comma a
/// point, percent a fraction. Two readings where a separator can be of thousands or of decimals.
fn readings(cell: &str) -> Vec<String> {
    if number(cell).is_some() {
        return Vec::new();
    }
    let cell = cell.replace('\u{2212}', "-");
    let (unsigned, sign) = match cell.strip_prefix('-') {
        Some(rest) => (rest, "-"),
        None => (cell.strip_prefix('+').unwrap_or(&cell), ""),
    };
    let mut bare: String = unsigned.chars().filter(|c| !c.is_whitespace() && !"'\u{2019}_".contains(*c)).collect();
    let currency = CURRENCIES.iter().find(|code| bare.starts_with(**code) || bare.ends_with(**code));
    if let Some(code) = currency {
        bare = bare.strip_prefix(code).or_else(|| bare.strip_suffix(code)).unwrap_or(&bare).to_owned();
    }
    let (sign, bare) = match bare.strip_prefix('-') {
        Some(rest) if sign.is_empty() => ("-", rest),
        _ => (sign, bare.as_str()),
    };
    let (bare, percent) = bare.strip_suffix('%').map_or((bare, false), |rest| (rest, true));
    let counts = [bare.matches(',').count(), bare.matches('.').count()];
    let whole = |text: &str, separator: char| grouped(text, separator).then(|| text.replace(separator, ""));
    // The separator of decimals stands last, and once.
    let decimal = |at: usize, other: char| {
        let before = if bare.contains(other) { whole(&bare[..at], other)? } else { bare[..at].to_owned() };
        Some(format!("{before}.{}", &bare[at + 1..]))
    };
    let found: Vec<Option<String>> = match (bare.rfind(','), bare.rfind('.'), counts) {
        (Some(comma), Some(point), [1, _]) if comma > point => vec![decimal(comma, '.')],
        (Some(comma), Some(point), [_, 1]) if point > comma => vec![decimal(point, ',')],
        (Some(_), Some(_), _) => Vec::new(),
        (Some(comma), None, [1, _]) => vec![whole(bare, ','), decimal(comma, '.')],
        (Some(_), None, _) => vec![whole(bare, ',')],
        (None, Some(point), [_, 1]) => vec![whole(bare, '.').filter(|_| currency.is_some()), decimal(point, ',')],
        (None, Some(_), _) => vec![whole(bare, '.')],
        (None, None, _) => vec![Some(bare.to_owned())],
    };
    let written = |text: String| {
        let digits = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        let value = number(&text).filter(|_| digits)?;
        // Rounded to the digits that a percentage has: 7% is 0.07, not 0.07000000000000001.
        let rounded = || format!("{:.12e}", value / 100.0).parse().map(|fraction: f64| fraction.to_string()).ok();
        Some(format!("{sign}{}", if percent { rounded()? } else { text }))
    };
    found.into_iter().flatten().filter_map(written).collect()
}

/// Whether `text` is a whole number in groups of three digits, or of two before the last three, as in India.
fn grouped(text: &str, separator: char) -> bool {
    let parts: Vec<&str> = text.split(separator).collect();
    let [first, middle @ .., last] = parts.as_slice() else { return false };
    let most = if middle.iter().all(|part| part.len() == 3) { 3 } else { 2 };
    // "0,250" is no number of thousands.
    *first != "0"
        && (1..=most).contains(&first.len())
        && middle.iter().all(|part| part.len() == most)
        && last.len() == 3
        && parts.iter().all(|part| part.chars().all(|c| c.is_ascii_digit()))
}

/// The likeliest reading of a cell that is no number; none where a currency stands by a number such as 37.000, which is 37 or 37000.
#[must_use]
pub fn number_meant(cell: &str) -> Option<String> {
    match readings(cell).as_slice() {
        [_, _] if !cell.contains(',') => None,
        [first, ..] => Some(first.clone()),
        [] => None,
    }
}

/// What to write for a cell with these readings.
fn one_of_readings(readings: &[String]) -> Option<String> {
    match readings {
        [] => None,
        [meant] => Some(format!("write {meant}")),
        [thousands, decimal, ..] => {
            Some(format!("write {thousands} if the separator parts thousands, or {decimal} if it parts decimals"))
        }
    }
}

/// A number as TOML and JSON have it: 0.03 for .03, 3.0 for 3., 3 for 03. Nothing for what is no number at all.
#[must_use]
pub fn spelled(text: &str) -> Option<String> {
    number(text)?;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = digits.split_at(digits.find(['e', 'E']).unwrap_or(digits.len()));
    let (whole, part) = mantissa.split_once('.').map_or((mantissa, None), |(whole, part)| (whole, Some(part)));
    let whole = Some(whole.trim_start_matches('0')).filter(|digits| !digits.is_empty()).unwrap_or("0");
    let part = part.map(|digits| format!(".{}", if digits.is_empty() { "0" } else { digits })).unwrap_or_default();
    Some(format!("{sign}{whole}{part}{exponent}"))
}

/// What to write in TOML or JSON for text that was meant as a number and is none there; `whole` where only whole numbers will do.
#[must_use]
pub fn number_remedy(text: &str, whole: bool) -> Option<String> {
    let text = text.trim();
    let fits = |number: &String| !whole || number.parse::<f64>().is_ok_and(|number| number.fract() == 0.0);
    match spelled(text) {
        Some(same) if same == text.strip_prefix('+').unwrap_or(text) => None,
        Some(other) => Some(format!("write {other}")),
        None => {
            let readings: Vec<String> = readings(text).iter().filter_map(|text| spelled(text)).filter(fits).collect();
            one_of_readings(&readings)
        }
    }
}

/// Refuses a table whose cells are not separated by commas, or whose first line is not that of its columns.
fn check_delimiter(text: &str, file: &str) -> Result<(), ConfigError> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (header, first) = (lines.next().unwrap_or_default(), lines.next());
    let refuse = |message: String, help: &str| Err(ConfigError::of_table(file, None, message, help));
    let remark = header.trim_start();
    if remark.starts_with('#') || remark.starts_with("//") || remark.to_ascii_lowercase().starts_with("sep=") {
        let message = format!("the first line is {:?}, expected the names of the columns", short(remark));
        return refuse(message, "remove the line: a table has no remarks");
    }
    let found = [(';', "semicolons"), ('\t', "tabs"), ('|', "vertical bars"), (':', "colons"), ('^', "carets")];
    let parts =
        |sign: char| header.contains(sign) && !header.contains(',') && first.is_none_or(|row| row.contains(sign));
    let spaced = |line: &str| !line.contains([',', '"']) && line.split_whitespace().count() >= 3;
    let spaces = spaced(header) && first.is_some_and(spaced);
    let found = found.into_iter().find(|(delimiter, _)| parts(*delimiter)).map(|(_, name)| name);
    match found.or(spaces.then_some("spaces")) {
        Some(name) => refuse(
            format!("the cells are separated by {name}, expected commas"),
            "save it with commas between the cells, and a point in numbers such as 0.25",
        ),
        None => Ok(()),
    }
}

/// What to write where a row has so many cells because its numbers have commas in place of points: `0,5` in one column is two cells.
fn decimal_comma(cells: &[String], columns: usize) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mut at, mut pairs, mut first) = (0, 0, None);
    while let [whole, part, ..] = &cells[at..] {
        if digits(whole.strip_prefix(['-', '+']).unwrap_or(whole)) && digits(part) {
            pairs += 1;
            first.get_or_insert(format!("if {whole},{part} is one number, write {whole}.{part}, with a point"));
            at += 1;
        }
        at += 1;
    }
    first.filter(|_| cells.len() > columns && pairs >= cells.len() - columns)
}

fn number(cell: &str) -> Option<f64> {
    cell.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "\
model,msrp_usd,horsepower,weight_lb,luxury,launched,month
\"LS, 400\", 51680 ,250,3650,yes,1989-09-01,1994-01
Q45,52850,278,4000,1,1989-11-01,1994-02
";

    fn table(text: &str) -> Table {
        Table::from_str(text, "models.csv").and_then(|table| table.labelled_by("model")).unwrap()
    }

    fn complaint<T: std::fmt::Debug>(result: Result<T, ConfigError>) -> String {
        result.expect_err("should be refused").to_string()
    }

    /// Whatever parts the cells, and whatever stands before the names of the columns, is named.
    #[test]
    fn lines_and_names_that_are_no_columns_are_named() {
        let refused = |text: &str| complaint(Table::from_str(text, "t.csv"));
        for (sign, name) in [(" ", "spaces"), (":", "colons"), ("^", "carets"), (";", "semicolons"), ("\t", "tabs")] {
            let text = "a,b,price\n1,2,3\n".replace(',', sign);
            assert!(refused(&text).contains(&format!("separated by {name}, expected commas")), "{name}");
        }
        for first in ["# made by hand", "sep=,", "SEP=;", "// notes, of mine"] {
            let message = refused(&format!("{first}\na,b\n1,2\n"));
            assert!(
                message.contains("expected the names of the columns") && message.contains("remove the line"),
                "{message}"
            );
        }
        // Cyrillic er, and a space without width.
        let message = refused("model,\u{440}rice\nx,1\n");
        assert!(
            message.contains("column 2") && message.contains("U+0440") && message.contains("write `p`"),
            "{message}"
        );
        let message = refused("model,price\u{200b}\nx,1\n");
        assert!(message.contains("U+200B") && message.contains("cannot be seen"), "{message}");
        // Names in another alphabet, and a text of several words in a lone column, are what they are.
        for text in ["\u{446}\u{435}\u{43d}\u{430},\u{4fa1}\u{683c}\n1,2\n", "net benefit usd\n1.0\n2.0\n", "a:b\n1\n"]
        {
            Table::from_str(text, "t.csv").unwrap();
        }
        let long = Table::from_str(&format!("model,price\nx,{}\n", "9x".repeat(100_000)), "t.csv").unwrap();
        let message = complaint(long.column_f64("price"));
        assert!(message.contains("... (200000 characters)") && message.len() < 400, "{}", message.len());
    }

    /// Numbers with commas in place of points part into cells of their own.
    #[test]
    fn decimal_commas_between_cells_are_named() {
        let help = |text: &str| complaint(Table::from_str(text, "t.csv"));
        assert!(help("weight\n0,5\n0,5\n").contains("write 0.5, with a point"));
        assert!(help("id,price,share\na,-2,5,0,3\n").contains("write -2.5, with a point"));
        for other in ["id,price\na,b,c\n", "id,price,share\na,2\n", "id,name\n1,a,b,c\n"] {
            assert!(help(other).contains("look for a missing or extra comma"), "{other}");
        }
    }

    #[test]
    fn names_that_mean_one_thing_are_written_the_same() {
        let table = Table::from_str("model,maker\na,01\nb,1\nc,1.0\nd,nan\ne,NaN\nf,1e0\n", "t.csv").unwrap();
        assert_eq!(table.column_names("maker").unwrap(), ["01", "01", "01", "nan", "NaN", "01"]);
        assert!(complaint(table.column_key("maker")).contains("row 2 has already as \"01\""));
        let long = ["1234567890123456", "1234567890123457"];
        assert_ne!(meaning(long[0]), meaning(long[1]));
    }

    #[test]
    fn columns_are_read_by_type() {
        let table = table(TEXT);
        assert_eq!((table.rows(), table.columns().len()), (2, 7));
        assert_eq!(table.column_key("model").unwrap(), ["LS, 400", "Q45"]);
        assert_eq!(table.column_positive("msrp_usd").unwrap(), [51_680.0, 52_850.0]);
        assert_eq!(table.column_bool("luxury").unwrap(), [true, true]);
        assert_eq!(table.column_month("month").unwrap(), [date(1994, 1, 1), date(1994, 2, 1)]);
        let blanks = Table::from_str("a,b\n1,\n2,3\n", "x.csv").unwrap().column_optional_f64("b").unwrap();
        assert_eq!(blanks, [None, Some(3.0)]);
    }

    #[test]
    fn what_a_cell_means_is_written_as_a_number() {
        for (cell, meant) in [
            ("37000,00", "37000.00"),
            ("0,25", "0.25"),
            ("0,250", "0.250"),
            ("25%", "0.25"),
            ("7 %", "0.07"),
            ("12,5%", "0.125"),
            ("32,500", "32500"),
            ("$1,234,567.50", "1234567.50"),
            ("1.234.567,50", "1234567.50"),
            ("32 500", "32500"),
            ("-1,5", "-1.5"),
            ("1.000.000", "1000000"),
            ("37.000.000", "37000000"),
            ("1\u{2009}000", "1000"),
            ("37\u{202f}000,5", "37000.5"),
            ("1_000", "1000"),
            ("\u{2212}12", "-12"),
            ("12,34,567", "1234567"),
            ("37000 USD", "37000"),
            ("-$1,234.5", "-1234.5"),
            ("$-12", "-12"),
        ] {
            assert_eq!(number_meant(cell).as_deref(), Some(meant), "{cell}");
        }
        for cell in ["12,34,56", "1,2,3", "abc", "", "%", "1..2", "0.25", "n/a", "$37.000", "--1", "$", "1,000.000.000"]
        {
            assert_eq!(number_meant(cell), None, "{cell}");
        }
        assert_eq!(readings("$37.000"), ["37000", "37.000"]);
        assert_eq!(readings("1,000"), ["1000", "1.000"]);
        assert_eq!(readings("1234,567"), ["1234.567"]);
        assert_eq!(readings("$37.00"), ["37.00"]);
        for (text, remedy) in [
            (".03", Some("write 0.03")),
            ("-.5", Some("write -0.5")),
            ("+.5", Some("write 0.5")),
            ("3.", Some("write 3.0")),
            ("03", Some("write 3")),
            ("1.e5", Some("write 1.0e5")),
            ("00.50", Some("write 0.50")),
            (",03", Some("write 0.03")),
            ("3%", Some("write 0.03")),
            ("37000,00", Some("write 37000.00")),
            ("100 000", Some("write 100000")),
            ("100_000.", Some("write 100000.0")),
            ("37,000", Some("write 37000 if the separator parts thousands, or 37.000 if it parts decimals")),
            // Numbers as they are, and what is none.
            ("3", None),
            ("+3", None),
            ("0.25", None),
            ("-1e-3", None),
            ("inf", None),
            ("three", None),
            ("", None),
        ] {
            assert_eq!(number_remedy(text, false).as_deref(), remedy, "{text}");
        }
        assert_eq!(number_remedy("0,5", true), None);
        assert_eq!(number_remedy("1 000", true).as_deref(), Some("write 1000"));
    }

    #[test]
    fn scaled_cells_are_read_to_the_bit() {
        let mut table = table(TEXT);
        table.scale(0, "msrp_usd", 1.0 / 3.0).unwrap();
        assert_eq!(table.column_positive("msrp_usd").unwrap(), [51_680.0 * (1.0 / 3.0), 52_850.0]);
        let text = complaint(table.scale(0, "luxury", 2.0));
        assert!(text.starts_with("models.csv, row 2 (LS, 400): luxury is \"yes\", expected a finite number"), "{text}");
        assert!(complaint(table.scale(0, "horspower", 2.0)).contains("did you mean `horsepower`"));
    }

    #[test]
    fn expressions_combine_columns() {
        let table = table(TEXT);
        assert_eq!(table.expression("horsepower").unwrap(), [250.0, 278.0]);
        assert_eq!(table.expression("horsepower / weight_lb").unwrap(), [250.0 / 3650.0, 278.0 / 4000.0]);
        assert_eq!(table.expression("horsepower*weight_lb").unwrap(), [912_500.0, 1_112_000.0]);
        assert_relative_eq!(table.expression("log(msrp_usd)").unwrap()[0], 51_680_f64.ln(), max_relative = 1e-15);
        let unknown = complaint(table.expression("horsepower / wieght_lb"));
        let expected =
            "models.csv: there is no column `wieght_lb`\nhelp: did you mean `weight_lb`? expected one of `model`,";
        assert!(unknown.starts_with(expected), "{unknown}");
        let zero = Table::from_str("model,a,b\nx,1,0\n", "z.csv").unwrap();
        assert!(complaint(zero.expression("a / b")).starts_with("z.csv, row 2: `a / b` is not finite: a is 1, b is 0"));
        assert!(complaint(zero.expression("log(b)")).starts_with("z.csv, row 2: b is 0, expected a positive number"));
        assert!(complaint(zero.expression("a + b")).contains("there is no column `a + b`"));
        assert!(complaint(zero.expression("a / b / a")).contains("there is no column `b / a`"));
    }

    #[test]
    fn a_bad_cell_is_named_with_file_row_label_column_and_expectation() {
        let bad = |from: &str, to: &str| table(&TEXT.replacen(from, to, 1));
        let negative = complaint(bad("52850", "-3200").column_positive("msrp_usd"));
        let expected = "models.csv, row 3 (Q45): msrp_usd is -3200, expected a positive number\nhelp: correct the cell, or leave the row out";
        assert_eq!(negative, expected);
        let text = complaint(bad("278", "many").column_f64("horsepower"));
        assert!(
            text.starts_with("models.csv, row 3 (Q45): horsepower is \"many\", expected a finite number"),
            "{text}"
        );
        assert!(complaint(bad("278", "NaN").column_f64("horsepower")).contains("horsepower is NaN, expected a finite"));
        assert!(complaint(bad("278", "").column_f64("horsepower")).contains("horsepower is empty, expected a finite"));
        assert!(
            complaint(bad("278", "-1").column_non_negative("horsepower")).contains("is -1, expected a number, zero")
        );
        let separators = complaint(bad("52850", "\"$52,850.00\"").column_positive("msrp_usd"));
        assert!(separators.ends_with("help: write 52850.00"), "{separators}");
        let either = complaint(bad("52850", "\"52,850\"").column_positive("msrp_usd"));
        assert!(
            either.ends_with("write 52850 if the separator parts thousands, or 52.850 if it parts decimals"),
            "{either}"
        );
        let needed = bad("278", "many").column_f64_where("horsepower", |row| row == 1);
        assert!(complaint(needed).contains("expected a finite number\n"));
        let free = bad("278", "many").column_f64_where("horsepower", |row| row == 0);
        assert!(complaint(free).contains("expected a finite number, or nothing\n"));
        assert_eq!(bad("278", "").column_f64_where("horsepower", |row| row == 0).unwrap(), [Some(250.0), None]);
        let flag = complaint(bad("yes", "maybe").column_bool("luxury"));
        assert!(flag.starts_with("models.csv, row 2 (LS, 400): luxury is \"maybe\", expected true or false"), "{flag}");
        assert!(
            complaint(bad("1994-01", "1994-13").column_month("month")).contains("expected a month such as 1995-06")
        );
        let twice = complaint(bad("Q45", "\"LS, 400\"").column_key("model"));
        assert!(
            twice.starts_with("models.csv, row 3 (LS, 400): model is \"LS, 400\", which row 2 has already"),
            "{twice}"
        );
        assert!(complaint(bad("Q45", "").column_key("model")).starts_with("models.csv, row 3: model is empty"));
        let later = table(TEXT).refuse_cell(0, "msrp_usd", "a price below 50000").to_string();
        assert!(later.starts_with("models.csv, row 2 (LS, 400): msrp_usd is 51680, expected a price below"), "{later}");
    }

    #[test]
    fn rows_are_counted_as_an_editor_does() {
        let text = "a,b\r\n\r\n\"one\r\ntwo\",1\r\n  \r\n\r\nx,2\r\ny,z\r\n";
        let table = Table::from_str(text, "x.csv").unwrap();
        assert_eq!(table.rows(), 3);
        assert!(complaint(table.column_f64("b")).starts_with("x.csv, row 8: b is \"z\""));
        assert!(complaint(table.column_f64("a")).starts_with("x.csv, row 3: a is \"one\\r\\ntwo\""));
    }

    #[test]
    fn an_empty_cell_of_a_lone_column_is_a_row() {
        for text in ["y\n1\n\"\"\n3\n", "y\n1\n\n3\n\n\n", "y\r\n1\r\n\r\n3\r\n", "y\n1\n  \n3\n \n"] {
            let table = Table::from_str(text, "y.csv").unwrap();
            assert_eq!(table.column_text("y").unwrap(), ["1", "", "3"], "{text:?}");
            assert!(complaint(table.column_f64("y")).starts_with("y.csv, row 3: y is empty"), "{text:?}");
        }
        let last = Table::from_str("y\n1\n\"\"\n", "y.csv").unwrap();
        assert_eq!(last.column_text("y").unwrap(), ["1", ""]);
    }

    #[test]
    fn other_separators_than_commas_are_named() {
        for (sign, name) in [(';', "semicolons"), ('\t', "tabs"), ('|', "vertical bars")] {
            let text = complaint(Table::from_str(&format!("a{sign}b\n0,5{sign}2\n"), "x.csv"));
            assert!(text.starts_with(&format!("x.csv: the cells are separated by {name}, expected commas")), "{text}");
            assert!(Table::from_str(&format!("a{sign}b\n0.5\n"), "x.csv").is_ok(), "the name of a lone column");
            assert!(Table::from_str(&format!("a,b\n1,x{sign}y\n"), "x.csv").is_ok());
        }
    }

    #[test]
    fn tables_of_the_wrong_shape_are_refused() {
        let read = |text: &str| complaint(Table::from_str(text, "x.csv"));
        assert!(read("").starts_with("x.csv: is empty"));
        assert!(read("\n\n").starts_with("x.csv: is empty"));
        assert!(read("a,b,a\n").starts_with("x.csv: columns 1 and 3 are both named `a`"));
        let wide: Vec<String> = (0..=MOST_COLUMNS).map(|column| format!("c{column}")).collect();
        assert!(read(&wide.join(",")).starts_with("x.csv: has 20001 columns, at most 20000 can be"));
        assert!(read("a,,c\n").starts_with("x.csv: column 2 has no name"));
        assert!(read(",a\n0,1\n").contains("leave it out (index=False)"));
        assert!(read("a,b\n1,2\n3\n").starts_with("x.csv, row 3: has 1 cells, but the header has 2"));
        assert!(read("a,b\n1,2,3").contains("row 2: has 3 cells"));
        assert!(
            read("a,b\n1,\"2\n3,4\n").starts_with("x.csv: a quote is opened in the row at line 2 and never closed")
        );
        assert!(read("\"a,b\n1,2\n").contains("line 1 and never closed"));
        assert_eq!(Table::from_str("a,b\n1,6\"\n", "x.csv").unwrap().column_text("b").unwrap(), ["6\""]);
    }

    #[test]
    fn files_that_cannot_be_read_say_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models.csv");
        std::fs::write(&path, b"\xef\xbb\xbfmodel\nx\n").unwrap();
        assert_eq!(Table::load(&path).unwrap().columns(), ["model"], "a byte order mark is not part of the name");
        std::fs::write(&path, b"model\nx\ncaf\xe9\n").unwrap();
        assert!(complaint(Table::load(&path)).contains("models.csv, row 3: byte 11 of the file is not UTF-8"));
        let missing = complaint(Table::load(folder.path().join("modls.csv")));
        assert!(missing.contains("modls.csv: cannot be read: ") && missing.ends_with("models.csv`?"), "{missing}");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-c,\"\r\n1. é\u{feff}/-]{0,60}", expression in "[a-c/*() log]{0,8}") {
            if let Ok(table) = Table::from_str(&text, "x.csv") {
                let _ = table.expression(&expression).map_err(|error| error.to_string());
                for column in table.columns().to_vec() {
                    let _ = table.column_key(&column).map_err(|error| error.to_string());
                    let _ = table.column_month(&column).map_err(|error| error.to_string());
                    let _ = table.column_optional_f64(&column).map_err(|error| error.to_string());
                }
            }
        }
    }
}
