//! What a result hangs on: how far its mean moves with each uncertain thing, all else varying. A tornado from draws; one panel a metric.

use super::axis::Ticks;
use super::canvas::{Anchor, Stroke};
use super::frame::{self, Frame, Key, VALUE_AXIS, value_axis};
use super::theme::{BLACK, Ink, LABEL, MARGIN, MUTED, NOTE, PANEL, STRIPE};
use super::uncertainty::MetricRows;
use super::{ChartContext, ChartError, Svg, claims, text};
use crate::report::points::EffectRow;

const CHART: &str = "effects";
const STRUCTURE: Ink = Ink(213, 94, 0);
const PARAMETER: Ink = Ink(0, 77, 128);
const ROW: f64 = 34.0;
/// Further lines of a name.
const LINE: f64 = 13.0;
const HEAD_LINE: f64 = 15.0;
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
pub fn draw(metrics: &[MetricRows<'_, EffectRow>], context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let empty = |reason: &str| ChartError::Empty { chart: CHART, reason: reason.to_owned() };
    let first = metrics.iter().flat_map(|metric| &metric.rows).next().ok_or_else(|| empty("there is no row"))?;
    let most = frame::rows(&context.look, ROW + LINE, PANEL_TITLE + VALUE_AXIS + 10.0, MOST);
    let shown = |metric: &MetricRows<'_, EffectRow>| {
        metric.rows.iter().filter(|row| row.share >= LEAST).count().clamp(1, most).min(metric.rows.len())
    };
    let width = context.look.width();
    let head = |metric: &MetricRows<'_, EffectRow>| text::wrap(&metric.label, PANEL, range(width).1 - MARGIN, 3);
    let heads: Vec<Vec<String>> = metrics.iter().map(head).collect::<Result<_, _>>()?;
    // Where the ends are stands below the name: nothing of the plot runs through it.
    let name = |row: &&EffectRow| {
        let ends = format!("{} | {}", minus(&row.low_at), minus(&row.high_at));
        Ok::<_, ChartError>((
            text::wrap(&row.label, LABEL, NAMES * width, 3)?,
            text::wrap(&ends, NOTE, NAMES * width, 2)?,
        ))
    };
    let names = |metric: &MetricRows<'_, EffectRow>| metric.rows[..shown(metric)].iter().map(name).collect();
    let names: Vec<Vec<RowWords>> = metrics.iter().map(names).collect::<Result<_, ChartError>>()?;
    let row_height = |(name, ends): &RowWords| ROW + LINE * (name.len() + ends.len() - 2) as f64;
    let rows_height = |at: usize| names[at].iter().map(row_height).sum::<f64>();
    let head_height = |at: usize| PANEL_TITLE + HEAD_LINE * (heads[at].len() - 1) as f64;
    let height = |at: usize| head_height(at) + rows_height(at) + VALUE_AXIS + 10.0;
    let what = match first.is_change() {
        true => format!("Change against the baseline ({})", context.regime_label(&context.baseline)),
        false => "Level".to_owned(),
    };
    let shares = first.draws >= EffectRow::ENOUGH;
    let pages = frame::pages(&(0..metrics.len()).map(height).collect::<Vec<_>>(), &context.look);
    let regime = context.in_title(&first.regime);
    let frame = |at: usize| Frame {
        look: context.look.clone(),
        names: Vec::new(),
        title: frame::title_of(at, title(metrics, &regime), &format!("what the answer hangs on under {regime}")),
        subtitle: format!(
            "{what}: means over groups of {} that have it alike, the lowest and the highest, all else varying; below each name, which groups these are: of a parameter, parts \
             of the draws by its value among those of the same structure, whose ranges may overlap. {}{}",
            text::count(first.draws, "draw"),
            match first.draws < EffectRow::ENOUGH {
                true => "Too few draws for shares of the variance.",
                false => "Right: the share of the variance over draws that it makes alone.",
            },
            frame::page_of(at, pages.len()),
        ),
        legend: vec![
            (Key::Swatch(STRUCTURE), "how the model is built".to_owned()),
            (Key::Swatch(PARAMETER), "a parameter".to_owned()),
        ],
        footer: context.footer("Means of groups of draws, chance in them included; period: ")
            + &context.period.label()
            + ".",
    };
    let page = |(page, on): (usize, &std::ops::Range<usize>)| {
        frame(page).around(on.clone().map(height).sum(), |canvas, mut top| {
            for (place, metric) in metrics.iter().enumerate().skip(on.start).take(on.len()) {
                let rows = &metric.rows[..shown(metric)];
                let ends = rows.iter().flat_map(|row| [row.low * metric.rate, row.high * metric.rate]);
                let zero = first.is_change().then_some(0.0);
                let Some(ticks) = Ticks::covering(ends.chain(zero), 5) else {
                    return Err(empty("no row has a number"));
                };
                for (line, part) in heads[place].iter().enumerate() {
                    canvas.text((MARGIN, top + 13.0 + HEAD_LINE * line as f64), part, PANEL, Anchor::Start)?;
                }
                if shares {
                    canvas.text((canvas.width - MARGIN, top + 13.0), "share", NOTE.ink(MUTED), Anchor::End)?;
                }
                let (upper, scale) =
                    (top + head_height(place), ticks.scale(range(canvas.width).0 + 10.0, range(canvas.width).1 - 10.0));
                let bottom = upper + rows_height(place);
                let tops: Vec<f64> =
                    (0..rows.len()).map(|at| upper + names[place][..at].iter().map(row_height).sum::<f64>()).collect();
                for (y, name) in tops.iter().zip(&names[place]).step_by(2) {
                    canvas.rect((MARGIN, *y), (canvas.width - MARGIN, y + row_height(name)), STRIPE, 1.0)?;
                }
                let label = |value: f64| if first.is_change() { ticks.signed_label(value) } else { ticks.label(value) };
                value_axis(canvas, &ticks, scale, (upper, bottom), &metric.unit, label)?;
                if first.is_change() {
                    canvas.line(&[(scale.at(0.0), upper), (scale.at(0.0), bottom)], Stroke::solid(BLACK, 1.0))?;
                }
                for ((row, words), y) in rows.iter().zip(&names[place]).zip(tops) {
                    let (name, ends) = words;
                    for (line, part) in name.iter().enumerate() {
                        let middle = y + 11.0 + LINE * line as f64;
                        canvas.text_mid((MARGIN + NAMES * canvas.width, middle), part, LABEL, Anchor::End)?;
                    }
                    let height = row_height(words);
                    let ink = if row.kind == "structure" { STRUCTURE } else { PARAMETER };
                    let [low, high] = [row.low, row.high].map(|end| scale.at(end * metric.rate));
                    let middle = y + 0.5 * height;
                    canvas.rect((low, middle - 0.5 * BAR), (high.max(low + 1.0), middle + 0.5 * BAR), ink, 1.0)?;
                    for (line, part) in ends.iter().rev().enumerate() {
                        let middle = y + height - 9.0 - LINE * line as f64;
                        canvas.text_mid((MARGIN + NAMES * canvas.width, middle), part, NOTE.ink(MUTED), Anchor::End)?;
                    }
                    let share = match row.share.is_finite() {
                        true => format!("{:.0}%", 100.0 * row.share),
                        false => "-".to_owned(),
                    };
                    if shares {
                        canvas.text_mid((canvas.width - MARGIN, middle), &share, LABEL, Anchor::End)?;
                    }
                }
                top += height(place);
            }
            Ok(())
        })
    };
    pages.iter().enumerate().map(page).collect()
}

