//! Sticker prices model by model under a regime, mean over a period, beside those of the baseline: taxed models and rivals.

use super::axis::Ticks;
use super::canvas::{Anchor, Stroke};
use super::frame::{self, Frame, Key, VALUE_AXIS, value_axis};
use super::theme::{self, BLACK, Ink, LABEL, MARGIN, Marker, STRIPE, STRONG, Style};
use super::winners_losers::{plot, weighs_more};
use super::{ChartContext, ChartError, Svg, claims, text};
use crate::numerics::student;
use crate::report::rows::{ModelRow, Summary};

const CHART: &str = "model prices";

/// A model's sticker price in USD without and with the policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceChange {
    /// Brand and model.
    pub model: String,
    /// Whether the regime raises its duty in the period.
    pub taxed: bool,
    /// Under the baseline.
    pub before_usd: f64,
    /// Under the regime.
    pub after_usd: f64,
    /// Whether the interval of the change tells it from nothing; without one whatever changes is told.
    pub told: bool,
}

impl PriceChange {
    fn relative(&self) -> f64 {
        self.after_usd / self.before_usd - 1.0
    }
}

/// The numbers that [`draw`] plots: the models whose price moves, by the size of the move; and how many models there are.
///
/// # Errors
/// [`ChartError::Empty`] where no price moves.
pub fn series(
    rows: &[ModelRow],
    regime: &str,
    context: &ChartContext,
) -> Result<(Vec<PriceChange>, usize), ChartError> {
    let reach = student::quantile(context.replications.saturating_sub(1), 0.975);
    let told = |price: &Summary| {
        let half = reach * price.change_std_error;
        price.change != 0.0 && (half.is_nan() || half < price.change.abs())
    };
    let own: Vec<PriceChange> = rows
        .iter()
        .filter(|row| row.regime == regime && row.period == context.period.name)
        .map(|row| PriceChange {
            model: text::car_name(&row.brand, &row.model),
            taxed: weighs_more(row),
            before_usd: row.sticker_price_usd.mean - row.sticker_price_usd.change,
            after_usd: row.sticker_price_usd.mean,
            told: told(&row.sticker_price_usd),
        })
        .collect();
    let all = own.len();
    // Half a tenth of a percent is written as nothing.
    let mut moved: Vec<PriceChange> = own.into_iter().filter(|model| model.relative().abs() >= 0.0005).collect();
    if moved.is_empty() {
        return Err(ChartError::Empty { chart: CHART, reason: "no price moves".to_owned() });
    }
    moved.sort_by(|a, b| b.relative().abs().total_cmp(&a.relative().abs()).then_with(|| a.model.cmp(&b.model)));
    Ok((moved, all))
}

const ROW: f64 = 18.0;
const HEAD: f64 = 22.0;
/// Models that a page has room for.
const MOST: usize = 44;
/// Room beside the plot: before the names, and for figures at the right.
const BESIDE: [f64; 2] = [12.0, 225.0];
/// Right edges of the columns of figures.
fn columns(width: f64) -> [f64; 3] {
    [width - 158.0, width - 88.0, width - MARGIN]
}

const BEFORE: Style = Style { ink: Ink(60, 60, 60), marker: Marker::Circle, hollow: true };
const AFTER: Style = Style { ink: Ink(213, 94, 0), marker: Marker::Circle, hollow: false };

/// What is seen: how many models cost more and how many less, and by how much at most.
fn title(models: &[PriceChange], regime: &str) -> String {
    let side = |up: bool| {
        let own: Vec<&PriceChange> =
            models.iter().filter(|model| model.told && (model.relative() > 0.0) == up).collect();
        let first = own.first()?;
        let (cost, word) = if own.len() == 1 { ("costs", "model") } else { ("cost", "models") };
        let more = if up { "more" } else { "less" };
        let most = text::number(100.0 * first.relative().abs(), 1);
        let model = text::brief(&first.model, claims::IN_TITLE);
        let by = if own.len() == 1 { "by" } else { "by up to" };
        Some(format!("{} {word} {cost} {more}, {by} {most}% ({model})", own.len()))
    };
    let sides: Vec<String> = [true, false].into_iter().filter_map(side).collect();
    match sides.is_empty() {
        true => format!("{regime}: no change of a price is told from nothing"),
        false => format!("{regime}: {}", sides.join("; ")),
    }
}

