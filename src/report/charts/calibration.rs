//! Charts of a calibration: how far each moment is from its evidence, and what each moment says of each parameter.

use super::axis::Ticks;
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{Frame, Key, VALUE_AXIS, value_axis};
use super::theme::{BLACK, Ink, LABEL, MARGIN, MUTED, Marker, STRIPE, Style, TICK, Type, WHITE};
use super::{ChartError, Svg, claims, text};
use crate::config::figures::Figures;

/// One moment of the fit, in standard errors of its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct FitPoint {
    /// What the moment is.
    pub label: String,
    /// Its unit; may be empty.
    pub unit: String,
    /// Ends of what the evidence allows, the same for a number, and infinite where it is "at least" or "at most".
    pub range: [f64; 2],
    /// Model.
    pub model: f64,
    /// Model less evidence, in standard errors of the evidence.
    pub distance: f64,
    /// Standard deviation of the simulation, in the same unit.
    pub noise: f64,
    /// The distance at the values set before; may be no number.
    pub start: f64,
}

/// Scaled derivatives: moments in rows, parameters in columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    /// Moments.
    pub rows: Vec<String>,
    /// Parameters.
    pub columns: Vec<String>,
    /// Standard errors by which the moment moves over the parameter's range; not a number where it was not asked.
    pub cells: Vec<Vec<f64>>,
}

const ESTIMATE: Style = Style { ink: Ink(0, 77, 128), marker: Marker::Circle, hollow: false };
const START: Style = Style { ink: Ink(213, 94, 0), marker: Marker::Diamond, hollow: true };
const ROW: f64 = 30.0;
/// Share of the width that names have.
const NAMES: f64 = 0.4;
/// Left and right edge of the plot on a sheet of this width, beside figures of that one.
fn plot(width: f64, figures: f64) -> (f64, f64) {
    (MARGIN + NAMES * width + 16.0, width - MARGIN - figures - 24.0)
}
/// Standard errors beyond which a moment is drawn at the edge, with its number.
const EDGE: f64 = 8.0;

/// Draws the fit.
///
/// # Errors
/// [`ChartError::Empty`] where there is no moment; [`ChartError::Draw`] where the drawing library fails.
pub fn draw_fit(points: &[FitPoint], footer: &str, look: &Figures) -> Result<Svg, ChartError> {
    let ends = points.iter().flat_map(|point| [point.distance, point.start]).map(|t| t.clamp(-EDGE, EDGE));
    let ticks = Ticks::covering(ends.chain([-3.0, 3.0]), 7).filter(|_| !points.is_empty());
    let Some(ticks) = ticks else {
        return Err(ChartError::Empty { chart: "fit", reason: "there is no moment".to_owned() });
    };
    let frame = Frame {
        look: look.clone(),
        names: Vec::new(),
        title: format!(
            "{} of {} moments are within two standard errors of the evidence",
            points.iter().filter(|point| point.distance.abs() <= 2.0).count(),
            points.len()
        ),
        subtitle: "Model less evidence, in standard errors (or tolerances) of the evidence; the shaded band is two of them, and an arrow with its number \
                   stands for what lies beyond the axis. Right: evidence and model in their own unit; ≥ and ≤ are evidence of an end alone."
            .to_owned(),
        legend: vec![
            (Key::Interval(ESTIMATE), "estimate, with two standard deviations of its simulation".to_owned()),
            (Key::Point(START), "values set before".to_owned()),
        ],
        footer: footer.to_owned(),
    };
    let height = ROW * points.len() as f64;
    let figures: Vec<String> =
        points.iter().map(|point| format!("{} | {}", of_range(point.range), figure(point.model))).collect();
    let widest = figures.iter().map(|figures| text::width(figures, LABEL)).collect::<Result<Vec<f64>, _>>()?;
    let widest = widest.into_iter().fold(0.0, f64::max);
    frame.around(height + VALUE_AXIS, |canvas, top| {
        let (bottom, scale) = (top + height, ticks.scale(plot(canvas.width, widest).0, plot(canvas.width, widest).1));
        for at in (0..points.len()).step_by(2) {
            let y = top + ROW * at as f64;
            canvas.rect((MARGIN, y), (canvas.width - MARGIN, y + ROW), STRIPE, 1.0)?;
        }
        canvas.rect((scale.at(-2.0), top), (scale.at(2.0), bottom), ESTIMATE.ink, 0.10)?;
        value_axis(canvas, &ticks, scale, (top, bottom), "standard errors from the evidence", |v| {
            ticks.signed_label(v)
        })?;
        canvas.line(&[(scale.at(0.0), top), (scale.at(0.0), bottom)], Stroke::solid(BLACK, 1.2))?;
        for (at, point) in points.iter().enumerate() {
            let y = top + ROW * (at as f64 + 0.5);
            canvas.name((MARGIN + NAMES * canvas.width, y), &point.label, NAMES * canvas.width, Anchor::End)?;
            let place = |t: f64| scale.at(t.clamp(ticks.low, ticks.high));
            let ends = [point.distance - 2.0 * point.noise, point.distance + 2.0 * point.noise].map(place);
            canvas.line(&[(ends[0], y), (ends[1], y)], Stroke::solid(ESTIMATE.ink, 2.0))?;
            for (distance, style, below) in [(point.start, START, 7.0), (point.distance, ESTIMATE, -7.0)] {
                match distance {
                    distance if !distance.is_finite() => {}
                    distance if ticks.low <= distance && distance <= ticks.high => {
                        canvas.marker((scale.at(distance), y), 4.0, style)?;
                    }
                    distance => beyond(canvas, (place(distance), y + below), distance, style)?,
                }
            }
            canvas.text_mid((canvas.width - MARGIN - 4.0, y), &figures[at], LABEL, Anchor::End)?;
        }
        Ok(())
    })
}

