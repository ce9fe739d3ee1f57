//! The bilateral trade deficit month by month, one panel per regime.

use jiff::civil::Date;

use super::over_time::{self, GroupFan, Sheet, TimePanel};
use super::theme::{Ink, Marker, Style};
use super::{ChartContext, ChartError, PeriodContext, SharedNames, Svg, text};
use crate::numerics::calendar::Day;
use crate::report::rows::Fan;

const CHART: &str = "deficit";

/// The deficit of one month under one regime, billion USD a year.
#[derive(Clone, Debug, PartialEq)]
pub struct DeficitMonth {
    /// Regime name.
    pub regime: String,
    /// First day of the first week counted in the month.
    pub from: Date,
    /// Weeks counted in it.
    pub weeks: u32,
    /// The deficit over replications.
    pub deficit: Fan,
    /// The deficit without the changes simulated.
    pub base: f64,
}

/// The numbers that [`draw`] plots: a panel per regime that moves the deficit, each month as the weeks that it has.
///
/// # Errors
/// [`ChartError::Empty`] where no month has a deficit, or none differs from the base.
pub fn series(months: &[DeficitMonth], context: &ChartContext) -> Result<Vec<TimePanel>, ChartError> {
    let shown: Vec<&DeficitMonth> =
        months.iter().filter(|month| month.regime != context.baseline && month.deficit.mean.is_finite()).collect();
    if shown.iter().all(|month| month.deficit.q05 == month.base && month.deficit.q95 == month.base) {
        return Err(ChartError::Empty { chart: CHART, reason: "no regime moves the deficit".to_owned() });
    }
    let moved = |regime: &str| {
        let mut own = shown.iter().filter(|month| month.regime == regime);
        own.any(|month| [month.deficit.q05, month.deficit.q95] != [month.base; 2])
    };
    let regimes = context.in_order(shown.iter().map(|month| month.regime.as_str()));
    let panels = regimes.into_iter().filter(|regime| moved(regime)).map(|regime| {
        let weeks: Vec<(Date, Fan)> = shown
            .iter()
            .filter(|month| month.regime == regime)
            .flat_map(|month| {
                let week = |at: u32| (Day::of(month.from).week_start(at).date(), month.deficit);
                (0..month.weeks).map(week)
            })
            .collect();
        let events = over_time::events(context, regime, weeks.iter().map(|(week, _)| *week));
        let fans = vec![GroupFan { label: LINE.to_owned(), weeks }];
        TimePanel { regimes: SharedNames::of(context.regime_label(regime)), fans, events }
    });
    Ok(panels.collect())
}

/// What is seen: how far the mean over the period's weeks is from the deficit without the policy. The months have no intervals of means, so that
/// no regime is said to move it most.
fn title(panels: &[TimePanel], base: f64, period: &PeriodContext) -> String {
    let change = |panel: &TimePanel| {
        let weeks = panel.fans.iter().flat_map(|fan| &fan.weeks);
        let own = weeks.filter(|(week, _)| (period.first..=period.last).contains(week));
        let changes: Vec<f64> = own.map(|(_, fan)| fan.mean - base).collect();
        changes.iter().sum::<f64>() / changes.len() as f64
    };
    let mut changes: Vec<(&TimePanel, f64)> = panels.iter().map(|panel| (panel, change(panel))).collect();
    changes.retain(|(_, change)| change.is_finite());
    changes.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let Some(((panel, change), others)) = changes.split_first() else {
        return "The bilateral trade deficit".to_owned();
    };
    let moved = |value: f64| format!("{}{}", if value > 0.0 { "+" } else { "" }, text::number(value, 1));
    let ends = others
        .iter()
        .map(|(_, change)| *change)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), change| (low.min(change), high.max(change)));
    let others = match others {
        [] => String::new(),
        // Regimes that move nothing are not drawn, and not among these.
        [_] => format!(", by {} under the other regime drawn", moved(ends.0)),
        _ => format!(", by {} to {} under the {} others drawn", moved(ends.0), moved(ends.1), others.len()),
    };
    let month = |date: Date| date.strftime("%B %Y").to_string();
    format!(
        "A deficit of {} billion US dollars a year moves by {} billion under {}{others}: means from {} to {}",
        text::number(base, 1),
        moved(*change),
        panel.regimes.brief(),
        month(period.first),
        month(period.last)
    )
}

/// A panel with each month as a step from its first day to its last: joined at their middles, months would move before what moves them happens.
fn by_month(panel: &TimePanel) -> TimePanel {
    // A point of a week is drawn at its middle.
    let shifted = |day: Date, days: i64| day.checked_add(jiff::Span::new().days(days)).unwrap_or(day);
    let month = |weeks: &[(Date, Fan)]| {
        let ends = weeks.first().zip(weeks.last());
        let step = ends.map(|((first, fan), (last, _))| [(shifted(*first, -3), *fan), (shifted(*last, 3), *fan)]);
        step.into_iter().flatten()
    };
    let fans = panel.fans.iter().map(|fan| GroupFan {
        label: fan.label.clone(),
        weeks: fan
            .weeks
            .chunk_by(|(a, _), (b, _)| (a.year(), a.month()) == (b.year(), b.month()))
            .flat_map(month)
            .collect(),
    });
    TimePanel { fans: fans.collect(), ..panel.clone() }
}

