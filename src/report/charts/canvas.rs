//! A sheet in nominal pixels over plotters' SVG backend.
//!
//! The backend has whole coordinates only, so the sheet draws in tenths of a pixel and the document's `viewBox` scales
//! them back. Baselines are set in ems, because the backend's own vertical anchors differ between viewers.

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, PathElement, Polygon, Text};
use plotters::prelude::{IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, ShapeStyle, TextStyle};

use super::theme::{Dash, Ink, LABEL, Marker, Style, Type, WHITE};
use super::{ChartError, Svg, text};
use crate::config::figures::{Figures, Palette};

/// Drawing units in a pixel.
const UNITS: f64 = 10.0;
/// The backend writes a font size of 1/1.24 of what it is given.
const BACKEND_FONT_SIZE: f64 = 1.24;
/// The backend puts the baseline of top-anchored text this many ems below its point.
const BACKEND_BASELINE: f64 = 0.76;

/// Where a text stands against its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// The stroke of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke {
    pub(super) ink: Ink,
    pub(super) width: f64,
    pub(super) dash: Dash,
}

impl Stroke {
    pub(super) fn solid(ink: Ink, width: f64) -> Self {
        Self { ink, width, dash: &[] }
    }
}

pub(super) struct Canvas<'a> {
    /// Width of the sheet.
    pub(super) width: f64,
    palette: Palette,
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Draws a sheet of the look's width and `height` pixels; `title` and `description` are for readers who cannot see it.
pub(super) fn sheet(
    look: &Figures,
    height: f64,
    title: &str,
    description: &str,
    draw: impl FnOnce(&Canvas) -> Result<(), ChartError>,
) -> Result<Svg, ChartError> {
    let (width, height) = (look.width().ceil(), height.ceil());
    let size = (units(width).unsigned_abs(), units(height).unsigned_abs());
    let mut body = String::new();
    let canvas = Canvas {
        width: look.width(),
        palette: look.palette,
        area: SVGBackend::with_string(&mut body, size).into_drawing_area(),
    };
    canvas.rect((0.0, 0.0), (width, height), WHITE, 1.0)?;
    draw(&canvas)?;
    canvas.area.present().map_err(failed)?;
    drop(canvas);
    // The backend's opening tag knows neither the scale nor a title.
    let (_, shapes) = body.split_once('\n').ok_or_else(|| ChartError::Draw("empty drawing".to_owned()))?;
    let (title, description) = (escape(title), escape(description));
    let printed = super::print::printed(look, height);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" {} viewBox=\"0 0 {} {}\" \
         stroke-linejoin=\"round\" role=\"img\">\n<title>{title}</title>\n<desc>{description}</desc>\n{shapes}",
        printed.attributes, size.0, size.1,
    );
    Ok(Svg { svg, text_pt: printed.text_pt })
}

