//! `stickershock validate`: every piece of evidence beside the model, as a page; or claims in words, with numbers of runs.

use std::path::{Path, PathBuf};

use crate::config::Source;
use crate::config::calibration::calibration;
use crate::config::claims::ClaimsPage;
use crate::folder::named::SingleFile;
use crate::interface::claims::{Claims, ClaimsError, RunFault};
use crate::report::calibration::page::page;
use crate::study::calibration::CalibrationError;
use crate::study::validation::{self, ValidationError};
use clap::Args;

use super::work::Terminal;
use super::{CliError, ScenarioArgs};

#[derive(Args)]
pub struct ValidateArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Folder of the runs of a page of claims, each under its name: those that are complete are read.
    #[arg(long, value_name = "DIR", default_value = "output/claims")]
    runs: PathBuf,
    /// Draws from the distribution of the scenario's parameters, for the intervals [default: 40].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=10_000))]
    draws: Option<u16>,
    /// File to write the page to [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Threads [default: all processors].
    #[arg(short = 'j', long, value_name = "N", env = "STICKERSHOCK_THREADS")]
    threads: Option<usize>,
}

/// Draws where none are asked for.
const DRAWS: u16 = 40;

/// Runs the command.
pub fn validate(args: &ValidateArgs) -> Result<(), CliError> {
    if ClaimsPage::is_one(&args.scenario.scenario) {
        return claims(args);
    }
    let draws = args.draws.unwrap_or(DRAWS);
    let loaded = args.scenario.load(&[])?;
    let parameters = loaded.parameters.clone();
    let pool = super::run::thread_pool(args.threads)?;
    let calibration = calibration(loaded, &args.scenario.set)?;
    let inputs = calibration.scenarios[0].document.source().files_read();
    // Before anything is worked out: a page that cannot be written is refused.
    let out = args.out.as_deref().map(|path| SingleFile::at(path, &inputs)).transpose()?;
    let stop = super::signals::stop_flag();
    let validation = pool
        .install(|| validation::validate(&calibration, &parameters, usize::from(draws), &stop))
        .map_err(|error| refused(error, &args.scenario.scenario))?;
    let sets: String = args.scenario.set.iter().map(|set| format!(" --set {set}")).collect();
    let command = format!("stickershock validate {}{sets} --draws {draws}", args.scenario.scenario.display());
    let text = page(&calibration, &validation, &command);
    match out {
        None => super::print(&text),
        Some(file) => Ok(file.write(text.as_bytes()).map(drop)?),
    }
}

/// A page of claims in words, with the numbers of its runs.
fn claims(args: &ValidateArgs) -> Result<(), CliError> {
    let ScenarioArgs { scenario: path, set, root } = &args.scenario;
    for (given, flag, place) in [
        (!set.is_empty(), "--set", "write it under [run.NAME] of the page: set = [\"KEY=VALUE\"]"),
        (args.draws.is_some(), "--draws", "write it under [run.NAME] of the page: set = [\"uncertainty.draws=N\"]"),
    ] {
        if given {
            let message = format!("{flag}: a page of claims has scenarios of its own\nhelp: {place}");
            return Err(CliError::Usage(message));
        }
    }
    let source = root.as_deref().map_or_else(|| Source::beside(path), Source::below);
    let claims = Claims::read(&source, path, &args.runs).map_err(of_claims)?;
    let out = args.out.as_deref().map(|out| SingleFile::beside(out, &source.files_read(), &args.runs)).transpose()?;
    let pool = super::run::thread_pool(args.threads)?;
    let terminal = Terminal::new(false);
    let text = pool.install(|| claims.fill(&terminal)).map_err(of_claims)?;
    match out {
        None => super::print(&text),
        Some(file) => Ok(file.write(text.as_bytes()).map(drop)?),
    }
}

/// What is said where a page cannot be filled: what there is to do about a run is another thing than in the command that makes one.
fn of_claims(error: ClaimsError) -> CliError {
    let (page, run, folder, fault) = match error {
        ClaimsError::Page(error) => return error.into(),
        ClaimsError::Claim(error) => return error.into(),
        ClaimsError::Run { page, run, folder, fault } => (page, run, folder, fault),
    };
    let inner: CliError = match *fault {
        RunFault::Config(error) => error.into(),
        RunFault::Work(error) => error.into(),
        RunFault::Output(error) => error.into(),
        RunFault::Bargaining(error) => error.into(),
        #[cfg(feature = "charts")]
        RunFault::Chart(error) => error.into(),
    };
    let (code, text) = (inner.exit_code(), inner.to_string());
    let (what, help) = text.split_once("\nhelp: ").unwrap_or((&text, ""));
    let help = match code {
        130 => "run the same command again, and it goes on from there".to_owned(),
        65 if !help.is_empty() => help.to_owned(),
        _ => format!("name another folder of the runs with --runs, or remove {}", folder.display()),
    };
    CliError::Told { message: format!("{page}: run.{run}: {what}\nhelp: {help}"), code }
}

/// What is said where there is no validation.
fn refused(error: ValidationError, scenario: &Path) -> CliError {
    let help = match error {
        ValidationError::Calibration(CalibrationError::Interrupted { .. }) => {
            let message = "interrupted: nothing is kept\nhelp: run the same command again".to_owned();
            return CliError::Told { message, code: 130 };
        }
        ValidationError::Calibration(error) => return error.into(),
        ValidationError::NothingToDraw => {
            "extend the calibrated-draws.toml that `stickershock calibrate` writes, or give --draws 0"
        }
        ValidationError::NotFree(_) => "add a [[calibration.free]] with its key, or remove the [[parameter]]",
    };
    CliError::Usage(format!("{}: {error}\nhelp: {help}", scenario.display()))
}
