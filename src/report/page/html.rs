//! `report.html`: one file that needs no network and no other file. Readable without scripts; with them charts answer to the pointer, tables are
//! sorted and searched, and regimes, periods and models are picked. All that came from a scenario is escaped; a content security policy lets no
//! script run but the two of this program.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Block, Chart, DataFrame, FrameTable, Page, Section, data, markdown, svg};

/// Observable Plot, the parts that are used; `assets/build.sh` makes it.
const PLOT: &str = include_str!("assets/plot.js");
/// The page's own script.
const SCRIPT: &str = include_str!("assets/page.js");
/// Its licences, and those of what it is made of.
const NOTICE: &str = include_str!("assets/NOTICE");
/// Hashes of the two scripts, as a content security policy names them: no other script runs in a page.
const HASHES: [&str; 2] =
    ["sha256-lB8/Egb3Lc3zRPUQ+91dninb46H4Nzf+EF06hLrdqC0=", "sha256-zbo5GWgDd6/7XcFug5T/uT/Bz/ansRLMhkPJpK7zTe4="];
/// Its style.
const STYLE: &str = include_str!("assets/page.css");
/// Rows of a chart's table where no script runs.
const MOST_STATIC: usize = 60;

/// The page as HTML.
#[must_use]
pub fn render(page: &Page) -> String {
    let policy = format!(
        "default-src 'none'; script-src '{}' '{}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
        HASHES[0], HASHES[1]
    );
    let place = |i: usize| format!("part-{}", i + 1);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "Stickershock " (env!("CARGO_PKG_VERSION")) };
                title { (page.title) " – " (page.kind) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#answer" { "To the answer" }
                header {
                    p.kind { (page.kind) }
                    h1 { (page.title) }
                    @for sentence in &page.asked { p.asked { (prose(sentence)) } }
                }
                main {
                    section #answer aria-labelledby="answer-title" {
                        h2 #answer-title { "The answer" }
                        dl.answer { @for (head, sentence) in &page.answer { div { dt { (head) } dd { (prose(sentence)) } } } }
                        @if !page.besides.is_empty() {
                            dl.besides { @for (head, sentence) in &page.besides { dt { (head) } dd { (prose(sentence)) } } }
                        }
                        @if !page.warnings.is_empty() {
                            div.warnings { h3 { "Before you use a number" } ul { @for warning in &page.warnings { li { (prose(warning)) } } } }
                        }
                    }
                    nav aria-label="Contents" {
                        ol {
                            @for (i, part) in page.sections.iter().enumerate() { li { a href={ "#" (place(i)) } { (part.title) } } }
                            li { a href="#intervals" { "What the intervals contain" } }
                            @if !page.model.is_empty() { li { a href="#model" { "The model in words" } } }
                            @if !page.again.is_empty() { li { a href="#again" { "Run it again, check it, cite it" } } }
                        }
                    }
                    @for (i, part) in page.sections.iter().enumerate() { (section(page, part, &place(i))) }
                    section #intervals aria-labelledby="intervals-title" {
                        h2 #intervals-title { "What the intervals contain" }
                        @for sentence in &page.intervals { p { (prose(sentence)) } }
                    }
                    @if !page.model.is_empty() {
                        section #model aria-labelledby="model-title" {
                            h2 #model-title { "The model in words" }
                            p { "What the model is as this scenario configures it, by the ODD protocol; the same stands in " code { "model.md" } "." }
                            details.model { summary { "Read it here" } (markdown::render(&page.model)) }
                        }
                    }
                    @if !page.again.is_empty() {
                        section #again aria-labelledby="again-title" {
                            h2 #again-title { "Run it again, check it, cite it" }
                            @for (head, text, command) in &page.again { h3 { (head) } p { (prose(text)) } pre tabindex="0" { code { (command) } } }
                        }
                    }
                }
                footer {
                    p {
                        "Written by Stickershock " (env!("CARGO_PKG_VERSION")) ". The tables beside this file have every number in full precision; "
                        "datapackage.json says what each column is."
                        @if page.blocks().iter().any(|block| matches!(block, Block::Chart(_))) { " Charts are drawn with Observable Plot and D3 (ISC licence)." }
                    }
                }
                script #data type="application/json" { (PreEscaped(data::data(page))) }
                script type="text/plain" { (PreEscaped(NOTICE)) }
                script { (PreEscaped(PLOT)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

/// A sentence, with what stands between backticks as code.
fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    // One that has no partner is a sign like any other.
    let paired = parts.len() % 2 == 1;
    html! {
        @if paired {
            @for (at, part) in parts.iter().enumerate() { @if at % 2 == 1 { code { (part) } } @else { (part) } }
        } @else { (text) }
    }
}

fn section(page: &Page, part: &Section, place: &str) -> Markup {
    html! {
        section id=(place) aria-labelledby={ (place) "-title" } {
            h2 id={ (place) "-title" } { (part.title) }
            @for block in &part.blocks { (shown(page, block)) }
        }
    }
}

fn shown(page: &Page, block: &Block) -> Markup {
    html! {
        @match block {
            Block::Text(text) => { p { (prose(text)) } }
            Block::Chart(chart) => { (figure(&page.frames[chart.frame], chart)) }
            Block::Table(table) => { (listing(&page.frames[table.frame], table)) }
            Block::Choice(choice) => {
                // The script puts a list to pick from in front, and opens what is picked.
                div.choice data-label=(choice.label) {
                    @for (i, (name, blocks)) in choice.options.iter().enumerate() {
                        @if i == 0 {
                            div.option data-name=(name) { @for block in blocks { (shown(page, block)) } }
                        } @else {
                            details.option data-name=(name) { summary { (choice.label) ": " (name) } @for block in blocks { (shown(page, block)) } }
                        }
                    }
                }
            }
        }
    }
}

/// Where all of a frame stands, and how.
fn in_full(frame: &DataFrame) -> Markup {
    html! { "In full: " code { (frame.file) } @if !frame.stands.is_empty() { ", " (prose(&frame.stands)) } "." }
}

/// What is picked, for readers without scripts.
fn picked(frame: &DataFrame, picks: &[super::Pick]) -> Markup {
    html! {
        @if !picks.is_empty() {
            p.picked {
                @for (i, pick) in picks.iter().enumerate() {
                    @if i > 0 { " · " }
                    (frame.columns[pick.column].label) ": " strong { (pick.start) }
                }
            }
        }
    }
}

/// Rows of a chart: those picked, the largest of them where there are too many.
fn rows_of(chart: &Chart, frame: &DataFrame) -> Vec<usize> {
    let mut rows = frame.picked(&chart.picks);
    if let Some(most) = chart.most {
        let size = |row: usize| frame.rows[row][chart.x].number();
        rows.retain(|row| size(*row).is_finite());
        rows.sort_by(|a, b| size(*b).abs().total_cmp(&size(*a).abs()).then(a.cmp(b)));
        rows.truncate(most);
        rows.sort_by(|a, b| size(*b).total_cmp(&size(*a)).then(a.cmp(b)));
    }
    rows
}

fn figure(frame: &DataFrame, chart: &Chart) -> Markup {
    let rows = rows_of(chart, frame);
    let columns: Vec<usize> = match chart.form {
        super::ChartForm::Intervals => [chart.y, chart.x].into(),
        _ => chart.series.into_iter().chain([chart.x, chart.y]).collect(),
    };
    let events: Vec<(&str, &str)> = svg::marked(chart).collect();
    html! {
        figure.chart #{ "chart-" (chart.name) } aria-labelledby={ "chart-" (chart.name) "-title" } {
            h3 id={ "chart-" (chart.name) "-title" } { (chart.title) }
            p.reading { (prose(&chart.reading)) }
            div.controls { (picked(frame, &chart.picks)) }
            div.drawing tabindex="0" role="group" aria-label=(chart.title) { (svg::key(chart, frame, &rows)) (svg::draw(chart, frame, &rows)) }
            p.axis { (frame.columns[chart.x].label) }
            @if !chart.events.is_empty() {
                ol.events { @for (date, label) in events { li { (date) ", " (label) } } }
            }
            figcaption {
                (prose(&chart.foot)) " "
                @if !frame.left_out.is_empty() { (prose(&frame.left_out)) " " }
                (in_full(frame))
            }
            details {
                summary { "The numbers of this chart" }
                (cells(frame, &columns, &rows, MOST_STATIC, &format!("The numbers of: {}", chart.title)))
            }
        }
    }
}

