//! The report of a folder: `report.html`, `README.md`, and what is printed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use stickershock::model::ids::RegimeId;

use stickershock::folder::OutputFolder;
use stickershock::model::trade::regime::Regime;
use stickershock::report::build::Report;
use stickershock::report::page::{self, Block, Page, Show, words};
use stickershock::report::writer::{Formats, Writer};
use stickershock::study::work::{self, Settings};
use stickershock::study::{Base, Finished, Study};

use crate::support::{edit, load_anywhere, read_csv, root, showdown};

const SMALL: [&str; 3] = ["buyers.count=512", "buyers.pricing_nodes=128", "run.replications=6"];
const REGIMES: [&str; 4] = ["announced_settled", "imposed", "voluntary_restraint", "negotiated"];

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Runs a small study into a folder on so many threads.
fn run(folder: &Path, threads: usize) {
    let loaded = showdown(&SMALL);
    let regimes = work::regimes_named(&loaded.scenario, &named(&REGIMES)).unwrap();
    let folder = OutputFolder::create(folder).unwrap();
    let mut writer = Writer::new(&folder, false, Formats { csv: true, parquet: false });
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| work::run(&loaded, &regimes, &folder, Settings::default(), &mut writer, &())).unwrap().unwrap();
}

/// Small results in memory, of a scenario that `change` has changed.
fn finished(change: impl FnOnce(&mut stickershock::model::scenario::Scenario)) -> Finished {
    let mut loaded = showdown(&SMALL);
    change(&mut loaded.scenario);
    let regimes = work::regimes_named(&loaded.scenario, &named(&REGIMES)).unwrap();
    let base = Base::solve(&loaded.scenario).unwrap();
    Finished::simulate_on(base, loaded.scenario, &regimes, None, &mut (), &()).unwrap()
}

#[test]
fn the_report_is_whole_and_the_same_whoever_writes_it() {
    let folders = [1, 3].map(|threads| {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), threads);
        folder
    });
    let read = |folder: &tempfile::TempDir, name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    for name in ["README.md", "report.html"] {
        let text = read(&folders[0], name);
        assert!(text == read(&folders[1], name), "{name} depends on the number of threads");
        // Nothing says where or when it was written.
        for folder in [folders[0].path(), root()] {
            assert!(!text.contains(folder.to_str().unwrap()), "{name} has a path");
        }
        let manifest: serde_json::Value = serde_json::from_str(&read(&folders[0], "manifest.json")).unwrap();
        let started = manifest["started"].as_str().unwrap();
        assert!(!text.contains(&started[..16]), "{name} has the time");
        assert!(manifest["files"].as_array().unwrap().iter().any(|file| file == name));
        // The same words in both: who pays, who gains, how sure.
        for head in ["Who pays", "Who gains", "How sure"] {
            assert!(text.contains(head), "{name}: {head}");
        }
        assert!(text.contains("simulation noise only"), "{name} says what the intervals contain");
        assert!(text.contains("--seed 1995 --replications 6"), "{name}");
    }
    let html = read(&folders[0], "report.html");
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
    for text in ["The model in words", "Entities, state variables and scales", "Content-Security-Policy"] {
        assert!(html.contains(text), "{text}");
    }
    // What is code in a sentence is code on the page.
    assert!(html.contains("<code>change_usd_per_year</code>") && !html.contains("`change_usd_per_year`"));
    for text in ["Content-Security-Policy", "default-src 'none'", "1994-12-31", "demand.alpha", "prefers-color-scheme"]
    {
        assert!(html.contains(text), "{text}");
    }
    // No word about another place: nothing is fetched.
    for text in ["src=\"http", "href=\"http", "url(http", "@import", "<link"] {
        assert!(!html.contains(text), "{text}");
    }
    // Every table is named, and what each is stands beside it.
    let readme = read(&folders[0], "README.md");
    for entry in fs::read_dir(folders[0].path().join("tables")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let line =
            readme.lines().find(|line| line.contains(&format!("`tables/{name}`"))).unwrap_or_else(|| panic!("{name}"));
        assert!(line.len() > name.len() + 30, "{line}");
    }
    let place = |name: &str| readme.find(&format!("`{name}`")).unwrap();
    assert!(
        place("report.html") < place("tables/welfare.csv")
            && place("tables/welfare.csv") < place("tables/base_year.csv")
    );
}

