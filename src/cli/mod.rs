//! Subcommands and what they share: arguments, errors with exit codes, progress.

/// Prints a line to standard error; where that is closed or full, nobody reads it, and the exit code still tells.
macro_rules! tell {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "{}", $crate::config::harmless(&format!($($text)*)));
    }};
}

mod calibrate;
#[cfg(feature = "charts")]
mod chart;
mod check;
mod collect;
mod describe;
mod duties;
mod example;
mod init;
mod init_market;
mod man;
mod merge;
mod negotiate;
mod pack;
mod plan;
mod points;
mod replay;
mod run;
mod sensitivity;
mod sensitivity_study;
mod signals;
mod solve;
mod summary;
mod unit;
mod validate;
mod verify;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::config::{ConfigError, Loaded, Source};
use crate::folder::{OutputError, OutputFolder};
use crate::report::page;
use crate::study::calibration::CalibrationError;
use crate::study::sensitivity::SensitivityError;
use crate::study::units::ledger::LedgerError;
use crate::study::units::shard::ShardError;
use crate::study::units::verify::RecordError;
use crate::study::units::{StoreError, UnitPlanError};
use crate::study::work::WorkError;
use crate::study::{FinishError, StudyError};
use clap::{Args, CommandFactory, Parser, Subcommand};

#[derive(Parser)]
#[command(version, about, long_about = None, after_help = EXAMPLES)]
#[command(propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  stickershock run configs/showdown-1995.toml
  stickershock run configs/showdown-1995.toml --replications 20 --regimes imposed --out /tmp/imposed
  stickershock run configs/showdown-1995.toml --set instrument.sanctions.rate=0.25 --out /tmp/quarter
  stickershock check configs/showdown-1995.toml
  stickershock negotiate configs/governments-1995.toml
  stickershock init my-study && stickershock run my-study/scenario.toml

Exit codes: 0 done, 1 failed, 2 wrong usage, 65 bad input, 75 incomplete but resumable, 130 interrupted with what is done kept.";

