//! Groups of models of the user's own are headline metrics: the sums of their models, wherever a metric can stand.

use stickershock::config::Loaded;
use stickershock::model::accounts::FirmMetric;
use stickershock::model::market::GroupKind;
use stickershock::model::outcome::{ModelMetric, Outcome, RegionMetric};
use stickershock::numerics::student;
use stickershock::report::build::Report;
use stickershock::study::response::{ResponseTarget, respond};
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

/// A brand that is all of a manufacturer of its name is one group of both; where the name stands for other models the second says its kind.
#[test]
fn brands_and_manufacturers_of_one_name_are_told_apart() {
    let each = |kind: &str| format!("[[group]]\neach = \"{kind}\"\n");
    // With Camry and Avalon there are Toyotas beside the Lexus cars of the manufacturer.
    let found = |sections: &str| loaded(sections, &["market.exclude=[]"]).unwrap().scenario.market;
    let market = found(&(each("brand") + &each("manufacturer")));
    let models = |name: &str| {
        let group = market.groups.iter().find(|group| group.name == name).unwrap_or_else(|| panic!("{name}"));
        (group.label.as_str(), group.models.len(), group.also)
    };
    assert_eq!(models("mazda"), ("Mazda", 2, Some(GroupKind::Manufacturer)));
    assert_eq!(models("toyota"), ("Toyota", 2, None));
    assert_eq!(models("manufacturer_toyota"), ("Toyota (manufacturer)", 7, None));
    let mut names: Vec<&str> = market.groups.iter().map(|group| group.name.as_str()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    // A set of the user's own keeps its name, and what it is.
    let own = "[[group]]\nname = \"lexus\"\non = { models = [\"SC 400\"] }\n";
    let market = found(&format!("{own}{}", each("brand")));
    let of = |name: &str| market.groups.iter().find(|group| group.name == name).unwrap().models.len();
    assert!(of("lexus") == 1 && of("brand_lexus") > 1);
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

/// What parties and countries gain is a headline metric where it is asked for, with the numbers of the accounts, retaliation in them; makers'
/// profit of a group is that of its firms.
#[test]
fn gains_and_profits_are_metrics_wherever_one_can_stand() {
    let sections = "[[group]]\neach = \"manufacturer\"\n[stop]\nmetric = \"treasury_usd\"\nregime = \"imposed_retaliation\"\nrelative = 0.2\n";
    let two = [
        "regimes=[\"status_quo\", \"imposed_retaliation\"]",
        "governments.flows.source=given",
        "outputs.headline=total_home_usd",
        "outputs.metrics=[\"consumers_usd\", \"units_all\"]",
    ];
    let found = loaded(sections, &two).unwrap();
    let asked = ["consumers_usd", "total_home_usd", "treasury_usd"];
    assert_eq!(
        (found.scenario.outputs.headline.as_str(), &found.scenario.outputs.metrics[..]),
        (asked[1], &asked.map(String::from)[..])
    );
    let (stop, scenario) = (found.stop.unwrap(), found.scenario.clone());
    let study = Study::prepare(found.scenario).unwrap();
    let (layout, market, regimes) = (study.layout(), &study.scenario().market, ids([0, 1]));
    assert_eq!(layout.headlines[stop.targets[0].headline], "treasury_usd");
    let accounts = layout.accounts.as_ref().unwrap();
    let place = |name: &str| layout.headlines.iter().position(|own| own == name).unwrap_or_else(|| panic!("{name}"));
    let outcomes = outcomes(&study, &regimes, 0..3, 1);
    for values in outcomes.iter().flatten().map(|outcome| &outcome.values) {
        for period in 0..layout.periods.len() {
            let headline = |name: &str| values[layout.headline(place(name), period)];
            for name in asked {
                let account = accounts.accounts.iter().position(|(_, known)| format!("{known}_usd") == name).unwrap();
                let booked = values[accounts.account(account, period)];
                assert!(booked != 0.0 && headline(name).to_bits() == booked.to_bits(), "{name}");
            }
            for (maker, name) in market.manufacturers.iter() {
                let group = market.groups.iter().find(|group| group.label == *name).unwrap();
                let own = |f: &usize| accounts.firms[*f].manufacturer == maker;
                let firms = (0..accounts.firms.len()).filter(own);
                let firms: f64 = firms.map(|f| values[accounts.firm(FirmMetric::Profit, f, period)]).sum();
                assert!(firms > 0.0 && agree(headline(&format!("profit_{}_usd", group.name)), firms, 1.0), "{name}");
            }
        }
    }
    // comparisons.csv has the change of welfare.csv, groups.csv that of firms.csv.
    let mut results = Results::new(layout, regimes.len(), Arm(0), 0);
    (0..).zip(&outcomes).for_each(|(replication, outcomes)| results.add(replication, outcomes));
    let report = Report { study: &study, results: &results, regimes: &regimes };
    let (comparisons, welfare, groups) = (report.comparisons(), report.welfare(), report.groups());
    for name in asked {
        for row in comparisons.iter().filter(|row| row.metric == name) {
            let booked = welfare
                .iter()
                .find(|line| line.period == row.period && format!("{}_usd", line.account.name) == name)
                .unwrap();
            assert_eq!(
                (row.difference, row.ci_low, row.ci_high),
                (booked.change_usd, booked.ci_low_usd, booked.ci_high_usd)
            );
        }
    }
    for row in groups.iter().filter(|row| row.regime == "imposed_retaliation" && row.label == "Toyota") {
        let firms = report.firms();
        let own = firms
            .iter()
            .filter(|firm| (&firm.regime, &firm.period, &firm.manufacturer) == (&row.regime, &row.period, &row.label));
        let change: f64 = own.map(|firm| firm.profit_usd.change).sum();
        assert!(
            change < 0.0 && agree(row.profit_usd.change, change, 1.0) && row.profit_usd.change_ci_low < change,
            "{row:?}"
        );
    }

    // A sensitivity study asks for what the scenario does not name, and a sweep keeps a group's profit.
    let target = |metric: &str| ResponseTarget {
        name: metric.into(),
        metric: metric.into(),
        period: "all".into(),
        regime: "imposed_retaliation".into(),
        baseline: Some("status_quo".into()),
    };
    let plain = loaded(sections, &two[..2]).unwrap().scenario;
    assert_eq!(plain.outputs.metrics, ["treasury_usd"]);
    let metrics = ["total_home_usd", "profit_toyota_usd", "makers_japan_usd"];
    let answers = respond(plain, &metrics.map(target), 0..3, &()).unwrap();
    for (name, answers) in metrics.iter().zip(answers.chunks(3)).take(2) {
        let slot = layout.headline(place(name), 0);
        let change = |pair: &Vec<Outcome>| pair[1].values[slot] - pair[0].values[slot];
        assert_eq!(answers, outcomes.iter().map(change).collect::<Vec<f64>>(), "{name}");
    }
    let sweep = "[sweep]\nkind = \"grid\"\nreplications = 2\nmetrics = [\"profit_toyota_usd\", \"consumers_usd\"]\n[[sweep.axis]]\nkey = \"instrument.sanctions.rate\"\nvalues = [0.5, 1.0]\n";
    loaded(&format!("{sections}{sweep}"), &[]).unwrap_or_else(|error| panic!("{error}"));
    // Every name is there once, asked for or not.
    let mut names = layout.metrics(&scenario);
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() == all && names.iter().any(|name| name == "makers_japan_usd"), "{names:?}");
    let unknown = loaded("", &["outputs.headline=consumer_usd"]).map(|_| ()).unwrap_err();
    assert!(unknown.contains("did you mean `consumers_usd`"), "{unknown}");
    let unknown = loaded("", &["outputs.metrics=[\"total_hom_usd\"]"]).map(|_| ()).unwrap_err();
    assert!(unknown.contains("total_home_usd"), "{unknown}");
}
