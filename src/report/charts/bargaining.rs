//! The bargaining: limits and offers converging towards the deadline, and the dates of the deals.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::axis::{self, AxisScale, Ticks};
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{Frame, Key};
use super::theme::{self, AXIS, GRID, INNER_BAND, Ink, LABEL, MARGIN, MUTED, Marker, OUTER_BAND, PANEL, Style, TICK};
use super::{ChartError, SharedNames, Svg, over_time, text};
use crate::config::figures::Figures;
use crate::numerics::calendar::{DAYS_PER_YEAR, Day};
use crate::report::negotiation::{OffersRow, SettlementDateRow};

const PARTNER: Style = Style { ink: Ink(213, 94, 0), marker: Marker::Circle, hollow: false };
const HOME: Style = Style { ink: Ink(0, 77, 128), marker: Marker::Square, hollow: false };
const LEFT: f64 = MARGIN + 44.0;
/// Right edge of the plots on a sheet of this width.
fn right_edge(width: f64) -> f64 {
    width - MARGIN - 8.0
}
const PLOT: f64 = 190.0;
/// Room above a plot for its title, and below it for its dates.
const HEAD: f64 = 24.0;
const FOOT: f64 = 40.0;
/// Days before the deadline that are drawn wide: talks are daily, and offers move.
const LAST_DAYS: f64 = 14.0;
/// Share of the width that the days before those have.
const EARLIER: f64 = 0.4;

/// What the charts of one regime say of their worlds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Caption {
    /// Title of the scenario.
    pub scenario: String,
    /// Label of the regime.
    pub regime: String,
    /// The deadline.
    pub deadline: Date,
    /// Dated steps to mark: day and a few words.
    pub steps: Vec<(Date, String)>,
    /// Worlds behind each figure.
    pub worlds: u64,
    /// Seed of the run.
    pub seed: u64,
    /// Shares of the worlds that settled by the deadline, imposed, and backed down; kept in a table of their own.
    #[serde(skip)]
    pub outcomes: [f64; 3],
    /// How charts are to look.
    #[serde(default)]
    pub look: Figures,
}

impl Caption {
    /// The regime in a title.
    fn in_title(&self) -> String {
        SharedNames::of(&text::sentence(&self.regime)).brief()
    }

    fn foot(&self, more: &str) -> String {
        format!("{}, {}. {}, seed {}. {more}", self.scenario, self.regime, text::count(self.worlds, "world"), self.seed)
    }
}

/// Days on a scale that widens before the deadline.
#[derive(Clone, Copy)]
struct Days {
    early: AxisScale,
    late: AxisScale,
}

impl Days {
    fn new(first: f64, deadline: f64, right: f64) -> Self {
        let turn = (deadline - LAST_DAYS).max(first);
        let middle = if turn > first { LEFT + EARLIER * (right - LEFT) } else { LEFT };
        Self {
            early: AxisScale { low: first, high: turn.max(first + 1.0), from: LEFT, to: middle },
            late: AxisScale { low: turn, high: deadline.max(turn + 1.0), from: middle, to: right },
        }
    }
    fn at(&self, day: f64) -> f64 {
        if day < self.late.low { self.early.at(day) } else { self.late.at(day) }
    }
}

/// The metrics of [`Caption::outcomes`].
pub const OUTCOMES: [&str; 3] = ["settled_by_deadline", "imposed", "lapsed"];

