//! Where the buyers that a duty drove from each taxed model went, by region.

use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{self, Frame, Key, VALUE_AXIS, value_axis};
use super::theme::{self, Groups, LABEL, MARGIN, PANEL, STRONG, Style, TICK, Type};
use super::{ChartContext, ChartError, Svg, axis, text};
use crate::report::rows::DiversionRow;

const CHART: &str = "diversion";

/// The buyers that one taxed model lost under one regime, and where they went.
#[derive(Clone, Debug, PartialEq)]
struct LostBuyers {
    /// Regime name.
    regime: String,
    /// The taxed model, as the reader is shown it.
    model: String,
    /// Region of the gainer (or `outside`) and cars a year of duty that it gained from this model.
    by_region: Vec<(String, f64)>,
}

/// The rows model by model; without a week of other prices nothing can be said of a year of them.
fn lost_buyers(rows: &[DiversionRow]) -> Vec<LostBuyers> {
    let mut all: Vec<LostBuyers> = Vec::new();
    for row in rows.iter().filter(|row| row.weeks > 0.0) {
        let model = format!("{} {}", row.brand, row.model);
        let at = all.iter().position(|lost| lost.regime == row.regime && lost.model == model).unwrap_or_else(|| {
            all.push(LostBuyers { regime: row.regime.clone(), model, by_region: Vec::new() });
            all.len() - 1
        });
        let (by_region, cars) = (&mut all[at].by_region, row.gained_units * 52.0 / row.weeks);
        match by_region.iter_mut().find(|(region, _)| *region == row.gainer_region) {
            Some((_, sum)) => *sum += cars,
            None => by_region.push((row.gainer_region.clone(), cars)),
        }
    }
    all
}

/// The bars of one regime, or of several with the same diversion.
#[derive(Clone, Debug, PartialEq)]
pub struct DiversionPanel {
    /// Labels of the regimes.
    pub regimes: Vec<String>,
    /// All taxed models together, then each, the one that lost most first.
    pub bars: Vec<DiversionBar>,
}

/// One taxed model, or all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct DiversionBar {
    /// The model.
    pub model: String,
    /// Buyers lost to a gainer, cars a year.
    pub lost_units: f64,
    /// Share of them by region, in the order of the scenario; the shares add up to one.
    pub shares: Vec<f64>,
}

/// The regions of the bars' segments, in order.
fn regions_of(rows: &[LostBuyers], context: &ChartContext) -> Vec<String> {
    groups(rows, context).all().into_iter().map(|group| group.region).collect()
}

fn groups(rows: &[LostBuyers], context: &ChartContext) -> Groups {
    let gains = rows.iter().flat_map(|row| &row.by_region).filter(|(_, units)| gained(*units) > 0.0);
    Groups::of(gains.map(|(region, _)| (region.as_str(), false)), &context.regions)
}

/// A negative gain is noise in drawn sales, and no part of a whole.
fn gained(units: f64) -> f64 {
    if units.is_finite() { units.max(0.0) } else { 0.0 }
}

/// The numbers that [`draw`] plots. Regimes with the same diversion share a panel. Gains that are negative or not numbers are left out.
///
/// # Errors
/// [`ChartError::Empty`] where no model lost a buyer to another.
pub fn series(rows: &[DiversionRow], context: &ChartContext) -> Result<Vec<DiversionPanel>, ChartError> {
    panels(&lost_buyers(rows), context)
}

fn panels(rows: &[LostBuyers], context: &ChartContext) -> Result<Vec<DiversionPanel>, ChartError> {
    let regions = regions_of(rows, context);
    let mut panels: Vec<DiversionPanel> = Vec::new();
    for regime in context.in_order(rows.iter().map(|row| row.regime.as_str())) {
        let mut bars: Vec<DiversionBar> = Vec::new();
        let mut total = vec![0.0; regions.len()];
        for row in rows.iter().filter(|row| row.regime == regime) {
            let units: Vec<f64> = regions
                .iter()
                .map(|region| {
                    row.by_region.iter().filter(|(to, _)| to == region).map(|(_, units)| gained(*units)).sum()
                })
                .collect();
            total.iter_mut().zip(&units).for_each(|(sum, units)| *sum += units);
            bars.extend(bar(row.model.clone(), &units));
        }
        bars.sort_by(|a, b| b.lost_units.total_cmp(&a.lost_units).then_with(|| a.model.cmp(&b.model)));
        if let Some(all) = bar("All taxed models".to_owned(), &total) {
            bars.insert(0, all);
            let label = context.regime_label(regime).to_owned();
            match panels.iter_mut().find(|panel| panel.bars == bars) {
                Some(panel) => panel.regimes.push(label),
                None => panels.push(DiversionPanel { regimes: vec![label], bars }),
            }
        }
    }
    if panels.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "no taxed model lost a buyer to another".to_owned() });
    }
    Ok(panels)
}

