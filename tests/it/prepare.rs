//! A study is prepared for the regimes that run, and what no policy touches is solved once.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

use stickershock::config;
use stickershock::folder::OutputFolder;
use stickershock::model::demand::StopAsked;
use stickershock::model::ids::RegimeId;
use stickershock::model::trade::regime::Action;
use stickershock::report::study::tables;
use stickershock::report::writer::{Formats, Writer};
use stickershock::study::work::{self, Begin, Reduced, Settings, WorkError};
use stickershock::study::{Base, FinishError, Finished, Observer, Study, StudyError};

use crate::support::{outcomes, regime, root, showdown, simulate, study};

const SMALL: [&str; 3] = ["buyers.count=256", "buyers.pricing_nodes=128", "run.replications=2"];

fn position(name: &str) -> RegimeId {
    showdown(&SMALL).scenario.regimes.iter().find(|(_, regime)| regime.name == name).unwrap().0
}

/// Only what was asked for is worked out, with the baseline, and it has the numbers that it has among all.
#[test]
fn two_regimes_are_prepared_for_a_run_of_two() {
    let whole = study(&SMALL);
    let (imposed, quiet) = (regime(&whole, "imposed"), whole.scenario().baseline);
    let part = Study::prepare_only(showdown(&SMALL).scenario, &[imposed]).unwrap();
    assert_eq!((part.plans().len(), whole.plans().len()), (2, whole.scenario().regimes.len()));
    for prepared in whole.scenario().regimes.ids() {
        let expected = [imposed, quiet].contains(&prepared).then(|| whole.plans().get(prepared).unwrap());
        assert_eq!(part.plans().get(prepared), expected);
        assert!(part.negotiated(prepared).is_none());
    }
    let run = |study| outcomes(study, &[quiet, imposed], 0..2, 1);
    assert!(run(&part) == run(&whole));
    // Another regime is refused by name.
    let replication = part.replication(0).unwrap();
    for name in ["all_imports", "negotiated"] {
        let refused = part.simulate(&replication, position(name));
        assert!(matches!(refused, Err(StudyError::Unprepared { regime }) if regime == name));
    }
}

/// Jobs ask in every week whether to stop, with a layer of time and without, alone and side by side.
#[test]
fn a_job_that_is_asked_to_stop_ends_within_a_week() {
    for file in ["tests/market_1995/showdown-1995-timing.toml", "tests/market_1995/showdown-1995.toml"] {
        let scenario = config::load(&root().join(file), &SMALL.map(str::to_owned)).unwrap().scenario;
        let imposed = scenario.regimes.iter().find(|(_, regime)| regime.name == "imposed").unwrap().0;
        let study = Study::prepare_only(scenario, &[imposed]).unwrap();
        // Nobody asks until the replication is ready and ten weeks have passed.
        let (ready, asks) = (AtomicBool::new(false), AtomicU32::new(0));
        let asked = || ready.load(Relaxed) && asks.fetch_add(1, Relaxed) >= 10;
        let replication = study.replication_until(0, StopAsked::by(&asked)).unwrap();
        ready.store(true, Relaxed);
        assert!(matches!(study.simulate(&replication, imposed), Err(StudyError::Interrupted)));
        assert_eq!(asks.swap(0, Relaxed), 11);
        let together = study.simulate_together(&replication, &[study.scenario().baseline, imposed]);
        assert!(together.iter().all(|result| matches!(result, Err(StudyError::Interrupted))), "{together:?}");
        ready.store(false, Relaxed);
        assert!(study.simulate(&replication, imposed).is_ok());
    }
}

/// A regime with a history that cannot be ends the studies that run it, and no other.
#[test]
fn a_regime_that_cannot_be_prepared_is_no_matter_to_the_others() {
    let (imposed, broken) = (position("imposed"), position("all_imports"));
    let mut scenario = showdown(&SMALL).scenario;
    // What was never imposed cannot be lifted.
    scenario.regimes[broken].events.retain(|event| event.action != Action::Imposed);
    let last = scenario.regimes[imposed].events.last().cloned().unwrap();
    scenario.regimes[broken]
        .events
        .push(stickershock::model::trade::regime::PolicyEvent { action: Action::Lifted, ..last });
    match Study::prepare(scenario.clone()) {
        Err(StudyError::Plan { regime, .. }) => assert_eq!(regime, "all_imports"),
        other => panic!("{other:?}"),
    }
    assert!(Study::prepare_only(scenario.clone(), &[imposed, broken]).is_err());
    assert_eq!(Study::prepare_only(scenario, &[imposed]).unwrap().plans().len(), 2);
}

