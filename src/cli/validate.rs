//! `stickershock validate`: every piece of evidence beside the model, as a page; or claims in words, with numbers of runs.

use std::path::{Path, PathBuf};

use crate::config::Source;
use crate::config::calibration::calibration;
use crate::config::claims::ClaimsPage;
use crate::folder::named::SingleFile;
use crate::interface::claims::Claims;
use crate::report::calibration::page::page;
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
    /// Draws from the distribution of the scenario's parameters, for the intervals.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    draws: u16,
    /// File to write the page to [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Threads [default: all processors].
    #[arg(short = 'j', long, value_name = "N", env = "STICKERSHOCK_THREADS")]
    threads: Option<usize>,
}

/// Runs the command.
pub fn validate(args: &ValidateArgs) -> Result<(), CliError> {
    if ClaimsPage::is_one(&args.scenario.scenario) {
        return claims(args);
    }
    let loaded = args.scenario.load(&[])?;
    let parameters = loaded.parameters.clone();
    let pool = super::run::thread_pool(args.threads)?;
    let calibration = calibration(loaded, &args.scenario.set)?;
    let inputs = calibration.scenarios[0].document.source().files_read();
    // Before anything is worked out: a page that cannot be written is refused.
    let out = args.out.as_deref().map(|path| SingleFile::at(path, &inputs)).transpose()?;
    let stop = super::signals::stop_flag();
    let validation = pool
        .install(|| validation::validate(&calibration, &parameters, usize::from(args.draws), &stop))
        .map_err(|error| refused(error, &args.scenario.scenario))?;
    let sets: String = args.scenario.set.iter().map(|set| format!(" --set {set}")).collect();
    let command = format!("stickershock validate {}{sets} --draws {}", args.scenario.scenario.display(), args.draws);
    let text = page(&calibration, &validation, &command);
    match out {
        None => super::print(&text),
        Some(file) => Ok(file.write(text.as_bytes()).map(drop)?),
    }
}

/// A page of claims in words, with the numbers of its runs.
fn claims(args: &ValidateArgs) -> Result<(), CliError> {
    let ScenarioArgs { scenario: path, set, root } = &args.scenario;
    if !set.is_empty() {
        let help = "write it under [run.NAME] of the page: set = [\"KEY=VALUE\"]";
        return Err(CliError::Usage(format!("--set: a page of claims has scenarios of its own\nhelp: {help}")));
    }
    let source = root.as_deref().map_or_else(|| Source::beside(path), Source::below);
    let page = ClaimsPage::read(&source, path)?;
    let out = args.out.as_deref().map(|out| SingleFile::at(out, &source.files_read())).transpose()?;
    let pool = super::run::thread_pool(args.threads)?;
    let terminal = Terminal::new(false);
    let claims = Claims { page, source: &source, runs: &args.runs };
    let text = pool.install(|| claims.fill::<CliError>(&terminal))?;
    match out {
        None => super::print(&text),
        Some(file) => Ok(file.write(text.as_bytes()).map(drop)?),
    }
}

/// What is said where there is no validation.
fn refused(error: ValidationError, scenario: &Path) -> CliError {
    let help = match error {
        ValidationError::Calibration(error) => return error.into(),
        ValidationError::NothingToDraw => {
            "extend the calibrated-draws.toml that `stickershock calibrate` writes, or give --draws 0"
        }
        ValidationError::NotFree(_) => "add a [[calibration.free]] with its key, or remove the [[parameter]]",
    };
    CliError::Usage(format!("{}: {error}\nhelp: {help}", scenario.display()))
}