fn listing(frame: &DataFrame, table: &FrameTable) -> Markup {
    let rows = frame.picked(&table.picks);
    html! {
        div.listing #{ "table-" (table.name) } {
            div.controls { (picked(frame, &table.picks)) }
            (cells(frame, &table.columns, &rows, table.most, &table.caption))
            @if !frame.left_out.is_empty() { p.reading { (prose(&frame.left_out)) } }
            @if !frame.stands.is_empty() { p.reading { (in_full(frame)) } }
        }
    }
}

/// A value, its interval on a line of its own.
fn cell(frame: &DataFrame, row: usize, column: usize) -> Markup {
    let (text, interval) = frame.shown(row, column);
    // An interval may be broken between its ends, and a number not from its unit.
    let interval = interval.map(|interval| {
        [" bn", " mn", " k"].iter().fold(interval, |text, unit| text.replace(unit, &unit.replace(' ', "\u{a0}")))
    });
    html! { (text) @if let Some(interval) = interval { " " small { (interval) } } }
}

fn cells(frame: &DataFrame, columns: &[usize], rows: &[usize], most: usize, caption: &str) -> Markup {
    let words = |column: usize| matches!(frame.columns[column].show, super::Show::Text);
    let class = |column: usize| match frame.columns[column].show {
        super::Show::Text => None,
        super::Show::Date => Some("number date"),
        _ => Some("number"),
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { span { (prose(caption)) } }
                thead { tr { @for column in columns { th scope="col" .number[!words(*column)] { (frame.columns[*column].label) } } } }
                tbody {
                    @for row in rows.iter().take(most) {
                        tr {
                            @for (i, column) in columns.iter().enumerate() {
                                @if i == 0 { th scope="row" class=[class(*column)] { (cell(frame, *row, *column)) } }
                                @else { td class=[class(*column)] { (cell(frame, *row, *column)) } }
                            }
                        }
                    }
                }
            }
        }
        @if rows.len() > most { p.more { "The first " (most) " of " (rows.len()) " rows." } }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::{HASHES, PLOT, SCRIPT};

    #[test]
    fn the_hashes_are_those_of_the_scripts() {
        let hash = |script: &str| format!("sha256-{}", STANDARD.encode(Sha256::digest(script.as_bytes())));
        assert_eq!([hash(PLOT), hash(SCRIPT)], HASHES, "a script has changed: HASHES must be the first two");
    }
}