fn bar(model: String, units: &[f64]) -> Option<DiversionBar> {
    let lost_units: f64 = units.iter().sum();
    (lost_units > 0.0).then(|| DiversionBar {
        model,
        lost_units,
        shares: units.iter().map(|gain| gain / lost_units).collect(),
    })
}

const ROW: f64 = 21.0;
const BAR: f64 = 15.0;
const HEAD: f64 = 24.0;
const AFTER_TOTAL: f64 = 8.0;
const BETWEEN: f64 = 18.0;
/// Further lines of a panel's name.
const LINE: f64 = 16.0;
/// Bars of a panel: all taxed models together, and those that lose most.
const MOST: usize = 36;
/// Left and right edge of the plot on a sheet of this width.
fn plot(width: f64) -> (f64, f64) {
    (0.31 * width, width - 95.0)
}

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no model lost a buyer to another; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[DiversionRow], context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let rows = lost_buyers(rows);
    let mut panels = panels(&rows, context)?;
    let cut = panels.iter().any(|panel| panel.bars.len() > MOST);
    panels.iter_mut().for_each(|panel| panel.bars.truncate(MOST));
    let groups = groups(&rows, context);
    let styles: Vec<(String, Style)> =
        groups.all().iter().map(|group| (group.label(&context.flag_label), groups.style(group))).collect();
    let name = |panel: &DiversionPanel| {
        text::wrap(&panel.regimes.join("; "), PANEL, plot(context.look.width()).1 - MARGIN - 50.0, 4)
    };
    let names: Vec<Vec<String>> = panels.iter().map(name).collect::<Result<_, _>>()?;
    let height = |at: usize| {
        let bars = panels[at].bars.len() as f64;
        HEAD + LINE * (names[at].len() - 1) as f64 + ROW * bars + AFTER_TOTAL + VALUE_AXIS + BETWEEN
    };
    let pages = frame::pages(&(0..panels.len()).map(height).collect::<Vec<_>>());
    let most = if cut { format!(" The {} that lose most.", MOST - 1) } else { String::new() };
    let frame = |at: usize| Frame {
        look: context.look.clone(),
        title: title(&panels, &styles),
        subtitle: format!(
            "Percent of the buyers that each taxed model loses to the duty, by region of what they buy instead. Models in order of buyers lost.{most}{}",
            frame::page_of(at, pages.len())
        ),
        legend: styles.iter().map(|(label, style)| (Key::Swatch(style.ink), label.clone())).collect(),
        footer: context.footer("Shares are of mean gains over replications, shown without an interval."),
    };
    let page = |(page, shown): (usize, &std::ops::Range<usize>)| {
        frame(page).around(shown.clone().map(height).sum::<f64>() - BETWEEN, |canvas, mut top| {
            for at in shown.clone() {
                draw_panel(canvas, &panels[at], &names[at], &styles, top)?;
                top += height(at);
            }
            Ok(())
        })
    };
    pages.iter().enumerate().map(page).collect()
}

/// What is seen: where most of the lost buyers of the regime that loses most go.
fn title(panels: &[DiversionPanel], styles: &[(String, Style)]) -> String {
    let totals = panels.iter().filter_map(|panel| Some((panel, panel.bars.first()?)));
    let largest = totals.max_by(|a, b| a.1.lost_units.total_cmp(&b.1.lost_units));
    let Some((panel, total)) = largest else { return String::new() };
    let most = total.shares.iter().zip(styles).max_by(|a, b| a.0.total_cmp(b.0));
    let (share, to) = most.map_or((f64::NAN, ""), |(share, (label, _))| (*share, label.as_str()));
    format!(
        "{}: of {} buyers lost a year most, {} %, go to: {to}",
        panel.regimes.join("; "),
        text::number(total.lost_units, 0),
        text::number(100.0 * share, 0)
    )
}

