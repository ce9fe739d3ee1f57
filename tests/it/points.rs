//! Points of a study: assignments over a scenario, distributions on its parameters, data that are uncertain, sweeps.

use std::path::PathBuf;

use stickershock::config::{self, Loaded};
use stickershock::sensitivity::random::{Purpose, Stream};

use crate::support::{root, showdown, showdown_path};

/// A scenario that extends the shipped one, in a folder of its own.
fn extended(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.toml");
    let extends = format!("extends = {:?}\n", root().join("configs/showdown-1995.toml").display().to_string());
    std::fs::write(&path, extends + text).unwrap();
    (folder, path)
}

fn loaded(text: &str) -> Loaded {
    let (_folder, path) = extended(text);
    config::load(&path, &[]).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    let (_folder, path) = extended(text);
    config::load(&path, &[]).expect_err("should be refused").to_string()
}

fn assignments(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_point_is_the_scenario_with_its_assignments() {
    let point = assignments(&["demand.alpha=0.15", "instrument.sanctions.rate=0.25", "market.size.value=2.5e6"]);
    let base = showdown(&["buyers.count=512"]);
    let at = base.at(&point).unwrap();
    let mut all = assignments(&["buyers.count=512"]);
    all.extend(point.clone());
    let set = config::load(&showdown_path(), &all).unwrap();
    assert_eq!(at.document.hash(), set.document.hash());
    assert_eq!((at.scenario.demand.alpha, at.scenario.market.market_size), (0.15, 2.5e6));
    assert_eq!(format!("{:?}", at.scenario), format!("{:?}", set.scenario));
    // The scenario itself is as it was.
    assert_eq!(base.scenario.demand.alpha, 0.125);
    assert_eq!(base.at(&[]).unwrap().document.hash(), base.document.hash());
    let error = base.at(&assignments(&["demand.alpha=-1"])).unwrap_err().to_string();
    assert!(error.contains("--set demand.alpha=-1") && error.contains("above 0"), "{error}");
}

const TWO: &str = r#"
[[parameter]]
key = "demand.alpha"
name = "alpha"
distribution = "normal"
mean = 0.125
sd = 0.01
low = 0.05

[[parameter]]
key = "market.size"
name = "size"
distribution = "lognormal"
mean = 3e6
sd = 3e5

[[parameter]]
key = "instrument.sanctions.rate"
distribution = "discrete"
values = [0.5, 1.0]
weights = [1, 3]

[[correlation]]
parameters = ["alpha", "size"]
value = 0.7
"#;

#[test]
fn parameters_are_read_with_keys_names_and_correlations() {
    let loaded = loaded(TWO);
    let names: Vec<&str> = loaded.parameters.list.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["alpha", "size", "instrument.sanctions.rate"]);
    // The scenario runs with its own values.
    assert_eq!(loaded.scenario.demand.alpha, 0.125);
    let values = loaded.parameters.at(&[0.3, 0.5, 0.2]);
    assert_eq!(values[2], 0.5);
    let at = loaded.at(&loaded.parameters.assignments(&values)).unwrap();
    assert_eq!((at.scenario.demand.alpha, at.scenario.market.market_size), (values[0], values[1]));

    // 20,000 points: the correlation of the normal and of the logarithm of the lognormal is 0.7 (the truncation at 7.5
    // standard deviations is nothing), within four standard errors of (1 - r^2) / sqrt(n).
    let n = 20_000;
    let pairs: Vec<(f64, f64)> = (0..n)
        .map(|k| {
            let mut stream = Stream::at(5, Purpose::Latin, k);
            let point = loaded.parameters.at(&[stream.uniform(), stream.uniform(), stream.uniform()]);
            (point[0], point[1].ln())
        })
        .collect();
    let mean = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n as f64;
    let (mx, my) = (mean(&|p| p.0), mean(&|p| p.1));
    let r = mean(&|p| (p.0 - mx) * (p.1 - my)) / (mean(&|p| (p.0 - mx).powi(2)) * mean(&|p| (p.1 - my).powi(2))).sqrt();
    assert!((r - 0.7).abs() < 4.0 * 0.51 / (n as f64).sqrt(), "correlation {r}");
}

#[test]
fn parameters_that_cannot_be_are_refused_by_key_and_pair() {
    let parameter =
        |key: &str| format!("[[parameter]]\nkey = \"{key}\"\ndistribution = \"uniform\"\nlow = 0.1\nhigh = 0.2\n");
    for (text, expected) in [
        (parameter("demand.alpa"), &["study.toml:3", "demand.alpa", "did you mean `alpha`"][..]),
        (parameter("instrument.sanction.rate"), &["no item named `sanction`", "did you mean `sanctions`"]),
        (parameter("demand.alpha") + &parameter("demand.alpha"), &["`demand.alpha` has a distribution already"]),
        ("[[parameter]]\ndistribution = \"uniform\"\n".into(), &["has no `key`"]),
        (parameter("demand.alpha").replace("low = 0.1", "low = 0.3"), &["study.toml:5", "is 0.3, not below high"]),
        (TWO.replace("value = 0.7", "value = 1.0"), &["is 1, expected a number between -1 and 1"]),
        (
            TWO.replace("[\"alpha\", \"size\"]", "[\"alpha\", \"sise\"]"),
            &["`sise` is no parameter", "did you mean `size`"],
        ),
        (TWO.replace("[\"alpha\", \"size\"]", "[\"alpha\", \"alpha\"]"), &["`alpha` is correlated with itself"]),
        (
            TWO.to_owned()
                + "[[correlation]]\nparameters = [\"size\", \"instrument.sanctions.rate\"]\nvalue = 0.6\n\
                   [[correlation]]\nparameters = [\"alpha\", \"instrument.sanctions.rate\"]\nvalue = -0.9\n",
            &["`alpha` and `instrument.sanctions.rate` cannot have the correlation -0.9", "positive definite"],
        ),
    ] {
        let error = refused(&text);
        assert!(expected.iter().all(|part| error.contains(part)), "{error}");
    }
}
