//! Share of the cars sold by region, week by week, one panel per regime, with the dated policy events.
//!
//! Bands are the 5-95 % and 25-75 % quantiles over replications of each week's share, the line its median, as they stand
//! in the weekly rows: nothing is smoothed.

use jiff::civil::Date;

use super::over_time::{self, Sheet};
pub use super::over_time::{GroupFan, TimePanel};
use super::theme::{Groups, RegionGroup};
use super::{ChartContext, ChartError, Svg, text};
use crate::report::rows::{Fan, WeeklyRow};

const CHART: &str = "shares over time";

/// The numbers that [`draw`] plots: a panel per regime, the baseline first.
///
/// # Errors
/// [`ChartError::Empty`] where no row has a car share.
pub fn series(rows: &[WeeklyRow], context: &ChartContext) -> Result<Vec<TimePanel>, ChartError> {
    Ok(panels(rows, context)?.0)
}

fn panels(
    rows: &[WeeklyRow],
    context: &ChartContext,
) -> Result<(Vec<TimePanel>, Groups, Vec<RegionGroup>), ChartError> {
    let shown: Vec<&WeeklyRow> = rows.iter().filter(|row| row.car_share.q50.is_finite()).collect();
    if shown.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "no week has a share of the cars sold".to_owned() });
    }
    let groups = Groups::of(shown.iter().map(|row| (row.region.as_str(), row.flagged)), &context.regions);
    let order = groups.all();
    let regimes = context.in_order(shown.iter().map(|row| row.regime.as_str()));
    let panels = regimes.into_iter().map(|regime| {
        let of_regime: Vec<&&WeeklyRow> = shown.iter().filter(|row| row.regime == regime).collect();
        let fan = |group: &RegionGroup| {
            let of_group = of_regime.iter().filter(|row| groups.group(&row.region, row.flagged) == *group);
            let mut weeks: Vec<(Date, Fan)> = of_group.map(|row| (row.week_start, share_of(row))).collect();
            weeks.sort_by_key(|(start, _)| *start);
            GroupFan { label: group.label(&context.flag_label), weeks }
        };
        let events = over_time::events(context, regime, of_regime.iter().map(|row| row.week_start));
        TimePanel { label: context.regime_label(regime).to_owned(), fans: order.iter().map(fan).collect(), events }
    });
    Ok((panels.collect(), groups, order))
}

/// A week's share of the cars sold: expected sales where the run has them, because single weeks of drawn sales are a few
/// cars of one buyer each.
fn share_of(row: &WeeklyRow) -> Fan {
    if row.expected_car_share.q50.is_finite() { row.expected_car_share } else { row.car_share }
}

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no row has a car share; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[WeeklyRow], context: &ChartContext) -> Result<Svg, ChartError> {
    let (panels, groups, order) = panels(rows, context)?;
    let bands = context.replications > 1;
    let what =
        if rows.iter().any(|row| row.expected_car_share.q50.is_finite()) { "expected sales" } else { "cars sold" };
    let sheet = Sheet {
        chart: CHART,
        panels: &panels,
        groups: order.iter().map(|group| (groups.style(group), group.label(&context.flag_label))).collect(),
        title: "Share of cars sold, by region and week".to_owned(),
        subtitle: if bands {
            format!(
                "Percent of {what} in each week. Line: median over replications; dark band: 25–75 %, light band: 5–95 %."
            )
        } else {
            format!("Percent of {what} in each week, in the one replication that was run.")
        },
        footer: context.footer(if bands {
            "Bands are quantiles over replications of single weeks, not smoothed."
        } else {
            "One replication: no bands."
        }),
        bands,
        reference: 0.0,
        tick: percent,
        own_scales: false,
        look: &context.look,
    };
    sheet.draw()
}

fn percent(share: f64) -> String {
    format!("{} %", text::number(100.0 * share, usize::from((share * 100.0).fract().abs() >= 1e-9)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;

    #[test]
    fn series_splits_japan_and_leaves_out_the_outside_option() {
        let study = fixtures::showdown(3);
        let panels = series(&study.weekly, &study.context).unwrap();
        assert_eq!(panels.len(), 5);
        assert_eq!(panels[0].label, "Status quo");
        let labels: Vec<&str> = panels[0].fans.iter().map(|fan| fan.label.as_str()).collect();
        assert_eq!(labels, ["Japan, on the sanctions list", "Japan, other", "Europe", "Big Three"]);
        let row = study.weekly.iter().find(|row| row.week == 30 && row.region == "europe").unwrap();
        assert_eq!(panels[0].fans[2].weeks[30], (row.week_start, row.car_share));
        let imposed = panels.iter().find(|panel| panel.label.starts_with("Sanctions imposed")).unwrap();
        assert_eq!(imposed.events.len(), 3);
    }

    #[test]
    fn weeks_without_a_share_are_absent_and_none_at_all_is_an_error() {
        let mut study = fixtures::showdown(3);
        for row in study.weekly.iter_mut().filter(|row| row.week == 5) {
            row.car_share.q50 = f64::NAN;
        }
        let panels = series(&study.weekly, &study.context).unwrap();
        assert_eq!(panels[0].fans[0].weeks.len(), fixtures::WEEKS - 1);
        draw(&study.weekly, &study.context).unwrap();
        for row in &mut study.weekly {
            row.car_share.q50 = f64::NAN;
        }
        assert!(matches!(draw(&study.weekly, &study.context), Err(ChartError::Empty { .. })));
        assert!(matches!(draw(&[], &study.context), Err(ChartError::Empty { .. })));
    }
}
