//! `stickershock plan`: the plan of a study in a folder, and on request the script of a Slurm job array.

use std::path::{Path, PathBuf};

use crate::config::design::Points;
use crate::folder::lock::Sharing;
use crate::folder::named::SingleFile;
use crate::folder::{MANIFEST, OutputFolder, PLAN, TemporaryFolder};
use crate::study::units::{Plan, Store};
use crate::study::work::{self, ranges};
use clap::Args;
use serde_json::json;

use super::pack::pack;
use super::run::replicate_points;
use super::{CliError, ScenarioArgs};

#[derive(Args)]
pub struct PlanArgs {
    #[command(flatten)]
    scenario: Option<ScenarioArgs>,
    /// Folder of the plan: of its units, and of the results when they are merged.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the plan and its data as one file, too, for `stickershock unit --from`.
    #[arg(long, value_name = "FILE", conflicts_with = "status")]
    pack: Option<PathBuf>,
    /// Say how the units of the plan in a folder stand, instead of planning.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "scenario", "slurm"])]
    status: Option<PathBuf>,
    /// Print what each point of the plan in a folder sets: a line each, a list of `key=value` as `--set` takes them, in JSON.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "scenario", "slurm", "status"])]
    points: Option<PathBuf>,
    /// Print the status as JSON.
    #[arg(long, requires = "status")]
    json: bool,
    /// Replications, instead of the scenario's.
    #[arg(long, value_name = "N", env = "STICKERSHOCK_REPLICATIONS")]
    replications: Option<u64>,
    /// Seed, instead of the scenario's.
    #[arg(long, value_name = "S", env = "STICKERSHOCK_SEED")]
    seed: Option<u64>,
    /// Regimes to run, separated by commas; the baseline always runs [default: all].
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    regimes: Vec<String>,
    /// Replications in a unit [default: suits the study].
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u64).range(1..))]
    unit_size: Option<u64>,
    /// Also write units.sbatch and merge.sbatch, Slurm jobs that run the units and merge them.
    #[arg(long, requires = "out")]
    slurm: bool,
}

/// Array tasks of the script: many clusters allow no more than 1001.
const MOST_TASKS: usize = 1000;

/// Runs the command.
pub fn plan(args: &PlanArgs) -> Result<(), CliError> {
    if let Some(folder) = &args.status {
        return status(folder, args.json);
    }
    if let Some(folder) = &args.points {
        return points(folder);
    }
    let place = if args.out.is_none() && args.pack.is_some() { Some(TemporaryFolder::new()?) } else { None };
    let out = args.out.as_deref().or_else(|| place.as_ref().map(TemporaryFolder::path));
    let (Some(scenario), Some(out)) = (&args.scenario, out) else {
        let help = "stickershock plan SCENARIO --out DIR, stickershock plan SCENARIO --pack FILE, or stickershock plan --status DIR";
        return Err(CliError::Usage(format!("a plan needs a scenario and a folder or a file\nhelp: {help}")));
    };
    let mut overrides = Vec::new();
    overrides.extend(args.replications.map(|n| format!("run.replications={n}")));
    overrides.extend(args.seed.map(|seed| format!("run.seed={seed}")));
    let mut loaded = scenario.load(&overrides)?;
    replicate_points(&mut loaded, args.replications);
    let regimes = work::regimes_named(&loaded.scenario, &args.regimes)?;
    let plan = work::plan(&loaded, &regimes, args.unit_size)?;
    // Before anything is written: neither what is read nor the plan in its folder is written over.
    let mut inputs = loaded.document.source().files_read();
    let copies = plan.data.iter().map(|file| file.copy.as_str());
    inputs.extend([PLAN, MANIFEST].into_iter().chain(copies).map(|name| out.join(name)));
    let file = args.pack.as_deref().map(|path| SingleFile::at(path, &inputs)).transpose()?;
    OutputFolder::create(out)?;
    let store = Store::open(out, Sharing::Alone)?;
    if let Ok(stored) = Plan::read(store.folder())
        && stored != plan
        && store.has_units()
    {
        let path = out.display();
        let message =
            format!("{path} holds units of another plan\nhelp: choose another folder, or remove {path}/units");
        return Err(CliError::Usage(message));
    }
    // The results would no longer be those of the plan beside them.
    let complete = store.folder().manifest().is_some_and(|manifest| manifest["status"] == "complete");
    if complete && Plan::read(store.folder()).ok().is_none_or(|stored| stored != plan) {
        let path = out.display();
        let message = format!(
            "{path} holds the finished results of another study\nhelp: choose another folder, or remove {path}"
        );
        return Err(CliError::Usage(message));
    }
    let mut written = vec![plan.write(store.folder(), &loaded)?];
    let count = plan.units.len();
    if args.slurm {
        for (name, text) in [("units.sbatch", units_script(out, count)), ("merge.sbatch", merge_script(out))] {
            written.push(store.folder().write(name, text.as_bytes())?);
        }
    }
    if place.is_some() {
        written.clear();
    }
    let stands = file.map(|file| pack(store.folder(), &plan, file)).transpose()?;
    written.extend(args.pack.clone());
    let of = if loaded.design.is_some() { format!(" of {} points", plan.points) } else { String::new() };
    let mut text = format!(
        "{} jobs{of} in {count} units of {} replications. Written:\n",
        plan.jobs(),
        plan.unit_size.min(plan.replications)
    );
    for path in &written {
        text.push_str(&format!("  {}\n", path.display()));
    }
    let folder = out.display();
    text.push_str(&match &args.pack {
        Some(file) => format!("Next: stickershock unit --from {} --part 0/2 | stickershock collect DIR\n", file.display()),
        None => format!(
            "Next: stickershock unit {folder} --range 0..{count}, in parts as you like\n      stickershock merge {folder}\n"
        ),
    });
    // What went to a pipe or a device may be standard output itself.
    if stands == Some(false) {
        tell!("{}", text.trim_end());
        return Ok(());
    }
    super::print(&text)
}

