//! The regimes against each other: what each is worth to every country and to the world.

use super::axis::Ticks;
use super::canvas::{Anchor, Stroke};
use super::frame::{self, Frame, Key, VALUE_AXIS, value_axis};
use super::names::told_of_cut;
use super::theme::{self, AXIS, BLACK, Groups, LABEL, MARGIN, Marker, STRIPE, STRONG, Style};
use super::who_pays::{signed, unit_of};
use super::{ChartContext, ChartError, SharedNames, Svg, claims, text};
use crate::report::account_rows::PairedChange;

const CHART: &str = "regimes' welfare";

/// One country's gain under one regime.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain {
    /// Regime name.
    pub regime: String,
    /// Name of the region whose colour it has; empty for the world.
    pub region: String,
    /// What the reader is shown.
    pub label: String,
    /// Change against the baseline, USD a year.
    pub change: PairedChange,
}

/// One regime: its label and gains in billion USD a year.
#[derive(Clone, Debug, PartialEq)]
pub struct PartyBlock {
    /// The regime, and those that are worth the same.
    pub regimes: SharedNames,
    /// Country, region of its colour, gain.
    pub gains: Vec<(String, String, PairedChange)>,
}

/// The numbers that [`draw`] plots: regimes in the context's order, those that are worth the same together, those that change nothing left out.
///
/// # Errors
/// [`ChartError::Empty`] where no regime changes anything.
pub fn series(gains: &[Gain], context: &ChartContext) -> Result<Vec<PartyBlock>, ChartError> {
    let mut blocks: Vec<PartyBlock> = Vec::new();
    let own = context
        .in_order(gains.iter().map(|gain| gain.regime.as_str()))
        .into_iter()
        .map(|regime| {
            let own = gains.iter().filter(|gain| gain.regime == regime && gain.change.mean.is_finite());
            let gains = own.map(|gain| (gain.label.clone(), gain.region.clone(), gain.change.times(1e-9)));
            PartyBlock { regimes: SharedNames::of(context.regime_label(regime)), gains: gains.collect() }
        })
        .filter(|block: &PartyBlock| block.gains.iter().any(|(_, _, change)| change.mean != 0.0));
    for block in own {
        let ends = |block: &PartyBlock| -> Vec<[u64; 3]> {
            let drawn = |change: &PairedChange| [change.mean, change.interval[0], change.interval[1]].map(f64::to_bits);
            block.gains.iter().map(|(_, _, change)| drawn(change)).collect()
        };
        match blocks.iter_mut().find(|known| ends(known) == ends(&block)) {
            Some(known) => known.regimes.join(&block.regimes),
            None => blocks.push(block),
        }
    }
    if blocks.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "no regime changes anything".to_owned() });
    }
    Ok(blocks)
}

const ROW: f64 = 19.0;
const HEAD: f64 = 22.0;
/// Further lines of a name.
const LINE: f64 = 15.0;
/// Left and right edge of the plot on a sheet of this width.
fn plot(width: f64) -> (f64, f64) {
    (0.2 * width, width - 140.0)
}
const WORLD: Style = Style { ink: BLACK, marker: Marker::Diamond, hollow: false };

