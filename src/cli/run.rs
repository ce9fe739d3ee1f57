//! `stickershock run`: simulate every regime and write tables and charts.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::config::Loaded;
use crate::folder::OutputFolder;
use crate::report::manifest::Status;
use crate::study::units::plan::PLAN_FILE;
use crate::study::units::store::{Inventory, Sharing};
use crate::study::units::{Plan, Store};
use clap::Args;

use super::work::{Presentation, Work, check_stop};
use super::{CliError, ScenarioArgs, signals};

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
    /// Replications in a unit, the piece of work that is stored when it is done [default: suits the study].
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u64).range(1..))]
    unit_size: Option<u64>,
    /// Continue the unfinished run in the output folder.
    #[arg(long, conflicts_with = "fresh")]
    resume: bool,
    /// Start over, whatever the output folder holds.
    #[arg(long)]
    fresh: bool,
    /// Keep the units (every outcome of every job) when the run is complete.
    #[arg(long)]
    keep_units: bool,
    #[command(flatten)]
    presentation: Presentation,
}

/// Runs the command.
pub fn run(args: &RunArgs) -> Result<(), CliError> {
    let started = Instant::now();
    args.presentation.check()?;
    let mut overrides = Vec::new();
    overrides.extend(args.replications.map(|n| format!("run.replications={n}")));
    overrides.extend(args.seed.map(|seed| format!("run.seed={seed}")));
    let mut loaded = args.scenario.load(&overrides)?;
    check_stop(&loaded)?;
    replicate_points(&mut loaded, args.replications);
    let regimes = selected_regimes(&loaded, &args.regimes)?;
    let named = loaded.scenario.outputs.folder.as_ref().map(PathBuf::from);
    let path = args.out.clone().or(named).unwrap_or_else(|| PathBuf::from("output").join(&loaded.scenario.name));
    let pool = thread_pool(args.threads)?;
    let folder = OutputFolder::create(&path)?;
    let store = Store::open(&path, Sharing::Alone)?;
    let stop = signals::stop_flag();
    let wanted = Plan::of_study(&loaded, &regimes, args.unit_size)?;
    let Some((plan, inventory)) = settle(args, &store, wanted)? else {
        if !args.presentation.quiet {
            tell!("{} is complete; there is nothing left to do", path.display());
        }
        return Ok(());
    };
    if !args.presentation.quiet && !inventory.done.is_empty() {
        tell!("resuming: {} of {} units are done", inventory.done.len(), plan.units.len());
    }
    store.tidy(&inventory.damaged)?;
    let work = Work {
        plan: &plan,
        loaded: &loaded,
        regimes: &regimes,
        store: &store,
        done: &inventory.done,
        stop: &stop,
        presentation: &args.presentation,
        simulate: true,
    };
    let finished = pool.install(|| work.finish(&folder, started));
    if matches!(finished, Ok(()) | Err(CliError::FailedJobs { .. })) && !args.keep_units {
        store.remove_units()?;
    }
    finished
}

/// Gives every point the replications that were asked for on the command line.
pub(super) fn replicate_points(loaded: &mut Loaded, replications: Option<u64>) {
    if let (Some(design), Some(replications)) = (&mut loaded.design, replications) {
        design.set_replications(replications);
    }
}

/// The plan to work on and what is done of it, once the folder's own plan and the wishes of the user agree; nothing when all is
/// done already.
fn settle(args: &RunArgs, store: &Store, wanted: Plan) -> Result<Option<(Plan, Inventory)>, CliError> {
    let path = store.folder().path();
    if args.fresh || !path.join(PLAN_FILE).exists() {
        return begin(store, wanted).map(Some);
    }
    let stored = match Plan::read(path) {
        Ok(stored) => stored,
        // A plan of an older form is no plan of this study.
        Err(error) if args.resume || store.has_units() => return Err(refusal(path, &[error.to_string()], args)),
        Err(_) => return begin(store, wanted).map(Some),
    };
    let differences = stored.differences(&wanted);
    let manifest = store.folder().manifest();
    let complete = manifest.is_some_and(|manifest| {
        manifest["status"] == Status::Complete.as_str() && manifest["plan"]["blake3"] == stored.hash.as_str()
    });
    if !args.resume && (complete || !store.has_units()) {
        return begin(store, wanted).map(Some);
    }
    if !differences.is_empty() {
        return Err(refusal(path, &differences, args));
    }
    if args.resume {
        if complete && files_stand(store.folder()) {
            return Ok(None);
        }
        let inventory = store.inventory(&stored)?;
        return Ok(Some((stored, inventory)));
    }
    let (done, total) = (store.inventory(&stored)?.done.len(), stored.units.len());
    Err(CliError::Unfinished { path: path.to_owned(), done, total })
}

fn refusal(path: &Path, differences: &[String], args: &RunArgs) -> CliError {
    let what = if args.resume {
        "is of another study and cannot be continued"
    } else {
        "holds the unfinished run of another study"
    };
    let list = differences.join("; ");
    CliError::Usage(format!(
        "{}: {what}: {list}\nhelp: choose another folder with --out, or start over in this one with --fresh",
        path.display()
    ))
}

/// Whether every file that the manifest lists is there.
fn files_stand(folder: &OutputFolder) -> bool {
    let manifest = folder.manifest().unwrap_or_default();
    let files = manifest["files"].as_array().cloned().unwrap_or_default();
    !files.is_empty() && files.iter().all(|file| folder.path().join(file.as_str().unwrap_or_default()).is_file())
}

/// Clears the folder of an earlier plan and writes the new one.
fn begin(store: &Store, plan: Plan) -> Result<(Plan, Inventory), CliError> {
    store.remove_units()?;
    plan.write(store.folder())?;
    Ok((plan, Inventory::default()))
}

/// Positions of the regimes to run, in the order of the scenario, the baseline always among them.
pub(super) fn selected_regimes(loaded: &Loaded, wanted: &[String]) -> Result<Vec<usize>, CliError> {
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
