//! Tables of studies of many points: sweeps, draws of what is uncertain, and points that failed.

use super::package::Resource;
use super::record::{Cell, Field, FieldType, TableData, header, lines_of, shortest, table};
use super::study::WrittenTables;
use crate::config::design::{Point, StudyDesign};
use crate::config::harmless;
use crate::config::sweep::{Axis, Setting, Sweep};
use crate::config::uncertainty::Uncertainty;
use crate::folder::{OutputError, OutputFolder, PendingFile};
use crate::model::scenario::Scenario;
use crate::sensitivity::components::{Components, OneWay};
use crate::sensitivity::effects::{DrawGroup, effect, groups_of};
use crate::sensitivity::widths::{OfStructure, Widths};
use crate::study::points::{Names, PointMoments, PointResults};

/// Level of the intervals in tables.
const LEVEL: f64 = 0.95;

const OF_METRIC: &str = "that of the metric";
const METRIC: &str = "headline metric; the name ends in its unit, cars otherwise, `car_share` is a fraction";

/// Name of the table of every point of a study of draws.
pub const EVERY_DRAW: &str = "draw_results";

/// Rows of the table of every point, regime, period and metric (`sweep.csv`, `draw_results.csv`).
#[derive(Debug)]
pub struct EveryPointRows {
    /// What the table is.
    pub resource: Resource,
}

impl EveryPointRows {
    /// Those of a design; axes become columns. Of draws, whose values stand in `draws.csv`, there are none.
    #[must_use]
    pub fn of(design: &StudyDesign) -> Self {
        let (name, description, point) = match design {
            StudyDesign::Sweep(_) => (
                "sweep",
                "Headline metrics at every point of the sweep, with the change from the baseline regime.",
                "point",
            ),
            StudyDesign::Uncertainty(_) => {
                (EVERY_DRAW, "Headline metrics at every draw, with the change from the baseline regime.", "draw")
            }
        };
        let mut fields = vec![Field::integer(point, "number of the point, from 0")];
        if let StudyDesign::Sweep(sweep) = design {
            fields.extend(sweep.axes.iter().enumerate().map(|(axis, of)| axis_field(sweep, axis, of)));
        }
        fields.extend([
            Field::text("regime", "policy regime, by its name in the scenario"),
            Field::text("period", "reporting period; `all` is the whole horizon"),
            Field::text("metric", METRIC),
            Field::integer("replications", "number of replications"),
            Field::number("mean", OF_METRIC, "mean over replications"),
            Field::number("std_error", OF_METRIC, "standard error of the mean; empty for one replication"),
            Field::number(
                "ci_low",
                OF_METRIC,
                "lower end of the 95% Student interval of the mean: simulation noise only",
            ),
            Field::number(
                "ci_high",
                OF_METRIC,
                "upper end of the 95% Student interval of the mean: simulation noise only",
            ),
            Field::number(
                "change",
                OF_METRIC,
                "mean of regime less baseline at the same point, replication by replication",
            ),
            Field::number(
                "change_std_error",
                OF_METRIC,
                "standard error of the mean change; empty for one replication",
            ),
            Field::number(
                "change_ci_low",
                OF_METRIC,
                "lower end of the 95% Student interval of the mean change: simulation noise only",
            ),
            Field::number(
                "change_ci_high",
                OF_METRIC,
                "upper end of the 95% Student interval of the mean change: simulation noise only",
            ),
        ]);
        let resource = Resource {
            name: name.into(),
            description: description.into(),
            key: [point, "regime", "period", "metric"].map(String::from).into(),
            fields,
        };
        Self { resource }
    }

    /// The header, as a line of CSV.
    ///
    /// # Errors
    /// [`OutputError::Csv`] when it cannot be rendered, here and below.
    pub fn header(&self) -> Result<Vec<u8>, OutputError> {
        Ok(lines_of([header(&self.resource.fields)])?)
    }

