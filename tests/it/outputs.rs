//! The output folder: complete, described, and true to its description.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::{read_csv, root, showdown_path};

/// One small run shared by the tests of this file.
fn folder() -> &'static std::path::Path {
    static FOLDER: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let output = Command::new(env!("CARGO_BIN_EXE_stickershock"))
                .arg("run")
                .arg(showdown_path())
                .args(["--set", "buyers.count=512", "--replications", "5", "--out"])
                .arg(folder.path())
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(
                output.stderr.is_empty(),
                "progress without a terminal: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            folder
        })
        .path()
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder().join(name)).unwrap()).unwrap()
}

#[test]
fn the_dictionary_describes_every_column_of_every_table() {
    let package = json("datapackage.json");
    let resources = package["resources"].as_array().unwrap();
    assert_eq!(resources.len(), fs::read_dir(folder().join("tables")).unwrap().count());
    for resource in resources {
        let path = folder().join(resource["path"].as_str().unwrap());
        let header = csv::Reader::from_path(&path).unwrap().headers().unwrap().clone();
        let fields = resource["schema"]["fields"].as_array().unwrap();
        let names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        assert_eq!(header.iter().collect::<Vec<_>>(), names, "{}", path.display());
        assert!(fields.iter().all(|field| !field["description"].as_str().unwrap().is_empty()));
        for field in fields {
            let (name, says) = (field["name"].as_str().unwrap(), field["description"].as_str().unwrap());
            let is_interval = ["ci_low", "ci_high", "std_error"].iter().any(|part| name.contains(part));
            assert!(!is_interval || says.contains("contains simulation noise only"), "{name}: {says}");
            // `units` means the same in every table, and what is expected is called so.
            let is = |metric: &str| name == metric || name.starts_with(&format!("{metric}_"));
            assert!(!is("units") || says.contains("drawn choices"), "{}: {name}: {says}", path.display());
            assert!(!is("expected_units") || says.contains("summed choice probabilities"), "{name}: {says}");
        }
        let key: Vec<&str> =
            resource["schema"]["primaryKey"].as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
        let mut seen = std::collections::BTreeSet::new();
        for row in read_csv(&path) {
            for (field, name) in fields.iter().zip(&names) {
                let cell = &row[*name];
                let fits = match field["type"].as_str().unwrap() {
                    // With a point, also where it is whole: readers go by the first rows.
                    "number" => {
                        cell.is_empty() || cell.contains(['.', 'e']) && cell.parse::<f64>().is_ok_and(f64::is_finite)
                    }
                    "integer" => cell.parse::<u64>().is_ok(),
                    "boolean" => cell == "true" || cell == "false",
                    "date" => cell.parse::<jiff::civil::Date>().is_ok(),
                    _ => !cell.is_empty(),
                };
                assert!(fits, "{}: {name} is `{cell}`", path.display());
            }
            assert!(
                seen.insert(key.iter().map(|k| row[*k].clone()).collect::<Vec<_>>()),
                "{}: key twice",
                path.display()
            );
        }
        assert!(!seen.is_empty(), "{} is empty", path.display());
    }
}

/// Outlay is producer revenue and duty, to 1e-9, in every row of the tables that have them.
#[test]
fn accounts_balance_in_every_row() {
    let mut rows = 0;
    for table in ["models", "regions"] {
        for row in read_csv(&folder().join(format!("tables/{table}.csv"))) {
            let value = |name: &str| row[name].parse::<f64>().unwrap();
            let outlay = value("outlay_usd_mean");
            let balance = outlay - value("producer_revenue_usd_mean") - value("duty_usd_mean");
            assert!(balance.abs() <= 1e-9 * outlay.max(1.0), "{row:?}");
            rows += 1;
        }
    }
    for row in read_csv(&folder().join("tables/replications.csv")) {
        let value = |name: &str| row[name].parse::<f64>().unwrap();
        let balance = value("outlay_usd") - value("producer_revenue_usd") - value("duty_usd");
        assert!(balance.abs() <= 1e-9 * value("outlay_usd"));
        rows += 1;
    }
    assert!(rows > 900, "{rows} rows");
}

