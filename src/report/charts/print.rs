//! Charts in print: what a document says of its size.

use crate::config::figures::{Figures, LABEL_PX, MM_PER_POINT, PRINTED_MM};

/// What a document says of its size.
pub(super) struct Printed {
    /// Attributes of its root.
    pub(super) attributes: String,
    /// Size of its labels, in points; nothing where no size is asked for.
    pub(super) text_pt: Option<f64>,
}

/// What a document of these figures, `height` pixels high, says of its size. In a box that is too low for it the whole shrinks.
pub(super) fn printed(figures: &Figures, height: f64) -> Printed {
    let (width, height) = (figures.width().ceil(), height.ceil());
    if figures.size_mm.is_none() && figures.font_size_pt.is_none() {
        return Printed { attributes: format!("width=\"{width}\" height=\"{height}\""), text_pt: None };
    }
    let (mm, most) = figures.size_mm.unwrap_or((PRINTED_MM, None));
    let natural = mm * height / width;
    let shown = most.unwrap_or(natural);
    let scale = (mm / width).min(shown / height);
    let round = |mm: f64| (100.0 * mm).round() / 100.0;
    Printed {
        attributes: format!("width=\"{}mm\" height=\"{}mm\"", round(mm), round(shown)),
        text_pt: Some(LABEL_PX * scale / MM_PER_POINT),
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    fn figures(size_mm: Option<(f64, Option<f64>)>, font_size_pt: Option<f64>) -> Figures {
        Figures { size_mm, font_size_pt, ..Figures::default() }
    }

    #[test]
    fn type_in_print_is_of_the_size_asked_for() {
        // The type on axes is 10.5 pixels: 7 points at 16 cm.
        let on_axes = printed(&figures(Some((160.0, None)), None), 400.0).text_pt.unwrap() * 10.5 / LABEL_PX;
        assert!((7.0..7.1).contains(&on_axes), "{on_axes}");
        for (mm, points) in [(160.0, 8.0), (210.0, 10.0), (120.0, 6.0)] {
            let asked = figures(Some((mm, None)), Some(points));
            assert!(asked.check().is_ok());
            let printed = printed(&asked, 500.0);
            assert!((printed.text_pt.unwrap() / points - 1.0).abs() < 0.005, "{points}");
            assert!(printed.attributes.starts_with(&format!("width=\"{mm}mm\"")), "{}", printed.attributes);
        }
        assert_eq!(printed(&figures(None, None), 400.5).attributes, "width=\"680\" height=\"401\"");
    }

    #[test]
    fn a_box_shrinks_what_is_too_high_and_says_so() {
        let free = figures(Some((160.0, None)), Some(8.0));
        let natural = 160.0 * 900.0 / free.width().ceil();
        let boxed = printed(&figures(Some((160.0, Some(natural / 2.0))), Some(8.0)), 900.0);
        assert!((boxed.text_pt.unwrap() - 4.0).abs() < 0.02);
        let roomy = printed(&figures(Some((160.0, Some(2.0 * natural))), Some(8.0)), 900.0);
        assert!((roomy.text_pt.unwrap() - 8.0).abs() < 0.02);
    }

    #[test]
    fn type_too_large_for_the_width_is_refused_with_what_fits() {
        let told = figures(Some((80.0, None)), Some(8.0)).check().unwrap_err();
        assert!(told.contains("at least 139 mm, or at most 4.6 points"), "{told}");
        assert!(figures(Some((139.0, None)), Some(8.0)).check().is_ok());
        assert!(figures(Some((80.0, None)), Some(4.6)).check().is_ok());
        // Without a size of type, it shrinks.
        assert!(figures(Some((80.0, None)), None).check().is_ok());
    }
}
