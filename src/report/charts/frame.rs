//! What surrounds every chart: title, subtitle, legend above the data, and the foot with the run and the interval.

use super::axis::{AxisScale, Ticks};
use super::canvas::{Anchor, Canvas, Stroke};
use super::theme::{self, GRID, Ink, LABEL, MARGIN, NOTE, SUBTITLE, Style, TICK, TITLE, Type};
use super::{ChartError, canvas, text};
use crate::config::figures::Figures;

/// A sample in the legend.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    /// A line with its marker over its bands.
    Fan { style: Style, bands: bool },
    /// A filled area.
    Swatch(Ink),
    /// A marker that names the group, and its bar.
    Bar(Style),
    /// A small histogram.
    Histogram(Ink),
    /// A marker alone.
    Point(Style),
    /// A mark with its interval.
    Interval(Style),
    /// A box with whiskers.
    Spread,
    /// A dot of a distribution.
    Dot(Ink),
}

pub(super) struct Frame {
    pub(super) look: Figures,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) legend: Vec<(Key, String)>,
    pub(super) footer: String,
    /// Sentences with names for which rows and panels have no room: at the foot where that has room, in the description always.
    pub(super) names: Vec<String>,
}

const KEY_WIDTH: f64 = 26.0;
const LEGEND_LINE: f64 = 19.0;
/// Lines of a foot, and of one with the names of all regimes: more would leave the page.
const FOOT_LINES: usize = 8;
const FOOT_LINES_WITH_NAMES: usize = 11;

impl Frame {
    /// Draws the frame around a body of `body_height` pixels, whose top edge `draw` is given.
    pub(super) fn around(
        self,
        body_height: f64,
        draw: impl FnOnce(&Canvas, f64) -> Result<(), ChartError>,
    ) -> Result<super::Svg, ChartError> {
        let room = self.room();
        let chosen = self.look.title.as_ref().unwrap_or(&self.title);
        let (title_font, title) = title_lines(chosen, room, self.look.height().is_some())?;
        let subtitle = text::wrap(&self.subtitle, SUBTITLE, room, 4)?;
        let mut footer = self.foot()?;
        let legend = self.legend_places()?;
        let mut y = MARGIN;
        let heading = y + line_height(title_font) * title.len() as f64 + line_height(SUBTITLE) * subtitle.len() as f64;
        let legend_lines = legend.iter().map(|(_, line)| line + 1).max().unwrap_or(0) as f64;
        let top = heading + 8.0 + LEGEND_LINE * legend_lines + if legend.is_empty() { 2.0 } else { 12.0 };
        let foot = top + body_height + 12.0;
        // In a box the foot has the sentences that the lines left have room for, and all of it stands in the description.
        if let Some(most) = self.look.height() {
            let lines = ((most - foot - MARGIN + 6.0) / line_height(NOTE)).floor().max(0.0) as usize;
            if lines < footer.len() {
                footer = whole_sentences(&self.footer, room, lines)?;
            }
        }
        let height = foot + line_height(NOTE) * footer.len() as f64 + MARGIN - 6.0;
        let names: String = self.names.iter().map(|sentence| format!(" {sentence}")).collect();
        let description = format!("{} {}{names}", self.subtitle, self.footer);
        canvas::sheet(&self.look, height, chosen, &description, |canvas| {
            for (lines, font) in [(&title, title_font), (&subtitle, SUBTITLE)] {
                for line in lines {
                    canvas.text((MARGIN, y + 0.8 * line_height(font)), line, font, Anchor::Start)?;
                    y += line_height(font);
                }
            }
            for ((key, label), (x, line)) in self.legend.iter().zip(&legend) {
                let middle = heading + 8.0 + LEGEND_LINE * (*line as f64 + 0.5);
                draw_key(canvas, *key, *x, middle)?;
                let label = text::fit(label, LABEL, self.room() - KEY_WIDTH)?;
                canvas.text_mid((x + KEY_WIDTH, middle), &label, LABEL, Anchor::Start)?;
            }
            draw(canvas, top)?;
            for (at, line) in footer.iter().enumerate() {
                canvas.text((MARGIN, foot + line_height(NOTE) * (at as f64 + 0.8)), line, NOTE, Anchor::Start)?;
            }
            Ok(())
        })
    }

    /// Width of the sheet within its margins.
    fn room(&self) -> f64 {
        self.look.width() - 2.0 * MARGIN
    }

    /// Lines of the foot: with all names where they have room.
    fn foot(&self) -> Result<Vec<String>, ChartError> {
        let alone = || text::wrap(&self.footer, NOTE, self.room(), FOOT_LINES);
        if self.names.is_empty() {
            return alone();
        }
        let all = format!("{} {}", self.footer, self.names.join(" "));
        let whole = all.chars().count() <= text::MOST;
        let lines = text::wrap(&all, NOTE, self.room(), FOOT_LINES_WITH_NAMES)?;
        if whole && !lines.last().is_some_and(|line| line.ends_with('…')) {
            return Ok(lines);
        }
        let elsewhere = format!("{} {NAMES_ELSEWHERE}", self.footer);
        text::wrap(&elsewhere, NOTE, self.room(), FOOT_LINES)
    }