/// Both charts of a bargaining that stands alone, by their names and with their tables; nothing for one that has nothing to show.
pub fn both(
    offered: &[OffersRow],
    dates: &[SettlementDateRow],
    caption: &Caption,
) -> [(&'static str, Result<Option<Svg>, ChartError>); 2] {
    let drawn = [("offers", offers(offered, caption)), ("settlement_dates", settlement_dates(dates, caption))];
    drawn.map(|(name, drawn)| match drawn {
        Ok(svg) => (name, Ok(Some(svg.with_data(name)))),
        Err(ChartError::Empty { .. }) => (name, Ok(None)),
        Err(error) => (name, Err(error)),
    })
}

/// Limits (above) and offers (below) of both governments, as fans over worlds.
///
/// # Errors
/// [`ChartError::Empty`] without rows; [`ChartError::Draw`] where the drawing library fails.
pub fn offers(rows: &[OffersRow], caption: &Caption) -> Result<Svg, ChartError> {
    let days = rows.iter().map(|row| axis::day(row.date));
    let (first, last) = (days.clone().fold(f64::INFINITY, f64::min), days.fold(f64::NEG_INFINITY, f64::max));
    if first >= last {
        return Err(ChartError::Empty { chart: "offers", reason: "there are no two days to draw".to_owned() });
    }
    let days = Days::new(first, last, right_edge(caption.look.width()));
    // The 5% quantile of a few worlds is their smallest.
    let has_bands = caption.worlds >= over_time::LEAST_FOR_BANDS;
    let frame = Frame {
        look: caption.look.clone(),
        names: Vec::new(),
        title: offers_title(rows, &caption.in_title()),
        subtitle: format!(
            "Size of the commitment, from 0 to 1. Lines: median over worlds{}. Above, the most that the partner would sign and the least that the home \
             government would take: where the partner's limit is higher there is a zone of agreement. Below, offers, as if nobody signed before the \
             deadline.",
            if has_bands { "; bands: 25–75 and 5–95%" } else { "" },
        ),
        legend: vec![
            (Key::Fan { style: PARTNER, bands: has_bands }, "Partner".to_owned()),
            (Key::Fan { style: HOME, bands: has_bands }, "Home government".to_owned()),
        ],
        footer: caption.foot("The last two weeks are drawn wide; in the last days the text softens to company plans."),
    };
    let panels = [("Limits", ["limit_home", "limit_partner"]), ("Offers", ["offer_home", "offer_partner"])];
    frame.around(2.0 * (HEAD + PLOT + FOOT), |canvas, top| {
        for (at, (title, series)) in panels.iter().enumerate() {
            let top = top + at as f64 * (HEAD + PLOT + FOOT);
            let share = AxisScale { low: 0.0, high: 1.0, from: top + HEAD + PLOT, to: top + HEAD };
            canvas.text((MARGIN, top + 12.0), title, PANEL, Anchor::Start)?;
            day_axes(canvas, days, share, (first, last), &caption.steps)?;
            let own = |series: &str| rows.iter().filter(|row| row.series == series).collect::<Vec<&OffersRow>>();
            let fans = [HOME, PARTNER].into_iter().zip(series.map(own));
            // Lines above all bands: a band of one side must not dim the line of the other.
            for (style, rows) in fans.clone().filter(|_| has_bands) {
                bands(canvas, &rows, days, share, style)?;
            }
            for (style, rows) in fans {
                median(canvas, &rows, days, share, style)?;
            }
        }
        Ok(())
    })
}

/// What is seen: from when on the median limits leave room for a deal, or by how much they do not.
fn offers_title(rows: &[OffersRow], regime: &str) -> String {
    let median = |series: &str, date: Date| {
        let row = rows.iter().find(|row| row.series == series && row.date == date);
        row.map(|row| row.commitment_q50)
    };
    let mut room: Vec<(Date, f64)> = rows
        .iter()
        .filter(|row| row.series == "limit_partner")
        .filter_map(|row| Some((row.date, row.commitment_q50 - median("limit_home", row.date)?)))
        .filter(|(_, room)| room.is_finite())
        .collect();
    room.sort_by_key(|(date, _)| *date);
    let Some((last, at_last)) = room.last() else { return format!("{regime}: what each side offers") };
    let day = |date: &Date| date.strftime("%-d %B %Y").to_string();
    if *at_last < 0.0 {
        let apart = text::number(-at_last, 2);
        return format!(
            "{regime}: the median limits are still {apart} apart on {}, and leave no room for a deal",
            day(last)
        );
    }
    match room.iter().rposition(|(_, room)| *room < 0.0) {
        Some(closed) => {
            format!("{regime}: the median limits leave room for a deal from {} on", day(&room[closed + 1].0))
        }
        None => format!("{regime}: the median limits leave room for a deal on every day drawn"),
    }
}

/// Grid, values, dates and dated steps of one panel.
fn day_axes(
    canvas: &Canvas,
    days: Days,
    share: AxisScale,
    (first, last): (f64, f64),
    steps: &[(Date, String)],
) -> Result<(), ChartError> {
    for tenth in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let y = share.at(tenth);
        canvas.line(&[(LEFT, y), (right_edge(canvas.width), y)], Stroke::solid(GRID, 0.8))?;
        canvas.text_mid((LEFT - 6.0, y), &text::number(tenth, 2), TICK, Anchor::End)?;
    }
    let floor = share.from;
    canvas.line(&[(LEFT, floor), (right_edge(canvas.width), floor)], Stroke::solid(AXIS, 1.0))?;
    let mut clear = f64::NEG_INFINITY;
    let mut day = first;
    while day <= last {
        let date = date_of(day);
        let wide = day >= days.late.low;
        // In the narrow part the first and middle of the months, in the wide part every other day up to the deadline.
        let shown = if wide { (last - day).rem_euclid(2.0) < 0.5 } else { date.day() == 1 || date.day() == 15 };
        if shown {
            let x = days.at(day);
            canvas.line(&[(x, floor), (x, floor + 4.0)], Stroke::solid(AXIS, 1.0))?;
            let label = date.strftime("%-d %b").to_string();
            let half = text::width(&label, TICK)? / 2.0;
            let middle = x.min(canvas.width - MARGIN - half);
            if middle - half >= clear {
                clear = middle + half + 3.0;
                canvas.text((middle, floor + 16.0), &label, TICK, Anchor::Middle)?;
            }
        }
        day += 1.0;
    }
    let turn = days.at(days.late.low);
    if turn > LEFT {
        canvas.line(&[(turn, share.from), (turn, share.to)], Stroke { ink: AXIS, width: 1.0, dash: &[2.0, 2.0] })?;
    }
    let mut clear = f64::NEG_INFINITY;
    for (at, (date, label)) in steps.iter().enumerate() {
        let (day, y) = (axis::day(*date), floor + 30.0);
        if !(first..=last).contains(&day) {
            continue;
        }
        let x = days.at(day);
        canvas.line(&[(x, share.from), (x, share.to)], Stroke { ink: MUTED, width: 0.9, dash: &[3.0, 2.0] })?;
        let next = steps.get(at + 1).map_or(right_edge(canvas.width), |(date, _)| days.at(axis::day(*date)));
        let room = if next > x { next - x } else { right_edge(canvas.width) - x };
        // With its day where there is room: the days below the axis are those of the calendar.
        for said in [format!("{}: {label}", date.strftime("%-d %b")), label.clone()] {
            let width = text::width(&said, TICK)?;
            if width <= room {
                canvas.text((x, y), &said, TICK, Anchor::Start)?;
                clear = x + width + 4.0;
                break;
            }
            if x - width > LEFT.max(clear) && at + 1 == steps.len() {
                canvas.text((x, y), &said, TICK, Anchor::End)?;
                break;
            }
        }
    }
    Ok(())
}

