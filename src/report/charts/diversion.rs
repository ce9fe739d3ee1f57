//! Where the buyers that a measure drove from each model under it went, by region, with intervals.

use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{self, Frame, Key, VALUE_AXIS, value_axis};
use super::names::told_of_cut;
use super::theme::{self, Groups, LABEL, MARGIN, PANEL, STRONG, Style, TICK, Type};
use super::{ChartContext, ChartError, SharedNames, Svg, axis, claims, text};
use crate::report::rows::{ALL_TAXED, DiversionRegionRow};

const CHART: &str = "diversion";

/// The bars of one regime, or of several with the same diversion.
#[derive(Clone, Debug, PartialEq)]
pub struct DiversionPanel {
    /// The regimes.
    pub regimes: SharedNames,
    /// Weeks of the horizon in which they have other prices, on average over worlds: buyers are lost in these.
    pub weeks: f64,
    /// All models under the measure together, then each, the one that lost most first.
    pub bars: Vec<DiversionBar>,
}

/// One model under the measure, or all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct DiversionBar {
    /// The model.
    pub model: String,
    /// Buyers lost in those weeks, cars, and half the width of the interval of their mean.
    pub lost_units: [f64; 2],
    /// Share of them by region, in the order of the scenario, with the ends of its interval; the shares add up to one.
    pub shares: Vec<Share>,
}

/// A share and its 95% interval, whose ends are not numbers where it has none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The share, a fraction.
    pub value: f64,
    /// Ends of its interval.
    pub interval: [f64; 2],
}

impl Share {
    const NONE: Self = Self { value: 0.0, interval: [0.0; 2] };

    fn half(&self) -> f64 {
        (self.interval[1] - self.interval[0]) / 2.0
    }
}

fn groups(rows: &[DiversionRegionRow], context: &ChartContext) -> Groups {
    let gains = rows.iter().filter(|row| row.gained_units > 0.0);
    Groups::of(gains.map(|row| (row.gainer_region.as_str(), false)), &context.regions)
}

/// The numbers that [`draw`] plots. Regimes with the same diversion share a panel.
///
/// # Errors
/// [`ChartError::Empty`] where no model lost a buyer to another.
pub fn series(rows: &[DiversionRegionRow], context: &ChartContext) -> Result<Vec<DiversionPanel>, ChartError> {
    let regions: Vec<String> = groups(rows, context).all().into_iter().map(|group| group.region).collect();
    let mut panels: Vec<DiversionPanel> = Vec::new();
    for regime in context.in_order(rows.iter().map(|row| row.regime.as_str())) {
        let mut models: Vec<&str> = Vec::new();
        // Without a week of other prices nobody is lost to them.
        let own = || rows.iter().filter(|row| row.regime == regime && row.weeks > 0.0 && row.lost_units > 0.0);
        for row in own() {
            if !models.contains(&row.model.as_str()) {
                models.push(&row.model);
            }
        }
        let mut bars: Vec<(bool, DiversionBar)> = Vec::new();
        for model in models {
            let of_model: Vec<&DiversionRegionRow> = own().filter(|row| row.model == model).collect();
            let Some(first) = of_model.first() else { continue };
            let is_all = model == ALL_TAXED;
            let share = |region: &String| {
                let row = of_model.iter().find(|row| row.gainer_region == *region);
                row.map_or(Share::NONE, |row| Share {
                    value: row.share_of_lost,
                    interval: [row.share_of_lost_ci_low, row.share_of_lost_ci_high],
                })
            };
            let half = (first.lost_units_ci_high - first.lost_units_ci_low) / 2.0;
            bars.push((
                is_all,
                DiversionBar {
                    model: if is_all { "All models under it".to_owned() } else { text::car_name(&first.brand, model) },
                    lost_units: [first.lost_units, half],
                    shares: regions.iter().map(share).collect(),
                },
            ));
        }
        bars.sort_by(|(all, a), (other, b)| {
            other.cmp(all).then(b.lost_units[0].total_cmp(&a.lost_units[0])).then_with(|| a.model.cmp(&b.model))
        });
        let bars: Vec<DiversionBar> = bars.into_iter().map(|(_, bar)| bar).collect();
        if bars.is_empty() {
            continue;
        }
        let label = context.regime_label(regime);
        let weeks = own().map(|row| row.weeks).next().unwrap_or(f64::NAN);
        match panels.iter_mut().find(|panel| panel.weeks == weeks && panel.bars == bars) {
            Some(panel) => panel.regimes.add(label),
            None => panels.push(DiversionPanel { regimes: SharedNames::of(label), weeks, bars }),
        }
    }
    if panels.is_empty() {
        return Err(ChartError::Empty {
            chart: CHART,
            reason: "no model under a measure lost a buyer to another".to_owned(),
        });
    }
    Ok(panels)
}

