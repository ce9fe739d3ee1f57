//! Rows of the tables of a calibration.

use super::{Evaluation, Finished};
use crate::calibration::estimate::Bound;
use crate::config::calibration::Calibration;
use crate::report::record::{Cell, Field, FieldType, Record};

fn text(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::String, "", description)
}

fn number(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::Number, "", description)
}

fn integer(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::Integer, "", description)
}

/// One moment fitted (`fit.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct FitRow {
    /// The moment.
    pub moment: String,
    /// What a reader is shown.
    pub label: String,
    /// The block fitted to it.
    pub block: String,
    /// Evidence, its standard error, and the weight beside it.
    pub data: [f64; 3],
    /// Model, standard error of its simulation, and distance in standard errors.
    pub model: [f64; 3],
    /// Model at the start values, and distance.
    pub start: [f64; 2],
    /// Unit, status, row of the table of evidence, source.
    pub about: [String; 4],
}

impl FitRow {
    /// All targets, in their order.
    #[must_use]
    pub fn all(calibration: &Calibration, finished: &Finished) -> Vec<Self> {
        let (problem, estimate) = (&calibration.problem, &finished.estimate);
        let row = |i: usize| {
            let (target, evidence) = (&problem.targets[i], &calibration.evidence[calibration.fitted[i]]);
            let noise = estimate.noise[(i, i)].sqrt();
            let t = |moment: f64| (moment - target.value) / target.std_error.hypot(noise);
            let stated = |text: &String| if text.is_empty() { "none".to_owned() } else { text.clone() };
            Self {
                moment: target.name.clone(),
                label: evidence.label.clone(),
                block: problem.blocks[target.block].clone(),
                data: [target.value, target.std_error, target.weight],
                model: [estimate.moments[i], noise, estimate.t(problem, i)],
                start: [finished.at_start[i], t(finished.at_start[i])],
                about: [&evidence.unit, &evidence.status, &evidence.row, &evidence.source].map(stated),
            }
        };
        (0..problem.targets.len()).map(row).collect()
    }
}

impl Record for FitRow {
    const TABLE: &'static str = "fit";
    const DESCRIPTION: &'static str = "The moments fitted: evidence, model, and how far they are apart.";
    const KEY: &'static [&'static str] = &["moment"];

    fn fields() -> Vec<Field> {
        vec![
            text("moment", "name of the moment"),
            text("label", "what it is"),
            text("block", "block of parameters that is fitted to it"),
            number("data", "the evidence"),
            number("data_std_error", "its standard error, or a tolerance that stands for one"),
            number("weight", "weight beside the standard error's own"),
            number("model", "the model at the estimates"),
            number("simulation_std_error", "standard deviation of the model's value over random seeds"),
            number("t", "model less data, over data and simulation errors together"),
            number("model_at_start", "the model at the values set before"),
            number("t_at_start", "the same distance there"),
            text("unit", "unit of the moment"),
            text("status", "sourced, derived or estimate"),
            text("row", "row of the table of evidence"),
            text("source", "where the evidence comes from"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells =
            vec![Cell::Text(self.moment.clone()), Cell::Text(self.label.clone()), Cell::Text(self.block.clone())];
        cells.extend(self.data.iter().chain(&self.model).chain(&self.start).map(|value| Cell::Number(*value)));
        cells.extend(self.about.iter().map(|text| Cell::Text(text.clone())));
        cells
    }
}

/// One parameter (`parameters.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterRow {
    /// The parameter, its key and its block.
    pub name: [String; 3],
    /// Start, estimate, standard error, 95% interval, bounds, prior's mean and standard deviation, prior's share.
    pub numbers: [f64; 10],
    /// `low` or `high` at a bound, else `no`.
    pub bound: &'static str,
}

