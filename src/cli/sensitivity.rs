//! `stickershock sensitivity`: of a scenario, or designs and indices for any model, by files.

use std::path::{Path, PathBuf};

use crate::config::{Table, problem};
use crate::folder::OutputError;
use crate::folder::named::SingleFile;
use crate::report::indices::{IndexRow, NoisyIndexRow};
use crate::report::record::{Cell, Record, TableData, lines_of};
use crate::sensitivity::{
    self, Analysis, AnalysisError, Design, DesignError, Problem, Resampling, SampleOptions, analyze, block_rows,
    sample, without_failed,
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value};

use super::CliError;
use super::sensitivity_study::{self, StudyArgs};

const STUDY_EXAMPLES: &str = "\
Examples:
  stickershock sensitivity configs/sensitivity-1995.toml --method oat
  stickershock sensitivity configs/sensitivity-1995.toml --method morris --regime imposed
  stickershock sensitivity configs/sensitivity-1995.toml --n 16 --n-max 64 --metrics units_sanctioned,duty_usd
  stickershock sensitivity sample --problem p.toml --method sobol --n 1024 --seed 1 --out X.csv

The same command again continues a study that was stopped, and a larger --n lets it grow: no point is run twice.";

const EXAMPLES: &str = "\
Examples:
  stickershock sensitivity sample --problem p.toml --method sobol --n 1024 --seed 1 --out X.csv
  stickershock sensitivity analyze --problem p.toml --method sobol --design X.csv --outputs Y.csv --out S.csv

p.toml lists the uncertain inputs:
  [[parameter]]
  name = \"tariff\"
  distribution = \"uniform\"   # low, high
  low = 0.0
  high = 1.0
Others: normal (mean, sd), lognormal (log_mean, log_sd, or mean, sd), triangular (low, mode, high), beta (alpha, beta; low, high),
discrete (values; weights). low and high truncate normal and lognormal.

Y.csv has one column for each output, its rows in the order of X.csv; with a column `replication`, the design's rows once for each.";

#[derive(Args)]
#[command(after_help = STUDY_EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct SensitivityArgs {
    #[command(subcommand)]
    command: Option<SensitivityCommand>,
    #[command(flatten)]
    study: StudyArgs,
}

#[derive(Subcommand)]
enum SensitivityCommand {
    /// Write a design: one column for each parameter, one row for each run of the model.
    #[command(after_help = EXAMPLES)]
    Sample(SampleArgs),
    /// Estimate indices from a design and the model's outputs.
    #[command(after_help = EXAMPLES)]
    Analyze(AnalyzeArgs),
}

/// A method on the command line.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Method {
    /// First, total and second order: n (2D + 2) runs.
    Sobol,
    /// Elementary effects: n (D + 1) runs.
    Morris,
    /// First and total by Fourier amplitudes: n D runs.
    Fast,
    /// First order from any sample: n runs.
    RbdFast,
    /// Kolmogorov-Smirnov distances: n runs.
    Pawn,
    /// Borgonovo's delta: n runs.
    Delta,
}

impl From<Method> for sensitivity::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Sobol => Self::Sobol,
            Method::Morris => Self::Morris,
            Method::Fast => Self::Fast,
            Method::RbdFast => Self::RbdFast,
            Method::Pawn => Self::Pawn,
            Method::Delta => Self::Delta,
        }
    }
}

