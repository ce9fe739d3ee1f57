//! The report of a sensitivity study: which inputs matter.

use super::origin::StudyOrigin;
use super::words::{between, counted, list, number};
use super::{Block, Chart, ChartForm, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Pick, Section, Show};
use crate::report::words::{Described, describe};
use crate::sensitivity::{Index, Scheme};
use crate::study::response::ResponseTarget as Target;
use crate::study::sensitivity::{FinishedSensitivity as Finished, ScenarioStudy};

/// The report of a sensitivity study.
#[must_use]
pub fn page(study: &ScenarioStudy<'_>, finished: &Finished) -> Page {
    let scenario = &study.loaded.scenario;
    let indices = &finished.reading.analysis.indices;
    let inputs = finished.problem.factors().len() as u64;
    let level = number(study.resampling.level, Show::Percent, false).replace(".0%", "%");
    let mut page = Page {
        title: scenario.title.clone(),
        kind: "Sensitivity: which inputs matter".into(),
        asked: vec![
            format!(
                "How much each of {} matters for {} ({}).",
                counted(inputs, "input"),
                counted(study.targets.len() as u64, "output"),
                method(study.scheme)
            ),
            format!(
                "{} of {}, seed {}.",
                counted(finished.design.rows() as u64, "point"),
                counted(study.replications, "replication"),
                scenario.seed
            ),
        ],
        warnings: finished.reading.analysis.warnings.clone(),
        ..Page::default()
    };
    if !finished.failures.is_empty() {
        page.warnings.push(format!(
            "{} could not be run, and took {} of the design with them; the first: {}",
            counted(finished.failures.len() as u64, "point"),
            counted(finished.reading.left_out as u64, "unit"),
            finished.failures[0].1.lines().next().unwrap_or_default()
        ));
    }
    page.answer = answer(study, finished, &level);
    page.intervals = vec![
        match study.scheme {
            Scheme::OneAtATime { .. } => format!(
                "Intervals are {level} intervals over the {} of a point: simulation noise only.",
                counted(study.replications, "replication")
            ),
            _ => format!(
                "Intervals are {level} intervals over the independent units of the design. They contain which points were drawn and simulation noise: \
                 how far the index would move if the study were done again."
            ),
        },
        "They do not contain that the distributions of the inputs may be others, nor what is not known of the model's structure. An index is about the \
         ranges that the inputs were given."
            .into(),
    ];
    charts(study, finished, indices, &level, &mut page);
    rankings(study, finished, &mut page);
    let origin = StudyOrigin::of(study.loaded);
    origin.section(&mut page);
    let method = study.scheme.name();
    let rest = format!(" --method {method}{}", options(study, finished));
    let cited = format!("{}, {method}, n = {}, seed {}", scenario.name, finished.n, scenario.seed);
    page.again = origin.again("sensitivity", &rest, false, &cited);
    page
}

/// The options of the study, as the command line has them.
fn options(study: &ScenarioStudy<'_>, finished: &Finished) -> String {
    let names = |of: fn(&Target) -> &str| {
        let mut names: Vec<&str> = study.targets.iter().map(of).collect();
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        names.join(",")
    };
    let scheme = match study.scheme {
        Scheme::OneAtATime { quantiles: [low, high] } => format!(" --quantiles {low},{high}"),
        Scheme::Morris { levels } => format!(" --levels {levels}"),
        Scheme::Sobol { randomisations, second_order } => {
            format!(" --randomisations {randomisations}{}", if second_order { " --second-order" } else { "" })
        }
        Scheme::Fast | Scheme::RbdFast | Scheme::Pawn | Scheme::Delta => String::new(),
    };
    let size =
        if matches!(study.scheme, Scheme::OneAtATime { .. }) { String::new() } else { format!(" --n {}", finished.n) };
    format!(
        "{scheme}{size} --replications {} --metrics {} --regime {} --baseline {} --period {}{} --level {} --seed {}",
        study.replications,
        names(|target| &target.metric),
        names(|target| &target.regime),
        names(|target| target.baseline.as_deref().unwrap_or("none")),
        names(|target| &target.period),
        if study.dummy { " --dummy" } else { "" },
        study.resampling.level,
        study.loaded.scenario.seed,
    )
}