    /// One point, as lines of CSV.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub fn lines(
        &self,
        point: u64,
        settings: &[Setting],
        names: &Names,
        moments: &PointMoments,
    ) -> Result<Vec<u8>, OutputError> {
        let mut rows = Vec::new();
        for (r, regime) in names.regimes.iter().enumerate() {
            for (p, period) in names.periods.iter().enumerate() {
                for (m, metric) in names.metrics.iter().enumerate() {
                    let place = names.place(r, p, m);
                    let (level, change) = (moments.level(place), moments.difference(place));
                    let ([low, high], [change_low, change_high]) = (level.interval(LEVEL), change.interval(LEVEL));
                    let mut row = vec![Cell::Integer(point)];
                    // Axes follow the number of the point.
                    let kinds = self.resource.fields.iter().skip(1).map(|field| field.kind);
                    row.extend(settings.iter().zip(kinds).map(|(setting, kind)| setting_cell(setting, kind)));
                    row.extend([regime, period, metric].map(|name| Cell::Text(name.clone())));
                    row.push(Cell::Integer(level.count()));
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
                    row.extend(numbers.map(Cell::Number));
                    rows.push(row);
                }
            }
        }
        Ok(lines_of(rows)?)
    }
}

/// That table in a folder, written as points finish.
#[derive(Debug)]
pub struct PointTable {
    file: PendingFile,
    rows: EveryPointRows,
}

impl PointTable {
    /// Begins the table with its header.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn begin(folder: &OutputFolder, design: &StudyDesign) -> Result<Self, OutputError> {
        let rows = EveryPointRows::of(design);
        let mut table = Self { file: folder.begin(&format!("tables/{}.csv", rows.resource.name))?, rows };
        table.file.write(&table.rows.header()?)?;
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
        self.file.write(&self.rows.lines(point, settings, names, moments)?)
    }
}

/// The column of an axis: of numbers if all its settings are.
fn axis_field(sweep: &Sweep, position: usize, axis: &Axis) -> Field {
    let numbers = sweep.settings.iter().all(|settings| matches!(settings.get(position), Some(Setting::Number(_))));
    let kind = if numbers { FieldType::Number } else { FieldType::String };
    Field::new(axis.name.clone(), kind, "", format!("swept setting `{}`: {}", axis.key, axis.label))
}

/// A setting in a column of a type.
fn setting_cell(setting: &Setting, kind: FieldType) -> Cell {
    match (setting, kind) {
        (Setting::Number(number), FieldType::Number) => Cell::Number(*number),
        _ => Cell::Text(setting_text(setting)),
    }
}

/// A setting in words.
#[must_use]
pub fn setting_text(setting: &Setting) -> String {
    match setting {
        Setting::Boolean(truth) => truth.to_string(),
        Setting::Number(number) => shortest(*number),
        Setting::Text(text) => text.clone(),
    }
}

table! {
    /// What every draw sets: `--set KEY=VALUE` for each row runs that draw alone.
    pub struct DrawRow in "draws" by [draw, key] {
        /// number of the draw, from 0
        draw: u64;
        /// its structures, one of each factor, joined by ` + `; empty where the study has none
        structure: String;
        /// the value of the scenario that is set
        key: String;
        /// what it is set to, in TOML
        value: String;
    }
}

table! {
    /// Points that could not be prepared or run; the other tables are without them.
    pub struct PointFailureRow in "failures" by [point] {
        /// number of the point, from 0
        point: u64;
        /// what it sets, as --set takes it
        assignments: String;
        /// why it has no result
        error: String;
    }
}

impl PointFailureRow {
    /// The failure of a point.
    #[must_use]
    pub fn new(point: &Point, error: &str) -> Self {
        Self {
            point: point.index,
            assignments: point.assignments.join(" "),
            error: harmless(error).replace('\n', "; "),
        }
    }
}

const OF_METRIC_SQUARED: &str = "that of the metric, squared";

