//! Days of supply on dealers' lots by group, week by week, one panel per regime.

use super::over_time::{self, GroupFan, Panel, Sheet};
use super::theme::{Group, Groups};
use super::{ChartContext, ChartError, Svg, text};
use crate::model::timing::record::DealerMetric;
use crate::report::timing_rows::DealerRow;

const CHART: &str = "days of supply";

/// The numbers that [`draw`] plots: a panel per regime, the baseline first.
///
/// # Errors
/// [`ChartError::Empty`] where no row has a stock.
pub fn series(rows: &[DealerRow], context: &ChartContext) -> Result<Vec<Panel>, ChartError> {
    Ok(panels(rows, context)?.0)
}

fn panels(rows: &[DealerRow], context: &ChartContext) -> Result<(Vec<Panel>, Groups, Vec<Group>), ChartError> {
    let shown: Vec<&DealerRow> = rows
        .iter()
        .filter(|row| row.manufacturer == "all" && row.metric(DealerMetric::DaysOfSupply).q50.is_finite())
        .collect();
    if shown.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "no dealer has a stock".to_owned() });
    }
    let groups = Groups::of(shown.iter().map(|row| (row.region.as_str(), row.sanctioned)));
    let order = groups.all();
    let panels = context.in_order(shown.iter().map(|row| row.regime.as_str())).into_iter().map(|regime| {
        let own: Vec<&&DealerRow> = shown.iter().filter(|row| row.regime == regime).collect();
        let fan = |group: &Group| {
            let rows = own.iter().filter(|row| groups.group(&row.region, row.sanctioned) == *group);
            let weeks = rows.map(|row| (row.week_start, row.metric(DealerMetric::DaysOfSupply))).collect();
            GroupFan { label: group.label(), weeks }
        };
        let events = over_time::events(context, regime, own.iter().map(|row| row.week_start));
        Panel { label: context.regime_label(regime).to_owned(), fans: order.iter().map(fan).collect(), events }
    });
    Ok((panels.collect(), groups, order))
}

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no row has a stock; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[DealerRow], context: &ChartContext) -> Result<Svg, ChartError> {
    let (panels, groups, order) = panels(rows, context)?;
    let bands = context.replications > 1;
    let sheet = Sheet {
        chart: CHART,
        panels: &panels,
        groups: order.iter().map(|group| (groups.style(group), group.label())).collect(),
        title: "Days of supply on dealers' lots".to_owned(),
        subtitle: format!(
            "Stock at the end of the week over forecast sales, days.{}",
            if bands { " Line: median over replications; bands: 25–75 and 5–95 %." } else { "" },
        ),
        footer: context
            .footer("When a duty is imposed, forecasts of the taxed models fall at once and their stock does not."),
        bands,
        reference: 0.0,
        tick: |value| text::number(value, 0),
    };
    sheet.draw()
}
