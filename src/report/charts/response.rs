//! Responses to what a sweep varies: a line with its band over one setting, or dots over several, one panel a metric or setting.

use serde::{Deserialize, Serialize};

use super::axis::{AxisScale, Ticks};
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{Frame, Key};
use super::names::told_of_cut;
use super::theme::{AXIS, GRID, Ink, LABEL, MARGIN, Marker, PANEL, Style, TICK};
use super::{ChartContext, ChartError, SharedNames, Svg, claims, text};

const CHART: &str = "response";

/// Something that varies: numbers, or a few named settings at the places 0, 1, 2...
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Swept {
    /// What the reader is shown.
    pub label: String,
    /// Names of the settings; none where they are numbers.
    pub categories: Vec<String>,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// What the reader is shown.
    pub label: String,
    /// Its unit.
    pub unit: String,
}

/// One metric at one point under one regime.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponsePoint {
    /// Name of the regime.
    pub regime: String,
    /// Place of the metric among those measured.
    pub metric: usize,
    /// Where the point is, one place for each thing that varies.
    pub at: Vec<f64>,
    /// The metric.
    pub mean: f64,
    /// Lower end of its interval; NaN for one replication.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
}

/// What a chart of responses is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Responses<'a> {
    /// What varies.
    pub swept: &'a [Swept],
    /// What is measured.
    pub metrics: &'a [Measured],
    /// The numbers.
    pub rows: &'a [ResponsePoint],
    /// Whether they are changes from the baseline.
    pub is_change: bool,
}

/// Looks of regimes, in their order.
const LOOKS: [Style; 6] = [
    Style { ink: Ink(213, 94, 0), marker: Marker::Circle, hollow: false },
    Style { ink: Ink(0, 77, 128), marker: Marker::Square, hollow: false },
    Style { ink: Ink(45, 150, 120), marker: Marker::Triangle, hollow: false },
    Style { ink: Ink(170, 82, 130), marker: Marker::Diamond, hollow: false },
    Style { ink: Ink(86, 160, 213), marker: Marker::Circle, hollow: true },
    Style { ink: Ink(90, 90, 90), marker: Marker::Square, hollow: true },
];

/// The look of the regime at a place of the drawing order.
pub(super) fn look(place: usize) -> Style {
    LOOKS[place % LOOKS.len()]
}

const PLOT_HEIGHT: f64 = 190.0;
const PANEL_TITLE: f64 = 22.0;
const X_AXIS: f64 = 42.0;
const Y_AXIS: f64 = 66.0;
const GUTTER: f64 = 26.0;
/// Further lines of a panel's title.
const HEAD_LINE: f64 = 15.0;
/// Opacity of the band of an interval.
const BAND: f64 = 0.18;

/// The horizontal axis of a panel.
struct Horizontal {
    scale: AxisScale,
    /// Places and labels.
    ticks: Vec<(f64, String)>,
    label: String,
}

impl Horizontal {
    fn new(swept: &Swept, values: impl Iterator<Item = f64>, (from, to): (f64, f64)) -> Option<Self> {
        if !swept.categories.is_empty() {
            let last = swept.categories.len() as f64 - 1.0;
            let scale = AxisScale { low: -0.5, high: last + 0.5, from, to };
            let ticks = swept.categories.iter().enumerate().map(|(i, name)| (i as f64, name.replace('_', " ")));
            return Some(Self { scale, ticks: ticks.collect(), label: swept.label.clone() });
        }
        let values: Vec<f64> = values.filter(|x| x.is_finite()).collect();
        let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
        let ticks = Ticks::covering(values, 5)?;
        // The data reach the ends of the axis; ticks beyond them are left out.
        let room = if high > low { 0.03 * (high - low) } else { 0.5 * (ticks.high - ticks.low) };
        let scale = AxisScale { low: low - room, high: high + room, from, to };
        let inside = ticks.values.iter().filter(|x| (scale.low..=scale.high).contains(*x));
        let labelled = inside.map(|x| (*x, ticks.label(*x))).collect();
        Some(Self { scale, ticks: labelled, label: swept.label.clone() })
    }
}

