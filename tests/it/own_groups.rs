//! Groups of models of the user's own are headline metrics: the sums of their models, wherever a metric can stand.

use stickershock::config::Loaded;
use stickershock::model::outcome::{ModelMetric, Outcome, RegionMetric};
use stickershock::numerics::student;
use stickershock::report::build::Report;
use stickershock::study::{Arm, Results, Study};

use crate::columns::{agree, less, mean, std_error};
use crate::support::{ids, load_anywhere, outcomes, showdown_path};

const GROUPS: &str = "
[[group]]
name = \"lexus\"
on = { brands = [\"Lexus\"] }

[[group]]
name = \"japanese\"
on = { regions = [\"japan\"] }

[[group]]
name = \"germans\"
on = { brands = [\"BMW\", \"Mercedes-Benz\", \"Audi\", \"Porsche\"] }
except = { models = [\"911 Carrera\"] }
";

fn loaded(sections: &str, assignments: &[&str]) -> Result<Loaded, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    std::fs::write(&file, format!("extends = {:?}\n{sections}", showdown_path().display().to_string())).unwrap();
    let small = ["buyers.count=256", "buyers.population=shared"];
    let all: Vec<String> = small.iter().chain(assignments).map(|text| (*text).to_owned()).collect();
    load_anywhere(&file, &all).map_err(|error| error.to_string())
}

#[test]
fn a_group_is_the_sum_of_its_models_and_a_region_as_a_group_is_the_region() {
    let two = "regimes=[\"status_quo\", \"imposed\"]";
    // Nobody bargains in these.
    let two = [two, "governments.flows.source=given"];
    let study = Study::prepare(loaded(GROUPS, &two).unwrap().scenario).unwrap();
    let plain = Study::prepare(loaded("", &two).unwrap().scenario).unwrap();
    let (layout, market) = (study.layout(), &study.scenario().market);
    let at = |name: &str| layout.headlines.iter().position(|own| own == name).unwrap_or_else(|| panic!("{name}"));
    let german = |j: usize| {
        let brand = &market.brands[market.models[j].brand];
        ["BMW", "Mercedes-Benz", "Audi", "Porsche"].contains(&brand.as_str()) && market.models[j].name != "911 Carrera"
    };
    let japan = market.regions.as_slice().iter().position(|region| region == "japan").unwrap();
    let (with, without) = (outcomes(&study, &ids([0, 1]), 0..2, 1), outcomes(&plain, &ids([0, 1]), 0..2, 1));
    for (own, without) in with.iter().flatten().zip(without.iter().flatten()) {
        for period in 0..layout.periods.len() {
            let value = |name: &str| own.values[layout.headline(at(name), period)];
            let units = |j: usize| own.values[layout.model(ModelMetric::Units, period, j)];
            let germans: f64 = (0..market.len()).filter(|j| german(*j)).map(units).sum();
            assert!(germans > 0.0);
            assert_eq!(value("units_germans"), germans);
            for metric in ["units_", "expected_units_", "car_share_", "sticker_price_"] {
                let unit = if metric == "sticker_price_" { "_usd" } else { "" };
                assert_eq!(
                    value(&format!("{metric}japanese{unit}")),
                    value(&format!("{metric}japan{unit}")),
                    "{metric}"
                );
            }
            assert_eq!(value("units_japanese"), own.values[layout.region(RegionMetric::Units, period, japan)]);
            let lexus = value("expected_units_lexus");
            assert!(lexus > 0.0 && lexus < value("expected_units_japanese"));
            // What there was before is what it was.
            for (place, name) in plain.layout().headlines.iter().enumerate() {
                let before = without.values[plain.layout().headline(place, period)];
                assert_eq!(value(name).to_bits(), before.to_bits(), "{name}");
            }
        }
    }
}

#[test]
fn a_group_stands_wherever_a_metric_can() {
    let found = loaded(GROUPS, &["outputs.headline=units_lexus"]).unwrap();
    assert_eq!(found.scenario.outputs.headline, "units_lexus");
    let sweep = "[sweep]\nkind = \"grid\"\nreplications = 2\nmetrics = [\"units_germans\"]\n[[sweep.axis]]\nkey = \"instrument.sanctions.rate\"\nvalues = [0.5, 1.0]\n";
    loaded(&format!("{GROUPS}{sweep}"), &[]).unwrap_or_else(|error| panic!("{error}"));
    let stop = "[stop]\nmetric = \"expected_units_lexus\"\nregime = \"imposed\"\nrelative = 0.1\n";
    loaded(&format!("{GROUPS}{stop}"), &[]).unwrap_or_else(|error| panic!("{error}"));
    let unknown = loaded(GROUPS, &["outputs.headline=units_lexsus"]).map(|_| ()).unwrap_err();
    assert!(unknown.contains("units_lexus"), "{unknown}");
}

#[test]
fn groups_that_cannot_be_are_refused_by_name() {
    for (section, parts) in [
        (
            "[[group]]\nname = \"europe\"\non = { flag = true }\n",
            ["the set of models `europe` exists already", "choose another name"],
        ),
        ("[[group]]\nname = \"outside\"\non = { flag = true }\n", ["`outside` exists already", "group.outside.name"]),
        (
            "[[group]]\nname = \"Lexus\"\non = { flag = true }\n",
            ["`Lexus` cannot be part of a column's name", "lower-case"],
        ),
        ("[[group]]\nname = \"a\"\non = { brands = [\"Lexsus\"] }\n", ["did you mean `Lexus`", "group.a.on.brands[0]"]),
        ("[[group]]\nname = \"a\"\non = {}\n", ["selects by nothing", "group.a.on"]),
        ("[[group]]\nname = \"a\"\n", ["has no `on`", "each = \"brand\""]),
        ("[[group]]\neach = \"brand\"\nname = \"a\"\n", ["stands alone", "a [[group]] of its own"]),
        (
            "[[group]]\neach = \"brand\"\n[[group]]\neach = \"brand\"\n",
            ["the set of models `acura` exists already", "group[1]"],
        ),
        (
            "[[group]]\nname = \"a\"\non = { brands = [\"Lexus\"] }\nexcept = { regions = [\"japan\"] }\n",
            ["leaves no model in the group", "group.a.except"],
        ),
    ] {
        let error = loaded(section, &[]).map(|_| ()).expect_err(section);
        parts.iter().for_each(|part| assert!(error.contains(part), "{part}: {error}"));
    }
}

/// `each` makes a group of every brand and of every manufacturer; `groups.csv` has them beside those that are listed, with intervals.
#[test]
fn every_brand_is_a_row_of_groups_with_its_change_and_interval() {
    let each = "[[group]]\neach = \"brand\"\n[[group]]\nname = \"coupes\"\nlabel = \"The coupes\"\non = { models = [\"SC 400\"] }\n";
    let two = ["regimes=[\"status_quo\", \"imposed\"]", "governments.flows.source=given"];
    let study = Study::prepare(loaded(each, &two).unwrap().scenario).unwrap();
    let (layout, market) = (study.layout(), &study.scenario().market);
    let regimes = ids([0, 1]);
    let outcomes = outcomes(&study, &regimes, 0..4, 1);
    let mut results = Results::new(layout, regimes.len(), Arm(0), 0);
    (0..).zip(&outcomes).for_each(|(replication, outcomes)| results.add(replication, outcomes));
    let rows = Report { study: &study, results: &results, regimes: &regimes }.groups();
    assert_eq!(rows.len(), 2 * layout.periods.len() * (market.brands.as_slice().len() + 1));
    // t(3) at 0.975.
    let reach = student::quantile(3, 0.975);
    assert!((reach - 3.182_446_3).abs() < 1e-6);
    let mut moved = 0;
    for row in &rows {
        let arm = usize::from(row.regime == "imposed");
        let period = layout.periods.iter().position(|period| period.name == row.period).unwrap();
        let own = |j: usize| match row.kind.as_str() {
            "brand" => market.brands[market.models[j].brand] == row.label,
            _ => market.models[j].name == "SC 400",
        };
        let models: Vec<usize> = (0..market.len()).filter(|j| own(*j)).collect();
        assert_eq!(row.models, models.len() as u64, "{row:?}");
        for (metric, found) in [(ModelMetric::Units, row.units), (ModelMetric::ExpectedUnits, row.expected_units)] {
            let sold = |arm: usize| -> Vec<f64> {
                let of = |outcomes: &Vec<Outcome>| -> f64 {
                    models.iter().map(|j| outcomes[arm].values[layout.model(metric, period, *j)]).sum()
                };
                outcomes.iter().map(of).collect()
            };
            let (now, before) = (sold(arm), sold(0));
            let change = less(&now, &before);
            let half = reach * std_error(&change);
            let expected = [
                mean(&now),
                std_error(&now),
                mean(&change),
                std_error(&change),
                mean(&change) - half,
                mean(&change) + half,
            ];
            let found = [
                found.mean,
                found.std_error,
                found.change,
                found.change_std_error,
                found.change_ci_low,
                found.change_ci_high,
            ];
            let scale = mean(&before).max(1.0);
            assert!(
                found.iter().zip(expected).all(|(found, expected)| agree(*found, expected, scale)),
                "{row:?}: {expected:?}"
            );
            moved += usize::from(expected[2] != 0.0);
        }
    }
    assert!(moved > 40, "{moved}");
    let named = |label: &str| rows.iter().find(|row| row.label == label).unwrap_or_else(|| panic!("{label}"));
    assert_eq!(
        (named("Mercedes-Benz").group.as_str(), named("Mercedes-Benz").kind.as_str()),
        ("mercedes-benz", "brand")
    );
    assert_eq!((named("The coupes").group.as_str(), named("The coupes").kind.as_str()), ("coupes", "group"));
    // A brand's metrics stand wherever a metric can.
    loaded(each, &["outputs.headline=units_mercedes-benz"]).unwrap();
    let makers = loaded("[[group]]\neach = \"manufacturer\"\n", &[]).unwrap().scenario.market;
    assert_eq!(makers.groups.len(), makers.manufacturers.as_slice().len());
}