table! {
    /// Headline metrics over draws of what is uncertain: how much of the variance is over draws, how much over replications.
    pub struct UncertaintyRow in "uncertainty" by [regime, period, metric, quantity] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// reporting period; `all` is the whole horizon
        period: String;
        /// headline metric; the name ends in its unit, cars otherwise, `car_share` is a fraction
        metric: String;
        /// `level`, or `change` from the baseline regime in the same draw and replication
        quantity: String;
        /// number of draws with results
        draws: u64;
        /// number of replications of each draw
        replications: u64;
        /// mean over draws and replications
        mean: f64, OF_METRIC;
        /// standard error of the mean, over draws
        std_error: f64, OF_METRIC;
        /// lower end of the 95% Student interval of the mean over draws: how far other draws would move it
        ci_low: f64, OF_METRIC;
        /// upper end of the 95% Student interval of the mean over draws: how far other draws would move it
        ci_high: f64, OF_METRIC;
        /// standard deviation over draws of the mean response; empty where the variance is negative
        parameter_sd: f64, OF_METRIC;
        /// standard deviation over replications of one draw, root of the mean variance
        replication_sd: f64, OF_METRIC;
        /// variance over draws of the mean response, replication noise taken out; can be negative
        parameter_variance: f64, OF_METRIC_SQUARED;
        /// lower end of its 95% interval, for there being so few draws
        parameter_variance_ci_low: f64, OF_METRIC_SQUARED;
        /// upper end of its 95% interval, for there being so few draws
        parameter_variance_ci_high: f64, OF_METRIC_SQUARED;
        /// mean over draws of the variance over replications
        replication_variance: f64, OF_METRIC_SQUARED;
        /// lower end of its 95% interval, for there being so few draws
        replication_variance_ci_low: f64, OF_METRIC_SQUARED;
        /// upper end of its 95% interval, for there being so few draws
        replication_variance_ci_high: f64, OF_METRIC_SQUARED;
        /// parameter_variance over the sum of both variances; empty where nothing varies
        parameter_share: f64, "fraction";
        /// lower end of its 95% interval, for there being so few draws
        parameter_share_ci_low: f64, "fraction";
        /// upper end of its 95% interval, for there being so few draws
        parameter_share_ci_high: f64, "fraction";
        /// 5% quantile over draws of the mean response, replication noise taken out
        q05: f64, OF_METRIC;
        /// 25% quantile
        q25: f64, OF_METRIC;
        /// median
        q50: f64, OF_METRIC;
        /// 75% quantile
        q75: f64, OF_METRIC;
        /// 95% quantile
        q95: f64, OF_METRIC;
        /// 5% quantile over draws and replications together
        total_q05: f64, OF_METRIC;
        /// 95% quantile over draws and replications together
        total_q95: f64, OF_METRIC;
    }
}

impl UncertaintyRow {
    /// Whether this is the change from the baseline, or the level.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.quantity == CHANGE
    }

    /// Of one metric: the name of its regime, period and metric, what was drawn, and its quantiles over draws and over all.
    #[must_use]
    pub fn new([regime, period, metric]: [&str; 3], is_change: bool, drawn: Drawn<'_>, total: [f64; 2]) -> Self {
        let Drawn { layout, replications } = drawn;
        let Components { mean, std_error, between, within, share } = layout.components(replications, LEVEL);
        let [q05, q25, q50, q75, q95] = layout.quantiles(between.value, [0.05, 0.25, 0.5, 0.75, 0.95]);
        let [total_q05, total_q95] = total;
        Self {
            regime: regime.into(),
            period: period.into(),
            metric: metric.into(),
            quantity: quantity_of(is_change),
            draws: layout.groups() as u64,
            replications,
            mean: mean.value,
            std_error,
            ci_low: mean.low,
            ci_high: mean.high,
            parameter_sd: between.value.sqrt(),
            replication_sd: within.value.sqrt(),
            parameter_variance: between.value,
            parameter_variance_ci_low: between.low,
            parameter_variance_ci_high: between.high,
            replication_variance: within.value,
            replication_variance_ci_low: within.low,
            replication_variance_ci_high: within.high,
            parameter_share: share.value,
            parameter_share_ci_low: share.low,
            parameter_share_ci_high: share.high,
            q05,
            q25,
            q50,
            q75,
            q95,
            total_q05,
            total_q95,
        }
    }
}

