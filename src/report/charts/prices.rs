//! Sticker prices week by week against the baseline, by group: those that are taxed and their rivals'.

use super::over_time::{self, GroupFan, Sheet, TimePanel, TimePoint};
use super::theme::{Groups, RegionGroup};
use super::{ChartContext, ChartError, Svg, claims, text};
use crate::report::rows::WeeklyRow;

const CHART: &str = "prices";

/// The numbers that [`draw`] plots: a panel per regime that moves a price, each group's price over that of the same week under the baseline, less
/// one.
///
/// # Errors
/// [`ChartError::Empty`] where no regime moves a price.
pub fn series(rows: &[WeeklyRow], context: &ChartContext) -> Result<Vec<TimePanel>, ChartError> {
    Ok(panels(rows, context)?.0)
}

fn panels(
    rows: &[WeeklyRow],
    context: &ChartContext,
) -> Result<(Vec<TimePanel>, Groups, Vec<RegionGroup>), ChartError> {
    let priced: Vec<&WeeklyRow> = rows.iter().filter(|row| row.sticker_price_usd.mean > 0.0).collect();
    let key = |row: &WeeklyRow| (row.week, row.region.clone(), row.flagged);
    let baseline: std::collections::BTreeMap<_, f64> = priced
        .iter()
        .filter(|row| row.regime == context.baseline)
        .map(|row| (key(row), row.sticker_price_usd.mean))
        .collect();
    let groups = Groups::of(priced.iter().map(|row| (row.region.as_str(), row.flagged)), &context.regions);
    let order = groups.all();
    // A tenth of a percent is what prices of other worlds differ by.
    const LEAST: f64 = 0.001;
    let changes: Vec<(&WeeklyRow, f64)> = priced
        .iter()
        .filter_map(|row| Some((*row, row.sticker_price_usd.mean / baseline.get(&key(row))? - 1.0)))
        .collect();
    let moved: std::collections::BTreeSet<&str> =
        changes.iter().filter(|(_, change)| change.abs() >= LEAST).map(|(row, _)| row.regime.as_str()).collect();
    let points: Vec<TimePoint<'_>> = changes
        .iter()
        .filter(|(row, _)| moved.contains(row.regime.as_str()))
        .map(|(row, change)| TimePoint {
            regime: &row.regime,
            region: &row.region,
            flagged: row.flagged,
            week: row.week_start,
            fan: over_time::line_of(*change),
        })
        .collect();
    if points.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "no regime moves a price".to_owned() });
    }
    Ok((over_time::panels(&points, &groups, &order, context), groups, order))
}

/// What is seen: where a price is furthest from the baseline's, and how far those of the others in the same panel go.
fn title(panels: &[TimePanel]) -> String {
    let most = over_time::greatest(panels, |_, fan| fan.mean.abs());
    let Some((panel, fan, week, change)) = most else { return "Sticker prices against the baseline".to_owned() };
    let changes = |other: &&GroupFan| other.weeks.iter().map(|(_, fan)| fan.mean.abs()).fold(0.0, f64::max);
    let others = panel.fans.iter().filter(|other| other.label != fan.label);
    let rivals = others.map(|other| changes(&other)).fold(f64::NAN, f64::max);
    let rest = if rivals.is_finite() {
        format!("; no other group's price moves by more than {}", percent(rivals))
    } else {
        String::new()
    };
    let (label, month) = (text::brief(&fan.label, claims::IN_TITLE), week.strftime("%B %Y"));
    let side = if change > 0.0 { "more" } else { "less" };
    format!("{}: {label} cost {} {side} in {month}{rest}", panel.regimes.brief(), percent(change.abs()))
}

fn percent(change: f64) -> String {
    format!("{}%", text::number(100.0 * change, usize::from((100.0 * change).abs() < 10.0)))
}

/// A tick: without a decimal where it is whole.
fn signed_percent(change: f64) -> String {
    let (plus, percent) = (if change > 0.0 { "+" } else { "" }, 100.0 * change);
    format!("{plus}{}%", text::number(percent, usize::from((percent - percent.round()).abs() > 1e-6)))
}

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no regime moves a price; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[WeeklyRow], context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let (panels, groups, order) = panels(rows, context)?;
    let sheet = Sheet {
        chart: CHART,
        panels: &panels,
        months: None,
        groups: order.iter().map(|group| (groups.style(group), group.label(&context.flag_label))).collect(),
        title: title(&panels),
        topic: "sticker prices against the baseline",
        subtitle: format!(
            "Sticker price, duty included, against {} in the same week; models weighed by their sales of the base year. Each panel has its own scale; \
             regimes that move no price are left out.",
            context.regime_label(&context.baseline),
        ),
        footer: context.footer(context.of_means()),
        bands: false,
        reference: 0.0,
        tick: signed_percent,
        own_scales: Some(0.01),
        look: &context.look,
    };
    sheet.draw()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;

    /// A duty that is gone is gone from the chart too, and rivals are in it.
    #[test]
    fn prices_are_of_every_week_and_group() {
        let mut study = fixtures::showdown(3);
        for row in study.weekly.iter_mut().filter(|row| row.regime == "imposed") {
            row.sticker_price_usd = over_time::line_of(match (row.flagged, row.week) {
                (true, 30..80) => 1.5,
                (false, 30..80) if row.region == "europe" => 1.02,
                _ => 1.0,
            });
        }
        for row in study.weekly.iter_mut().filter(|row| row.regime != "imposed") {
            row.sticker_price_usd = over_time::line_of(1.0);
        }
        let panels = series(&study.weekly, &study.context).unwrap();
        assert_eq!(panels.len(), 1, "the others move no price");
        let at = |group: usize, week: usize| panels[0].fans[group].weeks[week].1.mean;
        assert_eq!([at(0, 29), at(0, 30), at(0, 79), at(0, 80)], [0.0, 0.5, 0.5, 0.0]);
        assert!((at(2, 50) - 0.02).abs() < 1e-12 && at(3, 50) == 0.0);
        assert_eq!(
            title(&panels),
            "Sanctions imposed at the deadline: Japan, on the sanctions list cost 50% more in August 1995; no other group's price moves by more than 2.0%"
        );
        draw(&study.weekly, &study.context).unwrap();
        study.weekly.retain(|row| row.regime != "imposed");
        assert!(matches!(draw(&study.weekly, &study.context), Err(ChartError::Empty { .. })));
    }
}
