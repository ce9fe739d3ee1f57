//! Tables of studies of many points: sweeps, draws of what is uncertain, and points that failed.

use std::path::PathBuf;

use super::package::{Resource, data_package};
use super::record::{Cell, Field, FieldType, Record, TableData};
use crate::config::design::Point;
use crate::config::design::{Axis, Setting, StudyDesign, Sweep, Uncertainty};
use crate::folder::{OutputError, OutputFolder, PendingFile};
use crate::model::scenario::Scenario;
use crate::sensitivity::components::{Components, OneWay};
use crate::study::points::{Names, PointMoments, PointResults};

/// Level of the intervals in tables.
const LEVEL: f64 = 0.95;

fn text(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::String, "", description)
}

fn number(name: &str, unit: &'static str, description: &str) -> Field {
    Field::new(name, FieldType::Number, unit, description)
}

const OF_METRIC: &str = "that of the metric";
const METRIC: &str = "headline metric; the name ends in its unit, cars otherwise, `car_share` is a fraction";

/// A table of every point, regime, period and metric (`sweep.csv`, `draw_results.csv`), written as points finish.
#[derive(Debug)]
pub struct PointTable {
    file: PendingFile,
    resource: Resource,
}

impl PointTable {
    /// Begins the table with its header; axes become columns. Of draws, whose values stand in `draws.csv`, there are none.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn begin(folder: &OutputFolder, design: &StudyDesign) -> Result<Self, OutputError> {
        let (name, description, point) = match design {
            StudyDesign::Sweep(_) => (
                "sweep",
                "Headline metrics at every point of the sweep, with the change from the baseline regime.",
                "point",
            ),
            StudyDesign::Uncertainty(_) => {
                ("draw_results", "Headline metrics at every draw, with the change from the baseline regime.", "draw")
            }
        };
        let mut fields = vec![Field::new(point, FieldType::Integer, "", "number of the point, from 0")];
        if let StudyDesign::Sweep(sweep) = design {
            fields.extend(sweep.axes.iter().enumerate().map(|(axis, of)| axis_field(sweep, axis, of)));
        }
        fields.extend([
            text("regime", "policy regime, by its name in the scenario"),
            text("period", "reporting period; `all` is the whole horizon"),
            text("metric", METRIC),
            Field::new("replications", FieldType::Integer, "", "number of replications"),
            number("mean", OF_METRIC, "mean over replications"),
            number("std_error", OF_METRIC, "standard error of the mean; empty for one replication"),
            number("ci_low", OF_METRIC, "lower end of the 95% Student interval of the mean"),
            number("ci_high", OF_METRIC, "upper end of the 95% Student interval of the mean"),
            number("change", OF_METRIC, "mean of regime less baseline at the same point, replication by replication"),
            number("change_std_error", OF_METRIC, "standard error of the mean change; empty for one replication"),
            number("change_ci_low", OF_METRIC, "lower end of the 95% Student interval of the mean change"),
            number("change_ci_high", OF_METRIC, "upper end of the 95% Student interval of the mean change"),
        ]);
        let resource = Resource {
            name: name.into(),
            description: description.into(),
            key: [point, "regime", "period", "metric"].map(String::from).into(),
            fields,
        };
        let mut table = Self { file: folder.begin(&format!("tables/{name}.csv"))?, resource };
        let header: Vec<String> = table.resource.fields.iter().map(|field| field.name.clone()).collect();
        table.write(&[header])?;
        Ok(table)
    }

    /// Appends one point.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn add(
        &mut self,
        point: u64,
        settings: &[Setting],
        names: &Names,
        moments: &PointMoments,
    ) -> Result<(), OutputError> {
        let mut rows = Vec::new();
        for (r, regime) in names.regimes.iter().enumerate() {
            for (p, period) in names.periods.iter().enumerate() {
                for (m, metric) in names.metrics.iter().enumerate() {
                    let place = names.place(r, p, m);
                    let (level, change) = (moments.level(place), moments.difference(place));
                    let ([low, high], [change_low, change_high]) = (level.interval(LEVEL), change.interval(LEVEL));
                    let mut row = vec![point.to_string()];
                    row.extend(settings.iter().map(setting_text));
                    row.extend([regime.clone(), period.clone(), metric.clone(), level.count().to_string()]);
                    let numbers = [
                        level.mean(),
                        level.std_error(),
                        low,
                        high,
                        change.mean(),
                        change.std_error(),
                        change_low,
                        change_high,
                    ];
                    row.extend(numbers.map(|number| Cell::Number(number).text()));
                    rows.push(row);
                }
            }
        }
        self.write(&rows)
    }

    fn write(&mut self, rows: &[Vec<String>]) -> Result<(), OutputError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        rows.iter().try_for_each(|row| writer.write_record(row))?;
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        self.file.write(&bytes)
    }
}

