//! A tornado: what each input alone does to the output, the widest swing on top.

use super::{FIRST, OutputContext, SECOND};
use crate::report::charts::axis::Ticks;
use crate::report::charts::canvas::{Anchor, Canvas, Stroke};
use crate::report::charts::frame::{Frame, Key, VALUE_AXIS, value_axis};
use crate::report::charts::theme::{BLACK, LABEL, MARGIN, MUTED, STRIPE, TICK};
use crate::report::charts::{ChartError, Svg, text};
use crate::sensitivity::{Index, IndexEstimate, Ranking};

const CHART: &str = "tornado";

/// The bar of one input.
#[derive(Clone, Debug, PartialEq)]
pub struct TornadoBar {
    /// The input.
    pub label: String,
    /// Its low and its high value.
    pub values: [f64; 2],
    /// The output there.
    pub output: [f64; 2],
    /// The output at the high value less that at the low one.
    pub swing: IndexEstimate,
}

/// The numbers that [`draw`] plots: the output at the base point, and a bar for each input, the widest first. `values` holds the low and the
/// high value of each input.
///
/// # Errors
/// [`ChartError::Empty`] where no input has a swing.
pub fn series(
    indices: &[Index],
    values: &[[f64; 2]],
    context: &OutputContext,
) -> Result<(f64, Vec<TornadoBar>), ChartError> {
    let base = indices.iter().find(|row| row.output == context.output && row.index == "base");
    let (low, high) = (context.estimates(indices, "low"), context.estimates(indices, "high"));
    let swings = context.estimates(indices, "swing");
    let mut bars: Vec<TornadoBar> = swings
        .iter()
        .zip(low.iter().zip(&high))
        .zip(values)
        .filter(|(((_, swing), _), _)| swing.value.is_finite())
        .map(|(((label, swing), ((_, low), (_, high))), values)| TornadoBar {
            label: (*label).to_owned(),
            values: *values,
            output: [low.value, high.value],
            swing: *swing,
        })
        .collect();
    let base = base.map_or(f64::NAN, |row| row.estimate.value);
    if bars.is_empty() || !base.is_finite() {
        return Err(ChartError::Empty { chart: CHART, reason: "no input has a swing".to_owned() });
    }
    bars.sort_by(|a, b| b.swing.value.abs().total_cmp(&a.swing.value.abs()));
    Ok((base, bars))
}

/// What is seen: which input alone moves the output most, as far as that is told.
fn title(bars: &[TornadoBar], ranking: Option<&Ranking>, context: &OutputContext) -> String {
    // The size of a swing has an interval that begins at nothing where that of the swing holds nothing.
    let size = |swing: &IndexEstimate| {
        let [low, high] = swing.interval;
        let (near, far) = (low.abs().min(high.abs()), low.abs().max(high.abs()));
        let interval = [if low <= 0.0 && high >= 0.0 { 0.0 } else { near }, far];
        IndexEstimate { value: swing.value.abs(), interval, ..*swing }
    };
    let sizes: Vec<(&str, IndexEstimate)> = bars.iter().map(|bar| (bar.label.as_str(), size(&bar.swing))).collect();
    format!("{}, one at a time: {}", context.leader(&sizes, ranking), context.label)
}

const ROW: f64 = 26.0;
const BAR: f64 = 15.0;
/// Left and right edge of the plot on a sheet of this width.
fn plot(width: f64) -> (f64, f64) {
    (0.26 * width, width - 140.0)
}
/// Beside the bars, for the values of inputs.
const ROOM: f64 = 66.0;
const HEAD: f64 = 20.0;