#[derive(Args)]
struct SampleArgs {
    /// The uncertain inputs, a TOML file.
    #[arg(long, value_name = "FILE")]
    problem: PathBuf,
    /// The method the design is for.
    #[arg(long, value_name = "M")]
    method: Method,
    /// Base points (sobol, a power of two), trajectories (morris), points of a curve (fast), or rows.
    #[arg(long, value_name = "N")]
    n: usize,
    /// Seed: any whole number, 0 too.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Levels of the grid of morris, an even number.
    #[arg(long, value_name = "P", default_value_t = 4)]
    levels: usize,
    /// File to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args)]
struct AnalyzeArgs {
    /// The uncertain inputs, a TOML file.
    #[arg(long, value_name = "FILE")]
    problem: PathBuf,
    /// The method.
    #[arg(long, value_name = "M")]
    method: Method,
    /// The design, a CSV file with a column for each parameter.
    #[arg(long, value_name = "FILE")]
    design: PathBuf,
    /// The model's outputs, a CSV file with a row for each row of the design.
    #[arg(long, value_name = "FILE")]
    outputs: PathBuf,
    /// File to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print a JSON list of the rows to standard output.
    #[arg(long)]
    json: bool,
    /// Leave out runs that failed (empty cells, nan, inf), each with its block of the design.
    #[arg(long)]
    drop_failed: bool,
    /// Level of intervals, between 0 and 1.
    #[arg(long, value_name = "L", default_value_t = 0.95)]
    level: f64,
    /// Bootstrap resamples (fast and rbd_fast need none).
    #[arg(long, value_name = "R", default_value_t = 1000)]
    resamples: usize,
    /// Seed of the resamples: any whole number, 0 too.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
}

/// Runs the command.
pub fn run(args: &SensitivityArgs) -> Result<(), CliError> {
    match &args.command {
        Some(SensitivityCommand::Sample(args)) => write_sample(args),
        Some(SensitivityCommand::Analyze(args)) => write_analysis(args),
        None => sensitivity_study::run(&args.study),
    }
}

/// Most bootstrap resamples: beyond, intervals do not change.
const MOST_RESAMPLES: usize = 100_000;

fn warn(message: &str) {
    tell!("warning: {message}");
}

fn write_sample(args: &SampleArgs) -> Result<(), CliError> {
    let problem = problem::problem(&args.problem)?;
    let out = named(args.out.as_deref(), &[&args.problem])?;
    let method = sensitivity::Method::from(args.method);
    let options = SampleOptions { n: args.n, seed: args.seed, levels: args.levels };
    let design = sample(&problem, method, options).map_err(|error| {
        let remedy = match error {
            DesignError::TooFew { .. } => "give a larger --n",
            DesignError::TooLarge { .. } => "give a smaller --n",
            DesignError::Levels(_) => "give an even number to --levels, such as 4",
            DesignError::Groups(_) => "leave `group` out, or use --method sobol",
            DesignError::Dimensions(_) => "leave inputs out, or screen them first with --method morris",
        };
        CliError::Usage(format!("{error}\nhelp: {remedy}"))
    })?;
    if method == sensitivity::Method::Sobol && !args.n.is_power_of_two() {
        let (below, above) = (args.n.next_power_of_two() / 2, args.n.next_power_of_two());
        warn(&format!(
            "--n {}: points of a Sobol' sequence are balanced in powers of two; use {below} or {above}",
            args.n
        ));
    }
    deliver(out, &render_design(&problem, &design)?)
}

fn render_design(problem: &Problem, design: &Design) -> Result<Vec<u8>, OutputError> {
    let header = problem.names().map(|name| Cell::Text(name.into())).collect();
    let rows = design.iter().map(|row| row.iter().map(|x| Cell::Number(*x)).collect());
    Ok(lines_of(std::iter::once(header).chain(rows))?)
}

fn write_analysis(args: &AnalyzeArgs) -> Result<(), CliError> {
    if !(args.level > 0.0 && args.level < 1.0) {
        let message = format!("--level {}: a level is between 0 and 1\nhelp: write 0.95 for 95%", args.level);
        return Err(CliError::Usage(message));
    }
    if !(2..=MOST_RESAMPLES).contains(&args.resamples) {
        let message = format!("--resamples {}: expected 2 to {MOST_RESAMPLES}\nhelp: write 1000", args.resamples);
        return Err(CliError::Usage(message));
    }
    let problem = problem::problem(&args.problem)?;
    let out = named(args.out.as_deref(), &[&args.problem, &args.design, &args.outputs])?;
    let table = Table::load(&args.design)?;
    let design = problem::design(&problem, &table)?;
    warn_outside(&problem, &design, &args.design);
    let results = Table::load(&args.outputs)?;
    let outputs = problem::outputs(&problem, &results, design.rows())?;
    for name in &outputs.ignored {
        warn(&format!("{}: column `{name}` has no numbers and is left out", args.outputs.display()));
    }
    let resampling = Resampling { level: args.level, resamples: args.resamples, seed: args.seed };
    let method = sensitivity::Method::from(args.method);
    let refused = |error: AnalysisError| {
        let named = if error.of_outputs { &results } else { &table };
        named.error_at(error.row.unwrap_or(usize::MAX), error.message, error.help)
    };
    let (mut design, mut columns) = (design, outputs.columns);
    if let (Some((row, column)), Some(first)) = (&outputs.first_failed, outputs.failed.first()) {
        if !args.drop_failed {
            let help = match block_rows(&problem, method, &design) {
                Ok(1) => "run it again, or leave such runs out with --drop-failed".to_owned(),
                Ok(size) => format!(
                    "run it again, or leave such runs out with --drop-failed: each takes its block with it, here rows {} to {} of the design",
                    first / size * size + 1,
                    (first / size + 1) * size
                ),
                Err(error) => error.help,
            };
            return Err(results.refuse_cell_with(*row, column, "a finite number", help).into());
        }
        // A design without blocks is complained of at the design, outputs of which nothing is left at the outputs.
        block_rows(&problem, method, &design).map_err(refused)?;
        let (part, kept, lost) = without_failed(&problem, method, &design, &columns, &outputs.failed)
            .map_err(|error| results.error_at(usize::MAX, error.message, error.help))?;
        warn(&format!(
            "{}: {} runs failed; they are left out with {lost} of {} blocks",
            args.outputs.display(),
            outputs.failed.len(),
            lost + part.rows() / block_rows(&problem, method, &part).map_err(refused)?,
        ));
        (design, columns) = (part, kept);
    }
    let analysis = analyze(&problem, method, &design, &columns, &resampling).map_err(refused)?;
    analysis.warnings.iter().for_each(|warning| warn(warning));
    if out.is_some() || !args.json {
        deliver(out, &render(&analysis)?)?;
    }
    if args.json { super::print(&json(&analysis)) } else { Ok(()) }
}

/// Points outside the problem's distributions: a design of another problem, perhaps.
fn warn_outside(problem: &Problem, design: &Design, path: &Path) {
    for (i, parameter) in problem.parameters.iter().enumerate() {
        let [low, high] = parameter.distribution.support();
        let slack = if (high - low).is_finite() { 1e-9 * (high - low) } else { 0.0 };
        let outside = design.column(i).into_iter().filter(|x| *x < low - slack || *x > high + slack).count();
        if outside > 0 {
            let (path, name) = (path.display(), &parameter.name);
            warn(&format!("{path}: {name} is outside {low} to {high}, where the problem has it, in {outside} rows"));
        }
    }
}

/// Whether any output has replications.
fn noisy(analysis: &Analysis) -> bool {
    analysis.indices.iter().any(|index| index.noise.is_some())
}

fn render(analysis: &Analysis) -> Result<Vec<u8>, OutputError> {
    let indices = analysis.indices.iter();
    Ok(if noisy(analysis) {
        TableData::new(&indices.map(NoisyIndexRow::from).collect::<Vec<_>>())?.csv
    } else {
        TableData::new(&indices.map(IndexRow::from).collect::<Vec<_>>())?.csv
    })
}

/// The rows as a JSON list of objects; a value that is not defined is null.
fn json(analysis: &Analysis) -> String {
    fn objects<R: Record>(rows: impl Iterator<Item = R>) -> Vec<Value> {
        let fields = R::fields();
        let value = |cell: Cell| match cell {
            Cell::Number(number) => Value::from(number),
            Cell::Text(text) => Value::from(text),
            other => Value::from(other.text()),
        };
        rows.map(|row| {
            let entries = fields.iter().zip(row.cells()).map(|(field, cell)| (field.name.clone(), value(cell)));
            Value::Object(entries.collect::<Map<_, _>>())
        })
        .collect()
    }
    let indices = analysis.indices.iter();
    let rows =
        if noisy(analysis) { objects(indices.map(NoisyIndexRow::from)) } else { objects(indices.map(IndexRow::from)) };
    format!("{:#}\n", Value::Array(rows))
}

/// Writes a file, or prints where there is none.
fn deliver(out: Option<SingleFile>, bytes: &[u8]) -> Result<(), CliError> {
    match out {
        None => super::print(&String::from_utf8_lossy(bytes)),
        Some(file) => Ok(file.write(bytes).map(drop)?),
    }
}

/// The file to write, if there is one; `inputs` are read.
fn named(out: Option<&Path>, inputs: &[&PathBuf]) -> Result<Option<SingleFile>, OutputError> {
    let inputs: Vec<PathBuf> = inputs.iter().map(|input| (*input).clone()).collect();
    out.map(|path| SingleFile::at(path, &inputs)).transpose()
}
