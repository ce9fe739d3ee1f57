//! Who pays for a policy: the gains and losses of everybody, one after the other, up to the totals.

use super::axis::Ticks;
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{self, Frame, Key, VALUE_AXIS, value_axis};
use super::theme::{self, AXIS, BLACK, Ink, LABEL, MARGIN, MUTED, STRIPE, STRONG};
use super::{ChartContext, ChartError, Svg, claims, text};
use crate::report::account_rows::{LargestInDraws, PairedChange};

const CHART: &str = "who pays";

/// One party's gain, or a total of those above it.
#[derive(Clone, Debug, PartialEq)]
pub struct Party {
    /// What the reader is shown.
    pub label: String,
    /// Change against the baseline, USD a year.
    pub change: PairedChange,
    /// Whether it is a total: its bar starts at zero.
    pub total: bool,
}

/// A bar of the waterfall, billion USD a year.
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentBar {
    /// What the reader is shown.
    pub label: String,
    /// Where it starts: the sum of the parties above, zero for a total.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// The change itself.
    pub change: PairedChange,
    /// Whether it is a total.
    pub total: bool,
}

const BILLION: f64 = 1e9;

/// The bars that [`draw`] plots.
///
/// # Errors
/// [`ChartError::Empty`] where nobody gains or loses.
pub fn series(parties: &[Party]) -> Result<Vec<PaymentBar>, ChartError> {
    if parties.iter().all(|party| !party.change.mean.is_finite() || party.change.mean == 0.0) {
        return Err(ChartError::Empty { chart: CHART, reason: "nobody gains or loses".to_owned() });
    }
    let mut reached = 0.0;
    let bar = |party: &Party| {
        let change = party.change.times(1.0 / BILLION);
        let from = if party.total { 0.0 } else { reached };
        reached = from + change.mean;
        PaymentBar { label: party.label.clone(), from, to: reached, change, total: party.total }
    };
    Ok(parties.iter().filter(|party| party.change.mean.is_finite()).map(bar).collect())
}

/// Millions where all amounts in billions are small: what they are multiplied by, and their unit.
pub(super) fn unit_of(billions: impl Iterator<Item = f64>) -> (f64, &'static str) {
    const SMALL: f64 = 0.1;
    match billions.fold(0.0, |most: f64, amount| most.max(amount.abs())) {
        most if most < SMALL => (1e3, "million"),
        _ => (1.0, "billion"),
    }
}

const ROW: f64 = 27.0;
/// Rows are no lower in a box.
const LOWEST_ROW: f64 = 14.0;
/// Part of a row that its bar takes.
const THICK: f64 = 0.63;
/// Left and right edge of the plot on a sheet of this width.
fn plot(width: f64) -> (f64, f64) {
    (0.27 * width, width - 160.0)
}
const GAIN: Ink = Ink(0, 77, 128);
const LOSS: Ink = Ink(213, 94, 0);

/// What is seen: who of the parties loses and who gains most, as far as that is told from nothing. Of draws it rests on them one by one, and not on
/// intervals of their mean, which shrink with their number.
fn title(bars: &[PaymentBar], draws: Option<&LargestInDraws>, regime: &str, unit: &str) -> String {
    let is_sure = |bar: &&PaymentBar| {
        let [low, high] = bar.change.interval;
        !(low <= 0.0 && high >= 0.0)
    };
    let parties = || bars.iter().filter(|bar| !bar.total).filter(is_sure);
    let money = |bar: &PaymentBar| {
        let first =
            format!("{} ({} {unit} USD a year)", text::brief(&bar.label, claims::IN_TITLE), signed(bar.change.mean));
        let others = bars.iter().filter(|other| !other.total && other.label != bar.label);
        let others = others.map(|other| (other.label.as_str(), other.change.interval));
        claims::or_others(&first, &claims::not_told_from(bar.change.interval, others))
    };
    // Over draws it is these that say who surely loses, and not the interval of their mean, which a skewed few widen.
    let counted = |counts: &[(String, u64)], draws: u64| {
        let somebody: u64 = counts.iter().map(|(_, count)| count).sum();
        (somebody as f64 >= OF_DRAWS * draws as f64).then(|| in_draws(bars, counts, draws, unit)).flatten()
    };
    let least = parties().filter(|bar| bar.change.mean < 0.0).min_by(|a, b| a.change.mean.total_cmp(&b.change.mean));
    let most = parties().filter(|bar| bar.change.mean > 0.0).max_by(|a, b| a.change.mean.total_cmp(&b.change.mean));
    let (least, most) = match draws {
        Some(LargestInDraws { losses, gains, draws, .. }) => (counted(losses, *draws), counted(gains, *draws)),
        None => (least.map(money), most.map(money)),
    };
    match (least, most) {
        (Some(least), Some(most)) => {
            format!("{regime}: the largest loss falls on {least}; the largest gain goes to {most}")
        }
        (Some(least), None) => format!("{regime}: the largest loss falls on {least}; nobody surely gains"),
        (None, Some(most)) => format!("{regime}: the largest gain goes to {most}; nobody surely loses"),
        (None, None) => format!("{regime}: nobody's gain or loss is told from nothing"),
    }
}