/// A method, in words.
fn method(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::OneAtATime { .. } => "one input at a time",
        Scheme::Morris { .. } => "elementary effects on Morris trajectories",
        Scheme::Sobol { .. } => "shares of variance, Sobol' indices",
        Scheme::Fast => "shares of variance, FAST",
        Scheme::RbdFast => "first-order shares of variance, RBD-FAST",
        Scheme::Pawn => "distances between distributions, PAWN",
        Scheme::Delta => "shift of the distribution, delta",
    }
}

/// An index, in words.
fn index_words(index: &str) -> String {
    let words = match index {
        "S1" => "share of the variance alone (S1)",
        "ST" => "share of the variance with interactions (ST)",
        "mu_star" => "mean absolute effect (mu*)",
        "mu" => "mean effect (mu)",
        "sigma" => "spread of the effects (sigma)",
        "low" => "output at the low value",
        "high" => "output at the high value",
        "swing" => "swing from low to high value",
        "delta" => "shift of the distribution (delta)",
        "mean" => "mean distance (PAWN)",
        other => other,
    };
    words.to_owned()
}

fn label(study: &ScenarioStudy<'_>, input: &str) -> String {
    let known = study.loaded.parameters.list.iter().find(|item| item.name == input);
    known.map_or_else(|| input.to_owned(), |item| item.label.clone())
}

/// What an output is, in words.
fn output(study: &ScenarioStudy<'_>, target: &Target) -> String {
    let scenario = &study.loaded.scenario;
    let Described { what, unit, is_flow, .. } = describe(&target.metric, scenario);
    let regime = |name: &String| {
        let known = scenario.regimes.values().find(|regime| regime.name == *name);
        known.map_or_else(|| name.clone(), |regime| regime.label.clone())
    };
    let under = match &target.baseline {
        Some(baseline) => format!("{}, less {}", regime(&target.regime), regime(baseline)),
        None => regime(&target.regime),
    };
    let period = if target.period == "all" { "the whole horizon".into() } else { target.period.replace('_', " ") };
    let of = if is_flow { format!("in all over {period}") } else { format!("over {period}") };
    format!("{what}, {unit} {of} ({under})")
}

/// The leading index of every input for an output, the largest first.
fn leading<'a>(study: &ScenarioStudy<'_>, indices: &'a [Index], target: &Target) -> Vec<&'a Index> {
    let own = |row: &&Index| {
        row.output == target.name
            && row.index == study.scheme.leading()
            && !row.parameter.is_empty()
            && !row.parameter.contains(':')
    };
    let mut rows: Vec<&Index> = indices.iter().filter(own).filter(|row| row.estimate.value.is_finite()).collect();
    rows.sort_by(|a, b| b.estimate.value.abs().total_cmp(&a.estimate.value.abs()));
    rows
}

fn answer(study: &ScenarioStudy<'_>, finished: &Finished, level: &str) -> Vec<(String, String)> {
    let Some(target) = study.targets.first() else { return Vec::new() };
    let rows = leading(study, &finished.reading.analysis.indices, target);
    let said = |row: &&Index| {
        let [low, high] = row.estimate.interval;
        let interval =
            if low.is_finite() { format!(" ({})", between([low, high], Show::Number, false)) } else { String::new() };
        format!("{}, {}{interval}", label(study, &row.parameter), number(row.estimate.value, Show::Number, false))
    };
    let first: Vec<String> = rows.iter().take(3).map(said).collect();
    let matters = match &first[..] {
        [] => format!("{}: no input has an index.", output(study, target)),
        some => format!(
            "{}: the inputs with the largest {} are {}.",
            output(study, target),
            index_words(study.scheme.leading()),
            list(some)
        ),
    };
    // What an interval does not separate from nothing.
    let small = rows.iter().filter(|row| row.estimate.interval[0] <= 0.0 && row.estimate.interval[1] >= 0.0).count();
    let little = match (rows.len(), small) {
        (0, _) => {
            "No input has an index, so nothing can be said of what matters and what does not; the warnings say why."
                .to_owned()
        }
        (all, 0) => format!("Of all {all} inputs none has an interval that reaches zero."),
        (all, small) => {
            format!("Of {all} inputs {small} have an interval that reaches zero: that they matter at all is not seen.")
        }
    };
    let sure = match finished.worst.is_finite() {
        true if finished.worst <= 1.0 => format!(
            "The intervals are {level} intervals: the noise of the design and of the simulation. They are as narrow as the study was to make them."
        ),
        true => format!(
            "The intervals are {level} intervals: the noise of the design and of the simulation. The widest is {} times as wide as the study was to make it: a \
             larger --n-max lets the design grow.",
            number(finished.worst, Show::Number, false)
        ),
        false => format!(
            "The intervals are {level} intervals; they contain the noise of the study and not what is not known of the inputs' ranges."
        ),
    };
    vec![("What matters".into(), matters), ("What does not".into(), little), ("How sure".into(), sure)]
}

