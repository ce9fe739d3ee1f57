//! The overlays of `configs/claims`: each changes the one thing that it says, and is read with the folder above named.

use std::fs;
use std::path::Path;
use std::process::Command;

use stickershock::config::Source;
use stickershock::config::claims::ClaimsPage;
use stickershock::model::ids::Id;

use super::support::{ANYWHERE, load_anywhere, root};

#[test]
fn overlays_change_what_they_say() {
    let shipped = load_anywhere(&root().join("configs/showdown-1995.toml"), &[]).unwrap();
    let overlay = |name: &str| {
        let file = root().join(format!("configs/claims/{name}.toml"));
        load_anywhere(&file, &[]).unwrap_or_else(|error| panic!("{error}")).scenario
    };
    let names = |scenario: &stickershock::model::scenario::Scenario| {
        scenario.market.models.iter().map(|model| (model.name.clone(), model.base_volume)).collect::<Vec<_>>()
    };
    let full = &shipped.scenario;

    let alone = overlay("without-europe");
    let region = |j: usize| full.market.regions.as_slice()[full.market.models[j].region.index()].as_str();
    let others: Vec<_> =
        names(full).into_iter().enumerate().filter(|(j, _)| region(*j) != "europe").map(|(_, own)| own).collect();
    assert_eq!(names(&alone), others);
    assert!(others.len() < full.market.len());
    assert_eq!(alone.market.market_size, full.market.market_size);

    let twins = overlay("near-twins");
    let added: Vec<_> = names(&twins).into_iter().filter(|own| !names(full).contains(own)).collect();
    let part = |name: &str, cars: f64| (name.to_owned(), cars);
    assert_eq!(added, [part("Maxima", 0.25 * 160_000.0), part("Camry V6 XLE", 30_000.0), part("Avalon", 66_000.0)]);
    assert_eq!(twins.market.len(), full.market.len() + 3);
    assert!(twins.market.models.iter().filter(|model| model.name == "Avalon").all(|model| !model.imported));

    let first = overlay("case-first");
    assert_eq!(names(&first), names(full));
    let regimes: Vec<_> = first.regimes.values().map(|regime| regime.name.as_str()).collect();
    assert!(regimes.contains(&"case_first"), "{regimes:?}");
}

/// The page runs each overlay, and the folder says what each is for.
#[test]
fn every_overlay_is_explained() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    let (page, folder) = (read("configs/claims/claims-1995.md"), read("configs/claims/README.md"));
    for entry in fs::read_dir(root().join("configs/claims")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".toml") {
            assert!(folder.contains(&name), "{name} is not in the folder's README");
            assert!(page.contains(&format!("scenario = \"{name}\"")), "{name}");
        }
    }
}

/// The shipped page is one: its head is read, and every scenario that it names is there with the regimes and groups that it asks for.
#[test]
fn the_shipped_page_names_what_is_there() {
    let path = root().join("configs/claims/claims-1995.md");
    let source = Source::below(&root().join("configs"));
    let page = ClaimsPage::read(&source, &path).unwrap_or_else(|error| panic!("{error}"));
    let rows = page.text.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    let (all, silent) =
        rows.fold((0, 0), |(all, silent), row| (all + 1, silent + usize::from(row.contains("cannot say:"))));
    let said = format!("Of {all} claims {}\nhave a number and {silent} a reason why not", all - silent);
    assert!(page.text.contains(&said), "{said}");
    let all: String = page.numbers.values().cloned().chain([page.text.clone()]).collect();
    for (name, run) in &page.runs {
        let file = path.parent().unwrap().join(&run.scenario);
        let loaded =
            stickershock::config::load_from(&source, &file, &run.set).unwrap_or_else(|error| panic!("{error}"));
        let regimes: Vec<&str> = loaded.scenario.regimes.values().map(|regime| regime.name.as_str()).collect();
        let groups: Vec<&str> = loaded.scenario.market.groups.iter().map(|group| group.name.as_str()).collect();
        for asked in all.split(&format!("({name}, ")).skip(1) {
            let words: Vec<&str> = asked.split([',', ')']).map(str::trim).take(2).collect();
            if let Some(own) = words[1]
                .strip_prefix("units_")
                .filter(|own| !["europe", "japan", "big_three", "sanctioned"].contains(own))
            {
                assert!(groups.contains(&own) && regimes.contains(&words[0]), "{name}: {words:?}");
            }
        }
    }
}

