//! Cells of tables as CSV.

use std::borrow::Cow;

use jiff::civil::Date;

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// Whole number.
    Integer(u64),
    /// Number; NaN and infinities become an empty cell.
    Number(f64),
    /// Truth value.
    Boolean(bool),
    /// Date.
    Date(Date),
}

impl Cell {
    /// The cell as CSV text: of a number the shortest decimals that give the same double back, empty where not defined.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => quoted(text).into_owned(),
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => decimal(*number),
            Self::Boolean(truth) => truth.to_string(),
            Self::Date(date) => date.to_string(),
        }
    }
}

/// Text as a CSV cell, in quotes where CSV needs them or a reader could take it for something else: a number or date, a truth value, a cell
/// that is not given.
#[must_use]
pub fn quoted(text: &str) -> Cow<'_, str> {
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || "+-.#<".contains(c));
    let is_word = OTHERWISE_READ.iter().any(|word| text.eq_ignore_ascii_case(word));
    if begins || is_word || text.contains([',', '"', '\n', '\r']) || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

/// What readers of CSV take for something else than a word, in small letters.
const OTHERWISE_READ: [&str; 13] =
    ["na", "n/a", "nan", "null", "nil", "none", "missing", "inf", "infinity", "true", "false", "yes", "no"];

/// A number as a cell of a column of numbers: [`shortest`], with a decimal point (or an exponent) where it is whole too, so that a reader
/// who goes by the first rows takes the column for what it is.
#[must_use]
pub fn decimal(number: f64) -> String {
    let mut text = shortest(number);
    if !text.is_empty() && !text.contains(['.', 'e']) {
        text.push_str(".0");
    }
    text
}

/// Shortest decimal of a double; empty for NaN and infinities, `0` for both zeros.
#[must_use]
pub fn shortest(number: f64) -> String {
    let size = number.abs();
    if !number.is_finite() {
        String::new()
    } else if size == 0.0 {
        "0".into()
    } else if (1e-5..1e15).contains(&size) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

/// Lines of a CSV file: comma, LF, quotes where needed.
///
/// # Errors
/// When the CSV writer fails, which writing to memory does not.
pub fn csv_lines(rows: &mut dyn Iterator<Item = Vec<Cell>>) -> Result<Vec<u8>, csv::Error> {
    // Cells bring their quotes.
    let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Never).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(Cell::text))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shortest_and_undefined_is_empty() {
        let numbers = [0.1 + 0.2, 51_680.0, -0.0, -3.0, 1.5e-9, 1e300, f64::NAN, f64::INFINITY];
        let texts = ["0.30000000000000004", "51680.0", "0.0", "-3.0", "1.5e-9", "1e300", "", ""];
        assert_eq!(numbers.map(decimal), texts);
        assert_eq!(numbers.map(shortest), ["0.30000000000000004", "51680", "0", "-3", "1.5e-9", "1e300", "", ""]);
    }

    #[test]
    fn a_name_is_quoted_where_a_reader_could_take_it_for_something_else() {
        for name in [
            "1",
            "01",
            "9-3",
            "1995-01-01",
            "-5",
            ".5",
            "+1",
            "NA",
            "n/a",
            "null",
            "NaN",
            "Inf",
            "true",
            "FALSE",
            "#N/A",
            " Ford",
        ] {
            assert_eq!(quoted(name), format!("\"{name}\""));
        }
        assert_eq!((quoted("a, \"b\""), quoted("")), ("\"a, \"\"b\"\"\"".into(), "".into()));
        for name in ["y", "t", "Legend", "japan", "Name", "LS 400", "Trueno", "nan-1", "E320 1995"] {
            assert_eq!(quoted(name), name);
        }
    }

    #[test]
    fn numbers_come_back_to_the_bit() {
        for number in [1.0 / 3.0, 1e300, 2.5e-310, 123_456_789.123_456_79, -7.1e-6] {
            assert_eq!(decimal(number).parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }
}
