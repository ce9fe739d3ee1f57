//! Bars of indices with their intervals, the largest leading index on top.

use super::{FIRST, OutputContext, SECOND, ends};
use crate::report::charts::axis::Ticks;
use crate::report::charts::canvas::{Anchor, Stroke};
use crate::report::charts::frame::{Frame, Key, VALUE_AXIS, value_axis};
use crate::report::charts::theme::{AXIS, BLACK, Ink, LABEL, MARGIN, MUTED};
use crate::report::charts::{ChartError, Svg, text};
use crate::sensitivity::{Index, IndexEstimate, Ranking};

const CHART: &str = "indices";

/// One index in the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its name in the tables.
    pub index: &'static str,
    /// What the reader is told of it.
    pub label: &'static str,
}

/// One input: its label, and one estimate for each index shown.
pub type BarRow = (String, Vec<IndexEstimate>);

/// The numbers that [`draw`] plots: rows in the order of the last index shown, the largest first.
///
/// # Errors
/// [`ChartError::Empty`] where no index is defined.
pub fn series(indices: &[Index], shown: &[Shown], context: &OutputContext) -> Result<Vec<BarRow>, ChartError> {
    let columns: Vec<Vec<(&str, IndexEstimate)>> =
        shown.iter().map(|shown| context.estimates(indices, shown.index)).collect();
    let mut rows: Vec<BarRow> = Vec::new();
    if let Some(leading) = columns.last() {
        for (at, (label, estimate)) in leading.iter().enumerate() {
            if estimate.value.is_finite() {
                let of_column =
                    |column: &Vec<(&str, IndexEstimate)>| column.get(at).map_or(IndexEstimate::UNDEFINED, |c| c.1);
                rows.push(((*label).to_owned(), columns.iter().map(of_column).collect()));
            }
        }
    }
    if rows.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "no index is defined".to_owned() });
    }
    let leading = |row: &BarRow| row.1.last().map_or(f64::NAN, |estimate| estimate.value);
    rows.sort_by(|a, b| leading(b).total_cmp(&leading(a)));
    Ok(rows)
}

/// What is seen: which input moves the output most, as far as that is told.
fn title(rows: &[BarRow], ranking: Option<&Ranking>, context: &OutputContext) -> String {
    let leading = rows.iter().filter_map(|(label, estimates)| Some((label.as_str(), *estimates.last()?)));
    format!("{}: {}", context.leader(&leading.collect::<Vec<_>>(), ranking), context.label)
}

const BAR: f64 = 11.0;
const GAP: f64 = 12.0;
/// Left and right edge of the plot on a sheet of this width.
fn plot(width: f64) -> (f64, f64) {
    (0.28 * width, width - 130.0)
}

/// Draws the chart; the pairs of the ranking say what its title may claim; `share` is the noise's share of the variance of one realisation, where it is known.
///
/// # Errors
/// [`ChartError::Empty`] where no index is defined; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(
    indices: &[Index],
    shown: &[Shown],
    share: Option<f64>,
    ranking: Option<&Ranking>,
    context: &OutputContext,
) -> Result<Svg, ChartError> {
    let rows = series(indices, shown, context)?;
    let inks: Vec<Ink> = match shown.len() {
        1 => vec![FIRST],
        _ => vec![FIRST, SECOND],
    };
    let noise = share.filter(|share| share.is_finite()).map_or(String::new(), |share| {
        format!(
            " Replication noise is removed; it is {}% of the variance of one replication.",
            text::number(100.0 * share, 1)
        )
    });
    let frame = Frame {
        look: context.look.clone(),
        names: Vec::new(),
        title: title(&rows, ranking, context),
        subtitle: format!("Sensitivity indices of the mean response. Whiskers: {} intervals.{noise}", context.level()),
        legend: shown.iter().zip(&inks).map(|(shown, ink)| (Key::Swatch(*ink), shown.label.to_owned())).collect(),
        footer: context.footer(
            "Estimates are not clipped: an input that does nothing may have one slightly below zero. Indices have no unit: they are parts of the \
             variance, or distances between distributions.",
        ),
    };
    let row_height = BAR * shown.len() as f64 + GAP;
    let values = rows.iter().flat_map(|row| row.1.iter().flat_map(ends)).chain([0.0]);
    let Some(ticks) = Ticks::covering(values, 6) else {
        return Err(ChartError::Empty { chart: CHART, reason: "no index is finite".to_owned() });
    };
    let body = row_height * rows.len() as f64;
    frame.around(body + VALUE_AXIS, |canvas, top| {
        let scale = ticks.scale(plot(canvas.width).0, plot(canvas.width).1);
        let names: Vec<&str> = shown.iter().map(|shown| shown.index).collect();
        value_axis(canvas, &ticks, scale, (top, top + body), &names.join(", "), |v| ticks.label(v))?;
        canvas.line(&[(scale.at(0.0), top), (scale.at(0.0), top + body)], Stroke::solid(AXIS, 1.0))?;
        for (at, (label, estimates)) in rows.iter().enumerate() {
            let first = top + row_height * at as f64 + GAP / 2.0;
            let middle = first + BAR * shown.len() as f64 / 2.0;
            let room = plot(canvas.width).0 - MARGIN - 10.0;
            canvas.name((plot(canvas.width).0 - 8.0, middle), label, room, Anchor::End)?;
            for (place, (estimate, ink)) in estimates.iter().zip(&inks).enumerate() {
                if !estimate.value.is_finite() {
                    continue;
                }
                let y = first + BAR * place as f64;
                let (from, to) = (scale.at(estimate.value.min(0.0)), scale.at(estimate.value.max(0.0)));
                canvas.rect((from, y + 1.0), (to, y + BAR - 1.0), *ink, 1.0)?;
                let [low, high] = ends(estimate).map(|end| scale.at(end));
                let y = y + BAR / 2.0;
                let stroke = Stroke::solid(BLACK, 1.1);
                canvas.line(&[(low, y), (high, y)], stroke)?;
                for end in [low, high] {
                    canvas.line(&[(end, y - 3.0), (end, y + 3.0)], stroke)?;
                }
                let half = (estimate.interval[1] - estimate.interval[0]) / 2.0;
                let figure = if half.is_finite() {
                    format!("{} {}", text::number(estimate.value, 3), text::half_width(half, &text::number(half, 3)))
                } else {
                    text::number(estimate.value, 3)
                };
                canvas.text_mid((canvas.width - MARGIN, y), &figure, LABEL.px(10.5).ink(MUTED), Anchor::End)?;
            }
        }
        Ok(())
    })
}
