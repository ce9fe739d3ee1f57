//! From a design and a model's outputs to a table of indices, by any method.

use std::collections::BTreeSet;

use super::bootstrap::{IndexEstimate, Resampling};
use super::design::{Design, check_groups};
use super::morris::InputStep;
use super::noise::{self, Units, VarianceParts};
use super::response::Response;
use super::sobol::Blocks;
use super::{Method, Problem, delta, fast, morris, pawn, rbd_fast, sobol};

/// One output of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// Its name.
    pub name: String,
    /// Its values.
    pub response: Response,
}

/// What replication noise is, and how much of the variance.
pub type Noise = VarianceParts;

/// One number of the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// The output.
    pub output: String,
    /// The input; `a:b` for a pair; empty where the number concerns all inputs.
    pub parameter: String,
    /// The index: `S1`, `ST`, `S2`, `mu`, `mu_star`, `sigma`, `delta`, `minimum`, `mean`, `median`, `maximum`, `CV`, `variance_of_mean`,
    /// `mean_of_variance`, `replication_share`.
    pub index: &'static str,
    /// Its value and uncertainty.
    pub estimate: IndexEstimate,
    /// The noise of the output, where it has replications.
    pub noise: Option<Noise>,
}

/// All indices, and what a reader should know of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Indices by output, then index in the order of the method, then input.
    pub indices: Vec<Index>,
    /// Reasons for caution.
    pub warnings: Vec<String>,
}

/// Why a design or its outputs cannot be analysed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AnalysisError {
    /// The row of the design concerned, from 0, if it is one.
    pub row: Option<usize>,
    /// Whether it is a complaint about the outputs, and not about the design.
    pub of_outputs: bool,
    /// What is wrong.
    pub message: String,
    /// What would do.
    pub help: String,
}

fn refuse<T>(row: Option<usize>, message: impl Into<String>, help: impl Into<String>) -> Result<T, AnalysisError> {
    Err(AnalysisError { row, of_outputs: false, message: message.into(), help: help.into() })
}

/// Outputs beyond this have squares whose sums may overflow.
pub const LARGEST_OUTPUT: f64 = 1e152;
/// Outputs that are smaller than this part of their inputs may be what cancels of them.
const ROUNDING_OF_ZERO: f64 = 1e-13;

/// Outputs that are all nearer to zero than this, and not all zero, have squares that vanish.
pub const SMALLEST_OUTPUT: f64 = 1e-150;

/// A design as its method reads it.
enum Layout {
    Blocks(Blocks),
    Trajectories(Vec<Vec<InputStep>>),
    Curves,
    Rows,
}

impl Layout {
    /// Rows that make one unit for noise, and the places in it that carry the variance over inputs.
    fn unit(&self, inputs: usize) -> (usize, Vec<usize>) {
        match self {
            Self::Blocks(blocks) => (blocks.rows(), vec![0, blocks.b()]),
            Self::Trajectories(_) => (inputs + 1, (0..=inputs).collect()),
            Self::Curves | Self::Rows => (1, vec![0]),
        }
    }
}

/// The indices of every output, each with the rows of `design`, by `method`.
///
/// # Errors
/// [`AnalysisError`] when the design has not the layout of the method, too few rows, or another number of rows than an output.
pub fn analyze(
    problem: &Problem,
    method: Method,
    design: &Design,
    outputs: &[OutputColumn],
    resampling: &Resampling,
) -> Result<Analysis, AnalysisError> {
    analyze_units(problem, method, design, outputs, Units::Independent(resampling), resampling)
}

/// Sobol' indices of every output from independent randomisations of one scrambled design; `groups` holds the randomisation of each block.
/// Intervals are Student's over randomisations.
///
/// # Errors
/// [`AnalysisError`] as for [`analyze`].
pub fn analyze_randomised(
    problem: &Problem,
    design: &Design,
    outputs: &[OutputColumn],
    groups: &[usize],
    resampling: &Resampling,
) -> Result<Analysis, AnalysisError> {
    analyze_units(problem, Method::Sobol, design, outputs, Units::Grouped(groups, resampling.level), resampling)
}

/// Rows that stand or fall together, the blocks of a design: a run that failed takes its block with it.
///
/// # Errors
/// [`AnalysisError`] when the design has not the layout of the method, or is one of curves, which cannot be read with gaps.
pub fn block_rows(problem: &Problem, method: Method, design: &Design) -> Result<usize, AnalysisError> {
    let layout = layout(problem, method, design)?;
    if matches!(layout, Layout::Curves) {
        return refuse(
            None,
            "a search curve with a failed run cannot be read",
            "run that row again, or use --method rbd_fast",
        );
    }
    Ok(layout.unit(problem.len()).0)
}

