//! `stickershock unit`: simulates units of a plan and publishes their shards.

use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;

use crate::folder::OutputFolder;
use crate::folder::lock::Sharing;
use crate::study::Observer;
use crate::study::units::drive::{Drive, DriveError, Studies};
use crate::study::units::{Store, StoreError};
use crate::study::work::{open, ranges};
use clap::Args;

use super::CliError;
use super::work::Terminal;

#[derive(Args)]
pub struct UnitArgs {
    /// Folder of the plan.
    folder: PathBuf,
    /// Units to run, such as 0..10: the last is not among them. Those that are done are skipped.
    #[arg(long, value_name = "A..B", required_unless_present = "stdout", value_parser = range)]
    range: Option<Range<usize>>,
    /// Run one unit, by its id, and write its shard to standard output instead of the folder.
    #[arg(long, value_name = "ID", conflicts_with = "range")]
    stdout: Option<String>,
    /// Threads [default: all processors].
    #[arg(short = 'j', long, value_name = "N", env = "STICKERSHOCK_THREADS")]
    threads: Option<usize>,
    /// Print no progress.
    #[arg(long)]
    quiet: bool,
}

/// Reads `a..b`.
fn range(text: &str) -> Result<Range<usize>, String> {
    let parts = text.split_once("..").and_then(|(first, end)| Some((first.parse().ok()?, end.parse().ok()?)));
    match parts {
        Some((first, end)) if first <= end => Ok(first..end),
        _ => Err("expected two numbers such as 0..10, the first no larger than the last".into()),
    }
}

/// Runs the command.
pub fn unit(args: &UnitArgs) -> Result<(), CliError> {
    let (plan, loaded, regimes) = open(&OutputFolder::at(&args.folder))?;
    let pool = super::run::thread_pool(args.threads)?;
    let terminal = Terminal::new(args.quiet);
    let units = plan.unit_list();
    let total = units.len();
    if let Some(id) = &args.stdout {
        let Some(position) = plan.units.iter().position(|unit| unit.id == *id) else {
            let message =
                format!("--stdout: `{id}` is no unit of this plan\nhelp: plan.json lists their ids under `units`");
            return Err(CliError::Usage(message));
        };
        // Written whole to a place of its own first: what a broken run leaves on a pipe would look like a torn shard.
        let scratch = tempfile::tempdir()?;
        let store = Store::open(scratch.path(), Sharing::Alone)?;
        let drive = Drive { plan: &plan, regimes: &regimes, store: &store, observer: &terminal };
        let studies = Studies::new(&loaded, &plan);
        pool.install(|| drive.publish(&units[position..=position], &studies)).map_err(|error| ended(error, 0, 1))?;
        let mut shard = crate::folder::open(&store.shard_path(&plan, position))?;
        let mut out = std::io::stdout().lock();
        std::io::copy(&mut shard, &mut out)?;
        return Ok(out.flush()?);
    }
    let range = args.range.clone().unwrap_or(0..total);
    if range.end > total {
        let message = format!(
            "--range {}..{}: the plan has {total} units\nhelp: the last range may end at {total}",
            range.start, range.end
        );
        return Err(CliError::Usage(message));
    }
    let store = Store::open(&args.folder, Sharing::WithUnits)?;
    let mut missing = Vec::new();
    for position in range.clone() {
        if !store.is_done(&plan, position)? {
            missing.push(units[position].clone());
        }
    }
    let jobs: u64 = missing.iter().map(|unit| unit.replications.end - unit.replications.start).sum();
    terminal.begins(jobs * regimes.len() as u64, 0);
    let drive = Drive { plan: &plan, regimes: &regimes, store: &store, observer: &terminal };
    let studies = Studies::new(&loaded, &plan);
    let result = pool.install(|| drive.publish(&missing, &studies));
    terminal.ends();
    let mut left = Vec::new();
    for unit in &missing {
        if !store.is_done(&plan, unit.index)? {
            left.push(unit.index);
        }
    }
    result.map_err(|error| ended(error, range.len() - left.len(), range.len()))?;
    if !args.quiet {
        let skipped = range.len() - missing.len();
        tell!("units {}: {} done, {skipped} done before", ranges(&range.collect::<Vec<_>>()).join(""), missing.len());
    }
    Ok(())
}

fn ended(error: DriveError, done: usize, total: usize) -> CliError {
    match error {
        DriveError::Interrupted => CliError::UnitsInterrupted { done, total },
        DriveError::Missing(unit) => CliError::Usage(format!("unit {unit} is missing")),
        DriveError::Store(StoreError::Output(error)) => CliError::Output(error),
        DriveError::Store(error) => error.into(),
    }
}
