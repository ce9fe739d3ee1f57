//! Which charts a study of many points gets, and what they are drawn from.

use serde::{Deserialize, Serialize};

use super::charts::response::{Measured, ResponsePoint, Responses, Swept, dots, lines};
use super::charts::{
    ChartContext, ChartError, PeriodContext, RegimeContext, Svg, effects as effects_chart, headline_label,
    response_map, shown_unit, uncertainty,
};
use super::draw::{Pages, page_name};
use super::points::{EffectRow, UncertaintyRow, chart_choice, setting_text, shown};
use super::record::{Unreadable, read_rows};
use super::recorded::{TextLine, TextTable};
use super::words::describe;
use super::words::first_that_moves;
use crate::config::design::StudyDesign;
use crate::config::figures::Figures;
use crate::config::sweep::{Setting, Sweep};
use crate::model::scenario::Scenario;
use crate::study::points::PointResults;

/// What the charts of a study of many points say beside its tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointFacts {
    /// Said of every chart; its period is that of the study's charts.
    pub context: ChartContext,
    /// The periods that a chart can show.
    pub periods: Vec<PeriodContext>,
    /// The metrics shown.
    pub metrics: Vec<PointMetric>,
    /// Names of the regimes in the order of the tables.
    pub regimes: Vec<String>,
    /// What is swept; nothing where points are draws.
    pub sweep: Option<SweepFacts>,
}

/// Key of the facts in `datapackage.json`.
pub const FACTS: &str = "point_charts";

/// A metric of the charts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointMetric {
    /// Its name in the tables.
    pub name: String,
    /// What the reader is shown.
    pub label: String,
    /// Its unit on charts.
    pub unit: String,
    /// Whether charts show it as a yearly rate.
    pub is_flow: bool,
}

/// What a sweep varies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepFacts {
    /// Its columns in the table.
    pub columns: Vec<String>,
    /// The same as charts show them.
    pub swept: Vec<Swept>,
    /// How responses are drawn.
    pub form: ResponseForm,
}

/// How responses are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseForm {
    /// Lines over the one setting.
    Lines,
    /// A map over a full grid of two.
    Map,
    /// Dots over each of several settings.
    Dots,
}

impl PointFacts {
    /// Those of a study.
    ///
    /// # Errors
    /// [`ChartError::Empty`] where the study's charts name a metric or period that is not measured.
    pub fn of(
        scenario: &Scenario,
        design: &StudyDesign,
        results: &PointResults,
        look: &Figures,
    ) -> Result<Self, ChartError> {
        let names = results.names();
        let choice = shown(names, chart_choice(design), scenario);
        let (period, metrics) = choice.map_err(|reason| ChartError::Empty { chart: "response", reason })?;
        let context = context(scenario, results, design.replications(), period, look);
        let metric = |metric: &usize| {
            let described = describe(&names.metrics[*metric], scenario);
            PointMetric {
                name: names.metrics[*metric].clone(),
                label: headline_label(&described.what, scenario.market.regions.as_slice()),
                unit: described.yearly(context.period.years()).1,
                is_flow: described.is_flow,
            }
        };
        let sweep = match design {
            StudyDesign::Sweep(sweep) => {
                let (swept, places) = places(sweep);
                // Points on one line through the settings are a line; a full grid of two is a map; others are dots.
                let form = match swept.len() {
                    1 => ResponseForm::Lines,
                    2 if is_grid(&places) => ResponseForm::Map,
                    _ => ResponseForm::Dots,
                };
                Some(SweepFacts { columns: sweep.axes.iter().map(|axis| axis.name.clone()).collect(), swept, form })
            }
            StudyDesign::Uncertainty(_) => None,
        };
        Ok(Self {
            metrics: metrics.iter().map(metric).collect(),
            periods: scenario.periods.iter().map(|period| PeriodContext::of(scenario, period)).collect(),
            regimes: names.regimes.clone(),
            sweep,
            context,
        })
    }

    fn is_change(&self) -> bool {
        self.regimes.len() > 1
    }
    /// What turns a metric of the period into what charts show.
    fn rate(&self, metric: &PointMetric) -> f64 {
        let (times, _) = shown_unit(&metric.unit, self.is_change());
        times * if metric.is_flow { 1.0 / self.context.period.years() } else { 1.0 }
    }
    fn unit(&self, metric: &PointMetric) -> String {
        shown_unit(&metric.unit, self.is_change()).1
    }
}

