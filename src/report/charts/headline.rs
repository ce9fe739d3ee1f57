//! A headline metric over replications: its distribution under each regime, and the paired difference from the baseline.

use serde::{Deserialize, Serialize};

use super::axis::{AxisScale, Ticks};
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{self, Frame, Key, VALUE_AXIS, value_axis};
use super::names::told_of_cut;
use super::theme::{self, BLACK, Ink, LABEL, MARGIN, Marker, PANEL, STRONG, Style, Type};
use super::{ChartContext, ChartError, SharedNames, Svg, claims, over_time, text};
use crate::report::rows::{ComparisonRow, ReplicationRow};

const CHART: &str = "headline";

/// The metric that a headline chart shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeadlineMetric {
    /// Its name in the rows.
    pub name: String,
    /// What the reader is shown: `Sales of the models on the list`.
    pub label: String,
    /// Its unit: `cars a year`.
    pub unit: String,
    /// Whether the rows have it as a sum over the period, to be shown as a yearly rate.
    pub is_flow: bool,
    /// Whether only its differences between regimes mean something.
    #[serde(default)]
    pub is_gain: bool,
}

/// One regime's replications.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeSpread {
    /// The regime, and those with the same values.
    pub regimes: SharedNames,
    /// Whether it is the baseline.
    pub is_baseline: bool,
    /// The metric in each replication, ascending.
    pub levels: Vec<f64>,
    /// Mean of the levels.
    pub mean: f64,
    /// Difference from the baseline in each replication that both have, ascending; empty for the baseline.
    pub differences: Vec<f64>,
    /// Mean paired difference and its 95% interval, from the comparison rows.
    pub contrast: Option<Contrast>,
}

/// A mean difference and its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contrast {
    /// Mean paired difference.
    pub difference: f64,
    /// Lower end; NaN with one replication.
    pub low: f64,
    /// Upper end; NaN with one replication.
    pub high: f64,
}

/// The numbers that [`draw`] plots, the baseline first. Regimes other than it with the same value in every replication share a row.
///
/// # Errors
/// [`ChartError::Empty`] where no replication has the metric.
pub fn series(
    replications: &[ReplicationRow],
    comparisons: &[ComparisonRow],
    metric: &HeadlineMetric,
    context: &ChartContext,
) -> Result<Vec<OutcomeSpread>, ChartError> {
    let scale = text::UnitWords::of(&metric.unit).times;
    let rate = scale * if metric.is_flow { 1.0 / context.period.years() } else { 1.0 };
    let mut values: Vec<&ReplicationRow> =
        replications.iter().filter(|row| row.metric == metric.name && row.value.is_finite()).collect();
    values.sort_by_key(|row| row.replication);
    let baseline: Vec<&&ReplicationRow> = values.iter().filter(|row| row.regime == context.baseline).collect();
    let mut distributions: Vec<OutcomeSpread> = Vec::new();
    for regime in context.in_order(values.iter().map(|row| row.regime.as_str())) {
        let of_regime: Vec<&&ReplicationRow> = values.iter().filter(|row| row.regime == regime).collect();
        let is_baseline = regime == context.baseline;
        let paired = |row: &&&ReplicationRow| {
            let at = baseline.binary_search_by_key(&row.replication, |base| base.replication).ok()?;
            baseline.get(at).map(|base| rate * (row.value - base.value))
        };
        let mut differences: Vec<f64> =
            if is_baseline { Vec::new() } else { of_regime.iter().filter_map(paired).collect() };
        differences.sort_by(f64::total_cmp);
        let mut levels: Vec<f64> = of_regime.iter().map(|row| rate * row.value).collect();
        levels.sort_by(f64::total_cmp);
        let same = |other: &&mut OutcomeSpread| {
            !is_baseline && !other.is_baseline && other.levels == levels && other.differences == differences
        };
        if let Some(known) = distributions.iter_mut().find(same) {
            known.regimes.add(context.regime_label(regime));
            continue;
        }
        let matches = |row: &&ComparisonRow| {
            row.regime == regime
                && row.baseline == context.baseline
                && row.metric == metric.name
                && row.period == context.period.name
                && row.difference.is_finite()
        };
        let contrast = comparisons.iter().filter(|_| !is_baseline).find(matches);
        distributions.push(OutcomeSpread {
            regimes: SharedNames::of(context.regime_label(regime)),
            is_baseline,
            mean: levels.iter().sum::<f64>() / levels.len() as f64,
            levels,
            differences,
            contrast: contrast.map(|row| Contrast {
                difference: rate * row.difference,
                low: rate * row.ci_low,
                high: rate * row.ci_high,
            }),
        });
    }
    if distributions.is_empty() {
        let reason = format!("no replication has the metric `{}`", metric.name);
        return Err(ChartError::Empty { chart: CHART, reason });
    }
    Ok(distributions)
}

