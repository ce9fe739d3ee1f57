//! Share of the cars sold by region, week by week, one panel per regime, with the dated policy events.
//!
//! Expected sales are drawn week by week, with quantiles over replications; drawn sales, of which a week is a few cars, as means of four weeks.

use jiff::civil::Date;

use super::over_time::{self, Sheet};
pub use super::over_time::{GroupFan, TimePanel};
use super::theme::{Groups, RegionGroup};
use super::{ChartContext, ChartError, SharedNames, Svg, claims, text};
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
    let shown: Vec<&WeeklyRow> = rows.iter().filter(|row| share_of(row).mean.is_finite()).collect();
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
            let weeks = if is_smoothed(&shown, context) { over_time::smoothed(&weeks) } else { weeks };
            GroupFan { label: group.label(&context.flag_label), weeks }
        };
        let events = over_time::events(context, regime, of_regime.iter().map(|row| row.week_start));
        let regimes = SharedNames::of(context.regime_label(regime));
        TimePanel { regimes, fans: order.iter().map(fan).collect(), events }
    });
    Ok((panels.collect(), groups, order))
}

/// A week's share of the cars sold: expected sales where the run has them.
fn share_of(row: &WeeklyRow) -> Fan {
    if row.expected_car_share.mean.is_finite() { row.expected_car_share } else { row.car_share }
}

fn is_expected(rows: &[&WeeklyRow]) -> bool {
    rows.iter().any(|row| row.expected_car_share.mean.is_finite())
}

/// Whether lines are means of several weeks: of drawn sales, and of a few replications, whose single weeks show who happens to come to market.
fn is_smoothed(rows: &[&WeeklyRow], context: &ChartContext) -> bool {
    !is_expected(rows) || !over_time::has_bands(context)
}

/// What is seen: the group whose share of the last weeks differs most from what it is under the baseline.
fn title(panels: &[TimePanel], is_smoothed: bool) -> String {
    let weeks = if is_smoothed { 1 } else { over_time::SMOOTH_WEEKS };
    let last = |fan: &GroupFan| {
        let last = &fan.weeks[fan.weeks.len().saturating_sub(weeks)..];
        last.iter().map(|(_, fan)| fan.mean).sum::<f64>() / last.len() as f64
    };
    let [baseline, others @ ..] = panels else { return String::new() };
    let moves = others.iter().flat_map(|panel| {
        let pairs = panel.fans.iter().zip(&baseline.fans);
        pairs.map(move |(fan, before)| (panel, fan, last(before), last(fan)))
    });
    // Of regimes that are the same the first, as other charts have it.
    let most = moves
        .filter(|(_, _, before, after)| (after - before).abs() >= 0.005)
        .reduce(|first, other| if (other.3 - other.2).abs() > (first.3 - first.2).abs() { other } else { first });
    let Some((panel, fan, before, after)) = most else { return "Share of cars sold, by region and week".to_owned() };
    let share = |share: f64| format!("{}%", text::number(100.0 * share, 0));
    format!(
        "{}: {} have {} of sales in the last {} weeks ({} under the baseline)",
        panel.regimes.brief(),
        text::brief(&fan.label, claims::IN_TITLE),
        share(after),
        over_time::SMOOTH_WEEKS,
        share(before)
    )
}

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no row has a car share; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[WeeklyRow], context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let (panels, groups, order) = panels(rows, context)?;
    let all: Vec<&WeeklyRow> = rows.iter().collect();
    let is_smoothed = is_smoothed(&all, context);
    let each = context.each();
    let sales = if is_expected(&all) { "expected sales" } else { "the cars sold" };
    let lines = match is_smoothed {
        true => format!(
            "Percent of {sales} in the {} weeks up to and with each, mean over {each}s.",
            over_time::SMOOTH_WEEKS,
        ),
        false => format!("Percent of {sales} in each week.{}", over_time::said_of_lines(context)),
    };
    let sheet = Sheet {
        chart: CHART,
        panels: &panels,
        months: None,
        groups: order.iter().map(|group| (groups.style(group), group.label(&context.flag_label))).collect(),
        title: title(&panels, is_smoothed),
        topic: "shares of the cars sold",
        subtitle: lines,
        footer: context.footer(&match context.replications {
            1 => format!("One {each}: no bands."),
            _ if !is_smoothed => {
                format!("Bands are of single weeks: how {each}s differ in them, and not how well the mean is known.")
            }
            _ => "What chance does to the means is in weekly.csv.".to_owned(),
        }),
        bands: !is_smoothed,
        reference: 0.0,
        tick: percent,
        own_scales: None,
        look: &context.look,
    };
    sheet.draw()
}

fn percent(share: f64) -> String {
    format!("{}%", text::number(100.0 * share, usize::from((share * 100.0).fract().abs() >= 1e-9)))
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
        assert_eq!(panels[0].regimes.all(), "Status quo");
        let labels: Vec<&str> = panels[0].fans.iter().map(|fan| fan.label.as_str()).collect();
        assert_eq!(labels, ["Japan, on the sanctions list", "Japan, other", "Europe", "Big Three"]);
        let row = study.weekly.iter().find(|row| row.week == 30 && row.region == "europe").unwrap();
        // A line of drawn sales is of four weeks.
        let weeks: Vec<f64> = study
            .weekly
            .iter()
            .filter(|row| (27..=30).contains(&row.week) && row.region == "europe")
            .map(|row| row.car_share.mean)
            .take(4)
            .collect();
        let (date, fan) = panels[0].fans[2].weeks[30];
        assert!(
            date == row.week_start && (fan.mean - weeks.iter().sum::<f64>() / 4.0).abs() < 1e-12 && fan.q95.is_nan()
        );
        let imposed = panels.iter().find(|panel| panel.regimes.all().starts_with("Sanctions imposed")).unwrap();
        assert_eq!(imposed.events.len(), 3);
    }

    #[test]
    fn weeks_without_a_share_are_absent_and_none_at_all_is_an_error() {
        let mut study = fixtures::showdown(3);
        for row in study.weekly.iter_mut().filter(|row| row.week == 5) {
            row.car_share.mean = f64::NAN;
        }
        let panels = series(&study.weekly, &study.context).unwrap();
        assert_eq!(panels[0].fans[0].weeks.len(), fixtures::WEEKS - 1);
        draw(&study.weekly, &study.context).unwrap();
        for row in &mut study.weekly {
            row.car_share.mean = f64::NAN;
        }
        assert!(matches!(draw(&study.weekly, &study.context), Err(ChartError::Empty { .. })));
        assert!(matches!(draw(&[], &study.context), Err(ChartError::Empty { .. })));
    }
}
