//! Text as shapes, for pictures of pixels: the outlines of the letters of the two faces that charts use, and no font of the machine.
//!
//! Letters stand side by side, from left to right, as far apart as the face says. That is all that Latin, Greek and Cyrillic need; scripts
//! whose letters join, or run the other way, are set right in SVG and PDF only.

use std::fmt::Write as _;
use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, OutlineCurve, Point};

use super::ChartError;

/// A line of text of a document, in its units.
pub(super) struct Line {
    /// What is written.
    pub(super) text: String,
    /// Where it begins.
    pub(super) left: f64,
    /// Where its letters stand.
    pub(super) baseline: f64,
    /// Units in an em.
    pub(super) em: f64,
    bold: bool,
    /// Colour and opacity, as the document writes them.
    paint: String,
}

fn face(bold: bool) -> Result<&'static FontRef<'static>, ChartError> {
    static FACES: OnceLock<Option<[FontRef<'static>; 2]>> = OnceLock::new();
    let read = || {
        let [regular, bold] = [dejavu::sans::regular(), dejavu::sans::bold()].map(FontRef::try_from_slice);
        Some([regular.ok()?, bold.ok()?])
    };
    let faces = FACES.get_or_init(read).as_ref();
    let faces = faces.ok_or_else(|| ChartError::Draw("the embedded font cannot be read".to_owned()))?;
    Ok(&faces[usize::from(bold)])
}

/// Calls `set` with each letter and where it stands, in ems from the beginning; gives where the next would stand.
fn spaced(face: &FontRef<'_>, text: &str, mut set: impl FnMut(ab_glyph::GlyphId, f64)) -> f64 {
    let per_em = f64::from(face.units_per_em().unwrap_or(1.0));
    let (mut at, mut before) = (0.0, None);
    for letter in text.chars().map(|letter| face.glyph_id(letter)) {
        at += before.map_or(0.0, |before| f64::from(face.kern_unscaled(before, letter)) / per_em);
        set(letter, at);
        at += f64::from(face.h_advance_unscaled(letter)) / per_em;
        before = Some(letter);
    }
    at
}

impl Line {
    /// A line of a document: its attributes and its content.
    fn read(attributes: &str, content: &str) -> Result<Self, ChartError> {
        let find =
            |name: &str| attributes.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next());
        let number = |name: &str| -> Option<f64> { find(name)?.trim_end_matches("em").parse().ok() };
        let lengths = (number("x"), number(" y"), number("dy"), number("font-size"));
        let (Some(x), Some(y), Some(below), Some(em)) = lengths else {
            return Err(ChartError::Render(format!("a text without its place: {attributes}")));
        };
        let text = unescape(content.trim_matches('\n'));
        let bold = find("font-weight") == Some("bold");
        let paint = ["opacity", "fill"].iter().filter_map(|name| Some(format!("{name}=\"{}\"", find(name)?)));
        let paint = paint.collect::<Vec<_>>().join(" ");
        let mut line = Self { text, left: x, baseline: y + below * em, em, bold, paint };
        line.left -= match find("text-anchor") {
            Some("middle") => line.width()? / 2.0,
            Some("end") => line.width()?,
            _ => 0.0,
        };
        Ok(line)
    }

    /// How long it is.
    pub(super) fn width(&self) -> Result<f64, ChartError> {
        Ok(self.em * spaced(face(self.bold)?, &self.text, |_, _| {}))
    }

    /// The letters as one path, in tenths of the document's unit.
    fn path(&self) -> Result<String, ChartError> {
        let face = face(self.bold)?;
        let scale = self.em / f64::from(face.units_per_em().unwrap_or(1.0));
        let tenths = |length: f64| (10.0 * length).round() as i64;
        let mut path = format!("<path {} transform=\"scale(0.1)\" d=\"", self.paint);
        spaced(face, &self.text, |letter, at| {
            let left = self.left + self.em * at;
            let go = |path: &mut String, kind: char, through: &[&Point]| {
                path.push(kind);
                for point in through {
                    let (x, y) = (left + scale * f64::from(point.x), self.baseline - scale * f64::from(point.y));
                    // Writing to a string does not fail.
                    let _ = write!(path, "{} {} ", tenths(x), tenths(y));
                }
            };
            let mut pen = None;
            for curve in face.outline(letter).into_iter().flat_map(|outline| outline.curves) {
                let (from, to) = match &curve {
                    OutlineCurve::Line(from, to)
                    | OutlineCurve::Quad(from, _, to)
                    | OutlineCurve::Cubic(from, _, _, to) => (from, to),
                };
                if pen != Some(*from) {
                    go(&mut path, 'M', &[from]);
                }
                match &curve {
                    OutlineCurve::Line(_, to) => go(&mut path, 'L', &[to]),
                    OutlineCurve::Quad(_, by, to) => go(&mut path, 'Q', &[by, to]),
                    OutlineCurve::Cubic(_, one, two, to) => go(&mut path, 'C', &[one, two, to]),
                }
                pen = Some(*to);
            }
        });
        path.push_str("\"/>");
        Ok(path)
    }
}

