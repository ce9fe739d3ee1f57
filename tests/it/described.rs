//! `stickershock describe`: every shipped scenario has its model in the ODD protocol; what is off is not mentioned, and what is changed shows.

use std::path::PathBuf;

use assert_cmd::Command;
use stickershock::config::{self, Loaded, Source};
use stickershock::report::describe::describe;

use crate::support::{load_anywhere, root, showdown_path};

const HEADS: [&str; 19] = [
    "## 1. Purpose and patterns",
    "## 2. Entities, state variables and scales",
    "## 3. Process overview and scheduling",
    "## 4. Design concepts",
    "### Basic principles",
    "### Emergence",
    "### Adaptation",
    "### Objectives",
    "### Learning",
    "### Prediction",
    "### Sensing",
    "### Interaction",
    "### Stochasticity",
    "### Collectives",
    "### Observation",
    "## 5. Initialization",
    "## 6. Input data",
    "## 7. Submodels",
    "## 8. Parameters",
];

/// Flows of the governments that need no regime of theirs.
const GIVEN: &str = "governments.flows.source=given";

fn loaded(path: &str, assignments: &[&str]) -> Loaded {
    let assignments: Vec<String> = assignments.iter().map(|text| (*text).to_owned()).collect();
    config::load(&root().join(path), &assignments).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn described(path: &str, assignments: &[&str]) -> String {
    describe(&loaded(path, assignments))
}

/// Well made: all heads once and in order, tables whose rows have as many cells as their head, every block of equations closed.
fn well_made(text: &str, name: &str) {
    let mut from = 0;
    for head in HEADS {
        let at = text[from..].find(&format!("\n{head}\n")).unwrap_or_else(|| panic!("{name}: no {head} in its place"));
        assert_eq!(text.matches(&format!("\n{head}\n")).count(), 1, "{name}: {head}");
        from += at;
    }
    assert_eq!(text.matches("\n```\n").count() % 2, 0, "{name}: an open block");
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut head = None;
    for line in text.lines() {
        match (line.starts_with('|'), head) {
            (true, None) => head = Some(cells(line)),
            (true, Some(columns)) => assert_eq!(cells(line), columns, "{name}: {line}"),
            (false, _) => head = None,
        }
    }
    for unfinished in ["NaN", "{}", "Some("] {
        assert!(!text.contains(unfinished), "{name}: {unfinished}");
    }
    assert!(text.split_whitespace().all(|word| word.trim_start_matches('-') != "inf"), "{name}: an infinite number");
}

fn shipped() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("configs")).unwrap();
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(files.len() > 8, "{files:?}");
    files
}

#[test]
fn every_shipped_scenario_is_described() {
    for path in shipped() {
        let loaded = config::load(&path, &[]).unwrap_or_else(|error| panic!("{error}"));
        let text = describe(&loaded);
        let name = path.display().to_string();
        well_made(&text, &name);
        for regime in loaded.scenario.regimes.values() {
            assert!(text.contains(&format!("`{}`", regime.name)), "{name}: {}", regime.name);
        }
        assert!(text.len() < 300_000, "{name}: {} bytes", text.len());
        assert_eq!(text, describe(&loaded), "the same bytes");
    }
}

#[test]
fn what_is_off_is_not_mentioned() {
    let full = described("configs/showdown-1995.toml", &[]);
    let plain = described(
        "configs/sidebar-1995.toml",
        &[GIVEN, "regimes=[\"status_quo\", \"imposed\"]", "demand.curvature=1.0", "demand.loyalty=0.0"],
    );
    for (word, in_full) in [
        ("Dealers and shipments", true),
        ("Early and late purchases", true),
        ("Governments", true),
        ("negotiated by the governments", true),
        ("Makers set the price at the border", true),
        ("Calvo", true),
        ("latent  l(t)", true),
        ("G_j(p)", true),
        ("draws of what is uncertain run", true),
        ("`Consideration`", true),
        ("`GovernmentNews`", true),
        ("`Parameter`", true),
        ("dealers.target_days", true),
        ("pricing.list_life_weeks", true),
        ("governments.discount_rate", true),
        ("Word of mouth", false),
        ("*Grudge.*", false),
        ("`Network`", false),
        ("trial and error", false),
    ] {
        assert_eq!(full.contains(word), in_full, "{word}");
        assert!(!plain.contains(word), "{word} is not of the sidebar");
    }
    // Switched on by one setting, it is there.
    let peers = described("configs/showdown-1995.toml", &["timing.peers.gamma=2"]);
    assert!(peers.contains("Word of mouth") && peers.contains("`Network`"));
    let static_market = described("configs/market-1995.toml", &[]);
    assert!(!static_market.contains("Dealers and shipments") && static_market.contains("Bertrand-Nash equilibrium"));
    // An instrument that no running regime uses is no part of the model.
    let one = described("configs/market-1995.toml", &[GIVEN, "regimes=[\"status_quo\", \"imposed\"]"]);
    assert!(static_market.contains("`inspection`") && !one.contains("`inspection`"));
    assert!(!one.contains("instrument.inspection"));
}

