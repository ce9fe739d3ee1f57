//! Charts as the program draws them, for readers without scripts and until the page's own have run. Colours are classes, so that they follow the theme.

use std::str::FromStr;

use maud::{Markup, html};

use super::words::number;
use super::{Chart, ChartForm, DataFrame, FrameValue, Show};

/// Width of a drawing, in its own units.
const WIDTH: f64 = 720.0;
/// Colours there are.
const COLOURS: usize = 8;

/// The chart over the rows given.
pub(super) fn draw(chart: &Chart, frame: &DataFrame, rows: &[usize]) -> Markup {
    match chart.form {
        ChartForm::Intervals => intervals(chart, frame, rows),
        ChartForm::Lines => over_numbers(chart, frame, rows, true),
        ChartForm::Points => over_numbers(chart, frame, rows, false),
    }
}

/// Round numbers that cover a range: about `count` of them.
fn ticks(low: f64, high: f64, count: f64) -> Vec<f64> {
    let rough = (high - low) / count;
    if !(rough > 0.0 && rough.is_finite()) {
        return vec![low];
    }
    let mut step = 1.0;
    while step > rough {
        step /= 10.0;
    }
    while step * 10.0 <= rough {
        step *= 10.0;
    }
    let step = [1.0, 2.0, 5.0, 10.0].iter().map(|factor| factor * step).find(|step| *step >= rough).unwrap_or(step);
    let first = (low / step).ceil();
    (0..50).map(|n| (first + f64::from(n)) * step).take_while(|tick| *tick <= high + 1e-9 * step).collect()
}

/// The range of numbers, widened to be one.
fn range(numbers: impl Iterator<Item = f64>, zero: bool) -> [f64; 2] {
    let start = if zero { [0.0, 0.0] } else { [f64::INFINITY, f64::NEG_INFINITY] };
    let [low, high] = numbers
        .filter(|number| number.is_finite())
        .fold(start, |[low, high], number| [low.min(number), high.max(number)]);
    match (low.is_finite() && high.is_finite(), high > low) {
        (true, true) => [low - 0.03 * (high - low), high + 0.03 * (high - low)],
        (true, false) => [low - 1.0, low + 1.0],
        (false, _) => [-1.0, 1.0],
    }
}

/// A number on an axis, without digits that are there for nothing.
fn tick(value: f64, show: Show, signed: bool) -> String {
    let text = number(value, show, signed);
    let Some((whole, rest)) = text.split_once('.') else { return text };
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let (kept, unit) = (digits.trim_end_matches('0'), &rest[digits.len()..]);
    if kept.is_empty() { format!("{whole}{unit}") } else { format!("{whole}.{kept}{unit}") }
}

/// Whether the dots of a chart have a name each, which stands beside them in place of a key.
fn named(chart: &Chart, frame: &DataFrame, rows: &[usize]) -> bool {
    chart.form == ChartForm::Points && chart.series.is_some() && series(chart, frame, rows).len() == rows.len()
}

/// Text that fits: what is too long loses its middle, as names of many regimes differ at their ends.
fn cut(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1);
    let first = kept * 9 / 20;
    let head: String = text.chars().take(first).collect();
    let tail: String = text.chars().skip(count - (kept - first)).collect();
    format!("{}…{}", head.trim_end(), tail.trim_start())
}

/// The names of rows as they fit; any that are the same after it are numbered.
fn shortened(names: &[&str], most: usize) -> Vec<String> {
    let short: Vec<String> = names.iter().map(|name| cut(name, most)).collect();
    let alike = |i: usize| (0..names.len()).any(|j| short[j] == short[i] && names[j] != names[i]);
    let told = |i: usize| if alike(i) { cut(&format!("{}. {}", i + 1, short[i]), most) } else { short[i].clone() };
    (0..names.len()).map(told).collect()
}

/// Labels from left to right whose places are near each other, moved apart: so far at least, and none beyond the last place.
fn apart(places: &[f64], least: f64, last: f64) -> Vec<f64> {
    let mut moved = places.to_vec();
    for i in 1..moved.len() {
        moved[i] = moved[i].max(moved[i - 1] + least);
    }
    let mut most = last;
    for place in moved.iter_mut().rev() {
        *place = place.min(most);
        most = *place - least;
    }
    moved
}

