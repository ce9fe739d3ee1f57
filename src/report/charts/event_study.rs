//! Event study: sales of each group around the announcement, the liability date and the decision, baseline = 100.

use super::axis;
use super::over_time::{self, GroupFan, Panel, Sheet};
use super::theme::{Group, Groups, OUTSIDE};
use super::{ChartContext, ChartError, Svg, text};
use crate::report::timing_rows::{EventStudyRow, INDEX_WEEKS};

const CHART: &str = "event study";
/// Days shown before the first event and after the last.
const MARGINS: (f64, f64) = (70.0, 182.0);

/// The numbers that [`draw`] plots: a panel per regime with dated events, weeks around them only.
///
/// # Errors
/// [`ChartError::Empty`] where no regime has an event and an index.
pub fn series(rows: &[EventStudyRow], context: &ChartContext) -> Result<Vec<Panel>, ChartError> {
    Ok(panels(rows, context)?.0)
}

fn panels(rows: &[EventStudyRow], context: &ChartContext) -> Result<(Vec<Panel>, Groups, Vec<Group>), ChartError> {
    let days = context.regimes.iter().flat_map(|regime| &regime.events).map(|event| axis::day(event.date));
    let (first, last) = (days.clone().fold(f64::INFINITY, f64::min), days.fold(f64::NEG_INFINITY, f64::max));
    let window = first - MARGINS.0..=last + MARGINS.1;
    let shown: Vec<&EventStudyRow> = rows
        .iter()
        .filter(|row| row.region != OUTSIDE && row.index.q50.is_finite() && window.contains(&axis::day(row.week_start)))
        .collect();
    if shown.is_empty() {
        return Err(ChartError::Empty {
            chart: CHART,
            reason: "no regime has an event and sales around it".to_owned(),
        });
    }
    let groups = Groups::of(shown.iter().map(|row| (row.region.as_str(), row.sanctioned)));
    let order = groups.all();
    let panels = context.in_order(shown.iter().map(|row| row.regime.as_str())).into_iter().map(|regime| {
        let own: Vec<&&EventStudyRow> = shown.iter().filter(|row| row.regime == regime).collect();
        let fan = |group: &Group| {
            let rows = own.iter().filter(|row| groups.group(&row.region, row.sanctioned) == *group);
            GroupFan { label: group.label(), weeks: rows.map(|row| (row.week_start, row.index)).collect() }
        };
        let events = over_time::events(context, regime, own.iter().map(|row| row.week_start));
        Panel { label: context.regime_label(regime).to_owned(), fans: order.iter().map(fan).collect(), events }
    });
    Ok((panels.collect(), groups, order))
}

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no regime has an event and an index; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[EventStudyRow], context: &ChartContext) -> Result<Svg, ChartError> {
    let (panels, groups, order) = panels(rows, context)?;
    let bands = context.replications > 1;
    let sheet = Sheet {
        chart: CHART,
        panels: &panels,
        groups: order.iter().map(|group| (groups.style(group), group.label())).collect(),
        title: "Sales around the events, by group".to_owned(),
        subtitle: format!(
            "Cars sold in the {INDEX_WEEKS} weeks up to and with each, the same world under {} = 100; each panel has its own scale.{}",
            context.regime_label(&context.baseline),
            if bands { " Line: median over replications; bands: 25–75% and 5–95%." } else { "" },
        ),
        footer: context.footer("Each replication is compared with itself under the baseline."),
        bands,
        reference: 100.0,
        tick: |value| text::number(value, 0),
        own_scales: true,
    };
    sheet.draw()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::{PolicyEvent, RegimeContext};
    use crate::report::rows::Fan;
    use jiff::civil::date;

    fn context() -> ChartContext {
        let regime =
            |name: &str, events: Vec<PolicyEvent>| RegimeContext { name: name.into(), label: name.into(), events };
        let event = PolicyEvent { date: date(1995, 5, 20), label: "Liability date".into() };
        ChartContext {
            scenario: "Test".into(),
            baseline: "quiet".into(),
            regimes: vec![regime("quiet", Vec::new()), regime("threat", vec![event])],
            replications: 3,
            seed: 1,
            source: String::new(),
        }
    }

    fn fan(middle: f64) -> Fan {
        Fan { mean: middle, q05: middle - 2.0, q25: middle - 1.0, q50: middle, q75: middle + 1.0, q95: middle + 2.0 }
    }

    fn rows() -> Vec<EventStudyRow> {
        let mut rows = Vec::new();
        for week in 0..60_u32 {
            for (region, sanctioned) in [("japan", true), ("japan", false), ("europe", false), ("outside", false)] {
                let surge = if sanctioned && (20..26).contains(&week) { 10.0 } else { 0.0 };
                rows.push(EventStudyRow {
                    regime: "threat".into(),
                    week,
                    week_start: date(1994, 12, 31).saturating_add(jiff::Span::new().days(i64::from(week) * 7)),
                    region: region.into(),
                    sanctioned,
                    index: fan(100.0 + surge),
                    change: fan(surge),
                    cumulative_change: fan(surge * f64::from(week)),
                });
            }
        }
        rows
    }

    #[test]
    fn series_shows_the_groups_around_the_events_without_the_outside_option() {
        let panels = series(&rows(), &context()).unwrap();
        assert_eq!(panels.len(), 1);
        let labels: Vec<&str> = panels[0].fans.iter().map(|fan| fan.label.as_str()).collect();
        assert_eq!(labels, ["Japan, on the sanctions list", "Japan, other", "Europe"]);
        // Ten weeks before the event and half a year after it.
        let weeks = &panels[0].fans[0].weeks;
        assert_eq!((weeks[0].0, weeks.len()), (date(1995, 3, 11), 37));
        assert_eq!(weeks.iter().filter(|(_, fan)| fan.q50 == 110.0).count(), 6);
        assert_eq!(panels[0].events.len(), 1);
        draw(&rows(), &context()).unwrap();
    }

    #[test]
    fn without_events_there_is_nothing_to_show() {
        let mut quiet = context();
        quiet.regimes[1].events.clear();
        assert!(matches!(draw(&rows(), &quiet), Err(ChartError::Empty { .. })));
        assert!(matches!(draw(&[], &context()), Err(ChartError::Empty { .. })));
    }
}
