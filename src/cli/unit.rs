//! `stickershock unit`: simulates units of a plan and publishes their shards.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::folder::lock::Sharing;
use crate::folder::{OutputFolder, TemporaryFolder};
use crate::study::Observer;
use crate::study::units::drive::{Drive, DriveError, Studies};
use crate::study::units::store::frame;
use crate::study::units::{Store, StoreError};
use crate::study::work::{open, ranges};
use clap::Args;

use super::CliError;
use super::pack::unpack;
use super::work::Terminal;

#[derive(Args)]
pub struct UnitArgs {
    /// Folder of the plan.
    #[arg(required_unless_present = "from")]
    folder: Option<PathBuf>,
    /// A plan as one file, from `stickershock plan --pack`, instead of a folder (`-`: from standard input); its units go to standard
    /// output.
    #[arg(long, value_name = "FILE", conflicts_with = "folder")]
    from: Option<PathBuf>,
    /// Units to run, such as 0..10: the last is not among them. Those that are done are skipped.
    #[arg(long, value_name = "A..B", required_unless_present_any = ["stdout", "part", "from"], value_parser = range)]
    range: Option<Range<usize>>,
    /// Run part I of N equal parts of the plan, I from 0: `--part $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT`.
    #[arg(long, value_name = "I/N", conflicts_with_all = ["range", "stdout"], value_parser = part)]
    part: Option<(usize, usize)>,
    /// Run units, by their ids, and write them to standard output instead of the folder: of one its shard, of several a stream for
    /// `stickershock collect`.
    #[arg(long, value_name = "ID", num_args = 1.., conflicts_with = "range")]
    stdout: Vec<String>,
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

/// Reads `i/n`.
fn part(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
    match parts {
        Some((part, parts)) if part < parts => Ok((part, parts)),
        _ => Err("expected two numbers such as 0/8, the first smaller than the second".into()),
    }
}

/// The units of a part: as many as in any other part, give or take one.
fn of_part((part, parts): (usize, usize), units: usize) -> Range<usize> {
    let first = |part: usize| (part as u128 * units as u128 / parts as u128) as usize;
    first(part)..first(part + 1)
}

/// Runs the command.
pub fn unit(args: &UnitArgs) -> Result<(), CliError> {
    let unpacked = args.from.as_deref().map(unpack).transpose()?;
    let folder = unpacked.as_ref().map(TemporaryFolder::path).or(args.folder.as_deref()).unwrap_or(Path::new("."));
    let (plan, loaded, regimes) = open(&OutputFolder::at(folder))?;
    let pool = super::run::thread_pool(args.threads)?;
    let terminal = Terminal::new(args.quiet);
    let units = plan.unit_list();
    let total = units.len();
    let range = match args.part {
        Some(part) => of_part(part, total),
        None => args.range.clone().unwrap_or(0..total),
    };
    if range.end > total {
        let message = format!(
            "--range {}..{}: the plan has {total} units\nhelp: the last range may end at {total}",
            range.start, range.end
        );
        return Err(CliError::Usage(message));
    }
    if !args.stdout.is_empty() || args.from.is_some() {
        let known: BTreeMap<&str, usize> =
            plan.units.iter().enumerate().map(|(position, unit)| (unit.id.as_str(), position)).collect();
        let position = |id: &String| {
            known.get(id.as_str()).copied().ok_or_else(|| {
                let message =
                    format!("--stdout: `{id}` is no unit of this plan\nhelp: plan.json lists their ids under `units`");
                CliError::Usage(message)
            })
        };
        let named = args.stdout.iter().map(position).collect::<Result<Vec<usize>, _>>()?;
        let wanted = if named.is_empty() { range.collect() } else { named };
        // Written whole to a place of its own first: what a broken run leaves on a pipe would look like a torn shard.
        let scratch = tempfile::tempdir()?;
        let store = Store::open(scratch.path(), Sharing::Alone)?;
        let drive = Drive { plan: &plan, regimes: &regimes, store: &store, observer: &terminal };
        // Prepared once for all of them.
        let studies = Studies::new(&loaded, &plan).watched_by(&terminal);
        for (done, position) in wanted.iter().copied().enumerate() {
            pool.install(|| drive.publish(&units[position..=position], &studies))
                .map_err(|error| ended(error, done, wanted.len()))?;
            let path = store.shard_path(&plan, position);
            let shard = crate::folder::read(&path)?;
            let mut out = std::io::stdout().lock();
            if wanted.len() > 1 {
                out.write_all(frame(&plan.units[position].id, shard.len()).as_bytes())?;
            }
            out.write_all(&shard)?;
            out.flush()?;
            store.folder().remove(&path)?;
        }
        return Ok(());
    }
    let store = Store::open(folder, Sharing::WithUnits)?;
    let mut missing = Vec::new();
    for position in range.clone() {
        if !store.is_done(&plan, position)? {
            missing.push(units[position].clone());
        }
    }
    let jobs: u64 = missing.iter().map(|unit| unit.replications.end - unit.replications.start).sum();
    terminal.begins(jobs * regimes.len() as u64, 0);
    let drive = Drive { plan: &plan, regimes: &regimes, store: &store, observer: &terminal };
    let studies = Studies::new(&loaded, &plan).watched_by(&terminal);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_every_unit_once_and_nearly_equal() {
        for (units, parts) in [(0, 3), (1, 3), (12, 5), (1000, 7), (5, 5), (usize::MAX, 2)] {
            let ranges: Vec<Range<usize>> = (0..parts).map(|part| of_part((part, parts), units)).collect();
            assert_eq!((ranges[0].start, ranges[parts - 1].end), (0, units));
            assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
            let sizes = || ranges.iter().map(Range::len);
            assert!(sizes().max().unwrap() - sizes().min().unwrap() <= 1);
        }
        assert_eq!(part("0/8"), Ok((0, 8)));
        for wrong in ["8/8", "1", "a/b", "0/0", "-1/3"] {
            assert!(part(wrong).is_err(), "{wrong}");
        }
    }
}
