//! What later features must leave alone: the retail chain with demand linear in price, constant cost, shared buyers and no layer of time.

use std::fmt::Write;

use stickershock::study::Study;

use crate::support::{load_anywhere, outcomes, regime, root};

/// Prices of all regimes and everything that two replications leave, to the bit, under either of the two oldest rules. `STICKERSHOCK_BLESS=1`
/// records them anew, which is a change of numbers that the changelog names.
#[test]
fn the_plain_market_has_the_numbers_it_had() {
    let mut found = String::new();
    for file in ["showdown-1995", "showdown-1995-bertrand"] {
        let path = root().join(format!("tests/market_1995/{file}.toml"));
        let small = ["buyers.count=2048", "buyers.population=shared", "governments.flows.grid=[85.0, 110.0]"];
        let loaded = load_anywhere(&path, &small.map(str::to_owned)).unwrap_or_else(|error| panic!("{error}"));
        let study = Study::prepare(loaded.scenario).unwrap();
        let names = ["imposed", "all_imports"];
        for name in names {
            let prices = &study.plans().get(regime(&study, name)).unwrap().phase(103).sticker_price_usd;
            for (model, price) in study.scenario().market.models.iter().zip(prices) {
                let _ = writeln!(found, "{file} {name} {} {price} {:016x}", model.name, price.to_bits());
            }
        }
        let mut hash = blake3::Hasher::new();
        for outcome in outcomes(&study, &names.map(|name| regime(&study, name)), 0..2, 2).iter().flatten() {
            for value in &outcome.values {
                hash.update(&if value.is_nan() { [255; 8] } else { value.to_le_bytes() });
            }
        }
        let _ = writeln!(found, "{file} outcomes {}", hash.finalize());
    }
    let path = root().join("tests/golden/retail.txt");
    if std::env::var_os("STICKERSHOCK_BLESS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap();
    for (now, then) in found.lines().zip(recorded.lines()) {
        assert_eq!(now, then);
    }
    assert_eq!(found.lines().count(), recorded.lines().count());
}
