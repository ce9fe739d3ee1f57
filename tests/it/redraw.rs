//! `stickershock chart`: a finished folder's charts drawn again from its tables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use stickershock::folder::OutputFolder;
use stickershock::report::charts::who_pays::{self, Party};
use stickershock::report::charts::{pull_forward, winners_losers};
use stickershock::report::page::Show;
use stickershock::report::recorded::{RecordedRun, Tables};
use stickershock::report::rows::ComparisonRow;

use crate::support::{ANYWHERE, root, showdown_path};

fn stickershock(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stickershock")).args(arguments).output().unwrap()
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A finished folder, and what keeps it.
fn finished(command: &str, scenario: &Path, more: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let kept = tempfile::tempdir().unwrap();
    let out = kept.path().join("out");
    let (scenario, folder) = (scenario.to_str().unwrap(), out.to_str().unwrap());
    succeeded(&stickershock(&[&[command, scenario, "--quiet", "--out", folder], more].concat()));
    (kept, out)
}

/// Files of a folder with an extension, by name.
fn files(folder: &Path, extension: &str) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let wanted = entries.filter(|path| path.extension().is_some_and(|known| known == extension));
    wanted.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())).collect()
}

/// Every chart of the folder comes out of its tables to the byte; returns their names.
fn redrawn_to_the_byte(folder: &Path) -> Vec<String> {
    let again = folder.with_extension("again");
    succeeded(&stickershock(&[
        "chart",
        folder.to_str().unwrap(),
        "--quiet",
        "--format",
        "svg",
        "--out",
        again.to_str().unwrap(),
    ]));
    let (own, redrawn) = (files(&folder.join("charts"), "svg"), files(&again, "svg"));
    assert_eq!(own.keys().collect::<Vec<_>>(), redrawn.keys().collect::<Vec<_>>());
    for (name, svg) in &own {
        assert!(redrawn[name] == *svg, "{name} is not the same");
        let (text, tables) = (String::from_utf8_lossy(svg), folder.join("tables"));
        let data = text.split("Data: tables/").nth(1).and_then(|rest| rest.split(".csv.").next());
        let data = data.unwrap_or_else(|| panic!("{name} does not name its data"));
        assert!(tables.join(format!("{data}.csv")).is_file(), "{name}: {data}");
    }
    own.into_keys().collect()
}

/// A small run of every kind of regime, shared by the tests of this file.
fn run() -> &'static Path {
    static RUN: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let small = ["--replications", "3", "--set", "buyers.count=512", "--set", "governments.flows.grid=[85.0, 110.0]"];
    &RUN.get_or_init(|| finished("run", &showdown_path(), &small)).1
}

#[test]
fn charts_of_a_run_come_out_of_its_tables() {
    let names = redrawn_to_the_byte(run());
    for kind in [
        "shares_over_time",
        "prices",
        "diversion",
        "model_prices_imposed",
        "winners_losers_imposed",
        "who_pays_imposed",
        "regime_welfare",
    ] {
        assert!(names.iter().any(|name| name == kind), "{kind} of {names:?}");
    }
    for kind in ["deficit", "headline", "offers_negotiated", "settlement_dates_negotiated"] {
        assert!(names.iter().any(|name| name == kind), "{kind} of {names:?}");
    }
    bars_add_up(run(), "imposed");
    // Without choices in time there is no rush, and no chart that shows one.
    for kind in ["headline", "regime_welfare"] {
        let svg = std::fs::read_to_string(run().join(format!("charts/{kind}.svg"))).unwrap();
        assert!(!svg.contains("Nothing is imposed under "), "{svg}");
    }
}

#[test]
fn charts_of_a_run_in_time_come_out_of_its_tables() {
    let small = ["--replications", "3", "--set", "buyers.count=4096", "--regimes", "imposed,announced_settled"];
    let (_kept, folder) = finished("run", &root().join("tests/market_1995/showdown-1995-timing.toml"), &small);
    let names = redrawn_to_the_byte(&folder);
    for name in ["event_study", "pull_forward", "days_of_supply"] {
        assert!(names.iter().any(|known| known == name), "{name} of {names:?}");
    }
    bars_add_up(&folder, "imposed");
    rush_and_payback_cancel(&folder);
    a_rush_is_not_shown_without_its_payback(&folder);
}

