//! Fans over time, one panel a regime with its dated policy events: the common part of the charts by week.
//!
//! The line is the mean over replications, which adds up to what tables say; bands are the 5-95% and 25-75% quantiles of each week. Nothing is
//! smoothed here. Regimes that are the same in everything drawn share a panel.

use jiff::civil::Date;

use super::axis::{self, AxisScale, Ticks};
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{self, Frame, Key};
use super::names::told_of_cut;
use super::theme::{
    self, GRID, Groups, INNER_BAND, Ink, LABEL, MARGIN, MUTED, NOTE, OUTER_BAND, PANEL, RegionGroup, Style, TICK,
};
use super::{ChartContext, ChartError, EventMark, SharedNames, Svg, text};
use crate::config::figures::Figures;
use crate::report::rows::Fan;

/// The fans of one regime.
#[derive(Clone, Debug, PartialEq)]
pub struct TimePanel {
    /// The regime, and those that are drawn alike.
    pub regimes: SharedNames,
    /// One fan per region, or per flagged and other part of a region.
    pub fans: Vec<GroupFan>,
    /// The regime's events within the weeks shown, by date.
    pub events: Vec<EventMark>,
}

/// One group of models, week by week.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupFan {
    /// Label of the group.
    pub label: String,
    /// First day of the week and what is shown of it, by date; weeks without a value are absent.
    pub weeks: Vec<(Date, Fan)>,
}

/// One group of models in one week under one regime.
pub(super) struct TimePoint<'a> {
    pub(super) regime: &'a str,
    pub(super) region: &'a str,
    pub(super) flagged: bool,
    pub(super) week: Date,
    pub(super) fan: Fan,
}