fn draw_panel(
    canvas: &Canvas,
    panel: &DiversionPanel,
    name: &[String],
    styles: &[(String, Style)],
    mut top: f64,
) -> Result<(), ChartError> {
    for (at, line) in name.iter().enumerate() {
        top += if at > 0 { LINE } else { 0.0 };
        canvas.text((MARGIN, top + 12.0), line, PANEL, Anchor::Start)?;
    }
    canvas.text((canvas.width - MARGIN, top + 12.0), "lost a year of duty", LABEL.ink(theme::MUTED), Anchor::End)?;
    let first = top + HEAD;
    let bottom = first + ROW * panel.bars.len() as f64 + AFTER_TOTAL;
    let Some(ticks) = axis::Ticks::covering([0.0, 100.0], 5) else { return Ok(()) };
    let scale = ticks.scale(plot(canvas.width).0, plot(canvas.width).1);
    value_axis(canvas, &ticks, scale, (first, bottom), "Share of the lost buyers", |v| {
        format!("{} %", ticks.label(v))
    })?;
    for (at, bar) in panel.bars.iter().enumerate() {
        let y = first + ROW * (at as f64 + 0.5) + if at > 0 { AFTER_TOTAL } else { 0.0 };
        let font = if at == 0 { STRONG } else { LABEL };
        let name = text::fit_name(&bar.model, font, plot(canvas.width).0 - MARGIN - 10.0)?;
        canvas.text_mid((plot(canvas.width).0 - 10.0, y), &name, font, Anchor::End)?;
        canvas.text_mid((canvas.width - MARGIN, y), &text::number(bar.lost_units, 0), font, Anchor::End)?;
        draw_bar(canvas, bar, styles, scale, y)?;
    }
    Ok(())
}

fn draw_bar(
    canvas: &Canvas,
    bar: &DiversionBar,
    styles: &[(String, Style)],
    scale: axis::AxisScale,
    y: f64,
) -> Result<(), ChartError> {
    let mut from = 0.0;
    for (share, (_, style)) in bar.shares.iter().zip(styles) {
        let to = from + 100.0 * share;
        let (left, right) = (scale.at(from), scale.at(to));
        from = to;
        canvas.rect((left, y - BAR / 2.0), (right, y + BAR / 2.0), style.ink, 1.0)?;
        let figure = text::number(100.0 * share, 0);
        let font = Type { ink: style.ink.contrast(), ..TICK };
        if right - left > text::width(&figure, font)? + 6.0 {
            canvas.text_mid((f64::midpoint(left, right), y), &figure, font, Anchor::Middle)?;
        }
        // A white edge keeps neighbours apart in grey.
        if to < 99.999 {
            canvas.line(&[(right, y - BAR / 2.0), (right, y + BAR / 2.0)], Stroke::solid(theme::WHITE, 1.2))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;

    /// Half a year of duty: a year has twice the buyers.
    fn lost(model: &str, by_region: &[(&str, f64)]) -> Vec<DiversionRow> {
        let row = |(rank, (region, cars)): (u32, &(&str, f64))| DiversionRow {
            regime: "imposed".into(),
            model: model.into(),
            brand: "Make".into(),
            price_before_usd: 40_000.0,
            price_after_usd: 60_000.0,
            weeks: 26.0,
            lost_units: by_region.iter().map(|(_, cars)| cars).sum(),
            rank,
            gainer: format!("from {region}"),
            gainer_region: (*region).into(),
            share_of_lost: f64::NAN,
            gained_units: *cars,
        };
        (1..).zip(by_region).map(row).collect()
    }

    #[test]
    fn total_bar_weighs_models_by_the_buyers_they_lost() {
        let context = fixtures::showdown(3).context;
        let mut rows = lost("A", &[("europe", 10.0), ("europe", 5.0), ("big_three", 5.0)]);
        rows.extend(lost("B", &[("big_three", 50.0), ("outside", 30.0), ("europe", -2.5), ("mars", f64::NAN)]));
        assert_eq!(regions_of(&lost_buyers(&rows), &context), ["europe", "big_three", "outside"]);
        let panels = series(&rows, &context).unwrap();
        let bars = &panels[0].bars;
        let names = bars.iter().map(|bar| bar.model.as_str()).collect::<Vec<_>>();
        assert_eq!(names, ["All taxed models", "Make B", "Make A"]);
        assert_eq!(bars[0].lost_units, 200.0);
        assert_eq!(bars[0].shares, [0.15, 0.55, 0.3]);
        assert_eq!(bars[1].shares, [0.0, 0.625, 0.375]);
        assert_eq!(bars[2].shares, [0.75, 0.25, 0.0]);
    }

    #[test]
    fn nothing_lost_is_an_error() {
        let context = fixtures::showdown(3).context;
        assert!(matches!(draw(&[], &context), Err(ChartError::Empty { .. })));
        assert!(matches!(draw(&lost("A", &[("europe", 0.0)]), &context), Err(ChartError::Empty { .. })));
        let never: Vec<_> =
            lost("A", &[("europe", 9.0)]).into_iter().map(|row| DiversionRow { weeks: 0.0, ..row }).collect();
        assert!(matches!(draw(&never, &context), Err(ChartError::Empty { .. })));
    }
}
