//! A chart as PDF: its shapes, and its text as text, set in those letters of the fonts that it uses.
//!
//! Charts are shapes of one colour each and lines of text, so nothing else of what an SVG may hold is written: no gradients, pictures, masks,
//! clips or filters.

use std::sync::{Arc, OnceLock};

use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use resvg::tiny_skia::{self, PathSegment};
use resvg::usvg::{self, fontdb};

use super::ChartError;

/// The shapes and lines of text of a document.
pub(super) fn picture(svg: &str) -> Result<usvg::Tree, ChartError> {
    let options = usvg::Options { fontdb: embedded_fonts(), ..usvg::Options::default() };
    usvg::Tree::from_str(svg, &options).map_err(|error| ChartError::Render(error.to_string()))
}

/// The two faces that charts use, and no font of the machine.
fn embedded_fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(dejavu::sans::regular().to_vec());
        fonts.load_font_data(dejavu::sans::bold().to_vec());
        Arc::new(fonts)
    });
    Arc::clone(fonts)
}

/// A page of a picture at so many points a pixel.
pub(super) fn page(picture: &usvg::Tree, points_per_pixel: f64, title: &str) -> Result<Vec<u8>, ChartError> {
    let failed = |error: &dyn std::fmt::Display| ChartError::Render(format!("PDF: {error}"));
    let scale = points_per_pixel as f32;
    let (width, height) = (scale * picture.size().width(), scale * picture.size().height());
    let settings =
        PageSettings::from_wh(width, height).ok_or_else(|| failed(&format!("a page of {width} by {height} points")))?;
    let mut document = Document::new_with(SerializeSettings::default());
    document.set_metadata(Metadata::new().title(title.to_owned()).language("en".to_owned()));
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    surface.push_transform(&Transform::from_scale(scale, scale));
    let mut fonts = Fonts { known: picture.fontdb(), read: Vec::new() };
    group(picture.root(), &mut surface, &mut fonts);
    surface.pop();
    surface.finish();
    page.finish();
    document.finish().map_err(|error| failed(&format!("{error:?}")))
}

fn group(group: &usvg::Group, surface: &mut Surface<'_>, fonts: &mut Fonts<'_>) {
    surface.push_transform(&transform(group.transform()));
    surface.push_opacity(opacity(group.opacity()));
    for node in group.children() {
        match node {
            usvg::Node::Group(inner) => self::group(inner, surface, fonts),
            usvg::Node::Path(path) => shape(path, surface),
            usvg::Node::Text(text) => text.layouted().iter().for_each(|span| letters(span, surface, fonts)),
            usvg::Node::Image(_) => {}
        }
    }
    surface.pop();
    surface.pop();
}

fn shape(shape: &usvg::Path, surface: &mut Surface<'_>) {
    let (fill, stroke) = (shape.fill().and_then(fill_of), shape.stroke().and_then(stroke_of));
    let is_drawn = shape.is_visible() && (fill.is_some() || stroke.is_some());
    if let Some(path) = outline(shape.data()).filter(|_| is_drawn) {
        surface.set_fill(fill);
        surface.set_stroke(stroke);
        surface.draw_path(&path);
    }
}