const HEAD: f64 = 26.0;
const ROW: f64 = 78.0;
/// Where the cloud of dots stands and the box begins, below the top of a row.
const CLOUD_FLOOR: f64 = 46.0;
const BOX_MIDDLE: f64 = 58.0;
/// Edges of the two plots on a sheet of this width.
fn levels_plot(width: f64) -> (f64, f64) {
    (0.2 * width, 0.54 * width)
}
fn differences_plot(width: f64) -> (f64, f64) {
    (0.66 * width, width - MARGIN - 20.0)
}
const DOT: f64 = 1.9;
const BIN: f64 = 2.0 * DOT + 0.4;
const MOST_DOTS: usize = 6;

const MEAN: Style = Style { ink: BLACK, marker: Marker::Diamond, hollow: false };
const CLOUD: Ink = Ink(0, 114, 178);
const DIFFERENCE_CLOUD: Ink = Ink(213, 94, 0);

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no replication has the metric; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(
    replications: &[ReplicationRow],
    comparisons: &[ComparisonRow],
    metric: &HeadlineMetric,
    context: &ChartContext,
) -> Result<Vec<Svg>, ChartError> {
    let mut rows = series(replications, comparisons, metric, context)?;
    if metric.is_gain {
        rows.retain(|row| !row.is_baseline);
        rows.iter_mut().for_each(|row| row.levels.clear());
    }
    if rows.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "there is nothing to compare with".to_owned() });
    }
    let empty = || ChartError::Empty { chart: CHART, reason: "no value is a number".to_owned() };
    // Of what somebody gains there are no levels to show.
    let levels = match metric.is_gain {
        true => None,
        false => Some(Ticks::covering(rows.iter().flat_map(|row| row.levels.iter().copied()), 5).ok_or_else(empty)?),
    };
    let contrasts = rows.iter().filter_map(|row| row.contrast).flat_map(|c| [c.difference, c.low, c.high]);
    let differences = rows.iter().flat_map(|row| row.differences.iter().copied()).chain(contrasts).chain([0.0]);
    let differences = Ticks::covering(differences, 4).ok_or_else(empty)?;
    let width = context.look.width();
    let level_scale = levels.as_ref().map(|levels| levels.scale(levels_plot(width).0, levels_plot(width).1));
    let (left, right) = differences_plot(width);
    let left = if metric.is_gain { levels_plot(width).0 + 20.0 } else { left };
    let difference_scale = differences.scale(left, right);
    let compared = rows.iter().any(|row| !row.differences.is_empty() || row.contrast.is_some());
    let many = context.replications > 1;
    // The 5% quantile of a few replications is their smallest.
    let boxes = over_time::has_bands(context);
    let written = text::UnitWords::of(&metric.unit);
    // One form for all clouds, so that they can be compared.
    let sparse = |row: &OutcomeSpread| {
        level_scale.is_none_or(|scale| fits_as_dots(&row.levels, scale))
            && fits_as_dots(&row.differences, difference_scale)
    };
    let form = if rows.iter().all(sparse) { Form::Dots } else { Form::Bars };
    let ink = if metric.is_gain { DIFFERENCE_CLOUD } else { CLOUD };
    let mut legend = vec![match form {
        Form::Dots => (Key::Dot(ink), format!("one {}", context.each())),
        Form::Bars => (Key::Histogram(ink), format!("histogram of {}s", context.each())),
    }];
    if !metric.is_gain {
        if boxes {
            legend.push((Key::Spread, "5–95%, 25–75%, median".to_owned()));
        }
        legend.push((Key::Point(MEAN), "mean".to_owned()));
    }
    if compared && many {
        legend.push((Key::Interval(MEAN), "mean difference, 95% interval".to_owned()));
    }
    let each = context.each();
    let pages = frame::pages(&vec![ROW; rows.len()], &context.look);
    let names: Vec<(Vec<String>, Type, f64, bool)> =
        rows.iter().map(|row| name_lines(&row.regimes, width)).collect::<Result<_, _>>()?;
    let frame = |at: usize| Frame {
        look: context.look.clone(),
        names: told_of_cut(pages[at].clone().map(|row| (&rows[row].regimes, names[row].3))),
        title: frame::title_of(at, title(&rows, metric, context.on_average()), &metric.label),
        subtitle: format!(
            "{} from the baseline ({}) in the same {each}. Period: {}.{}",
            if metric.is_gain {
                "Difference".to_owned()
            } else {
                format!("Left: value in each {each}. Right: difference")
            },
            context.regime_label(&context.baseline),
            context.period.label(),
            frame::page_of(at, pages.len()),
        ),
        legend: legend.clone(),
        footer: if many {
            let boxes = match boxes && !metric.is_gain {
                true => format!("; boxes show the spread of {each}s"),
                false => String::new(),
            };
            let shown: Vec<SharedNames> = pages[at].clone().map(|row| rows[row].regimes.clone()).collect();
            context.footer_of_intervals(&format!(
                "Intervals are 95% for the mean of the paired differences{boxes}.{}",
                context.note_of_payback(&shown)
            ))
        } else {
            context.footer("One replication: no intervals.")
        },
    };
    let page = |(page, shown): (usize, &std::ops::Range<usize>)| {
        let height = HEAD + ROW * shown.len() as f64;
        frame(page).around(height + VALUE_AXIS, |canvas, top| {
            let (first, bottom) = (top + HEAD, top + height);
            if let Some((levels, scale)) = levels.as_ref().zip(level_scale) {
                canvas.text((scale.from, top + 14.0), "Value", PANEL, Anchor::Start)?;
                let unit = text::fit(&written.level, LABEL, scale.to - scale.from)?;
                value_axis(canvas, levels, scale, (first, bottom), &unit, |value| levels.label(value))?;
            }
            if compared {
                canvas.text((left, top + 14.0), "Paired difference", PANEL, Anchor::Start)?;
                let unit = text::fit(&format!("Difference, {}", written.change), LABEL, right - left)?;
                value_axis(canvas, &differences, difference_scale, (first, bottom), &unit, |value| {
                    differences.signed_label(value)
                })?;
                let zero = difference_scale.at(0.0);
                canvas.line(&[(zero, first), (zero, bottom)], Stroke::solid(theme::AXIS, 1.2))?;
            }
            for (at, (row, name)) in rows[shown.clone()].iter().zip(&names[shown.clone()]).enumerate() {
                let y = first + ROW * at as f64;
                canvas.line(&[(MARGIN, y), (canvas.width - MARGIN, y)], Stroke::solid(theme::GRID, 1.0))?;
                let (lines, font, line_height, _) = name;
                for (line_at, line) in lines.iter().enumerate() {
                    let middle = y + ROW / 2.0 + line_height * (line_at as f64 - (lines.len() - 1) as f64 / 2.0);
                    canvas.text_mid((MARGIN, middle), line, *font, Anchor::Start)?;
                }
                if let Some((levels, scale)) = levels.as_ref().zip(level_scale) {
                    draw_cloud(canvas, &row.levels, scale, y, CLOUD, form)?;
                    draw_levels(canvas, (row, boxes), scale, y, |value| levels.finer(value))?;
                }
                if compared {
                    draw_differences(canvas, row, difference_scale, y, form, &differences)?;
                }
            }
            Ok(())
        })
    };
    pages.iter().enumerate().map(page).collect()
}