impl ParameterRow {
    /// All parameters, in their order.
    #[must_use]
    pub fn all(calibration: &Calibration, finished: &Finished) -> Vec<Self> {
        const NORMAL: f64 = 1.959_963_984_540_054;
        let (problem, estimate) = (&calibration.problem, &finished.estimate);
        let row = |k: usize| {
            let (free, value, error) = (&problem.free[k], estimate.theta[k], estimate.std_error[k]);
            let [mean, sd] = free.prior.map_or([f64::NAN; 2], |prior| [prior.mean, prior.sd]);
            Self {
                name: [free.name.clone(), calibration.keys[k].clone(), problem.blocks[free.block].clone()],
                numbers: [
                    free.start,
                    value,
                    error,
                    value - NORMAL * error,
                    value + NORMAL * error,
                    free.low,
                    free.high,
                    mean,
                    sd,
                    estimate.prior_share[k],
                ],
                bound: match estimate.bound[k] {
                    None => "no",
                    Some(Bound::Low) => "low",
                    Some(Bound::High) => "high",
                },
            }
        };
        (0..problem.free.len()).map(row).collect()
    }
}

impl Record for ParameterRow {
    const TABLE: &'static str = "parameters";
    const DESCRIPTION: &'static str = "The estimates with their standard errors, bounds and priors.";
    const KEY: &'static [&'static str] = &["parameter"];

    fn fields() -> Vec<Field> {
        vec![
            text("parameter", "name of the parameter"),
            text("key", "its key in a scenario"),
            text("block", "block that estimates it"),
            number("start", "value set before"),
            number("estimate", "estimate"),
            number(
                "std_error",
                "standard error, simulation noise included; empty at a bound and where neither moments nor a prior say anything",
            ),
            number("ci_low", "lower end of the 95% normal interval"),
            number("ci_high", "upper end"),
            number("low", "lowest value allowed"),
            number("high", "highest value allowed"),
            number("prior_mean", "mean of the prior, if there is one"),
            number("prior_sd", "its standard deviation"),
            number("prior_share", "share of what is known of the parameter that the prior says"),
            text("at_bound", "low or high where the estimate stands at a bound, else no"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        let names = self.name.iter().map(|name| Cell::Text(name.clone()));
        let numbers = self.numbers.iter().map(|value| Cell::Number(*value));
        names.chain(numbers).chain([Cell::Text(self.bound.to_owned())]).collect()
    }
}

/// What one moment says of one parameter (`identification.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct IdentificationRow {
    /// The moment.
    pub moment: String,
    /// The parameter.
    pub parameter: String,
    /// Derivative, the same over the range in standard errors, and shift of the estimate.
    pub numbers: [f64; 3],
}

impl IdentificationRow {
    /// All pairs, moment by moment.
    #[must_use]
    pub fn all(calibration: &Calibration, finished: &Finished) -> Vec<Self> {
        let (problem, estimate) = (&calibration.problem, &finished.estimate);
        let pairs = (0..problem.targets.len()).flat_map(|i| (0..problem.free.len()).map(move |k| (i, k)));
        let row = |(i, k): (usize, usize)| {
            let (target, free) = (&problem.targets[i], &problem.free[k]);
            let slope = estimate.jacobian[(i, k)];
            Self {
                moment: target.name.clone(),
                parameter: free.name.clone(),
                numbers: [
                    slope,
                    slope * (free.high - free.low) / target.std_error,
                    estimate.sensitivity[(k, i)] * target.std_error,
                ],
            }
        };
        pairs.map(row).collect()
    }
}