/// The rows that the charts of a study of many points are drawn from.
#[derive(Clone, Debug, Default)]
pub struct PointRows {
    uncertainty: Vec<UncertaintyRow>,
    effects: Vec<EffectRow>,
    responses: Vec<ResponsePoint>,
}

impl PointRows {
    /// Those of the tables of a folder; `read` gives the text of one, nothing where there is none.
    ///
    /// # Errors
    /// [`ChartError`] where one cannot be read.
    pub fn read(
        facts: &PointFacts,
        read: impl Fn(&str) -> Result<Option<Vec<u8>>, ChartError>,
    ) -> Result<Self, ChartError> {
        let Some(sweep) = &facts.sweep else {
            return Ok(Self {
                uncertainty: read("uncertainty")?.map_or_else(|| Ok(Vec::new()), |csv| read_rows(&csv))?,
                effects: read("effects")?.map_or_else(|| Ok(Vec::new()), |csv| read_rows(&csv))?,
                responses: Vec::new(),
            });
        };
        let csv = read("sweep")?.unwrap_or_default();
        let sheet = TextTable::read("sweep", &csv)?;
        let mut responses = Vec::new();
        for line in sheet.lines() {
            responses.extend(response(line, facts, sweep)?);
        }
        // The table has them point by point.
        let place = |row: &ResponsePoint| (facts.regimes.iter().position(|regime| *regime == row.regime), row.metric);
        responses.sort_by_key(place);
        Ok(Self { responses, ..Self::default() })
    }

    /// Leaves out what is not of these regimes.
    pub fn choose(&mut self, regimes: &[String]) {
        self.uncertainty.retain(|row| regimes.contains(&row.regime));
        self.effects.retain(|row| regimes.contains(&row.regime));
        self.responses.retain(|row| regimes.contains(&row.regime));
    }
}

/// A line of `sweep.csv` as charts show it; nothing where they do not.
fn response(line: TextLine<'_>, facts: &PointFacts, sweep: &SweepFacts) -> Result<Option<ResponsePoint>, Unreadable> {
    let (regime, name) = (line.text("regime")?, line.text("metric")?);
    let Some(metric) = facts.metrics.iter().position(|metric| metric.name == name) else { return Ok(None) };
    if line.text("period")? != facts.context.period.name || facts.is_change() && regime == facts.context.baseline {
        return Ok(None);
    }
    let mut at = Vec::with_capacity(sweep.columns.len());
    for (column, swept) in sweep.columns.iter().zip(&sweep.swept) {
        let text = line.text(column)?;
        at.push(match swept.categories.is_empty() {
            true => line.number(column)?,
            false => swept.categories.iter().position(|name| name == text).unwrap_or(0) as f64,
        });
    }
    let columns = match facts.is_change() {
        true => ["change", "change_ci_low", "change_ci_high"],
        false => ["mean", "ci_low", "ci_high"],
    };
    let rate = facts.rate(&facts.metrics[metric]);
    let [mean, low, high] = [line.number(columns[0])?, line.number(columns[1])?, line.number(columns[2])?];
    let regime = regime.to_owned();
    Ok(Some(ResponsePoint { regime, metric, at, mean: rate * mean, low: rate * low, high: rate * high }))
}

/// A chart of a study of many points.
#[derive(Clone, Debug)]
pub struct PointChart {
    /// Its name.
    pub name: String,
    /// The same without the metric that it is of.
    pub kind: &'static str,
    /// The chart.
    pub svg: Svg,
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
    look: &Figures,
) -> Result<Vec<(String, Svg)>, ChartError> {
    let facts = PointFacts::of(scenario, design, results, look)?;
    let responses = match design {
        StudyDesign::Sweep(sweep) => responses(results, &facts, &places(sweep).1),
        StudyDesign::Uncertainty(_) => Vec::new(),
    };
    let rows = PointRows { uncertainty: uncertainty.to_vec(), effects: effects.to_vec(), responses };
    let charts = draw_points(&facts, &rows)?;
    Ok(charts.into_iter().map(|chart| (chart.name, chart.svg)).collect())
}

