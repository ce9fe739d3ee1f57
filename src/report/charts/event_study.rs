//! Event study: sales of each group around the announcement, the liability date and the decision, baseline = 100.

use super::axis;
use super::over_time::{self, Sheet, TimePanel, TimePoint};
use super::theme::{Groups, OUTSIDE, RegionGroup};
use super::{ChartContext, ChartError, Svg, text};
use crate::report::timing_rows::{EventStudyRow, INDEX_WEEKS};

const CHART: &str = "event study";
/// Days shown before the first event and after the last.
const MARGINS: (f64, f64) = (70.0, 182.0);

/// The numbers that [`draw`] plots: a panel per regime with dated events, weeks around them only.
///
/// # Errors
/// [`ChartError::Empty`] where no regime has an event and an index.
pub fn series(rows: &[EventStudyRow], context: &ChartContext) -> Result<Vec<TimePanel>, ChartError> {
    Ok(panels(rows, context)?.0)
}

fn panels(
    rows: &[EventStudyRow],
    context: &ChartContext,
) -> Result<(Vec<TimePanel>, Groups, Vec<RegionGroup>), ChartError> {
    let days = context.regimes.iter().flat_map(|regime| &regime.events).map(|event| axis::day(event.date));
    let (first, last) = (days.clone().fold(f64::INFINITY, f64::min), days.fold(f64::NEG_INFINITY, f64::max));
    let window = first - MARGINS.0..=last + MARGINS.1;
    let shown: Vec<&EventStudyRow> = rows
        .iter()
        .filter(|row| {
            row.region != OUTSIDE && row.sales_index.q50.is_finite() && window.contains(&axis::day(row.week_start))
        })
        .collect();
    if shown.is_empty() {
        return Err(ChartError::Empty {
            chart: CHART,
            reason: "no regime has an event and sales around it".to_owned(),
        });
    }
    let groups = Groups::of(shown.iter().map(|row| (row.region.as_str(), row.flagged)), &context.regions);
    let order = groups.all();
    let points: Vec<TimePoint<'_>> = shown
        .iter()
        .map(|row| TimePoint {
            regime: &row.regime,
            region: &row.region,
            flagged: row.flagged,
            week: row.week_start,
            fan: row.sales_index,
        })
        .collect();
    Ok((over_time::panels(&points, &groups, &order, context), groups, order))
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
        groups: order.iter().map(|group| (groups.style(group), group.label(&context.flag_label))).collect(),
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
        let panels = series(&fixtures::event_study(), &fixtures::threat()).unwrap();
        assert_eq!(panels.len(), 1);
        let labels: Vec<&str> = panels[0].fans.iter().map(|fan| fan.label.as_str()).collect();
        assert_eq!(labels, ["Japan, on the sanctions list", "Japan, other", "Europe"]);
        // Ten weeks before the event and half a year after it.
        let weeks = &panels[0].fans[0].weeks;
        assert_eq!((weeks[0].0, weeks.len()), (date(1995, 3, 11), 37));
        assert_eq!(weeks.iter().filter(|(_, fan)| fan.q50 == 110.0).count(), 6);
        assert_eq!(panels[0].events.len(), 1);
        draw(&fixtures::event_study(), &fixtures::threat()).unwrap();
    }

    #[test]
    fn without_events_there_is_nothing_to_show() {
        let mut quiet = fixtures::threat();
        quiet.regimes[1].events.clear();
        assert!(matches!(draw(&fixtures::event_study(), &quiet), Err(ChartError::Empty { .. })));
        assert!(matches!(draw(&[], &fixtures::threat()), Err(ChartError::Empty { .. })));
    }
}
