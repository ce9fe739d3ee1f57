//! A page of claims: text with numbers of runs in it, looked up in their tables and worked out.
//!
//! Between double braces stands
//!
//! - `EXPRESSION | FORM`: a number with its interval. `FORM` is `+,.2 bn` with as many digits, a sign and thousands where asked for, then a unit;
//!   `~` in front leaves the interval out.
//! - `EXPRESSION > EXPRESSION ? TEXT | TEXT | TEXT`: what is said where all of the interval is so, where none of it is, and in between.
//! - `rows(RUN, TABLE, by=COLUMN, CONDITION, ...)` at the beginning of a line: the rest of it for every such row, the largest first, with
//!   `[COLUMN | FORM]` in the place of its cells.
//!
//! An expression has numbers, the page's own by name, `+ - * /`, brackets, and
//!
//! - `change(RUN, REGIME, METRIC)` and `level(RUN, REGIME, METRIC)`, over another period with a fourth name: one number of each draw, or of each
//!   replication of a run without draws. Numbers of two runs are taken together in the draws that both have.
//! - `estimate(RUN, TABLE, COLUMN, CONDITION, ...)`: a mean with its 95% interval, from the column of standard errors, or from two more columns that are
//!   named after it; of several rows their sum.
//! - `sum(RUN, TABLE, COLUMN, CONDITION, ...)`, `count(RUN, TABLE, CONDITION, ...)`, `draws(RUN)`.
//! - `rank(RUN, TABLE, COLUMN, CONDITION, ...)`: the place of the row of the first condition among the rows of the others, the largest first.

mod expression;
mod lookup;
mod value;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::lookup::{ClaimTable, ClaimTables};

use self::expression::{Argument, Expression, arguments, comparison, expression, parted_by};
use self::lookup::{Lookups, RowCells};
use self::value::{ClaimNumber, NumberFormat};
use crate::config::claims::ClaimsPage;

/// What is wrong on a page of claims.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: `{place}`: {message}")]
pub struct ClaimError {
    /// The page.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What stands between the braces, or its beginning.
    pub place: String,
    /// What is wrong with it.
    pub message: String,
}

/// Verdict where a page gives none for an interval that holds both.
const BOTH: &str = "cannot be told";
/// Deepest that named numbers may refer to each other.
const DEEPEST: usize = 50;
/// Most characters of a place, and of what is wrong there, that an error has.
const TOLD: [usize; 2] = [120, 400];

/// The page with its numbers.
///
/// # Errors
/// [`ClaimError`] at the first place that cannot be worked out.
pub fn filled_page(page: &ClaimsPage, tables: &dyn ClaimTables) -> Result<String, ClaimError> {
    written(page, Some(tables))
}

/// Looks at all that stands between braces, without a table: its form, and whether the runs and numbers that it names are on the page.
///
/// # Errors
/// [`ClaimError`] at the first place that is wrong.
pub fn check_page(page: &ClaimsPage) -> Result<(), ClaimError> {
    written(page, None).map(drop)
}

fn written(page: &ClaimsPage, tables: Option<&dyn ClaimTables>) -> Result<String, ClaimError> {
    let lookups = tables.map(|tables| Lookups { period: &page.period, tables });
    let writer = PageWriter { page, lookups, known: RefCell::default() };
    let mut out = String::with_capacity(page.text.len());
    for (number, line) in (page.first_line..).zip(page.text.lines()) {
        writer.line(line, &mut out).map_err(|(place, message)| ClaimError {
            file: page.path.display().to_string(),
            line: number,
            place: cut(&place, TOLD[0]),
            message: cut(&message, TOLD[1]),
        })?;
    }
    Ok(out)
}

/// The beginning of a text that may be long.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// What stands in a place, and what is wrong there.
type Wrong = (String, String);

/// Where something is asked for.
#[derive(Clone, Copy)]
enum Asked<'a> {
    /// Between braces of the text.
    Page,
    /// In a line that is written for rows, of which none is known.
    AnyRow,
    /// In a line that is written for this row.
    Row(RowCells<'a>),
}

struct PageWriter<'a> {
    page: &'a ClaimsPage,
    /// Nothing where the page is only looked at: every number is 1 then.
    lookups: Option<Lookups<'a>>,
    /// Named numbers worked out so far.
    known: RefCell<BTreeMap<&'a str, ClaimNumber>>,
}

impl<'a> PageWriter<'a> {
    fn line(&self, line: &str, out: &mut String) -> Result<(), Wrong> {
        let of_rows = line.strip_prefix("{{").and_then(|rest| rest.trim_start().strip_prefix("rows("));
        if let Some(rest) = of_rows {
            let wrong = |message: String| ("rows(".to_owned() + rest.split("}}").next().unwrap_or_default(), message);
            let (told, template) = rest.split_once("}}").ok_or_else(|| wrong("the braces are not closed".into()))?;
            let told = told.trim().strip_suffix(')').ok_or_else(|| wrong("the bracket is not closed".into()))?;
            let told = arguments(told).map_err(&wrong)?;
            let Some(lookups) = &self.lookups else {
                self.names_a_run(&told).map_err(&wrong)?;
                return self.text(template, ["[", "]"], Asked::AnyRow, out);
            };
            let (table, rows) = lookups.rows_by(&told).map_err(&wrong)?;
            for row in rows {
                self.text(template, ["[", "]"], Asked::Row(RowCells { table: &table, row }), out)?;
                out.push('\n');
            }
            return Ok(());
        }
        self.text(line, ["{{", "}}"], Asked::Page, out)?;
        out.push('\n');
        Ok(())
    }

