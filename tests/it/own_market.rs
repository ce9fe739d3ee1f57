//! `stickershock init --market`: any table of products becomes a scenario that runs without an edit, or all that is missing is said at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use stickershock::study::Study;
use tempfile::TempDir;

use crate::support::{read_csv, root};

fn stickershock() -> Command {
    let mut command = Command::cargo_bin("stickershock").unwrap();
    command.current_dir(root()).env("NO_COLOR", "1");
    command
}

/// A folder with a scenario made of a table, and what was said.
struct Made {
    _folder: TempDir,
    scenario: PathBuf,
    said: String,
}

fn made(arguments: &[&str]) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("own");
    let output = stickershock().arg("init").arg(&study).args(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
    let said = String::from_utf8(output.stdout).unwrap();
    Made { scenario: study.join("scenario.toml"), said, _folder: folder }
}

impl Made {
    fn table(&self) -> Vec<BTreeMap<String, String>> {
        read_csv(&self.scenario.with_file_name("data").join("models.csv"))
    }

    fn volumes(&self) -> Vec<f64> {
        self.table().iter().map(|row| row["volume"].parse().unwrap()).collect()
    }

    fn says(&self, parts: &[&str]) {
        parts.iter().for_each(|part| assert!(self.said.contains(part), "{part}: {}", self.said));
    }

    fn study(&self) -> Study {
        let small = ["buyers.count=256".to_owned(), "buyers.population=shared".to_owned()];
        let loaded = stickershock::config::load(&self.scenario, &small).unwrap_or_else(|error| panic!("{error}"));
        Study::prepare(loaded.scenario).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Mean own-price elasticity of the base year by volume, on the buyers of the scenario.
    fn elasticity(&self) -> f64 {
        let loaded = stickershock::config::load(&self.scenario, &[]).unwrap_or_else(|error| panic!("{error}"));
        let study = Study::prepare(loaded.scenario).unwrap_or_else(|error| panic!("{error}"));
        let base = study.base_year().unwrap();
        let models = &study.scenario().market.models;
        let sold: f64 = models.iter().map(|model| model.base_volume).sum();
        models.iter().zip(&base.models).map(|(model, own)| model.base_volume * own.own_elasticity).sum::<f64>() / sold
    }

    fn home_shares(&self) -> Vec<String> {
        self.table().iter().map(|row| row["home_share"].clone()).collect()
    }

    /// Runs it as it is, but for its size; every import of the regime with the duty is dearer.
    fn runs(&self) {
        let out = self.scenario.with_file_name("out");
        stickershock()
            .arg("run")
            .arg(&self.scenario)
            .args(["--set", "buyers.count=256", "--replications", "2", "--no-charts", "--quiet", "--out"])
            .arg(&out)
            .assert()
            .success();
        let imported: Vec<String> = self
            .table()
            .iter()
            .filter(|row| row["home_share"].parse::<f64>().unwrap() == 0.0)
            .map(|row| row["model"].clone())
            .collect();
        assert!(!imported.is_empty());
        let prices = read_csv(&out.join("tables/pricing.csv"));
        for model in &imported {
            let own = prices.iter().filter(|row| row["regime"] == "duty" && row["model"] == *model);
            let most = own.map(|row| row["price_change_usd"].parse::<f64>().unwrap()).fold(f64::NAN, f64::max);
            assert!(most > 0.0, "{model}: {most}");
        }
    }
}

fn refused(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("own");
    let output = stickershock().arg("init").arg(&study).args(arguments).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(65), "{arguments:?}: {error}");
    assert!(!study.exists(), "nothing is written");
    error
}