/// Charts and words of a regime that imposes nothing are of the whole horizon, beside the reporting period, unless a period is asked for.
fn a_rush_is_not_shown_without_its_payback(folder: &Path) {
    let drawn = |name: &str| std::fs::read_to_string(folder.join(format!("charts/{name}.svg"))).unwrap();
    assert!(drawn("who_pays_announced_settled").contains("period: the whole horizon, "));
    // So few buyers only move their purchases: over the whole horizon no model gains or loses a car.
    assert!(!folder.join("charts/winners_losers_announced_settled.svg").exists());
    for kind in ["who_pays", "winners_losers"] {
        assert!(drawn(&format!("{kind}_imposed")).contains("period: after deadline, "), "{kind}");
    }
    let several = drawn("regime_welfare");
    assert!(several.contains("period: after deadline, ") && several.contains("Nothing is imposed under "), "{several}");
    let asked = tempfile::tempdir().unwrap();
    let out = asked.path().join("asked");
    let arguments = ["--only", "who_pays", "--only", "winners_losers", "--period", "after_deadline", "--out"];
    let arguments = [&arguments[..], &[out.to_str().unwrap()]].concat();
    succeeded(&stickershock(&[&["chart", folder.to_str().unwrap()][..], &arguments].concat()));
    for kind in ["who_pays", "winners_losers"] {
        let svg = std::fs::read_to_string(out.join(format!("{kind}_announced_settled.svg"))).unwrap();
        assert!(svg.contains("period: after deadline, "), "{svg}");
    }
    // The numbers of the table stand in the words, with their intervals.
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let line = readme.lines().find(|line| line.starts_with("- **Rush and payback.**")).unwrap();
    let rows = Tables::of(&OutputFolder::at(folder)).unwrap().rows::<ComparisonRow>().unwrap();
    for period in ["all", "after_deadline"] {
        let mut own = rows.iter().filter(|row| row.regime == "announced_settled" && row.metric == "units_sanctioned");
        let row = own.find(|row| row.period == period).unwrap();
        let show = |cars: f64| stickershock::report::page::words::number(cars, Show::Count, true);
        let said = format!("{} ({} to {}) over ", show(row.difference), show(row.ci_low), show(row.ci_high));
        assert!(line.contains(&said), "{said}: {line}");
    }
    assert!(line.contains("rush and payback cancel within the interval"), "{line}");
    assert!(!line.contains("“Sanctions"), "sanctions that are imposed are paid back: {line}");
}

/// The bars of the charts of winners and of who pays add up to the change that the tables have for the period printed on them.
fn bars_add_up(folder: &Path, regime: &str) {
    let tables = Tables::of(&OutputFolder::at(folder)).unwrap();
    let recorded = RecordedRun::of(&tables).unwrap().unwrap();
    let context = &recorded.facts.context;
    let (period, years) = (&context.period.name, context.period.years());
    let close = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-9 * expected.abs() && expected != 0.0, "{found}, not {expected}");
    };
    let bars = winners_losers::series(&recorded.rows().unwrap(), regime, context).unwrap();
    let all = tables.rows::<ComparisonRow>().unwrap();
    let of = |metric: &str| {
        let mut own = all.iter().filter(|row| row.regime == regime && row.baseline == context.baseline);
        own.find(|row| row.period == *period && row.metric == metric)
    };
    // Expected sales where the run has them.
    let all = of("expected_units_all").or_else(|| of("units_all")).unwrap();
    close(bars.iter().map(|bar| bar.change).sum(), all.difference / years);

    let mut lines = recorded.welfare().unwrap();
    lines.retain(|line| line.regime == regime && line.period == *period);
    lines.sort_by_key(|line| line.order);
    let world = lines.iter().find(|line| line.account == "total_world").unwrap().clone();
    close(world.yearly.mean * years, world.change_usd);
    let parties: Vec<Party> = lines
        .iter()
        .filter(|line| line.group != "part")
        .map(|line| Party { label: line.label.clone(), change: line.yearly, total: line.group == "total" })
        .collect();
    let bars = who_pays::series(&parties).unwrap();
    let alone: f64 = bars.iter().filter(|bar| !bar.total).map(|bar| bar.to - bar.from).sum();
    close(alone * 1e9, world.yearly.mean);
    // Each bar starts where the one above ends, and the last party ends where the world's begins to be read.
    close(bars.iter().rev().find(|bar| !bar.total).unwrap().to * 1e9, world.yearly.mean);
}

