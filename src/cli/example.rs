//! `stickershock example`: the shipped scenarios, which the program carries with it.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::CliError;
use super::run::RunArgs;
use super::summary::align;
use crate::folder::OutputFolder;

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

/// Files of `configs/`, by their names there.
macro_rules! shipped {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../configs/", $name)))),*] };
}

/// What scenarios extend, and the data.
pub(super) const BESIDE: &[(&str, &str)] = shipped![
    "market-1995.toml",
    "parts/bargaining-1995.toml",
    "parts/timing-1995.toml",
    "parts/dealers-1995.toml",
    "parts/structures-1995.toml",
    "calibrated/calibrated.toml",
    "calibrated/calibrated-draws.toml",
    "calibrated/calibrated-demand.toml",
    "calibrated/calibrated-settlement.toml",
    "calibrated/calibrated-timing.toml",
    "calibrated/structures/vertical-70.toml",
    "calibrated/structures/vertical-70-draws.toml",
    "calibrated/structures/vertical-76-draws.toml",
    "calibrated/structures/vertical-70-gamma-2-draws.toml",
    "calibrated/structures/vertical-70-gamma-5-draws.toml",
    "calibrated/structures/border-draws.toml",
    "calibrated/structures/list-draws.toml",
    "calibration-1995.toml",
    "calibration-1995-timing.toml",
    "calibration-2025.toml",
    "data/models_1994.csv",
    "data/exchange_rates_monthly.csv",
    "data/targets.csv",
    "luxury-2025.toml",
    "data/models_2024.csv",
    "data/exchange_rates_2024_26.csv",
    "data/README.md",
];

/// A scenario that the program carries.
struct Example {
    name: &'static str,
    question: &'static str,
    command: &'static str,
    text: &'static str,
}

macro_rules! examples {
    ($($name:literal $command:literal $question:literal),* $(,)?) => {
        &[$(Example {
            name: $name,
            question: $question,
            command: $command,
            text: include_str!(concat!("../../configs/", $name, ".toml")),
        }),*]
    };
}

const EXAMPLES: &[Example] = examples![
    "showdown-1995" "run" "Who would have paid, week by week, with everything that is not known in the range?",
    "market-1995" "run" "The same market in the long run: equilibrium prices, no weeks, no lots",
    "sidebar-1995" "run" "The newspapers' arithmetic: the whole duty on the sticker",
    "sweep-tariff" "run" "What do the rate of the duty and the yen do?",
    "luxury-2025" "run" "The car tariffs of 2025: what was decided and when, 25% for good, deals in April",
    "prediction-2025" "run" "The same with what is not known of it drawn: a prediction, made before any comparison",
    "sensitivity-1995" "sensitivity" "Which estimates decide the long run?",
    "governments-1995" "negotiate" "Would they have settled, and on what?",
    "calibration-1995" "calibrate" "What are demand, timing and the reward for executing, and what do the moments not tell?",
    "validation-1995" "validate" "Every piece of evidence beside the model: in, out or fitted",
];

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
    for (name, text) in BESIDE.iter().copied().chain(std::iter::once((file.as_str(), example.text))) {
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
    let mut found: Vec<(&str, &str)> = BESIDE.iter().filter(|(name, _)| *name == "data/README.md").copied().collect();
    let mut unread = vec![text];
    while let Some(text) = unread.pop() {
        for (name, own) in BESIDE.iter().filter(|(name, _)| text.contains(name)) {
            if found.iter().all(|(known, _)| known != name) {
                found.push((name, own));
                unread.push(own);
            }
        }
    }
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
    written.push(output.write("scenario.schema.json", crate::config::schema().as_bytes())?);
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
        ExampleCommand::Run(args) => super::run::run(&args.of_example()),
        ExampleCommand::Copy { name, folder } => {
            let example = find(name)?;
            let written = write(folder, &format!("{}.toml", example.name), example.text)?;
            tell(&written, example.command)
        }
    }
}