fn written(folder: &Path, text: &str) -> String {
    let file = folder.join("cars.csv");
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

#[test]
fn the_luxury_cars_of_1994_and_2024_become_scenarios() {
    let old = made(&["--market", "configs/data/models_1994.csv"]);
    old.says(&[
        "column `msrp_usd`",
        "column `base_volume_annual`",
        "column `parent_manufacturer`",
        "column `sanctioned`",
        "at home",
    ]);
    assert_eq!(old.table().len(), 52, "Vigor has no volume");
    old.runs();
    let new = made(&["--market", "configs/data/models_2024.csv", "--elasticity", "5"]);
    new.says(&["column `us_sales_2024`", "column `us_assembled_share`"]);
    new.runs();
}

#[test]
fn tables_with_the_names_of_pyblp_become_scenarios() {
    let table = "tests/markets/pyblp_products.csv";
    let error = refused(&["--market", table]);
    assert!(
        error.contains("2 markets: 1974 (24 rows), 1988 (24 rows)") && error.contains("--where market_ids=1988"),
        "{error}"
    );
    let one = made(&["--market", table, "--where", "market_ids=1988"]);
    one.says(&[
        "column `prices`",
        "thousand USD",
        "column `shares`, shares of all purchase events",
        "column `firm_ids`",
        "1 January 1988",
    ]);
    let taken = one.said.lines().find(|line| line.contains("characteristics that tastes differ on")).unwrap();
    assert!(!taken.contains("instruments"), "instruments are no characteristics: {}", one.said);
    assert!(
        one.said.contains("columns that nothing is taken from: ") && one.said.contains("demand_instruments0"),
        "{}",
        one.said
    );
    one.runs();
}

#[test]
fn cases_of_the_solver_become_scenarios_with_their_demand() {
    for case in ["chain_6x40", "income_5x30", "plain_logit", "rc_6x40", "rising_6x40"] {
        let one = made(&["--market", &format!("tests/cases/{case}")]);
        one.says(&["column `price0`", "demand: tests/cases"]);
        one.runs();
        // The table alone has a scenario too, with demand assumed.
        made(&["--market", &format!("tests/cases/{case}/products.csv")]).runs();
    }
    for year in ["1974", "1988"] {
        let one = made(&["--market", "tests/cases/us_cars", "--where", &format!("market_ids={year}")]);
        one.says(&["price responses of 200 buyers", "characteristics that tastes differ on: hpwt, air, mpd, space"]);
        if year == "1974" {
            one.runs();
        }
    }
}

/// One maker and no column of places: all of it is imported, so that a duty has something to be on.
#[test]
fn a_market_of_one_maker_is_imported() {
    for case in ["fold_1x2", "local_not_global_1x2"] {
        let one = made(&["--market", &format!("tests/cases/field/{case}")]);
        one.says(&["all products are imported: there is one maker", "nothing is at home, all of abroad is imported"]);
        one.runs();
    }
}

/// Own-price elasticity of a logit: - alpha p (1 - s).
#[test]
fn a_plain_logit_keeps_its_elasticities() {
    let one = made(&["--market", "tests/cases/plain_logit"]);
    let study = one.study();
    let base = study.base_year().unwrap();
    let market = &study.scenario().market;
    let shares = market.base_shares();
    for (j, model) in market.models.iter().enumerate() {
        let expected = -1.7 * model.list_price_usd / 1000.0 * (1.0 - shares[j]);
        let found = base.models[j].own_elasticity;
        assert!((found / expected - 1.0).abs() < 1e-9, "{}: {found}, expected {expected}", model.name);
    }
    // Shares are those of the case itself: exp(delta - alpha p) over the sum with the outside option.
    let results: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("tests/cases/plain_logit/scenarios.json")).unwrap())
            .unwrap();
    let stored =
        results.as_array().unwrap().iter().find(|one| one["name"].as_str().unwrap().starts_with("base")).unwrap();
    for (j, share) in stored["share"].as_array().unwrap().iter().enumerate() {
        assert!((shares[j] / share.as_f64().unwrap() - 1.0).abs() < 1e-9, "share {j}");
    }
}

#[test]
fn shares_in_percent_and_cells_by_semicolons_give_the_same_market() {
    let folder = tempfile::tempdir().unwrap();
    let plain = "model,firm_ids,country,prices,shares\nA,1,US,20,0.1\nB,2,Japan,30,0.05\nC,2,Japan,25.5,0.02\n";
    let same = made(&["--market", &written(folder.path(), plain)]).table();
    let volumes: Vec<f64> = same.iter().map(|row| row["volume"].parse().unwrap()).collect();
    assert_eq!(volumes, [100_000.0, 50_000.0, 20_000.0]);
    let percent = "model,firm_ids,country,prices,shares\nA,1,US,20,10\nB,2,Japan,30,5\nC,2,Japan,25.5,2\n";
    let one = made(&["--market", &written(folder.path(), percent)]);
    one.says(&["in percent"]);
    let close = |found: Vec<f64>| {
        found.iter().zip(&volumes).for_each(|(a, b)| assert!((a / b - 1.0).abs() < 1e-12, "{a}, {b}"));
    };
    close(one.volumes());
    let semicolons = "Model;Firm IDs;Country;Prices;Shares\nA;1;US;20;10,0%\nB;2;Japan;30;5%\nC;2;Japan;25,5;2%\n";
    let one = made(&["--market", &written(folder.path(), semicolons)]);
    one.says(&["separated by ';'"]);
    close(one.volumes());
    assert_eq!(one.table()[2]["price_usd"], "25500");
    // The same market as shares of what is sold: 17% of all events.
    let sold =
        "model,firm_ids,country,prices,shares\nA,1,US,20,0.588235\nB,2,Japan,30,0.294118\nC,2,Japan,25.5,0.117647\n";
    let one = made(&["--market", &written(folder.path(), sold), "--outside", "0.83"]);
    one.says(&["shares of what is sold"]);
    one.volumes().iter().zip(&volumes).for_each(|(a, b)| assert!((a / b - 1.0).abs() < 1e-5, "{a}, {b}"));
    one.runs();
}

