//! `stickershock example`: the shipped scenarios, which the program carries with it.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::CliError;
use super::run::RunArgs;
use super::summary::align;
use crate::folder::OutputFolder;
use crate::interface::{EXAMPLES, Example, files_beside};

/// What a scenario's name begins with where it is one that the program carries.
pub(super) const PREFIX: &str = "example:";

#[derive(Subcommand)]
pub enum ExampleCommand {
    /// List the scenarios, each with the question it answers and the command that answers it.
    List,
    /// Print one.
    Show {
        /// Its name.
        name: String,
    },
    /// Run one: `run example:NAME`, with the options of `run`.
    Run(Box<RunArgs>),
    /// Copy one into a new folder, with all that it reads, to run and to change.
    Copy {
        /// Its name.
        name: String,
        /// The folder to make.
        folder: PathBuf,
    },
}

fn find(name: &str) -> Result<&'static Example, CliError> {
    let plain = name.strip_suffix(".toml").unwrap_or(name);
    EXAMPLES.iter().find(|example| example.name == plain).ok_or_else(|| {
        let known: Vec<&str> = EXAMPLES.iter().map(|example| example.name).collect();
        CliError::Usage(format!("`{name}` is no example\nhelp: expected one of {}", known.join(", ")))
    })
}

/// The file of the scenario that a name with the prefix stands for, unpacked among the machine's temporary files with all that it reads.
pub(super) fn unpacked(name: &str) -> Result<PathBuf, CliError> {
    let example = find(name)?;
    let file = format!("{}.toml", example.name);
    let folder = std::env::temp_dir().join(format!("stickershock-{}-examples", env!("CARGO_PKG_VERSION")));
    let output = OutputFolder::bare(&folder)?;
    for (name, text) in files_beside().iter().copied().chain(std::iter::once((file.as_str(), example.text))) {
        // Another program may be reading it: what is the same stays.
        if output.read(name).is_ok_and(|bytes| bytes == text.as_bytes()) {
            continue;
        }
        output.write(name, text.as_bytes())?;
    }
    Ok(folder.join(file))
}

/// The files that a scenario reads, those that they name among them, and what is to be known of the data.
fn read_by(text: &str) -> Vec<(&'static str, &'static str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    let mut unread = vec![text];
    while let Some(text) = unread.pop() {
        for (name, own) in files_beside().iter().filter(|(name, _)| text.contains(name)) {
            if found.iter().all(|(known, _)| known != name) {
                found.push((name, own));
                unread.push(own);
            }
        }
    }
    // What is to be known of either market's data.
    for (data, about) in [("data/models_1994.csv", "data/README.md"), ("data/models_2024.csv", "data/README-2025.md")] {
        if found.iter().any(|(name, _)| *name == data) {
            found.extend(files_beside().iter().filter(|(name, _)| *name == about));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// A shipped file as it stands elsewhere: its schema is beside the scenario, `depth` folders above it.
fn moved(text: &str, depth: usize) -> String {
    let above = "../".repeat(depth);
    text.replace(&format!("{above}../docs/scenario.schema.json"), &format!("{above}scenario.schema.json"))
}

/// Writes a scenario under a name into a new folder, with all that it reads and the schema for editors.
pub(super) fn write(folder: &Path, scenario: &str, text: &str) -> Result<Vec<PathBuf>, CliError> {
    if folder.exists() {
        let message = format!("{} exists already\nhelp: name a folder that does not", folder.display());
        return Err(CliError::Usage(message));
    }
    let output = OutputFolder::bare(folder)?;
    let mut written = vec![output.write(scenario, moved(text, 0).as_bytes())?];
    written.push(output.write("scenario.schema.json", crate::report::describe::schema().as_bytes())?);
    for (name, text) in read_by(text).into_iter().filter(|(name, _)| *name != scenario) {
        written.push(output.write(name, moved(text, name.matches('/').count()).as_bytes())?);
    }
    Ok(written)
}

/// Says which files were written, and what to do next.
pub(super) fn tell(written: &[PathBuf], command: &str) -> Result<(), CliError> {
    let files: String = written.iter().map(|path| format!("  {}\n", path.display())).collect();
    super::print(&format!("Written:\n{files}Next: stickershock {command} {}\n", written[0].display()))
}

/// Runs the command.
pub fn example(command: &ExampleCommand) -> Result<(), CliError> {
    match command {
        ExampleCommand::List => {
            let head = ["name", "question", "command"].map(String::from);
            let rows = EXAMPLES.iter().map(|example| {
                let command = format!("stickershock {} {PREFIX}{}", example.command, example.name);
                [example.name.to_owned(), example.question.to_owned(), command]
            });
            let mut out = String::new();
            align(&mut out, &std::iter::once(head).chain(rows).collect::<Vec<_>>());
            super::print(&out)
        }
        ExampleCommand::Show { name } => super::print(find(name)?.text),
        ExampleCommand::Run(args) => {
            let named = args.scenario.scenario.display().to_string();
            let named = named.trim_start_matches(PREFIX);
            let mut args = args.clone();
            args.scenario.scenario = format!("{PREFIX}{named}").into();
            let example = find(named)?;
            if example.command != "run" {
                let message = format!(
                    "`{}` answers its question with another command than `run`\nhelp: stickershock {} {PREFIX}{}; for a run of its market, stickershock run {PREFIX}{}",
                    example.name, example.command, example.name, example.name
                );
                return Err(CliError::Usage(message));
            }
            super::run::run(&args)
        }
        ExampleCommand::Copy { name, folder } => {
            let example = find(name)?;
            let written = write(folder, &format!("{}.toml", example.name), example.text)?;
            tell(&written, example.command)
        }
    }
}
