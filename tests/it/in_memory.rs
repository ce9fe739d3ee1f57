//! Studies in memory, without a folder: what they leave is what a folder has, draws of what is not known included.

use std::collections::BTreeSet;

use stickershock::{
    EXAMPLES, ErrorKind, FolderOptions, ResultFolder, ResultTable, Results, Scenario, Source, Study, files_beside,
};

const FEW: [(&str, i64); 4] =
    [("buyers.count", 128), ("buyers.pricing_nodes", 128), ("uncertainty.draws", 3), ("uncertainty.replications", 2)];

/// The front page's scenario with few draws of few buyers.
fn draws() -> Scenario {
    Scenario::example("showdown-1995").unwrap().with_all(FEW).unwrap()
}

fn in_memory(scenario: &Scenario) -> Results {
    Study::prepare(scenario).unwrap().regimes(["imposed"]).unwrap().run().unwrap()
}

fn in_a_folder(scenario: &Scenario) -> ResultFolder {
    ResultFolder::run(scenario, ["imposed"], None, FolderOptions::default(), &()).unwrap()
}

fn parts(table: &ResultTable) -> (String, String) {
    (String::from_utf8_lossy(table.csv()).into_owned(), table.dictionary())
}

/// Every table of the folder, to the byte and with its dictionary, and no other that has rows.
fn agree(results: &Results, folder: &ResultFolder) {
    for name in folder.tables() {
        let table = results.table(&name).unwrap().unwrap_or_else(|| panic!("no rows in {name}"));
        assert_eq!(parts(&table), parts(&folder.table(&name).unwrap()), "{name}");
    }
    let with_rows = results.tables().into_iter().filter(|name| results.table(name).unwrap().is_some());
    let ours: BTreeSet<String> = with_rows.map(str::to_owned).collect();
    assert_eq!(ours, folder.tables().into_iter().collect());
    assert_eq!(&results.told(), folder.told());
}

#[test]
fn draws_in_memory_leave_what_a_folder_has() {
    let scenario = draws();
    let results = in_memory(&scenario);
    agree(&results, &in_a_folder(&scenario));
    assert_eq!((results.replications(), results.failures().len()), (3, 0));
    let manifest = results.manifest();
    assert!(manifest.contains("\"points\":3") && manifest.contains("\"replications\":2"), "{manifest}");
}

/// A level is the mean of the draws' means, and a change that of their changes.
#[test]
fn numbers_of_draws_are_means_over_draws() {
    let results = in_memory(&draws());
    let (period, metric) = (results.period().0.to_owned(), "units_sanctioned");
    let table = results.table("draw_results").unwrap().unwrap();
    let mut reader = csv::Reader::from_reader(table.csv());
    let rows = reader.deserialize().map(|row| row.unwrap());
    let rows: Vec<std::collections::BTreeMap<String, String>> = rows.collect();
    let own =
        rows.iter().filter(|row| row["regime"] == "imposed" && row["period"] == period && row["metric"] == metric);
    let own: Vec<_> = own.collect();
    assert_eq!(own.len(), 3);
    let mean = |column: &str| own.iter().map(|row| row[column].parse::<f64>().unwrap()).sum::<f64>() / 3.0;
    let headline = results.headline(metric, "imposed").unwrap();
    for (found, expected) in [(headline.mean, mean("mean")), (headline.change, mean("change"))] {
        assert!((found - expected).abs() < 1e-9 * headline.mean, "{found} {expected}");
    }
    let models = results.models("imposed").unwrap();
    let change: f64 = models.iter().filter(|model| model.flagged).map(|model| model.units.change).sum();
    assert!((change - headline.change).abs() < 1e-9 * headline.mean, "{change} {}", headline.change);
}

/// Replications are those of each draw, as `--replications` has it; a base year serves other policies.
#[test]
fn replications_are_of_each_draw_and_a_base_year_serves_again() {
    let scenario = draws();
    let study = Study::prepare(&scenario).unwrap().regimes(["imposed"]).unwrap().replications(1);
    let fewer = scenario.with_replications(1).unwrap();
    agree_in_models(&study.run().unwrap(), &in_a_folder(&fewer));
    let other = draws().with("instrument.sanctions.rate", 0.25).unwrap();
    let again = study.again(&other).unwrap().regimes(["imposed"]).unwrap().run().unwrap();
    agree_in_models(&again, &in_a_folder(&other));
}

fn agree_in_models(results: &Results, folder: &ResultFolder) {
    for name in ["models", "draw_results"] {
        assert_eq!(parts(&results.table(name).unwrap().unwrap()), parts(&folder.table(name).unwrap()), "{name}");
    }
}

/// A draw that the scenario does not take is left out, and each of its jobs says why.
#[test]
fn draws_that_fail_are_left_out_and_told() {
    let text = "extends = \"showdown-1995.toml\"\nname = \"failing\"\n\
                [[parameter]]\nkey = \"instrument.sanctions.rate\"\nname = \"rate\"\ndistribution = \"uniform\"\nlow = -1.0\nhigh = 1.0\n";
    let beside = files_beside().iter().map(|(name, text)| ((*name).to_owned(), *text));
    let examples = EXAMPLES.iter().map(|example| (format!("{}.toml", example.name), example.text));
    let source = Source::memory(beside.chain(examples).chain([("failing.toml".to_owned(), text)]));
    let scenario = Scenario::from_source(&source, "failing.toml").unwrap().with_all(FEW).unwrap();
    let results = in_memory(&scenario);
    let left = results.replications();
    assert!(left > 0 && left < 3, "{left} draws are left");
    // Two regimes, two replications.
    assert_eq!(results.failures().len() as u64, 4 * (3 - left));
    assert!(results.failures()[0].reason.contains("instrument.sanctions.rate"), "{:?}", results.failures()[0]);
    agree(&results, &in_a_folder(&scenario));
}

/// What has no run of all its points, or cannot know when it is enough, is refused with what to do.
#[test]
fn other_studies_of_many_points_need_a_folder() {
    let refused = |scenario: Scenario| Study::prepare(scenario).map(|_| ()).unwrap_err();
    let sweep = refused(Scenario::example("sweep-tariff").unwrap());
    let plain = refused(draws().with("uncertainty.tables", false).unwrap());
    for (error, key) in [(sweep, "sweep"), (plain, "uncertainty.tables")] {
        assert_eq!(error.kind(), ErrorKind::Input);
        assert_eq!(error.place().and_then(|place| place.key.as_deref()), Some(key), "{error}");
        assert!(error.remedy().is_some_and(|remedy| remedy.contains("ResultFolder::run")), "{error}");
    }
}
