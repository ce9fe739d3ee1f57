//! A chart as pixels: the shapes of its document, and its text as the outlines of letters.

use tiny_skia::{Color, FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

use super::elements::{Element, elements};
use super::letters::Line;
use super::{ChartError, POINTS_PER_PIXEL};
use crate::config::figures::MM_PER_POINT;

/// Draws a document at `scale` times its nominal size on white, less where a side would be longer than `longest`.
pub(super) fn draw(svg: &str, scale: f64, longest: f64) -> Result<Pixmap, ChartError> {
    let mut elements = elements(svg);
    let root = elements.next().ok_or_else(|| ChartError::Render("an empty document".to_owned()))?;
    let (width, height) = (length(&root, "width")?, length(&root, "height")?);
    let scale = scale.min(longest / width.max(height));
    let (across, down) = ((width * scale).ceil(), (height * scale).ceil());
    let mut pixels = Pixmap::new(across as u32, down as u32)
        .ok_or_else(|| ChartError::Render(format!("no picture of {across} by {down} pixels can be made")))?;
    pixels.fill(Color::WHITE);
    let placed = placed(&root, (width * scale, height * scale))?;
    elements.try_for_each(|element| draw_element(&element, &mut pixels, placed))?;
    Ok(pixels)
}

/// A length of the root in pixels.
fn length(root: &Element<'_>, name: &str) -> Result<f64, ChartError> {
    match root.attribute(name).and_then(|length| length.strip_suffix("mm")) {
        Some(mm) => mm.parse().map(|mm: f64| mm / MM_PER_POINT / POINTS_PER_PIXEL).map_err(|_| root.unlike(name)),
        None => root.number(name),
    }
}

/// From the units of the document to pixels: as large as goes into `size`, and in its middle.
fn placed(root: &Element<'_>, (width, height): (f64, f64)) -> Result<Transform, ChartError> {
    let unlike = || root.unlike("viewBox");
    let numbers = root.attribute("viewBox").ok_or_else(unlike)?.split(' ').map(str::parse);
    let numbers: Vec<f64> = numbers.collect::<Result<_, _>>().map_err(|_| unlike())?;
    let [_, _, across, down] = numbers[..] else { return Err(unlike()) };
    let scale = (width / across).min(height / down);
    let (left, top) = ((width - scale * across) / 2.0, (height - scale * down) / 2.0);
    Ok(Transform::from_row(scale as f32, 0.0, 0.0, scale as f32, left as f32, top as f32))
}

fn draw_element(element: &Element<'_>, pixels: &mut Pixmap, placed: Transform) -> Result<(), ChartError> {
    let mut fill = |path: Option<Path>| -> Result<(), ChartError> {
        if let Some(path) = path {
            pixels.fill_path(&path, &paint(element, "fill")?, FillRule::Winding, placed, None);
        }
        Ok(())
    };
    match element.name {
        "polygon" => fill(through(&element.points()?, true)),
        "circle" => {
            let [x, y, r] = ["cx", "cy", "r"].map(|name| element.number(name).map(|number| number as f32));
            fill(PathBuilder::from_circle(x?, y?, r?))
        }
        "text" => fill(Line::of(element)?.path()?),
        "polyline" => {
            let width = element.number("stroke-width")? as f32;
            let stroke = Stroke { width, line_join: LineJoin::Round, ..Stroke::default() };
            if let Some(path) = through(&element.points()?, false) {
                pixels.stroke_path(&path, &paint(element, "stroke")?, &stroke, placed, None);
            }
            Ok(())
        }
        "title" | "desc" => Ok(()),
        other => Err(ChartError::Render(format!("a picture of pixels shows no `{other}`"))),
    }
}

/// A path through points; nothing where there are too few.
fn through(points: &[(f32, f32)], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (at, (x, y)) in points.iter().enumerate() {
        if at == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
    }
    if closed {
        path.close();
    }
    path.finish()
}

/// The colour that an attribute names, as opaque as the element.
fn paint(element: &Element<'_>, name: &str) -> Result<Paint<'static>, ChartError> {
    let unlike = || element.unlike(name);
    let digits = element.attribute(name).and_then(|colour| colour.strip_prefix('#')).ok_or_else(unlike)?;
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| unlike())?.to_be_bytes();
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    let opacity = (255.0 * element.number("opacity")?).round() as u8;
    paint.set_color_rgba8(red, green, blue, opacity);
    Ok(paint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pixels: &Pixmap, x: u32, y: u32) -> [u8; 3] {
        let pixel = pixels.pixel(x, y).unwrap();
        [pixel.red(), pixel.green(), pixel.blue()]
    }

    /// What is drawn later lies upon what was drawn before, half a colour lets half of it through, and a shape ends where it says.
    #[test]
    fn shapes_have_their_places_and_colours() {
        let svg = "<svg width=\"10\" height=\"10\" viewBox=\"0 0 100 100\">\n\
            <polygon opacity=\"1\" fill=\"#FF0000\" points=\"0,0 50,0 50,100 0,100 \"/>\n\
            <circle cx=\"50\" cy=\"50\" r=\"20\" opacity=\"0.5\" fill=\"#0000FF\" stroke=\"none\" stroke-width=\"0\"/>\n\
            <polyline fill=\"none\" opacity=\"1\" stroke=\"#00FF00\" stroke-width=\"20\" points=\"80,0 80,100 \"/>\n</svg>\n";
        let pixels = draw(svg, 2.0, 1e4).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (20, 20));
        assert_eq!(at(&pixels, 2, 2), [255, 0, 0]);
        assert_eq!(at(&pixels, 12, 2), [255, 255, 255]);
        assert_eq!((at(&pixels, 8, 10), at(&pixels, 11, 10)), ([127, 0, 128], [127, 127, 255]));
        assert_eq!((at(&pixels, 14, 1), at(&pixels, 17, 1)), ([0, 255, 0], [0, 255, 0]));
        assert_eq!((at(&pixels, 13, 1), at(&pixels, 18, 1)), ([255, 255, 255], [255, 255, 255]));
        // Longer than the longest side, it shrinks.
        assert_eq!(draw(svg, 2.0, 15.0).unwrap().width(), 15);
    }

    /// A sheet in a box of another form stands in its middle, as large as it goes in.
    #[test]
    fn a_sheet_in_a_box_stands_in_its_middle() {
        let svg = "<svg width=\"25.4mm\" height=\"50.8mm\" viewBox=\"0 0 10 10\">\n\
            <polygon opacity=\"1\" fill=\"#000000\" points=\"0,0 10,0 10,10 0,10 \"/>\n</svg>\n";
        let pixels = draw(svg, 1.0, 1e4).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (96, 192));
        assert_eq!([47, 48, 143, 144].map(|y| at(&pixels, 50, y)[0]), [255, 0, 0, 255]);
    }

    #[test]
    fn what_no_sheet_writes_is_refused() {
        let with = |element: &str| {
            draw(&format!("<svg width=\"9\" height=\"9\" viewBox=\"0 0 9 9\">{element}</svg>"), 1.0, 1e4)
        };
        for (element, told) in [
            ("<rect x=\"1\"/>", "shows no `rect`"),
            ("<polygon opacity=\"1\" fill=\"red\" points=\"0,0 1,1 2,0\"/>", "a `polygon` whose `fill`"),
            ("<circle cx=\"1\" cy=\"one\" r=\"2\"/>", "a `circle` whose `cy`"),
        ] {
            let error = with(element).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