fn charts(study: &ScenarioStudy<'_>, finished: &Finished, indices: &[Index], level: &str, page: &mut Page) {
    let columns = vec![
        FrameColumn::text("output", "Output"),
        FrameColumn::text("index", "Index"),
        FrameColumn::text("input", "Input"),
        FrameColumn::new("estimate", "Estimate", Show::Number).within(4, 5),
        FrameColumn::new("low", "Lower end", Show::Number),
        FrameColumn::new("high", "Upper end", Show::Number),
    ];
    let mut frame = DataFrame::new("indices", "tables/sensitivity.csv", columns);
    let mut plane = DataFrame::new(
        "effects",
        "tables/sensitivity.csv",
        vec![
            FrameColumn::text("output", "Output"),
            FrameColumn::text("input", "Input"),
            FrameColumn::new("mu_star", "Mean absolute effect (mu*)", Show::Number),
            FrameColumn::new("sigma", "Spread of the effects (sigma)", Show::Number),
        ],
    );
    for target in &study.targets {
        let order: Vec<&str> = leading(study, indices, target).iter().map(|row| row.parameter.as_str()).collect();
        let mut names: Vec<&'static str> = Vec::new();
        for row in indices.iter().filter(|row| row.output == target.name && !row.parameter.is_empty()) {
            if !names.contains(&row.index) {
                names.push(row.index);
            }
        }
        let find = |index: &str, input: &str| {
            indices.iter().find(|row| row.output == target.name && row.index == index && row.parameter == input)
        };
        for index in names {
            let pairs = indices
                .iter()
                .filter(|row| row.output == target.name && row.index == index && row.parameter.contains(':'));
            let singles = order.iter().filter_map(|input| find(index, input));
            for row in singles.chain(pairs) {
                let words = [output(study, target), index_words(index), label(study, &row.parameter)];
                let mut cells: Vec<FrameValue> = words.map(FrameValue::from).into();
                let [low, high] = row.estimate.interval;
                cells.extend([row.estimate.value, low, high].map(FrameValue::from));
                frame.rows.push(cells);
            }
        }
        for input in order {
            if let (Some(mu), Some(sigma)) = (find("mu_star", input), find("sigma", input)) {
                let mut cells: Vec<FrameValue> =
                    [output(study, target), label(study, input)].map(FrameValue::from).into();
                cells.extend([mu.estimate.value, sigma.estimate.value].map(FrameValue::from));
                plane.rows.push(cells);
            }
        }
    }
    let start = study.targets.first().map_or_else(String::new, |target| output(study, target));
    let output_of_first = start.clone();
    let frame = page.add(frame);
    let foot = format!("{level} intervals: the noise of the design and of the simulation.");
    let picks =
        vec![Pick { column: 0, start: start.clone() }, Pick { column: 1, start: index_words(study.scheme.leading()) }];
    let mut blocks = vec![Block::Chart(Chart {
        name: "indices".into(),
        title: "Which inputs matter".into(),
        reading: "The index of every input, the one that matters most first.".into(),
        frame,
        form: ChartForm::Intervals,
        x: 3,
        y: 2,
        series: None,
        picks,
        most: None,
        foot: foot.clone(),
        events: Vec::new(),
    })];
    if !plane.rows.is_empty() {
        blocks.push(Block::Chart(Chart {
            name: "effects".into(),
            title: "How evenly inputs work".into(),
            reading: "To the right: matters more. Upwards: its effect depends on where it and the others stand.".into(),
            frame: page.add(plane),
            form: ChartForm::Points,
            x: 2,
            y: 3,
            series: Some(1),
            picks: vec![Pick { column: 0, start }],
            most: None,
            foot: "Intervals stand in the chart above and in the table.".into(),
            events: Vec::new(),
        }));
    }
    blocks.push(Block::Table(FrameTable {
        name: "indices".into(),
        caption: format!("All indices of one output. {foot}"),
        frame,
        columns: vec![1, 2, 3],
        picks: vec![Pick { column: 0, start: output_of_first }],
        searched: true,
        most: 120,
    }));
    page.sections.push(Section { title: "The inputs".into(), blocks });
    if finished.looks.len() > 1 {
        convergence(study, finished, page);
    }
}