const CHANGE: &str = "change";

/// What tables call a change from the baseline, or a level.
fn quantity_of(is_change: bool) -> String {
    if is_change { CHANGE } else { "level" }.to_owned()
}

/// A metric over draws, each with its replications.
#[derive(Clone, Copy, Debug)]
pub struct Drawn<'a> {
    /// Moments of every draw.
    pub layout: &'a OneWay,
    /// Replications of each.
    pub replications: u64,
}

/// Rows of `uncertainty.csv`: levels of every regime, and changes of all but the baseline.
#[must_use]
pub fn uncertainty_rows(results: &PointResults, replications: u64) -> Vec<UncertaintyRow> {
    let names = results.names();
    let row = |(is_change, [r, p, m]): (bool, [usize; 3])| {
        let (place, baseline) = (names.place(r, p, m), names.place(names.baseline, p, m));
        let layout = results.over_points(place, is_change);
        UncertaintyRow::new(
            [&names.regimes[r], &names.periods[p], &names.metrics[m]],
            is_change,
            Drawn { layout: &layout, replications },
            results.quantiles(place, is_change.then_some(baseline), [0.05, 0.95]),
        )
    };
    // A metric that the study does not have, such as expected sales in time, has no row.
    names.measured().map(row).filter(|row| !row.mean.is_nan()).collect()
}

/// Rows of `draws.csv`.
#[must_use]
pub fn draw_rows(draws: &Uncertainty, points: &[Point]) -> Vec<DrawRow> {
    let mut rows: Vec<DrawRow> = Vec::new();
    for point in points {
        let first = rows.len();
        let chosen = draws.structures_of(point.index);
        let structure = chosen.iter().map(|s| draws.structures()[*s].name.as_str()).collect::<Vec<_>>().join(" + ");
        for assignment in &point.assignments {
            let (key, value) = assignment.split_once('=').unwrap_or((assignment, ""));
            // What a structure sets stands in place of what all draws have.
            match rows[first..].iter_mut().find(|row| row.key == key) {
                Some(row) => value.clone_into(&mut row.value),
                None => rows.push(DrawRow {
                    draw: point.index,
                    structure: structure.clone(),
                    key: key.into(),
                    value: value.into(),
                }),
            }
        }
    }
    rows
}

table! {
    /// The ranges of the answer, three widths of every metric over draws: simulation alone, with parameters, with structure; and what makes the variance.
    pub struct WidthRow in "widths" by [regime, period, metric, quantity] {
        /// policy regime, by its name in the scenario
        regime: String;
        /// reporting period; `all` is the whole horizon
        period: String;
        /// metric; the name ends in its unit, cars otherwise, `car_share` is a fraction; money is of the whole period
        metric: String;
        /// `level`, or `change` from the baseline regime in the same draw and replication
        quantity: String;
        /// number of draws with results
        draws: u64;
        /// the structures of the point run, the first of each factor, of which the first two widths are; empty where the study has none
        structure: String;
        /// median over draws of them
        q50: f64, OF_METRIC;
        /// lower end of the 90% interval that simulation leaves to one draw's mean over its replications, around their mean
        simulation_low: f64, OF_METRIC;
        /// upper end
        simulation_high: f64, OF_METRIC;
        /// 5% quantile of draws' means under them: simulation and parameters
        parameters_low: f64, OF_METRIC;
        /// 95% quantile
        parameters_high: f64, OF_METRIC;
        /// draws that these two come from: those of the structures where they are 20 or more, else all, each as far from the mean under them as it is from that of its own
        parameter_draws: u64;
        /// median of draws' means over all structures
        structure_median: f64, OF_METRIC;
        /// 5% quantile of draws' means over all structures: simulation, parameters and structure
        structure_low: f64, OF_METRIC;
        /// 95% quantile
        structure_high: f64, OF_METRIC;
        /// part of the variance of draws' means that is simulation; the three sum to one, and are empty where nothing varies
        simulation_share: f64, "fraction";
        /// part that is parameters, given the structure; can come out negative
        parameter_share: f64, "fraction";
        /// part that is structure; can come out negative
        structure_share: f64, "fraction";
    }
}

