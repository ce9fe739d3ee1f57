//! Winners and losers: each model's change in annual sales under a regime against the baseline, with 95% intervals.

use super::axis::{AxisScale, Ticks};
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{self, Frame, Key, VALUE_AXIS, value_axis};
use super::theme::{self, BLACK, Groups, LABEL, MARGIN, MUTED, RegionGroup, STRIPE, STRONG, Style};
use super::{ChartContext, ChartError, Svg, claims, text};
use crate::numerics::student;
use crate::report::rows::{ModelRow, Summary};

const CHART: &str = "winners and losers";

/// The change of one model's sales, in cars a year.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelChange {
    /// Brand and model.
    pub model: String,
    /// Label of its group: a region, or the flagged or other part of one.
    pub group: String,
    /// Whether the regime raises its duty in the period.
    pub taxed: bool,
    /// Mean paired difference from the baseline.
    pub change: f64,
    /// Half width of the 95% interval (Student's t); NaN with one replication.
    pub half_width: f64,
    /// Change over the baseline's mean, a fraction; NaN where the baseline has no sales.
    pub relative: f64,
}

/// The numbers that [`draw`] plots, greatest gain first.
///
/// # Errors
/// [`ChartError::Empty`] where no row of the regime and the context's period has a change.
pub fn series(rows: &[ModelRow], regime: &str, context: &ChartContext) -> Result<Vec<ModelChange>, ChartError> {
    Ok(changes(rows, regime, context)?.0.into_iter().map(|(change, _)| change).collect())
}

type Grouped = (Vec<(ModelChange, RegionGroup)>, Groups);

fn changes(rows: &[ModelRow], regime: &str, context: &ChartContext) -> Result<Grouped, ChartError> {
    let chosen =
        |row: &&ModelRow| row.regime == regime && row.period == context.period.name && row.sales().change.is_finite();
    let chosen: Vec<&ModelRow> = rows.iter().filter(chosen).collect();
    let years = context.period.years();
    if chosen.is_empty() || !(years > 0.0 && years.is_finite()) {
        let reason = format!("no model has a change under `{regime}` in the period `{}`", context.period.name);
        return Err(ChartError::Empty { chart: CHART, reason });
    }
    let groups = Groups::of(chosen.iter().map(|row| (row.region.as_str(), row.flagged)), &context.regions);
    let reach = student::quantile(context.replications.saturating_sub(1), 0.975);
    let mut changes: Vec<(ModelChange, RegionGroup)> = chosen
        .into_iter()
        .map(|row| {
            let group = groups.group(&row.region, row.flagged);
            let sales = row.sales();
            let base = sales.mean - sales.change;
            let change = ModelChange {
                model: text::car_name(&row.brand, &row.model),
                group: group.label(&context.flag_label),
                taxed: weighs_more(row),
                change: sales.change / years,
                half_width: reach * sales.change_std_error / years,
                relative: if base > 0.0 { sales.change / base } else { f64::NAN },
            };
            (change, group)
        })
        .collect();
    changes.sort_by(|(a, _), (b, _)| b.change.total_cmp(&a.change).then_with(|| a.model.cmp(&b.model)));
    Ok((changes, groups))
}

/// Whether duty takes a larger part of the price than under the baseline: where a maker answers its rivals with a higher price its normal
/// duty is higher in dollars, and about the same part.
pub(super) fn weighs_more(row: &ModelRow) -> bool {
    const PART: f64 = 0.002;
    let [now, before] = [0.0, 1.0].map(|back| {
        let at = |summary: &Summary| summary.mean - back * summary.change;
        at(&row.duty_usd_per_car) / at(&row.sticker_price_usd)
    });
    now > before + PART
}

/// Models that a page has room for; of more, those that gain and lose most are shown.
const MOST: usize = 48;
const ROW: f64 = 17.0;
const BAR: f64 = 9.0;
const HEAD: f64 = 22.0;
/// Room beside the plot: before the names, and for figures at the right.
const BESIDE: [f64; 2] = [26.0, 235.0];
/// Left and right edge of the plot on a sheet of this width: names have the room that the longest needs, half of what there is at most.
pub(super) fn plot<'a>(
    names: impl Iterator<Item = &'a str>,
    width: f64,
    [indent, figures]: [f64; 2],
) -> Result<(f64, f64), ChartError> {
    let right = width - figures;
    let before = MARGIN + indent;
    let column =
        text::column(names, STRONG, (0.31 * width - before, (0.5 * width - before).min(right - 120.0 - before)))?;
    Ok((before + column, right))
}
/// Right edges of the columns of figures.
fn columns(width: f64) -> [f64; 3] {
    [width - 160.0, width - 95.0, width - MARGIN]
}