/// Part of the draws in which a party has to come first to be named alone.
const OF_DRAWS: f64 = 0.9;

/// Who comes first in how many draws, with the mean of the most frequent; nothing where nobody does in any.
fn in_draws(bars: &[PaymentBar], counts: &[(String, u64)], draws: u64, unit: &str) -> Option<String> {
    let ((first, count), others) = counts.split_first()?;
    let bar = bars.iter().find(|bar| !bar.total && bar.label == *first)?;
    let brief = |label: &str| text::brief(label, claims::IN_TITLE);
    let mean = format!("{} {unit} USD a year on average", signed(bar.change.mean));
    let name = format!("{} ({mean}; in {count} of {draws} draws)", brief(first));
    Some(match others {
        // In all of them there is nothing to count.
        _ if *count == draws => format!("{} ({mean})", brief(first)),
        _ if *count as f64 >= OF_DRAWS * draws as f64 => name,
        [] => name,
        [(other, rest)] => format!("{name} or {} (in {rest})", brief(other)),
        [(other, rest), last @ ..] => {
            let left: u64 = last.iter().map(|(_, count)| count).sum();
            format!("{name}, {} (in {rest}) or {} (in {left})", brief(other), text::count(last.len() as u64, "other"))
        }
    })
}

/// Draws the chart of one regime over the context's period; of a study of draws with the counts of who comes first in them.
///
/// # Errors
/// [`ChartError::Empty`] where nobody gains or loses; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(
    parties: &[Party],
    draws: Option<&LargestInDraws>,
    regime: &str,
    context: &ChartContext,
) -> Result<Svg, ChartError> {
    let mut bars = series(parties)?;
    let (times, unit) = unit_of(bars.iter().flat_map(|bar| [bar.from, bar.to]));
    for bar in &mut bars {
        (bar.from, bar.to, bar.change) = (bar.from * times, bar.to * times, bar.change.times(times));
    }
    let many = context.replications > 1;
    let ends = bars.iter().flat_map(|bar| {
        let [low, high] = bar.change.interval;
        [0.0, bar.from, bar.to, bar.from + low, bar.from + high]
    });
    let empty = || ChartError::Empty { chart: CHART, reason: "no change is a number".to_owned() };
    let ticks = Ticks::covering(ends, 6).ok_or_else(empty)?;
    let mut legend = vec![(Key::Swatch(GAIN), "gains".to_owned()), (Key::Swatch(LOSS), "loses".to_owned())];
    legend.push((Key::Swatch(MUTED), "total of the above".to_owned()));
    let frame = Frame {
        look: context.look.clone(),
        names: Vec::new(),
        title: title(&bars, draws, &context.in_title(regime), unit),
        subtitle: format!(
            "Change against the baseline ({}) in {unit} US dollars a year; period: {}. Each bar starts where the one above ends.",
            context.regime_label(&context.baseline),
            context.period.label(),
        ),
        legend,
        footer: if many {
            context.footer_of_intervals(&format!(
                "Figures: mean over {}s, paired with the baseline, and the half width of its 95% interval (whiskers).",
                context.each()
            ))
        } else {
            context.footer("One replication: no interval.")
        },
    };
    let row = match context.look.height() {
        Some(_) => ((frame::room(&context.look) - VALUE_AXIS) / bars.len() as f64).clamp(LOWEST_ROW, ROW),
        None => ROW,
    };
    let height = row * bars.len() as f64 + VALUE_AXIS;
    frame.around(height, |canvas, top| {
        let bottom = top + row * bars.len() as f64;
        for at in (0..bars.len()).step_by(2) {
            let y = top + row * at as f64;
            canvas.rect((MARGIN, y), (canvas.width - MARGIN, y + row), STRIPE, 1.0)?;
        }
        let scale = ticks.scale(plot(canvas.width).0, plot(canvas.width).1);
        let axis = format!("US dollars a year, {unit}");
        value_axis(canvas, &ticks, scale, (top, bottom), &axis, |v| ticks.signed_label(v))?;
        canvas.line(&[(scale.at(0.0), top), (scale.at(0.0), bottom)], Stroke::solid(AXIS, 1.2))?;
        for (at, bar) in bars.iter().enumerate() {
            let y = top + row * (at as f64 + 0.5);
            draw_bar(canvas, bar, (y, row), |value| scale.at(value))?;
            let next = bars.get(at + 1).filter(|next| !next.total || next.to == bar.to);
            if next.is_some() {
                let x = scale.at(bar.to);
                canvas.line(
                    &[(x, y + THICK * row / 2.0), (x, y + row - THICK * row / 2.0)],
                    Stroke::solid(theme::MUTED, 0.8),
                )?;
            }
        }
        Ok(())
    })
}

