//! Folders of results: what is written over is what their own lists name, and what is asked for is looked at before anything goes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::coverage::{MODELS, SCENARIO};

/// A market of two products in a folder of its own, with the folder that it is solved into.
struct Market {
    folder: tempfile::TempDir,
}

impl Market {
    fn new(products: &str, scenarios: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("products.csv", products),
            ("agents.csv", "weight\n1\n"),
            ("case.json", r#"{"name": "m", "beta": [-1.0], "beta_names": ["prices"]}"#),
            ("scenarios.json", scenarios),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }
    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }
    fn solve(&self, more: &[&str]) -> Output {
        let mut command = assert_cmd::Command::cargo_bin("stickershock").unwrap();
        command.env("NO_COLOR", "1").arg("solve").arg(self.folder.path());
        if !more.contains(&"--compare") {
            command.arg("--out").arg(self.out());
        }
        command.args(more).output().unwrap()
    }
    fn solved(&self, more: &[&str]) {
        let output = self.solve(more);
        assert!(output.status.success(), "{output:?}");
    }
    /// The solve is refused with words, and nothing in the folder is another.
    fn refused(&self, more: &[&str], parts: &[&str]) {
        let before = contents(&self.out());
        let output = self.solve(more);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{output:?}");
        for part in parts {
            assert!(told.contains(part), "{told}\nlacks {part:?}");
        }
        assert_eq!(before, contents(&self.out()));
    }
    fn manifest(&self) -> Value {
        serde_json::from_slice(&fs::read(self.out().join("manifest.json")).unwrap()).unwrap()
    }
}

