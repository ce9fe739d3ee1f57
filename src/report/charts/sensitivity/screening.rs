//! Morris's plane: how much an input matters, across, and how far its effect depends on where it and the others stand, upwards.

use super::{FIRST, OutputContext, ends};
use crate::report::charts::axis::Ticks;
use crate::report::charts::canvas::{Anchor, Stroke};
use crate::report::charts::frame::{Frame, Key, VALUE_AXIS, value_axis};
use crate::report::charts::theme::{AXIS, GRID, LABEL, MARGIN, Marker, NOTE, Style, TICK, WHITE};
use crate::report::charts::{ChartError, Svg, text};
use crate::sensitivity::{Index, IndexEstimate, Ranking};

const CHART: &str = "screening";

/// One input.
#[derive(Clone, Debug, PartialEq)]
pub struct ScreeningPoint {
    /// Its label.
    pub label: String,
    /// Mean absolute elementary effect.
    pub mu_star: IndexEstimate,
    /// Standard deviation of the effects.
    pub sigma: IndexEstimate,
}

/// The numbers that [`draw`] plots, in the order of the design.
///
/// # Errors
/// [`ChartError::Empty`] where no effect is defined.
pub fn series(indices: &[Index], context: &OutputContext) -> Result<Vec<ScreeningPoint>, ChartError> {
    let sigma = context.estimates(indices, "sigma");
    let points: Vec<ScreeningPoint> = context
        .estimates(indices, "mu_star")
        .into_iter()
        .zip(sigma)
        .filter(|((_, mu_star), (_, sigma))| mu_star.value.is_finite() && sigma.value.is_finite())
        .map(|((label, mu_star), (_, sigma))| ScreeningPoint { label: label.to_owned(), mu_star, sigma })
        .collect();
    if points.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "no elementary effect is defined".to_owned() });
    }
    Ok(points)
}