#[test]
fn all_that_is_missing_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let table = "year,car,share,land\n1990,A,-0.1,US\n1991,B,many,US\n";
    let error =
        refused(&["--market", &written(folder.path(), table), "--where", "colour=red", "--column", "brand=badge"]);
    for part in [
        "no column of prices",
        "2 markets: 1990 (1 rows), 1991 (1 rows)",
        "row 2: share is -0.1, expected a number, zero or more",
        "row 3: share is \"many\"",
        "there is no column `colour`",
        "--column brand=badge",
        "nothing was written",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let pooled = refused(&["--market", "tests/cases/us_cars"]);
    assert!(pooled.contains("it has 4 markets") && !pooled.contains("more is sold"), "{pooled}");
    let home = "model,price,sales,country\nA,20000,10,US\nB,30000,10,US\n";
    let error = refused(&["--market", &written(folder.path(), home)]);
    assert!(error.contains("every product is at home (US)"), "{error}");
    // Rounded shares are shares; what is neither fractions nor percent, and cells of both kinds, are refused.
    let rounded = "model,price,share,country\nA,25000,0.4,Japan\nB,20000,0.3,US\nC,20000,0.31,US\n";
    let one = made(&["--market", &written(folder.path(), rounded), "--size", "300000", "--outside", "0.5"]);
    let sold: f64 = one.volumes().iter().sum();
    assert!((sold - 150_000.0).abs() < 1e-6, "{sold}");
    let neither = "model,price,share,country\nA,25000,0.6,Japan\nB,20000,0.5,US\n";
    assert!(refused(&["--market", &written(folder.path(), neither)]).contains("shares add up to 1.1, more than all"));
    let mixed = "model,price,share,country\nA,25000,25%,Japan\nB,20000,30,US\n";
    let error = refused(&["--market", &written(folder.path(), mixed)]);
    assert!(error.contains("row 3: share is 30, expected a percentage, as other cells"), "{error}");
    for (column, table) in [
        ("price", "model,price,units,country\nA,25%,1000,Japan\nB,20000,500,US\n"),
        ("units", "model,price,units,country\nA,25000,50%,Japan\nB,20000,500,US\n"),
    ] {
        let error = refused(&["--market", &written(folder.path(), table)]);
        assert!(error.contains(&format!("row 2: {column} is ")) && error.contains("no percentage"), "{error}");
        assert!(!error.contains("a price above 0"), "{error}");
    }
    let twice =
        refused(&["--market", &written(folder.path(), rounded), "--column", "price=share", "--column", "price=price"]);
    assert!(twice.contains("--column price: is given twice"), "{twice}");
    let much = "model,price,share,country\nA,20000,90,US\nB,30000,80,Japan\n";
    assert!(refused(&["--market", &written(folder.path(), much)]).contains("add up to 170"));
    let unpriced = "model,price,sales,country\nA,20000,10,US\nB,,10,Japan\nC,,0,Japan\n";
    let error = refused(&["--market", &written(folder.path(), unpriced)]);
    assert!(error.contains("row 3: price is empty") && !error.contains("row 4"), "{error}");
    let income = "{\"beta\": [0], \"beta_names\": [\"prices\"], \"x2_names\": [\"prices\"], \"pi\": [[-3]], \"pi_labels\": [\"income\"]}";
    std::fs::write(folder.path().join("results.json"), income).unwrap();
    let results = folder.path().join("results.json").display().to_string();
    let error = refused(&["--market", &written(folder.path(), table), "--demand", &results]);
    assert!(error.contains("no column of prices") && error.contains("depends on income"), "{error}");
}