/// The sentences name whom the table names: those who lose most and beyond noise, in order.
#[test]
fn the_answer_is_true_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 2);
    let readme = fs::read_to_string(folder.path().join("README.md")).unwrap();
    let sentence =
        |head: &str| readme.lines().find(|line| line.starts_with(&format!("- **{head}."))).unwrap().to_owned();
    let rows = read_csv(&folder.path().join("tables/welfare.csv"));
    let number = |row: &std::collections::BTreeMap<String, String>, column: &str| row[column].parse::<f64>().unwrap();
    // The history changes nothing here, so that the page is about the sanctions.
    assert!(sentence("Who pays").contains("Sanctions imposed at the deadline"));
    for (head, sign) in [("Who pays", -1.0), ("Who gains", 1.0)] {
        let mut parties: Vec<_> = rows
            .iter()
            .filter(|row| row["regime"] == "imposed" && row["period"] == "after_deadline" && row["group"] == "party")
            .filter(|row| sign * number(row, "ci_low_usd") > 0.0 && sign * number(row, "ci_high_usd") > 0.0)
            .collect();
        assert!(!parties.is_empty());
        parties.sort_by(|a, b| number(b, "change_usd").abs().total_cmp(&number(a, "change_usd").abs()));
        let sentence = sentence(head);
        let mut from = 0;
        for row in parties.iter().take(3) {
            let said = format!("{}, USD", row["label"]);
            let at = sentence[from..].find(&said).unwrap_or_else(|| panic!("{said} is not in order in {sentence}"));
            from += at;
            // In the sentence's own unit, to three figures.
            let size = number(row, "change_usd_per_year").abs();
            let word = if size >= 0.9995e9 { " bn" } else { " mn" };
            let unit = if size >= 0.9995e9 { 1e9 } else { 1e6 };
            let shown: f64 =
                sentence[from + said.len()..].trim_start().split(' ').next().unwrap().replace(',', "").parse().unwrap();
            assert!((shown - size / unit).abs() <= 0.006 * size / unit, "{shown}{word} is not {size} in {sentence}");
        }
    }
}

/// Charts hold the numbers of the tables they name.
#[test]
fn frames_hold_the_numbers_of_the_tables() {
    let finished = finished(|_| {});
    let made = page::run::page(&finished, None);
    let frame = made.frames.iter().find(|frame| frame.name == "who_pays").unwrap();
    let rows = Report::of(&finished).welfare();
    let period = finished.study.scenario().dates(finished.study.scenario().reporting_period());
    let label = |name: &str| {
        let regimes = &finished.study.scenario().regimes;
        regimes.values().find(|regime| regime.name == name).unwrap().label.clone()
    };
    let mut compared = 0;
    for row in rows.iter().filter(|row| row.period == "after_deadline" && row.group != "part") {
        let own = frame.rows.iter().find(|cells| {
            cells[0].text() == label(&row.regime)
                && cells[1].text().contains(&period[0].strftime("%-d %B %Y").to_string())
                && cells[2].text() == row.label
        });
        let own = own.unwrap_or_else(|| panic!("{} {}", row.regime, row.label));
        let numbers = [row.change_usd_per_year, row.ci_low_usd_per_year, row.ci_high_usd_per_year];
        assert_eq!([3, 4, 5].map(|column| own[column].number()), numbers);
        compared += 1;
    }
    assert!(compared > 20);
    // Sales over time add up to the change of the table.
    let weeks = made.frames.iter().find(|frame| frame.name == "sales_over_time").unwrap();
    let listed = "Japan, on the sanctions list";
    let lost: f64 = weeks
        .rows
        .iter()
        .filter(|cells| cells[0].text() == label("imposed") && cells[1].text() == listed)
        .map(|cells| cells[3].number() * 4.0)
        .sum();
    let report = Report::of(&finished);
    let comparison = report.comparisons();
    let of = |row: &&stickershock::report::rows::ComparisonRow| {
        row.regime == "imposed"
            && row.baseline == "status_quo"
            && row.period == "all"
            && row.metric == "expected_units_sanctioned"
    };
    let change = comparison.iter().find(of).unwrap().difference;
    assert!((lost - change).abs() <= 1e-9 * change.abs(), "{lost} {change}");
}

