//! Which charts a study of many points gets, and what they are drawn from.

use std::path::PathBuf;

use super::charts::response::{Measured, ResponsePoint, Responses, Swept, dots, lines};
use super::charts::{
    ChartContext, ChartError, PeriodContext, RegimeContext, Svg, effects as effects_chart, headline_label,
    response_map, uncertainty, write_into,
};
use super::points::{EffectRow, UncertaintyRow, chart_choice, setting_text, shown};
use super::study::describe;
use super::words::first_that_moves;
use crate::config::design::StudyDesign;
use crate::config::sweep::{Setting, Sweep};
use crate::folder::OutputFolder;
use crate::model::scenario::Scenario;
use crate::study::points::PointResults;

/// Draws and writes the charts of a study of many points; returns their paths. `uncertainty` and `effects` are the rows of those
/// tables, for draws.
///
/// # Errors
/// [`ChartError`] when a chart cannot be drawn or written.
pub fn write_point_charts(
    folder: &OutputFolder,
    scenario: &Scenario,
    design: &StudyDesign,
    results: &PointResults,
    uncertainty: &[UncertaintyRow],
    effects: &[EffectRow],
) -> Result<Vec<PathBuf>, ChartError> {
    let charts = folder.below("charts");
    let mut paths = Vec::new();
    for (name, svg) in point_charts(scenario, design, results, uncertainty, effects)? {
        paths.extend(write_into(&charts, &svg, &name)?);
    }
    Ok(paths)
}

/// The charts of a study of many points, by their names; those that have nothing to show are left out.
///
/// # Errors
/// [`ChartError`] when one cannot be drawn.
pub fn point_charts(
    scenario: &Scenario,
    design: &StudyDesign,
    results: &PointResults,
    uncertainty: &[UncertaintyRow],
    effects: &[EffectRow],
) -> Result<Vec<(String, Svg)>, ChartError> {
    let names = results.names();
    let choice = shown(names, chart_choice(design), scenario);
    let (period, metrics) = choice.map_err(|reason| ChartError::Empty { chart: "response", reason })?;
    let context = context(scenario, results, design.replications(), period);
    let years = context.period.years();
    let mut charts = Vec::new();
    let mut keep = |name: &str, drawn: Result<Svg, ChartError>| match drawn {
        Ok(svg) => {
            charts.push((name.to_owned(), svg));
            Ok(())
        }
        Err(ChartError::Empty { .. }) => Ok(()),
        Err(error) => Err(error),
    };
    let (rates, measured): (Vec<f64>, Vec<Measured>) = metrics
        .iter()
        .map(|metric| {
            let described = describe(&names.metrics[*metric], scenario);
            let (rate, unit) = described.yearly(years);
            (rate, Measured { label: headline_label(&described.what, scenario.market.regions.as_slice()), unit })
        })
        .unzip();
    match design {
        StudyDesign::Sweep(sweep) => {
            let (swept, places) = places(sweep);
            let is_change = names.regimes.len() > 1;
            let rows = responses(results, period, metrics.iter().copied().zip(rates), &places, is_change);
            let all = Responses { swept: &swept, metrics: &measured, rows: &rows, is_change };
            // Points on one line through the settings are a line; a full grid of two is a map; others are dots.
            if swept.len() == 1 {
                keep("response", lines(all, &context))?;
            } else if swept.len() == 2 && is_grid(&places) {
                for (m, metric) in metrics.iter().enumerate() {
                    keep(
                        &format!("response_{}", plain(&names.metrics[*metric])),
                        response_map::draw(all, m, &context),
                    )?;
                }
            } else {
                for (m, metric) in metrics.iter().enumerate() {
                    keep(&format!("response_{}", plain(&names.metrics[*metric])), dots(all, m, &context))?;
                }
            }
        }
        StudyDesign::Uncertainty(_) => {
            let is_change = names.regimes.len() > 1;
            let shown: Vec<uncertainty::MetricRows<'_, UncertaintyRow>> = metrics
                .iter()
                .zip(measured.iter().zip(&rates))
                .map(|(metric, (measured, rate))| uncertainty::MetricRows {
                    label: measured.label.clone(),
                    unit: measured.unit.clone(),
                    rate: *rate,
                    rows: uncertainty
                        .iter()
                        .filter(|row| row.is_change() == is_change && row.period == context.period.name)
                        .filter(|row| row.metric == names.metrics[*metric])
                        .collect(),
                })
                .collect();
            keep("uncertainty", uncertainty::draw(&shown, &context))?;
            // Of the first regime that moves the first metric.
            let mean = |r: usize| {
                let first =
                    shown.first().and_then(|first| first.rows.iter().find(|row| row.regime == names.regimes[r]));
                first.map_or(0.0, |row| row.mean)
            };
            let others: Vec<usize> = (0..names.regimes.len()).filter(|r| *r != names.baseline).collect();
            let first = first_that_moves(&others.iter().map(|r| mean(*r)).collect::<Vec<f64>>()).unwrap_or(0);
            let place = others.get(first).copied().unwrap_or(names.baseline);
            let of = |metric: &usize| -> Vec<&EffectRow> {
                let own =
                    effects.iter().filter(|row| row.is_change() == is_change && row.period == context.period.name);
                let own = own.filter(|row| row.regime == names.regimes[place]);
                own.filter(|row| row.metric == names.metrics[*metric] && row.share.is_finite()).collect()
            };
            let each = metrics.iter().zip(measured.iter().zip(&rates));
            let panels = each.map(|(metric, (measured, rate))| uncertainty::MetricRows {
                label: measured.label.clone(),
                unit: measured.unit.clone(),
                rate: *rate,
                rows: of(metric),
            });
            let panels: Vec<_> = panels.filter(|panel| !panel.rows.is_empty()).collect();
            keep("effects", effects_chart::draw(&panels, &context))?;
        }
    }
    Ok(charts)
}