/// A panel for each regime of the points, in the context's order, with a fan for each group of `order`.
pub(super) fn panels(
    points: &[TimePoint<'_>],
    groups: &Groups,
    order: &[RegionGroup],
    context: &ChartContext,
) -> Vec<TimePanel> {
    let regimes = context.in_order(points.iter().map(|point| point.regime));
    let panel = |regime: &str| {
        let own: Vec<&TimePoint<'_>> = points.iter().filter(|point| point.regime == regime).collect();
        let fan = |group: &RegionGroup| {
            let members = own.iter().filter(|point| groups.group(point.region, point.flagged) == *group);
            GroupFan {
                label: group.label(&context.flag_label),
                weeks: members.map(|point| (point.week, point.fan)).collect(),
            }
        };
        let events = events(context, regime, own.iter().map(|point| point.week));
        let regimes = SharedNames::of(context.regime_label(regime));
        TimePanel { regimes, fans: order.iter().map(fan).collect(), events }
    };
    regimes.into_iter().map(panel).collect()
}

/// The events of a regime within the weeks shown, by date.
pub(super) fn events(
    context: &ChartContext,
    regime: &str,
    weeks: impl Iterator<Item = Date> + Clone,
) -> Vec<EventMark> {
    let (first, last) = (weeks.clone().min(), weeks.max());
    let known = context.regimes.iter().find(|known| known.name == regime);
    let mut events: Vec<EventMark> = known.map_or_else(Vec::new, |known| known.events.clone());
    // The last week lasts seven days.
    events.retain(|event| {
        first.is_some_and(|d| event.date >= d) && last.is_some_and(|d| axis::day(event.date) < axis::day(d) + 7.0)
    });
    events.sort_by_key(|event| event.date);
    events
}

/// The panels, one for all regimes whose lines and bands are the same, with their names and the events that all of them have; and whether any has
/// another event, which is not marked: where nothing moves, a date is no reason for a panel of its own.
fn shared(panels: &[TimePanel]) -> (Vec<TimePanel>, bool) {
    let mut shared: Vec<TimePanel> = Vec::with_capacity(panels.len());
    let mut left_out = false;
    for panel in panels {
        match shared.iter_mut().find(|known| is_drawn_alike(known, panel)) {
            Some(known) => {
                left_out |= known.events != panel.events;
                known.regimes.join(&panel.regimes);
                known.events.retain(|event| panel.events.contains(event));
            }
            None => shared.push(panel.clone()),
        }
    }
    (shared, left_out)
}

fn is_drawn_alike(one: &TimePanel, other: &TimePanel) -> bool {
    let weeks = |panel: &TimePanel| -> Vec<(Date, [u64; 5])> {
        let fans = panel.fans.iter().flat_map(|fan| &fan.weeks);
        let drawn = |fan: &Fan| [fan.mean, fan.q05, fan.q25, fan.q75, fan.q95].map(f64::to_bits);
        fans.map(|(week, fan)| (*week, drawn(fan))).collect()
    };
    weeks(one) == weeks(other)
}

/// Weeks that a point of a line of sales covers: single weeks are noise.
pub(super) const SMOOTH_WEEKS: usize = 4;

/// A tick: without a decimal where it is whole.
pub(super) fn tick(value: f64) -> String {
    text::number(value, usize::from((value - value.round()).abs() > 1e-6))
}

/// The mean of each week and those before it, [`SMOOTH_WEEKS`] in all; quantiles have none.
pub(super) fn smoothed(weeks: &[(Date, Fan)]) -> Vec<(Date, Fan)> {
    let mean = |at: usize| {
        let own = &weeks[(at + 1).saturating_sub(SMOOTH_WEEKS)..=at];
        own.iter().map(|(_, fan)| fan.mean).sum::<f64>() / own.len() as f64
    };
    (0..weeks.len()).map(|at| (weeks[at].0, line_of(mean(at)))).collect()
}

/// A point of a line without bands.
pub(super) fn line_of(value: f64) -> Fan {
    Fan { mean: value, q50: value, ..Fan::UNDEFINED }
}

/// Fewest replications of which quantiles are drawn: the 5% quantile of fewer is their smallest.
pub(super) const LEAST_FOR_BANDS: u64 = 20;

/// Whether quantiles over the replications of a context say something.
pub(super) fn has_bands(context: &ChartContext) -> bool {
    context.replications >= LEAST_FOR_BANDS
}

/// What line and bands are, for a subtitle.
pub(super) fn said_of_lines(context: &ChartContext) -> String {
    let each = context.each();
    match context.replications {
        1 => format!(" One {each}: no bands."),
        _ if has_bands(context) => format!(" Line: mean over {each}s; bands: 25–75 and 5–95% of them."),
        _ => format!(" Line: mean over {each}s."),
    }
}

/// Where a line is extreme: its panel and group, the week, and its value there.
pub(super) type Extreme<'a> = (&'a TimePanel, &'a GroupFan, Date, f64);

/// The line and week at which a measure is greatest; nothing where it is no number anywhere.
pub(super) fn greatest(panels: &[TimePanel], measure: impl Fn(usize, &Fan) -> f64) -> Option<Extreme<'_>> {
    let mut found: Option<(f64, Extreme<'_>)> = None;
    for panel in panels {
        for (group, fan) in panel.fans.iter().enumerate() {
            for (week, at) in &fan.weeks {
                let size = measure(group, at);
                if size.is_finite() && found.as_ref().is_none_or(|(most, _)| size > *most) {
                    found = Some((size, (panel, fan, *week, at.mean)));
                }
            }
        }
    }
    found.map(|(_, extreme)| extreme)
}

/// A chart of fans over time.
pub(super) struct Sheet<'a> {
    /// Name in errors.
    pub(super) chart: &'static str,
    pub(super) panels: &'a [TimePanel],
    /// Where points are months and no weeks: the first day of the first and of the last week that they have.
    pub(super) months: Option<(Date, Date)>,
    /// Style and label of each fan of a panel.
    pub(super) groups: Vec<(Style, String)>,
    pub(super) title: String,
    /// What the pages after the first continue.
    pub(super) topic: &'static str,
    pub(super) subtitle: String,
    pub(super) footer: String,
    pub(super) bands: bool,
    /// A value that the axis covers and, inside it, a line marks.
    pub(super) reference: f64,
    /// Text of a value on the axis.
    pub(super) tick: fn(f64) -> String,
    /// Where each panel has its own vertical scale, because regimes of very different size are illegible on one: how far from the reference it
    /// reaches at least, so that next to nothing is not blown up.
    pub(super) own_scales: Option<f64>,
    /// Its look.
    pub(super) look: &'a Figures,
}

