//! What is not known about a result: its range over draws of parameters, the wider one with replication noise, and the share of each in the
//! variance. One panel a metric, one row a regime.

use super::axis::Ticks;
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{Frame, Key, VALUE_AXIS, value_axis};
use super::theme::{BLACK, Ink, LABEL, MARGIN, MUTED, Marker, NOTE, PANEL, STRIPE, Style};
use super::{ChartContext, ChartError, Svg, text};
use crate::report::points::UncertaintyRow;

const CHART: &str = "uncertainty";
const PARAMETERS: Ink = Ink(0, 77, 128);
const REPLICATIONS: Ink = Ink(213, 94, 0);
const MEAN: Style = Style { ink: BLACK, marker: Marker::Diamond, hollow: false };
const ROW: f64 = 30.0;
const PANEL_TITLE: f64 = 24.0;
/// Share of the width that names have.
const NAMES: f64 = 0.22;
/// Ends of the intervals' axis on a sheet of this width.
fn range(width: f64) -> (f64, f64) {
    (MARGIN + NAMES * width + 14.0, 0.68 * width)
}
/// Ends of the bars of shares.
fn share_of_variance(width: f64) -> (f64, f64) {
    (0.72 * width, width - MARGIN - 50.0)
}

/// What is shown of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricRows<'a, R> {
    /// Name of the metric.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// What turns the rows' numbers into that unit: a yearly rate.
    pub rate: f64,
    /// Its rows.
    pub rows: Vec<&'a R>,
}

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no row has a number; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(metrics: &[MetricRows<'_, UncertaintyRow>], context: &ChartContext) -> Result<Svg, ChartError> {
    let empty = |reason: &str| ChartError::Empty { chart: CHART, reason: reason.to_owned() };
    let first = metrics.iter().flat_map(|metric| &metric.rows).next().ok_or_else(|| empty("there is no row"))?;
    let height =
        |metric: &MetricRows<'_, UncertaintyRow>| PANEL_TITLE + ROW * metric.rows.len() as f64 + VALUE_AXIS + 10.0;
    let what = if first.is_change() {
        format!(
            "Change against the baseline ({}) in the same draw and replication.",
            context.regime_label(&context.baseline)
        )
    } else {
        "Level.".to_owned()
    };
    let frame = Frame {
        look: context.look.clone(),
        title: "What is not known: parameters and data, and chance".to_owned(),
        subtitle: format!(
            "{what} {} of the uncertain parameters and data, {} each. Right: shares of the variance.",
            text::count(first.draws, "draw"),
            text::count(first.replications, "replication"),
        ),
        legend: vec![
            (Key::Point(MEAN), "mean".to_owned()),
            (Key::Swatch(PARAMETERS), "90 % of draws (mean response), and their share".to_owned()),
            (Key::Swatch(REPLICATIONS), "90 % of all outcomes, and the share of replication noise".to_owned()),
        ],
        footer: context.footer("The whisker on a share of the variance is its 95 % interval over draws; period: ")
            + &context.period.label()
            + ".",
    };
    frame.around(metrics.iter().map(height).sum(), |canvas, mut top| {
        for metric in metrics {
            let ends = metric
                .rows
                .iter()
                .flat_map(|row| [row.total_q05, row.total_q95, row.q05, row.q95].map(|end| end * metric.rate));
            let zero = first.is_change().then_some(0.0);
            let Some(ticks) = Ticks::covering(ends.chain(zero), 5) else { return Err(empty("no row has a number")) };
            let unit = if metric.unit.is_empty() { String::new() } else { format!(" ({})", metric.unit) };
            let title = text::fit(&format!("{}{unit}", metric.label), PANEL, range(canvas.width).1 - MARGIN)?;
            canvas.text((MARGIN, top + 13.0), &title, PANEL, Anchor::Start)?;
            let share = "share of the variance";
            canvas.text((share_of_variance(canvas.width).0, top + 13.0), share, NOTE, Anchor::Start)?;
            let (upper, scale) = (top + PANEL_TITLE, ticks.scale(range(canvas.width).0, range(canvas.width).1));
            let bottom = upper + ROW * metric.rows.len() as f64;
            for at in (0..metric.rows.len()).step_by(2) {
                let y = upper + ROW * at as f64;
                canvas.rect((MARGIN, y), (canvas.width - MARGIN, y + ROW), STRIPE, 1.0)?;
            }
            let label = |value: f64| if first.is_change() { ticks.signed_label(value) } else { ticks.label(value) };
            value_axis(canvas, &ticks, scale, (upper, bottom), "", label)?;
            if first.is_change() {
                canvas.line(&[(scale.at(0.0), upper), (scale.at(0.0), bottom)], Stroke::solid(BLACK, 1.0))?;
            }
            for (at, row) in metric.rows.iter().enumerate() {
                let y = upper + ROW * (at as f64 + 0.5);
                let name = text::fit(context.regime_label(&row.regime), LABEL, NAMES * canvas.width)?;
                canvas.text_mid((MARGIN + NAMES * canvas.width, y), &name, LABEL, Anchor::End)?;
                for (low, high, ink, half) in
                    [(row.total_q05, row.total_q95, REPLICATIONS, 2.0), (row.q05, row.q95, PARAMETERS, 5.5)]
                {
                    if low.is_finite() && high.is_finite() {
                        let [low, high] = [low, high].map(|end| scale.at(end * metric.rate));
                        canvas.rect((low, y - half), (high, y + half), ink, 1.0)?;
                    }
                }
                let mean = row.mean * metric.rate;
                if mean.is_finite() {
                    canvas.marker((scale.at(mean), y), 4.4, Style { ink: super::theme::WHITE, ..MEAN })?;
                    canvas.marker((scale.at(mean), y), 3.2, MEAN)?;
                }
                draw_share(canvas, row, y)?;
            }
            top += height(metric);
        }
        Ok(())
    })
}

/// The share of parameters and data, the rest that of replications.
fn draw_share(canvas: &Canvas, row: &UncertaintyRow, y: f64) -> Result<(), ChartError> {
    let (value, low, high) = (row.parameter_share, row.parameter_share_ci_low, row.parameter_share_ci_high);
    if !value.is_finite() {
        return canvas.text_mid(
            (share_of_variance(canvas.width).0, y),
            "nothing varies, or one replication",
            NOTE.ink(MUTED),
            Anchor::Start,
        );
    }
    let at = |share: f64| {
        share_of_variance(canvas.width).0
            + share.clamp(0.0, 1.0) * (share_of_variance(canvas.width).1 - share_of_variance(canvas.width).0)
    };
    canvas.rect((share_of_variance(canvas.width).0, y - 6.0), (at(value), y + 6.0), PARAMETERS, 1.0)?;
    canvas.rect((at(value), y - 6.0), (share_of_variance(canvas.width).1, y + 6.0), REPLICATIONS, 1.0)?;
    if high > low {
        // White under black, to be seen on both colours.
        for (ink, width) in [(super::theme::WHITE, 3.2), (BLACK, 1.2)] {
            canvas.line(&[(at(low), y), (at(high), y)], Stroke::solid(ink, width))?;
            for end in [low, high] {
                canvas.line(&[(at(end), y - 3.5), (at(end), y + 3.5)], Stroke::solid(ink, width))?;
            }
        }
    }
    let percent = format!("{} %", text::number(100.0 * value, 0));
    canvas.text_mid((canvas.width - MARGIN - 4.0, y), &percent, LABEL, Anchor::End)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::moments::Moments;
    use crate::report::charts::response::context_for_tests;
    use crate::report::points::Drawn;
    use crate::sensitivity::components::OneWay;

    #[test]
    fn shares_and_ranges_are_drawn_and_nothing_is_refused() {
        let mut layout = OneWay::default();
        for draw in 0..8 {
            let mut moments = Moments::default();
            (0..4).for_each(|r| moments.add(f64::from(100 * draw + 7 * (r * r + draw) % 13)));
            layout.add(&moments);
        }
        let drawn = Drawn { layout: &layout, replications: 4 };
        let row = UncertaintyRow::new(["taxed", "all", "units_all"], true, drawn, [-3.0, 712.0]);
        let metric = |rows| MetricRows { label: "Cars sold".into(), unit: "cars".into(), rate: 1.0, rows };
        let svg = draw(&[metric(vec![&row])], &context_for_tests()).unwrap();
        assert!(svg.as_str().contains("Cars sold (cars)") && svg.as_str().contains("8 draws"));
        assert!(matches!(draw(&[metric(Vec::new())], &context_for_tests()), Err(ChartError::Empty { .. })));
    }
}
