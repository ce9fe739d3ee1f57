//! The report of the governments' bargaining alone.

use super::origin::StudyOrigin;
use super::words::{counted, number};
use super::{Block, Chart, ChartForm, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Section, Show};
use crate::report::negotiation::{OffersRow, SettlementDateRow};
use crate::study::negotiation::Metric;

/// Worlds of bargaining, and what became of them.
#[derive(Clone, Copy, Debug)]
pub struct BargainingFacts<'a> {
    /// The scenario's title.
    pub title: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its seed.
    pub seed: u64,
    /// Worlds.
    pub worlds: u64,
    /// The share of deals that the reward for executing was solved for, if it was.
    pub solved_for: Option<f64>,
    /// Whether `signs.csv` was asked for.
    pub signs: bool,
    /// Outcomes.
    pub metrics: &'a [Metric],
    /// Limits and offers, day by day.
    pub offers: &'a [OffersRow],
    /// Days of the first deals.
    pub dates: &'a [SettlementDateRow],
}

/// The report of worlds of bargaining.
#[must_use]
pub fn page(study: &BargainingFacts<'_>, origin: &StudyOrigin) -> Page {
    let mut page = Page {
        title: study.title.to_owned(),
        kind: "The governments' bargaining alone".into(),
        asked: vec![format!("{} of bargaining, seed {}.", counted(study.worlds, "world"), study.seed)],
        answer: answer(study.metrics, study.solved_for),
        intervals: vec![
            "A standard error is over worlds: simulation noise only. What is not known of the payoffs, which are mostly set by judgement, is in none of them."
                .into(),
            "Bands of limits and offers are no intervals of a mean: nine worlds of ten lie in them.".into(),
        ],
        ..Page::default()
    };
    let charts: Vec<Block> = settled(study, &mut page).into_iter().chain(offers(study, &mut page)).collect();
    if !charts.is_empty() {
        page.sections.push(Section { title: "How it goes, day by day".into(), blocks: charts });
    }
    let columns = vec![
        FrameColumn::text("metric", "Metric"),
        FrameColumn::new("mean", "Mean", Show::Number),
        FrameColumn::new("std_error", "Standard error", Show::Number),
        FrameColumn::new("worlds", "Worlds", Show::Number),
    ];
    let mut frame = DataFrame::new("negotiation", "tables/negotiation.csv", columns);
    for metric in study.metrics {
        let numbers = [metric.mean, metric.std_error, metric.worlds as f64];
        let name = FrameValue::from(metric.name.as_str());
        frame.rows.push(std::iter::once(name).chain(numbers.map(FrameValue::from)).collect());
    }
    let table = FrameTable {
        name: "negotiation".into(),
        caption: "Means over the worlds that each metric concerns; docs/governments.md defines them.".into(),
        columns: vec![0, 1, 2, 3],
        frame: page.add(frame),
        picks: Vec::new(),
        searched: true,
        most: usize::MAX,
    };
    page.sections.push(Section { title: "All metrics".into(), blocks: vec![Block::Table(table)] });
    origin.section(&mut page);
    let solved = study.solved_for.map_or_else(String::new, |share| format!(" --solve-k={share}"));
    let signs = if study.signs { " --signs" } else { "" };
    let rest = format!(" --seed {} --worlds {}{solved}{signs}", study.seed, study.worlds);
    let cited = format!("{}, {} of bargaining, seed {}", study.name, counted(study.worlds, "world"), study.seed);
    page.again = origin.again("negotiate", &rest, false, &cited);
    page
}

/// The chart of the days on which worlds settle; none where none does.
fn settled(study: &BargainingFacts<'_>, page: &mut Page) -> Option<Block> {
    if study.dates.is_empty() {
        return None;
    }
    let columns = vec![
        FrameColumn::new("date", "Day of the first deal", Show::Date),
        FrameColumn::text("state", "Where the dispute stands"),
        FrameColumn::new("share", "Worlds that settle on this day", Show::Percent),
        FrameColumn::new("so_far", "Worlds that have settled", Show::Percent),
        FrameColumn::new("commitment", "Mean size of these deals, 0 to 1", Show::Number),
    ];
    let mut frame = DataFrame::new("settlement_dates", "tables/settlement_dates.csv", columns);
    let mut days: Vec<&SettlementDateRow> = study.dates.iter().collect();
    days.sort_by_key(|row| row.date);
    let mut so_far = 0.0;
    for row in days {
        so_far += row.share;
        let mut cells: Vec<FrameValue> = vec![row.date.to_string().into(), row.state.as_str().into()];
        cells.extend([row.share, so_far, row.commitment].map(FrameValue::from));
        frame.rows.push(cells);
    }
    Some(Block::Chart(Chart {
        name: "settlement_dates".into(),
        title: "When they settle".into(),
        reading: "Share of all worlds that have struck their first deal by a day, in percent.".into(),
        frame: page.add(frame),
        form: ChartForm::Lines,
        x: 0,
        y: 3,
        series: None,
        picks: Vec::new(),
        most: None,
        foot: format!("Of {}; no interval.", counted(study.worlds, "world")),
        events: Vec::new(),
    }))
}