const PLOT_HEIGHT: f64 = 152.0;
/// Plots are no lower in a box.
const LOWEST_PLOT: f64 = 60.0;
const PANEL_TITLE: f64 = 16.0;
/// Lines of a panel's title: names of regimes that share it.
const TITLE_LINES: usize = 6;
const EVENT_ROW: f64 = 13.5;
const DATE_AXIS: f64 = 40.0;
const SHARE_AXIS: f64 = 38.0;
const GUTTER: f64 = 26.0;

impl Sheet<'_> {
    /// Draws the chart on its pages.
    pub(super) fn draw(&self) -> Result<Vec<Svg>, ChartError> {
        let (panels, events_left_out) = shared(self.panels);
        let marks = if events_left_out { " Marked: events of all regimes of a panel." } else { "" };
        let shares = self.panels.iter().flat_map(|panel| &panel.fans).flat_map(|fan| &fan.weeks);
        let ticks = self.ticks(&panels);
        let (first, last) = match self.months {
            Some((first, last)) => (Some(first), Some(last)),
            None => (shares.clone().map(|(d, _)| *d).min(), shares.map(|(d, _)| *d).max()),
        };
        let apart = if self.months.is_some() { MONTHS_APART } else { WEEKS_APART };
        let (Some(ticks), Some(first), Some(last)) = (ticks, first, last) else {
            return Err(ChartError::Empty { chart: self.chart, reason: "no week has a value".to_owned() });
        };

        let columns = if panels.len() == 1 { 1 } else { 2 };
        let column_width = (self.look.width() - 2.0 * MARGIN - GUTTER * (columns - 1) as f64) / columns as f64;
        let tall = if columns == 1 { 2.0 * PLOT_HEIGHT } else { PLOT_HEIGHT };
        let mut placed = Vec::with_capacity(panels.len());
        for (at, panel) in panels.iter().enumerate() {
            let left = MARGIN + SHARE_AXIS + (column_width + GUTTER) * (at % columns) as f64;
            let right = left + column_width - SHARE_AXIS;
            let dates = AxisScale { low: axis::day(first), high: axis::day(last) + 7.0, from: left, to: right };
            let own = self.own_scales.and_then(|_| self.ticks(std::slice::from_ref(panel)));
            let ticks = own.unwrap_or_else(|| ticks.clone());
            let title = panel.regimes.lines(PANEL, column_width, TITLE_LINES)?;
            placed.push((panel, dates, place_labels(&panel.events, dates)?, ticks, title));
        }
        // In a box plots have the height that what stands around them leaves.
        let around = placed.iter().map(|(_, _, labels, _, (title, _))| {
            let levels = labels.iter().map(|label| label.level + 1).max().unwrap_or(0);
            PANEL_TITLE * title.len() as f64 + 4.0 + EVENT_ROW * levels as f64 + DATE_AXIS
        });
        let around = around.fold(0.0, f64::max);
        let plot_height = match self.look.height() {
            Some(_) => tall.min((frame::room(self.look) - around).max(LOWEST_PLOT)),
            None => tall,
        };
        // Panels side by side leave the same room for labels, so that their plots line up.
        let row_heights: Vec<f64> = placed
            .chunks(columns)
            .map(|row| {
                let labels = row.iter().flat_map(|(_, _, labels, _, _)| labels);
                let levels = labels.map(|label| label.level + 1).max().unwrap_or(0);
                let lines = row.iter().map(|(_, _, _, _, (title, _))| title.len()).max().unwrap_or(1);
                PANEL_TITLE * lines as f64 + 4.0 + EVENT_ROW * levels as f64 + plot_height + DATE_AXIS
            })
            .collect();

        let legend: Vec<_> = self
            .groups
            .iter()
            .map(|(style, label)| (Key::Fan { style: *style, bands: self.bands }, label.clone()))
            .collect();
        let pages = frame::pages(&row_heights, self.look);
        let page = |(at, rows): (usize, &std::ops::Range<usize>)| {
            let shown = || placed.chunks(columns).skip(rows.start).take(rows.len()).flatten();
            let cut = said_of_axes(shown().map(|(_, _, _, ticks, _)| ticks.low > 0.0 || ticks.high < 0.0));
            let frame = Frame {
                look: self.look.clone(),
                names: told_of_cut(shown().map(|(panel, _, _, _, (_, is_cut))| (&panel.regimes, *is_cut))),
                title: frame::title_of(at, self.title.clone(), self.topic),
                subtitle: format!("{}{marks}{cut}{}", self.subtitle, frame::page_of(at, pages.len())),
                legend: legend.clone(),
                footer: self.footer.clone(),
            };
            let heights = &row_heights[rows.clone()];
            frame.around(heights.iter().sum(), |canvas, mut top| {
                for (row, height) in placed.chunks(columns).skip(rows.start).zip(heights) {
                    let bottom = top + height - DATE_AXIS;
                    for (panel, dates, labels, ticks, (title, _)) in row {
                        let share = ticks.scale(bottom, bottom - plot_height);
                        for (line, name) in title.iter().enumerate() {
                            let at = (dates.from - SHARE_AXIS, top + 12.0 + PANEL_TITLE * line as f64);
                            canvas.text(at, name, PANEL, Anchor::Start)?;
                        }
                        draw_axes(canvas, (ticks, self.tick), share, *dates, (first, last))?;
                        if self.reference != ticks.low {
                            let y = share.at(self.reference);
                            canvas.line(&[(dates.from, y), (dates.to, y)], Stroke::solid(theme::AXIS, 1.0))?;
                        }
                        draw_events(canvas, labels, share)?;
                        let runs: Vec<_> = panel.fans.iter().map(|fan| runs(fan, *dates, apart)).collect();
                        // Lines above all bands: a band of one group must not dim the line of another.
                        for at in widest_first(&panel.fans).into_iter().filter(|_| self.bands) {
                            let Some((style, _)) = self.groups.get(at) else { continue };
                            draw_bands(canvas, &runs[at], style.ink, share)?;
                        }
                        for (at, (runs, group)) in runs.iter().zip(&self.groups).enumerate() {
                            let phase = at as f64 / self.groups.len() as f64;
                            draw_mean(canvas, runs, group.0, phase, share)?;
                        }
                    }
                    top += height;
                }
                Ok(())
            })
        };
        pages.iter().enumerate().map(page).collect()
    }

    /// Ticks that cover what some panels show, and the reference.
    fn ticks(&self, panels: &[TimePanel]) -> Option<Ticks> {
        let weeks = panels.iter().flat_map(|panel| &panel.fans).flat_map(|fan| &fan.weeks);
        let values = weeks.flat_map(|(_, fan)| if self.bands { [fan.q05, fan.mean, fan.q95] } else { [fan.mean; 3] });
        let least = self.own_scales.unwrap_or(0.0);
        Ticks::covering(values.chain([self.reference - least, self.reference + least]), 5)
    }
}

