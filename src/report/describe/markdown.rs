//! Markdown in which names from a scenario are only names.

use std::fmt::Write;

/// Text of a scenario: what Markdown or HTML would take for a sign of its own stands as it is written.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' | '{' | '}' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// An identifier of a scenario as code: a key, a column, the name of a regime.
pub(super) fn code(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '`' => '\'',
            // Within a table a bar would end the cell, whatever stands around it.
            '|' => '/',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    if plain.trim().is_empty() { "(no name)".to_owned() } else { format!("`{}`", plain.trim()) }
}

/// Identifiers as code, by commas.
pub(super) fn codes<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(code).collect::<Vec<_>>().join(", ")
}

/// A table: cells are Markdown.
pub(super) fn table(out: &mut String, head: &[&str], rows: &[Vec<String>]) {
    let _ = writeln!(out, "| {} |", head.join(" | "));
    let _ = writeln!(out, "|{}", " --- |".repeat(head.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out.push('\n');
}

/// Lines of equations.
pub(super) fn equations(out: &mut String, lines: &[String]) {
    out.push_str("```\n");
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
    out.push_str("```\n\n");
}

/// A number as a reader wants it: six digits at most where it has more.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let short: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    if short.abs() >= 1e9 || short.abs() < 1e-4 { format!("{short:e}") } else { short.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_only_names() {
        assert_eq!(text("<b>[x](y)|*\n#"), "&lt;b>\\[x\\](y)\\|\\* \\#");
        assert_eq!(code("a`|b\nc"), "`a'/b c`");
        assert_eq!(code(" "), "(no name)");
    }

    #[test]
    fn numbers_are_short_and_true() {
        assert_eq!(number(0.1 + 0.2), "0.3");
        assert_eq!(number(3_350_000.0), "3350000");
        assert_eq!(number(1e-7), "1e-7");
        assert_eq!(number(2.0), "2");
        assert_eq!(number(0.0), "0");
    }
}
