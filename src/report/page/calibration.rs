//! The report of a calibration: what was estimated, how well it fits, how sure it is.

use super::origin::StudyOrigin;
use super::words::{between, counted, list, number};
use super::{Block, Chart, ChartForm, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Pick, Section, Show};
use crate::config::calibration::Calibration;
use crate::report::calibration::rows::{FitRow, IdentificationRow, ParameterRow};
use crate::study::calibration::FinishedCalibration as Finished;

/// Beyond so many standard errors a moment counts as missed.
const MISSED: f64 = 2.0;

/// The report of a calibration.
#[must_use]
pub fn page(calibration: &Calibration, finished: &Finished) -> Page {
    let (problem, estimate) = (&calibration.problem, &finished.estimate);
    let loaded = &calibration.scenarios[0];
    let scenario = &loaded.scenario;
    let (fit, parameters) = (FitRow::all(calibration, finished), ParameterRow::all(calibration, finished));
    let mut page = Page {
        title: scenario.title.clone(),
        kind: "Calibration: parameters fitted to evidence".into(),
        asked: vec![
            format!(
                "Which values of {} bring {} of the model nearest to the evidence (simulated method of moments, {}).",
                counted(problem.free.len() as u64, "parameter"),
                counted(problem.targets.len() as u64, "moment"),
                counted(problem.blocks.len() as u64, "block")
            ),
            format!(
                "{} of {}, seed {}.",
                counted(finished.trace.len() as u64, "evaluation"),
                counted(calibration.draws.replications, "replication"),
                scenario.seed
            ),
        ],
        warnings: finished.warnings.iter().map(ToString::to_string).collect(),
        answer: answer(calibration, finished, &fit, &parameters),
        intervals: vec![
            "The interval of an estimate is a 95% normal interval. It contains the errors of the evidence as its table states them, many of which are \
             tolerances and not standard errors, and simulation noise. Where a prior speaks, its share is given beside the estimate."
                .into(),
            "It does not contain that the model's structure may be another, nor what is not known of parameters that are held fixed. A parameter at a bound \
             has no interval."
                .into(),
            "Distances between model and evidence are in standard errors of both together: of the evidence, and of the simulation.".into(),
        ],
        ..Page::default()
    };
    if estimate.degrees == 0 {
        page.warnings.push(
            "There are no more moments than parameters: the fit cannot fail, and says nothing of the model.".into(),
        );
    }
    estimates(&parameters, &mut page);
    moments(&fit, &mut page);
    identification(calibration, finished, &mut page);
    let origin = StudyOrigin::of(loaded);
    origin.section(&mut page);
    let cited = format!("{}, calibrated, seed {}", scenario.name, scenario.seed);
    page.again = origin.again("calibrate", "", false, &cited);
    page
}

fn answer(
    calibration: &Calibration,
    finished: &Finished,
    fit: &[FitRow],
    parameters: &[ParameterRow],
) -> Vec<(String, String)> {
    let estimate = &finished.estimate;
    let said = |row: &ParameterRow| {
        let ends = [row.ci_low, row.ci_high];
        let interval =
            if ends[0].is_finite() { format!(" ({})", between(ends, Show::Number, false)) } else { String::new() };
        format!("{} {}{interval}", row.parameter, number(row.estimate, Show::Number, false))
    };
    let shown = 4;
    let mut found: Vec<String> = parameters.iter().take(shown).map(said).collect();
    if parameters.len() > shown {
        found.push(format!("{} more in the table", parameters.len() - shown));
    }
    let found = format!("The estimates are {}.", list(&found));
    let mut missed: Vec<&FitRow> = fit.iter().filter(|row| row.t.abs() > MISSED).collect();
    missed.sort_by(|a, b| b.t.abs().total_cmp(&a.t.abs()));
    let fits = match missed.first() {
        None => format!("No moment of {} is further than {MISSED} standard errors from the evidence.", fit.len()),
        Some(worst) => format!(
            "{} of {} are further than {MISSED} standard errors from the evidence, the furthest {} ({} standard errors).",
            missed.len(),
            counted(fit.len() as u64, "moment"),
            if worst.label.is_empty() { &worst.moment } else { &worst.label },
            number(worst.t, Show::Number, true)
        ),
    };
    let whole = if estimate.degrees > 0 {
        format!(
            " Together: J = {} with {} (p = {}).",
            number(estimate.j, Show::Number, false),
            counted(estimate.degrees as u64, "degree")
                .replace("degree", "degrees of freedom")
                .replace("freedoms", "freedom"),
            number(estimate.p_value, Show::Number, false)
        )
    } else {
        String::new()
    };
    let at_bound = parameters.iter().filter(|row| row.at_bound != "no").count();
    let of_prior = parameters.iter().filter(|row| row.prior_share > 0.5).count();
    let sure = format!(
        "The intervals contain the stated errors of the evidence and simulation noise, not that the model's structure may be another. Of {} {at_bound} stand at a \
         bound, and of {of_prior} a prior says more than the evidence does.",
        counted(calibration.problem.free.len() as u64, "parameter")
    );
    vec![
        ("What was found".into(), found),
        ("How well it fits".into(), format!("{fits}{whole}")),
        ("How sure".into(), sure),
    ]
}