/// Says what each point of a plan sets.
fn points(folder: &Path) -> Result<(), CliError> {
    let (_, loaded, _) = work::open(&OutputFolder::at(folder))?;
    let points = Points::of(loaded.design.as_ref());
    for point in 0..points.count() {
        super::print(&format!("{}\n", json!(points.at(point).assignments)))?;
    }
    Ok(())
}

/// Says which units of a plan are done.
fn status(folder: &Path, as_json: bool) -> Result<(), CliError> {
    let plan = Plan::read(&OutputFolder::at(folder))?;
    let store = Store::open(folder, Sharing::WithUnits)?;
    let inventory = store.inventory(&plan)?;
    let missing: Vec<usize> = (0..plan.units.len()).filter(|unit| !inventory.done.contains_key(unit)).collect();
    let damaged: Vec<String> = inventory.damaged.iter().map(ToString::to_string).collect();
    let (units, done) = (plan.units.len(), inventory.done.len());
    if as_json {
        let ids: Vec<&str> = missing.iter().map(|unit| plan.units[*unit].id.as_str()).collect();
        let status = json!({
            "plan": plan.hash,
            "version": plan.version,
            "units": units,
            "done": done,
            "missing": ids,
            "missing_ranges": ranges(&missing),
            "damaged": damaged,
            "complete": missing.is_empty(),
        });
        return super::print(&format!("{status:#}\n"));
    }
    let mut text = format!("{done} of {units} units are done\n");
    if !missing.is_empty() {
        text.push_str(&format!("missing: {}\n", ranges(&missing).join(", ")));
    }
    damaged.iter().for_each(|damaged| text.push_str(&format!("{damaged}\n")));
    super::print(&text)
}

/// What a job needs to know: the plan's folder, and this program where it is not on the node's path.
fn preamble(folder: &Path) -> String {
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let program = std::env::current_exe().map_or_else(|_| "stickershock".into(), |path| quoted(&path));
    format!("plan={}\nprogram=$(command -v stickershock) || program={program}\n", quoted(&folder))
}

/// A job array in which each task runs a part of the units. Tasks that are put back in the queue find the units that they have done.
fn units_script(folder: &Path, units: usize) -> String {
    let tasks = units.clamp(1, MOST_TASKS);
    format!(
        "#!/bin/sh\n\
         #SBATCH --job-name=stickershock\n\
         #SBATCH --array=0-{last}\n\
         #SBATCH --requeue\n\
         #SBATCH --cpus-per-task=1\n\
         # Submit, and merge when all is done:\n\
         #   id=$(sbatch --parsable units.sbatch) && sbatch --dependency=afterok:$id merge.sbatch\n\
         {}\
         exec \"$program\" unit \"$plan\" --part \"$SLURM_ARRAY_TASK_ID/{tasks}\" --threads \"${{SLURM_CPUS_PER_TASK:-1}}\"\n",
        preamble(folder),
        last = tasks - 1,
    )
}

/// The job that writes the results.
fn merge_script(folder: &Path) -> String {
    format!("#!/bin/sh\n#SBATCH --job-name=stickershock-merge\n{}exec \"$program\" merge \"$plan\"\n", preamble(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The array has as many tasks as parts are cut, at most as many as clusters allow; names with blanks and quotes are one word.
    #[test]
    fn the_array_does_every_part() {
        for units in [1, 999, 1000, 1001, 64_000] {
            let text = units_script(Path::new("/tmp/x y'z"), units);
            let tasks = units.min(MOST_TASKS);
            assert!(text.contains(&format!("--array=0-{}\n", tasks - 1)), "{text}");
            assert!(text.contains(&format!("$SLURM_ARRAY_TASK_ID/{tasks}\"")), "{text}");
            assert!(text.contains(r"plan='/tmp/x y'\''z'"), "{text}");
        }
    }
}