fn date_of(day: f64) -> Date {
    Day(day as i32).date()
}

fn place(row: &OffersRow, days: Days) -> f64 {
    days.at(axis::day(row.date))
}

fn bands(canvas: &Canvas, rows: &[&OffersRow], days: Days, share: AxisScale, style: Style) -> Result<(), ChartError> {
    let outer = |row: &OffersRow| [row.commitment_q05, row.commitment_q95];
    let inner = |row: &OffersRow| [row.commitment_q25, row.commitment_q75];
    type Band = fn(&OffersRow) -> [f64; 2];
    for (band, alpha) in [(outer as Band, OUTER_BAND), (inner as Band, INNER_BAND)] {
        let upper = rows.iter().map(|row| (place(row, days), share.at(band(row)[1])));
        let lower = rows.iter().rev().map(|row| (place(row, days), share.at(band(row)[0])));
        canvas.polygon(&upper.chain(lower).collect::<Vec<_>>(), style.ink, alpha)?;
    }
    Ok(())
}

fn median(canvas: &Canvas, rows: &[&OffersRow], days: Days, share: AxisScale, style: Style) -> Result<(), ChartError> {
    let line: Vec<(f64, f64)> = rows.iter().map(|row| (place(row, days), share.at(row.commitment_q50))).collect();
    canvas.line(&line, Stroke::solid(style.ink, 1.8))?;
    line.iter().step_by(14).try_for_each(|point| canvas.marker(*point, 3.4, style))
}

/// A bar of the chart of dates.
struct Bar {
    label: String,
    share: f64,
}