fn estimates(parameters: &[ParameterRow], page: &mut Page) {
    let columns = vec![
        FrameColumn::text("parameter", "Parameter"),
        FrameColumn::text("key", "Key"),
        FrameColumn::text("block", "Block"),
        FrameColumn::new("start", "Set before", Show::Number),
        FrameColumn::new("estimate", "Estimate", Show::Number).within(5, 6),
        FrameColumn::new("ci_low", "Lower end", Show::Number),
        FrameColumn::new("ci_high", "Upper end", Show::Number),
        FrameColumn::new("std_error", "Standard error", Show::Number),
        FrameColumn::new("prior_share", "Share of the prior", Show::Percent),
        FrameColumn::text("at_bound", "At a bound"),
    ];
    let mut frame = DataFrame::new("estimates", "tables/parameters.csv", columns);
    // Place in the range that was allowed, so that parameters of different units stand on one axis.
    let mut places = DataFrame::new(
        "places",
        "tables/parameters.csv",
        vec![
            FrameColumn::text("parameter", "Parameter"),
            FrameColumn::new("place", "Place between the bounds", Show::Percent).within(2, 3),
            FrameColumn::new("low", "Lower end", Show::Percent),
            FrameColumn::new("high", "Upper end", Show::Percent),
        ],
    );
    for row in parameters {
        let words = [row.parameter.as_str(), &row.key, &row.block].map(FrameValue::from);
        let mut cells: Vec<FrameValue> = words.into();
        let numbers = [row.start, row.estimate, row.ci_low, row.ci_high, row.std_error, row.prior_share];
        cells.extend(numbers.map(FrameValue::from));
        cells.push(row.at_bound.into());
        frame.rows.push(cells);
        let place = |value: f64| ((value - row.low) / (row.high - row.low)).clamp(0.0, 1.0);
        let mut cells: Vec<FrameValue> = vec![row.parameter.as_str().into()];
        cells.extend([row.estimate, row.ci_low, row.ci_high].map(|value| FrameValue::from(place(value))));
        places.rows.push(cells);
    }
    let blocks = vec![
        Block::Table(FrameTable {
            name: "estimates".into(),
            caption: "Estimates with 95% intervals: stated errors of the evidence, and simulation noise.".into(),
            columns: vec![0, 1, 2, 3, 4, 7, 8, 9],
            frame: page.add(frame),
            picks: Vec::new(),
            searched: false,
            most: usize::MAX,
        }),
        Block::Chart(Chart {
            name: "places".into(),
            title: "Where the estimates stand".into(),
            reading:
                "From the lowest value that was allowed (0%) to the highest (100%); intervals are cut at the bounds."
                    .into(),
            frame: page.add(places),
            form: ChartForm::Intervals,
            x: 1,
            y: 0,
            series: None,
            picks: Vec::new(),
            most: None,
            foot:
                "95% intervals: stated errors of the evidence, and simulation noise. A parameter at a bound has none."
                    .into(),
            events: Vec::new(),
        }),
    ];
    page.sections.push(Section { title: "The estimates".into(), blocks });
}

