//! `stickershock init`: a commented scenario with its data and its estimated parameters, to run and to change; or one of a market of one's own.

use std::path::{Path, PathBuf};

use clap::Args;

use super::init_market::{OwnMarket, init_market};
use super::{CliError, example};

#[derive(Args)]
pub struct InitArgs {
    /// Folder to make; `my-study` if absent, or with `--name` a folder of that name.
    folder: Option<PathBuf>,
    /// Name of the study; the folder's if absent.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    own: OwnMarket,
}

const SCENARIO: &str = include_str!("../../configs/showdown-1995.toml");

/// The folder's own name where a scenario may have it.
fn name(folder: &Path) -> String {
    let own = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let own: String = own.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    if own.is_empty() || own.starts_with('.') { "my-study".to_owned() } else { own }
}

/// Runs the command.
pub fn init(args: &InitArgs) -> Result<(), CliError> {
    let folder = args.folder.as_deref().or(args.name.as_deref().map(Path::new)).unwrap_or(Path::new("my-study"));
    let name = name(args.name.as_deref().map_or(folder, Path::new));
    if let Some(request) = args.own.request() {
        return init_market(&request, folder, &name);
    }
    let scenario = SCENARIO
        .replace("name = \"showdown-1995\"", &format!("name = {name:?}"))
        .replace("docs/answer.md", "docs/answer.md of the project");
    let written = example::write(folder, "scenario.toml", &scenario)?;
    example::tell(&written, "run")
}