/// The dates of the deals: day by day before the deadline, month by month under sanctions.
///
/// # Errors
/// [`ChartError::Empty`] where no world has a deal; [`ChartError::Draw`] where the drawing library fails.
pub fn settlement_dates(rows: &[SettlementDateRow], caption: &Caption) -> Result<Svg, ChartError> {
    if rows.is_empty() {
        return Err(ChartError::Empty { chart: "settlement dates", reason: "no world has a deal".to_owned() });
    }
    let deadline = axis::day(caption.deadline);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let share = |holds: &dyn Fn(f64) -> bool| -> f64 {
        rows.iter().filter(|row| holds(axis::day(row.date))).map(|row| row.share).sum()
    };
    let first = deadline - LAST_DAYS + 1.0;
    before.push(Bar { label: "earlier".to_owned(), share: share(&|day| day < first) });
    for days in 0..LAST_DAYS as i32 {
        let at = first + f64::from(days);
        let label = date_of(at).strftime("%-d %b").to_string();
        before.push(Bar { label, share: share(&|day| day == at) });
    }
    let last = rows.iter().map(|row| axis::day(row.date)).fold(deadline, f64::max);
    let quarters = ((last - deadline) / QUARTER).ceil() as i32;
    for quarter in 0..quarters.max(1) {
        let (from, to) = (deadline + f64::from(quarter) * QUARTER, deadline + f64::from(quarter + 1) * QUARTER);
        after.push(Bar { label: format!("{}", 3 * (quarter + 1)), share: share(&|day| day > from && day <= to) });
    }
    let percent = |share: f64| format!("{}%", text::number(100.0 * share, 1));
    let [settled, imposed, lapsed] = caption.outcomes;
    let frame = Frame {
        look: caption.look.clone(),
        names: Vec::new(),
        title: format!("{}: {} of worlds have a deal by the deadline", caption.in_title(), percent(settled)),
        subtitle: format!(
            "Share of all worlds. By the deadline {} have settled; in {} the home government then imposes sanctions, in {} it backs down.",
            percent(settled),
            percent(imposed),
            percent(lapsed),
        ),
        legend: Vec::new(),
        footer: caption.foot("First deal of each world; the two panels have their own scales."),
    };
    let right = right_edge(caption.look.width());
    let middle = LEFT + 0.54 * (right - LEFT);
    let panels = [
        ("By the deadline, day by day".to_owned(), &before, (LEFT, middle - 30.0), ""),
        ("After it, by quarter".to_owned(), &after, (middle + 30.0, right), "months after the deadline"),
    ];
    let height = 1.2 * PLOT;
    frame.around(HEAD + height + FOOT, |canvas, top| {
        for (title, bars, span, axis_title) in &panels {
            let share = (top + HEAD + height, top + HEAD);
            canvas.text((span.0 - 38.0, top + 12.0), title, PANEL, Anchor::Start)?;
            draw_bars(canvas, bars, *span, share, axis_title)?;
        }
        Ok(())
    })
}

/// Days in a quarter.
const QUARTER: f64 = DAYS_PER_YEAR / 4.0;

