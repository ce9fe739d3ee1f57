//! What is not known about a result: its range over draws of parameters, the wider one with replication noise, and the share of each in the
//! variance. One panel a metric, one row a regime.

use super::axis::Ticks;
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{self, Frame, Key, VALUE_AXIS, value_axis};
use super::theme::{BLACK, Ink, LABEL, MARGIN, MUTED, Marker, NOTE, PANEL, STRIPE, Style, Type};
use super::{ChartContext, ChartError, SharedNames, Svg, text};
use crate::report::points::{EffectRow, UncertaintyRow};
use crate::report::words::first_that_moves;

const CHART: &str = "uncertainty";
const PARAMETERS: Ink = Ink(0, 77, 128);
const REPLICATIONS: Ink = Ink(213, 94, 0);
const MEAN: Style = Style { ink: BLACK, marker: Marker::Diamond, hollow: false };
const ROW: f64 = 28.0;
/// Rows of a panel.
const MOST: usize = 26;
const PANEL_TITLE: f64 = 24.0;
/// Further lines of a metric's name.
const HEAD_LINE: f64 = 15.0;
/// Share of the width that names have.
const NAMES: f64 = 0.22;
/// Names of regimes, on two lines where they need them.
const NAME: Type = Type { px: 10.5, ..LABEL };
const NAME_LINE: f64 = 12.5;
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
pub fn draw(metrics: &[MetricRows<'_, UncertaintyRow>], context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let empty = |reason: &str| ChartError::Empty { chart: CHART, reason: reason.to_owned() };
    // More regimes than a page holds go on below, or on the next.
    let most = frame::rows(&context.look, ROW, PANEL_TITLE + HEAD_LINE + VALUE_AXIS + 10.0, MOST);
    let parts: Vec<MetricRows<'_, UncertaintyRow>> = metrics
        .iter()
        .flat_map(|metric| {
            metric.rows.chunks(most).map(|rows| MetricRows {
                label: metric.label.clone(),
                unit: metric.unit.clone(),
                rate: metric.rate,
                rows: rows.to_vec(),
            })
        })
        .collect();
    let (whole, metrics) = (metrics, parts.as_slice());
    let first = metrics.iter().flat_map(|metric| &metric.rows).next().ok_or_else(|| empty("there is no row"))?;
    let width = context.look.width();
    let heads: Vec<Vec<String>> = metrics
        .iter()
        .map(|metric| text::wrap(&metric.label, PANEL, share_of_variance(width).0 - MARGIN - 8.0, 3))
        .collect::<Result<_, _>>()?;
    let names: Vec<(Vec<String>, bool)> =
        metrics.iter().flat_map(|metric| &metric.rows).map(|row| names_of(row, context)).collect::<Result<_, _>>()?;
    let before = |metric: usize| metrics[..metric].iter().map(|metric| metric.rows.len()).sum::<usize>();
    let height = |at: usize| {
        PANEL_TITLE + HEAD_LINE * (heads[at].len() - 1) as f64 + ROW * metrics[at].rows.len() as f64 + VALUE_AXIS + 10.0
    };
    let what = if first.is_change() {
        format!(
            "Change against the baseline ({}) in the same draw and replication.",
            context.regime_label(&context.baseline)
        )
    } else {
        "Level.".to_owned()
    };
    let pages = frame::pages(&(0..metrics.len()).map(height).collect::<Vec<_>>(), &context.look);
    let frame = |at: usize| {
        Frame {
        look: context.look.clone(),
        names: pages[at].clone().flat_map(|metric| {
            let own = metrics[metric].rows.iter().zip(&names[before(metric)..]);
            own.filter(|(_, (_, is_cut))| *is_cut).map(|(row, _)| SharedNames::of(context.regime_label(&row.regime)).told())
        }).collect(),
        title: frame::title_of(at, title(whole, context), "what is not known, by regime"),
        subtitle: format!(
            "{what} {} of the uncertain parameters and data, {} each. Right: shares of the variance.{}",
            text::count(first.draws, "draw"),
            text::count(first.replications, "replication"),
            frame::page_of(at, pages.len()),
        ),
        legend: vec![
            (Key::Point(MEAN), "mean".to_owned()),
            (Key::Swatch(PARAMETERS), "90% of draws, replication noise taken out, and their share".to_owned()),
            (Key::Swatch(REPLICATIONS), "90% of all outcomes, and the share of replication noise".to_owned()),
        ],
        footer: context.footer(&format!(
            "With the noise of a draw's replications taken out of it, 90% of draws lie closer together than in widths.csv and the report, which leave \
             it in. The whisker on a share of the variance is its 95% interval over draws; an estimate below nothing is written as 0; period: {}.",
            context.period.label()
        )),
    }
    };
    let page = |(page, shown): (usize, &std::ops::Range<usize>)| {
        frame(page).around(shown.clone().map(height).sum(), |canvas, mut top| {
            for place in shown.clone() {
                let (metric, head) = (&metrics[place], &heads[place]);
                let ends = metric
                    .rows
                    .iter()
                    .flat_map(|row| [row.total_q05, row.total_q95, row.q05, row.q95].map(|end| end * metric.rate));
                let zero = first.is_change().then_some(0.0);
                let Some(ticks) = Ticks::covering(ends.chain(zero), 5) else {
                    return Err(empty("no row has a number"));
                };
                for (line, part) in head.iter().enumerate() {
                    canvas.text((MARGIN, top + 13.0 + HEAD_LINE * line as f64), part, PANEL, Anchor::Start)?;
                }
                let share = "share of the variance";
                canvas.text((share_of_variance(canvas.width).0, top + 13.0), share, NOTE, Anchor::Start)?;
                let (upper, scale) = (
                    top + PANEL_TITLE + HEAD_LINE * (head.len() - 1) as f64,
                    ticks.scale(range(canvas.width).0, range(canvas.width).1),
                );
                let bottom = upper + ROW * metric.rows.len() as f64;
                for at in (0..metric.rows.len()).step_by(2) {
                    let y = upper + ROW * at as f64;
                    canvas.rect((MARGIN, y), (canvas.width - MARGIN, y + ROW), STRIPE, 1.0)?;
                }
                let label = |value: f64| if first.is_change() { ticks.signed_label(value) } else { ticks.label(value) };
                value_axis(canvas, &ticks, scale, (upper, bottom), &metric.unit, label)?;
                if first.is_change() {
                    canvas.line(&[(scale.at(0.0), upper), (scale.at(0.0), bottom)], Stroke::solid(BLACK, 1.0))?;
                }
                for (at, (row, (name, _))) in metric.rows.iter().zip(&names[before(place)..]).enumerate() {
                    let y = upper + ROW * (at as f64 + 0.5);
                    for (line, part) in name.iter().enumerate() {
                        let middle = y + NAME_LINE * (line as f64 - (name.len() - 1) as f64 / 2.0);
                        canvas.text_mid((MARGIN + NAMES * canvas.width, middle), part, NAME, Anchor::End)?;
                    }
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
                top += height(place);
            }
            Ok(())
        })
    };
    pages.iter().enumerate().map(page).collect()
}

/// The lines of a regime's name, and whether it is cut in them.
fn names_of(row: &UncertaintyRow, context: &ChartContext) -> Result<(Vec<String>, bool), ChartError> {
    SharedNames::of(context.regime_label(&row.regime)).lines(NAME, NAMES * context.look.width(), 2)
}

/// What is seen: the range of the first metric under the first regime that moves it.
fn title(metrics: &[MetricRows<'_, UncertaintyRow>], context: &ChartContext) -> String {
    let generic = || "What is not known: parameters and data, and chance".to_owned();
    let Some(metric) = metrics.iter().find(|metric| !metric.rows.is_empty()) else { return generic() };
    let means: Vec<f64> = metric.rows.iter().map(|row| row.mean).collect();
    let row = first_that_moves(&means).and_then(|at| metric.rows.get(at));
    let Some(row) = row.filter(|row| row.q05.is_finite() && row.q95.is_finite()) else { return generic() };
    let [low, high] = [row.q05, row.q95].map(|end| end * metric.rate);
    let end = |value: f64| {
        let plus = if row.is_change() && value > 0.0 { "+" } else { "" };
        format!("{plus}{}", text::in_words(value))
    };
    let unit = if metric.unit.is_empty() { String::new() } else { format!(" {}", metric.unit) };
    let regime = context.in_title(&row.regime);
    let range = format!("{} to {}{unit}", end(low), end(high));
    format!("{regime}: {range} in 90% of draws, replication noise taken out: {}", metric.label)
}

/// The share of parameters and data, the rest that of replications.
fn draw_share(canvas: &Canvas, row: &UncertaintyRow, y: f64) -> Result<(), ChartError> {
    let (value, low, high) = (row.parameter_share, row.parameter_share_ci_low, row.parameter_share_ci_high);
    let untold = match () {
        () if !value.is_finite() => Some("nothing varies, or one replication"),
        () if row.draws < EffectRow::ENOUGH => Some("too few draws to tell"),
        () => None,
    };
    if let Some(why) = untold {
        return canvas.text_mid((share_of_variance(canvas.width).0, y), why, NOTE.ink(MUTED), Anchor::Start);
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
    // An estimate below nothing is one of nothing: the foot says so.
    let percent = format!("{}%", text::number(100.0 * value.clamp(0.0, 1.0), 0));
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
        let svg = draw(&[metric(vec![&row])], &context_for_tests()).unwrap().remove(0);
        assert!(
            svg.as_str().contains("\nCars sold\n")
                && svg.as_str().contains("\ncars\n")
                && svg.as_str().contains("8 draws")
        );
        assert!(matches!(draw(&[metric(Vec::new())], &context_for_tests()), Err(ChartError::Empty { .. })));
    }
}