const LINE: &str = "deficit with the partner of the dispute";
const INK: Style = Style { ink: Ink(0, 77, 128), marker: Marker::Square, hollow: false };

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where nothing moves the deficit; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(months: &[DeficitMonth], context: &ChartContext) -> Result<Vec<Svg>, ChartError> {
    let panels = series(months, context)?;
    let base = months.last().map_or(0.0, |month| month.base);
    let ends = panels.iter().flat_map(|panel| &panel.fans).flat_map(|fan| &fan.weeks).map(|(week, _)| *week);
    let ends = ends.clone().min().zip(ends.max());
    // The title's means are of weeks, the lines of months.
    let drawn: Vec<TimePanel> = panels.iter().map(by_month).collect();
    let quiet = months.iter().any(|month| {
        month.regime != context.baseline
            && !panels.iter().any(|panel| panel.regimes.has(context.regime_label(&month.regime)))
    });
    let left_out = if quiet { " Regimes that do not move it are left out." } else { "" };
    let sheet = Sheet {
        chart: CHART,
        panels: &drawn,
        months: ends,
        groups: vec![(INK, LINE.to_owned())],
        title: title(&panels, base, &context.period),
        topic: "the bilateral trade deficit",
        subtitle: format!(
            "Billion US dollars a year, a step for each month: {} without the policy (line), plus the change of imports of these cars at customs \
             value and of orders lost.{left_out}{}",
            text::number(base, 1),
            over_time::said_of_lines(context),
        ),
        footer: context
            .footer(&format!("Each {} is paired with the baseline; months have four or five weeks.", context.each())),
        bands: over_time::has_bands(context),
        reference: base,
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
    use jiff::civil::date;

    #[test]
    fn months_become_their_weeks_and_the_baseline_is_left_out() {
        let study = fixtures::showdown(3);
        let month = |regime: &str, from: Date, weeks: u32, deficit: f64| DeficitMonth {
            regime: regime.into(),
            from,
            weeks,
            deficit: Fan { mean: deficit, q05: deficit, q25: deficit, q50: deficit, q75: deficit, q95: deficit },
            base: 65.7,
        };
        let name = study.context.regimes[1].name.clone();
        let baseline = study.context.baseline.clone();
        let months = [
            month(&baseline, date(1995, 1, 7), 4, 65.7),
            month(&name, date(1995, 1, 7), 4, 65.7),
            month(&name, date(1995, 2, 4), 4, 61.0),
        ];
        let panels = series(&months, &study.context).unwrap();
        assert_eq!(panels.len(), 1);
        assert_eq!(panels[0].fans[0].weeks.len(), 8);
        assert_eq!(panels[0].fans[0].weeks[4], (date(1995, 2, 4), months[2].deficit));
        // Four weeks from 7 January on are level until the 4th of February, within half a day; points are drawn three days and a half after these.
        let drawn = by_month(&panels[0]);
        let ends: Vec<(Date, f64)> = drawn.fans[0].weeks.iter().map(|(day, fan)| (*day, fan.mean)).collect();
        let of_january = [(date(1995, 1, 4), 65.7), (date(1995, 1, 31), 65.7)];
        assert_eq!(ends, [&of_january[..], &[(date(1995, 2, 1), 61.0), (date(1995, 2, 28), 61.0)]].concat());
        let left_out = "Regimes that do not move it are left out.";
        assert!(!draw(&months, &study.context).unwrap()[0].as_str().contains(left_out));
        let mut more = months.to_vec();
        more.push(month(&study.context.regimes[2].name, date(1995, 2, 4), 4, 65.7));
        assert!(draw(&more, &study.context).unwrap()[0].as_str().contains(left_out));
        // Those that move it are counted.
        more.push(month(&study.context.regimes[3].name, date(1995, 2, 4), 4, 65.0));
        more.push(month(&study.context.regimes[4].name, date(1995, 2, 4), 4, 65.5));
        let three = title(&series(&more, &study.context).unwrap(), 65.7, &study.context.period);
        assert!(three.contains(", by −0.7 to −0.2 under the 2 others drawn: means from "), "{three}");
        let cut = "The vertical axis does not begin at zero.";
        assert!(draw(&months, &study.context).unwrap()[0].as_str().contains(cut));
        let mut low = months.clone();
        low.iter_mut().for_each(|month| month.base -= 65.7);
        low.iter_mut()
            .for_each(|month| month.deficit = Fan { mean: 0.5, q05: -1.0, q50: 0.5, q95: 2.0, ..month.deficit });
        assert!(!draw(&low, &study.context).unwrap()[0].as_str().contains(cut));
        // Weeks before the period are in no mean.
        let mut period = study.context.period.clone();
        period.first = date(1995, 2, 1);
        let told = title(&panels, 65.7, &period);
        let expected = "A deficit of 65.7 billion US dollars a year moves by −4.7 billion under Announced and settled (history): means \
                        from February 1995 to December 1996";
        assert_eq!(told, expected);
        assert!(matches!(draw(&months[..2], &study.context), Err(ChartError::Empty { .. })));
    }
}
