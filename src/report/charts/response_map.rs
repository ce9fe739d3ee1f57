//! Responses to two settings at once: a heat map with contours for each regime.

use std::collections::BTreeMap;

use super::axis::Ticks;
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{self, Frame};
use super::names::told_of_cut;
use super::response::{
    Measured, ResponsePoint, Responses, ShownRegime, Swept, distinct, ends_are_told, in_title, plain, told_of,
};
use super::theme::{AXIS, BLACK, Ink, LABEL, MARGIN, NOTE, PANEL, TICK, WHITE};
use super::{ChartContext, ChartError, Svg, text};

const CHART: &str = "response map";
const PLOT_HEIGHT: f64 = 250.0;
const PANEL_TITLE: f64 = 38.0;
const X_AXIS: f64 = 42.0;
const Y_AXIS: f64 = 62.0;
const GUTTER: f64 = 26.0;
/// Further lines of a panel's title.
const HEAD_LINE: f64 = 15.0;
const BAR_HEIGHT: f64 = 12.0;
const BAR_AREA: f64 = 48.0;

const BELOW: Ink = Ink(0, 77, 128);
const ABOVE: Ink = Ink(213, 94, 0);

/// Of zero, and of the least where zero is outside: not white, because it is no gap.
const NOTHING: Ink = Ink(236, 236, 236);

/// Colours from `low` to `high`: one hue on each side of zero, grey between; one hue alone where zero is outside.
#[derive(Clone, Copy, Debug)]
struct Shades {
    low: f64,
    high: f64,
    signed: bool,
}

impl Shades {
    fn of(&self, value: f64) -> Ink {
        let (ink, share) = if self.signed {
            let reach = self.low.abs().max(self.high.abs()).max(f64::MIN_POSITIVE);
            if value < 0.0 { (BELOW, -value / reach) } else { (ABOVE, value / reach) }
        } else {
            (BELOW, (value - self.low) / (self.high - self.low).max(f64::MIN_POSITIVE))
        };
        let part = |from: u8, to: u8| {
            (f64::from(from) + share.clamp(0.0, 1.0) * (f64::from(to) - f64::from(from))).round() as u8
        };
        Ink(part(NOTHING.0, ink.0), part(NOTHING.1, ink.1), part(NOTHING.2, ink.2))
    }
}

/// Values on a grid: columns over the first setting, rows over the second, NaN where a point is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Places on the first setting's axis.
    pub x: Vec<f64>,
    /// Places on the second setting's axis.
    pub y: Vec<f64>,
    /// Values, row by row from the lowest.
    pub values: Vec<f64>,
}

/// A place on both axes.
type MapPlace = (f64, f64);
/// A straight part of a contour.
type ContourPiece = [MapPlace; 2];
/// A side of a cell: the place of its first end in columns and rows, and whether it goes up.
type CellSide = (usize, usize, bool);

impl Grid {
    /// The values of one metric under one regime.
    #[must_use]
    pub fn of(responses: Responses<'_>, metric: usize, regime: &str) -> Self {
        let rows: Vec<_> = responses.rows.iter().filter(|row| row.metric == metric).collect();
        let places = |axis: usize| {
            let mut places: Vec<f64> = rows.iter().filter_map(|row| row.at.get(axis).copied()).collect();
            places.sort_by(f64::total_cmp);
            places.dedup();
            places
        };
        let (x, y) = (places(0), places(1));
        let mut values = vec![f64::NAN; x.len() * y.len()];
        for row in rows.iter().filter(|row| row.regime == regime) {
            let column = x.iter().position(|place| row.at.first() == Some(place));
            let line = y.iter().position(|place| row.at.get(1) == Some(place));
            if let (Some(column), Some(line)) = (column, line) {
                values[line * x.len() + column] = row.mean;
            }
        }
        Self { x, y, values }
    }

    fn value(&self, column: usize, row: usize) -> f64 {
        self.values[row * self.x.len() + column]
    }

    /// Pieces of the contour at `level`, in places of the axes: linear between neighbouring points (marching squares).
    #[must_use]
    pub fn contour(&self, level: f64) -> Vec<[(f64, f64); 2]> {
        self.pieces(level).into_iter().map(|(_, piece)| piece).collect()
    }

