//! The report of the governments' bargaining alone.

use super::words::{counted, number};
use super::{Block, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Section, Show};
use crate::study::negotiation::Metric;

/// The report of so many worlds of bargaining; `solved_for` is the share of deals that the reward for executing was solved for, if it was.
#[must_use]
pub fn page(title: &str, seed: u64, worlds: u64, metrics: &[Metric], solved_for: Option<f64>) -> Page {
    let mut page = Page {
        title: title.to_owned(),
        kind: "The governments' bargaining alone".into(),
        asked: vec![format!("{} of bargaining, seed {seed}.", counted(worlds, "world"))],
        answer: answer(metrics, solved_for),
        intervals: vec![
            "A standard error is over worlds: simulation noise only. What is not known of the payoffs, which are mostly set by judgement, is in none of them."
                .into(),
        ],
        ..Page::default()
    };
    let columns = vec![
        FrameColumn::text("metric", "Metric"),
        FrameColumn::new("mean", "Mean", Show::Number),
        FrameColumn::new("std_error", "Standard error", Show::Number),
        FrameColumn::new("worlds", "Worlds", Show::Number),
    ];
    let mut frame = DataFrame::new("negotiation", "tables/negotiation.csv", columns);
    for metric in metrics {
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
    page
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