/// Regions add up to the market: cars of the regions and the outside option are all purchase events.
#[test]
fn shares_of_all_events_sum_to_one() {
    let mut sums = std::collections::BTreeMap::<(String, String), f64>::new();
    for row in read_csv(&folder().join("tables/regions.csv")) {
        let key = (row["regime"].clone(), row["period"].clone());
        *sums.entry(key).or_default() += row["event_share_mean"].parse::<f64>().unwrap();
    }
    assert_eq!(sums.len(), crate::support::showdown(&[]).scenario.regimes.len() * 4);
    assert!(sums.values().all(|sum| (sum - 1.0).abs() < 1e-12));
}

#[test]
fn the_manifest_says_what_was_run() {
    let manifest = json("manifest.json");
    assert_eq!(manifest["status"], "complete");
    assert_eq!(manifest["replications"], 5);
    assert_eq!(manifest["scenario"]["blake3"].as_str().unwrap().len(), 64);
    assert!(manifest["scenario"]["resolved_toml"].as_str().unwrap().contains("count = 512"));
    assert!(manifest["seconds"].as_f64().unwrap() > 0.0);
    // The resolved scenario is a scenario: it parses, and its values are those that ran.
    let resolved: toml::Table = manifest["scenario"]["resolved_toml"].as_str().unwrap().parse().unwrap();
    assert_eq!(resolved["run"]["replications"].as_integer(), Some(5));
    let data = manifest["data"].as_array().unwrap();
    assert_eq!(data.len(), 2);
    let models = fs::read(root().join("configs/data/models_1994.csv")).unwrap();
    assert_eq!(data[0]["blake3"].as_str().unwrap(), blake3::hash(&models).to_hex().as_str());
}

#[cfg(feature = "charts")]
#[test]
fn every_chart_is_there_as_svg_and_png() {
    for chart in ["shares_over_time", "prices", "diversion", "winners_losers_imposed", "headline"] {
        let svg = fs::read_to_string(folder().join(format!("charts/{chart}.svg"))).unwrap();
        assert!(svg.trim_end().ends_with("</svg>"), "{chart}");
        let png = fs::read(folder().join(format!("charts/{chart}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{chart}");
    }
}

/// `docs/outputs.md` lists every column.
#[test]
fn the_documents_are_up_to_date() {
    let package = json("datapackage.json");
    let text = fs::read_to_string(root().join("docs/outputs.md")).unwrap();
    for resource in package["resources"].as_array().unwrap() {
        for field in resource["schema"]["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            // A metric's statistics are listed once, under its stem.
            let stem = [
                "_ci_low",
                "_ci_high",
                "_mean",
                "_std_error",
                "_q05",
                "_q25",
                "_q50",
                "_q75",
                "_q95",
                "_change",
                "_change_std_error",
            ]
            .iter()
            .rev()
            .find_map(|suffix| name.strip_suffix(suffix))
            .unwrap_or(name);
            let headline = resource["name"] == "replications"
                && (name.contains("units_") || name.contains("share_") || name.contains("price_"));
            assert!(headline || text.contains(&format!("`{stem}`")) || text.contains(&format!("`{name}`")), "{name}");
        }
    }
}

/// `docs/scenario.schema.json`, which `stickershock schema` prints, is what the types say that read scenarios; `STICKERSHOCK_BLESS=1` writes it.
#[cfg(feature = "schema")]
#[test]
fn the_schema_is_up_to_date() {
    let derived = stickershock::config::derived_schema();
    if std::env::var_os("STICKERSHOCK_BLESS").is_some() {
        return fs::write(root().join("docs/scenario.schema.json"), &derived).unwrap();
    }
    let help = "run STICKERSHOCK_BLESS=1 cargo test --all-features the_schema";
    assert!(stickershock::report::describe::schema() == derived, "{help}");
}
