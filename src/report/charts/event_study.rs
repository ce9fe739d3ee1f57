//! Event study: sales of each group around the announcement, the liability date and the decision, baseline = 100.
//!
//! A point is what the replications sold together in four weeks, over what they sold in them under the baseline: of a group of few cars the mean
//! of their ratios would be noise.

use jiff::civil::Date;

use super::axis;
use super::over_time::{self, SMOOTH_WEEKS, Sheet, TimePanel, TimePoint};
use super::theme::{Groups, OUTSIDE, RegionGroup};
use super::{ChartContext, ChartError, Svg, claims, text};
use crate::report::rows::WeeklyRow;

const CHART: &str = "event study";
/// Days shown before the first event and after the last.
const MARGINS: (f64, f64) = (70.0, 182.0);

/// The numbers that [`draw`] plots: a panel per regime with dated events, weeks around them only.
///
/// # Errors
/// [`ChartError::Empty`] where no regime has an event and sales around it.
pub fn series(rows: &[WeeklyRow], context: &ChartContext) -> Result<Vec<TimePanel>, ChartError> {
    Ok(panels(rows, context)?.0)
}

/// Index of a group's sales in the weeks up to and with each, those of the baseline being 100.
fn indices(own: &[&WeeklyRow], baseline: &[&WeeklyRow]) -> Vec<(Date, f64)> {
    let sold = |rows: &[&WeeklyRow], at: usize| {
        let weeks = rows.get((at + 1).saturating_sub(SMOOTH_WEEKS)..=at).unwrap_or_default();
        weeks.iter().map(|row| row.units.mean).sum::<f64>()
    };
    (0..own.len()).map(|at| (own[at].week_start, 100.0 * sold(own, at) / sold(baseline, at))).collect()
}

fn panels(
    rows: &[WeeklyRow],
    context: &ChartContext,
) -> Result<(Vec<TimePanel>, Groups, Vec<RegionGroup>), ChartError> {
    let days = context.regimes.iter().flat_map(|regime| &regime.events).map(|event| axis::day(event.date));
    let (first, last) = (days.clone().fold(f64::INFINITY, f64::min), days.fold(f64::NEG_INFINITY, f64::max));
    let window = first - MARGINS.0..=last + MARGINS.1;
    let cars: Vec<&WeeklyRow> = rows.iter().filter(|row| row.region != OUTSIDE).collect();
    let mut points = Vec::new();
    let groups = Groups::of(cars.iter().map(|row| (row.region.as_str(), row.flagged)), &context.regions);
    let order = groups.all();
    let is_compared = |row: &&&WeeklyRow| row.regime != context.baseline;
    for regime in context.in_order(cars.iter().filter(is_compared).map(|row| row.regime.as_str())) {
        for group in &order {
            let of = |regime: &str| -> Vec<&WeeklyRow> {
                let own = cars.iter().filter(|row| row.regime == regime);
                let mut own: Vec<&WeeklyRow> =
                    own.filter(|row| groups.group(&row.region, row.flagged) == *group).copied().collect();
                own.sort_by_key(|row| row.week);
                own
            };
            let own = of(regime);
            let Some(flagged) = own.first().map(|row| row.flagged) else { continue };
            for (week, index) in indices(&own, &of(&context.baseline)) {
                if index.is_finite() && window.contains(&axis::day(week)) {
                    points.push((regime, group.region.as_str(), flagged, week, over_time::line_of(index)));
                }
            }
        }
    }
    if points.is_empty() {
        return Err(ChartError::Empty {
            chart: CHART,
            reason: "no regime has an event and sales around it".to_owned(),
        });
    }
    let points: Vec<TimePoint<'_>> = points
        .into_iter()
        .map(|(regime, region, flagged, week, fan)| TimePoint { regime, region, flagged, week, fan })
        .collect();
    let panels = over_time::panels(&points, &groups, &order, context);
    Ok((panels, groups, order))
}

/// What is seen: the line that falls furthest, and how high it stood before.
fn title(panels: &[TimePanel]) -> String {
    let generic = || "Sales around the events, by group".to_owned();
    let Some((panel, fan, week, low)) = over_time::greatest(panels, |_, fan| -fan.mean) else { return generic() };
    if low > 99.5 {
        return generic();
    }
    let before = fan.weeks.iter().take_while(|(start, _)| *start < week).map(|(_, fan)| fan.mean).fold(100.0, f64::max);
    let (high, low) = (text::number(before, 0), text::number(low, 0));
    format!(
        "{}: sales of {} reach {high} and fall to {low} by {} (baseline = 100)",
        panel.regimes.brief(),
        text::brief(&fan.label, claims::IN_TITLE),
        week.strftime("%B %Y")
    )
}

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no regime has an event and sales; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[WeeklyRow], context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let (panels, groups, order) = panels(rows, context)?;
    let sheet = Sheet {
        chart: CHART,
        panels: &panels,
        months: None,
        groups: order.iter().map(|group| (groups.style(group), group.label(&context.flag_label))).collect(),
        title: title(&panels),
        topic: "sales around the events",
        subtitle: format!(
            "Cars sold in the {SMOOTH_WEEKS} weeks up to and with each, in all {}s, those of the same weeks under {} = 100; each panel has its own scale.",
            context.each(),
            context.regime_label(&context.baseline),
        ),
        footer: context.footer(&format!("How single {}s differ is in event_study.csv.", context.each())),
        bands: false,
        reference: 100.0,
        tick: over_time::tick,
        own_scales: Some(5.0),
        look: &context.look,
    };
    sheet.draw()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;
    use jiff::civil::date;

    #[test]
    fn series_shows_the_groups_around_the_events_without_the_outside_option() {
        let study = fixtures::showdown(3);
        let panels = series(&study.weekly, &study.context).unwrap();
        assert_eq!(panels.len(), 4, "the baseline is 100");
        let labels: Vec<&str> = panels[0].fans.iter().map(|fan| fan.label.as_str()).collect();
        assert_eq!(labels, ["Japan, on the sanctions list", "Japan, other", "Europe", "Big Three"]);
        // A point is the four weeks of both, in all replications.
        let (week, fan) = panels[1].fans[0].weeks[20];
        let regime = &study.context.regimes[2].name;
        let of = |regime: &str| -> f64 {
            let own = study.weekly.iter().filter(|row| row.regime == regime && row.region == "japan" && row.flagged);
            let to = own.clone().position(|row| row.week_start == week).unwrap();
            own.skip(to - 3).take(4).map(|row| row.units.mean).sum()
        };
        let index = 100.0 * of(regime) / of(&study.context.baseline);
        assert!((fan.mean - index).abs() < 1e-9, "{} is not {index}", fan.mean);
        assert!(panels[1].fans[0].weeks[0].0 <= date(1995, 5, 16));
        draw(&study.weekly, &study.context).unwrap();
    }

    #[test]
    fn without_events_there_is_nothing_to_show() {
        let mut study = fixtures::showdown(2);
        study.context.regimes.iter_mut().for_each(|regime| regime.events.clear());
        assert!(matches!(draw(&study.weekly, &study.context), Err(ChartError::Empty { .. })));
        assert!(matches!(draw(&[], &study.context), Err(ChartError::Empty { .. })));
    }
}