impl Record for IdentificationRow {
    const TABLE: &'static str = "identification";
    const DESCRIPTION: &'static str = "What each moment says of each parameter.";
    const KEY: &'static [&'static str] = &["moment", "parameter"];

    fn fields() -> Vec<Field> {
        vec![
            text("moment", "the moment"),
            text("parameter", "the parameter"),
            number(
                "derivative",
                "change of the moment by one unit of the parameter; zero by construction for parameters of later blocks",
            ),
            number("scaled_derivative", "the same over the range of the parameter, in standard errors of the moment"),
            number("shift", "change of the estimate when the evidence of the moment is one standard error higher"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        let names = [&self.moment, &self.parameter].map(|name| Cell::Text(name.clone()));
        names.into_iter().chain(self.numbers.map(Cell::Number)).collect()
    }
}

/// One number about the calibration as a whole (`statistics.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct StatisticRow {
    /// Its name.
    pub statistic: String,
    /// The block it is of, or `all`.
    pub block: String,
    /// The number.
    pub value: f64,
}

impl StatisticRow {
    /// All of them.
    #[must_use]
    pub fn all(calibration: &Calibration, finished: &Finished) -> Vec<Self> {
        let (problem, estimate) = (&calibration.problem, &finished.estimate);
        let row =
            |statistic: &str, block: &str, value| Self { statistic: statistic.into(), block: block.into(), value };
        let mut rows = vec![
            row("j", "all", estimate.j),
            row("degrees_of_freedom", "all", estimate.degrees as f64),
            row("p_value", "all", estimate.p_value),
            row("evaluations", "all", finished.trace.len() as f64),
            row("seeds", "all", estimate.seeds as f64),
        ];
        for (at, name) in problem.blocks.iter().enumerate() {
            let of = |evaluation: &&Evaluation| evaluation.query.block == at;
            rows.push(row("objective", name, finished.searched[at].objective));
            rows.push(row("block_evaluations", name, finished.trace.iter().filter(of).count() as f64));
            rows.push(row("unsolved_points", name, finished.searched[at].failed as f64));
            for (place, value) in estimate.identification[at].values.iter().enumerate() {
                rows.push(row(&format!("singular_value_{}", place + 1), name, *value));
            }
        }
        rows
    }
}

impl Record for StatisticRow {
    const TABLE: &'static str = "statistics";
    const DESCRIPTION: &'static str = "Numbers about the calibration as a whole.";
    const KEY: &'static [&'static str] = &["statistic", "block"];

    fn fields() -> Vec<Field> {
        vec![
            text("statistic", "name of the number"),
            text("block", "the block it is of, or all"),
            number("value", "the number"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        vec![Cell::Text(self.statistic.clone()), Cell::Text(self.block.clone()), Cell::Number(self.value)]
    }
}

/// One warning (`warnings.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct WarningRow {
    /// Kind, subject, text.
    pub words: [String; 3],
}

impl WarningRow {
    /// All of them.
    #[must_use]
    pub fn all(finished: &Finished) -> Vec<Self> {
        let row = |warning: &crate::calibration::Warning| Self {
            words: [warning.kind().to_owned(), warning.subject(), warning.to_string()],
        };
        finished.warnings.iter().map(row).collect()
    }
}

