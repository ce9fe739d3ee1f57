//! What the shipped study spends, as ratios within one run: `cargo bench --profile release --bench study`, which is compiled as the program is.
//!
//! The unit is a plain loop over as many buyers and models, with the platform's exp: shares once at one set of prices. A ratio moves when the
//! program does and hardly when the machine does. Every figure is the best of several repetitions, since other work may share the machine.
//!
//! `cargo bench --profile release --bench study -- instructions` counts instructions instead, by valgrind where the machine has it: the same number, to a
//! millionth, whatever else runs, for the instructions without AVX-512, which valgrind does not know.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use stickershock_engine::config;
use stickershock_engine::model::ids::RegimeId;
use stickershock_engine::model::scenario::Scenario;
use stickershock_engine::study::Study;

const BUYERS: usize = 4_096;

/// Best time of `repetitions`, in seconds, and what the last of them gave.
fn best<T>(repetitions: usize, mut work: impl FnMut() -> T) -> (f64, T) {
    let mut timed = || {
        let start = Instant::now();
        let made = work();
        (start.elapsed().as_secs_f64(), made)
    };
    let first = timed();
    (1..repetitions).fold(first, |(best, _), _| {
        let (seconds, made) = timed();
        (best.min(seconds), made)
    })
}

/// Expected sales by the loop one writes first: buyer by buyer, a utility of five terms, the platform's exp.
fn plain_shares(models: usize, buyers: usize) -> Vec<f64> {
    let (mut share, mut weight) = (vec![0.0; models], vec![0.0; models]);
    for i in 0..buyers {
        let taste = |k: usize| ((7 * i + 3 * k) % 11) as f64 / 11.0 - 0.5;
        let mut total = 1.0;
        for (j, weight) in weight.iter_mut().enumerate() {
            let x = |k: usize| ((5 * j + 2 * k) % 7) as f64 / 7.0;
            let v: f64 = -3.0 + taste(0) * x(0) + taste(1) * x(1) + taste(2) * x(2) - (0.1 + 0.1 * taste(3)) * x(3);
            *weight = v.exp();
            total += *weight;
        }
        share.iter_mut().zip(&weight).for_each(|(share, weight)| *share += weight / total);
    }
    share
}

fn study(buyers: usize) -> (Scenario, Vec<RegimeId>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/showdown-1995.toml");
    let small = [format!("buyers.count={buyers}"), format!("buyers.pricing_nodes={buyers}")];
    let loaded = config::load(&path, &small).unwrap_or_else(|error| panic!("{error}"));
    let regimes = loaded.scenario.regimes.ids().collect();
    (loaded.scenario, regimes)
}

fn prepared(scenario: &Scenario) -> Study {
    Study::prepare(scenario.clone()).unwrap_or_else(|error| panic!("{error}"))
}

/// What is measured, each after those before it.
const PARTS: [&str; 3] = [
    "base year and prices of all regimes",
    "a replication's buyers, base year and prices",
    "its weeks under all regimes",
];

/// Buyers when instructions are counted, which takes some fifty times as long.
const COUNTED_BUYERS: usize = 512;
/// Asks this program for so many of what is counted and nothing else.
const COUNTED: &str = "STICKERSHOCK_COUNTED";

/// Does the first `parts`, after a plain loop for the unit if there are more than all.
fn work(parts: usize) {
    let (scenario, regimes) = study(COUNTED_BUYERS);
    if parts > PARTS.len() {
        black_box(plain_shares(black_box(scenario.market.len()), black_box(COUNTED_BUYERS)));
    }
    if (1..=PARTS.len()).contains(&parts) {
        let study = prepared(&scenario);
        let world = (parts > 1).then(|| study.replication(1).unwrap_or_else(|error| panic!("{error}")));
        if let (3, Some(world)) = (parts, &world) {
            black_box(study.simulate_together(world, &regimes));
        }
    }
}

/// Instructions of the program that does the first `parts`; none where there is no valgrind.
fn counted(parts: usize) -> Option<f64> {
    let program = std::env::current_exe().ok()?;
    let valgrind = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .env(COUNTED, parts.to_string())
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&valgrind.stderr).into_owned();
    let line = said.lines().find_map(|line| line.split_once("Collected : "));
    assert!(valgrind.status.success() && line.is_some(), "valgrind: {said}");
    line.and_then(|(_, count)| count.trim().parse().ok())
}

/// Prints what each part takes in instructions.
fn count() {
    let Some(nothing) = counted(0) else {
        println!("no valgrind on this machine: instructions are not counted");
        return;
    };
    let count = |parts: usize| counted(parts).unwrap_or(f64::NAN) - nothing;
    let unit = count(PARTS.len() + 1);
    println!("{COUNTED_BUYERS} buyers; the plain loop once: {:.1} million instructions", unit / 1e6);
    let mut before = 0.0;
    for (place, what) in PARTS.iter().enumerate() {
        let with_it = count(place + 1);
        let own = with_it - before;
        println!("{what:<44} {:>9.1} million {:>8.1} plain loops", own / 1e6, own / unit);
        before = with_it;
    }
}

fn main() {
    if let Some(parts) = std::env::var(COUNTED).ok().and_then(|parts| parts.parse().ok()) {
        return work(parts);
    }
    if std::env::args().any(|argument| argument == "instructions") {
        return count();
    }
    let (scenario, regimes) = study(BUYERS);
    let models = scenario.market.len();
    let (unit, _) = best(20, || black_box(plain_shares(black_box(models), black_box(BUYERS))));
    println!(
        "{models} models, {BUYERS} buyers, {} weeks, {} regimes; the plain loop once: {:.2} ms",
        scenario.weeks,
        regimes.len(),
        1e3 * unit
    );
    let report = |what: &str, seconds: f64| {
        println!("{what:<44} {:>9.1} ms {:>8.1} plain loops", 1e3 * seconds, seconds / unit);
    };
    let (seconds, study) = best(3, || prepared(&scenario));
    report(PARTS[0], seconds);
    let (seconds, world) = best(5, || study.replication(1).unwrap_or_else(|error| panic!("{error}")));
    report(PARTS[1], seconds);
    let (seconds, _) = best(5, || study.simulate_together(&world, &regimes).len());
    report(PARTS[2], seconds);
}
