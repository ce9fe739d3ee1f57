//! `stickershock run`: simulate every regime and write tables and charts.

use std::path::PathBuf;
use std::time::Instant;

use crate::config::Loaded;
use crate::folder::OutputFolder;
use crate::platform::threads;
use crate::report::writer::Writer;
use crate::study::work::{self, Begin, Settings};
use clap::Args;

use super::work::{Presentation, Terminal};
use super::{CliError, ScenarioArgs};

#[derive(Args, Clone)]
pub struct RunArgs {
    #[command(flatten)]
    pub(super) scenario: ScenarioArgs,
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
    replicate_points(&mut loaded, args.replications);
    let regimes = work::regimes_named(&loaded.scenario, &args.regimes)?;
    let named = loaded.scenario.outputs.folder.as_ref().map(PathBuf::from);
    let path = args.out.clone().or(named).unwrap_or_else(|| PathBuf::from("output").join(&loaded.scenario.name));
    let pool = thread_pool(args.threads)?;
    let settings = Settings {
        unit_size: args.unit_size,
        begin: match (args.resume, args.fresh) {
            (true, _) => Begin::Resume,
            (_, true) => Begin::Fresh,
            _ => Begin::Careful,
        },
        keep_units: args.keep_units,
    };
    work::check(&loaded)?;
    let folder = OutputFolder::create(&path)?;
    let mut writer = Writer::new(&folder, !args.presentation.no_charts, args.presentation.formats());
    let terminal = Terminal::new(args.presentation.quiet);
    let done = pool.install(|| work::run(&loaded, &regimes, &folder, settings, &mut writer, &terminal))?;
    done.map_or(Ok(()), |done| args.presentation.print(&done, &path, writer.said(), started))
}

/// Gives every point the replications that were asked for on the command line.
pub(super) fn replicate_points(loaded: &mut Loaded, replications: Option<u64>) {
    if let (Some(design), Some(replications)) = (&mut loaded.design, replications) {
        design.set_replications(replications);
    }
}

/// More threads than any machine that this is meant for has processors.
const MAX_THREADS: usize = 1024;

pub(super) fn thread_pool(asked: Option<usize>) -> Result<threads::Pool, CliError> {
    if let Some(asked) = asked.filter(|threads| !(1..=MAX_THREADS).contains(threads)) {
        let help = "leave it out for all processors";
        let message = format!("--threads: {asked} threads, expected 1 to {MAX_THREADS}\nhelp: {help}");
        return Err(CliError::Usage(message));
    }
    let asked = asked.unwrap_or(0);
    threads::pool(asked).map_err(|error| CliError::Threads { threads: asked, error })
}