/// The column of an axis: of numbers if all its settings are.
fn axis_field(sweep: &Sweep, position: usize, axis: &Axis) -> Field {
    let numbers = sweep.settings.iter().all(|settings| matches!(settings.get(position), Some(Setting::Number(_))));
    let kind = if numbers { FieldType::Number } else { FieldType::String };
    Field::new(axis.name.clone(), kind, "", format!("swept setting `{}`: {}", axis.key, axis.label))
}

/// A setting as a cell.
#[must_use]
pub fn setting_text(setting: &Setting) -> String {
    match setting {
        Setting::Boolean(truth) => truth.to_string(),
        Setting::Number(number) => Cell::Number(*number).text(),
        Setting::Text(text) => text.clone(),
    }
}

/// One assignment of one draw (`draws.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct DrawRow {
    /// Number of the draw.
    pub draw: u64,
    /// The value it sets.
    pub key: String,
    /// What it sets it to, in TOML.
    pub value: String,
}

impl Record for DrawRow {
    const TABLE: &'static str = "draws";
    const DESCRIPTION: &'static str = "What every draw sets: `--set KEY=VALUE` for each row runs that draw alone.";
    const KEY: &'static [&'static str] = &["draw", "key"];

    fn fields() -> Vec<Field> {
        vec![
            Field::new("draw", FieldType::Integer, "", "number of the draw, from 0"),
            text("key", "the value of the scenario that is set"),
            text("value", "what it is set to, in TOML"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        vec![Cell::Integer(self.draw), Cell::Text(self.key.clone()), Cell::Text(self.value.clone())]
    }
}

/// A point without results (`failures.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct FailureRow {
    /// Number of the point.
    pub point: u64,
    /// What it sets, as `--set` takes it.
    pub assignments: String,
    /// Why there is no result.
    pub error: String,
}

impl FailureRow {
    /// The failure of a point.
    #[must_use]
    pub fn new(point: &Point, error: &str) -> Self {
        Self { point: point.index, assignments: point.assignments.join(" "), error: error.replace('\n', "; ") }
    }
}

impl Record for FailureRow {
    const TABLE: &'static str = "failures";
    const DESCRIPTION: &'static str = "Points that could not be prepared or run; the other tables are without them.";
    const KEY: &'static [&'static str] = &["point"];

    fn fields() -> Vec<Field> {
        vec![
            Field::new("point", FieldType::Integer, "", "number of the point, from 0"),
            text("assignments", "what it sets, as --set takes it"),
            text("error", "why it has no result"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        vec![Cell::Integer(self.point), Cell::Text(self.assignments.clone()), Cell::Text(self.error.clone())]
    }
}

/// A metric over draws and replications (`uncertainty.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct UncertaintyRow {
    /// Regime.
    pub regime: String,
    /// Reporting period.
    pub period: String,
    /// Metric.
    pub metric: String,
    /// Whether this is the change from the baseline, or the level.
    pub is_change: bool,
    /// Draws with results.
    pub draws: u64,
    /// Replications of each.
    pub replications: u64,
    /// Mean, and the parts of the variance.
    pub components: Components,
    /// 5, 25, 50, 75 and 95% quantiles over draws of the mean response.
    pub quantiles: [f64; 5],
    /// 5 and 95% quantiles over draws and replications together.
    pub total: [f64; 2],
}