/// Names and texts of the files of a folder.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        if path.is_file() {
            found.push((path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

const PRODUCTS: &str = "product_id,firm_id,price0,delta_ex_price,mc\na,1,3.7,3,2\nb,2,4.7,4,3\n";
const BASE: &str = r#"[{"name": "n", "spec": {}}]"#;

/// A file that someone put beside the results stays as it is: where a solve would write its own, it is refused by name; where it would not, the
/// file is no part of the list.
#[test]
fn files_beside_a_solved_market_stay_someones_own() {
    let market = Market::new(PRODUCTS, BASE);
    market.solved(&[]);
    let put = |name: &str| fs::write(market.out().join(name), "mine").unwrap();
    let quiet = ["failures.csv", "recovered.csv", "other_equilibria.csv", "diversion_n.csv"];
    quiet.iter().for_each(|name| put(name));
    market.solved(&[]);
    let listed = market.manifest()["files"].to_string();
    for name in quiet {
        assert_eq!(fs::read_to_string(market.out().join(name)).unwrap(), "mine", "{name}");
        assert!(!listed.contains(name), "{listed}");
    }
    market.refused(&["--matrices", "all"], &["`diversion_n.csv`", "did not write", "--out"]);
    // Not even to start over.
    market.refused(&["--matrices", "all", "--fresh"], &["`diversion_n.csv`", "did not write", "--out"]);
    fs::remove_file(market.out().join("diversion_n.csv")).unwrap();
    market.solved(&["--matrices", "all"]);
    assert!(market.manifest()["files"].to_string().contains("diversion_n.csv"));
    // What the list names is the solve's own, and goes when it is not written again.
    market.solved(&[]);
    assert!(!market.out().join("diversion_n.csv").exists() && market.out().join("failures.csv").exists());
    assert!(market.manifest()["files_of_others"].is_null());
}

/// Pages have names that others use: such a file is refused before anything is solved.
#[test]
fn a_page_of_someones_own_is_not_written_over() {
    let market = Market::new(PRODUCTS, BASE);
    market.solved(&[]);
    let manifest = fs::read_to_string(market.out().join("manifest.json")).unwrap();
    let without: Value = serde_json::from_str(&manifest).unwrap();
    let files: Vec<Value> =
        without["files"].as_array().unwrap().iter().filter(|name| **name != "README.md").cloned().collect();
    let mut without = without.clone();
    without["files"] = files.into();
    fs::write(market.out().join("manifest.json"), without.to_string()).unwrap();
    market.refused(&[], &["`README.md`", "did not write", "move it away"]);
}

/// A manifest that says no more than the name of the program is anyone's, and so is the folder.
#[test]
fn a_manifest_that_says_nothing_makes_no_folder_ours() {
    let market = Market::new(PRODUCTS, BASE);
    fs::create_dir(market.out()).unwrap();
    fs::write(market.out().join("manifest.json"), r#"{"program": "stickershock"}"#).unwrap();
    fs::write(market.out().join("results.csv"), "mine").unwrap();
    market.refused(&[], &["no results of this program", "--out"]);
    // One of work that had only begun lists nothing: what stands beside it is someone's own.
    fs::write(market.out().join("manifest.json"), r#"{"program": "stickershock", "status": "running"}"#).unwrap();
    market.refused(&[], &["`results.csv`", "did not write"]);
}

/// Starting over takes finished results away only when there is something to put in their place.
#[test]
fn to_start_over_destroys_nothing_before_the_market_is_solved() {
    let market = Market::new(PRODUCTS, BASE);
    market.solved(&[]);
    // There are no shares to recover from.
    market.refused(
        &["--fresh", "--recover"],
        &["no column share0", "--recover finds mean utilities", "leave --recover out"],
    );
    let specs = market.folder.path().join("specs.json");
    fs::write(&specs, r#"[{"name": "n", "spec": {"merge": [1, 9]}}]"#).unwrap();
    market.refused(&["--fresh", "--specs", specs.to_str().unwrap()], &["specs.json", "9 is not the id of a firm"]);
    assert!(market.out().join("results.csv").exists());
    fs::write(&specs, r#"[{"name": "other", "spec": {"merge": [1, 2]}}]"#).unwrap();
    market.solved(&["--fresh", "--specs", specs.to_str().unwrap()]);
    let results = fs::read_to_string(market.out().join("results.csv")).unwrap();
    assert!(results.contains("other,a") && !results.contains("\nn,"), "{results}");
}

/// What has nothing stored to be compared with is named; what is stored in another length is refused with file and key.
#[test]
fn what_is_not_compared_is_named() {
    let market = Market::new(PRODUCTS, BASE);
    market.solved(&[]);
    fs::copy(market.out().join("scenarios.json"), market.folder.path().join("scenarios.json")).unwrap();
    let specs = market.folder.path().join("specs.json");
    fs::write(&specs, r#"[{"name": "n", "spec": {}}, {"name": "new", "spec": {"merge": [1, 2]}}]"#).unwrap();
    let compare = || market.solve(&["--compare", "--specs", specs.to_str().unwrap()]);
    let output = compare();
    let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{output:?}");
    assert!(told.contains("warning: not compared: new: nothing is stored"), "{told}");
    assert!(said.lines().any(|line| line.starts_with("new ") && line.contains("not compared")), "{said}");

    let stored = market.folder.path().join("scenarios.json");
    let mut list: Value = serde_json::from_slice(&fs::read(&stored).unwrap()).unwrap();
    list[0]["price"] = serde_json::json!([1.0, 2.0, 3.0]);
    fs::write(&stored, list.to_string()).unwrap();
    let output = compare();
    let told = String::from_utf8_lossy(&output.stderr);
    for part in ["scenarios.json: scenario n: price has 3 values, expected 2", "take the key out"] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(output.status.code(), Some(65), "{output:?}");
}

/// Numbers of a terminal in the name of a case are shown by their codes, wherever they go.
#[test]
fn the_name_of_a_case_turns_no_terminal() {
    let market = Market::new(PRODUCTS, BASE);
    let case = r#"{"name": "m\u001b[2J\nx", "beta": [-1.0], "beta_names": ["prices"]}"#;
    fs::write(market.folder.path().join("case.json"), case).unwrap();
    let output = market.solve(&[]);
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("m\\u{1b}[2J x: 2 products") && !printed.contains('\u{1b}'), "{printed:?}");
    for file in ["README.md", "report.html", "solution.json"] {
        let text = fs::read_to_string(market.out().join(file)).unwrap_or_default();
        assert!(!text.contains('\u{1b}'), "{file}");
    }
}

/// A plan's folder lists no results yet: a page that stands there is someone's own, and a merge leaves it.
#[test]
fn a_merge_writes_over_no_page_of_someones_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("models.csv"), MODELS).unwrap();
    fs::write(folder.path().join("scenario.toml"), SCENARIO).unwrap();
    let out = folder.path().join("out");
    let program = |verb: &str| {
        let mut command = assert_cmd::Command::cargo_bin("stickershock").unwrap();
        command.env("NO_COLOR", "1").arg(verb);
        command
    };
    let mut plan = program("plan");
    plan.arg(folder.path().join("scenario.toml")).args(["--set", "run.replications=2", "--out"]).arg(&out);
    plan.assert().success();
    fs::write(out.join("report.html"), "mine").unwrap();
    let output = program("merge").arg(&out).arg("--quiet").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("`report.html`") && told.contains("did not write"), "{told}");
    assert_eq!(fs::read_to_string(out.join("report.html")).unwrap(), "mine");
}