/// What is said of vertical axes that do not begin at zero: all of a page's panels, or some.
fn said_of_axes(cut: impl Iterator<Item = bool>) -> &'static str {
    let cut: Vec<bool> = cut.collect();
    match (cut.iter().all(|is_cut| *is_cut), cut.contains(&true)) {
        (true, true) => " The vertical axis does not begin at zero.",
        (false, true) => " The vertical axis of some panels does not begin at zero.",
        _ => "",
    }
}

fn draw_axes(
    canvas: &Canvas,
    (ticks, label): (&Ticks, fn(f64) -> String),
    share: AxisScale,
    dates: AxisScale,
    (first, last): (Date, Date),
) -> Result<(), ChartError> {
    for &value in &ticks.values {
        let y = share.at(value);
        canvas.line(&[(dates.from, y), (dates.to, y)], Stroke::solid(GRID, 0.8))?;
        canvas.text_mid((dates.from - 6.0, y), &label(value), TICK, Anchor::End)?;
    }
    let floor = share.from;
    canvas.line(&[(dates.from, floor), (dates.to, floor)], Stroke::solid(theme::AXIS, 1.0))?;
    if ticks.low > 0.0 || ticks.high < 0.0 {
        draw_cut(canvas, (dates.from, floor))?;
    }
    for tick in axis::date_ticks(first, last, dates.to - dates.from, 30.0) {
        let x = dates.at(axis::day(tick.date));
        canvas.line(&[(x, floor), (x, floor + 4.0)], Stroke::solid(theme::AXIS, 1.0))?;
        // A label at the very edge would stand over the neighbouring panel.
        if x + 12.0 > dates.to + GUTTER / 2.0 {
            continue;
        }
        canvas.text((x, floor + 15.0), &tick.label, TICK, Anchor::Middle)?;
        if let Some(year) = &tick.year {
            canvas.text((x, floor + 28.0), year, TICK, Anchor::Middle)?;
        }
    }
    Ok(())
}

