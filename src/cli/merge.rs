//! `stickershock merge`: from the shards of a plan to tables and charts.

use std::path::PathBuf;
use std::time::Instant;

use crate::folder::OutputFolder;
use crate::report::writer::Writer;
use crate::study::units::Plan;
use crate::study::work;
use clap::Args;

use super::CliError;
use super::work::{Presentation, Terminal};

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
    let pool = super::run::thread_pool(args.threads)?;
    // A folder without a plan is left as it is.
    Plan::read(&OutputFolder::at(&args.folder))?;
    let folder = OutputFolder::create(&args.folder)?;
    let mut writer = Writer::new(&folder, !args.presentation.no_charts, args.presentation.formats());
    let terminal = Terminal::new(args.presentation.quiet);
    let done = pool.install(|| work::merge(&folder, args.remove_units, &mut writer, &terminal))?;
    args.presentation.print(&done, &args.folder, writer.said(), started)
}