/// The lines of a regime's name, their type and height, and whether names are missing in them.
fn name_lines(regimes: &SharedNames, width: f64) -> Result<(Vec<String>, Type, f64, bool), ChartError> {
    let room = levels_plot(width).0 - MARGIN - 14.0;
    let (lines, is_cut) = regimes.lines(STRONG, room, 5)?;
    if !is_cut {
        return Ok((lines, STRONG, 15.0, false));
    }
    let small = STRONG.px(10.5);
    let (lines, is_cut) = regimes.lines(small, room, 6)?;
    Ok((lines, small, 12.0, is_cut))
}

/// What is seen: the regime that moves the metric most, as far as that is told from nothing and from the other regimes.
fn title(rows: &[OutcomeSpread], metric: &HeadlineMetric, on_average: &str) -> String {
    let sure = rows.iter().filter_map(|row| {
        let contrast = row.contrast?;
        let is_sure = !(contrast.low <= 0.0 && contrast.high >= 0.0) && contrast.difference != 0.0;
        is_sure.then_some((row, contrast.difference))
    });
    let most = sure.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    let compared = rows.iter().any(|row| row.contrast.is_some());
    match most {
        Some((row, difference)) => {
            let side = if difference < 0.0 { "falls" } else { "rises" };
            let ends =
                |row: &OutcomeSpread| row.contrast.map_or([f64::NAN; 2], |contrast| [contrast.low, contrast.high]);
            let others = rows.iter().filter(|other| !other.is_baseline && other.regimes != row.regimes);
            let others: Vec<(String, [f64; 2])> = others.map(|other| (other.regimes.brief(), ends(other))).collect();
            let untold = claims::not_told_from(ends(row), others.iter().map(|(name, ends)| (name.as_str(), *ends)));
            let most = match untold[..] {
                _ if others.is_empty() => String::new(),
                [] => ", the most of all regimes".to_owned(),
                [other] => format!("; {other} may move it more"),
                _ => format!("; {} others may move it more", untold.len()),
            };
            format!(
                "{}{on_average}: {side} by {} {} under {}{most}",
                metric.label,
                text::in_words(difference.abs()),
                text::UnitWords::of(&metric.unit).change,
                row.regimes.brief(),
            )
        }
        None if compared => format!("{}{on_average}: no regime is told from the baseline", metric.label),
        None => format!("{}, by regime", metric.label),
    }
}

