//! The charts of a sensitivity study, from its results.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::charts::sensitivity::bars::{self, Shown};
use super::charts::sensitivity::{OutputContext, convergence, ranking, screening, tornado};
use super::charts::{ChartError, PeriodContext, Svg, headline_label, write_into};
use super::draw::{Pages, page_name};
use super::draw_points::PointChart;
use super::record::Unreadable;
use super::recorded::{TextLine, TextTable};
use super::words::{Described, describe};
use crate::folder::OutputFolder;
use crate::sensitivity::scheme::IndexReading;
use crate::sensitivity::{Index, IndexEstimate, Ranking, Scheme};
use crate::study::response::ResponseTarget;
use crate::study::sensitivity::{FinishedSensitivity, ScenarioStudy};

/// What the charts of a sensitivity study say beside its tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensitivityFacts {
    /// Of each output.
    pub outputs: Vec<OutputContext>,
    /// What was asked.
    pub scheme: Scheme,
}

/// Key of the facts in `datapackage.json`.
pub const FACTS: &str = "sensitivity_charts";

/// The numbers that the charts of a sensitivity study are drawn from.
#[derive(Clone, Debug, Default)]
pub struct SensitivityRows {
    /// Indices of all outputs.
    indices: Vec<Index>,
    /// Indices from the first parts of the design, and the rows of each part.
    looks: Vec<(u64, Vec<Index>)>,
    /// Which input matters more.
    rankings: Vec<Ranking>,
    /// Low and high value of each input, where it is moved alone.
    values: Vec<[f64; 2]>,
}

impl SensitivityFacts {
    /// Those of a study.
    #[must_use]
    pub fn of(study: &ScenarioStudy<'_>, finished: &FinishedSensitivity) -> Self {
        let outputs = study.targets.iter().map(|target| context(study, finished, target)).collect();
        Self { outputs, scheme: study.scheme }
    }
}

impl SensitivityRows {
    fn of(study: &ScenarioStudy<'_>, finished: &FinishedSensitivity) -> Self {
        let inputs = finished.problem.factors().len();
        let value = |row: usize, input: usize| finished.design.row(row)[input];
        let values = match study.scheme {
            Scheme::OneAtATime { .. } => {
                (0..inputs).map(|input| [value(1 + 2 * input, input), value(2 + 2 * input, input)]).collect()
            }
            _ => Vec::new(),
        };
        let look = |(n, reading): &(usize, IndexReading)| {
            (study.scheme.rows(inputs, *n) as u64, reading.analysis.indices.clone())
        };
        Self {
            indices: finished.reading.analysis.indices.clone(),
            looks: finished.looks.iter().map(look).collect(),
            rankings: finished.reading.rankings.clone(),
            values,
        }
    }

    /// Those of the tables of a folder; `read` gives the text of one, nothing where there is none.
    ///
    /// # Errors
    /// [`ChartError`] where one cannot be read.
    pub fn read(
        facts: &SensitivityFacts,
        read: impl Fn(&str) -> Result<Option<Vec<u8>>, ChartError>,
    ) -> Result<Self, ChartError> {
        let sheet = |name: &'static str| -> Result<TextTable<'static>, ChartError> {
            Ok(TextTable::read(name, &read(name)?.unwrap_or_default())?)
        };
        let indices = sheet("sensitivity")?.lines().map(index).collect::<Result<_, _>>()?;
        let mut looks: Vec<(u64, Vec<Index>)> = Vec::new();
        let mut last = None;
        for line in sheet("convergence")?.lines() {
            let n = line.whole("n")?;
            if last != Some(n) {
                looks.push((line.whole("runs")?, Vec::new()));
                last = Some(n);
            }
            if let Some((_, indices)) = looks.last_mut() {
                indices.push(index(line)?);
            }
        }
        let mut rankings: Vec<Ranking> = Vec::new();
        for line in sheet("ranking")?.lines() {
            add_pair(&mut rankings, line)?;
        }
        let mut values = Vec::new();
        if let (Scheme::OneAtATime { .. }, Some(context)) = (facts.scheme, facts.outputs.first()) {
            let design = sheet("design")?;
            let lines: Vec<TextLine<'_>> = design.lines().collect();
            for (at, (input, _)) in context.inputs.iter().enumerate() {
                if let (Some(low), Some(high)) = (lines.get(1 + 2 * at), lines.get(2 + 2 * at)) {
                    values.push([low.number(input)?, high.number(input)?]);
                }
            }
        }
        Ok(Self { indices, looks, rankings, values })
    }
}

/// Names of indices in the tables.
const INDICES: [&str; 18] = [
    "S1",
    "ST",
    "S2",
    "mu",
    "mu_star",
    "sigma",
    "delta",
    "minimum",
    "mean",
    "median",
    "maximum",
    "CV",
    "variance_of_mean",
    "mean_of_variance",
    "replication_share",
    "base",
    "low",
    "high",
];

