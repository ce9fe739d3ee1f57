//! What it costs to lose nothing: tiny jobs simulated, simulated and reduced, simulated, reduced and stored, and merged from what
//! was stored. `cargo bench --bench runner [-- JOBS]`; 100,000 jobs unless said otherwise.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use stickershock::config;
use stickershock::ensemble::run::run_units;
use stickershock::ensemble::{JobResult, Point, Results, Study};
use stickershock::report::folder::OutputError;
use stickershock::runner::drive::{Drive, Event, Keep, Studies};
use stickershock::runner::store::Sharing;
use stickershock::runner::{Plan, Store};

fn main() {
    let jobs: u64 = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(100_000);
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/showdown-1995.toml");
    let replications = format!("run.replications={}", jobs.div_ceil(5));
    let small = ["buyers.count=16".to_owned(), "buyers.pricing_nodes=16".to_owned(), replications];
    let loaded = config::load(&scenario, &small).unwrap_or_else(|error| panic!("{error}"));
    let regimes: Vec<usize> = (0..loaded.scenario.regimes.len()).collect();
    let points = [Point { index: 0, assignments: Vec::new() }];
    let plan = Plan::new(&loaded, &regimes, &points, None).unwrap_or_else(|error| panic!("{error}"));
    let studies = Studies::new(&loaded, &plan);
    let study = studies.get(0).unwrap_or_else(|error| panic!("{error}"));
    let stop = AtomicBool::new(false);
    let units = plan.unit_list();
    let layout = study.layout();
    println!(
        "{} jobs of {} numbers in {} units, {} threads",
        plan.jobs(),
        layout.len() + layout.models * (layout.models + 1),
        units.len(),
        rayon::current_num_threads()
    );
    let empty = || Results::new(layout, regimes.len(), 0, 1);
    let time = |what: &str, work: &mut dyn FnMut()| {
        let started = Instant::now();
        work();
        println!("{what:<34} {:>8.1} us a job", 1e6 * started.elapsed().as_secs_f64() / plan.jobs() as f64);
    };
    let study_of = |_| Ok(Arc::clone(&study));
    time("simulated", &mut || {
        let seal = |_: Option<&Study>, jobs: Vec<JobResult>| drop(std::hint::black_box(jobs));
        let keep = |_: &_, _, ()| Ok::<_, OutputError>(ControlFlow::Continue(()));
        run_units(&units, &regimes, &study_of, &stop, &seal, keep).unwrap_or_else(|halt| panic!("{halt:?}"));
    });
    time("simulated and reduced", &mut || {
        let mut results = empty();
        let seal = |_: Option<&Study>, jobs: Vec<JobResult>| jobs.into_iter().flatten().collect::<Vec<_>>();
        let keep = |_: &_, replication, outcomes: Vec<_>| {
            results.add(replication, &outcomes);
            Ok::<_, OutputError>(ControlFlow::Continue(()))
        };
        run_units(&units, &regimes, &study_of, &stop, &seal, keep).unwrap_or_else(|halt| panic!("{halt:?}"));
    });
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let store = Store::open(folder.path(), Sharing::Alone).unwrap_or_else(|error| panic!("{error}"));
    let drive = Drive { plan: &plan, regimes: &regimes, store: &store, stop: &stop };
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
            drive.run(&BTreeMap::new(), &studies, &|_| {}, keep).unwrap_or_else(|error| panic!("{error}"));
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
            drive.merge(&inventory.done, &|_| {}, keep).unwrap_or_else(|error| panic!("{error}"));
        });
    });
}