/// How a cloud of replications is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Stacked dots.
    Dots,
    /// A histogram, its tallest bar as high as the room allows.
    Bars,
}

/// Place and count of each occupied bin; zero is the middle of a bin.
fn bins(ascending: &[f64], scale: AxisScale) -> Vec<(f64, usize)> {
    let zero = scale.at(0.0);
    let mut bins: Vec<(f64, usize)> = Vec::new();
    for &value in ascending {
        let middle = zero + BIN * ((scale.at(value) - zero) / BIN).round();
        match bins.last_mut() {
            Some((last, count)) if *last == middle => *count += 1,
            _ => bins.push((middle, 1)),
        }
    }
    bins
}

/// Place and level of each dot: on the lowest level where it meets no other, from the left.
fn stacks(ascending: &[f64], scale: AxisScale) -> Vec<(f64, usize)> {
    let mut ends: Vec<f64> = Vec::new();
    let mut dots = Vec::with_capacity(ascending.len());
    for &value in ascending {
        let x = scale.at(value);
        let level = ends.iter().position(|end| end + BIN <= x).unwrap_or(ends.len());
        match ends.get_mut(level) {
            Some(end) => *end = x,
            None if level > MOST_DOTS => continue, // it is too high already
            None => ends.push(x),
        }
        dots.push((x, level));
    }
    dots
}

fn fits_as_dots(ascending: &[f64], scale: AxisScale) -> bool {
    stacks(ascending, scale).iter().all(|(_, level)| *level < MOST_DOTS)
}

fn draw_cloud(
    canvas: &Canvas,
    values: &[f64],
    scale: AxisScale,
    top: f64,
    ink: Ink,
    form: Form,
) -> Result<(), ChartError> {
    let floor = top + CLOUD_FLOOR;
    match form {
        Form::Dots => stacks(values, scale)
            .into_iter()
            .try_for_each(|(x, level)| canvas.circle((x, floor - BIN * (level as f64 + 0.5)), DOT, ink, 0.85)),
        Form::Bars => {
            let bins = bins(values, scale);
            let tallest = bins.iter().map(|(_, count)| *count).max().unwrap_or(0) as f64;
            bins.into_iter().try_for_each(|(x, count)| {
                let height = BIN * MOST_DOTS as f64 * count as f64 / tallest;
                canvas.rect((x - DOT, floor - height), (x + DOT, floor), ink, 0.85)
            })
        }
    }
}

