//! What the program writes is never refused as impossible (`study::units::shape`): every regime of markets with each block of slots.

use std::path::Path;

use stickershock::config::{self, Loaded};
use stickershock::model::ids::RegimeId;
use stickershock::study::Study;
use stickershock::study::units::shape::Shape;

use crate::support::{load_anywhere, root};

/// Two replications of every regime of a scenario, held to what its numbers can be.
fn holds(loaded: Loaded, what: &str) {
    let study = Study::prepare(loaded.scenario).unwrap_or_else(|error| panic!("{what}: {error}"));
    let shape = Shape::of_outcomes(study.layout(), study.scenario());
    let regimes: Vec<RegimeId> = study.scenario().regimes.ids().collect();
    for number in 0..2 {
        let replication = study.replication(number).unwrap_or_else(|error| panic!("{what}: {error}"));
        for (regime, outcome) in regimes.iter().zip(study.simulate_together(&replication, &regimes)) {
            let outcome = outcome.unwrap_or_else(|error| panic!("{what}: {error}"));
            let name = &study.scenario().regimes[*regime].name;
            assert_eq!(shape.fault(&outcome), None, "{what}, {name}, replication {number}");
        }
    }
}

fn loaded(path: &Path, assignments: &[&str]) -> Loaded {
    let assignments: Vec<String> = assignments.iter().map(|text| (*text).to_owned()).collect();
    load_anywhere(path, &assignments).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Few buyers: most weeks sell nothing of most models, so that what can lack does.
const FEW: [&str; 2] = ["buyers.count=64", "buyers.pricing_nodes=64"];

#[test]
fn shipped_markets_write_nothing_that_is_refused() {
    // The first has a negotiated regime, the second launches and credits.
    for name in ["tests/market_1995/showdown-1995.toml", "configs/luxury-2025.toml"] {
        for population in ["buyers.population=shared", "buyers.population=own"] {
            let path = root().join(name);
            holds(loaded(&path, &[FEW[0], FEW[1], population]), &format!("{name}, {population}"));
        }
    }
    for name in ["tests/market_1995/showdown-1995-timing.toml", "configs/lots-2025/luxury-2025-lots.toml"] {
        holds(loaded(&root().join(name), &FEW), name);
    }
}

/// With six buyers there are weeks, periods and models without any sale.
#[test]
fn a_small_market_in_time_writes_nothing_that_is_refused() {
    let path = root().join("fuzz/src/small.toml");
    for count in ["buyers.count=6", "buyers.count=64", "buyers.count=2000"] {
        for population in ["buyers.population=shared", "buyers.population=own"] {
            for beside in ["dealers.least_sales=0.0", "dealers.start_days=0.0", "instrument.wide.stacking=\"replaces\""]
            {
                let assignments = [count, "buyers.pricing_nodes=64", population, beside];
                holds(loaded(&path, &assignments), &assignments.join(" "));
            }
        }
    }
}

/// Models that come and go, and dollars off at the dealer: prices that lack, and what buyers pay less of.
#[test]
fn a_market_of_launches_and_incentives_writes_nothing_that_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["models.csv", "targets.csv"] {
        std::fs::copy(root().join("fuzz/src").join(file), folder.path().join(file)).unwrap();
    }
    let small = std::fs::read_to_string(root().join("fuzz/src/small.toml")).unwrap();
    let models = std::fs::read_to_string(root().join("fuzz/src/models.csv")).unwrap();
    let model = models.lines().nth(1).and_then(|line| line.split(',').next()).unwrap();
    let more = format!(
        "\n[[instrument]]\nname = \"off\"\nkind = \"incentive\"\namount_usd = 3000.0\non = {{ imported = true }}\n\
         \n[[instrument]]\nname = \"bonus\"\nkind = \"rebate\"\namount_usd = 2000.0\non = {{ imported = true }}\n\
         \n[[regime]]\nname = \"cheap\"\nevents = [\n  {{ date = 2000-01-15, action = \"imposed\", instrument = \"off\" }},\n  \
         {{ date = 2000-01-22, action = \"imposed\", instrument = \"bonus\" }},\n]\n\
         \n[[market.on_sale]]\nmodels = [{model:?}]\nfrom = 2000-01-22\n"
    );
    let path = folder.path().join("launch.toml");
    let timed = small.clone() + &more;
    let (before, rest) = small.split_once("[timing]").unwrap();
    let after = rest.split_once("[outputs]").unwrap().1;
    let plain = format!("{before}[outputs]{after}{more}");
    for (what, text) in [("in time", timed), ("without time", plain)] {
        std::fs::write(&path, text).unwrap();
        holds(config::load(&path, &[]).unwrap_or_else(|error| panic!("{what}: {error}")), what);
    }
}