    /// Text with what stands between marks put in.
    fn text(&self, text: &str, [open, close]: [&str; 2], at: Asked<'_>, out: &mut String) -> Result<(), Wrong> {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(open) {
            out.push_str(before);
            let unclosed = || (after.trim().to_owned(), format!("`{close}` is missing"));
            let (place, behind) = after.split_once(close).ok_or_else(unclosed)?;
            out.push_str(&self.place(place, at).map_err(|message| (place.trim().to_owned(), message))?);
            rest = behind;
        }
        out.push_str(rest);
        Ok(())
    }

    fn place(&self, place: &str, at: Asked<'_>) -> Result<String, String> {
        if let [asked, said @ ..] = &parted_by(place, '?')[..]
            && !said.is_empty()
        {
            return self.verdict(asked, &said.join("?"), at);
        }
        match parted_by(place, '|')[..] {
            [asked, form] => {
                let (form, number) = (NumberFormat::read(form)?, self.number(&expression(asked)?, at, 0)?);
                if self.lookups.is_some() { form.show(&number) } else { Ok(String::new()) }
            }
            [column] => match (at, expression(column)) {
                (Asked::Row(row), Ok(Expression::Name(column))) => row.text(&column),
                (Asked::AnyRow, Ok(Expression::Name(_))) => Ok(String::new()),
                _ => Err("a form is missing: `EXPRESSION | .1`".to_owned()),
            },
            _ => Err("there is more than one `|`".to_owned()),
        }
    }

    /// The one of two or three texts that is true.
    fn verdict(&self, asked: &str, said: &str, at: Asked<'_>) -> Result<String, String> {
        let Some((left, relation, right)) = comparison(asked)? else {
            return Err("what is asked has no `<`, `<=`, `>`, `>=` or `=`".to_owned());
        };
        let said: Vec<&str> = said.split('|').map(str::trim).collect();
        let (yes, no, both) = match said[..] {
            [yes, no] => (yes, no, BOTH),
            [yes, no, both] => (yes, no, both),
            _ => return Err("two or three texts follow the question, with `|` between them".to_owned()),
        };
        let ClaimNumber::Plain(to) = self.number(&right, at, 0)? else {
            return Err("compare with a number without an interval, or a difference with 0".to_owned());
        };
        let stands = self.number(&left, at, 0)?.stands(relation, to);
        Ok(stands.map_or(both, |so| if so { yes } else { no }).to_owned())
    }

    /// Refuses what names no run of the page.
    fn names_a_run(&self, told: &[Argument]) -> Result<(), String> {
        let run = told.iter().find_map(Argument::word).unwrap_or_default();
        if self.page.runs.contains_key(run) {
            return Ok(());
        }
        let known: Vec<&str> = self.page.runs.keys().map(String::as_str).collect();
        Err(format!("there is no run `{run}` on this page: there are {}", known.join(", ")))
    }

    fn number(&self, expression: &Expression, at: Asked<'_>, depth: usize) -> Result<ClaimNumber, String> {
        match expression {
            Expression::Number(number) => Ok(ClaimNumber::Plain(*number)),
            Expression::Lookup(name, told) => match &self.lookups {
                Some(lookups) => lookups.look_up(name, told),
                None => {
                    lookup::is_one(name, told)?;
                    self.names_a_run(told)?;
                    Ok(ClaimNumber::Plain(1.0))
                }
            },
            Expression::Binary(a, operator, b) => {
                let (a, b) = (self.number(a, at, depth)?, self.number(b, at, depth)?);
                match &self.lookups {
                    Some(lookups) => a.with(*operator, b, |one, other| lookups.same_worlds(one, other)),
                    None => Ok(a),
                }
            }
            Expression::Name(name) => {
                match at {
                    Asked::Row(row) if row.table.column(name).is_some() => return row.estimate(name),
                    Asked::AnyRow if !self.page.numbers.contains_key(name) => return Ok(ClaimNumber::Plain(1.0)),
                    _ => {}
                }
                self.named(name, depth)
            }
        }
    }

    /// A number of the page by its name, worked out once.
    fn named(&self, name: &str, depth: usize) -> Result<ClaimNumber, String> {
        let page: &'a ClaimsPage = self.page;
        let Some((name, own)) = page.numbers.get_key_value(name) else {
            let known: Vec<&str> = page.numbers.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(format!("there is no number `{name}` on this page: there are {known}"));
        };
        if let Some(known) = self.known.borrow().get(name.as_str()) {
            return Ok(known.clone());
        }
        if depth >= DEEPEST {
            return Err(format!("`{name}` is worked out from itself, or over more than {DEEPEST} other numbers"));
        }
        let parsed = self::expression::expression(own).map_err(|message| format!("`{name}`: {message}"))?;
        let number = self.number(&parsed, Asked::Page, depth + 1)?;
        self.known.borrow_mut().insert(name, number.clone());
        Ok(number)
    }
}

/// A table of a run, parsed.
///
/// # Errors
/// What is wrong with it.
pub fn parsed(csv: &[u8]) -> Result<Arc<ClaimTable>, String> {
    lookup::parsed(csv).map(Arc::new)
}

impl Argument {
    /// A name, where it is one.
    fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Condition(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