table! {
    /// Every metric under each structure of the model.
    pub struct StructureRow in "structures" by [structure, regime, period, metric, quantity] {
        /// structure, by its name in the scenario
        structure: String;
        /// what it is a choice of
        factor: String;
        /// policy regime, by its name in the scenario
        regime: String;
        /// reporting period; `all` is the whole horizon
        period: String;
        /// metric; the name ends in its unit, cars otherwise, `car_share` is a fraction; money is of the whole period
        metric: String;
        /// `level`, or `change` from the baseline regime in the same draw and replication
        quantity: String;
        /// share of the draws that it was given
        weight: f64, "fraction";
        /// number of its draws with results
        draws: u64;
        /// mean over its draws
        mean: f64, OF_METRIC;
        /// 5% quantile over them
        q05: f64, OF_METRIC;
        /// median
        q50: f64, OF_METRIC;
        /// 95% quantile
        q95: f64, OF_METRIC;
    }
}

impl WidthRow {
    /// Whether this is the change from the baseline, or the level.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.quantity == CHANGE
    }
}

table! {
    /// What each uncertain thing alone does to a metric: draws grouped by it, everything else varying.
    pub struct EffectRow in "effects" by [thing, regime, period, metric, quantity] {
        /// factor of structures, or key of a parameter; of parameters that are drawn together, value for value, the keys joined by ` + `
        thing: String;
        /// what charts call it
        label: String;
        /// `structure` or `parameter`
        kind: String;
        /// policy regime, by its name in the scenario
        regime: String;
        /// reporting period; `all` is the whole horizon
        period: String;
        /// metric; the name ends in its unit, cars otherwise, `car_share` is a fraction; money is of the whole period
        metric: String;
        /// `level`, or `change` from the baseline regime in the same draw and replication
        quantity: String;
        /// draws that have it
        draws: u64;
        /// groups that they were put into
        groups: u64;
        /// share of the variance over draws that it makes alone; zero on average where it makes none, and then as often negative
        share: f64, "fraction";
        /// lowest mean of a group, differences between structures taken out of a parameter's
        low: f64, OF_METRIC;
        /// where that is: the structure, or which part of the parameter's draws, by its value among those of the same structure, and its values there, which may overlap with those of other parts
        low_at: String;
        /// highest mean of a group
        high: f64, OF_METRIC;
        /// where that is
        high_at: String;
    }
}

impl EffectRow {
    /// Whether this is the change from the baseline, or the level.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.quantity == CHANGE
    }
}

/// Tables of a study of draws.
#[derive(Debug, Default)]
pub struct DrawTables {
    /// Rows of `widths.csv`.
    pub widths: Vec<WidthRow>,
    /// Rows of `structures.csv`.
    pub structures: Vec<StructureRow>,
    /// Rows of `effects.csv`: of each metric, the largest first.
    pub effects: Vec<EffectRow>,
}

/// An uncertain thing, with the draws grouped by it.
struct Thing {
    key: String,
    label: String,
    is_structure: bool,
    groups: Vec<DrawGroup>,
    names: Vec<String>,
}

