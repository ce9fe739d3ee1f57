//! The charts of a sensitivity study, from its results.

use std::path::PathBuf;

use super::charts::sensitivity::bars::{self, Shown};
use super::charts::sensitivity::{OutputContext, convergence, ranking, screening, tornado};
use super::charts::{ChartError, Svg, headline_label, write_into};
use super::study::{Described, describe};
use crate::folder::OutputFolder;
use crate::sensitivity::{Index, Scheme};
use crate::study::response::ResponseTarget;
use crate::study::sensitivity::{FinishedSensitivity, ScenarioStudy};

/// Draws and writes the charts of every output, as SVG and PNG; returns their paths. A chart with nothing to show is left out.
///
/// # Errors
/// [`ChartError`] when a chart cannot be drawn or written.
pub fn write_charts(
    folder: &OutputFolder,
    study: &ScenarioStudy<'_>,
    finished: &FinishedSensitivity,
) -> Result<Vec<PathBuf>, ChartError> {
    let charts = folder.below("charts");
    let forms = study.loaded.look.written();
    let mut paths = Vec::new();
    for target in &study.targets {
        let context = context(study, finished, target);
        for (name, drawn) in draw(study.scheme, finished, &context) {
            match drawn {
                Ok(svg) => {
                    paths.extend(write_into(&charts, &svg, &format!("{name}_{}", file_name(&target.name)), forms)?);
                }
                Err(ChartError::Empty { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(paths)
}

/// Every chart of one output, by its kind.
fn draw(
    scheme: Scheme,
    finished: &FinishedSensitivity,
    context: &OutputContext,
) -> Vec<(&'static str, Result<Svg, ChartError>)> {
    let indices = &finished.reading.analysis.indices;
    let shown = shown(scheme);
    let mut charts = vec![match scheme {
        Scheme::OneAtATime { quantiles } => {
            let value = |row: usize, input: usize| finished.design.row(row)[input];
            let values: Vec<[f64; 2]> = (0..finished.problem.len())
                .map(|input| [value(1 + 2 * input, input), value(2 + 2 * input, input)])
                .collect();
            ("tornado", tornado::draw(indices, &values, quantiles, context))
        }
        Scheme::Morris { .. } => ("screening", screening::draw(indices, context)),
        _ => {
            let share = |row: &&Index| row.output == context.output && row.index == "replication_share";
            let share = indices.iter().find(share).map(|row| row.estimate.value);
            ("indices", bars::draw(indices, shown, share, context))
        }
    }];
    if !shown.is_empty() {
        let looks: Vec<(u64, &[Index])> = finished
            .looks
            .iter()
            .map(|(n, reading)| {
                (scheme.rows(finished.problem.factors().len(), *n) as u64, reading.analysis.indices.as_slice())
            })
            .collect();
        charts.push(("convergence", convergence::draw(&looks, shown, context)));
    }
    if let Some(found) = finished.reading.rankings.iter().find(|ranking| ranking.output == context.output) {
        charts.push(("ranking", ranking::draw(found, context)));
    }
    charts
}

/// The indices that bars and convergence show, the leading one last.
fn shown(scheme: Scheme) -> &'static [Shown] {
    const FIRST: Shown = Shown { index: "S1", label: "S1: alone" };
    const TOTAL: Shown = Shown { index: "ST", label: "ST: with all its interactions" };
    match scheme {
        Scheme::OneAtATime { .. } => &[],
        Scheme::Morris { .. } => &[Shown { index: "mu_star", label: "μ*: mean absolute effect" }],
        Scheme::Sobol { .. } | Scheme::Fast => &[FIRST, TOTAL],
        Scheme::RbdFast => &[FIRST],
        Scheme::Pawn => &[Shown { index: "mean", label: "PAWN: mean Kolmogorov-Smirnov distance" }],
        Scheme::Delta => &[Shown { index: "delta", label: "δ: mean shift of the distribution" }],
    }
}

fn context(study: &ScenarioStudy<'_>, finished: &FinishedSensitivity, target: &ResponseTarget) -> OutputContext {
    let scenario = &study.loaded.scenario;
    let Described { unit, what, .. } = describe(&target.metric, scenario);
    let what = headline_label(&what, scenario.market.regions.as_slice());
    let regime = |name: &String| {
        let known = scenario.regimes.values().find(|regime| regime.name == *name);
        known.map_or(name.clone(), |regime| regime.label.clone())
    };
    let under = match &target.baseline {
        Some(baseline) => format!("{}, less {}", regime(&target.regime), regime(baseline)),
        None => regime(&target.regime),
    };
    let period = if target.period == "all" { String::new() } else { format!(", {}", target.period) };
    let label = |name: &str| {
        let known = study.loaded.parameters.list.iter().find(|item| item.name == name);
        (name.to_owned(), known.map_or(name.to_owned(), |item| item.label.clone()))
    };
    let design = match study.scheme {
        Scheme::Sobol { randomisations, .. } => format!("Sobol' design, {randomisations} randomisations"),
        Scheme::OneAtATime { .. } => "One at a time".to_owned(),
        Scheme::Morris { .. } => "Morris trajectories".to_owned(),
        Scheme::Fast => "FAST curves".to_owned(),
        Scheme::RbdFast | Scheme::Pawn | Scheme::Delta => "Scrambled Sobol' sample".to_owned(),
    };
    OutputContext {
        scenario: scenario.title.clone(),
        output: target.name.clone(),
        label: format!("{what} ({under}{period})"),
        unit: unit.to_owned(),
        inputs: finished.problem.factors().iter().map(|factor| label(&factor.name)).collect(),
        design,
        rows: finished.design.rows() as u64,
        replications: study.replications,
        seed: scenario.seed,
        level: study.resampling.level,
        look: study.loaded.look.clone(),
    }
}

/// The name of an output as part of a file name.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
}