#[test]
fn a_table_that_says_little_has_defaults_for_the_rest_and_names_are_only_names() {
    let folder = tempfile::tempdir().unwrap();
    let bare = "price\n18000\n22000\n41000\n";
    let one = made(&["--market", &written(folder.path(), bare), "--name", "Bare Market"]);
    one.says(&["`product 1`", "10000 units a year", "who sells most"]);
    assert!(std::fs::read_to_string(&one.scenario).unwrap().contains("name = \"bare-market\""));
    one.runs();
    let hostile = "model,make,country,price,sales,a \"b\" = [c]\n\"x\"\"]\n[run]\",<script>,\"US\",20000,10,1\n\"x\"\"]\n[run]\",=1+1,\"J \"\"a\"\" \\\",30000,10,2\n";
    let one = made(&["--market", &written(folder.path(), hostile), "--home", "US"]);
    assert_eq!(one.table()[1]["model"], "x\"] [run] (2)");
    one.runs();
    let other = "weird,thing,land\n20,5,Germany\n30,6,Spain\n";
    let one = made(&[
        "--market",
        &written(folder.path(), other),
        "--column",
        "price=weird",
        "--column",
        "volume=thing",
        "--column",
        "country=land",
        "--home",
        "spain",
    ]);
    assert_eq!(one.table()[0]["price_usd"], "20000");
    assert_eq!([&one.table()[0]["home_share"], &one.table()[1]["home_share"]], ["0", "1"]);
}

#[test]
fn estimates_of_pyblp_are_taken_in_the_units_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let results =
        r#"{"beta": [[-3.0], [-2.0]], "beta_labels": ["1", "prices"], "sigma": [[1.5]], "sigma_labels": ["1"]}"#;
    std::fs::write(folder.path().join("results.json"), results).unwrap();
    let results = folder.path().join("results.json").display().to_string();
    let table = "product_ids,firm_ids,country,prices,shares\nA,1,US,2.0,0.1\nB,2,Japan,3.0,0.05\n";
    // A unit of price is 10,000 dollars: 2 a unit is 0.2 a thousand.
    let one = made(&["--market", &written(folder.path(), table), "--demand", &results, "--price-unit", "10000"]);
    let demand = &one.study().scenario().demand.clone();
    assert!((demand.alpha - 0.2).abs() < 1e-12, "{}", demand.alpha);
    assert_eq!((demand.sigma_outside, demand.sigma_import, demand.income_log_sd), (1.5, 0.0, 0.0));
    one.runs();
}

/// `01`, `1` and `1.0` are one maker, and one row of a market.
#[test]
fn makers_that_are_numbers_mean_one_thing() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "market_ids,product_ids,firm_ids,region,shares,prices\n7,a,01,JP,0.1,20000\n07,b,1,US,0.1,21000\n7.0,c,1.0,US,0.1,22000\n\
                8,d,2,US,0.1,23000\n";
    let file = written(folder.path(), rows);
    let made = made(&["--market", &file, "--where", "market_ids=007", "--elasticity", "4"]);
    let table = made.table();
    assert_eq!(table.len(), 3);
    let makers: std::collections::BTreeSet<&str> = table.iter().map(|row| row["manufacturer"].as_str()).collect();
    assert_eq!(makers.into_iter().collect::<Vec<_>>(), ["firm 01"], "{table:?}");
    let error = refused(&["--market", &file, "--where", "market_ids=7", "--elasticity", "4", "--home", "Mars"]);
    assert!(error.contains("--home Mars: no product is of it") && error.contains("`JP`"), "{error}");
}

/// What is refused leaves no folder, so that the corrected command runs; it is the user's table that is named.
#[test]
fn a_refused_market_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let unsold = "model,brand,country,price,units\nA,X,US,20000,0\nB,Y,Japan,30000,500\nC,Y,Japan,25000,700\n";
    let file = written(folder.path(), unsold);
    let error = refused(&["--market", &file]);
    assert!(error.contains("row 2: units is 0") && error.contains("`US`") && error.contains("--home"), "{error}");
    // Another of that place is sold: the one that is not is left out.
    let more = written(folder.path(), &format!("{unsold}D,X,US,21000,300\n"));
    assert_eq!(made(&["--market", &more]).table().len(), 3);
    let good = written(folder.path(), &unsold.replace(",0\n", ",900\n"));
    for (option, value, key) in [("--alpha", "1e9", "demand.alpha"), ("--size", "1e300", "market.size")] {
        let error = refused(&["--market", &good, option, value]);
        assert!(error.contains(key) && error.contains("nothing was written") && error.contains("cars.csv"), "{error}");
    }
    assert_eq!(made(&["--market", &good]).table().len(), 3);
}