/// Whether a picture of pixels shows a letter as it is written: the face has it, and it neither joins its neighbours nor runs from right to left.
fn is_set(letter: char, face: &FontRef<'_>) -> bool {
    let joins_or_turns = matches!(letter,
        '\u{0300}'..='\u{036f}' // marks that stand above other letters
        | '\u{0590}'..='\u{08ff}' // Hebrew, Arabic, Syriac, Thaana, N'Ko
        | '\u{0900}'..='\u{109f}' // the scripts of India, Thai, Lao, Tibetan, Burmese
        | '\u{1780}'..='\u{18af}' // Khmer, Mongolian
        | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' // forms of Hebrew and Arabic
    );
    letter.is_whitespace() || (!joins_or_turns && face.glyph_id(letter).0 != 0)
}

/// The lines of text of a document that a picture of pixels does not show as they are written.
pub(super) fn not_set(svg: &str) -> Result<Vec<String>, ChartError> {
    let mut found = Vec::new();
    walk(
        svg,
        |_| {},
        |line| {
            let face = face(line.bold)?;
            if !line.text.chars().all(|letter| is_set(letter, face)) {
                found.push(line.text);
            }
            Ok(())
        },
    )?;
    Ok(found)
}

/// What was escaped for XML.
pub(super) fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

/// Calls `line` for each text of a document, and `other` for what stands between them.
fn walk(
    svg: &str,
    mut other: impl FnMut(&str),
    mut line: impl FnMut(Line) -> Result<(), ChartError>,
) -> Result<(), ChartError> {
    let mut pieces = svg.split("<text ");
    other(pieces.next().unwrap_or_default());
    for piece in pieces {
        let broken = || ChartError::Render("a text without its end".to_owned());
        let (text, after) = piece.split_once("</text>").ok_or_else(broken)?;
        let (attributes, content) = text.split_once('>').ok_or_else(broken)?;
        line(Line::read(attributes, content)?)?;
        other(after);
    }
    Ok(())
}

/// The document with its text as shapes.
pub(super) fn as_shapes(svg: &str) -> Result<String, ChartError> {
    let shapes = std::cell::RefCell::new(String::with_capacity(4 * svg.len()));
    walk(
        svg,
        |other| shapes.borrow_mut().push_str(other),
        |line| {
            let path = line.path()?;
            write!(shapes.borrow_mut(), "{path}").map_err(|error| ChartError::Render(error.to_string()))
        },
    )?;
    Ok(shapes.into_inner())
}

/// The lines of text of a document.
#[cfg(test)]
pub(super) fn lines(svg: &str) -> Result<Vec<Line>, ChartError> {
    let mut lines = Vec::new();
    walk(
        svg,
        |_| {},
        |line| {
            lines.push(line);
            Ok(())
        },
    )?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the face lacks, joins or turns round is found; the letters of Europe are not.
    #[test]
    fn letters_that_a_picture_lacks_are_found() {
        let text = |content: &str| format!("<text x=\"1\" y=\"2\" dy=\"0.76em\" font-size=\"9\">\n{content}\n</text>");
        let kept = ["São Tomé &amp; Ελλάδα, Россия", "−5 ± 3 μ* ≥ “x”…"];
        let lost = ["トヨタ", "ישראל", "Toyota 🚗"];
        let svg: String = kept.iter().chain(&lost).map(|content| text(content)).collect();
        assert_eq!(not_set(&svg).unwrap(), lost);
    }
}