/// Design and outputs without the blocks of the rows that failed, and how many blocks those are.
///
/// # Errors
/// [`AnalysisError`] as for [`block_rows`], or when no block is left.
pub fn without_failed(
    problem: &Problem,
    method: Method,
    design: &Design,
    outputs: &[OutputColumn],
    failed: &[usize],
) -> Result<(Design, Vec<OutputColumn>, usize), AnalysisError> {
    let size = block_rows(problem, method, design)?;
    let lost: BTreeSet<usize> = failed.iter().map(|row| row / size).collect();
    let kept: Vec<usize> = (0..design.rows()).filter(|row| !lost.contains(&(row / size))).collect();
    let mut part = Design::new(problem.len());
    kept.iter().for_each(|row| part.push(design.row(*row).iter().copied()));
    let at =
        |output: &OutputColumn| Some(OutputColumn { name: output.name.clone(), response: output.response.at(&kept)? });
    match outputs.iter().map(at).collect() {
        Some(outputs) => Ok((part, outputs, lost.len())),
        None => refuse(None, "every block has a failed run", "narrow the distributions of the inputs"),
    }
}

fn analyze_units(
    problem: &Problem,
    method: Method,
    design: &Design,
    outputs: &[OutputColumn],
    units: Units<'_>,
    resampling: &Resampling,
) -> Result<Analysis, AnalysisError> {
    let layout = layout(problem, method, design)?;
    let mut analysis = Analysis { indices: Vec::new(), warnings: Vec::new() };
    let inputs = (0..problem.len()).flat_map(|input| design.column(input)).fold(0.0_f64, |most, x| most.max(x.abs()));
    for output in outputs {
        let (name, response) = (&output.name, &output.response);
        if response.rows() != design.rows() {
            let message = format!("{name} has {} rows, the design {}", response.rows(), design.rows());
            return refuse(None, message, "give one row of outputs for each row of the design, in its order");
        }
        let mean = response.mean();
        if let Some(row) = mean.iter().position(|value| value.abs() > LARGEST_OUTPUT) {
            let message =
                format!("{name} is {:e}: squares of such numbers are beyond what is calculated with", mean[row]);
            return refuse(Some(row), message, "give the output in a larger unit");
        }
        let largest = mean.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        if largest > 0.0 && largest < SMALLEST_OUTPUT {
            let message = format!("{name} is {largest:e} at most: squares of such numbers vanish");
            let help = "give the output in a smaller unit".to_owned();
            return Err(AnalysisError { row: None, of_outputs: true, message, help });
        }
        if response.is_constant() {
            let how = if mean.iter().all(|value| *value == mean[0]) { "" } else { " but for rounding" };
            analysis.warnings.push(format!("{name} is the same everywhere{how}: its indices are not defined"));
        } else if largest > 0.0 && largest < ROUNDING_OF_ZERO * inputs.min(1.0) {
            // What cancels leaves this; nothing else says what size the output should have.
            analysis.warnings.push(format!(
                "{name} is {largest:e} at most, the size of rounding: is it zero? its indices are then those of rounding errors"
            ));
        }
        let (unit, places) = layout.unit(problem.len());
        let noise = noise::split(response, unit, &places, units);
        let hidden = noise.is_some_and(|noise| noise.variance_of_mean.value <= 0.0) && !response.is_constant();
        if hidden {
            analysis.warnings.push(format!(
                "{name}: replication noise hides the inputs altogether; use more replications or more points"
            ));
        } else if noise.is_some() && matches!(method, Method::Pawn | Method::Delta) {
            analysis.warnings.push(format!(
                "{name}: {} compares distributions and is that of the mean of {} replications; what noise is left in it is not removed",
                method.name(),
                response.replications()
            ));
        }
        let mut push = |parameter: &str, index, estimate| {
            let (output, parameter) = (name.clone(), parameter.to_owned());
            let estimate = if response.is_constant() { IndexEstimate::UNDEFINED } else { estimate };
            analysis.indices.push(Index { output, parameter, index, estimate, noise });
        };
        method_indices(problem, (method, &layout), design, response, units, resampling, &mut push);
        let of_output = |index: &&Index| index.output == *name;
        let known = |index: &Index| index.estimate.value.is_finite();
        if !hidden && !response.is_constant() && !analysis.indices.iter().filter(of_output).any(known) {
            analysis.warnings.push(format!(
                "{name}: its indices are not defined: it differs in so few rows that nothing can be told from them"
            ));
        }
        if let Some(noise) = noise {
            let parts = [
                ("variance_of_mean", noise.variance_of_mean),
                ("mean_of_variance", noise.mean_of_variance),
                ("replication_share", noise.replication_share),
            ];
            for (index, estimate) in parts {
                let (output, parameter) = (name.clone(), String::new());
                analysis.indices.push(Index { output, parameter, index, estimate, noise: Some(noise) });
            }
        }
    }
    Ok(analysis)
}

