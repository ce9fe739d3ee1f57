//! `stickershock init`: a commented scenario with its data and its estimated parameters, to run and to change.

use std::path::PathBuf;

use clap::Args;
use stickershock::report::folder::OutputFolder;

use super::CliError;

#[derive(Args)]
pub struct InitArgs {
    /// Folder to make.
    #[arg(default_value = "my-study")]
    folder: PathBuf,
}

const SCENARIO: &str = include_str!("../../configs/showdown-1995.toml");
const DATA: [(&str, &str); 5] = [
    ("calibrated/calibrated-demand.toml", include_str!("../../configs/calibrated/calibrated-demand.toml")),
    ("calibrated/calibrated-settlement.toml", include_str!("../../configs/calibrated/calibrated-settlement.toml")),
    ("data/models_1994.csv", include_str!("../../configs/data/models_1994.csv")),
    ("data/exchange_rates_monthly.csv", include_str!("../../configs/data/exchange_rates_monthly.csv")),
    ("data/README.md", include_str!("../../configs/data/README.md")),
];

/// Runs the command.
pub fn init(args: &InitArgs) -> Result<(), CliError> {
    let folder = &args.folder;
    if folder.exists() {
        let message = format!("{} exists already\nhelp: name a folder that does not", folder.display());
        return Err(CliError::Usage(message));
    }
    // The schema stands beside the scenario for editors that read its first line.
    let scenario = SCENARIO.replace("../docs/scenario.schema.json", "scenario.schema.json");
    let output = OutputFolder::bare(folder)?;
    let mut written = vec![output.write("scenario.toml", scenario.as_bytes())?];
    written.push(output.write("scenario.schema.json", stickershock::config::schema().as_bytes())?);
    for (name, text) in DATA {
        written.push(output.write(name, text.as_bytes())?);
    }
    let mut out = String::from("Written:\n");
    for path in &written {
        out.push_str(&format!("  {}\n", path.display()));
    }
    out.push_str(&format!("Next: stickershock run {}\n", written[0].display()));
    super::print(&out)
}