    /// Left edge and line of each legend entry.
    fn legend_places(&self) -> Result<Vec<(f64, usize)>, ChartError> {
        let (mut x, mut line) = (MARGIN, 0);
        let mut places = Vec::with_capacity(self.legend.len());
        for (_, label) in &self.legend {
            let label = text::fit(label, LABEL, self.room() - KEY_WIDTH)?;
            let width = KEY_WIDTH + text::width(&label, LABEL)?;
            if x > MARGIN && x + width > MARGIN + self.room() {
                x = MARGIN;
                line += 1;
            }
            places.push((x, line));
            x += width + 18.0;
        }
        Ok(places)
    }
}

const NAMES_ELSEWHERE: &str = "All names of what is drawn together stand in the description of the SVG.";

/// As many first sentences of a foot as have room in some lines, none of them cut.
fn whole_sentences(foot: &str, room: f64, lines: usize) -> Result<Vec<String>, ChartError> {
    let ends = foot.match_indices(". ").map(|(at, _)| at + 1).collect::<Vec<_>>();
    for end in ends.into_iter().rev().filter(|_| lines > 0) {
        // One line more shows what has no room.
        let wrapped = text::wrap(&foot[..end], NOTE, room, lines + 1)?;
        if wrapped.len() <= lines && !wrapped.iter().any(|line| line.ends_with('…')) {
            return Ok(wrapped);
        }
    }
    Ok(Vec::new())
}

/// The lines of a title and their type, which is smaller in a box and where it is long: a title is made of numbers, and none of them is cut.
fn title_lines(title: &str, room: f64, boxed: bool) -> Result<(Type, Vec<String>), ChartError> {
    let large = text::wrap(title, TITLE, room, 3)?;
    if !boxed && !large.last().is_some_and(|line| line.ends_with('…')) {
        return Ok((TITLE, large));
    }
    let small = TITLE.px(13.5);
    Ok((small, text::wrap(title, small, room, 6)?))
}

pub(super) fn line_height(font: Type) -> f64 {
    (font.px * 1.4).ceil()
}

fn draw_key(canvas: &Canvas, key: Key, x: f64, y: f64) -> Result<(), ChartError> {
    let (left, right, middle) = (x, x + KEY_WIDTH - 6.0, x + (KEY_WIDTH - 6.0) / 2.0);
    match key {
        Key::Fan { style, bands } => {
            if bands {
                canvas.rect((left, y - 6.0), (right, y + 6.0), style.ink, theme::OUTER_BAND)?;
                canvas.rect((left, y - 3.0), (right, y + 3.0), style.ink, theme::INNER_BAND)?;
            }
            canvas.line(&[(left, y), (right, y)], Stroke::solid(style.ink, 1.8))?;
            canvas.marker((middle, y), 3.4, style)
        }
        Key::Swatch(ink) => canvas.rect((left, y - 5.0), (right, y + 5.0), ink, 1.0),
        Key::Bar(style) => {
            canvas.marker((left + 5.0, y), 4.0, style)?;
            canvas.rect((left + 11.0, y - 4.0), (right, y + 4.0), style.ink, 1.0)
        }
        Key::Histogram(ink) => {
            for (at, height) in [3.0, 7.0, 10.0, 5.0].iter().enumerate() {
                let x = left + 2.0 + 4.2 * at as f64;
                canvas.rect((x, y + 5.0 - height), (x + 3.8, y + 5.0), ink, 0.85)?;
            }
            Ok(())
        }
        Key::Point(style) => canvas.marker((middle, y), 4.5, style),
        Key::Interval(style) => {
            canvas.line(&[(left, y), (right, y)], Stroke::solid(style.ink, 1.4))?;
            canvas.line(&[(left, y - 3.0), (left, y + 3.0)], Stroke::solid(style.ink, 1.4))?;
            canvas.line(&[(right, y - 3.0), (right, y + 3.0)], Stroke::solid(style.ink, 1.4))?;
            canvas.marker((middle, y), 4.5, style)
        }
        Key::Spread => {
            let stroke = Stroke::solid(theme::BLACK, 1.0);
            canvas.line(&[(left, y), (right, y)], stroke)?;
            canvas.rect((left + 4.0, y - 4.0), (right - 4.0, y + 4.0), theme::AXIS.lighter(0.5), 1.0)?;
            canvas.line(&[(middle, y - 4.0), (middle, y + 4.0)], Stroke::solid(theme::BLACK, 1.6))
        }
        Key::Dot(ink) => canvas.circle((middle, y), 2.4, ink, 1.0),
    }
}

