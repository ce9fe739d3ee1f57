//! How the indices settle as the design grows: one small panel for each input.

use super::{FIRST, OutputContext, SECOND, bars::Shown, ends};
use crate::report::charts::axis::Ticks;
use crate::report::charts::canvas::{Anchor, Canvas, Stroke};
use crate::report::charts::frame::{self, Frame, Key};
use crate::report::charts::theme::{self, AXIS, GRID, Ink, LABEL, MARGIN, MUTED, Marker, PANEL, Style, TICK};
use crate::report::charts::{ChartError, Svg, claims, text};
use crate::sensitivity::{Index, IndexEstimate};

const CHART: &str = "convergence";

/// One input: its label, and for each index shown its estimates by size.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// The input.
    pub label: String,
    /// Index by index, size by size.
    pub lines: Vec<Vec<IndexEstimate>>,
}

/// The numbers that [`draw`] plots: panels in the order of the last index at the last size.
///
/// # Errors
/// [`ChartError::Empty`] where the design was looked at once only, or no index is defined.
pub fn series(looks: &[(u64, &[Index])], shown: &[Shown], context: &OutputContext) -> Result<Vec<Panel>, ChartError> {
    if looks.len() < 2 {
        return Err(ChartError::Empty { chart: CHART, reason: "the design was looked at once only".to_owned() });
    }
    let mut panels: Vec<Panel> = Vec::new();
    for (at, (_, label)) in context.inputs.iter().enumerate() {
        let line = |shown: &Shown| {
            let of = |(_, indices): &(u64, &[Index])| {
                context.estimates(indices, shown.index).get(at).map_or(IndexEstimate::UNDEFINED, |found| found.1)
            };
            looks.iter().map(of).collect()
        };
        panels.push(Panel { label: label.clone(), lines: shown.iter().map(line).collect() });
    }
    let last = |panel: &Panel| {
        let estimate = panel.lines.last().and_then(|line| line.last());
        estimate.map_or(f64::NAN, |estimate| estimate.value)
    };
    panels.retain(|panel| last(panel).is_finite());
    if panels.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "no index is defined".to_owned() });
    }
    panels.sort_by(|a, b| last(b).total_cmp(&last(a)));
    Ok(panels)
}

/// Panels beside each other on a sheet of this width.
fn columns(width: f64) -> usize {
    if width < 800.0 { 3 } else { 4 }
}
const LEFT: f64 = 46.0;
const HEIGHT: f64 = 112.0;
const HEAD: f64 = 20.0;
const BELOW: f64 = 40.0;
const GUTTER: f64 = 16.0;

/// Draws the chart: `looks` holds the number of rows of each part of the design, and its indices.
///
/// # Errors
/// [`ChartError::Empty`] as for [`series`]; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(looks: &[(u64, &[Index])], shown: &[Shown], context: &OutputContext) -> Result<Vec<Svg>, ChartError> {
    let panels = series(looks, shown, context)?;
    let style = |ink: Ink, marker: Marker| Style { ink, marker, hollow: false };
    let styles = [style(FIRST, Marker::Square), style(SECOND, Marker::Circle)];
    let columns = columns(context.look.width());
    let pages = frame::pages(&vec![HEAD + HEIGHT + BELOW; panels.len().div_ceil(columns)], &context.look);
    let frame = |at: usize| Frame {
        look: context.look.clone(),
        names: Vec::new(),
        title: frame::title_of(
            at,
            title(&panels, looks, shown, context),
            &format!("indices by size of the design: {}", context.label),
        ),
        subtitle: format!(
            "Indices from the first parts of the design, each twice the one before. Bands: {} intervals.{}",
            context.level(),
            frame::page_of(at, pages.len())
        ),
        legend: shown
            .iter()
            .zip(styles)
            .map(|(shown, style)| (Key::Fan { style, bands: true }, shown.label.to_owned()))
            .collect(),
        footer: context.footer(&format!(
            "Parts are nested, so neighbouring estimates are not independent.{}",
            context.said_of_unit(shown)
        )),
    };
    let all = panels.iter().flat_map(|panel| panel.lines.iter().flatten().flat_map(ends)).chain([0.0]);
    let Some(ticks) = Ticks::covering(all, 4) else {
        return Err(ChartError::Empty { chart: CHART, reason: "no finite index".to_owned() });
    };
    let width = (context.look.width() - 2.0 * MARGIN - LEFT - GUTTER * (columns - 1) as f64) / columns as f64;
    let page = |(page, lines): (usize, &std::ops::Range<usize>)| {
        frame(page).around(lines.len() as f64 * (HEAD + HEIGHT + BELOW), |canvas, top| {
            let shown = panels.iter().skip(columns * lines.start).take(columns * lines.len());
            for (at, panel) in shown.enumerate() {
                let (line, column) = (at / columns, at % columns);
                let left = MARGIN + LEFT + (width + GUTTER) * column as f64;
                let top = top + HEAD + (HEAD + HEIGHT + BELOW) * line as f64;
                let sheet = Sheet { ticks: &ticks, looks, left, right: left + width, top };
                sheet.draw(canvas, panel, &styles, column == 0)?;
            }
            Ok(())
        })
    };
    pages.iter().enumerate().map(page).collect()
}