/// How the leading index settles as the design grows.
fn convergence(study: &ScenarioStudy<'_>, finished: &Finished, page: &mut Page) {
    let columns = vec![
        FrameColumn::text("output", "Output"),
        FrameColumn::text("input", "Input"),
        FrameColumn::new("points", "Points of the design", Show::Count),
        FrameColumn::new("estimate", &index_words(study.scheme.leading()), Show::Number).within(4, 5),
        FrameColumn::new("low", "Lower end", Show::Number),
        FrameColumn::new("high", "Upper end", Show::Number),
    ];
    let mut frame = DataFrame::new("convergence", "tables/convergence.csv", columns);
    for target in &study.targets {
        // The inputs that matter most in the end.
        let most: Vec<&str> = leading(study, &finished.reading.analysis.indices, target)
            .iter()
            .take(6)
            .map(|row| row.parameter.as_str())
            .collect();
        for input in most {
            for (n, reading) in &finished.looks {
                let rows = leading(study, &reading.analysis.indices, target);
                let Some(row) = rows.iter().find(|row| row.parameter == input) else { continue };
                let mut cells: Vec<FrameValue> =
                    [output(study, target), label(study, input)].map(FrameValue::from).into();
                let points = study.scheme.rows(finished.problem.factors().len(), *n) as f64;
                let [low, high] = row.estimate.interval;
                cells.extend([points, row.estimate.value, low, high].map(FrameValue::from));
                frame.rows.push(cells);
            }
        }
    }
    let start = study.targets.first().map_or_else(String::new, |target| output(study, target));
    let chart = Chart {
        name: "convergence".into(),
        title: "Whether the study is large enough".into(),
        reading:
            "The leading index of the six inputs that matter most, from the first parts of the design up to all of it."
                .into(),
        frame: page.add(frame),
        form: ChartForm::Lines,
        x: 2,
        y: 3,
        series: Some(1),
        picks: vec![Pick { column: 0, start }],
        most: None,
        foot: "Bands are the intervals of each part: the noise of the design and of the simulation.".into(),
        events: Vec::new(),
    };
    page.sections.push(Section { title: "Convergence".into(), blocks: vec![Block::Chart(chart)] });
}

/// Probability that one input matters more than the one after it.
fn rankings(study: &ScenarioStudy<'_>, finished: &Finished, page: &mut Page) {
    let columns = vec![
        FrameColumn::text("output", "Output"),
        FrameColumn::text("input", "Input"),
        FrameColumn::text("other", "Compared with"),
        FrameColumn::new("probability", "Probability that it matters more", Show::Percent),
    ];
    let mut frame = DataFrame::new("ranking", "tables/ranking.csv", columns);
    for target in &study.targets {
        let Some(ranking) = finished.reading.rankings.iter().find(|ranking| ranking.output == target.name) else {
            continue;
        };
        let order: Vec<usize> = leading(study, &finished.reading.analysis.indices, target)
            .iter()
            .filter_map(|row| ranking.parameters.iter().position(|name| *name == row.parameter))
            .collect();
        for pair in order.windows(2) {
            let names = [pair[0], pair[1]].map(|at| label(study, &ranking.parameters[at]));
            let [input, other] = names;
            let mut cells: Vec<FrameValue> = [output(study, target), input, other].map(FrameValue::from).into();
            cells.push(ranking.probability[pair[0]][pair[1]].into());
            frame.rows.push(cells);
        }
    }
    if frame.rows.is_empty() {
        return;
    }
    let table = FrameTable {
        name: "ranking".into(),
        caption: "Each input beside the next in the ranking: near 50% their order is not known.".into(),
        columns: vec![0, 1, 2, 3],
        frame: page.add(frame),
        picks: Vec::new(),
        searched: true,
        most: 100,
    };
    page.sections.push(Section { title: "How sure the ranking is".into(), blocks: vec![Block::Table(table)] });
}
