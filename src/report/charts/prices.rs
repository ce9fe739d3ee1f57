//! Sticker price before and after a duty, model by model: one panel per regime that taxes any.

use super::axis::Ticks;
use super::canvas::{Anchor, Canvas, Stroke};
use super::frame::{Frame, Key, VALUE_AXIS, value_axis};
use super::theme::{self, BLACK, Ink, LABEL, MARGIN, Marker, PANEL, STRIPE, STRONG, Style};
use super::{ChartContext, ChartError, Svg, text};
use crate::report::rows::DiversionRow;

const CHART: &str = "prices before and after";

/// The taxed models of one regime, or of several with the same prices.
#[derive(Clone, Debug, PartialEq)]
pub struct PricePanel {
    /// Labels of the regimes.
    pub regimes: Vec<String>,
    /// The models, dearest before the duty first.
    pub models: Vec<PriceChange>,
}

/// A model's sticker price in USD before and after the duty.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceChange {
    /// Brand and model.
    pub model: String,
    /// Under the baseline.
    pub before_usd: f64,
    /// Under the regime.
    pub after_usd: f64,
}

/// The numbers that [`draw`] plots. Regimes with the same prices share a panel.
///
/// # Errors
/// [`ChartError::Empty`] where no row has both prices.
pub fn series(rows: &[DiversionRow], context: &ChartContext) -> Result<Vec<PricePanel>, ChartError> {
    let priced = |row: &&DiversionRow| row.price_before_usd.is_finite() && row.price_after_usd.is_finite();
    let mut panels: Vec<PricePanel> = Vec::new();
    for regime in context.in_order(rows.iter().map(|row| row.regime.as_str())) {
        let mut models: Vec<PriceChange> = Vec::new();
        for row in rows.iter().filter(|row| row.regime == regime).filter(priced) {
            let model = text::car_name(&row.brand, &row.model);
            // Each model has a row for every gainer.
            if !models.iter().any(|known| known.model == model) {
                models.push(PriceChange { model, before_usd: row.price_before_usd, after_usd: row.price_after_usd });
            }
        }
        if models.is_empty() {
            continue;
        }
        models.sort_by(|a, b| b.before_usd.total_cmp(&a.before_usd).then_with(|| a.model.cmp(&b.model)));
        let label = context.regime_label(regime).to_owned();
        match panels.iter_mut().find(|panel| panel.models == models) {
            Some(panel) => panel.regimes.push(label),
            None => panels.push(PricePanel { regimes: vec![label], models }),
        }
    }
    if panels.is_empty() {
        return Err(ChartError::Empty {
            chart: CHART,
            reason: "no taxed model has prices before and after".to_owned(),
        });
    }
    Ok(panels)
}

const ROW: f64 = 20.0;
const HEAD: f64 = 40.0;
const BETWEEN: f64 = 18.0;
/// Left and right edge of the plot on a sheet of this width.
fn plot(width: f64) -> (f64, f64) {
    (0.31 * width, width - 225.0)
}
/// Right edges of the columns of figures.
fn columns(width: f64) -> [f64; 3] {
    [width - 158.0, width - 88.0, width - MARGIN]
}

const BEFORE: Style = Style { ink: Ink(60, 60, 60), marker: Marker::Circle, hollow: true };
const AFTER: Style = Style { ink: Ink(213, 94, 0), marker: Marker::Circle, hollow: false };

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] where no row has both prices; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(rows: &[DiversionRow], context: &ChartContext) -> Result<Svg, ChartError> {
    let panels = series(rows, context)?;
    let prices = panels.iter().flat_map(|panel| &panel.models).flat_map(|model| [model.before_usd, model.after_usd]);
    let ticks = Ticks::covering(prices, 6)
        .ok_or_else(|| ChartError::Empty { chart: CHART, reason: "no price is a number".to_owned() })?;
    let height = |panel: &PricePanel| HEAD + ROW * panel.models.len() as f64 + VALUE_AXIS;
    let body = panels.iter().map(height).sum::<f64>() + BETWEEN * (panels.len() - 1) as f64;
    let frame = Frame {
        look: context.look.clone(),
        title: "Sticker price of each taxed model, before and after the duty".to_owned(),
        subtitle: format!(
            "Duty included, US dollars. Before: the baseline ({}). Models in order of their price before.",
            context.regime_label(&context.baseline)
        ),
        legend: vec![(Key::Point(BEFORE), "before the duty".to_owned()), (Key::Point(AFTER), "after".to_owned())],
        footer: context.footer(&format!("List prices in the last week, mean over {}s.", context.each())),
    };
    frame.around(body, |canvas, mut top| {
        for panel in &panels {
            draw_panel(canvas, panel, &ticks, top)?;
            top += height(panel) + BETWEEN;
        }
        Ok(())
    })
}