fn empty(reason: &str) -> ChartError {
    ChartError::Empty { chart: CHART, reason: reason.to_owned() }
}

/// One panel: a metric over one thing that varies.
struct Panel {
    title: String,
    metric: usize,
    axis: usize,
}

/// Draws lines with bands over the only thing that varies, a panel for each metric.
///
/// # Errors
/// [`ChartError::Empty`] where there is nothing to show; [`ChartError::Draw`] where the drawing library fails.
pub fn lines(responses: Responses<'_>, context: &ChartContext) -> Result<Svg, ChartError> {
    let panels = (0..responses.metrics.len()).map(|metric| Panel {
        title: responses.metrics[metric].label.clone(),
        metric,
        axis: 0,
    });
    draw(responses, context, &panels.collect::<Vec<_>>(), true)
}

/// Draws a dot for every point over each of the things that vary, a panel for each of them; the metric at `metric`.
///
/// # Errors
/// [`ChartError::Empty`] where there is nothing to show; [`ChartError::Draw`] where the drawing library fails.
pub fn dots(responses: Responses<'_>, metric: usize, context: &ChartContext) -> Result<Svg, ChartError> {
    let panels =
        responses.swept.iter().enumerate().map(|(axis, swept)| Panel { title: swept.label.clone(), metric, axis });
    draw(responses, context, &panels.collect::<Vec<_>>(), false)
}

