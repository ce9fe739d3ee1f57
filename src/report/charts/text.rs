//! Text: how wide it is, how it is shortened or wrapped, and how numbers are written.

use super::theme::Type;
use super::{ChartError, letters};

/// The families of the SVG text. The first is the one we measure with; the others are found on common systems.
pub(super) const FAMILIES: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

/// Width of `text` in pixels.
pub(super) fn width(text: &str, font: Type) -> Result<f64, ChartError> {
    Ok(font.px * letters::ems(text, font.bold)?)
}

/// Text without what XML forbids: control characters and line breaks become spaces.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c }).collect()
}

/// Letters of a text that are drawn at most.
pub(super) const MOST: usize = 2_000;

/// The same of what is drawn: no sheet holds more than is kept.
pub(super) fn clean(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => printable(&text[..end]),
        None => printable(text),
    }
}

/// Whether a cut between two letters would leave a part of a number, which reads as another number.
fn parts_a_number(before: Option<&char>, after: Option<&char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    let is_part = |c: &char| c.is_ascii_digit() || matches!(c, ',' | '.' | '%');
    (before.is_ascii_digit() && is_part(after))
        || (matches!(before, ',' | '.' | '−' | '+' | '±') && after.is_ascii_digit())
}

/// `text`, cut with an ellipsis where it is wider than `room`.
pub(super) fn fit(text: &str, font: Type, room: f64) -> Result<String, ChartError> {
    let text = clean(text);
    if width(&text, font)? <= room {
        return Ok(text);
    }
    let mut letters: Vec<char> = text.chars().collect();
    while let Some(dropped) = letters.pop() {
        if parts_a_number(letters.last(), Some(&dropped)) {
            continue;
        }
        let kept: String = letters.iter().collect();
        let cut = format!("{}…", kept.trim_end());
        if width(&cut, font)? <= room {
            return Ok(cut);
        }
    }
    Ok("…".to_owned())
}

/// A name, cut in the middle where it is wider than `room`: names of one line often differ only at their ends.
pub(super) fn fit_name(name: &str, font: Type, room: f64) -> Result<String, ChartError> {
    let name = clean(name);
    if width(&name, font)? <= room {
        return Ok(name);
    }
    let letters: Vec<char> = name.chars().collect();
    for kept in (1..letters.len()).rev() {
        let tail = kept * 2 / 5;
        let (head, tail) = (&letters[..kept - tail], &letters[letters.len() - tail..]);
        let (head, tail): (String, String) = (head.iter().collect(), tail.iter().collect());
        let cut = format!("{}…{}", head.trim_end(), tail.trim_start());
        if width(&cut, font)? <= room {
            return Ok(cut);
        }
    }
    Ok("…".to_owned())
}

/// Width of the column of these names: as wide as the widest, within `least` and `most`.
pub(super) fn column<'a>(
    names: impl Iterator<Item = &'a str>,
    font: Type,
    (least, most): (f64, f64),
) -> Result<f64, ChartError> {
    let mut widest = least;
    for name in names {
        widest = f64::max(widest, width(&clean(name), font)?);
    }
    Ok(widest.min(most))
}

/// A name in at most `lines` lines; one that has more loses its middle, for names often differ only at their ends.
pub(super) fn name_lines(name: &str, font: Type, room: f64, lines: usize) -> Result<Vec<String>, ChartError> {
    let whole = wrap(name, font, room, lines)?;
    if !whole.iter().any(|line| line.ends_with('…')) {
        return Ok(whole);
    }
    let cut = wrap(&fit_name(name, font, 0.85 * room * lines as f64)?, font, room, lines)?;
    if cut.iter().any(|line| line.ends_with('…')) { Ok(vec![fit_name(name, font, room)?]) } else { Ok(cut) }
}

/// `text` in at most `lines` lines of `room` pixels, the last cut where it does not fit.
pub(super) fn wrap(text: &str, font: Type, room: f64, lines: usize) -> Result<Vec<String>, ChartError> {
    let text = clean(text);
    let mut wrapped: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let last = wrapped.len() == lines;
        if let Some(line) = wrapped.last_mut() {
            let longer = format!("{line} {word}");
            if last || width(&longer, font)? <= room {
                *line = longer;
                continue;
            }
        }
        wrapped.push(word.to_owned());
    }
    wrapped.iter().map(|line| fit(line, font, room)).collect()
}

/// A name in a sentence: whole words of it, of `most` letters or so.
pub(super) fn brief(name: &str, most: usize) -> String {
    let name = clean(name);
    let Some((end, _)) = name.char_indices().nth(most) else { return name };
    let kept = &name[..end];
    // A word longer than half of it all is cut as it stands.
    let words = kept.rsplit_once(' ').map(|(words, _)| words).filter(|words| words.len() > end / 2).unwrap_or(kept);
    format!("{}…", words.trim_end_matches([' ', ',', ';', ':', '(']))
}

/// A number with thousands separators and a true minus sign; a dash for NaN.
pub(super) fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, rest) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let mut grouped = String::with_capacity(plain.len() + 8);
    if value < 0.0 && plain.bytes().any(|b| matches!(b, b'1'..=b'9')) {
        grouped.push('−');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped.push_str(rest);
    grouped
}

/// A number in a sentence: to about three figures, in billions or millions where it is that large.
pub(super) fn in_words(value: f64) -> String {
    match value.abs() {
        size if size >= 1e9 => format!("{} billion", number(value / 1e9, 2)),
        size if size >= 1e6 => format!("{} million", number(value / 1e6, usize::from(size < 1e8))),
        size if size >= 100.0 => number(value, 0),
        size if size >= 1.0 => number(value, 1),
        _ => number(value, 3),
    }
}