/// What lies beyond the axis: an arrow at its edge, and how far it is.
fn beyond(canvas: &Canvas, (x, y): (f64, f64), distance: f64, style: Style) -> Result<(), ChartError> {
    let (side, anchor) = if distance > 0.0 { (1.0, Anchor::End) } else { (-1.0, Anchor::Start) };
    canvas.polygon(&[(x + 5.0 * side, y), (x - 4.0 * side, y - 4.0), (x - 4.0 * side, y + 4.0)], style.ink, 1.0)?;
    canvas.text_mid((x - 8.0 * side, y), &signed(distance), TICK, anchor)
}

/// Evidence: a number, or what it allows.
fn of_range([low, high]: [f64; 2]) -> String {
    match (low.is_finite(), high.is_finite()) {
        (true, true) if low == high => figure(low),
        (true, true) => format!("{} to {}", figure(low), figure(high)),
        (true, false) => format!("≥ {}", figure(low)),
        _ => format!("≤ {}", figure(high)),
    }
}

/// One decimal with its sign; what rounds to zero has none.
fn signed(value: f64) -> String {
    let figure = text::number(value, 1);
    if (value * 10.0).round() > 0.0 { format!("+{figure}") } else { figure }
}

/// Three digits or so.
fn figure(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    text::number(value, decimals)
}

/// Share of the width that names have beside the heat map.
const LEFT: f64 = 0.3;
const HEAD: f64 = 22.0;
const CELL: f64 = 28.0;

/// Draws the heat map of identification.
///
/// # Errors
/// [`ChartError::Empty`] where no derivative is known; [`ChartError::Draw`] where the drawing library fails.
pub fn draw_identification(heat: &Heat, footer: &str, look: &Figures) -> Result<Svg, ChartError> {
    let largest =
        heat.cells.iter().flatten().filter(|cell| cell.is_finite()).fold(0.0_f64, |most, cell| most.max(cell.abs()));
    if heat.columns.is_empty() || largest == 0.0 {
        return Err(ChartError::Empty {
            chart: "identification",
            reason: "no moment moves with a parameter".to_owned(),
        });
    }
    let columns: Vec<String> = heat.columns.iter().enumerate().map(|(at, name)| format!("{} {name}", at + 1)).collect();
    let frame = Frame {
        look: look.clone(),
        names: Vec::new(),
        title: most_said(heat),
        subtitle: "Standard errors of the evidence by which the moment moves when the parameter crosses its range, at the slope of the estimate. \
                   Columns are numbered as the list says."
            .to_owned(),
        legend: Vec::new(),
        footer: format!("Dash: the parameter belongs to a later block and is not asked of the moment. {footer}"),
    };
    let left_edge = MARGIN + LEFT * look.width();
    let width = ((look.width() - MARGIN - left_edge) / heat.columns.len() as f64).min(80.0);
    let lines = columns.len().div_ceil(KEYS);
    let keys = KEY_LINE * lines as f64 + 8.0;
    frame.around(keys + HEAD + CELL * heat.rows.len() as f64, |canvas, top| {
        let key_width = (canvas.width - 2.0 * MARGIN) / KEYS as f64;
        for (at, name) in columns.iter().enumerate() {
            let place = (MARGIN + key_width * (at / lines) as f64, top + KEY_LINE * ((at % lines) as f64 + 0.5));
            canvas.text_mid(place, &text::fit_name(name, LABEL, key_width - 12.0)?, LABEL, Anchor::Start)?;
        }
        let top = top + keys;
        for at in 0..heat.columns.len() {
            let x = left_edge + width * (at as f64 + 0.5);
            canvas.text((x, top + HEAD - 7.0), &format!("{}", at + 1), LABEL, Anchor::Middle)?;
        }
        for (i, (label, cells)) in heat.rows.iter().zip(&heat.cells).enumerate() {
            let y = top + HEAD + CELL * (i as f64 + 0.5);
            let name = text::fit(label, LABEL, left_edge - MARGIN - 14.0)?;
            canvas.text_mid((left_edge - 10.0, y), &name, LABEL, Anchor::End)?;
            for (k, value) in cells.iter().enumerate() {
                let left = left_edge + width * k as f64;
                let (from, to) = ((left, y - CELL / 2.0), (left + width, y + CELL / 2.0));
                if !value.is_finite() {
                    canvas.rect(from, to, STRIPE, 1.0)?;
                    canvas.text_mid((left + width / 2.0, y), "–", LABEL.px(10.5).ink(MUTED), Anchor::Middle)?;
                    continue;
                }
                let ink = shade(*value, largest);
                canvas.rect(from, to, ink, 1.0)?;
                canvas.line(&[from, (to.0, from.1), to, (from.0, to.1), from], Stroke::solid(WHITE, 1.0))?;
                let font = Type { ink: if *value == 0.0 { MUTED } else { ink.contrast() }, ..LABEL.px(10.5) };
                // Without its decimal where the cell is too narrow for it.
                let mut figure = signed(*value);
                if text::width(&figure, font)? > width - 2.0 {
                    figure = text::number(*value, 0);
                }
                canvas.text_mid((left + width / 2.0, y), &figure, font, Anchor::Middle)?;
            }
        }
        Ok(())
    })
}