impl UncertaintyRow {
    /// `level` or `change`.
    #[must_use]
    pub fn quantity(&self) -> &'static str {
        if self.is_change { "change" } else { "level" }
    }
}

impl Record for UncertaintyRow {
    const TABLE: &'static str = "uncertainty";
    const DESCRIPTION: &'static str = "Headline metrics over draws of what is uncertain: how much of the variance is over draws, how much over replications.";
    const KEY: &'static [&'static str] = &["regime", "period", "metric", "quantity"];

    fn fields() -> Vec<Field> {
        let squared = "that of the metric, squared";
        vec![
            text("regime", "policy regime, by its name in the scenario"),
            text("period", "reporting period; `all` is the whole horizon"),
            text("metric", METRIC),
            text("quantity", "`level`, or `change` from the baseline regime in the same draw and replication"),
            Field::new("draws", FieldType::Integer, "", "number of draws with results"),
            Field::new("replications", FieldType::Integer, "", "number of replications of each draw"),
            number("mean", OF_METRIC, "mean over draws and replications"),
            number("std_error", OF_METRIC, "standard error of the mean, over draws"),
            number("ci_low", OF_METRIC, "lower end of the 95% Student interval of the mean"),
            number("ci_high", OF_METRIC, "upper end of the 95% Student interval of the mean"),
            number(
                "parameter_sd",
                OF_METRIC,
                "standard deviation over draws of the mean response; empty where the variance is negative",
            ),
            number(
                "replication_sd",
                OF_METRIC,
                "standard deviation over replications of one draw, root of the mean variance",
            ),
            number(
                "parameter_variance",
                squared,
                "variance over draws of the mean response, replication noise taken out; can be negative",
            ),
            number("parameter_variance_ci_low", squared, "lower end of its 95% interval"),
            number("parameter_variance_ci_high", squared, "upper end of its 95% interval"),
            number("replication_variance", squared, "mean over draws of the variance over replications"),
            number("replication_variance_ci_low", squared, "lower end of its 95% interval"),
            number("replication_variance_ci_high", squared, "upper end of its 95% interval"),
            number(
                "parameter_share",
                "fraction",
                "parameter_variance over the sum of both variances; empty where nothing varies",
            ),
            number("parameter_share_ci_low", "fraction", "lower end of its 95% interval"),
            number("parameter_share_ci_high", "fraction", "upper end of its 95% interval"),
            number("q05", OF_METRIC, "5% quantile over draws of the mean response, replication noise taken out"),
            number("q25", OF_METRIC, "25% quantile"),
            number("q50", OF_METRIC, "median"),
            number("q75", OF_METRIC, "75% quantile"),
            number("q95", OF_METRIC, "95% quantile"),
            number("total_q05", OF_METRIC, "5% quantile over draws and replications together"),
            number("total_q95", OF_METRIC, "95% quantile over draws and replications together"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        let c = &self.components;
        let mut cells = [&self.regime, &self.period, &self.metric].map(|text| Cell::Text(text.clone())).to_vec();
        cells.push(Cell::Text(self.quantity().into()));
        cells.extend([self.draws, self.replications].map(Cell::Integer));
        let mut numbers = vec![c.mean.value, c.std_error, c.mean.low, c.mean.high];
        numbers.extend([c.between.value.sqrt(), c.within.value.sqrt()]);
        for part in [c.between, c.within, c.share] {
            numbers.extend([part.value, part.low, part.high]);
        }
        numbers.extend(self.quantiles.into_iter().chain(self.total));
        cells.extend(numbers.into_iter().map(Cell::Number));
        cells
    }
}

/// Rows of `uncertainty.csv`: levels of every regime, and changes of all but the baseline.
#[must_use]
pub fn uncertainty_rows(results: &PointResults, replications: u64) -> Vec<UncertaintyRow> {
    let names = results.names();
    let mut rows = Vec::new();
    for is_change in [false, true] {
        for (r, regime) in names.regimes.iter().enumerate().filter(|(r, _)| !is_change || *r != names.baseline) {
            for (p, period) in names.periods.iter().enumerate() {
                for (m, metric) in names.metrics.iter().enumerate() {
                    let (place, baseline) = (names.place(r, p, m), names.place(names.baseline, p, m));
                    let mut layout = OneWay::default();
                    for (_, moments) in results.points() {
                        layout.add(if is_change { moments.difference(place) } else { moments.level(place) });
                    }
                    let components = layout.components(replications, LEVEL);
                    rows.push(UncertaintyRow {
                        regime: regime.clone(),
                        period: period.clone(),
                        metric: metric.clone(),
                        is_change,
                        draws: layout.groups() as u64,
                        replications,
                        quantiles: layout.quantiles(components.between.value, [0.05, 0.25, 0.5, 0.75, 0.95]),
                        total: results.quantiles(place, is_change.then_some(baseline), [0.05, 0.95]),
                        components,
                    });
                }
            }
        }
    }
    rows
}

/// Rows of `draws.csv`.
#[must_use]
pub fn draw_rows(points: &[Point]) -> Vec<DrawRow> {
    let row = |point: &Point, assignment: &str| {
        let (key, value) = assignment.split_once('=').unwrap_or((assignment, ""));
        DrawRow { draw: point.index, key: key.into(), value: value.into() }
    };
    points.iter().flat_map(|point| point.assignments.iter().map(move |assignment| row(point, assignment))).collect()
}

/// Writes what is left to write of a study of many points, and its data dictionary; returns the paths.
///
/// # Errors
/// [`OutputError`] when the disk refuses; files are whole or absent.
pub fn write_point_tables(
    folder: &OutputFolder,
    scenario: &Scenario,
    streamed: PointTable,
    tables: &[TableData],
) -> Result<Vec<PathBuf>, OutputError> {
    let mut resources = vec![streamed.resource];
    let mut paths = vec![streamed.file.finish()?];
    for table in tables {
        paths.push(folder.write(&format!("tables/{}.csv", table.name), &table.csv)?);
        resources.push(table.into());
    }
    let package = data_package(&scenario.name, &scenario.title, &resources);
    paths.push(folder.write("datapackage.json", format!("{package:#}\n").as_bytes())?);
    Ok(paths)
}

/// Position of the charts' period and metrics among the names; the whole horizon and `headline` where the study names none.
///
/// # Errors
/// The name that is unknown, and what it should be.
pub fn shown(
    names: &Names,
    (metrics, period): (&[String], Option<&str>),
    headline: &str,
) -> Result<(usize, Vec<usize>), String> {
    let find = |what: &str, name: &str, known: &[String]| {
        let position = known.iter().position(|other| other == name);
        position.ok_or_else(|| format!("`{name}` is no {what}: expected one of {}", known.join(", ")))
    };
    let period = period.map_or(Ok(0), |name| find("period", name, &names.periods))?;
    let own = [headline.to_owned()];
    let metrics = if metrics.is_empty() { &own } else { metrics };
    let metrics = metrics.iter().map(|name| find("metric", name, &names.metrics)).collect::<Result<_, _>>()?;
    Ok((period, metrics))
}

/// What the charts of a study show, as it names them.
#[must_use]
pub fn chart_choice(design: &StudyDesign) -> (&[String], Option<&str>) {
    match design {
        StudyDesign::Sweep(Sweep { metrics, period, .. }) => (metrics, period.as_deref()),
        StudyDesign::Uncertainty(boxed) => {
            let Uncertainty { metrics, period, .. } = boxed.as_ref();
            (metrics, period.as_deref())
        }
    }
}
