//! The report of a solved static market: equilibria under what-if specifications.

use super::words::{counted, number};
use super::{Block, Chart, ChartForm, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Pick, Section, Show};
use crate::config::case::Case;
use crate::study::solution::ScenarioResult;

/// Rows of a frame; beyond, products that change least are left out.
const MOST_ROWS: usize = 12_000;

/// The report of a solved market. `warnings` are those that are printed, `failed` are scenarios without a solution, with the reason, and
/// `many_starts` is whether other equilibria were looked for.
#[must_use]
pub fn page(
    case: &Case,
    results: &[ScenarioResult],
    warnings: Vec<String>,
    failed: &[(String, String)],
    many_starts: bool,
) -> Page {
    let sum = |values: &[f64]| values.iter().sum::<f64>();
    let mut page = Page {
        title: case.name.clone(),
        kind: "A static market solved".into(),
        asked: vec![
            format!(
                "Equilibrium prices of {} for {} buyers under {}.",
                counted(case.product_ids.len() as u64, "product"),
                number(case.population.len() as f64, Show::Count, false),
                counted(results.len() as u64, "specification")
            ),
            "Money is in the unit of the prices that were given; totals are per unit of the buyers' weights. Changes are against the base: owners as in the \
             file, no duty, no cost shock."
                .into(),
        ],
        intervals: vec![
            "There are no intervals: prices are solved, not simulated. What is not known of the market's parameters, of the buyers that stand for all, and of the \
             model's structure is in none of the numbers."
                .into(),
        ],
        warnings,
        ..Page::default()
    };
    page.warnings.extend(
        failed.iter().map(|(scenario, error)| format!("{scenario} was not solved: {}", error.replace('\n', "; "))),
    );
    page.answer = answer(results, many_starts);
    let columns = vec![
        FrameColumn::text("scenario", "Specification"),
        FrameColumn::new("price", "Mean price", Show::Number),
        FrameColumn::new("inside_share", "Share that buys", Show::Percent),
        FrameColumn::new("consumer_surplus", "Consumer surplus", Show::Number),
        FrameColumn::new("delta_consumer_surplus", "Change of consumer surplus", Show::Number).change(),
        FrameColumn::new("duty_revenue", "Duty", Show::Number),
        FrameColumn::new("net_profit", "Profit", Show::Number),
        FrameColumn::new("hhi", "Concentration (HHI)", Show::Number),
        FrameColumn::new("residual", "Residual", Show::Number),
    ];
    let mut frame = DataFrame::new("summary", "summary.csv", columns);
    for result in results {
        let inside = sum(&result.share);
        let mean = result.price.iter().zip(&result.share).map(|(price, share)| price * share).sum::<f64>() / inside;
        let mut cells: Vec<FrameValue> = vec![result.name.as_str().into()];
        let numbers = [
            mean,
            inside,
            result.consumer_surplus,
            result.delta_consumer_surplus,
            sum(&result.duty_revenue),
            sum(&result.net_profit),
            result.hhi,
            result.first_order_residual,
        ];
        cells.extend(numbers.map(FrameValue::from));
        frame.rows.push(cells);
    }
    let frame = page.add(frame);
    let chart = |name: &str, title: &str, reading: &str, frame, x, y, picks, most| {
        Block::Chart(Chart {
            name: name.into(),
            title: title.into(),
            reading: reading.into(),
            frame,
            form: ChartForm::Intervals,
            x,
            y,
            series: None,
            picks,
            most,
            foot: "Solved, not simulated: no interval.".into(),
            events: Vec::new(),
        })
    };
    let table = FrameTable {
        name: "summary".into(),
        caption: "The specifications beside each other. The residual is that of the first-order conditions.".into(),
        frame,
        columns: (0..9).collect(),
        picks: Vec::new(),
        searched: results.len() > 12,
        most: 200,
    };
    let blocks = vec![
        Block::Table(table),
        chart(
            "surplus",
            "What buyers gain or lose",
            "Change of consumer surplus against the base.",
            frame,
            4,
            0,
            Vec::new(),
            Some(30),
        ),
        chart("duty", "Duty collected", "Duty per unit of the buyers' weights.", frame, 5, 0, Vec::new(), Some(30)),
    ];
    page.sections.push(Section { title: "The specifications side by side".into(), blocks });
    products(case, results, &mut page);
    page.again = vec![
        (
            "Run it again".into(),
            "In the folder of the case. scenarios.json has every specification as it was solved.".into(),
            "stickershock solve CASE --out RESULTS".into(),
        ),
        (
            "Cite it".into(),
            "Name the program, its version and the case.".into(),
            format!("Stickershock {} (commit {}), {}", env!("CARGO_PKG_VERSION"), crate::report::COMMIT, case.name),
        ),
    ];
    page
}