/// Draws the chart; `quantiles` are the probabilities of the low and the high value.
///
/// # Errors
/// [`ChartError::Empty`] where no input has a swing; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(
    indices: &[Index],
    values: &[[f64; 2]],
    quantiles: [f64; 2],
    ranking: Option<&Ranking>,
    context: &OutputContext,
) -> Result<Svg, ChartError> {
    let (base, bars) = series(indices, values, context)?;
    let percent = |q: f64| format!("{}% quantile", text::number(100.0 * q, usize::from(q * 100.0 % 1.0 != 0.0)));
    let frame = Frame {
        look: context.look.clone(),
        names: Vec::new(),
        title: title(&bars, ranking, context),
        subtitle: format!(
            "The output with each input alone at the {} and the {} of its distribution, the others at their medians. Figures at the bars are \
             the input's values: the low one left of | and the high one right of it where both stand together.",
            percent(quantiles[0]),
            percent(quantiles[1]),
        ),
        legend: vec![
            (Key::Swatch(FIRST), format!("input at its {}", percent(quantiles[0]))),
            (Key::Swatch(SECOND), format!("input at its {}", percent(quantiles[1]))),
        ],
        footer: context.footer(&format!(
            "Swing: output at the high value less that at the low one, with its {} interval over replications in common worlds.",
            context.level(),
        )),
    };
    let ends = bars.iter().flat_map(|bar| bar.output).chain([base]);
    let Some(ticks) = Ticks::covering(ends, 6) else {
        return Err(ChartError::Empty { chart: CHART, reason: "no finite output".to_owned() });
    };
    let height = HEAD + ROW * bars.len() as f64 + VALUE_AXIS;
    frame.around(height, |canvas, top| {
        let (first, bottom) = (top + HEAD, top + HEAD + ROW * bars.len() as f64);
        let scale = ticks.scale(plot(canvas.width).0 + ROOM, plot(canvas.width).1 - ROOM);
        for at in (0..bars.len()).step_by(2) {
            let y = first + ROW * at as f64;
            canvas.rect((MARGIN, y), (canvas.width - MARGIN, y + ROW), STRIPE, 1.0)?;
        }
        value_axis(canvas, &ticks, scale, (first, bottom), &context.axis(""), |v| ticks.label(v))?;
        let muted = LABEL.ink(MUTED);
        canvas.text((canvas.width - MARGIN, top + 12.0), "swing", muted, Anchor::End)?;
        let base_label = format!("base {}", ticks.finer(base));
        canvas.text((scale.at(base), top + 12.0), &base_label, muted, Anchor::Middle)?;
        for (at, bar) in bars.iter().enumerate() {
            draw_bar(canvas, bar, base, &ticks, first + ROW * (at as f64 + 0.5))?;
        }
        canvas.line(&[(scale.at(base), first), (scale.at(base), bottom)], Stroke::solid(BLACK, 1.2))
    })
}

fn draw_bar(canvas: &Canvas, bar: &TornadoBar, base: f64, ticks: &Ticks, y: f64) -> Result<(), ChartError> {
    let scale = ticks.scale(plot(canvas.width).0 + ROOM, plot(canvas.width).1 - ROOM);
    canvas.name((MARGIN + 6.0, y), &bar.label, plot(canvas.width).0 - MARGIN - 8.0, Anchor::Start)?;
    // The longer part first where both lie on one side: the shorter stays visible.
    let mut parts = [(bar.output[0], bar.values[0], FIRST), (bar.output[1], bar.values[1], SECOND)];
    if (parts[0].0 - base).abs() < (parts[1].0 - base).abs() {
        parts.swap(0, 1);
    }
    let one_side = (parts[0].0 - base) * (parts[1].0 - base) > 0.0;
    // Bars that are nothing, or lie on one side, leave one place for both values.
    let together = (parts[0].0 < base) == (parts[1].0 < base);
    let figure = |value: f64| text::number(value, decimals(value));
    for (place, (output, value, ink)) in parts.into_iter().enumerate() {
        let half = if one_side && place == 1 { BAR / 4.0 } else { BAR / 2.0 };
        let (from, to) = (scale.at(base.min(output)), scale.at(base.max(output)));
        canvas.rect((from, y - half), (to, y + half), ink, 1.0)?;
        if !together {
            let (x, anchor) = if output < base { (from - 5.0, Anchor::End) } else { (to + 5.0, Anchor::Start) };
            canvas.text_mid((x, y), &figure(value), TICK, anchor)?;
        }
    }
    if together {
        // Both beyond the longer bar, on the side where the bars are.
        let far = parts[0].0;
        let both = format!("{} | {}", figure(bar.values[0]), figure(bar.values[1]));
        let (shift, anchor) = if far < base { (-5.0, Anchor::End) } else { (5.0, Anchor::Start) };
        canvas.text_mid((scale.at(far) + shift, y), &both, TICK, anchor)?;
    }
    let half = (bar.swing.interval[1] - bar.swing.interval[0]) / 2.0;
    let swing = ticks.with_half(bar.swing.value, half);
    canvas.text_mid((canvas.width - MARGIN - 6.0, y), &swing, LABEL, Anchor::End)
}

/// Decimals that leave three digits or so.
pub(super) fn decimals(value: f64) -> usize {
    match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    }
}
