//! Groups of models (brands, manufacturers, sets of the user's own): the change of their sales and of their makers' profit under a regime.

use super::axis::{AxisScale, Ticks};
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{self, Frame, Key, VALUE_AXIS, value_axis};
use super::theme::{BLACK, Ink, LABEL, MARGIN, MUTED, Marker, NOTE, PANEL, STRIPE, Style};
use super::{ChartContext, ChartError, Svg, claims, text};
use crate::report::group_rows::{Compared, GroupRow};

const CHART: &str = "groups";

/// One group under one regime, at yearly rates.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupChange {
    /// What the reader is shown.
    pub label: String,
    /// Cars.
    pub sales: ShownChange,
    /// USD.
    pub profit: ShownChange,
}

/// A change against the baseline with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShownChange {
    /// Mean paired difference.
    pub mean: f64,
    /// Ends of its 95% interval; not numbers with one replication.
    pub interval: [f64; 2],
    /// Over the mean under the baseline; not a number where that is nothing.
    pub relative: f64,
}

impl ShownChange {
    fn of(compared: &Compared, years: f64) -> Self {
        let base = compared.mean - compared.change;
        Self {
            mean: compared.change / years,
            interval: [compared.change_ci_low / years, compared.change_ci_high / years],
            relative: if base > 0.0 { compared.change / base } else { f64::NAN },
        }
    }
    fn ends(&self) -> [f64; 3] {
        [self.mean, self.interval[0], self.interval[1]]
    }
    /// Whether it is told from nothing; without an interval whether it is any.
    fn is_sure(&self) -> bool {
        let [low, high] = self.interval;
        self.mean != 0.0 && self.mean.is_finite() && !(low <= 0.0 && high >= 0.0)
    }
}

/// The numbers that [`draw`] plots, greatest gain of sales first: expected sales where a run has them, else drawn ones.
///
/// # Errors
/// [`ChartError::Empty`] where no group changes under the regime in the context's period.
pub fn series(rows: &[GroupRow], regime: &str, context: &ChartContext) -> Result<Vec<GroupChange>, ChartError> {
    let years = context.period.years();
    let own = rows.iter().filter(|row| row.regime == regime && row.period == context.period.name);
    let mut changes: Vec<GroupChange> = own
        .map(|row| GroupChange {
            label: row.label.clone(),
            sales: ShownChange::of(if expected(rows) { &row.expected_units } else { &row.units }, years),
            profit: ShownChange::of(&row.profit_usd, years),
        })
        .filter(|change| change.sales.mean.is_finite())
        .collect();
    if changes.iter().all(|change| change.sales.mean == 0.0) {
        return Err(ChartError::Empty { chart: CHART, reason: format!("no group changes under `{regime}`") });
    }
    changes.sort_by(|a, b| b.sales.mean.total_cmp(&a.sales.mean).then_with(|| a.label.cmp(&b.label)));
    Ok(changes)
}

/// Whether the rows have expected sales.
fn expected(rows: &[GroupRow]) -> bool {
    rows.iter().any(|row| row.expected_units.mean.is_finite())
}

const ROW: f64 = 24.0;
const HEAD: f64 = 24.0;
const MARK: Style = Style { ink: Ink(0, 77, 128), marker: Marker::Circle, hollow: false };

/// Edges of the two plots on a sheet of this width; figures stand right of each.
fn plots(width: f64) -> [(f64, f64); 2] {
    [(0.24 * width, 0.46 * width), (0.61 * width, 0.82 * width)]
}

/// What is seen: which group gains and which loses most sales, as far as it is told from nothing.
fn title(changes: &[GroupChange], regime: &str) -> String {
    let told = |change: &GroupChange| {
        let plus = if change.sales.mean > 0.0 { "+" } else { "" };
        let first = format!(
            "{} ({plus}{} cars a year)",
            text::brief(&change.label, claims::IN_TITLE),
            text::number(change.sales.mean, 0)
        );
        let others = changes.iter().filter(|other| other.label != change.label);
        let others = others.map(|other| (other.label.as_str(), other.sales.interval));
        claims::or_others(&first, &claims::not_told_from(change.sales.interval, others))
    };
    // All of them are looked at: the first and the last may be unsure, and others between them told from nothing.
    let mut sure = changes.iter().filter(|change| change.sales.is_sure());
    let gains = sure.clone().find(|change| change.sales.mean > 0.0);
    let loses = sure.rfind(|change| change.sales.mean < 0.0);
    match (gains, loses) {
        (Some(gains), Some(loses)) => format!("{regime}: {} gains most, {} loses most", told(gains), told(loses)),
        (Some(gains), None) => format!("{regime}: {} gains most, no group's loss is told from nothing", told(gains)),
        (None, Some(loses)) => format!("{regime}: {} loses most, no group's gain is told from nothing", told(loses)),
        (None, None) => format!("{regime}: no group's change of sales is told from nothing"),
    }
}

