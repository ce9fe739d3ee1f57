//! What the shipped study spends, as ratios within one run: `cargo bench --bench study`.
//!
//! The unit is a plain loop over as many buyers and models, with the platform's exp: shares once at one set of prices. A ratio moves when the
//! program does and hardly when the machine does. Every figure is the best of several repetitions, since other work may share the machine.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use stickershock::config;
use stickershock::model::ids::RegimeId;
use stickershock::study::Study;

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

fn main() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/showdown-1995.toml");
    let small = [format!("buyers.count={BUYERS}"), format!("buyers.pricing_nodes={BUYERS}")];
    let loaded = config::load(&path, &small).unwrap_or_else(|error| panic!("{error}"));
    let scenario = loaded.scenario;
    let models = scenario.market.len();
    let (unit, _) = best(20, || black_box(plain_shares(black_box(models), black_box(BUYERS))));
    let regimes: Vec<RegimeId> = scenario.regimes.ids().collect();
    println!(
        "{models} models, {BUYERS} buyers, {} weeks, {} regimes; the plain loop once: {:.2} ms",
        scenario.weeks,
        regimes.len(),
        1e3 * unit
    );
    let report = |what: &str, seconds: f64| {
        println!("{what:<42} {:>9.1} ms {:>8.1} plain loops", 1e3 * seconds, seconds / unit);
    };
    let prepare = || Study::prepare(scenario.clone()).unwrap_or_else(|error| panic!("{error}"));
    let (seconds, study) = best(3, prepare);
    report("base year and prices of all regimes", seconds);
    let (seconds, world) = best(5, || study.replication(1).unwrap_or_else(|error| panic!("{error}")));
    report("a replication's buyers, base year and costs", seconds);
    // Prices of the world are found on the way, once; a second pass has them.
    let world_again = || study.replication(1).unwrap_or_else(|error| panic!("{error}"));
    let (seconds, _) = best(3, || study.simulate_together(&world_again(), &regimes).len());
    report("that, its prices and weeks, all regimes", seconds);
    black_box(study.simulate_together(&world, &regimes));
    let (seconds, _) = best(5, || study.simulate_together(&world, &regimes).len());
    report("its weeks alone", seconds);
}