/// Vertical grid lines from `top` to `bottom` with their labels beneath, and the axis title under them.
///
/// Takes [`VALUE_AXIS`] pixels below `bottom`.
pub(super) fn value_axis(
    canvas: &Canvas,
    ticks: &Ticks,
    scale: AxisScale,
    (top, bottom): (f64, f64),
    title: &str,
    label: impl Fn(f64) -> String,
) -> Result<(), ChartError> {
    let mut labels = Vec::new();
    for &value in &ticks.values {
        let x = scale.at(value);
        canvas.line(&[(x, top), (x, bottom)], Stroke::solid(GRID, 0.8))?;
        let label = label(value);
        labels.push((x, text::width(&label, TICK)? / 2.0, label));
    }
    // Every second or third is labelled where all have no room, so that the steps between labels are the same; nothing is one of them.
    let zero = ticks.values.iter().position(|value| *value == 0.0).unwrap_or(0);
    let every = |step: usize| labels.iter().skip(zero % step).step_by(step);
    let clear = |step: &usize| {
        let mut pairs = every(*step).zip(every(*step).skip(1));
        pairs.all(|((x, half, _), (next, next_half, _))| next - next_half >= x + half + 6.0)
    };
    for (x, _, label) in every((1..labels.len().max(2)).find(clear).unwrap_or(labels.len().max(1))) {
        canvas.text((*x, bottom + 14.0), label, TICK, Anchor::Middle)?;
    }
    let title = text::fit(title, LABEL, canvas.width - 2.0 * MARGIN)?;
    // Centred under its axis unless that would leave the sheet.
    let half = text::width(&title, LABEL)? / 2.0;
    let middle =
        f64::midpoint(scale.from, scale.to).clamp(MARGIN + half, (canvas.width - MARGIN - half).max(MARGIN + half));
    canvas.text((middle, bottom + 30.0), &title, LABEL, Anchor::Middle)
}

/// Most height of a body: with title, legend and foot it fits a page of A4 where it is 16 cm wide.
const PAGE: f64 = 880.0;

/// What title, subtitle, legend and foot take of a box, about.
const SURROUND: f64 = 210.0;
/// Least height of a body in a box: one that is lower still shrinks the chart.
const LEAST_BODY: f64 = 120.0;

/// Height of the body of a page: of the box that is asked for, else of a page of A4.
pub(super) fn room(look: &Figures) -> f64 {
    look.height().map_or(PAGE, |height| (height - SURROUND).max(LEAST_BODY))
}

/// Rows of this height that a page holds beside what else its body has, `most` at most.
pub(super) fn rows(look: &Figures, row: f64, beside: f64, most: usize) -> usize {
    match look.height() {
        None => most,
        Some(_) => (((room(look) - beside) / row).floor().max(2.0) as usize).min(most),
    }
}

/// Which blocks of these heights, in their order, stand on each page: as many as it holds, and one at least.
pub(super) fn pages(heights: &[f64], look: &Figures) -> Vec<std::ops::Range<usize>> {
    let mut pages: Vec<std::ops::Range<usize>> = Vec::new();
    let mut left = 0.0;
    for (at, height) in heights.iter().enumerate() {
        match pages.last_mut() {
            Some(page) if *height <= left => page.end = at + 1,
            _ => {
                pages.push(at..at + 1);
                left = room(look);
            }
        }
        left -= height;
    }
    pages
}

/// Title of a page: of the first what is seen in all of them, of the others what they show.
pub(super) fn title_of(at: usize, whole: String, topic: &str) -> String {
    if at == 0 { whole } else { format!("Continued: {topic}") }
}

/// Which of several pages this is, after a sentence.
pub(super) fn page_of(at: usize, pages: usize) -> String {
    if pages > 1 { format!(" Page {} of {pages}.", at + 1) } else { String::new() }
}

/// Height that [`value_axis`] takes below the data.
pub(super) const VALUE_AXIS: f64 = 34.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// A foot ends with a sentence, whatever room it has.
    #[test]
    fn a_foot_is_not_cut_in_a_sentence() {
        let foot = "The 1995 showdown. Means over 24 draws of what is not known (the report has medians), seed 1995. Means over draws.";
        let shown = |room: f64, lines: usize| whole_sentences(foot, room, lines).unwrap().join(" ");
        let two = "The 1995 showdown. Means over 24 draws of what is not known (the report has medians), seed 1995.";
        assert_eq!(shown(680.0, 1), two);
        assert_eq!(shown(300.0, 1), "The 1995 showdown.");
        assert_eq!((shown(300.0, 0), shown(60.0, 1)), (String::new(), String::new()));
    }

    #[test]
    fn blocks_stand_on_as_few_pages_as_hold_them_in_order() {
        let look = Figures::default();
        assert_eq!(pages(&[400.0, 400.0, 100.0, 2_000.0, 10.0], &look), [0..2, 2..3, 3..4, 4..5]);
        assert!(pages(&[], &look).is_empty());
        // In a box 100 mm high they hold less, and rows are fewer.
        let boxed = Figures { size_mm: Some((160.0, Some(100.0))), ..Figures::default() };
        assert_eq!(pages(&[150.0, 150.0], &boxed), [0..1, 1..2]);
        assert!(rows(&boxed, 17.0, 60.0, 48) < 20 && rows(&look, 17.0, 60.0, 48) == 48);
        assert_eq!((page_of(1, 3), page_of(0, 1)), (" Page 2 of 3.".to_owned(), String::new()));
    }
}
