//! Days of supply on dealers' lots by group, week by week, one panel per regime.

use super::over_time::{self, Sheet, TimePanel, TimePoint};
use super::theme::{Groups, RegionGroup};
use super::{ChartContext, ChartError, Svg, claims, text};
use crate::report::timing_rows::DealerRow;

const CHART: &str = "days of supply";

/// The numbers that [`draw`] plots: a panel per regime, the baseline first.
///
/// # Errors
/// [`ChartError::Empty`] where no row has a stock.
pub fn series(rows: &[DealerRow], context: &ChartContext) -> Result<Vec<TimePanel>, ChartError> {
    Ok(panels(rows, context)?.0)
}

fn panels(
    rows: &[DealerRow],
    context: &ChartContext,
) -> Result<(Vec<TimePanel>, Groups, Vec<RegionGroup>), ChartError> {
    let shown: Vec<&DealerRow> =
        rows.iter().filter(|row| row.manufacturer == "all" && row.days_of_supply.mean.is_finite()).collect();
    if shown.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "no dealer has a stock".to_owned() });
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
            fan: row.days_of_supply,
        })
        .collect();
    Ok((over_time::panels(&points, &groups, &order, context), groups, order))
}

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no row has a stock; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[DealerRow], context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let (panels, groups, order) = panels(rows, context)?;
    let longest = over_time::greatest(&panels, |_, fan| fan.mean);
    let sheet = Sheet {
        chart: CHART,
        panels: &panels,
        months: None,
        groups: order.iter().map(|group| (groups.style(group), group.label(&context.flag_label))).collect(),
        title: match longest {
            Some((panel, fan, week, days)) => format!(
                "Lots hold up to {} days of supply: {} under {} in {}",
                text::number(days, 0),
                text::brief(&fan.label, claims::IN_TITLE),
                panel.regimes.brief(),
                week.strftime("%B %Y")
            ),
            None => "Days of supply on dealers' lots".to_owned(),
        },
        topic: "days of supply on dealers’ lots",
        subtitle: format!(
            "Stock at the end of the week over first choices of late, days; each panel has its own scale.{}",
            over_time::said_of_lines(context),
        ),
        footer: context.footer("First choices count whether they were in stock or not."),
        bands: over_time::has_bands(context),
        reference: 0.0,
        tick: over_time::tick,
        own_scales: Some(0.0),
        look: &context.look,
    };
    sheet.draw()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;
    use jiff::civil::date;

    fn rows() -> Vec<DealerRow> {
        let mut rows = Vec::new();
        for regime in ["quiet", "threat"] {
            for (manufacturer, region, flagged) in
                [("all", "japan", true), ("all", "europe", false), ("Toyota", "japan", true)]
            {
                for week in 0..30_u32 {
                    let fan = fixtures::fan_around(60.0 + f64::from(week));
                    rows.push(DealerRow {
                        regime: regime.into(),
                        week,
                        week_start: date(1994, 12, 31).saturating_add(jiff::Span::new().days(i64::from(week) * 7)),
                        region: region.into(),
                        flagged,
                        manufacturer: manufacturer.into(),
                        stock: fan,
                        liable_stock: fan,
                        in_transit: fan,
                        days_of_supply: fan,
                        sticker_price_usd: fan,
                        transaction_price_usd: fan,
                        orders: fan,
                        landings: fan,
                        first_choices: fan,
                        units: fan,
                        disputed_duty_usd: fan,
                        duty_borne_by_importer_usd: fan,
                    });
                }
            }
        }
        rows
    }

    #[test]
    fn series_shows_whole_groups_under_every_regime() {
        let panels = series(&rows(), &fixtures::threat()).unwrap();
        assert_eq!((panels.len(), panels[0].fans.len()), (2, 2));
        assert_eq!(panels[0].fans[0].weeks[29].1.q50, 89.0);
        draw(&rows(), &fixtures::threat()).unwrap();
        assert!(matches!(draw(&[], &fixtures::threat()), Err(ChartError::Empty { .. })));
    }
}
