//! How a scenario's charts are to look.

use super::error::shown;

/// The look of charts: `[charts]` of a scenario, or what takes its place when they are drawn again. What is absent is left to the charts.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Title, in place of the chart's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Width in print, and the height of the box if there is one, in millimetres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_mm: Option<(f64, Option<f64>)>,
    /// Size of the labels in print, in points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub font_size_pt: Option<f64>,
    /// Colours.
    #[serde(skip_serializing_if = "is_colour")]
    pub palette: Palette,
    /// Forms that are written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<FigureForm>,
}

/// Colours of charts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Palette {
    /// Colours that the colour-blind tell apart, after Okabe and Ito.
    #[default]
    Colour,
    /// Shades of grey.
    Grey,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_colour(palette: &Palette) -> bool {
    *palette == Palette::Colour
}

impl Palette {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Colour, Self::Grey];
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Colour => "colour",
            Self::Grey => "grey",
        }
    }
}

/// A form of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FigureForm {
    /// Scalable vector graphics.
    Svg,
    /// Pixels.
    Png,
    /// A page for print, with its fonts.
    Pdf,
}

impl FigureForm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Svg, Self::Png, Self::Pdf];
    /// Those that are written where none is named.
    pub const USUAL: [Self; 2] = [Self::Svg, Self::Png];
    /// What a program says that has nothing to write a page with.
    pub const NO_PDF: &str =
        "this program is built without PDF: build it with `cargo build --release --features pdf`, or write svg";
    /// Its name, which is that of its files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Pdf => "pdf",
        }
    }
}

/// Size of the labels on a sheet, in its pixels.
pub const LABEL_PX: f64 = 11.0;
/// Width of a sheet where nothing is asked for: at 16 cm the smallest type on its axes is 7 points high.
const WIDTH: f64 = 680.0;
/// Width in print where only the type is asked for.
pub const PRINTED_MM: f64 = 160.0;
/// The narrowest sheet that charts are laid out for.
const NARROWEST: f64 = 540.0;
/// Millimetres in a point.
pub const MM_PER_POINT: f64 = 25.4 / 72.0;

impl Figures {
    /// Width of the sheet, in nominal pixels: the type has a fixed size there, so a wider sheet has smaller type in print.
    #[must_use]
    pub fn width(&self) -> f64 {
        let mm = self.size_mm.map_or(PRINTED_MM, |(width, _)| width);
        match self.font_size_pt {
            Some(points) => (LABEL_PX * mm / (points * MM_PER_POINT)).max(NARROWEST),
            None if self.size_mm.is_some() => (WIDTH * mm / PRINTED_MM).max(NARROWEST),
            None => WIDTH,
        }
    }

    /// Height of the box that a chart has to fit in, in nominal pixels; none where only a width is asked for.
    #[must_use]
    pub fn height(&self) -> Option<f64> {
        let (width, height) = self.size_mm?;
        height.map(|height| height * self.width() / width)
    }

    /// Whether charts can be laid out at this size with this type.
    ///
    /// # Errors
    /// What is wrong, and what can be chosen.
    pub fn check(&self) -> Result<(), String> {
        let (width, height) = self.size_mm.unwrap_or((PRINTED_MM, None));
        let fits = |side: &f64| (SIDES_MM.0..=SIDES_MM.1).contains(side);
        if let Some(side) = [Some(width), height].into_iter().flatten().find(|side| !fits(side)) {
            return Err(format!("a side of {} mm is not between {} and {} mm", shown(side), SIDES_MM.0, SIDES_MM.1));
        }
        if let Some(points) = self.font_size_pt {
            points_of(points).map_err(|expected| format!("type of {} points: {expected}", shown(points)))?;
        }
        let (Some(points), mm) = (self.font_size_pt, self.size_mm.map_or(PRINTED_MM, |(width, _)| width)) else {
            return Ok(());
        };
        // Rounded to what is asked for.
        if LABEL_PX * mm / (points * MM_PER_POINT) >= NARROWEST - 1e-9 {
            return Ok(());
        }
        let (least_mm, most_points) =
            (NARROWEST * points * MM_PER_POINT / LABEL_PX, LABEL_PX * mm / (NARROWEST * MM_PER_POINT));
        Err(format!(
            "charts that are {mm} mm wide have no room for type of {points} points: choose at least {:.0} mm, or at most {:.1} points",
            least_mm.ceil(),
            (10.0 * most_points).floor() / 10.0,
        ))
    }

    /// The forms that are written: SVG and PNG where none is named.
    #[must_use]
    pub fn written(&self) -> &[FigureForm] {
        if self.forms.is_empty() { &FigureForm::USUAL } else { &self.forms }
    }
}