/// Dollars are dollars where the table says so, however little things cost; quantities and countries go by part of a name; a cell without a number is
/// named where it costs a characteristic.
#[test]
fn small_prices_and_other_names_are_read_as_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let table = |head: &str, sign: &str| {
        let rows =
            ["Mug,12.50,100000,USA,0.3", "Cup,9.99,250000,China,0.2", "Jug,24.00,50000,Mexico,", "Pot,31,9000,USA,0.9"];
        let rows: Vec<String> = rows.iter().map(|row| row.replacen(',', &format!(",{sign}"), 1)).collect();
        written(folder.path(), &format!("{head}\n{}\n", rows.join("\n")))
    };
    for (head, sign) in [
        ("name,price_usd,Quantity sold,origin country,litres", ""),
        ("name,price,quantity_2024,Assembly country (plant),litres", "$"),
    ] {
        let one = made(&["--market", &table(head, sign)]);
        let first = &one.table()[0];
        assert_eq!((first["price_usd"].as_str(), first["volume"].as_str()), ("12.5", "100000"), "{head}");
        one.says(&[
            "which says that it is in USD",
            "`litres` as a characteristic: ",
            "row 4",
            "characteristics that tastes differ on: none",
        ]);
        one.study();
    }
    // Goods of a dollar: a price response of thousands is one.
    let cheap = written(folder.path(), "name,price,units,country\nA,0.9,100,USA\nB,1.1,200,China\n");
    made(&["--market", &cheap, "--price-unit", "1"]).study();
    let case = root().join("tests/cases/rc_6x40");
    for flag in ["--alpha", "--elasticity"] {
        let arguments = ["--market", case.to_str().unwrap(), flag, "3"];
        let output = stickershock().arg("init").arg(folder.path().join("own")).args(arguments).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(flag) && error.contains("case.json") && error.contains("products.csv"), "{error}");
    }
}

/// A column that marks imports decides what is imported, whoever sells most; the duty falls on it.
#[test]
fn a_mark_of_imports_decides_what_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let table = |column: &str, marks: [&str; 3]| {
        let [a, b, c] = marks;
        let head = format!("market_ids,product_ids,firm_ids,prices,shares,{column}");
        written(folder.path(), &format!("{head}\n1,a,1,10,0.2,{a}\n1,b,1,12,0.3,{b}\n1,c,2,15,0.5,{c}\n"))
    };
    for (column, marks) in [
        ("imported", ["0", "0", "1"]),
        ("Is Import", ["false", "FALSE", "true"]),
        ("foreign", ["Domestic", "Domestic", "Foreign"]),
        ("from_abroad", ["no", "no", "yes"]),
        ("Domestic", ["1", "1", "0"]),
        ("is_domestic", ["1.0", "1.0", "0.0"]),
        ("home", ["yes", "yes", "no"]),
    ] {
        let one = made(&["--market", &table(column, marks)]);
        assert_eq!(one.home_shares(), ["1", "1", "0"], "{column}: {}", one.said);
        one.says(&[&format!("imported: column `{column}`, 1 of 3 products"), "; 1 are imported"]);
        assert!(
            !one.said.contains("who sells most") && !one.said.contains("marked products"),
            "{column}: {}",
            one.said
        );
        one.says(&["characteristics that tastes differ on: none"]);
        let listed: Vec<String> = one.table().iter().map(|row| row["listed"].clone()).collect();
        assert_eq!(listed, ["false", "false", "true"], "{column}");
    }
    made(&["--market", &table("imported", ["0", "0", "1"])]).runs();
    // Named by the user, and read as he says.
    let other = table("abroad_flag", ["0", "0", "1"]);
    assert_eq!(made(&["--market", &other, "--column", "imported=abroad_flag"]).home_shares(), ["1", "1", "0"]);
    assert_eq!(made(&["--market", &other, "--column", "domestic=abroad_flag"]).home_shares(), ["0", "0", "1"]);
    // What says neither is refused, and nothing is told to follow from it.
    let error = refused(&["--market", &table("imported", ["0", "0", ""])]);
    assert!(error.contains("row 4: imported is empty, expected 1 or 0"), "{error}");
    assert!(!error.contains("every product is at home"), "{error}");
    let error = refused(&["--market", &table("imported", ["0", "0", "0"])]);
    assert!(error.contains("every product is at home (by column `imported`)"), "{error}");
    let error = refused(&["--market", &table("imported", ["0", "0", "1"]), "--home", "home"]);
    assert!(error.contains("--home home: there is no column of regions or countries"), "{error}");
    let both = "product_ids,firm_ids,prices,shares,imported,domestic\na,1,10,0.2,0,1\nb,2,12,0.3,1,1\n";
    let error = refused(&["--market", &written(folder.path(), both)]);
    assert!(error.contains("row 3: domestic is 1, expected what agrees with column `imported`"), "{error}");
}

