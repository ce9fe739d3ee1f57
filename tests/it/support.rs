//! The market that tests are held to, made small, and runs of it.

use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use stickershock::model::ids::{Id, IdTable, RegimeId};

use stickershock::config::{self, Loaded};
use stickershock::model::accounts::ModelAccount;
use stickershock::model::outcome::Outcome;
use stickershock::model::scenario::Scenario;
use stickershock::model::timing::record::TimingRecord;
use stickershock::study::run::{JobError, JobResult, run_units};
use stickershock::study::{Base, FinishError, Finished, Observer, Study, Unit};

/// The folder of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The market that tests are held to: the shipped one as it was when their numbers were worked out (tests/market_1995/README.md).
pub fn showdown_path() -> PathBuf {
    root().join("tests/market_1995/showdown-1995.toml")
}

/// That scenario with assignments such as `run.replications=4`, one set of buyers for all replications.
pub fn showdown(assignments: &[&str]) -> Loaded {
    // Most tests look at one world; those of own worlds say so, and what is set last holds.
    let shared = ["buyers.population=shared"].iter();
    let assignments: Vec<String> = shared.chain(assignments).map(|text| (*text).to_owned()).collect();
    config::load(&showdown_path(), &assignments).unwrap_or_else(|error| panic!("{error}"))
}

/// A scenario of a test's own folder, which extends others: it may read everywhere.
pub fn load_anywhere(path: &Path, assignments: &[String]) -> Result<Loaded, config::ConfigError> {
    config::load_from(&config::Source::below(Path::new("/")), path, assignments)
}

/// What says so to the program.
pub const ANYWHERE: [&str; 2] = ["--root", "/"];

/// Values of demand as they were set by hand, before calibration: those of `tests/market_1995/by-hand-1995.toml`, at which reference numbers were made.
pub const BY_HAND: [&str; 7] = [
    "demand.alpha=0.125",
    "demand.eta=1.0",
    "demand.sigma_import=4.0",
    "demand.sigma_region=0.4",
    "demand.sigma_outside=3.5",
    "demand.loyalty=1.2",
    "market.size=3e6",
];

/// The same, prepared.
pub fn study(assignments: &[&str]) -> Study {
    Study::prepare(showdown(assignments).scenario).unwrap_or_else(|error| panic!("{error}"))
}

/// Regimes by their places in the scenario.
pub fn ids<const N: usize>(places: [u16; N]) -> [RegimeId; N] {
    places.map(RegimeId)
}

/// Changes what a table holds as a vector.
pub fn edit<I: Id, T: Clone, R>(table: &mut IdTable<I, T>, change: impl FnOnce(&mut Vec<T>) -> R) -> R {
    let mut items = table.as_slice().to_vec();
    let result = change(&mut items);
    *table = IdTable::new(items);
    result
}

/// A regime by its name.
pub fn regime(study: &Study, name: &str) -> RegimeId {
    study.scenario().regimes.iter().find(|(_, regime)| regime.name == name).unwrap().0
}

/// Hands what `regimes` left in each replication to `keep`, in order.
pub fn run(study: &Study, regimes: &[RegimeId], replications: Range<u64>, mut keep: impl FnMut(u64, &[Outcome])) {
    let unit = [Unit { index: 0, point: 0, replications }];
    let seal = |_: Option<&Study>, jobs: Vec<JobResult>| jobs.into_iter().collect::<Result<Vec<Outcome>, _>>();
    run_units(&unit, regimes, &|_| Ok(study), &(), &seal, |_, replication, outcomes| {
        keep(replication, &outcomes?);
        Ok::<_, JobError>(ControlFlow::Continue(()))
    })
    .unwrap_or_else(|halt| panic!("{halt:?}"));
}

/// Outcomes of regimes in replications, on `threads` threads: replication by replication, in the order of `regimes`.
pub fn outcomes(study: &Study, regimes: &[RegimeId], replications: Range<u64>, threads: usize) -> Vec<Vec<Outcome>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let mut kept = Vec::new();
    pool.install(|| run(study, regimes, replications, |_, outcomes| kept.push(outcomes.to_vec())));
    kept
}

/// Everything that one job with buyers and dealers in time leaves.
pub fn record(study: &Study, regime: RegimeId, replication: u64) -> TimingRecord {
    let replication = study.replication(replication).unwrap();
    let policy = study.policy(&replication, regime).unwrap();
    let timed = study.timed(&replication, regime, &policy).unwrap();
    timed.expect("a scenario with a layer of time").run().expect("nobody asks to stop")
}

/// Rows of a CSV table as maps from header to cell.
pub fn read_csv(path: &Path) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// Whether two lists of numbers are the same; a number that is not defined is the same as itself.
pub fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
}

/// Outlay less all that it is spent on, and burden less the parts that buyers, makers and dealers bear: zero up to rounding.
pub fn gaps(sold: &ModelAccount) -> [f64; 2] {
    let spent = sold.production_cost + sold.dealers_margin + sold.profit + sold.treasury() + sold.inspection;
    [sold.outlay - spent, sold.burden - (sold.burden_buyers + sold.burden_makers + sold.burden_dealers)]
}

/// A study in memory, on a base year of its own.
pub fn simulate(scenario: Scenario, regimes: &[RegimeId], observer: &dyn Observer) -> Result<Finished, FinishError> {
    let base = Base::solve(&scenario).unwrap();
    Finished::simulate_on(base, scenario, regimes, None, &mut (), observer)
}