#[derive(Subcommand)]
enum Command {
    /// Simulate every regime of a scenario and write tables and charts.
    #[command(after_help = RUN_EXAMPLES)]
    Run(run::RunArgs),
    /// Write the plan of a study, to be worked off unit by unit, on one machine or many.
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(plan::PlanArgs),
    /// Simulate units of a plan and store every outcome.
    #[command(after_help = UNIT_EXAMPLES)]
    Unit(unit::UnitArgs),
    /// Check units that come from elsewhere on standard input (`unit --stdout`), and store them with their plan.
    Collect(collect::CollectArgs),
    /// Reduce the stored units of a plan to tables and charts.
    Merge(merge::MergeArgs),
    /// Draw the charts of a finished study again from its tables, without simulating: some of them, other regimes or another period.
    #[cfg(feature = "charts")]
    #[command(after_help = CHART_EXAMPLES)]
    Chart(chart::ChartArgs),
    /// Repeat some jobs of a finished study and compare their outcomes to the bit.
    Verify(verify::VerifyArgs),
    /// Repeat one job and print what happened week by week, as CSV.
    Replay(replay::ReplayArgs),
    /// Validate a scenario, say what would run and how long it would take, and list every parameter with its source.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(check::CheckArgs),
    /// Write the model that a scenario configures, in the ODD protocol (2020), as Markdown.
    #[command(after_help = DESCRIBE_EXAMPLES)]
    Describe(describe::DescribeArgs),
    /// Run the two governments' bargaining alone, in thousands of worlds, on market flows given as numbers or worked out from the market.
    #[command(after_help = NEGOTIATE_EXAMPLES)]
    Negotiate(negotiate::NegotiateArgs),
    /// Write a commented scenario with its data into a new folder, ready to run and to change; with `--market`, of a market of one's own.
    #[command(after_help = INIT_EXAMPLES)]
    Init(Box<init::InitArgs>),
    /// The shipped scenarios, which the program carries: list, show, run or copy them.
    #[command(subcommand)]
    Example(example::ExampleCommand),
    /// Solve a static market: equilibrium prices under tariffs, mergers and cost shocks.
    #[command(after_help = SOLVE_EXAMPLES)]
    Solve(solve::SolveArgs),
    /// Sensitivity analysis: of a scenario's uncertain values, or of any model by files (`sample`, `analyze`).
    Sensitivity(Box<sensitivity::SensitivityArgs>),
    /// Fit a scenario's free parameters to its table of evidence: simulated method of moments.
    #[command(after_help = CALIBRATE_EXAMPLES)]
    Calibrate(calibrate::CalibrateArgs),
    /// Write the validation page: every piece of evidence beside the model, fitted or predicted, in or out; or a page of claims in words (PAGE.md) with
    /// the numbers of its runs.
    #[command(after_help = VALIDATE_EXAMPLES)]
    Validate(validate::ValidateArgs),
    /// Print the JSON Schema of scenario files, for editors.
    Schema,
    /// Print the manual page, or write the pages of all commands to a folder.
    Man {
        /// Folder of the pages, such as /usr/share/man/man1.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

const RUN_EXAMPLES: &str = "\
Examples:
  stickershock run configs/showdown-1995.toml
  stickershock run configs/showdown-1995.toml -j 2 --replications 400 --seed 7 --out /tmp/seed-7
  stickershock run configs/sidebar-1995.toml --set pricing.theta=0.5 --set instrument.sanctions.basis=border --json --out /tmp/half";

const PLAN_EXAMPLES: &str = "\
Examples:
  stickershock plan configs/showdown-1995.toml --out /tmp/big --slurm
  stickershock unit /tmp/big --range 0..25 && stickershock unit /tmp/big --range 25..50
  stickershock merge /tmp/big";

const UNIT_EXAMPLES: &str = "\
Examples:
  stickershock unit /tmp/big --range 0..10
  stickershock unit /tmp/big --part 3/16
  stickershock unit /tmp/big --stdout 90f1c2d3a4b5e6f7 > 90f1c2d3a4b5e6f7.shard";

#[cfg(feature = "charts")]
const CHART_EXAMPLES: &str = "\
Examples:
  stickershock chart output/showdown-1995
  stickershock chart output/showdown-1995 --only who_pays --regimes imposed,imposed_retaliation --period year_1
  stickershock chart output/showdown-1995 --only prices --size 160x100mm --font-size 8 --palette grey --out paper/figures
  stickershock chart output/showdown-1995 --only deficit --title 'The deficit hardly moves' --format svg";

const SOLVE_EXAMPLES: &str = "\
Examples:
  stickershock solve my-market --out /tmp/solved
  stickershock solve my-market --specs what-if.json --matrices all --out /tmp/solved
  stickershock solve tests/cases/rc_6x40 --compare";

const CHECK_EXAMPLES: &str = "\
Examples:
  stickershock check configs/showdown-1995.toml
  stickershock check my.toml --set demand.alpha=0.15";

const DESCRIBE_EXAMPLES: &str = "\
Examples:
  stickershock describe configs/showdown-1995.toml --out model.md
  stickershock describe example:market-1995 --set pricing.rule=staggered
  stickershock describe my.toml | pandoc -f gfm -o model.pdf";

const INIT_EXAMPLES: &str = "\
Examples:
  stickershock init my-study
  stickershock init --market my-cars.csv --name my-cars && stickershock run my-cars/scenario.toml
  stickershock init --market tests/cases/us_cars --where market_ids=1983 --name cars-1983
  stickershock init --market products.csv --demand pyblp-results.json --agents agents.csv --price-unit 1000
  stickershock init --market products.csv --column price=msrp --column country=plant --home Germany --elasticity 5";

const NEGOTIATE_EXAMPLES: &str = "\
Examples:
  stickershock negotiate configs/governments-1995.toml
  stickershock negotiate configs/governments-1995.toml --worlds 2000 --signs --out /tmp/signs
  stickershock negotiate configs/governments-1995.toml --solve-k=0.77 --set governments.retaliation_probability=0";

const CALIBRATE_EXAMPLES: &str = "\
Examples:
  stickershock calibrate configs/calibration-1995.toml
  stickershock calibrate configs/calibration-1995.toml --set calibration.points=128 --out output/wider";

const VALIDATE_EXAMPLES: &str = "\
Examples:
  stickershock validate configs/validation-1995.toml --out docs/validation.md
  stickershock validate configs/calibration-1995.toml --draws 0
  stickershock validate configs/claims/claims-1995.md --root configs --out docs/claims.md";

/// A scenario and the changes made to it on the command line.
#[derive(Args, Clone)]
struct ScenarioArgs {
    /// Scenario file, or `example:NAME` for one that the program carries (`stickershock example list`).
    scenario: PathBuf,
    /// Change a value: `key=value`, with keys as in the file; items of lists by name, such as
    /// `instrument.sanctions.rate=0.25`. May be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Folder below which the scenario may read other files; its own if absent.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl ScenarioArgs {
    /// Loads the scenario with `extra` assignments after those of `--set`.
    fn load(&self, extra: &[String]) -> Result<Loaded, CliError> {
        let assignments: Vec<String> = self.set.iter().chain(extra).cloned().collect();
        if let Some(name) = self.scenario.to_str().and_then(|path| path.strip_prefix(example::PREFIX)) {
            return Ok(crate::config::load(&example::unpacked(name)?, &assignments)?);
        }
        Ok(match &self.root {
            Some(root) if !root.is_dir() => {
                let what = if root.exists() { "is no folder" } else { "is not there" };
                return Err(CliError::Usage(format!(
                    "--root: {} {what}\nhelp: name a folder that stands above the scenario and all that it reads",
                    root.display()
                )));
            }
            Some(root) => crate::config::load_from(&Source::below(root), &self.scenario, &assignments)?,
            None => crate::config::load(&self.scenario, &assignments)?,
        })
    }
}

/// Everything that can end a command, with its exit code.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// Wrong usage that the parser of arguments cannot see.
    #[error("{0}")]
    Usage(String),
    /// A scenario or its data.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A scenario that is well written and cannot be solved.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A static market that cannot be solved.
    #[error(transparent)]
    Solve(#[from] crate::study::solve::SolveError),
    /// A stream of units that is no such thing, or is cut short.
    #[error("{0}")]
    Stream(String),
    /// A packed plan that is none, or is damaged.
    #[error("{0}")]
    Packed(String),
    /// Results that differ from those stored.
    #[error("{quantities} quantities differ from the stored results by more than the tolerances of case.json")]
    Disagrees {
        /// How many.
        quantities: usize,
    },
    /// A share of settlements that nothing reaches.
    #[error("--solve-k: {0}\nhelp: ask for another share, or change the flows or stakes of the scenario")]
    NoReward(#[from] crate::study::negotiation::NoReward),
    /// A sensitivity study.
    #[error(transparent)]
    Sensitivity(SensitivityError),
    /// What is said in other words than those of where it went wrong.
    #[error("{message}")]
    Told {
        /// What is wrong, and what would do.
        message: String,
        /// Exit code.
        code: u8,
    },
    /// A page of claims.
    #[error("{0}\nhelp: docs/calibration.md says what can stand there, under Claims in words")]
    Claims(#[from] crate::report::claims::ClaimError),
    /// A calibration or validation.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// Output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Results that cannot be drawn.
    #[cfg(feature = "charts")]
    #[error(transparent)]
    Chart(#[from] crate::report::charts::ChartError),
    /// Standard output is closed or full.
    #[error("standard output: {0}")]
    Stdout(#[from] std::io::Error),
    /// Threads.
    #[error("cannot start {threads} threads: {error}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// Why not.
        error: crate::platform::threads::NoPool,
    },
    /// The user stopped a command that works through units or jobs.
    #[error("interrupted: {done} of {total} are done\nhelp: run the same command again to go on")]
    UnitsInterrupted {
        /// Units or jobs done.
        done: usize,
        /// Asked for.
        total: usize,
    },
    /// A study that was not worked off.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// Jobs that left no outcome; the rest is written.
    #[error("{failed} of {total} jobs failed; their replications are left out of all results\nhelp: {table} says why")]
    FailedJobs {
        /// Failed jobs.
        failed: u64,
        /// Jobs in all.
        total: u64,
        /// The table of failures.
        table: PathBuf,
    },
    /// Jobs whose outcome is not what was recorded.
    #[error("{differing} of {repeated} jobs do not give the recorded outcome again")]
    Unverified {
        /// Jobs that differ.
        differing: usize,
        /// Jobs repeated.
        repeated: usize,
    },
    /// A job that cannot be repeated because it failed.
    #[error("the job left no outcome: {0}")]
    Job(crate::study::JobError),
    /// What a study recorded of its jobs.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A plan.
    #[error(transparent)]
    Plan(#[from] UnitPlanError),
    /// Stored units.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CliError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Sensitivity(SensitivityError::Design(_)) => 2,
            Self::Told { code, .. } => *code,
            Self::Work(error) => error_code(error),
            #[cfg(feature = "charts")]
            Self::Chart(
                crate::report::charts::ChartError::Choice { .. } | crate::report::charts::ChartError::Size(_),
            ) => 2,
            #[cfg(feature = "charts")]
            Self::Chart(
                crate::report::charts::ChartError::Table(_) | crate::report::charts::ChartError::Folder { .. },
            ) => 65,
            Self::Study(crate::study::StudyError::Interrupted) => 130,
            Self::Stream(_)
            | Self::Packed(_)
            | Self::Config(_)
            | Self::Claims(_)
            | Self::Study(_)
            | Self::Solve(_)
            | Self::NoReward(_) => 65,
            Self::Output(error)
            | Self::Sensitivity(SensitivityError::Output(error))
            | Self::Calibration(CalibrationError::Output(error)) => output_code(error),
            Self::Plan(error) => plan_code(error),
            Self::Store(error) => store_code(error),
            Self::Record(error) => record_code(error),
            Self::UnitsInterrupted { .. } => 130,
            Self::Sensitivity(SensitivityError::Log(_) | SensitivityError::Rows { .. }) => 65,
            Self::Sensitivity(SensitivityError::Interrupted { .. }) => 130,
            Self::Calibration(
                CalibrationError::Log(_) | CalibrationError::Search(_) | CalibrationError::Unsolved(_),
            ) => 65,
            Self::Calibration(CalibrationError::Interrupted { .. }) => 130,
            _ => 1,
        }
    }
}

/// A place that the user should not have named, or a disk that fails.
fn output_code(error: &OutputError) -> u8 {
    match error {
        OutputError::Input { .. }
        | OutputError::NoFile { .. }
        | OutputError::Study { .. }
        | OutputError::Former { .. }
        | OutputError::Stranger { .. }
        | OutputError::Link { .. } => 2,
        _ => 1,
    }
}

fn plan_code(error: &UnitPlanError) -> u8 {
    match error {
        UnitPlanError::Output(error) => output_code(error),
        UnitPlanError::Units { .. } => 2,
        _ => 65,
    }
}

/// What is stored and damaged, or not of this study, is bad input; a disk that fails is not.
fn store_code(error: &StoreError) -> u8 {
    match error {
        StoreError::Output(error) => output_code(error),
        StoreError::Shard(ShardError::Io { .. }) | StoreError::Arrived(ShardError::Io { .. }) => 1,
        StoreError::Foreign { .. } | StoreError::Conflict { .. } | StoreError::Shard(_) | StoreError::Arrived(_) => 65,
    }
}

fn record_code(error: &RecordError) -> u8 {
    match error {
        RecordError::Ledger(LedgerError::Io(_)) => 1,
        RecordError::Ledger(_) | RecordError::Disagree(_) | RecordError::Rehashed { .. } => 65,
        RecordError::Store(error) => store_code(error),
    }
}

fn error_code(error: &WorkError) -> u8 {
    match error {
        WorkError::Refused(_) | WorkError::Finish(FinishError::StopRegime(_) | FinishError::Stop(_)) => 2,
        WorkError::Finish(FinishError::Study(_) | FinishError::NoPoint { .. }) => 65,
        WorkError::Plan(error) => plan_code(error),
        WorkError::Store(error) => store_code(error),
        WorkError::Output(error) => output_code(error),
        WorkError::Resumable { .. } | WorkError::Unfinished { .. } | WorkError::Missing { .. } => 75,
        WorkError::Interrupted { .. } | WorkError::Finish(FinishError::Interrupted) => 130,
        _ => 1,
    }
}

/// Parses the arguments of this process, runs the command, and turns its result into an exit code.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::from(signals::on_enough_stack(|| code_of(std::env::args_os())))
}

/// The command line as a function: the first of the arguments is the name of the program.
pub fn run_with(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    ExitCode::from(code_of(arguments))
}

/// The same with the exit code as a number.
pub fn code_of(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> u8 {
    signals::outlive();
    let arguments: Vec<std::ffi::OsString> = arguments.into_iter().collect();
    let has = |wanted: &[&str]| arguments.iter().skip(1).any(|own| wanted.iter().any(|wanted| own == wanted));
    if arguments.len() == 3 && has(&["--version", "-V"]) && has(&["--json"]) {
        return u8::from(print(&version()).is_err());
    }
    let parsed = match Cli::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and versions are printed this way too, with exit code 0.
            let plain = error.to_string();
            if matches!(crate::config::harmless(&plain), std::borrow::Cow::Borrowed(_)) {
                let printed = error.print().and_then(|()| std::io::Write::flush(&mut std::io::stdout()));
                // A full disk is an error, a reader that has seen enough is none.
                let failed = printed.is_err_and(|reason| reason.kind() != std::io::ErrorKind::BrokenPipe);
                if failed && error.exit_code() == 0 {
                    tell!("{}: nothing could be written to standard output", paint("error"));
                    return 1;
                }
            } else {
                tell!("{}", plain.trim_end());
            }
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    signals::stop_at_once();
    let result = match parsed.command {
        Command::Run(args) => run::run(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Unit(args) => unit::unit(&args),
        Command::Collect(args) => collect::collect(&args),
        Command::Merge(args) => merge::merge(&args),
        #[cfg(feature = "charts")]
        Command::Chart(args) => chart::chart(&args),
        Command::Verify(args) => verify::verify(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Check(args) => check::check(&args),
        Command::Describe(args) => describe::run(&args),
        Command::Solve(args) => solve::solve_case(&args),
        Command::Negotiate(args) => negotiate::negotiate(&args),
        Command::Init(args) => init::init(&args),
        Command::Example(command) => example::example(&command),
        Command::Sensitivity(args) => sensitivity::run(&args),
        Command::Calibrate(args) => calibrate::calibrate(&args),
        Command::Validate(args) => validate::validate(&args),
        Command::Schema => print(crate::report::describe::schema()),
        Command::Man { out } => man::man(out.as_deref()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "stickershock", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    };
    match result {
        Ok(()) => 0,
        // A reader that has seen enough (`| head`) is no error.
        Err(CliError::Stdout(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            {
                use std::io::Write;
                let _ = write!(std::io::stderr(), "{}: ", paint("error"));
            }
            tell!("{error}");
            error.exit_code()
        }
    }
}

/// What this program is, as JSON: two that agree in `model` give the same bytes for the same unit.
fn version() -> String {
    let version = serde_json::json!({
        "program": "stickershock",
        "version": env!("CARGO_PKG_VERSION"),
        "commit": crate::report::COMMIT,
        "model": crate::study::units::MODEL_VERSION,
    });
    format!("{version:#}\n")
}

/// Prints to standard output; a closed pipe is an error value, not a panic.
fn print(text: &str) -> Result<(), CliError> {
    use std::io::IsTerminal;
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    // A file or another program has the bytes as they are.
    let shown = if out.is_terminal() { crate::config::harmless(text) } else { text.into() };
    out.write_all(shown.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Names once what the charts' pictures of pixels do not show as it is written.
#[cfg(feature = "charts")]
fn warn_of_letters(folder: &std::path::Path, files: &[PathBuf]) {
    let is = |file: &&PathBuf, form: &str| file.extension().is_some_and(|extension| extension == form);
    if !files.iter().any(|file| is(&file, "png")) {
        return;
    }
    let drawn = files.iter().filter(|file| is(file, "svg"));
    let stored = OutputFolder::at(folder);
    let read = |file: &PathBuf| stored.read(file.strip_prefix(folder).unwrap_or(file).to_str()?).ok();
    let documents = drawn.filter_map(|file| String::from_utf8(read(file)?).ok());
    warn_of_texts(documents.filter_map(|svg| crate::report::charts::not_in_png(&svg).ok()).flatten());
}

/// The same of texts that are known.
#[cfg(feature = "charts")]
fn warn_of_texts(texts: impl Iterator<Item = String>) {
    let mut texts: Vec<String> = texts.collect();
    // The shortest is a name by itself, the others have it in a sentence.
    texts.sort_by_key(|text| text.chars().count());
    let Some(first) = texts.first() else { return };
    let more = if texts.iter().any(|text| !text.contains(first.trim())) { " and others" } else { "" };
    tell!(
        "warning: in PNG charts `{}`{more} are not as written, for the font in them lacks letters of theirs, or they join or run from right to left; \
         SVG and PDF have them right",
        first.trim()
    );
}

#[cfg(not(feature = "charts"))]
fn warn_of_letters(_: &std::path::Path, _: &[PathBuf]) {}

/// How long it took, where the files are, and what each is, in the order to open them.
fn written(folder: &std::path::Path, files: &[PathBuf], seconds: f64) -> String {
    let order = page::in_order(&OutputFolder::at(folder), files).unwrap_or_default();
    format!("{seconds:.1} s. {}", page::readme::listed(&folder.display().to_string(), &order))
}

/// A word in bold red where standard error is a terminal that wants colour.
fn paint(word: &str) -> String {
    use std::io::IsTerminal;
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || !std::io::stderr().is_terminal();
    if plain { word.to_owned() } else { format!("\u{1b}[1;31m{word}\u{1b}[0m") }
}