/// The mark of an axis that does not begin at zero, where it would: two strokes across it.
fn draw_cut(canvas: &Canvas, (x, floor): (f64, f64)) -> Result<(), ChartError> {
    let stroke = Stroke::solid(theme::AXIS, 1.2);
    canvas.line(&[(x, floor), (x, floor - 14.0)], stroke)?;
    canvas.polygon(
        &[(x - 4.0, floor - 3.0), (x + 4.0, floor - 7.0), (x + 4.0, floor - 10.0), (x - 4.0, floor - 6.0)],
        theme::WHITE,
        1.0,
    )?;
    for up in [3.0, 6.0] {
        canvas.line(&[(x - 4.0, floor - up), (x + 4.0, floor - up - 4.0)], stroke)?;
    }
    Ok(())
}

/// Days between points that are joined: of weeks, and of the ends of months.
const WEEKS_APART: f64 = 7.5;
const MONTHS_APART: f64 = 38.0;

/// Horizontal place and fan of consecutive weeks.
type Run = Vec<(f64, Fan)>;

/// A fan cut where weeks without a share interrupt it.
fn runs(fan: &GroupFan, dates: AxisScale, apart: f64) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut before = None;
    for (start, quantiles) in &fan.weeks {
        let start = axis::day(*start);
        let point = (dates.at(start + 3.5), *quantiles);
        match runs.last_mut() {
            Some(run) if before.is_some_and(|before| start - before < apart) => run.push(point),
            _ => runs.push(vec![point]),
        }
        before = Some(start);
    }
    runs
}

/// Places of fans, the widest on average first: those that are drawn later lie above it.
fn widest_first(fans: &[GroupFan]) -> Vec<usize> {
    let width = |at: usize| {
        let known = fans[at].weeks.iter().map(|(_, fan)| fan.q95 - fan.q05).filter(|width| width.is_finite());
        known.clone().sum::<f64>() / known.count().max(1) as f64
    };
    let mut order: Vec<usize> = (0..fans.len()).collect();
    order.sort_by(|a, b| width(*b).total_cmp(&width(*a)));
    order
}

fn draw_bands(canvas: &Canvas, runs: &[Run], ink: Ink, share: AxisScale) -> Result<(), ChartError> {
    type Ends = fn(&Fan) -> (f64, f64);
    let outer: Ends = |fan| (fan.q05, fan.q95);
    let inner: Ends = |fan| (fan.q25, fan.q75);
    for run in runs {
        for (ends, alpha) in [(outer, OUTER_BAND), (inner, INNER_BAND)] {
            let known = run.iter().map(|(x, fan)| (*x, ends(fan)));
            let known: Vec<_> = known.filter(|(_, (low, high))| low.is_finite() && high.is_finite()).collect();
            let upper = known.iter().map(|(x, (_, high))| (*x, share.at(*high)));
            let lower = known.iter().rev().map(|(x, (low, _))| (*x, share.at(*low)));
            canvas.polygon(&upper.chain(lower).collect::<Vec<_>>(), ink, alpha)?;
        }
    }
    Ok(())
}