fn draw_levels(
    canvas: &Canvas,
    (row, has_box): (&OutcomeSpread, bool),
    scale: AxisScale,
    top: f64,
    figure: impl Fn(f64) -> String,
) -> Result<(), ChartError> {
    let y = top + BOX_MIDDLE;
    if has_box && row.levels.len() > 1 {
        let at = |q: f64| scale.at(quantile(&row.levels, q));
        let stroke = Stroke::solid(BLACK, 1.0);
        canvas.line(&[(at(0.05), y), (at(0.95), y)], stroke)?;
        canvas.rect((at(0.25), y - 5.0), (at(0.75), y + 5.0), theme::AXIS.lighter(0.5), 1.0)?;
        canvas.line(&[(at(0.5), y - 5.0), (at(0.5), y + 5.0)], Stroke::solid(BLACK, 1.6))?;
    }
    let x = scale.at(row.mean);
    canvas.marker((x, y), 3.4, MEAN)?;
    label_near(
        canvas,
        (x, top + 13.0),
        &figure(row.mean),
        (levels_plot(canvas.width).0 - 10.0, levels_plot(canvas.width).1 + 10.0),
    )
}

fn draw_differences(
    canvas: &Canvas,
    row: &OutcomeSpread,
    scale: AxisScale,
    top: f64,
    form: Form,
    ticks: &Ticks,
) -> Result<(), ChartError> {
    let y = top + BOX_MIDDLE;
    if row.is_baseline {
        return label_near(
            canvas,
            (scale.at(0.0), y + 3.0),
            "baseline",
            (differences_plot(canvas.width).0 - 20.0, canvas.width - MARGIN),
        );
    }
    draw_cloud(canvas, &row.differences, scale, top, DIFFERENCE_CLOUD, form)?;
    let Some(contrast) = row.contrast else { return Ok(()) };
    let x = scale.at(contrast.difference);
    let mut caption = ticks.signed_finer(contrast.difference);
    if contrast.low.is_finite() && contrast.high.is_finite() {
        let (low, high) = (scale.at(contrast.low), scale.at(contrast.high));
        let stroke = Stroke::solid(BLACK, 1.4);
        canvas.line(&[(low, y), (high, y)], stroke)?;
        canvas.line(&[(low, y - 4.0), (low, y + 4.0)], stroke)?;
        canvas.line(&[(high, y - 4.0), (high, y + 4.0)], stroke)?;
        caption = ticks.with_interval(contrast.difference, [contrast.low, contrast.high]);
    }
    canvas.marker((x, y), 3.4, MEAN)?;
    label_near(canvas, (x, top + 13.0), &caption, (differences_plot(canvas.width).0 - 20.0, canvas.width - MARGIN))
}

/// A caption centred on a point, moved sideways to stay within `room`.
fn label_near(canvas: &Canvas, (x, y): (f64, f64), caption: &str, room: (f64, f64)) -> Result<(), ChartError> {
    let caption = text::fit(caption, LABEL, room.1 - room.0)?;
    let half = text::width(&caption, LABEL)? / 2.0;
    let middle = x.max(room.0 + half).min(room.1 - half);
    canvas.rect((middle - half - 2.0, y - 10.0), (middle + half + 2.0, y + 4.0), theme::WHITE, 1.0)?;
    canvas.text((middle, y), &caption, LABEL, Anchor::Middle)
}