/// One base year serves scenarios that differ in policy; another market has another.
#[test]
fn a_base_year_is_shared_by_scenarios_that_differ_in_policy_alone() {
    let imposed = position("imposed");
    let base = Base::solve(&showdown(&SMALL).scenario).unwrap();
    for policy in [
        "instrument.sanctions.rate=0.25",
        "pricing.theta=0.5",
        "instrument.sanctions.basis=border",
        "run.replications=9",
    ] {
        let scenario = || showdown(&[SMALL[0], SMALL[1], policy]).scenario;
        assert!(base.serves(&scenario()), "{policy}");
        let shared = Study::on(Arc::clone(&base), scenario(), &[imposed]).unwrap();
        let alone = Study::prepare_only(scenario(), &[imposed]).unwrap();
        assert!(Arc::ptr_eq(shared.base(), &base));
        assert_eq!(shared.plans(), alone.plans(), "{policy}");
        let run = |study| outcomes(study, &[study.scenario().baseline, imposed], 0..1, 1);
        assert!(run(&shared) == run(&alone), "{policy}");
    }
    for fact in ["demand.alpha=0.2", "run.seed=5", "market.size=4e6", "demand.loyalty=1.1", "buyers.pricing_nodes=64"] {
        let scenario = showdown(&[SMALL[0], SMALL[1], fact]).scenario;
        assert!(!base.serves(&scenario), "{fact}");
        let refused = Study::on(Arc::clone(&base), scenario, &[imposed]);
        assert!(matches!(refused, Err(StudyError::OtherBase)), "{fact}");
    }
}

/// Counts jobs, and stops after so many of them.
struct Counter {
    jobs: AtomicU64,
    most: u64,
}

impl Counter {
    fn until(most: u64) -> Self {
        Self { jobs: AtomicU64::new(0), most }
    }
    fn count(&self) -> u64 {
        self.jobs.load(Relaxed)
    }
}

impl Observer for Counter {
    fn jobs(&self, done: u64) {
        self.jobs.fetch_add(done, Relaxed);
    }
    fn cancelled(&self) -> bool {
        self.count() >= self.most
    }
}