/// Lines of a row: its name, and where its ends are.
type RowWords = (Vec<String>, Vec<String>);

/// The name of a group with the sign that numbers have on charts.
fn minus(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for (at, c) in name.char_indices() {
        let is_sign = c == '-'
            && (shown.is_empty() || shown.ends_with(' '))
            && name[at + 1..].starts_with(|next: char| next.is_ascii_digit());
        shown.push(if is_sign { '−' } else { c });
    }
    shown
}

/// What is seen: what makes most of the variance of the first metric.
fn title(metrics: &[MetricRows<'_, EffectRow>], regime: &str) -> String {
    let generic = || format!("What the answer hangs on: {regime}");
    let Some(metric) = metrics.iter().find(|metric| !metric.rows.is_empty()) else { return generic() };
    let mut rows: Vec<&EffectRow> = metric.rows.iter().copied().filter(|row| row.share.is_finite()).collect();
    rows.sort_by(|a, b| b.share.total_cmp(&a.share));
    let Some((row, others)) = rows.split_first().filter(|(row, _)| row.share >= LEAST) else { return generic() };
    if row.draws < EffectRow::ENOUGH {
        let draws = text::count(row.draws, "draw");
        return format!("{regime}: {draws} are too few to say what this hangs on most: {}", metric.label);
    }
    let percent = text::number(100.0 * row.share, 0);
    let first = format!("{} ({percent}%)", text::brief(&row.label, claims::IN_TITLE));
    let untold: Vec<&str> =
        others.iter().filter(|other| !row.is_told_from(other)).map(|other| other.label.as_str()).collect();
    let [low, _] = row.interval_of_share();
    let part = if low > 0.5 { "most" } else { "the largest part" };
    format!("{regime}: {part} of the variance comes from {}: {}", claims::or_others(&first, &untold), metric.label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(label: &str, share: f64, draws: u64) -> EffectRow {
        EffectRow {
            thing: label.into(),
            label: label.into(),
            kind: "parameter".into(),
            regime: "taxed".into(),
            period: "all".into(),
            metric: "units_all".into(),
            quantity: "change".into(),
            draws,
            groups: 4,
            share,
            low: -5.0,
            low_at: "0.1".into(),
            high: 5.0,
            high_at: "0.9".into(),
        }
    }

    /// A title names what the variance comes from where the draws tell it.
    #[test]
    fn shares_of_few_draws_are_not_told_apart() {
        let told = |first: f64, second: f64, draws: u64| {
            let rows = [row("Lists", first, draws), row("Alpha", second, draws), row("Eta", 0.02, draws)];
            let metric =
                MetricRows { label: "Cars".into(), unit: "cars".into(), rate: 1.0, rows: rows.iter().collect() };
            title(&[metric], "Taxed")
        };
        assert_eq!(told(0.669, 0.1, 6), "Taxed: 6 draws are too few to say what this hangs on most: Cars");
        assert_eq!(told(0.669, 0.1, 400), "Taxed: most of the variance comes from Lists (67%): Cars");
        assert_eq!(told(0.45, 0.1, 100), "Taxed: the largest part of the variance comes from Lists (45%): Cars");
        assert_eq!(
            told(0.35, 0.3, 100),
            "Taxed: the largest part of the variance comes from Lists (35%) or Alpha: Cars"
        );
    }
}