/// Draws the chart of one regime over the context's period.
///
/// # Errors
/// [`ChartError::Empty`] where no price moves; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[ModelRow], regime: &str, context: &ChartContext) -> Result<Svg, ChartError> {
    let (models, all) = series(rows, regime, context)?;
    let shown = &models[..models.len().min(frame::rows(&context.look, ROW, HEAD + VALUE_AXIS, MOST))];
    let names = shown.iter().map(|model| model.model.as_str());
    let (left, right) = plot(names, context.look.width(), BESIDE)?;
    let prices = shown.iter().flat_map(|model| [model.before_usd, model.after_usd]);
    let ticks = Ticks::covering(prices, 6)
        .ok_or_else(|| ChartError::Empty { chart: CHART, reason: "no price is a number".to_owned() })?;
    let left_out = match all - shown.len() {
        0 => String::new(),
        _ if shown.len() == 1 => format!(" The one of {all} models whose price moves most."),
        _ => format!(" The {} of {all} models whose price moves most.", shown.len()),
    };
    let bold = if shown.iter().any(|model| model.taxed) { " Bold: duty is a larger part of the price." } else { "" };
    let frame = Frame {
        look: context.look.clone(),
        names: Vec::new(),
        title: title(&models, &context.in_title_of_means(regime)),
        subtitle: format!(
            "Sticker price, duty included, US dollars, mean over {}. Without the policy: {}. The title counts changes that their intervals tell from nothing.{left_out}{bold}",
            context.period.label(),
            context.regime_label(&context.baseline),
        ),
        legend: vec![(Key::Point(BEFORE), "without the policy".to_owned()), (Key::Point(AFTER), "with it".to_owned())],
        footer: context.footer(context.of_means()),
    };
    frame.around(HEAD + ROW * shown.len() as f64 + VALUE_AXIS, |canvas, top| {
        for (title, x) in ["without", "with", "change"].iter().zip(columns(canvas.width)) {
            canvas.text((x, top + HEAD - 8.0), title, LABEL.ink(theme::MUTED), Anchor::End)?;
        }
        let first = top + HEAD;
        let bottom = first + ROW * shown.len() as f64;
        for at in (0..shown.len()).step_by(2) {
            let y = first + ROW * at as f64;
            canvas.rect((MARGIN, y), (canvas.width - MARGIN, y + ROW), STRIPE, 1.0)?;
        }
        let scale = ticks.scale(left, right);
        value_axis(canvas, &ticks, scale, (first, bottom), "Sticker price, US dollars", |value| ticks.label(value))?;
        for (at, model) in shown.iter().enumerate() {
            let y = first + ROW * (at as f64 + 0.5);
            let (before, after) = (scale.at(model.before_usd), scale.at(model.after_usd));
            let font = if model.taxed { STRONG } else { LABEL };
            let name = text::fit_name(&model.model, font, left - MARGIN - 12.0)?;
            canvas.text_mid((left - 12.0, y), &name, font, Anchor::End)?;
            canvas.line(&[(before, y), (after, y)], Stroke::solid(AFTER.ink.lighter(0.45), 2.6))?;
            canvas.marker((before, y), 4.2, BEFORE)?;
            canvas.marker((after, y), 4.2, AFTER)?;
            let change = text::percent_change(model.relative());
            let figures = [text::number(model.before_usd, 0), text::number(model.after_usd, 0), change];
            for (figure, x) in figures.iter().zip(columns(canvas.width)) {
                canvas.text_mid((x, y), figure, LABEL.ink(BLACK), Anchor::End)?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;

    #[test]
    fn models_whose_price_moves_are_shown_with_what_the_title_says() {
        let study = fixtures::showdown(3);
        let (models, all) = series(&study.models, "imposed", &study.context).unwrap();
        assert_eq!((models.len(), all), (11, 50));
        let flagship = models.iter().find(|model| model.model == "Lexus LS 400").unwrap();
        assert!((flagship.before_usd - 51_680.0).abs() < 1e-9 && (flagship.after_usd - 87_856.0).abs() < 1e-9);
        assert!(flagship.taxed);
        assert_eq!(title(&models, "X"), "X: 11 models cost more, by up to 70.0% (Acura Legend)");
        let one = PriceChange { after_usd: 90.0, before_usd: 100.0, ..models[0].clone() };
        assert_eq!(
            title(&[models[0].clone(), one.clone()], "X"),
            "X: 1 model costs more, by 70.0% (Acura Legend); 1 model costs less, by 10.0% (Acura Legend)"
        );
        // What its interval does not tell from nothing is not counted.
        let unsure = PriceChange { told: false, ..one };
        assert_eq!(title(&[models[0].clone(), unsure.clone()], "X"), "X: 1 model costs more, by 70.0% (Acura Legend)");
        assert_eq!(title(&[unsure], "X"), "X: no change of a price is told from nothing");
        let mut rows = study.models.clone();
        rows.iter_mut().for_each(|row| row.sticker_price_usd.change_std_error = 1e6);
        let (untold, _) = series(&rows, "imposed", &study.context).unwrap();
        assert!(untold.len() == models.len() && untold.iter().all(|model| !model.told));
    }

    #[test]
    fn no_moving_price_is_an_error() {
        let study = fixtures::showdown(3);
        let baseline = &study.context.baseline;
        assert!(matches!(draw(&study.models, baseline, &study.context), Err(ChartError::Empty { .. })));
        assert!(matches!(draw(&[], "imposed", &study.context), Err(ChartError::Empty { .. })));
    }
}
