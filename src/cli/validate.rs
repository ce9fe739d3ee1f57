//! `stickershock validate`: every piece of evidence beside the model, as a page.

use std::path::PathBuf;

use crate::config::calibration::calibration;
use crate::folder::named::SingleFile;
use crate::report::calibration::page::{Made, findings, page};
use crate::study::validation;
use clap::Args;

use super::{CliError, ScenarioArgs};

#[derive(Args)]
pub struct ValidateArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
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
    let loaded = args.scenario.load(&[])?;
    let parameters = loaded.parameters.clone();
    let pool = super::run::thread_pool(args.threads)?;
    let calibration = calibration(loaded, &args.scenario.set)?;
    let inputs = calibration.scenarios[0].document.source().files_read();
    // Before anything is worked out: a page that cannot be written is refused.
    let out = args.out.as_deref().map(|path| SingleFile::at(path, &inputs)).transpose()?;
    if parameters.is_empty() && args.draws > 0 {
        return Err(CliError::Usage(format!(
            "{}: has no [[parameter]], so there is no distribution to draw from\nhelp: extend the calibrated-draws.toml that `stickershock \
             calibrate` writes, or give --draws 0",
            args.scenario.scenario.display()
        )));
    }
    let unfit = parameters.list.iter().find(|item| !calibration.keys.contains(&item.key));
    if let Some(item) = unfit {
        return Err(CliError::Usage(format!(
            "{}: the parameter `{}` is not free in [calibration], so validation cannot draw it\nhelp: add a [[calibration.free]] with its key, \
             or remove the [[parameter]]",
            args.scenario.scenario.display(),
            item.key
        )));
    }
    let count = if parameters.is_empty() { 0 } else { usize::from(args.draws) };
    let stop = super::signals::stop_flag();
    let validation = pool.install(|| validation::validate(&calibration, &parameters, count, &stop))?;
    let findings = findings(&calibration, &validation);
    let sets: String = args.scenario.set.iter().map(|set| format!(" --set {set}")).collect();
    let command = format!("stickershock validate {}{sets} --draws {}", args.scenario.scenario.display(), args.draws);
    let made = Made { command, draws: count, failed: validation.failed };
    let text = page(&calibration, &findings, &made);
    match out {
        None => super::print(&text),
        Some(file) => Ok(file.write(text.as_bytes()).map(drop)?),
    }
}