const ROW: f64 = 21.0;
const BAR: f64 = 15.0;
const HEAD: f64 = 24.0;
const AFTER_TOTAL: f64 = 8.0;
const BETWEEN: f64 = 18.0;
/// Further lines of a panel's name.
const LINE: f64 = 16.0;
/// Half of the widest interval of a share that is written.
const WIDEST: f64 = 0.5;
/// Bars of a panel: all models under the measure together, and those that lose most.
const MOST: usize = 36;
/// Left and right edge of the plot on a sheet of this width: names have the room that the longest needs, two fifths of what there is at most.
fn plot<'a>(names: impl Iterator<Item = &'a str>, width: f64) -> Result<(f64, f64), ChartError> {
    let before = MARGIN + 10.0;
    let column = text::column(names, LABEL, (0.29 * width - before, 0.4 * width - before))?;
    Ok((before + column, width - 130.0))
}

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no model lost a buyer to another; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[DiversionRegionRow], context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let mut panels = series(rows, context)?;
    let models: Vec<usize> = panels.iter().map(|panel| panel.bars.len() - 1).collect();
    let most_bars = frame::rows(&context.look, ROW, HEAD + AFTER_TOTAL + VALUE_AXIS, MOST);
    panels.iter_mut().for_each(|panel| panel.bars.truncate(most_bars));
    let shown_names = panels.iter().flat_map(|panel| &panel.bars).map(|bar| bar.model.as_str());
    let edges = plot(shown_names, context.look.width())?;
    let groups = groups(rows, context);
    let styles: Vec<(String, Style)> =
        groups.all().iter().map(|group| (group.label(&context.flag_label), groups.style(group))).collect();
    let name = |panel: &DiversionPanel| {
        let head = text::width(&head(panel), LABEL)?;
        panel.regimes.lines(PANEL, context.look.width() - 2.0 * MARGIN - 16.0 - head, 4)
    };
    let names: Vec<(Vec<String>, bool)> = panels.iter().map(name).collect::<Result<_, _>>()?;
    let height = |at: usize| {
        let bars = panels[at].bars.len() as f64;
        HEAD + LINE * (names[at].0.len() - 1) as f64 + ROW * bars + AFTER_TOTAL + VALUE_AXIS + BETWEEN
    };
    let pages = frame::pages(&(0..panels.len()).map(height).collect::<Vec<_>>(), &context.look);
    let most = |at: usize| match pages[at].clone().any(|panel| models[panel] >= most_bars) {
        true => format!(" Of more models than that those that lose most, {}.", most_bars - 1),
        false => String::new(),
    };
    let frame = |at: usize| Frame {
        look: context.look.clone(),
        names: told_of_cut(pages[at].clone().map(|panel| (&panels[panel].regimes, names[panel].1))),
        title: frame::title_of(
            at,
            title(&panels[pages[at].clone()], &styles, context.on_average()),
            "where lost buyers go, by regime",
        ),
        subtitle: format!(
            "Percent of the buyers that each model under a regime's measure loses, by region of what they buy instead. Right: how many it loses in the weeks of \
             the whole horizon in which prices differ from the baseline's; mean over {}s. Models in order of buyers lost.{}{}",
            context.each(),
            most(at),
            frame::page_of(at, pages.len())
        ),
        legend: styles.iter().map(|(label, style)| (Key::Swatch(style.ink), label.clone())).collect(),
        footer: if context.replications > 1 {
            context.footer_of_intervals(
                "Drawn choices. ± is half the width of a 95% interval, of a share where there is room for it; ? stands where too few buyers were drawn for one; tables/diversion.csv has every option.",
            )
        } else {
            context.footer("Drawn choices. One replication: no intervals.")
        },
    };
    let page = |(page, shown): (usize, &std::ops::Range<usize>)| {
        frame(page).around(shown.clone().map(height).sum::<f64>() - BETWEEN, |canvas, mut top| {
            for at in shown.clone() {
                draw_panel(canvas, &panels[at], &names[at].0, &styles, (top, edges))?;
                top += height(at);
            }
            Ok(())
        })
    };
    pages.iter().enumerate().map(page).collect()
}

