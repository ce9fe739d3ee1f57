//! One replication over 104 weeks, plain and in time: the cost of the weekly step.
//!
//! `cargo bench --bench replication`. The element of the throughput is one week; buyers who are not due and do not consider
//! buying early are not looked at.

use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use stickershock::config;
use stickershock::ensemble::{Job, Study};

const BUYERS: usize = 1 << 17;

fn study(file: &str) -> Study {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(file);
    let assignments = [format!("buyers.count={BUYERS}"), "buyers.pricing_nodes=4096".to_owned()];
    let loaded = config::load(&path, &assignments).unwrap_or_else(|error| panic!("{error}"));
    Study::prepare(loaded.scenario).unwrap_or_else(|error| panic!("{error}"))
}

fn replication(c: &mut Criterion) {
    let mut group = c.benchmark_group("replication");
    group.sample_size(10);
    for (layer, file) in [("plain", "showdown-1995.toml"), ("in_time", "showdown-1995-timing.toml")] {
        let study = study(file);
        let (world, start) = study.world(0).unwrap_or_else(|error| panic!("{error}"));
        group.throughput(Throughput::Elements(u64::from(study.scenario().weeks)));
        for (regime, of) in study.scenario().regimes.iter().enumerate().take(4) {
            group.bench_function(format!("{layer}/{}", of.name), |b| {
                b.iter(|| study.simulate(&world, &start, Job { regime, replication: 0 }));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, replication);
criterion_main!(benches);