/// Series in the order in which they appear.
fn series<'a>(chart: &Chart, frame: &'a DataFrame, rows: &[usize]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        let name = chart.series.map_or("", |column| frame.rows[*row][column].text());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The key of a chart's series; nothing for one without.
pub(super) fn key(chart: &Chart, frame: &DataFrame, rows: &[usize]) -> Markup {
    let names = series(chart, frame, rows);
    html! {
        @if chart.series.is_some() && names.len() > 1 && !named(chart, frame, rows) {
            ul.key { @for (i, name) in names.iter().enumerate() { li { span.swatch.{ "b" (i % COLOURS) } {} (name) } } }
        }
    }
}

fn intervals(chart: &Chart, frame: &DataFrame, rows: &[usize]) -> Markup {
    const LEFT: f64 = 270.0;
    const ROW: f64 = 24.0;
    let column = &frame.columns[chart.x];
    let value = |row: usize, column: usize| frame.rows[row][column].number();
    let ends = |row: usize| column.interval.map_or([value(row, chart.x); 2], |ends| ends.map(|end| value(row, end)));
    let [low, high] = range(rows.iter().flat_map(|row| [value(*row, chart.x), ends(*row)[0], ends(*row)[1]]), true);
    let x = |number: f64| LEFT + 8.0 + (number - low) / (high - low) * (WIDTH - LEFT - 44.0);
    let bottom = ROW * rows.len() as f64 + 6.0;
    let names = series(chart, frame, rows);
    let colour = |row: usize| {
        let name = chart.series.map_or("", |column| frame.rows[row][column].text());
        names.iter().position(|known| *known == name).unwrap_or(0) % COLOURS
    };
    let sides = ticks(low, high, 5.0);
    let labels: Vec<&str> = rows.iter().map(|row| frame.rows[*row][chart.y].text()).collect();
    let labels = shortened(&labels, 36);
    html! {
        svg.still viewBox={ "0 0 " (WIDTH) " " (px(bottom + 26.0)) } role="img" aria-label={ (chart.title) ". The numbers stand in the table below." } {
            @for tick in &sides {
                line.grid x1=(px(x(*tick))) x2=(px(x(*tick))) y1="2" y2=(px(bottom)) {}
                text.tick x=(px(x(*tick))) y=(px(bottom + 18.0)) text-anchor="middle" { (self::tick(*tick, column.show, column.signed)) }
            }
            line.zero x1=(px(x(0.0))) x2=(px(x(0.0))) y1="2" y2=(px(bottom)) {}
            @for (i, row) in rows.iter().enumerate() {
                @let middle = ROW * i as f64 + ROW / 2.0 + 3.0;
                text.label x=(px(LEFT)) y=(px(middle + 4.5)) text-anchor="end" { (labels[i]) }
                @if ends(*row).iter().all(|end| end.is_finite()) {
                    line.{ "l" (colour(*row)) }.interval x1=(px(x(ends(*row)[0]))) x2=(px(x(ends(*row)[1]))) y1=(px(middle)) y2=(px(middle)) {}
                }
                @if value(*row, chart.x).is_finite() {
                    circle.{ "d" (colour(*row)) } cx=(px(x(value(*row, chart.x)))) cy=(px(middle)) r="4.5" {}
                }
            }
        }
    }
}

/// A coordinate, to a tenth.
fn px(number: f64) -> String {
    format!("{:.1}", number + 0.0)
}

/// A place from left to right: a number, or the days of a date.
fn place(value: &FrameValue) -> f64 {
    match value {
        FrameValue::Number(number) => *number,
        FrameValue::Text(text) => {
            let date = jiff::civil::Date::from_str(text).ok();
            let days =
                |date: jiff::civil::Date| date.since(jiff::civil::date(1900, 1, 1)).ok().map(|span| span.get_days());
            date.and_then(days).map_or(f64::NAN, f64::from)
        }
    }
}