/// Those that are drawn, and what is said of those that are not.
fn most_changed(all: &[(ModelChange, RegionGroup)], most: usize) -> (Vec<&(ModelChange, RegionGroup)>, String) {
    if all.len() <= most {
        return (all.iter().collect(), String::new());
    }
    let half = most / 2;
    let shown = all[..half].iter().chain(&all[all.len() - half..]).collect();
    (shown, format!(" The {half} first and the {half} last of {} models.", all.len()))
}

/// What is seen: who gains and who loses most.
fn title(changes: &[(ModelChange, RegionGroup)], regime: &str) -> String {
    let interval = |change: &ModelChange| [change.change - change.half_width, change.change + change.half_width];
    let told = |change: &ModelChange| {
        let plus = if change.change > 0.0 { "+" } else { "" };
        let first = format!(
            "{} ({plus}{} cars a year)",
            text::brief(&change.model, claims::IN_TITLE),
            text::number(change.change, 0)
        );
        let others = changes.iter().map(|(other, _)| other).filter(|other| other.model != change.model);
        let others = others.map(|other| (other.model.as_str(), interval(other)));
        claims::or_others(&first, &claims::not_told_from(interval(change), others))
    };
    // Without an interval what there is is told.
    let sure = |change: &ModelChange| {
        change.change != 0.0 && (change.half_width.is_nan() || change.half_width < change.change.abs())
    };
    // All of them are looked at: what changes most may be told from nothing less than what changes less.
    let mut sure_ones = changes.iter().map(|(change, _)| change).filter(|change| sure(change));
    let gains = sure_ones.clone().find(|change| change.change > 0.0);
    let loses = sure_ones.rfind(|change| change.change < 0.0);
    match (gains, loses) {
        (Some(gains), Some(loses)) => format!("{regime}: {} gains most, {} loses most", told(gains), told(loses)),
        (Some(gains), None) => format!("{regime}: {} gains most, no loss is told from nothing", told(gains)),
        (None, Some(loses)) => format!("{regime}: {} loses most, no gain is told from nothing", told(loses)),
        (None, None) if changes.iter().all(|(change, _)| change.change == 0.0) => {
            format!("{regime}: no model gains or loses")
        }
        (None, None) => format!("{regime}: no gain or loss is told from nothing"),
    }
}

/// Draws the chart for one regime.
///
/// # Errors
/// [`ChartError::Empty`] where no row of the regime and the context's period has a change; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[ModelRow], regime: &str, context: &ChartContext) -> Result<Svg, ChartError> {
    let (all, groups) = changes(rows, regime, context)?;
    let (changes, left_out) = most_changed(&all, frame::rows(&context.look, ROW, HEAD + VALUE_AXIS, MOST));
    let edges = plot(changes.iter().map(|(change, _)| change.model.as_str()), context.look.width(), BESIDE)?;
    let ends = changes.iter().flat_map(|(c, _)| [c.change, c.change - c.half_width, c.change + c.half_width]);
    let ticks = Ticks::covering(ends.chain([0.0]), 6)
        .ok_or_else(|| ChartError::Empty { chart: CHART, reason: "no change is a number".to_owned() })?;
    let body = HEAD + ROW * changes.len() as f64 + VALUE_AXIS;
    // Paired differences are exactly zero only where a regime changes nothing.
    let unchanged = changes
        .iter()
        .all(|(change, _)| change.change == 0.0 && (change.half_width == 0.0 || change.half_width.is_nan()));
    let intervals = context.replications > 1;
    let own = rows.iter().filter(|row| row.regime == regime && row.period == context.period.name);
    let expected = own.clone().any(|row| row.expected_units.mean.is_finite());
    let sales = if expected { "expected sales" } else { "sales (drawn choices)" };
    let taxed = match changes.iter().any(|(change, _)| change.taxed) {
        true => " Bold: duty is a larger part of its price than under the baseline.",
        false => "",
    };
    let frame = Frame {
        look: context.look.clone(),
        names: Vec::new(),
        title: title(&all, &context.in_title_of_means(regime)),
        subtitle: format!(
            "Change in {sales}, cars a year, against the baseline ({}), by model, greatest gain first; period: {}.{left_out}{taxed}{}",
            context.regime_label(&context.baseline),
            context.period.label(),
            if unchanged { " No model's sales change in any replication." } else { "" },
        ),
        legend: groups
            .all()
            .iter()
            .map(|group| (Key::Bar(groups.style(group)), group.label(&context.flag_label)))
            .collect(),
        footer: if intervals {
            context.footer_of_intervals(&format!(
                "Whiskers and ± are 95% intervals of the mean difference, paired by {}.",
                context.each()
            ))
        } else {
            context.footer("One replication: no intervals.")
        },
    };
    frame.around(body, |canvas, top| {
        for (title, x) in
            ["change a year", if intervals { "±" } else { "" }, "percent"].iter().zip(columns(canvas.width))
        {
            canvas.text((x, top + HEAD - 8.0), title, LABEL.ink(MUTED), Anchor::End)?;
        }
        let first = top + HEAD;
        let bottom = first + ROW * changes.len() as f64;
        for at in (0..changes.len()).step_by(2) {
            let y = first + ROW * at as f64;
            canvas.rect((MARGIN, y), (canvas.width - MARGIN, y + ROW), STRIPE, 1.0)?;
        }
        let scale = ticks.scale(edges.0, edges.1);
        let axis = format!("Change in {sales}, cars a year");
        value_axis(canvas, &ticks, scale, (first, bottom), &axis, |value| ticks.signed_label(value))?;
        for (at, (change, group)) in changes.iter().copied().enumerate() {
            draw_row(canvas, change, groups.style(group), &ticks, scale, first + ROW * (at as f64 + 0.5))?;
        }
        canvas.line(&[(scale.at(0.0), first), (scale.at(0.0), bottom)], Stroke::solid(BLACK, 1.0))
    })
}