fn draw(responses: Responses<'_>, context: &ChartContext, panels: &[Panel], lines: bool) -> Result<Svg, ChartError> {
    let first = panels.first().ok_or_else(|| empty("nothing was measured"))?;
    let (regimes, left_out) = most_moved(distinct(responses, context), responses.rows, first.metric);
    let columns = if panels.len() == 1 { 1 } else { 2 };
    let width = (context.look.width() - 2.0 * MARGIN - GUTTER * (columns - 1) as f64) / columns as f64;
    let plot_height = if columns == 1 { 1.6 * PLOT_HEIGHT } else { PLOT_HEIGHT };
    // A line is named in the legend on one line.
    let legend = regimes.iter().map(|regime| {
        let (lines, is_cut) = regime.regimes.lines(LABEL, context.look.width() - 2.0 * MARGIN - 30.0, 1)?;
        Ok(if is_cut { (regime.regimes.brief(), true) } else { (lines.concat(), false) })
    });
    let legend: Vec<(String, bool)> = legend.collect::<Result<_, ChartError>>()?;
    let heads = panels.iter().map(|panel| {
        let unit = responses.metrics.get(panel.metric).map(Measured::in_brackets).unwrap_or_default();
        let name = if lines { format!("{}{unit}", panel.title) } else { panel.title.clone() };
        text::wrap(&name, PANEL, width, 3)
    });
    let heads: Vec<Vec<String>> = heads.collect::<Result<_, ChartError>>()?;
    let head_lines = heads.iter().map(Vec::len).max().unwrap_or(1);
    let panel_title = PANEL_TITLE + HEAD_LINE * (head_lines - 1) as f64;
    let height = panel_title + plot_height + X_AXIS;
    let intervals = responses.rows.iter().any(|row| row.low.is_finite());
    let what = if responses.is_change {
        format!("Change against the baseline ({}) at the same point", context.regime_label(&context.baseline))
    } else {
        "Mean at each point".to_owned()
    };
    let measured = responses.metrics.get(first.metric).ok_or_else(|| empty("nothing was measured"))?;
    let (label, own) = told_of(&regimes, responses.rows, first.metric);
    let title = match (lines, responses.swept.first()) {
        (true, Some(swept)) => over_one(&label, own, swept, measured, responses.is_change),
        _ => over_points(&label, own, measured, responses.is_change),
    };
    let band =
        if intervals && lines { " Bands and bars: 95% intervals of the mean, simulation noise only." } else { "" };
    let frame = Frame {
        look: context.look.clone(),
        names: told_of_cut(regimes.iter().zip(&legend).map(|(regime, (_, is_cut))| (&regime.regimes, *is_cut))),
        title,
        subtitle: format!("{what}.{band}{left_out}"),
        legend: legend
            .iter()
            .enumerate()
            .map(|(i, (label, _))| {
                let key = if lines { Key::Fan { style: look(i), bands: false } } else { Key::Point(look(i)) };
                (key, label.clone())
            })
            .collect(),
        footer: context.footer(&format!(
            "All points meet the same worlds (common random numbers). Period: {}.",
            context.period.label()
        )),
    };
    frame.around(height * panels.len().div_ceil(columns) as f64, |canvas, top| {
        for (at, panel) in panels.iter().enumerate() {
            let rows: Vec<&ResponsePoint> = responses.rows.iter().filter(|row| row.metric == panel.metric).collect();
            let left = MARGIN + (width + GUTTER) * (at % columns) as f64;
            let upper = top + height * (at / columns) as f64 + panel_title;
            let swept = responses.swept.get(panel.axis).ok_or_else(|| empty("nothing varies"))?;
            let positions = rows.iter().filter_map(|row| row.at.get(panel.axis).copied());
            let ends = rows.iter().flat_map(|row| if lines { [row.mean, row.low, row.high] } else { [row.mean; 3] });
            let zero = responses.is_change.then_some(0.0);
            let ticks = Ticks::covering(ends.chain(zero), 5).ok_or_else(|| empty("no point has a number"))?;
            // As wide as the labels need.
            let labels = ticks.values.iter().map(|value| text::width(&ticks.signed_label(*value), TICK));
            let widest = labels.collect::<Result<Vec<f64>, _>>()?.into_iter().fold(0.0, f64::max);
            let across = Horizontal::new(swept, positions, (left + Y_AXIS.max(widest + 8.0), left + width - 6.0));
            let across = across.ok_or_else(|| empty("no point has a number"))?;
            for (line, part) in heads[at].iter().enumerate() {
                let y = upper - 9.0 - HEAD_LINE * (heads[at].len() - 1 - line) as f64;
                canvas.text((left, y), part, PANEL, Anchor::Start)?;
            }
            let up = ticks.scale(upper + plot_height, upper);
            axes(canvas, &across, &ticks, up, responses.is_change)?;
            for (place, regime) in regimes.iter().enumerate() {
                let mut own: Vec<&&ResponsePoint> = rows.iter().filter(|row| row.regime == regime.name).collect();
                own.sort_by(|a, b| a.at[panel.axis].total_cmp(&b.at[panel.axis]));
                let points: Vec<(f64, &ResponsePoint)> =
                    own.iter().map(|row| (across.scale.at(row.at[panel.axis]), **row)).collect();
                if lines {
                    line(canvas, &points, up, look(place), swept.categories.is_empty())?;
                } else {
                    let seen = points.iter().filter(|(_, row)| row.mean.is_finite());
                    seen.map(|(x, row)| (*x, up.at(row.mean)))
                        .try_for_each(|at| canvas.marker(at, 2.6, look(place)))?;
                }
            }
        }
        Ok(())
    })
}

/// A regime of the chart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ShownRegime<'a> {
    /// Its name in the rows.
    pub(super) name: &'a str,
    /// It, and those that have the same points.
    pub(super) regimes: SharedNames,
}

/// The regimes in the order in which they are drawn; those with the same points are one.
pub(super) fn distinct<'a>(responses: Responses<'a>, context: &'a ChartContext) -> Vec<ShownRegime<'a>> {
    let bits = |row: &ResponsePoint| {
        let numbers = row.at.iter().chain([&row.mean, &row.low, &row.high]).map(|number| number.to_bits());
        (row.metric, numbers.collect::<Vec<u64>>())
    };
    // Regimes and their points, to the bit.
    let mut shown: Vec<ShownRegime<'a>> = Vec::new();
    let mut points: Vec<Vec<(usize, Vec<u64>)>> = Vec::new();
    for name in context.in_order(responses.rows.iter().map(|row| row.regime.as_str())) {
        let own: Vec<_> = responses.rows.iter().filter(|row| row.regime == name).map(bits).collect();
        let label = context.regime_label(name);
        match points.iter().position(|known| *known == own) {
            Some(at) => shown[at].regimes.add(label),
            None => {
                shown.push(ShownRegime { name, regimes: SharedNames::of(label) });
                points.push(own);
            }
        }
    }
    shown
}