fn draw_panel(canvas: &Canvas, panel: &PricePanel, ticks: &Ticks, top: f64) -> Result<(), ChartError> {
    let name = text::fit(&panel.regimes.join("; "), PANEL, canvas.width - 2.0 * MARGIN)?;
    canvas.text((MARGIN, top + 12.0), &name, PANEL, Anchor::Start)?;
    for (title, x) in ["before", "after", "change"].iter().zip(columns(canvas.width)) {
        canvas.text((x, top + HEAD - 8.0), title, LABEL.ink(theme::MUTED), Anchor::End)?;
    }
    let first = top + HEAD;
    let bottom = first + ROW * panel.models.len() as f64;
    for at in (0..panel.models.len()).step_by(2) {
        let y = first + ROW * at as f64;
        canvas.rect((MARGIN, y), (canvas.width - MARGIN, y + ROW), STRIPE, 1.0)?;
    }
    let scale = ticks.scale(plot(canvas.width).0, plot(canvas.width).1);
    value_axis(canvas, ticks, scale, (first, bottom), "Sticker price, US dollars", |value| ticks.label(value))?;
    for (at, model) in panel.models.iter().enumerate() {
        let y = first + ROW * (at as f64 + 0.5);
        let (before, after) = (scale.at(model.before_usd), scale.at(model.after_usd));
        let name = text::fit_name(&model.model, LABEL, plot(canvas.width).0 - MARGIN - 12.0)?;
        canvas.text_mid((plot(canvas.width).0 - 12.0, y), &name, LABEL, Anchor::End)?;
        canvas.line(&[(before, y), (after, y)], Stroke::solid(AFTER.ink.lighter(0.45), 2.6))?;
        canvas.marker((before, y), 4.4, BEFORE)?;
        canvas.marker((after, y), 4.4, AFTER)?;
        let change = text::percent_change(model.after_usd / model.before_usd - 1.0);
        let figures =
            [(text::number(model.before_usd, 0), LABEL), (text::number(model.after_usd, 0), STRONG), (change, LABEL)];
        for ((figure, font), x) in figures.iter().zip(columns(canvas.width)) {
            canvas.text_mid((x, y), figure, font.ink(BLACK), Anchor::End)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::fixtures;

    #[test]
    fn series_has_each_taxed_model_once_and_merges_equal_regimes() {
        let study = fixtures::showdown(3);
        let panels = series(&study.diversion, &study.context).unwrap();
        assert_eq!(panels.len(), 2, "two regimes tax the same models alike, one taxes all imports");
        assert_eq!(panels[0].regimes.len(), 2);
        assert_eq!(panels[0].models.len(), 11);
        assert_eq!(panels[0].models[0].model, "Infiniti Q45");
        let flagship = panels[0].models.iter().find(|model| model.model == "Lexus LS 400").unwrap();
        assert_eq!((flagship.before_usd, flagship.after_usd), (51_680.0, 87_856.0));
        assert!(panels[0].models.windows(2).all(|pair| pair[0].before_usd >= pair[1].before_usd));
    }

    #[test]
    fn no_prices_is_an_error() {
        let mut study = fixtures::showdown(3);
        for row in &mut study.diversion {
            row.price_after_usd = f64::NAN;
        }
        assert!(matches!(draw(&study.diversion, &study.context), Err(ChartError::Empty { .. })));
        assert!(matches!(draw(&[], &study.context), Err(ChartError::Empty { .. })));
    }
}
