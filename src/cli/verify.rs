//! `stickershock verify`: repeats a sample of jobs and compares their outcomes with the record, to the bit.

use std::path::PathBuf;

use crate::folder::OutputFolder;
use crate::folder::lock::Sharing;
use crate::study::Observer;
use crate::study::units::Store;
use crate::study::units::drive::Studies;
use crate::study::units::verify::{recorded, repeat, sample};
use crate::study::work::open;
use clap::Args;
use serde_json::json;

use super::{CliError, signals};

#[derive(Args)]
pub struct VerifyArgs {
    /// Folder of a finished study.
    folder: PathBuf,
    /// Jobs to repeat, of all points, replications and regimes.
    #[arg(long, value_name = "N", default_value_t = 10)]
    sample: usize,
    /// Threads [default: all processors].
    #[arg(short = 'j', long, value_name = "N", env = "STICKERSHOCK_THREADS")]
    threads: Option<usize>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn verify(args: &VerifyArgs) -> Result<(), CliError> {
    let (plan, loaded, regimes) = open(&OutputFolder::at(&args.folder))?;
    let store = Store::open(&args.folder, Sharing::WithUnits)?;
    let inventory = store.inventory(&plan)?;
    let pool = super::run::thread_pool(args.threads)?;
    let studies = Studies::new(&loaded, &plan);
    let recorded = pool.install(|| recorded(&store, &plan, &inventory, &studies))?;
    if recorded.is_empty() {
        let path = args.folder.display();
        let message =
            format!("{path}: no unit of this plan is done, so there is nothing to compare\nhelp: run its units");
        return Err(CliError::Usage(message));
    }
    let stop = signals::stop_flag();
    let chosen = sample(&plan, &recorded, args.sample);
    let mut differing = Vec::new();
    let mut repeated = 0;
    for &number in &chosen {
        if stop.cancelled() {
            break;
        }
        let Some(job) = pool.install(|| repeat(&plan, &regimes, &studies, number)) else { continue };
        repeated += 1;
        if recorded.get(&number) != Some(&job.hash) {
            differing.push((number, job.hash));
        }
    }
    for (number, found) in &differing {
        let Some((point, replication, arm)) = plan.job(*number) else { continue };
        tell!(
            "job {number} (point {point}, replication {replication}, regime {}): BLAKE3 {found}, recorded {}",
            plan.regimes[arm.0],
            recorded[number],
        );
    }
    let jobs = recorded.len();
    super::print(&if args.json {
        let numbers: Vec<u64> = differing.iter().map(|(number, _)| *number).collect();
        format!("{:#}\n", json!({ "jobs": jobs, "repeated": repeated, "differing": numbers }))
    } else {
        format!(
            "{repeated} of {jobs} jobs repeated, {} with the recorded outcome to the bit\n",
            repeated - differing.len()
        )
    })?;
    if repeated < chosen.len() {
        return Err(CliError::UnitsInterrupted { done: repeated, total: chosen.len() });
    }
    if differing.is_empty() { Ok(()) } else { Err(CliError::Unverified { differing: differing.len(), repeated }) }
}
