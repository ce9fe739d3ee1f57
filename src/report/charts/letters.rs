//! The letters of the two faces that charts use, and no font of the machine: how long a line is, and its outlines for pictures of pixels.
//!
//! Letters stand side by side, from left to right, as far apart as the face says. That is all that Latin, Greek and Cyrillic need; scripts
//! whose letters join, or run the other way, are set right in SVG and PDF only.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use ab_glyph::{Font, FontRef, GlyphId, OutlineCurve};
use tiny_skia::{Path, PathBuilder};

use super::ChartError;
use super::elements::{Element, elements};

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
}

/// A letter of a face.
struct Letter {
    id: GlyphId,
    /// How far the next one stands from it, in ems.
    advance: f64,
    outline: Vec<OutlineCurve>,
}

/// One of the faces, with what was asked of it: a study's charts set the same hundred letters over and over.
struct Face {
    font: FontRef<'static>,
    per_em: f64,
    letters: HashMap<char, Rc<Letter>>,
    kerning: HashMap<(GlyphId, GlyphId), f64>,
}

thread_local! {
    /// The regular face and the bold one.
    static FACES: [RefCell<Option<Face>>; 2] = const { [RefCell::new(None), RefCell::new(None)] };
}

impl Face {
    /// Calls `ask` with one of the two faces.
    fn with<T>(bold: bool, ask: impl FnOnce(&mut Self) -> T) -> Result<T, ChartError> {
        let data = if bold { dejavu::sans::bold() } else { dejavu::sans::regular() };
        FACES.with(|faces| {
            let mut face = faces[usize::from(bold)].borrow_mut();
            if face.is_none() {
                let unreadable = |_| ChartError::Draw("the embedded font cannot be read".to_owned());
                let font = FontRef::try_from_slice(data).map_err(unreadable)?;
                let per_em = f64::from(font.units_per_em().unwrap_or(1.0));
                *face = Some(Self { font, per_em, letters: HashMap::new(), kerning: HashMap::new() });
            }
            face.as_mut().map(ask).ok_or_else(|| ChartError::Draw("the embedded font is not there".to_owned()))
        })
    }

    fn letter(&mut self, letter: char) -> Rc<Letter> {
        let read = || {
            let id = self.font.glyph_id(letter);
            let advance = f64::from(self.font.h_advance_unscaled(id)) / self.per_em;
            Rc::new(Letter { id, advance, outline: self.font.outline(id).map_or_else(Vec::new, |it| it.curves) })
        };
        Rc::clone(self.letters.entry(letter).or_insert_with(read))
    }

    /// How much farther than its advance a letter stands from the one before it, in ems.
    fn kerning(&mut self, before: GlyphId, letter: GlyphId) -> f64 {
        let read = || f64::from(self.font.kern_unscaled(before, letter)) / self.per_em;
        *self.kerning.entry((before, letter)).or_insert_with(read)
    }

    /// Calls `set` with each letter and where it stands, in ems from the beginning; gives where the next would stand.
    fn spaced(&mut self, text: &str, mut set: impl FnMut(&Letter, f64)) -> f64 {
        let (mut at, mut before) = (0.0, None);
        for letter in text.chars() {
            let letter = self.letter(letter);
            at += before.map_or(0.0, |before| self.kerning(before, letter.id));
            set(&letter, at);
            at += letter.advance;
            before = Some(letter.id);
        }
        at
    }

    /// Whether a picture of pixels shows a letter as it is written: the face has it, and it neither joins its neighbours nor runs from right to left.
    fn sets(&mut self, letter: char) -> bool {
        let joins_or_turns = matches!(letter,
            '\u{0300}'..='\u{036f}' // marks that stand above other letters
            | '\u{0590}'..='\u{08ff}' // Hebrew, Arabic, Syriac, Thaana, N'Ko
            | '\u{0900}'..='\u{109f}' // the scripts of India, Thai, Lao, Tibetan, Burmese
            | '\u{1780}'..='\u{18af}' // Khmer, Mongolian
            | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' // forms of Hebrew and Arabic
        );
        letter.is_whitespace() || (!joins_or_turns && self.letter(letter).id.0 != 0)
    }
}

/// How long a text is, in ems.
pub(super) fn ems(text: &str, bold: bool) -> Result<f64, ChartError> {
    Face::with(bold, |face| face.spaced(text, |_, _| {}))
}

impl Line {
    /// The line that an element of text sets.
    pub(super) fn of(element: &Element<'_>) -> Result<Self, ChartError> {
        let below = element.attribute("dy").and_then(|below| below.trim_end_matches("em").parse::<f64>().ok());
        let below = below.ok_or_else(|| element.unlike("dy"))?;
        let em = element.number("font-size")?;
        let mut line = Self {
            text: unescape(element.content.trim_matches('\n')),
            left: element.number("x")?,
            baseline: element.number("y")? + below * em,
            em,
            bold: element.attribute("font-weight") == Some("bold"),
        };
        line.left -= match element.attribute("text-anchor") {
            Some("middle") => line.width()? / 2.0,
            Some("end") => line.width()?,
            _ => 0.0,
        };
        Ok(line)
    }

    /// How long it is.
    pub(super) fn width(&self) -> Result<f64, ChartError> {
        Ok(self.em * ems(&self.text, self.bold)?)
    }

    /// The letters as one path, in the document's units; nothing where none of them has an outline.
    pub(super) fn path(&self) -> Result<Option<Path>, ChartError> {
        let mut path = PathBuilder::new();
        Face::with(self.bold, |face| {
            let scale = self.em / face.per_em;
            face.spaced(&self.text, |letter, at| {
                let left = self.left + self.em * at;
                let place = |point: &ab_glyph::Point| {
                    ((left + scale * f64::from(point.x)) as f32, (self.baseline - scale * f64::from(point.y)) as f32)
                };
                draw(&letter.outline, &mut path, place);
            });
        })?;
        Ok(path.finish())
    }
}

/// Adds the outline of a letter to a path.
fn draw(outline: &[OutlineCurve], path: &mut PathBuilder, place: impl Fn(&ab_glyph::Point) -> (f32, f32)) {
    let mut pen = None;
    for curve in outline {
        let (OutlineCurve::Line(from, to) | OutlineCurve::Quad(from, _, to) | OutlineCurve::Cubic(from, _, _, to)) =
            curve;
        if pen != Some(*from) {
            let (x, y) = place(from);
            path.move_to(x, y);
        }
        let (x, y) = place(to);
        match curve {
            OutlineCurve::Line(..) => path.line_to(x, y),
            OutlineCurve::Quad(_, by, _) => {
                let (x1, y1) = place(by);
                path.quad_to(x1, y1, x, y);
            }
            OutlineCurve::Cubic(_, one, two, _) => {
                let ((x1, y1), (x2, y2)) = (place(one), place(two));
                path.cubic_to(x1, y1, x2, y2, x, y);
            }
        }
        pen = Some(*to);
    }
}

/// The lines of text of a document that a picture of pixels does not show as they are written.
pub(super) fn not_set(svg: &str) -> Result<Vec<String>, ChartError> {
    let mut found = Vec::new();
    for line in lines(svg)? {
        if !Face::with(line.bold, |face| line.text.chars().all(|letter| face.sets(letter)))? {
            found.push(line.text);
        }
    }
    Ok(found)
}

/// The lines of text of a document.
pub(super) fn lines(svg: &str) -> Result<Vec<Line>, ChartError> {
    elements(svg).filter(|element| element.name == "text").map(|element| Line::of(&element)).collect()
}

/// What was escaped for XML.
pub(super) fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
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