/// Beside places the marks tell which of them are at home; where they cut across a place they say so of each product.
#[test]
fn marks_of_imports_tell_which_places_are_at_home() {
    let folder = tempfile::tempdir().unwrap();
    let table = |marks: [&str; 3]| {
        let [a, b, c] = marks;
        let head = "model,maker,country,price,units,imported";
        written(
            folder.path(),
            &format!("{head}\nA,X,Peru,20000,10,{a}\nB,Y,Chile,30000,50,{b}\nC,Y,Chile,25000,40,{c}\n"),
        )
    };
    let domestic = |one: &Made| {
        let text = std::fs::read_to_string(&one.scenario).unwrap();
        text.lines().find(|line| line.starts_with("domestic_assembly")).unwrap().to_owned()
    };
    let agreed = made(&["--market", &table(["0", "1", "1"])]);
    assert_eq!(agreed.home_shares(), ["1", "0", "0"]);
    assert_eq!(domestic(&agreed), "domestic_assembly = [\"Peru\"]", "{}", agreed.said);
    agreed.says(&["column `imported`, 2 of 3 products", "places at home: Peru"]);
    agreed.runs();
    let mixed = made(&["--market", &table(["1", "0", "1"])]);
    assert_eq!(mixed.home_shares(), ["0", "1", "0"]);
    assert_eq!(domestic(&mixed), "domestic_assembly = [\"Chile\"]", "{}", mixed.said);
    mixed.says(&["column `imported` says that some products of Chile are imported and some are not"]);
    // What the user says of places goes first, and what is then left aside is said.
    let stated = made(&["--market", &table(["0", "1", "1"]), "--home", "Chile"]);
    assert_eq!(stated.home_shares(), ["0", "1", "1"]);
    stated.says(&["column `imported`: --home says what is at home"]);
}

/// The elasticity that is asked for is that of the base year, by volume, and the number that is said.
#[test]
fn the_elasticity_that_is_asked_for_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let three = "model,maker,country,price,units\nA,X,US,20000,1000\nB,Y,Japan,30000,1000\nC,Z,Germany,25000,1000\n";
    let three = written(folder.path(), three);
    let cars = "configs/data/models_2024.csv";
    for (table, asked) in [(three.as_str(), 4.0), (&three, 2.5), (&three, 9.0), (cars, 4.0)] {
        let one = made(&["--market", table, "--elasticity", &asked.to_string()]);
        let found = one.elasticity();
        assert!((found / -asked - 1.0).abs() < 0.01, "{table}: {found}, asked for {asked}");
        let said = format!("the mean own-price elasticity of the base year, by volume, is -{asked}");
        one.says(&[&said, &format!("own-price elasticity -{asked:.2},")]);
        let text = std::fs::read_to_string(&one.scenario).unwrap();
        let alpha = text.lines().find(|line| line.starts_with("alpha = ")).unwrap();
        assert!(alpha.contains(&said), "{alpha}");
    }
    // Unasked it is 4, or more where costs would be below zero; the number that is said is the one that comes out.
    let one = made(&["--market", &three]);
    let said = one.said.split("base year, by volume, is -").nth(1).unwrap();
    let said: f64 = said.split([' ', ';', ':']).next().unwrap().parse().unwrap();
    assert!(said >= 4.0 && (one.elasticity() / -said - 1.0).abs() < 0.01, "{}", one.said);
}