/// Quantile of ascending values by linear interpolation (Hyndman and Fan 1996, type 7).
fn quantile(ascending: &[f64], q: f64) -> f64 {
    let at = q * ascending.len().saturating_sub(1) as f64;
    let below = at.floor() as usize;
    let value = |index: usize| ascending.get(index).copied();
    match (value(below), value(below + 1)) {
        (Some(low), Some(high)) => low + (high - low) * (at - at.floor()),
        (Some(low), None) => low,
        (None, _) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;

    #[test]
    fn series_pairs_replications_with_the_baseline() {
        let study = fixtures::showdown(4);
        let rows = series(&study.replications, &study.comparisons, &study.metric, &study.context).unwrap();
        assert_eq!(rows.len(), 4, "two of the five sell the same and share a row");
        assert_eq!(rows[2].regimes.all(), "Sanctions imposed at the deadline; All luxury imports taxed");
        assert!(rows[0].is_baseline && rows[0].differences.is_empty() && rows[0].contrast.is_none());
        assert_eq!(rows[1].differences, [0.0; 4], "settlement is the status quo to the bit");
        let value = |regime: &str, replication: u64| {
            let found = study.replications.iter().find(|row| row.regime == regime && row.replication == replication);
            found.unwrap().value
        };
        let mut expected: Vec<f64> = (0..4).map(|r| value("imposed", r) - value("status_quo", r)).collect();
        expected.sort_by(f64::total_cmp);
        assert_eq!(rows[2].differences, expected);
        let comparison = study.comparisons.iter().find(|row| row.regime == "imposed").unwrap();
        let contrast = rows[2].contrast.unwrap();
        assert_eq!(
            (contrast.difference, contrast.low, contrast.high),
            (comparison.difference, comparison.ci_low, comparison.ci_high)
        );
    }

    /// A regime is said to move the metric most where its interval is apart from those of the others; its number is never cut.
    #[test]
    fn a_title_has_its_number_and_claims_what_is_told() {
        let study = fixtures::showdown(4);
        let rows = series(&study.replications, &study.comparisons, &study.metric, &study.context).unwrap();
        let with = |intervals: [f64; 3]| {
            let mut rows = rows.clone();
            let long = "Sanctions with a very long name that goes on and on, and on, with everything that anybody could say of them";
            for (row, half) in rows.iter_mut().skip(1).zip(intervals) {
                row.regimes = SharedNames::of(long);
                row.regimes.add(&format!("{half}"));
                let difference = -1_000.0 - half;
                row.contrast = Some(Contrast { difference, low: difference - half, high: difference + half });
            }
            title(&rows, &study.metric, "")
        };
        let one = "Sales of the models on the sanctions list: falls by 1,100 cars a year under Sanctions with a very long name that goes on and on… and 1 other";
        assert_eq!(with([100.0, 10.0, 20.0]), format!("{one}; 2 others may move it more"));
        let mut apart = rows.clone();
        for (row, difference) in apart.iter_mut().skip(1).zip([-100.0, -900.0, -300.0]) {
            row.contrast = Some(Contrast { difference, low: difference - 50.0, high: difference + 50.0 });
        }
        assert!(
            title(&apart, &study.metric, "").ends_with(", the most of all regimes"),
            "{}",
            title(&apart, &study.metric, "")
        );
    }

    /// Boxes of quantiles need replications; fractions are told in percentage points.
    #[test]
    fn few_replications_have_no_boxes() {
        let text = |count: u64, unit: &str| {
            let study = fixtures::showdown(count);
            let metric = HeadlineMetric { unit: unit.into(), ..study.metric.clone() };
            draw(&study.replications, &study.comparisons, &metric, &study.context).unwrap()[0].as_str().to_owned()
        };
        assert!(!text(6, "cars").contains("5–95%") && text(20, "cars").contains("5–95%"));
        assert!(
            text(6, "fraction").contains("Difference, percentage points") && !text(6, "fraction").contains("fraction")
        );
    }

    #[test]
    fn clouds_keep_every_replication() {
        let scale = AxisScale { low: 0.0, high: 100.0, from: 0.0, to: 100.0 };
        let values = [0.0, 0.0, 1.0, 50.0, 50.0, 50.0, 99.0];
        let levels: Vec<usize> = stacks(&values, scale).iter().map(|(_, level)| *level).collect();
        assert_eq!(levels, [0, 1, 2, 0, 1, 2, 0]);
        let counts: Vec<usize> = bins(&values, scale).iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [3, 3, 1]);
        assert!(fits_as_dots(&values, scale) && !fits_as_dots(&[1.0; 40], scale));
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.25), 2.0);
        assert_eq!(quantile(&[1.0, 2.0], 0.5), 1.5);
        assert_eq!(quantile(&[7.0], 0.95), 7.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn an_unknown_metric_is_an_error() {
        let study = fixtures::showdown(3);
        let metric = HeadlineMetric { name: "none".to_owned(), ..study.metric.clone() };
        let drawn = draw(&study.replications, &study.comparisons, &metric, &study.context);
        assert!(matches!(drawn, Err(ChartError::Empty { .. })));
    }
}
