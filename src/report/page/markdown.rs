//! The description of the model (`model.md`) as a part of a page: its Markdown as HTML in which text of a scenario stays text.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Headings stand below the section's own, by so many levels.
const BELOW: usize = 2;

/// The Markdown as HTML. What is HTML in it is shown as it is written; links and pictures are their words.
pub(super) fn render(text: &str) -> Markup {
    let mut out = String::with_capacity(2 * text.len());
    html::push_html(&mut out, Parser::new_ext(text, Options::ENABLE_TABLES).flat_map(harmless));
    Markup::from(PreEscaped(out))
}

/// An event with nothing in it that a browser would follow, load or run.
fn harmless(event: Event<'_>) -> Vec<Event<'_>> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => vec![Event::Text(text)],
        Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock)
        | Event::End(TagEnd::Link | TagEnd::Image | TagEnd::HtmlBlock) => Vec::new(),
        Event::Start(Tag::Heading { level, .. }) => {
            vec![Event::Start(Tag::Heading { level: below(level), id: None, classes: Vec::new(), attrs: Vec::new() })]
        }
        Event::End(TagEnd::Heading(level)) => vec![Event::End(TagEnd::Heading(below(level)))],
        // A wide table scrolls within the page, also by keys.
        Event::Start(Tag::Table(columns)) => {
            let begins = "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"A table of the model\">";
            vec![Event::Html(CowStr::Borrowed(begins)), Event::Start(Tag::Table(columns))]
        }
        Event::End(TagEnd::Table) => vec![Event::End(TagEnd::Table), Event::Html(CowStr::Borrowed("</div>"))],
        other => vec![other],
    }
}

fn below(level: HeadingLevel) -> HeadingLevel {
    HeadingLevel::try_from(level as usize + BELOW).unwrap_or(HeadingLevel::H6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_as_html_is_text() {
        let evil = "# A <b>name</b>\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![y](http://z/w.png) `<i>`\n\n| a | b |\n| --- | --- |\n| <img src=x onerror=alert(1)> | `c` |\n";
        let html = render(evil).into_string();
        for tag in ["<script", "<img", "<b>", "<i>", "<a ", "javascript:", "http:"] {
            assert!(!html.contains(tag), "{tag}: {html}");
        }
        for kept in ["<h3>", "&lt;script&gt;", "&lt;img", "<td>", "<code>c</code>", "&lt;b&gt;name"] {
            assert!(html.contains(kept), "{kept}: {html}");
        }
    }
}
