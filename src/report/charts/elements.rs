//! The elements of a chart's document, read back.
//!
//! The sheet writes shapes of one colour and lines of text side by side, so they are found without a tree: what was escaped holds no bracket.

use super::ChartError;

/// An element of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    /// What it is: `polygon`, `text`.
    pub(super) name: &'a str,
    /// What follows it up to the next one: the text, where it is one.
    pub(super) content: &'a str,
    attributes: &'a str,
}

/// The elements of a document in their order, the later upon the earlier.
pub(super) fn elements(svg: &str) -> impl Iterator<Item = Element<'_>> {
    let opening = svg.split('<').filter(|piece| !piece.is_empty() && !piece.starts_with('/'));
    opening.filter_map(|piece| {
        let (tag, content) = piece.split_once('>')?;
        let name = tag.split([' ', '/']).next()?;
        Some(Element { name, content, attributes: &tag[name.len()..] })
    })
}

impl<'a> Element<'a> {
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        let (_, rest) = self.attributes.split_once(&format!(" {name}=\""))?;
        rest.split('"').next()
    }

    pub(super) fn number(&self, name: &str) -> Result<f64, ChartError> {
        self.attribute(name).and_then(|number| number.parse().ok()).ok_or_else(|| self.unlike(name))
    }

    /// The pairs of numbers of a list of points.
    pub(super) fn points(&self) -> Result<Vec<(f32, f32)>, ChartError> {
        let unlike = || self.unlike("points");
        let read = |pair: &str| {
            let (x, y) = pair.split_once(',')?;
            Some((x.parse().ok()?, y.parse().ok()?))
        };
        let pairs = self.attribute("points").ok_or_else(unlike)?.split_whitespace();
        pairs.map(|pair| read(pair).ok_or_else(unlike)).collect()
    }

    /// The error of an attribute that is not there, or is not what a sheet writes.
    pub(super) fn unlike(&self, attribute: &str) -> ChartError {
        let Self { name, attributes, .. } = self;
        ChartError::Render(format!("a `{name}` whose `{attribute}` no sheet writes:{attributes}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_in_their_order_with_what_they_say() {
        let svg = "<svg width=\"160mm\">\n<title>a &lt; b</title>\n<polygon fill=\"#FFFFFF\" points=\"0,0 12,-3 \"/>\n<text y=\"2\" dy=\"0.76em\">\n5 &gt; 4\n</text>\n</svg>\n";
        let found: Vec<Element<'_>> = elements(svg).collect();
        assert_eq!(found.iter().map(|element| element.name).collect::<Vec<_>>(), ["svg", "title", "polygon", "text"]);
        assert_eq!(found[0].attribute("width"), Some("160mm"));
        assert_eq!(found[2].points().unwrap(), [(0.0, 0.0), (12.0, -3.0)]);
        assert_eq!((found[3].number("y").unwrap(), found[3].content), (2.0, "\n5 &gt; 4\n"));
        for told in [found[3].number("dy").unwrap_err(), found[3].points().unwrap_err()] {
            assert!(told.to_string().contains("a `text` whose `"), "{told}");
        }
    }
}