/// The uncertain things of a study: factors of structures, then parameters. `points` are those with results, in order.
fn things(draws: &Uncertainty, points: &[&Point], cell: &[usize]) -> Vec<Thing> {
    let (structures, mut things) = (draws.structures(), Vec::new());
    for (f, factor) in draws.factors().into_iter().enumerate() {
        let chosen: Vec<usize> = points.iter().map(|point| draws.structures_of(point.index)[f]).collect();
        let own: Vec<usize> = (0..structures.len()).filter(|s| chosen.contains(s)).collect();
        let draws_of = |s: &usize| (0..chosen.len()).filter(|k| chosen[*k] == *s).collect();
        let group = |s: &usize| DrawGroup { draws: draws_of(s), values: [*s as f64; 2] };
        things.push(Thing {
            key: factor.to_owned(),
            // Factors are named by a word of the scenario's: it stands beside what it is.
            label: if factor == STRUCTURE { factor.to_owned() } else { format!("{STRUCTURE}: {factor}") },
            is_structure: true,
            groups: own.iter().map(group).collect(),
            names: own.iter().map(|s| structures[*s].label.clone()).collect(),
        });
    }
    let all = std::iter::once(draws.parameters()).chain(structures.iter().map(|structure| &structure.parameters));
    for item in all.flat_map(|parameters| &parameters.list) {
        if things.iter().any(|thing: &Thing| !thing.is_structure && thing.key.split(" + ").any(|key| key == item.key)) {
            continue;
        }
        // The last assignment counts: a structure's stands in place of what all draws have.
        let value = |point: &&Point| {
            let set = point.assignments.iter().rev().filter_map(|text| text.split_once('='));
            set.into_iter()
                .find(|(key, _)| *key == item.key)
                .and_then(|(_, value)| value.parse().ok())
                .unwrap_or(f64::NAN)
        };
        let groups = groups_of(&points.iter().map(value).collect::<Vec<_>>(), cell);
        let name = |(place, group): (usize, &DrawGroup)| match group.values {
            [low, high] if low == high => short(low),
            [low, high] => format!("{}: {} to {}", part_of(place, groups.len()), short(low), short(high)),
        };
        let names = groups.iter().enumerate().map(name).collect();
        let label = in_words(&item.label);
        // What is drawn with another, value for value, cannot be told from it: both are one thing.
        let twin =
            things.iter_mut().find(|thing| !thing.is_structure && groups.len() > 1 && alike(&thing.groups, &groups));
        match twin {
            Some(twin) => {
                twin.key.push_str(&format!(" + {}", item.key));
                twin.label.push_str(&format!(", and with it {label}"));
            }
            None => things.push(Thing { key: item.key.clone(), label, is_structure: false, groups, names }),
        }
    }
    things
}

/// What the tables call a choice of structure.
const STRUCTURE: &str = "structure";

/// Which part of a parameter's draws, by its value among those of the same structure, a group is.
fn part_of(place: usize, groups: usize) -> String {
    match (place, groups) {
        (0, 2) => "lower half".to_owned(),
        (1, 2) => "upper half".to_owned(),
        (0, _) => "lowest".to_owned(),
        (last, _) if last + 1 == groups => "highest".to_owned(),
        (1, 3) => "middle".to_owned(),
        _ => format!("part {} of {groups}", place + 1),
    }
}

/// Whether two things have the same draws in the same groups, in this order or the other.
fn alike(one: &[DrawGroup], two: &[DrawGroup]) -> bool {
    let sorted = |group: &DrawGroup| {
        let mut draws = group.draws.clone();
        draws.sort_unstable();
        draws
    };
    let [one, mut two] = [one, two].map(|groups| groups.iter().map(sorted).collect::<Vec<_>>());
    one == two || {
        two.reverse();
        one == two
    }
}