/// Least and most of a side in print, in millimetres.
const SIDES_MM: (f64, f64) = (20.0, 2_000.0);
/// Least and most of the type in print, in points.
const POINTS: (f64, f64) = (3.0, 40.0);

/// A size as it is written: `160x100mm`, or `160mm` for a width alone.
///
/// # Errors
/// What is expected.
pub fn size_of(text: &str) -> Result<(f64, Option<f64>), String> {
    let (least, most) = SIDES_MM;
    let expected = || format!("expected a width, or width x height, of {least} to {most} mm: `160mm`, `160x100mm`");
    let side = |text: &str| text.trim().parse::<f64>().ok().filter(|mm| (least..=most).contains(mm));
    let sides = text.trim().trim_end_matches("mm");
    let size = match sides.split_once('x') {
        Some((width, height)) => side(width).zip(side(height)).map(|(width, height)| (width, Some(height))),
        None => side(sides).map(|width| (width, None)),
    };
    size.ok_or_else(expected)
}

/// A size of type.
///
/// # Errors
/// What is expected.
pub fn points_of(points: f64) -> Result<f64, String> {
    let (least, most) = POINTS;
    let fits = (least..=most).contains(&points);
    if fits { Ok(points) } else { Err(format!("expected {least} to {most} points")) }
}

/// A palette by its name.
///
/// # Errors
/// Those that there are.
pub fn palette_of(name: &str) -> Result<Palette, String> {
    named(name, &Palette::ALL, Palette::as_str)
}

/// A form by its name.
///
/// # Errors
/// Those that there are; for one that this program cannot write, how to build a program that can.
pub fn form_of(name: &str) -> Result<FigureForm, String> {
    match named(name, &FigureForm::ALL, FigureForm::as_str)? {
        FigureForm::Pdf if cfg!(not(feature = "pdf")) => Err(FigureForm::NO_PDF.to_owned()),
        form => Ok(form),
    }
}

fn named<T: Copy>(name: &str, all: &[T], of: impl Fn(T) -> &'static str) -> Result<T, String> {
    let names = || all.iter().map(|known| format!("`{}`", of(*known))).collect::<Vec<_>>().join(", ");
    all.iter().copied().find(|known| of(*known) == name).ok_or_else(|| format!("expected one of {}", names()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_a_height() {
        assert_eq!(size_of("160x100mm"), Ok((160.0, Some(100.0))));
        assert_eq!((size_of("160mm"), size_of(" 84.5 ")), (Ok((160.0, None)), Ok((84.5, None))));
        for wrong in ["", "wide", "160x", "16cm", "5mm", "160x1e9", "NaN", "-160mm"] {
            assert!(size_of(wrong).unwrap_err().contains("`160x100mm`"), "{wrong}");
        }
        assert!(points_of(8.0).is_ok() && points_of(2.0).is_err() && points_of(f64::NAN).is_err());
        assert_eq!(palette_of("grey"), Ok(Palette::Grey));
        assert_eq!(palette_of("gray").unwrap_err(), "expected one of `colour`, `grey`");
        assert_eq!(form_of("svg"), Ok(FigureForm::Svg));
        assert_eq!(form_of("eps").unwrap_err(), "expected one of `svg`, `png`, `pdf`");
    }

    /// A look may come from the file of a folder: sizes and types that nothing can be laid out in are refused.
    #[test]
    fn looks_without_bounds_are_refused() {
        let look = |size_mm, font_size_pt| Figures { size_mm, font_size_pt, ..Figures::default() }.check();
        assert_eq!((look(None, None), look(Some((160.0, Some(100.0))), Some(8.0))), (Ok(()), Ok(())));
        for size in [(0.0, None), (-5.0, None), (1e308, None), (f64::NAN, None), (160.0, Some(1e-300))] {
            assert!(look(Some(size), None).unwrap_err().contains("is not between 20 and 2000 mm"), "{size:?}");
        }
        for points in [0.0, -1.0, 1e-300, 1e308, f64::NAN] {
            assert!(look(None, Some(points)).unwrap_err().contains("expected 3 to 40 points"), "{points}");
        }
    }

    /// A program that cannot write a page says so before anything is simulated, and how to get one that can.
    #[test]
    fn pdf_is_known_where_it_can_be_written() {
        match form_of("pdf") {
            Ok(form) => assert!(cfg!(feature = "pdf") && form == FigureForm::Pdf),
            Err(told) => assert!(cfg!(not(feature = "pdf")) && told.contains("--features pdf"), "{told}"),
        }
    }
}