#[test]
fn a_changed_number_shows() {
    let before = described("configs/market-1995.toml", &[]);
    let after = described(
        "configs/market-1995.toml",
        &[
            "demand.alpha=0.4321",
            "instrument.sanctions.rate=0.37",
            "market.size=4.5e6",
            "buyers.count=512",
            "run.seed=77",
        ],
    );
    for (path, value) in
        [("alpha_i = ", "0.4321"), ("| `instrument.sanctions.rate` |", "0.37"), ("M = ", "4500000"), ("seed is ", "77")]
    {
        let line =
            |text: &str| text.lines().find(|line| line.contains(path)).unwrap_or_else(|| panic!("{path}")).to_owned();
        assert!(line(&after).contains(value), "{}", line(&after));
        assert!(!line(&before).contains(value), "{}", line(&before));
    }
    // Every stated number of the file stands there with its status and source.
    let row = before.lines().find(|line| line.starts_with("| `instrument.sanctions.rate` |")).unwrap();
    assert!(row.contains("| fraction | sourced | USTR statement of 16 May 1995 |"), "{row}");
    let default = described("configs/showdown-1995.toml", &[]);
    assert!(default.contains("| default | of the program |"));
}

#[test]
fn names_are_only_names() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "extends = {:?}\ntitle = \"<script>alert(1)</script> | [x](http://y) # `z`\"\n[[regime]]\nname = \"status_quo\"\nlabel = \"<b>| *bold* |\"\n",
        showdown_path().display().to_string()
    );
    let file = folder.path().join("scenario.toml");
    std::fs::write(&file, text).unwrap();
    let loaded = load_anywhere(&file, &[]).unwrap_or_else(|error| panic!("{error}"));
    let text = describe(&loaded);
    well_made(&text, "hostile");
    for raw in ["<script>", "<b>", "[x](http", " *bold*"] {
        assert!(!text.contains(raw), "{raw}");
    }
    assert!(
        text.contains("&lt;script>alert(1)&lt;/script> \\| \\[x\\](http://y) \\# \\`z\\`"),
        "{}",
        text.lines().next().unwrap()
    );
}

#[test]
fn a_scenario_from_memory_is_described_with_what_its_data_say() {
    let text = std::fs::read(root().join("configs/sidebar-1995.toml")).unwrap();
    let mut files: Vec<(String, Vec<u8>)> = vec![("sidebar-1995.toml".into(), text)];
    for name in [
        "market-1995.toml",
        "parts/bargaining-1995.toml",
        "calibrated/calibrated-demand.toml",
        "calibrated/calibrated-settlement.toml",
        "data/models_1994.csv",
        "data/exchange_rates_monthly.csv",
    ] {
        files.push((name.into(), std::fs::read(root().join("configs").join(name)).unwrap()));
    }
    let loaded = config::load_from(&Source::memory(files), std::path::Path::new("sidebar-1995.toml"), &[]);
    let text = describe(&loaded.unwrap_or_else(|error| panic!("{error}")));
    assert!(text.contains("| `source_sales` | ") && text.contains("estimate "), "tags of the data");
}

#[test]
fn the_command_prints_or_writes_and_a_run_leaves_it_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes/odd.md");
    let stickershock = || {
        let mut command = Command::cargo_bin("stickershock").unwrap();
        command.current_dir(root()).env("NO_COLOR", "1");
        command
    };
    let printed = stickershock().args(["describe", "configs/sidebar-1995.toml"]).output().unwrap();
    stickershock().args(["describe", "configs/sidebar-1995.toml", "--out"]).arg(&file).assert().success();
    assert_eq!(std::fs::read(&file).unwrap(), printed.stdout);
    stickershock().args(["describe", "configs/absent.toml"]).assert().code(65);
    let out = folder.path().join("out");
    stickershock()
        .args([
            "run",
            "configs/sidebar-1995.toml",
            "--set",
            "buyers.count=256",
            "--replications",
            "2",
            "--no-charts",
            "--quiet",
            "--out",
        ])
        .arg(&out)
        .assert()
        .success();
    let own = described("configs/sidebar-1995.toml", &["buyers.count=256", "run.replications=2"]);
    let left = std::fs::read_to_string(out.join("model.md")).unwrap();
    assert_eq!(left.lines().skip(3).collect::<Vec<_>>(), own.lines().skip(3).collect::<Vec<_>>());
    assert!(std::fs::read_to_string(out.join("README.md")).unwrap().contains("`model.md`: the model as this scenario"));
}