/// Left and right edge of the plot on a sheet of this width.
fn plot(width: f64) -> (f64, f64) {
    (105.0, width - 50.0)
}
const HEIGHT: f64 = 420.0;
const HEAD: f64 = 18.0;
const POINT: Style = Style { ink: FIRST, marker: Marker::Circle, hollow: false };
/// An input whose estimate is below zero, where no mean of absolute values is: with the noise taken out there is nothing left.
const BELOW: Style = Style { hollow: true, ..POINT };
const BELOW_ZERO: &str = "less than its noise: drawn at zero";
const CORRECTED: &str = " μ* and σ are estimates without the noise of replications, which would make every input seem to matter; that of an input that hardly does \
    may then fall below zero, and is in sensitivity.csv.";

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no effect is defined; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(indices: &[Index], ranking: Option<&Ranking>, context: &OutputContext) -> Result<Svg, ChartError> {
    let points = series(indices, context)?;
    let below = points.iter().any(|point| point.mu_star.value < 0.0);
    let frame = Frame {
        look: context.look.clone(),
        names: Vec::new(),
        title: title(&points, ranking, context),
        subtitle: format!(
            "Effects of moving one input through its range. Far right: it matters. High above the lines: its effect depends on its own level or on \
             other inputs. Whiskers: {} intervals.",
            context.level()
        ),
        legend: if below {
            vec![(Key::Point(POINT), "input".to_owned()), (Key::Point(BELOW), BELOW_ZERO.to_owned())]
        } else {
            Vec::new()
        },
        footer: context.footer(&format!(
            "Effects are for the whole range of a uniform input, the whole of the probability of any other.{}",
            if context.replications > 1 { CORRECTED } else { "" }
        )),
    };
    // Whiskers below zero are cut there: neither measure of the truth is negative.
    let reach = |estimate: &IndexEstimate| [estimate.value, ends(estimate)[1]].map(|end| end.max(0.0));
    let across = points.iter().flat_map(|point| reach(&point.mu_star)).chain([0.0]);
    let upwards = points.iter().flat_map(|point| reach(&point.sigma)).chain([0.0]);
    let (Some(x), Some(y)) = (Ticks::covering(across, 6), Ticks::covering(upwards, 5)) else {
        return Err(ChartError::Empty { chart: CHART, reason: "no finite effect".to_owned() });
    };
    frame.around(HEAD + HEIGHT + VALUE_AXIS, |canvas, top| {
        let top = top + HEAD;
        let bottom = top + HEIGHT;
        let (across, upwards) = (x.scale(plot(canvas.width).0, plot(canvas.width).1), y.scale(bottom, top));
        for value in &y.values {
            let at = upwards.at(*value);
            canvas.line(&[(plot(canvas.width).0, at), (plot(canvas.width).1, at)], Stroke::solid(GRID, 0.8))?;
            canvas.text_mid((plot(canvas.width).0 - 8.0, at), &y.label(*value), TICK, Anchor::End)?;
        }
        let title = context.with_unit("μ*, mean absolute effect, noise taken out");
        value_axis(canvas, &x, across, (top, bottom), &title, |value| x.label(value))?;
        canvas.text(
            (MARGIN, top - 10.0),
            &context.with_unit("σ, standard deviation of the effects"),
            LABEL,
            Anchor::Start,
        )?;
        // Rays sigma = k mu*: below 0.1 nearly linear, below 0.5 monotone, above 1 with turns or strong interactions.
        let mut rays = Vec::new();
        for (slope, name) in [(0.1, "σ = 0.1 μ*"), (0.5, "σ = 0.5 μ*"), (1.0, "σ = μ*")] {
            let end = x.high.min(y.high / slope);
            let (to, height) = (across.at(end), upwards.at(slope * end));
            let from = (across.at(0.0), upwards.at(0.0));
            canvas.line(&[from, (to, height)], Stroke { ink: AXIS, width: 0.9, dash: &[4.0, 3.0] })?;
            let (at, anchor) = if end < x.high {
                ((to + 4.0, height + 10.0), Anchor::Start)
            } else {
                ((to - 2.0, height - 5.0), Anchor::End)
            };
            let width = text::width(name, NOTE)?;
            let left = if anchor == Anchor::Start { at.0 } else { at.0 - width };
            rays.push(covered(left, width, at.1));
            canvas.text(at, name, NOTE, anchor)?;
        }
        for point in &points {
            let (px, py) = (across.at(point.mu_star.value.max(0.0)), upwards.at(point.sigma.value));
            let stroke = Stroke::solid(FIRST.lighter(0.45), 1.0);
            let [left, right] = ends(&point.mu_star).map(|end| across.at(end.clamp(x.low, x.high)));
            let [low, high] = ends(&point.sigma).map(|end| upwards.at(end.clamp(y.low, y.high)));
            canvas.line(&[(left, py), (right, py)], stroke)?;
            canvas.line(&[(px, low), (px, high)], stroke)?;
        }
        let mut order: Vec<&ScreeningPoint> = points.iter().collect();
        order.sort_by(|a, b| b.mu_star.value.total_cmp(&a.mu_star.value));
        let places = order.iter().map(|point| (across.at(point.mu_star.value.max(0.0)), upwards.at(point.sigma.value)));
        // Names cover neither each other nor a point nor the name of a ray.
        let mut taken = rays;
        taken.extend(places.map(|(px, py)| [px - 4.0, px + 4.0, py - 4.0, py + 4.0]));
        for point in order {
            let (px, py) = (across.at(point.mu_star.value.max(0.0)), upwards.at(point.sigma.value));
            canvas.marker((px, py), 4.0, if point.mu_star.value < 0.0 { BELOW } else { POINT })?;
            let name = text::fit_name(&point.label, LABEL, 0.4 * canvas.width)?;
            let width = text::width(&name, LABEL)?;
            let within = (plot(canvas.width).0 + 2.0, canvas.width - MARGIN);
            let (left, line) = free_place((px, py), width, (top, bottom), within, &taken);
            taken.push(covered(left, width, line));
            if (py - 8.0 - line).abs() > 8.0 {
                let end = if left >= px { left - 3.0 } else { left + width + 3.0 };
                canvas.line(&[(px, py), (end, line - 4.0)], Stroke::solid(AXIS, 0.6))?;
            }
            // No whisker or ray runs through a name.
            canvas.rect((left - 1.0, line - 9.5), (left + width + 1.0, line + 3.0), WHITE, 0.85)?;
            canvas.text((left, line), &name, LABEL, Anchor::Start)?;
        }
        Ok(())
    })
}

/// What is seen: the input furthest to the right, as far as it is told from the others.
fn title(points: &[ScreeningPoint], ranking: Option<&Ranking>, context: &OutputContext) -> String {
    let mut order: Vec<(&str, IndexEstimate)> =
        points.iter().map(|point| (point.label.as_str(), point.mu_star)).collect();
    order.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
    format!("{}: {}", context.leader(&order, ranking), context.label)
}

/// Left, right, top and bottom of a name.
type Covered = [f64; 4];

fn covered(left: f64, width: f64, line: f64) -> Covered {
    [left, left + width, line - 11.0, line + 3.0]
}

/// Left edge and baseline of a name beside its point: the free place that is nearest in height, at the right before the left. Where the
/// plot is full it stands at the point.
fn free_place(
    (px, py): (f64, f64),
    width: f64,
    (top, bottom): (f64, f64),
    (first, last): (f64, f64),
    taken: &[Covered],
) -> (f64, f64) {
    let free = |left: f64, line: f64| {
        let mine = covered(left, width, line);
        left >= first
            && left + width <= last
            && taken.iter().all(|t| mine[1] < t[0] || t[1] < mine[0] || mine[3] < t[2] || t[3] < mine[2])
    };
    let steps = ((bottom - top) / 3.0) as i32;
    for step in 0..=steps {
        let away = 3.0 * f64::from(step);
        for line in [py - 8.0 - away, py + 4.0 + away] {
            if line < top + 11.0 || line > bottom - 4.0 {
                continue;
            }
            let found = [px + 8.0, px - 8.0 - width].into_iter().find(|left| free(*left, line));
            if let Some(left) = found {
                return (left, line);
            }
        }
    }
    ((px + 8.0).min(last - width), (py - 8.0).max(top))
}
