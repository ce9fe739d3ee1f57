//! `stickershock run`: simulate every regime and write tables and charts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use stickershock::config::Loaded;
use stickershock::ensemble::{Results, Study, StudyError, run as run_study};
use stickershock::report::build::Report;
use stickershock::report::folder::{OutputError, OutputFolder};
use stickershock::report::manifest::{Manifest, Status};
use stickershock::report::study::{ReplicationTable, write_tables};

use super::points::PointsRun;
use super::summary;
use super::{CliError, ScenarioArgs};

#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Output folder [default: output/NAME].
    #[arg(long, value_name = "DIR", env = "STICKERSHOCK_OUT")]
    out: Option<PathBuf>,
    /// Replications, instead of the scenario's.
    #[arg(long, value_name = "N", env = "STICKERSHOCK_REPLICATIONS")]
    replications: Option<u64>,
    /// Seed, instead of the scenario's.
    #[arg(long, value_name = "S", env = "STICKERSHOCK_SEED")]
    seed: Option<u64>,
    /// Threads [default: all processors].
    #[arg(short = 'j', long, value_name = "N", env = "STICKERSHOCK_THREADS")]
    threads: Option<usize>,
    /// Regimes to run, separated by commas; the baseline always runs [default: all].
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    regimes: Vec<String>,
    /// Write tables only.
    #[arg(long)]
    no_charts: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
    /// Print no progress and no summary.
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
pub fn run(args: &RunArgs) -> Result<(), CliError> {
    let started = Instant::now();
    let mut overrides = Vec::new();
    overrides.extend(args.replications.map(|n| format!("run.replications={n}")));
    overrides.extend(args.seed.map(|seed| format!("run.seed={seed}")));
    let loaded = args.scenario.load(&overrides)?;
    let regimes = selected_regimes(&loaded, &args.regimes)?;
    let named = loaded.scenario.outputs.folder.as_ref().map(PathBuf::from);
    let path = args.out.clone().or(named).unwrap_or_else(|| PathBuf::from("output").join(&loaded.scenario.name));
    let folder = OutputFolder::create(&path)?;
    let pool = thread_pool(args.threads)?;
    let threads = pool.current_num_threads();
    let stop = Arc::new(AtomicBool::new(false));
    let signal = Arc::clone(&stop);
    // The first Ctrl-C stops in good order, the second at once. Where no handler can be set, the system's default holds.
    let _ = ctrlc::set_handler(move || {
        if signal.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });

    if let Some(design) = &loaded.design {
        let mut design = design.clone();
        if let Some(replications) = args.replications {
            design.set_replications(replications);
        }
        let study = PointsRun {
            loaded: &loaded,
            design,
            regimes: &regimes,
            folder: &folder,
            pool: &pool,
            stop: &stop,
            charts: !args.no_charts,
            json: args.json,
            quiet: args.quiet,
            started,
        };
        return study.run();
    }

    let earlier = folder.holds_a_run();
    let mut manifest = Manifest::new(&loaded, &regimes, threads);
    folder.write("manifest.json", &manifest.render(Status::Running))?;
    let outcome = pool.install(|| simulate(args, &loaded, &regimes, &folder, &stop));
    manifest.seconds = Some(started.elapsed().as_secs_f64());
    match outcome {
        Ok(written) => {
            let report = Report { study: &written.study, results: &written.results, regimes: &regimes };
            if earlier {
                folder.remove_others(&written.files)?;
            }
            manifest.files = relative(&written.files, folder.path());
            let manifest_path = folder.write("manifest.json", &manifest.render(Status::Complete))?;
            let mut files = written.files;
            files.push(manifest_path);
            if args.quiet {
                return Ok(());
            }
            let seconds = started.elapsed().as_secs_f64();
            super::print(&if args.json {
                summary::json(&report, folder.path(), &files)
            } else {
                summary::text(&report, seconds, &files)
            })
        }
        Err(error) => {
            let status = if matches!(error, CliError::Interrupted(_)) { Status::Interrupted } else { Status::Failed };
            // The first error is the one to report, even if the disk refuses this too.
            let _ = folder.write("manifest.json", &manifest.render(status));
            Err(error)
        }
    }
}