    /// The same with the sides of cells that each piece goes between.
    fn pieces(&self, level: f64) -> Vec<([CellSide; 2], ContourPiece)> {
        let mut pieces = Vec::new();
        for row in 1..self.y.len() {
            for column in 1..self.x.len() {
                let (left, below) = (column - 1, row - 1);
                let corner = |right: usize, up: usize| {
                    let (c, r) = (left + right, below + up);
                    (self.x[c], self.y[r], self.value(c, r) - level)
                };
                let corners = [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)];
                if corners.iter().any(|(.., v)| !v.is_finite()) {
                    continue;
                }
                // From one corner to the next.
                let sides = [(left, below, false), (column, below, true), (left, row, false), (left, below, true)];
                let mut crossings = Vec::with_capacity(4);
                for side in 0..4 {
                    let ((x0, y0, v0), (x1, y1, v1)) = (corners[side], corners[(side + 1) % 4]);
                    if (v0 < 0.0) != (v1 < 0.0) {
                        let share = v0 / (v0 - v1);
                        crossings.push((sides[side], (x0 + share * (x1 - x0), y0 + share * (y1 - y0))));
                    }
                }
                let piece = |a: &(CellSide, MapPlace), b: &(CellSide, MapPlace)| ([a.0, b.0], [a.1, b.1]);
                // Two crossings are one piece; four are a saddle, whose middle says which corners belong together.
                match crossings.as_slice() {
                    [a, b] => pieces.push(piece(a, b)),
                    [a, b, c, d] => {
                        let middle = corners.iter().map(|(.., v)| v).sum::<f64>();
                        let together = (middle < 0.0) == (corners[0].2 < 0.0);
                        pieces.extend(if together { [piece(a, b), piece(c, d)] } else { [piece(d, a), piece(b, c)] });
                    }
                    _ => {}
                }
            }
        }
        pieces
    }

    /// The lines of the contour at `level`: pieces that hang together, apart from those that do not.
    fn contour_lines(&self, level: f64) -> Vec<Vec<ContourPiece>> {
        let pieces = self.pieces(level);
        // Of each piece one of its line that comes no later; the first of a line is its own.
        let mut earlier: Vec<usize> = (0..pieces.len()).collect();
        let first = |earlier: &[usize], mut at: usize| {
            while earlier[at] != at {
                at = earlier[at];
            }
            at
        };
        let mut ends: BTreeMap<CellSide, usize> = BTreeMap::new();
        for (at, (sides, _)) in pieces.iter().enumerate() {
            for side in sides {
                if let Some(other) = ends.insert(*side, at) {
                    let [one, two] = [first(&earlier, at), first(&earlier, other)];
                    earlier[one.max(two)] = one.min(two);
                }
            }
        }
        let mut lines: BTreeMap<usize, Vec<ContourPiece>> = BTreeMap::new();
        for (at, (_, piece)) in pieces.into_iter().enumerate() {
            lines.entry(first(&earlier, at)).or_default().push(piece);
        }
        lines.into_values().collect()
    }
}

/// Edges of the cells around places: half way between neighbours.
fn edges(places: &[f64]) -> Vec<f64> {
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return Vec::new() };
    let half = |pair: &[f64]| (pair[1] - pair[0]) / 2.0;
    let lead = places.windows(2).next().map_or(0.5, half);
    let tail = places.windows(2).last().map_or(0.5, half);
    let between = places.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
    std::iter::once(first - lead).chain(between).chain(std::iter::once(last + tail)).collect()
}