/// The charts of rows and what is said beside them; those that have nothing to show are left out.
///
/// # Errors
/// [`ChartError`] when one cannot be drawn.
pub fn draw_points(facts: &PointFacts, rows: &PointRows) -> Result<Vec<PointChart>, ChartError> {
    let context = &facts.context;
    let is_change = facts.is_change();
    let mut charts = Vec::new();
    let mut keep = |kind: &'static str, of: Option<&str>, table: &str, drawn: Result<Vec<Svg>, ChartError>| match drawn
    {
        Ok(pages) => {
            let name = of.map_or_else(|| kind.to_owned(), |of| format!("{kind}_{}", plain(of)));
            let page =
                |(at, svg): (usize, Svg)| PointChart { name: page_name(&name, at), kind, svg: svg.with_data(table) };
            charts.extend(pages.into_iter().enumerate().map(page));
            Ok(())
        }
        Err(ChartError::Empty { .. }) => Ok(()),
        Err(error) => Err(error),
    };
    if let Some(SweepFacts { swept, form, .. }) = &facts.sweep {
        let measured = |metric: &PointMetric| Measured { label: metric.label.clone(), unit: facts.unit(metric) };
        let measured: Vec<Measured> = facts.metrics.iter().map(measured).collect();
        let all = Responses { swept, metrics: &measured, rows: &rows.responses, is_change };
        if *form == ResponseForm::Lines {
            keep("response", None, "sweep", lines(all, context).map(Pages::pages))?;
            return Ok(charts);
        }
        for (m, metric) in facts.metrics.iter().enumerate() {
            let drawn = match form {
                ResponseForm::Map => response_map::draw(all, m, context),
                _ => dots(all, m, context).map(Pages::pages),
            };
            keep("response", Some(&metric.name), "sweep", drawn)?;
        }
        return Ok(charts);
    }
    let of_metric = |metric: &PointMetric| {
        let own = rows.uncertainty.iter().filter(|row| {
            row.is_change() == is_change && row.period == context.period.name && row.metric == metric.name
        });
        uncertainty::MetricRows {
            label: metric.label.clone(),
            unit: facts.unit(metric),
            rate: facts.rate(metric),
            rows: own.collect(),
        }
    };
    let shown: Vec<uncertainty::MetricRows<'_, UncertaintyRow>> = facts.metrics.iter().map(of_metric).collect();
    keep("uncertainty", None, "uncertainty", uncertainty::draw(&shown, context))?;
    // Of the first regime that moves the first metric.
    let mean = |regime: &&String| {
        let first = shown.first().and_then(|first| first.rows.iter().find(|row| row.regime == **regime));
        first.map_or(0.0, |row| row.mean)
    };
    let others: Vec<&String> = facts.regimes.iter().filter(|regime| **regime != context.baseline).collect();
    let first = first_that_moves(&others.iter().map(mean).collect::<Vec<f64>>()).unwrap_or(0);
    let regime = others.get(first).map_or(context.baseline.as_str(), |regime| regime.as_str());
    let of = |metric: &PointMetric| -> Vec<&EffectRow> {
        let own = rows.effects.iter().filter(|row| row.is_change() == is_change && row.period == context.period.name);
        let own = own.filter(|row| row.regime == regime);
        own.filter(|row| row.metric == metric.name && row.share.is_finite()).collect()
    };
    let panels = facts.metrics.iter().map(|metric| uncertainty::MetricRows {
        label: metric.label.clone(),
        unit: facts.unit(metric),
        rate: facts.rate(metric),
        rows: of(metric),
    });
    let panels: Vec<_> = panels.filter(|panel| !panel.rows.is_empty()).collect();
    keep("effects", None, "effects", effects_chart::draw(&panels, context))?;
    Ok(charts)
}

/// A name as part of a file name.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect()
}

fn context(
    scenario: &Scenario,
    results: &PointResults,
    replications: u64,
    period: usize,
    look: &Figures,
) -> ChartContext {
    let names = results.names();
    let regimes = scenario.regimes.values().filter(|regime| names.regimes.contains(&regime.name));
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
        paid_back: Vec::new(),
        look: look.clone(),
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

fn responses(results: &PointResults, facts: &PointFacts, places: &[Vec<f64>]) -> Vec<ResponsePoint> {
    let names = results.names();
    let is_change = facts.is_change();
    let period = names.periods.iter().position(|name| *name == facts.context.period.name).unwrap_or(0);
    let mut rows = Vec::new();
    for (r, regime) in names.regimes.iter().enumerate().filter(|(r, _)| !is_change || *r != names.baseline) {
        for (m, metric) in facts.metrics.iter().enumerate() {
            let rate = facts.rate(metric);
            let metric = names.metrics.iter().position(|name| *name == metric.name).unwrap_or(0);
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
