//! `stickershock calibrate`: fit a scenario's free parameters to its table of evidence.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use crate::config::calibration::{Calibration, calibration};
use crate::folder::OutputFolder;
use crate::interface::worked::{self, Worked, Working};
use crate::numerics::elementary::hypotenuse;
use crate::report::page::readme;
use crate::study::calibration::FinishedCalibration;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};

use super::{CliError, ScenarioArgs};

#[derive(Args)]
pub struct CalibrateArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Output folder; evaluations of the same calibration in it are used again [default: output/NAME-calibrated].
    #[arg(long, value_name = "DIR", env = "STICKERSHOCK_OUT")]
    out: Option<PathBuf>,
    /// Threads [default: all processors].
    #[arg(short = 'j', long, value_name = "N", env = "STICKERSHOCK_THREADS")]
    threads: Option<usize>,
    /// Start over, whatever the output folder holds.
    #[arg(long)]
    fresh: bool,
    /// Write tables only.
    #[arg(long)]
    no_charts: bool,
    /// Print no progress and no summary; warnings stay.
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
pub fn calibrate(args: &CalibrateArgs) -> Result<(), CliError> {
    let started = Instant::now();
    let loaded = args.scenario.load(&[])?;
    let name = format!("{}-calibrated", loaded.scenario.name);
    let charts = loaded.scenario.outputs.charts && !args.no_charts;
    let pool = super::run::thread_pool(args.threads)?;
    let calibration = calibration(loaded, &args.scenario.set)?;
    let folder = OutputFolder::create(&args.out.clone().unwrap_or_else(|| PathBuf::from("output").join(name)))?;
    let stop = super::signals::stop_flag();
    let bar = if args.quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    if !args.quiet {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    let progress = |done: usize, stage: &str| {
        bar.set_message(format!("{done} evaluations ({stage})"));
        bar.tick();
    };
    let working = Working { started, fresh: args.fresh, charts };
    let worked: Result<_, CliError> =
        pool.install(|| worked::calibration(&calibration, &folder, working, &*stop, &progress));
    bar.finish_and_clear();
    let Worked { finished, page, files } = worked?;
    let seconds = started.elapsed().as_secs_f64();
    super::warn_of_letters(folder.path(), &files);
    for warning in &finished.warnings {
        tell!("warning: {warning}");
    }
    if args.quiet {
        return Ok(());
    }
    let mut out = format!("{}\n", readme::spoken(&page.told()));
    out.push_str(&summary(&calibration, &finished, seconds));
    out.push('\n');
    out.push_str(&super::written(folder.path(), &files, seconds));
    super::print(&out)
}

fn summary(calibration: &Calibration, finished: &FinishedCalibration, seconds: f64) -> String {
    let (problem, estimate) = (&calibration.problem, &finished.estimate);
    let mut out = String::new();
    let scenario = &calibration.scenarios[0].scenario;
    let _ = writeln!(
        out,
        "{}: {} parameters on {} moments in {} blocks, {} evaluations ({} of them in {seconds:.0} s now)\n",
        scenario.title,
        problem.free.len(),
        problem.targets.len(),
        problem.blocks.len(),
        finished.trace.len(),
        finished.ran,
    );
    let _ = writeln!(
        out,
        "{:<24} {:>10} {:>10} {:>10} {:>9} {:>7} {:>9}",
        "moment", "data", "error", "model", "noise", "t", "t before"
    );
    for (i, target) in problem.targets.iter().enumerate() {
        let noise = estimate.noise[(i, i)].sqrt();
        let before = target.miss(finished.at_start[i]) / hypotenuse(target.std_error, noise);
        let _ = writeln!(
            out,
            "{:<24} {:>10.4} {:>10.4} {:>10.4} {noise:>9.2e} {:>+7.2} {before:>+9.2}",
            target.name,
            target.end(estimate.moments[i]),
            target.std_error,
            estimate.moments[i],
            estimate.t(problem, i)
        );
    }
    let _ =
        writeln!(out, "\n{:<24} {:>12} {:>12} {:>12} {:>8}", "parameter", "before", "estimate", "std error", "prior");
    for (k, free) in problem.free.iter().enumerate() {
        let error = estimate.std_error[k];
        let error = if error.is_finite() { format!("{error:.4}") } else { "-".into() };
        let prior = free.prior.map_or("-".to_owned(), |_| format!("{:.0}%", 100.0 * estimate.prior_share[k]));
        let _ =
            writeln!(out, "{:<24} {:>12.4} {:>12.4} {error:>12} {prior:>8}", free.name, free.start, estimate.theta[k]);
    }
    if estimate.degrees > 0 {
        let _ = writeln!(
            out,
            "\nJ = {:.2} with {} degrees of freedom, p = {:.4}; most standard errors of the evidence are tolerances, so read it as a distance.",
            estimate.j, estimate.degrees, estimate.p_value
        );
    }
    out
}