/// How numbers of a unit are written: fractions in percent, their changes in percentage points.
pub(super) struct UnitWords {
    /// What numbers are multiplied by.
    pub(super) times: f64,
    /// The unit of a level.
    pub(super) level: String,
    /// The unit of a change.
    pub(super) change: String,
}

impl UnitWords {
    pub(super) fn of(unit: &str) -> Self {
        match unit {
            "fraction" => Self { times: 100.0, level: "percent".to_owned(), change: "percentage points".to_owned() },
            _ => Self { times: 1.0, level: unit.to_owned(), change: unit.to_owned() },
        }
    }
}

/// Half of an interval's width, of which `shown` is the writing: what rounds to nothing and is not is below the last digit.
pub(super) fn half_width(half: f64, shown: &str) -> String {
    if half == 0.0 || shown.bytes().any(|b| matches!(b, b'1'..=b'9')) {
        return format!("± {shown}");
    }
    match shown.strip_suffix('0').filter(|_| shown.contains('.')) {
        Some(rest) => format!("± <{rest}1"),
        None => "± <1".to_owned(),
    }
}

/// A relative change, a fraction, in percent with its sign.
pub(super) fn percent_change(fraction: f64) -> String {
    let percent = 100.0 * fraction;
    if !percent.is_finite() {
        return "–".to_owned();
    }
    let plus = if percent >= 0.05 { "+" } else { "" };
    format!("{plus}{}%", number(percent, 1))
}

/// With a capital at its beginning.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// "1 replication", "1,000 replications".
pub(super) fn count(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(n as f64, 0))
}

/// A model as buyers name it: the brand, then the model unless the model's name starts with it.
pub(super) fn car_name(brand: &str, model: &str) -> String {
    if brand.is_empty() || model.starts_with(brand) { model.to_owned() } else { format!("{brand} {model}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::theme::LABEL;

    #[test]
    fn numbers_in_sentences_have_about_three_figures() {
        let told = [1.329e9, -371_845_000.0, 2_345_678.0, -180_306.0, 12.34, 0.0123].map(in_words);
        assert_eq!(told, ["1.33 billion", "−372 million", "2.3 million", "−180,306", "12.3", "0.012"]);
    }

    /// An interval is not written as nothing where it is something.
    #[test]
    fn half_widths_that_round_to_nothing_are_below_the_last_digit() {
        let shown = |half: f64, digits: usize| half_width(half, &number(half, digits));
        assert_eq!([shown(0.0, 3), shown(0.0123, 3), shown(41.4, 0)], ["± 0.000", "± 0.012", "± 41"]);
        assert_eq!([shown(0.0004, 3), shown(0.2, 0)], ["± <0.001", "± <1"]);
    }

    #[test]
    fn numbers_carry_separators_and_a_true_minus() {
        assert_eq!(number(1_234_567.4, 0), "1,234,567");
        assert_eq!(number(-12_345.678, 2), "−12,345.68");
        assert_eq!(number(999.0, 0), "999");
        assert_eq!(number(-0.2, 0), "0");
        assert_eq!(number(f64::NAN, 0), "–");
        assert_eq!(percent_change(0.7), "+70.0%");
        assert_eq!(percent_change(-0.0004), "0.0%");
        assert_eq!(percent_change(f64::NAN), "–");
        assert_eq!((sentence("bargaining alone"), sentence("")), ("Bargaining alone".to_owned(), String::new()));
        assert_eq!(count(1, "replication"), "1 replication");
        assert_eq!(count(12_000, "replication"), "12,000 replications");
    }

    #[test]
    fn long_text_is_cut_or_wrapped_to_its_room() {
        let name = "A model name of forty characters, & more";
        let cut = fit(name, LABEL, 100.0).unwrap();
        assert!(cut.ends_with('…') && cut.chars().count() < name.chars().count());
        assert!(width(&cut, LABEL).unwrap() <= 100.0);
        let cut = fit_name("Grand Touring Estate No. 12", LABEL, 110.0).unwrap();
        assert!(cut.starts_with("Grand") && cut.contains('…') && cut.ends_with("No. 12"), "{cut}");
        // A number is whole or not there: a part of it would be another.
        let told = "falls by 326,217.5 cars";
        for room in 0..160 {
            let cut = fit(told, LABEL, f64::from(room)).unwrap();
            assert!(cut.contains("326,217.5") || !cut.contains('3'), "{cut}");
        }
        assert_eq!(
            brief("Sanctions imposed at the deadline, with all that follows", 36),
            "Sanctions imposed at the deadline…"
        );
        assert_eq!(brief("Status quo", 36), "Status quo");
        // Two names that differ at their ends stay two.
        let [north, south] = ["north", "south"].map(|end| {
            let name = format!("The republic of the seven islands and their waters in the far {end}");
            name_lines(&name, LABEL, 130.0, 2).unwrap()
        });
        assert!(north != south && north.len() <= 2 && north.concat().ends_with("north"), "{north:?} {south:?}");
        assert_eq!(column(["a", name].into_iter(), LABEL, (10.0, 90.0)).unwrap(), 90.0);
        let lines = wrap(name, LABEL, 120.0, 2).unwrap();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| width(line, LABEL).unwrap() <= 120.0));
        assert_eq!(wrap(name, LABEL, 900.0, 2).unwrap(), [name]);
        assert_eq!(fit("a\nb\u{1}", LABEL, 900.0).unwrap(), "a b ");
    }
}