/// Draws a map of one metric over two settings, a panel for each regime.
///
/// # Errors
/// [`ChartError::Empty`] where there is nothing to show; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(responses: Responses<'_>, metric: usize, context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let empty = |reason: &str| ChartError::Empty { chart: CHART, reason: reason.to_owned() };
    let [across, up] = responses.swept else { return Err(empty("two settings make a map")) };
    let measured = responses.metrics.get(metric).ok_or_else(|| empty("nothing was measured"))?;
    let regimes = distinct(responses, context);
    let grids: Vec<Grid> = regimes.iter().map(|regime| Grid::of(responses, metric, regime.name)).collect();
    let finite = grids.iter().flat_map(|grid| &grid.values).copied().filter(|value| value.is_finite());
    let (low, high) = finite.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    let levels = Ticks::covering(finite, 8).ok_or_else(|| empty("no point has a number"))?;
    let shades = Shades { low, high, signed: responses.is_change };
    let widest = responses.rows.iter().filter(|row| row.metric == metric).map(|row| (row.high - row.low) / 2.0);
    let widest = widest.filter(|half| half.is_finite()).fold(f64::NAN, f64::max);
    let columns = if grids.len() == 1 { 1 } else { 2 };
    let width = (context.look.width() - 2.0 * MARGIN - GUTTER * (columns - 1) as f64) / columns as f64;
    let plot_height = if columns == 1 { 1.4 * PLOT_HEIGHT } else { PLOT_HEIGHT };
    let heads: Vec<(Vec<String>, bool)> =
        regimes.iter().map(|regime| regime.regimes.lines(PANEL, width, 3)).collect::<Result<_, _>>()?;
    let head_lines = heads.iter().map(|(lines, _)| lines.len()).max().unwrap_or(1);
    let panel_title = PANEL_TITLE + HEAD_LINE * (head_lines - 1) as f64;
    let height = panel_title + plot_height + X_AXIS;
    let pages = frame::pages(&vec![height; grids.len().div_ceil(columns)], &context.look);
    let frame = |at: usize| {
        Frame {
        look: context.look.clone(),
        names: told_of_cut(
            regimes.iter().zip(&heads).skip(columns * pages[at].start).take(columns * pages[at].len()).map(|(regime, (_, is_cut))| (&regime.regimes, *is_cut)),
        ),
        title: frame::title_of(at, title(responses, &regimes, metric, measured), &measured.label),
        subtitle: if responses.is_change {
            format!("Change against the baseline ({}) at the same point.", context.regime_label(&context.baseline))
        } else {
            "Mean at each point.".to_owned()
        } + &ends(responses, &regimes, metric, (across, up)) + &frame::page_of(at, pages.len()),
        legend: Vec::new(),
        footer: context.footer(&if widest.is_finite() {
            let widest = format!("{}{}", text::in_words(widest), measured.after());
            format!(
                "All points meet the same worlds; the widest 95% interval of a mean, simulation noise only, is ± {widest}. Period: {}.",
                context.period.label()
            )
        } else {
            format!("All points meet the same worlds. One replication: no intervals. Period: {}.", context.period.label())
        }),
    }
    };
    let page = |(page, lines): (usize, &std::ops::Range<usize>)| {
        let body = height * lines.len() as f64 + BAR_AREA;
        frame(page).around(body, |canvas, top| {
            let shown = grids.iter().skip(columns * lines.start).take(columns * lines.len());
            for (at, grid) in shown.enumerate() {
                let left = MARGIN + (width + GUTTER) * (at % columns) as f64;
                let upper = top + height * (at / columns) as f64 + panel_title;
                let title = &heads[columns * lines.start + at].0;
                for (line, part) in title.iter().enumerate() {
                    let y = upper - 23.0 - HEAD_LINE * (title.len() - 1 - line) as f64;
                    canvas.text((left, y), part, PANEL, Anchor::Start)?;
                }
                let area =
                    Area { left: left + Y_AXIS, right: left + width - 6.0, top: upper, bottom: upper + plot_height };
                panel(canvas, grid, (across, up), &levels, (shades, area))?;
            }
            colour_bar(canvas, &levels, shades, measured, top + body - BAR_AREA + 10.0)
        })
    };
    pages.iter().enumerate().map(page).collect()
}

/// What is seen: the lowest and the highest point under the regime that moves the metric most.
fn title(responses: Responses<'_>, regimes: &[ShownRegime<'_>], metric: usize, measured: &Measured) -> String {
    let (regime, mut own) = told_of(regimes, responses.rows, metric);
    own.sort_by(|a, b| a.mean.total_cmp(&b.mean));
    let (Some(low), Some(high)) = (own.first(), own.last()) else { return measured.label.clone() };
    let [from, to] = [low, high].map(|row| in_title(row.mean, responses.is_change));
    format!("{}: {from} to {to}{} ({regime})", measured.label, measured.after())
}