/// Draws the chart over the context's period.
///
/// # Errors
/// [`ChartError::Empty`] where no regime changes anything; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(gains: &[Gain], context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let mut blocks = series(gains, context)?;
    let (times, unit) = unit_of(blocks.iter().flat_map(|block| &block.gains).map(|(_, _, change)| change.mean));
    blocks.iter_mut().flat_map(|block| &mut block.gains).for_each(|(_, _, change)| *change = change.times(times));
    let named = gains.iter().filter(|gain| !gain.region.is_empty());
    let groups = Groups::of(named.map(|gain| (gain.region.as_str(), false)), &context.regions);
    let style = |region: &str| {
        if region.is_empty() { WORLD } else { groups.style(&groups.group(region, false)) }
    };
    let values = blocks.iter().flat_map(|block| &block.gains).flat_map(|(_, _, change)| {
        let [low, high] = change.interval;
        [change.mean, low, high]
    });
    let empty = || ChartError::Empty { chart: CHART, reason: "no change is a number".to_owned() };
    let ticks = Ticks::covering(values.chain([0.0]), 7).ok_or_else(empty)?;
    let many = context.replications > 1;
    let name = |block: &PartyBlock| block.regimes.lines(STRONG, context.look.width() - 2.0 * MARGIN - 12.0, 4);
    let names: Vec<(Vec<String>, bool)> = blocks.iter().map(name).collect::<Result<_, _>>()?;
    let height = |at: usize| HEAD + LINE * (names[at].0.len() - 1) as f64 + ROW * blocks[at].gains.len() as f64;
    let pages = frame::pages(&(0..blocks.len()).map(height).collect::<Vec<_>>(), &context.look);
    let shown = |at: usize| pages[at].clone().map(|block| blocks[block].regimes.clone()).collect::<Vec<_>>();
    let frame = |at: usize| Frame {
        look: context.look.clone(),
        names: told_of_cut(pages[at].clone().map(|block| (&blocks[block].regimes, names[block].1))),
        title: frame::title_of(at, title(&blocks, unit, context), "what each regime is worth to every country"),
        subtitle: format!(
            "Change against the baseline ({}) in {unit} US dollars a year: buyers, makers by ownership, dealers and Treasury of \
             each country; period: {}.{}",
            context.regime_label(&context.baseline),
            context.period.label(),
            frame::page_of(at, pages.len()),
        ),
        legend: blocks[0].gains.iter().map(|(label, region, _)| (Key::Point(style(region)), label.clone())).collect(),
        footer: if many {
            context.footer_of_intervals(&format!(
                "Mean over {}s, paired with the baseline; lines: 95% intervals, often narrower than the mark.{}",
                context.each(),
                context.note_of_payback(&shown(at)),
            ))
        } else {
            context.footer("One replication: no interval.")
        },
    };
    let page = |(page, shown): (usize, &std::ops::Range<usize>)| {
        let body = shown.clone().map(height).sum::<f64>() + VALUE_AXIS;
        frame(page).around(body, |canvas, top| {
            let bottom = top + body - VALUE_AXIS;
            let scale = ticks.scale(plot(canvas.width).0, plot(canvas.width).1);
            let mut y = top;
            for at in shown.clone() {
                if at % 2 == 0 {
                    canvas.rect((MARGIN, y), (canvas.width - MARGIN, y + height(at)), STRIPE, 1.0)?;
                }
                y += height(at);
            }
            value_axis(
                canvas,
                &ticks,
                scale,
                (top, bottom),
                &text::sentence(&format!("{unit} US dollars a year")),
                |v| ticks.signed_label(v),
            )?;
            canvas.line(&[(scale.at(0.0), top), (scale.at(0.0), bottom)], Stroke::solid(AXIS, 1.2))?;
            y = top;
            for place in shown.clone() {
                let (block, name) = (&blocks[place], &names[place].0);
                for (at, line) in name.iter().enumerate() {
                    y += if at == 0 { HEAD } else { LINE };
                    // No line of the axis runs through a name.
                    let (middle, ground) = (y - HEAD / 2.0 + 1.0, if place % 2 == 0 { STRIPE } else { theme::WHITE });
                    let right = MARGIN + 10.0 + text::width(line, STRONG)?;
                    canvas.rect((MARGIN + 2.0, middle - 8.0), (right, middle + 8.0), ground, 1.0)?;
                    canvas.text_mid((MARGIN + 6.0, middle), line, STRONG, Anchor::Start)?;
                }
                for (label, region, change) in &block.gains {
                    let middle = y + ROW / 2.0 - 2.0;
                    let look = style(region);
                    canvas.text_mid(
                        (plot(canvas.width).0 - 12.0, middle),
                        &text::fit(label, LABEL, plot(canvas.width).0 - MARGIN - 16.0)?,
                        LABEL,
                        Anchor::End,
                    )?;
                    canvas.line(
                        &[(scale.at(0.0), middle), (scale.at(change.mean), middle)],
                        Stroke::solid(look.ink.lighter(0.5), 2.2),
                    )?;
                    let [low, high] = change.interval;
                    let mut figure = signed(change.mean);
                    if low.is_finite() && high.is_finite() {
                        canvas.line(
                            &[(scale.at(low), middle), (scale.at(high), middle)],
                            Stroke::solid(theme::BLACK, 1.4),
                        )?;
                        let half = (high - low) / 2.0;
                        figure.push_str(&format!(" {}", text::half_width(half, &text::number(half, 3))));
                    }
                    canvas.marker((scale.at(change.mean), middle), 4.2, look)?;
                    canvas.text_mid((canvas.width - MARGIN - 4.0, middle), &figure, LABEL, Anchor::End)?;
                    y += ROW;
                }
            }
            Ok(())
        })
    };
    pages.iter().enumerate().map(page).collect()
}