/// A page of claims makes its runs, puts their numbers in, and does not make them again.
#[test]
fn a_page_of_claims_is_filled_from_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| root().join("configs").join(name).display().to_string();
    fs::write(folder.path().join("own.toml"), format!("extends = {:?}\nname = \"own\"\n", at("market-1995.toml")))
        .unwrap();
    let page = PAGE.replace("GOVERNMENTS", &at("governments-1995.toml"));
    fs::write(folder.path().join("page.md"), &page).unwrap();
    fs::write(folder.path().join("wrong.md"), page.replace("units_all, all)", "units_none, all)")).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
        let runs: &[&str] = if arguments.contains(&"--runs") { &[] } else { &["--runs", "runs"] };
        command.current_dir(folder.path()).arg("validate").args(arguments).args(runs).args(ANYWHERE).output().unwrap()
    };
    let validate = |page: &str| run(&[page]);
    let output = validate("page.md");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.starts_with("Of 49 cars the duty is on 13"), "{text}");
    // The change of every replication by hand.
    let table = fs::read_to_string(folder.path().join("runs/small/tables/replications.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let column = rows.headers().unwrap().iter().position(|name| name == "units_all").unwrap();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let cars = |regime: &str| -> Vec<f64> {
        rows.iter()
            .filter(|row| row.iter().any(|cell| cell == regime))
            .map(|row| row[column].parse().unwrap())
            .collect()
    };
    let mut changes: Vec<f64> = cars("imposed").iter().zip(cars("status_quo")).map(|(a, b)| a - b).collect();
    changes.sort_by(f64::total_cmp);
    let median = 0.5 * (changes[1] + changes[2]);
    assert!(text.contains(&format!("sales change by {median:+.0} cars (")), "{median} {text}");
    assert!(text.contains("that they fall holds.") && text.contains("| LS 400 | "), "{text}");
    let manifests =
        || ["small", "talks"].map(|run| fs::read(folder.path().join("runs").join(run).join("manifest.json")).unwrap());
    let made = manifests();
    assert_eq!(validate("page.md").stdout, text.as_bytes());
    assert!(manifests() == made, "made once");
    // What it reads is not written over, and a run that is another is left with a remedy of this command.
    for own in ["page.md", "own.toml", "runs/small/manifest.json", "runs/new.md"] {
        let before = fs::read(folder.path().join(own)).ok();
        let refused = run(&["page.md", "--out", own]);
        assert!(refused.status.code() == Some(2) && fs::read(folder.path().join(own)).ok() == before, "{own}");
    }
    fs::write(folder.path().join("other.md"), page.replace("replications=4", "replications=3")).unwrap();
    let other = run(&["other.md"]);
    let said = String::from_utf8(other.stderr).unwrap();
    assert!(other.status.code() == Some(2) && said.contains("error: other.md: run.small: "), "{said}");
    assert!(said.contains("--runs") && !said.contains("--out") && !said.contains("--fresh"), "{said}");
    // What is wrong on the page is said before anything is run.
    fs::write(folder.path().join("typo.md"), page.replace("| +.0 cars }}", "| +0 cars }}")).unwrap();
    let typo = run(&["typo.md", "--runs", "none"]);
    assert!(typo.status.code() == Some(65) && !folder.path().join("none").exists());
    let wrong = validate("wrong.md");
    assert_eq!(wrong.status.code(), Some(65));
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(said.contains("wrong.md:9: `change(small, imposed, units_none, all) | +.0 cars`"), "{said}");
    assert!(said.contains("there is no column `units_none`"), "{said}");
}

const PAGE: &str = "+++
[run.small]
scenario = \"own.toml\"
set = ['regimes=[\"status_quo\", \"imposed\"]', \"buyers.count=2048\", \"run.replications=4\", \"outputs.period=all\"]
[run.talks]
scenario = \"GOVERNMENTS\"
worlds = 50
+++
Of {{ count(small, models, regime=imposed, period=all) | .0 cars }} the duty is on {{ count(small, models, regime=imposed, period=all, flagged=true) | .0 }}: sales change by {{ change(small, imposed, units_all, all) | +.0 cars }}; that they fall {{ change(small, imposed, units_all) < 0 ? holds. | does not hold. }}
{{ rows(small, models, by=units_change, regime=imposed, period=all) }}| [model] | [units_change | +.0] |
";

/// What is no page is refused with its line.
#[test]
fn a_page_without_a_head_is_refused() {
    for (text, said) in [
        ("# Claims", "row 1: has no head"),
        ("+++\n[run.a]\nscenario = \"a.toml\"\n", "row 1: its head does not end"),
        ("+++\n[run.a]\nfile = \"a.toml\"\n+++\n", "row 3: unknown field `file`"),
        ("+++\n[run.\"../a\"]\nscenario = \"a.toml\"\n+++\n", "run.../a: is no name of a folder"),
        ("+++\n[run.a]\nscenario = \"a.toml\"\nworlds = 0\n+++\n", "run.a.worlds: expected 1 to"),
    ] {
        let source = Source::memory([("page.md", text)]);
        let error = ClaimsPage::read(&source, Path::new("page.md")).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