/// Draws the chart for one regime.
///
/// # Errors
/// [`ChartError::Empty`] as for [`series`]; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[GroupRow], regime: &str, context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let changes = series(rows, regime, context)?;
    let kind = if expected(rows) { "Expected sales" } else { "Sales" };
    let covering = |of: &dyn Fn(&GroupChange) -> [f64; 3]| {
        Ticks::covering(changes.iter().flat_map(of).chain([0.0]), 3)
            .ok_or_else(|| ChartError::Empty { chart: CHART, reason: "no change is a number".to_owned() })
    };
    let ticks = [covering(&|change| change.sales.ends())?, covering(&|change| change.profit.ends())?];
    let intervals = context.replications > 1;
    let pages = frame::pages(&vec![ROW; changes.len()], &context.look);
    let frame = |at: usize| Frame {
        look: context.look.clone(),
        names: Vec::new(),
        title: frame::title_of(
            at,
            title(&changes, &context.in_title_of_means(regime)),
            &format!("groups of models under {}", context.in_title(regime)),
        ),
        subtitle: format!(
            "Change against the baseline ({}) by group of models, greatest gain of sales first; period: {}. In brackets the change in percent.{}",
            context.regime_label(&context.baseline),
            context.period.label(),
            frame::page_of(at, pages.len()),
        ),
        legend: if intervals {
            vec![(Key::Interval(MARK), "mean difference, 95% interval".to_owned())]
        } else {
            Vec::new()
        },
        footer: if intervals {
            context.footer_of_intervals("A model may be in several groups, which then do not add up.")
        } else {
            context.footer("One replication: no intervals. A model may be in several groups, which then do not add up.")
        },
    };
    let page = |(page, shown): (usize, &std::ops::Range<usize>)| {
        let height = HEAD + ROW * shown.len() as f64;
        frame(page).around(height + VALUE_AXIS, |canvas, top| {
            let (first, bottom) = (top + HEAD, top + height);
            for at in (0..shown.len()).step_by(2) {
                let y = first + ROW * at as f64;
                canvas.rect((MARGIN, y), (canvas.width - MARGIN, y + ROW), STRIPE, 1.0)?;
            }
            let heads = [(kind, "cars a year"), ("Makers' profit", "USD a year")];
            let mut scales = Vec::new();
            for (((from, to), ticks), (head, unit)) in plots(canvas.width).into_iter().zip(&ticks).zip(heads) {
                let scale = ticks.scale(from, to);
                canvas.text((from, top + 13.0), head, PANEL, Anchor::Start)?;
                value_axis(canvas, ticks, scale, (first, bottom), unit, |value| ticks.signed_label(value))?;
                canvas.line(&[(scale.at(0.0), first), (scale.at(0.0), bottom)], Stroke::solid(BLACK, 1.0))?;
                scales.push(scale);
            }
            for (at, change) in changes[shown.clone()].iter().enumerate() {
                let y = first + ROW * (at as f64 + 0.5);
                let (right, room) = (plots(canvas.width)[0].0 - 8.0, plots(canvas.width)[0].0 - MARGIN - 10.0);
                canvas.name((right, y), &change.label, room, Anchor::End)?;
                for ((of, scale), ticks) in [&change.sales, &change.profit].into_iter().zip(&scales).zip(&ticks) {
                    draw_change(canvas, of, *scale, ticks, y)?;
                }
            }
            Ok(())
        })
    };
    pages.iter().enumerate().map(page).collect()
}

fn draw_change(
    canvas: &Canvas,
    change: &ShownChange,
    scale: AxisScale,
    ticks: &Ticks,
    y: f64,
) -> Result<(), ChartError> {
    if !change.mean.is_finite() {
        return Ok(());
    }
    if change.interval.iter().all(|end| end.is_finite()) {
        let [low, high] = change.interval.map(|end| scale.at(end));
        canvas.line(&[(low, y), (high, y)], Stroke::solid(MARK.ink, 1.4))?;
        for end in [low, high] {
            canvas.line(&[(end, y - 3.0), (end, y + 3.0)], Stroke::solid(MARK.ink, 1.4))?;
        }
    }
    canvas.marker((scale.at(change.mean), y), 3.6, MARK)?;
    // Beside the plot: nothing runs through it.
    let left = scale.to + 8.0;
    let room = if scale.to < 0.5 * canvas.width { plots(canvas.width)[1].0 } else { canvas.width - MARGIN } - left;
    let figure = text::fit(&ticks.signed_finer(change.mean), LABEL.px(10.5), room)?;
    canvas.text_mid((left, y - 5.0), &figure, LABEL.px(10.5), Anchor::Start)?;
    let relative = text::fit(&format!("({})", text::percent_change(change.relative)), NOTE, room)?;
    canvas.text_mid((left, y + 6.0), &relative, NOTE.ink(MUTED), Anchor::Start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_looks_at_every_group() {
        let change = |label: &str, mean: f64, half: f64| {
            let sales = ShownChange { mean, interval: [mean - half, mean + half], relative: 0.1 };
            GroupChange { label: label.into(), sales, profit: sales }
        };
        let groups = [
            change("A", 900.0, 1_000.0),
            change("B", 100.0, 10.0),
            change("C", -50.0, 5.0),
            change("D", -400.0, 500.0),
        ];
        assert_eq!(
            title(&groups, "X"),
            "X: B (+100 cars a year) or one of 2 others gains most, C (−50 cars a year) or one of 2 others loses most"
        );
    }
}
