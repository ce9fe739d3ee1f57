//! `stickershock collect`: units that were done elsewhere come in on standard input.

use std::io::Read;
use std::path::PathBuf;

use crate::folder::OutputFolder;
use crate::folder::lock::Sharing;
use crate::study::units::store::next_shard;
use crate::study::units::{Plan, Store};
use clap::Args;

use super::CliError;

#[derive(Args)]
pub struct CollectArgs {
    /// Folder of the plan.
    folder: PathBuf,
    /// Print nothing.
    #[arg(long)]
    quiet: bool,
}

/// Runs the command. Each unit is checked before it is stored; what came before a fault is kept.
pub fn collect(args: &CollectArgs) -> Result<(), CliError> {
    let plan = Plan::read(&OutputFolder::at(&args.folder))?;
    let store = Store::open(&args.folder, Sharing::WithUnits)?;
    let mut stream = Vec::new();
    std::io::stdin().lock().read_to_end(&mut stream)?;
    let (mut rest, mut stored, mut known) = (stream.as_slice(), 0, 0);
    while !rest.is_empty() {
        let (shard, following) = next_shard(rest).map_err(|reason| {
            let help = format!("{stored} units are stored; send the others again");
            CliError::Stream(format!("standard input: {reason}\nhelp: {help}"))
        })?;
        let (_, is_new) = store.receive(&plan, shard)?;
        if is_new {
            stored += 1;
        } else {
            known += 1;
        }
        rest = following;
    }
    if !args.quiet {
        tell!("{stored} units stored, {known} known before");
    }
    Ok(())
}