fn over_numbers(chart: &Chart, frame: &DataFrame, rows: &[usize], lines: bool) -> Markup {
    const LEFT: f64 = 86.0;
    const HEIGHT: f64 = 300.0;
    let (across, up) = (&frame.columns[chart.x], &frame.columns[chart.y]);
    let dated = across.show == Show::Date;
    let at = |row: usize| place(&frame.rows[row][chart.x]);
    let value = |row: usize, column: usize| frame.rows[row][column].number();
    let band = up.interval.map(|ends| move |row: usize| ends.map(|end| value(row, end)));
    let all = rows.iter().flat_map(|row| {
        let ends = band.map_or([f64::NAN; 2], |band| band(*row));
        [value(*row, chart.y), ends[0], ends[1]]
    });
    let [low, high] = range(all, true);
    let [first, last] = range(rows.iter().map(|row| at(*row)), false);
    let x = |number: f64| LEFT + (number - first) / (last - first) * (WIDTH - LEFT - 30.0);
    let y = |number: f64| HEIGHT - 6.0 - (number - low) / (high - low) * (HEIGHT - 24.0);
    let names = series(chart, frame, rows);
    let of = |name: &str| -> Vec<usize> {
        let own = |row: &&usize| chart.series.is_none_or(|column| frame.rows[**row][column].text() == name);
        rows.iter()
            .filter(own)
            .copied()
            .filter(|row| value(*row, chart.y).is_finite() && at(*row).is_finite())
            .collect()
    };
    let path = |points: &[(f64, f64)]| {
        let step =
            |(i, (x, y)): (usize, &(f64, f64))| format!("{}{} {}", if i == 0 { 'M' } else { 'L' }, px(*x), px(*y));
        points.iter().enumerate().map(step).collect::<String>()
    };
    let shown = |text: f64| match dated {
        true => {
            let date = jiff::civil::date(1900, 1, 1).saturating_add(jiff::Span::new().days(text as i64));
            date.strftime("%b %Y").to_string()
        }
        false => tick(text, across.show, across.signed),
    };
    let mut events: Vec<(usize, f64)> =
        marked(chart).enumerate().map(|(i, (date, _))| (i + 1, place(&date.into()))).collect();
    events.retain(|(_, day)| (first..=last).contains(day));
    events.sort_by(|a, b| a.1.total_cmp(&b.1));
    let numbers = apart(&events.iter().map(|(_, day)| x(*day)).collect::<Vec<f64>>(), 17.0, WIDTH - 8.0);
    // Dots that each have a name of their own have it beside them where it stands in no other's way; the table below has all.
    let mut beside: Vec<usize> = Vec::new();
    if named(chart, frame, rows) {
        let mut order: Vec<usize> = rows.to_vec();
        order.sort_by(|a, b| at(*b).total_cmp(&at(*a)));
        for row in order {
            let near = |other: &usize| {
                (x(at(row)) - x(at(*other))).abs() < 230.0
                    && (y(value(row, chart.y)) - y(value(*other, chart.y))).abs() < 16.0
            };
            if !beside.iter().any(near) {
                beside.push(row);
            }
        }
    }
    html! {
        svg.still viewBox={ "0 0 " (WIDTH) " " (px(HEIGHT + 26.0)) } role="img" aria-label={ (chart.title) ". The numbers stand in the table below." } {
            @for tick in ticks(low, high, 5.0) {
                line.grid x1=(px(LEFT)) x2=(px(WIDTH - 14.0)) y1=(px(y(tick))) y2=(px(y(tick))) {}
                text.tick x=(px(LEFT - 8.0)) y=(px(y(tick) + 4.0)) text-anchor="end" { (self::tick(tick, up.show, up.signed)) }
            }
            line.zero x1=(px(LEFT)) x2=(px(WIDTH - 14.0)) y1=(px(y(0.0))) y2=(px(y(0.0))) {}
            @for tick in ticks(first, last, 4.0) {
                text.tick x=(px(x(tick))) y=(px(HEIGHT + 18.0)) text-anchor="middle" { (shown(tick)) }
            }
            @for ((number, day), at) in events.iter().zip(&numbers) {
                line.event x1=(px(x(*day))) x2=(px(x(*day))) y1="16" y2=(px(HEIGHT - 6.0)) {}
                text.tick x=(px(*at)) y="11" text-anchor="middle" { (number) }
            }
            @for (i, name) in names.iter().enumerate() {
                @let own = of(name);
                @if lines {
                    @if let Some(band) = band {
                        @let inside: Vec<usize> = own.iter().copied().filter(|row| band(*row).iter().all(|end| end.is_finite())).collect();
                        @let lower = inside.iter().map(|row| (x(at(*row)), y(band(*row)[0])));
                        @let upper = inside.iter().rev().map(|row| (x(at(*row)), y(band(*row)[1])));
                        path.band.{ "b" (i % COLOURS) } d=(path(&lower.chain(upper).collect::<Vec<_>>())) {}
                    }
                    path.line.{ "l" (i % COLOURS) } d=(path(&own.iter().map(|row| (x(at(*row)), y(value(*row, chart.y)))).collect::<Vec<_>>())) {}
                } @else {
                    @for row in own {
                        @let colour = if named(chart, frame, rows) { 0 } else { i % COLOURS };
                        circle.{ "d" (colour) } cx=(px(x(at(row)))) cy=(px(y(value(row, chart.y)))) r="4.5" {}
                        @if beside.contains(&row) {
                            @let anchor = if x(at(row)) > WIDTH / 2.0 { "end" } else { "start" };
                            text.label x=(px(x(at(row)))) y=(px(y(value(row, chart.y)) - 9.0)) text-anchor=(anchor) { (cut(name, 30)) }
                        }
                    }
                }
            }
        }
    }
}

