//! `stickershock describe`: the model that a scenario configures, in the ODD protocol.

use std::path::PathBuf;

use clap::Args;

use super::{CliError, ScenarioArgs};
use crate::folder::named::SingleFile;
use crate::report::describe::describe;

#[derive(Args)]
pub struct DescribeArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Write to this file instead of standard output; none of those that the scenario reads.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &DescribeArgs) -> Result<(), CliError> {
    let loaded = args.scenario.load(&[])?;
    let Some(path) = &args.out else { return super::print(&describe(&loaded)) };
    let file = SingleFile::at(path, &loaded.document.source().files_read())?;
    match file.write(describe(&loaded).as_bytes())? {
        true => super::print(&format!("Written: {}\n", path.display())),
        false => Ok(()),
    }
}
