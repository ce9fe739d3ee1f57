//! `stickershock collect`: units that were done elsewhere come in on standard input.

use std::path::PathBuf;

use crate::folder::OutputFolder;
use crate::folder::lock::Sharing;
use crate::study::units::drive::Studies;
use crate::study::units::store::{StreamedShard, next_shard};
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
    let loaded = plan.load(&args.folder)?;
    let studies = Studies::new(&loaded, &plan);
    let mut shape = None;
    let mut stream = std::io::stdin().lock();
    let (mut stored, mut known) = (0, 0);
    loop {
        let next = next_shard(&mut stream).map_err(|reason| {
            let help = format!("{stored} units are stored; send the others again");
            CliError::Stream(format!("standard input: {reason}\nhelp: {help}"))
        })?;
        let Some(StreamedShard { unit, bytes }) = next else { break };
        // Once there is something whose looks matter: it takes a base year.
        let shape = shape.get_or_insert_with(|| studies.shape());
        let (_, is_new) = store.receive_as(&plan, shape.as_ref(), unit.as_deref(), &bytes)?;
        if is_new {
            stored += 1;
        } else {
            known += 1;
        }
    }
    if !args.quiet {
        tell!("{stored} units stored, {known} known before");
    }
    Ok(())
}