/// How far from nothing a regime's points of a metric reach.
fn reach(regime: &ShownRegime<'_>, rows: &[ResponsePoint], metric: usize) -> f64 {
    let own = rows.iter().filter(|row| row.regime == regime.name && row.metric == metric && row.mean.is_finite());
    own.map(|row| row.mean.abs()).fold(-1.0, f64::max)
}

/// As many regimes as there are looks, those of the largest points, and what is said of the others.
fn most_moved<'a>(
    mut regimes: Vec<ShownRegime<'a>>,
    rows: &[ResponsePoint],
    metric: usize,
) -> (Vec<ShownRegime<'a>>, String) {
    let all = regimes.len();
    if all <= LOOKS.len() {
        return (regimes, String::new());
    }
    let mut order: Vec<(f64, String)> =
        regimes.iter().map(|regime| (reach(regime, rows, metric), regime.name.to_owned())).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    order.truncate(LOOKS.len());
    regimes.retain(|regime| order.iter().any(|(_, name)| name == regime.name));
    (
        regimes,
        format!(" The {} of {all} regimes whose points lie farthest from nothing; sweep.csv has all.", LOOKS.len()),
    )
}

/// Label and points of the regime that is told of: the one whose points reach farthest.
pub(super) fn told_of<'a>(
    regimes: &[ShownRegime<'_>],
    rows: &'a [ResponsePoint],
    metric: usize,
) -> (String, Vec<&'a ResponsePoint>) {
    let most = regimes.iter().rev().max_by(|a, b| reach(a, rows, metric).total_cmp(&reach(b, rows, metric)));
    let Some(most) = most else { return (String::new(), Vec::new()) };
    let own = rows.iter().filter(|row| row.regime == most.name && row.metric == metric && row.mean.is_finite());
    (most.regimes.brief(), own.collect())
}

/// A value in a title, a change with its sign.
pub(super) fn in_title(value: f64, is_change: bool) -> String {
    let plus = if is_change && value > 0.0 { "+" } else { "" };
    if value == 0.0 { "0".to_owned() } else { format!("{plus}{}", text::in_words(value)) }
}

impl Measured {
    /// Its unit after its name.
    fn in_brackets(&self) -> String {
        if self.unit.is_empty() { String::new() } else { format!(" ({})", self.unit) }
    }

    /// Its unit after a number.
    pub(super) fn after(&self) -> String {
        if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) }
    }
}

impl Swept {
    /// A place on it in words: a name, or a number with the digits it has.
    pub(super) fn place(&self, at: f64) -> String {
        match self.categories.get(at as usize) {
            Some(name) => name.replace('_', " "),
            None => plain(at),
        }
    }
}

/// A number with the digits it has, four after the point at most.
pub(super) fn plain(value: f64) -> String {
    let exact = text::number(value, 4);
    exact.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What is seen of one setting: the values at its two ends; of names the lowest and the highest.
fn over_one(regime: &str, mut own: Vec<&ResponsePoint>, swept: &Swept, measured: &Measured, is_change: bool) -> String {
    match swept.categories.is_empty() {
        true => own.sort_by(|a, b| a.at[0].total_cmp(&b.at[0])),
        false => own.sort_by(|a, b| a.mean.total_cmp(&b.mean)),
    }
    // Of names, the lowest and the highest are said to be so where their intervals tell them from the others.
    if !swept.categories.is_empty() && own.len() > 1 && !ends_are_told(&own) {
        return over_points(regime, own, measured, is_change);
    }
    let (Some(first), Some(last)) = (own.first(), own.last()) else { return measured.label.clone() };
    let [low, high] = [first, last].map(|row| in_title(row.mean, is_change));
    let [from, to] = [first, last].map(|row| swept.place(row.at[0]));
    let (unit, label, metric) = (measured.after(), &swept.label, &measured.label);
    match own.len() {
        1 => format!("{regime}: {low}{unit} at {from} ({label}): {metric}"),
        _ => format!("{regime}: {low} at {from}, {high}{unit} at {to} ({label}): {metric}"),
    }
}

/// Whether the intervals of the first and the last of some points meet none of the others'. Points of one replication have no intervals, and the same
/// worlds: what is lowest there is.
pub(super) fn ends_are_told(own: &[&ResponsePoint]) -> bool {
    let interval = |row: &ResponsePoint| [row.low, row.high];
    let told = |at: usize| {
        let others = own.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, row)| ("", interval(row)));
        claims::not_told_from(interval(own[at]), others).is_empty()
    };
    own.iter().all(|row| row.low.is_nan()) || !own.is_empty() && told(0) && told(own.len() - 1)
}