/// What is seen on a page: where the lost buyers of the regime that loses most go, as far as the first region is told from the second.
fn title(panels: &[DiversionPanel], styles: &[(String, Style)], on_average: &str) -> String {
    let totals = panels.iter().filter_map(|panel| Some((panel, panel.bars.first()?)));
    let largest = totals.max_by(|a, b| a.1.lost_units[0].total_cmp(&b.1.lost_units[0]));
    let Some((panel, total)) = largest else { return String::new() };
    let mut shares: Vec<(&Share, &str)> =
        total.shares.iter().zip(styles).map(|(share, (label, _))| (share, label.as_str())).collect();
    shares.sort_by(|a, b| b.0.value.total_cmp(&a.0.value));
    let of = format!(
        "{}{on_average}: of {} buyers lost in {}",
        panel.regimes.brief(),
        text::number(total.lost_units[0], 0),
        weeks_of_other_prices(panel.weeks)
    );
    let part = |(share, to): &(&Share, &str)| format!("{}% to {to}", text::number(100.0 * share.value, 0));
    let Some((first, others)) = shares.split_first() else { return of };
    let intervals = others.iter().map(|(share, to)| (*to, share.interval));
    let untold = claims::not_told_from(first.0.interval, intervals);
    match others {
        _ if untold.is_empty() && first.0.interval[0] > 0.5 => format!("{of}, most go to one region, {}", part(first)),
        _ if untold.is_empty() => format!("{of}, the largest part goes to one region, {}", part(first)),
        [second, ..] => {
            let which = if untold.len() == 1 { "which of the two gets more" } else { "which region gets most" };
            let second = format!("{}% to {}", text::number(100.0 * second.0.value, 0), second.1);
            let (share, to) = first;
            format!("{of}, {}% go to {to} and {second}; {which} is not known", text::number(100.0 * share.value, 0))
        }
        [] => of,
    }
}

/// Head of the column of buyers lost.
fn head(panel: &DiversionPanel) -> String {
    format!("lost in {}", weeks_of_other_prices(panel.weeks))
}

/// Weeks of other prices, a mean over worlds where they are no whole number.
fn weeks_of_other_prices(weeks: f64) -> String {
    let digits = usize::from((weeks - weeks.round()).abs() > 1e-6);
    let mean = if digits > 0 { " on average" } else { "" };
    format!("{} weeks of other prices{mean}", text::number(weeks, digits))
}

/// A number with half the width of its interval, where that is known and not nothing in the digits shown.
fn with_half(value: f64, half: f64) -> Option<String> {
    let digits = usize::from(half < 0.95);
    let shown = text::number(half, digits);
    let is_any = half.is_finite() && shown.bytes().any(|b| matches!(b, b'1'..=b'9'));
    is_any.then(|| format!("{} ±{shown}", text::number(value, digits)))
}