fn moments(fit: &[FitRow], page: &mut Page) {
    let columns = vec![
        FrameColumn::text("moment", "Moment"),
        FrameColumn::text("name", "Name"),
        FrameColumn::text("block", "Block"),
        FrameColumn::new("data_low", "Evidence, from", Show::Number),
        FrameColumn::new("data_high", "Evidence, to", Show::Number),
        FrameColumn::new("data_std_error", "Its error", Show::Number),
        FrameColumn::new("model", "Model", Show::Number),
        FrameColumn::new("t", "Distance, standard errors", Show::Number).change(),
        FrameColumn::new("t_at_start", "Distance before", Show::Number).change(),
        FrameColumn::text("status", "Status"),
        FrameColumn::text("source", "Source"),
    ];
    let mut frame = DataFrame::new("fit", "tables/fit.csv", columns);
    for row in fit {
        let label = if row.label.is_empty() { &row.moment } else { &row.label };
        let mut cells: Vec<FrameValue> = [label.as_str(), &row.moment, &row.block].map(FrameValue::from).into();
        let numbers = [row.data_low, row.data_high, row.data_std_error, row.model, row.t, row.t_at_start];
        cells.extend(numbers.map(FrameValue::from));
        cells.extend([row.status.as_str(), &row.source].map(FrameValue::from));
        frame.rows.push(cells);
    }
    let frame = page.add(frame);
    let blocks = vec![
        Block::Chart(Chart {
            name: "fit".into(),
            title: "How far the model is from the evidence".into(),
            reading: "Model less evidence, in standard errors of both together; zero within a range. Beyond two either way counts as missed.".into(),
            frame,
            form: ChartForm::Intervals,
            x: 7,
            y: 0,
            series: Some(2),
            picks: Vec::new(),
            most: None,
            foot: "Distances, not intervals; many errors of the evidence are tolerances.".into(),
            events: Vec::new(),
        }),
        Block::Table(FrameTable {
            name: "fit".into(),
            caption: "Every moment: the evidence, the model, and the distance between them.".into(),
            columns: (0..11).collect(),
            frame,
            picks: Vec::new(),
            searched: true,
            most: 200,
        }),
    ];
    page.sections.push(Section { title: "The fit, moment by moment".into(), blocks });
}

fn identification(calibration: &Calibration, finished: &Finished, page: &mut Page) {
    let columns = vec![
        FrameColumn::text("parameter", "Parameter"),
        FrameColumn::text("moment", "Moment"),
        FrameColumn::new("shift", "Change of the estimate", Show::Number).change(),
        FrameColumn::new(
            "scaled_derivative",
            "Change of the moment over the parameter's range, standard errors",
            Show::Number,
        )
        .change(),
    ];
    let mut frame = DataFrame::new("identification", "tables/identification.csv", columns);
    for row in
        IdentificationRow::all(calibration, finished).iter().filter(|row| row.derivative != 0.0 || row.shift != 0.0)
    {
        let mut cells: Vec<FrameValue> = [row.parameter.as_str(), &row.moment].map(FrameValue::from).into();
        cells.extend([row.shift, row.scaled_derivative].map(FrameValue::from));
        frame.rows.push(cells);
    }
    let Some(start) = frame.rows.first().map(|row| row[0].text().to_owned()) else { return };
    let chart = Chart {
        name: "identification".into(),
        title: "Which evidence an estimate rests on".into(),
        reading:
            "Change of the estimate when the evidence of a moment is one standard error higher; the twenty largest."
                .into(),
        frame: page.add(frame),
        form: ChartForm::Intervals,
        x: 2,
        y: 1,
        series: None,
        picks: vec![Pick { column: 0, start }],
        most: Some(20),
        foot: "Derivatives at the estimates; they have no intervals.".into(),
        events: Vec::new(),
    };
    page.sections.push(Section { title: "What the estimates rest on".into(), blocks: vec![Block::Chart(chart)] });
}
