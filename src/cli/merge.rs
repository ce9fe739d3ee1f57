//! `stickershock merge`: from the shards of a plan to tables and charts.

use std::path::PathBuf;
use std::time::Instant;

use crate::folder::OutputFolder;
use crate::study::units::Store;
use crate::study::units::store::Sharing;
use clap::Args;

use super::work::{Presentation, Work, open_plan};
use super::{CliError, signals};

#[derive(Args)]
pub struct MergeArgs {
    /// Folder of the plan and its units; tables and charts are written here.
    folder: PathBuf,
    /// Threads [default: all processors].
    #[arg(short = 'j', long, value_name = "N", env = "STICKERSHOCK_THREADS")]
    threads: Option<usize>,
    /// Remove the units when all is written.
    #[arg(long)]
    remove_units: bool,
    #[command(flatten)]
    presentation: Presentation,
}

/// Runs the command.
pub fn merge(args: &MergeArgs) -> Result<(), CliError> {
    let started = Instant::now();
    args.presentation.check()?;
    let (plan, loaded, regimes) = open_plan(&args.folder)?;
    let pool = super::run::thread_pool(args.threads)?;
    let folder = OutputFolder::create(&args.folder)?;
    let store = Store::open(&args.folder, Sharing::Alone)?;
    let stop = signals::stop_flag();
    let inventory = store.inventory(&plan)?;
    for damaged in &inventory.damaged {
        tell!("warning: {damaged}; it is left aside");
    }
    let work = Work {
        plan: &plan,
        loaded: &loaded,
        regimes: &regimes,
        store: &store,
        done: &inventory.done,
        stop: &stop,
        presentation: &args.presentation,
        simulate: false,
    };
    let finished = pool.install(|| work.finish(&folder, started));
    if matches!(finished, Ok(()) | Err(CliError::FailedJobs { .. })) && args.remove_units {
        store.remove_units()?;
    }
    finished
}
