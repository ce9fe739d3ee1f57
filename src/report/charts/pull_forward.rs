//! Pull-forward and payback: cumulative sales of the flagged models against the baseline, where the threat came to nothing.

use super::over_time::{self, Sheet, TimePanel, TimePoint};
use super::theme::{Groups, RegionGroup};
use super::{ChartContext, ChartError, Svg, claims, text};
use crate::report::timing_rows::{EventStudyRow, RushEnd};

const CHART: &str = "pull-forward and payback";

/// The numbers that [`draw`] plots: a panel per regime of `regimes`, flagged models only.
///
/// # Errors
/// [`ChartError::Empty`] where none of them moves a sale of a flagged model.
pub fn series(
    rows: &[EventStudyRow],
    regimes: &[String],
    context: &ChartContext,
) -> Result<Vec<TimePanel>, ChartError> {
    Ok(panels(rows, regimes, context)?.0)
}

fn panels(
    rows: &[EventStudyRow],
    regimes: &[String],
    context: &ChartContext,
) -> Result<(Vec<TimePanel>, Groups, Vec<RegionGroup>), ChartError> {
    let moves = |name: &str| rows.iter().any(|row| row.regime == name && row.flagged && row.units_change.mean != 0.0);
    let shown: Vec<&EventStudyRow> = rows
        .iter()
        .filter(|row| row.flagged && regimes.contains(&row.regime) && moves(&row.regime))
        .filter(|row| row.cumulative_change.mean.is_finite())
        .collect();
    if shown.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "no threat that was settled moved a sale".to_owned() });
    }
    // A region with other models as well is named with its flag, although only the flagged models are shown.
    let groups = Groups::of(rows.iter().map(|row| (row.region.as_str(), row.flagged)), &context.regions);
    let flagged = |group: &RegionGroup| shown.iter().any(|row| groups.group(&row.region, row.flagged) == *group);
    let order: Vec<RegionGroup> = groups.all().into_iter().filter(flagged).collect();
    let points: Vec<TimePoint<'_>> = shown
        .iter()
        .map(|row| TimePoint {
            regime: &row.regime,
            region: &row.region,
            flagged: row.flagged,
            week: row.week_start,
            fan: row.cumulative_change,
        })
        .collect();
    Ok((over_time::panels(&points, &groups, &order, context), groups, order))
}

/// What is seen: how far sales run ahead at most, and where that line ends, as far as its interval tells it from where it began. `is_end_told` has
/// a panel and the label of a group.
fn title(panels: &[TimePanel], is_end_told: impl Fn(&TimePanel, &str) -> bool, context: &ChartContext) -> String {
    let ahead = |cars: f64| {
        let side = if cars < 0.0 { "behind" } else { "ahead" };
        format!("{} cars {side}", text::number(cars.abs(), 0))
    };
    let most = over_time::greatest(panels, |_, fan| fan.mean).filter(|(_, _, _, cars)| *cars > 0.0);
    let end = most.and_then(|(_, fan, _, _)| fan.weeks.last().map(|(_, fan)| fan.mean));
    match (most, end) {
        (Some((panel, fan, week, cars)), Some(end)) => format!(
            "{}: {} run {} by {}{}",
            panel.regimes.brief(),
            text::brief(&fan.label, claims::IN_TITLE),
            ahead(cars),
            week.strftime("%B %Y"),
            match is_end_told(panel, &fan.label) {
                true => format!(" and end {}", ahead(end)),
                false => "; whether they end ahead is not told".to_owned(),
            }
        ),
        _ => format!("No sales of the models {} are brought forward", context.flag_label),
    }
}

/// Draws the chart; `ends` has the intervals of where the lines end.
///
/// # Errors
/// [`ChartError::Empty`] where no sale was moved; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(
    rows: &[EventStudyRow],
    regimes: &[String],
    ends: &[RushEnd],
    context: &ChartContext,
) -> Result<Vec<Svg>, ChartError> {
    let (panels, groups, order) = panels(rows, regimes, context)?;
    let is_end_told = |panel: &TimePanel, label: &str| {
        let is_of = |end: &&RushEnd| {
            panel.regimes.has(context.regime_label(&end.regime))
                && groups.group(&end.region, true).label(&context.flag_label) == label
        };
        // Without an interval what there is is told.
        let apart = |end: &RushEnd| end.interval.is_none_or(|[low, high]| low > 0.0 || high < 0.0);
        ends.iter().find(is_of).is_some_and(apart)
    };
    let sheet = Sheet {
        chart: CHART,
        panels: &panels,
        months: None,
        groups: order.iter().map(|group| (groups.style(group), group.label(&context.flag_label))).collect(),
        title: title(&panels, is_end_told, context),
        topic: "cars sold more than under the baseline",
        subtitle: format!(
            "Cars sold from the start up to each week, less those of the same world under {}.{}",
            context.regime_label(&context.baseline),
            over_time::said_of_lines(context),
        ),
        footer: context.footer("The line returns to zero as far as purchases were only moved."),
        bands: over_time::has_bands(context),
        reference: 0.0,
        tick: over_time::tick,
        own_scales: None,
        look: &context.look,
    };
    sheet.draw()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;

    #[test]
    fn series_shows_the_flagged_models_of_the_regimes_asked_for() {
        let regimes = ["threat".to_owned()];
        let panels = series(&fixtures::event_study(), &regimes, &fixtures::threat()).unwrap();
        assert_eq!((panels.len(), panels[0].fans.len(), panels[0].fans[0].weeks.len()), (1, 1, 60));
        assert_eq!(panels[0].fans[0].weeks[25].1.q50, 250.0);
        draw(&fixtures::event_study(), &regimes, &[], &fixtures::threat()).unwrap();
        assert!(matches!(draw(&fixtures::event_study(), &[], &[], &fixtures::threat()), Err(ChartError::Empty { .. })));
    }

    /// An end whose interval holds nothing is not said to be ahead or behind.
    #[test]
    fn the_end_is_said_where_it_is_told() {
        let told = |interval: Option<[f64; 2]>| {
            let end = RushEnd { regime: "threat".into(), region: "japan".into(), interval };
            let svg = draw(&fixtures::event_study(), &["threat".to_owned()], &[end], &fixtures::threat()).unwrap();
            svg[0].as_str().split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned()
        };
        let untold = told(Some([-46.0, 117.0]));
        assert!(untold.ends_with("; whether they end ahead is not told"), "{untold}");
        for sure in [told(Some([10.0, 110.0])), told(None)] {
            assert!(sure.ends_with(" cars ahead") && sure.contains(" and end "), "{sure}");
        }
    }
}
