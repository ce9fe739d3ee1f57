//! Rows of the tables of a calibration.

use crate::calibration::estimate::RangeEnd;
use crate::config::calibration::Calibration;
use crate::numerics::elementary::hypotenuse;
use crate::report::record::{Cell, Field, Record, table};
use crate::study::calibration::{FinishedCalibration, SearchRow};

table! {
    /// The moments fitted: evidence, model, and how far they are apart.
    pub struct FitRow in "fit" by [moment] {
        /// name of the moment
        moment: String;
        /// what it is
        label: String;
        /// block of parameters that is fitted to it
        block: String;
        /// the evidence; empty where it is a range
        data: f64;
        /// lower end of its range, the evidence itself where it is a number; empty where that side is open
        data_low: f64;
        /// upper end
        data_high: f64;
        /// its standard error, or a tolerance that stands for one
        data_std_error: f64;
        /// weight beside the standard error's own
        weight: f64;
        /// the model at the estimates
        model: f64;
        /// standard deviation of the model's value over random seeds
        simulation_std_error: f64;
        /// model less data, over data and simulation errors together; zero within a range
        t: f64;
        /// the model at the values set before
        model_at_start: f64;
        /// the same distance there
        t_at_start: f64;
        /// unit of the moment
        unit: String;
        /// sourced, derived or estimate
        status: String;
        /// row of the table of evidence
        row: String;
        /// where the evidence comes from
        source: String;
    }
}

impl FitRow {
    /// All targets, in their order.
    #[must_use]
    pub fn all(calibration: &Calibration, finished: &FinishedCalibration) -> Vec<Self> {
        let (problem, estimate) = (&calibration.problem, &finished.estimate);
        let row = |i: usize| {
            let (target, evidence) = (&problem.targets[i], &calibration.evidence[calibration.fitted[i]]);
            let noise = estimate.noise[(i, i)].sqrt();
            let t = |moment: f64| target.miss(moment) / hypotenuse(target.std_error, noise);
            let end = |end: f64| if end.is_finite() { end } else { f64::NAN };
            let [low, high] = target.range;
            let number = if low == high { low } else { f64::NAN };
            let stated = |text: &String| if text.is_empty() { "none".to_owned() } else { text.clone() };
            Self {
                moment: target.name.clone(),
                label: evidence.label.clone(),
                block: problem.blocks[target.block].clone(),
                data: number,
                data_low: end(low),
                data_high: end(high),
                data_std_error: target.std_error,
                weight: target.weight,
                model: estimate.moments[i],
                simulation_std_error: noise,
                t: estimate.t(problem, i),
                model_at_start: finished.at_start[i],
                t_at_start: t(finished.at_start[i]),
                unit: stated(&evidence.unit),
                status: stated(&evidence.status),
                row: stated(&evidence.row),
                source: stated(&evidence.source),
            }
        };
        (0..problem.targets.len()).map(row).collect()
    }
}

table! {
    /// The estimates with their standard errors, bounds and priors.
    pub struct ParameterRow in "parameters" by [parameter] {
        /// name of the parameter
        parameter: String;
        /// its key in a scenario
        key: String;
        /// block that estimates it
        block: String;
        /// value set before
        start: f64;
        /// estimate
        estimate: f64;
        /// standard error, simulation noise included; empty at a bound and where neither moments nor a prior say anything
        std_error: f64;
        /// lower end of the 95% normal interval
        ci_low: f64;
        /// upper end
        ci_high: f64;
        /// lowest value allowed
        low: f64;
        /// highest value allowed
        high: f64;
        /// mean of the prior, if there is one
        prior_mean: f64;
        /// its standard deviation
        prior_sd: f64;
        /// share of what is known of the parameter that the prior says
        prior_share: f64;
        /// low or high where the estimate stands at a bound, else no
        at_bound: &'static str;
    }
}

impl ParameterRow {
    /// All parameters, in their order.
    #[must_use]
    pub fn all(calibration: &Calibration, finished: &FinishedCalibration) -> Vec<Self> {
        const NORMAL: f64 = 1.959_963_984_540_054;
        let (problem, estimate) = (&calibration.problem, &finished.estimate);
        let row = |k: usize| {
            let (free, value, error) = (&problem.free[k], estimate.theta[k], estimate.std_error[k]);
            let [prior_mean, prior_sd] = free.prior.map_or([f64::NAN; 2], |prior| [prior.mean, prior.sd]);
            Self {
                parameter: free.name.clone(),
                key: calibration.keys[k].clone(),
                block: problem.blocks[free.block].clone(),
                start: free.start,
                estimate: value,
                std_error: error,
                ci_low: value - NORMAL * error,
                ci_high: value + NORMAL * error,
                low: free.low,
                high: free.high,
                prior_mean,
                prior_sd,
                prior_share: estimate.prior_share[k],
                at_bound: match estimate.bound[k] {
                    None => "no",
                    Some(RangeEnd::Low) => "low",
                    Some(RangeEnd::High) => "high",
                },
            }
        };
        (0..problem.free.len()).map(row).collect()
    }
}