impl Record for WarningRow {
    const TABLE: &'static str = "warnings";
    const DESCRIPTION: &'static str = "What a reader of the estimates must know.";
    const KEY: &'static [&'static str] = &["kind", "subject"];

    fn fields() -> Vec<Field> {
        vec![
            text("kind", "impossible, missed, at_bound, unmoved, flat, prior, valleys, unfinished or unsolved"),
            text("subject", "the moment, parameters or block that it is about"),
            text("text", "the warning"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        self.words.iter().map(|word| Cell::Text(word.clone())).collect()
    }
}

/// Evaluations (`trace.csv`): columns depend on parameters and targets.
pub struct TraceRow;

impl TraceRow {
    /// File name without extension.
    pub const TABLE: &'static str = "trace";
    /// What the table is.
    pub const DESCRIPTION: &'static str = "Every evaluation of the search, in its order.";
    /// Columns that identify a row.
    pub const KEY: &'static [&'static str] = &["evaluation"];

    /// The columns.
    #[must_use]
    pub fn fields(calibration: &Calibration) -> Vec<Field> {
        let mut fields = vec![
            integer("evaluation", "number, from 0"),
            text("block", "block whose moments were asked for"),
            text("stage", "global, simplex, polish, derivative or noise"),
            integer("seed", "0 in the search; others show the simulation noise"),
            number(
                "objective",
                "sum of squared weighted residuals of the block, priors included; empty without a solution",
            ),
            number("best", "the least objective of the block's search so far"),
        ];
        let free = &calibration.problem.free;
        fields.extend(
            free.iter()
                .zip(&calibration.keys)
                .map(|(free, key)| number(&format!("p_{}", free.name), &format!("value of {key}"))),
        );
        let targets = &calibration.problem.targets;
        fields.extend(
            targets
                .iter()
                .map(|target| number(&format!("m_{}", target.name), "the moment; empty for those of other blocks")),
        );
        fields
    }

    /// The rows.
    #[must_use]
    pub fn cells(calibration: &Calibration, finished: &Finished) -> Vec<Vec<Cell>> {
        let problem = &calibration.problem;
        let mut best = vec![f64::INFINITY; problem.blocks.len()];
        let row = |(number, evaluation): (usize, &Evaluation)| {
            let query = &evaluation.query;
            let objective = evaluation.moments.as_ref().map_or(f64::NAN, |moments| {
                problem.residuals(query.block, &query.theta, moments).iter().map(|r| r * r).sum()
            });
            if query.seed == 0 && objective < best[query.block] {
                best[query.block] = objective;
            }
            let mut cells = vec![
                Cell::Integer(number as u64),
                Cell::Text(problem.blocks[query.block].clone()),
                Cell::Text(query.stage.as_str().to_owned()),
                Cell::Integer(query.seed),
                Cell::Number(objective),
                Cell::Number(best[query.block]),
            ];
            cells.extend(query.theta.iter().map(|value| Cell::Number(*value)));
            let mut moments = vec![f64::NAN; problem.targets.len()];
            let own = problem.targets_of(query.block);
            own.iter().zip(evaluation.moments.iter().flatten()).for_each(|(i, value)| moments[*i] = *value);
            cells.extend(moments.into_iter().map(Cell::Number));
            cells
        };
        finished.trace.iter().enumerate().map(row).collect()
    }
}

/// Draws (`draws.csv`): columns depend on parameters.
pub struct DrawRow;

impl DrawRow {
    /// File name without extension.
    pub const TABLE: &'static str = "draws";
    /// What the table is.
    pub const DESCRIPTION: &'static str = "Parameters drawn from their estimated distribution, equally likely.";
    /// Columns that identify a row.
    pub const KEY: &'static [&'static str] = &["draw"];

    /// The columns.
    #[must_use]
    pub fn fields(calibration: &Calibration) -> Vec<Field> {
        let free = calibration.problem.free.iter().zip(&calibration.keys);
        let columns = free.map(|(free, key)| number(&free.name, &format!("value of {key}")));
        [integer("draw", "number, from 0")].into_iter().chain(columns).collect()
    }

    /// The rows.
    #[must_use]
    pub fn cells(draws: &[Vec<f64>]) -> Vec<Vec<Cell>> {
        let row = |(number, draw): (usize, &Vec<f64>)| {
            [Cell::Integer(number as u64)].into_iter().chain(draw.iter().map(|value| Cell::Number(*value))).collect()
        };
        draws.iter().enumerate().map(row).collect()
    }
}

/// The tables of fixed columns, for the documentation.
#[must_use]
pub fn columns() -> Vec<(&'static str, Vec<Field>)> {
    vec![
        (FitRow::TABLE, FitRow::fields()),
        (ParameterRow::TABLE, ParameterRow::fields()),
        (IdentificationRow::TABLE, IdentificationRow::fields()),
        (StatisticRow::TABLE, StatisticRow::fields()),
        (WarningRow::TABLE, WarningRow::fields()),
    ]
}