/// What is seen: how far the largest index moved when the design was last doubled.
fn title(panels: &[Panel], looks: &[(u64, &[Index])], shown: &[Shown], context: &OutputContext) -> String {
    let symbol = shown.last().map_or("", |shown| shown.label.split(':').next().unwrap_or_default());
    let line = panels.first().and_then(|panel| panel.lines.last());
    let last = line.and_then(|line| Some((line.len().checked_sub(2)?, line)));
    let (Some(panel), Some((before, line))) = (panels.first(), last) else { return context.label.clone() };
    let digits = if line[before + 1].value.abs() >= 100.0 { 0 } else { 3 };
    let [from, to] = [before, before + 1].map(|at| text::number(line[at].value, digits));
    let [few, many] = [before, before + 1].map(|at| text::number(looks[at].0 as f64, 0));
    format!(
        "The largest estimate of {symbol}, that of {}, is {from} after {few} points and {to} after {many}: {}",
        text::brief(&panel.label, claims::IN_TITLE),
        context.label
    )
}

/// Where one panel stands.
struct Sheet<'a> {
    ticks: &'a Ticks,
    looks: &'a [(u64, &'a [Index])],
    left: f64,
    right: f64,
    top: f64,
}

impl Sheet<'_> {
    fn draw(&self, canvas: &Canvas, panel: &Panel, styles: &[Style], labelled: bool) -> Result<(), ChartError> {
        let Self { ticks, looks, left, right, top } = *self;
        let bottom = top + HEIGHT;
        let up = ticks.scale(bottom, top);
        let name = text::fit_name(&panel.label, PANEL.px(11.0), right - left)?;
        canvas.text((left, top - 6.0), &name, PANEL.px(11.0), Anchor::Start)?;
        for value in &ticks.values {
            let y = up.at(*value);
            let stroke = if *value == 0.0 { Stroke::solid(AXIS, 1.0) } else { Stroke::solid(GRID, 0.8) };
            canvas.line(&[(left, y), (right, y)], stroke)?;
            if labelled {
                canvas.text_mid((left - 6.0, y), &ticks.label(*value), TICK, Anchor::End)?;
            }
        }
        // Sizes double, so equal steps are a logarithmic axis.
        let step = (right - left - 24.0) / (looks.len() - 1) as f64;
        let x = |at: usize| left + 12.0 + step * at as f64;
        // Every second or third size is written where all have no room, and the last.
        let widest = looks.iter().map(|(rows, _)| text::width(&text::number(*rows as f64, 0), TICK));
        let widest = widest.collect::<Result<Vec<f64>, _>>()?.into_iter().fold(0.0, f64::max) + 4.0;
        let every = (widest / step).ceil().max(1.0) as usize;
        for (at, (rows, _)) in looks.iter().enumerate().filter(|(at, _)| (looks.len() - 1 - at).is_multiple_of(every)) {
            canvas.text((x(at), bottom + 13.0), &text::number(*rows as f64, 0), TICK, Anchor::Middle)?;
        }
        canvas.text(
            (f64::midpoint(left, right), bottom + 27.0),
            "points run",
            LABEL.px(10.5).ink(MUTED),
            Anchor::Middle,
        )?;
        for (line, style) in panel.lines.iter().zip(styles) {
            let defined: Vec<(usize, &IndexEstimate)> =
                line.iter().enumerate().filter(|(_, estimate)| estimate.value.is_finite()).collect();
            let end = |which: usize| defined.iter().map(move |(at, e)| (x(*at), up.at(ends(e)[which])));
            let band: Vec<(f64, f64)> = end(0).chain(end(1).rev()).collect();
            if defined.len() > 1 {
                canvas.polygon(&band, style.ink, theme::OUTER_BAND)?;
                let points: Vec<(f64, f64)> = defined.iter().map(|(at, e)| (x(*at), up.at(e.value))).collect();
                canvas.line(&points, Stroke::solid(style.ink, 1.6))?;
            }
            for (at, estimate) in &defined {
                canvas.marker((x(*at), up.at(estimate.value)), 2.6, *style)?;
            }
        }
        Ok(())
    }
}