#[test]
fn purchase_events_are_those_that_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let bare = written(folder.path(), "price\n18000\n22000\n41000\n");
    let one = made(&["--market", &bare, "--size", "100"]);
    one.says(&["11.1111 units a year of each product, 33.3% of 100 purchase events (--size)", "(--outside)"]);
    assert!((one.volumes().iter().sum::<f64>() - 100.0 / 3.0).abs() < 1e-9, "{:?}", one.volumes());
    assert_eq!(one.study().scenario().market.market_size, 100.0);
    let one = made(&["--market", &bare, "--size", "6000", "--outside", "0.5"]);
    one.volumes().iter().for_each(|volume| assert!((volume - 1000.0).abs() < 1e-9, "{volume}"));
    // Of buyers of whom some never buy one line says how many events there are, and of how many.
    let one = made(&["--market", "tests/cases/us_cars", "--where", "market_ids=1983"]);
    let lines: Vec<&str> = one.said.lines().filter(|line| line.contains("1000000")).collect();
    assert_eq!(lines.len(), 1, "{}", one.said);
    assert!(lines[0].contains("154070 purchase events a year") && lines[0].contains("0.1541"), "{}", lines[0]);
    assert!(!one.said.contains("90.8%"), "{}", one.said);
}

#[test]
fn units_are_those_of_the_latest_year() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "A,X,US,20000,100,110\nB,Y,Japan,30000,300,220\n";
    let one =
        made(&["--market", &written(folder.path(), &format!("Car,maker,country,price,sales_2023,sales_2024\n{rows}"))]);
    one.says(&["of `sales_2023`, `sales_2024` the latest year, `sales_2024`", "products: column `Car`"]);
    assert_eq!(one.volumes(), [110.0, 220.0]);
    assert_eq!(one.table()[1]["model"], "B");
    one.says(&["characteristics that tastes differ on: none"]);
    let two = format!("name of model,maker,country,price,us_sales,eu_sales\n{rows}");
    let error = refused(&["--market", &written(folder.path(), &two)]);
    assert!(error.contains("several columns may be the units a year: us_sales, eu_sales"), "{error}");
    let stated = made(&["--market", &written(folder.path(), &two), "--column", "volume=us_sales"]);
    assert_eq!((stated.volumes(), stated.table()[0]["model"].clone()), (vec![100.0, 300.0], "A".to_owned()));
    // Numbers under that name are a mark or a count.
    let counted = "vehicle,id,country,price,units,x\n1,A,US,20000,100,1\n0,B,Japan,30000,300,2\n";
    assert_eq!(made(&["--market", &written(folder.path(), counted)]).table()[0]["model"], "A");
}

#[test]
fn what_is_wrong_is_said_once_and_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(&["--market", &written(folder.path(), "model,price,units,country\n")]);
    assert!(error.contains("has no rows") && !error.contains("--size"), "{error}");
    let below = "model,price,units,country\nA,20000,-5,US\nB,30000,10,Japan\nC,25000,10,Japan\n";
    let error = refused(&["--market", &written(folder.path(), below)]);
    assert!(error.contains("row 2: units is -5, expected a number, zero or more"), "{error}");
    assert_eq!(error.matches("\n  - ").count(), 1, "{error}");
    let unread = refused(&["--market", &written(folder.path(), &below.replace("-5", "many"))]);
    assert!(unread.contains("row 2: units is \"many\"") && unread.matches("\n  - ").count() == 1, "{unread}");
    let unnamed = "model,brand,price,units,country\nA,,20000,5,US\n,Y,30000,10,Japan\nC,Y,25000,10,Japan\n";
    let error = refused(&["--market", &written(folder.path(), unnamed)]);
    assert!(error.contains("row 3: model is empty, expected the name of the product"), "{error}");
    let named = made(&["--market", &written(folder.path(), &unnamed.replace("\n,Y", "\nB,Y"))]);
    named.says(&["`brand` is empty on 1 rows, first on row 2: all of these are of one name, `unknown`"]);
    let table = written(folder.path(), &unnamed.replace("\n,Y", "\nB,Y"));
    let output = stickershock().args(["init", "never", "--market", &table, "--column", "foo=price"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    for role in
        ["foo", "market", "model", "brand", "maker", "region", "home-share", "price", "flag", "imported", "domestic"]
    {
        assert!(error.contains(&format!("`{role}`")), "{role}: {error}");
    }
}