/// Paths as they read from the folder, with `/` on every system.
pub(super) fn relative(files: &[PathBuf], folder: &Path) -> Vec<String> {
    let inside = |path: &PathBuf| path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
    files.iter().map(inside).collect()
}

/// Positions of the regimes to run, in the order of the scenario, the baseline always among them.
fn selected_regimes(loaded: &Loaded, wanted: &[String]) -> Result<Vec<usize>, CliError> {
    let regimes = &loaded.scenario.regimes;
    if let Some(unknown) = wanted.iter().find(|name| !regimes.iter().any(|regime| regime.name == **name)) {
        let known: Vec<&str> = regimes.iter().map(|regime| regime.name.as_str()).collect();
        let message = format!(
            "--regimes: `{unknown}` is no regime of this scenario\nhelp: expected some of {}",
            known.join(", ")
        );
        return Err(CliError::Usage(message));
    }
    let asked = |i: &usize| wanted.is_empty() || *i == loaded.scenario.baseline || wanted.contains(&regimes[*i].name);
    Ok((0..regimes.len()).filter(asked).collect())
}

/// More threads than any machine that this is meant for has processors.
const MAX_THREADS: usize = 1024;

pub(super) fn thread_pool(threads: Option<usize>) -> Result<rayon::ThreadPool, CliError> {
    if let Some(asked) = threads.filter(|threads| !(1..=MAX_THREADS).contains(threads)) {
        let help = "leave it out for all processors";
        let message = format!("--threads: {asked} threads, expected 1 to {MAX_THREADS}\nhelp: {help}");
        return Err(CliError::Usage(message));
    }
    let threads = threads.unwrap_or(0);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| CliError::Threads { threads, error })
}

/// A finished run.
struct Written {
    study: Study,
    results: Results,
    files: Vec<PathBuf>,
}

fn simulate(
    args: &RunArgs,
    loaded: &Loaded,
    regimes: &[usize],
    folder: &OutputFolder,
    stop: &AtomicBool,
) -> Result<Written, CliError> {
    let study = Study::prepare(loaded.scenario.clone())?;
    if stop.load(Ordering::Relaxed) {
        return Err(CliError::Interrupted(0));
    }
    let base_year = study.base_year().map_err(|error| StudyError::World(error.into()))?;
    let scenario = study.scenario();
    let baseline = regimes.iter().position(|regime| *regime == scenario.baseline).unwrap_or(0);
    let mut results = Results::new(study.layout(), regimes.len(), baseline, scenario.seed);
    let mut replications = ReplicationTable::begin(folder, &study, regimes)?;
    let bar = progress_bar(scenario.replications * regimes.len() as u64, args.quiet);
    run_study(&study, regimes, 0..scenario.replications, stop, &|jobs| bar.inc(jobs), |replication, outcomes| {
        results.add(replication, outcomes);
        replications.add(replication, outcomes)
    })
    .map_err(|error: stickershock::ensemble::RunError<OutputError>| {
        bar.abandon();
        CliError::from(error)
    })?;
    bar.finish_and_clear();
    let report = Report { study: &study, results: &results, regimes };
    let mut files = write_tables(folder, &report, &base_year, replications)?;
    #[cfg(feature = "charts")]
    if scenario.outputs.charts && !args.no_charts {
        files.extend(stickershock::report::draw::write_charts(folder, &report)?);
    }
    files.sort();
    Ok(Written { study, results, files })
}

/// A progress bar with the time left, on standard error, only where that is a terminal.
pub(super) fn progress_bar(jobs: u64, quiet: bool) -> ProgressBar {
    use std::io::IsTerminal;
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(jobs), ProgressDrawTarget::stderr_with_hz(8));
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} jobs, {eta} left") {
        bar.set_style(style);
    }
    bar.set_message("simulating");
    bar
}
