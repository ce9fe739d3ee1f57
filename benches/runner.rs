//! What it costs to lose nothing: tiny jobs simulated, simulated and reduced, simulated, reduced and stored, and merged from what
//! was stored; and what it costs to check one point of many. `cargo bench --bench runner [-- JOBS]`; 100,000 jobs unless said otherwise.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use stickershock::config::{self, StudyDesign};
use stickershock::folder::OutputError;
use stickershock::folder::lock::Sharing;
use stickershock::model::ids::{Id, RegimeId};
use stickershock::study::run::run_units;
use stickershock::study::units::drive::{Drive, Event, Keep, Studies};
use stickershock::study::units::{Plan, Store};
use stickershock::study::{Arm, JobResult, Results, Study};

/// Regimes of the shipped scenario that run, the first of them.
const REGIMES: usize = 5;

fn main() {
    let jobs: u64 = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(100_000);
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/market-1995.toml");
    let regimes: Vec<RegimeId> = (0..REGIMES).map(RegimeId::from_index).collect();
    let replications = format!("run.replications={}", jobs.div_ceil(REGIMES as u64));
    let shared = "buyers.population=shared".to_owned();
    let small = ["buyers.count=16".to_owned(), "buyers.pricing_nodes=16".to_owned(), shared, replications];
    let loaded = config::load(&scenario, &small).unwrap_or_else(|error| panic!("{error}"));
    let plan = Plan::new(&loaded, &regimes, None).unwrap_or_else(|error| panic!("{error}"));
    let studies = Studies::new(&loaded, &plan);
    let study = studies.get(0).unwrap_or_else(|error| panic!("{error}"));
    let units = plan.unit_list();
    let layout = study.layout();
    println!(
        "{} jobs of {} numbers in {} units, {} threads",
        plan.jobs(),
        layout.len() + layout.models * (layout.models + 1),
        units.len(),
        rayon::current_num_threads()
    );
    let empty = || Results::new(layout, regimes.len(), Arm(0), 1);
    let time = |what: &str, work: &mut dyn FnMut()| {
        let (cpu, started) = (cpu_seconds(), Instant::now());
        work();
        let wall = started.elapsed().as_secs_f64();
        let us = |seconds: f64| 1e6 * seconds / plan.jobs() as f64;
        let cpu = cpu.and_then(|before| Some(format!("{:.1}", us(cpu_seconds()? - before)))).unwrap_or("-".into());
        println!("{what:<34} {:>8.1} us a job, {cpu:>8} of processor time", us(wall));
    };
    let study_of = |_| Ok(Arc::clone(&study));
    time("simulated", &mut || {
        let seal = |_: Option<&Study>, jobs: Vec<JobResult>| drop(std::hint::black_box(jobs));
        let keep = |_: &_, _, ()| Ok::<_, OutputError>(ControlFlow::Continue(()));
        run_units(&units, &regimes, &study_of, &(), &seal, keep).unwrap_or_else(|halt| panic!("{halt:?}"));
    });
    time("simulated and reduced", &mut || {
        let mut results = empty();
        let seal = |_: Option<&Study>, jobs: Vec<JobResult>| jobs.into_iter().flatten().collect::<Vec<_>>();
        let keep = |_: &_, replication, outcomes: Vec<_>| {
            results.add(replication, &outcomes);
            Ok::<_, OutputError>(ControlFlow::Continue(()))
        };
        run_units(&units, &regimes, &study_of, &(), &seal, keep).unwrap_or_else(|halt| panic!("{halt:?}"));
    });
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let store = Store::open(folder.path(), Sharing::Alone).unwrap_or_else(|error| panic!("{error}"));
    let drive = Drive { plan: &plan, regimes: &regimes, store: &store, observer: &() };
    let reduce = |walk: &mut dyn FnMut(&mut Keep<'_>)| {
        let mut results = empty();
        walk(&mut |event| {
            if let Event::Replication { replication, outcomes, .. } = event {
                results.add(replication, outcomes);
            }
            Ok(ControlFlow::Continue(()))
        });
    };
    time("simulated, reduced and stored", &mut || {
        reduce(&mut |keep| {
            drive.run(&BTreeMap::new(), &studies, keep).unwrap_or_else(|error| panic!("{error}"));
        });
    });
    let started = Instant::now();
    let inventory = store.inventory(&plan).unwrap_or_else(|error| panic!("{error}"));
    let seconds = started.elapsed().as_secs_f64();
    let bytes: u64 = inventory.done.values().filter_map(|path| path.metadata().ok()).map(|data| data.len()).sum();
    println!(
        "{:<34} {:>8.1} us a job, {:.0} bytes a job",
        "proven whole",
        1e6 * seconds / plan.jobs() as f64,
        bytes as f64 / plan.jobs() as f64
    );
    time("merged", &mut || {
        reduce(&mut |keep| {
            drive.merge(&inventory.done, &studies, keep).unwrap_or_else(|error| panic!("{error}"));
        });
    });
    for count in [512, 4_096] {
        point_of(&scenario, count);
    }
}

/// Processor time of all threads so far, where the system tells: wall clock says little on a machine with other work.
fn cpu_seconds() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split_whitespace().next()?.parse::<f64>().ok()?;
    }
    Some(1e-9 * nanoseconds)
}

/// Checks points of a sweep whose `count` points are written out in the scenario.
fn point_of(scenario: &Path, count: usize) {
    let rates: Vec<String> = (0..count).map(|i| format!("[{}]", i as f64 / count as f64)).collect();
    let axis = "[{ key = \"instrument.sanctions.rate\", name = \"rate\" }]";
    let sweep = format!("sweep={{ kind = \"list\", points = [{}], axis = {axis} }}", rates.join(", "));
    let loaded = config::load(scenario, &[sweep]).unwrap_or_else(|error| panic!("{error}"));
    let points = loaded.design.as_ref().map(StudyDesign::points).unwrap_or_default();
    let started = Instant::now();
    for point in points.iter().take(256) {
        let at = loaded.at(&point.assignments).unwrap_or_else(|error| panic!("{error}"));
        std::hint::black_box(at);
    }
    println!(
        "a point of {count:<5} checked             {:>8.1} us a point",
        1e6 * started.elapsed().as_secs_f64() / 256.0
    );
}
