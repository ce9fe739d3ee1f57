//! The targets of `fuzz/` on a few thousand inputs of fixed seeds, and on inputs that failed once (`tests/corpus/TARGET`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use crate::support::root;

#[path = "../../fuzz/src/targets.rs"]
mod targets;

/// Longest that one input may take, in processor time: two seconds where the program is compiled as it is used.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 2 });

/// Processor time of this thread where the system tells: on a busy machine, or one that sleeps, the clock says nothing of the program.
fn spent(since: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// One input; what it ends in, if it is not as it should be.
fn tried(target: fn(&[u8], bool), bytes: &[u8], deep: bool) -> Option<String> {
    let started = Instant::now();
    let before = spent(started);
    let ended = catch_unwind(AssertUnwindSafe(|| target(bytes, deep)));
    let text = |payload: Box<dyn std::any::Any + Send>| match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => other.downcast_ref::<&str>().unwrap_or(&"no text").to_string(),
    };
    let took = spent(started).saturating_sub(before);
    let slow = (took > LONGEST).then(|| format!("took {took:?}"));
    ended.err().map(text).or(slow)
}

/// Bytes of a number: edits that follow from it.
fn bytes_of(seed: u64) -> Vec<u8> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut bytes = vec![0; 16 + (seed % 80) as usize];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Tries `count` inputs, and those that failed once; `STICKERSHOCK_FUZZ` multiplies their number, of which most are only read.
fn hold(name: &str, count: u64) {
    let (_, target) = *targets::TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    let known = std::fs::read_dir(root().join("tests/corpus").join(name)).into_iter().flatten();
    for path in known.map(|entry| entry.unwrap().path()) {
        let fault = tried(target, &std::fs::read(&path).unwrap(), true);
        assert!(fault.is_none(), "{}: {}", path.display(), fault.unwrap_or_default());
    }
    let times: u64 = std::env::var("STICKERSHOCK_FUZZ").map_or(1, |times| times.parse().unwrap());
    let mut faults = Vec::new();
    for seed in 0..count * times {
        if let Some(fault) = tried(target, &bytes_of(seed), seed < count || seed % 32 == 0) {
            let folder = std::env::temp_dir().join("stickershock-fuzz").join(name);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(seed.to_string()), bytes_of(seed)).unwrap();
            faults.push(format!("{}: {fault}", folder.join(seed.to_string()).display()));
        }
        assert!(faults.len() < 20, "{}", faults.join("\n"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn any_scenario_is_answered() {
    hold("scenario", 3000);
}

#[test]
fn any_assignment_is_answered() {
    hold("set", 3000);
}

#[test]
fn any_table_of_models_is_answered() {
    hold("models", 1500);
}

#[test]
fn any_page_of_claims_is_answered() {
    hold("claims", 3000);
}

#[test]
fn any_table_of_evidence_is_answered() {
    hold("evidence", 1500);
}

#[test]
fn any_sensitivity_problem_is_answered() {
    hold("problem", 1000);
}

#[test]
fn any_market_to_solve_is_answered() {
    hold("case", 2000);
}

#[test]
fn any_plan_is_answered() {
    hold("plan", 1500);
}

#[test]
fn any_shard_is_answered() {
    hold("shard", 300);
}

#[test]
fn any_log_is_answered() {
    hold("log", 300);
}