/// Dates and words of the events that are marked under the first value of the first pick.
pub(super) fn marked(chart: &Chart) -> impl Iterator<Item = (&str, &str)> {
    let of = |event: &&[String; 3]| chart.picks.first().is_none_or(|pick| event[0] == pick.start);
    chart.events.iter().filter(of).map(|[_, date, label]| (date.as_str(), label.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(-3.0, 12.0, 5.0), [0.0, 5.0, 10.0]);
        assert_eq!(ticks(0.0, 1.0, 5.0), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(ticks(2.0, 2.0, 5.0), [2.0]);
        assert_eq!(ticks(0.0, f64::INFINITY, 5.0), [0.0]);
        for size in [1e-9, 3e-4, 7.0, 2.4e12] {
            let found = ticks(-size, size, 5.0);
            assert!(
                (3..=9).contains(&found.len()) && found.iter().all(|tick| tick.abs() <= size * (1.0 + 1e-8)),
                "{found:?}"
            );
        }
    }

    /// Two events in one week were printed over each other.
    #[test]
    fn numbers_of_events_are_kept_apart() {
        assert_eq!(apart(&[100.0, 300.0], 17.0, 700.0), [100.0, 300.0]);
        assert_eq!(apart(&[100.0, 102.0, 103.0], 17.0, 700.0), [100.0, 117.0, 134.0]);
        assert_eq!(apart(&[695.0, 699.0], 17.0, 700.0), [683.0, 700.0]);
        assert!(apart(&[], 17.0, 700.0).is_empty());
    }

    /// Forty regimes whose names begin alike were all cut to the same words.
    #[test]
    fn long_names_stay_different() {
        let names = [
            "A duty on all cars of one place of assembly at a rate of 10%",
            "A duty on all cars of one place of assembly at a rate of 15%",
        ];
        let short = shortened(&names, 36);
        assert!(short[0].ends_with("10%") && short[1].ends_with("15%"), "{short:?}");
        assert!(short.iter().all(|name| name.chars().count() <= 36), "{short:?}");
        let middles = [
            "the same beginning and one middle, and the same end",
            "the same beginning and two middle, and the same end",
        ];
        let short = shortened(&middles, 20);
        assert!(short[0] != short[1] && short[0].starts_with("1. "), "{short:?}");
        assert_eq!(cut("short", 36), "short");
    }

    #[test]
    fn a_range_is_never_empty() {
        assert_eq!(range([f64::NAN].into_iter(), false), [-1.0, 1.0]);
        assert_eq!(range([3.0, f64::NAN].into_iter(), false), [2.0, 4.0]);
        let [low, high] = range([5.0, 10.0].into_iter(), true);
        assert!(low < 0.0 && high > 10.0);
    }
}