fn draw_bars(
    canvas: &Canvas,
    bars: &[Bar],
    (left, right): (f64, f64),
    (floor, ceiling): (f64, f64),
    axis_title: &str,
) -> Result<(), ChartError> {
    // From nothing upwards, where all bars are nothing too.
    let highest = bars.iter().map(|bar| 100.0 * bar.share).fold(0.0, f64::max);
    let Some(ticks) = Ticks::covering([0.0, if highest > 0.0 { highest } else { 1.0 }], 5) else { return Ok(()) };
    let scale = ticks.scale(floor, ceiling);
    for &value in &ticks.values {
        let y = scale.at(value);
        canvas.line(&[(left, y), (right, y)], Stroke::solid(GRID, 0.8))?;
        canvas.text_mid((left - 6.0, y), &format!("{}%", ticks.label(value)), TICK, Anchor::End)?;
    }
    let width = (right - left) / bars.len() as f64;
    let mut clear = f64::NEG_INFINITY;
    for (at, bar) in bars.iter().enumerate() {
        let (from, to) = (left + width * (at as f64 + 0.12), left + width * (at as f64 + 0.88));
        canvas.rect((from, scale.at(100.0 * bar.share)), (to, floor), theme::AXIS, 1.0)?;
        let (x, half) = (0.5 * (from + to), text::width(&bar.label, TICK)? / 2.0);
        // The last label is the deadline's, or the horizon's: count back from it.
        let counted = (bars.len() - 1 - at).is_multiple_of(2) || width > 2.2 * half + 6.0 || at == 0;
        if counted && x - half > clear {
            canvas.text((x, floor + 15.0), &bar.label, TICK, Anchor::Middle)?;
            clear = x + half + 4.0;
        }
    }
    canvas.line(&[(left, floor), (right, floor)], Stroke::solid(AXIS, 1.0))?;
    canvas.text((0.5 * (left + right), floor + 31.0), axis_title, LABEL, Anchor::Middle)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::model::governments::State;
    use crate::study::offers::{DealDay, OfferRow, SERIES};

    fn caption() -> Caption {
        Caption {
            scenario: "Test".into(),
            regime: "negotiated".into(),
            deadline: date(1995, 6, 28),
            steps: vec![(date(1995, 5, 16), "List".into()), (date(1995, 6, 28), "Deadline".into())],
            worlds: 100,
            seed: 1,
            outcomes: [0.7, 0.25, 0.05],
            look: Figures::default(),
        }
    }

    #[test]
    fn days_before_the_deadline_are_wide_and_in_order() {
        let (first, last) = (axis::day(date(1995, 4, 12)), axis::day(date(1995, 6, 28)));
        let days = Days::new(first, last, 900.0);
        assert_eq!((days.at(first), days.at(last)), (LEFT, 900.0));
        let x: Vec<f64> = (0..=77).map(|d| days.at(first + f64::from(d))).collect();
        assert!(x.windows(2).all(|pair| pair[1] > pair[0]));
        assert!(x[77] - x[76] > 4.0 * (x[1] - x[0]));
    }

    #[test]
    fn charts_draw_what_there_is() {
        let rows: Vec<OffersRow> = (0..5)
            .flat_map(|d| SERIES.map(|series| (d, series)))
            .map(|(d, series)| OfferRow {
                day: Day::of(date(1995, 6, 24)) + d,
                series,
                mean: 0.5,
                quantiles: [0.1, 0.3, 0.5, 0.6, 0.9],
                worlds: 100,
            })
            .map(|offers| OffersRow::new("negotiated", &offers))
            .collect();
        let svg = offers(&rows, &caption()).unwrap();
        assert!(svg.as_str().contains("Limits"));
        assert!(svg.as_str().contains(": the median limits leave room for a deal on every day drawn</title>"));
        let title = |partner: [f64; 5]| {
            let mut rows = rows.clone();
            rows.iter_mut()
                .filter(|row| row.series == "limit_partner")
                .zip(partner)
                .for_each(|(row, median)| row.commitment_q50 = median);
            offers_title(&rows, "Talks")
        };
        let opens = "Talks: the median limits leave room for a deal from 27 June 1995 on";
        assert_eq!(title([0.6, 0.4, 0.3, 0.7, 0.8]), opens);
        let apart = "Talks: the median limits are still 0.10 apart on 28 June 1995, and leave no room for a deal";
        assert_eq!(title([0.6, 0.6, 0.6, 0.6, 0.4]), apart);
        assert!(matches!(offers(&[], &caption()), Err(ChartError::Empty { .. })));
        let deal = |day, share, state| {
            let deals = DealDay { day: Day::of(day), state, deals: 10, share, commitment: 0.5 };
            SettlementDateRow::new("negotiated", &deals)
        };
        let rows = [
            deal(date(1995, 6, 1), 0.1, State::Announced),
            deal(date(1995, 6, 28), 0.6, State::Announced),
            deal(date(1996, 2, 1), 0.1, State::Imposed),
        ];
        assert!(settlement_dates(&rows, &caption()).unwrap().as_str().contains("70"));
        // Shares have no axis below nothing, in a panel without a deal neither.
        let svg = settlement_dates(&rows[..2], &caption()).unwrap();
        assert!(!svg.as_str().contains('\u{2212}'), "{}", svg.as_str());
        assert!(matches!(settlement_dates(&[], &caption()), Err(ChartError::Empty { .. })));
    }
}
