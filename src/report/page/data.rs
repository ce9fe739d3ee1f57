//! Frames as JSON inside a page: columns, words by number in a list, six digits of every number.

use serde_json::{Value as Json, json};

use super::words::rounded;
use super::{Block, Chart, ChartForm, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Pick};

/// What the page's script reads, safe inside a `script` element.
pub(super) fn data(page: &Page) -> String {
    let blocks = page.blocks();
    let charts =
        blocks.iter().filter_map(|block| if let Block::Chart(chart) = block { Some(of_chart(chart)) } else { None });
    let tables =
        blocks.iter().filter_map(|block| if let Block::Table(table) = block { Some(of_table(table)) } else { None });
    let data = json!({
        "frames": page.frames.iter().map(of_frame).collect::<Vec<Json>>(),
        "charts": charts.collect::<Vec<Json>>(),
        "tables": tables.collect::<Vec<Json>>(),
    });
    // Inside a script element only `</script` and `<!--` mean anything.
    data.to_string().replace('<', "\\u003c")
}

fn of_frame(frame: &DataFrame) -> Json {
    let columns = frame.columns.iter().enumerate().map(|(at, column)| of_column(frame, at, column));
    json!({ "name": frame.name, "rows": frame.rows.len(), "columns": columns.collect::<Vec<Json>>() })
}

fn of_column(frame: &DataFrame, at: usize, column: &FrameColumn) -> Json {
    let mut described = json!({
        "name": column.name,
        "label": column.label,
        "show": column.show.as_str(),
        "signed": column.signed,
        "interval": column.interval,
    });
    let mut words: Vec<&str> = Vec::new();
    let mut place: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    let mut values: Vec<Json> = Vec::with_capacity(frame.rows.len());
    let in_words = frame.rows.iter().any(|row| matches!(row[at], FrameValue::Text(_)));
    for row in &frame.rows {
        values.push(match &row[at] {
            FrameValue::Text(text) => {
                let next = words.len();
                let at = *place.entry(text).or_insert(next);
                if at == next {
                    words.push(text);
                }
                at.into()
            }
            FrameValue::Number(number) => compact(*number),
        });
    }
    described["values"] = values.into();
    if in_words {
        described["words"] = words.into();
    }
    described
}

/// A number in as few characters as its digits need.
fn compact(number: f64) -> Json {
    let number = rounded(number);
    match number {
        number if !number.is_finite() => Json::Null,
        number if number.fract() == 0.0 && number.abs() < 1e15 => (number as i64).into(),
        number => number.into(),
    }
}

fn picks(picks: &[Pick]) -> Vec<Json> {
    picks.iter().map(|pick| json!({ "column": pick.column, "start": pick.start })).collect()
}

fn of_chart(chart: &Chart) -> Json {
    json!({
        "name": chart.name,
        "title": chart.title,
        "frame": chart.frame,
        "form": match chart.form {
            ChartForm::Intervals => "intervals",
            ChartForm::Lines => "lines",
            ChartForm::Points => "points",
        },
        "x": chart.x,
        "y": chart.y,
        "series": chart.series,
        "picks": picks(&chart.picks),
        "most": chart.most,
        "events": chart.events,
    })
}

fn of_table(table: &FrameTable) -> Json {
    json!({
        "name": table.name,
        "frame": table.frame,
        "columns": table.columns,
        "picks": picks(&table.picks),
        "searched": table.searched,
        "most": if table.most == usize::MAX { Json::Null } else { table.most.into() },
    })
}