table! {
    /// What each moment says of each parameter.
    pub struct IdentificationRow in "identification" by [moment, parameter] {
        /// the moment
        moment: String;
        /// the parameter
        parameter: String;
        /// change of the moment by one unit of the parameter; zero by construction for parameters of later blocks
        derivative: f64;
        /// the same over the range of the parameter, in standard errors of the moment
        scaled_derivative: f64;
        /// change of the estimate when the evidence of the moment is one standard error higher
        shift: f64;
    }
}

impl IdentificationRow {
    /// All pairs, moment by moment.
    #[must_use]
    pub fn all(calibration: &Calibration, finished: &FinishedCalibration) -> Vec<Self> {
        let (problem, estimate) = (&calibration.problem, &finished.estimate);
        let pairs = (0..problem.targets.len()).flat_map(|i| (0..problem.free.len()).map(move |k| (i, k)));
        let row = |(i, k): (usize, usize)| {
            let (target, free) = (&problem.targets[i], &problem.free[k]);
            let slope = estimate.jacobian[(i, k)];
            Self {
                moment: target.name.clone(),
                parameter: free.name.clone(),
                derivative: slope,
                scaled_derivative: slope * (free.high - free.low) / target.std_error,
                shift: estimate.sensitivity[(k, i)] * target.std_error,
            }
        };
        pairs.map(row).collect()
    }
}

table! {
    /// Numbers about the calibration as a whole.
    pub struct StatisticRow in "statistics" by [statistic, block] {
        /// name of the number
        statistic: String;
        /// the block it is of, or all
        block: String;
        /// the number
        value: f64;
    }
}

impl StatisticRow {
    /// All of them.
    #[must_use]
    pub fn all(calibration: &Calibration, finished: &FinishedCalibration) -> Vec<Self> {
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
            let of = |evaluation: &&SearchRow| evaluation.query.block == at;
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

table! {
    /// What a reader of the estimates must know.
    pub struct WarningRow in "warnings" by [kind, subject] {
        /// impossible, missed, at_bound, unmoved, flat, prior, valleys, unfinished or unsolved
        kind: &'static str;
        /// the moment, parameters or block that it is about
        subject: String;
        /// the warning
        text: String;
    }
}

impl WarningRow {
    /// All of them.
    #[must_use]
    pub fn all(finished: &FinishedCalibration) -> Vec<Self> {
        let row = |warning: &crate::calibration::Warning| Self {
            kind: warning.kind(),
            subject: warning.subject(),
            text: warning.to_string(),
        };
        finished.warnings.iter().map(row).collect()
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
            Field::integer("evaluation", "number, from 0"),
            Field::text("block", "block whose moments were asked for"),
            Field::text("stage", "global, simplex, polish, derivative or noise"),
            Field::integer("seed", "0 in the search; others show the simulation noise"),
            Field::number(
                "objective",
                "",
                "sum of squared weighted residuals of the block, priors included; empty without a solution",
            ),
            Field::number("best", "", "the least objective of the block's search so far"),
        ];
        let free = &calibration.problem.free;
        fields.extend(
            free.iter()
                .zip(&calibration.keys)
                .map(|(free, key)| Field::number(format!("p_{}", free.name), "", format!("value of {key}"))),
        );
        let targets = &calibration.problem.targets;
        fields.extend(targets.iter().map(|target| {
            Field::number(format!("m_{}", target.name), "", "the moment; empty for those of other blocks")
        }));
        fields
    }

    /// The rows.
    #[must_use]
    pub fn cells(calibration: &Calibration, finished: &FinishedCalibration) -> Vec<Vec<Cell>> {
        let problem = &calibration.problem;
        let mut best = vec![f64::INFINITY; problem.blocks.len()];
        let row = |(number, evaluation): (usize, &SearchRow)| {
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
pub struct EstimateDrawRow;

impl EstimateDrawRow {
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
        let columns = free.map(|(free, key)| Field::number(&free.name, "", format!("value of {key}")));
        [Field::integer("draw", "number, from 0")].into_iter().chain(columns).collect()
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
