//! `stickershock validate`: every piece of evidence beside the model, as a page.

use std::path::PathBuf;

use crate::config::calibration::{Usage, calibration};
use crate::folder::OutputFolder;
use crate::report::calibration::CalibrationError;
use crate::report::calibration::page::{Finding, Made, page};
use clap::Args;

use crate::numerics::sobol::SobolSequence;
use crate::study::calibration::moments_at;
use crate::study::response::{PointsError, work_off};

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
    if parameters.is_empty() && args.draws > 0 {
        return Err(CliError::Usage(format!(
            "{}: has no [[parameter]], so there is no distribution to draw from\nhelp: extend the calibrated-draws.toml that `stickershock \
             calibrate` writes, or give --draws 0",
            args.scenario.scenario.display()
        )));
    }
    let evidence: Vec<usize> =
        (0..calibration.evidence.len()).filter(|at| calibration.evidence[*at].usage != Usage::None).collect();
    // Draws name their parameters by key; those that are not free stay as the scenario has them.
    let theta = calibration.problem.start();
    let drawn = |values: &[f64]| {
        let mut theta = theta.clone();
        for (item, value) in parameters.list.iter().zip(values) {
            if let Some(k) = calibration.keys.iter().position(|key| *key == item.key) {
                theta[k] = *value;
            }
        }
        theta
    };
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
    let units: Vec<Vec<f64>> = match SobolSequence::scrambled(parameters.len().max(1), calibration.search.seed) {
        Ok(sequence) => sequence.take(count).collect(),
        Err(error) => return Err(CliError::Usage(error.to_string())),
    };
    let central = pool.install(|| moments_at(&calibration, &evidence, &theta, 0));
    let central = central.map_err(|reason| CliError::Calibration(CalibrationError::Unsolved(reason)))?;
    let stop = super::signals::stop_flag();
    let answers = std::sync::Mutex::new(vec![None; count]);
    let places: Vec<usize> = (0..count).collect();
    let keep = |at: usize, answer: Result<Vec<f64>, String>| -> Result<(), std::convert::Infallible> {
        answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[at] = Some(answer);
        Ok(())
    };
    // Random numbers of its own for every draw: intervals hold parameters and simulation together.
    let answer = |at: usize| moments_at(&calibration, &evidence, &drawn(&parameters.at(&units[at])), 1 + at as u64);
    work_off(&places, pool.current_num_threads(), &stop, answer, keep).map_err(|error| {
        CliError::Calibration(match error {
            PointsError::Interrupted => CalibrationError::Interrupted { done: 0 },
            PointsError::Thread(message) => CalibrationError::Thread(message),
            PointsError::Receiver(never) => match never {},
        })
    })?;
    let answers = answers.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let draws: Vec<&Vec<f64>> = answers.iter().flatten().filter_map(|answer| answer.as_ref().ok()).collect();
    let mut findings = vec![None; calibration.evidence.len()];
    for (slot, at) in evidence.iter().enumerate() {
        let values: Vec<f64> = draws.iter().map(|draw| draw[slot]).collect();
        findings[*at] = Some(Finding::new(central[slot], &values));
    }
    let sets: String = args.scenario.set.iter().map(|set| format!(" --set {set}")).collect();
    let command = format!("stickershock validate {}{sets} --draws {}", args.scenario.scenario.display(), args.draws);
    let made = Made { command, draws: count, failed: count - draws.len() };
    let text = page(&calibration, &findings, &made);
    match &args.out {
        None => super::print(&text),
        Some(path) => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let folder = OutputFolder::bare(parent.unwrap_or(std::path::Path::new(".")))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            folder.write(&name, text.as_bytes())?;
            Ok(())
        }
    }
}
