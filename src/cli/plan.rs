//! `stickershock plan`: the plan of a study in a folder, and on request the script of a Slurm job array.

use std::path::{Path, PathBuf};

use crate::folder::OutputFolder;
use crate::folder::lock::Sharing;
use crate::study::units::{Plan, Store};
use crate::study::work;
use clap::Args;

use super::run::replicate_points;
use super::{CliError, ScenarioArgs};

#[derive(Args)]
pub struct PlanArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Folder of the plan: of its units, and of the results when they are merged.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
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
    let mut overrides = Vec::new();
    overrides.extend(args.replications.map(|n| format!("run.replications={n}")));
    overrides.extend(args.seed.map(|seed| format!("run.seed={seed}")));
    let mut loaded = args.scenario.load(&overrides)?;
    replicate_points(&mut loaded, args.replications);
    let regimes = work::regimes_named(&loaded.scenario, &args.regimes)?;
    let plan = work::plan(&loaded, &regimes, args.unit_size)?;
    OutputFolder::create(&args.out)?;
    let store = Store::open(&args.out, Sharing::Alone)?;
    if let Ok(stored) = Plan::read(store.folder())
        && stored != plan
        && store.has_units()
    {
        let path = args.out.display();
        let message =
            format!("{path} holds units of another plan\nhelp: choose another folder, or remove {path}/units");
        return Err(CliError::Usage(message));
    }
    let mut written = vec![plan.write(store.folder())?];
    let count = plan.units.len();
    if args.slurm {
        written.push(store.folder().write("units.sbatch", script(&args.out, count).as_bytes())?);
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
    let folder = args.out.display();
    text.push_str(&format!("Next: stickershock unit {folder} --range 0..{count}, in parts as you like\n"));
    text.push_str(&format!("      stickershock merge {folder}\n"));
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