/// What is seen: under which regime the world loses most, and under which a country gains most, as far as that is told from nothing.
fn title(blocks: &[PartyBlock], unit: &str, context: &ChartContext) -> String {
    let all =
        || blocks.iter().flat_map(|block| block.gains.iter().map(move |(label, _, change)| (block, label, change)));
    let is_sure = |(_, _, change): &(&PartyBlock, &String, &PairedChange)| {
        let [low, high] = change.interval;
        !(low <= 0.0 && high >= 0.0)
    };
    let sure = || all().filter(is_sure);
    let least = sure().filter(|(_, _, change)| change.mean < 0.0).min_by(|a, b| a.2.mean.total_cmp(&b.2.mean));
    let most = sure().filter(|(_, _, change)| change.mean > 0.0).max_by(|a, b| a.2.mean.total_cmp(&b.2.mean));
    let told = |(block, label, change): (&PartyBlock, &String, &PairedChange)| {
        let amount = signed(change.mean);
        let first = format!(
            "{amount} {unit} USD a year, {} under {}",
            text::brief(label, claims::IN_TITLE),
            block.regimes.brief()
        );
        let others = all().filter(|(other, country, _)| (*other, *country) != (block, label));
        let others = others.map(|(_, country, change)| (country.as_str(), change.interval));
        match claims::not_told_from(change.interval, others).len() {
            0 => first,
            1 => format!("{first} (or another row)"),
            count => format!("{first} (or one of {count} other rows)"),
        }
    };
    let means = if context.drawn { " on average over draws" } else { "" };
    match (least, most) {
        (Some(least), Some(most)) => {
            format!("Greatest loss{means}: {}; greatest gain: {}", told(least), told(most))
        }
        (Some(least), None) => format!("Greatest loss{means}: {}; no sure gain", told(least)),
        (None, Some(most)) => format!("Greatest gain{means}: {}; no sure loss", told(most)),
        (None, None) => format!("No gain or loss is told from {}", context.regime_label(&context.baseline)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;

    #[test]
    fn regimes_that_change_nothing_are_left_out() {
        let study = fixtures::showdown(3);
        let gain = |regime: usize, region: &str, mean: f64| Gain {
            regime: study.context.regimes[regime].name.clone(),
            region: region.into(),
            label: region.into(),
            change: PairedChange { mean: mean * 1e9, std_error: 1e6, interval: [mean * 1e9 - 1e6, mean * 1e9 + 1e6] },
        };
        let gains = [gain(1, "japan", 0.0), gain(1, "", 0.0), gain(2, "japan", -1.5), gain(2, "", -2.0)];
        let blocks = series(&gains, &study.context).unwrap();
        assert_eq!(blocks.len(), 1);
        assert!((blocks[0].gains[0].2.mean + 1.5).abs() < 1e-12);
        draw(&gains, &study.context).unwrap();
        assert!(matches!(draw(&gains[..2], &study.context), Err(ChartError::Empty { .. })));
    }
}