/// Distance between the markers of one line, in pixels.
const MARKERS: f64 = 56.0;

/// The line with markers along it; `phase`, from 0 to 1, staggers those of lines that coincide.
fn draw_mean(canvas: &Canvas, runs: &[Run], style: Style, phase: f64, share: AxisScale) -> Result<(), ChartError> {
    let mut next = runs.first().and_then(|run| run.first()).map_or(0.0, |(x, _)| x + MARKERS * (0.15 + 0.85 * phase));
    let mut markers = Vec::new();
    for run in runs {
        let line: Vec<(f64, f64)> = run.iter().map(|(x, fan)| (*x, share.at(fan.mean))).collect();
        canvas.line(&line, Stroke::solid(style.ink, 1.8))?;
        for &point in &line {
            if point.0 >= next || line.len() == 1 {
                markers.push(point);
                next = point.0 + MARKERS;
            }
        }
    }
    markers.into_iter().try_for_each(|point| canvas.marker(point, 3.4, style))
}

/// An event's label above the plot: level 0 is the lowest.
#[derive(Clone, Debug, PartialEq)]
struct EventLabel {
    x: f64,
    text: String,
    /// Left and right edge of the text.
    span: (f64, f64),
    anchor: Anchor,
    level: usize,
}

/// Events that a panel marks: more lines would be a hatching, and each label looks for its level among all others.
const MOST_EVENTS: usize = 60;

/// Puts each event's label beside its line, on the lowest level where it meets no other label and no other line.
///
/// A label stands to the right of its line, or to the left where it would leave the panel. From right to left, a
/// right-hand label climbs over the lines it spans; left-hand labels then do so from left to right, so levels always exist.
fn place_labels(events: &[EventMark], dates: AxisScale) -> Result<Vec<EventLabel>, ChartError> {
    const GAP: f64 = 4.0;
    let shown = events.len().min(MOST_EVENTS);
    let mut labels = Vec::with_capacity(shown);
    for event in &events[..shown] {
        let x = dates.at(axis::day(event.date));
        let day = event.date.strftime("%-d %b").to_string();
        let content = text::fit(&format!("{day}: {}", event.label), NOTE, 0.72 * (dates.to - dates.from))?;
        let width = text::width(&content, NOTE)?;
        let (anchor, span) = if x + GAP + width <= dates.to {
            (Anchor::Start, (x + GAP, x + GAP + width))
        } else if x - GAP - width >= dates.from {
            (Anchor::End, (x - GAP - width, x - GAP))
        } else {
            (Anchor::Start, (dates.to - width, dates.to))
        };
        labels.push(EventLabel { x, text: content, span, anchor, level: 0 });
    }
    let rightward = (0..labels.len()).rev().filter(|&at| labels[at].anchor == Anchor::Start);
    let leftward = (0..labels.len()).filter(|&at| labels[at].anchor == Anchor::End);
    let order: Vec<usize> = rightward.chain(leftward).collect();
    let mut done: Vec<usize> = Vec::with_capacity(order.len());
    for at in order {
        let free = |level: usize| {
            let label = &labels[at];
            done.iter().map(|&other| &labels[other]).all(|other| {
                let texts_meet = label.level_overlaps(other, level, GAP);
                let over_line = other.level >= level && other.x > label.span.0 - 1.0 && other.x < label.span.1 + 1.0;
                let under_line = level >= other.level && label.x > other.span.0 - 1.0 && label.x < other.span.1 + 1.0;
                !(texts_meet || over_line || under_line)
            })
        };
        // A label between lines on both sides has no free level: it then stands above all, over its white ground.
        let above = done.iter().map(|&other| labels[other].level + 1).max().unwrap_or(0);
        let level = (0..=above).find(|&level| free(level)).unwrap_or(above);
        labels[at].level = level;
        done.push(at);
    }
    Ok(labels)
}