/// What is seen of points over several settings: the range they span.
fn over_points(regime: &str, mut own: Vec<&ResponsePoint>, measured: &Measured, is_change: bool) -> String {
    own.sort_by(|a, b| a.mean.total_cmp(&b.mean));
    let (Some(first), Some(last)) = (own.first(), own.last()) else { return measured.label.clone() };
    let [low, high] = [first, last].map(|row| in_title(row.mean, is_change));
    let unit = measured.after();
    let points = text::count(own.len() as u64, "point");
    format!("{regime}: between {low} and {high}{unit} over {points}: {}", measured.label)
}

fn axes(canvas: &Canvas, across: &Horizontal, ticks: &Ticks, up: AxisScale, signed: bool) -> Result<(), ChartError> {
    let AxisScale { from, to, .. } = across.scale;
    for &value in &ticks.values {
        let y = up.at(value);
        let strong = signed && value == 0.0;
        canvas.line(
            &[(from, y), (to, y)],
            Stroke::solid(if strong { AXIS } else { GRID }, if strong { 1.0 } else { 0.8 }),
        )?;
        let label = if signed { ticks.signed_label(value) } else { ticks.label(value) };
        canvas.text_mid((from - 6.0, y), &label, TICK, Anchor::End)?;
    }
    canvas.line(&[(from, up.from), (to, up.from)], Stroke::solid(AXIS, 1.0))?;
    let room = (to - from) / across.ticks.len().max(1) as f64;
    for (value, label) in &across.ticks {
        let x = across.scale.at(*value);
        canvas.line(&[(x, up.from), (x, up.from + 4.0)], Stroke::solid(AXIS, 1.0))?;
        canvas.text((x, up.from + 15.0), &text::fit(label, TICK, room - 4.0)?, TICK, Anchor::Middle)?;
    }
    let label = text::fit(&across.label, LABEL, to - from)?;
    canvas.text((f64::midpoint(from, to), up.from + 31.0), &label, LABEL, Anchor::Middle)
}

/// A line through the means with its band; bars alone where the places are names.
fn line(
    canvas: &Canvas,
    points: &[(f64, &ResponsePoint)],
    up: AxisScale,
    style: Style,
    joined: bool,
) -> Result<(), ChartError> {
    let known: Vec<_> = points.iter().filter(|(_, row)| row.low.is_finite() && row.high.is_finite()).collect();
    if joined && known.len() > 1 {
        let upper = known.iter().map(|(x, row)| (*x, up.at(row.high)));
        let lower = known.iter().rev().map(|(x, row)| (*x, up.at(row.low)));
        canvas.polygon(&upper.chain(lower).collect::<Vec<_>>(), style.ink, BAND)?;
    }
    let means: Vec<(f64, f64)> =
        points.iter().filter(|(_, row)| row.mean.is_finite()).map(|(x, row)| (*x, up.at(row.mean))).collect();
    if joined {
        canvas.line(&means, Stroke::solid(style.ink, 1.8))?;
    }
    for (x, row) in known {
        canvas.line(&[(*x, up.at(row.low)), (*x, up.at(row.high))], Stroke::solid(style.ink, 1.0))?;
    }
    means.into_iter().try_for_each(|at| canvas.marker(at, 3.2, style))
}