/// A study in memory gives, table by table, the bytes that a run writes into its folder; and the folder has no others.
#[test]
fn tables_in_memory_are_those_of_a_folder() {
    let loaded = showdown(&SMALL);
    let regimes = work::regimes_named(&loaded.scenario, &["negotiated".into(), "imposed".into()]).unwrap();
    assert_eq!(regimes.len(), 3);
    let temporary = tempfile::tempdir().unwrap();
    let folder = OutputFolder::create(temporary.path()).unwrap();
    let mut writer = Writer::new(&folder, false, Formats { csv: true, parquet: false });
    let counter = Counter::until(u64::MAX);
    let done = work::run(&loaded, &regimes, &folder, Settings::default(), &mut writer, &counter).unwrap().unwrap();
    assert_eq!((counter.count(), done.jobs), (6, 6));
    let Reduced::One(written) = &done.reduced else { panic!("{:?}", done.reduced) };
    assert_eq!(written.study.plans().len(), 3);

    let memory = simulate(loaded.scenario, &regimes[1..], &()).unwrap();
    assert_eq!(memory.regimes, regimes);
    let mut names = Vec::new();
    for table in tables(&memory) {
        let Some(made) = table.make().unwrap() else { continue };
        assert_eq!(made.name, table.name);
        let file = folder.path().join(format!("tables/{}.csv", table.name));
        assert!(fs::read(&file).unwrap() == made.csv, "{}", table.name);
        names.push(table.name.to_owned());
    }
    // The one that grows with the number of replications is a matter of the run alone.
    names.push("replications".into());
    names.sort();
    let mut files: Vec<String> = fs::read_dir(folder.path().join("tables"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, names);
    for table in ["models", "negotiation", "offers", "welfare"] {
        assert!(names.iter().any(|name| name == table), "{table}");
    }
}

/// An observer that cancels ends a run with what is done kept; resumed, it has the tables of a run that went through.
#[test]
fn a_cancelled_run_is_resumed_to_the_same_bytes() {
    let loaded = showdown(&[SMALL[0], SMALL[1], "run.replications=40"]);
    let regimes = work::regimes_named(&loaded.scenario, &["imposed".into()]).unwrap();
    let formats = Formats { csv: true, parquet: false };
    let start = |folder: &OutputFolder, begin, observer: &dyn Observer| {
        let settings = Settings { unit_size: Some(2), begin, keep_units: false };
        let mut writer = Writer::new(folder, false, formats);
        // On one thread, so that some replications are left when the first is done.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        pool.install(|| work::run(&loaded, &regimes, folder, settings, &mut writer, observer))
    };
    let temporary = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [broken, whole] = temporary.each_ref().map(|folder| OutputFolder::create(folder.path()).unwrap());
    let status = |folder: &OutputFolder| folder.manifest().unwrap()["status"].as_str().unwrap().to_owned();
    // Six jobs are three replications: one unit of two is whole.
    match start(&broken, Begin::Careful, &Counter::until(6)) {
        Err(WorkError::Interrupted { done, total: 20 }) => assert_eq!(done, 1),
        other => panic!("{other:?}"),
    }
    assert_eq!(status(&broken), "interrupted");
    // What is unfinished is not begun again by a slip.
    assert!(matches!(start(&broken, Begin::Careful, &()), Err(WorkError::Unfinished { .. })));
    let resumed = start(&broken, Begin::Resume, &()).unwrap().unwrap();
    assert!(start(&broken, Begin::Resume, &()).unwrap().is_none());
    let through = start(&whole, Begin::Careful, &()).unwrap().unwrap();
    assert_eq!(status(&broken), "complete");
    assert_eq!((resumed.jobs, resumed.files.len()), (80, through.files.len()));
    for (resumed, through) in resumed.files.iter().zip(&through.files) {
        assert_eq!(resumed.file_name(), through.file_name());
        let is_manifest = resumed.ends_with("manifest.json");
        assert!(is_manifest || fs::read(resumed).unwrap() == fs::read(through).unwrap(), "{}", resumed.display());
    }
    // In memory a cancelled study leaves nothing.
    let cancelled = simulate(loaded.scenario.clone(), &regimes, &Counter::until(0));
    assert!(matches!(cancelled, Err(FinishError::Interrupted)));
}

/// Asks to stop from the so-manieth time on that it is asked itself.
struct Impatient {
    asked: AtomicU64,
    most: u64,
}

impl Impatient {
    fn after(most: u64) -> Self {
        Self { asked: AtomicU64::new(0), most }
    }
    fn asked(&self) -> u64 {
        self.asked.load(Relaxed)
    }
}

impl Observer for Impatient {
    fn cancelled(&self) -> bool {
        self.asked.fetch_add(1, Relaxed) >= self.most
    }
}

/// Preparation asks before each evaluation of demand whether to go on, in the inversion as in the plans and in what governments have at stake, and
/// lets go wherever it is.
#[test]
fn a_study_that_is_being_made_ready_can_be_stopped_anywhere() {
    let all: Vec<RegimeId> = showdown(&SMALL).scenario.regimes.ids().collect();
    let scenario = |own: &str| showdown(&[SMALL[0], SMALL[1], SMALL[2], own]).scenario;
    for own in ["buyers.population=shared", "buyers.population=own"] {
        let through = Impatient::after(u64::MAX);
        let whole = Study::prepare_watched(scenario(own), &all, &through).unwrap();
        assert!(through.asked() > 200, "{own}: asked {} times", through.asked());
        assert_eq!(whole.plans(), Study::prepare_only(scenario(own), &all).unwrap().plans());
        for part in 0..8 {
            let after = part * through.asked() / 8;
            let stopped = Impatient::after(after);
            let prepared = Study::prepare_watched(scenario(own), &all, &stopped).map(|_| ());
            assert!(matches!(prepared, Err(StudyError::Interrupted)), "{own}: after {after}: {prepared:?}");
            let late = stopped.asked() - after;
            assert!(late < 100, "{own}: went on for {late} evaluations after {after}");
        }
    }
    // A run in a folder that is stopped so early has kept nothing, and says so in its manifest.
    let loaded = showdown(&SMALL);
    let temporary = tempfile::tempdir().unwrap();
    let folder = OutputFolder::create(temporary.path()).unwrap();
    let mut writer = Writer::new(&folder, false, Formats { csv: true, parquet: false });
    let stopped = work::run(&loaded, &all, &folder, Settings::default(), &mut writer, &Impatient::after(40));
    assert!(matches!(stopped, Err(WorkError::Interrupted { done: 0, .. })), "{stopped:?}");
    assert_eq!(folder.manifest().unwrap()["status"], "interrupted");
}

/// A replication with a world of its own is not finished first: what is cut short is no failure, and resumed it is there.
#[test]
fn a_replication_that_is_cut_short_is_no_failed_job() {
    let loaded = showdown(&[SMALL[0], SMALL[1], SMALL[2], "buyers.population=own"]);
    let regimes = work::regimes_named(&loaded.scenario, &["imposed".into()]).unwrap();
    let study = Study::prepare_only(loaded.scenario.clone(), &regimes).unwrap();
    let whole = simulate(loaded.scenario.clone(), &regimes, &()).unwrap();
    let base = Arc::clone(study.base());
    let asked = Impatient::after(u64::MAX);
    Study::on_watched(Arc::clone(&base), loaded.scenario.clone(), &regimes, &asked).unwrap();
    let stopped = Impatient::after(asked.asked() + 10);
    let cut = Finished::simulate_on(base, loaded.scenario, &regimes, None, &mut (), &stopped);
    assert!(matches!(cut, Err(FinishError::Interrupted)), "{:?}", cut.map(|cut| cut.failed_jobs));
    assert_eq!(whole.failed_jobs, 0);
}

/// Charts are drawn one by one, without a folder and without PNG.
#[cfg(feature = "charts")]
#[test]
fn a_chart_is_drawn_without_a_folder() {
    use stickershock::report::draw::Drawing;
    let scenario = showdown(&SMALL).scenario;
    let finished = simulate(scenario, &[position("imposed")], &()).unwrap();
    let drawing = Drawing::of(&finished, &stickershock::config::figures::Figures::default());
    let charts = drawing.charts();
    let drawn = |name: &str| charts.iter().find(|chart| chart.name == name).unwrap().draw().unwrap();
    let svg = drawn("headline").unwrap();
    assert!(svg.as_str().contains("<svg"));
    // The baseline changes nothing, so nobody wins or loses under it.
    assert!(drawn("winners_losers_status_quo").is_none());
}
