//! `stickershock plan`: the plan of a study in a folder, and on request the script of a Slurm job array.

use std::path::{Path, PathBuf};

use crate::folder::OutputFolder;
use crate::folder::lock::Sharing;
use crate::study::units::{Plan, Store};
use crate::study::work::{self, ranges};
use clap::Args;
use serde_json::json;

use super::run::replicate_points;
use super::{CliError, ScenarioArgs};

#[derive(Args)]
pub struct PlanArgs {
    #[command(flatten)]
    scenario: Option<ScenarioArgs>,
    /// Folder of the plan: of its units, and of the results when they are merged.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Say how the units of the plan in a folder stand, instead of planning.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "scenario", "slurm"])]
    status: Option<PathBuf>,
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
    /// Also write units.sbatch, a Slurm job array that runs the units and then merges.
    #[arg(long)]
    slurm: bool,
}

/// Array tasks of the script: many clusters allow no more than 1001.
const MOST_TASKS: usize = 1000;

/// Runs the command.
pub fn plan(args: &PlanArgs) -> Result<(), CliError> {
    if let Some(folder) = &args.status {
        return status(folder, args.json);
    }
    let (Some(scenario), Some(out)) = (&args.scenario, &args.out) else {
        let help = "stickershock plan SCENARIO --out DIR, or stickershock plan --status DIR";
        return Err(CliError::Usage(format!("a plan needs a scenario and a folder\nhelp: {help}")));
    };
    let mut overrides = Vec::new();
    overrides.extend(args.replications.map(|n| format!("run.replications={n}")));
    overrides.extend(args.seed.map(|seed| format!("run.seed={seed}")));
    let mut loaded = scenario.load(&overrides)?;
    replicate_points(&mut loaded, args.replications);
    let regimes = work::regimes_named(&loaded.scenario, &args.regimes)?;
    let plan = work::plan(&loaded, &regimes, args.unit_size)?;
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
    let mut written = vec![plan.write(store.folder(), &loaded)?];
    let count = plan.units.len();
    if args.slurm {
        written.push(store.folder().write("units.sbatch", script(out, count).as_bytes())?);
    }
    let of = if loaded.design.is_some() { format!(" of {} points", plan.points.len()) } else { String::new() };
    let mut text = format!(
        "{} jobs{of} in {count} units of {} replications. Written:\n",
        plan.jobs(),
        plan.unit_size.min(plan.replications)
    );
    for path in &written {
        text.push_str(&format!("  {}\n", path.display()));
    }
    let folder = out.display();
    text.push_str(&format!("Next: stickershock unit {folder} --range 0..{count}, in parts as you like\n"));
    text.push_str(&format!("      stickershock merge {folder}\n"));
    super::print(&text)
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

/// A job array in which each task runs a range of units. Tasks that are put back in the queue find the units that they have done.
fn script(folder: &Path, units: usize) -> String {
    let per_task = units.div_ceil(MOST_TASKS).max(1);
    let last_task = units.div_ceil(per_task).saturating_sub(1);
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let quoted = format!("'{}'", folder.display().to_string().replace('\'', r"'\''"));
    format!(
        "#!/bin/sh\n\
         #SBATCH --job-name=stickershock\n\
         #SBATCH --array=0-{last_task}\n\
         #SBATCH --requeue\n\
         #SBATCH --cpus-per-task=1\n\
         # Submit, and merge when all is done:\n\
         #   id=$(sbatch --parsable units.sbatch)\n\
         #   sbatch --dependency=afterok:$id --wrap \"stickershock merge {folder}\"\n\
         plan={quoted}\n\
         first=$((SLURM_ARRAY_TASK_ID * {per_task}))\n\
         last=$((first + {per_task}))\n\
         [ \"$last\" -le {units} ] || last={units}\n\
         exec stickershock unit \"$plan\" --range \"$first..$last\" --threads \"${{SLURM_CPUS_PER_TASK:-1}}\"\n",
        folder = folder.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tasks of the array cover all units, however many, without passing the limit on array tasks.
    #[test]
    fn the_array_covers_every_unit() {
        for units in [1, 999, 1000, 1001, 2500, 64_000] {
            let text = script(Path::new("/tmp/x y"), units);
            let last: usize =
                text.split("--array=0-").nth(1).and_then(|rest| rest.lines().next()).unwrap().parse().unwrap();
            let per_task: usize =
                text.split("TASK_ID * ").nth(1).and_then(|rest| rest.split(')').next()).unwrap().parse().unwrap();
            assert!(last < MOST_TASKS && (last + 1) * per_task >= units && last * per_task < units, "{units}");
            assert!(text.contains("plan='/tmp/x y'"));
        }
    }
}