/// A context with a baseline and one other regime.
#[cfg(test)]
pub(super) fn context_for_tests() -> ChartContext {
    let regime = |name: &str| super::RegimeContext { name: name.into(), label: name.into(), events: Vec::new() };
    ChartContext {
        scenario: "Test".into(),
        baseline: "quiet".into(),
        regimes: vec![regime("quiet"), regime("taxed")],
        replications: 3,
        drawn: false,
        seed: 1,
        source: String::new(),
        flag_label: "on the list".to_owned(),
        regions: Vec::new(),
        period: super::fixtures::two_years(),
        paid_back: Vec::new(),
        look: crate::config::figures::Figures::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(x: f64, y: f64, mean: f64) -> ResponsePoint {
        ResponsePoint { regime: "taxed".into(), metric: 0, at: vec![x, y], mean, low: mean - 1.0, high: mean + 1.0 }
    }

    fn swept(label: &str, categories: &[&str]) -> Swept {
        Swept { label: label.into(), categories: categories.iter().map(|c| (*c).to_owned()).collect() }
    }

    #[test]
    fn lines_and_dots_are_drawn_and_nothing_is_refused() {
        let metrics = [Measured { label: "Cars sold".into(), unit: "cars".into() }];
        let rows: Vec<ResponsePoint> =
            (0..5).map(|i| row(f64::from(i) / 4.0, f64::from(i % 2), f64::from(-10 * i))).collect();
        let axes = [swept("Tariff rate", &[]), swept("Rule", &["pass_through", "b"])];
        let responses = Responses { swept: &axes, metrics: &metrics, rows: &rows, is_change: true };
        let svg = lines(responses, &context_for_tests()).unwrap();
        let title = "<title>taxed: 0 at 0, −40.0 cars at 1 (Tariff rate): Cars sold</title>";
        assert!(svg.as_str().contains(title) && svg.as_str().contains("Cars sold (cars)"), "{}", svg.as_str());
        let svg = dots(responses, 0, &context_for_tests()).unwrap();
        assert!(svg.as_str().contains("pass through"));
        let title = "<title>taxed: between −40.0 and 0 cars over 5 points: Cars sold</title>";
        assert!(svg.as_str().contains(title), "{}", svg.as_str());
        // Named settings by their values, the lowest first.
        let named: Vec<ResponsePoint> = [(0.0, -3.0), (1.0, -70.5)].map(|(at, mean)| row(at, 0.0, mean)).into();
        let named = Responses { swept: &axes[1..], rows: &named, ..responses };
        let svg = lines(named, &context_for_tests()).unwrap();
        assert!(svg.as_str().contains("<title>taxed: −70.5 at b, −3.0 cars at pass through (Rule): Cars sold</title>"));
        // A regime with the same points is named beside, and of more regimes than there are looks those that reach farthest are drawn.
        let mut many = rows.clone();
        many.extend(rows.iter().map(|row| ResponsePoint { regime: "twin".into(), ..row.clone() }));
        let svg = lines(Responses { rows: &many, ..responses }, &context_for_tests()).unwrap();
        assert!(svg.as_str().contains("\ntaxed; twin\n") && !svg.as_str().contains("\ntwin\n"), "{}", svg.as_str());
        many.extend((0..9).flat_map(|at| {
            let other = move |row: &ResponsePoint| ResponsePoint {
                regime: format!("other {at}"),
                mean: row.mean / f64::from(at + 2),
                ..row.clone()
            };
            rows.iter().map(other).collect::<Vec<_>>()
        }));
        let svg = lines(Responses { rows: &many, ..responses }, &context_for_tests()).unwrap();
        assert!(svg.as_str().contains("The 6 of 10 regimes whose points lie farthest"));
        assert!(svg.as_str().contains("other 4") && !svg.as_str().contains("other 5"));
        let nothing = Responses { rows: &[], ..responses };
        assert!(matches!(lines(nothing, &context_for_tests()), Err(ChartError::Empty { .. })));
        let undefined = [row(0.0, 0.0, f64::NAN)];
        let undefined = Responses { rows: &undefined, is_change: false, ..responses };
        assert!(matches!(lines(undefined, &context_for_tests()), Err(ChartError::Empty { .. })));
    }
}
