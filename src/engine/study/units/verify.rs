//! Repeating jobs of a finished study: their outcomes must have the hashes that were recorded.

use std::collections::BTreeMap;

use super::drive::Studies;
use super::ledger::{self, LEDGER_FILE, LedgerError, job_digits};
use super::plan::Plan;
use super::shard::job_hash;
use super::store::{Inventory, Store, StoreError};
use crate::model::ids::RegimeId;
use crate::study::run::replicate;
use crate::study::{Arm, JobResult};

/// Hashes of jobs by number, as the ledger or the shards have them.
pub type Recorded = BTreeMap<u64, String>;

/// Why there is nothing to compare with.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The ledger.
    #[error("{LEDGER_FILE}: {0}\nhelp: merge the units or run the study again")]
    Ledger(#[from] LedgerError),
    /// The shards.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger and a shard disagree.
    #[error(
        "unit {0}: its shard does not hold the outcomes that {LEDGER_FILE} records\nhelp: merge the units again, or run this one again"
    )]
    Disagree(String),
    /// The ledger has another hash of a shard than the shard itself.
    #[error(
        "{LEDGER_FILE}: unit {unit}: the hash of its shard is {recorded} there, and that of the shard in the folder {found}\nhelp: merge the units again"
    )]
    Rehashed {
        /// The unit.
        unit: String,
        /// In the ledger.
        recorded: String,
        /// Of the shard.
        found: String,
    },
}

/// Reads the recorded hashes from the ledger where there is one, and from the shards where there are any; both must agree, and shards are held to
/// what a merge holds them to.
///
/// # Errors
/// [`RecordError`].
pub fn recorded(
    store: &Store,
    plan: &Plan,
    inventory: &Inventory,
    studies: &Studies<'_>,
) -> Result<Recorded, RecordError> {
    let mut found = Recorded::new();
    let mut shards = BTreeMap::new();
    if store.folder().path().join(LEDGER_FILE).exists() {
        for row in ledger::read(store.folder(), plan, studies.may_stop())? {
            found.extend(numbers(plan, row.position).zip(row.jobs));
            shards.insert(row.position, row.shard);
        }
    }
    let shape = if inventory.done.is_empty() { None } else { studies.shape() };
    for (position, path) in &inventory.done {
        let mut reader = store.shard(path).map_err(StoreError::from)?.expecting(shape.as_ref());
        let found_hash = reader.hash.to_hex();
        if let Some(recorded) = shards.get(position).filter(|recorded| **recorded != found_hash.as_str()) {
            let (unit, recorded, found) = (plan.units[*position].id.clone(), recorded.clone(), found_hash.to_string());
            return Err(RecordError::Rehashed { unit, recorded, found });
        }
        let mut hashes = Vec::new();
        while let Some((_, jobs)) = reader.next_replication().map_err(StoreError::from)? {
            hashes.extend(jobs.iter().map(|(_, hash)| job_digits(hash)));
        }
        for (number, hash) in numbers(plan, *position).zip(hashes) {
            let earlier = found.entry(number).or_insert_with(|| hash.clone());
            if *earlier != hash {
                return Err(RecordError::Disagree(plan.units[*position].id.clone()));
            }
        }
    }
    Ok(found)
}

/// Numbers of a unit's jobs, in order.
fn numbers(plan: &Plan, position: usize) -> impl Iterator<Item = u64> {
    let unit = &plan.units[position];
    let first = plan.job_number(unit.point, unit.first, Arm(0));
    first..first + (unit.end - unit.first) * plan.regimes.len() as u64
}

/// At most `count` of the recorded jobs, chosen by the plan's hash: the same for everybody, and a larger sample holds a smaller.
#[must_use]
pub fn sample(plan: &Plan, recorded: &Recorded, count: usize) -> Vec<u64> {
    let rank = |number: &u64| {
        let mut hasher = blake3::Hasher::new();
        hasher.update(plan.hash.as_bytes()).update(&number.to_le_bytes());
        *hasher.finalize().as_bytes()
    };
    let mut ranked: Vec<([u8; 32], u64)> = recorded.keys().map(|number| (rank(number), *number)).collect();
    ranked.sort_unstable();
    let mut chosen: Vec<u64> = ranked.into_iter().take(count).map(|(_, number)| number).collect();
    chosen.sort_unstable(); // jobs of one point follow each other
    chosen
}

/// A job that was repeated.
#[derive(Debug)]
pub struct Repeated {
    /// The whole result.
    pub job: JobResult,
    /// Its hash as the ledger keeps it: of what the plan keeps of the result.
    pub hash: String,
}

/// Repeats a job by its number; nothing where the plan has no such job.
#[must_use]
pub fn repeat(plan: &Plan, regimes: &[RegimeId], studies: &Studies<'_>, number: u64) -> Option<Repeated> {
    let (point, replication, arm) = plan.job(number)?;
    let (job, kept) = match studies.get(point) {
        Ok(study) => {
            let job = replicate(&study, &[regimes[arm.0]], replication, 1).pop()?;
            let kept = studies.kept(&study, job.clone());
            (job, kept)
        }
        Err(error) => (Err(error.clone()), Err(error)),
    };
    Some(Repeated { job, hash: job_digits(&job_hash(&kept)) })
}