/// The specification that changes consumer surplus most.
fn moves_most(results: &[ScenarioResult]) -> Option<&ScenarioResult> {
    let size = |result: &&ScenarioResult| result.delta_consumer_surplus.abs();
    results.iter().filter(|result| size(result).is_finite()).max_by(|a, b| size(a).total_cmp(&size(b)))
}

fn answer(results: &[ScenarioResult], many_starts: bool) -> Vec<(String, String)> {
    let Some(most) = moves_most(results) else { return Vec::new() };
    let sum = |values: &[f64]| values.iter().sum::<f64>();
    let said = |value: f64, signed: bool| number(value, Show::Number, signed);
    let changed = results.iter().filter(|result| result.delta_consumer_surplus.abs() > 1e-9).count();
    let buyers = if changed == 0 {
        "No specification changes consumer surplus.".to_owned()
    } else {
        format!(
            "Consumer surplus changes under {changed} of {}, most under “{}”: by {}.",
            counted(results.len() as u64, "specification"),
            most.name,
            said(most.delta_consumer_surplus, true)
        )
    };
    let others = format!(
        "There duty is {} and profit {}, with {} of the buyers buying one of the products.",
        said(sum(&most.duty_revenue), false),
        said(sum(&most.net_profit), false),
        number(sum(&most.share), Show::Percent, false)
    );
    let worst = results.iter().map(|result| result.first_order_residual).fold(0.0, f64::max);
    let gain = results.iter().filter(|result| !result.deviations.is_empty()).count();
    let several = results.iter().filter(|result| !result.other_equilibria.is_empty()).count();
    let others_found = match many_starts {
        true => format!("other equilibria were found under {several}"),
        false => "other equilibria were not looked for (`--many-starts` does)".to_owned(),
    };
    let sure = format!(
        "First-order conditions hold to {}; some owner would gain by moving one price far under {gain} of {}; {others_found}. The numbers hold for the \
         parameters given.",
        said(worst, false),
        counted(results.len() as u64, "specification")
    );
    vec![("What buyers gain or lose".into(), buyers), ("The others".into(), others), ("How sure".into(), sure)]
}

fn products(case: &Case, results: &[ScenarioResult], page: &mut Page) {
    let columns = vec![
        FrameColumn::text("scenario", "Specification"),
        FrameColumn::text("product", "Product"),
        FrameColumn::text("owner", "Owner"),
        FrameColumn::new("price", "Price", Show::Number),
        FrameColumn::new("price_change", "Change of price", Show::Number).change(),
        FrameColumn::new("share", "Share", Show::Percent),
        FrameColumn::new("duty", "Duty a unit", Show::Number),
        FrameColumn::new("profit", "Profit", Show::Number),
        FrameColumn::new("own_elasticity", "Own elasticity", Show::Number),
    ];
    let mut frame = DataFrame::new("products", "results.csv", columns);
    let room = (MOST_ROWS / results.len().max(1)).max(20);
    for result in results {
        let mut places: Vec<usize> = (0..result.products.len()).collect();
        if places.len() > room {
            let size = |place: usize| result.price_change[place].abs();
            places.sort_by(|a, b| size(*b).total_cmp(&size(*a)).then(a.cmp(b)));
            places.truncate(room);
            places.sort_unstable();
            frame.left_out = format!(
                "Up to {room} products of each specification, those whose price changes most; all are in results.csv."
            );
        }
        for place in places {
            let product = result.products[place];
            let words =
                [result.name.as_str(), &case.product_ids[product], &case.firm_ids[product]].map(FrameValue::from);
            let mut cells: Vec<FrameValue> = words.into();
            let numbers = [
                result.price[place],
                result.price_change[place],
                result.share[place],
                result.duty_per_unit[place],
                result.net_profit[place],
                result.own_elasticity[place],
            ];
            cells.extend(numbers.map(FrameValue::from));
            frame.rows.push(cells);
        }
    }
    let Some(start) = moves_most(results).or_else(|| results.first()).map(|result| result.name.clone()) else { return };
    let frame = page.add(frame);
    let picks = || vec![Pick { column: 0, start: start.clone() }];
    let blocks = vec![
        Block::Chart(Chart {
            name: "products".into(),
            title: "Whose prices change".into(),
            reading: "Change of the price against the base: the products with the largest changes.".into(),
            frame,
            form: ChartForm::Intervals,
            x: 4,
            y: 1,
            series: None,
            picks: picks(),
            most: Some(24),
            foot: "Solved, not simulated: no interval.".into(),
            events: Vec::new(),
        }),
        Block::Table(FrameTable {
            name: "products".into(),
            caption: "Products under one specification.".into(),
            frame,
            columns: (1..9).collect(),
            picks: picks(),
            searched: true,
            most: 100,
        }),
    ];
    page.sections.push(Section { title: "Product by product".into(), blocks });
}
