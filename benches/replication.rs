//! One replication over 104 weeks, plain and in time: the cost of the weekly step.
//!
//! `cargo bench --bench replication`. The element of the throughput is one week; buyers who are not due and do not consider
//! buying early are not looked at. `million` is 1,048,576 buyers; in `million_patient` they keep a car eight times as long, so
//! that an eighth of them is due and the rest shows what a buyer costs who is not in the market. `together` is every regime of a
//! replication side by side, as ensembles run them; `one_by_one` the same regimes each alone.

use std::path::Path;
use stickershock::model::ids::RegimeId;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use stickershock::config;
use stickershock::study::Study;

const BUYERS: usize = 1 << 17;

const PATIENT: [&str; 2] = ["holding.purchase_mean_weeks=2080", "holding.lease_weeks=[832, 1248]"];

fn study(file: &str, buyers: usize, more: &[&str]) -> Study {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(file);
    let mut assignments = vec![format!("buyers.count={buyers}"), "buyers.pricing_nodes=4096".to_owned()];
    assignments.extend(more.iter().map(|text| (*text).to_owned()));
    let loaded = config::load(&path, &assignments).unwrap_or_else(|error| panic!("{error}"));
    Study::prepare(loaded.scenario).unwrap_or_else(|error| panic!("{error}"))
}

fn replication(c: &mut Criterion) {
    let mut group = c.benchmark_group("replication");
    group.sample_size(10);
    for (layer, file, buyers, more, regimes) in [
        ("plain", "market-1995.toml", BUYERS, &[] as &[&str], 4),
        ("in_time", "showdown-1995.toml", BUYERS, &[], 4),
        ("million", "showdown-1995.toml", 8 * BUYERS, &[], 2),
        ("million_patient", "showdown-1995.toml", 8 * BUYERS, &PATIENT, 2),
    ] {
        let study = study(file, buyers, more);
        let replication = study.replication(0).unwrap_or_else(|error| panic!("{error}"));
        group.throughput(Throughput::Elements(u64::from(study.scenario().weeks)));
        for (regime, of) in study.scenario().regimes.iter().take(regimes) {
            group.bench_function(format!("{layer}/{}", of.name), |b| {
                b.iter(|| study.simulate(&replication, regime));
            });
        }
    }
    // Buyers, base year, costs and the prices of all regimes of one replication, with expected duties.
    let expected = ["buyers.population=own", "buyers.pricing_nodes=8192", "pricing.rule=staggered"];
    let own = study("market-1995.toml", 8_192, &expected);
    let study = study("showdown-1995.toml", BUYERS, &[]);
    let replication = study.replication(0).unwrap_or_else(|error| panic!("{error}"));
    let regimes: Vec<RegimeId> = study.scenario().regimes.ids().collect();
    group.bench_function("own_worlds", |b| b.iter(|| own.replication(0)));
    group.bench_function("together", |b| b.iter(|| study.simulate_together(&replication, &regimes)));
    group.bench_function("one_by_one", |b| {
        b.iter(|| {
            let alone = |regime: &RegimeId| study.simulate(&replication, *regime);
            regimes.iter().map(alone).collect::<Vec<_>>()
        });
    });
    group.finish();
}

criterion_group!(benches, replication);
criterion_main!(benches);