/// In the history a rush before the deadline is paid back after it: the chart shows both, and over the whole horizon they cancel within
/// their interval, in the chart, in comparisons.csv and in welfare.csv.
fn rush_and_payback_cancel(folder: &Path) {
    let tables = Tables::of(&OutputFolder::at(folder)).unwrap();
    let recorded = RecordedRun::of(&tables).unwrap().unwrap();
    let history = "announced_settled";
    let panels =
        pull_forward::series(&recorded.rows().unwrap(), &[history.to_owned()], &recorded.facts.context).unwrap();
    let [fan] = &panels[0].fans[..] else { panic!("{panels:?}") };
    let most = fan.weeks.iter().map(|(_, fan)| fan.mean).fold(0.0, f64::max);
    let (_, last) = fan.weeks.last().unwrap();
    assert!(most > 500.0, "no rush: {most}");
    assert!(last.q05 <= 0.0 && last.q95 >= 0.0 && last.mean.abs() < 0.1 * most, "{last:?} after {most}");
    let rows = tables.rows::<ComparisonRow>().unwrap();
    let of = |metric: &str| {
        rows.iter().find(|row| row.regime == history && row.period == "all" && row.metric == metric).unwrap()
    };
    let sold = of("units_sanctioned");
    assert!(
        (sold.difference - last.mean).abs() < 1e-6 * most,
        "{} in the table, {} in the chart",
        sold.difference,
        last.mean
    );
    assert!(sold.ci_low <= 0.0 && sold.ci_high >= 0.0, "{sold:?}");
    let welfare = recorded.welfare().unwrap();
    for account in ["treasury", "makers_japan", "dealers"] {
        let line =
            welfare.iter().find(|line| line.regime == history && line.period == "all" && line.account == account);
        let [low, high] = line.unwrap().yearly.interval;
        assert!(low <= 0.0 && high >= 0.0, "{account}: {low} to {high}");
    }
    // Sales in time are drawn, like those of every other table.
    let package = std::fs::read_to_string(folder.join("datapackage.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&package).unwrap();
    for table in package["resources"].as_array().unwrap() {
        let fields = table["schema"]["fields"].as_array().unwrap();
        let units = fields.iter().filter(|field| field["name"].as_str().unwrap().starts_with("units_"));
        units.for_each(|field| assert!(field["description"].as_str().unwrap().contains("drawn choices"), "{field}"));
    }
    // What a run in time does not have has no row of nothing.
    assert!(rows.iter().all(|row| !row.metric.starts_with("expected_units")), "rows of expected sales");
}

#[test]
fn charts_of_many_points_come_out_of_their_tables() {
    let axis = |key: &str, values: &str| {
        format!("[[sweep.axis]]\nkey = \"{key}\"\nname = \"{}\"\nvalues = {values}\n", &key[..3])
    };
    let rates = axis("instrument.sanctions.rate", "[0.25, 0.5, 1.0]");
    let grid = format!("{rates}{}", axis("demand.alpha", "[0.1, 0.125]"));
    let random =
        "[uncertainty]\ndraws = 4\nreplications = 2\n[[uncertainty.data]]\ncolumn = \"msrp_usd\"\nlog_sd = 0.06\n";
    let designs = [
        (format!("[sweep]\nkind = \"grid\"\n{rates}"), "response"),
        (format!("[sweep]\nkind = \"grid\"\n{grid}"), "response_units_sanctioned"),
        (random.to_owned(), "uncertainty"),
    ];
    for (design, chart) in designs {
        let kept = tempfile::tempdir().unwrap();
        let path = kept.path().join("points.toml");
        std::fs::write(
            &path,
            format!("extends = {:?}\n[buyers]\ncount = 256\npopulation = \"shared\"\n{design}\n", showdown_path()),
        )
        .unwrap();
        let small = [&ANYWHERE[..], &["--replications", "2", "--regimes", "imposed"]].concat();
        let (_kept, folder) = finished("run", &path, &small);
        let names = redrawn_to_the_byte(&folder);
        assert!(names.iter().any(|name| name == chart), "{names:?} of {design}");
    }
}

/// Draws of the shipped study, two replications each: charts are of the means of draws, the table has the replications.
#[test]
fn charts_of_draws_in_time_come_out_of_their_tables() {
    let small = ["--set", "uncertainty.draws=3", "--set", "buyers.count=4096", "--regimes", "imposed"];
    let (_kept, folder) = finished("run", &root().join("configs/showdown-1995.toml"), &small);
    let names = redrawn_to_the_byte(&folder);
    for name in ["headline", "uncertainty", "who_pays_imposed"] {
        assert!(names.iter().any(|known| known == name), "{name} of {names:?}");
    }
}

#[test]
fn charts_of_the_bargaining_alone_come_out_of_its_tables() {
    let (_kept, folder) = finished("negotiate", &root().join("configs/governments-1995.toml"), &["--worlds", "50"]);
    assert_eq!(redrawn_to_the_byte(&folder), ["offers", "settlement_dates"]);
}

#[test]
fn charts_of_sensitivity_studies_come_out_of_their_tables() {
    let small: &[&str] = &["--regime", "imposed", "--set", "buyers.count=256", "--set", "run.replications=1"];
    for (method, more, charts) in [
        ("oat", &[][..], &["tornado", "ranking"][..]),
        ("morris", &["--n", "4"], &["screening", "ranking"]),
        ("sobol", &["--n", "8", "--n-max", "16", "--randomisations", "2"], &["indices"]),
    ] {
        let method = [&["--method", method], more, small].concat();
        let (_kept, folder) = finished("sensitivity", &root().join("configs/sensitivity-1995.toml"), &method);
        let names = redrawn_to_the_byte(&folder);
        for chart in charts {
            assert!(names.iter().any(|name| name.starts_with(chart)), "{chart} of {names:?}");
        }
    }
}

#[test]
fn some_charts_of_some_regimes_over_another_period() {
    let kept = tempfile::tempdir().unwrap();
    let out = kept.path().join("figures");
    let own = files(run(), "json");
    let arguments =
        ["chart", run().to_str().unwrap(), "--only", "who_pays", "--only", "headline", "--regimes", "imposed"];
    let told = stickershock(&[&arguments[..], &["--period", "year_1", "--out", out.to_str().unwrap()]].concat());
    succeeded(&told);
    // Of one regime and one period; the headline's replications are those of the reporting period.
    assert_eq!(files(&out, "svg").into_keys().collect::<Vec<_>>(), ["who_pays_imposed"]);
    assert_eq!(files(&out, "png").into_keys().collect::<Vec<_>>(), ["who_pays_imposed"]);
    let svg = std::fs::read_to_string(out.join("who_pays_imposed.svg")).unwrap();
    assert!(svg.contains("period: year 1"), "{svg}");
    let stderr = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(!stderr.contains("who_pays_imposed shows"), "{stderr}");
    let over = ["--only", "prices", "--period", "year_1", "--out", out.to_str().unwrap()];
    let told_whole = stickershock(&[&["chart", run().to_str().unwrap()][..], &over].concat());
    let whole = String::from_utf8_lossy(&told_whole.stderr).into_owned();
    assert!(whole.contains("prices shows the whole horizon: --period does not change what it draws"), "{whole}");
    assert!(
        stderr.contains("headline is left out: replications.csv has the reporting period `after_deadline` alone"),
        "{stderr}"
    );
    assert_eq!(files(run(), "json"), own, "the study's own folder is as it was");
}

#[test]
fn the_look_is_chosen_for_print() {
    let kept = tempfile::tempdir().unwrap();
    let drawn = |name: &str, more: &[&str]| {
        let out = kept.path().join(name);
        let arguments = ["chart", run().to_str().unwrap(), "--only", "headline", "--out", out.to_str().unwrap()];
        let told = stickershock(&[&arguments[..], more].concat());
        succeeded(&told);
        let svg = std::fs::read_to_string(out.join("headline.svg")).unwrap();
        (svg, String::from_utf8_lossy(&told.stderr).into_owned(), files(&out, "png").len())
    };
    let (usual, _, pngs) = drawn("usual", &[]);
    assert!(pngs == 1 && usual.contains("width=\"680\""));
    let (svg, told, pngs) = drawn(
        "print",
        &["--size", "160x400mm", "--font-size", "8", "--palette", "grey", "--title", "A & B", "--format", "svg"],
    );
    assert!(svg.contains("width=\"160mm\" height=\"400mm\"") && svg.contains("<title>A &amp; B</title>"), "{svg}");
    assert!(told.is_empty() && pngs == 0, "{told}");
    // Every colour of a picture in grey has three equal parts.
    for colour in svg.split("=\"#").skip(1).map(|rest| &rest[..6]) {
        assert!(colour[..2] == colour[2..4] && colour[..2] == colour[4..], "#{colour}");
    }
    assert!(usual.contains("#0072B2") || usual.contains("#0072b2"));
    // In the box of the option's own example type is as large as asked for, in all charts of the run but those of the bargaining.
    let out = kept.path().join("boxed");
    let arguments = ["chart", run().to_str().unwrap(), "--out", out.to_str().unwrap(), "--format", "svg"];
    let told = stickershock(&[&arguments[..], &["--size", "160x100mm", "--font-size", "8"]].concat());
    succeeded(&told);
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    let small: Vec<&str> = told.lines().filter(|line| line.contains("its labels are ")).collect();
    let of_bargaining = |line: &&str| line.starts_with("offers_") || line.starts_with("settlement_dates_");
    assert!(small.iter().all(of_bargaining), "{small:?}");
    // A box that is too low shrinks the type, and that is said.
    let (_, told, _) = drawn("low", &["--size", "160x30mm", "--font-size", "8"]);
    assert!(told.contains("headline: its labels are "), "{told}");
    let refused = |more: &[&str], words: &str| {
        let told = stickershock(&[&["chart", run().to_str().unwrap()], more].concat());
        let stderr = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.status.code() == Some(2) && stderr.contains(words), "{more:?}: {stderr}");
    };
    refused(&["--size", "80mm", "--font-size", "8"], "choose at least 139 mm, or at most 4.6 points");
    refused(&["--size", "wide"], "expected a width, or width x height, of 20 to 2000 mm");
    refused(&["--palette", "neon"], "expected one of `colour`, `grey`");
    refused(&["--title", "One for all"], "--only");
}

#[test]
fn a_scenario_says_how_its_charts_look() {
    let kept = tempfile::tempdir().unwrap();
    let path = kept.path().join("printed.toml");
    let scenario = |charts: &str| format!("extends = {:?}\n[charts]\n{charts}\n", showdown_path());
    std::fs::write(&path, scenario("size = \"170mm\"\nfont_size = 8\npalette = \"grey\"\nformat = [\"svg\"]")).unwrap();
    let small = ["--replications", "2", "--set", "buyers.count=256", "--regimes", "imposed"];
    let (_kept, folder) = finished("run", &path, &[&ANYWHERE[..], &small].concat());
    assert!(files(&folder.join("charts"), "png").is_empty());
    for (name, svg) in files(&folder.join("charts"), "svg") {
        assert!(String::from_utf8_lossy(&svg).contains("width=\"170mm\""), "{name}");
    }
    redrawn_to_the_byte(&folder);
    for (charts, words) in [
        ("size = \"17cm\"", ["charts.size: `17cm`", "`160x100mm`"]),
        ("palette = \"neon\"", ["charts.palette: `neon`", "`grey`"]),
        ("format = [\"gif\"]", ["charts.format: `gif`", "`svg`"]),
        ("size = \"80mm\"\nfont_size = 8", ["charts.font_size: `8`", "at least 139 mm"]),
    ] {
        std::fs::write(&path, scenario(charts)).unwrap();
        let told = stickershock(&[&["check", path.to_str().unwrap()], &ANYWHERE[..]].concat());
        let stderr = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.status.code() == Some(65) && words.iter().all(|word| stderr.contains(word)), "{charts}: {stderr}");
    }
}