/// Text of one style, a line of neighbouring letters at a time.
fn letters(span: &usvg::layout::Span, surface: &mut Surface<'_>, fonts: &mut Fonts<'_>) {
    let size = span.font_size.get();
    surface.set_fill(span.fill.as_ref().and_then(fill_of));
    surface.set_stroke(None);
    let mut rest = span.positioned_glyphs.as_slice();
    while let Some(first) = rest.first().filter(|_| span.visible && span.fill.is_some()) {
        let Some(font) = fonts.font(first.font) else { return };
        let units = font.units_per_em() / size;
        // From the sheet to the line that begins at the first letter, in pixels of the type.
        let place = |glyph: &usvg::layout::PositionedGlyph| {
            glyph.transform().pre_concat(tiny_skia::Transform::from_scale(units, units))
        };
        let line = place(first);
        let Some(onto_line) = line.invert() else { return };
        let place_on_line = |glyph: &usvg::layout::PositionedGlyph| onto_line.pre_concat(place(glyph));
        let is_on_line = |glyph: &usvg::layout::PositionedGlyph| {
            let at = place_on_line(glyph);
            let upright = (at.sx - 1.0).abs() + (at.sy - 1.0).abs() + at.kx.abs() + at.ky.abs() < 1e-3;
            glyph.font == first.font && upright && at.ty.abs() < 1e-3 * size
        };
        let end = rest.iter().position(|glyph| !is_on_line(glyph)).unwrap_or(rest.len()).max(1);
        let (run, after) = rest.split_at(end);
        let at: Vec<f32> = run.iter().map(|glyph| place_on_line(glyph).tx / size).collect();
        let (mut text, mut glyphs) = (String::new(), Vec::with_capacity(run.len()));
        for (position, glyph) in run.iter().enumerate() {
            let from = text.len();
            text.push_str(&glyph.text);
            let advance = at.get(position + 1).map_or(0.0, |next| next - at[position]);
            let id = GlyphId::new(glyph.id.0);
            glyphs.push(KrillaGlyph::new(id, advance, 0.0, 0.0, 0.0, from..text.len(), None));
        }
        surface.push_transform(&transform(line));
        surface.draw_glyphs(Point::from_xy(0.0, 0.0), &glyphs, font, &text, size, false);
        surface.pop();
        rest = after;
    }
}

/// The fonts of a document, each read once.
struct Fonts<'a> {
    known: &'a fontdb::Database,
    read: Vec<(fontdb::ID, Option<Font>)>,
}

impl Fonts<'_> {
    fn font(&mut self, id: fontdb::ID) -> Option<Font> {
        if let Some((_, font)) = self.read.iter().find(|(known, _)| *known == id) {
            return font.clone();
        }
        let font = self.known.with_face_data(id, |data, index| Font::new(data.to_vec().into(), index)).flatten();
        self.read.push((id, font.clone()));
        font
    }
}

fn colour(paint: &usvg::Paint) -> Option<rgb::Color> {
    match paint {
        usvg::Paint::Color(colour) => Some(rgb::Color::new(colour.red, colour.green, colour.blue)),
        _ => None,
    }
}

fn opacity(opacity: usvg::Opacity) -> NormalizedF32 {
    NormalizedF32::new(opacity.get()).unwrap_or(NormalizedF32::ONE)
}

fn fill_of(fill: &usvg::Fill) -> Option<Fill> {
    let paint = colour(fill.paint())?.into();
    Some(Fill { paint, opacity: opacity(fill.opacity()), ..Fill::default() })
}

fn stroke_of(stroke: &usvg::Stroke) -> Option<Stroke> {
    Some(Stroke {
        paint: colour(stroke.paint())?.into(),
        width: stroke.width().get(),
        line_cap: LineCap::Butt,
        line_join: LineJoin::Round,
        opacity: opacity(stroke.opacity()),
        ..Stroke::default()
    })
}

fn transform(matrix: tiny_skia::Transform) -> Transform {
    Transform::from_row(matrix.sx, matrix.ky, matrix.kx, matrix.sy, matrix.tx, matrix.ty)
}

fn outline(path: &tiny_skia::Path) -> Option<Path> {
    let mut outline = PathBuilder::new();
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(to) => outline.move_to(to.x, to.y),
            PathSegment::LineTo(to) => outline.line_to(to.x, to.y),
            PathSegment::QuadTo(by, to) => outline.quad_to(by.x, by.y, to.x, to.y),
            PathSegment::CubicTo(one, two, to) => outline.cubic_to(one.x, one.y, two.x, two.y, to.x, to.y),
            PathSegment::Close => outline.close(),
        }
    }
    outline.finish()
}