/// A label as words: one that is the name of a key has its words apart.
fn in_words(label: &str) -> String {
    if label.contains(' ') || !label.contains('_') {
        return label.to_owned();
    }
    let words = label.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl WidthRow {
    /// What the variance between draws comes from (simulation, parameters, structure), where that is an estimate worth a number: parts of a whole, of
    /// enough draws.
    #[must_use]
    pub fn told_shares(&self) -> Option<[f64; 3]> {
        let shares = [self.simulation_share, self.parameter_share, self.structure_share];
        let is_part = |share: &f64| (0.0..=1.0).contains(share);
        (self.draws >= EffectRow::ENOUGH && shares.iter().all(is_part)).then_some(shares)
    }

    /// Whether a range is narrower than one that contains less: of few draws, what is put in moves less than chance among them.
    #[must_use]
    pub fn narrows(&self) -> bool {
        let widths = [
            self.simulation_high - self.simulation_low,
            self.parameters_high - self.parameters_low,
            self.structure_high - self.structure_low,
        ];
        let known: Vec<f64> = widths.into_iter().filter(|width| width.is_finite()).collect();
        known.windows(2).any(|pair| pair[1] < pair[0])
    }
}

/// What is said where a range gets narrower as more is put in.
pub const NARROWS: &str = "Where a range is narrower than one that contains less, draws are too few: what is put in moves it less than chance among them does.";

impl EffectRow {
    /// Fewest draws of which anybody says what the variance comes from.
    pub const ENOUGH: u64 = 30;

    /// Whether there are enough draws, and they tell the share from nothing.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.draws >= Self::ENOUGH && self.interval_of_share()[0] > 0.0
    }

    /// Standard error of the share: that of a squared correlation in a sample (Olkin and Finn 1995), to first order.
    fn share_error(&self) -> f64 {
        let share = self.share.clamp(0.0, 1.0);
        2.0 * share.sqrt() * (1.0 - share) / (self.draws as f64).sqrt()
    }

    /// Its interval at about 95%.
    pub(super) fn interval_of_share(&self) -> [f64; 2] {
        [self.share - 2.0 * self.share_error(), self.share + 2.0 * self.share_error()]
    }

    /// Whether its share is surely larger than that of another thing.
    #[cfg(feature = "charts")]
    pub(super) fn is_told_from(&self, other: &Self) -> bool {
        let [one, two] = [self.share_error(), other.share_error()];
        self.share - other.share > 2.0 * (one * one + two * two).sqrt()
    }
}

/// A value to four digits.
fn short(value: f64) -> String {
    shortest(format!("{value:.3e}").parse::<f64>().unwrap_or(value))
}