/// A threat that is settled imposes nothing: its rush stands before the reporting period, and its payback in it. The report tells both, as charts in
/// files do, and says so; it told the payback alone, and so the history backwards.
#[test]
fn a_regime_that_imposes_nothing_is_told_over_the_whole_horizon() {
    let path = root().join("tests/market_1995/showdown-1995-timing.toml");
    let set = ["buyers.count=4096", "buyers.pricing_nodes=128", "run.replications=3", "buyers.population=shared"];
    let loaded = stickershock::config::load(&path, &named(&set)).unwrap_or_else(|error| panic!("{error}"));
    let regimes = work::regimes_named(&loaded.scenario, &named(&["announced_settled", "imposed"])).unwrap();
    let base = Base::solve(&loaded.scenario).unwrap();
    let finished = Finished::simulate_on(base, loaded.scenario, &regimes, None, &mut (), &()).unwrap();
    let scenario = finished.study.scenario();
    assert!(scenario.outputs.period != 0, "the scenario reports a part of its horizon");
    let label = |name: &str| scenario.regimes.values().find(|regime| regime.name == name).unwrap().label.clone();
    let (settled, imposed) = (label("announced_settled"), label("imposed"));
    let made = page::run::page(&finished, None);
    let frame = |name: &str| made.frames.iter().find(|frame| frame.name == name).unwrap();
    let whole = words::dates(scenario, &scenario.periods[0]);
    let reporting = words::dates(scenario, scenario.reporting_period());
    let rows = Report::of(&finished).welfare();
    // The table of regimes: that row is marked, and has the account of the whole horizon.
    let regimes = frame("regimes");
    let own = |name: &str| regimes.rows.iter().find(|row| row[0].text().starts_with(name)).unwrap();
    assert!(own(&settled)[0].text().ends_with('†') && own(&imposed)[0].text() == imposed);
    let at = regimes.columns.iter().position(|column| column.name == "consumers").unwrap();
    for (regime, label, period) in
        [("announced_settled", &settled, "all"), ("imposed", &imposed, &scenario.reporting_period().name)]
    {
        let row =
            rows.iter().find(|row| row.regime == regime && row.period == period && row.account.name == "consumers");
        assert_eq!(own(label)[at].number(), row.unwrap().change_usd_per_year, "{regime}");
    }
    // Who pays, by maker, by model, in words.
    for name in ["who_pays", "sales_by_region"] {
        let periods = |label: &str| -> BTreeSet<&str> {
            frame(name).rows.iter().filter(|row| row[0].text() == label).map(|row| row[1].text()).collect()
        };
        assert_eq!(periods(&settled), BTreeSet::from([whole.as_str()]), "{name}");
        assert_eq!(periods(&imposed), BTreeSet::from([whole.as_str(), reporting.as_str()]), "{name}");
    }
    for (name, label, period) in
        [("makers", &settled, &whole), ("models", &settled, &whole), ("models", &imposed, &reporting)]
    {
        let own = frame(name).rows.iter().filter(|row| row[0].text() == label);
        assert!(
            own.clone().count() > 0 && own.clone().all(|row| row.last().is_some_and(|cell| cell.text() == period)),
            "{name}"
        );
    }
    let said = frame("in_words").rows.iter().find(|row| row[0].text() == settled).unwrap();
    let [first, last] = scenario.dates(&scenario.periods[0]).map(words::day);
    assert!(said[1].text().contains(&format!("Yearly rates over {first} to {last}")), "{}", said[1].text());
    // Whoever reads is told.
    for chart in
        made.blocks().into_iter().filter_map(|block| if let Block::Chart(chart) = block { Some(chart) } else { None })
    {
        let of_regime = ["who_pays", "across_regimes", "sales_by_region"].contains(&chart.name.as_str());
        assert!(!of_regime || chart.foot.contains("the whole horizon"), "{}: {}", chart.name, chart.foot);
    }
    // Means over four weeks stand at their middle, after the first day of the horizon.
    let sales = frame("sales_over_time");
    assert!(sales.columns[2].label.contains("at their middle"));
    let first_day = scenario.week_start(0).to_string();
    assert!(sales.rows.iter().all(|row| row[2].text() > first_day.as_str()));
}