/// Blue where the moment rises with the parameter, orange where it falls; stronger on a scale of roots, so that small ones show.
/// What is seen: the largest cell.
fn most_said(heat: &Heat) -> String {
    let cells = heat
        .rows
        .iter()
        .zip(&heat.cells)
        .flat_map(|(row, cells)| heat.columns.iter().zip(cells).map(move |(column, cell)| (row, column, *cell)));
    let most = cells.filter(|(_, _, cell)| cell.is_finite()).max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()));
    most.map_or_else(String::new, |(row, column, cell)| {
        format!(
            "The steepest slope: {} standard errors of “{}” across the range of {}",
            text::number(cell.abs(), 1),
            text::brief(row, claims::IN_TITLE),
            text::brief(column, claims::IN_TITLE)
        )
    })
}

/// Columns and height of a line of the list of columns.
const KEYS: usize = 3;
const KEY_LINE: f64 = 16.0;

fn shade(value: f64, largest: f64) -> Ink {
    let ink = if value >= 0.0 { ESTIMATE.ink } else { START.ink };
    // A zero has a tint, because it is no gap.
    ink.lighter(0.95 - (value.abs() / largest).sqrt().clamp(0.0, 1.0) * 0.85)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(distance: f64) -> FitPoint {
        FitPoint {
            label: "Own-price elasticity".into(),
            unit: String::new(),
            range: [-3.0; 2],
            model: -3.0 + distance / 2.0,
            distance,
            noise: 0.1,
            start: f64::NAN,
        }
    }

    /// A moment far off is shown as far off: at the edge with its number, not left out.
    #[test]
    fn a_moment_that_is_missed_is_drawn_with_its_distance() {
        let svg = draw_fit(&[point(0.5), point(-23.4)], "Test.", &Figures::default()).unwrap().svg;
        assert!(svg.contains("\u{2212}23.4"), "{svg}");
        // So is where the search began; and evidence of an end alone is written as such.
        let far = FitPoint { start: 31.5, range: [5_000.0, f64::INFINITY], ..point(0.0) };
        let svg = draw_fit(&[far], "Test.", &Figures::default()).unwrap().svg;
        assert!(svg.contains("+31.5") && svg.contains("≥ 5,000 | "), "{svg}");
        assert!(!draw_fit(&[point(0.5)], "Test.", &Figures::default()).unwrap().svg.contains("23.4"));
    }

    #[test]
    fn every_derivative_is_in_its_cell() {
        let heat = Heat {
            rows: vec!["a".into(), "b".into()],
            columns: vec!["alpha".into(), "sigma".into()],
            cells: vec![vec![12.5, -3.1], vec![f64::NAN, 0.0]],
        };
        let svg = draw_identification(&heat, "Test.", &Figures::default()).unwrap().svg;
        for figure in ["+12.5", "\u{2212}3.1", "\n0.0\n"] {
            assert!(svg.contains(figure), "{figure}");
        }
        let flat = Heat { cells: vec![vec![0.0, 0.0]; 2], ..heat };
        assert!(matches!(draw_identification(&flat, "", &Figures::default()), Err(ChartError::Empty { .. })));
    }
}