#[test]
fn what_cannot_be_drawn_is_refused_by_name() {
    let kept = tempfile::tempdir().unwrap();
    let (folder, out) = (run().to_str().unwrap(), kept.path().join("out"));
    let told = |arguments: &[&str]| {
        let output = stickershock(&[&["chart"], arguments, &["--out", out.to_str().unwrap()]].concat());
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (arguments, code, words) in [
        (&[folder, "--only", "who_pay"][..], 2, ["no chart `who_pay` in this folder", "did you mean `who_pays`?"]),
        (&[folder, "--regimes", "impose"], 2, ["no regime `impose`", "did you mean `imposed`?"]),
        (&[folder, "--period", "year1"], 2, ["no period `year1`", "`year_1`"]),
        (&[folder, "--format", "gif"], 2, ["invalid value 'gif'", "expected one of `svg`, `png`"]),
        (&[kept.path().to_str().unwrap()], 65, ["datapackage.json: ", "name the folder of a finished study"]),
        (
            &[folder, "--only", "headline", "--period", "year_1"],
            2,
            ["no chart can be drawn", "headline: replications.csv"],
        ),
    ] {
        let (found, stderr) = told(arguments);
        assert!(found == code && words.iter().all(|word| stderr.contains(word)), "{arguments:?}: {found} {stderr}");
    }
    assert!(!out.exists());
    // A table that was changed since.
    let copy = kept.path().join("copy");
    std::fs::create_dir_all(copy.join("tables")).unwrap();
    std::fs::copy(run().join("datapackage.json"), copy.join("datapackage.json")).unwrap();
    let weekly = std::fs::read_to_string(run().join("tables/weekly.csv")).unwrap();
    std::fs::write(copy.join("tables/weekly.csv"), weekly.replacen("units_mean", "cars", 1)).unwrap();
    let (code, stderr) = told(&[copy.to_str().unwrap(), "--only", "shares_over_time"]);
    assert!(code == 65 && stderr.contains("tables/weekly.csv: column 6 is `cars`, expected `units_mean`"), "{stderr}");
}

/// A folder of charts is new or of charts alone: nothing of someone's is written over, and nothing of the study's.
#[test]
fn charts_are_drawn_into_folders_of_charts_alone() {
    let kept = tempfile::tempdir().unwrap();
    let at = |name: &str| kept.path().join(name);
    std::fs::create_dir(at("paper")).unwrap();
    std::fs::write(at("paper/headline.svg"), "mine").unwrap();
    let drawn = |out: &Path, chart: &str| {
        let (study, out) = (run().to_str().unwrap(), out.to_str().unwrap());
        stickershock(&["chart", study, "--only", chart, "--format", "svg", "--out", out])
    };
    let own = files(&run().join("charts"), "svg");
    for (out, code, words) in [
        (at("paper"), 1, "holds `headline.svg`"),
        (run().to_owned(), 2, "is the study"),
        (run().join("charts"), 2, "is the study"),
        (run().join("new/folder"), 2, "is the study"),
    ] {
        let told = drawn(&out, "headline");
        let stderr = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.status.code() == Some(code) && stderr.contains(words) && stderr.contains("--out"), "{stderr}");
    }
    assert!(files(&run().join("charts"), "svg") == own && !run().join("new").exists());
    assert_eq!(std::fs::read_to_string(at("paper/headline.svg")).unwrap(), "mine");
    // Into one's own folder of charts one after the other, and again.
    for chart in ["headline", "who_pays", "headline"] {
        succeeded(&drawn(&at("figures"), chart));
    }
    let names: Vec<String> = files(&at("figures"), "svg").into_keys().collect();
    let manifest = std::fs::read_to_string(at("figures/manifest.json")).unwrap();
    assert!(names.len() > 1 && names.iter().all(|name| manifest.contains(&format!("{name}.svg"))), "{manifest}");
}