/// A name as part of a file name.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect()
}

fn context(scenario: &Scenario, results: &PointResults, replications: u64, period: usize) -> ChartContext {
    let names = results.names();
    let regimes = scenario.regimes.iter().filter(|regime| names.regimes.contains(&regime.name));
    let regime = |regime: &crate::model::trade::regime::Regime| RegimeContext {
        name: regime.name.clone(),
        label: regime.label.clone(),
        events: Vec::new(),
    };
    ChartContext {
        scenario: scenario.title.clone(),
        baseline: names.regimes.get(names.baseline).cloned().unwrap_or_default(),
        regimes: regimes.map(regime).collect(),
        replications,
        drawn: false,
        seed: scenario.seed,
        source: String::new(),
        flag_label: scenario.flag_label.clone(),
        regions: scenario.market.regions.as_slice().to_vec(),
        period: PeriodContext::of(scenario, &scenario.periods[period]),
    }
}

/// The settings as places on axes: numbers as they are, names in the order in which they come.
fn places(sweep: &Sweep) -> (Vec<Swept>, Vec<Vec<f64>>) {
    let mut swept = Vec::with_capacity(sweep.axes.len());
    let mut places = vec![Vec::with_capacity(sweep.axes.len()); sweep.settings.len()];
    for (position, axis) in sweep.axes.iter().enumerate() {
        let settings = || sweep.settings.iter().filter_map(move |settings| settings.get(position));
        let mut categories: Vec<String> = Vec::new();
        if settings().any(|setting| !matches!(setting, Setting::Number(_))) {
            for name in settings().map(setting_text) {
                if !categories.contains(&name) {
                    categories.push(name);
                }
            }
        }
        for (point, setting) in places.iter_mut().zip(settings()) {
            point.push(match setting {
                Setting::Number(number) if categories.is_empty() => *number,
                setting => {
                    let name = setting_text(setting);
                    categories.iter().position(|other| *other == name).unwrap_or(0) as f64
                }
            });
        }
        swept.push(Swept { label: axis.label.clone(), categories });
    }
    (swept, places)
}

/// Whether points at two settings fill a grid of at least two by two, each cell once.
fn is_grid(places: &[Vec<f64>]) -> bool {
    let distinct = |axis: usize| {
        let mut values: Vec<u64> = places.iter().filter_map(|place| place.get(axis)).map(|x| x.to_bits()).collect();
        values.sort_unstable();
        values.dedup();
        values.len()
    };
    let (columns, rows) = (distinct(0), distinct(1));
    let mut cells: Vec<[u64; 2]> = places.iter().map(|place| [place[0].to_bits(), place[1].to_bits()]).collect();
    cells.sort_unstable();
    cells.dedup();
    columns > 1 && rows > 1 && cells.len() == places.len() && places.len() == columns * rows
}

fn responses(
    results: &PointResults,
    period: usize,
    metrics: impl Iterator<Item = (usize, f64)> + Clone,
    places: &[Vec<f64>],
    is_change: bool,
) -> Vec<ResponsePoint> {
    let names = results.names();
    let mut rows = Vec::new();
    for (r, regime) in names.regimes.iter().enumerate().filter(|(r, _)| !is_change || *r != names.baseline) {
        for (m, (metric, rate)) in metrics.clone().enumerate() {
            for (point, moments) in results.points() {
                let place = names.place(r, period, metric);
                let moments = if is_change { moments.difference(place) } else { moments.level(place) };
                let [low, high] = moments.interval(0.95).map(|end| rate * end);
                let Some(at) = usize::try_from(*point).ok().and_then(|point| places.get(point)) else { continue };
                rows.push(ResponsePoint {
                    regime: regime.clone(),
                    metric: m,
                    at: at.clone(),
                    mean: rate * moments.mean(),
                    low,
                    high,
                });
            }
        }
    }
    rows
}