fn draw_panel(
    canvas: &Canvas,
    panel: &DiversionPanel,
    name: &[String],
    styles: &[(String, Style)],
    (mut top, edges): (f64, (f64, f64)),
) -> Result<(), ChartError> {
    for (at, line) in name.iter().enumerate() {
        top += if at > 0 { LINE } else { 0.0 };
        canvas.text((MARGIN, top + 12.0), line, PANEL, Anchor::Start)?;
    }
    let head = head(panel);
    canvas.text((canvas.width - MARGIN, top + 12.0), &head, LABEL.ink(theme::MUTED), Anchor::End)?;
    let first = top + HEAD;
    let bottom = first + ROW * panel.bars.len() as f64 + AFTER_TOTAL;
    let Some(ticks) = axis::Ticks::covering([0.0, 100.0], 5) else { return Ok(()) };
    let scale = ticks.scale(edges.0, edges.1);
    value_axis(canvas, &ticks, scale, (first, bottom), "Share of the lost buyers", |v| format!("{}%", ticks.label(v)))?;
    // With several replications a number of so few buyers that it has no interval is marked.
    let has_intervals = panel.bars.iter().any(|bar| bar.lost_units[1].is_finite());
    for (at, bar) in panel.bars.iter().enumerate() {
        let y = first + ROW * (at as f64 + 0.5) + if at > 0 { AFTER_TOTAL } else { 0.0 };
        let font = if at == 0 { STRONG } else { LABEL };
        let name = text::fit_name(&bar.model, font, edges.0 - MARGIN - 10.0)?;
        canvas.text_mid((edges.0 - 10.0, y), &name, font, Anchor::End)?;
        let [lost, half] = bar.lost_units;
        let lost = text::number(lost, 0);
        let figure = match half.is_finite() {
            true => format!("{lost} {}", text::half_width(half, &text::number(half, 0))),
            false if has_intervals => format!("{lost} ?"),
            false => lost,
        };
        canvas.text_mid((canvas.width - MARGIN, y), &figure, LABEL, Anchor::End)?;
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
        let to = from + 100.0 * share.value;
        let (left, right) = (scale.at(from), scale.at(to));
        from = to;
        canvas.rect((left, y - BAR / 2.0), (right, y + BAR / 2.0), style.ink, 1.0)?;
        let font = Type { ink: style.ink.contrast(), ..TICK };
        let short = text::number(100.0 * share.value, 0);
        // Of a few drawn buyers a share has no interval, or one that says nothing.
        let half = share.half();
        let is_known = half <= WIDEST;
        let unsure = (bar.lost_units[1].is_finite() && !is_known).then(|| format!("{short}?"));
        let longer = unsure.or_else(|| with_half(100.0 * share.value, 100.0 * half));
        for figure in longer.into_iter().chain([short]) {
            if right - left > text::width(&figure, font)? + 6.0 {
                canvas.text_mid((f64::midpoint(left, right), y), &figure, font, Anchor::Middle)?;
                break;
            }
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
    use crate::report::charts::{fixtures, letters};

    /// Half a year of duty.
    fn lost(model: &str, by_region: &[(&str, f64)]) -> Vec<DiversionRegionRow> {
        let lost_units: f64 = by_region.iter().map(|(_, cars)| cars).sum();
        let row = |(region, cars): &(&str, f64)| DiversionRegionRow {
            regime: "imposed".into(),
            model: model.into(),
            brand: if model == ALL_TAXED { ALL_TAXED } else { "Make" }.into(),
            weeks: 26.0,
            lost_units,
            lost_units_ci_low: lost_units - 2.0,
            lost_units_ci_high: lost_units + 2.0,
            gainer_region: (*region).into(),
            gained_units: *cars,
            gained_units_ci_low: cars - 1.0,
            gained_units_ci_high: cars + 1.0,
            share_of_lost: cars / lost_units,
            share_of_lost_ci_low: cars / lost_units - 0.03,
            share_of_lost_ci_high: cars / lost_units + 0.03,
        };
        by_region.iter().map(row).collect()
    }

    fn values(bar: &DiversionBar) -> Vec<f64> {
        bar.shares.iter().map(|share| share.value).collect()
    }

    #[test]
    fn bars_are_of_all_models_and_of_each_in_the_order_of_buyers_lost() {
        let context = fixtures::showdown(3).context;
        let mut rows = lost("A", &[("europe", 15.0), ("big_three", 5.0)]);
        rows.extend(lost("B", &[("big_three", 50.0), ("outside", 30.0)]));
        rows.extend(lost(ALL_TAXED, &[("europe", 15.0), ("big_three", 55.0), ("outside", 30.0)]));
        let panels = series(&rows, &context).unwrap();
        let bars = &panels[0].bars;
        let names = bars.iter().map(|bar| bar.model.as_str()).collect::<Vec<_>>();
        assert_eq!(names, ["All models under it", "Make B", "Make A"]);
        assert_eq!(bars[0].lost_units, [100.0, 2.0]);
        assert_eq!(values(&bars[0]), [0.15, 0.55, 0.3]);
        assert_eq!(values(&bars[1]), [0.0, 0.625, 0.375]);
        assert_eq!(values(&bars[2]), [0.75, 0.25, 0.0]);
        let svg = draw(&rows, &context).unwrap().remove(0);
        // The label of all of them, without a decimal; the title names the region that more than half go to.
        for part in [
            "55 ±3",
            "100 ± 2",
            "of 100 buyers lost in 26 weeks of other prices, most go to one region, 55% to Big Three",
            // Lots and dealers may keep prices apart after the measure has ended.
            "in which prices differ from the baseline's",
        ] {
            assert!(letters::unescape(svg.as_str()).contains(part), "{part}");
        }
    }

    /// A first region whose interval meets that of the second is not said to have most.
    #[test]
    fn a_title_tells_what_is_told_apart() {
        let context = fixtures::showdown(3).context;
        let told = |by_region: &[(&str, f64)]| {
            let svg = draw(&lost(ALL_TAXED, by_region), &context).unwrap().remove(0);
            svg.as_str().split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned()
        };
        let close = told(&[("europe", 36.0), ("big_three", 40.0), ("outside", 24.0)]);
        assert!(
            close.ends_with("40% go to Big Three and 36% to Europe; which of the two gets more is not known"),
            "{close}"
        );
        let apart = told(&[("europe", 30.0), ("big_three", 45.0), ("outside", 25.0)]);
        assert!(apart.ends_with("the largest part goes to one region, 45% to Big Three"), "{apart}");
        let open = told(&[("europe", 34.0), ("big_three", 35.0), ("outside", 31.0)]);
        assert!(open.ends_with("which region gets most is not known"), "{open}");
    }

    #[test]
    fn a_half_width_that_rounds_to_nothing_is_not_written() {
        assert_eq!(with_half(45.2, 3.4).unwrap(), "45 ±3");
        assert_eq!(with_half(45.21, 0.44).unwrap(), "45.2 ±0.4");
        assert!(with_half(45.0, 0.04).is_none() && with_half(45.0, f64::NAN).is_none());
    }

    /// A share of so few buyers that it has no interval is marked; with one replication there is nothing to mark.
    #[test]
    fn a_share_without_an_interval_is_marked() {
        let mut study = fixtures::showdown(3);
        let mut rows = lost(ALL_TAXED, &[("europe", 36.0), ("big_three", 64.0)]);
        for row in &mut rows {
            (row.share_of_lost_ci_low, row.share_of_lost_ci_high) = (f64::NAN, f64::NAN);
        }
        let text = |rows: &[DiversionRegionRow], study: &fixtures::Study| {
            draw(rows, &study.context).unwrap()[0].as_str().to_owned()
        };
        assert!(text(&rows, &study).contains("64?") && text(&rows, &study).contains("36?"));
        // So is one whose interval holds nearly every share.
        for row in &mut rows {
            (row.share_of_lost_ci_low, row.share_of_lost_ci_high) = (-0.4, 1.4);
        }
        assert!(text(&rows, &study).contains("64?") && !text(&rows, &study).contains("±9"));
        study.context.replications = 1;
        for row in &mut rows {
            (row.lost_units_ci_low, row.lost_units_ci_high) = (f64::NAN, f64::NAN);
        }
        assert!(!text(&rows, &study).contains('?'));
    }

    #[test]
    fn nothing_lost_is_an_error() {
        let context = fixtures::showdown(3).context;
        assert!(matches!(draw(&[], &context), Err(ChartError::Empty { .. })));
        assert!(matches!(draw(&lost("A", &[("europe", 0.0)]), &context), Err(ChartError::Empty { .. })));
        let never: Vec<_> =
            lost("A", &[("europe", 9.0)]).into_iter().map(|row| DiversionRegionRow { weeks: 0.0, ..row }).collect();
        assert!(matches!(draw(&never, &context), Err(ChartError::Empty { .. })));
    }
}