/// Where the lowest and the highest point of that regime are, as far as their intervals tell them from the others.
fn ends(
    responses: Responses<'_>,
    regimes: &[ShownRegime<'_>],
    metric: usize,
    (across, up): (&Swept, &Swept),
) -> String {
    let (regime, mut own) = told_of(regimes, responses.rows, metric);
    own.sort_by(|a, b| a.mean.total_cmp(&b.mean));
    let (Some(low), Some(high)) = (own.first(), own.last()) else { return String::new() };
    if !ends_are_told(&own) {
        return format!(" Which point of {regime} is the lowest or the highest is not told by their intervals.");
    }
    let place = |row: &ResponsePoint| {
        format!("{} = {}, {} = {}", across.label, across.place(row.at[0]), up.label, up.place(row.at[1]))
    };
    format!(" {regime}: lowest at {}; highest at {}.", place(low), place(high))
}

#[derive(Clone, Copy, Debug)]
struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

fn panel(
    canvas: &Canvas,
    grid: &Grid,
    (across, up): (&Swept, &Swept),
    levels: &Ticks,
    (shades, area): (Shades, Area),
) -> Result<(), ChartError> {
    let (x_edges, y_edges) = (edges(&grid.x), edges(&grid.y));
    let place = |edges: &[f64], value: f64, from: f64, to: f64| match (edges.first(), edges.last()) {
        (Some(low), Some(high)) if high > low => from + (value - low) / (high - low) * (to - from),
        _ => f64::midpoint(from, to),
    };
    let x = |value: f64| place(&x_edges, value, area.left, area.right);
    let y = |value: f64| place(&y_edges, value, area.bottom, area.top);
    for (row, ends) in y_edges.windows(2).enumerate() {
        for (column, sides) in x_edges.windows(2).enumerate() {
            let value = grid.value(column, row);
            let (from, to) = ((x(sides[0]), y(ends[1])), (x(sides[1]), y(ends[0])));
            if value.is_finite() {
                canvas.rect(from, to, shades.of(value), 1.0)?;
            } else {
                // A point without a result is crossed out.
                canvas.line(&[from, to], Stroke::solid(AXIS, 0.8))?;
                canvas.line(&[(from.0, to.1), (to.0, from.1)], Stroke::solid(AXIS, 0.8))?;
            }
        }
    }
    let named = !across.categories.is_empty() || !up.categories.is_empty();
    // Between named settings nothing is half way.
    let levels_drawn: &[f64] = if named { &[] } else { &levels.values };
    let contours =
        levels_drawn.iter().flat_map(|level| grid.contour_lines(*level).into_iter().map(|line| (*level, line)));
    let contours: Vec<(f64, Vec<ContourPiece>)> = contours.collect();
    // Each line is named once, also of a level that has several: at the piece nearest the middle of its line where the name has room beside those before. A line without room for its
    // number says nothing, and is not drawn.
    let mut taken: Vec<[f64; 4]> = Vec::new();
    let mut named_at = Vec::new();
    for (level, pieces) in &contours {
        let label = if shades.signed { levels.signed_label(*level) } else { levels.label(*level) };
        let half = text::width(&label, NOTE)? / 2.0 + 2.0;
        let middle = pieces.len() / 2;
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        order.sort_by_key(|at| at.abs_diff(middle));
        let mut places = order.into_iter().map(|at| {
            let [from, to] = pieces[at];
            (f64::midpoint(x(from.0), x(to.0)), f64::midpoint(y(from.1), y(to.1)))
        });
        let around = |(x, y): (f64, f64)| [x - half, x + half, y - 7.0, y + 7.0];
        let is_free = |place: &(f64, f64)| {
            let [left, right, top, bottom] = around(*place);
            let apart = |other: &[f64; 4]| right < other[0] || left > other[1] || bottom < other[2] || top > other[3];
            left > area.left && right < area.right && top > area.top && bottom < area.bottom && taken.iter().all(apart)
        };
        let Some(place) = places.find(is_free) else { continue };
        taken.push(around(place));
        for [from, to] in pieces {
            canvas.line(&[(x(from.0), y(from.1)), (x(to.0), y(to.1))], Stroke::solid(BLACK, 0.9))?;
        }
        named_at.push((place, half, label));
    }
    for (place, half, label) in named_at {
        canvas.rect((place.0 - half, place.1 - 6.5), (place.0 + half, place.1 + 6.5), WHITE, 0.85)?;
        canvas.text_mid(place, &label, NOTE.ink(BLACK), Anchor::Middle)?;
    }
    let frame = [(area.left, area.top), (area.right, area.top), (area.right, area.bottom), (area.left, area.bottom)];
    canvas.line(&[frame[0], frame[1], frame[2], frame[3], frame[0]], Stroke::solid(AXIS, 1.0))?;
    let labels = |swept: &Swept, places: &[f64]| -> Vec<(f64, String)> {
        if !swept.categories.is_empty() {
            return swept.categories.iter().enumerate().map(|(i, name)| (i as f64, name.replace('_', " "))).collect();
        }
        match Ticks::covering(places.iter().copied(), 6) {
            // The points themselves where they are few, else round numbers.
            Some(ticks) if places.len() <= 7 => places.iter().map(|v| (*v, trimmed(*v, &ticks))).collect(),
            Some(ticks) => ticks.values.iter().map(|v| (*v, ticks.label(*v))).collect(),
            None => Vec::new(),
        }
    };
    let mut clear = f64::NEG_INFINITY;
    for (value, label) in labels(across, &grid.x) {
        let at = x(value);
        if !(area.left..=area.right).contains(&at) {
            continue;
        }
        canvas.line(&[(at, area.bottom), (at, area.bottom + 4.0)], Stroke::solid(AXIS, 1.0))?;
        let half = text::width(&label, TICK)? / 2.0;
        if at - half >= clear {
            clear = at + half + 4.0;
            canvas.text((at, area.bottom + 15.0), &label, TICK, Anchor::Middle)?;
        }
    }
    for (value, label) in labels(up, &grid.y) {
        let at = y(value);
        if (area.top..=area.bottom).contains(&at) {
            canvas.line(&[(area.left - 4.0, at), (area.left, at)], Stroke::solid(AXIS, 1.0))?;
            canvas.text_mid((area.left - 7.0, at), &text::fit(&label, TICK, Y_AXIS - 10.0)?, TICK, Anchor::End)?;
        }
    }
    let across = text::fit(&across.label, LABEL, area.right - area.left)?;
    canvas.text((f64::midpoint(area.left, area.right), area.bottom + 31.0), &across, LABEL, Anchor::Middle)?;
    // The vertical axis is named above its end: sideways text is hard to read.
    let room = area.right - area.left + Y_AXIS;
    let up = text::fit(&format!("↑ {}", up.label), LABEL, room)?;
    canvas.text((area.left - Y_AXIS, area.top - 7.0), &up, LABEL, Anchor::Start)
}

/// A place as its ticks would write it, with the digits it needs.
fn trimmed(value: f64, ticks: &Ticks) -> String {
    let exact = plain(value);
    if exact.len() <= 7 { exact } else { ticks.label(value) }
}

fn colour_bar(
    canvas: &Canvas,
    levels: &Ticks,
    shades: Shades,
    measured: &Measured,
    top: f64,
) -> Result<(), ChartError> {
    let (left, right) = (MARGIN + Y_AXIS, canvas.width - MARGIN - Y_AXIS);
    let scale = levels.scale(left, right);
    const STEPS: usize = 200;
    for step in 0..STEPS {
        let from = levels.low + (levels.high - levels.low) * step as f64 / STEPS as f64;
        let to = levels.low + (levels.high - levels.low) * (step + 1) as f64 / STEPS as f64;
        canvas.rect(
            (scale.at(from), top),
            (scale.at(to) + 0.2, top + BAR_HEIGHT),
            shades.of(f64::midpoint(from, to)),
            1.0,
        )?;
    }
    let mut clear = f64::NEG_INFINITY;
    for value in &levels.values {
        let x = scale.at(*value);
        canvas.line(&[(x, top), (x, top + BAR_HEIGHT + 3.0)], Stroke::solid(AXIS, 0.8))?;
        let label = if shades.signed { levels.signed_label(*value) } else { levels.label(*value) };
        let half = text::width(&label, TICK)? / 2.0;
        if x - half < clear {
            continue;
        }
        clear = x + half + 4.0;
        canvas.text((x, top + BAR_HEIGHT + 14.0), &label, TICK, Anchor::Middle)?;
    }
    let unit = if measured.unit.is_empty() { String::new() } else { format!(" ({})", measured.unit) };
    let title = text::fit(&format!("{}{unit}", measured.label), LABEL, canvas.width - 2.0 * MARGIN)?;
    canvas.text((f64::midpoint(left, right), top + BAR_HEIGHT + 29.0), &title, LABEL, Anchor::Middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane() -> Grid {
        // z = x + 2 y on {0, 1, 2} x {0, 1}.
        Grid { x: vec![0.0, 1.0, 2.0], y: vec![0.0, 1.0], values: vec![0.0, 1.0, 2.0, 2.0, 3.0, 4.0] }
    }

    /// Contours of a plane are straight: x + 2 y = level at both ends of every piece.
    #[test]
    fn contours_of_a_plane_lie_on_it() {
        for level in [0.5, 1.5, 2.5, 3.5] {
            let pieces = plane().contour(level);
            assert!(!pieces.is_empty());
            assert!(pieces.iter().flatten().all(|(x, y)| (x + 2.0 * y - level).abs() < 1e-12), "{level}");
        }
        assert!(plane().contour(5.0).is_empty());
        assert_eq!(plane().contour_lines(1.5).iter().map(Vec::len).collect::<Vec<_>>(), [2]);
        let missing = Grid { values: vec![f64::NAN; 6], ..plane() };
        assert!(missing.contour(1.0).is_empty());
    }

    /// A level may be reached on either side of a ridge: these are two lines, each of which is named.
    #[test]
    fn a_level_of_two_lines_has_two() {
        let ridge = Grid {
            x: vec![0.0, 1.0, 2.0],
            y: vec![0.0, 1.0, 2.0],
            values: [0.0, 2.0, 0.5].into_iter().cycle().take(9).collect(),
        };
        let lines = ridge.contour_lines(1.0);
        assert_eq!(lines.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        let left = |line: &[ContourPiece]| line.iter().flatten().all(|(x, _)| (x - 0.5).abs() < 1e-12);
        assert!(left(&lines[0]) && !left(&lines[1]));
        assert_eq!(ridge.contour(1.0).len(), 4);
    }

    /// Nothing is a colour of its own, not the white of the page, on either side of it and where it is an end.
    #[test]
    fn nothing_does_not_look_missing() {
        for (low, high, signed) in [(-5.0, 3.0, true), (0.0, 3.0, true), (0.0, 9.0, false)] {
            let shades = Shades { low, high, signed };
            assert_eq!(shades.of(0.0), NOTHING);
            assert_ne!(NOTHING, WHITE);
        }
        assert_eq!(Shades { low: -4.0, high: 2.0, signed: true }.of(-4.0), BELOW);
        assert_eq!(Shades { low: -4.0, high: 8.0, signed: true }.of(8.0), ABOVE);
    }

    /// A saddle, high on one diagonal: two pieces, which cut off corners of one kind.
    #[test]
    fn a_saddle_has_two_pieces_that_do_not_cross() {
        let saddle = Grid { x: vec![0.0, 1.0], y: vec![0.0, 1.0], values: vec![1.0, -1.0, -1.0, 1.5] };
        let pieces = saddle.contour(0.0);
        assert_eq!(pieces.len(), 2);
        // The middle is above zero, so the low corners (1, 0) and (0, 1) are cut off.
        for piece in pieces {
            let near =
                |corner: (f64, f64)| piece.iter().all(|(x, y)| (x - corner.0).abs() + (y - corner.1).abs() < 0.9);
            assert!(near((1.0, 0.0)) || near((0.0, 1.0)), "{piece:?}");
        }
    }

    #[test]
    fn cells_reach_half_way_to_their_neighbours() {
        assert_eq!(edges(&[0.0, 1.0, 3.0]), [-0.5, 0.5, 2.0, 4.0]);
        assert_eq!(edges(&[2.0]), [1.5, 2.5]);
        assert!(edges(&[]).is_empty());
    }

    #[test]
    fn points_find_their_cells_and_maps_need_two_settings() {
        let swept = |label: &str| Swept { label: label.into(), categories: Vec::new() };
        let axes = [swept("Tariff"), swept("Yen")];
        let metrics = [Measured { label: "Cars sold".into(), unit: "cars".into() }];
        let row = |x: f64, y: f64| ResponsePoint {
            regime: "taxed".into(),
            metric: 0,
            at: vec![x, y],
            mean: x + 2.0 * y,
            low: f64::NAN,
            high: f64::NAN,
        };
        let rows: Vec<ResponsePoint> =
            [(2.0, 1.0), (0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (0.0, 1.0), (1.0, 1.0)].map(|(x, y)| row(x, y)).into();
        let responses = Responses { swept: &axes, metrics: &metrics, rows: &rows, is_change: true };
        assert_eq!(Grid::of(responses, 0, "taxed"), plane());
        let context = super::super::response::context_for_tests();
        let svg = draw(responses, 0, &context).unwrap().remove(0);
        let title = "<title>Cars sold: 0 to +4.0 cars (taxed)</title>";
        assert!(svg.as_str().contains(title), "{}", svg.as_str());
        assert!(draw(Responses { swept: &axes[..1], ..responses }, 0, &context).is_err());
        assert!(draw(Responses { rows: &[], ..responses }, 0, &context).is_err());
    }
}