fn method_indices(
    problem: &Problem,
    of: (Method, &Layout),
    design: &Design,
    response: &Response,
    units: Units<'_>,
    resampling: &Resampling,
    push: &mut impl FnMut(&str, &'static str, IndexEstimate),
) {
    let factors = problem.factors();
    let names: Vec<&str> = factors.iter().map(|factor| factor.name.as_str()).collect();
    let mut each = |index, estimates: &mut dyn Iterator<Item = IndexEstimate>| {
        names.iter().zip(estimates).for_each(|(name, estimate)| push(name, index, estimate));
    };
    match of {
        (_, Layout::Blocks(blocks)) => {
            let indices = match units {
                Units::Independent(resampling) => sobol::indices(response, *blocks, resampling),
                Units::Grouped(groups, level) => sobol::randomised_indices(response, *blocks, groups, level),
            };
            each("S1", &mut indices.first.into_iter());
            each("ST", &mut indices.total.into_iter());
            for (i, j, estimate) in indices.second {
                push(&format!("{}:{}", names[i], names[j]), "S2", estimate);
            }
        }
        (_, Layout::Trajectories(trajectories)) => {
            let effects = morris::effects(response, trajectories, resampling);
            each("mu", &mut effects.iter().map(|effect| effect.mu));
            each("mu_star", &mut effects.iter().map(|effect| effect.mu_star));
            each("sigma", &mut effects.iter().map(|effect| effect.sigma));
        }
        (_, Layout::Curves) => {
            let indices = fast::indices(response, problem.len(), resampling.level);
            each("S1", &mut indices.iter().map(|index| index.first));
            each("ST", &mut indices.iter().map(|index| index.total));
        }
        (Method::Pawn, Layout::Rows) => {
            let indices = pawn::indices(response, design, resampling);
            each("minimum", &mut indices.iter().map(|index| index.minimum));
            each("mean", &mut indices.iter().map(|index| index.mean));
            each("median", &mut indices.iter().map(|index| index.median));
            each("maximum", &mut indices.iter().map(|index| index.maximum));
            each("CV", &mut indices.iter().map(|index| index.cv));
        }
        (Method::Delta, Layout::Rows) => each("delta", &mut delta::indices(response, design, resampling).into_iter()),
        (_, Layout::Rows) => each("S1", &mut rbd_fast::indices(response, design, resampling.level).into_iter()),
    }
}

fn layout(problem: &Problem, method: Method, design: &Design) -> Result<Layout, AnalysisError> {
    let (rows, inputs) = (design.rows(), problem.len());
    if let Err(error) = check_groups(problem, method) {
        return refuse(None, error.to_string(), "leave `group` out, or use --method sobol");
    }
    let enough = |least: usize| {
        if rows >= least {
            return Ok(Layout::Rows);
        }
        refuse(None, format!("{rows} rows are too few for {}", method.name()), format!("give at least {least} rows"))
    };
    match method {
        Method::Sobol => blocks(problem, design).map(Layout::Blocks),
        Method::Morris => steps(problem, design).map(Layout::Trajectories),
        Method::Fast => {
            let least = 4 * fast::HARMONICS * fast::HARMONICS + 1;
            if !rows.is_multiple_of(inputs) || rows / inputs < least {
                let message = format!("{rows} rows are no {inputs} curves of {least} points or more");
                return refuse(
                    None,
                    message,
                    "a fast design has one block of n rows for each input: make it with sample",
                );
            }
            if let Some(curve) = fast::misplaced(design, inputs) {
                let input = problem.names().nth(curve).unwrap_or_default();
                let message =
                    format!("the rows from {} on are not the search curve of {input}", curve * (rows / inputs) + 1);
                return refuse(
                    None,
                    message,
                    "give design and outputs with their rows in the order in which sample wrote them",
                );
            }
            Ok(Layout::Curves)
        }
        Method::RbdFast => enough(2 * super::harmonics::RBD_HARMONICS + 1),
        Method::Pawn => enough(2 * super::slices::SLICES),
        Method::Delta => enough(20),
    }
}

/// Equal but for the rounding of a file.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

/// The layout of a Sobol' design: blocks of 2D + 2 rows, or of D + 2.
pub(super) fn blocks(problem: &Problem, design: &Design) -> Result<Blocks, AnalysisError> {
    let inputs = problem.factors().len();
    let factor_of = problem.factor_of();
    let full = Blocks { inputs, second_order: true };
    let first_order = Blocks { inputs, second_order: false };
    match check_blocks(design, full, &factor_of) {
        Ok(()) => Ok(full),
        Err(error) => check_blocks(design, first_order, &factor_of).map(|()| first_order).map_err(|_| error),
    }
}

fn check_blocks(design: &Design, blocks: Blocks, factor_of: &[usize]) -> Result<(), AnalysisError> {
    let size = blocks.rows();
    let what =
        "a block is A, then A with one input after the other from B, then B with one after the other from A, then B";
    if design.rows() == 0 || !design.rows().is_multiple_of(size) {
        let message = format!("{} rows are no blocks of {size}, 2D + 2 for D = {}", design.rows(), blocks.inputs);
        return refuse(
            None,
            message,
            format!("make the design with sample --method sobol and keep all its rows: {what}"),
        );
    }
    for start in (0..design.rows()).step_by(size) {
        let (a, b) = (design.row(start), design.row(start + blocks.b()));
        for i in 0..blocks.inputs {
            let swapped = |place: usize, from: &[f64], with: &[f64]| {
                let row = start + place;
                for (j, x) in design.row(row).iter().enumerate() {
                    let expected = if factor_of[j] == i { with[j] } else { from[j] };
                    if !same(*x, expected) {
                        let message = format!(
                            "input {} is {x}, expected {expected} at this place of a block of {size} rows",
                            j + 1
                        );
                        return refuse(
                            Some(row),
                            message,
                            format!("keep the rows of the design in their order: {what}"),
                        );
                    }
                }
                Ok(())
            };
            swapped(blocks.ab(i), a, b)?;
            if blocks.second_order {
                swapped(blocks.ba(i), b, a)?;
            }
        }
    }
    Ok(())
}

/// The steps of trajectories of D + 1 rows, one input moving at a time.
pub(super) fn steps(problem: &Problem, design: &Design) -> Result<Vec<Vec<InputStep>>, AnalysisError> {
    let inputs = problem.len();
    let remedy =
        "a trajectory has D + 1 rows, and from each to the next one input moves: make it with sample --method morris";
    if design.rows() == 0 || !design.rows().is_multiple_of(inputs + 1) {
        let message = format!("{} rows are no trajectories of {} rows for {inputs} inputs", design.rows(), inputs + 1);
        return refuse(None, message, remedy);
    }
    let mut trajectories = Vec::with_capacity(design.rows() / (inputs + 1));
    for start in (0..design.rows()).step_by(inputs + 1) {
        let mut steps: Vec<InputStep> = Vec::with_capacity(inputs);
        for row in start..start + inputs {
            let (from, to) = (design.row(row), design.row(row + 1));
            let mut moved = (0..inputs).filter(|i| !same(from[*i], to[*i]));
            let (Some(input), None) = (moved.next(), moved.next()) else {
                let message = "none or several inputs differ from the row before";
                return refuse(Some(row + 1), message, remedy);
            };
            let parameter = &problem.parameters[input];
            if steps.iter().any(|step| step.input == input) {
                return refuse(Some(row + 1), format!("{} moves twice in one trajectory", parameter.name), remedy);
            }
            let change = parameter.distribution.position(to[input]) - parameter.distribution.position(from[input]);
            if change == 0.0 {
                let message = format!(
                    "{} moves from {} to {}, both beyond its distribution",
                    parameter.name, from[input], to[input]
                );
                return refuse(Some(row + 1), message, "check that the problem is the one the design was made from");
            }
            steps.push(InputStep { input, row, change });
        }
        trajectories.push(steps);
    }
    Ok(trajectories)
}