impl EventLabel {
    fn level_overlaps(&self, other: &Self, level: usize, gap: f64) -> bool {
        other.level == level && self.span.0 < other.span.1 + gap && other.span.0 < self.span.1 + gap
    }
}

fn draw_events(canvas: &Canvas, labels: &[EventLabel], share: AxisScale) -> Result<(), ChartError> {
    let height = |level: usize| share.to - 4.0 - EVENT_ROW * level as f64;
    for label in labels {
        let line = [(label.x, share.from), (label.x, height(label.level) - 9.0)];
        canvas.line(&line, Stroke { ink: MUTED, width: 0.9, dash: &[3.0, 2.0] })?;
    }
    for label in labels {
        let y = height(label.level);
        canvas.rect((label.span.0 - 1.0, y - 9.5), (label.span.1 + 1.0, y + 3.0), theme::WHITE, 1.0)?;
        let x = if label.anchor == Anchor::End { label.span.1 } else { label.span.0 };
        canvas.text((x, y), &label.text, LABEL.px(NOTE.px), label.anchor)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// What differs by a date alone is drawn once, with the events that are of all.
    #[test]
    fn regimes_that_differ_by_events_alone_share_a_panel() {
        let event = |day: i8| EventMark { date: date(1995, 6, day), label: "Duty".to_owned() };
        let panel = |name: &str, mean: f64, events: Vec<EventMark>| TimePanel {
            regimes: SharedNames::of(name),
            fans: vec![GroupFan { label: "all".to_owned(), weeks: vec![(date(1995, 6, 3), line_of(mean))] }],
            events,
        };
        let panels = [
            panel("quiet", 1.0, Vec::new()),
            panel("threat", 1.0, vec![event(5)]),
            panel("duty", 2.0, vec![event(5), event(6)]),
            panel("retroactive", 2.0, vec![event(6)]),
        ];
        let (shown, left_out) = shared(&panels);
        let names: Vec<String> = shown.iter().map(|panel| panel.regimes.all()).collect();
        assert_eq!(names, ["quiet; threat", "duty; retroactive"]);
        assert!(left_out && shown[0].events.is_empty() && shown[1].events == [event(6)]);
        let (_, left_out) = shared(&panels[1..3]);
        assert!(!left_out, "nothing is shared, nothing is left out");
    }

    #[test]
    fn the_widest_fan_is_behind() {
        let fan = |half: f64| GroupFan {
            label: "a".to_owned(),
            weeks: vec![(date(1995, 6, 3), Fan { q05: 50.0 - half, q95: 50.0 + half, ..line_of(50.0) })],
        };
        let none = GroupFan { label: "b".to_owned(), weeks: Vec::new() };
        assert_eq!(widest_first(&[fan(1.0), none, fan(9.0), fan(3.0)]), [2, 3, 0, 1]);
    }

    #[test]
    fn event_labels_never_meet_each_other_or_a_line() {
        let dates = AxisScale { low: 0.0, high: 728.0, from: 60.0, to: 460.0 };
        let events: Vec<EventMark> = [0, 3, 9, 10, 50, 300, 310, 700, 705, 720, 727]
            .iter()
            .map(|&day| EventMark {
                date: date(1970, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap(),
                label: "duty of 100% proposed".to_owned(),
            })
            .collect();
        let labels = place_labels(&events, dates).unwrap();
        for (at, a) in labels.iter().enumerate() {
            assert!(a.span.0 >= dates.from && a.span.1 <= dates.to);
            for (other, b) in labels.iter().enumerate().filter(|(other, _)| *other != at) {
                assert!(!a.level_overlaps(b, a.level, 0.0), "labels {at} and {other} meet");
                let crossed = b.x > a.span.0 && b.x < a.span.1 && b.level >= a.level;
                assert!(!crossed, "the line of {other} crosses label {at}");
            }
        }
    }
}