fn draw_row(
    canvas: &Canvas,
    change: &ModelChange,
    style: Style,
    ticks: &Ticks,
    scale: AxisScale,
    y: f64,
) -> Result<(), ChartError> {
    let font = if change.taxed { STRONG } else { LABEL };
    let name = text::fit_name(&change.model, font, scale.from - MARGIN - 26.0)?;
    canvas.text_mid((scale.from - 26.0, y), &name, font, Anchor::End)?;
    // Beside the name, where it hides neither the end of the bar nor the interval.
    canvas.marker((scale.from - 14.0, y), 3.8, style)?;
    let (zero, end) = (scale.at(0.0), scale.at(change.change));
    if change.change != 0.0 {
        canvas.rect((zero.min(end), y - BAR / 2.0), (zero.max(end), y + BAR / 2.0), style.ink, 1.0)?;
    }
    if change.half_width.is_finite() {
        let (low, high) = (scale.at(change.change - change.half_width), scale.at(change.change + change.half_width));
        let stroke = Stroke::solid(BLACK, 1.0);
        canvas.line(&[(low, y), (high, y)], stroke)?;
        canvas.line(&[(low, y - 3.0), (low, y + 3.0)], stroke)?;
        canvas.line(&[(high, y - 3.0), (high, y + 3.0)], stroke)?;
        canvas.text_mid(
            (columns(canvas.width)[1], y),
            &text::half_width(change.half_width, &ticks.finer(change.half_width)),
            LABEL.ink(theme::MUTED),
            Anchor::End,
        )?;
    }
    canvas.text_mid((columns(canvas.width)[0], y), &ticks.signed_finer(change.change), font, Anchor::End)?;
    canvas.text_mid((columns(canvas.width)[2], y), &text::percent_change(change.relative), LABEL, Anchor::End)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;

    #[test]
    fn series_is_annual_sorted_and_has_student_intervals() {
        let study = fixtures::showdown(3);
        let changes = series(&study.models, "imposed", &study.context).unwrap();
        assert_eq!(changes.len(), 50);
        assert!(changes.windows(2).all(|pair| pair[0].change >= pair[1].change));
        let flagship = changes.iter().find(|change| change.model == "Lexus LS 400").unwrap();
        let row = study.models.iter().find(|row| row.regime == "imposed" && row.model == "LS 400").unwrap();
        assert_eq!(flagship.change, row.units.change / 2.0);
        // t(0.975, 2) = 4.30265 (any table).
        let half_width = 4.302_65 * row.units.change_std_error / 2.0;
        assert!((flagship.half_width / half_width - 1.0).abs() < 1e-5);
        assert!((flagship.relative - row.units.change / (row.units.mean - row.units.change)).abs() < 1e-12);
        assert_eq!(flagship.group, "Japan, on the sanctions list");
    }

    /// Expected sales lead where a run has them; in runs in time there are drawn ones alone.
    #[test]
    fn expected_sales_lead() {
        let mut study = fixtures::showdown(3);
        study.models.iter_mut().for_each(|row| row.expected_units = row.units.times(0.5));
        let text =
            |study: &fixtures::Study| draw(&study.models, "imposed", &study.context).unwrap().as_str().to_owned();
        let change = |study: &fixtures::Study| series(&study.models, "imposed", &study.context).unwrap()[0].change;
        let expected = change(&study);
        assert!(text(&study).contains("Change in expected sales, cars a year"));
        study.models.iter_mut().for_each(|row| row.expected_units = Summary::UNDEFINED);
        assert_eq!(change(&study), 2.0 * expected);
        assert!(text(&study).contains("Change in sales (drawn choices), cars a year"));
    }

    /// A title names nobody whose gain or loss may be chance.
    #[test]
    fn what_may_be_chance_is_not_told() {
        let mut study = fixtures::showdown(3);
        let told = |study: &fixtures::Study| {
            let svg = draw(&study.models, "imposed", &study.context).unwrap();
            svg.as_str().split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned()
        };
        assert!(told(&study).contains(" gains most, ") && told(&study).contains(" loses most"));
        for row in &mut study.models {
            row.expected_units.change_std_error = row.expected_units.change.abs();
        }
        assert!(told(&study).ends_with("no gain or loss is told from nothing"), "{}", told(&study));
    }

    /// The models that change most may be unsure, and others between them told from nothing.
    #[test]
    fn a_title_looks_at_every_model() {
        let study = fixtures::showdown(3);
        let (mut changes, _) = changes(&study.models, "imposed", &study.context).unwrap();
        let count = changes.len();
        changes.iter_mut().for_each(|(change, _)| change.half_width = 2.0 * change.change.abs() + 1.0);
        assert_eq!(title(&changes, "X"), "X: no gain or loss is told from nothing");
        for (at, name, change) in [(1, "Volvo 940", 433.0), (count - 2, "Mazda Millenia", -1_874.0)] {
            let own = &mut changes[at].0;
            (own.model, own.change, own.half_width) = (name.into(), change, f64::abs(change) - 6.0);
        }
        let told = title(&changes, "X");
        assert!(told.starts_with("X: Volvo 940 (+433 cars a year) or "), "{told}");
        assert!(told.contains(" gains most, Mazda Millenia (−1,874 cars a year) or "), "{told}");
        assert!(told.ends_with(" loses most"), "{told}");
    }

    /// Bold marks what is taxed in the regime, not what has the flag.
    #[test]
    fn bold_models_are_those_whose_duty_rises() {
        let mut study = fixtures::showdown(3);
        for row in &mut study.models {
            // A little of all where prices have risen, and much of what is taxed.
            let more = if row.regime == "imposed" && row.brand == "BMW" { 500.0 } else { 10.0 };
            (row.duty_usd_per_car.mean, row.duty_usd_per_car.change) = (600.0 + more, more);
            (row.sticker_price_usd.mean, row.sticker_price_usd.change) = (40_400.0, 400.0);
        }
        let taxed = |regime: &str| {
            let changes = series(&study.models, regime, &study.context).unwrap();
            changes.into_iter().filter(|change| change.taxed).map(|change| change.model).collect::<Vec<_>>()
        };
        assert!(taxed("imposed").len() == 4 && taxed("imposed").iter().all(|model| model.starts_with("BMW")));
        let other = &study.context.regimes.iter().find(|regime| regime.name != "imposed").unwrap().name;
        assert!(taxed(other).is_empty());
        let drawn = |regime: &str| draw(&study.models, regime, &study.context).unwrap().as_str().to_owned();
        assert!(drawn("imposed").contains("Bold: duty") && !drawn(other).contains("Bold: duty"));
    }

    #[test]
    fn unknown_regime_or_period_is_an_error() {
        let study = fixtures::showdown(3);
        assert!(matches!(draw(&study.models, "none", &study.context), Err(ChartError::Empty { .. })));
        for (name, weeks) in [("none", 104), ("all", 0)] {
            let mut context = study.context.clone();
            (context.period.name, context.period.weeks) = (name.into(), weeks);
            assert!(matches!(draw(&study.models, "imposed", &context), Err(ChartError::Empty { .. })));
        }
    }

    #[test]
    fn the_period_is_printed_with_its_dates() {
        let mut study = fixtures::showdown(3);
        let drawn =
            |study: &fixtures::Study| draw(&study.models, "imposed", &study.context).unwrap().as_str().to_owned();
        assert!(drawn(&study).contains("the whole horizon, 31 December 1994 to 27 December 1996"));
        study.models.iter_mut().for_each(|row| row.period = "after_deadline".into());
        study.context.period.name = "after_deadline".into();
        assert!(drawn(&study).contains("after deadline, 31 December 1994"));
    }
}