/// The chart of limits and offers up to the deadline.
fn offers(study: &BargainingFacts<'_>, page: &mut Page) -> Option<Block> {
    if study.offers.is_empty() {
        return None;
    }
    let columns = vec![
        FrameColumn::text("series", "Of what"),
        FrameColumn::new("date", "Day, after its round of talks", Show::Date),
        FrameColumn::new("median", "Commitment: median over worlds, 0 to 1", Show::Number).within(3, 4),
        FrameColumn::new("low", "5% quantile", Show::Number),
        FrameColumn::new("high", "95% quantile", Show::Number),
    ];
    let mut frame = DataFrame::new("offers", "tables/offers.csv", columns);
    for row in study.offers {
        let series = match row.series.as_str() {
            "limit_partner" => "the most that the partner would sign",
            "limit_home" => "the least that the home government would take",
            "offer_partner" => "the partner's offer",
            "offer_home" => "the home government's offer",
            other => other,
        };
        let mut cells: Vec<FrameValue> = vec![series.into(), row.date.to_string().into()];
        cells.extend([row.commitment_q50, row.commitment_q05, row.commitment_q95].map(FrameValue::from));
        frame.rows.push(cells);
    }
    Some(Block::Chart(Chart {
        name: "offers".into(),
        title: "Limits and offers up to the deadline".into(),
        reading:
            "Size of the commitment, from nothing (0) to all that was asked (1), as if nobody signed before the deadline. A deal is possible where the \
             partner would sign more than the home government would take."
                .into(),
        frame: page.add(frame),
        form: ChartForm::Lines,
        x: 1,
        y: 2,
        series: Some(0),
        picks: Vec::new(),
        most: None,
        foot: format!("Bands have the middle 90% of {}.", counted(study.worlds, "world")),
        events: Vec::new(),
    }))
}

/// Whether they settle, on what, and what becomes of sanctions.
fn answer(metrics: &[Metric], solved_for: Option<f64>) -> Vec<(String, String)> {
    let of = |name: &str| metrics.iter().find(|metric| metric.name == name && metric.mean.is_finite());
    let share = |name: &str| of(name).map(|metric| number(metric.mean, Show::Percent, false));
    let error = |name: &str| {
        of(name)
            .map_or_else(String::new, |metric| format!(", {:.1} points of standard error", 100.0 * metric.std_error))
    };
    let mut said = Vec::new();
    if let Some(settled) = share("settled_by_deadline") {
        let put_in = match solved_for {
            Some(target) => {
                format!(" The reward for executing was solved so that {} do: it is no finding.", number(target, Show::Percent, false))
            }
            None => " The payoffs that decide it are put in; the reward for executing may have been solved for this very share.".to_owned(),
        };
        let late = share("settled_last_two_days")
            .map_or_else(String::new, |late| format!("; of these {late} in the last two days"));
        let error = error("settled_by_deadline");
        said.push((
            "Do they settle".into(),
            format!("In {settled} of the worlds by the deadline ({}){late}.{put_in}", error.trim_start_matches(", ")),
        ));
    }
    if let (Some(plans), Some(size)) = (share("settled_on_company_plans"), of("commitment_mean")) {
        let text = format!(
            "On companies' plans in {plans} of the deals, at a commitment of {:.2} on a scale from nothing to all that was asked.",
            size.mean
        );
        said.push(("On what".into(), text));
    }
    if let (Some(later), Some(imposed)) = (share("imposed_settled_later"), share("imposed")) {
        let years = of("imposed_years")
            .map_or_else(String::new, |years| format!(", and they stand for {:.1} years in the mean", years.mean));
        let text = format!("Sanctions are imposed in {imposed} of the worlds; {later} of these settle later{years}.");
        said.push(("And if not".into(), text));
    }
    said
}