fn escape(text: &str) -> String {
    text::printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

fn point((x, y): (f64, f64)) -> (i32, i32) {
    (units(x), units(y))
}

fn failed(error: impl std::fmt::Display) -> ChartError {
    ChartError::Draw(error.to_string())
}

impl Canvas<'_> {
    fn colour(&self, ink: Ink, alpha: f64) -> RGBAColor {
        let Ink(red, green, blue) = match self.palette {
            Palette::Colour => ink,
            Palette::Grey => ink.grey(),
        };
        RGBAColor(red, green, blue, alpha)
    }

    fn style(&self, ink: Ink, alpha: f64, width: f64, filled: bool) -> ShapeStyle {
        ShapeStyle { color: self.colour(ink, alpha), filled, stroke_width: units(width).unsigned_abs() }
    }

    pub(super) fn rect(&self, from: (f64, f64), to: (f64, f64), ink: Ink, alpha: f64) -> Result<(), ChartError> {
        self.polygon(&[from, (to.0, from.1), to, (from.0, to.1)], ink, alpha)
    }

    pub(super) fn polygon(&self, corners: &[(f64, f64)], ink: Ink, alpha: f64) -> Result<(), ChartError> {
        let corners: Vec<_> = corners.iter().copied().map(point).collect();
        self.area.draw(&Polygon::new(corners, self.style(ink, alpha, 0.0, true))).map_err(failed)
    }

    pub(super) fn line(&self, points: &[(f64, f64)], stroke: Stroke) -> Result<(), ChartError> {
        for piece in dashes(points, stroke.dash) {
            let piece: Vec<_> = piece.into_iter().map(point).collect();
            self.area
                .draw(&PathElement::new(piece, self.style(stroke.ink, 1.0, stroke.width, false)))
                .map_err(failed)?;
        }
        Ok(())
    }

    pub(super) fn circle(&self, at: (f64, f64), radius: f64, ink: Ink, alpha: f64) -> Result<(), ChartError> {
        self.area.draw(&Circle::new(point(at), units(radius), self.style(ink, alpha, 0.0, true))).map_err(failed)
    }

    /// A marker of `radius` pixels; hollow ones are white inside.
    pub(super) fn marker(&self, (x, y): (f64, f64), radius: f64, look: Style) -> Result<(), ChartError> {
        let shape = |r: f64, ink: Ink| match look.marker {
            Marker::Circle => self.circle((x, y), r, ink, 1.0),
            Marker::Square => self.rect((x - 0.88 * r, y - 0.88 * r), (x + 0.88 * r, y + 0.88 * r), ink, 1.0),
            Marker::Triangle => {
                self.polygon(&[(x, y - 1.2 * r), (x + 1.1 * r, y + 0.8 * r), (x - 1.1 * r, y + 0.8 * r)], ink, 1.0)
            }
            Marker::Diamond => {
                self.polygon(&[(x, y - 1.25 * r), (x + 1.25 * r, y), (x, y + 1.25 * r), (x - 1.25 * r, y)], ink, 1.0)
            }
        };
        shape(radius, look.ink)?;
        if look.hollow { shape(radius * 0.55, WHITE) } else { Ok(()) }
    }

    /// Text with its baseline at `y`.
    pub(super) fn text(&self, (x, y): (f64, f64), content: &str, font: Type, anchor: Anchor) -> Result<(), ChartError> {
        let content = text::clean(content);
        if content.trim().is_empty() {
            return Ok(());
        }
        let h_pos = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let face = if font.bold { FontStyle::Bold } else { FontStyle::Normal };
        let size = font.px * UNITS * BACKEND_FONT_SIZE;
        let style = TextStyle {
            font: FontDesc::new(FontFamily::Name(text::FAMILIES), size, face).transform(FontTransform::None),
            color: plotters::style::Color::to_backend_color(&self.colour(font.ink, 1.0)),
            pos: Pos::new(h_pos, VPos::Top),
        };
        let top = point((x, y - BACKEND_BASELINE * font.px));
        self.area.draw(&Text::new(content, top, style)).map_err(failed)
    }

    /// Text centred on `y` by the middle of its digits and capitals.
    pub(super) fn text_mid(&self, at: (f64, f64), content: &str, font: Type, anchor: Anchor) -> Result<(), ChartError> {
        self.text((at.0, at.1 + 0.36 * font.px), content, font, anchor)
    }
}

impl Canvas<'_> {
    /// The name of a row around its middle, on two lines where it needs them.
    pub(super) fn name(&self, at: (f64, f64), name: &str, room: f64, anchor: Anchor) -> Result<(), ChartError> {
        self.name_in(at, name, LABEL, room, anchor)
    }

    /// The same in another type.
    pub(super) fn name_in(
        &self,
        (x, y): (f64, f64),
        name: &str,
        font: Type,
        room: f64,
        anchor: Anchor,
    ) -> Result<(), ChartError> {
        const LINE: f64 = 12.0;
        let lines = text::name_lines(name, font, room, 2)?;
        for (at, line) in lines.iter().enumerate() {
            let middle = y + LINE * (at as f64 - (lines.len() - 1) as f64 / 2.0);
            self.text_mid((x, middle), line, font, anchor)?;
        }
        Ok(())
    }
}

/// Cuts a line into the visible strokes of a dash pattern.
fn dashes(points: &[(f64, f64)], pattern: Dash) -> Vec<Vec<(f64, f64)>> {
    let usable = !pattern.is_empty() && pattern.iter().all(|length| *length > 0.0);
    if !usable || points.len() < 2 {
        return vec![points.to_vec()];
    }
    let mut strokes = Vec::new();
    let mut lengths = pattern.iter().copied().cycle();
    let mut left = lengths.next().unwrap_or(1.0);
    let mut visible = true;
    let mut stroke: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let length = (dx * dx + dy * dy).sqrt();
            if length < left {
                left -= length;
                break;
            }
            from = (from.0 + dx * left / length, from.1 + dy * left / length);
            if visible {
                stroke.push(from);
                strokes.push(std::mem::take(&mut stroke));
            } else {
                stroke = vec![from];
            }
            visible = !visible;
            left = lengths.next().unwrap_or(1.0);
        }
        if visible {
            stroke.push(to);
        }
    }
    if visible && stroke.len() > 1 {
        strokes.push(stroke);
    }
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_the_line_in_the_pattern() {
        let strokes = dashes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 3.0)], &[4.0, 2.0]);
        let expected = [vec![(0.0, 0.0), (4.0, 0.0)], vec![(6.0, 0.0), (10.0, 0.0)], vec![(10.0, 2.0), (10.0, 3.0)]];
        assert_eq!(strokes, expected);
        assert_eq!(dashes(&[(0.0, 0.0), (1.0, 0.0)], &[]).len(), 1);
    }
}