/// Each interval says what it contains: charts at their foot, and the words that stand alone.
#[test]
fn no_interval_stands_alone() {
    for made in [page::run::page(&finished(|_| {}), None), one_replication()] {
        let charts = made.blocks().into_iter().filter_map(|block| match block {
            Block::Chart(chart) => Some(chart),
            _ => None,
        });
        let mut seen = 0;
        for chart in charts {
            assert!(!chart.foot.is_empty(), "{}", chart.name);
            let with = made.frames[chart.frame].columns.iter().any(|column| column.interval.is_some());
            let said = chart.foot.contains("simulation noise") || chart.foot.contains("no interval");
            assert!(!with || said, "{}: {}", chart.name, chart.foot);
            seen += 1;
        }
        assert!(seen >= 5, "{seen} charts");
    }
}

fn one_replication() -> Page {
    let made = page::run::page(&finished(|scenario| scenario.replications = 1), None);
    let words: String = made.answer.iter().map(|(_, sentence)| sentence.as_str()).collect();
    // An interval would stand in brackets after the number.
    assert!(words.contains("One replication") && !words.contains("NaN") && !words.contains("a year ("), "{words}");
    made
}

/// Whatever a scenario calls things, they are names.
#[cfg(feature = "page")]
#[test]
fn names_are_names() {
    const EVIL: &str = "</script><img src=x onerror=alert(1)>&amp;\"'`<!--";
    let finished = finished(|scenario| {
        scenario.title = EVIL.into();
        scenario.flag_label = EVIL.into();
        scenario.accounts.home = EVIL.into();
        edit(&mut scenario.regimes, |regimes| {
            regimes.iter_mut().for_each(|Regime { label, events, .. }| {
                *label = EVIL.into();
                events.iter_mut().for_each(|event| event.label = EVIL.into());
            });
        });
        for j in 0..scenario.market.models.len() {
            scenario.market.models[j].name = format!("{EVIL}{j}");
        }
    });
    let made = page::run::page(&finished, None);
    // Regimes of one label are told apart.
    let labels: BTreeSet<&str> = made.frames[0].rows.iter().map(|row| row[0].text()).collect();
    assert_eq!(labels.len(), REGIMES.len());
    let html = page::html::render(&made);
    assert!(!html.contains("<img") && !html.contains("<!--"));
    assert_eq!(html.matches("<script").count(), 4);
    assert_eq!(html.matches("</script").count(), 4);
    assert!(html.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
    let readme = page::readme::readme(&made, &[]);
    assert!(!readme.contains("<img"), "{readme}");
}

/// Fifty regimes and five hundred models: the page says what it leaves out, and is not too large to open.
#[cfg(feature = "page")]
#[test]
fn a_page_of_a_large_study_stays_small() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(root().join("configs/data/models_1994.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let place = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (model, volume) = (place("model"), place("base_volume_annual"));
    let mut writer = csv::Writer::from_path(folder.path().join("many.csv")).unwrap();
    writer.write_record(&header).unwrap();
    let sold = |record: &&csv::StringRecord| record[volume].parse::<f64>().is_ok_and(|volume| volume > 0.0);
    let mut count = 0;
    for copy in 0.. {
        for record in records.iter().filter(sold) {
            if count == 500 {
                break;
            }
            let cell = |(at, cell): (usize, &str)| match at {
                at if at == model => format!("{cell} {copy}"),
                at if at == volume => (cell.parse::<f64>().unwrap() / 10.0).to_string(),
                _ => cell.to_owned(),
            };
            writer.write_record(record.iter().enumerate().map(cell)).unwrap();
            count += 1;
        }
        if count == 500 {
            break;
        }
    }
    writer.flush().unwrap();
    let mut scenario = format!(
        "extends = {:?}\nname = \"many\"\n[market]\nmodels = \"many.csv\"\nexclude = []\n",
        root().join("configs/market-1995.toml").display().to_string()
    );
    for regime in 0..39 {
        let rate = 0.1 + 0.05 * f64::from(regime);
        scenario.push_str(&format!(
            "[[instrument]]\nname = \"duty_{regime}\"\nrate = {rate}\nstacking = \"additional\"\non = {{ imported = true }}\n\
             [[regime]]\nname = \"regime_{regime}\"\nlabel = \"Duty number {regime}\"\n\
             events = [{{ date = 1995-03-01, action = \"imposed\", instrument = \"duty_{regime}\", label = \"Imposed\" }}]\n"
        ));
    }
    let path = folder.path().join("many.toml");
    fs::write(&path, scenario).unwrap();
    let set = ["buyers.count=256", "buyers.pricing_nodes=128", "run.replications=2"].map(String::from);
    let loaded = load_anywhere(&path, &set).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((loaded.scenario.market.models.len(), loaded.scenario.regimes.len()), (500, 50));
    let regimes: Vec<RegimeId> = loaded.scenario.regimes.ids().collect();
    let base = Base::solve(&loaded.scenario).unwrap();
    let finished = Finished::simulate_on(base, loaded.scenario, &regimes, None, &mut (), &()).unwrap();
    let made = page::run::page(&finished, None);
    let html = page::html::render(&made);
    assert!(html.len() < 10_000_000, "{} bytes", html.len());
    let models = made.frames.iter().find(|frame| frame.name == "models").unwrap();
    assert!(models.left_out.contains("of 500 models"), "{}", models.left_out);
    assert!(html.contains(&models.left_out));
    // Those that are left out are those that change least.
    let shown: BTreeSet<&str> = models.rows.iter().map(|row| row[1].text()).collect();
    assert!(models.rows.len() == shown.len() * 49 && shown.len() < 500);
    if let Ok(keep) = std::env::var("STICKERSHOCK_LARGE_REPORT") {
        fs::write(keep, &html).unwrap();
    }
    let study: &Study = &finished.study;
    assert_eq!(study.layout().models, 500);
}

#[test]
fn numbers_are_shown_with_what_a_reader_can_use() {
    let shown = |value, show| words::number(value, show, true);
    for (value, show, text) in [
        (1_234_567_890.0, Show::Money, "+1.23 bn"),
        (-999_600_000.0, Show::Money, "\u{2212}1.00 bn"),
        (45_678_901.0, Show::Money, "+45.7 mn"),
        (-1_234.0, Show::Money, "\u{2212}1.23 k"),
        (0.2, Show::Money, "0"),
        (-0.2, Show::Count, "\u{2212}0.2"),
        (-1_234_567.0, Show::Count, "\u{2212}1,234,570"),
        (25_900.4, Show::Price, "+25,900"),
        (-0.523, Show::Percent, "\u{2212}52.3%"),
        (-0.0002, Show::Percent, "0.0%"),
        (0.012_345_6, Show::Number, "+0.01235"),
        (1.5e-7, Show::Number, "+1.50e-7"),
        (0.0, Show::Number, "0"),
        (f64::NAN, Show::Money, "–"),
        (f64::INFINITY, Show::Number, "–"),
    ] {
        assert_eq!(shown(value, show), text, "{value} {show:?}");
    }
    assert_eq!(words::between([-1.0, 2.5], Show::Number, true), "\u{2212}1.000 to +2.500");
}

#[test]
fn words_are_strung_together() {
    let list = |items: &[&str]| words::list(&items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        (list(&[]), list(&["a"]), list(&["a, 1", "b", "c"])),
        (String::new(), "a".into(), "a, 1; b and c".into())
    );
    assert_eq!(
        (words::counted(1, "replication"), words::counted(1_000, "job")),
        ("1 replication".into(), "1,000 jobs".into())
    );
    let pairs = [("a", "1"), ("b", "2"), ("a", "3")].map(|(label, key)| (label.to_owned(), key.to_owned()));
    assert_eq!(words::different(pairs.into_iter()), ["a (1)", "b", "a (3)"]);
}

#[test]
fn text_of_a_scenario_stays_text_in_the_readme() {
    let made = Page { title: "a\n# b <script> [x](y)".into(), ..Page::default() };
    assert!(page::readme::readme(&made, &[]).starts_with("# a # b &lt;script> \\[x\\](y)\n"));
}

#[test]
fn files_are_in_the_order_to_open_them() {
    let tables =
        [("base_year", "The base year."), ("welfare", "Who gains.")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    let files = [
        "charts/a.png",
        "charts/a.svg",
        "manifest.json",
        "report.html",
        "tables/base_year.csv",
        "tables/welfare.parquet",
        "x.toml",
    ];
    let order: Vec<String> =
        page::readme::in_order(&tables, &files.map(String::from)).into_iter().map(|(file, _)| file).collect();
    assert_eq!(
        order,
        ["report.html", "x.toml", "tables/welfare.parquet", "tables/base_year.csv", "charts/", "manifest.json"]
    );
}