fn index_name(line: TextLine<'_>) -> Result<&'static str, Unreadable> {
    let text = line.text("index")?;
    let known = INDICES.iter().chain(&["swing"]).find(|known| **known == text);
    known.copied().ok_or_else(|| line.failed(format!("`{text}` is no index")))
}

fn index(line: TextLine<'_>) -> Result<Index, Unreadable> {
    let estimate = IndexEstimate {
        value: line.number("estimate")?,
        std_error: line.number("std_error")?,
        interval: [line.number("ci_low")?, line.number("ci_high")?],
    };
    Ok(Index {
        output: line.text("output")?.to_owned(),
        parameter: line.text("parameter")?.to_owned(),
        index: index_name(line)?,
        estimate,
        noise: None,
    })
}

/// Adds a line of `ranking.csv`, which has every ordered pair of an output's inputs, to the rankings.
fn add_pair(rankings: &mut Vec<Ranking>, line: TextLine<'_>) -> Result<(), Unreadable> {
    let output = line.text("output")?;
    if rankings.last().is_none_or(|ranking| ranking.output != output) {
        rankings.push(Ranking {
            output: output.to_owned(),
            index: index_name(line)?,
            parameters: Vec::new(),
            difference: Vec::new(),
            probability: Vec::new(),
        });
    }
    let Some(ranking) = rankings.last_mut() else { return Ok(()) };
    let mut place = |name: &str| {
        let known = ranking.parameters.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            ranking.parameters.push(name.to_owned());
            let count = ranking.parameters.len();
            for row in &mut ranking.difference {
                row.resize(count, IndexEstimate::UNDEFINED);
            }
            for row in &mut ranking.probability {
                row.resize(count, 0.5);
            }
            ranking.difference.push(vec![IndexEstimate::UNDEFINED; count]);
            ranking.probability.push(vec![0.5; count]);
            count - 1
        })
    };
    let (one, other) = (place(line.text("parameter")?), place(line.text("other")?));
    ranking.probability[one][other] = line.number("probability")?;
    ranking.difference[one][other] = IndexEstimate {
        value: line.number("difference")?,
        std_error: line.number("std_error")?,
        interval: [f64::NAN; 2],
    };
    Ok(())
}

/// Draws and writes the charts of every output in the forms of the study; returns their paths. A chart with nothing to show is left out.
///
/// # Errors
/// [`ChartError`] when a chart cannot be drawn or written.
pub fn write_charts(
    folder: &OutputFolder,
    study: &ScenarioStudy<'_>,
    finished: &FinishedSensitivity,
) -> Result<Vec<PathBuf>, ChartError> {
    let charts = folder.below("charts");
    let (facts, rows) = (SensitivityFacts::of(study, finished), SensitivityRows::of(study, finished));
    let mut paths = Vec::new();
    for chart in draw_sensitivity(&facts, &rows)? {
        paths.extend(write_into(&charts, &chart.svg, &chart.name, study.loaded.look.written())?);
    }
    Ok(paths)
}

/// The charts of rows and what is said beside them; those that have nothing to show are left out.
///
/// # Errors
/// [`ChartError`] when one cannot be drawn.
pub fn draw_sensitivity(facts: &SensitivityFacts, rows: &SensitivityRows) -> Result<Vec<PointChart>, ChartError> {
    let mut charts = Vec::new();
    for context in &facts.outputs {
        for (kind, table, drawn) in draw(facts.scheme, rows, context) {
            match drawn {
                Ok(pages) => {
                    let name = format!("{kind}_{}", file_name(&context.output));
                    charts.extend(pages.into_iter().enumerate().map(|(at, svg)| PointChart {
                        name: page_name(&name, at),
                        kind,
                        svg: svg.with_data(table),
                    }));
                }
                Err(ChartError::Empty { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(charts)
}

type DrawnOutput = (&'static str, &'static str, Result<Vec<Svg>, ChartError>);

/// Every chart of one output, by its kind and the table of its data.
fn draw(scheme: Scheme, rows: &SensitivityRows, context: &OutputContext) -> Vec<DrawnOutput> {
    let indices = &rows.indices;
    let shown = shown(scheme);
    let ranking = rows.rankings.iter().find(|ranking| ranking.output == context.output);
    let mut charts = vec![match scheme {
        Scheme::OneAtATime { quantiles } => (
            "tornado",
            "sensitivity",
            tornado::draw(indices, &rows.values, quantiles, ranking, context).map(Pages::pages),
        ),
        Scheme::Morris { .. } => {
            ("screening", "sensitivity", screening::draw(indices, ranking, context).map(Pages::pages))
        }
        _ => {
            let share = |row: &&Index| row.output == context.output && row.index == "replication_share";
            let share = indices.iter().find(share).map(|row| row.estimate.value);
            ("indices", "sensitivity", bars::draw(indices, shown, share, ranking, context).map(Pages::pages))
        }
    }];
    if !shown.is_empty() {
        let looks: Vec<(u64, &[Index])> =
            rows.looks.iter().map(|(rows, indices)| (*rows, indices.as_slice())).collect();
        charts.push(("convergence", "convergence", convergence::draw(&looks, shown, context)));
    }
    if let Some(found) = ranking {
        charts.push(("ranking", "ranking", ranking::draw(found, context).map(Pages::pages)));
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
    let period = if target.period == "all" { String::new() } else { format!(", {}", target.period.replace('_', " ")) };
    let of_period = scenario.periods.iter().find(|period| period.name == target.period);
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
        period: of_period.map_or_else(String::new, |period| PeriodContext::of(scenario, period).label()),
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
