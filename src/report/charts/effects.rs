//! What a result hangs on: how far its mean moves with each uncertain thing, all else varying. A tornado from draws; one panel a metric.

use super::axis::Ticks;
use super::canvas::{Anchor, Stroke};
use super::frame::{Frame, Key, VALUE_AXIS, value_axis};
use super::theme::{BLACK, Ink, LABEL, MARGIN, MUTED, NOTE, PANEL, STRIPE};
use super::uncertainty::MetricRows;
use super::{ChartContext, ChartError, Svg, text};
use crate::report::points::EffectRow;

const CHART: &str = "effects";
const STRUCTURE: Ink = Ink(213, 94, 0);
const PARAMETER: Ink = Ink(0, 77, 128);
const ROW: f64 = 34.0;
const BAR: f64 = 14.0;
const PANEL_TITLE: f64 = 24.0;
/// Share of the width that names have.
const NAMES: f64 = 0.34;
/// Ends of the bars' axis on a sheet of this width.
fn range(width: f64) -> (f64, f64) {
    (MARGIN + NAMES * width + 14.0, width - MARGIN - 50.0)
}
/// Things shown of one metric.
const MOST: usize = 6;
/// Least share shown: what makes less is chance as likely as not.
const LEAST: f64 = 0.01;

/// Draws the chart; all rows are of one regime, those of a metric the largest share first.
///
/// # Errors
/// [`ChartError::Empty`] where no row has a number; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(metrics: &[MetricRows<'_, EffectRow>], context: &ChartContext) -> Result<Svg, ChartError> {
    let empty = |reason: &str| ChartError::Empty { chart: CHART, reason: reason.to_owned() };
    let first = metrics.iter().flat_map(|metric| &metric.rows).next().ok_or_else(|| empty("there is no row"))?;
    let shown = |metric: &MetricRows<'_, EffectRow>| {
        metric.rows.iter().filter(|row| row.share >= LEAST).count().clamp(1, MOST).min(metric.rows.len())
    };
    let height = |metric: &MetricRows<'_, EffectRow>| PANEL_TITLE + ROW * shown(metric) as f64 + VALUE_AXIS + 10.0;
    let what = match first.is_change() {
        true => format!("Change against the baseline ({})", context.regime_label(&context.baseline)),
        false => "Level".to_owned(),
    };
    let frame = Frame {
        look: context.look.clone(),
        title: title(metrics, context.regime_label(&first.regime)),
        subtitle: format!(
            "{what}: means over groups of {} that have it alike, the lowest and the highest, all else varying; below each name, where these are. Right: the share of the variance \
             over draws that it makes alone.",
            text::count(first.draws, "draw"),
        ),
        legend: vec![
            (Key::Swatch(STRUCTURE), "how the model is built".to_owned()),
            (Key::Swatch(PARAMETER), "a parameter".to_owned()),
        ],
        footer: context.footer("Means of groups of draws, chance in them included; period: ")
            + &context.period.label()
            + ".",
    };
    frame.around(metrics.iter().map(height).sum(), |canvas, mut top| {
        for metric in metrics {
            let rows = &metric.rows[..shown(metric)];
            let ends = rows.iter().flat_map(|row| [row.low * metric.rate, row.high * metric.rate]);
            let zero = first.is_change().then_some(0.0);
            let Some(ticks) = Ticks::covering(ends.chain(zero), 5) else { return Err(empty("no row has a number")) };
            let unit = if metric.unit.is_empty() { String::new() } else { format!(" ({})", metric.unit) };
            let title = text::fit(&format!("{}{unit}", metric.label), PANEL, range(canvas.width).1 - MARGIN)?;
            canvas.text((MARGIN, top + 13.0), &title, PANEL, Anchor::Start)?;
            canvas.text((canvas.width - MARGIN, top + 13.0), "share", NOTE.ink(MUTED), Anchor::End)?;
            let (upper, scale) =
                (top + PANEL_TITLE, ticks.scale(range(canvas.width).0 + 10.0, range(canvas.width).1 - 10.0));
            let bottom = upper + ROW * rows.len() as f64;
            for at in (0..rows.len()).step_by(2) {
                let y = upper + ROW * at as f64;
                canvas.rect((MARGIN, y), (canvas.width - MARGIN, y + ROW), STRIPE, 1.0)?;
            }
            let label = |value: f64| if first.is_change() { ticks.signed_label(value) } else { ticks.label(value) };
            value_axis(canvas, &ticks, scale, (upper, bottom), "", label)?;
            if first.is_change() {
                canvas.line(&[(scale.at(0.0), upper), (scale.at(0.0), bottom)], Stroke::solid(BLACK, 1.0))?;
            }
            for (at, row) in rows.iter().enumerate() {
                let y = upper + ROW * at as f64;
                let name = text::fit(&row.label, LABEL, NAMES * canvas.width)?;
                canvas.text_mid((MARGIN + NAMES * canvas.width, y + 11.0), &name, LABEL, Anchor::End)?;
                let ink = if row.kind == "structure" { STRUCTURE } else { PARAMETER };
                let [low, high] = [row.low, row.high].map(|end| scale.at(end * metric.rate));
                let middle = y + 0.5 * ROW;
                canvas.rect((low, middle - 0.5 * BAR), (high.max(low + 1.0), middle + 0.5 * BAR), ink, 1.0)?;
                // Where the ends are, below the name: nothing of the plot runs through it.
                let note = text::fit(&format!("{} | {}", row.low_at, row.high_at), NOTE, NAMES * canvas.width)?;
                canvas.text_mid((MARGIN + NAMES * canvas.width, y + 25.0), &note, NOTE.ink(MUTED), Anchor::End)?;
                let share = match row.share.is_finite() {
                    true => format!("{:.0}%", 100.0 * row.share),
                    false => "-".to_owned(),
                };
                canvas.text_mid((canvas.width - MARGIN, y + 0.5 * ROW), &share, LABEL, Anchor::End)?;
            }
            top += height(metric);
        }
        Ok(())
    })
}

/// What is seen: what makes most of the variance of the first metric.
fn title(metrics: &[MetricRows<'_, EffectRow>], regime: &str) -> String {
    let generic = || format!("What the answer hangs on: {regime}");
    let Some(metric) = metrics.iter().find(|metric| !metric.rows.is_empty()) else { return generic() };
    let most = metric.rows.iter().filter(|row| row.share.is_finite()).max_by(|a, b| a.share.total_cmp(&b.share));
    let Some(row) = most.filter(|row| row.share >= LEAST) else { return generic() };
    let percent = text::number(100.0 * row.share, 0);
    let part = if row.share > 0.5 { "most" } else { "the largest part" };
    format!("{regime}: {part} of the variance ({percent}%) comes from {}: {}", row.label, metric.label)
}
