//! `stickershock describe`: the model that a scenario configures, in the ODD protocol.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{CliError, ScenarioArgs};
use crate::folder::OutputFolder;
use crate::report::describe::describe;

#[derive(Args)]
pub struct DescribeArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &DescribeArgs) -> Result<(), CliError> {
    let text = describe(&args.scenario.load(&[])?);
    let Some(path) = &args.out else { return super::print(&text) };
    let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
        let message = format!("--out {}: is no name of a file\nhelp: name one, such as model.md", path.display());
        return Err(CliError::Usage(message));
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = OutputFolder::bare(folder)?.write(&name, text.as_bytes())?;
    super::print(&format!("Written: {}\n", written.display()))
}