fn draw_bar(
    canvas: &Canvas,
    bar: &PaymentBar,
    (y, row): (f64, f64),
    at: impl Fn(f64) -> f64,
) -> Result<(), ChartError> {
    let font = if bar.total { STRONG } else { LABEL };
    let (right, room) = (plot(canvas.width).0 - 12.0, plot(canvas.width).0 - MARGIN - 12.0);
    if row < ROW {
        canvas.text_mid((right, y), &text::fit_name(&bar.label, font, room)?, font, Anchor::End)?;
    } else {
        canvas.name_in((right, y), &bar.label, font, room, Anchor::End)?;
    }
    let ink = match (bar.total, bar.change.mean < 0.0) {
        (true, _) => MUTED,
        (false, true) => LOSS,
        (false, false) => GAIN,
    };
    let (left, right) = (at(bar.from.min(bar.to)), at(bar.from.max(bar.to)));
    let half = THICK * row / 2.0;
    canvas.rect((left, y - half), (right.max(left + 0.6), y + half), ink, 1.0)?;
    let [low, high] = bar.change.interval;
    let mut figure = signed(bar.change.mean);
    if low.is_finite() && high.is_finite() {
        let (low_at, high_at) = (at(bar.from + low), at(bar.from + high));
        canvas.line(&[(low_at, y), (high_at, y)], Stroke::solid(BLACK, 1.2))?;
        for end in [low_at, high_at] {
            canvas.line(&[(end, y - 3.0), (end, y + 3.0)], Stroke::solid(BLACK, 1.2))?;
        }
        let half = (high - low) / 2.0;
        figure.push_str(&format!(" {}", text::half_width(half, &text::number(half, 3))));
    }
    canvas.text_mid((canvas.width - MARGIN, y), &figure, font.ink(BLACK), Anchor::End)
}

