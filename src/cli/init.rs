//! `stickershock init`: a commented scenario with its data and its estimated parameters, to run and to change.

use std::path::{Path, PathBuf};

use crate::folder::OutputFolder;
use clap::Args;

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

/// The folder's own name where a scenario may have it.
fn name(folder: &Path) -> String {
    let own = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let own: String = own.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    if own.is_empty() || own.starts_with('.') { "my-study".to_owned() } else { own }
}

/// Runs the command.
pub fn init(args: &InitArgs) -> Result<(), CliError> {
    let folder = &args.folder;
    if folder.exists() {
        let message = format!("{} exists already\nhelp: name a folder that does not", folder.display());
        return Err(CliError::Usage(message));
    }
    // The schema stands beside the scenario for editors that read its first line; its name is that of the output folder.
    let scenario = SCENARIO
        .replace("../docs/scenario.schema.json", "scenario.schema.json")
        .replace("name = \"showdown-1995\"", &format!("name = {:?}", name(folder)))
        .replace("(docs/calibration.md)", "(docs/calibration.md of the project)");
    let output = OutputFolder::bare(folder)?;
    let mut written = vec![output.write("scenario.toml", scenario.as_bytes())?];
    written.push(output.write("scenario.schema.json", crate::config::schema().as_bytes())?);
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