/// Rows of `widths.csv`, `structures.csv` and `effects.csv`.
#[must_use]
pub fn draw_tables(draws: &Uncertainty, points: &[Point], results: &PointResults, replications: u64) -> DrawTables {
    let (names, structures) = (results.names(), draws.structures());
    let numbers: Vec<u64> = results.points().iter().map(|(index, _)| *index).collect();
    let cell: Vec<usize> = numbers.iter().map(|draw| draws.cell_of(*draw)).collect();
    let chosen: Vec<Vec<usize>> = numbers.iter().map(|draw| draws.structures_of(*draw)).collect();
    // Both are in the order of points; those that failed have no result.
    let used: Vec<&Point> = points.iter().filter(|point| numbers.binary_search(&point.index).is_ok()).collect();
    let things = things(draws, &used, &cell);
    let first = |factor: &&str| structures.iter().find(|structure| structure.factor == **factor);
    let of_point: Vec<&str> = draws.factors().iter().filter_map(first).map(|of| of.name.as_str()).collect();
    let mut tables = DrawTables { widths: Vec::new(), structures: Vec::new(), effects: Vec::new() };
    for (is_change, [r, p, m]) in names.measured() {
        let layout = results.over_points(names.place(r, p, m), is_change);
        if layout.means().iter().all(|mean| mean.is_nan()) {
            continue;
        }
        let found = Widths::new(&layout, replications, &cell);
        let key = || (names.regimes[r].clone(), names.periods[p].clone(), names.metrics[m].clone());
        let ((regime, period, metric), quantity) = (key(), quantity_of(is_change));
        let [simulation_share, parameter_share, structure_share] = found.share;
        tables.widths.push(WidthRow {
            regime,
            period,
            metric,
            quantity: quantity.clone(),
            draws: layout.groups() as u64,
            structure: of_point.join(" + "),
            q50: found.first.quantiles[1],
            simulation_low: found.simulation[0],
            simulation_high: found.simulation[1],
            parameters_low: found.parameters[0],
            parameters_high: found.parameters[1],
            parameter_draws: found.parameter_draws as u64,
            structure_median: found.median,
            structure_low: found.structure[0],
            structure_high: found.structure[1],
            simulation_share,
            parameter_share,
            structure_share,
        });
        let means = layout.means();
        for (s, structure) in structures.iter().enumerate() {
            let of =
                OfStructure::new(means.iter().zip(&chosen).filter(|(_, of)| of.contains(&s)).map(|(mean, _)| *mean));
            let (regime, period, metric) = key();
            let [q05, q50, q95] = of.quantiles;
            tables.structures.push(StructureRow {
                structure: structure.name.clone(),
                factor: structure.factor.clone(),
                regime,
                period,
                metric,
                quantity: quantity.clone(),
                weight: structure.weight,
                draws: of.draws as u64,
                mean: of.mean,
                q05,
                q50,
                q95,
            });
        }
        let mut effects: Vec<EffectRow> = Vec::new();
        for thing in things.iter().filter(|thing| thing.groups.len() > 1) {
            let found = effect(means, &thing.groups, (!thing.is_structure).then_some(&cell));
            let by_mean = |a: &usize, b: &usize| found.means[*a].total_cmp(&found.means[*b]);
            let places = 0..found.means.len();
            let (low, high) = (places.clone().min_by(by_mean).unwrap_or(0), places.max_by(by_mean).unwrap_or(0));
            let (regime, period, metric) = key();
            effects.push(EffectRow {
                thing: thing.key.clone(),
                label: thing.label.clone(),
                kind: if thing.is_structure { "structure" } else { "parameter" }.to_owned(),
                regime,
                period,
                metric,
                quantity: quantity.clone(),
                draws: thing.groups.iter().map(|group| group.draws.len() as u64).sum(),
                groups: thing.groups.len() as u64,
                share: found.share,
                low: found.means[low],
                low_at: thing.names[low].clone(),
                high: found.means[high],
                high_at: thing.names[high].clone(),
            });
        }
        // What has no share comes last; shares that differ by rounding alone keep the order of the inputs.
        let rank = |row: &EffectRow| if row.share.is_finite() { (row.share * 1e9).round() } else { f64::NEG_INFINITY };
        effects.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
        tables.effects.extend(effects);
    }
    tables
}

/// Writes what is left to write of a study of many points, beside what is written already.
///
/// # Errors
/// [`OutputError`] when the disk refuses; files are whole or absent.
pub fn write_point_tables(
    folder: &OutputFolder,
    streamed: Option<PointTable>,
    tables: &[TableData],
    written: &mut WrittenTables,
) -> Result<(), OutputError> {
    if let Some(PointTable { file, rows }) = streamed {
        written.resources.push(rows.resource);
        written.paths.push(file.finish()?);
    }
    tables.iter().try_for_each(|table| written.add(folder, table))
}

/// Position of the charts' period and metrics among the names; the scenario's reporting period and headline where the study names none.
///
/// # Errors
/// The name that is unknown, and what it should be.
pub fn shown(
    names: &Names,
    (metrics, period): (&[String], Option<&str>),
    scenario: &Scenario,
) -> Result<(usize, Vec<usize>), String> {
    let find = |what: &str, name: &str, known: &[String]| {
        let position = known.iter().position(|other| other == name);
        position.ok_or_else(|| format!("`{name}` is no {what}: expected one of {}", known.join(", ")))
    };
    let period = find("period", period.unwrap_or(&scenario.reporting_period().name), &names.periods)?;
    let own = [scenario.outputs.headline.clone()];
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