/// A number with its sign, three decimals.
pub(super) fn signed(value: f64) -> String {
    let figure = text::number(value, 3);
    let is_any = figure.bytes().any(|b| matches!(b, b'1'..=b'9'));
    if value > 0.0 && is_any { format!("+{figure}") } else { figure }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;

    fn party(label: &str, mean: f64, total: bool) -> Party {
        let change = PairedChange { mean: mean * 1e9, std_error: 1e7, interval: [mean * 1e9 - 2e7, mean * 1e9 + 2e7] };
        Party { label: label.into(), change, total }
    }

    #[test]
    fn bars_start_where_the_ones_above_end() {
        let parties = [
            party("Buyers", -3.0, false),
            party("Makers", 0.5, false),
            party("Home", -2.5, true),
            party("Abroad", -0.5, false),
            party("World", -3.0, true),
        ];
        let bars = series(&parties).unwrap();
        let ends: Vec<(f64, f64)> = bars.iter().map(|bar| (bar.from, bar.to)).collect();
        assert_eq!(ends, [(0.0, -3.0), (-3.0, -2.5), (0.0, -2.5), (-2.5, -3.0), (0.0, -3.0)]);
        let study = fixtures::showdown(3);
        let svg = draw(&parties, None, &study.context.regimes[1].name, &study.context).unwrap();
        let told = "the largest loss falls on Buyers (−3.000 billion USD a year); the largest gain goes to Makers (+0.500 billion USD a year)";
        let billions = title(&bars, None, "X", "billion");
        assert!(billions.contains(told) && svg.as_str().contains("the largest loss falls on "), "{billions}");
        // A small policy is told in millions: nothing is written as 0.000 beside a bar that can be seen.
        let small = [party("Buyers", -0.0004, false), party("Home", -0.0004, true)];
        let svg = draw(&small, None, &study.context.regimes[1].name, &study.context).unwrap();
        assert!(svg.as_str().contains("−0.400 ± 20.000") && svg.as_str().contains("in million US dollars a year"));
        // A loss that may be nothing is not told.
        let mut unsure = bars.clone();
        unsure.iter_mut().for_each(|bar| bar.change.interval = [-9.0, 9.0]);
        assert_eq!(title(&unsure, None, "X", "billion"), "X: nobody's gain or loss is told from nothing");
    }

    /// An interval of the mean over draws says little of a single one: who comes first in too few of them is not named alone.
    #[test]
    fn of_draws_a_title_rests_on_the_draws() {
        let parties = [party("Buyers", -1.9, false), party("Treasury", 1.7, false), party("Japan", -2.035, false)];
        let bars = series(&parties).unwrap();
        let told = |losses: &[(&str, u64)]| {
            let counts = losses.iter().map(|(label, count)| ((*label).to_owned(), *count)).collect();
            let draws = LargestInDraws {
                draws: 24,
                losses: counts,
                gains: vec![("Treasury".to_owned(), 24)],
                ..LargestInDraws::default()
            };
            title(&bars, Some(&draws), "X", "billion")
        };
        let gain = "; the largest gain goes to Treasury (+1.700 billion USD a year on average)";
        let japan = "X: the largest loss falls on Japan (−2.035 billion USD a year on average";
        assert_eq!(
            told(&[("Japan", 13), ("Buyers", 11)]),
            format!("{japan}; in 13 of 24 draws) or Buyers (in 11){gain}")
        );
        assert_eq!(told(&[("Japan", 22), ("Buyers", 2)]), format!("{japan}; in 22 of 24 draws){gain}"));
        assert_eq!(told(&[("Japan", 24)]), format!("{japan}){gain}"));
        let three = told(&[("Japan", 12), ("Buyers", 8), ("Dealers", 3), ("Europe", 1)]);
        assert_eq!(three, format!("{japan}; in 12 of 24 draws), Buyers (in 8) or 2 others (in 4){gain}"));
        // Somebody loses in few of them.
        assert_eq!(
            told(&[("Japan", 3)]),
            "X: the largest gain goes to Treasury (+1.700 billion USD a year on average); nobody surely loses"
        );
        // A skewed few have an interval of the mean that reaches zero, and all of them lose.
        let mut skewed = bars.clone();
        skewed.iter_mut().for_each(|bar| bar.change.interval = [-9.0, 9.0]);
        let all = LargestInDraws { draws: 6, losses: vec![("Japan".to_owned(), 6)], ..LargestInDraws::default() };
        assert_eq!(title(&skewed, Some(&all), "X", "billion"), format!("{japan}); nobody surely gains"));
    }

    #[test]
    fn nothing_gained_or_lost_is_an_error() {
        let study = fixtures::showdown(3);
        let drawn = draw(&[party("Buyers", 0.0, false)], None, "imposed", &study.context);
        assert!(matches!(drawn, Err(ChartError::Empty { .. })));
    }
}
