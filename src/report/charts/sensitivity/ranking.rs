//! Which input matters more, as a matrix of probabilities: the most important input first.

use super::{FIRST, OutputContext, SECOND};
use crate::report::charts::canvas::{Anchor, Stroke};
use crate::report::charts::frame::Frame;
use crate::report::charts::theme::{Ink, LABEL, MARGIN, STRIPE, Type, WHITE};
use crate::report::charts::{ChartError, Svg, text};
use crate::sensitivity::Ranking;

const CHART: &str = "ranking";

/// The numbers that [`draw`] plots: labels in order of importance, and the probability that the input of a row matters more than that of a column.
///
/// # Errors
/// [`ChartError::Empty`] where fewer than two inputs can be compared.
pub fn series(ranking: &Ranking, context: &OutputContext) -> Result<(Vec<String>, Vec<Vec<f64>>), ChartError> {
    let order = ranking.order();
    let label = |at: &usize| {
        let name = &ranking.parameters[*at];
        context.inputs.iter().find(|(known, _)| known == name).map_or(name.clone(), |(_, label)| label.clone())
    };
    let row = |i: &usize| order.iter().map(|j| ranking.probability[*i][*j]).collect::<Vec<f64>>();
    let cells: Vec<Vec<f64>> = order.iter().map(row).collect();
    if order.len() < 2 || !cells.iter().flatten().any(|p| p.is_finite() && *p != 0.5) {
        return Err(ChartError::Empty { chart: CHART, reason: "no two inputs can be told apart".to_owned() });
    }
    Ok((order.iter().map(label).collect(), cells))
}

/// Share of the width that names have.
const LEFT: f64 = 0.27;
const HEAD: f64 = 22.0;

/// Draws the chart.
///
/// # Errors
/// [`ChartError::Empty`] as for [`series`]; [`ChartError::Draw`] where the drawing library fails.
pub fn draw(ranking: &Ranking, context: &OutputContext) -> Result<Svg, ChartError> {
    let (labels, cells) = series(ranking, context)?;
    let frame = Frame {
        look: context.look.clone(),
        names: Vec::new(),
        title: title(&cells, context),
        subtitle: format!(
            "Probability, in percent, that {} of the input in the row is larger than that of the input in the column. Columns are numbered as rows; the other \
             half would say the same.",
            match ranking.index {
                "mu_star" => "μ*",
                "delta" => "δ",
                index => index,
            }
        ),
        legend: Vec::new(),
        footer: context.footer("50 is a toss-up; 100 is rounded."),
    };
    let count = labels.len() as f64;
    let left_edge = MARGIN + LEFT * context.look.width();
    let width = ((context.look.width() - MARGIN - left_edge) / count).min(64.0);
    let height = width.clamp(26.0, 30.0);
    frame.around(HEAD + height * count, |canvas, top| {
        for (i, label) in labels.iter().enumerate() {
            let y = top + HEAD + height * (i as f64 + 0.5);
            let number = format!("{}", i + 1);
            let x = left_edge + width * (i as f64 + 0.5);
            canvas.text((x, top + HEAD - 7.0), &number, LABEL, Anchor::Middle)?;
            canvas.name((left_edge - 32.0, y), label, left_edge - MARGIN - 40.0, Anchor::End)?;
            canvas.text_mid((left_edge - 10.0, y), &number, LABEL, Anchor::End)?;
            for (j, probability) in cells[i].iter().enumerate() {
                let left = left_edge + width * j as f64;
                let (from, to) = ((left, y - height / 2.0), (left + width, y + height / 2.0));
                if j < i {
                    continue;
                }
                if i == j || !probability.is_finite() {
                    canvas.rect(from, to, STRIPE, 1.0)?;
                    continue;
                }
                let ink = shade(*probability);
                canvas.rect(from, to, ink, 1.0)?;
                canvas.line(&[from, (to.0, from.1), to, (from.0, to.1), from], Stroke::solid(WHITE, 1.0))?;
                let font = Type { ink: ink.contrast(), ..LABEL.px(10.5) };
                let figure = text::number(100.0 * probability, 0);
                // Of very many inputs a cell has room for its colour alone.
                if text::width(&figure, font)? > width + 1.0 {
                    continue;
                }
                canvas.text_mid((left + width / 2.0, y), &figure, font, Anchor::Middle)?;
            }
        }
        Ok(())
    })
}

/// Blue where the row's input matters more, orange where the column's does, pale where it is open.
/// What is seen: how many pairs are told apart at the level of the intervals.
fn title(cells: &[Vec<f64>], context: &OutputContext) -> String {
    let pairs = || cells.iter().enumerate().flat_map(|(at, row)| row.iter().skip(at + 1)).filter(|p| p.is_finite());
    let sure = pairs().filter(|p| **p >= context.level || **p <= 1.0 - context.level).count();
    format!(
        "The order of {sure} of {} pairs of inputs is sure at {}: {}",
        pairs().count(),
        context.level(),
        context.label
    )
}

fn shade(probability: f64) -> Ink {
    let ink = if probability >= 0.5 { FIRST } else { SECOND };
    ink.lighter(1.0 - (2.0 * (probability - 0.5).abs()).clamp(0.0, 1.0) * 0.9)
}
